/* SPDX-License-Identifier: MIT */
/*
 * With the host's copy or move this is one question.  Without, each message is fetched, opened,
 * measured and appended, one after the other and in ascending order, under a single append handle:
 * all of them are stored at its end or none is (RFC 9051 6.4.7).  A message that has gone meanwhile
 * is passed over, as a host's copy passes over UIDs that do not exist.
 *
 * An emulated move expunges what was copied, and nothing else, once the copies are safe.  Should
 * that be refused, messages stay in both mailboxes; that is what RFC 9051 6.4.8 leaves (a message
 * may be in both, never in neither), and the reply is NO.
 */
#include "command/transfer.h"

#include "session/access.h"
#include "session/hear.h"
#include "session/modseq.h"
#include "wire/chars.h"

enum at {
	AT_START,
	AT_HOST,    /* copy or move of the host's              */
	AT_NEXT,    /* emulated: to the next message           */
	AT_ROW,     /* its flags and date,                     */
	AT_OPEN,    /* its octets,                             */
	AT_MEASURE, /* how many they are                       */
	AT_BEGIN,   /* is it wanted?                           */
	AT_PIECE,   /* some octets are read,                   */
	AT_DATA,    /* and given                               */
	AT_FINISH,  /* all messages were given                 */
	AT_EXPUNGE  /* the originals go                        */
};

/* ---- UIDs ---------------------------------------------------------------------------------- */

static struct imapsrv_set set_of(const struct isrv_transfer_uids *list)
{
	return (struct imapsrv_set){list->ranges, list->count};
}

/* Appends, in ascending order.  False: it is not, or there is no memory. */
static bool append_range(struct imapsrv_session *s, struct isrv_transfer_uids *list,
                         struct imapsrv_range range)
{
	size_t cap = list->cap ? list->cap * 2 : 16;
	struct imapsrv_range *grown;

	if (list->count && range.first <= list->ranges[list->count - 1].last) {
		isrv_op_pass_over(s, "UIDs that do not ascend from one answer to the next");
		return false;
	}
	if (list->count && range.first - 1 == list->ranges[list->count - 1].last) {
		list->ranges[list->count - 1].last = range.last;
		return true;
	}
	if (list->count == list->cap) {
		grown = isrv_arena_grow_array(&s->arena, list->ranges, list->cap, cap,
		                              sizeof(range));
		if (!grown) {
			if (s->arena.starved)
				isrv_session_fail(s, IMAPSRV_ENOMEM);
			return false;
		}
		list->ranges = grown;
		list->cap = cap;
	}
	list->ranges[list->count++] = range;
	return true;
}

static bool append_set(struct imapsrv_session *s, struct isrv_transfer_uids *list,
                       struct imapsrv_set set)
{
	size_t i;

	s->steps += set.count;
	for (i = 0; i < set.count; i++) {
		if (!append_range(s, list, set.ranges[i]))
			return false;
	}
	return true;
}

/* The UID of the next message; false: there is none.  Holes in an announced set are not visited. */
static bool next_uid(const struct isrv_transfer *t, size_t *range_r, uint32_t *uid_r)
{
	struct imapsrv_range range;
	uint32_t uid;

	if (*uid_r == UINT32_MAX)
		return false;
	for (; *range_r < t->uids.count; ++*range_r) {
		range = t->uids.ranges[*range_r];
		if (range.first <= *uid_r)
			range.first = *uid_r + 1;
		if (range.first > range.last)
			continue;
		/* All ranges end with messages that there are, or were a moment ago. */
		uid = t->view ? isrv_nummap_next(&t->view->map, range.first) : 0;
		if (!uid)
			uid = range.first;
		if (uid <= range.last) {
			*uid_r = uid;
			return true;
		}
	}
	return false;
}

static bool is_empty(const struct isrv_transfer *t)
{
	size_t range = 0;
	uint32_t uid = 0;

	return !next_uid(t, &range, &uid);
}

/* ---- answers ------------------------------------------------------------------------------- */

/* Is all of it in the other set? */
static bool is_within(struct imapsrv_session *s, struct imapsrv_set set, struct imapsrv_set other)
{
	s->steps += set.count;
	for (size_t i = 0; i < set.count; i++) {
		size_t at = isrv_uidset_seek(other, set.ranges[i].first);

		if (at == other.count || other.ranges[at].first > set.ranges[i].first ||
		    other.ranges[at].last < set.ranges[i].last)
			return false;
	}
	return true;
}

static void copied_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct isrv_op_uids *uids = answer;
	struct isrv_transfer *t = ctx;

	/* What is said to be copied is what a move removes. */
	if (!is_within(s, uids->from, t->uids)) {
		isrv_op_pass_over(s, "UIDs of messages that were not to be copied");
		t->lost = true;
		return;
	}
	if (!t->answered)
		t->uidvalidity = uids->uidvalidity;
	else if (t->uidvalidity != uids->uidvalidity)
		t->uidvalidity = 0;
	t->answered = true;
	if (append_set(s, &t->from, uids->from) && append_set(s, &t->to, uids->to))
		return;
	/* Two sets that are not both ascending do not say which message became which. */
	t->lost = true;
}

static void finish_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct isrv_op_uids *uids = answer;
	struct isrv_transfer *t = ctx;

	if (t->answered || isrv_uidset_size(uids->to) != isrv_uidset_size(set_of(&t->from))) {
		isrv_op_pass_over(s, "not as many UIDs as messages were appended");
		return;
	}
	t->answered = append_set(s, &t->to, uids->to);
	t->uidvalidity = t->answered ? uids->uidvalidity : 0;
}

static void expunged_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_set *uids = answer;
	struct isrv_transfer *t = ctx;

	/* A view that was not told of all that went is to be compared with the store. */
	if (!append_set(s, &t->gone, *uids) && t->view)
		t->view->look_all = true;
}

/* At least doubled: what the arena cannot grow in place is copied, and the old block stays. */
static bool room(struct imapsrv_session *s, void **block, size_t *cap, size_t need)
{
	void *grown;

	if (need <= *cap)
		return true;
	if (need < 2 * *cap)
		need = 2 * *cap;
	grown = isrv_arena_grow(&s->arena, *block, *cap, need);
	if (!grown)
		return false;
	*block = grown;
	*cap = need;
	return true;
}

/* The row dies with the call: its keywords are copied into buffers that every message uses
 * again. */
static bool keep_flags(struct imapsrv_session *s, struct isrv_transfer *t,
                       const struct imapsrv_flags *flags)
{
	size_t unit = sizeof(*t->keywords), need = 0, used = 0;
	void *keywords = t->keywords, *text = t->text;
	uint32_t i;

	t->flags = *flags;
	if (!flags->keyword_count)
		return true;
	for (i = 0; i < flags->keyword_count; i++) {
		if (flags->keywords[i].len > SIZE_MAX - need)
			return false;
		need += flags->keywords[i].len;
	}
	if (flags->keyword_count > SIZE_MAX / unit ||
	    !room(s, &keywords, &t->keyword_cap, flags->keyword_count * unit))
		return false;
	t->keywords = keywords;
	if (!room(s, &text, &t->text_cap, need))
		return false;
	t->text = text;
	t->flags.keyword_count = 0;
	for (i = 0; i < flags->keyword_count; i++) {
		size_t len = flags->keywords[i].len;

		/* One that cannot be is not shown to clients either. */
		if (!len || isrv_char_span(flags->keywords[i].data, len, ISRV_CHAR_ATOM) != len) {
			isrv_session_fault(s, "a keyword that is not an atom");
			continue;
		}
		memcpy(t->text + used, flags->keywords[i].data, len);
		t->keywords[t->flags.keyword_count++] =
			(struct imapsrv_span){t->text + used, len};
		used += len;
	}
	t->flags.keywords = t->keywords;
	return true;
}

static void row_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct isrv_transfer *t = ctx;

	if (t->row || row->uid != t->uid)
		return;
	t->full = !keep_flags(s, t, &row->flags);
	if (t->full && s->arena.starved)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	t->row = true;
	t->date = row->date;
	t->zone = row->zone;
}

static void begin_sink(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_transfer *t = ctx;

	if (t->begun) {
		isrv_op_pass_over(s, "an append that was begun already was given a handle");
		return;
	}
	t->append = (void *)answer;
	t->begun = true;
}

/* ---- questions ----------------------------------------------------------------------------- */

static void ask_host(struct imapsrv_session *s, struct isrv_transfer *t)
{
	struct imapsrv_copy q = {s->account.handle, t->mailbox, t->uids, t->name,
	                         isrv_access_of_flags(t->rights) |
	                                 (t->rights & (uint32_t)IMAPSRV_RIGHT_NOTE)};

	t->moved = t->move && s->engine->store.move;
	t->at = AT_HOST;
	if (t->moved)
		ISRV_ASK(s, ISRV_OP_COPY, store, move, &q, copied_sink, t);
	else
		ISRV_ASK(s, ISRV_OP_COPY, store, copy, &q, copied_sink, t);
}

static void ask_row(struct imapsrv_session *s, struct isrv_transfer *t)
{
	struct imapsrv_range range = {t->uid, t->uid};
	struct imapsrv_fetch q = {
		t->mailbox, {&range, 1}, IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE, 0};

	t->row = false;
	t->at = AT_ROW;
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, row_sink, t);
}

static void ask_begin(struct imapsrv_session *s, struct isrv_transfer *t)
{
	struct imapsrv_append q;

	memset(&q, 0, sizeof(q));
	q.account = s->account.handle;
	q.name = t->name;
	q.append = t->begun ? t->append : NULL;
	q.octets = t->body.wire;
	q.flags = t->flags;
	isrv_access_limit(t->rights, &q.flags);
	q.has_date = 1;
	q.date = t->date;
	q.zone = t->zone;
	t->left = t->body.wire;
	t->at = AT_BEGIN;
	ISRV_ASK(s, ISRV_OP_APPEND_BEGIN, store, append_begin, &q, begin_sink, t);
}

static void ask_data(struct imapsrv_session *s, struct isrv_transfer *t, struct imapsrv_span piece)
{
	struct imapsrv_append_data q = {t->append, piece.data, piece.len};

	t->left -= piece.len;
	t->at = AT_DATA;
	ISRV_ASK(s, ISRV_OP_APPEND_DATA, store, append_data, &q, NULL, NULL);
}

static void ask_finish(struct imapsrv_session *s, struct isrv_transfer *t)
{
	struct imapsrv_append_finish q = {t->append};

	t->begun = false; /* whatever comes of it */
	t->at = AT_FINISH;
	ISRV_ASK(s, ISRV_OP_APPEND_FINISH, store, append_finish, &q, finish_sink, t);
}

/* All that was asked for stands for all that existed, if the host did not say which were copied:
 * its copy is all or nothing. */
static void ask_expunge(struct imapsrv_session *s, struct isrv_transfer *t)
{
	struct imapsrv_expunge q = {t->mailbox, t->uids, 0};

	if (t->from.count && !t->lost)
		q.uids = set_of(&t->from);
	t->at = AT_EXPUNGE;
	ISRV_ASK(s, ISRV_OP_EXPUNGE, store, expunge, &q, expunged_sink, t);
}

/* ---- the end ------------------------------------------------------------------------------- */

static void let_go(struct imapsrv_session *s, struct isrv_transfer *t)
{
	isrv_body_close(s, &t->body);
	if (!t->begun)
		return;
	t->begun = false;
	s->in_callback++;
	s->engine->store.append_abort(s->user, t->append);
	s->in_callback--;
}

/* What the selected mailbox is to announce before the tagged line (RFC 9051 6.4.8). */
static void tell_views(struct imapsrv_session *s, struct isrv_transfer *t)
{
	static const struct imapsrv_set unknown = {NULL, 0};

	/* Which messages a move took is not known if the host did not say; and one that told some
	 * and then failed is not to be trusted with having left all of them alone. */
	if (t->moved && t->view && (t->lost || t->failed == t->answered))
		t->view->look_all = true;
	if (t->moved && !t->failed)
		t->gone = t->from;
	if (t->view && t->gone.count) {
		isrv_hear_own_gone(s, set_of(&t->gone));
		isrv_modseq_expunged(s);
	}
	if (t->copied && isrv_session_is_selected(s, t->name))
		isrv_hear_own(s, t->lost ? unknown : set_of(&t->to));
}

static enum isrv_step finish(struct imapsrv_session *s, struct isrv_transfer *t)
{
	let_go(s, t);
	tell_views(s, t);
	return ISRV_DONE;
}

static enum isrv_step fail(struct imapsrv_session *s, struct isrv_transfer *t)
{
	t->failed = true;
	return finish(s, t);
}

/* Refused by ourselves. */
static enum isrv_step fail_with(struct imapsrv_session *s, struct isrv_transfer *t,
                                enum imapsrv_code code)
{
	s->result.code = code;
	s->result.text = "";
	return fail(s, t);
}

/* The copies are safe. */
static enum isrv_step was_copied(struct imapsrv_session *s, struct isrv_transfer *t)
{
	t->copied = true;
	if (!t->move || t->moved)
		return finish(s, t);
	ask_expunge(s, t);
	return ISRV_HOST;
}

/* ---- the steps of the emulation ------------------------------------------------------------ */

static enum isrv_step start(struct imapsrv_session *s, struct isrv_transfer *t)
{
	const struct imapsrv_store *store = &s->engine->store;

	if (is_empty(t))
		return finish(s, t);
	if ((t->move && store->move) || store->copy) {
		ask_host(s, t);
		return ISRV_HOST;
	}
	/* One that can append can expunge. */
	if (!store->append_begin)
		return fail_with(s, t, IMAPSRV_CANNOT);
	t->at = AT_NEXT;
	return ISRV_HOST;
}

static enum isrv_step next(struct imapsrv_session *s, struct isrv_transfer *t)
{
	char *buf = t->body.buf;

	s->steps++;
	isrv_body_close(s, &t->body);
	/* One buffer serves all messages. */
	memset(&t->body, 0, sizeof(t->body));
	t->body.buf = buf;
	if (next_uid(t, &t->range, &t->uid))
		ask_row(s, t);
	else if (t->from.count)
		ask_finish(s, t);
	else
		return finish(s, t); /* all of them have gone */
	return ISRV_HOST;
}

/* Opens and measures.  A body that is gone is passed over. */
static enum isrv_step measure(struct imapsrv_session *s, struct isrv_transfer *t)
{
	enum isrv_step step;

	if (t->at == AT_OPEN) {
		step = isrv_body_open(s, &t->body, t->mailbox, t->uid);
		if (step != ISRV_DONE)
			return step;
		t->at = AT_MEASURE;
	}
	if (!t->body.failed) {
		step = isrv_body_measure(s, &t->body);
		if (step != ISRV_DONE || s->error)
			return step;
	}
	if (t->body.failed) {
		if (s->result.code != IMAPSRV_EXPUNGEISSUED)
			return fail(s, t);
		t->at = AT_NEXT;
		return ISRV_HOST;
	}
	isrv_body_rewind(&t->body);
	if (!append_range(s, &t->from, (struct imapsrv_range){t->uid, t->uid}))
		return fail_with(s, t, IMAPSRV_LIMIT);
	ask_begin(s, t);
	return ISRV_HOST;
}

static enum isrv_step piece(struct imapsrv_session *s, struct isrv_transfer *t)
{
	struct imapsrv_span span = {NULL, 0};
	enum isrv_step step;

	if (t->left == 0) {
		t->at = AT_NEXT;
		return ISRV_HOST;
	}
	step = isrv_body_next(s, &t->body, &span);
	if (step != ISRV_DONE || s->error)
		return step;
	if (t->body.failed)
		return fail(s, t);
	if (span.len == 0 || span.len > t->left) {
		isrv_session_fault(s, "a body that is not as long as it was");
		return fail_with(s, t, IMAPSRV_SERVERBUG);
	}
	ask_data(s, t, span);
	return ISRV_HOST;
}

/* An answer has come. */
static enum isrv_step answered(struct imapsrv_session *s, struct isrv_transfer *t)
{
	if (s->result.code != IMAPSRV_OK)
		return fail(s, t);
	switch ((enum at)t->at) {
	case AT_HOST:
	case AT_FINISH:
		return was_copied(s, t);
	case AT_ROW:
		if (t->full)
			return fail_with(s, t, IMAPSRV_LIMIT);
		t->at = t->row ? AT_OPEN : AT_NEXT;
		return ISRV_HOST;
	case AT_BEGIN:
		if (!t->begun) {
			isrv_session_fault(s, "an append was begun without imapsrv_op_append");
			return fail_with(s, t, IMAPSRV_SERVERBUG);
		}
		t->at = AT_PIECE;
		return ISRV_HOST;
	case AT_DATA:
		t->at = AT_PIECE;
		return ISRV_HOST;
	default:
		return finish(s, t);
	}
}

/* Each of the functions above says DONE at the end, and else moved t->at or waits. */
enum isrv_step isrv_transfer_step(struct imapsrv_session *s, struct isrv_transfer *t)
{
	enum isrv_step step = ISRV_HOST;
	uint8_t before;

	do {
		before = t->at;
		switch ((enum at)t->at) {
		case AT_START:
			step = start(s, t);
			break;
		case AT_NEXT:
			step = next(s, t);
			break;
		case AT_OPEN:
		case AT_MEASURE:
			step = measure(s, t);
			break;
		case AT_PIECE:
			step = piece(s, t);
			break;
		default: /* a question was asked */
			if (!isrv_answered(s))
				return ISRV_HOST;
			step = answered(s, t);
			break;
		}
	} while (step == ISRV_HOST && t->at != before && !s->error);
	return step;
}

void isrv_transfer_drop(struct imapsrv_session *s, struct isrv_transfer *t)
{
	let_go(s, t);
}

bool isrv_transfer_progress(const struct isrv_transfer *t, uint32_t *done_r)
{
	uint32_t begun = t->at == AT_BEGIN || t->at == AT_PIECE || t->at == AT_DATA;

	*done_r = (uint32_t)isrv_uidset_size(set_of(&t->from)) - begun;
	return t->at != AT_HOST;
}

/* ---- COPYUID ------------------------------------------------------------------------------- */

bool isrv_transfer_has_copyuid(const struct imapsrv_session *s, const struct isrv_transfer *t)
{
	size_t max = s->engine->limits.set_ranges;

	/* RFC 9051 6.4.7: "MUST NOT" if it cannot be selected. */
	return isrv_access_may(t->rights, ISRV_DO_READ) && t->uidvalidity && t->copied &&
	       !t->lost && t->from.count && t->to.count && t->from.count <= max &&
	       t->to.count <= max && (isrv_session_rev2(s) || isrv_caps_has(s, ISRV_CAP_UIDPLUS));
}

/* resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set (RFC 4315 4) */
void isrv_transfer_put_copyuid(struct imapsrv_session *s, const struct isrv_transfer *t)
{
	ISRV_W(&s->w, "COPYUID ");
	isrv_w_u32(&s->w, t->uidvalidity);
	ISRV_W(&s->w, " ");
	isrv_w_set(&s->w, set_of(&t->from));
	ISRV_W(&s->w, " ");
	isrv_w_set(&s->w, set_of(&t->to));
}
