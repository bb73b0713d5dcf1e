/* SPDX-License-Identifier: MIT */
/*
 * support.c - memory, whole reads and writes, and a word to whoever reads standard error.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void *xrealloc(void *block, size_t size)
{
	void *grown = realloc(block, size ? size : 1);

	if (!grown) {
		log_line("out of memory");
		exit(1);
	}
	return grown;
}

char *xstrndup(const char *text, size_t len)
{
	char *copy = xrealloc(NULL, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *xformat(const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	char *text = xrealloc(NULL, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

bool write_at(int fd, const void *data, size_t len, uint64_t offset)
{
	const char *from = data;

	while (len) {
		ssize_t n = pwrite(fd, from, len, (off_t)offset);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			from += n;
			len -= (size_t)n;
			offset += (uint64_t)n;
		}
	}
	return true;
}

ptrdiff_t read_at(int fd, void *to, size_t len, uint64_t offset)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, (char *)to + got, len - got, (off_t)(offset + got));
		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 0)
			break;
		got += n > 0 ? (size_t)n : 0;
	}
	return (ptrdiff_t)got;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrndup(".", 1);
}

bool sync_directory(const char *path)
{
	char *name = directory_of(path);
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	bool done = fd >= 0 && !fsync(fd);
	if (fd >= 0)
		close(fd);
	free(name);
	return done;
}

static bool is_trusted(int fd, const char *path)
{
	struct stat st, dir;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	if (st.st_uid == geteuid())
		return true;
	char *name = directory_of(path);
	bool is = !stat(name, &dir) && st.st_uid == dir.st_uid;
	free(name);
	return is;
}

int open_side(const char *path, int flags)
{
	int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

	if (fd >= 0 && is_trusted(fd, path))
		return fd;
	if (fd < 0 && errno != ELOOP)
		return -1;
	if (fd >= 0)
		close(fd);
	log_line("%s is none of our files: it is left alone", path);
	errno = EPERM;
	return -1;
}

void log_line(const char *format, ...)
{
	va_list args;

	fputs("imapsrv-mbox: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
