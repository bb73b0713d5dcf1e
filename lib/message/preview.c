/* SPDX-License-Identifier: MIT */
/*
 * The preview of a message (RFC 8970 3.3).  Three machines on top of each other, each fed one
 * character at a time: octets to characters; HTML or lines of plain text (RFC 3676 4.3 and 4.5) to
 * the characters that are to be seen; and these to folded text.
 *
 * Invariant: nothing depends on where the input was cut, nothing is looked at twice, and what is
 * remembered besides the text is a few words, whatever a sender invents.
 */
#include "message/preview.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "message/charset.h"

#define REPLACEMENT 0xfffdu

/* ---- characters to text -------------------------------------------------------------------- */

enum shape { VISIBLE, WHITE, NOTHING };

static bool is_space(uint32_t code)
{
	return code == ' ' || (code >= '\t' && code <= '\r');
}

/*
 * White is what takes room and shows nothing.  Nothing is what takes no room: controls; characters
 * of no width, with which newsletters pad what previews show (a joined emoji loses its join by
 * that: RFC 8970 3.2 lets a preview be an approximation); and those that turn the direction of
 * writing, which unclosed would reorder what a client shows beside the preview.
 */
static enum shape classify(uint32_t code)
{
	if (code < 0x7f)
		return code > ' ' ? VISIBLE : is_space(code) ? WHITE : NOTHING;
	if (code == 0x85 || code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
	    code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000)
		return WHITE;
	if (code <= 0x9f || code == 0xad || code == 0x34f || code == 0x61c || code == 0x180e ||
	    (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff)
		return NOTHING;
	return VISIBLE;
}

static void rewind_to(struct isrv_preview *p, const struct isrv_preview_mark *mark)
{
	p->len = mark->len;
	p->characters = mark->characters;
	p->own = p->len > 0;
	p->space = p->own;
	p->full = false;
}

/* A visible character.  What is quoted stays only as long as the author has said nothing. */
static void put(struct isrv_preview *p, uint32_t code)
{
	static const struct isrv_preview_mark start = {0, 0};
	bool space;

	if (p->quoted && p->own)
		return;
	if (!p->quoted && !p->own) {
		rewind_to(p, &start);
		p->own = true;
	}
	space = p->space && p->len > 0;
	if (p->characters + space + 1u > ISRV_PREVIEW_CHARACTERS)
		p->full = true;
	if (p->full)
		return;
	if (space)
		p->text[p->len++] = ' ';
	p->space = false;
	p->len = (uint16_t)(p->len + isrv_utf8_put(p->text + p->len, code));
	p->characters = (uint16_t)(p->characters + space + 1u);
	p->full = p->characters == ISRV_PREVIEW_CHARACTERS;
}

static void put_any(struct isrv_preview *p, uint32_t code)
{
	enum shape shape = classify(code);

	if (shape == VISIBLE)
		put(p, code);
	else if (shape == WHITE)
		p->space = true;
}

static void put_ascii(struct isrv_preview *p, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		put_any(p, (unsigned char)text[i]);
}

/* ---- plain text ---------------------------------------------------------------------------- */

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

static void begin_line(struct isrv_preview *p)
{
	memset(&p->line, 0, sizeof(p->line));
	p->line.blank = true;
	p->line.start.len = p->own ? p->len : 0;
	p->line.start.characters = p->own ? p->characters : 0;
	p->quoted = p->signature;
	p->space = true;
	if (!p->opener_lines) {
		p->digits = 0;
		p->address = false;
	}
}

/* The dashes were not the mark of a signature. */
static void put_dashes(struct isrv_preview *p)
{
	put_ascii(p, "--", p->line.dashes);
	p->space = p->space || p->line.dashes_white;
	p->line.dashes = 0;
	p->line.dashes_white = false;
}

static bool is_attribution(const struct isrv_preview *p)
{
	const uint64_t wrote = (uint64_t)FOUR(0, 0, 'w', 'r') << 32 | FOUR('o', 't', 'e', ':');

	if ((p->line.last & 0xff) != ':' || p->line.column > LINE_MAX_COLUMNS)
		return false;
	return (p->line.last & UINT64_C(0xffffffffffff)) == wrote || p->digits >= DATE_DIGITS ||
	       p->address;
}

/* A line that is neither blank nor quoted has ended. */
static void end_own_line(struct isrv_preview *p)
{
	if (p->line.dashes == 2) {
		/* RFC 3676 4.3; the space behind it is often lost on the way */
		p->signature = true;
		p->done = p->len > 0;
		return;
	}
	put_dashes(p);
	p->attribution = is_attribution(p);
	if (p->attribution)
		p->attribution_start = p->opener_lines ? p->opener : p->line.start;
	if (p->opener_lines && p->opener_lines++ == OPENER_LINES)
		p->opener_lines = 0;
	if (p->full && !p->attribution && !p->opener_lines)
		p->done = true;
}

static void end_line(struct isrv_preview *p)
{
	if (p->line.blank && !p->line.dashes)
		p->opener_lines = 0;
	else if (!p->quoted)
		end_own_line(p);
	begin_line(p);
}

static void begin_quote(struct isrv_preview *p)
{
	if (p->attribution)
		rewind_to(p, &p->attribution_start);
	p->attribution = false;
	p->opener_lines = 0;
	p->quoted = true;
	p->line.prefix = true;
	p->line.blank = false;
}

/* A character of a line that is not quoted: what the line is like, for its end. */
static void note(struct isrv_preview *p, uint32_t code)
{
	uint32_t octet = code < 0x80 ? code : 0xff;

	if (p->line.column <= 3)
		p->line.first = p->line.first << 8 | octet;
	if (p->line.column == 3 && is_opener(p->line.first)) {
		p->opener = p->line.start;
		p->opener_lines = 1;
		p->digits = 0;
		p->address = false;
	}
	if (classify(code) == WHITE)
		return;
	p->line.last = p->line.last << 8 | octet;
	p->digits = (uint16_t)(p->digits + (code >= '0' && code <= '9' && p->digits < DATE_DIGITS));
	p->address = p->address || code == '@';
}

static void own_character(struct isrv_preview *p, uint32_t code)
{
	bool white = classify(code) == WHITE;

	note(p, code);
	if (code == '-' && p->line.column <= 2 && p->line.dashes == p->line.column - 1) {
		p->line.dashes++;
		return;
	}
	if (white && p->line.dashes == 2) {
		p->line.dashes_white = true;
		return;
	}
	put_dashes(p);
	if (!white) {
		p->line.blank = false;
		p->attribution = false;
	}
	put_any(p, code);
	/* One line without end must not keep us reading. */
	if (p->full && p->line.column > LINE_MAX_COLUMNS)
		p->done = true;
}

static void plain_character(struct isrv_preview *p, uint32_t code)
{
	if (code == '\n') {
		end_line(p);
		return;
	}
	if (code == '\r' || classify(code) == NOTHING) {
		p->space = p->space || code == '\r';
		return;
	}
	if (p->line.column < UINT16_MAX)
		p->line.column++;
	if (p->signature) {
		p->line.blank = false;
		put_any(p, code);
		p->done = p->full;
		return;
	}
	if (p->line.column == 1 && code == '>')
		begin_quote(p);
	if (!p->quoted) {
		own_character(p, code);
		return;
	}
	p->line.prefix = p->line.prefix && (code == '>' || classify(code) == WHITE);
	if (!p->line.prefix)
		put_any(p, code);
}

/* ---- entities ------------------------------------------------------------------------------ */

/* The characters A0-FF by their names. */
static const char latin[96][7] = {
	"nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",
	"uml",    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",
	"deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",  "para",   "middot",
	"cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest",
	"Agrave", "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil",
	"Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave", "Iacute", "Icirc",  "Iuml",
	"ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",   "times",
	"Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",
	"agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
	"egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",
	"eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
	"oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml",
};

/* The first few of these and all of the above are also read without the ";" (HTML 13.5). */
enum { BARE = 8 };
static const struct {
	char name[7];
	uint16_t code;
} others[] = {
	{"amp", '&'},       {"lt", '<'},        {"gt", '>'},        {"quot", '"'},
	{"AMP", '&'},       {"LT", '<'},        {"GT", '>'},        {"QUOT", '"'},
	{"apos", '\''},     {"OElig", 0x152},   {"oelig", 0x153},   {"Scaron", 0x160},
	{"scaron", 0x161},  {"Zcaron", 0x17d},  {"zcaron", 0x17e},  {"Yuml", 0x178},
	{"fnof", 0x192},    {"circ", 0x2c6},    {"tilde", 0x2dc},   {"ensp", 0x2002},
	{"emsp", 0x2003},   {"numsp", 0x2007},  {"puncsp", 0x2008}, {"thinsp", 0x2009},
	{"hairsp", 0x200a}, {"zwnj", 0x200c},   {"zwj", 0x200d},    {"lrm", 0x200e},
	{"rlm", 0x200f},    {"ndash", 0x2013},  {"mdash", 0x2014},  {"lsquo", 0x2018},
	{"rsquo", 0x2019},  {"sbquo", 0x201a},  {"ldquo", 0x201c},  {"rdquo", 0x201d},
	{"bdquo", 0x201e},  {"dagger", 0x2020}, {"Dagger", 0x2021}, {"bull", 0x2022},
	{"hellip", 0x2026}, {"permil", 0x2030}, {"prime", 0x2032},  {"Prime", 0x2033},
	{"lsaquo", 0x2039}, {"rsaquo", 0x203a}, {"frasl", 0x2044},  {"horbar", 0x2015},
	{"euro", 0x20ac},   {"numero", 0x2116}, {"trade", 0x2122},  {"larr", 0x2190},
	{"uarr", 0x2191},   {"rarr", 0x2192},   {"darr", 0x2193},   {"harr", 0x2194},
	{"minus", 0x2212},  {"radic", 0x221a},  {"infin", 0x221e},  {"asymp", 0x2248},
	{"ne", 0x2260},     {"le", 0x2264},     {"ge", 0x2265},     {"star", 0x2606},
	{"starf", 0x2605},  {"hearts", 0x2665}, {"check", 0x2713},  {"cross", 0x2717},
	{"colon", ':'},     {"comma", ','},     {"period", '.'},    {"num", '#'},
	{"commat", '@'},    {"excl", '!'},      {"quest", '?'},     {"lpar", '('},
	{"rpar", ')'},      {"dollar", '$'},    {"Tab", '\t'},
	{"lowbar", '_'},    {"sol", '/'},       {"equals", '='},    {"plus", '+'},
	{"percnt", '%'},    {"ast", '*'},       {"semi", ';'},
};

static bool is_digit(uint32_t code)
{
	return code >= '0' && code <= '9';
}

static bool is_letter(uint32_t code)
{
	return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

/* The value after "#"; 0 if it is no character. */
static uint32_t numeric(const char *word, size_t len)
{
	bool hex = len > 0 && (word[0] == 'x' || word[0] == 'X');
	uint32_t code = 0;
	size_t i;

	for (i = hex; i < len; i++) {
		unsigned char c = isrv_ascii_lower((unsigned char)word[i]);

		if (is_digit(c))
			code = code * (hex ? 16 : 10) + c - '0';
		else if (hex && c >= 'a' && c <= 'f')
			code = code * 16 + c - 'a' + 10;
		else
			return 0;
		if (code > 0x10ffff)
			return 0;
	}
	if (code >= 0xd800 && code <= 0xdfff)
		return 0;
	/* As everybody wrote it and HTML 13.2.5.80 has it. */
	return code >= 0x80 && code <= 0x9f ? isrv_charset_windows((unsigned char)code) : code;
}

/* `bare`: no ";" was there. */
static uint32_t entity(const char *word, size_t len, bool bare)
{
	size_t count = bare ? BARE : sizeof(others) / sizeof(others[0]), i;

	/* A word that fills its place may go on behind it. */
	if (len == 0 || len == sizeof(((struct isrv_preview *)0)->word))
		return 0;
	if (word[0] == '#')
		return numeric(word + 1, len - 1);
	if (len >= sizeof(latin[0]))
		return 0;
	for (i = 0; i < count; i++) {
		if (memcmp(others[i].name, word, len) == 0 && others[i].name[len] == '\0')
			return others[i].code;
	}
	for (i = 0; i < 96; i++) {
		if (memcmp(latin[i], word, len) == 0 && latin[i][len] == '\0')
			return 0xa0 + (uint32_t)i;
	}
	return 0;
}

/* ---- tags ---------------------------------------------------------------------------------- */

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

static bool word_is(const struct isrv_preview *p, const char *name)
{
	return strlen(name) == p->word_len && memcmp(p->word, name, p->word_len) == 0;
}

static void add_word(struct isrv_preview *p, uint32_t code)
{
	/* A full word is no name that we know, whatever else it would be. */
	if (p->word_len < sizeof(p->word))
		p->word[p->word_len++] = (char)(code < 0x80 ? code : '?');
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

/* p->run in a comment: 0..2 dashes, and two special places. */
enum { COMMENT_BEGUN = 3, COMMENT_BANG = 4 };

static void html_text(struct isrv_preview *p, uint32_t code)
{
	if (!p->head)
		put_any(p, code);
}

/* The ">" of a tag. */
static void end_tag(struct isrv_preview *p)
{
	size_t i;

	p->state = TEXT;
	if (word_is(p, "head")) {
		p->head = !p->closing;
		return;
	}
	for (i = 0; i < TAGS; i++) {
		if (word_is(p, tags[i].name))
			break;
	}
	if (i == TAGS)
		return;
	if (tags[i].kind == BLOCK)
		p->space = true;
	if (p->closing)
		return;
	if (tags[i].kind == RAW) {
		p->raw = (uint8_t)i;
		p->state = RAW_TEXT;
	} else {
		p->head = false;
	}
}

static void end_entity(struct isrv_preview *p, bool bare)
{
	uint32_t code = entity(p->word, p->word_len, bare);
	size_t i;

	p->state = TEXT;
	if (code) {
		html_text(p, code);
		return;
	}
	html_text(p, '&');
	for (i = 0; i < p->word_len; i++)
		html_text(p, (unsigned char)p->word[i]);
	if (!bare)
		html_text(p, ';');
}

/* In each of the following: true if the character was not taken and is for the new state. */

static bool begin_word(struct isrv_preview *p, uint8_t state)
{
	p->word_len = 0;
	p->state = state;
	return state == NAME; /* whose first letter is at hand */
}

static bool step_text(struct isrv_preview *p, uint32_t code)
{
	if (p->state == TEXT) {
		if (code == '<')
			p->state = OPEN;
		else if (code == '&')
			return begin_word(p, ENTITY);
		else
			html_text(p, code);
		return false;
	}
	if (code == ';') {
		end_entity(p, false);
		return false;
	}
	if (p->word_len < sizeof(p->word) &&
	    (is_letter(code) || is_digit(code) || (code == '#' && p->word_len == 0))) {
		add_word(p, code);
		return false;
	}
	end_entity(p, true);
	return true;
}

static bool step_open(struct isrv_preview *p, uint32_t code)
{
	if (is_letter(code)) {
		p->closing = p->state == CLOSE;
		return begin_word(p, NAME);
	}
	if (p->state == CLOSE) {
		p->state = code == '>' ? TEXT : BOGUS;
		return false;
	}
	if (code == '/' || code == '!' || code == '?') {
		p->state = code == '/' ? CLOSE : code == '!' ? MARKUP : BOGUS;
		return false;
	}
	/* "a < b" */
	html_text(p, '<');
	p->state = TEXT;
	return true;
}

/* A quote counts only at the beginning of a value; in one, ">" is nothing special. */
static bool step_tag(struct isrv_preview *p, uint32_t code)
{
	if (p->state == DOUBLE_QUOTED || p->state == SINGLE_QUOTED) {
		if (code == (p->state == DOUBLE_QUOTED ? '"' : '\''))
			p->state = TAG;
	} else if (code == '>') {
		end_tag(p);
	} else if (p->state == NAME) {
		if (is_space(code) || code == '/')
			p->state = TAG;
		else
			add_word(p, code < 0x80 ? isrv_ascii_lower((unsigned char)code) : code);
	} else if (p->state == TAG) {
		if (code == '=')
			p->state = EQUALS;
	} else if (is_space(code)) {
		if (p->state == UNQUOTED)
			p->state = TAG;
	} else if (p->state == EQUALS) {
		p->state = code == '"' ? DOUBLE_QUOTED : code == '\'' ? SINGLE_QUOTED : UNQUOTED;
	}
	return false;
}

static bool step_comment(struct isrv_preview *p, uint32_t code)
{
	if (p->state == MARKUP || p->state == MARKUP_DASH) {
		if (code != '-') {
			p->state = BOGUS;
			return true;
		}
		p->state = p->state == MARKUP ? MARKUP_DASH : COMMENT;
		p->run = COMMENT_BEGUN;
	} else if (p->state == BOGUS) {
		if (code == '>')
			p->state = TEXT;
	} else if (code == '>' && p->run >= 2) {
		p->state = TEXT; /* also "<!-->" and "<!--->" */
	} else if (code == '-') {
		p->run = p->run == COMMENT_BEGUN || p->run == 1 || p->run == 2 ? 2 : 1;
	} else {
		p->run = code == '!' && p->run == 2 ? COMMENT_BANG : 0;
	}
	return false;
}

static bool step_raw(struct isrv_preview *p, uint32_t code)
{
	if (p->state == RAW_NAME) {
		if (is_letter(code)) {
			add_word(p, isrv_ascii_lower((unsigned char)code));
			return false;
		}
		p->closing = true;
		p->state = RAW_TEXT;
		if ((code == '>' || code == '/' || is_space(code)) &&
		    word_is(p, tags[p->raw].name))
			p->state = TAG;
		return true;
	}
	if (p->state == RAW_OPEN && code == '/')
		return begin_word(p, RAW_NAME);
	p->state = code == '<' ? RAW_OPEN : RAW_TEXT;
	return false;
}

static bool step_html(struct isrv_preview *p, uint32_t code)
{
	switch (p->state) {
	case TEXT:
	case ENTITY:
		return step_text(p, code);
	case OPEN:
	case CLOSE:
		return step_open(p, code);
	case MARKUP:
	case MARKUP_DASH:
	case COMMENT:
	case BOGUS:
		return step_comment(p, code);
	case RAW_TEXT:
	case RAW_OPEN:
	case RAW_NAME:
		return step_raw(p, code);
	default:
		return step_tag(p, code);
	}
}

/* ---- octets to characters ------------------------------------------------------------------ */

static void character(struct isrv_preview *p, uint32_t code)
{
	if (p->done)
		return;
	if (!p->html) {
		plain_character(p, code);
		return;
	}
	while (step_html(p, code))
		;
	p->done = p->full;
}

/* How many octets a sequence has that begins so; 1 where none does. */
static size_t sequence(unsigned char first)
{
	return first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The first character of at least one octet; an octet that begins none is U+FFFD. */
static size_t take(struct isrv_preview *p, const char *data, size_t len)
{
	uint32_t code = REPLACEMENT;
	size_t n = isrv_utf8_next(data, len, &code);

	character(p, code);
	return n ? n : 1;
}

static void take_held(struct isrv_preview *p)
{
	size_t n = take(p, p->held, p->held_len);

	p->held_len = (uint8_t)(p->held_len - n);
	memmove(p->held, p->held + n, p->held_len);
}

void isrv_preview_init(struct isrv_preview *p, bool html)
{
	memset(p, 0, sizeof(*p));
	p->html = html;
	begin_line(p);
}

void isrv_preview_feed(struct isrv_preview *p, const char *utf8, size_t len)
{
	size_t at = 0;

	while (at < len && !p->done) {
		if (!p->held_len && len - at >= sequence((unsigned char)utf8[at])) {
			at += take(p, utf8 + at, len - at);
			continue;
		}
		p->held[p->held_len++] = utf8[at++];
		while (p->held_len && p->held_len >= sequence((unsigned char)p->held[0]))
			take_held(p);
	}
}

void isrv_preview_finish(struct isrv_preview *p)
{
	while (p->held_len && !p->done)
		take_held(p);
	if (!p->done && p->html) {
		if (p->state == ENTITY)
			end_entity(p, true);
		else if (p->state == OPEN)
			html_text(p, '<');
	} else if (!p->done) {
		end_line(p);
	}
	p->done = true;
}
