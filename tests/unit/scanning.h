/* SPDX-License-Identifier: MIT */
/*
 * For tests of search/scan: a program parsed, and a message read for it in pieces, as the SEARCH
 * command reads one that lies in memory.
 */
#ifndef TESTS_UNIT_SCANNING_H
#define TESTS_UNIT_SCANNING_H

#include <stdlib.h>
#include <string.h>

#include "message/structure.h"
#include "search/scan.h"

struct scanning {
	struct isrv_mem mem;
	struct isrv_arena arena;
	struct isrv_reader r;
	struct isrv_program p;
	struct isrv_scan *scan;
	uint64_t steps;
};

/* False: no such program, or one that reads no message. */
static inline bool scanning_begin(struct scanning *x, const char *program, size_t len)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;

	memset(x, 0, sizeof(*x));
	limits.search_terms = 10000;
	limits.depth = 100;
	isrv_mem_init(&x->mem, NULL, SIZE_MAX);
	isrv_arena_init(&x->arena, &x->mem, 256u << 20);
	isrv_reader_init(&x->r, &x->arena, program, len);
	x->r.steps = &x->steps;
	x->r.keyword_max = 255;
	if (!isrv_program_parse(&x->p, &x->r, &limits, 0) || x->p.bad_charset ||
	    !(x->p.facts & ISRV_FACTS_READ))
		return false;
	x->scan = isrv_scan_new(&x->p, &x->arena, &x->steps);
	if (!x->scan)
		abort();
	return true;
}

static inline void scanning_end(struct scanning *x)
{
	isrv_scan_clear(x->scan);
	isrv_arena_clear(&x->arena);
	if (x->mem.used)
		abort();
}

/* Octets from..to in pieces of `cut` (0: whole), each in a block of its own size. */
static inline void scanning_feed(struct scanning *x, bool header, const char *text, uint64_t from,
                                 uint64_t to, size_t cut)
{
	bool over = false;

	while (from < to && !over) {
		size_t n = cut && cut < to - from ? cut : (size_t)(to - from);
		char *piece = malloc(n);

		if (!piece)
			abort();
		memcpy(piece, text + from, n);
		if (header)
			over = isrv_scan_feed_header(x->scan, piece, n);
		else
			isrv_scan_feed_part(x->scan, piece, n);
		free(piece);
		from += n;
	}
	if (header)
		isrv_scan_end_header(x->scan);
	else
		isrv_scan_end_part(x->scan);
}

static inline struct isrv_structure *scanning_shape(struct scanning *x, const char *text,
                                                    size_t len, struct isrv_description *d)
{
	static const struct isrv_structure_limits limits = {100, 1000, 65536, 65536, 1000, 100};
	struct isrv_structure *st = isrv_structure_new(&x->mem, &limits, &x->steps);
	struct imapsrv_span span;

	if (!st || (len && !isrv_structure_feed(st, text, len)) ||
	    !isrv_structure_finish(st, &span) || !isrv_description_open(d, span.data, span.len))
		abort();
	return st;
}

/* What the program says of flags, dates and sizes is "no": only texts and Date count. */
static inline enum isrv_verdict scanning_read(struct scanning *x, const char *text, size_t len,
                                              size_t cut)
{
	struct isrv_search_row row = {.uid = 1};
	struct imapsrv_flags flags = {0, 0, NULL};
	struct isrv_description d;
	struct isrv_structure *st = scanning_shape(x, text, len, &d);
	struct isrv_part_info info;
	struct isrv_extent header;
	uint32_t at = 0;

	isrv_scan_reset(x->scan);
	isrv_scan_header(x->scan, true);
	scanning_feed(x, true, text, 0, len, cut);
	while (isrv_description_walk(&d, &at, &info, &header)) {
		if (at > 1 && x->scan->in_headers) {
			isrv_scan_header(x->scan, false);
			scanning_feed(x, true, text, header.host, header.host_end, cut);
		}
		if (isrv_scan_part(x->scan, &info))
			scanning_feed(x, false, text, info.body.host, info.body.host_end, cut);
	}
	isrv_structure_free(st);
	row.facts = UINT32_MAX;
	row.flags = &flags;
	row.found = x->scan->found;
	row.dated = x->scan->dated;
	row.sent = x->scan->day;
	x->steps += x->p.count;
	return isrv_program_eval(&x->p, &row, NULL);
}

#endif
