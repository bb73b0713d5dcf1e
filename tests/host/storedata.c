/* SPDX-License-Identifier: MIT */
/*
 * host/storedata - the mail of the test store: users, mailboxes, messages, and the changes that
 * can be made to them from anywhere.  Knows nothing of ops.
 */
#include "host/teststore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sets ------------------------------------------------------------------------------- */

void ts_set_add(struct ts_set *set, uint32_t uid)
{
	if (set->count && set->ranges[set->count - 1].last + 1 == uid) {
		set->ranges[set->count - 1].last = uid;
		return;
	}
	if (set->count == set->cap) {
		set->cap = set->cap * 2 + 4;
		set->ranges = tx_realloc(set->ranges, set->cap * sizeof(*set->ranges));
	}
	set->ranges[set->count++] = (struct imapsrv_range){uid, uid};
}

void ts_set_clear(struct ts_set *set)
{
	free(set->ranges);
	memset(set, 0, sizeof(*set));
}

struct imapsrv_set ts_set_view(const struct ts_set *set)
{
	return (struct imapsrv_set){set->ranges, set->count};
}

bool ts_set_parse(struct ts_set *set, const char *text)
{
	uint64_t above = 0;

	while (*text) {
		char *end;
		uint64_t first = strtoul(text, &end, 10), last = first;

		if (end == text)
			return false;
		if (*end == ':') {
			text = end + 1;
			last = strtoul(text, &end, 10);
			if (end == text)
				return false;
		}
		if (first <= above || last < first || last > UINT32_MAX)
			return false;
		ts_set_add(set, (uint32_t)first);
		set->ranges[set->count - 1].last = (uint32_t)last;
		above = last;
		if (*end == ',')
			end++;
		else if (*end)
			return false;
		text = end;
	}
	return set->count > 0;
}

bool ts_set_has(struct imapsrv_set set, uint32_t uid)
{
	size_t low = 0, high = set.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set.ranges[mid].last < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < set.count && set.ranges[low].first <= uid;
}

/* ---- users and mailboxes ---------------------------------------------------------------- */

struct ts_user *ts_find_user(const struct ts *ts, const char *name)
{
	for (struct ts_user *u = ts->users; u; u = u->next)
		if (!name || strcmp(u->name, name) == 0)
			return u;
	return NULL;
}

struct ts_user *ts_add_user(struct ts *ts, const char *name, const char *password)
{
	struct ts_user **at = &ts->users;
	struct ts_user *u = tx_alloc(sizeof(*u));

	while (*at)
		at = &(*at)->next;
	*at = u;
	u->name = tx_dup(name, strlen(name));
	u->password = tx_dup(password, strlen(password));
	u->separator = '/';
	ts_add_mailbox(ts, u, "INBOX");
	return u;
}

bool ts_belongs(const struct ts_mailbox *m, const struct ts_user *u)
{
	return m->owner == u || (m->ts->acl.on && strcmp(m->name, "INBOX") != 0);
}

struct ts_mailbox *ts_find(const struct ts *ts, const struct ts_user *owner, const char *name)
{
	for (struct ts_mailbox *m = ts->mailboxes; m; m = m->next)
		if (!m->removed && (!owner || ts_belongs(m, owner)) && strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

struct ts_mailbox *ts_add_mailbox(struct ts *ts, struct ts_user *owner, const char *name)
{
	struct ts_mailbox **at = &ts->mailboxes;
	struct ts_mailbox *m = tx_alloc(sizeof(*m));

	while (*at)
		at = &(*at)->next;
	*at = m;
	m->ts = ts;
	m->owner = owner;
	m->name = tx_dup(name, strlen(name));
	m->permanent = IMAPSRV_SYSTEM_FLAGS;
	m->may = UINT32_MAX;
	m->uidvalidity = ts->next_uidvalidity++;
	m->uidnext = 1;
	m->modseq = 1;
	m->append_limit = UINT64_MAX;
	snprintf(m->id, sizeof(m->id), "F%u", m->uidvalidity);
	return m;
}

void ts_remove_mailbox(struct ts *ts, struct ts_mailbox *mailbox)
{
	(void)ts;
	mailbox->removed = true;
}

void ts_rename_mailbox(struct ts *ts, struct ts_mailbox *mailbox, const char *to)
{
	char *from = tx_dup(mailbox->name, strlen(mailbox->name));
	size_t len = strlen(from);

	for (struct ts_mailbox *m = ts->mailboxes; m; m = m->next) {
		struct tx name = {0};

		if (m->removed || m->owner != mailbox->owner || strncmp(m->name, from, len) != 0 ||
		    (m->name[len] && m->name[len] != m->owner->separator))
			continue;
		tx_str(&name, to);
		tx_str(&name, m->name + len);
		free(m->name);
		m->name = name.data;
	}
	free(from);
}

void ts_subscribe(struct ts_user *user, const char *name, bool on)
{
	size_t i;

	for (i = 0; i < user->subscription_count; i++)
		if (strcmp(user->subscriptions[i], name) == 0)
			break;
	if (on && i == user->subscription_count) {
		user->subscriptions =
			tx_realloc(user->subscriptions, (i + 1) * sizeof(*user->subscriptions));
		user->subscriptions[i] = tx_dup(name, strlen(name));
		user->subscription_count++;
	} else if (!on && i < user->subscription_count) {
		free(user->subscriptions[i]);
		user->subscription_count--;
		memmove(&user->subscriptions[i], &user->subscriptions[i + 1],
		        (user->subscription_count - i) * sizeof(*user->subscriptions));
	}
}

/* ---- messages --------------------------------------------------------------------------- */

struct ts_blob *ts_blob_new(const char *data, size_t len)
{
	struct ts_blob *b = tx_alloc(sizeof(*b));
	uint32_t sum = 2166136261u;

	b->refs = 1;
	b->len = len;
	b->data = tx_dup(data, len);
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)data[i]) * 16777619u;
	snprintf(b->emailid, sizeof(b->emailid), "M%08x", (unsigned)sum);
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			b->bare = true;
		if (data[i] == '\r' && (i + 1 == len || data[i + 1] != '\n'))
			b->bare = true;
	}
	return b;
}

void ts_blob_drop(struct ts_blob *blob)
{
	if (--blob->refs)
		return;
	free(blob->data);
	free(blob);
}

size_t ts_position(const struct ts_mailbox *mailbox, uint32_t uid)
{
	size_t low = 0, high = mailbox->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (mailbox->messages[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct ts_message *ts_message(const struct ts_mailbox *mailbox, uint32_t uid)
{
	size_t at = ts_position(mailbox, uid);

	if (at == mailbox->count || mailbox->messages[at].uid != uid)
		return NULL;
	return &mailbox->messages[at];
}

static struct ts_message *insert(struct ts_mailbox *mailbox, uint32_t uid, struct ts_blob *blob,
                                 int64_t date, int zone)
{
	struct ts_message *message;

	if (!uid)
		uid = mailbox->uidnext;
	if (mailbox->count && mailbox->messages[mailbox->count - 1].uid >= uid)
		return NULL;
	if (mailbox->count == mailbox->cap) {
		mailbox->cap = mailbox->cap * 2 + 8;
		mailbox->messages = tx_realloc(mailbox->messages,
		                               mailbox->cap * sizeof(*mailbox->messages));
	}
	mailbox->modseq = mailbox->books ? mailbox->books->added(mailbox->books->user, uid)
	                                 : mailbox->modseq + 1;
	message = &mailbox->messages[mailbox->count++];
	*message = (struct ts_message){.uid = uid, .date = date, .zone = zone, .blob = blob,
	                                .modseq = mailbox->modseq};
	if (mailbox->uidnext <= uid)
		mailbox->uidnext = uid + 1;
	return message;
}

struct ts_message *ts_add(struct ts_mailbox *mailbox, uint32_t uid, const char *data, size_t len,
                          int64_t date, int zone)
{
	struct ts_blob *blob = ts_blob_new(data, len);
	struct ts_message *message = insert(mailbox, uid, blob, date, zone);

	if (!message)
		ts_blob_drop(blob);
	return message;
}

static size_t keyword_index(struct ts_mailbox *mailbox, const char *name, bool make)
{
	size_t i;

	for (i = 0; i < mailbox->keyword_count; i++)
		if (tx_same(mailbox->keywords[i], name))
			return i;
	if (!make)
		return SIZE_MAX;
	mailbox->keywords =
		tx_realloc(mailbox->keywords, (i + 1) * sizeof(*mailbox->keywords));
	mailbox->keywords[i] = tx_dup(name, strlen(name));
	mailbox->keyword_count++;
	return i;
}

bool ts_has_keyword(const struct ts_mailbox *mailbox, const struct ts_message *message,
                    const char *name)
{
	for (uint32_t i = 0; i < message->keyword_count; i++)
		if (tx_same(mailbox->keywords[message->keywords[i]], name))
			return true;
	return false;
}

bool ts_keyword(struct ts_mailbox *mailbox, struct ts_message *message, const char *name, bool on)
{
	size_t index = keyword_index(mailbox, name, on);
	uint32_t i;

	if (index == SIZE_MAX)
		return false;
	for (i = 0; i < message->keyword_count; i++)
		if (message->keywords[i] == index)
			break;
	if (on == (i < message->keyword_count))
		return false;
	if (on) {
		message->keywords = tx_realloc(message->keywords, (i + 1u) * sizeof(uint16_t));
		message->keywords[i] = (uint16_t)index;
		message->keyword_count++;
	} else {
		message->keyword_count--;
		memmove(&message->keywords[i], &message->keywords[i + 1],
		        (message->keyword_count - i) * sizeof(uint16_t));
	}
	return true;
}

/* ---- changes ---------------------------------------------------------------------------- */

static bool named(const char *name, char *const *keywords, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tx_same(name, keywords[i]))
			return true;
	return false;
}

bool ts_flag_one(struct ts_mailbox *mailbox, struct ts_message *message,
                 enum imapsrv_store_mode mode, uint32_t system, char *const *keywords,
                 size_t keyword_count, struct ts_changes *c)
{
	uint32_t before = message->system, after = before, up, down;
	uint32_t mask = imapsrv_rights_flags(mailbox->may);
	bool key_up = false, key_down = false;

	if (mode == IMAPSRV_FLAGS_REMOVE)
		after &= ~system;
	else
		after = mode == IMAPSRV_FLAGS_ADD ? before | system : (before & ~mask) | system;
	message->system = after;
	if (mode == IMAPSRV_FLAGS_SET && mailbox->may & IMAPSRV_RIGHT_WRITE)
		for (uint32_t i = message->keyword_count; i-- > 0;) {
			const char *name = mailbox->keywords[message->keywords[i]];

			if (!named(name, keywords, keyword_count))
				key_down |= ts_keyword(mailbox, message, name, false);
		}
	for (size_t i = 0; i < keyword_count; i++) {
		bool on = mode != IMAPSRV_FLAGS_REMOVE;
		bool changed = ts_keyword(mailbox, message, keywords[i], on);

		key_up |= changed && on;
		key_down |= changed && !on;
	}
	up = after & ~before;
	down = before & ~after;
	if (up & IMAPSRV_SEEN)
		ts_set_add(&c->read, message->uid);
	if (up & IMAPSRV_DELETED)
		ts_set_add(&c->trash, message->uid);
	if ((up & ~(uint32_t)(IMAPSRV_SEEN | IMAPSRV_DELETED)) || key_up)
		ts_set_add(&c->set, message->uid);
	if (down || key_down)
		ts_set_add(&c->clear, message->uid);
	if (up || down || key_up || key_down) {
		ts_set_add(&c->changed, message->uid);
		return true;
	}
	return false;
}

static bool flag_each(struct ts_mailbox *mailbox, struct imapsrv_set uids,
                      enum imapsrv_store_mode mode, uint32_t system, char *const *keywords,
                      size_t keyword_count, struct ts_changes *c, struct ts_set *changed)
{
	for (size_t i = 0; i < uids.count; i++)
		for (size_t k = ts_position(mailbox, uids.ranges[i].first);
		     k < mailbox->count && mailbox->messages[k].uid <= uids.ranges[i].last; k++)
			if (ts_flag_one(mailbox, &mailbox->messages[k], mode, system, keywords,
			                keyword_count, c))
				ts_set_add(changed, mailbox->messages[k].uid);
	return changed->count > 0;
}

void ts_flag(struct ts_mailbox *mailbox, struct imapsrv_set uids, enum imapsrv_store_mode mode,
             uint32_t system, char *const *keywords, size_t keyword_count, struct ts_changes *c)
{
	struct ts_set changed = {0};

	/* One number for all: a STORE is one change. */
	if (flag_each(mailbox, uids, mode, system, keywords, keyword_count, c, &changed))
		mailbox->modseq = mailbox->books ? mailbox->books->changed(mailbox->books->user,
		                                                           ts_set_view(&changed))
		                                 : mailbox->modseq + 1;
	for (size_t i = 0; i < mailbox->count; i++)
		if (ts_set_has(ts_set_view(&changed), mailbox->messages[i].uid))
			mailbox->messages[i].modseq = mailbox->modseq;
	ts_set_clear(&changed);
}

void ts_bury(struct ts_mailbox *mailbox, uint32_t uid, uint64_t modseq)
{
	if (mailbox->grave_count == mailbox->grave_cap) {
		mailbox->grave_cap = mailbox->grave_cap * 2 + 8;
		mailbox->graves = tx_realloc(mailbox->graves,
		                             mailbox->grave_cap * sizeof(*mailbox->graves));
	}
	mailbox->graves[mailbox->grave_count++] = (struct ts_grave){uid, modseq};
	if (mailbox->uidnext <= uid)
		mailbox->uidnext = uid + 1;
	if (mailbox->modseq < modseq)
		mailbox->modseq = modseq;
}

void ts_remove(struct ts_mailbox *mailbox, struct imapsrv_set uids, bool only_deleted,
               struct ts_set *removed)
{
	struct ts_set gone = {0};
	uint64_t number = mailbox->modseq;
	size_t kept = 0;

	for (size_t i = 0; i < mailbox->count; i++) {
		struct ts_message *m = &mailbox->messages[i];

		if (ts_set_has(uids, m->uid) && (!only_deleted || (m->system & IMAPSRV_DELETED))) {
			ts_set_add(&gone, m->uid);
			ts_set_add(removed, m->uid);
			ts_keep(mailbox, m);
			ts_blob_drop(m->blob);
			free(m->keywords);
			ts_free_entries(&m->notes);
		} else {
			mailbox->messages[kept++] = *m;
		}
	}
	mailbox->count = kept;
	if (gone.count)
		number = mailbox->books
		                 ? mailbox->books->removed(mailbox->books->user, ts_set_view(&gone))
		                 : number + 1;
	for (size_t i = 0; i < gone.count; i++)
		for (uint32_t uid = gone.ranges[i].first; uid <= gone.ranges[i].last; uid++)
			ts_bury(mailbox, uid, number);
	ts_set_clear(&gone);
}

/* What an event tells of kept messages. */
static void tell_kept(struct ts *ts, const struct ts_mailbox *mailbox, const struct ts_link *link,
                      enum imapsrv_event_type type, struct imapsrv_set uids)
{
	struct imapsrv_range all = {1, UINT32_MAX};

	if (type == IMAPSRV_EVENT_MAILBOX_CHANGED)
		uids = (struct imapsrv_set){&all, 1};
	else if (type != IMAPSRV_EVENT_MESSAGE_EXPUNGE && type != IMAPSRV_EVENT_MESSAGE_EXPIRE)
		return;
	for (struct ts_handle *h = ts->handles; h; h = h->next)
		if (h->kind == TS_MAILBOX && h->mailbox == mailbox && h->link == link)
			ts_keep_told(h, uids);
}

/* The name by which a session has it open; NULL if it has not. */
static const char *open_name(const struct ts_link *link, const struct ts_mailbox *mailbox)
{
	for (const struct ts_handle *h = link->ts->handles; h; h = h->next)
		if (h->kind == TS_MAILBOX && h->mailbox == mailbox && h->link == link)
			return h->name;
	return NULL;
}

/* It has another one open, which had that name before it was removed or renamed. */
static bool has_ghost(const struct ts_link *link, const struct ts_mailbox *mailbox)
{
	for (const struct ts_handle *h = link->ts->handles; h; h = h->next)
		if (h->kind == TS_MAILBOX && h->link == link && h->mailbox != mailbox &&
		    strcmp(h->name, mailbox->name) == 0)
			return true;
	return false;
}

void ts_post(struct ts *ts, struct ts_mailbox *mailbox, enum imapsrv_event_type type,
             struct imapsrv_set uids, const struct imapsrv_session *origin)
{
	ts_post_entries(ts, mailbox, type, uids, NULL, 0, origin);
}

void ts_post_entries(struct ts *ts, struct ts_mailbox *mailbox, enum imapsrv_event_type type,
                     struct imapsrv_set uids, const struct imapsrv_span *entries, size_t count,
                     const struct imapsrv_session *origin)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;

	event.type = type;
	event.uids = uids;
	event.entries = entries;
	event.entry_count = count;
	event.origin = origin;
	if (ts->hub) {
		event.mailbox = (struct imapsrv_span){mailbox->name, strlen(mailbox->name)};
		if (!mailbox->removed)
			ts_hub_publish(ts, mailbox->owner, &event);
		return;
	}
	for (struct ts_link *link = ts->links; link; link = link->next) {
		const char *name = open_name(link, mailbox);
		int rc;

		event.mailbox.data = name ? name : mailbox->name;
		event.mailbox.len = strlen(event.mailbox.data);
		if (!link->session || (!name && (mailbox->removed || has_ghost(link, mailbox) ||
		                                 !ts_may_hear(link, mailbox) ||
		                                 !ts_watches(link, &event))))
			continue;
		tell_kept(ts, mailbox, link, type, uids);
		rc = imapsrv_session_post(link->session, &event);
		if (rc && !imapsrv_is_fatal(rc))
			tx_complain(ts->log, "post of event %d gave %d (%s)", (int)type, rc,
			            imapsrv_strerror(rc));
	}
}

static void post_set(struct ts *ts, struct ts_mailbox *mailbox, enum imapsrv_event_type type,
                     struct ts_set *set, const struct imapsrv_session *origin)
{
	if (set->count)
		ts_post(ts, mailbox, type, ts_set_view(set), origin);
	ts_set_clear(set);
}

void ts_post_changes(struct ts *ts, struct ts_mailbox *mailbox, struct ts_changes *c,
                     const struct imapsrv_session *origin)
{
	post_set(ts, mailbox, IMAPSRV_EVENT_MESSAGE_READ, &c->read, origin);
	post_set(ts, mailbox, IMAPSRV_EVENT_MESSAGE_TRASH, &c->trash, origin);
	post_set(ts, mailbox, IMAPSRV_EVENT_FLAGS_SET, &c->set, origin);
	post_set(ts, mailbox, IMAPSRV_EVENT_FLAGS_CLEAR, &c->clear, origin);
	ts_set_clear(&c->changed);
}

/* A sum of content and place, so that a fault run can be asked whether it stored what no good run
 * does. */
void ts_note_added(struct ts *ts, const struct ts_mailbox *mailbox, const struct ts_blob *blob)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < blob->len; i++)
		sum = (sum ^ (unsigned char)blob->data[i]) * 0x100000001b3u;
	tx_fmt(&ts->added, "%s/%zu/%016llx\n", mailbox->name, blob->len, (unsigned long long)sum);
}
