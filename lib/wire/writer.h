/* SPDX-License-Identifier: MIT */
/*
 * wire/writer - values to bytes: the one place that quotes, and the one way into the output
 * queue.  Nothing that comes from a client or a host can make it emit a CR, LF or NUL outside a
 * literal, or end a string early (ATTACKS: response injection).
 *
 * Failure is sticky: after an allocation failed every call does nothing, and isrv_writer_failed
 * says so at the end; no call needs its own check.
 */
#ifndef ISRV_WIRE_WRITER_H
#define ISRV_WIRE_WRITER_H

#include <string.h>

#include "base/ascii.h"
#include "wire/outq.h"

struct isrv_writer {
	struct isrv_outq *q;
	bool utf8_text; /* texts for humans may be UTF-8 */
	bool utf8; /* mailbox names and quoted strings may be UTF-8 (ENABLE IMAP4rev2 or
		      UTF8=ACCEPT) */
	bool failed;
	bool literal8; /* the last literal is one */
};

void isrv_writer_init(struct isrv_writer *w, struct isrv_outq *q);

/* Octets as they are, the slow way: what isrv_w_raw and isrv_w_bytes fall back to. */
void isrv_w_put(struct isrv_writer *w, const void *data, size_t len);

/* Protocol constants written in our own code; never anything else. */
static inline void isrv_w_raw(struct isrv_writer *w, const char *data, size_t len)
{
	struct isrv_outq *q = w->q;

	if (!w->failed && (size_t)(q->limit - q->at) > len) { /* no open chunk: both are NULL */
		memcpy(q->at, data, len);
		q->at += len;
	} else {
		isrv_w_put(w, data, len);
	}
}
#define ISRV_W(w, constant) isrv_w_raw((w), "" constant, sizeof(constant) - 1)
void isrv_w_cstr(struct isrv_writer *w, const char *constant);
void isrv_w_crlf(struct isrv_writer *w);

/* Room for n octets (at most ISRV_OUTQ_CHUNK) at w->q->at; false, for good, if there is none. */
static inline bool isrv_w_room(struct isrv_writer *w, size_t n)
{
	if (!w->failed && !isrv_outq_room(w->q, n))
		w->failed = true;
	return !w->failed;
}

static inline void isrv_w_u32(struct isrv_writer *w, uint32_t n)
{
	if (isrv_w_room(w, 10))
		w->q->at += isrv_ascii_u32(w->q->at, n);
}
void isrv_w_u64(struct isrv_writer *w, uint64_t n);

/* A tag as it was read (1*<ASTRING-CHAR but "+">): writes "*" should it be anything else. */
void isrv_w_tag(struct isrv_writer *w, const char *data, size_t len);
/* RFC 9051 9 string: quoted where that can hold it (no CR, LF, NUL, 8-bit only as valid UTF-8 in
 * UTF-8 mode, at most 1024 octets), else a literal; a NUL, which neither can carry, becomes "?". */
void isrv_w_string(struct isrv_writer *w, const char *data, size_t len);
/* NULL data is NIL. */
void isrv_w_nstring(struct isrv_writer *w, const char *data, size_t len);
/* value = nstring / literal8 (RFC 5257 5, RFC 5464 5): literal8 where it holds a NUL. */
void isrv_w_value(struct isrv_writer *w, const char *data, size_t len);
/* An atom where the bytes allow it and they do not spell NIL, else a string. */
void isrv_w_astring(struct isrv_writer *w, const char *data, size_t len);
/* A mailbox name, given in UTF-8, in the session's encoding: UTF-8 or modified UTF-7 (RFC
 * 9051 5.1). INBOX in any case is written INBOX. */
void isrv_w_mailbox(struct isrv_writer *w, const char *utf8, size_t len);
/* resp-text behind a code: control characters become spaces, 8-bit octets "?" unless in UTF-8
 * mode and valid; empty text becomes "-"; a "[" at the start or behind nothing but spaces, which
 * would read as a code, is "(". */
void isrv_w_text(struct isrv_writer *w, const char *data, size_t len);

/* "(\Seen \Recent kw)": system bits, \Recent if told, then those keywords that are atoms. */
void isrv_w_flags(struct isrv_writer *w, const struct imapsrv_flags *flags, bool recent);
/* "* seq FETCH (", or with seq 0 "* uid UIDFETCH (" (RFC 9586 3.3). */
void isrv_w_fetch_begin(struct isrv_writer *w, uint32_t seq, uint32_t uid);
/* A whole response: "* seq FETCH (UID uid FLAGS (...))" CRLF; uid 0 leaves it out. */
void isrv_w_fetch_flags(struct isrv_writer *w, uint32_t seq, uint32_t uid,
                        const struct imapsrv_flags *flags, bool recent);
/* "* uid UIDFETCH (FLAGS (...))" CRLF */
void isrv_w_uidfetch_flags(struct isrv_writer *w, uint32_t uid, const struct imapsrv_flags *flags,
                           bool recent);
/* FETCH, or with seq 0 UIDFETCH, with MODSEQ at its end (RFC 7162 3.1.4.2); flags NULL leaves them
 * out. */
void isrv_w_fetch_modseq(struct isrv_writer *w, uint32_t seq, uint32_t uid,
                         const struct imapsrv_flags *flags, bool recent, uint64_t modseq);
/* date-time with its quotes, in the zone of `zone` minutes east of UTC (clamped to +-14 h).
 * Years outside 0000-9999 are clamped. */
void isrv_w_datetime(struct isrv_writer *w, int64_t utc_seconds, int zone);
/* sequence-set of an ascending set: "1:3,5".  Nothing for an empty one. */
void isrv_w_set(struct isrv_writer *w, struct imapsrv_set set);

/* "{n}" CRLF, or "~{n}" CRLF: the next `size` octets put by isrv_w_bytes or isrv_w_lend are its
 * content, exactly; but a NUL is for literal8 alone (RFC 9051 9), and becomes "?" elsewhere. */
void isrv_w_literal(struct isrv_writer *w, uint64_t size, bool literal8);
void isrv_w_bytes(struct isrv_writer *w, const void *data, size_t len);
/* There is no NUL in it.  Takes the lent memory over, also when it fails: release is called once in
 * every case. */
void isrv_w_lend(struct isrv_writer *w, const void *data, size_t len, isrv_outq_release *release,
		 void *user);

static inline bool isrv_writer_failed(const struct isrv_writer *w)
{
	return w->failed;
}

#endif
