/* SPDX-License-Identifier: MIT */
/*
 * session/access - which rights a user needs for what (RFC 4314 4), in a host that has them
 * (imapsrv/acl.h), and the one way to ask.  Rights come with three answers of the host, where
 * op_mailboxes.c hands them to this file: names of `list`, `open` and `status`; for anything else
 * that is done to a mailbox by its name a command asks first, by isrv_access_step.  Those of the
 * selected mailbox stand in its view.
 *
 * Without imapsrv_acl.rights every right is there, and nothing is asked.
 */
#ifndef ISRV_SESSION_ACCESS_H
#define ISRV_SESSION_ACCESS_H

#include "session/session.h"

/* What is done to a mailbox.  The table in access.c has a row for each. */
enum isrv_doing {
	ISRV_DO_NOTHING,
	ISRV_DO_LIST,     /* RESETKEY too */
	ISRV_DO_READ,     /* SELECT, EXAMINE, STATUS, a search elsewhere */
	ISRV_DO_CREATE,   /* below it: CREATE, RENAME to */
	ISRV_DO_DELETE,   /* DELETE, RENAME from */
	ISRV_DO_INSERT,   /* APPEND, COPY, MOVE, REPLACE into it */
	ISRV_DO_REMOVE,   /* MOVE, REPLACE out of it */
	ISRV_DO_EXPUNGE,
	ISRV_DO_MYRIGHTS,
	ISRV_DO_ADMIN,    /* its list */
	ISRV_DO_METADATA,
	ISRV_DO_QUOTAROOT,
	ISRV_DO_NOTIFY,   /* hear what happens in it */
	ISRV_DO_NOTE,     /* store private annotations, */
	ISRV_DO_NOTE_ALL, /* and shared ones */
	ISRV_DOINGS
};

/* Does the host have rights? */
static inline bool isrv_access_is_kept(const struct imapsrv_session *s)
{
	return s->engine->acl.rights != NULL;
}

bool isrv_access_may(uint32_t rights, enum isrv_doing doing);
/* What somebody is told who has these rights and does that: OK, NOPERM, or NONEXISTENT if he is not
 * to know of the mailbox. */
enum imapsrv_code isrv_access_code(uint32_t rights, enum isrv_doing doing);
/* May it be done to the selected mailbox, by somebody who may write there? */
static inline bool isrv_access_selected(const struct imapsrv_session *s, enum isrv_doing doing)
{
	return !s->view->read_only && isrv_access_may(s->view->rights, doing);
}
/* Is there nothing that this user can change in the mailbox for others to see (RFC 4314 5.2)? */
bool isrv_access_only_reads(const struct isrv_view *v);
/* System flags that he can change there, for good; and may he change keywords? */
static inline uint32_t isrv_access_flags(const struct isrv_view *v)
{
	return v->read_only ? 0 : v->permanent_flags & imapsrv_rights_flags(v->rights);
}
static inline bool isrv_access_keywords(const struct isrv_view *v)
{
	return !v->read_only && v->rights & IMAPSRV_RIGHT_WRITE;
}
/* Those of the rights that flags need. */
static inline uint32_t isrv_access_of_flags(uint32_t rights)
{
	return rights & (IMAPSRV_RIGHT_SEEN | IMAPSRV_RIGHT_WRITE | IMAPSRV_RIGHT_TRASH);
}
/* Leaves of the flags those that he can set.  The list of keywords is not touched. */
void isrv_access_limit(uint32_t rights, struct imapsrv_flags *flags);

/* These are the rights in the selected mailbox: tells the client what it may change now, if that is
 * another thing; `fewer`: it is already, as the mailbox itself keeps fewer flags. */
void isrv_access_take(struct imapsrv_session *s, uint32_t rights, bool fewer);
/*
 * The rights in the selected mailbox, if they may have changed: asks, tells the client what it may
 * change now, and notes in the view whether it can still be read.  DONE or HOST.  The host may say
 * nothing of use: then there are none until it is asked again.
 */
enum isrv_step isrv_access_refresh(struct imapsrv_session *s);
/* May the command at hand run in the selected mailbox?  Where that cannot be read any more, only
 * those may that leave it (RFC 4314 5.1.1). */
static inline bool isrv_access_command(const struct imapsrv_session *s)
{
	const struct isrv_command *c = s->command;
	uint32_t rights = s->view->rights;

	if (!(rights & IMAPSRV_RIGHT_READ) && c->states == ISRV_IN_SELECTED &&
	    !(c->flags & ISRV_COMMAND_QUIET))
		return false;
	return !c->doing || isrv_access_may(rights, (enum isrv_doing)c->doing);
}

/* The reply where it may not: the host's own, if that would not say at the beginning of this
 * command. */
enum isrv_step isrv_access_refuse(struct imapsrv_session *s);

/* What `list` says of a name: what this user is to be told instead.  False: nothing. */
bool isrv_access_name(struct imapsrv_name *name);

/*
 * May this be done to the mailbox of that name?  Clear the structure; then until DONE, and after
 * that `code` is OK, or says with s->result why not: isrv_refused tells it.  The name stays until
 * then.
 */
struct isrv_access {
	enum imapsrv_code code;
	uint32_t rights;
	bool asked;
	bool told; /* the host said which: there is such a mailbox */
};
enum isrv_step isrv_access_step(struct imapsrv_session *s, struct isrv_access *a,
                                enum isrv_doing doing, struct imapsrv_span name);

#endif
