/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "session/gather_notes.h"

#include "base/entry.h"

static void add_entry(struct isrv_gather_notes *x, struct imapsrv_span entry)
{
	size_t at = x->from.entry_count;

	while (at && isrv_entry_compare(x->entries[at - 1], entry) > 0)
		at--;
	if (at && !isrv_entry_compare(x->entries[at - 1], entry))
		return;
	memmove(x->entries + at + 1, x->entries + at,
	        (x->from.entry_count - at) * sizeof(entry));
	x->entries[at] = entry;
	x->from.entry_count++;
}

void isrv_gather_notes_next(struct isrv_gather_notes *x)
{
	x->text.len = 0;
	memset(x->has, 0, sizeof(x->has));
}

void isrv_gather_notes_begin(struct imapsrv_session *s, struct isrv_gather_notes *x, void *mailbox,
                             uint32_t none, struct imapsrv_set uids)
{
	x->from.entries = x->entries;
	x->from.values = 0;
	for (uint32_t i = 0; i < x->count; i++) {
		x->from.values |= x->wishes[i].value;
		add_entry(x, x->wishes[i].entry);
	}
	x->from.values &= ~none;
	if (!x->from.values)
		uids.count = 0;
	x->text.max = SIZE_MAX;
	isrv_gather_notes_next(x);
	isrv_annotations_begin(s, &x->from, mailbox, uids);
}

/* False: no memory. */
static bool keep(struct imapsrv_session *s, struct isrv_gather_notes *x,
                 const struct imapsrv_annotation *is)
{
	for (uint32_t i = 0; i < x->count; i++) {
		struct imapsrv_span value =
			x->wishes[i].value == IMAPSRV_ANNOTATION_PRIV ? is->priv : is->shared;

		s->steps++;
		if (!value.data || isrv_entry_compare(x->wishes[i].entry, is->entry) != 0)
			continue;
		x->has[i] = true;
		x->at[i] = x->text.len;
		x->found[i].len = value.len;
		s->steps += value.len / 64;
		if (!isrv_buf_add(&x->text, &s->mem, value.data, value.len))
			return false;
	}
	return true;
}

enum isrv_step isrv_gather_notes_step(struct imapsrv_session *s, struct isrv_gather_notes *x,
                                      uint32_t uid)
{
	struct imapsrv_annotation is;
	enum isrv_step step;
	bool there;

	for (;;) {
		step = isrv_annotations_next(s, &x->from, uid, &is, &there);
		if (step != ISRV_DONE || s->error)
			return step;
		if (!there)
			break;
		if (!keep(s, x, &is)) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return ISRV_DONE;
		}
	}
	for (uint32_t i = 0; i < x->count; i++) {
		x->found[i].data = x->has[i] ? "" : NULL;
		if (x->has[i] && x->found[i].len)
			x->found[i].data = x->text.data + x->at[i];
		if (!x->has[i])
			x->found[i].len = 0;
	}
	return ISRV_DONE;
}

void isrv_gather_notes_clear(struct imapsrv_session *s, struct isrv_gather_notes *x)
{
	isrv_annotations_clear(s, &x->from);
	isrv_buf_clear(&x->text, &s->mem);
}
