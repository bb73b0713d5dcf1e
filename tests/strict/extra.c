/* SPDX-License-Identifier: MIT */
/*
 * strict/extra - responses of extensions that stand by themselves.
 */
#include "strict/extra.h"

#include <string.h>

/* id_params_list = "(" #(string SP nstring) ")" / nil; at most 30 fields, names of at most 30 octets
 * and values of 1024, no name twice (RFC 2971 3.3) */
bool st_id(struct st_cursor *c)
{
	struct st_string names[30];
	size_t count = 0;

	if (st_nil(c))
		return true;
	if (!st_octet(c, '(', "id_params_list"))
		return false;
	if (st_take(c, ')'))
		return true;
	do {
		struct st_string value;

		if (count == sizeof(names) / sizeof(names[0]))
			return st_fail(c, "id_params_list: more than 30");
		if (!st_string_(c, &names[count]) || !st_sp(c, "id_params_list") ||
		    !st_nstring(c, &value))
			return false;
		if (names[count].len > 30 || value.len > 1024)
			return st_fail(c, "id_params_list: too long");
		for (size_t i = 0; i < count; i++)
			if (names[i].len == names[count].len &&
			    st_same_string(&names[i], &names[count]))
				return st_fail(c, "id_params_list: twice");
		count++;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "id_params_list");
}

/* "LANGUAGE" SP "(" lang-tag-quoted *(SP lang-tag-quoted) ")" (RFC 5255 3.5) */
bool st_language(struct st_cursor *c)
{
	if (!st_octet(c, '(', "language-data"))
		return false;
	do {
		struct st_string s;

		if (!st_astring(c, &s))
			return false;
		for (size_t i = 0; i < s.len; i++)
			if (!s.data[i] || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			                          "0123456789-", s.data[i]))
				return st_fail(c, "lang-tag-quoted");
		if (!s.len)
			return st_fail(c, "lang-tag-quoted");
	} while (st_take(c, ' '));
	return st_octet(c, ')', "language-data");
}

/* "COMPARATOR" SP comp-sel-quoted [SP "(" comp-id-quoted *(SP comp-id-quoted) ")"] */
bool st_comparator(struct st_cursor *c)
{
	if (!st_astring(c, NULL))
		return false;
	if (st_over(c))
		return true;
	if (!st_sp(c, "comparator-data") || !st_octet(c, '(', "comparator-data"))
		return false;
	do {
		if (!st_astring(c, NULL))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "comparator-data");
}

/* ---- METADATA ----------------------------------------------------------------------------- */

/* entry = astring: "/private/..." or "/shared/...", US-ASCII without "*", "%", controls, "//" and
 * "/" at the end (RFC 5464 3.2) */
static bool entry(struct st_cursor *c)
{
	struct st_string s;

	if (!st_astring(c, &s))
		return false;
	if (!st_is(&s, "/private") && !st_is(&s, "/shared") && !st_begins(&s, "/private/") &&
	    !st_begins(&s, "/shared/"))
		return st_fail(c, "entry");
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] < 0x20 || (unsigned char)s.data[i] >= 0x7f ||
		    s.data[i] == '*' || s.data[i] == '%' ||
		    (s.data[i] == '/' && (i + 1 == s.len || s.data[i + 1] == '/')))
			return st_fail(c, "entry");
	return true;
}

/* "METADATA" SP mailbox SP (entry-values / entry-list); value = nstring / literal8 */
bool st_metadata(struct st_cursor *c)
{
	bool values;

	if (!st_mailbox_or_empty(c) || !st_sp(c, "metadata-resp"))
		return false;
	values = st_take(c, '(');
	if (!values && c->st->client && st_during(c, "GETMETADATA"))
		return st_fail(c, "metadata-resp: without values to GETMETADATA");
	do {
		if (!entry(c))
			return false;
		if (values && (!st_sp(c, "entry-value") || !st_nstring8(c, NULL)))
			return false;
	} while (st_take(c, ' '));
	return !values || st_octet(c, ')', "entry-values");
}

/* ---- QUOTA -------------------------------------------------------------------------------- */

/* quota-response = "QUOTA" SP quota-root-name SP quota-list; RFC 9208 4.2.1 knows of an empty list,
 * as RFC 2087 did, though its grammar does not */
bool st_quota(struct st_cursor *c)
{
	static const char *const resources[] = {"STORAGE", "MESSAGE", "MAILBOX",
	                                        "ANNOTATION-STORAGE"};
	unsigned seen = 0;

	if (!st_astring(c, NULL) || !st_sp(c, "quota-response") || !st_octet(c, '(', "quota-list"))
		return false;
	if (st_take(c, ')'))
		return true;
	do {
		unsigned i = 0;

		while (i < 4 && !st_take_word(c, resources[i]))
			i++;
		if (i == 4 || (seen >> i & 1))
			return st_fail(c, i == 4 ? "resource-name" : "resource-name: twice");
		seen |= 1u << i;
		if (!st_sp(c, "quota-resource") || !st_number64(c, NULL) ||
		    !st_sp(c, "quota-resource") || !st_number64(c, NULL))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "quota-list");
}

/* quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name) */
bool st_quotaroot(struct st_cursor *c)
{
	if (!st_mailbox(c))
		return false;
	while (st_take(c, ' '))
		if (!st_astring(c, NULL))
			return false;
	return true;
}

/* ---- ACL ---------------------------------------------------------------------------------- */

/* rights = astring: only lowercase ASCII letters and digits, each once (RFC 4314 2.1, 4) */
static bool rights(struct st_cursor *c)
{
	struct st_string s;
	uint64_t seen = 0;

	if (!st_astring(c, &s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char r = s.data[i];
		unsigned bit = r >= 'a' && r <= 'z' ? (unsigned)(r - 'a')
		               : r >= '0' && r <= '9' ? 26 + (unsigned)(r - '0')
		                                      : 63;

		if (bit == 63 || (seen >> bit & 1))
			return st_fail(c, bit == 63 ? "rights" : "rights: one twice");
		seen |= UINT64_C(1) << bit;
	}
	return true;
}

/* acl-data = "ACL" SP mailbox *(SP identifier SP rights) */
bool st_acl(struct st_cursor *c)
{
	if (!st_mailbox(c))
		return false;
	while (st_take(c, ' '))
		if (!st_astring(c, NULL) || !st_sp(c, "acl-data") || !rights(c))
			return false;
	return true;
}

/* listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights) */
bool st_listrights(struct st_cursor *c)
{
	if (!st_mailbox(c) || !st_sp(c, "listrights-data") || !st_astring(c, NULL) ||
	    !st_sp(c, "listrights-data"))
		return false;
	do {
		if (!rights(c))
			return false;
	} while (st_take(c, ' '));
	return true;
}

/* myrights-data = "MYRIGHTS" SP mailbox SP rights */
bool st_myrights(struct st_cursor *c)
{
	return st_mailbox(c) && st_sp(c, "myrights-data") && rights(c);
}

/* ---- URLs --------------------------------------------------------------------------------- */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* authimapurlfull: "imap://" ... ";URLAUTH=" access ":" mechanism ":" 32*HEXDIG (RFC 4467 9) */
static bool is_authorized(const struct st_string *s)
{
	size_t at = s->len, digits, begin;

	while (at && is_hex(s->data[at - 1]))
		at--;
	digits = s->len - at;
	if (digits < 32 || !at || s->data[--at] != ':')
		return false;
	for (begin = at; begin && s->data[begin - 1] != ':' && s->data[begin - 1] != '='; begin--)
		;
	return begin && begin < at && s->data[begin - 1] == ':' && s->len > 7 &&
	       tx_same_n(s->data, 7, "imap://");
}

/* "GENURLAUTH" 1*(SP url-full) */
bool st_genurlauth(struct st_cursor *c)
{
	struct st_string s;

	do {
		if (!st_astring(c, &s))
			return false;
		if (!is_authorized(&s))
			return st_fail(c, "url-full");
	} while (st_take(c, ' '));
	return true;
}

/* RFC 5524: *(SP "(" ("BODY" / "BINARY") SP (nstring / literal8) ")" ...), BODYPARTSTRUCTURE */
static bool url_items(struct st_cursor *c)
{
	unsigned seen = 0;

	do {
		if (!st_octet(c, '(', "url-metadata"))
			return false;
		if (!(seen & 1) && st_take_word(c, "BODYPARTSTRUCTURE")) {
			seen |= 1;
			if (!st_sp(c, "url-metadata-el") || (!st_nil(c) && !st_body(c, true)))
				return false;
		} else if (!(seen & 2) && (st_take_word(c, "BINARY") || st_take_word(c, "BODY"))) {
			seen |= 2;
			if (!st_sp(c, "url-metadata-el") || !st_nstring8(c, NULL))
				return false;
		} else {
			return st_fail(c, "url-metadata-el");
		}
		if (!st_octet(c, ')', "url-metadata"))
			return false;
	} while (c->end - c->at > 1 && c->at[1] == '(' && st_take(c, ' '));
	return true;
}

/* "URLFETCH" 1*(SP url-full SP nstring) */
bool st_urlfetch(struct st_cursor *c)
{
	do {
		if (!st_astring(c, NULL) || !st_sp(c, "URLFETCH"))
			return false;
		if (st_next(c, '(') ? !url_items(c) : !st_nstring(c, NULL))
			return false;
	} while (st_take(c, ' '));
	return true;
}

/* resp-jmapaccess = "JMAPACCESS" SP quoted */
bool st_jmapaccess(struct st_cursor *c)
{
	return st_quoted(c, NULL);
}
