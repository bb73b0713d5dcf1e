/* SPDX-License-Identifier: MIT */
/*
 * session/reply - the end of a command: its tagged line, and the table that turns a host's answer
 * into a response code and a text (RFC 9051 7.1, RFC 5530).
 */
#include <string.h>

#include "session/referral.h"

static const struct {
	const char *name; /* NULL: no code */
	const char *text;
} codes[] = {
	[IMAPSRV_OK] = {NULL, "Done"},
	[IMAPSRV_NO] = {NULL, "Refused"},
	[IMAPSRV_ALREADYEXISTS] = {"ALREADYEXISTS", "It exists already"},
	[IMAPSRV_AUTHENTICATIONFAILED] = {"AUTHENTICATIONFAILED", "Authentication failed"},
	[IMAPSRV_AUTHORIZATIONFAILED] = {"AUTHORIZATIONFAILED", "Not allowed to act as that user"},
	[IMAPSRV_CANNOT] = {"CANNOT", "This can never be done here"},
	[IMAPSRV_CLIENTBUG] = {"CLIENTBUG", "The client should not have asked"},
	[IMAPSRV_CONTACTADMIN] = {"CONTACTADMIN", "Ask the administrator"},
	[IMAPSRV_CORRUPTION] = {"CORRUPTION", "The data is damaged"},
	[IMAPSRV_EXPIRED] = {"EXPIRED", "Expired"},
	[IMAPSRV_EXPUNGEISSUED] = {"EXPUNGEISSUED", "Some messages have been expunged"},
	[IMAPSRV_HASCHILDREN] = {"HASCHILDREN", "There are mailboxes below it"},
	[IMAPSRV_INUSE] = {"INUSE", "In use, try again"},
	[IMAPSRV_LIMIT] = {"LIMIT", "That is more than the limit"},
	[IMAPSRV_NONEXISTENT] = {"NONEXISTENT", "No such mailbox"},
	[IMAPSRV_NOPERM] = {"NOPERM", "Permission denied"},
	[IMAPSRV_OVERQUOTA] = {"OVERQUOTA", "Over quota"},
	[IMAPSRV_PRIVACYREQUIRED] = {"PRIVACYREQUIRED", "Not without encryption"},
	[IMAPSRV_SERVERBUG] = {"SERVERBUG", "Internal error"},
	[IMAPSRV_TOOBIG] = {"TOOBIG", "Too big"},
	[IMAPSRV_UNAVAILABLE] = {"UNAVAILABLE", "Temporarily not available"},
	[IMAPSRV_USEATTR] = {"USEATTR", "That special use cannot be given"},
	[IMAPSRV_REFERRAL] = {NULL, "That is on another server"},
	[IMAPSRV_UNKNOWN_CTE] = {"UNKNOWN-CTE", "Unknown transfer encoding"},
};

bool isrv_code_is(enum imapsrv_code code)
{
	return (unsigned)code < sizeof(codes) / sizeof(codes[0]);
}

const char *isrv_code_name(enum imapsrv_code code)
{
	return isrv_code_is(code) ? codes[code].name : NULL;
}

const char *isrv_code_text(enum imapsrv_code code)
{
	return codes[isrv_code_is(code) ? code : IMAPSRV_NO].text;
}

enum isrv_step isrv_refused(struct imapsrv_session *s, const char *nonexistent)
{
	enum imapsrv_code code = s->result.code;
	const char *name = isrv_code_name(code);
	const char *text = isrv_code_text(code);

	if (code == IMAPSRV_NONEXISTENT && nonexistent)
		name = nonexistent;
	if (code == IMAPSRV_REFERRAL) {
		name = isrv_referral_code(s);
		if (!s->result.referral)
			isrv_session_fault(s, "a referral without a URL");
	}
	s->limited_from = 0; /* what was worked on is not known */
	/* s->result.text lasts until the next question: the updates before the tagged line may
	 * ask one. */
	if (s->result.text[0])
		text = isrv_op_keep_text(s, s->result.text);
	isrv_no(s, name, text);
	s->reply.foreign = true;
	return ISRV_DONE;
}

/* ---- texts in the client's language -------------------------------------------------------- */

void isrv_session_speak(struct imapsrv_session *s, const char *language)
{
	s->language = language;
	isrv_session_encode(s);
}

/* UTF8=ACCEPT is of names and quoted strings: it adds nothing to `text` (RFC 9755 3). */
void isrv_session_encode(struct imapsrv_session *s)
{
	bool rev2 = isrv_session_rev2(s);

	s->w.utf8 = rev2 || (s->enabled & ISRV_ENABLED_UTF8); /* RFC 9051 5.1, RFC 9755 3 */
	s->w.utf8_text = rev2 || s->language; /* RFC 9051 9, RFC 5255 3.5 */
}

const char *imapsrv_session_language(const struct imapsrv_session *session)
{
	return session->language;
}

void isrv_session_say(struct imapsrv_session *s, const char *text)
{
	const char *translated = NULL;

	if (s->language) {
		s->in_callback++;
		translated = s->engine->language.translate(s->user, s->language, text);
		s->in_callback--;
	}
	if (translated)
		text = translated;
	isrv_w_text(&s->w, text, strlen(text));
}

void isrv_untagged(struct imapsrv_session *s, const char *status, const char *code,
                   const char *text)
{
	struct isrv_writer *w = &s->w;

	ISRV_W(w, "* ");
	isrv_w_cstr(w, status);
	if (code) {
		ISRV_W(w, " [");
		isrv_w_cstr(w, code);
		ISRV_W(w, "]");
	}
	ISRV_W(w, " ");
	isrv_session_say(s, text);
	isrv_w_crlf(w);
}

void isrv_reply_put(struct imapsrv_session *s)
{
	const struct isrv_reply *r = &s->reply;
	struct isrv_writer *w = &s->w;

	isrv_w_tag(w, s->tag.data, s->tag.len);
	if (r->status == ISRV_REPLY_OK)
		ISRV_W(w, " OK ");
	else if (r->status == ISRV_REPLY_NO)
		ISRV_W(w, " NO ");
	else
		ISRV_W(w, " BAD ");
	if (r->code || r->put_code) {
		ISRV_W(w, "[");
		if (r->put_code)
			r->put_code(s, s->args);
		else
			isrv_w_cstr(w, r->code);
		ISRV_W(w, "] ");
	}
	if (s->language)
		isrv_session_say(s, r->text);
	else if (r->foreign)
		isrv_w_text(w, r->text, r->text_len);
	else
		isrv_w_raw(w, r->text, r->text_len);
	isrv_w_crlf(w);
}
