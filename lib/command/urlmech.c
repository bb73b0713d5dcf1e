/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/urlmech.h"

#include "base/base64.h"

static const char bare[] = "URLMECH INTERNAL";

bool isrv_urlmech_shows(const struct imapsrv_session *s)
{
	return isrv_caps_has(s, ISRV_CAP_URLAUTH) &&
	       (s->secure || !s->engine->urlauth.only_secure);
}

static bool reserve(struct imapsrv_session *s, struct isrv_urlmech *x, size_t more)
{
	size_t need = (x->code ? x->len : sizeof(bare)) + more;
	char *code;

	if (need <= x->cap)
		return true;
	need *= 2;
	code = isrv_arena_grow(&s->arena, x->code, x->cap, need);
	if (!code)
		return false;
	if (!x->code) {
		memcpy(code, bare, sizeof(bare));
		x->len = sizeof(bare) - 1;
	}
	x->code = code;
	x->cap = need;
	return true;
}

/* mechanism ["=" base64] */
void isrv_urlmech_take(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct isrv_op_mechanism *m = answer;
	struct isrv_urlmech *x = ctx;
	size_t name = strlen(m->name);

	if (strcmp(m->name, "INTERNAL") == 0)
		return; /* it stands there always, without data */
	if (!reserve(s, x, name + isrv_base64_encoded(m->data.len) + 3)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	x->code[x->len++] = ' ';
	memcpy(x->code + x->len, m->name, name);
	x->len += name;
	if (m->data.len) {
		x->code[x->len++] = '=';
		isrv_base64_put(x->code + x->len, m->data.data, m->data.len);
		x->len += isrv_base64_encoded(m->data.len);
	}
	x->code[x->len] = '\0';
}

const char *isrv_urlmech_code(const struct isrv_urlmech *x)
{
	return x->code ? x->code : bare;
}

enum isrv_step isrv_urlmech_step(struct imapsrv_session *s, struct isrv_urlmech *x)
{
	struct imapsrv_url_mailbox q = {.account = s->account.handle};

	/* What has the name of one that was deleted is another: what the host says of that is not
	 * told. */
	if (!x->asked && s->engine->urlauth.describe && !s->view->removed) {
		if (!isrv_session_copy_name(s, s->view, &q.mailbox))
			return ISRV_DONE;
		x->asked = true;
		ISRV_ASK(s, ISRV_OP_URL_MECHANISM, urlauth, describe, &q, isrv_urlmech_take, x);
	}
	if (x->asked && !isrv_answered(s))
		return ISRV_HOST;
	if (s->view->removed)
		x->code = NULL;
	isrv_untagged(s, "OK", isrv_urlmech_code(x), "Mechanisms to authorize URLs with");
	return ISRV_DONE;
}
