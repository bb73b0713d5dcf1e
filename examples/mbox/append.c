/* SPDX-License-Identifier: MIT */
/*
 * append.c - the callbacks for messages that come in: they wait in a temporary file until all of a
 * command are there.
 */
#include "store.h"

#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct upload {
	struct box *box;
	FILE *file;
	uint64_t len;
	struct letter *letters;
	size_t count, capacity;
};

static void free_upload(struct upload *upload)
{
	for (size_t i = 0; i < upload->count; i++)
		flags_free(&upload->letters[i].flags);
	free(upload->letters);
	if (upload->file)
		fclose(upload->file);
	free(upload);
}

static struct upload *new_upload(struct peer *peer, struct imapsrv_span name)
{
	struct box *box = peer_box(peer, name);
	bool inbox = box && !strcmp(box->name, "INBOX");
	FILE *file = NULL;

	if (!box || box_lock(box, !inbox, inbox))
		return NULL;
	bool writable = box->writable;
	box_unlock(box);
	errno = EROFS;
	if (!writable || !(file = tmpfile()))
		return NULL;
	struct upload *upload = xrealloc(NULL, sizeof *upload);
	*upload = (struct upload){.box = box, .file = file};
	return upload;
}

void store_append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct upload *upload = q->append;
	struct imapsrv_store_flags set = {.mode = IMAPSRV_FLAGS_SET, .flags = q->flags};
	struct letter letter = {.date = q->has_date ? q->date : time(NULL)};

	errno = EDOM;
	if (!flags_changed(&(struct flags){0}, &set, &letter.flags) ||
	    (!upload && !(upload = new_upload(user, q->name)))) {
		flags_free(&letter.flags);
		answer(op, -1);
		return;
	}
	letter.at = upload->len;
	RESERVE_ONE(upload->letters, upload->count, upload->capacity);
	upload->letters[upload->count++] = letter;
	if (!q->append)
		imapsrv_op_append(op, upload);
	answer(op, 0);
}

void store_append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	struct upload *upload = q->append;

	(void)user;
	bool done = write_at(fileno(upload->file), q->data, q->len, upload->len);
	upload->len += q->len;
	upload->letters[upload->count - 1].len += q->len;
	answer(op, done ? 0 : -1);
}

void store_append_finish(void *user, struct imapsrv_op *op,
                             const struct imapsrv_append_finish *q)
{
	struct upload *upload = q->append;
	struct box *box = upload->box;
	bool inbox = !strcmp(box->name, "INBOX");

	(void)user;
	int result = box_lock(box, !inbox, inbox);
	if (!result) {
		size_t before = box->count;
		result = box_append(box, fileno(upload->file), upload->letters, upload->count);
		/* If others added something without the lock, it is not known which are ours. */
		bool known = box->count == before + upload->count;
		struct imapsrv_range got = {0};
		if (!result && known)
			got = (struct imapsrv_range){box->messages[before].uid,
			                             box->messages[box->count - 1].uid};
		if (!result)
			imapsrv_op_appended(op, known ? box->uids.uidvalidity : 0,
			                    (struct imapsrv_set){&got, known});
		int error = errno;
		box_unlock(box);
		errno = error;
	}
	int error = errno;
	free_upload(upload);
	errno = error;
	answer(op, result);
}

void store_append_abort(void *user, void *append)
{
	(void)user;
	free_upload(append);
}
