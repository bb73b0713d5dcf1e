/* SPDX-License-Identifier: MIT */
/*
 * First the messages whose entries the events named: batch by batch, and the host is asked for
 * nothing but their sequences.  Then those of which it is not known which entries changed: they are
 * looked up, and all of them told.
 */
#include "session/annotated_tell.h"

#include "session/contexts.h"
#include "session/modseq.h"
#include "session/putoff.h"

enum {
	AT_REST,
	AT_BATCH, /* of those whose entries are known */
	AT_ROWS,
	AT_ANY,   /* the next of the others */
	AT_ROW,   /* its sequence is asked for */
	AT_NAMES
};

static void end(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	isrv_annotated_clear(&t->told, &s->mem);
	isrv_uidset_clear(&t->uids, &s->mem);
	isrv_annotations_clear(s, &t->list);
	t->at = AT_REST;
}

/* The store would not say: what is left stays pending, and the next command tries again. */
static enum isrv_step give_back(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	if (!isrv_view_return_annotated(s->view, &s->mem, &t->told))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	end(s, t);
	return ISRV_DONE;
}

void isrv_annotated_tell_drop(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	if (t->at != AT_REST)
		end(s, t);
}

/* The number of a message that can be told of; 0: it cannot. */
static uint32_t number_of(const struct imapsrv_session *s, uint32_t uid)
{
	const struct isrv_view *v = s->view;

	return isrv_uidset_has(isrv_uidset_view(&v->expunged), uid) ? 0
	                                                            : isrv_nummap_seq(&v->map, uid);
}

/* "* n FETCH (UID u ": what follows begins with an item. */
static void begin_line(struct imapsrv_session *s, uint32_t seq, uint32_t uid)
{
	isrv_w_fetch_begin(&s->w, isrv_session_number(s, seq), uid);
	if (isrv_session_uidonly(s))
		return;
	ISRV_W(&s->w, "UID ");
	isrv_w_u32(&s->w, uid);
	ISRV_W(&s->w, " ");
}

static void put_modseq(struct imapsrv_session *s, uint64_t modseq)
{
	ISRV_W(&s->w, "MODSEQ (");
	isrv_w_u64(&s->w, modseq);
	ISRV_W(&s->w, ")");
	isrv_modseq_saw(s, modseq);
}

static void end_line(struct imapsrv_session *s)
{
	ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
}

/* ---- entries that are known ---------------------------------------------------------------- */

static void put_known(struct imapsrv_session *s, const struct isrv_annotated_tell *t, uint32_t seq,
                      uint32_t uid, uint64_t modseq)
{
	const struct isrv_annotated *told = &t->told;
	bool first = true;

	begin_line(s, seq, uid);
	s->steps += told->count;
	for (uint32_t i = 0; i < told->count; i++) {
		if (!isrv_uidset_has(isrv_uidset_view(&told->entries[i].uids), uid))
			continue;
		isrv_w_cstr(&s->w, first ? "ANNOTATION (" : " ");
		isrv_w_astring(&s->w, told->entries[i].name, told->entries[i].len);
		first = false;
	}
	ISRV_W(&s->w, ")");
	if (modseq) {
		ISRV_W(&s->w, " ");
		put_modseq(s, modseq);
	}
	end_line(s);
}

static void take_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	const struct isrv_annotated_tell *t = ctx;
	uint32_t seq = number_of(s, row->uid);

	if (seq && isrv_uidset_has(t->part, row->uid))
		put_known(s, t, seq, row->uid, row->facts & IMAPSRV_FACT_MODSEQ ? row->modseq : 0);
}

/* Without the host. */
static void put_set(struct imapsrv_session *s, const struct isrv_annotated_tell *t,
                    struct imapsrv_set uids)
{
	struct imapsrv_range run;

	for (size_t i = 0; i < uids.count; i++)
		for (uint32_t from = uids.ranges[i].first;
		     from && isrv_nummap_run_in(&s->view->map, from, uids.ranges[i].last, &run);
		     from = run.last < UINT32_MAX ? run.last + 1 : 0)
			for (uint32_t uid = run.first; uid <= run.last && uid; uid++)
				if (number_of(s, uid))
					put_known(s, t, number_of(s, uid), uid, 0);
}

/* Of how many messages?  Names are other people's to choose: all of them with each may be no more
 * than there is room for. */
static uint32_t at_a_time(const struct imapsrv_session *s, const struct isrv_annotated *told)
{
	size_t octets = 1, most = isrv_putoff_most(s);

	for (uint32_t i = 0; i < told->count; i++)
		octets += 2 * (size_t)told->entries[i].len; /* as a quoted string */
	most = most / octets ? most / octets : 1;
	return most < s->engine->limits.batch ? (uint32_t)most : s->engine->limits.batch;
}

static enum isrv_step next_batch(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	struct imapsrv_fetch q = {s->view->handle, {NULL, 0}, IMAPSRV_FACT_MODSEQ, 0};
	uint32_t messages;

	if (isrv_session_full(s))
		return ISRV_OUTPUT;
	if (!isrv_batch_next(&t->batch, &s->view->map, at_a_time(s, &t->told), &q.uids,
	                     &messages)) {
		t->at = AT_ANY;
		t->uid = 0;
	} else if (isrv_modseq_shown(s)) {
		t->at = AT_ROWS;
		t->part = q.uids;
		ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_row, t);
	} else {
		put_set(s, t, q.uids);
	}
	return ISRV_DONE;
}

/* ---- any entry ----------------------------------------------------------------------------- */

static void take_modseq(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct isrv_annotated_tell *t = ctx;

	(void)s;
	if (row->uid == t->uid && row->facts & IMAPSRV_FACT_MODSEQ)
		t->modseq = row->modseq;
}

static void begin_any(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	static const struct imapsrv_span every = {"*", 1};
	static const struct imapsrv_set none = {NULL, 0};

	t->list.entries = &every;
	t->list.entry_count = 1;
	t->list.values = IMAPSRV_ANNOTATION_PRIV | IMAPSRV_ANNOTATION_SHARED;
	isrv_annotations_begin(s, &t->list, s->view->handle,
	                       s->view->annotations & IMAPSRV_ANNOTATIONS_NONE
	                               ? none
	                               : isrv_uidset_view(&t->told.any));
}

/* The next announced message of the set; false: there is none. */
static bool next_any(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	struct imapsrv_set any = isrv_uidset_view(&t->told.any);
	uint32_t from = t->uid + 1, uid;

	for (size_t i = isrv_uidset_seek(any, from); from && i < any.count; i++) {
		if (from < any.ranges[i].first)
			from = any.ranges[i].first;
		uid = isrv_nummap_next(&s->view->map, from);
		if (!uid)
			return false;
		if (uid > any.ranges[i].last)
			continue;
		t->uid = uid;
		return true;
	}
	return false;
}

static enum isrv_step start_message(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	struct imapsrv_range one;
	struct imapsrv_fetch q = {s->view->handle, {&one, 1}, IMAPSRV_FACT_MODSEQ, 0};

	if (isrv_session_full(s))
		return ISRV_OUTPUT;
	if (!t->uid)
		begin_any(s, t);
	if (s->error)
		return ISRV_DONE;
	if (!next_any(s, t)) {
		end(s, t);
		return ISRV_DONE;
	}
	t->modseq = 0;
	t->begun = false;
	t->at = AT_NAMES;
	if (!number_of(s, t->uid)) {
		t->at = AT_ANY;
	} else if (isrv_modseq_shown(s)) {
		one = (struct imapsrv_range){t->uid, t->uid};
		t->at = AT_ROW;
		ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_modseq, t);
	}
	return ISRV_DONE;
}

/* The names of all entries of the message at hand. */
static enum isrv_step put_names(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	uint32_t seq = isrv_nummap_seq(&s->view->map, t->uid); /* also if it has gone meanwhile */
	struct imapsrv_annotation is;
	bool there = true;

	while (there) {
		enum isrv_step step = isrv_annotations_next(s, &t->list, t->uid, &is, &there);

		if (step != ISRV_DONE || s->error)
			return step;
		if (!there)
			break;
		if (!t->begun) {
			isrv_session_begin_line(s);
			begin_line(s, seq, t->uid);
		}
		isrv_w_cstr(&s->w, t->begun ? " " : "ANNOTATION (");
		isrv_w_astring(&s->w, is.entry.data, is.entry.len);
		t->begun = true;
	}
	if (t->begun)
		ISRV_W(&s->w, ")");
	if (t->modseq) {
		if (t->begun)
			ISRV_W(&s->w, " ");
		else
			begin_line(s, seq, t->uid);
		put_modseq(s, t->modseq);
	}
	if (t->begun || t->modseq)
		end_line(s);
	s->mid_line = false;
	t->at = AT_ANY;
	return ISRV_DONE;
}

/* ---- */

static void start(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	bool done;

	memset(t, 0, sizeof(*t));
	isrv_uidset_init(&t->uids, SIZE_MAX);
	t->at = AT_BATCH;
	done = isrv_view_take_annotated(s->view, &s->mem, &t->told) &&
	       isrv_annotated_uids(&t->told, &s->mem, &t->uids);
	if (done) {
		isrv_contexts_touch(s, isrv_uidset_view(&t->uids));
		done = isrv_uidset_subtract(&t->uids, &s->mem, isrv_uidset_view(&t->told.any));
	}
	if (!done)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	isrv_batch_init(&t->batch, isrv_uidset_view(&t->uids), &s->steps);
}

enum isrv_step isrv_annotated_tell_step(struct imapsrv_session *s, struct isrv_annotated_tell *t)
{
	enum isrv_step step = ISRV_DONE;

	if (t->at == AT_REST)
		start(s, t);
	while (t->at != AT_REST && step == ISRV_DONE && !s->error) {
		switch (t->at) {
		case AT_BATCH:
			step = next_batch(s, t);
			break;
		case AT_ROWS:
		case AT_ROW:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (s->result.code != IMAPSRV_OK)
				return give_back(s, t);
			t->at = t->at == AT_ROWS ? AT_BATCH : AT_NAMES;
			break;
		case AT_ANY:
			step = start_message(s, t);
			break;
		default:
			step = put_names(s, t);
			if (t->list.refused)
				return give_back(s, t);
			break;
		}
	}
	return step;
}
