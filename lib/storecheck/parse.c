/* SPDX-License-Identifier: MIT */
/*
 * storecheck/parse - the parts of a response, with no idea of what they mean.
 */
#include "storecheck/parse.h"

#include <string.h>

#include "base/ascii.h"

/* The octets of the literal that a line announces at its end; false: it announces none. */
static bool announces(const char *data, size_t len, uint64_t *octets_r)
{
	size_t at = len;

	if (!len || data[len - 1] != '}')
		return false;
	while (at > 0 && data[at - 1] != '{')
		at--;
	return at && isrv_ascii_number(data + at, len - 1 - at, SIZE_MAX / 2, octets_r);
}

/* Text for a human may look like a literal. */
static bool is_text(const char *data, size_t len)
{
	const char *space = memchr(data, ' ', len);

	if (data[0] != '*')
		return true;
	return space && len > 5 && (!memcmp(data, "* OK", 4) || !memcmp(data, "* NO", 4) ||
	                            !memcmp(data, "* BAD", 5) || !memcmp(data, "* BYE", 5));
}

size_t isrv_sc_response(const char *data, size_t len)
{
	size_t at = 0, line = 0;

	for (;;) {
		const char *cr = at < len ? memchr(data + at, '\r', len - at) : NULL;
		uint64_t octets;

		if (!cr || cr + 1 == data + len)
			return 0;
		at = (size_t)(cr - data) + 2;
		if (cr[1] != '\n')
			continue;
		if (is_text(data, len) || !announces(data + line, at - 2 - line, &octets))
			return at;
		if (octets > len - at)
			return 0;
		at += (size_t)octets;
		line = at;
	}
}

bool isrv_sc_peek(const struct isrv_sc_parse *p, char c)
{
	return !p->bad && p->at < p->end && *p->at == c;
}

bool isrv_sc_take(struct isrv_sc_parse *p, char c)
{
	if (!isrv_sc_peek(p, c))
		return false;
	p->at++;
	return true;
}

void isrv_sc_expect(struct isrv_sc_parse *p, char c)
{
	if (!isrv_sc_take(p, c))
		p->bad = true;
}

uint64_t isrv_sc_number(struct isrv_sc_parse *p)
{
	const char *begin = p->at;
	uint64_t n = 0;

	while (!p->bad && p->at < p->end && *p->at >= '0' && *p->at <= '9')
		p->at++;
	if (!isrv_ascii_number(begin, (size_t)(p->at - begin), UINT64_MAX, &n))
		p->bad = true;
	return n;
}

struct imapsrv_span isrv_sc_atom(struct isrv_sc_parse *p)
{
	struct imapsrv_span s = {p->at, 0};

	while (!p->bad && p->at < p->end && !strchr(" ()[]\r\n\"", *p->at))
		p->at++;
	s.len = (size_t)(p->at - s.data);
	if (!s.len)
		p->bad = true;
	return s;
}

static struct imapsrv_span quoted(struct isrv_sc_parse *p)
{
	struct imapsrv_span s = {++p->at, 0};

	while (p->at < p->end && *p->at != '"' && *p->at != '\r')
		p->at += *p->at == '\\' && p->at + 1 < p->end ? 2 : 1;
	s.len = (size_t)(p->at - s.data);
	isrv_sc_expect(p, '"');
	return s;
}

static struct imapsrv_span literal(struct isrv_sc_parse *p)
{
	struct imapsrv_span s = {NULL, 0};
	uint64_t octets;

	isrv_sc_take(p, '~');
	isrv_sc_expect(p, '{');
	octets = isrv_sc_number(p);
	isrv_sc_expect(p, '}');
	isrv_sc_expect(p, '\r');
	isrv_sc_expect(p, '\n');
	if (p->bad || octets > (size_t)(p->end - p->at)) {
		p->bad = true;
		return s;
	}
	s.data = p->at;
	s.len = (size_t)octets;
	p->at += s.len;
	return s;
}

struct imapsrv_span isrv_sc_nstring(struct isrv_sc_parse *p)
{
	static const struct imapsrv_span nil = {NULL, 0};

	if (isrv_sc_peek(p, '"'))
		return quoted(p);
	if (isrv_sc_peek(p, '{') || isrv_sc_peek(p, '~'))
		return literal(p);
	if (!p->bad && p->end - p->at >= 3 && isrv_ascii_is(p->at, 3, "NIL"))
		p->at += 3;
	else
		p->bad = true;
	return nil;
}

struct imapsrv_span isrv_sc_value(struct isrv_sc_parse *p)
{
	struct imapsrv_span s = {p->at, 0};
	unsigned depth = 0;

	do {
		if (isrv_sc_take(p, '('))
			depth++;
		else if (depth && isrv_sc_take(p, ')'))
			depth--;
		else if (isrv_sc_peek(p, '"') || isrv_sc_peek(p, '{') || isrv_sc_peek(p, '~'))
			isrv_sc_nstring(p);
		else if (!isrv_sc_take(p, ' ') && !isrv_sc_take(p, '[') && !isrv_sc_take(p, ']'))
			isrv_sc_atom(p);
	} while (depth && !p->bad);
	s.len = (size_t)(p->at - s.data);
	return s;
}

bool isrv_sc_another(struct isrv_sc_parse *p)
{
	isrv_sc_take(p, ' ');
	return !isrv_sc_take(p, ')') && !p->bad;
}

bool isrv_sc_range(struct isrv_sc_parse *p, struct imapsrv_range *range_r)
{
	uint64_t first = isrv_sc_number(p), last = first;

	if (isrv_sc_take(p, ':'))
		last = isrv_sc_number(p);
	if (!first || !last || first > UINT32_MAX || last > UINT32_MAX)
		p->bad = true;
	range_r->first = (uint32_t)(first < last ? first : last);
	range_r->last = (uint32_t)(first < last ? last : first);
	return isrv_sc_take(p, ',') && !p->bad;
}
