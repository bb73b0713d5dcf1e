/* SPDX-License-Identifier: MIT */
/*
 * index_write.c - appends to the index file, and writes it anew.
 */
#include "index_format.h"

#include "filename.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- writing ------------------------------------------------------------------------------ */

static size_t begin_line(struct index *index)
{
	if (!index->pending_lines++)
		index->pending_sum = index->sum;
	return index->pending.len;
}

static void put_line(struct index *index, size_t start)
{
	line_end(&index->pending, start, &index->pending_sum);
}

void index_put_message(struct index *index, const struct message *message)
{
	size_t start = begin_line(index);
	struct text *text = &index->pending;

	text_putf(text, "M %" PRIu32 " ", message->uid);
	if (message->octets == OCTETS_UNKNOWN)
		text_put(text, "- ", 2);
	else
		text_putf(text, "%" PRIu64 " ", message->octets);
	if (message->date < 0)
		text_put(text, "- ", 2);
	else
		text_putf(text, "%" PRId64 " ", message->date);
	text_putf(text, "%" PRIx64 " ", message->keywords);
	line_put_name(text, message->file, filename_base(message->file));
	put_line(index, start);
	index->durable = true;
}

void index_put_gone(struct index *index, uint32_t uid)
{
	size_t start = begin_line(index);

	text_putf(&index->pending, "X %" PRIu32, uid);
	put_line(index, start);
}

void index_put_keyword(struct index *index, unsigned place, const char *name)
{
	size_t start = begin_line(index);

	text_putf(&index->pending, "K %u ", place);
	line_put_name(&index->pending, name, strlen(name));
	put_line(index, start);
}

void index_put_message_keywords(struct index *index, uint32_t uid, uint64_t keywords)
{
	size_t start = begin_line(index);

	text_putf(&index->pending, "F %" PRIu32 " %" PRIx64, uid, keywords);
	put_line(index, start);
	index->durable = true;
}

void index_put_uidnext(struct index *index, uint32_t uidnext)
{
	size_t start = begin_line(index);

	text_putf(&index->pending, "N %" PRIu32, uidnext);
	put_line(index, start);
	index->durable = true;
}

void index_put_recent(struct index *index, uint32_t recent_from)
{
	size_t start = begin_line(index);

	text_putf(&index->pending, "R %" PRIu32, recent_from);
	put_line(index, start);
}

void index_rollback(struct index *index)
{
	text_clear(&index->pending);
	index->pending_lines = 0;
	index->durable = false;
}

/* What is on the disk now may not get lost unnoticed.  Comes after fsync, and need not be synced
 * itself: an older mark on the disk is right too. */
static void mark_synced(const struct index *index, int fd)
{
	struct index_header header = {index->uidvalidity, index->generation,
	                              index->end + index->pending.len};
	struct text line = {0};

	header_put(&line, &header);
	if (pwrite(fd, line.data, line.len, 0) != (ssize_t)line.len)
		log_error(INDEX_FILE ": %s", strerror(errno));
	text_clear(&line);
}

static int write_pending(struct index *index, int fd)
{
	struct stat st;

	if (lseek(fd, (off_t)index->end, SEEK_SET) < 0 ||
	    write_all(fd, index->pending.data, index->pending.len))
		return -1;
	if (index->durable && fsync(fd))
		return -1;
	if (index->durable)
		mark_synced(index, fd);
	if (fstat(fd, &st))
		return -1;
	index_note_file(index, &st);
	return 0;
}

static int append_pending(struct index *index, int dirfd)
{
	int fd = openat(dirfd, INDEX_FILE, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	int result = write_pending(index, fd);
	int error = errno;
	/* Half a line is cut off at the next look, if not now. */
	if (result && ftruncate(fd, (off_t)index->end))
		log_error(INDEX_FILE ": %s", strerror(errno));
	close(fd);
	errno = error;
	return result;
}

int index_commit(struct index *index, int dirfd)
{
	int result = 0;

	if (index->pending_lines)
		result = append_pending(index, dirfd);
	if (!result && index->pending_lines) {
		index->end += index->pending.len;
		index->sum = index->pending_sum;
		index->lines += index->pending_lines;
	}
	int error = errno;
	index_rollback(index);
	errno = error;
	return result;
}

/* ---- the whole ---------------------------------------------------------------------------- */

bool index_is_long(const struct index *index, const struct catalog *catalog)
{
	return index->lines > 2 * catalog->count + 1000;
}

static uint64_t used_keywords(const struct catalog *catalog)
{
	uint64_t used = 0;

	for (size_t i = 0; i < catalog->count; i++)
		used |= catalog->messages[i].keywords;
	return used;
}

/* Keywords that no message has any more give up their places: not before the file says so, which
 * other processes go by. */
static void drop_unused_keywords(struct catalog *catalog)
{
	uint64_t used = used_keywords(catalog);

	for (size_t i = 0; i < KEYWORDS_MAX; i++) {
		if (used >> i & 1)
			continue;
		free(catalog->keywords[i]);
		catalog->keywords[i] = NULL;
	}
}

/* All of the catalog as lines. */
static void put_catalog(struct index *whole, const struct catalog *catalog)
{
	uint64_t used = used_keywords(catalog);

	for (unsigned i = 0; i < KEYWORDS_MAX; i++)
		if (catalog->keywords[i] && used >> i & 1)
			index_put_keyword(whole, i, catalog->keywords[i]);
	for (size_t i = 0; i < catalog->count; i++)
		index_put_message(whole, &catalog->messages[i]);
	index_put_uidnext(whole, catalog->uidnext);
	index_put_recent(whole, catalog->recent_from);
}

/* The first line and the others. */
static void put_file(struct index *whole, struct text *file)
{
	struct index_header header = {whole->uidvalidity, whole->generation, 0};

	header_put(file, &header);
	header.synced = file->len + whole->pending.len;
	file->len = 0;
	header_put(file, &header);
	text_put(file, whole->pending.data, whole->pending.len);
}

int index_rewrite(struct index *index, int dirfd, struct catalog *catalog)
{
	struct index whole = {.uidvalidity = catalog->uidvalidity,
	                      .generation = index->generation + 1};
	struct text file = {0};
	struct stat st;

	put_catalog(&whole, catalog);
	put_file(&whole, &file);
	whole.end = file.len;
	whole.sum = whole.pending_sum;
	whole.lines = whole.pending_lines + 1;
	index_rollback(&whole);
	int result = write_file(dirfd, INDEX_FILE, file.data, file.len);
	if (!result)
		result = fstatat(dirfd, INDEX_FILE, &st, 0);
	int error = errno;
	text_clear(&file);
	if (!result) {
		index_note_file(&whole, &st);
		index_clear(index);
		*index = whole;
		drop_unused_keywords(catalog);
		catalog->learnt = 0;
		catalog->unsaved = 0;
	}
	errno = error;
	return result;
}
