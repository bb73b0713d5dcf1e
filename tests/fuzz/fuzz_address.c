/* SPDX-License-Identifier: MIT */
/*
 * Address lists of any octets.  The first octet picks how much memory there is.  Asserted: markers
 * of groups come in pairs, everything else has a mailbox and a host, no text has CR, LF or NUL or
 * is longer than the list, the work is in proportion to the list, and folding the list at each of
 * its spaces gives the same addresses.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct list {
	struct imapsrv_span body;
	struct isrv_address_parser parser;
	struct isrv_arena arena;
	struct isrv_mem mem;
	uint64_t steps;
};

/* A block of its own, so that a sanitizer sees the first octet read too far. */
static void list_init(struct list *list, const char *data, size_t len, size_t memory)
{
	char *copy = malloc(len ? len : 1);

	ASSERT(copy);
	if (len)
		memcpy(copy, data, len);
	list->body.data = copy;
	list->body.len = len;
	list->steps = 0;
	isrv_mem_init(&list->mem, NULL, SIZE_MAX);
	isrv_arena_init(&list->arena, &list->mem, memory);
	isrv_address_init(&list->parser, list->body, &list->arena, &list->steps);
}

static void list_clear(struct list *list)
{
	isrv_arena_clear(&list->arena);
	ASSERT(list->mem.used == 0);
	free((void *)(uintptr_t)list->body.data);
}

static void check_text(const struct list *list, struct imapsrv_span text)
{
	size_t i, longest = list->body.len > 16 ? list->body.len : 16;

	ASSERT(text.len <= longest && (text.data || !text.len));
	for (i = 0; i < text.len; i++)
		ASSERT(text.data[i] != '\r' && text.data[i] != '\n' && text.data[i] != '\0');
}

static void check_address(const struct list *list, const struct isrv_address *address,
                          bool *in_group)
{
	check_text(list, address->name);
	check_text(list, address->adl);
	check_text(list, address->mailbox);
	check_text(list, address->host);
	if (address->host.data) {
		ASSERT(address->mailbox.len && address->host.len);
		return;
	}
	ASSERT(!address->name.data && !address->adl.data);
	ASSERT((address->mailbox.len == 0) == *in_group);
	*in_group = !*in_group;
}

static bool same(struct imapsrv_span a, struct imapsrv_span b)
{
	return !a.data == !b.data && a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void check_folded(struct list *list, struct list *folded)
{
	struct isrv_address one, two;
	bool more;

	do {
		more = isrv_address_next(&list->parser, &one);
		ASSERT(isrv_address_next(&folded->parser, &two) == more);
		ASSERT(!more || (same(one.name, two.name) && same(one.adl, two.adl) &&
		                 same(one.mailbox, two.mailbox) && same(one.host, two.host)));
	} while (more);
	ASSERT(!list->parser.lexer.failed && !folded->parser.lexer.failed);
}

static void fold(const char *data, size_t len)
{
	char *text = malloc(3 * len + 1);
	struct list list, folded;
	size_t i, n = 0;

	ASSERT(text);
	for (i = 0; i < len; i++) {
		if (data[i] == ' ') {
			text[n++] = '\r';
			text[n++] = '\n';
		}
		text[n++] = data[i];
	}
	list_init(&list, data, len, SIZE_MAX);
	list_init(&folded, text, n, SIZE_MAX);
	check_folded(&list, &folded);
	list_clear(&list);
	list_clear(&folded);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct isrv_address address;
	bool in_group = false;
	struct list list;
	size_t count = 0;

	if (size == 0)
		return 0;
	list_init(&list, (const char *)data + 1, size - 1, data[0] % 2 ? 8 * data[0] : SIZE_MAX);
	while (isrv_address_next(&list.parser, &address)) {
		check_address(&list, &address, &in_group);
		ASSERT(++count <= 2 * size);
	}
	ASSERT(!in_group && !isrv_address_next(&list.parser, &address));
	/* Read as tokens, put into a text, and both once more where a run is copied; a comment too. */
	ASSERT(list.steps <= 8 * (uint64_t)size);
	list_clear(&list);
	fold((const char *)data + 1, size - 1);
	return 0;
}
