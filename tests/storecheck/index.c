/* SPDX-License-Identifier: MIT */
/*
 * storecheck/index - answers from the octets of the messages, each time anew.  It knows the
 * messages of the conformance kit: one line for each field, subjects that all differ, in one
 * month.
 */
#include "storecheck/index.h"

#include "storecheck/kit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- search -------------------------------------------------------------------------------- */

/* `text` is in upper case; letters that are not ASCII are not compared. */
static bool holds(const char *data, size_t len, struct imapsrv_span text)
{
	for (size_t at = 0; at + text.len <= len; at++) {
		size_t i = 0;

		while (i < text.len && toupper((unsigned char)data[at + i]) == text.data[i])
			i++;
		if (i == text.len)
			return true;
	}
	return false;
}

static bool is_ascii(struct imapsrv_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] > 126 || text.data[i] == ' ')
			return false;
	return true;
}

static struct imapsrv_span subject_of(const struct ts_message *m)
{
	const char *at = strstr(m->blob->data, "\r\nSubject: ");

	if (!at)
		return (struct imapsrv_span){"", 0};
	at += 11;
	return (struct imapsrv_span){at, (size_t)(strchr(at, '\r') - at)};
}

enum verdict {
	NO,
	YES,
	MAYBE
};

/* What is known of one message; whether anything is known of such nodes was asked before. */
static enum verdict judge(const struct imapsrv_search_node *node, const struct ts_message *m)
{
	struct imapsrv_span subject = subject_of(m);

	switch (node->kind) {
	case IMAPSRV_SEARCH_FLAG:
		return m->system & node->flag ? YES : NO;
	case IMAPSRV_SEARCH_SIZE:
		return m->blob->len >= node->least && m->blob->len <= node->most ? YES : NO;
	case IMAPSRV_SEARCH_FIELD:
		return holds(subject.data, subject.len, node->text) ? YES : NO;
	default: /* texts: what is in no octet of it is in no text of it */
		return holds(m->blob->data, m->blob->len, node->text) ? MAYBE : NO;
	}
}

/* What is nearly so is what is so. */
static const struct imapsrv_search_node *meant(const struct imapsrv_search_node *node)
{
	return node->kind == IMAPSRV_SEARCH_FUZZY ? node->left : node;
}

static bool knows(const struct imapsrv_search_node *node)
{
	switch (node->kind) {
	case IMAPSRV_SEARCH_FLAG:
	case IMAPSRV_SEARCH_SIZE:
		return true;
	case IMAPSRV_SEARCH_FIELD:
		return node->name.len == 7 &&
			holds(node->name.data, 7, (struct imapsrv_span){"SUBJECT", 7});
	case IMAPSRV_SEARCH_TEXT:
	case IMAPSRV_SEARCH_BODY:
		return is_ascii(node->text);
	default:
		return false;
	}
}

static void search(void *user, struct imapsrv_op *op, const struct imapsrv_search *q)
{
	const struct ts_mailbox *box = box_of(q->mailbox);

	(void)user;
	for (const struct imapsrv_search_node *node = q->first; node; node = node->following) {
		struct ts_set yes = {0}, maybe = {0};

		if (!knows(meant(node)))
			continue;
		for (size_t i = 0; i < box->count; i++) {
			enum verdict v = judge(meant(node), &box->messages[i]);

			if (!ts_set_has(q->uids, box->messages[i].uid))
				continue;
			if (meant(node)->negated && v != MAYBE)
				v = v == YES ? NO : YES;
			if (meant(node) != node && node->negated && v != MAYBE)
				v = v == YES ? NO : YES;
			if (v)
				ts_set_add(v == YES ? &yes : &maybe, box->messages[i].uid);
			if (v == YES && q->relevancy)
				imapsrv_op_relevancy(op, box->messages[i].uid, 50);
		}
		imapsrv_op_found(op, node, ts_set_view(&yes), ts_set_view(&maybe));
		ts_set_clear(&yes);
		ts_set_clear(&maybe);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- order --------------------------------------------------------------------------------- */

/* The day of the Date field, which stands for the sent date: all are at ten o'clock. */
static int64_t day_of(const struct ts_message *m)
{
	const char *at = strstr(m->blob->data, "\r\nDate: ");

	return at ? (at[8] - '0') * 10 + at[9] - '0' : 0;
}

static int64_t date_of(const struct ts_message *m)
{
	return m->date;
}

static int64_t size_of(const struct ts_message *m)
{
	return (int64_t)m->blob->len;
}

/* UIDs of the messages in the set, in order; the caller frees them. */
static uint32_t *in_order(const struct ts_mailbox *box, struct imapsrv_set set,
                          int64_t (*value)(const struct ts_message *m), bool reverse,
                          size_t *count_r)
{
	uint32_t *uids = malloc((box->count + 1) * sizeof(*uids));
	size_t count = 0;

	for (size_t i = 0; i < box->count && uids; i++) {
		size_t at = count;
		int64_t now = value(&box->messages[i]), other;

		if (!ts_set_has(set, box->messages[i].uid))
			continue;
		/* Equal ones stay in the order of their UIDs. */
		for (; at > 0; at--) {
			other = value(ts_message(box, uids[at - 1]));
			if (reverse ? other >= now : other <= now)
				break;
			uids[at] = uids[at - 1];
		}
		uids[at] = box->messages[i].uid;
		count++;
	}
	*count_r = count;
	return uids;
}

static void sort(void *user, struct imapsrv_op *op, const struct imapsrv_sort *q)
{
	bool size = q->criteria[0].key == IMAPSRV_SORT_SIZE;
	size_t count;
	uint32_t *uids;

	(void)user;
	if (q->count != 1 || (!size && q->criteria[0].key != IMAPSRV_SORT_ARRIVAL)) {
		imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
		return;
	}
	uids = in_order(box_of(q->mailbox), q->uids, size ? size_of : date_of,
	                q->criteria[0].reverse, &count);
	imapsrv_op_order(op, uids, count);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	free(uids);
}

/* With no two subjects the same, each message is a thread (RFC 5256 3, ORDEREDSUBJECT). */
static void thread(void *user, struct imapsrv_op *op, const struct imapsrv_thread *q)
{
	size_t count;
	uint32_t *uids;

	(void)user;
	if (q->threading != IMAPSRV_THREAD_ORDEREDSUBJECT) {
		imapsrv_op_done(op, IMAPSRV_CANNOT, NULL);
		return;
	}
	uids = in_order(box_of(q->mailbox), q->uids, day_of, false, &count);
	for (size_t i = 0; i < count; i++) {
		struct imapsrv_thread_member member = {uids[i], 0};

		imapsrv_op_thread(op, &member, 1);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	free(uids);
}

void index_fill(struct imapsrv_store *store)
{
	store->search = search;
	store->sort = sort;
	store->thread = thread;
}
