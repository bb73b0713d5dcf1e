/* SPDX-License-Identifier: MIT */
/*
 * URLs of any octets.  Asserted: nothing that is found is longer than the text; names are names;
 * what a URLAUTH is made of is a beginning of the text, with ":", a mechanism, ":" and the token
 * behind it; and that beginning is itself a URL of the same thing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static void check_name(struct imapsrv_span name, size_t size)
{
	ASSERT(name.len <= size);
	ASSERT(!name.data || (name.len && isrv_utf8_is_name(name.data, name.len)));
}

static void check_spans(const struct isrv_url *u, size_t size)
{
	check_name(u->user, size);
	check_name(u->auth, size);
	check_name(u->mailbox, size);
	check_name(u->grantee, size);
	ASSERT(u->host.len <= size && u->search.len <= size && u->section.len <= size);
	ASSERT((u->kind == ISRV_URL_MESSAGE) == (u->uid != 0));
	ASSERT((u->kind == ISRV_URL_SERVER) == !u->mailbox.data);
	ASSERT(u->uid || (!u->section.data && !u->partial && !u->access));
	ASSERT(u->access || (!u->expires && !u->token.data));
	ASSERT(!u->token.data == !u->mechanism.data);
	ASSERT(!u->token.data || (u->token.len >= 32 && isrv_url_is_mechanism(u->mechanism)));
}

static bool same(struct imapsrv_span a, struct imapsrv_span b)
{
	return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

static void check_rump(const struct isrv_url *u, struct isrv_arena *arena, struct imapsrv_span text)
{
	const char *behind = text.data + u->rump_len;
	struct isrv_url rump;

	if (!u->token.data) {
		ASSERT(u->rump_len == text.len);
		return;
	}
	ASSERT(u->rump_len + u->mechanism.len + u->token.len + 2 == text.len);
	ASSERT(behind[0] == ':' && behind[1 + u->mechanism.len] == ':');
	ASSERT(memcmp(behind + 1, u->mechanism.data, u->mechanism.len) == 0);
	text.len = u->rump_len;
	ASSERT(isrv_url_parse(&rump, arena, text) == ISRV_URL_OK);
	ASSERT(!rump.token.data && rump.access == u->access && rump.uid == u->uid);
	ASSERT(same(rump.mailbox, u->mailbox) && same(rump.user, u->user));
	ASSERT(same(rump.grantee, u->grantee) && same(rump.section, u->section));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	struct isrv_url u;
	char *copy;

	if (size > 65536)
		return 0;
	copy = malloc(size ? size : 1);
	ASSERT(copy);
	if (size)
		memcpy(copy, data, size);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, SIZE_MAX);
	if (isrv_url_parse(&u, &arena, (struct imapsrv_span){copy, size}) == ISRV_URL_OK) {
		check_spans(&u, size);
		check_rump(&u, &arena, (struct imapsrv_span){copy, size});
	}
	isrv_arena_clear(&arena);
	ASSERT(mem.used == 0);
	free(copy);
	return 0;
}
