/* SPDX-License-Identifier: MIT */
/* What was asked: which mailboxes the groups cover, and what the host has to watch for them. */
#include "notify/notify.h"

#include <string.h>

#define ISRV_SERVER ((unsigned)ISRV_NOTIFY_SERVER_METADATA)

void isrv_notify_free(struct isrv_notify *n, struct isrv_mem *mem)
{
	if (!n)
		return;
	for (uint32_t i = 0; i < n->group_count; i++)
		isrv_names_clear(&n->groups[i].names, mem);
	isrv_mem_free(mem, n->groups, n->group_count * sizeof(*n->groups));
	isrv_mem_free(mem, n->fetch, n->fetch_len);
	isrv_names_clear(&n->subscribed, mem);
	isrv_names_clear(&n->noaccess, mem);
	isrv_news_clear(&n->news, mem);
	isrv_mem_free(mem, n, sizeof(*n));
}

/* ---- which mailboxes ----------------------------------------------------------------------- */

static bool is_inbox(struct imapsrv_span name)
{
	return name.len == 5 && !memcmp(name.data, "INBOX", 5);
}

/* "All selectable mailboxes in the user's personal namespace(s)" (RFC 5465 6.2): the longest prefix
 * that a name begins with says whose it is.  INBOX is always personal (RFC 9051 5.1). */
static bool is_personal(const struct isrv_notify_account *account, struct imapsrv_span name)
{
	const struct imapsrv_namespace *best = NULL;

	if (!account->namespaces || is_inbox(name))
		return true;
	for (size_t i = 0; i < account->namespace_count; i++) {
		const struct imapsrv_namespace *ns = &account->namespaces[i];
		struct imapsrv_span prefix = ns->prefix;
		size_t len = prefix.len;

		/* The name that the prefix itself is, without its separator, belongs to it. */
		if (len && account->separator && prefix.data[len - 1] == account->separator &&
		    name.len == len - 1)
			len--;
		if (name.len < len || (len && memcmp(name.data, prefix.data, len) != 0))
			continue;
		if (!best || prefix.len > best->prefix.len)
			best = ns;
	}
	return best && best->kind == IMAPSRV_NS_PERSONAL;
}

/* Is it one of the names, or one level below one? */
static bool is_or_is_below(const struct isrv_notify_group *g, char separator,
                           struct imapsrv_span name)
{
	struct imapsrv_span above = name;

	if (isrv_names_has(&g->names, name))
		return true;
	while (above.len && (!separator || above.data[above.len - 1] != separator))
		above.len--;
	return above.len
	               ? isrv_names_has(&g->names, (struct imapsrv_span){name.data, above.len - 1})
	               : g->all;
}

static bool covers(const struct isrv_notify *n, const struct isrv_notify_group *g,
                   const struct isrv_notify_account *account, struct imapsrv_span name)
{
	switch ((enum isrv_notify_where)g->where) {
	case ISRV_NOTIFY_PERSONAL:
		return is_personal(account, name);
	case ISRV_NOTIFY_SUBSCRIBED:
		return isrv_names_has(&n->subscribed, name);
	case ISRV_NOTIFY_SUBTREE:
		return g->all || isrv_names_has_above(&g->names, name, account->separator);
	case ISRV_NOTIFY_SUBTREE_ONE:
		return is_or_is_below(g, account->separator, name);
	case ISRV_NOTIFY_MAILBOXES:
		break;
	}
	return isrv_names_has(&g->names, name);
}

unsigned isrv_notify_wants(const struct isrv_notify *n, const struct isrv_notify_account *account,
                           struct imapsrv_span name)
{
	unsigned wants = 0;

	for (uint32_t i = 0; i < n->group_count; i++) {
		const struct isrv_notify_group *g = &n->groups[i];

		if ((wants | g->events) == wants && g->events)
			continue; /* it could add nothing */
		if (!covers(n, g, account, name))
			continue;
		/* "does not wish to receive any events for the specified mailboxes" (RFC 5465 8) */
		if (!g->events)
			return 0;
		wants |= g->events;
	}
	return wants;
}

bool isrv_notify_wants_any(const struct isrv_notify *n, unsigned events)
{
	for (uint32_t i = 0; i < n->group_count; i++)
		if (n->groups[i].events & events)
			return true;
	return false;
}

/* ---- what the host watches ----------------------------------------------------------------- */

/* Where interests go: a window of them, so that the caller needs no room for all. */
struct window {
	struct imapsrv_interest *out;
	size_t from; /* so many are passed over */
	size_t max;
	size_t at;   /* of all */
};

static void put(struct window *w, enum imapsrv_scope scope, struct imapsrv_span name,
                uint32_t events)
{
	if (!events)
		return;
	if (w->at >= w->from && w->at - w->from < w->max)
		w->out[w->at - w->from] = (struct imapsrv_interest){scope, name, events};
	w->at++;
}

static bool is_full(const struct window *w)
{
	return w->at >= w->from && w->at - w->from >= w->max;
}

/* Of so many names, each with so many interests: the first that is not all before the window.  A
 * window costs what is in it, not what is before. */
static uint32_t pass_over(struct window *w, uint32_t count, uint32_t each)
{
	size_t n = w->from > w->at ? (w->from - w->at) / each : 0;

	if (n > count)
		n = count;
	w->at += n * each;
	return (uint32_t)n;
}

/* Of one mailbox; and when what is right below it comes and goes, it is affected too (RFC 5465
 * 5.4). */
static void put_mailbox(struct window *w, const struct isrv_notify_group *g,
                        struct imapsrv_span name)
{
	put(w, IMAPSRV_SCOPE_MAILBOX, name, isrv_notify_sources(g->events & ~ISRV_SERVER));
	if (g->events & ISRV_NOTIFY_NAME)
		put(w, IMAPSRV_SCOPE_SUBTREE, name,
		    IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_CREATE) |
		            IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_DELETE) |
		            IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_ACCESS_GAINED) |
		            IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_ACCESS_LOST));
}

/* A prefix that is a name and the separator stands for a subtree; any other is the start of names
 * anywhere, and then it is all of them. */
static bool is_subtree(const struct isrv_notify_account *account, struct imapsrv_span prefix)
{
	return account->separator && prefix.len > 1 &&
	       prefix.data[prefix.len - 1] == account->separator;
}

static void put_personal(struct window *w, const struct isrv_notify_account *account,
                         uint32_t events)
{
	static const struct imapsrv_span everything = {NULL, 0};
	static const struct imapsrv_span inbox = {"INBOX", 5};
	bool all = !account->namespaces;

	for (size_t i = 0; account->namespaces && i < account->namespace_count; i++)
		if (account->namespaces[i].kind == IMAPSRV_NS_PERSONAL)
			all = all || !is_subtree(account, account->namespaces[i].prefix);
	if (all) {
		put(w, IMAPSRV_SCOPE_SUBTREE, everything, events);
		return;
	}
	put(w, IMAPSRV_SCOPE_MAILBOX, inbox, events);
	for (size_t i = 0; i < account->namespace_count; i++) {
		struct imapsrv_span prefix = account->namespaces[i].prefix;

		prefix.len--;
		if (account->namespaces[i].kind == IMAPSRV_NS_PERSONAL)
			put(w, IMAPSRV_SCOPE_SUBTREE, prefix, events);
	}
}

static void put_subscribed(struct window *w, const struct isrv_notify *n, struct imapsrv_span name)
{
	for (uint32_t i = 0; i < n->group_count; i++)
		if (n->groups[i].where == ISRV_NOTIFY_SUBSCRIBED)
			put_mailbox(w, &n->groups[i], name);
}

static void put_names(struct window *w, const struct isrv_notify_group *g)
{
	uint32_t events = isrv_notify_sources(g->events & ~ISRV_SERVER),
		 count = isrv_names_count(&g->names);
	bool tree = g->where == ISRV_NOTIFY_SUBTREE;
	uint32_t each = (events ? 1u : 0u) + (!tree && g->events & ISRV_NOTIFY_NAME ? 1u : 0u);
	uint32_t i = each ? pass_over(w, count, each) : count;

	for (; i < count && !is_full(w); i++)
		if (tree)
			put(w, IMAPSRV_SCOPE_SUBTREE, isrv_names_at(&g->names, i), events);
		else
			put_mailbox(w, g, isrv_names_at(&g->names, i));
	w->at += (size_t)(count - i) * each;
}

static void put_group(struct window *w, const struct isrv_notify_group *g,
                      const struct isrv_notify_account *account)
{
	static const struct imapsrv_span everything = {NULL, 0};
	uint32_t events = isrv_notify_sources(g->events & ~ISRV_SERVER);

	if (g->events & ISRV_SERVER)
		put(w, IMAPSRV_SCOPE_ACCOUNT, everything,
		    IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_SERVER_METADATA));
	switch ((enum isrv_notify_where)g->where) {
	case ISRV_NOTIFY_PERSONAL:
		put_personal(w, account, events);
		break;
	case ISRV_NOTIFY_SUBSCRIBED:  /* name by name */
	case ISRV_NOTIFY_SUBTREE_ONE: /* nobody listens to it */
		break;
	case ISRV_NOTIFY_SUBTREE:
		if (g->all)
			put(w, IMAPSRV_SCOPE_SUBTREE, everything, events);
		else
			put_names(w, g);
		break;
	case ISRV_NOTIFY_MAILBOXES:
		put_names(w, g);
		break;
	}
}

size_t isrv_notify_of_groups(const struct isrv_notify *n, const struct isrv_notify_account *account,
                             size_t from, struct imapsrv_interest *out, size_t max)
{
	static const struct imapsrv_span everything = {NULL, 0};
	struct window w = {out, from, max, 0};

	for (uint32_t i = 0; i < n->group_count; i++)
		put_group(&w, &n->groups[i], account);
	if (n->follows)
		put(&w, IMAPSRV_SCOPE_ACCOUNT, everything,
		    IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_SUBSCRIBE) |
		            IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE));
	return w.at;
}

size_t isrv_notify_of_subscribed(const struct isrv_notify *n, struct imapsrv_span name, size_t from,
                                 struct imapsrv_interest *out, size_t max)
{
	struct window w = {out, from, max, 0};

	put_subscribed(&w, n, name);
	return w.at;
}

int isrv_notify_compare(const struct imapsrv_interest *a, const struct imapsrv_interest *b)
{
	size_t n = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order = n ? memcmp(a->name.data, b->name.data, n) : 0;

	if (order)
		return order;
	if (a->name.len != b->name.len)
		return a->name.len < b->name.len ? -1 : 1;
	if (a->scope != b->scope)
		return a->scope < b->scope ? -1 : 1;
	return a->events < b->events ? -1 : a->events > b->events;
}

/* Lets the i-th sink to its place in a heap of so many. */
static void sink(struct imapsrv_interest *list, size_t count, size_t i)
{
	struct imapsrv_interest moved = list[i];

	for (size_t child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && isrv_notify_compare(&list[child], &list[child + 1]) < 0)
			child++;
		if (isrv_notify_compare(&moved, &list[child]) >= 0)
			break;
		list[i] = list[child];
	}
	list[i] = moved;
}

void isrv_notify_sort(struct imapsrv_interest *list, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sink(list, count, i);
	while (count > 1) {
		struct imapsrv_interest last = list[--count];

		list[count] = list[0];
		list[0] = last;
		sink(list, count, 0);
	}
}
