/* SPDX-License-Identifier: MIT */
/*
 * Framer and reader on any octets.  The first octet picks how the rest is cut and how literals are
 * answered.  Asserted: the framer says the same however the input is cut, stays in its budget and
 * makes progress; every rule of the reader moves on when it succeeds, explains itself when it
 * fails, stays inside the command, and does work in proportion to it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/uidset.h"
#include "wire/framer.h"
#include "wire/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* ---- the rules ----------------------------------------------------------------------------- */

/* A name that is handed on has no control character and is never invalid. */
static bool is_name(struct imapsrv_span name)
{
	ASSERT(isrv_utf8_is_name(name.data, name.len));
	return true;
}

static bool are_flags(const struct isrv_rd_flags *flags)
{
	uint32_t i;

	ASSERT((flags->system & ~IMAPSRV_SYSTEM_FLAGS) == 0);
	for (i = 0; i < flags->keyword_count; i++)
		ASSERT(flags->keywords[i].len > 0 && flags->keywords[i].len <= 30);
	return true;
}

static bool is_set(const struct isrv_rd_set *set)
{
	struct imapsrv_set view = {set->ranges, set->count};

	ASSERT(isrv_uidset_is_valid(view));
	ASSERT(set->saved != (set->count > 0 || set->star != 0));
	return true;
}

/* Looks at each octet of a value, so that a sanitizer sees it. */
static bool touch(struct imapsrv_span span)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < span.len; i++)
		sum += (unsigned char)span.data[i];
	ASSERT(sum <= 255 * (uint64_t)span.len);
	return true;
}

enum { RULES = 24 };

/* Rules that give one run of octets. */
static bool take_span(struct isrv_reader *r, unsigned rule)
{
	struct imapsrv_span span = {"", 0};
	bool literal8;

	switch (rule) {
	case 0:
		return isrv_rd_tag(r, &span) && touch(span);
	case 1:
		return isrv_rd_atom(r, &span) && touch(span);
	case 2:
		return isrv_rd_word(r, &span) && touch(span);
	case 3:
		return isrv_rd_string(r, &span) && touch(span);
	case 4:
		return isrv_rd_string8(r, &span, &literal8) && touch(span);
	case 5:
		return isrv_rd_astring(r, &span) && touch(span);
	case 6:
		return isrv_rd_nstring(r, &span) && touch(span);
	case 7:
		return isrv_rd_mailbox(r, &span) && touch(span) && is_name(span) && span.len > 0;
	case 8:
		return isrv_rd_pattern(r, &span) && touch(span) && is_name(span);
	default:
		return isrv_rd_keyword(r, &span) && touch(span);
	}
}

/* The rest; true if the rule took something. */
static bool take(struct isrv_reader *r, unsigned rule)
{
	struct isrv_rd_datetime datetime;
	struct isrv_rd_flags flags;
	struct isrv_rd_date date;
	struct isrv_rd_set set;
	bool literal8;
	uint32_t n;
	uint64_t wide;

	switch (rule) {
	case 10:
		return isrv_rd_sp(r);
	case 11:
		return isrv_rd_char(r, '(');
	case 12:
		return isrv_rd_number(r, &n);
	case 13:
		return isrv_rd_nz_number(r, &n) && n > 0;
	case 14:
		return isrv_rd_number64(r, &wide) && wide <= INT64_MAX;
	case 15:
		return isrv_rd_set(r, &set) && is_set(&set);
	case 16:
		return isrv_rd_flag_list(r, &flags) && are_flags(&flags);
	case 17:
		return isrv_rd_store_flags(r, &flags) && are_flags(&flags);
	case 18:
		return isrv_rd_date(r, &date);
	case 19:
		return isrv_rd_datetime(r, &datetime);
	case 20:
		return isrv_rd_announcement(r, &wide, &literal8);
	case 21:
		return isrv_rd_try_word(r, "FETCH") || isrv_rd_fail(r, "FETCH");
	case 22:
		return isrv_rd_char(r, ')');
	case 23:
		return isrv_rd_char(r, '[');
	default:
		return take_span(r, rule);
	}
}

/* Walks through the command: at each place the rules in turn, from a changing one on, and past an
 * octet that none of them takes. */
static void read_command(const char *data, size_t len, bool utf8)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	struct isrv_reader r;
	uint64_t steps = 0;
	unsigned first = 0, i;
	char *block = malloc(len ? len : 1); /* of the exact size: nothing behind it may be read */

	ASSERT(block);
	if (len)
		memcpy(block, data, len);
	isrv_mem_init(&mem, &isrv_mem_libc, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 1 << 16);
	isrv_reader_init(&r, &arena, len ? block : NULL, len);
	r.steps = &steps;
	r.utf8 = utf8;
	r.keyword_max = 30;
	while (!isrv_rd_end(&r)) {
		for (i = 0; i < RULES; i++) {
			const char *at = r.at;
			uint64_t before = steps;
			bool ok;

			r.expected = NULL;
			ok = take(&r, (first + i) % RULES);
			ASSERT(r.at >= at && r.at <= r.end);
			ASSERT(ok ? r.at > at : r.expected != NULL);
			ASSERT(steps - before <= 60 * (uint64_t)(r.end - at) + 60);
			if (ok)
				break;
			r.at = at;
		}
		first += 7;
		if (i == RULES)
			r.at++;
		isrv_arena_reset(&arena);
	}
	isrv_arena_clear(&arena);
	ASSERT(mem.used == 0);
	free(block);
}

/* ---- the framer ---------------------------------------------------------------------------- */

enum { COMMAND_MAX = 2000, DROP_MAX = 3000 };

struct run {
	struct isrv_framer f;
	struct isrv_mem mem;
	unsigned answers;   /* two bits for each literal, in turn */
	uint64_t streaming; /* octets of a literal that are the caller's */
	uint64_t hash;	    /* of all that was said */
	bool over;
	bool read; /* commands are read, too */
};

static void hash(struct run *run, const void *data, size_t len)
{
	const unsigned char *octets = data;
	size_t i;

	for (i = 0; i < len; i++)
		run->hash = (run->hash ^ octets[i]) * 1099511628211u;
}

static void on_event(struct run *run, enum isrv_frame event)
{
	unsigned char kind[4] = {(unsigned char)event, run->f.too_big,
				 event == ISRV_FRAME_LITERAL && run->f.literal_sync,
				 event == ISRV_FRAME_LITERAL && run->f.literal8};

	hash(run, kind, sizeof(kind));
	if (event == ISRV_FRAME_FLOOD || event == ISRV_FRAME_NOMEM) {
		ASSERT(event == ISRV_FRAME_FLOOD);
		run->over = true;
		return;
	}
	hash(run, run->f.buf.data, run->f.buf.len);
	if (run->read)
		read_command(run->f.buf.data, run->f.buf.len, run->answers & 1);
	if (event != ISRV_FRAME_LITERAL) {
		isrv_framer_next(&run->f);
		return;
	}
	hash(run, &run->f.literal_size, sizeof(run->f.literal_size));
	switch (run->answers & 3) {
	case 2:
		run->streaming = run->f.literal_size;
		isrv_framer_stream(&run->f);
		break;
	case 3:
		isrv_framer_refuse(&run->f);
		break;
	default:
		if (!isrv_framer_accept(&run->f))
			isrv_framer_refuse(&run->f);
		break;
	}
	run->answers = run->answers >> 2 | (run->answers & 3) << 6;
}

static void feed(struct run *run, const char *data, size_t len)
{
	size_t at = 0;

	while (!run->over) {
		enum isrv_frame event;
		size_t used;

		if (run->streaming > 0) {
			size_t n = run->streaming < len - at ? (size_t)run->streaming : len - at;

			at += n;
			run->streaming -= n;
			if (run->streaming > 0)
				return;
		}
		event = isrv_framer_feed(&run->f, &run->mem, data + at, len - at, &used);
		ASSERT(used <= len - at);
		at += used;
		ASSERT(run->f.buf.len <= COMMAND_MAX && run->f.buf.cap <= COMMAND_MAX);
		ASSERT(run->f.dropped <= DROP_MAX);
		if (event == ISRV_FRAME_MORE) {
			ASSERT(at == len);
			return;
		}
		on_event(run, event);
	}
}

static uint64_t frame(const char *data, size_t len, unsigned answers, unsigned cut, bool read)
{
	struct run run;
	size_t at = 0;

	memset(&run, 0, sizeof(run));
	isrv_mem_init(&run.mem, &isrv_mem_libc, SIZE_MAX);
	isrv_framer_init(&run.f, COMMAND_MAX, DROP_MAX);
	run.f.lines_only = (answers & 0xf0) == 0xf0;
	run.answers = answers;
	run.hash = 14695981039346656037u;
	run.read = read;
	while (at < len) {
		/* 0: whole; 1..7: pieces of that size; else pieces of a size that changes */
		size_t n = cut == 0 ? len : cut < 8 ? cut : 1 + (at * cut) % 61;

		if (n > len - at)
			n = len - at;
		feed(&run, data + at, n);
		at += n;
	}
	isrv_framer_clear(&run.f, &run.mem);
	ASSERT(run.mem.used == 0);
	return run.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *octets;
	unsigned pick;

	if (size == 0)
		return 0;
	pick = data[0];
	octets = (const char *)data + 1;
	size--;
	ASSERT(frame(octets, size, pick, 0, true) ==
	       frame(octets, size, pick, 1 + pick % 32, false));
	/* As it is, too: the framer never leaves an LF outside a literal. */
	read_command(octets, size, pick & 1);
	return 0;
}
