/* SPDX-License-Identifier: MIT */
/*
 * lock.h - keeps others away from an mbox, and our own kind from its side files: an fcntl lock on a
 * side file, one on the mbox, and FILE.lock as most mail programs make it.
 */
#ifndef MBOX_LOCK_H
#define MBOX_LOCK_H

#include <stdbool.h>

struct lock {
	int side;    /* of our own kind only */
	int fd;      /* of the mbox; -1: it does not exist.  Closing any other descriptor of the
	                file in this process would drop its fcntl lock: there is no other */
	bool writable;
	char *dot;   /* NULL: there is none */
};

/* Waits up to half a minute.  0, or -1: errno says why, EAGAIN that somebody else has it. */
int lock_take(struct lock *lock, const char *side_path, const char *path, bool create);
void lock_give(struct lock *lock);

#endif
