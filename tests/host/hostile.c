/* SPDX-License-Identifier: MIT */
/*
 * host/hostile - the tricks: whose turn it is, and what becomes of an answer then.
 */
#include "host/hostileanswer.h"

#include <string.h>

const char *const ts_trick_names[TS_TRICKS] = {
	"honest", "twice", "left-out", "nothing", "low", "high", "turned", "odd-text", "long-text",
	"old", "others", "ended", "ended-first", "stale", "events",
};

/* ---- what is wrong ---------------------------------------------------------------------- */

const char ts_odd_text[19] = "a\r\n* BYE \0\xff\"\\{3}\r\n";
char ts_long_text[100000];

struct imapsrv_span ts_spoiled_text(struct imapsrv_span text, enum ts_trick trick)
{
	if (!ts_long_text[0])
		memset(ts_long_text, 'a', sizeof(ts_long_text));
	switch (trick) {
	case TS_NOTHING:
		return (struct imapsrv_span){NULL, 0};
	case TS_ODD_TEXT:
		return (struct imapsrv_span){ts_odd_text, sizeof(ts_odd_text) - 1};
	case TS_LONG_TEXT:
		return (struct imapsrv_span){ts_long_text, sizeof(ts_long_text)};
	default:
		return text;
	}
}

uint64_t ts_spoiled_number(uint64_t n, enum ts_trick trick)
{
	return trick == TS_LOW ? 0 : trick == TS_HIGH ? UINT64_MAX : n;
}

uint32_t ts_spoiled_word(uint32_t n, enum ts_trick trick)
{
	return trick == TS_LOW ? 0 : trick == TS_HIGH ? UINT32_MAX : n;
}

struct imapsrv_set ts_spoiled_set(struct imapsrv_set set, enum ts_trick trick)
{
	static const struct imapsrv_range low[] = {{0, 5}}, high[] = {{UINT32_MAX, UINT32_MAX}};
	static const struct imapsrv_range turned[] = {{7, 9}, {2, 3}, {5, 4}};

	switch (trick) {
	case TS_NOTHING:
		return (struct imapsrv_set){NULL, 0};
	case TS_LOW:
		return (struct imapsrv_set){low, 1};
	case TS_HIGH:
		return (struct imapsrv_set){high, 1};
	case TS_TURNED:
		return (struct imapsrv_set){turned, 3};
	default:
		return set;
	}
}

/* ---- a turn ----------------------------------------------------------------------------- */

static bool knows_tricks(const struct ts_hostile *h)
{
	return h->trick != TS_HONEST && (!h->at || h->answers == h->at);
}

/* Every answer that is of another kind than this op wants.  Those that it could want would hand over
 * things that nobody holds. */
static void give_others(struct imapsrv_op *op, enum ts_kind kind)
{
	static const struct imapsrv_range range = {1, 1};
	const struct imapsrv_set one = {&range, 1}, none = {NULL, 0};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_mailbox mailbox = IMAPSRV_MAILBOX_INIT;
	struct imapsrv_thread_member member = {1, 0};
	struct imapsrv_name name = {{"x", 1}, 0, 0};
	struct imapsrv_status status;
	struct imapsrv_row row;

	memset(&status, 0, sizeof(status));
	memset(&row, 0, sizeof(row));
	row.uid = 1;
	if (kind != TS_LOGIN && kind != TS_SASL)
		imapsrv_op_account(op, &account);
	if (kind != TS_OPEN && kind != TS_URLOPEN)
		imapsrv_op_mailbox(op, &mailbox);
	if (kind != TS_BODY) {
		imapsrv_op_lend(op, "x", 1, IMAPSRV_EOL_CRLF, NULL);
		imapsrv_op_pull(op, 1, IMAPSRV_EOL_CRLF, NULL);
	}
	if (kind != TS_BEGIN)
		imapsrv_op_append(op, NULL);
	if (kind != TS_LIST)
		imapsrv_op_name(op, &name);
	if (kind != TS_UIDS && kind != TS_EXPUNGE && kind != TS_VANISHED)
		imapsrv_op_uids(op, one);
	if (kind != TS_FETCH && kind != TS_STORE && kind != TS_STOREANNOTATIONS)
		imapsrv_op_row(op, &row);
	if (kind != TS_READ)
		imapsrv_op_bytes(op, "x", 1);
	if (kind != TS_FINISH && kind != TS_REPLACE)
		imapsrv_op_appended(op, 1, one);
	if (kind != TS_COPY && kind != TS_MOVE)
		imapsrv_op_copied(op, 1, one, one);
	if (kind != TS_SORT)
		imapsrv_op_order(op, &row.uid, 1);
	if (kind != TS_THREAD)
		imapsrv_op_thread(op, &member, 1);
	if (kind != TS_SEARCH)
		imapsrv_op_found(op, NULL, one, none);
	if (kind != TS_STATUS)
		imapsrv_op_status(op, &status);
	if (kind != TS_EXPUNGE && kind != TS_MOVE && kind != TS_REPLACE && kind != TS_COPY)
		imapsrv_op_modseq(op, 1);
	if (kind != TS_SASL)
		imapsrv_op_challenge(op, "x", 1);
	if (kind != TS_CREATE)
		imapsrv_op_mailboxid(op, (struct imapsrv_span){"x", 1});
	imapsrv_op_entry(op, NULL);
	imapsrv_op_annotation(op, 1, NULL);
	imapsrv_op_quota(op, NULL);
	imapsrv_op_keys(op, NULL);
	imapsrv_op_acl(op, NULL);
}

/* An answer that hands over something of the host's, and does not reach the library. */
static void take_back(struct ts_op *q, const struct ts_answer *a)
{
	if (a->handle)
		ts_handle_close(q->link->ts, a->handle);
	q->link->ts->hostile.lost |= a->handle != NULL;
}

static int play(struct ts_op *q, struct ts_answer *a)
{
	struct ts_hostile *h = &q->link->ts->hostile;
	struct imapsrv_op *op = q->op;
	struct ts_answer spoiled = *a;

	h->played++;
	h->kind = a->kind;
	switch (h->trick) {
	case TS_TWICE:
		a->give(op, a);
		a->give(op, a);
		/* A mailbox that may not be read is not looked at. */
		h->must += a->handle && !q->link->ts->acl.on;
		return 0;
	case TS_LEFT_OUT:
		/* An op that is never ended is another fault. */
		if (a->ends)
			return a->give(op, a);
		take_back(q, a);
		h->must += a->handle && q->kind != TS_LOGIN && q->kind != TS_SASL;
		return 0;
	case TS_OTHERS:
		give_others(op, q->kind);
		h->must++;
		a->give(op, a);
		return 0;
	case TS_ENDED:
		a->give(op, a);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
		h->must++;
		return 0;
	case TS_ENDED_FIRST:
		imapsrv_op_done(op, IMAPSRV_NO, ts_odd_text);
		a->give(op, a);
		h->must++;
		take_back(q, a);
		return 0;
	case TS_STALE:
		if (h->last && h->last != op && h->last_of == q->link->session) {
			imapsrv_op_done(h->last, IMAPSRV_NO, NULL);
			h->must++;
		}
		a->give(op, a);
		return 0;
	case TS_EVENTS:
		ts_post_everything(q->link);
		a->give(op, a);
		ts_post_everything(q->link);
		return 0;
	default:
		if (a->spoil)
			a->spoil(&spoiled, h->trick);
		if (spoiled.give(op, &spoiled) == IMAPSRV_EINVAL) {
			take_back(q, a);
			h->must++;
		}
		h->must += a->ends && (h->trick == TS_HIGH || h->trick == TS_TURNED);
		return 0;
	}
}

int ts_say(struct imapsrv_op *op, struct ts_answer *a)
{
	struct ts_op *q = imapsrv_op_get_data(op);
	struct ts_hostile *h;
	int rc;

	if (!q)
		return a->give(op, a);
	ts_between(q->link);
	h = &q->link->ts->hostile;
	h->answers++;
	rc = knows_tricks(h) ? play(q, a) : a->give(op, a);
	if (a->ends) {
		h->last = op;
		h->last_of = q->link->session;
	}
	return h->played ? 0 : rc;
}
