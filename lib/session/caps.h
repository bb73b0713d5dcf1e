/* SPDX-License-Identifier: MIT */
/*
 * session/caps - capabilities: which there are in a session, and the CAPABILITY list.  What each
 * needs, and in which state it shows, is in caps_table.  Nothing is configured twice: what is
 * announced is what the callbacks can do, less what the host hides from this session (RFC 9051
 * 6.1.1).
 */
#ifndef ISRV_SESSION_CAPS_H
#define ISRV_SESSION_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imapsrv_engine;
struct imapsrv_session;
struct isrv_pack;
struct isrv_unpack;
struct isrv_writer;

/* In the order in which they are announced. */
enum isrv_cap {
	ISRV_CAP_NONE,
	ISRV_CAP_IMAP4REV1,
	ISRV_CAP_IMAP4REV2,
	ISRV_CAP_LITERAL_PLUS,
	ISRV_CAP_LITERAL_MINUS,
	ISRV_CAP_STARTTLS,
	ISRV_CAP_LOGINDISABLED,
	ISRV_CAP_COMPRESS,
	ISRV_CAP_AUTH_PLAIN,
	ISRV_CAP_AUTH_EXTERNAL,
	ISRV_CAP_AUTH_SCRAM_PLUS,
	ISRV_CAP_AUTH_SCRAM,
	ISRV_CAP_AUTH_OAUTHBEARER,
	ISRV_CAP_AUTH_XOAUTH2,
	ISRV_CAP_AUTH_LOGIN,
	ISRV_CAP_AUTH_ANONYMOUS,
	ISRV_CAP_AUTH_HOST, /* stands for all mechanisms of the host */
	ISRV_CAP_SASL_IR,
	ISRV_CAP_ID,
	ISRV_CAP_ENABLE,
	ISRV_CAP_UTF8_ACCEPT, /* or more: UTF8=ONLY */
	ISRV_CAP_UTF8_ONLY,
	ISRV_CAP_LOGIN_REFERRALS,
	ISRV_CAP_MAILBOX_REFERRALS,
	ISRV_CAP_IDLE,
	ISRV_CAP_NAMESPACE,
	ISRV_CAP_LANGUAGE,
	ISRV_CAP_I18NLEVEL_1, /* or more */
	ISRV_CAP_I18NLEVEL_2,
	ISRV_CAP_CHILDREN,
	ISRV_CAP_LIST_EXTENDED,
	ISRV_CAP_LIST_STATUS,
	ISRV_CAP_SPECIAL_USE,
	ISRV_CAP_CREATE_SPECIAL_USE,
	ISRV_CAP_UIDPLUS,
	ISRV_CAP_MOVE,
	ISRV_CAP_MULTIAPPEND,
	ISRV_CAP_CATENATE,
	ISRV_CAP_URLAUTH,
	ISRV_CAP_URLAUTH_BINARY,
	ISRV_CAP_URL_PARTIAL,
	ISRV_CAP_REPLACE,
	ISRV_CAP_APPENDLIMIT,
	ISRV_CAP_ACL, /* and RIGHTS= */
	ISRV_CAP_LIST_MYRIGHTS,
	ISRV_CAP_METADATA,
	ISRV_CAP_METADATA_SERVER, /* there is METADATA-SERVER or more: the commands */
	ISRV_CAP_LIST_METADATA,
	ISRV_CAP_ANNOTATE,
	ISRV_CAP_QUOTA, /* and each resource */
	ISRV_CAP_QUOTASET,
	ISRV_CAP_OBJECTID,
	ISRV_CAP_SAVEDATE,
	ISRV_CAP_UNSELECT,
	ISRV_CAP_CONDSTORE,
	ISRV_CAP_QRESYNC,
	ISRV_CAP_NOTIFY,
	ISRV_CAP_ESEARCH,
	ISRV_CAP_SEARCHRES,
	ISRV_CAP_MULTISEARCH,
	ISRV_CAP_INPROGRESS,
	ISRV_CAP_CONTEXT_SEARCH,
	ISRV_CAP_CONTEXT_SORT,
	ISRV_CAP_WITHIN,
	ISRV_CAP_STATUS_SIZE,
	ISRV_CAP_BINARY,
	ISRV_CAP_PREVIEW,
	ISRV_CAP_UNAUTHENTICATE,
	ISRV_CAP_JMAPACCESS,
	ISRV_CAP_UIDONLY,
	ISRV_CAP_PARTIAL,
	ISRV_CAP_MESSAGELIMIT,
	ISRV_CAP_SAVELIMIT,
	ISRV_CAP_SORT,
	ISRV_CAP_SORT_DISPLAY,
	ISRV_CAP_ESORT,
	ISRV_CAP_THREAD_ORDEREDSUBJECT,
	ISRV_CAP_THREAD_REFERENCES,
	ISRV_CAP_UIDBATCHES,
	ISRV_CAP_FILTERS,
	ISRV_CAP_SEARCH_FUZZY,
	ISRV_CAP_COUNT
};

/* A set of them. */
struct isrv_caps {
	uint64_t word[2];
};
_Static_assert(ISRV_CAP_COUNT <= 128, "a set has a bit for each capability");

static inline bool isrv_caps_in(const struct isrv_caps *set, enum isrv_cap cap)
{
	return set->word[cap / 64] >> (cap % 64) & 1;
}

/* What an engine with these callbacks can do. */
struct isrv_caps isrv_caps_of_engine(const struct imapsrv_engine *engine);
/* Works out what a session can do, in s->caps.  To be called when anything changes that this
 * follows from: login, TLS, compression, what the host hides or knows of the client. */
void isrv_caps_update(struct imapsrv_session *s);
/* The capability of that name in any case, ISRV_CAP_NONE if there is none. */
enum isrv_cap isrv_caps_find(const char *name, size_t len);
/* "CAPABILITY IMAP4rev1 ...", without brackets. */
void isrv_caps_put(struct isrv_writer *w, const struct imapsrv_session *s);
/* May the i-th mechanism of the host be used now? */
bool isrv_sasl_offered(const struct imapsrv_session *s, size_t i);

/* A set of them by name, for another process.  An unknown name, or one that is not to be had by
 * name, is an error. */
void isrv_caps_pack(const struct isrv_caps *set, struct isrv_pack *p);
struct isrv_caps isrv_caps_unpack(struct isrv_unpack *u);

#endif
