/* SPDX-License-Identifier: MIT */
/*
 * name.c - mailbox names and directories.
 *
 * Maildir++ puts a dot before each level: A/B is the directory ".A.B".  The levels are written in
 * modified UTF-7 (RFC 3501 5.1.3), as other servers do with such a tree, so that a tree of theirs
 * can be served as it is.  A dot or a slash inside of a level is encoded as if it were not ASCII (a
 * dot is "&AC4-"): so no name leaves its place in the tree, and every directory has one name.  A
 * directory that this encoding would not produce is not listed.
 */
#include "name.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The longest file name that usual filesystems take. */
#define DIR_MAX 255

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* ---- UTF-8 -------------------------------------------------------------------------------- */

/* One character; -1 if this is no UTF-8. */
static long utf8_take(const unsigned char **p, const unsigned char *end)
{
	static const uint32_t lowest[] = {0, 0x80, 0x800, 0x10000};
	uint32_t c = *(*p)++;
	unsigned more = c < 0x80 ? 0 : (c & 0xe0) == 0xc0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : 3;

	if (!more)
		return (long)c;
	if (c < 0xc2 || c > 0xf4)
		return -1;
	c &= 0x3fu >> more;
	for (unsigned i = 0; i < more; i++) {
		if (*p == end || (**p & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (*(*p)++ & 0x3fu);
	}
	if (c < lowest[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return -1;
	return (long)c;
}

static void utf8_put(struct text *out, uint32_t c)
{
	char bytes[4];
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint32_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = len; i-- > 1; c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = (char)(lead[len] | c);
	text_put(out, bytes, len);
}

/* ---- modified UTF-7 ----------------------------------------------------------------------- */

/* Base64 digits of 16-bit units: bits that wait for the next digit. */
struct bits {
	uint32_t value;
	unsigned count;
};

static void put_digits(struct text *out, struct bits *bits)
{
	while (bits->count >= 6) {
		bits->count -= 6;
		text_put(out, &base64[bits->value >> bits->count & 0x3f], 1);
	}
}

static void put_unit(struct text *out, struct bits *bits, uint32_t unit)
{
	bits->value = bits->value << 16 | unit;
	bits->count += 16;
	put_digits(out, bits);
}

static void end_base64(struct text *out, struct bits *bits)
{
	if (bits->count) {
		bits->value <<= 6 - bits->count;
		bits->count = 6;
		put_digits(out, bits);
	}
	text_put(out, "-", 1);
}

static bool is_plain(long c, char separator)
{
	return c == (unsigned char)separator || (c >= ' ' && c < 0x7f && c != '.' && c != '/');
}

static bool put_name(struct text *out, struct imapsrv_span name, char separator)
{
	const unsigned char *p = (const unsigned char *)name.data, *end = p + name.len;
	struct bits bits = {0};
	bool in_base64 = false;

	while (p < end) {
		long c = utf8_take(&p, end);
		if (c < ' ' || c == 0x7f)
			return false;
		if (is_plain(c, separator) && in_base64) {
			end_base64(out, &bits);
			in_base64 = false;
		}
		if (c == (unsigned char)separator) {
			text_put(out, ".", 1);
		} else if (is_plain(c, separator)) {
			text_put(out, &(char){(char)c}, 1);
			if (c == '&')
				text_put(out, "-", 1);
		} else {
			if (!in_base64)
				text_put(out, "&", 1);
			in_base64 = true;
			if (c >= 0x10000) {
				put_unit(out, &bits, 0xd800u + (uint32_t)((c - 0x10000) >> 10));
				c = 0xdc00 + ((c - 0x10000) & 0x3ff);
			}
			put_unit(out, &bits, (uint32_t)c);
		}
	}
	if (in_base64)
		end_base64(out, &bits);
	return true;
}

/* One base64 part, up to its "-".  Errors show when the result is encoded again. */
static const char *take_base64(struct text *out, const char *p)
{
	struct bits bits = {0};
	uint32_t high = 0;

	for (; *p && *p != '-'; p++) {
		const char *digit = strchr(base64, *p);
		if (!digit)
			break;
		bits.value = bits.value << 6 | (uint32_t)(digit - base64);
		bits.count += 6;
		if (bits.count < 16)
			continue;
		bits.count -= 16;
		uint32_t unit = bits.value >> bits.count & 0xffff;
		if (unit >= 0xd800 && unit < 0xdc00) {
			high = unit;
		} else if (unit >= 0xdc00 && unit < 0xe000 && high) {
			utf8_put(out, 0x10000 + ((high & 0x3ff) << 10) + (unit & 0x3ff));
			high = 0;
		} else {
			utf8_put(out, unit);
		}
	}
	return *p == '-' ? p + 1 : p;
}

/* ---- the two ways ------------------------------------------------------------------------- */

static bool is_inbox(struct imapsrv_span name)
{
	return name.len == 5 && !strncasecmp(name.data, "INBOX", 5);
}

char *name_to_dir(struct imapsrv_span name, char separator)
{
	struct text dir = {0};

	if (is_inbox(name))
		return xstrdup(".");
	text_put(&dir, ".", 1);
	if (!put_name(&dir, name, separator) || dir.len < 2 || dir.len > DIR_MAX ||
	    strstr(dir.data, "..") || dir.data[dir.len - 1] == '.') {
		text_clear(&dir);
		return NULL;
	}
	return dir.data;
}

char *name_from_dir(const char *dir, char separator)
{
	struct text name = {0};
	const char *p = dir + 1;

	while (*p) {
		if (*p == '&' && p[1] != '-') {
			p = take_base64(&name, p + 1);
			continue;
		}
		text_put(&name, *p == '.' ? &separator : p, 1);
		p += *p == '&' ? 2 : 1;
	}
	char *again = name.len ? name_to_dir((struct imapsrv_span){name.data, name.len}, separator)
	                       : NULL;
	bool same = again && !strcmp(again, dir);
	free(again);
	if (!same)
		text_clear(&name);
	return name.data;
}

bool name_is_user(struct imapsrv_span name)
{
	if (name.len == 0 || name.len > 128 || name.data[0] == '.' || name.data[0] == '-')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && (c == '\0' || !strchr("._-+@=", c)))
			return false;
	}
	return true;
}
