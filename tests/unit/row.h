/* SPDX-License-Identifier: MIT */
/*
 * What every table test needs: cmocka with what it wants included before it, an assertion that
 * names the row of its table, and blocks of the exact size, so that a sanitizer sees the first
 * octet read or written too far.
 */
#ifndef TESTS_UNIT_ROW_H
#define TESTS_UNIT_ROW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define ROW(row, condition)                                                                        \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("row %zu: %s", (size_t)(row), #condition);                        \
	} while (0)

/* A literal with its length, NULs inside included. */
#define BYTES(literal) literal, sizeof(literal) - 1

/* A block of exactly len octets (one that may not be touched, for 0). */
static inline char *exact(const void *data, size_t len)
{
	char *block = malloc(len ? len : 1);

	if (!block)
		abort();
	if (data && len)
		memcpy(block, data, len);
	if (len)
		return block;
	free(block);
	return NULL;
}

#endif
