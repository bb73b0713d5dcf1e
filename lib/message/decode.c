/* SPDX-License-Identifier: MIT */
/*
 * Content transfer encodings undone (RFC 2045 6.7 and 6.8, RFC 3516 4.3).  Each of the two codings
 * is a machine that takes one octet at a time, and beside it a fast path for what ordinary mail
 * consists of; the fast path runs only where the machine holds nothing, and does to a run of octets
 * what the machine would do to each of them.
 */
#include "message/decode.h"

#include <string.h>

#include "base/ascii.h"

enum isrv_encoding isrv_encoding_find(struct imapsrv_span name)
{
	static const struct {
		char name[17];
		uint8_t encoding;
	} known[] = {
		{"7bit", ISRV_ENCODING_IDENTITY},
		{"8bit", ISRV_ENCODING_IDENTITY},
		{"base64", ISRV_ENCODING_BASE64},
		{"binary", ISRV_ENCODING_IDENTITY},
		{"quoted-printable", ISRV_ENCODING_QUOTED_PRINTABLE},
	};
	size_t i;

	if (!name.data || name.len == 0)
		return ISRV_ENCODING_IDENTITY;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (isrv_ascii_is(name.data, name.len, known[i].name))
			return (enum isrv_encoding)known[i].encoding;
	}
	return ISRV_ENCODING_UNKNOWN;
}

void isrv_decoder_init(struct isrv_decoder *d, enum isrv_encoding encoding)
{
	memset(d, 0, sizeof(*d));
	d->encoding = encoding;
}

/* ---- base64 (RFC 2045 6.8) ----------------------------------------------------------------- */

#define D(value) (0x80 | (value))

/* The value of a digit with the top bit set; 0 for any other octet, so that one AND over a quantum
 * tells whether all of it are digits. */
static const unsigned char digits[256] = {
	['A'] = D(0),  ['B'] = D(1),  ['C'] = D(2),  ['D'] = D(3),  ['E'] = D(4),  ['F'] = D(5),
	['G'] = D(6),  ['H'] = D(7),  ['I'] = D(8),  ['J'] = D(9),  ['K'] = D(10), ['L'] = D(11),
	['M'] = D(12), ['N'] = D(13), ['O'] = D(14), ['P'] = D(15), ['Q'] = D(16), ['R'] = D(17),
	['S'] = D(18), ['T'] = D(19), ['U'] = D(20), ['V'] = D(21), ['W'] = D(22), ['X'] = D(23),
	['Y'] = D(24), ['Z'] = D(25), ['a'] = D(26), ['b'] = D(27), ['c'] = D(28), ['d'] = D(29),
	['e'] = D(30), ['f'] = D(31), ['g'] = D(32), ['h'] = D(33), ['i'] = D(34), ['j'] = D(35),
	['k'] = D(36), ['l'] = D(37), ['m'] = D(38), ['n'] = D(39), ['o'] = D(40), ['p'] = D(41),
	['q'] = D(42), ['r'] = D(43), ['s'] = D(44), ['t'] = D(45), ['u'] = D(46), ['v'] = D(47),
	['w'] = D(48), ['x'] = D(49), ['y'] = D(50), ['z'] = D(51), ['0'] = D(52), ['1'] = D(53),
	['2'] = D(54), ['3'] = D(55), ['4'] = D(56), ['5'] = D(57), ['6'] = D(58), ['7'] = D(59),
	['8'] = D(60), ['9'] = D(61), ['+'] = D(62), ['/'] = D(63),
};

/* The top bits of four digits, where they fall in a quantum. */
#define TOP_BITS ((uint32_t)0x80 << 18 | (uint32_t)0x80 << 12 | (uint32_t)0x80 << 6 | 0x80)

/* How many octets at the start are whole quanta of nothing but digits, decoded; what fits. */
static size_t whole_quanta(const unsigned char *in, size_t len, unsigned char *out, size_t room)
{
	size_t n = len / 4 < room / 3 ? len / 4 : room / 3, i;

	for (i = 0; i < n; i++, in += 4, out += 3) {
		unsigned a = digits[in[0]], b = digits[in[1]], c = digits[in[2]], d = digits[in[3]];
		uint32_t bits;

		if (!(a & b & c & d))
			break;
		bits = (a << 18) + (b << 12) + (c << 6) + d - TOP_BITS;
		out[0] = (unsigned char)(bits >> 16);
		out[1] = (unsigned char)(bits >> 8);
		out[2] = (unsigned char)bits;
	}
	return i * 4;
}

/* What a quantum that ends here has in whole octets: none, one or two. */
static size_t end_quantum(struct isrv_decoder *d, char *out)
{
	size_t n = d->count > 1 ? d->count - 1u : 0;

	if (n == 1) {
		out[0] = (char)(d->bits >> 4);
	} else if (n == 2) {
		out[0] = (char)(d->bits >> 10);
		out[1] = (char)(d->bits >> 2);
	}
	d->bits = 0;
	d->count = 0;
	return n;
}

static size_t base64_octet(struct isrv_decoder *d, unsigned char octet, char *out)
{
	if (octet == '=')
		return end_quantum(d, out);
	if (!digits[octet])
		return 0; /* RFC 2045 6.8: line breaks and all other characters are ignored */
	d->bits = d->bits << 6 | (digits[octet] & 0x3fu);
	if (++d->count < 4)
		return 0;
	out[0] = (char)(d->bits >> 16);
	out[1] = (char)(d->bits >> 8);
	out[2] = (char)d->bits;
	d->bits = 0;
	d->count = 0;
	return 3;
}

static void run_base64(struct isrv_decoder *d, const char *data, size_t len, size_t *taken_r,
                       char *out, size_t out_size, size_t *put_r)
{
	const unsigned char *in = (const unsigned char *)data;
	size_t at = 0, put = 0;

	while (at < len && out_size - put >= 3) {
		if (d->count == 0) {
			size_t n = whole_quanta(in + at, len - at, (unsigned char *)out + put,
			                        out_size - put);

			at += n;
			put += n / 4 * 3;
			if (at == len || out_size - put < 3)
				break;
		}
		put += base64_octet(d, in[at++], out + put);
	}
	*taken_r = at;
	*put_r = put;
}

/* ---- quoted-printable (RFC 2045 6.7) ------------------------------------------------------- */

enum {
	TEXT,       /* held: white space that may be trailing */
	TEXT_CR,    /* and the CR that may begin its line end */
	ESCAPE,     /* held: "=" */
	ESCAPE_HEX, /* held: "=" and one digit */
	SOFT,       /* held: "=" and white space */
	SOFT_CR     /* and the CR that may begin its line end */
};

enum { HELD_MAX = 126 }; /* with the CR behind it less than the room there is */

static bool is_white(unsigned char octet)
{
	return octet == ' ' || octet == '\t';
}

/* Hexadecimal digit to value, either case (RFC 2045 6.7, note (1)); -1 for none. */
static int hex_value(unsigned char octet)
{
	if (octet >= '0' && octet <= '9')
		return octet - '0';
	octet = isrv_ascii_upper(octet);
	return octet >= 'A' && octet <= 'F' ? octet - 'A' + 10 : -1;
}

/* What was held was content after all. */
static size_t release(struct isrv_decoder *d, char *out)
{
	size_t n = d->held_len;

	memcpy(out, d->held, n);
	d->held_len = 0;
	d->state = TEXT;
	return n;
}

static size_t hold(struct isrv_decoder *d, unsigned char octet, uint8_t state)
{
	d->held[d->held_len++] = (char)octet;
	d->state = state;
	return 0;
}

static size_t line_end(struct isrv_decoder *d, char *out)
{
	bool soft = d->held_len > 0 && d->held[0] == '=';

	d->held_len = 0;
	d->passing = false;
	d->state = TEXT;
	if (soft)
		return 0;
	out[0] = '\r';
	out[1] = '\n';
	return 2;
}

/* White space is held while it may be trailing.  A run without end is how a sender would make us
 * hold without end: past HELD_MAX all of it goes out, counted from where the run begins, which no
 * cutting changes. */
static size_t white(struct isrv_decoder *d, unsigned char octet, uint8_t state, char *out)
{
	size_t n;

	if (!d->passing && d->held_len < HELD_MAX)
		return hold(d, octet, state);
	n = release(d, out);
	d->passing = true;
	out[n++] = (char)octet;
	return n;
}

/* An octet where no escape is pending. */
static size_t text_octet(struct isrv_decoder *d, unsigned char octet, char *out)
{
	size_t n;

	if (is_white(octet))
		return white(d, octet, TEXT, out);
	d->passing = false;
	if (octet == '\n')
		return line_end(d, out);
	if (octet == '\r')
		return hold(d, octet, TEXT_CR);
	n = release(d, out);
	if (octet == '=')
		return n + hold(d, octet, ESCAPE);
	out[n++] = (char)octet;
	return n;
}

/* One octet in, at most what is held and two more out. */
static size_t quoted_octet(struct isrv_decoder *d, unsigned char octet, char *out)
{
	size_t n;

	switch (d->state) {
	case TEXT:
		return text_octet(d, octet, out);
	case ESCAPE_HEX:
		if (hex_value(octet) < 0)
			break;
		out[0] = (char)(hex_value((unsigned char)d->held[1]) << 4 | hex_value(octet));
		d->held_len = 0;
		d->state = TEXT;
		return 1;
	case ESCAPE:
		if (hex_value(octet) >= 0)
			return hold(d, octet, ESCAPE_HEX);
		/* fall through */
	case SOFT:
		if (is_white(octet))
			return white(d, octet, SOFT, out);
		if (octet == '\r')
			return hold(d, octet, SOFT_CR);
		/* fall through */
	default: /* TEXT_CR, SOFT_CR */
		if (octet == '\n')
			return line_end(d, out);
		break;
	}
	/* No escape, no line end: as it was written (RFC 2045 6.7, note (2)). */
	n = release(d, out);
	return n + text_octet(d, octet, out + n);
}

/* How many octets at the start go out as they are, whatever follows them: up to an escape or a line
 * end, without the white space before it. */
static size_t plain_run(const unsigned char *in, size_t len)
{
	static const unsigned char special[256] = {['='] = 1, ['\r'] = 1, ['\n'] = 1};
	size_t n = 0;

	if (is_white(in[0]))
		return 0; /* or a long run of it would be looked at again for each of its octets */
	while (n < len && !special[in[n]])
		n++;
	while (n > 0 && is_white(in[n - 1]))
		n--;
	return n;
}

static void run_quoted(struct isrv_decoder *d, const char *data, size_t len, size_t *taken_r,
                       char *out, size_t out_size, size_t *put_r)
{
	const unsigned char *in = (const unsigned char *)data;
	size_t at = 0, put = 0;

	while (at < len) {
		if (d->state == TEXT && d->held_len == 0) {
			size_t room = out_size - put;
			size_t n = plain_run(in + at, len - at < room ? len - at : room);

			if (n) {
				memcpy(out + put, data + at, n);
				at += n;
				put += n;
				d->passing = false;
				continue;
			}
		}
		if (out_size - put < d->held_len + 2u)
			break;
		put += quoted_octet(d, in[at++], out + put);
	}
	*taken_r = at;
	*put_r = put;
}

static size_t end_quoted(struct isrv_decoder *d, char *out)
{
	/* The end is a line end: what follows is a boundary, which begins with the CRLF before it.
	 * A CR is none, and then neither the white space before it is trailing. */
	if (d->state == TEXT || d->state == ESCAPE || d->state == SOFT)
		d->held_len = 0;
	d->passing = false;
	return release(d, out);
}

/* ---- all ----------------------------------------------------------------------------------- */

void isrv_decoder_run(struct isrv_decoder *d, const char *data, size_t len, size_t *taken_r,
                      char *out, size_t out_size, size_t *put_r)
{
	size_t n = len < out_size ? len : out_size;

	*taken_r = 0;
	*put_r = 0;
	switch (d->encoding) {
	case ISRV_ENCODING_BASE64:
		if (len)
			run_base64(d, data, len, taken_r, out, out_size, put_r);
		else if (out_size >= 2)
			*put_r = end_quantum(d, out);
		break;
	case ISRV_ENCODING_QUOTED_PRINTABLE:
		if (len)
			run_quoted(d, data, len, taken_r, out, out_size, put_r);
		else if (out_size >= d->held_len)
			*put_r = end_quoted(d, out);
		break;
	default:
		if (n)
			memcpy(out, data, n);
		*taken_r = n;
		*put_r = n;
		break;
	}
}
