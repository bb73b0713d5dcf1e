/* SPDX-License-Identifier: MIT */
/*
 * session/hear - what this client hears of: which events reach the selected mailbox's view, which
 * become news of other mailboxes, and when something may be told.
 */
#ifndef ISRV_SESSION_HEAR_H
#define ISRV_SESSION_HEAR_H

#include "session/contexts.h"

/* Works out what may be told, after the selected mailbox or what was asked for has changed. */
void isrv_hear_update(struct imapsrv_session *s);
/* Is the client told of annotations of the selected mailbox that others change? */
bool isrv_hear_annotations(const struct imapsrv_session *s);
/* Names and namespaces, as NOTIFY's groups need them. */
struct isrv_notify_account isrv_hear_account(const struct imapsrv_session *s);
/* NOTIFY NONE, and what an overflow and a logout do. */
void isrv_hear_nothing(struct imapsrv_session *s, enum isrv_hearing hearing);
/* What n asks for is in force from now on; the host watches for it already.  What was still to be
 * told before is told if n wants it too. */
void isrv_hear_this(struct imapsrv_session *s, struct isrv_notify *n);
/* ENABLE METADATA: entries that others change are told (RFC 5464 4.1), until there is a NOTIFY. */
void isrv_hear_metadata(struct imapsrv_session *s);
/* More than can be held (RFC 5465 5.8). */
void isrv_hear_overflow(struct imapsrv_session *s);
/* While the host is told of what a NOTIFY asks for it may post: until it is let go, s->notify is
 * not freed, and no name comes to it or goes.  What would have done that is an overflow then.
 * Gives whether it was held already, which is what to let it go with. */
static inline bool isrv_hear_hold(struct imapsrv_session *s)
{
	bool held = s->notify_held;

	s->notify_held = true;
	return held;
}
void isrv_hear_let_go(struct imapsrv_session *s, bool held);
/* The client was told, or it was found, that this may be listed and not read. */
void isrv_hear_noaccess(struct imapsrv_session *s, struct imapsrv_span name);
/* This client expunged messages of the selected mailbox: it is told, whatever it wants to hear. */
static inline void isrv_hear_own_gone(struct imapsrv_session *s, struct imapsrv_set uids)
{
	if (s->heard & ISRV_PENDING_GONE)
		isrv_view_post_gone(s->view, &s->mem, uids);
	else if (!isrv_view_post_own_gone(s->view, &s->mem, uids))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}
/* This client added messages to the selected mailbox, or to one of that name; empty: it is not
 * known which. */
static inline void isrv_hear_own(struct imapsrv_session *s, struct imapsrv_set uids)
{
	isrv_view_post_own(s->view, uids);
	if (!isrv_view_note_own(s->view, &s->mem, uids))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}
/* Adds all interests of n to what the host watches, or takes them back. */
void isrv_hear_watch(struct imapsrv_session *s, const struct isrv_notify *n, bool on);
/* This client has subscribed to a name, or somebody has for its account. */
void isrv_hear_subscribed(struct imapsrv_session *s, struct imapsrv_span name, bool on);

/* May the selected mailbox be read, by what the host says now? */
void isrv_hear_readable(struct imapsrv_session *s, bool readable);
/* Rights in the mailbox of that name have changed: if it is the selected one, they are asked
 * for. */
void isrv_hear_rights(struct imapsrv_session *s, struct imapsrv_span name);

/* Can the warning be told now?  Not without a mailbox that messages are in or come to: "MUST NOT"
 * (RFC 9208 4.3.1). */
static inline bool isrv_hear_warns(const struct imapsrv_session *s)
{
	return s->warning && (s->view || (s->command && s->command->flags & ISRV_COMMAND_ADDS));
}
/* There is such a mailbox now. */
static inline void isrv_hear_warning(struct imapsrv_session *s)
{
	s->news = s->news || isrv_hear_warns(s);
}

/* Is there something to tell, of the selected mailbox of these kinds? */
static inline bool isrv_hear_due(const struct imapsrv_session *s, unsigned kinds)
{
	return s->news ||
	       (s->view && (isrv_view_pending(s->view, kinds) ||
	                    (s->contexts && isrv_contexts_due(s))));
}

/* And between commands?  `stirred` is for a telling that had to leave something: it is not tried
 * again before something has happened. */
static inline bool isrv_hear_due_between(const struct imapsrv_session *s)
{
	if (!s->stirred || s->hearing == ISRV_HEARING_COMMANDS)
		return false;
	return (s->news && (s->hearing == ISRV_HEARING_NOTIFY || s->overflowed)) ||
	       (s->view && isrv_view_pending(s->view, s->heard_between));
}

#endif
