/* SPDX-License-Identifier: MIT */
/*
 * command/store - STORE and UID STORE (RFC 9051 6.4.6): flags set, added, removed, with or
 * without the answer; annotations, which is always without (RFC 5257 4.5); and on condition that
 * nobody else changed them (RFC 7162 3.1.3).
 */
#include "base/ascii.h"
#include "command/annotate.h"
#include "command/commands.h"
#include "command/memory.h"
#include "command/set.h"
#include "mailbox/batch.h"
#include "mailbox/part.h"
#include "session/access.h"
#include "session/claim.h"
#include "session/contexts.h"
#include "session/messagelimit.h"
#include "session/modseq.h"
#include "session/putoff.h"

struct store_args {
	struct isrv_rd_set set;
	enum imapsrv_store_mode mode;
	bool silent;
	bool conditional;
	uint64_t unchanged_since;
	struct isrv_rd_flags flags;
	struct isrv_annotate_values annotations; /* in place of flags, if there are any */

	enum {
		AT_START,
		AT_BATCH,
		AT_ROWS,
		AT_PUT_OFF
	} at;
	struct imapsrv_set uids;
	struct isrv_batch batch;
	uint32_t asked;
	uint32_t rows;
	uint32_t done; /* messages in the batches that were answered */
	bool missing;
	bool nomem;
	struct isrv_putoff off; /* messages of the batch whose flags are still to be told */
	struct isrv_found failed; /* the condition: numbers, or UIDs */
};

/* store-modifiers = SP "(" store-modifier *(SP store-modifier) ")"   (RFC 4466 2.5), the one
 * there is, and once */
static bool parse_modifiers(struct isrv_parse *p, struct store_args *a)
{
	struct isrv_reader *r = &p->r;

	if (!isrv_caps_in(p->caps, ISRV_CAP_CONDSTORE) || !isrv_rd_try(r, '('))
		return true;
	if (!isrv_rd_try_word(r, "UNCHANGEDSINCE"))
		return isrv_rd_fail(r, "UNCHANGEDSINCE");
	a->conditional = true;
	return isrv_rd_sp(r) && isrv_rd_number64(r, &a->unchanged_since) && isrv_rd_char(r, ')') &&
	       isrv_rd_sp(r);
}

/* store-att-flags =/ "ANNOTATION" SP "(" entry-att *(SP entry-att) ")" */
static bool parse_annotations(struct isrv_parse *p, struct store_args *a)
{
	a->silent = true; /* RFC 5257 4.5 */
	return isrv_rd_sp(&p->r) && isrv_annotate_values_parse(p, &a->annotations);
}

/* store = "STORE" SP sequence-set [store-modifiers] SP ["+" / "-"] "FLAGS" [".SILENT"] SP
 * (flag-list / (flag *(SP flag))) */
static bool parse(struct isrv_parse *p, void *args)
{
	struct store_args *a = args;
	struct isrv_reader *r = &p->r;
	struct imapsrv_span word;

	if (!isrv_rd_set(r, &a->set) || !isrv_rd_sp(r) || !parse_modifiers(p, a))
		return false;
	if (isrv_caps_in(p->caps, ISRV_CAP_ANNOTATE) && isrv_rd_try_word(r, "ANNOTATION"))
		return parse_annotations(p, a);
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

static bool shows_flags(const struct store_args *a, const struct imapsrv_row *row)
{
	if (row->failed)
		return (row->facts & IMAPSRV_FACT_FLAGS) != 0;
	return !a->silent;
}

static void put_row(struct imapsrv_session *s, uint32_t seq, const struct imapsrv_row *row,
                    bool flags)
{
	/* RFC 7162 3.1.3: what is silent is the flags.  Of a message that failed they are told
	 * ("It is RECOMMENDED"). */
	if (isrv_modseq_shown(s) && row->facts & IMAPSRV_FACT_MODSEQ) {
		isrv_w_fetch_modseq(&s->w, isrv_session_number(s, seq), row->uid,
		                    flags ? &row->flags : NULL,
		                    isrv_session_is_recent(s, row->uid), row->modseq);
		isrv_modseq_saw(s, row->modseq);
		return;
	}
	/* RFC 7162 3.2.4: once enabled the UID is shown, also where there are no sequences. */
	if (flags)
		isrv_session_put_flags(s, seq, s->uid || s->enabled & ISRV_ENABLED_CONDSTORE, row);
}

/* A keyword that is new here is announced even in silence (RFC 9051 7.3.5): the client may show it.
 * Where there is no room for more, what has to be told is put off; the client that is told nothing
 * need not know what others called it. */
static void put_keywords_row(struct imapsrv_session *s, struct store_args *a, uint32_t seq,
                             const struct imapsrv_row *row)
{
	bool flags = shows_flags(a, row);

	if (!flags && isrv_putoff_full(&a->off)) {
		put_row(s, seq, row, false);
		return;
	}
	if (!isrv_putoff_row(s, &a->off, row->uid))
		return;
	isrv_sync_keywords(s, &row->flags);
	put_row(s, seq, row, flags);
	isrv_putoff_told(s, &a->off, row->uid);
}

static void take_row(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct store_args *a = ctx;
	uint32_t seq = isrv_nummap_seq(&s->view->map, row->uid);

	/* What was not asked for is told with other changes, if it changed at all. */
	if (!seq || !isrv_claim(s, &a->batch, row->uid, seq))
		return;
	a->rows++;
	isrv_contexts_touch_one(s, row->uid);
	if (row->failed) {
		uint32_t n = s->uid ? row->uid : seq;

		if (!isrv_found_add(&a->failed, &s->arena, n, n))
			a->nomem = true;
	}
	if (row->flags.keyword_count)
		put_keywords_row(s, a, seq, row);
	else
		put_row(s, seq, row, shows_flags(a, row));
}

/* Of a message whose flags were stored and not told: as they are now. */
static void take_put_off(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct store_args *a = ctx;
	uint32_t seq = isrv_nummap_seq(&s->view->map, row->uid);

	if (!seq || !(row->facts & IMAPSRV_FACT_FLAGS) || !isrv_putoff_row(s, &a->off, row->uid))
		return;
	isrv_sync_keywords(s, &row->flags);
	put_row(s, seq, row, true);
	isrv_putoff_told(s, &a->off, row->uid);
}

static bool ask_put_off(struct imapsrv_session *s, struct store_args *a)
{
	struct imapsrv_fetch q = {s->view->handle, {NULL, 0}, IMAPSRV_FACT_FLAGS, 0};

	isrv_putoff_settle(s, &a->off);
	if (!isrv_putoff_again(&a->off))
		return false;
	q.uids = a->off.part;
	if (isrv_modseq_shown(s))
		q.facts |= IMAPSRV_FACT_MODSEQ;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_put_off, a);
	return true;
}

static void ask_annotations(struct imapsrv_session *s, struct store_args *a,
                            struct imapsrv_set uids)
{
	struct imapsrv_annotate_store q = {s->view->handle,      uids,
	                                   a->annotations.list,  a->annotations.count,
	                                   a->conditional,       a->unchanged_since};

	ISRV_ASK(s, ISRV_OP_STORE, annotate, store, &q, take_row, a);
}

static bool ask(struct imapsrv_session *s, struct store_args *a)
{
	/* Flags that are not kept here are passed over (RFC 9051 7.1, PERMANENTFLAGS), \Recent
	 * as well. */
	struct imapsrv_store_flags q = {
		s->view->handle,
		{NULL, 0},
		a->mode,
		{a->flags.system & s->view->permanent_flags, a->flags.keyword_count,
	         a->flags.keywords},
		a->conditional,
		a->unchanged_since,
		isrv_access_of_flags(s->view->rights)};

	if (!isrv_batch_next(&a->batch, &s->view->map, s->engine->limits.batch, &q.uids, &a->asked))
		return false;
	a->rows = 0;
	isrv_putoff_begin(&a->off, q.uids);
	if (a->annotations.count)
		ask_annotations(s, a, q.uids);
	else
		ISRV_ASK(s, ISRV_OP_STORE, store, store, &q, take_row, a);
	return true;
}

/* resp-text-code =/ "MODIFIED" SP sequence-set */
static void put_modified(struct imapsrv_session *s, void *args)
{
	const struct store_args *a = args;

	ISRV_W(&s->w, "MODIFIED ");
	isrv_w_set(&s->w, (struct imapsrv_set){a->failed.ranges, a->failed.count});
}

/* RFC 7162 3.1.3, Example 11: NO where messages are gone as well. */
static enum isrv_step finish_modified(struct imapsrv_session *s, struct store_args *a)
{
	if (a->missing && !s->uid && !a->silent)
		isrv_no(s, NULL, "Some messages have changed, others have been expunged");
	else
		isrv_ok(s, "Some messages have changed, the rest is stored");
	s->view->look_all = s->view->look_all || a->missing;
	s->reply.put_code = put_modified;
	return ISRV_DONE;
}

static enum isrv_step finish(struct imapsrv_session *s, struct store_args *a)
{
	if (a->failed.count)
		return finish_modified(s, a);
	if (!a->missing)
		return isrv_ok(s, "STORE done");
	s->view->look_all = true;
	/* RFC 2180 4.2: the rest was stored; NO tells a client that waits for an answer about
	 * those that are gone. */
	if (s->uid || a->silent)
		return isrv_ok_code(s, "EXPUNGEISSUED", "Some messages have been expunged");
	return isrv_no(s, "EXPUNGEISSUED", "Some messages have been expunged, the rest is stored");
}

/*
 * Keywords that this mailbox does not take are left out (RFC 9051 7.1: without "\*" in
 * PERMANENTFLAGS no new ones can be made).
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

/*
 * Leaves the flags that this user may change.  False: there are none of those that were named;
 * "STORE operation SHOULD NOT fail if the user has rights to modify at least one" (RFC 4314 4).
 */
static bool limit_flags(const struct imapsrv_session *s, struct store_args *a)
{
	uint32_t rights = s->view->rights;

	if (!a->flags.system && !a->flags.keyword_count)
		return a->mode != IMAPSRV_FLAGS_SET || isrv_access_of_flags(rights);
	a->flags.system &= imapsrv_rights_flags(rights);
	if (!(rights & IMAPSRV_RIGHT_WRITE))
		a->flags.keyword_count = 0;
	return a->flags.system || a->flags.keyword_count;
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct store_args *a = args;

	isrv_putoff_clear(s, &a->off);
}

/* What was stored and is still to be told is told like what others change. */
static void give_up(struct imapsrv_session *s, struct store_args *a)
{
	if (a->off.again.count)
		isrv_view_post_changed(s->view, &s->mem, isrv_uidset_view(&a->off.again));
	drop(s, a);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct store_args *a = args;

	for (;;) {
		switch (a->at) {
		case AT_START:
			if (!a->annotations.count && !limit_flags(s, a))
				return isrv_no(s, "NOPERM", "You may not change these flags");
			if (a->conditional && !isrv_modseq_require(s))
				return ISRV_DONE;
			if (a->annotations.count && !isrv_annotate_may_store(s, &a->annotations))
				return ISRV_DONE;
			if (!isrv_set_resolve(s, &a->set, s->uid, &a->uids))
				return ISRV_DONE;
			if (!isrv_message_limit_cut(s, &a->uids))
				return isrv_command_nomem(s);
			filter_keywords(s, &a->flags);
			isrv_batch_init(&a->batch, a->uids, &s->steps);
			isrv_putoff_init(s, &a->off);
			if (!isrv_batch_reserve(&a->batch, &s->view->map, &s->arena,
			                        s->engine->limits.batch))
				return isrv_command_nomem(s);
			a->at = AT_BATCH;
			break;
		case AT_BATCH:
			if (isrv_session_full(s))
				return ISRV_OUTPUT;
			if (ask_put_off(s, a)) {
				a->at = AT_PUT_OFF;
				break;
			}
			if (!ask(s, a)) {
				drop(s, a);
				return finish(s, a);
			}
			a->at = AT_ROWS;
			break;
		case AT_ROWS:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (s->result.code != IMAPSRV_OK) {
				give_up(s, a);
				return a->annotations.count ? isrv_annotate_refused(s, NULL)
				                            : isrv_refused(s, NULL);
			}
			if (a->nomem) {
				give_up(s, a);
				return isrv_command_nomem(s);
			}
			a->missing = a->missing || a->rows < a->asked;
			a->done += a->asked;
			a->at = AT_BATCH;
			break;
		case AT_PUT_OFF:
			if (!isrv_answered(s))
				return ISRV_HOST;
			/* They are stored, and will be told when the store says what they are. */
			if (s->result.code != IMAPSRV_OK)
				isrv_view_post_changed(s->view, &s->mem, a->off.part);
			a->at = AT_BATCH;
			break;
		}
	}
}

static void progress(struct imapsrv_session *s, const void *args, uint32_t *done_r,
                     uint32_t *goal_r)
{
	const struct store_args *a = args;

	*done_r = a->done;
	*goal_r = isrv_part_size(&s->view->map, a->uids, &s->steps);
}

const struct isrv_command isrv_command_store = {
	.name = "STORE",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID | ISRV_COMMAND_WRITES,
	.args_size = sizeof(struct store_args),
	.parse = parse,
	.step = step,
	.progress = progress,
	.drop = drop,
};
