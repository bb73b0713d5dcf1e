/* SPDX-License-Identifier: MIT */
/*
 * scan.c - compares a box with the files that are there: new ones get UIDs, renamed ones other
 * flags, missing ones are expunged.
 *
 * A directory is read when its modification time is not what it was.  That time may be too coarse
 * to show a second change right after the first, so a directory that had just changed when it was
 * read is read again.  And a file that is renamed while its directory is being read may not be seen
 * at all: a message counts as gone only after it was missed twice.
 */
#include "box.h"

#include "filename.h"
#include "files.h"
#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK_MS    20   /* no clock of a local filesystem is coarser */
#define SETTLED_MS 2000 /* and none at all */

/* ---- when to look ------------------------------------------------------------------------- */

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool watch_is_due(const struct watch *watch, int dirfd, const char *name)
{
	struct timespec now = clock_now();
	struct stat st;

	if (fstatat(dirfd, name, &st, 0) || !same_time(st.st_mtim, watch->mtime))
		return true;
	/* A clock that is ahead of ours says nothing. */
	if (clock_before(clock_add(watch->scanned, SETTLED_MS), watch->mtime))
		return false;
	if (clock_before(watch->scanned, clock_add(watch->mtime, TICK_MS)))
		return true;
	struct timespec settled = clock_add(watch->mtime, SETTLED_MS);
	return clock_before(watch->scanned, settled) && clock_before(settled, now);
}

bool scan_is_due(const struct box *box)
{
	return watch_is_due(&box->watch_new, box->dirfd, "new") ||
	       watch_is_due(&box->watch_cur, box->dirfd, "cur");
}

static int watch_begin(struct watch *watch, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, 0))
		return -1;
	watch->mtime = st.st_mtim;
	watch->scanned = clock_now();
	return 0;
}

static void own_begin(struct watch *watch, int dirfd, const char *name)
{
	struct stat st;

	watch->clean = !fstatat(dirfd, name, &st, 0) && same_time(st.st_mtim, watch->mtime);
}

/* A change of somebody else between begin and end is seen when the directory has settled. */
static void own_end(struct watch *watch, int dirfd, const char *name)
{
	struct stat st;

	if (!watch->clean || fstatat(dirfd, name, &st, 0) || same_time(st.st_mtim, watch->mtime))
		return;
	watch->mtime = st.st_mtim;
	watch->scanned = clock_add(st.st_mtim, TICK_MS);
}

void scan_own_begin(struct box *box)
{
	own_begin(&box->watch_new, box->dirfd, "new");
	own_begin(&box->watch_cur, box->dirfd, "cur");
}

void scan_own_end(struct box *box)
{
	own_end(&box->watch_new, box->dirfd, "new");
	own_end(&box->watch_cur, box->dirfd, "cur");
}

/* ---- reading the directories -------------------------------------------------------------- */

/* Messages by the base of their file's name: places in catalog->messages, plus one. */
struct lookup {
	uint32_t *slots;
	size_t mask;
};

struct scan {
	struct box *box;
	struct catalog *catalog;
	size_t known; /* messages that have UIDs; behind them come those that are new */
	struct lookup lookup;
};

static size_t hash_base(const char *file, size_t len)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)file[i]) * 1099511628211u;
	return (size_t)(hash ^ hash >> 29);
}

/* Where the message with this base is, or would be. */
static uint32_t *lookup_slot(struct scan *scan, const char *file)
{
	size_t len = filename_base(file);
	size_t at = hash_base(file, len) & scan->lookup.mask;

	for (;; at = (at + 1) & scan->lookup.mask) {
		uint32_t *slot = &scan->lookup.slots[at];
		if (!*slot)
			return slot;
		const char *other = scan->catalog->messages[*slot - 1].file;
		if (!strncmp(other, file, len) && filename_base(other) == len)
			return slot;
	}
}

static void lookup_fill(struct scan *scan)
{
	size_t size = 64;

	while (size < scan->catalog->count * 2 + 2)
		size *= 2;
	free(scan->lookup.slots);
	scan->lookup.slots = xcalloc(size, sizeof *scan->lookup.slots);
	scan->lookup.mask = size - 1;
	for (size_t i = 0; i < scan->catalog->count; i++)
		*lookup_slot(scan, scan->catalog->messages[i].file) = (uint32_t)i + 1;
}

static void note_known(struct message *message, const char *file, bool in_new)
{
	uint8_t flags = message->flags;
	bool located = message->located;

	message->seen = true;
	message->located = true;
	message->in_new = in_new;
	if (!strcmp(message->file, file))
		return;
	message_set_file(message, xstrdup(file));
	message->changed |= message->flags != flags || !located;
}

static void note_file(struct scan *scan, const char *file, bool in_new)
{
	uint32_t *slot = lookup_slot(scan, file);

	if (*slot) {
		note_known(&scan->catalog->messages[*slot - 1], file, in_new);
		return;
	}
	struct message *message = catalog_add(scan->catalog, 0, xstrdup(file));
	message->seen = true;
	message->located = true;
	message->in_new = in_new;
	*slot = (uint32_t)scan->catalog->count;
	if (scan->catalog->count * 2 > scan->lookup.mask)
		lookup_fill(scan);
}

static int read_dir(struct scan *scan, const char *name)
{
	bool in_new = !strcmp(name, "new");
	int fd = openat(scan->box->dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	struct dirent *entry;
	while (errno = 0, (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_name[0] != ':')
			note_file(scan, entry->d_name, in_new);
	int error = errno;
	closedir(dir);
	errno = error;
	return error ? -1 : 0;
}

static int read_dirs(struct scan *scan, bool with_new, bool with_cur)
{
	struct box *box = scan->box;

	/* First new/, then cur/: the way that files go. */
	if (with_new &&
	    (watch_begin(&box->watch_new, box->dirfd, "new") || read_dir(scan, "new")))
		return -1;
	if (with_cur &&
	    (watch_begin(&box->watch_cur, box->dirfd, "cur") || read_dir(scan, "cur")))
		return -1;
	return 0;
}

static bool any_missing(const struct scan *scan)
{
	for (size_t i = 0; i < scan->known; i++)
		if (!scan->catalog->messages[i].seen)
			return true;
	return false;
}

static int look(struct scan *scan, bool all)
{
	struct box *box = scan->box;
	bool with_new = all || watch_is_due(&box->watch_new, box->dirfd, "new");
	bool with_cur = all || watch_is_due(&box->watch_cur, box->dirfd, "cur");

	for (size_t i = 0; i < scan->known; i++) {
		struct message *message = &scan->catalog->messages[i];
		message->seen = message->located && !(message->in_new ? with_new : with_cur);
		message->changed = false;
	}
	if (read_dirs(scan, with_new, with_cur))
		return -1;
	return any_missing(scan) ? read_dirs(scan, true, true) : 0;
}

/* ---- what was found ----------------------------------------------------------------------- */

static int compare_messages(const void *a, const void *b)
{
	return filename_compare(((const struct message *)a)->file,
	                        ((const struct message *)b)->file);
}

/* Gives UIDs to the messages behind the known ones. */
static void number_fresh(struct scan *scan, struct changes *changes)
{
	struct catalog *catalog = scan->catalog;
	struct index *index = &scan->box->index;
	size_t fresh = catalog->count - scan->known;

	if (!fresh)
		return;
	qsort(catalog->messages + scan->known, fresh, sizeof *catalog->messages, compare_messages);
	for (size_t i = scan->known; i < catalog->count; i++) {
		catalog->messages[i].uid = catalog->uidnext++;
		index_put_message(index, &catalog->messages[i]);
		ranges_add(&changes->fresh, catalog->messages[i].uid);
	}
	if (scan->box->writers) {
		catalog->recent_from = catalog->uidnext;
		index_put_recent(index, catalog->recent_from);
	}
}

/* What was found could not be taken over, or not all was found: it will be tried again. */
static void look_again(struct box *box)
{
	box->watch_new.mtime = box->watch_cur.mtime = (struct timespec){0};
}

static void forget_fresh(struct scan *scan)
{
	while (scan->catalog->count > scan->known)
		free(scan->catalog->messages[--scan->catalog->count].file);
}

void scan_move_new(struct box *box)
{
	scan_own_begin(box);
	for (size_t i = 0; i < box->catalog.count; i++) {
		struct message *message = &box->catalog.messages[i];
		if (message->in_new)
			message_rename(box, message, message->flags);
	}
	scan_own_end(box);
}

static int take_over(struct scan *scan)
{
	struct box *box = scan->box;
	struct changes changes = {0};
	uint32_t uidnext = scan->catalog->uidnext, recent_from = scan->catalog->recent_from;

	for (size_t i = 0; i < scan->known; i++) {
		struct message *message = &scan->catalog->messages[i];
		message->gone = !message->seen;
		if (message->gone)
			index_put_gone(&box->index, message->uid);
		else if (message->changed)
			ranges_add(&changes.flagged, message->uid);
	}
	number_fresh(scan, &changes);
	if (box_commit(box)) {
		forget_fresh(scan);
		scan->catalog->uidnext = uidnext;
		scan->catalog->recent_from = recent_from;
		ranges_clear(&changes.fresh);
		look_again(box);
	}
	if (changes.fresh.count || any_missing(scan))
		quota_doubt(&box->maildir->quotas, box->account);
	kept_collect(box, box->handles != NULL);
	catalog_sweep(scan->catalog, &changes);
	modseqs_note(box, &changes.fresh, &changes.flagged, &changes.gone);
	box_post_changes(box, &changes);
	if (box->writers && !box->frozen)
		scan_move_new(box);
	return 0;
}

int scan_box(struct box *box, bool all)
{
	struct scan scan = {.box = box, .catalog = &box->catalog, .known = box->catalog.count};

	if (scan.catalog->uidnext > UINT32_MAX - UINT32_MAX / 16) {
		errno = EOVERFLOW;
		return -1;
	}
	lookup_fill(&scan);
	int result = look(&scan, all);
	if (result) {
		int failed = errno;
		forget_fresh(&scan);
		look_again(box);
		modseqs_put_off(box);
		errno = failed;
	} else {
		result = take_over(&scan);
	}
	int error = errno;
	free(scan.lookup.slots);
	errno = error;
	return result;
}
