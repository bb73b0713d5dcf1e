/* SPDX-License-Identifier: MIT */
/*
 * attack/counted - the work of the library, counted: one for each basic block that it runs through,
 * and one for every 64 octets that it hands to a function of libc.  The objects that are linked
 * here were compiled with a call at the head of each block (-fsanitize-coverage=trace-pc), and with
 * the functions of libc under other names, which counted.c defines; the library that is shipped
 * knows nothing of this.
 */
#ifndef ATTACK_COUNTED_H
#define ATTACK_COUNTED_H

#include <stdint.h>

uint64_t counted_work(void);
/* Work of others for the library: octets that a realloc had to move. */
void counted_octets(uint64_t octets);

#endif
