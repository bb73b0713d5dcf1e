/* SPDX-License-Identifier: MIT */
/*
 * storecheck/check - one run of the conformance kit as its files share it: the run itself, its
 * clients, and its own picture of the mailboxes.
 *
 *	run.c                       the run: engines, scenes, findings
 *	needs.c                     what the host has
 *	put.c                       text and numbers into buffers
 *	drive.c client.c            a client: its octets, its commands
 *	exchange.c                  how it gets in by AUTHENTICATE
 *	parse.c hear.c              what it is told
 *	box.c content.c compare.c   what should be there, and what is
 *	leaving.c                   messages that go
 *	scene_*.c history.c         what is asked of the store
 *
 * A scene asks, and looks at what it got.  The first thing that is wrong ends it: from then on
 * every call of the kit does nothing and says false, so that a scene simply runs to its end.
 */
#ifndef ISRV_STORECHECK_CHECK_H
#define ISRV_STORECHECK_CHECK_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/buf.h"
#include "imapsrv/storecheck.h"
#include "storecheck/clauses.h"

#if defined(__GNUC__) || defined(__clang__)
#define ISRV_SC_FORMAT(n) __attribute__((format(printf, n, n + 1)))
#else
#define ISRV_SC_FORMAT(n)
#endif

enum isrv_sc_clause {
#define ISRV_SC_ENUM(name, id, section, rfc, text) ISRV_SC_##name,
	ISRV_SC_CLAUSES(ISRV_SC_ENUM)
#undef ISRV_SC_ENUM
	ISRV_SC_CLAUSE_COUNT
};

enum {
	ISRV_SC_CLIENTS = 4,   /* connected at once */
	ISRV_SC_BOXES = 6,     /* mailboxes of one scene */
	ISRV_SC_KEYWORDS = 4,  /* that the kit uses */
	ISRV_SC_NAME = 128,    /* octets of a name of a mailbox */
	ISRV_SC_TRANSCRIPT = 256 * 1024
};

/* ---- flags, as the kit keeps them: system flags as in types.h, and these --------------------- */

#define ISRV_SC_RECENT       (1u << 5)
#define ISRV_SC_KEYWORD(n)   (1u << (8 + (n)))
#define ISRV_SC_ALL_KEYWORDS 0xf00u
#define ISRV_SC_KEPT         (IMAPSRV_SYSTEM_FLAGS | ISRV_SC_ALL_KEYWORDS)
extern const char *const isrv_sc_keyword_names[ISRV_SC_KEYWORDS];

/* ---- what a client was told ------------------------------------------------------------------ */

/* Octets in the client's output, while the command lasts. */
struct isrv_sc_text {
	size_t at;
	size_t len;
};

enum isrv_sc_has {
	ISRV_SC_HAS_UID = 1 << 0,
	ISRV_SC_HAS_FLAGS = 1 << 1,
	ISRV_SC_HAS_DATE = 1 << 2,
	ISRV_SC_HAS_SIZE = 1 << 3,
	ISRV_SC_HAS_MODSEQ = 1 << 4,
	ISRV_SC_HAS_BODY = 1 << 5,
	ISRV_SC_HAS_ENVELOPE = 1 << 6,
	ISRV_SC_HAS_EMAILID = 1 << 7,
	ISRV_SC_HAS_THREADID = 1 << 8,
	ISRV_SC_HAS_SAVEDATE = 1 << 9,
	ISRV_SC_HAS_ANNOTATION = 1 << 10
};

/* One FETCH response. */
struct isrv_sc_row {
	uint32_t number;
	uint32_t uid;
	uint32_t has; /* enum isrv_sc_has */
	uint32_t flags;
	uint64_t size;
	uint64_t modseq;
	struct isrv_sc_text date, body, envelope, emailid, threadid, savedate, annotation;
};

struct isrv_sc_numbers {
	uint32_t *v;
	size_t count;
	size_t cap;
};

/* A message as a client sees it. */
struct isrv_sc_seen {
	uint32_t uid;   /* 0: not known */
	uint32_t flags;
	bool told;      /* the flags are known */
};

enum isrv_sc_status {
	ISRV_SC_WAITING,
	ISRV_SC_OK,
	ISRV_SC_NO,
	ISRV_SC_BAD,
	ISRV_SC_MORE /* a continuation request; its text is that of the answer */
};

/* What the last command was told. */
struct isrv_sc_told {
	enum isrv_sc_status status;
	struct isrv_sc_text text; /* of the tagged response, code and all, or behind "+ " */
	struct isrv_sc_row *rows;
	size_t row_count, row_cap;
	struct isrv_sc_text *lines; /* all untagged responses, without "* " and CRLF */
	size_t line_count, line_cap;
	struct isrv_sc_numbers found;            /* SEARCH, ESEARCH, SORT */
	struct isrv_sc_numbers appended;         /* APPENDUID */
	struct isrv_sc_numbers from, to;         /* COPYUID */
	struct isrv_sc_numbers modified;         /* MODIFIED */
	struct isrv_sc_numbers vanished, earlier; /* VANISHED, VANISHED (EARLIER) */
	uint32_t uidvalidity, uidnext, unseen;   /* of SELECT, or STATUS */
	uint32_t code_validity;                  /* of APPENDUID, COPYUID */
	uint32_t messages, status_unseen, deleted, recent;
	uint64_t size, highest, limit;
	uint32_t status_has; /* enum imapsrv_status_item */
	uint32_t flags, permanent; /* FLAGS, PERMANENTFLAGS */
	bool any_keyword;          /* "\*" */
	bool readonly;
	struct isrv_sc_text mailboxid;
	uint32_t expunged; /* EXPUNGE responses */
};

struct isrv_sc;
struct isrv_sc_box;

struct isrv_sc_client {
	struct isrv_sc *c;
	struct imapsrv_session *session; /* NULL: not connected */
	unsigned number;                 /* from 1 */
	struct isrv_buf input;           /* not yet taken, from `taken` on */
	size_t taken;
	struct isrv_buf output;          /* since the command began */
	size_t parsed;
	bool held;                       /* it does not read */
	bool ended;                      /* BYE, or an error */
	uint32_t tag;
	uint64_t caps;                   /* ISRV_SC_CONDSTORE and so on */
	struct isrv_sc_told told;
	struct isrv_sc_box *box;         /* that is selected */
	uint64_t highest;                /* HIGHESTMODSEQ as it was told this client */
	struct isrv_sc_seen *seen;
	size_t seen_count, seen_cap;
};

/* Capabilities that make a difference, in the order of drive.c. */
#define ISRV_SC_CONDSTORE       (UINT64_C(1) << 0)
#define ISRV_SC_QRESYNC         (UINT64_C(1) << 1)
#define ISRV_SC_NOTIFY          (UINT64_C(1) << 2)
#define ISRV_SC_OBJECTID        (UINT64_C(1) << 3)
#define ISRV_SC_SAVEDATE        (UINT64_C(1) << 4)
#define ISRV_SC_METADATA        (UINT64_C(1) << 5)
#define ISRV_SC_QUOTA           (UINT64_C(1) << 6)
#define ISRV_SC_QUOTASET        (UINT64_C(1) << 7)
#define ISRV_SC_REPLACE         (UINT64_C(1) << 8)
#define ISRV_SC_MULTIAPPEND     (UINT64_C(1) << 9)
#define ISRV_SC_MOVE            (UINT64_C(1) << 10)
#define ISRV_SC_SORT            (UINT64_C(1) << 11)
#define ISRV_SC_THREAD          (UINT64_C(1) << 12)
#define ISRV_SC_APPENDLIMIT     (UINT64_C(1) << 13)
#define ISRV_SC_CREATE_USE      (UINT64_C(1) << 14)
#define ISRV_SC_METADATA_SERVER (UINT64_C(1) << 15)
#define ISRV_SC_ANNOTATE        (UINT64_C(1) << 16)
#define ISRV_SC_CATENATE        (UINT64_C(1) << 17)
#define ISRV_SC_URLAUTH         (UINT64_C(1) << 18)
#define ISRV_SC_UTF8            (UINT64_C(1) << 19)
#define ISRV_SC_WITHIN          (UINT64_C(1) << 20)
#define ISRV_SC_BINARY          (UINT64_C(1) << 21)
#define ISRV_SC_FUZZY           (UINT64_C(1) << 22)
#define ISRV_SC_ENABLE          (UINT64_C(1) << 23)
#define ISRV_SC_UNSELECT        (UINT64_C(1) << 24)
#define ISRV_SC_UIDPLUS         (UINT64_C(1) << 25)
#define ISRV_SC_NAMESPACE       (UINT64_C(1) << 26)
#define ISRV_SC_ESEARCH         (UINT64_C(1) << 27)
#define ISRV_SC_SPECIAL_USE     (UINT64_C(1) << 28)
#define ISRV_SC_ORDEREDSUBJECT  (UINT64_C(1) << 29)
#define ISRV_SC_LANGUAGE        (UINT64_C(1) << 30)
#define ISRV_SC_ACL             (UINT64_C(1) << 31)
#define ISRV_SC_LIST_EXTENDED   (UINT64_C(1) << 32)
#define ISRV_SC_LIST_MYRIGHTS   (UINT64_C(1) << 33)

/* ---- what should be there -------------------------------------------------------------------- */

enum { ISRV_SC_DATE = 26 }; /* octets of an INTERNALDATE, without quotes */

struct isrv_sc_message {
	uint32_t uid;
	uint32_t flags;
	uint32_t content; /* see content.c */
	uint64_t modseq;  /* the last that was told; 0: none yet */
	uint64_t size;
	uint64_t emailid, threadid, savedate; /* hashes; 0: not yet told */
	int64_t date;     /* seconds; the zone in which it is shown is the store's affair */
	bool dated;       /* the date is known */
};

struct isrv_sc_grave {
	uint32_t uid;
	uint64_t after; /* HIGHESTMODSEQ was this before it went; UINT64_MAX: not known */
};

struct isrv_sc_box {
	char name[ISRV_SC_NAME];
	bool exists;
	uint32_t uidvalidity; /* 0: not yet told */
	uint32_t uidnext;     /* the highest that was told */
	uint32_t top;         /* the highest UID that ever was */
	uint64_t highest;     /* HIGHESTMODSEQ, the highest that anybody was told; 0: none */
	uint64_t mailboxid;
	uint32_t permanent;
	bool any_keyword;
	struct isrv_sc_message *messages; /* ascending */
	size_t count, cap;
	struct isrv_sc_grave *graves;
	size_t grave_count, grave_cap;
};

/* ---- the run --------------------------------------------------------------------------------- */

struct isrv_sc {
	struct imapsrv_storecheck check; /* the host's, with defaults filled in */
	struct isrv_mem mem;
	struct imapsrv_allocator host;   /* the host's; the engines have that of the run, */
	struct imapsrv_allocator allocator;
	bool starved;                    /* which sees when it fails */
	struct imapsrv_config config;    /* as the engines have it */
	struct imapsrv_store store;
	struct imapsrv_mailboxes mailboxes;
	struct imapsrv_sasl sasl;
	struct imapsrv_language language;
	struct imapsrv_limits limits;
	struct imapsrv_engine *engine;
	struct imapsrv_engine *plain;    /* without the callbacks that the library can do without */
	bool has_mailboxes;              /* create, remove, rename */
	bool has_subscribe;
	bool writes;
	int rc;                          /* the run is over */
	bool over;                       /* this scene is */
	bool cleaning;                   /* after a scene: nobody is blamed */
	const char *scene;
	const char *fault;               /* what the engine complained of; NULL: nothing */
	struct isrv_buf fault_text;
	uint64_t random;
	uint32_t findings;
	uint32_t looked[ISRV_SC_CLAUSE_COUNT]; /* how often */
	uint32_t broken[ISRV_SC_CLAUSE_COUNT];
	uint32_t serial;                 /* of names and contents */
	struct isrv_buf transcript;
	struct isrv_buf scratch;         /* a message */
	struct isrv_sc_client clients[ISRV_SC_CLIENTS];
	struct isrv_sc_box boxes[ISRV_SC_BOXES];
};

/* Something is wrong: reports it, and ends the scene.  False, always. */
bool isrv_sc_blame(struct isrv_sc *c, enum isrv_sc_clause clause, const char *format, ...)
	ISRV_SC_FORMAT(3);
/* Blames unless it is so; gives whether it is, and false in a scene that is over: `so` and what is
 * said are looked at even then. */
bool isrv_sc_want(struct isrv_sc *c, bool so, enum isrv_sc_clause clause, const char *format, ...)
	ISRV_SC_FORMAT(4);
bool isrv_sc_live(const struct isrv_sc *c);
/* A clause is looked at, if the scene goes on: that is what it gives. */
bool isrv_sc_looks(struct isrv_sc *c, enum isrv_sc_clause clause);
bool isrv_sc_out_of_memory(struct isrv_sc *c); /* false */
/* The scene cannot go on, and nobody is to blame: for want of what, or why.  False. */
bool isrv_sc_pass(struct isrv_sc *c, const char *why);
/* A part of the scene is not played: for want of what.  False. */
bool isrv_sc_skip(struct isrv_sc *c, const char *why);
uint32_t isrv_sc_below(struct isrv_sc *c, uint32_t n); /* random, 0..n - 1; n is not 0 */

/* needs.c: the first thing that the host lacks of these, in English; NULL: it has them all. */
const char *isrv_sc_missing(const struct isrv_sc *c, const char *needs);

/* put.c: %s, %u, %llu and %.*s only.  False: no memory, or too long, and then the run is over;
 * nothing more is put anywhere. */
bool isrv_sc_put(struct isrv_sc *c, struct isrv_buf *to, const char *format, ...)
	ISRV_SC_FORMAT(3);
bool isrv_sc_putv(struct isrv_sc *c, struct isrv_buf *to, const char *format, va_list args);
bool isrv_sc_add(struct isrv_sc *c, struct isrv_buf *to, const void *data, size_t len);
void isrv_sc_put_flags(char out[160], uint32_t flags); /* "\Seen kit-red" */
bool isrv_sc_add_number(struct isrv_sc *c, struct isrv_sc_numbers *to, uint32_t n);
bool isrv_sc_has_number(const struct isrv_sc_numbers *in, uint32_t n);
bool isrv_sc_holds(struct imapsrv_span in, const char *text, size_t len); /* somewhere */
uint64_t isrv_sc_hash(struct imapsrv_span s); /* never 0 */
int isrv_sc_shown(size_t len); /* octets of a text that is shown in a finding */
/* One more element in an array that grows; NULL: out of memory. */
void *isrv_sc_grow(struct isrv_sc *c, void *array, size_t *cap, size_t count, size_t size);

/* drive.c */
bool isrv_sc_connect(struct isrv_sc *c, unsigned i, bool plain); /* and logs in */
bool isrv_sc_connect_only(struct isrv_sc *c, unsigned i, bool plain);
void isrv_sc_disconnect(struct isrv_sc_client *k);
void isrv_sc_disconnect_all(struct isrv_sc *c);
void isrv_sc_push(struct isrv_sc *c);   /* until no session can go on by itself */
void isrv_sc_settle(struct isrv_sc *c); /* until nothing can be done, by sessions and store */
void isrv_sc_note(struct isrv_sc *c, const struct isrv_sc_client *k, char who, const char *data,
                  size_t len);

/* client.c: `say` begins a command; `ask` waits for its end, and is true if that is OK; `need` also
 * blames when it is not, unless the store has no room. */
bool isrv_sc_say(struct isrv_sc_client *k, const char *format, ...) ISRV_SC_FORMAT(2);
bool isrv_sc_ask(struct isrv_sc_client *k, const char *format, ...) ISRV_SC_FORMAT(2);
bool isrv_sc_need(struct isrv_sc_client *k, enum isrv_sc_clause clause, const char *format, ...)
	ISRV_SC_FORMAT(3);
bool isrv_sc_raw(struct isrv_sc_client *k, const void *data, size_t len); /* more of a command */
/* Puts something back to what it was, also in a scene that is over; nobody is blamed. */
void isrv_sc_undo(struct isrv_sc_client *k, const char *command);
bool isrv_sc_await(struct isrv_sc_client *k); /* settles; blames if the command is not answered */
bool isrv_sc_needed(struct isrv_sc_client *k, enum isrv_sc_clause clause);
/* Does the session have these capabilities?  If not, its host hides them, and the scene is over. */
bool isrv_sc_offers(struct isrv_sc_client *k, uint64_t caps);
extern const char isrv_sc_hidden[]; /* what is said then */
/* What is said where UIDs are not told: they need not be. */
extern const char isrv_sc_no_copies[], isrv_sc_no_appended[];
bool isrv_sc_code(const struct isrv_sc_client *k, const char *code); /* the answer has it */
struct imapsrv_span isrv_sc_span(const struct isrv_sc_client *k, struct isrv_sc_text text);
/* The answer to a COPY to the selected mailbox itself, which a store may refuse with CANNOT: false,
 * and it is said. */
bool isrv_sc_copied_here(struct isrv_sc_client *k);
void isrv_sc_told_clear(struct isrv_sc_client *k);
const struct isrv_sc_row *isrv_sc_row_of(const struct isrv_sc_client *k, uint32_t uid,
                                         uint32_t has);
/* SELECT or EXAMINE; the box becomes the client's.  What is told is held against the box. */
bool isrv_sc_select(struct isrv_sc_client *k, struct isrv_sc_box *box, const char *verb);
struct isrv_sc_blames;
/* SELECT, and others to blame when there are fewer or more messages than there should be. */
bool isrv_sc_reselect(struct isrv_sc_client *k, struct isrv_sc_box *box,
                      const struct isrv_sc_blames *blames);
bool isrv_sc_login(struct isrv_sc_client *k, const char *name, const char *password);

/* More of a command that waits for it; awaits what comes then. */
bool isrv_sc_more(struct isrv_sc_client *k, const void *data, size_t len);
/* Was there an untagged response with this word in it? */
bool isrv_sc_told_word(const struct isrv_sc_client *k, const char *word);
/* Is it an untagged response of this kind? */
bool isrv_sc_is_line(struct imapsrv_span line, const char *kind);
/* The first untagged response of this kind ("NAMESPACE"); data NULL: there is none. */
struct imapsrv_span isrv_sc_line(const struct isrv_sc_client *k, const char *kind);

/* hear.c: reads the responses that have come. */
void isrv_sc_hear(struct isrv_sc_client *k);

/* box.c */
/* A mailbox that is there and empty, under a name of its own where mailboxes can be made; `client`
 * makes it.  NULL: there is none. */
struct isrv_sc_box *isrv_sc_box(struct isrv_sc_client *k, unsigned i);
void isrv_sc_box_clear(struct isrv_sc *c, struct isrv_sc_box *box);
struct isrv_sc_message *isrv_sc_message(struct isrv_sc_box *box, uint32_t uid);
struct isrv_sc_message *isrv_sc_box_add(struct isrv_sc *c, struct isrv_sc_box *box, uint32_t uid);
/* A message with that content came, or a copy; false: its UID cannot be, or no memory. */
bool isrv_sc_box_came(struct isrv_sc *c, struct isrv_sc_box *box, uint32_t uid, uint32_t content,
                      uint32_t flags);
bool isrv_sc_box_copy(struct isrv_sc *c, struct isrv_sc_box *box, uint32_t uid,
                      const struct isrv_sc_message *from);
void isrv_sc_box_remove(struct isrv_sc *c, struct isrv_sc_box *box, uint32_t uid);
/* APPEND of one message; the box has it then.  flags: of ISRV_SC_KEPT; date: NULL for none. */
bool isrv_sc_append(struct isrv_sc_client *k, struct isrv_sc_box *box, uint32_t content,
                    uint32_t flags, const char *date);
/* So many messages have come to the selected box, with UIDs that nobody told: the client looks, and
 * knows them. */
bool isrv_sc_came(struct isrv_sc_client *k, size_t count, enum isrv_sc_clause clause);
/* Several of them, with contents 1, 2, 3... of this run and various flags and dates. */
bool isrv_sc_fill(struct isrv_sc_client *k, struct isrv_sc_box *box, unsigned count);
/*
 * The flags that clients can change in this box, and that are kept there (RFC 9051 7.1,
 * PERMANENTFLAGS), as the last SELECT told them.  Of others nothing is known: to set one changes
 * nothing, and what a message has of them is the store's affair.
 */
uint32_t isrv_sc_flags_of(const struct isrv_sc_box *box);
/* Are the flags that are told those that should be, as far as they can be changed? */
bool isrv_sc_same_flags(const struct isrv_sc_box *box, uint32_t told, uint32_t should);
/* Of these flags those that the box keeps; if there are none, another one that it keeps, but
 * \Deleted.  0: there is none, and the scene is over. */
uint32_t isrv_sc_some_flags(struct isrv_sc_client *k, uint32_t wish);
/* HIGHESTMODSEQ by STATUS, into the box, which is selected; false where there is none.  The session
 * is told no more than it knows of: others may be told more. */
bool isrv_sc_highest(struct isrv_sc_client *k, struct isrv_sc_box *box);
/* A command that changes flags: of the box as well. */
uint32_t isrv_sc_after(uint32_t flags, enum imapsrv_store_mode mode, uint32_t change);

/* leaving.c: messages that go.  Sets \Deleted on one of the selected box, where that is kept;
 * elsewhere it can be moved away.  False: it cannot go at all, which is said, or the scene is
 * over. */
bool isrv_sc_doom(struct isrv_sc_client *k, uint32_t uid);
/* One that was doomed goes, and is told. */
bool isrv_sc_remove(struct isrv_sc_client *k, uint32_t uid);
/* Can \Deleted be set in the selected box?  If not, the scene is over. */
bool isrv_sc_deletes(struct isrv_sc_client *k);

/* An INTERNALDATE as seconds since 1970; false: it is none. */
bool isrv_sc_moment(const char *date, int64_t *seconds_r);

/* content.c: message n of an endless list; the same n gives the same octets. */
bool isrv_sc_content(struct isrv_sc *c, uint32_t n, struct isrv_buf *to);
#define ISRV_SC_LARGE (1u << 24)                /* or-ed to n: one of 100 KB */
#define ISRV_SC_TWIN  (3u * 4u * 5u * 7u * 11u) /* so much further on is one of the same form */
uint32_t isrv_sc_new_content(struct isrv_sc *c);

/* compare.c: who is to blame for what. */
struct isrv_sc_blames {
	enum isrv_sc_clause missing, extra, flags, date, octets;
};
extern const struct isrv_sc_blames isrv_sc_fetching;
/* Everything about every message, as the client's selected mailbox has it. */
bool isrv_sc_compare(struct isrv_sc_client *k, const struct isrv_sc_blames *blames);
/* The octets of one message. */
bool isrv_sc_compare_body(struct isrv_sc_client *k, struct isrv_sc_message *m,
                          enum isrv_sc_clause clause);
bool isrv_sc_compare_bodies(struct isrv_sc_client *k, enum isrv_sc_clause clause);
/* What the client was told without asking: after NOOP, or in the middle of IDLE. */
bool isrv_sc_compare_seen(struct isrv_sc_client *k, enum isrv_sc_clause arrival,
                          enum isrv_sc_clause expunge, enum isrv_sc_clause flags);
/* NOOP, then that. */
bool isrv_sc_look(struct isrv_sc_client *k);

/* A client that knew all up to `since` comes back with SELECT (QRESYNC): scene_modseq.c. */
bool isrv_sc_back(struct isrv_sc_client *k, struct isrv_sc_box *box, uint64_t since);

/* What parts the levels of names; NUL: there are none: scene_names.c. */
char isrv_sc_separator(struct isrv_sc_client *k);

/* scene_*.c, history.c */
struct isrv_sc_scene {
	const char *name;
	const char *needs; /* what it takes: words of needs.c */
	void (*play)(struct isrv_sc *c);
};
extern const struct isrv_sc_scene isrv_sc_scenes_mail[];
extern const struct isrv_sc_scene isrv_sc_scenes_change[];
extern const struct isrv_sc_scene isrv_sc_scenes_modseq[];
extern const struct isrv_sc_scene isrv_sc_scenes_event[];
extern const struct isrv_sc_scene isrv_sc_scenes_names[];
extern const struct isrv_sc_scene isrv_sc_scenes_extra[];
extern const struct isrv_sc_scene isrv_sc_scenes_metadata[];
extern const struct isrv_sc_scene isrv_sc_scenes_annotate[];
extern const struct isrv_sc_scene isrv_sc_scenes_acl[];
extern const struct isrv_sc_scene isrv_sc_scenes_sasl[];
extern const struct isrv_sc_scene isrv_sc_scenes_scram[];
extern const struct isrv_sc_scene isrv_sc_scenes_language[];
extern const struct isrv_sc_scene isrv_sc_scenes_compose[];
extern const struct isrv_sc_scene isrv_sc_scenes_url[];
extern const struct isrv_sc_scene isrv_sc_scenes_leave[];
extern const struct isrv_sc_scene isrv_sc_scenes_room[];
extern const struct isrv_sc_scene isrv_sc_scenes_saved[];
extern const struct isrv_sc_scene isrv_sc_scenes_share[];
extern const struct isrv_sc_scene isrv_sc_scenes_together[];
extern const struct isrv_sc_scene isrv_sc_scenes_last[];
void isrv_sc_history(struct isrv_sc *c);

/* Clients 0 (and 1, 2, if the host takes as many) are connected, with box 0 there, holding `count`
 * messages, and selected by all of them.  False: not. */
bool isrv_sc_stage(struct isrv_sc *c, unsigned clients, unsigned count);

#endif
