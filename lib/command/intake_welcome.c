/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/intake_welcome.h"

#include "session/line.h"
#include "session/messagelimit.h"
#include "session/session.h"

bool isrv_intake_is_binary(const struct imapsrv_session *s, const struct isrv_intake *t)
{
	return s->framer.literal8 && !t->items.utf8;
}

bool isrv_intake_is_welcome(struct imapsrv_session *s, const struct isrv_intake *t)
{
	const struct imapsrv_limits *limits = &s->engine->limits;
	uint32_t most = isrv_save_limit(s);

	if (!s->engine->store.append_begin) {
		isrv_no(s, "CANNOT", "The mailboxes here can only be read");
	} else if (most != UINT32_MAX && t->messages >= most) {
		/* RFC 9738 3.1: none of them is appended. */
		isrv_message_limit_refuse(s, most, 0, "Too many messages in one APPEND");
	} else if (most == UINT32_MAX && t->messages >= limits->append_messages) {
		isrv_no(s, "LIMIT", "Too many messages in one APPEND");
	} else if (t->messages && (t->replaced || !isrv_caps_has(s, ISRV_CAP_MULTIAPPEND))) {
		isrv_bad(s, "Expected the end of the command behind the message");
	} else if (t->message.annotations.count && !s->engine->annotate.store) {
		isrv_no(s, "CANNOT", "Annotations can only be read here");
	} else if (t->message.annotations.longest > isrv_annotate_max(s->engine, 0)) {
		isrv_no(s, "ANNOTATE TOOBIG", "The value of an annotation is too long");
	} else {
		return true;
	}
	return false;
}

bool isrv_intake_is_welcome_literal(struct imapsrv_session *s, const struct isrv_intake *t,
                                    uint64_t before)
{
	uint64_t size = s->framer.literal_size, most = s->engine->limits.append;

	if (isrv_intake_is_binary(s, t) && !isrv_caps_has(s, ISRV_CAP_BINARY)) {
		/* BINARY was hidden.  A client that sends a literal8 all the same is told what
		 * RFC 3516 4.4 has for a mailbox that cannot keep NULs: encode the message. */
		isrv_no(s, "UNKNOWN-CTE", "Messages cannot be binary here");
	} else if (isrv_line_needs_leave(s)) {
		/* RFC 7888 5: BAD, and in answer to an APPEND always with TOOBIG. */
		isrv_bad(s, ISRV_NEEDS_LEAVE);
		s->reply.code = "TOOBIG";
	} else if (before > most || size > most - before) {
		isrv_no(s, "TOOBIG", "The message is too big");
	} else {
		return true;
	}
	return false;
}

bool isrv_intake_is_welcome_message(struct imapsrv_session *s, const struct isrv_intake *t)
{
	if (s->engine->store.append_begin && s->framer.literal_size == 0) {
		/* RFC 3502 6.3.11: an error, by which a client cancels all of the APPEND. */
		isrv_no(s, NULL, "Cancelled by a message without octets");
		return false;
	}
	return isrv_intake_is_welcome(s, t) && isrv_intake_is_welcome_literal(s, t, 0);
}
