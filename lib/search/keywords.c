/* SPDX-License-Identifier: MIT */
/* Keywords are the same in any case (RFC 9051 2.3.2): they are compared in lower case. */
#include "search/keywords.h"

#include <string.h>

#include "base/ascii.h"
#include "search/matcher.h"

enum { LONGEST = 255 }; /* limits.keyword_len is never above that */

static void lower(char *to, struct imapsrv_span from)
{
	size_t i;

	for (i = 0; i < from.len; i++)
		to[i] = (char)isrv_ascii_lower((unsigned char)from.data[i]);
}

/* As isrv_needles_sort has it. */
static int compare(struct imapsrv_span a, struct imapsrv_span b)
{
	int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Those of all keys, in lower case and in order, with the numbers of their terms. */
static struct isrv_needle *gather(const struct isrv_program *p, struct isrv_arena *arena,
                                  uint32_t count)
{
	struct isrv_needle *list = isrv_arena_array(arena, count, sizeof(*list));
	struct isrv_needle *spare = isrv_arena_array(arena, count, sizeof(*spare));
	uint32_t i, n = 0;

	if (!list || !spare)
		return NULL;
	for (i = 0; i < p->count; i++) {
		struct imapsrv_span name;
		char *text;

		if (p->terms[i].kind != ISRV_TERM_KEYWORD)
			continue;
		name = p->terms[i].u.keyword.name;
		text = isrv_arena_alloc(arena, name.len);
		if (!text)
			return NULL;
		lower(text, name);
		list[n++] = (struct isrv_needle){{text, name.len}, i};
	}
	isrv_needles_sort(list, spare, n);
	return list;
}

bool isrv_program_take_keywords(struct isrv_program *p, struct isrv_arena *arena)
{
	struct isrv_needle *list;
	uint32_t i, count = 0, n = 0;

	for (i = 0; i < p->count; i++)
		count += p->terms[i].kind == ISRV_TERM_KEYWORD;
	if (!count)
		return true;
	list = gather(p, arena, count);
	p->keywords = isrv_arena_array(arena, count, sizeof(*p->keywords));
	p->present = isrv_arena_alloc(arena, count);
	if (!list || !p->keywords || !p->present)
		return false;
	for (i = 0; i < count; i++) {
		if (!n || compare(p->keywords[n - 1], list[i].text) != 0)
			p->keywords[n++] = list[i].text;
		p->terms[list[i].index].u.keyword.index = n - 1;
	}
	p->keyword_count = n;
	return true;
}

static void look_up(const struct isrv_program *p, struct imapsrv_span keyword)
{
	uint32_t low = 0, high = p->keyword_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare(p->keywords[middle], keyword);

		if (!order) {
			p->present[middle] = 1;
			return;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
}

void isrv_program_mark_keywords(const struct isrv_program *p, const struct imapsrv_flags *flags)
{
	char text[LONGEST];
	uint32_t i;

	memset(p->present, 0, p->keyword_count);
	for (i = 0; i < flags->keyword_count; i++) {
		struct imapsrv_span keyword = flags->keywords[i];

		if (!keyword.len || keyword.len > LONGEST)
			continue;
		lower(text, keyword);
		look_up(p, (struct imapsrv_span){text, keyword.len});
	}
}
