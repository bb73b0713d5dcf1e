/* SPDX-License-Identifier: MIT */
/*
 * maildir/kept - what was expunged can be read by who was not told (RFC 2180 4.1.1), and nothing of
 * it is left after that.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <string.h>

#define KEPT_DIR "imapsrv-kept."

static struct server server;
static struct conn a, b;

/* Three messages, and two clients that see them. */
static void begin(struct play *play)
{
	file_deliver(play, "1.a", "S");
	file_deliver(play, "1.b", "FT");
	file_deliver(play, "1.c", "");
	server_start(&server, play, 0);
	conn_open(&a, &server);
	conn_open(&b, &server);
	expect(conn_do(&a, "SELECT INBOX"), "* 3 EXISTS");
	expect(conn_do(&b, "SELECT INBOX"), "* 3 EXISTS");
	expect(conn_do(&b, "STORE 2 +FLAGS (kw)"), "kw");
	expect(conn_do(&a, "NOOP"), "kw");
}

static void end(void)
{
	conn_close(&a);
	conn_close(&b);
	server_stop(&server);
}

void test_kept(struct play *play)
{
	begin(play);
	expect(conn_do(&b, "EXPUNGE"), "* 2 EXPUNGE");
	if (file_count(play) != 2 || !file_begins(play, KEPT_DIR))
		fail("the file is not put aside");
	const char *text = conn_do(&a, "FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[TEXT])");
	expect(text, "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Deleted \\Recent kw)");
	expect(text, "This is 1.b.");
	expect(text, "OK FETCH done");
	text = conn_do(&a, "FETCH 2 (ENVELOPE BODY[])");
	expect(text, "Subject: 1.b");
	expect(text, "\\Seen");
	text = conn_do(&a, "STORE 2 +FLAGS (\\Answered kw KW kw2)");
	expect(text, "* 2 FETCH (FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Recent kw kw2))");
	expect(text, "OK STORE");
	expect(conn_do(&a, "STORE 2 -FLAGS (\\Answered kw2)"), "\\Recent kw))");
	expect(conn_do(&a, "STORE 2 FLAGS (\\Draft)"), "* 2 FETCH (FLAGS (\\Draft \\Recent))");
	expect(conn_do(&a, "STORE 2 FLAGS (kw)"), "* 2 FETCH (FLAGS (\\Recent kw))");
	expect(conn_do(&a, "SEARCH KEYWORD kw"), "* SEARCH 2\n");
	expect(conn_do(&a, "SEARCH TEXT \"is 1.b\""), "* SEARCH 2\n");
	expect(conn_do(&b, "UID FETCH 2 (FLAGS)"), "OK FETCH done");
	expect(conn_do(&a, "NOOP"), "* 2 EXPUNGE");
	if (file_begins(play, KEPT_DIR))
		fail("it is kept though all were told");
	expect(conn_do(&a, "FETCH 2 (UID)"), "UID 3");
	/* With nobody else there, nothing is put aside. */
	conn_close(&b);
	expect(conn_do(&a, "STORE 1 +FLAGS (\\Deleted)"), "OK STORE");
	conn_say(&a, "EXPUNGE");
	conn_ok(&a, NULL, NULL);
	if (file_begins(play, KEPT_DIR) || file_count(play) != 1)
		fail("the expunged file is still there");
	conn_open(&b, &server);
	/* Nor what is expunged by CLOSE, once the others were told. */
	conn_do(&b, "SELECT INBOX");
	conn_do(&b, "STORE 1 +FLAGS (\\Deleted)");
	expect(conn_do(&b, "CLOSE"), "OK CLOSE");
	expect(conn_do(&a, "FETCH 1 (BODY.PEEK[TEXT])"), "This is 1.c.");
	conn_do(&a, "UNSELECT");
	if (file_begins(play, KEPT_DIR) || file_count(play))
		fail("the closed mailbox keeps it");
	end();
}

/* Another program leaves no octets, but the flags were known. */
void test_kept_outside(struct play *play)
{
	begin(play);
	file_remove(play, "1.b");
	expect(conn_do(&b, "NOOP"), "* 2 EXPUNGE");
	expect(conn_do(&a, "FETCH 1:3 (FLAGS)"), "* 2 FETCH (FLAGS (\\Flagged \\Deleted \\Recent kw))");
	expect(conn_do(&a, "SEARCH FLAGGED"), "* SEARCH 2\n");
	const char *text = conn_do(&a, "FETCH 1:3 (BODY.PEEK[])");
	expect(text, "This is 1.c.");
	expect_not(text, "This is 1.b.");
	expect(text, "OK [EXPUNGEISSUED]");
	expect(conn_do(&a, "NOOP"), "* 2 EXPUNGE");
	end();
}

/* What a crash leaves is cleaned, but not what another process needs. */
void test_kept_crash(struct play *play)
{
	struct server second;
	static struct conn c;

	begin(play);
	conn_do(&b, "EXPUNGE");
	server_start(&second, play, 0);
	conn_open(&c, &second);
	expect(conn_do(&c, "SELECT INBOX"), "* 2 EXISTS");
	expect(conn_do(&a, "FETCH 2 (BODY.PEEK[TEXT])"), "This is 1.b.");
	conn_close(&c);
	server_stop(&second);
	server_kill(&server);
	conn_close(&a);
	conn_close(&b);
	if (!file_begins(play, KEPT_DIR))
		fail("nothing was kept");
	server_start(&server, play, 0);
	conn_open(&a, &server);
	expect(conn_do(&a, "SELECT INBOX"), "* 2 EXISTS");
	if (file_begins(play, KEPT_DIR))
		fail("what the crash left is there");
	conn_close(&a);
	server_stop(&server);
}

void test_kept_many(struct play *play)
{
	char base[32];
	const char *text;

	for (int i = 0; i < 300; i++) {
		snprintf(base, sizeof base, "1.%03d", i);
		file_deliver(play, base, i % 3 ? "ST" : "S");
	}
	server_start(&server, play, 0);
	conn_open(&a, &server);
	conn_open(&b, &server);
	expect(conn_do(&a, "SELECT INBOX"), "* 300 EXISTS");
	conn_do(&b, "SELECT INBOX");
	conn_say(&b, "EXPUNGE");
	conn_ok(&b, NULL, NULL);
	conn_do(&b, "STORE 50 +FLAGS (\\Deleted)");
	conn_say(&b, "EXPUNGE");
	conn_ok(&b, NULL, NULL);
	text = conn_do(&a, "FETCH 1,150,300 (BODY.PEEK[TEXT])");
	expect(text, "This is 1.000.");
	expect(text, "This is 1.149.");
	expect(text, "This is 1.299.");
	expect(conn_do(&a, "SEARCH RETURN (COUNT) ALL"), "COUNT 300");
	expect(conn_do(&a, "UID SEARCH RETURN (COUNT) DELETED"), "COUNT 201");
	if (file_begins(play, KEPT_DIR) || file_count(play) != 99)
		fail("all was told, and %zu files are there", file_count(play));
	end();
}

void test_kept_copy(struct play *play)
{
	begin(play);
	expect(conn_do(&a, "CREATE Other"), "OK");
	conn_do(&b, "EXPUNGE");
	const char *text = conn_do(&a, "COPY 1:2 Other");
	expect(text, "* 2 EXPUNGE");
	expect(text, " 1:2 1:2] COPY");
	if (file_begins(play, KEPT_DIR))
		fail("it is kept though all were told");
	expect(conn_do(&a, "EXAMINE Other"), "* 2 EXISTS");
	expect(conn_do(&a, "FETCH 2 (FLAGS BODY.PEEK[TEXT])"), "This is 1.b.");
	expect(conn_do(&a, "SEARCH KEYWORD kw FLAGGED"), "* SEARCH 2\n");
	/* Two who move the same message do not make it two. */
	conn_do(&a, "SELECT INBOX");
	expect(conn_do(&b, "UID MOVE 1 Other"), "OK MOVE");
	text = conn_do(&a, "UID MOVE 1 Other");
	expect_not(text, "COPYUID");
	expect(text, "* 1 EXPUNGE");
	expect(conn_do(&a, "EXAMINE Other"), "* 3 EXISTS");
	end();
}
