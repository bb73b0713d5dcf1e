/* SPDX-License-Identifier: MIT */
/* What is watched whatever the client asked for; NOTIFY's part is told by the command. */
#include "session/watch.h"

#include "session/session.h"

void isrv_watch_change(struct imapsrv_session *s, const struct imapsrv_interest *added,
                       size_t added_count, const struct imapsrv_interest *removed,
                       size_t removed_count)
{
	struct imapsrv_watch_change c = IMAPSRV_SIZED(struct imapsrv_watch_change);

	if (!s->engine->watch.changed || (!added_count && !removed_count))
		return;
	c.account = s->account.handle;
	c.separator = s->account.separator;
	c.added = added;
	c.added_count = added_count;
	c.removed = removed;
	c.removed_count = removed_count;
	s->in_callback++;
	s->engine->watch.changed(s->user, s, &c);
	s->in_callback--;
}

static void change_one(struct imapsrv_session *s, const struct imapsrv_interest *one, bool on)
{
	isrv_watch_change(s, one, on ? 1 : 0, one, on ? 0 : 1);
}

void isrv_watch_selected(struct imapsrv_session *s, const char *name, size_t len, bool on)
{
	struct imapsrv_interest one = {IMAPSRV_SCOPE_MAILBOX, {name, len}, ISRV_WATCH_MESSAGES};

	one.events |= IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_RENAME) |
	              IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_DELETE) |
	              IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_ACCESS_GAINED) |
	              IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_ACCESS_LOST);
	if (s->engine->annotate.get)
		one.events |= IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_ANNOTATION_CHANGE);
	change_one(s, &one, on);
	/* It moves along when a name above it is renamed. */
	one.events = IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_RENAME);
	for (one.name.len = 1; one.name.len + 1 < len; one.name.len++)
		if (s->account.separator && name[one.name.len] == s->account.separator)
			change_one(s, &one, on);
}

/* The name that it has comes first, so that nothing goes unheard between the two. */
void isrv_watch_view(struct imapsrv_session *s, struct isrv_view *v, char *was, size_t was_len)
{
	while (was != v->name) {
		char *name = v->name;
		size_t len = v->name_len;

		v->lent = ISRV_LENT_NAME;
		isrv_watch_selected(s, name, len, true);
		if (was) {
			isrv_watch_selected(s, was, was_len, false);
			isrv_mem_free(&s->mem, was, was_len);
		}
		was = name;
		was_len = len;
	}
	v->lent = ISRV_LENT_NONE;
}

void isrv_watch_account(struct imapsrv_session *s, bool on)
{
	struct imapsrv_interest one = {IMAPSRV_SCOPE_ACCOUNT, {NULL, 0}, 0};

	one.events = IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_QUOTA_EXCEED) |
	             IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_QUOTA_WITHIN);
	change_one(s, &one, on);
}
