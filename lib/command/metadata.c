/* SPDX-License-Identifier: MIT */
/*
 * One response stays open while one answer of the host is taken, so the line is half written while
 * the command waits for it.  Entries that were named and do not exist are told as NIL between those
 * that do, unless the client asked for what lies below (RFC 5464 4.2.2, RFC 9590 3).
 */
#include "command/metadata.h"

#include "base/ascii.h"
#include "command/memory.h"

enum at {
	AT_ASK,
	AT_ASKED
};

/* ---- arguments ----------------------------------------------------------------------------- */

/* "Entry names are case-insensitive" (RFC 5464 3.2): one spelling for all that come behind. */
static bool lower(struct isrv_parse *p, struct imapsrv_span *name)
{
	char *copy = isrv_arena_alloc(p->r.arena, name->len);

	if (!copy)
		return isrv_rd_fail_memory(&p->r);
	for (size_t i = 0; i < name->len; i++)
		copy[i] = (char)isrv_ascii_lower((unsigned char)name->data[i]);
	name->data = copy;
	return true;
}

bool isrv_entry_parse(struct isrv_parse *p, size_t least, struct imapsrv_span *name_r)
{
	const char *start = p->r.at;
	struct imapsrv_span name;
	size_t components;

	if (!isrv_rd_astring(&p->r, &name))
		return false;
	isrv_rd_charge(&p->r, name.len);
	if (name.len && !lower(p, &name))
		return false;
	/* RFC 5464 3.2: BAD in whatever command it stands. */
	if (!isrv_entry_is_name(name, &components) || components < least) {
		p->r.at = start;
		return isrv_rd_fail(&p->r, "the name of an entry");
	}
	*name_r = name;
	return true;
}

static const struct imapsrv_span *name_of(const char *item)
{
	return (const struct imapsrv_span *)(const void *)item;
}

/* By merging: a client may write them in any order. */
bool isrv_entries_sort(struct isrv_parse *p, void *items, size_t count, size_t unit)
{
	char *from = items, *to, *swap;

	if (count < 2)
		return true;
	to = isrv_arena_array(p->r.arena, count, unit);
	if (!to)
		return isrv_rd_fail_memory(&p->r);
	for (size_t run = 1; run < count; run *= 2) {
		for (size_t start = 0; start < count; start += 2 * run) {
			size_t middle = count - start < run ? count : start + run;
			size_t end = count - start < 2 * run ? count : start + 2 * run;
			size_t a = start, b = middle;

			for (size_t i = start; i < end; i++) {
				bool left = a < middle &&
				            (b == end ||
				             isrv_entry_compare(*name_of(from + a * unit),
				                                *name_of(from + b * unit)) <= 0);

				memcpy(to + i * unit, from + (left ? a++ : b++) * unit, unit);
			}
			isrv_rd_charge(&p->r, end - start);
		}
		swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, count * unit);
	return true;
}

static bool add_name(struct isrv_parse *p, struct isrv_entries *entries)
{
	size_t n = entries->count;

	if (n >= p->limits->metadata_entries)
		return isrv_rd_fail(&p->r, "fewer entries");
	if (!(n & (n - 1))) { /* room for 1, 2, 4, ... */
		void *room =
			isrv_arena_grow(p->r.arena, entries->names, n * sizeof(*entries->names),
		                        (n ? 2 * n : 1) * sizeof(*entries->names));

		if (!room)
			return isrv_rd_fail_memory(&p->r);
		entries->names = room;
	}
	if (!isrv_entry_parse(p, 1, &entries->names[n]))
		return false;
	entries->count++;
	return true;
}

bool isrv_entries_parse(struct isrv_parse *p, struct isrv_entries *entries, bool list)
{
	size_t kept = 0;

	do {
		if (!add_name(p, entries))
			return false;
	} while (isrv_rd_try_sp(&p->r) && isrv_rd_peek(&p->r) >= 0);
	if ((list && !isrv_rd_char(&p->r, ')')) ||
	    !isrv_entries_sort(p, entries->names, entries->count, sizeof(*entries->names)))
		return false;
	for (size_t i = 0; i < entries->count; i++)
		if (!kept || isrv_entry_compare(entries->names[kept - 1], entries->names[i]))
			entries->names[kept++] = entries->names[i];
	entries->count = kept;
	return true;
}

bool isrv_metadata_mailbox_parse(struct isrv_parse *p, struct imapsrv_span *name_r)
{
	const char *start = p->r.at;

	if (isrv_rd_peek(&p->r) == '"' || isrv_rd_peek(&p->r) == '{') {
		if (!isrv_rd_string(&p->r, name_r))
			return false;
		if (!name_r->len)
			return true;
		p->r.at = start;
	}
	return isrv_rd_mailbox(&p->r, name_r);
}

/* ---- what both commands check -------------------------------------------------------------- */

uint64_t isrv_metadata_max(const struct imapsrv_session *s)
{
	uint64_t own = s->engine->metadata.max_value;
	uint32_t limit = s->engine->limits.metadata;

	/* "The server MUST accept an annotation data size of at least 1024 bytes"
	 * (RFC 5464 4.1). */
	if (own && own < 1024)
		own = 1024;
	return own && own < limit ? own : limit;
}

bool isrv_metadata_may(struct imapsrv_session *s, struct imapsrv_span mailbox)
{
	if (!mailbox.len || isrv_caps_has(s, ISRV_CAP_METADATA))
		return true;
	isrv_no(s, "CANNOT", "Mailboxes have no annotations here");
	return false;
}

/* ---- the response -------------------------------------------------------------------------- */

static void open_line(struct imapsrv_session *s, struct isrv_metadata *m)
{
	if (m->line) {
		ISRV_W(&s->w, " ");
		return;
	}
	m->line = true;
	s->mid_line = true;
	ISRV_W(&s->w, "* METADATA ");
	if (m->mailbox.len)
		isrv_w_mailbox(&s->w, m->mailbox.data, m->mailbox.len);
	else
		ISRV_W(&s->w, "\"\"");
	ISRV_W(&s->w, " (");
}

static void close_line(struct imapsrv_session *s, struct isrv_metadata *m)
{
	if (!m->line)
		return;
	m->line = false;
	ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
	s->mid_line = false;
}

static void put_name(struct imapsrv_session *s, struct isrv_metadata *m, struct imapsrv_span name)
{
	open_line(s, m);
	isrv_w_astring(&s->w, name.data, name.len);
	ISRV_W(&s->w, " ");
	m->written += name.len;
	s->steps++;
}

/* Those that were named and were to come before this one do not exist. */
static void put_missing(struct imapsrv_session *s, struct isrv_metadata *m,
                        const struct imapsrv_span *before)
{
	while (m->named < m->entries.count) {
		struct imapsrv_span name = m->entries.names[m->named];
		int order = before ? isrv_entry_compare(name, *before) : -1;

		if (order > 0)
			return;
		m->named++;
		if (order < 0 && m->depth == IMAPSRV_DEPTH_NAMED) {
			put_name(s, m, name);
			ISRV_W(&s->w, "NIL");
		}
	}
}

/* ---- the answer ---------------------------------------------------------------------------- */

/* The name that was taken last, for the next question. */
static bool keep_last(struct imapsrv_session *s, struct isrv_metadata *m, struct imapsrv_span name)
{
	struct isrv_metadata_room *room = &m->rooms[0];
	size_t size = room->size ? room->size : 64;

	while (size < name.len)
		size *= 2;
	if (size > room->size) {
		void *grown = isrv_arena_grow(&s->arena, room->data, room->size, size);

		if (!grown)
			return false;
		room->data = grown;
		room->size = size;
	}
	memcpy(room->data, name.data, name.len);
	m->last = (struct imapsrv_span){room->data, name.len};
	return true;
}

static struct imapsrv_metadata_get question(const struct imapsrv_session *s,
                                            const struct isrv_metadata *m)
{
	uint64_t max = isrv_metadata_max(s);
	struct imapsrv_metadata_get q = {s->account.handle, m->mailbox,  m->entries.names,
	                                 m->entries.count,  m->depth,    m->last,
	                                 m->max_size < max ? m->max_size : max};

	return q;
}

static void take_entry(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_entry *entry = answer;
	struct isrv_metadata *m = ctx;
	struct imapsrv_metadata_get q = question(s, m);

	s->steps++;
	if (m->more || m->nomem || !entry->has_value)
		return;
	if (m->last.len && isrv_entry_compare(entry->name, m->last) <= 0) {
		/* Taken in an answer before this one, if anything goes ahead of what is new. */
		q.after.len = 0;
		if (m->taken && imapsrv_metadata_wants(&q, entry->name))
			isrv_op_pass_over(s, "names of entries that do not ascend");
		return;
	}
	if (!imapsrv_metadata_wants(&q, entry->name))
		return;
	if (!entry->value.data && entry->value.len && entry->value.len <= q.max_size) {
		isrv_op_pass_over(s, "the value of an entry was left out, and is not too long");
		return;
	}
	if (m->written >= s->engine->limits.output) {
		m->more = true;
		return;
	}
	if (!keep_last(s, m, entry->name)) {
		m->nomem = true;
		return;
	}
	m->taken = true;
	put_missing(s, m, &entry->name);
	if (entry->value.len > q.max_size) {
		if (entry->value.len > m->longest)
			m->longest = entry->value.len;
		return;
	}
	put_name(s, m, entry->name);
	isrv_w_value(&s->w, entry->value.data ? entry->value.data : "", entry->value.len);
	m->written += entry->value.len;
}

static void ask(struct imapsrv_session *s, struct isrv_metadata *m)
{
	struct imapsrv_metadata_get q = question(s, m);
	struct isrv_metadata_room spare = m->rooms[1];

	/* The host looks at the name while it answers: what is taken then goes elsewhere. */
	m->rooms[1] = m->rooms[0];
	m->rooms[0] = spare;
	m->more = false;
	m->taken = false;
	m->written = 0;
	m->at = AT_ASKED;
	ISRV_ASK(s, ISRV_OP_METADATA, metadata, get, &q, take_entry, m);
}

enum isrv_step isrv_metadata_step(struct imapsrv_session *s, struct isrv_metadata *m)
{
	for (;;) {
		if (m->at == AT_ASK) {
			if (isrv_session_full(s))
				return ISRV_OUTPUT;
			ask(s, m);
		}
		if (!isrv_answered(s))
			return ISRV_HOST;
		m->refused = s->result.code != IMAPSRV_OK;
		if (!m->refused && !m->more && !m->nomem)
			put_missing(s, m, NULL);
		close_line(s, m);
		if (m->refused || !m->more)
			return ISRV_DONE;
		m->at = AT_ASK;
	}
}
