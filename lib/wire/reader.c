/* SPDX-License-Identifier: MIT */
/*
 * The cursor, and the rules that are one run of octets: tags, atoms, words, numbers (RFC 9051 9).
 * Strings and names are in reader_string.c, sets and flags in reader_set.c, dates in
 * reader_date.c.
 *
 * Invariant: begin <= at <= end, no octet at `end` or behind it is ever read, and no rule calls
 * itself, so neither unbalanced quotes nor deep parentheses reach beyond the command or the stack.
 */
#include "wire/reader.h"

#include "base/ascii.h"
#include "wire/chars.h"

void isrv_reader_init(struct isrv_reader *r, struct isrv_arena *arena, const char *data, size_t len)
{
	/* An empty command may have no memory, and a pointer is to be had all the same. */
	r->begin = data ? data : "";
	r->at = r->begin;
	r->end = r->begin + len;
	r->expected = NULL;
	r->arena = arena;
	r->steps = NULL;
	r->keyword_max = UINT32_MAX;
	r->utf8 = false;
	r->no_saved = false;
	r->uidonly = false;
	r->nomem = false;
	r->code = NULL;
}

int isrv_rd_peek(const struct isrv_reader *r)
{
	return r->at < r->end ? (int)(unsigned char)*r->at : -1;
}

bool isrv_rd_fail_memory(struct isrv_reader *r)
{
	r->nomem = true;
	return isrv_rd_fail(r, "a smaller command");
}

bool isrv_rd_try_sp(struct isrv_reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && *r->at == ' ')
		r->at++;
	isrv_rd_charge(r, (size_t)(r->at - start));
	return r->at != start;
}

bool isrv_rd_end(struct isrv_reader *r)
{
	isrv_rd_try_sp(r);
	return r->at == r->end || isrv_rd_fail(r, "the end of the command");
}

bool isrv_rd_sp(struct isrv_reader *r)
{
	return isrv_rd_try_sp(r) || isrv_rd_fail(r, "a space");
}

bool isrv_rd_try(struct isrv_reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	isrv_rd_charge(r, 1);
	return true;
}

bool isrv_rd_char(struct isrv_reader *r, char c)
{
	static const struct {
		char c;
		const char *name;
	} names[] = {
		{'(', "\"(\""}, {')', "\")\""}, {'[', "\"[\""}, {']', "\"]\""}, {'<', "\"<\""},
		{'>', "\">\""}, {'.', "\".\""}, {'-', "\"-\""}, {':', "\":\""}, {'"', "a quote"},
	};
	size_t i;

	if (isrv_rd_try(r, c))
		return true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].c == c)
			return isrv_rd_fail(r, names[i].name);
	}
	return isrv_rd_fail(r, "another character");
}

/* 1*<class> */
static bool run_of(struct isrv_reader *r, enum isrv_char class, const char *expected,
		   struct imapsrv_span *run_r)
{
	size_t n = isrv_char_span(r->at, (size_t)(r->end - r->at), class);

	if (n == 0)
		return isrv_rd_fail(r, expected);
	run_r->data = r->at;
	run_r->len = n;
	r->at += n;
	isrv_rd_charge(r, n);
	return true;
}

bool isrv_rd_tag(struct isrv_reader *r, struct imapsrv_span *tag_r)
{
	return run_of(r, ISRV_CHAR_TAG, "a tag", tag_r);
}

bool isrv_rd_atom(struct isrv_reader *r, struct imapsrv_span *atom_r)
{
	return run_of(r, ISRV_CHAR_ATOM, "an atom", atom_r);
}

bool isrv_rd_word(struct isrv_reader *r, struct imapsrv_span *word_r)
{
	return run_of(r, ISRV_CHAR_WORD, "a word", word_r);
}

bool isrv_rd_try_word(struct isrv_reader *r, const char *word)
{
	size_t left = (size_t)(r->end - r->at);
	size_t n = 0;

	while (word[n]) {
		if (n == left || isrv_ascii_upper((unsigned char)r->at[n]) !=
					 isrv_ascii_upper((unsigned char)word[n])) {
			isrv_rd_charge(r, n + 1);
			return false;
		}
		n++;
	}
	isrv_rd_charge(r, n + 1);
	if (n < left && isrv_char_is(r->at[n], ISRV_CHAR_WORD))
		return false;
	r->at += n;
	return true;
}

/* 1*DIGIT, not above max.  The cursor stays at the first digit if it is (integer overflow). */
static bool number(struct isrv_reader *r, uint64_t max, const char *expected, uint64_t *n_r)
{
	const uint64_t tenth = max / 10;
	const char *at = r->at;
	uint64_t n = 0;

	for (; at < r->end && *at >= '0' && *at <= '9'; at++) {
		unsigned digit = (unsigned)(*at - '0');

		if (n > tenth || (n == tenth && digit > max % 10)) {
			isrv_rd_charge(r, (size_t)(at - r->at));
			return isrv_rd_fail(r, expected);
		}
		n = n * 10 + digit;
	}
	isrv_rd_charge(r, (size_t)(at - r->at));
	if (at == r->at)
		return isrv_rd_fail(r, expected);
	r->at = at;
	*n_r = n;
	return true;
}

/* number = 1*DIGIT */
bool isrv_rd_number(struct isrv_reader *r, uint32_t *n_r)
{
	uint64_t n;

	if (!number(r, UINT32_MAX, "a number from 0 to 4294967295", &n))
		return false;
	*n_r = (uint32_t)n;
	return true;
}

/* digit-nz *DIGIT */
static bool nz_number(struct isrv_reader *r, uint64_t max, const char *expected, uint64_t *n_r)
{
	if (isrv_rd_peek(r) == '0')
		return isrv_rd_fail(r, expected);
	return number(r, max, expected, n_r);
}

bool isrv_rd_nz_number(struct isrv_reader *r, uint32_t *n_r)
{
	uint64_t n;

	if (!nz_number(r, UINT32_MAX, "a number from 1 to 4294967295", &n))
		return false;
	*n_r = (uint32_t)n;
	return true;
}

bool isrv_rd_nz_number64(struct isrv_reader *r, uint64_t *n_r)
{
	return nz_number(r, INT64_MAX, "a number from 1 to 9223372036854775807", n_r);
}

/* number64 = 1*DIGIT ; 63 bits */
bool isrv_rd_number64(struct isrv_reader *r, uint64_t *n_r)
{
	return number(r, INT64_MAX, "a number from 0 to 9223372036854775807", n_r);
}
