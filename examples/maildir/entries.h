/* SPDX-License-Identifier: MIT */
/*
 * entries.h - a file of annotations (RFC 5464): names of entries, whose they are, and values.
 */
#ifndef MAILDIR_ENTRIES_H
#define MAILDIR_ENTRIES_H

#include "support.h"

#include <imapsrv.h>

/* Octets of one value; how many entries a mailbox can have; and octets of the file. */
#define ENTRY_VALUE_MAX  65536u
#define ENTRIES_MAX      1000u
#define ENTRIES_FILE_MAX (1u << 20)

struct annotation {
	char *owner; /* the user whose it is; "": of all, or of the one in whose tree the file is */
	char *name;  /* in lower case */
	char *value;
	size_t len;
};

/* Ascending by owner, then by name. */
struct entries {
	struct annotation *items;
	size_t count;
	size_t capacity;
};

/* What is in the file; lines that are none are passed over.  No file, no entries.  0, or -1 with
 * errno. */
int entries_read(int dirfd, const char *file, struct entries *entries);
/* Puts them into the file, whole or not at all; EMLINK if they are too many. */
int entries_write(int dirfd, const char *file, const struct entries *entries);
void entries_clear(struct entries *entries);

/* The value of an entry, or NULL. */
const struct annotation *entries_find(const struct entries *entries, const char *owner,
                                 const char *name);
/* Sets it; value NULL: removes it. */
void entries_put(struct entries *entries, const char *owner, struct imapsrv_span name,
                 const struct imapsrv_span *value);

/* Those that are in one and not, or with another value, in the other. */
void entries_compare(const struct entries *old, const struct entries *new,
                     void (*each)(void *context, const struct annotation *entry), void *context);

#endif
