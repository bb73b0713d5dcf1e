/* SPDX-License-Identifier: MIT */
/*
 * maildir/large - what does not fit in 32 bits: dates after January 2038, and a message of more than
 * 4 GiB, of which nearly all is a hole in the file.
 */
#include "maildir/tests.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void test_dates(struct play *play)
{
	static const char *const dates[] = {
		"\"31-Dec-1999 23:59:59 +0000\"", "\"19-Jan-2038 03:14:08 +0000\"",
		"\"17-Jul-2046 02:44:25 +0000\"", "\"01-Feb-2107 06:28:16 +0000\"",
	};
	struct server server;
	static struct conn c;

	for (int again = 0; again < 2; again++) {
		server_start(&server, play, 0);
		conn_open(&c, &server);
		for (size_t i = 0; i < sizeof dates / sizeof *dates && !again; i++)
			expect(conn_do(&c, "APPEND INBOX %s {12+}\r\nSubject: x\r\n", dates[i]), "OK");
		conn_do(&c, "SELECT INBOX");
		const char *text = conn_do(&c, "FETCH 1:* INTERNALDATE");
		expect(text, "31-Dec-1999 23:59:59 +0000");
		expect(text, "19-Jan-2038 03:14:08 +0000");
		expect(text, "17-Jul-2046 02:44:25 +0000");
		expect(text, " 1-Feb-2107 06:28:16 +0000");
		expect(conn_do(&c, "SEARCH SINCE 19-Jan-2038"), "* SEARCH 2 3 4\n");
		expect(conn_do(&c, "SEARCH BEFORE 1-Feb-2107"), "* SEARCH 1 2 3\n");
		conn_close(&c);
		server_stop(&server);
	}
}

/* A message of so many octets whose name says so; false: there are no such files here. */
static bool deliver_large(const struct play *play, uint64_t octets)
{
	static const char begin[] = "Subject: large\r\n\r\n", end[] = "the end\r\n";
	char path[8192];
	FILE *file;
	bool done;

	snprintf(path, sizeof path, "%s/cur/large,S=%llu,W=%llu:2,S", play->home,
	         (unsigned long long)octets, (unsigned long long)octets);
	file = fopen(path, "w");
	if (!file)
		fail("%s: %s", path, strerror(errno));
	done = fputs(begin, file) >= 0 &&
	       !fseeko(file, (off_t)(octets - (sizeof end - 1)), SEEK_SET) && fputs(end, file) >= 0;
	/* What cannot be written is seen only here. */
	if (!fclose(file) && done)
		return true;
	printf("not here: a file of 5 GB: %s\n", strerror(errno));
	unlink(path);
	return false;
}

void test_large(struct play *play)
{
	const uint64_t octets = 5000000000;
	struct server server;
	static struct conn c;

	if (!deliver_large(play, octets))
		return;
	server_start(&server, play, 0);
	conn_open(&c, &server);
	conn_do(&c, "SELECT INBOX");
	expect(conn_do(&c, "FETCH 1 RFC822.SIZE"), "RFC822.SIZE 5000000000)");
	expect(conn_do(&c, "SEARCH LARGER 4999999999"), "* SEARCH 1\n");
	expect(conn_do(&c, "SEARCH SMALLER 705032704"), "* SEARCH\n");
	expect(conn_do(&c, "FETCH 1 BODY.PEEK[]<4999999991.100>"),
	       "BODY[]<4999999991> {9}\nthe end\n)");
	expect(conn_do(&c, "FETCH 1 BODY.PEEK[]<0.16>"), "BODY[]<0> {16}\nSubject: large\n)");
	expect(conn_do(&c, "FETCH 1 BODY.PEEK[]<5000000000.1>"), "BODY[]<5000000000> {0}\n)");
	conn_close(&c);
	server_stop(&server);
}
