/* SPDX-License-Identifier: MIT */
/* message/param - nothing here fails: what is not as RFC 2231 has it stays as it was written. */
#include "message/param.h"

#include <string.h>

#include "base/ascii.h"
#include "message/charset.h"

/* "name*3*" taken apart; false: it is no piece of something. */
static bool is_piece(struct imapsrv_span name, size_t *base_r, uint32_t *number_r, bool *extended_r)
{
	size_t end = name.len, star;
	uint64_t number;

	*extended_r = end && name.data[end - 1] == '*';
	if (*extended_r)
		end--;
	star = end;
	while (star && name.data[star - 1] >= '0' && name.data[star - 1] <= '9')
		star--;
	/* RFC 2231 3: no leading zeros. */
	if (star < 2 || star == end || name.data[star - 1] != '*' ||
	    (name.data[star] == '0' && end - star > 1))
		return false;
	if (!isrv_ascii_number(name.data + star, end - star, UINT32_MAX, &number))
		return false;
	*base_r = star - 1;
	*number_r = (uint32_t)number;
	return true;
}

/* Where piece `number` of that name is; it is looked for from `from` on, round the end, because
 * pieces come in order as a rule. */
static bool find(const struct isrv_mime_value *value, struct imapsrv_span base, uint32_t number,
                 size_t from, uint64_t *steps, size_t *at_r, bool *extended_r)
{
	for (size_t i = 0; i < value->param_count; i++) {
		size_t at = (from + i) % value->param_count, len;
		struct imapsrv_span name = value->params[at].name;
		uint32_t n;

		++*steps;
		if (!name.len || !is_piece(name, &len, &n, extended_r) || n != number ||
		    !isrv_ascii_same(name.data, len, base.data, base.len))
			continue;
		*at_r = at;
		return true;
	}
	return false;
}

static bool is_plain(unsigned char c)
{
	/* attribute-char (RFC 2231 7): no tspecials, no "*", "'" or "%", no space, control or
	 * 8-bit octet */
	return c > ' ' && c < 0x7f && !memchr("()<>@,;:\\\"/[]?=*'%", c, 18);
}

static size_t escape(char *out, struct imapsrv_span text)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (is_plain(c)) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	return n;
}

struct run {
	struct imapsrv_span base;
	size_t first;   /* where piece 0 is */
	size_t octets;  /* of all pieces, escaped or not */
	uint32_t count;
	bool extended;
};

/* How many pieces there are without a gap, and what they come to. */
static void measure(const struct isrv_mime_value *value, struct run *run, uint64_t *steps)
{
	size_t at = run->first;
	bool extended;

	for (run->count = 0; find(value, run->base, run->count, at, steps, &at, &extended);
	     run->count++) {
		run->octets += value->params[at].value.len;
		run->extended = run->extended || extended;
	}
	run->octets = run->extended ? run->octets * 3 : run->octets;
}

/* Joins the pieces; all but the first lose their name. */
static void join(struct isrv_mime_value *value, const struct run *run, char *text, uint64_t *steps)
{
	size_t at = run->first, len = 0;
	char *name = text + run->octets;
	bool extended;

	for (uint32_t i = 0; i < run->count && find(value, run->base, i, at, steps, &at, &extended);
	     i++) {
		struct imapsrv_span piece = value->params[at].value;

		if (run->extended && !extended) {
			/* Only the first piece names the charset; if that is a plain one, there
			 * is none. */
			if (i == 0) {
				memcpy(text, "''", 2);
				len = 2;
			}
			len += escape(text + len, piece);
		} else if (piece.len) {
			memcpy(text + len, piece.data, piece.len);
			len += piece.len;
		}
		value->params[at].name.len = 0;
	}
	memcpy(name, run->base.data, run->base.len);
	name[run->base.len] = '*';
	value->params[run->first].name.data = name;
	value->params[run->first].name.len = run->base.len + run->extended;
	value->params[run->first].value.data = text;
	value->params[run->first].value.len = len;
}

void isrv_param_join(struct isrv_mime_value *value, struct isrv_arena *arena, uint64_t *steps)
{
	size_t kept = 0, count = value->param_count <= ISRV_PARAM_JOINED ? value->param_count : 0;
	bool joined = false;

	for (size_t i = 0; i < count; i++) {
		struct run run = {.first = i, .base = value->params[i].name};
		uint32_t number;
		size_t base;
		char *text;

		if (!run.base.len || !is_piece(run.base, &base, &number, &run.extended) || number)
			continue;
		run.base.len = base;
		measure(value, &run, steps);
		text = isrv_arena_alloc(arena, run.octets + 2 + run.base.len + 1);
		if (!text)
			continue;
		run.octets += 2;
		join(value, &run, text, steps);
		joined = true;
	}
	for (size_t i = 0; joined && i < value->param_count; i++)
		if (value->params[i].name.len)
			value->params[kept++] = value->params[i];
	value->param_count = joined ? kept : value->param_count;
}

/* ---- the text of an extended value --------------------------------------------------------- */

static int digit(char c)
{
	unsigned char l = isrv_ascii_lower((unsigned char)c);

	if (l >= '0' && l <= '9')
		return l - '0';
	return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

static char unescape(const char **at, const char *end)
{
	const char *p = *at;

	if (*p == '%' && end - p >= 3 && digit(p[1]) >= 0 && digit(p[2]) >= 0) {
		*at = p + 3;
		return (char)(digit(p[1]) << 4 | digit(p[2]));
	}
	*at = p + 1;
	return *p;
}

bool isrv_param_decode(struct imapsrv_span value, char *out, size_t out_size, size_t *len_r)
{
	const char *language = value.len ? memchr(value.data, '\'', value.len) : NULL;
	const char *end = language ? value.data + value.len : NULL;
	const char *at = language ? memchr(language + 1, '\'', (size_t)(end - language - 1)) : NULL;
	struct imapsrv_span charset = {value.data, 0};
	struct isrv_charset c;
	size_t len = 0, taken, put;
	char octet, piece[64];
	bool more = true;

	if (!at)
		return false;
	charset.len = (size_t)(language - value.data);
	(void)isrv_charset_init(&c, charset);
	for (at++; more && len < out_size; len += put) {
		more = at < end;
		octet = more ? unescape(&at, end) : '\0';
		isrv_charset_run(&c, &octet, more, &taken, piece, sizeof(piece), &put);
		if (put > out_size - len)
			break;
		memcpy(out + len, piece, put);
	}
	isrv_charset_clear(&c);
	*len_r = len;
	return true;
}
