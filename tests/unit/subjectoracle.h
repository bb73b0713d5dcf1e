/* SPDX-License-Identifier: MIT */
/*
 * The base subject by the letter of RFC 5256 2.1, one step after the other over copies of the text:
 * slow, and knowing nothing of lib/search/subject.c.  The text is decoded and its white space is
 * single spaces already.
 */
#ifndef TESTS_UNIT_SUBJECTORACLE_H
#define TESTS_UNIT_SUBJECTORACLE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The octets that the rule takes at the start of the text, or 0. */
static size_t oracle_blob(const char *text, size_t len)
{
	size_t n = 1;

	if (!len || text[0] != '[')
		return 0;
	while (n < len && text[n] != '[' && text[n] != ']' && text[n] != '\0')
		n++;
	if (n == len || text[n] != ']')
		return 0;
	n++;
	while (n < len && text[n] == ' ')
		n++;
	return n;
}

static bool oracle_word(const char *text, size_t len, const char *word)
{
	return len >= strlen(word) && strncasecmp(text, word, strlen(word)) == 0;
}

static size_t oracle_refwd(const char *text, size_t len)
{
	static const char *const words[] = {"re", "fwd", "fw"};
	size_t i, n;

	for (i = 0; i < 3; i++) {
		if (!oracle_word(text, len, words[i]))
			continue;
		n = strlen(words[i]);
		while (n < len && text[n] == ' ')
			n++;
		if (n < len && text[n] == ':')
			return n + 1;
		n += oracle_blob(text + n, len - n);
		if (n < len && text[n] == ':')
			return n + 1;
	}
	return 0;
}

static size_t oracle_leader(const char *text, size_t len, bool *reply)
{
	size_t at = 0, n;

	if (len && text[0] == ' ')
		return 1;
	for (;;) {
		n = oracle_refwd(text + at, len - at);
		if (n) {
			*reply = true;
			return at + n;
		}
		n = oracle_blob(text + at, len - at);
		if (!n)
			return 0;
		at += n;
	}
}

/* In place; the new length. */
static size_t oracle_subject(char *text, size_t len, bool *reply)
{
	bool again, matched;
	size_t n;

	*reply = false;
	do {
		do { /* (2) */
			matched = true;
			if (len && text[len - 1] == ' ') {
				len--;
			} else if (len >= 5 && oracle_word(text + len - 5, 5, "(fwd)")) {
				len -= 5;
				*reply = true;
			} else {
				matched = false;
			}
		} while (matched);
		do { /* (3), (4), (5) */
			matched = false;
			while ((n = oracle_leader(text, len, reply)) != 0) {
				memmove(text, text + n, len - n);
				len -= n;
				matched = true;
			}
			n = oracle_blob(text, len);
			if (n && n < len) {
				memmove(text, text + n, len - n);
				len -= n;
				matched = true;
			}
		} while (matched);
		again = len >= 6 && oracle_word(text, len, "[fwd:") && text[len - 1] == ']';
		if (again) { /* (6) */
			memmove(text, text + 5, len - 6);
			len -= 6;
			*reply = true;
		}
	} while (again);
	return len;
}

#endif
