/* SPDX-License-Identifier: MIT */
/*
 * session/claim - rows of a batch are taken once: a store that tells a message twice (a join that
 * gives a row for each keyword, say) is told so, and what it says then is not used.
 */
#ifndef ISRV_SESSION_CLAIM_H
#define ISRV_SESSION_CLAIM_H

#include "mailbox/batch.h"
#include "session/session.h"

/* Of the message at that place in the part at hand.  False: it was told before. */
static inline bool isrv_claim_place(struct imapsrv_session *s, struct isrv_batch *b, uint32_t place)
{
	if (isrv_claims_take(&b->claims, place))
		return true;
	isrv_session_fault(s, "a message was told twice");
	return false;
}

/* Of the message with that number.  False: it was told before, or is not of the part. */
static inline bool isrv_claim(struct imapsrv_session *s, struct isrv_batch *b, uint32_t uid,
                              uint32_t seq)
{
	uint32_t place = isrv_batch_place(b, uid, seq);

	return place < UINT32_MAX && isrv_claim_place(s, b, place);
}

#endif
