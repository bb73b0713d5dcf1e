/* SPDX-License-Identifier: MIT */
/*
 * encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=" (RFC 2047 2, RFC
 * 2231 5).  What turns out not to be one comes out as it is; it is not looked through again for
 * another beginning, so that the work is linear.
 */
#include "message/words.h"

#include <string.h>

#include "base/ascii.h"

enum {
	TEXT,
	EQUALS,   /* "=" */
	CHARSET,  /* "=?" */
	ENCODING, /* "=?utf-8?" */
	ENCODED,  /* "=?utf-8?q" */
	WORD,     /* "=?utf-8?q?" */
	END       /* "=?utf-8?q?text?" */
};

enum { ROOM = 256 };

void isrv_words_init(struct isrv_words *w, void (*put)(void *ctx, const char *utf8, size_t len),
                     void *ctx)
{
	static const struct imapsrv_span utf8 = {"utf-8", 5};

	memset(w, 0, sizeof(*w));
	w->put = put;
	w->ctx = ctx;
	(void)isrv_charset_init(&w->plain, utf8);
}

/* len 0 tells the end. */
static void convert(struct isrv_words *w, struct isrv_charset *c, const char *data, size_t len)
{
	char out[ROOM];
	size_t taken, put;

	do {
		isrv_charset_run(c, data, len, &taken, out, sizeof(out), &put);
		if (put)
			w->put(w->ctx, out, put);
		data += taken;
		len -= taken;
	} while (len);
}

static void close_charset(struct isrv_words *w)
{
	if (!w->open)
		return;
	convert(w, &w->charset, "", 0);
	isrv_charset_clear(&w->charset);
	w->open = false;
	if (w->space)
		w->put(w->ctx, " ", 1);
	w->space = false;
}

static void put_plain(struct isrv_words *w, const char *data, size_t len)
{
	if (!len)
		return;
	close_charset(w);
	convert(w, &w->plain, data, len);
}

/* What is held is no encoded word. */
static void give_up(struct isrv_words *w)
{
	put_plain(w, w->held, w->held_len);
	w->held_len = 0;
	w->state = TEXT;
}

/* ---- an encoded word ----------------------------------------------------------------------- */

static void open_charset(struct isrv_words *w)
{
	const char *name = w->held + 2;
	const char *star = memchr(name, '*', w->charset_len);
	size_t len = star ? (size_t)(star - name) : w->charset_len;

	w->space = false; /* between encoded words: left out */
	if (w->open && isrv_ascii_same(w->name, strlen(w->name), name, len))
		return;
	convert(w, &w->plain, "", 0);
	close_charset(w);
	memcpy(w->name, name, len);
	w->name[len] = '\0';
	(void)isrv_charset_init(&w->charset, (struct imapsrv_span){name, len});
	w->open = true;
}

static int hex(char c)
{
	unsigned char u = isrv_ascii_upper((unsigned char)c);

	return u >= '0' && u <= '9' ? u - '0' : u >= 'A' && u <= 'F' ? u - 'A' + 10 : -1;
}

/* RFC 2047 4.2, in place: it only shrinks. */
static size_t decode_q(char *text, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '=' && len - i > 2 && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
			c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
			i += 2;
		}
		text[n++] = c == '_' && text[i] == '_' ? ' ' : c;
	}
	return n;
}

static void put_b(struct isrv_words *w, const char *text, size_t len)
{
	struct isrv_decoder d;
	char out[ROOM];
	size_t taken, put;

	isrv_decoder_init(&d, ISRV_ENCODING_BASE64);
	do {
		isrv_decoder_run(&d, text, len, &taken, out, sizeof(out), &put);
		if (put)
			convert(w, &w->charset, out, put);
		text += taken;
		len -= taken;
	} while (len);
	/* What lacks the "=" at its end is whole all the same. */
	isrv_decoder_run(&d, "", 0, &taken, out, sizeof(out), &put);
	if (put)
		convert(w, &w->charset, out, put);
}

/* All of it is held but for the "=" at its end. */
static void put_word(struct isrv_words *w)
{
	char encoding = (char)isrv_ascii_upper((unsigned char)w->held[w->text - 2]);
	char *text = w->held + w->text;
	size_t len = w->held_len - w->text - 1u;

	open_charset(w);
	if (encoding == 'Q')
		len = decode_q(text, len);
	if (len && encoding == 'Q')
		convert(w, &w->charset, text, len);
	else if (len)
		put_b(w, text, len);
	w->held_len = 0;
	w->state = TEXT;
}

static bool is_charset(char c)
{
	unsigned char u = isrv_ascii_upper((unsigned char)c);

	return (u >= 'A' && u <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_.:+*", c));
}

/* May this octet stand here?  Moves on if so. */
static bool goes_on(struct isrv_words *w, char c)
{
	switch (w->state) {
	case EQUALS:
		w->state = CHARSET;
		return c == '?';
	case CHARSET:
		w->charset_len = (uint8_t)(w->held_len - 2);
		if (c != '?')
			return is_charset(c) && w->charset_len < ISRV_WORDS_CHARSET - 1;
		w->state = ENCODING;
		return w->charset_len > 0;
	case ENCODING:
		w->state = ENCODED;
		return c && strchr("BbQq", c);
	case ENCODED:
		w->state = WORD;
		w->text = (uint16_t)(w->held_len + 1);
		return c == '?';
	default:
		/* "?" alone may not stand in an encoded word, and does in some. */
		w->state = c == '?' ? END : WORD;
		return (unsigned char)c > ' ' && c != 127;
	}
}

static void feed_held(struct isrv_words *w, char c)
{
	if (w->state == END && c == '=') {
		put_word(w);
		return;
	}
	if (w->held_len < sizeof(w->held) && goes_on(w, c)) {
		w->held[w->held_len++] = c;
		return;
	}
	give_up(w);
	isrv_words_feed(w, &c, 1); /* in TEXT now: goes no deeper */
}

/* ---- */

/* Octets without "=": text, or white space that may stand between two encoded words. */
static void feed_text(struct isrv_words *w, const char *data, size_t len)
{
	size_t blank = 0;

	if (w->open) {
		while (blank < len && (data[blank] == ' ' || data[blank] == '\t'))
			blank++;
		w->space = w->space || blank > 0;
	}
	put_plain(w, data + blank, len - blank);
}

void isrv_words_feed(struct isrv_words *w, const char *data, size_t len)
{
	while (len) {
		const char *mark;
		size_t n = 1;

		if (w->state != TEXT) {
			feed_held(w, *data);
		} else if (*data == '=') {
			w->held[0] = '=';
			w->held_len = 1;
			w->state = EQUALS;
		} else {
			mark = memchr(data, '=', len);
			n = mark ? (size_t)(mark - data) : len;
			feed_text(w, data, n);
		}
		data += n;
		len -= n;
	}
}

void isrv_words_finish(struct isrv_words *w)
{
	give_up(w);
	w->space = false; /* at the end of the field */
	close_charset(w);
	convert(w, &w->plain, "", 0);
}

void isrv_words_clear(struct isrv_words *w)
{
	if (w->open)
		isrv_charset_clear(&w->charset);
	w->open = false;
}
