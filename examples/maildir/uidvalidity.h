/* SPDX-License-Identifier: MIT */
/*
 * uidvalidity.h - numbers for new mailboxes.
 */
#ifndef MAILDIR_UIDVALIDITY_H
#define MAILDIR_UIDVALIDITY_H

#include <stdint.h>

/* A UIDVALIDITY that is greater than any that a mailbox of this user had; 0: failed, errno says. */
uint32_t uidvalidity_next(const char *account);

#endif
