/* SPDX-License-Identifier: MIT */
/*
 * session/op - questions to the host, one at a time.  A command asks with ISRV_ASK and returns
 * ISRV_HOST until isrv_answered; that the host answered before the callback returned is the same
 * path.
 *
 * Ops live in the session.  They take turns in a few slots, so that a late second answer to an op
 * that is dead is seen for what it is instead of answering the next question.  A slot is no more
 * than a place to point at: as one op at most is open, what goes with it stands beside them.
 */
#ifndef ISRV_SESSION_OP_H
#define ISRV_SESSION_OP_H

#include "imapsrv/store.h"

#define ISRV_OP_SLOTS 4

/* What a sink is given is named beside the kinds of ops. */
typedef void isrv_sink(struct imapsrv_session *s, void *ctx, const void *answer);

/* Quota roots in one answer. */
#define ISRV_QUOTA_ROOTS 64

enum isrv_op_kind {
	ISRV_OP_LOGIN,         /* sink: none, the account is set in s->account      */
	ISRV_OP_SASL,          /* sink: struct imapsrv_span, the challenge          */
	ISRV_OP_KEYS,          /* sink: struct imapsrv_scram_keys                   */
	ISRV_OP_LIST,          /* sink: struct imapsrv_name                         */
	ISRV_OP_OPEN,          /* sink: struct imapsrv_mailbox                      */
	ISRV_OP_UIDS,          /* sink: struct imapsrv_set, valid                   */
	ISRV_OP_FETCH,         /* sink: struct imapsrv_row                          */
	ISRV_OP_BODY,          /* sink: struct isrv_op_body                         */
	ISRV_OP_BODY_READ,     /* sink: struct imapsrv_span, 1..len octets          */
	ISRV_OP_STORE,         /* sink: struct imapsrv_row                          */
	ISRV_OP_APPEND_BEGIN,  /* sink: the handle itself                           */
	ISRV_OP_APPEND_DATA,   /* no sink                                           */
	ISRV_OP_APPEND_FINISH, /* sink: struct isrv_op_uids                         */
	ISRV_OP_REPLACE,       /* sink: struct isrv_op_uids                         */
	ISRV_OP_EXPUNGE,       /* sink: struct imapsrv_set, valid                   */
	ISRV_OP_COPY,          /* sink: struct isrv_op_uids                         */
	ISRV_OP_QUOTA,         /* sink: struct imapsrv_quota_root, ISRV_QUOTA_ROOTS at most */
	ISRV_OP_STATUS,        /* sink: struct imapsrv_status                       */
	ISRV_OP_CREATE,        /* sink: struct imapsrv_span, a MAILBOXID            */
	ISRV_OP_SORT,          /* sink: struct isrv_op_order                        */
	ISRV_OP_THREAD,        /* sink: struct isrv_op_thread                       */
	ISRV_OP_SEARCH,        /* sink: struct isrv_op_found                        */
	ISRV_OP_URL_TOKEN,     /* sink: struct imapsrv_span, IMAPSRV_URL_TOKEN_MIN to _MAX octets */
	ISRV_OP_URL_MECHANISM, /* sink: struct isrv_op_mechanism                    */
	ISRV_OP_METADATA,      /* sink: struct imapsrv_entry, its name is one       */
	ISRV_OP_ANNOTATIONS,   /* sink: struct isrv_op_annotation, its name is one  */
	ISRV_OP_RIGHTS,        /* no sink: they stand in s->result                  */
	ISRV_OP_ACL,           /* sink: struct imapsrv_acl_entry                    */
	ISRV_OP_GRANTABLE,     /* sink: struct isrv_op_grantable, no right twice    */
	ISRV_OP_PLAIN          /* nothing but OK or a refusal: DELETE, CHECK, ...   */
};

enum isrv_op_state {
	ISRV_OP_NONE,
	ISRV_OP_OPEN_NOW, /* asked, not answered */
	ISRV_OP_ANSWERED
};

_Static_assert(ISRV_OP_PLAIN < 31, "a mask holds all kinds");
#define ISRV_OP_BIT(kind) (UINT32_C(1) << (kind))
/* In place of these while the host's `cancel` is at work: there is nothing to answer any more. */
#define ISRV_OP_CANCELLED (UINT32_C(1) << 31)

struct imapsrv_op {
	uint32_t kind;   /* ISRV_OP_BIT of it, or ISRV_OP_CANCELLED; 0: dead */
	int32_t session; /* where its session begins: octets from here */
};

/* All of a session's. */
struct isrv_ops {
	struct imapsrv_op slots[ISRV_OP_SLOTS];
	uint8_t last;  /* the one that is or was last in use */
	uint8_t state; /* enum isrv_op_state */
	bool passed;   /* the answer at hand was passed over */
	uint32_t max;  /* BODY_READ: octets asked for; QUOTA: roots that were told */
	void *data;    /* the host's, of the open one */
	isrv_sink *sink;
	void *sink_ctx;
	char *text;    /* ISRV_RESULT_TEXT octets for a result's: taken with the first of them */
	char *referral; /* a result's, with a NUL behind it; NULL: none */
};

struct isrv_op_body {
	const char *data; /* NULL: pulled */
	uint64_t octets;
	enum imapsrv_eol eol;
	void *handle;
};

struct isrv_op_uids {
	uint32_t uidvalidity;
	struct imapsrv_set from; /* COPY */
	struct imapsrv_set to;
};

struct isrv_op_order {
	const uint32_t *uids;
	size_t count; /* not 0 */
};

struct isrv_op_thread {
	const struct imapsrv_thread_member *members;
	size_t count; /* not 0 */
};

struct isrv_op_mechanism {
	const char *name; /* one of the host's */
	struct imapsrv_span data;
};

struct isrv_op_found {
	const struct imapsrv_search_node *node; /* as the host gave it */
	struct imapsrv_set matches;             /* not valid: `broken` */
	struct imapsrv_set candidates;
	bool broken;
	uint8_t relevancy; /* not 0: of `uid`; nothing else is said */
	uint32_t uid;
};

struct isrv_op_annotation {
	uint32_t uid; /* not 0 */
	const struct imapsrv_annotation *is; /* what is not given is NIL */
};

struct isrv_op_grantable {
	uint32_t always;
	const uint32_t *tied; /* none is 0 */
	size_t count;
};

/* How the last question was answered. */
struct isrv_result {
	enum imapsrv_code code;
	enum imapsrv_code denied; /* what becomes of OK: the rights that came were not enough */
	union {
		uint64_t modseq; /* expunge, move: HIGHESTMODSEQ of the mailbox; 0: not said */
		struct {         /* rights: which, if they were told */
			uint32_t rights;
			bool told;
		} access;
	};
	const char *referral; /* "REFERRAL url ..."; NULL: none; until the next question
	                       * (session/referral) */
	const char *text; /* what the host said to a human, cut, or ""; until the next question */
};

#define ISRV_RESULT_TEXT 80u

struct imapsrv_op *isrv_op_begin(struct imapsrv_session *s, enum isrv_op_kind kind, isrv_sink *sink,
                                 void *ctx);
/* The callback has returned. */
void isrv_op_called(struct imapsrv_session *s);
/* s->result, with what came with it lasting as long as the arena.  ENOMEM fails the session. */
struct isrv_result isrv_op_keep_result(struct imapsrv_session *s);
/* A copy of what came with an answer, in the arena, whatever else is there; "" where the session
 * has failed for want of memory. */
const char *isrv_op_keep_text(struct imapsrv_session *s, const char *text);
/* Says in a sink that the answer makes no sense beside those before it: it is not taken. */
void isrv_op_pass_over(struct imapsrv_session *s, const char *what);
/* Gives back what is kept for texts between two questions. */
void isrv_op_trim(struct imapsrv_session *s);
/* The session ends: tells the host. */
void isrv_op_cancel(struct imapsrv_session *s);

/* Asks: table is store, mailboxes or sasl; member the callback; q points to its question. */
#define ISRV_ASK(s, kind, table, member, q, sink, ctx)                                         \
	do {                                                                                   \
		struct imapsrv_op *op_ = isrv_op_begin((s), (kind), (sink), (ctx));            \
		(s)->engine->table.member((s)->user, op_, (q));                                \
		isrv_op_called(s);                                                             \
	} while (0)

/* True once, when the answer is there; s->result says what it is. */
#define isrv_answered(s) ((s)->ops.state == ISRV_OP_ANSWERED)

#endif
