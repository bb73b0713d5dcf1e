/* SPDX-License-Identifier: MIT */
/*
 * host/storeorder - a store with an index: it answers `sort`, `thread` and `search` with what a script
 * says, as far as it is asked for that and it still exists.
 */
#include "host/teststore.h"

static bool exists(const struct ts_op *q, uint32_t uid)
{
	const struct ts_mailbox *box = q->mailbox ? q->mailbox->mailbox : NULL;

	for (size_t i = 0; box && i < box->count; i++)
		if (box->messages[i].uid == uid)
			return ts_set_has(q->set, uid);
	return false;
}

void ts_answer_order(struct ts_op *q)
{
	const struct ts *ts = q->link->ts;
	bool sort = q->kind == TS_SORT;
	size_t count = sort ? ts->order.count : ts->threads.count;

	for (size_t i = 0; i < count; i++) {
		const struct imapsrv_thread_member *m = sort ? &ts->order.members[i]
		                                             : &ts->threads.members[i];

		if (m->uid && !exists(q, m->uid))
			continue;
		if (sort)
			imapsrv_op_order(q->op, &m->uid, 1);
		else
			imapsrv_op_thread(q->op, m, 1);
	}
	imapsrv_op_done(q->op, IMAPSRV_OK, NULL);
}

void ts_answer_search(struct ts_op *q)
{
	const struct ts *ts = q->link->ts;

	imapsrv_op_done(q->op, ts->search(q, ts->search_user), NULL);
}

enum imapsrv_code ts_answer_finds(const struct ts_op *q, void *user)
{
	const struct ts *ts = user;

	const struct imapsrv_search_node *n;

	if (!ts->fuzzy)
		imapsrv_op_found(q->op, q->search.root, ts_set_view(&ts->finds),
		                 ts_set_view(&ts->maybe));
	for (n = q->search.first; n; n = n->following)
		if (n->kind == IMAPSRV_SEARCH_FUZZY)
			imapsrv_op_found(q->op, n, ts_set_view(&ts->finds), ts_set_view(&ts->maybe));
	for (uint32_t uid = 1; q->search.relevancy && uid < TS_RELEVANCIES; uid++)
		if (ts->relevancy[uid])
			imapsrv_op_relevancy(q->op, uid, ts->relevancy[uid]);
	return IMAPSRV_OK;
}
