/* SPDX-License-Identifier: MIT */
/*
 * Charsets of mail to UTF-8 (RFC 2045 5.1, RFC 2046 4.1.2, RFC 2781).  What is small is converted
 * here, so that it is the same with every C library; the rest goes through iconv(3).
 *
 * iconv_open takes memory outside our allocator and, with glibc, reads a module from disk.  There
 * is no other way to it; one conversion is open at a time, for one body part, and none where the
 * text is in one of our own charsets, as nearly all mail is.  Its names do not come from the mail:
 * the name in the mail is looked up in a table (charset_name.c), and a name of the table is opened.
 * So "//TRANSLIT" cannot be smuggled in, "" or "char" cannot ask for the charset of a locale, and a
 * message cannot reach converters that have aborted or hung on hostile input and that no mail needs
 * (CVE-2021-3326 ISO-2022-JP-3, CVE-2020-27618 IBM1364 and its kind).
 *
 * UTF-7 is not in the table: nobody writes it any more, glibc's converter forgets its state at an
 * error, so that the result depends on the cutting, and read as US-ASCII most of it is legible.
 *
 * Invariant: what a place in the text becomes is decided only when enough octets are there, or the
 * text has ended; never by where a piece ends.
 */
#include "message/charset.h"

#include <iconv.h>
#include <string.h>

#include "base/utf8.h"
#include "message/charset_name.h"

#define REPLACEMENT 0xfffdu

/* ---- names --------------------------------------------------------------------------------- */

/* The row of a name, its conversion opened if it needs one; NULL if there is none. */
static const struct isrv_charset_name *find(struct imapsrv_span name, iconv_t *conversion_r)
{
	const struct isrv_charset_name *row = NULL;

	while ((row = isrv_charset_name_find(name, row)) != NULL &&
	       row->kind >= ISRV_CHARSET_ICONV) {
		*conversion_r = iconv_open("UTF-8", row->open);
		if (*conversion_r != (iconv_t)-1)
			break;
	}
	return row;
}

bool isrv_charset_known(struct imapsrv_span name)
{
	iconv_t conversion = NULL;
	const struct isrv_charset_name *row = find(name, &conversion);

	if (row && row->kind >= ISRV_CHARSET_ICONV)
		iconv_close(conversion);
	return row != NULL;
}

bool isrv_charset_init(struct isrv_charset *c, struct imapsrv_span name)
{
	iconv_t conversion = NULL;
	const struct isrv_charset_name *row = find(name, &conversion);

	memset(c, 0, sizeof(*c));
	c->kind = row ? row->kind : ISRV_CHARSET_ASCII;
	if (c->kind >= ISRV_CHARSET_ICONV)
		c->iconv = conversion;
	return row != NULL;
}

void isrv_charset_clear(struct isrv_charset *c)
{
	if (c->kind >= ISRV_CHARSET_ICONV)
		iconv_close(c->iconv);
	memset(c, 0, sizeof(*c));
}

/* ---- our own ------------------------------------------------------------------------------- */

uint32_t isrv_charset_windows(unsigned char octet)
{
	/* 80-9F; 0 where there is no character */
	static const uint16_t high[32] = {
		0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
		0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
	};

	if (octet < 0x80 || octet > 0x9f)
		return octet;
	return high[octet - 0x80] ? high[octet - 0x80] : REPLACEMENT;
}

/* ISO-8859-15 is ISO-8859-1 but for eight characters; 80-9F as there, too. */
static uint32_t latin_euro(unsigned char octet)
{
	switch (octet) {
	case 0xa4:
		return 0x20ac;
	case 0xa6:
		return 0x0160;
	case 0xa8:
		return 0x0161;
	case 0xb4:
		return 0x017d;
	case 0xb8:
		return 0x017e;
	case 0xbc:
		return 0x0152;
	case 0xbd:
		return 0x0153;
	case 0xbe:
		return 0x0178;
	default:
		return isrv_charset_windows(octet);
	}
}

/* The first character of what is there: its length, or 0 if more octets are needed to tell.
 * REPLACEMENT for an octet that begins none, and for each octet of what the end cut off. */
static size_t utf8_unit(const char *data, size_t len, bool end, uint32_t *code_r)
{
	unsigned char first = (unsigned char)data[0];
	size_t need = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
	size_t n;

	if (len < need && !end)
		return 0;
	*code_r = REPLACEMENT;
	n = isrv_utf8_next(data, len, code_r);
	return n ? n : 1;
}

/* A code unit without its other half stands for one character that is lost, and so does an odd
 * octet at the end. */
static size_t utf16_unit(const char *data, size_t len, bool little, bool end, uint32_t *code_r)
{
	const unsigned char *in = (const unsigned char *)data;
	unsigned low = little ? 0 : 1, high = 1 - low;
	uint32_t unit, next;

	*code_r = REPLACEMENT;
	if (len < 2)
		return end ? len : 0;
	unit = (uint32_t)in[high] << 8 | in[low];
	if (unit < 0xd800 || unit > 0xdfff)
		*code_r = unit;
	if (unit < 0xd800 || unit > 0xdbff)
		return 2;
	if (len < 4)
		return end ? 2 : 0;
	next = (uint32_t)in[2 + high] << 8 | in[2 + low];
	if (next < 0xdc00 || next > 0xdfff)
		return 2;
	*code_r = 0x10000 + ((unit - 0xd800) << 10 | (next - 0xdc00));
	return 4;
}

static size_t unit(const struct isrv_charset *c, const char *data, size_t len, bool end,
                   uint32_t *code_r)
{
	unsigned char octet = (unsigned char)data[0];

	switch (c->kind) {
	case ISRV_CHARSET_UTF8:
		return utf8_unit(data, len, end, code_r);
	case ISRV_CHARSET_UTF16_BIG:
	case ISRV_CHARSET_UTF16_LITTLE:
		return utf16_unit(data, len, c->kind == ISRV_CHARSET_UTF16_LITTLE, end, code_r);
	case ISRV_CHARSET_WINDOWS:
		*code_r = isrv_charset_windows(octet);
		return 1;
	case ISRV_CHARSET_LATIN_EURO:
		*code_r = latin_euro(octet);
		return 1;
	default: /* ISRV_CHARSET_ASCII */
		*code_r = octet < 0x80 ? octet : REPLACEMENT;
		return 1;
	}
}

/* Octets below 80 at the start, eight at a time: what most text consists of. */
static size_t ascii_run(const char *data, size_t len)
{
	size_t i = 0;

	while (len - i >= sizeof(uint64_t)) {
		uint64_t eight;

		memcpy(&eight, data + i, sizeof(eight));
		if (eight & UINT64_C(0x8080808080808080))
			break;
		i += sizeof(eight);
	}
	while (i < len && (unsigned char)data[i] < 0x80)
		i++;
	return i;
}

static void drop_held(struct isrv_charset *c, size_t n)
{
	c->held_len = (uint8_t)(c->held_len - n);
	memmove(c->held, c->held + n, c->held_len);
}

/* One octet more of data into held; false if there is none. */
static bool top_up(struct isrv_charset *c, const char *data, size_t len, size_t *at)
{
	if (*at == len)
		return false;
	c->held[c->held_len++] = data[(*at)++];
	return true;
}

/* From data[*from] on, and that is moved on; returns what was put. */
static size_t run_own(struct isrv_charset *c, const char *data, size_t len, size_t *from,
                      char *out, size_t out_size)
{
	bool wide = c->kind == ISRV_CHARSET_UTF16_BIG || c->kind == ISRV_CHARSET_UTF16_LITTLE;
	bool end = len == 0;
	size_t at = *from, put = 0, n;
	uint32_t code;

	while (out_size - put >= 4 && (c->held_len || at < len)) {
		if (c->held_len) {
			while (!(n = unit(c, c->held, c->held_len, end, &code))) {
				if (!top_up(c, data, len, &at))
					break;
			}
			if (!n)
				break;
			drop_held(c, n);
			put += isrv_utf8_put(out + put, code);
			continue;
		}
		n = len - at < out_size - put ? len - at : out_size - put;
		n = wide ? 0 : ascii_run(data + at, n);
		if (n) {
			memcpy(out + put, data + at, n);
			at += n;
			put += n;
			continue;
		}
		n = unit(c, data + at, len - at, end, &code);
		if (!n) {
			while (top_up(c, data, len, &at))
				;
			break;
		}
		at += n;
		put += isrv_utf8_put(out + put, code);
	}
	*from = at;
	return put;
}

/* The byte order, from the first two octets (RFC 2781 4.3); false while they are not there. */
static bool sniff(struct isrv_charset *c, const char *data, size_t len, size_t *at)
{
	while (c->held_len < 2) {
		if (!top_up(c, data, len, at))
			break;
	}
	if (c->held_len < 2 && len)
		return false;
	c->kind = ISRV_CHARSET_UTF16_BIG;
	if (c->held_len < 2)
		return true;
	if (memcmp(c->held, "\xff\xfe", 2) == 0)
		c->kind = ISRV_CHARSET_UTF16_LITTLE;
	else if (memcmp(c->held, "\xfe\xff", 2) != 0)
		return true;
	c->held_len = 0;
	return true;
}

/* ---- iconv --------------------------------------------------------------------------------- */

/*
 * errno, which tells an invalid sequence from an incomplete one and from a full buffer, belongs to
 * the host's thread and is not read here.  Instead there is always room for what one step may give,
 * and a place where iconv does not move although WINDOW octets are there, or the end, is invalid:
 * no sequence of these charsets is that long.
 */
enum { WINDOW = 8, ROOM = 24 };

struct step {
	size_t taken;
	size_t put;
};

static struct step convert(struct isrv_charset *c, const char *data, size_t len, char *out,
                           size_t room)
{
	/* POSIX takes char ** for the input and does not write there. */
	char *in = (char *)data, *to = out;
	size_t in_left = len, out_left = room;
	struct step step;

	(void)iconv(c->iconv, &in, &in_left, &to, &out_left);
	step.taken = len - in_left;
	step.put = room - out_left;
	return step;
}

static size_t end_iconv(struct isrv_charset *c, char *out, size_t room)
{
	char *to = out;
	size_t left = room;

	/* What a converter keeps because a combining character might follow; back to its start. */
	(void)iconv(c->iconv, NULL, NULL, &to, &left);
	(void)iconv(c->iconv, NULL, NULL, NULL, NULL);
	return room - left;
}

/* So much is looked at before it is converted: where each octet is invalid, that is done again for
 * each. */
#define KOREAN_MOST 64u

/*
 * How much of EUC-KR or CP949 is whole and can be a character: two octets, the second of which
 * depends on the first.  musl before 1.2.6 takes others for characters that do not exist, and then
 * writes in front of what it was given (CVE-2025-26519).  0: the first is none, if 2 octets are
 * there.
 */
static size_t korean_part(const char *data, size_t len)
{
	size_t at = 0;

	if (len > KOREAN_MOST)
		len = KOREAN_MOST;
	while (at < len) {
		unsigned char lead = (unsigned char)data[at], trail;

		if (lead < 0x80) {
			at++;
			continue;
		}
		if (len - at < 2)
			break;
		trail = (unsigned char)data[at + 1];
		if (lead > 0xc6 || (lead == 0xc6 && trail > 0x52)) {
			if (trail < 0xa1)
				break;
		}
		at += 2;
	}
	return at;
}

static void run_iconv(struct isrv_charset *c, const char *data, size_t len, size_t *taken_r,
                      char *out, size_t out_size, size_t *put_r)
{
	size_t at = 0, put = 0;

	while (out_size - put >= ROOM && (c->held_len || at < len)) {
		/* A sequence that was cut is continued in held, behind what is held, with octets of
		 * data that are not taken by that. */
		size_t more = sizeof(c->held) - c->held_len, n = len - at;
		const char *from = c->held_len ? c->held : data + at;
		struct step step;

		if (c->held_len) {
			if (more > n)
				more = n;
			if (more)
				memcpy(c->held + c->held_len, data + at, more);
			n = c->held_len + more;
		}
		step = convert(c, from,
		               c->kind == ISRV_CHARSET_KOREAN ? korean_part(from, n) : n,
		               out + put, out_size - put);
		put += step.put;
		if (step.taken == 0 && step.put == 0) {
			if (n < WINDOW && len) {
				if (!c->held_len)
					memcpy(c->held, from, n);
				c->held_len = (uint8_t)n;
				at = len;
				break;
			}
			put += isrv_utf8_put(out + put, REPLACEMENT);
			step.taken = 1;
		}
		if (step.taken < c->held_len) {
			drop_held(c, step.taken);
		} else {
			at += step.taken - c->held_len;
			c->held_len = 0;
		}
	}
	if (len == 0 && !c->held_len)
		put += end_iconv(c, out + put, out_size - put);
	*taken_r = at;
	*put_r = put;
}

/* ---- all ----------------------------------------------------------------------------------- */

void isrv_charset_run(struct isrv_charset *c, const char *data, size_t len, size_t *taken_r,
                      char *out, size_t out_size, size_t *put_r)
{
	*taken_r = 0;
	*put_r = 0;
	if (c->kind >= ISRV_CHARSET_ICONV)
		run_iconv(c, data, len, taken_r, out, out_size, put_r);
	else if (c->kind != ISRV_CHARSET_UTF16 || sniff(c, data, len, taken_r))
		*put_r = run_own(c, data, len, taken_r, out, out_size);
}
