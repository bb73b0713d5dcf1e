/* SPDX-License-Identifier: MIT */
/*
 * maildir/share - mailboxes of other users (RFC 4314, RFC 2342): nobody sees what he was not given,
 * and of what he was given he can do no more than the list says, whoever owns it.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <string.h>

static struct server server;
static struct conn joe, anna;

static void begin(struct play *play)
{
	play->options[0] = "--share";
	play->options[1] = "Other Users";
	server_start(&server, play, 0);
	conn_open(&joe, &server);
	conn_open_as(&anna, &server, "anna");
}

static void end(void)
{
	conn_close(&joe);
	conn_close(&anna);
	server_stop(&server);
}

/* Said of both, word for word: one that is hidden and one that is not there.  "@" stands for the name. */
static void expect_same(const char *command, const char *hidden, const char *missing)
{
	static char first[LINE_MAX_OCTETS];
	int before = (int)strcspn(command, "@");
	const char *behind = command + before + 1;

	about("%s", command);
	conn_do(&anna, "SELECT INBOX");
	snprintf(first, sizeof first, "%s",
	         conn_do(&anna, "%.*s%s%s", before, command, hidden, behind));
	conn_do(&anna, "SELECT INBOX");
	expect(conn_do(&anna, "%.*s%s%s", before, command, missing, behind), first);
}

void test_share(struct play *play)
{
	static const char *const said[] = {
		"SELECT @", "EXAMINE @", "STATUS @ (MESSAGES)", "GETACL @", "MYRIGHTS @",
		"LISTRIGHTS @ anna", "SETACL @ anna lr", "DELETEACL @ anna", "DELETE @",
		"RENAME @ \"Other Users/joe/A/new\"", "GETMETADATA @ (/shared/comment)",
		"SETMETADATA @ (/private/comment \"x\")", "APPEND @ {1+}\r\nx", "COPY 1 @",
		"MOVE 1 @", "UID COPY 1 @", "REPLACE 1 @ {1+}\r\nx"};

	server_start(&server, play, 0);
	conn_open(&joe, &server);
	expect_not(conn_do(&joe, "CAPABILITY"), " ACL");
	expect(conn_do(&joe, "GETACL INBOX"), "BAD");
	conn_close(&joe);
	server_stop(&server);

	file_deliver(play, "1.a", "S");
	begin(play);
	expect(conn_do(&joe, "CAPABILITY"), " ACL RIGHTS=kxte LIST-MYRIGHTS ");
	expect(conn_do(&joe, "NAMESPACE"), "((\"\" \"/\")) ((\"Other Users/\" \"/\")) NIL");
	expect(conn_do(&joe, "CREATE A"), "OK");
	expect(conn_do(&joe, "CREATE Secret"), "OK");
	expect(conn_do(&joe, "APPEND Secret {1+}\r\nx"), "OK");
	expect(conn_do(&joe, "MYRIGHTS A"), "* MYRIGHTS A lrswipkxtecda");
	expect(conn_do(&joe, "GETACL A"), "* ACL A joe lrswipkxtecda\n");
	conn_do(&anna, "CREATE A1");
	conn_do(&anna, "APPEND INBOX {1+}\r\nx");
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		expect_same(said[i], "\"Other Users/joe/Secret\"", "\"Other Users/joe/Nothing\"");
	expect_same("SELECT @", "\"Other Users/joe/Secret\"", "\"Other Users/nobody/INBOX\"");
	expect_same("CREATE @", "\"Other Users/joe/Secret/x\"", "\"Other Users/nobody/x\"");
	expect_same("CREATE @", "\"Other Users/joe/Secret/x\"", "\"Other Users/joe/Nothing/x\"");
	expect_same("RENAME A1 @", "\"Other Users/joe/Secret/x\"", "\"Other Users/joe/Nothing/x\"");
	expect(conn_do(&anna, "APPEND INBOX CATENATE (URL \"/Other%%20Users/joe/Secret/;UID=1\")"),
	       "NO [BADURL");
	expect_not(conn_do(&anna, "LIST \"\" *"), "joe");
	/* Whether or not it is there. */
	expect(conn_do(&anna, "SUBSCRIBE \"Other Users/joe/Secret\""), "OK");
	expect(conn_do(&anna, "LIST (SUBSCRIBED) \"\" *"), "\\NonExistent");
	expect(conn_do(&joe, "SETACL Secret anna l"), "OK");
	expect_not(conn_do(&anna, "LIST (SUBSCRIBED) \"\" *"), "\\NonExistent");
	expect(conn_do(&anna, "SELECT \"Other Users/joe/Secret\""), "NO [NOPERM]");
	expect(conn_do(&anna, "MYRIGHTS \"Other Users/joe/Secret\""), "Secret\" l\n");
	expect(conn_do(&anna, "LIST \"\" * RETURN (MYRIGHTS)"), "Secret\" l\n");
	expect(conn_do(&anna, "GETACL \"Other Users/joe/Secret\""), "NO [NOPERM]");
	end();

	/* It is there after a restart, and a user's own rights are not. */
	begin(play);
	expect(conn_do(&joe, "GETACL Secret"), "* ACL Secret joe lrswipkxtecda anna l\n");
	expect(conn_do(&joe, "SETACL Secret joe l"), "NO [CANNOT]");
	expect(conn_do(&joe, "SETACL Secret -joe r"), "NO [CANNOT]");
	expect(conn_do(&joe, "DELETEACL Secret joe"), "NO [CANNOT]");
	expect(conn_do(&joe, "LISTRIGHTS Secret joe"), "joe lrswipkxtecda\n");
	expect(conn_do(&joe, "LISTRIGHTS Secret anna"), "anna \"\" l r s w i p k x t e a c d\n");
	expect(conn_do(&joe, "SETACL Secret \"../anna\" l"), "NO [CANNOT]");
	expect(conn_do(&joe, "SETACL Secret anyone lr"), "OK");
	expect(conn_do(&joe, "SETACL Secret -anna l"), "OK");
	expect_not(conn_do(&anna, "LIST \"\" *"), "joe");
	expect(conn_do(&anna, "MYRIGHTS \"Other Users/joe/Secret\""), "Secret\" r\n");
	expect(conn_do(&joe, "DELETEACL Secret -anna"), "OK");
	expect(conn_do(&anna, "MYRIGHTS \"Other Users/joe/Secret\""), "Secret\" lr\n");
	/* One who may give rights may give them to himself. */
	expect(conn_do(&joe, "SETACL Secret anna a"), "OK");
	expect(conn_do(&anna, "SETACL \"Other Users/joe/Secret\" anna +x"), "OK");
	expect(conn_do(&anna, "GETACL \"Other Users/joe/Secret\""), "joe lrswipkxtecda anna xca anyone lr");
	expect(conn_do(&anna, "SETACL \"Other Users/joe/Secret\" joe l"), "NO [CANNOT]");
	end();
}

/* What is changed there, by whom and how far. */
void test_share_changes(struct play *play)
{
	file_deliver(play, "1.a", "");
	begin(play);
	conn_do(&joe, "CREATE A");
	conn_do(&joe, "APPEND A (\\Flagged) {1+}\r\nx");
	conn_do(&joe, "SETACL A anna lr");
	expect(conn_do(&anna, "SELECT \"Other Users/joe/A\""), "[PERMANENTFLAGS ()]");
	expect(conn_do(&anna, "SELECT \"Other Users/joe/A\""), "OK [READ-ONLY]");
	expect_not(conn_do(&anna, "FETCH 1 (BODY[])"), "\\Seen");
	expect(conn_do(&anna, "STORE 1 +FLAGS (\\Seen)"), "NO [NOPERM]");
	expect(conn_do(&anna, "EXPUNGE"), "NO [NOPERM]");
	expect(conn_do(&anna, "APPEND \"Other Users/joe/A\" {1+}\r\nx"), "NO [NOPERM]");
	/* At once. */
	expect(conn_do(&joe, "SETACL A anna +st"), "OK");
	expect(conn_do(&anna, "NOOP"), "[PERMANENTFLAGS (\\Deleted \\Seen)]");
	expect(conn_do(&anna, "STORE 1 FLAGS (\\Seen $a \\Draft)"), "FLAGS (\\Seen \\Flagged");
	conn_do(&joe, "SELECT A");
	/* \Seen is everybody's. */
	expect(conn_do(&joe, "FETCH 1 FLAGS"), "FLAGS (\\Seen \\Flagged)");
	expect(conn_do(&joe, "STORE 1 +FLAGS ($b)"), "OK");
	expect(conn_do(&anna, "STORE 1 FLAGS (\\Deleted)"), "FLAGS (\\Flagged \\Deleted");
	expect(conn_do(&joe, "FETCH 1 FLAGS"), "FLAGS (\\Flagged \\Deleted $b)");
	expect(conn_do(&anna, "CLOSE"), "OK");
	expect(conn_do(&joe, "STATUS A (MESSAGES)"), "MESSAGES 1");
	/* Only flags that may be set there go along. */
	expect(conn_do(&joe, "SETACL A anna lrwi"), "OK");
	conn_do(&anna, "APPEND INBOX (\\Seen \\Deleted \\Draft $c) {1+}\r\nx");
	conn_do(&anna, "SELECT INBOX");
	expect(conn_do(&anna, "COPY 1 \"Other Users/joe/A\""), "[COPYUID ");
	conn_do(&joe, "NOOP");
	expect(conn_do(&joe, "FETCH 2 FLAGS"), "FLAGS (\\Draft \\Recent $c)");
	expect(conn_do(&joe, "SETACL A anna lrsi"), "OK");
	expect(conn_do(&anna, "MOVE 1 \"Other Users/joe/A\""), "OK");
	conn_do(&joe, "NOOP");
	expect(conn_do(&joe, "FETCH 3 FLAGS"), "FLAGS (\\Seen \\Recent)");
	expect(conn_do(&anna, "APPEND \"Other Users/joe/A\" (\\Seen \\Draft $c) {1+}\r\nx"), "OK");
	conn_do(&joe, "NOOP");
	expect(conn_do(&joe, "FETCH 4 FLAGS"), "FLAGS (\\Seen \\Recent)");
	/* MOVE away takes as much as to delete. */
	conn_do(&anna, "SELECT \"Other Users/joe/A\"");
	expect(conn_do(&anna, "MOVE 1 INBOX"), "NO [NOPERM]");
	expect(conn_do(&joe, "SETACL A anna lrte"), "OK");
	expect(conn_do(&anna, "MOVE 1 INBOX"), "OK");
	expect(conn_do(&anna, "STATUS INBOX (MESSAGES)"), "MESSAGES 1");
	expect(conn_do(&joe, "NOOP"), "* 1 EXPUNGE");
	expect(conn_do(&anna, "STORE 1 +FLAGS (\\Deleted)"), "OK");
	expect(conn_do(&anna, "EXPUNGE"), "* 1 EXPUNGE");
	/* Not even to read. */
	expect(conn_do(&joe, "SETACL A anna l"), "OK");
	expect(conn_do(&anna, "FETCH 1 FLAGS"), "NO [NOPERM]");
	expect(conn_do(&anna, "APPEND INBOX CATENATE (URL \"/Other%%20Users/joe/A/;UID=3\")"),
	       "NO [BADURL");
	expect(conn_do(&anna, "CLOSE"), "OK");
	end();
}

void test_share_names(struct play *play)
{
	begin(play);
	conn_do(&joe, "CREATE A");
	conn_do(&joe, "SETACL A anna lrk");
	expect(conn_do(&anna, "CREATE \"Other Users/joe/A/B\""), "OK");
	expect(conn_do(&joe, "GETACL A/B"), "joe lrswipkxtecda anna lrkc\n");
	expect(conn_do(&anna, "CREATE \"Other Users/joe/B\""), "NO [NOPERM]");
	expect(conn_do(&anna, "CREATE \"Other Users\""), "NO [NOPERM]");
	expect(conn_do(&anna, "CREATE \"Other Users/anna/B\""), "NO [NOPERM]");
	expect(conn_do(&anna, "DELETE \"Other Users/joe/A/B\""), "NO [NOPERM]");
	expect(conn_do(&anna, "RENAME \"Other Users/joe/A/B\" B"), "NO [NOPERM]");
	conn_do(&joe, "SETACL A/B anna lrx");
	expect(conn_do(&anna, "RENAME \"Other Users/joe/A/B\" B"), "NO [CANNOT]");
	conn_do(&anna, "CREATE Mine");
	expect(conn_do(&anna, "RENAME Mine \"Other Users/joe/A/C\""), "NO [CANNOT]");
	expect(conn_do(&anna, "RENAME \"Other Users/joe/A/B\" \"Other Users/joe/A/C\""), "OK");
	/* The list goes along, and goes with the mailbox. */
	expect(conn_do(&joe, "GETACL A/C"), "joe lrswipkxtecda anna lrxc\n");
	expect(conn_do(&anna, "DELETE \"Other Users/joe/A/C\""), "OK");
	conn_do(&joe, "SETACL A anna k");
	conn_do(&joe, "CREATE A/C");
	expect_not(conn_do(&joe, "GETACL A/C"), "lrx");
	conn_do(&joe, "DELETEACL A anna");
	conn_do(&joe, "CREATE A/D");
	expect_not(conn_do(&joe, "GETACL A/D"), "anna");
	/* INBOX is shared by that name alone, and is never deleted or renamed. */
	conn_do(&joe, "SETACL INBOX anna lrxk");
	expect(conn_do(&anna, "LIST \"\" \"Other Users/*\""), "\"Other Users/joe/INBOX\"");
	expect(conn_do(&anna, "STATUS \"Other Users/joe/INBOX\" (MESSAGES)"), "MESSAGES 0");
	expect(conn_do(&anna, "STATUS \"Other Users/joe/inbox\" (MESSAGES)"), "NO [NONEXISTENT]");
	expect(conn_do(&anna, "DELETE \"Other Users/joe/INBOX\""), "NO [CANNOT]");
	expect(conn_do(&anna, "RENAME \"Other Users/joe/INBOX\" \"Other Users/joe/A/I\""), "NO");
	/* Names that would lead out of the tree, or to one's own. */
	expect(conn_do(&anna, "SELECT \"Other Users/../joe/INBOX\""), "NO");
	expect(conn_do(&anna, "SELECT \"Other Users/anna/INBOX\""), "NO [NONEXISTENT]");
	expect(conn_do(&anna, "SELECT \"Other Users/joe\""), "NO [NONEXISTENT]");
	expect(conn_do(&anna, "SELECT \"Other Users/joe/Other Users/joe/INBOX\""), "NO");
	/* Subscriptions are one's own. */
	expect(conn_do(&anna, "SUBSCRIBE \"Other Users/joe/INBOX\""), "OK");
	expect(conn_do(&anna, "LSUB \"\" *"), "\"Other Users/joe/INBOX\"");
	expect_not(conn_do(&joe, "LSUB \"\" *"), "INBOX");
	/* One identifier, whatever it is called. */
	static char id[256];
	snprintf(id, sizeof id, "%s",
	         strstr(conn_do(&joe, "STATUS INBOX (MAILBOXID)"), "(MAILBOXID"));
	id[strcspn(id, "\n")] = '\0';
	expect(conn_do(&anna, "STATUS \"Other Users/joe/INBOX\" (MAILBOXID)"), id);
	end();
}

/* Whoever puts it there, it is the owner's. */
void test_share_quota(struct play *play)
{
	play->options[2] = "--quota";
	play->options[3] = "3C";
	begin(play);
	conn_do(&joe, "CREATE A");
	conn_do(&joe, "SETACL A anna lrite");
	for (int i = 0; i < 2; i++) {
		expect(conn_do(&joe, "APPEND A {1+}\r\nx"), "OK");
		expect(conn_do(&anna, "APPEND INBOX {1+}\r\nx"), "OK");
	}
	expect(conn_do(&anna, "GETQUOTAROOT \"Other Users/joe/A\""), "* QUOTA joe (MESSAGE 2 3)");
	expect(conn_do(&anna, "GETQUOTA joe"), "NO");
	conn_do(&anna, "SELECT INBOX");
	expect(conn_do(&anna, "COPY 1:2 \"Other Users/joe/A\""), "NO [OVERQUOTA]");
	expect(conn_do(&anna, "MOVE 1:2 \"Other Users/joe/A\""), "NO [OVERQUOTA]");
	expect(conn_do(&anna, "MOVE 1 \"Other Users/joe/A\""), "OK");
	expect(conn_do(&joe, "GETQUOTA joe"), "(MESSAGE 3 3)");
	expect(conn_do(&anna, "GETQUOTA anna"), "(MESSAGE 1 3)");
	expect(conn_do(&anna, "APPEND \"Other Users/joe/A\" {1+}\r\nx"), "NO [OVERQUOTA]");
	conn_do(&anna, "SELECT \"Other Users/joe/A\"");
	expect(conn_do(&anna, "MOVE 1:2 INBOX"), "OK");
	expect(conn_do(&joe, "GETQUOTA joe"), "(MESSAGE 1 3)");
	expect(conn_do(&anna, "GETQUOTA anna"), "(MESSAGE 3 3)");
	end();
}

/* What is private is each user's own, and a use is what the owner says. */
void test_share_metadata(struct play *play)
{
	begin(play);
	conn_do(&joe, "CREATE Sent");
	conn_do(&joe, "SETACL Sent anna lr");
	conn_do(&joe, "SETMETADATA Sent (/private/comment \"joe\" /shared/comment \"all\")");
	expect_not(conn_do(&anna, "LIST \"\" * RETURN (SPECIAL-USE)"), "\\Sent");
	expect(conn_do(&anna, "GETMETADATA \"Other Users/joe/Sent\" (/private/comment /shared/comment)"),
	       "(/private/comment NIL /shared/comment \"all\")");
	expect(conn_do(&anna, "SETMETADATA \"Other Users/joe/Sent\" (/private/comment \"anna\")"), "OK");
	expect(conn_do(&anna, "SETMETADATA \"Other Users/joe/Sent\" (/private/specialuse \"\\\\Sent\")"),
	       "NO [USEATTR]");
	end();
	begin(play);
	expect(conn_do(&anna, "GETMETADATA \"Other Users/joe/Sent\" /private/comment"), "\"anna\"");
	expect(conn_do(&joe, "GETMETADATA Sent /private/comment"), "\"joe\"");
	conn_do(&joe, "SETACL Sent anna l");
	expect(conn_do(&anna, "GETMETADATA \"Other Users/joe/Sent\" /private/comment"), "NO [NOPERM]");
	end();
}

void test_share_options(struct play *play)
{
	static const char *const refused[] = {"", "INBOX", "a/b", "/", "\xff", NULL};

	play->options[0] = "--share";
	for (size_t i = 0; refused[i]; i++) {
		play->options[1] = refused[i];
		server_refuses(play);
	}
	/* Where the name of a user would be two levels nobody sees what is his. */
	play->options[1] = "others";
	play->options[2] = "--separator";
	play->options[3] = ".";
	server_start(&server, play, 0);
	conn_open_as(&joe, &server, "joe.bloggs");
	conn_open_as(&anna, &server, "anna");
	expect(conn_do(&joe, "NAMESPACE"), "((\"others.\" \".\"))");
	expect(conn_do(&joe, "SETACL INBOX anyone lr"), "OK");
	expect_not(conn_do(&anna, "LIST \"\" *"), "bloggs");
	expect(conn_do(&anna, "SELECT others.joe.bloggs.INBOX"), "NO [NONEXISTENT]");
	end();
}
