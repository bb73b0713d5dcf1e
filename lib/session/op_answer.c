/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "session/op_answer.h"

#include "base/objectid.h"
#include "wire/chars.h"

bool isrv_op_unexpected(struct imapsrv_op *op)
{
	if (op)
		isrv_session_fault(isrv_op_session(op),
		                   op->kind & ISRV_OP_ANY
		                           ? "an op was given an answer of the wrong kind"
		                           : "an op was answered that is not open");
	return false;
}

int isrv_op_nonsense(struct imapsrv_op *op, const char *what)
{
	isrv_session_fault(isrv_op_session(op), what);
	return IMAPSRV_EINVAL;
}

int isrv_op_deliver(struct imapsrv_op *op, const void *answer)
{
	struct imapsrv_session *s = isrv_op_session(op);

	isrv_op_begin_answer(s);
	s->ops.passed = false;
	if (s->ops.sink)
		s->ops.sink(s, s->ops.sink_ctx, answer);
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return s->ops.passed && !s->error ? IMAPSRV_EINVAL : s->error;
}

bool isrv_op_has_objectid(struct imapsrv_session *s, struct imapsrv_span id)
{
	if (!s->engine->store.objectids)
		return false;
	if (isrv_op_is_span(id) && isrv_objectid_is(id))
		return true;
	isrv_session_fault(s, "an object identifier that is not 1 to 255 of A-Z a-z 0-9 _ -");
	return false;
}

bool isrv_op_has_keywords(struct imapsrv_session *s, const struct imapsrv_span *keywords,
                          size_t count)
{
	bool all = keywords || !count;

	for (size_t i = 0; i < count && all; i++) {
		size_t len = keywords[i].len;

		all = isrv_op_is_span(keywords[i]);
		if (all && (!len || isrv_char_span(keywords[i].data, len, ISRV_CHAR_ATOM) != len)) {
			isrv_session_fault(s, "a keyword that is not an atom");
			return true;
		}
	}
	if (!all)
		isrv_session_fault(s, "keywords that are not there");
	return all;
}
