/* SPDX-License-Identifier: MIT */
/* Most of this is the table of names (HTML 13.5). */
#include "message/entity.h"

#include <string.h>

#include "base/ascii.h"
#include "message/charset.h"

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

bool isrv_entity_takes(size_t len, uint32_t code)
{
	return is_letter(code) || is_digit(code) || (code == '#' && len == 0);
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

uint32_t isrv_entity_find(const char *word, size_t len, bool bare)
{
	size_t count = bare ? BARE : sizeof(others) / sizeof(others[0]), i;

	if (len == 0)
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
