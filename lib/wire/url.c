/* SPDX-License-Identifier: MIT */
/*
 * The text is copied, its dot-segments are taken out, and a cursor goes once over what is left;
 * components are decoded where they stand.  Keywords are in any case ("strings are not case
 * sensitive"), and no white space is passed over.
 */
#include "wire/url.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "wire/chars.h"
#include "wire/url_parts.h"

/* ---- characters ---------------------------------------------------------------------------- */

/* uchar = unreserved / sub-delims-sh, pct-encoded aside; achar = uchar / "&" / "=" */
static bool is_achar(char c)
{
	return isrv_url_is_alnum(c) || (c && strchr("-._~!$'()*+,&=", c));
}

/* 1*achar, or with `more` 1*bchar: achar / ":" / "@" / "/" */
static bool take(struct isrv_url_cursor *c, bool more, struct imapsrv_span *span_r)
{
	const char *start = c->at;

	while (c->at < c->end) {
		if (*c->at == '%') {
			if (!isrv_url_is_escape(c))
				return false;
			c->at += 3;
		} else if (is_achar(*c->at) ||
		           (more && (*c->at == ':' || *c->at == '@' || *c->at == '/'))) {
			c->at++;
		} else {
			break;
		}
	}
	*span_r = (struct imapsrv_span){start, (size_t)(c->at - start)};
	return span_r->len > 0;
}

/* Takes the word, in any case, or leaves the cursor alone. */
static bool skip(struct isrv_url_cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->at) < len || !isrv_ascii_is(c->at, len, word))
		return false;
	c->at += len;
	return true;
}

/* The text is a copy of our own. */
static void decode(struct imapsrv_span *span)
{
	char *text = (char *)(uintptr_t)span->data;
	size_t i = 0, len = 0;

	while (i < span->len) {
		if (text[i] == '%') {
			text[len++] =
				(char)(isrv_url_hex(text[i + 1]) << 4 | isrv_url_hex(text[i + 2]));
			i += 3;
		} else {
			text[len++] = text[i++];
		}
	}
	span->len = len;
}

/* A name, in UTF-8 and without controls, once it is decoded. */
static bool decode_name(struct imapsrv_span *span)
{
	decode(span);
	return isrv_utf8_is_name(span->data, span->len);
}

static bool decode_text(struct imapsrv_span *span)
{
	decode(span);
	return !memchr(span->data, '\0', span->len);
}

/* ---- dot-segments -------------------------------------------------------------------------- */

/* RFC 3986 5.2.4, in place, of a path that begins with "/"; its new length. */
static size_t resolve(char *path, size_t len)
{
	size_t in = 0, out = 0, next;
	bool dots = false;

	while (in < len) {
		/* One segment, from its "/" up to the next. */
		for (next = in + 1; next < len && path[next] != '/'; next++)
			;
		dots = next - in == 2 && path[in + 1] == '.';
		if (next - in == 3 && path[in + 1] == '.' && path[in + 2] == '.') {
			dots = true;
			while (out && path[--out] != '/')
				;
		}
		if (!dots) {
			memmove(path + out, path + in, next - in);
			out += next - in;
		}
		in = next;
	}
	/* The "/" that such a segment leaves at the end is not part of a mailbox's name:
	 * RFC 5092 9.1 has "/foo/;UID=20/.." for "/foo".  Of nothing but dots the root is left. */
	if (dots && !out)
		path[out++] = '/';
	return out;
}

/* ---- userinfo, host and port --------------------------------------------------------------- */

/* iuserinfo = enc-user [iauth] / [enc-user] iauth;  iauth = ";AUTH=" ( "*" / enc-auth-type ) */
static bool parse_userinfo(struct isrv_url_cursor *c, struct isrv_url *u)
{
	if (c->at < c->end && *c->at != ';' &&
	    (!take(c, false, &u->user) || !decode_name(&u->user)))
		return false;
	if (c->at == c->end)
		return u->user.data != NULL;
	if (!skip(c, ";AUTH=") || !take(c, false, &u->auth) || c->at < c->end)
		return false;
	if (u->auth.len == 1 && *u->auth.data == '*')
		return true;
	decode(&u->auth);
	return u->auth.len &&
	       isrv_char_span(u->auth.data, u->auth.len, ISRV_CHAR_ATOM) == u->auth.len;
}

/* iserver = [iuserinfo "@"] host [ ":" port ], which is the authority of RFC 3986 3.2 */
static bool parse_server(struct isrv_url_cursor *c, struct isrv_url *u)
{
	struct isrv_url_cursor part = {c->at, c->at};
	const char *at;

	while (part.end < c->end && *part.end != '/')
		part.end++;
	c->at = part.end;
	at = part.at < part.end ? memchr(part.at, '@', (size_t)(part.end - part.at)) : NULL;
	if (at) {
		struct isrv_url_cursor userinfo = {part.at, at};

		if (!parse_userinfo(&userinfo, u))
			return false;
		part.at = at + 1;
	}
	u->server = true;
	return isrv_url_host(&part, &u->host) && isrv_url_port(&part, &u->port);
}

/* ---- mailbox, message, part ---------------------------------------------------------------- */

/* imailbox-ref = enc-mailbox [";UIDVALIDITY=" nz-number].  A "/" belongs to the name as much as to
 * what follows it: before ";UID=" it is the latter's. */
static bool parse_mailbox(struct isrv_url_cursor *c, struct isrv_url *u)
{
	struct isrv_url_cursor ahead;

	if (!take(c, true, &u->mailbox))
		return false;
	ahead = *c;
	if (skip(&ahead, ";UID=")) {
		if (c->at[-1] != '/')
			return false;
		c->at--;
		u->mailbox.len--;
	} else if (skip(c, ";UIDVALIDITY=") && !isrv_url_nz_number(c, &u->uidvalidity)) {
		return false;
	}
	if (!u->mailbox.len || !decode_name(&u->mailbox))
		return false;
	if (isrv_ascii_is(u->mailbox.data, u->mailbox.len, "INBOX"))
		u->mailbox.data = "INBOX";
	return true;
}

/* isection = "/;SECTION=" enc-section */
static bool parse_section(struct isrv_url_cursor *c, struct isrv_url *u)
{
	struct isrv_url_cursor ahead;

	if (!take(c, true, &u->section))
		return false;
	ahead = *c;
	if (skip(&ahead, ";PARTIAL=")) {
		if (c->at[-1] != '/')
			return false;
		c->at--;
		u->section.len--;
	}
	return u->section.len && decode_text(&u->section);
}

/* ipartial = "/;PARTIAL=" number ["." nz-number] */
static bool parse_partial(struct isrv_url_cursor *c, struct isrv_url *u)
{
	u->partial = true;
	u->count = UINT64_MAX;
	if (!isrv_url_number(c, &u->origin))
		return false;
	return !skip(c, ".") || (c->at < c->end && *c->at != '0' && isrv_url_number(c, &u->count));
}

/* ---- URLAUTH ------------------------------------------------------------------------------- */

/*
 * access = "user+" enc-user / "authuser" / "anonymous" / "submit+" enc-user / application /
 * (application "+" enc-user).  The first four have their meaning only in these forms (RFC 5593
 * 6.3-6.6); "user" alone would be an application of that name.
 */
static bool parse_access(struct isrv_url_cursor *c, struct isrv_url *u)
{
	static const struct {
		const char *name;
		enum isrv_url_access access;
		bool prefix;
	} known[] = {
		{"user", ISRV_URL_USER, true},
		{"authuser", ISRV_URL_AUTHUSER, false},
		{"anonymous", ISRV_URL_ANONYMOUS, false},
		{"submit", ISRV_URL_APPLICATION, true},
	};
	const char *start = c->at;
	size_t i;

	while (c->at < c->end && isrv_url_is_alnum(*c->at))
		c->at++;
	u->application = (struct imapsrv_span){start, (size_t)(c->at - start)};
	if (!u->application.len)
		return false;
	if (skip(c, "+") && (!take(c, false, &u->grantee) || !decode_name(&u->grantee)))
		return false;
	u->access = ISRV_URL_APPLICATION;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!isrv_ascii_is(start, u->application.len, known[i].name))
			continue;
		u->access = known[i].access;
		return known[i].prefix == (u->grantee.data != NULL);
	}
	return true;
}

/* iua-verifier = ":" uauth-mechanism ":" enc-urlauth;  enc-urlauth = 32*HEXDIG */
static bool parse_verifier(struct isrv_url_cursor *c, struct isrv_url *u)
{
	const char *start = c->at;

	u->rump_len -= (size_t)(c->end - c->at);
	if (!skip(c, ":"))
		return false;
	while (c->at < c->end && *c->at != ':')
		c->at++;
	u->mechanism = (struct imapsrv_span){start + 1, (size_t)(c->at - start - 1)};
	if (!isrv_url_is_mechanism(u->mechanism) || !skip(c, ":"))
		return false;
	u->token = (struct imapsrv_span){c->at, (size_t)(c->end - c->at)};
	while (c->at < c->end && isrv_url_hex(*c->at) >= 0)
		c->at++;
	return c->at == c->end && u->token.len >= 32;
}

/* iurlauth-rump = [";EXPIRE=" date-time] ";URLAUTH=" access, and iua-verifier if there is one */
static bool parse_urlauth(struct isrv_url_cursor *c, struct isrv_url *u)
{
	u->expires = skip(c, ";EXPIRE=");
	if (u->expires && !isrv_url_datetime(c, &u->expire))
		return false;
	if (!skip(c, ";URLAUTH=") || !parse_access(c, u))
		return false;
	return c->at == c->end || parse_verifier(c, u);
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* icommand = imessagelist / imessagepart [iurlauth] */
static bool parse_command(struct isrv_url_cursor *c, struct isrv_url *u)
{
	u->kind = ISRV_URL_MAILBOX;
	if (!parse_mailbox(c, u))
		return false;
	if (c->at == c->end)
		return true;
	if (skip(c, "?"))
		return take(c, true, &u->search) && c->at == c->end && decode_text(&u->search);
	u->kind = ISRV_URL_MESSAGE;
	if (!skip(c, "/;UID=") || !isrv_url_nz_number(c, &u->uid))
		return false;
	if (skip(c, "/;SECTION=") && !parse_section(c, u))
		return false;
	if (skip(c, "/;PARTIAL=") && !parse_partial(c, u))
		return false;
	return c->at == c->end || parse_urlauth(c, u);
}

/* ipath-query = ["/" [ icommand ]], at its "/" */
static bool parse_path(struct isrv_url_cursor *c, struct isrv_url *u)
{
	char *path = (char *)(uintptr_t)c->at;
	const char *query = memchr(path, '?', (size_t)(c->end - path));
	size_t len = (size_t)((query ? query : c->end) - path), left;
	size_t rest = (size_t)(c->end - path) - len;

	left = resolve(path, len);
	if (left < len && rest)
		memmove(path + left, path + len, rest);
	c->end = path + left + rest;
	c->at++;
	/* Of a path without a server the second octet is no "/": it would begin one. */
	if (!u->server && c->at < c->end && *c->at == '/')
		return false;
	return c->at == c->end || parse_command(c, u);
}

enum isrv_url_result isrv_url_parse(struct isrv_url *u, struct isrv_arena *arena,
                                    struct imapsrv_span text)
{
	struct isrv_url_cursor c;

	memset(u, 0, sizeof(*u));
	u->rump_len = text.len;
	c.at = isrv_arena_copy(arena, text.data, text.len);
	if (!c.at)
		return ISRV_URL_NOMEM;
	c.end = c.at + text.len;
	u->scheme = skip(&c, "imap:");
	if (skip(&c, "//") && !parse_server(&c, u))
		return ISRV_URL_BAD;
	if (u->scheme && !u->server)
		return ISRV_URL_BAD;
	if (c.at == c.end)
		return u->server ? ISRV_URL_OK : ISRV_URL_BAD;
	return *c.at == '/' && parse_path(&c, u) ? ISRV_URL_OK : ISRV_URL_BAD;
}

bool isrv_url_has_token(const char *data, size_t len)
{
	static const char word[] = ";URLAUTH=";
	size_t word_len = sizeof(word) - 1;

	for (size_t i = 0; i + word_len <= len; i++)
		if (data[i] == ';' && isrv_ascii_is(data + i, word_len, word))
			return true;
	return false;
}

bool isrv_url_is_mechanism(struct imapsrv_span name)
{
	size_t i = 0;

	while (i < name.len && (isrv_url_is_alnum(name.data[i]) || name.data[i] == '-' ||
	                        name.data[i] == '.'))
		i++;
	return name.len && i == name.len;
}
