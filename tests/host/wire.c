/* SPDX-License-Identifier: MIT */
/*
 * host/wire - octets from the session to responses.
 */
#include "host/wire.h"

#include <string.h>

static void say(struct tw *w, const char *what)
{
	struct tx shown = {0};
	size_t from = w->response.len > 300 ? w->response.len - 300 : 0;

	tx_escape(&shown, w->response.data ? w->response.data + from : "", w->response.len - from);
	tx_complain(w->log, "%s in output after: %s", what, shown.data ? shown.data : "");
	tx_free(&shown);
}

/* Does the line end in {n} or ~{n}? */
static bool announces(struct tw *w)
{
	const char *line = w->response.data + w->line;
	size_t end = w->response.len - w->line - 2, at; /* before CRLF */
	uint64_t n = 0;

	if (end < 3 || line[end - 1] != '}')
		return false;
	for (at = end - 1; at > 0 && line[at - 1] >= '0' && line[at - 1] <= '9'; at--)
		;
	if (at == end - 1 || at == 0 || line[at - 1] != '{')
		return false;
	for (size_t i = at; i < end - 1; i++)
		n = n * 10 + (uint64_t)(line[i] - '0');
	if (line[at] == '0' && end - 1 - at > 1)
		say(w, "leading zero of a literal");
	w->literal8 = at >= 2 && line[at - 2] == '~';
	w->literal = n;
	return true;
}

static void line_ended(struct tw *w)
{
	if (announces(w)) {
		w->had_literal = true;
		w->line = w->response.len;
		return;
	}
	w->line = w->response.len;
	if (w->literal)
		return;
	w->each(w->user, w->response.data, w->response.len - 2);
	tx_clear(&w->response);
	w->line = 0;
	w->had_literal = false;
}

void tw_feed(struct tw *w, const char *data, size_t len)
{
	while (len) {
		unsigned char c = (unsigned char)*data;

		if (w->literal) {
			size_t n = w->literal < len ? (size_t)w->literal : len;

			if (!w->literal8 && memchr(data, '\0', n))
				say(w, "NUL in a literal");
			tx_add(&w->response, data, n);
			w->literal -= n;
			w->line = w->response.len;
			data += n;
			len -= n;
			continue;
		}
		if (w->cr && c != '\n')
			say(w, "CR without LF");
		if (!w->cr && c == '\n')
			say(w, "LF without CR");
		if ((c < 0x20 && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
			say(w, "control character");
		if (c >= 0x80 && !w->utf8)
			say(w, "8-bit octet");
		tx_add(&w->response, data, 1);
		data++;
		len--;
		if (w->cr && c == '\n') {
			w->cr = false;
			line_ended(w);
		} else {
			w->cr = c == '\r';
		}
	}
}

bool tw_whole(const struct tw *w)
{
	return w->response.len == 0;
}

void tw_free(struct tw *w)
{
	tx_free(&w->response);
}
