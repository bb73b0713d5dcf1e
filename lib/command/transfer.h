/* SPDX-License-Identifier: MIT */
/*
 * command/transfer - messages of one mailbox copied or moved to another: by the host's copy and
 * move, or emulated with body, append and expunge where it has none.  COPY, MOVE, and RENAME of
 * INBOX (RFC 9051 6.3.6) are made of this.
 *
 * A caller clears the structure, fills in the first part, and calls isrv_transfer_step until it
 * says DONE; its own `drop` calls isrv_transfer_drop.
 */
#ifndef ISRV_COMMAND_TRANSFER_H
#define ISRV_COMMAND_TRANSFER_H

#include "session/body.h"
#include "session/session.h"

/* UIDs in the order in which they came, which is ascending; in the arena. */
struct isrv_transfer_uids {
	struct imapsrv_range *ranges;
	size_t count;
	size_t cap;
};

struct isrv_transfer {
	/* What to do.  All of it stays as it is until DONE. */
	void *mailbox;           /* where from: the host's handle */
	struct isrv_view *view;  /* the selected view, if the messages are its announced ones.
	                            NULL: every one of uids exists, or is gone by now */
	struct imapsrv_set uids; /* which.  With a view, what is not announced is passed over */
	struct imapsrv_span name; /* where to, UTF-8 */
	uint32_t rights;          /* of the user there: flags that he may not set stay behind */
	bool move;

	/* What came of it. */
	bool failed; /* refused: isrv_refused(s, "TRYCREATE") is the reply */
	bool copied; /* something is in the target now.  With failed: the copies were made, but the
	                originals could not be removed; both stay */
	uint32_t uidvalidity;           /* of the target; 0: no COPYUID can be given */
	struct isrv_transfer_uids from; /* which were copied, */
	struct isrv_transfer_uids to;   /* and the UIDs they got, as many */
	struct isrv_transfer_uids gone; /* which left the source.  A view was told already */

	/* The routine's own. */
	uint8_t at;
	bool lost;     /* `from` and `to` are not all of it */
	bool answered; /* the host told UIDs */
	bool moved;    /* the host's move did it all */
	bool begun;    /* there is an append handle */
	bool row;      /* the message exists: what follows is set */
	bool full; /* with more keywords than there is room for */
	void *append;
	size_t range;  /* of uids, where the message at hand stands */
	uint32_t uid;  /* the message at hand; 0 before the first */
	uint64_t left; /* octets of it still to be given */
	struct isrv_body_cursor body;
	struct imapsrv_flags flags; /* of the message at hand, in buffers that serve all of them */
	struct imapsrv_span *keywords;
	size_t keyword_cap;
	char *text;
	size_t text_cap;
	int64_t date;
	int zone;
};

/*
 * DONE, HOST or YIELD, or DONE with the session failed.  Tells the selected view, if it is touched,
 * which messages are gone and which are new, so that the updates before the tagged line announce
 * them.
 */
enum isrv_step isrv_transfer_step(struct imapsrv_session *s, struct isrv_transfer *t);
/* How many messages were read so far; false where the host copies them all at once. */
bool isrv_transfer_progress(const struct isrv_transfer *t, uint32_t *done_r);
/* Gives back what a transfer that was not done holds. */
void isrv_transfer_drop(struct imapsrv_session *s, struct isrv_transfer *t);
/* May and can a COPYUID be given (RFC 4315 3)? */
bool isrv_transfer_has_copyuid(const struct imapsrv_session *s, const struct isrv_transfer *t);
/* "COPYUID v from to", without brackets. */
void isrv_transfer_put_copyuid(struct imapsrv_session *s, const struct isrv_transfer *t);

#endif
