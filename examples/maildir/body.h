/* SPDX-License-Identifier: MIT */
/*
 * body.h - the octets of a message, while the library sends or reads them.
 */
#ifndef MAILDIR_BODY_H
#define MAILDIR_BODY_H

#include "box.h"

struct body;

/* Opens a message; NULL: errno says why, ENOENT if it is gone, and not kept for this handle. */
struct body *body_open(struct handle *handle, uint32_t uid);
/* Its file, and what is known of it; -1 likewise. */
int body_open_file(const struct handle *handle, uint32_t uid, const struct message **message_r);
/* Hands it to the library, which will give it back to body_close. */
void body_answer(struct body *body, struct imapsrv_op *op);
void body_read(struct body *body, struct imapsrv_op *op, uint64_t offset, size_t len);
void body_close(struct body *body);

#endif
