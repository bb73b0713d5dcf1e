/* SPDX-License-Identifier: MIT */
/*
 * session/op_messages - answers about messages: which there are, what is known of them, their
 * octets, which were found, and what became of those that were added, copied or removed.
 */
#include "base/annotation.h"
#include "base/told.h"
#include "base/uidset.h"
#include "base/utf8.h"
#include "session/modseq.h"
#include "session/op_answer.h"

int imapsrv_op_uids(struct imapsrv_op *op, struct imapsrv_set uids)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_UIDS) | ISRV_OP_BIT(ISRV_OP_EXPUNGE)))
		return IMAPSRV_ESTATE;
	if (!isrv_uidset_is_valid(uids))
		return isrv_op_nonsense(op, "UIDs that are not in ascending order");
	return uids.count ? isrv_op_deliver(op, &uids) : 0;
}

/* ---- rows ---------------------------------------------------------------------------------- */

#define CHECKED                                                                                    \
	(uint32_t)(IMAPSRV_FACT_MODSEQ | IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID |            \
	           IMAPSRV_FACT_PREVIEW | IMAPSRV_FACT_DESCRIPTION)

/* At most 200 characters of UTF-8 (RFC 8970 3.1). */
static bool is_preview(struct imapsrv_span text)
{
	size_t characters = 0;

	if (!isrv_op_is_span(text) || !isrv_utf8_valid(text.data, text.len))
		return false;
	for (size_t i = 0; i < text.len && characters <= 200; i++)
		characters += ((unsigned char)text.data[i] & 0xc0) != 0x80;
	return characters <= 200;
}

/* Which facts cannot be as the host tells them: reported, and not used. */
static uint32_t nonsensical(struct imapsrv_session *s, const struct imapsrv_row *row)
{
	uint32_t not = 0;

	if (row->facts & IMAPSRV_FACT_MODSEQ && !isrv_modseq_is(row->modseq)) {
		isrv_session_fault(s, "a modification sequence that is 0 or above 2^63-1");
		not |= IMAPSRV_FACT_MODSEQ;
	}
	if (row->facts & IMAPSRV_FACT_PREVIEW && !is_preview(row->preview)) {
		isrv_session_fault(s,
		                   "a preview that is not UTF-8, or of more than 200 characters");
		not |= IMAPSRV_FACT_PREVIEW;
	}
	if (row->facts & IMAPSRV_FACT_DESCRIPTION && !isrv_op_is_span(row->description)) {
		isrv_session_fault(s, "a description that is not there");
		not |= IMAPSRV_FACT_DESCRIPTION;
	}
	if (row->facts & IMAPSRV_FACT_EMAILID && !isrv_op_has_objectid(s, row->emailid))
		not |= IMAPSRV_FACT_EMAILID;
	if (row->facts & IMAPSRV_FACT_THREADID && !isrv_op_has_objectid(s, row->threadid))
		not |= IMAPSRV_FACT_THREADID;
	return not;
}

static inline int deliver_row(struct imapsrv_session *s, const struct imapsrv_row *row)
{
	isrv_op_begin_answer(s);
	s->ops.sink(s, s->ops.sink_ctx, row);
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return s->error;
}

/* A row with facts that may not be as they should. */
static int deliver_checked(struct imapsrv_session *s, const struct imapsrv_row *row)
{
	uint32_t not = nonsensical(s, row);
	bool keywords = isrv_op_has_keywords(s, row->flags.keywords, row->flags.keyword_count);
	struct imapsrv_row copy;

	if (!not && keywords)
		return deliver_row(s, row);
	isrv_told_row(&copy, row);
	copy.facts &= ~not;
	copy.flags.keyword_count = keywords ? copy.flags.keyword_count : 0;
	return deliver_row(s, &copy);
}

int imapsrv_op_row(struct imapsrv_op *op, const struct imapsrv_row *row)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_FETCH) | ISRV_OP_BIT(ISRV_OP_STORE)))
		return IMAPSRV_ESTATE;
	if (!row || !row->uid)
		return isrv_op_nonsense(op, "a row without a UID");
	return row->facts & CHECKED || row->flags.keyword_count
	               ? deliver_checked(isrv_op_session(op), row)
	               : deliver_row(isrv_op_session(op), row);
}

int imapsrv_op_annotation(struct imapsrv_op *op, uint32_t uid,
                          const struct imapsrv_annotation *annotation)
{
	struct imapsrv_annotation copy;
	struct isrv_op_annotation answer = {uid, &copy};
	uint32_t max;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_ANNOTATIONS)))
		return IMAPSRV_ESTATE;
	if (!uid || !annotation || !isrv_op_is_span(annotation->entry) ||
	    !isrv_annotation_is_name(annotation->entry))
		return isrv_op_nonsense(op,
			"an annotation without a UID, or without a name that can be one");
	copy = *annotation;
	if (!(copy.given & IMAPSRV_ANNOTATION_PRIV) || !copy.priv.data)
		copy.priv = (struct imapsrv_span){NULL, 0};
	if (!(copy.given & IMAPSRV_ANNOTATION_SHARED) || !copy.shared.data)
		copy.shared = (struct imapsrv_span){NULL, 0};
	max = isrv_op_session(op)->engine->limits.annotation;
	if (copy.priv.len > max || copy.shared.len > max)
		return isrv_op_nonsense(op,
			"the value of an annotation is longer than limits.annotation");
	return isrv_op_deliver(op, &answer);
}

/* ---- octets -------------------------------------------------------------------------------- */

/* The handle of one that makes no sense stays the host's. */
static int deliver_body(struct imapsrv_op *op, const struct isrv_op_body *body)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_BODY)))
		return IMAPSRV_ESTATE;
	if (body->octets > INT64_MAX) /* number64 (RFC 9051 9) */
		return isrv_op_nonsense(op, "a body of more than 2^63-1 octets");
	if (body->eol != IMAPSRV_EOL_CRLF && body->eol != IMAPSRV_EOL_LF)
		return isrv_op_nonsense(op, "a body with lines that end in no way that there is");
	return isrv_op_deliver(op, body);
}

int imapsrv_op_lend(struct imapsrv_op *op, const void *data, size_t len, enum imapsrv_eol eol,
                    void *body)
{
	struct isrv_op_body answer = {data ? data : "", len, eol, body};

	/* Nothing in memory is larger than PTRDIFF_MAX. */
	if (((!data && len) || len > PTRDIFF_MAX) &&
	    isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_BODY)))
		return isrv_op_nonsense(op, "a body that is not there");
	return deliver_body(op, &answer);
}

int imapsrv_op_pull(struct imapsrv_op *op, uint64_t octets, enum imapsrv_eol eol, void *body)
{
	struct isrv_op_body answer = {NULL, octets, eol, body};

	return deliver_body(op, &answer);
}

int imapsrv_op_bytes(struct imapsrv_op *op, const void *data, size_t len)
{
	struct imapsrv_span span = {data, len};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_BODY_READ)))
		return IMAPSRV_ESTATE;
	if (!isrv_op_is_span(span))
		return isrv_op_nonsense(op, "octets of a body that are not there");
	if (len > isrv_op_session(op)->ops.max)
		return isrv_op_nonsense(op, "more octets of a body than were asked for");
	isrv_op_session(op)->ops.max -= (uint32_t)len;
	return len ? isrv_op_deliver(op, &span) : 0;
}

/* ---- added, copied, removed ---------------------------------------------------------------- */

int imapsrv_op_append(struct imapsrv_op *op, void *append)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_APPEND_BEGIN)))
		return IMAPSRV_ESTATE;
	return isrv_op_deliver(op, append);
}

int imapsrv_op_appended(struct imapsrv_op *op, uint32_t uidvalidity, struct imapsrv_set uids)
{
	struct isrv_op_uids answer = {uidvalidity, {NULL, 0}, uids};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_APPEND_FINISH) | ISRV_OP_BIT(ISRV_OP_REPLACE)))
		return IMAPSRV_ESTATE;
	if (!isrv_uidset_is_valid(uids))
		return isrv_op_nonsense(op, "UIDs that are not in ascending order");
	return isrv_op_deliver(op, &answer);
}

int imapsrv_op_copied(struct imapsrv_op *op, uint32_t uidvalidity, struct imapsrv_set from,
                      struct imapsrv_set to)
{
	struct isrv_op_uids answer = {uidvalidity, from, to};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_COPY)))
		return IMAPSRV_ESTATE;
	if (!isrv_uidset_is_valid(from) || !isrv_uidset_is_valid(to) ||
	    isrv_uidset_size(from) != isrv_uidset_size(to))
		return isrv_op_nonsense(op,
			"copied UIDs that are not ascending or not as many on both sides");
	return isrv_op_deliver(op, &answer);
}

int imapsrv_op_modseq(struct imapsrv_op *op, uint64_t highest_modseq)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_EXPUNGE) | ISRV_OP_BIT(ISRV_OP_COPY) |
	                                 ISRV_OP_BIT(ISRV_OP_REPLACE)))
		return IMAPSRV_ESTATE;
	if (!isrv_modseq_is(highest_modseq))
		return isrv_op_nonsense(op, "a modification sequence that is 0 or above 2^63-1");
	isrv_op_session(op)->result.modseq = highest_modseq;
	return 0;
}

/* ---- found --------------------------------------------------------------------------------- */

int imapsrv_op_order(struct imapsrv_op *op, const uint32_t *uids, size_t count)
{
	struct isrv_op_order answer = {uids, count};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_SORT)))
		return IMAPSRV_ESTATE;
	if (!uids && count)
		return isrv_op_nonsense(op, "an order that is not there");
	return count ? isrv_op_deliver(op, &answer) : 0;
}

int imapsrv_op_thread(struct imapsrv_op *op, const struct imapsrv_thread_member *members,
                      size_t count)
{
	struct isrv_op_thread answer = {members, count};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_THREAD)))
		return IMAPSRV_ESTATE;
	if (!members && count)
		return isrv_op_nonsense(op, "threads that are not there");
	return count ? isrv_op_deliver(op, &answer) : 0;
}

int imapsrv_op_found(struct imapsrv_op *op, const struct imapsrv_search_node *node,
                     struct imapsrv_set matches, struct imapsrv_set candidates)
{
	struct isrv_op_found answer = {.node = node, .matches = matches, .candidates = candidates};
	int error;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_SEARCH)))
		return IMAPSRV_ESTATE;
	answer.broken = !isrv_uidset_is_valid(matches) || !isrv_uidset_is_valid(candidates);
	if (answer.broken)
		isrv_session_fault(isrv_op_session(op), "UIDs that are not in ascending order");
	error = isrv_op_deliver(op, &answer);
	return answer.broken && !error ? IMAPSRV_EINVAL : error;
}

int imapsrv_op_relevancy(struct imapsrv_op *op, uint32_t uid, unsigned percent)
{
	struct isrv_op_found answer = {.uid = uid, .relevancy = (uint8_t)percent};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_SEARCH)))
		return IMAPSRV_ESTATE;
	if (!uid || percent < 1 || percent > 100)
		return isrv_op_nonsense(op, "a relevancy that is not 1 to 100, or of UID 0");
	return isrv_op_deliver(op, &answer);
}
