/* SPDX-License-Identifier: MIT */
/*
 * host/hostile - makes liars of the test store's answers.  Every answer of the store goes through
 * here (the names below are redirected for it), is counted, and one of them, or each, is given in a way
 * that imapsrv/store.h does not allow.  What the library makes of it is for the tests to look at.
 */
#ifndef TEST_HOST_HOSTILE_H
#define TEST_HOST_HOSTILE_H

#include <stdbool.h>

#include "imapsrv.h"

enum ts_trick {
	TS_HONEST,
	TS_TWICE,       /* the answer comes twice */
	TS_LEFT_OUT,    /* not at all */
	TS_NOTHING,     /* as NULL, as no octets, as an empty set */
	TS_LOW,         /* its numbers are 0 */
	TS_HIGH,        /* its numbers are as high as they can be */
	TS_TURNED,      /* its sets and orders are turned round, its ranges too */
	TS_ODD_TEXT,    /* its texts end lines, and hold NUL and 8-bit octets */
	TS_LONG_TEXT,   /* its texts are long */
	TS_OLD,         /* its structure has no size */
	TS_OTHERS,      /* all other kinds of answers come before it */
	TS_ENDED,       /* the op is ended behind it, and later once more */
	TS_ENDED_FIRST, /* the op is ended before it comes, and later once more */
	TS_STALE,       /* another op is ended as well: the one before */
	TS_EVENTS,      /* events of every kind are posted before it and behind it */
	TS_TRICKS
};
extern const char *const ts_trick_names[TS_TRICKS];

struct ts_hostile {
	enum ts_trick trick;
	uint64_t at;       /* the answer that it is played with, from 1; 0: all */
	uint64_t answers;  /* that were given */
	uint64_t played;   /* of them, with the trick */
	uint64_t told;     /* what the `fault` hook was told since the first of these */
	uint64_t must;     /* how often it had to be told */
	const char *kind;  /* of the answer that was played with last */
	bool lost;         /* a handle may have got lost on the way */
	bool blamed;       /* the `fault` hook is at work, and posts events of every kind */
	struct imapsrv_op *last; /* the op that was ended last, */
	struct imapsrv_session *last_of; /* of that session */
};

int ts_say_account(struct imapsrv_op *op, const struct imapsrv_account *account);
int ts_say_name(struct imapsrv_op *op, const struct imapsrv_name *name);
int ts_say_mailbox(struct imapsrv_op *op, const struct imapsrv_mailbox *mailbox);
int ts_say_uids(struct imapsrv_op *op, struct imapsrv_set uids);
int ts_say_row(struct imapsrv_op *op, const struct imapsrv_row *row);
int ts_say_lend(struct imapsrv_op *op, const void *data, size_t len, enum imapsrv_eol eol, void *body);
int ts_say_pull(struct imapsrv_op *op, uint64_t octets, enum imapsrv_eol eol, void *body);
int ts_say_bytes(struct imapsrv_op *op, const void *data, size_t len);
int ts_say_append(struct imapsrv_op *op, void *append);
int ts_say_appended(struct imapsrv_op *op, uint32_t uidvalidity, struct imapsrv_set uids);
int ts_say_copied(struct imapsrv_op *op, uint32_t uidvalidity, struct imapsrv_set from,
                  struct imapsrv_set to);
int ts_say_mailboxid(struct imapsrv_op *op, struct imapsrv_span mailboxid);
int ts_say_order(struct imapsrv_op *op, const uint32_t *uids, size_t count);
int ts_say_thread(struct imapsrv_op *op, const struct imapsrv_thread_member *members, size_t count);
int ts_say_found(struct imapsrv_op *op, const struct imapsrv_search_node *node,
                 struct imapsrv_set matches, struct imapsrv_set candidates);
int ts_say_status(struct imapsrv_op *op, const struct imapsrv_status *status);
int ts_say_modseq(struct imapsrv_op *op, uint64_t modseq);
int ts_say_challenge(struct imapsrv_op *op, const void *data, size_t len);
int ts_say_entry(struct imapsrv_op *op, const struct imapsrv_entry *entry);
int ts_say_annotation(struct imapsrv_op *op, uint32_t uid, const struct imapsrv_annotation *a);
int ts_say_quota(struct imapsrv_op *op, const struct imapsrv_quota_root *root);
int ts_say_keys(struct imapsrv_op *op, const struct imapsrv_scram_keys *keys);
int ts_say_rights(struct imapsrv_op *op, uint32_t rights);
int ts_say_acl(struct imapsrv_op *op, const struct imapsrv_acl_entry *entry);
int ts_say_grantable(struct imapsrv_op *op, uint32_t always, const uint32_t *tied, size_t count);
int ts_say_url_token(struct imapsrv_op *op, const void *token, size_t len);
int ts_say_url_mechanism(struct imapsrv_op *op, const char *mechanism, const void *data, size_t len);
int ts_say_done(struct imapsrv_op *op, enum imapsrv_code code, const char *text);

#ifndef TEST_HOST_HONEST
#define imapsrv_op_account       ts_say_account
#define imapsrv_op_name          ts_say_name
#define imapsrv_op_mailbox       ts_say_mailbox
#define imapsrv_op_uids          ts_say_uids
#define imapsrv_op_row           ts_say_row
#define imapsrv_op_lend          ts_say_lend
#define imapsrv_op_pull          ts_say_pull
#define imapsrv_op_bytes         ts_say_bytes
#define imapsrv_op_append        ts_say_append
#define imapsrv_op_appended      ts_say_appended
#define imapsrv_op_copied        ts_say_copied
#define imapsrv_op_mailboxid     ts_say_mailboxid
#define imapsrv_op_order         ts_say_order
#define imapsrv_op_thread        ts_say_thread
#define imapsrv_op_found         ts_say_found
#define imapsrv_op_status        ts_say_status
#define imapsrv_op_modseq        ts_say_modseq
#define imapsrv_op_challenge     ts_say_challenge
#define imapsrv_op_entry         ts_say_entry
#define imapsrv_op_annotation    ts_say_annotation
#define imapsrv_op_quota         ts_say_quota
#define imapsrv_op_keys          ts_say_keys
#define imapsrv_op_rights        ts_say_rights
#define imapsrv_op_acl           ts_say_acl
#define imapsrv_op_grantable     ts_say_grantable
#define imapsrv_op_url_token     ts_say_url_token
#define imapsrv_op_url_mechanism ts_say_url_mechanism
#define imapsrv_op_done          ts_say_done
#endif

#endif
