/* SPDX-License-Identifier: MIT */
/*
 * Links to threads.  The only thing that steps 2 to 5 of REFERENCES change is who is whose parent.
 * Lists of siblings are made anew from that whenever they are looked at: messages are sorted by
 * date once, and put in front of their siblings from the last to the first, so that all lists are
 * in order at once.  Below the root's children there are no dummies: a dummy with children stands
 * there alone or not at all.
 */
#include "search/thread_state.h"

#include <string.h>

static bool is_dummy(const struct isrv_thread *t, uint32_t node)
{
	return !isrv_thread_nodes(t)[node].message;
}

/* ---- siblings ------------------------------------------------------------------------------ */

/* "by sent date"; then the order in the mailbox (RFC 5256 2.2). */
static int compare(const void *ctx, uint32_t a, uint32_t b)
{
	const struct isrv_thread_message *m = isrv_thread_messages(ctx);

	if (m[a].sent != m[b].sent)
		return m[a].sent < m[b].sent ? -1 : 1;
	return (a > b) - (a < b);
}

/* Room for the order.  Those that are given are in order.  False: no memory. */
static bool begin_order(struct isrv_thread *t)
{
	uint32_t count = isrv_thread_count(t), i, *spare = NULL;
	size_t size = count * sizeof(*t->order);

	t->order = isrv_mem_alloc(t->mem, size);
	if (!t->order)
		return false;
	for (i = 0; i < count; i++)
		t->order[i] = i;
	if (t->given)
		return true;
	spare = isrv_mem_alloc(t->mem, size);
	if (!spare)
		return false;
	isrv_order_begin(&t->dates, t->order, spare, count);
	return true;
}

/* False: there is more to do. */
static bool sort_by_date(struct isrv_thread *t, uint64_t until)
{
	if (!isrv_order_run(&t->dates, compare, t, t->steps, until))
		return false;
	isrv_mem_free(t->mem, t->dates.spare, t->dates.count * sizeof(*t->dates.spare));
	t->dates = (struct isrv_order){0};
	return true;
}

static void prepend(struct isrv_thread_node *n, uint32_t node, uint32_t parent)
{
	n[node].next = n[parent].child;
	n[parent].child = node;
}

/* All lists of siblings, from the parents.  A dummy stands where its first child would. */
static void build_lists(struct isrv_thread *t)
{
	const struct isrv_thread_message *m = isrv_thread_messages(t);
	struct isrv_thread_node *n = isrv_thread_nodes(t);
	size_t i, count = t->nodes.len / sizeof(*n);
	uint32_t k, node, parent;

	*t->steps += count + 2 * (uint64_t)isrv_thread_count(t);
	for (i = 0; i < count; i++)
		n[i].child = n[i].next = 0;
	for (k = isrv_thread_count(t); k-- > 0;) {
		node = m[t->order[k]].node;
		if (n[node].parent)
			prepend(n, node, n[node].parent);
	}
	for (k = isrv_thread_count(t); k-- > 0;) {
		node = m[t->order[k]].node;
		parent = n[node].parent;
		if (!parent)
			prepend(n, node, 0);
		else if (is_dummy(t, parent) && n[parent].child == node)
			prepend(n, parent, 0);
	}
}

/* ---- ORDEREDSUBJECT ------------------------------------------------------------------------ */

/* A place for each subject, nothing in it.  NULL: no memory. */
static uint32_t *subject_table(struct isrv_thread *t, size_t *size_r)
{
	*size_r = isrv_intern_count(&t->subjects) * sizeof(uint32_t);
	return isrv_mem_zalloc(t->mem, *size_r);
}

/* Subjects are told apart by number; of each, the first by date is the parent of the others.
 * False: no memory. */
static bool group_subjects(struct isrv_thread *t)
{
	const struct isrv_thread_message *m = isrv_thread_messages(t);
	struct isrv_thread_node *n = isrv_thread_nodes(t);
	uint32_t i, count = isrv_thread_count(t), *first;
	size_t size;

	first = subject_table(t, &size);
	if (!first)
		return false;
	*t->steps += count;
	for (i = 0; i < count; i++) {
		const struct isrv_thread_message *at = &m[t->order[i]];

		if (first[at->subject])
			n[at->node].parent = first[at->subject];
		else
			first[at->subject] = at->node;
	}
	isrv_mem_free(t->mem, first, size);
	return true;
}

/* ---- REFERENCES: steps 2 and 3 ------------------------------------------------------------- */

/*
 * The nearest parent that is no dummy; or if there is none, the dummy at the top of them, which is
 * a child of the root.  The dummies on the way get the same parent, so that none is walked over
 * more than twice.
 */
static void skip_dummies(struct isrv_thread *t, uint32_t node)
{
	struct isrv_thread_node *n = isrv_thread_nodes(t);
	uint32_t at = n[node].parent, parent = at, next;

	while (parent && is_dummy(t, parent) && n[parent].parent) {
		parent = n[parent].parent;
		++*t->steps;
	}
	for (n[node].parent = parent; at != parent; at = next) {
		next = n[at].parent;
		n[at].parent = parent;
	}
}

/* "Do not promote the children if doing so would make them children of the root, unless there is
 * only one child."  Dummies without children are in no list. */
static void prune(struct isrv_thread *t)
{
	const struct isrv_thread_message *m = isrv_thread_messages(t);
	struct isrv_thread_node *n = isrv_thread_nodes(t);
	uint32_t i, count = isrv_thread_count(t), parent;

	*t->steps += 2 * (uint64_t)count;
	for (i = 0; i < count; i++) {
		skip_dummies(t, m[i].node);
		n[n[m[i].node].parent].child++; /* no list yet: a count */
	}
	for (i = 0; i < count; i++) {
		parent = n[m[i].node].parent;
		if (parent && is_dummy(t, parent) && n[parent].child == 1)
			n[m[i].node].parent = 0;
	}
}

/* ---- REFERENCES: step 5 -------------------------------------------------------------------- */

/* The message that speaks for a child of the root: itself, or the first below a dummy. */
static const struct isrv_thread_message *speaker(const struct isrv_thread *t, uint32_t node)
{
	const struct isrv_thread_node *n = isrv_thread_nodes(t);

	if (is_dummy(t, node))
		node = n[node].child;
	return isrv_thread_messages(t) + n[node].message - 1;
}

/* Step 5.B: `table` has a place for each subject. */
static void fill_table(struct isrv_thread *t, uint32_t *table)
{
	const struct isrv_thread_node *n = isrv_thread_nodes(t);
	uint32_t node, *entry;

	for (node = n[0].child; node; node = n[node].next) {
		const struct isrv_thread_message *m = speaker(t, node);

		entry = &table[m->subject];
		++*t->steps;
		if (!m->subject)
			continue;
		if (!*entry ||
		    (!is_dummy(t, *entry) &&
		     (is_dummy(t, node) || (speaker(t, *entry)->reply && !m->reply))))
			*entry = node;
	}
}

/* Step 5.C for one that is not in the table itself.  False: no memory. */
static bool merge(struct isrv_thread *t, uint32_t node, uint32_t *entry)
{
	struct isrv_thread_node *n = isrv_thread_nodes(t);
	uint32_t child, dummy;

	if (is_dummy(t, *entry) && is_dummy(t, node)) {
		for (child = n[node].child; child; child = n[child].next) {
			n[child].parent = *entry;
			++*t->steps;
		}
	} else if (is_dummy(t, *entry) || (speaker(t, node)->reply && !speaker(t, *entry)->reply)) {
		n[node].parent = *entry;
	} else {
		dummy = isrv_thread_node(t);
		if (!dummy)
			return false;
		n = isrv_thread_nodes(t);
		n[node].parent = dummy;
		n[*entry].parent = dummy;
		*entry = dummy;
	}
	return true;
}

/* False: no memory. */
static bool merge_subjects(struct isrv_thread *t)
{
	uint32_t node, subject, *table;
	bool ok = true;
	size_t size;

	table = subject_table(t, &size);
	if (!table)
		return false;
	fill_table(t, table);
	for (node = isrv_thread_nodes(t)[0].child; ok && node;
	     node = isrv_thread_nodes(t)[node].next) {
		subject = speaker(t, node)->subject;
		++*t->steps;
		if (subject && table[subject] != node)
			ok = merge(t, node, &table[subject]);
	}
	isrv_mem_free(t->mem, table, size);
	return ok;
}

/* ---- */

enum stage {
	STAGE_START,
	STAGE_DATES,
	STAGE_PARENTS,
	STAGE_CHILDREN,
	STAGE_SUBJECTS,
	STAGE_LAST,
	STAGE_BUILT
};

/* Who is whose parent, but for subjects under REFERENCES.  False: no memory. */
static bool find_parents(struct isrv_thread *t)
{
	if (!t->given && t->algorithm == ISRV_THREAD_ORDEREDSUBJECT) {
		t->stage = STAGE_LAST;
		return group_subjects(t);
	}
	prune(t);
	t->stage = t->given ? STAGE_LAST : STAGE_CHILDREN;
	return true;
}

enum isrv_thread_built isrv_thread_build(struct isrv_thread *t, uint64_t until)
{
	bool ok = true;

	while (ok && *t->steps < until) {
		switch ((enum stage)t->stage) {
		case STAGE_START:
			isrv_thread_forget(t);
			t->stage = isrv_thread_count(t) ? STAGE_DATES : STAGE_BUILT;
			ok = !isrv_thread_count(t) || begin_order(t);
			break;
		case STAGE_DATES:
			if (sort_by_date(t, until))
				t->stage = STAGE_PARENTS;
			break;
		case STAGE_PARENTS:
			ok = find_parents(t);
			break;
		case STAGE_CHILDREN: /* step 4 */
			build_lists(t);
			t->stage = STAGE_SUBJECTS;
			break;
		case STAGE_SUBJECTS:
			ok = merge_subjects(t);
			t->stage = STAGE_LAST;
			break;
		case STAGE_LAST: /* step 6 */
			build_lists(t);
			t->stage = STAGE_BUILT;
			break;
		case STAGE_BUILT:
			return ISRV_THREAD_BUILT;
		}
	}
	return ok ? ISRV_THREAD_UNDER_WAY : ISRV_THREAD_FULL;
}

/* ---- the response -------------------------------------------------------------------------- */

enum state {
	BEGIN,
	OPEN,   /* "(" comes next, */
	MEMBER, /* or a message,   */
	BELOW,  /* or what is below the one just given */
	CLOSE,  /* or ")", if one is due, as all below the node is given */
	BESIDE, /* or what is beside it */
	END
};

/* Is it given in a row with its parent, without parentheses of its own? */
static bool in_row(const struct isrv_thread_node *n, uint32_t node)
{
	return n[node].parent && n[n[node].parent].child == node && !n[node].next;
}

/*
 * thread-data    = "THREAD" [SP 1*thread-list]
 * thread-list    = "(" (thread-members / thread-nested) ")"
 * thread-members = nz-number *(SP nz-number) [SP thread-nested]
 * thread-nested  = 2*thread-list
 */
bool isrv_thread_next(struct isrv_thread *t, char *mark_r, uint32_t *uid_r)
{
	const struct isrv_thread_node *n = isrv_thread_nodes(t);

	*mark_r = 0;
	for (++*t->steps;; ++*t->steps) {
		switch ((enum state)t->state) {
		case BEGIN:
			t->at = n ? n[0].child : 0;
			t->state = t->at ? OPEN : END;
			break;
		case OPEN:
			*mark_r = '(';
			t->state = MEMBER;
			return true;
		case MEMBER:
			if (is_dummy(t, t->at)) {
				t->at = n[t->at].child;
				t->state = OPEN;
				break;
			}
			*uid_r = isrv_thread_messages(t)[n[t->at].message - 1].uid;
			t->state = n[t->at].child ? BELOW : CLOSE;
			return true;
		case BELOW:
			*mark_r = ' ';
			t->at = n[t->at].child;
			t->state = in_row(n, t->at) ? MEMBER : OPEN;
			return true;
		case CLOSE:
			while (in_row(n, t->at)) {
				t->at = n[t->at].parent;
				++*t->steps;
			}
			*mark_r = ')';
			t->state = BESIDE;
			return true;
		case BESIDE:
			t->state = n[t->at].next ? OPEN : CLOSE;
			t->at = n[t->at].next ? n[t->at].next : n[t->at].parent;
			if (!t->at)
				t->state = END;
			break;
		case END:
			return false;
		}
	}
}
