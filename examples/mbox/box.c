/* SPDX-License-Identifier: MIT */
/*
 * box.c - one mailbox: lock it, see what happened to it, tell the session.
 */
#include "box.h"

#include "redo.h"
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A file may change without a trace in its times for as long as they are so young. */
#define CLOCK_GRAIN_S 2

struct box *box_new(const char *name, const char *path, const char *side_dir)
{
	struct box *box = xrealloc(NULL, sizeof *box);

	*box = (struct box){.lock = {.side = -1, .fd = -1}, .slots.fds = {-1, -1}};
	box->name = xformat("%s", name);
	box->path = xformat("%s", path);
	box->uids_path = xformat("%s/.%s.imapsrv-uids", side_dir, name);
	box->lock_path = xformat("%s/.%s.imapsrv-lock", side_dir, name);
	box->redo_path = xformat("%s/.%s.imapsrv-redo", side_dir, name);
	box->rescue_path = xformat("%s/%s.rescued-%lld", side_dir, name, (long long)time(NULL));
	box->slots.paths[0] = xformat("%s/.%s.imapsrv-log0", side_dir, name);
	box->slots.paths[1] = xformat("%s/.%s.imapsrv-log1", side_dir, name);
	return box;
}

static void free_messages(struct message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		flags_free(&messages[i].flags);
	free(messages);
}

void box_free(struct box *box)
{
	imapsrv_ledger_free(box->ledger);
	slots_close(&box->slots);
	uids_free(&box->uids);
	free_messages(box->messages, box->count);
	char *texts[] = {box->name, box->path, box->uids_path, box->lock_path, box->redo_path,
	                 box->rescue_path, box->slots.paths[0], box->slots.paths[1]};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	free(box);
}

size_t box_from(const struct box *box, uint32_t uid)
{
	size_t low = 0, high = box->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (box->messages[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- the file ------------------------------------------------------------------------------- */

/* Since then nobody can have changed it without changing this, too. */
static bool is_as_seen(const struct box *box, const struct stat *now)
{
	const struct stat *seen = &box->seen;

	return now->st_ino == seen->st_ino && now->st_dev == seen->st_dev &&
	       now->st_size == seen->st_size && now->st_mtim.tv_sec == seen->st_mtim.tv_sec &&
	       now->st_mtim.tv_nsec == seen->st_mtim.tv_nsec &&
	       now->st_ctim.tv_sec == seen->st_ctim.tv_sec &&
	       now->st_ctim.tv_nsec == seen->st_ctim.tv_nsec;
}

static int by_place(const void *a, const void *b)
{
	const struct message *const *x = a, *const *y = b;

	return ((*x)->from > (*y)->from) - ((*x)->from < (*y)->from);
}

struct message **box_places(const struct box *box)
{
	struct message **places = xrealloc(NULL, box->count * sizeof *places);

	for (size_t i = 0; i < box->count; i++)
		places[i] = &box->messages[i];
	if (box->count)
		qsort(places, box->count, sizeof *places, by_place);
	return places;
}

/* All headers, and so all flags, are where they were and as they were.  The rest of a message is
 * compared when somebody wants to have it. */
static bool heads_are_as_seen(const struct box *box)
{
	struct digester digester;
	struct message **places = box_places(box);
	char piece[8192];
	ptrdiff_t n = 1;

	digest_begin(&digester, &box->uids.key);
	for (size_t i = 0; i < box->count && n > 0; i++)
		for (uint64_t at = places[i]->from; at < places[i]->head && n > 0;
		     at += (uint64_t)n) {
			uint64_t left = places[i]->head - at;
			n = read_at(box->lock.fd, piece,
			            left < sizeof piece ? (size_t)left : sizeof piece, at);
			digest_add(&digester, piece, n > 0 ? (size_t)n : 0);
		}
	free(places);
	struct digest now = digest_end(digester), seen = digest_end(box->heads);
	return n > 0 && !digest_compare(&now, &seen);
}

/* Reads messages from an offset on, behind those that there are. */
static int read_messages(struct box *box, struct scan *scan, const struct stat *now, uint64_t from,
                         struct message **messages, size_t *count)
{
	size_t capacity = *count;
	struct message m;

	if (scan_open(scan, box->lock.fd, from, (uint64_t)now->st_size, &box->uids.key))
		return -1;
	if (from)
		scan->heads = box->heads;
	while (scan_next(scan, &m, NULL, NULL)) {
		if (!m.from && scan_is_internal(box->lock.fd, &m)) {
			flags_free(&m.flags);
			digest_begin(&scan->heads, &box->uids.key);
			continue;
		}
		RESERVE_ONE(*messages, *count, capacity);
		(*messages)[(*count)++] = m;
	}
	return scan->lines.failed ? -1 : 0;
}
/* ---- what has changed ------------------------------------------------------------------------ */

/* What differs between what we knew and what there is; both in the order of UIDs. */
enum difference {
	ADDED,
	CHANGED,
	REMOVED,
	DIFFERENCES
};
struct differences {
	struct imapsrv_range *ranges[DIFFERENCES];
	size_t count[DIFFERENCES], capacity[DIFFERENCES];
};

static void add_difference(struct differences *d, enum difference what, uint32_t uid)
{
	if (d->count[what] && d->ranges[what][d->count[what] - 1].last == uid - 1) {
		d->ranges[what][d->count[what] - 1].last = uid;
		return;
	}
	RESERVE_ONE(d->ranges[what], d->count[what], d->capacity[what]);
	d->ranges[what][d->count[what]++] = (struct imapsrv_range){uid, uid};
}

static bool is_own(const struct box *box, uint32_t uid)
{
	for (size_t i = 0; box->own && i < box->own->count; i++)
		if (box->own->ranges[i].first <= uid && uid <= box->own->ranges[i].last)
			return true;
	return false;
}

/*
 * Tells the session.  By comparison with what this process knew, not by what the ledger has found:
 * another process may have told the ledger already.
 */
static void tell(struct box *box, const struct message *old, size_t old_count)
{
	static const enum imapsrv_event_type types[] = {
		IMAPSRV_EVENT_MESSAGE_NEW, IMAPSRV_EVENT_FLAGS_SET, IMAPSRV_EVENT_MESSAGE_EXPUNGE};
	const struct message *new = box->messages;
	struct differences d = {0};

	for (size_t i = 0, k = 0; i < old_count || k < box->count;) {
		if (k == box->count || (i < old_count && old[i].uid < new[k].uid))
			add_difference(&d, REMOVED, old[i++].uid);
		else if (i == old_count || old[i].uid > new[k].uid)
			add_difference(&d, ADDED, new[k++].uid);
		else if (old[i++].modseq != new[k++].modseq && !is_own(box, old[i - 1].uid))
			/* The session's own command tells the others in its answer. */
			add_difference(&d, CHANGED, old[i - 1].uid);
	}
	for (int what = 0; what < DIFFERENCES; what++) {
		struct imapsrv_event event = IMAPSRV_EVENT_INIT;
		event.type = types[what];
		event.mailbox = (struct imapsrv_span){box->name, strlen(box->name)};
		event.uids = (struct imapsrv_set){d.ranges[what], d.count[what]};
		if (d.count[what] && !*box->renumbered)
			imapsrv_session_post(box->session, &event);
		free(d.ranges[what]);
	}
}

/* The ledger compares all messages with what it knows, and gives numbers to what has changed. */
static int snapshot(struct box *box, struct message *messages, size_t count)
{
	int error = imapsrv_ledger_snapshot_begin(box->ledger, NULL, NULL);

	for (size_t i = 0; i < count && !error; i++)
		error = imapsrv_ledger_snapshot_row(box->ledger, messages[i].uid,
		                                    flags_fingerprint(&messages[i].flags));
	if (!error)
		error = imapsrv_ledger_snapshot_end(box->ledger);
	if (error)
		imapsrv_ledger_snapshot_abort(box->ledger);
	for (size_t i = 0; i < count && !error; i++)
		messages[i].modseq = imapsrv_ledger_modseq(box->ledger, messages[i].uid);
	return error;
}

/* ---- the side files ------------------------------------------------------------------------- */

/* A crash came when the ledger knew of UIDs already and the other side file did not: these are not
 * used again. */
static int skip_uids(struct box *box)
{
	struct imapsrv_ledger_row row;
	struct imapsrv_ledger_vanished gone = IMAPSRV_LEDGER_VANISHED_INIT;
	int error = imapsrv_ledger_vanished_since(box->ledger, 0, &gone);

	if (!error && gone.uids.count &&
	    gone.uids.ranges[gone.uids.count - 1].last >= box->uids.uidnext)
		box->uids.uidnext = gone.uids.ranges[gone.uids.count - 1].last + 1;
	while (imapsrv_ledger_changes_since(box->ledger, 0, box->uids.uidnext, &row, 1))
		box->uids.uidnext = row.uid + 1;
	return error;
}

/* Of a mailbox that we have never seen, or of which somebody else knows more. */
static int load(struct box *box)
{
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	uint32_t was = box->uids.uidvalidity;
	bool known = !uids_load(&box->uids, box->uids_path);
	uint32_t uidnext = box->uids.uidnext;

	if (!known && errno != ENOENT && errno != EILSEQ)
		return -1;
	if (!known) {
		if (errno == EILSEQ)
			log_line("%s: %s is damaged: new UIDVALIDITY", box->name, box->uids_path);
		uids_new(&box->uids);
	}
	imapsrv_ledger_free(box->ledger);
	box->ledger = NULL;
	slots_close(&box->slots);
	int error = slots_open_ledger(&box->slots, box->uids.uidvalidity, &opened, &box->ledger);
	/* The ledger may remember the UIDVALIDITY that the other side file has lost; and that may
	 * remember numbers that the ledger has lost. */
	bool again = !known && !(opened.found & (IMAPSRV_LEDGER_NEW | IMAPSRV_LEDGER_LOST |
	                                         IMAPSRV_LEDGER_RESET));
	bool lost = known && !error && imapsrv_ledger_highest(box->ledger) < box->uids.highest;
	if (lost) {
		log_line("%s: the ledger is not all there: new UIDVALIDITY", box->name);
		uids_new(&box->uids);
	}
	if (!error && (again || lost))
		error = imapsrv_ledger_reset(box->ledger, box->uids.uidvalidity += again);
	if (!error)
		error = skip_uids(box);
	if (error) {
		log_line("%s: the ledger: %s", box->name, imapsrv_strerror(error));
		errno = EIO;
		return -1;
	}
	box->unsaved = !known || lost || uidnext != box->uids.uidnext;
	*box->renumbered |= box->users && was != box->uids.uidvalidity;
	return 0;
}

static bool same_flags(const struct message *a, const struct message *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i].uid != b[i].uid ||
		    flags_fingerprint(&a[i].flags) != flags_fingerprint(&b[i].flags))
			return false;
	return true;
}

static void keep_modseqs(struct message *messages, const struct message *old, size_t count)
{
	for (size_t i = 0; i < count; i++)
		messages[i].modseq = old[i].modseq;
}

static size_t leave_out_news(struct box *box, struct message *messages, size_t count)
{
	size_t known = uids_known_first(&box->uids, messages, count);

	for (size_t i = known; i < count; i++)
		flags_free(&messages[i].flags);
	return known;
}

/* The ledger is not to take note of what cannot be put on record after that. */
static bool has_room(const struct box *box)
{
	errno = ENOSPC;
	return !box->unsaved || (!box->held && !uids_try(&box->uids, box->uids_path));
}

/*
 * The file contains these messages.  First the ledger takes note, then the UIDs are put on record,
 * and then a client may hear of it.  After a crash in between it is done again, with higher
 * numbers.  What is on record already is not written again: on a full disk it can still be read.
 */
static int commit(struct box *box, struct message *messages, size_t count, bool loaded)
{
	uint32_t was = box->uids.uidvalidity;
	uint64_t highest = box->uids.highest;

	if (box->held)
		count = leave_out_news(box, messages, count);
	box->unsaved |= uids_assign(&box->uids, messages, count) || box->stale;
	bool renumbered = was != box->uids.uidvalidity, news = box->unsaved || loaded;
	news = news || count != box->count || !same_flags(messages, box->messages, count);
	*box->renumbered |= box->users && renumbered;
	if (!has_room(box)) {
		int error = errno;
		free_messages(messages, count);
		errno = error;
		return -1;
	}
	int error = renumbered ? imapsrv_ledger_reset(box->ledger, box->uids.uidvalidity) : 0;
	if (news && !error)
		error = snapshot(box, messages, count);
	else if (!news)
		keep_modseqs(messages, box->messages, count);
	if (error)
		log_line("%s: the ledger: %s", box->name, imapsrv_strerror(error));
	box->uids.highest = imapsrv_ledger_highest(box->ledger);
	box->unsaved |= renumbered || box->uids.highest != highest;
	errno = ENOSPC;
	if (error || (box->unsaved && (box->held || uids_save(&box->uids, box->uids_path)))) {
		errno = error ? EIO : errno;
		free_messages(messages, count);
		return -1;
	}
	box->unsaved = false;
	struct message *old = box->messages;
	size_t old_count = box->count;
	box->messages = messages;
	box->count = count;
	tell(box, old, old_count);
	free_messages(old, old_count);
	return 0;
}

/* ---- looking -------------------------------------------------------------------------------- */

static void note(struct box *box, const struct stat *now)
{
	time_t changed = now->st_mtime > now->st_ctime ? now->st_mtime : now->st_ctime;

	box->seen = *now;
	box->settled = time(NULL) - changed >= CLOCK_GRAIN_S;
}

/* Mail has been appended, and nothing else happened: only that is read.  1; 0: it is not so; -1. */
static int look_at_end(struct box *box, const struct stat *now)
{
	struct scan scan;
	struct message *messages;
	size_t count = box->count;
	uint64_t end = (uint64_t)box->seen.st_size;
	char last = 0;

	if (!end || read_at(box->lock.fd, &last, 1, end - 1) != 1 || last != '\n')
		return 0;
	/* The message before does not go on. */
	if (scan_open(&scan, box->lock.fd, end, (uint64_t)now->st_size, &box->uids.key) ||
	    !scan.found || scan.line.offset != end)
		return 0;
	/* In the order of the file, as uids_assign wants them. */
	struct message **places = box_places(box);
	messages = xrealloc(NULL, count * sizeof *messages);
	for (size_t i = 0; i < count; i++) {
		messages[i] = *places[i];
		if (messages[i].flags.keywords)
			messages[i].flags.keywords = xformat("%s", messages[i].flags.keywords);
	}
	free(places);
	if (read_messages(box, &scan, now, end, &messages, &count)) {
		free_messages(messages, count);
		return -1;
	}
	box->heads = scan.heads;
	return commit(box, messages, count, false) ? -1 : 1;
}

static int look_at_all(struct box *box, const struct stat *now, bool loaded)
{
	struct scan scan;
	struct message *messages = NULL;
	size_t count = 0;

	if (now->st_size && read_messages(box, &scan, now, 0, &messages, &count)) {
		int error = errno;
		free_messages(messages, count);
		errno = error;
		return -1;
	}
	digest_begin(&box->heads, &box->uids.key);
	if (now->st_size)
		box->heads = scan.heads;
	return commit(box, messages, count, loaded);
}

static bool is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* On a full disk, what is on record can be read.  What is new is not shown: it would have other
 * UIDs later. */
static int look_without_news(struct box *box, const struct stat *now)
{
	box->held = true;
	box->stale = false;
	return load(box) ? -1 : look_at_all(box, now, true);
}

static int look(struct box *box)
{
	struct stat now = {0};
	bool loaded = !box->ledger || uids_is_stale(&box->uids, box->uids_path) ||
	              slots_are_stale(&box->slots);
	int result = 0;

	if ((box->lock.fd >= 0 && fstat(box->lock.fd, &now)) || (loaded && load(box)))
		return -1;
	bool same_file = !loaded && !box->stale && now.st_ino == box->seen.st_ino &&
	                 now.st_dev == box->seen.st_dev && now.st_size >= box->seen.st_size;
	if (same_file && box->settled && is_as_seen(box, &now))
		return 0;
	if (same_file && !box->held && heads_are_as_seen(box))
		result = now.st_size == box->seen.st_size ? 1 : look_at_end(box, &now);
	/* From here on a failure leaves something half done. */
	bool stale = box->stale || loaded || result < 0;
	box->held = false;
	if (!result)
		result = look_at_all(box, &now, loaded);
	if (result < 0 && is_full(errno))
		result = look_without_news(box, &now);
	box->stale = result < 0 && (stale || errno != EILSEQ);
	if (result < 0)
		return -1;
	note(box, &now);
	return 0;
}

int box_relook(struct box *box)
{
	box->stale = true;
	return look(box);
}

int box_lock(struct box *box, bool must_exist, bool create)
{
	if (lock_take(&box->lock, box->lock_path, box->path, create))
		return -1;
	bool here = box->lock.fd >= 0;
	box->writable = box->lock.writable;
	errno = ENOENT;
	if ((here || !must_exist) &&
	    (!here || !box->writable ||
	     !redo_recover(box->redo_path, box->lock.fd, box->rescue_path)) && !look(box))
		return 0;
	int error = errno;
	lock_give(&box->lock);
	errno = error;
	return -1;
}

void box_unlock(struct box *box)
{
	lock_give(&box->lock);
	/* A client may add to any number of mailboxes without opening them. */
	if (!box->users)
		slots_close(&box->slots);
}

int box_look(struct box *box, bool must_exist)
{
	struct stat now;

	if (box->ledger && !box->stale && box->settled && !stat(box->path, &now) &&
	    is_as_seen(box, &now))
		return 0;
	if (box_lock(box, must_exist, false))
		return -1;
	box_unlock(box);
	return 0;
}

/* ---- one message ---------------------------------------------------------------------------- */

static char *read_content(struct box *box, const struct message *m, size_t *len_r)
{
	static struct scan scan;
	struct message now;
	char *content = NULL;

	if (scan_open(&scan, box->lock.fd, m->from, m->end, &box->uids.key) ||
	    !scan_next(&scan, &now, &content, len_r))
		return NULL;
	flags_free(&now.flags);
	if (!digest_compare(&now.digest, &m->digest))
		return content;
	free(content);
	return NULL;
}

/* The mailbox could not be looked at: that says nothing of the message. */
static int not_gone(void)
{
	return errno == ENOENT ? EIO : errno;
}

char *box_content(struct box *box, uint32_t uid, size_t *len_r)
{
	char *content = NULL;
	int error = ENOENT;

	if (box_lock(box, false, false)) {
		errno = not_gone();
		return NULL;
	}
	/* If it is not what it was, the whole file is read and searched for it. */
	for (int again = 0; again < 2 && !content; again++) {
		size_t i = box_from(box, uid);
		if (i == box->count || box->messages[i].uid != uid)
			break;
		content = read_content(box, &box->messages[i], len_r);
		if (!content && box_relook(box)) {
			error = not_gone();
			break;
		}
	}
	box_unlock(box);
	errno = error;
	return content;
}
