/* SPDX-License-Identifier: MIT */
/* See the header.  Nothing here moves the session on: run.c does. */
#include "session/line.h"

#include <string.h>

#include "base/ascii.h"
#include "wire/url.h"

bool isrv_line_needs_leave(const struct imapsrv_session *s)
{
	const struct isrv_framer *f = &s->framer;

	return s->engine->config.literal_minus && !f->literal_sync && f->literal_size > 4096;
}

const char *isrv_line_take_literal(struct imapsrv_session *s)
{
	if (isrv_line_needs_leave(s))
		return ISRV_NEEDS_LEAVE;
	return isrv_framer_accept(&s->framer) ? NULL : "The command is too long";
}

/* ---- the table ----------------------------------------------------------------------------- */

/* The table is sorted, and the engine knows where each letter starts. */
static const struct isrv_command *find(const struct imapsrv_engine *e, struct imapsrv_span name)
{
	unsigned letter = isrv_ascii_upper((unsigned char)name.data[0]) - 'A';
	size_t i, end;

	if (letter >= 26)
		return NULL;
	end = e->letters[letter + 1];
	for (i = e->letters[letter]; i < end; i++)
		if (e->name_lens[i] == name.len &&
		    isrv_ascii_is(name.data, name.len, e->commands[i]->name))
			return e->commands[i];
	return NULL;
}

/* Why this command may not run now; NULL if it may.  The one place where the table's columns
 * decide that. */
static const char *problem(const struct imapsrv_session *s, const struct isrv_command *c, bool uid)
{
	unsigned state = s->view ? ISRV_IN_SELECTED : s->logged_in ? ISRV_IN_AUTH : ISRV_IN_NOTAUTH;

	if (c->cap && !isrv_caps_has(s, (enum isrv_cap)c->cap))
		return "Unknown command";
	if (uid && !(c->flags & ISRV_COMMAND_UID))
		return "This command has no UID form";
	if (c->states & state)
		return NULL;
	if (!s->logged_in)
		return "Log in first";
	return c->states & ISRV_IN_SELECTED ? "Select a mailbox first" : "Already logged in";
}

/* ---- reading a command's name -------------------------------------------------------------- */

/* For the name; what more the arguments take is in parse_args_init. */
static void parse_init(struct imapsrv_session *s, struct isrv_parse *p, const char *data,
                       size_t len)
{
	isrv_reader_init(&p->r, &s->arena, data, len);
	p->r.steps = &s->steps;
	p->uid = false;
}

static void parse_args_init(struct imapsrv_session *s, struct isrv_parse *p)
{
	p->r.keyword_max = s->engine->limits.keyword_len;
	p->r.utf8 = s->w.utf8;
	p->r.uidonly = isrv_session_uidonly(s);
	/* "$" is a part of IMAP4rev2 (RFC 9051 6.4.4.1). */
	p->r.no_saved = !isrv_caps_has(s, ISRV_CAP_SEARCHRES) &&
	                !isrv_caps_has(s, ISRV_CAP_IMAP4REV2);
	p->limits = &s->engine->limits;
	p->caps = &s->caps;
	p->storage_quota = s->engine->quota.resources &
	                   IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE);
	p->rev2 = isrv_session_rev2(s);
	p->qresync = (s->enabled & ISRV_ENABLED_QRESYNC) != 0;
	p->comparator = s->comparator;
	p->utf8 = (s->enabled & ISRV_ENABLED_UTF8) != 0;
}

static bool is_uid(struct imapsrv_span name)
{
	return name.len == 3 && isrv_ascii_is(name.data, name.len, "UID");
}

/* May something be barred at all?  (Asked of every command.) */
static bool is_suspect(const struct imapsrv_session *s, const struct isrv_command *c)
{
	return (c->flags & (ISRV_COMMAND_PLAINTEXT | ISRV_COMMAND_NUMBERS)) ||
	       isrv_caps_has(s, ISRV_CAP_UTF8_ONLY);
}

/* Whatever it says. */
static bool is_barred(const struct imapsrv_session *s, struct isrv_line *line)
{
	/* RFC 9755 7.  IMAP4rev2 takes UTF-8 in the same places (RFC 9051 4.3.1, 5.1). */
	if (isrv_caps_has(s, ISRV_CAP_UTF8_ONLY) && s->logged_in && !s->w.utf8 &&
	    !(line->command->flags & ISRV_COMMAND_ASCII)) {
		line->problem = "ENABLE UTF8=ACCEPT first";
		line->code = "CANNOT";
		line->refused = true;
		return true;
	}
	/* RFC 9051 6.2.3: and before a literal that holds the password. */
	if ((line->command->flags & ISRV_COMMAND_PLAINTEXT) &&
	    isrv_caps_has(s, ISRV_CAP_LOGINDISABLED)) {
		line->problem = "Start TLS before a password is sent";
		line->code = "PRIVACYREQUIRED";
		line->refused = true;
		return true;
	}
	/* RFC 9586 3: BAD. */
	if ((line->command->flags & ISRV_COMMAND_NUMBERS) && isrv_session_uidonly(s) &&
	    !line->p.uid) {
		line->problem = "Message numbers are not allowed";
		line->code = "UIDREQUIRED";
		return true;
	}
	return false;
}

bool isrv_line_read(struct imapsrv_session *s, struct isrv_line *line)
{
	struct isrv_reader *r = &line->p.r;

	memset(&line->tag, 0, sizeof(line->tag));
	memset(&line->name, 0, sizeof(line->name));
	line->command = NULL;
	line->code = NULL;
	line->refused = false;
	parse_init(s, &line->p, s->framer.buf.data, s->framer.buf.len);
	/* Half a tag is none: it may be that of another command.  Of a line that was too long there
	 * may be no more than that. */
	if (!isrv_rd_tag(r, &line->tag) || (r->at < r->end ? *r->at != ' ' : s->framer.too_big)) {
		line->tag.len = 0;
		line->problem = "Expected a tag";
		return false;
	}
	line->problem = "Expected a tag, a space and a command";
	/* Before login a word alone may be what was meant for an AUTHENTICATE or a literal that was
	 * refused: no tag, and not to be repeated where it is traced. */
	if (!isrv_rd_sp(r) || !isrv_rd_word(r, &line->name)) {
		if (!s->logged_in)
			line->tag.len = 0;
		return false;
	}
	if (is_uid(line->name) && isrv_rd_sp(r) && isrv_rd_word(r, &line->name))
		line->p.uid = true;
	line->command = find(s->engine, line->name);
	line->problem = "Unknown command";
	if (!line->command)
		return false;
	s->secret = (line->command->flags & ISRV_COMMAND_SECRET) != 0;
	line->problem = problem(s, line->command, line->p.uid);
	if (line->problem)
		return false;
	if (is_suspect(s, line->command) && is_barred(s, line))
		return false;
	if (line->command->parse)
		parse_args_init(s, &line->p);
	if (r->at < r->end && *r->at == ' ')
		isrv_rd_sp(r);
	else if (r->at < r->end)
		line->problem = "Unknown command";
	return !line->problem;
}

/* ---- what is said of it --------------------------------------------------------------------- */

void isrv_line_trace(struct imapsrv_session *s, const struct isrv_line *line)
{
	const struct isrv_buf *buf = &s->framer.buf;
	bool secret = (line->command ? (line->command->flags & ISRV_COMMAND_SECRET) != 0
	                             : !s->logged_in) ||
	              isrv_url_has_token(buf->data, buf->len);
	struct imapsrv_span last = line->command ? line->name : line->tag;
	bool hides = s->doubtful && !line->command;
	char shown[64];
	size_t len;

	if (!secret || !last.len || hides) {
		isrv_session_trace(s, buf->data, buf->len, secret || hides);
		return;
	}
	/* A misspelt LOGIN holds a password too, and a literal that was refused and came all the
	 * same looks like a command: before login only the tag is shown, and the name of one that
	 * there is.
	 * Tokens of URLs may stand in any command (RFC 4469 is for other URLs, but who knows). */
	len = (size_t)(last.data + last.len - buf->data);
	if (len > sizeof(shown) - 4) {
		isrv_session_trace(s, NULL, 0, true);
		return;
	}
	memcpy(shown, buf->data, len);
	memcpy(shown + len, " ***", 4);
	isrv_session_trace(s, shown, len + 4, false);
}

void isrv_line_bad_syntax(struct imapsrv_session *s, const struct isrv_reader *r)
{
	static const char expected[] = "Expected ", at[] = " at octet ";
	const char *what = r->expected ? r->expected : "something else";
	size_t len = strlen(what), used = sizeof(expected) - 1;
	char *text;

	if (s->arena.starved) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	if (r->nomem) {
		isrv_bad(s, "The command is too complex");
		s->reply.code = "LIMIT";
		return;
	}
	text = isrv_arena_zalloc_over(&s->arena, sizeof(expected) + len + sizeof(at) + 20);
	if (!text) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	memcpy(text, expected, used);
	memcpy(text + used, what, len);
	used += len;
	memcpy(text + used, at, sizeof(at) - 1);
	used += sizeof(at) - 1;
	used += isrv_ascii_u64(text + used, (uint64_t)(r->at - r->begin));
	text[used] = '\0';
	isrv_bad(s, "");
	s->reply.code = r->code;
	s->reply.text = text;
	s->reply.text_len = used;
}

void isrv_line_complain(struct imapsrv_session *s, const struct isrv_line *line)
{
	isrv_reply(s, line->refused ? ISRV_REPLY_NO : ISRV_REPLY_BAD, line->code, line->problem);
}
