/* SPDX-License-Identifier: MIT */
/*
 * command/searching - what commands that search the selected mailbox have in common before and
 * after the search itself (session/searcher.h): which keys are known, what the sets of a program
 * mean here, and the NO or BAD of one that cannot be done.
 */
#ifndef ISRV_COMMAND_SEARCHING_H
#define ISRV_COMMAND_SEARCHING_H

#include "command/filters.h"
#include "command/search_result.h"

/* enum isrv_search_feature: the keys that this session knows. */
uint32_t isrv_searching_features(const struct isrv_parse *p);

/* False: the character set of its strings is not known, and the reply is set (NO [BADCHARSET]). */
bool isrv_searching_may(struct imapsrv_session *s, const struct isrv_program *program);
/* RELEVANCY "MUST NOT be used unless a FUZZY search key is also given" (RFC 6203 4, 6).  False: the
 * reply is set (BAD, or that of isrv_searching_may). */
bool isrv_searching_is_fuzzy(struct imapsrv_session *s, const struct isrv_program *program);
/*
 * What the sets of the program mean: in the selected mailbox, or in another that has these
 * messages, where "$" is empty, as it means messages of the selected one (RFC 5182 2.1).  A number
 * beyond the end "MUST NOT be considered an error" in a search (RFC 7377 2; the example of
 * RFC 9051 6.4.4 has one), though it is in other commands.  In that arena; false: it gave nothing.
 */
bool isrv_searching_resolve(struct imapsrv_session *s, struct isrv_program *program,
                            struct isrv_arena *arena, const struct isrv_nummap *other);
/*
 * Resolves the sets of the program and begins the search of the selected mailbox.  False: the reply
 * is set (NO [BADCHARSET], BAD for MODSEQ in a mailbox without sequences), or the session has
 * failed.
 */
bool isrv_searching_begin(struct imapsrv_session *s, struct isrv_searcher *x,
                          struct isrv_program *program);
/* The search has ended: true if all is known; else the reply is set, or the session has failed. */
bool isrv_searching_ended(struct imapsrv_session *s, enum isrv_search_end end);
/* The command ends without a result, and the reply is set.  NO with SAVE empties "$", BAD leaves it
 * alone (RFC 5182 2.1).  DONE. */
enum isrv_step isrv_searching_fail(struct imapsrv_session *s, const struct isrv_search_return *ret);
/* OK with that text; EXPUNGEISSUED is said where messages were missing that the client still sees,
 * and that are not announced before it is (RFC 9051 7.5.1, RFC 7162 3.2.10.2).  DONE. */
enum isrv_step isrv_searching_ok(struct imapsrv_session *s, bool missing, const char *text);
/* Keeps what was found in the selected mailbox as "$".  False: the reply is set, or the session has
 * failed. */
bool isrv_searching_save(struct imapsrv_session *s, const struct isrv_search_result *r);
bool isrv_searching_keep(struct imapsrv_session *s, struct imapsrv_set uids);
/* UPDATE: what was found in the selected mailbox is followed from here on, or the client is told
 * that it is not (RFC 5267 4.3.1).  False: the reply is set, or the session has failed. */
bool isrv_searching_follow(struct imapsrv_session *s, const struct isrv_search_result *r,
                           const struct isrv_filters *written, bool *followed_r);
/* The same, where all but what was found is set in the wish. */
struct isrv_context_wish;
bool isrv_searching_wish(struct imapsrv_session *s, struct isrv_context_wish *wish,
                         const struct isrv_found *found, const struct isrv_search_return *ret,
                         bool *followed_r);

#endif
