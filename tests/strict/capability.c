/* SPDX-License-Identifier: MIT */
/*
 * strict/capability - CAPABILITY and ENABLED: only names that are registered, each once.
 */
#include "strict/cursor.h"

#include <string.h>

/* What follows "=". */
enum value {
	NO_VALUE,
	NUMBER,       /* a number */
	MAYBE_NUMBER, /* or nothing, without "=" */
	MECHANISM,    /* sasl-mech (RFC 4422 3.1): 1*20(UPPER / DIGIT / "-" / "_") */
	RIGHTS        /* new-rights (RFC 4314 4) */
};

static const struct {
	const char *name;
	enum value value;
} known[] = {
	{"ACL", NO_VALUE},
	{"ANNOTATE-EXPERIMENT-1", NO_VALUE},
	{"APPENDLIMIT", MAYBE_NUMBER},
	{"AUTH", MECHANISM},
	{"BINARY", NO_VALUE},
	{"CATENATE", NO_VALUE},
	{"CHILDREN", NO_VALUE},
	{"COMPRESS=DEFLATE", NO_VALUE},
	{"CONDSTORE", NO_VALUE},
	{"CONTEXT=SEARCH", NO_VALUE},
	{"CONTEXT=SORT", NO_VALUE},
	{"CREATE-SPECIAL-USE", NO_VALUE},
	{"ENABLE", NO_VALUE},
	{"ESEARCH", NO_VALUE},
	{"ESORT", NO_VALUE},
	{"FILTERS", NO_VALUE},
	{"I18NLEVEL=1", NO_VALUE},
	{"I18NLEVEL=2", NO_VALUE},
	{"ID", NO_VALUE},
	{"IDLE", NO_VALUE},
	{"IMAP4rev1", NO_VALUE},
	{"IMAP4rev2", NO_VALUE},
	{"INPROGRESS", NO_VALUE},
	{"JMAPACCESS", NO_VALUE},
	{"LANGUAGE", NO_VALUE},
	{"LIST-EXTENDED", NO_VALUE},
	{"LIST-METADATA", NO_VALUE},
	{"LIST-MYRIGHTS", NO_VALUE},
	{"LIST-STATUS", NO_VALUE},
	{"LITERAL+", NO_VALUE},
	{"LITERAL-", NO_VALUE},
	{"LOGIN-REFERRALS", NO_VALUE},
	{"LOGINDISABLED", NO_VALUE},
	{"MAILBOX-REFERRALS", NO_VALUE},
	{"MESSAGELIMIT", NUMBER},
	{"METADATA", NO_VALUE},
	{"METADATA-SERVER", NO_VALUE},
	{"MOVE", NO_VALUE},
	{"MULTIAPPEND", NO_VALUE},
	{"MULTISEARCH", NO_VALUE},
	{"NAMESPACE", NO_VALUE},
	{"NOTIFY", NO_VALUE},
	{"OBJECTID", NO_VALUE},
	{"PARTIAL", NO_VALUE},
	{"PREVIEW", NO_VALUE},
	{"QRESYNC", NO_VALUE},
	{"QUOTA", NO_VALUE},
	{"QUOTA=RES-ANNOTATION-STORAGE", NO_VALUE},
	{"QUOTA=RES-MAILBOX", NO_VALUE},
	{"QUOTA=RES-MESSAGE", NO_VALUE},
	{"QUOTA=RES-STORAGE", NO_VALUE},
	{"QUOTASET", NO_VALUE},
	{"REPLACE", NO_VALUE},
	{"RIGHTS", RIGHTS},
	{"SASL-IR", NO_VALUE},
	{"SAVEDATE", NO_VALUE},
	{"SAVELIMIT", NUMBER},
	{"SEARCH=FUZZY", NO_VALUE},
	{"SEARCHRES", NO_VALUE},
	{"SORT", NO_VALUE},
	{"SORT=DISPLAY", NO_VALUE},
	{"SPECIAL-USE", NO_VALUE},
	{"STARTTLS", NO_VALUE},
	{"STATUS=SIZE", NO_VALUE},
	{"THREAD=ORDEREDSUBJECT", NO_VALUE},
	{"THREAD=REFERENCES", NO_VALUE},
	{"UIDBATCHES", NO_VALUE},
	{"UIDONLY", NO_VALUE},
	{"UIDPLUS", NO_VALUE},
	{"UNAUTHENTICATE", NO_VALUE},
	{"UNSELECT", NO_VALUE},
	{"URL-PARTIAL", NO_VALUE},
	{"URLAUTH", NO_VALUE},
	{"URLAUTH=BINARY", NO_VALUE},
	{"UTF8=ACCEPT", NO_VALUE},
	{"UTF8=ONLY", NO_VALUE},
	{"WITHIN", NO_VALUE},
};

enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static bool only(const char *s, size_t len, const char *octets)
{
	for (size_t i = 0; i < len; i++)
		if (!s[i] || !strchr(octets, s[i]))
			return false;
	return len > 0;
}

/* RFC 4314 2.2 and 4: lower-case letters; t, e, x and k among them; none of the old ones */
static bool is_rights(const char *s, size_t len)
{
	return only(s, len, "abcdefghijklmnopqrstuvwxyz") && memchr(s, 't', len) &&
	       memchr(s, 'e', len) && memchr(s, 'x', len) && memchr(s, 'k', len) &&
	       !memchr(s, 'l', len) && !memchr(s, 'r', len) && !memchr(s, 's', len) &&
	       !memchr(s, 'w', len) && !memchr(s, 'i', len) && !memchr(s, 'p', len) &&
	       !memchr(s, 'a', len);
}

static bool is_value(enum value value, const char *s, size_t len)
{
	switch (value) {
	case NUMBER:
	case MAYBE_NUMBER:
		return only(s, len, "0123456789");
	case MECHANISM:
		return len <= 20 && only(s, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
	case RIGHTS:
		return is_rights(s, len);
	default:
		return false;
	}
}

/* Which of the known ones it is, KNOWN: none. */
static size_t find(const struct st_string *s)
{
	const char *equals = memchr(s->data, '=', s->len);
	size_t len = equals ? (size_t)(equals - s->data) : s->len;

	for (size_t i = 0; i < KNOWN; i++) {
		if ((known[i].value == NO_VALUE || known[i].value == MAYBE_NUMBER) &&
		    st_is(s, known[i].name))
			return i;
		if (equals && known[i].value != NO_VALUE && tx_same_n(s->data, len, known[i].name))
			return is_value(known[i].value, equals + 1, s->len - len - 1) ? i : KNOWN;
	}
	return KNOWN;
}

static bool is_before(const char *begin, const struct st_string *s)
{
	struct st_cursor c = {.at = begin, .end = s->data};

	while (st_take(&c, ' ') && c.at < c.end) {
		struct st_string other = st_word(&c);

		if (other.len == s->len && memcmp(other.data, s->data, s->len) == 0)
			return true;
		c.at += other.len;
	}
	return false;
}

/* capability-data behind its first word: RFC 3501 wants IMAP4rev1 in it, RFC 9051 IMAP4rev2 */
bool st_capability_data(struct st_cursor *c)
{
	const char *begin = c->at;
	bool imap = false;

	while (st_take(c, ' ')) {
		struct st_string s;
		size_t i;

		if (!st_atom(c, &s))
			return false;
		i = find(&s);
		if (i == KNOWN || is_before(begin, &s)) {
			c->at = s.data;
			return st_fail(c, i == KNOWN ? "capability: not registered"
			                             : "capability: twice");
		}
		imap |= st_is(&s, "IMAP4rev1") || st_is(&s, "IMAP4rev2");
	}
	return imap || st_fail(c, "capability-data: neither IMAP4rev1 nor IMAP4rev2");
}

/* enable-data = "ENABLED" *(SP capability): those that ENABLE can turn on (RFC 5161 3.1,
 * RFC 5464 4.1, RFC 7162 3.2.3, RFC 9051 6.3.1, RFC 9586 3.1, RFC 9755 3) */
bool st_enable_data(struct st_cursor *c)
{
	static const char *const can[] = {"CONDSTORE", "QRESYNC", "UIDONLY", "UTF8=ACCEPT",
	                                  "IMAP4rev2", "METADATA", "METADATA-SERVER"};
	const char *begin = c->at;

	while (st_take(c, ' ')) {
		struct st_string s;
		size_t i = 0;

		if (!st_atom(c, &s))
			return false;
		while (i < sizeof(can) / sizeof(can[0]) && !st_is(&s, can[i]))
			i++;
		if (i == sizeof(can) / sizeof(can[0]) || is_before(begin, &s)) {
			c->at = s.data;
			return st_fail(c, "enable-data");
		}
	}
	return true;
}
