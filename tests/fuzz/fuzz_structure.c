/* SPDX-License-Identifier: MIT */
/*
 * Any octets are a message.  The first picks limits and how the rest is cut.  Asserted: however it
 * is cut, the description is the same, and can be opened; its answers are in the grammar; with CRLF
 * at each line end they are equal; every part lies in the message; steps are in proportion and
 * memory is bounded.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/description.h"
#include "message/structure.h"
#include "unit/bodyform.h"
#include "wire/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static const struct isrv_structure_limits limits[] = {
	{100, 10000, 65536, 262144, 1000, 100},
	{2, 5, 64, 100, 2, 2},
};

struct bytes {
	char *data;
	size_t len;
};

/* What a message of that many octets may need at most: all of it as header, texts and parts. */
static size_t bound(size_t size)
{
	return 200 * size + 20000;
}

static struct bytes describe(const struct isrv_structure_limits *l, const char *data, size_t len,
                             size_t piece)
{
	struct isrv_structure *st;
	struct imapsrv_span s;
	struct isrv_mem mem;
	struct bytes b;
	uint64_t steps = 0;

	isrv_mem_init(&mem, &isrv_mem_libc, SIZE_MAX);
	st = isrv_structure_new(&mem, l, &steps);
	ASSERT(st);
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		char *block = malloc(n); /* of the exact size: nothing around it may be read */

		ASSERT(block);
		memcpy(block, data + at, n);
		ASSERT(isrv_structure_feed(st, block, n));
		free(block);
	}
	ASSERT(isrv_structure_finish(st, &s));
	b.data = malloc(s.len);
	ASSERT(b.data);
	memcpy(b.data, s.data, s.len);
	b.len = s.len;
	isrv_structure_free(st);
	ASSERT(mem.used == 0);
	ASSERT(mem.peak <= bound(len));
	ASSERT(steps <= 120 * (uint64_t)len + 100);
	return b;
}

/* An answer; kind 0 is ENVELOPE. */
static struct bytes show(const struct isrv_description *d, int kind)
{
	struct imapsrv_span span;
	struct isrv_writer w;
	struct isrv_outq q;
	struct isrv_mem mem;
	struct bytes b;
	size_t at = 0;

	isrv_mem_init(&mem, &isrv_mem_libc, SIZE_MAX);
	isrv_outq_init(&q, &mem);
	isrv_writer_init(&w, &q);
	ASSERT(kind ? isrv_description_put_body(d, &w, (unsigned)kind)
	            : isrv_description_put_envelope(d, &w));
	b.len = isrv_outq_size(&q);
	b.data = malloc(b.len + 1);
	ASSERT(b.data);
	while (isrv_outq_peek(&q, &span, 1)) {
		memcpy(b.data + at, span.data, span.len);
		at += span.len;
		isrv_outq_sent(&q, span.len);
	}
	isrv_outq_clear(&q);
	ASSERT(mem.used == 0);
	ASSERT(bodyform_all(b.data, b.len, !kind, kind & 1, kind & 2));
	return b;
}

static void check_leaves(const struct isrv_description *d)
{
	struct isrv_part_info info;
	uint64_t last = 0;
	uint32_t at = 0;

	while (isrv_description_leaf(d, &at, &info)) {
		ASSERT(info.body.wire >= last && info.body.wire_end >= info.body.wire);
		ASSERT(info.body.wire_end <= d->wire_octets);
		ASSERT(info.body.host_end >= info.body.host);
		ASSERT(info.body.host_end <= d->host_octets);
		last = info.body.wire_end;
	}
	ASSERT(at == d->parts);
}

static void check_twin(const struct isrv_structure_limits *l, const struct isrv_description *d,
                       const char *data, size_t len)
{
	struct bytes crlf = {malloc(2 * len + 1), 0}, b;
	struct isrv_description twin;

	ASSERT(crlf.data);
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			crlf.data[crlf.len++] = '\r';
		crlf.data[crlf.len++] = data[i];
	}
	b = describe(l, crlf.data, crlf.len, crlf.len ? crlf.len : 1);
	ASSERT(isrv_description_open(&twin, b.data, b.len));
	ASSERT(twin.wire_octets == crlf.len && twin.host_octets == crlf.len);
	ASSERT(d->wire_octets == crlf.len && d->host_octets == len);
	for (int kind = 0; kind < 4; kind++) {
		struct bytes one = show(d, kind), other = show(&twin, kind);

		ASSERT(one.len == other.len && !memcmp(one.data, other.data, one.len));
		free(one.data);
		free(other.data);
	}
	free(b.data);
	free(crlf.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct isrv_structure_limits *l;
	struct isrv_description d;
	struct bytes whole, cut;
	const char *text;
	size_t len;

	if (size == 0)
		return 0;
	l = &limits[data[0] & 1];
	text = (const char *)data + 1;
	len = size - 1;
	whole = describe(l, text, len, len ? len : 1);
	cut = describe(l, text, len, 1 + data[0] / 2 % 16);
	ASSERT(whole.len == cut.len && !memcmp(whole.data, cut.data, whole.len));
	ASSERT(isrv_description_open(&d, whole.data, whole.len));
	check_leaves(&d);
	check_twin(l, &d, text, len);
	free(whole.data);
	free(cut.data);
	return 0;
}
