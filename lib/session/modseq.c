/* SPDX-License-Identifier: MIT */
/*
 * session/modseq - HIGHESTMODSEQ, and who gets modification sequences at all.
 *
 * "If the server sends MODSEQ FETCH data items while EXPUNGE (or VANISHED) replies with lower
 * mod-sequences being delayed, the server MUST send the HIGHESTMODSEQ response code with a
 * lower value than the EXPUNGE's" (RFC 7162 3.2).
 * What is pending came after the moment at
 * which nothing was, so its sequences are above the value of that moment.
 */
#include "session/modseq.h"

void isrv_modseq_put_highest(struct imapsrv_session *s)
{
	if (!s->view->modseq_told) {
		isrv_untagged(s, "OK", "NOMODSEQ", "No modification sequences here");
		return;
	}
	ISRV_W(&s->w, "* OK [HIGHESTMODSEQ ");
	isrv_w_u64(&s->w, s->view->modseq_told);
	ISRV_W(&s->w, "] Highest modification sequence");
	isrv_w_crlf(&s->w);
}

void isrv_modseq_enable(struct imapsrv_session *s, uint32_t what)
{
	bool first = !(s->enabled & ISRV_ENABLED_CONDSTORE);

	s->enabled |= what | ISRV_ENABLED_CONDSTORE;
	/* RFC 7162 3.1: unless NOMODSEQ was said when the mailbox was selected. */
	if (first && s->view && s->view->modseq_told)
		isrv_modseq_put_highest(s);
}

bool isrv_modseq_require(struct imapsrv_session *s)
{
	if (!s->view->modseq_told) {
		isrv_bad(s, "This mailbox has no modification sequences");
		return false;
	}
	isrv_modseq_enable(s, 0);
	return true;
}

uint64_t isrv_modseq_highest(struct imapsrv_session *s)
{
	struct isrv_view *v = s->view;

	if (v->modseq_told && !isrv_view_pending(v, ISRV_PENDING_ALL))
		v->modseq_told = v->modseq_seen;
	return v->modseq_told;
}

void isrv_modseq_expunged(struct imapsrv_session *s)
{
	struct isrv_view *v = s->view;

	if (!v->modseq_told)
		return;
	if (!s->result.modseq)
		isrv_session_fault(s, "messages were expunged without imapsrv_op_modseq");
	else if (s->result.modseq < v->modseq_seen)
		isrv_session_fault(s, "modification sequences that run backwards");
	else
		v->modseq_seen = s->result.modseq;
	/* RFC 7162 3.2.7: the tagged OK tells it. */
	s->modseq_due = (s->enabled & ISRV_ENABLED_QRESYNC) != 0;
}

static void put_code(struct imapsrv_session *s, void *args)
{
	(void)args;
	ISRV_W(&s->w, "HIGHESTMODSEQ ");
	isrv_w_u64(&s->w, s->view->modseq_told);
}

void isrv_modseq_settle(struct imapsrv_session *s, bool tagged)
{
	struct isrv_reply *reply = &s->reply;

	if (!s->view || !isrv_modseq_shown(s))
		return;
	if (isrv_modseq_highest(s) == s->view->modseq_seen && !s->modseq_due)
		return;
	if (tagged && reply->status == ISRV_REPLY_OK && !reply->code && !reply->put_code) {
		reply->put_code = put_code;
		return;
	}
	isrv_modseq_put_highest(s);
}
