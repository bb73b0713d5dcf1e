/* SPDX-License-Identifier: MIT */
/*
 * What is kept for one member until its thread takes it: events in order, each under the member's
 * own name of the mailbox.  What can be told in one is one: an event like the last one about the
 * same mailbox only adds its UIDs.  Past a bound, or without memory, all that is kept about a
 * mailbox becomes "look it up", which needs no memory, and in the end all of it, but for renamings:
 * those are kept behind it, as no look-up finds the new name of a mailbox.  Nothing moves across an
 * event that gave the name to another mailbox, or by which it could, or could not, be read.
 *
 * Invariant: what was told away is found again by looking it up, flags too.
 */
#include "notify/hub.h"

#include <string.h>

#define EXTRA_MAX 2048u /* octets of text and names of entries kept with an event */

static bool is_about_messages(enum imapsrv_event_type type)
{
	return type >= IMAPSRV_EVENT_MESSAGE_NEW && type <= IMAPSRV_EVENT_MAILBOX_CHANGED;
}

static bool is_about_uids(enum imapsrv_event_type type)
{
	return is_about_messages(type) || type == IMAPSRV_EVENT_ANNOTATION_CHANGE;
}

static bool is_about_flags(enum imapsrv_event_type type)
{
	return type >= IMAPSRV_EVENT_MESSAGE_READ && type <= IMAPSRV_EVENT_FLAGS_CLEAR;
}

static bool is_new(enum imapsrv_event_type type)
{
	return type == IMAPSRV_EVENT_MESSAGE_NEW || type == IMAPSRV_EVENT_MESSAGE_APPEND;
}

/* 0: not said */
static uint32_t uidvalidity(const struct imapsrv_event *event)
{
	return event->status ? event->status->uidvalidity : 0;
}

static void entry_free(struct isrv_hub_entry *e, struct isrv_mem *mem)
{
	if (!e)
		return;
	isrv_uidset_clear(&e->uids, mem);
	isrv_mem_free(mem, e, e->size);
}

static void drop_entries(struct isrv_hub_queue *q, struct isrv_mem *mem)
{
	while (q->head) {
		struct isrv_hub_entry *e = q->head;

		q->head = e->next;
		entry_free(e, mem);
	}
	q->count = 0;
}

void isrv_hub_queue_clear(struct isrv_hub_queue *q, struct isrv_mem *mem)
{
	drop_entries(q, mem);
	entry_free(q->taken, mem);
	memset(q, 0, sizeof(*q));
}

static void drop_if(struct isrv_hub_queue *q, struct isrv_mem *mem,
                    bool (*is_dropped)(const struct isrv_hub_entry *e))
{
	struct isrv_hub_entry **at = &q->head;

	while (*at) {
		struct isrv_hub_entry *e = *at;

		if (!is_dropped(e)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		q->count--;
		entry_free(e, mem);
	}
}

static bool is_deletion(const struct isrv_hub_entry *e)
{
	return e->event.type == IMAPSRV_EVENT_MAILBOX_DELETE;
}

/* What is told behind a look-up of everything. */
static bool is_not_kept(const struct isrv_hub_entry *e)
{
	return e->event.type != IMAPSRV_EVENT_MAILBOX_RENAME && !(is_deletion(e) && e->by_name);
}

static bool is_not_by_name(const struct isrv_hub_entry *e)
{
	return !e->by_name;
}

void isrv_hub_queue_lose(struct isrv_hub_queue *q, struct isrv_mem *mem)
{
	q->lost = true;
	drop_if(q, mem, is_not_kept);
}

void isrv_hub_queue_forget(struct isrv_hub_queue *q, struct isrv_mem *mem)
{
	q->lost = q->lost || q->head;
	drop_entries(q, mem);
}

/* ---- looking up instead -------------------------------------------------------------------- */

static void add_flags(struct isrv_hub_entry *e, struct imapsrv_set uids)
{
	uint32_t first = isrv_uidset_min(uids), last = isrv_uidset_max(uids);

	if (!first)
		return;
	if (!e->flags.first || first < e->flags.first)
		e->flags.first = first;
	if (last > e->flags.last)
		e->flags.last = last;
}

/* The entry becomes "look it up"; it keeps its place, the earliest of its mailbox. */
static void collapse(struct isrv_hub_entry *e, struct isrv_mem *mem)
{
	if (is_about_flags(e->event.type))
		add_flags(e, isrv_uidset_view(&e->uids));
	isrv_uidset_clear(&e->uids, mem);
	e->event.type = IMAPSRV_EVENT_MAILBOX_CHANGED;
	e->event.origin = NULL;
}

/* All that is kept of the mailbox of `e`, the earliest of them since its name last changed, goes
 * into `e`. */
static void collapse_all(struct isrv_hub_queue *q, struct isrv_hub_entry *e, struct isrv_mem *mem)
{
	struct isrv_hub_entry **at = &e->next;

	collapse(e, mem);
	while (*at) {
		struct isrv_hub_entry *o = *at;

		if (!is_about_messages(o->event.type) ||
		    o->event.mailbox.len != e->event.mailbox.len ||
		    memcmp(o->event.mailbox.data, e->event.mailbox.data, o->event.mailbox.len) !=
		            0) {
			at = &o->next;
			continue;
		}
		if (uidvalidity(&o->event) != uidvalidity(&e->event))
			e->event.status = NULL;
		/* None of them is a look-up itself: what comes after one goes into it. */
		if (is_about_flags(o->event.type))
			add_flags(e, isrv_uidset_view(&o->uids));
		*at = o->next;
		q->count--;
		entry_free(o, mem);
	}
}

/* ---- putting in ---------------------------------------------------------------------------- */

static bool is_name(struct imapsrv_span kept, const struct imapsrv_span name[3])
{
	const char *at = kept.data;

	if (kept.len != name[0].len + name[1].len + name[2].len)
		return false;
	for (int i = 0; i < 3; i++) {
		if (name[i].len && memcmp(at, name[i].data, name[i].len) != 0)
			return false;
		at += name[i].len;
	}
	return true;
}

/* Goes into an entry about the same mailbox, if it can.  False: it needs one of its own. */
static bool join(struct isrv_hub_entry *e, struct isrv_mem *mem, const struct imapsrv_event *event)
{
	bool same = uidvalidity(&e->event) == uidvalidity(event);

	if (e->event.type == IMAPSRV_EVENT_MAILBOX_CHANGED) {
		if (!same)
			e->event.status = NULL;
		if (is_about_flags(event->type))
			add_flags(e, event->uids);
		return true;
	}
	if (e->event.type != event->type || e->event.origin != event->origin || !same)
		return false;
	/* No UIDs with a new message: look which are new. */
	if (is_new(event->type) && (!e->uids.count || !event->uids.count)) {
		isrv_uidset_clear(&e->uids, mem);
		return true;
	}
	if (!isrv_uidset_union(&e->uids, mem, event->uids)) {
		collapse(e, mem);
		if (is_about_flags(event->type))
			add_flags(e, event->uids);
	}
	return true;
}

/* What says more about it is left out where it is long: the session asks. */
static bool is_short(const struct imapsrv_event *event)
{
	size_t size = event->text.len;

	if (event->entry_count > EXTRA_MAX / sizeof(struct imapsrv_span) || size > EXTRA_MAX)
		return false;
	for (size_t i = 0; i < event->entry_count; i++) {
		if (event->entries[i].len > EXTRA_MAX)
			return false;
		size += sizeof(struct imapsrv_span) + event->entries[i].len;
	}
	return size <= EXTRA_MAX;
}

static struct imapsrv_span put_name(char **at, const struct imapsrv_span *parts, int count)
{
	struct imapsrv_span span = {*at, 0};

	for (int i = 0; i < count; i++)
		if (parts[i].len) {
			memcpy(*at, parts[i].data, parts[i].len);
			*at += parts[i].len;
			span.len += parts[i].len;
		}
	return span;
}

/* Before it the name may have been that of another mailbox, or of none, or of one that could not be
 * read: what happened there is not told. */
static bool changes_name(const struct imapsrv_event *e, const struct imapsrv_span name[3],
                         char separator)
{
	switch (e->type) {
	case IMAPSRV_EVENT_MAILBOX_RENAME:
		return isrv_hub_covers_parts(e->mailbox, name, separator) ||
		       isrv_hub_covers_parts(e->old_name, name, separator);
	case IMAPSRV_EVENT_MAILBOX_CREATE:
	case IMAPSRV_EVENT_MAILBOX_DELETE:
	case IMAPSRV_EVENT_ACCESS_GAINED:
	case IMAPSRV_EVENT_ACCESS_LOST:
		return is_name(e->mailbox, name);
	default:
		return false;
	}
}

static size_t name_size(const struct imapsrv_span parts[3])
{
	return parts[0].len + parts[1].len + parts[2].len;
}

static struct isrv_hub_entry *entry_alloc(struct isrv_mem *mem, const struct isrv_hub_event *in,
                                          bool extra)
{
	const struct imapsrv_event *event = in->event;
	size_t size = sizeof(struct isrv_hub_entry) + name_size(in->name) + name_size(in->old_name);
	struct isrv_hub_entry *e;

	if (extra) {
		size += event->text.len;
		for (size_t i = 0; i < event->entry_count; i++)
			size += sizeof(struct imapsrv_span) + event->entries[i].len;
	}
	e = isrv_mem_zalloc(mem, size);
	if (e)
		e->size = size;
	return e;
}

static struct isrv_hub_entry *entry_new(struct isrv_mem *mem, size_t ranges,
                                        const struct isrv_hub_event *in)
{
	const struct imapsrv_event *event = in->event;
	bool extra = is_short(event);
	struct isrv_hub_entry *e = entry_alloc(mem, in, extra);
	struct imapsrv_span *entries;
	char *at;

	if (!e)
		return NULL;
	entries = (struct imapsrv_span *)(e + 1);
	at = (char *)(entries + (extra ? event->entry_count : 0));
	e->event = *event;
	e->by_name = in->by_name;
	if (event->status) {
		e->status = *event->status;
		e->event.status = &e->status;
	}
	e->event.entries = NULL;
	e->event.entry_count = 0;
	e->event.mailbox = put_name(&at, in->name, 3);
	e->event.old_name = put_name(&at, in->old_name, 3);
	e->event.text = put_name(&at, &event->text, extra);
	for (size_t i = 0; extra && i < event->entry_count; i++)
		entries[i] = put_name(&at, &event->entries[i], 1);
	if (extra && event->entry_count) {
		e->event.entries = entries;
		e->event.entry_count = event->entry_count;
	}
	isrv_uidset_init(&e->uids, ranges);
	if (!is_about_uids(event->type) || isrv_uidset_copy(&e->uids, mem, event->uids))
		return e;
	/* No look-up finds annotations. */
	if (event->type != IMAPSRV_EVENT_ANNOTATION_CHANGE)
		collapse(e, mem);
	if (event->type == IMAPSRV_EVENT_ANNOTATION_CHANGE || is_about_flags(event->type))
		add_flags(e, event->uids);
	return e;
}

/* Where everything is lost already a deletion of what is watched by its name is kept as long as
 * there is room. */
static void put_lost_deletion(struct isrv_hub_queue *q, struct isrv_mem *mem,
                              const struct imapsrv_hub_config *bounds,
                              const struct isrv_hub_event *in)
{
	struct isrv_hub_entry **end = &q->head;

	while (*end && (*end)->next)
		end = &(*end)->next;
	if (*end && is_deletion(*end) && (*end)->event.origin == in->event->origin &&
	    is_name((*end)->event.mailbox, in->name))
		return;
	if (*end)
		end = &(*end)->next;
	*end = q->count < bounds->queue ? entry_new(mem, bounds->ranges, in) : NULL;
	q->count += *end != NULL;
}

/* Everything is lost already, but for renamings, and deletions of what is watched by its name.  A
 * renaming that goes on where the last one ended takes its place, so that a mailbox may be renamed
 * as often as anybody likes; but not another's, as who did it is not told of it.  Where there is no
 * room those go first that move nothing that is watched by its name, then the deletions, and then
 * all: the member has strayed. */
static void put_lost(struct isrv_hub_queue *q, struct isrv_mem *mem,
                     const struct imapsrv_hub_config *bounds, const struct isrv_hub_event *in)
{
	struct isrv_hub_event whole = *in;
	struct isrv_hub_entry **end = &q->head, *last = NULL, *e;

	if (in->event->type == IMAPSRV_EVENT_MAILBOX_DELETE && in->by_name)
		put_lost_deletion(q, mem, bounds, in);
	if (in->event->type != IMAPSRV_EVENT_MAILBOX_RENAME)
		return;
	while (*end && (*end)->next)
		end = &(*end)->next;
	if (*end && !is_deletion(*end) && (*end)->event.origin == in->event->origin &&
	    uidvalidity(&(*end)->event) == uidvalidity(in->event) &&
	    is_name((*end)->event.mailbox, in->old_name)) {
		last = *end;
		memset(whole.old_name, 0, sizeof(whole.old_name));
		whole.old_name[0] = last->event.old_name;
	} else if (*end) {
		end = &(*end)->next;
	}
	if (last && is_name(last->event.old_name, in->name)) { /* and back again */
		*end = NULL;
		q->count--;
		entry_free(last, mem);
		return;
	}
	if (!last && q->count >= bounds->queue) {
		if (!in->by_name)
			return;
		drop_if(q, mem, is_not_by_name);
		if (q->count >= bounds->queue)
			drop_if(q, mem, is_deletion);
		for (end = &q->head; *end; end = &(*end)->next)
			;
	}
	e = last || q->count < bounds->queue ? entry_new(mem, bounds->ranges, &whole) : NULL;
	if (!e) {
		for (e = q->head; e; e = e->next)
			q->strayed = q->strayed || e->by_name;
		q->strayed = q->strayed || in->by_name;
		drop_entries(q, mem);
		return;
	}
	*end = e;
	q->count += !last;
	entry_free(last, mem);
}

static void put(struct isrv_hub_queue *q, struct isrv_mem *mem,
                const struct imapsrv_hub_config *bounds, const struct isrv_hub_event *in)
{
	const struct imapsrv_event *event = in->event;
	struct isrv_hub_entry *first = NULL, *last = NULL, **end, *e;

	if (q->lost) {
		put_lost(q, mem, bounds, in);
		return;
	}
	for (end = &q->head; *end; end = &e->next) {
		e = *end;
		if (changes_name(&e->event, in->name, bounds->separator)) {
			first = last = NULL; /* what came before it stays before it */
		} else if (is_about_messages(event->type) && is_about_messages(e->event.type) &&
		           is_name(e->event.mailbox, in->name)) {
			first = first ? first : e;
			last = e;
		}
	}
	if (last && join(last, mem, event))
		return;
	e = q->count < bounds->queue ? entry_new(mem, bounds->ranges, in) : NULL;
	if (!e && first) {
		collapse_all(q, first, mem);
		(void)join(first, mem, event);
		return;
	}
	if (!e) {
		isrv_hub_queue_lose(q, mem);
		put_lost(q, mem, bounds, in);
		return;
	}
	*end = e;
	q->count++;
}

/* Entries of metadata that changed cannot be looked up: many of them are kept as several events. */
static void put_entries(struct isrv_hub_queue *q, struct isrv_mem *mem,
                        const struct imapsrv_hub_config *bounds, const struct isrv_hub_event *in)
{
	struct imapsrv_event part = *in->event;
	struct isrv_hub_event some = *in;
	size_t left = part.entry_count;

	some.event = &part;
	part.text.len = 0;
	for (; left && !q->lost; left -= part.entry_count, part.entries += part.entry_count) {
		part.entry_count = 1;
		while (part.entry_count < left && is_short(&part))
			part.entry_count++;
		if (part.entry_count > 1 && !is_short(&part))
			part.entry_count--;
		if (is_short(&part))
			put(q, mem, bounds, &some);
		else
			isrv_hub_queue_lose(q, mem);
	}
}

void isrv_hub_queue_put(struct isrv_hub_queue *q, struct isrv_mem *mem,
                        const struct imapsrv_hub_config *bounds,
                        const struct isrv_hub_event *in)
{
	enum imapsrv_event_type type = in->event->type;
	bool metadata = type == IMAPSRV_EVENT_MAILBOX_METADATA ||
	                type == IMAPSRV_EVENT_SERVER_METADATA;

	if (metadata && in->event->entry_count && !is_short(in->event))
		put_entries(q, mem, bounds, in);
	else
		put(q, mem, bounds, in);
}

/* ---- renamings ----------------------------------------------------------------------------- */

const struct imapsrv_event *isrv_hub_queue_renaming(const struct isrv_hub_queue *q,
                                                    const struct isrv_hub_entry **at)
{
	const struct isrv_hub_entry *e;

	for (;;) {
		e = !*at ? q->taken ? q->taken : q->head : *at == q->taken ? q->head : (*at)->next;
		if (!e)
			return NULL;
		*at = e;
		if (e->event.type == IMAPSRV_EVENT_MAILBOX_RENAME)
			return &e->event;
	}
}

/* ---- taking -------------------------------------------------------------------------------- */

/* The second half of a look-up: the flags, which the numbers of messages do not show. */
static bool next_is_flags(struct isrv_hub_entry *e)
{
	if (!e || !e->flags.first || e->event.type != IMAPSRV_EVENT_MAILBOX_CHANGED)
		return false;
	e->event.type = IMAPSRV_EVENT_FLAGS_SET;
	e->event.uids = (struct imapsrv_set){&e->flags, 1};
	return true;
}

const struct imapsrv_event *isrv_hub_queue_take(struct isrv_hub_queue *q, struct isrv_mem *mem)
{
	static const struct imapsrv_event everything = IMAPSRV_EVENT_INIT;
	struct isrv_hub_entry *e = q->taken;

	if (q->lost) {
		entry_free(e, mem);
		q->taken = NULL;
		q->lost = false;
		return &everything;
	}
	if (next_is_flags(e))
		return &e->event;
	entry_free(e, mem);
	e = q->head;
	q->taken = e;
	if (!e)
		return NULL;
	q->head = e->next;
	q->count--;
	e->next = NULL;
	e->event.uids = isrv_uidset_view(&e->uids);
	if (e->event.type == IMAPSRV_EVENT_ANNOTATION_CHANGE && e->flags.first)
		e->event.uids = (struct imapsrv_set){&e->flags, 1};
	return &e->event;
}
