/* SPDX-License-Identifier: MIT */
/*
 * strict/extra - responses of extensions that stand by themselves.  Each reads what follows its
 * first word.
 */
#ifndef TEST_STRICT_EXTRA_H
#define TEST_STRICT_EXTRA_H

#include "strict/cursor.h"

bool st_id(struct st_cursor *c);          /* RFC 2971 */
bool st_language(struct st_cursor *c);    /* RFC 5255 3.3 */
bool st_comparator(struct st_cursor *c);  /* RFC 5255 4.8 */
bool st_metadata(struct st_cursor *c);    /* RFC 5464 4.4 */
bool st_quota(struct st_cursor *c);       /* RFC 9208 4.2.1 */
bool st_quotaroot(struct st_cursor *c);   /* RFC 9208 4.2.2 */
bool st_acl(struct st_cursor *c);         /* RFC 4314 3.6 */
bool st_listrights(struct st_cursor *c);  /* RFC 4314 3.7 */
bool st_myrights(struct st_cursor *c);    /* RFC 4314 3.8 */
bool st_genurlauth(struct st_cursor *c);  /* RFC 4467 */
bool st_urlfetch(struct st_cursor *c);    /* RFC 4467, RFC 5524 */
bool st_jmapaccess(struct st_cursor *c);  /* RFC 9698 */

#endif
