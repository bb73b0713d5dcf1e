/* SPDX-License-Identifier: MIT */
/*
 * uidvalidity.c - a mailbox that is deleted and created anew gets a greater UIDVALIDITY (RFC 9051
 * 2.3.1.1), though it happens within one second or after the clock was put back: the last number
 * given out is kept in the file "imapsrv-uidvalidity" of the user.
 */
#include "uidvalidity.h"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LAST_FILE "imapsrv-uidvalidity"
#define LAST_LOCK "imapsrv-uidvalidity.lock"

/* 0 into *last_r if there is none yet.  What cannot be read is not the same as none: the number
 * that would follow could be one that was given out. */
static int read_last(int dirfd, uint32_t *last_r)
{
	struct text text = {0};
	unsigned long long last = 0;
	int fd = openat(dirfd, LAST_FILE, O_RDONLY | O_CLOEXEC);

	*last_r = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	int result = read_from(fd, 0, 32, &text);
	int error = errno;
	if (!result && text.len)
		last = strtoull(text.data, NULL, 10);
	close(fd);
	text_clear(&text);
	if (last < UINT32_MAX)
		*last_r = (uint32_t)last;
	errno = error;
	return result;
}

static int write_last(int dirfd, uint32_t last)
{
	char line[16];
	int len = snprintf(line, sizeof line, "%lu\n", (unsigned long)last);

	return write_file(dirfd, LAST_FILE, line, (size_t)len);
}

uint32_t uidvalidity_next(const char *account)
{
	uint32_t now = (uint32_t)clock_now().tv_sec;
	int dirfd = open(account, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return 0;
	int lock = lock_file(dirfd, LAST_LOCK);
	/* Where nothing can be written, nothing can be deleted and created anew either. */
	bool frozen = lock < 0 && (errno == EACCES || errno == EROFS);
	uint32_t last = 0, next = 0;
	if ((frozen || lock >= 0) && !read_last(dirfd, &last)) {
		next = now > last ? now : last + 1;
		if (!frozen && write_last(dirfd, next))
			next = 0;
	}
	int error = errno;
	if (lock >= 0)
		close(lock);
	close(dirfd);
	errno = error;
	return next;
}
