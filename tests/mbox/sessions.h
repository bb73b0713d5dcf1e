/* SPDX-License-Identifier: MIT */
/* sessions.h - what all tests of real sessions have: the server under test, and its mbox. */
#ifndef TESTS_MBOX_SESSIONS_H
#define TESTS_MBOX_SESSIONS_H

#include "mbox/others.h"

#include <sys/resource.h>

extern const char *server;
extern char mbox[4000];
extern struct client client;
extern struct peer peer;

void check(bool good, const char *what, unsigned number);
/* Neither a mailbox nor a side file. */
void begin_anew(uint64_t seed);
/* The client comes back, has the same picture as one that asks for everything, and goes. */
bool resync(void);

/* scarce.c */
/* A server that can make no file longer than so many octets, as on a full disk. */
void start_full(rlim_t octets);
void test_full(void);
void test_full_news(void);
void test_scarce(void);
void test_slow_reader(void);

#endif
