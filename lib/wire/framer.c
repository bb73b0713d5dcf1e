/* SPDX-License-Identifier: MIT */
/*
 * A line ends at LF, found by memchr; whether it announces a literal (RFC 9051 4.3, RFC 7888 3) is
 * read off its last octets only.  A line that did not fit is dropped, and its end is still followed
 * by a small automaton, octet by octet but only from the last one that cannot be part of an
 * announcement: however long the digits are, a literal is seen whether its line was kept or not, so
 * no client can make us take a literal's octets for commands (command smuggling, RFC 7888 4).
 *
 * Invariant: events and their order depend on the octets alone, not on how the input was cut.
 * Where RFC 7888 4 leaves a choice for a non-synchronizing literal that is not wanted, we drop it
 * up to drop_max octets, and beyond that the link is to be closed.
 */
#include "wire/framer.h"

#include <string.h>

enum state {
	LINE,	   /* in a line that is kept */
	ANNOUNCED, /* waiting for the answer to LITERAL */
	OCTETS,	   /* in an accepted literal */
	DROP_LINE,
	DROP_OCTETS,
	ENDED, /* DROPPED is to be said */
	SAID,  /* COMMAND or DROPPED was said */
	FLOODED,
	BROKEN /* no memory */
};

/* literal  = "{" number64 ["+"] "}" CRLF *CHAR8
 * literal8 = "~{" number64 ["+"] "}" CRLF *OCTET       (RFC 7888 8, RFC 4466) */
enum tail { NOTHING, TILDE, OPEN, DIGITS, PLUS, CLOSED, CLOSED_CR };

void isrv_framer_init(struct isrv_framer *f, size_t command_max, uint64_t drop_max)
{
	memset(f, 0, sizeof(*f));
	isrv_buf_init(&f->buf, command_max);
	f->drop_max = drop_max;
}

void isrv_framer_clear(struct isrv_framer *f, struct isrv_mem *mem)
{
	isrv_buf_clear_secret(&f->buf, mem);
	isrv_framer_init(f, f->buf.max, f->drop_max);
}

void isrv_framer_next(struct isrv_framer *f)
{
	if (f->state == FLOODED || f->state == BROKEN)
		return;
	f->buf.len = 0;
	f->line = 0;
	f->literal_size = 0;
	f->left = 0;
	f->dropped = 0;
	f->state = LINE;
	f->tail = NOTHING;
	f->literal_sync = false;
	f->literal8 = false;
	f->too_big = false;
}

void isrv_framer_wipe(struct isrv_framer *f)
{
	/* All of it: an earlier, longer command may have left its octets behind this one. */
	if (f->buf.data)
		isrv_mem_wipe(f->buf.data, f->buf.cap);
	f->buf.len = 0;
	f->line = 0;
}

/* ---- announcements ------------------------------------------------------------------------- */

static bool can_be_announcement(char c)
{
	return (c >= '0' && c <= '9') || c == '}' || c == '+' || c == '{' || c == '~' || c == '\r';
}

static enum tail tail_step(struct isrv_framer *f, char c)
{
	const enum tail was = f->tail;

	switch (c) {
	case '~':
		return TILDE;
	case '{':
		f->literal8 = was == TILDE;
		f->literal_size = 0;
		return OPEN;
	case '+':
		return was == DIGITS ? PLUS : NOTHING;
	case '}':
		f->literal_sync = was == DIGITS;
		return was == DIGITS || was == PLUS ? CLOSED : NOTHING;
	case '\r':
		return was == CLOSED ? CLOSED_CR : NOTHING;
	default:
		break;
	}
	if (was != OPEN && was != DIGITS)
		return NOTHING;
	/* A size that cannot be expressed stays the largest there is (integer overflow). */
	if (f->literal_size > (UINT64_MAX - 9) / 10)
		f->literal_size = UINT64_MAX;
	else
		f->literal_size = f->literal_size * 10 + (uint64_t)(c - '0');
	return DIGITS;
}

/* The line goes on with these octets (no LF among them). */
static void tail_take(struct isrv_framer *f, const char *data, size_t len)
{
	size_t i = len;

	while (i > 0 && can_be_announcement(data[i - 1]))
		i--;
	if (i > 0)
		f->tail = NOTHING;
	for (; i < len; i++)
		f->tail = (uint8_t)tail_step(f, data[i]);
}

/* Whether the line that ends here announces a literal. */
static bool tail_announces(const struct isrv_framer *f)
{
	return !f->lines_only && (f->tail == CLOSED || f->tail == CLOSED_CR);
}

/* ---- dropping ------------------------------------------------------------------------------ */

/* n octets of the command were dropped; false if that is more than may be. */
static bool drop(struct isrv_framer *f, uint64_t n)
{
	if (n > f->drop_max - f->dropped) {
		f->state = FLOODED;
		return false;
	}
	f->dropped += n;
	return true;
}

/* The literal that was announced is not kept, and neither is what is left of the command. */
static void drop_literal(struct isrv_framer *f)
{
	if (f->literal_sync) {
		/* The client waits; our answer to the command is what it gets. */
		f->state = ENDED;
		return;
	}
	if (f->literal_size > f->drop_max - f->dropped) {
		/* Reading it all would not end in anything but closing the link. */
		f->state = FLOODED;
		return;
	}
	f->left = f->literal_size;
	f->state = f->left > 0 ? DROP_OCTETS : DROP_LINE;
	f->tail = NOTHING;
}

static size_t take_drop_octets(struct isrv_framer *f, size_t len)
{
	size_t n = f->left < len ? (size_t)f->left : len;

	if (drop(f, n)) {
		f->left -= n;
		if (f->left == 0)
			f->state = DROP_LINE;
	}
	return n;
}

static size_t take_drop_line(struct isrv_framer *f, const char *data, size_t len)
{
	const char *lf = memchr(data, '\n', len);
	size_t n = lf ? (size_t)(lf - data) : len;

	tail_take(f, data, n);
	if (!lf) {
		(void)drop(f, n);
		return n;
	}
	if (!drop(f, n + 1))
		return n + 1;
	if (tail_announces(f))
		drop_literal(f);
	else
		f->state = ENDED;
	return n + 1;
}

/* ---- keeping ------------------------------------------------------------------------------- */

/* As many of the octets as the budget has room for; *n_r is how many. */
static bool keep(struct isrv_framer *f, struct isrv_mem *mem, const char *data, size_t len,
		 size_t *n_r)
{
	size_t n = f->buf.max - f->buf.len;

	if (n > len)
		n = len;
	*n_r = n;
	if (n && n <= f->buf.cap - f->buf.len) { /* as a rule */
		memcpy(f->buf.data + f->buf.len, data, n);
		f->buf.len += n;
		return true;
	}
	/* That a line holds a password is known when all of it has come. */
	if (isrv_buf_add_secret(&f->buf, mem, data, n))
		return true;
	f->state = BROKEN;
	return false;
}

/* The command has passed its budget; what is in buf stays, the rest of the line is dropped. */
static void overflow(struct isrv_framer *f)
{
	f->too_big = true;
	f->state = DROP_LINE;
	f->tail = NOTHING;
	if (f->buf.len > f->line)
		tail_take(f, f->buf.data + f->line, f->buf.len - f->line);
}

/* The LF of a line that is in buf.  The announcement of a literal stays there, behind it always CR
 * and LF. */
static void end_line(struct isrv_framer *f, struct isrv_mem *mem)
{
	size_t len = f->buf.len - f->line;
	bool cr = len > 0 && f->buf.data[f->buf.len - 1] == '\r';
	size_t n;

	len -= cr;
	f->tail = NOTHING;
	/* Nearly every line ends here: one octet tells. */
	if (len > 0 && f->buf.data[f->line + len - 1] == '}')
		tail_take(f, f->buf.data + f->line, len);
	if (!tail_announces(f)) {
		f->buf.len -= cr;
		f->state = SAID;
		return;
	}
	n = cr ? 1 : 2;
	if (n > f->buf.max - f->buf.len) {
		f->too_big = true;
		drop_literal(f);
	} else if (keep(f, mem, &"\r\n"[2 - n], n, &n)) {
		f->state = ANNOUNCED;
	}
}

static size_t take_line(struct isrv_framer *f, struct isrv_mem *mem, const char *data, size_t len)
{
	const char *lf = memchr(data, '\n', len);
	size_t n = lf ? (size_t)(lf - data) : len;
	size_t kept;

	if (!keep(f, mem, data, n, &kept))
		return 0;
	if (kept < n) {
		overflow(f);
		return kept;
	}
	if (!lf)
		return n;
	end_line(f, mem);
	return n + 1;
}

static size_t take_octets(struct isrv_framer *f, struct isrv_mem *mem, const char *data, size_t len)
{
	size_t n = f->left < len ? (size_t)f->left : len;

	/* There is room, isrv_framer_accept saw to that. */
	if (!keep(f, mem, data, n, &n))
		return 0;
	f->left -= n;
	if (f->left == 0) {
		f->state = LINE;
		f->line = f->buf.len;
	}
	return n;
}

/* What the state says without further input, or MORE. */
static enum isrv_frame saying(struct isrv_framer *f)
{
	switch ((enum state)f->state) {
	case ANNOUNCED:
		return ISRV_FRAME_LITERAL;
	case ENDED:
		f->state = SAID;
		return ISRV_FRAME_DROPPED;
	case SAID:
		return ISRV_FRAME_COMMAND;
	case FLOODED:
		return ISRV_FRAME_FLOOD;
	case BROKEN:
		return ISRV_FRAME_NOMEM;
	default:
		return ISRV_FRAME_MORE;
	}
}

enum isrv_frame isrv_framer_feed(struct isrv_framer *f, struct isrv_mem *mem, const char *data,
				 size_t len, size_t *used_r)
{
	enum isrv_frame event;
	size_t used = 0;

	if (f->state == SAID)
		isrv_framer_next(f);
	while ((event = saying(f)) == ISRV_FRAME_MORE && used < len) {
		const char *at = data + used;
		size_t left = len - used;

		switch ((enum state)f->state) {
		case LINE:
			used += take_line(f, mem, at, left);
			break;
		case OCTETS:
			used += take_octets(f, mem, at, left);
			break;
		case DROP_LINE:
			used += take_drop_line(f, at, left);
			break;
		default:
			used += take_drop_octets(f, left);
			break;
		}
	}
	*used_r = used;
	return event;
}

/* ---- answers ------------------------------------------------------------------------------- */

bool isrv_framer_accept(struct isrv_framer *f)
{
	if (f->literal_size > f->buf.max - f->buf.len) {
		f->too_big = true;
		return false;
	}
	f->left = f->literal_size;
	f->line = f->buf.len;
	f->state = f->left > 0 ? OCTETS : LINE;
	return true;
}

void isrv_framer_stream(struct isrv_framer *f)
{
	f->buf.len = 0;
	f->line = 0;
	f->state = LINE;
}

void isrv_framer_refuse(struct isrv_framer *f)
{
	drop_literal(f);
}

/* ---- for another process ------------------------------------------------------------------- */

bool isrv_framer_pack(const struct isrv_framer *f, struct isrv_pack *p)
{
	if (f->state != LINE && f->state != OCTETS && f->state != DROP_LINE)
		return false;
	isrv_pack_u64(p, f->state);
	isrv_pack_u64(p, f->tail);
	isrv_pack_u64(p, f->literal_sync | (unsigned)f->literal8 << 1 | (unsigned)f->too_big << 2 |
	                         (unsigned)f->lines_only << 3);
	isrv_pack_u64(p, f->literal_size);
	isrv_pack_u64(p, f->left);
	isrv_pack_u64(p, f->dropped);
	isrv_pack_u64(p, f->line);
	isrv_pack_span(p, (struct imapsrv_span){f->buf.data, f->buf.len});
	return true;
}

/* Could feeding have led there? */
static bool is_sound(const struct isrv_framer *f)
{
	if (f->line > f->buf.len || f->dropped > f->drop_max)
		return false;
	switch ((enum state)f->state) {
	case LINE:
		return !f->left;
	case OCTETS:
		return f->left && f->left <= f->buf.max - f->buf.len && !f->lines_only;
	case DROP_LINE:
		return f->too_big;
	default:
		return false;
	}
}

void isrv_framer_unpack(struct isrv_framer *f, struct isrv_mem *mem, struct isrv_unpack *u)
{
	struct imapsrv_span octets;
	unsigned bits;

	f->state = (uint8_t)isrv_unpack_upto(u, BROKEN);
	f->tail = (uint8_t)isrv_unpack_upto(u, CLOSED_CR);
	bits = (unsigned)isrv_unpack_upto(u, 15);
	f->literal_sync = bits & 1;
	f->literal8 = bits & 2;
	f->too_big = bits & 4;
	f->lines_only = bits & 8;
	f->literal_size = isrv_unpack_u64(u);
	f->left = isrv_unpack_u64(u);
	f->dropped = isrv_unpack_u64(u);
	f->line = (size_t)isrv_unpack_upto(u, SIZE_MAX);
	octets = isrv_unpack_span(u);
	if (octets.len > f->buf.max)
		isrv_unpack_fail(u, IMAPSRV_ETOOBIG);
	else if (!isrv_buf_add_secret(&f->buf, mem, octets.data, octets.len))
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	if (!u->error && !is_sound(f))
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
}
