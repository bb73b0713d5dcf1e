/* SPDX-License-Identifier: MIT */
/*
 * maildir/metadata - annotations of mailboxes and of the server (RFC 5464) and special uses (RFC
 * 6154): shown, told to the others, kept over restart, crash and damage.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct server server;
static struct conn a, b;

static void expect_get(struct conn *conn, const char *mailbox, const char *entry, const char *what)
{
	expect(conn_do(conn, "GETMETADATA %s %s", mailbox, entry), what);
}

void test_metadata(struct play *play)
{
	server_start(&server, play, 0);
	conn_open(&a, &server);
	expect(conn_do(&a, "CAPABILITY"), " METADATA");
	expect(conn_do(&a, "CREATE box"), "OK");
	expect(conn_do(&a, "SETMETADATA box (/shared/comment {4+}\r\n1%% \t /private/comment \"mine\" "
	                   "/shared/vendor/x/y \"z\")"), "OK");
	expect_get(&a, "box", "/shared/comment", "(/shared/comment \"1% \t\")");
	expect_get(&a, "(DEPTH infinity) box", "/shared/vendor", "/shared/vendor/x/y \"z\"");
	expect_get(&a, "box", "/private/comment", "\"mine\"");
	expect_get(&a, "nobox", "/shared/comment", "NO [NONEXISTENT]");
	expect_get(&a, "\"box/../box\"", "/shared/comment", "NO");
	expect(conn_do(&a, "SETMETADATA INBOX (/shared/comment \"in\")"), "OK");
	expect(conn_do(&a, "SETMETADATA \"\" (/private/comment \"server\")"), "OK");
	expect(conn_do(&a, "SETMETADATA \"\" (/shared/comment \"server\")"), "NO [NOPERM]");
	/* They go along with the name, and go with the mailbox. */
	expect(conn_do(&a, "RENAME box other"), "OK");
	expect_get(&a, "other", "/private/comment", "\"mine\"");
	conn_close(&a);
	server_stop(&server);

	server_start(&server, play, 0);
	file_write(play, "../.imapsrv-metadata", "/shared/admin mailto:root@example.org\n");
	conn_open(&a, &server);
	expect_get(&a, "other", "/private/comment", "\"mine\"");
	expect_get(&a, "INBOX", "/shared/comment", "\"in\"");
	expect_get(&a, "\"\"", "/private/comment", "\"server\"");
	expect_get(&a, "\"\"", "/shared/admin", "mailto:root@example.org");
	expect(conn_do(&a, "SETMETADATA other (/private/comment NIL)"), "OK");
	expect_not(conn_do(&a, "GETMETADATA other /private/comment"), "mine");
	conn_do(&a, "DELETE other");
	conn_do(&a, "CREATE other");
	expect_not(conn_do(&a, "GETMETADATA (DEPTH infinity) other /shared"), "shared");
	conn_close(&a);
	server_stop(&server);
}

/* The others are told, also of what another program does; HIGHESTMODSEQ rises. */
void test_metadata_told(struct play *play)
{
	unsigned long long before, after;
	const char *at;

	file_deliver(play, "1.a", "S");
	server_start(&server, play, 0);
	conn_open(&a, &server);
	conn_open(&b, &server);
	conn_do(&b, "ENABLE METADATA");
	conn_do(&b, "SELECT INBOX");
	at = strstr(conn_do(&a, "STATUS INBOX (HIGHESTMODSEQ)"), "MODSEQ ");
	before = at ? strtoull(at + 7, NULL, 10) : 0;
	conn_say(&b, "IDLE");
	conn_await(&b, "+ ");
	conn_do(&a, "SETMETADATA INBOX (/shared/comment \"x\" /private/comment \"y\")");
	conn_await(&b, "* METADATA INBOX /private/comment /shared/comment");
	at = strstr(conn_do(&a, "STATUS INBOX (HIGHESTMODSEQ)"), "MODSEQ ");
	after = at ? strtoull(at + 7, NULL, 10) : 0;
	if (!before || after <= before)
		fail("HIGHESTMODSEQ %llu, then %llu", before, after);
	conn_do(&a, "SETMETADATA \"\" (/private/comment \"s\")");
	conn_await(&b, "* METADATA \"\" /private/comment");
	file_write(play, "imapsrv-metadata", "/shared/comment x\n/shared/by-hand %7a\n");
	conn_await(&b, "/shared/by-hand");
	expect_get(&a, "INBOX", "/shared/by-hand", "\"z\"");
	conn_close(&a);
	conn_close(&b);
	server_stop(&server);
}

void test_uses(struct play *play)
{
	server_start(&server, play, 0);
	conn_open(&a, &server);
	expect(conn_do(&a, "CAPABILITY"), " CREATE-SPECIAL-USE");
	expect(conn_do(&a, "CREATE Sent"), "OK");
	expect(conn_do(&a, "LIST \"\" * RETURN (SPECIAL-USE)"), "\\Sent) \"/\" Sent\n");
	expect_get(&a, "Sent", "/private/specialuse", "\"\\\\Sent\"");
	expect(conn_do(&a, "CREATE All (USE (\\All))"), "NO [USEATTR]");
	/* There is one of each: the last that was made so. */
	expect(conn_do(&a, "CREATE Gone (USE (\\Sent \\Archive))"), "OK");
	expect(conn_do(&a, "LIST (SPECIAL-USE) \"\" *"), "\\Archive \\Sent) \"/\" Gone\n");
	expect_not(conn_do(&a, "LIST (SPECIAL-USE) \"\" *"), " Sent\n");
	expect(conn_do(&a, "SETMETADATA Sent (/private/specialuse \"\\\\Sent\")"), "OK");
	conn_close(&a);
	server_kill(&server);

	server_start(&server, play, 0);
	conn_open(&a, &server);
	expect(conn_do(&a, "LIST (SPECIAL-USE) \"\" *"), "\\Sent) \"/\" Sent\n");
	expect_get(&a, "Gone", "/private/specialuse", "\"\\\\Archive\"");
	expect(conn_do(&a, "SETMETADATA Sent (/private/specialuse NIL)"), "OK");
	expect_not(conn_do(&a, "LIST (SPECIAL-USE) \"\" *"), " Sent\n");
	expect(conn_do(&a, "GETMETADATA Sent /private/specialuse"), "NIL");
	expect(conn_do(&a, "SETMETADATA Sent (/private/specialuse \"\\\\Nothing\")"),
	       "NO [USEATTR]");
	conn_close(&a);
	server_stop(&server);
}

/* Whatever stands in the file: what can be read of it is there, and it can be written again. */
void test_metadata_damage(struct play *play)
{
	static const char *const damaged[] = {
		"", "\n\n \n", "/shared/good\n", "/shared/ x\n//shared/a x\n/shared/a/ x\n/other x\n",
		"/shared/good x\n\1\2\3\377/\n:/shared/x y\nanna:/shared/x y\nanna:/private/x y\n",
		"/shared/a%00b x\n/shared/* x\n/SHARED/Comment %4\n/shared/comment again\n",
		"/private/specialuse \\Nonsense \\Sent\n/private/x %zz%"};
	static char large[1 << 21];
	uint64_t seed = 5;

	server_start(&server, play, 0);
	conn_open(&a, &server);
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		about("metadata-damage, %zu", i);
		file_write(play, "imapsrv-metadata", damaged[i]);
		expect(conn_do(&a, "GETMETADATA (DEPTH infinity) INBOX (/shared /private)"), "OK");
		expect(conn_do(&a, "LIST \"\" *"), "OK");
	}
	file_write(play, "imapsrv-metadata", damaged[5]);
	expect_get(&a, "INBOX", "/shared/comment", "\"%4\"");
	for (size_t i = 0; i < 50; i++) {
		for (size_t k = 0; k < 300; k++)
			large[k] = "/shared/private:%4 x\n\n#"[any(&seed, 23)];
		large[300] = '\0';
		file_write(play, "imapsrv-metadata", large);
		expect(conn_do(&a, "GETMETADATA (DEPTH infinity) INBOX (/shared /private)"), "OK");
	}
	memset(large, 'x', sizeof large - 1);
	file_write(play, "imapsrv-metadata", large);
	expect(conn_do(&a, "SETMETADATA INBOX (/shared/comment \"new\")"), "OK");
	expect_get(&a, "INBOX", "/shared/comment", "\"new\"");
	conn_close(&a);
	server_stop(&server);
}

/* It holds a thousand entries, or a million octets, and no more. */
void test_metadata_full(struct play *play)
{
	const char *answer;
	int i;

	server_start(&server, play, 0);
	conn_open(&a, &server);
	for (i = 0; i < 1001; i++) {
		answer = conn_do(&a, "SETMETADATA INBOX (/private/e%d \"%d\")", i, i);
		if (strncmp(answer, "OK", 2) != 0)
			break;
	}
	if (i != 1000)
		fail("%d entries", i);
	expect(answer, "NO [METADATA TOOMANY]");
	expect_get(&a, "INBOX", "/private/e999", "\"999\"");
	expect(conn_do(&a, "SETMETADATA INBOX (/private/e999 NIL /private/e1000 \"x\")"), "OK");
	conn_close(&a);
	server_stop(&server);
}

/* Two entries that are always set together are never seen apart. */
void test_metadata_killed(struct play *play)
{
	uint64_t seed = 9;

	for (int round = 0; round < 40; round++) {
		char one[64], *end;
		const char *text;

		about("metadata-killed, round %d", round);
		server_start(&server, play, 0);
		conn_open(&a, &server);
		text = conn_do(&a, "GETMETADATA INBOX (/private/a /shared/b)");
		text = strstr(text, "/private/a");
		if (round && !text)
			fail("the entries are lost");
		if (text && text[11] == '"') {
			snprintf(one, sizeof one, "%s", text + 11);
			end = strchr(one + 1, '"');
			if (end)
				end[1] = '\0';
			expect(strstr(text, "/shared/b"), one);
		}
		for (int i = 0; i < 8; i++)
			conn_say(&a, "SETMETADATA INBOX (/private/a \"%d.%d\" /shared/b \"%d.%d\")",
			         round, i, round, i);
		for (uint32_t n = 1 + any(&seed, 6); n > 0; n--)
			conn_await(&a, "OK");
		server_kill(&server);
		conn_close(&a);
	}
}
