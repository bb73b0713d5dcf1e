/* SPDX-License-Identifier: MIT */
/*
 * store.c - the callbacks for mailboxes and messages.  All of them answer before they return.
 */
#include "store.h"

#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As many ranges are handed over at a time. */
#define RANGES_AT_ONCE 256

/* A mailbox that the library has open. */
struct open_box {
	struct box *box;
	uint32_t uidvalidity; /* its UIDs are of this one */
};

void answer(struct imapsrv_op *op, int result)
{
	static const struct {
		int error;
		enum imapsrv_code code;
		const char *text;
	} codes[] = {
		{ENOENT, IMAPSRV_NONEXISTENT, "there is no such mailbox"},
		{EEXIST, IMAPSRV_ALREADYEXISTS, "there is one of that name"},
		{EACCES, IMAPSRV_NOPERM, NULL}, {EPERM, IMAPSRV_NOPERM, NULL},
		{EROFS, IMAPSRV_NOPERM, "it may only be read"},
		{ENOSPC, IMAPSRV_OVERQUOTA, NULL}, {EDQUOT, IMAPSRV_OVERQUOTA, NULL},
		{EAGAIN, IMAPSRV_INUSE, "another program has it locked"},
		{EILSEQ, IMAPSRV_CORRUPTION, "the file is no mbox"},
		{EDOM, IMAPSRV_LIMIT, "too many keywords"},
		{EINVAL, IMAPSRV_CANNOT, "no file of that name can be a mailbox"},
	};
	int error = errno;

	for (size_t i = 0; result && i < sizeof codes / sizeof *codes; i++)
		if (codes[i].error == error) {
			imapsrv_op_done(op, codes[i].code,
			                codes[i].text ? codes[i].text : strerror(error));
			return;
		}
	imapsrv_op_done(op, result ? IMAPSRV_UNAVAILABLE : IMAPSRV_OK, strerror(error));
}

/* ---- open ----------------------------------------------------------------------------------- */

static size_t add_keyword(struct imapsrv_span *known, size_t count, struct imapsrv_span keyword)
{
	for (size_t i = 0; i < count; i++)
		if (known[i].len == keyword.len &&
		    !memcmp(known[i].data, keyword.data, keyword.len))
			return count;
	if (count < KEYWORDS_MAX)
		known[count++] = keyword;
	return count;
}

static void answer_mailbox(struct imapsrv_op *op, struct open_box *open, bool read_only)
{
	struct box *box = open->box;
	struct imapsrv_mailbox mailbox = IMAPSRV_MAILBOX_INIT;
	struct imapsrv_span keywords[KEYWORDS_MAX], own[KEYWORDS_MAX];
	uint32_t recent = box->uids.recent;

	for (size_t i = 0; i < box->count; i++) {
		const struct message *m = &box->messages[i];
		uint32_t count = flags_spans(&m->flags, own);
		for (uint32_t k = 0; k < count; k++)
			mailbox.keyword_count =
				add_keyword(keywords, mailbox.keyword_count, own[k]);
		if (!mailbox.first_unseen && !(m->flags.system & IMAPSRV_SEEN))
			mailbox.first_unseen = m->uid;
	}
	if (!read_only && recent < box->uids.uidnext) {
		box->uids.recent = box->uids.uidnext;
		/* If that cannot be put on record, another session is told once more. */
		if (uids_save(&box->uids, box->uids_path))
			log_line("%s: %s", box->uids_path, strerror(errno));
	}
	mailbox.handle = open;
	mailbox.uidvalidity = box->uids.uidvalidity;
	mailbox.uidnext = box->uids.uidnext;
	mailbox.read_only = !box->writable || box->held;
	mailbox.keywords = keywords;
	mailbox.recent_from = recent;
	mailbox.highest_modseq = imapsrv_ledger_highest(box->ledger);
	imapsrv_op_mailbox(op, &mailbox);
}

static void cb_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct peer *peer = user;
	struct box *box = peer_box(peer, q->name);
	bool inbox = box && box->path && !strcmp(box->name, "INBOX");

	/* There may be room by now. */
	if (box && box->held)
		box->stale = true;
	if (!box || box_lock(box, !inbox, inbox && !q->read_only)) {
		answer(op, -1);
		return;
	}
	struct open_box *open = xrealloc(NULL, sizeof *open);
	*open = (struct open_box){box, box->uids.uidvalidity};
	answer_mailbox(op, open, q->read_only);
	box->users++;
	box_unlock(box);
	answer(op, 0);
}

static void cb_close(void *user, void *mailbox)
{
	struct open_box *open = mailbox;

	(void)user;
	if (!--open->box->users)
		slots_close(&open->box->slots);
	free(open);
}

/* The box, if what it shows belongs to what was opened; NULL: nothing of that exists any more. */
static struct box *box_of(const struct open_box *open)
{
	return open->uidvalidity == open->box->uids.uidvalidity ? open->box : NULL;
}

void peer_look(struct peer *peer)
{
	for (struct box *box = peer->boxes; box; box = box->next)
		if (box->users)
			box_look(box, false); /* if it fails, so does the next command */
}

void peer_free(struct peer *peer)
{
	while (peer->boxes) {
		struct box *box = peer->boxes;
		peer->boxes = box->next;
		box_free(box);
	}
}

/* ---- which messages, and what is known of them ---------------------------------------------- */

static void cb_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	struct open_box *open = q->mailbox;
	struct imapsrv_range ranges[RANGES_AT_ONCE];
	size_t count = 0;

	(void)user;
	if (box_look(open->box, false)) {
		answer(op, -1);
		return;
	}
	const struct box *box = box_of(open);
	for (size_t i = box ? box_from(box, q->range.first) : 0; box && i < box->count; i++) {
		uint32_t uid = box->messages[i].uid;
		if (uid > q->range.last)
			break;
		if (count && ranges[count - 1].last == uid - 1) {
			ranges[count - 1].last = uid;
			continue;
		}
		if (count == RANGES_AT_ONCE) {
			imapsrv_op_uids(op, (struct imapsrv_set){ranges, count});
			count = 0;
		}
		ranges[count++] = (struct imapsrv_range){uid, uid};
	}
	if (count)
		imapsrv_op_uids(op, (struct imapsrv_set){ranges, count});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void answer_row(struct imapsrv_op *op, const struct message *m, struct imapsrv_row row)
{
	struct imapsrv_span keywords[KEYWORDS_MAX];

	row.uid = m->uid;
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE |
	            IMAPSRV_FACT_MODSEQ;
	row.flags.system = m->flags.system;
	row.flags.keyword_count = flags_spans(&m->flags, keywords);
	row.flags.keywords = keywords;
	row.date = m->date;
	row.octets = m->octets;
	row.modseq = m->modseq;
	imapsrv_op_row(op, &row);
}

/* The next of the messages of a set, from *i on; NULL at the end. */
static const struct message *next_of(const struct box *box, struct imapsrv_set set, size_t *range,
                                     size_t *i)
{
	for (; *range < set.count; ++*range) {
		size_t at = box_from(box, set.ranges[*range].first);
		*i = at > *i ? at : *i;
		if (*i < box->count && box->messages[*i].uid <= set.ranges[*range].last)
			return &box->messages[(*i)++];
	}
	return NULL;
}

static void cb_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	const struct box *box = box_of(q->mailbox);
	const struct message *m;
	size_t range = 0, i = 0;

	(void)user;
	while (box && (m = next_of(box, q->uids, &range, &i)))
		if (m->modseq > q->changed_since)
			answer_row(op, m, (struct imapsrv_row){0});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void cb_vanished(void *user, struct imapsrv_op *op, const struct imapsrv_vanished *q)
{
	struct box *box = box_of(q->mailbox);
	struct imapsrv_ledger_vanished gone = IMAPSRV_LEDGER_VANISHED_INIT;

	(void)user;
	if (!box || imapsrv_ledger_vanished_since(box->ledger, q->since, &gone) || !gone.complete) {
		imapsrv_op_done(op, IMAPSRV_EXPIRED, "it does not remember as far back");
		return;
	}
	for (size_t i = 0, k = 0; i < gone.uids.count && k < q->uids.count;) {
		struct imapsrv_range a = gone.uids.ranges[i], b = q->uids.ranges[k];
		struct imapsrv_range both = {a.first > b.first ? a.first : b.first,
		                             a.last < b.last ? a.last : b.last};
		if (both.first <= both.last)
			imapsrv_op_uids(op, (struct imapsrv_set){&both, 1});
		if (a.last < b.last)
			i++;
		else
			k++;
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void cb_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct open_box *open = q->mailbox;
	size_t len = 0;
	char *content = box_content(open->box, q->uid, &len);

	(void)user;
	if (content && box_of(open)) {
		imapsrv_op_lend(op, content, len, IMAPSRV_EOL_LF, content);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
		return;
	}
	bool gone = content || errno == ENOENT;
	imapsrv_op_done(op, gone ? IMAPSRV_EXPUNGEISSUED : IMAPSRV_UNAVAILABLE, NULL);
	free(content);
}

static void cb_body_close(void *user, void *body)
{
	(void)user;
	free(body);
}

/* ---- flags and expunge ---------------------------------------------------------------------- */

/* Locks what is to be changed.  NULL: the op has been answered. */
static struct box *begin_change(struct open_box *open, struct imapsrv_op *op)
{
	if (box_lock(open->box, false, false)) {
		answer(op, -1);
		return NULL;
	}
	/* The file is written again from what is shown. */
	if (open->box->held) {
		box_unlock(open->box);
		errno = ENOSPC;
		answer(op, -1);
		return NULL;
	}
	if (box_of(open) && (open->box->writable || !open->box->count))
		return open->box;
	box_unlock(open->box);
	imapsrv_op_done(op, box_of(open) ? IMAPSRV_NOPERM : IMAPSRV_EXPUNGEISSUED, NULL);
	return NULL;
}

/* What a STORE does to the messages; false: to none of them, errno says why. */
static bool plan_store(const struct box *box, const struct imapsrv_store_flags *q,
                       struct change *changes, struct imapsrv_row *rows)
{
	const struct message *m;
	size_t range = 0, i = 0;

	while ((m = next_of(box, q->uids, &range, &i))) {
		struct change *change = &changes[m - box->messages];
		struct imapsrv_row *row = &rows[m - box->messages];
		row->uid = m->uid;
		row->failed = q->conditional && m->modseq > q->unchanged_since;
		if (row->failed)
			continue;
		errno = EDOM;
		if (!flags_changed(&m->flags, q, &change->flags))
			return false;
		row->unchanged = flags_fingerprint(&m->flags) == flags_fingerprint(&change->flags);
		change->flagged = !row->unchanged;
	}
	return true;
}

static void free_changes(struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		flags_free(&changes[i].flags);
	free(changes);
}

static void cb_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct box *box = begin_change(q->mailbox, op);

	(void)user;
	if (!box)
		return;
	size_t count = box->count;
	struct change *changes = calloc(count + 1, sizeof *changes);
	struct imapsrv_row *rows = calloc(count + 1, sizeof *rows);
	bool done = changes && rows && plan_store(box, q, changes, rows);
	box->own = &q->uids;
	done = done && !box_rewrite(box, changes);
	box->own = NULL;
	int error = errno;
	for (size_t i = 0; done && i < count; i++) {
		size_t at = rows[i].uid ? box_from(box, rows[i].uid) : box->count;
		if (at < box->count && box->messages[at].uid == rows[i].uid)
			answer_row(op, &box->messages[at], rows[i]);
	}
	box_unlock(box);
	if (changes)
		free_changes(changes, count);
	free(rows);
	errno = error;
	answer(op, done ? 0 : -1);
}

static void cb_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct box *box = begin_change(q->mailbox, op);
	const struct message *m;
	size_t range = 0, i = 0, removed = 0;

	(void)user;
	if (!box)
		return;
	struct change *changes = calloc(box->count + 1, sizeof *changes);
	struct imapsrv_range *ranges = xrealloc(NULL, (box->count + 1) * sizeof *ranges);
	while (changes && (m = next_of(box, q->uids, &range, &i))) {
		if (q->only_deleted && !(m->flags.system & IMAPSRV_DELETED))
			continue;
		changes[m - box->messages].gone = true;
		if (removed && ranges[removed - 1].last == m->uid - 1)
			ranges[removed - 1].last = m->uid;
		else
			ranges[removed++] = (struct imapsrv_range){m->uid, m->uid};
	}
	int result = changes ? box_rewrite(box, changes) : -1, error = errno;
	if (!result && removed)
		imapsrv_op_uids(op, (struct imapsrv_set){ranges, removed});
	if (!result)
		imapsrv_op_modseq(op, imapsrv_ledger_highest(box->ledger));
	box_unlock(box);
	free(changes);
	free(ranges);
	errno = error;
	answer(op, result);
}

const struct imapsrv_store mbox_store = {
	.size = sizeof(struct imapsrv_store),
	.list = store_list,
	.open = cb_open,
	.close = cb_close,
	.uids = cb_uids,
	.fetch = cb_fetch,
	.body = cb_body,
	.body_close = cb_body_close,
	.store = cb_store,
	.append_begin = store_append_begin,
	.append_data = store_append_data,
	.append_finish = store_append_finish,
	.append_abort = store_append_abort,
	.expunge = cb_expunge,
	.modseqs = 1,
	.unmeasured = 1,
	.vanished = cb_vanished,
};
