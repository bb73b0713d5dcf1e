/* SPDX-License-Identifier: MIT */
/*
 * Address lists once more: slow, with a copy of everything, recursion where the grammar has it, and
 * knowing nothing of lib/message/address.c or lib/message/field.c.  First all tokens are read (RFC 5322
 * 3.2), each with the text that it stands for; then the rules of 3.4 and 4.4 go over them, and over what
 * fits none of them as lib/message/address.h says.  What comes out is one text, "[name]<route:mailbox@
 * host>" for each address, "{name" and "}" round a group.
 */
#ifndef TESTS_UNIT_ADDRESSORACLE_H
#define TESTS_UNIT_ADDRESSORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORACLE_TEXT = 2048, ORACLE_TOKENS = 256 };

struct oracle_text {
	char data[ORACLE_TEXT];
	size_t len;
};

/* kind: 'a' atom, 'q' quoted string, 'd' domain literal, 'e' the end, or a special itself. */
struct oracle_token {
	char kind;
	bool space;                 /* white space or a comment stands before it, */
	struct oracle_text text;
	struct oracle_text comment; /* and this is the last of these */
	bool has_comment;
};

struct oracle {
	const char *in;
	size_t at, len;
	struct oracle_token tokens[ORACLE_TOKENS];
	size_t count;
	size_t next;      /* token */
	bool in_group;
	struct oracle_text out;
};

static void oracle_add(struct oracle_text *t, const char *data, size_t len)
{
	if (t->len + len >= ORACLE_TEXT)
		abort();
	if (len)
		memcpy(t->data + t->len, data, len);
	t->len += len;
	t->data[t->len] = '\0';
}

static void oracle_put(struct oracle_text *t, const char *text)
{
	oracle_add(t, text, strlen(text));
}

/* ---- tokens -------------------------------------------------------------------------------- */

static bool oracle_is_end(char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

static bool oracle_is_blank(char c)
{
	return c == ' ' || c == '\t' || oracle_is_end(c);
}

static bool oracle_is_special(char c)
{
	return c && strchr("\"(),.:;<>@[\\]", c);
}

static bool oracle_is_atom(char c)
{
	return !oracle_is_blank(c) && !oracle_is_special(c);
}

/* Of a charset or an encoding (RFC 2047 2, RFC 2045 5.1). */
static bool oracle_is_word(char c)
{
	return !oracle_is_blank(c) && !strchr("()<>@,;:\\\"/[]?=", c);
}

static char oracle_peek(const struct oracle *o, size_t ahead)
{
	return o->at + ahead < o->len ? o->in[o->at + ahead] : '\0';
}

/* From "(" to behind its ")"; what is inside is added as it is written.  False: it has no end. */
static bool oracle_comment(struct oracle *o, struct oracle_text *inside)
{
	o->at++;
	while (o->at < o->len && o->in[o->at] != ')') {
		if (o->in[o->at] == '(') {
			oracle_put(inside, "(");
			if (!oracle_comment(o, inside))
				return false;
			oracle_put(inside, ")");
			continue;
		}
		if (o->in[o->at] == '\\' && o->at + 1 < o->len) {
			oracle_add(inside, o->in + o->at, 1);
			o->at++;
		}
		oracle_add(inside, o->in + o->at, 1);
		o->at++;
	}
	return o->at < o->len && o->at++ < o->len;
}

/* Without quoting backslashes and line ends. */
static void oracle_unquote(struct oracle_text *t)
{
	struct oracle_text out;

	out.len = 0;
	for (size_t i = 0; i < t->len; i++) {
		if (t->data[i] == '\\' && ++i == t->len)
			break;
		if (!oracle_is_end(t->data[i]))
			oracle_add(&out, t->data + i, 1);
	}
	*t = out;
}

/* From the quote or bracket to behind the one that ends it. */
static void oracle_delimited(struct oracle *o, struct oracle_text *text, char end)
{
	if (end == ']')
		oracle_put(text, "[");
	for (o->at++; o->at < o->len && o->in[o->at] != end; o->at++) {
		if (o->in[o->at] == '\\' && o->at + 1 < o->len)
			oracle_add(text, o->in + o->at++, 1);
		oracle_add(text, o->in + o->at, 1);
	}
	if (o->at < o->len) {
		if (end == ']')
			oracle_put(text, "]");
		o->at++;
	}
	oracle_unquote(text);
}

/* Octets of an encoded word that begins here; 0: none does. */
static size_t oracle_encoded(const struct oracle *o)
{
	size_t n = 2, part;

	if (oracle_peek(o, 0) != '=' || oracle_peek(o, 1) != '?')
		return 0;
	for (part = 0; part < 2; part++) {
		size_t from = n;

		while (o->at + n < o->len && oracle_is_word(oracle_peek(o, n)))
			n++;
		if (n == from || oracle_peek(o, n) != '?')
			return 0;
		n++;
	}
	while (o->at + n < o->len && !oracle_is_blank(oracle_peek(o, n)) && !strchr("?<>\"", oracle_peek(o, n)))
		n++;
	return oracle_peek(o, n) == '?' && oracle_peek(o, n + 1) == '=' ? n + 2 : 0;
}

static void oracle_blanks(struct oracle *o, struct oracle_token *t)
{
	size_t from = o->at;

	while (o->at < o->len && (oracle_is_blank(o->in[o->at]) || o->in[o->at] == '(')) {
		if (o->in[o->at] != '(') {
			o->at++;
			continue;
		}
		t->comment.len = 0;
		t->has_comment = true;
		(void)oracle_comment(o, &t->comment);
	}
	t->space = o->at > from;
}

static void oracle_token(struct oracle *o)
{
	struct oracle_token *t;

	if (o->count == ORACLE_TOKENS)
		abort();
	t = &o->tokens[o->count++];
	t->text.len = t->comment.len = 0;
	t->has_comment = false;
	oracle_blanks(o, t);
	if (o->at == o->len) {
		t->kind = 'e';
	} else if (o->in[o->at] == '"') {
		t->kind = 'q';
		oracle_delimited(o, &t->text, '"');
	} else if (o->in[o->at] == '[') {
		t->kind = 'd';
		oracle_delimited(o, &t->text, ']');
	} else if (oracle_is_special(o->in[o->at])) {
		t->kind = o->in[o->at];
		oracle_add(&t->text, o->in + o->at++, 1);
	} else {
		t->kind = 'a';
		while (o->at < o->len && oracle_is_atom(o->in[o->at])) {
			size_t n = oracle_encoded(o);

			n = n ? n : 1;
			oracle_add(&t->text, o->in + o->at, n);
			o->at += n;
		}
	}
}

/* ---- texts --------------------------------------------------------------------------------- */

static bool oracle_is_value(const struct oracle_token *t)
{
	return t->kind == 'a' || t->kind == 'q' || t->kind == 'd';
}

/* What the tokens from..to (without that) say: a name, with a space wherever there is any; or an address,
 * with one between words only.  Quoted strings have one at either side, towards words. */
static struct oracle_text oracle_join(const struct oracle *o, size_t from, size_t to, bool name)
{
	struct oracle_text text = {"", 0};

	for (size_t i = from; i < to; i++) {
		const struct oracle_token *t = &o->tokens[i], *before = t - 1;

		if (i > from) {
			bool words = oracle_is_value(t) && oracle_is_value(before);

			if ((words && (t->kind == 'q' || before->kind == 'q')) ||
			    (t->space && (words || name)))
				oracle_put(&text, " ");
		}
		oracle_add(&text, t->text.data, t->text.len);
	}
	return text;
}

/* Without pairs, line ends, and blanks at its ends. */
static struct oracle_text oracle_clean(const struct oracle_text *comment)
{
	struct oracle_text text = {"", 0};
	size_t from = 0, to = comment->len;

	while (from < to && oracle_is_blank(comment->data[from]))
		from++;
	while (to > from && oracle_is_blank(comment->data[to - 1]))
		to--;
	oracle_add(&text, comment->data + from, to - from);
	oracle_unquote(&text);
	return text;
}

/* ---- addresses ----------------------------------------------------------------------------- */

struct oracle_address {
	size_t local, local_end; /* tokens; none if they are one */
	size_t domain, domain_end;
	bool at;
	struct oracle_text comment;
};

static const struct oracle_token *oracle_now(const struct oracle *o)
{
	return &o->tokens[o->next];
}

static bool oracle_one_of(const struct oracle_token *t, const char *kinds)
{
	return strchr(kinds, t->kind) != NULL;
}

/* Dots connect; so does what stands side by side, but for two words. */
static bool oracle_connected(const struct oracle_token *t)
{
	const struct oracle_token *before = t - 1;

	if (t->kind == '.' || before->kind == '.')
		return true;
	return !t->space && !(oracle_is_value(t) && oracle_is_value(before));
}

static void oracle_note(const struct oracle *o, struct oracle_address *a)
{
	const struct oracle_token *t = oracle_now(o);

	if (t->has_comment && t->comment.len)
		a->comment = t->comment;
}

/* A token behind "@"; false: it is of the next address.  The last "@" is the one that counts. */
static bool oracle_domain(struct oracle *o, struct oracle_address *a)
{
	if (oracle_now(o)->kind == '@') {
		if (a->local == a->local_end)
			a->local = a->domain - 1;
		a->local_end = o->next;
		a->domain = a->domain_end = o->next + 1;
		return true;
	}
	if (a->domain_end > a->domain && !oracle_connected(oracle_now(o)))
		return false;
	a->domain_end = o->next + 1;
	return true;
}

static void oracle_at(struct oracle *o, struct oracle_address *a)
{
	a->at = true;
	a->domain = a->domain_end = o->next + 1;
}

static void oracle_or(struct oracle_text *out, const struct oracle_text *text, const char *otherwise)
{
	oracle_put(out, text->len ? text->data : otherwise);
}

static void oracle_show(struct oracle *o, const struct oracle_text *name, const struct oracle_text *route,
                        const struct oracle_text *mailbox, const struct oracle_text *host)
{
	if (name->len) {
		oracle_put(&o->out, "[");
		oracle_add(&o->out, name->data, name->len);
		oracle_put(&o->out, "]");
	}
	oracle_put(&o->out, "<");
	if (route->len) {
		oracle_add(&o->out, route->data, route->len);
		oracle_put(&o->out, ":");
	}
	oracle_or(&o->out, mailbox, "MISSING_MAILBOX");
	oracle_put(&o->out, "@");
	oracle_or(&o->out, host, "MISSING_DOMAIN");
	oracle_put(&o->out, ">");
}

/* "<" [obs-route] addr-spec ">", without its ">" if need be */
static struct oracle_text oracle_angle(struct oracle *o, struct oracle_address *a)
{
	struct oracle_text route = {"", 0};
	size_t end;

	a->at = false;
	a->domain = a->domain_end = 0;
	for (; oracle_now(o)->kind == '<'; o->next++)
		oracle_note(o, a);
	if (oracle_one_of(oracle_now(o), "@,")) {
		for (end = o->next; oracle_one_of(&o->tokens[end], "@,.ad");)
			end++;
		if (o->tokens[end].kind == ':') {
			route = oracle_join(o, o->next, end, false);
			for (; o->next < end; o->next++)
				oracle_note(o, a);
			o->next++;
		}
	}
	a->local = a->local_end = o->next;
	for (; !oracle_one_of(oracle_now(o), "e><,;"); o->next++) {
		oracle_note(o, a);
		if (a->at) {
			if (!oracle_domain(o, a))
				break;
		} else if (oracle_now(o)->kind == '@') {
			oracle_at(o, a);
		} else {
			a->local_end = o->next + 1;
		}
	}
	return route;
}

static void oracle_group(struct oracle *o, size_t from)
{
	struct oracle_text name;

	if (o->in_group) { /* which ends here */
		oracle_put(&o->out, "}");
		o->in_group = false;
		o->next = from;
		o->tokens[from].has_comment = o->tokens[from].space = false;
		return;
	}
	name = oracle_join(o, from, o->next, true);
	o->next++;
	o->in_group = name.len > 0;
	if (o->in_group) {
		oracle_put(&o->out, "{");
		oracle_add(&o->out, name.data, name.len);
	}
}

static void oracle_address(struct oracle *o)
{
	struct oracle_text name = {"", 0}, route = {"", 0}, mailbox, host = {"", 0};
	struct oracle_address a;
	size_t from = o->next;

	memset(&a, 0, sizeof(a));
	a.local = a.local_end = from;
	for (; !oracle_one_of(oracle_now(o), "e><,;:"); o->next++) {
		oracle_note(o, &a);
		if (a.at) {
			if (!oracle_domain(o, &a))
				break;
		} else if (oracle_now(o)->kind == '@') {
			oracle_at(o, &a);
		} else {
			if (o->next > from && !oracle_connected(oracle_now(o)))
				a.local = o->next;
			a.local_end = o->next + 1;
		}
	}
	if (oracle_now(o)->kind == ':') {
		oracle_group(o, from);
		return;
	}
	if (oracle_now(o)->kind == '<') {
		name = oracle_join(o, from, o->next, true);
		route = oracle_angle(o, &a);
		mailbox = oracle_join(o, a.local, a.local_end, false);
		host = oracle_join(o, a.domain, a.domain_end, false);
		if (oracle_now(o)->kind == '>') {
			oracle_note(o, &a);
			o->next++;
		}
	} else if (a.at) {
		name = oracle_join(o, from, a.local, true);
		mailbox = oracle_join(o, a.local, a.local_end, false);
		host = oracle_join(o, a.domain, a.domain_end, false);
	} else {
		mailbox = oracle_join(o, from, o->next, true);
	}
	oracle_note(o, &a);
	if (!name.len)
		name = oracle_clean(&a.comment);
	oracle_show(o, &name, &route, &mailbox, &host);
	if (oracle_one_of(oracle_now(o), ",>"))
		o->next++;
	else
		o->tokens[o->next].has_comment = false;
}

static const char *oracle_addresses(struct oracle *o, const char *body, size_t len)
{
	o->in = body;
	o->at = o->count = o->next = 0;
	o->len = len;
	o->in_group = false;
	o->out.len = 0;
	o->out.data[0] = '\0';
	do {
		oracle_token(o);
	} while (o->tokens[o->count - 1].kind != 'e');
	for (; oracle_now(o)->kind != 'e';) {
		if (oracle_now(o)->kind == ';') {
			oracle_put(&o->out, o->in_group ? "}" : "");
			o->in_group = false;
			o->next++;
		} else if (oracle_one_of(oracle_now(o), ",>:")) {
			o->next++;
		} else {
			oracle_address(o);
		}
	}
	oracle_put(&o->out, o->in_group ? "}" : "");
	return o->out.data;
}

/* ---- any lists ----------------------------------------------------------------------------- */

enum { ORACLE_LIST = 256 };

static uint32_t oracle_random(uint32_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	return *random ^= *random << 5;
}

/* One made of pieces of lists, of less than ORACLE_LIST octets; `folded`: it may stand in a field. */
static size_t oracle_list(uint32_t *random, char *body, bool folded)
{
	static const char *const pieces[] = {
		"a", "joe", "Blow", "x.y", "\xc3\xb6", "\xff", " ", " ", "\t", "\r\n ", "\"", "\"", "\\",
		"(", ")", "(", ")", "<", ">", "<", ">", "@", "@", "@", ".", ",", ",", ";", ":", "[", "]",
		"=", "?", "=?", "?=", "=?u?q?a,b?=", "/", "\x1b", "\x7f", "@a,@b:", "<a@b>", "G: ", "(c)",
		"\"q\"", "a@b", "%n",
		"\r", "\n", "", /* the last is NUL */
	};
	const size_t count = sizeof(pieces) / sizeof(pieces[0]);
	size_t len = 0, n = oracle_random(random) % 20;

	while (n--) {
		size_t k = oracle_random(random) % (folded ? count - 3 : count);
		size_t octets = k == count - 1 ? 1 : strlen(pieces[k]);

		memcpy(body + len, pieces[k], octets);
		len += octets;
	}
	return len;
}

#endif
