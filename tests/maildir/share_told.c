/* SPDX-License-Identifier: MIT */
/*
 * maildir/share_told - who is told what of the mailboxes of others, and when rights change: at once,
 * and nothing of what he may not know.  A list that is damaged, or cut short by a crash, opens
 * nothing to anybody.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <string.h>

static struct server server;
static struct conn joe, anna, carl;

static void begin(struct play *play)
{
	play->options[0] = "--share";
	play->options[1] = "Other Users";
	server_start(&server, play, 0);
	conn_open(&joe, &server);
	conn_open_as(&anna, &server, "anna");
	conn_open_as(&carl, &server, "carl");
}

static void end(void)
{
	conn_close(&joe);
	conn_close(&anna);
	conn_close(&carl);
	server_stop(&server);
}

void test_share_told(struct play *play)
{
	begin(play);
	conn_do(&joe, "CREATE A");
	conn_do(&joe, "SETACL A anna lrsi");
	conn_do(&anna, "SELECT \"Other Users/joe/A\"");
	conn_do(&joe, "SELECT A");
	conn_say(&anna, "IDLE");
	conn_await(&anna, "+ ");
	conn_do(&joe, "APPEND A {1+}\r\nx");
	conn_await(&anna, "* 1 EXISTS");
	conn_do(&joe, "STORE 1 +FLAGS (\\Flagged)");
	conn_await(&anna, "\\Flagged");
	/* Rights, while it waits. */
	conn_do(&joe, "SETACL A anna -is");
	conn_await(&anna, "[PERMANENTFLAGS ()]");
	conn_await(&anna, "* OK [READ-ONLY]");
	conn_do(&joe, "SETACL A anyone wte");
	conn_await(&anna, "* OK [READ-WRITE]");
	conn_do(&joe, "SETACL A -anna r");
	conn_do(&joe, "APPEND A {1+}\r\nx");
	conn_do(&joe, "EXPUNGE");
	conn_do(&joe, "DELETEACL A -anna");
	/* What it missed comes now, and no sooner. */
	conn_await(&anna, "* 2 EXISTS");
	end();
}

/* What is open stays open, whatever happens to names above that are hidden. */
void test_share_renamed(struct play *play)
{
	const char *told;

	begin(play);
	conn_do(&joe, "CREATE A");
	conn_do(&joe, "CREATE A/B");
	conn_do(&joe, "SETACL A/B anna lrs");
	conn_do(&anna, "NOTIFY SET (SELECTED (MessageNew MessageExpunge)) "
	               "(SUBTREE \"\" (MessageNew MessageExpunge MailboxName))");
	conn_do(&anna, "SELECT \"Other Users/joe/A/B\"");
	conn_do(&joe, "RENAME A C");
	expect_not(conn_do(&anna, "NOOP"), "joe/C\"");
	conn_do(&joe, "APPEND C/B {1+}\r\nx");
	expect(conn_do(&anna, "NOOP"), "* 1 EXISTS");
	conn_do(&joe, "SETACL C/B anna +t");
	told = conn_do(&anna, "NOOP");
	expect(told, "[PERMANENTFLAGS (\\Deleted \\Seen)]");
	expect(conn_do(&anna, "STORE 1 +FLAGS (\\Deleted)"), "\\Deleted");
	conn_do(&joe, "DELETE C/B");
	told = conn_do(&anna, "NOOP");
	expect(told, "* 1 EXPUNGE");
	expect(told, "\\NonExistent");
	end();
}

void test_share_notify(struct play *play)
{
	const char *told;

	begin(play);
	expect(conn_do(&carl, "NOTIFY SET (SUBTREE \"\" (MessageNew MessageExpunge MailboxName))"), "OK");
	conn_do(&joe, "CREATE A");
	conn_do(&joe, "CREATE B");
	conn_do(&joe, "APPEND A {1+}\r\nx");
	expect_not(conn_do(&carl, "NOOP"), "joe");
	conn_do(&joe, "SETACL A carl lr");
	expect(conn_do(&carl, "NOOP"), "* LIST (\\HasNoChildren) \"/\" \"Other Users/joe/A\"");
	conn_do(&joe, "APPEND A {1+}\r\nx");
	expect(conn_do(&carl, "NOOP"), "* STATUS \"Other Users/joe/A\" (MESSAGES 2 ");
	conn_do(&joe, "APPEND B {1+}\r\nx");
	conn_do(&joe, "SETMETADATA B (/shared/comment \"x\")");
	conn_do(&joe, "RENAME B C");
	conn_do(&joe, "DELETE C");
	expect_not(conn_do(&carl, "NOOP"), "joe");
	/* It is seen, and more is not. */
	conn_do(&joe, "SETACL A carl -r");
	expect(conn_do(&carl, "NOOP"), "\\NoAccess) \"/\" \"Other Users/joe/A\"");
	conn_do(&joe, "APPEND A {1+}\r\nx");
	expect_not(conn_do(&carl, "NOOP"), "STATUS");
	conn_do(&joe, "SETACL A carl +r");
	told = conn_do(&carl, "NOOP");
	expect(told, "\"Other Users/joe/A\"");
	expect_not(told, "\\NoAccess");
	conn_do(&joe, "APPEND A {1+}\r\nx");
	expect(conn_do(&carl, "NOOP"), "(MESSAGES 4 ");
	conn_do(&joe, "RENAME A D");
	expect(conn_do(&carl, "NOOP"), "\"Other Users/joe/D\" (\"OLDNAME\" (\"Other Users/joe/A\"))");
	/* By those who may see it, that it goes is heard. */
	conn_do(&joe, "DELETE D");
	expect(conn_do(&carl, "NOOP"), "* LIST (\\NonExistent \\HasNoChildren) \"/\" \"Other Users/joe/D\"");
	/* One's own mailboxes have one name. */
	conn_do(&carl, "CREATE Own");
	conn_do(&carl, "SETACL Own anyone lr");
	expect_not(conn_do(&carl, "NOOP"), "Other Users/carl");
	expect(conn_do(&anna, "LIST \"\" *"), "\"Other Users/carl/Own\"");
	end();
}

/* Other programs deliver, and change lists by hand. */
void test_share_outside(struct play *play)
{
	begin(play);
	conn_do(&joe, "SETACL INBOX carl lr");
	expect(conn_do(&carl, "NOTIFY SET (MAILBOXES \"Other Users/joe/INBOX\" (MessageNew MessageExpunge))"),
	       "OK");
	conn_say(&carl, "IDLE");
	conn_await(&carl, "+ ");
	file_deliver(play, "1.a", "");
	conn_await(&carl, "* STATUS \"Other Users/joe/INBOX\" (MESSAGES 1 ");
	conn_do(&anna, "MYRIGHTS \"Other Users/joe/INBOX\"");
	file_write(play, "imapsrv-acl", "# by hand\ncarl l\nanna lr\r\nanna s");
	conn_await(&carl, "\\NoAccess");
	expect(conn_do(&anna, "MYRIGHTS \"Other Users/joe/INBOX\""), "INBOX\" lrs\n");
	conn_do(&anna, "SELECT \"Other Users/joe/INBOX\"");
	conn_say(&anna, "IDLE");
	conn_await(&anna, "+ ");
	file_write(play, "imapsrv-acl", "anna lr\n");
	conn_await(&anna, "[PERMANENTFLAGS ()]");
	end();
}

void test_share_damage(struct play *play)
{
	static const char *const damaged[] = {
		"anna", "anna \nanna lr\nx", "anna lrQ\n", "anna lr \n", "anna  lr\n", "-anna",
		"anna lr\n- r\n", "anna lr\n\1\n", "anna lr\n/joe lr\n", "anna lr\n-anna l2\n",
		"anna lr\n-anna lc\n", "anna lr\nanyone", "anna lr\n--anna r\n"};
	static char large[1 << 19];
	uint64_t seed = 11;

	begin(play);
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		about("share-damage, %zu", i);
		file_write(play, "imapsrv-acl", "anna lr\n");
		expect(conn_do(&anna, "MYRIGHTS \"Other Users/joe/INBOX\""), " lr\n");
		file_write(play, "imapsrv-acl", damaged[i]);
		expect(conn_do(&anna, "MYRIGHTS \"Other Users/joe/INBOX\""), "NO [NONEXISTENT]");
		expect(conn_do(&anna, "LIST \"\" *"), "OK");
		expect(conn_do(&joe, "GETACL INBOX"), "NO [CORRUPTION]");
		expect(conn_do(&joe, "SETACL INBOX carl lr"), "NO [CORRUPTION]");
		expect(conn_do(&joe, "SELECT INBOX"), "OK [READ-WRITE]");
	}
	for (int i = 0; i < 100; i++) {
		for (size_t k = 0; k < 100; k++)
			large[k] = "anna lrws\n\n-carl"[any(&seed, 16)];
		large[100] = '\0';
		file_write(play, "imapsrv-acl", large);
		expect_not(conn_do(&anna, "MYRIGHTS \"Other Users/joe/INBOX\""), "BAD");
		expect(conn_do(&joe, "MYRIGHTS INBOX"), " lrswipkxtecda\n");
	}
	memset(large, '\n', sizeof large - 1);
	memcpy(large, "anna lr", 7);
	file_write(play, "imapsrv-acl", large);
	expect(conn_do(&anna, "MYRIGHTS \"Other Users/joe/INBOX\""), "NO [NONEXISTENT]");
	file_write(play, "imapsrv-acl", "# none\n\nanna lr\n");
	expect(conn_do(&anna, "MYRIGHTS \"Other Users/joe/INBOX\""), " lr\n");
	end();
}

/* Each list is one that was set, whole, wherever the server is stopped. */
void test_share_killed(struct play *play)
{
	uint64_t seed = 23;

	for (int round = 0; round < 40; round++) {
		const char *list;

		about("share-killed, round %d", round);
		begin(play);
		list = conn_do(&joe, "GETACL INBOX");
		if (round && !strstr(list, "joe lrswipkxtecda anna lr\n") &&
		    !strstr(list, "joe lrswipkxtecda anna lrswi\n"))
			fail("the list is %s", list);
		for (int i = 0; i < 8; i++)
			conn_say(&joe, "SETACL INBOX anna %s", i % 2 ? "lrswi" : "lr");
		for (uint32_t n = 1 + any(&seed, 6); n > 0; n--)
			conn_await(&joe, "OK");
		server_kill(&server);
		conn_close(&joe);
		conn_close(&anna);
		conn_close(&carl);
	}
}
