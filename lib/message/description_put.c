/* SPDX-License-Identifier: MIT */
/*
 * A description to ENVELOPE, BODY and BODYSTRUCTURE (RFC 9051 7.5.2 and 9, RFC 3501 9).  Defaults that those
 * sections name are put in here and not kept.  The walk is over rows in preorder with a stack of what is open;
 * what is written is complete for any description that could be opened.
 */
#include "base/ascii.h"
#include "message/description_format.h"
#include "wire/writer.h"

/* ---- strings ------------------------------------------------------------------------------------------- */

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Longer ones are left to the writer. */
#define PLAIN_MAX 1000u

/*
 * Octets of a word, none of which needs thought inside quotes, give a word without top bits: all are below 80,
 * not below 20, no DQUOTE, no "\", no DEL.  (A borrow can only come from an octet that is already caught.)
 */
static inline uint64_t unplain(uint64_t word)
{
	return word | (word - EACH(0x20)) | ((word ^ EACH('"')) - EACH(1)) |
	       ((word ^ EACH('\\')) - EACH(1)) | (word + EACH(1));
}

/*
 * A string of the texts.  Nearly all are short and plain, and an answer has fifty: those are copied and looked
 * at eight octets at a time (a description has that many behind its last text).  Everything else is the
 * writer's, whose answer is the same.
 */
static inline void put_string(struct isrv_writer *w, struct imapsrv_span s)
{
	const unsigned char *from = (const unsigned char *)s.data;
	uint64_t word, bad = 0;
	size_t i;
	char *at;

	if (s.len <= PLAIN_MAX && isrv_w_room(w, s.len + 16)) {
		at = w->q->at;
		*at++ = '"';
		for (i = 0; i + 8 <= s.len; i += 8) {
			memcpy(at + i, from + i, 8);
			bad |= unplain(isrv_format_u64(from + i));
		}
		if (i < s.len) {
			unsigned over = (unsigned)(i + 8 - s.len) * 8;

			memcpy(at + i, from + i, 8);
			word = isrv_format_u64(from + i) << over >> over;
			bad |= unplain(word | (EACH(0x20) >> (64 - over) << (64 - over)));
		}
		if (!(bad & EACH(0x80))) {
			at[s.len] = '"';
			w->q->at = at + s.len + 1;
			return;
		}
	}
	isrv_w_string(w, s.data, s.len);
}

static inline void put_nstring(struct isrv_writer *w, struct imapsrv_span s)
{
	if (s.data)
		put_string(w, s);
	else
		ISRV_W(w, "NIL");
}

/* SP nstring, read off the cursor. */
static inline void put_next(struct isrv_writer *w, struct isrv_cursor *c)
{
	struct imapsrv_span s = isrv_cursor_string(c);

	if (!s.data) {
		ISRV_W(w, " NIL");
		return;
	}
	ISRV_W(w, " ");
	put_string(w, s);
}

/* ---- envelope ------------------------------------------------------------------------------------------ */

/*
 * env-from = "(" 1*address ")" / nil
 * address  = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
 */
static void put_addresses(struct isrv_writer *w, struct isrv_cursor *c)
{
	uint32_t n = isrv_cursor_number(c);

	if (n == 0) {
		ISRV_W(w, " NIL");
		return;
	}
	ISRV_W(w, " (");
	for (; n; n = isrv_cursor_number(c)) {
		ISRV_W(w, "(");
		put_nstring(w, isrv_cursor_octets(c, n, 1));
		put_next(w, c);
		put_next(w, c);
		put_next(w, c);
		ISRV_W(w, ")");
	}
	ISRV_W(w, ")");
}

/*
 * envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP
 *            env-bcc SP env-in-reply-to SP env-message-id ")"
 */
static void put_envelope(struct isrv_writer *w, struct isrv_cursor c)
{
	struct isrv_cursor from, again;
	unsigned i;

	ISRV_W(w, "(");
	put_nstring(w, isrv_cursor_string(&c));
	put_next(w, &c);
	from = c;
	put_addresses(w, &c);
	/* Sender and Reply-To that are absent or empty are shown as From (RFC 9051 7.5.2). */
	for (i = 0; i < 2; i++) {
		again = from;
		if (c.at < c.end && *c.at == 0) {
			c.at++;
			put_addresses(w, &again);
		} else {
			put_addresses(w, &c);
		}
	}
	for (i = 0; i < 3; i++)
		put_addresses(w, &c);
	put_next(w, &c);
	put_next(w, &c);
	ISRV_W(w, ")");
}

bool isrv_description_put_envelope(const struct isrv_description *d, struct isrv_writer *w)
{
	put_envelope(w, isrv_cursor_at(d, 0));
	return !isrv_writer_failed(w);
}

/* ---- body ---------------------------------------------------------------------------------------------- */

/*
 * body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
 * A text is shown with its charset, also where that is the default (RFC 9051 7.5.2).
 */
static void put_params(struct isrv_writer *w, struct isrv_cursor *c, bool text)
{
	uint32_t n = isrv_cursor_number(c);
	bool first = true;

	if (n == 0 && !text) {
		ISRV_W(w, " NIL");
		return;
	}
	ISRV_W(w, " (");
	for (; n; n = isrv_cursor_number(c)) {
		struct imapsrv_span name = isrv_cursor_octets(c, n, 1);

		text = text && !isrv_ascii_is(name.data, name.len, "charset");
		if (!first)
			ISRV_W(w, " ");
		first = false;
		put_string(w, name);
		put_next(w, c);
	}
	if (text && !first)
		ISRV_W(w, " ");
	if (text)
		ISRV_W(w, "\"charset\" \"us-ascii\"");
	ISRV_W(w, ")");
}

/*
 * body-fld-dsp  = "(" string SP body-fld-param ")" / nil
 * body-fld-lang = nstring / "(" string *(SP string) ")"
 * Then body-fld-loc: what the extension data of both kinds of body end with.  Languages are always shown as a
 * list, which is what clients know from other servers.
 */
static void put_extension(struct isrv_writer *w, struct isrv_cursor *c)
{
	struct imapsrv_span disposition = isrv_cursor_string(c);
	uint32_t n;

	if (disposition.data) {
		ISRV_W(w, " (");
		put_string(w, disposition);
		put_params(w, c, false);
		ISRV_W(w, ")");
	} else {
		(void)isrv_cursor_skip(c, "p");
		ISRV_W(w, " NIL");
	}
	n = isrv_cursor_number(c);
	if (n) {
		ISRV_W(w, " (");
		put_string(w, isrv_cursor_octets(c, n, 1));
		while ((n = isrv_cursor_number(c)) != 0) {
			ISRV_W(w, " ");
			put_string(w, isrv_cursor_octets(c, n, 1));
		}
		ISRV_W(w, ")");
	} else {
		ISRV_W(w, " NIL");
	}
	put_next(w, c);
}

struct level {
	struct isrv_cursor rest; /* of a message: from md5 on; of a multipart: from the type on */
	uint32_t part;
	uint32_t next;
	bool message;
};

struct walk {
	const struct isrv_description *d;
	struct isrv_writer *w;
	bool extended;
	bool global;
	size_t depth;
	struct level stack[ISRV_DESCRIPTION_DEPTH];
};

static void put_lines(const struct walk *k, uint32_t part)
{
	ISRV_W(k->w, " ");
	isrv_w_u64(k->w, isrv_row_get(k->d, part, ISRV_ROW_LINES));
}

/* body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc ...]]] */
static void end_single(const struct walk *k, struct isrv_cursor *c)
{
	if (k->extended) {
		put_next(k->w, c);
		put_extension(k->w, c);
	}
	ISRV_W(k->w, ")");
}

/*
 * body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
 * body-ext-mpart  = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc ...]]]
 */
static void end_multipart(const struct walk *k, struct isrv_cursor *c)
{
	struct imapsrv_span subtype;

	(void)isrv_cursor_string(c);
	subtype = isrv_cursor_string(c);
	ISRV_W(k->w, " ");
	if (subtype.data)
		put_string(k->w, subtype);
	else
		ISRV_W(k->w, "\"mixed\"");
	if (k->extended) {
		put_params(k->w, c, false);
		(void)isrv_cursor_skip(c, "ssss"); /* id, description, encoding, md5 */
		put_extension(k->w, c);
	}
	ISRV_W(k->w, ")");
}

/* body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets */
static void put_fields(const struct walk *k, struct isrv_cursor *c, uint32_t part, bool text)
{
	struct imapsrv_span encoding;

	put_params(k->w, c, text);
	put_next(k->w, c);
	put_next(k->w, c);
	encoding = isrv_cursor_string(c);
	ISRV_W(k->w, " ");
	if (encoding.len)
		put_string(k->w, encoding);
	else
		ISRV_W(k->w, "\"7bit\"");
	ISRV_W(k->w, " ");
	isrv_w_u64(k->w, isrv_row_get(k->d, part, ISRV_ROW_END) -
	                         isrv_row_get(k->d, part, ISRV_ROW_BODY));
}

/* media-message: is this message/global, and shown as what a client without UTF-8 knows? */
static bool is_shown_message(const struct walk *k, struct imapsrv_span subtype)
{
	return k->global || !isrv_ascii_is(subtype.data, subtype.len, "global");
}

/* body-type-basic, body-type-text, or body-type-msg up to its body: true if one follows. */
static bool begin_single(struct walk *k, uint32_t part, unsigned kind, struct isrv_cursor *c)
{
	static const struct imapsrv_span message = ISRV_FORMAT_CONSTANT("message");
	static const struct imapsrv_span rfc822 = ISRV_FORMAT_CONSTANT("rfc822");
	struct imapsrv_span type = isrv_cursor_string(c);
	struct imapsrv_span subtype = isrv_cursor_string(c);
	bool text = false;

	if (kind == ISRV_PART_LEAF)
		text = isrv_description_shown(&type, &subtype);
	if (kind == ISRV_PART_MESSAGE && (!type.data || !subtype.data)) {
		type = message;
		subtype = rfc822;
	}
	ISRV_W(k->w, "(");
	put_string(k->w, type);
	ISRV_W(k->w, " ");
	put_string(k->w, subtype);
	put_fields(k, c, part, text);
	if (kind == ISRV_PART_MESSAGE && is_shown_message(k, subtype)) {
		struct isrv_cursor behind = *c;

		/* The envelope is the first text of the part inside, and so stands behind these. */
		(void)isrv_cursor_skip(&behind, "sspls");
		ISRV_W(k->w, " ");
		put_envelope(k->w, behind);
		ISRV_W(k->w, " ");
		return true;
	}
	if (text)
		put_lines(k, part);
	end_single(k, c);
	return false;
}

/* "(" of a part, and the part where nothing is inside it; returns the part to go on with. */
static uint32_t begin_part(struct walk *k, uint32_t part)
{
	struct isrv_cursor c = isrv_cursor_at(k->d, isrv_row_get(k->d, part, ISRV_ROW_TEXT));
	const unsigned kind = isrv_row_kind(k->d, part);
	const uint32_t next = isrv_row_next(k->d, part);
	struct level *level;

	if (kind == ISRV_PART_MULTIPART) {
		ISRV_W(k->w, "(");
		if (next == part + 1) {
			/* The grammar wants a body inside: an empty text, as other servers show. */
			ISRV_W(k->w, "(\"text\" \"plain\" (\"charset\" \"us-ascii\") "
			             "NIL NIL \"7bit\" 0 0");
			if (k->extended)
				ISRV_W(k->w, " NIL NIL NIL NIL");
			ISRV_W(k->w, ")");
			end_multipart(k, &c);
			return next;
		}
	} else if (!begin_single(k, part, kind, &c)) {
		return next;
	}
	level = &k->stack[k->depth++];
	level->rest = c;
	level->part = part;
	level->next = next;
	level->message = kind == ISRV_PART_MESSAGE;
	return part + 1;
}

bool isrv_description_put_body(const struct isrv_description *d, struct isrv_writer *w,
                               bool extended, bool global)
{
	struct walk k;
	uint32_t part = 0;

	k.d = d;
	k.w = w;
	k.extended = extended;
	k.global = global;
	k.depth = 0;
	do {
		part = begin_part(&k, part);
		while (k.depth && k.stack[k.depth - 1].next == part) {
			struct level *level = &k.stack[--k.depth];

			if (level->message) {
				put_lines(&k, level->part);
				end_single(&k, &level->rest);
			} else {
				end_multipart(&k, &level->rest);
			}
		}
	} while (k.depth);
	return !isrv_writer_failed(w);
}
