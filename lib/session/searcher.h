/* SPDX-License-Identifier: MIT */
/*
 * session/searcher - which messages of a mailbox a program matches: the evaluation itself, whoever
 * asks.  It knows no command, no reply and no response; the mailbox may be the selected one or any
 * other that is open, and what is looked at may be limited to some of its messages.
 *
 * What every match must satisfy is worked out first: the sets that stand under no NOT and no OR.
 * A host with an index is asked next, and what it answers is not looked at (search_index.h).  Only
 * what lies within the reach of all that is looked at, in batches; a program of nothing but sets
 * and \Recent asks the host nothing, and costs by the ranges that it names.  Only where the facts
 * of a message leave the verdict open is it opened (search_message.h): for texts that are looked
 * for in it, or a size that the host does not know.
 *
 * How to use it:
 *
 *	struct isrv_searcher x;             in the arguments of the command, cleared
 *
 *	isrv_searcher_begin(s, &x, &program, &source, within);      the sets of the program resolved
 *	for each step:
 *		step = isrv_searcher_step(s, &x);
 *		if (step != ISRV_DONE)
 *			return step;                what it waits for
 *		switch (x.end) ...              the result
 *	isrv_searcher_drop(s, &x);          in `drop` too; any number of times, in any state
 *
 * It yields between messages, and within long ones (limits.turn), and ends where
 * limits.search_steps is passed; it tells how far it is (session/progress.h).
 *
 * The program, the source and the set live until then.  While it waits, the map of the source must
 * not change; events may add to `expunged`.
 */
#ifndef ISRV_SESSION_SEARCHER_H
#define ISRV_SESSION_SEARCHER_H

#include "mailbox/batch.h"
#include "session/found.h"
#include "session/search_index.h"
#include "session/search_message.h"
#include "session/search_notes.h"

/* The mailbox that is searched. */
struct isrv_search_source {
	void *mailbox;                 /* the host's handle */
	const struct isrv_nummap *map; /* its messages: those that were announced, of the selected
	                                  mailbox; all that exist, of another */
	const struct isrv_uidset *expunged; /* of these, known to be gone: they match nothing; NULL:
	                                       none, or the host knows better */
	uint32_t recent_from;          /* UIDs from here on are \Recent; 0: none */
	bool doubtful;                 /* others may be gone too: the host is asked */
	uint8_t no_notes;              /* enum imapsrv_annotation_value: annotations have none of
	                                * these */
};

enum isrv_search_end {
	ISRV_SEARCH_FOUND,   /* all is known */
	ISRV_SEARCH_REFUSED, /* the host would not: s->result says why (isrv_refused) */
	ISRV_SEARCH_NOMEM,   /* the arena gave no more (isrv_command_nomem) */
	ISRV_SEARCH_LIMIT    /* it took more than limits.search_steps */
};

struct isrv_searcher {
	/* What was found: numbers in the source's map, ascending.  isrv_nummap_uid gives the UID of
	 * one, isrv_found_uids those of all. */
	struct isrv_found found;
	enum isrv_search_end end; /* how it ended */
	bool missing; /* something within reach is gone, and the source still shows it */
	/* Of a program with MODSEQ in it (RFC 7162 3.1.5, 3.1.10; RFC 4731 3.2): */
	uint64_t highest;                       /* of all that was found */
	uint32_t lowest_uid, highest_uid;       /* found, */
	uint64_t lowest_modseq, highest_modseq; /* and the sequences of these two */

	bool relevancy; /* set before the first step: how relevant matches are is wanted */
	uint32_t enough; /* set between begin and the first step: nothing but so many of the lowest
	                    matches is wanted, `found` may lack others; 0: all */

	uint64_t since; /* set before begin where this is one of several searches of a command:
	                   s->steps when it began them, as search_steps is for all; how far it is,
	                   is not told */
	struct isrv_arena *arena; /* set before begin where it is not the command's: what the search
	                             holds, the result too, lives there */

	/* The rest is searcher.c's own. */
	struct isrv_search_source from;
	const struct isrv_program *program;
	int64_t now; /* for a timed program: all batches are judged by this moment */
	uint8_t at;
	bool nomem;
	uint64_t began;     /* steps at its beginning */
	uint32_t looked_at; /* messages in the batches that are done */
	struct imapsrv_set reach; /* the UIDs that can match */
	size_t reach_at;          /* without the host: the range at hand, */
	uint32_t uid_at;          /* and where in it; 0: at its beginning */
	struct isrv_batch batch;
	struct imapsrv_set part; /* the batch at hand */
	uint32_t part_max;
	uint32_t messages; /* in it */
	uint32_t rows;     /* that came for it */
	struct isrv_search_subject *open; /* those whose facts leave the verdict open */
	uint8_t *open_known;
	uint32_t open_count;
	uint32_t open_at;
	struct isrv_search_index index;
	struct isrv_search_message message;
	struct isrv_search_notes *notes;  /* NULL: the program asks for no annotations */
};

/* The selected mailbox as it was announced. */
void isrv_search_selected(const struct imapsrv_session *s, struct isrv_search_source *source_r);

/* x is all zero.  `within`: only these UIDs; NULL: all messages of the source.  Asks nothing
 * yet. */
void isrv_searcher_begin(struct imapsrv_session *s, struct isrv_searcher *x,
                         const struct isrv_program *program,
                         const struct isrv_search_source *source, const struct imapsrv_set *within);
/* Between begin and the first step: looks at no more than the highest `most` messages within reach.
 * The lowest of them goes to *lowest_r, 0 if there are no more. */
void isrv_searcher_limit(struct imapsrv_session *s, struct isrv_searcher *x, uint32_t most,
                         uint32_t *lowest_r);
/* DONE: x->end, or the session has failed. */
enum isrv_step isrv_searcher_step(struct imapsrv_session *s, struct isrv_searcher *x);
/* Messages that were looked at, of so many; 0 if the host is not asked. */
void isrv_searcher_progress(struct imapsrv_session *s, const struct isrv_searcher *x,
                            uint32_t *done_r, uint32_t *goal_r);
/* How relevant a match is, by its number in the map, from 1 to 100 (RFC 6203 4), also after the
 * drop.  What the host says nothing of matched to the letter: 100. */
static inline uint32_t isrv_searcher_relevancy(const struct isrv_searcher *x, uint32_t n)
{
	return x->index.relevancy && x->index.relevancy[n - 1] ? x->index.relevancy[n - 1] : 100;
}
/* Gives back what is held outside the arena. */
void isrv_searcher_drop(struct imapsrv_session *s, struct isrv_searcher *x);

#endif
