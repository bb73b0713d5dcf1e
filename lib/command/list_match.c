/* SPDX-License-Identifier: MIT */
/*
 * The state of a pass is a set of numbers i: "the first i literals of the pattern are matched by
 * what was read of the name".  An octet moves i to i + 1 if it is literal i, and leaves i where it
 * is if a wildcard behind the i-th literal takes it.  Sets are bits, so 64 numbers move at once.
 */
#include "command/list_match.h"

#include <string.h>

#include "base/ascii.h"

enum { WORD = 64, INBOX_LEN = 5 };

static void set_bit(uint64_t *bits, size_t i)
{
	bits[i / WORD] |= UINT64_C(1) << (i % WORD);
}

static bool has_bit(const uint64_t *bits, size_t i)
{
	return (bits[i / WORD] >> (i % WORD) & 1) != 0;
}

static bool is_wildcard(char c)
{
	return c == '*' || c == '%';
}

/* Counts literals and gives each octet that is one a class. */
static size_t classify(struct isrv_list_pattern *p, struct imapsrv_span pattern)
{
	size_t classes = 1;

	for (size_t i = 0; i < pattern.len; i++) {
		unsigned char c = (unsigned char)pattern.data[i];

		if (is_wildcard(pattern.data[i]))
			continue;
		p->literals++;
		/* NUL never stands in a pattern, so 255 classes are enough for all octets. */
		if (!p->class_of[c] && classes <= UINT8_MAX)
			p->class_of[c] = (uint8_t)classes++;
	}
	return classes;
}

size_t isrv_list_compile(struct isrv_list_pattern *p, struct isrv_arena *arena,
                         struct imapsrv_span pattern)
{
	size_t classes, size, at = 0;
	uint64_t *bits;

	memset(p, 0, sizeof(*p));
	classes = classify(p, pattern);
	p->words = p->literals / WORD + 1;
	/* At most 259 / 8 times as long as the pattern, which is a part of a command: no
	 * overflow. */
	size = (classes + 3) * p->words * sizeof(*bits);
	bits = isrv_arena_zalloc(arena, size);
	if (!bits)
		return size;
	p->many = bits;
	p->level = bits + p->words;
	p->state = bits + 2 * p->words;
	p->masks = bits + 3 * p->words;
	for (size_t i = 0; i < pattern.len; i++) {
		unsigned char c = (unsigned char)pattern.data[i];

		if (pattern.data[i] == '*')
			set_bit(p->many, at);
		else if (pattern.data[i] == '%')
			set_bit(p->level, at);
		else
			set_bit(p->masks + p->class_of[c] * p->words, at++);
	}
	p->levels = pattern.len && pattern.data[pattern.len - 1] == '%';
	return 0;
}

/* ---- the start that all have in common ----------------------------------------------------- */

/* The literal start of one pattern, as far as it tells something about names as the host spells
 * them. */
static struct imapsrv_span literal_start(struct imapsrv_span pattern, char separator)
{
	static const char inbox[] = "INBOX";
	struct imapsrv_span none = {NULL, 0};
	struct imapsrv_span start = {pattern.data, 0};
	size_t first = 0;

	while (start.len < pattern.len && !is_wildcard(pattern.data[start.len]))
		start.len++;
	while (first < start.len && (!separator || start.data[first] != separator))
		first++;
	if (!first || first > INBOX_LEN || !isrv_ascii_same(start.data, first, inbox, first) ||
	    !memcmp(start.data, inbox, first))
		return start;
	/* Here a level begins as INBOX does, whose case means nothing, in a case that is not the
	 * host's. */
	if (first == start.len && start.len < pattern.len)
		return none; /* "inb*" */
	if (first == INBOX_LEN) {
		struct imapsrv_span level = {inbox, INBOX_LEN};

		return level; /* "inbox", "inbox/..." */
	}
	return start; /* "inb", "inb/..." */
}

struct imapsrv_span isrv_list_prefix(const struct imapsrv_span *patterns, size_t count,
                                     char separator)
{
	struct imapsrv_span prefix = {NULL, 0};

	for (size_t i = 0; i < count; i++) {
		struct imapsrv_span start = literal_start(patterns[i], separator);
		size_t n = 0;

		if (i == 0) {
			prefix = start;
			continue;
		}
		while (n < prefix.len && n < start.len && prefix.data[n] == start.data[n])
			n++;
		prefix.len = n;
	}
	return prefix;
}

bool isrv_list_is_inbox(const char *name, size_t len, char separator)
{
	if (len < INBOX_LEN || !isrv_ascii_is(name, INBOX_LEN, "INBOX"))
		return false;
	return len == INBOX_LEN || (separator && name[INBOX_LEN] == separator);
}

/* ---- the pass ------------------------------------------------------------------------------ */

void isrv_list_scan_init(struct isrv_list_scan *scan, struct isrv_list_pattern *patterns,
                         size_t count, const char *name, size_t len, char separator,
                         uint64_t *steps)
{
	scan->patterns = patterns;
	scan->count = count;
	scan->name = name;
	scan->len = len;
	scan->at = 0;
	scan->separator = separator;
	scan->folded = isrv_list_is_inbox(name, len, separator) ? INBOX_LEN : 0;
	scan->steps = steps;
	*steps += count;
	for (size_t i = 0; i < count; i++) {
		struct isrv_list_pattern *p = &patterns[i];

		/* Longer patterns cannot match: a pattern of a megabyte costs nothing. */
		p->live = p->literals <= len;
		if (p->live) {
			memset(p->state, 0, p->words * sizeof(*p->state));
			p->state[0] = 1;
		}
	}
}

/* One octet of the name. */
static void advance(struct isrv_list_pattern *p, unsigned char c, bool fold, bool separator)
{
	const uint64_t *mask = p->masks + p->class_of[c] * p->words;
	const uint64_t *other = mask;
	uint64_t carry = 0, any = 0;

	if (fold) {
		mask = p->masks + p->class_of[isrv_ascii_upper(c)] * p->words;
		other = p->masks + p->class_of[isrv_ascii_lower(c)] * p->words;
	}
	for (size_t i = 0; i < p->words; i++) {
		uint64_t state = p->state[i];
		uint64_t moved = state & (mask[i] | other[i]);
		uint64_t stays = state & (separator ? p->many[i] : p->many[i] | p->level[i]);

		p->state[i] = moved << 1 | carry | stays;
		carry = moved >> (WORD - 1);
		any |= p->state[i];
	}
	p->live = any != 0;
}

/* Moves one pattern on over name[at..end). */
static void advance_to(struct isrv_list_scan *scan, struct isrv_list_pattern *p, size_t end)
{
	for (size_t i = scan->at; i < end && p->live; i++) {
		unsigned char c = (unsigned char)scan->name[i];

		*scan->steps += p->words;
		advance(p, c, i < scan->folded, c && c == (unsigned char)scan->separator);
	}
}

bool isrv_list_scan_next(struct isrv_list_scan *scan, size_t *len_r, unsigned *how_r)
{
	while (scan->at < scan->len) {
		size_t end = scan->at;
		unsigned how = 0;
		bool live = false;

		/* A separator where the last part ended belongs to the next. */
		do
			end++;
		while (end < scan->len && (!scan->separator || scan->name[end] != scan->separator));
		for (size_t i = 0; i < scan->count; i++) {
			struct isrv_list_pattern *p = &scan->patterns[i];

			advance_to(scan, p, end);
			live = live || p->live;
			if (!p->live || !has_bit(p->state, p->literals))
				continue;
			how |= ISRV_LIST_MATCH;
			if (p->levels)
				how |= ISRV_LIST_MATCH_LEVEL;
		}
		scan->at = live ? end : scan->len;
		/* "a/" and "/" are no names, should the host give something like "a//b". */
		if (how && (end == scan->len || scan->name[end - 1] != scan->separator)) {
			*len_r = end;
			*how_r = how;
			return true;
		}
	}
	return false;
}
