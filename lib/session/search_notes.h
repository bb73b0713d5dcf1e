/* SPDX-License-Identifier: MIT */
/*
 * session/search_notes - annotations of messages held against the keys of a search (RFC 5257 4.8).
 * A message's are looked at once, whatever keys there are, and each value in one pass.  What is
 * found is noted as known of the message's leaves, so that the program only has to be evaluated.
 */
#ifndef ISRV_SESSION_SEARCH_NOTES_H
#define ISRV_SESSION_SEARCH_NOTES_H

#include "search/matcher.h"
#include "search/program.h"
#include "session/annotations.h"
#include "session/search_message.h"

struct isrv_search_note {
	const struct isrv_term *term;
	uint32_t leaf; /* its place among the program's leaves */
};

struct isrv_search_notes {
	bool begun;
	uint32_t left; /* the caller's, zero at first: messages whose verdict is open still */

	/* The routine's own. */
	const struct isrv_program *program;
	struct isrv_search_note notes[ISRV_PROGRAM_NOTES];
	struct imapsrv_span entries[ISRV_PROGRAM_NOTES]; /* of all, ascending, each once */
	size_t entry_count;
	uint32_t values;
	struct isrv_matcher matcher;
	struct isrv_annotations from;
	struct imapsrv_range *ranges; /* of the messages */
};

/* For a program that has such keys.  NULL: no memory in the arena. */
struct isrv_search_notes *isrv_search_notes_new(const struct isrv_program *program,
                                                struct isrv_arena *arena);
/* These messages, no more of them than `most`, which is always the same; puts them in ascending
 * order.  Asks nothing yet.  Values in `none` (enum imapsrv_annotation_value) are not there.
 * False: no memory in the arena. */
bool isrv_search_notes_begin(struct imapsrv_session *s, struct isrv_search_notes *x, void *mailbox,
                             uint32_t none, struct isrv_search_subject *subjects, uint32_t count,
                             uint32_t most, struct isrv_arena *arena);
/* Of the next message: all that is found is in `known` (as isrv_program_eval has it). */
enum isrv_step isrv_search_notes_step(struct imapsrv_session *s, struct isrv_search_notes *x,
                                      uint32_t uid, uint8_t *known);
/* The messages are done.  True: the host would not tell, s->result says why. */
bool isrv_search_notes_end(struct isrv_search_notes *x);
void isrv_search_notes_clear(struct imapsrv_session *s, struct isrv_search_notes *x);

#endif
