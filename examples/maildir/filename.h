/* SPDX-License-Identifier: MIT */
/*
 * filename.h - what the name of a file in a Maildir says:
 * BASE[,S=octets][,W=octets on the wire][:2,FLAGS].
 */
#ifndef MAILDIR_FILENAME_H
#define MAILDIR_FILENAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A size that is not known. */
#define OCTETS_UNKNOWN UINT64_MAX

/* The length of the part that never changes, up to the colon. */
size_t filename_base(const char *file);

/* enum imapsrv_flag, or-ed. */
uint32_t filename_flags(const char *file);

/* The same file with these flags; letters that mean nothing to IMAP stay.  The caller frees it. */
char *filename_with_flags(const char *file, uint32_t flags);

/* The number behind ",S=" (octets in the file) or ",W=" (octets on the wire). */
uint64_t filename_octets(const char *file, char letter);

/* When the file was put there, in seconds since 1970, as its name begins; -1: that does not say
 * it. */
int64_t filename_time(const char *file);

/* A name that no other message has; sizes that are not known are left out.  The caller frees it. */
char *filename_new(uint64_t octets, uint64_t wire_octets, uint32_t flags);

/* The same for a copy of a message: `emailid` is the original's, see ids.h. */
char *filename_of_copy(uint64_t octets, uint64_t wire_octets, uint32_t flags, const char *emailid);

/* A name for a file whose size is still to come, in tmp/.  The caller frees it. */
char *filename_new_temporary(void);

/* Sorts by age, as far as the names tell. */
int filename_compare(const char *a, const char *b);

#endif
