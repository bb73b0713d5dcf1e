/* SPDX-License-Identifier: MIT */
/*
 * The order in which isrv_view_pack writes is the format; isrv_view_unpack reads the same, and then
 * holds what came to the invariants of view.c: damaged octets, even with a right checksum, never
 * make a view that could not have been.
 */
#include "mailbox/view_save.h"

#include "base/annotation.h"

enum {
	READ_ONLY = 1 << 0,
	NEW_KEYWORDS = 1 << 1,
	UID_NOT_STICKY = 1 << 2,
	LOOK_NEW = 1 << 3,
	LOOK_ALL = 1 << 4,
	KEYWORDS_NEW = 1 << 5,
	FORGET = 1 << 6,
	REVOKED = 1 << 7,
	REMOVED = 1 << 8,
	FLAGS_ALL = (1 << 9) - 1
};

static uint32_t flags_of(const struct isrv_view *v)
{
	return (v->read_only ? READ_ONLY : 0u) | (v->new_keywords ? NEW_KEYWORDS : 0u) |
	       (v->uid_not_sticky ? UID_NOT_STICKY : 0u) | (v->look_new ? LOOK_NEW : 0u) |
	       (v->look_all ? LOOK_ALL : 0u) | (v->keywords_new ? KEYWORDS_NEW : 0u) |
	       (v->forget ? FORGET : 0u) | (v->revoked ? REVOKED : 0u) |
	       (v->removed ? REMOVED : 0u);
}

static void take_flags(struct isrv_view *v, uint32_t flags)
{
	v->read_only = flags & READ_ONLY;
	v->new_keywords = flags & NEW_KEYWORDS;
	v->uid_not_sticky = flags & UID_NOT_STICKY;
	v->look_new = flags & LOOK_NEW;
	v->look_all = flags & LOOK_ALL;
	v->keywords_new = flags & KEYWORDS_NEW;
	v->forget = flags & FORGET;
	v->revoked = flags & REVOKED;
	v->removed = flags & REMOVED;
}

static void pack_map(const struct isrv_nummap *map, struct isrv_pack *p)
{
	struct imapsrv_range run;
	uint32_t from = 1, after = 0;

	while (from && isrv_nummap_run(map, from, &run)) {
		isrv_pack_range(p, run, &after);
		from = run.last < UINT32_MAX ? run.last + 1 : 0;
	}
	isrv_pack_range_end(p);
}

static void pack_annotated(const struct isrv_annotated *a, struct isrv_pack *p)
{
	isrv_pack_u64(p, a ? a->count : 0);
	for (uint32_t i = 0; a && i < a->count; i++) {
		isrv_pack_span(p, isrv_annotated_name(a, i));
		isrv_pack_set(p, isrv_uidset_view(&a->entries[i].uids));
	}
	isrv_pack_set(p, a ? isrv_uidset_view(&a->any) : (struct imapsrv_set){NULL, 0});
}

void isrv_view_pack(const struct isrv_view *v, struct isrv_pack *p)
{
	isrv_pack_span(p, (struct imapsrv_span){v->name, v->name_len});
	isrv_pack_u64(p, flags_of(v));
	isrv_pack_u64(p, v->uidvalidity);
	isrv_pack_u64(p, v->uidnext);
	isrv_pack_u64(p, v->recent_from);
	isrv_pack_u64(p, v->permanent_flags);
	isrv_pack_u64(p, v->rights);
	isrv_pack_u64(p, v->private_rights);
	isrv_pack_u64(p, v->annotations);
	isrv_pack_u64(p, v->annotation_size);
	isrv_pack_u64(p, v->modseq_told);
	isrv_pack_u64(p, v->modseq_seen);
	isrv_pack_u64(p, v->heard);
	isrv_pack_u64(p, v->heard_modseq);
	pack_map(&v->map, p);
	isrv_pack_u64(p, v->keywords.count);
	for (uint32_t i = 0; i < v->keywords.count; i++)
		isrv_pack_span(p, isrv_keywords_at(&v->keywords, i));
	isrv_pack_set(p, isrv_uidset_view(&v->expunged));
	isrv_pack_set(p, isrv_uidset_view(&v->changed));
	pack_annotated(v->annotated, p);
	isrv_pack_set(p, isrv_uidset_view(&v->fresh));
	isrv_pack_set(p, isrv_uidset_view(&v->own_gone));
	isrv_pack_set(p, isrv_uidset_view(&v->own));
	isrv_pack_set(p, isrv_uidset_view(&v->arrived));
	isrv_pack_set(p, isrv_uidset_view(&v->saved));
	isrv_pack_u64(p, v->batches_told.size);
	isrv_pack_u64(p, v->batches_told.first);
	isrv_pack_u64(p, v->batches_told.last);
	isrv_pack_u64(p, v->batches_told.count);
	isrv_pack_u64(p, v->batches_told.last_uid);
}

/* ---- back ---------------------------------------------------------------------------------- */

static void unpack_map(struct isrv_nummap *map, struct isrv_mem *mem, struct isrv_unpack *u)
{
	struct imapsrv_range run;
	uint32_t after = 0;

	while (isrv_unpack_range(u, &after, &run))
		if (!isrv_nummap_append(map, mem, run.first, run.last))
			isrv_unpack_fail(u, IMAPSRV_ENOMEM);
}

static void unpack_keywords(struct isrv_keywords *k, struct isrv_mem *mem, struct isrv_unpack *u)
{
	uint32_t count = isrv_unpack_u32(u);
	bool added;

	if (count > k->max)
		isrv_unpack_fail(u, IMAPSRV_ETOOBIG);
	for (uint32_t i = 0; i < count && !u->error; i++) {
		struct imapsrv_span name = isrv_unpack_span(u);

		if (!isrv_keywords_add(k, mem, name, &added))
			isrv_unpack_fail(u, IMAPSRV_ENOMEM);
		else if (!added)
			isrv_unpack_fail(u, IMAPSRV_EINVAL); /* no keyword, or one twice */
	}
}

/* One name, or with an empty one any entry. */
static void unpack_entry(struct isrv_view *v, struct isrv_mem *mem, struct isrv_unpack *u,
                         struct imapsrv_span name)
{
	struct isrv_uidset uids;

	isrv_uidset_init(&uids, SIZE_MAX);
	isrv_unpack_set(u, mem, &uids);
	if (!u->error && uids.count &&
	    !isrv_view_post_annotated(v, mem, isrv_uidset_view(&uids), &name, name.len ? 1 : 0,
	                              UINT32_MAX))
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	isrv_uidset_clear(&uids, mem);
}

static void unpack_annotated(struct isrv_view *v, struct isrv_mem *mem, struct isrv_unpack *u)
{
	struct imapsrv_span none = {NULL, 0}, name;

	for (uint32_t count = isrv_unpack_u32(u); count && !u->error; count--) {
		name = isrv_unpack_span(u);
		if (!isrv_annotation_is_name(name))
			isrv_unpack_fail(u, IMAPSRV_EINVAL);
		else
			unpack_entry(v, mem, u, name);
	}
	unpack_entry(v, mem, u, none);
}

/* Does the map hold all of the set? */
static bool holds(const struct isrv_nummap *map, struct imapsrv_set set)
{
	for (size_t i = 0; i < set.count; i++) {
		uint32_t first = set.ranges[i].first, last = set.ranges[i].last;

		if (isrv_nummap_rank(map, last) - isrv_nummap_rank(map, first - 1) !=
		    last - first + 1)
			return false;
	}
	return true;
}

/* Is all of `part` in `whole`? */
static bool is_part(struct imapsrv_set part, struct imapsrv_set whole)
{
	for (size_t i = 0; i < part.count; i++) {
		size_t at = isrv_uidset_seek(whole, part.ranges[i].first);

		if (at == whole.count || whole.ranges[at].first > part.ranges[i].first ||
		    whole.ranges[at].last < part.ranges[i].last)
			return false;
	}
	return true;
}

static bool is_sound(const struct isrv_view *v)
{
	uint32_t fresh = isrv_uidset_max(isrv_uidset_view(&v->fresh));
	uint32_t top = fresh > v->map.last_uid ? fresh : v->map.last_uid;

	if (!v->uidvalidity || !v->uidnext || (top >= v->uidnext && v->uidnext < UINT32_MAX))
		return false;
	if (v->fresh.count && isrv_uidset_min(isrv_uidset_view(&v->fresh)) <= v->map.last_uid)
		return false;
	return v->modseq_told <= INT64_MAX && v->modseq_seen <= INT64_MAX &&
	       v->modseq_told <= v->modseq_seen && (v->modseq_told || !v->modseq_seen) &&
	       v->heard_modseq <= INT64_MAX &&
	       holds(&v->map, isrv_uidset_view(&v->expunged)) &&
	       is_part(isrv_uidset_view(&v->own_gone), isrv_uidset_view(&v->expunged));
}

void isrv_view_unpack(struct isrv_view *v, struct isrv_mem *mem, struct isrv_unpack *u,
                      uint32_t max_ranges, uint32_t max_keywords)
{
	struct imapsrv_span name = isrv_unpack_name(u);

	if (!isrv_view_init(v, mem, name, max_ranges, max_keywords)) {
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
		return;
	}
	if (!name.len)
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
	take_flags(v, (uint32_t)isrv_unpack_upto(u, FLAGS_ALL));
	v->uidvalidity = isrv_unpack_u32(u);
	v->uidnext = isrv_unpack_u32(u);
	v->recent_from = isrv_unpack_u32(u);
	v->permanent_flags = (uint8_t)isrv_unpack_upto(u, IMAPSRV_SYSTEM_FLAGS);
	v->rights = isrv_unpack_u32(u);
	v->private_rights = (uint16_t)isrv_unpack_upto(u, UINT16_MAX);
	v->annotations = (uint8_t)isrv_unpack_upto(u, ISRV_ANNOTATIONS_ALL);
	v->annotation_size = isrv_unpack_u32(u);
	v->modseq_told = isrv_unpack_u64(u);
	v->modseq_seen = isrv_unpack_u64(u);
	v->heard = isrv_unpack_u32(u);
	v->heard_modseq = isrv_unpack_u64(u);
	unpack_map(&v->map, mem, u);
	unpack_keywords(&v->keywords, mem, u);
	isrv_unpack_set(u, mem, &v->expunged);
	isrv_unpack_set(u, mem, &v->changed);
	unpack_annotated(v, mem, u);
	isrv_unpack_set(u, mem, &v->fresh);
	isrv_unpack_set(u, mem, &v->own_gone);
	isrv_unpack_set(u, mem, &v->own);
	isrv_unpack_set(u, mem, &v->arrived);
	isrv_unpack_set(u, mem, &v->saved);
	v->batches_told.size = isrv_unpack_u32(u);
	v->batches_told.first = isrv_unpack_u32(u);
	v->batches_told.last = isrv_unpack_u32(u);
	v->batches_told.count = isrv_unpack_u32(u);
	v->batches_told.last_uid = isrv_unpack_u32(u);
	if (!u->error && !is_sound(v))
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
}
