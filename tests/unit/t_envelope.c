/* SPDX-License-Identifier: MIT */
/*
 * What ENVELOPE says of a header field with addresses, whatever they are: the octets of the response, read
 * by a reader of its own, are what the slow reader of unit/addressoracle.h makes of the field.
 */
#include "unit/addressoracle.h"
#include "unit/describe.h"

struct cursor {
	const char *at, *end;
};

static void expect(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, text, len) != 0)
		fail_msg("%s expected at %s", text, c->at);
	c->at += len;
}

static bool next_is(const struct cursor *c, const char *text)
{
	return (size_t)(c->end - c->at) >= strlen(text) && !memcmp(c->at, text, strlen(text));
}

/* nstring = string / nil; false: NIL */
static bool take_string(struct cursor *c, struct oracle_text *text)
{
	text->len = 0;
	text->data[0] = '\0';
	if (next_is(c, "NIL")) {
		c->at += 3;
		return false;
	}
	if (next_is(c, "{")) {
		char *end;
		size_t len = strtoul(c->at + 1, &end, 10);

		c->at = end;
		expect(c, "}\r\n");
		assert_true((size_t)(c->end - c->at) >= len);
		oracle_add(text, c->at, len);
		c->at += len;
		return true;
	}
	expect(c, "\"");
	while (!next_is(c, "\"")) {
		if (next_is(c, "\\"))
			c->at++;
		assert_true(c->at < c->end);
		oracle_add(text, c->at++, 1);
	}
	expect(c, "\"");
	return true;
}

/* address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" (RFC 9051 9) */
static void show_address(struct cursor *c, struct oracle_text *out)
{
	static struct oracle_text name, adl, mailbox, host;
	bool has_mailbox, has_host;

	expect(c, "(");
	(void)take_string(c, &name);
	expect(c, " ");
	(void)take_string(c, &adl);
	expect(c, " ");
	has_mailbox = take_string(c, &mailbox);
	expect(c, " ");
	has_host = take_string(c, &host);
	expect(c, ")");
	if (!has_host) {
		oracle_put(out, has_mailbox ? "{" : "}");
		oracle_add(out, mailbox.data, mailbox.len);
		return;
	}
	if (name.len) {
		oracle_put(out, "[");
		oracle_add(out, name.data, name.len);
		oracle_put(out, "]");
	}
	oracle_put(out, "<");
	if (adl.len) {
		oracle_add(out, adl.data, adl.len);
		oracle_put(out, ":");
	}
	oracle_add(out, mailbox.data, mailbox.len);
	oracle_put(out, "@");
	oracle_add(out, host.data, host.len);
	oracle_put(out, ">");
}

/* Of (date subject from sender reply-to to cc bcc in-reply-to message-id) only `to` is there. */
static void show_to(const struct bytes *envelope, struct oracle_text *out)
{
	struct cursor c = {envelope->data, envelope->data + envelope->len};

	out->len = 0;
	out->data[0] = '\0';
	expect(&c, "(NIL NIL NIL NIL NIL ");
	if (next_is(&c, "NIL")) {
		expect(&c, "NIL");
	} else {
		expect(&c, "(");
		while (!next_is(&c, ")"))
			show_address(&c, out);
		expect(&c, ")");
	}
	expect(&c, " NIL NIL NIL NIL)");
	assert_true(c.at == c.end);
}

static void T29_envelope(void **state)
{
	const char *given = getenv("SEED");
	uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 10) : 20260202u, random = seed ? seed : 1;
	struct oracle *oracle = malloc(sizeof(*oracle));
	static struct oracle_text shown;

	(void)state;
	assert_non_null(oracle);
	print_message("SEED=%u\n", (unsigned)seed);
	for (size_t i = 0; i < 20000; i++) {
		char mail[ORACLE_LIST + 10] = "To:";
		size_t len = oracle_list(&random, mail + 3, true);
		struct isrv_description d;
		struct bytes block, envelope;
		const char *rules = oracle_addresses(oracle, mail + 3, len);
		char *octets;

		memcpy(mail + 3 + len, "\r\n\r\n", 4);
		octets = exact(mail, len + 7);
		block = describe(&describe_limits, octets, len + 7);
		assert_true(isrv_description_open(&d, block.data, block.len));
		envelope = show(&d, SHOWN_ENVELOPE);
		show_to(&envelope, &shown);
		if (strcmp(shown.data, rules) != 0)
			fail_msg("%s\nis %s, and by the rules %s", mail, shown.data, rules);
		free(envelope.data);
		free(block.data);
		free(octets);
	}
	free(oracle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T29_envelope),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
