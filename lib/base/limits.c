/* SPDX-License-Identifier: MIT */
/* base/limits - the defaults of imapsrv/engine.h's limits, in one place. */
#include "base/limits.h"

#define DEFAULT(member, value)                   \
	do {                                     \
		if (!limits->member)             \
			limits->member = (value); \
	} while (0)

void isrv_limits_fill(struct imapsrv_limits *limits)
{
	DEFAULT(command, (size_t)1 << 20);
	DEFAULT(command_prelogin, 8192);
	DEFAULT(arena, (size_t)16 << 20);
	DEFAULT(memory, (size_t)64 << 20);
	DEFAULT(memory_prelogin, (size_t)64 << 10);
	DEFAULT(output, (size_t)64 << 10);
	DEFAULT(append, UINT64_C(256) << 20);
	DEFAULT(drop, UINT64_C(64) << 20);
	DEFAULT(append_messages, 1000);
	DEFAULT(set_ranges, 100000);
	DEFAULT(names, 100000);
	DEFAULT(keyword_len, 255);
	DEFAULT(keywords, 1000);
	DEFAULT(search_terms, 10000);
	DEFAULT(fetch_items, 1000);
	DEFAULT(depth, 100);
	DEFAULT(parts, 10000);
	DEFAULT(header_octets, 1u << 20);
	DEFAULT(described, 1u << 20);
	DEFAULT(addresses, 10000);
	DEFAULT(params, 1000);
	DEFAULT(batch, 500);
	DEFAULT(failed_logins, 5);
	DEFAULT(bad_commands, 50);
	DEFAULT(bad_prelogin, 10);
	DEFAULT(login_delay, 2000);
	DEFAULT(login_timeout, 180000);
	DEFAULT(inactivity, 1860000);
	DEFAULT(idle_timeout, 1860000);
	DEFAULT(keepalive, 120000);
	DEFAULT(search_steps, UINT64_C(100000000000));
	DEFAULT(turn, 1000000);
	DEFAULT(progress, 1000000000);
	DEFAULT(message_limit, UINT32_MAX);
	DEFAULT(save_limit, UINT32_MAX);
	DEFAULT(sort, (size_t)32 << 20);
	DEFAULT(uidbatch, 500);
	DEFAULT(uidbatches, 100000);
	DEFAULT(inprogress, 12000);
	if (limits->uidbatch > 500)
		limits->uidbatch = 500; /* RFC 10022 3.1.3 */
	DEFAULT(metadata, 262144);
	DEFAULT(metadata_entries, 1000);
	DEFAULT(annotation, 262144);
	DEFAULT(annotation_entries, 1000);
	DEFAULT(annotation_pending, 100);
	DEFAULT(contexts, 16);
	DEFAULT(notify_names, 10000);
	DEFAULT(notify_mailboxes, 10000);
	DEFAULT(notify_pending, 1000);
	if (limits->keyword_len > 255)
		limits->keyword_len = 255; /* lengths are kept in an octet */
}
