/* SPDX-License-Identifier: MIT */
/*
 * box.c - one mailbox: reading it in, keeping it in step with its index and its directories, and
 * telling its sessions.
 */
#include "box.h"

#include "descriptions.h"
#include "filename.h"
#include "files.h"
#include "maildir.h"
#include "news.h"
#include "notices.h"
#include "uidvalidity.h"
#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many facts found out are worth writing the index anew when the box is closed. */
#define LEARNT_WORTH 200

/* ---- telling ------------------------------------------------------------------------------ */

void box_post(struct box *box, enum imapsrv_event_type type, const struct ranges *uids,
              const struct imapsrv_session *origin)
{
	if (uids->count)
		news_messages(box, type, ranges_set(uids), origin);
}

void box_post_changes(struct box *box, struct changes *changes)
{
	box_post(box, IMAPSRV_EVENT_MESSAGE_NEW, &changes->fresh, NULL);
	box_post(box, IMAPSRV_EVENT_FLAGS_SET, &changes->flagged, NULL);
	box_post(box, IMAPSRV_EVENT_MESSAGE_EXPUNGE, &changes->gone, NULL);
	changes_clear(changes);
}

bool box_has_others(const struct box *box, const struct imapsrv_session *session)
{
	for (const struct handle *handle = box->handles; handle; handle = handle->next)
		if (handle->session != session)
			return true;
	return false;
}

void box_kill(struct box *box)
{
	struct ranges all = {0};

	for (size_t i = 0; i < box->catalog.count; i++)
		ranges_add(&all, box->catalog.messages[i].uid);
	box->dead = true;
	box_post(box, IMAPSRV_EVENT_MESSAGE_EXPUNGE, &all, NULL);
	boxes_forget(box);
	catalog_clear(&box->catalog);
	modseqs_free(box);
	ranges_clear(&all);
}

/* ---- the lock, and the index under it ----------------------------------------------------- */

static int begin_index(struct box *box)
{
	box->catalog.uidvalidity = uidvalidity_next(box->account);
	if (!box->catalog.uidvalidity)
		return -1;
	return box->frozen ? 0 : index_rewrite(&box->index, box->dirfd, &box->catalog);
}

/* The index on disk has lower UIDs than were given out already: they are not given out again. */
static void raise_uidnext(struct box *box)
{
	index_put_uidnext(&box->index, box->catalog.uidnext);
	index_commit(&box->index, box->dirfd);
}

static int refresh(struct box *box)
{
	struct changes changes = {0};
	enum index_state state =
		index_refresh(&box->index, box->dirfd, &box->catalog, &changes);
	int error = errno;

	/* Sessions ask for numbers when all of this is over. */
	if (changes.fresh.count || changes.flagged.count || changes.gone.count)
		modseqs_doubt(box);
	box_post_changes(box, &changes);
	switch (state) {
	case INDEX_READ:
		return 0;
	case INDEX_MISSING:
		if (!box->catalog.uidvalidity)
			return begin_index(box);
		return box->frozen ? 0 : index_rewrite(&box->index, box->dirfd, &box->catalog);
	case INDEX_BROKEN:
		log_error("%s/%s: the index is damaged: the mailbox gets a new UIDVALIDITY",
		          box->account, box->dir);
		index_clear(&box->index);
		if (!box->catalog.uidvalidity)
			return begin_index(box);
		box_kill(box);
		errno = ENOENT;
		return -1;
	case INDEX_FOREIGN:
		log_error("%s/%s: the index was replaced", box->account, box->dir);
		raise_uidnext(box);
		box_kill(box);
		errno = ENOENT;
		return -1;
	case INDEX_ERROR:
		break;
	}
	errno = error;
	return -1;
}

/* The lock, without a look at the directories. */
static int lock_index(struct box *box)
{
	if (box->dead) {
		errno = ENOENT;
		return -1;
	}
	if (box->lock_depth++)
		return 0;
	box->lock = box->frozen ? -1 : lock_file(box->dirfd, "imapsrv-lock");
	if (box->lock < 0 && (errno == EACCES || errno == EROFS))
		box->frozen = true;
	if ((box->lock >= 0 || box->frozen) && !refresh(box)) {
		modseqs_refresh(box);
		return 0;
	}
	int error = errno;
	box_unlock(box);
	errno = error;
	return -1;
}

int box_lock(struct box *box)
{
	if (lock_index(box))
		return -1;
	/* Another process was here: before new numbers are given, all that has older ones is
	 * known.  If the directories cannot be read, that is tried again. */
	if (box->lock_depth == 1 && modseqs_are_due(box))
		scan_box(box, true);
	if (!box->dead)
		return 0;
	box_unlock(box);
	errno = ENOENT;
	return -1;
}

void box_unlock(struct box *box)
{
	if (--box->lock_depth)
		return;
	if (box->lock >= 0)
		close(box->lock);
	box->lock = -1;
}

int box_commit(struct box *box)
{
	for (unsigned i = 0; i < KEYWORDS_MAX; i++)
		if (box->catalog.unsaved >> i & 1)
			index_put_keyword(&box->index, i, box->catalog.keywords[i]);
	if (box->frozen) {
		index_rollback(&box->index);
		return 0;
	}
	if (index_commit(&box->index, box->dirfd))
		return -1;
	box->catalog.unsaved = 0;
	return 0;
}

/* ---- life --------------------------------------------------------------------------------- */

int box_load(struct box *box)
{
	struct stat st;

	box->lock = -1;
	catalog_init(&box->catalog);
	char *path = xprintf("%s/%s", box->account, box->dir);
	box->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(path);
	if (box->dirfd < 0 || fstatat(box->dirfd, "cur", &st, 0) || fstat(box->dirfd, &st))
		return -1;
	box->device = st.st_dev;
	box->inode = st.st_ino;
	upload_remove_stale(box->dirfd);
	if (box_rescan(box))
		return -1;
	if (!box->frozen && !box_lock(box)) {
		kept_remove_leftovers(box);
		box_unlock(box);
	}
	return 0;
}

/* Sizes and dates that were found out, and lines that were overtaken. */
static void tidy_index(struct box *box)
{
	bool worth = box->catalog.learnt >= LEARNT_WORTH ||
	             index_is_long(&box->index, &box->catalog);

	if (!worth || box->dead || box->frozen || box_lock(box))
		return;
	index_rewrite(&box->index, box->dirfd, &box->catalog);
	box_unlock(box);
}

void box_free(struct box *box)
{
	if (box->dirfd >= 0) {
		descriptions_free(box);
		tidy_index(box);
		kept_free(box);
		close(box->dirfd);
	}
	annotations_free(box);
	acl_free(box);
	modseqs_free(box);
	index_clear(&box->index);
	catalog_clear(&box->catalog);
	ranges_clear(&box->undescribed);
	free(box->account);
	free(box->dir);
	free(box->name);
	free(box);
}

static int scan_and_tidy(struct box *box, bool all)
{
	if (lock_index(box))
		return -1;
	int result = scan_box(box, all || modseqs_are_due(box));
	int error = errno;
	if (!result && !box->frozen && index_is_long(&box->index, &box->catalog))
		index_rewrite(&box->index, box->dirfd, &box->catalog);
	box_unlock(box);
	errno = error;
	return result;
}

static int scan_under_lock(struct box *box, bool all)
{
	int result = scan_and_tidy(box, all);
	int error = errno;

	/* The directories themselves are gone: somebody removed the mailbox. */
	if (result && !box->dead && (error == ENOENT || error == ENOTDIR))
		box_kill(box);
	errno = error;
	return result;
}

int box_sync(struct box *box)
{
	if (box->dead) {
		errno = ENOENT;
		return -1;
	}
	if (!scan_is_due(box) && !index_changed(&box->index, box->dirfd) && !modseqs_are_due(box))
		return 0;
	return scan_under_lock(box, false);
}

int box_rescan(struct box *box)
{
	return scan_under_lock(box, true);
}

/* Messages from here on will not be \Recent to anybody else. */
static void move_recent(struct box *box)
{
	if (box->catalog.recent_from == box->catalog.uidnext || box_lock(box))
		return;
	box->catalog.recent_from = box->catalog.uidnext;
	index_put_recent(&box->index, box->catalog.recent_from);
	box_commit(box);
	box_unlock(box);
}

struct handle *box_open(struct box *box, struct imapsrv_session *session, bool read_only,
                        uint32_t *recent_from_r)
{
	struct peer *peer = imapsrv_session_user(session);

	*recent_from_r = box->catalog.recent_from;
	if (!read_only && !box->writers && !box->frozen) {
		scan_move_new(box);
		move_recent(box);
	}
	/* The index turned out to be lost just now. */
	if (box->dead) {
		errno = ENOENT;
		return NULL;
	}
	box->writers += !read_only;
	struct handle *handle = xcalloc(1, sizeof *handle);
	*handle = (struct handle){.box = box, .session = session, .read_only = read_only};
	handle->name = xstrdup(box->name);
	handle->told = box->kept.time;
	handle->next = box->handles;
	handle->next_of_peer = peer->handles;
	box->handles = handle;
	peer->handles = handle;
	if (box->boxes)
		notices_watch(&box->boxes->notices, box);
	return handle;
}

void box_close(struct handle *handle)
{
	struct peer *peer = imapsrv_session_user(handle->session);
	struct handle **link = &handle->box->handles;

	while (*link != handle)
		link = &(*link)->next;
	*link = handle->next;
	link = &peer->handles;
	while (*link != handle)
		link = &(*link)->next_of_peer;
	*link = handle->next_of_peer;
	if (!handle->read_only)
		handle->box->writers--;
	if (!handle->box->handles && !handle->box->followers && handle->box->boxes)
		notices_unwatch(&handle->box->boxes->notices, handle->box);
	kept_release(handle->box);
	box_release(handle->box);
	free(handle->name);
	free(handle);
}

/* ---- files of messages -------------------------------------------------------------------- */

char *box_path(const struct message *message)
{
	return xprintf("%s/%s", message->in_new ? "new" : "cur", message->file);
}

int message_rename(struct box *box, struct message *message, uint32_t flags)
{
	char *file = filename_with_flags(message->file, flags);
	char *from = box_path(message), *to = xprintf("cur/%s", file);
	int result = renameat(box->dirfd, from, box->dirfd, to);
	int error = errno;

	if (result) {
		free(file);
	} else {
		message->in_new = false;
		message_set_file(message, file);
	}
	free(from);
	free(to);
	errno = error;
	return result;
}

int box_open_file(struct box *box, uint32_t uid)
{
	for (int tries = 0; tries < 3; tries++) {
		struct message *message = catalog_find(&box->catalog, uid);
		if (!message)
			break;
		char *path = box_path(message);
		int fd = openat(box->dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		free(path);
		if (fd >= 0 || errno != ENOENT)
			return fd;
		if (box_rescan(box))
			return -1;
	}
	errno = ENOENT;
	return -1;
}

/* Octets in the file, and one more for each LF without a CR before it. */
static uint64_t count_octets(int fd)
{
	static char piece[65536];
	uint64_t octets = 0;
	char last = '\0';
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) > 0) {
		octets += (uint64_t)n;
		for (const char *p = piece; (p = memchr(p, '\n', (size_t)(piece + n - p))); p++)
			octets += (p == piece ? last : p[-1]) != '\r';
		last = piece[n - 1];
	}
	return n < 0 ? OCTETS_UNKNOWN : octets;
}

uint64_t box_octets(struct box *box, struct message *message)
{
	uint32_t uid = message->uid;

	if (message->octets != OCTETS_UNKNOWN)
		return message->octets;
	int fd = box_open_file(box, uid);
	if (fd < 0)
		return OCTETS_UNKNOWN;
	uint64_t octets = count_octets(fd);
	close(fd);
	message = catalog_find(&box->catalog, uid);
	if (message && octets != OCTETS_UNKNOWN) {
		message->octets = octets;
		box->catalog.learnt++;
	}
	return octets;
}

int64_t box_date(struct box *box, struct message *message)
{
	struct stat st;
	uint32_t uid = message->uid;

	if (message->date != DATE_UNKNOWN)
		return message->date;
	char *path = box_path(message);
	int result = fstatat(box->dirfd, path, &st, 0);
	free(path);
	if (result) {
		int fd = box_open_file(box, uid);
		if (fd < 0)
			return 0;
		result = fstat(fd, &st);
		close(fd);
	}
	message = catalog_find(&box->catalog, uid);
	if (result || !message)
		return 0;
	message->date = st.st_mtim.tv_sec;
	box->catalog.learnt++;
	return message->date;
}
