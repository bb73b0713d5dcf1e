/* SPDX-License-Identifier: MIT */
/*
 * store_append.c - the callbacks that bring messages into a mailbox: APPEND, COPY, MOVE.
 */
#include "store.h"
#include "upload.h"
#include "quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- append ------------------------------------------------------------------------------- */

static struct upload *begin_upload(const struct imapsrv_append *q)
{
	struct box *box;

	if (account_box(q->account, q->name, &box))
		return NULL;
	if (!box_sync(box))
		return upload_new(box);
	int error = errno;
	box_release(box);
	errno = error;
	return NULL;
}

/* Before it is sent. */
static int check_room(const struct upload *upload, const struct imapsrv_append *q,
                      const struct imapsrv_session *origin)
{
	struct amount more = {q->octets, upload->count + 1};

	for (size_t i = 0; i < upload->count; i++)
		more.octets += upload->letters[i].octets;
	return quota_check(upload->box, more, origin);
}

void store_append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct upload *upload = q->append;

	(void)user;
	if (!upload && !(upload = begin_upload(q))) {
		answer(op, -1);
		return;
	}
	int result = check_room(upload, q, imapsrv_op_session(op));
	if (!result)
		result = upload_begin(upload, q);
	if (!q->append && !result) {
		imapsrv_op_append(op, upload);
	} else if (!q->append) {
		int error = errno;
		upload_free(upload);
		errno = error;
	}
	answer(op, result);
}

void store_append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user;
	answer(op, upload_data(q->append, q->data, q->len));
}

void store_append_finish(void *user, struct imapsrv_op *op,
                         const struct imapsrv_append_finish *q)
{
	struct upload *upload = q->append;
	struct ranges uids = {0};

	(void)user;
	int result = upload_deliver(upload, imapsrv_op_session(op));
	int error = errno;
	if (!result) {
		for (size_t i = 0; i < upload->count; i++)
			ranges_add(&uids, upload->letters[i].uid);
		imapsrv_op_appended(op, upload->box->catalog.uidvalidity, ranges_set(&uids));
	}
	ranges_clear(&uids);
	upload_free(upload);
	errno = error;
	answer(op, result);
}

void store_append_abort(void *user, void *append)
{
	(void)user;
	upload_free(append);
}

/* ---- copy and move ------------------------------------------------------------------------ */

static struct letter letter_of_kept(struct box *source, const struct kept_message *kept,
                                    uint32_t rights)
{
	struct letter letter = {.source = source, .source_uid = kept->message.uid,
	                        .source_kept = true, .rights = rights};

	if (!(rights & IMAPSRV_RIGHT_WRITE))
		return letter;
	letter.keywords = xcalloc(kept->keyword_count, sizeof *letter.keywords);
	letter.keyword_count = kept->keyword_count;
	for (uint32_t i = 0; i < kept->keyword_count; i++)
		letter.keywords[i] = xstrdup(kept->keywords[i]);
	return letter;
}

/* In ascending order; with `handle`, also of messages that it still sees. */
static struct letter *letters_of(struct box *source, const struct handle *handle,
                                 struct imapsrv_set set, uint32_t rights, size_t *count_r)
{
	struct letter *letters = NULL;
	size_t count = 0, capacity = 0;
	uint32_t uid = 0;

	for (;;) {
		const struct message *message = catalog_next(&source->catalog, set, uid);
		const struct kept_message *kept = handle ? kept_within(handle, set, uid) : NULL;
		if (!message && !kept)
			break;
		bool is_kept = !message || (kept && kept->message.uid < message->uid);
		uid = is_kept ? kept->message.uid : message->uid;
		RESERVE_ONE(letters, count, capacity);
		if (is_kept)
			letters[count++] = letter_of_kept(source, kept, rights);
		else
			letters[count++] = (struct letter){
				.source = source, .source_uid = uid, .rights = rights};
	}
	*count_r = count;
	return letters;
}

static void answer_copied(struct imapsrv_op *op, const struct box *target,
                          const struct letter *letters, size_t count, struct ranges *from)
{
	struct ranges to = {0};

	for (size_t i = 0; i < count; i++) {
		if (!letters[i].file)
			continue;
		ranges_add(from, letters[i].source_uid);
		ranges_add(&to, letters[i].uid);
	}
	if (from->count)
		imapsrv_op_copied(op, target->catalog.uidvalidity, ranges_set(from),
		                  ranges_set(&to));
	ranges_clear(&to);
}

/* Copies, and with `move` removes what was copied. */
static int transfer(struct imapsrv_op *op, const struct imapsrv_copy *q, struct box *target,
                    bool move)
{
	const struct handle *handle = q->mailbox;
	const struct imapsrv_session *session = imapsrv_op_session(op);
	struct box *source = handle->box;
	struct ranges from = {0}, removed = {0};
	size_t count;

	if (box_sync(source) || box_sync(target))
		return -1;
	struct letter *letters = letters_of(source, move ? NULL : handle, q->uids, q->rights,
	                                    &count);
	bool moving = move && !strcmp(source->account, target->account);
	int result = count ? box_deliver(target, letters, count, moving, session) : 0;
	if (!result)
		answer_copied(op, target, letters, count, &from);
	if (!result && move && from.count)
		result = box_expunge(source, ranges_set(&from), false, session, &removed);
	int error = errno;
	if (removed.count)
		answer_highest(op, source);
	letters_free(target, letters, count);
	ranges_clear(&from);
	ranges_clear(&removed);
	errno = error;
	return result;
}

static void copy_or_move(struct imapsrv_op *op, const struct imapsrv_copy *q, bool move)
{
	struct handle *handle = q->mailbox;
	struct box *target;

	errno = EROFS;
	if ((move && handle->read_only) || account_box(q->account, q->name, &target)) {
		answer(op, -1);
		return;
	}
	int result = transfer(op, q, target, move);
	int error = errno;
	box_release(target);
	errno = error;
	answer(op, result);
}

void store_copy(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	(void)user;
	copy_or_move(op, q, false);
}

void store_move(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	(void)user;
	copy_or_move(op, q, true);
}
