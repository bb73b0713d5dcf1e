/* SPDX-License-Identifier: MIT */
/*
 * uids.c - which UID which message has: kept in a side file, found again by comparison.
 */
#include "uids.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HEAD   "imapsrv-mbox 1 %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 \
               " %016" PRIx64 \
               " %016" PRIx64 "\n"
#define HEAD_R "imapsrv-mbox 1 %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 \
               " %16" SCNx64 \
               " %16" SCNx64 "\n"
#define ROW    "%" PRIu32 " %016" PRIx64 " %016" PRIx64 "\n"
#define ROW_R  "%" SCNu32 " %16" SCNx64 " %16" SCNx64
#define END    "end %016" PRIx64 " %016" PRIx64 "\n"
#define LINE   200

void uids_free(struct uids *uids)
{
	free(uids->known);
	*uids = (struct uids){0};
}

void uids_new(struct uids *uids)
{
	time_t now = time(NULL);
	uint32_t last = uids->uidvalidity;
	uint64_t generation = uids->generation;
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	uids_free(uids);
	/* RFC 9051 2.3.1.1: a new one is greater. */
	uids->uidvalidity = last >= (uint32_t)now && last < UINT32_MAX ? last + 1 : (uint32_t)now;
	uids->uidnext = uids->recent = 1;
	/* Not one that another process has seen of the file before. */
	uids->generation = generation > (uint64_t)now << 20 ? generation : (uint64_t)now << 20;
	uids->key = (struct digest){{(uint64_t)now, (uint64_t)getpid()}};
	if (fd < 0 || read(fd, &uids->key, sizeof uids->key) != (ssize_t)sizeof uids->key)
		log_line("no random numbers: two messages may be taken for one");
	if (fd >= 0)
		close(fd);
}

/* ---- the side file -------------------------------------------------------------------------- */

static bool parse_head(const char *line, struct uids *uids)
{
	char again[LINE];

	/* Written as we would, to the last digit: sscanf alone takes more. */
	return sscanf(line, HEAD_R, &uids->uidvalidity, &uids->uidnext, &uids->recent,
	              &uids->generation, &uids->highest, &uids->key.half[0],
	              &uids->key.half[1]) == 7 &&
	       uids->uidvalidity && uids->uidnext &&
	       snprintf(again, sizeof again, HEAD, uids->uidvalidity, uids->uidnext, uids->recent,
	                uids->generation, uids->highest, uids->key.half[0],
	                uids->key.half[1]) > 0 &&
	       !strcmp(line, again);
}

/* What follows the head, up to the digest.  The rows themselves are believed if that is right. */
static bool load_rows(struct uids *uids, FILE *file, struct digester *digester)
{
	char line[LINE];
	size_t capacity = 0;
	char should[LINE];
	struct digest is;

	while (fgets(line, sizeof line, file)) {
		struct known row;
		if (line[0] == 'e') {
			is = digest_end(*digester);
			snprintf(should, sizeof should, END, is.half[0], is.half[1]);
			return !strcmp(line, should) && getc(file) == EOF;
		}
		if (sscanf(line, ROW_R, &row.uid, &row.digest.half[0], &row.digest.half[1]) != 3)
			return false;
		digest_add(digester, line, strlen(line));
		RESERVE_ONE(uids->known, uids->count, capacity);
		uids->known[uids->count++] = row;
	}
	return false;
}

static FILE *open_file(const char *path, int flags, const char *mode)
{
	int fd = open_side(path, flags);
	FILE *file = fd < 0 ? NULL : fdopen(fd, mode);

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

int uids_load(struct uids *uids, const char *path)
{
	char line[LINE];
	struct digester digester;
	FILE *file = open_file(path, O_RDONLY, "r");

	uids_free(uids);
	if (!file)
		return -1;
	bool whole = fgets(line, sizeof line, file) && parse_head(line, uids);
	if (whole) {
		digest_begin(&digester, &uids->key);
		digest_add(&digester, line, strlen(line));
		whole = load_rows(uids, file, &digester);
	}
	errno = ferror(file) ? EIO : EILSEQ;
	fclose(file);
	return whole ? 0 : -1;
}

bool uids_is_stale(const struct uids *uids, const char *path)
{
	char line[LINE];
	struct uids now;
	FILE *file = open_file(path, O_RDONLY, "r");

	bool same = file && fgets(line, sizeof line, file) && parse_head(line, &now) &&
	            now.generation == uids->generation && now.uidvalidity == uids->uidvalidity &&
	            !digest_compare(&now.key, &uids->key);
	if (file)
		fclose(file);
	return !same;
}

static void put(FILE *file, struct digester *digester, const char *line)
{
	digest_add(digester, line, strlen(line));
	fputs(line, file);
}

static bool write_all(const struct uids *uids, FILE *file)
{
	char line[LINE];
	struct digester digester;

	digest_begin(&digester, &uids->key);
	snprintf(line, sizeof line, HEAD, uids->uidvalidity, uids->uidnext, uids->recent,
	         uids->generation, uids->highest, uids->key.half[0], uids->key.half[1]);
	put(file, &digester, line);
	for (size_t i = 0; i < uids->count; i++) {
		const struct known *row = &uids->known[i];
		snprintf(line, sizeof line, ROW, row->uid, row->digest.half[0],
		         row->digest.half[1]);
		put(file, &digester, line);
	}
	struct digest digest = digest_end(digester);
	fprintf(file, END, digest.half[0], digest.half[1]);
	return !fflush(file) && !ferror(file) && !fsync(fileno(file));
}

static bool write_new(const struct uids *uids, const char *temporary)
{
	FILE *file;

	unlink(temporary); /* what a crash left */
	file = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, "w");
	bool done = file && write_all(uids, file);
	if (file)
		done = !fclose(file) && done;
	return done;
}

int uids_save(struct uids *uids, const char *path)
{
	char *temporary = xformat("%s.new", path);

	uids->generation++;
	bool done = write_new(uids, temporary) && !rename(temporary, path) && sync_directory(path);
	if (!done) {
		/* It may be what fills the disk. */
		int error = errno;
		unlink(temporary);
		errno = error;
	}
	free(temporary);
	return done ? 0 : -1;
}

int uids_try(const struct uids *uids, const char *path)
{
	char *temporary = xformat("%s.new", path);
	bool done = write_new(uids, temporary);
	int error = errno;

	unlink(temporary);
	free(temporary);
	errno = error;
	return done ? 0 : -1;
}

/* ---- finding them again --------------------------------------------------------------------- */

static int by_digest(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	int order = digest_compare(&x->digest, &y->digest);

	return order ? order : (x->uid > y->uid) - (x->uid < y->uid);
}

static int by_uid(const void *a, const void *b)
{
	const struct message *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

/* For each message, in the order of digests, its UID; here `uid` is first its place in the file. */
static bool pair(const struct known *known, size_t known_count, struct known *found, size_t count,
                 struct message *messages)
{
	bool same = known_count == count;

	for (size_t i = 0, k = 0; i < count; i++) {
		while (k < known_count && digest_compare(&known[k].digest, &found[i].digest) < 0)
			k++;
		bool is_known = k < known_count &&
		                !digest_compare(&known[k].digest, &found[i].digest);
		messages[found[i].uid].uid = is_known ? known[k++].uid : 0;
		same &= is_known;
	}
	return same;
}

/* Gives the next UIDs to the messages that have none; false: they have come to their end. */
static bool number(struct uids *uids, struct message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (messages[i].uid)
			continue;
		if (uids->uidnext == UINT32_MAX)
			return false;
		messages[i].uid = uids->uidnext++;
	}
	return true;
}

/* Gives the messages that are known their UIDs, and the others 0; the array is to be freed. */
static struct known *find(struct uids *uids, struct message *messages, size_t count, bool *same_r)
{
	struct known *found = xrealloc(NULL, count * sizeof *found);

	for (size_t i = 0; i < count; i++)
		found[i] = (struct known){(uint32_t)i, messages[i].digest};
	if (count)
		qsort(found, count, sizeof *found, by_digest);
	if (uids->count)
		qsort(uids->known, uids->count, sizeof *uids->known, by_digest);
	*same_r = pair(uids->known, uids->count, found, count, messages);
	return found;
}

size_t uids_known_first(struct uids *uids, struct message *messages, size_t count)
{
	size_t kept = 0;
	bool same;

	free(find(uids, messages, count, &same));
	for (size_t i = 0; i < count; i++)
		if (messages[i].uid) {
			struct message known = messages[i];
			messages[i] = messages[kept];
			messages[kept++] = known;
		}
	return kept;
}

bool uids_assign(struct uids *uids, struct message *messages, size_t count)
{
	bool same;
	struct known *found = find(uids, messages, count, &same);

	if (!number(uids, messages, count)) {
		struct digest key = uids->key;
		uids_new(uids);
		uids->key = key;
		for (size_t i = 0; i < count; i++)
			messages[i].uid = 0;
		number(uids, messages, count);
	}
	if (count)
		qsort(messages, count, sizeof *messages, by_uid);
	for (size_t i = 0; i < count; i++)
		found[i] = (struct known){messages[i].uid, messages[i].digest};
	free(uids->known);
	uids->known = found;
	uids->count = count;
	return !same;
}
