/* SPDX-License-Identifier: MIT */
/* The tests of this directory, by the attacks of tests/ATTACKS that they show. */
#ifndef ATTACK_ATTACKS_H
#define ATTACK_ATTACKS_H

void T06_lists(void **state);
void T18_patterns(void **state);
void T20_tokens(void **state);
void T21_sets(void **state);
void T22_resync(void **state);
void T24_searches(void **state);
void T25_threads(void **state);
void T26_parts(void **state);
void T28_headers(void **state);
void T39_events(void **state);
void T40_floods(void **state);
void R07_changes(void **state);

#endif
