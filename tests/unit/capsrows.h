/* SPDX-License-Identifier: MIT */
/*
 * unit/capsrows - the capabilities, how a host is without each, and commands that need them.  See
 * t_caps.c.
 */
#ifndef TEST_UNIT_CAPSROWS_H
#define TEST_UNIT_CAPSROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "session/caps.h"

/* As much as can be had at once. */
static const char full_host[] =
	"host: starttls\n"
	"host: compress always\n"
	"host: external fred\n"
	"host: binding tls-exporter abcd\n"
	"host: mechanism login\n"
	"host: mechanism anonymous\n"
	"host: mechanism oauthbearer\n"
	"host: mechanism xoauth2\n"
	"host: mechanism scram\n"
	"host: user fred pass secret\n"
	"host: language\n"
	"host: utf8\n"
	"host: modseqs\n"
	"host: objectids\n"
	"host: savedates\n"
	"host: clock\n"
	"host: metadata\n"
	"host: entry INBOX /shared/comment \"c\"\n"
	"host: annotate\n"
	"host: acl\n"
	"host: quota \"\" storage 10 100 message 1 9 mailbox 1 9 annotation 1 9\n"
	"host: jmap https://example.com/jmap\n"
	"host: uses\n"
	"host: replace\n"
	"host: catenate\n"
	"host: urlauth\n"
	"host: fuzzy 1\n"
	"host: referrals login\n"
	"host: referrals mailbox\n"
	"host: mailbox INBOX uidvalidity 7\n"
	"host: mailbox Drafts drafts\n"
	"host: message INBOX flags \\Seen\n"
	"host: message INBOX\n";

struct row {
	const char *name;    /* as it is announced, without what it says of itself behind "=" */
	const char *less;    /* a line that the host is not to have, */
	const char *more;    /* and those that it is to have, for the capability to be there */
	bool in_more;        /* without `more` it is not */
	const char *drop;    /* the line without which it is not */
	const char *add;     /* or the line with which it is not */
	const char *vanish;  /* what is not announced any more, if not exactly the name */
	const char *with_it; /* and what goes too if the host is without it, and not if it is hidden */
	const char *instead, *instead_hidden; /* what is announced in its place */
	const char *off;     /* what cannot be done any more, if not what vanishes */
	bool fixed;          /* cannot be hidden */
	bool bare;           /* a host without it can do too little to be compared */
	bool notauth;        /* nobody can log in */
	bool alone;          /* only probes that need it make sense */
	const char *nothing; /* why no command needs it */
};

/* For those that are a part of IMAP4rev2: what it offers needs no capability of its own. */
#define NO_REV2 "host: hide IMAP4rev2\n"

static const struct row rows[] = {
	[ISRV_CAP_IMAP4REV1] = {.name = "IMAP4rev1", .fixed = true, .nothing = "there always"},
	[ISRV_CAP_IMAP4REV2] = {.name = "IMAP4rev2"},
	[ISRV_CAP_LITERAL_PLUS] = {
		.name = "LITERAL+", .add = "host: literal-minus\n", .instead = "LITERAL-",
		.nothing = "such literals are understood from those who send them all the same",
	},
	[ISRV_CAP_LITERAL_MINUS] = {
		.name = "LITERAL-", .more = "host: literal-minus\n", .in_more = true,
		.instead = "LITERAL+", .nothing = "as above",
	},
	[ISRV_CAP_STARTTLS] = {.name = "STARTTLS", .drop = "host: starttls"},
	[ISRV_CAP_LOGINDISABLED] = {
		.name = "LOGINDISABLED", .more = "host: plaintext off\n", .in_more = true,
		.fixed = true, .alone = true, .notauth = true,
		.instead = "AUTH=PLAIN AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=LOGIN",
		.nothing = "it is for those that it forbids",
	},
	[ISRV_CAP_COMPRESS] = {.name = "COMPRESS=DEFLATE", .drop = "host: compress always"},
	[ISRV_CAP_AUTH_PLAIN] = {
		.name = "AUTH=PLAIN", .add = "host: no login\n", .bare = true, .notauth = true,
		.with_it = "AUTH=EXTERNAL AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=LOGIN "
			   "AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=ANONYMOUS",
		.instead = "LOGINDISABLED",
	},
	[ISRV_CAP_AUTH_EXTERNAL] = {.name = "AUTH=EXTERNAL", .drop = "host: external fred"},
	[ISRV_CAP_AUTH_SCRAM_PLUS] = {
		.name = "AUTH=SCRAM-SHA-256-PLUS", .drop = "host: binding tls-exporter abcd",
	},
	[ISRV_CAP_AUTH_SCRAM] = {
		.name = "AUTH=SCRAM-SHA-256", .drop = "host: mechanism scram",
		.with_it = "AUTH=SCRAM-SHA-256-PLUS",
	},
	[ISRV_CAP_AUTH_OAUTHBEARER] = {
		.name = "AUTH=OAUTHBEARER", .drop = "host: mechanism oauthbearer",
	},
	[ISRV_CAP_AUTH_XOAUTH2] = {.name = "AUTH=XOAUTH2", .drop = "host: mechanism xoauth2"},
	[ISRV_CAP_AUTH_LOGIN] = {.name = "AUTH=LOGIN", .drop = "host: mechanism login"},
	[ISRV_CAP_AUTH_ANONYMOUS] = {
		.name = "AUTH=ANONYMOUS", .drop = "host: mechanism anonymous",
	},
	[ISRV_CAP_AUTH_HOST] = {
		.name = "AUTH=X-STEPS", .more = "host: sasl\n", .in_more = true, .fixed = true,
	},
	[ISRV_CAP_SASL_IR] = {.name = "SASL-IR", .more = NO_REV2},
	[ISRV_CAP_ID] = {.name = "ID"},
	[ISRV_CAP_ENABLE] = {.name = "ENABLE", .vanish = "ENABLE UTF8=ACCEPT QRESYNC UIDONLY"},
	[ISRV_CAP_UTF8_ACCEPT] = {.name = "UTF8=ACCEPT", .drop = "host: utf8"},
	[ISRV_CAP_UTF8_ONLY] = {
		.name = "UTF8=ONLY", .less = "host: utf8", .more = "host: utf8 only\n",
		.in_more = true, .instead_hidden = "UTF8=ACCEPT", .alone = true,
		.nothing = "it is for those that it forbids",
	},
	[ISRV_CAP_LOGIN_REFERRALS] = {
		.name = "LOGIN-REFERRALS", .drop = "host: referrals login",
		.nothing = "told with the answer to a login",
	},
	[ISRV_CAP_MAILBOX_REFERRALS] = {
		.name = "MAILBOX-REFERRALS", .drop = "host: referrals mailbox",
	},
	[ISRV_CAP_IDLE] = {.name = "IDLE"},
	[ISRV_CAP_NAMESPACE] = {.name = "NAMESPACE", .vanish = "NAMESPACE LANGUAGE"},
	[ISRV_CAP_LANGUAGE] = {.name = "LANGUAGE", .drop = "host: language"},
	[ISRV_CAP_I18NLEVEL_1] = {
		.name = "I18NLEVEL=1", .vanish = "I18NLEVEL=2", .off = "I18NLEVEL=1 I18NLEVEL=2",
		.nothing = "it is about how texts are compared",
	},
	[ISRV_CAP_I18NLEVEL_2] = {.name = "I18NLEVEL=2", .instead_hidden = "I18NLEVEL=1"},
	[ISRV_CAP_CHILDREN] = {
		.name = "CHILDREN", .nothing = "attributes that are always told",
	},
	[ISRV_CAP_LIST_EXTENDED] = {
		.name = "LIST-EXTENDED", .more = NO_REV2,
		.vanish = "LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS LIST-METADATA",
	},
	[ISRV_CAP_LIST_STATUS] = {.name = "LIST-STATUS", .more = NO_REV2},
	[ISRV_CAP_SPECIAL_USE] = {.name = "SPECIAL-USE"},
	[ISRV_CAP_CREATE_SPECIAL_USE] = {.name = "CREATE-SPECIAL-USE", .drop = "host: uses"},
	[ISRV_CAP_UIDPLUS] = {
		.name = "UIDPLUS", .add = "host: no write\n", .bare = true,
		.with_it = "MOVE MULTIAPPEND CATENATE URL-PARTIAL REPLACE APPENDLIMIT=268435456 "
			   "APPENDLIMIT",
	},
	[ISRV_CAP_MOVE] = {.name = "MOVE"},
	[ISRV_CAP_MULTIAPPEND] = {.name = "MULTIAPPEND"},
	[ISRV_CAP_CATENATE] = {
		.name = "CATENATE", .drop = "host: catenate",
	},
	[ISRV_CAP_URL_PARTIAL] = {.name = "URL-PARTIAL"},
	[ISRV_CAP_URLAUTH] = {
		.name = "URLAUTH", .vanish = "URLAUTH URLAUTH=BINARY", .drop = "host: urlauth",
	},
	[ISRV_CAP_URLAUTH_BINARY] = {.name = "URLAUTH=BINARY"},
	[ISRV_CAP_REPLACE] = {.name = "REPLACE", .drop = "host: replace"},
	[ISRV_CAP_APPENDLIMIT] = {.name = "APPENDLIMIT", .vanish = "APPENDLIMIT=268435456",
		.off = "APPENDLIMIT"},
	[ISRV_CAP_ACL] = {
		.name = "ACL", .vanish = "ACL RIGHTS=kxten LIST-MYRIGHTS", .drop = "host: acl",
	},
	[ISRV_CAP_LIST_MYRIGHTS] = {.name = "LIST-MYRIGHTS"},
	[ISRV_CAP_METADATA] = {
		.name = "METADATA", .vanish = "METADATA LIST-METADATA", .with_it = "FILTERS METADATA-SERVER",
		.drop = "host: metadata", .instead_hidden = "METADATA-SERVER",
	},
	[ISRV_CAP_METADATA_SERVER] = {
		.name = "METADATA-SERVER", .less = "host: metadata",
		.more = "host: metadata server\n", .in_more = true,
		.vanish = "METADATA-SERVER FILTERS",
	},
	[ISRV_CAP_LIST_METADATA] = {.name = "LIST-METADATA"},
	[ISRV_CAP_ANNOTATE] = {
		.name = "ANNOTATE-EXPERIMENT-1", .drop = "host: annotate",
		.with_it = "RIGHTS=kxten", .instead = "RIGHTS=kxte",
	},
	[ISRV_CAP_QUOTA] = {
		.name = "QUOTA", .vanish = "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX "
			  "QUOTA=RES-ANNOTATION-STORAGE QUOTASET",
		.drop = "host: quota \"\" storage 10 100 message 1 9 mailbox 1 9 annotation 1 9",
	},
	[ISRV_CAP_QUOTASET] = {.name = "QUOTASET"},
	[ISRV_CAP_OBJECTID] = {
		.name = "OBJECTID", .vanish = "OBJECTID JMAPACCESS", .drop = "host: objectids",
	},
	[ISRV_CAP_SAVEDATE] = {.name = "SAVEDATE", .drop = "host: savedates"},
	[ISRV_CAP_UNSELECT] = {.name = "UNSELECT"},
	[ISRV_CAP_CONDSTORE] = {
		.name = "CONDSTORE", .vanish = "CONDSTORE QRESYNC", .drop = "host: modseqs",
	},
	[ISRV_CAP_QRESYNC] = {.name = "QRESYNC"},
	[ISRV_CAP_NOTIFY] = {.name = "NOTIFY", .add = "host: no watch\n"},
	[ISRV_CAP_ESEARCH] = {
		.name = "ESEARCH", .vanish = "ESEARCH MULTISEARCH CONTEXT=SEARCH CONTEXT=SORT PARTIAL",
	},
	[ISRV_CAP_SEARCHRES] = {.name = "SEARCHRES", .more = NO_REV2},
	[ISRV_CAP_MULTISEARCH] = {.name = "MULTISEARCH"},
	[ISRV_CAP_INPROGRESS] = {.name = "INPROGRESS", .nothing = "told unasked"},
	[ISRV_CAP_CONTEXT_SEARCH] = {
		.name = "CONTEXT=SEARCH", .vanish = "CONTEXT=SEARCH CONTEXT=SORT",
	},
	[ISRV_CAP_CONTEXT_SORT] = {.name = "CONTEXT=SORT"},
	[ISRV_CAP_WITHIN] = {.name = "WITHIN", .drop = "host: clock"},
	[ISRV_CAP_STATUS_SIZE] = {.name = "STATUS=SIZE", .more = NO_REV2},
	[ISRV_CAP_BINARY] = {.name = "BINARY"},
	[ISRV_CAP_PREVIEW] = {.name = "PREVIEW"},
	[ISRV_CAP_UNAUTHENTICATE] = {.name = "UNAUTHENTICATE"},
	[ISRV_CAP_JMAPACCESS] = {
		.name = "JMAPACCESS", .drop = "host: jmap https://example.com/jmap",
	},
	[ISRV_CAP_UIDONLY] = {.name = "UIDONLY"},
	[ISRV_CAP_PARTIAL] = {.name = "PARTIAL"},
	[ISRV_CAP_MESSAGELIMIT] = {
		.name = "MESSAGELIMIT", .more = "host: limit message_limit 1000\n", .in_more = true,
		.vanish = "MESSAGELIMIT=1000", .off = "MESSAGELIMIT",
		.instead = "MULTISEARCH CONTEXT=SORT SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT "
			"THREAD=REFERENCES",
		.instead_hidden =
			"MULTISEARCH CONTEXT=SORT SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT "
			"THREAD=REFERENCES",
		.alone = true,
	},
	[ISRV_CAP_SAVELIMIT] = {
		.name = "SAVELIMIT", .more = "host: limit save_limit 1000\n", .in_more = true,
		.vanish = "SAVELIMIT=1000", .nothing = "told with a refusal",
	},
	[ISRV_CAP_SORT] = {.name = "SORT", .vanish = "SORT SORT=DISPLAY ESORT CONTEXT=SORT"},
	[ISRV_CAP_SORT_DISPLAY] = {.name = "SORT=DISPLAY"},
	[ISRV_CAP_ESORT] = {.name = "ESORT", .vanish = "ESORT CONTEXT=SORT"},
	[ISRV_CAP_THREAD_ORDEREDSUBJECT] = {.name = "THREAD=ORDEREDSUBJECT"},
	[ISRV_CAP_THREAD_REFERENCES] = {.name = "THREAD=REFERENCES"},
	[ISRV_CAP_UIDBATCHES] = {.name = "UIDBATCHES"},
	[ISRV_CAP_FILTERS] = {.name = "FILTERS"},
	[ISRV_CAP_SEARCH_FUZZY] = {.name = "SEARCH=FUZZY", .drop = "host: fuzzy 1"},
};

struct probe {
	enum { NOTAUTH, AUTH, SELECTED } state;
	const char *says;    /* tag "p" */
	const char *needs;   /* capabilities: without any of these it is refused, */
	const char *refused; /* so, or with BAD; NULL: with BAD.  And among what is said then is */
	const char *but;
	const char *varies;  /* without any of these the answer may be another; "*": of all others */
	const char *before;  /* said first */
};

#define ENABLES(cap, or)                                                                           \
	{.state = AUTH, .says = "p ENABLE " cap "\r\n", .needs = cap, .refused = "p OK ",          \
	 .but = "* ENABLED\r\n", .varies = or}

static const struct probe probes[] = {
	/* for all */
	{.state = NOTAUTH, .says = "p NOOP\r\n"},
	{.state = NOTAUTH, .says = "p LOGIN fred wrong\r\n"},
	{.state = AUTH, .says = "p NOOP\r\n"},
	{.state = AUTH, .says = "p LIST \"\" *\r\n"},
	{.state = AUTH, .says = "p LSUB \"\" *\r\n"},
	{.state = AUTH, .says = "p STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT)\r\n"},
	{.state = AUTH, .says = "p CREATE x\r\n", .varies = "OBJECTID"},
	{.state = AUTH, .says = "p RENAME Drafts y\r\n"},
	{.state = AUTH, .says = "p DELETE Drafts\r\n"},
	{.state = AUTH, .says = "p SUBSCRIBE x\r\n"},
	{.state = AUTH, .says = "p APPEND INBOX (\\Seen) {3+}\r\nabc\r\n", .varies = "UIDPLUS"},
	{.state = AUTH, .says = "p SELECT INBOX\r\n",
	 .varies = "CONDSTORE OBJECTID ANNOTATE-EXPERIMENT-1 URLAUTH"},
	{.state = AUTH, .says = "p EXAMINE INBOX\r\n",
	 .varies = "CONDSTORE OBJECTID ANNOTATE-EXPERIMENT-1 URLAUTH"},
	{.state = AUTH, .says = "p EXPUNGE\r\n"},
	{.state = AUTH, .says = "p XYZ\r\n"},
	{.state = SELECTED, .says = "p FETCH 1:* (FLAGS UID INTERNALDATE RFC822.SIZE)\r\n"},
	{.state = SELECTED, .says = "p FETCH 1:* (ENVELOPE BODYSTRUCTURE)\r\n"},
	{.state = SELECTED, .says = "p FETCH 1 (BODY.PEEK[HEADER] BODY[TEXT]<0.2>)\r\n"},
	{.state = SELECTED, .says = "p STORE 1 +FLAGS (\\Deleted kw)\r\n"},
	{.state = SELECTED, .says = "p SEARCH UNSEEN SUBJECT test\r\n"},
	{.state = SELECTED, .says = "p UID SEARCH OR 1 UID 2\r\n"},
	{.state = SELECTED, .says = "p COPY 1 Drafts\r\n", .varies = "UIDPLUS"},
	{.state = SELECTED, .says = "p EXPUNGE\r\n", .before = "q STORE 1 +FLAGS \\Deleted\r\n"},
	{.state = SELECTED, .says = "p CLOSE\r\n"},
	{.state = SELECTED, .says = "p CHECK\r\n"},
	/* revisions and modes */
	ENABLES("IMAP4rev2", "ENABLE"),
	ENABLES("UTF8=ACCEPT", "ENABLE"),
	ENABLES("CONDSTORE", "ENABLE"),
	ENABLES("QRESYNC", "ENABLE"),
	ENABLES("UIDONLY", "ENABLE"),
	ENABLES("METADATA", "ENABLE NOTIFY METADATA-SERVER"),
	ENABLES("METADATA-SERVER", "ENABLE NOTIFY METADATA"),
	{.state = AUTH, .says = "p ENABLE X\r\n", .needs = "ENABLE"},
	{.state = AUTH, .says = "p APPEND INBOX UTF8 (~{3+}\r\nabc)\r\n",
	 .needs = "UTF8=ACCEPT", .varies = "UIDPLUS"},
	/* the connection, and who it is */
	{.state = NOTAUTH, .says = "p STARTTLS\r\n", .needs = "STARTTLS"},
	{.state = AUTH, .says = "p COMPRESS DEFLATE\r\n", .needs = "COMPRESS=DEFLATE"},
	{.state = NOTAUTH, .says = "p AUTHENTICATE PLAIN\r\n",
	 .needs = "AUTH=PLAIN", .refused = "p NO "},
	{.state = NOTAUTH, .says = "p AUTHENTICATE PLAIN AGZyZWQAc2VjcmV0\r\n",
	 .needs = "SASL-IR", .varies = "*"},
	{.state = NOTAUTH, .says = "p AUTHENTICATE EXTERNAL\r\n",
	 .needs = "AUTH=EXTERNAL", .refused = "p NO "},
	{.state = NOTAUTH, .says = "p AUTHENTICATE SCRAM-SHA-256\r\n",
	 .needs = "AUTH=SCRAM-SHA-256", .refused = "p NO "},
	{.state = NOTAUTH, .says = "p AUTHENTICATE SCRAM-SHA-256-PLUS\r\n",
	 .needs = "AUTH=SCRAM-SHA-256-PLUS", .refused = "p NO "},
	{.state = NOTAUTH, .says = "p AUTHENTICATE OAUTHBEARER\r\n",
	 .needs = "AUTH=OAUTHBEARER", .refused = "p NO "},
	{.state = NOTAUTH, .says = "p AUTHENTICATE XOAUTH2\r\n",
	 .needs = "AUTH=XOAUTH2", .refused = "p NO "},
	{.state = NOTAUTH, .says = "p AUTHENTICATE LOGIN\r\n", .needs = "AUTH=LOGIN",
	 .refused = "p NO ", .varies = "AUTH=X-STEPS"},
	{.state = NOTAUTH, .says = "p AUTHENTICATE ANONYMOUS\r\n",
	 .needs = "AUTH=ANONYMOUS", .refused = "p NO "},
	{.state = NOTAUTH, .says = "p AUTHENTICATE X-STEPS\r\n",
	 .needs = "AUTH=X-STEPS", .refused = "p NO "},
	{.state = NOTAUTH, .says = "p ID NIL\r\n", .needs = "ID"},
	{.state = AUTH, .says = "p UNAUTHENTICATE\r\n", .needs = "UNAUTHENTICATE", .varies = "*"},
	{.state = AUTH, .says = "p GETJMAPACCESS\r\n", .needs = "JMAPACCESS"},
	{.state = AUTH, .says = "p LANGUAGE\r\n", .needs = "LANGUAGE"},
	{.state = AUTH, .says = "p COMPARATOR\r\n", .needs = "I18NLEVEL=2"},
	{.state = AUTH, .says = "p NAMESPACE\r\n", .needs = "NAMESPACE"},
	/* mailboxes */
	{.state = AUTH, .says = "p RLIST \"\" *\r\n", .needs = "MAILBOX-REFERRALS"},
	{.state = AUTH, .says = "p RLSUB \"\" *\r\n", .needs = "MAILBOX-REFERRALS"},
	{.state = AUTH, .says = "p IDLE\r\n", .needs = "IDLE"},
	{.state = AUTH, .says = "p LIST (SUBSCRIBED) \"\" *\r\n", .needs = "LIST-EXTENDED"},
	{.state = AUTH, .says = "p LIST (RECURSIVEMATCH SUBSCRIBED) \"\" *\r\n",
	 .needs = "LIST-EXTENDED"},
	{.state = AUTH, .says = "p LIST \"\" (% x)\r\n", .needs = "LIST-EXTENDED"},
	{.state = AUTH, .says = "p LIST \"\" * RETURN (CHILDREN SUBSCRIBED)\r\n",
	 .needs = "LIST-EXTENDED"},
	{.state = AUTH, .says = "p LIST \"\" * RETURN (STATUS (MESSAGES))\r\n",
	 .needs = "LIST-STATUS"},
	{.state = AUTH, .says = "p LIST (SPECIAL-USE) \"\" *\r\n", .needs = "SPECIAL-USE",
	 .varies = "LIST-EXTENDED"},
	{.state = AUTH, .says = "p LIST \"\" * RETURN (SPECIAL-USE)\r\n", .needs = "SPECIAL-USE",
	 .varies = "LIST-EXTENDED"},
	{.state = AUTH, .says = "p LIST \"\" * RETURN (METADATA (/shared/comment))\r\n",
	 .needs = "LIST-METADATA"},
	{.state = AUTH, .says = "p LIST \"\" * RETURN (MYRIGHTS)\r\n",
	 .needs = "LIST-MYRIGHTS", .varies = "ANNOTATE-EXPERIMENT-1"},
	{.state = AUTH, .says = "p MYRIGHTS INBOX\r\n",
	 .needs = "ACL", .varies = "ANNOTATE-EXPERIMENT-1"},
	{.state = AUTH, .says = "p GETACL INBOX\r\n", .needs = "ACL"},
	{.state = AUTH, .says = "p LISTRIGHTS INBOX fred\r\n",
	 .needs = "ACL", .varies = "ANNOTATE-EXPERIMENT-1"},
	{.state = AUTH, .says = "p SETACL INBOX joe lr\r\n", .needs = "ACL"},
	{.state = AUTH, .says = "p DELETEACL INBOX joe\r\n", .needs = "ACL"},
	{.state = AUTH, .says = "p CREATE x (USE (\\Sent))\r\n",
	 .needs = "CREATE-SPECIAL-USE", .varies = "OBJECTID"},
	{.state = AUTH, .says = "p STATUS INBOX (SIZE)\r\n", .needs = "STATUS=SIZE"},
	{.state = AUTH, .says = "p STATUS INBOX (APPENDLIMIT)\r\n", .needs = "APPENDLIMIT"},
	{.state = AUTH, .says = "p STATUS INBOX (MAILBOXID)\r\n", .needs = "OBJECTID"},
	{.state = AUTH, .says = "p STATUS INBOX (HIGHESTMODSEQ)\r\n", .needs = "CONDSTORE"},
	{.state = AUTH, .says = "p STATUS INBOX (DELETED-STORAGE)\r\n", .needs = "QUOTA"},
	{.state = AUTH, .says = "p GETMETADATA INBOX /shared/comment\r\n", .needs = "METADATA",
	 .refused = "p NO [CANNOT] ", .varies = "METADATA-SERVER"},
	{.state = AUTH, .says = "p SETMETADATA INBOX (/shared/comment \"d\")\r\n",
	 .needs = "METADATA", .refused = "p NO [CANNOT] ", .varies = "METADATA-SERVER"},
	{.state = AUTH, .says = "p GETMETADATA \"\" /shared/comment\r\n",
	 .needs = "METADATA-SERVER"},
	{.state = AUTH, .says = "p SETMETADATA \"\" (/shared/comment \"d\")\r\n",
	 .needs = "METADATA-SERVER"},
	{.state = AUTH, .says = "p GETQUOTA \"\"\r\n", .needs = "QUOTA"},
	{.state = AUTH, .says = "p GETQUOTAROOT INBOX\r\n", .needs = "QUOTA"},
	{.state = AUTH, .says = "p SETQUOTA \"\" (STORAGE 200)\r\n", .needs = "QUOTASET"},
	{.state = AUTH, .says = "p NOTIFY NONE\r\n", .needs = "NOTIFY"},
	{.state = AUTH, .says = "p NOTIFY SET (personal (MailboxName))\r\n", .needs = "NOTIFY"},
	{.state = AUTH, .says = "p SELECT INBOX (CONDSTORE)\r\n",
	 .needs = "CONDSTORE",
	 .varies = "OBJECTID ANNOTATE-EXPERIMENT-1 URLAUTH"},
	{.state = AUTH, .says = "p SELECT INBOX (QRESYNC (7 1))\r\n",
	 .needs = "QRESYNC",
	 .varies = "OBJECTID ANNOTATE-EXPERIMENT-1 URLAUTH",
	 .before = "q ENABLE QRESYNC\r\n"},
	{.state = SELECTED, .says = "p UNSELECT\r\n", .needs = "UNSELECT"},
	/* messages in */
	{.state = AUTH, .says = "p APPEND INBOX {1+}\r\na {1+}\r\nb\r\n",
	 .needs = "MULTIAPPEND", .varies = "UIDPLUS"},
	{.state = AUTH, .says = "p APPEND INBOX ~{1+}\r\na\r\n",
	 .needs = "BINARY", .refused = "p NO [UNKNOWN-CTE]", .varies = "UIDPLUS"},
	{.state = AUTH, .says = "p APPEND INBOX CATENATE (URL /INBOX/;UID=1 TEXT {1+}\r\na)\r\n",
	 .needs = "CATENATE", .varies = "UIDPLUS"},
	{.state = AUTH, .says = "p APPEND INBOX CATENATE (URL /INBOX/;UID=1/;PARTIAL=0.2)\r\n",
	 .needs = "CATENATE URL-PARTIAL", .refused = "p NO [BADURL", .varies = "UIDPLUS"},
	{.state = AUTH, .says = "p RESETKEY INBOX\r\n", .needs = "URLAUTH"},
	{.state = AUTH, .needs = "URLAUTH",
	 .says = "p GENURLAUTH \"imap://fred@example.com/INBOX/;UID=1;URLAUTH=anonymous\" INTERNAL\r\n"},
	{.state = AUTH, .says = "p URLFETCH \"imap://fred@example.com/INBOX/;UID=1;URLAUTH=anonymous"
	 ":INTERNAL:0123456789abcdef0123456789abcdef\"\r\n", .needs = "URLAUTH"},
	{.state = AUTH, .says = "p URLFETCH (\"imap://fred@example.com/INBOX/;UID=1;URLAUTH=anonymous"
	 ":INTERNAL:0123456789abcdef0123456789abcdef\" BODY)\r\n", .needs = "URLAUTH=BINARY"},
	{.state = SELECTED, .says = "p REPLACE 1 INBOX {1+}\r\na\r\n",
	 .needs = "REPLACE", .varies = "UIDPLUS"},
	{.state = SELECTED, .says = "p MOVE 1 Drafts\r\n", .needs = "MOVE", .varies = "UIDPLUS"},
	{.state = SELECTED, .says = "p UID EXPUNGE 1\r\n",
	 .needs = "UIDPLUS", .before = "q STORE 1:2 +FLAGS \\Deleted\r\n"},
	{.state = SELECTED, .says = "p STORE 1 (UNCHANGEDSINCE 1) +FLAGS kw\r\n",
	 .needs = "CONDSTORE"},
	{.state = SELECTED, .says = "p STORE 1 ANNOTATION (/comment (value.priv \"x\"))\r\n",
	 .needs = "ANNOTATE-EXPERIMENT-1"},
	{.state = AUTH, .says = "p SELECT INBOX (ANNOTATE)\r\n", .needs = "ANNOTATE-EXPERIMENT-1",
	 .varies = "CONDSTORE OBJECTID URLAUTH"},
	/* messages out */
	{.state = SELECTED, .says = "p FETCH 1 (ANNOTATION (/comment value.priv))\r\n",
	 .needs = "ANNOTATE-EXPERIMENT-1"},
	{.state = SELECTED, .says = "p FETCH 1 MODSEQ\r\n", .needs = "CONDSTORE"},
	{.state = SELECTED, .says = "p FETCH 1:* FLAGS (CHANGEDSINCE 1)\r\n", .needs = "CONDSTORE"},
	{.state = SELECTED, .says = "p UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)\r\n",
	 .needs = "QRESYNC",
	 .before = "q ENABLE QRESYNC\r\n"},
	{.state = SELECTED, .says = "p FETCH 1 EMAILID\r\n", .needs = "OBJECTID"},
	{.state = SELECTED, .says = "p FETCH 1 THREADID\r\n", .needs = "OBJECTID"},
	{.state = SELECTED, .says = "p FETCH 1 SAVEDATE\r\n", .needs = "SAVEDATE"},
	{.state = SELECTED, .says = "p FETCH 1 BINARY.PEEK[1]\r\n", .needs = "BINARY"},
	{.state = SELECTED, .says = "p FETCH 1 BINARY.SIZE[1]\r\n", .needs = "BINARY"},
	{.state = SELECTED, .says = "p FETCH 1 PREVIEW\r\n", .needs = "PREVIEW"},
	{.state = SELECTED, .says = "p UID FETCH 1:* FLAGS (PARTIAL 1:1)\r\n", .needs = "PARTIAL"},
	{.state = SELECTED, .says = "p UIDBATCHES 2000\r\n", .needs = "UIDBATCHES"},
	/* what is looked for */
	{.state = SELECTED, .says = "p SEARCH RETURN (MIN COUNT) ALL\r\n", .needs = "ESEARCH"},
	{.state = SELECTED, .says = "p SEARCH RETURN (SAVE) ALL\r\n", .needs = "SEARCHRES",
	 .varies = "ESEARCH"},
	{.state = SELECTED, .says = "p SEARCH $\r\n", .needs = "SEARCHRES"},
	{.state = SELECTED, .says = "p FETCH $ UID\r\n", .needs = "SEARCHRES"},
	{.state = SELECTED, .says = "p SEARCH RETURN (PARTIAL 1:1) ALL\r\n",
	 .varies = "ESEARCH"},
	{.state = SELECTED, .says = "p SEARCH RETURN (UPDATE) ALL\r\n", .needs = "CONTEXT=SEARCH"},
	{.state = SELECTED, .says = "p CANCELUPDATE \"q\"\r\n", .needs = "CONTEXT=SEARCH",
	 .before = "q SEARCH RETURN (UPDATE) ALL\r\n"},
	{.state = AUTH, .says = "p ESEARCH IN (personal) ALL\r\n", .needs = "MULTISEARCH"},
	{.state = SELECTED, .says = "p SEARCH MODSEQ 1\r\n", .needs = "CONDSTORE"},
	{.state = SELECTED, .says = "p SEARCH EMAILID x\r\n", .needs = "OBJECTID"},
	{.state = SELECTED, .says = "p SEARCH SAVEDSINCE 1-Jan-2000\r\n", .needs = "SAVEDATE"},
	{.state = SELECTED, .says = "p SEARCH YOUNGER 1\r\n", .needs = "WITHIN"},
	{.state = SELECTED, .says = "p SEARCH UIDAFTER 1\r\n", .needs = "MESSAGELIMIT"},
	{.state = SELECTED, .says = "p SEARCH FILTER x\r\n", .needs = "FILTERS"},
	{.state = SELECTED, .says = "p SEARCH FUZZY ALL\r\n", .needs = "SEARCH=FUZZY"},
	{.state = SELECTED, .says = "p SORT (RELEVANCY) UTF-8 FUZZY ALL\r\n",
	 .needs = "SORT SEARCH=FUZZY"},
	{.state = SELECTED, .says = "p SEARCH ANNOTATION /comment value x\r\n",
	 .needs = "ANNOTATE-EXPERIMENT-1"},
	{.state = AUTH, .says = "p APPEND INBOX ANNOTATION (/comment (value.priv \"x\")) {1+}\r\na\r\n",
	 .needs = "ANNOTATE-EXPERIMENT-1", .varies = "UIDPLUS"},
	{.state = SELECTED, .says = "p SORT (ARRIVAL) UTF-8 ALL\r\n", .needs = "SORT"},
	{.state = SELECTED, .says = "p SORT (DISPLAYFROM) UTF-8 ALL\r\n", .needs = "SORT=DISPLAY"},
	{.state = SELECTED, .says = "p SORT RETURN (UPDATE) (ARRIVAL) UTF-8 ALL\r\n",
	 .needs = "CONTEXT=SORT"},
	{.state = SELECTED, .says = "p SORT RETURN (COUNT) (ARRIVAL) UTF-8 ALL\r\n",
	 .needs = "ESORT"},
	{.state = SELECTED, .says = "p SORT (ANNOTATION /a value.priv) UTF-8 ALL\r\n",
	 .needs = "SORT ANNOTATE-EXPERIMENT-1"},
	{.state = SELECTED, .says = "p THREAD ORDEREDSUBJECT UTF-8 ALL\r\n",
	 .needs = "THREAD=ORDEREDSUBJECT"},
	{.state = SELECTED, .says = "p THREAD REFERENCES UTF-8 ALL\r\n",
	 .needs = "THREAD=REFERENCES"},
};

#define PROBES (sizeof(probes) / sizeof(probes[0]))

#endif
