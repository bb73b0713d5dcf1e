/* SPDX-License-Identifier: MIT */
/*
 * kept.c - files are put aside in a directory of their own in the mailbox, one for each process
 * that needs it.  It is locked for as long as the process lives; one that is not is what a crash
 * left, and goes when the mailbox is loaded.  If putting aside fails, the message is gone as it
 * would be without.
 */
#include "kept.h"

#include "box.h"
#include "filename.h"
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_DIR "imapsrv-kept."

/* For clients that sleep while others clear a mailbox out: more are not kept. */
#define KEPT_MAX 10000

/* ---- the directory ------------------------------------------------------------------------ */

static bool make_dir(struct box *box)
{
	struct kept *kept = &box->kept;

	if (kept->dir)
		return true;
	char *unique = filename_new_temporary();
	char *dir = xprintf(KEPT_DIR "%s", unique);
	int fd = -1;

	free(unique);
	if (!mkdirat(box->dirfd, dir, 0700))
		fd = openat(box->dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB)) {
		kept->dir = dir;
		kept->fd = fd;
		return true;
	}
	if (fd >= 0)
		close(fd);
	unlinkat(box->dirfd, dir, AT_REMOVEDIR);
	free(dir);
	return false;
}

static void remove_dir(struct box *box)
{
	struct kept *kept = &box->kept;

	if (!kept->dir || kept->files)
		return;
	/* Not empty if a message was put aside whose record did not follow. */
	remove_tree(box->dirfd, kept->dir);
	close(kept->fd);
	free(kept->dir);
	kept->dir = NULL;
}

void kept_remove_leftovers(struct box *box)
{
	int fd = openat(box->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (strncmp(entry->d_name, KEPT_DIR, strlen(KEPT_DIR)))
			continue;
		int left = openat(box->dirfd, entry->d_name,
		                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (left < 0)
			continue;
		if (!flock(left, LOCK_EX | LOCK_NB))
			remove_tree(box->dirfd, entry->d_name);
		close(left);
	}
	if (dir)
		closedir(dir);
}

char *kept_path(const struct box *box, const struct kept_message *kept)
{
	return xprintf("%s/%s", box->kept.dir, kept->message.file);
}

/* ---- putting aside ------------------------------------------------------------------------- */

int kept_remove_file(struct box *box, struct message *message, bool others)
{
	char *path = box_path(message);
	int result = -1;

	if (others && box->kept.count < KEPT_MAX && make_dir(box)) {
		char *aside = xprintf("%s/%s", box->kept.dir, message->file);
		result = renameat(box->dirfd, path, box->dirfd, aside);
		message->aside = !result;
		free(aside);
	}
	if (result)
		result = unlinkat(box->dirfd, path, 0);
	int error = errno;
	free(path);
	errno = error;
	return result;
}

static void take_keywords(struct kept_message *kept, const struct catalog *catalog)
{
	struct imapsrv_span names[KEYWORDS_MAX];

	kept->keyword_count = catalog_keyword_names(catalog, kept->message.keywords, names);
	kept->keywords = xcalloc(kept->keyword_count, sizeof *kept->keywords);
	for (uint32_t i = 0; i < kept->keyword_count; i++)
		kept->keywords[i] = xstrndup(names[i].data, names[i].len);
	kept->message.keywords = 0;
}

static void find_date(struct box *box, struct kept_message *kept)
{
	struct stat st;

	if (kept->message.date != DATE_UNKNOWN || !kept->has_file)
		return;
	char *path = kept_path(box, kept);
	if (!fstatat(box->dirfd, path, &st, 0))
		kept->message.date = st.st_mtim.tv_sec;
	free(path);
}

static void drop(struct box *box, struct kept_message *kept)
{
	if (kept->has_file) {
		char *path = kept_path(box, kept);
		unlinkat(box->dirfd, path, 0);
		free(path);
		box->kept.files--;
	}
	for (uint32_t i = 0; i < kept->keyword_count; i++)
		free(kept->keywords[i]);
	free(kept->keywords);
	free(kept->message.file);
}

static void add(struct box *box, const struct message *message)
{
	struct kept_message kept = {.message = *message, .time = box->kept.time};

	kept.has_file = message->aside;
	box->kept.files += kept.has_file;
	kept.message.file = xstrdup(message->file);
	kept.modseq = modseqs_of(box, message->uid);
	take_keywords(&kept, &box->catalog);
	if (box->kept.count == KEPT_MAX) {
		drop(box, &kept);
		return;
	}
	find_date(box, &kept);
	RESERVE_ONE(box->kept.items, box->kept.count, box->kept.capacity);
	box->kept.items[box->kept.count++] = kept;
}

static int compare_uids(const void *a, const void *b)
{
	uint32_t x = ((const struct kept_message *)a)->message.uid;
	uint32_t y = ((const struct kept_message *)b)->message.uid;

	return (x > y) - (x < y);
}

void kept_collect(struct box *box, bool others)
{
	size_t before = box->kept.count;

	box->kept.time++;
	for (size_t i = 0; others && i < box->catalog.count; i++)
		if (box->catalog.messages[i].gone)
			add(box, &box->catalog.messages[i]);
	if (box->kept.count > before)
		qsort(box->kept.items, box->kept.count, sizeof *box->kept.items, compare_uids);
}

/* ---- flags --------------------------------------------------------------------------------- */

static size_t find_keyword(const struct kept_message *kept, struct imapsrv_span name)
{
	size_t i = 0;

	while (i < kept->keyword_count && (strlen(kept->keywords[i]) != name.len ||
	                                   strncasecmp(kept->keywords[i], name.data, name.len)))
		i++;
	return i;
}

static bool add_keyword(struct kept_message *kept, struct imapsrv_span name)
{
	if (find_keyword(kept, name) < kept->keyword_count || kept->keyword_count == KEYWORDS_MAX)
		return false;
	kept->keywords = xrealloc(kept->keywords, kept->keyword_count + 1u, sizeof *kept->keywords);
	kept->keywords[kept->keyword_count++] = xstrndup(name.data, name.len);
	return true;
}

static void remove_keyword(struct kept_message *kept, size_t at)
{
	free(kept->keywords[at]);
	kept->keywords[at] = kept->keywords[--kept->keyword_count];
}

static bool names_keyword(const struct imapsrv_flags *flags, const char *keyword)
{
	for (uint32_t i = 0; i < flags->keyword_count; i++)
		if (flags->keywords[i].len == strlen(keyword) &&
		    !strncasecmp(flags->keywords[i].data, keyword, flags->keywords[i].len))
			return true;
	return false;
}

/* False: they were so. */
static bool change_flags(struct kept_message *kept, const struct imapsrv_store_flags *change)
{
	uint32_t before = kept->message.flags;
	bool changed = false;

	kept->message.flags = (uint8_t)flags_after(change, before);
	for (uint32_t i = kept->keyword_count; i-- > 0;) {
		bool named = names_keyword(&change->flags, kept->keywords[i]);
		if (change->mode == IMAPSRV_FLAGS_ADD || !(change->rights & IMAPSRV_RIGHT_WRITE) ||
		    named != (change->mode == IMAPSRV_FLAGS_REMOVE))
			continue;
		remove_keyword(kept, i);
		changed = true;
	}
	for (uint32_t i = 0; i < change->flags.keyword_count; i++)
		if (change->mode != IMAPSRV_FLAGS_REMOVE)
			changed |= add_keyword(kept, change->flags.keywords[i]);
	return changed || kept->message.flags != before;
}

/* All that happened up to HIGHESTMODSEQ is told or posted, the expunge among it, so it is above
 * what the message had and hides nothing. */
void kept_set_flags(const struct handle *handle, const struct imapsrv_store_flags *change,
                    void (*each)(void *context, const struct kept_message *kept, bool unchanged,
                                 bool failed),
                    void *context)
{
	const struct box *box = handle->box;

	for (size_t i = 0; i < box->kept.count; i++) {
		struct kept_message *kept = &box->kept.items[i];
		bool holds = !change->conditional ||
		             (kept->modseq && kept->modseq <= change->unchanged_since);
		if (kept->time <= handle->told || !ranges_cover(change->uids, kept->message.uid))
			continue;
		bool changed = holds && change_flags(kept, change);
		if (changed)
			kept->modseq = modseqs_highest(box);
		each(context, kept, !changed, !holds);
	}
}

/* ---- letting go ---------------------------------------------------------------------------- */

void kept_release(struct box *box)
{
	struct kept *kept = &box->kept;
	uint64_t told = UINT64_MAX;
	size_t left = 0;

	for (const struct handle *handle = box->handles; handle; handle = handle->next)
		if (handle->told < told)
			told = handle->told;
	for (size_t i = 0; i < kept->count; i++) {
		if (kept->items[i].time <= told)
			drop(box, &kept->items[i]);
		else
			kept->items[left++] = kept->items[i];
	}
	kept->count = left;
	remove_dir(box);
}

void kept_forget(struct handle *handle)
{
	handle->told = handle->box->kept.time;
	kept_release(handle->box);
}

void kept_free(struct box *box)
{
	for (size_t i = 0; i < box->kept.count; i++)
		drop(box, &box->kept.items[i]);
	box->kept.count = 0;
	remove_dir(box);
	free(box->kept.items);
	box->kept = (struct kept){0};
}

/* ---- looking ------------------------------------------------------------------------------- */

static size_t place_of(const struct kept *kept, uint32_t uid)
{
	size_t low = 0, high = kept->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (kept->items[mid].message.uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct kept_message *kept_next(const struct handle *handle, uint32_t uid)
{
	const struct kept *kept = &handle->box->kept;

	for (size_t at = place_of(kept, uid); at < kept->count; at++)
		if (kept->items[at].time > handle->told)
			return &kept->items[at];
	return NULL;
}

const struct kept_message *kept_within(const struct handle *handle, struct imapsrv_set set,
                                       uint32_t uid)
{
	const struct kept_message *kept = NULL;

	while (uid < UINT32_MAX && (kept = kept_next(handle, uid + 1)) &&
	       !ranges_cover(set, kept->message.uid))
		uid = kept->message.uid;
	return uid < UINT32_MAX ? kept : NULL;
}

const struct kept_message *kept_find(const struct handle *handle, uint32_t uid)
{
	const struct kept_message *kept = kept_next(handle, uid);

	return kept && kept->message.uid == uid ? kept : NULL;
}

const struct kept_message *kept_of(const struct box *box, uint32_t uid)
{
	size_t at = place_of(&box->kept, uid);

	if (at == box->kept.count || box->kept.items[at].message.uid != uid)
		return NULL;
	return &box->kept.items[at];
}
