/* SPDX-License-Identifier: MIT */
/*
 * storecheck/leaving - messages that go: by \Deleted and UID EXPUNGE, or, where clients cannot set
 * \Deleted (RFC 9051 7.1, PERMANENTFLAGS), by a move to a mailbox where nobody looks.  What is told
 * of it is the same (RFC 6851 4.4).
 */
#include "storecheck/check.h"

enum { ELSEWHERE = ISRV_SC_BOXES - 1 }; /* the mailbox they are moved to; no scene has so many */

static const char lacks[] = "\\Deleted in imapsrv_mailbox.permanent_flags";

static bool keeps_deleted(const struct isrv_sc_client *k)
{
	return isrv_sc_flags_of(k->box) & IMAPSRV_DELETED;
}

bool isrv_sc_deletes(struct isrv_sc_client *k)
{
	return keeps_deleted(k) || isrv_sc_pass(k->c, lacks);
}

bool isrv_sc_doom(struct isrv_sc_client *k, uint32_t uid)
{
	struct isrv_sc *c = k->c;

	if (!isrv_sc_live(c))
		return false;
	if (keeps_deleted(k)) {
		isrv_sc_message(k->box, uid)->flags |= IMAPSRV_DELETED;
		return isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u +FLAGS (\\Deleted)", uid);
	}
	if (!c->has_mailboxes || !(k->caps & ISRV_SC_MOVE))
		return isrv_sc_skip(c, lacks);
	return c->boxes[ELSEWHERE].exists || isrv_sc_box(k, ELSEWHERE);
}

bool isrv_sc_remove(struct isrv_sc_client *k, uint32_t uid)
{
	struct isrv_sc *c = k->c;

	if (keeps_deleted(k))
		isrv_sc_need(k, ISRV_SC_EXPUNGE_GONE, "UID EXPUNGE %u", uid);
	else
		isrv_sc_need(k, ISRV_SC_MOVE_ALL, "UID MOVE %u %s", uid,
		             c->boxes[ELSEWHERE].name);
	isrv_sc_box_remove(c, k->box, uid);
	return isrv_sc_live(c);
}
