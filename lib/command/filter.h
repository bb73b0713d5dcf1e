/* SPDX-License-Identifier: MIT */
/*
 * command/filter - the grammar by which a client says which mailboxes it means (RFC 5465 8,
 * filter-mailboxes; RFC 7377 4): "personal", "subtree (A B)".  What is made of them is the
 * commands' affair; which mailboxes they cover, notify/notify.h says.
 */
#ifndef ISRV_COMMAND_FILTER_H
#define ISRV_COMMAND_FILTER_H

#include "notify/notify.h"
#include "session/command.h"

struct isrv_filter {
	uint8_t where; /* enum isrv_notify_where */
	bool all;      /* subtree of "" */
	struct imapsrv_span *names;
	uint32_t name_count;
};

/* How many names, and filters, a command has. */
struct isrv_filter_count {
	uint32_t names;
	bool too_many; /* more than limits.notify_names: the rest is not there */
};

bool isrv_filter_count(struct isrv_parse *p, struct isrv_filter_count *count);
/* filter-mailboxes-other.  `search`: in a search of several mailboxes, where "subtree-one" is known
 * (RFC 7377 2.2). */
bool isrv_filter_parse(struct isrv_parse *p, struct isrv_filter_count *count, bool search,
                       struct isrv_filter *filter_r);

#endif
