/* SPDX-License-Identifier: MIT */
/*
 * news.c - the hub, what sessions want to hear of, and the mailboxes that are held for that.
 */
#include "news.h"

#include "notices.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAMES_BITS                                                                                 \
	(IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_CREATE) |                                         \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_DELETE))
/* What the one box of a mailbox is looked at for. */
#define BOX_BITS                                                                                   \
	(IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_NEW) |                                            \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_METADATA) |                                       \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_EXPUNGE) |                                        \
	 IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_FLAGS_SET))
#define SETTLED_S 3 /* a directory that changed less long ago may have changed again since */

/* An interest that came or went while an event was being posted: boxes and trees stay as they are
 * until that is over. */
struct later {
	struct later *next;
	struct peer *peer;
	char *user;
	enum imapsrv_scope scope;
	char *name;
	size_t name_len;
	uint32_t events;
	bool add;
};

/* An interest of a session, and the boxes that it makes us hold. */
struct follow {
	struct follow *next;
	struct tree *tree;
	const struct peer *peer;
	enum imapsrv_scope scope;
	char *name;
	size_t name_len;
	uint32_t events;
	struct box **boxes;
	size_t count;
	size_t capacity;
};

/* The mailboxes of an account that somebody follows. */
struct tree {
	struct tree *next;
	struct account *account; /* our own */
	struct follow *follows;
	bool listed;  /* somebody wants to hear of more than single mailboxes: */
	char **names; /* of all, in order */
	size_t count;
	size_t capacity;
	time_t mtime; /* of its directory, when it was read */
	time_t read_at;
};

/* ---- to the sessions ---------------------------------------------------------------------- */

static void on_wake(void *user, uint32_t group)
{
	struct maildir *maildir = user;
	struct imapsrv_hub_member *member;
	const struct imapsrv_event *event;

	maildir->posting++;
	while ((member = imapsrv_hub_next(maildir->hub, group))) {
		struct peer *peer = imapsrv_hub_user(member);

		while ((event = imapsrv_hub_take(member)))
			imapsrv_session_post(peer->session, event);
		peer->wake(peer);
	}
	maildir->posting--;
}

void news_begin(struct maildir *maildir)
{
	struct imapsrv_hub_config config = IMAPSRV_HUB_CONFIG_INIT;

	config.separator = maildir->separator;
	config.secret = clock_ms() * 2654435761u ^ (uint64_t)(uintptr_t)maildir;
	config.wake = on_wake;
	config.user = maildir;
	int result = imapsrv_hub_new(&config, &maildir->hub);
	if (result)
		die("no hub: %s", imapsrv_strerror(result));
}

/* ---- what is held ------------------------------------------------------------------------- */

static void follow_release(struct follow *f)
{
	while (f->count) {
		struct box *box = f->boxes[--f->count];

		if (!--box->followers && !box->handles && box->boxes)
			notices_unwatch(&box->boxes->notices, box);
		box_release(box);
	}
}

/* Is it in that subtree? */
static bool is_followed(const struct follow *f, const char *name)
{
	size_t len = strlen(name);

	if (!f->name_len)
		return true;
	if (len < f->name_len || memcmp(name, f->name, f->name_len) != 0)
		return false;
	return len == f->name_len ||
	       name[f->name_len] == f->tree->account->maildir->separator;
}

static void hold_one(struct follow *f, struct imapsrv_span name)
{
	struct box *box;

	if (account_box(f->tree->account, name, &box))
		return;
	box->followers++;
	RESERVE_ONE(f->boxes, f->count, f->capacity);
	f->boxes[f->count++] = box;
}

/* Holds those that there are now. */
static void follow_hold(struct follow *f)
{
	follow_release(f);
	if (!(f->events & BOX_BITS))
		return;
	if (f->scope == IMAPSRV_SCOPE_MAILBOX) {
		hold_one(f, (struct imapsrv_span){f->name, f->name_len});
		return;
	}
	for (size_t i = 0; i < f->tree->count; i++) {
		const char *name = f->tree->names[i];

		if (is_followed(f, name))
			hold_one(f, (struct imapsrv_span){name, strlen(name)});
	}
}

/* ---- which mailboxes there are ------------------------------------------------------------ */

static void take_name(void *context, const char *name, uint32_t attributes)
{
	struct tree *tree = context;

	if (attributes & IMAPSRV_ATTR_NONEXISTENT)
		return;
	RESERVE_ONE(tree->names, tree->count, tree->capacity);
	tree->names[tree->count++] = xstrdup(name);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

/* What is in one list and not in the other has come or gone. */
static void tell_difference(struct tree *tree, char **old, size_t old_count)
{
	size_t i = 0, k = 0;

	while (i < old_count || k < tree->count) {
		int order = i == old_count ? 1
		            : k == tree->count ? -1 : strcmp(old[i], tree->names[k]);
		const char *name = order < 0 ? old[i] : tree->names[k];

		if (order)
			news_publish_name(tree->account,
			             order < 0 ? IMAPSRV_EVENT_MAILBOX_DELETE
			                       : IMAPSRV_EVENT_MAILBOX_CREATE,
			             (struct imapsrv_span){name, strlen(name)}, NULL, NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

static void tree_read(struct tree *tree, bool tell)
{
	char **old = tree->names;
	size_t old_count = tree->count;
	struct stat st;

	tree->mtime = stat(tree->account->path, &st) ? 0 : st.st_mtime;
	tree->read_at = clock_now().tv_sec;
	tree->names = NULL;
	tree->count = tree->capacity = 0;
	if (tree->listed)
		account_list(tree->account, false, take_name, tree);
	if (tree->count)
		qsort(tree->names, tree->count, sizeof *tree->names, compare_names);
	if (tell)
		tell_difference(tree, old, old_count);
	free_names(old, old_count);
	for (struct follow *f = tree->follows; f; f = f->next)
		follow_hold(f);
}

static struct tree *tree_of(struct maildir *maildir, const char *path)
{
	struct tree *tree = maildir->trees;

	while (tree && strcmp(tree->account->path, path) != 0)
		tree = tree->next;
	return tree;
}

static struct tree *tree_get(struct maildir *maildir, const char *path)
{
	struct tree *tree = tree_of(maildir, path);

	if (tree)
		return tree;
	tree = xcalloc(1, sizeof *tree);
	tree->account = xcalloc(1, sizeof *tree->account);
	*tree->account = (struct account){maildir, xstrdup(path)};
	tree->next = maildir->trees;
	maildir->trees = tree;
	tree_read(tree, false);
	return tree;
}

static void tree_free(struct tree *tree)
{
	struct tree **link = &tree->account->maildir->trees;

	while (*link != tree)
		link = &(*link)->next;
	*link = tree->next;
	free_names(tree->names, tree->count);
	account_close(tree->account);
	free(tree);
}

/* A box that was replaced is held no longer, and the one in its place is. */
static bool any_dead(const struct tree *tree)
{
	for (const struct follow *f = tree->follows; f; f = f->next)
		for (size_t i = 0; i < f->count; i++)
			if (f->boxes[i]->dead)
				return true;
	return false;
}

void news_tick(struct maildir *maildir)
{
	for (struct tree *tree = maildir->trees; tree; tree = tree->next) {
		struct stat st;
		bool gone = stat(tree->account->path, &st) != 0;

		if (gone ? tree->mtime != 0
		         : st.st_mtime != tree->mtime || tree->read_at <= st.st_mtime + SETTLED_S)
			tree_read(tree, true);
		else if (any_dead(tree))
			tree_read(tree, true);
	}
}

void news_name(struct account *account, enum imapsrv_event_type type, struct imapsrv_span name,
               const struct imapsrv_span *old, const struct imapsrv_session *origin)
{
	struct tree *tree = tree_of(account->maildir, account->path);

	news_publish_name(account, type, name, old, origin);
	/* What else came of it, names in between, is told now; the rest was. */
	if (tree)
		tree_read(tree, false);
}

/* ---- interests ---------------------------------------------------------------------------- */

static void add(const struct later *in, const char *path)
{
	bool wide = in->scope == IMAPSRV_SCOPE_SUBTREE || (in->events & NAMES_BITS);
	struct tree *tree = tree_get(in->peer->maildir, path);
	struct follow *f = xcalloc(1, sizeof *f);

	*f = (struct follow){.next = tree->follows, .tree = tree, .peer = in->peer,
	                     .scope = in->scope, .name_len = in->name_len, .events = in->events};
	f->name = xstrndup(in->name, in->name_len);
	tree->follows = f;
	if (wide && !tree->listed) {
		tree->listed = true;
		tree_read(tree, false);
	} else {
		follow_hold(f);
	}
}

static void take_away(const struct later *in, const char *path)
{
	struct tree *tree = tree_of(in->peer->maildir, path);
	struct follow **link = tree ? &tree->follows : NULL, *f;

	while (link && *link &&
	       ((*link)->peer != in->peer || (*link)->scope != in->scope ||
	        (*link)->events != in->events || (*link)->name_len != in->name_len ||
	        memcmp((*link)->name, in->name, in->name_len) != 0))
		link = &(*link)->next;
	if (!link || !*link)
		return;
	f = *link;
	*link = f->next;
	follow_release(f);
	free(f->boxes);
	free(f->name);
	free(f);
	if (!tree->follows)
		tree_free(tree);
}

void news_settle(struct maildir *maildir)
{
	while (maildir->later && !maildir->posting) {
		struct later *l = maildir->later;
		char *path = xprintf("%s/%s", maildir->root, l->user);

		maildir->later = l->next;
		if (!maildir->later)
			maildir->later_end = NULL;
		if (l->add)
			add(l, path);
		else
			take_away(l, path);
		free(path);
		free(l->user);
		free(l->name);
		free(l);
	}
}

static void put_off(struct peer *peer, const struct account *account,
                    const struct imapsrv_interest *in, bool on)
{
	struct maildir *maildir = peer->maildir;
	struct later *l;

	if (in->scope == IMAPSRV_SCOPE_ACCOUNT || !(in->events & (BOX_BITS | NAMES_BITS)))
		return;
	l = xcalloc(1, sizeof *l);
	*l = (struct later){.peer = peer, .user = xstrdup(account_user(account)),
	                    .scope = in->scope, .name_len = in->name.len, .events = in->events,
	                    .add = on};
	l->name = xstrndup(in->name.len ? in->name.data : "", in->name.len);
	if (maildir->later)
		maildir->later_end->next = l;
	else
		maildir->later = l;
	maildir->later_end = l;
}

static void see(struct peer *peer, struct account *account)
{
	struct imapsrv_hub_view view = IMAPSRV_HUB_VIEW_INIT;
	struct text topic = {0};
	const char *user = account_user(account);

	news_put_user(&topic, user, account->maildir->separator);
	struct imapsrv_hub_mount mount = {{NULL, 0}, {topic.data, topic.len}};
	view.account = (struct imapsrv_span){user, strlen(user)};
	view.mounts = &mount;
	view.mount_count = 1;
	imapsrv_hub_see(peer->member, &view);
	text_clear(&topic);
	peer->seen = account;
}

/* Where the hub has no memory for something it makes the session look everything up. */
static void cb_changed(void *user, struct imapsrv_session *session,
                       const struct imapsrv_watch_change *change)
{
	struct peer *peer = user;

	peer->session = session;
	if (!peer->member && imapsrv_hub_join(peer->maildir->hub, peer, 0, &peer->member))
		die("no memory");
	if (peer->seen != change->account)
		see(peer, change->account);
	imapsrv_hub_watch(peer->member, change);
	for (size_t i = 0; i < change->removed_count; i++)
		put_off(peer, change->account, &change->removed[i], false);
	for (size_t i = 0; i < change->added_count; i++)
		put_off(peer, change->account, &change->added[i], true);
	news_settle(peer->maildir);
}

const struct imapsrv_watch maildir_watch = {
	.size = sizeof(struct imapsrv_watch),
	.changed = cb_changed,
	.events = IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_SUBSCRIBE) |
	          IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_METADATA) |
	          IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_SERVER_METADATA),
};

void news_logout(struct peer *peer)
{
	if (peer->member)
		imapsrv_hub_see(peer->member, NULL);
	peer->seen = NULL;
}

void news_leave(struct peer *peer)
{
	news_settle(peer->maildir);
	imapsrv_hub_leave(peer->member);
	peer->member = NULL;
}

void news_end(struct maildir *maildir)
{
	imapsrv_hub_free(maildir->hub);
}
