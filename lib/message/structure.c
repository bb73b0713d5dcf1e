/* SPDX-License-Identifier: MIT */
/*
 * Lines, boundaries and what is open (RFC 2046 5.1.1).  Bodies are passed over from LF to LF; a
 * line is looked at only if it begins with "--" while a multipart waits for its boundary.  Only
 * such lines and headers are collected, so that a line may come in any number of pieces.
 *
 * Invariant: between two lines `at` is the place of the next one, the same for every cutting of the
 * message into pieces.  On the wire each line end has two octets, so places there depend on no CR
 * before an LF.
 *
 * A line is a boundary if it is one exactly, with nothing but blanks behind it; the innermost
 * multipart that knows it has it, and everything inside ends.  (RFC 2046 asks only for a beginning;
 * but one boundary may be the beginning of another, and the longer of two that both could be is
 * then guesswork.)
 */
#include "message/structure_state.h"

#define NOBODY UINT32_MAX

struct isrv_structure *isrv_structure_new(struct isrv_mem *mem,
                                          const struct isrv_structure_limits *limits,
                                          uint64_t *steps)
{
	struct isrv_structure *st = isrv_mem_zalloc(mem, sizeof(*st));

	if (!st)
		return NULL;
	st->mem = mem;
	st->limits = *limits;
	st->steps = steps;
	if (st->limits.depth > ISRV_DESCRIPTION_DEPTH)
		st->limits.depth = ISRV_DESCRIPTION_DEPTH;
	/* A part has at most some 40 octets of texts besides those that are counted. */
	if (st->limits.parts > ISRV_DESCRIPTION_TEXTS_MAX / 256)
		st->limits.parts = ISRV_DESCRIPTION_TEXTS_MAX / 256;
	if (st->limits.kept_octets > ISRV_DESCRIPTION_TEXTS_MAX / 8)
		st->limits.kept_octets = ISRV_DESCRIPTION_TEXTS_MAX / 8;
	if (st->limits.parts == 0)
		st->limits.parts = 1;
	st->kept = st->limits.kept_octets;
	isrv_buf_init(&st->header, SIZE_MAX);
	isrv_buf_init(&st->boundaries, SIZE_MAX);
	isrv_buf_init(&st->texts, SIZE_MAX);
	isrv_buf_init(&st->scratch, SIZE_MAX);
	isrv_buf_init(&st->out, SIZE_MAX);
	isrv_arena_init(&st->arena, mem, SIZE_MAX);
	if (!isrv_structure_begin(st, &st->at, true)) {
		isrv_structure_free(st);
		return NULL;
	}
	return st;
}

void isrv_structure_free(struct isrv_structure *st)
{
	struct isrv_mem *mem;

	if (!st)
		return;
	mem = st->mem;
	isrv_buf_clear(&st->header, mem);
	isrv_buf_clear(&st->boundaries, mem);
	isrv_buf_clear(&st->texts, mem);
	isrv_buf_clear(&st->scratch, mem);
	isrv_buf_clear(&st->out, mem);
	isrv_arena_clear(&st->arena);
	isrv_mem_free(mem, st->parts, st->part_cap * sizeof(*st->parts));
	isrv_mem_free(mem, st, sizeof(*st));
}

/* ---- parts begin and end ------------------------------------------------------------------- */

static bool grow_parts(struct isrv_structure *st)
{
	uint32_t cap = st->part_cap ? st->part_cap * 2 : 4;
	void *grown;

	if (cap > st->limits.parts)
		cap = st->limits.parts;
	grown = isrv_mem_realloc(st->mem, st->parts, st->part_cap * sizeof(*st->parts),
	                         cap * sizeof(*st->parts));
	if (!grown) {
		st->failed = true;
		return false;
	}
	st->parts = grown;
	st->part_cap = cap;
	return true;
}

bool isrv_structure_begin(struct isrv_structure *st, const struct isrv_place *place, bool top)
{
	struct isrv_structure_part *part;
	struct isrv_structure_open *open;

	if (st->part_count == st->limits.parts) {
		st->truncated = true;
		return false;
	}
	if (st->part_count == st->part_cap && !grow_parts(st))
		return false;
	part = &st->parts[st->part_count];
	memset(part, 0, sizeof(*part));
	part->header = *place;
	part->top = top;
	open = &st->stack[st->depth++];
	memset(open, 0, sizeof(*open));
	open->part = st->part_count++;
	open->boundary = (uint32_t)st->boundaries.len;
	st->in_header = true;
	st->header.len = 0;
	st->header_full = false;
	return true;
}

/* A multipart waits no longer for its boundary. */
static void close_fence(struct isrv_structure *st, struct isrv_structure_open *open)
{
	if (open->boundary_len)
		st->fences--;
	open->boundary_len = 0;
}

/*
 * All but the first `depth` open parts end, at a line that begins at `place`, or at the end of the
 * message. The line end before a boundary, of `eol` octets, belongs to the boundary (RFC 2046
 * 5.1.1), unless it ends a header: what has no body keeps its header whole, and so does what that
 * is in.
 */
static void end_parts(struct isrv_structure *st, uint32_t depth, const struct isrv_place *place,
                      unsigned eol)
{
	struct isrv_place end = *place;

	/* A header that ends without its blank line; it may begin a message, which has a header. */
	while (st->in_header && !st->failed)
		isrv_structure_header(st, place);
	if (eol && st->parts[st->stack[st->depth - 1].part].body.host < place->host) {
		end.host -= eol;
		end.wire -= 2;
		end.lines--;
	}
	while (st->depth > depth) {
		struct isrv_structure_open *open = &st->stack[--st->depth];
		struct isrv_structure_part *part = &st->parts[open->part];

		part->end = end;
		part->next = st->part_count;
		close_fence(st, open);
		st->boundaries.len = open->boundary;
	}
}

/* ---- boundaries ---------------------------------------------------------------------------- */

/*
 * delimiter         = CRLF "--" boundary
 * close-delimiter   = delimiter "--"
 * transport-padding = *LWSP-char
 * Which open multipart has this line as its boundary?
 */
static uint32_t find_fence(struct isrv_structure *st, bool *last_r)
{
	size_t len = st->line_len;
	uint32_t i;

	while (len > 2 && (st->line[len - 1] == ' ' || st->line[len - 1] == '\t'))
		len--;
	for (i = st->depth; i-- > 0 && len > 2;) {
		const struct isrv_structure_open *open = &st->stack[i];
		const char *boundary = st->boundaries.data + open->boundary;
		size_t rest = len - 2;

		++*st->steps;
		if (!open->boundary_len || rest < open->boundary_len ||
		    memcmp(st->line + 2, boundary, open->boundary_len) != 0)
			continue;
		rest -= open->boundary_len;
		*last_r = rest == 2 && st->line[len - 1] == '-' && st->line[len - 2] == '-';
		if (rest == 0 || *last_r)
			return i;
	}
	return NOBODY;
}

/* The line between the two places is a boundary of that open multipart. */
static void pass_fence(struct isrv_structure *st, uint32_t i, bool last,
                       const struct isrv_place *before, const struct isrv_place *behind)
{
	/* The line was taken for one of the header, until now. */
	st->header.len = st->header_line;
	st->header_full = st->header_was_full;
	end_parts(st, i + 1, before, st->eol);
	if (last)
		close_fence(st, &st->stack[i]);
	else if (!st->failed)
		(void)isrv_structure_begin(st, behind, false);
}

/* ---- lines --------------------------------------------------------------------------------- */

static void begin_line(struct isrv_structure *st)
{
	st->octets = 0;
	st->content = 0;
	st->cr = false;
	st->maybe = st->fences > 0;
	st->line_len = 0;
	st->header_line = st->header.len;
	st->header_was_full = st->header_full;
}

/* A line that does not fit is left out whole: an address that is cut short is somebody else's. */
static void add_header(struct isrv_structure *st, const char *data, size_t len)
{
	size_t room = st->limits.header_octets - st->header.len;

	*st->steps += len;
	if (st->header_full)
		return;
	if (len > room) {
		st->header_full = true;
		st->header.len = st->header_line;
	} else if (!isrv_buf_add(&st->header, st->mem, data, len))
		st->failed = true;
}

/* What may be a boundary: "--", then as much as a boundary can have, then blanks only. */
static void add_maybe(struct isrv_structure *st, const char *data, size_t len)
{
	size_t room = sizeof(st->line) - st->line_len;
	size_t n = len < room ? len : room;

	memcpy(st->line + st->line_len, data, n);
	st->line_len += n;
	if ((st->line_len > 0 && st->line[0] != '-') || (st->line_len > 1 && st->line[1] != '-'))
		st->maybe = false;
	for (; n < len && st->maybe; n++)
		st->maybe = data[n] == ' ' || data[n] == '\t';
}

/* Octets of a line, without its end. */
static void add_line(struct isrv_structure *st, const char *data, size_t len)
{
	if (len == 0)
		return;
	st->content += len;
	if (st->in_header)
		add_header(st, data, len);
	if (st->maybe)
		add_maybe(st, data, len);
}

/* The end of a line of the header.  One of nothing but a CR is not the empty one, and is kept so
 * that it does not look like that where fields are read. */
static void end_header_line(struct isrv_structure *st)
{
	bool lone = st->content == 1 && st->header.len > st->header_line &&
	            st->header.data[st->header_line] == '\r';

	add_header(st, lone ? "\r\n" : "\n", lone ? 2 : 1);
}

/* The line is complete; behind it is `behind`. */
static void end_line(struct isrv_structure *st, const struct isrv_place *behind, unsigned eol)
{
	const struct isrv_place before = st->at;
	uint32_t fence = NOBODY;
	bool last = false;

	++*st->steps;
	st->at = *behind;
	if (st->maybe)
		fence = find_fence(st, &last);
	if (fence != NOBODY) {
		pass_fence(st, fence, last, &before, behind);
	} else if (st->in_header) {
		end_header_line(st);
		if (st->content == 0)
			isrv_structure_header(st, behind);
	}
	st->eol = eol;
	begin_line(st);
}

/* A line of a header, one that may be a boundary, or a piece of a line; returns what follows it. */
static const char *take_piece(struct isrv_structure *st, const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));
	const char *stop = lf ? lf : end;
	struct isrv_place behind;
	size_t len = (size_t)(stop - at);

	if (st->cr && len > 0) {
		add_line(st, "\r", 1);
		st->cr = false;
	}
	st->octets += len;
	if (len > 0 && stop[-1] == '\r') {
		st->cr = true;
		len--;
	}
	add_line(st, at, len);
	if (!lf)
		return end;
	behind.host = st->at.host + st->octets + 1;
	behind.wire = st->at.wire + st->octets - st->cr + 2;
	behind.lines = st->at.lines + 1;
	end_line(st, &behind, st->cr ? 2 : 1);
	return lf + 1;
}

/*
 * Whole lines of a body, as long as none can be a boundary.  This is where a message with large
 * attachments passes through: no octet is looked at but the first two and the last two of each
 * line.
 */
static const char *skim(struct isrv_structure *st, const char *begin, const char *end)
{
	const bool fenced = st->fences > 0;
	const char *at = begin, *lf;
	uint64_t lines = 0, bare = 0;
	size_t octets;

	while (at < end && !(fenced && at[0] == '-' && (at + 1 == end || at[1] == '-'))) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (!lf)
			break;
		lines++;
		bare += lf == at || lf[-1] != '\r';
		at = lf + 1;
	}
	if (at == begin)
		return at;
	octets = (size_t)(at - begin);
	st->at.host += octets;
	st->at.wire += octets + bare;
	st->at.lines += lines;
	st->eol = octets > 1 && at[-2] == '\r' ? 2 : 1;
	*st->steps += lines;
	begin_line(st);
	return at;
}

bool isrv_structure_feed(struct isrv_structure *st, const char *data, size_t len)
{
	const char *at = data;
	const char *end = len ? data + len : data;

	while (at < end && !st->failed) {
		if (!st->in_header && st->octets == 0)
			at = skim(st, at, end);
		if (at < end)
			at = take_piece(st, at, end);
	}
	return !st->failed;
}

bool isrv_structure_knows_header(const struct isrv_structure *st)
{
	return !st->in_header || st->part_count > 1;
}

/* The last line may have no end, and be a boundary all the same. */
bool isrv_structure_end(struct isrv_structure *st)
{
	struct isrv_place end = st->at;
	uint32_t fence = NOBODY;
	bool last = false;

	if (st->cr)
		add_line(st, "\r", 1);
	end.host += st->octets;
	end.wire += st->octets;
	if (st->maybe)
		fence = find_fence(st, &last);
	if (fence != NOBODY)
		pass_fence(st, fence, last, &st->at, &end);
	st->at = end;
	end_parts(st, 0, &end, 0);
	return !st->failed;
}
