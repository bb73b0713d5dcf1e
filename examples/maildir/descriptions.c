/* SPDX-License-Identifier: MIT */
/*
 * descriptions.c - the file "imapsrv-descriptions":
 *
 * 	"IMSC" 1 0 0 0, UIDVALIDITY (4 octets), 0 (4)
 * 	records: "IMSR", UID (4), octets of description and of preview (4 each), hash of the base
 *  name
 * 	         (8), checksum of all else (8), description, preview
 *
 * all numbers little-endian.  Records are appended under the lock of the box, and the newest of a
 * UID counts.  Nothing is synced: after a crash the checksums tell what is there, and a record that
 * is cut short ends the file.  Then, and when half of it is of messages that are gone, it is
 * written anew and renamed into place; other processes go on with the old one until they see that
 * it has no name any more.
 *
 * In memory there is an entry of 16 octets for each record; records are read when they are asked
 * for, through a window, since neighbours are asked for together.
 */
#include "descriptions.h"

#include "filename.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME            "imapsrv-descriptions"
#define HEAD            16u
#define RECORD_HEAD     32u
#define DESCRIPTION_MAX 65536u /* a message of a thousand parts is read anew each time */
#define PREVIEW_MAX     1024u
#define FILE_MAX        (UINT64_C(256) << 20)
#define WINDOW          (128u << 10) /* holds every record */
#define PENDING_MUCH    (1u << 20)
#define WASTE_ALLOWED   (1u << 20)
#define RETRY_MS        60000u
#define PENDING         (UINT64_C(1) << 63) /* of an offset: it is one in `pending` */

struct entry {
	uint32_t uid;
	uint32_t len; /* of the record */
	uint64_t offset;
};

struct descriptions {
	struct entry *entries; /* ascending by UID */
	size_t count;
	size_t capacity;
	int fd;              /* -1: there is no file */
	bool damaged;        /* to be written anew */
	uint64_t end;        /* of the records of the file that are known */
	struct text pending; /* records that it does not have yet */
	uint64_t retry_at;   /* ms: it could not be written, and is let alone until then */
	char *window;
	uint64_t window_at;
	size_t window_len;
};

struct record {
	uint32_t uid;
	uint32_t description;
	uint32_t preview;
	uint64_t name;
	uint64_t sum;
};

/* ---- octets ------------------------------------------------------------------------------- */

static void put(char *to, uint64_t n, size_t octets)
{
	for (size_t i = 0; i < octets; i++)
		to[i] = (char)(n >> 8 * i);
}

static uint64_t get(const char *from, size_t octets)
{
	uint64_t n = 0;

	for (size_t i = octets; i-- > 0;)
		n = n << 8 | (unsigned char)from[i];
	return n;
}

/* For accidents: word by word, each step one to one. */
static uint64_t sum_of(uint64_t sum, const char *data, size_t len)
{
	for (size_t at = 0; at < len; at += 8) {
		uint64_t word = 0;
		memcpy(&word, data + at, len - at < 8 ? len - at : 8);
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		sum = sum << 23 | sum >> 41;
	}
	return sum;
}

static uint64_t name_of(const struct message *message)
{
	return sum_of(1, message->file, filename_base(message->file));
}

static void put_head(const struct box *box, char *head)
{
	memset(head, 0, HEAD);
	memcpy(head, "IMSC\1", 5);
	put(head + 8, box->catalog.uidvalidity, 4);
}

static void put_record(struct text *to, const struct record *record,
                       struct imapsrv_span description, struct imapsrv_span preview)
{
	char head[RECORD_HEAD];

	memcpy(head, "IMSR", 4);
	put(head + 4, record->uid, 4);
	put(head + 8, description.len, 4);
	put(head + 12, preview.len, 4);
	put(head + 16, record->name, 8);
	uint64_t sum = sum_of(0, head, RECORD_HEAD - 8);
	sum = sum_of(sum, description.data, description.len);
	put(head + 24, sum_of(sum, preview.data, preview.len), 8);
	text_put(to, head, sizeof head);
	text_put(to, description.data, description.len);
	text_put(to, preview.data, preview.len);
}

/* False: this is no record. */
static bool get_record(const char *head, struct record *record)
{
	*record = (struct record){
		.uid = (uint32_t)get(head + 4, 4),
		.description = (uint32_t)get(head + 8, 4),
		.preview = (uint32_t)get(head + 12, 4),
		.name = get(head + 16, 8),
		.sum = get(head + 24, 8),
	};
	return memcmp(head, "IMSR", 4) == 0 && record->uid &&
	       record->description <= DESCRIPTION_MAX && record->preview <= PREVIEW_MAX;
}

static bool sum_fits(const char *octets, const struct record *record)
{
	uint64_t sum = sum_of(0, octets, RECORD_HEAD - 8);

	octets += RECORD_HEAD;
	sum = sum_of(sum, octets, record->description);
	return record->sum == sum_of(sum, octets + record->description, record->preview);
}

/* Octets of the file; NULL if it has none there. */
static const char *of_file(struct descriptions *d, uint64_t offset, size_t len)
{
	ssize_t n;

	if (offset < d->window_at || offset + len > d->window_at + d->window_len) {
		if (!d->window)
			d->window = xcalloc(WINDOW, 1);
		do
			n = pread(d->fd, d->window, WINDOW, (off_t)offset);
		while (n < 0 && errno == EINTR);
		d->window_at = offset;
		d->window_len = n > 0 ? (size_t)n : 0;
	}
	return len <= d->window_len ? d->window + (offset - d->window_at) : NULL;
}

/* The record of an entry; NULL if it is not what it was. */
static const char *octets_of(struct descriptions *d, const struct entry *entry,
                             struct record *record)
{
	const char *octets = entry->offset & PENDING
	                             ? d->pending.data + (entry->offset & ~PENDING)
	                             : of_file(d, entry->offset, entry->len);

	if (!octets || !get_record(octets, record) || record->uid != entry->uid ||
	    RECORD_HEAD + record->description + record->preview != entry->len ||
	    !sum_fits(octets, record))
		return NULL;
	return octets;
}

/* ---- entries ------------------------------------------------------------------------------ */

/* The place of the first entry with this UID or a higher one. */
static size_t place_of(const struct descriptions *d, uint32_t uid)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (d->entries[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void set_entry(struct descriptions *d, struct entry entry)
{
	size_t place = place_of(d, entry.uid);

	if (place == d->count || d->entries[place].uid != entry.uid) {
		RESERVE_ONE(d->entries, d->count, d->capacity);
		memmove(d->entries + place + 1, d->entries + place,
		        (d->count - place) * sizeof *d->entries);
		d->count++;
	}
	d->entries[place] = entry;
}

static int by_uid(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Those from `known` on, as they stand in the file, go among those before, and of a UID the last
 * one stays.  All at once: a client can fetch, and so order a file, from the last message to the
 * first, and one by one each would move all the others. */
static void put_in_order(struct descriptions *d, size_t known)
{
	size_t i = known ? known : 1, k = known, kept = 0;

	while (i < d->count && d->entries[i - 1].uid < d->entries[i].uid)
		i++;
	if (i >= d->count)
		return;
	qsort(d->entries + known, d->count - known, sizeof *d->entries, by_uid);
	struct entry *all = xcalloc(d->count, sizeof *all);
	for (i = 0; i < known || k < d->count;) {
		bool old = k == d->count || (i < known && d->entries[i].uid <= d->entries[k].uid);
		struct entry entry = d->entries[old ? i++ : k++];
		kept -= kept && all[kept - 1].uid == entry.uid;
		all[kept++] = entry;
	}
	free(d->entries);
	d->entries = all;
	d->capacity = d->count;
	d->count = kept;
}

static void drop_entry(struct descriptions *d, size_t place)
{
	d->count--;
	memmove(d->entries + place, d->entries + place + 1,
	        (d->count - place) * sizeof *d->entries);
}

/* ---- the file ----------------------------------------------------------------------------- */

/* Forgets the file and what is in it; what is pending stays. */
static void close_file(struct descriptions *d)
{
	size_t kept = 0;

	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	d->end = 0;
	d->window_at = 0;
	d->window_len = 0;
	for (size_t i = 0; i < d->count; i++)
		if (d->entries[i].offset & PENDING)
			d->entries[kept++] = d->entries[i];
	d->count = kept;
}

/* Takes in the records behind those that are known. */
static void read_records(struct descriptions *d, uint64_t size)
{
	size_t known = d->count;
	struct record record;

	/* What the window has of the end of the file may have been half a record then. */
	d->window_len = 0;
	while (d->end < size) {
		const char *head = of_file(d, d->end, RECORD_HEAD);
		uint64_t len = RECORD_HEAD;
		if (head && get_record(head, &record))
			len += record.description + record.preview;
		if (len == RECORD_HEAD || len > size - d->end) {
			d->damaged = true;
			break;
		}
		RESERVE_ONE(d->entries, d->count, d->capacity);
		d->entries[d->count++] = (struct entry){record.uid, (uint32_t)len, d->end};
		d->end += len;
	}
	put_in_order(d, known);
}

static void open_file(struct box *box, struct descriptions *d)
{
	char expected[HEAD];
	struct stat st;

	d->fd = openat(box->dirfd, NAME, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (d->fd < 0 && (errno == EACCES || errno == EROFS))
		d->fd = openat(box->dirfd, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (d->fd < 0)
		return;
	put_head(box, expected);
	const char *head = fstat(d->fd, &st) ? NULL : of_file(d, 0, HEAD);
	if (!head || memcmp(head, expected, HEAD) != 0) {
		close_file(d);
		return;
	}
	d->damaged = false;
	d->end = HEAD;
	read_records(d, (uint64_t)st.st_size);
}

/* Notices what other processes wrote. */
static void catch_up(struct box *box, struct descriptions *d)
{
	struct stat st;

	if (d->fd >= 0 && (fstat(d->fd, &st) || !st.st_nlink || (uint64_t)st.st_size < d->end))
		close_file(d);
	if (d->fd < 0)
		open_file(box, d);
	else if (!d->damaged)
		read_records(d, (uint64_t)st.st_size);
}

static struct descriptions *of_box(struct box *box)
{
	if (!box->descriptions) {
		box->descriptions = xcalloc(1, sizeof *box->descriptions);
		box->descriptions->fd = -1;
		catch_up(box, box->descriptions);
	}
	return box->descriptions;
}

/* Entries of messages that are gone. */
static uint64_t drop_gone(struct box *box, struct descriptions *d)
{
	uint64_t used = HEAD;
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++)
		if (catalog_find(&box->catalog, d->entries[i].uid)) {
			used += d->entries[i].len;
			d->entries[kept++] = d->entries[i];
		}
	d->count = kept;
	return used;
}

static int write_anew(struct box *box, struct descriptions *d, int fd)
{
	struct text out = {0};
	char head[HEAD];
	int result = 0;

	put_head(box, head);
	text_put(&out, head, sizeof head);
	for (size_t i = 0; i < d->count && !result; i++) {
		struct record record;
		const char *octets = octets_of(d, &d->entries[i], &record);
		if (!octets)
			continue;
		text_put(&out, octets, d->entries[i].len);
		if (out.len >= PENDING_MUCH) {
			result = write_all(fd, out.data, out.len);
			out.len = 0;
		}
	}
	if (!result)
		result = write_all(fd, out.data, out.len);
	text_clear(&out);
	return result;
}

static void forget_pending(struct descriptions *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++)
		if (!(d->entries[i].offset & PENDING))
			d->entries[kept++] = d->entries[i];
	d->count = kept;
	d->pending.len = 0;
}

/* Under the lock. */
static void rewrite(struct box *box, struct descriptions *d)
{
	char *temporary = xprintf(NAME ".%ld.tmp", (long)getpid());
	int fd = openat(box->dirfd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int result = fd < 0 ? -1 : write_anew(box, d, fd);

	if (fd >= 0 && close(fd))
		result = -1;
	if (!result)
		result = renameat(box->dirfd, temporary, box->dirfd, NAME);
	if (result && fd >= 0)
		unlinkat(box->dirfd, temporary, 0);
	d->retry_at = result ? clock_ms() + RETRY_MS : 0;
	free(temporary);
	forget_pending(d);
	close_file(d);
	open_file(box, d);
}

/* Under the lock, and in step with the file. */
static void append(struct box *box, struct descriptions *d)
{
	if (d->end + d->pending.len > FILE_MAX) {
		forget_pending(d);
		return;
	}
	if (write_all(d->fd, d->pending.data, d->pending.len)) {
		/* A part may be there: the next to look finds it damaged. */
		d->retry_at = clock_ms() + RETRY_MS;
		forget_pending(d);
		close_file(d);
		open_file(box, d);
		return;
	}
	for (size_t i = 0; i < d->count; i++)
		if (d->entries[i].offset & PENDING)
			d->entries[i].offset = (d->entries[i].offset & ~PENDING) + d->end;
	d->end += d->pending.len;
	d->pending.len = 0;
}

void descriptions_flush(struct box *box)
{
	struct descriptions *d = box->descriptions;

	if (!d || (!d->pending.len && !d->damaged) || box->dead || box->frozen)
		return;
	if (d->retry_at > clock_ms()) {
		if (d->pending.len >= PENDING_MUCH)
			forget_pending(d);
		return;
	}
	if (box_lock(box))
		return;
	if (!box->frozen) {
		catch_up(box, d);
		if (d->damaged || d->fd < 0)
			rewrite(box, d);
		else
			append(box, d);
	}
	box_unlock(box);
}

void descriptions_flush_some(struct box *box)
{
	if (box->descriptions && box->descriptions->pending.len >= PENDING_MUCH)
		descriptions_flush(box);
}

void descriptions_free(struct box *box)
{
	struct descriptions *d = box->descriptions;

	if (!d)
		return;
	descriptions_flush(box);
	if (!box->dead && !box->frozen && d->fd >= 0) {
		uint64_t used = drop_gone(box, d);
		if (d->end > 2 * used + WASTE_ALLOWED && !box_lock(box)) {
			rewrite(box, d);
			box_unlock(box);
		}
	}
	forget_pending(d);
	close_file(d);
	free(d->entries);
	free(d->window);
	text_clear(&d->pending);
	free(d);
	box->descriptions = NULL;
}

/* ---- for callers -------------------------------------------------------------------------- */

bool descriptions_find(struct box *box, const struct message *message,
                       struct imapsrv_span *description_r, struct imapsrv_span *preview_r)
{
	struct descriptions *d = of_box(box);
	size_t place = place_of(d, message->uid);
	struct record record;

	if (place == d->count || d->entries[place].uid != message->uid)
		return false;
	const char *octets = octets_of(d, &d->entries[place], &record);
	if (!octets || record.name != name_of(message)) {
		drop_entry(d, place);
		d->damaged = true;
		return false;
	}
	octets += RECORD_HEAD;
	*description_r = (struct imapsrv_span){octets, record.description};
	*preview_r = (struct imapsrv_span){octets + record.description, record.preview};
	return true;
}

void descriptions_add(struct box *box, const struct message *message,
                      struct imapsrv_span description, struct imapsrv_span preview)
{
	struct record record = {.uid = message->uid, .name = name_of(message)};
	struct descriptions *d = of_box(box);
	size_t at = d->pending.len;

	if (box->frozen || description.len > DESCRIPTION_MAX || preview.len > PREVIEW_MAX)
		return;
	put_record(&d->pending, &record, description, preview);
	set_entry(d, (struct entry){message->uid, (uint32_t)(d->pending.len - at), PENDING | at});
}
