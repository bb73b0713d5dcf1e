/* SPDX-License-Identifier: MIT */
/*
 * command/connection - commands about the connection as a whole: CAPABILITY, NOOP, LOGOUT,
 * STARTTLS, COMPRESS, GETJMAPACCESS, ID, ENABLE (RFC 9051 6.1, 6.2.1, 6.3.1; RFC 2971).
 */
#include <string.h>

#include "base/ascii.h"
#include "command/commands.h"
#include "session/contexts.h"
#include "session/hear.h"
#include "session/modseq.h"

static enum isrv_step step_capability(struct imapsrv_session *s, void *args)
{
	(void)args;
	ISRV_W(&s->w, "* ");
	isrv_caps_put(&s->w, s);
	isrv_w_crlf(&s->w);
	return isrv_ok(s, "CAPABILITY done");
}

static enum isrv_step step_noop(struct imapsrv_session *s, void *args)
{
	(void)args;
	return isrv_ok(s, "NOOP done");
}

static enum isrv_step step_logout(struct imapsrv_session *s, void *args)
{
	(void)args;
	isrv_untagged(s, "BYE", NULL, "Logging out");
	s->after = ISRV_PHASE_END;
	return isrv_ok(s, "LOGOUT done");
}

static enum isrv_step step_starttls(struct imapsrv_session *s, void *args)
{
	(void)args;
	/* What the client put behind this line in clear is found in phase TLS, and ends the
	 * connection. */
	s->after = ISRV_PHASE_TLS;
	return isrv_ok(s, "Begin TLS now");
}

/* ---- COMPRESS ------------------------------------------------------------------------------ */

/* compress = "COMPRESS" SP algorithm;  algorithm = "DEFLATE"   (RFC 4978 6) */
static bool parse_compress(struct isrv_parse *p, void *args)
{
	(void)args;
	if (isrv_rd_try_word(&p->r, "DEFLATE"))
		return true;
	return isrv_rd_fail(&p->r, "DEFLATE");
}

static enum isrv_step step_compress(struct imapsrv_session *s, void *args)
{
	(void)args;
	if (s->compress == IMAPSRV_COMPRESS_TLS)
		return isrv_no(s, "COMPRESSIONACTIVE", "TLS compresses already");
	s->after = ISRV_PHASE_COMPRESS;
	return isrv_ok(s, "DEFLATE active");
}

/* ---- GETJMAPACCESS ------------------------------------------------------------------------- */

/* resp-jmapaccess = "JMAPACCESS" SP quoted (RFC 9698 5) */
static enum isrv_step step_getjmapaccess(struct imapsrv_session *s, void *args)
{
	(void)args;
	ISRV_W(&s->w, "* JMAPACCESS ");
	isrv_w_string(&s->w, s->engine->config.jmap, strlen(s->engine->config.jmap));
	isrv_w_crlf(&s->w);
	return isrv_ok(s, "GETJMAPACCESS done");
}

/* ---- ID ------------------------------------------------------------------------------------ */

#define ID_PAIRS 30 /* RFC 2971 3.3 */

struct id_args {
	uint32_t count;
	struct imapsrv_span field[ID_PAIRS];
	struct imapsrv_span value[ID_PAIRS];
};

/* id = "ID" SP id-params-list;  id-params-list = "(" *(string SP nstring) ")" / nil */
static bool parse_id(struct isrv_parse *p, void *args)
{
	struct id_args *id = args;
	struct isrv_reader *r = &p->r;

	if (isrv_rd_try_word(r, "NIL"))
		return true;
	if (!isrv_rd_char(r, '('))
		return isrv_rd_fail(r, "NIL or a list of fields and values");
	while (!isrv_rd_try(r, ')')) {
		if (id->count == ID_PAIRS)
			return isrv_rd_fail(r, "at most 30 fields");
		if (id->count && !isrv_rd_sp(r))
			return false;
		if (!isrv_rd_string(r, &id->field[id->count]) || !isrv_rd_sp(r) ||
		    !isrv_rd_nstring(r, &id->value[id->count]))
			return false;
		if (id->field[id->count].len > 30 || id->value[id->count].len > 1024)
			return isrv_rd_fail(r, "fields up to 30 and values up to 1024 octets");
		id->count++;
	}
	return true;
}

static void tell_host(struct imapsrv_session *s, const struct id_args *id)
{
	if (!s->engine->config.client_id)
		return;
	s->in_callback++;
	for (uint32_t i = 0; i < id->count; i++)
		s->engine->config.client_id(s->user, id->field[i],
		                            id->value[i].data ? &id->value[i] : NULL);
	s->in_callback--;
}

static enum isrv_step step_id(struct imapsrv_session *s, void *args)
{
	const struct imapsrv_config *config = &s->engine->config;
	struct isrv_writer *w = &s->w;

	tell_host(s, args);
	ISRV_W(w, "* ID ");
	for (size_t i = 0; i < config->id_count; i++) {
		const struct imapsrv_id *id = &config->id[i];

		isrv_w_cstr(w, i ? " " : "(");
		isrv_w_string(w, id->field, strlen(id->field));
		ISRV_W(w, " ");
		isrv_w_nstring(w, id->value, id->value ? strlen(id->value) : 0);
	}
	isrv_w_cstr(w, config->id_count ? ")" : "NIL");
	isrv_w_crlf(w);
	return isrv_ok(s, "ID done");
}

/* ---- ENABLE -------------------------------------------------------------------------------- */

struct enable_args {
	uint32_t wanted; /* enum isrv_enabled */
};

/* The one of the two that is announced (RFC 5464 4.1). */
static bool is_metadata(const struct isrv_parse *p, struct imapsrv_span name)
{
	bool all = isrv_caps_in(p->caps, ISRV_CAP_METADATA);

	return isrv_caps_in(p->caps, ISRV_CAP_METADATA_SERVER) &&
	       isrv_ascii_is(name.data, name.len, all ? "METADATA" : "METADATA-SERVER");
}

/* enable = "ENABLE" 1*(SP capability).  Unknown names are passed over: clients send what they
 * know, announced or not (RFC 9051 6.3.1). */
static bool parse_enable(struct isrv_parse *p, void *args)
{
	struct enable_args *e = args;
	struct imapsrv_span name;

	do {
		if (!isrv_rd_atom(&p->r, &name))
			return isrv_rd_fail(&p->r, "a capability name");
		if (isrv_ascii_is(name.data, name.len, "IMAP4rev2") &&
		    isrv_caps_in(p->caps, ISRV_CAP_IMAP4REV2))
			e->wanted |= ISRV_ENABLED_REV2;
		else if (isrv_ascii_is(name.data, name.len, "CONDSTORE") &&
		         isrv_caps_in(p->caps, ISRV_CAP_CONDSTORE))
			e->wanted |= ISRV_ENABLED_CONDSTORE;
		else if (isrv_ascii_is(name.data, name.len, "QRESYNC") &&
		         isrv_caps_in(p->caps, ISRV_CAP_QRESYNC))
			e->wanted |= ISRV_ENABLED_QRESYNC | ISRV_ENABLED_CONDSTORE;
		else if (isrv_ascii_is(name.data, name.len, "UIDONLY") &&
		         isrv_caps_in(p->caps, ISRV_CAP_UIDONLY))
			e->wanted |= ISRV_ENABLED_UIDONLY;
		else if (isrv_ascii_is(name.data, name.len, "UTF8=ACCEPT") &&
		         isrv_caps_in(p->caps, ISRV_CAP_UTF8_ACCEPT))
			e->wanted |= ISRV_ENABLED_UTF8;
		else if (is_metadata(p, name))
			e->wanted |= ISRV_ENABLED_METADATA;
	} while (isrv_rd_try_sp(&p->r) && isrv_rd_peek(&p->r) >= 0);
	return true;
}

static enum isrv_step step_enable(struct imapsrv_session *s, void *args)
{
	const struct enable_args *e = args;
	uint32_t news = e->wanted & ~s->enabled;

	/* Not where the host tells nobody of changes. */
	if (!s->engine->config.watch)
		news &= ~(uint32_t)ISRV_ENABLED_METADATA;
	ISRV_W(&s->w, "* ENABLED");
	if (news & ISRV_ENABLED_REV2)
		ISRV_W(&s->w, " IMAP4rev2");
	if (news & ISRV_ENABLED_CONDSTORE)
		ISRV_W(&s->w, " CONDSTORE");
	if (news & ISRV_ENABLED_QRESYNC)
		ISRV_W(&s->w, " QRESYNC");
	if (news & ISRV_ENABLED_UIDONLY)
		ISRV_W(&s->w, " UIDONLY");
	if (news & ISRV_ENABLED_METADATA)
		isrv_w_cstr(&s->w, isrv_caps_has(s, ISRV_CAP_METADATA) ? " METADATA"
		                                                       : " METADATA-SERVER");
	if (news & ISRV_ENABLED_UTF8)
		ISRV_W(&s->w, " UTF8=ACCEPT");
	isrv_w_crlf(&s->w);
	if (news & ISRV_ENABLED_CONDSTORE)
		isrv_modseq_enable(s, news & (ISRV_ENABLED_CONDSTORE | ISRV_ENABLED_QRESYNC));
	s->enabled |= news;
	if (news & ISRV_ENABLED_UIDONLY)
		isrv_contexts_give_up_numbers(s);
	if (news & ISRV_ENABLED_METADATA)
		isrv_hear_metadata(s);
	isrv_session_encode(s);
	return isrv_ok(s, "ENABLE done");
}

const struct isrv_command isrv_command_capability = {
	.name = "CAPABILITY",
	.states = ISRV_IN_ANY,
	.flags = ISRV_COMMAND_ASCII,
	.step = step_capability};

const struct isrv_command isrv_command_noop = {
	.name = "NOOP", .states = ISRV_IN_ANY, .flags = ISRV_COMMAND_ASCII, .step = step_noop};

const struct isrv_command isrv_command_logout = {
	.name = "LOGOUT",
	.states = ISRV_IN_ANY,
	.flags = ISRV_COMMAND_QUIET | ISRV_COMMAND_ASCII,
	.step = step_logout,
};

const struct isrv_command isrv_command_starttls = {
	.name = "STARTTLS",
	.states = ISRV_IN_NOTAUTH,
	.cap = ISRV_CAP_STARTTLS,
	.step = step_starttls,
};

/* Once it is active the capability is gone, and with it the command: RFC 4978 3 wants BAD then. */
const struct isrv_command isrv_command_compress = {
	.name = "COMPRESS",
	.states = ISRV_IN_ANY,
	.cap = ISRV_CAP_COMPRESS,
	.flags = ISRV_COMMAND_ASCII,
	.parse = parse_compress,
	.step = step_compress,
};

const struct isrv_command isrv_command_getjmapaccess = {
	.name = "GETJMAPACCESS",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_JMAPACCESS,
	.flags = ISRV_COMMAND_ASCII,
	.step = step_getjmapaccess,
};

const struct isrv_command isrv_command_id = {
	.name = "ID",
	.states = ISRV_IN_ANY,
	.cap = ISRV_CAP_ID,
	.flags = ISRV_COMMAND_ASCII,
	.args_size = sizeof(struct id_args),
	.parse = parse_id,
	.step = step_id,
};

const struct isrv_command isrv_command_enable = {
	.name = "ENABLE",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_ENABLE,
	.flags = ISRV_COMMAND_ASCII,
	.args_size = sizeof(struct enable_args),
	.parse = parse_enable,
	.step = step_enable,
};
