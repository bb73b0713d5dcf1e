/* SPDX-License-Identifier: MIT */
/*
 * A row is the UID and then for each criterion one number (a text) or two (a date, a size: high
 * half first, so shifted that unsigned order is theirs).
 */
#include "search/sort.h"

#include <string.h>

#include "message/date.h"
#include "search/collate.h"
#include "search/subject.h"

#define ROOM_MAX ((size_t)8 << 20) /* of one decoded field: more than any limit lets through */

/* ---- what to sort by ----------------------------------------------------------------------- */

static bool is_number(unsigned key)
{
	return key == ISRV_SORT_ARRIVAL || key == ISRV_SORT_DATE || key == ISRV_SORT_SIZE ||
	       key == ISRV_SORT_RELEVANCY;
}

static bool sorts_by(const struct isrv_sort_program *p, unsigned key)
{
	unsigned i = 0;

	while (i < p->count && p->criteria[i].key != key)
		i++;
	return i < p->count;
}

void isrv_sort_by(struct isrv_sort_program *p, unsigned key, bool reverse)
{
	if (!sorts_by(p, key))
		p->criteria[p->count++] = (struct isrv_sort_criterion){(uint8_t)key, reverse};
}

bool isrv_sort_needs_header(const struct isrv_sort_program *p)
{
	unsigned i = 0;

	while (i < p->count && (p->criteria[i].key == ISRV_SORT_ARRIVAL ||
	                        p->criteria[i].key == ISRV_SORT_RELEVANCY ||
	                        p->criteria[i].key == ISRV_SORT_SIZE ||
	                        p->criteria[i].key >= ISRV_SORT_KEYS))
		i++;
	return i < p->count;
}

bool isrv_sort_needs_size(const struct isrv_sort_program *p)
{
	return sorts_by(p, ISRV_SORT_SIZE);
}

bool isrv_sort_needs_relevancy(const struct isrv_sort_program *p)
{
	return sorts_by(p, ISRV_SORT_RELEVANCY);
}

/* ---- */

int64_t isrv_sort_sent(const struct isrv_sort_facts *facts)
{
	struct isrv_message_date date;

	if (!isrv_message_date_parse(facts->header->date, &date))
		return facts->arrival;
	return date.day * 86400 + date.second - (int64_t)date.zone * 60;
}

void isrv_sort_init(struct isrv_sort *x, const struct isrv_sort_program *by, struct isrv_mem *mem,
                    uint64_t *steps)
{
	unsigned i;

	memset(x, 0, sizeof(*x));
	x->mem = mem;
	x->steps = steps;
	x->by = *by;
	x->width = 1;
	for (i = 0; i < by->count; i++)
		x->width += is_number(by->criteria[i].key) ? 2 : 1;
	isrv_buf_init(&x->rows, SIZE_MAX);
	isrv_intern_init(&x->texts, mem, steps);
	isrv_buf_init(&x->decoded, ROOM_MAX);
	isrv_buf_init(&x->key, ROOM_MAX);
}

static void drop_keys(struct isrv_sort *x)
{
	isrv_mem_free(x->mem, x->sorting.spare, x->sorting.count * sizeof(*x->sorting.spare));
	x->sorting = (struct isrv_order){0};
	isrv_buf_clear(&x->rows, x->mem);
	isrv_intern_clear(&x->texts);
	isrv_buf_clear(&x->decoded, x->mem);
	isrv_buf_clear(&x->key, x->mem);
}

void isrv_sort_forget(struct isrv_sort *x)
{
	isrv_mem_free(x->mem, x->order, x->room * sizeof(*x->order));
	x->order = NULL;
	x->messages = x->room = 0;
}

void isrv_sort_clear(struct isrv_sort *x)
{
	drop_keys(x);
	isrv_sort_forget(x);
}

bool isrv_sort_expect(struct isrv_sort *x, uint32_t messages)
{
	if (messages > UINT32_MAX / sizeof(*x->order))
		return false;
	x->order = isrv_mem_alloc(x->mem, messages * sizeof(*x->order));
	x->room = x->order ? messages : 0;
	return x->order != NULL;
}

/* ---- keys ---------------------------------------------------------------------------------- */

/* RFC 5957 3; encoded words are only in the name.  *text_r may lie in x->decoded.  False: no
 * memory. */
static bool display(struct isrv_sort *x, const struct isrv_header_address *a,
                    struct imapsrv_span *text_r)
{
	struct isrv_buf *d = &x->decoded;

	d->len = 0;
	if (a->name.data && !isrv_collate_decode(a->name, d, x->mem))
		return false;
	if (!d->len && a->mailbox.data && a->host.data &&
	    !(isrv_buf_add(d, x->mem, a->mailbox.data, a->mailbox.len) &&
	      isrv_buf_add(d, x->mem, "@", 1) &&
	      isrv_buf_add(d, x->mem, a->host.data, a->host.len)))
		return false;
	*text_r = d->len ? (struct imapsrv_span){d->data, d->len} : a->mailbox;
	return true;
}

/* The text that a criterion compares. */
static bool text_of(struct isrv_sort *x, unsigned key, const struct isrv_sort_facts *facts,
                    struct imapsrv_span *text_r)
{
	const struct isrv_header *h = facts->header;
	struct isrv_subject subject;

	if (key >= ISRV_SORT_KEYS) {
		*text_r = facts->notes[key - ISRV_SORT_KEYS];
		return true;
	}
	switch (key) {
	case ISRV_SORT_CC:
		*text_r = h->cc.mailbox;
		return true;
	case ISRV_SORT_FROM:
		*text_r = h->from.mailbox;
		return true;
	case ISRV_SORT_TO:
		*text_r = h->to.mailbox;
		return true;
	case ISRV_SORT_DISPLAYFROM:
		return display(x, &h->from, text_r);
	case ISRV_SORT_DISPLAYTO:
		return display(x, &h->to, text_r);
	default:
		if (!isrv_subject_read(h->subject, &x->decoded, x->mem, x->steps, &subject))
			return false;
		*text_r = subject.base;
		return true;
	}
}

static bool put_text(struct isrv_sort *x, unsigned key, const struct isrv_sort_facts *facts,
                     uint32_t *out)
{
	struct imapsrv_span text;

	x->key.len = 0;
	if (!text_of(x, key, facts, &text) ||
	    !isrv_collate_key((enum isrv_comparator)x->by.comparator, text, &x->key, x->mem))
		return false;
	*x->steps += text.len;
	*out = isrv_intern_put(&x->texts, (struct imapsrv_span){x->key.data, x->key.len}, NULL);
	return *out != ISRV_INTERN_NONE;
}

static uint64_t number_of(unsigned key, const struct isrv_sort_facts *facts)
{
	if (key == ISRV_SORT_SIZE)
		return facts->octets;
	if (key == ISRV_SORT_RELEVANCY)
		return UINT64_MAX - facts->relevancy;
	return (uint64_t)(key == ISRV_SORT_DATE ? isrv_sort_sent(facts) : facts->arrival) ^
	       UINT64_C(1) << 63;
}

bool isrv_sort_add(struct isrv_sort *x, const struct isrv_sort_facts *facts)
{
	uint32_t row[1 + 2 * ISRV_SORT_KEYS + ISRV_SORT_NOTES];
	unsigned i, at = 1;

	row[0] = facts->uid;
	for (i = 0; i < x->by.count; i++) {
		unsigned key = x->by.criteria[i].key;

		if (is_number(key)) {
			uint64_t n = number_of(key, facts);

			row[at++] = (uint32_t)(n >> 32);
			row[at++] = (uint32_t)n;
		} else if (!put_text(x, key, facts, &row[at++])) {
			return false;
		}
	}
	*x->steps += x->width;
	return isrv_buf_add(&x->rows, x->mem, row, x->width * sizeof(*row));
}

/* Ends a text so that a longer one is behind it, and whatever follows does not matter: NUL NUL, and
 * NUL 1 for a NUL within. */
static bool end_text(struct isrv_sort *x, struct isrv_buf *out)
{
	const char *from = x->key.data, *nul;
	size_t left = x->key.len;

	while (left && (nul = memchr(from, 0, left)) != NULL) {
		size_t n = (size_t)(nul - from) + 1;

		if (!isrv_buf_add(out, x->mem, from, n) || !isrv_buf_add(out, x->mem, "\1", 1))
			return false;
		from += n;
		left -= n;
	}
	return isrv_buf_add(out, x->mem, from, left) && isrv_buf_add(out, x->mem, "\0", 2);
}

static bool add_number(struct isrv_sort *x, uint64_t n, struct isrv_buf *out)
{
	unsigned char octets[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		octets[i] = (unsigned char)(n >> (56 - 8 * i));
	return isrv_buf_add(out, x->mem, octets, sizeof(octets));
}

static bool add_text(struct isrv_sort *x, unsigned key, const struct isrv_sort_facts *facts,
                     struct isrv_buf *out)
{
	struct imapsrv_span text;

	x->key.len = 0;
	if (!text_of(x, key, facts, &text) ||
	    !isrv_collate_key((enum isrv_comparator)x->by.comparator, text, &x->key, x->mem))
		return false;
	*x->steps += text.len + x->key.len;
	return end_text(x, out);
}

bool isrv_sort_key(struct isrv_sort *x, const struct isrv_sort_facts *facts, struct isrv_buf *out)
{
	unsigned i;

	for (i = 0; i < x->by.count; i++) {
		unsigned key = x->by.criteria[i].key;
		size_t at = out->len;

		if (!(is_number(key) ? add_number(x, number_of(key, facts), out)
		                     : add_text(x, key, facts, out)))
			return false;
		for (; x->by.criteria[i].reverse && at < out->len; at++)
			out->data[at] = (char)~out->data[at];
	}
	return true;
}

/* ---- the order ----------------------------------------------------------------------------- */

static const uint32_t *row_of(const struct isrv_sort *x, uint32_t row)
{
	return (const uint32_t *)(const void *)x->rows.data + (size_t)row * x->width;
}

static int compare_numbers(const uint32_t *a, const uint32_t *b)
{
	return (*a > *b) - (*a < *b);
}

static int compare(const void *ctx, uint32_t a_row, uint32_t b_row)
{
	const struct isrv_sort *x = ctx;
	const uint32_t *a = row_of(x, a_row), *b = row_of(x, b_row);
	unsigned i, at = 1;
	int order;

	for (i = 0; i < x->by.count; i++, at++) {
		if (is_number(x->by.criteria[i].key)) {
			order = compare_numbers(a + at, b + at);
			at++;
			if (!order)
				order = compare_numbers(a + at, b + at);
		} else {
			order = a[at] == b[at] ? 0
			                       : isrv_collate_compare(
							 isrv_intern_text(&x->texts, a[at]),
							 isrv_intern_text(&x->texts, b[at]));
		}
		if (order)
			return x->by.criteria[i].reverse ? -order : order;
	}
	return compare_numbers(a, b);
}

bool isrv_sort_begin(struct isrv_sort *x)
{
	size_t count = x->rows.len / (x->width * sizeof(uint32_t)), i;
	uint32_t *spare;

	if (!count)
		return true;
	spare = isrv_mem_alloc(x->mem, count * sizeof(*spare));
	if (!spare)
		return false;
	if (!isrv_sort_expect(x, (uint32_t)count)) {
		isrv_mem_free(x->mem, spare, count * sizeof(*spare));
		return false;
	}
	for (i = 0; i < count; i++)
		x->order[i] = (uint32_t)i;
	isrv_order_begin(&x->sorting, x->order, spare, count);
	return true;
}

bool isrv_sort_run(struct isrv_sort *x, uint64_t until)
{
	size_t count = x->sorting.count, i;

	if (!isrv_order_run(&x->sorting, compare, x, x->steps, until))
		return false;
	for (i = 0; i < count; i++)
		x->order[i] = *row_of(x, x->order[i]);
	x->messages = (uint32_t)count;
	drop_keys(x);
	return true;
}
