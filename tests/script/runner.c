/* SPDX-License-Identifier: MIT */
/*
 * script-run: executes script files, each in every variant.
 *
 *	script-run [--filter TEXT] [--variant TEXT] [--budget N] [--full] [--work N] [--faults]
 *	           [--seed N] [--show] [-v] FILE...
 *
 * A script says what a client sends, what the host does meanwhile, and what the session must emit
 * (FORMAT, in this directory).  The plain run is held against the S lines; all others must emit the
 * same octets: however the input is cut, the output drained, ops answered, bodies handed out and
 * kept.  Then come the runs with faults, which must leak nothing, break no response, and store
 * nothing by half; those in which the host lies; and those in which it calls the library from inside of
 * its callbacks ("inside").
 *
 * --filter   only files whose path contains TEXT
 * --variant  only variants whose name contains TEXT (the plain run comes always)
 * --budget   how many points of each kind are tried in each script (24)
 * --full     all points, or as many as a --budget behind it says, and at each all kinds of refusal
 * --work     of each kind as many points as add up to N million octets, answers and allocations: all of a
 *            short script, few of one with literals of a hundred thousand octets
 * --faults   only the runs with faults (and the plain run)
 * --seed     of the random variants (1); it is printed with a failure
 * --show     prints what the plain run emitted at each step
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/play.h"

struct running {
	const char *filter;
	const char *only;
	uint64_t budget;
	uint64_t work; /* in millions; 0: no bound */
	uint64_t seed;
	bool full;
	bool faults;
	bool verbose;
	bool show;
	unsigned passed;
	unsigned failed;
	uint64_t runs;
	struct sc *script;
	struct pl_reference reference;
	uint64_t shift; /* another in every script: which points, which tricks */
	bool broken;    /* this script */
};

static void run(struct running *r, const struct pl_variant *v)
{
	struct tx_log log = {0};

	if (r->broken || (r->only && !strstr(v->name, r->only)) ||
	    (r->faults && v->fault == PL_NONE))
		return;
	r->runs++;
	pl_run(r->script, v, &r->reference, false, &log);
	if (!log.count)
		return;
	printf("%s [%s", r->script->path, v->name);
	if (v->n)
		printf(" %llu", (unsigned long long)v->n);
	if (v->fault == PL_INSIDE)
		printf(" %s", td_deed_names[v->deed]);
	if (v->trick)
		printf(" %s", ts_trick_names[v->trick]);
	if (v->driver.split)
		printf(" %zu", v->driver.split);
	if (v->driver.seed)
		printf(" seed %llu", (unsigned long long)v->driver.seed);
	printf("] %s\n", log.first);
	r->broken = true;
}

/* ---- the same octets -------------------------------------------------------------------- */

static void run_fixed(struct running *r)
{
	static const struct pl_variant list[] = {
		{.name = "bytes", .same_steps = true, .driver.piece = 1},
		{.name = "pieces-2", .same_steps = true, .driver.piece = 2},
		{.name = "pieces-3", .same_steps = true, .driver.piece = 3},
		{.name = "pieces-5", .same_steps = true, .driver.piece = 5},
		{.name = "pieces-7", .same_steps = true, .driver.piece = 7},
		{.name = "blocks", .same_steps = true},
		{.name = "drain-1", .same_steps = true, .driver.drain = 1},
		{.name = "drain-7", .same_steps = true, .driver.drain = 7},
		{.name = "drain-lazy", .same_steps = true, .driver.lazy_drain = true},
		{.name = "later", .same_steps = true, .store.mode = TS_LATER},
		{.name = "later-bytes", .same_steps = true, .store.mode = TS_LATER,
	         .driver = {.piece = 1, .drain = 1}},
		{.name = "later-lazy", .same_steps = true, .store.mode = TS_LATER,
	         .driver.lazy_drain = true},
		{.name = "pull-1", .store.pull = 1},
		{.name = "pull-7", .store.pull = 7, .driver.drain = 3},
		{.name = "pull-all", .store.pull = SIZE_MAX},
		{.name = "pull-later", .store = {.pull = 11, .mode = TS_LATER}},
		{.name = "lf", .store.lf = true},
		{.name = "lf-pull-1", .store = {.lf = true, .pull = 1}},
		{.name = "lf-pull-all", .store = {.lf = true, .pull = SIZE_MAX}},
		{.name = "no-size", .store.no_size = true},
		{.name = "no-size-lf", .store = {.no_size = true, .lf = true, .pull = 5}},
		{.name = "described", .store.described = 1},
		{.name = "described-lf-pull", .store = {.described = 1, .lf = true, .pull = 9}},
		{.name = "described-no-size", .store = {.described = 1, .no_size = true}},
		{.name = "described-badly", .store.described = 2},
		{.name = "generous", .store.generous = true},
		{.name = "events-after", .store.events_after = true},
		{.name = "events-after-later",
	         .store = {.events_after = true, .mode = TS_LATER}},
		{.name = "uids-in-pieces", .store.set_piece = 1},
		{.name = "narrow", .narrow = true},
		{.name = "narrow-drain-1", .narrow = true, .driver.drain = 1},
		{.name = "narrow-later", .narrow = true, .store.mode = TS_LATER, .driver.lazy_drain = true},
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		run(r, &list[i]);
}

/* Each session goes on as another one, made of its saved octets, as often as it can. */
static void run_exchanged(struct running *r)
{
	static const struct pl_variant list[] = {
		{.name = "saved", .driver.exchange = true},
		{.name = "saved-bytes", .driver = {.exchange = true, .piece = 1}},
		{.name = "saved-drain-1", .driver = {.exchange = true, .drain = 1}},
		{.name = "saved-later", .driver = {.exchange = true, .piece = 5}, .store.mode = TS_LATER},
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		run(r, &list[i]);
}

static void run_pipelined(struct running *r)
{
	static const struct pl_variant list[] = {
		{.name = "pipeline", .same_steps = true, .pipeline = true},
		{.name = "pipeline-bytes", .same_steps = true, .pipeline = true, .driver.piece = 1},
		{.name = "pipeline-later", .pipeline = true, .store.mode = TS_LATER},
		{.name = "pipeline-lazy", .pipeline = true, .store.mode = TS_LATER,
	         .driver.lazy_drain = true},
		{.name = "pipeline-drain-1", .pipeline = true, .driver.drain = 1},
	};

	if (r->script->no_pipeline || r->script->sessions > 1)
		return;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		run(r, &list[i]);
}

static void run_random(struct running *r)
{
	uint64_t n = r->budget / 2 < 2 ? 2 : r->budget / 2;

	if (r->budget == UINT64_MAX)
		n = 200;
	for (uint64_t i = 0; i < n; i++) {
		struct pl_variant v = {.name = "random"};
		struct tx_random random;

		v.driver.seed = r->seed * 1000 + i;
		tx_seed(&random, v.driver.seed);
		v.store.seed = v.driver.seed;
		v.store.mode = TS_MIXED;
		v.store.pull = tx_below(&random, 2) ? 1 + tx_below(&random, 100) : 0;
		v.store.lf = tx_below(&random, 2);
		v.store.no_size = tx_below(&random, 2);
		v.store.generous = tx_below(&random, 2);
		v.store.described = (int)tx_below(&random, 3);
		v.store.events_after = tx_below(&random, 2);
		v.store.set_piece = tx_below(&random, 3);
		v.driver.random_pieces = tx_below(&random, 4) != 0;
		v.driver.random_drain = tx_below(&random, 2);
		v.driver.shuffle = true;
		v.pipeline = tx_below(&random, 2) && !r->script->no_pipeline &&
		             r->script->sessions == 1;
		v.lines = !v.pipeline && tx_below(&random, 2);
		run(r, &v);
	}
}

/* How many points of each kind are tried in this script. */
static uint64_t points_of(const struct running *r)
{
	const struct pl_reference *f = &r->reference;
	uint64_t one = 1 + f->input + f->drained + f->allocs + f->answers; /* what a run costs */
	uint64_t points = r->work * 1000000 / one;

	return r->work && points < r->budget ? points + 1 : r->budget;
}

/* Calls `one` for some of the points 1..count, spread evenly, others in every script. */
static void spread(struct running *r, uint64_t count, void (*one)(struct running *r, uint64_t n))
{
	uint64_t points = points_of(r);

	if (count <= points || r->script->every_fault) {
		for (uint64_t n = 1; n <= count && !r->broken; n++)
			one(r, n);
		return;
	}
	for (uint64_t i = 0; i < points && !r->broken; i++) {
		uint64_t low = count * i / points, high = count * (i + 1) / points;

		one(r, low + 1 + (r->shift + i * 7) % (high - low));
	}
}

static void run_split(struct running *r, uint64_t n)
{
	struct pl_variant v = {.name = "split", .same_steps = true, .driver.split = (size_t)n};

	v.store.mode = n % 3 == 0 ? TS_LATER : TS_NOW;
	run(r, &v);
}

/* ---- with faults ------------------------------------------------------------------------ */

static void run_alloc(struct running *r, uint64_t n)
{
	struct pl_variant once = {.name = "alloc-once", .fault = PL_ALLOC_ONCE, .n = n};
	struct pl_variant pair = {.name = "alloc-pair", .fault = PL_ALLOC_PAIR, .n = n};
	struct pl_variant from = {.name = "alloc-from", .fault = PL_ALLOC_FROM, .n = n};

	/* The other way of answering allocates at other places. */
	once.store.mode = from.store.mode = n % 2 ? TS_NOW : TS_LATER;
	pair.store.mode = n % 2 ? TS_LATER : TS_NOW;
	/* And so does the other way of handing out bodies. */
	once.store.pull = n % 3 ? 0 : 100;
	/* Of one that the host describes it keeps what there is. */
	once.store.described = n % 5 == 2;
	pair.store.pull = n % 3 == 1 ? 100 : 0;
	/* What was not asked for has to be cut away. */
	once.store.generous = n % 4 == 3;
	run(r, &once);
	run(r, &pair);
	run(r, &from);
}

static void run_refusal(struct running *r, uint64_t n, enum imapsrv_code code, bool late)
{
	struct pl_variant v = {.name = "refuse", .fault = PL_REFUSE, .n = n};

	v.store.fail_code = code;
	v.store.fail_late = late;
	v.store.mode = late ? TS_LATER : TS_NOW;
	v.store.pull = late ? 9 : 0;
	run(r, &v);
}

static void run_refuse(struct running *r, uint64_t n)
{
	static const enum imapsrv_code codes[] = {IMAPSRV_NO, IMAPSRV_UNAVAILABLE,
	                                          IMAPSRV_NONEXISTENT, IMAPSRV_EXPUNGEISSUED,
	                                          IMAPSRV_OVERQUOTA, IMAPSRV_SERVERBUG};

	if (!r->full) {
		run_refusal(r, n, codes[n % 6], false);
		run_refusal(r, n, codes[(n + 3) % 6], true);
		return;
	}
	for (int code = IMAPSRV_NO; code <= IMAPSRV_USEATTR; code++) {
		run_refusal(r, n, (enum imapsrv_code)code, false);
		run_refusal(r, n, (enum imapsrv_code)code, true);
	}
}

static void run_mute(struct running *r, uint64_t n)
{
	struct pl_variant v = {.name = "mute", .fault = PL_MUTE, .n = n};

	v.store.pull = n % 2 ? 9 : 0;
	run(r, &v);
}

static void run_cut(struct running *r, uint64_t n)
{
	struct pl_variant v = {.name = "cut", .fault = PL_CUT, .n = n};
	struct pl_variant end = {.name = "end", .fault = PL_END, .n = n};

	v.store.mode = n % 2 ? TS_NOW : TS_LATER;
	end.store.mode = n % 2 ? TS_LATER : TS_NOW;
	v.store.pull = end.store.pull = n % 3 ? 0 : 9;
	run(r, &v);
	run(r, &end);
}

static void run_stall(struct running *r, uint64_t n)
{
	struct pl_variant v = {.name = "stall", .fault = PL_STALL, .n = n};

	v.store.mode = n % 2 ? TS_NOW : TS_LATER;
	v.store.pull = n % 3 ? 0 : 9;
	run(r, &v);
}

static void run_hostile(struct running *r, uint64_t n)
{
	enum { FEW = 8 };

	for (int trick = TS_TWICE; trick < TS_TRICKS; trick++) {
		struct pl_variant v = {.fault = PL_HOSTILE, .n = n};

		/* Each trick is played somewhere in every script, and each with each of a few answers. */
		if (!r->full && r->reference.answers > FEW &&
		    (n + r->shift) % (TS_TRICKS - 1) + 1 != (uint64_t)trick)
			continue;
		v.name = "hostile";
		v.trick = (enum ts_trick)trick;
		v.store.mode = (n + (uint64_t)trick) % 2 ? TS_NOW : TS_LATER;
		v.store.pull = n % 3 ? 0 : 20;
		run(r, &v);
	}
}

/* With --full each deed at every moment; else one of them at most, and at some moments none. */
static void run_inside(struct running *r, uint64_t n)
{
	for (int deed = 0; deed < TD_DEEDS; deed++) {
		struct pl_variant v = {.name = "inside", .fault = PL_INSIDE, .n = n};

		if (!r->full && (n + r->shift) % (TD_DEEDS + TD_DEEDS / 2) != (uint64_t)deed)
			continue;
		v.deed = (enum td_deed)deed;
		v.store.mode = (n / 2 + (uint64_t)deed) % 3 ? TS_NOW : TS_LATER;
		v.store.pull = n % 5 ? 0 : 20;
		v.driver.piece = deed == TD_LOOK ? 3 : 0;
		run(r, &v);
	}
}

/* Arenas are cut at multiples of 16, and what most commands need is a few of them. */
static void run_arena(struct running *r, uint64_t n)
{
	struct pl_variant v = {.name = "arena", .fault = PL_ARENA, .n = n * 16};

	v.store.mode = n % 2 ? TS_NOW : TS_LATER;
	run(r, &v);
}

/* ---- what was emitted ------------------------------------------------------------------- */

static void show_lines(int session, const char *data, size_t len)
{
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) + 1 : len;
		bool line = n >= 2 && data[n - 1] == '\n' && data[n - 2] == '\r';
		struct tx text = {0};

		tx_escape(&text, data, line ? n - 2 : n);
		printf("S%.0d%c %s\n", session ? session + 1 : 0, line ? ':' : '-',
		       text.data ? text.data : "");
		tx_free(&text);
		data += n;
		len -= n;
	}
}

static void show(const struct running *r)
{
	size_t at[TD_SESSIONS] = {0};

	for (size_t k = 0; k < r->script->step_count; k++) {
		const struct sc_step *step = &r->script->steps[k];
		struct tx text = {0};

		if (step->kind == SC_SEND) {
			tx_escape(&text, step->bytes.data ? step->bytes.data : "", step->bytes.len);
			printf("C%.0d- %s\n", step->session ? step->session + 1 : 0,
			       text.data ? text.data : "");
		}
		for (size_t i = 0; step->kind == SC_HOST && i < step->words.count; i++)
			printf("%s%s%s", i ? " " : "H: ", step->words.word[i],
			       i + 1 == step->words.count ? "\n" : "");
		for (int i = 0; i < TD_SESSIONS; i++) {
			size_t end = r->reference.marks[k * TD_SESSIONS + (size_t)i];

			if (end > at[i]) {
				show_lines(i, r->reference.output[i].data + at[i], end - at[i]);
				at[i] = end;
			}
		}
		tx_free(&text);
	}
}

/* ---- files ------------------------------------------------------------------------------ */

static void run_file(struct running *r, const char *path)
{
	struct pl_variant plain = {.name = "plain"};
	struct tx_log log = {0};

	if (r->filter && !strstr(path, r->filter))
		return;
	r->script = sc_read(path);
	r->broken = false;
	r->shift = 0;
	for (const char *c = path; *c; c++)
		r->shift = r->shift * 31 + (unsigned char)*c;
	if (r->script->error[0]) {
		printf("%s\n", r->script->error);
		r->broken = true;
	} else {
		pl_run(r->script, &plain, &r->reference, true, &log);
		r->runs++;
		if (log.count) {
			printf("%s [plain] %s\n", path, log.first);
			r->broken = true;
		}
	}
	if (r->show && r->reference.marks)
		show(r);
	if (!r->broken) {
		run_fixed(r);
		run_exchanged(r);
		run_pipelined(r);
		run_random(r);
		spread(r, r->reference.input, run_split);
		spread(r, r->reference.allocs, run_alloc);
		spread(r, r->reference.ops, run_refuse);
		spread(r, r->reference.ops, run_mute);
		spread(r, r->reference.input, run_cut);
		spread(r, r->reference.drained, run_stall);
		spread(r, r->reference.answers, run_hostile);
		spread(r, r->reference.moments, run_inside);
		spread(r, 256, run_arena);
	}
	if (r->verbose)
		printf("%s: %s (%zu octets in, %llu out, %llu ops, %llu allocations)\n", path,
		       r->broken ? "failed" : "passed", r->reference.input,
		       (unsigned long long)r->reference.drained,
		       (unsigned long long)r->reference.ops,
		       (unsigned long long)r->reference.allocs);
	r->passed += !r->broken;
	r->failed += r->broken;
	pl_reference_free(&r->reference);
	sc_free(r->script);
	r->script = NULL;
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct running r = {.budget = 24, .seed = 1};
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "-v") == 0) {
			r.verbose = true;
			continue;
		}
		if (strcmp(argv[i], "--show") == 0) {
			r.show = true;
			continue;
		}
		if (strcmp(argv[i], "--faults") == 0) {
			r.faults = true;
			continue;
		}
		if (strcmp(argv[i], "--full") == 0) {
			r.full = true;
			r.budget = UINT64_MAX;
			continue;
		}
		if (strcmp(argv[i], "--filter") == 0)
			r.filter = value;
		else if (strcmp(argv[i], "--variant") == 0)
			r.only = value;
		else if (strcmp(argv[i], "--budget") == 0)
			r.budget = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--work") == 0)
			r.work = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			r.seed = strtoull(value, NULL, 10);
		else
			break;
		i++;
	}
	if (i >= argc || argv[i][0] == '-') {
		fprintf(stderr, "usage: script-run [--filter TEXT] [--variant TEXT] [--budget N] "
		                "[--full] [--work N] [--faults] [--seed N] [--show] [-v] "
		                "FILE...\n");
		return 2;
	}
	for (; i < argc; i++)
		run_file(&r, argv[i]);
	printf("scripts: %u passed, %u failed (%llu runs, seed %llu)\n", r.passed, r.failed,
	       (unsigned long long)r.runs, (unsigned long long)r.seed);
	return r.failed ? 1 : 0;
}
