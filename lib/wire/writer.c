/* SPDX-License-Identifier: MIT */
/*
 * Values to bytes (RFC 9051 9), and the only place that quotes.  Names, texts and flags come from
 * clients and hosts alike; none is trusted.  Invariant: outside a literal's octets this file puts
 * out CR and LF only as the pair that it means to write, and no NUL at all, so that no value can
 * end a response and begin another (response injection), nor end its own quotes.
 */
#include "wire/writer.h"

#include "base/calendar.h"
#include "base/utf7.h"
#include "base/utf8.h"
#include "wire/chars.h"

/* Clients with line limits cope with this much inside quotes; and it fits a chunk when every octet
 * is escaped. */
#define QUOTED_MAX 1024u

#define DECIMAL_MAX 20u /* digits of a 64-bit number */

void isrv_writer_init(struct isrv_writer *w, struct isrv_outq *q)
{
	w->q = q;
	w->utf8 = false;
	w->utf8_text = false;
	w->failed = w->literal8 = false;
}

void isrv_w_put(struct isrv_writer *w, const void *data, size_t len)
{
	if (!w->failed && !isrv_outq_add(w->q, data, len))
		w->failed = true;
}

void isrv_w_cstr(struct isrv_writer *w, const char *constant)
{
	isrv_w_raw(w, constant, strlen(constant));
}

void isrv_w_crlf(struct isrv_writer *w)
{
	ISRV_W(w, "\r\n");
}

void isrv_w_u64(struct isrv_writer *w, uint64_t n)
{
	if (isrv_w_room(w, DECIMAL_MAX))
		w->q->at += isrv_ascii_u64(w->q->at, n);
}

/* tag = 1*<any ASTRING-CHAR except "+"> */
void isrv_w_tag(struct isrv_writer *w, const char *data, size_t len)
{
	if (len > 0 && isrv_char_span(data, len, ISRV_CHAR_TAG) == len)
		isrv_w_raw(w, data, len);
	else
		ISRV_W(w, "*");
}

/* Whether quoted can hold the octets; *escapes_r of them need a backslash. */
static bool is_quotable(const struct isrv_writer *w, const char *data, size_t len,
			size_t *escapes_r)
{
	size_t escapes = 0;
	bool wide = false;
	size_t i;

	if (len > QUOTED_MAX)
		return false;
	for (i = 0; i < len; i++) {
		if (isrv_char_is(data[i], ISRV_CHAR_PLAIN))
			continue;
		if (data[i] == '"' || data[i] == '\\')
			escapes++;
		else if ((unsigned char)data[i] >= 0x80)
			wide = true;
		else
			return false;
	}
	*escapes_r = escapes;
	return !wide || (w->utf8 && isrv_utf8_valid(data, len));
}

/*
 * quoted         = DQUOTE *QUOTED-CHAR DQUOTE
 * QUOTED-CHAR    = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials /
 *                  UTF8-2 / UTF8-3 / UTF8-4
 */
static void put_quoted(struct isrv_writer *w, const char *data, size_t len, size_t escapes)
{
	char *at;
	size_t i;

	if (!isrv_w_room(w, len + escapes + 2))
		return;
	at = w->q->at;
	*at++ = '"';
	if (escapes == 0 && len > 0) {
		memcpy(at, data, len);
		at += len;
	} else {
		for (i = 0; i < len; i++) {
			if (data[i] == '"' || data[i] == '\\')
				*at++ = '\\';
			*at++ = data[i];
		}
	}
	*at++ = '"';
	w->q->at = at;
}

void isrv_w_string(struct isrv_writer *w, const char *data, size_t len)
{
	size_t escapes;

	if (is_quotable(w, data, len, &escapes)) {
		put_quoted(w, data, len, escapes);
		return;
	}
	isrv_w_literal(w, len, false);
	/* literal = "{" number64 "}" CRLF *CHAR8, where CHAR8 is any octet but NUL. */
	while (len > 0 && !w->failed) {
		const char *nul = memchr(data, '\0', len);
		size_t n = nul ? (size_t)(nul - data) : len;

		isrv_w_put(w, data, n);
		if (nul) {
			ISRV_W(w, "?");
			n++;
		}
		data += n;
		len -= n;
	}
}

/* nstring = string / nil */
void isrv_w_nstring(struct isrv_writer *w, const char *data, size_t len)
{
	if (data)
		isrv_w_string(w, data, len);
	else
		ISRV_W(w, "NIL");
}

void isrv_w_value(struct isrv_writer *w, const char *data, size_t len)
{
	if (!len || !memchr(data, '\0', len)) {
		isrv_w_nstring(w, data, len);
		return;
	}
	isrv_w_literal(w, len, true);
	isrv_w_bytes(w, data, len);
}

/* astring = 1*ASTRING-CHAR / string */
void isrv_w_astring(struct isrv_writer *w, const char *data, size_t len)
{
	if (len > 0 && isrv_char_span(data, len, ISRV_CHAR_ASTRING) == len &&
	    !isrv_ascii_is(data, len, "NIL"))
		isrv_w_put(w, data, len);
	else
		isrv_w_string(w, data, len);
}

/* The name in modified UTF-7 (RFC 3501 5.1.3); as a literal of the octets if it is not UTF-8. */
static void put_utf7(struct isrv_writer *w, const char *utf8, size_t len)
{
	char few[512];
	char *out = few;
	size_t size = isrv_utf7_encoded_max(len);
	size_t n;

	if (w->failed)
		return;
	if (size > sizeof(few)) {
		out = isrv_mem_alloc(w->q->mem, size);
		if (!out) {
			w->failed = true;
			return;
		}
	}
	if (isrv_utf7_put(out, size, &n, utf8, len))
		isrv_w_astring(w, out, n);
	else
		isrv_w_string(w, utf8, len);
	if (out != few)
		isrv_mem_free(w->q->mem, out, size);
}

/* mailbox = "INBOX" / astring */
void isrv_w_mailbox(struct isrv_writer *w, const char *utf8, size_t len)
{
	if (isrv_ascii_is(utf8, len, "INBOX"))
		ISRV_W(w, "INBOX");
	else if (w->utf8 || (isrv_char_span(utf8, len, ISRV_CHAR_PRINT) == len &&
			     (len == 0 || !memchr(utf8, '&', len))))
		isrv_w_astring(w, utf8, len);
	else
		put_utf7(w, utf8, len);
}

/* text = 1*(TEXT-CHAR / UTF8-2 / UTF8-3 / UTF8-4), and never a resp-text-code at its start. */
void isrv_w_text(struct isrv_writer *w, const char *data, size_t len)
{
	bool begun = false; /* something other than a space was written */

	if (len == 0)
		ISRV_W(w, "-");
	while (len > 0 && isrv_w_room(w, 4)) {
		char *at = w->q->at;
		uint32_t code;
		size_t n;

		if (begun && (n = isrv_char_span(data, len, ISRV_CHAR_PRINT)) > 0) {
			isrv_w_raw(w, data, n);
		} else if ((unsigned char)*data < 0x80) {
			n = 1;
			*at = isrv_char_is(*data, ISRV_CHAR_PRINT) ? *data : ' ';
			if (*at == '[' && !begun)
				*at = '(';
			begun = begun || *at != ' ';
			w->q->at++;
		} else if (w->utf8_text &&
			   (n = isrv_utf8_next(data, len, &code)) > 0) {
			memcpy(at, data, n);
			w->q->at += n;
			begun = true;
		} else {
			n = 1;
			*w->q->at++ = '?';
			begun = true;
		}
		data += n;
		len -= n;
	}
}

/* Each with its space, in rows of 16 octets, of which always the same number is copied: then the
 * copy is two moves and the index a shift. */
enum {
	FLAG_MAX = 10,
	SYSTEM_FLAGS = 6,
	RECENT = 1 << 5,
	FLAGS_MAX = (SYSTEM_FLAGS + 1) * FLAG_MAX
};
static const struct {
	char text[15];
	uint8_t len;
} system_flags[SYSTEM_FLAGS] = {
	{" \\Seen", 6},	   {" \\Answered", FLAG_MAX}, {" \\Flagged", 9},
	{" \\Deleted", 9}, {" \\Draft", 7},	      {" \\Recent", 8},
};

/* What follows the system flags, and ")". */
static void put_keywords(struct isrv_writer *w, const struct imapsrv_flags *flags, bool recent)
{
	bool first = !recent && !(flags->system & IMAPSRV_SYSTEM_FLAGS);
	uint32_t i;

	for (i = 0; i < flags->keyword_count; i++) {
		struct imapsrv_span word = flags->keywords[i];

		/* flag-keyword = atom; a keyword that is none is left out (response injection). */
		if (word.len == 0 ||
		    isrv_char_span(word.data, word.len, ISRV_CHAR_ATOM) != word.len)
			continue;
		if (!first)
			ISRV_W(w, " ");
		first = false;
		isrv_w_raw(w, word.data, word.len);
	}
	ISRV_W(w, ")");
}

/* flag-list = "(" [flag *(SP flag)] ")" */
/* "(" and the flags, at `at`, which has FLAGS_MAX octets of room; without ")". */
static inline char *put_system_flags(char *at, const struct imapsrv_flags *flags, bool recent)
{
	uint32_t bits = (flags->system & IMAPSRV_SYSTEM_FLAGS) | (recent ? RECENT : 0);
	char *begin = at;

	at += bits == 0;
	for (size_t i = 0; bits; i++, bits >>= 1) {
		if (bits & 1) {
			memcpy(at, system_flags[i].text, FLAG_MAX);
			at += system_flags[i].len;
		}
	}
	*begin = '('; /* in the place of the first flag's space */
	return at;
}

void isrv_w_flags(struct isrv_writer *w, const struct imapsrv_flags *flags, bool recent)
{
	if (!isrv_w_room(w, FLAGS_MAX))
		return;
	w->q->at = put_system_flags(w->q->at, flags, recent);
	if (flags->keyword_count > 0)
		put_keywords(w, flags, recent);
	else
		*w->q->at++ = ')';
}

void isrv_w_fetch_begin(struct isrv_writer *w, uint32_t seq, uint32_t uid)
{
	ISRV_W(w, "* ");
	isrv_w_u32(w, seq ? seq : uid);
	if (seq)
		ISRV_W(w, " FETCH (");
	else
		ISRV_W(w, " UIDFETCH (");
}

/* The end of the two lines that servers write most: one look for room, then straight on. */
static inline void put_flags_end(struct isrv_writer *w, char *at, const struct imapsrv_flags *flags,
                                 bool recent)
{
	memcpy(at, "FLAGS ", 6);
	w->q->at = put_system_flags(at + 6, flags, recent);
	if (flags->keyword_count == 0) {
		memcpy(w->q->at, "))\r\n", 4);
		w->q->at += 4;
		return;
	}
	put_keywords(w, flags, recent);
	ISRV_W(w, ")\r\n");
}

void isrv_w_uidfetch_flags(struct isrv_writer *w, uint32_t uid, const struct imapsrv_flags *flags,
                           bool recent)
{
	char *at;

	if (!isrv_w_room(w, FLAGS_MAX + 64))
		return;
	at = w->q->at;
	memcpy(at, "* ", 2);
	at += 2;
	at += isrv_ascii_u32(at, uid);
	memcpy(at, " UIDFETCH (", 11);
	put_flags_end(w, at + 11, flags, recent);
}

void isrv_w_fetch_flags(struct isrv_writer *w, uint32_t seq, uint32_t uid,
                        const struct imapsrv_flags *flags, bool recent)
{
	char *at;

	if (!isrv_w_room(w, FLAGS_MAX + 64))
		return;
	at = w->q->at;
	memcpy(at, "* ", 2);
	at += 2;
	at += isrv_ascii_u32(at, seq);
	memcpy(at, " FETCH (", 8);
	at += 8;
	if (uid) {
		memcpy(at, "UID ", 4);
		at += 4;
		at += isrv_ascii_u32(at, uid);
		*at++ = ' ';
	}
	put_flags_end(w, at, flags, recent);
}

void isrv_w_fetch_modseq(struct isrv_writer *w, uint32_t seq, uint32_t uid,
                         const struct imapsrv_flags *flags, bool recent, uint64_t modseq)
{
	isrv_w_fetch_begin(w, seq, uid);
	if (uid && seq) {
		ISRV_W(w, "UID ");
		isrv_w_u32(w, uid);
		ISRV_W(w, " ");
	}
	if (flags) {
		ISRV_W(w, "FLAGS ");
		isrv_w_flags(w, flags, recent);
		ISRV_W(w, " ");
	}
	ISRV_W(w, "MODSEQ (");
	isrv_w_u64(w, modseq);
	ISRV_W(w, "))");
	isrv_w_crlf(w);
}

static char *put_two(char *at, int n)
{
	*at++ = (char)('0' + n / 10);
	*at++ = (char)('0' + n % 10);
	return at;
}

static int64_t clamped(int64_t n, int64_t least, int64_t most)
{
	return n < least ? least : n > most ? most : n;
}

/*
 * date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
 * date-day-fixed = (SP DIGIT) / 2DIGIT
 */
void isrv_w_datetime(struct isrv_writer *w, int64_t utc_seconds, int zone)
{
	const int64_t day = ISRV_CALENDAR_DAY_SECONDS;
	const int64_t least = ISRV_CALENDAR_DAY_MIN * day;
	const int64_t most = (ISRV_CALENDAR_DAY_MAX + 1) * day - 1;
	const int minutes = (int)clamped(zone, -14 * 60, 14 * 60);
	struct isrv_date date;
	int64_t local;
	int second;
	char *at;

	/* Twice, so that neither the sum overflows nor the zone leads out of the years. */
	local = clamped(utc_seconds, least, most) + minutes * 60;
	local = clamped(local, least, most) - least;
	date = isrv_calendar_date(local / day + ISRV_CALENDAR_DAY_MIN);
	second = (int)(local % day);
	if (!isrv_w_room(w, sizeof("\"17-Jul-1996 02:44:25 -0700\"")))
		return;
	at = w->q->at;
	*at++ = '"';
	at = put_two(at, date.day);
	if (date.day < 10)
		at[-2] = ' ';
	*at++ = '-';
	memcpy(at, isrv_calendar_month_name(date.month), 3);
	at += 3;
	*at++ = '-';
	at = put_two(put_two(at, date.year / 100), date.year % 100);
	*at++ = ' ';
	at = put_two(at, second / 3600);
	*at++ = ':';
	at = put_two(at, second / 60 % 60);
	*at++ = ':';
	at = put_two(at, second % 60);
	*at++ = ' ';
	*at++ = minutes < 0 ? '-' : '+';
	at = put_two(at, (minutes < 0 ? -minutes : minutes) / 60);
	at = put_two(at, (minutes < 0 ? -minutes : minutes) % 60);
	*at++ = '"';
	w->q->at = at;
}

/* sequence-set = (seq-number / seq-range) ["," sequence-set] */
void isrv_w_set(struct isrv_writer *w, struct imapsrv_set set)
{
	size_t i;

	for (i = 0; i < set.count && isrv_w_room(w, 2 * DECIMAL_MAX + 2); i++) {
		struct isrv_outq *q = w->q;

		if (i > 0)
			*q->at++ = ',';
		q->at += isrv_ascii_u32(q->at, set.ranges[i].first);
		if (set.ranges[i].last != set.ranges[i].first) {
			*q->at++ = ':';
			q->at += isrv_ascii_u32(q->at, set.ranges[i].last);
		}
	}
}

/*
 * literal  = "{" number64 "}" CRLF *CHAR8
 * literal8 = "~{" number64 "}" CRLF *OCTET
 * A server sends no "+" (RFC 9051 4.3).
 */
void isrv_w_literal(struct isrv_writer *w, uint64_t size, bool literal8)
{
	if (literal8)
		ISRV_W(w, "~");
	ISRV_W(w, "{");
	isrv_w_u64(w, size);
	ISRV_W(w, "}\r\n");
	w->literal8 = literal8;
}

/* Of a literal that cannot carry NUL. */
static void put_without_nul(struct isrv_writer *w, const char *at, size_t len)
{
	while (len && isrv_w_room(w, 1)) {
		struct isrv_outq *q = w->q;
		size_t n = (size_t)(q->limit - q->at);

		if (n > len)
			n = len;
		for (size_t i = 0; i < n; i++)
			q->at[i] = at[i] ? at[i] : '?';
		q->at += n;
		at += n;
		len -= n;
	}
}

void isrv_w_bytes(struct isrv_writer *w, const void *data, size_t len)
{
	if (!w->literal8 && len && memchr(data, '\0', len))
		put_without_nul(w, data, len);
	else
		isrv_w_put(w, data, len);
}

void isrv_w_lend(struct isrv_writer *w, const void *data, size_t len, isrv_outq_release *release,
		 void *user)
{
	if (!w->failed && isrv_outq_lend(w->q, data, len, release, user))
		return;
	w->failed = true;
	if (release)
		release(user, data, len);
}
