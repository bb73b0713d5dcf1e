/* SPDX-License-Identifier: MIT */
/*
 * base/sha256 on published vectors: FIPS 180-4's examples, HMAC of RFC 4231, PBKDF2 of RFC 7914 11,
 * and every way of cutting the input.
 */
#include "unit/row.h"

#include "base/sha256.h"

static void hex(char *to, const unsigned char *from)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < ISRV_SHA256_SIZE; i++) {
		to[2 * i] = digits[from[i] >> 4];
		to[2 * i + 1] = digits[from[i] & 15];
	}
	to[2 * ISRV_SHA256_SIZE] = '\0';
}

static const struct {
	const char *text;
	size_t times;
	const char *digest;
} hashes[] = {
	{"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void test_hash(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hashes); i++) {
		unsigned char out[ISRV_SHA256_SIZE];
		struct isrv_sha256 h;
		char text[65];

		isrv_sha256_init(&h);
		for (size_t n = 0; n < hashes[i].times; n++)
			isrv_sha256_add(&h, hashes[i].text, strlen(hashes[i].text));
		isrv_sha256_end(&h, out);
		hex(text, out);
		ROW(i, strcmp(text, hashes[i].digest) == 0);
	}
}

static void test_cuts(void **state)
{
	unsigned char data[200], whole[ISRV_SHA256_SIZE], out[ISRV_SHA256_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	for (size_t len = 0; len <= sizeof(data); len++) {
		isrv_sha256(data, len, whole);
		for (size_t cut = 0; cut <= len; cut++) {
			struct isrv_sha256 h;

			isrv_sha256_init(&h);
			isrv_sha256_add(&h, data, cut);
			isrv_sha256_add(&h, data + cut, len - cut);
			isrv_sha256_end(&h, out);
			ROW(len, memcmp(out, whole, sizeof(out)) == 0);
		}
	}
}

static const struct {
	const char *key;
	size_t key_len;
	size_t key_times;
	const char *text;
	size_t text_times;
	const char *mac;
} macs[] = {
	/* RFC 4231 4.2 to 4.8; 4.6 is of a MAC cut short */
	{BYTES("\x0b"), 20, "Hi There", 1,
	 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{BYTES("Jefe"), 1, "what do ya want for nothing?", 1,
	 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{BYTES("\xaa"), 20, "\xdd", 50,
	 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14"
	       "\x15\x16\x17\x18\x19"),
	 1, "\xcd", 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	{BYTES("\xaa"), 131, "Test Using Larger Than Block-Size Key - Hash Key First", 1,
	 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	{BYTES("\xaa"), 131,
	 "This is a test using a larger than block-size key and a larger than block-size data. "
	 "The key needs to be hashed before being used by the HMAC algorithm.",
	 1, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void test_hmac(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(macs); i++) {
		unsigned char out[ISRV_SHA256_SIZE], key[200];
		size_t len = 0;
		struct isrv_hmac h;
		char text[65];

		for (size_t n = 0; n < macs[i].key_times; n++, len += macs[i].key_len)
			memcpy(key + len, macs[i].key, macs[i].key_len);
		isrv_hmac_init(&h, key, len);
		for (size_t n = 0; n < macs[i].text_times; n++)
			isrv_hmac_add(&h, macs[i].text, strlen(macs[i].text));
		isrv_hmac_end(&h, out);
		hex(text, out);
		ROW(i, strcmp(text, macs[i].mac) == 0);
	}
}

static const struct {
	const char *password;
	const char *salt;
	uint32_t iterations;
	const char *key;
} keys[] = {
	/* RFC 7914 11, the first 32 octets */
	{"passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"},
	{"Password", "NaCl", 80000,
	 "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"},
};

static void test_pbkdf2(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		unsigned char out[ISRV_SHA256_SIZE];
		char text[65];

		isrv_pbkdf2(keys[i].password, strlen(keys[i].password), keys[i].salt,
		            strlen(keys[i].salt), keys[i].iterations, out);
		hex(text, out);
		ROW(i, strcmp(text, keys[i].key) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_pbkdf2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
