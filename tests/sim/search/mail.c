/* SPDX-License-Identifier: MIT */
/*
 * sim/search: messages that are made from known texts and then encoded in a random way: header
 * fields folded, in encoded words of both kinds cut anywhere, or in plain UTF-8; parts in every
 * transfer encoding, in two charsets, within multiparts and messages.
 */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A letter, what it is in UTF-8, in ISO-8859-1 (0: not there), and what a search makes of it:
 * titlecase, then decomposed (RFC 5051 2). */
static const struct {
	const char *utf8;
	unsigned char latin;
	const char *folded;
} alphabet[] = {
	{" ", ' ', " "},
	{"a", 'a', "A"},
	{"A", 'A', "A"},
	{"b", 'b', "B"},
	{"c", 'c', "C"},
	{"1", '1', "1"},
	{"\xc3\xa4", 0xe4, "A\xcc\x88"},                 /* a with diaeresis */
	{"\xc3\x84", 0xc4, "A\xcc\x88"},                 /* the same, capital */
	{"\xc3\xa9", 0xe9, "E\xcc\x81"},                 /* e with acute */
	{"\xc3\x9f", 0xdf, "\xc3\x9f"},                  /* sharp s: its own titlecase */
	{"e", 'e', "E"},
	{"=", '=', "="},
	{"\xd0\xb6", 0, "\xd0\x96"},                     /* zhe */
	{"\xd0\x96", 0, "\xd0\x96"},
	{"\xd0\xb9", 0, "\xd0\x98\xcc\x86"},             /* short i */
	{"\xcf\x83", 0, "\xce\xa3"},                     /* sigma */
	{"\xcf\x82", 0, "\xce\xa3"},                     /* final sigma */
	{"\xf0\x90\x90\xa8", 0, "\xf0\x90\x90\x80"},     /* Deseret long i */
};
enum { LETTERS = sizeof(alphabet) / sizeof(alphabet[0]) };

const char *const field_names[] = {"From", "To", "Cc", "Bcc", "Subject", "X-One", "X-Two", "Date"};

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* ---- texts ------------------------------------------------------------------------------ */

void text_random(struct text *t, struct tx_random *r, size_t most)
{
	size_t n = 1 + tx_below(r, (uint32_t)most);
	uint32_t kind = tx_below(r, 3);
	uint32_t letters = kind == 0 ? 6 : kind == 1 ? 12 : LETTERS;

	t->len = 0;
	while (t->len < n) {
		bool space = t->len && t->len + 1 < n && t->letters[t->len - 1] &&
		             tx_below(r, 5) == 0;

		t->letters[t->len++] =
			(unsigned char)(space ? 0 : 1 + tx_below(r, letters - 1));
	}
}

void text_put(struct tx *out, const struct text *t, bool latin)
{
	for (size_t i = 0; i < t->len; i++) {
		if (latin)
			tx_add(out, &alphabet[t->letters[i]].latin, 1);
		else
			tx_str(out, alphabet[t->letters[i]].utf8);
	}
}

bool text_is_latin(const struct text *t)
{
	for (size_t i = 0; i < t->len; i++)
		if (!alphabet[t->letters[i]].latin)
			return false;
	return true;
}

char *text_fold(const struct text *t)
{
	struct tx out = {0};
	char *folded;

	for (size_t i = 0; i < t->len; i++)
		tx_str(&out, alphabet[t->letters[i]].folded);
	folded = tx_dup(out.len ? out.data : "", out.len);
	tx_free(&out);
	return folded;
}

/* ---- encodings -------------------------------------------------------------------------- */

static void put_base64(struct tx *out, const char *data, size_t len, size_t line)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t column = 0;

	for (size_t i = 0; i < len; i += 3) {
		unsigned char in[3] = {0};
		char four[4];

		memcpy(in, data + i, len - i < 3 ? len - i : 3);
		four[0] = digits[in[0] >> 2];
		four[1] = digits[(in[0] & 3) << 4 | in[1] >> 4];
		four[2] = i + 1 < len ? digits[(in[1] & 15) << 2 | in[2] >> 6] : '=';
		four[3] = i + 2 < len ? digits[in[2] & 63] : '=';
		tx_add(out, four, 4);
		column += 4;
		if (line && column >= line) {
			tx_str(out, "\r\n");
			column = 0;
		}
	}
}

/* Quoted-printable of a body, with soft line breaks anywhere. */
static void put_quoted(struct tx *out, const char *data, size_t len, struct tx_random *r)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\r' && i + 1 < len && data[i + 1] == '\n') {
			tx_str(out, "\r\n");
			i++;
			continue;
		}
		if (tx_below(r, 12) == 0)
			tx_str(out, "=\r\n");
		if (c == ' ' || (c > 0x20 && c < 0x7f && c != '=' && tx_below(r, 9)))
			tx_add(out, &c, 1);
		else
			tx_fmt(out, "=%02X", c);
		/* A space at the end of a line would be lost. */
		if (c == ' ' && (i + 1 == len || data[i + 1] == '\r')) {
			out->len--;
			tx_str(out, "=20");
		}
	}
}

/* One encoded word of letters from..to. */
static void put_word(struct tx *out, const struct text *t, size_t from, size_t to,
                     struct tx_random *r, bool latin)
{
	struct text part = {.len = to - from};
	struct tx raw = {0};

	memcpy(part.letters, t->letters + from, part.len);
	text_put(&raw, &part, latin);
	tx_fmt(out, "=?%s?", latin ? "iso-8859-1" : tx_below(r, 2) ? "UTF-8" : "utf-8");
	if (tx_below(r, 2)) {
		tx_str(out, tx_below(r, 2) ? "b?" : "B?");
		put_base64(out, raw.data, raw.len, 0);
	} else {
		tx_str(out, tx_below(r, 2) ? "q?" : "Q?");
		for (size_t i = 0; i < raw.len; i++) {
			unsigned char c = (unsigned char)raw.data[i];

			if (c == ' ' && tx_below(r, 2))
				tx_str(out, "_");
			else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
				tx_add(out, &c, 1);
			else
				tx_fmt(out, "=%02X", c);
		}
	}
	tx_str(out, "?=");
	tx_free(&raw);
}

static void put_gap(struct tx *out, struct tx_random *r)
{
	static const char *const gaps[] = {" ", "\r\n ", "\r\n\t", " \r\n ", " "};

	tx_str(out, gaps[tx_below(r, 5)]);
}

/* The text in encoded words, cut anywhere: the space between two of them is none. */
static void put_words(struct tx *out, const struct text *t, struct tx_random *r)
{
	bool latin = text_is_latin(t) && tx_below(r, 2);

	for (size_t from = 0; from < t->len;) {
		size_t to = from + 1 + tx_below(r, 8);

		to = to < t->len ? to : t->len;
		if (from)
			put_gap(out, r);
		put_word(out, t, from, to, r, latin);
		from = to;
	}
}

/* The text as it is, folded where it has a space. */
static void put_plain(struct tx *out, const struct text *t, struct tx_random *r)
{
	for (size_t i = 0; i < t->len; i++) {
		if (t->letters[i])
			tx_str(out, alphabet[t->letters[i]].utf8);
		else
			put_gap(out, r);
	}
}

/* ---- headers ---------------------------------------------------------------------------- */

static char *upper(const char *s)
{
	char *copy = tx_dup(s, strlen(s));

	for (char *p = copy; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return copy;
}

static void note_header(struct doc *d, const char *name, const char *folded)
{
	struct tx line = {0};
	char *n = upper(name);

	tx_fmt(&line, "%s: %s", n, folded);
	d->headers = tx_realloc(d->headers, (d->header_count + 1) * sizeof(char *));
	d->headers[d->header_count++] = tx_dup(line.data, line.len);
	tx_free(&line);
	free(n);
}

static void note_field(struct doc *d, const char *name, const char *folded)
{
	d->fields = tx_realloc(d->fields, (d->field_count + 1) * sizeof(*d->fields));
	d->fields[d->field_count].name = tx_dup(name, strlen(name));
	d->fields[d->field_count++].value = tx_dup(folded, strlen(folded));
}

/* A field whose value is plain ASCII. */
static void put_fixed(struct doc *d, struct tx *raw, bool own, const char *name, const char *value)
{
	char *folded = upper(value);

	tx_fmt(raw, "%s: %s\r\n", name, value);
	note_header(d, name, folded);
	if (own)
		note_field(d, name, folded);
	free(folded);
}

/* A field of a few runs, each plain or in encoded words, with one space between two. */
static void put_field(struct doc *d, struct tx *raw, bool own, const char *name,
                      struct tx_random *r)
{
	unsigned runs = tx_below(r, 4);
	struct tx folded = {0};

	tx_fmt(raw, "%s:", name);
	for (unsigned i = 0; i < runs; i++) {
		struct text t;
		char *f;

		text_random(&t, r, WORDS_MAX);
		f = text_fold(&t);
		tx_fmt(&folded, "%s%s", i ? " " : "", f);
		free(f);
		tx_str(raw, " ");
		/* Two runs of encoded words would be one: no space between them. */
		if (i % 2 == 0 && tx_below(r, 2))
			put_words(raw, &t, r);
		else
			put_plain(raw, &t, r);
	}
	tx_str(raw, "\r\n");
	note_header(d, name, folded.len ? folded.data : "");
	if (own)
		note_field(d, name, folded.len ? folded.data : "");
	tx_free(&folded);
}

static void put_date(struct doc *d, struct tx *raw, bool own, struct tx_random *r)
{
	char value[64];
	int year = 2020 + (int)tx_below(r, 2), month = (int)tx_below(r, 12);
	int day = 1 + (int)tx_below(r, 28);

	snprintf(value, sizeof(value), "%d %s %d %02u:%02u:%02u %c%02u00", day, months[month], year,
	         tx_below(r, 24), tx_below(r, 60), tx_below(r, 60), tx_below(r, 2) ? '+' : '-',
	         tx_below(r, 13));
	put_fixed(d, raw, own, "Date", value);
	if (own) {
		d->dated = true;
		d->year = year;
		d->month = month + 1;
		d->day = day;
	}
}

static void put_fields(struct doc *d, struct tx *raw, bool own, struct tx_random *r)
{
	for (unsigned i = 0; i + 1 < FIELD_NAMES; i++)
		for (uint32_t n = tx_below(r, 3); n > 1; n--)
			put_field(d, raw, own, field_names[i], r);
	switch (tx_below(r, 4)) {
	case 0:
		break;
	case 1:
		put_fixed(d, raw, own, "Date", "the other day");
		break;
	default:
		put_date(d, raw, own, r);
	}
}

/* ---- bodies ----------------------------------------------------------------------------- */

static void put_leaf(struct doc *d, struct tx *raw, bool own, bool attached, struct tx_random *r)
{
	static const char *const encodings[] = {"7bit", "8bit", "quoted-printable", "base64",
	                                        "BASE64"};
	const char *type = attached ? "application/x-thing"
	                   : tx_below(r, 3) ? "text/plain"
	                                    : "text/html";
	struct tx folded = {0}, octets = {0};
	uint32_t encoding = 1 + tx_below(r, 4), lines = tx_below(r, 5);
	bool latin = tx_below(r, 2);
	char value[100];

	for (uint32_t i = 0; i < lines; i++) {
		struct text t;
		char *f;

		do
			text_random(&t, r, 60);
		while (latin && !text_is_latin(&t));
		text_put(&octets, &t, latin);
		tx_str(&octets, "\r\n");
		f = text_fold(&t);
		tx_fmt(&folded, "%s ", f);
		free(f);
	}
	snprintf(value, sizeof(value), "%s; charset=%s", type, latin ? "iso-8859-1" : "utf-8");
	put_fixed(d, raw, own, "Content-Type", value);
	put_fixed(d, raw, own, "Content-Transfer-Encoding", encodings[encoding]);
	tx_str(raw, "\r\n");
	if (!octets.len)
		tx_str(&octets, "");
	if (encoding == 2)
		put_quoted(raw, octets.data, octets.len, r);
	else if (encoding >= 3)
		put_base64(raw, octets.data, octets.len, 4 + 4 * tx_below(r, 19));
	else
		tx_add(raw, octets.data, octets.len);
	if (!attached) {
		d->bodies = tx_realloc(d->bodies, (d->body_count + 1) * sizeof(char *));
		d->bodies[d->body_count++] = tx_dup(folded.len ? folded.data : "", folded.len);
	}
	tx_free(&folded);
	tx_free(&octets);
}

static void put_entity(struct doc *d, struct tx *raw, bool own, unsigned depth,
                       struct tx_random *r);

static void put_multipart(struct doc *d, struct tx *raw, bool own, unsigned depth,
                          struct tx_random *r)
{
	char value[60], mark[16];

	snprintf(mark, sizeof(mark), "b%x", tx_below(r, 1u << 30));
	snprintf(value, sizeof(value), "multipart/mixed; boundary=%s", mark);
	put_fixed(d, raw, own, "Content-Type", value);
	tx_str(raw, "\r\n");
	for (uint32_t n = 1 + tx_below(r, 3); n > 0; n--) {
		tx_fmt(raw, "--%s\r\n", mark);
		put_entity(d, raw, false, depth + 1, r);
		tx_str(raw, "\r\n");
	}
	tx_fmt(raw, "--%s--\r\n", mark);
}

static void put_entity(struct doc *d, struct tx *raw, bool own, unsigned depth,
                       struct tx_random *r)
{
	uint32_t kind = tx_below(r, depth < 3 ? 10 : 6);

	if (kind >= 8) {
		put_fixed(d, raw, own, "Content-Type", "message/rfc822");
		tx_str(raw, "\r\n");
		put_fields(d, raw, false, r);
		put_entity(d, raw, false, depth + 1, r);
	} else if (kind >= 6) {
		put_multipart(d, raw, own, depth, r);
	} else {
		put_leaf(d, raw, own, kind == 5, r);
	}
}

void doc_random(struct doc *d, struct tx *raw, struct tx_random *r)
{
	memset(d, 0, sizeof(*d));
	put_fields(d, raw, true, r);
	put_entity(d, raw, true, 0, r);
}

const char *const note_names[NOTES] = {"/comment", "/a/comment"};

void doc_annotate(struct doc *d, struct ts_message *m, struct tx_random *r)
{
	for (unsigned i = 0; i < NOTES; i++) {
		for (unsigned shared = 0; shared < 2; shared++) {
			struct tx value = {0};
			struct text text;

			if (tx_below(r, 3))
				continue;
			text_random(&text, r, 8);
			text_put(&value, &text, false);
			ts_annotate(m, note_names[i], shared ? "" : "fred",
			            value.len ? value.data : "", value.len);
			d->notes[i][shared] = text_fold(&text);
			tx_free(&value);
		}
	}
}

static void free_all(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void doc_free(struct doc *d)
{
	for (size_t i = 0; i < d->field_count; i++) {
		free(d->fields[i].name);
		free(d->fields[i].value);
	}
	free(d->fields);
	free_all(d->headers, d->header_count);
	free_all(d->bodies, d->body_count);
	for (unsigned i = 0; i < NOTES; i++) {
		free(d->notes[i][0]);
		free(d->notes[i][1]);
	}
	memset(d, 0, sizeof(*d));
}
