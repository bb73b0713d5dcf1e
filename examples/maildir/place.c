/* SPDX-License-Identifier: MIT */
/*
 * place.c - names of other users' mailboxes are SHARE, the owner, and the owner's name of it, INBOX
 * among them.  What a user has below SHARE in a tree of his own has no name then; nor have
 * mailboxes of somebody whose name has the separator in it.
 */
#include "place.h"

#include "files.h"
#include "name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool place_is_shared(const struct maildir *maildir, struct imapsrv_span name)
{
	size_t len = maildir->share ? strlen(maildir->share) : 0;

	return len && name.len >= len && !memcmp(name.data, maildir->share, len) &&
	       (name.len == len || name.data[len] == maildir->separator);
}

bool place_can_share(const char *share, char separator)
{
	struct imapsrv_span name = {share, strlen(share)};
	char *dir = name_to_dir(name, separator);
	bool can = dir && strcmp(dir, ".") != 0 && !strchr(share, separator);

	free(dir);
	return can;
}

bool place_is_sharer(const struct maildir *maildir, const char *user)
{
	return name_is_user((struct imapsrv_span){user, strlen(user)}) &&
	       !strchr(user, maildir->separator);
}

char *place_shared_name(const struct maildir *maildir, const char *owner, const char *name)
{
	return xprintf("%s%c%s%c%s", maildir->share, maildir->separator, owner,
	               maildir->separator, name);
}

const char *place_owner(const struct place *place)
{
	return strrchr(place->root, '/') + 1;
}

void place_clear(struct place *place)
{
	free(place->root);
	free(place->dir);
	free(place->name);
	*place = (struct place){0};
}

static bool find_own(const struct account *account, struct imapsrv_span name, struct place *place)
{
	place->own = true;
	place->root = xstrdup(account->path);
	place->dir = name_to_dir(name, account->maildir->separator);
	if (!place->dir)
		return false;
	place->name = strcmp(place->dir, ".") ? xstrndup(name.data, name.len) : xstrdup("INBOX");
	return true;
}

static bool find_shared(const struct account *account, struct imapsrv_span name,
                        struct place *place)
{
	const struct maildir *maildir = account->maildir;
	size_t skip = strlen(maildir->share) + 1;
	const char *owner = name.len > skip ? name.data + skip : NULL;
	const char *end = owner ? memchr(owner, maildir->separator, name.len - skip) : NULL;

	if (!end)
		return false;
	struct imapsrv_span user = {owner, (size_t)(end - owner)};
	struct imapsrv_span rest = {end + 1, name.len - skip - user.len - 1};
	place->root = xprintf("%s/%.*s", maildir->root, (int)user.len, user.data);
	place->dir = name_to_dir(rest, maildir->separator);
	place->name = xstrndup(rest.data, rest.len);
	/* Each mailbox has one name: INBOX in capitals, and one's own not here. */
	return name_is_user(user) && place->dir && strcmp(place->root, account->path) != 0 &&
	       !place_is_shared(maildir, rest) &&
	       (strcmp(place->dir, ".") != 0 || !strcmp(place->name, "INBOX"));
}

bool place_find(const struct account *account, struct imapsrv_span name, struct place *place)
{
	*place = (struct place){0};
	return place_is_shared(account->maildir, name) ? find_shared(account, name, place)
	                                               : find_own(account, name, place);
}

/* ---- trees -------------------------------------------------------------------------------- */

int place_open_root(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int place_open(const struct account *account, struct imapsrv_span name, struct place *place,
               int error)
{
	if (place_find(account, name, place))
		return place_open_root(place->root);
	errno = error;
	return -1;
}

int place_close(int root, struct place *place, int result)
{
	int error = errno;

	if (root >= 0)
		close(root);
	place_clear(place);
	errno = error;
	return result;
}

char *place_above(int root, const char *dir)
{
	char *up = xstrdup(dir), *dot;

	while ((dot = strrchr(up, '.')) != NULL) {
		*dot = '\0';
		if (*up && is_mailbox(root, up))
			break;
	}
	return up;
}

int place_entries(int dirfd, const char *start, struct subscriptions *names)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	*names = (struct subscriptions){0};
	if (!dir) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		errno = error;
		return -1;
	}
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
