/* SPDX-License-Identifier: MIT */
/*
 * Nearly all text is US-ASCII, and has its own quick way here; the rest goes by the tables that
 * tests/tools/casemap.py has written, and Hangul by arithmetic (Unicode 3.12).
 */
#include "base/casemap.h"

#include <string.h>

#include "base/casemap_table.h"
#include "base/casemap_texts.h"
#include "base/utf8.h"

enum { HANGUL = 0xac00, LEADING = 0x1100, VOWEL = 0x1161, TRAILING = 0x11a7 };
enum { VOWELS = 21, TRAILINGS = 28, SYLLABLES = 11172 };

static size_t put_hangul(char *out, uint32_t n)
{
	size_t len = isrv_utf8_put(out, LEADING + n / (VOWELS * TRAILINGS));

	len += isrv_utf8_put(out + len, VOWEL + n / TRAILINGS % VOWELS);
	if (n % TRAILINGS)
		len += isrv_utf8_put(out + len, TRAILING + n % TRAILINGS);
	return len;
}

size_t isrv_casemap_put(char *out, uint32_t code)
{
	const uint8_t *text;
	unsigned value;

	if (code - HANGUL < SYLLABLES)
		return put_hangul(out, code - HANGUL);
	if (code >> CASEMAP_SHIFT >= CASEMAP_BLOCKS)
		return isrv_utf8_put(out, code);
	value = casemap_index[code >> CASEMAP_SHIFT];
	value = casemap_values[(value << CASEMAP_SHIFT) + (code & ((1u << CASEMAP_SHIFT) - 1))];
	if (value < CASEMAP_TEXTS)
		return isrv_utf8_put(out, (uint32_t)((int32_t)code + casemap_deltas[value]));
	text = casemap_texts + (value - CASEMAP_TEXTS);
	memcpy(out, text + 1, text[0]);
	return text[0];
}

void isrv_casemap_init(struct isrv_casemap *m)
{
	memset(m, 0, sizeof(*m));
}

/* White space comes here only behind octets that were held, and those are none. */
static void put_octet(struct isrv_casemap *m, char *out, unsigned char c)
{
	m->space = c == ' ' || (c >= '\t' && c <= '\r');
	*out = (char)(m->space ? ' ' : c >= 'a' && c <= 'z' ? c - 32 : c);
}

/* A complete character; what it becomes may have spaces (U+00A0, U+00B4). */
static size_t put_code(struct isrv_casemap *m, char *out, uint32_t code)
{
	char mapped[ISRV_CASEMAP_MOST];
	size_t i, n = isrv_casemap_put(mapped, code), len = 0;

	for (i = 0; i < n; i++) {
		if (mapped[i] == ' ' && m->space)
			continue;
		m->space = mapped[i] == ' ';
		out[len++] = mapped[i];
	}
	return len;
}

/* Octets of a character that may go on in the next piece: how many it will have, 0 for none. */
static size_t sequence(unsigned char c)
{
	if (c < 0xc2 || c > 0xf4)
		return 0;
	return c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
}

/* One octet that is not US-ASCII, or comes while some are held. */
static size_t put_held(struct isrv_casemap *m, char *out, unsigned char c)
{
	size_t need, len = 0, i;
	uint32_t code = 0;

	if (m->held_len && (c & 0xc0) != 0x80) { /* it never came to its end */
		for (i = 0; i < m->held_len; i++)
			put_octet(m, out + len++, (unsigned char)m->held[i]);
		m->held_len = 0;
	}
	if (!m->held_len && !sequence(c)) {
		put_octet(m, out + len, c);
		return len + 1;
	}
	m->held[m->held_len++] = (char)c;
	need = sequence((unsigned char)m->held[0]);
	if (m->held_len < need)
		return len;
	if (isrv_utf8_next(m->held, need, &code)) {
		len += put_code(m, out + len, code);
	} else {
		for (i = 0; i < need; i++)
			put_octet(m, out + len++, (unsigned char)m->held[i]);
	}
	m->held_len = 0;
	return len;
}

/* US-ASCII, of which nothing is held.  How many octets were taken. */
static size_t run_ascii(struct isrv_casemap *m, const char *data, size_t len, char *out,
                        size_t *put_r)
{
	bool space = m->space;
	size_t i, put = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c > ' ' && c < 0x80) {
			out[put++] = (char)(c - (c >= 'a' && c <= 'z' ? 32 : 0));
			space = false;
		} else if (c == ' ' || (c >= '\t' && c <= '\r')) {
			out[put] = ' ';
			put += !space;
			space = true;
		} else {
			break;
		}
	}
	m->space = space;
	*put_r = put;
	return i;
}

/* What is not US-ASCII, or continues what is held: a character, or an octet of one that is cut. */
static size_t run_other(struct isrv_casemap *m, const char *data, size_t len, char *out,
                        size_t *put_r)
{
	uint32_t code;
	size_t n = m->held_len ? 0 : isrv_utf8_next(data, len, &code);

	*put_r = n ? put_code(m, out, code) : put_held(m, out, (unsigned char)*data);
	return n ? n : 1;
}

void isrv_casemap_run(struct isrv_casemap *m, const char *data, size_t len, size_t *taken_r,
                      char *out, size_t out_size, size_t *put_r)
{
	const size_t most = ISRV_CASEMAP_MOST + sizeof(m->held);
	size_t at = 0, put = 0, n, room;

	while (at < len && out_size - put > most) {
		room = out_size - put - most;
		if (!m->held_len) {
			if (room > len - at)
				room = len - at;
			at += run_ascii(m, data + at, room, out + put, &n);
			put += n;
		}
		if (at < len && out_size - put >= most) {
			at += run_other(m, data + at, len - at, out + put, &n);
			put += n;
		}
	}
	*taken_r = at;
	*put_r = put;
}
