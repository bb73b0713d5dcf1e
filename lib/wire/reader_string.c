/* SPDX-License-Identifier: MIT */
/*
 * Strings of RFC 9051 9 (quoted, literal, literal8 of RFC 3516 and RFC 7888), and the mailbox names
 * and patterns in them, in UTF-8 or modified UTF-7 (RFC 3501 5.1.3, RFC 9051 5.1).
 *
 * Invariant: a string that needs no decoding is a span into the command; one that does is copied
 * once, into the arena.  A name that leaves here is valid UTF-8 without control characters, and one
 * name has one spelling (names that look alike to the user and differ to the store).
 */
#include "wire/reader.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf7.h"
#include "base/utf8.h"
#include "wire/chars.h"

/* ---- quoted -------------------------------------------------------------------------------- */

/* The octets of quoted, from `data` on, without their backslashes. */
static bool unescape(struct isrv_reader *r, const char *data, size_t len, size_t escapes,
		     struct imapsrv_span *string_r)
{
	char *out = isrv_arena_alloc(r->arena, len - escapes);
	size_t i, n = 0;

	if (!out)
		return isrv_rd_fail_memory(r);
	for (i = 0; i < len; i++) {
		if (data[i] == '\\')
			i++;
		out[n++] = data[i];
	}
	isrv_rd_charge(r, len);
	string_r->data = out;
	string_r->len = n;
	return true;
}

/* Behind the octets of quoted that begin at `at`: at DQUOTE, or where the rule broke. */
static const char *quoted_end(const struct isrv_reader *r, const char *at, size_t *escapes_r)
{
	size_t escapes = 0;

	for (; at < r->end; at++) {
		unsigned char c = (unsigned char)*at;

		if (isrv_char_is(*at, ISRV_CHAR_PLAIN) || c >= 0x80)
			continue;
		if (c != '\\' || r->end - at < 2 || (at[1] != '"' && at[1] != '\\'))
			break;
		at++;
		escapes++;
	}
	*escapes_r = escapes;
	return at;
}

/*
 * quoted      = DQUOTE *QUOTED-CHAR DQUOTE
 * QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials /
 *               UTF8-2 / UTF8-3 / UTF8-4
 */
static bool quoted(struct isrv_reader *r, struct imapsrv_span *string_r)
{
	const char *data = r->at + 1;
	size_t escapes, len;
	const char *end = quoted_end(r, data, &escapes);

	len = (size_t)(end - data);
	isrv_rd_charge(r, len + 1);
	if (end == r->end || *end != '"') {
		r->at = end;
		if (end < r->end && *end == '\\')
			return isrv_rd_fail(r, "a quote or a backslash behind the backslash");
		return isrv_rd_fail(r, "a closing quote");
	}
	if (r->utf8 && !isrv_utf8_valid(data, len))
		return isrv_rd_fail(r, "a quoted string in UTF-8");
	if (escapes > 0) {
		if (!unescape(r, data, len, escapes, string_r))
			return false;
	} else {
		string_r->data = data;
		string_r->len = len;
	}
	r->at = end + 1;
	return true;
}

/* ---- literals ------------------------------------------------------------------------------ */

/* "{" number64 ["+"] "}" CRLF */
static bool announcement(struct isrv_reader *r, uint64_t *size_r)
{
	if (!isrv_rd_try(r, '{'))
		return isrv_rd_fail(r, "a literal");
	if (!isrv_rd_number64(r, size_r))
		return false;
	isrv_rd_try(r, '+');
	if (!isrv_rd_try(r, '}') || !isrv_rd_try(r, '\r') || !isrv_rd_try(r, '\n'))
		return isrv_rd_fail(r, "a literal");
	return true;
}

bool isrv_rd_announcement(struct isrv_reader *r, uint64_t *size_r, bool *literal8_r)
{
	*literal8_r = isrv_rd_try(r, '~');
	if (!announcement(r, size_r))
		return false;
	if (r->at < r->end)
		return isrv_rd_fail(r, "the end of the line");
	return true;
}

/*
 * literal  = "{" number64 ["+"] "}" CRLF *CHAR8
 * literal8 = "~{" number64 ["+"] "}" CRLF *OCTET
 */
static bool literal(struct isrv_reader *r, bool literal8, struct imapsrv_span *string_r)
{
	const char *nul;
	uint64_t size;

	if (!announcement(r, &size))
		return false;
	if (size > (uint64_t)(r->end - r->at))
		return isrv_rd_fail(r, "the octets of a literal");
	nul = literal8 || size == 0 ? NULL : memchr(r->at, '\0', (size_t)size);
	isrv_rd_charge(r, (size_t)size);
	if (nul) {
		r->at = nul;
		return isrv_rd_fail(r, "a literal without NUL");
	}
	string_r->data = r->at;
	string_r->len = (size_t)size;
	r->at += size;
	return true;
}

/* ---- string, astring, nstring -------------------------------------------------------------- */

bool isrv_rd_string8(struct isrv_reader *r, struct imapsrv_span *string_r, bool *literal8_r)
{
	bool literal8;

	switch (isrv_rd_peek(r)) {
	case '"':
		if (literal8_r)
			*literal8_r = false;
		return quoted(r, string_r);
	case '{':
	case '~':
		literal8 = *r->at == '~';
		if (literal8 && !literal8_r)
			break;
		if (literal8)
			isrv_rd_try(r, '~');
		if (literal8_r)
			*literal8_r = literal8;
		return literal(r, literal8, string_r);
	default:
		break;
	}
	return isrv_rd_fail(r, "a string");
}

/* string = quoted / literal */
bool isrv_rd_string(struct isrv_reader *r, struct imapsrv_span *string_r)
{
	return isrv_rd_string8(r, string_r, NULL);
}

/* 1*<class> / string */
static bool run_or_string(struct isrv_reader *r, enum isrv_char class, const char *expected,
			  struct imapsrv_span *string_r)
{
	size_t n = isrv_char_span(r->at, (size_t)(r->end - r->at), class);
	int c = isrv_rd_peek(r);

	if (n == 0)
		return c == '"' || c == '{' ? isrv_rd_string(r, string_r)
					    : isrv_rd_fail(r, expected);
	string_r->data = r->at;
	string_r->len = n;
	r->at += n;
	isrv_rd_charge(r, n);
	return true;
}

/* astring = 1*ASTRING-CHAR / string */
bool isrv_rd_astring(struct isrv_reader *r, struct imapsrv_span *string_r)
{
	return run_or_string(r, ISRV_CHAR_ASTRING, "an atom or a string", string_r);
}

/* list-mailbox = 1*list-char / string */
bool isrv_rd_list(struct isrv_reader *r, struct imapsrv_span *string_r)
{
	return run_or_string(r, ISRV_CHAR_LIST, "an atom or a string", string_r);
}

/* nstring = string / nil */
bool isrv_rd_nstring(struct isrv_reader *r, struct imapsrv_span *string_r)
{
	size_t n = isrv_char_span(r->at, (size_t)(r->end - r->at), ISRV_CHAR_ASTRING);
	int c = isrv_rd_peek(r);

	if (c == '"' || c == '{')
		return isrv_rd_string(r, string_r);
	isrv_rd_charge(r, n);
	if (!isrv_ascii_is(r->at, n, "NIL"))
		return isrv_rd_fail(r, "a string or NIL");
	r->at += n;
	string_r->data = NULL;
	string_r->len = 0;
	return true;
}

/* ---- names --------------------------------------------------------------------------------- */

/* From modified UTF-7, which is printable ASCII, to UTF-8. */
static bool decode_utf7(struct isrv_reader *r, struct imapsrv_span *name)
{
	size_t max = isrv_utf7_decoded_max(name->len);
	size_t n;
	char *out;

	if (isrv_char_span(name->data, name->len, ISRV_CHAR_PRINT) != name->len)
		return isrv_rd_fail(r, "a name without control characters");
	if (name->len == 0 || !memchr(name->data, '&', name->len))
		return true;
	out = isrv_arena_alloc(r->arena, max);
	if (!out)
		return isrv_rd_fail_memory(r);
	isrv_rd_charge(r, name->len);
	if (!isrv_utf7_parse(out, max, &n, name->data, name->len))
		return isrv_rd_fail(r, "a name in modified UTF-7");
	/* Modified UTF-7 can say control characters too. */
	if (!isrv_utf8_is_name(out, n))
		return isrv_rd_fail(r, "a name without control characters");
	name->data = out;
	name->len = n;
	return true;
}

static bool decode(struct isrv_reader *r, struct imapsrv_span *name)
{
	isrv_rd_charge(r, name->len);
	if (!r->utf8 && isrv_utf8_is_ascii(name->data, name->len))
		return decode_utf7(r, name);
	if (!isrv_utf8_is_name(name->data, name->len))
		return isrv_rd_fail(r, "a name in UTF-8 without control characters");
	return true;
}

/* mailbox = "INBOX" / astring */
bool isrv_rd_mailbox(struct isrv_reader *r, struct imapsrv_span *name_r)
{
	const char *start = r->at;
	struct imapsrv_span name;

	if (!run_or_string(r, ISRV_CHAR_ASTRING, "a mailbox name", &name))
		return false;
	if (name.len == 0) {
		r->at = start;
		return isrv_rd_fail(r, "a mailbox name");
	}
	if (!decode(r, &name)) {
		r->at = start;
		return false;
	}
	if (isrv_ascii_is(name.data, name.len, "INBOX"))
		name.data = "INBOX";
	*name_r = name;
	return true;
}

/* list-mailbox = 1*list-char / string */
bool isrv_rd_pattern(struct isrv_reader *r, struct imapsrv_span *pattern_r)
{
	const char *start = r->at;
	struct imapsrv_span pattern;

	if (!run_or_string(r, ISRV_CHAR_LIST, "a mailbox pattern", &pattern))
		return false;
	if (!decode(r, &pattern)) {
		r->at = start;
		return false;
	}
	*pattern_r = pattern;
	return true;
}
