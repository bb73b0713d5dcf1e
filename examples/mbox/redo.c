/* SPDX-License-Identifier: MIT */
/*
 * redo.c - the side file of a change: a head, the old end, the new end, and a digest of all that.
 */
#include "redo.h"

#include "digest.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536

struct head {
	char magic[16];
	uint64_t start, old_len, new_len; /* octets of the mbox, in the host's own order */
};
static const char magic[16] = "imapsrv redo 1\n";

/* ---- pieces --------------------------------------------------------------------------------- */

static bool copy(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t len)
{
	static char piece[PIECE];

	while (len) {
		ptrdiff_t n = read_at(from, piece, len < PIECE ? (size_t)len : PIECE, from_at);
		if (n == 0)
			errno = EIO;
		if (n <= 0 || !write_at(to, piece, (size_t)n, to_at))
			return false;
		from_at += (uint64_t)n;
		to_at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return true;
}

static bool digest_file(int fd, uint64_t len, struct digest *digest_r)
{
	static const struct digest key = {{0, 0}};
	static char piece[PIECE];
	struct digester digester;
	ptrdiff_t n = 1;

	digest_begin(&digester, &key);
	for (uint64_t at = 0; at < len && n > 0; at += (uint64_t)n) {
		n = read_at(fd, piece, len - at < PIECE ? (size_t)(len - at) : PIECE, at);
		digest_add(&digester, piece, n > 0 ? (size_t)n : 0);
	}
	*digest_r = digest_end(digester);
	return n > 0;
}

static bool empty(int fd)
{
	return !ftruncate(fd, 0) && !fsync(fd);
}

/* ---- making it ------------------------------------------------------------------------------ */

void redo_begin(struct redo *redo, const char *side_path, int mbox, uint64_t start)
{
	struct stat st = {0};

	*redo = (struct redo){.mbox = mbox, .start = start, .at = sizeof(struct head)};
	redo->fd = open_side(side_path, O_RDWR | O_CREAT);
	redo->failed = redo->fd < 0 || ftruncate(redo->fd, 0) || fstat(mbox, &st);
	redo->old_len = (uint64_t)st.st_size;
	if (redo->start > redo->old_len)
		redo->start = start = redo->old_len;
	redo_copy(redo, start, redo->old_len);
}

void redo_copy(struct redo *redo, uint64_t from, uint64_t to)
{
	if (!redo->failed)
		redo->failed = !copy(redo->mbox, from, redo->fd, redo->at, to - from);
	redo->at += to - from;
}

void redo_add(struct redo *redo, const void *data, uint64_t len)
{
	if (!redo->failed)
		redo->failed = !write_at(redo->fd, data, (size_t)len, redo->at);
	redo->at += len;
}

/* Overwrites first what is there, so that as long as that is as it was, nothing has been done. */
static bool apply(int fd, const struct head *head, int mbox)
{
	uint64_t new_at = sizeof *head + head->old_len - head->start;

	return copy(fd, new_at, mbox, head->start, head->new_len - head->start) &&
	       !ftruncate(mbox, (off_t)head->new_len) && !fsync(mbox);
}

static bool go_back(int fd, const struct head *head, int mbox)
{
	return copy(fd, sizeof *head, mbox, head->start, head->old_len - head->start) &&
	       !ftruncate(mbox, (off_t)head->old_len) && !fsync(mbox);
}

int redo_end(struct redo *redo)
{
	struct head head = {.start = redo->start, .old_len = redo->old_len};
	struct digest digest;

	memcpy(head.magic, magic, sizeof magic);
	head.new_len = redo->start + redo->at - sizeof head - (redo->old_len - redo->start);
	bool ready = !redo->failed && write_at(redo->fd, &head, sizeof head, 0) &&
	             digest_file(redo->fd, redo->at, &digest) &&
	             write_at(redo->fd, &digest, sizeof digest, redo->at) && !fsync(redo->fd);
	bool done = ready && apply(redo->fd, &head, redo->mbox);
	int error = errno;
	/* No space, as a rule.  If going back fails too, the side file is left for the next try. */
	if (redo->fd >= 0 && (done || !ready || go_back(redo->fd, &head, redo->mbox)))
		empty(redo->fd);
	if (redo->fd >= 0)
		close(redo->fd);
	errno = error;
	return done ? 0 : -1;
}

/* ---- what an interruption left -------------------------------------------------------------- */

static bool read_head(int fd, struct head *head)
{
	struct digest is, should;
	struct stat st;

	if (fstat(fd, &st) || read_at(fd, head, sizeof *head, 0) != (ptrdiff_t)sizeof *head ||
	    memcmp(head->magic, magic, sizeof magic) || head->start > head->old_len ||
	    head->start > head->new_len)
		return false;
	uint64_t len = (uint64_t)st.st_size - sizeof is;
	return len == sizeof *head + head->old_len + head->new_len - 2 * head->start &&
	       digest_file(fd, len, &is) &&
	       read_at(fd, &should, sizeof should, len) == (ptrdiff_t)sizeof should &&
	       !digest_compare(&is, &should);
}

/* What the mbox looks like, octet by octet. */
struct state {
	uint64_t len;
	bool old;      /* as before, with more behind it perhaps */
	bool new;      /* as afterwards, likewise */
	bool rest_old; /* what is beyond the new length is as before */
	bool mixed;    /* every octet is the old or the new one */
};

static bool compare(int fd, const struct head *head, int mbox, struct state *state)
{
	static char is[PIECE], old[PIECE], new[PIECE];
	uint64_t old_at = sizeof *head, new_at = old_at + head->old_len - head->start;
	uint64_t old_left = head->old_len - head->start, new_left = head->new_len - head->start;
	struct stat st;

	if (fstat(mbox, &st))
		return false;
	*state = (struct state){(uint64_t)st.st_size, true, true, true, true};
	state->old = state->rest_old = state->len >= head->old_len;
	state->new = state->len >= head->new_len;
	for (uint64_t at = 0; at < old_left || at < new_left; at += PIECE) {
		uint64_t o = at < old_left ? old_left - at : 0,
			 n = at < new_left ? new_left - at : 0;
		size_t olds = o < PIECE ? (size_t)o : PIECE, news = n < PIECE ? (size_t)n : PIECE;
		ptrdiff_t have = read_at(mbox, is, PIECE, head->start + at);
		if (have < 0 || read_at(fd, old, olds, old_at + at) < 0 ||
		    read_at(fd, new, news, new_at + at) < 0)
			return false;
		for (size_t i = 0; i < (size_t)have && (i < olds || i < news); i++) {
			bool as_old = i < olds && is[i] == old[i],
			     as_new = i < news && is[i] == new[i];
			state->old &= as_old || i >= olds;
			state->new &= as_new || i >= news;
			state->rest_old &= as_old || i < news || i >= olds;
			state->mixed &= as_old || as_new;
		}
	}
	return true;
}

static bool rescue_end(int fd, const struct head *head, const char *rescue)
{
	uint64_t new_at = sizeof *head + head->old_len - head->start;
	int to = open(rescue, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	bool done = to >= 0 && copy(fd, new_at, to, 0, head->new_len - head->start) && !fsync(to);
	if (to >= 0)
		close(to);
	if (done)
		log_line("a change was interrupted, and then others changed the file: what it was "
		         "to contain is in %s", rescue);
	return done;
}

int redo_recover(const char *side_path, int mbox, const char *rescue)
{
	struct head head;
	struct state is;
	int fd = open_side(side_path, O_RDWR);
	bool done;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (!read_head(fd, &head))
		done = true; /* it was interrupted before it had begun */
	else if (!compare(fd, &head, mbox, &is))
		done = false;
	else if (is.mixed &&
	         is.len >= (head.old_len < head.new_len ? head.old_len : head.new_len) &&
	         is.len <= (head.old_len > head.new_len ? head.old_len : head.new_len))
		done = apply(fd, &head, mbox);
	else if (is.old || (is.new && (head.new_len >= head.old_len || !is.rest_old)))
		done = true; /* nothing was done yet, or all, and others have added something */
	else
		done = rescue_end(fd, &head, rescue);
	struct stat st;
	done = done && (fstat(fd, &st) || !st.st_size || empty(fd));
	int error = errno;
	close(fd);
	errno = error;
	return done ? 0 : -1;
}
