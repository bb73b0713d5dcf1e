/* SPDX-License-Identifier: MIT */
/*
 * SEARCH programs of any octets.  The first octet picks the limits and what is known of the
 * messages. Asserted: parsing is in proportion to the text and stays in its limits; a refusal is
 * explained; a verdict that was reached without all facts is the one that all facts give; one that
 * looked at no fact holds for as many UIDs as it says.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/uidset.h"
#include "search/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { TERMS = 200, DEPTH = 5, LAST = 40 };

#define FEATURES                                                                                   \
	(uint32_t)(ISRV_SEARCH_MODSEQ | ISRV_SEARCH_OBJECTID | ISRV_SEARCH_SAVEDATE |              \
	           ISRV_SEARCH_WITHIN | ISRV_SEARCH_UIDAFTER | ISRV_SEARCH_FILTER |                \
	           ISRV_SEARCH_FUZZY)

static const struct imapsrv_span keywords[] = {{"a", 1}, {"$Junk", 5}};

/* Every sequence-set as if numbers were UIDs, with LAST as the last of them. */
static void resolve(struct isrv_program *p, struct isrv_arena *arena)
{
	static const struct imapsrv_range saved = {3, 5};
	uint32_t i;

	for (i = 0; i < p->count; i++) {
		struct isrv_term *term = &p->terms[i];
		struct isrv_rd_set *set = &term->u.set.written;
		struct imapsrv_range *ranges;
		size_t count = set->count;

		if (term->kind != ISRV_TERM_SET)
			continue;
		term->u.set.uids = (struct imapsrv_set){&saved, 1};
		if (set->saved)
			continue;
		ranges = isrv_arena_array(arena, count + 1, sizeof(*ranges));
		ASSERT(ranges);
		if (count)
			memcpy(ranges, set->ranges, count * sizeof(*ranges));
		if (set->star)
			ranges[count++] = (struct imapsrv_range){set->star, LAST};
		count = isrv_uidset_normalize(ranges, count);
		term->u.set.uids = (struct imapsrv_set){ranges, count};
	}
}

static void check_message(const struct isrv_program *p, uint32_t uid, unsigned pick)
{
	static const uint32_t each[] = {IMAPSRV_FACT_SIZE | IMAPSRV_FACT_MODSEQ, IMAPSRV_FACT_FLAGS,
	                                IMAPSRV_FACT_DATE | IMAPSRV_FACT_SAVEDATE,
	                                IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID,
	                                ISRV_FACT_HEADER, ISRV_FACT_TEXT};
	const unsigned count = sizeof(each) / sizeof(each[0]);
	uint8_t found[2 * TERMS];
	struct imapsrv_flags flags = {pick & IMAPSRV_SYSTEM_FLAGS, pick & 1 ? 2 : 0, keywords};
	struct isrv_search_row row = {.uid = uid, .recent_from = pick % 50};
	uint8_t known[4 * TERMS] = {0};
	enum isrv_verdict all, some = ISRV_UNDECIDED;
	uint32_t i;

	row.flags = &flags;
	row.date = (int64_t)uid * 20000000 - 100000000;
	row.zone = (int)pick - 128;
	row.octets = uid * 10;
	for (i = 0; i < sizeof(found); i++)
		found[i] = (uint8_t)(i * 7 + pick) % 3 == 0;
	row.found = found;
	row.dated = pick % 4 != 0;
	row.sent = (int64_t)uid * 300 - 2000;
	row.now = pick & 2 ? row.date + (int64_t)pick * 1000 : INT64_MIN;
	row.modseq = pick;
	row.emailid = (struct imapsrv_span){"Ma", 2};
	row.threadid = (struct imapsrv_span){"T", pick & 1};
	row.saved = pick & 4;
	row.save_date = row.date + 50000;
	row.facts = 0;
	for (i = 0; i < count; i++)
		row.facts |= each[i];
	all = isrv_program_eval(p, &row, NULL);
	ASSERT(all == ISRV_MATCH || all == ISRV_MISS);
	ASSERT(row.until >= uid);
	ASSERT(p->leaves <= sizeof(known));
	for (i = 0; i < count; i++) {
		row.facts = each[(i + pick) % count];
		some = isrv_program_eval(p, &row, known);
		ASSERT(some == all || some == ISRV_UNDECIDED);
	}
	ASSERT(some == all);
}

static void check_runs(const struct isrv_program *p, unsigned pick)
{
	struct isrv_search_row row = {.recent_from = pick % 50}, next;
	enum isrv_verdict is;
	uint32_t uid;

	for (row.uid = 1; row.uid <= LAST; row.uid = row.until + 1) {
		is = isrv_program_eval(p, &row, NULL);
		ASSERT(is != ISRV_UNDECIDED);
		next = row;
		for (uid = row.uid; uid <= row.until && uid <= LAST; uid++) {
			next.uid = uid;
			ASSERT(isrv_program_eval(p, &next, NULL) == is);
		}
		if (row.until == UINT32_MAX)
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct isrv_arena arena;
	struct isrv_program p;
	struct isrv_reader r;
	struct isrv_mem mem;
	uint64_t steps = 0;
	unsigned pick;
	char *block;
	bool is;

	if (size == 0)
		return 0;
	pick = data[0];
	size--;
	block = malloc(size ? size : 1); /* of the exact size: nothing behind it may be read */
	ASSERT(block);
	if (size)
		memcpy(block, data + 1, size);
	limits.search_terms = pick & 0x80 ? 4 : TERMS;
	limits.depth = DEPTH;
	isrv_mem_init(&mem, &isrv_mem_libc, SIZE_MAX);
	isrv_arena_init(&arena, &mem, pick & 0x40 ? 600 : 1 << 22);
	isrv_reader_init(&r, &arena, size ? block : NULL, size);
	r.steps = &steps;
	r.keyword_max = 30;
	r.utf8 = pick & 0x20;
	is = pick & 0x10 ? isrv_program_parse_criteria(&p, &r, &limits, FEATURES)
	                 : isrv_program_parse(&p, &r, &limits, FEATURES);
	ASSERT(r.at >= r.begin && r.at <= r.end);
	ASSERT(steps <= 60 * (uint64_t)size + 60);
	ASSERT(is || r.expected || r.nomem);
	if (is && !p.bad_charset) {
		ASSERT(r.at == r.end && p.count > 0 && p.stack);
		ASSERT(p.leaves <= 2 * limits.search_terms && p.count <= 4 * limits.search_terms);
		arena.max = SIZE_MAX;
		resolve(&p, &arena);
		check_message(&p, 1 + pick % LAST, pick);
		check_message(&p, LAST, 255 - pick);
		if (!p.facts)
			check_runs(&p, pick);
	}
	isrv_arena_clear(&arena);
	ASSERT(mem.used == 0);
	free(block);
	return 0;
}
