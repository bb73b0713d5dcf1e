/* SPDX-License-Identifier: MIT */
/* See the header: tags and what stands between them; the names of entities are in entity.c. */
#include "message/preview_html.h"

#include <string.h>

#include "base/ascii.h"
#include "message/entity.h"

enum { BLOCK = 1, RAW = 2, INLINE = 4 };

/* What is inside RAW elements is not text.  INLINE are those that show that a <head> without an
 * end is over; so do BLOCK ones. */
static const struct {
	char name[11];
	uint8_t kind;
} tags[] = {
	{"style", RAW},        {"script", RAW},      {"title", RAW},     {"iframe", RAW},
	{"p", BLOCK},          {"br", BLOCK},        {"div", BLOCK},     {"td", BLOCK},
	{"tr", BLOCK},         {"table", BLOCK},     {"th", BLOCK},      {"tbody", BLOCK},
	{"thead", BLOCK},      {"tfoot", BLOCK},     {"caption", BLOCK}, {"body", BLOCK},
	{"h1", BLOCK},         {"h2", BLOCK},        {"h3", BLOCK},      {"h4", BLOCK},
	{"h5", BLOCK},         {"h6", BLOCK},        {"hr", BLOCK},      {"li", BLOCK},
	{"ul", BLOCK},         {"ol", BLOCK},        {"dl", BLOCK},      {"dt", BLOCK},
	{"dd", BLOCK},         {"pre", BLOCK},       {"center", BLOCK},  {"blockquote", BLOCK},
	{"address", BLOCK},    {"article", BLOCK},   {"aside", BLOCK},   {"figure", BLOCK},
	{"figcaption", BLOCK}, {"footer", BLOCK},    {"form", BLOCK},    {"header", BLOCK},
	{"main", BLOCK},       {"nav", BLOCK},       {"section", BLOCK}, {"option", BLOCK},
	{"fieldset", BLOCK},   {"legend", BLOCK},    {"details", BLOCK}, {"summary", BLOCK},
	{"a", INLINE},         {"span", INLINE},     {"font", INLINE},   {"img", INLINE},
	{"b", INLINE},         {"i", INLINE},        {"u", INLINE},      {"strong", INLINE},
	{"em", INLINE},        {"small", INLINE},    {"big", INLINE},
};

enum { TAGS = sizeof(tags) / sizeof(tags[0]) };

static bool is_space(uint32_t code)
{
	return code == ' ' || (code >= '\t' && code <= '\r');
}

static bool is_letter(uint32_t code)
{
	return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

static bool word_is(const struct isrv_preview_html *h, const char *name)
{
	return strlen(name) == h->word_len && memcmp(h->word, name, h->word_len) == 0;
}

static void add_word(struct isrv_preview_html *h, uint32_t code)
{
	/* A full word is no name that we know, whatever else it would be. */
	if (h->word_len < sizeof(h->word))
		h->word[h->word_len++] = (char)(code < 0x80 ? code : '?');
}

enum {
	TEXT,
	ENTITY,        /* behind "&" */
	OPEN,          /* behind "<" */
	CLOSE,         /* behind "</" */
	NAME,          /* in the name of a tag */
	TAG,           /* behind it */
	EQUALS,        /* behind the "=" of an attribute */
	UNQUOTED,      /* in its value */
	DOUBLE_QUOTED,
	SINGLE_QUOTED,
	MARKUP,        /* behind "<!" */
	MARKUP_DASH,   /* behind "<!-" */
	COMMENT,
	BOGUS,         /* a declaration or instruction, to its ">" */
	RAW_TEXT,      /* in an element that is skipped */
	RAW_OPEN,      /* and behind "<" */
	RAW_NAME       /* and in what may be the name of its end tag */
};

/* h->run in a comment: 0..2 dashes, and two special places. */
enum { COMMENT_BEGUN = 3, COMMENT_BANG = 4 };

static void show(struct isrv_preview_html *h, struct isrv_fold *f, uint32_t code)
{
	if (!h->head)
		isrv_fold_put(f, code);
}

/* The ">" of a tag. */
static void end_tag(struct isrv_preview_html *h, struct isrv_fold *f)
{
	size_t i;

	h->state = TEXT;
	if (word_is(h, "head")) {
		h->head = !h->closing;
		return;
	}
	for (i = 0; i < TAGS; i++) {
		if (word_is(h, tags[i].name))
			break;
	}
	if (i == TAGS)
		return;
	if (tags[i].kind == BLOCK)
		f->space = true;
	if (h->closing)
		return;
	if (tags[i].kind == RAW) {
		h->raw = (uint8_t)i;
		h->state = RAW_TEXT;
	} else {
		h->head = false;
	}
}

static void end_entity(struct isrv_preview_html *h, struct isrv_fold *f, bool bare)
{
	uint32_t code = 0;
	size_t i;

	/* A word that fills its place may go on behind it. */
	if (h->word_len < sizeof(h->word))
		code = isrv_entity_find(h->word, h->word_len, bare);
	h->state = TEXT;
	if (code) {
		show(h, f, code);
		return;
	}
	show(h, f, '&');
	for (i = 0; i < h->word_len; i++)
		show(h, f, (unsigned char)h->word[i]);
	if (!bare)
		show(h, f, ';');
}

/* In each of the following: true if the character was not taken and is for the new state. */

static bool begin_word(struct isrv_preview_html *h, uint8_t state)
{
	h->word_len = 0;
	h->state = state;
	return state == NAME; /* whose first letter is at hand */
}

static bool step_text(struct isrv_preview_html *h, struct isrv_fold *f, uint32_t code)
{
	if (h->state == TEXT) {
		if (code == '<')
			h->state = OPEN;
		else if (code == '&')
			return begin_word(h, ENTITY);
		else
			show(h, f, code);
		return false;
	}
	if (code == ';') {
		end_entity(h, f, false);
		return false;
	}
	if (h->word_len < sizeof(h->word) && isrv_entity_takes(h->word_len, code)) {
		add_word(h, code);
		return false;
	}
	end_entity(h, f, true);
	return true;
}

static bool step_open(struct isrv_preview_html *h, struct isrv_fold *f, uint32_t code)
{
	if (is_letter(code)) {
		h->closing = h->state == CLOSE;
		return begin_word(h, NAME);
	}
	if (h->state == CLOSE) {
		h->state = code == '>' ? TEXT : BOGUS;
		return false;
	}
	if (code == '/' || code == '!' || code == '?') {
		h->state = code == '/' ? CLOSE : code == '!' ? MARKUP : BOGUS;
		return false;
	}
	/* "a < b" */
	show(h, f, '<');
	h->state = TEXT;
	return true;
}

/* A quote counts only at the beginning of a value; in one, ">" is nothing special. */
static bool step_tag(struct isrv_preview_html *h, struct isrv_fold *f, uint32_t code)
{
	if (h->state == DOUBLE_QUOTED || h->state == SINGLE_QUOTED) {
		if (code == (h->state == DOUBLE_QUOTED ? '"' : '\''))
			h->state = TAG;
	} else if (code == '>') {
		end_tag(h, f);
	} else if (h->state == NAME) {
		if (is_space(code) || code == '/')
			h->state = TAG;
		else
			add_word(h, code < 0x80 ? isrv_ascii_lower((unsigned char)code) : code);
	} else if (h->state == TAG) {
		if (code == '=')
			h->state = EQUALS;
	} else if (is_space(code)) {
		if (h->state == UNQUOTED)
			h->state = TAG;
	} else if (h->state == EQUALS) {
		h->state = code == '"' ? DOUBLE_QUOTED : code == '\'' ? SINGLE_QUOTED : UNQUOTED;
	}
	return false;
}

static bool step_comment(struct isrv_preview_html *h, uint32_t code)
{
	if (h->state == MARKUP || h->state == MARKUP_DASH) {
		if (code != '-') {
			h->state = BOGUS;
			return true;
		}
		h->state = h->state == MARKUP ? MARKUP_DASH : COMMENT;
		h->run = COMMENT_BEGUN;
	} else if (h->state == BOGUS) {
		if (code == '>')
			h->state = TEXT;
	} else if (code == '>' && h->run >= 2) {
		h->state = TEXT; /* also "<!-->" and "<!--->" */
	} else if (code == '-') {
		h->run = h->run == COMMENT_BEGUN || h->run == 1 || h->run == 2 ? 2 : 1;
	} else {
		h->run = code == '!' && h->run == 2 ? COMMENT_BANG : 0;
	}
	return false;
}

static bool step_raw(struct isrv_preview_html *h, uint32_t code)
{
	if (h->state == RAW_NAME) {
		if (is_letter(code)) {
			add_word(h, isrv_ascii_lower((unsigned char)code));
			return false;
		}
		h->closing = true;
		h->state = RAW_TEXT;
		if ((code == '>' || code == '/' || is_space(code)) &&
		    word_is(h, tags[h->raw].name))
			h->state = TAG;
		return true;
	}
	if (h->state == RAW_OPEN && code == '/')
		return begin_word(h, RAW_NAME);
	h->state = code == '<' ? RAW_OPEN : RAW_TEXT;
	return false;
}

static bool step_html(struct isrv_preview_html *h, struct isrv_fold *f, uint32_t code)
{
	switch (h->state) {
	case TEXT:
	case ENTITY:
		return step_text(h, f, code);
	case OPEN:
	case CLOSE:
		return step_open(h, f, code);
	case MARKUP:
	case MARKUP_DASH:
	case COMMENT:
	case BOGUS:
		return step_comment(h, code);
	case RAW_TEXT:
	case RAW_OPEN:
	case RAW_NAME:
		return step_raw(h, code);
	default:
		return step_tag(h, f, code);
	}
}

void isrv_preview_html_character(struct isrv_preview_html *h, struct isrv_fold *f, uint32_t code)
{
	while (step_html(h, f, code))
		;
}

void isrv_preview_html_finish(struct isrv_preview_html *h, struct isrv_fold *f)
{
	if (h->state == ENTITY)
		end_entity(h, f, true);
	else if (h->state == OPEN)
		show(h, f, '<');
}
