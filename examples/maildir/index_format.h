/* SPDX-License-Identifier: MIT */
/*
 * index_format.h - lines of the index file: for index_read.c and index_write.c.  index.h is what
 * others use.
 */
#ifndef MAILDIR_INDEX_FORMAT_H
#define MAILDIR_INDEX_FORMAT_H

#include "index.h"

#include <sys/stat.h>

#define INDEX_FILE "imapsrv-index"

/* The first line. */
struct index_header {
	uint32_t uidvalidity;
	uint64_t generation;
	uint64_t synced; /* so long was the file when it was synced last: less is a loss */
};

/* Reads it; false if it is damaged.  *len_r: with its LF. */
bool header_read(const struct text *text, struct index_header *header_r, size_t *len_r);
/* Writes it; its length does not depend on `synced`. */
void header_put(struct text *text, const struct index_header *header);

/* Remembers that the file is as it was read or written. */
void index_note_file(struct index *index, const struct stat *st);

/* Arguments of a line, which are taken one after the other; `bad` sticks. */
struct reader {
	const char *p;
	const char *end;
	bool bad;
};
/* A number and the space behind it; "-" is all ones. */
uint64_t take_number(struct reader *r, unsigned base);
uint32_t take_uid(struct reader *r);
/* The rest of the line, in which %XX stands for a byte.  The caller frees it. */
char *take_name(struct reader *r);

/* Splits a line (without its LF) into the sum, which is checked, and the rest. */
bool line_check(const char *line, size_t len, uint32_t before, uint32_t *sum_r,
                struct reader *rest_r);
/* Ends the line whose arguments are in the text from `start` on: puts the sum before them. */
void line_end(struct text *text, size_t start, uint32_t *sum);
void line_put_name(struct text *text, const char *name, size_t len);

#endif
