/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "session/referral.h"

#include "wire/url.h"

enum { URL_MAX = 512, CODE_MAX = 8 * (URL_MAX + 1) };

static const char name[] = "REFERRAL";

static enum isrv_cap needed(const struct imapsrv_session *s)
{
	return s->logged_in ? ISRV_CAP_MAILBOX_REFERRALS : ISRV_CAP_LOGIN_REFERRALS;
}

/* An IMAP URL of a server, or of a mailbox there, which has no authorization for others in it.  "]"
 * would end the response code: a server is not named by an IPv6 address. */
static bool is_referral(const struct imapsrv_session *s, const struct isrv_url *u,
                        struct imapsrv_span url)
{
	if (!u->scheme || u->access || memchr(url.data, ']', url.len))
		return false;
	return u->kind == ISRV_URL_SERVER || (u->kind == ISRV_URL_MAILBOX && s->logged_in &&
	                                      !u->search.data);
}

/* ENOMEM, or EINVAL: it cannot be told. */
static int check(struct imapsrv_session *s, struct imapsrv_span url)
{
	struct isrv_arena arena; /* a host may refer of each of many mailboxes in one command */
	struct isrv_url parsed;
	int error = IMAPSRV_EINVAL;

	isrv_arena_init(&arena, &s->mem, SIZE_MAX);
	switch (isrv_url_parse(&parsed, &arena, url)) {
	case ISRV_URL_NOMEM:
		error = IMAPSRV_ENOMEM;
		break;
	case ISRV_URL_BAD:
		break;
	case ISRV_URL_OK:
		error = is_referral(s, &parsed, url) ? 0 : IMAPSRV_EINVAL;
		break;
	}
	isrv_arena_clear(&arena);
	return error;
}

int isrv_referral_add(struct imapsrv_session *s, struct imapsrv_span url)
{
	size_t len = s->ops.referral ? strlen(s->ops.referral) : sizeof(name) - 1;
	char *code;
	int error;

	if (!isrv_caps_in(&s->engine->caps, needed(s)) || !url.len || !url.data)
		return IMAPSRV_EINVAL;
	if (url.len > URL_MAX || len + 1 + url.len > sizeof(name) + CODE_MAX)
		return IMAPSRV_ETOOBIG;
	error = check(s, url);
	if (error)
		return error;
	code = isrv_mem_realloc(&s->mem, s->ops.referral, len + 1, len + 1 + url.len + 1);
	if (!code)
		return IMAPSRV_ENOMEM;
	if (!s->ops.referral)
		memcpy(code, name, len);
	code[len] = ' ';
	memcpy(code + len + 1, url.data, url.len);
	code[len + 1 + url.len] = '\0';
	s->ops.referral = code;
	s->result.referral = code;
	return 0;
}

void isrv_referral_forget(struct imapsrv_session *s)
{
	if (s->ops.referral)
		isrv_mem_free(&s->mem, s->ops.referral, strlen(s->ops.referral) + 1);
	s->ops.referral = NULL;
}

const char *isrv_referral_code(struct imapsrv_session *s)
{
	if (!s->result.referral || !isrv_caps_has(s, needed(s)))
		return NULL;
	return isrv_op_keep_text(s, s->result.referral);
}
