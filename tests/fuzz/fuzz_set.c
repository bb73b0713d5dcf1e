/* SPDX-License-Identifier: MIT */
/*
 * sequence-set (RFC 9051 9) of any octets, against a slow reading of the same text: both take the
 * same texts, up to the same octet, and the same numbers are in them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/uidset.h"
#include "wire/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A seq-number at `at`: where it ends, or NULL.  0 stands for "*". */
static const char *slow_number(const char *at, const char *end, uint64_t *n_r)
{
	const char *begin = at;

	*n_r = 0;
	if (at < end && *at == '*')
		return at + 1;
	if (at == end || *at < '1' || *at > '9')
		return NULL;
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		*n_r = *n_r * 10 + (uint64_t)(*at - '0');
		if (*n_r > UINT32_MAX || at - begin > 10)
			return NULL;
	}
	return at;
}

/* Where the set ends, or NULL; *has_r: whether it has n, with `last` for "*". */
static const char *slow_set(const char *at, const char *end, uint64_t n, uint64_t last, bool *has_r)
{
	*has_r = false;
	for (;;) {
		uint64_t a, b;

		if (!(at = slow_number(at, end, &a)))
			return NULL;
		b = a;
		if (at < end && *at == ':' && !(at = slow_number(at + 1, end, &b)))
			return NULL;
		a = a ? a : last;
		b = b ? b : last;
		*has_r |= a < b ? a <= n && n <= b : b <= n && n <= a;
		if (at == end || *at != ',')
			return at;
		at++;
	}
}

static bool has(const struct isrv_rd_set *set, uint32_t n, uint32_t last)
{
	struct imapsrv_set ranges = {set->ranges, set->count};

	if (isrv_uidset_has(ranges, n))
		return true;
	/* What was paired with "*": from the lower of both to the last. */
	return set->star && n <= last && n >= (set->star < last ? set->star : last);
}

/*
 * A pair with "*" whose number is above the last means last..number, of which the reader keeps
 * only what is in use: so only numbers up to the last are compared.
 */
static void compare(const char *text, size_t len, const struct isrv_rd_set *set, uint32_t last)
{
	uint32_t at[40], count = 0;
	bool want;

	for (uint32_t i = 1; i < 10; i++)
		at[count++] = i;
	for (size_t i = 0; i < set->count && count < 30; i++) {
		at[count++] = set->ranges[i].first - 1;
		at[count++] = set->ranges[i].last;
		at[count++] = set->ranges[i].last + 1;
	}
	at[count++] = set->star;
	at[count++] = last;
	at[count++] = last - 1;
	for (uint32_t i = 0; i < count; i++) {
		if (at[i] == 0 || at[i] > last)
			continue;
		ASSERT(slow_set(text, text + len, at[i], last, &want));
		ASSERT(has(set, at[i], last) == want);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t lasts[] = {1, 5, 4000, UINT32_MAX};
	struct isrv_rd_set set;
	struct isrv_reader r;
	struct isrv_arena arena;
	struct isrv_mem mem;
	uint64_t steps = 0;
	const char *end;
	bool is, any;
	char *text;

	text = malloc(size ? size : 1);
	ASSERT(text);
	if (size)
		memcpy(text, data, size);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, SIZE_MAX);
	isrv_reader_init(&r, &arena, text, size);
	r.steps = &steps;
	is = isrv_rd_set(&r, &set);
	ASSERT(steps <= 8 * (uint64_t)size + 8);
	end = slow_set(text, text + size, 1, 1, &any);
	if (size && text[0] == '$') {
		ASSERT(is && set.saved && r.at == text + 1);
	} else {
		ASSERT(is == (end != NULL));
		ASSERT(is || r.expected);
	}
	if (is && !set.saved) {
		ASSERT(r.at == end);
		ASSERT(isrv_uidset_is_valid((struct imapsrv_set){set.ranges, set.count}));
		for (size_t i = 0; i < 4; i++)
			compare(text, size, &set, lasts[i]);
	}
	isrv_arena_clear(&arena);
	ASSERT(mem.used == 0);
	free(text);
	return 0;
}
