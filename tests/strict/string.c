/* SPDX-License-Identifier: MIT */
/*
 * strict/string - atoms and strings (RFC 9051 4.1, 4.3), and the names of mailboxes, which are
 * strings of a special kind: modified UTF-7 (RFC 3501 5.1.3), or UTF-8 once that was agreed on
 * (RFC 9051 5.1, RFC 9755 3).
 */
#include "strict/cursor.h"

#include <string.h>

/* ---- characters --------------------------------------------------------------------------- */

/* RFC 3629 4: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t st_utf8(const char *data, size_t len)
{
	const unsigned char *u = (const unsigned char *)data;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (u[0] > 0xf4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

static bool is_ctl(char octet)
{
	unsigned char u = (unsigned char)octet;

	return u < 0x20 || u == 0x7f;
}

/* ATOM-CHAR = <any CHAR except atom-specials> */
static bool is_atom_char(char octet)
{
	return !is_ctl(octet) && (unsigned char)octet < 0x80 && !strchr("(){ %*\"\\]", octet);
}

static bool is_astring_char(char octet)
{
	return is_atom_char(octet) || octet == ']';
}

/* ---- strings ------------------------------------------------------------------------------ */

static bool octets(struct st_cursor *c, bool (*allowed)(char octet), struct st_string *s_r,
                   const char *rule)
{
	const char *begin = c->at;

	while (c->at < c->end && allowed(*c->at))
		c->at++;
	if (s_r)
		*s_r = (struct st_string){.data = begin, .len = (size_t)(c->at - begin)};
	return c->at > begin || st_fail(c, rule);
}

bool st_atom(struct st_cursor *c, struct st_string *s_r)
{
	return octets(c, is_atom_char, s_r, "atom");
}

static bool is_tag_char(char octet)
{
	return is_astring_char(octet) && octet != '+';
}

bool st_tag(struct st_cursor *c, struct st_string *s_r)
{
	return octets(c, is_tag_char, s_r, "tag");
}

/*
 * QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials / UTF8-2 / UTF8-3 /
 * UTF8-4; the last three only after ENABLE (RFC 9051 4.3, RFC 9755 3).
 */
static bool quoted_char(struct st_cursor *c)
{
	size_t n = st_utf8(c->at, (size_t)(c->end - c->at));

	if (st_take(c, '\\')) {
		if (!st_next(c, '"') && !st_next(c, '\\'))
			return st_fail(c, "QUOTED-CHAR: \"\\\" before what needs none");
		c->at++;
		return true;
	}
	if (!n)
		return st_fail(c, "QUOTED-CHAR: not UTF-8");
	if (n > 1 && !st_agreed(c, ST_REV2 | ST_UTF8))
		return st_fail(c, "QUOTED-CHAR: UTF-8 that was not agreed on");
	if (*c->at == '\0' || *c->at == '\r' || *c->at == '\n')
		return st_fail(c, "QUOTED-CHAR");
	c->at += n;
	return true;
}

bool st_quoted(struct st_cursor *c, struct st_string *s_r)
{
	const char *begin;

	if (!st_octet(c, '"', "quoted"))
		return false;
	begin = c->at;
	while (!st_next(c, '"'))
		if (st_over(c) ? !st_fail(c, "quoted") : !quoted_char(c))
			return false;
	if (s_r)
		*s_r = (struct st_string){.data = begin, .len = (size_t)(c->at - begin),
		                          .quoted = true};
	c->at++;
	return true;
}

/* literal = "{" number64 "}" CRLF *CHAR8: never "+" from a server (RFC 9051 9) */
static bool literal(struct st_cursor *c, bool octets_too, struct st_string *s_r)
{
	uint64_t n;

	if (!st_octet(c, '{', "literal") || !st_number64(c, &n) ||
	    !st_octet(c, '}', "literal") || !st_octet(c, '\r', "literal") ||
	    !st_octet(c, '\n', "literal"))
		return false;
	if ((uint64_t)(c->end - c->at) < n)
		return st_fail(c, "literal: shorter than it says");
	if (!octets_too && n && memchr(c->at, '\0', (size_t)n))
		return st_fail(c, "CHAR8: NUL in a literal");
	if (s_r)
		*s_r = (struct st_string){.data = c->at, .len = (size_t)n};
	c->at += n;
	return true;
}

bool st_string_(struct st_cursor *c, struct st_string *s_r)
{
	if (st_next(c, '"'))
		return st_quoted(c, s_r);
	return st_next(c, '{') ? literal(c, false, s_r) : st_fail(c, "string");
}

bool st_nstring(struct st_cursor *c, struct st_string *s_r)
{
	if (st_nil(c)) {
		if (s_r)
			*s_r = (struct st_string){.nil = true};
		return true;
	}
	return st_next(c, '"') || st_next(c, '{') ? st_string_(c, s_r) : st_fail(c, "nstring");
}

bool st_nstring8(struct st_cursor *c, struct st_string *s_r)
{
	if (st_take(c, '~'))
		return literal(c, true, s_r);
	return st_nstring(c, s_r);
}

/* An atom "NIL" is an astring as good as any (RFC 9051 4). */
bool st_astring(struct st_cursor *c, struct st_string *s_r)
{
	if (st_next(c, '"') || st_next(c, '{'))
		return st_string_(c, s_r);
	return octets(c, is_astring_char, s_r, "astring");
}

bool st_delimiter(struct st_cursor *c)
{
	if (st_nil(c))
		return true;
	return st_octet(c, '"', "DQUOTE QUOTED-CHAR DQUOTE") && !st_over(c) && !st_next(c, '"') &&
	                       quoted_char(c) && st_octet(c, '"', "DQUOTE QUOTED-CHAR DQUOTE")
	               ? true
	               : st_fail(c, "DQUOTE QUOTED-CHAR DQUOTE");
}

/* The next octet of the string, its escapes undone; -1 behind the last. */
static int octet(const struct st_string *s, size_t *at)
{
	if (s->quoted && *at < s->len && s->data[*at] == '\\')
		(*at)++;
	return *at < s->len ? (unsigned char)s->data[(*at)++] : -1;
}

bool st_same_string(const struct st_string *a, const struct st_string *b)
{
	size_t i = 0, k = 0;
	int x, y;

	do {
		x = octet(a, &i);
		y = octet(b, &k);
	} while (x == y && x >= 0);
	return x == y;
}

bool st_same(const struct st_string *s, const char *text)
{
	struct st_string other = {.data = text, .len = strlen(text)};

	return st_same_string(s, &other);
}

/*
 * text = 1*TEXT-CHAR, and UTF-8 where a language was agreed on (RFC 5255 3.2) or IMAP4rev2 was
 * (RFC 9051 9).  RFC 9051 would let it be missing behind a code; RFC 3501 does not, nor does
 * erratum 5055 of RFC 7162.
 */
bool st_text(struct st_cursor *c)
{
	if (st_over(c))
		return st_fail(c, "text: nothing");
	while (!st_over(c)) {
		size_t n = st_utf8(c->at, (size_t)(c->end - c->at));

		if (!n)
			return st_fail(c, "text: not UTF-8");
		if (n > 1 && !st_agreed(c, ST_REV2 | ST_LANGUAGE))
			return st_fail(c, "text: UTF-8 that was not agreed on");
		c->at += n;
	}
	return true;
}

/* ---- mailboxes ---------------------------------------------------------------------------- */

static int base64_digit(int octet_)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
	const char *found = octet_ > 0 ? strchr(digits, octet_) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* One shift sequence behind its "&": UTF-16 of what is not printable ASCII, without bits left over. */
static bool shifted(const struct st_string *s, size_t *at)
{
	uint32_t bits = 0, unit, high = 0;
	unsigned have = 0, units = 0;
	int o, d;

	while ((o = octet(s, at)) != '-') {
		d = base64_digit(o);
		if (d < 0)
			return false;
		bits = (bits << 6 | (uint32_t)d) & 0xffffffu;
		have += 6;
		if (have < 16)
			continue;
		have -= 16;
		unit = bits >> have & 0xffffu;
		units++;
		if ((unit >= 0xdc00 && unit < 0xe000) != (high != 0))
			return false;
		high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
		if (unit >= 0x20 && unit < 0x7f)
			return false;
	}
	return units && !high && have < 6 && !(bits & ((1u << have) - 1));
}

/* RFC 3501 5.1.3: printable ASCII for itself, "&-" for "&", no shift right behind a shift. */
static bool utf7(const struct st_string *s)
{
	size_t at = 0;
	bool shift = false;
	int o;

	while ((o = octet(s, &at)) >= 0) {
		size_t next = at;

		if (o < 0x20 || o > 0x7e)
			return false;
		if (o != '&') {
			shift = false;
			continue;
		}
		if (octet(s, &next) == '-') {
			at = next;
			shift = false;
			continue;
		}
		if (shift || !shifted(s, &at))
			return false;
		shift = true;
	}
	return true;
}

/* RFC 9755 3: no controls (C0, DEL, C1), no line or paragraph separators. */
static bool net_unicode(const struct st_string *s)
{
	for (size_t i = 0; i < s->len;) {
		const unsigned char *u = (const unsigned char *)s->data + i;
		size_t n = st_utf8(s->data + i, s->len - i);

		if (!n || u[0] < 0x20 || u[0] == 0x7f || (u[0] == 0xc2 && u[1] < 0xa0) ||
		    (u[0] == 0xe2 && u[1] == 0x80 && (u[2] == 0xa8 || u[2] == 0xa9)))
			return false;
		i += n;
	}
	return true;
}

bool st_mailbox_or_empty(struct st_cursor *c)
{
	struct st_string s;
	const char *begin = c->at;

	if (!st_astring(c, &s))
		return false;
	if (st_agreed(c, ST_REV2 | ST_UTF8) ? net_unicode(&s) : utf7(&s))
		return true;
	c->at = begin;
	return st_fail(c, "mailbox");
}

bool st_mailbox(struct st_cursor *c)
{
	if (st_next(c, '"') && c->end - c->at > 1 && c->at[1] == '"')
		return st_fail(c, "mailbox: no name");
	return st_mailbox_or_empty(c);
}
