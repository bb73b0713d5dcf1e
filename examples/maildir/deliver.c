/* SPDX-License-Identifier: MIT */
/*
 * deliver.c - messages get into a mailbox: first their files into cur/, then their records into the
 * index, all under the lock.  What fails in between is undone.  A crash in between leaves files
 * without records, which the next scan takes for mail delivered by another program: nothing is
 * lost.
 *
 * A copy is a hard link under a new name: messages never change.  Where links cannot be made
 * (another filesystem, too many links) the octets are copied.  MOVE is a copy and an expunge: so
 * undoing it never has to touch what was there before.
 */
#include "deliver.h"

#include "describe.h"
#include "filename.h"
#include "files.h"
#include "ids.h"
#include "quota.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 5

/* ---- files -------------------------------------------------------------------------------- */

static int copy_octets(int from, int to)
{
	static char piece[65536];
	ssize_t n;

	while ((n = read(from, piece, sizeof piece)) > 0)
		if (write_all(to, piece, (size_t)n))
			return -1;
	return n < 0 ? -1 : 0;
}

/* All of one open file into another, to last, with the same date. */
static int copy_contents(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) || copy_octets(from, to) || fsync(to))
		return -1;
	struct timespec times[2] = {st.st_mtim, st.st_mtim};
	return futimens(to, times);
}

static int copy_file(int fromdir, const char *from, int todir, const char *path)
{
	char *name = filename_new_temporary(), *temporary = xprintf("tmp/%s", name);
	int in = openat(fromdir, from, O_RDONLY | O_CLOEXEC);
	int out = in < 0 ? -1 : openat(todir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	                               0600);
	int result = out < 0 ? -1 : copy_contents(in, out);

	if (!result)
		result = renameat(todir, temporary, todir, path);
	int error = errno;
	if (out >= 0 && result)
		unlinkat(todir, temporary, 0);
	if (out >= 0)
		close(out);
	if (in >= 0)
		close(in);
	free(name);
	free(temporary);
	errno = error;
	return result;
}

static int link_or_copy(int fromdir, const char *from, int todir, const char *path)
{
	if (!linkat(fromdir, from, todir, path, 0))
		return 0;
	if (errno == ENOENT || errno == ENOSPC || errno == EDQUOT || errno == EROFS)
		return -1;
	return copy_file(fromdir, from, todir, path);
}

/* ---- into cur/ ---------------------------------------------------------------------------- */

static int place_upload(struct box *box, struct letter *letter)
{
	char *file = filename_new(letter->octets, letter->wire_octets, letter->flags);
	char *from = xprintf("tmp/%s", letter->upload), *to = xprintf("cur/%s", file);
	int result = renameat(box->dirfd, from, box->dirfd, to);
	int error = errno;

	if (!result)
		letter->file = file;
	else
		free(file);
	free(from);
	free(to);
	errno = error;
	return result;
}

static int place_copy_of(struct box *box, struct letter *letter, const struct message *message,
                         const char *from)
{
	uint32_t flags = message->flags & imapsrv_rights_flags(letter->rights);
	uint64_t octets = filename_octets(message->file, 'S');
	char id[ID_SIZE];

	id_of_file(message->file, id);
	char *file = filename_of_copy(octets, message->octets, flags, id);
	char *to = xprintf("cur/%s", file);
	int result = link_or_copy(letter->source->dirfd, from, box->dirfd, to);
	int error = errno;

	if (!result) {
		letter->file = file;
		letter->flags = flags;
		letter->source_keywords =
			letter->rights & IMAPSRV_RIGHT_WRITE ? message->keywords : 0;
		letter->octets = octets;
		letter->wire_octets = message->octets;
		letter->date = message->date;
	} else {
		free(file);
	}
	free(to);
	errno = error;
	return result;
}

/* What was expunged and is no longer kept is passed over. */
static int place_kept(struct box *box, struct letter *letter)
{
	const struct kept_message *kept = kept_of(letter->source, letter->source_uid);

	if (!kept || !kept->has_file)
		return 0;
	char *from = kept_path(letter->source, kept);
	int result = place_copy_of(box, letter, &kept->message, from);
	int error = errno;
	free(from);
	errno = error;
	return result && errno != ENOENT ? -1 : 0;
}

/* A source that is gone by now is passed over, as UIDs are that never were. */
static int place_copy(struct box *box, struct letter *letter)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct message *message = catalog_find(&letter->source->catalog,
		                                       letter->source_uid);
		if (!message)
			return 0;
		char *from = box_path(message);
		int result = place_copy_of(box, letter, message, from);
		int error = errno;
		free(from);
		errno = error;
		if (!result)
			return 0;
		if (errno != ENOENT || box_rescan(letter->source))
			return -1;
	}
	errno = ENOENT;
	return -1;
}

static int place_all(struct box *box, struct letter *letters, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int result = letters[i].upload        ? place_upload(box, &letters[i])
		             : letters[i].source_kept ? place_kept(box, &letters[i])
		                                      : place_copy(box, &letters[i]);
		if (result)
			return -1;
	}
	return sync_dir(box->dirfd, "cur");
}

static void unplace_all(struct box *box, struct letter *letters, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!letters[i].file)
			continue;
		char *path = xprintf("cur/%s", letters[i].file);
		unlinkat(box->dirfd, path, 0);
		free(path);
		free(letters[i].file);
		letters[i].file = NULL;
	}
}

/* ---- into the catalog --------------------------------------------------------------------- */

/* Keywords for which a mailbox has no room any more are dropped: the message matters more. */
static uint64_t keyword_bits(struct catalog *catalog, const struct letter *letter)
{
	struct imapsrv_span names[KEYWORDS_MAX];
	uint64_t bits = 0;

	if (letter->source) {
		uint32_t count = catalog_keyword_names(&letter->source->catalog,
		                                       letter->source_keywords, names);
		for (uint32_t i = 0; i < count; i++)
			bits |= catalog_keyword(catalog, names[i]);
	}
	for (size_t i = 0; i < letter->keyword_count; i++) {
		const char *name = letter->keywords[i];
		bits |= catalog_keyword(catalog, (struct imapsrv_span){name, strlen(name)});
	}
	return bits;
}

static void add_message(struct catalog *catalog, struct letter *letter)
{
	struct message *message = catalog_add(catalog, letter->uid, xstrdup(letter->file));

	message->located = true;
	message->keywords = keyword_bits(catalog, letter);
	message->octets = letter->wire_octets;
	message->date = letter->date;
}

static int record_all(struct box *box, struct letter *letters, size_t count, struct ranges *uids)
{
	struct catalog *catalog = &box->catalog;
	size_t known = catalog->count;
	uint32_t uidnext = catalog->uidnext, recent_from = catalog->recent_from;

	/* New keywords before what has them. */
	for (size_t i = 0; i < count; i++)
		if (letters[i].file)
			keyword_bits(catalog, &letters[i]);
	if (box_commit(box))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!letters[i].file)
			continue;
		letters[i].uid = catalog->uidnext++;
		add_message(catalog, &letters[i]);
		index_put_message(&box->index, &catalog->messages[catalog->count - 1]);
		ranges_add(uids, letters[i].uid);
	}
	if (box->writers) {
		catalog->recent_from = catalog->uidnext;
		index_put_recent(&box->index, catalog->recent_from);
	}
	if (!box_commit(box))
		return 0;
	int error = errno;
	while (catalog->count > known)
		free(catalog->messages[--catalog->count].file);
	catalog->uidnext = uidnext;
	catalog->recent_from = recent_from;
	ranges_clear(uids);
	errno = error;
	return -1;
}

/* ---- quota -------------------------------------------------------------------------------- */

static uint64_t letter_octets(const struct letter *letter)
{
	const struct kept_message *kept = NULL;
	const struct message *message = NULL;

	if (letter->upload)
		return letter->octets;
	if (letter->source_kept)
		kept = kept_of(letter->source, letter->source_uid);
	else
		message = catalog_find(&letter->source->catalog, letter->source_uid);
	if (!kept && !message)
		return 0;
	char *path = kept ? kept_path(letter->source, kept) : box_path(message);
	uint64_t octets = quota_octets(letter->source->dirfd, path);
	free(path);
	return octets;
}

static struct amount sum_up(const struct letter *letters, size_t count)
{
	struct amount sum = {0, count};

	for (size_t i = 0; i < count; i++)
		sum.octets += letter_octets(&letters[i]);
	return sum;
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* Under the lock. */
static int deliver(struct box *box, struct letter *letters, size_t count, struct ranges *uids)
{
	scan_own_begin(box);
	int result = place_all(box, letters, count);
	if (!result)
		result = record_all(box, letters, count, uids);
	int error = errno;
	if (result)
		unplace_all(box, letters, count);
	else
		modseqs_note(box, uids, NULL, NULL);
	scan_own_end(box);
	errno = error;
	return result;
}

int box_deliver(struct box *box, struct letter *letters, size_t count, bool moving,
                const struct imapsrv_session *origin)
{
	struct amount more = sum_up(letters, count);
	struct ranges uids = {0};

	if (box_lock(box))
		return -1;
	errno = EROFS;
	int result = box->frozen ? -1 : quota_add(box, more, !moving, origin);
	if (!result) {
		result = deliver(box, letters, count, &uids);
		int failed = errno;
		if (result)
			quota_remove(box, more);
		errno = failed;
	}
	int error = errno;
	box_unlock(box);
	if (!result)
		describe_delivered(box, letters, count);
	box_post(box, IMAPSRV_EVENT_MESSAGE_APPEND, &uids, origin);
	ranges_clear(&uids);
	errno = error;
	return result;
}

void letters_free(struct box *box, struct letter *letters, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct letter *letter = &letters[i];
		if (letter->upload && !letter->file) {
			char *path = xprintf("tmp/%s", letter->upload);
			unlinkat(box->dirfd, path, 0);
			free(path);
		}
		for (size_t k = 0; k < letter->keyword_count; k++)
			free(letter->keywords[k]);
		free(letter->keywords);
		free(letter->upload);
		free(letter->file);
	}
	free(letters);
}
