/* SPDX-License-Identifier: MIT */
/*
 * Mailbox names of any octets, and patterns for them.  The first octet chooses the separator and
 * how names are written; then, up to a NUL, come the pattern and the name.  Asserted: modified
 * UTF-7 has one spelling for each name; what the reader takes is a name, and the same if it is
 * read again; LIST's patterns match what a plain reading of RFC 9051 6.3.9 says, in bounded work.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf7.h"
#include "base/utf8.h"
#include "command/list_match.h"
#include "wire/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { MOST = 80 };

/* ---- modified UTF-7 ------------------------------------------------------------------------ */

/* Both ways from a text that may be either. */
static void check_utf7(const char *data, size_t len)
{
	char first[MOST * 4], second[MOST * 8];
	size_t n, k;

	ASSERT(isrv_utf7_decoded_max(len) <= sizeof(first));
	if (isrv_utf7_parse(first, sizeof(first), &n, data, len)) {
		ASSERT(n <= isrv_utf7_decoded_max(len) && isrv_utf8_valid(first, n));
		ASSERT(isrv_utf7_put(second, sizeof(second), &k, first, n));
		ASSERT(k == len && !memcmp(second, data, len));
	}
	if (isrv_utf7_put(second, sizeof(second), &k, data, len)) {
		ASSERT(k <= isrv_utf7_encoded_max(len) && isrv_utf8_is_ascii(second, k));
		ASSERT(isrv_utf7_parse(first, sizeof(first), &n, second, k));
		ASSERT(n == len && !memcmp(first, data, len));
	}
}

/* ---- the reader ---------------------------------------------------------------------------- */

static void check_reader(const char *data, size_t len, bool utf8)
{
	struct imapsrv_span name, again;
	struct isrv_arena arena;
	struct isrv_reader r;
	struct isrv_mem mem;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, SIZE_MAX);
	isrv_reader_init(&r, &arena, data, len);
	r.utf8 = utf8;
	if (isrv_rd_mailbox(&r, &name)) {
		char text[MOST * 4 + 30];
		int n;

		ASSERT(name.len && isrv_utf8_is_name(name.data, name.len));
		/* As a literal in UTF-8 it is the same, unless what UTF-7 said looks like UTF-7. */
		n = snprintf(text, sizeof(text), "{%zu+}\r\n%.*s", name.len, (int)name.len,
		             name.data);
		ASSERT(n > 0 && (size_t)n < sizeof(text));
		isrv_reader_init(&r, &arena, text, (size_t)n);
		r.utf8 = true;
		ASSERT(isrv_rd_mailbox(&r, &again) && r.at == r.end);
		ASSERT(again.len == name.len && !memcmp(again.data, name.data, name.len));
	} else {
		ASSERT(r.expected && r.at >= r.begin && r.at <= r.end);
	}
	isrv_arena_clear(&arena);
	ASSERT(mem.used == 0);
}

/* ---- patterns ------------------------------------------------------------------------------ */

/* Does pattern[0..p) match name[0..n)?  A table of all their starts. */
static bool slow_match(const char *pattern, size_t p, const char *name, size_t n, char separator,
                       size_t folded)
{
	static bool is[MOST + 1][MOST + 1];

	for (size_t i = 0; i <= p; i++) {
		for (size_t k = 0; k <= n; k++) {
			char a, b;

			if (i == 0) {
				is[i][k] = k == 0;
				continue;
			}
			a = pattern[i - 1];
			if (a == '*' || a == '%') {
				is[i][k] = is[i - 1][k] ||
				           (k && is[i][k - 1] &&
				            (a == '*' || name[k - 1] != separator || !separator));
				continue;
			}
			b = k ? name[k - 1] : '\0';
			is[i][k] = k && is[i - 1][k - 1] &&
			           (a == b || (k <= folded && isrv_ascii_same(&a, 1, &b, 1)));
		}
	}
	return is[p][n];
}

/* Is the start of that length a name of its own?  "a/" is none, in something like "a//b". */
static bool is_name(const char *name, size_t n, size_t at, char separator)
{
	return at == n || (separator && name[at] == separator && name[at - 1] != separator);
}

static void check_pattern(const char *pattern, size_t p, const char *name, size_t n, char separator)
{
	size_t folded = isrv_list_is_inbox(name, n, separator) ? 5 : 0, len, at = 0;
	struct isrv_list_pattern compiled;
	struct isrv_list_scan scan;
	struct isrv_arena arena;
	struct isrv_mem mem;
	uint64_t steps = 0;
	unsigned how;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, SIZE_MAX);
	ASSERT(isrv_list_compile(&compiled, &arena, (struct imapsrv_span){pattern, p}) == 0);
	isrv_list_scan_init(&scan, &compiled, 1, name, n, separator, &steps);
	while (isrv_list_scan_next(&scan, &len, &how)) {
		ASSERT(len > at && len <= n && (how & ISRV_LIST_MATCH));
		ASSERT(len == n || name[len] == separator);
		ASSERT(!(how & ISRV_LIST_MATCH_LEVEL) || (p && pattern[p - 1] == '%'));
		for (at++; at < len; at++)
			if (is_name(name, n, at, separator))
				ASSERT(!slow_match(pattern, p, name, at, separator, folded));
		ASSERT(slow_match(pattern, p, name, len, separator, folded));
		at = len;
	}
	for (at++; at <= n; at++)
		if (is_name(name, n, at, separator))
			ASSERT(!slow_match(pattern, p, name, at, separator, folded));
	ASSERT(steps <= (n + 1) * (p / 64 + 4));
	isrv_arena_clear(&arena);
	ASSERT(mem.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char separators[] = {'/', '.', '\0', 'a'};
	const char *text = (const char *)data + 1, *nul;
	char *pattern, *name;
	size_t p, n;

	if (size < 2 || size > MOST)
		return 0;
	size--;
	nul = memchr(text, '\0', size);
	p = nul ? (size_t)(nul - text) : 0;
	n = nul ? size - p - 1 : size;
	/* Of the exact size: nothing behind them may be read. */
	pattern = malloc(p ? p : 1);
	name = malloc(n ? n : 1);
	ASSERT(pattern && name);
	memcpy(pattern, text, p);
	memcpy(name, nul ? nul + 1 : text, n);
	check_utf7(name, n);
	check_reader(name, n, data[0] & 4);
	if (n)
		check_pattern(pattern, p, name, n, separators[data[0] & 3]);
	free(name);
	free(pattern);
	return 0;
}
