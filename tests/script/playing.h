/* SPDX-License-Identifier: MIT */
/*
 * script/playing - a run of a script as it goes on, between play.c, which runs it, and judge.c, which
 * says whether a run with a fault in it broke anything.
 */
#ifndef TEST_SCRIPT_PLAYING_H
#define TEST_SCRIPT_PLAYING_H

#include "script/play.h"

struct playing {
	struct sc *script;
	const struct pl_variant *v;
	struct pl_reference *ref;
	bool first;
	struct tx_log *log;
	struct sh host;
	struct ta alloc;
	struct td td;
	struct td_inside inside;
	struct pl_place places[TD_SESSIONS];
	bool judged; /* the state in which the session ended */
};


/* How many octets are the same at the beginning. */
size_t pl_same_octets(const struct tx *a, const struct tx *b);
/* Session i differs from the reference at octet `same`; complains and shows up to `end`. */
void pl_show_difference(struct playing *p, int i, size_t same, size_t end);
/* What the clients know is so; and after a refused op the session answers the next command. */
void pl_check_pictures(struct playing *p);

/* judge.c: the plain run notes each state of the store; `user` is a struct playing. */
void pl_note_sum(void *user);
/* More input for session i, in a run with a fault. */
void pl_feed_faulty(struct playing *p, int i, const struct tx *block);
/* All steps were played. */
void pl_judge(struct playing *p);

#endif
