/* SPDX-License-Identifier: MIT */
/*
 * Messages come in, and step 1 of REFERENCES is done as they come: what a message refers to is
 * linked at once.  What follows is in thread_build.c.
 */
#include "search/thread.h"

#include <string.h>

#include "message/msgid.h"
#include "search/collate.h"
#include "search/subject.h"
#include "search/thread_state.h"

#define ROOM_MAX ((size_t)8 << 20)

void isrv_thread_init(struct isrv_thread *t, enum isrv_thread_algorithm algorithm,
                      enum isrv_comparator comparator, struct isrv_mem *mem, uint64_t *steps)
{
	memset(t, 0, sizeof(*t));
	t->comparator = comparator;
	t->mem = mem;
	t->steps = steps;
	t->algorithm = algorithm;
	isrv_intern_init(&t->subjects, mem, steps);
	isrv_intern_init(&t->ids, mem, steps);
	isrv_forest_init(&t->forest, mem, steps);
	isrv_arena_init(&t->arena, mem, ROOM_MAX);
	isrv_buf_init(&t->messages, SIZE_MAX);
	isrv_buf_init(&t->nodes, SIZE_MAX);
	isrv_buf_init(&t->id_node, SIZE_MAX);
	isrv_buf_init(&t->room, ROOM_MAX);
	isrv_buf_init(&t->key, ROOM_MAX);
}

void isrv_thread_forget(struct isrv_thread *t)
{
	isrv_intern_clear(&t->ids);
	isrv_buf_clear(&t->id_node, t->mem);
	isrv_forest_clear(&t->forest);
	isrv_arena_clear(&t->arena);
	isrv_buf_clear(&t->room, t->mem);
	isrv_buf_clear(&t->key, t->mem);
}

void isrv_thread_drop(struct isrv_thread *t)
{
	isrv_thread_clear(t);
	isrv_thread_init(t, t->algorithm, t->comparator, t->mem, t->steps);
}

void isrv_thread_clear(struct isrv_thread *t)
{
	isrv_thread_forget(t);
	isrv_mem_free(t->mem, t->dates.spare, t->dates.count * sizeof(*t->dates.spare));
	t->dates = (struct isrv_order){0};
	isrv_mem_free(t->mem, t->order, isrv_thread_count(t) * sizeof(*t->order));
	t->order = NULL;
	isrv_intern_clear(&t->subjects);
	isrv_buf_clear(&t->messages, t->mem);
	isrv_buf_clear(&t->nodes, t->mem);
}

uint32_t isrv_thread_node(struct isrv_thread *t)
{
	static const struct isrv_thread_node none[2];
	size_t count = t->nodes.len ? 1 : 2; /* the root comes with the first */

	if (!isrv_buf_add(&t->nodes, t->mem, none, count * sizeof(*none)))
		return 0;
	return (uint32_t)(t->nodes.len / sizeof(*none) - 1);
}

/* ---- links --------------------------------------------------------------------------------- */

/* A node here, and the same in the forest.  0: no memory. */
static uint32_t add_node(struct isrv_thread *t)
{
	uint32_t node = isrv_thread_node(t);

	return node && isrv_forest_add(&t->forest) ? node : 0;
}

/* The node of a Message ID, a dummy if it is new.  0: no memory. */
static uint32_t node_of(struct isrv_thread *t, struct imapsrv_span id)
{
	bool new;
	uint32_t number = isrv_intern_put(&t->ids, id, &new), node;

	if (number == ISRV_INTERN_NONE)
		return 0;
	if (!new)
		return ((const uint32_t *)(const void *)t->id_node.data)[number];
	node = add_node(t);
	return node && isrv_buf_add(&t->id_node, t->mem, &node, sizeof(node)) ? node : 0;
}

/* `node` has no parent.  "Do not create a parent/child link if creating that link would introduce a
 * loop": if the parent is the node or a descendant, then the node is the root of its tree. */
static void link_nodes(struct isrv_thread *t, uint32_t node, uint32_t parent)
{
	if (isrv_forest_root(&t->forest, parent) == node)
		return;
	isrv_forest_link(&t->forest, node, parent);
	isrv_thread_nodes(t)[node].parent = parent;
}

static void begin_field(struct isrv_thread *t, struct imapsrv_span field,
                        struct isrv_msgid_parser *p)
{
	isrv_arena_reset(&t->arena);
	isrv_msgid_init(p, field, &t->arena, &t->room, t->mem, t->steps);
}

/* How many there are; false: no memory. */
static bool count_ids(struct isrv_thread *t, struct imapsrv_span field, uint32_t *count_r)
{
	struct isrv_msgid_parser p;
	struct imapsrv_span id;

	*count_r = 0;
	begin_field(t, field, &p);
	while (isrv_msgid_next(&p, &id))
		++*count_r;
	return !p.failed;
}

/* Step 1.A: each one of the field is made the parent of the one behind it.  *last_r is 0 if there
 * is none. */
static bool link_references(struct isrv_thread *t, struct imapsrv_span field, uint32_t count,
                            uint32_t *last_r)
{
	struct isrv_msgid_parser p;
	struct imapsrv_span id;
	uint32_t i, node;

	*last_r = 0;
	begin_field(t, field, &p);
	for (i = 0; i < count && isrv_msgid_next(&p, &id); i++) {
		if (count - i > ISRV_THREAD_REFERENCES)
			continue;
		node = node_of(t, id);
		if (!node)
			return false;
		/* "If a message already has a parent, don't change the existing link." */
		if (*last_r && !isrv_thread_nodes(t)[node].parent)
			link_nodes(t, node, *last_r);
		*last_r = node;
	}
	return !p.failed;
}

/* References, or else the first ID of In-Reply-To. */
static bool find_parent(struct isrv_thread *t, const struct isrv_header *h, uint32_t *parent_r)
{
	uint32_t count;

	if (!count_ids(t, h->references, &count) ||
	    !link_references(t, h->references, count, parent_r))
		return false;
	return *parent_r || link_references(t, h->in_reply_to, 1, parent_r);
}

/* The message's own node: that of its Message ID, unless there is none or a message before this one
 * has it.  0: no memory. */
static uint32_t own_node(struct isrv_thread *t, struct imapsrv_span field)
{
	struct isrv_msgid_parser p;
	struct imapsrv_span id;
	uint32_t node;

	begin_field(t, field, &p);
	if (!isrv_msgid_next(&p, &id))
		return p.failed ? 0 : add_node(t);
	node = node_of(t, id);
	return node && isrv_thread_nodes(t)[node].message ? add_node(t) : node;
}

/* Step 1 for one message. */
static bool link_message(struct isrv_thread *t, const struct isrv_header *h, uint32_t index,
                         uint32_t *node_r)
{
	uint32_t parent, node = own_node(t, h->message_id);

	if (!node)
		return false;
	isrv_thread_nodes(t)[node].message = index + 1;
	*node_r = node;
	if (!find_parent(t, h, &parent))
		return false;
	/* Step 1.B: what others said of its parent gives way to what it says itself, also if that
	 * is nothing. */
	if (isrv_thread_nodes(t)[node].parent) {
		isrv_forest_cut(&t->forest, node);
		isrv_thread_nodes(t)[node].parent = 0;
	}
	if (parent)
		link_nodes(t, node, parent);
	return true;
}

/* ---- messages ------------------------------------------------------------------------------ */

/* Its base subject by number, the empty one being 0. */
static bool read_subject(struct isrv_thread *t, struct imapsrv_span field,
                         struct isrv_thread_message *m)
{
	static const struct imapsrv_span empty = {"", 0};
	struct isrv_subject subject;

	if (!isrv_intern_count(&t->subjects) &&
	    isrv_intern_put(&t->subjects, empty, NULL) == ISRV_INTERN_NONE)
		return false;
	if (!isrv_subject_read(field, &t->room, t->mem, t->steps, &subject))
		return false;
	t->key.len = 0;
	if (!isrv_collate_key(t->comparator, subject.base, &t->key, t->mem))
		return false;
	m->reply = subject.reply;
	m->subject = isrv_intern_put(&t->subjects,
	                             (struct imapsrv_span){t->key.data, t->key.len}, NULL);
	return m->subject != ISRV_INTERN_NONE;
}

bool isrv_thread_add(struct isrv_thread *t, const struct isrv_sort_facts *facts)
{
	struct isrv_thread_message m = {.sent = isrv_sort_sent(facts), .uid = facts->uid};
	uint32_t index = isrv_thread_count(t);

	if (!read_subject(t, facts->header->subject, &m))
		return false;
	if (t->algorithm == ISRV_THREAD_ORDEREDSUBJECT) {
		m.node = isrv_thread_node(t);
		if (!m.node)
			return false;
		isrv_thread_nodes(t)[m.node].message = index + 1;
	} else if (!link_message(t, facts->header, index, &m.node)) {
		return false;
	}
	return isrv_buf_add(&t->messages, t->mem, &m, sizeof(m));
}

/* ---- threads that are given ---------------------------------------------------------------- */

enum isrv_thread_given isrv_thread_give(struct isrv_thread *t, uint32_t uid, uint32_t depth)
{
	struct isrv_thread_message m = {.uid = uid};
	uint32_t parent = 0, at;

	t->given = true;
	if (depth > (t->last ? t->depth + 1 : 0))
		return ISRV_THREAD_NONSENSE;
	/* Up from the last one to what is above this one: each step was one down before. */
	if (depth) {
		parent = t->last;
		for (at = t->depth; at >= depth; at--, ++*t->steps)
			parent = isrv_thread_nodes(t)[parent].parent;
	}
	m.node = isrv_thread_node(t);
	if (!m.node)
		return ISRV_THREAD_NOMEM;
	isrv_thread_nodes(t)[m.node].parent = parent;
	t->last = m.node;
	t->depth = depth;
	if (!uid)
		return ISRV_THREAD_GIVEN;
	isrv_thread_nodes(t)[m.node].message = isrv_thread_count(t) + 1;
	return isrv_buf_add(&t->messages, t->mem, &m, sizeof(m)) ? ISRV_THREAD_GIVEN
	                                                         : ISRV_THREAD_NOMEM;
}
