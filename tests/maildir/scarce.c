/* SPDX-License-Identifier: MIT */
/*
 * maildir/scarce - a server that can open no more files, and who hears of mailboxes then: nothing
 * that is not so, and everything once there are files again.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { FILES = 160, BOXES = 140, MANY = 100, PATIENCE = 300000 };

/* A mailbox in the directory of a user, by another program. */
static void make_box(const struct play *play, const char *user, const char *name)
{
	static const char *const parts[] = {"", "/tmp", "/new", "/cur"};
	char path[8192];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s/%s%s", play->root, user, name, parts[i]);
		if (mkdir(path, 0700))
			fail("%s cannot be made", path);
	}
}

static void make_boxes(const struct play *play)
{
	char name[32];

	for (int i = 0; i < BOXES; i++) {
		snprintf(name, sizeof name, ".box%d", i);
		make_box(play, "joe", name);
	}
}

/* Each has a file open as long as it does not read. */
static void begin_readers(const struct play *play, const struct server *server,
                          struct conn *readers, size_t count)
{
	char path[8192];

	file_deliver(play, "1.large", "S");
	snprintf(path, sizeof path, "%s/cur/1.large:2,S", play->home);
	if (truncate(path, 1 << 28))
		fail("%s cannot be made large", path);
	for (size_t i = 0; i < count; i++) {
		conn_open(&readers[i], server);
		conn_do(&readers[i], "SELECT INBOX");
	}
}

/* How many could. */
static size_t read_some(struct conn *readers, size_t count)
{
	static char line[LINE_MAX_OCTETS];
	size_t can = 0;

	for (size_t i = 0; i < count; i++) {
		conn_say(&readers[i], "FETCH 1 BODY.PEEK[]");
		can += conn_hear(&readers[i], line) && strstr(line, " FETCH (BODY[] {") != NULL;
	}
	return can;
}

static void close_all(struct conn *conns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		conn_close(&conns[i]);
}

/* Names that cannot be read have not gone: who has one of them open keeps it. */
void test_scarce_names(struct play *play)
{
	static struct conn a, readers[MANY];
	struct server server;
	const char *text = "";
	int n = 0;

	make_boxes(play);
	play->files = 2 * MANY + 8;
	server_start(&server, play, 0);
	begin_readers(play, &server, readers, MANY);
	conn_open(&a, &server);
	conn_do(&a, "SELECT INBOX");
	expect(conn_do(&a, "NOTIFY SET (SELECTED (MessageNew MessageExpunge)) "
	                   "(personal (MailboxName MessageNew MessageExpunge))"), "OK");
	read_some(readers, MANY);
	make_box(play, "joe", ".fresh");
	while (!server_says(&server, "Too many open files") && n++ < PATIENCE)
		expect(conn_do(&a, "UID SEARCH ALL"), "OK SEARCH");
	close_all(readers, MANY);
	for (n = 0; !strstr(text, "fresh") && n < PATIENCE; n++) {
		text = conn_do(&a, "NOOP");
		expect_not(text, "box");
	}
	expect(text, "fresh");
	file_deliver(play, "2.a", "S");
	conn_await(&a, "* 2 EXISTS");
	conn_close(&a);
	server_stop(&server);
}

/* Mailboxes that could not be opened are heard of once they can.  The directory has not changed for
 * long: that is no reason to look. */
void test_scarce_boxes(struct play *play)
{
	static struct conn a, readers[MANY];
	const struct timeval times[2] = {{1000000000, 0}, {1000000000, 0}};
	const char *text = "";
	struct server server;
	size_t left = MANY;
	char home[8192], name[64];

	snprintf(home, sizeof home, "%s/anna", play->root);
	server_start(&server, play, 0);
	conn_open_as(&a, &server, "anna");
	make_box(play, "anna", ".box");
	conn_do(&a, "SELECT INBOX");
	conn_do(&a, "SELECT box");
	conn_close(&a);
	server_stop(&server);
	play->files = 2 * MANY + 8;
	server_start(&server, play, 0);
	conn_open_as(&a, &server, "anna");
	begin_readers(play, &server, readers, MANY);
	read_some(readers, MANY);
	do {
		if (!left)
			fail("there are never too few files");
		conn_close(&readers[--left]);
		conn_do(&a, "NOOP");
		conn_do(&a, "NOOP");
		if (utimes(home, times))
			fail("%s is as new as it is", home);
	} while (!strstr(conn_do(&a, "NOTIFY SET (personal (MessageNew MessageExpunge))"),
	                 "OK NOTIFY"));
	close_all(readers, left);
	for (int n = 0; !strstr(text, "STATUS box") && n < PATIENCE; n++) {
		snprintf(name, sizeof name, "../anna/.box/new/%d.a", n);
		if (n % 1000 == 0)
			file_write(play, name, "Subject: x\n\nText\n");
		text = conn_do(&a, "NOOP");
	}
	expect(text, "STATUS box");
	conn_close(&a);
	server_stop(&server);
}

/* A directory that could not be read is read as soon as it can, though it has not changed since. */
void test_scarce_mail(struct play *play)
{
	static struct conn a, readers[MANY];
	const struct timeval times[2] = {{1000000000, 0}, {1000000000, 0}};
	const char *text = "";
	struct server server;
	char cur[8192];

	play->files = 2 * MANY + 8;
	server_start(&server, play, 0);
	begin_readers(play, &server, readers, MANY);
	conn_open(&a, &server);
	conn_do(&a, "SELECT INBOX");
	if (read_some(readers, MANY) == MANY)
		fail("there are never too few files");
	file_deliver(play, "2.a", "S");
	snprintf(cur, sizeof cur, "%s/cur", play->home);
	if (utimes(cur, times))
		fail("%s is as new as it is", cur);
	/* Now there is one, for the lock. */
	conn_close(&readers[MANY - 1]);
	for (int i = 0; i < 3; i++)
		expect_not(conn_do(&a, "NOOP"), "EXISTS");
	close_all(readers, MANY - 1);
	for (int n = 0; !strstr(text, "* 2 EXISTS") && n < PATIENCE; n++)
		text = conn_do(&a, "NOOP");
	expect(text, "* 2 EXISTS");
	conn_close(&a);
	server_stop(&server);
}

/* What is said while there are few files, however many: all that there is, or that it is not
 * known. */
static void ask_scarce(struct conn *joe, struct conn *anna)
{
	const char *text = conn_do(joe, "LIST \"\" * RETURN (SPECIAL-USE)");

	if (strstr(text, "OK LIST"))
		expect(text, "\\Archive");
	text = conn_do(anna, "LIST \"\" *");
	if (strstr(text, "OK LIST"))
		expect(text, "joe/A\"");
	expect_not(conn_do(anna, "MYRIGHTS \"Other Users/joe/A\""), "NONEXISTENT");
}

/* Rights and uses that cannot be read are not lost. */
static void share_scarce(struct play *play, unsigned files)
{
	static struct conn joe, anna, carl, readers[MANY];
	struct server server;
	size_t left = MANY;
	int n = 0;

	play->files = files;
	server_start(&server, play, 0);
	conn_open(&joe, &server);
	conn_open_as(&anna, &server, "anna");
	conn_open_as(&carl, &server, "carl");
	conn_do(&joe, "CREATE A");
	conn_do(&joe, "SETACL A anyone lr");
	conn_do(&joe, "SETACL A anna lr");
	expect(conn_do(&joe, "SETMETADATA A (/private/specialuse \"\\\\Archive\")"), "OK");
	expect(conn_do(&anna, "SELECT \"Other Users/joe/A\""), "OK");
	ask_scarce(&joe, &anna);
	expect(conn_do(&carl, "NOTIFY SET (MAILBOXES \"Other Users/joe/A\" (MessageNew "
	                      "MessageExpunge MailboxName))"), "OK");
	begin_readers(play, &server, readers, MANY);
	if (read_some(readers, MANY) == MANY)
		fail("there are never too few files");
	ask_scarce(&joe, &anna);
	file_write(play, ".A/imapsrv-acl", "# as it was\nanna lr\nanyone lr\n");
	while (!server_says(&server, "./imapsrv-acl: ") && n++ < PATIENCE) {
		expect_not(conn_do(&anna, "NOOP"), "* OK");
		expect_not(conn_do(&carl, "NOOP"), "LIST");
	}
	expect_not(conn_do(&carl, "NOOP"), "LIST");
	while (left) {
		conn_close(&readers[--left]);
		ask_scarce(&joe, &anna);
	}
	expect_not(conn_do(&carl, "NOOP"), "LIST");
	expect_not(conn_do(&anna, "NOOP"), "* OK");
	conn_do(&joe, "SETACL A anna lrs");
	expect(conn_do(&anna, "NOOP"), "[PERMANENTFLAGS (\\Seen)]");
	conn_do(&joe, "APPEND A {1+}\r\nx");
	expect(conn_do(&carl, "NOOP"), "STATUS \"Other Users/joe/A\"");
	conn_close(&joe);
	conn_close(&anna);
	conn_close(&carl);
	server_stop(&server);
	file_remove(play, "1.large");
}

void test_scarce_share(struct play *play)
{
	play->options[0] = "--share";
	play->options[1] = "Other Users";
	/* Each of the readers leaves two. */
	share_scarce(play, 2 * MANY + 8);
	share_scarce(play, 2 * MANY + 9);
}

/* A user with more mailboxes than files can be open, who asks for each of them, or for news of all,
 * leaves enough for others. */
void test_scarce_others(struct play *play)
{
	static struct conn joe, anna;
	struct server server;

	make_boxes(play);
	play->files = FILES;
	server_start(&server, play, 0);
	conn_open(&joe, &server);
	for (int i = 0; i < BOXES; i++)
		expect(conn_do(&joe, "STATUS box%d (MESSAGES)", i), "OK STATUS");
	conn_open_as(&anna, &server, "anna");
	expect(conn_do(&anna, "SELECT INBOX"), "OK");
	conn_close(&anna);
	expect(conn_do(&joe, "NOTIFY SET (personal (MessageNew MessageExpunge))"), "OK");
	conn_open_as(&anna, &server, "anna");
	expect(conn_do(&anna, "APPEND INBOX {1+}\r\nx"), "OK");
	expect(conn_do(&anna, "SELECT INBOX"), "OK");
	expect(conn_do(&anna, "FETCH 1 BODY[]"), "OK");
	conn_close(&anna);
	conn_close(&joe);
	server_stop(&server);
}
