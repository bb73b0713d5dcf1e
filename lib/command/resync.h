/* SPDX-License-Identifier: MIT */
/*
 * command/resync - what a client that comes back has missed (RFC 7162 3.2): which of the
 * messages that it knows are gone, and which have changed.  For the QRESYNC parameter of
 * SELECT, and for FETCH with CHANGEDSINCE.
 *
 * A caller fills in what it wants, calls isrv_resync_step until it says DONE, and
 * isrv_resync_drop in any case.
 */
#ifndef ISRV_COMMAND_RESYNC_H
#define ISRV_COMMAND_RESYNC_H

#include "mailbox/batch.h"
#include "session/putoff.h"

struct isrv_resync {
	uint32_t uidvalidity;      /* that the client knows */
	uint64_t since;            /* a modification sequence; 0: nothing is asked */
	struct imapsrv_set known;  /* UIDs.  Its ranges may be changed */
	bool all;                  /* none were given: all that ever were */
	struct imapsrv_set seqs;   /* sequence match data (3.2.5.2): numbers, */
	struct imapsrv_set uids;   /* and as many UIDs */
	bool vanished;             /* tell which have gone */
	bool rows;                 /* tell the flags of those that changed; else only find them */

	/* What came of it. */
	bool refused;              /* s->result says why */
	struct isrv_uidset found;  /* unless rows: those that have changed */

	/* The routine's own. */
	uint8_t at;
	struct isrv_uidset late;   /* what is found and waits: see base/uidlate.h */
	size_t told;               /* ranges of it */
	struct isrv_batch batch;
	struct isrv_putoff off;    /* rows of it for which there was no room */
};

/* "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")",
 * from its "(" on. */
bool isrv_resync_parse(struct isrv_parse *p, struct isrv_resync *r);
/* DONE, HOST or OUTPUT. */
enum isrv_step isrv_resync_step(struct imapsrv_session *s, struct isrv_resync *r);
void isrv_resync_drop(struct imapsrv_session *s, struct isrv_resync *r);

#endif
