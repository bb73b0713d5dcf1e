/* SPDX-License-Identifier: MIT */
/*
 * maildir/cache - see cache.h.
 */
#include "maildir/cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cache_clear(struct cache *cache)
{
	free(cache->known);
	*cache = (struct cache){0};
}

/* ---- what is known ------------------------------------------------------------------------- */

static size_t place_of(const struct cache *cache, uint32_t uid)
{
	size_t at = cache->count;

	while (at > 0 && cache->known[at - 1].uid >= uid)
		at--;
	return at;
}

const struct known *cache_find(const struct cache *cache, uint32_t uid)
{
	size_t at = place_of(cache, uid);

	return at < cache->count && cache->known[at].uid == uid ? &cache->known[at] : NULL;
}

static void learn(struct cache *cache, uint32_t uid, const char *flags)
{
	size_t at = place_of(cache, uid);

	if (at == cache->count || cache->known[at].uid != uid) {
		cache->known = realloc(cache->known, (cache->count + 1) * sizeof *cache->known);
		if (!cache->known)
			fail("no memory");
		memmove(&cache->known[at + 1], &cache->known[at],
		        (cache->count - at) * sizeof *cache->known);
		cache->count++;
	}
	cache->known[at].uid = uid;
	snprintf(cache->known[at].flags, sizeof cache->known[at].flags, "%s", flags);
}

static size_t forget(struct cache *cache, uint32_t first, uint32_t last)
{
	size_t from = place_of(cache, first), to = from;

	while (to < cache->count && cache->known[to].uid <= last)
		to++;
	memmove(&cache->known[from], &cache->known[to], (cache->count - to) * sizeof *cache->known);
	cache->count -= to - from;
	return to - from;
}

/* ---- lines --------------------------------------------------------------------------------- */

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "(\Seen kw)" in order, without \Recent. */
static void read_flags(const char *list, char flags[128])
{
	char copy[1024], *words[64];
	size_t count = 0, len = 0;

	snprintf(copy, sizeof copy, "%.*s", (int)strcspn(list + 1, ")"), list + 1);
	for (char *word = strtok(copy, " "); word && count < 64; word = strtok(NULL, " "))
		if (strcmp(word, "\\Recent"))
			words[count++] = word;
	qsort(words, count, sizeof *words, compare_words);
	flags[0] = '\0';
	for (size_t i = 0; i < count && len < 120; i++)
		len += (size_t)snprintf(flags + len, 128 - len, "%s%s", i ? " " : "", words[i]);
}

static uint64_t number_behind(const char *line, const char *what)
{
	const char *at = strstr(line, what);

	return at ? strtoull(at + strlen(what), NULL, 10) : 0;
}

static void hear_vanished(struct cache *cache, const char *line)
{
	bool earlier = !strncmp(line, "* VANISHED (EARLIER) ", 21);
	const char *at = line + (earlier ? 21 : 11);

	while (*at) {
		char *end;
		uint32_t first = (uint32_t)strtoul(at, &end, 10), last = first;
		if (*end == ':')
			last = (uint32_t)strtoul(end + 1, &end, 10);
		if (!first || last < first)
			fail("not a set: %s", line);
		size_t gone = forget(cache, first, last);
		if (earlier)
			cache->earlier += last - first + 1;
		else if (gone > cache->exists)
			fail("more have vanished than there were: %s", line);
		if (!earlier)
			cache->exists -= last - first + 1;
		at = *end == ',' ? end + 1 : end;
	}
}

static void hear_fetch(struct cache *cache, const char *line)
{
	const char *flags = strstr(line, "FLAGS (");
	uint32_t uid = (uint32_t)number_behind(line, "UID ");
	uint64_t modseq = number_behind(line, "MODSEQ (");
	char words[128];

	if (!uid)
		fail("without UID: %s", line);
	if (modseq > cache->row_highest)
		cache->row_highest = modseq;
	if (!flags)
		return;
	read_flags(flags + 6, words);
	learn(cache, uid, words);
	cache->rows++;
}

static void hear_highest(struct cache *cache, uint64_t highest)
{
	cache->coded = true;
	if (!cache->selecting && highest < cache->highest)
		fail("HIGHESTMODSEQ falls from %" PRIu64 " to %" PRIu64, cache->highest, highest);
	if (cache->selecting)
		cache->pending = highest;
	else
		cache->highest = highest;
}

/* What is new is above all that is known. */
static void hear_exists(struct cache *cache, uint32_t exists)
{
	cache->exists = exists;
	if (!cache->unknown)
		cache->unknown = cache->count ? cache->known[cache->count - 1].uid + 1 : 1;
}

static void hear_code(struct cache *cache, const char *line)
{
	uint64_t n = number_behind(line, "[UIDVALIDITY ");

	if (n && n != cache->uidvalidity) {
		cache->renewed = cache->uidvalidity != 0;
		cache->count = 0;
		cache->unknown = 1;
		cache->highest = 0;
		cache->uidvalidity = (uint32_t)n;
	}
	n = number_behind(line, "[HIGHESTMODSEQ ");
	if (n)
		hear_highest(cache, n);
	if (strstr(line, "[NOMODSEQ]"))
		cache->pending = 0;
}

/* The tagged line: what was shown was all there was. */
static void hear_end(struct cache *cache)
{
	if (cache->selecting && cache->pending < cache->highest && cache->pending)
		fail("HIGHESTMODSEQ fell from %" PRIu64 " to %" PRIu64, cache->highest,
		     cache->pending);
	if (cache->selecting)
		cache->highest = cache->pending;
	else if (!cache->coded && cache->highest && cache->row_highest > cache->highest)
		cache->highest = cache->row_highest;
	cache->selecting = cache->coded = false;
	cache->row_highest = 0;
}

void cache_hear(void *context, const char *line)
{
	struct cache *cache = context;
	unsigned long n;
	char word[32];

	if (!strncmp(line, "* VANISHED ", 11))
		hear_vanished(cache, line);
	else if (sscanf(line, "* %lu %31s", &n, word) == 2 && !strcmp(word, "EXISTS"))
		hear_exists(cache, (uint32_t)n);
	else if (sscanf(line, "* %lu %31s", &n, word) == 2 && !strcmp(word, "EXPUNGE"))
		fail("EXPUNGE in place of VANISHED: %s", line);
	else if (sscanf(line, "* %lu %31s", &n, word) == 2 && !strcmp(word, "FETCH"))
		hear_fetch(cache, line);
	else
		hear_code(cache, line);
	if (line[0] == 't')
		hear_end(cache);
}

/* ---- coming and comparing ------------------------------------------------------------------ */

void cache_catch_up(struct cache *cache, struct conn *conn)
{
	if (cache->count != cache->exists) {
		conn_say(conn, "UID FETCH %" PRIu32 ":* (FLAGS)", cache->unknown);
		conn_ok(conn, cache_hear, cache);
	}
	cache->unknown = 0;
}

void cache_select(struct cache *cache, struct conn *conn)
{
	cache->rows = cache->earlier = 0;
	cache->renewed = false;
	conn_say(conn, "ENABLE QRESYNC");
	conn_ok(conn, NULL, NULL);
	cache->selecting = true;
	cache->coded = false;
	cache->pending = cache->row_highest = 0;
	if (cache->highest) {
		conn_say(conn, "SELECT INBOX (QRESYNC (%" PRIu32 " %" PRIu64 "))",
		         cache->uidvalidity, cache->highest);
	} else {
		conn_say(conn, "SELECT INBOX");
		cache->count = 0;
		cache->unknown = 1;
	}
	conn_ok(conn, cache_hear, cache);
	if (!cache->highest) { /* NOMODSEQ: all may have changed, and gone */
		cache->count = 0;
		cache->unknown = 1;
	}
	cache_catch_up(cache, conn);
}

struct listing {
	const struct cache *cache;
	size_t count;
	uint64_t sum;
};

static const struct {
	char letter;
	const char *word;
	uint64_t value;
} system_flags[] = {{'R', "\\Answered", 1},
                    {'T', "\\Deleted", 0x1000},
                    {'D', "\\Draft", 0x1000000},
                    {'F', "\\Flagged", 0x1000000000},
                    {'S', "\\Seen", 0x1000000000000}};

static uint64_t value_of_letters(const char *letters)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 5; i++)
		value += strchr(letters, system_flags[i].letter) ? system_flags[i].value : 0;
	return value;
}

static uint64_t value_of_words(const char *words)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 5; i++)
		value += strstr(words, system_flags[i].word) ? system_flags[i].value : 0;
	return value;
}

static void compare_line(void *context, const char *line)
{
	struct listing *listing = context;
	const char *flags = strstr(line, "FLAGS (");
	uint32_t uid = (uint32_t)number_behind(line, "UID ");
	const struct known *known;
	char is[128];

	if (!flags || !uid)
		return;
	read_flags(flags + 6, is);
	known = cache_find(listing->cache, uid);
	if (!known)
		fail("UID %" PRIu32 " is not known", uid);
	if (strcmp(known->flags, is))
		fail("UID %" PRIu32 " has flags (%s), known are (%s)", uid, is, known->flags);
	listing->count++;
	listing->sum += value_of_words(is);
}

void cache_compare(const struct cache *cache, struct conn *other, const struct play *play)
{
	struct listing listing = {cache, 0, 0};
	size_t files;
	uint64_t sum;

	conn_say(other, "EXAMINE INBOX");
	conn_ok(other, NULL, NULL);
	conn_say(other, "UID FETCH 1:* (FLAGS)");
	conn_ok(other, compare_line, &listing);
	conn_say(other, "UNSELECT");
	conn_ok(other, NULL, NULL);
	if (listing.count != cache->count)
		fail("%zu messages are known, %zu are there", cache->count, listing.count);
	if (listing.count != cache->exists)
		fail("%zu messages are there, told were %" PRIu32, listing.count, cache->exists);
	sum = file_sum(play, value_of_letters, &files);
	if (listing.count != files)
		fail("%zu messages are there, and %zu files", listing.count, files);
	if (listing.sum != sum)
		fail("the files have other flags than the messages");
}
