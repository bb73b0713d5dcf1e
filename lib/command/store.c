/* SPDX-License-Identifier: MIT */
/*
 * command/store - STORE and UID STORE (RFC 9051 6.4.6): flags set, added, removed, with or without the answer.
 */
#include "base/ascii.h"
#include "command/commands.h"
#include "command/set.h"
#include "mailbox/batch.h"
#include "session/session.h"

struct store_args {
	struct isrv_rd_set set;
	enum imapsrv_store_mode mode;
	bool silent;
	struct isrv_rd_flags flags;

	enum {
		AT_START,
		AT_BATCH,
		AT_ROWS
	} at;
	struct imapsrv_set uids;
	struct isrv_batch batch;
	uint32_t asked;
	uint32_t rows;
	bool missing;
};

/* store = "STORE" SP sequence-set SP ["+" / "-"] "FLAGS" [".SILENT"] SP (flag-list / (flag *(SP flag))) */
static bool parse(struct isrv_parse *p, void *args)
{
	struct store_args *a = args;
	struct isrv_reader *r = &p->r;
	struct imapsrv_span word;

	if (!isrv_rd_set(r, &a->set) || !isrv_rd_sp(r))
		return false;
	if (isrv_rd_try(r, '+'))
		a->mode = IMAPSRV_FLAGS_ADD;
	else if (isrv_rd_try(r, '-'))
		a->mode = IMAPSRV_FLAGS_REMOVE;
	if (!isrv_rd_word(r, &word))
		return isrv_rd_fail(r, "FLAGS, +FLAGS or -FLAGS");
	a->silent = isrv_ascii_is(word.data, word.len, "FLAGS.SILENT");
	if (!a->silent && !isrv_ascii_is(word.data, word.len, "FLAGS")) {
		r->at = word.data;
		return isrv_rd_fail(r, "FLAGS, +FLAGS or -FLAGS");
	}
	return isrv_rd_sp(r) && isrv_rd_store_flags(r, &a->flags);
}

static void take_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct store_args *a = ctx;
	uint32_t seq = isrv_nummap_seq(&s->view->map, row->uid);

	if (!seq)
		return;
	a->rows++;
	/* A keyword that is new here is announced even in silence (RFC 9051 7.3.5): the client may show it. */
	if (row->flags.keyword_count)
		isrv_sync_keywords(s, &row->flags);
	if (a->silent)
		return;
	isrv_w_fetch_flags(&s->w, seq, s->uid ? row->uid : 0, &row->flags,
	                   isrv_session_is_recent(s, row->uid));
}

static bool ask(struct imapsrv_session *s, struct store_args *a)
{
	/* Flags that are not kept here are passed over (RFC 9051 7.1, PERMANENTFLAGS), \Recent as well. */
	struct imapsrv_store_flags q = {
		s->view->handle,
		{NULL, 0},
		a->mode,
		{a->flags.system & s->view->permanent_flags, a->flags.keyword_count,
	         a->flags.keywords}};

	if (!isrv_batch_next(&a->batch, s->view, s->engine->limits.batch, &q.uids, &a->asked))
		return false;
	a->rows = 0;
	ISRV_ASK(s, ISRV_OP_STORE, store, store, &q, take_row, a);
	return true;
}

static enum isrv_step finish(struct imapsrv_session *s, struct store_args *a)
{
	if (!a->missing)
		return isrv_ok(s, "STORE done");
	s->view->look_all = true;
	/* RFC 2180 4.2: the rest was stored; NO tells a client that waits for an answer about those that are gone. */
	if (s->uid || a->silent)
		return isrv_ok_code(s, "EXPUNGEISSUED", "Some messages have been expunged");
	return isrv_no(s, "EXPUNGEISSUED", "Some messages have been expunged, the rest is stored");
}

/*
 * Keywords that this mailbox does not take are left out (RFC 9051 7.1: without "\*" in PERMANENTFLAGS no new ones
 * can be made).
 */
static void filter_keywords(const struct imapsrv_session *s, struct isrv_rd_flags *flags)
{
	uint32_t kept = 0;

	if (s->view->new_keywords)
		return;
	for (uint32_t i = 0; i < flags->keyword_count; i++)
		if (isrv_keywords_has(&s->view->keywords, flags->keywords[i]))
			flags->keywords[kept++] = flags->keywords[i];
	flags->keyword_count = kept;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct store_args *a = args;

	for (;;) {
		switch (a->at) {
		case AT_START:
			if (!isrv_set_resolve(s, &a->set, s->uid, &a->uids))
				return ISRV_DONE;
			filter_keywords(s, &a->flags);
			isrv_batch_init(&a->batch, a->uids, &s->steps);
			a->at = AT_BATCH;
			break;
		case AT_BATCH:
			if (isrv_session_full(s))
				return ISRV_OUTPUT;
			if (!ask(s, a))
				return finish(s, a);
			a->at = AT_ROWS;
			break;
		case AT_ROWS:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (s->result.code != IMAPSRV_OK)
				return isrv_refused(s, NULL);
			a->missing = a->missing || a->rows < a->asked;
			a->at = AT_BATCH;
			break;
		}
	}
}

const struct isrv_command isrv_command_store = {
	.name = "STORE",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_UID | ISRV_COMMAND_WRITES,
	.args_size = sizeof(struct store_args),
	.parse = parse,
	.step = step,
};
