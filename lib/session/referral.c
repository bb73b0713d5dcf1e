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

int isrv_referral_add(struct imapsrv_session *s, struct imapsrv_span url)
{
	size_t len = s->result.referral ? strlen(s->result.referral) : sizeof(name) - 1;
	struct isrv_url parsed;
	char *code;

	if (!isrv_caps_in(&s->engine->caps, needed(s)) || !url.len || !url.data)
		return IMAPSRV_EINVAL;
	if (url.len > URL_MAX || len + 1 + url.len > sizeof(name) + CODE_MAX)
		return IMAPSRV_ETOOBIG;
	switch (isrv_url_parse(&parsed, &s->arena, url)) {
	case ISRV_URL_NOMEM:
		return IMAPSRV_ENOMEM;
	case ISRV_URL_BAD:
		return IMAPSRV_EINVAL;
	case ISRV_URL_OK:
		break;
	}
	if (!is_referral(s, &parsed, url))
		return IMAPSRV_EINVAL;
	code = isrv_arena_alloc(&s->arena, len + 1 + url.len + 1);
	if (!code)
		return IMAPSRV_ENOMEM;
	memcpy(code, s->result.referral ? s->result.referral : name, len);
	code[len] = ' ';
	memcpy(code + len + 1, url.data, url.len);
	code[len + 1 + url.len] = '\0';
	s->result.referral = code;
	return 0;
}

const char *isrv_referral_code(const struct imapsrv_session *s)
{
	return isrv_caps_has(s, needed(s)) ? s->result.referral : NULL;
}
