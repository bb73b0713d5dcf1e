/* SPDX-License-Identifier: MIT */
/*
 * NOTIFY (RFC 5465 3.1) of any octets.  What was taken has groups that ask for something, names
 * within the limit, and fetch-atts within theirs.
 */
#include "command/notify.h"
#include "fuzz/arguments.h"

static void look(const struct arguments *a)
{
	const struct isrv_notify_args *n = a->args;
	uint32_t names = 0, i, k;

	ASSERT(!n->none || (!n->group_count && !n->selected_given));
	ASSERT(!n->delayed || n->selected_given);
	ASSERT(n->fetch.len <= ISRV_NOTIFY_FETCH_MAX);
	for (i = 0; i < n->group_count; i++) {
		const struct isrv_filter *f = &n->groups[i].filter;

		names += f->name_count;
		for (k = 0; k < f->name_count; k++)
			ASSERT(f->names[k].data && f->names[k].len);
	}
	ASSERT(names <= a->limits.notify_names || n->count.too_many);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arguments_try(&isrv_command_notify, data, size, look);
	return 0;
}
