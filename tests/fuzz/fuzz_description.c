/* SPDX-License-Identifier: MIT */
/*
 * Any octets as a description that a host gives back.  The checksum is made to fit, as an enemy
 * would, and where the first octet says so also magic, version and the number of octets of texts,
 * so that most inputs reach what is behind.  Asserted: what can be opened is answered from in the
 * grammar, its places lie within the message, and the work is in proportion to the octets.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/description_format.h"
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

static void check_answer(const struct isrv_description *d, int kind)
{
	struct imapsrv_span span;
	struct isrv_writer w;
	struct isrv_outq q;
	struct isrv_mem mem;
	size_t len, at = 0;
	char *text;

	isrv_mem_init(&mem, &isrv_mem_libc, SIZE_MAX);
	isrv_outq_init(&q, &mem);
	isrv_writer_init(&w, &q);
	ASSERT(kind ? isrv_description_put_body(d, &w, (unsigned)kind)
	            : isrv_description_put_envelope(d, &w));
	len = isrv_outq_size(&q);
	/* From may be shown three times; a literal costs some more octets, and so do defaults. */
	ASSERT(len <= 40 * d->len + 200);
	text = malloc(len + 1);
	ASSERT(text);
	while (isrv_outq_peek(&q, &span, 1)) {
		memcpy(text + at, span.data, span.len);
		at += span.len;
		isrv_outq_sent(&q, span.len);
	}
	isrv_outq_clear(&q);
	ASSERT(mem.used == 0);
	ASSERT(bodyform_all(text, len, !kind, kind & 1, kind & 2));
	free(text);
}

static void check_extent(const struct isrv_description *d, const struct isrv_extent *e)
{
	ASSERT(e->wire <= e->wire_end && e->wire_end <= d->wire_octets);
	ASSERT(e->host <= e->host_end && e->host_end <= d->host_octets);
}

static void check_places(const struct isrv_description *d)
{
	struct isrv_part_info info;
	struct isrv_extent e;
	uint32_t numbers[4], at = 0;

	while (isrv_description_leaf(d, &at, &info))
		check_extent(d, &info.body);
	for (uint32_t n = 0; n < 256; n++) {
		for (uint32_t i = 0; i < 4; i++)
			numbers[i] = n >> 2 * i & 3;
		for (uint32_t count = 0; count <= 4; count++) {
			if (isrv_description_part(d, numbers, count, &info))
				check_extent(d, &info.body);
			for (int text = 0; text <= ISRV_SECTION_MIME; text++)
				if (isrv_description_find(d, numbers, count,
				                          (enum isrv_section_text)text, &e))
					check_extent(d, &e);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct isrv_description d;
	unsigned char *p;
	size_t len, used;

	if (size == 0)
		return 0;
	len = size - 1;
	if (data[0] & 1)
		len -= len % 16;
	p = malloc(len ? len : 1); /* of the exact size */
	ASSERT(p);
	if (len)
		memcpy(p, data + 1, len);
	if ((data[0] & 1) && len >= ISRV_HEAD_SIZE + ISRV_DESCRIPTION_PAD) {
		const bool wide = p[ISRV_HEAD_FLAGS] & ISRV_DESCRIPTION_WIDE;

		memcpy(p, ISRV_DESCRIPTION_MAGIC, 4);
		p[ISRV_HEAD_VERSION] = ISRV_DESCRIPTION_VERSION;
		p[ISRV_HEAD_PARTS + 1] = p[ISRV_HEAD_PARTS + 2] = p[ISRV_HEAD_PARTS + 3] = 0;
		used = ISRV_HEAD_SIZE + p[ISRV_HEAD_PARTS] * isrv_format_row(wide) +
		       ISRV_DESCRIPTION_PAD;
		if (used <= len)
			isrv_format_put(p + ISRV_HEAD_TEXTS, len - used, 4);
	}
	if (len >= ISRV_HEAD_SIZE && len % 16 == 0)
		isrv_format_put(p + ISRV_HEAD_SUM, isrv_format_sum(p, len), 8);
	if (isrv_description_open(&d, p, len)) {
		for (int kind = 0; kind < 4; kind++)
			check_answer(&d, kind);
		check_places(&d);
	}
	free(p);
	return 0;
}
