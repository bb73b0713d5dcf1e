/* SPDX-License-Identifier: MIT */
/* Values go out as the host gives them: a window of them is held, never all
 * (session/annotations). */
#include "command/fetch_annotation.h"

#include "base/entry.h"
#include "command/fetch_line.h"

static uint32_t values_of(const struct imapsrv_session *s, uint32_t attribs)
{
	uint32_t values = 0;

	if (attribs & (ISRV_ANNOTATE_VALUE_PRIV | ISRV_ANNOTATE_SIZE_PRIV))
		values |= IMAPSRV_ANNOTATION_PRIV;
	if (attribs & (ISRV_ANNOTATE_VALUE_SHARED | ISRV_ANNOTATE_SIZE_SHARED))
		values |= IMAPSRV_ANNOTATION_SHARED;
	/* RFC 5257 4.1: "servers should return the attribute value in the FETCH response as NIL" */
	if (s->view->annotations & IMAPSRV_ANNOTATIONS_NOPRIVATE)
		values &= ~(uint32_t)IMAPSRV_ANNOTATION_PRIV;
	return s->view->annotations & IMAPSRV_ANNOTATIONS_NONE ? 0 : values;
}

void isrv_fetch_annotation_begin(struct imapsrv_session *s, struct isrv_fetch_annotation *x,
                                 struct imapsrv_set uids)
{
	static const struct imapsrv_set none = {NULL, 0};

	x->list.entries = x->ask->entries;
	x->list.entry_count = x->ask->count;
	x->list.values = values_of(s, x->ask->attribs);
	x->named = 0;
	isrv_annotations_begin(s, &x->list, s->view->handle, x->list.values ? uids : none);
}

void isrv_fetch_annotation_clear(struct imapsrv_session *s, struct isrv_fetch_annotation *x)
{
	isrv_annotations_clear(s, &x->list);
}

static void put_size(struct isrv_writer *w, struct imapsrv_span value)
{
	ISRV_W(w, "\"");
	isrv_w_u64(w, value.len);
	ISRV_W(w, "\"");
}

/* entry-att = entry SP "(" att-value *(SP att-value) ")" */
static void put_entry(struct imapsrv_session *s, struct isrv_fetch_annotation *x,
                      const struct imapsrv_annotation *is, bool *first)
{
	static const char *const names[] = {"value.priv ", "value.shared ", "size.priv ",
	                                    "size.shared "};
	struct isrv_writer *w = &s->w;
	bool inner = true;

	if (!x->open) {
		isrv_fetch_separate(w, first);
		ISRV_W(w, "ANNOTATION (");
	} else {
		ISRV_W(w, " ");
	}
	x->open = true;
	isrv_w_astring(w, is->entry.data, is->entry.len);
	ISRV_W(w, " (");
	for (unsigned i = 0; i < 4; i++) {
		struct imapsrv_span value = i & 1 ? is->shared : is->priv;

		if (!(x->ask->attribs >> i & 1))
			continue;
		isrv_fetch_separate(w, &inner);
		isrv_w_cstr(w, names[i]);
		if (i < 2)
			isrv_w_value(w, value.data, value.len);
		else
			put_size(w, value);
	}
	ISRV_W(w, ")");
	s->steps++;
}

/* Those that were named and were to come before this one do not exist. */
static void put_missing(struct imapsrv_session *s, struct isrv_fetch_annotation *x,
                        const struct imapsrv_span *before, bool *first)
{
	while (x->named < x->ask->name_count) {
		struct imapsrv_annotation none = {.entry = x->ask->names[x->named]};
		int order = before ? isrv_entry_compare(none.entry, *before) : -1;

		if (order > 0)
			return;
		x->named++;
		if (order < 0)
			put_entry(s, x, &none, first);
	}
}

enum isrv_step isrv_fetch_put_annotation(struct imapsrv_session *s, struct isrv_fetch_annotation *x,
                                         uint32_t uid, bool *first)
{
	struct imapsrv_annotation is;
	bool there = true;

	while (there) {
		enum isrv_step step;

		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		step = isrv_annotations_next(s, &x->list, uid, &is, &there);
		if (step != ISRV_DONE || s->error)
			return step;
		if (!x->list.refused)
			put_missing(s, x, there ? &is.entry : NULL, first);
		if (there)
			put_entry(s, x, &is, first);
	}
	if (x->open)
		ISRV_W(&s->w, ")");
	x->open = false;
	x->named = 0;
	return ISRV_DONE;
}
