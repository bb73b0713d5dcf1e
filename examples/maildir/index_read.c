/* SPDX-License-Identifier: MIT */
/*
 * index_read.c - brings a catalog up to date with the index file: reads what was appended to it, or
 * all of it if it is another file than before.
 */
#include "index_format.h"

#include "filename.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_BAD "imapsrv-index.bad"

/* ---- lines --------------------------------------------------------------------------------- */

static void read_message(struct reader *r, struct catalog *catalog, struct changes *changes)
{
	uint32_t uid = take_uid(r);
	uint64_t octets = take_number(r, 10);
	uint64_t date = take_number(r, 10);
	uint64_t keywords = take_number(r, 16);
	char *file = take_name(r);

	if (r->bad || uid < catalog->uidnext) {
		r->bad = true;
		free(file);
		return;
	}
	struct message *message = catalog_add(catalog, uid, file);
	message->octets = octets;
	message->date = date == UINT64_MAX ? DATE_UNKNOWN : (int64_t)date;
	message->keywords = keywords;
	catalog->uidnext = uid + 1;
	if (changes)
		ranges_add(&changes->fresh, uid);
}

static void read_keyword(struct reader *r, struct catalog *catalog)
{
	uint64_t place = take_number(r, 10);
	char *name = take_name(r);

	if (r->bad || place >= KEYWORDS_MAX) {
		r->bad = true;
		free(name);
		return;
	}
	free(catalog->keywords[place]);
	catalog->keywords[place] = name;
	catalog->unsaved &= ~((uint64_t)1 << place);
}

static void read_flags(struct reader *r, struct catalog *catalog, struct changes *changes)
{
	uint32_t uid = take_uid(r);
	uint64_t keywords = take_number(r, 16);
	struct message *message = catalog_find(catalog, uid);

	if (message) {
		message->keywords = keywords;
		if (changes)
			ranges_add(&changes->flagged, uid);
	}
}

static void read_uidnext(struct reader *r, struct catalog *catalog)
{
	uint32_t uidnext = take_uid(r);

	r->bad |= uidnext < catalog->uidnext;
	if (!r->bad)
		catalog->uidnext = uidnext;
}

static void read_gone(struct reader *r, struct catalog *catalog)
{
	struct message *message = catalog_find(catalog, take_uid(r));

	if (message)
		message->gone = true;
}

/* One line without its sum. */
static bool read_line(struct reader *r, struct catalog *catalog, struct changes *changes)
{
	if (r->end - r->p < 3 || r->p[1] != ' ')
		return false;
	char tag = *r->p;
	r->p += 2;
	switch (tag) {
	case 'N':
		read_uidnext(r, catalog);
		break;
	case 'R':
		catalog->recent_from = take_uid(r);
		break;
	case 'K':
		read_keyword(r, catalog);
		break;
	case 'M':
		read_message(r, catalog, changes);
		break;
	case 'F':
		read_flags(r, catalog, changes);
		break;
	case 'X':
		read_gone(r, catalog);
		break;
	default:
		return false;
	}
	return !r->bad;
}

/* Reads the lines from index->end on, up to the first that is not good.  `changes` may be NULL: of
 * many lines in no order each would move all that were noted. */
static void read_lines(struct index *index, const char *line, size_t len, struct catalog *catalog,
                       struct changes *changes)
{
	const char *end = len ? line + len : line, *lf;

	while (line < end && (lf = memchr(line, '\n', (size_t)(end - line)))) {
		struct reader r;
		uint32_t sum;
		if (!line_check(line, (size_t)(lf - line), index->sum, &sum, &r) ||
		    !read_line(&r, catalog, changes))
			break;
		index->sum = sum;
		index->lines++;
		index->end += (uint64_t)(lf - line) + 1;
		line = lf + 1;
	}
	catalog_sweep(catalog, changes);
}

/* ---- refresh ------------------------------------------------------------------------------ */

void index_clear(struct index *index)
{
	text_clear(&index->pending);
	*index = (struct index){0};
}

bool index_changed(const struct index *index, int dirfd)
{
	struct stat st;

	if (fstatat(dirfd, INDEX_FILE, &st, 0))
		return index->inode != 0;
	return st.st_ino != index->inode || (uint64_t)st.st_size != index->end ||
	       clock_before(index->mtime, st.st_mtim) || clock_before(st.st_mtim, index->mtime);
}

void index_note_file(struct index *index, const struct stat *st)
{
	index->inode = st->st_ino;
	index->mtime = st->st_mtim;
}

/* Takes over what the old catalog knows beyond the new one, and notes the differences. */
static void merge(struct catalog *fresh, struct catalog *old, struct changes *changes)
{
	size_t j = 0;

	for (size_t i = 0; i < old->count; i++) {
		struct message *was = &old->messages[i];
		while (j < fresh->count && fresh->messages[j].uid < was->uid)
			j++;
		if (j == fresh->count || fresh->messages[j].uid != was->uid) {
			ranges_add(&changes->gone, was->uid);
			continue;
		}
		struct message *is = &fresh->messages[j];
		if (was->keywords != is->keywords)
			ranges_add(&changes->flagged, is->uid);
		was->keywords = is->keywords;
		if (was->octets == OCTETS_UNKNOWN)
			was->octets = is->octets;
		if (was->date == DATE_UNKNOWN)
			was->date = is->date;
		struct message swap = *is;
		*is = *was;
		*was = swap;
	}
	for (size_t i = catalog_from(fresh, old->uidnext); i < fresh->count; i++)
		ranges_add(&changes->fresh, fresh->messages[i].uid);
	fresh->learnt = old->learnt;
}

/* Reads the whole of another file than the one read before. */
static enum index_state read_whole(struct index *index, int fd, const struct index_header *header,
                                   size_t header_len, struct catalog *catalog,
                                   struct changes *changes)
{
	struct catalog fresh;
	struct text text = {0};
	enum index_state state = INDEX_READ;

	if (read_from(fd, header_len, SIZE_MAX, &text)) {
		text_clear(&text);
		return INDEX_ERROR;
	}
	catalog_init(&fresh);
	fresh.uidvalidity = header->uidvalidity;
	index->uidvalidity = header->uidvalidity;
	index->generation = header->generation;
	index->end = header_len;
	index->sum = 0;
	index->lines = 1;
	read_lines(index, text.data, text.len, &fresh, NULL);
	text_clear(&text);
	if (index->end < header->synced)
		state = INDEX_BROKEN;
	else if (catalog->uidvalidity && (fresh.uidvalidity != catalog->uidvalidity ||
	                                  fresh.uidnext < catalog->uidnext))
		state = INDEX_FOREIGN;
	else if (catalog->uidvalidity)
		merge(&fresh, catalog, changes);
	if (state == INDEX_READ) {
		struct catalog old = *catalog;
		*catalog = fresh;
		fresh = old;
	}
	catalog_clear(&fresh);
	return state;
}

/* Reads what was appended. */
static enum index_state read_more(struct index *index, int fd, const struct index_header *header,
                                  struct catalog *catalog, struct changes *changes)
{
	struct text text = {0};
	int result = read_from(fd, index->end, SIZE_MAX, &text);

	if (!result)
		read_lines(index, text.data, text.len, catalog, changes);
	text_clear(&text);
	if (result)
		return INDEX_ERROR;
	return index->end < header->synced ? INDEX_BROKEN : INDEX_READ;
}

static enum index_state read_header(int fd, struct index_header *header_r, size_t *len_r)
{
	struct text head = {0};
	enum index_state state = INDEX_READ;

	if (read_from(fd, 0, 128, &head))
		state = INDEX_ERROR;
	else if (!header_read(&head, header_r, len_r))
		state = INDEX_BROKEN;
	text_clear(&head);
	return state;
}

static enum index_state read_file(struct index *index, int fd, struct catalog *catalog,
                                  struct changes *changes)
{
	struct index_header header;
	enum index_state state;
	struct stat st;
	size_t len;

	if (fstat(fd, &st))
		return INDEX_ERROR;
	state = read_header(fd, &header, &len);
	if (state != INDEX_READ)
		return state;
	bool same = st.st_ino == index->inode && header.generation == index->generation &&
	            header.uidvalidity == index->uidvalidity &&
	            (uint64_t)st.st_size >= index->end;
	state = same ? read_more(index, fd, &header, catalog, changes)
	             : read_whole(index, fd, &header, len, catalog, changes);
	if (state != INDEX_READ)
		return state;
	/* The torn line at the end goes, or what is appended next would be read as its rest. */
	if ((uint64_t)st.st_size > index->end && !ftruncate(fd, (off_t)index->end) &&
	    fstat(fd, &st))
		return INDEX_ERROR;
	index_note_file(index, &st);
	return INDEX_READ;
}

enum index_state index_refresh(struct index *index, int dirfd, struct catalog *catalog,
                               struct changes *changes)
{
	if (index->inode && !index_changed(index, dirfd))
		return INDEX_READ;
	int fd = openat(dirfd, INDEX_FILE, O_RDWR | O_CLOEXEC);
	if (fd < 0 && (errno == EACCES || errno == EROFS))
		fd = openat(dirfd, INDEX_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? INDEX_MISSING : INDEX_ERROR;
	enum index_state state = read_file(index, fd, catalog, changes);
	int error = errno;
	close(fd);
	if (state == INDEX_BROKEN && renameat(dirfd, INDEX_FILE, dirfd, INDEX_BAD))
		return INDEX_ERROR;
	errno = error;
	return state;
}
