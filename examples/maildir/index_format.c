/* SPDX-License-Identifier: MIT */
/*
 * index_format.c - the form of the file that makes UIDs persistent.
 *
 * A text file to which lines are only ever appended; when too many of them have been overtaken, the
 * whole is written to a new file that replaces it.  A line is
 *
 *	SUM TAG ARGUMENTS LF
 *
 * where SUM is a CRC-32, in hexadecimal, of all lines from the second on up to this one, without
 * their sums: so a line that is damaged, lost or out of place is noticed.  The tags:
 *
 *	V format uidvalidity generation synced   the first line, with a sum of its own
 *	N uidnext                                no UID below was or will be given again
 *	R uid                                    messages from here on are \Recent
 *	K place keyword                          a bit of the masks below
 *	M uid octets date keywords base          a message
 *	F uid keywords                           its keywords now
 *	X uid                                    it is gone
 *
 * System flags are not here: they are in the names of the files.
 *
 * A line with a new UID is synced before anybody hears of the UID, and how long the file was when
 * it was synced last stands in the first line, the only one that is ever overwritten.  Bad lines
 * behind that point are what a crash left, and are cut off: they told nothing that a look at the
 * directories would not.  Damage before it may hide UIDs that were given out, so the index is put
 * aside, and its mailbox gets a new UIDVALIDITY.
 */
#include "index_format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT     1
#define SUM_DIGITS 8

static uint32_t crc32_add(uint32_t sum, const char *data, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	sum = ~sum;
	for (size_t i = 0; i < len; i++) {
		sum ^= (unsigned char)data[i];
		sum = sum >> 4 ^ table[sum & 15];
		sum = sum >> 4 ^ table[sum & 15];
	}
	return ~sum;
}

/* ---- reading ------------------------------------------------------------------------------- */

uint64_t take_number(struct reader *r, unsigned base)
{
	uint64_t value = 0;
	const char *start = r->p;

	if (r->p < r->end && *r->p == '-') {
		value = UINT64_MAX;
		r->p++;
	} else {
		for (; r->p < r->end && *r->p != ' '; r->p++) {
			const char *digits = "0123456789abcdef", *d = strchr(digits, *r->p);
			if (!*r->p || !d || d >= digits + base || value > UINT64_MAX / base - 1)
				r->bad = true;
			else
				value = value * base + (uint64_t)(d - digits);
		}
	}
	r->bad |= r->p == start || (r->p < r->end && *r->p != ' ');
	if (r->p < r->end)
		r->p++;
	return value;
}

uint32_t take_uid(struct reader *r)
{
	uint64_t value = take_number(r, 10);

	r->bad |= value == 0 || value > UINT32_MAX;
	return (uint32_t)value;
}

char *take_name(struct reader *r)
{
	struct text name = {0};

	r->bad |= r->p == r->end;
	text_put(&name, "", 0);
	while (r->p < r->end) {
		char c = *r->p++;
		if (c == '%' && r->end - r->p >= 2) {
			c = (char)strtoul((char[]){r->p[0], r->p[1], '\0'}, NULL, 16);
			r->p += 2;
		}
		r->bad |= c == '\0' || c == '/';
		text_put(&name, &c, 1);
	}
	return name.data;
}

bool line_check(const char *line, size_t len, uint32_t before, uint32_t *sum_r,
                struct reader *rest_r)
{
	*rest_r = (struct reader){line, line + len, false};
	uint64_t stated = take_number(rest_r, 16);

	if (rest_r->bad || rest_r->p != line + SUM_DIGITS + 1)
		return false;
	/* The LF belongs to the line. */
	*sum_r = crc32_add(before, rest_r->p, (size_t)(rest_r->end - rest_r->p) + 1);
	return stated == *sum_r;
}

bool header_read(const struct text *text, struct index_header *header_r, size_t *len_r)
{
	const char *lf = text->len ? memchr(text->data, '\n', text->len) : NULL;
	struct reader r;
	uint32_t sum;

	if (!lf || !line_check(text->data, (size_t)(lf - text->data), 0, &sum, &r))
		return false;
	if (r.end - r.p < 3 || memcmp(r.p, "V ", 2))
		return false;
	r.p += 2;
	bool known = take_number(&r, 10) == FORMAT;
	header_r->uidvalidity = take_uid(&r);
	header_r->generation = take_number(&r, 10);
	header_r->synced = take_number(&r, 10);
	*len_r = (size_t)(lf - text->data) + 1;
	return known && !r.bad;
}

/* ---- writing ------------------------------------------------------------------------------- */

void line_end(struct text *text, size_t start, uint32_t *sum)
{
	char digits[SUM_DIGITS + 1];
	static const char hex[] = "0123456789abcdef";

	text_put(text, "\n", 1);
	*sum = crc32_add(*sum, text->data + start, text->len - start);
	for (size_t i = 0; i < SUM_DIGITS; i++)
		digits[i] = hex[*sum >> (28 - 4 * i) & 15];
	digits[SUM_DIGITS] = ' ';
	text_put(text, digits, sizeof digits);
	memmove(text->data + start + sizeof digits, text->data + start,
	        text->len - start - sizeof digits);
	memcpy(text->data + start, digits, sizeof digits);
}

void line_put_name(struct text *text, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];
		if (c <= ' ' || c == '%' || c == 0x7f)
			text_putf(text, "%%%02x", c);
		else
			text_put(text, &name[i], 1);
	}
}

void header_put(struct text *text, const struct index_header *header)
{
	size_t start = text->len;
	uint32_t sum = 0;

	text_putf(text, "V %d %" PRIu32 " %" PRIu64 " %020" PRIu64, FORMAT, header->uidvalidity,
	          header->generation, header->synced);
	line_end(text, start, &sum);
}
