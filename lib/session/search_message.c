/* SPDX-License-Identifier: MIT */
/*
 * The program is asked again where a stretch was read whose steps are no fewer than the asking
 * takes, so that neither many parts nor many terms make the other dear (ATTACKS T24).
 */
#include "session/search_message.h"

#include "session/session.h"

enum {
	AT_OPEN,
	AT_HEADER,
	AT_SIZE,
	AT_DESCRIBE,
	AT_PARTS,
	AT_END
};

bool isrv_search_message_init(struct imapsrv_session *s, struct isrv_search_message *m,
                              const struct isrv_program *program)
{
	uint32_t i, leaf = 0;

	m->program = program;
	m->body.arena = m->arena;
	m->size_leaf = UINT32_MAX;
	for (i = 0; i < program->count && m->size_leaf == UINT32_MAX; i++) {
		if (program->terms[i].kind == ISRV_TERM_SIZE)
			m->size_leaf = leaf;
		if (program->terms[i].kind < ISRV_TERM_NOT)
			leaf++;
	}
	isrv_buf_init(&m->kept, s->engine->limits.arena);
	s->steps += program->count;
	if (program->facts & ISRV_FACTS_READ)
		m->scan = isrv_scan_new(program, m->arena, &s->steps);
	return m->scan || !(program->facts & ISRV_FACTS_READ);
}

void isrv_search_message_keep(struct imapsrv_session *s, struct isrv_search_message *m,
                              struct imapsrv_span description, struct isrv_search_subject *subject)
{
	subject->description = m->kept.len;
	subject->octets = 0;
	if (m->program->facts & ISRV_FACT_TEXT && description.len &&
	    isrv_buf_add(&m->kept, &s->mem, description.data, description.len))
		subject->octets = description.len;
}

void isrv_search_message_close(struct imapsrv_session *s, struct isrv_search_message *m)
{
	isrv_body_close(s, &m->body);
	isrv_structure_free(m->structure);
	m->structure = NULL;
	isrv_scan_clear(m->scan);
	m->at = AT_OPEN;
}

void isrv_search_message_clear(struct imapsrv_session *s, struct isrv_search_message *m)
{
	isrv_search_message_close(s, m);
	isrv_buf_clear(&m->kept, &s->mem);
}

/* Is what was read enough? */
static bool judge(struct imapsrv_session *s, struct isrv_search_message *m,
                  const struct isrv_search_subject *subject)
{
	struct isrv_search_row row = {.uid = subject->uid,
	                              .recent_from = m->recent_from,
	                              .answers = m->answers,
	                              .facts = m->facts,
	                              .octets = m->body.wire};

	if (m->scan) {
		row.found = m->scan->found;
		row.dated = m->scan->dated;
		row.sent = m->scan->day;
	}
	s->steps += m->program->count;
	m->judged = s->steps;
	m->verdict = isrv_program_eval(m->program, &row, subject->known);
	return m->verdict != ISRV_UNDECIDED;
}

/* The next octets.  YIELD: this call has done enough, and none were taken.  What ends reading
 * before the message does stands in the session, the body or m->spent: see is_over. */
static enum isrv_step next_piece(struct imapsrv_session *s, struct isrv_search_message *m,
                                 struct imapsrv_span *piece_r)
{
	m->spent = s->steps >= m->until;
	if (m->spent)
		return ISRV_DONE;
	if (isrv_session_turn_over(s))
		return ISRV_YIELD;
	return isrv_body_raw(s, &m->body, piece_r);
}

static bool is_over(const struct imapsrv_session *s, const struct isrv_search_message *m)
{
	return s->error || m->body.failed || m->spent;
}

/* ---- its own header ------------------------------------------------------------------------ */

static bool reads_header(const struct isrv_search_message *m)
{
	return m->scan && (m->program->facts & ISRV_FACT_HEADER || m->scan->in_headers);
}

static enum isrv_step read_header(struct imapsrv_session *s, struct isrv_search_message *m)
{
	struct imapsrv_span piece;
	enum isrv_step step;

	if (!m->begun) {
		isrv_scan_header(m->scan, true);
		isrv_body_rewind(&m->body);
		m->begun = true;
	}
	do {
		step = next_piece(s, m, &piece);
		if (step != ISRV_DONE || is_over(s, m))
			return step;
	} while (piece.len && !isrv_scan_feed_header(m->scan, piece.data, piece.len));
	isrv_scan_end_header(m->scan);
	m->begun = false;
	m->facts |= ISRV_FACT_HEADER;
	return ISRV_DONE;
}

/* ---- where its parts are ------------------------------------------------------------------- */

/* The host's description, if it fits this body. */
static bool use_kept(struct isrv_search_message *m, const struct isrv_search_subject *subject)
{
	struct isrv_description *d = &m->description;

	return subject->octets &&
	       isrv_description_open(d, m->kept.data + subject->description, subject->octets) &&
	       d->host_octets == isrv_body_octets(&m->body);
}

static bool begin_structure(struct imapsrv_session *s, struct isrv_search_message *m)
{
	const struct imapsrv_limits *l = &s->engine->limits;
	struct isrv_structure_limits limits = {l->depth,     l->parts,     l->header_octets,
	                                       l->described, l->addresses, l->params};

	m->structure = isrv_structure_new(&s->mem, &limits, &s->steps);
	if (!m->structure)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	isrv_body_rewind(&m->body);
	return m->structure != NULL;
}

static enum isrv_step describe(struct imapsrv_session *s, struct isrv_search_message *m,
                               const struct isrv_search_subject *subject)
{
	struct imapsrv_span piece;
	enum isrv_step step;

	if (!m->structure && (use_kept(m, subject) || !begin_structure(s, m)))
		return ISRV_DONE;
	do {
		step = next_piece(s, m, &piece);
		if (step != ISRV_DONE || is_over(s, m))
			return step;
		if (piece.len && !isrv_structure_feed(m->structure, piece.data, piece.len)) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return ISRV_DONE;
		}
	} while (piece.len);
	if (!isrv_structure_finish(m->structure, &piece) ||
	    !isrv_description_open(&m->description, piece.data, piece.len))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return ISRV_DONE;
}

/* ---- its parts ----------------------------------------------------------------------------- */

/* The next stretch that is looked into: a header, or the body behind it.  False: there is none. */
static bool next_stretch(struct imapsrv_session *s, struct isrv_search_message *m)
{
	struct isrv_extent header;

	for (;;) {
		if (m->header) {
			m->header = false;
			if (isrv_scan_part(m->scan, &m->info)) {
				m->from = m->info.body.host;
				m->to = m->info.body.host_end;
				break;
			}
		}
		if (isrv_scan_is_full(m->scan) ||
		    !isrv_description_walk(&m->description, &m->part, &m->info, &header))
			return false;
		s->steps++;
		m->header = true;
		/* The first is the message's own: it was read before all else. */
		if (m->part > 1 && m->scan->in_headers && m->scan->headers.left) {
			isrv_scan_header(m->scan, false);
			m->from = header.host;
			m->to = header.host_end;
			break;
		}
	}
	isrv_body_seek(&m->body, 0, m->from);
	m->begun = true;
	return true;
}

static void end_stretch(struct isrv_search_message *m)
{
	if (m->header)
		isrv_scan_end_header(m->scan);
	else
		isrv_scan_end_part(m->scan);
	m->begun = false;
}

static enum isrv_step read_stretch(struct imapsrv_session *s, struct isrv_search_message *m)
{
	struct imapsrv_span piece;
	enum isrv_step step;
	bool more = true; /* a description ends with its body: there is, up to `to` */

	while (more && m->from < m->to && (m->header || !isrv_scan_is_full(m->scan))) {
		step = next_piece(s, m, &piece);
		if (step != ISRV_DONE || is_over(s, m))
			return step;
		more = piece.len != 0;
		if (piece.len > m->to - m->from)
			piece.len = (size_t)(m->to - m->from);
		m->from += piece.len;
		if (m->header)
			(void)isrv_scan_feed_header(m->scan, piece.data, piece.len);
		else
			isrv_scan_feed_part(m->scan, piece.data, piece.len);
	}
	end_stretch(m);
	return ISRV_DONE;
}

static enum isrv_step read_parts(struct imapsrv_session *s, struct isrv_search_message *m,
                                 const struct isrv_search_subject *subject)
{
	enum isrv_step step;

	while (m->begun || next_stretch(s, m)) {
		step = read_stretch(s, m);
		if (step != ISRV_DONE || is_over(s, m))
			return step;
		if (s->steps - m->judged >= m->program->count && judge(s, m, subject))
			return ISRV_DONE;
	}
	m->facts |= ISRV_FACT_TEXT;
	(void)judge(s, m, subject);
	return ISRV_DONE;
}

/* ---- */

static void begin(struct isrv_search_message *m)
{
	m->facts = 0;
	m->spent = false;
	m->part = 0;
	m->header = m->begun = false;
	m->verdict = ISRV_UNDECIDED;
	if (m->scan)
		isrv_scan_reset(m->scan);
}

/* What comes next, now that this is done. */
static uint8_t next(struct imapsrv_session *s, struct isrv_search_message *m,
                    const struct isrv_search_subject *subject)
{
	switch (m->at) {
	case AT_OPEN:
		begin(m);
		return reads_header(m) ? AT_HEADER : AT_SIZE;
	case AT_HEADER:
		return judge(s, m, subject) ? AT_END : AT_SIZE;
	case AT_SIZE:
		if (m->facts & IMAPSRV_FACT_SIZE && judge(s, m, subject))
			return AT_END;
		return m->program->facts & ISRV_FACT_TEXT ? AT_DESCRIBE : AT_END;
	case AT_DESCRIBE:
		m->judged = s->steps;
		return AT_PARTS;
	default:
		return AT_END;
	}
}

static enum isrv_step measure(struct imapsrv_session *s, struct isrv_search_message *m,
                              const struct isrv_search_subject *subject)
{
	enum isrv_step step;

	if (m->size_leaf == UINT32_MAX || subject->known[m->size_leaf])
		return ISRV_DONE;
	if (!m->begun)
		isrv_body_rewind(&m->body);
	m->begun = true;
	step = isrv_body_measure(s, &m->body);
	if (step == ISRV_DONE) {
		m->begun = false;
		m->facts |= IMAPSRV_FACT_SIZE;
	}
	return step;
}

enum isrv_step isrv_search_message_read(struct imapsrv_session *s, struct isrv_search_message *m,
                                        const struct isrv_search_subject *subject)
{
	enum isrv_step step = ISRV_DONE;

	while (m->at != AT_END) {
		switch (m->at) {
		case AT_OPEN:
			step = isrv_body_open(s, &m->body, m->mailbox, subject->uid);
			break;
		case AT_HEADER:
			step = read_header(s, m);
			break;
		case AT_SIZE:
			step = measure(s, m, subject);
			break;
		case AT_DESCRIBE:
			step = describe(s, m, subject);
			break;
		default:
			step = read_parts(s, m, subject);
			break;
		}
		if (step != ISRV_DONE || is_over(s, m))
			return step;
		m->at = next(s, m, subject);
	}
	return ISRV_DONE;
}
