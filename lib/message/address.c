/* SPDX-License-Identifier: MIT */
/*
 * Address lists, one address a call.  What a word is - of a name, of a local part, of a group -
 * shows only at the "<", "@", ":" or "," behind it; so words are gathered in runs, stretches of the
 * body, and a run becomes a text when its use is known: mostly the stretch itself, else a copy.
 * Invariants: every octet is read a fixed number of times; only markers of groups have no host, and
 * they come in pairs, never one within another; no text has CR, LF or NUL.
 *
 * Where there is no host or no local part, the answer has a word for it.  NIL would make
 * the address a marker, and clients take "" for NIL.  The words are Dovecot's, which clients
 * have met; the "_" keeps the first from being any host's name.
 */
#include "message/address.h"

#include <string.h>

static const char missing_host[] = "MISSING_DOMAIN";
static const char missing_mailbox[] = "MISSING_MAILBOX";

/* ---- runs ---------------------------------------------------------------------------------- */

enum join {
	JOIN_PHRASE, /* one space where the body has any, and round quoted strings */
	JOIN_SPEC    /* no space, but between words that nothing connects */
};

struct run {
	const char *from; /* NULL: nothing is in it */
	const char *to;
	struct imapsrv_span only;  /* the text of the first token */
	enum isrv_token_type last; /* of the last token its type */
	bool dot;                  /* that is a "." */
	bool many;                 /* more than one token */
	bool plain;                /* from..to is the text as it has to be */
};

/* One address being read. */
struct item {
	struct run all;    /* everything so far, if a "<" or ":" makes it a name */
	struct run before; /* all without the run that may be a local part */
	struct run local;
	struct run domain;
	const char *at_sign; /* NULL: none yet */
	struct imapsrv_span comment;
};

static struct imapsrv_span word_text(const char *word)
{
	struct imapsrv_span s = {word, strlen(word)};

	return s;
}

static struct imapsrv_span nil(void)
{
	struct imapsrv_span s = {NULL, 0};

	return s;
}

static bool is_special(const struct isrv_token *token, char c)
{
	return token->type == ISRV_TOKEN_SPECIAL && token->special == (unsigned char)c;
}

/* Between two words a space is always wanted if one is a quoted string: the quotes that go make
 * room for it, so that no text is longer than its run. */
static bool is_gap(enum isrv_token_type last, const struct isrv_token *token, enum join join)
{
	bool words = last != ISRV_TOKEN_SPECIAL && token->type != ISRV_TOKEN_SPECIAL;

	if (words && (last == ISRV_TOKEN_QUOTED || token->type == ISRV_TOKEN_QUOTED))
		return true;
	return token->space && (words || join == JOIN_PHRASE);
}

static void run_add(struct run *run, const struct isrv_token *token, const char *end,
                    enum join join)
{
	bool plain = token->text.data == token->start;

	if (!run->from) {
		run->from = token->start;
		run->only = token->text;
		run->many = false;
		run->plain = plain;
	} else {
		bool gap = is_gap(run->last, token, join);

		run->plain = run->plain && plain && token->start - run->to == gap &&
		             (!gap || *run->to == ' ');
		run->many = true;
	}
	run->to = end;
	run->last = token->type;
	run->dot = is_special(token, '.');
}

/* local becomes local "@" domain, as in a@b@c: the last "@" is the one that counts (RFC 5321 4.1.2
 * allows no other outside of quotes). */
static void run_merge(struct run *local, const char *at_sign, const struct run *domain)
{
	bool begun = local->from != NULL;

	if (!begun)
		local->from = at_sign;
	local->plain = !begun || (local->plain && local->to == at_sign);
	local->to = at_sign + 1;
	local->only.data = at_sign;
	local->only.len = 1;
	local->many = begun || domain->from;
	local->last = ISRV_TOKEN_SPECIAL;
	local->dot = false;
	if (!domain->from)
		return;
	local->plain = local->plain && domain->plain && domain->from == local->to;
	local->to = domain->to;
	local->last = domain->last;
	local->dot = domain->dot;
}

/* Does the token go on with the run, or begin something new?  Dots connect across white space as in
 * obs-local-part and obs-domain; what fits no grammar does where it touches. */
static bool is_connected(const struct run *run, const struct isrv_token *token)
{
	if (run->dot || is_special(token, '.'))
		return true;
	return !token->space &&
	       (run->last == ISRV_TOKEN_SPECIAL || token->type == ISRV_TOKEN_SPECIAL);
}

/* ---- texts --------------------------------------------------------------------------------- */

/* There is no memory: the list ends here. */
static void give_up(struct isrv_address_parser *p)
{
	p->lexer.failed = true;
	p->lexer.at = p->lexer.end;
	p->token.type = ISRV_TOKEN_END;
}

/* The tokens of the run once more, put together. */
static struct imapsrv_span run_copy(struct isrv_address_parser *p, const struct run *run,
                                    enum join join)
{
	size_t room = (size_t)(run->to - run->from), len = 0;
	char *out = isrv_arena_alloc(p->lexer.arena, room);
	enum isrv_token_type last = ISRV_TOKEN_END;
	struct isrv_lexer again = p->lexer;
	struct imapsrv_span text = {out, 0};
	struct isrv_token token;

	again.at = run->from;
	again.end = run->to;
	while (out) {
		isrv_lexer_next(&again, &token);
		if (token.type == ISRV_TOKEN_END)
			break;
		if (last != ISRV_TOKEN_END && is_gap(last, &token, join))
			out[len++] = ' ';
		memcpy(out + len, token.text.data, token.text.len);
		len += token.text.len;
		last = token.type;
	}
	if (!out || again.failed) {
		give_up(p);
		return nil();
	}
	text.len = len;
	return text;
}

static struct imapsrv_span run_text(struct isrv_address_parser *p, const struct run *run,
                                    enum join join)
{
	struct imapsrv_span text = {run->from, 0};

	if (!run->from)
		return text;
	if (!run->many)
		return run->only;
	if (!run->plain)
		return run_copy(p, run, join);
	text.len = (size_t)(run->to - run->from);
	return text;
}

static struct imapsrv_span text_or(struct isrv_address_parser *p, const struct run *run,
                                   enum join join, const char *otherwise)
{
	struct imapsrv_span text = run_text(p, run, join);

	return text.len ? text : word_text(otherwise);
}

/* ---- addresses ----------------------------------------------------------------------------- */

static void advance(struct isrv_address_parser *p)
{
	isrv_lexer_next(&p->lexer, &p->token);
}

static void note_comment(struct isrv_address_parser *p, struct item *item)
{
	if (p->token.comment.len)
		item->comment = p->token.comment;
}

static bool begins_route(const struct isrv_token *token)
{
	return is_special(token, '@') || is_special(token, ',');
}

static bool is_of_route(const struct isrv_token *token)
{
	return begins_route(token) || is_special(token, '.') || token->type == ISRV_TOKEN_ATOM ||
	       token->type == ISRV_TOKEN_DOMAIN;
}

/* obs-route = obs-domain-list ":", obs-domain-list = *(CFWS / ",") "@" domain *("," [CFWS]
 * ["@" domain]) (RFC 5322 4.4).  What has no ":" is no route, and is read again. */
static struct imapsrv_span read_route(struct isrv_address_parser *p, struct item *item)
{
	struct isrv_address_parser saved = *p;
	struct imapsrv_span comment = item->comment;
	struct run route = {0};

	for (; is_of_route(&p->token); advance(p)) {
		note_comment(p, item);
		run_add(&route, &p->token, p->lexer.at, JOIN_SPEC);
	}
	if (!is_special(&p->token, ':')) {
		*p = saved;
		item->comment = comment; /* those behind a "," are of the next address */
		return nil();
	}
	advance(p);
	return run_text(p, &route, JOIN_SPEC);
}

/* domain = dot-atom / domain-literal / obs-domain, obs-domain = atom *("." atom) (RFC 5322 3.4.1,
 * 4.4); false where it ends. */
static bool add_domain(struct isrv_address_parser *p, struct item *item)
{
	if (is_special(&p->token, '@')) {
		run_merge(&item->local, item->at_sign, &item->domain);
		item->domain.from = NULL;
		item->at_sign = p->token.start;
		return true;
	}
	if (item->domain.from && !is_connected(&item->domain, &p->token))
		return false;
	run_add(&item->domain, &p->token, p->lexer.at, JOIN_SPEC);
	return true;
}

static bool ends_angle(const struct isrv_token *token)
{
	return token->type == ISRV_TOKEN_END || is_special(token, '>') || is_special(token, '<') ||
	       is_special(token, ',') || is_special(token, ';');
}

/* angle-addr = [CFWS] "<" addr-spec ">" [CFWS] / obs-angle-addr, obs-angle-addr = [CFWS] "<"
 * obs-route addr-spec ">" [CFWS] (RFC 5322 3.4, 4.4), without its ">" if need be */
static void read_angle(struct isrv_address_parser *p, struct item *item,
                       struct isrv_address *address_r)
{
	memset(&item->local, 0, sizeof(item->local));
	item->domain.from = NULL;
	item->at_sign = NULL;
	while (is_special(&p->token, '<')) {
		note_comment(p, item);
		advance(p);
	}
	if (begins_route(&p->token))
		address_r->adl = read_route(p, item);
	for (; !ends_angle(&p->token); advance(p)) {
		note_comment(p, item);
		if (item->at_sign) {
			if (!add_domain(p, item))
				break;
		} else if (is_special(&p->token, '@')) {
			item->at_sign = p->token.start;
		} else {
			run_add(&item->local, &p->token, p->lexer.at, JOIN_SPEC);
		}
	}
	address_r->mailbox = text_or(p, &item->local, JOIN_SPEC, missing_mailbox);
	address_r->host = text_or(p, &item->domain, JOIN_SPEC, missing_host);
	if (!is_special(&p->token, '>'))
		return;
	note_comment(p, item);
	advance(p);
}

static bool ends_words(const struct isrv_token *token)
{
	return ends_angle(token) || is_special(token, ':');
}

/* Up to what tells what it is: phrase = 1*word / obs-phrase (RFC 5322 3.2.5, 4.1: dots are
 * allowed), addr-spec = local-part "@" domain (3.4.1), local-part = dot-atom / quoted-string /
 * obs-local-part, obs-local-part = word *("." word) (4.4), or phrase and addr-spec with no
 * brackets. */
static void gather(struct isrv_address_parser *p, struct item *item)
{
	for (; !ends_words(&p->token); advance(p)) {
		note_comment(p, item);
		if (item->at_sign) {
			if (!add_domain(p, item))
				return;
		} else if (is_special(&p->token, '@')) {
			item->at_sign = p->token.start;
		} else {
			if (item->local.from && !is_connected(&item->local, &p->token)) {
				item->before = item->all;
				item->local.from = NULL;
			}
			run_add(&item->local, &p->token, p->lexer.at, JOIN_SPEC);
		}
		run_add(&item->all, &p->token, p->lexer.at, JOIN_PHRASE);
	}
}

/* group = display-name ":" [group-list] ";" (RFC 5322 3.4).  A group with no name cannot be shown,
 * its marker would be the one of an end; so its ":" is passed over. */
static bool begin_group(struct isrv_address_parser *p, const struct item *item,
                        struct isrv_address *address_r)
{
	/* There are no groups in groups: the one before ends here, and the name is read again. */
	if (p->in_group) {
		p->in_group = false;
		p->lexer.at = item->all.from;
		advance(p);
		return true;
	}
	address_r->mailbox = run_text(p, &item->all, JOIN_PHRASE);
	advance(p);
	p->in_group = address_r->mailbox.len > 0;
	return p->in_group;
}

/* A name is the phrase before the address, or else the last comment in or behind it: in old mail
 * "joe@example.org (Joe)". */
static void finish_name(struct isrv_address_parser *p, struct item *item,
                        struct isrv_address *address_r)
{
	note_comment(p, item);
	if (!address_r->name.len && item->comment.len)
		address_r->name = isrv_lexer_comment(&p->lexer, item->comment);
	if (!address_r->name.len)
		address_r->name = nil();
	if (is_special(&p->token, ',') || is_special(&p->token, '>'))
		advance(p);
	else
		p->token.comment = nil();
}

/* address = mailbox / group, mailbox = name-addr / addr-spec, name-addr = [display-name] angle-addr
 * (RFC 5322 3.4).  False: there was nothing to show. */
static bool read_address(struct isrv_address_parser *p, struct isrv_address *address_r)
{
	struct item item = {0};

	gather(p, &item);
	if (is_special(&p->token, ':'))
		return begin_group(p, &item, address_r);
	if (is_special(&p->token, '<')) {
		/* Also "joe@example.org <joe@example.org>", which many mailers write. */
		address_r->name = run_text(p, &item.all, JOIN_PHRASE);
		read_angle(p, &item, address_r);
	} else if (item.at_sign) {
		address_r->name = run_text(p, &item.before, JOIN_PHRASE);
		address_r->mailbox = text_or(p, &item.local, JOIN_SPEC, missing_mailbox);
		address_r->host = text_or(p, &item.domain, JOIN_SPEC, missing_host);
	} else {
		/* A bare word is all that there is to show; with a host it is no group's name. */
		address_r->mailbox = text_or(p, &item.all, JOIN_PHRASE, missing_mailbox);
		address_r->host = word_text(missing_host);
	}
	finish_name(p, &item, address_r);
	return true;
}

void isrv_address_init(struct isrv_address_parser *p, struct imapsrv_span body,
                       struct isrv_arena *arena, uint64_t *steps)
{
	isrv_lexer_init(&p->lexer, body, arena, false, steps);
	p->in_group = false;
	advance(p);
}

/* address-list = (address *("," address)) / obs-addr-list, obs-addr-list = *([CFWS] ",") address
 * *("," [address / CFWS]) (RFC 5322 3.4, 4.4), and ";" for "," where no group is open */
bool isrv_address_next(struct isrv_address_parser *p, struct isrv_address *address_r)
{
	static const struct isrv_address none;
	bool found = false;

	while (!found) {
		bool end = p->token.type == ISRV_TOKEN_END, in_group = p->in_group;

		*address_r = none;
		if (end || is_special(&p->token, ';')) {
			/* The end of the list ends its group, also where memory was short. */
			found = p->in_group;
			p->in_group = false;
			if (end)
				break;
			advance(p);
		} else if (is_special(&p->token, ',') || is_special(&p->token, '>') ||
		           is_special(&p->token, ':')) {
			advance(p);
		} else {
			found = read_address(p, address_r);
			if (!p->lexer.failed)
				continue;
			/* It may lack what there was no memory for: it was never read. */
			found = false;
			p->in_group = in_group;
			p->token.type = ISRV_TOKEN_END;
		}
	}
	return found;
}
