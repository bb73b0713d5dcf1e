/* SPDX-License-Identifier: MIT */
/*
 * A description to ENVELOPE, BODY and BODYSTRUCTURE (RFC 9051 7.5.2 and 9, RFC 3501 9).  Defaults
 * that those sections name are put in here and not kept.  The walk is over rows in preorder with a
 * stack of what is open.  Invariant: what is written is complete, whatever the texts are: where
 * they end too early there is NIL, or "", or the end of a list.
 */
#include "base/ascii.h"
#include "message/description_pen.h"
#include "message/param.h"

/* ---- strings ------------------------------------------------------------------------------- */

/* One of eight octets and more. */
static char *put_long(struct isrv_pen *p, char *at, struct imapsrv_span s)
{
	uint64_t bad = isrv_pen_copy(at + 1 + s.len - 8, s.data + s.len - 8);

	for (size_t i = 0; i + 8 < s.len; i += 8)
		bad |= isrv_pen_copy(at + 1 + i, s.data + i);
	if (bad & ISRV_PEN_EACH(0x80))
		return isrv_pen_slowly(p, at, s);
	at[0] = '"';
	at[s.len + 1] = '"';
	return at + s.len + 2;
}

/*
 * A string of the texts.  Nearly all are short and plain: those are copied and looked at eight
 * octets at a time (a description has that many behind its last text).  The writer's answer would
 * be the same.
 */
static char *put_string(struct isrv_pen *p, char *at, struct imapsrv_span s)
{
	uint64_t word = 0, within = 0;

	if (s.len > ISRV_PEN_SHORT || (size_t)(p->limit - at) <= s.len + 8 + ISRV_PEN_SLACK)
		return isrv_pen_slowly(p, at, s);
	if (s.len >= 8)
		return put_long(p, at, s);
	if (s.len > 0) {
		within = UINT64_MAX >> (64 - 8 * s.len);
		word = isrv_format_u64((const unsigned char *)s.data) & within;
		memcpy(at + 1, s.data, 8);
	}
	/* Of the octets behind the string spaces are made. */
	if (isrv_pen_word(word | (ISRV_PEN_EACH(0x20) & ~within)) & ISRV_PEN_EACH(0x80))
		return isrv_pen_slowly(p, at, s);
	at[0] = '"';
	at[s.len + 1] = '"';
	return at + s.len + 2;
}

static inline char *put_nstring(struct isrv_pen *p, char *at, struct imapsrv_span s)
{
	return s.data ? put_string(p, at, s) : ISRV_PEN(at, "NIL");
}

/* SP nstring, read off the cursor. */
static inline char *put_next(struct isrv_pen *p, char *at, struct isrv_cursor *c)
{
	*at = ' ';
	return put_nstring(p, at + 1, isrv_cursor_string(c));
}

/* ---- envelope ------------------------------------------------------------------------------ */

/*
 * env-from = "(" 1*address ")" / nil
 * address  = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
 */
static char *put_addresses(struct isrv_pen *p, char *at, struct isrv_cursor *c)
{
	uint32_t n = isrv_cursor_number(c);

	if (n == 0)
		return ISRV_PEN(at, " NIL");
	at = ISRV_PEN(at, " (");
	for (; n; n = isrv_cursor_number(c)) {
		at = isrv_pen_room(p, at);
		*at++ = '(';
		at = put_nstring(p, at, isrv_cursor_octets(c, n, 1));
		for (unsigned i = 0; i < 3; i++)
			at = put_next(p, at, c);
		*at++ = ')';
	}
	*at++ = ')';
	return at;
}

/*
 * Sender and Reply-To that are absent or empty are shown as From (RFC 9051 7.5.2).  What was put
 * for From, from `begin` on, is copied if it still stands where it was put.
 */
static char *put_default(struct isrv_pen *p, char *at, struct isrv_cursor from, const char *begin,
                         size_t len)
{
	if (!begin || (size_t)(p->limit - at) <= len + ISRV_PEN_SLACK)
		return put_addresses(p, at, &from);
	memcpy(at, begin, len);
	return at + len;
}

/*
 * envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP
 *            env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")"
 */
static char *put_envelope(struct isrv_pen *p, char *at, struct isrv_cursor c)
{
	struct isrv_cursor from;
	const char *begin;
	unsigned turns, i;
	size_t len;

	at = isrv_pen_room(p, at);
	*at++ = '(';
	at = put_nstring(p, at, isrv_cursor_string(&c));
	at = put_next(p, at, &c);
	from = c;
	begin = at;
	turns = p->turns;
	at = put_addresses(p, at, &c);
	len = turns == p->turns ? (size_t)(at - begin) : 0;
	for (i = 0; i < 2; i++) {
		if (isrv_cursor_zeros(&c, 1))
			at = put_default(p, at, from, turns == p->turns ? begin : NULL, len);
		else
			at = put_addresses(p, at, &c);
	}
	at = put_addresses(p, at, &c);
	if (isrv_cursor_zeros(&c, 2)) {
		at = ISRV_PEN(at, " NIL NIL");
	} else {
		at = put_addresses(p, at, &c);
		at = put_addresses(p, at, &c);
	}
	at = put_next(p, at, &c);
	at = put_next(p, at, &c);
	*at++ = ')';
	return at;
}

bool isrv_description_put_envelope(const struct isrv_description *d, struct isrv_writer *w)
{
	struct isrv_cursor c = {d->texts, isrv_cursor_of(d, 0).at};
	struct isrv_pen p;

	return isrv_pen_end(&p, put_envelope(&p, isrv_pen_begin(&p, w), c));
}

/* ---- body ---------------------------------------------------------------------------------- */

struct level {
	struct isrv_cursor rest; /* of a message: from md5 on; of a multipart: from the type on */
	uint32_t part;
	uint32_t next;
	bool message;
};

struct walk {
	const struct isrv_description *d;
	struct isrv_pen pen;
	unsigned how; /* enum isrv_body_how */
	const struct isrv_description_decoded *decoded; /* of the one part; NULL: as it is */
	size_t depth;
	struct level stack[ISRV_DESCRIPTION_DEPTH];
};

enum { EXTENDED_MAX = 1024 };

/* DECODED: the text of an extended value is shown; else the client decodes it (RFC 2231 4).  No
 * octet takes more than three in UTF-8. */
static char *put_extended(struct isrv_pen *p, char *at, struct imapsrv_span value)
{
	char text[3 * EXTENDED_MAX];
	struct imapsrv_span decoded = {text, 0};

	if (value.len > EXTENDED_MAX || !isrv_param_decode(value, text, sizeof(text), &decoded.len))
		return put_string(p, at, value);
	return put_string(p, at, decoded);
}

/*
 * body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
 * A text is shown with its charset, also where that is the default (RFC 9051 7.5.2).
 */
static char *put_params(struct walk *k, char *at, struct isrv_cursor *c, bool text)
{
	struct isrv_pen *p = &k->pen;
	uint32_t n = isrv_cursor_number(c);

	if (n == 0)
		return text ? ISRV_PEN(at, " (\"charset\" \"us-ascii\")") : ISRV_PEN(at, " NIL");
	at = ISRV_PEN(at, " (");
	for (; n; n = isrv_cursor_number(c)) {
		struct imapsrv_span name = isrv_cursor_octets(c, n, 1);
		bool extended = name.len && name.data[name.len - 1] == '*'; /* RFC 2231 4 */
		struct imapsrv_span plain = {name.data, name.len - extended};

		text = text && !isrv_text_is(plain, ISRV_WORD_CHARSET);
		at = put_string(p, at, name);
		*at++ = ' ';
		if ((k->how & ISRV_BODY_DECODED) && extended)
			at = put_extended(p, at, isrv_cursor_string(c));
		else
			at = put_string(p, at, isrv_cursor_string(c));
		*at++ = ' ';
	}
	if (text) {
		at = ISRV_PEN(at, "\"charset\" \"us-ascii\")");
		return at;
	}
	at[-1] = ')';
	return at;
}

/*
 * body-fld-dsp  = "(" string SP body-fld-param ")" / nil
 * body-fld-lang = nstring / "(" string *(SP string) ")"
 * Then body-fld-loc: what the extension data of both kinds of body end with.  Languages are always
 * shown as a list, which is what clients know from other servers.
 */
static char *put_extension(struct walk *k, char *at, struct isrv_cursor *c)
{
	struct isrv_pen *p = &k->pen;
	struct imapsrv_span disposition;
	uint32_t n;

	if (isrv_cursor_zeros(c, 4))
		return ISRV_PEN(at, " NIL NIL NIL");
	disposition = isrv_cursor_string(c);
	if (disposition.data) {
		at = ISRV_PEN(at, " (");
		at = put_string(p, at, disposition);
		at = put_params(k, at, c, false);
		*at++ = ')';
	} else {
		isrv_cursor_skip(c, "p");
		at = ISRV_PEN(at, " NIL");
	}
	n = isrv_cursor_number(c);
	if (n) {
		at = ISRV_PEN(at, " (");
		for (; n; n = isrv_cursor_number(c)) {
			at = put_string(p, at, isrv_cursor_octets(c, n, 1));
			*at++ = ' ';
		}
		at[-1] = ')';
	} else {
		at = ISRV_PEN(at, " NIL");
	}
	return put_next(p, at, c);
}

static char *put_number(char *at, uint64_t n)
{
	*at++ = ' ';
	return at + (n <= UINT32_MAX ? isrv_ascii_u32(at, (uint32_t)n) : isrv_ascii_u64(at, n));
}

/* body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc ...]]] */
static char *end_single(struct walk *k, char *at, struct isrv_cursor *c)
{
	if (k->how & ISRV_BODY_EXTENDED) {
		at = put_next(&k->pen, at, c);
		at = put_extension(k, at, c);
	}
	*at++ = ')';
	return at;
}

/*
 * body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
 * body-ext-mpart  = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc ...]]]
 */
static char *end_multipart(struct walk *k, char *at, struct isrv_cursor *c)
{
	struct imapsrv_span subtype;

	(void)isrv_cursor_string(c);
	subtype = isrv_cursor_string(c);
	*at++ = ' ';
	at = subtype.data ? put_string(&k->pen, at, subtype) : ISRV_PEN(at, "\"mixed\"");
	if (k->how & ISRV_BODY_EXTENDED) {
		at = put_params(k, at, c, false);
		if (!isrv_cursor_zeros(c, 4))
			isrv_cursor_skip(c, "ssss"); /* id, description, encoding, md5 */
		at = put_extension(k, at, c);
	}
	*at++ = ')';
	return at;
}

/* body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP
 *               body-fld-octets */
static char *put_fields(struct walk *k, char *at, struct isrv_cursor *c, uint32_t part, bool text)
{
	struct imapsrv_span encoding;

	at = put_params(k, at, c, text);
	at = put_next(&k->pen, at, c);
	at = put_next(&k->pen, at, c);
	encoding = isrv_cursor_string(c);
	*at++ = ' ';
	if (k->decoded)
		return put_number(ISRV_PEN(at, "\"BINARY\""), k->decoded->octets);
	at = encoding.len ? put_string(&k->pen, at, encoding) : ISRV_PEN(at, "\"7bit\"");
	return put_number(at, isrv_row_get(k->d, part, ISRV_ROW_END) -
	                              isrv_row_get(k->d, part, ISRV_ROW_BODY));
}

/* body-type-basic and body-type-text. */
static char *put_leaf(struct walk *k, char *at, uint32_t part, struct isrv_cursor *c)
{
	struct imapsrv_span type = isrv_cursor_string(c);
	struct imapsrv_span subtype = isrv_cursor_string(c);
	const bool text = isrv_description_shown(&type, &subtype);

	*at++ = '(';
	at = put_string(&k->pen, at, type);
	*at++ = ' ';
	at = put_string(&k->pen, at, subtype);
	at = put_fields(k, at, c, part, text);
	if (text)
		at = put_number(at, k->decoded ? k->decoded->lines
		                               : isrv_row_get(k->d, part, ISRV_ROW_LINES));
	return end_single(k, at, c);
}

/*
 * body-type-msg up to its body; or all of a body-type-basic, for message/global and a client that
 * does not know it.  True: the body follows.
 */
static bool begin_message(struct walk *k, char **to, uint32_t part, struct isrv_cursor *c)
{
	static const struct imapsrv_span message = ISRV_FORMAT_CONSTANT("message");
	static const struct imapsrv_span rfc822 = ISRV_FORMAT_CONSTANT("rfc822");
	struct imapsrv_span type = isrv_cursor_string(c);
	struct imapsrv_span subtype = isrv_cursor_string(c);
	struct isrv_cursor behind;
	char *at = *to;

	if (!isrv_description_is_message(type, subtype)) {
		type = message;
		subtype = rfc822;
	}
	*at++ = '(';
	at = put_string(&k->pen, at, type);
	*at++ = ' ';
	at = put_string(&k->pen, at, subtype);
	at = put_fields(k, at, c, part, false);
	if (!(k->how & ISRV_BODY_GLOBAL) && isrv_ascii_is(subtype.data, subtype.len, "global")) {
		*to = end_single(k, at, c);
		return false;
	}
	/* The envelope is the first text of the part inside, and so stands behind these. */
	behind = *c;
	isrv_cursor_skip(&behind, "sspls");
	*at++ = ' ';
	at = put_envelope(&k->pen, at, behind);
	*at++ = ' ';
	*to = at;
	return true;
}

/* The grammar wants a body in a multipart: an empty text, as other servers show. */
static char *put_nobody(struct walk *k, char *at)
{
	at = ISRV_PEN(at, "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0");
	if (k->how & ISRV_BODY_EXTENDED)
		at = ISRV_PEN(at, " NIL NIL NIL NIL");
	*at++ = ')';
	return isrv_pen_room(&k->pen, at);
}

/* A part, or its beginning where others are inside; returns the part to go on with. */
static uint32_t begin_part(struct walk *k, char **to, uint32_t part)
{
	struct isrv_cursor c = isrv_cursor_of(k->d, part);
	const uint64_t field = isrv_row_get(k->d, part, ISRV_ROW_NEXT);
	const uint32_t next = (uint32_t)(field >> 3);
	const unsigned kind = field & 3;
	struct level *level;

	*to = isrv_pen_room(&k->pen, *to);
	if (kind == ISRV_PART_LEAF) {
		*to = put_leaf(k, *to, part, &c);
		return next;
	}
	if (kind == ISRV_PART_MULTIPART)
		*(*to)++ = '(';
	else if (!begin_message(k, to, part, &c))
		return next;
	if (next == part + 1) {
		*to = end_multipart(k, put_nobody(k, *to), &c);
		return next;
	}
	level = &k->stack[k->depth++];
	level->rest = c;
	level->part = part;
	level->next = next;
	level->message = kind == ISRV_PART_MESSAGE;
	return part + 1;
}

static char *end_level(struct walk *k, char *at)
{
	struct level *level = &k->stack[--k->depth];

	at = isrv_pen_room(&k->pen, at);
	if (!level->message)
		return end_multipart(k, at, &level->rest);
	at = put_number(at, isrv_row_get(k->d, level->part, ISRV_ROW_LINES));
	return end_single(k, at, &level->rest);
}

/* The part, and all that is in it. */
static bool put(struct walk *k, struct isrv_writer *w, uint32_t part)
{
	char *at = isrv_pen_begin(&k->pen, w);

	k->depth = 0;
	do {
		part = begin_part(k, &at, part);
		while (k->depth && k->stack[k->depth - 1].next == part)
			at = end_level(k, at);
	} while (k->depth);
	return isrv_pen_end(&k->pen, at);
}

bool isrv_description_put_body(const struct isrv_description *d, struct isrv_writer *w,
                               unsigned how)
{
	struct walk k;

	k.d = d;
	k.how = how;
	k.decoded = NULL;
	return put(&k, w, 0);
}

bool isrv_description_put_part(const struct isrv_description *d, struct isrv_writer *w,
                               const uint32_t *numbers, size_t count,
                               const struct isrv_description_decoded *decoded, unsigned how)
{
	struct walk k = {.d = d, .how = how, .decoded = decoded};
	uint32_t part;
	char *at;

	if (isrv_description_row(d, numbers, count, &part))
		return put(&k, w, part);
	at = isrv_pen_begin(&k.pen, w);
	return isrv_pen_end(&k.pen, put_nobody(&k, isrv_pen_room(&k.pen, at)));
}
