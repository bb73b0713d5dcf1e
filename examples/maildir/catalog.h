/* SPDX-License-Identifier: MIT */
/*
 * catalog.h - what is known of the messages of one mailbox: one record each, ascending by UID, and
 * the keywords that their records refer to.  Memory only: index.h keeps it on disk.
 */
#ifndef MAILDIR_CATALOG_H
#define MAILDIR_CATALOG_H

#include "ranges.h"

#include <imapsrv.h>

#include <stdbool.h>

/* As many keywords as a mailbox can have: one bit of message.keywords each. */
#define KEYWORDS_MAX 64

#define DATE_UNKNOWN INT64_MIN

struct message {
	uint32_t uid;
	uint8_t flags;     /* enum imapsrv_flag, or-ed */
	bool in_new;       /* the file is in new/, else in cur/ */
	bool located;      /* the file was seen by a scan; else only its base is known */
	bool seen;         /* by the scan that is under way */
	bool changed;      /* its flags, by the same */
	bool gone;         /* to be removed by catalog_sweep */
	bool aside;        /* its file was put aside: see kept.h */
	char *file;        /* its name */
	uint64_t keywords; /* bits: which of catalog.keywords */
	uint64_t octets;   /* on the wire, or OCTETS_UNKNOWN */
	int64_t date;      /* INTERNALDATE, or DATE_UNKNOWN */
};

struct catalog {
	uint32_t uidvalidity; /* 0: not chosen yet */
	uint32_t uidnext;
	uint32_t recent_from; /* messages from this UID on were not seen by any client */
	char *keywords[KEYWORDS_MAX]; /* NULL: a free place */
	uint64_t unsaved; /* bits: which of them the index does not have yet */
	struct message *messages;
	size_t count;
	size_t capacity;
	size_t learnt; /* sizes and dates that are not in the index yet */
};

/* What a look at the index or at the disk found. */
struct changes {
	struct ranges fresh;
	struct ranges gone;
	struct ranges flagged;
	struct ranges cleared;
};

void catalog_init(struct catalog *catalog);
void catalog_clear(struct catalog *catalog);
void changes_clear(struct changes *changes);

/* The first message with this UID or a higher one. */
size_t catalog_from(const struct catalog *catalog, uint32_t uid);
/* The message with this UID; NULL if there is none. */
struct message *catalog_find(const struct catalog *catalog, uint32_t uid);
/* The message that comes next within a set: start with uid 0, then give the last one's.  NULL at
 * the end.  The catalog may change between two calls. */
struct message *catalog_next(const struct catalog *catalog, struct imapsrv_set set, uint32_t uid);
/* A new record at the end, with the given file name, which it takes over. */
struct message *catalog_add(struct catalog *catalog, uint32_t uid, char *file);
/* Removes the records that are marked as gone, and notes them. */
void catalog_sweep(struct catalog *catalog, struct changes *changes);

/* Takes in what a file name says. */
void message_set_file(struct message *message, char *file);

/* The bit of a keyword, which is given a place if it has none; 0 if all places are taken. */
uint64_t catalog_keyword(struct catalog *catalog, struct imapsrv_span name);
/* The names of the bits that are set, into spans (KEYWORDS_MAX of them); how many. */
uint32_t catalog_keyword_names(const struct catalog *catalog, uint64_t bits,
                               struct imapsrv_span *spans);

#endif
