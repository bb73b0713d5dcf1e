/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/filter.h"

#include <string.h>

bool isrv_filter_count(struct isrv_parse *p, struct isrv_filter_count *count)
{
	if (count->names >= p->limits->notify_names) {
		count->too_many = true;
		return false;
	}
	count->names++;
	return true;
}

static bool is_subtree(const struct isrv_filter *f)
{
	return f->where == ISRV_NOTIFY_SUBTREE || f->where == ISRV_NOTIFY_SUBTREE_ONE;
}

/* One name.  "" is no mailbox; as a subtree it is the whole hierarchy. */
static bool parse_mailbox(struct isrv_parse *p, struct isrv_filter_count *count,
                          struct isrv_filter *f)
{
	struct isrv_reader *r = &p->r;
	struct imapsrv_span *names = f->names;
	struct imapsrv_span name;
	uint32_t n = f->name_count;

	if (is_subtree(f) && r->end - r->at >= 2 && !memcmp(r->at, "\"\"", 2)) {
		r->at += 2;
		f->all = true;
		return true;
	}
	if (!isrv_rd_mailbox(r, &name))
		return false;
	if (!isrv_filter_count(p, count))
		return true;
	if (!(n & (n - 1)) && (!n || n >= 4)) {
		names = isrv_arena_grow(r->arena, names, n * sizeof(*names),
		                        (n ? n * 2 : 4) * sizeof(*names));
		if (!names)
			return isrv_rd_fail_memory(r);
		f->names = names;
	}
	f->names[f->name_count++] = name;
	return true;
}

/* one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")" */
static bool parse_mailboxes(struct isrv_parse *p, struct isrv_filter_count *count,
                            struct isrv_filter *f)
{
	struct isrv_reader *r = &p->r;

	if (!isrv_rd_sp(r))
		return false;
	if (!isrv_rd_try(r, '('))
		return parse_mailbox(p, count, f);
	do {
		if (!parse_mailbox(p, count, f))
			return false;
	} while (isrv_rd_try_sp(r));
	return isrv_rd_char(r, ')');
}

bool isrv_filter_parse(struct isrv_parse *p, struct isrv_filter_count *count, bool search,
                       struct isrv_filter *filter_r)
{
	static const struct {
		const char *word;
		uint8_t where;
		bool names;
		bool search;
	} filters[] = {
		{"INBOXES", ISRV_NOTIFY_PERSONAL, false, false}, /* RFC 5465 6.3 */
		{"PERSONAL", ISRV_NOTIFY_PERSONAL, false, false},
		{"SUBSCRIBED", ISRV_NOTIFY_SUBSCRIBED, false, false},
		{"SUBTREE", ISRV_NOTIFY_SUBTREE, true, false},
		{"SUBTREE-ONE", ISRV_NOTIFY_SUBTREE_ONE, true, true},
		{"MAILBOXES", ISRV_NOTIFY_MAILBOXES, true, false},
	};
	size_t i = 0, n = sizeof(filters) / sizeof(filters[0]);

	memset(filter_r, 0, sizeof(*filter_r));
	while (i < n && ((filters[i].search && !search) ||
	                 !isrv_rd_try_word(&p->r, filters[i].word)))
		i++;
	if (i == n)
		return isrv_rd_fail(&p->r,
		                    search ? "SELECTED, INBOXES, PERSONAL, SUBSCRIBED, SUBTREE, "
		                             "SUBTREE-ONE or MAILBOXES"
		                           : "SELECTED, SELECTED-DELAYED, INBOXES, PERSONAL, "
		                             "SUBSCRIBED, SUBTREE or MAILBOXES");
	filter_r->where = filters[i].where;
	return !filters[i].names || parse_mailboxes(p, count, filter_r);
}
