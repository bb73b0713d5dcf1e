/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/engine.h - what all sessions share: the host's callbacks, limits, allocator and identity.
 * Immutable once made, so any number of threads may use one engine; it outlives its sessions.
 */
#ifndef IMAPSRV_ENGINE_H
#define IMAPSRV_ENGINE_H

#include "imapsrv/acl.h"
#include "imapsrv/annotate.h"
#include "imapsrv/event.h"
#include "imapsrv/mailboxes.h"
#include "imapsrv/language.h"
#include "imapsrv/metadata.h"
#include "imapsrv/quota.h"
#include "imapsrv/sasl.h"
#include "imapsrv/store.h"
#include "imapsrv/urlauth.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Every bound of a session.  0 takes the default that stands beside it (IMAPSRV_LIMITS_INIT is all
 * zeros).  imapsrv_engine(3) says what the client gets at each.
 */
struct imapsrv_limits {
	size_t size;
	size_t command;           /* octets of one command and its literals, APPEND's aside, up to
	                             the CR of its end: 1 MiB.  Clients send UID sets of hundreds
	                             of KB */
	size_t command_prelogin;  /* the same before login: 8 KiB */
	size_t arena;             /* octets that the arguments and results of one command may need:
	                             16 MiB */
	size_t memory;            /* octets that a session may hold in all: 64 MiB */
	size_t memory_prelogin;   /* the same before login: 64 KiB */
	size_t output;            /* octets waiting to leave at which commands stop: 64 KiB, but
	                             never more than a quarter of memory or memory_prelogin */
	uint64_t append;          /* octets of one appended message: 256 MiB */
	uint64_t drop;            /* octets of a refused literal and the line behind it, or of an
	                             overlong line, that are read and thrown away before the
	                             connection is closed: 64 MiB */
	uint32_t append_messages; /* messages in one APPEND (RFC 3502): 1000 */
	uint32_t set_ranges;      /* ranges of pending changes in a mailbox, of a saved result, of
	                             COPYUID: 100,000 */
	uint32_t names;           /* mailbox names that LIST handles: 100,000 */
	uint32_t keyword_len;     /* octets in a keyword: 255 */
	uint32_t keywords;        /* keywords that a mailbox announces: 1000 */
	uint32_t search_terms;    /* terms in one SEARCH: 10,000 */
	uint32_t fetch_items;     /* items in one FETCH: 1000 */
	uint32_t depth;           /* parentheses within parentheses: 100 */
	uint32_t parts;           /* MIME parts of a message that are shown: 10,000 */
	uint32_t header_octets;   /* octets of one header block that are read for ENVELOPE and the
	                             structure, one for each line end: 1 MiB.  The line that passes
	                             them is left out whole */
	uint32_t described;       /* octets of text in one message's ENVELOPE and BODYSTRUCTURE, and
	                             one for each of these texts: 1 MiB */
	uint32_t addresses;       /* addresses in one field of ENVELOPE: 10,000 */
	uint32_t params;          /* parameters of one MIME field: 1000 */
	uint32_t batch;           /* messages asked for at a time: 500 */
	uint32_t failed_logins;   /* then BYE: 5 */
	uint32_t bad_commands;    /* in a row, then BYE: 50 */
	uint32_t bad_prelogin;    /* in all before login, then BYE: 10 */
	uint32_t login_delay;     /* ms before a failed login is answered, doubled for each more:
	                             2000.  UINT32_MAX: none */
	uint32_t login_timeout;   /* ms from the first tick to a login, then BYE: 180,000 */
	uint32_t inactivity;      /* ms without an octet from the client, then BYE: 1,860,000
	                             (RFC 9051 5.4: 30 min or more) */
	uint32_t idle_timeout;    /* ms in one IDLE, then BYE: 1,860,000 (RFC 2177) */
	uint32_t keepalive;       /* ms of silence in IDLE, then an untagged OK: 120,000.
	                             UINT32_MAX: none */
	uint64_t search_steps;    /* steps (imapsrv_session_steps) of one search: 100,000,000,000 */
	uint32_t turn;            /* steps of a search, or of a command that reads messages, within
	                             one call of a session, which then wants RUN: 1,000,000 */
	uint32_t progress;        /* steps after which the client is told how far its search is
	                             (RFC 9585): 1,000,000,000 */
	uint32_t message_limit;   /* messages that one SEARCH, FETCH, STORE, MOVE or UID EXPUNGE
	                             works on, the highest; and that one COPY or APPEND may have
	                             (RFC 9738, MESSAGELIMIT; in place of append_messages): none,
	                             UINT32_MAX.  No less than 1000 is of use to clients */
	uint32_t save_limit;      /* messages that one COPY or APPEND may have (RFC 9738, SAVELIMIT;
	                             in place of append_messages): none, UINT32_MAX.  Not beside
	                             message_limit */
	size_t sort;              /* octets that one SORT or THREAD may need for what it compares:
	                             32 MiB, but never more than half of memory */
	uint32_t uidbatch;        /* messages in the smallest batch that UIDBATCHES gives
	                             (RFC 10022): 500, and never above that */
	uint32_t uidbatches;      /* batches in one answer to it: 100,000 */
	uint32_t metadata;        /* octets of one value of metadata, set or told: 262,144 */
	uint32_t metadata_entries; /* entries named in one GETMETADATA, SETMETADATA or LIST: 1000 */
	uint32_t inprogress;      /* ms of silence while a command is at work, then an untagged OK
	                             with how far it is (RFC 9585): 12,000.  UINT32_MAX: none */
	uint32_t contexts;        /* searches of one mailbox whose results are followed (RFC 5267):
	                             16 */
	uint32_t notify_names;    /* mailbox names in one NOTIFY (RFC 5465), one more for each group
	                             of them, and subscriptions that it follows; mailbox names in
	                             one ESEARCH (RFC 7377): 10,000 */
	uint32_t notify_mailboxes; /* mailboxes of which one NOTIFY hears about messages, when it is
	                              set: 10,000 */
	uint32_t notify_pending;  /* mailboxes, and entries of their metadata, of which NOTIFY has
	                             something to tell: 1000 */
	uint32_t annotation;      /* octets of one value of an annotation of a message: 262,144 */
	uint32_t annotation_entries; /* entries of these in one FETCH, STORE or APPEND: 1000 */
	uint32_t annotation_pending; /* names of entries that others changed and the client is to be
	                                told; past that it is told of all entries of the messages:
	                                100 */
};
#define IMAPSRV_LIMITS_INIT IMAPSRV_SIZED(struct imapsrv_limits)

/* One field of the ID response (RFC 2971 3.3). */
struct imapsrv_id {
	const char *field;
	const char *value;
};

/* What the trace hook is shown. */
enum imapsrv_trace {
	IMAPSRV_TRACE_RECEIVED, /* one command, or one continuation line.  Passwords, SASL responses
	                           and URLs with a token are replaced by "***", and before login
	                           all but the tag of a line that is no command, all of it behind
	                           a literal that was refused; an appended message by its size */
	IMAPSRV_TRACE_SENT      /* octets that left, as they are, but "***" for challenges of SASL,
	                           for URLs with a token (RFC 4467), and for the answer to a line
	                           of which not even the tag is shown */
};

/* Mail whose header fields are in UTF-8, as they stand (RFC 6532). */
enum imapsrv_utf8 {
	/* Nothing is said of it: such messages are taken and given as any others. */
	IMAPSRV_UTF8_NO,
	/* UTF8=ACCEPT (RFC 9755): the store takes such messages from clients that know of
	 * them, and nobody else may append one (RFC 9755 4).  See imapsrv_session_utf8 for
	 * what others are shown. */
	IMAPSRV_UTF8_ACCEPT,
	/* UTF8=ONLY: nobody else may do anything here (RFC 9755 7). */
	IMAPSRV_UTF8_ONLY
};

/* Clients can be sent to other servers: see imapsrv_op_referral. */
enum imapsrv_referrals {
	IMAPSRV_REFERRALS_LOGIN = 1 << 0,  /* LOGIN-REFERRALS (RFC 2221) */
	IMAPSRV_REFERRALS_MAILBOX = 1 << 1 /* MAILBOX-REFERRALS (RFC 2193).  `list` gives the
	                                      names that are elsewhere IMAPSRV_ATTR_REMOTE */
};

struct imapsrv_config {
	size_t size;
	const struct imapsrv_allocator *allocator; /* NULL: malloc and free.  Outlives the engine */
	/* Copied, as far as their own size members say. */
	const struct imapsrv_store *store;         /* needed */
	const struct imapsrv_mailboxes *mailboxes; /* NULL: none */
	const struct imapsrv_sasl *sasl;           /* NULL: none */
	const struct imapsrv_limits *limits;       /* NULL: the defaults */
	/* All strings below outlive the engine. */
	const char *greeting;        /* text of the greeting; NULL: "IMAP server ready" */
	const struct imapsrv_id *id; /* answer to ID; NULL: NIL */
	size_t id_count;
	int literal_minus;           /* not 0: LITERAL- instead of LITERAL+ (RFC 7888): a literal
	                                above 4096 octets must wait for leave */
	/* Hooks; each may be NULL.  `user` is the session's. */
	void (*trace)(void *user, enum imapsrv_trace what, const char *data, size_t len);
	/* The host broke the contract of store.h: what, in English, for a log. */
	void (*fault)(void *user, const char *what);
	/* The client identified itself (ID): called once per field, value NULL for NIL, before
	 * the answer. */
	void (*client_id)(void *user, struct imapsrv_span field, const struct imapsrv_span *value);
	const struct imapsrv_watch *watch; /* copied as the tables above; NULL: none */
	/* Seconds since 1970-01-01 UTC, now.  Asked once by each search for the age of messages,
	 * which are all judged by the same moment.  NULL: there are no such searches (WITHIN,
	 * RFC 5032). */
	int64_t (*clock)(void *user);
	/* The URL of the JMAP session resource (RFC 8620 2) that shows the same mailboxes and
	 * messages under the same identifiers, for whoever may log in here: JMAPACCESS (RFC 9698),
	 * in a host with imapsrv_store.objectids.  Up to 512 octets.  NULL: there is none. */
	const char *jmap;
	const struct imapsrv_metadata *metadata; /* copied; NULL: none */
	const struct imapsrv_quota *quota; /* copied; NULL: none */
	const struct imapsrv_language *language; /* copied; NULL: English only */
	int utf8; /* enum imapsrv_utf8 */
	const struct imapsrv_annotate *annotate; /* copied; NULL: none */
	const struct imapsrv_acl *acl; /* copied; NULL: everybody may do everything in what `list`
	                                  gives him */
	const struct imapsrv_urlauth *urlauth; /* copied; NULL: none */
	void *fault_user; /* not NULL: `fault` is called with it in place of the session's `user` */
	unsigned referrals; /* enum imapsrv_referrals, or-ed */
};
#define IMAPSRV_CONFIG_INIT IMAPSRV_SIZED(struct imapsrv_config)

struct imapsrv_engine;

/*
 * Makes an engine.  Errors: IMAPSRV_EINVAL (a mandatory callback is missing: list, open, close,
 * uids, fetch, body, body_close; or some but not all of a group; or a value that is none, see
 * imapsrv_engine(3)), IMAPSRV_ENOMEM.
 */
IMAPSRV_API int imapsrv_engine_new(const struct imapsrv_config *config,
                                   struct imapsrv_engine **engine_r);
/* NULL is allowed.  All its sessions are gone by then. */
IMAPSRV_API void imapsrv_engine_free(struct imapsrv_engine *engine);

/* The limits in force, defaults filled in.  Belongs to the engine. */
IMAPSRV_API const struct imapsrv_limits *
imapsrv_engine_limits(const struct imapsrv_engine *engine);

#ifdef __cplusplus
}
#endif

#endif
