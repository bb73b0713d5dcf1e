/* SPDX-License-Identifier: MIT */
/*
 * host/histories - the main program of a simulator: histories by their seeds, counted, and what the
 * first complaint of each was.
 */
#ifndef TEST_HOST_HISTORIES_H
#define TEST_HOST_HISTORIES_H

#include "host/text.h"

struct histories {
	const char *name;
	/* Plays the history of that seed, and gives its log, which lives until the next. */
	const struct tx_log *(*play)(uint64_t seed, bool verbose);
	void (*sum_up)(void); /* says more of all of them, before the line that counts; NULL: nothing */
};

/* [--seed N] [--histories N] [-v]: gives the exit status. */
int histories_run(const struct histories *h, int argc, char **argv);

#endif
