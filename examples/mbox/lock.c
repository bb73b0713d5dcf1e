/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the locks of an mbox.  Mail programs use fcntl locks, FILE.lock, or both in either
 * order; so nothing is held while waiting, and a deadlock is a wait.
 */
#include "lock.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS   30000
#define PAUSE_MS  50
#define STALE_S   600 /* a dot lock of this age is of a program that is gone */

static bool lock_fd(int fd, bool exclusive)
{
	struct flock range = {.l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};

	if (!fcntl(fd, F_SETLK, &range))
		return true;
	errno = errno == EACCES ? EAGAIN : errno;
	return false;
}

/* The path still leads to what was opened: another program may have put a new file there. */
static bool is_current(int fd, const char *path)
{
	struct stat a, b;

	if (!fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return true;
	errno = EAGAIN;
	return false;
}

/* Of a process that was killed: one of ours, which would have the side file locked, or an old
 * one. */
static bool is_stale(const char *dot, const char *side_path)
{
	struct stat st, side;

	return !lstat(dot, &st) && ((!stat(side_path, &side) && st.st_ino == side.st_ino &&
	                             st.st_dev == side.st_dev) ||
	                            time(NULL) - st.st_mtime > STALE_S);
}

/*
 * A second name of the side file, so that our kind knows its own.  On another file system it is a
 * file of its own.  1: made; 0: not possible here, as in a spool directory of root's; -1: somebody
 * has it.
 */
static int make_dot(const char *dot, const char *side_path)
{
	/* Others break locks that look old. */
	utimensat(AT_FDCWD, side_path, NULL, 0);
	if (is_stale(dot, side_path))
		unlink(dot);
	if (!link(side_path, dot))
		return 1;
	if (errno != EEXIST) {
		int fd = open(dot, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			return close(fd), 1;
	}
	if (errno != EEXIST)
		return 0;
	errno = EAGAIN;
	return -1;
}

static int open_mbox(struct lock *lock, const char *path, bool create)
{
	int flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (create ? O_CREAT : 0);
	struct stat st;

	lock->fd = open(path, O_RDWR | flags, 0600);
	lock->writable = lock->fd >= 0;
	if (lock->fd < 0 && (errno == EACCES || errno == EROFS))
		lock->fd = open(path, O_RDONLY | flags);
	if (lock->fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (!fstat(lock->fd, &st) && S_ISREG(st.st_mode))
		return 0;
	errno = EINVAL;
	return -1;
}

static int try_lock(struct lock *lock, const char *side_path, const char *path, bool create)
{
	*lock = (struct lock){.side = -1, .fd = -1};
	lock->side = open_side(side_path, O_RDWR | O_CREAT);
	if (lock->side < 0 || !lock_fd(lock->side, true) || open_mbox(lock, path, create))
		return -1;
	if (lock->fd >= 0 && (!lock_fd(lock->fd, lock->writable) || !is_current(lock->fd, path)))
		return -1;
	lock->dot = xformat("%s.lock", path);
	int made = make_dot(lock->dot, side_path);
	if (made <= 0) {
		free(lock->dot);
		lock->dot = NULL;
	}
	return made < 0 ? -1 : 0;
}

int lock_take(struct lock *lock, const char *side_path, const char *path, bool create)
{
	const struct timespec pause = {0, PAUSE_MS * 1000000L};

	for (int waited = 0; try_lock(lock, side_path, path, create); waited += PAUSE_MS) {
		int error = errno;
		lock_give(lock);
		errno = error;
		if (error != EAGAIN || waited >= WAIT_MS)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

void lock_give(struct lock *lock)
{
	if (lock->dot)
		unlink(lock->dot);
	free(lock->dot);
	if (lock->fd >= 0)
		close(lock->fd);
	if (lock->side >= 0)
		close(lock->side);
	*lock = (struct lock){.side = -1, .fd = -1};
}
