/* SPDX-License-Identifier: MIT */
/*
 * host/teststore - a mail store in memory that implements every callback of imapsrv/store.h,
 * imapsrv/mailboxes.h and imapsrv/event.h, for any number of sessions.  It watches the library as it serves it: what
 * it is handed must keep to the headers, and every handle must come back exactly once.
 *
 * storedata.c holds the mail, storecalls.c takes the questions, storeanswer.c answers them, now or
 * when the driver says so; storewatch.c knows who cares about what; teststore.c keeps the handles and
 * the open ops, storekeep.c what has been expunged; storesum.c tells two states of it apart.
 */
#ifndef TEST_HOST_TESTSTORE_H
#define TEST_HOST_TESTSTORE_H

#include "host/hostile.h"
#include "host/text.h"
#include "imapsrv.h"

/* ---- the mail --------------------------------------------------------------------------- */

/* The octets of a message, shared by its copies. */
struct ts_blob {
	unsigned refs;
	char emailid[64];  /* made from the octets if a script says none */
	char threadid[64]; /* "": none */
	bool bare;  /* has a CR or LF that is not part of a CRLF: is never stored with LF only */
	size_t len;
	char *data;
};

struct ts_message {
	uint32_t uid;
	uint32_t system;
	uint32_t keyword_count;
	uint16_t *keywords; /* indexes into the mailbox's list */
	int64_t date;
	int zone;
	struct ts_blob *blob;
	uint64_t modseq;
	int64_t saved; /* when, and in which zone */
	int saved_zone;
	struct ts_entry *notes; /* annotations: see storeannotate.c */
};

/* An annotation. */
struct ts_entry {
	struct ts_entry *next; /* ascending by name */
	char *name;
	char *data;
	size_t len;
};

struct ts_user {
	struct ts_user *next;
	char *name;
	char *password;
	struct ts_entry *entries; /* its private ones of the server */
	char separator;
	char **subscriptions;
	size_t subscription_count;
	size_t namespace_count;
	struct imapsrv_namespace namespaces[4];
	unsigned keys;  /* how often all were reset, times 1000 */
	bool anonymous;
	char applications[4][16]; /* for which it may act */
	struct imapsrv_span application_spans[4];
	size_t application_count;
};

/* Private entries of a mailbox that belong to another user than its owner. */
struct ts_private {
	struct ts_private *next;
	const struct ts_user *user;
	struct ts_entry *entries;
};

/* An entry of an access control list. */
struct ts_acl {
	struct ts_acl *next;
	char *identifier;
	uint32_t rights;
};

struct ts_set;

/* Who numbers the changes of a mailbox and remembers what went, in place of the mailbox itself. */
struct ts_books {
	void *user;
	/* Each gives the number of the change; flags are already as they are now. */
	uint64_t (*added)(void *user, uint32_t uid);
	uint64_t (*changed)(void *user, struct imapsrv_set uids);
	uint64_t (*removed)(void *user, struct imapsrv_set uids);
	/* What went since; false: it does not remember as far back. */
	bool (*vanished)(void *user, uint64_t since, struct ts_set *uids_r);
};

struct ts_mailbox {
	struct ts_mailbox *next; /* in the order of creation */
	struct ts *ts;
	struct ts_user *owner;
	char *name;
	bool removed;        /* deleted, kept for those who have it open */
	bool read_only;
	bool refused;        /* opening it gives NOPERM; `list` says so */
	bool hidden;         /* the account may not even see it */
	bool not_sticky;
	bool no_new_keywords;
	bool keep_recent;
	bool no_savedates; /* its storage keeps none */
	bool no_modseq;      /* as in a mailbox that cannot keep them */
	uint64_t modseq;     /* the highest */
	struct ts_entry *entries;     /* shared ones, and private ones of its owner */
	struct ts_private *privates;  /* of others */
	uint32_t annotations;  /* of messages: enum imapsrv_annotations */
	uint64_t annotation_size;
	struct ts_acl *acl;    /* NULL: all is the owner's */
	uint32_t may;          /* rights to flags of whoever replaces them now */
	uint32_t private_rights;
	char id[272];          /* MAILBOXID; "": not told */
	unsigned keys;   /* how often its key was reset */
	uint64_t append_limit; /* octets of a message; UINT64_MAX: none */
	struct ts_grave {    /* what was expunged, in the order in which it was */
		uint32_t uid;
		uint64_t modseq;
	} *graves;
	size_t grave_count;
	size_t grave_cap;
	uint64_t floor;      /* expunges up to here are forgotten */
	const struct ts_books *books; /* NULL: the mailbox numbers changes itself */
	uint32_t attributes; /* for `list` */
	uint32_t permanent;  /* permanent_flags */
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint32_t recent_from;
	char **keywords;
	size_t keyword_count;
	struct ts_message *messages; /* ascending UIDs */
	size_t count;
	size_t cap;
};

/* A set being built, in ascending order. */
struct ts_set {
	struct imapsrv_range *ranges;
	size_t count;
	size_t cap;
};
void ts_set_add(struct ts_set *set, uint32_t uid);
void ts_set_clear(struct ts_set *set);
struct imapsrv_set ts_set_view(const struct ts_set *set);
/* "1:3,7" (ascending, no "*"); false if it is not that. */
bool ts_set_parse(struct ts_set *set, const char *text);
bool ts_set_has(struct imapsrv_set set, uint32_t uid);

/* ---- how it answers --------------------------------------------------------------------- */

enum ts_mode {
	TS_NOW,   /* before the callback returns            */
	TS_LATER, /* when ts_answer is called               */
	TS_MIXED  /* one or the other, by the seed          */
};

enum ts_kind {
	TS_LOGIN,
	TS_LIST,
	TS_OPEN,
	TS_UIDS,
	TS_FETCH,
	TS_BODY,
	TS_READ,
	TS_STORE,
	TS_BEGIN,
	TS_DATA,
	TS_FINISH,
	TS_EXPUNGE,
	TS_COPY,
	TS_MOVE,
	TS_STATUS,
	TS_CHECK,
	TS_CREATE,
	TS_DELETE,
	TS_RENAME,
	TS_SUBSCRIBE,
	TS_SASL,
	TS_VANISHED,
	TS_REPLACE,
	TS_GETMETADATA,
	TS_SETMETADATA,
	TS_KEYS,
	TS_GETQUOTA,
	TS_GETQUOTAROOT,
	TS_SETQUOTA,
	TS_SORT,
	TS_THREAD,
	TS_SEARCH,
	TS_IDLE,
	TS_GETANNOTATIONS,
	TS_STOREANNOTATIONS,
	TS_RIGHTS,
	TS_GETACL,
	TS_SETACL,
	TS_GRANTABLE,
	TS_URLTOKEN,
	TS_URLOPEN,
	TS_RESETKEY,
	TS_DESCRIBE,
	TS_KINDS
};
extern const char *const ts_kind_names[TS_KINDS];

#define TS_RELEVANCIES 100
#define TS_OBJECT_FACTS (uint32_t)(IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID)

enum ts_absent { /* callbacks that are NULL */
	TS_NO_COPY = 1 << 0,
	TS_NO_MOVE = 1 << 1,
	TS_NO_STATUS = 1 << 2,
	TS_NO_CHECK = 1 << 3,
	TS_NO_WRITE = 1 << 4, /* store, append_*, expunge */
	TS_NO_MAILBOXES = 1 << 5,
	TS_NO_SUBSCRIBE = 1 << 6,
	TS_NO_LOGIN = 1 << 7,
	TS_NO_VANISHED = 1 << 8,
	TS_NO_WATCH = 1 << 9,  /* no table at all */
	TS_NO_CHANGED = 1 << 10, /* the table without its callback: all events go to all */
	TS_NO_SETQUOTA = 1 << 11,
	TS_NO_GETACL = 1 << 12, /* rights are kept, and nobody sees the lists */
	TS_NO_SETACL = 1 << 13
};

struct ts_options {
	enum ts_mode mode;
	uint64_t seed;
	size_t pull;         /* 0: bodies are lent; else pulled, at most so many octets at a read */
	bool lf;             /* messages are kept with LF only, where that loses nothing */
	bool no_size;        /* rows come without SIZE */
	bool sparse;         /* status tells numbers of messages only */
	bool previews;       /* rows come with previews, where they are asked for */
	int described;       /* rows come with descriptions; above 1: damaged ones */
	bool generous;       /* rows hold facts that were not asked for, list ignores prefix */
	bool events_after;   /* events are posted after the op was answered, not before */
	size_t set_piece;    /* ranges per imapsrv_op_uids; 0: all */
	uint64_t fail_at;    /* the op that is refused, from 1; 0: none */
	enum imapsrv_code fail_code;
	bool fail_late;      /* after some of its results were given */
	uint64_t mute_at;    /* the op that is never answered, from 1 */
};

/* ---- handles and ops -------------------------------------------------------------------- */

enum ts_handle_kind {
	TS_ACCOUNT,
	TS_MAILBOX,
	TS_BODY_HANDLE,
	TS_APPEND,
	TS_EXCHANGE
};
extern const char *const ts_handle_names[];

struct ts_draft { /* a message that is being appended */
	struct tx data;
	uint64_t octets;
	uint32_t system;
	char **keywords;
	size_t keyword_count;
	int64_t date;
	int zone;
	struct ts_entry *notes;
};

struct ts_kept { /* an expunged message that a handle can still ask for */
	struct ts_message message;
	bool told; /* the session was told that it has gone */
};

struct ts_handle {
	struct ts_handle *next;
	enum ts_handle_kind kind;
	struct ts_link *link;
	struct ts_user *user;
	struct ts_mailbox *mailbox; /* mailbox, body, append */
	char *name;                 /* under which it was opened */
	bool read_only;
	char *data;                 /* body, in a block of exactly its size */
	size_t len;
	uint64_t at;                /* where the next read may start */
	struct ts_draft *drafts;
	size_t draft_count;
	struct ts_kept *kept;       /* ascending */
	size_t kept_count;
	uint32_t *forgotten;        /* UIDs that were let go of */
	size_t forgotten_count;
};

struct ts_interest {
	enum imapsrv_scope scope;
	uint32_t events;
	char *name;
	size_t len;
};

struct ts_root { /* of quota */
	struct ts_root *next;
	char *name;
	char *mailboxes; /* those whose names begin so */
	uint32_t limited;
	uint64_t usage[IMAPSRV_RESOURCES];
	uint64_t limit[IMAPSRV_RESOURCES];
};

struct ts_link { /* one connection: this is `user` */
	struct ts_link *next;
	struct ts *ts;
	struct imapsrv_session *session;
	struct ts_op *op; /* the one that is open */
	bool logged_in;   /* it was given an account, at some time */
	struct ts_interest *interests; /* what the session said that it watches */
	size_t interest_count;
	char watch_separator;
	struct imapsrv_hub_member *member; /* of ts->hub; NULL: not yet */
	const struct ts_user *sees;        /* whose mailboxes it sees there; NULL: nobody's */
	unsigned inside;  /* so many of its callbacks are at work */
	bool answers;     /* the store is giving answers: nothing in it may change now */
};

/* Something that a question points to, and what is there: it stays so until the callback returns,
 * whatever is answered before (imapsrv/types.h). */
struct ts_lent {
	struct ts_lent *next;
	const void *data;
	void *copy;
	size_t len;
};

struct ts_op {
	struct ts_op *next;
	struct ts_lent *lent;
	struct imapsrv_op *op;
	struct ts_link *link;
	enum ts_kind kind;
	uint64_t number;
	struct ts_handle *account, *mailbox, *body, *append;
	struct imapsrv_range *ranges;
	struct imapsrv_set set;
	char *name;   /* mailbox, or authcid */
	char *second; /* rename's target, password */
	char *third;  /* authzid */
	char **keywords;
	size_t keyword_count;
	struct ts_entry *entries; /* to be set; without data: removed */
	uint32_t system;
	uint32_t facts; /* or status items, or the UID of a body */
	int flag;       /* read_only, only_deleted, mode, on, only_parent, subscribed */
	uint64_t offset;
	size_t len;
	struct imapsrv_search search;
	bool conditional;
	uint64_t modseq; /* unchanged_since, changed_since */
	uint64_t limit[IMAPSRV_RESOURCES]; /* of quota */
	uint32_t rights; /* to flags */
};

struct ts {
	struct tx_log *log;
	struct ts_options options;
	unsigned absent; /* enum ts_absent, or-ed */
	bool modseqs;    /* the store has modification sequences */
	struct imapsrv_hub *hub; /* that events go by; NULL: they are posted at once */
	struct { /* access control lists: storeacl.c */
		bool on;
		bool create_alone;
		bool no_negative;
		uint32_t others;
		char *grantable; /* what anybody can be given, as LISTRIGHTS shows it; NULL: not said */
		char *twin;      /* a mailbox whose list changes along with any other */
	} acl;
	struct { /* annotations */
		bool on;
		bool server_only;
		bool no_private;
		uint64_t max;   /* octets of a value; 0: what the library says */
		size_t count;   /* entries of a mailbox or the server; 0: any */
		struct ts_entry *entries; /* shared ones of the server */
	} meta;
	struct { /* annotations of messages */
		bool on;
		bool read_only;
		uint64_t max; /* octets of a value; 0: what the library says */
		size_t count; /* entries of a message; 0: any */
	} notes;
	bool clock;      /* the host has one */
	int64_t clock_step; /* and it goes on by so many seconds when it was asked */
	bool savedates;  /* it keeps when a message was saved */
	bool objectids;  /* it has object identifiers */
	bool limits;     /* mailboxes tell append limits of their own */
	const struct imapsrv_limits *bounds; /* of the descriptions that it keeps; borrowed */
	struct { /* URLs of its messages can be authorized */
		bool on;
		bool sample; /* by XSAMPLE too */
		bool only_secure;
		char token[33]; /* in digits, of every URL whose mailbox can be read; "": they differ */
	} urlauth;
	bool unmeasured; /* it takes messages of any length, to be seen (CATENATE) */
	bool replace;    /* the store can replace a message in one go */
	bool asks_idle;  /* decides who may IDLE */
	bool downwards;  /* rows come from the last message on */
	bool keeps;      /* what was expunged, until it is forgotten */
	bool keeps_changes; /* to the flags of that, too */
	struct { /* it has an index that gives this order, or these threads, to whoever asks */
		struct imapsrv_thread_member *members;
		size_t count;
	} order, threads;
	/* It has an index: answers `search`, all but the end of the op; what it returns ends it.  NULL:
	 * it has none. */
	enum imapsrv_code (*search)(const struct ts_op *q, void *user);
	void *search_user;
	struct ts_set finds, maybe; /* of ts_answer_finds: the whole program's; where it is fuzzy, those
	                             * of each FUZZY key, and how relevant each is, by UID: */
	bool fuzzy;
	uint8_t relevancy[TS_RELEVANCIES]; /* 0: it is not told */
	bool sasl;       /* has mechanisms of its own */
	uint32_t resources; /* that quotas can limit */
	struct ts_root *roots;
	bool speaks;     /* German, Swiss German and English, a little */
	uint32_t uses;   /* special uses that `create` can give */
	uint32_t builtin; /* of the library's: enum imapsrv_mechanism */
	bool scram;      /* SCRAM-SHA-256 as well */
	bool hold;       /* nothing is answered until it is false again */
	struct tx_random random;
	struct ts_user *users;
	struct ts_mailbox *mailboxes;
	struct ts_link *links;
	struct ts_handle *handles; /* open */
	struct ts_handle *dead;    /* given back, kept to tell double use */
	struct ts_op *ops;         /* open, oldest first */
	uint64_t op_count;
	uint32_t next_uidvalidity;
	uint64_t max_append;       /* octets; more is refused TOOBIG.  0: no bound */
	uint64_t room;             /* octets of all mail; more is refused OVERQUOTA.  0: no bound */
	bool read_refused;         /* a body_read was: the library has a right to complain */
	bool untrue;               /* an event may have been posted that does not fit what happened */
	int64_t now;
	struct { /* the next op of this kind is refused so */
		enum imapsrv_code code;
		char *text;
		char *urls; /* of other servers, to go with the answer; NULL: none */
	} refuse[TS_KINDS];
	struct tx added; /* names and content sums of all messages appended or copied */
	struct ts_hostile hostile;
	struct { /* moments: where the library has called, before each answer, and before it goes on */
		uint64_t count;
		uint64_t at;    /* at this one, from 1, act is called, */
		uint64_t times; /* and at the next, so often */
		void (*act)(void *user, struct ts_link *link);
		void *user;
	} inside;
	/* An op was answered.  May be NULL. */
	void (*answered)(void *user);
	void *answered_user;
};

struct ts *ts_new(struct tx_log *log);
/* Complains about what is still open. */
void ts_check(struct ts *ts);
void ts_free(struct ts *ts);
void ts_fill(const struct ts *ts, struct imapsrv_store *store, struct imapsrv_mailboxes *mailboxes);
void ts_fill_sasl(const struct ts *ts, struct imapsrv_sasl *sasl);

/* A sum over all that is stored, as its owners would see it: storesum.c.  Two stores have the same
 * if a client could not tell them apart. */
uint64_t ts_sum(const struct ts *ts);
size_t ts_messages(const struct ts *ts); /* in all mailboxes */

/* A connection about to be made: `user` for its session; set `session` as soon as there is one. */
struct ts_link *ts_link(struct ts *ts);
/* Fills in an account for a pre-authenticated session; false if there is no such user. */
bool ts_preauth(struct ts_link *link, const char *user, struct imapsrv_account *account);

/* Answers the session's open op; the driver calls imapsrv_session_run then.  False if there is none
 * that may be answered. */
/* ATTACKS T33: no control character, no broken UTF-8 reaches the host in a name. */
bool ts_is_clean(struct imapsrv_span s);
bool ts_answer(struct ts_link *link);
bool ts_pending(const struct ts_link *link);

/* ---- the mail from outside -------------------------------------------------------------- */

struct ts_user *ts_add_user(struct ts *ts, const char *name, const char *password); /* with INBOX */
struct ts_user *ts_find_user(const struct ts *ts, const char *name); /* NULL: the first */
struct ts_mailbox *ts_add_mailbox(struct ts *ts, struct ts_user *owner, const char *name);
struct ts_mailbox *ts_find(const struct ts *ts, const struct ts_user *owner, const char *name);
void ts_remove_mailbox(struct ts *ts, struct ts_mailbox *mailbox);
/* With everything below it. */
void ts_rename_mailbox(struct ts *ts, struct ts_mailbox *mailbox, const char *to);
void ts_subscribe(struct ts_user *user, const char *name, bool on);

/* Adds a message without telling anyone; uid 0: the next.  NULL if that UID was used. */
struct ts_message *ts_add(struct ts_mailbox *mailbox, uint32_t uid, const char *data, size_t len,
                          int64_t date, int zone);
struct ts_message *ts_message(const struct ts_mailbox *mailbox, uint32_t uid);
size_t ts_position(const struct ts_mailbox *mailbox, uint32_t uid); /* of the first not below */
bool ts_keyword(struct ts_mailbox *mailbox, struct ts_message *message, const char *name, bool on);
bool ts_has_keyword(const struct ts_mailbox *mailbox, const struct ts_message *message,
                    const char *name);

void ts_fill_watch(const struct ts *ts, struct imapsrv_watch *watch);
/* The session is gone: nothing may be left. */
void ts_watch_end(struct ts_link *link);

/* ---- storehub.c ---- */

/* From here on events go by a hub that keeps so many for a session; 0: as many as it likes. */
void ts_hub_start(struct ts *ts, uint32_t queue, uint32_t ranges);
/* Hands on what it keeps, for one session, or for all.  False: that was nothing. */
bool ts_hub_hand_on(struct ts_link *link);
bool ts_hub_pump(struct ts *ts);
void ts_hub_watch(struct ts_link *link, const struct ts_user *user,
                  const struct imapsrv_watch_change *change);
void ts_hub_logout(struct ts_link *link);
void ts_hub_leave(struct ts_link *link);
/* Of a mailbox of the owner, by his name for it, or of his account; NULL: of all. */
void ts_hub_publish(struct ts *ts, const struct ts_user *owner, const struct imapsrv_event *event);
/* Is it a mailbox of the session's user? */
bool ts_may_hear(const struct ts_link *link, const struct ts_mailbox *mailbox);
bool ts_watches(const struct ts_link *link, const struct imapsrv_event *event);
/* Posts to every session of that user (NULL: of all) that watches it. */
void ts_post_event(struct ts *ts, const struct ts_user *owner, const struct imapsrv_event *event);
/* Posts what happened to a name.  A rename gives its new name to those who have the mailbox open. */
void ts_post_name(struct ts *ts, struct ts_user *owner, enum imapsrv_event_type type,
                  const char *name, const char *old_name, const struct imapsrv_session *origin);
/* Posts to every session that has the mailbox open or watches it. */
void ts_post(struct ts *ts, struct ts_mailbox *mailbox, enum imapsrv_event_type type,
             struct imapsrv_set uids, const struct imapsrv_session *origin);
void ts_post_entries(struct ts *ts, struct ts_mailbox *mailbox, enum imapsrv_event_type type,
                     struct imapsrv_set uids, const struct imapsrv_span *entries, size_t count,
                     const struct imapsrv_session *origin);
/* What changed, by the event that says so. */
struct ts_changes {
	struct ts_set changed, read, trash, set, clear;
};
void ts_flag(struct ts_mailbox *mailbox, struct imapsrv_set uids, enum imapsrv_store_mode mode,
             uint32_t system, char *const *keywords, size_t keyword_count, struct ts_changes *c);
/* Of one message, which need not be in the mailbox any more; false: they were so. */
bool ts_flag_one(struct ts_mailbox *mailbox, struct ts_message *message,
                 enum imapsrv_store_mode mode, uint32_t system, char *const *keywords,
                 size_t keyword_count, struct ts_changes *c);
void ts_post_changes(struct ts *ts, struct ts_mailbox *mailbox, struct ts_changes *c,
                     const struct imapsrv_session *origin); /* and clears c */
void ts_bury(struct ts_mailbox *mailbox, uint32_t uid, uint64_t modseq);
void ts_remove(struct ts_mailbox *mailbox, struct imapsrv_set uids, bool only_deleted,
               struct ts_set *removed);

/* ---- what was expunged: storekeep.c ------------------------------------------------------ */

/* A message is about to be removed: every handle of its mailbox keeps a copy. */
void ts_keep(struct ts_mailbox *mailbox, const struct ts_message *message);
/* The session of the handle hears that these have gone. */
void ts_keep_told(struct ts_handle *h, struct imapsrv_set uids);
/* NULL: nothing is kept. */
struct ts_message *ts_kept(const struct ts_handle *h, uint32_t uid);
bool ts_was_forgotten(const struct ts_handle *h, uint32_t uid);
void ts_on_forgotten(void *user, void *mailbox);
/* The handle is closed. */
void ts_keep_end(struct ts_handle *h);

/* ---- between the parts of the store ----------------------------------------------------- */

struct ts_blob *ts_blob_new(const char *data, size_t len);
void ts_blob_drop(struct ts_blob *blob);
int64_t ts_clock(void *user);
void ts_fill_metadata(const struct ts *ts, struct imapsrv_metadata *metadata);
void ts_answer_getmetadata(struct ts_op *q);
void ts_answer_setmetadata(struct ts_op *q);
/* data NULL: removes it. */
void ts_set_entry(struct ts_entry **list, const char *name, const char *data, size_t len);
void ts_free_entries(struct ts_entry **list);
void ts_free_privates(struct ts_mailbox *m);

/* Annotations of messages: storeannotate.c.  owner "": a shared value.  data NULL: removes it. */
void ts_annotate(struct ts_message *m, const char *entry, const char *owner, const char *data,
                 size_t len);
const struct ts_entry *ts_annotation(const struct ts_message *m, const char *entry,
                                     const char *owner);
/* Of all owners, or the shared ones and those of one. */
struct ts_entry *ts_copy_annotations(const struct ts_entry *from, const char *owner,
                                     bool shared);
/* What was handed in, with its owners. */
struct ts_entry *ts_take_annotations(struct ts_op *q, const struct imapsrv_annotation *list,
                                     size_t count, const char *owner);
enum imapsrv_code ts_would_annotate(const struct ts *ts, const struct ts_mailbox *box,
                                    const struct ts_entry *old, const struct ts_entry *entries);
void ts_post_annotated(struct ts *ts, struct ts_mailbox *box, struct imapsrv_set uids,
                       char *const *names, size_t count, const struct imapsrv_session *origin);
void ts_fill_annotate(const struct ts *ts, struct imapsrv_annotate *annotate);
void ts_answer_getannotations(struct ts_op *q);
void ts_answer_storeannotations(struct ts_op *q);
/* The mailbox and the messages that a question is about. */
void ts_op_mailbox(struct ts_op *q, void *mailbox);
void ts_op_set(struct ts_op *q, struct imapsrv_set set);

/* Where the entries of a mailbox, or with m NULL of the server, are kept. */
struct ts_entry **ts_entries(struct ts *ts, struct ts_user *u, struct ts_mailbox *m,
                             const char *name);
uint32_t ts_status_items(const struct ts *ts); /* that the library may ask */
void ts_answer_order(struct ts_op *q);  /* storeorder.c */
void ts_answer_search(struct ts_op *q);
/* A `search` that answers the whole program with what a script says. */
enum imapsrv_code ts_answer_finds(const struct ts_op *q, void *user);
void ts_perform(struct ts_op *q); /* storeanswer: does what is asked and ends the op */
void ts_answer_sasl(struct ts_op *q);
void ts_answer_keys(struct ts_op *q);
void ts_fill_quota(const struct ts *ts, struct imapsrv_quota *quota);
void ts_answer_quota(struct ts_op *q);
void ts_fill_acl(const struct ts *ts, struct imapsrv_acl *acl);
void ts_answer_acl(struct ts_op *q);
void ts_acl_set(struct ts_mailbox *m, const char *identifier, enum imapsrv_acl_change change,
                uint32_t rights);
/* The same, and posts it to those whose rights it changes. */
void ts_acl_change(struct ts_mailbox *m, const char *identifier, enum imapsrv_acl_change change,
                   uint32_t rights, bool silent, const struct imapsrv_session *origin);
uint32_t ts_acl_known(const struct ts *ts);
uint32_t ts_acl_rights(const struct ts_mailbox *m, const struct ts_user *u);
/* The nearest one above a name that exists; NULL: none. */
struct ts_mailbox *ts_acl_above(struct ts *ts, const struct ts_user *u, const char *name);
void ts_acl_inherit(struct ts_mailbox *m);
void ts_acl_clear(struct ts_mailbox *m);
/* Complains of flags that rights do not go with. */
void ts_check_flags(struct ts_op *q, uint32_t rights, uint32_t system, uint32_t keywords);
/* Is it a mailbox of this user, or one that several have? */
bool ts_belongs(const struct ts_mailbox *m, const struct ts_user *u);

/* storeurl.c */
void ts_fill_urlauth(const struct ts *ts, struct imapsrv_urlauth *urlauth);
void ts_answer_url(struct ts_op *q);
void ts_fill_language(const struct ts *ts, struct imapsrv_language *language);
struct ts_root *ts_root(struct ts *ts, const char *name); /* made if there is none */
void ts_free_roots(struct ts *ts);
struct ts_op *ts_op_new(struct ts_link *link, struct imapsrv_op *op, enum ts_kind kind);
void ts_op_lent(struct ts_op *q, const void *data, size_t len); /* as ts_lent says */
char *ts_op_text(struct ts_op *q, struct imapsrv_span text); /* a copy of it, which is lent, too */
void ts_op_asked(struct ts_op *q); /* it is complete: answers it, or leaves it open */
void ts_op_free(struct ts_op *q);
void ts_op_cancel(void *user, struct imapsrv_op *op);
/* Around all that a callback of the session does. */
void ts_enter(struct ts_link *link);
void ts_leave(struct ts_link *link);
void ts_between(struct ts_link *link); /* before each answer */
struct ts_handle *ts_handle_new(struct ts_link *link, enum ts_handle_kind kind);
/* The handle behind a pointer that the library hands back; NULL and a complaint if it is none. */
struct ts_handle *ts_handle_of(struct ts_link *link, const char *what, void *pointer,
                               enum ts_handle_kind kind);
void ts_handle_close(struct ts *ts, struct ts_handle *h);
void ts_note_added(struct ts *ts, const struct ts_mailbox *mailbox, const struct ts_blob *blob);

#endif
