/* SPDX-License-Identifier: MIT */
/*
 * Modified UTF-7 (RFC 3501 5.1.3, RFC 9051 appendix A.1).  Invariant: isrv_utf7_parse takes
 * exactly the texts that isrv_utf7_put gives, so the two are inverse and a mailbox has one name.
 * A second spelling would slip past access checks, and would let one client make mailboxes that
 * another cannot tell apart or reach.
 */
#include "base/utf7.h"

#include <stdint.h>

#include "base/utf8.h"

/* "The base64 of RFC 2045 with ',' for '/'", without "=" (RFC 3501 5.1.3). */
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

struct sink {
	char *out;
	size_t size;
	size_t len;
};

static bool add(struct sink *sink, char octet)
{
	if (sink->len == sink->size)
		return false;
	sink->out[sink->len++] = octet;
	return true;
}

/* What must stand for itself: x20-7E; "&" does so as "&-". */
static bool is_printable(uint32_t code)
{
	return code >= 0x20 && code <= 0x7e;
}

/*
 * The worst text alternates a control character (1 octet, "&AAE-") with "&" (1 octet, "&-"): 7 for
 * 2, and one run more than separators, so (7n + 3) / 2.  A run of u units takes 2 + ceil(8u / 3)
 * <= 3.5u + 1.5, a separator at most 2, and no unit has less than one octet of UTF-8.
 */
size_t isrv_utf7_encoded_max(size_t len)
{
	return len > SIZE_MAX / 4 - 1 ? SIZE_MAX : len * 3 + (len + 3) / 2;
}

/* Three octets of UTF-8 from 16 bits, which take 8/3 digits: 9 for 8 at most. */
size_t isrv_utf7_decoded_max(size_t len)
{
	return len / 8 > SIZE_MAX - len ? SIZE_MAX : len + len / 8;
}

/* ---- to UTF-7 ------------------------------------------------------------------------------ */

/* A base64 run while it is written or read: `bits` low bits of `acc` wait for more. */
struct run {
	uint32_t acc;
	unsigned bits;
	bool open;
};

static bool put_unit(struct sink *sink, struct run *run, uint32_t unit)
{
	run->acc = run->acc << 16 | unit;
	run->bits += 16;
	while (run->bits >= 6) {
		run->bits -= 6;
		if (!add(sink, digits[run->acc >> run->bits & 63]))
			return false;
	}
	run->acc &= (1u << run->bits) - 1;
	return true;
}

static bool put_encoded(struct sink *sink, struct run *run, uint32_t code)
{
	if (!run->open && !add(sink, '&'))
		return false;
	run->open = true;
	if (code < 0x10000)
		return put_unit(sink, run, code);
	code -= 0x10000;
	return put_unit(sink, run, 0xd800 | code >> 10) &&
	       put_unit(sink, run, 0xdc00 | (code & 0x3ff));
}

static bool put_end(struct sink *sink, struct run *run)
{
	if (!run->open)
		return true;
	if (run->bits && !add(sink, digits[run->acc << (6 - run->bits) & 63]))
		return false;
	run->acc = 0;
	run->bits = 0;
	run->open = false;
	return add(sink, '-');
}

static bool put_printable(struct sink *sink, struct run *run, uint32_t code)
{
	return put_end(sink, run) && add(sink, (char)code) && (code != '&' || add(sink, '-'));
}

bool isrv_utf7_put(char *out, size_t out_size, size_t *out_len_r, const char *utf8, size_t len)
{
	struct sink sink = {out, out_size, 0};
	struct run run = {0, 0, false};
	size_t i = 0;

	while (i < len) {
		uint32_t code;
		size_t n = isrv_utf8_next(utf8 + i, len - i, &code);

		if (n == 0 || code == 0)
			return false;
		if (is_printable(code) ? !put_printable(&sink, &run, code)
		                       : !put_encoded(&sink, &run, code))
			return false;
		i += n;
	}
	if (!put_end(&sink, &run))
		return false;
	*out_len_r = sink.len;
	return true;
}

/* ---- from UTF-7 ---------------------------------------------------------------------------- */

/* 64 for an octet that is no digit. */
static uint32_t digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0') + 52;
	return c == '+' ? 62 : c == ',' ? 63 : 64;
}

static bool add_code(struct sink *sink, uint32_t code)
{
	char octets[4];
	size_t n, i;

	/* NUL would end the name early in a host written in C. */
	if (code == 0 || is_printable(code))
		return false;
	n = isrv_utf8_put(octets, code);
	for (i = 0; i < n; i++) {
		if (!add(sink, octets[i]))
			return false;
	}
	return true;
}

/* One unit of UTF-16; *high is a leading surrogate that waits for the other half, or 0. */
static bool parse_unit(struct sink *sink, uint32_t *high, uint32_t unit)
{
	uint32_t first = *high;

	if (first) {
		*high = 0;
		return unit >= 0xdc00 && unit <= 0xdfff &&
		       add_code(sink, 0x10000 + ((first - 0xd800) << 10 | (unit - 0xdc00)));
	}
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return false;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
		return true;
	}
	return add_code(sink, unit);
}

/* The digits of a run and the "-" behind them; returns how many octets that is, or 0. */
static size_t parse_run(struct sink *sink, const char *utf7, size_t len)
{
	struct run run = {0, 0, true};
	uint32_t high = 0;
	size_t i;

	for (i = 0; i < len && utf7[i] != '-'; i++) {
		uint32_t value = digit_value(utf7[i]);

		if (value > 63)
			return 0;
		run.acc = run.acc << 6 | value;
		run.bits += 6;
		if (run.bits < 16)
			continue;
		run.bits -= 16;
		if (!parse_unit(sink, &high, run.acc >> run.bits))
			return 0;
		run.acc &= (1u << run.bits) - 1;
	}
	/* A whole digit too many, pad bits that are not zero, half a pair, or no end. */
	if (i == len || run.bits >= 6 || run.acc != 0 || high)
		return 0;
	return i + 1;
}

bool isrv_utf7_parse(char *out, size_t out_size, size_t *out_len_r, const char *utf7, size_t len)
{
	struct sink sink = {out, out_size, 0};
	bool after_run = false;
	size_t i = 0;

	while (i < len) {
		char c = utf7[i++];
		size_t n;

		if (!is_printable((unsigned char)c))
			return false;
		if (c != '&' || (i < len && utf7[i] == '-')) {
			if (!add(&sink, c))
				return false;
			i += c == '&';
			after_run = false;
			continue;
		}
		/* "&U,BTFw-&ZeVnLIqe-" is not permitted: superfluous shift (RFC 3501 5.1.3). */
		if (after_run)
			return false;
		n = parse_run(&sink, utf7 + i, len - i);
		if (n == 0)
			return false;
		i += n;
		after_run = true;
	}
	*out_len_r = sink.len;
	return true;
}
