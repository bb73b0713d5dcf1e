/* SPDX-License-Identifier: MIT */
/* A store answers a batch in any order: its rows are held until all have come. */
#include "session/gather.h"

#include "search/order.h"
#include "session/claim.h"

enum {
	AT_BATCH, /* to ask for the next one */
	AT_ROWS,  /* its rows are coming */
	AT_SLOT,  /* the next message of it */
	AT_OPEN,  /* which has to be read */
	AT_HEADER,
	AT_SIZE,
	AT_NOTES,
	AT_TAKE,
	AT_END
};

struct isrv_gather_slot {
	uint32_t uid;
	bool sized;
	int64_t date;
	uint64_t octets;
	size_t description; /* in `kept`, */
	size_t length;      /* so many; 0: none */
};

/* Octets of a message that are looked at for the end of its header at a time. */
#define PIECE 4096u

static void end(struct isrv_gather *g, enum isrv_gather_end how)
{
	g->end = how;
	g->at = AT_END;
}

void isrv_gather_begin(struct imapsrv_session *s, struct isrv_gather *g,
                       const struct isrv_search_source *source, const struct isrv_found *found)
{
	struct isrv_arena *arena = g->arena ? g->arena : &s->arena;
	uint32_t max = s->engine->limits.batch;

	g->from = *source;
	g->at = AT_BATCH;
	g->began = s->steps;
	g->part_max = max;
	isrv_buf_init(&g->kept, s->engine->limits.arena);
	g->slots = isrv_arena_array(arena, max, sizeof(*g->slots));
	g->order = isrv_arena_array(arena, max, 2 * sizeof(*g->order));
	if (!g->slots || !g->order ||
	    !isrv_found_uids(found, arena, source->map, &g->uids, &s->steps)) {
		end(g, ISRV_GATHER_NOMEM);
		return;
	}
	isrv_batch_init(&g->batch, g->uids, &s->steps);
	if (!isrv_batch_reserve(&g->batch, source->map, arena, max))
		end(g, ISRV_GATHER_NOMEM);
}

static void close_message(struct imapsrv_session *s, struct isrv_gather *g)
{
	isrv_body_close(s, &g->body);
	isrv_structure_free(g->structure);
	g->structure = NULL;
	g->rewound = false;
	g->described = false;
}

void isrv_gather_drop(struct imapsrv_session *s, struct isrv_gather *g)
{
	close_message(s, g);
	isrv_buf_clear(&g->kept, &s->mem);
	isrv_gather_notes_clear(s, &g->notes);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static bool is_gone(const struct isrv_gather *g, uint32_t uid)
{
	return g->from.expunged && isrv_uidset_has(isrv_uidset_view(g->from.expunged), uid);
}

static void row_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_gather *g = ctx;
	const struct imapsrv_row *row = answer;
	uint32_t seq = isrv_nummap_seq(g->from.map, row->uid);
	struct isrv_gather_slot *slot;

	/* A host may tell more than it was asked, or twice of one, or of a message that its event
	 * has taken away since. */
	if (!seq || !isrv_claim(s, &g->batch, row->uid, seq) || is_gone(g, row->uid))
		return;
	s->steps++;
	slot = &g->slots[g->count++];
	slot->uid = row->uid;
	slot->date = row->date;
	slot->sized = row->facts & IMAPSRV_FACT_SIZE;
	slot->octets = row->octets;
	slot->description = g->kept.len;
	slot->length = 0;
	/* Where there is no room for it the message is read. */
	if (g->header && row->facts & IMAPSRV_FACT_DESCRIPTION && row->description.len &&
	    isrv_buf_add(&g->kept, &s->mem, row->description.data, row->description.len))
		slot->length = row->description.len;
}

static bool next_batch(struct imapsrv_session *s, struct isrv_gather *g)
{
	struct imapsrv_fetch q = {.mailbox = g->from.mailbox, .facts = IMAPSRV_FACT_DATE};

	if (!isrv_batch_next(&g->batch, g->from.map, g->part_max, &g->part, &g->messages))
		return false;
	g->count = 0;
	g->next = 0;
	g->kept.len = 0;
	q.uids = g->part;
	if (g->header)
		q.facts |= IMAPSRV_FACT_DESCRIPTION;
	if (g->size)
		q.facts |= IMAPSRV_FACT_SIZE;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, row_sink, g);
	return true;
}

static int compare(const void *ctx, uint32_t a, uint32_t b)
{
	const struct isrv_gather_slot *slots = ctx;

	return (slots[a].uid > slots[b].uid) - (slots[a].uid < slots[b].uid);
}

static void sort_rows(struct imapsrv_session *s, struct isrv_gather *g)
{
	for (uint32_t i = 0; i < g->count; i++)
		g->order[i] = i;
	isrv_order_sort(g->order, g->order + g->part_max, g->count, compare, g->slots, &s->steps);
	g->missing = g->missing || g->count < g->messages;
}

/* ---- one message --------------------------------------------------------------------------- */

static struct isrv_gather_slot *current(const struct isrv_gather *g)
{
	return &g->slots[g->order[g->next]];
}

/* Opens the description that the host kept; does it have all that is wanted? */
static bool use_kept(struct isrv_gather *g)
{
	const struct isrv_gather_slot *slot = current(g);
	struct isrv_header header;

	if (!slot->length || !isrv_description_open(&g->description,
	                                            g->kept.data + slot->description, slot->length))
		return false;
	if (!g->references)
		return true;
	isrv_description_header(&g->description, &header);
	return header.references_known;
}

static bool begin_structure(struct imapsrv_session *s, struct isrv_gather *g)
{
	const struct imapsrv_limits *l = &s->engine->limits;
	struct isrv_structure_limits limits = {l->depth,     l->parts,     l->header_octets,
	                                       l->described, l->addresses, l->params};

	g->structure = isrv_structure_new(&s->mem, &limits, &s->steps);
	if (!g->structure)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	isrv_body_rewind(&g->body);
	return g->structure != NULL;
}

/* Not much more of the piece than is header.  False: no memory. */
static bool feed_header(struct isrv_structure *structure, struct imapsrv_span piece)
{
	size_t at = 0, n;

	for (; at < piece.len && !isrv_structure_knows_header(structure); at += n) {
		n = piece.len - at < PIECE ? piece.len - at : PIECE;
		if (!isrv_structure_feed(structure, piece.data + at, n))
			return false;
	}
	return true;
}

/* The header of the message that is open is read like any other, and described alone. */
static enum isrv_step read_header(struct imapsrv_session *s, struct isrv_gather *g)
{
	struct imapsrv_span piece;
	enum isrv_step step;

	if (!g->structure && !begin_structure(s, g))
		return ISRV_DONE;
	while (!isrv_structure_knows_header(g->structure)) {
		step = isrv_body_raw(s, &g->body, &piece);
		if (step != ISRV_DONE || s->error || g->body.failed)
			return step;
		if (!piece.len)
			break;
		if (!feed_header(g->structure, piece)) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return ISRV_DONE;
		}
	}
	if (!isrv_structure_finish(g->structure, &piece) ||
	    !isrv_description_open(&g->description, piece.data, piece.len))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	g->described = true;
	return ISRV_DONE;
}

static enum isrv_step measure(struct imapsrv_session *s, struct isrv_gather *g)
{
	enum isrv_step step;

	if (!g->rewound)
		isrv_body_rewind(&g->body);
	g->rewound = true;
	step = isrv_body_measure(s, &g->body);
	if (step != ISRV_DONE || s->error || g->body.failed)
		return step;
	current(g)->octets = g->body.wire;
	current(g)->sized = true;
	return ISRV_DONE;
}

/* What comes first for the message at hand. */
static void begin_message(struct isrv_gather *g)
{
	g->described = !g->header || use_kept(g);
	g->at = g->described && (!g->size || current(g)->sized) ? AT_NOTES : AT_OPEN;
}

static void take(struct imapsrv_session *s, struct isrv_gather *g)
{
	const struct isrv_gather_slot *slot = current(g);
	struct isrv_header header = {.references_known = false};
	struct isrv_sort_facts facts = {slot->uid, slot->date, slot->octets, &header,
	                                g->notes.found, 0};

	if (g->header)
		isrv_description_header(&g->description, &header);
	if (!g->take(g->ctx, &facts)) {
		end(g, ISRV_GATHER_STOPPED);
		return;
	}
	close_message(s, g);
	isrv_gather_notes_next(&g->notes);
	g->next++;
	g->at = AT_SLOT;
}

/* The message that was to be read could not be. */
static void give_up(struct imapsrv_session *s, struct isrv_gather *g)
{
	if (s->result.code != IMAPSRV_EXPUNGEISSUED) {
		end(g, ISRV_GATHER_REFUSED);
		return;
	}
	g->missing = true;
	close_message(s, g);
	g->next++;
	g->at = AT_SLOT;
}

/* Reads on in the message that is open; sets what comes next once this is done. */
static enum isrv_step read_message(struct imapsrv_session *s, struct isrv_gather *g)
{
	enum isrv_step step;
	uint8_t next;

	if (g->at == AT_OPEN) {
		step = isrv_body_open(s, &g->body, g->from.mailbox, current(g)->uid);
		next = g->described ? AT_SIZE : AT_HEADER;
	} else if (g->at == AT_HEADER) {
		step = read_header(s, g);
		next = g->size && !current(g)->sized ? AT_SIZE : AT_NOTES;
	} else {
		step = measure(s, g);
		next = AT_NOTES;
	}
	if (step != ISRV_DONE || s->error)
		return step;
	if (g->body.failed)
		give_up(s, g);
	else
		g->at = next;
	return ISRV_DONE;
}

/* ---- the steps ----------------------------------------------------------------------------- */

enum isrv_step isrv_gather_step(struct imapsrv_session *s, struct isrv_gather *g)
{
	enum isrv_step step;

	while (g->at != AT_END && !s->error) {
		switch (g->at) {
		case AT_BATCH:
			g->at = next_batch(s, g) ? AT_ROWS : AT_END;
			break;
		case AT_ROWS:
			if (!isrv_answered(s))
				return ISRV_HOST;
			sort_rows(s, g);
			if (g->notes.count)
				isrv_gather_notes_begin(s, &g->notes, g->from.mailbox,
				                        g->from.no_notes, g->part);
			g->at = AT_SLOT;
			if (s->result.code != IMAPSRV_OK)
				end(g, ISRV_GATHER_REFUSED);
			break;
		case AT_SLOT:
			if (isrv_session_turn_over(s))
				return ISRV_YIELD;
			if (s->steps - g->began >= s->engine->limits.search_steps)
				end(g, ISRV_GATHER_LIMIT);
			else if (g->next < g->count)
				begin_message(g);
			else
				g->at = AT_BATCH;
			break;
		case AT_NOTES:
			step = g->notes.count
			               ? isrv_gather_notes_step(s, &g->notes, current(g)->uid)
			               : ISRV_DONE;
			if (step != ISRV_DONE || s->error)
				return step;
			g->at = AT_TAKE;
			if (g->notes.from.refused)
				end(g, ISRV_GATHER_REFUSED);
			break;
		case AT_TAKE:
			take(s, g);
			break;
		default:
			step = read_message(s, g);
			if (step != ISRV_DONE)
				return step;
			break;
		}
	}
	isrv_gather_drop(s, g);
	return ISRV_DONE;
}
