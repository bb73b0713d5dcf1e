/* SPDX-License-Identifier: MIT */
/*
 * See the header.  ENVELOPE, structure and sections come from the message's description: the
 * host's, if it kept one, else made here in one pass over the octets.  Which rows come here, and
 * what becomes of a failure, fetch.c knows.
 */
#include "command/fetch_read.h"

#include "command/fetch_describe.h"
#include "mailbox/view.h"

enum {
	AT_OPEN, /* between two messages, too */
	AT_DESCRIBE,
	AT_MEASURE,
	AT_CHECK, /* that sections can be decoded */
	AT_PREVIEW,
	AT_ANNOTATION,
	AT_SECTION
};

bool isrv_fetch_reader_init(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                            const struct isrv_fetch_items *items)
{
	if (items->section_count) {
		r->output = isrv_arena_zalloc(&s->arena, sizeof(*r->output));
		if (!r->output)
			return false;
		isrv_fetch_output_init(r->output, s->engine->limits.arena);
	}
	if (items->shows & ISRV_FETCH_PREVIEW) {
		r->preview = isrv_arena_zalloc(&s->arena, sizeof(*r->preview));
		if (!r->preview)
			return false;
	}
	if (items->annotation) {
		r->annotation = isrv_arena_zalloc(&s->arena, sizeof(*r->annotation));
		if (!r->annotation)
			return false;
		r->annotation->ask = items->annotation;
	}
	return true;
}

static void close_message(struct imapsrv_session *s, struct isrv_fetch_reader *r)
{
	isrv_body_close(s, &r->message.body);
	isrv_structure_free(r->structure);
	r->structure = NULL;
	r->message.described = false;
	if (r->preview)
		isrv_fetch_preview_clear(r->preview);
}

void isrv_fetch_reader_clear(struct imapsrv_session *s, struct isrv_fetch_reader *r)
{
	close_message(s, r);
	if (r->annotation)
		isrv_fetch_annotation_clear(s, r->annotation);
	if (r->output)
		isrv_fetch_output_clear(r->output, &s->mem);
}

/* ---- the end of a message ------------------------------------------------------------------ */

static void finish(struct imapsrv_session *s, struct isrv_fetch_reader *r)
{
	close_message(s, r);
	r->at = AT_OPEN;
}

static void note_failure(struct imapsrv_session *s, struct isrv_fetch_reader *r)
{
	if (s->result.code == IMAPSRV_EXPUNGEISSUED || s->result.code == IMAPSRV_NONEXISTENT)
		r->missing = true;
	else if (r->failure.code == IMAPSRV_OK)
		r->failure = isrv_op_keep_result(s);
}

/* The message cannot be had: nothing of it has been written yet.  If \Seen was set, its flags
 * are told later. */
static void skip(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                 const struct isrv_fetch_line *l, uint32_t uid)
{
	struct imapsrv_range one = {uid, uid};

	if (l->seen.count && isrv_uidset_has(isrv_uidset_view(&l->seen), uid))
		isrv_view_post_changed(s->view, &s->mem, (struct imapsrv_set){&one, 1});
	note_failure(s, r);
	finish(s, r);
}

/* ---- its line ------------------------------------------------------------------------------ */

/* What the row and the description say, and then whatever r->at is. */
static void begin_line(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                       struct isrv_fetch_line *l, const struct imapsrv_row *row,
                       const struct isrv_description *d)
{
	isrv_session_begin_line(s);
	r->at_section = 0;
	r->at = r->annotation ? AT_ANNOTATION : AT_SECTION;
	if (isrv_fetch_line_begin(s, l, isrv_nummap_seq(&s->view->map, row->uid), row, d))
		r->at = AT_PREVIEW;
}

/* False: there has to be another turn for it. */
static bool may_find(struct imapsrv_session *s, const struct isrv_fetch_message *m,
                     const struct isrv_fetch_section *section)
{
	if (isrv_session_turn_over(s))
		return false;
	s->steps += isrv_fetch_finding(m, section);
	return true;
}

/* DONE: begins its line, or leaves it out. */
static enum isrv_step begin_message(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                                    struct isrv_fetch_line *l, struct imapsrv_row *row)
{
	const struct isrv_fetch_message *m = &r->message;

	for (; r->at_section < l->items->section_count; r->at_section++) {
		const struct isrv_fetch_section *section = &l->items->sections[r->at_section];

		if (!isrv_fetch_is_binary(section))
			continue;
		if (!may_find(s, m, section))
			return ISRV_YIELD;
		if (!isrv_fetch_can_decode(m, section)) {
			/* RFC 3516 4.3: an encoding that nobody knows is said in the tagged NO. */
			s->result.code = IMAPSRV_UNKNOWN_CTE;
			skip(s, r, l, row->uid);
			return ISRV_DONE;
		}
	}
	row->facts |= IMAPSRV_FACT_SIZE;
	/* What BODY[] shows decides: the two must agree. */
	row->octets = m->body.measured ? m->body.wire : row->octets;
	begin_line(s, r, l, row, m->described ? &m->description : NULL);
	return ISRV_DONE;
}

/* What the host refuses is left out, and said in the tagged line. */
static enum isrv_step put_annotation(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                                     struct isrv_fetch_line *l, uint32_t uid)
{
	enum isrv_step step = isrv_fetch_put_annotation(s, r->annotation, uid, &l->first);

	if (step != ISRV_DONE || s->error)
		return step;
	if (r->annotation->list.refused && r->failure.code == IMAPSRV_OK)
		r->failure = isrv_op_keep_result(s);
	r->at = AT_SECTION;
	return ISRV_DONE;
}

static enum isrv_step put_sections(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                                   struct isrv_fetch_line *l, uint32_t uid)
{
	while (r->at_section < l->items->section_count) {
		const struct isrv_fetch_section *section = &l->items->sections[r->at_section];
		enum isrv_step step;

		if (!r->output->at && isrv_session_full(s))
			return ISRV_OUTPUT;
		if (!r->output->at && !may_find(s, &r->message, section))
			return ISRV_YIELD;
		if (!r->output->at) {
			isrv_fetch_separate(&s->w, &l->first);
			isrv_fetch_put_name(&s->w, section);
			ISRV_W(&s->w, " ");
		}
		step = isrv_fetch_put_octets(s, &r->message, section, r->output);
		if (step != ISRV_DONE || s->error)
			return step;
		if (r->message.body.failed)
			note_failure(s, r);
		r->at_section++;
	}
	isrv_fetch_line_end(s, l, uid);
	s->mid_line = false;
	finish(s, r);
	return ISRV_DONE;
}

/* ---- from its beginning -------------------------------------------------------------------- */

static enum isrv_step open_message(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                                   struct isrv_fetch_line *l, const struct imapsrv_row *row)
{
	struct isrv_fetch_message *m = &r->message;
	struct isrv_description d;
	enum isrv_step step;

	if (isrv_session_full(s))
		return ISRV_OUTPUT;
	if (r->annotation) {
		step = isrv_annotations_ready(s, &r->annotation->list, row->uid);
		if (step != ISRV_DONE || s->error)
			return step;
	}
	if (r->annotation && isrv_fetch_line_is_enough(l, row, &d)) {
		begin_line(s, r, l, row, l->describe ? &d : NULL);
		return ISRV_DONE;
	}
	step = isrv_body_open(s, &m->body, s->view->handle, row->uid);
	if (step != ISRV_DONE || s->error)
		return step;
	if (m->body.failed)
		skip(s, r, l, row->uid);
	else if (isrv_fetch_line_describes(l, row) &&
	         !isrv_fetch_use_description(m, row->description))
		r->at = AT_DESCRIBE;
	else
		r->at = AT_MEASURE;
	return ISRV_DONE;
}

static enum isrv_step measure(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                              struct isrv_fetch_line *l, struct imapsrv_row *row)
{
	struct isrv_body_cursor *body = &r->message.body;
	enum isrv_step step = body->failed ? ISRV_DONE : isrv_body_measure(s, body);

	if (step != ISRV_DONE || s->error)
		return step;
	if (body->failed)
		skip(s, r, l, row->uid);
	else
		r->at = AT_CHECK;
	r->at_section = 0;
	return ISRV_DONE;
}

/* DONE: go on with whatever r->at says. */
static enum isrv_step advance(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                              struct isrv_fetch_line *l, struct imapsrv_row *row)
{
	enum isrv_step step;

	switch (r->at) {
	case AT_OPEN:
		return open_message(s, r, l, row);
	case AT_DESCRIBE:
		step = isrv_fetch_describe(s, &r->message, &r->structure);
		if (step == ISRV_DONE)
			r->at = AT_MEASURE;
		return step;
	case AT_MEASURE:
		return measure(s, r, l, row);
	case AT_CHECK:
		return begin_message(s, r, l, row);
	case AT_PREVIEW:
		step = isrv_fetch_put_preview(s, &r->message, r->preview);
		if (step != ISRV_DONE || s->error)
			return step;
		if (r->message.body.failed)
			note_failure(s, r);
		r->at = r->annotation ? AT_ANNOTATION : AT_SECTION;
		return ISRV_DONE;
	case AT_ANNOTATION:
		return put_annotation(s, r, l, row->uid);
	default:
		return put_sections(s, r, l, row->uid);
	}
}

enum isrv_step isrv_fetch_read(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                               struct isrv_fetch_line *l, struct imapsrv_row *row)
{
	enum isrv_step step;

	do
		step = advance(s, r, l, row);
	while (step == ISRV_DONE && !s->error && r->at != AT_OPEN);
	return step;
}
