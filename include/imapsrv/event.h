/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/event.h - something happened in the store (RFC 5423).  The host posts it to each session
 * that cares; the library tells the client when the protocol and the client's NOTIFY (RFC 5465)
 * allow, and asks the store, once, for what the event does not say.
 *
 * A name in an event is read as it stands when it is posted to that session: after all the
 * creations, deletions and renamings that were posted to it before, and before all that come later.
 * So to each session
 *
 * - events with names that are the same, or one above the other, are posted in the order of the
 *   changes, each with the name that the mailbox had at that point.  With several threads a change
 *   of the store, and the posting or publishing (imapsrv/hub.h) of its event, happen under one
 *   lock, which whoever creates, deletes or renames takes, and whoever changes messages.
 * - an event that may come when its name means another mailbox has the UIDVALIDITY of the one that
 *   it is about in its status, MAILBOX_DELETE and MAILBOX_RENAME as well; and no two mailboxes of
 *   one name ever have the same.  Events that are kept for later, by a hub or not, may come so.
 * - the order is kept nevertheless: an event about messages with a name that the mailbox has no
 *   more is passed over, and of a renaming the UIDVALIDITY says nothing about those below: it is
 *   posted before another mailbox gets the old name of one of these.
 * - what is posted between a call of `open` and its answer is of the mailbox that is being opened:
 *   a renaming that may be older than what the name was found to mean is posted before that call,
 *   or after the answer.
 *
 * The watch is the other direction: a session tells the host which mailboxes and kinds of event it
 * cares about now, so that the host listens to its own event source for these and nothing more.
 */
#ifndef IMAPSRV_EVENT_H
#define IMAPSRV_EVENT_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What happened.  imapsrv_event(3) has the table of what the client is told of each. */
enum imapsrv_event_type {
	/* In a mailbox. */
	IMAPSRV_EVENT_MESSAGE_NEW = 1,  /* delivered */
	IMAPSRV_EVENT_MESSAGE_APPEND,   /* added by a client: APPEND, COPY, MOVE */
	IMAPSRV_EVENT_MESSAGE_EXPUNGE,  /* removed */
	IMAPSRV_EVENT_MESSAGE_EXPIRE,   /* removed by a rule of the server */
	IMAPSRV_EVENT_MESSAGE_READ,     /* \Seen was set */
	IMAPSRV_EVENT_MESSAGE_TRASH,    /* \Deleted was set */
	IMAPSRV_EVENT_FLAGS_SET,        /* flags or keywords were set */
	IMAPSRV_EVENT_FLAGS_CLEAR,      /* flags or keywords were cleared */
	IMAPSRV_EVENT_MAILBOX_CHANGED,  /* messages may have come or gone: compare with the store.
	                                   With no mailbox: events were lost, anything may have
	                                   happened anywhere */
	/* To a mailbox name.  What lies below a name that is created or deleted is not meant; what
	 * lies below one that is renamed is, and gets no event of its own (RFC 5423 4.4). */
	IMAPSRV_EVENT_MAILBOX_CREATE,
	IMAPSRV_EVENT_MAILBOX_DELETE,
	IMAPSRV_EVENT_MAILBOX_RENAME,      /* from old_name to mailbox */
	IMAPSRV_EVENT_MAILBOX_SUBSCRIBE,   /* by this account */
	IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE, /* by this account */
	IMAPSRV_EVENT_MAILBOX_METADATA,    /* entries of its metadata changed (RFC 5464) */
	IMAPSRV_EVENT_ACCESS_GAINED,       /* this account may now list or read it, as `list` and
	                                      `open` say */
	IMAPSRV_EVENT_ACCESS_LOST,         /* it may not list or not read it any more */
	IMAPSRV_EVENT_ANNOTATION_CHANGE,   /* annotations of messages changed (RFC 5257) */
	/* Not in any mailbox. */
	IMAPSRV_EVENT_SERVER_METADATA, /* entries of the server's metadata changed */
	IMAPSRV_EVENT_QUOTA_EXCEED,    /* something failed for want of quota, or a soft quota was
	                                  passed */
	IMAPSRV_EVENT_QUOTA_WITHIN,    /* it is respected again */
	IMAPSRV_EVENT_QUOTA_CHANGE,    /* the quota itself was changed */
	IMAPSRV_EVENT_LOGIN,           /* of somebody: nothing that IMAP could tell */
	IMAPSRV_EVENT_LOGOUT,
	IMAPSRV_EVENT_KEYS_RESET       /* RESETKEY, by this user: of the mailbox, or with none of
	                                  all.  To all sessions of the user (RFC 4467 7) */
};
/* The kinds of event as a set: these, or-ed. */
#define IMAPSRV_EVENT_BIT(type) (1u << (type))

struct imapsrv_event {
	size_t size;
	enum imapsrv_event_type type;
	struct imapsrv_span mailbox; /* its name, UTF-8 without controls, as `list` gives it and
	                                `open` was given it; after a rename the new one.  Empty for
	                                what is in no mailbox */
	struct imapsrv_set uids;     /* the messages; empty with MESSAGE_NEW and MESSAGE_APPEND
	                                means "look which are new"; only used by events about
	                                messages, and not by MAILBOX_CHANGED */
	const struct imapsrv_session *origin; /* the session whose command did it, or NULL.  It may
	                                         be posted there as well: its client is not told
	                                         what it did itself */
	/* What else the host knows.  All may be left out. */
	struct imapsrv_span old_name; /* MAILBOX_RENAME (not left out there): a name that this
	                                 account could see.  A mailbox that came from out of its
	                                 sight was created, for it */
	const struct imapsrv_status *status; /* numbers of the mailbox, as they are after the event;
	                                        its `items` says which.  NULL: none.  An event with
	                                        another UIDVALIDITY than that of the selected
	                                        mailbox is of another that has, or had, its name */
	const struct imapsrv_flags *flags;   /* FLAGS_SET, FLAGS_CLEAR: which.  NULL: any */
	int has_attributes;                  /* not 0: the next is filled in */
	uint32_t attributes;                 /* events to a name: as `list` would give it now, with
	                                        IMAPSRV_ATTR_SUBSCRIBED and HASCHILDREN or
	                                        HASNOCHILDREN */
	const struct imapsrv_span *entries;  /* MAILBOX_METADATA, SERVER_METADATA: names of entries
	                                        that changed ("/shared/comment", in lower case),
	                                        those that were removed as well; what is no such
	                                        name is left out.  ANNOTATION_CHANGE: of entries of
	                                        all these messages; none: not known which */
	size_t entry_count;
	struct imapsrv_span text;            /* QUOTA_EXCEED: for a human, UTF-8 */
};
#define IMAPSRV_EVENT_INIT                                                                       \
	{sizeof(struct imapsrv_event), IMAPSRV_EVENT_MAILBOX_CHANGED, {NULL, 0}, {NULL, 0}, NULL, \
	 {NULL, 0}, NULL, NULL, 0, 0, NULL, 0, {NULL, 0}}

/* ---- the watch ----------------------------------------------------------------------------- */

/* Which mailboxes an interest covers. */
enum imapsrv_scope {
	IMAPSRV_SCOPE_MAILBOX, /* the one of exactly this name */
	IMAPSRV_SCOPE_SUBTREE, /* the name and all below it; empty: every mailbox that the account
	                          can see */
	IMAPSRV_SCOPE_ACCOUNT  /* no mailbox: server metadata, quota, subscriptions of any
	                          mailbox */
};

/* A session cares about these kinds of event there.  A MAILBOX_RENAME is in a scope if its old or
 * its new name is.  More events than were asked for do no harm: the session passes over them. */
struct imapsrv_interest {
	enum imapsrv_scope scope;
	struct imapsrv_span name; /* empty for ACCOUNT */
	uint32_t events;          /* IMAPSRV_EVENT_BIT of enum imapsrv_event_type, or-ed */
};

/*
 * How the interests of a session changed.  They are a bag: the same one may be added twice, and is
 * then removed twice.  Each one that was added is removed before its account's `logout`, exactly as
 * it was added.  All that this points to dies when the callback returns.
 */
struct imapsrv_watch_change {
	size_t size;
	void *account;  /* the host's handle */
	char separator; /* of the mailbox hierarchy; 0: names are flat, and nothing is below
	                   another */
	const struct imapsrv_interest *added;
	size_t added_count;
	const struct imapsrv_interest *removed;
	size_t removed_count;
};

/*
 * Having one says: the host posts events of all mailboxes that a session is interested in, not only
 * of the one that it has open.  NOTIFY is offered by a host that does (RFC 5465).
 */
struct imapsrv_watch {
	size_t size;
	/* The session's interests have changed.  Called at login, SELECT, NOTIFY, ..., at logout,
	 * and from imapsrv_session_free.  May post events to any session; a subscription that is
	 * posted to this one while it tells what NOTIFY asks for ends that as an overflow does (RFC
	 * 5465 5.8).  NULL: the host posts everything to every session of the account, and needs
	 * not be told. */
	void (*changed)(void *user, struct imapsrv_session *session,
	                const struct imapsrv_watch_change *change);
	/* Which optional kinds of event this host posts: of MAILBOX_METADATA and SERVER_METADATA,
	 * which are not optional where it has metadata (imapsrv/metadata.h).  A client that asks
	 * for others is told that they are not supported.  All other kinds are posted whenever they
	 * happen. */
	uint32_t events;
};
#define IMAPSRV_WATCH_INIT IMAPSRV_SIZED(struct imapsrv_watch)

#ifdef __cplusplus
}
#endif

#endif
