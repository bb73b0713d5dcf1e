/* SPDX-License-Identifier: MIT */
/*
 * Messages of SASL mechanisms, in clear: what is one and what is not, octet by octet, and what a client
 * whose token is not taken is told.  Whole exchanges are scripts.
 */
#include "base/base64.h"
#include "unit/nullstore.h"
#include "unit/talk.h"

/* One exchange in base64, as the client writes it. */
static const char *say(struct talk *t, const char *head, const char *message, size_t len)
{
	char line[1024];
	size_t at = (size_t)snprintf(line, sizeof(line), "%s", head);

	assert_true(at + isrv_base64_encoded(len) + 3 < sizeof(line));
	isrv_base64_put(line + at, message, len);
	at += isrv_base64_encoded(len);
	memcpy(line + at, "\r\n", 3);
	return talk_say(t, 0, line);
}

static bool begins(const char *text, const char *with)
{
	return *with ? strncmp(text, with, strlen(with)) == 0 : !*text;
}

#define M(text) text, sizeof(text) - 1

#define NAME_AND_NONCE "n=fred,r=abc"

static void test_first(void **state)
{
	static const char no_oauth[] = "a BAD Expected an OAUTHBEARER message";
	static const char no_xoauth[] = "a BAD Expected an XOAUTH2 message";
	static const char no_scram[] = "a BAD Expected a client-first-message of SCRAM";
	static const char no_bare[] = "a BAD Expected a user name and a nonce of SCRAM";
	static const char no_plain[] = "a BAD Expected a PLAIN message";
	static const char delayed[] = ""; /* the failure is told later */
	static const struct {
		const char *mechanism;
		const char *message;
		size_t len;
		const char *answer;
	} rows[] = {
		{"OAUTHBEARER", M("n,,\1auth=Bearer token-fred\1\1"), "a OK"},
		{"OAUTHBEARER", M("n,,\1auth=Bearer   token-fred\1\1"), "a OK"},
		{"OAUTHBEARER", M("n,,\1auth=bEARER token-fred\1\1"), "a OK"},
		{"OAUTHBEARER", M("n,,\1x=\1auth=Bearer token-fred\1user=george\1\1"), "a OK"},
		{"OAUTHBEARER", M("n,,xauth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,"), no_oauth},
		{"OAUTHBEARER", M("n,"), no_oauth},
		{"OAUTHBEARER", M("n"), no_oauth},
		{"OAUTHBEARER", M("x,,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("\0,,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("nn,,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,b=fred,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,a,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,a=,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,aafred,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,a=f=3,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,a=fr\x80,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("p=tls-exporter,,\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Bear\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Basic! token\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Bearer \1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Bearer a\x7f\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Bearer a\x1f\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Bearer token-fred"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Bearer token-fred\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Bearer token-fred\1\1x"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1=x\1auth=Bearer token-fred\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1x=y\1\1"), no_oauth},
		{"OAUTHBEARER", M("n,,\1auth=Bearer a\1auth=Bearer a\1\1"), no_oauth},
		{"XOAUTH2", M("user=fred\1auth=Bearer token-fred\1\1"), "a OK"},
		{"XOAUTH2", M("x=y\1user=fred\1auth=Bearer token-fred\1\1"), "a OK"},
		{"XOAUTH2", M("auth=Bearer token-fred\1\1"), no_xoauth},
		{"XOAUTH2", M("user=\1auth=Bearer token-fred\1\1"), no_xoauth},
		{"XOAUTH2", M("user=\xff\1auth=Bearer token-fred\1\1"), no_xoauth},
		{"XOAUTH2", M("user=fred\1\1"), no_xoauth},
		{"PLAIN", M("\0fred\0secret"), "a OK"},
		{"PLAIN", M("\0fred\0"), no_plain},
		{"PLAIN", M("\0\0secret"), no_plain},
		{"PLAIN", M("\xff\0fred\0secret"), no_plain},
		{"PLAIN", M("\0fr\xff\0secret"), no_plain},
		{"PLAIN", M("\0fred\0sec\0ret"), no_plain},
		{"PLAIN", M("fred\0secret"), no_plain},
		{"PLAIN", M("fred"), no_plain},
		{"EXTERNAL", M("fred"), "a OK"},
		{"EXTERNAL", M("fr\xff"), "a BAD Expected an authorization identity in UTF-8"},
		{"SCRAM-SHA-256", M("n,," NAME_AND_NONCE), "+ "},
		{"SCRAM-SHA-256", M("n,,nXfred,r=abc"), no_bare},
		{"SCRAM-SHA-256", M("n,,n"), no_bare},
		{"SCRAM-SHA-256", M("n,,n=fred"), no_bare},
		{"SCRAM-SHA-256", M("n,,n=fred,r=a\x7f"), no_bare},
		{"SCRAM-SHA-256", M("n,,n=fred,r=a b"), no_bare},
		{"SCRAM-SHA-256", M("n,,n=fred,r="), no_bare},
		{"SCRAM-SHA-256", M("n,,n=,r=abc"), no_bare},
		{"SCRAM-SHA-256-PLUS", M("p=tls-exporter,," NAME_AND_NONCE), "+ "},
		{"SCRAM-SHA-256-PLUS", M("p=tls-exporteR,," NAME_AND_NONCE), delayed},
		{"SCRAM-SHA-256-PLUS", M("p=azAZ09.-,," NAME_AND_NONCE), delayed},
		{"SCRAM-SHA-256-PLUS", M("p=,," NAME_AND_NONCE), no_scram},
		{"SCRAM-SHA-256-PLUS", M("p,," NAME_AND_NONCE), no_scram},
		{"SCRAM-SHA-256-PLUS", M("pat,," NAME_AND_NONCE), no_scram},
		{"SCRAM-SHA-256-PLUS", M("p=a!,," NAME_AND_NONCE), no_scram},
		{"SCRAM-SHA-256-PLUS", M("p=a/,," NAME_AND_NONCE), no_scram},
		{"SCRAM-SHA-256-PLUS", M("p=a:,," NAME_AND_NONCE), no_scram},
		{"SCRAM-SHA-256-PLUS", M("p=a_,," NAME_AND_NONCE), no_scram},
		{"SCRAM-SHA-256-PLUS", M("p=a{,," NAME_AND_NONCE), no_scram},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct talk t;
		char head[64];
		const char *said;

		talk_open(&t, "host: mechanism oauthbearer\nhost: mechanism xoauth2\n"
		              "host: mechanism scram\nhost: binding tls-exporter abc\nhost: secure\n"
		              "host: external fred\n");
		talk_connect(&t, 0);
		snprintf(head, sizeof(head), "a AUTHENTICATE %s ", rows[i].mechanism);
		said = say(&t, head, rows[i].message, rows[i].len);
		if (!begins(said, rows[i].answer))
			fail_msg("row %zu: %s", i, said);
		talk_close(&t);
	}
}

/* client-final-message (RFC 5802 7), behind "n,,n=fred,r=abc". */
static void test_final(void **state)
{
	static const char none[] = "a BAD Expected a client-final-message of SCRAM";
	static const char failed[] = "";
	static const char digits[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
#define NONCE "abcAAECAwQFBgcICQoLDA0ODxAR"
	static const struct {
		const char *before; /* the proof: 43 digits and what stands here last */
		const char *last;
		const char *answer;
	} rows[] = {
		{"c=biws,r=" NONCE ",p=", "=", failed},   /* of another password */
		{"c=biws,r=" NONCE ",x=,p=", "=", failed},
		{"c=eSws,r=" NONCE ",p=", "=", failed},   /* "y,," */
		{"c=biwsAA==,r=" NONCE ",p=", "=", failed},
		{"c=biws,r=abcAAECAwQFBgcICQoLDA0ODxAS,p=", "=", failed},
		{"c=biws,r=abc,p=", "=", failed},
		{"c=biw,r=" NONCE ",p=", "=", none},
		{"c=biws,r=" NONCE ",p=", "!", none},
		{"c=biws,r=" NONCE ",p=", "A", none},     /* 33 octets */
		{"c=biws,r=" NONCE ",p=", "", none},
		{"c=biws,r=" NONCE ",p=", "==", none},
		{"c=biws,r=" NONCE ",q=", "=", none},
		{"c=biws,x=" NONCE ",p=", "=", none},
		{"x=biws,r=" NONCE ",p=", "=", none},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct talk t;
		char message[256];
		const char *said;
		int len = snprintf(message, sizeof(message), "%s%s%s", rows[i].before, digits,
		                   rows[i].last);

		talk_open(&t, "host: mechanism scram\n");
		talk_connect(&t, 0);
		said = say(&t, "a AUTHENTICATE SCRAM-SHA-256 ", M("n,," NAME_AND_NONCE));
		ROW(i, begins(said, "+ "));
		said = say(&t, "", message, (size_t)len);
		if (!begins(said, rows[i].answer))
			fail_msg("row %zu: %s", i, said);
		talk_close(&t);
	}
}

/* ---- tokens that are not taken ------------------------------------------------------------- */

static enum imapsrv_code code;

static void refuse_login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, code, NULL);
}

/* RFC 7628 3.2.2, RFC 6750 3.1: JSON (RFC 8259 7); nothing of it where it is not about the token. */
static void test_refused(void **state)
{
	static const char oauth[] = "n,,\1auth=Bearer x\1\1", xoauth[] = "user=fred\1auth=Bearer x\1\1";
	static const struct {
		const char *mechanism;
		enum imapsrv_code code;
		const char *scope;
		const char *configuration;
		const char *told; /* NULL: nothing */
	} rows[] = {
		{"OAUTHBEARER", IMAPSRV_NO, NULL, NULL, "{\"status\":\"invalid_token\"}"},
		{"OAUTHBEARER", IMAPSRV_AUTHENTICATIONFAILED, NULL, NULL, "{\"status\":\"invalid_token\"}"},
		{"OAUTHBEARER", IMAPSRV_EXPIRED, NULL, NULL, "{\"status\":\"invalid_token\"}"},
		{"OAUTHBEARER", IMAPSRV_AUTHORIZATIONFAILED, NULL, NULL, "{\"status\":\"insufficient_scope\"}"},
		{"OAUTHBEARER", IMAPSRV_NO, "a\"b\\c\x1f\n", NULL,
	         "{\"status\":\"invalid_token\",\"scope\":\"a\\\"b\\\\c\\u001f\\u000a\"}"},
		{"OAUTHBEARER", IMAPSRV_NO, NULL, "https://x",
	         "{\"status\":\"invalid_token\",\"openid-configuration\":\"https://x\"}"},
		{"XOAUTH2", IMAPSRV_NO, NULL, "https://x", "{\"status\":\"401\",\"schemes\":\"bearer\"}"},
		{"XOAUTH2", IMAPSRV_AUTHORIZATIONFAILED, "s", NULL,
	         "{\"status\":\"403\",\"schemes\":\"bearer\",\"scope\":\"s\"}"},
		{"XOAUTH2", IMAPSRV_UNAVAILABLE, NULL, NULL, NULL},
		{"OAUTHBEARER", IMAPSRV_CONTACTADMIN, NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_session_config sc = IMAPSRV_SESSION_CONFIG_INIT;
		struct imapsrv_store store = nullstore();
		struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
		struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
		const char *message = rows[i].mechanism[0] == 'X' ? xoauth : oauth;
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		struct imapsrv_span span;
		char line[256], json[256] = "";
		size_t at, count, used, len = 0;

		code = rows[i].code;
		store.login = refuse_login;
		config.store = &store;
		config.sasl = &sasl;
		sasl.builtin = IMAPSRV_MECHANISM_OAUTHBEARER | IMAPSRV_MECHANISM_XOAUTH2;
		sasl.oauth_scope = rows[i].scope;
		sasl.oauth_configuration = rows[i].configuration;
		sc.secure = 1;
		assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
		assert_int_equal(imapsrv_session_new(engine, &sc, &s), 0);
		assert_int_equal(imapsrv_session_peek(s, &span, 1, &count), 0);
		assert_int_equal(imapsrv_session_sent(s, span.len), 0);
		at = (size_t)snprintf(line, sizeof(line), "a AUTHENTICATE %s ", rows[i].mechanism);
		isrv_base64_put(line + at, message, strlen(message));
		at += isrv_base64_encoded(strlen(message));
		memcpy(line + at, "\r\n", 2);
		assert_int_equal(imapsrv_session_recv(s, line, at + 2, &used), 0);
		assert_int_equal(imapsrv_session_peek(s, &span, 1, &count), 0);
		if (count && span.data[0] == '+')
			ROW(i, isrv_base64_parse(json, &len, span.data + 2, span.len - 4));
		json[len] = '\0';
		if (strcmp(json, rows[i].told ? rows[i].told : "") != 0)
			fail_msg("row %zu: %s", i, json);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_final),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
