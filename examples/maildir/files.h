/* SPDX-License-Identifier: MIT */
/*
 * files.h - what is done to files and directories in more than one place.  Functions give 0 or -1
 * with errno, as the system calls do.
 */
#ifndef MAILDIR_FILES_H
#define MAILDIR_FILES_H

#include "support.h"

#include <imapsrv.h>

/* Writes all of it. */
int write_all(int fd, const char *data, size_t len);

/* Reads from an offset to the end, at most `max` octets, behind what `text` has. */
int read_from(int fd, uint64_t offset, size_t max, struct text *text);

/* Makes what was created, renamed and removed in a directory last. */
int sync_dir(int dirfd, const char *name);

/* Puts a file in place whole or not at all, also if the machine stops: a temporary file, fsync,
 * rename, fsync of the directory. */
int write_file(int dirfd, const char *name, const char *data, size_t len);

/* Takes a lock that other processes respect, by a file of that name; waits.  Gives a descriptor;
 * close it to unlock.  Must not be taken twice by one process. */
int lock_file(int dirfd, const char *name);

/* Creates cur, new and tmp, "cur" last: a directory is a mailbox from then on. */
int make_maildir(int dirfd);

/* Is there a mailbox in that directory? */
bool is_mailbox(int dirfd, const char *dir);

/* Removes a directory and all that it holds; errors leave things behind. */
void remove_tree(int dirfd, const char *name);

/* More than half of the descriptors are in use: the rest is for what clients ask for. */
bool files_are_scarce(void);
/* It says nothing of the file: there is no descriptor or memory now, and will be. */
bool is_passing(int error);

/* How an errno is told to a client. */
enum imapsrv_code code_of_errno(int error);

#endif
