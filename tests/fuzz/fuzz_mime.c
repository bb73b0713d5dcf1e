/* SPDX-License-Identifier: MIT */
/*
 * Headers and MIME fields of any octets.  The first octet picks how much memory there is and how
 * many parameters are wanted; the rest is read as a header, and then as the body of one field.
 * Asserted: fields follow one another within the header, no text has CR, LF or NUL or is longer
 * than its field, the work is in proportion to the field, and folding it at each of its spaces
 * changes nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/mime.h"

enum { LANGUAGES_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Everything that can be read from a field. */
struct read {
	struct imapsrv_span body;
	struct isrv_mime_value type;
	struct isrv_mime_value disposition;
	struct imapsrv_span token;
	struct imapsrv_span languages[LANGUAGES_MAX];
	size_t language_count;
	struct isrv_arena arena;
	struct isrv_mem mem;
};

/* A block of its own, so that a sanitizer sees the first octet read too far. */
static struct imapsrv_span own(const char *data, size_t len)
{
	struct imapsrv_span span = {NULL, len};
	char *copy = malloc(len ? len : 1);

	ASSERT(copy);
	if (len)
		memcpy(copy, data, len);
	span.data = copy;
	return span;
}

static void disown(struct imapsrv_span span)
{
	free((void *)(uintptr_t)span.data);
}

static void check_text(const struct read *read, struct imapsrv_span text)
{
	size_t i;

	/* The plain pieces of an extended value are escaped when they are joined. */
	ASSERT(text.len <= 3 * read->body.len && (text.data || !text.len));
	for (i = 0; i < text.len; i++)
		ASSERT(text.data[i] != '\r' && text.data[i] != '\n' && text.data[i] != '\0');
}

static void check_value(const struct read *read, const struct isrv_mime_value *value, size_t max)
{
	size_t i;

	ASSERT(value->param_count <= max && (value->type.data || !value->param_count));
	check_text(read, value->type);
	check_text(read, value->subtype);
	for (i = 0; i < value->param_count; i++) {
		ASSERT(value->params[i].name.len && value->params[i].value.data);
		check_text(read, value->params[i].name);
		check_text(read, value->params[i].value);
	}
}

static void read_init(struct read *read, struct imapsrv_span body, size_t memory, size_t max)
{
	uint64_t steps = 0;
	size_t i;

	read->body = own(body.data, body.len);
	isrv_mem_init(&read->mem, NULL, SIZE_MAX);
	isrv_arena_init(&read->arena, &read->mem, memory);
	isrv_mime_parse_type(read->body, &read->arena, max, &steps, &read->type);
	isrv_mime_parse_disposition(read->body, &read->arena, max, &steps, &read->disposition);
	read->token = isrv_mime_parse_token(read->body, &read->arena, &steps);
	read->language_count = isrv_mime_parse_languages(read->body, &read->arena, read->languages,
	                                                 LANGUAGES_MAX, &steps);
	ASSERT(steps <= 4 * (5 * (uint64_t)body.len + 1));
	check_value(read, &read->type, max);
	check_value(read, &read->disposition, max);
	check_text(read, read->token);
	ASSERT(read->language_count <= LANGUAGES_MAX);
	for (i = 0; i < read->language_count; i++)
		check_text(read, read->languages[i]);
}

static void read_clear(struct read *read)
{
	isrv_arena_clear(&read->arena);
	ASSERT(read->mem.used == 0);
	disown(read->body);
}

static bool same(struct imapsrv_span a, struct imapsrv_span b)
{
	return !a.data == !b.data && a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool same_value(const struct isrv_mime_value *a, const struct isrv_mime_value *b)
{
	size_t i;

	if (a->param_count != b->param_count || a->truncated != b->truncated)
		return false;
	for (i = 0; i < a->param_count; i++) {
		if (!same(a->params[i].name, b->params[i].name) ||
		    !same(a->params[i].value, b->params[i].value))
			return false;
	}
	return same(a->type, b->type) && same(a->subtype, b->subtype);
}

static void check_folded(struct imapsrv_span body, size_t max)
{
	struct imapsrv_span folded = {NULL, 0};
	char *text = malloc(3 * body.len + 1);
	struct read one, two;
	size_t i;

	ASSERT(text);
	for (i = 0; i < body.len; i++) {
		if (body.data[i] == ' ') {
			text[folded.len++] = '\r';
			text[folded.len++] = '\n';
		}
		text[folded.len++] = body.data[i];
	}
	folded.data = text;
	read_init(&one, body, SIZE_MAX, max);
	read_init(&two, folded, SIZE_MAX, max);
	ASSERT(same_value(&one.type, &two.type));
	ASSERT(same_value(&one.disposition, &two.disposition));
	ASSERT(same(one.token, two.token) && one.language_count == two.language_count);
	for (i = 0; i < one.language_count; i++)
		ASSERT(same(one.languages[i], two.languages[i]));
	read_clear(&one);
	read_clear(&two);
	free(text);
}

static void check_unfolded(struct imapsrv_span body, size_t max)
{
	struct isrv_mem mem;
	struct isrv_buf out;
	size_t i;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&out, max);
	ASSERT(isrv_field_unfold(body, &out, &mem) || out.len == max);
	ASSERT(out.len <= body.len && out.len <= max);
	for (i = 0; i < out.len; i++)
		ASSERT(out.data[i] != '\r' && out.data[i] != '\n' && out.data[i] != '\0');
	isrv_buf_clear(&out, &mem);
}

static void check_header(struct imapsrv_span header, size_t max)
{
	const char *end = header.data + header.len;
	struct isrv_field field;

	for (;;) {
		const char *at = header.data;

		if (!isrv_field_next(&header, &field))
			break;
		ASSERT(field.whole.data >= at && field.whole.data == field.name.data);
		ASSERT(field.name.len && field.body.data > field.name.data + field.name.len);
		ASSERT(field.body.data + field.body.len <= header.data);
		ASSERT(field.whole.data + field.whole.len == header.data);
		ASSERT(header.data + header.len == end);
		check_unfolded(field.body, max);
	}
	ASSERT(header.data + header.len == end);
	ASSERT(!header.len || header.data[0] == '\n' || memcmp(header.data, "\r\n", 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imapsrv_span body;
	struct read read;
	size_t max;

	if (size == 0)
		return 0;
	max = data[0] / 2;
	body = own((const char *)data + 1, size - 1);
	check_header(body, max);
	check_unfolded(body, max);
	read_init(&read, body, data[0] % 2 ? 8 * data[0] : SIZE_MAX, max);
	read_clear(&read);
	check_folded(body, max);
	disown(body);
	return 0;
}
