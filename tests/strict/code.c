/* SPDX-License-Identifier: MIT */
/*
 * strict/code - resp-text: the response codes that are registered, each with its exact arguments,
 * the status responses that may carry it, and the commands that it can be an answer to (RFC 9051
 * 7.1 and 9, RFC 5530, and each extension).
 */
#include "strict/cursor.h"

#include <string.h>

#define COMES_IN "LOGIN AUTHENTICATE"

static bool nz_number(struct st_cursor *c)
{
	return st_sp(c, "resp-text-code") && st_nz_number(c, NULL);
}

/* charset = atom / quoted; the list has its parentheses (RFC 9051 erratum 7323) */
static bool charsets(struct st_cursor *c)
{
	if (!st_take(c, ' '))
		return true;
	if (!st_octet(c, '(', "BADCHARSET"))
		return false;
	do {
		if (st_next(c, '"') ? !st_quoted(c, NULL) : !st_atom(c, NULL))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "BADCHARSET");
}

static bool capabilities(struct st_cursor *c)
{
	return st_capability_data(c);
}

static bool flags(struct st_cursor *c)
{
	return st_sp(c, "PERMANENTFLAGS") && st_flag_perm(c);
}

static bool unseen(struct st_cursor *c)
{
	/* RFC 9051 appendix E; RFC 9586 3: no message number */
	if (st_agreed(c, ST_REV2 | ST_UIDONLY))
		return st_fail(c, "UNSEEN: with IMAP4rev2 or UIDONLY");
	return nz_number(c);
}

/* RFC 9586 3.6 */
static bool not_sticky(struct st_cursor *c)
{
	return !st_agreed(c, ST_UIDONLY) || st_fail(c, "UIDNOTSTICKY: with UIDONLY");
}

/* uid-set; how many UIDs it names */
static bool uid_set(struct st_cursor *c, uint64_t *count_r)
{
	const char *begin = c->at;

	if (!st_set(c, false, "uid-set"))
		return false;
	*count_r = 0;
	for (const char *s = begin; s < c->at; s++) {
		uint64_t n[2] = {0, 0};
		int k = 0;

		for (; s < c->at && *s != ','; s++)
			if (*s == ':')
				k = 1;
			else
				n[k] = n[k] * 10 + (uint64_t)(*s - '0');
		if (!k)
			n[1] = n[0];
		*count_r += (n[1] > n[0] ? n[1] - n[0] : n[0] - n[1]) + 1;
	}
	return true;
}

/* resp-code-apnd; a uid-set where several were appended (RFC 4315 4) */
static bool append_uid(struct st_cursor *c)
{
	uint64_t count;

	return nz_number(c) && st_sp(c, "resp-code-apnd") && uid_set(c, &count);
}

/* resp-code-copy: the sets correspond one to one (RFC 4315 3) */
static bool copy_uid(struct st_cursor *c)
{
	uint64_t from, to;

	return nz_number(c) && st_sp(c, "resp-code-copy") && uid_set(c, &from) &&
	       st_sp(c, "resp-code-copy") && uid_set(c, &to) &&
	       (from == to || st_fail(c, "resp-code-copy: sets of different size"));
}

static bool modseq(struct st_cursor *c)
{
	return st_sp(c, "HIGHESTMODSEQ") && st_mod_sequence(c);
}

static bool set(struct st_cursor *c)
{
	return st_sp(c, "MODIFIED") && st_set(c, false, "sequence-set");
}

static bool objectid(struct st_cursor *c)
{
	return st_sp(c, "MAILBOXID") && st_objectid(c);
}

/* RFC 5464 5 */
static bool metadata(struct st_cursor *c)
{
	if (!st_sp(c, "METADATA"))
		return false;
	if (st_take_word(c, "TOOMANY") || st_take_word(c, "NOPRIVATE"))
		return true;
	if (!st_take_word(c, "LONGENTRIES") && !st_take_word(c, "MAXSIZE"))
		return st_fail(c, "METADATA");
	return st_sp(c, "METADATA") && st_number(c, NULL);
}

/* RFC 5267 5 */
static bool no_update(struct st_cursor *c)
{
	return st_sp(c, "NOUPDATE") && st_quoted(c, NULL);
}

/* unsupported-events-code = "BADEVENT" SP "(" event-name *(SP event-name) ")" (RFC 5465 8) */
static bool events(struct st_cursor *c)
{
	static const char *const names[] = {
		"MessageNew", "MessageExpunge", "FlagChange", "AnnotationChange", "MailboxName",
		"SubscriptionChange", "MailboxMetadataChange", "ServerMetadataChange",
	};

	if (!st_sp(c, "BADEVENT") || !st_octet(c, '(', "BADEVENT"))
		return false;
	do {
		size_t i = 0;

		while (i < sizeof(names) / sizeof(names[0]) && !st_take_word(c, names[i]))
			i++;
		if (i == sizeof(names) / sizeof(names[0]))
			return st_fail(c, "event-name");
	} while (st_take(c, ' '));
	return st_octet(c, ')', "BADEVENT");
}

/*
 * [ SP "(" inprogress-tag SP inprogress-state ")" ]; inprogress-tag = quoted / nil;
 * inprogress-state = nil SP nil / number SP nil / number SP nz-number, the goal above (RFC 9585 4)
 */
static bool progress(struct st_cursor *c)
{
	uint32_t done, goal;

	if (!st_take(c, ' '))
		return true;
	if (!st_octet(c, '(', "INPROGRESS") || (!st_nil(c) && !st_quoted(c, NULL)) ||
	    !st_sp(c, "inprogress-state"))
		return false;
	if (st_nil(c))
		return st_sp(c, "inprogress-state") &&
		       (st_nil(c) || st_fail(c, "inprogress-state")) &&
		       st_octet(c, ')', "INPROGRESS");
	if (!st_number(c, &done) || !st_sp(c, "inprogress-state"))
		return false;
	if (!st_nil(c)) {
		if (!st_nz_number(c, &goal))
			return false;
		if (goal <= done)
			return st_fail(c, "inprogress-state: the goal is not above");
	}
	return st_octet(c, ')', "INPROGRESS");
}

/* RFC 9738: "MESSAGELIMIT" SP message-limit [SP uniqueid] */
static bool message_limit(struct st_cursor *c)
{
	return nz_number(c) && (!st_take(c, ' ') || st_nz_number(c, NULL));
}

/* RFC 5466: 1*<any ATOM-CHAR except "/"> */
static bool filter(struct st_cursor *c)
{
	struct st_string s;

	return st_sp(c, "UNDEFINED-FILTER") && st_atom(c, &s) &&
	       (!memchr(s.data, '/', s.len) || st_fail(c, "filter-name"));
}

/* url-resp-text = 1*<any TEXT-CHAR except "]">, bare (RFC 4469 5, errata 2002 and 4046) */
static bool url(struct st_cursor *c)
{
	const char *begin;

	if (!st_sp(c, "BADURL"))
		return false;
	begin = c->at;
	while (!st_over(c) && !st_next(c, ']') && (unsigned char)*c->at < 0x80)
		c->at++;
	return c->at > begin || st_fail(c, "url-resp-text");
}

/* "REFERRAL" 1*(SP url) (RFC 2193 6); one URL with OK and BYE, and at a login (RFC 2221 5).  Each names
 * a server. */
static bool referral(struct st_cursor *c)
{
	unsigned count = 0;

	if (!st_sp(c, "REFERRAL"))
		return false;
	do {
		const char *begin = c->at;

		while (!st_over(c) && *c->at > ' ' && *c->at < 0x7f && !st_next(c, ']'))
			c->at++;
		if (c->at - begin < 8 || !tx_same_n(begin, 7, "imap://"))
			return st_fail(c, "REFERRAL: url");
		count++;
	} while (st_take(c, ' '));
	return count == 1 || !c->st->client || !st_during(c, COMES_IN) ||
	       st_fail(c, "REFERRAL: several");
}

/* "URLMECH" SP "INTERNAL" *(SP mechanism ["=" base64]) (RFC 4467 8) */
static bool mechanisms(struct st_cursor *c)
{
	if (!st_sp(c, "URLMECH") || !(st_take_word(c, "INTERNAL") || st_fail(c, "URLMECH")))
		return false;
	while (st_take(c, ' '))
		if (!st_atom(c, NULL))
			return false;
	return true;
}

/* "ANNOTATE" SP ("TOOBIG" / "TOOMANY") (RFC 5257) */
static bool annotate(struct st_cursor *c)
{
	return st_sp(c, "ANNOTATE") && (st_take_word(c, "TOOBIG") || st_take_word(c, "TOOMANY") ||
	                                st_fail(c, "ANNOTATE"));
}

/* ann-size = "NONE" / (("READ-ONLY" / nz-number) [SP "NOPRIVATE"]) */
static bool annotations(struct st_cursor *c)
{
	if (!st_sp(c, "ANNOTATIONS"))
		return false;
	if (st_take_word(c, "NONE"))
		return true;
	return (st_take_word(c, "READ-ONLY") || st_nz_number(c, NULL)) &&
	       (!st_take(c, ' ') || st_take_word(c, "NOPRIVATE") || st_fail(c, "ann-size"));
}

/* ---- the table ---------------------------------------------------------------------------- */

#define ANY      (ST_OK | ST_NO | ST_BAD)
#define SELECT   "SELECT EXAMINE"
#define PROGRAM  "SEARCH SORT THREAD ESEARCH"
#define ADDS     "APPEND REPLACE"

static const struct code {
	const char *name;
	unsigned tagged;    /* with which tagged status responses it may come */
	unsigned untagged;  /* with which untagged ones, the greeting among them */
	const char *during; /* NULL: any command, or none */
	bool (*arguments)(struct st_cursor *c); /* NULL: none */
} codes[] = {
	{"ALERT", ANY, ANY | ST_BYE | ST_PREAUTH, NULL, NULL},
	{"ALREADYEXISTS", ST_NO, 0, NULL, NULL},
	{"ANNOTATE", ST_NO, 0, "STORE APPEND", annotate},
	{"ANNOTATIONS", 0, ST_OK, SELECT, annotations},
	{"APPENDUID", ST_OK, ST_OK, ADDS, append_uid}, /* untagged: RFC 8508 3.4 */
	{"AUTHENTICATIONFAILED", ST_NO, 0, COMES_IN, NULL},
	{"AUTHORIZATIONFAILED", ST_NO, 0, COMES_IN, NULL},
	{"BADCHARSET", ST_NO | ST_BAD, 0, PROGRAM, charsets}, /* BAD: RFC 5466 3.1 */
	{"BADCOMPARATOR", ST_NO, 0, "COMPARATOR " PROGRAM, NULL},
	{"BADEVENT", ST_NO, 0, "NOTIFY", events},
	{"BADURL", ST_NO, 0, ADDS, url},
	{"CANNOT", ST_NO, 0, NULL, NULL},
	{"CAPABILITY", ST_OK, ST_OK | ST_PREAUTH, NULL, capabilities},
	{"CLIENTBUG", ANY, ANY, NULL, NULL},           /* RFC 5530 3 */
	{"CLOSED", 0, ST_OK, NULL, NULL},              /* also unsolicited: RFC 9051 3 */
	{"COMPRESSIONACTIVE", ST_NO, 0, "COMPRESS", NULL},
	{"CONTACTADMIN", ST_NO, 0, NULL, NULL},
	{"COPYUID", ST_OK, ST_OK, "COPY MOVE", copy_uid}, /* untagged: RFC 6851 4.3 */
	{"CORRUPTION", ST_NO, 0, NULL, NULL},
	{"EXPIRED", ST_NO, 0, COMES_IN, NULL},
	{"EXPUNGEISSUED", ST_OK | ST_NO, 0, NULL, NULL},
	{"HASCHILDREN", ST_NO, 0, "DELETE", NULL},
	{"HIGHESTMODSEQ", ST_OK, ST_OK, NULL, modseq},
	{"INPROGRESS", 0, ST_OK, NULL, progress},
	{"INUSE", ST_NO, 0, NULL, NULL},
	{"LIMIT", ANY, 0, NULL, NULL},                 /* OK: RFC 7377 2.4 */
	{"MAILBOXID", ST_OK, ST_OK, SELECT " CREATE", objectid},
	{"MESSAGELIMIT", ST_OK | ST_NO, ST_NO, NULL, message_limit}, /* RFC 9738 3.1 */
	{"METADATA", ST_OK | ST_NO, 0, "GETMETADATA SETMETADATA", metadata},
	{"MODIFIED", ST_OK | ST_NO, 0, "STORE", set},
	{"NOMODSEQ", 0, ST_OK, SELECT, NULL},
	{"NONEXISTENT", ST_NO, 0, NULL, NULL},
	{"NOPERM", ST_NO, 0, NULL, NULL},
	{"NOTIFICATIONOVERFLOW", ST_NO, ST_OK, NULL, NULL}, /* NO: RFC 5465 3.1 */
	{"NOTSAVED", ST_NO, 0, NULL, NULL},
	{"NOUPDATE", 0, ST_NO, NULL, no_update},
	{"OVERQUOTA", ST_NO, ST_NO, NULL, NULL},       /* untagged: RFC 9208 4.3.1 */
	{"PARSE", ANY, ANY, NULL, NULL},
	{"PERMANENTFLAGS", 0, ST_OK, NULL, flags},
	{"PRIVACYREQUIRED", ST_NO, 0, NULL, NULL},
	{"READ-ONLY", ST_OK | ST_NO, ST_OK, NULL, NULL},
	{"READ-WRITE", ST_OK, ST_OK, NULL, NULL},
	{"REFERRAL", ST_OK | ST_NO, ST_BYE, NULL, referral},
	{"SERVERBUG", ST_NO, 0, NULL, NULL},
	/* BAD, BYE: RFC 7888 5; without a tag, where the tag was all that was read */
	{"TOOBIG", ST_NO | ST_BAD, ST_BAD | ST_BYE, NULL, NULL},
	{"TOOFEW", ST_NO, 0, "UIDBATCHES", NULL},
	{"TOOMANY", ST_NO, 0, "UIDBATCHES", NULL},
	{"TRYCREATE", ST_NO, 0, "COPY MOVE " ADDS, NULL},
	{"UIDNEXT", 0, ST_OK, SELECT, nz_number},
	{"UIDNOTSTICKY", 0, ST_NO, SELECT, not_sticky},
	{"UIDREQUIRED", ST_BAD, 0, NULL, NULL},
	{"UIDVALIDITY", 0, ST_OK, SELECT, nz_number},
	{"UNAVAILABLE", ST_NO, ST_BYE, NULL, NULL},
	{"UNDEFINED-FILTER", ST_NO, 0, PROGRAM, filter},
	{"UNKNOWN-CTE", ST_NO, 0, "FETCH " ADDS, NULL},
	{"UNSEEN", 0, ST_OK, SELECT, unseen},
	{"URLMECH", ST_OK, ST_OK, NULL, mechanisms},
	{"USEATTR", ST_NO, 0, "CREATE", NULL},
};

/* resp-text = ["[" resp-text-code "]" SP] text */
bool st_resp_text(struct st_cursor *c, unsigned condition)
{
	struct st_string name;
	size_t i = 0;

	if (!st_take(c, '['))
		return st_text(c);
	name = st_word(c);
	while (i < sizeof(codes) / sizeof(codes[0]) && !st_is(&name, codes[i].name))
		i++;
	if (i == sizeof(codes) / sizeof(codes[0]))
		return st_fail(c, "resp-text-code: unknown");
	if (!((condition & ST_TAGGED ? codes[i].tagged : codes[i].untagged) & condition))
		return st_fail(c, "resp-text-code: not with this status");
	if (codes[i].during && !c->st->any_code && !st_during(c, codes[i].during))
		return st_fail(c, "resp-text-code: not during this command");
	c->at += name.len;
	return (!codes[i].arguments || codes[i].arguments(c)) &&
	       st_octet(c, ']', "resp-text: \"]\"") && st_sp(c, "resp-text") && st_text(c);
}
