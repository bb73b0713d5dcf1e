/* SPDX-License-Identifier: MIT */
/*
 * command/uidbatches - UIDBATCHES (RFC 10022): ranges of UIDs that hold so many messages each, for
 * clients that fetch a huge mailbox piece by piece without numbering it.
 *
 * Where a batch ends is one look-up in the map of numbers, so they are exact and nothing is held:
 * an answer of any length is written as fast as the client reads.  What is pending is told first,
 * so that the batches are of the mailbox as the client has it.
 *
 * Repeats.  "A client may ask again only after another SELECT or more than N/2 changes" (3.1.1):
 * the batches that were told last, one run of them for one size, are refused with LIMIT until then.
 * Other batches of that size are no repeat, nor is another size, after which the first is
 * forgotten.
 */
#include "command/commands.h"
#include "session/session.h"

struct uidbatches {
	uint32_t size;
	uint32_t first; /* batches, from 1 for the highest UIDs, */
	uint32_t last;  /* both included */
	enum {
		AT_START,
		AT_TELL,
		AT_LIST
	} at;
	uint32_t next; /* batch */
	uint32_t end;  /* the last that there is, of those asked for */
};

/* uidbatches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number] */
static bool parse(struct isrv_parse *p, void *args)
{
	struct uidbatches *a = args;
	struct isrv_reader *r = &p->r;

	a->first = 1;
	a->last = UINT32_MAX;
	if (!isrv_rd_nz_number(r, &a->size))
		return false;
	if (!isrv_rd_try_sp(r) || isrv_rd_peek(r) < 0)
		return true;
	if (!isrv_rd_nz_number(r, &a->first) || !isrv_rd_char(r, ':') ||
	    !isrv_rd_nz_number(r, &a->last))
		return false;
	if (a->first > a->last) {
		r->code = "CLIENTBUG"; /* 3.1.5 */
		return isrv_rd_fail(r, "a range that ascends");
	}
	return true;
}

/* ---- repeats ------------------------------------------------------------------------------- */

/* Messages that came and went since those batches were told; one that did both counts for
 * nothing. */
static uint64_t changes_since(const struct isrv_view *v)
{
	const struct isrv_batches_told *told = &v->batches_told;
	uint32_t left = isrv_nummap_rank(&v->map, told->last_uid);

	return (uint64_t)(told->count - left) + (v->map.count - left);
}

static bool is_repeat(const struct isrv_view *v, const struct uidbatches *a)
{
	const struct isrv_batches_told *told = &v->batches_told;

	return told->size == a->size && a->first <= told->last && a->last >= told->first &&
	       changes_since(v) <= a->size / 2;
}

static void remember(struct isrv_view *v, const struct uidbatches *a)
{
	struct isrv_batches_told *told = &v->batches_told;

	if (told->size == a->size && changes_since(v) <= a->size / 2) {
		/* The run goes on, at either end; changes count from its beginning. */
		if (a->first - 1 == told->last) {
			told->last = a->last;
			return;
		}
		if (told->first - 1 == a->last) {
			told->first = a->first;
			return;
		}
	}
	*told = (struct isrv_batches_told){a->size, a->first, a->last, v->map.count,
	                                   v->map.last_uid};
}

/* ---- the answer ---------------------------------------------------------------------------- */

/* The lowest UID of a batch: that of its lowest message, or 1, so that the client sees that it is
 * the last (3.1.4). */
static uint32_t lowest(const struct isrv_nummap *map, uint32_t size, uint32_t batch)
{
	uint64_t above = (uint64_t)size * batch; /* messages in it and before it */

	return above >= map->count ? 1 : isrv_nummap_uid(map, map->count - (uint32_t)above + 1);
}

/* Each begins where the one before ended, so that they cover everything (3.1.4). */
static uint32_t highest(const struct isrv_nummap *map, uint32_t size, uint32_t batch)
{
	return batch == 1 ? map->last_uid : lowest(map, size, batch - 1) - 1;
}

/* False: the reply is set. */
static bool begin(struct imapsrv_session *s, struct uidbatches *a)
{
	const struct imapsrv_limits *limits = &s->engine->limits;
	uint32_t count = s->view->map.count;

	a->next = a->first;
	a->end = count / a->size + (count % a->size != 0);
	if (a->end > a->last)
		a->end = a->last;
	if (a->size < limits->uidbatch) {
		isrv_no(s, "TOOFEW", "The batches are too small");
		return false;
	}
	/* 3.1.7: all that exist of those asked for, or none. */
	if (a->end >= a->first && a->end - a->first >= limits->uidbatches) {
		isrv_no(s, "TOOMANY", "Too many batches at once");
		return false;
	}
	if (is_repeat(s->view, a)) {
		isrv_no(s, "LIMIT", "These batches were told, and little has changed");
		return false;
	}
	remember(s->view, a);
	return true;
}

/* mailbox-data =/ "UIDBATCHES" search-correlator [SP uid-range *("," uid-range)]; also without any
 * (3.1.2, 3.1.6) */
static void put_begin(struct imapsrv_session *s)
{
	isrv_session_begin_line(s);
	ISRV_W(&s->w, "* UIDBATCHES (TAG ");
	isrv_w_string(&s->w, s->tag.data, s->tag.len);
	ISRV_W(&s->w, ")");
}

static enum isrv_step put_list(struct imapsrv_session *s, struct uidbatches *a)
{
	const struct isrv_nummap *map = &s->view->map;

	for (; a->next <= a->end; a->next++) {
		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		s->steps++;
		isrv_w_cstr(&s->w, a->next == a->first ? " " : ",");
		isrv_w_u32(&s->w, highest(map, a->size, a->next));
		ISRV_W(&s->w, ":");
		isrv_w_u32(&s->w, lowest(map, a->size, a->next));
	}
	s->mid_line = false;
	isrv_w_crlf(&s->w);
	return isrv_ok(s, "UIDBATCHES completed");
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct uidbatches *a = args;
	enum isrv_step wait;

	switch (a->at) {
	case AT_START:
		wait = isrv_sync_step(s, s->heard);
		if (wait != ISRV_DONE || s->error)
			return wait;
		a->at = AT_TELL;
		/* fall through */
	case AT_TELL:
		if (isrv_session_full(s))
			return ISRV_OUTPUT;
		if (!begin(s, a))
			return ISRV_DONE;
		put_begin(s);
		a->at = AT_LIST;
		break;
	case AT_LIST:
		break;
	}
	return put_list(s, a);
}

const struct isrv_command isrv_command_uidbatches = {
	.name = "UIDBATCHES",
	.states = ISRV_IN_SELECTED,
	.cap = ISRV_CAP_UIDBATCHES,
	.args_size = sizeof(struct uidbatches),
	.parse = parse,
	.step = step,
};
