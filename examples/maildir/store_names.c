/* SPDX-License-Identifier: MIT */
/*
 * store_names.c - the callbacks about mailboxes by their names: LIST, STATUS, CREATE, DELETE,
 * RENAME, SUBSCRIBE.
 */
#include "store.h"

#include "filename.h"
#include "ids.h"
#include "news.h"
#include "quota.h"
#include "uses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void answer_shared(void *context, const char *name, uint32_t attributes, uint32_t rights)
{
	struct imapsrv_name row = {{name, strlen(name)}, attributes, rights};

	imapsrv_op_name(context, &row);
}

static void answer_own(void *context, const char *name, uint32_t attributes)
{
	answer_shared(context, name, attributes, IMAPSRV_RIGHTS_STANDARD);
}

/* Can names that begin so be those of other users' mailboxes? */
static bool asks_for_shared(const struct maildir *maildir, struct imapsrv_span prefix)
{
	size_t len = maildir->share ? strlen(maildir->share_prefix) : 0;

	return len && !memcmp(maildir->share_prefix, prefix.data ? prefix.data : "",
	                      prefix.len < len ? prefix.len : len);
}

void store_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct account *account = q->account;

	(void)user;
	int result = account_list(account, q->subscribed, answer_own, op);
	if (!result && asks_for_shared(account->maildir, q->prefix))
		result = account_list_shared(account, q->subscribed, answer_shared, op);
	answer(op, result);
}

/* ---- status ------------------------------------------------------------------------------- */

static uint64_t sum_octets(struct box *box)
{
	uint64_t sum = 0;
	uint32_t uid = 0;

	for (size_t i; (i = catalog_from(&box->catalog, uid + 1)) < box->catalog.count;) {
		struct message *message = &box->catalog.messages[i];
		uid = message->uid;
		uint64_t octets = box_octets(box, message);
		sum += octets == OCTETS_UNKNOWN ? 0 : octets;
	}
	return sum;
}

/* Looked up only where somebody wants it. */
static uint64_t deleted_octets(struct box *box, uint32_t items, size_t at)
{
	if (!(items & IMAPSRV_STATUS_DELETED_STORAGE))
		return 0;
	char *path = box_path(&box->catalog.messages[at]);
	uint64_t octets = quota_octets(box->dirfd, path);
	free(path);
	return octets;
}

static void count_messages(struct box *box, uint32_t items, struct imapsrv_status *status,
                           char id[ID_SIZE])
{
	const struct catalog *catalog = &box->catalog;

	*status = (struct imapsrv_status){.items = items};
	if (items & IMAPSRV_STATUS_SIZE)
		status->octets = sum_octets(box);
	status->messages = (uint32_t)catalog->count;
	status->uidnext = catalog->uidnext;
	status->uidvalidity = catalog->uidvalidity;
	status->highest_modseq = modseqs_highest(box);
	id_of_box(box, id);
	status->mailboxid = (struct imapsrv_span){id, strlen(id)};
	for (size_t i = 0; i < catalog->count; i++) {
		status->unseen += !(catalog->messages[i].flags & IMAPSRV_SEEN);
		if (catalog->messages[i].flags & IMAPSRV_DELETED)
			status->deleted_octets += deleted_octets(box, items, i);
		status->deleted += !!(catalog->messages[i].flags & IMAPSRV_DELETED);
		status->recent += catalog->messages[i].uid >= catalog->recent_from;
	}
}

void store_status(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q)
{
	struct imapsrv_status status = {0};
	struct box *box;
	char id[ID_SIZE];
	uint32_t rights;

	(void)user;
	if (account_rights(q->account, q->name, false, &rights)) {
		answer(op, -1);
		return;
	}
	if (!(rights & IMAPSRV_RIGHT_READ)) {
		status.rights = rights;
		imapsrv_op_status(op, &status);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
		return;
	}
	if (account_box(q->account, q->name, &box)) {
		answer(op, -1);
		return;
	}
	int result = box_sync(box);
	int error = errno;
	if (!result) {
		count_messages(box, q->items, &status, id);
		status.rights = rights;
		imapsrv_op_status(op, &status);
	}
	box_release(box);
	errno = error;
	answer(op, result);
}

/* ---- which mailboxes there are ------------------------------------------------------------ */

/* Answers, and tells the others. */
static void changed(struct imapsrv_op *op, int result, struct account *account,
                    enum imapsrv_event_type type, struct imapsrv_span name,
                    const struct imapsrv_span *old)
{
	const struct imapsrv_session *origin = imapsrv_op_session(op);
	int error = errno;

	if (!result)
		news_name(account, type, name, old, origin);
	errno = error;
	answer(op, result);
}

/* The UIDVALIDITY of a mailbox, and so its identifier, is chosen when it is opened first. */
static void answer_mailboxid(struct imapsrv_op *op, const struct imapsrv_create *q)
{
	char id[ID_SIZE];
	struct box *box;

	if (account_box(q->account, q->name, &box))
		return;
	id_of_box(box, id);
	imapsrv_op_mailboxid(op, (struct imapsrv_span){id, strlen(id)});
	box_release(box);
}

static void cb_create(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	(void)user;
	int result = account_create(q->account, q->name, q->uses);
	int error = errno;
	if (!result) {
		answer_mailboxid(op, q);
		store_take_uses(q->account, q->name, q->uses);
	}
	errno = error;
	changed(op, result, q->account, IMAPSRV_EVENT_MAILBOX_CREATE, q->name, NULL);
}

static void cb_remove(void *user, struct imapsrv_op *op, const struct imapsrv_delete *q)
{
	struct account *account = q->account;

	(void)user;
	news_departing(account, q->name);
	changed(op, account_remove(account, q->name), account, IMAPSRV_EVENT_MAILBOX_DELETE,
	        q->name, NULL);
	news_departed(account->maildir);
}

static void cb_rename(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	(void)user;
	changed(op, account_rename(q->account, q->from, q->to), q->account,
	        IMAPSRV_EVENT_MAILBOX_RENAME, q->to, &q->from);
}

static void cb_subscribe(void *user, struct imapsrv_op *op, const struct imapsrv_subscribe *q)
{
	(void)user;
	changed(op, account_subscribe(q->account, q->name, q->on), q->account,
	        q->on ? IMAPSRV_EVENT_MAILBOX_SUBSCRIBE : IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE,
	        q->name, NULL);
}

const struct imapsrv_mailboxes maildir_mailboxes = {
	.size = sizeof(struct imapsrv_mailboxes),
	.create = cb_create,
	.remove = cb_remove,
	.rename = cb_rename,
	.subscribe = cb_subscribe,
	.uses = USES_KNOWN,
};
