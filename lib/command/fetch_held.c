/* SPDX-License-Identifier: MIT */
/* Three buffers that grow side by side and move while they do. */
#include "command/fetch_held.h"

#include "base/told.h"

#include "session/op.h"

struct held {
	struct imapsrv_row row;
	size_t first_keyword; /* in the array of spans */
};

void isrv_fetch_held_init(struct isrv_fetch_held *h, size_t most)
{
	isrv_buf_init(&h->rows, SIZE_MAX);
	isrv_buf_init(&h->keywords, SIZE_MAX);
	isrv_buf_init(&h->text, SIZE_MAX);
	h->at = 0;
	h->most = most;
}

void isrv_fetch_held_clear(struct isrv_fetch_held *h, struct isrv_mem *mem)
{
	isrv_buf_clear(&h->rows, mem);
	isrv_buf_clear(&h->keywords, mem);
	isrv_buf_clear(&h->text, mem);
}

void isrv_fetch_held_empty(struct isrv_fetch_held *h)
{
	h->rows.len = h->keywords.len = h->text.len = 0;
	h->at = 0;
}

/* Keeps a copy of bytes; the span's pointer is their offset until they are settled. */
static bool keep(struct isrv_fetch_held *h, struct isrv_mem *mem, struct imapsrv_span *span)
{
	size_t at = h->text.len;

	if (!isrv_buf_add(&h->text, mem, span->data, span->len))
		return false;
	span->data = (const char *)(uintptr_t)at;
	return true;
}

bool isrv_fetch_held_add(struct isrv_fetch_held *h, struct isrv_mem *mem,
                         const struct imapsrv_row *row)
{
	struct held one;
	bool ok = true;

	isrv_told_row(&one.row, row);
	one.first_keyword = h->keywords.len / sizeof(struct imapsrv_span);
	one.row.flags.keywords = NULL;
	for (uint32_t i = 0; i < row->flags.keyword_count && ok; i++) {
		struct imapsrv_span k = row->flags.keywords[i];

		ok = keep(h, mem, &k) && isrv_buf_add(&h->keywords, mem, &k, sizeof(k));
	}
	if (!(row->facts & IMAPSRV_FACT_DESCRIPTION))
		one.row.description.len = 0;
	if (!(row->facts & IMAPSRV_FACT_PREVIEW))
		one.row.preview.len = 0;
	return ok && keep(h, mem, &one.row.description) && keep(h, mem, &one.row.preview) &&
	       keep(h, mem, &one.row.emailid) && keep(h, mem, &one.row.threadid) &&
	       isrv_buf_add(&h->rows, mem, &one, sizeof(one));
}

static void settle_span(const struct isrv_fetch_held *h, struct imapsrv_span *span)
{
	if (span->len)
		span->data = h->text.data + (uintptr_t)span->data;
}

void isrv_fetch_held_settle(struct isrv_fetch_held *h)
{
	struct imapsrv_span *spans = (struct imapsrv_span *)(void *)h->keywords.data;
	struct held *held = (struct held *)(void *)h->rows.data;

	for (size_t i = 0; i < h->keywords.len / sizeof(*spans); i++)
		settle_span(h, &spans[i]);
	for (size_t i = 0; i < h->rows.len / sizeof(*held); i++) {
		struct imapsrv_row *row = &held[i].row;

		row->flags.keywords = spans ? spans + held[i].first_keyword : NULL;
		settle_span(h, &row->description);
		settle_span(h, &row->preview);
		settle_span(h, &row->emailid);
		settle_span(h, &row->threadid);
	}
}

/* Lets the i-th sink to its place in a heap of so many. */
static void sink(struct held *held, size_t count, size_t i)
{
	struct held moved = held[i];

	for (size_t child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && held[child].row.uid < held[child + 1].row.uid)
			child++;
		if (moved.row.uid >= held[child].row.uid)
			break;
		held[i] = held[child];
	}
	held[i] = moved;
}

void isrv_fetch_held_sort(struct isrv_fetch_held *h)
{
	struct held *held = (struct held *)(void *)h->rows.data;
	size_t count = h->rows.len / sizeof(*held), in_order = 1;

	while (in_order < count && held[in_order - 1].row.uid <= held[in_order].row.uid)
		in_order++;
	if (in_order >= count) /* as a rule */
		return;
	for (size_t i = count / 2; i-- > 0;)
		sink(held, count, i);
	while (count > 1) {
		struct held last = held[--count];

		held[count] = held[0];
		held[0] = last;
		sink(held, count, 0);
	}
}

struct imapsrv_row *isrv_fetch_held_current(const struct isrv_fetch_held *h)
{
	struct held *held = (struct held *)(void *)h->rows.data;

	return h->at < h->rows.len / sizeof(*held) ? &held[h->at].row : NULL;
}

size_t isrv_fetch_held_left(const struct isrv_fetch_held *h)
{
	return h->rows.len / sizeof(struct held) - h->at;
}
