/* SPDX-License-Identifier: MIT */
/*
 * session/op - a question to the host, from asking to its end: done, or cancelled; and what any
 * question may be answered with: a code, a text, a referral.  Answers to some kinds of questions
 * only are in op_mailboxes.c and op_messages.c.
 */
#include <string.h>

#include "session/access.h"
#include "session/op_answer.h"
#include "session/referral.h"

struct imapsrv_op *isrv_op_begin(struct imapsrv_session *s, enum isrv_op_kind kind, isrv_sink *sink,
                                 void *ctx)
{
	struct isrv_ops *ops = &s->ops;
	struct imapsrv_op *op;

	ops->last = (uint8_t)((ops->last + 1) % ISRV_OP_SLOTS);
	op = &ops->slots[ops->last];
	op->kind = ISRV_OP_BIT(kind);
	op->session = (int32_t)((intptr_t)s - (intptr_t)op);
	ops->state = ISRV_OP_OPEN_NOW;
	ops->data = NULL;
	ops->max = 0;
	ops->sink = sink;
	ops->sink_ctx = ctx;
	s->result.code = s->result.denied = IMAPSRV_OK;
	s->result.text = "";
	if (s->ops.referral)
		isrv_referral_forget(s);
	s->result.referral = NULL;
	s->result.modseq = 0;
	s->in_callback++;
	/* Into how many pieces a message that is appended was cut is not the session's work: its
	 * octets are counted. */
	if (kind != ISRV_OP_APPEND_DATA)
		s->steps++;
	return op;
}

void isrv_op_called(struct imapsrv_session *s)
{
	s->in_callback--;
}

void isrv_op_cancel(struct imapsrv_session *s)
{
	struct imapsrv_op *op = &s->ops.slots[s->ops.last];

	if (s->ops.state != ISRV_OP_OPEN_NOW)
		return;
	s->ops.state = ISRV_OP_NONE;
	op->kind = ISRV_OP_CANCELLED;
	if (s->engine->store.cancel) {
		s->in_callback++;
		s->engine->store.cancel(s->user, op);
		s->in_callback--;
	} else {
		isrv_session_fault(s, "an op was not answered, and there is no cancel callback");
	}
	op->kind = 0;
}

void isrv_op_pass_over(struct imapsrv_session *s, const char *what)
{
	isrv_session_fault(s, what);
	s->ops.passed = true;
}

static void keep_text(struct imapsrv_session *s, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (!len)
		return;
	if (!s->ops.text)
		s->ops.text = isrv_mem_alloc(&s->mem, ISRV_RESULT_TEXT);
	if (!s->ops.text) {
		isrv_op_begin_line(s);
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	if (len >= ISRV_RESULT_TEXT)
		len = ISRV_RESULT_TEXT - 1;
	memcpy(s->ops.text, text, len);
	s->ops.text[len] = '\0';
	s->result.text = s->ops.text;
}

void isrv_op_trim(struct imapsrv_session *s)
{
	if (s->ops.state == ISRV_OP_OPEN_NOW)
		return;
	isrv_mem_free(&s->mem, s->ops.text, ISRV_RESULT_TEXT);
	s->ops.text = NULL;
	s->result.text = "";
	isrv_referral_forget(s);
	s->result.referral = NULL;
}

const char *isrv_op_keep_text(struct imapsrv_session *s, const char *text)
{
	size_t size = strlen(text) + 1;
	char *kept = isrv_arena_zalloc_over(&s->arena, size);

	if (!kept) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return "";
	}
	return memcpy(kept, text, size);
}

struct isrv_result isrv_op_keep_result(struct imapsrv_session *s)
{
	struct isrv_result kept = s->result;

	if (kept.text[0])
		kept.text = isrv_op_keep_text(s, kept.text);
	if (kept.referral)
		kept.referral = isrv_op_keep_text(s, kept.referral);
	return kept;
}

int imapsrv_op_done(struct imapsrv_op *op, enum imapsrv_code code, const char *text)
{
	struct imapsrv_session *s;

	if (!isrv_op_expects(op, ISRV_OP_ANY))
		return IMAPSRV_ESTATE;
	s = isrv_op_session(op);
	if (!isrv_code_is(code)) {
		isrv_session_fault(s, "an op was ended with a code that there is not");
		code = IMAPSRV_SERVERBUG;
	}
	if (code == IMAPSRV_OK)
		code = s->result.denied;
	/* One that is hidden is spoken of in the same words as one that does not exist. */
	if (code == IMAPSRV_NONEXISTENT && isrv_access_is_kept(s))
		text = NULL;
	s->result.code = code;
	keep_text(s, text);
	s->ops.state = ISRV_OP_ANSWERED;
	op->kind = 0;
	return s->error;
}

int imapsrv_op_referral(struct imapsrv_op *op, struct imapsrv_span url)
{
	struct imapsrv_session *s;
	int error;

	if (!isrv_op_expects(op, ISRV_OP_ANY))
		return IMAPSRV_ESTATE;
	s = isrv_op_session(op);
	isrv_op_begin_answer(s);
	error = isrv_referral_add(s, url);
	if (error == IMAPSRV_ENOMEM)
		isrv_session_fail(s, error);
	else if (error)
		isrv_session_fault(s, "a referral that cannot be told");
	return error;
}

struct imapsrv_session *imapsrv_op_session(const struct imapsrv_op *op)
{
	return isrv_op_session(op);
}

void imapsrv_op_set_data(struct imapsrv_op *op, void *data)
{
	/* What is open now may be another question. */
	if (op->kind)
		isrv_op_session(op)->ops.data = data;
	else
		(void)isrv_op_unexpected(op);
}

void *imapsrv_op_get_data(const struct imapsrv_op *op)
{
	const struct isrv_ops *ops = &isrv_op_session(op)->ops;

	return op == &ops->slots[ops->last] ? ops->data : NULL;
}
