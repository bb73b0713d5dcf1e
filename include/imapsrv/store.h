/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/store.h - the store side: what the library asks the host, and how the host answers.
 *
 * Every question is a callback that receives an op.  The host gives its results with the
 * imapsrv_op_* calls that the callback's text names and ends the op exactly once with
 * imapsrv_op_done, before the callback returns or any time later, on the thread that uses the
 * session.  Both are the same to the client.  A session has at most one op open at a time.
 *
 * If the session ends first, cancel is called once for the open op, and nothing may be done with
 * the op after that.  An op that was answered is dead as well.  Calls on a dead op are refused with
 * IMAPSRV_ESTATE as far as that can be seen, and reported to the `fault` hook.
 *
 * After answering an op later (outside a callback), call imapsrv_session_run on its session.
 *
 * The host speaks UIDs only (RFC 9051 2.3.1.1): sequence numbers, quoting, response timing,
 * wildcards and line ends are the library's work.
 *
 * `user` is the pointer that the host gave to imapsrv_session_new for this connection.  Handles
 * (account, mailbox, body, append) are the host's own pointers: the library keeps them, hands them
 * back, and says when it has no more use for them.
 */
#ifndef IMAPSRV_STORE_H
#define IMAPSRV_STORE_H

#include "imapsrv/search.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_op;
struct imapsrv_session;
struct imapsrv_annotation;

/* ---- who: login --------------------------------------------------------------------------- */

/* Somebody wants in: LOGIN, or AUTHENTICATE with a mechanism of the library (RFC 9051 6.2). */
struct imapsrv_login {
	const char *mechanism;        /* "LOGIN", "PLAIN", "EXTERNAL"; and those of imapsrv/sasl.h:
	                                 "ANONYMOUS", "OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-256",
	                                 "SCRAM-SHA-256-PLUS" */
	struct imapsrv_span authcid;  /* whose credentials; for EXTERNAL what the host itself said
	                                 in imapsrv_session_set_external; for ANONYMOUS what the
	                                 client says of itself, often nothing; empty with a token */
	struct imapsrv_span authzid;  /* who to act as; empty: the same.  Whether that is allowed is
	                                 the host's decision (RFC 4616 2).  For XOAUTH2 the user
	                                 that is named beside the token */
	struct imapsrv_span password; /* or the bearer token.  Empty for EXTERNAL and ANONYMOUS, and
	                                 for SCRAM, where the password was proven already.  Wiped
	                                 when the callback returns: a host that answers later copies
	                                 it */
};

/* One namespace (RFC 2342, RFC 9051 6.3.10). */
enum imapsrv_namespace_kind {
	IMAPSRV_NS_PERSONAL,
	IMAPSRV_NS_OTHER_USERS,
	IMAPSRV_NS_SHARED
};
struct imapsrv_namespace {
	enum imapsrv_namespace_kind kind;
	struct imapsrv_span prefix; /* UTF-8, with the separator at its end where it has one */
};

/*
 * The account that a login leads to.  All that it points to stays until `logout` is called with its
 * handle.
 */
struct imapsrv_account {
	size_t size;
	void *handle;
	char separator; /* of the mailbox hierarchy; 0: names are flat.  An ASCII character, not one
	                   of "%*\"\\", not a control */
	const struct imapsrv_namespace *namespaces; /* NULL, or one of them makes no sense: one
	                                               personal namespace, prefix "" */
	size_t namespace_count;
};
#define IMAPSRV_ACCOUNT_INIT {sizeof(struct imapsrv_account), NULL, '/', NULL, 0}

/* ---- which mailboxes: list ----------------------------------------------------------------- */

/* Attributes of a name (RFC 9051 7.3.1, RFC 6154, RFC 8457). */
enum imapsrv_attribute {
	IMAPSRV_ATTR_NONEXISTENT = 1 << 0,
	IMAPSRV_ATTR_NOSELECT = 1 << 1,
	IMAPSRV_ATTR_NOINFERIORS = 1 << 2,
	IMAPSRV_ATTR_HASCHILDREN = 1 << 3,   /* not needed: the library sees from the other names */
	IMAPSRV_ATTR_HASNOCHILDREN = 1 << 4, /* not needed likewise */
	IMAPSRV_ATTR_MARKED = 1 << 5,
	IMAPSRV_ATTR_UNMARKED = 1 << 6,
	IMAPSRV_ATTR_SUBSCRIBED = 1 << 7,
	IMAPSRV_ATTR_REMOTE = 1 << 8,
	IMAPSRV_ATTR_NOACCESS = 1 << 9, /* may be listed, not read.  Told where NOTIFY asks
	                                   (RFC 5465 3.1) */
	IMAPSRV_USE_ALL = 1 << 16, /* special uses */
	IMAPSRV_USE_ARCHIVE = 1 << 17,
	IMAPSRV_USE_DRAFTS = 1 << 18,
	IMAPSRV_USE_FLAGGED = 1 << 19,
	IMAPSRV_USE_JUNK = 1 << 20,
	IMAPSRV_USE_SENT = 1 << 21,
	IMAPSRV_USE_TRASH = 1 << 22,
	IMAPSRV_USE_IMPORTANT = 1 << 23
};

struct imapsrv_list {
	void *account;
	struct imapsrv_span prefix; /* all names asked for start with this; a host may ignore it and
	                               give more.  Often empty.  INBOX matches in any case */
	int subscribed;             /* not 0: IMAPSRV_ATTR_SUBSCRIBED is wanted, and names that are
	                               subscribed to but do not exist too (with
	                               IMAPSRV_ATTR_NONEXISTENT) */
};

/* One mailbox name, for imapsrv_op_name. */
struct imapsrv_name {
	struct imapsrv_span name; /* UTF-8; INBOX is spelled "INBOX" */
	uint32_t attributes;      /* enum imapsrv_attribute, or-ed */
	uint32_t rights; /* with imapsrv_acl.rights, and not looked at without: what the account may
	                    do; enum imapsrv_right, or-ed.  What HASCHILDREN says is then left out
	                    as well */
};

/* ---- a mailbox: open, uids, fetch, body, store, expunge ------------------------------------ */

struct imapsrv_open {
	void *account;
	struct imapsrv_span name;
	int read_only; /* EXAMINE, or a look from outside: no state of the mailbox may change */
};

/* What is known of a mailbox when it is opened, for imapsrv_op_mailbox. */
struct imapsrv_mailbox {
	size_t size;
	void *handle;
	uint32_t uidvalidity; /* not 0 (RFC 9051 2.3.1.1) */
	uint32_t uidnext;     /* above every UID that ever was in it; not 0 */
	int read_only;        /* not 0: may only be read, whatever was asked */
	int uid_not_sticky;   /* not 0: UIDs do not survive (RFC 4315 2).  UIDNOTSTICKY is told only
	                         where UIDONLY is hidden (RFC 9586 3.6) */
	uint32_t permanent_flags;             /* system flags that can be changed and are kept */
	const struct imapsrv_span *keywords;  /* the keywords in use or known */
	size_t keyword_count;
	int new_keywords;     /* not 0: clients may make more ("\*" in PERMANENTFLAGS) */
	uint32_t recent_from; /* messages with this UID and above are \Recent to this session
	                         (RFC 3501 2.3.2); 0: none.  A store that keeps it moves it up to
	                         UIDNEXT at each open that is not read-only */
	uint32_t first_unseen; /* the lowest UID without \Seen; 0: none, or not known */
	uint64_t highest_modseq; /* RFC 7162 3.1.2.1, at the moment of opening; 0: this mailbox has
	                            no modification sequences.  Not used without
	                            imapsrv_store.modseqs */
	uint64_t append_limit; /* octets of one appended message (RFC 7889); UINT64_MAX: no limit of
	                          its own.  Not used without imapsrv_store.append_limits */
	struct imapsrv_span mailboxid; /* with imapsrv_store.objectids; see there */
	/* Not used without imapsrv_config.annotate (RFC 5257 4.1): */
	uint32_t annotations;     /* enum imapsrv_annotations, or-ed: what its messages cannot
	                             have.  0: there is no such restriction */
	uint64_t annotation_size; /* octets of a value that can be stored here, at least 1024; 0:
	                             imapsrv_annotate.max_value */
	uint32_t rights; /* with imapsrv_acl.rights: what the account may do, at the moment of
	                    opening; enum imapsrv_right, or-ed.  Without READ among them the
	                    mailbox is not opened: nothing else here is looked at, and `close`
	                    does not come */
	uint32_t private_rights; /* SEEN, WRITE, TRASH: what these let a user change is his own, and
	                            no other user sees it (RFC 4314 5.2); they do not make a mailbox
	                            READ-WRITE */
};
enum imapsrv_annotations {
	IMAPSRV_ANNOTATIONS_NONE = 1 << 0,     /* no annotations at all */
	IMAPSRV_ANNOTATIONS_READONLY = 1 << 1, /* they cannot be changed */
	IMAPSRV_ANNOTATIONS_NOPRIVATE = 1 << 2 /* there are shared ones only */
};
#define IMAPSRV_MAILBOX_INIT \
	{sizeof(struct imapsrv_mailbox), NULL, 0, 0, 0, 0, IMAPSRV_SYSTEM_FLAGS, NULL, 0, 1, 0, 0, \
	 0, UINT64_MAX, {NULL, 0}, 0, 0, 0, 0}

/* Which messages exist, of those with UIDs in a range. */
struct imapsrv_uids {
	void *mailbox;
	struct imapsrv_range range; /* 1..4294967295 for all */
};

/* Facts about a message. */
enum imapsrv_fact {
	IMAPSRV_FACT_FLAGS = 1 << 0,
	IMAPSRV_FACT_DATE = 1 << 1, /* INTERNALDATE */
	IMAPSRV_FACT_SIZE = 1 << 2, /* RFC822.SIZE: with every line end counted as CRLF */
	IMAPSRV_FACT_DESCRIPTION = 1 << 3, /* what imapsrv_describer_finish gave, if the host kept
	                                      it */
	IMAPSRV_FACT_PREVIEW = 1 << 4,     /* what imapsrv_describer_preview gave, or a text of the
	                                      host's own */
	IMAPSRV_FACT_MODSEQ = 1 << 5,      /* only asked for in a mailbox that has sequences */
	IMAPSRV_FACT_EMAILID = 1 << 6,     /* only asked of a host with imapsrv_store.objectids; a
	                                      row has it */
	IMAPSRV_FACT_THREADID = 1 << 7,    /* likewise; a row without it is shown as NIL */
	IMAPSRV_FACT_SAVEDATE = 1 << 8     /* only asked of a host with imapsrv_store.savedates; a
	                                      row without it is shown as NIL */
};

struct imapsrv_fetch {
	void *mailbox;
	struct imapsrv_set uids;
	uint32_t facts; /* enum imapsrv_fact, or-ed; may be 0: which of them exist */
	uint64_t changed_since; /* not 0: only messages with a modification sequence above this are
	                           wanted.  A host may give more: the library looks again */
};

/* What is known of one message, for imapsrv_op_row. */
struct imapsrv_row {
	uint32_t uid;
	uint32_t facts; /* which of the members below are filled in.  FLAGS and DATE are when asked
	                   for; without SIZE or DESCRIPTION the library reads the message itself */
	struct imapsrv_flags flags;
	int64_t date;  /* seconds since 1970-01-01 UTC */
	int zone;      /* minutes east of UTC in which the date is shown */
	uint64_t octets;
	int unchanged; /* in answer to `store`: the flags are as they were before */
	struct imapsrv_span description; /* see imapsrv/message.h; one that is damaged or of another
	                                    message's size is passed over */
	struct imapsrv_span preview;     /* UTF-8 without line ends, at most 200 characters
	                                    (RFC 8970 3.1) */
	uint64_t modseq; /* 1..2^63-1 (RFC 7162 3.1) */
	int failed;      /* in answer to a `store` with a condition: it did not hold, nothing was
	                    changed.  The facts are what the message has now */
	/* From here on the host's structure need not have what `facts` does not say. */
	struct imapsrv_span emailid;  /* see imapsrv_store.objectids */
	struct imapsrv_span threadid;
	int64_t save_date; /* as `date`; see imapsrv_store.savedates */
	int save_zone;
};

struct imapsrv_body {
	void *mailbox;
	uint32_t uid;
};

/* How lines end in a message that the host hands out. */
enum imapsrv_eol {
	IMAPSRV_EOL_CRLF, /* sent as it is, but for NUL, which clients may be shown in BINARY
	                     alone (RFC 9051 9): elsewhere it is sent as "?" */
	IMAPSRV_EOL_LF    /* every LF without a CR before it is sent as CRLF */
};

struct imapsrv_body_read {
	void *body;
	uint64_t offset;
	size_t len;
};

enum imapsrv_store_mode {
	IMAPSRV_FLAGS_SET,
	IMAPSRV_FLAGS_ADD,
	IMAPSRV_FLAGS_REMOVE
};
struct imapsrv_store_flags {
	void *mailbox;
	struct imapsrv_set uids;
	enum imapsrv_store_mode mode;
	struct imapsrv_flags flags;
	int conditional;          /* not 0: only messages whose sequence is not above the next; */
	uint64_t unchanged_since; /* 0..2^63-1; 0 holds for no message.  A store that keeps
	                             sequences for single flags compares those of the flags in
	                             question (RFC 7162 3.1.3, 3.1.12) */
	uint32_t rights; /* of a host with imapsrv_acl: SEEN, WRITE, TRASH as the user has them.
	                    `flags` are only such as these let him change; with IMAPSRV_FLAGS_SET
	                    all others stay as they are (RFC 4314 4) */
};

struct imapsrv_vanished {
	void *mailbox;
	uint64_t since; /* 1..2^63-1 */
	struct imapsrv_set uids;
};

struct imapsrv_expunge {
	void *mailbox;
	struct imapsrv_set uids;
	int only_deleted; /* not 0: of these, the ones with \Deleted; else all of them (MOVE) */
};

/* ---- new messages: append, copy, move ------------------------------------------------------ */

struct imapsrv_append {
	void *account;
	struct imapsrv_span name; /* the mailbox */
	void *append;             /* NULL for the first message of a command; then what the host
	                             gave */
	uint64_t octets;          /* exactly so many will come; UINT64_MAX: it is not known, see
	                             imapsrv_store.unmeasured */
	struct imapsrv_flags flags;
	int has_date;             /* else the time of arrival */
	int64_t date;
	int zone;
	int literal8;             /* the client says that it may contain NUL (RFC 3516 4.4): a
	                             store that cannot keep that refuses with
	                             IMAPSRV_UNKNOWN_CTE.  Else it must not; but clients that
	                             copy what they found elsewhere do not look, and no store
	                             should read octets as far as a NUL only */
	void *replaced_mailbox;   /* REPLACE: the mailbox from which a message goes when this one
	                             comes, */
	uint32_t replaced;        /* and its UID; 0: none.  For quotas only the difference counts
	                             (RFC 8508 3.4).  EXPUNGEISSUED if that message is gone */
	const struct imapsrv_annotation *annotations; /* imapsrv/annotate.h: ascending by entry, no
	                                                 two the same; NULL: none */
	size_t annotation_count;
};

struct imapsrv_append_data {
	void *append;
	const char *data; /* dies when the callback returns, also when the op is answered later */
	size_t len;
};

struct imapsrv_append_finish {
	void *append;
};

struct imapsrv_replace {
	void *append;
	void *mailbox; /* the selected one, not always the one appended to */
	uint32_t uid;  /* the message in it that goes */
};

struct imapsrv_copy {
	void *account;
	void *mailbox; /* where from */
	struct imapsrv_set uids;
	struct imapsrv_span name; /* where to */
	uint32_t rights; /* of a host with imapsrv_acl: SEEN, WRITE, TRASH, NOTE as the user has
	                    them there.  Only flags that these let him set go along (RFC 4314 4),
	                    and shared annotations with NOTE only (RFC 5257 4.6) */
};

/* ---- a mailbox from outside: status -------------------------------------------------------- */

enum imapsrv_status_item {
	IMAPSRV_STATUS_MESSAGES = 1 << 0,
	IMAPSRV_STATUS_UIDNEXT = 1 << 1,
	IMAPSRV_STATUS_UIDVALIDITY = 1 << 2,
	IMAPSRV_STATUS_UNSEEN = 1 << 3,
	IMAPSRV_STATUS_DELETED = 1 << 4,
	IMAPSRV_STATUS_SIZE = 1 << 5,
	IMAPSRV_STATUS_RECENT = 1 << 6,
	IMAPSRV_STATUS_HIGHESTMODSEQ = 1 << 7, /* asked only of a host with imapsrv_store.modseqs */
	IMAPSRV_STATUS_APPENDLIMIT = 1 << 8,   /* asked only of one with
	                                          imapsrv_store.append_limits */
	IMAPSRV_STATUS_MAILBOXID = 1 << 9, /* asked only of one with imapsrv_store.objectids */
	IMAPSRV_STATUS_DELETED_STORAGE = 1 << 10 /* octets that an expunge would free
	                                            (RFC 9208 4.1.4); asked only of one with quotas
	                                            on storage */
};

struct imapsrv_status_query {
	void *account;
	struct imapsrv_span name;
	uint32_t items; /* enum imapsrv_status_item, or-ed */
};

struct imapsrv_status {
	uint32_t items; /* which are filled in; what was asked for and is not, the library counts
	                   itself */
	uint32_t messages;
	uint32_t uidnext;
	uint32_t uidvalidity;
	uint32_t unseen;
	uint32_t deleted;
	uint32_t recent;
	uint64_t octets; /* SIZE: the sum of all RFC822.SIZE, or more (RFC 8438) */
	uint64_t highest_modseq; /* 0: the mailbox has no modification sequences */
	/* From here on the host's structure need not have what `items` does not say. */
	uint64_t append_limit;         /* as in struct imapsrv_mailbox */
	struct imapsrv_span mailboxid; /* likewise */
	uint64_t deleted_octets; /* DELETED_STORAGE: exact, or the sum of their RFC822.SIZE */
	uint32_t rights; /* in answer to `status`, with imapsrv_acl.rights: as in struct
	                    imapsrv_mailbox.  Without READ nothing else here is looked at */
};

/* ---- order and threads --------------------------------------------------------------------- */

/* What SORT compares (RFC 5256 3, RFC 5957). */
enum imapsrv_sort_key {
	IMAPSRV_SORT_ARRIVAL,
	IMAPSRV_SORT_CC,
	IMAPSRV_SORT_DATE,
	IMAPSRV_SORT_DISPLAYFROM,
	IMAPSRV_SORT_DISPLAYTO,
	IMAPSRV_SORT_FROM,
	IMAPSRV_SORT_SIZE,
	IMAPSRV_SORT_SUBJECT,
	IMAPSRV_SORT_TO
};

struct imapsrv_sort_criterion {
	enum imapsrv_sort_key key;
	int reverse; /* not 0: this one alone is compared the other way round */
};

struct imapsrv_sort {
	void *mailbox;
	struct imapsrv_set uids;
	const struct imapsrv_sort_criterion *criteria; /* in order of weight, no key twice */
	size_t count; /* 1 or more */
};

enum imapsrv_threading {
	IMAPSRV_THREAD_ORDEREDSUBJECT,
	IMAPSRV_THREAD_REFERENCES
};

struct imapsrv_thread {
	void *mailbox;
	struct imapsrv_set uids;
	enum imapsrv_threading threading;
};

/* One message of a thread, told before its children. */
struct imapsrv_thread_member {
	uint32_t uid;   /* 0, only with depth 0: a message that is not there, or not asked for; its
	                   children are siblings of each other */
	uint32_t depth; /* 0: a thread begins; else at most 1 more than that of the member before,
	                   which makes it a child of the last one that was told with a depth of 1
	                   less */
};

/* ---- waiting ------------------------------------------------------------------------------- */

struct imapsrv_idle {
	void *account;
};

/* ---- the table of callbacks ---------------------------------------------------------------- */

struct imapsrv_store {
	size_t size; /* IMAPSRV_STORE_INIT sets it */

	/* The op will not be waited for any more: called once, only for an op that is open.  It can
	 * be asked for its session and its data here, and not be answered.  May be NULL in a host
	 * that always answers before its callbacks return. */
	void (*cancel)(void *user, struct imapsrv_op *op);

	/* Checks credentials.  Answer: imapsrv_op_account, then IMAPSRV_OK; or a refusal
	 * (AUTHENTICATIONFAILED for an unknown user and a wrong password alike).  NULL: only
	 * pre-authenticated sessions. */
	void (*login)(void *user, struct imapsrv_op *op, const struct imapsrv_login *q);
	/* The library has done with the account.  Comes after its mailboxes were closed and its
	 * appends ended.  May be NULL. */
	void (*logout)(void *user, void *account);

	/* Enumerates the account's mailboxes in any order: imapsrv_op_name for each.  INBOX is
	 * always among them. */
	void (*list)(void *user, struct imapsrv_op *op, const struct imapsrv_list *q);

	/* Opens a mailbox for SELECT, EXAMINE, and to look into it.  Answer: imapsrv_op_mailbox,
	 * then OK; or NONEXISTENT (also for what this account may not see), NOPERM, ...  From
	 * the moment of this call until `close`, its changes are posted to the session
	 * (imapsrv_session_post). */
	void (*open)(void *user, struct imapsrv_op *op, const struct imapsrv_open *q);
	/* The library has done with the mailbox. */
	void (*close)(void *user, void *mailbox);

	/* The UIDs that exist within the range: imapsrv_op_uids, any number of times, ascending. */
	void (*uids)(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q);

	/* Facts of messages: imapsrv_op_row once for each message of the set that exists, in any
	 * order; none for one that does not (that is not an error). */
	void (*fetch)(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q);

	/* The octets of one message.  Answer: imapsrv_op_lend or imapsrv_op_pull, then OK;
	 * EXPUNGEISSUED if it is gone.  What is handed out does not change until body_close. */
	void (*body)(void *user, struct imapsrv_op *op, const struct imapsrv_body *q);
	/* Octets of a pulled body: imapsrv_op_bytes with 1..len of them.  Reads go forward as a
	 * rule, but one may start anywhere.  Fewer in all than imapsrv_op_pull promised, or a
	 * refusal, end the session where the octets were already announced to the client.  NULL
	 * if the host only lends. */
	void (*body_read)(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q);
	/* The library has done with the body; lent memory is no longer read.  A slow client can
	 * make this come after the mailbox was closed and the account logged out: a body stands
	 * by itself. */
	void (*body_close)(void *user, void *body);

	/* Changes flags, atomically for each message.  imapsrv_op_row with FLAGS, as they are
	 * now, for each message of the set that exists.  NULL (together with append_begin and
	 * expunge): every mailbox is read-only. */
	void (*store)(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q);

	/* A message is about to come.  For the first of a command (q->append NULL) answer with
	 * imapsrv_op_append; a refusal reaches the client before it sends the message.
	 * NONEXISTENT becomes [TRYCREATE] (RFC 9051 6.3.12).  The message ends when the next
	 * begins or with append_finish. */
	void (*append_begin)(void *user, struct imapsrv_op *op, const struct imapsrv_append *q);
	void (*append_data)(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q);
	/* All messages have come: store all of them or none (RFC 3502).  Answer:
	 * imapsrv_op_appended.  Ends the append handle, also when refused or cancelled. */
	void (*append_finish)(void *user, struct imapsrv_op *op,
	                      const struct imapsrv_append_finish *q);
	/* Forget what came; ends the append handle. */
	void (*append_abort)(void *user, void *append);

	/* Removes messages for good.  imapsrv_op_uids with those that were removed, any number
	 * of times, ascending. */
	void (*expunge)(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q);

	/* Optional from here on: the library does without. */

	/* Copies, all or nothing, with flags and INTERNALDATE.  Answer: imapsrv_op_copied.
	 * NONEXISTENT becomes [TRYCREATE].  NULL: done with body and append. */
	void (*copy)(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q);
	/* The same, and removes them here (RFC 6851).  NULL: copy and expunge. */
	void (*move)(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q);
	/* Numbers of a mailbox: imapsrv_op_status.  NULL: done with open, uids and fetch. */
	void (*status)(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q);
	/* CHECK (RFC 3501 6.4.1): make a checkpoint, if that means anything.  q->uids is empty.
	 * NULL: OK. */
	void (*check)(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q);

	/*
	 * Not 0: mailboxes have modification sequences, and CONDSTORE and QRESYNC are offered
	 * (RFC 7162; a mailbox without them says so with highest_modseq 0).  Then a message's
	 * sequence rises above all others of its mailbox whenever its flags change and when it
	 * is added, and that of the mailbox also when one is expunged.  Rows in answer to
	 * `store` carry MODSEQ beside FLAGS, `expunge` and `move` answer with imapsrv_op_modseq
	 * too.
	 *
	 * A session is never handed a sequence, in a row or otherwise, while an event about a
	 * change with a lower one is still to be posted to it: the client is told that it has
	 * seen all changes up to there.
	 */
	int modseqs;
	/* Which messages of q->uids were expunged with a sequence above q->since:
	 * imapsrv_op_uids, any number of times, ascending.  A store that does not remember as
	 * far back refuses (IMAPSRV_EXPIRED, say).  NULL, or refused: the client is told all that
	 * it knows and that does not exist (RFC 7162 3.2.6, 5.1). */
	void (*vanished)(void *user, struct imapsrv_op *op, const struct imapsrv_vanished *q);

	/* As append_finish, and in the same stroke the message q->uid of q->mailbox is removed for
	 * good: nobody sees one without the other, and a refusal changes nothing (RFC 8508).
	 * EXPUNGEISSUED if that message is gone already.  Answer: imapsrv_op_appended, and
	 * imapsrv_op_modseq of q->mailbox as `expunge` gives it.  NULL: there is no REPLACE, for
	 * two questions cannot keep what it promises. */
	void (*replace)(void *user, struct imapsrv_op *op, const struct imapsrv_replace *q);

	/*
	 * Not 0: mailboxes have limits of their own on the octets of one appended message, below
	 * imapsrv_limits.append (RFC 7889 3).  `open` and `status` tell them, append_begin enforces
	 * them (TOOBIG).  0: the limit of the engine is the one that clients are told.
	 */
	int append_limits;

	/*
	 * For a store that keeps expunged messages for as long as somebody sees them (RFC 2180
	 * 4.1.1).  A client sees a message until it was told of the expunge, which may take many
	 * commands (RFC 9051 7.5.1), and meanwhile may ask for it: `fetch`, `body`, `copy` and
	 * `store` name it, through each mailbox handle that was open when it went.  What is kept
	 * is answered like any other message; what is not is left out, and the client is told
	 * EXPUNGEISSUED.  `uids`, `expunge`, `move` and `vanished` know of no such messages, and
	 * `store` may pass them over.
	 *
	 * This says: of all expunges in this mailbox that were posted to the session before, or
	 * that show in an answer to `uids` for 1..4294967295, the client of this handle knows, or
	 * it never knew the messages.  None of them is asked for again through this handle.
	 * `close` says the same of all.  When every handle that was open at an expunge has said it,
	 * the last copy can go; a host may let go of it before that, or never have had one.
	 *
	 * Comes when nothing is left to be told, from a call that runs the session, never from
	 * imapsrv_session_post; a host must not free the session in it.  There is no op.
	 */
	void (*forgotten)(void *user, void *mailbox);

	/*
	 * Not 0: mailboxes and messages have identifiers that outlast names and UIDs (RFC 8474), 1
	 * to 255 octets of A-Z, a-z, 0-9, "_" and "-", whose case counts.  That of a mailbox, told
	 * by `open`, `status` and `create`, is its own as long as it keeps name and UIDVALIDITY,
	 * goes along when it is renamed, and is never another's.  An EMAILID stands for the content
	 * of a message: a copy has the same, a message that replaces one another.  A THREADID is
	 * the same for all messages of a conversation, and so for all with the same EMAILID; a host
	 * that knows none leaves it out.  No identifier of one kind is one of the other.  One that
	 * is not of these octets is a fault, and is never shown.  A host that can be written to
	 * needs `copy` too: what the library copies with append cannot keep its EMAILID.
	 */
	int objectids;

	/*
	 * Not 0: it is known when a message was saved in the mailbox that it is in, by delivery,
	 * APPEND, COPY or MOVE alike; no client can set that, and it stays (RFC 8514).  A mailbox
	 * whose storage does not know has it in no row.
	 */
	int savedates;

	/*
	 * Optional, for a store with an index: puts messages in order, by the rules of RFC 5256 and
	 * RFC 5957 for base subjects, sent dates and names, strings by i;unicode-casemap, and
	 * messages that are equal by all criteria by UID.  imapsrv_op_order with the UIDs of all
	 * that exist, each once.  IMAPSRV_CANNOT: not by these criteria; then, as with NULL, the
	 * library does it.
	 */
	void (*sort)(void *user, struct imapsrv_op *op, const struct imapsrv_sort *q);
	/*
	 * Optional, likewise: puts messages into threads by one of the algorithms of RFC 5256 3, as
	 * if there were no others than these.  imapsrv_op_thread with all that exist, each once,
	 * siblings in order.  IMAPSRV_CANNOT as above.
	 */
	void (*thread)(void *user, struct imapsrv_op *op, const struct imapsrv_thread *q);
	/*
	 * Optional, for a store with an index: which messages of q->uids a program matches, or some
	 * of its keys (see imapsrv/search.h).  imapsrv_op_found for each node that is answered; the
	 * library does the rest.  IMAPSRV_CANNOT: none of it; then, as with NULL, the library does
	 * all.  Asked once for each search that cannot be done without the store.
	 */
	void (*search)(void *user, struct imapsrv_op *op, const struct imapsrv_search *q);
	/* The client wants to wait for what happens (IDLE, RFC 2177).  A refusal reaches it as NO:
	 * "the server will not allow the IDLE command at this time".  No results.  NULL: it
	 * always may. */
	void (*idle)(void *user, struct imapsrv_op *op, const struct imapsrv_idle *q);

	/*
	 * Not 0: append_begin takes messages of which nobody knows how long they will be, for they
	 * are put together of what the client sends and of parts of other messages while they come
	 * (CATENATE, RFC 4469).  append_data or append_finish refuses what turns out too much.
	 * Those other messages are read with `open`, `fetch` and `body` while the append is open.
	 */
	int unmeasured;

	/*
	 * Not 0: `search` finds what matches nearly, and knows how relevant it is.  SEARCH=FUZZY is
	 * offered (RFC 6203), and there may be nodes of that kind in a program.
	 */
	int fuzzy;
};
#define IMAPSRV_STORE_INIT IMAPSRV_SIZED(struct imapsrv_store)

/* ---- answers ------------------------------------------------------------------------------- */
/*
 * Each gives IMAPSRV_ESTATE if the op is not open or asks something else, IMAPSRV_EINVAL if what is
 * given makes no sense (an unsorted set, UID 0, ...; it is passed over and reported to the `fault`
 * hook), IMAPSRV_ENOMEM, or 0.  A host may ignore the value: the library does the right thing.
 * All data is read before the call returns unless said otherwise.
 *
 * Octets, sets and lists that are NULL and yet have a length make no sense.  Bits of a mask that
 * there are not are passed over, as is what was not asked for: a row of another message, a UID that
 * does not exist.  A row or a status of which one fact makes no sense is taken without that fact.
 * A handle that an answer brings stays the host's if it gives EINVAL or ESTATE.
 */

/* Ends the op.  `text` (may be NULL) is for a human and used when code is not IMAPSRV_OK, up to
 * 79 octets of it.  Never calls back into the host. */
IMAPSRV_API int imapsrv_op_done(struct imapsrv_op *op, enum imapsrv_code code, const char *text);

/* login, sasl step: the account to use. */
IMAPSRV_API int imapsrv_op_account(struct imapsrv_op *op, const struct imapsrv_account *account);
/* list: one more name. */
IMAPSRV_API int imapsrv_op_name(struct imapsrv_op *op, const struct imapsrv_name *name);
/* open. */
IMAPSRV_API int imapsrv_op_mailbox(struct imapsrv_op *op, const struct imapsrv_mailbox *mailbox);
/* uids, expunge, vanished: more of them, above those given before. */
IMAPSRV_API int imapsrv_op_uids(struct imapsrv_op *op, struct imapsrv_set uids);
/* fetch, store: one message, once.  A second row of it is a fault and not used. */
IMAPSRV_API int imapsrv_op_row(struct imapsrv_op *op, const struct imapsrv_row *row);
/* body: the whole message in memory, which stays as it is until body_close(body). */
IMAPSRV_API int imapsrv_op_lend(struct imapsrv_op *op, const void *data, size_t len,
                                enum imapsrv_eol eol, void *body);
/* body: it will be read in pieces; `octets` is what body_read can give in all, up to 2^63-1. */
IMAPSRV_API int imapsrv_op_pull(struct imapsrv_op *op, uint64_t octets, enum imapsrv_eol eol,
                                void *body);
/* body_read: copied before this returns. */
IMAPSRV_API int imapsrv_op_bytes(struct imapsrv_op *op, const void *data, size_t len);
/* append_begin, for the first message: the handle. */
IMAPSRV_API int imapsrv_op_append(struct imapsrv_op *op, void *append);
/* append_finish, replace: the UIDs that the messages got, in order.  uidvalidity 0: not known, or
 * UIDs do not stick (no APPENDUID is sent then, RFC 4315 3). */
IMAPSRV_API int imapsrv_op_appended(struct imapsrv_op *op, uint32_t uidvalidity,
                                    struct imapsrv_set uids);
/* copy, move: which were copied, and the UIDs that they got, as many, in the same order; may be
 * called several times, ascending.  uidvalidity (of the target) 0: not known. */
IMAPSRV_API int imapsrv_op_copied(struct imapsrv_op *op, uint32_t uidvalidity,
                                  struct imapsrv_set from, struct imapsrv_set to);
/* create: the MAILBOXID of the new mailbox, of a host with objectids (RFC 8474 4.1). */
IMAPSRV_API int imapsrv_op_mailboxid(struct imapsrv_op *op, struct imapsrv_span mailboxid);
/* sort: more UIDs, behind those given before.  An order with a message twice, or with one that was
 * not asked for, is a fault and not used: the library puts the messages in order itself. */
IMAPSRV_API int imapsrv_op_order(struct imapsrv_op *op, const uint32_t *uids, size_t count);
/* thread: more members, behind those given before.  Nonsense is treated likewise. */
IMAPSRV_API int imapsrv_op_thread(struct imapsrv_op *op,
                                  const struct imapsrv_thread_member *members, size_t count);
/* search: a node is answered.  `matches` are certain, `candidates` are left to the library, which
 * also looks at one that is in both; all others are not meant.  Several calls for one node add up.
 * Sets that are not ascending are a fault, and the node is not answered then. */
IMAPSRV_API int imapsrv_op_found(struct imapsrv_op *op, const struct imapsrv_search_node *node,
                                 struct imapsrv_set matches, struct imapsrv_set candidates);
/* search with q->relevancy: how relevant a message is, from 1 to 100, the highest (RFC 6203 4).
 * One that matches and of which nothing is said is taken to match to the letter: 100. */
IMAPSRV_API int imapsrv_op_relevancy(struct imapsrv_op *op, uint32_t uid, unsigned percent);
/* status. */
IMAPSRV_API int imapsrv_op_status(struct imapsrv_op *op, const struct imapsrv_status *status);
/* expunge, move, replace: the HIGHESTMODSEQ that the mailbox has now. */
IMAPSRV_API int imapsrv_op_modseq(struct imapsrv_op *op, uint64_t highest_modseq);
/* sasl step: send this to the client and come back with its response (may be empty). */
IMAPSRV_API int imapsrv_op_challenge(struct imapsrv_op *op, const void *data, size_t len);

/*
 * Any question: one more URL of a server, or of a mailbox there, that the client is to turn to; the
 * one to be preferred first, for a rename in pairs of the old name and the new one (RFC 2193).  The
 * answer is IMAPSRV_REFERRAL.  To a login it may also be IMAPSRV_OK: the account has no mailboxes
 * of its own here, but may read others (RFC 2221 4).  A client who has not proved who he is must
 * not be sent anywhere (RFC 2221 6).  For hosts with imapsrv_config.referrals.  IMAPSRV_EINVAL: it
 * is no such URL, or not ASCII, or has an IPv6 address in it; IMAPSRV_ETOOBIG: it has more than 512
 * octets, or all of them together more than 4096.
 */
IMAPSRV_API int imapsrv_op_referral(struct imapsrv_op *op, struct imapsrv_span url);

/* The session that asks. */
IMAPSRV_API struct imapsrv_session *imapsrv_op_session(const struct imapsrv_op *op);
/* A pointer of the host's own for as long as the op is open; NULL at first, and again when there is
 * another op.  Of one that is not open it cannot be set, which is reported. */
IMAPSRV_API void imapsrv_op_set_data(struct imapsrv_op *op, void *data);
IMAPSRV_API void *imapsrv_op_get_data(const struct imapsrv_op *op);

#ifdef __cplusplus
}
#endif

#endif
