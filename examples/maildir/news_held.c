/* SPDX-License-Identifier: MIT */
/*
 * news_held.c - the mailboxes of each user that somebody follows, himself or others whom he lets:
 * they are held in memory, so that what other programs do to them is noticed.
 */
#include "news_held.h"

#include "files.h"
#include "notices.h"
#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLED_S 3 /* a directory that changed less long ago may have changed again since */
#define AGAIN     ((time_t)-1) /* as if it had changed: something could not be opened for now */

/* An interest of a session, and the boxes that it makes us hold. */
struct follow {
	struct follow *next;
	struct tree *tree;
	const struct peer *peer;
	char *user;   /* whose interest it is, */
	char *given;  /* and in which of his names */
	size_t given_len;
	enum imapsrv_scope scope;
	char *name;   /* the owner's */
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
	bool listed;  /* somebody wants to hear of more than single mailboxes, */
	bool known;   /* and they could be read: */
	char **names; /* of all, in order */
	size_t count;
	size_t capacity;
	bool stale;   /* rights have changed: others are to be held */
	time_t mtime; /* of its directory, when it was read */
	time_t read_at;
};

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

/* May he hear of it (RFC 5465 5)? */
static bool may_follow(const struct follow *f, struct imapsrv_span name)
{
	const uint32_t needed = IMAPSRV_RIGHT_LOOKUP | IMAPSRV_RIGHT_READ;
	struct account *owner = f->tree->account;
	uint32_t rights = 0;

	if (!strcmp(f->user, account_user(owner)))
		return true;
	char *theirs = xstrndup(name.data, name.len);
	char *shared = place_shared_name(owner->maildir, account_user(owner), theirs);
	struct account viewer = {owner->maildir, xprintf("%s/%s", owner->maildir->root, f->user)};
	bool may = !account_rights(&viewer, (struct imapsrv_span){shared, strlen(shared)}, false,
	                           &rights) &&
	           (rights & needed) == needed;
	free(theirs);
	free(shared);
	free(viewer.path);
	return may;
}

/* False: there are no descriptors for more now.  Those that are left are for what clients open. */
static bool hold_one(struct follow *f, struct imapsrv_span name)
{
	struct box *box;

	if (!may_follow(f, name))
		return true;
	int result = account_box(f->tree->account, name, &box), error = errno;
	bool scarce = result ? is_passing(error) : box->holders == 1 && files_are_scarce();
	if (!result && scarce)
		box_release(box);
	if (scarce)
		f->tree->mtime = AGAIN;
	if (result || scarce)
		return !scarce;
	box->followers++;
	RESERVE_ONE(f->boxes, f->count, f->capacity);
	f->boxes[f->count++] = box;
	return true;
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

		if (is_followed(f, name) &&
		    !hold_one(f, (struct imapsrv_span){name, strlen(name)}))
			break;
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

/* What cannot be read stays as it was, and is read later. */
static void read_names(struct tree *tree, bool tell)
{
	char **old = tree->names;
	size_t old_count = tree->count;

	tree->names = NULL;
	tree->count = tree->capacity = 0;
	if (tree->listed && account_list(tree->account, false, take_name, tree) && tree->mtime) {
		log_error("%s: %s", tree->account->path, strerror(errno));
		free_names(tree->names, tree->count);
		tree->names = old;
		tree->count = tree->capacity = old_count;
		tree->mtime = AGAIN;
		return;
	}
	if (tree->count)
		qsort(tree->names, tree->count, sizeof *tree->names, compare_names);
	if (tell && tree->known)
		tell_difference(tree, old, old_count);
	tree->known = tree->listed;
	free_names(old, old_count);
}

static void tree_read(struct tree *tree, bool tell)
{
	struct stat st;

	tree->mtime = stat(tree->account->path, &st) ? 0 : st.st_mtime;
	tree->read_at = clock_now().tv_sec;
	read_names(tree, tell);
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
	struct place place;
	struct tree *tree = place_find(account, name, &place)
	                            ? tree_of(account->maildir, place.root)
	                            : NULL;

	place_clear(&place);
	news_publish_name(account, type, name, old, origin);
	/* What else came of it, names in between, is told now; the rest was. */
	if (tree)
		tree_read(tree, false);
}

/* ---- who wants to hear -------------------------------------------------------------------- */

/* In the tree of one user, under the names that this one has. */
static void add_in(const struct later *in, const char *path, struct imapsrv_span name)
{
	bool wide = in->scope == IMAPSRV_SCOPE_SUBTREE || (in->events & NAMES_BITS);
	struct tree *tree = tree_get(in->peer->maildir, path);
	struct follow *f = xcalloc(1, sizeof *f);

	*f = (struct follow){.next = tree->follows, .tree = tree, .peer = in->peer,
	                     .given_len = in->name_len, .scope = in->scope,
	                     .name_len = name.len, .events = in->events};
	f->user = xstrdup(in->user);
	f->given = xstrndup(in->name, in->name_len);
	f->name = xstrndup(name.len ? name.data : "", name.len);
	tree->follows = f;
	if (wide && !tree->listed) {
		tree->listed = true;
		tree_read(tree, false);
	} else {
		follow_hold(f);
	}
}

/* In all trees but his own. */
static void add_in_others(const struct later *in)
{
	static const struct imapsrv_span everything = {"", 0};
	const struct maildir *maildir = in->peer->maildir;
	int root = place_open_root(maildir->root);
	struct subscriptions users = {0};

	if (root >= 0 && place_entries(root, "", &users))
		log_error("%s: %s", maildir->root, strerror(errno));
	for (size_t i = 0; i < users.count; i++) {
		if (!place_is_sharer(maildir, users.dirs[i]) || !strcmp(users.dirs[i], in->user) ||
		    !is_mailbox(root, users.dirs[i]))
			continue;
		char *path = xprintf("%s/%s", maildir->root, users.dirs[i]);
		add_in(in, path, everything);
		free(path);
	}
	subscriptions_clear(&users);
	if (root >= 0)
		close(root);
}

/* In the tree of another, or in all. */
static void add_shared(const struct later *in, const struct account *viewer)
{
	static const struct imapsrv_span everything = {"", 0};
	const struct maildir *maildir = viewer->maildir;
	size_t skip = strlen(maildir->share) + 1;
	struct place place;

	if (in->name_len <= skip) {
		if (in->scope == IMAPSRV_SCOPE_SUBTREE)
			add_in_others(in);
	} else if (memchr(in->name + skip, maildir->separator, in->name_len - skip)) {
		if (place_find(viewer, (struct imapsrv_span){in->name, in->name_len}, &place))
			add_in(in, place.root,
			       (struct imapsrv_span){place.name, strlen(place.name)});
		place_clear(&place);
	} else if (in->scope == IMAPSRV_SCOPE_SUBTREE &&
	           place_is_sharer(maildir, in->name + skip) &&
	           strcmp(in->name + skip, in->user) != 0) {
		char *path = xprintf("%s/%s", maildir->root, in->name + skip);
		add_in(in, path, everything);
		free(path);
	}
}

void held_add(const struct later *in)
{
	struct maildir *maildir = in->peer->maildir;
	struct account viewer = {maildir, xprintf("%s/%s", maildir->root, in->user)};
	struct imapsrv_span name = {in->name, in->name_len};

	if (place_is_shared(maildir, name)) {
		add_shared(in, &viewer);
	} else {
		add_in(in, viewer.path, name);
		if (maildir->share && !name.len && in->scope == IMAPSRV_SCOPE_SUBTREE)
			add_in_others(in);
	}
	free(viewer.path);
}

static bool is_that(const struct follow *f, const struct later *in)
{
	return f->peer == in->peer && f->scope == in->scope && f->events == in->events &&
	       f->given_len == in->name_len && !memcmp(f->given, in->name, in->name_len) &&
	       !strcmp(f->user, in->user);
}

static void take_from(struct tree *tree, const struct later *in)
{
	struct follow **link = &tree->follows, *f;

	while (*link && !is_that(*link, in))
		link = &(*link)->next;
	if (!*link)
		return;
	f = *link;
	*link = f->next;
	follow_release(f);
	free(f->boxes);
	free(f->name);
	free(f->given);
	free(f->user);
	free(f);
	if (!tree->follows)
		tree_free(tree);
}

void held_take_away(const struct later *in)
{
	for (struct tree *tree = in->peer->maildir->trees, *next; tree; tree = next) {
		next = tree->next;
		take_from(tree, in);
	}
}

void news_hold_again(struct maildir *maildir, const char *path)
{
	struct tree *tree = tree_of(maildir, path);

	/* Not now: somebody may be going through the boxes. */
	if (tree)
		tree->stale = true;
}

void held_refresh(struct maildir *maildir)
{
	for (struct tree *tree = maildir->trees; tree; tree = tree->next) {
		if (!tree->stale)
			continue;
		tree->stale = false;
		for (struct follow *f = tree->follows; f; f = f->next)
			follow_hold(f);
	}
}
