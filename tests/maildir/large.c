/* SPDX-License-Identifier: MIT */
/*
 * maildir/large - what does not fit in 32 bits: dates after January 2038, and a message of more than
 * 4 GiB, of which nearly all is a hole in the file; and an index of very many lines.
 */
#include "maildir/tests.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

/* ---- an index ------------------------------------------------------------------------------ */

static uint32_t crc32_add(uint32_t sum, const char *data, size_t len)
{
	sum = ~sum;
	for (size_t i = 0; i < len; i++) {
		sum ^= (unsigned char)data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return ~sum;
}

static void put_line(FILE *file, uint32_t *sum, const char *line)
{
	*sum = crc32_add(*sum, line, strlen(line));
	fprintf(file, "%08lx %s", (unsigned long)*sum, line);
}

/* A client has given every other message of a user a keyword, from the first one to the last, or
 * backwards. */
static void write_index(const struct play *play, const char *user, bool backwards)
{
	enum { MESSAGES = 1000000 };
	uint32_t sum = 0, first = 0;
	char path[8192], line[64];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", play->root, user);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%s/imapsrv-index", play->root, user);
	if (!(file = fopen(path, "w")))
		fail("%s: %s", path, strerror(errno));
	put_line(file, &first, "V 1 12345 1 00000000000000000000\n");
	put_line(file, &sum, "K 0 kw\n");
	for (unsigned uid = 1; uid <= MESSAGES; uid++) {
		snprintf(line, sizeof line, "M %u 1 1 0 1.%u\n", uid, uid);
		put_line(file, &sum, line);
	}
	for (unsigned uid = 2; uid <= MESSAGES; uid += 2) {
		snprintf(line, sizeof line, "F %u 1\n", backwards ? MESSAGES + 2 - uid : uid);
		put_line(file, &sum, line);
	}
	if (fclose(file))
		fail("%s: %s", path, strerror(errno));
}

/* Seconds of work that servers have done that are no more. */
static rlim_t work_done(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_CHILDREN, &usage))
		fail("the work done: %s", strerror(errno));
	return (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
}

static void read_index(const struct play *play, const char *user, rlim_t most)
{
	struct rlimit was, little;
	struct server server;
	static struct conn c;

	if (getrlimit(RLIMIT_CPU, &was))
		fail("the limit of work: %s", strerror(errno));
	little = was;
	little.rlim_cur = most < was.rlim_max ? most : was.rlim_max;
	if (setrlimit(RLIMIT_CPU, &little))
		fail("a limit of work: %s", strerror(errno));
	server_start(&server, play, 0);
	if (setrlimit(RLIMIT_CPU, &was))
		fail("no limit of work: %s", strerror(errno));
	conn_open_as(&c, &server, user);
	/* The files are not there: all have gone. */
	expect(conn_do(&c, "EXAMINE INBOX"), "[UIDNEXT 1000001]");
	conn_close(&c);
	server_stop(&server);
}

/* Each line is read in as many steps as the one before, in whatever order they are. */
void test_large_index(struct play *play)
{
	rlim_t before = work_done();

	write_index(play, "joe", false);
	read_index(play, "joe", RLIM_INFINITY);
	write_index(play, "anna", true);
	read_index(play, "anna", 4 + 3 * (work_done() - before));
}
