/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 by RFC 3629 sections 3 and 4: each scalar value has one form, and every other octet
 * sequence has none.  isrv_utf8_next is the only decoder; whatever it takes, isrv_utf8_put
 * writes back octet for octet.
 */
#include "base/utf8.h"

#include <string.h>

/* UTF8-1 | UTF8-2 | UTF8-3 | UTF8-4 of RFC 3629 4, told apart by the value that comes out. */
size_t isrv_utf8_next(const char *data, size_t len, uint32_t *code_r)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *in = (const unsigned char *)data;
	uint32_t code;
	size_t n, i;

	if (len == 0)
		return 0;
	code = in[0];
	if (code < 0x80) {
		*code_r = code;
		return 1;
	}
	if (code < 0xc2 || code > 0xf4)
		return 0;
	n = code < 0xe0 ? 2 : code < 0xf0 ? 3 : 4;
	if (len < n)
		return 0;
	code &= 0x7fu >> n;
	for (i = 1; i < n; i++) {
		if ((in[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (in[i] & 0x3fu);
	}
	/* An overlong form is how a forbidden octet gets past a filter (RFC 3629 10); a surrogate
	 * is no scalar value (RFC 3629 3). */
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*code_r = code;
	return n;
}

size_t isrv_utf8_put(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (code >> 18 & 0x07));
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* How many octets at the start are below 0x80; eight at a time while that holds. */
static size_t ascii_prefix(const char *data, size_t len)
{
	size_t i = 0;

	while (len - i >= sizeof(uint64_t)) {
		uint64_t eight;

		memcpy(&eight, data + i, sizeof(eight));
		if (eight & UINT64_C(0x8080808080808080))
			break;
		i += sizeof(eight);
	}
	while (i < len && !((unsigned char)data[i] & 0x80))
		i++;
	return i;
}

bool isrv_utf8_valid(const char *data, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t code;
		size_t n;

		if (!((unsigned char)data[i] & 0x80)) {
			i += ascii_prefix(data + i, len - i);
			continue;
		}
		n = isrv_utf8_next(data + i, len - i, &code);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

bool isrv_utf8_is_ascii(const char *data, size_t len)
{
	return ascii_prefix(data, len) == len;
}

bool isrv_utf8_is_name(const char *data, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t code;
		size_t n = isrv_utf8_next(data + i, len - i, &code);

		if (n == 0 || code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 ||
		    code == 0x2029)
			return false;
		i += n;
	}
	return true;
}
