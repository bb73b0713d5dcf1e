/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/mailboxes.h - optional callbacks that change which mailboxes there are (RFC 9051
 * 6.3.4-6.3.8).  A host without them serves a fixed set: CREATE, DELETE, RENAME, SUBSCRIBE are
 * answered NO [CANNOT].
 *
 * Names are UTF-8 without control characters, never empty, with no empty level (no separator at
 * either end or doubled).  Everything else, ".." and "/" included where they are not the separator,
 * comes as the client wrote it: a store that maps names to files checks them.
 */
#ifndef IMAPSRV_MAILBOXES_H
#define IMAPSRV_MAILBOXES_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_create {
	void *account;
	struct imapsrv_span name; /* never INBOX */
	int only_parent;          /* the client ended the name with the separator: it will create
	                             names below (RFC 9051 6.3.4); a host may create nothing and
	                             answer OK */
	uint32_t uses;            /* IMAPSRV_USE_*, or-ed, all among imapsrv_mailboxes.uses: the
	                             mailbox is to have these special uses, or not to be made
	                             (RFC 6154 3): USEATTR */
};

struct imapsrv_delete {
	void *account;
	struct imapsrv_span name; /* never INBOX; what lies below it stays */
};

struct imapsrv_rename {
	void *account;
	struct imapsrv_span from; /* never INBOX: the library moves its messages itself
	                             (RFC 9051 6.3.6) */
	struct imapsrv_span to;   /* never INBOX; what lies below moves along */
};

struct imapsrv_subscribe {
	void *account;
	struct imapsrv_span name; /* need not exist */
	int on;                   /* 0: UNSUBSCRIBE */
};

struct imapsrv_mailboxes {
	size_t size;
	/* All three together, or none.  No results beside imapsrv_op_done: ALREADYEXISTS,
	 * NONEXISTENT, CANNOT, HASCHILDREN, NOPERM, INUSE, ... as fits; and of `create`
	 * imapsrv_op_mailboxid, in a host with imapsrv_store.objectids. */
	void (*create)(void *user, struct imapsrv_op *op, const struct imapsrv_create *q);
	void (*remove)(void *user, struct imapsrv_op *op, const struct imapsrv_delete *q);
	void (*rename)(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q);
	/* May be NULL: every mailbox counts as subscribed.  What is subscribed to is told by
	 * `list`. */
	void (*subscribe)(void *user, struct imapsrv_op *op, const struct imapsrv_subscribe *q);
	uint32_t uses; /* IMAPSRV_USE_*, or-ed: which `create` can give; 0: none, and
	                  CREATE-SPECIAL-USE is not offered */
};
#define IMAPSRV_MAILBOXES_INIT IMAPSRV_SIZED(struct imapsrv_mailboxes)

#ifdef __cplusplus
}
#endif

#endif
