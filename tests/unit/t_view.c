/* SPDX-License-Identifier: MIT */
/*
 * mailbox/view: a table of short stories, and random ones against a naive model of a mailbox whose
 * events come late, twice, swapped, or about nothing, and whose answers are older than the events
 * that overtake them; with sets that overflow and allocations that fail.  ISRV_SEED repeats a run.
 */
#include "mailbox/view.h"
#include "unit/failalloc.h"

/* ---- stories ------------------------------------------------------------------------------ */
/*
 * Steps, separated by spaces: n/g/c event new, gone, changed with a set; b look_begin; e look_end
 * with what exists; f look_failed; a announce; A look_all is set; t the expunges are told.
 * The outcome: announced / fresh / expunged / changed / marks (n, a) and pending without and with
 * expunges (p, P; "-" for neither) / uidnext.
 */
static const struct {
	const char *name;
	const char *steps;
	const char *outcome;
	uint32_t max;
} stories[] = {
	{"as opened", "", "1:5////-/6", 9},
	{"a new one", "n6", "1:5/6///pP/7", 9},
	{"announced", "n6 a", "1:6////-/7", 9},
	{"several, contiguous", "n6:7 n8 n9:12", "1:5/6:12///pP/13", 9},
	{"duplicates", "n6 n6 n3 n5:6", "1:5/6///pP/7", 9},
	{"in part known", "n4:8", "1:5/6:8///pP/9", 9},
	{"a gap is asked about", "n7", "1:5////npP/6", 9},
	{"up to the gap", "n6,8", "1:5/6///npP/7", 9},
	{"not said which", "n", "1:5////npP/6", 9},
	{"the gap is filled", "n7 b6 e6:7", "1:5/6:7///pP/8", 9},
	{"nothing is in the gap", "n7 b6 e7", "1:5/7///pP/8", 9},
	{"gone before it was looked for", "n7 g7 b6 e", "1:5////-/6", 9},
	{"and called new again", "n7 g7 b6 e n6", "1:5////npP/6", 9},
	{"and the next one", "n7 g7 b6 e n8 b6 e8", "1:5/8///pP/9", 9},
	{"a new one that never was", "n4294967295 b6 e n6 b6 e6", "1:5/6///pP/7", 9},
	{"asked before, heard again while looking", "n7 b6 n6 n7 e7", "1:5/7///pP/8", 9},
	{"heard of while looking only", "n7 b6 n8 e6:7", "1:5/6:7///npP/8", 9},
	{"new while looking", "n7 b6 n6 e6:7 a", "1:7////-/8", 9},
	{"new after the answer was made", "n b6 n6 e a", "1:6////-/7", 9},
	{"gone while looking", "n b6 g2,6 e6:7", "1:5/7/2//pP/8", 9},
	{"refused", "n7 b6 f", "1:5////npP/6", 9},
	{"comparison refused", "A b1 f", "1:5////apP/6", 9},
	{"gone, held back", "g2:3", "1:5//2:3//P/6", 9},
	{"gone twice", "g2:3 g3 g3:9", "1:5//2:5//P/6", 9},
	{"others are gone, where more are new than fit", "n b6 e6,8,10 g1,3", "1:5/6,8,10/1,3//pP/11", 2},
	{"gone and told", "g2:3 t", "1,4:5////-/6", 9},
	{"gone after that", "g2 t g2", "1,3:5////-/6", 9},
	{"the last one is gone, and called new", "g5 t n5", "1:4////-/6", 9},
	{"looking above where the last was", "g5 t n b5 e", "1:4////-/6", 9},
	{"fresh and gone", "n6:8 g7", "1:5/6,8///pP/9", 9},
	{"fresh and gone and called new", "n6:8 g8 n8", "1:5/6:7///pP/9", 9},
	{"all gone", "n6 g1:4294967295", "1:5//1:5//P/7", 9},
	{"unknown and gone", "g9", "1:5////-/6", 9},
	{"changed", "c2", "1:5///2/pP/6", 9},
	{"changed what is not announced", "n6 c6", "1:5/6///pP/7", 9},
	{"changed in part", "c4:9", "1:5///4:5/pP/6", 9},
	{"changed among the gone", "g2 t c2", "1,3:5////-/6", 9},
	{"changed and gone", "c2:4 g3", "1:5//3/2,4/pP/6", 9},
	{"nothing but gone ones changed", "c3 g3", "1:5//3//P/6", 9},
	{"compared", "A b1 e1:2,4:6", "1:5/6/3//pP/7", 9},
	{"fresh and compared away", "n6:7 A b1 e1:5,7", "1:5/7///pP/8", 9},
	{"fresh while compared", "n6 A b1 n7 e1:6", "1:5/6:7///pP/8", 9},
	{"announced while compared", "A b1 n6 a e1:5", "1:6////-/7", 9},
	{"all are gone", "A b1 e", "1:5//1:5//P/6", 9},
	{"marked while compared", "A b1 A e1:5", "1:5////apP/6", 9},
	{"too many gone", "g1 g3 g5", "1:5//1,3//apP/6", 2},
	{"too many gone, compared", "g1 g3 g5 b1 e2,4", "1:5//1,3,5//P/6", 2},
	{"too many changed", "c1 c3 c5", "1:5///1:5/pP/6", 2},
	{"too many fresh", "n6 g5 n b7 e8,10,12", "1:5/6,8,10,12/5//pP/13", 2},
	{"no room to split the fresh", "n6:8 g7", "1:5/6///apP/7", 1},
	{"nor beside others", "n6:8 g1,7", "1:5/6/1//apP/7", 1},
	{"nor above others", "n b6 e6,8:10 g9", "1:5/6,8///apP/9", 2},
	{"and found again", "n6:8 g7 b1 e1:6,8", "1:5/6,8///pP/9", 1},
	{"split while looking", "n6:8 b9 g7 e9", "1:5/6///napP/7", 1},
	{"split while looking, resolved", "n6:8 n b9 g7 e9 b1 e1:6,8:9", "1:5/6,8:9///pP/10", 1},
	{"too many gone while looking", "n b6 g6 g8 e6,8", "1:5/8///apP/9", 1},
	{"the highest", "n b6 e4294967295 a n4294967295 n b4294967295 e4294967295",
	 "1:5,4294967295////-/4294967295", 9},
};

static struct isrv_mem mem;

static size_t parse_set(const char *text, struct imapsrv_range *ranges)
{
	size_t count = 0;
	char *end;

	while (*text >= '0' && *text <= '9') {
		ranges[count].first = (uint32_t)strtoul(text, &end, 10);
		ranges[count].last = ranges[count].first;
		if (*end == ':')
			ranges[count].last = (uint32_t)strtoul(end + 1, &end, 10);
		count++;
		text = *end == ',' ? end + 1 : end;
	}
	return count;
}

static void put_set(char *out, struct imapsrv_set set)
{
	size_t i;

	for (i = 0; i < set.count; i++) {
		out += sprintf(out, "%s%u", i ? "," : "", (unsigned)set.ranges[i].first);
		if (set.ranges[i].last != set.ranges[i].first)
			out += sprintf(out, ":%u", (unsigned)set.ranges[i].last);
	}
	strcpy(out, "/");
}

/* As the session does it. */
static void tell_expunges(struct isrv_view *v)
{
	assert_int_not_equal(isrv_nummap_remove(&v->map, &mem, isrv_uidset_view(&v->expunged)),
	                     UINT32_MAX);
	isrv_uidset_empty(&v->expunged);
}

static void take_step(const char *name, struct isrv_view *v, const char *step, uint32_t *first)
{
	struct imapsrv_range ranges[8];
	struct imapsrv_set set = {ranges, parse_set(step + 1, ranges)};
	struct isrv_uidset exists;

	switch (*step) {
	case 'n':
		isrv_view_post_new(v, &mem, set);
		break;
	case 'g':
		isrv_view_post_gone(v, &mem, set);
		break;
	case 'c':
		isrv_view_post_changed(v, &mem, set);
		break;
	case 'b':
		isrv_view_look_begin(v, first);
		if (set.count != 1 || *first != ranges[0].first)
			fail_msg("%s: looks from %u", name, (unsigned)*first);
		break;
	case 'e':
		isrv_uidset_init(&exists, 100);
		if (!isrv_uidset_copy(&exists, &mem, set) ||
		    !isrv_view_look_end(v, &mem, *first, &exists) || exists.count)
			fail_msg("%s: look_end", name);
		isrv_uidset_clear(&exists, &mem);
		break;
	case 'f':
		isrv_view_look_failed(v, *first);
		break;
	case 'a':
		if (!isrv_view_announce(v, &mem))
			fail_msg("%s: announce", name);
		break;
	case 't':
		tell_expunges(v);
		break;
	case 'A':
		v->look_all = true;
		break;
	}
}

static void describe(const struct isrv_view *v, char *out)
{
	struct imapsrv_range run = {0, 0};
	struct isrv_uidset announced;
	uint32_t from = 1;

	isrv_uidset_init(&announced, 100);
	while (isrv_nummap_run(&v->map, from, &run)) {
		isrv_uidset_add(&announced, &mem, run.first, run.last);
		if (run.last == UINT32_MAX)
			break;
		from = run.last + 1;
	}
	put_set(out, isrv_uidset_view(&announced));
	put_set(out + strlen(out), isrv_uidset_view(&v->fresh));
	put_set(out + strlen(out), isrv_uidset_view(&v->expunged));
	put_set(out + strlen(out), isrv_uidset_view(&v->changed));
	isrv_uidset_clear(&announced, &mem);
	if (!isrv_view_pending(v, ISRV_PENDING_ALL) && !isrv_view_pending(v, ISRV_PENDING_NEW | ISRV_PENDING_FLAGS))
		strcat(out, "-");
	strcat(out, v->look_new ? "n" : "");
	strcat(out, v->look_all ? "a" : "");
	strcat(out, isrv_view_pending(v, ISRV_PENDING_NEW | ISRV_PENDING_FLAGS) ? "p" : "");
	strcat(out, isrv_view_pending(v, ISRV_PENDING_ALL) ? "P" : "");
	sprintf(out + strlen(out), "/%u", (unsigned)v->uidnext);
}

static void test_stories(void **state)
{
	const struct imapsrv_span inbox = {"INBOX", 5};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(stories); i++) {
		const char *name = stories[i].name;
		struct isrv_view v;
		char steps[128], outcome[256], *step;
		uint32_t first = 0;

		isrv_mem_init(&mem, NULL, SIZE_MAX);
		assert_true(isrv_view_init(&v, &mem, inbox, stories[i].max, 10));
		assert_memory_equal(v.name, "INBOX", v.name_len);
		v.uidnext = 6;
		v.look_all = true;
		take_step(name, &v, "b1", &first);
		take_step(name, &v, "e1:5", &first);
		take_step(name, &v, "a", &first);
		strcpy(steps, stories[i].steps);
		for (step = strtok(steps, " "); step; step = strtok(NULL, " "))
			take_step(name, &v, step, &first);
		describe(&v, outcome);
		if (strcmp(outcome, stories[i].outcome) != 0)
			fail_msg("%s: %s and not %s", name, outcome, stories[i].outcome);
		isrv_view_clear(&v, &mem);
		if (mem.used != 0)
			fail_msg("%s: %zu octets are left", name, mem.used);
	}
}

static void test_recent(void **state)
{
	static const struct {
		uint32_t from, count;
		bool third;
	} rows[] = {{0, 0, false}, {1, 5, true}, {2, 4, true}, {4, 2, false}, {6, 0, false}};
	const struct imapsrv_span none = {NULL, 0};
	struct isrv_view v;
	size_t i;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	assert_true(isrv_view_init(&v, &mem, none, 9, 9));
	assert_int_equal(isrv_view_recent(&v), 0);
	assert_true(isrv_nummap_append(&v.map, &mem, 1, 5));
	for (i = 0; i < COUNT(rows); i++) {
		v.recent_from = rows[i].from;
		ROW(i, isrv_view_recent(&v) == rows[i].count);
		ROW(i, isrv_view_is_recent(&v, 3) == rows[i].third);
	}
	isrv_view_clear(&v, &mem);
}

/* ---- random stories ----------------------------------------------------------------------- */

enum { UIDS = 400, EVENTS = 2000, STEPS = 3000 };

enum kind { NEW, GONE, CHANGED };

struct event {
	enum kind kind;
	uint32_t first, last;
};

static struct world {
	/* the store */
	bool exists[UIDS + 1];
	bool created[UIDS + 1]; /* with an event */
	uint32_t next;
	struct event events[EVENTS];
	size_t posted, delivered;
	/* what the client was told */
	uint32_t numbers[UIDS + 1];
	uint32_t count;
	/* what was delivered and must not be lost */
	bool is_new[UIDS + 1], is_gone[UIDS + 1], is_changed[UIDS + 1];
	bool announced[UIDS + 1];
	/* a question on its way */
	bool asked, answered;
	uint32_t first;
	bool answer[UIDS + 1];
} w;

static struct isrv_view view;
static struct failalloc fa;
static size_t every; /* the every-th allocation fails; 0 for none */
static bool exactly; /* no set overflows, nothing fails: no comparison without being asked for */
static uint64_t seed, rnd;
static unsigned long round_at, step_at;

#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("seed %llu round %lu step %lu: %s", (unsigned long long)seed,     \
			         round_at, step_at, #condition);                                   \
	} while (0)

static uint32_t draw(uint32_t below)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return (uint32_t)((rnd * 0x2545f4914f6cdd1du) >> 33) % below;
}

static void arm(bool on)
{
	fa.fail_first = on && every ? (fa.calls / every + 1) * every : 0;
}

/* The next failing call is set anew, once one has failed. */
static void rearm(void)
{
	if (fa.fail_first && fa.calls >= fa.fail_first)
		arm(true);
}

static bool in(const struct isrv_uidset *set, uint32_t uid)
{
	return isrv_uidset_has(isrv_uidset_view(set), uid);
}

static void store_event(enum kind kind, uint32_t first, uint32_t last)
{
	if (w.posted < EVENTS)
		w.events[w.posted++] = (struct event){kind, first, last};
}

/* Something happens in the store. */
static void act(void)
{
	uint32_t n = 1 + draw(4), uid = 1 + draw(w.next), i;

	switch (draw(4)) {
	case 0:
	case 1:
		if (w.posted == EVENTS || w.next + n + 2 > UIDS)
			return;
		w.next += draw(4) == 0 ? draw(3) : 0; /* a hole */
		for (i = 0; i < n; i++)
			w.exists[w.next + i] = w.created[w.next + i] = true;
		store_event(NEW, w.next, w.next + n - 1);
		w.next += n;
		break;
	case 2:
		if (w.posted == EVENTS || uid == w.next)
			return;
		if (uid + n > w.next)
			n = 1;
		for (i = 0; i < n; i++)
			w.exists[uid + i] = false;
		store_event(GONE, uid, uid + n - 1);
		break;
	default:
		store_event(CHANGED, uid, uid + n - 1);
	}
}

static void deliver(struct event event)
{
	struct imapsrv_range range = {event.first, event.last};
	struct imapsrv_set set = {&range, 1};
	uint32_t uid;

	for (uid = event.first; uid <= event.last; uid++) {
		if (event.kind == NEW)
			w.is_new[uid] = true;
		if (event.kind == GONE)
			w.is_gone[uid] = true;
		if (event.kind == CHANGED && w.announced[uid])
			w.is_changed[uid] = true;
	}
	if (event.kind == NEW)
		isrv_view_post_new(&view, &mem, set);
	else if (event.kind == GONE)
		isrv_view_post_gone(&view, &mem, set);
	else
		isrv_view_post_changed(&view, &mem, set);
}

/* The next event; or two in the wrong order, as from two writers; or an old one again; or noise. */
static void deliver_some(void)
{
	struct imapsrv_set none = {NULL, 0};
	struct event event;
	uint32_t uid;

	switch (draw(8)) {
	case 0:
		if (w.delivered + 2 > w.posted || w.events[w.delivered].kind != NEW ||
		    w.events[w.delivered + 1].kind != NEW)
			break;
		event = w.events[w.delivered];
		w.events[w.delivered] = w.events[w.delivered + 1];
		w.events[w.delivered + 1] = event;
		break;
	case 1:
		if (w.delivered)
			deliver(w.events[draw((uint32_t)w.delivered)]);
		return;
	case 2:
		uid = 1 + draw(w.next);
		/* What never was there, or is gone and was said to have come before. */
		if (!w.exists[uid] && uid < w.next && (w.is_new[uid] || !w.created[uid]))
			deliver((struct event){GONE, uid, uid});
		deliver((struct event){CHANGED, uid, uid + draw(5)});
		return;
	case 3:
		if (draw(8) == 0)
			isrv_view_post_new(&view, &mem, none);
		return;
	default:
		break;
	}
	if (w.delivered < w.posted)
		deliver(w.events[w.delivered++]);
}

static void look_begin(void)
{
	if (w.asked || (!view.look_new && !view.look_all && draw(4)))
		return;
	if (draw(10) == 0)
		view.look_all = true;
	isrv_view_look_begin(&view, &w.first);
	HOLDS(view.looking && !view.look_new && !view.look_all && w.first >= 1);
	w.asked = true;
	w.answered = false;
}

static void look_answer(void)
{
	if (!w.asked || w.answered)
		return;
	memcpy(w.answer, w.exists, sizeof(w.answer));
	w.answered = true;
}

/* What was answered from first to last, without a failure. */
static void take_answer(struct isrv_uidset *exists, uint32_t first, uint32_t last)
{
	size_t n = every;
	uint32_t uid;

	isrv_uidset_init(exists, UIDS);
	every = 0;
	arm(false);
	for (uid = first; uid <= last; uid++) {
		if (w.answer[uid])
			HOLDS(isrv_uidset_add(exists, &mem, uid, uid));
	}
	every = n;
	arm(true);
}

/* Up to one that is announced; the rest is answered later. */
static void look_part(void)
{
	struct isrv_uidset exists;
	uint32_t last;

	if (!w.asked || !w.answered || !w.count)
		return;
	last = w.numbers[draw(w.count)];
	if (last < view.look_from)
		return;
	take_answer(&exists, view.look_from, last);
	if (isrv_view_look_part(&view, &mem, w.first, last, isrv_uidset_view(&exists))) {
		HOLDS(view.looking && view.look_from == last + 1);
		w.answered = false;
	} else {
		HOLDS(every && !view.looking && (view.look_new || view.look_all));
		w.asked = false;
	}
	isrv_uidset_clear(&exists, &mem);
}

static void look_end(void)
{
	struct isrv_uidset exists;

	if (!w.asked)
		return;
	w.asked = false;
	if (!w.answered || draw(8) == 0) {
		isrv_view_look_failed(&view, w.first);
		HOLDS(view.look_new || view.look_all);
		return;
	}
	take_answer(&exists, view.look_from, UIDS);
	if (!isrv_view_look_end(&view, &mem, w.first, &exists))
		HOLDS(every && (view.look_new || view.look_all));
	HOLDS(!view.looking && !view.gone.count);
	isrv_uidset_clear(&exists, &mem);
}

static void announce(void)
{
	uint32_t before = w.count, uid;
	bool fresh[UIDS + 1];

	for (uid = 1; uid <= UIDS; uid++)
		fresh[uid] = in(&view.fresh, uid);
	if (isrv_view_announce(&view, &mem))
		HOLDS(view.fresh.count == 0);
	else
		HOLDS(every && view.fresh.count);
	for (uid = 1; uid <= UIDS; uid++) {
		if (!fresh[uid] || in(&view.fresh, uid))
			continue;
		w.numbers[w.count++] = uid;
		w.announced[uid] = true;
	}
	HOLDS(view.fresh.count == 0 || w.count >= before);
}

static void tell(void)
{
	struct isrv_uidset told;
	uint32_t i, kept = 0;

	for (i = 0; i < w.count; i++) {
		if (in(&view.expunged, w.numbers[i]))
			w.announced[w.numbers[i]] = false;
		else
			w.numbers[kept++] = w.numbers[i];
	}
	w.count = kept;
	arm(false);
	tell_expunges(&view);
	arm(true);
	isrv_uidset_init(&told, 1);
	if (!isrv_view_take_changed(&view, &mem, &told))
		HOLDS(every && view.changed.count);
	for (i = 1; i <= UIDS; i++) {
		if (in(&told, i))
			w.is_changed[i] = false;
	}
	isrv_uidset_clear(&told, &mem);
}

static void check(void)
{
	bool marked = view.look_new || view.look_all || view.looking, due;
	uint32_t uid, i;

	HOLDS(view.map.count == w.count);
	for (i = 0; i < w.count; i++)
		HOLDS(isrv_nummap_uid(&view.map, i + 1) == w.numbers[i]);
	HOLDS(isrv_uidset_is_valid(isrv_uidset_view(&view.fresh)));
	HOLDS(isrv_uidset_is_valid(isrv_uidset_view(&view.expunged)));
	HOLDS(isrv_uidset_is_valid(isrv_uidset_view(&view.changed)));
	HOLDS(view.changed.count <= view.changed.max && view.changed.cap);
	HOLDS(!view.fresh.count || view.fresh.ranges[0].first > view.map.last_uid);
	HOLDS(view.uidnext > view.map.last_uid);
	HOLDS(view.uidnext > isrv_uidset_max(isrv_uidset_view(&view.fresh)));
	for (uid = 1; uid <= UIDS; uid++) {
		/* nothing is told that is not so */
		HOLDS(!in(&view.expunged, uid) || (w.announced[uid] && !w.exists[uid]));
		HOLDS(!in(&view.fresh, uid) || !w.is_gone[uid] || !exactly || view.looking);
		/* nothing is lost */
		HOLDS(!w.is_gone[uid] || !w.announced[uid] || in(&view.expunged, uid) || marked);
		HOLDS(!w.is_new[uid] || !w.exists[uid] || w.announced[uid] ||
		      in(&view.fresh, uid) || marked);
		due = w.is_changed[uid] && w.announced[uid] && !in(&view.expunged, uid);
		HOLDS(!due || in(&view.changed, uid) || w.is_gone[uid] || !w.exists[uid]);
		HOLDS(!exactly || due || !w.announced[uid] || !in(&view.changed, uid) ||
		      in(&view.expunged, uid));
		HOLDS(!due || w.is_gone[uid] || !w.exists[uid] || isrv_view_pending(&view, ISRV_PENDING_NEW | ISRV_PENDING_FLAGS));
	}
	HOLDS(!view.expunged.count || isrv_view_pending(&view, ISRV_PENDING_ALL));
	HOLDS(!view.fresh.count || isrv_view_pending(&view, ISRV_PENDING_NEW | ISRV_PENDING_FLAGS));
}

/* In the end everything has been delivered, asked and told: then the client knows what there is. */
static void settle(void)
{
	uint32_t uid;

	every = 0;
	arm(false);
	while (w.delivered < w.posted)
		deliver(w.events[w.delivered++]);
	if (w.asked) {
		isrv_view_look_failed(&view, w.first);
		w.asked = false;
	}
	while (view.look_new || view.look_all) {
		look_begin();
		look_answer();
		look_end();
	}
	announce();
	check();
	tell();
	check();
	HOLDS(!isrv_view_pending(&view, ISRV_PENDING_ALL));
	for (uid = 1; uid <= UIDS; uid++)
		HOLDS(w.announced[uid] == w.exists[uid] && !(w.exists[uid] && w.is_changed[uid]));
}

static void play(uint32_t max, size_t fail_every)
{
	const struct imapsrv_span name = {"x", 1};

	memset(&w, 0, sizeof(w));
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	every = 0;
	exactly = max >= UIDS && !fail_every;
	HOLDS(isrv_view_init(&view, &mem, name, max, 1));
	w.next = 1 + draw(20);
	for (uint32_t uid = 1; uid < w.next; uid++)
		w.exists[uid] = draw(3) != 0;
	/* Opened; events are posted from here on. */
	view.uidnext = w.next;
	view.look_all = true;
	while (view.look_all) {
		look_begin();
		act();
		look_answer();
		deliver_some();
		look_end();
	}
	announce();
	every = fail_every;
	for (step_at = 0; step_at < STEPS && w.next < UIDS - 8; step_at++) {
		arm(true);
		switch (draw(10)) {
		case 0:
		case 1:
			act();
			break;
		case 2:
			look_begin();
			break;
		case 3:
			look_answer();
			break;
		case 4:
			if (draw(2))
				look_part();
			else
				look_end();
			break;
		case 5:
			if (draw(3) == 0)
				announce();
			break;
		case 6:
			if (draw(3) == 0)
				tell();
			break;
		default:
			deliver_some();
		}
		rearm();
		check();
	}
	settle();
	isrv_view_clear(&view, &mem);
	HOLDS(fa.held == 0);
}

static void test_random(void **state)
{
	static const uint32_t limits[] = {UIDS, UIDS, 1, 2, 3, 8};
	static const size_t fails[] = {0, 1, 2, 3, 5, 11};
	const char *given = getenv("ISRV_SEED");

	(void)state;
	seed = given ? strtoull(given, NULL, 10) : 20240607u;
	rnd = seed | 1;
	for (round_at = 0; round_at < 360; round_at++)
		play(limits[round_at % COUNT(limits)], fails[round_at / 6 % COUNT(fails)]);
}

static void test_init_fails(void **state)
{
	const struct imapsrv_span name = {"INBOX", 5};
	struct isrv_view v;
	size_t n;

	(void)state;
	for (n = 1; n <= 2; n++) {
		failalloc_init(&fa);
		fa.fail_first = n;
		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		ROW(n, !isrv_view_init(&v, &mem, name, 5, 5));
		ROW(n, fa.held == 0);
	}
}

/* Annotations that somebody changed, nobody knows which any more: of all messages then, if there is memory. */
static void test_lost_annotations(void **state)
{
	const struct imapsrv_span name = {"INBOX", 5};
	struct isrv_annotated told;
	struct isrv_view v;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	assert_true(isrv_view_init(&v, &mem, name, 5, 5));
	assert_true(isrv_nummap_append(&v.map, &mem, 1, 5));
	v.annotations |= ISRV_ANNOTATIONS_LOST;
	fa.fail_first = fa.calls + 1;
	fa.fail_on = true;
	assert_false(isrv_view_take_annotated(&v, &mem, &told));
	assert_true(v.annotations & ISRV_ANNOTATIONS_LOST);
	fa.fail_first = 0;
	fa.fail_on = false;
	assert_true(isrv_view_take_annotated(&v, &mem, &told));
	assert_false(v.annotations & ISRV_ANNOTATIONS_LOST);
	isrv_annotated_clear(&told, &mem);
	isrv_view_clear(&v, &mem);
	assert_int_equal(fa.held, 0);
}

/* What a client expunged that hears of no expunges is said by the host one by one: what each leads to must not
 * look at all before it, nor at all messages behind it, which would take minutes here. */
static void test_many_own_gone(void **state)
{
	enum { MANY = 250000 };
	struct isrv_view v;

	(void)state;
	isrv_mem_init(&mem, &isrv_mem_libc, SIZE_MAX);
	assert_true(isrv_view_init(&v, &mem, (struct imapsrv_span){"INBOX", 5}, MANY, 0));
	assert_true(isrv_nummap_append(&v.map, &mem, 1, UINT32_MAX - 1));
	v.uidnext = UINT32_MAX;
	for (uint32_t uid = 2; uid <= 2 * MANY; uid += 2) {
		struct imapsrv_range range = {uid, uid};

		assert_true(isrv_view_post_own_gone(&v, &mem, (struct imapsrv_set){&range, 1}));
	}
	assert_int_equal(v.own_gone.count, MANY);
	assert_int_equal(v.expunged.count, MANY);
	isrv_view_clear(&v, &mem);
}

/* Of what the host names only that is told which was announced. */
static void test_own_gone(void **state)
{
	struct imapsrv_range some[] = {{3, 4}, {9, 12}};
	struct isrv_view v;

	(void)state;
	isrv_mem_init(&mem, &isrv_mem_libc, SIZE_MAX);
	assert_true(isrv_view_init(&v, &mem, (struct imapsrv_span){"INBOX", 5}, 10, 0));
	assert_true(isrv_nummap_append(&v.map, &mem, 1, 3));
	assert_true(isrv_nummap_append(&v.map, &mem, 6, 10));
	v.uidnext = 11;
	assert_true(isrv_view_post_own_gone(&v, &mem, (struct imapsrv_set){some, 2}));
	assert_int_equal(v.own_gone.count, 2);
	assert_int_equal(v.own_gone.ranges[0].first, 3);
	assert_int_equal(v.own_gone.ranges[0].last, 3);
	assert_int_equal(v.own_gone.ranges[1].first, 9);
	assert_int_equal(v.own_gone.ranges[1].last, 10);
	isrv_view_clear(&v, &mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_init_fails),
		cmocka_unit_test(test_lost_annotations),
		cmocka_unit_test(test_many_own_gone),
		cmocka_unit_test(test_own_gone),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
