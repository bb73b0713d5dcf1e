/* SPDX-License-Identifier: MIT */
/*
 * session/contexts - searches of the selected mailbox whose results the client wants to be kept
 * informed of (RFC 5267 4.3): which messages each of them matched when the client was last told,
 * and telling what has changed.
 *
 * Only messages that changed are looked at again: those whose flags were changed, by anybody, and
 * those that were announced since.  Messages that are known to be gone leave at once.  The order is
 * that of RFC 5267 4.3 and RFC 5465 5, 7: REMOVEFROM of what is gone, EXPUNGE, EXISTS, FETCH, and
 * then ESEARCH about what changed.
 *
 * Results are kept as ranges of UIDs that may cover UIDs without a message.  Those of a SEARCH are
 * in mailbox order, so positions are always 0 (RFC 5267 4.3.3); those of a SORT (CONTEXT=SORT) have
 * the messages and their keys beside that, in order (search/ranked.h), within half of limits.sort.
 */
#ifndef ISRV_SESSION_CONTEXTS_H
#define ISRV_SESSION_CONTEXTS_H

#include "base/pack.h"
#include "search/ranked.h"
#include "search/sort.h"
#include "session/searcher.h"

struct isrv_contexts;

/* Octets of fetch-atts of all contexts, which are kept as they were written. */
#define ISRV_CONTEXTS_FETCH_MAX 16384u

/* A search that was done and is to be followed. */
struct isrv_context_wish {
	struct imapsrv_span program; /* as the client wrote it */
	uint32_t features;           /* enum isrv_search_feature, as it was read */
	const struct isrv_program *parsed; /* with its sets resolved */
	struct imapsrv_set found;    /* UIDs */
	/* Of a SORT: its criteria, and its result, which is taken over.  Else NULL. */
	const struct isrv_sort_program *by;
	struct isrv_ranked *ranked;
	struct imapsrv_span fetch;   /* fetch-atts with their parentheses (RFC 5465 7); len 0:
	                              * none */
};

/* Is the tag at work that of a context already? */
bool isrv_contexts_has(const struct imapsrv_session *s, struct imapsrv_span tag);
/*
 * Follows the search at work from now on, under its tag, in UIDs if it is a UID command.  False: it
 * cannot be afforded (limits.contexts, limits.set_ranges, ISRV_CONTEXTS_FETCH_MAX), and the client
 * is to be told NOUPDATE; or the session has failed.
 */
bool isrv_contexts_add(struct imapsrv_session *s, const struct isrv_context_wish *wish);
/* Octets that one more result of a SORT may have. */
size_t isrv_contexts_room(const struct imapsrv_session *s);
/* "* NO [NOUPDATE "B02"] ..." */
void isrv_contexts_put_refusal(struct imapsrv_session *s, struct imapsrv_span tag);
/* Forgets one; nothing where there is none. */
void isrv_contexts_cancel(struct imapsrv_session *s, struct imapsrv_span tag);
/* Gives up those that are told in message numbers, which must not be told any more (RFC 9586 3). */
void isrv_contexts_give_up_numbers(struct imapsrv_session *s);
/* Forgets all: the mailbox is no longer selected. */
void isrv_contexts_clear(struct imapsrv_session *s);

/* All of them, for imapsrv_session_save; there are some.  False: not in the middle of a telling. */
bool isrv_contexts_pack(const struct imapsrv_session *s, struct isrv_pack *p);
/* And back; there are none yet. */
void isrv_contexts_unpack(struct imapsrv_session *s, struct isrv_unpack *u);

/* The flags of these may have changed, or they were announced.  Does nothing where there are no
 * contexts. */
void isrv_contexts_touch(struct imapsrv_session *s, struct imapsrv_set uids);
static inline void isrv_contexts_touch_one(struct imapsrv_session *s, uint32_t uid)
{
	struct imapsrv_range one = {uid, uid};

	if (s->contexts)
		isrv_contexts_touch(s, (struct imapsrv_set){&one, 1});
}
/* Messages are known to be gone that were not before. */
void isrv_contexts_note_gone(struct imapsrv_session *s);
/* Is there something to look at? */
bool isrv_contexts_due(const struct imapsrv_session *s);

/* REMOVEFROM for what is gone, before the client is told so.  DONE or OUTPUT. */
enum isrv_step isrv_contexts_tell_gone(struct imapsrv_session *s);
/* Is there more of that since? */
bool isrv_contexts_more_gone(const struct imapsrv_session *s);
/* Looks at what was touched, and tells.  Nothing else may be told until it says DONE. */
enum isrv_step isrv_contexts_tell_changed(struct imapsrv_session *s);
/* Messages that arrived and were added to results whose clients want such shown (RFC 5465 7).  Does
 * any context want that? */
bool isrv_contexts_show(const struct imapsrv_session *s);
/* The highest number up to which the same contexts want messages shown as the one with this UID. */
uint32_t isrv_contexts_show_until(const struct imapsrv_session *s, uint32_t uid);
/* The fetch-atts that the next of them wants of this one, from *index on, which is moved on; len 0:
 * no more. */
struct imapsrv_span isrv_contexts_show_next(const struct imapsrv_session *s, uint32_t uid,
                                            uint32_t *index);
/* All were shown, or nobody will. */
void isrv_contexts_shown(struct imapsrv_session *s);
/* Is that under way? */
bool isrv_contexts_busy(const struct imapsrv_session *s);
/* Forgets a telling that was under way. */
void isrv_contexts_drop(struct imapsrv_session *s);

#endif
