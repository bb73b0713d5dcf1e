/* SPDX-License-Identifier: MIT */
/*
 * host/inside - what a host may do from inside of its own callbacks: events of every kind, posted
 * when what they tell has just happened, questions to the session, calls of all other sessions; and
 * the calls that it may not make there.  Each is a deed, done at one moment or at a few in a row:
 * where the library has just called, before each answer, or where it is about to get control again.
 */
#ifndef TEST_HOST_INSIDE_H
#define TEST_HOST_INSIDE_H

#include "host/driver.h"

enum td_deed {
	TD_LOOK,       /* asks the session all that may be asked; nobody may notice */
	TD_FORBIDDEN,  /* makes all calls that may not be made; nobody may notice */
	TD_LOST,       /* says that events were lost */
	TD_DELIVER,    /* in the open mailbox, or the first: a message comes, */
	TD_EXPUNGE,    /* one goes, */
	TD_EMPTY,      /* all go, */
	TD_FLAG,       /* flags and a keyword of all of them change, */
	TD_COMPARE,    /* which messages there are is to be looked at, and all their flags */
	TD_RENAME,     /* that mailbox (or, of INBOX, another) gets another name, */
	TD_DELETE,     /* is deleted */
	TD_CREATE,     /* a mailbox comes */
	TD_SUBSCRIBE,  /* that mailbox is subscribed to, and not any more */
	TD_RIGHTS,     /* the user's rights to it are fewer */
	TD_GAIN,       /* they went and came back */
	TD_METADATA,   /* of the mailbox and of the server change */
	TD_ANNOTATE,   /* annotations of its messages change */
	TD_KEYS,       /* of the mailbox, and of all, are reset */
	TD_QUOTA,      /* is exceeded, changed, respected again */
	TD_ASIDE,      /* another session comes, works in that mailbox and goes */
	TD_RUN_OTHERS, /* all other sessions are run, and told the time */
	TD_END_OTHERS, /* they are ended politely */
	TD_FREE_OTHERS, /* and without a word */
	TD_UNTRUE,     /* events of all kinds are posted that nothing happened for */
	TD_DEEDS
};
extern const char *const td_deed_names[TD_DEEDS];

struct td_inside {
	struct td *d;
	enum td_deed deed;
};

/* The hooks of the configuration are moments too. */
void td_hooks(struct imapsrv_config *config);
/* struct ts: inside.act, whose user is a struct td_inside. */
void td_act(void *user, struct ts_link *link);

#endif
