/* SPDX-License-Identifier: MIT */
/*
 * storecheck/defects_login - stores that let in whom they should not, or keep out whom they should
 * let in; that forget with a session what it did; that speak to all sessions as to the last one.
 */
#include "storecheck/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who gets in ---------------------------------------------------------------------------- */

/* Does not look at whom somebody wants to act as. */
static void login_as_himself(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct imapsrv_login changed = *q;

	changed.authzid.len = 0;
	sound.store.login(user, op, &changed);
}

/* Any token will do. */
static void login_token(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct imapsrv_login changed = *q;

	if (!strcmp(q->mechanism, "XOAUTH2") || !strcmp(q->mechanism, "OAUTHBEARER")) {
		changed.mechanism = "LOGIN";
		changed.authcid = (struct imapsrv_span){"fred", 4};
		changed.authzid.len = 0;
		changed.password = (struct imapsrv_span){"x", 1};
	}
	sound.store.login(user, op, &changed);
}

/* Whoever has gone is subscribed to nothing. */
static void logout_forgets(void *user, void *account)
{
	struct ts_user *u = ((struct ts_handle *)account)->user;

	while (u->subscription_count)
		free(u->subscriptions[--u->subscription_count]);
	sound.store.logout(user, account);
}

/* ---- mechanisms of its own ------------------------------------------------------------------ */

/* Does not look at the last response. */
static void step_anything(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q)
{
	struct imapsrv_sasl_step changed = *q;
	const struct ts_handle *h = *q->exchange;

	if (!strcmp(q->mechanism, "X-STEPS") && h && h->len == 2)
		changed.response = (struct imapsrv_span){"c", 1};
	sound.sasl.step(user, op, &changed);
}

static bool taken;

/* Lets in one, and no other after him. */
static void step_once(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q)
{
	if (!*q->exchange && taken)
		imapsrv_op_done(op, IMAPSRV_AUTHENTICATIONFAILED, NULL);
	else
		sound.sasl.step(user, op, q);
	taken |= ((struct ts_link *)user)->logged_in;
}

static struct ts_handle *unfinished(void *user, bool of_all)
{
	struct ts_handle *h = store_of(user)->handles;

	while (h && (h->kind != TS_EXCHANGE || (!of_all && h->link != user)))
		h = h->next;
	return h;
}

/* Keeps what was said with the connection, and goes on there. */
static void step_goes_on(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q)
{
	if (!*q->exchange)
		*q->exchange = unfinished(user, false);
	sound.sasl.step(user, op, q);
}

static void end_nothing(void *user, void *exchange)
{
	if (((struct ts_link *)user)->logged_in)
		sound.sasl.end(user, exchange);
}

/* Is never content. */
static void step_endless(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q)
{
	(void)user;
	(void)q;
	imapsrv_op_challenge(op, "go on", 5);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Has one exchange for all. */
static void step_of_all(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q)
{
	if (!*q->exchange)
		*q->exchange = unfinished(user, true);
	sound.sasl.step(user, op, q);
}

static void end_of_all(void *user, void *exchange)
{
	if (unfinished(user, true) == exchange)
		sound.sasl.end(user, exchange);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void give_keys(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q,
                      const char *password, const char *salt, uint32_t iterations)
{
	struct imapsrv_scram_keys keys = IMAPSRV_SCRAM_KEYS_INIT;

	keys.salt = salt;
	keys.salt_len = 16;
	keys.iterations = iterations;
	if (q->authcid.len != 4 || memcmp(q->authcid.data, "fred", 4) != 0) {
		sound.sasl.keys(user, op, q);
		return;
	}
	imapsrv_scram_derive(&keys, password, strlen(password));
	imapsrv_op_keys(op, &keys);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void keys_of_another(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	give_keys(user, op, q, "y", "salt of 16 bytes", 4096);
}

static void keys_salted_anew(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	char salt[17];

	snprintf(salt, sizeof(salt), "%016llu", (unsigned long long)store_of(user)->op_count);
	give_keys(user, op, q, "x", salt, 4096);
}

/* More of them than are shown for names that do not exist. */
static void keys_iterated(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	give_keys(user, op, q, "x", "salt of 16 bytes", 5000);
}

/* And each time more. */
static void keys_harder(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	static uint32_t iterations;

	iterations = iterations % 100 + 1;
	give_keys(user, op, q, "x", "salt of 16 bytes", 4096 + iterations);
}

/* Knows the client, and does not show to him that it does. */
static void keys_unsigned(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	struct imapsrv_scram_keys keys = IMAPSRV_SCRAM_KEYS_INIT;

	if (q->authcid.len != 4 || memcmp(q->authcid.data, "fred", 4) != 0) {
		sound.sasl.keys(user, op, q);
		return;
	}
	keys.salt = "salt of 16 bytes";
	keys.salt_len = 16;
	keys.iterations = 4096;
	imapsrv_scram_derive(&keys, "x", 1);
	keys.server_key[0] ^= 1;
	imapsrv_op_keys(op, &keys);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void entropy_none(void *user, void *to, size_t len)
{
	(void)user;
	memset(to, 7, len);
}

/* ---- languages ------------------------------------------------------------------------------ */

static const char *spoken;

/* Switches the language of the process, as setlocale does. */
static const char *translate_all(void *user, const char *tag, const char *text)
{
	if (!strcmp(text, "LANGUAGE done"))
		spoken = tag;
	return sound.language.translate(user, spoken ? spoken : tag, text);
}

static const char *prefix_of_all(void *user, void *account, const char *tag,
                                 struct imapsrv_span prefix)
{
	return sound.language.translate_prefix(user, account, spoken ? spoken : tag, prefix);
}

static const char *translate_and_note(void *user, const char *tag, const char *text)
{
	if (!strcmp(text, "LANGUAGE done"))
		spoken = tag;
	return sound.language.translate(user, tag, text);
}

/* ---- the clock ------------------------------------------------------------------------------ */

static int64_t clock_since_start(void *user)
{
	(void)user;
	return 100;
}

#define PUT(name, member)                                                                          \
	static void put_##name(struct tables *t)                                                   \
	{                                                                                          \
		t->member = name;                                                                  \
	}
PUT(login_as_himself, store.login)
PUT(login_token, store.login)
PUT(logout_forgets, store.logout)
PUT(step_anything, sasl.step)
PUT(keys_of_another, sasl.keys)
PUT(keys_salted_anew, sasl.keys)
PUT(keys_iterated, sasl.keys)
PUT(keys_harder, sasl.keys)
PUT(keys_unsigned, sasl.keys)
PUT(entropy_none, sasl.entropy)
PUT(step_endless, sasl.step)
PUT(clock_since_start, config.clock)

static void put_step_once(struct tables *t)
{
	taken = false;
	t->sasl.step = step_once;
}

static void put_step_goes_on(struct tables *t)
{
	t->sasl.step = step_goes_on;
	t->sasl.end = end_nothing;
}

static void put_step_of_all(struct tables *t)
{
	t->sasl.step = step_of_all;
	t->sasl.end = end_of_all;
}

static void put_translate_all(struct tables *t)
{
	spoken = NULL;
	t->language.translate = translate_all;
}

static void put_prefix_of_all(struct tables *t)
{
	spoken = NULL;
	t->language.translate = translate_and_note;
	t->language.translate_prefix = prefix_of_all;
}

static void put_restored_of_another(struct tables *t)
{
	t->restored = KIT_OF_ANOTHER;
}

static void put_restored_up_to_date(struct tables *t)
{
	t->restored = KIT_UP_TO_DATE;
}

static void put_restored_not(struct tables *t)
{
	t->restored = KIT_NOT;
}

static void put_speechless(struct tables *t)
{
	t->speechless = true;
}

const struct defect defects_login[] = {
	{"login-as-himself", "login.identity", put_login_as_himself, NULL, NULL, false},
	{"login-token", "login.refused", put_login_token, NULL, NULL, false},
	{"logout-forgets", "logout.keeps", put_logout_forgets, NULL, NULL, false},
	{"step-anything", "sasl.refused", put_step_anything, NULL, NULL, false},
	{"step-once", "sasl.known", put_step_once, NULL, NULL, false},
	{"step-endless", "sasl.known", put_step_endless, NULL, NULL, false},
	{"step-goes-on", "sasl.cancelled", put_step_goes_on, NULL, NULL, false},
	{"step-of-all", "sasl.apart", put_step_of_all, NULL, NULL, false},
	{"keys-of-another", "keys.known", put_keys_of_another, NULL, NULL, false},
	{"keys-salted-anew", "keys.stay", put_keys_salted_anew, NULL, NULL, false},
	{"keys-iterated", "keys.alike", put_keys_iterated, NULL, NULL, false},
	{"keys-harder", "keys.stay", put_keys_harder, NULL, NULL, false},
	{"keys-unsigned", "keys.known", put_keys_unsigned, NULL, NULL, false},
	{"entropy-none", "keys.entropy", put_entropy_none, NULL, NULL, false},
	{"translate-all", "language.same", put_translate_all, NULL, NULL, false},
	{"prefix-of-all", "language.prefix", put_prefix_of_all, NULL, NULL, false},
	{"clock-since-start", "clock.now", put_clock_since_start, NULL, NULL, false},
	{"restored-of-another", "saved.back", put_restored_of_another, NULL, NULL, false},
	{"restored-up-to-date", "saved.told", put_restored_up_to_date, NULL, NULL, false},
	{"restored-not", "saved.back", put_restored_not, NULL, NULL, false},
	{"client-speechless", "sasl.known", put_speechless, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};
