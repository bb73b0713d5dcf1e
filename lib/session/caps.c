/* SPDX-License-Identifier: MIT */
/* session/caps - the table of capabilities, and what it comes to for one engine and one session. */
#include <string.h>

#include "base/ascii.h"
#include "session/session.h"

enum {
	SHOW_NOTAUTH = 1,
	SHOW_AUTH = 2,
	SHOW_ALWAYS = 3
};

static const struct cap {
	const char *name;
	uint8_t show;
	bool fixed; /* the host cannot hide it */
} caps[ISRV_CAP_COUNT] = {
	[ISRV_CAP_IMAP4REV1] = {"IMAP4rev1", SHOW_ALWAYS, true},
	[ISRV_CAP_IMAP4REV2] = {"IMAP4rev2", SHOW_ALWAYS, false},
	[ISRV_CAP_LITERAL_PLUS] = {"LITERAL+", SHOW_ALWAYS, false},
	[ISRV_CAP_LITERAL_MINUS] = {"LITERAL-", SHOW_ALWAYS, false},
	[ISRV_CAP_STARTTLS] = {"STARTTLS", SHOW_NOTAUTH, false},
	[ISRV_CAP_LOGINDISABLED] = {"LOGINDISABLED", SHOW_NOTAUTH, true},
	[ISRV_CAP_COMPRESS] = {"COMPRESS=DEFLATE", SHOW_ALWAYS, false},
	[ISRV_CAP_AUTH_PLAIN] = {"AUTH=PLAIN", SHOW_NOTAUTH, false},
	[ISRV_CAP_AUTH_EXTERNAL] = {"AUTH=EXTERNAL", SHOW_NOTAUTH, false},
	[ISRV_CAP_AUTH_SCRAM_PLUS] = {"AUTH=SCRAM-SHA-256-PLUS", SHOW_NOTAUTH, false},
	[ISRV_CAP_AUTH_SCRAM] = {"AUTH=SCRAM-SHA-256", SHOW_NOTAUTH, false},
	[ISRV_CAP_AUTH_OAUTHBEARER] = {"AUTH=OAUTHBEARER", SHOW_NOTAUTH, false},
	[ISRV_CAP_AUTH_XOAUTH2] = {"AUTH=XOAUTH2", SHOW_NOTAUTH, false},
	[ISRV_CAP_AUTH_LOGIN] = {"AUTH=LOGIN", SHOW_NOTAUTH, false},
	[ISRV_CAP_AUTH_ANONYMOUS] = {"AUTH=ANONYMOUS", SHOW_NOTAUTH, false},
	[ISRV_CAP_AUTH_HOST] = {"", SHOW_NOTAUTH, true},
	[ISRV_CAP_SASL_IR] = {"SASL-IR", SHOW_NOTAUTH, false},
	[ISRV_CAP_ID] = {"ID", SHOW_ALWAYS, false},
	[ISRV_CAP_ENABLE] = {"ENABLE", SHOW_ALWAYS, false},
	[ISRV_CAP_IDLE] = {"IDLE", SHOW_AUTH, false},
	[ISRV_CAP_NAMESPACE] = {"NAMESPACE", SHOW_AUTH, false},
	[ISRV_CAP_CHILDREN] = {"CHILDREN", SHOW_AUTH, false},
	[ISRV_CAP_LIST_EXTENDED] = {"LIST-EXTENDED", SHOW_AUTH, false},
	[ISRV_CAP_LIST_STATUS] = {"LIST-STATUS", SHOW_AUTH, false},
	[ISRV_CAP_SPECIAL_USE] = {"SPECIAL-USE", SHOW_AUTH, false},
	[ISRV_CAP_CREATE_SPECIAL_USE] = {"CREATE-SPECIAL-USE", SHOW_AUTH, false},
	[ISRV_CAP_UIDPLUS] = {"UIDPLUS", SHOW_AUTH, false},
	[ISRV_CAP_MOVE] = {"MOVE", SHOW_AUTH, false},
	[ISRV_CAP_MULTIAPPEND] = {"MULTIAPPEND", SHOW_AUTH, false},
	[ISRV_CAP_REPLACE] = {"REPLACE", SHOW_AUTH, false},
	[ISRV_CAP_APPENDLIMIT] = {"APPENDLIMIT", SHOW_AUTH, false},
	[ISRV_CAP_METADATA] = {"METADATA", SHOW_AUTH, false},
	[ISRV_CAP_METADATA_SERVER] = {"METADATA-SERVER", SHOW_AUTH, false},
	[ISRV_CAP_OBJECTID] = {"OBJECTID", SHOW_AUTH, false},
	[ISRV_CAP_SAVEDATE] = {"SAVEDATE", SHOW_AUTH, false},
	[ISRV_CAP_UNSELECT] = {"UNSELECT", SHOW_AUTH, false},
	[ISRV_CAP_CONDSTORE] = {"CONDSTORE", SHOW_AUTH, false},
	[ISRV_CAP_QRESYNC] = {"QRESYNC", SHOW_AUTH, false},
	[ISRV_CAP_ESEARCH] = {"ESEARCH", SHOW_AUTH, false},
	[ISRV_CAP_SEARCHRES] = {"SEARCHRES", SHOW_AUTH, false},
	[ISRV_CAP_INPROGRESS] = {"INPROGRESS", SHOW_AUTH, false},
	[ISRV_CAP_WITHIN] = {"WITHIN", SHOW_AUTH, false},
	[ISRV_CAP_STATUS_SIZE] = {"STATUS=SIZE", SHOW_AUTH, false},
	[ISRV_CAP_BINARY] = {"BINARY", SHOW_AUTH, false},
	[ISRV_CAP_PREVIEW] = {"PREVIEW", SHOW_AUTH, false},
	[ISRV_CAP_JMAPACCESS] = {"JMAPACCESS", SHOW_AUTH, false},
	[ISRV_CAP_UNAUTHENTICATE] = {"UNAUTHENTICATE", SHOW_AUTH, false},
	[ISRV_CAP_UIDONLY] = {"UIDONLY", SHOW_AUTH, false},
	[ISRV_CAP_PARTIAL] = {"PARTIAL", SHOW_AUTH, false},
	[ISRV_CAP_MESSAGELIMIT] = {"MESSAGELIMIT", SHOW_AUTH, false},
	[ISRV_CAP_SAVELIMIT] = {"SAVELIMIT", SHOW_AUTH, false},
	[ISRV_CAP_SORT] = {"SORT", SHOW_AUTH, false},
	[ISRV_CAP_SORT_DISPLAY] = {"SORT=DISPLAY", SHOW_AUTH, false},
	[ISRV_CAP_ESORT] = {"ESORT", SHOW_AUTH, false},
	[ISRV_CAP_THREAD_ORDEREDSUBJECT] = {"THREAD=ORDEREDSUBJECT", SHOW_AUTH, false},
	[ISRV_CAP_THREAD_REFERENCES] = {"THREAD=REFERENCES", SHOW_AUTH, false},
	[ISRV_CAP_UIDBATCHES] = {"UIDBATCHES", SHOW_AUTH, false},
};

/* Mechanisms that end in `login`. */
static const uint64_t logins = ISRV_CAP_BIT(ISRV_CAP_AUTH_PLAIN) |
                               ISRV_CAP_BIT(ISRV_CAP_AUTH_EXTERNAL) |
                               ISRV_CAP_BIT(ISRV_CAP_AUTH_SCRAM_PLUS) |
                               ISRV_CAP_BIT(ISRV_CAP_AUTH_SCRAM) |
                               ISRV_CAP_BIT(ISRV_CAP_AUTH_OAUTHBEARER) |
                               ISRV_CAP_BIT(ISRV_CAP_AUTH_XOAUTH2) |
                               ISRV_CAP_BIT(ISRV_CAP_AUTH_LOGIN) |
                               ISRV_CAP_BIT(ISRV_CAP_AUTH_ANONYMOUS);
/* Of these, the ones in which something is sent that others can use. */
static const uint64_t plaintexts = ISRV_CAP_BIT(ISRV_CAP_AUTH_PLAIN) |
                                   ISRV_CAP_BIT(ISRV_CAP_AUTH_OAUTHBEARER) |
                                   ISRV_CAP_BIT(ISRV_CAP_AUTH_XOAUTH2) |
                                   ISRV_CAP_BIT(ISRV_CAP_AUTH_LOGIN);

/* What the host did not ask for, or does by itself. */
static uint64_t unwanted_mechanisms(const struct imapsrv_sasl *sasl)
{
	static const struct {
		uint32_t builtin;
		enum isrv_cap cap;
	} asked[] = {
		{IMAPSRV_MECHANISM_LOGIN, ISRV_CAP_AUTH_LOGIN},
		{IMAPSRV_MECHANISM_ANONYMOUS, ISRV_CAP_AUTH_ANONYMOUS},
		{IMAPSRV_MECHANISM_OAUTHBEARER, ISRV_CAP_AUTH_OAUTHBEARER},
		{IMAPSRV_MECHANISM_XOAUTH2, ISRV_CAP_AUTH_XOAUTH2},
	};
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (!(sasl->builtin & asked[i].builtin))
			bits |= ISRV_CAP_BIT(asked[i].cap);
	if (!sasl->keys)
		bits |= ISRV_CAP_BIT(ISRV_CAP_AUTH_SCRAM) | ISRV_CAP_BIT(ISRV_CAP_AUTH_SCRAM_PLUS);
	for (size_t i = 0; sasl->mechanisms && sasl->mechanisms[i]; i++)
		for (int cap = 0; cap < ISRV_CAP_COUNT; cap++)
			if (logins & ISRV_CAP_BIT(cap) &&
			    strcmp(caps[cap].name + strlen("AUTH="), sasl->mechanisms[i]) == 0)
				bits |= ISRV_CAP_BIT(cap);
	return bits;
}

uint64_t isrv_caps_of_engine(const struct imapsrv_engine *engine)
{
	uint64_t bits = (ISRV_CAP_BIT(ISRV_CAP_COUNT) - 1) & ~ISRV_CAP_BIT(ISRV_CAP_NONE);

	bits &= ~ISRV_CAP_BIT(engine->config.literal_minus ? ISRV_CAP_LITERAL_PLUS
	                                                   : ISRV_CAP_LITERAL_MINUS);
	if (!engine->store.login)
		bits &= ~logins;
	bits &= ~unwanted_mechanisms(&engine->sasl);
	if (!engine->sasl.mechanisms)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_AUTH_HOST);
	/* Nobody could log in again (RFC 8437). */
	if (!engine->store.login && !engine->sasl.mechanisms)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_UNAUTHENTICATE);
	if (!engine->store.store)
		bits &= ~(ISRV_CAP_BIT(ISRV_CAP_MOVE) | ISRV_CAP_BIT(ISRV_CAP_UIDPLUS) |
		          ISRV_CAP_BIT(ISRV_CAP_MULTIAPPEND) |
		          ISRV_CAP_BIT(ISRV_CAP_APPENDLIMIT));
	if (!engine->config.jmap || !engine->store.objectids)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_JMAPACCESS);
	if (!engine->mailboxes.create || !engine->mailboxes.uses)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_CREATE_SPECIAL_USE);
	if (!engine->store.replace)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_REPLACE);
	/* RFC 8474 5.1: a copy has the EMAILID of its source, which an append cannot say. */
	if (!engine->store.objectids || (engine->store.store && !engine->store.copy))
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_OBJECTID);
	if (!engine->metadata.get)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_METADATA_SERVER);
	if (!engine->metadata.get || engine->metadata.server_only)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_METADATA);
	if (!engine->store.savedates)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_SAVEDATE);
	if (!engine->config.clock)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_WITHIN);
	if (engine->limits.message_limit == UINT32_MAX)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_MESSAGELIMIT);
	if (engine->limits.save_limit == UINT32_MAX)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_SAVELIMIT);
	if (!engine->store.modseqs)
		bits &= ~(ISRV_CAP_BIT(ISRV_CAP_CONDSTORE) | ISRV_CAP_BIT(ISRV_CAP_QRESYNC));
	return bits;
}

uint64_t isrv_caps_of_session(const struct imapsrv_session *s)
{
	uint64_t bits = s->engine->caps & ~s->hidden;
	bool plaintext = s->secure || s->allow_plaintext;

	if (s->secure || !s->can_starttls)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_STARTTLS);
	/* LOGIN and its like show exactly when a password would be taken (RFC 9051 6.2.3,
	 * 11.1). */
	if (plaintext && s->engine->store.login)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_LOGINDISABLED);
	else
		bits &= ~plaintexts;
	/* RFC 9698 3: never without. */
	if (s->hidden & ISRV_CAP_BIT(ISRV_CAP_OBJECTID))
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_JMAPACCESS);
	if (s->compress == IMAPSRV_COMPRESS_NO ||
	    (s->compress == IMAPSRV_COMPRESS_AFTER_LOGIN && !s->logged_in))
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_COMPRESS);
	if (!s->bindings)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_AUTH_SCRAM_PLUS);
	/* RFC 7162 3.2.3: QRESYNC cannot be without the two. */
	if (s->hidden & (ISRV_CAP_BIT(ISRV_CAP_CONDSTORE) | ISRV_CAP_BIT(ISRV_CAP_ENABLE)))
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_QRESYNC);
	/* RFC 9586 3.1: it is there to be enabled. */
	if (s->hidden & ISRV_CAP_BIT(ISRV_CAP_ENABLE))
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_UIDONLY);
	/* RFC 9394 3.1: its results come in ESEARCH responses. */
	if (s->hidden & ISRV_CAP_BIT(ISRV_CAP_ESEARCH))
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_PARTIAL);
	/* RFC 9738 3.3: a part of the mailbox cannot be threaded, nor sorted but by an index. */
	if (bits & ISRV_CAP_BIT(ISRV_CAP_MESSAGELIMIT))
		bits &= ~(ISRV_CAP_BIT(ISRV_CAP_SORT) |
		          ISRV_CAP_BIT(ISRV_CAP_THREAD_ORDEREDSUBJECT) |
		          ISRV_CAP_BIT(ISRV_CAP_THREAD_REFERENCES));
	/* RFC 5957 1, RFC 5267 3: parts of it. */
	if (!(bits & ISRV_CAP_BIT(ISRV_CAP_SORT)))
		bits &= ~(ISRV_CAP_BIT(ISRV_CAP_SORT_DISPLAY) | ISRV_CAP_BIT(ISRV_CAP_ESORT));
	if (s->hidden & ISRV_CAP_BIT(ISRV_CAP_METADATA_SERVER))
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_METADATA);
	if (!s->external)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_AUTH_EXTERNAL);
	if (s->engine->config.literal_minus)
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_LITERAL_PLUS);
	return bits;
}

bool isrv_caps_has(const struct imapsrv_session *s, enum isrv_cap cap)
{
	return (isrv_caps_of_session(s) & ISRV_CAP_BIT(cap)) != 0;
}

enum isrv_cap isrv_caps_find(const char *name, size_t len)
{
	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++)
		if (!caps[i].fixed && isrv_ascii_is(name, len, caps[i].name))
			return (enum isrv_cap)i;
	return ISRV_CAP_NONE;
}

static void put_host_mechanisms(struct isrv_writer *w, const struct imapsrv_session *s)
{
	const struct imapsrv_sasl *sasl = &s->engine->sasl;

	for (size_t i = 0; sasl->mechanisms[i]; i++) {
		if (!isrv_sasl_offered(s, i))
			continue;
		ISRV_W(w, " AUTH=");
		isrv_w_cstr(w, sasl->mechanisms[i]);
	}
}

void isrv_caps_put(struct isrv_writer *w, const struct imapsrv_session *s)
{
	uint64_t bits = isrv_caps_of_session(s);
	uint8_t show = s->logged_in ? SHOW_AUTH : SHOW_NOTAUTH;

	/* RFC 5464 1: the one that says more is said alone. */
	if (bits & ISRV_CAP_BIT(ISRV_CAP_METADATA))
		bits &= ~ISRV_CAP_BIT(ISRV_CAP_METADATA_SERVER);

	ISRV_W(w, "CAPABILITY");
	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++) {
		if (!(bits & ISRV_CAP_BIT(i)) || !(caps[i].show & show))
			continue;
		if (i == ISRV_CAP_AUTH_HOST) {
			put_host_mechanisms(w, s);
			continue;
		}
		ISRV_W(w, " ");
		isrv_w_cstr(w, caps[i].name);
		if (i == ISRV_CAP_APPENDLIMIT && !s->engine->store.append_limits) {
			ISRV_W(w, "=");
			isrv_w_u64(w, isrv_append_limit(s->engine, UINT64_MAX));
		} else if (i == ISRV_CAP_MESSAGELIMIT || i == ISRV_CAP_SAVELIMIT) {
			ISRV_W(w, "=");
			isrv_w_u32(w, i == ISRV_CAP_MESSAGELIMIT ? s->engine->limits.message_limit
			                                         : s->engine->limits.save_limit);
		}
	}
}

bool isrv_sasl_offered(const struct imapsrv_session *s, size_t i)
{
	bool plaintext = i < 32 && (s->engine->sasl.plaintext >> i & 1);

	return !plaintext || s->secure || s->allow_plaintext;
}

int imapsrv_session_hide(struct imapsrv_session *session, const char *capability)
{
	size_t len = 0;
	enum isrv_cap cap;

	if (session->in_callback)
		return IMAPSRV_EREENTER;
	while (capability[len])
		len++;
	cap = isrv_caps_find(capability, len);
	if (cap == ISRV_CAP_NONE)
		return IMAPSRV_EINVAL;
	session->hidden |= ISRV_CAP_BIT(cap);
	return 0;
}
