/* SPDX-License-Identifier: MIT */
/* Octets are looked through once, however many literals they come in: the framer's buffer may move
 * meanwhile, so places in it are offsets.  What does not fit the grammar is found by who parses
 * it. */
#include "command/intake_look.h"

#include <string.h>

#include "base/ascii.h"

void isrv_intake_look_begin(struct isrv_intake_look *k, size_t from)
{
	memset(k, 0, sizeof(*k));
	k->from = k->seen = from;
}

/* Behind a quoted string that begins at `at`. */
static size_t skip_quoted(const char *data, size_t len, size_t at)
{
	for (at++; at < len && data[at] != '"'; at++)
		at += data[at] == '\\';
	return at < len ? at + 1 : len;
}

/* Behind the octets of a literal that is announced at `at`: they may be still to come. */
static size_t skip_literal(const char *data, size_t len, size_t at)
{
	size_t size = 0;

	for (at++; at < len && data[at] >= '0' && data[at] <= '9'; at++) {
		if (size > (SIZE_MAX - 9) / 10)
			return len;
		size = size * 10 + (size_t)(data[at] - '0');
	}
	if (at < len && data[at] == '+')
		at++;
	if (len - at < 3 || memcmp(data + at, "}\r\n", 3) != 0)
		return at;
	at += 3;
	return size < SIZE_MAX - at ? at + size : len;
}

/* Does the list that opens here hold annotations? */
static bool is_list(const struct isrv_intake_look *k, const char *data, size_t at)
{
	static const char word[] = " ANNOTATION ";
	size_t len = sizeof(word) - 1;

	return at >= k->from + len && isrv_ascii_is(data + at - len, len, word);
}

bool isrv_intake_look_on(struct isrv_intake_look *k, const char *data, size_t len, uint64_t *steps)
{
	size_t at = k->seen;

	*steps += at < len ? len - at : 0;
	while (at < len) {
		char c = data[at];

		if (c == '"') {
			at = skip_quoted(data, len, at);
			continue;
		}
		if (c == '{') {
			at = skip_literal(data, len, at);
			continue;
		}
		if (c == '(' && !k->depth++)
			k->list = is_list(k, data, at);
		else if (c == ')' && k->depth)
			k->depth--;
		at++;
	}
	k->seen = at;
	return k->list && k->depth;
}
