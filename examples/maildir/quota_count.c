/* SPDX-License-Identifier: MIT */
/*
 * quota_count.c - counts all mail of a user.  It takes as long as it takes to list the directories:
 * sizes are in the names of files, as a rule.
 */
#include "quota.h"

#include "filename.h"
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t quota_octets(int dirfd, const char *path)
{
	const char *slash = strrchr(path, '/');
	uint64_t octets = filename_octets(slash ? slash + 1 : path, 'S');
	struct stat st;

	if (octets != OCTETS_UNKNOWN)
		return octets;
	return fstatat(dirfd, path, &st, 0) || st.st_size < 0 ? 0 : (uint64_t)st.st_size;
}

static DIR *open_dir(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int error = errno;

	if (!dir && fd >= 0)
		close(fd);
	errno = error;
	return dir;
}

static int count_part(int root, const char *mailbox, const char *part, struct amount *sum)
{
	char *path = xprintf("%s/%s", mailbox, part);
	DIR *dir = open_dir(root, path);
	struct dirent *entry;

	free(path);
	/* A directory that is no mailbox, or one that goes just now. */
	if (!dir)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	while (errno = 0, (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		sum->messages++;
		sum->octets += quota_octets(dirfd(dir), entry->d_name);
	}
	int error = errno;
	closedir(dir);
	errno = error;
	return error ? -1 : 0;
}

int quota_count(const char *account, struct amount *sum_r)
{
	DIR *root = open_dir(AT_FDCWD, account);
	struct dirent *entry;
	int result = 0;

	*sum_r = (struct amount){0};
	if (!root)
		return -1;
	while (!result && (errno = 0, (entry = readdir(root)))) {
		const char *name = entry->d_name;
		if (name[0] != '.' || !strcmp(name, ".."))
			continue;
		result = count_part(dirfd(root), name, "new", sum_r);
		if (!result)
			result = count_part(dirfd(root), name, "cur", sum_r);
	}
	int error = errno;
	closedir(root);
	errno = error;
	return result || error ? -1 : 0;
}
