/* SPDX-License-Identifier: MIT */
/*
 * A header block that is complete: its fields are found, what the part is is decided (RFC 2045 5.2,
 * RFC 2046 5), and the texts of the description are written, in their order and not in that of the
 * fields.  Of a field that may stand only once the first counts (RFC 5322 3.6); To, Cc and Bcc that
 * are repeated are one list.
 *
 * What passes a limit is left out where it stands, and `truncated` says so; what is written is
 * complete in any case.
 */
#include "base/ascii.h"
#include "message/address.h"
#include "message/mime.h"
#include "message/structure_state.h"

enum field {
	FIELD_TYPE,
	FIELD_ENCODING,
	FIELD_ID,
	FIELD_DESCRIPTION,
	FIELD_DISPOSITION,
	FIELD_LANGUAGE,
	FIELD_LOCATION,
	FIELD_MD5,
	FIELD_DATE,
	FIELD_SUBJECT,
	FIELD_FROM,
	FIELD_SENDER,
	FIELD_REPLY_TO,
	FIELD_TO,
	FIELD_CC,
	FIELD_BCC,
	FIELD_IN_REPLY_TO,
	FIELD_MESSAGE_ID,
	FIELD_REFERENCES,
	FIELDS
};

static const struct {
	uint8_t len;
	char name[26];
} field_names[FIELDS] = {
	{12, "Content-Type"},        {25, "Content-Transfer-Encoding"},
	{10, "Content-ID"},          {19, "Content-Description"},
	{19, "Content-Disposition"}, {16, "Content-Language"},
	{16, "Content-Location"},    {11, "Content-MD5"},
	{4, "Date"},                 {7, "Subject"},
	{4, "From"},                 {6, "Sender"},
	{8, "Reply-To"},             {2, "To"},
	{2, "Cc"},                   {3, "Bcc"},
	{11, "In-Reply-To"},         {10, "Message-ID"},
	{10, "References"},
};

struct header {
	struct {
		struct imapsrv_span body; /* of the first */
		uint32_t count;
	} fields[FIELDS];
	struct imapsrv_span block;
};

static enum field find_field(struct imapsrv_span name)
{
	unsigned f = 0;

	while (f < FIELDS && (name.len != field_names[f].len ||
	                      !isrv_ascii_same(name.data, name.len, field_names[f].name, name.len)))
		f++;
	return (enum field)f;
}

static void find_fields(struct header *h, struct imapsrv_span block)
{
	struct isrv_field field;

	memset(h, 0, sizeof(*h));
	h->block = block;
	while (isrv_field_next(&block, &field)) {
		enum field f = find_field(field.name);

		if (f != FIELDS && h->fields[f].count++ == 0)
			h->fields[f].body = field.body;
	}
}

/* ---- texts --------------------------------------------------------------------------------- */

static void put_number(struct isrv_structure *st, size_t n)
{
	unsigned char octets[10];
	size_t len = 0;

	for (; n >= 0x80; n >>= 7)
		octets[len++] = (unsigned char)(n | 0x80);
	octets[len++] = (unsigned char)n;
	if (!isrv_buf_add(&st->texts, st->mem, octets, len))
		st->failed = true;
}

/* A string; `none` is the number that says NIL. */
static void put_span(struct isrv_structure *st, struct imapsrv_span s, unsigned none)
{
	put_number(st, s.data ? s.len + none + 1 : none);
	if (s.data && !isrv_buf_add(&st->texts, st->mem, s.data, s.len))
		st->failed = true;
}

/* Is there room for that many octets of texts?  Each text costs something, an empty one too. */
static bool keep(struct isrv_structure *st, uint64_t octets)
{
	if (octets >= st->kept) {
		st->truncated = true;
		return false;
	}
	st->kept -= octets + 1;
	return true;
}

static void put_nstring(struct isrv_structure *st, struct imapsrv_span s)
{
	static const struct imapsrv_span none;

	put_span(st, s.data && keep(st, s.len) ? s : none, 0);
}

/* A field whose body is the text, unfolded; absent is NIL, empty is empty (RFC 9051 7.5.2).  Of a
 * long one the last `most` octets. */
static void put_tail(struct isrv_structure *st, const struct header *h, enum field f, size_t most)
{
	struct imapsrv_span s = {NULL, 0};

	if (h->fields[f].count) {
		st->scratch.len = 0;
		if (!isrv_field_unfold(h->fields[f].body, &st->scratch, st->mem))
			st->failed = true;
		s.data = st->scratch.len ? st->scratch.data : "";
		s.len = st->scratch.len;
		if (s.len > most) {
			s.data += s.len - most;
			s.len = most;
		}
	}
	put_nstring(st, s);
}

static void put_unfolded(struct isrv_structure *st, const struct header *h, enum field f)
{
	put_tail(st, h, f, SIZE_MAX);
}

/* Texts of the arena are done with; did memory run out while they were read? */
static void drop_arena(struct isrv_structure *st)
{
	st->failed = st->failed || st->arena.starved;
	isrv_arena_reset(&st->arena);
}

/* ---- envelope ------------------------------------------------------------------------------ */

static bool put_address(struct isrv_structure *st, const struct isrv_address *a)
{
	uint64_t len = (uint64_t)a->name.len + a->adl.len + a->mailbox.len + a->host.len;

	if (!keep(st, len + 3))
		return false;
	put_span(st, a->name, 1);
	put_span(st, a->adl, 0);
	put_span(st, a->mailbox, 0);
	put_span(st, a->host, 0);
	return true;
}

/* The addresses of one field, as far as `*left` allows.  A group that is cut short is ended. */
static void put_field_addresses(struct isrv_structure *st, struct imapsrv_span body, uint32_t *left)
{
	struct isrv_address_parser parser;
	struct isrv_address a;
	bool in_group = false, more = true;

	isrv_address_init(&parser, body, &st->arena, st->steps);
	while (more && !st->failed && isrv_address_next(&parser, &a)) {
		more = *left > 0 && put_address(st, &a);
		if (!more) {
			st->truncated = true;
			*left = 0;
			break;
		}
		--*left;
		if (!a.host.data)
			in_group = a.mailbox.data != NULL;
	}
	if (in_group) {
		memset(&a, 0, sizeof(a));
		put_span(st, a.name, 1);
		put_span(st, a.adl, 0);
		put_span(st, a.mailbox, 0);
		put_span(st, a.host, 0);
	}
	drop_arena(st);
}

static void put_addresses(struct isrv_structure *st, const struct header *h, enum field f)
{
	const bool repeats = f == FIELD_TO || f == FIELD_CC || f == FIELD_BCC;
	struct imapsrv_span block = h->block;
	uint32_t left = st->limits.addresses;
	struct isrv_field field;

	if (h->fields[f].count > 1 && repeats) {
		*st->steps += block.len;
		while (isrv_field_next(&block, &field))
			if (find_field(field.name) == f)
				put_field_addresses(st, field.body, &left);
	} else if (h->fields[f].count) {
		put_field_addresses(st, h->fields[f].body, &left);
	}
	put_number(st, 0);
}

static void put_envelope(struct isrv_structure *st, const struct header *h)
{
	unsigned f;

	put_unfolded(st, h, FIELD_DATE);
	put_unfolded(st, h, FIELD_SUBJECT);
	for (f = FIELD_FROM; f <= FIELD_BCC; f++)
		put_addresses(st, h, (enum field)f);
	put_unfolded(st, h, FIELD_IN_REPLY_TO);
	put_unfolded(st, h, FIELD_MESSAGE_ID);
	/* For threading, which does not look into messages within messages, and for which the
	 * nearest ancestors are the ones that count. */
	if (st->depth == 1)
		put_tail(st, h, FIELD_REFERENCES, ISRV_STRUCTURE_REFERENCES);
}

/* ---- what a part is ------------------------------------------------------------------------ */

static struct imapsrv_span constant(const char *text)
{
	struct imapsrv_span s = {text, strlen(text)};

	return s;
}

static bool is_word(struct imapsrv_span s, const char *word)
{
	return isrv_ascii_is(s.data, s.len, word);
}

static void read_type(struct isrv_structure *st, const struct header *h, bool digest,
                      struct isrv_mime_value *type)
{
	memset(type, 0, sizeof(*type));
	if (h->fields[FIELD_TYPE].count)
		isrv_mime_parse_type(h->fields[FIELD_TYPE].body, &st->arena, st->limits.params,
		                     st->steps, type);
	st->truncated = st->truncated || type->truncated;
	if (type->type.len && type->subtype.len)
		return;
	memset(type, 0, sizeof(*type));
	if (digest) { /* RFC 2046 5.1.5 */
		type->type = constant("message");
		type->subtype = constant("rfc822");
	}
}

/* RFC 2046 5.2.1, RFC 6532 3.7: a message that is encoded cannot be looked into. */
static bool is_open_encoding(struct imapsrv_span encoding)
{
	return !encoding.len || is_word(encoding, "7bit") || is_word(encoding, "8bit") ||
	       is_word(encoding, "binary");
}

/*
 * boundary := 0*69<bchars> bcharsnospace
 * At least one octet, and no blank at its end.  What is no boundary makes the type unreadable, and
 * so the part text/plain (RFC 2045 5.2): its reader sees all there is.
 */
static struct imapsrv_span find_boundary(const struct isrv_mime_value *type)
{
	const struct isrv_mime_param *param = isrv_mime_param(type, "boundary");
	struct imapsrv_span s = {NULL, 0};

	if (!param)
		return s;
	s = param->value;
	while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* The part opened last is a multipart. */
static void open_multipart(struct isrv_structure *st, const struct isrv_mime_value *type,
                           struct imapsrv_span boundary)
{
	struct isrv_structure_open *open = &st->stack[st->depth - 1];

	st->parts[open->part].kind = ISRV_PART_MULTIPART;
	if (!isrv_buf_add(&st->boundaries, st->mem, boundary.data, boundary.len)) {
		st->failed = true;
		return;
	}
	open->boundary_len = (uint16_t)boundary.len;
	open->digest = is_word(type->subtype, "digest");
	st->fences++;
}

static void decide_kind(struct isrv_structure *st, struct isrv_mime_value *type,
                        struct imapsrv_span encoding)
{
	struct isrv_structure_part *part = &st->parts[st->stack[st->depth - 1].part];
	const bool fits = st->depth - 1 < st->limits.depth; /* all the others hold parts */
	struct imapsrv_span boundary;

	if (is_word(type->type, "multipart")) {
		boundary = find_boundary(type);
		if (boundary.len > ISRV_BOUNDARY_MAX)
			st->truncated = true;
		if (!boundary.len || boundary.len > ISRV_BOUNDARY_MAX)
			memset(type, 0, sizeof(*type));
		else if (fits)
			open_multipart(st, type, boundary);
		else
			st->truncated = true;
	} else if (is_word(type->type, "message") && is_open_encoding(encoding) &&
	           (is_word(type->subtype, "rfc822") || is_word(type->subtype, "global"))) {
		if (fits && st->part_count < st->limits.parts)
			part->kind = ISRV_PART_MESSAGE;
		else
			st->truncated = true;
	}
}

/* ---- its texts ----------------------------------------------------------------------------- */

static void put_params(struct isrv_structure *st, const struct isrv_mime_value *value)
{
	for (size_t i = 0; i < value->param_count; i++) {
		const struct isrv_mime_param *p = &value->params[i];

		if (!keep(st, (uint64_t)p->name.len + p->value.len + 1))
			break;
		put_span(st, p->name, 1);
		put_span(st, p->value, 0);
	}
	put_number(st, 0);
}

static void put_disposition(struct isrv_structure *st, const struct header *h)
{
	struct isrv_mime_value value;

	memset(&value, 0, sizeof(value));
	if (h->fields[FIELD_DISPOSITION].count)
		isrv_mime_parse_disposition(h->fields[FIELD_DISPOSITION].body, &st->arena,
		                            st->limits.params, st->steps, &value);
	st->truncated = st->truncated || value.truncated;
	if (!value.type.len)
		memset(&value, 0, sizeof(value));
	put_nstring(st, value.type);
	put_params(st, &value);
	drop_arena(st);
}

static void put_languages(struct isrv_structure *st, const struct header *h)
{
	struct imapsrv_span *tags;
	size_t max = st->limits.params, count, i;

	if (h->fields[FIELD_LANGUAGE].count) {
		/* No more than octets; and one more than are kept, to see that there are more. */
		if (max > h->fields[FIELD_LANGUAGE].body.len)
			max = h->fields[FIELD_LANGUAGE].body.len;
		tags = isrv_arena_array(&st->arena, max + 1, sizeof(*tags));
		count = tags ? isrv_mime_parse_languages(h->fields[FIELD_LANGUAGE].body, &st->arena,
		                                         tags, max + 1, st->steps)
		             : 0;
		if (count > max)
			st->truncated = true;
		for (i = 0; i < count && i < max && keep(st, tags[i].len); i++)
			put_span(st, tags[i], 1);
	}
	put_number(st, 0);
	drop_arena(st);
}

static void put_part(struct isrv_structure *st, const struct header *h, bool digest)
{
	struct isrv_mime_value type;
	struct imapsrv_span encoding = {NULL, 0};

	read_type(st, h, digest, &type);
	if (h->fields[FIELD_ENCODING].count)
		encoding = isrv_mime_parse_token(h->fields[FIELD_ENCODING].body, &st->arena,
		                                 st->steps);
	decide_kind(st, &type, encoding);
	st->parts[st->stack[st->depth - 1].part].text = (uint32_t)st->texts.len;
	if (type.type.data && !keep(st, (uint64_t)type.type.len + type.subtype.len + 1))
		type.type.data = type.subtype.data = NULL;
	put_span(st, type.type, 0);
	put_span(st, type.subtype, 0);
	put_params(st, &type);
	put_unfolded(st, h, FIELD_ID);
	put_unfolded(st, h, FIELD_DESCRIPTION);
	put_nstring(st, encoding);
	put_unfolded(st, h, FIELD_MD5);
	drop_arena(st);
	put_disposition(st, h);
	put_languages(st, h);
	put_unfolded(st, h, FIELD_LOCATION);
}

void isrv_structure_header(struct isrv_structure *st, const struct isrv_place *body)
{
	const struct isrv_structure_open *open = &st->stack[st->depth - 1];
	const bool digest = st->depth > 1 && !st->parts[open->part].top && open[-1].digest;
	struct imapsrv_span block = {st->header.data, st->header.len};
	struct header h;

	st->in_header = false;
	st->parts[open->part].body = *body;
	st->truncated = st->truncated || st->header_full;
	find_fields(&h, block);
	if (st->parts[open->part].top)
		put_envelope(st, &h);
	put_part(st, &h, digest);
	if (st->parts[open->part].kind == ISRV_PART_MESSAGE && !st->failed)
		(void)isrv_structure_begin(st, body, true);
}
