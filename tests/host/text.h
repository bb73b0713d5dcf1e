/* SPDX-License-Identifier: MIT */
/*
 * host/text - what the test host is built from and C lacks: a growing byte buffer, escapes for
 * printing, globs, generated message text, seeded random numbers, and the log in which a run
 * collects its complaints.  Memory that runs out here ends the program: only the library under
 * test has to survive that.
 */
#ifndef TEST_HOST_TEXT_H
#define TEST_HOST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tx {
	char *data; /* NUL behind the last octet once anything was added */
	size_t len;
	size_t cap;
};

void *tx_alloc(size_t size); /* cleared */
void *tx_realloc(void *block, size_t size);
char *tx_dup(const char *data, size_t len); /* NUL-terminated copy */

void tx_add(struct tx *t, const void *data, size_t len);
void tx_str(struct tx *t, const char *s);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void tx_fmt(struct tx *t, const char *format, ...);
void tx_clear(struct tx *t); /* empty, keeps its memory */
void tx_free(struct tx *t);

/* Appends data as one can read it: CR, LF, NUL and other octets as \r \n \0 \xHH. */
void tx_escape(struct tx *t, const char *data, size_t len);
/* The other way round; false at an escape that there is not. */
bool tx_unescape(struct tx *t, const char *text, size_t len);

/*
 * Does text match?  "*" stands for any octets but CR and LF.  "* " at the beginning is the mark of
 * an untagged response and "\*" the flag, both stand for themselves.
 */
bool tx_glob(const char *pattern, size_t pattern_len, const char *text, size_t len);
bool tx_same(const char *a, const char *b); /* but for ASCII case */
bool tx_same_n(const char *a, size_t a_len, const char *b);

/* A message of exactly `size` octets, always the same one: a Subject, then lines of 64 octets with
 * their number in them.  CRLF throughout. */
void tx_generate(char *data, size_t size);

struct tx_random {
	uint64_t state;
};
void tx_seed(struct tx_random *r, uint64_t seed);
uint32_t tx_below(struct tx_random *r, uint32_t n); /* 0..n-1; 0 for n 0 */

/* The complaints of one run: how many, and the text of the first. */
struct tx_log {
	unsigned count;
	char first[1500];
};
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void tx_complain(struct tx_log *log, const char *format, ...);

#endif
