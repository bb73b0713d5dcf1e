/* SPDX-License-Identifier: MIT */
/*
 * Search programs and messages of any octets: the first octet picks how the message is cut, a line
 * is the program, the rest the message.  Asserted: the same is found in one piece and cut; the
 * program is decided; what is found is there in a way that a simple reader can check (a string that
 * is found is no longer than all that the message can become); the work is linear.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/scanning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static void check_found(const struct scanning *x, size_t len)
{
	uint32_t i;

	for (i = 0; i < x->p.count; i++) {
		const struct isrv_term *term = &x->p.terms[i];

		/* 4 octets for one where a charset is converted, then ISRV_CASEMAP_GROWTH. */
		if (term->kind == ISRV_TERM_TEXT && x->scan->found[term->u.text.index])
			ASSERT(term->u.text.needle.len <= 4 * ISRV_CASEMAP_GROWTH * (len + 16));
	}
}

static void check(struct scanning *x, const char *text, size_t len, size_t cut)
{
	enum isrv_verdict whole, parts;
	uint8_t *found = malloc(x->p.texts + 1);
	uint64_t steps = x->steps;
	int64_t day;
	bool dated;

	ASSERT(found);
	whole = scanning_read(x, text, len, 0);
	/* Converted text may grow, and each octet of it is a step. */
	ASSERT(x->steps - steps <= 200 * (len + 64) + 8 * (uint64_t)x->p.count);
	check_found(x, len);
	memcpy(found, x->scan->found, x->p.texts);
	dated = x->scan->dated;
	day = x->scan->day;
	parts = scanning_read(x, text, len, cut);
	ASSERT(whole == parts && whole != ISRV_UNDECIDED);
	ASSERT(memcmp(found, x->scan->found, x->p.texts) == 0);
	ASSERT(dated == x->scan->dated && (!dated || day == x->scan->day));
	free(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *octets = (const char *)data + 1, *end;
	struct scanning x;
	size_t len;

	if (size < 2)
		return 0;
	end = memchr(octets, '\n', size - 1);
	len = end ? (size_t)(end - octets) : size - 1;
	if (scanning_begin(&x, octets, len)) {
		size_t rest = size - 1 - len - (end != NULL), i;

		/* Sets are of no interest here. */
		for (i = 0; i < x.p.count; i++) {
			if (x.p.terms[i].kind == ISRV_TERM_SET)
				x.p.terms[i].u.set.uids = (struct imapsrv_set){NULL, 0};
		}
		check(&x, end ? end + 1 : octets, rest, 1 + data[0] % 40u);
	}
	scanning_end(&x);
	return 0;
}
