/* SPDX-License-Identifier: MIT */
/*
 * What is compared with a secret (ATTACKS T35): as much work wherever the two differ, so that nobody finds one
 * octet after the other by the time that an answer takes.
 */
#include "attack/counted.h"
#include "base/base64.h"
#include "base/mem.h"
#include "unit/nullstore.h"
#include "unit/row.h"

/* The routine that all comparisons of secrets go through. */
static void T35_compared(void **state)
{
	unsigned char a[200], b[200];
	uint64_t same = 0;

	(void)state;
	memset(a, 0x5a, sizeof(a));
	for (size_t len = 0; len <= sizeof(a); len += 8)
		for (size_t at = 0; at <= len; at++) {
			uint64_t work;
			bool is;

			memcpy(b, a, sizeof(b));
			if (at)
				b[at - 1] ^= (unsigned char)(1u << at % 8);
			work = counted_work();
			is = isrv_mem_same(a, b, len);
			work = counted_work() - work;
			ROW(at, is == !at);
			if (!at)
				same = work;
			ROW(at, work == same);
		}
}

/* ---- a host -------------------------------------------------------------------------------- */

static struct imapsrv_scram_keys the_keys;

static void keys(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	(void)user;
	(void)q;
	imapsrv_op_keys(op, &the_keys);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void entropy(void *user, void *to, size_t len)
{
	(void)user;
	memset(to, 7, len);
}

static void identify(void *user, void *account, struct imapsrv_url_identity *identity)
{
	(void)user;
	(void)account;
	identity->user = (struct imapsrv_span){"fred", 4};
}

static void token(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	static const unsigned char is[16] = {0x11, 0x22, 0x33};

	(void)user;
	(void)q;
	imapsrv_op_url_token(op, is, sizeof(is));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void url_open(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NONEXISTENT, NULL);
}

static void reset(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

/* What the session says to the lines, and the work of the last of them. */
static uint64_t say(bool in, const char *const *lines, size_t count, char *out, size_t size)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_urlauth urlauth = IMAPSRV_URLAUTH_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	uint64_t work = 0;
	size_t len = 0;

	limits.login_delay = UINT32_MAX;
	sasl.keys = keys;
	sasl.entropy = entropy;
	sasl.secret = "0123456789abcdef";
	sasl.secret_len = 16;
	urlauth.identify = identify;
	urlauth.token = token;
	urlauth.open = url_open;
	urlauth.reset = reset;
	config.store = &store;
	config.sasl = &sasl;
	config.urlauth = &urlauth;
	config.limits = &limits;
	client.secure = 1;
	client.preauth = in ? &account : NULL;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
	for (size_t i = 0; i <= count; i++) {
		struct imapsrv_span span;
		size_t used, n;

		if (i) {
			work = counted_work();
			imapsrv_session_recv(s, lines[i - 1], strlen(lines[i - 1]), &used);
			work = counted_work() - work;
			len = 0;
		}
		while (!imapsrv_session_peek(s, &span, 1, &n) && n) {
			assert_true(len + span.len < size);
			memcpy(out + len, span.data, span.len);
			len += span.len;
			imapsrv_session_sent(s, span.len);
		}
	}
	out[len] = '\0';
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	return work;
}

/* ---- tests --------------------------------------------------------------------------------- */

/* A token that is wrong in its first octet, in its last, and in each between. */
static void T35_token(void **state)
{
	char line[200], out[2000];
	const char *const lines[] = {line};
	uint64_t first = 0;

	(void)state;
	for (size_t at = 0; at < 32; at++) {
		char hex[33] = "11223300000000000000000000000000";
		uint64_t work;

		hex[at] = hex[at] == '7' ? '8' : '7';
		(void)snprintf(line, sizeof(line),
		               "a URLFETCH \"imap://fred@h/In/;uid=7;urlauth=authuser:internal:%s\"\r\n", hex);
		work = say(true, lines, 1, out, sizeof(out));
		ROW(at, strstr(out, " NIL\r\na OK "));
		if (!at)
			first = work;
		ROW(at, work == first);
	}
}

/* Of hundreds of wrong proofs some have their first octets right when they are compared. */
static void T35_proof(void **state)
{
	char first[200], final[400], out[2000];
	const char *const lines[] = {"a AUTHENTICATE SCRAM-SHA-256\r\n", first, final};
	static const char hello[] = "n,,n=fred,r=rOprNGfwEbeRWgbNEkqO";
	uint64_t usual = 0;

	(void)state;
	the_keys = (struct imapsrv_scram_keys)IMAPSRV_SCRAM_KEYS_INIT;
	the_keys.salt = "salt of 16 bytes";
	the_keys.salt_len = 16;
	the_keys.iterations = 4096;
	isrv_base64_put(first, hello, sizeof(hello) - 1);
	memcpy(first + isrv_base64_encoded(sizeof(hello) - 1), "\r\n", 3);
	for (size_t i = 0; i < 600; i++) {
		unsigned char proof[32] = {(unsigned char)i, (unsigned char)(i >> 8)};
		char text[200];
		size_t len;
		uint64_t work;

		/* 18 octets of `entropy` behind the client's nonce */
		len = (size_t)snprintf(text, sizeof(text),
		                       "c=biws,r=rOprNGfwEbeRWgbNEkqOBwcHBwcHBwcHBwcHBwcHBwcHBwcH,p=");
		isrv_base64_put(text + len, proof, sizeof(proof));
		len += isrv_base64_encoded(sizeof(proof));
		isrv_base64_put(final, text, len);
		memcpy(final + isrv_base64_encoded(len), "\r\n", 3);
		work = say(false, lines, 3, out, sizeof(out));
		ROW(i, strstr(out, "a NO [AUTHENTICATIONFAILED]"));
		if (!i)
			usual = work;
		ROW(i, work == usual);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T35_compared),
		cmocka_unit_test(T35_token),
		cmocka_unit_test(T35_proof),
	};

	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
