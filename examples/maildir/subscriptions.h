/* SPDX-License-Identifier: MIT */
/*
 * subscriptions.h - which mailboxes a user wants to see.
 */
#ifndef MAILDIR_SUBSCRIPTIONS_H
#define MAILDIR_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Directory names of mailboxes, sorted. */
struct subscriptions {
	char **dirs;
	size_t count;
	size_t capacity;
};

/* 0, or -1 with errno.  A file that does not exist is empty. */
int subscriptions_read(int dirfd, struct subscriptions *subscriptions);
bool subscriptions_have(const struct subscriptions *subscriptions, const char *dir);
void subscriptions_clear(struct subscriptions *subscriptions);

/* Adds or removes one, on the disk.  0, or -1 with errno; EMLINK if they are too many. */
int subscriptions_change(int dirfd, const char *dir, bool on);

#endif
