/* SPDX-License-Identifier: MIT */
/*
 * Comparison under i;ascii-casemap (RFC 4790 9.2) and decimal numbers (RFC 9051 9: number,
 * number64).  Only the 26 letters of US-ASCII have case; octets above 0x7F are themselves, and no
 * locale has a say.
 */
#include "base/ascii.h"

#include <string.h>

bool isrv_ascii_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i;

	if (a_len != b_len)
		return false;
	for (i = 0; i < a_len; i++) {
		if (isrv_ascii_upper((unsigned char)a[i]) != isrv_ascii_upper((unsigned char)b[i]))
			return false;
	}
	return true;
}

bool isrv_ascii_is(const char *a, size_t a_len, const char *word)
{
	size_t i;

	for (i = 0; i < a_len; i++) {
		unsigned char x = (unsigned char)a[i], y = (unsigned char)word[i];

		/* A NUL inside `a` must not pass for the end of the word.  Most are written the
		 * same. */
		if (!y || (x != y && isrv_ascii_upper(x) != isrv_ascii_upper(y)))
			return false;
	}
	return word[a_len] == '\0';
}

int isrv_ascii_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t least = a_len < b_len ? a_len : b_len;
	size_t i;

	for (i = 0; i < least; i++) {
		int x = isrv_ascii_upper((unsigned char)a[i]);
		int y = isrv_ascii_upper((unsigned char)b[i]);

		if (x != y)
			return x - y;
	}
	return (a_len > b_len) - (a_len < b_len);
}

/* Two digits at a time: numbers are most of what a FETCH response is made of. */
static const char pairs[] = "00010203040506070809"
                            "10111213141516171819"
                            "20212223242526272829"
                            "30313233343536373839"
                            "40414243444546474849"
                            "50515253545556575859"
                            "60616263646566676869"
                            "70717273747576777879"
                            "80818283848586878889"
                            "90919293949596979899";

/* The lower four digits of n, with leading zeros. */
static inline void put_four(char *out, uint32_t n)
{
	memcpy(out, pairs + n / 100 % 100 * 2, 2);
	memcpy(out + 2, pairs + n % 100 * 2, 2);
}

/* n < 10000, without leading zeros. */
static inline size_t put_short(char *out, uint32_t n)
{
	if (n >= 1000) {
		put_four(out, n);
		return 4;
	}
	if (n >= 100) {
		out[0] = (char)('0' + n / 100);
		memcpy(out + 1, pairs + n % 100 * 2, 2);
		return 3;
	}
	if (n >= 10) {
		memcpy(out, pairs + n * 2, 2);
		return 2;
	}
	out[0] = (char)('0' + n);
	return 1;
}

size_t isrv_ascii_u32(char *out, uint32_t n)
{
	size_t len;

	if (n < 10000)
		return put_short(out, n);
	if (n < 100000000) {
		len = put_short(out, n / 10000);
	} else {
		len = put_short(out, n / 100000000);
		put_four(out + len, n / 10000 % 10000);
		len += 4;
	}
	put_four(out + len, n % 10000);
	return len + 4;
}

size_t isrv_ascii_u64(char *out, uint64_t n)
{
	const uint32_t eight_digits = 100000000;
	uint64_t high = n / eight_digits;
	uint32_t low = (uint32_t)(n % eight_digits);
	size_t len;

	if (n <= UINT32_MAX)
		return isrv_ascii_u32(out, (uint32_t)n);
	/* At most 12, 8 digits; the 12 are at most 4, 8. */
	if (high >= eight_digits) {
		len = put_short(out, (uint32_t)(high / eight_digits));
		put_four(out + len, (uint32_t)(high % eight_digits) / 10000);
		put_four(out + len + 4, (uint32_t)(high % eight_digits) % 10000);
		len += 8;
	} else {
		len = isrv_ascii_u32(out, (uint32_t)high);
	}
	put_four(out + len, low / 10000);
	put_four(out + len + 4, low % 10000);
	return len + 8;
}

bool isrv_ascii_number(const char *data, size_t len, uint64_t max, uint64_t *value_r)
{
	uint64_t value = 0;
	size_t i;

	if (len == 0)
		return false;
	for (i = 0; i < len; i++) {
		unsigned digit = (unsigned)(unsigned char)data[i] - '0';

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*value_r = value;
	return true;
}
