/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_url - URLs that carry leave to read a message (URLAUTH, RFC 4467): that the
 * tokens of the host go with one URL and one key each, and that keys can be taken back.
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"
#include "storecheck/parse.h"

enum {
	URL = 1500, /* octets of one */
	TOKEN = 300 /* of these, at the end */
};

/* One that was authorized. */
struct url {
	char text[URL];
	size_t rump;    /* so much of it the token is made of */
};

static const char digits[] = "0123456789ABCDEF";

/* What is not a letter, a digit or one of these stands there as %XX (RFC 5092 3). */
static void put_encoded(struct isrv_sc *c, struct isrv_buf *to, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789-.";

	for (; *text; text++) {
		unsigned char o = (unsigned char)*text;
		char hex[3] = {'%', digits[o >> 4], digits[o & 15]};

		if (strchr(plain, *text))
			isrv_sc_add(c, to, text, 1);
		else
			isrv_sc_add(c, to, hex, 3);
	}
}

/* The rump of a URL, in c->scratch. */
static bool rump(struct isrv_sc *c, const char *owner, const char *box, uint32_t uid)
{
	struct isrv_buf *to = &c->scratch;

	to->len = 0;
	isrv_sc_put(c, to, "imap://");
	put_encoded(c, to, owner);
	isrv_sc_put(c, to, "@%s/", c->check.server);
	put_encoded(c, to, box);
	isrv_sc_put(c, to, "/;UID=%u;URLAUTH=authuser", uid);
	return isrv_sc_add(c, to, "", 1);
}

/* GENURLAUTH; false: refused, or the scene is over. */
static bool authorize(struct isrv_sc_client *k, const char *owner, const char *box, uint32_t uid,
                      const char *mechanism, struct url *url)
{
	struct isrv_sc *c = k->c;
	struct imapsrv_span line, text;
	struct isrv_sc_parse p;
	bool read;

	rump(c, owner, box, uid);
	if (c->scratch.len > URL - TOKEN)
		isrv_sc_pass(c, "shorter names of user and server");
	if (!isrv_sc_ask(k, "GENURLAUTH \"%s\" %s", c->scratch.data, mechanism))
		return false;
	url->rump = c->scratch.len - 1;
	line = isrv_sc_line(k, "GENURLAUTH");
	p = isrv_sc_parse_of(line);
	isrv_sc_atom(&p); /* GENURLAUTH */
	isrv_sc_expect(&p, ' ');
	text = isrv_sc_nstring(&p);
	read = isrv_sc_want(c, !p.bad && text.len > url->rump && text.len < URL, ISRV_SC_URL_READ,
	                    "GENURLAUTH gives no URL");
	if (read) {
		memcpy(url->text, text.data, text.len);
		url->text[text.len] = '\0';
	}
	return read;
}

/* What URLFETCH gives; data NULL: NIL. */
static struct imapsrv_span follow(struct isrv_sc_client *k, const char *text)
{
	static const struct imapsrv_span none = {NULL, 0};
	struct imapsrv_span line;
	struct isrv_sc_parse p;

	if (!isrv_sc_need(k, ISRV_SC_URL_READ, "URLFETCH \"%s\"", text))
		return none;
	line = isrv_sc_line(k, "URLFETCH");
	p = isrv_sc_parse_of(line);
	isrv_sc_atom(&p); /* URLFETCH */
	isrv_sc_expect(&p, ' ');
	isrv_sc_nstring(&p);
	isrv_sc_expect(&p, ' ');
	return isrv_sc_nstring(&p);
}

static void reads(struct isrv_sc_client *k, const struct url *url, uint32_t content,
                  enum isrv_sc_clause clause, const char *when)
{
	struct isrv_sc *c = k->c;
	struct imapsrv_span got = follow(k, url->text);

	if (!isrv_sc_live(c) || !isrv_sc_content(c, content, &c->scratch))
		return;
	isrv_sc_want(c, got.data, clause, "a URL that was authorized cannot be read%s", when);
	isrv_sc_want(c, got.len == c->scratch.len && !memcmp(got.data, c->scratch.data, got.len),
	             clause, "a URL that was authorized gives other octets than its message has%s",
	             when);
}

static void is_void(struct isrv_sc_client *k, const char *text, enum isrv_sc_clause clause,
                    const char *why)
{
	struct imapsrv_span got = follow(k, text);

	isrv_sc_want(k->c, !got.data, clause, "a URL can be read %s", why);
}

/* ---- scenes ------------------------------------------------------------------------------ */

static bool begin(struct isrv_sc *c, unsigned clients)
{
	return isrv_sc_stage(c, clients, 3) && isrv_sc_offers(&c->clients[0], ISRV_SC_URLAUTH);
}

static void made(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];
	const struct isrv_sc_message *m;
	struct url one, two;
	char mixed[URL];
	size_t len;

	if (!begin(c, 1))
		return;
	m = box->messages;
	isrv_sc_want(c, authorize(k, c->check.name, box->name, m[0].uid, "INTERNAL", &one),
	             ISRV_SC_URL_READ, "the URL of one's own message is not authorized");
	if (!isrv_sc_live(c) ||
	    !authorize(k, c->check.name, box->name, m[1].uid, "INTERNAL", &two))
		return;
	reads(k, &one, m[0].content, ISRV_SC_URL_READ, "");
	reads(k, &two, m[1].content, ISRV_SC_URL_READ, "");
	/* RFC 4467 6: it is the owner's doing, but changes nothing. */
	isrv_sc_compare(k, &(struct isrv_sc_blames){ISRV_SC_URL_READ, ISRV_SC_URL_READ,
	                                            ISRV_SC_URL_READ, ISRV_SC_URL_READ,
	                                            ISRV_SC_URL_READ});
	if (!isrv_sc_live(c))
		return;
	/* The one's token behind the other's text. */
	len = strlen(one.text + one.rump);
	memcpy(mixed, two.text, two.rump);
	memcpy(mixed + two.rump, one.text + one.rump, len + 1);
	is_void(k, mixed, ISRV_SC_URL_TOKEN, "with the token of another URL");
	is_void(k, mixed, ISRV_SC_URL_TOKEN, "with the token of another URL");
	reads(k, &two, m[1].content, ISRV_SC_URL_READ, "");
	/* A token by another name of the mailbox, and of nobody. */
	if (isrv_sc_live(c) && rump(c, c->check.name, "kit-nowhere", 1)) {
		memcpy(mixed, c->scratch.data, c->scratch.len);
		memcpy(mixed + c->scratch.len - 1, one.text + one.rump, len + 1);
		is_void(k, mixed, ISRV_SC_URL_TOKEN, "whose mailbox does not exist");
	}
	if (isrv_sc_live(c) && rump(c, "nobody-of-this-name", box->name, m[0].uid)) {
		memcpy(mixed, c->scratch.data, c->scratch.len);
		memcpy(mixed + c->scratch.len - 1, one.text + one.rump, len + 1);
		is_void(k, mixed, ISRV_SC_URL_TOKEN, "whose owner does not exist");
	}
}

/* Of whose messages one may not make URLs (RFC 4467 7, GENURLAUTH). */
static void refused(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct url url;

	if (!begin(c, 1))
		return;
	isrv_sc_want(c, !authorize(k, c->check.name, "kit-nowhere", 1, "INTERNAL", &url),
	             ISRV_SC_URL_OWNER, "a URL of a mailbox that does not exist is authorized");
	if (!isrv_sc_live(c) || !c->check.other_name)
		return;
	/* It may be answered with a token that is none. */
	if (authorize(k, c->check.other_name, "INBOX", 1, "INTERNAL", &url) &&
	    isrv_sc_connect_only(c, 1, false) &&
	    isrv_sc_login(&c->clients[1], c->check.other_name, c->check.other_password)) {
		struct isrv_sc_client *other = &c->clients[1];
		struct url real;

		if (authorize(other, c->check.other_name, "INBOX", 1, "INTERNAL", &real))
			isrv_sc_want(c, strcmp(real.text, url.text) != 0, ISRV_SC_URL_OWNER,
			             "\"%s\" may authorize URLs of \"%s\"", c->check.name,
			             c->check.other_name);
	}
}

static void reset(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0], *other = NULL;
	const char *name = c->check.name;
	uint32_t content;
	struct url one, two, again;

	if (!begin(c, 1) || !authorize(k, name, box->name, box->messages[0].uid, "INTERNAL", &one))
		return;
	content = box->messages[0].content;
	if (c->has_mailboxes) {
		other = isrv_sc_box(k, 1);
		if (!other || !isrv_sc_fill(k, other, 1) ||
		    !authorize(k, name, other->name, other->messages[0].uid, "INTERNAL", &two))
			return;
	}
	isrv_sc_need(k, ISRV_SC_URL_RESET, "RESETKEY %s", box->name);
	is_void(k, one.text, ISRV_SC_URL_RESET, "that was made with a key that was reset");
	if (other && isrv_sc_live(c))
		reads(k, &two, other->messages[0].content, ISRV_SC_URL_RESET,
		      " after the key of another mailbox was reset");
	isrv_sc_want(c, authorize(k, name, box->name, box->messages[0].uid, "INTERNAL", &again),
	             ISRV_SC_URL_RESET, "a URL is not authorized after the key was reset");
	if (!isrv_sc_live(c))
		return;
	reads(k, &again, content, ISRV_SC_URL_RESET, " after its key was reset");
	isrv_sc_need(k, ISRV_SC_URL_RESET, "RESETKEY");
	is_void(k, again.text, ISRV_SC_URL_RESET, "though all keys were reset");
	if (other)
		is_void(k, two.text, ISRV_SC_URL_RESET, "though all keys were reset");
}

/* RFC 4467 7, RESETKEY, and 8: sessions that have the mailbox selected are told. */
static void reset_told(struct isrv_sc *c)
{
	struct isrv_sc_client *a = &c->clients[0], *b = &c->clients[1];

	if (!begin(c, 2))
		return;
	isrv_sc_need(b, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_need(a, ISRV_SC_URL_RESET, "RESETKEY %s", a->box->name);
	isrv_sc_need(b, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_want(c, isrv_sc_told_word(b, "[URLMECH"), ISRV_SC_URL_TOLD,
	             "a session of the same user is not told that keys were reset");
}

/* Those that are told when a mailbox is selected can be used with it. */
static void mechanisms(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_box *box = &c->boxes[0];
	const char *const *m = c->config.urlauth->mechanisms;
	struct url url;

	if (!begin(c, 1))
		return;
	if (!m) {
		isrv_sc_pass(c, "imapsrv_urlauth.mechanisms");
		return;
	}
	for (; *m && isrv_sc_live(c); m++) {
		size_t len = strlen(*m);
		bool told = false;

		isrv_sc_select(k, box, "SELECT");
		for (size_t i = 0; i < k->told.line_count; i++) {
			struct imapsrv_span line = isrv_sc_span(k, k->told.lines[i]);

			for (size_t at = 0; line.len > 14 && at + len < line.len; at++)
				told |= !memcmp(line.data, "OK [URLMECH ", 12) &&
				        line.data[at] == ' ' &&
				        isrv_ascii_same(line.data + at + 1, len, *m, len);
		}
		if (!told)
			continue;
		isrv_sc_want(c, authorize(k, c->check.name, box->name, box->messages[0].uid, *m,
		                          &url),
		             ISRV_SC_URL_MECHANISM,
		             "%s is told of a mailbox, and its URLs are not authorized by it", *m);
		if (isrv_sc_live(c))
			reads(k, &url, box->messages[0].content, ISRV_SC_URL_MECHANISM, "");
		isrv_sc_need(k, ISRV_SC_URL_MECHANISM, "RESETKEY %s %s", box->name, *m);
		is_void(k, url.text, ISRV_SC_URL_MECHANISM,
		        "that was made with a key that was reset");
	}
}

/* Keys outlive the process. */
static void kept(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	uint32_t content;
	struct url url;

	if (!begin(c, 1) || !authorize(k, c->check.name, c->boxes[0].name,
	                               c->boxes[0].messages[0].uid, "INTERNAL", &url))
		return;
	content = c->boxes[0].messages[0].content;
	isrv_sc_disconnect_all(c);
	isrv_sc_want(c, !c->check.restart(c->check.user), ISRV_SC_RESTART_MAIL,
	             "the store did not come back");
	if (isrv_sc_live(c) && isrv_sc_connect(c, 0, false))
		reads(k, &url, content, ISRV_SC_RESTART_KEYS, " after a restart");
}

const struct isrv_sc_scene isrv_sc_scenes_url[] = {
	{"urls", "write urlauth server name", made},
	{"urls of others", "write urlauth server name two", refused},
	{"keys", "write urlauth server name", reset},
	{"keys told", "write urlauth server name two", reset_told},
	{"keys by mechanism", "write urlauth server name", mechanisms},
	{"keys kept", "write urlauth server name restart", kept},
	{NULL, NULL, NULL},
};
