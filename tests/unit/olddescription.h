/* SPDX-License-Identifier: MIT */
/* Descriptions as they were made when References were not kept in them. */
#ifndef TESTS_UNIT_OLDDESCRIPTION_H
#define TESTS_UNIT_OLDDESCRIPTION_H

#include "unit/describe.h"

#include "message/description_format.h"

/* Of one of few octets in which References are NIL: the same without that, which stands before the
 * first part. */
static inline struct bytes old_description(const struct bytes *b)
{
	size_t rows_len, texts, cut, len;
	struct isrv_description d;
	unsigned char *p;

	assert_true(isrv_description_open(&d, b->data, b->len));
	rows_len = d.parts * isrv_format_row(false);
	texts = ISRV_HEAD_SIZE + rows_len;
	cut = texts + (size_t)isrv_row_get(&d, 0, ISRV_ROW_TEXT) - 1;
	assert_int_equal(b->data[cut], 0);
	len = (size_t)isrv_format_size(texts + d.texts_len - 1);
	p = calloc(1, len);
	assert_non_null(p);
	memcpy(p, b->data, cut);
	memcpy(p + cut, b->data + cut + 1, texts + d.texts_len - 1 - cut);
	for (uint32_t i = 0; i < d.parts; i++) {
		unsigned char *field = p + ISRV_HEAD_SIZE + i * isrv_format_row(false) +
				       4 * ISRV_ROW_TEXT;

		isrv_format_put(field, isrv_format_u32(field) - 1, 4);
	}
	isrv_format_put(p + ISRV_HEAD_TEXTS, d.texts_len - 1, 4);
	isrv_format_put(p + ISRV_HEAD_SUM, isrv_format_sum(p, len), 8);
	return (struct bytes){(char *)p, len};
}

#endif
