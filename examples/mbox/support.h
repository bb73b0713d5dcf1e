/* SPDX-License-Identifier: MIT */
/*
 * support.h - small things that all files use: memory that is there or the program ends, and
 * reading and writing in full.
 */
#ifndef MBOX_SUPPORT_H
#define MBOX_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Never NULL.  A connection has a process of its own, so giving up harms no other. */
void *xrealloc(void *block, size_t size);
char *xformat(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xstrndup(const char *text, size_t len);

/* Room for one more element of an array that grows. */
#define RESERVE_ONE(array, count, capacity) \
	((count) < (capacity) ? (void)0 : (void)((array) = xrealloc( \
	(array), ((capacity) = (capacity) ? (capacity) * 2 : 16) * sizeof *(array))))

/* False: errno says why.  read_at gives how much there was, or -1. */
bool write_at(int fd, const void *data, size_t len, uint64_t offset);
ptrdiff_t read_at(int fd, void *to, size_t len, uint64_t offset);
/* A file of this path was made or renamed: that outlives a crash. */
bool sync_directory(const char *path);

/* Opens a side file.  In a spool that many users share, another could have put a link in its
 * place, or a file of his own; the owner of the directory could do worse.  -1: errno says why. */
int open_side(const char *path, int flags);

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
