/* SPDX-License-Identifier: MIT */
/*
 * maildir/crash - a server that is killed at any moment, and files that were cut at any octet: who
 * comes back is told all that changed, or to begin anew.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- killed -------------------------------------------------------------------------------- */

/* A burst of commands, of which nobody waits for an answer. */
static void say_some(struct conn *conn, uint64_t *seed, unsigned uids)
{
	static const char *const flags[] = {"\\Seen", "\\Flagged", "\\Deleted", "kw1", "kw2 \\Draft"};

	for (unsigned n = 1 + any(seed, 6); n > 0; n--) {
		unsigned uid = 1 + any(seed, uids);
		switch (any(seed, 6)) {
		case 0:
			conn_say(conn, "EXPUNGE");
			break;
		case 1:
			conn_say(conn, "APPEND INBOX (\\Seen kw1) {12+}\r\nSubject: x\r\n");
			break;
		case 2:
			conn_say(conn, "UID COPY %u INBOX", uid);
			break;
		case 3:
			conn_say(conn, "UID STORE %u:%u +FLAGS (%s)", uid, uid + any(seed, 4),
			         flags[any(seed, 5)]);
			break;
		case 4:
			conn_say(conn, "UID STORE %u -FLAGS (%s)", uid, flags[any(seed, 5)]);
			break;
		default:
			conn_say(conn, "UID STORE %u FLAGS (%s)", uid, flags[any(seed, 5)]);
			break;
		}
	}
}

/* Some lines of the answers; the rest is lost with the server. */
static void hear_some(struct conn *conn, struct cache *cache, uint64_t *seed)
{
	static char line[LINE_MAX_OCTETS];

	for (uint32_t n = any(seed, 20); n > 0 && conn_hear(conn, line); n--) {
		cache_hear(cache, line);
		if (conn_is_answer(conn, line))
			break;
	}
}

static void change_outside(struct play *play, uint64_t *seed, int step)
{
	static const char *const letters[] = {"", "S", "F", "ST", "FS"};
	char base[32];

	snprintf(base, sizeof base, "1.%u", any(seed, (unsigned)step + 1));
	char now[32];
	switch (any(seed, 3)) {
	case 0:
		snprintf(base, sizeof base, "1.%d", step);
		file_deliver(play, base, letters[any(seed, 5)]);
		break;
	case 1:
		if (file_flags(play, base, now))
			file_flag(play, base, letters[1 + any(seed, 4)]);
		break;
	default:
		if (file_flags(play, base, now))
			file_remove(play, base);
		break;
	}
}

void test_killed(struct play *play)
{
	struct cache cache = {0};
	struct server server;
	static struct conn c, other;
	uint64_t seed = 11;

	for (int step = 0; step < 150; step++) {
		about("killed, step %d", step);
		for (uint32_t n = any(&seed, 3); n > 0; n--)
			change_outside(play, &seed, step * 3 + (int)n);
		server_start(&server, play, 0);
		conn_open(&c, &server);
		cache_select(&cache, &c);
		conn_open(&other, &server);
		cache_compare(&cache, &other, play);
		conn_do(&other, "SELECT INBOX");
		say_some(&other, &seed, 5 + (unsigned)step);
		say_some(&c, &seed, 5 + (unsigned)step);
		if (any(&seed, 2))
			change_outside(play, &seed, step * 3);
		hear_some(&c, &cache, &seed);
		server_kill(&server);
		conn_close(&c);
		conn_close(&other);
		if (cache.renewed && step)
			fail("a crash costs UIDVALIDITY");
	}
	cache_clear(&cache);
}

/* ---- cut ----------------------------------------------------------------------------------- */

/* Something of everything, and a client that leaves each time. */
static void make_history(struct play *play, struct cache *caches, size_t count)
{
	struct server server;
	static struct conn c, d;
	uint64_t seed = 3;
	char base[32];

	server_start(&server, play, 0);
	for (size_t k = 0; k < count; k++) {
		for (int i = 0; i < 3; i++) {
			snprintf(base, sizeof base, "%zu.%d", k, i);
			file_deliver(play, base, i ? "S" : "");
		}
		conn_open(&d, &server);
		conn_do(&d, "SELECT INBOX");
		for (int i = 0; i < 4; i++)
			conn_do(&d, "UID STORE %u FLAGS (%s)", 1 + any(&seed, 3 * (unsigned)(k + 1)),
			        i % 2 ? "\\Flagged kw1" : "\\Seen");
		conn_do(&d, "UID STORE %zu +FLAGS (\\Deleted)", k * 3 + 1);
		conn_do(&d, "EXPUNGE");
		conn_do(&d, "APPEND INBOX (kw2) {12+}\r\nSubject: x\r\n");
		conn_close(&d);
		conn_open(&c, &server);
		cache_select(&caches[k], &c);
		conn_close(&c);
	}
	server_kill(&server);
}

static void copy_cache(struct cache *to, const struct cache *from)
{
	cache_clear(to);
	*to = *from;
	to->known = malloc((from->count + 1) * sizeof *to->known);
	if (!to->known)
		fail("no memory");
	memcpy(to->known, from->known, from->count * sizeof *to->known);
}

/* Puts another directory in the place of the mailbox: the server notices, and reads it anew.  The old
 * one stays until then, so that the new one is not taken for it. */
static void replace(const struct play *play, const char *copy, const char *name, size_t len)
{
	char path[8192], old[4096 + 16];

	snprintf(old, sizeof old, "%s.old", play->root);
	remove_tree(old);
	if (rename(play->home, old))
		fail("the mailbox cannot be put aside");
	copy_tree(copy, play->home);
	snprintf(path, sizeof path, "%s/%s", play->home, name);
	if (truncate(path, (off_t)len))
		fail("%s cannot be cut", path);
}

/* A client that was there before comes to what is left, and then once more. */
static void come_back(const struct play *play, const struct server *server,
                      const struct cache *before)
{
	struct cache cache = {0};
	static struct conn c, other;

	copy_cache(&cache, before);
	conn_open(&c, server);
	cache_select(&cache, &c);
	conn_open(&other, server);
	cache_compare(&cache, &other, play);
	conn_close(&c);
	conn_do(&other, "SELECT INBOX");
	conn_do(&other, "UID STORE 1:* +FLAGS (\\Answered)");
	conn_open(&c, server);
	cache_select(&cache, &c);
	cache_compare(&cache, &other, play);
	conn_close(&c);
	conn_close(&other);
	cache_clear(&cache);
}

void test_cut(struct play *play)
{
	static const char *const names[] = {"imapsrv-ledger.0", "imapsrv-index", "imapsrv-lock"};
	struct cache caches[2] = {{0}, {0}};
	struct server server;
	char copy[4096 + 16], old[4096 + 16], path[8192];
	struct stat st;

	make_history(play, caches, 2);
	snprintf(copy, sizeof copy, "%s.whole", play->root);
	snprintf(old, sizeof old, "%s.old", play->root);
	remove_tree(copy);
	copy_tree(play->home, copy);
	server_start(&server, play, 0);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", copy, names[i]);
		size_t size = stat(path, &st) ? 0 : (size_t)st.st_size;
		for (size_t len = 0; len <= size; len++) {
			about("%s cut to %zu of %zu octets", names[i], len, size);
			replace(play, copy, names[i], len);
			come_back(play, &server, &caches[len % 2]);
		}
	}
	server_stop(&server);
	remove_tree(copy);
	remove_tree(old);
	cache_clear(&caches[0]);
	cache_clear(&caches[1]);
}

/* ---- torn ---------------------------------------------------------------------------------- */

/* What a loss of power may leave of the index: its first line as it was before, and of the others
 * all but the last. */
static void tear(const struct play *play, const char *before)
{
	char path[8192], text[8192];
	FILE *file;
	size_t len;

	snprintf(path, sizeof path, "%s/imapsrv-index", play->home);
	if (!(file = fopen(path, "r")))
		fail("there is no index");
	len = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[len - 1] = '\0';
	char *last = strrchr(text, '\n');
	if (!last || strcspn(text, "\n") != strlen(before))
		fail("no index is like this: %s", text);
	last[1] = '\0';
	memcpy(text, before, strlen(before));
	file_write(play, "imapsrv-index", text);
}

/* Half of a change that was never answered says nothing of what comes after it. */
void test_torn(struct play *play)
{
	struct server server;
	static struct conn c;
	char path[8192], first[256] = "";
	FILE *file;

	file_deliver(play, "1.a", "S");
	file_deliver(play, "1.b", "S");
	for (int run = 0; run < 5; run++) {
		about("torn, run %d", run);
		server_start(&server, play, 0);
		conn_open(&c, &server);
		conn_do(&c, "SELECT INBOX");
		if (run == 1)
			conn_do(&c, "STORE 1 +FLAGS (one)");
		else if (run == 3)
			expect(conn_do(&c, "APPEND INBOX (three) {12+}\r\nSubject: x\r\n"), "OK");
		else if (run)
			conn_do(&c, "STORE 2 +FLAGS (%s)", run == 2 ? "two" : "four");
		expect_not(conn_do(&c, "FETCH %d FLAGS", run == 4 ? 3 : 1),
		           run == 4 ? "four" : "two");
		conn_close(&c);
		server_kill(&server);
		if (run % 2)
			tear(play, first);
		snprintf(path, sizeof path, "%s/imapsrv-index", play->home);
		if (run % 2 || !(file = fopen(path, "r")))
			continue;
		if (!fgets(first, sizeof first, file))
			fail("the index is empty");
		first[strcspn(first, "\n")] = '\0';
		fclose(file);
	}
}
