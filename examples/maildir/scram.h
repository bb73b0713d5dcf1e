/* SPDX-License-Identifier: MIT */
/*
 * scram.h - SCRAM-SHA-256: what is kept of a password instead of the password.
 */
#ifndef MAILDIR_SCRAM_H
#define MAILDIR_SCRAM_H

#include "users.h"

/* What the library needs; false: SCRAM is not offered, because there are users that could not use
 * it.  The secret lies below `root`, made when there is none. */
bool scram_fill(struct imapsrv_sasl *sasl, struct users *users, const char *root);

/* Is `hash`, a line of a users file behind its name, one of ours? */
bool scram_is(const char *hash);
/* Is it of this password?  Takes as long if not. */
bool scram_check(const char *hash, struct imapsrv_span password);

/* Reads a password, a line on standard input, and prints what goes into the users file.  For
 * exit. */
int scram_print(void);

#endif
