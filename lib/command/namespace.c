/* SPDX-License-Identifier: MIT */
/* command/namespace - NAMESPACE (RFC 9051 6.3.10, RFC 2342): where the account says that names
 * lie. */
#include "base/utf7.h"
#include "base/utf8.h"
#include "command/commands.h"
#include "command/namespace.h"
#include "session/session.h"

/* string: in the encoding of mailbox names, but never an atom (RFC 9051 9 namespace-descr). */
static void put_prefix(struct imapsrv_session *s, struct imapsrv_span prefix)
{
	size_t max = isrv_utf7_encoded_max(prefix.len);
	size_t len = 0;
	char *name;

	if (s->w.utf8 || !prefix.len) {
		isrv_w_string(&s->w, prefix.data, prefix.len);
		return;
	}
	name = isrv_arena_alloc(&s->arena, max);
	if (!name) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	/* It is UTF-8, and there is room for any of that length. */
	(void)isrv_utf7_put(name, max, &len, prefix.data, prefix.len);
	isrv_w_string(&s->w, name, len);
}

/* namespace-trans = SP DQUOTE "TRANSLATION" DQUOTE SP "(" string ")"   (RFC 5255 3.5) */
static void put_translation(struct imapsrv_session *s, struct imapsrv_span prefix)
{
	const struct imapsrv_language *l = &s->engine->language;
	const char *text;

	if (!s->language || !l->translate_prefix || !prefix.len)
		return;
	s->in_callback++;
	text = l->translate_prefix(s->user, s->account.handle, s->language, prefix);
	s->in_callback--;
	if (!text)
		return;
	if (!isrv_utf8_is_name(text, strlen(text))) {
		isrv_session_fault(s, "the translation of a prefix is not UTF-8 without controls");
		return;
	}
	ISRV_W(&s->w, " \"TRANSLATION\" (");
	put_prefix(s, (struct imapsrv_span){text, strlen(text)});
	ISRV_W(&s->w, ")");
}

/* namespace-descr = "(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil) ")" */
static void put_descr(struct imapsrv_session *s, struct imapsrv_span prefix)
{
	struct isrv_writer *w = &s->w;

	ISRV_W(w, "(");
	put_prefix(s, prefix);
	ISRV_W(w, " ");
	if (s->account.separator)
		isrv_w_string(w, &s->account.separator, 1);
	else
		ISRV_W(w, "NIL");
	put_translation(s, prefix);
	ISRV_W(w, ")");
}

/* namespace = nil / "(" 1*namespace-descr ")" */
static void put_kind(struct imapsrv_session *s, enum imapsrv_namespace_kind kind)
{
	struct isrv_writer *w = &s->w;
	bool any = false;

	ISRV_W(w, " ");
	for (size_t i = 0; i < s->account.namespace_count; i++) {
		if (s->account.namespaces[i].kind != kind)
			continue;
		if (!any)
			ISRV_W(w, "(");
		put_descr(s, s->account.namespaces[i].prefix);
		any = true;
	}
	if (any)
		ISRV_W(w, ")");
	else
		ISRV_W(w, "NIL");
}

void isrv_namespace_put(struct imapsrv_session *s)
{
	static const struct imapsrv_span root = {"", 0};
	struct isrv_writer *w = &s->w;

	ISRV_W(w, "* NAMESPACE");
	if (s->account.namespaces) {
		put_kind(s, IMAPSRV_NS_PERSONAL);
		put_kind(s, IMAPSRV_NS_OTHER_USERS);
		put_kind(s, IMAPSRV_NS_SHARED);
	} else {
		ISRV_W(w, " (");
		put_descr(s, root);
		ISRV_W(w, ") NIL NIL");
	}
	isrv_w_crlf(w);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	(void)args;
	isrv_namespace_put(s);
	return isrv_ok(s, "NAMESPACE done");
}

const struct isrv_command isrv_command_namespace = {
	.name = "NAMESPACE",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_NAMESPACE,
	.step = step,
};
