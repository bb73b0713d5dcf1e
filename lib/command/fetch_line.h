/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_line - one message's line of a FETCH, as far as its row and its description say it:
 * "* n FETCH (", facts, ENVELOPE, structure, PREVIEW; and whether they say all that was asked for,
 * or the message itself has to be opened (fetch_read).
 */
#ifndef ISRV_COMMAND_FETCH_LINE_H
#define ISRV_COMMAND_FETCH_LINE_H

#include "command/fetch.h"

/* What the lines of all messages have in common. */
struct isrv_fetch_line {
	const struct isrv_fetch_items *items;
	struct isrv_uidset seen; /* \Seen is new, so FLAGS are shown; the caller fills it */
	bool describe;           /* descriptions are needed */
	bool octets;             /* the messages' octets are needed whatever the host knows */
	bool first;              /* nothing stands behind the parenthesis yet */
	uint64_t shown;          /* lines written */
};

/* `items` must stand as long as the line. */
void isrv_fetch_line_init(struct isrv_fetch_line *l, const struct isrv_fetch_items *items);
void isrv_fetch_line_clear(struct isrv_fetch_line *l, struct isrv_mem *mem);

/* enum imapsrv_fact that the host is asked for. */
uint32_t isrv_fetch_line_facts(const struct imapsrv_session *s, const struct isrv_fetch_line *l);
/* Can the line be written without the message?  *d is its description, if one is needed. */
bool isrv_fetch_line_is_enough(const struct isrv_fetch_line *l, const struct imapsrv_row *row,
                               struct isrv_description *d);
/* Does anything of this message need a description? */
bool isrv_fetch_line_describes(const struct isrv_fetch_line *l, const struct imapsrv_row *row);

/* All up to what only the message tells; `d` is NULL where there is none, or none is needed.  True:
 * the value of PREVIEW stands next, and is to be made. */
bool isrv_fetch_line_begin(struct imapsrv_session *s, struct isrv_fetch_line *l, uint32_t seq,
                           const struct imapsrv_row *row, const struct isrv_description *d);
void isrv_fetch_line_end(struct imapsrv_session *s, struct isrv_fetch_line *l, uint32_t uid);

/* What stands between two items of one message. */
static inline void isrv_fetch_separate(struct isrv_writer *w, bool *first)
{
	if (!*first)
		ISRV_W(w, " ");
	*first = false;
}

#endif
