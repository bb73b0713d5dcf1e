/* SPDX-License-Identifier: MIT */
/*
 * files.c - crash-safe files, locks, and trees of directories.
 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper than any Maildir; an end for a tree that somebody made on purpose. */
#define REMOVE_DEPTH 8

int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int read_from(int fd, uint64_t offset, size_t max, struct text *text)
{
	static char piece[65536];

	while (max) {
		size_t want = max < sizeof piece ? max : sizeof piece;
		ssize_t n = pread(fd, piece, want, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		text_put(text, piece, (size_t)n);
		offset += (uint64_t)n;
		max -= (size_t)n;
	}
	return 0;
}

int sync_dir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	int result = fsync(fd);
	/* Some filesystems cannot sync a directory, and need not. */
	if (result && (errno == EINVAL || errno == ENOTSUP))
		result = 0;
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

int write_file(int dirfd, const char *name, const char *data, size_t len)
{
	char temporary[128];

	snprintf(temporary, sizeof temporary, "%s.%ld.tmp", name, (long)getpid());
	int fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int result = write_all(fd, data, len);
	if (!result)
		result = fsync(fd);
	if (close(fd))
		result = -1;
	if (!result)
		result = renameat(dirfd, temporary, dirfd, name);
	if (result) {
		int error = errno;
		unlinkat(dirfd, temporary, 0);
		errno = error;
		return -1;
	}
	return sync_dir(dirfd, ".");
}

int lock_file(int dirfd, const char *name)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	while (fcntl(fd, F_SETLKW, &lock)) {
		if (errno == EINTR)
			continue;
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int make_maildir(int dirfd)
{
	static const char *const parts[] = {"tmp", "new", "cur"};

	for (size_t i = 0; i < 3; i++)
		if (mkdirat(dirfd, parts[i], 0700) && errno != EEXIST)
			return -1;
	return 0;
}

bool is_mailbox(int dirfd, const char *dir)
{
	struct stat st;
	char *cur = xprintf("%s/cur", dir);
	bool is = !fstatat(dirfd, cur, &st, 0) && S_ISDIR(st.st_mode);

	free(cur);
	return is;
}

static void remove_below(int dirfd, const char *name, int depth)
{
	if (!unlinkat(dirfd, name, 0) || depth == REMOVE_DEPTH)
		return;
	/* Never through a symbolic link: unlinkat has removed it above, or nothing may. */
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir));)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_below(fd, entry->d_name, depth + 1);
	closedir(dir);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

void remove_tree(int dirfd, const char *name)
{
	remove_below(dirfd, name, 0);
}

bool files_are_scarce(void)
{
	struct rlimit limit;
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0); /* the lowest that is free */

	if (fd < 0)
		return errno == EMFILE;
	close(fd);
	return !getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur != RLIM_INFINITY &&
	       (rlim_t)fd >= limit.rlim_cur / 2;
}

bool is_passing(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

enum imapsrv_code code_of_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return IMAPSRV_NONEXISTENT;
	case EEXIST:
	case ENOTEMPTY:
		return IMAPSRV_ALREADYEXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
		return IMAPSRV_NOPERM;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return IMAPSRV_OVERQUOTA;
	case ENAMETOOLONG:
	case EINVAL:
		return IMAPSRV_CANNOT;
	case EMLINK:
		return IMAPSRV_LIMIT;
	case EMFILE:
	case ENFILE:
	case EIO:
	case ENOLCK:
		return IMAPSRV_UNAVAILABLE;
	case EBADMSG:
		return IMAPSRV_CORRUPTION;
	default:
		return IMAPSRV_SERVERBUG;
	}
}
