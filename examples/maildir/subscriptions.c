/* SPDX-License-Identifier: MIT */
/*
 * subscriptions.c - the file "subscriptions" of a user: a mailbox on each line, written as its
 * directory without the dot in front (the form that other servers use), or INBOX.
 */
#include "subscriptions.h"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIST_FILE "subscriptions"
#define LIST_LOCK "subscriptions.lock"
#define LIST_MAX  (16u << 20)
#define NAMES_MAX 10000u /* that clients add: each change reads and writes all of them */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_line(struct subscriptions *subscriptions, const char *line, size_t len)
{
	if (!len)
		return;
	RESERVE_ONE(subscriptions->dirs, subscriptions->count, subscriptions->capacity);
	char *dir = len == 5 && !memcmp(line, "INBOX", 5) ? xstrdup(".")
	                                                   : xprintf(".%.*s", (int)len, line);
	subscriptions->dirs[subscriptions->count++] = dir;
}

int subscriptions_read(int dirfd, struct subscriptions *subscriptions)
{
	struct text text = {0};
	int fd = openat(dirfd, LIST_FILE, O_RDONLY | O_CLOEXEC);

	*subscriptions = (struct subscriptions){0};
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	int result = read_from(fd, 0, LIST_MAX, &text);
	int error = errno;
	close(fd);
	for (size_t at = 0; !result && at < text.len;) {
		size_t len = strcspn(text.data + at, "\r\n");
		add_line(subscriptions, text.data + at, len);
		at += len + 1;
	}
	text_clear(&text);
	if (subscriptions->count)
		qsort(subscriptions->dirs, subscriptions->count, sizeof *subscriptions->dirs,
		      compare);
	errno = error;
	return result;
}

bool subscriptions_have(const struct subscriptions *subscriptions, const char *dir)
{
	return subscriptions->count && bsearch(&dir, subscriptions->dirs, subscriptions->count,
	                                       sizeof *subscriptions->dirs, compare);
}

void subscriptions_clear(struct subscriptions *subscriptions)
{
	for (size_t i = 0; i < subscriptions->count; i++)
		free(subscriptions->dirs[i]);
	free(subscriptions->dirs);
	*subscriptions = (struct subscriptions){0};
}

static void put_line(struct text *text, const char *dir)
{
	text_putf(text, "%s\n", strcmp(dir, ".") ? dir + 1 : "INBOX");
}

static int change_locked(int dirfd, const char *dir, bool on)
{
	struct subscriptions list;
	struct text text = {0};

	if (subscriptions_read(dirfd, &list))
		return -1;
	if (subscriptions_have(&list, dir) == on) {
		subscriptions_clear(&list);
		return 0;
	}
	if (on && list.count >= NAMES_MAX) {
		subscriptions_clear(&list);
		errno = EMLINK;
		return -1;
	}
	text_put(&text, "", 0);
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.dirs[i], dir))
			put_line(&text, list.dirs[i]);
	if (on)
		put_line(&text, dir);
	int result = write_file(dirfd, LIST_FILE, text.data, text.len);
	int error = errno;
	text_clear(&text);
	subscriptions_clear(&list);
	errno = error;
	return result;
}

int subscriptions_change(int dirfd, const char *dir, bool on)
{
	int lock = lock_file(dirfd, LIST_LOCK);

	if (lock < 0)
		return -1;
	int result = change_locked(dirfd, dir, on);
	int error = errno;
	close(lock);
	errno = error;
	return result;
}
