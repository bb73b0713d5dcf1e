/* SPDX-License-Identifier: MIT */
/*
 * store.h - the callbacks: what the library asks, answered from boxes.
 */
#ifndef MBOX_STORE_H
#define MBOX_STORE_H

#include "box.h"

/* The one connection that this process serves; `user` of the callbacks. */
struct peer {
	const char *inbox;     /* the file */
	const char *folders;   /* a directory of others; NULL: there are none */
	const char *side;      /* the directory of the side files */
	struct imapsrv_session *session;
	bool renumbered;       /* the selected mailbox has another UIDVALIDITY: say BYE */
	struct box *boxes;
};

extern const struct imapsrv_store mbox_store;
extern const struct imapsrv_mailboxes mbox_mailboxes;
/* append.c */
void store_append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q);
void store_append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q);
void store_append_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q);
void store_append_abort(void *user, void *append);
/* names.c */
void store_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q);

/* The box of a name; NULL: errno says why, ENOENT that there is no such file.  It is the peer's. */
struct box *peer_box(struct peer *peer, struct imapsrv_span name);
/* Looks at what is open. */
void peer_look(struct peer *peer);
void peer_free(struct peer *peer);

/* Ends an op: OK, or what errno says. */
void answer(struct imapsrv_op *op, int result);

#endif
