/* SPDX-License-Identifier: MIT */
/*
 * SCRAM on the example of RFC 7677 3, and what a host may not give: keys, secrets, channel bindings
 * that make no sense.  The exchanges themselves are in tests/script/sasl.
 */
#include "unit/nullstore.h"
#include "unit/row.h"

#include "base/base64.h"
#include "base/sha256.h"
#include "imapsrv.h"

/* The messages of the example, as they are signed. */
static const char signed_messages[] =
	"n=user,r=rOprNGfwEbeRWgbNEkqO,"
	"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
	"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

static void decode(unsigned char *out, size_t want, const char *text)
{
	char block[64];
	size_t len = 0;

	assert_true(isrv_base64_parse(block, &len, text, strlen(text)));
	assert_int_equal(len, want);
	memcpy(out, block, len);
}

static void test_example(void **state)
{
	struct imapsrv_scram_keys keys = IMAPSRV_SCRAM_KEYS_INIT;
	unsigned char salt[16], proof[32], verifier[32], key[32];

	(void)state;
	decode(salt, 16, "W22ZaJ0SNY7soEsUEjb6gQ==");
	decode(proof, 32, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	decode(verifier, 32, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
	keys.salt = salt;
	keys.salt_len = sizeof(salt);
	keys.iterations = 4096;
	assert_int_equal(imapsrv_scram_derive(&keys, "pencil", 6), 0);
	/* The client's key is its proof less the signature, and hashes to StoredKey. */
	isrv_hmac(keys.stored_key, 32, signed_messages, strlen(signed_messages), key);
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] ^= proof[i];
	isrv_sha256(key, sizeof(key), key);
	assert_memory_equal(key, keys.stored_key, 32);
	isrv_hmac(keys.server_key, 32, signed_messages, strlen(signed_messages), key);
	assert_memory_equal(key, verifier, 32);
}

static void test_derive_refuses(void **state)
{
	static const struct {
		size_t size;
		size_t salt_len;
		uint32_t iterations;
		int rc;
	} rows[] = {
		{sizeof(struct imapsrv_scram_keys), 1, 4096, 0},
		{sizeof(struct imapsrv_scram_keys), 64, 4096, 0},
		{sizeof(struct imapsrv_scram_keys), 65, 4096, IMAPSRV_EINVAL},
		{sizeof(struct imapsrv_scram_keys), 0, 4096, IMAPSRV_EINVAL},
		{sizeof(struct imapsrv_scram_keys), 16, 4095, IMAPSRV_EINVAL},
		{sizeof(struct imapsrv_scram_keys), 16, 0, IMAPSRV_EINVAL},
		{sizeof(size_t), 16, 4096, IMAPSRV_EINVAL},
		{0, 16, 4096, IMAPSRV_EINVAL},
	};
	unsigned char salt[65] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_scram_keys keys = {.size = rows[i].size, .salt = salt,
		                                  .salt_len = rows[i].salt_len,
		                                  .iterations = rows[i].iterations};

		ROW(i, imapsrv_scram_derive(&keys, "x", 1) == rows[i].rc);
	}
	assert_int_equal(imapsrv_scram_derive(NULL, "x", 1), IMAPSRV_EINVAL);
	{
		struct imapsrv_scram_keys keys = IMAPSRV_SCRAM_KEYS_INIT;

		keys.salt_len = 16;
		keys.iterations = 4096;
		assert_int_equal(imapsrv_scram_derive(&keys, "x", 1), IMAPSRV_EINVAL); /* no salt */
		keys.salt = salt;
		assert_int_equal(imapsrv_scram_derive(&keys, NULL, 1), IMAPSRV_EINVAL);
		assert_int_equal(imapsrv_scram_derive(&keys, NULL, 0), 0);
	}
}

/* ---- the engine ---------------------------------------------------------------------------- */

/* What a host does wrong when it is asked for keys. */
enum bad {
	NO_KEYS,
	TWICE,
	NO_SALT,
	LONG_SALT,
	FEW_ITERATIONS,
	SHORT,
	NO_STRUCTURE,
	BADS
};
static enum bad bad;
static int given;
static unsigned faults;

static void keys_callback(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	static const unsigned char salt[65] = {0};
	struct imapsrv_scram_keys keys = IMAPSRV_SCRAM_KEYS_INIT;

	(void)user;
	(void)q;
	keys.salt = salt;
	keys.salt_len = bad == NO_SALT ? 0 : bad == LONG_SALT ? 65 : 16;
	keys.iterations = bad == FEW_ITERATIONS ? 4095 : 4096;
	keys.size = bad == SHORT ? sizeof(size_t) : sizeof(keys);
	if (bad != NO_KEYS)
		given = imapsrv_op_keys(op, bad == NO_STRUCTURE ? NULL : &keys);
	if (bad == TWICE)
		given = imapsrv_op_keys(op, &keys);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_fault(void *user, const char *what)
{
	(void)user;
	(void)what;
	faults++;
}

static void entropy_callback(void *user, void *to, size_t len)
{
	(void)user;
	memset(to, 0, len);
}

static void test_engine(void **state)
{
	static const struct {
		bool keys;
		bool entropy;
		size_t secret_len;
		uint32_t iterations;
		int rc;
	} rows[] = {
		{false, false, 0, 0, 0},
		{true, true, 16, 0, 0},
		{true, true, 16, 4096, 0},
		{true, true, 16, 4095, IMAPSRV_EINVAL},
		{true, true, 15, 0, IMAPSRV_EINVAL},
		{true, false, 16, 0, IMAPSRV_EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
		struct imapsrv_store store = nullstore();
		struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
		struct imapsrv_engine *engine = NULL;

		config.store = &store;
		config.sasl = &sasl;
		sasl.keys = rows[i].keys ? keys_callback : NULL;
		sasl.entropy = rows[i].entropy ? entropy_callback : NULL;
		sasl.secret = "0123456789abcdef";
		sasl.secret_len = rows[i].secret_len;
		sasl.iterations = rows[i].iterations;
		ROW(i, imapsrv_engine_new(&config, &engine) == rows[i].rc);
		imapsrv_engine_free(engine);
	}
}

/* The client is shown a salt whatever the host did, and the host is told. */
static void test_bad_keys(void **state)
{
	static const char line[] = "a AUTHENTICATE SCRAM-SHA-256 bixhPWZyZWQsbj1mcmVkLHI9YWJj\r\n";
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	struct imapsrv_engine *engine;

	(void)state;
	config.store = &store;
	config.sasl = &sasl;
	config.fault = on_fault;
	sasl.keys = keys_callback;
	sasl.entropy = entropy_callback;
	sasl.secret = "0123456789abcdef";
	sasl.secret_len = 16;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	for (int i = 0; i < BADS; i++) {
		struct imapsrv_session *s;
		struct imapsrv_span span;
		size_t count, used;

		bad = (enum bad)i;
		faults = 0;
		given = 0;
		assert_int_equal(imapsrv_session_new(engine, &session_config, &s), 0);
		assert_int_equal(imapsrv_session_peek(s, &span, 1, &count), 0);
		assert_int_equal(imapsrv_session_sent(s, span.len), 0);
		assert_int_equal(imapsrv_session_recv(s, line, sizeof(line) - 1, &used), 0);
		ROW(i, faults > 0);
		ROW(i, (given == IMAPSRV_EINVAL) == (i != NO_KEYS));
		assert_int_equal(imapsrv_session_peek(s, &span, 1, &count), 0);
		ROW(i, count == 1 && memcmp(span.data, "+ cj1hYmNBQUFB", 14) == 0);
		imapsrv_session_free(s);
	}
	imapsrv_engine_free(engine);
}

static void test_channel_binding(void **state)
{
	static const struct {
		const char *type;
		size_t len;
		int rc;
	} rows[] = {
		{"tls-exporter", 512, 0},
		{"tls-exporter", 513, IMAPSRV_EINVAL},
		{"tls-exporter", 0, IMAPSRV_EINVAL},
		{"", 10, IMAPSRV_EINVAL},
		{NULL, 10, IMAPSRV_EINVAL},
		{"a123456789b123456789c123456789d", 10, 0},
		{"a123456789b123456789c123456789d1", 10, IMAPSRV_EINVAL},
		{"tls-unique", 10, 0},
		{"tls-server-end-point", 10, 0},
		{"a-fifth", 10, IMAPSRV_ETOOBIG},
		{"tls-exporter", 1, 0}, /* replaced */
	};
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config engine_config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	char data[513] = {0};

	(void)state;
	engine_config.store = &store;
	assert_int_equal(imapsrv_engine_new(&engine_config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
	for (size_t i = 0; i < COUNT(rows); i++)
		ROW(i, imapsrv_session_set_channel_binding(s, rows[i].type, data, rows[i].len) ==
		               rows[i].rc);
	assert_int_equal(imapsrv_session_set_channel_binding(s, "tls-unique", NULL, 1),
	                 IMAPSRV_EINVAL);
	imapsrv_session_bye(s, "over");
	assert_int_equal(imapsrv_session_set_channel_binding(s, "tls-unique", data, 1),
	                 IMAPSRV_ESTATE);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

static void fred_keys(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	struct imapsrv_scram_keys keys = IMAPSRV_SCRAM_KEYS_INIT;

	(void)user;
	(void)q;
	keys.salt = "salt of 16 bytes";
	keys.salt_len = 16;
	keys.iterations = 4096;
	assert_int_equal(imapsrv_scram_derive(&keys, "secret", 6), 0);
	imapsrv_op_keys(op, &keys);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void count_octets(void *user, void *to, size_t len)
{
	unsigned char *at = to;

	(void)user;
	for (size_t i = 0; i < len; i++)
		at[i] = (unsigned char)i;
}

/* Sends the line, and finds what was said beginning so. */
static bool is_answered(struct imapsrv_session *s, const char *line, const char *begin)
{
	struct imapsrv_span span = {NULL, 0};
	size_t count, used;
	bool found;

	assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
	assert_int_equal(imapsrv_session_peek(s, &span, 1, &count), 0);
	found = count && span.len >= strlen(begin) && !memcmp(span.data, begin, strlen(begin));
	assert_int_equal(imapsrv_session_sent(s, span.len), 0);
	return found;
}

/* The host names what binds the connection anew, in the middle of an exchange that began with the old
 * data: that is what it is held to, and it is still there. */
static void test_bound_anew(void **state)
{
	static const char data[] = "what both ends have";
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)state;
	config.store = &store;
	config.sasl = &sasl;
	sasl.keys = fred_keys;
	sasl.entropy = count_octets;
	sasl.secret = "0123456789abcdef";
	sasl.secret_len = 16;
	session_config.secure = 1;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &session_config, &s), 0);
	assert_int_equal(imapsrv_session_set_channel_binding(s, "tls-exporter", data,
	                                                     sizeof(data) - 1), 0);
	assert_true(is_answered(s, "", "* OK "));
	assert_true(is_answered(s, "a AUTHENTICATE SCRAM-SHA-256-PLUS\r\n", "+ \r\n"));
	assert_true(is_answered(s,
		"cD10bHMtZXhwb3J0ZXIsLG49ZnJlZCxyPXJPcHJOR2Z3RWJlUldnYk5Fa3FP\r\n", "+ cj1"));
	assert_int_equal(imapsrv_session_set_channel_binding(s, "tls-exporter", "other", 5), 0);
	assert_true(is_answered(s,
		"Yz1jRDEwYkhNdFpYaHdiM0owWlhJc0xIZG9ZWFFnWW05MGFDQmxibVJ6SUdoaGRtVT0scj1yT3ByTkdmd"
		"0ViZVJXZ2JORWtxT0FBRUNBd1FGQmdjSUNRb0xEQTBPRHhBUixwPVA2ZGZMRGV4bXBqMEt3L2NrMGJsUk"
		"xhcFgwckplbjZJaTNPdEtraHFjSkU9\r\n", "+ dj0"));
	assert_true(is_answered(s, "\r\n", "a OK "));
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_derive_refuses),
		cmocka_unit_test(test_engine),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_channel_binding),
		cmocka_unit_test(test_bound_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
