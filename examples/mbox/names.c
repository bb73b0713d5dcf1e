/* SPDX-License-Identifier: MIT */
/*
 * names.c - which mailboxes there are: the inbox, and the files of one directory.  The side files
 * of a mailbox outlive it, so that one of the same name later on does not use its UIDs again; a
 * renamed one is a new one.
 */
#include "store.h"

#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool is_inbox(struct imapsrv_span name)
{
	return name.len == 5 && !memcmp(name.data, "INBOX", 5);
}

/* Neither hidden, nor a lock, nor out of the directory. */
static bool is_name(const char *name, size_t len)
{
	return len && len < 200 && name[0] != '.' && !memchr(name, '/', len) &&
	       !memchr(name, '\0', len) && !(len >= 5 && !memcmp(name + len - 5, ".lock", 5)) &&
	       !(len == 5 && !strncasecmp(name, "INBOX", 5));
}

/* NULL: there can be no such mailbox; errno is ENOENT.  The caller frees it. */
static char *path_of(const struct peer *peer, struct imapsrv_span name)
{
	errno = ENOENT;
	if (is_inbox(name))
		return xformat("%s", peer->inbox);
	if (!peer->folders || !is_name(name.data, name.len))
		return NULL;
	return xformat("%s/%.*s", peer->folders, (int)name.len, name.data);
}

struct box *peer_box(struct peer *peer, struct imapsrv_span name)
{
	char *path = path_of(peer, name);
	struct box *box;
	struct stat st;

	if (!path)
		return NULL;
	for (box = peer->boxes; box && strcmp(box->path, path); box = box->next)
		;
	/* A client can ask for any number of names, and fill the directory with side files. */
	bool nothing = !box && !is_inbox(name) && stat(path, &st);
	if (!box && !nothing) {
		char *text = xstrndup(name.data, name.len);
		box = box_new(text, path, peer->side);
		free(text);
		box->session = peer->session;
		box->renumbered = &peer->renumbered;
		box->next = peer->boxes;
		peer->boxes = box;
	}
	int error = errno;
	free(path);
	errno = error;
	return box;
}

/* ---- LIST ----------------------------------------------------------------------------------- */

/* It looks like an mbox, and is not the inbox under another name.  One that cannot be looked at has
 * not gone: mail programs remove what they have of a mailbox that is not listed. */
static bool is_mbox(const struct peer *peer, const char *path)
{
	char begin[5];
	struct stat st, inbox = {0};
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EIO;
	bool is = !fstat(fd, &st) && S_ISREG(st.st_mode);
	ptrdiff_t got = is && st.st_size ? read_at(fd, begin, 5, 0) : -1;
	is = is && (got < 0 || (got == 5 && !memcmp(begin, "From ", 5)));
	close(fd);
	return is && (stat(peer->inbox, &inbox) || st.st_ino != inbox.st_ino ||
	              st.st_dev != inbox.st_dev);
}

void store_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct peer *peer = user;
	DIR *dir = peer->folders ? opendir(peer->folders) : NULL;
	struct dirent *entry;
	uint32_t attributes = q->subscribed ? IMAPSRV_ATTR_SUBSCRIBED : 0;

	if (peer->folders && !dir) {
		/* Not NONEXISTENT, which would be true of the directory alone. */
		imapsrv_op_done(op, IMAPSRV_UNAVAILABLE, strerror(errno));
		return;
	}
	imapsrv_op_name(op, &(struct imapsrv_name){{"INBOX", 5}, attributes, 0});
	while (errno = 0, dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);
		char *path = xformat("%s/%s", peer->folders, entry->d_name);
		if (is_name(entry->d_name, len) && is_mbox(peer, path))
			imapsrv_op_name(
				op, &(struct imapsrv_name){{entry->d_name, len}, attributes, 0});
		free(path);
	}
	bool failed = dir && errno;
	if (dir)
		closedir(dir);
	imapsrv_op_done(op, failed ? IMAPSRV_UNAVAILABLE : IMAPSRV_OK, NULL);
}

/* ---- CREATE, DELETE, RENAME ----------------------------------------------------------------- */

static void create(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	char *path = path_of(user, q->name);
	int fd = -1;

	if (path)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	else
		errno = EINVAL;
	answer(op, fd < 0 ? -1 : 0);
	if (fd >= 0)
		close(fd);
	free(path);
}

/* Under the lock, so that no mail is delivered to what is going. */
static int take_away(struct peer *peer, struct imapsrv_span name, const char *to)
{
	struct box *box = peer_box(peer, name);

	if (!box || box_lock(box, true, false))
		return -1;
	/* link, unlike rename, leaves alone what is there. */
	int result = (to && link(box->path, to)) || unlink(box->path) ||
	             !sync_directory(box->path) ? -1 : 0;
	box_unlock(box);
	return result;
}

static void delete(void *user, struct imapsrv_op *op, const struct imapsrv_delete *q)
{
	answer(op, take_away(user, q->name, NULL));
}

static void rename_box(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	char *to = path_of(user, q->to);

	errno = EINVAL;
	answer(op, to ? take_away(user, q->from, to) : -1);
	free(to);
}

const struct imapsrv_mailboxes mbox_mailboxes = {
	.size = sizeof(struct imapsrv_mailboxes),
	.create = create,
	.remove = delete,
	.rename = rename_box,
};
