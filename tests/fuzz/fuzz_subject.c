/* SPDX-License-Identifier: MIT */
/*
 * Subjects of any octets.  Asserted: the base subject, and whether it is a reply, are what the
 * oracle says that does the rules of RFC 5256 2.1 one by one; the work is in proportion to the
 * subject.
 */
#include <stdint.h>
#include <stdio.h>

#include "search/collate.h"
#include "search/subject.h"
#include "unit/subjectoracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Tabs and line ends to spaces, many to one. */
static size_t squeeze(char *text, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		if (strchr("\t\r\n", text[i]) && text[i])
			text[i] = ' ';
	for (i = 0; i < len; i++)
		if (!(text[i] == ' ' && i && text[i - 1] == ' '))
			text[n++] = text[i];
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imapsrv_span text = {(const char *)data, size};
	struct isrv_buf room, decoded;
	struct isrv_subject subject;
	struct isrv_mem mem;
	uint64_t steps = 0;
	bool reply = false;
	size_t len = 0;

	if (size > 4096)
		return 0;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_buf_init(&room, 1 << 20);
	isrv_buf_init(&decoded, 1 << 20);
	ASSERT(isrv_subject_read(text, &room, &mem, &steps, &subject));
	ASSERT(isrv_collate_decode(text, &decoded, &mem));
	if (decoded.len)
		len = oracle_subject(decoded.data, squeeze(decoded.data, decoded.len), &reply);
	ASSERT(subject.base.len == len && subject.reply == reply);
	ASSERT(!len || memcmp(subject.base.data, decoded.data, len) == 0);
	ASSERT(steps <= 12 * (uint64_t)size + 16);
	isrv_buf_clear(&room, &mem);
	isrv_buf_clear(&decoded, &mem);
	ASSERT(mem.used == 0);
	return 0;
}
