/* SPDX-License-Identifier: MIT */
/*
 * strict/fetch - msg-att: the items of FETCH and UIDFETCH (RFC 9051 7.5.2 and 9, RFC 3501 9,
 * RFC 3516 4.3, RFC 7162 7, RFC 8474 7, RFC 8514 5, RFC 8970 6, RFC 5257).
 */
#include "strict/cursor.h"

#include <string.h>

/* ---- values ------------------------------------------------------------------------------- */

bool st_objectid(struct st_cursor *c)
{
	const char *begin;

	if (!st_octet(c, '(', "objectid"))
		return false;
	begin = c->at;
	while (c->at < c->end && *c->at && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                                          "0123456789_-", *c->at))
		c->at++;
	if (c->at == begin || c->at - begin > 255)
		return st_fail(c, "objectid");
	return st_octet(c, ')', "objectid");
}

static bool nstring(struct st_cursor *c)
{
	return st_nstring(c, NULL);
}

static bool size(struct st_cursor *c)
{
	return st_number64(c, NULL);
}

static bool uid(struct st_cursor *c)
{
	return st_nz_number(c, NULL);
}

static bool bodystructure(struct st_cursor *c)
{
	return st_body(c, true);
}

static bool body(struct st_cursor *c)
{
	return st_body(c, false);
}

/* fetch-mod-resp = "MODSEQ" SP "(" permsg-modsequence ")", where it was asked for (RFC 7162 3.1) */
static bool modseq(struct st_cursor *c)
{
	if (c->st->client && !st_agreed(c, ST_CONDSTORE | ST_QRESYNC))
		return st_fail(c, "fetch-mod-resp: to a client that has not enabled CONDSTORE");
	return st_octet(c, '(', "fetch-mod-resp") && st_mod_sequence(c) &&
	       st_octet(c, ')', "fetch-mod-resp");
}

static bool threadid(struct st_cursor *c)
{
	return st_nil(c) || st_objectid(c);
}

static bool savedate(struct st_cursor *c)
{
	return st_nil(c) || st_date_time(c);
}

/* RFC 8970 3.1: at most 256 characters (we count those of UTF-8, escapes apart) */
static bool preview(struct st_cursor *c)
{
	struct st_string s;
	size_t count = 0;

	if (!st_nstring(c, &s))
		return false;
	for (size_t i = 0; i < s.len; count++) {
		size_t n;

		if (s.quoted && s.data[i] == '\\')
			i++;
		n = st_utf8(s.data + i, s.len - i);
		if (!n)
			return st_fail(c, "PREVIEW: not UTF-8");
		i += n;
	}
	return count <= 256 || st_fail(c, "PREVIEW: more than 256 characters");
}

/* ---- sections ----------------------------------------------------------------------------- */

/* section-part = nz-number *("." nz-number); true also where there is none */
static bool section_part(struct st_cursor *c, bool *more_r)
{
	*more_r = false;
	if (st_over(c) || *c->at < '0' || *c->at > '9')
		return true;
	do {
		if (!st_over(c) && (*c->at < '0' || *c->at > '9')) {
			*more_r = true;
			return true;
		}
		if (!st_nz_number(c, NULL))
			return false;
	} while (st_take(c, '.'));
	return true;
}

/* header-list = "(" header-fld-name *(SP header-fld-name) ")" */
static bool header_list(struct st_cursor *c)
{
	if (!st_sp(c, "header-list") || !st_octet(c, '(', "header-list"))
		return false;
	do {
		if (!st_astring(c, NULL))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "header-list");
}

/* section = "[" [section-spec] "]", and where it begins: ["<" number ">"] */
static bool section(struct st_cursor *c)
{
	const char *begin = c->at + 1;
	bool more;

	if (!st_octet(c, '[', "section") || !section_part(c, &more))
		return false;
	if (more || c->at == begin) {
		bool part = c->at > begin;

		if (st_take_word(c, "HEADER.FIELDS") || st_take_word(c, "HEADER.FIELDS.NOT")) {
			if (!header_list(c))
				return false;
		} else if (!st_take_word(c, "HEADER") && !st_take_word(c, "TEXT") &&
		           !(part && st_take_word(c, "MIME")) && part) {
			return st_fail(c, "section-text");
		}
	}
	return st_octet(c, ']', "section") &&
	       (!st_take(c, '<') || (st_number64(c, NULL) && st_octet(c, '>', "BODY section <number>")));
}

/* section-binary = "[" [section-part] "]", and RFC 3516 4.3: ["<" number ">"] */
static bool section_binary(struct st_cursor *c, bool partial)
{
	bool more;

	return st_octet(c, '[', "section-binary") && section_part(c, &more) &&
	       (!more || st_fail(c, "section-binary")) && st_octet(c, ']', "section-binary") &&
	       (!partial || !st_take(c, '<') ||
	        (st_number64(c, NULL) && st_octet(c, '>', "BINARY section-binary <number>")));
}

/* ---- ANNOTATION (RFC 5257) ---------------------------------------------------------------- */

/* entry-att = entry SP "(" att-value *(SP att-value) ")"; att-value = attrib SP value */
static bool entry_att(struct st_cursor *c)
{
	if (!st_sp(c, "entry-att") || !st_octet(c, '(', "entry-att"))
		return false;
	do {
		if (!st_astring(c, NULL) || !st_sp(c, "att-value") || !st_nstring8(c, NULL))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "entry-att");
}

/* "(" entry-att *(SP entry-att) ")" / "(" entry *(SP entry) ")" */
static bool annotation(struct st_cursor *c)
{
	bool first = true, values = false;

	if (!st_octet(c, '(', "ANNOTATION"))
		return false;
	do {
		if (!st_astring(c, NULL))
			return false;
		if (first)
			values = c->end - c->at > 1 && c->at[0] == ' ' && c->at[1] == '(';
		first = false;
		if (values && !entry_att(c))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "ANNOTATION");
}

/* ---- items -------------------------------------------------------------------------------- */

static const struct item {
	const char *name;
	bool (*value)(struct st_cursor *c);
	bool old; /* RFC 3501 only */
} items[] = {
	{"FLAGS", st_flag_fetch, false},
	{"UID", uid, false},
	{"MODSEQ", modseq, false},
	{"RFC822.SIZE", size, false},
	{"INTERNALDATE", st_date_time, false},
	{"ENVELOPE", st_envelope, false},
	{"BODYSTRUCTURE", bodystructure, false},
	{"BODY", body, false},
	{"EMAILID", st_objectid, false},
	{"THREADID", threadid, false},
	{"SAVEDATE", savedate, false},
	{"PREVIEW", preview, false},
	{"RFC822", nstring, true},
	{"RFC822.HEADER", nstring, true},
	{"RFC822.TEXT", nstring, true},
	{"ANNOTATION", annotation, false},
};

/* Items whose name goes on with a section. */
static bool section_item(struct st_cursor *c)
{
	if (st_take_word(c, "BODY"))
		return section(c) && st_sp(c, "msg-att-static") && st_nstring(c, NULL);
	if (st_take_word(c, "BINARY.SIZE"))
		return section_binary(c, false) && st_sp(c, "msg-att-static") &&
		       st_number(c, NULL);
	if (st_take_word(c, "BINARY"))
		return section_binary(c, true) && st_sp(c, "msg-att-static") &&
		       st_nstring8(c, NULL);
	return st_fail(c, "msg-att");
}

static bool item(struct st_cursor *c)
{
	struct st_string name = st_word(c);

	if (name.data + name.len < c->end && name.data[name.len] == '[')
		return section_item(c);
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		if (!st_is(&name, items[i].name))
			continue;
		if (items[i].old && st_agreed(c, ST_REV2))
			return st_fail(c, "msg-att: of IMAP4rev1");
		c->at += name.len;
		return st_sp(c, "msg-att") && items[i].value(c);
	}
	return st_fail(c, "msg-att");
}

bool st_msg_att(struct st_cursor *c)
{
	if (!st_octet(c, '(', "msg-att"))
		return false;
	do {
		if (!item(c))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "msg-att");
}
