/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "message/preview_plain.h"

#include <string.h>

/*
 * An attribution is a line that ends in ":" right before a quote, blank lines between them allowed,
 * and that ends in "wrote:", or has an address or a date and time (in any language, hence four
 * digits).  It may begin up to two lines before: clients wrap what begins with "On ".
 */
enum { OPENER_LINES = 3, DATE_DIGITS = 4, LINE_MAX_COLUMNS = 998 /* RFC 5322 2.1.1 */ };

#define FOUR(a, b, c, d)                                                                           \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* What an attribution begins with in English, German, French, Spanish, Italian, Portuguese and
 * Dutch: the first three characters. */
static bool is_opener(uint32_t first)
{
	static const uint32_t openers[] = {
		FOUR(0, 'O', 'n', ' '), FOUR(0, 'A', 'm', ' '), FOUR(0, 'L', 'e', ' '),
		FOUR(0, 'E', 'l', ' '), FOUR(0, 'I', 'l', ' '), FOUR(0, 'E', 'm', ' '),
		FOUR(0, 'O', 'p', ' '),
	};
	size_t i;

	for (i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		if (first == openers[i])
			return true;
	}
	return false;
}

static void begin_line(struct isrv_preview_plain *l, struct isrv_fold *f)
{
	memset(&l->line, 0, sizeof(l->line));
	l->line.blank = true;
	l->line.start = isrv_fold_mark(f);
	f->quoted = l->signature;
	f->space = true;
	if (!l->opener_lines) {
		l->digits = 0;
		l->address = false;
	}
}

/* The dashes were not the mark of a signature. */
static void put_dashes(struct isrv_preview_plain *l, struct isrv_fold *f)
{
	for (; l->line.dashes; l->line.dashes--)
		isrv_fold_put(f, '-');
	f->space = f->space || l->line.dashes_white;
	l->line.dashes_white = false;
}

static bool is_attribution(const struct isrv_preview_plain *l)
{
	const uint64_t wrote = (uint64_t)FOUR(0, 0, 'w', 'r') << 32 | FOUR('o', 't', 'e', ':');

	if ((l->line.last & 0xff) != ':' || l->line.column > LINE_MAX_COLUMNS)
		return false;
	return (l->line.last & UINT64_C(0xffffffffffff)) == wrote || l->digits >= DATE_DIGITS ||
	       l->address;
}

/* A line that is neither blank nor quoted has ended. */
static void end_own_line(struct isrv_preview_plain *l, struct isrv_fold *f)
{
	if (l->line.dashes == 2) {
		/* RFC 3676 4.3; the space behind it is often lost on the way */
		l->signature = true;
		l->done = f->len > 0;
		return;
	}
	put_dashes(l, f);
	l->attribution = is_attribution(l);
	if (l->attribution)
		l->attribution_start = l->opener_lines ? l->opener : l->line.start;
	if (l->opener_lines && l->opener_lines++ == OPENER_LINES)
		l->opener_lines = 0;
	if (f->full && !l->attribution && !l->opener_lines)
		l->done = true;
}

static void end_line(struct isrv_preview_plain *l, struct isrv_fold *f)
{
	if (l->line.blank && !l->line.dashes)
		l->opener_lines = 0;
	else if (!f->quoted)
		end_own_line(l, f);
	begin_line(l, f);
}

static void begin_quote(struct isrv_preview_plain *l, struct isrv_fold *f)
{
	if (l->attribution)
		isrv_fold_rewind(f, &l->attribution_start);
	l->attribution = false;
	l->opener_lines = 0;
	f->quoted = true;
	l->line.prefix = true;
	l->line.blank = false;
}

/* A character of a line that is not quoted: what the line is like, for its end. */
static void note(struct isrv_preview_plain *l, uint32_t code)
{
	uint32_t octet = code < 0x80 ? code : 0xff;

	if (l->line.column <= 3)
		l->line.first = l->line.first << 8 | octet;
	if (l->line.column == 3 && is_opener(l->line.first)) {
		l->opener = l->line.start;
		l->opener_lines = 1;
		l->digits = 0;
		l->address = false;
	}
	if (isrv_fold_classify(code) == ISRV_FOLD_WHITE)
		return;
	l->line.last = l->line.last << 8 | octet;
	l->digits = (uint16_t)(l->digits + (code >= '0' && code <= '9' && l->digits < DATE_DIGITS));
	l->address = l->address || code == '@';
}

static void own_character(struct isrv_preview_plain *l, struct isrv_fold *f, uint32_t code)
{
	bool white = isrv_fold_classify(code) == ISRV_FOLD_WHITE;

	note(l, code);
	if (code == '-' && l->line.column <= 2 && l->line.dashes == l->line.column - 1) {
		l->line.dashes++;
		return;
	}
	if (white && l->line.dashes == 2) {
		l->line.dashes_white = true;
		return;
	}
	put_dashes(l, f);
	if (!white) {
		l->line.blank = false;
		l->attribution = false;
	}
	isrv_fold_put(f, code);
	/* One line without end must not keep us reading. */
	if (f->full && l->line.column > LINE_MAX_COLUMNS)
		l->done = true;
}

void isrv_preview_plain_character(struct isrv_preview_plain *l, struct isrv_fold *f, uint32_t code)
{
	if (code == '\n') {
		end_line(l, f);
		return;
	}
	if (code == '\r' || isrv_fold_classify(code) == ISRV_FOLD_NOTHING) {
		f->space = f->space || code == '\r';
		return;
	}
	if (l->line.column < UINT16_MAX)
		l->line.column++;
	if (l->signature) {
		l->line.blank = false;
		isrv_fold_put(f, code);
		l->done = f->full;
		return;
	}
	if (l->line.column == 1 && code == '>')
		begin_quote(l, f);
	if (!f->quoted) {
		own_character(l, f, code);
		return;
	}
	l->line.prefix = l->line.prefix &&
	                 (code == '>' || isrv_fold_classify(code) == ISRV_FOLD_WHITE);
	if (!l->line.prefix)
		isrv_fold_put(f, code);
}

void isrv_preview_plain_init(struct isrv_preview_plain *l, struct isrv_fold *f)
{
	memset(l, 0, sizeof(*l));
	begin_line(l, f);
}

void isrv_preview_plain_finish(struct isrv_preview_plain *l, struct isrv_fold *f)
{
	end_line(l, f);
}
