/* SPDX-License-Identifier: MIT */
/*
 * modseqs.c - a box and its ledger.
 *
 * Every append to the ledger is synced, so that no number that a client was given is lost when the
 * machine stops, and another process can go on at any time.  What happened between a change of the
 * mail and its note, or while no server ran, is found when the ledger is opened, by a snapshot.  If
 * the ledger cannot be written, clients see changes without new numbers, and another snapshot gives
 * them those later: they are told twice then, which does no harm.
 */
#include "modseqs.h"

#include "box.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_MS 5000

static const char *const slot_files[] = {"imapsrv-ledger.0", "imapsrv-ledger.1"};

/* ---- the slots ---------------------------------------------------------------------------- */

static void note_slot(struct box *box, unsigned slot, const struct stat *st)
{
	box->modseqs.slots[slot].inode = st->st_ino;
	box->modseqs.slots[slot].octets = (uint64_t)st->st_size;
	box->modseqs.slots[slot].mtime = st->st_mtim;
}

static void note_slots(struct box *box)
{
	for (unsigned slot = 0; slot < 2; slot++) {
		struct stat st = {0};
		if (fstatat(box->dirfd, slot_files[slot], &st, 0))
			st = (struct stat){0};
		note_slot(box, slot, &st);
	}
}

/* Did another process write to them? */
static bool slots_changed(const struct box *box)
{
	for (unsigned slot = 0; slot < 2; slot++) {
		struct timespec mtime = box->modseqs.slots[slot].mtime;
		struct stat st = {0};
		if (fstatat(box->dirfd, slot_files[slot], &st, 0))
			st = (struct stat){0};
		if (st.st_ino != box->modseqs.slots[slot].inode ||
		    (uint64_t)st.st_size != box->modseqs.slots[slot].octets ||
		    clock_before(mtime, st.st_mtim) || clock_before(st.st_mtim, mtime))
			return true;
	}
	return false;
}

static int slot_read(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                     size_t *got_r)
{
	const struct box *box = user;
	int fd = openat(box->dirfd, slot_files[slot], O_RDONLY | O_CLOEXEC);

	*got_r = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	ssize_t n = 1;
	while (*got_r < len && n > 0) {
		n = pread(fd, (char *)to + *got_r, len - *got_r, (off_t)(offset + *got_r));
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			*got_r += (size_t)n;
	}
	close(fd);
	return n < 0 ? -1 : 0;
}

static int append_to(struct box *box, unsigned slot, int fd, const void *data, size_t len,
                     int durable)
{
	struct stat st;
	bool is_new = box->modseqs.slots[slot].inode == 0;

	if (write_all(fd, data, len) || (durable && fsync(fd)) || fstat(fd, &st))
		return -1;
	note_slot(box, slot, &st);
	return is_new ? sync_dir(box->dirfd, ".") : 0;
}

static int slot_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	struct box *box = user;
	int fd = openat(box->dirfd, slot_files[slot], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
	                0600);

	if (fd < 0)
		return -1;
	int result = append_to(box, slot, fd, data, len, durable);
	int error = errno;
	if (close(fd) && !result)
		return -1;
	errno = error;
	return result;
}

static int slot_cut(void *user, unsigned slot, uint64_t length)
{
	struct box *box = user;
	struct stat st;
	int fd = openat(box->dirfd, slot_files[slot], O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT && !length ? 0 : -1;
	int result = ftruncate(fd, (off_t)length) || fsync(fd) || fstat(fd, &st) ? -1 : 0;
	if (!result)
		note_slot(box, slot, &st);
	close(fd);
	return result;
}

/* ---- the mark ------------------------------------------------------------------------------- */

/* The last number stands in the file of the lock too, which costs no sync: it is never ahead of
 * what the ledger has on the disk.  So a ledger that lost octets that were synced is told from one
 * that is whole. */

#define MARK_OCTETS 20

static void write_mark(struct box *box)
{
	char digits[MARK_OCTETS + 1];
	uint64_t highest = imapsrv_ledger_highest(box->modseqs.ledger);

	if (box->lock < 0 || highest == box->modseqs.marked)
		return;
	snprintf(digits, sizeof digits, "%020" PRIu64, highest);
	if (pwrite(box->lock, digits, MARK_OCTETS, 0) == MARK_OCTETS)
		box->modseqs.marked = highest;
	else
		log_error("%s/%s: the last modification sequence is not marked", box->account,
		          box->dir);
}

/* UINT64_MAX: there is none. */
static uint64_t read_mark(const struct box *box)
{
	char digits[MARK_OCTETS + 1] = "";
	uint64_t mark = 0;

	if (box->lock < 0 || pread(box->lock, digits, MARK_OCTETS, 0) != MARK_OCTETS)
		return UINT64_MAX;
	for (const char *p = digits; *p; p++) {
		if (*p < '0' || *p > '9')
			return UINT64_MAX;
		mark = mark * 10 + (uint64_t)(*p - '0');
	}
	return mark;
}

/* ---- opening ------------------------------------------------------------------------------- */

static void note_trouble(struct box *box, const char *what, int result)
{
	if (!box->modseqs.stale)
		log_error("%s/%s: %s: %s", box->account, box->dir, what,
		          result == IMAPSRV_EHOST ? strerror(errno) : imapsrv_strerror(result));
	box->modseqs.stale = true;
	box->modseqs.retry_at = clock_ms() + RETRY_MS;
}

static void open_ledger(struct box *box)
{
	static const struct imapsrv_ledger_io io = {
		sizeof io, slot_read, slot_append, slot_cut};
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;

	config.io = &io;
	config.user = box;
	config.synced = 1;
	/* Somebody may remove the files: the time is above all numbers before, as long as there
	 * were no million changes in each second. */
	struct timespec now = clock_now();
	uint64_t mark = read_mark(box);
	config.start = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	if (mark != UINT64_MAX && mark > config.start)
		config.start = mark;
	box->modseqs.marked = mark;
	note_slots(box);
	int result = imapsrv_ledger_open(&config, box->catalog.uidvalidity, &opened,
	                                 &box->modseqs.ledger);
	bool is_short = !result && !(opened.found & IMAPSRV_LEDGER_NEW) &&
	                imapsrv_ledger_highest(box->modseqs.ledger) < mark;
	if (is_short) {
		imapsrv_ledger_free(box->modseqs.ledger);
		result = imapsrv_ledger_new(&config, box->catalog.uidvalidity,
		                            &box->modseqs.ledger);
	}
	if (result) {
		box->modseqs.ledger = NULL;
		note_trouble(box, "no modification sequences", result);
		return;
	}
	if (is_short || opened.found & (IMAPSRV_LEDGER_DAMAGED | IMAPSRV_LEDGER_LOST))
		log_error("%s/%s: the ledger is damaged: clients synchronize in full", box->account,
		          box->dir);
	box->modseqs.stale = true; /* until a snapshot was given */
	box->modseqs.retry_at = 0;
}

void modseqs_refresh(struct box *box)
{
	struct modseqs *modseqs = &box->modseqs;

	if (box->frozen || !box->catalog.uidvalidity ||
	    (modseqs->ledger ? !slots_changed(box) : modseqs->retry_at > clock_ms()))
		return;
	imapsrv_ledger_free(modseqs->ledger);
	modseqs->ledger = NULL;
	open_ledger(box);
}

void modseqs_doubt(struct box *box)
{
	box->modseqs.stale = true;
	box->modseqs.retry_at = 0;
}

void modseqs_put_off(struct box *box)
{
	box->modseqs.retry_at = clock_ms() + RETRY_MS;
}

bool modseqs_are_due(const struct box *box)
{
	return box->modseqs.stale && !box->frozen && box->modseqs.retry_at <= clock_ms();
}

void modseqs_free(struct box *box)
{
	imapsrv_ledger_free(box->modseqs.ledger);
	box->modseqs = (struct modseqs){0};
}

/* ---- noting -------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	return value ^ value >> 31;
}

/* Flags alone stand for themselves. */
static uint64_t fingerprint(const struct message *message)
{
	uint64_t print = mix(message->keywords) ^ message->flags;

	return print == IMAPSRV_LEDGER_UNKNOWN ? 0 : print;
}

static int give_snapshot(struct box *box)
{
	struct imapsrv_ledger *ledger = box->modseqs.ledger;
	int result = imapsrv_ledger_snapshot_begin(ledger, NULL, NULL);

	for (size_t i = 0; !result && i < box->catalog.count; i++)
		result = imapsrv_ledger_snapshot_row(ledger, box->catalog.messages[i].uid,
		                                     fingerprint(&box->catalog.messages[i]));
	if (!result)
		result = imapsrv_ledger_snapshot_end(ledger);
	if (result)
		imapsrv_ledger_snapshot_abort(ledger);
	return result;
}

/* The messages of a set that the ledger does not know as they are: those that it does not know at
 * all, or the others. */
static struct imapsrv_ledger_row *find_rows(const struct box *box, const struct ranges *uids,
                                            bool known, size_t *count_r)
{
	struct imapsrv_ledger_row *rows = NULL;
	const struct message *message = NULL;
	size_t count = 0, capacity = 0;

	while ((message = catalog_next(&box->catalog, ranges_set(uids),
	                               message ? message->uid : 0))) {
		struct imapsrv_ledger_row was = {0};
		struct imapsrv_ledger_row is = {message->uid, fingerprint(message), 0};
		imapsrv_ledger_changes_since(box->modseqs.ledger, 0, is.uid, &was, 1);
		if ((was.uid == is.uid) != known || (known && was.fingerprint == is.fingerprint))
			continue;
		RESERVE_ONE(rows, count, capacity);
		rows[count++] = is;
	}
	*count_r = count;
	return rows;
}

static int note_rows(struct box *box, const struct ranges *uids, bool known)
{
	size_t count;
	int result = 0;

	if (!uids || !uids->count)
		return 0;
	struct imapsrv_ledger_row *rows = find_rows(box, uids, known, &count);
	if (count && known)
		result = imapsrv_ledger_touch(box->modseqs.ledger, rows, count, NULL);
	else if (count)
		result = imapsrv_ledger_add(box->modseqs.ledger, rows, count, NULL);
	free(rows);
	return result;
}

void modseqs_note(struct box *box, const struct ranges *fresh, const struct ranges *flagged,
                  const struct ranges *gone)
{
	struct modseqs *modseqs = &box->modseqs;
	int result;

	if (!modseqs->ledger || (modseqs->stale && modseqs->retry_at > clock_ms()))
		return;
	if (modseqs->stale) {
		result = give_snapshot(box);
	} else {
		result = note_rows(box, fresh, false);
		if (!result)
			result = note_rows(box, flagged, true);
		if (!result && gone && gone->count)
			result = imapsrv_ledger_vanish(modseqs->ledger, ranges_set(gone), NULL);
	}
	if (result) {
		note_trouble(box, "the ledger cannot be written", result);
		return;
	}
	modseqs->stale = false;
	write_mark(box);
}

int modseqs_raise(struct box *box)
{
	if (!box->modseqs.ledger)
		return 0;
	if (imapsrv_ledger_raise(box->modseqs.ledger, NULL))
		return -1;
	write_mark(box);
	return 0;
}

/* ---- questions ----------------------------------------------------------------------------- */

/* What is not noted yet will have a higher one. */
uint64_t modseqs_highest(const struct box *box)
{
	return box->modseqs.ledger ? imapsrv_ledger_highest(box->modseqs.ledger) : 0;
}

uint64_t modseqs_of(const struct box *box, uint32_t uid)
{
	if (!box->modseqs.ledger || box->modseqs.stale)
		return 0;
	return imapsrv_ledger_modseq(box->modseqs.ledger, uid);
}

uint32_t modseqs_next(const struct box *box, uint64_t since, uint32_t from)
{
	struct imapsrv_ledger_row row;
	size_t at = catalog_from(&box->catalog, from);

	if (!box->modseqs.ledger || box->modseqs.stale)
		return at < box->catalog.count ? box->catalog.messages[at].uid : 0;
	return imapsrv_ledger_changes_since(box->modseqs.ledger, since, from, &row, 1) ? row.uid
	                                                                               : 0;
}

bool modseqs_vanished(struct box *box, uint64_t since, struct imapsrv_set *uids_r)
{
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;

	if (!box->modseqs.ledger || box->modseqs.stale ||
	    imapsrv_ledger_vanished_since(box->modseqs.ledger, since, &vanished) ||
	    !vanished.complete)
		return false;
	*uids_r = vanished.uids;
	return true;
}
