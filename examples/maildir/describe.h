/* SPDX-License-Identifier: MIT */
/*
 * describe.h - descriptions of messages: made when a message is appended or first asked for, kept
 * by descriptions.h, given to the library with each row.
 */
#ifndef MAILDIR_DESCRIBE_H
#define MAILDIR_DESCRIBE_H

#include "deliver.h"

/* Puts into a row what of these facts there is: IMAPSRV_FACT_DESCRIPTION, which is made if need be,
 * and IMAPSRV_FACT_PREVIEW.  The row is good until the next call.  *octets_r counts down what may
 * still be read for this. */
void describe_row(struct box *box, uint32_t uid, uint32_t facts, uint64_t *octets_r,
                  struct imapsrv_row *row);
/* A message that was asked for in a row is open: makes what was too much then. */
void describe_open(struct box *box, uint32_t uid, int fd);
/* Letters have become messages of this box. */
void describe_delivered(struct box *box, const struct letter *letters, size_t count);

/* As much may be read in one answer before the client sees any of it. */
#define DESCRIBE_AT_ONCE (UINT64_C(32) << 20)

#endif
