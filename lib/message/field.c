/* SPDX-License-Identifier: MIT */
/*
 * Fields and tokens of RFC 5322, read with the obsolete syntax of its section 4 and with whatever
 * else mail has in it.  Everything is a span of the body unless a quoted pair or a line end stands
 * inside; then the text is copied to the arena without them.  Invariant: no text that is given out
 * has CR, LF or NUL in it, and every octet is looked at a fixed number of times.
 */
#include "message/field.h"

#include <string.h>

/* ---- octets -------------------------------------------------------------------------------- */

enum {
	CHAR_ATOM = 1,  /* of an atom (RFC 5322 3.2.3, RFC 6532 3.2) */
	CHAR_TOKEN = 2, /* of a MIME token (RFC 2045 5.1) */
	CHAR_BLANK = 4, /* between tokens */
	CHAR_PAIR = 8   /* makes a quoted text differ from what is written */
};

/*
 * Control characters stand in no grammar; here they are parts of words, because unencoded
 * ISO-2022-JP has ESC in its names.  NUL is a blank: nothing may carry it to the wire.
 */
static const uint8_t classes[128] = {
	12, 3, 3, 3, 3, 3, 3, 3, 3, 4, 12, 3, 3, 12, 3, 3, /* 00 */
	3,  3, 3, 3, 3, 3, 3, 3, 3, 3, 3,  3, 3, 3,  3, 3, /* 10 */
	4,  3, 0, 3, 3, 3, 3, 3, 0, 0, 3,  3, 0, 3,  2, 1, /* 20 */
	3,  3, 3, 3, 3, 3, 3, 3, 3, 3, 0,  0, 0, 1,  0, 1, /* 30 */
	0,  3, 3, 3, 3, 3, 3, 3, 3, 3, 3,  3, 3, 3,  3, 3, /* 40 */
	3,  3, 3, 3, 3, 3, 3, 3, 3, 3, 3,  0, 8, 0,  3, 3, /* 50 */
	3,  3, 3, 3, 3, 3, 3, 3, 3, 3, 3,  3, 3, 3,  3, 3, /* 60 */
	3,  3, 3, 3, 3, 3, 3, 3, 3, 3, 3,  3, 3, 3,  3, 3, /* 70 */
};

static inline bool is(char c, unsigned class)
{
	unsigned char u = (unsigned char)c;

	return ((u < 128 ? classes[u] : CHAR_ATOM | CHAR_TOKEN) & class) != 0;
}

static struct imapsrv_span span(const char *from, const char *to)
{
	struct imapsrv_span s = {from, (size_t)(to - from)};

	return s;
}

/* ---- fields -------------------------------------------------------------------------------- */

/* The start of the next line, or end. */
static const char *line_next(const char *at, const char *end)
{
	const char *lf = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

	return lf ? lf + 1 : end;
}

/* FWS = ([*WSP CRLF] 1*WSP): a line that begins with a blank belongs to the one before it (RFC
 * 5322 2.2.3, and 4.2 where such a line has nothing else on it). */
static const char *folded_end(const char *at, const char *end)
{
	do {
		at = line_next(at, end);
	} while (at < end && (*at == ' ' || *at == '\t'));
	return at;
}

static bool is_blank_line(const char *at, const char *end)
{
	return *at == '\n' || (*at == '\r' && end - at > 1 && at[1] == '\n');
}

/* optional-field = field-name ":" unstructured CRLF; field-name = 1*ftext (RFC 5322 3.6.8), 8-bit
 * octets let through, *WSP before the colon as in 4.5.  False: no field. */
static bool read_name(struct imapsrv_span line, struct imapsrv_span *name_r, const char **behind_r)
{
	const char *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
	const char *at, *to = colon;

	if (!colon)
		return false;
	while (to > line.data && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	for (at = line.data; at < to; at++) {
		if ((unsigned char)*at <= ' ' || *at == 127)
			return false;
	}
	*name_r = span(line.data, to);
	*behind_r = colon + 1;
	return name_r->len > 0;
}

bool isrv_field_next(struct imapsrv_span *header, struct isrv_field *field_r)
{
	const char *at = header->data, *end, *behind, *to;
	bool found = false;

	if (!header->len)
		return false;
	end = at + header->len;
	while (!found && at < end && !is_blank_line(at, end)) {
		const char *from = at, *first = line_next(from, end);

		at = folded_end(from, end);
		found = read_name(span(from, first), &field_r->name, &behind);
		if (!found)
			continue;
		to = at;
		if (to[-1] == '\n') {
			to--;
			if (to > behind && to[-1] == '\r')
				to--;
		}
		field_r->whole = span(from, at);
		field_r->body = span(behind, to);
	}
	*header = span(at, end);
	return found;
}

/* As much of it as there is room for. */
static bool add_part(struct isrv_buf *out, struct isrv_mem *mem, const char *data, size_t n)
{
	size_t room = out->max - out->len;
	bool fits = n <= room;

	if (!fits)
		n = room;
	if (isrv_buf_add(out, mem, data, n))
		return fits;
	n = out->cap - out->len < n ? out->cap - out->len : n;
	return isrv_buf_add(out, mem, data, n) && false;
}

bool isrv_field_unfold(struct imapsrv_span body, struct isrv_buf *out, struct isrv_mem *mem)
{
	const char *at = body.data, *end;

	if (!body.len)
		return true;
	end = at + body.len;
	while (at < end && is(*at, CHAR_BLANK))
		at++;
	while (end > at && is(end[-1], CHAR_BLANK))
		end--;
	while (at < end) {
		const char *from = at;

		/* A lone CR goes too: some readers take it for a line end, and what follows it
		 * for a field. */
		while (at < end && *at != '\r' && *at != '\n' && *at != '\0')
			at++;
		if (at > from && !add_part(out, mem, from, (size_t)(at - from)))
			return false;
		while (at < end && (*at == '\r' || *at == '\n' || *at == '\0'))
			at++;
	}
	return true;
}

/* ---- tokens -------------------------------------------------------------------------------- */

void isrv_lexer_init(struct isrv_lexer *x, struct imapsrv_span body, struct isrv_arena *arena,
                     bool mime, uint64_t *steps)
{
	x->at = body.data;
	x->end = body.len ? body.data + body.len : body.data;
	x->arena = arena;
	x->steps = steps;
	x->mime = mime;
	x->failed = false;
}

/* A copy without line ends and, if `pairs`, with quoted pairs resolved.  The field ends where there
 * is no memory: half a text would be a wrong one. */
static struct imapsrv_span copy_clean(struct isrv_lexer *x, struct imapsrv_span raw, bool pairs)
{
	const char *at = raw.data, *end = at + raw.len;
	char *out = isrv_arena_alloc(x->arena, raw.len), *to = out;

	if (!out) {
		x->failed = true;
		x->at = x->end;
		return span(NULL, NULL);
	}
	for (; at < end; at++) {
		/* The last octet may be a backslash: nothing is behind it. */
		if (pairs && *at == '\\' && ++at == end)
			break;
		if (*at != '\r' && *at != '\n' && *at != '\0')
			*to++ = *at;
	}
	*x->steps += raw.len;
	return span(out, to);
}

/*
 * What stands up to `close`, or to the end of the body, which is then left where it is:
 * quoted-string = DQUOTE *([FWS] qcontent) [FWS] DQUOTE       (RFC 5322 3.2.4, 4.1)
 * domain-literal = "[" *([FWS] dtext) [FWS] "]"               (RFC 5322 3.4.1, 4.4)
 * quoted-pair = "\" (VCHAR / WSP) / obs-qp                    (RFC 5322 3.2.1, 4.1)
 */
static struct imapsrv_span delimited(const char **at, const char *end, char close, bool *dirty)
{
	const char *from = *at, *to = from;

	while (to < end && *to != close) {
		if (is(*to, CHAR_PAIR)) {
			*dirty = true;
			if (*to == '\\' && end - to > 1)
				to++;
		}
		to++;
	}
	*at = to < end ? to + 1 : to;
	return span(from, to);
}

/* comment = "(" *([FWS] ccontent) [FWS] ")", ccontent = ctext / quoted-pair / comment (RFC 5322
 * 3.2.2).  *at is behind the "(".  A counter instead of recursion: depth is the sender's. */
static struct imapsrv_span comment_text(const char **at, const char *end)
{
	const char *from = *at, *to = from;
	size_t depth = 1;

	for (; to < end; to++) {
		if (*to == '(')
			depth++;
		else if (*to == ')' && --depth == 0)
			break;
		else if (*to == '\\' && end - to > 1)
			to++;
	}
	*at = to < end ? to + 1 : to;
	return span(from, to);
}

/* CFWS = (1*([FWS] comment) [FWS]) / FWS (RFC 5322 3.2.2) */
static bool skip_blanks(struct isrv_lexer *x, struct imapsrv_span *comment_r)
{
	const char *from = x->at;

	comment_r->data = NULL;
	comment_r->len = 0;
	for (;;) {
		while (x->at < x->end && is(*x->at, CHAR_BLANK))
			x->at++;
		if (x->at == x->end || *x->at != '(')
			return x->at > from;
		x->at++;
		*comment_r = comment_text(&x->at, x->end);
	}
}

bool isrv_lexer_skip(struct isrv_lexer *x, struct imapsrv_span *comment_r)
{
	const char *from = x->at;
	bool any = skip_blanks(x, comment_r);

	*x->steps += (uint64_t)(x->at - from);
	return any;
}

/*
 * encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" (RFC 2047 2): its length, or 0.
 * Many mailers leave "," "@" "." or "(" unencoded in one; that would tear a name apart, so it is
 * one piece here as long as it has neither blanks nor what could hide an address: < > and quotes.
 * Looks no further than the fourth "?", so that a row of beginnings costs no more than its length.
 */
static size_t encoded_word(const char *from, const char *end)
{
	const char *at = from + 2;
	int part;

	for (part = 0; part < 3; part++) {
		const char *start = at;

		if (part < 2) {
			while (at < end && is(*at, CHAR_TOKEN))
				at++;
			if (at == start)
				return 0;
		} else {
			while (at < end && !is(*at, CHAR_BLANK) && *at != '?' && *at != '<' &&
			       *at != '>' && *at != '"')
				at++;
		}
		if (at == end || *at++ != '?')
			return 0;
	}
	return at < end && *at == '=' ? (size_t)(at + 1 - from) : 0;
}

/* atom = 1*atext (RFC 5322 3.2.3), or token = 1*<any CHAR except SPACE, CTLs or tspecials> (RFC
 * 2045 5.1) */
static const char *atom_end(const struct isrv_lexer *x)
{
	unsigned class = x->mime ? CHAR_TOKEN : CHAR_ATOM;
	const char *at = x->at, *end = x->end;

	while (at < end && is(*at, class)) {
		size_t n = 0;

		if (*at == '=' && end - at > 1 && at[1] == '?')
			n = encoded_word(at, end);
		at += n ? n : 1;
	}
	return at;
}

static void token_special(struct isrv_lexer *x, struct isrv_token *token_r)
{
	token_r->type = ISRV_TOKEN_SPECIAL;
	token_r->special = (unsigned char)*x->at++;
	token_r->text = span(token_r->start, x->at);
}

static void token_delimited(struct isrv_lexer *x, struct isrv_token *token_r, char close)
{
	bool dirty = false, literal = close == ']';
	struct imapsrv_span raw;

	x->at++;
	raw = delimited(&x->at, x->end, close, &dirty);
	if (literal)
		raw = span(token_r->start, x->at);
	token_r->type = literal ? ISRV_TOKEN_DOMAIN : ISRV_TOKEN_QUOTED;
	token_r->text = dirty ? copy_clean(x, raw, true) : raw;
	if (x->failed)
		token_r->type = ISRV_TOKEN_END;
}

void isrv_lexer_next(struct isrv_lexer *x, struct isrv_token *token_r)
{
	const char *from = x->at;

	token_r->space = skip_blanks(x, &token_r->comment);
	token_r->start = x->at;
	token_r->special = 0;
	if (x->at == x->end) {
		token_r->type = ISRV_TOKEN_END;
		token_r->text = span(x->at, x->at);
	} else if (is(*x->at, x->mime ? CHAR_TOKEN : CHAR_ATOM)) {
		x->at = atom_end(x);
		token_r->type = ISRV_TOKEN_ATOM;
		token_r->text = span(token_r->start, x->at);
	} else if (*x->at == '"') {
		token_delimited(x, token_r, '"');
	} else if (*x->at == '[' && !x->mime) {
		token_delimited(x, token_r, ']');
	} else {
		token_special(x, token_r);
	}
	*x->steps += (uint64_t)(x->at - from);
}

struct imapsrv_span isrv_lexer_comment(struct isrv_lexer *x, struct imapsrv_span comment)
{
	const char *at = comment.data, *end = at;
	bool dirty = false;

	end += comment.len;
	while (at < end && is(*at, CHAR_BLANK))
		at++;
	while (end > at && is(end[-1], CHAR_BLANK))
		end--;
	for (comment = span(at, end); at < end && !dirty; at++)
		dirty = is(*at, CHAR_PAIR);
	*x->steps += comment.len;
	return dirty ? copy_clean(x, comment, true) : comment;
}

struct imapsrv_span isrv_lexer_flat(struct isrv_lexer *x, struct imapsrv_span raw)
{
	size_t i;

	*x->steps += raw.len;
	for (i = 0; i < raw.len; i++) {
		if (raw.data[i] == '\r' || raw.data[i] == '\n' || raw.data[i] == '\0')
			return copy_clean(x, raw, false);
	}
	return raw;
}
