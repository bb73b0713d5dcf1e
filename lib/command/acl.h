/* SPDX-License-Identifier: MIT */
/*
 * command/acl - what the commands about access control lists have in common (RFC 4314 3):
 * identifiers as clients write them, lists and rights as they are shown.
 */
#ifndef ISRV_COMMAND_ACL_H
#define ISRV_COMMAND_ACL_H

#include "base/rights.h"
#include "session/access.h"

/* How "c" and "d" are meant here. */
static inline struct isrv_rights_virtual isrv_acl_virtual(const struct imapsrv_session *s)
{
	return isrv_rights_virtual(s->engine->acl.create_alone != 0);
}

/* identifier = astring */
bool isrv_acl_identifier_parse(struct isrv_parse *p, struct imapsrv_span *identifier_r);

/* Entries of lists, as the host tells them; in the arena. */
struct isrv_acl_list {
	struct imapsrv_acl_entry *entries;
	size_t count;
	bool nomem; /* isrv_command_nomem is the reply */
};

/* A sink for ISRV_OP_ACL; its context is a struct isrv_acl_list. */
void isrv_acl_take(struct imapsrv_session *s, void *ctx, const void *answer);
/* One ACL response for each list in it; `mailbox` is that of entries without one, and has a
 * response even where there are none, if `always`. */
void isrv_acl_put(struct imapsrv_session *s, const struct isrv_acl_list *list,
                  struct imapsrv_span mailbox, bool always);

/* "* MYRIGHTS mailbox rights" */
void isrv_acl_put_myrights(struct imapsrv_session *s, struct imapsrv_span mailbox, uint32_t rights);

#endif
