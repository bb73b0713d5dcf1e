/* SPDX-License-Identifier: MIT */
/*
 * support.h - what every file of this program leans on: memory that is there or ends the program,
 * a growing text, log lines, and clocks.
 */
#ifndef MAILDIR_SUPPORT_H
#define MAILDIR_SUPPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__GNUC__) || defined(__clang__)
#define PRINTF_LIKE(which, args) __attribute__((format(printf, which, args)))
#else
#define PRINTF_LIKE(which, args)
#endif

/* Never NULL: a server that runs out of memory for file names has nothing sensible left to do. */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *block, size_t count, size_t size);
char *xstrdup(const char *string);
char *xstrndup(const char *bytes, size_t len);
char *xprintf(const char *format, ...) PRINTF_LIKE(1, 2);

/* Grows an array so that it can hold one element more. */
#define RESERVE_ONE(array, count, capacity)                                                        \
	do {                                                                                       \
		if ((count) == (capacity)) {                                                       \
			(capacity) = (capacity) ? (capacity) * 2 : 16;                             \
			(array) = xrealloc((array), (capacity), sizeof(*(array)));                 \
		}                                                                                  \
	} while (0)

/* Bytes that grow at the end; always NUL-terminated once something was put. */
struct text {
	char *data;
	size_t len;
	size_t capacity;
};
void text_put(struct text *text, const char *data, size_t len);
void text_putf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_clear(struct text *text);

/* Lines on stderr, each written at once.  `quiet` silences all but errors. */
void log_quiet(bool quiet);
void log_line(const char *format, ...) PRINTF_LIKE(1, 2);
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
/* The same without the program's name in front, for a line that others read. */
void log_plain(const char *format, ...) PRINTF_LIKE(1, 2);
/* The program cannot run as asked: one line, exit 2. */
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

/* Milliseconds that never run backwards. */
uint64_t clock_ms(void);
/* The time of day, a + ms, and whether a comes before b. */
struct timespec clock_now(void);
struct timespec clock_add(struct timespec a, long ms);
bool clock_before(struct timespec a, struct timespec b);

#endif
