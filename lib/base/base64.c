/* SPDX-License-Identifier: MIT */
/*
 * Base64 as RFC 4648 section 4 has it, and no other: line breaks, missing or early padding, and
 * pad bits that are not zero are refused (3.1, 3.2, 3.5), so that no two texts mean the same
 * octets.  Used where a client proves who it is; the tables hold no secret, but a lookup is not
 * constant time.
 */
#include "base/base64.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* No digit has this bit, so one test after or-ing four lookups finds a stray octet. */
#define NO 0x80

static const uint8_t values[256] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
	NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};

size_t isrv_base64_encoded(size_t n)
{
	size_t quanta = n / 3 + (n % 3 != 0);

	return quanta > SIZE_MAX / 4 ? SIZE_MAX : quanta * 4;
}

void isrv_base64_put(char *out, const void *data, size_t len)
{
	const uint8_t *in = data;
	uint32_t bits;

	for (; len >= 3; len -= 3, in += 3, out += 4) {
		bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		out[0] = digits[bits >> 18];
		out[1] = digits[bits >> 12 & 63];
		out[2] = digits[bits >> 6 & 63];
		out[3] = digits[bits & 63];
	}
	if (len == 0)
		return;
	bits = (uint32_t)in[0] << 16 | (len == 2 ? (uint32_t)in[1] << 8 : 0);
	out[0] = digits[bits >> 18];
	out[1] = digits[bits >> 12 & 63];
	out[2] = len == 2 ? digits[bits >> 6 & 63] : '=';
	out[3] = '=';
}

/* The last quantum, with one or two "=": 2 or 1 octets, or 0 if it is not right. */
static size_t parse_padded(uint8_t *out, const uint8_t *in)
{
	uint8_t a = values[in[0]], b = values[in[1]], c;

	if ((a | b) & NO)
		return 0;
	if (in[2] == '=') {
		if (b & 0x0f)
			return 0;
		out[0] = (uint8_t)(a << 2 | b >> 4);
		return 1;
	}
	c = values[in[2]];
	if (c & (NO | 0x03))
		return 0;
	out[0] = (uint8_t)(a << 2 | b >> 4);
	out[1] = (uint8_t)((b & 0x0f) << 4 | c >> 2);
	return 2;
}

bool isrv_base64_parse(void *out, size_t *out_len_r, const char *data, size_t len)
{
	const uint8_t *in = (const uint8_t *)data;
	uint8_t *to = out;
	size_t whole, octets;

	if (len % 4 != 0)
		return false;
	whole = len / 4;
	if (len && in[len - 1] == '=')
		whole--;
	octets = whole * 3;
	/* Four are read before three are written, so out may be data. */
	for (; whole; whole--, in += 4, to += 3) {
		uint32_t a = values[in[0]], b = values[in[1]], c = values[in[2]], d = values[in[3]];

		if ((a | b | c | d) & NO)
			return false;
		a = a << 18 | b << 12 | c << 6 | d;
		to[0] = (uint8_t)(a >> 16);
		to[1] = (uint8_t)(a >> 8 & 0xff);
		to[2] = (uint8_t)(a & 0xff);
	}
	if (octets / 3 != len / 4) {
		size_t rest = parse_padded(to, in);

		if (rest == 0)
			return false;
		octets += rest;
	}
	*out_len_r = octets;
	return true;
}
