/* SPDX-License-Identifier: MIT */
/*
 * host/histories - the main program of a simulator.
 */
#include "host/histories.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int histories_run(const struct histories *h, int argc, char **argv)
{
	uint64_t first = 1, count = 2000, passed = 0, failed = 0;
	bool verbose = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			verbose = true;
		} else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
			first = strtoull(argv[++i], NULL, 10);
			count = 1;
		} else if (i + 1 < argc && strcmp(argv[i], "--histories") == 0) {
			count = strtoull(argv[++i], NULL, 10);
		} else {
			fprintf(stderr, "usage: run_%s [--seed N] [--histories N] [-v]\n", h->name);
			return 2;
		}
	}
	for (uint64_t seed = first; seed < first + count && failed < 20; seed++) {
		const struct tx_log *log = h->play(seed, verbose);

		if (!log->count) {
			passed++;
			continue;
		}
		failed++;
		printf("%s --seed %llu: %s\n", h->name, (unsigned long long)seed, log->first);
	}
	if (h->sum_up)
		h->sum_up();
	printf("%s: %llu passed, %llu failed\n", h->name, (unsigned long long)passed,
	       (unsigned long long)failed);
	return failed > 0;
}
