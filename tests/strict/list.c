/* SPDX-License-Identifier: MIT */
/*
 * strict/list - LIST and LSUB with what extends them (RFC 9051 7.3.1, RFC 5258 6, RFC 6154,
 * RFC 5465 8, RFC 8457), STATUS (RFC 9051 7.3.4), and NAMESPACE (RFC 9051 7.3.3, RFC 5255 3.4).
 */
#include "strict/cursor.h"

/* ---- LIST --------------------------------------------------------------------------------- */

enum {
	SELECTABILITY = 1, /* mbx-list-sflag: one of them */
	CHILDREN = 2,      /* child-mbox-flag: one of them */
	OTHER = 4          /* each once */
};

static const struct {
	const char *name;
	int kind;
} attributes[] = {
	{"\\NonExistent", SELECTABILITY}, {"\\Noselect", SELECTABILITY},
	{"\\Marked", SELECTABILITY},      {"\\Unmarked", SELECTABILITY},
	{"\\HasChildren", CHILDREN},      {"\\HasNoChildren", CHILDREN},
	{"\\Noinferiors", OTHER},         {"\\Subscribed", OTHER},
	{"\\Remote", OTHER},              {"\\NoAccess", OTHER},
	{"\\All", OTHER},                 {"\\Archive", OTHER},
	{"\\Drafts", OTHER},              {"\\Flagged", OTHER},
	{"\\Junk", OTHER},                {"\\Sent", OTHER},
	{"\\Trash", OTHER},               {"\\Important", OTHER},
};

/* mbx-list-flags, with only those that are registered */
static bool list_flags(struct st_cursor *c)
{
	enum { COUNT = sizeof(attributes) / sizeof(attributes[0]) };
	unsigned seen = 0, kinds = 0;

	if (!st_octet(c, '(', "mailbox-list"))
		return false;
	if (st_take(c, ')'))
		return true;
	do {
		unsigned i = 0;

		while (i < COUNT && !st_take_word(c, attributes[i].name))
			i++;
		if (i == COUNT)
			return st_fail(c, "mbx-list-flags");
		if ((seen >> i & 1) || (kinds & (unsigned)attributes[i].kind & (SELECTABILITY | CHILDREN)))
			return st_fail(c, attributes[i].kind == SELECTABILITY ? "mbx-list-sflag: more than one"
			                  : attributes[i].kind == CHILDREN
			                          ? "child-mbox-flag: more than one"
			                          : "mbx-list-oflag: twice");
		seen |= 1u << i;
		kinds |= (unsigned)attributes[i].kind;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "mbx-list-flags");
}

/* childinfo-extended-item: the options in quotes */
static bool childinfo(struct st_cursor *c)
{
	if (!st_octet(c, '(', "childinfo-extended-item"))
		return false;
	do {
		struct st_string s;

		if (!st_quoted(c, &s))
			return false;
		if (!st_is(&s, "SUBSCRIBED") && !st_is(&s, "SPECIAL-USE"))
			return st_fail(c, "list-select-base-opt-quoted");
	} while (st_take(c, ' '));
	return st_octet(c, ')', "childinfo-extended-item");
}

/* mbox-list-extended-item: those that are registered */
static bool extended(struct st_cursor *c)
{
	if (!st_octet(c, '(', "mbox-list-extended"))
		return false;
	if (st_take(c, ')'))
		return true;
	do {
		struct st_string tag;

		if (!st_astring(c, &tag) || !st_sp(c, "mbox-list-extended-item"))
			return false;
		if (st_is(&tag, "CHILDINFO")) {
			if (!childinfo(c))
				return false;
		} else if (st_is(&tag, "OLDNAME")) {
			if (!st_octet(c, '(', "oldname-extended-item") || !st_mailbox(c) ||
			    !st_octet(c, ')', "oldname-extended-item"))
				return false;
		} else {
			return st_fail(c, "mbox-list-extended-item-tag");
		}
	} while (st_take(c, ' '));
	return st_octet(c, ')', "mbox-list-extended");
}

/* LIST "" "" tells the root of names, which may be empty (RFC 9051 6.3.9). */
bool st_mailbox_list(struct st_cursor *c)
{
	return list_flags(c) && st_sp(c, "mailbox-list") && st_delimiter(c) &&
	       st_sp(c, "mailbox-list") && st_mailbox_or_empty(c) && (!st_take(c, ' ') || extended(c));
}

/* RFC 3501 7.2.3: nothing is added to it */
bool st_lsub(struct st_cursor *c)
{
	return list_flags(c) && st_sp(c, "mailbox-list") && st_delimiter(c) &&
	       st_sp(c, "mailbox-list") && st_mailbox_or_empty(c);
}

/* ---- STATUS ------------------------------------------------------------------------------- */

static bool number(struct st_cursor *c)
{
	return st_number(c, NULL);
}

static bool nz_number(struct st_cursor *c)
{
	return st_nz_number(c, NULL);
}

static bool number64(struct st_cursor *c)
{
	return st_number64(c, NULL);
}

/* RFC 7889 5; a limit may be longer than 32 bits, as messages are (RFC 9051 RFC822.SIZE) */
static bool append_limit(struct st_cursor *c)
{
	return st_nil(c) || st_number64(c, NULL);
}

/* RFC 9051 status-att-val; RFC 3501 RECENT; RFC 7162; RFC 7889; RFC 8474; RFC 9208 */
bool st_status(struct st_cursor *c)
{
	static const struct {
		const char *name;
		bool (*value)(struct st_cursor *c);
		bool old; /* not once IMAP4rev2 is on */
	} items[] = {
		{"MESSAGES", number, false},
		{"RECENT", number, true},
		{"UIDNEXT", nz_number, false},
		{"UIDVALIDITY", nz_number, false},
		{"UNSEEN", number, false},
		{"DELETED", number, false},
		{"SIZE", number64, false},
		{"HIGHESTMODSEQ", st_mod_sequence_zero, false},
		{"APPENDLIMIT", append_limit, false},
		{"MAILBOXID", st_objectid, false},
		{"DELETED-STORAGE", number64, false},
	};
	enum { COUNT = sizeof(items) / sizeof(items[0]) };
	unsigned seen = 0;

	if (!st_mailbox(c) || !st_sp(c, "status-att-list") || !st_octet(c, '(', "status-att-list"))
		return false;
	if (st_take(c, ')'))
		return true;
	do {
		unsigned i = 0;

		while (i < COUNT && (!st_take_word(c, items[i].name) ||
		                     (items[i].old && st_agreed(c, ST_REV2))))
			i++;
		if (i == COUNT)
			return st_fail(c, "status-att-val");
		if (seen >> i & 1)
			return st_fail(c, "status-att-val: twice");
		seen |= 1u << i;
		if (!st_sp(c, "status-att-val") || !items[i].value(c))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "status-att-list");
}

/* ---- NAMESPACE ---------------------------------------------------------------------------- */

/* namespace-descr = "(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil)
 *                   *(SP string SP "(" string *(SP string) ")") ")" */
static bool description(struct st_cursor *c)
{
	if (!st_octet(c, '(', "namespace-descr") || !st_string_(c, NULL) ||
	    !st_sp(c, "namespace-descr") || !st_delimiter(c))
		return false;
	while (st_take(c, ' ')) {
		if (!st_string_(c, NULL) || !st_sp(c, "namespace-response-extension") ||
		    !st_octet(c, '(', "namespace-response-extension"))
			return false;
		do {
			if (!st_string_(c, NULL))
				return false;
		} while (st_take(c, ' '));
		if (!st_octet(c, ')', "namespace-response-extension"))
			return false;
	}
	return st_octet(c, ')', "namespace-descr");
}

/* namespace = nil / "(" 1*namespace-descr ")" */
static bool one_namespace(struct st_cursor *c)
{
	if (st_nil(c))
		return true;
	if (!st_octet(c, '(', "namespace"))
		return false;
	do {
		if (!description(c))
			return false;
	} while (st_next(c, '('));
	return st_octet(c, ')', "namespace");
}

bool st_namespace(struct st_cursor *c)
{
	return one_namespace(c) && st_sp(c, "namespace-response") && one_namespace(c) &&
	       st_sp(c, "namespace-response") && one_namespace(c);
}
