/* SPDX-License-Identifier: MIT */
/*
 * handover.h - a new process takes the place of this one: the same program file, which may be a
 * newer version by now, started again as it was.  It inherits the descriptors and a file that says
 * what they are; clients notice nothing.
 */
#ifndef MAILDIR_HANDOVER_H
#define MAILDIR_HANDOVER_H

#include "conn.h"

/* A connection in that file. */
struct handover_conn {
	int in;
	int out;
	const char *label;
	struct imapsrv_span user; /* who was logged in; empty: nobody */
	const char *rest;         /* bytes that the session did not take yet */
	size_t rest_len;
	const void *data;         /* the saved session */
	size_t len;
};

/* This process can be asked to hand over from now on. */
void handover_ready(void);

/* Can all of them be saved now? */
bool handover_can(struct conn *const *conns, size_t count);
/* Writes down those that can be saved, and closes the others; a descriptor of the file, or -1 and
 * errno. */
int handover_write(int listener, struct conn *const *conns, size_t count);
/* Starts the program again.  Returns only if that fails: errno says why. */
void handover_exec(int file, char **argv);

/* Reads the file, and closes it: the listener (-1: none) is returned.  Errors end the program: it
 * has nothing to serve. */
int handover_read(int file, void (*each)(void *context, const struct handover_conn *conn),
                  void *context);

#endif
