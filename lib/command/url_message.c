/* SPDX-License-Identifier: MIT */
/*
 * What can be wrong with a mailbox, its UIDVALIDITY, or a message is one answer: NONEXISTENT.  A
 * URL that is stale is treated as if there were no such mailbox (RFC 5092 5).
 */
#include "command/url_message.h"

#include "command/fetch_describe.h"
#include "session/access.h"

enum at {
	AT_START,
	AT_MAILBOX, /* the host opens it    */
	AT_FOUND,   /* it is open           */
	AT_ROW,     /* is there the message? */
	AT_OPEN,
	AT_DESCRIBE,
	AT_MEASURE
};

/* ---- letting go ---------------------------------------------------------------------------- */

static void close_message(struct imapsrv_session *s, struct isrv_url_message *x)
{
	isrv_body_close(s, &x->message.body);
	isrv_structure_free(x->structure);
	x->structure = NULL;
	x->message.described = false;
	x->uid = 0;
}

static void close_mailbox(struct imapsrv_session *s, struct isrv_url_message *x)
{
	close_message(s, x);
	x->name = (struct imapsrv_span){NULL, 0};
	if (!x->opened)
		return;
	x->opened = false;
	s->in_callback++;
	s->engine->store.close(s->user, x->handle);
	s->in_callback--;
}

void isrv_url_message_drop(struct imapsrv_session *s, struct isrv_url_message *x)
{
	close_mailbox(s, x);
	isrv_buf_clear(&x->kept, &s->mem);
}

static enum isrv_step fail(struct isrv_url_message *x)
{
	x->failed = true;
	x->at = AT_START;
	return ISRV_DONE;
}

static enum isrv_step missing(struct imapsrv_session *s, struct isrv_url_message *x)
{
	s->result.code = IMAPSRV_NONEXISTENT;
	s->result.text = "";
	return fail(x);
}

/* ---- answers ------------------------------------------------------------------------------- */

static void take_mailbox(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_mailbox *is = answer;
	struct isrv_url_message *x = ctx;

	if (x->opened) {
		isrv_op_pass_over(s, "a mailbox was given twice for one open");
		return;
	}
	x->opened = x->answered = true;
	x->handle = is->handle;
	x->uidvalidity = is->uidvalidity;
}

static void take_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct isrv_url_message *x = ctx;

	if (row->uid != x->uid || x->exists)
		return;
	x->exists = true;
	/* One that there is no room for is passed over: the message is there to be read. */
	if (row->facts & IMAPSRV_FACT_DESCRIPTION && row->description.len <= x->kept.max &&
	    !isrv_buf_add(&x->kept, &s->mem, row->description.data, row->description.len))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

/* ---- the mailbox --------------------------------------------------------------------------- */

static bool is_named(struct imapsrv_span name, const char *data, size_t len)
{
	return name.data && name.len == len && memcmp(name.data, data, len) == 0;
}

static bool find_mailbox(struct imapsrv_session *s, struct isrv_url_message *x,
                         const struct isrv_url *url, const struct isrv_url_opener *opener)
{
	struct imapsrv_open q = {s->account.handle, url->mailbox, 1};
	const struct isrv_view *v = s->view;

	x->name = url->mailbox;
	x->at = AT_FOUND;
	if (!opener && v && !v->removed && isrv_access_may(v->rights, ISRV_DO_READ) &&
	    is_named(url->mailbox, v->name, v->name_len)) {
		x->handle = v->handle;
		x->uidvalidity = v->uidvalidity;
		return true;
	}
	x->answered = false;
	x->at = AT_MAILBOX;
	if (opener)
		opener->ask(s, url, take_mailbox, x);
	else
		ISRV_ASK(s, ISRV_OP_OPEN, store, open, &q, take_mailbox, x);
	return false;
}

/* The host has answered. */
static enum isrv_step opened(struct imapsrv_session *s, struct isrv_url_message *x)
{
	x->at = AT_FOUND;
	if (s->result.code == IMAPSRV_OK && !x->answered) {
		isrv_session_fault(s, "a mailbox was opened without imapsrv_op_mailbox");
		s->result.code = IMAPSRV_SERVERBUG;
	}
	if (s->result.code == IMAPSRV_OK)
		return ISRV_DONE;
	close_mailbox(s, x);
	/* Whether it may not be read or is not there is nothing to a URL. */
	if (s->result.code == IMAPSRV_NOPERM)
		return missing(s, x);
	return fail(x);
}

/* ---- the message --------------------------------------------------------------------------- */

static void ask_row(struct imapsrv_session *s, struct isrv_url_message *x)
{
	struct imapsrv_range range = {x->uid, x->uid};
	struct imapsrv_fetch q = {x->handle, {&range, 1},
	                          IMAPSRV_FACT_DESCRIPTION | IMAPSRV_FACT_SIZE, 0};

	if (!x->kept.max)
		isrv_buf_init(&x->kept, s->engine->limits.arena);
	x->kept.len = 0;
	x->exists = false;
	x->at = AT_ROW;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_row, x);
}

static enum isrv_step row_came(struct imapsrv_session *s, struct isrv_url_message *x)
{
	if (s->result.code != IMAPSRV_OK) {
		x->uid = 0;
		return fail(x);
	}
	if (!x->exists) {
		x->uid = 0;
		return missing(s, x);
	}
	x->at = AT_OPEN;
	return ISRV_DONE;
}

/* A body that cannot be had. */
static enum isrv_step body_failed(struct imapsrv_session *s, struct isrv_url_message *x)
{
	close_message(s, x);
	if (s->result.code == IMAPSRV_EXPUNGEISSUED)
		return missing(s, x);
	return fail(x);
}

static enum isrv_step open_body(struct imapsrv_session *s, struct isrv_url_message *x,
                                bool describe)
{
	struct isrv_fetch_message *m = &x->message;
	enum isrv_step step = isrv_body_open(s, &m->body, x->handle, x->uid);

	if (step != ISRV_DONE || s->error)
		return step;
	if (m->body.failed)
		return body_failed(s, x);
	s->steps += x->kept.len / 64;
	(void)isrv_fetch_use_description(m, (struct imapsrv_span){x->kept.data, x->kept.len});
	x->at = describe && !m->described ? AT_DESCRIBE : AT_MEASURE;
	return ISRV_DONE;
}

static enum isrv_step read_body(struct imapsrv_session *s, struct isrv_url_message *x)
{
	struct isrv_fetch_message *m = &x->message;
	enum isrv_step step = x->at == AT_DESCRIBE ? isrv_fetch_describe(s, m, &x->structure)
	                                           : isrv_body_measure(s, &m->body);

	if (step != ISRV_DONE || s->error)
		return step;
	if (m->body.failed)
		return body_failed(s, x);
	x->at = AT_START;
	return ISRV_DONE;
}

/* ---- the steps ----------------------------------------------------------------------------- */

/* What of the last URL can be used for this one. */
static enum isrv_step start(struct imapsrv_session *s, struct isrv_url_message *x,
                            const struct isrv_url *url, const struct isrv_url_opener *opener)
{
	x->failed = false;
	/* With an opener two names that are the same need not be one mailbox. */
	if (opener || !is_named(x->name, url->mailbox.data, url->mailbox.len)) {
		close_mailbox(s, x);
		return find_mailbox(s, x, url, opener) ? ISRV_DONE : ISRV_HOST;
	}
	x->at = AT_FOUND;
	return ISRV_DONE;
}

/* The mailbox is open. */
static enum isrv_step found(struct imapsrv_session *s, struct isrv_url_message *x,
                            const struct isrv_url *url, bool describe)
{
	if (url->uidvalidity && url->uidvalidity != x->uidvalidity)
		return missing(s, x);
	if (x->uid == url->uid) {
		x->at = describe && !x->message.described ? AT_DESCRIBE : AT_MEASURE;
		return ISRV_DONE;
	}
	close_message(s, x);
	x->uid = url->uid;
	ask_row(s, x);
	return ISRV_HOST;
}

enum isrv_step isrv_url_message_step(struct imapsrv_session *s, struct isrv_url_message *x,
                                     const struct isrv_url *url, bool describe,
                                     const struct isrv_url_opener *opener)
{
	enum isrv_step step;
	uint8_t at;

	do {
		at = x->at;
		switch ((enum at)at) {
		case AT_START:
			step = start(s, x, url, opener);
			break;
		case AT_FOUND:
			step = found(s, x, url, describe);
			break;
		case AT_MAILBOX:
		case AT_ROW:
			if (!isrv_answered(s))
				return ISRV_HOST;
			step = at == AT_ROW ? row_came(s, x) : opened(s, x);
			break;
		case AT_OPEN:
			step = open_body(s, x, describe);
			break;
		default:
			step = read_body(s, x);
			break;
		}
		/* A question may have been answered at once. */
		if (step == ISRV_HOST && x->at != at)
			step = ISRV_DONE;
	} while (step == ISRV_DONE && x->at != AT_START && !s->error);
	return step;
}

/* ---- the section --------------------------------------------------------------------------- */

enum isrv_url_result isrv_url_section(struct imapsrv_session *s, const struct isrv_url *url,
                                      enum isrv_fetch_kind kind,
                                      struct isrv_fetch_section *section)
{
	struct isrv_parse p;

	memset(&p, 0, sizeof(p));
	memset(section, 0, sizeof(*section));
	isrv_reader_init(&p.r, &s->arena, url->section.data, url->section.len);
	p.r.steps = &s->steps;
	p.limits = &s->engine->limits;
	p.caps = &s->caps;
	/* RFC 5550 5.7.1: what is not announced is not there. */
	if (url->partial && !isrv_caps_has(s, ISRV_CAP_URL_PARTIAL))
		return ISRV_URL_BAD;
	if (url->section.data && !isrv_fetch_section_parse(&p, section))
		return p.r.nomem ? ISRV_URL_NOMEM : ISRV_URL_BAD;
	section->kind = kind;
	section->partial = url->partial;
	section->origin = url->origin;
	section->count = url->count;
	return ISRV_URL_OK;
}
