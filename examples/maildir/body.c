/* SPDX-License-Identifier: MIT */
/*
 * body.c - three ways to hand out a message.
 *
 * A small one is read into memory, which costs less than a mapping.  A large one is mapped and
 * lent, so that it goes from the page cache to the socket without a copy; but a file that somebody
 * cuts short while it is mapped kills the process that reads it (SIGBUS).  So only a file is mapped
 * that is complete by its own word, in cur/ and as long as ",S=" says: no program that follows the
 * rules of Maildir changes it then.  All others are read piece by piece.
 */
#include "body.h"

#include "describe.h"
#include "filename.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL     32768u
#define PIECE_MAX 65536u

struct body {
	char *memory; /* NULL: to be read from fd */
	bool mapped;
	uint64_t len;
	int fd;       /* -1: all is in memory */
	enum imapsrv_eol eol;
};

/* False: it cannot be read.  What could be would pass for the whole message. */
static bool read_into_memory(struct body *body)
{
	size_t done = 0, len = (size_t)body->len;
	ssize_t n = 1;

	body->memory = xcalloc(len + 1, 1);
	while (done < len && n) {
		n = read(body->fd, body->memory + done, len - done);
		if (n < 0 && errno != EINTR)
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	body->len = done;
	return true;
}

static void map_into_memory(struct body *body)
{
	/* Where pointers have 32 bits a file may be larger than all memory. */
	void *map = body->len > SIZE_MAX ? MAP_FAILED :
	            mmap(NULL, (size_t)body->len, PROT_READ, MAP_PRIVATE, body->fd, 0);

	body->mapped = map != MAP_FAILED;
	body->memory = body->mapped ? map : NULL;
}

/* The file of a message that was expunged, and is kept for this handle; -1: there is none. */
static int open_kept(const struct handle *handle, uint32_t uid, const struct message **message_r)
{
	const struct kept_message *kept = kept_find(handle, uid);

	errno = ENOENT;
	if (!kept || !kept->has_file)
		return -1;
	char *path = kept_path(handle->box, kept);
	int fd = openat(handle->box->dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	free(path);
	*message_r = &kept->message;
	return fd;
}

int body_open_file(const struct handle *handle, uint32_t uid, const struct message **message_r)
{
	const struct message *message = NULL;
	int fd = box_open_file(handle->box, uid);

	if (fd >= 0)
		message = catalog_find(&handle->box->catalog, uid);
	else if (errno == ENOENT)
		fd = open_kept(handle, uid, &message);
	if (message_r)
		*message_r = message;
	return fd;
}

struct body *body_open(struct handle *handle, uint32_t uid)
{
	struct box *box = handle->box;
	const struct message *message = NULL;
	struct stat st;
	int fd = body_open_file(handle, uid, &message);

	if (fd < 0)
		return NULL;
	if (!message || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = message ? EIO : ENOENT;
		return NULL;
	}
	describe_open(box, uid, fd);
	struct body *body = xcalloc(1, sizeof *body);
	uint64_t octets = (uint64_t)st.st_size;
	bool sealed = !message->in_new && filename_octets(message->file, 'S') == octets;
	*body = (struct body){.len = octets, .fd = fd};
	body->eol = message->octets == octets ? IMAPSRV_EOL_CRLF : IMAPSRV_EOL_LF;
	if (octets <= SMALL && !read_into_memory(body)) {
		int error = errno;
		body_close(body);
		errno = error;
		return NULL;
	}
	if (octets > SMALL && sealed)
		map_into_memory(body);
	if (body->memory) {
		close(fd);
		body->fd = -1;
	}
	return body;
}

void body_answer(struct body *body, struct imapsrv_op *op)
{
	if (body->memory)
		imapsrv_op_lend(op, body->memory, (size_t)body->len, body->eol, body);
	else
		imapsrv_op_pull(op, body->len, body->eol, body);
}

void body_read(struct body *body, struct imapsrv_op *op, uint64_t offset, size_t len)
{
	static char piece[PIECE_MAX];
	ssize_t n;

	do
		n = pread(body->fd, piece, len < sizeof piece ? len : sizeof piece, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		imapsrv_op_bytes(op, piece, (size_t)n);
	imapsrv_op_done(op, n > 0 ? IMAPSRV_OK : IMAPSRV_UNAVAILABLE, "the message cannot be read");
}

void body_close(struct body *body)
{
	if (body->mapped)
		munmap(body->memory, (size_t)body->len);
	else
		free(body->memory);
	if (body->fd >= 0)
		close(body->fd);
	free(body);
}
