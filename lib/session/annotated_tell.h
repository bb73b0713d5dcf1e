/* SPDX-License-Identifier: MIT */
/*
 * session/annotated_tell - telling the client which annotations of the selected mailbox others
 * changed: FETCH with the names of the entries and no values (RFC 5257 4.4), with UID
 * (RFC 5465 5.1), and with MODSEQ for who wants sequences.
 */
#ifndef ISRV_SESSION_ANNOTATED_TELL_H
#define ISRV_SESSION_ANNOTATED_TELL_H

#include "mailbox/batch.h"
#include "session/annotations.h"

struct isrv_annotated_tell {
	uint8_t at; /* 0: at rest */
	struct isrv_annotated told;
	struct isrv_uidset uids; /* those that are being told, of told.entries or of told.any */
	struct isrv_batch batch;
	struct imapsrv_set part; /* of it: asked for */
	struct isrv_annotations list; /* of the messages whose entries are not known */
	uint32_t uid;            /* the one of these at hand */
	uint64_t modseq;         /* of it; 0: not known */
	bool begun;              /* its line is */
};

/* Tells what is pending.  DONE, HOST or OUTPUT. */
enum isrv_step isrv_annotated_tell_step(struct imapsrv_session *s, struct isrv_annotated_tell *t);
/* Lets go of one that was under way. */
void isrv_annotated_tell_drop(struct imapsrv_session *s, struct isrv_annotated_tell *t);

#endif
