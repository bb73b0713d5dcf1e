/* SPDX-License-Identifier: MIT */
/*
 * store.c - the callbacks for login and for mailboxes that are open: here the library's questions
 * meet the files.  All of them answer before they return.
 */
#include "store.h"

#include "body.h"
#include "describe.h"
#include "descriptions.h"
#include "filename.h"
#include "files.h"
#include "news.h"

#include <errno.h>
#include <string.h>

/* As many ranges are handed over at a time. */
#define RANGES_AT_ONCE 256

void answer(struct imapsrv_op *op, int result)
{
	int error = errno;

	if (!result)
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	else if (error == EDOM)
		imapsrv_op_done(op, IMAPSRV_LIMIT, "too many keywords in this mailbox");
	else
		imapsrv_op_done(op, code_of_errno(error), strerror(error));
}

/* ---- login -------------------------------------------------------------------------------- */

bool maildir_account(struct maildir *maildir, struct imapsrv_span name,
                     struct imapsrv_account *account_r)
{
	struct account *account = account_open(maildir, name);

	if (!account)
		return false;
	*account_r = (struct imapsrv_account)IMAPSRV_ACCOUNT_INIT;
	account_r->handle = account;
	account_r->separator = maildir->separator;
	return true;
}

static void cb_login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct peer *peer = user;
	struct imapsrv_account account;
	int shown = q->authcid.len < 64 ? (int)q->authcid.len : 64;
	bool other = q->authzid.len && (q->authzid.len != q->authcid.len ||
	                                memcmp(q->authzid.data, q->authcid.data, q->authcid.len));

	/* SCRAM has seen that the client knows the password. */
	if (strncmp(q->mechanism, "SCRAM-", 6) != 0 &&
	    !users_check(&peer->maildir->users, q->authcid, q->password)) {
		log_line("%s: login refused: %.*s", peer->label, shown, q->authcid.data);
		imapsrv_op_done(op, IMAPSRV_AUTHENTICATIONFAILED, "wrong name or password");
	} else if (other) {
		imapsrv_op_done(op, IMAPSRV_AUTHORIZATIONFAILED, "nobody acts for others here");
	} else if (!maildir_account(peer->maildir, q->authcid, &account)) {
		log_line("%s: %.*s: %s", peer->label, shown, q->authcid.data, strerror(errno));
		imapsrv_op_done(op, IMAPSRV_UNAVAILABLE, "the mailboxes cannot be opened");
	} else {
		log_line("%s: login: %.*s", peer->label, shown, q->authcid.data);
		peer->account = account.handle;
		imapsrv_op_account(op, &account);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	}
}

static void cb_logout(void *user, void *account)
{
	struct peer *peer = user;

	peer->account = NULL;
	news_logout(peer);
	account_close(account);
}

/* ---- open --------------------------------------------------------------------------------- */

static uint32_t first_unseen(const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++)
		if (!(catalog->messages[i].flags & IMAPSRV_SEEN))
			return catalog->messages[i].uid;
	return 0;
}

static void answer_mailbox(struct imapsrv_op *op, struct handle *handle, uint32_t recent_from)
{
	const struct box *box = handle->box;
	struct imapsrv_mailbox mailbox = IMAPSRV_MAILBOX_INIT;
	struct imapsrv_span keywords[KEYWORDS_MAX];

	mailbox.handle = handle;
	mailbox.uidvalidity = box->catalog.uidvalidity;
	mailbox.uidnext = box->catalog.uidnext;
	mailbox.read_only = box->frozen;
	mailbox.uid_not_sticky = box->frozen;
	mailbox.keyword_count = catalog_keyword_names(&box->catalog, UINT64_MAX, keywords);
	mailbox.keywords = keywords;
	mailbox.new_keywords = mailbox.keyword_count < KEYWORDS_MAX;
	mailbox.recent_from = recent_from;
	mailbox.first_unseen = first_unseen(&box->catalog);
	mailbox.highest_modseq = modseqs_highest(box);
	imapsrv_op_mailbox(op, &mailbox);
}

static void cb_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct handle *handle = NULL;
	struct box *box;
	uint32_t recent_from;

	(void)user;
	if (account_box(q->account, q->name, &box)) {
		answer(op, -1);
		return;
	}
	if (!box_sync(box))
		handle = box_open(box, imapsrv_op_session(op), q->read_only, &recent_from);
	if (!handle) {
		answer(op, -1);
		box_release(box);
		return;
	}
	answer_mailbox(op, handle, recent_from);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void cb_close(void *user, void *mailbox)
{
	(void)user;
	box_close(mailbox);
}

static void cb_forgotten(void *user, void *mailbox)
{
	(void)user;
	kept_forget(mailbox);
}

void maildir_look(struct peer *peer)
{
	for (struct handle *handle = peer->handles; handle; handle = handle->next_of_peer)
		box_sync(handle->box);
}

/* ---- which messages, and what is known of them -------------------------------------------- */

static void cb_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	const struct handle *handle = q->mailbox;
	const struct catalog *catalog = &handle->box->catalog;
	struct imapsrv_range ranges[RANGES_AT_ONCE];
	size_t count = 0;

	(void)user;
	if (box_sync(handle->box)) {
		answer(op, -1);
		return;
	}
	for (size_t i = catalog_from(catalog, q->range.first); i < catalog->count; i++) {
		uint32_t uid = catalog->messages[i].uid;
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

/*
 * The save date: whatever puts a message into a mailbox gives its file a new name, and names begin with
 * the time.  Those of other programs may not; then nothing better is known than INTERNALDATE.
 */
static void answer_row(struct imapsrv_op *op, struct box *box, uint32_t uid, uint32_t facts,
                       uint64_t *octets_r)
{
	struct imapsrv_span keywords[KEYWORDS_MAX];
	struct imapsrv_row row = {.uid = uid};
	struct message *message;

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
	message = catalog_find(&box->catalog, uid);
	if (!message)
		return;
	if (facts & IMAPSRV_FACT_FLAGS)
		put_flags(&box->catalog, message, keywords, &row);
	if (facts & IMAPSRV_FACT_MODSEQ)
		put_modseq(modseqs_of(box, uid), &row);
	imapsrv_op_row(op, &row);
}

/* The same of a message that was expunged: what is known of it. */
static void answer_kept(struct imapsrv_op *op, const struct kept_message *kept, uint32_t facts,
                        bool unchanged, bool failed)
{
	struct imapsrv_span keywords[KEYWORDS_MAX];
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
	imapsrv_op_row(op, &row);
}

static void answer_all_kept(struct imapsrv_op *op, const struct handle *handle,
                            const struct imapsrv_fetch *q)
{
	const struct kept_message *kept = NULL;

	while ((kept = kept_within(handle, q->uids, kept ? kept->message.uid : 0)))
		if (!kept->modseq || kept->modseq > q->changed_since)
			answer_kept(op, kept, q->facts, false, false);
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

static void cb_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct handle *handle = q->mailbox;
	uint64_t octets = DESCRIBE_AT_ONCE;
	uint32_t uid = 0;

	(void)user;
	while ((uid = next_of_set(handle->box, q, uid)))
		answer_row(op, handle->box, uid, q->facts, &octets);
	descriptions_flush(handle->box);
	answer_all_kept(op, handle, q);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void cb_vanished(void *user, struct imapsrv_op *op, const struct imapsrv_vanished *q)
{
	struct handle *handle = q->mailbox;
	struct imapsrv_set uids;

	(void)user;
	if (!modseqs_vanished(handle->box, q->since, &uids)) {
		imapsrv_op_done(op, IMAPSRV_EXPIRED, NULL);
		return;
	}
	for (size_t at = 0; at < uids.count; at += RANGES_AT_ONCE) {
		size_t count = uids.count - at < RANGES_AT_ONCE ? uids.count - at : RANGES_AT_ONCE;
		imapsrv_op_uids(op, (struct imapsrv_set){uids.ranges + at, count});
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- bodies ------------------------------------------------------------------------------- */

static void cb_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct handle *handle = q->mailbox;
	struct body *body = body_open(handle, q->uid);

	(void)user;
	if (!body && errno == ENOENT) {
		imapsrv_op_done(op, IMAPSRV_EXPUNGEISSUED, "the message is gone");
		return;
	}
	if (body)
		body_answer(body, op);
	answer(op, body ? 0 : -1);
}

static void cb_body_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	(void)user;
	body_read(q->body, op, q->offset, q->len);
}

static void cb_body_close(void *user, void *body)
{
	(void)user;
	body_close(body);
}

/* ---- flags and expunge -------------------------------------------------------------------- */

struct store_answer {
	struct imapsrv_op *op;
	const struct box *box;
};

static void answer_stored(void *context, const struct message *message, bool unchanged, bool failed)
{
	struct store_answer *to = context;
	struct imapsrv_span keywords[KEYWORDS_MAX];
	struct imapsrv_row row = {
		.uid = message->uid, .unchanged = unchanged, .failed = failed};

	put_flags(&to->box->catalog, message, keywords, &row);
	put_modseq(modseqs_of(to->box, message->uid), &row);
	imapsrv_op_row(to->op, &row);
}

static void answer_stored_kept(void *context, const struct kept_message *kept, bool unchanged,
                               bool failed)
{
	const struct store_answer *to = context;

	answer_kept(to->op, kept, IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_MODSEQ, unchanged, failed);
}

static void cb_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	struct handle *handle = q->mailbox;
	struct store_answer to = {op, handle->box};

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

void answer_highest(struct imapsrv_op *op, const struct box *box)
{
	uint64_t modseq = modseqs_highest(box);

	if (modseq)
		imapsrv_op_modseq(op, modseq);
}

static void cb_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct handle *handle = q->mailbox;
	struct ranges removed = {0};

	(void)user;
	errno = EROFS;
	int result = handle->read_only ? -1 : box_sync(handle->box);
	if (!result)
		result = box_expunge(handle->box, q->uids, q->only_deleted, imapsrv_op_session(op),
		                     &removed);
	int error = errno;
	if (removed.count) {
		imapsrv_op_uids(op, ranges_set(&removed));
		answer_highest(op, handle->box);
	}
	ranges_clear(&removed);
	errno = error;
	answer(op, result);
}

static void cb_check(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct handle *handle = q->mailbox;

	(void)user;
	answer(op, box_sync(handle->box));
}

const struct imapsrv_store maildir_store = {
	.size = sizeof(struct imapsrv_store),
	.login = cb_login,
	.logout = cb_logout,
	.list = store_list,
	.open = cb_open,
	.close = cb_close,
	.uids = cb_uids,
	.fetch = cb_fetch,
	.body = cb_body,
	.body_read = cb_body_read,
	.body_close = cb_body_close,
	.store = cb_store,
	.append_begin = store_append_begin,
	.append_data = store_append_data,
	.append_finish = store_append_finish,
	.append_abort = store_append_abort,
	.expunge = cb_expunge,
	.copy = store_copy,
	.move = store_move,
	.status = store_status,
	.check = cb_check,
	.modseqs = 1,
	.unmeasured = 1,
	.savedates = 1,
	.vanished = cb_vanished,
	.forgotten = cb_forgotten,
};
