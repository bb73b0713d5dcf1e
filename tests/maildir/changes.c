/* SPDX-License-Identifier: MIT */
/*
 * maildir/changes - CONDSTORE and QRESYNC on a Maildir that clients, other programs and other
 * servers change.
 */
#include "maildir/tests.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t number(const char *text, const char *what)
{
	expect(text, what);
	return strtoull(strstr(text, what) + strlen(what), NULL, 10);
}

void test_offered(struct play *play)
{
	struct server server;
	static struct conn c;

	server_start(&server, play, 0);
	conn_open(&c, &server);
	const char *text = conn_do(&c, "CAPABILITY");
	expect(text, " CONDSTORE");
	expect(text, " QRESYNC");
	text = conn_do(&c, "SELECT INBOX");
	expect_not(text, "NOMODSEQ");
	uint64_t before = number(text, "[HIGHESTMODSEQ ");
	file_deliver(play, "1.a", "");
	expect(conn_do(&c, "NOOP"), "* 1 EXISTS");
	uint64_t after = number(conn_do(&c, "STATUS INBOX (HIGHESTMODSEQ)"), "(HIGHESTMODSEQ ");
	if (after <= before || number(conn_do(&c, "FETCH 1 (MODSEQ)"), "MODSEQ (") != after)
		fail("a new message does not raise HIGHESTMODSEQ");
	conn_close(&c);
	server_stop(&server);
}

/* Two clients, one condition; and a program that does not ask. */
void test_condition(struct play *play)
{
	struct server server;
	static struct conn a, b;

	file_deliver(play, "1.a", "S");
	file_deliver(play, "1.b", "");
	server_start(&server, play, 0);
	conn_open(&a, &server);
	conn_open(&b, &server);
	conn_do(&a, "SELECT INBOX (CONDSTORE)");
	conn_do(&b, "SELECT INBOX (CONDSTORE)");
	uint64_t known = number(conn_do(&a, "UID FETCH 1 (MODSEQ)"), "MODSEQ (");
	const char *text = conn_do(&b, "UID STORE 1 (UNCHANGEDSINCE %" PRIu64 ") +FLAGS (kw)", known);
	expect(text, "kw)");
	expect_not(text, "MODIFIED");
	text = conn_do(&a, "UID STORE 1:2 (UNCHANGEDSINCE %" PRIu64 ") FLAGS (\\Deleted)", known);
	expect(text, "[MODIFIED 1]");
	known = number(conn_do(&a, "UID FETCH 2 (MODSEQ)"), "MODSEQ (");
	file_flag(play, "1.b", "F");
	text = conn_do(&a, "UID STORE 2 (UNCHANGEDSINCE %" PRIu64 ") FLAGS (\\Seen)", known);
	expect(text, "[MODIFIED 2]");
	expect(text, "\\Flagged");
	text = conn_do(&a, "UID FETCH 1:2 (FLAGS) (CHANGEDSINCE %" PRIu64 ")", known);
	expect(text, "* 2 FETCH");
	expect_not(text, "* 1 FETCH");
	conn_close(&a);
	conn_close(&b);
	server_stop(&server);
}

/* What other programs do is told exactly: while the server runs, and while it does not. */
void test_outside(struct play *play)
{
	struct cache cache = {0};
	struct server server;
	static struct conn c, other;
	char base[32];

	for (int i = 1; i <= 20; i++) {
		snprintf(base, sizeof base, "1.%02d", i);
		file_deliver(play, base, i % 2 ? "S" : "F");
	}
	server_start(&server, play, 0);
	conn_open(&other, &server);
	conn_open(&c, &server);
	cache_select(&cache, &c);
	cache_compare(&cache, &other, play);
	conn_close(&c);
	for (int run = 0; run < 3; run++) {
		bool restart = run == 1, idle = run == 2;
		if (restart) {
			conn_close(&other);
			server_stop(&server);
		}
		if (!idle) {
			snprintf(base, sizeof base, "1.%02d", 2 + run);
			file_flag(play, base, "ST");
			snprintf(base, sizeof base, "1.%02d", 7 + run);
			file_remove(play, base);
			snprintf(base, sizeof base, "1.%02d", 15 + run);
			file_remove(play, base);
			snprintf(base, sizeof base, "2.%02d", run);
			file_deliver(play, base, run ? "R" : "");
		}
		if (restart) {
			server_start(&server, play, 0);
			conn_open(&other, &server);
		}
		conn_open(&c, &server);
		cache_select(&cache, &c);
		if (cache.rows != (idle ? 0 : 2) || cache.earlier != (idle ? 0 : 2))
			fail("run %d: %zu FETCH, %zu vanished", run, cache.rows, cache.earlier);
		cache_compare(&cache, &other, play);
		conn_close(&c);
	}
	conn_close(&other);
	server_stop(&server);
	cache_clear(&cache);
}

/* Two servers at a time, and clients that go from one to the other. */
void test_shared(struct play *play)
{
	struct cache caches[2] = {{0}, {0}};
	struct server servers[2];
	static struct conn conns[2], other;
	uint64_t seed = 7;
	char base[32];

	for (int i = 0; i < 2; i++) {
		server_start(&servers[i], play, 0);
		conn_open(&conns[i], &servers[i]);
		cache_select(&caches[i], &conns[i]);
	}
	for (int step = 0; step < 200; step++) {
		unsigned i = any(&seed, 2), uid = 1 + any(&seed, 1 + (unsigned)step / 4);
		about("shared, step %d", step);
		switch (any(&seed, 6)) {
		case 0:
			snprintf(base, sizeof base, "1.%d", step);
			file_deliver(play, base, any(&seed, 2) ? "" : "S");
			break;
		case 1:
			conn_say(&conns[i], "UID STORE %u +FLAGS (\\Flagged kw%u)", uid,
			         any(&seed, 3));
			conn_ok(&conns[i], cache_hear, &caches[i]);
			break;
		case 2:
			conn_say(&conns[i], "UID STORE %u -FLAGS (\\Flagged \\Seen)", uid);
			conn_ok(&conns[i], cache_hear, &caches[i]);
			break;
		case 3:
			conn_say(&conns[i], "UID STORE %u +FLAGS (\\Deleted)", uid);
			conn_ok(&conns[i], cache_hear, &caches[i]);
			if (any(&seed, 2))
				break;
			conn_say(&conns[i], "EXPUNGE");
			conn_ok(&conns[i], cache_hear, &caches[i]);
			break;
		case 4:
			conn_close(&conns[i]);
			conn_open(&conns[i], &servers[any(&seed, 2)]);
			cache_select(&caches[i], &conns[i]);
			break;
		default:
			conn_say(&conns[i], "NOOP");
			conn_ok(&conns[i], cache_hear, &caches[i]);
			cache_catch_up(&caches[i], &conns[i]);
			break;
		}
	}
	for (int i = 0; i < 2; i++) {
		about("shared, client %d", i);
		conn_close(&conns[i]);
		conn_open(&conns[i], &servers[i]);
		cache_select(&caches[i], &conns[i]);
		conn_open(&other, &servers[1 - i]);
		cache_compare(&caches[i], &other, play);
		conn_close(&other);
		conn_close(&conns[i]);
		cache_clear(&caches[i]);
	}
	server_stop(&servers[0]);
	server_stop(&servers[1]);
}

static size_t size_of(const struct play *play, const char *name)
{
	char path[8192];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", play->home, name);
	return stat(path, &st) ? 0 : (size_t)st.st_size;
}

/* The disk is full while flags change: they change all the same, and nobody is told that nothing
 * did. */
void test_full(struct play *play)
{
	struct cache cache = {0};
	struct server server;
	static struct conn c, other;

	for (int i = 0; i < 5; i++) {
		char base[32];
		snprintf(base, sizeof base, "1.%d", i);
		file_deliver(play, base, "S");
	}
	server_start(&server, play, 0);
	conn_open(&c, &server);
	cache_select(&cache, &c);
	conn_close(&c);
	server_stop(&server);
	size_t size = size_of(play, "imapsrv-ledger.0");
	if (!size)
		fail("there is no ledger");
	for (size_t more = 0; more < 60; more += 3) {
		about("full, %zu octets more", more);
		server_start(&server, play, size_of(play, "imapsrv-ledger.0") + more);
		conn_open(&c, &server);
		cache_select(&cache, &c);
		conn_open(&other, &server);
		expect(conn_do(&other, "SELECT INBOX"), "OK [READ-WRITE]");
		expect(conn_do(&other, "STORE 1:2 %cFLAGS (\\Flagged)", more % 2 ? '-' : '+'), "OK STORE");
		expect(conn_do(&other, "STORE 3 FLAGS (\\Draft)"), "OK STORE");
		expect(conn_do(&other, "STORE 3 FLAGS (\\Seen)"), "OK STORE");
		conn_say(&c, "NOOP");
		conn_ok(&c, cache_hear, &cache);
		cache_compare(&cache, &other, play);
		conn_close(&c);
		conn_close(&other);
		server_kill(&server);
		server_start(&server, play, 0);
		conn_open(&c, &server);
		cache_select(&cache, &c);
		conn_open(&other, &server);
		cache_compare(&cache, &other, play);
		if (!cache.highest)
			fail("there is room again, but no HIGHESTMODSEQ");
		conn_close(&c);
		conn_close(&other);
		server_stop(&server);
	}
	cache_clear(&cache);
}

/* Somebody removes or spoils files that are ours. */
void test_lost(struct play *play)
{
	static const char *const names[] = {"imapsrv-ledger.0", "imapsrv-ledger.1", "imapsrv-index"};
	struct cache cache = {0};
	struct server server;
	static struct conn c, other;
	char path[8192];

	file_deliver(play, "1.a", "S");
	file_deliver(play, "1.b", "S");
	server_start(&server, play, 0);
	for (int run = 0; run < 9; run++) {
		about("lost, run %d", run);
		conn_open(&c, &server);
		cache_select(&cache, &c);
		if (cache.renewed && run && (run - 1) % 3 != 2)
			fail("without need there is a new UIDVALIDITY");
		conn_open(&other, &server);
		cache_compare(&cache, &other, play);
		conn_close(&c);
		conn_close(&other);
		server_kill(&server);
		file_flag(play, "1.a", run % 2 ? "S" : "F");
		snprintf(path, sizeof path, "%s/%s", play->home, names[run % 3]);
		if (run < 6) {
			remove(path);
		} else {
			FILE *file = fopen(path, "w");
			if (!file || fputs("spoilt", file) < 0 || fclose(file))
				fail("%s cannot be written", path);
		}
		server_start(&server, play, 0);
	}
	conn_open(&c, &server);
	cache_select(&cache, &c);
	conn_open(&other, &server);
	cache_compare(&cache, &other, play);
	conn_close(&c);
	conn_close(&other);
	server_stop(&server);
	cache_clear(&cache);
}

/* A process cannot write the index anew, and nothing in it has changed then: a keyword that no
 * message has is still what another process knows it for. */
void test_index_full(struct play *play)
{
	struct server servers[2];
	static struct conn a, b;
	char base[32], path[8192];

	for (int i = 0; i < 100; i++) {
		snprintf(base, sizeof base, "1.%02d", i);
		file_deliver(play, base, "S");
	}
	server_start(&servers[0], play, 0);
	server_start(&servers[1], play, 0);
	conn_open(&a, &servers[0]);
	conn_open(&b, &servers[1]);
	snprintf(path, sizeof path, "%s/imapsrv-index.%ld.tmp", play->home, (long)servers[1].pid);
	if (mkdir(path, 0700))
		fail("%s cannot be made", path);
	conn_do(&a, "SELECT INBOX");
	conn_do(&b, "SELECT INBOX");
	conn_do(&a, "STORE 1 +FLAGS.SILENT (unused)");
	conn_do(&a, "STORE 1 -FLAGS.SILENT (unused)");
	for (int i = 0; i < 16; i++)
		conn_do(&a, "STORE 1:* %cFLAGS.SILENT (many)", i % 2 ? '-' : '+');
	conn_do(&b, "NOOP");
	expect(conn_do(&a, "STORE 1 +FLAGS (unused)"), "unused");
	conn_do(&b, "NOOP");
	expect(conn_do(&b, "FETCH 1 FLAGS"), "unused");
	conn_do(&b, "STORE 2 +FLAGS (other)");
	conn_do(&a, "NOOP");
	expect_not(conn_do(&a, "FETCH 1 FLAGS"), "other");
	conn_close(&a);
	conn_close(&b);
	server_stop(&servers[0]);
	server_stop(&servers[1]);
}
