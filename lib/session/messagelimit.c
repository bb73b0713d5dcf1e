/* SPDX-License-Identifier: MIT */
/*
 * A command that is refused by the host may have worked on any of its messages: then nothing is
 * said.  Where the tagged line has another code to tell, EXPUNGEISSUED or MODIFIED, this one goes
 * ahead of it in an untagged NO (RFC 9738 3.1).
 */
#include "session/messagelimit.h"

#include "mailbox/part.h"

uint32_t isrv_message_limit(const struct imapsrv_session *s)
{
	uint32_t limit = s->engine->limits.message_limit;

	return limit == UINT32_MAX || isrv_caps_has(s, ISRV_CAP_MESSAGELIMIT) ? limit : UINT32_MAX;
}

uint32_t isrv_save_limit(const struct imapsrv_session *s)
{
	uint32_t limit = s->engine->limits.save_limit;

	if (limit == UINT32_MAX)
		return isrv_message_limit(s);
	return isrv_caps_has(s, ISRV_CAP_SAVELIMIT) ? limit : UINT32_MAX;
}

bool isrv_message_limit_cut(struct imapsrv_session *s, struct imapsrv_set *set)
{
	uint32_t lowest;

	if (!isrv_part_highest(&s->view->map, &s->arena, set, isrv_message_limit(s), &lowest,
	                       &s->steps))
		return false;
	isrv_message_limit_note(s, lowest);
	return true;
}

void isrv_message_limit_note(struct imapsrv_session *s, uint32_t lowest)
{
	s->limited_to = s->engine->limits.message_limit;
	s->limited_from = lowest;
}

/* resp-text-code =/ "MESSAGELIMIT" SP message-limit [SP uniqueid] */
static void put_code(struct imapsrv_session *s, void *args)
{
	(void)args;
	ISRV_W(&s->w, "MESSAGELIMIT ");
	isrv_w_u32(&s->w, s->limited_to);
	if (!s->limited_from)
		return;
	ISRV_W(&s->w, " ");
	isrv_w_u32(&s->w, s->limited_from);
}

enum isrv_step isrv_message_limit_refuse(struct imapsrv_session *s, uint32_t limit, uint32_t lowest,
                                         const char *text)
{
	s->limited_to = limit;
	s->limited_from = lowest;
	isrv_no(s, NULL, text);
	s->reply.put_code = put_code;
	return ISRV_DONE;
}

void isrv_message_limit_settle(struct imapsrv_session *s)
{
	struct isrv_reply *reply = &s->reply;

	if (!s->limited_from || reply->put_code == put_code)
		return;
	if (reply->status == ISRV_REPLY_OK && !reply->code && !reply->put_code) {
		reply->put_code = put_code;
		return;
	}
	/* A command that ends in NO or BAD has done its work only if it says what came of it. */
	if (reply->status != ISRV_REPLY_OK && !reply->put_code &&
	    (!reply->code || strcmp(reply->code, "EXPUNGEISSUED") != 0))
		return;
	ISRV_W(&s->w, "* NO [");
	put_code(s, NULL);
	ISRV_W(&s->w, "] Only messages from that UID up were processed");
	isrv_w_crlf(&s->w);
}
