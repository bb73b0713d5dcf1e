/* SPDX-License-Identifier: MIT */
/* A message to its description and that to IMAP, in one call each; for tests of both. */
#ifndef TESTS_UNIT_DESCRIBE_H
#define TESTS_UNIT_DESCRIBE_H

#include "unit/bodyform.h"
#include "unit/failalloc.h"
#include "unit/row.h"

#include "message/description.h"
#include "message/structure.h"
#include "wire/writer.h"

static const struct isrv_structure_limits describe_limits = {100, 10000, 65536, 262144, 1000, 100};

/* Bytes of the heap. */
struct bytes {
	char *data;
	size_t len;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
	struct bytes b = {exact(data, len), len};

	return b;
}

/* Feeds the message in two pieces, cut there, or octet by octet for SIZE_MAX.  False: no memory. */
static inline bool describe_cut(struct isrv_mem *mem, const struct isrv_structure_limits *limits,
                                const char *data, size_t len, size_t cut, struct bytes *b_r,
                                uint64_t *steps)
{
	struct isrv_structure *st = isrv_structure_new(mem, limits, steps);
	struct imapsrv_span s;
	bool is = st != NULL;

	b_r->data = NULL;
	b_r->len = 0;
	if (cut == SIZE_MAX)
		for (size_t i = 0; is && i < len; i++) {
			char *one = exact(data + i, 1);

			is = isrv_structure_feed(st, one, 1);
			free(one);
		}
	else
		is = is && isrv_structure_feed(st, data, cut) &&
		     isrv_structure_feed(st, data + cut, len - cut);
	is = is && isrv_structure_finish(st, &s);
	if (is)
		*b_r = bytes_of(s.data, s.len);
	isrv_structure_free(st);
	return is;
}

static inline struct bytes describe(const struct isrv_structure_limits *limits, const char *data,
                                    size_t len)
{
	uint64_t steps = 0;
	struct isrv_mem mem;
	struct bytes b;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	if (!describe_cut(&mem, limits, data, len, 0, &b, &steps))
		abort();
	assert_int_equal(mem.used, 0);
	return b;
}

enum shown { SHOWN_ENVELOPE, SHOWN_BODY, SHOWN_STRUCTURE, SHOWN_REVISION1, SHOWN_KINDS };

/* What is sent for it, with a NUL behind; checked against the grammar. */
static inline struct bytes show(const struct isrv_description *d, enum shown what)
{
	const bool extended = what != SHOWN_BODY, global = what != SHOWN_REVISION1;
	struct imapsrv_span spans[8];
	struct isrv_writer w;
	struct isrv_outq q;
	struct isrv_mem mem;
	struct bytes b;
	size_t n, at = 0;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_outq_init(&q, &mem);
	isrv_writer_init(&w, &q);
	if (what == SHOWN_ENVELOPE)
		assert_true(isrv_description_put_envelope(d, &w));
	else
		assert_true(isrv_description_put_body(d, &w, (extended ? ISRV_BODY_EXTENDED : 0u) |
		                                                 (global ? ISRV_BODY_GLOBAL : 0u)));
	b.len = isrv_outq_size(&q);
	b.data = malloc(b.len + 1);
	if (!b.data)
		abort();
	while ((n = isrv_outq_peek(&q, spans, 8)) > 0) {
		size_t from = at;

		for (size_t i = 0; i < n; i++) {
			memcpy(b.data + at, spans[i].data, spans[i].len);
			at += spans[i].len;
		}
		isrv_outq_sent(&q, at - from);
	}
	b.data[at] = '\0';
	isrv_outq_clear(&q);
	assert_int_equal(mem.used, 0);
	if (!bodyform_all(b.data, b.len, what == SHOWN_ENVELOPE, extended, global))
		fail_msg("not the grammar: %s", b.data);
	return b;
}

/* The same message with CRLF at each line end. */
static inline struct bytes with_crlf(const char *data, size_t len)
{
	struct bytes b = {malloc(2 * len + 1), 0};

	if (!b.data)
		abort();
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			b.data[b.len++] = '\r';
		b.data[b.len++] = data[i];
	}
	return b;
}

#endif
