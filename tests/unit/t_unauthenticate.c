/* SPDX-License-Identifier: MIT */
/*
 * RFC 8437 3: after UNAUTHENTICATE nothing is left of a user.  Whatever a session has gathered, the next
 * user is answered as in a new connection, to the last octet; only what belongs to the connection
 * (TLS, compression, what the client called itself) is kept.
 */
#include "unit/talk.h"

static const char host[] =
	"host: user fred pass secret\n"
	"host: user mary pass secret\n"
	"host: limit failed_logins 3\n"
	"host: limit bad_prelogin 6\n"
	"host: limit bad_commands 6\n"
	"host: limit login_delay 4294967295\n"
	"host: starttls\n"
	"host: compress always\n"
	"host: language\n"
	"host: utf8\n"
	"host: modseqs\n"
	"host: objectids\n"
	"host: savedates\n"
	"host: clock\n"
	"host: metadata\n"
	"host: quota \"\" storage 10 100\n"
	"host: uses\n"
	"host: replace\n"
	"host: namespace other \"Other Users/\"\n"
	"host: mailbox INBOX uidvalidity 7\n"
	"host: mailbox Grün\n"
	"host: mailbox INBOX of mary uidvalidity 9\n"
	"host: mailbox Blau of mary\n"
	"host: message INBOX flags \\Seen\n"
	"host: message INBOX\n";

/* What one user leaves, and nothing that stays in the store. */
static const char *const left[] = {
	"",
	"b NOOP\r\n",
	"b ENABLE IMAP4rev2\r\n",
	"b ENABLE UTF8=ACCEPT\r\nc SEARCH CHARSET UTF-8 ALL\r\n",
	"b ENABLE CONDSTORE\r\n",
	"b ENABLE QRESYNC\r\n",
	"b ENABLE UIDONLY\r\n",
	"b ENABLE METADATA\r\n",
	"b ENABLE IMAP4rev2 QRESYNC UIDONLY METADATA UTF8=ACCEPT\r\nc SELECT INBOX\r\n",
	"b SELECT INBOX\r\n",
	"b EXAMINE INBOX\r\n",
	"b SELECT INBOX (CONDSTORE)\r\nc FETCH 1:* MODSEQ\r\n",
	"b SELECT INBOX\r\nc SEARCH RETURN (SAVE) ALL\r\n",
	"b SELECT INBOX\r\nc SEARCH RETURN (UPDATE ALL) UNSEEN\r\n",
	"b SELECT INBOX\r\nc SEARCH RETURN (UPDATE) CHARSET ISO-8859-1 SUBJECT x\r\n",
	"b SELECT INBOX\r\nc SORT RETURN (COUNT) (DATE) UTF-8 ALL\r\n",
	"b NOTIFY NONE\r\n",
	"b NOTIFY SET STATUS (personal (MessageNew (FLAGS) MessageExpunge MailboxName FlagChange))\r\n",
	"b SELECT INBOX\r\nc NOTIFY SET (selected-delayed (MessageNew (UID) MessageExpunge))\r\n",
	"b NOTIFY SET (mailboxes Gr&APw-n (MailboxMetadataChange)) (subscribed (SubscriptionChange))\r\n",
	"b LANGUAGE DE\r\n",
	"b COMPARATOR i;octet\r\n",
	"b SELECT INBOX\r\nc COMPARATOR i;ascii-casemap\r\nd SEARCH RETURN (UPDATE) SUBJECT x\r\n",
	"b X\r\nc X\r\nd X\r\ne X\r\nf X\r\n",
	"b FETCH 1 FLAGS\r\nc SELECT nowhere\r\n",
	"b SELECT INBOX\r\nc SELECT nowhere\r\n",
	"b SELECT INBOX\r\nc CLOSE\r\n",
	"b SELECT INBOX\r\nc IDLE\r\nDONE\r\n",
	"b IDLE\r\nDONE\r\n",
	"b LIST \"\" *\r\nc GETQUOTAROOT INBOX\r\nd NAMESPACE\r\n",
	"b APPEND INBOX {100000000000}\r\n",
	"b APPEND nowhere {3+}\r\nabc\r\n",
	"b ID (\"name\" \"x\")\r\n",
	"b SELECT INBOX\r\nc FETCH 1:* (BODY.PEEK[] ENVELOPE BODYSTRUCTURE PREVIEW)\r\n",
	"b UNAUTHENTICATE\r\nc LOGIN fred secret\r\nd SELECT INBOX\r\n",
	"b UNAUTHENTICATE\r\nc LOGIN fred wrong\r\nd LOGIN mary wrong\r\ne LOGIN fred secret\r\n",
};

/* What the next user asks, of all that the above could have touched. */
static const char *const asked[] = {
	"1a X\r\n1b X\r\n",
	"1c CAPABILITY\r\n",
	"2 LOGIN mary wrong\r\n",
	"3 LOGIN mary secret\r\n",
	"4 CAPABILITY\r\n",
	"5 FETCH 1 FLAGS\r\n",
	"6 LIST \"\" * RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES MAILBOXID))\r\n",
	"7 LIST \"\" \"Gr%\"\r\n",
	"8 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)\r\n",
	"9 NAMESPACE\r\n",
	"10 COMPARATOR\r\n",
	"11 GETMETADATA INBOX /shared/comment\r\n",
	"12 SETMETADATA INBOX (/shared/comment \"x\")\r\n",
	"13 CREATE \"Gr&APw-n\"\r\n",
	"14 LIST \"\" \"Gr%\"\r\n",
	"15 DELETE \"Gr&APw-n\"\r\n",
	"16 SELECT INBOX\r\n",
	"17 APPEND INBOX {8+}\r\nA: b\r\n\r\n\r\n",
	"18 NOOP\r\n",
	"19 FETCH 1 (FLAGS UID)\r\n",
	"20 SEARCH $\r\n",
	"21 SEARCH CHARSET UTF-8 SUBJECT \"\"\r\n",
	"22 STORE 1 +FLAGS (\\Seen \\Deleted)\r\n",
	"23 EXPUNGE\r\n",
	"24 IDLE\r\nDONE\r\n",
	"25 APPEND INBOX {7+}\r\nA: \xc3\xbc\r\n\r\n",
	"26 X\r\n27 X\r\n28 X\r\n29 X\r\n",
	"30 UNAUTHENTICATE\r\n31 UNAUTHENTICATE\r\n",
	"32 STARTTLS\r\n",
};

/* What the first user does in another session is not told. */
static void elsewhere(struct talk *t)
{
	struct tx *output = &t->td.sessions[0].output;
	size_t before = output->len;

	talk_connect(t, 1);
	talk_say(t, 1, "a LOGIN fred secret\r\n");
	talk_say(t, 1, "b CREATE x\r\nc DELETE x\r\n");
	talk_say(t, 1, "d SETMETADATA \"\" (/private/x \"y\")\r\n");
	talk_say(t, 1, "e APPEND INBOX {5+}\r\nabc\r\n\r\nf STATUS INBOX (MESSAGES)\r\n");
	td_drop(&t->td, 1);
	assert_int_equal(output->len, before);
}

static void ask(const char *user_left, const char *first, struct tx *out, size_t *memory_r)
{
	struct talk t;

	talk_open(&t, host);
	talk_connect(&t, 0);
	if (strncmp(first, "compress", 8) == 0) {
		talk_say(&t, 0, "a COMPRESS DEFLATE\r\n");
		td_compress(&t.td, 0);
	} else if (strncmp(first, "tls", 3) == 0) {
		talk_say(&t, 0, "a STARTTLS\r\n");
		td_tls(&t.td, 0);
	}
	if (user_left) {
		const char *said;

		talk_say(&t, 0, "a LOGIN fred secret\r\n");
		talk_say(&t, 0, user_left);
		said = talk_say(&t, 0, "u UNAUTHENTICATE\r\n");
		if (!strstr(said, "u OK "))
			fail_msg("after %s: %s", user_left, said);
	}
	imapsrv_session_trim(t.td.sessions[0].session);
	*memory_r = imapsrv_session_memory(t.td.sessions[0].session, NULL);
	elsewhere(&t);
	for (size_t i = 0; i < COUNT(asked); i++)
		tx_str(out, talk_say(&t, 0, asked[i]));
	talk_close(&t);
}

static void check(const char *first)
{
	struct tx fresh = {0};
	size_t memory, held;

	ask(NULL, first, &fresh, &memory);
	assert_non_null(strstr(fresh.data, "\r\n23 OK "));
	for (size_t i = 0; i < COUNT(left); i++) {
		struct tx again = {0};
		size_t same = 0;

		ask(left[i], first, &again, &held);
		if (held > memory)
			fail_msg("row %zu: %zu octets are held, %zu by a new session", i, held, memory);
		while (same < fresh.len && fresh.data[same] == again.data[same])
			same++;
		while (same && fresh.data[same - 1] != '\n')
			same--;
		if (strcmp(fresh.data, again.data) != 0)
			fail_msg("row %zu, %s after %s: %.200s and not %.200s", i, first, left[i],
			         again.data + same, fresh.data + same);
		tx_free(&again);
	}
	tx_free(&fresh);
}

static void test_plain(void **state)
{
	(void)state;
	check("");
}

static void test_compressed(void **state)
{
	(void)state;
	check("compress");
}

static void test_tls(void **state)
{
	(void)state;
	check("tls");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
