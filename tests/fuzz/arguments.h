/* SPDX-License-Identifier: MIT */
/*
 * The arguments of one command, from any octets.  The first two octets choose the form, what is
 * enabled, the limits and a failing allocation; the rest is what stands behind the name of the
 * command.  Asserted of every parse routine: it ends where it may, work is in proportion, memory
 * stays in its bounds and all of it is the arena's, a refusal says what was expected, and memory
 * that runs short is told as that.
 */
#ifndef FUZZ_ARGUMENTS_H
#define FUZZ_ARGUMENTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "command/commands.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum {
	ARGUMENTS_HEAD = 2,
	ARGUMENTS_ARENA = 1 << 20,
	ARGUMENTS_STEPS = 64 /* for an octet */
};

enum arguments_form {
	ARGUMENTS_UID = 1 << 0,
	ARGUMENTS_REV2 = 1 << 1,
	ARGUMENTS_UTF8 = 1 << 2,
	ARGUMENTS_UIDONLY = 1 << 3,
	ARGUMENTS_TIGHT = 1 << 4, /* limits */
	ARGUMENTS_SHORT = 1 << 5, /* an arena of few octets */
	ARGUMENTS_HIDE = 1 << 6,  /* every other capability is not to be had */
	ARGUMENTS_PLAIN = 1 << 7  /* QRESYNC is not enabled, no quota on storage */
};

struct arguments {
	struct imapsrv_limits limits;
	struct isrv_caps caps;
	struct isrv_parse p;
	struct isrv_arena arena;
	struct isrv_mem mem;
	struct imapsrv_allocator allocator;
	uint64_t steps;
	unsigned fail_at; /* the allocation that fails, from 1; 0: none */
	bool failed;
	bool good;
	void *args; /* what was parsed */
};

static inline bool arguments_fails(struct arguments *a)
{
	if (!a->fail_at || --a->fail_at)
		return false;
	a->failed = true;
	return true;
}

static inline void *arguments_alloc(void *user, size_t size)
{
	return arguments_fails(user) ? NULL : malloc(size);
}

static inline void *arguments_realloc(void *user, void *block, size_t old_size, size_t size)
{
	(void)old_size;
	return arguments_fails(user) ? NULL : realloc(block, size);
}

static inline void arguments_free(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	free(block);
}

static inline void arguments_limits(struct imapsrv_limits *l, bool tight)
{
	*l = (struct imapsrv_limits)IMAPSRV_LIMITS_INIT;
	isrv_limits_fill(l);
	if (!tight)
		return;
	l->depth = 3;
	l->names = 3;
	l->keyword_len = 8;
	l->search_terms = 6;
	l->fetch_items = 4;
	l->set_ranges = 4;
	l->notify_names = 3;
}

/* One pass over the arguments; what it left behind is in *a until arguments_clear. */
static inline void arguments_run(struct arguments *a, const struct isrv_command *c, unsigned form,
                                 unsigned fail_at, const char *text, size_t len)
{
	memset(a, 0, sizeof(*a));
	arguments_limits(&a->limits, form & ARGUMENTS_TIGHT);
	a->caps.word[0] = form & ARGUMENTS_HIDE ? 0x5555555555555555u : UINT64_MAX;
	a->caps.word[1] = a->caps.word[0];
	a->fail_at = fail_at;
	a->allocator = (struct imapsrv_allocator){arguments_alloc, arguments_realloc,
	                                          arguments_free, a};
	isrv_mem_init(&a->mem, &a->allocator, SIZE_MAX);
	isrv_arena_init(&a->arena, &a->mem, form & ARGUMENTS_SHORT ? 900 : ARGUMENTS_ARENA);
	isrv_reader_init(&a->p.r, &a->arena, text, len);
	a->p.r.steps = &a->steps;
	a->p.r.keyword_max = a->limits.keyword_len;
	a->p.r.utf8 = form & ARGUMENTS_UTF8;
	a->p.r.uidonly = form & ARGUMENTS_UIDONLY;
	a->p.limits = &a->limits;
	a->p.caps = &a->caps;
	a->p.uid = form & ARGUMENTS_UID;
	a->p.rev2 = form & ARGUMENTS_REV2;
	a->p.utf8 = form & ARGUMENTS_UTF8;
	a->p.qresync = a->p.storage_quota = !(form & ARGUMENTS_PLAIN);
	a->args = calloc(1, c->args_size ? c->args_size : 1u);
	ASSERT(a->args);
	a->good = !c->parse || c->parse(&a->p, a->args);
	ASSERT(a->p.r.at >= a->p.r.begin && a->p.r.at <= a->p.r.end);
	ASSERT(a->steps <= ARGUMENTS_STEPS * (uint64_t)(len + 1));
	ASSERT(a->arena.used <= a->arena.max);
	ASSERT(a->good || a->p.r.expected || a->p.r.nomem);
	ASSERT(!a->p.r.nomem || a->failed || a->arena.max < ARGUMENTS_ARENA ||
	       len > ARGUMENTS_ARENA / 256);
	ASSERT(!a->failed || !a->good || a->arena.used);
}

static inline void arguments_clear(struct arguments *a)
{
	free(a->args);
	isrv_arena_clear(&a->arena);
	ASSERT(a->mem.used == 0);
}

/*
 * The whole of it, for one command.  `look`, if given, sees arguments that were taken, as the
 * step of the command would.
 */
static inline void arguments_try(const struct isrv_command *c, const uint8_t *data, size_t size,
                                 void (*look)(const struct arguments *a))
{
	struct arguments whole, poor;
	size_t len = size - ARGUMENTS_HEAD;
	char *text;

	if (size < ARGUMENTS_HEAD)
		return;
	/* Of the exact size: nothing behind it may be read. */
	text = malloc(len ? len : 1);
	ASSERT(text);
	memcpy(text, data + ARGUMENTS_HEAD, len);
	arguments_run(&whole, c, data[0], 0, text, len);
	if (whole.good && look)
		look(&whole);
	if (data[1]) {
		arguments_run(&poor, c, data[0], data[1], text, len);
		/* Enough, or told. */
		ASSERT(poor.good ? whole.good && poor.p.r.at - text == whole.p.r.at - text
		                 : poor.p.r.nomem || !whole.good);
		arguments_clear(&poor);
	}
	arguments_clear(&whole);
	free(text);
}

#endif
