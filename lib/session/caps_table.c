/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "session/caps_table.h"

#include <string.h>

#include "session/session.h"

/* ---- what the host must have ----------------------------------------------------------------- */

static bool literal_minus(const struct imapsrv_engine *e)
{
	return e->config.literal_minus != 0;
}

static bool literal_plus(const struct imapsrv_engine *e)
{
	return !e->config.literal_minus;
}

static bool utf8_accept(const struct imapsrv_engine *e)
{
	return e->config.utf8 != IMAPSRV_UTF8_NO;
}

static bool utf8_only(const struct imapsrv_engine *e)
{
	return e->config.utf8 == IMAPSRV_UTF8_ONLY;
}

static bool mechanisms(const struct imapsrv_engine *e)
{
	return e->sasl.mechanisms != NULL;
}

/* A mechanism of ours, unless the host does one of that name by itself. */
static bool own(const struct imapsrv_engine *e, const char *name)
{
	const char *const *of_host = e->sasl.mechanisms;

	while (of_host && *of_host && strcmp(*of_host, name) != 0)
		of_host++;
	return e->store.login && (!of_host || !*of_host);
}

static bool plain(const struct imapsrv_engine *e)
{
	return own(e, "PLAIN");
}

static bool external(const struct imapsrv_engine *e)
{
	return own(e, "EXTERNAL");
}

static bool login(const struct imapsrv_engine *e)
{
	return (e->sasl.builtin & IMAPSRV_MECHANISM_LOGIN) && own(e, "LOGIN");
}

static bool anonymous(const struct imapsrv_engine *e)
{
	return (e->sasl.builtin & IMAPSRV_MECHANISM_ANONYMOUS) && own(e, "ANONYMOUS");
}

static bool oauthbearer(const struct imapsrv_engine *e)
{
	return (e->sasl.builtin & IMAPSRV_MECHANISM_OAUTHBEARER) && own(e, "OAUTHBEARER");
}

static bool xoauth2(const struct imapsrv_engine *e)
{
	return (e->sasl.builtin & IMAPSRV_MECHANISM_XOAUTH2) && own(e, "XOAUTH2");
}

static bool scram(const struct imapsrv_engine *e)
{
	return e->sasl.keys && own(e, "SCRAM-SHA-256");
}

static bool scram_plus(const struct imapsrv_engine *e)
{
	return e->sasl.keys && own(e, "SCRAM-SHA-256-PLUS");
}

/* Else nobody could log in again (RFC 8437). */
static bool can_log_in(const struct imapsrv_engine *e)
{
	return e->store.login || e->sasl.mechanisms;
}

static bool writes(const struct imapsrv_engine *e)
{
	return e->store.store != NULL;
}

static bool unmeasured(const struct imapsrv_engine *e)
{
	return e->store.append_begin && e->store.unmeasured;
}

static bool login_referrals(const struct imapsrv_engine *e)
{
	return (e->config.referrals & IMAPSRV_REFERRALS_LOGIN) != 0;
}

static bool mailbox_referrals(const struct imapsrv_engine *e)
{
	return (e->config.referrals & IMAPSRV_REFERRALS_MAILBOX) != 0;
}

static bool urlauth(const struct imapsrv_engine *e)
{
	return e->urlauth.token != NULL;
}

static bool replace(const struct imapsrv_engine *e)
{
	return e->store.replace != NULL;
}

static bool modseqs(const struct imapsrv_engine *e)
{
	return e->store.modseqs != 0;
}

/* Without it nobody would post what happens in mailboxes that are not open. */
static bool watches(const struct imapsrv_engine *e)
{
	return e->config.watch != NULL;
}

/* RFC 8474 5.1: a copy has the EMAILID of its source, which an append cannot say. */
static bool objectids(const struct imapsrv_engine *e)
{
	return e->store.objectids && (!e->store.store || e->store.copy);
}

static bool acl(const struct imapsrv_engine *e)
{
	return e->acl.get != NULL;
}

static bool metadata(const struct imapsrv_engine *e)
{
	return e->metadata.get && !e->metadata.server_only;
}

static bool metadata_server(const struct imapsrv_engine *e)
{
	return e->metadata.get != NULL;
}

/* RFC 5257 4.6: a copy has the annotations of its source, which an append does not know. */
static bool annotations(const struct imapsrv_engine *e)
{
	return e->annotate.get && (!e->store.store || e->store.copy);
}

static bool quota(const struct imapsrv_engine *e)
{
	return e->quota.get != NULL;
}

static bool quotaset(const struct imapsrv_engine *e)
{
	return e->quota.set != NULL;
}

static bool languages(const struct imapsrv_engine *e)
{
	return e->language.tags != NULL;
}

static bool savedates(const struct imapsrv_engine *e)
{
	return e->store.savedates != 0;
}

/* What is near to what, an index knows. */
static bool fuzzy(const struct imapsrv_engine *e)
{
	return e->store.search && e->store.fuzzy;
}

static bool clock(const struct imapsrv_engine *e)
{
	return e->config.clock != NULL;
}

static bool jmap(const struct imapsrv_engine *e)
{
	return e->config.jmap != NULL;
}

static bool create_use(const struct imapsrv_engine *e)
{
	return e->mailboxes.create && e->mailboxes.uses;
}

static bool message_limit(const struct imapsrv_engine *e)
{
	return e->limits.message_limit != UINT32_MAX;
}

static bool save_limit(const struct imapsrv_engine *e)
{
	return e->limits.save_limit != UINT32_MAX;
}

/* ---- what the session must be like ----------------------------------------------------------- */

static bool starttls(const struct imapsrv_session *s)
{
	return s->can_starttls && !s->secure;
}

/* LOGIN and its like show exactly when a password would be taken (RFC 9051 6.2.3, 11.1). */
static bool passwords(const struct imapsrv_session *s)
{
	return (s->secure || s->allow_plaintext) && s->engine->store.login;
}

static bool no_passwords(const struct imapsrv_session *s)
{
	return !passwords(s);
}

static bool bound(const struct imapsrv_session *s)
{
	return s->bindings != NULL;
}

static bool known(const struct imapsrv_session *s)
{
	return s->external != NULL;
}

static bool compress(const struct imapsrv_session *s)
{
	return s->compress != IMAPSRV_COMPRESS_NO &&
	       (s->compress != IMAPSRV_COMPRESS_AFTER_LOGIN || s->logged_in);
}

/* Is there anything that takes URLs (RFC 5550 5.7.1)? */
static bool urls(const struct imapsrv_session *s)
{
	static const enum isrv_cap takers[] = {ISRV_CAP_CATENATE, ISRV_CAP_URLAUTH};

	for (size_t i = 0; i < 2; i++)
		if (isrv_caps_in(&s->engine->caps, takers[i]) &&
		    !isrv_caps_in(&s->hidden, takers[i]))
			return true;
	return false;
}

/* ---- how it is said -------------------------------------------------------------------------- */

static void put_mechanisms(struct isrv_writer *w, const struct imapsrv_session *s)
{
	const struct imapsrv_sasl *sasl = &s->engine->sasl;
	const char *space = "";

	for (size_t i = 0; sasl->mechanisms[i]; i++) {
		if (!isrv_sasl_offered(s, i))
			continue;
		isrv_w_cstr(w, space);
		ISRV_W(w, "AUTH=");
		isrv_w_cstr(w, sasl->mechanisms[i]);
		space = " ";
	}
}

static void put_append_limit(struct isrv_writer *w, const struct imapsrv_session *s)
{
	ISRV_W(w, "APPENDLIMIT");
	if (s->engine->store.append_limits)
		return; /* each mailbox has its own (RFC 7889 2) */
	ISRV_W(w, "=");
	isrv_w_u64(w, isrv_append_limit(s->engine, UINT64_MAX));
}

static void put_message_limit(struct isrv_writer *w, const struct imapsrv_session *s)
{
	ISRV_W(w, "MESSAGELIMIT=");
	isrv_w_u32(w, s->engine->limits.message_limit);
}

/* RFC 4314 5.1.1, 2.2: the letters that RFC 2086 did not have, and no digits. */
static void put_acl(struct isrv_writer *w, const struct imapsrv_session *s)
{
	ISRV_W(w, "ACL RIGHTS=kxte");
	if (s->engine->acl.others & IMAPSRV_RIGHT_NOTE)
		ISRV_W(w, "n");
}

/* RFC 9208 9.1: the old name as well, by which clients know the commands. */
static void put_quota(struct isrv_writer *w, const struct imapsrv_session *s)
{
	uint32_t resources = s->engine->quota.resources;

	ISRV_W(w, "QUOTA");
	if (resources & IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE))
		ISRV_W(w, " QUOTA=RES-STORAGE");
	if (resources & IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_MESSAGE))
		ISRV_W(w, " QUOTA=RES-MESSAGE");
	if (resources & IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_MAILBOX))
		ISRV_W(w, " QUOTA=RES-MAILBOX");
	if (resources & IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_ANNOTATION_STORAGE))
		ISRV_W(w, " QUOTA=RES-ANNOTATION-STORAGE");
}

static void put_save_limit(struct isrv_writer *w, const struct imapsrv_session *s)
{
	ISRV_W(w, "SAVELIMIT=");
	isrv_w_u32(w, s->engine->limits.save_limit);
}

/* ---- the table ------------------------------------------------------------------------------- */

/*
 * Why some cannot be without others: RFC 7162 3.2.3 (QRESYNC), RFC 9586 3.1 (UIDONLY is there to
 * be enabled), RFC 9394 3.1 and RFC 5267 4 (results of PARTIAL and UPDATE come in ESEARCH
 * responses), RFC 5957 1 and RFC 5267 3, 4.1 (parts of SORT), RFC 5819 1, RFC 9590 1 and RFC 8440
 * 3 (options of extended LIST), RFC 9698 3 (JMAPACCESS), RFC 7377 2.1 (what MULTISEARCH finds
 * comes in ESEARCH responses), RFC 5466 3.2 (filters are set with SETMETADATA).  RFC 5464 1:
 * METADATA and METADATA-SERVER are not said both; RFC 9755 7: nor are UTF8=ACCEPT and UTF8=ONLY,
 * which are there to be enabled; RFC 5255 4.3: nor two levels of I18NLEVEL.  RFC 9738 3.3: where
 * only a part of the mailbox is looked at, it cannot be threaded, nor sorted but by an index; of a
 * part of each of many mailboxes nothing can be said.
 */
const struct isrv_caps_row isrv_caps_table[ISRV_CAP_COUNT] = {
	[ISRV_CAP_IMAP4REV1] = {.name = "IMAP4rev1", .show = ISRV_SHOW_ALWAYS, .fixed = true},
	[ISRV_CAP_IMAP4REV2] = {.name = "IMAP4rev2", .show = ISRV_SHOW_ALWAYS},
	[ISRV_CAP_LITERAL_PLUS] = {
		.name = "LITERAL+", .show = ISRV_SHOW_ALWAYS, .host = literal_plus,
	},
	[ISRV_CAP_LITERAL_MINUS] = {
		.name = "LITERAL-", .show = ISRV_SHOW_ALWAYS, .host = literal_minus,
	},
	[ISRV_CAP_STARTTLS] = {.name = "STARTTLS", .show = ISRV_SHOW_NOTAUTH, .now = starttls},
	[ISRV_CAP_LOGINDISABLED] = {
		.name = "LOGINDISABLED", .show = ISRV_SHOW_NOTAUTH, .fixed = true,
		.now = no_passwords,
	},
	[ISRV_CAP_COMPRESS] = {
		.name = "COMPRESS=DEFLATE", .show = ISRV_SHOW_ALWAYS, .now = compress,
	},
	[ISRV_CAP_AUTH_PLAIN] = {
		.name = "AUTH=PLAIN", .show = ISRV_SHOW_NOTAUTH, .host = plain, .now = passwords,
	},
	[ISRV_CAP_AUTH_EXTERNAL] = {
		.name = "AUTH=EXTERNAL", .show = ISRV_SHOW_NOTAUTH, .host = external, .now = known,
	},
	[ISRV_CAP_AUTH_SCRAM_PLUS] = {
		.name = "AUTH=SCRAM-SHA-256-PLUS", .show = ISRV_SHOW_NOTAUTH, .host = scram_plus,
		.now = bound,
	},
	[ISRV_CAP_AUTH_SCRAM] = {
		.name = "AUTH=SCRAM-SHA-256", .show = ISRV_SHOW_NOTAUTH, .host = scram,
	},
	[ISRV_CAP_AUTH_OAUTHBEARER] = {
		.name = "AUTH=OAUTHBEARER", .show = ISRV_SHOW_NOTAUTH, .host = oauthbearer,
		.now = passwords,
	},
	[ISRV_CAP_AUTH_XOAUTH2] = {
		.name = "AUTH=XOAUTH2", .show = ISRV_SHOW_NOTAUTH, .host = xoauth2,
		.now = passwords,
	},
	[ISRV_CAP_AUTH_LOGIN] = {
		.name = "AUTH=LOGIN", .show = ISRV_SHOW_NOTAUTH, .host = login, .now = passwords,
	},
	[ISRV_CAP_AUTH_ANONYMOUS] = {
		.name = "AUTH=ANONYMOUS", .show = ISRV_SHOW_NOTAUTH, .host = anonymous,
	},
	[ISRV_CAP_AUTH_HOST] = {
		.name = "", .show = ISRV_SHOW_NOTAUTH, .fixed = true, .host = mechanisms,
		.put = put_mechanisms,
	},
	[ISRV_CAP_SASL_IR] = {.name = "SASL-IR", .show = ISRV_SHOW_NOTAUTH},
	[ISRV_CAP_ID] = {.name = "ID", .show = ISRV_SHOW_ALWAYS},
	[ISRV_CAP_ENABLE] = {.name = "ENABLE", .show = ISRV_SHOW_ALWAYS},
	[ISRV_CAP_UTF8_ACCEPT] = {
		.name = "UTF8=ACCEPT", .show = ISRV_SHOW_ALWAYS, .with = {ISRV_CAP_ENABLE},
		.unsaid = ISRV_CAP_UTF8_ONLY, .host = utf8_accept,
	},
	[ISRV_CAP_UTF8_ONLY] = {
		.name = "UTF8=ONLY", .show = ISRV_SHOW_ALWAYS, .with = {ISRV_CAP_UTF8_ACCEPT},
		.host = utf8_only,
	},
	[ISRV_CAP_LOGIN_REFERRALS] = {
		.name = "LOGIN-REFERRALS", .show = ISRV_SHOW_NOTAUTH, .host = login_referrals,
	},
	[ISRV_CAP_MAILBOX_REFERRALS] = {
		.name = "MAILBOX-REFERRALS", .show = ISRV_SHOW_AUTH, .host = mailbox_referrals,
	},
	[ISRV_CAP_IDLE] = {.name = "IDLE", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_NAMESPACE] = {.name = "NAMESPACE", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_LANGUAGE] = {
		.name = "LANGUAGE", .show = ISRV_SHOW_ALWAYS, .with = {ISRV_CAP_NAMESPACE},
		.host = languages,
	},
	[ISRV_CAP_I18NLEVEL_1] = {
		.name = "I18NLEVEL=1", .show = ISRV_SHOW_AUTH, .unsaid = ISRV_CAP_I18NLEVEL_2,
	},
	[ISRV_CAP_I18NLEVEL_2] = {
		.name = "I18NLEVEL=2", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_I18NLEVEL_1},
	},
	[ISRV_CAP_CHILDREN] = {.name = "CHILDREN", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_LIST_EXTENDED] = {.name = "LIST-EXTENDED", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_LIST_STATUS] = {
		.name = "LIST-STATUS", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_LIST_EXTENDED},
	},
	[ISRV_CAP_SPECIAL_USE] = {.name = "SPECIAL-USE", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_CREATE_SPECIAL_USE] = {
		.name = "CREATE-SPECIAL-USE", .show = ISRV_SHOW_AUTH, .host = create_use,
	},
	[ISRV_CAP_UIDPLUS] = {.name = "UIDPLUS", .show = ISRV_SHOW_AUTH, .host = writes},
	[ISRV_CAP_MOVE] = {.name = "MOVE", .show = ISRV_SHOW_AUTH, .host = writes},
	[ISRV_CAP_MULTIAPPEND] = {.name = "MULTIAPPEND", .show = ISRV_SHOW_AUTH, .host = writes},
	[ISRV_CAP_CATENATE] = {.name = "CATENATE", .show = ISRV_SHOW_AUTH, .host = unmeasured},
	[ISRV_CAP_URLAUTH] = {.name = "URLAUTH", .show = ISRV_SHOW_AUTH, .host = urlauth},
	[ISRV_CAP_URLAUTH_BINARY] = {
		.name = "URLAUTH=BINARY", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_URLAUTH},
		.host = urlauth,
	},
	[ISRV_CAP_URL_PARTIAL] = {.name = "URL-PARTIAL", .show = ISRV_SHOW_AUTH, .now = urls},
	[ISRV_CAP_REPLACE] = {.name = "REPLACE", .show = ISRV_SHOW_AUTH, .host = replace},
	[ISRV_CAP_APPENDLIMIT] = {
		.name = "APPENDLIMIT", .show = ISRV_SHOW_AUTH, .host = writes,
		.put = put_append_limit,
	},
	[ISRV_CAP_ACL] = {.name = "ACL", .show = ISRV_SHOW_AUTH, .host = acl, .put = put_acl},
	[ISRV_CAP_LIST_MYRIGHTS] = {
		.name = "LIST-MYRIGHTS", .show = ISRV_SHOW_AUTH,
		.with = {ISRV_CAP_ACL, ISRV_CAP_LIST_EXTENDED},
	},
	[ISRV_CAP_METADATA] = {
		.name = "METADATA", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_METADATA_SERVER},
		.host = metadata,
	},
	[ISRV_CAP_METADATA_SERVER] = {
		.name = "METADATA-SERVER", .show = ISRV_SHOW_AUTH, .unsaid = ISRV_CAP_METADATA,
		.host = metadata_server,
	},
	[ISRV_CAP_LIST_METADATA] = {
		.name = "LIST-METADATA", .show = ISRV_SHOW_AUTH,
		.with = {ISRV_CAP_METADATA, ISRV_CAP_LIST_EXTENDED},
	},
	[ISRV_CAP_ANNOTATE] = {
		.name = "ANNOTATE-EXPERIMENT-1", .show = ISRV_SHOW_AUTH, .host = annotations,
	},
	[ISRV_CAP_QUOTA] = {
		.name = "QUOTA", .show = ISRV_SHOW_AUTH, .host = quota, .put = put_quota,
	},
	[ISRV_CAP_QUOTASET] = {
		.name = "QUOTASET", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_QUOTA},
		.host = quotaset,
	},
	[ISRV_CAP_OBJECTID] = {.name = "OBJECTID", .show = ISRV_SHOW_AUTH, .host = objectids},
	[ISRV_CAP_SAVEDATE] = {.name = "SAVEDATE", .show = ISRV_SHOW_AUTH, .host = savedates},
	[ISRV_CAP_UNSELECT] = {.name = "UNSELECT", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_CONDSTORE] = {.name = "CONDSTORE", .show = ISRV_SHOW_AUTH, .host = modseqs},
	[ISRV_CAP_QRESYNC] = {
		.name = "QRESYNC", .show = ISRV_SHOW_AUTH,
		.with = {ISRV_CAP_CONDSTORE, ISRV_CAP_ENABLE}, .host = modseqs,
	},
	[ISRV_CAP_NOTIFY] = {.name = "NOTIFY", .show = ISRV_SHOW_AUTH, .host = watches},
	[ISRV_CAP_ESEARCH] = {.name = "ESEARCH", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_SEARCHRES] = {.name = "SEARCHRES", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_MULTISEARCH] = {
		.name = "MULTISEARCH", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_ESEARCH},
		.without = ISRV_CAP_MESSAGELIMIT,
	},
	[ISRV_CAP_INPROGRESS] = {.name = "INPROGRESS", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_CONTEXT_SEARCH] = {
		.name = "CONTEXT=SEARCH", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_ESEARCH},
	},
	[ISRV_CAP_CONTEXT_SORT] = {
		.name = "CONTEXT=SORT", .show = ISRV_SHOW_AUTH,
		.with = {ISRV_CAP_CONTEXT_SEARCH, ISRV_CAP_ESORT},
	},
	[ISRV_CAP_WITHIN] = {.name = "WITHIN", .show = ISRV_SHOW_AUTH, .host = clock},
	[ISRV_CAP_STATUS_SIZE] = {.name = "STATUS=SIZE", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_BINARY] = {.name = "BINARY", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_PREVIEW] = {.name = "PREVIEW", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_JMAPACCESS] = {
		.name = "JMAPACCESS", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_OBJECTID},
		.host = jmap,
	},
	[ISRV_CAP_UNAUTHENTICATE] = {
		.name = "UNAUTHENTICATE", .show = ISRV_SHOW_AUTH, .host = can_log_in,
	},
	[ISRV_CAP_UIDONLY] = {.name = "UIDONLY", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_ENABLE}},
	[ISRV_CAP_PARTIAL] = {
		.name = "PARTIAL", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_ESEARCH},
	},
	[ISRV_CAP_MESSAGELIMIT] = {
		.name = "MESSAGELIMIT", .show = ISRV_SHOW_AUTH, .host = message_limit,
		.put = put_message_limit,
	},
	[ISRV_CAP_SAVELIMIT] = {
		.name = "SAVELIMIT", .show = ISRV_SHOW_AUTH, .host = save_limit,
		.put = put_save_limit,
	},
	[ISRV_CAP_SORT] = {
		.name = "SORT", .show = ISRV_SHOW_AUTH, .without = ISRV_CAP_MESSAGELIMIT,
	},
	[ISRV_CAP_SORT_DISPLAY] = {
		.name = "SORT=DISPLAY", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_SORT},
	},
	[ISRV_CAP_ESORT] = {.name = "ESORT", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_SORT}},
	[ISRV_CAP_THREAD_ORDEREDSUBJECT] = {
		.name = "THREAD=ORDEREDSUBJECT", .show = ISRV_SHOW_AUTH,
		.without = ISRV_CAP_MESSAGELIMIT,
	},
	[ISRV_CAP_THREAD_REFERENCES] = {
		.name = "THREAD=REFERENCES", .show = ISRV_SHOW_AUTH,
		.without = ISRV_CAP_MESSAGELIMIT,
	},
	[ISRV_CAP_UIDBATCHES] = {.name = "UIDBATCHES", .show = ISRV_SHOW_AUTH},
	[ISRV_CAP_FILTERS] = {
		.name = "FILTERS", .show = ISRV_SHOW_AUTH, .with = {ISRV_CAP_METADATA_SERVER},
	},
	[ISRV_CAP_SEARCH_FUZZY] = {
		.name = "SEARCH=FUZZY", .show = ISRV_SHOW_AUTH, .host = fuzzy,
	},
};
