/* SPDX-License-Identifier: MIT */
/*
 * strict/frame - octets to whole responses, literals included (RFC 9051 4): CR and LF only as CRLF,
 * no other controls but HT outside strings.
 */
#include "strict/cursor.h"

#include <string.h>

static void say(struct st *s, const char *what)
{
	struct tx shown = {0};
	size_t from = s->response.len > 300 ? s->response.len - 300 : 0;

	tx_escape(&shown, s->response.data ? s->response.data + from : "", s->response.len - from);
	tx_complain(s->log, "session %d: %s in output, octet %llu, after: %s", s->number, what,
	            (unsigned long long)(s->octets + s->response.len),
	            shown.data ? shown.data : "");
	tx_free(&shown);
}

/* Human text may end in what looks like a literal, and is none: in status responses and in
 * continuations no literal can come. */
static bool may_have_literals(const struct st *s)
{
	static const char *const status[] = {"OK ", "NO ", "BAD ", "BYE ", "PREAUTH "};
	const char *data = s->response.data;

	if (s->response.len < 2 || data[0] != '*' || data[1] != ' ')
		return false;
	for (size_t i = 0; i < sizeof(status) / sizeof(status[0]); i++)
		if (s->response.len - 2 >= strlen(status[i]) &&
		    memcmp(data + 2, status[i], strlen(status[i])) == 0)
			return false;
	return true;
}

/* Does the line end in {n} or ~{n}?  Whether it may is for the grammar to say. */
static bool announces(struct st *s)
{
	const char *line = s->response.data + s->line;
	size_t end = s->response.len - s->line - 2, at; /* before CRLF */
	uint64_t n = 0;

	if (end < 3 || line[end - 1] != '}' || !may_have_literals(s))
		return false;
	for (at = end - 1; at > 0 && line[at - 1] >= '0' && line[at - 1] <= '9'; at--)
		;
	if (at == end - 1 || end - at > 20 || at == 0 || line[at - 1] != '{')
		return false;
	for (size_t i = at; i < end - 1; i++)
		n = n * 10 + (uint64_t)(line[i] - '0');
	s->literal8 = at >= 2 && line[at - 2] == '~';
	s->literal = n;
	return true;
}

static void line_ended(struct st *s)
{
	size_t len = s->response.len - 2;

	if (announces(s)) {
		s->had_literal = true;
		s->line = s->response.len;
		return;
	}
	s->responses++;
	st_response(s, s->response.data, len);
	if (s->each)
		s->each(s->user, s->response.data, len);
	s->octets += s->response.len;
	tx_clear(&s->response);
	s->line = 0;
	s->had_literal = false;
}

/* TEXT-CHAR is any CHAR but CR and LF (RFC 9051 9), and so may be quoted: is octet `at` of the response?
 * Human text has no quoted strings. */
static bool is_quoted(const struct st *s, size_t at)
{
	bool quoted = false;

	for (size_t i = s->line; i < at; i++)
		if (s->response.data[i] == '"')
			quoted = !quoted;
		else if (s->response.data[i] == '\\' && quoted)
			i++;
	return quoted && may_have_literals(s);
}

/* A piece of a line, which may end in LF. */
static void text(struct st *s, const char *data, size_t len)
{
	size_t from = s->response.len;
	bool cr = from > s->line && s->response.data[from - 1] == '\r';

	tx_add(&s->response, data, len);
	for (size_t i = 0; i < len; i++) {
		unsigned char u = (unsigned char)data[i];

		if (cr && u != '\n')
			say(s, "CR without LF");
		if (u == '\n' && !cr)
			say(s, "LF without CR");
		if (((u < 0x20 && u != '\r' && u != '\n' && u != '\t') || u == 0x7f) &&
		    !(u && is_quoted(s, from + i)))
			say(s, "control character");
		cr = u == '\r';
	}
	if (len && data[len - 1] == '\n' && s->response.len - s->line >= 2)
		line_ended(s);
}

void st_feed(struct st *s, const char *data, size_t len)
{
	while (len) {
		const char *lf = memchr(data, '\n', len);
		size_t n = lf ? (size_t)(lf - data) + 1 : len;

		if (s->literal) {
			n = s->literal < len ? (size_t)s->literal : len;
			tx_add(&s->response, data, n);
			s->literal -= n;
			s->line = s->response.len;
		} else {
			text(s, data, n);
		}
		data += n;
		len -= n;
	}
}

bool st_whole(const struct st *s)
{
	return s->response.len == 0;
}

void st_free(struct st *s)
{
	tx_free(&s->response);
}
