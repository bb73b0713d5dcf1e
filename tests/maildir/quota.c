/* SPDX-License-Identifier: MIT */
/*
 * maildir/quota - how much mail there may be (RFC 9208): what is over it is refused and what is there
 * is counted right, whoever put it there, after restart, crash and damage.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct server server;
static struct conn a, b;

static void begin(struct play *play, const char *limits)
{
	play->options[0] = "--quota";
	play->options[1] = limits;
	server_start(&server, play, 0);
	conn_open(&a, &server);
}

static void end(void)
{
	conn_close(&a);
	server_stop(&server);
}

/* A message of 1000 octets. */
static const char *append(struct conn *conn, const char *mailbox)
{
	return conn_do(conn, "APPEND %s {1000+}\r\nSubject: x\r\n\r\n%0984d\r\n", mailbox, 0);
}

void test_quota(struct play *play)
{
	file_deliver(play, "1.a", "S");
	server_start(&server, play, 0);
	conn_open(&a, &server);
	expect_not(conn_do(&a, "CAPABILITY"), "QUOTA");
	end();
	begin(play, "10000S,6C");
	expect(conn_do(&a, "CAPABILITY"), " QUOTA=RES-STORAGE QUOTA=RES-MESSAGE");
	expect_not(conn_do(&a, "CAPABILITY"), " QUOTASET");
	conn_do(&a, "CREATE box");
	expect(conn_do(&a, "GETQUOTAROOT box"), "* QUOTAROOT box joe\n");
	expect(conn_do(&a, "GETQUOTA joe"), "* QUOTA joe (STORAGE 1 9 MESSAGE 1 6)");
	expect(conn_do(&a, "GETQUOTA anna"), "NO");
	for (int i = 0; i < 4; i++)
		expect(append(&a, i % 2 ? "box" : "INBOX"), "OK");
	expect(conn_do(&a, "GETQUOTA joe"), "(STORAGE 4 9 MESSAGE 5 6)");
	conn_do(&a, "SELECT INBOX");
	expect(conn_do(&a, "COPY 1:3 box"), "NO [OVERQUOTA]");
	expect(conn_do(&a, "COPY 1 box"), "OK");
	expect(append(&a, "box"), "NO [OVERQUOTA]");
	/* What is there may be moved, and what goes makes room. */
	expect(conn_do(&a, "MOVE 2:3 box"), "OK");
	expect(conn_do(&a, "GETQUOTA joe"), "MESSAGE 6 6");
	expect(conn_do(&a, "SELECT box"), "5 EXISTS");
	conn_do(&a, "STORE 1:2 +FLAGS (\\Deleted)");
	expect(conn_do(&a, "STATUS box (DELETED DELETED-STORAGE)"), "DELETED 2 DELETED-STORAGE 2000");
	conn_do(&a, "EXPUNGE");
	expect(conn_do(&a, "GETQUOTA joe"), "(STORAGE 3 9 MESSAGE 4 6)");
	expect(append(&a, "box"), "OK");
	end();

	begin(play, "10000S,6C");
	expect(conn_do(&a, "GETQUOTA joe"), "MESSAGE 5 6");
	/* Other programs do not ask. */
	for (int i = 0; i < 3; i++) {
		char base[32];
		snprintf(base, sizeof base, "2.%d", i);
		file_deliver(play, base, "");
	}
	conn_do(&a, "SELECT INBOX");
	expect(conn_do(&a, "GETQUOTA joe"), "MESSAGE 8 6");
	for (int i = 0; i < 3; i++) {
		char base[32];
		snprintf(base, sizeof base, "2.%d", i);
		file_remove(play, base);
	}
	expect(append(&a, "INBOX"), "OK");
	conn_do(&a, "DELETE box");
	expect(conn_do(&a, "GETQUOTA joe"), "MESSAGE 2 6");
	/* So large a message is refused before it is sent. */
	expect(conn_do(&a, "APPEND INBOX {10000}"), "NO [OVERQUOTA]");
	expect(append(&a, "INBOX"), "OK");
	end();
}

void test_quota_told(struct play *play)
{
	begin(play, "1500S");
	conn_open(&b, &server);
	conn_do(&b, "SELECT INBOX");
	conn_say(&b, "IDLE");
	conn_await(&b, "+ ");
	expect(append(&a, "INBOX"), "OK");
	expect(append(&a, "INBOX"), "NO [OVERQUOTA]");
	conn_await(&b, "* NO [OVERQUOTA]");
	conn_do(&a, "SELECT INBOX");
	conn_do(&a, "STORE 1 +FLAGS (\\Deleted)");
	conn_do(&a, "EXPUNGE");
	expect(append(&a, "INBOX"), "OK");
	conn_close(&b);
	end();
}

void test_quota_options(struct play *play)
{
	static const char *const refused[] = {"", "1", "S", "1X", "1S,", "1S 1C", "-1S",
	                                      "9223372036854775808S", "none,1S", NULL};

	play->options[0] = "--quota";
	for (size_t i = 0; refused[i]; i++) {
		play->options[1] = refused[i];
		server_refuses(play);
	}
	play->options[0] = "--set-quota";
	play->options[1] = NULL;
	server_refuses(play);
}

void test_quota_set(struct play *play)
{
	play->options[2] = "--set-quota";
	begin(play, "none");
	expect(conn_do(&a, "CAPABILITY"), " QUOTASET");
	expect(conn_do(&a, "GETQUOTA joe"), "* QUOTA joe ()");
	expect(append(&a, "INBOX"), "OK");
	expect(conn_do(&a, "SETQUOTA joe (STORAGE 2)"), "* QUOTA joe (STORAGE 1 2)");
	expect(conn_do(&a, "SETQUOTA anna (STORAGE 2)"), "NO");
	expect(conn_do(&a, "SETQUOTA \"../joe\" (STORAGE 2)"), "NO");
	expect(append(&a, "INBOX"), "OK");
	expect(append(&a, "INBOX"), "NO [OVERQUOTA]");
	end();
	play->options[2] = NULL;
	begin(play, "500S");
	expect(conn_do(&a, "GETQUOTA joe"), "(STORAGE 2 2)");
	expect(conn_do(&a, "SETQUOTA joe ()"), "BAD");
	file_write(play, "imapsrv-quota", "100C\n");
	expect(conn_do(&a, "GETQUOTA joe"), "(MESSAGE 2 100)");
	file_write(play, "imapsrv-quota", "nonsense\n");
	expect(conn_do(&a, "GETQUOTA joe"), "(STORAGE 2 0)");
	file_write(play, "imapsrv-quota", "none\n");
	expect(append(&a, "INBOX"), "OK");
	end();
}

void test_quota_damage(struct play *play)
{
	static const char *const damaged[] = {
		"", "\n", "100C", "100C\n", "100C\n1 1", "100C\n1000 1\n-2000 -2\n", "100C\n1000\n",
		"100C\n1000 1\nx 1\n", "100S\n1000 1\n", "100C\n9223372036854775807 1\n",
		"100C\n1000 99999999999999999999\n", "100C\n1 1 1\n"};
	static char large[6001];
	uint64_t seed = 3;

	file_deliver(play, "1.a", "S");
	begin(play, "100C");
	expect(conn_do(&a, "GETQUOTA joe"), "(MESSAGE 1 100)");
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		about("quota-damage, %zu", i);
		file_write(play, "maildirsize", damaged[i]);
		expect(conn_do(&a, "GETQUOTA joe"), "(MESSAGE 1 100)");
	}
	/* What another program has counted is believed. */
	file_write(play, "maildirsize", "100C\n        1000            7\n-1 -1\n");
	expect(conn_do(&a, "GETQUOTA joe"), "(MESSAGE 6 100)");
	/* Until it would be in the way. */
	file_write(play, "maildirsize", "100C\n1000 90\n1000 90\n");
	expect(append(&a, "INBOX"), "OK");
	expect(conn_do(&a, "GETQUOTA joe"), "(MESSAGE 2 100)");
	for (int i = 0; i < 50; i++) {
		size_t len = any(&seed, 40);
		strcpy(large, "100C\n");
		for (size_t k = 5; k < 5 + len; k++)
			large[k] = "0123456789 -\n\n"[any(&seed, 14)];
		large[5 + len] = '\0';
		file_write(play, "maildirsize", large);
		expect(conn_do(&a, "GETQUOTA joe"), " 100)");
	}
	/* A long one is made anew. */
	memcpy(large, "100C\n", 5);
	for (size_t i = 5; i < 6000; i += 5)
		memcpy(large + i, "10 1\n", 5);
	large[6000] = '\0';
	file_write(play, "maildirsize", large);
	expect(conn_do(&a, "GETQUOTA joe"), "(MESSAGE 2 100)");
	end();
}

/* Whatever is cut short, there is never more than the limit says, and no room is lost for good. */
void test_quota_killed(struct play *play)
{
	uint64_t seed = 17;

	for (int round = 0; round < 40; round++) {
		about("quota-killed, round %d", round);
		begin(play, "20C");
		conn_do(&a, "SELECT INBOX");
		for (uint32_t n = 1 + any(&seed, 12); n > 0; n--)
			switch (any(&seed, 4)) {
			case 0:
				conn_say(&a, "UID STORE %u:* +FLAGS (\\Deleted)", 1 + any(&seed, 99));
				conn_say(&a, "EXPUNGE");
				break;
			case 1:
				conn_say(&a, "COPY 1:%u INBOX", 1 + any(&seed, 5));
				break;
			default:
				conn_say(&a, "APPEND INBOX {12+}\r\nSubject: x\r\n");
				break;
			}
		static char line[LINE_MAX_OCTETS];
		for (uint32_t n = any(&seed, 30); n > 0 && conn_hear(&a, line); n--)
			if (conn_is_answer(&a, line))
				break;
		server_kill(&server);
		conn_close(&a);
		if (file_count(play) > 20)
			fail("there are %zu messages", file_count(play));
	}
	begin(play, "20C");
	while (file_count(play) < 20)
		expect(conn_do(&a, "APPEND INBOX {12+}\r\nSubject: x\r\n"), "OK");
	expect(conn_do(&a, "APPEND INBOX {12+}\r\nSubject: x\r\n"), "NO [OVERQUOTA]");
	expect(conn_do(&a, "GETQUOTA joe"), "(MESSAGE 20 20)");
	end();
}
