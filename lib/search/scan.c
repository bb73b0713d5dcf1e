/* SPDX-License-Identifier: MIT */
/*
 * A field is looked at by at most two automata, that of its name and that of TEXT; a part by one.
 * So the work is linear in the octets, however many strings there are.
 */
#include "search/scan.h"

#include <string.h>

#include "base/ascii.h"
#include "message/date.h"

/* ---- making it ----------------------------------------------------------------------------- */

/* Needles of one kind, picked from the program; *count_r of them. */
static struct isrv_needle *pick(const struct isrv_program *p, struct isrv_arena *arena,
                                bool (*wanted)(enum isrv_where), uint32_t *count_r)
{
	struct isrv_needle *needles = isrv_arena_array(arena, p->texts, sizeof(*needles));
	uint32_t i, n = 0;

	for (i = 0; needles && i < p->count; i++) {
		const struct isrv_term *term = &p->terms[i];

		if (term->kind == ISRV_TERM_TEXT && wanted((enum isrv_where)term->u.text.where))
			needles[n++] = (struct isrv_needle){term->u.text.needle,
			                                    term->u.text.index};
	}
	*count_r = n;
	return needles;
}

static bool is_text(enum isrv_where where)
{
	return where == ISRV_IN_TEXT;
}

static bool is_not_field(enum isrv_where where)
{
	return where != ISRV_IN_FIELD;
}

static bool make(struct isrv_matcher *m, const struct isrv_program *p, struct isrv_arena *arena,
                 bool (*wanted)(enum isrv_where), bool *any_r)
{
	struct isrv_needle *needles;
	uint32_t count;

	needles = pick(p, arena, wanted, &count);
	if (!needles)
		return false;
	*any_r = count > 0;
	return count == 0 || isrv_matcher_init(m, arena, needles, count);
}

/* Terms by the name of their field in lower case: the text is the name, the index that of the
 * term. */
static struct isrv_needle *sort_names(const struct isrv_program *p, struct isrv_arena *arena,
                                      uint32_t *count_r)
{
	struct isrv_needle *names = isrv_arena_array(arena, p->texts, sizeof(*names));
	struct isrv_needle *spare = isrv_arena_array(arena, p->texts, sizeof(*spare));
	uint32_t i, n = 0;
	size_t k;

	for (i = 0; names && spare && i < p->count; i++) {
		const struct isrv_term *term = &p->terms[i];
		struct imapsrv_span name = term->u.text.field;
		char *lower;

		if (term->kind != ISRV_TERM_TEXT || term->u.text.where != ISRV_IN_FIELD)
			continue;
		lower = isrv_arena_copy(arena, name.data, name.len);
		if (!lower)
			return NULL;
		for (k = 0; k < name.len; k++)
			lower[k] = (char)isrv_ascii_lower((unsigned char)lower[k]);
		names[n++] = (struct isrv_needle){{lower, name.len}, i};
	}
	*count_r = n;
	if (!names || !spare)
		return NULL;
	isrv_needles_sort(names, spare, n);
	return names;
}

static bool same(struct imapsrv_span a, struct imapsrv_span b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool make_targets(struct isrv_scan *x, const struct isrv_program *p,
                         struct isrv_arena *arena)
{
	uint32_t i = 0, k, count;
	struct isrv_needle *names = sort_names(p, arena, &count);

	if (!names)
		return false;
	x->targets = isrv_arena_array(arena, count, sizeof(*x->targets));
	if (!x->targets)
		return false;
	while (i < count) {
		struct isrv_scan_target *target = &x->targets[x->target_count++];

		target->field = names[i].text;
		for (k = i; k < count && same(names[k].text, target->field); k++) {
			const struct isrv_term *term = &p->terms[names[k].index];

			names[k].text = term->u.text.needle;
			names[k].index = term->u.text.index;
		}
		if (!isrv_matcher_init(&target->matcher, arena, names + i, k - i))
			return false;
		i = k;
	}
	return true;
}

static void put_words(void *ctx, const char *utf8, size_t len);

struct isrv_scan *isrv_scan_new(const struct isrv_program *p, struct isrv_arena *arena,
                                uint64_t *steps)
{
	struct isrv_scan *x = isrv_arena_zalloc(arena, sizeof(*x));
	uint32_t i;

	if (!x)
		return NULL;
	x->steps = steps;
	x->texts = p->texts;
	x->comparator = p->comparator;
	x->found = isrv_arena_zalloc(arena, p->texts);
	isrv_words_init(&x->words, put_words, x);
	if (!x->found || !make_targets(x, p, arena) ||
	    !make(&x->headers, p, arena, is_text, &x->in_headers) ||
	    !make(&x->bodies, p, arena, is_not_field, &x->in_bodies))
		return NULL;
	for (i = 0; i < p->count; i++) {
		x->dates = x->dates || p->terms[i].kind == ISRV_TERM_SENT;
		if (p->terms[i].kind == ISRV_TERM_TEXT)
			*steps += p->terms[i].u.text.needle.len + 1;
	}
	return x;
}

static void close_charset(struct isrv_scan *x)
{
	if (x->converting)
		isrv_charset_clear(&x->charset);
	x->converting = false;
}

void isrv_scan_clear(struct isrv_scan *x)
{
	if (!x)
		return;
	isrv_words_clear(&x->words);
	close_charset(x);
}

void isrv_scan_reset(struct isrv_scan *x)
{
	uint32_t i;

	isrv_scan_clear(x);
	*x->steps += x->texts + x->target_count;
	memset(x->found, 0, x->texts);
	for (i = 0; i < x->target_count; i++)
		isrv_matcher_reset(&x->targets[i].matcher);
	if (x->in_headers)
		isrv_matcher_reset(&x->headers);
	if (x->in_bodies)
		isrv_matcher_reset(&x->bodies);
	x->dated = false;
	x->date_seen = false;
}

/* ---- UTF-8 to those that look -------------------------------------------------------------- */

static void look(struct isrv_scan *x, const char *utf8, size_t len)
{
	size_t taken, put, i;

	for (; len; utf8 += taken, len -= taken) {
		isrv_comparator_run((enum isrv_comparator)x->comparator, &x->map, utf8, len, &taken,
		                    x->mapped, sizeof(x->mapped), &put);
		for (i = 0; i < 2 && x->matchers[i]; i++)
			*x->steps += isrv_matcher_feed(x->matchers[i], x->mapped, put, x->found);
	}
}

static void put_words(void *ctx, const char *utf8, size_t len)
{
	look(ctx, utf8, len);
}

/* ---- headers ------------------------------------------------------------------------------- */

/* The name of the field at hand, against names in lower case. */
static struct isrv_scan_target *find_target(struct isrv_scan *x, const char *name, size_t len)
{
	uint32_t low = 0, high = x->target_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct isrv_scan_target *target = &x->targets[middle];
		size_t n = target->field.len < len ? target->field.len : len;
		int is = n ? memcmp(target->field.data, name, n) : 0;

		if (!is && target->field.len == len)
			return target;
		if (is < 0 || (!is && target->field.len < len))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void begin_field(struct isrv_scan *x)
{
	struct isrv_scan_target *target = NULL;
	char name[ISRV_FIELDS_NAME];
	size_t i, n = 0, len = x->fields.name_len;

	for (i = 0; i < len; i++)
		name[i] = (char)isrv_ascii_lower((unsigned char)x->fields.name[i]);
	*x->steps += len + 1;
	x->matchers[0] = x->matchers[1] = NULL;
	isrv_casemap_init(&x->map);
	if (x->in_headers && x->headers.left) {
		x->matchers[n++] = &x->headers;
		isrv_matcher_begin(&x->headers, x->found);
		look(x, x->fields.name, len);
		look(x, ": ", 2);
	}
	x->map.space = true; /* none comes before a value */
	if (x->own && x->target_count)
		target = find_target(x, name, len);
	if (target && target->matcher.left) {
		x->matchers[n++] = &target->matcher;
		isrv_matcher_begin(&target->matcher, x->found);
	}
	x->in_date = x->dates && x->own && !x->date_seen && isrv_ascii_is(name, len, "date");
	x->date_len = 0;
}

static void in_field(struct isrv_scan *x, struct imapsrv_span value)
{
	size_t room = sizeof(x->date) - x->date_len;

	*x->steps += value.len;
	if (x->matchers[0])
		isrv_words_feed(&x->words, value.data, value.len);
	if (!x->in_date)
		return;
	if (value.len < room)
		room = value.len;
	memcpy(x->date + x->date_len, value.data, room);
	x->date_len = (uint8_t)(x->date_len + room);
}

static void end_field(struct isrv_scan *x)
{
	struct isrv_message_date date;

	if (x->matchers[0])
		isrv_words_finish(&x->words);
	if (!x->in_date)
		return;
	x->in_date = false;
	x->date_seen = true; /* the first one counts, as it does in the envelope */
	x->dated = isrv_message_date_parse((struct imapsrv_span){x->date, x->date_len}, &date);
	x->day = x->dated ? date.day : 0;
}

void isrv_scan_header(struct isrv_scan *x, bool own)
{
	x->own = own;
	isrv_fields_init(&x->fields);
}

bool isrv_scan_feed_header(struct isrv_scan *x, const char *data, size_t len)
{
	struct imapsrv_span span = {data, len}, value;
	size_t left;

	for (;; *x->steps += left - span.len) {
		left = span.len;
		switch (isrv_fields_next(&x->fields, &span, &value)) {
		case ISRV_FIELDS_NAMED:
			begin_field(x);
			break;
		case ISRV_FIELDS_VALUE:
			in_field(x, value);
			break;
		case ISRV_FIELDS_ENDED:
			end_field(x);
			break;
		case ISRV_FIELDS_MORE:
			*x->steps += left;
			return false;
		case ISRV_FIELDS_OVER:
			return true;
		}
	}
}

void isrv_scan_end_header(struct isrv_scan *x)
{
	if (isrv_fields_finish(&x->fields) == ISRV_FIELDS_ENDED)
		end_field(x);
}

/* ---- parts --------------------------------------------------------------------------------- */

static bool is(struct imapsrv_span word, const char *name)
{
	return isrv_ascii_is(word.data, word.len, name);
}

bool isrv_scan_part(struct isrv_scan *x, const struct isrv_part_info *info)
{
	static const struct imapsrv_span utf8 = {"utf-8", 5};
	bool looks = !info->type.data || is(info->type, "text") || is(info->type, "message");

	if (!looks || info->multipart || info->message || !x->in_bodies || !x->bodies.left)
		return false;
	isrv_casemap_init(&x->map);
	isrv_decoder_init(&x->decoder, isrv_encoding_find(info->encoding));
	/* Without a charset it is US-ASCII, or what is sent in its name today: UTF-8. */
	(void)isrv_charset_init(&x->charset, info->charset.len ? info->charset : utf8);
	x->converting = true;
	x->matchers[0] = &x->bodies;
	x->matchers[1] = NULL;
	isrv_matcher_begin(&x->bodies, x->found);
	return true;
}

/* Decoded octets; len 0 tells the end. */
static void convert(struct isrv_scan *x, const char *data, size_t len)
{
	size_t taken, put;

	do {
		isrv_charset_run(&x->charset, data, len, &taken, x->converted,
		                 sizeof(x->converted), &put);
		look(x, x->converted, put);
		data += taken;
		len -= taken;
	} while (len);
}

static void decode(struct isrv_scan *x, const char *data, size_t len)
{
	size_t taken, put;

	do {
		isrv_decoder_run(&x->decoder, data, len, &taken, x->decoded, sizeof(x->decoded),
		                 &put);
		if (put)
			convert(x, x->decoded, put);
		data += taken;
		len -= taken;
	} while (len);
}

void isrv_scan_feed_part(struct isrv_scan *x, const char *data, size_t len)
{
	*x->steps += len;
	if (len && x->bodies.left)
		decode(x, data, len);
}

void isrv_scan_end_part(struct isrv_scan *x)
{
	decode(x, "", 0);
	convert(x, "", 0);
	close_charset(x);
}
