/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_preview - the octets of the part that was chosen, fed on until the preview has
 * enough.  The text goes out as it is, UTF-8 in a literal if need be: a client that fetches PREVIEW
 * takes that (RFC 8970 3.1).
 */
#include "command/fetch_preview.h"

void isrv_fetch_preview_clear(struct isrv_fetch_preview *p)
{
	if (p->begun)
		isrv_text_clear(&p->text);
	p->begun = false;
}

static enum isrv_step read_text(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                struct isrv_text *t)
{
	while (!t->enough && isrv_body_done(&m->body) < t->extent.wire_end) {
		uint64_t left = t->extent.wire_end - isrv_body_done(&m->body);
		uint32_t before = t->left;
		struct imapsrv_span piece;
		enum isrv_step step = isrv_body_next(s, &m->body, &piece);

		if (step != ISRV_DONE || s->error)
			return step;
		if (m->body.failed || !piece.len)
			break; /* what was read so far is a preview too */
		isrv_text_feed(t, piece.data, piece.len < left ? piece.len : (size_t)left);
		s->steps += before - t->left;
	}
	return ISRV_DONE;
}

enum isrv_step isrv_fetch_put_preview(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                      struct isrv_fetch_preview *p)
{
	struct imapsrv_span text;
	enum isrv_step step;

	if (!p->begun) {
		p->begun = true;
		(void)isrv_text_init(&p->text, &m->description);
		isrv_body_seek(&m->body, p->text.extent.wire, p->text.extent.host);
	}
	step = read_text(s, m, &p->text);
	if (step != ISRV_DONE || s->error)
		return step;
	text = isrv_text_finish(&p->text);
	ISRV_W(&s->w, "PREVIEW ");
	isrv_w_string(&s->w, text.data, text.len);
	isrv_fetch_preview_clear(p);
	return ISRV_DONE;
}
