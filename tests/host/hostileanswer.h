/* SPDX-License-Identifier: MIT */
/*
 * host/hostileanswer - what the parts of host/hostile share: an answer as a structure, so that it can be
 * given later, twice, or changed first.  hostile.c plays the tricks; hostileshape.c knows the answers
 * that are structures, hostilevalue.c the others.
 */
#ifndef TEST_HOST_HOSTILEANSWER_H
#define TEST_HOST_HOSTILEANSWER_H

#define TEST_HOST_HONEST
#include "host/teststore.h"

/* All that any answer has. */
struct ts_answer {
	const char *kind;
	bool ends; /* it is the end of the op */
	int (*give)(struct imapsrv_op *op, const struct ts_answer *a);
	const void *data; /* or the structure; NULL is given as such */
	size_t len;
	const char *text;
	void *handle;
	uint64_t number;
	enum imapsrv_eol eol;
	struct imapsrv_set set, second;
	/* The structure, to be changed. */
	union {
		struct imapsrv_account account;
		struct imapsrv_name name;
		struct imapsrv_mailbox mailbox;
		struct imapsrv_row row;
		struct imapsrv_status status;
		struct imapsrv_entry entry;
		struct imapsrv_annotation annotation;
		struct imapsrv_quota_root quota;
		struct imapsrv_scram_keys keys;
		struct imapsrv_acl_entry acl;
	} u;
	struct imapsrv_span second_text[2];
	void (*spoil)(struct ts_answer *a, enum ts_trick trick);
};

extern const char ts_odd_text[19];
extern char ts_long_text[100000];

/* What a trick makes of a part of an answer. */
struct imapsrv_span ts_spoiled_text(struct imapsrv_span text, enum ts_trick trick);
uint64_t ts_spoiled_number(uint64_t n, enum ts_trick trick);
uint32_t ts_spoiled_word(uint32_t n, enum ts_trick trick);
struct imapsrv_set ts_spoiled_set(struct imapsrv_set set, enum ts_trick trick);
/* Posts events of every kind to the session. */
void ts_post_everything(struct ts_link *link);
/* Gives it, or plays the trick that it is the turn of. */
int ts_say(struct imapsrv_op *op, struct ts_answer *a);

#endif
