/* SPDX-License-Identifier: MIT */
/*
 * strict/structure - BODY and BODYSTRUCTURE (RFC 9051 7.5.2, `body`): parts within parts, read with
 * a stack of what is still open, of one octet each.
 */
#include "strict/cursor.h"

enum {
	MULTI = 'm', /* multipart: parts, then a subtype */
	MESSAGE = 'e' /* message/rfc822: behind its body come lines */
};

/* body-fld-param = "(" string SP string *(SP string SP string) ")" / nil */
static bool param(struct st_cursor *c)
{
	if (st_nil(c))
		return true;
	if (!st_octet(c, '(', "body-fld-param"))
		return false;
	do {
		if (!st_string_(c, NULL) || !st_sp(c, "body-fld-param") || !st_string_(c, NULL))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "body-fld-param");
}

/* body-fld-dsp = "(" string SP body-fld-param ")" / nil */
static bool disposition(struct st_cursor *c)
{
	if (st_nil(c))
		return true;
	return st_octet(c, '(', "body-fld-dsp") && st_string_(c, NULL) &&
	       st_sp(c, "body-fld-dsp") && param(c) && st_octet(c, ')', "body-fld-dsp");
}

/* body-fld-lang = nstring / "(" string *(SP string) ")" */
static bool language(struct st_cursor *c)
{
	if (!st_take(c, '('))
		return st_nstring(c, NULL);
	do {
		if (!st_string_(c, NULL))
			return false;
	} while (st_take(c, ' '));
	return st_octet(c, ')', "body-fld-lang");
}

/*
 * What follows [SP ...] in body-ext-1part (`first` is body-fld-md5) and body-ext-mpart (`first` is
 * body-fld-param): none of it in BODY.  No body-extension is defined, so none may be sent.
 */
static bool extension(struct st_cursor *c, bool extensible, bool (*first)(struct st_cursor *c))
{
	if (!st_take(c, ' '))
		return true;
	if (!extensible)
		return st_fail(c, "body-ext-1part, body-ext-mpart: in BODY");
	return first(c) && (!st_take(c, ' ') || disposition(c)) &&
	       (!st_take(c, ' ') || language(c)) && (!st_take(c, ' ') || st_nstring(c, NULL));
}

static bool md5(struct st_cursor *c)
{
	return st_nstring(c, NULL);
}

static bool end(struct st_cursor *c)
{
	return st_octet(c, ')', "body");
}

/* body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets */
static bool fields(struct st_cursor *c)
{
	return param(c) && st_sp(c, "body-fields") && st_nstring(c, NULL) &&
	       st_sp(c, "body-fields") && st_nstring(c, NULL) && st_sp(c, "body-fields") &&
	       st_string_(c, NULL) && st_sp(c, "body-fields") && st_number(c, NULL);
}

/* RFC 3501 does not know message/global; RFC 9755 6 leaves both ways open until IMAP4rev2 is on. */
static bool is_message(const struct st_cursor *c, const struct st_string *type,
                       const struct st_string *subtype)
{
	if (!st_is(type, "MESSAGE"))
		return false;
	if (st_is(subtype, "RFC822"))
		return true;
	return st_is(subtype, "GLOBAL") &&
	       (st_agreed(c, ST_REV2) || (c->end - c->at > 1 && c->at[0] == ' ' && c->at[1] == '('));
}

/* body-type-1part behind its "(", up to the body of a message in it */
static bool one_part(struct st_cursor *c, bool extensible, bool *message_r)
{
	struct st_string type, subtype;

	if (!st_string_(c, &type) || !st_sp(c, "media-basic") || !st_string_(c, &subtype) ||
	    !st_sp(c, "body-type-1part") || !fields(c))
		return false;
	*message_r = is_message(c, &type, &subtype);
	if (*message_r)
		return st_sp(c, "body-type-msg") && st_envelope(c) && st_sp(c, "body-type-msg");
	if (st_is(&type, "TEXT") && (!st_sp(c, "body-type-text") || !st_number64(c, NULL)))
		return false;
	return extension(c, extensible, md5) && end(c);
}

/* Closes what the body that just ended was the last of; false at a failure. */
static bool close_open(struct st_cursor *c, bool extensible, struct tx *open)
{
	while (open->len) {
		char kind = open->data[open->len - 1];

		if (kind == MULTI && st_next(c, '('))
			return true; /* another part */
		if (!st_sp(c, kind == MULTI ? "body-type-mpart" : "body-type-msg"))
			return false;
		if (kind == MULTI ? !st_string_(c, NULL) || !extension(c, extensible, param)
		                  : !st_number64(c, NULL) || !extension(c, extensible, md5))
			return false;
		if (!end(c))
			return false;
		open->len--;
	}
	return true;
}

bool st_body(struct st_cursor *c, bool extensible)
{
	struct tx open = {0};
	bool ok = true;

	do {
		char kind = MULTI;
		bool message = false;

		ok = st_octet(c, '(', "body");
		if (ok && !st_next(c, '(')) {
			ok = one_part(c, extensible, &message);
			kind = message ? MESSAGE : '\0';
		}
		if (ok && kind)
			tx_add(&open, &kind, 1);
		else if (ok)
			ok = close_open(c, extensible, &open);
	} while (ok && open.len);
	tx_free(&open);
	return ok;
}
