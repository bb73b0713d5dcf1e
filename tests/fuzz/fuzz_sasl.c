/* SPDX-License-Identifier: MIT */
/*
 * AUTHENTICATE with any messages.  The first octet picks the mechanism, the second whether there is
 * an initial response and what the host thinks of it; then come the client's messages, before they
 * are base64, with "|" between them.  Asserted: the session asks for more, or answers; it lets
 * nobody in whom the host did not, and by SCRAM nobody at all, for the host's keys fit no password.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "strict/strict.h"
#include "unit/nullstore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static const char *const mechanisms[] = {
	"PLAIN",   "LOGIN",         "EXTERNAL",           "ANONYMOUS", "OAUTHBEARER",
	"XOAUTH2", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS",
};

struct host {
	unsigned mood;
	unsigned let_in;
};

static void login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct host *h = user;

	ASSERT(strncmp(q->mechanism, "SCRAM", 5) != 0);
	if (h->mood & 2) {
		h->let_in++;
		imapsrv_op_account(op, &account);
	}
	imapsrv_op_done(op, h->mood & 2 ? IMAPSRV_OK
	                    : h->mood & 4 ? IMAPSRV_AUTHORIZATIONFAILED
	                                  : IMAPSRV_AUTHENTICATIONFAILED,
	                NULL);
}

static void keys(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	struct imapsrv_scram_keys k = IMAPSRV_SCRAM_KEYS_INIT;
	struct host *h = user;

	ASSERT(q->authcid.len && !memchr(q->authcid.data, '\0', q->authcid.len));
	k.salt = "salt";
	k.salt_len = 4;
	k.iterations = 4096;
	if (h->mood & 2)
		imapsrv_op_keys(op, &k);
	imapsrv_op_done(op, h->mood & 2 ? IMAPSRV_OK : IMAPSRV_AUTHENTICATIONFAILED, NULL);
}

static void entropy(void *user, void *to, size_t len)
{
	(void)user;
	memset(to, 7, len);
}

static void feed(struct imapsrv_session *s, const char *data, size_t len)
{
	size_t used, at = 0;

	while (at < len && imapsrv_session_want(s) & IMAPSRV_WANT_READ &&
	       !imapsrv_session_recv(s, data + at, len - at, &used) && used)
		at += used;
}

static void on_response(void *user, const char *data, size_t len)
{
	(void)user;
	(void)data;
	(void)len;
}

/* Empties the output, which has to be legal; does it end in a line that asks for more? */
static bool drain(struct imapsrv_session *s, struct st *wire)
{
	struct imapsrv_span span;
	bool more = false;
	size_t count;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		ASSERT(span.len);
		more = span.data[0] == '+';
		st_feed(wire, span.data, span.len);
		imapsrv_session_sent(s, span.len);
	}
	ASSERT(!wire->log->count && st_whole(wire));
	return more;
}

static void feed_base64(struct imapsrv_session *s, const char *data, size_t len)
{
	size_t size = isrv_base64_encoded(len);
	char *text = malloc(size + 2);

	ASSERT(text);
	isrv_base64_put(text, data, len);
	memcpy(text + size, "\r\n", 2);
	feed(s, text, size + 2);
	free(text);
}

static struct imapsrv_engine *engine_new(void)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;

	store.login = login;
	sasl.builtin = IMAPSRV_MECHANISM_LOGIN | IMAPSRV_MECHANISM_ANONYMOUS |
	               IMAPSRV_MECHANISM_OAUTHBEARER | IMAPSRV_MECHANISM_XOAUTH2;
	sasl.oauth_scope = "scope";
	sasl.keys = keys;
	sasl.entropy = entropy;
	sasl.secret = "0123456789abcdef";
	sasl.secret_len = 16;
	config.store = &store;
	config.sasl = &sasl;
	ASSERT(imapsrv_engine_new(&config, &engine) == 0);
	return engine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s;
	struct host host = {0};
	struct tx_log log = {0};
	struct st wire = {.log = &log, .each = on_response};
	const char *at = (const char *)data + 2, *end = (const char *)data + size;
	char line[64];

	if (size >= 2) {
		host.mood = data[1];
		config.user = &host;
		config.secure = 1;
		ASSERT(imapsrv_session_new(engine, &config, &s) == 0);
		ASSERT(imapsrv_session_set_external(s, "fred", 4) == 0);
		ASSERT(imapsrv_session_set_channel_binding(s, "tls-exporter", "xyz", 3) == 0);
		drain(s, &wire);
		snprintf(line, sizeof(line), "a AUTHENTICATE %s%s", mechanisms[data[0] % 8],
		         data[1] & 1 ? " " : "\r\n");
		feed(s, line, strlen(line));
		while (at < end && imapsrv_session_state(s) == IMAPSRV_NOT_AUTHENTICATED &&
		       (host.mood & 1 || drain(s, &wire))) {
			const char *bar = memchr(at, '|', (size_t)(end - at));
			size_t len = bar ? (size_t)(bar - at) : (size_t)(end - at);

			feed_base64(s, at, len);
			at += len + (bar ? 1 : 0);
			host.mood &= ~1u;
		}
		drain(s, &wire);
		if (imapsrv_session_state(s) == IMAPSRV_AUTHENTICATED)
			ASSERT(host.let_in == 1);
		imapsrv_session_free(s);
		st_free(&wire);
	}
	imapsrv_engine_free(engine);
	return 0;
}
