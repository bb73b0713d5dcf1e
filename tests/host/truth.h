/* SPDX-License-Identifier: MIT */
/*
 * host/truth - the client's picture held against the store: after a NOOP has told all that was
 * pending, the client knows how many messages there are, and what it knows of them is so.  And
 * the library holds the selected mailbox open, and nothing else.
 */
#ifndef TEST_HOST_TRUTH_H
#define TEST_HOST_TRUTH_H

#include "host/driver.h"

/* Can session i be given a command: connected, in no command, nothing held back? */
bool td_at_rest(const struct td *d, int i);
/* Sends NOOP and compares; complains.  Only for a session at rest, in whose mailbox nothing was
 * changed without an event, that did not ask for NOTIFY. */
void td_compare(struct td *d, int i);

/* The sum of a message's flags, as tc_flag makes it. */
uint64_t td_flags(const struct ts_mailbox *m, const struct ts_message *message);

#endif
