/* SPDX-License-Identifier: MIT */
/*
 * store_rows.c - the callbacks that tell facts of messages, and change the one kind of them that
 * can be changed, flags.
 */
#include "store.h"

#include "body.h"
#include "describe.h"
#include "descriptions.h"
#include "filename.h"
#include "ids.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void put_flags(const struct catalog *catalog, const struct message *message,
                      struct imapsrv_span *keywords, struct imapsrv_row *row)
{
	row->facts |= IMAPSRV_FACT_FLAGS;
	row->flags.system = message->flags;
	row->flags.keyword_count = catalog_keyword_names(catalog, message->keywords, keywords);
	row->flags.keywords = keywords;
}

static void put_modseq(uint64_t modseq, struct imapsrv_row *row)
{
	row->modseq = modseq;
	row->facts |= modseq ? IMAPSRV_FACT_MODSEQ : 0;
}

/* Identifiers of a message, for as long as its row. */
struct ids {
	char email[ID_SIZE];
	char thread[ID_SIZE];
};

static void put_emailid(const char *file, struct ids *ids, struct imapsrv_row *row)
{
	id_of_file(file, ids->email);
	row->emailid = (struct imapsrv_span){ids->email, strlen(ids->email)};
	row->facts |= IMAPSRV_FACT_EMAILID;
}

/* Looks into the message: its file is where its header is. */
static void put_threadid(const struct handle *handle, struct ids *ids, struct imapsrv_row *row)
{
	int fd = body_open_file(handle, row->uid, NULL);

	if (fd >= 0 && id_of_thread(fd, ids->thread)) {
		row->threadid = (struct imapsrv_span){ids->thread, strlen(ids->thread)};
		row->facts |= IMAPSRV_FACT_THREADID;
	}
	if (fd >= 0)
		close(fd);
}

/*
 * The save date: whatever puts a message into a mailbox gives its file a new name, and names begin
 * with the time.  Those of other programs may not; then nothing better is known than INTERNALDATE.
 */
static void answer_row(struct imapsrv_op *op, struct handle *handle, uint32_t uid, uint32_t facts,
                       uint64_t *octets_r)
{
	struct imapsrv_span keywords[KEYWORDS_MAX];
	struct imapsrv_row row = {.uid = uid};
	struct box *box = handle->box;
	struct message *message;
	struct ids ids;

	/* All of these may show that the message is gone.  A description knows the size, too. */
	if (facts & (IMAPSRV_FACT_DESCRIPTION | IMAPSRV_FACT_PREVIEW))
		describe_row(box, uid, facts, octets_r, &row);
	if ((facts & IMAPSRV_FACT_SIZE) && (message = catalog_find(&box->catalog, uid))) {
		row.octets = box_octets(box, message);
		row.facts |= row.octets == OCTETS_UNKNOWN ? 0 : IMAPSRV_FACT_SIZE;
	}
	if ((facts & IMAPSRV_FACT_DATE) && (message = catalog_find(&box->catalog, uid))) {
		row.date = box_date(box, message);
		row.facts |= IMAPSRV_FACT_DATE;
	}
	if ((facts & IMAPSRV_FACT_SAVEDATE) && (message = catalog_find(&box->catalog, uid))) {
		row.save_date = filename_time(message->file);
		if (row.save_date < 0)
			row.save_date = box_date(box, message);
		row.facts |= IMAPSRV_FACT_SAVEDATE;
	}
	if (facts & IMAPSRV_FACT_THREADID)
		put_threadid(handle, &ids, &row);
	message = catalog_find(&box->catalog, uid);
	if (!message)
		return;
	if (facts & IMAPSRV_FACT_FLAGS)
		put_flags(&box->catalog, message, keywords, &row);
	if (facts & IMAPSRV_FACT_MODSEQ)
		put_modseq(modseqs_of(box, uid), &row);
	if (facts & IMAPSRV_FACT_EMAILID)
		put_emailid(message->file, &ids, &row);
	imapsrv_op_row(op, &row);
}

/* The same of a message that was expunged: what is known of it. */
static void answer_kept(struct imapsrv_op *op, const struct handle *handle,
                        const struct kept_message *kept, uint32_t facts, bool unchanged,
                        bool failed)
{
	struct imapsrv_span keywords[KEYWORDS_MAX];
	struct ids ids;
	struct imapsrv_row row = {
		.uid = kept->message.uid, .unchanged = unchanged, .failed = failed};

	if (facts & IMAPSRV_FACT_DATE && kept->message.date == DATE_UNKNOWN)
		return;
	row.facts = facts & (IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE);
	for (uint32_t i = 0; i < kept->keyword_count; i++)
		keywords[i] = (struct imapsrv_span){kept->keywords[i], strlen(kept->keywords[i])};
	row.flags = (struct imapsrv_flags){kept->message.flags, kept->keyword_count, keywords};
	row.date = kept->message.date;
	if (facts & IMAPSRV_FACT_SIZE && kept->message.octets != OCTETS_UNKNOWN) {
		row.octets = kept->message.octets;
		row.facts |= IMAPSRV_FACT_SIZE;
	}
	if (facts & IMAPSRV_FACT_SAVEDATE) {
		row.save_date = filename_time(kept->message.file);
		row.facts |= row.save_date < 0 ? 0 : IMAPSRV_FACT_SAVEDATE;
	}
	if (facts & IMAPSRV_FACT_MODSEQ)
		put_modseq(kept->modseq, &row);
	if (facts & IMAPSRV_FACT_EMAILID)
		put_emailid(kept->message.file, &ids, &row);
	if (facts & IMAPSRV_FACT_THREADID)
		put_threadid(handle, &ids, &row);
	imapsrv_op_row(op, &row);
}

static void answer_all_kept(struct imapsrv_op *op, const struct handle *handle,
                            const struct imapsrv_fetch *q)
{
	const struct kept_message *kept = NULL;

	while ((kept = kept_within(handle, q->uids, kept ? kept->message.uid : 0)))
		if (!kept->modseq || kept->modseq > q->changed_since)
			answer_kept(op, handle, kept, q->facts, false, false);
}

/* The next message of the set, changed since if that is asked; 0: none. */
static uint32_t next_of_set(const struct box *box, const struct imapsrv_fetch *q, uint32_t uid)
{
	const struct message *message;

	if (!q->changed_since) {
		message = catalog_next(&box->catalog, q->uids, uid);
		return message ? message->uid : 0;
	}
	do
		uid = uid < UINT32_MAX ? modseqs_next(box, q->changed_since, uid + 1) : 0;
	while (uid && !ranges_cover(q->uids, uid));
	return uid;
}

void store_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct handle *handle = q->mailbox;
	uint64_t octets = DESCRIBE_AT_ONCE;
	uint32_t uid = 0;

	(void)user;
	while ((uid = next_of_set(handle->box, q, uid)))
		answer_row(op, handle, uid, q->facts, &octets);
	descriptions_flush(handle->box);
	answer_all_kept(op, handle, q);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- flags -------------------------------------------------------------------------------- */

struct store_answer {
	struct imapsrv_op *op;
	const struct handle *handle;
};

static void answer_stored(void *context, const struct message *message, bool unchanged, bool failed)
{
	struct store_answer *to = context;
	struct imapsrv_span keywords[KEYWORDS_MAX];
	struct imapsrv_row row = {
		.uid = message->uid, .unchanged = unchanged, .failed = failed};

	put_flags(&to->handle->box->catalog, message, keywords, &row);
	put_modseq(modseqs_of(to->handle->box, message->uid), &row);
	imapsrv_op_row(to->op, &row);
}

static void answer_stored_kept(void *context, const struct kept_message *kept, bool unchanged,
                               bool failed)
{
	const struct store_answer *to = context;

	answer_kept(to->op, to->handle, kept, IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ, unchanged,
	            failed);
}

void store_flags(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct handle *handle = q->mailbox;
	struct store_answer to = {op, handle};

	(void)user;
	errno = handle->box->dead ? ENOENT : EROFS;
	if (handle->read_only || handle->box->frozen || handle->box->dead) {
		answer(op, -1);
		return;
	}
	int result = box_set_flags(handle->box, q, imapsrv_op_session(op), answer_stored, &to);
	int error = errno;
	if (!result)
		kept_set_flags(handle, q, answer_stored_kept, &to);
	errno = error;
	answer(op, result);
}
