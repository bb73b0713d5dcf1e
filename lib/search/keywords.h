/* SPDX-License-Identifier: MIT */
/*
 * search/keywords - the keywords that a program asks for, each once and in order, so that those of
 * a message are looked up in one pass: thousands of keys beside a thousand keywords on each of the
 * messages would else be compared each with each (ATTACKS T24).
 */
#ifndef ISRV_SEARCH_KEYWORDS_H
#define ISRV_SEARCH_KEYWORDS_H

#include "search/program.h"

/* Of a program that is parsed.  False: no memory. */
bool isrv_program_take_keywords(struct isrv_program *p, struct isrv_arena *arena);
/* Sets p->present for a message with these. */
void isrv_program_mark_keywords(const struct isrv_program *p, const struct imapsrv_flags *flags);

#endif
