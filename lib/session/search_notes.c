/* SPDX-License-Identifier: MIT */
/* See the header.  All needles are looked for in every value that some key wants: which of those
 * that are there count is said by the keys whose entry it is. */
#include "session/search_notes.h"

#include "base/annotation.h"
#include "base/entry.h"
#include "search/comparator.h"

/* ---- making it ----------------------------------------------------------------------------- */

/* Its place in ascending order, unless it is there. */
static void add_entry(struct isrv_search_notes *x, struct imapsrv_span entry)
{
	size_t at = x->entry_count;

	while (at && isrv_entry_compare(x->entries[at - 1], entry) > 0)
		at--;
	if (at && !isrv_entry_compare(x->entries[at - 1], entry))
		return;
	memmove(x->entries + at + 1, x->entries + at, (x->entry_count - at) * sizeof(entry));
	x->entries[at] = entry;
	x->entry_count++;
}

struct isrv_search_notes *isrv_search_notes_new(const struct isrv_program *p,
                                                struct isrv_arena *arena)
{
	struct isrv_search_notes *x = isrv_arena_alloc(arena, sizeof(*x));
	struct isrv_needle *needles = isrv_arena_array(arena, p->notes, sizeof(*needles));
	uint32_t leaf = 0, n = 0;

	if (!x || !needles)
		return NULL;
	memset(x, 0, sizeof(*x));
	x->program = p;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct isrv_term *term = &p->terms[i];

		if (term->kind >= ISRV_TERM_NOT)
			continue;
		if (term->kind == ISRV_TERM_NOTE) {
			x->notes[n] = (struct isrv_search_note){term, leaf};
			needles[n] = (struct isrv_needle){term->u.note.needle, n};
			x->values |= term->u.note.values;
			add_entry(x, term->u.note.entry);
			n++;
		}
		leaf++;
	}
	return isrv_matcher_init(&x->matcher, arena, needles, n) ? x : NULL;
}

/* ---- the messages -------------------------------------------------------------------------- */

/* Lets the subject at `root` sink in the heap of `count`, the highest UID on top. */
static void sift_down(struct isrv_search_subject *heap, uint32_t root, uint32_t count)
{
	struct isrv_search_subject sinking = heap[root];

	while (root < count / 2) {
		uint32_t child = 2 * root + 1;

		if (child + 1 < count && heap[child + 1].uid > heap[child].uid)
			child++;
		if (heap[child].uid <= sinking.uid)
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = sinking;
}

/* Hosts tell of messages in ascending order, as a rule; n log n in any other. */
static void sort(struct isrv_search_subject *subjects, uint32_t count)
{
	uint32_t i = 1;

	while (i < count && subjects[i - 1].uid < subjects[i].uid)
		i++;
	if (i >= count)
		return;
	for (i = count / 2; i > 0; i--)
		sift_down(subjects, i - 1, count);
	for (i = count; i > 1; i--) {
		struct isrv_search_subject top = subjects[0];

		subjects[0] = subjects[i - 1];
		subjects[i - 1] = top;
		sift_down(subjects, 0, i - 1);
	}
}

bool isrv_search_notes_begin(struct imapsrv_session *s, struct isrv_search_notes *x, void *mailbox,
                             uint32_t none, struct isrv_search_subject *subjects, uint32_t count,
                             uint32_t most, struct isrv_arena *arena)
{
	struct imapsrv_set set = {NULL, 0};

	if (!x->ranges)
		x->ranges = isrv_arena_array(arena, most, sizeof(*x->ranges));
	if (!x->ranges)
		return false;
	sort(subjects, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t uid = subjects[i].uid;

		if (set.count && x->ranges[set.count - 1].last + 1 >= uid)
			x->ranges[set.count - 1].last = uid;
		else
			x->ranges[set.count++] = (struct imapsrv_range){uid, uid};
	}
	set.ranges = x->ranges;
	x->from.entries = x->entries;
	x->from.entry_count = x->entry_count;
	x->from.values = x->values & ~none;
	if (!x->from.values)
		set.count = 0;
	isrv_annotations_begin(s, &x->from, mailbox, set);
	x->left = 0;
	x->begun = true;
	return true;
}

/* Which of the needles are in the value. */
static void look(struct imapsrv_session *s, struct isrv_search_notes *x, struct imapsrv_span value,
                 uint8_t *found)
{
	struct isrv_casemap m;
	size_t at = 0, taken, put;
	char out[512];

	memset(found, 0, ISRV_PROGRAM_NOTES);
	isrv_casemap_init(&m);
	isrv_matcher_reset(&x->matcher);
	isrv_matcher_begin(&x->matcher, found);
	s->steps += value.len;
	while (at < value.len) {
		isrv_comparator_run((enum isrv_comparator)x->program->comparator, &m,
		                    value.data + at, value.len - at, &taken, out, sizeof(out),
		                    &put);
		at += taken;
		s->steps += isrv_matcher_feed(&x->matcher, out, put, found);
	}
}

/* Holds one value of an entry against those keys that are open still. */
static void test(struct imapsrv_session *s, struct isrv_search_notes *x,
                 const struct imapsrv_annotation *is, uint32_t value, uint8_t *known)
{
	struct imapsrv_span octets = value == IMAPSRV_ANNOTATION_PRIV ? is->priv : is->shared;
	uint8_t found[ISRV_PROGRAM_NOTES];
	bool looked = false;

	for (uint32_t i = 0; octets.data && i < x->program->notes; i++) {
		const struct isrv_term *term = x->notes[i].term;
		uint8_t *is_known = &known[x->notes[i].leaf];

		s->steps += term->u.note.entry.len;
		if (*is_known || !(term->u.note.values & value) ||
		    !isrv_annotation_matches(term->u.note.entry, is->entry))
			continue;
		if (!looked)
			look(s, x, octets, found);
		looked = true;
		if (found[i])
			*is_known = ISRV_MATCH + 1;
	}
}

enum isrv_step isrv_search_notes_step(struct imapsrv_session *s, struct isrv_search_notes *x,
                                      uint32_t uid, uint8_t *known)
{
	struct imapsrv_annotation is;
	enum isrv_step step;
	bool there;

	for (;;) {
		step = isrv_annotations_next(s, &x->from, uid, &is, &there);
		if (step != ISRV_DONE || !there)
			return step;
		test(s, x, &is, IMAPSRV_ANNOTATION_PRIV, known);
		test(s, x, &is, IMAPSRV_ANNOTATION_SHARED, known);
	}
}

bool isrv_search_notes_end(struct isrv_search_notes *x)
{
	x->begun = false;
	return x->from.refused;
}

void isrv_search_notes_clear(struct imapsrv_session *s, struct isrv_search_notes *x)
{
	isrv_annotations_clear(s, &x->from);
}
