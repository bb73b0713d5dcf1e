/* SPDX-License-Identifier: MIT */
/*
 * account.c - a user's mailboxes are directories side by side: "." is INBOX, ".A" and ".A.B" are A
 * and A/B, whether A exists or not.  A directory is a mailbox once it has a cur/.
 */
#include "account.h"

#include "annotations.h"
#include "filename.h"
#include "files.h"
#include "name.h"
#include "subscriptions.h"

#include <dirent.h>
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

static int open_root(const struct account *account)
{
	return open(account->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Closes a descriptor and keeps errno. */
static int closed(int fd, int result)
{
	int error = errno;

	close(fd);
	errno = error;
	return result;
}

/* The entries of a directory whose names start so. */
static int list_entries(int dirfd, const char *start, struct subscriptions *names)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	*names = (struct subscriptions){0};
	if (!dir)
		return fd < 0 ? -1 : closed(fd, -1);
	while (errno = 0, (entry = readdir(dir))) {
		if (strncmp(entry->d_name, start, strlen(start)))
			continue;
		RESERVE_ONE(names->dirs, names->count, names->capacity);
		names->dirs[names->count++] = xstrdup(entry->d_name);
	}
	int error = errno;
	closedir(dir);
	errno = error;
	return error ? -1 : 0;
}

static bool is_mailbox(int root, const char *dir)
{
	struct stat st;
	char *cur = xprintf("%s/cur", dir);
	bool is = !fstatat(root, cur, &st, 0) && S_ISDIR(st.st_mode);

	free(cur);
	return is;
}

/* What was being deleted when the server stopped. */
static void remove_leftovers(int root)
{
	struct subscriptions left;

	if (!list_entries(root, DELETED, &left))
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
	char *dir = name_to_dir(name, account->maildir->separator);
	int root = dir ? open_root(account) : -1, fd = -1;

	if (!dir)
		errno = ENOENT;
	if (root >= 0 && !is_mailbox(root, dir))
		errno = ENOENT;
	else if (root >= 0)
		fd = openat(root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0)
		closed(root, 0);
	free(dir);
	return fd;
}

int account_box(struct account *account, struct imapsrv_span name, struct box **box_r)
{
	char *dir = name_to_dir(name, account->maildir->separator);

	if (!dir) {
		errno = ENOENT;
		return -1;
	}
	char *label = strcmp(dir, ".") ? xstrndup(name.data, name.len) : xstrdup("INBOX");
	int result = boxes_hold(&account->maildir->boxes, account->path, dir, label, box_r);
	int error = errno;
	free(label);
	free(dir);
	errno = error;
	return result;
}

/* ---- list --------------------------------------------------------------------------------- */

int account_list(struct account *account, bool subscribed,
                 void (*each)(void *context, const char *name, uint32_t attributes),
                 void *context)
{
	struct subscriptions dirs, wanted = {0};
	char separator = account->maildir->separator;
	int root = open_root(account);

	if (root < 0)
		return -1;
	if (list_entries(root, ".", &dirs) || (subscribed && subscriptions_read(root, &wanted))) {
		subscriptions_clear(&dirs);
		return closed(root, -1);
	}
	for (size_t i = 0; i < dirs.count; i++) {
		const char *dir = dirs.dirs[i];
		bool inbox = !strcmp(dir, ".");
		char *name = inbox ? xstrdup("INBOX") : name_from_dir(dir, separator);
		uint32_t attributes =
			subscriptions_have(&wanted, dir) ? IMAPSRV_ATTR_SUBSCRIBED : 0;
		if (name && (inbox || is_mailbox(root, dir)))
			each(context, name, attributes | annotations_uses(root, dir, name));
		free(name);
	}
	for (size_t i = 0; i < wanted.count; i++) {
		char *name = name_from_dir(wanted.dirs[i], separator);
		if (name && !is_mailbox(root, wanted.dirs[i]))
			each(context, name, IMAPSRV_ATTR_SUBSCRIBED | IMAPSRV_ATTR_NONEXISTENT);
		free(name);
	}
	subscriptions_clear(&dirs);
	subscriptions_clear(&wanted);
	close(root);
	return 0;
}

int account_subscribe(struct account *account, struct imapsrv_span name, bool on)
{
	char *dir = name_to_dir(name, account->maildir->separator);
	int root = dir ? open_root(account) : -1;

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

static int create_dir(int root, const char *dir, uint32_t uses)
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
		result = make_maildir(fd);
	return closed(fd, result) ? -1 : sync_dir(root, ".");
}

int account_create(struct account *account, struct imapsrv_span name, uint32_t uses)
{
	char *dir = name_to_dir(name, account->maildir->separator);
	int root = dir ? open_root(account) : -1;

	if (!dir)
		errno = EINVAL;
	int result = root < 0 ? -1 : closed(root, create_dir(root, dir, uses));
	free(dir);
	return result;
}

/* At once it is gone for everybody; its files are removed after that. */
static int remove_dir(struct account *account, int root, const char *dir)
{
	if (!is_mailbox(root, dir)) {
		errno = ENOENT;
		return -1;
	}
	char *unique = filename_new_temporary(), *deleted = xprintf(DELETED "%s", unique);
	int result = renameat(root, dir, root, deleted);
	if (!result) {
		boxes_removed(&account->maildir->boxes, account->path, dir);
		quota_doubt(&account->maildir->quotas, account->path);
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
	char *dir = name_to_dir(name, account->maildir->separator);
	int root = dir ? open_root(account) : -1;

	if (!dir)
		errno = ENOENT;
	int result = root < 0 ? -1 : closed(root, remove_dir(account, root, dir));
	free(dir);
	return result;
}

/* ---- rename ------------------------------------------------------------------------------- */

/* The directories of a mailbox and of those below it, and what they will be called. */
struct renames {
	char **from;
	char **to;
	size_t count;
};

static void renames_clear(struct renames *renames)
{
	for (size_t i = 0; i < renames->count; i++) {
		free(renames->from[i]);
		free(renames->to[i]);
	}
	free(renames->from);
	free(renames->to);
}

static int find_renames(int root, const char *from, const char *to, struct renames *renames)
{
	struct subscriptions dirs;
	size_t len = strlen(from);
	int result = list_entries(root, from, &dirs);

	renames->from = xcalloc(dirs.count, sizeof *renames->from);
	renames->to = xcalloc(dirs.count, sizeof *renames->to);
	for (size_t i = 0; !result && i < dirs.count; i++) {
		const char *dir = dirs.dirs[i];
		if ((dir[len] && dir[len] != '.') || !is_mailbox(root, dir))
			continue;
		renames->from[renames->count] = xstrdup(dir);
		renames->to[renames->count++] = xprintf("%s%s", to, dir + len);
	}
	subscriptions_clear(&dirs);
	if (!result && !renames->count) {
		errno = ENOENT;
		result = -1;
	}
	return result;
}

static bool any_in_the_way(int root, const struct renames *renames)
{
	for (size_t i = 0; i < renames->count; i++)
		if (is_mailbox(root, renames->to[i]))
			return true;
	return false;
}

static int rename_dirs(int root, const struct renames *renames)
{
	for (size_t i = 0; i < renames->count; i++) {
		if (!renameat(root, renames->from[i], root, renames->to[i]))
			continue;
		int error = errno;
		while (i-- > 0)
			renameat(root, renames->to[i], root, renames->from[i]);
		errno = error;
		return -1;
	}
	return sync_dir(root, ".");
}

static void rename_boxes(struct account *account, const struct renames *renames)
{
	for (size_t i = 0; i < renames->count; i++) {
		char *name = name_from_dir(renames->to[i], account->maildir->separator);
		boxes_renamed(&account->maildir->boxes, account->path, renames->from[i],
		              renames->to[i], name);
		free(name);
	}
}

static int rename_tree(struct account *account, int root, const char *from, const char *to)
{
	struct renames renames = {0};
	int result = is_mailbox(root, to) ? -1 : 0;

	if (result)
		errno = EEXIST;
	else
		result = find_renames(root, from, to, &renames);
	if (!result && any_in_the_way(root, &renames)) {
		errno = EEXIST;
		result = -1;
	}
	if (!result)
		result = rename_dirs(root, &renames);
	if (!result)
		rename_boxes(account, &renames);
	int error = errno;
	renames_clear(&renames);
	errno = error;
	return result;
}

int account_rename(struct account *account, struct imapsrv_span from, struct imapsrv_span to)
{
	char separator = account->maildir->separator;
	char *dir = name_to_dir(from, separator), *new_dir = name_to_dir(to, separator);
	int root = dir && new_dir ? open_root(account) : -1;

	if (!dir || !new_dir)
		errno = dir ? EINVAL : ENOENT;
	int result = root < 0 ? -1 : closed(root, rename_tree(account, root, dir, new_dir));
	free(dir);
	free(new_dir);
	return result;
}
