/* SPDX-License-Identifier: MIT */
/*
 * account_rename.c - gives a mailbox, and those below it, other names: directories are renamed one
 * by one, and back if one of them cannot be.  They stay in the tree in which they are.
 */
#include "account.h"

#include "files.h"
#include "name.h"
#include "place.h"
#include "subscriptions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	int result = place_entries(root, from, &dirs);

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

static void rename_boxes(struct account *account, const char *path, const struct renames *renames)
{
	for (size_t i = 0; i < renames->count; i++) {
		char *name = name_from_dir(renames->to[i], account->maildir->separator);
		boxes_renamed(&account->maildir->boxes, path, renames->from[i], renames->to[i],
		              name);
		free(name);
	}
}

static int rename_tree(struct account *account, int root, const struct place *place, const char *to)
{
	struct renames renames = {0};
	int result = is_mailbox(root, to) ? -1 : 0;

	if (result)
		errno = EEXIST;
	else
		result = find_renames(root, place->dir, to, &renames);
	if (!result && any_in_the_way(root, &renames)) {
		errno = EEXIST;
		result = -1;
	}
	if (!result)
		result = rename_dirs(root, &renames);
	if (!result)
		rename_boxes(account, place->root, &renames);
	int error = errno;
	renames_clear(&renames);
	errno = error;
	return result;
}

/* Within one tree, and there below a mailbox as with CREATE. */
static int rename_place(struct account *account, int root, const struct place *from,
                        const struct place *to)
{
	char *above = place_above(root, to->dir);
	int result = -1;

	if (!to->own && !*above)
		errno = EACCES;
	else if (strcmp(from->root, to->root) != 0)
		errno = EXDEV;
	else if (!strcmp(from->dir, "."))
		errno = EINVAL;
	else
		result = rename_tree(account, root, from, to->dir);
	int error = errno;
	free(above);
	errno = error;
	return result;
}

int account_rename(struct account *account, struct imapsrv_span from, struct imapsrv_span to)
{
	bool shared = place_is_shared(account->maildir, to);
	struct place place, new_place;
	int result = -1, root = place_open(account, from, &place, ENOENT);
	int new_root =
		root < 0 ? -1 : place_open(account, to, &new_place, shared ? EACCES : EINVAL);

	if (new_root >= 0)
		result = rename_place(account, new_root, &place, &new_place);
	else if (root >= 0 && shared)
		errno = EACCES;
	if (root >= 0)
		result = place_close(new_root, &new_place, result);
	return place_close(root, &place, result);
}
