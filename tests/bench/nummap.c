/* SPDX-License-Identifier: MIT */
/*
 * What the number map costs at a million messages: nanoseconds per answer in random and in
 * ascending order, per append, per message expunged, and octets held.  Not a test: nothing here
 * fails for being slow.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/nummap.h"
#include "bench/clock.h"

#define MESSAGES 1000000u
#define QUERIES  2000000u

enum shape { CONTIGUOUS, EVERY_SECOND, RANDOM };

static const char *const names[] = {"contiguous", "every second missing", "random 70 %"};

static uint64_t state = 88172645463325252u;

/* Keeps the answers from being optimised away. */
static volatile uint32_t sink;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

static double append_all(struct isrv_nummap *map, struct isrv_mem *mem, const uint32_t *uids)
{
	double start = now();
	uint32_t i;

	for (i = 0; i < MESSAGES; i++) {
		if (!isrv_nummap_append(map, mem, uids[i], uids[i]))
			exit(1);
	}
	return (now() - start) * 1e9 / MESSAGES;
}

/* The order is drawn beforehand, so that drawing it is not measured. */
static double ask(const struct isrv_nummap *map, const uint32_t *order,
                  uint32_t (*question)(const struct isrv_nummap *, uint32_t))
{
	double start = now();
	uint32_t i;

	for (i = 0; i < QUERIES; i++)
		sink += question(map, order[i]);
	return (now() - start) * 1e9 / QUERIES;
}

static double remove_hundredth(struct isrv_nummap *map, struct isrv_mem *mem, const uint32_t *uids)
{
	static struct imapsrv_range gone[MESSAGES / 100];
	struct imapsrv_set set = {gone, 0};
	double start;
	uint32_t i;

	for (i = 0; i < MESSAGES / 100; i++) {
		uint32_t uid = uids[i * 100 + draw(98)];

		gone[set.count++] = (struct imapsrv_range){uid, uid};
	}
	start = now();
	if (isrv_nummap_remove(map, mem, set) != MESSAGES / 100)
		exit(1);
	return (now() - start) * 1e9 / (MESSAGES / 100);
}

static void measure(enum shape shape, uint32_t *uids, uint32_t *order)
{
	struct isrv_nummap map;
	struct isrv_mem mem;
	double append, rank, select, ascending;
	size_t before;
	uint32_t i, uid = 1;

	for (i = 0; i < MESSAGES; uid += shape == EVERY_SECOND ? 2 : 1) {
		if (shape != RANDOM || draw(10) < 7)
			uids[i++] = uid;
	}
	isrv_mem_init(&mem, &isrv_mem_libc, SIZE_MAX);
	isrv_nummap_init(&map);
	append = append_all(&map, &mem, uids);
	before = mem.used;
	for (i = 0; i < QUERIES; i++)
		order[i] = uids[draw(MESSAGES)];
	rank = ask(&map, order, isrv_nummap_rank);
	for (i = 0; i < QUERIES; i++)
		order[i] = 1 + draw(MESSAGES);
	select = ask(&map, order, isrv_nummap_uid);
	for (i = 0; i < QUERIES; i++)
		order[i] = uids[i % MESSAGES];
	ascending = ask(&map, order, isrv_nummap_seq);
	printf("%-22s%8.1f%8.1f%11.1f%8.1f", names[shape], rank, select, ascending, append);
	printf("%9.1f%9zu", remove_hundredth(&map, &mem, uids), before);
	printf("%9zu\n", mem.used);
	isrv_nummap_clear(&map, &mem);
}

int main(void)
{
	uint32_t *uids = malloc(MESSAGES * sizeof(*uids));
	uint32_t *order = malloc(QUERIES * sizeof(*order));

	if (!uids || !order)
		return 1;
	printf("%-22s%8s%8s%11s%8s%9s%9s%9s\n", "1,000,000 messages", "rank", "select", "ascending",
	       "append", "expunge", "octets", "after");
	measure(CONTIGUOUS, uids, order);
	measure(EVERY_SECOND, uids, order);
	measure(RANDOM, uids, order);
	printf("times in ns; ascending is seq(uid) in order; expunge is 1 %% in one removal, each\n");
	free(uids);
	free(order);
	return 0;
}
