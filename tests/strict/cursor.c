/* SPDX-License-Identifier: MIT */
/*
 * strict/cursor - octets, words and numbers.
 */
#include "strict/cursor.h"

#include <string.h>

bool st_fail(struct st_cursor *c, const char *rule)
{
	if (!c->rule) {
		c->rule = rule;
		c->where = c->at;
	}
	return false;
}

bool st_over(const struct st_cursor *c)
{
	return c->at == c->end;
}

bool st_next(const struct st_cursor *c, char octet)
{
	return c->at < c->end && *c->at == octet;
}

bool st_take(struct st_cursor *c, char octet)
{
	if (!st_next(c, octet))
		return false;
	c->at++;
	return true;
}

bool st_octet(struct st_cursor *c, char octet, const char *rule)
{
	return st_take(c, octet) || st_fail(c, rule);
}

bool st_sp(struct st_cursor *c, const char *rule)
{
	return st_octet(c, ' ', rule);
}

bool st_end(struct st_cursor *c, const char *rule)
{
	return st_over(c) || st_fail(c, rule);
}

struct st_string st_word(const struct st_cursor *c)
{
	const char *s = c->at;

	while (s < c->end && *s != ' ' && *s != '(' && *s != ')' && *s != '[' && *s != ']')
		s++;
	return (struct st_string){.data = c->at, .len = (size_t)(s - c->at)};
}

bool st_is(const struct st_string *s, const char *word)
{
	return tx_same_n(s->data, s->len, word);
}

bool st_begins(const struct st_string *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s->len >= n && tx_same_n(s->data, n, prefix);
}

bool st_take_word(struct st_cursor *c, const char *word)
{
	struct st_string s = st_word(c);

	if (!st_is(&s, word))
		return false;
	c->at += s.len;
	return true;
}

bool st_nil(struct st_cursor *c)
{
	return st_take_word(c, "NIL");
}

bool st_agreed(const struct st_cursor *c, unsigned any_of)
{
	return (c->st->agreed & any_of) != 0;
}

/* ---- numbers ----------------------------------------------------------------------------- */

/* 1*DIGIT.  The grammar of `number` would let zeros stand in front; nothing has a reason to. */
static bool digits(struct st_cursor *c, uint64_t low, uint64_t high, uint64_t *n_r,
                   const char *rule)
{
	const char *s = c->at;
	uint64_t n = 0;

	while (s < c->end && *s >= '0' && *s <= '9') {
		uint64_t d = (uint64_t)(*s++ - '0');

		if (n > (high - d) / 10)
			return st_fail(c, rule);
		n = n * 10 + d;
	}
	if (s == c->at || n < low || (*c->at == '0' && s - c->at > 1))
		return st_fail(c, rule);
	c->at = s;
	if (n_r)
		*n_r = n;
	return true;
}

static bool digits32(struct st_cursor *c, uint64_t low, uint32_t *n_r, const char *rule)
{
	uint64_t n;

	if (!digits(c, low, UINT32_MAX, &n, rule))
		return false;
	if (n_r)
		*n_r = (uint32_t)n;
	return true;
}

bool st_number(struct st_cursor *c, uint32_t *n_r)
{
	return digits32(c, 0, n_r, "number");
}

bool st_nz_number(struct st_cursor *c, uint32_t *n_r)
{
	return digits32(c, 1, n_r, "nz-number");
}

bool st_number64(struct st_cursor *c, uint64_t *n_r)
{
	return digits(c, 0, INT64_MAX, n_r, "number64");
}

bool st_mod_sequence(struct st_cursor *c)
{
	return digits(c, 1, INT64_MAX, NULL, "mod-sequence-value");
}

bool st_mod_sequence_zero(struct st_cursor *c)
{
	return digits(c, 0, INT64_MAX, NULL, "mod-sequence-valzer");
}

bool st_set(struct st_cursor *c, bool up, const char *rule)
{
	do {
		uint32_t first, last;

		if (!digits32(c, 1, &first, rule))
			return false;
		if (!st_take(c, ':'))
			continue;
		if (!digits32(c, 1, &last, rule))
			return false;
		if (up && last < first)
			return st_fail(c, rule);
	} while (st_take(c, ','));
	return true;
}
