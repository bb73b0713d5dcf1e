/* SPDX-License-Identifier: MIT */
/* What a host tells is held to the order that imapsrv/annotate.h asks for: what runs backwards is
 * passed over, so that a message is never told an entry twice. */
#include "session/annotations.h"

#include "base/annotation.h"
#include "base/entry.h"

struct row {
	uint32_t uid;
	size_t entry; /* offsets and lengths */
	size_t entry_len;
	bool has[2];
	size_t value[2];
	size_t len[2];
};

static struct row *rows(const struct isrv_annotations *x)
{
	return (struct row *)(void *)x->rows.data;
}

static size_t count(const struct isrv_annotations *x)
{
	return x->rows.len / sizeof(struct row);
}

static struct imapsrv_set uids(const struct isrv_annotations *x)
{
	return (struct imapsrv_set){(struct imapsrv_range *)(void *)x->ranges.data,
	                            x->ranges.len / sizeof(struct imapsrv_range)};
}

void isrv_annotations_begin(struct imapsrv_session *s, struct isrv_annotations *x, void *mailbox,
                            struct imapsrv_set set)
{
	x->ranges.max = x->rows.max = x->text.max = x->last.max = x->before.max = SIZE_MAX;
	x->ranges.len = x->rows.len = x->text.len = 0;
	x->mailbox = mailbox;
	x->last_uid = 0;
	x->at = 0;
	x->refused = x->open = false;
	x->more = set.count != 0;
	if (!isrv_buf_add(&x->ranges, &s->mem, set.ranges, set.count * sizeof(*set.ranges)))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

void isrv_annotations_clear(struct imapsrv_session *s, struct isrv_annotations *x)
{
	isrv_buf_clear(&x->ranges, &s->mem);
	isrv_buf_clear(&x->rows, &s->mem);
	isrv_buf_clear(&x->text, &s->mem);
	isrv_buf_clear(&x->last, &s->mem);
	isrv_buf_clear(&x->before, &s->mem);
}

/* ---- asking -------------------------------------------------------------------------------- */

static struct imapsrv_span last(const struct isrv_annotations *x)
{
	const struct isrv_buf *name = x->taken ? &x->last : &x->before;

	return (struct imapsrv_span){name->data, name->len};
}

static struct imapsrv_annotate_get question(const struct isrv_annotations *x)
{
	struct imapsrv_annotate_get q = {x->mailbox, uids(x), x->entries, x->entry_count, x->values,
	                                 {NULL, 0}};

	if (x->last_uid && isrv_uidset_min(q.uids) == x->last_uid)
		q.after = last(x);
	return q;
}

/* Is it behind what was taken before? */
static bool is_new(const struct isrv_annotations *x, uint32_t uid, struct imapsrv_span entry)
{
	if (uid != x->last_uid)
		return uid > x->last_uid;
	return isrv_entry_compare(entry, last(x)) > 0;
}

static bool keep_value(struct imapsrv_session *s, struct isrv_annotations *x, struct row *row,
                       unsigned which, struct imapsrv_span value)
{
	row->has[which] = value.data != NULL;
	row->value[which] = x->text.len;
	row->len[which] = value.len;
	return isrv_buf_add(&x->text, &s->mem, value.data, value.len);
}

static bool keep(struct imapsrv_session *s, struct isrv_annotations *x, uint32_t uid,
                 const struct imapsrv_annotation *is)
{
	static const struct imapsrv_span none = {NULL, 0};
	struct row row = {.uid = uid, .entry = x->text.len, .entry_len = is->entry.len};

	x->last.len = 0;
	x->last_uid = uid;
	return isrv_buf_add(&x->last, &s->mem, is->entry.data, is->entry.len) &&
	       isrv_buf_add(&x->text, &s->mem, is->entry.data, is->entry.len) &&
	       keep_value(s, x, &row, 0, x->values & IMAPSRV_ANNOTATION_PRIV ? is->priv : none) &&
	       keep_value(s, x, &row, 1,
	                  x->values & IMAPSRV_ANNOTATION_SHARED ? is->shared : none) &&
	       isrv_buf_add(&x->rows, &s->mem, &row, sizeof(row));
}

static void take(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct isrv_op_annotation *told = answer;
	const struct imapsrv_annotation *is = told->is;
	struct isrv_annotations *x = ctx;
	struct imapsrv_annotate_get q = question(x);

	if (x->more || s->error || !isrv_uidset_has(q.uids, told->uid))
		return;
	if (!is_new(x, told->uid, is->entry)) {
		if (x->taken)
			isrv_op_pass_over(s, "annotations that do not ascend");
		return;
	}
	s->steps += x->entry_count;
	if (!((x->values & IMAPSRV_ANNOTATION_PRIV && is->priv.data) ||
	      (x->values & IMAPSRV_ANNOTATION_SHARED && is->shared.data)) ||
	    !imapsrv_annotate_wants(&q, is->entry))
		return;
	x->more = x->text.len >= s->engine->limits.output;
	if (x->more)
		return;
	x->taken = true;
	if (!keep(s, x, told->uid, is))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

/* Of the messages from this one on, of which there is at least one. */
static void ask(struct imapsrv_session *s, struct isrv_annotations *x, uint32_t uid)
{
	struct imapsrv_set left = uids(x);
	size_t i = isrv_uidset_seek(left, uid);
	struct imapsrv_annotate_get q;
	struct imapsrv_range *first;

	x->rows.len = x->text.len = x->at = 0;
	/* The host looks at the name while it answers: what is taken then goes elsewhere. */
	if (x->taken) {
		struct isrv_buf spare = x->before;

		x->before = x->last;
		x->last = spare;
	}
	x->more = x->taken = false;
	if (i) {
		x->ranges.len -= i * sizeof(*left.ranges);
		memmove(x->ranges.data, left.ranges + i, x->ranges.len);
	}
	first = (struct imapsrv_range *)(void *)x->ranges.data;
	if (first->first < uid)
		first->first = uid;
	q = question(x);
	x->open = true;
	ISRV_ASK(s, ISRV_OP_ANNOTATIONS, annotate, get, &q, take, x);
}

/* ---- handing on ---------------------------------------------------------------------------- */

static struct imapsrv_span span(const struct isrv_annotations *x, const struct row *row,
                                unsigned which)
{
	struct imapsrv_span value = {NULL, 0};

	if (row->has[which])
		value = (struct imapsrv_span){x->text.data + row->value[which], row->len[which]};
	return value;
}

static void give(const struct isrv_annotations *x, const struct row *row,
                 struct imapsrv_annotation *is_r)
{
	is_r->entry = (struct imapsrv_span){x->text.data + row->entry, row->entry_len};
	is_r->given = x->values;
	is_r->priv = span(x, row, 0);
	is_r->shared = span(x, row, 1);
}

/* The host has answered. */
static void answered(struct imapsrv_session *s, struct isrv_annotations *x)
{
	x->open = false;
	if (s->result.code == IMAPSRV_OK)
		return;
	x->refused = true;
	x->rows.len = 0;
	x->more = false;
}

enum isrv_step isrv_annotations_ready(struct imapsrv_session *s, struct isrv_annotations *x,
                                      uint32_t uid)
{
	for (;;) {
		if (x->open && !isrv_answered(s))
			return ISRV_HOST;
		if (x->open)
			answered(s, x);
		while (x->at < count(x) && rows(x)[x->at].uid < uid)
			x->at++;
		if (x->at < count(x) || !x->more || s->error || uid > isrv_uidset_max(uids(x)))
			return ISRV_DONE;
		ask(s, x, uid);
	}
}

enum isrv_step isrv_annotations_next(struct imapsrv_session *s, struct isrv_annotations *x,
                                     uint32_t uid, struct imapsrv_annotation *is_r, bool *there_r)
{
	enum isrv_step step = isrv_annotations_ready(s, x, uid);

	*there_r = step == ISRV_DONE && !s->error && x->at < count(x) && rows(x)[x->at].uid == uid;
	if (*there_r)
		give(x, &rows(x)[x->at++], is_r);
	return step;
}
