/* SPDX-License-Identifier: MIT */
/* See the header.  Nothing here waits: what is written is at hand. */
#include "command/fetch_line.h"

#include "command/fetch_rare.h"
#include "session/modseq.h"

static bool is_described(const struct isrv_fetch_section *section)
{
	return section->number_count || section->text != ISRV_SECTION_WHOLE;
}

void isrv_fetch_line_init(struct isrv_fetch_line *l, const struct isrv_fetch_items *items)
{
	l->items = items;
	isrv_uidset_init(&l->seen, SIZE_MAX);
	l->describe = (items->shows & ISRV_FETCH_OF_DESCRIPTION) != 0;
	for (uint32_t i = 0; i < items->section_count; i++)
		l->describe = l->describe || is_described(&items->sections[i]);
	l->octets = items->section_count != 0;
}

void isrv_fetch_line_clear(struct isrv_fetch_line *l, struct isrv_mem *mem)
{
	isrv_uidset_clear(&l->seen, mem);
}

/* ---- what is needed ------------------------------------------------------------------------ */

/* Is a preview made where the host has none? */
static bool makes_preview(const struct isrv_fetch_line *l)
{
	return l->items->shows & ISRV_FETCH_PREVIEW && !(l->items->shows & ISRV_FETCH_PREVIEW_LAZY);
}

static bool misses_preview(const struct isrv_fetch_line *l, const struct imapsrv_row *row)
{
	return makes_preview(l) && !(row->facts & IMAPSRV_FACT_PREVIEW);
}

uint32_t isrv_fetch_line_facts(const struct imapsrv_session *s, const struct isrv_fetch_line *l)
{
	uint32_t facts = l->items->facts;

	if (l->seen.count)
		facts |= IMAPSRV_FACT_FLAGS | (isrv_modseq_shown(s) ? IMAPSRV_FACT_MODSEQ : 0u);
	if (l->describe || makes_preview(l))
		facts |= IMAPSRV_FACT_DESCRIPTION | IMAPSRV_FACT_SIZE;
	if (l->items->shows & ISRV_FETCH_PREVIEW)
		facts |= IMAPSRV_FACT_PREVIEW;
	return facts;
}

/*
 * Is this the description of the message as it goes out?  One of a message with bare LFs is, if
 * they are sent as CRLF; and not, if that host sends them as they are: which of the two, its size
 * tells.
 */
static bool is_of_wire(const struct isrv_description *d, const struct imapsrv_row *row)
{
	return d->wire_octets == d->host_octets ||
	       (row->facts & IMAPSRV_FACT_SIZE && row->octets == d->wire_octets);
}

static bool has_description(const struct imapsrv_row *row, struct isrv_description *d)
{
	return row->facts & IMAPSRV_FACT_DESCRIPTION &&
	       isrv_description_open(d, row->description.data, row->description.len) &&
	       is_of_wire(d, row);
}

bool isrv_fetch_line_is_enough(const struct isrv_fetch_line *l, const struct imapsrv_row *row,
                               struct isrv_description *d)
{
	if (l->octets || misses_preview(l, row))
		return false;
	if (l->describe && !has_description(row, d))
		return false;
	return !(l->items->facts & IMAPSRV_FACT_SIZE) || (row->facts & IMAPSRV_FACT_SIZE);
}

bool isrv_fetch_line_describes(const struct isrv_fetch_line *l, const struct imapsrv_row *row)
{
	return l->describe || misses_preview(l, row);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* "* n FETCH (", or UIDFETCH, and the facts. */
static void put_facts(struct imapsrv_session *s, struct isrv_fetch_line *l, uint32_t seq,
                      const struct imapsrv_row *row)
{
	struct isrv_writer *w = &s->w;
	uint32_t facts = l->items->facts & row->facts;
	bool uid = l->items->uid;

	if (l->seen.count && isrv_uidset_has(isrv_uidset_view(&l->seen), row->uid)) {
		facts |= IMAPSRV_FACT_FLAGS & row->facts;
		/* RFC 7162 3.2.4: an implicit \Seen is told as any other change, with the UID
		 * also where there are no sequences. */
		if (isrv_modseq_shown(s))
			facts |= IMAPSRV_FACT_MODSEQ & row->facts;
		if (s->enabled & ISRV_ENABLED_CONDSTORE)
			uid = !isrv_session_uidonly(s);
	}
	l->first = true;
	isrv_w_fetch_begin(w, isrv_session_number(s, seq), row->uid);
	if (uid) {
		isrv_fetch_separate(w, &l->first);
		ISRV_W(w, "UID ");
		isrv_w_u32(w, row->uid);
	}
	if (facts & IMAPSRV_FACT_FLAGS) {
		isrv_fetch_separate(w, &l->first);
		ISRV_W(w, "FLAGS ");
		isrv_w_flags(w, &row->flags, isrv_session_is_recent(s, row->uid));
	}
	if (facts & IMAPSRV_FACT_DATE) {
		isrv_fetch_separate(w, &l->first);
		ISRV_W(w, "INTERNALDATE ");
		isrv_w_datetime(w, row->date, row->zone);
	}
	if (facts & IMAPSRV_FACT_SIZE) {
		isrv_fetch_separate(w, &l->first);
		ISRV_W(w, "RFC822.SIZE ");
		isrv_w_u64(w, row->octets);
	}
	if (facts & IMAPSRV_FACT_MODSEQ) {
		isrv_fetch_separate(w, &l->first);
		ISRV_W(w, "MODSEQ (");
		isrv_w_u64(w, row->modseq);
		ISRV_W(w, ")");
		isrv_modseq_saw(s, row->modseq);
	}
	if (l->items->facts & ISRV_FETCH_RARE_FACTS)
		isrv_fetch_put_rare(s, l->items->facts, row, &l->first);
}

/* ENVELOPE and structure, behind the facts. */
static void put_shows(struct imapsrv_session *s, struct isrv_fetch_line *l,
                      const struct isrv_description *d)
{
	static const struct {
		uint32_t show;
		unsigned how;
		const char *name;
	} structures[] = {
		{ISRV_FETCH_STRUCTURE, 0, "BODY "},
		{ISRV_FETCH_EXTENDED_STRUCTURE, ISRV_BODY_EXTENDED, "BODYSTRUCTURE "},
	};
	unsigned how = (s->w.utf8 ? ISRV_BODY_GLOBAL : 0u) |
	               (isrv_session_rev2(s) ? ISRV_BODY_DECODED : 0u);

	if (l->items->shows & ISRV_FETCH_ENVELOPE) {
		isrv_fetch_separate(&s->w, &l->first);
		ISRV_W(&s->w, "ENVELOPE ");
		isrv_description_put_envelope(d, &s->w);
	}
	for (size_t i = 0; i < 2; i++) {
		if (!(l->items->shows & structures[i].show))
			continue;
		isrv_fetch_separate(&s->w, &l->first);
		isrv_w_cstr(&s->w, structures[i].name);
		isrv_description_put_body(d, &s->w, how | structures[i].how);
	}
}

/* PREVIEW without the message: what the host kept, or NIL where the client wants no work done
 * (RFC 8970 3.2). */
static void put_kept_preview(struct imapsrv_session *s, const struct imapsrv_row *row)
{
	ISRV_W(&s->w, "PREVIEW ");
	if (row->facts & IMAPSRV_FACT_PREVIEW)
		isrv_w_string(&s->w, row->preview.data, row->preview.len);
	else
		ISRV_W(&s->w, "NIL");
}

bool isrv_fetch_line_begin(struct imapsrv_session *s, struct isrv_fetch_line *l, uint32_t seq,
                           const struct imapsrv_row *row, const struct isrv_description *d)
{
	put_facts(s, l, seq, row);
	if (d)
		put_shows(s, l, d);
	if (!(l->items->shows & ISRV_FETCH_PREVIEW))
		return false;
	isrv_fetch_separate(&s->w, &l->first);
	if (misses_preview(l, row))
		return true;
	put_kept_preview(s, row);
	return false;
}

void isrv_fetch_line_end(struct imapsrv_session *s, struct isrv_fetch_line *l, uint32_t uid)
{
	if (l->first) { /* nothing of what was asked for is there: msg-att cannot be empty */
		ISRV_W(&s->w, "UID ");
		isrv_w_u32(&s->w, uid);
	}
	ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
	l->shown++;
}
