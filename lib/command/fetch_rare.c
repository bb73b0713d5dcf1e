/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/fetch_rare.h"

#include "command/fetch_line.h"

static void put_id(struct isrv_writer *w, struct imapsrv_span id)
{
	ISRV_W(w, "(");
	isrv_w_raw(w, id.data, id.len); /* checked when the row came */
	ISRV_W(w, ")");
}

void isrv_fetch_put_rare(struct imapsrv_session *s, uint32_t asked, const struct imapsrv_row *row,
                         bool *first)
{
	struct isrv_writer *w = &s->w;
	uint32_t has = row->facts;

	/* RFC 8474 7, fetch-emailid-resp: there is no NIL. */
	if (asked & IMAPSRV_FACT_EMAILID && !(has & IMAPSRV_FACT_EMAILID)) {
		isrv_session_fault(s, "a message without an EMAILID");
	} else if (asked & IMAPSRV_FACT_EMAILID) {
		isrv_fetch_separate(w, first);
		ISRV_W(w, "EMAILID ");
		put_id(w, row->emailid);
	}
	if (asked & IMAPSRV_FACT_THREADID) {
		isrv_fetch_separate(w, first);
		ISRV_W(w, "THREADID ");
		if (has & IMAPSRV_FACT_THREADID)
			put_id(w, row->threadid);
		else
			ISRV_W(w, "NIL");
	}
	if (asked & IMAPSRV_FACT_SAVEDATE) {
		isrv_fetch_separate(w, first);
		ISRV_W(w, "SAVEDATE ");
		if (has & IMAPSRV_FACT_SAVEDATE)
			isrv_w_datetime(w, row->save_date, row->save_zone);
		else
			ISRV_W(w, "NIL");
	}
}
