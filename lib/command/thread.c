/* SPDX-License-Identifier: MIT */
/*
 * THREAD and UID THREAD (RFC 5256 3): a search (session/searcher), what the messages found say of
 * each other (session/gather), their threads (search/thread), and the response.  MODSEQ changes
 * nothing in it (RFC 7162 3.1.9).
 */
#include "base/ascii.h"
#include "command/commands.h"
#include "command/ordering.h"
#include "search/thread.h"

enum at {
	AT_START,
	AT_SEARCH,
	AT_ASK,    /* the host, if it does such things */
	AT_GATHER, /* it does not */
	AT_BUILD, /* the threads */
	AT_PIECES
};

struct thread {
	uint8_t at;
	uint8_t algorithm; /* enum isrv_thread_algorithm */
	struct isrv_ordering o;
	struct isrv_thread t;
	bool has_threads; /* t is to be cleared */
	uint32_t given;   /* messages in threads that the host made */
};

/* Pieces of the response that are written between two looks at the queue. */
#define PIECES 256u

/* thread-alg = "ORDEREDSUBJECT" / "REFERENCES" / thread-alg-ext */
static bool parse_algorithm(struct isrv_parse *p, struct thread *a)
{
	static const struct {
		const char *name;
		uint8_t algorithm;
		uint8_t cap;
	} rows[] = {
		{"ORDEREDSUBJECT", ISRV_THREAD_ORDEREDSUBJECT, ISRV_CAP_THREAD_ORDEREDSUBJECT},
		{"REFERENCES", ISRV_THREAD_REFERENCES_ALGORITHM, ISRV_CAP_THREAD_REFERENCES},
	};
	const char *at = p->r.at;
	struct imapsrv_span word;
	size_t i;

	if (!isrv_rd_word(&p->r, &word))
		return isrv_rd_fail(&p->r, "a threading algorithm");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (isrv_ascii_is(word.data, word.len, rows[i].name) &&
		    isrv_caps_in(p->caps, (enum isrv_cap)rows[i].cap)) {
			a->algorithm = rows[i].algorithm;
			return true;
		}
	}
	p->r.at = at;
	return isrv_rd_fail(&p->r, "a threading algorithm");
}

/* thread = ["UID" SP] "THREAD" SP thread-alg SP search-criteria */
static bool parse(struct isrv_parse *p, void *args)
{
	struct thread *a = args;

	return parse_algorithm(p, a) && isrv_rd_sp(&p->r) && isrv_ordering_parse(p, &a->o);
}

static bool take(void *ctx, const struct isrv_sort_facts *facts)
{
	struct thread *a = ctx;

	return isrv_thread_add(&a->t, facts);
}

static bool begin(struct imapsrv_session *s, struct thread *a)
{
	if (!isrv_ordering_begin(s, &a->o))
		return false;
	isrv_thread_init(&a->t, (enum isrv_thread_algorithm)a->algorithm,
	                 (enum isrv_comparator)a->o.program.comparator, &a->o.pool.mem, &s->steps);
	a->has_threads = true;
	a->o.g.header = true;
	a->o.g.references = a->algorithm == ISRV_THREAD_REFERENCES_ALGORITHM;
	a->o.g.take = take;
	a->o.g.ctx = a;
	a->at = AT_SEARCH;
	return true;
}

/* ---- a host that makes threads ------------------------------------------------------------- */

static void give(struct imapsrv_session *s, struct thread *a,
                 const struct imapsrv_thread_member *member)
{
	uint32_t uid = 0; /* of one that is gone only its place is left */

	if (member->uid && isrv_ordering_claim(s, &a->o, member->uid))
		uid = member->uid;
	if (!member->uid && member->depth)
		a->o.broken = true;
	if (a->o.broken)
		return;
	switch (isrv_thread_give(&a->t, uid, member->depth)) {
	case ISRV_THREAD_GIVEN:
		a->given += uid != 0;
		break;
	case ISRV_THREAD_NOMEM:
		a->o.nomem = true;
		break;
	case ISRV_THREAD_NONSENSE:
		a->o.broken = true;
		break;
	}
}

static void thread_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct thread *a = ctx;
	const struct isrv_op_thread *told = answer;

	for (size_t i = 0; i < told->count && !a->o.broken && !a->o.nomem; i++)
		give(s, a, &told->members[i]);
}

/* What was found is to be put into threads: by whom?  A host does both by the default
 * comparator.  False: the reply is set. */
static bool found(struct imapsrv_session *s, struct thread *a)
{
	struct imapsrv_thread q = {.mailbox = s->view->handle};

	a->at = AT_GATHER;
	if (!s->engine->store.thread || a->o.program.comparator || !a->o.x.found.size)
		return true;
	if (!isrv_ordering_ask(s, &a->o))
		return false;
	q.uids = a->o.uids;
	q.threading = a->algorithm == ISRV_THREAD_ORDEREDSUBJECT ? IMAPSRV_THREAD_ORDEREDSUBJECT
	                                                         : IMAPSRV_THREAD_REFERENCES;
	ISRV_ASK(s, ISRV_OP_THREAD, store, thread, &q, thread_sink, a);
	a->at = AT_ASK;
	return true;
}

/* The host has answered.  False: the reply is set. */
static bool answered(struct imapsrv_session *s, struct thread *a)
{
	switch (isrv_ordering_answered(s, &a->o, a->given)) {
	case ISRV_ORDERING_GIVEN:
		a->at = AT_BUILD;
		return true;
	case ISRV_ORDERING_OWN:
		isrv_thread_drop(&a->t);
		a->at = AT_GATHER;
		return true;
	case ISRV_ORDERING_REFUSED:
		break;
	}
	return false;
}

/* ---- the response -------------------------------------------------------------------------- */

/* thread-data = "THREAD" [SP 1*thread-list] */
static void put_head(struct imapsrv_session *s, struct thread *a)
{
	ISRV_W(&s->w, "* THREAD");
	if (!isrv_thread_is_empty(&a->t))
		ISRV_W(&s->w, " ");
	a->at = AT_PIECES;
}

/* False: there is more. */
static bool put_pieces(struct imapsrv_session *s, struct thread *a)
{
	uint32_t uid, i;
	char mark;

	while (!isrv_session_full(s)) {
		for (i = 0; i < PIECES; i++) {
			if (!isrv_thread_next(&a->t, &mark, &uid))
				return true;
			if (mark)
				isrv_w_bytes(&s->w, &mark, 1);
			else
				isrv_w_u32(&s->w,
				           s->uid ? uid : isrv_nummap_seq(&s->view->map, uid));
		}
	}
	return false;
}

static enum isrv_step finish(struct imapsrv_session *s, const struct thread *a)
{
	isrv_w_crlf(&s->w);
	return isrv_searching_ok(s, isrv_ordering_missing(&a->o), "THREAD completed");
}

static enum isrv_step advance(struct imapsrv_session *s, struct thread *a)
{
	enum isrv_step wait;
	bool ok;

	for (;;) {
		switch ((enum at)a->at) {
		case AT_START:
			wait = isrv_filters_step(s, &a->o.filters, &a->o.program, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok || !begin(s, a))
				return ISRV_DONE;
			break;
		case AT_SEARCH:
			wait = isrv_ordering_search(s, &a->o, &ok);
			if (wait != ISRV_DONE)
				return wait;
			if (!ok || !found(s, a))
				return ISRV_DONE;
			break;
		case AT_ASK:
			if (!isrv_answered(s))
				return ISRV_HOST;
			if (!answered(s, a))
				return ISRV_DONE;
			break;
		case AT_GATHER:
			wait = isrv_ordering_gather(s, &a->o, &ok);
			if (wait != ISRV_DONE || !ok)
				return wait;
			a->at = AT_BUILD;
			break;
		case AT_BUILD:
			switch (isrv_thread_build(&a->t, isrv_session_turn_end(s))) {
			case ISRV_THREAD_UNDER_WAY:
				return ISRV_YIELD;
			case ISRV_THREAD_FULL:
				isrv_ordering_full(s, &a->o);
				return ISRV_DONE;
			case ISRV_THREAD_BUILT:
				put_head(s, a);
				break;
			}
			break;
		case AT_PIECES:
			s->mid_line = !put_pieces(s, a);
			return s->mid_line ? ISRV_OUTPUT : finish(s, a);
		}
	}
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct thread *a = args;

	isrv_ordering_drop(s, &a->o);
	if (a->has_threads)
		isrv_thread_clear(&a->t);
	a->has_threads = false;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	enum isrv_step wait = advance(s, args);

	if (wait == ISRV_DONE)
		drop(s, args);
	return wait;
}

/* How far the search is; what follows has no measure that would go on from there. */
static void progress(struct imapsrv_session *s, const void *args, uint32_t *done_r,
                     uint32_t *goal_r)
{
	const struct thread *a = args;

	if (a->at == AT_SEARCH)
		isrv_searcher_progress(s, &a->o.x, done_r, goal_r);
}

const struct isrv_command isrv_command_thread = {
	.name = "THREAD",
	.states = ISRV_IN_SELECTED,
	.flags = ISRV_COMMAND_SEQ | ISRV_COMMAND_NUMBERS | ISRV_COMMAND_UID,
	.args_size = sizeof(struct thread),
	.parse = parse,
	.step = step,
	.drop = drop,
	.progress = progress,
};
