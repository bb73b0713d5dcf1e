/* SPDX-License-Identifier: MIT */
/*
 * flags.c - flags as mail programs write them into an mbox, as the library wants them, and as the
 * ledger compares them.
 */
#include "flags.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEYWORD_LEN 255 /* as the library has it */

static const struct {
	char letter;
	uint32_t flag;
} letters[] = {{'R', IMAPSRV_SEEN}, {'A', IMAPSRV_ANSWERED}, {'F', IMAPSRV_FLAGGED},
               {'D', IMAPSRV_DELETED}, {'T', IMAPSRV_DRAFT}};
#define LETTERS (sizeof letters / sizeof *letters)

uint32_t flags_of_letters(const char *text, size_t len)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < LETTERS; i++)
		if (memchr(text, letters[i].letter, len))
			flags |= letters[i].flag;
	return flags;
}

void flags_free(struct flags *flags)
{
	free(flags->keywords);
	*flags = (struct flags){0};
}

/* ---- keywords ------------------------------------------------------------------------------ */

/* RFC 9051 9: flag-keyword is an atom. */
static bool is_keyword(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] <= ' ' || word[i] > '~' || strchr("(){%*\"\\]", word[i]))
			return false;
	return len > 0 && len <= KEYWORD_LEN;
}

uint32_t flags_spans(const struct flags *flags, struct imapsrv_span spans[KEYWORDS_MAX])
{
	const char *at = flags->keywords;
	uint32_t count = 0;

	while (at && *at && count < KEYWORDS_MAX) {
		size_t len = strcspn(at, " ");
		spans[count++] = (struct imapsrv_span){at, len};
		at += len + (at[len] == ' ');
	}
	return count;
}

/* By name without regard to case (RFC 9051 2.3.2). */
static int compare(struct imapsrv_span a, struct imapsrv_span b)
{
	int order = strncasecmp(a.data, b.data, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static void join(struct flags *flags, const struct imapsrv_span *spans, uint32_t count)
{
	char *text = NULL;
	size_t len = 0;

	for (uint32_t i = 0; i < count; i++) {
		text = xrealloc(text, len + spans[i].len + 2);
		memcpy(text + len, spans[i].data, spans[i].len);
		len += spans[i].len;
		text[len++] = ' ';
	}
	if (text)
		text[len - 1] = '\0';
	free(flags->keywords);
	flags->keywords = text;
}

/* Where the word is, or belongs. */
static uint32_t place_of(const struct imapsrv_span *spans, uint32_t count, struct imapsrv_span word)
{
	uint32_t low = 0;

	while (low < count) {
		uint32_t middle = low + (count - low) / 2;
		if (compare(spans[middle], word) < 0)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/* False: there are as many as can be. */
static bool add_keyword(struct flags *flags, struct imapsrv_span word)
{
	struct imapsrv_span spans[KEYWORDS_MAX];
	uint32_t count = flags_spans(flags, spans), at = place_of(spans, count, word);

	if (at < count && !compare(spans[at], word))
		return true;
	if (count == KEYWORDS_MAX)
		return false;
	memmove(&spans[at + 1], &spans[at], (count - at) * sizeof *spans);
	spans[at] = word;
	join(flags, spans, count + 1);
	return true;
}

static void add_word(struct keywords *keywords, const char *word, size_t len)
{
	struct imapsrv_span *words = keywords->words, span = {word, len};
	uint32_t at = place_of(words, keywords->count, span);

	if ((at < keywords->count && !compare(words[at], span)) || keywords->count == KEYWORDS_MAX)
		return;
	memmove(&words[at + 1], &words[at], (keywords->count++ - at) * sizeof *words);
	words[at].data = xstrndup(word, len);
	words[at].len = len;
}

/* Whoever sends mail can have these fields in it: the work for each word, and for each field, does
 * not depend on how long the others are. */
void keywords_add(struct keywords *keywords, const char *text, size_t len)
{
	for (size_t at = 0, begin = 0; at <= len; at++) {
		if (at < len && !strchr(" \t\r\n", text[at]))
			continue;
		if (is_keyword(text + begin, at - begin))
			add_word(keywords, text + begin, at - begin);
		begin = at + 1;
	}
}

void keywords_give(struct keywords *keywords, struct flags *flags)
{
	join(flags, keywords->words, keywords->count);
	for (uint32_t i = 0; i < keywords->count; i++)
		free((char *)keywords->words[i].data);
	keywords->count = 0;
}

static void remove_keyword(struct flags *flags, struct imapsrv_span keyword)
{
	struct imapsrv_span spans[KEYWORDS_MAX];
	uint32_t count = flags_spans(flags, spans), kept = 0;

	for (uint32_t i = 0; i < count; i++)
		if (compare(spans[i], keyword))
			spans[kept++] = spans[i];
	if (kept < count)
		join(flags, spans, kept);
}

bool flags_changed(const struct flags *flags, const struct imapsrv_store_flags *change,
                   struct flags *changed_r)
{
	bool fits = true;

	*changed_r = (struct flags){change->flags.system, NULL};
	if (change->mode != IMAPSRV_FLAGS_SET && flags->keywords)
		changed_r->keywords = xstrndup(flags->keywords, strlen(flags->keywords));
	if (change->mode == IMAPSRV_FLAGS_ADD)
		changed_r->system |= flags->system;
	else if (change->mode == IMAPSRV_FLAGS_REMOVE)
		changed_r->system = flags->system & ~change->flags.system;
	for (uint32_t i = 0; i < change->flags.keyword_count; i++)
		if (change->mode == IMAPSRV_FLAGS_REMOVE)
			remove_keyword(changed_r, change->flags.keywords[i]);
		else
			fits = add_keyword(changed_r, change->flags.keywords[i]) && fits;
	if (!fits)
		flags_free(changed_r);
	return fits;
}

/* ---- shown to others ----------------------------------------------------------------------- */

uint64_t flags_fingerprint(const struct flags *flags)
{
	uint64_t hash = 0xcbf29ce484222325u ^ flags->system; /* FNV-1a */

	if (!flags->keywords)
		return flags->system;
	for (const char *at = flags->keywords; *at; at++)
		hash = (hash ^ (unsigned char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at)) *
		       0x100000001b3u;
	/* Neither bits nor IMAPSRV_LEDGER_UNKNOWN. */
	return (hash >> 1) | (uint64_t)1 << 62;
}

char *flags_fields(const struct flags *flags)
{
	char marks[LETTERS + 1];
	size_t count = 0;

	/* \Seen is in Status, with the O of a message that is not new; all others in X-Status. */
	for (size_t i = 1; i < LETTERS; i++)
		if (flags->system & letters[i].flag)
			marks[count++] = letters[i].letter;
	marks[count] = '\0';
	return xformat("Status: %sO\n%s%s%s%s%s%s", flags->system & IMAPSRV_SEEN ? "R" : "",
	               count ? "X-Status: " : "", marks, count ? "\n" : "",
	               flags->keywords ? "X-Keywords: " : "",
	               flags->keywords ? flags->keywords : "", flags->keywords ? "\n" : "");
}
