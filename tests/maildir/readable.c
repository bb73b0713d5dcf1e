/* SPDX-License-Identifier: MIT */
/*
 * maildir/readable - several clients of one server, none of them with QRESYNC: whatever they do,
 * each can read every message that it was told of, under its number, until it is told otherwise.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLIENTS = 3, MESSAGES_MAX = 400 };

struct client {
	struct conn conn;
	uint32_t uids[MESSAGES_MAX]; /* by number; 0: not known */
	uint32_t exists;
	bool rows[MESSAGES_MAX];     /* came, in answer to a FETCH */
	uint32_t row;                /* the number of the last */
};

/* What the text of a message is, by UID. */
static char texts[MESSAGES_MAX * 4][32];

static void hear_expunge(struct client *c, uint32_t n)
{
	if (!n || n > c->exists)
		fail("EXPUNGE of %u, told were %u", n, c->exists);
	memmove(&c->uids[n - 1], &c->uids[n], (c->exists - n) * sizeof *c->uids);
	c->exists--;
}

static void hear_fetch(struct client *c, uint32_t n, const char *line)
{
	const char *at = strstr(line, "UID ");
	uint32_t uid = at ? (uint32_t)strtoul(at + 4, NULL, 10) : 0;

	if (!n || n > c->exists)
		fail("FETCH of %u, told were %u", n, c->exists);
	if (!uid)
		return;
	if (uid >= sizeof texts / sizeof *texts)
		fail("UID %u", uid);
	if (c->uids[n - 1] && c->uids[n - 1] != uid)
		fail("message %u has UID %u, it was %u", n, uid, c->uids[n - 1]);
	c->uids[n - 1] = uid;
	c->rows[n - 1] = true;
	c->row = n;
}

static void hear(void *context, const char *line)
{
	struct client *c = context;
	unsigned long n;
	char word[32];

	if (!strncmp(line, "This is ", 8)) {
		char *text = texts[c->uids[c->row - 1]];
		if (*text && strcmp(text, line))
			fail("UID %u is '%s', it was '%s'", c->uids[c->row - 1], line, text);
		snprintf(text, sizeof *texts, "%s", line);
	}
	if (sscanf(line, "* %lu %31s", &n, word) != 2)
		return;
	if (!strcmp(word, "EXPUNGE"))
		hear_expunge(c, (uint32_t)n);
	else if (!strcmp(word, "FETCH"))
		hear_fetch(c, (uint32_t)n, line);
	else if (!strcmp(word, "EXISTS") && n < MESSAGES_MAX) {
		if (n < c->exists)
			fail("EXISTS falls from %u to %lu", c->exists, n);
		memset(&c->uids[c->exists], 0, (n - c->exists) * sizeof *c->uids);
		c->exists = (uint32_t)n;
	}
}

static void act(struct client *c, const char *command)
{
	conn_say(&c->conn, "%s", command);
	conn_ok(&c->conn, hear, c);
}

static void select_inbox(struct client *c)
{
	c->exists = 0;
	act(c, "SELECT INBOX");
}

static void read_all(struct client *c)
{
	uint32_t told = c->exists;

	if (!told)
		return;
	memset(c->rows, 0, sizeof c->rows);
	act(c, "FETCH 1:* (UID BODY.PEEK[TEXT])");
	for (uint32_t i = 0; i < told; i++)
		if (!c->rows[i])
			fail("message %u of %u, UID %u, cannot be read", i + 1, told, c->uids[i]);
}

static void step(struct play *play, struct client *c, uint64_t *seed, int number)
{
	uint32_t n = c->exists ? 1 + any(seed, c->exists) : 0;
	char text[64];

	switch (any(seed, 12)) {
	case 0:
	case 1:
		snprintf(text, sizeof text, "1.%d", number);
		file_deliver(play, text, any(seed, 2) ? "S" : "");
		break;
	case 2:
	case 3:
		snprintf(text, sizeof text, "STORE %u +FLAGS (\\Deleted)", n);
		act(c, n ? text : "NOOP");
		break;
	case 4:
		act(c, "EXPUNGE");
		break;
	case 5:
		snprintf(text, sizeof text, "MOVE %u Other", n);
		act(c, n ? text : "NOOP");
		break;
	case 6:
		snprintf(text, sizeof text, "COPY %u Other", n);
		act(c, n ? text : "NOOP");
		break;
	case 7:
		act(c, any(seed, 2) ? "CLOSE" : "UNSELECT");
		select_inbox(c);
		break;
	case 8:
		act(c, "NOOP");
		break;
	default:
		read_all(c);
		break;
	}
}

void test_readable(struct play *play)
{
	static struct client clients[CLIENTS];
	struct server server;
	uint64_t seed = 23;

	memset(texts, 0, sizeof texts);
	server_start(&server, play, 0);
	for (int i = 0; i < CLIENTS; i++) {
		conn_open(&clients[i].conn, &server);
		if (!i)
			act(&clients[i], "CREATE Other");
		select_inbox(&clients[i]);
	}
	for (int number = 0; number < 1000; number++) {
		about("readable, step %d", number);
		step(play, &clients[any(&seed, CLIENTS)], &seed, number);
	}
	for (int i = 0; i < CLIENTS; i++) {
		read_all(&clients[i]);
		act(&clients[i], "NOOP");
	}
	if (file_begins(play, "imapsrv-kept."))
		fail("all were told, and something is kept");
	for (int i = 0; i < CLIENTS; i++) {
		if (clients[i].exists != file_count(play))
			fail("%u messages are told, %zu files are there", clients[i].exists,
			     file_count(play));
		conn_close(&clients[i].conn);
	}
	server_stop(&server);
}

/* A file of this system that has a size and gives EIO when it is read. */
static const char broken[] = "/sys/devices/software/power/autosuspend_delay_ms";

/* False: it is as it should be, or is not there. */
static bool is_broken(void)
{
	FILE *file = fopen(broken, "r");
	char octet;
	bool fails = file && fread(&octet, 1, 1, file) != 1 && ferror(file);

	if (file)
		fclose(file);
	return fails;
}

static void put_link(const struct play *play, const char *name, const char *to)
{
	char path[8192];

	snprintf(path, sizeof path, "%s/%s", play->home, name);
	if (symlink(to, path))
		fail("%s cannot be made", path);
}

/* In the place of a message: what cannot be read is refused, and is not an empty message. */
void test_unreadable(struct play *play)
{
	static struct conn conn;
	struct server server;

	if (!is_broken())
		return;
	put_link(play, "cur/1.broken:2,S", broken);
	server_start(&server, play, 0);
	conn_open(&conn, &server);
	expect(conn_do(&conn, "SELECT INBOX"), "* 1 EXISTS");
	expect(conn_do(&conn, "FETCH 1 BODY.PEEK[]"), "NO [UNAVAILABLE]");
	expect(conn_do(&conn, "FETCH 1 (RFC822.SIZE)"), "NO [UNAVAILABLE]");
	conn_close(&conn);
	server_stop(&server);
}

static void move(const struct play *play, const char *from, const char *to)
{
	char old[8192], new[8192];

	snprintf(old, sizeof old, "%s/%s", play->home, from);
	snprintf(new, sizeof new, "%s/%s", play->home, to);
	if (rename(old, new))
		fail("%s cannot be moved", old);
}

/* A file of the mailbox is not to be read for a while: no other comes into its place, and with it no
 * other UIDVALIDITY. */
static void select_without(struct play *play, const char *name, const char *link)
{
	static struct conn conn;
	struct server server;

	put_link(play, name, link);
	server_start(&server, play, 0);
	conn_open(&conn, &server);
	expect(conn_do(&conn, "SELECT INBOX"), "NO [");
	conn_close(&conn);
	server_stop(&server);
}

static void select_numbered(struct play *play, const char *uidvalidity)
{
	static struct conn conn;
	struct server server;

	server_start(&server, play, 0);
	conn_open(&conn, &server);
	expect(conn_do(&conn, "SELECT INBOX"), uidvalidity);
	conn_close(&conn);
	server_stop(&server);
}

void test_unreadable_numbers(struct play *play)
{
	/* A link to itself cannot be opened by anybody. */
	static const char last[] = "imapsrv-uidvalidity", index[] = "imapsrv-index";

	file_deliver(play, "1.a", "S");
	file_write(play, "there", "4000000000\n");
	select_without(play, last, last);
	if (is_broken()) {
		move(play, last, "gone");
		select_without(play, last, broken);
	}
	move(play, "there", last);
	select_numbered(play, "[UIDVALIDITY 4000000001]");
	if (is_broken()) {
		move(play, index, "there");
		select_without(play, index, broken);
		move(play, "there", index);
	}
	select_numbered(play, "[UIDVALIDITY 4000000001]");
}

/* As many files are open as can be, some of them of messages that nobody reads to their end: who
 * comes in by SCRAM then needs none. */
void test_files(struct play *play)
{
	enum { READERS = 100 };
	static char line[LINE_MAX_OCTETS];
	static struct conn a, b, readers[READERS];
	struct server server;
	static char users[8192];
	char path[8192];
	int can = 0;

	file_deliver(play, "1.large", "S");
	snprintf(path, sizeof path, "%s/cur/1.large:2,S", play->home);
	if (truncate(path, 1 << 28))
		fail("%s cannot be made large", path);
	play->files = 2 * READERS + 8;
	snprintf(users, sizeof users, "%s/.users", play->root);
	file_write(play, "../.users", "fred:{SCRAM-SHA-256}4096,HnEl4UnwWx0MmnRFbHvnTg==,xnDZPXyFXwIbnMs8SEuCOk"
	           "4aMS/EP2AmwGBxsEH0JdA=,VH3J1DMiMhwEUuJrJBRlhrd0zgdNgW6iGyK8p/DR+LU=\n");
	play->options[0] = "--users";
	play->options[1] = users;
	server_start(&server, play, 0);
	conn_open(&a, &server);
	conn_open(&b, &server);
	expect(conn_do(&b, "UNAUTHENTICATE"), "OK");
	for (int i = 0; i < READERS; i++) {
		conn_open(&readers[i], &server);
		conn_do(&readers[i], "SELECT INBOX");
	}
	for (int i = 0; i < READERS; i++) {
		conn_say(&readers[i], "FETCH 1 BODY.PEEK[]");
		can += conn_hear(&readers[i], line) && strstr(line, " FETCH (BODY[] {");
	}
	if (can == READERS)
		fail("there is no end of files");
	conn_say(&b, "AUTHENTICATE SCRAM-SHA-256 biwsbj1qb2Uscj1hYmNkZWZnaA==");
	if (!conn_hear(&b, line))
		fail("the server has gone");
	expect(line, "+ ");
	expect(conn_do(&a, "NOOP"), "OK");
	/* Whether a password is right is not known. */
	conn_say(&b, "no base64");
	if (!conn_hear(&b, line))
		fail("the server has gone");
	expect(conn_do(&b, "LOGIN fred y"), "NO [UNAVAILABLE]");
	for (int i = 0; i < READERS; i++)
		conn_close(&readers[i]);
	conn_close(&a);
	conn_close(&b);
	server_stop(&server);
}
