/* SPDX-License-Identifier: MIT */
/*
 * Answers to logins that make no sense, and referrals: what the call gives, what the `fault` hook is told, and what
 * the client sees of it.
 */
#include "unit/hostiling.h"

/* ---- account -------------------------------------------------------------------------------- */

enum {
	ACCOUNT_NULL,
	ACCOUNT_NO_SIZE,
	ACCOUNT_TWICE,
	ACCOUNT_LEFT_OUT,
	ACCOUNT_REFUSED,
	ACCOUNT_SEPARATOR,
	ACCOUNT_SEPARATOR_WIDE,
	ACCOUNT_SPACES_NULL,
	ACCOUNT_SPACE_NULL,
	ACCOUNT_SPACE_ODD,
	ACCOUNT_SPACE_WIDE,
	ACCOUNT_SPACE_KIND
};

static void play_account(struct imapsrv_op *op, const void *q)
{
	static const struct imapsrv_namespace spaces[] = {
		{IMAPSRV_NS_SHARED, {NULL, 3}},
		{IMAPSRV_NS_SHARED, {"a\r\nb/", 5}},
		{IMAPSRV_NS_SHARED, {"\xff/", 2}},
		{(enum imapsrv_namespace_kind)7, {"x/", 2}},
	};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	(void)q;
	if (spoilt_how == ACCOUNT_NO_SIZE)
		account.size = 1;
	if (spoilt_how == ACCOUNT_SEPARATOR || spoilt_how == ACCOUNT_SEPARATOR_WIDE)
		account.separator = spoilt_how == ACCOUNT_SEPARATOR ? '\n' : (char)0xff;
	if (spoilt_how == ACCOUNT_SPACES_NULL)
		account.namespace_count = SIZE_MAX;
	if (spoilt_how >= ACCOUNT_SPACE_NULL) {
		account.namespaces = &spaces[spoilt_how - ACCOUNT_SPACE_NULL];
		account.namespace_count = 1;
	}
	world.accounts += spoilt_how >= ACCOUNT_REFUSED || spoilt_how == ACCOUNT_TWICE;
	if (spoilt_how == ACCOUNT_TWICE)
		imapsrv_op_account(op, &account);
	spoilt_gave = spoilt_how == ACCOUNT_LEFT_OUT ? 0
	                                             : imapsrv_op_account(op, spoilt_how == ACCOUNT_NULL ? NULL : &account);
	imapsrv_op_done(op, spoilt_how == ACCOUNT_REFUSED ? IMAPSRV_AUTHENTICATIONFAILED : IMAPSRV_OK, NULL);
	/* The next lines see what became of it. */
}

#define ACCOUNT(what, how, gives, fault, text)                                                     \
	{f, what, IN_LOGIN, play_account, how, gives, fault, text, false, 0},                       \
	{f, what ", of a SASL step", IN_STEP, play_account, how, gives, fault, text, false, 0}

static void test_account(void **state)
{
	static const char f[] = "imapsrv_op_account", without[] = "a login was answered OK without an account";
	static const char space[] = "a namespace of no kind, or with a prefix that cannot begin a name";
	static const struct spoilt rows[] = {
		ACCOUNT("NULL", ACCOUNT_NULL, IMAPSRV_EINVAL, without, "a NO [AUTHENTICATIONFAILED]"),
		ACCOUNT("without a size", ACCOUNT_NO_SIZE, IMAPSRV_EINVAL, without, "a NO [AUTHENTICATIONFAILED]"),
		ACCOUNT("twice", ACCOUNT_TWICE, IMAPSRV_EINVAL, "an account that makes no sense", "a OK ["),
		ACCOUNT("left out", ACCOUNT_LEFT_OUT, 0, without, "a NO [AUTHENTICATIONFAILED]"),
		ACCOUNT("with a refusal", ACCOUNT_REFUSED, 0, NULL, "a NO [AUTHENTICATIONFAILED]"),
		ACCOUNT("LF as separator", ACCOUNT_SEPARATOR, 0, "a hierarchy separator that cannot be one", "a OK ["),
		ACCOUNT("255 as separator", ACCOUNT_SEPARATOR_WIDE, 0, "a hierarchy separator that cannot be one",
		        "a OK ["),
		ACCOUNT("namespaces NULL", ACCOUNT_SPACES_NULL, 0, NULL, "a OK ["),
		ACCOUNT("a prefix NULL", ACCOUNT_SPACE_NULL, 0, space, "a OK ["),
		ACCOUNT("a prefix with CRLF", ACCOUNT_SPACE_ODD, 0, space, "a OK ["),
		ACCOUNT("a prefix that is not UTF-8", ACCOUNT_SPACE_WIDE, 0, space, "a OK ["),
		ACCOUNT("a namespace of no kind", ACCOUNT_SPACE_KIND, 0, space, "a OK ["),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* What is put in the place of separators and namespaces that cannot be. */
static void test_namespaces(void **state)
{
	(void)state;
	for (int how = ACCOUNT_SEPARATOR; how <= ACCOUNT_SPACE_KIND; how++) {
		world_begin(IN_LOGIN);
		world.at = IN_LOGIN;
		world.play = play_account;
		spoilt_how = how;
		world_say("a LOGIN fred x\r\nb NAMESPACE\r\nc LIST \"\" *\r\n");
		ROW(how, said("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n") == 1);
		ROW(how, said("c OK ") == 1);
		world_end((size_t)how);
	}
}

/* ---- keys ----------------------------------------------------------------------------------- */

enum { KEYS_NULL, KEYS_NO_SIZE, KEYS_SALT_NULL, KEYS_SALT_0, KEYS_SALT_65, KEYS_FEW, KEYS_TWICE, KEYS_LEFT_OUT, KEYS_MANY };

static void play_keys(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_scram_keys keys = host_keys();
	static const char salt[65] = "salt";

	(void)q;
	if (spoilt_how == KEYS_NO_SIZE)
		keys.size = 8;
	if (spoilt_how == KEYS_SALT_NULL)
		keys.salt = NULL;
	if (spoilt_how == KEYS_SALT_0 || spoilt_how == KEYS_SALT_65) {
		keys.salt = salt;
		keys.salt_len = spoilt_how == KEYS_SALT_0 ? 0 : 65;
	}
	if (spoilt_how == KEYS_FEW || spoilt_how == KEYS_MANY)
		keys.iterations = spoilt_how == KEYS_FEW ? 4095 : UINT32_MAX;
	if (spoilt_how == KEYS_TWICE)
		imapsrv_op_keys(op, &keys);
	spoilt_gave = spoilt_how == KEYS_LEFT_OUT ? 0 : imapsrv_op_keys(op, spoilt_how == KEYS_NULL ? NULL : &keys);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Whatever it is, the client is given a salt, and cannot tell. */
static void test_keys(void **state)
{
	static const char f[] = "imapsrv_op_keys", without[] = "keys were answered OK without keys";
	static const struct spoilt rows[] = {
		{f, "NULL", IN_KEYS, play_keys, KEYS_NULL, IMAPSRV_EINVAL, without, "+ ", false, 0},
		{f, "without a size", IN_KEYS, play_keys, KEYS_NO_SIZE, IMAPSRV_EINVAL, without, "+ ", false, 0},
		{f, "a salt NULL", IN_KEYS, play_keys, KEYS_SALT_NULL, IMAPSRV_EINVAL, without, "+ ", false, 0},
		{f, "a salt of no octets", IN_KEYS, play_keys, KEYS_SALT_0, IMAPSRV_EINVAL, without, "+ ", false, 0},
		{f, "a salt of 65", IN_KEYS, play_keys, KEYS_SALT_65, IMAPSRV_EINVAL, without, "+ ", false, 0},
		{f, "4095 iterations", IN_KEYS, play_keys, KEYS_FEW, IMAPSRV_EINVAL, without, "+ ", false, 0},
		{f, "twice", IN_KEYS, play_keys, KEYS_TWICE, IMAPSRV_EINVAL, "the keys of a user came twice", "+ ", false, 0},
		{f, "left out", IN_KEYS, play_keys, KEYS_LEFT_OUT, 0, without, "+ ", false, 0},
		{f, "2^32-1 iterations", IN_KEYS, play_keys, KEYS_MANY, 0, NULL, "+ ", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- challenge ------------------------------------------------------------------------------ */

enum { CHALLENGE_NULL, CHALLENGE_TWICE, CHALLENGE_EMPTY, CHALLENGE_REFUSED, CHALLENGE_ACCOUNT, CHALLENGE_HUGE };

static void play_challenge(struct imapsrv_op *op, const void *q)
{
	static char huge[200000];

	if (world.played > 1) {
		answer_well(op, IN_STEP, q);
		return;
	}
	if (spoilt_how == CHALLENGE_TWICE)
		imapsrv_op_challenge(op, "one", 3);
	spoilt_gave = spoilt_how == CHALLENGE_NULL    ? imapsrv_op_challenge(op, NULL, 5)
	              : spoilt_how == CHALLENGE_EMPTY ? imapsrv_op_challenge(op, NULL, 0)
	              : spoilt_how == CHALLENGE_HUGE  ? imapsrv_op_challenge(op, huge, sizeof(huge))
	                                              : imapsrv_op_challenge(op, "two", 3);
	if (spoilt_how == CHALLENGE_ACCOUNT) {
		give_well(op, IN_STEP, q);
	}
	imapsrv_op_done(op, spoilt_how == CHALLENGE_REFUSED ? IMAPSRV_NO : IMAPSRV_OK, NULL);
	if (imapsrv_session_want(world.s) & IMAPSRV_WANT_READ)
		return;
}

static void test_challenge(void **state)
{
	static const char f[] = "imapsrv_op_challenge", ended[] = "a challenge in the step that ends an exchange";
	static const struct {
		const char *what;
		int how, gives;
		const char *fault, *said;
	} rows[] = {
		{"NULL of 5 octets", CHALLENGE_NULL, IMAPSRV_EINVAL, "a login was answered OK without an account",
		 "a NO [AUTHENTICATIONFAILED]"},
		{"twice", CHALLENGE_TWICE, IMAPSRV_EINVAL, "two challenges in one SASL step", "+ b25l\r\na OK ["},
		{"of no octets", CHALLENGE_EMPTY, 0, NULL, "+ \r\na OK ["},
		{"with a refusal", CHALLENGE_REFUSED, 0, ended, "a NO [AUTHENTICATIONFAILED]"},
		{"with an account", CHALLENGE_ACCOUNT, 0, ended, "a OK ["},
		{"more than the session may hold", CHALLENGE_HUGE, IMAPSRV_ENOMEM, NULL, "* BYE Out of memory"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		world_begin(IN_STEP);
		world.at = IN_STEP;
		world.play = play_challenge;
		spoilt_how = rows[i].how;
		world_say(questions[IN_STEP].lines);
		/* What is answered is waited for. */
		if (world.out[0] == '+' && (said("a OK") || said("a NO")))
			fail_msg("%s: %s: said\n%s", f, rows[i].what, world.out);
		if (world.out[0] == '+')
			world_say("eA==\r\n");
		if (spoilt_gave != rows[i].gives || (world.faults != 0) != (rows[i].fault != NULL) ||
		    (rows[i].fault && strcmp(world.fault, rows[i].fault) != 0) || !said(rows[i].said))
			fail_msg("%s: %s: gives %d, fault '%s', said\n%s", f, rows[i].what, spoilt_gave, world.fault,
			         world.out);
		world_end(i);
	}
}

/* ---- referral ------------------------------------------------------------------------------- */

static const struct imapsrv_span urls[] = {
	{"imap://other/", 13},
	{NULL, 9},
	{NULL, 0},
	{"", 0},
	{"imap://a\r\nb/", 12},
	{"imap://\xff/", 9},
	{"imap://[::1]/", 13},
	{"http://x/", 9},
	{"imap://x/INBOX/;uid=1", 21},
	{"imap://x/I;urlauth=anonymous", 28},
	{"imap://", 600},
};

static void play_referral(struct imapsrv_op *op, const void *q)
{
	static char longest[600];
	struct imapsrv_span url = urls[spoilt_how];

	(void)q;
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "imap://", 7);
	if (url.len == sizeof(longest))
		url.data = longest;
	spoilt_gave = imapsrv_op_referral(op, url);
	imapsrv_op_done(op, IMAPSRV_REFERRAL, NULL);
}

#define REFERRAL(what, how, gives)                                                                 \
	{f, what, IN_CREATE, play_referral, how, gives, "a referral without a URL", "a NO That is", false, 0}, \
	{f, what ", at login", IN_LOGIN, play_referral, how, gives, "a referral without a URL", "a NO ", false, 0}

static void test_referral(void **state)
{
	static const char f[] = "imapsrv_op_referral";
	static const struct spoilt rows[] = {
		{f, "as it should be", IN_CREATE, play_referral, 0, 0, NULL, "a NO [REFERRAL imap://other/]", false, 0},
		{f, "as it should be, at login", IN_LOGIN, play_referral, 0, 0, NULL, "a NO [REFERRAL imap://other/]",
		 false, 0},
		REFERRAL("NULL of 9 octets", 1, IMAPSRV_EINVAL),
		REFERRAL("NULL", 2, IMAPSRV_EINVAL),
		REFERRAL("empty", 3, IMAPSRV_EINVAL),
		REFERRAL("with CRLF", 4, IMAPSRV_EINVAL),
		REFERRAL("not ASCII", 5, IMAPSRV_EINVAL),
		REFERRAL("with an IPv6 address", 6, IMAPSRV_EINVAL),
		REFERRAL("not of IMAP", 7, IMAPSRV_EINVAL),
		REFERRAL("of a message", 8, IMAPSRV_EINVAL),
		REFERRAL("with an authorization", 9, IMAPSRV_EINVAL),
		REFERRAL("of 600 octets", 10, IMAPSRV_ETOOBIG),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_referral),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
