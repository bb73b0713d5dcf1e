/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scratch - a directory for the files of a store under test: in memory where there is
 * such a file system, for a store waits for the disk thousands of times.
 */
#ifndef TEST_STORECHECK_SCRATCH_H
#define TEST_STORECHECK_SCRATCH_H

#include <imapsrv.h>

/* Errors end the program. */
void scratch_begin(const char *elsewhere);
const char *scratch_dir(void);
void scratch_empty(void);
void scratch_end(void);

/* Appends to a file of ours: `before`, and a message with LF for CRLF.  0, or -1. */
int scratch_write_lf(const char *path, const char *before, struct imapsrv_span message);

#endif
