/* SPDX-License-Identifier: MIT */
/*
 * Order: INBOX first, then by octets with the separator below all others, so that a name stands
 * right before all that is below it, and one walk with the chain of superior names at hand does the
 * rest. The sort is a merge of lists of doubling length: no memory, no recursion, n log n for any
 * input.
 */
#include "command/list_tree.h"

#include <string.h>

#include "base/ascii.h"

enum { INBOX_LEN = 5, BINS = 32 };

/* ---- names come in ------------------------------------------------------------------------- */

/* An empty node for a name that stays where it is, NULL when there is no room. */
static struct isrv_list_name *node_new(struct isrv_list_tree *t, const char *name, size_t len,
                                       bool copy)
{
	size_t size = sizeof(struct isrv_list_name) + (copy ? len : 0);
	struct isrv_list_name *n;

	if (t->count >= t->max) {
		t->too_many = true;
		return NULL;
	}
	n = isrv_arena_alloc(t->arena, size);
	if (!n) {
		t->nomem = size;
		return NULL;
	}
	memset(n, 0, sizeof(*n));
	n->name = name;
	n->len = len;
	if (copy) {
		n->name = (char *)(n + 1);
		memcpy(n + 1, name, len);
	}
	if (isrv_list_is_inbox(name, len, t->separator))
		n->marks |= ISRV_LIST_INBOX;
	t->count++;
	return n;
}

/* Below a name that is at hand is what it has to know of `marks`. */
static unsigned as_below(unsigned marks)
{
	unsigned below = marks & ISRV_LIST_BELOW;

	if (marks & ISRV_LIST_EXISTS)
		below |= ISRV_LIST_BELOW_EXISTS;
	if (marks & ISRV_LIST_SELECTED)
		below |= ISRV_LIST_BELOW_SELECTED;
	return below;
}

void isrv_list_add(struct isrv_list_tree *t, const struct imapsrv_name *name, unsigned marks)
{
	struct isrv_list_name *n = t->first;
	struct isrv_list_scan scan;
	unsigned how = 0, last_how = 0;
	size_t len, match = 0;

	if (!marks || t->too_many || t->nomem)
		return;
	isrv_list_scan_init(&scan, t->patterns, t->pattern_count, name->name.data, name->name.len,
	                    t->separator, t->steps);
	while (isrv_list_scan_next(&scan, &len, &how)) {
		match = len;
		last_how = how;
	}
	if (!match)
		return;
	if (match == name->name.len)
		marks |= ISRV_LIST_GIVEN;
	else
		marks = as_below(marks) |
		        (marks & ISRV_LIST_SELECTED ? ISRV_LIST_BELOW_UNSEEN : 0u);
	if (last_how & ISRV_LIST_MATCH_LEVEL)
		marks |= ISRV_LIST_LEVEL;
	/* Names below one that matches often come in a row. */
	if (!(marks & ISRV_LIST_GIVEN) && n && n->len == match &&
	    !memcmp(n->name, name->name.data, match)) {
		n->marks |= marks;
		return;
	}
	n = node_new(t, name->name.data, match, true);
	if (!n)
		return;
	n->marks |= marks;
	n->attributes = marks & ISRV_LIST_GIVEN ? name->attributes : 0;
	n->rights = marks & ISRV_LIST_GIVEN ? name->rights : 0;
	n->next = t->first;
	t->first = n;
}

/* ---- order --------------------------------------------------------------------------------- */

/* How far an octet is into the order: the separator comes first. */
static int rank(const struct isrv_list_tree *t, char c)
{
	return c == t->separator ? -1 : (unsigned char)c;
}

static int compare(const struct isrv_list_tree *t, const struct isrv_list_name *a,
                   const struct isrv_list_name *b)
{
	size_t i = 0, n = a->len < b->len ? a->len : b->len;

	if ((a->marks ^ b->marks) & ISRV_LIST_INBOX)
		return a->marks & ISRV_LIST_INBOX ? -1 : 1;
	if (a->marks & ISRV_LIST_INBOX)
		i = INBOX_LEN; /* the case of INBOX means nothing */
	while (i < n && a->name[i] == b->name[i])
		i++;
	*t->steps += i;
	if (i < n)
		return rank(t, a->name[i]) < rank(t, b->name[i]) ? -1 : 1;
	return a->len == b->len ? 0 : a->len < b->len ? -1 : 1;
}

/* The same name twice: what either says holds; it exists if one of them does. */
static void unite(struct isrv_list_name *a, const struct isrv_list_name *b)
{
	a->marks |= b->marks;
	a->attributes |= b->attributes;
	a->rights |= b->rights;
}

/* Two sorted lists into one, each name once. */
static struct isrv_list_name *merge(const struct isrv_list_tree *t, struct isrv_list_name *a,
                                    struct isrv_list_name *b)
{
	struct isrv_list_name *first = NULL, **end = &first;

	while (a && b) {
		int order = compare(t, a, b);

		if (order == 0) {
			unite(a, b);
			b = b->next;
			continue;
		}
		if (order < 0) {
			*end = a;
			a = a->next;
		} else {
			*end = b;
			b = b->next;
		}
		end = &(*end)->next;
	}
	*end = a ? a : b;
	return first;
}

/* bins[i] is empty or holds a sorted list of (at most) 2^i names. */
static void sort(struct isrv_list_tree *t)
{
	struct isrv_list_name *bins[BINS] = {NULL};
	struct isrv_list_name *list = t->first;

	while (list) {
		struct isrv_list_name *run = list;
		int i = 0;

		list = list->next;
		run->next = NULL;
		while (i < BINS - 1 && bins[i]) {
			run = merge(t, bins[i], run);
			bins[i++] = NULL;
		}
		bins[i] = bins[i] ? merge(t, bins[i], run) : run;
	}
	t->first = NULL;
	for (int i = 0; i < BINS; i++)
		t->first = merge(t, bins[i], t->first);
}

/* ---- hierarchy ----------------------------------------------------------------------------- */

static bool is_below(const struct isrv_list_tree *t, const struct isrv_list_name *n,
                     const struct isrv_list_name *up)
{
	size_t i = 0;

	if (!t->separator || n->len <= up->len || n->name[up->len] != t->separator ||
	    ((n->marks ^ up->marks) & ISRV_LIST_INBOX))
		return false;
	if (n->marks & ISRV_LIST_INBOX)
		i = INBOX_LEN;
	*t->steps += up->len;
	return !memcmp(n->name + i, up->name + i, up->len - i);
}

/* The superior names of n, longer than that of `up`, that match and are to be there: put in
 * front of n. Returns the lowest of them, or up. */
static struct isrv_list_name *fill_in(struct isrv_list_tree *t, struct isrv_list_name *n,
                                      struct isrv_list_name *up, struct isrv_list_name ***link)
{
	size_t known = up ? up->len + 1 : 0;
	struct isrv_list_scan scan;
	unsigned how;
	size_t len;

	if (!t->separator || !(t->levels || t->parents) ||
	    !memchr(n->name + known, t->separator, n->len - known))
		return up;
	isrv_list_scan_init(&scan, t->patterns, t->pattern_count, n->name, n->len, t->separator,
	                    t->steps);
	while (isrv_list_scan_next(&scan, &len, &how) && len < n->len) {
		struct isrv_list_name *level;

		if (len < known || !(t->parents || how & ISRV_LIST_MATCH_LEVEL))
			continue;
		level = node_new(t, n->name, len, false);
		if (!level)
			return up;
		if (how & ISRV_LIST_MATCH_LEVEL)
			level->marks |= ISRV_LIST_LEVEL;
		level->up = up;
		level->next = n;
		**link = level;
		*link = &level->next;
		up = level;
	}
	return up;
}

void isrv_list_finish(struct isrv_list_tree *t)
{
	struct isrv_list_name **link = &t->first;
	struct isrv_list_name *up = NULL;

	sort(t);
	while (*link && !t->too_many && !t->nomem) {
		struct isrv_list_name *n = *link;

		while (up && !is_below(t, n, up)) {
			if (up->up)
				up->up->marks |= as_below(up->marks);
			up = up->up;
		}
		n->up = fill_in(t, n, up, &link);
		up = n;
		link = &n->next;
	}
	for (; up; up = up->up)
		if (up->up)
			up->up->marks |= as_below(up->marks);
}
