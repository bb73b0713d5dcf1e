/* SPDX-License-Identifier: MIT */
/*
 * store.c - the callbacks for login and for mailboxes that are open: here the library's questions
 * meet the files.  All of them answer before they return.
 */
#include "store.h"

#include "body.h"
#include "files.h"
#include "ids.h"
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
	else if (error == EXDEV)
		imapsrv_op_done(op, IMAPSRV_CANNOT, "a mailbox stays with its owner");
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
	if (maildir->share) {
		account_r->namespaces = maildir->namespaces;
		account_r->namespace_count = 2;
	}
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
	enum user who = strncmp(q->mechanism, "SCRAM-", 6)
	                        ? users_check(&peer->maildir->users, q->authcid, q->password)
	                        : USER_GOOD;
	if (who == USER_NOT_KNOWN) {
		imapsrv_op_done(op, IMAPSRV_UNAVAILABLE, NULL);
	} else if (who == USER_BAD) {
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

/* There is a mailbox, which this user may not read. */
static void answer_closed(struct imapsrv_op *op, uint32_t rights)
{
	struct imapsrv_mailbox mailbox = IMAPSRV_MAILBOX_INIT;

	mailbox.rights = rights;
	imapsrv_op_mailbox(op, &mailbox);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void answer_mailbox(struct imapsrv_op *op, struct handle *handle, uint32_t recent_from,
                           uint32_t rights)
{
	const struct box *box = handle->box;
	struct imapsrv_mailbox mailbox = IMAPSRV_MAILBOX_INIT;
	struct imapsrv_span keywords[KEYWORDS_MAX];
	char id[ID_SIZE];

	mailbox.handle = handle;
	mailbox.uidvalidity = box->catalog.uidvalidity;
	mailbox.uidnext = box->catalog.uidnext;
	mailbox.rights = rights;
	mailbox.read_only = box->frozen;
	mailbox.uid_not_sticky = box->frozen;
	mailbox.keyword_count = catalog_keyword_names(&box->catalog, UINT64_MAX, keywords);
	mailbox.keywords = keywords;
	mailbox.new_keywords = mailbox.keyword_count < KEYWORDS_MAX;
	mailbox.recent_from = recent_from;
	mailbox.first_unseen = first_unseen(&box->catalog);
	mailbox.highest_modseq = modseqs_highest(box);
	id_of_box(box, id);
	mailbox.mailboxid = (struct imapsrv_span){id, strlen(id)};
	imapsrv_op_mailbox(op, &mailbox);
}

static void cb_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct handle *handle = NULL;
	struct box *box;
	uint32_t recent_from, rights;

	(void)user;
	if (account_rights(q->account, q->name, false, &rights)) {
		answer(op, -1);
		return;
	}
	if (!(rights & IMAPSRV_RIGHT_READ)) {
		answer_closed(op, rights);
		return;
	}
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
	answer_mailbox(op, handle, recent_from, rights);
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

/* ---- expunge ------------------------------------------------------------------------------ */

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
	.fetch = store_fetch,
	.body = cb_body,
	.body_read = cb_body_read,
	.body_close = cb_body_close,
	.store = store_flags,
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
	.objectids = 1,
	.vanished = cb_vanished,
	.forgotten = cb_forgotten,
};
