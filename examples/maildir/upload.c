/* SPDX-License-Identifier: MIT */
/*
 * upload.c - messages are written to tmp/ as they come, exactly as they were sent, and synced
 * before the mailbox hears of them.  Their line ends are counted on the way: nearly always all are
 * CRLF, the two sizes in the file's name are the same then, and the file can be sent as it is.
 */
#include "upload.h"

#include "filename.h"
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody takes that long to deliver a message: 36 hours, says the Maildir specification. */
#define STALE_MS (36L * 3600 * 1000)

void upload_remove_stale(int dirfd)
{
	int fd = openat(dirfd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct timespec oldest = clock_add(clock_now(), -STALE_MS);

	if (!dir && fd >= 0)
		close(fd);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		struct stat st;
		if (entry->d_name[0] != '.' && !fstatat(fd, entry->d_name, &st, 0) &&
		    clock_before(st.st_mtim, oldest) && clock_before(st.st_ctim, oldest))
			unlinkat(fd, entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

struct upload *upload_new(struct box *box)
{
	struct upload *upload = xcalloc(1, sizeof *upload);

	*upload = (struct upload){.box = box, .fd = -1};
	return upload;
}

/* The message that was being written is complete. */
static int end_message(struct upload *upload)
{
	if (upload->fd < 0)
		return 0;
	struct letter *letter = &upload->letters[upload->count - 1];
	struct timespec date = {.tv_sec = (time_t)letter->date};
	struct timespec times[2] = {date, date};
	int result = futimens(upload->fd, times);

	if (!result)
		result = fsync(upload->fd);
	if (close(upload->fd))
		result = -1;
	upload->fd = -1;
	return result;
}

static void take_flags(struct letter *letter, const struct imapsrv_flags *flags)
{
	letter->flags = flags->system & IMAPSRV_SYSTEM_FLAGS;
	letter->keywords = xcalloc(flags->keyword_count, sizeof *letter->keywords);
	letter->keyword_count = flags->keyword_count;
	for (uint32_t i = 0; i < flags->keyword_count; i++)
		letter->keywords[i] = xstrndup(flags->keywords[i].data, flags->keywords[i].len);
}

int upload_begin(struct upload *upload, const struct imapsrv_append *q)
{
	if (end_message(upload))
		return -1;
	char *name = filename_new_temporary(), *path = xprintf("tmp/%s", name);
	upload->fd = openat(upload->box->dirfd, path,
	                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	free(path);
	if (upload->fd < 0) {
		free(name);
		return -1;
	}
	RESERVE_ONE(upload->letters, upload->count, upload->capacity);
	struct letter *letter = &upload->letters[upload->count++];
	*letter = (struct letter){.upload = name};
	letter->date = q->has_date ? q->date : (int64_t)clock_now().tv_sec;
	take_flags(letter, &q->flags);
	upload->last = '\0';
	return 0;
}

int upload_data(struct upload *upload, const char *data, size_t len)
{
	struct letter *letter = &upload->letters[upload->count - 1];
	const char *end = data + len;

	if (!len)
		return 0;
	if (write_all(upload->fd, data, len))
		return -1;
	letter->octets += len;
	letter->wire_octets += len;
	for (const char *p = data; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		letter->wire_octets += (p == data ? upload->last : p[-1]) != '\r';
	upload->last = end[-1];
	return 0;
}

int upload_deliver(struct upload *upload, const struct imapsrv_session *origin)
{
	if (end_message(upload))
		return -1;
	return box_deliver(upload->box, upload->letters, upload->count, false, origin);
}

void upload_free(struct upload *upload)
{
	if (upload->fd >= 0)
		close(upload->fd);
	letters_free(upload->box, upload->letters, upload->count);
	box_release(upload->box);
	free(upload);
}
