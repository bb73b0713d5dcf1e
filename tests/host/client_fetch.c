/* SPDX-License-Identifier: MIT */
/*
 * host/client_fetch - the inside of a FETCH response as a strict client reads it: items and
 * values, with lists, strings and literals (RFC 9051 9, msg-att).
 */
#include "host/client.h"

#include <string.h>

struct cursor {
	const char *at;
	const char *end;
};

static bool take(struct cursor *c, char what)
{
	if (c->at == c->end || *c->at != what)
		return false;
	c->at++;
	return true;
}

static bool number(struct cursor *c, uint64_t *n_r)
{
	const char *begin = c->at;

	*n_r = 0;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		*n_r = *n_r * 10 + (uint64_t)(*c->at++ - '0');
	return c->at > begin;
}

static bool quoted(struct cursor *c)
{
	if (!take(c, '"'))
		return false;
	while (c->at < c->end && *c->at != '"') {
		if (*c->at == '\\') {
			c->at++;
			if (c->at == c->end || (*c->at != '"' && *c->at != '\\'))
				return false;
		}
		c->at++;
	}
	return take(c, '"');
}

static bool literal(struct cursor *c)
{
	uint64_t n;

	take(c, '~');
	if (!take(c, '{') || !number(c, &n) || !take(c, '}') || !take(c, '\r') || !take(c, '\n') ||
	    (uint64_t)(c->end - c->at) < n)
		return false;
	c->at += n;
	return true;
}

static bool atom(struct cursor *c)
{
	const char *begin = c->at;

	while (c->at < c->end && !strchr("(){ \"\r\n", *c->at) && *c->at != '\0')
		c->at++;
	return c->at > begin;
}

/* Anything with balanced parentheses.  Adjacent lists "(...)(...)" are how RFC 9051 writes the
 * addresses and the parts of a body; elsewhere one SP separates. */
static bool value(struct cursor *c)
{
	unsigned depth = 0;

	do {
		if (c->at == c->end)
			return false;
		if (*c->at == '(') {
			c->at++;
			depth++;
			continue;
		}
		if (*c->at == ')') {
			if (!depth)
				return false;
			depth--;
			c->at++;
		} else if (*c->at == '"') {
			if (!quoted(c))
				return false;
		} else if (*c->at == '{' ||
		           (*c->at == '~' && c->end - c->at > 1 && c->at[1] == '{')) {
			if (!literal(c))
				return false;
		} else if (!atom(c)) {
			return false;
		}
		if (depth && c->at < c->end && *c->at != ')' && *c->at != '(') {
			if (!take(c, ' ') || c->at == c->end || *c->at == ')' || *c->at == ' ')
				return false;
		}
	} while (depth);
	return true;
}

/* "FLAGS", "BODY[HEADER.FIELDS (From \"To\")]<0>" */
static bool item(struct cursor *c, const char **name_r, size_t *len_r)
{
	*name_r = c->at;
	while (c->at < c->end && *c->at != ' ' && *c->at != '[' && *c->at != '(' && *c->at != ')')
		c->at++;
	*len_r = (size_t)(c->at - *name_r);
	if (!*len_r)
		return false;
	if (take(c, '[')) {
		bool list = false; /* in which "]" belongs to the name of a field */

		while (c->at < c->end && (list || *c->at != ']')) {
			list = (list || *c->at == '(') && *c->at != ')';
			if (*c->at == '"') {
				if (!quoted(c))
					return false;
			} else if (*c->at == '{') {
				if (!literal(c))
					return false;
			} else {
				c->at++;
			}
		}
		if (!take(c, ']'))
			return false;
		if (take(c, '<')) {
			uint64_t origin;

			if (!number(c, &origin) || !take(c, '>'))
				return false;
		}
	}
	return true;
}

uint64_t tc_flag(const char *flag, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325u;

	if (tx_same_n(flag, len, "\\Recent"))
		return 0;
	for (size_t i = 0; i < len; i++) {
		char c = flag[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		sum = (sum ^ (unsigned char)c) * 0x100000001b3u;
	}
	return sum;
}

/* flag-list, which was found to be a value already */
static bool flags(struct cursor c, struct tc_message *m)
{
	if (!take(&c, '('))
		return false;
	m->knows_flags = true;
	m->flags = 0;
	while (!take(&c, ')')) {
		const char *begin;

		take(&c, ' ');
		begin = c.at;
		if (!atom(&c))
			return false;
		m->flags += tc_flag(begin, (size_t)(c.at - begin));
	}
	return true;
}

bool tc_parse_fetch(const char *data, size_t len, struct tc_message *m)
{
	struct cursor c = {data, data + len};

	*m = (struct tc_message){0};
	if (!take(&c, '('))
		return false;
	do {
		const char *name;
		size_t name_len;
		struct cursor v;
		uint64_t n;

		if (!item(&c, &name, &name_len) || !take(&c, ' '))
			return false;
		v = c;
		if (!value(&c))
			return false;
		if (tx_same_n(name, name_len, "UID")) {
			if (!number(&v, &n) || v.at != c.at || !n || n > UINT32_MAX)
				return false;
			m->uid = (uint32_t)n;
		}
		if (tx_same_n(name, name_len, "FLAGS") && !flags(v, m))
			return false;
	} while (take(&c, ' '));
	return take(&c, ')') && c.at == c.end;
}
