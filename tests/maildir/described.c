/* SPDX-License-Identifier: MIT */
/*
 * maildir/described - what is kept of messages is found again, in whatever order it was written, and by
 * whom.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGES = 7 };

static struct server first, other;
static struct conn conn, later;

/* Has a server describe that message and write it down. */
static void describe(struct conn *c, int number)
{
	char text[64];

	snprintf(text, sizeof text, "\"1.%d\"", number);
	expect(conn_do(c, "FETCH %d ENVELOPE", number), text);
}

/* So that the next message is written behind it, not with it. */
static void describe_alone(struct conn *c, int number)
{
	conn_do(c, "SELECT INBOX");
	describe(c, number);
	conn_do(c, "UNSELECT");
}

/* Files of a Maildir do not change: who shows what these have now did not look for what was kept. */
static void overwrite(const struct play *play)
{
	char name[32], text[64];

	for (int i = 1; i <= MESSAGES; i++) {
		snprintf(name, sizeof name, "cur/1.%d:2,S", i);
		snprintf(text, sizeof text, "Subject: ?.%d\n\nThis is 1.%d.\n", i, i);
		file_write(play, name, text);
	}
}

static void shows_all(struct conn *c)
{
	char text[64];

	const char *all = conn_do(c, "FETCH 1:* ENVELOPE");
	for (int i = 1; i <= MESSAGES; i++) {
		snprintf(text, sizeof text, "* %d FETCH (ENVELOPE (NIL \"1.%d\"", i, i);
		expect(all, text);
	}
}

void test_described(struct play *play)
{
	static const int orders[][MESSAGES] = {{4, 2}, {5, 1}, {6, 4}};
	char base[16];

	for (int i = 1; i <= MESSAGES; i++) {
		snprintf(base, sizeof base, "1.%d", i);
		file_deliver(play, base, "S");
	}
	server_start(&first, play, 0);
	conn_open(&conn, &first);
	conn_do(&conn, "SELECT INBOX");
	describe(&conn, 3);
	for (size_t row = 0; row < sizeof orders / sizeof *orders; row++) {
		server_start(&other, play, 0);
		conn_open(&later, &other);
		for (int i = 0; i < MESSAGES && orders[row][i]; i++)
			describe_alone(&later, orders[row][i]);
		conn_close(&later);
		server_stop(&other);
	}
	/* Before it writes this, it reads what the others wrote meanwhile. */
	describe(&conn, MESSAGES);
	overwrite(play);
	server_start(&other, play, 0);
	conn_open(&later, &other);
	conn_do(&later, "SELECT INBOX");
	shows_all(&later);
	shows_all(&conn);
	conn_close(&later);
	conn_close(&conn);
	server_stop(&other);
	server_stop(&first);
}

static struct stat of_file(const struct play *play, const char *name)
{
	char path[8192];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", play->home, name);
	if (stat(path, &st))
		fail("%s is not there", path);
	return st;
}

static bool same_time(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What is kept ends within a record, and there is no room to write it anew: that is not tried again with
 * each answer, which would read and write all of it. */
void test_described_full(struct play *play)
{
	static const char file[] = "imapsrv-descriptions";
	char name[32], text[4200], path[8192];

	for (int i = 1; i <= MESSAGES; i++) {
		snprintf(name, sizeof name, "cur/1.%d:2,S", i);
		memset(text, 'x', 4000);
		snprintf(text + 4000, sizeof text - 4000, "\n\nThis is 1.%d.\n", i);
		memcpy(text, "Subject: ", 9);
		file_write(play, name, text);
	}
	server_start(&first, play, 0);
	conn_open(&conn, &first);
	conn_do(&conn, "SELECT INBOX");
	conn_do(&conn, "FETCH 1:* ENVELOPE");
	conn_close(&conn);
	server_stop(&first);
	off_t size = of_file(play, file).st_size;
	snprintf(path, sizeof path, "%s/%s", play->home, file);
	if (size < 4000 * MESSAGES || truncate(path, size - 10))
		fail("the descriptions have %lld octets", (long long)size);

	server_start(&first, play, (size_t)size / 2);
	conn_open(&conn, &first);
	conn_do(&conn, "SELECT INBOX");
	expect(conn_do(&conn, "FETCH 1 ENVELOPE"), "xxxx");
	struct stat before = of_file(play, ".");
	for (int i = 1; i <= MESSAGES; i++)
		expect(conn_do(&conn, "FETCH %d ENVELOPE", i), "xxxx");
	struct stat after = of_file(play, ".");
	if (!same_time(&before, &after))
		fail("it is tried again and again to write the descriptions");
	if (of_file(play, file).st_size != size - 10)
		fail("the descriptions have other octets");
	conn_close(&conn);
	server_stop(&first);
	/* There is room again. */
	server_start(&first, play, 0);
	conn_open(&conn, &first);
	conn_do(&conn, "SELECT INBOX");
	conn_do(&conn, "FETCH 1:* ENVELOPE");
	if (of_file(play, file).st_size != size)
		fail("the descriptions are not written anew");
	conn_close(&conn);
	server_stop(&first);
}
