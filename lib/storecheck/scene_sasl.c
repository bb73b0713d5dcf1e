/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_sasl - who gets in by AUTHENTICATE: as whom, with mechanisms of the library that
 * end in `login`, and with those that the host does itself, whose client is the host's as well.
 */
#include <string.h>

#include "storecheck/exchange.h"

enum { STEPS = 20 }; /* of an exchange */

/* ---- the host's own mechanisms ----------------------------------------------------------- */

/* One response; true: another one is wanted. */
static bool step(struct isrv_sc_client *k, const char *mechanism, uint32_t n, bool wrong)
{
	static const struct imapsrv_span ours = {"kit", 3};
	struct isrv_sc *c = k->c;
	struct imapsrv_response q = {sizeof(q), mechanism, n, {NULL, 0}, wrong};
	struct imapsrv_span response = ours;

	if (c->check.respond &&
	    (!isrv_sc_challenge(k, &q.challenge) ||
	     c->check.respond(c->check.user, &q, &response))) {
		isrv_sc_give_up(k);
		return false;
	}
	return isrv_sc_reply(k, response.data, response.len);
}

/* A whole exchange. */
static void exchange(struct isrv_sc_client *k, const char *mechanism, bool wrong)
{
	uint32_t n = 0;

	for (bool more = isrv_sc_authenticate(k, mechanism); more && n < STEPS; n++)
		more = step(k, mechanism, n, wrong);
	if (n == STEPS)
		isrv_sc_give_up(k);
}

static void right(struct isrv_sc *c, const char *mechanism)
{
	struct isrv_sc_client *k = &c->clients[0];

	for (unsigned round = 0; round < 3 && isrv_sc_offered(c, 0, mechanism); round++) {
		exchange(k, mechanism, false);
		isrv_sc_want(c, isrv_sc_is_in(k), ISRV_SC_SASL_KNOWN,
		             "the right responses of %s let nobody in, after they let somebody in "
		             "%u times",
		             mechanism, round);
	}
}

static void wrong(struct isrv_sc *c, const char *mechanism)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_offered(c, 0, mechanism))
		return;
	exchange(k, mechanism, true);
	isrv_sc_want(c, k->told.status != ISRV_SC_OK, ISRV_SC_SASL_REFUSED,
	             "wrong responses of %s let somebody in", mechanism);
	if (c->check.respond)
		isrv_sc_want(c, isrv_sc_code(k, "AUTHENTICATIONFAILED"), ISRV_SC_SASL_REFUSED,
		             "the refusal of %s is not AUTHENTICATIONFAILED", mechanism);
}

/* RFC 9051 6.2.2: "*" at any step.  What was said until then counts for nothing. */
static void cancelled(struct isrv_sc *c, const char *mechanism)
{
	struct isrv_sc_client *k = &c->clients[0];

	for (uint32_t at = 0; at < STEPS && isrv_sc_offered(c, 0, mechanism); at++) {
		bool more = isrv_sc_authenticate(k, mechanism);

		for (uint32_t n = 0; more && n < at; n++)
			more = step(k, mechanism, n, false);
		if (!more)
			return;
		isrv_sc_give_up(k);
		isrv_sc_want(c, k->told.status == ISRV_SC_BAD, ISRV_SC_SASL_CANCELLED,
		             "%s was cancelled at step %u, and not answered BAD", mechanism, at);
		if (!isrv_sc_live(c) || !c->check.respond)
			continue;
		exchange(k, mechanism, false);
		isrv_sc_want(c, isrv_sc_is_in(k), ISRV_SC_SASL_CANCELLED,
		             "%s was cancelled at step %u, and fails when it begins again",
		             mechanism, at);
	}
}

/* Two exchanges, a step of the one and a step of the other; one of them is wrong. */
static void apart(struct isrv_sc *c, const char *mechanism, unsigned liar)
{
	bool more[2] = {false, false};

	if (c->check.sessions < 2 || !c->check.respond)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (!isrv_sc_live(c) || !isrv_sc_offered(c, i, mechanism))
			return;
	for (unsigned i = 0; i < 2; i++)
		more[i] = isrv_sc_authenticate(&c->clients[i], mechanism);
	for (uint32_t n = 0; (more[0] || more[1]) && n < STEPS; n++)
		for (unsigned i = 0; i < 2; i++)
			if (more[i])
				more[i] = step(&c->clients[i], mechanism, n, i == liar);
	isrv_sc_want(c, c->clients[liar].told.status != ISRV_SC_OK, ISRV_SC_SASL_APART,
	             "of two clients at a time that use %s one is wrong, and gets in", mechanism);
	isrv_sc_want(c, isrv_sc_is_in(&c->clients[1 - liar]), ISRV_SC_SASL_APART,
	             "of two clients at a time that use %s one is right, and does not get in",
	             mechanism);
	isrv_sc_disconnect(&c->clients[1]);
}

static void mechanisms(struct isrv_sc *c)
{
	for (const char *const *m = c->sasl.mechanisms; *m && isrv_sc_live(c); m++) {
		if (c->check.respond)
			right(c, *m);
		wrong(c, *m);
		cancelled(c, *m);
		apart(c, *m, 0);
		apart(c, *m, 1);
	}
}

/* ---- what ends in `login` ---------------------------------------------------------------- */

/* AUTHENTICATE PLAIN (RFC 4616 2, which has no empty password): as `authzid`, with the name and
 * password of the kit. */
static void plain(struct isrv_sc_client *k, const char *authzid)
{
	struct isrv_sc *c = k->c;
	struct isrv_buf *to = &c->scratch;

	if (isrv_sc_authenticate(k, "PLAIN")) {
		to->len = 0;
		isrv_sc_add(c, to, authzid, strlen(authzid) + 1);
		isrv_sc_add(c, to, c->check.name, strlen(c->check.name) + 1);
		isrv_sc_add(c, to, c->check.password, strlen(c->check.password));
		isrv_sc_reply(k, to->data, to->len);
	}
}

static void identity(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	const char *const wanted[] = {"", c->check.name};

	for (unsigned i = 0; i < 2 && isrv_sc_offered(c, 0, "PLAIN"); i++) {
		plain(k, wanted[i]);
		isrv_sc_want(c, isrv_sc_is_in(k), ISRV_SC_LOGIN_IDENTITY,
		             "\"%s\" may not log in to act as \"%s\"", c->check.name, wanted[i]);
	}
	if (!isrv_sc_offered(c, 0, "PLAIN"))
		return;
	plain(k, "nobody-of-this-name");
	isrv_sc_want(c, k->told.status != ISRV_SC_OK, ISRV_SC_LOGIN_IDENTITY,
	             "\"%s\" may log in to act as a user that does not exist", c->check.name);
}

/* Tokens that nobody gave out (RFC 7628 3.1, and XOAUTH2). */
static void tokens(struct isrv_sc *c)
{
	static const char bearer[] = "n,,\001auth=Bearer kit-has-no-token\001\001";
	static const char old[] = "user=kit\001auth=Bearer kit-has-no-token\001\001";
	static const uint32_t bits[] = {IMAPSRV_MECHANISM_OAUTHBEARER, IMAPSRV_MECHANISM_XOAUTH2};
	struct isrv_sc_client *k = &c->clients[0];

	for (unsigned i = 0; i < 2 && isrv_sc_live(c); i++) {
		const char *mechanism = i ? "XOAUTH2" : "OAUTHBEARER";
		const char *first = i ? old : bearer;

		if (!(c->sasl.builtin & bits[i]))
			continue;
		/* The error is told as a challenge, which a client answers with next to nothing. */
		if (isrv_sc_offered(c, 0, mechanism) && isrv_sc_authenticate(k, mechanism)) {
			if (isrv_sc_reply(k, first, strlen(first)))
				isrv_sc_reply(k, "\001", 1);
			isrv_sc_want(c, k->told.status != ISRV_SC_OK, ISRV_SC_LOGIN_REFUSED,
			             "a token that nobody gave out lets somebody in by %s",
			             mechanism);
		}
	}
}

const struct isrv_sc_scene isrv_sc_scenes_sasl[] = {
	{"identity", "name password login", identity},
	{"tokens", "name login tokens", tokens},
	{"mechanisms", "name mechanisms", mechanisms},
	{NULL, NULL, NULL},
};
