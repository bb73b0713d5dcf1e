/* SPDX-License-Identifier: MIT */
/*
 * command/url_message - one message of any mailbox, reached from outside: the mailbox is opened to
 * be read, the message found, opened and described.  The mailbox stays open, and the message with
 * it, until another one is wanted, for the parts of a message are asked for one after the other.
 *
 * Nothing of it is seen by the client: no numbers, no \Seen, no selected mailbox is disturbed (RFC
 * 4467 7, RFC 4469 3).
 */
#ifndef ISRV_COMMAND_URL_MESSAGE_H
#define ISRV_COMMAND_URL_MESSAGE_H

#include "command/fetch_section.h"
#include "message/structure.h"
#include "wire/url.h"

/* Cleared by the caller at first. */
struct isrv_url_message {
	/* What came of it. */
	bool failed; /* s->result says why; NONEXISTENT: what the URL names is not there */
	struct isrv_fetch_message message; /* measured, and described if that was wanted */

	/* The routine's own. */
	uint8_t at;
	bool opened;        /* the handle is to be given back */
	bool answered;      /* the mailbox was told */
	bool exists;        /* there is such a message */
	struct imapsrv_span name; /* of the mailbox at hand, in the arena; data NULL: none */
	void *handle;
	uint32_t uidvalidity;
	uint32_t uid;       /* of the message at hand; 0: none */
	struct isrv_buf kept; /* the description that the host had */
	struct isrv_structure *structure;
};

/* A mailbox as its owner sees it, who need not be the user here; NULL: as the user does. */
struct isrv_url_opener {
	void (*ask)(struct imapsrv_session *s, const struct isrv_url *url, isrv_sink *sink,
	            void *ctx);
};

/* Opens what the URL names, which is a message.  DONE: x->failed, or x->message can be read. */
enum isrv_step isrv_url_message_step(struct imapsrv_session *s, struct isrv_url_message *x,
                                     const struct isrv_url *url, bool describe,
                                     const struct isrv_url_opener *opener);
/* Gives back all that it holds, in any state. */
void isrv_url_message_drop(struct imapsrv_session *s, struct isrv_url_message *x);

/*
 * The section that the URL names, of that kind (BODY or BINARY), with the octets that are wanted.
 * BAD: it is none, or PARTIAL is not offered.
 */
enum isrv_url_result isrv_url_section(struct imapsrv_session *s, const struct isrv_url *url,
                                      enum isrv_fetch_kind kind,
                                      struct isrv_fetch_section *section);

#endif
