/* SPDX-License-Identifier: MIT */
/*
 * change.c - what clients do to messages that are there: flags and expunge.
 *
 * System flags are changed by renaming the file, which is atomic for each message and needs no lock
 * with other programs: if the file is not where it was, another program was quicker, and the
 * directory is read again.  Keywords are changed by lines in the index.  The lock is for the
 * modification sequences: until a change has its number, no other process gives one.
 */
#include "box.h"

#include "maildir.h"
#include "quota.h"

#include <errno.h>
#include <stdlib.h>

/* A file that is always somewhere else when we come is given up. */
#define TRIES 5

/* ---- flags -------------------------------------------------------------------------------- */

uint32_t flags_after(const struct imapsrv_store_flags *change, uint32_t old)
{
	uint32_t flags = change->flags.system & IMAPSRV_SYSTEM_FLAGS;

	switch (change->mode) {
	case IMAPSRV_FLAGS_ADD:
		return old | flags;
	case IMAPSRV_FLAGS_REMOVE:
		return old & ~flags;
	case IMAPSRV_FLAGS_SET:
		break;
	}
	return flags | (old & ~imapsrv_rights_flags(change->rights));
}

static uint64_t new_keywords(const struct imapsrv_store_flags *change, uint64_t bits, uint64_t old)
{
	switch (change->mode) {
	case IMAPSRV_FLAGS_ADD:
		return old | bits;
	case IMAPSRV_FLAGS_REMOVE:
		return old & ~bits;
	case IMAPSRV_FLAGS_SET:
		break;
	}
	return change->rights & IMAPSRV_RIGHT_WRITE ? bits : old;
}

static int keyword_bits(struct catalog *catalog, const struct imapsrv_flags *flags,
                        uint64_t *bits_r)
{
	*bits_r = 0;
	for (uint32_t i = 0; i < flags->keyword_count; i++) {
		uint64_t bit = catalog_keyword(catalog, flags->keywords[i]);
		if (!bit) {
			errno = EDOM;
			return -1;
		}
		*bits_r |= bit;
	}
	return 0;
}

/* Do keywords play a part in this? */
static bool needs_index(const struct box *box, const struct imapsrv_store_flags *change)
{
	const struct message *message = NULL;

	if (change->flags.keyword_count)
		return true;
	if (change->mode != IMAPSRV_FLAGS_SET)
		return false;
	while ((message = catalog_next(&box->catalog, change->uids, message ? message->uid : 0)))
		if (message->keywords)
			return true;
	return false;
}

/* Changes the keywords of all messages, or of none. */
static int set_keywords(struct box *box, const struct imapsrv_store_flags *change,
                        struct ranges *changed)
{
	const struct message *message = NULL;
	uint64_t bits;

	/* New names first: what uses them is nothing without, if only a part is written. */
	if (keyword_bits(&box->catalog, &change->flags, &bits) || box_commit(box))
		return -1;
	while ((message = catalog_next(&box->catalog, change->uids, message ? message->uid : 0))) {
		uint64_t keywords = new_keywords(change, bits, message->keywords);
		if (keywords == message->keywords)
			continue;
		index_put_message_keywords(&box->index, message->uid, keywords);
		ranges_add(changed, message->uid);
	}
	if (box_commit(box)) {
		ranges_clear(changed);
		return -1;
	}
	for (size_t i = 0; i < changed->count; i++) {
		struct imapsrv_set one = {&changed->items[i], 1};
		struct message *done = NULL;
		while ((done = catalog_next(&box->catalog, one, done ? done->uid : 0)))
			done->keywords = new_keywords(change, bits, done->keywords);
	}
	return 0;
}

/* RFC 7162 3.1.3: may this message be changed? */
static bool holds(const struct box *box, const struct imapsrv_store_flags *change, uint32_t uid)
{
	uint64_t modseq = change->conditional ? modseqs_of(box, uid) : 0;

	return !change->conditional || (modseq && modseq <= change->unchanged_since);
}

/* Changes the system flags of one message, if it is there and they are others. */
static int set_message_flags(struct box *box, uint32_t uid,
                             const struct imapsrv_store_flags *change, struct ranges *changed)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct message *message = catalog_find(&box->catalog, uid);
		uint32_t flags = message ? flags_after(change, message->flags) : 0;
		if (!message || flags == message->flags)
			return 0;
		/* Another program was quicker. */
		if (tries && !holds(box, change, uid))
			return 0;
		if (!message_rename(box, message, flags)) {
			ranges_add(changed, uid);
			return 0;
		}
		if (errno != ENOENT || box_rescan(box))
			return -1;
	}
	errno = EBUSY;
	return -1;
}

static int set_system_flags(struct box *box, const struct imapsrv_store_flags *change,
                            struct ranges *changed)
{
	const struct message *message;
	uint32_t uid = 0;
	int result = 0;

	scan_own_begin(box);
	while (!result && (message = catalog_next(&box->catalog, change->uids, uid))) {
		uid = message->uid;
		result = set_message_flags(box, uid, change, changed);
	}
	scan_own_end(box);
	return result;
}

static int set_flags(struct box *box, const struct imapsrv_store_flags *change,
                     struct ranges *changed)
{
	int result = 0;

	if (needs_index(box, change))
		result = set_keywords(box, change, changed);
	if (!result)
		result = set_system_flags(box, change, changed);
	int error = errno;
	if (changed->count)
		modseqs_note(box, NULL, changed, NULL);
	errno = error;
	return result;
}

/* Those for which the condition of the change holds. */
static void find_allowed(const struct box *box, const struct imapsrv_store_flags *change,
                         struct ranges *allowed)
{
	const struct message *message = NULL;

	while ((message = catalog_next(&box->catalog, change->uids, message ? message->uid : 0)))
		if (holds(box, change, message->uid))
			ranges_add(allowed, message->uid);
}

int box_set_flags(struct box *box, const struct imapsrv_store_flags *change,
                  const struct imapsrv_session *origin,
                  void (*each)(void *context, const struct message *message, bool unchanged,
                               bool failed),
                  void *context)
{
	struct ranges changed = {0}, allowed = {0};
	struct imapsrv_store_flags part = *change;
	const struct message *message = NULL;

	if (box_lock(box))
		return -1;
	if (change->conditional) {
		find_allowed(box, change, &allowed);
		part.uids = ranges_set(&allowed);
	}
	int result = set_flags(box, &part, &changed);
	int error = errno;
	box_unlock(box);
	/* What was done before a failure is news to the session itself too. */
	box_post(box,
	         change->mode == IMAPSRV_FLAGS_REMOVE ? IMAPSRV_EVENT_FLAGS_CLEAR
	                                              : IMAPSRV_EVENT_FLAGS_SET,
	         &changed, result ? NULL : origin);
	while (!result &&
	       (message = catalog_next(&box->catalog, change->uids, message ? message->uid : 0))) {
		bool unchanged = !ranges_has(&changed, message->uid);
		each(context, message, unchanged, unchanged && !holds(box, change, message->uid));
	}
	ranges_clear(&changed);
	ranges_clear(&allowed);
	errno = error;
	return result;
}

/* ---- expunge ------------------------------------------------------------------------------ */

/* Removes the file of one message, if it is there and may go. */
static int remove_message_file(struct box *box, uint32_t uid, bool only_deleted, bool others,
                               struct ranges *removed, struct amount *less)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct message *message = catalog_find(&box->catalog, uid);
		if (!message || (only_deleted && !(message->flags & IMAPSRV_DELETED)))
			return 0;
		char *path = box_path(message);
		uint64_t octets = box->maildir->quotas.on ? quota_octets(box->dirfd, path) : 0;
		free(path);
		if (!kept_remove_file(box, message, others)) {
			ranges_add(removed, uid);
			less->octets += octets;
			less->messages++;
			return 0;
		}
		if (errno != ENOENT || box_rescan(box))
			return -1;
	}
	errno = EBUSY;
	return -1;
}

static int remove_files(struct box *box, struct imapsrv_set set, bool only_deleted, bool others,
                        struct ranges *removed, struct amount *less)
{
	const struct message *message;
	uint32_t uid = 0;
	int result = 0;

	scan_own_begin(box);
	while (!result && (message = catalog_next(&box->catalog, set, uid))) {
		uid = message->uid;
		result = remove_message_file(box, uid, only_deleted, others, removed, less);
	}
	scan_own_end(box);
	return result;
}

/* The files have gone: so do the records.  If the index cannot be written, the next scan finds the
 * messages missing. */
static void remove_records(struct box *box, bool others, const struct ranges *removed)
{
	struct message *message = NULL;

	while ((message = catalog_next(&box->catalog, ranges_set(removed),
	                               message ? message->uid : 0))) {
		index_put_gone(&box->index, message->uid);
		message->gone = true;
	}
	box_commit(box);
	kept_collect(box, others);
	catalog_sweep(&box->catalog, NULL);
	modseqs_note(box, NULL, NULL, removed);
}

int box_expunge(struct box *box, struct imapsrv_set set, bool only_deleted,
                const struct imapsrv_session *origin, struct ranges *removed)
{
	bool others = box_has_others(box, origin);
	struct amount less = {0};

	if (box_lock(box))
		return -1;
	int result = remove_files(box, set, only_deleted, others, removed, &less);
	int error = errno;
	if (removed->count)
		remove_records(box, others, removed);
	quota_remove(box, less);
	box_unlock(box);
	box_post(box, IMAPSRV_EVENT_MESSAGE_EXPUNGE, removed, origin);
	errno = error;
	return result;
}
