/* SPDX-License-Identifier: MIT */
/*
 * annotations.c - reads and changes the annotations of a mailbox.
 *
 * A change is made under the lock of the box, by a file that takes the place of the one before.
 * Whoever made it, another process or we ourselves, is told apart by nothing but the origin: the
 * file is another one than before, and what differs is told.
 */
#include "annotations.h"

#include "box.h"
#include "files.h"
#include "news.h"
#include "uses.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- of any mailbox ----------------------------------------------------------------------- */

int annotations_read(int root, const char *dir, struct entries *entries)
{
	char *path = xprintf("%s/%s", dir, ANNOTATIONS_FILE);
	int result = entries_read(root, path, entries);
	int error = errno;

	free(path);
	errno = error;
	return result;
}

int annotations_uses(int root, const char *dir, const char *name, uint32_t *uses_r)
{
	struct entries entries;
	int result = annotations_read(root, dir, &entries) && is_passing(errno) ? -1 : 0;
	int error = errno;

	*uses_r = uses_of(entries_find(&entries, "", USES_ENTRY), name);
	entries_clear(&entries);
	errno = error;
	return result;
}

int annotations_begin(int dirfd, uint32_t uses)
{
	static const struct imapsrv_span name = {USES_ENTRY, sizeof USES_ENTRY - 1};
	struct entries entries = {0};
	char *text = uses_format(uses);
	struct imapsrv_span value = {text, strlen(text)};
	int result = 0;

	if (!uses && unlinkat(dirfd, ANNOTATIONS_FILE, 0) && errno != ENOENT)
		result = -1;
	entries_put(&entries, "", name, &value);
	if (uses)
		result = entries_write(dirfd, ANNOTATIONS_FILE, &entries);
	int error = errno;
	entries_clear(&entries);
	free(text);
	errno = error;
	return result;
}

/* ---- of a box ----------------------------------------------------------------------------- */

/* Names of entries that changed, of one owner at a time. */
struct telling {
	const struct box *box;
	const struct imapsrv_session *origin;
	const char *owner;
	struct imapsrv_span *names;
	size_t count;
	size_t capacity;
};

static void tell(struct telling *telling)
{
	if (telling->count)
		news_entries(telling->box, telling->owner, telling->names, telling->count,
		             telling->origin);
	telling->count = 0;
}

static void note_difference(void *context, const struct annotation *entry)
{
	struct telling *telling = context;

	if (telling->count && strcmp(telling->owner, entry->owner) != 0)
		tell(telling);
	telling->owner = entry->owner;
	RESERVE_ONE(telling->names, telling->count, telling->capacity);
	telling->names[telling->count++] =
		(struct imapsrv_span){entry->name, strlen(entry->name)};
}

static bool is_known(const struct box *box, const struct stat *st)
{
	const struct annotations *a = &box->annotations;

	return a->known && a->inode == st->st_ino &&
	       !clock_before(a->mtime, st->st_mtim) && !clock_before(st->st_mtim, a->mtime);
}

void annotations_look(struct box *box, const struct imapsrv_session *origin)
{
	struct annotations *a = &box->annotations, fresh = {.known = true};
	struct telling telling = {.box = box, .origin = origin};
	struct stat st;

	if (fstatat(box->dirfd, ANNOTATIONS_FILE, &st, 0))
		st = (struct stat){0};
	if (is_known(box, &st))
		return;
	fresh.inode = st.st_ino;
	fresh.mtime = st.st_mtim;
	if (entries_read(box->dirfd, ANNOTATIONS_FILE, &fresh.entries)) {
		entries_clear(&fresh.entries);
		return;
	}
	if (a->known)
		entries_compare(&a->entries, &fresh.entries, note_difference, &telling);
	tell(&telling);
	free(telling.names);
	entries_clear(&a->entries);
	*a = fresh;
}

void annotations_free(struct box *box)
{
	entries_clear(&box->annotations.entries);
	box->annotations = (struct annotations){0};
}

static int change_locked(struct box *box, const char *owner, const struct imapsrv_entry *changes,
                         size_t count)
{
	struct entries entries;
	int result = entries_read(box->dirfd, ANNOTATIONS_FILE, &entries);

	for (size_t i = 0; !result && i < count; i++) {
		bool is_private = changes[i].name.len > 9 && changes[i].name.data[1] == 'p';
		entries_put(&entries, is_private ? owner : "", changes[i].name,
		            changes[i].has_value ? &changes[i].value : NULL);
	}
	/* RFC 7162 3.2.  Before the change: if it comes to nothing, no harm is done. */
	if (!result && modseqs_raise(box)) {
		errno = EIO;
		result = -1;
	}
	if (!result)
		result = entries_write(box->dirfd, ANNOTATIONS_FILE, &entries);
	int error = errno;
	entries_clear(&entries);
	errno = error;
	return result;
}

int annotations_change(struct box *box, const char *owner, const struct imapsrv_entry *changes,
                       size_t count, const struct imapsrv_session *origin)
{
	if (box_lock(box))
		return -1;
	if (box->frozen) {
		box_unlock(box);
		errno = EROFS;
		return -1;
	}
	annotations_look(box, NULL);
	int result = change_locked(box, owner, changes, count);
	int error = errno;
	box_unlock(box);
	annotations_look(box, origin);
	errno = error;
	return result;
}
