/* SPDX-License-Identifier: MIT */
/*
 * script/play - one run of one script under one variant.  The first run of a script (the plain
 * variant) is held against its S lines and becomes the reference; every other run must emit the
 * same octets, or, with a fault in it, break nothing.
 */
#ifndef TEST_SCRIPT_PLAY_H
#define TEST_SCRIPT_PLAY_H

#include "host/inside.h"
#include "script/host.h"

enum pl_fault {
	PL_NONE,
	PL_ALLOC_ONCE, /* allocation n fails                                  */
	PL_ALLOC_PAIR, /* allocations n and n + 1 fail                        */
	PL_ALLOC_FROM, /* allocation n and all later ones fail                */
	PL_REFUSE,     /* op n is refused                                     */
	PL_MUTE,       /* op n is never answered                              */
	PL_CUT,        /* the connection is lost after n octets of input      */
	PL_END,        /* the same, and the client is seen to have hung up    */
	PL_STALL,      /* n - 1 octets of output leave, and then none         */
	PL_HOSTILE,    /* answer n (0: each) of the host is a lie             */
	PL_INSIDE,     /* at moment n inside of callbacks the host does a deed */
	PL_ARENA       /* a command may need n octets for its arguments and results */
};

struct pl_variant {
	const char *name;
	struct ts_options store;
	struct td_options driver;
	bool lines;    /* every C line on its own, all settled between; else C lines with no S line
	                  between them come at once */
	bool same_steps; /* the host answers the same, so that the work is the same */
	bool pipeline; /* all C lines up to the next H line at once */
	bool narrow;   /* limits that nobody may notice are as low as they can be */
	enum pl_fault fault;
	enum ts_trick trick;
	enum td_deed deed;
	uint64_t n;
};

/* What the plain run showed. */
struct pl_reference {
	struct tx output[TD_SESSIONS];
	size_t *marks;       /* [step * TD_SESSIONS + session]: octets emitted at the end of it */
	struct {
		size_t at;
		int line;
	} *lines;            /* of session 1..: where in the output each S line was met */
	int *line_session;
	size_t line_count;
	struct tx added;     /* what was stored */
	uint64_t *sums;      /* of the store, after each op and each step */
	size_t sum_count;
	uint64_t steps[TD_SESSIONS];
	uint64_t allocs;
	uint64_t ops;
	size_t input;
	uint64_t drained;
	uint64_t answers;
	uint64_t moments;
	bool rests[TD_SESSIONS]; /* at the end */
};
void pl_reference_free(struct pl_reference *r);

/* Runs; log->count is 0 if all is well.  The first run fills the reference in, all others are
 * compared with it. */
void pl_run(struct sc *script, const struct pl_variant *variant, struct pl_reference *reference,
            bool first, struct tx_log *log);

/* How far a session was matched. */
struct pl_place {
	size_t at;
	bool closed;
};

/* match.c: holds what a session emitted since `place` against the S lines of a step; moves it. */
void pl_match(const struct sc *script, const struct sc_step *step, int session,
              const struct td_session *s, struct pl_place *place, struct pl_reference *reference,
              struct tx_log *log);

#endif
