/* SPDX-License-Identifier: MIT */
/*
 * account.c - a user's mailboxes are directories side by side: "." is INBOX, ".A" and ".A.B" are A
 * and A/B, whether A exists or not.  A directory is a mailbox once it has a cur/.
 */
#include "account.h"

#include "acl.h"
#include "annotations.h"
#include "filename.h"
#include "files.h"
#include "name.h"
#include "place.h"
#include "subscriptions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a deleted mailbox is called until its files have been removed. */
#define DELETED "imapsrv-deleted."

/* ---- the directory ------------------------------------------------------------------------ */

/* Closes a descriptor and keeps errno. */
static int closed(int fd, int result)
{
	int error = errno;

	close(fd);
	errno = error;
	return result;
}

/* What was being deleted when the server stopped. */
static void remove_leftovers(int root)
{
	struct subscriptions left;

	if (!place_entries(root, DELETED, &left))
		for (size_t i = 0; i < left.count; i++)
			remove_tree(root, left.dirs[i]);
	subscriptions_clear(&left);
}

struct account *account_open(struct maildir *maildir, struct imapsrv_span user)
{
	if (!name_is_user(user)) {
		errno = EINVAL;
		return NULL;
	}
	char *path = xprintf("%s/%.*s", maildir->root, (int)user.len, user.data);
	int made = mkdir(path, 0700);
	int root = !made || errno == EEXIST ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (root < 0 || (!is_mailbox(root, ".") && make_maildir(root))) {
		free(path);
		if (root >= 0)
			closed(root, 0);
		return NULL;
	}
	remove_leftovers(root);
	close(root);
	struct account *account = xcalloc(1, sizeof *account);
	*account = (struct account){maildir, path};
	return account;
}

void account_close(struct account *account)
{
	free(account->path);
	free(account);
}

const char *account_user(const struct account *account)
{
	return strrchr(account->path, '/') + 1;
}

int account_mailbox_dir(const struct account *account, struct imapsrv_span name)
{
	struct place place;
	int root = place_open(account, name, &place, ENOENT), fd = -1;

	if (root >= 0 && !is_mailbox(root, place.dir))
		errno = ENOENT;
	else if (root >= 0)
		fd = openat(root, place.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place_close(root, &place, fd);
}

int account_box(struct account *account, struct imapsrv_span name, struct box **box_r)
{
	struct place place;
	int result = -1;

	errno = ENOENT;
	if (place_find(account, name, &place))
		result = boxes_hold(&account->maildir->boxes, place.root, place.dir, place.name,
		                    box_r);
	return place_close(-1, &place, result);
}

/* ---- subscriptions ------------------------------------------------------------------------ */

int account_subscribe(struct account *account, struct imapsrv_span name, bool on)
{
	char *dir = name_to_dir(name, account->maildir->separator);
	int root = dir ? place_open_root(account->path) : -1;

	if (!dir)
		errno = EINVAL;
	int result = root < 0 ? -1 : closed(root, subscriptions_change(root, dir, on));
	free(dir);
	return result;
}

/* ---- create and delete -------------------------------------------------------------------- */

/* The mark of Maildir++ for a directory that is a folder and not a user's whole mail. */
static void mark_folder(int dirfd)
{
	int fd = openat(dirfd, "maildirfolder", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static int create_dir(int root, const char *dir, const char *above, uint32_t uses)
{
	if (is_mailbox(root, dir)) {
		errno = EEXIST;
		return -1;
	}
	/* A directory without a cur/ is what a crash left behind. */
	if (mkdirat(root, dir, 0700) && errno != EEXIST)
		return -1;
	int fd = openat(root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	mark_folder(fd);
	int result = annotations_begin(fd, uses);
	if (!result)
		result = acl_begin(fd, root, above);
	if (!result)
		result = make_maildir(fd);
	return closed(fd, result) ? -1 : sync_dir(root, ".");
}

/* In the tree of another only below a mailbox that there is, which is where rights to it are. */
static int create_place(int root, const struct place *place, uint32_t uses)
{
	char *above = place_above(root, place->dir);
	int result = -1;

	errno = EACCES;
	if (place->own || *above)
		result = create_dir(root, place->dir, above, place->own ? uses : 0);
	int error = errno;
	free(above);
	errno = error;
	return result;
}

int account_create(struct account *account, struct imapsrv_span name, uint32_t uses)
{
	struct place place;
	bool shared = place_is_shared(account->maildir, name);
	int root = place_open(account, name, &place, shared ? EACCES : EINVAL);

	if (root < 0 && shared)
		errno = EACCES;
	return place_close(root, &place, root < 0 ? -1 : create_place(root, &place, uses));
}

/* At once it is gone for everybody; its files are removed after that. */
static int remove_place(struct account *account, int root, const struct place *place)
{
	const char *dir = place->dir;

	if (!is_mailbox(root, dir) || !strcmp(dir, ".")) {
		errno = strcmp(dir, ".") ? ENOENT : EINVAL;
		return -1;
	}
	char *unique = filename_new_temporary(), *deleted = xprintf(DELETED "%s", unique);
	int result = renameat(root, dir, root, deleted);
	if (!result) {
		boxes_removed(&account->maildir->boxes, place->root, dir);
		quota_doubt(&account->maildir->quotas, place->root);
		sync_dir(root, ".");
		remove_tree(root, deleted);
	}
	int error = errno;
	free(unique);
	free(deleted);
	errno = error;
	return result;
}

int account_remove(struct account *account, struct imapsrv_span name)
{
	struct place place;
	int root = place_open(account, name, &place, ENOENT);

	return place_close(root, &place, root < 0 ? -1 : remove_place(account, root, &place));
}
