/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_preview - first choice is the first text/plain that is no attachment, then text/html, then any text
 * (RFC 8970 3.1 leaves it to the server).  Reading stops as soon as enough is known.
 */
#include "command/fetch_preview.h"

#include "base/ascii.h"

#define ROOM 2048u

static bool is(struct imapsrv_span word, const char *name)
{
	return word.data && isrv_ascii_is(word.data, word.len, name);
}

/* 0: not shown; more is better. */
static int rank(const struct isrv_part_info *info)
{
	bool text = !info->type.data || is(info->type, "text");

	if (!text || is(info->disposition, "attachment") ||
	    isrv_encoding_find(info->encoding) == ISRV_ENCODING_UNKNOWN)
		return 0;
	if (!info->subtype.data || is(info->subtype, "plain"))
		return 3;
	return is(info->subtype, "html") ? 2 : 1;
}

static bool choose(const struct isrv_description *d, struct isrv_part_info *best_r)
{
	struct isrv_part_info info;
	uint32_t at = 0;
	int best = 0;

	memset(best_r, 0, sizeof(*best_r));
	while (best < 3 && isrv_description_leaf(d, &at, &info))
		if (rank(&info) > best) {
			best = rank(&info);
			*best_r = info;
		}
	return best > 0;
}

void isrv_fetch_preview_clear(struct isrv_fetch_preview *p)
{
	if (p->converting)
		isrv_charset_clear(&p->charset);
	p->converting = false;
	p->begun = false;
}

/* Converts decoded octets and feeds them on; len 0 tells the end. */
static void convert(struct isrv_fetch_preview *p, const char *data, size_t len)
{
	char *out = p->room + ROOM;
	size_t taken, put;

	do {
		isrv_charset_run(&p->charset, data, len, &taken, out, ROOM, &put);
		isrv_preview_feed(&p->preview, out, put);
		data += taken;
		len -= taken;
	} while (len || put == ROOM);
}

static void decode(struct isrv_fetch_preview *p, struct imapsrv_span piece)
{
	size_t taken, put;

	do {
		isrv_decoder_run(&p->decoder, piece.data, piece.len, &taken, p->room, ROOM, &put);
		if (put)
			convert(p, p->room, put);
		piece.data += taken;
		piece.len -= taken;
	} while (piece.len && !p->preview.done);
}

static bool begin(struct imapsrv_session *s, struct isrv_fetch_message *m, struct isrv_fetch_preview *p)
{
	struct isrv_part_info info;

	if (!p->room)
		p->room = isrv_arena_alloc(&s->arena, 2 * ROOM);
	if (!p->room) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	if (!choose(&m->description, &info)) {
		ISRV_W(&s->w, "\"\"");
		return false;
	}
	p->begun = true;
	p->extent = info.body;
	isrv_decoder_init(&p->decoder, isrv_encoding_find(info.encoding));
	isrv_charset_init(&p->charset, info.charset);
	p->converting = true;
	isrv_preview_init(&p->preview, is(info.subtype, "html"));
	isrv_body_seek(&m->body, p->extent.wire, p->extent.host);
	return true;
}

/* The text is written as it is: a client that fetches PREVIEW takes UTF-8 (RFC 8970 3.1), in a literal if need be. */
static void end(struct imapsrv_session *s, struct isrv_fetch_preview *p)
{
	struct imapsrv_span nothing = {NULL, 0};

	if (!p->preview.done) {
		decode(p, nothing);
		convert(p, NULL, 0);
	}
	isrv_preview_finish(&p->preview);
	isrv_w_string(&s->w, p->preview.text, p->preview.len);
	isrv_fetch_preview_clear(p);
}

enum isrv_step isrv_fetch_put_preview(struct imapsrv_session *s, struct isrv_fetch_message *m, bool lazy,
                                      struct isrv_fetch_preview *p)
{
	struct imapsrv_span piece;

	if (!p->begun) {
		ISRV_W(&s->w, "PREVIEW ");
		if (lazy) {
			ISRV_W(&s->w, "NIL");
			return ISRV_DONE;
		}
		if (!begin(s, m, p))
			return ISRV_DONE;
	}
	while (!p->preview.done && isrv_body_done(&m->body) < p->extent.wire_end) {
		uint64_t left = p->extent.wire_end - isrv_body_done(&m->body);
		enum isrv_step step = isrv_body_next(s, &m->body, &piece);

		if (step != ISRV_DONE || s->error)
			return step;
		if (m->body.failed || !piece.len)
			break; /* what was read so far is a preview too */
		if (piece.len > left)
			piece.len = (size_t)left;
		decode(p, piece);
	}
	end(s, p);
	return ISRV_DONE;
}
