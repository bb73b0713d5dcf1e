/* SPDX-License-Identifier: MIT */
/*
 * host/storesasl - mechanisms of the host's own (imapsrv/sasl.h): LOGIN, which shows the password,
 * and X-STEPS, which takes three steps and fails at whichever the client likes.
 *
 * 	LOGIN    challenges "User Name" and "Password"
 * 	X-STEPS  challenges "1", "2" and "" to the responses "a", "b", "c"; then the first user is in.
 * 	         An initial response is the first "a"
 */
#include "host/teststore.h"

#include <stdlib.h>
#include <string.h>

static const char *const mechanisms[] = {"LOGIN", "X-STEPS", NULL};

static void on_step(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_SASL);
	struct ts *ts = q->link->ts;

	q->flag = strcmp(in->mechanism, "X-STEPS") == 0;
	if (!q->flag && strcmp(in->mechanism, "LOGIN") != 0)
		tx_complain(ts->log, "sasl: mechanism '%s'", in->mechanism);
	if (!*in->exchange)
		*in->exchange = ts_handle_new(q->link, TS_EXCHANGE);
	else if (!in->has_response)
		tx_complain(ts->log, "sasl: a later step without a response");
	q->body = ts_handle_of(q->link, "sasl", *in->exchange, TS_EXCHANGE);
	q->facts = in->has_response != 0;
	q->name = ts_op_text(q, in->response);
	q->len = in->response.len;
	ts_op_asked(q);
}

static void on_end(void *user, void *exchange)
{
	struct ts_link *link = user;
	struct ts_handle *h = ts_handle_of(link, "end", exchange, TS_EXCHANGE);

	ts_enter(link);
	if (link->op)
		tx_complain(link->ts->log, "the exchange ends while %s is open",
		            ts_kind_names[link->op->kind]);
	if (h)
		ts_handle_close(link->ts, h);
	ts_leave(link);
}

/* What is to be done: go on with a challenge, let in, or refuse. */
static const char *next_challenge(struct ts_op *q, const struct ts_user **in)
{
	static const char *const responses[] = {"a", "b", "c"};
	static const char *const challenges[] = {"1", "2", ""};
	struct ts_handle *h = q->body;
	const struct ts_user *u;

	*in = NULL;
	if (!h)
		return NULL;
	if (!q->facts)
		return q->flag ? challenges[0] : "User Name";
	if (q->flag) { /* h->len: how many responses came */
		if (h->len > 2 || strcmp(q->name, responses[h->len]) != 0)
			return NULL;
		if (++h->len < 3)
			return challenges[h->len];
		*in = ts_find_user(q->link->ts, NULL);
		return NULL;
	}
	if (!h->name) {
		h->name = tx_dup(q->name, q->len);
		return "Password";
	}
	u = ts_find_user(q->link->ts, h->name);
	if (u && strcmp(u->password, q->name) == 0)
		*in = u;
	return NULL;
}

void ts_answer_sasl(struct ts_op *q)
{
	const struct ts_user *in;
	const char *challenge = next_challenge(q, &in);
	struct imapsrv_account account;

	if (challenge) {
		imapsrv_op_challenge(q->op, challenge, strlen(challenge));
	} else if (in) {
		ts_preauth(q->link, in->name, &account);
		imapsrv_op_account(q->op, &account);
	} else {
		imapsrv_op_done(q->op, IMAPSRV_AUTHENTICATIONFAILED, "Not with that");
		return;
	}
	imapsrv_op_done(q->op, IMAPSRV_OK, NULL);
}

/* ---- SCRAM ------------------------------------------------------------------------------ */

static void on_keys(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *in)
{
	struct ts_op *q = ts_op_new(user, op, TS_KEYS);

	if (strncmp(in->mechanism, "SCRAM-SHA-256", 13) != 0)
		tx_complain(q->link->ts->log, "keys: mechanism '%s'", in->mechanism);
	q->name = ts_op_text(q, in->authcid);
	ts_op_asked(q);
}

/* Making keys takes long, and the passwords are always the same: they are made once. */
static const struct imapsrv_scram_keys *keys_of(const char *password)
{
	static struct imapsrv_scram_keys keys[8];
	static char passwords[8][32];
	size_t i;

	for (i = 0; i < 7 && passwords[i][0]; i++)
		if (strcmp(passwords[i], password) == 0)
			return &keys[i];
	memcpy(passwords[i], password, strlen(password) + 1);
	keys[i] = (struct imapsrv_scram_keys)IMAPSRV_SCRAM_KEYS_INIT;
	keys[i].salt = "salt of 16 bytes";
	keys[i].salt_len = 16;
	keys[i].iterations = 4096;
	if (imapsrv_scram_derive(&keys[i], password, strlen(password)))
		abort();
	return &keys[i];
}

void ts_answer_keys(struct ts_op *q)
{
	const struct ts_user *u = *q->name ? ts_find_user(q->link->ts, q->name) : NULL;

	if (u)
		imapsrv_op_keys(q->op, keys_of(u->password));
	imapsrv_op_done(q->op, u ? IMAPSRV_OK : IMAPSRV_AUTHENTICATIONFAILED, NULL);
}

/* Anybody can guess: the nonce is "AAECAwQFBgcICQoLDA0ODxAR". */
static void on_entropy(void *user, void *to, size_t len)
{
	ts_enter(user);
	for (size_t i = 0; i < len; i++)
		((unsigned char *)to)[i] = (unsigned char)i;
	ts_leave(user);
}

void ts_fill_sasl(const struct ts *ts, struct imapsrv_sasl *sasl)
{
	*sasl = (struct imapsrv_sasl)IMAPSRV_SASL_INIT;
	if (ts->sasl) {
		sasl->mechanisms = mechanisms;
		sasl->plaintext = 1;
		sasl->step = on_step;
		sasl->end = on_end;
	}
	sasl->builtin = ts->builtin;
	sasl->oauth_scope = "imap \"all\"";
	sasl->oauth_configuration = "https://login.example/.well-known/openid-configuration";
	if (ts->scram) {
		sasl->keys = on_keys;
		sasl->entropy = on_entropy;
		sasl->secret = "nobody knows it!";
		sasl->secret_len = 16;
	}
}
