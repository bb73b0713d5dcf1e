/* SPDX-License-Identifier: MIT */
/*
 * Real sessions against imapsrv-mbox, over pipes, while other programs do to the mbox whatever they
 * like, its side files are damaged, and it is killed at every system call: a client that comes back
 * with QRESYNC has the same picture as one that asks for everything, and both agree with the file.
 * Usage: sessions SERVER DIRECTORY
 */
#include "mbox/sessions.h"

#include "../../examples/mbox/uids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *server;
char mbox[4000];
struct peer peer;
static char side[5][4100];
enum { UIDS, LOG0, LOG1, REDO, LOCK };
static unsigned passed, failed;
struct client client;

void check(bool good, const char *what, unsigned number)
{
	if (good) {
		passed++;
		return;
	}
	failed++;
	fprintf(stderr, "FAILED: %s, %u\n", what, number);
}

void begin_anew(uint64_t seed)
{
	unlink(mbox);
	for (int i = 0; i < 5; i++)
		unlink(side[i]);
	draw_from(seed);
	memset(&client, 0, sizeof client);
}

bool resync(void)
{
	bool good = client_resync(&client, &peer, server, mbox) && others_agree(&client, mbox);

	peer_kill(&peer);
	return good;
}

/* ---- between sessions ----------------------------------------------------------------------- */

static void test_rewrites(void)
{
	for (unsigned seed = 1; seed <= 12; seed++) {
		begin_anew(seed);
		others_do(mbox, DELIVER);
		for (unsigned step = 0; step < 16; step++) {
			for (unsigned n = draw(3) + 1; n; n--)
				others_do(mbox, draw(2) ? DELIVER : (enum deed)draw(DEEDS));
			/* What is cut amid the first line is no mbox, and nothing is concluded. */
			struct octets file = file_read(mbox);
			bool is_mbox = !file.len || (!strncmp(file.data, "From ", 5) &&
			                             strstr(file.data, " 2026"));
			if (file.len && !is_mbox)
				unlink(mbox);
			free(file.data);
			check(resync(), "rewritten between sessions, seed", seed * 100 + step);
		}
		check(client.anew == 1, "no new UIDVALIDITY without need", seed);
	}
}

/* ---- while a session is open ----------------------------------------------------------------- */

static void command_at_random(void)
{
	static const char *const flags[] = {"\\Seen", "\\Flagged", "\\Answered", "Work", "Play"};
	unsigned uid = client.count ? client.seen[draw((unsigned)client.count)].uid : 1;
	char text[] = "X-Id: a00\r\n\r\nNew.\r\n";

	text[7] = (char)('0' + draw(10));
	text[8] = (char)('0' + draw(10));
	switch (draw(5)) {
	case 0:
		client_hear(&client, peer_command(&peer, "x UID STORE %u +FLAGS (%s)\r\n", uid,
		                                  flags[draw(5)]));
		break;
	case 1:
		client_hear(&client, peer_command(&peer, "x UID STORE %u -FLAGS (%s)\r\n", uid,
		                                  flags[draw(5)]));
		break;
	case 2:
		client_hear(&client, peer_command(&peer, "x UID STORE %u +FLAGS (\\Deleted)\r\n",
		                                  uid));
		client_hear(&client, peer_command(&peer, "x UID EXPUNGE %u\r\n", uid));
		break;
	case 3:
		client_hear(&client, peer_command(&peer, "x APPEND INBOX (\\Seen) {%zu+}\r\n%s\r\n",
		                                  strlen(text), text));
		break;
	default:
		client_hear(&client, peer_command(&peer, "x NOOP\r\n"));
		break;
	}
}

static void test_live(void)
{
	static const enum deed deeds[] = {DELIVER, FLAG, REMOVE, TWICE, REORDER, REPLACE, SPOIL};

	for (unsigned seed = 1; seed <= 12; seed++) {
		begin_anew(seed + 1000);
		others_do(mbox, DELIVER);
		check(client_resync(&client, &peer, server, mbox), "first session", seed);
		for (unsigned step = 0; step < 25; step++) {
			if (draw(2))
				others_do(mbox, deeds[draw(7)]);
			command_at_random();
			if (draw(6))
				continue;
			/* New messages are told by number; a client asks for them. */
			client_hear(&client, peer_command(&peer, "x NOOP\r\n"));
			client_hear(&client, peer_command(&peer, "x UID FETCH 1:* (UID FLAGS)\r\n"));
			check(client_compare(&client, &peer) && others_agree(&client, mbox),
			      "a live session, seed", seed * 100 + step);
		}
		/* What it was told of by number only, it asks for. */
		client_hear(&client, peer_command(&peer, "x UID FETCH 1:* (UID FLAGS)\r\n"));
		peer_kill(&peer);
		check(resync(), "after a live session, seed", seed);
	}
}

static void test_idle(void)
{
	begin_anew(1);
	deliver(mbox, "a");
	check(client_resync(&client, &peer, server, mbox), "before IDLE", 0);
	peer.len = 0;
	peer_send(&peer, "x IDLE\r\n");
	check(peer_wait(&peer, "+ "), "IDLE", 0);
	deliver(mbox, "b");
	check(peer_wait(&peer, "* 2 EXISTS\r\n"), "a delivery is told in IDLE", 0);
	others_do(mbox, LOSE);
	check(peer_wait(&peer, "* VANISHED 1:2\r\n"), "a lost file is told in IDLE", 0);
	peer_kill(&peer);
}

/* Two processes have it open, and one rewrites what the other has read. */
static void test_two(void)
{
	static struct peer other;
	static struct client second;

	begin_anew(2);
	for (int i = 0; i < 5; i++)
		deliver(mbox, NULL);
	memset(&second, 0, sizeof second);
	check(client_resync(&client, &peer, server, mbox), "the first of two", 0);
	check(client_resync(&second, &other, server, mbox), "the second of two", 0);
	for (unsigned i = 1; i <= 5; i++) {
		client_hear(&client, peer_command(&peer, "x UID STORE %u +FLAGS (\\Deleted)\r\n", i));
		client_hear(&second, peer_command(&other, "x UID STORE 1:* +FLAGS (Word%u)\r\n", i));
		if (i % 2)
			client_hear(&second, peer_command(&other, "x EXPUNGE\r\n"));
		client_hear(&client, peer_command(&peer, "x NOOP\r\n"));
		client_hear(&second, peer_command(&other, "x NOOP\r\n"));
		check(client_compare(&client, &peer) && client_compare(&second, &other),
		      "two processes, round", i);
	}
	const char *text = peer_command(&peer, "x UID STORE 1:* (UNCHANGEDSINCE 5) +FLAGS (\\Seen)\r\n");
	check(strstr(text, "x OK") != NULL, "a conditional store", 0);
	peer_kill(&peer);
	peer_kill(&other);
	/* Their X-Keywords are more than the parser of this test knows. */
	check(client_resync(&client, &peer, server, mbox), "after two", 0);
	peer_kill(&peer);
}

/* ---- one thing each ------------------------------------------------------------------------- */

/* Seconds since 1970 that do not fit in 32 bits. */
static void test_dates(void)
{
	begin_anew(3);
	client_resync(&client, &peer, server, mbox);
	peer_command(&peer, "x APPEND INBOX \"19-Jan-2038 03:14:08 +0000\" {2+}\r\nx\r\n");
	peer_command(&peer, "x APPEND INBOX \" 1-Feb-2107 06:28:16 +0000\" {2+}\r\nx\r\n");
	const char *text = peer_command(&peer, "x FETCH 1:* INTERNALDATE\r\n");
	check(strstr(text, "\"19-Jan-2038 03:14:08 +0000\"") != NULL, "a date of 2038", 0);
	check(strstr(text, "\" 1-Feb-2107 06:28:16 +0000\"") != NULL, "a date of 2107", 0);
	peer_kill(&peer);
}

static void test_content(void)
{
	static const char lines[] =
		"Subject: x\r\nStatus: R\r\n\r\nFrom me Thu Jan  1 10:00:00 2026\r\n>From you\r\n\r\n";
	struct octets file;

	begin_anew(3);
	client_resync(&client, &peer, server, mbox);
	peer_command(&peer, "x APPEND INBOX (\\Flagged) \"02-Feb-2026 12:00:00 +0200\" {%zu+}\r\n%s\r\n",
	             sizeof lines - 1, lines);
	const char *text = peer_command(&peer, "x FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE "
	                                "BODY.PEEK[])\r\n");
	check(strstr(text, "\" 2-Feb-2026 10:00:00 +0000\"") != NULL, "the date is kept", 0);
	check(strstr(text, "FLAGS (\\Flagged \\Recent)") != NULL,
	      "Status of a message that comes in says nothing", 0);
	check(strstr(text, "RFC822.SIZE 61 ") && strstr(text, "{61}\r\nSubject: x\r\n\r\n"
	      "From me Thu Jan  1 10:00:00 2026\r\n>From you\r\n\r\n)"), "From comes back as it went", 0);
	peer_kill(&peer);
	file = file_read(mbox);
	check(strstr(file.data, "\n>From me") && strstr(file.data, "\n>>From you"), "mboxrd", 0);
	check(strstr(file.data, "\nX-Status: F\n") && !strstr(file.data, "Status: R\n"),
	      "flags as mail programs read them", 0);
	free(file.data);
}

/* The last message stays what it is when one comes behind it, however it ends. */
static void test_last_message(void)
{
	static const char *const ends[] = {"\r\n\r\n", "\r\n", "\n\n", "\n", "", "\r\n\n", "\n\r\n",
	                                   "\r", "\n\n\n", "\r\n\r\n\r\n", "\r\n\r"};
	char text[200];

	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		begin_anew(17);
		int len = snprintf(text, sizeof text, "From ada@example.org Thu Jan  1 10:00:00 2026\r\n"
		                   "X-Id: a\r\n\r\nText%s", ends[i]);
		file_write(mbox, text, (size_t)len);
		check(client_resync(&client, &peer, server, mbox), "a last message", i);
		peer_command(&peer, "x APPEND INBOX {9+}\r\nX-Id: b\r\n\r\n");
		const char *uids = peer_command(&peer, "x UID SEARCH ALL\r\n");
		check(strstr(uids, " 1 2\r\n") || strstr(uids, " ALL 1:2\r\n"),
		      "the last message stays what it is", i);
		peer_kill(&peer);
	}
}

/* A CR of its own does not end the header in the file where it did not in the message. */
static void test_lone_cr(void)
{
	static const struct {
		const char *text, *content;
	} rows[] = {
		{"X-Id: b\r\n\r", "{11}\r\nX-Id: b\r\n\r\n)"},
		{"X-Id: b\r\n\r\r\n\r\nText\r\n", "{20}\r\nX-Id: b\r\n\r\r\n\r\nText\r\n)"},
	};

	begin_anew(19);
	client_resync(&client, &peer, server, mbox);
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		peer_command(&peer, "x APPEND INBOX (\\Flagged) {%zu+}\r\n%s\r\n", strlen(rows[i].text),
		             rows[i].text);
		const char *text = peer_command(&peer, "x FETCH %u (FLAGS BODY.PEEK[])\r\n", i + 1);
		check(strstr(text, "FLAGS (\\Flagged") != NULL, "flags beside a CR", i);
		check(strstr(text, rows[i].content) != NULL, "a CR of its own", i);
	}
	peer_kill(&peer);
}

/* Content-Length that reaches over what comes next hides nothing. */
static void test_content_length(void)
{
	static const char text[] =
		"From eve@example.org Thu Jan  1 10:00:00 2026\nX-Id: a\nContent-Length: 200\n\nBody.\n\n"
		"From bob@example.org Thu Jan  1 10:00:00 2026\nX-Id: b\n\nFrom now on, no date.\n\n";

	begin_anew(4);
	file_write(mbox, text, sizeof text - 1);
	check(resync() && client.count == 2, "Content-Length is not believed", 0);
}

/* Mail can come with all the keywords that there can be, and millions of others: each is looked for
 * among them in a few steps.  Read as one text for each, they took minutes. */
static void test_keywords(void)
{
	enum { LONG = 250, MANY = 254, WORDS = 2000000 };
	struct rlimit was, little;
	FILE *file;

	begin_anew(16);
	if (!(file = fopen(mbox, "w")))
		die(mbox);
	fputs("From eve@example.org Thu Jan  1 10:00:00 2026\nX-Id: a\n", file);
	for (int i = 0; i < MANY; i++)
		fprintf(file, "X-Keywords: %0*d\n", LONG, MANY - i);
	for (int i = 0; i < WORDS; i++)
		fprintf(file, i % 1000 ? " %s" : "%sX-Keywords: %s", i % 1000 ? i % 2 ? "A" : "b" :
		        i ? "\n" : "", i % 1000 ? "" : "a");
	fputs("\n\nText\n\n", file);
	if (fclose(file))
		die(mbox);
	check(!getrlimit(RLIMIT_CPU, &was), "the limit of work", 0);
	little = was;
	little.rlim_cur = 5;
	check(!setrlimit(RLIMIT_CPU, &little), "a limit of work", 0);
	peer_start(&peer, server, mbox, false);
	check(!setrlimit(RLIMIT_CPU, &was), "no limit of work", 0);
	peer_command(&peer, "x SELECT INBOX\r\n");
	const char *text = peer_command(&peer, "x FETCH 1 FLAGS\r\n");
	check(strstr(text, "001 ") && strstr(text, "254 a)"),
	      "as many keywords as can be", 0);
	peer_kill(&peer);
}

/* The file is rewritten once for all that a STORE names, which has one number then. */
static void test_stored_at_once(void)
{
	/* More than the library asks for at a time as a rule, fewer than a batch of the ledger. */
	enum { MESSAGES = 510 };
	unsigned long long first = 0, last = 1;
	FILE *file;

	begin_anew(20);
	if (!(file = fopen(mbox, "w")))
		die(mbox);
	for (int i = 0; i < MESSAGES; i++)
		fprintf(file, "From ada@example.org Thu Jan  1 10:00:00 2026\nX-Id: %d\n\nText\n\n",
		        i);
	if (fclose(file))
		die(mbox);
	peer_start(&peer, server, mbox, false);
	peer_command(&peer, "x SELECT INBOX (CONDSTORE)\r\n");
	peer_command(&peer, "x STORE 1:* +FLAGS.SILENT (\\Flagged)\r\n");
	const char *text = peer_command(&peer, "x FETCH 1,%d MODSEQ\r\n", MESSAGES);
	check((text = strstr(text, "* 1 FETCH (MODSEQ (")) != NULL &&
	      sscanf(text, "* 1 FETCH (MODSEQ (%llu))\r\n* 510 FETCH (MODSEQ (%llu))", &first,
	             &last) == 2 && first == last, "all that a STORE names at once", 0);
	peer_kill(&peer);
}

/* As many as there can be, each as long as can be: all are read again as they were written. */
static void test_long_keywords(void)
{
	char last[300];

	begin_anew(18);
	deliver(mbox, NULL);
	check(client_resync(&client, &peer, server, mbox), "before the keywords", 0);
	for (int i = 0; i < 255; i += 5)
		check(strstr(peer_command(&peer, "x STORE 1 +FLAGS.SILENT (a%0254d a%0254d a%0254d "
		                          "a%0254d a%0254d)\r\n", i, i + 1, i + 2, i + 3, i + 4),
		             "x OK") != NULL, "keywords", (unsigned)i);
	snprintf(last, sizeof last, " a%0254d", 254);
	check(strstr(peer_command(&peer, "x FETCH 1 FLAGS\r\n"), last) != NULL, "the last keyword", 0);
	/* It would be read as a shorter one. */
	check(strstr(peer_command(&peer, "x STORE 1 +FLAGS (b%0254d)\r\n", 0), "x NO [LIMIT]") != NULL,
	      "one keyword too many", 0);
	peer_kill(&peer);
}

/* A field that goes on in the next lines is one, and so are its words. */
static void test_folded_keywords(void)
{
	static const char mail[] = "From a@b Thu Nov 19 10:00:00 2026\nX-Id: a\n"
	                           "X-Keywords: One\n Two\n\tThree\nStatus: O\n\nText\n";

	begin_anew(16);
	file_write(mbox, mail, sizeof mail - 1);
	peer_start(&peer, server, mbox, false);
	peer_command(&peer, "x SELECT INBOX\r\n");
	peer_command(&peer, "x STORE 1 +FLAGS (\\Seen)\r\n");
	const char *text = peer_command(&peer, "x FETCH 1 FLAGS\r\n");
	check(strstr(text, " One") && strstr(text, " Two") && strstr(text, " Three"),
	      "keywords of a field in several lines", 0);
	peer_kill(&peer);
	struct octets file = file_read(mbox);
	check(strstr(file.data, "One") && strstr(file.data, "Two") && strstr(file.data, "Three"),
	      "they stay when flags change", 0);
	free(file.data);
}

static void test_not_an_mbox(void)
{
	begin_anew(5);
	deliver(mbox, NULL);
	check(resync(), "an mbox", 0);
	struct octets good = file_read(mbox);
	file_write(mbox, "\177ELF garbage\n", 13);
	peer_start(&peer, server, mbox, false);
	const char *text = peer_command(&peer, "x SELECT INBOX\r\n");
	check(strstr(text, "x NO [CORRUPTION]") != NULL, "garbage is refused", 0);
	text = peer_command(&peer, "x APPEND INBOX {3+}\r\nabc\r\n");
	check(strstr(text, "x NO [CORRUPTION]") != NULL, "nothing is added to garbage", 0);
	peer_kill(&peer);
	struct octets now = file_read(mbox);
	check(now.len == 13, "garbage is left alone", 0);
	file_write(mbox, good.data, good.len);
	check(resync() && client.anew == 1, "it is an mbox again", 0);
	free(good.data);
	free(now.data);
}

static void test_locks(void)
{
	char lock[4100], *text;

	begin_anew(6);
	deliver(mbox, NULL);
	snprintf(lock, sizeof lock, "%s.lock", mbox);
	check(resync(), "before the lock", 0);
	/* As a process of ours leaves it that is killed. */
	check(!link(side[LOCK], lock) && resync() && access(lock, F_OK), "a lock of the dead", 0);
	file_write(lock, "", 0);
	peer_start(&peer, server, mbox, false);
	peer_send(&peer, "x SELECT INBOX\r\n");
	peer.text[0] = '\0';
	deliver(mbox, NULL); /* by whoever holds the lock */
	unlink(lock);
	text = peer.text;
	check(peer_wait(&peer, "\r\nx OK") && strstr(text, "* 2 EXISTS"), "a lock is waited for", 0);
	peer_kill(&peer);
}

/* Of two messages that are the same, the one goes that was to go. */
static void test_same(void)
{
	begin_anew(7);
	for (int i = 0; i < 3; i++)
		deliver(mbox, "same");
	check(client_resync(&client, &peer, server, mbox), "three of the same", 0);
	client_hear(&client, peer_command(&peer, "x UID STORE 2 +FLAGS (\\Deleted)\r\n"));
	const char *text = peer_command(&peer, "x EXPUNGE\r\n");
	check(strstr(text, "* VANISHED 2\r\n") != NULL, "the second of the same", 0);
	client_hear(&client, text);
	check(client_compare(&client, &peer), "after the second of the same", 0);
	peer_kill(&peer);
	check(resync(), "again after the second of the same", 0);
}

/* UIDs come to their end: the mailbox is numbered anew, and a session that has it open is told to
 * connect again. */
static void test_exhausted(void)
{
	struct uids uids = {0};

	begin_anew(11);
	for (int i = 0; i < 3; i++)
		deliver(mbox, NULL);
	check(resync(), "before the last UIDs", 0);
	check(!uids_load(&uids, side[UIDS]), "the UIDs", 0);
	uids.uidnext = UINT32_MAX - 2;
	check(!uids_save(&uids, side[UIDS]), "few are left", 0);
	uids_free(&uids);
	deliver(mbox, NULL);
	check(resync() && client.anew == 1, "one of the last UIDs", 0);
	check(client_resync(&client, &peer, server, mbox), "the mailbox is open", 0);
	for (int i = 0; i < 3; i++)
		deliver(mbox, NULL);
	peer_command(&peer, "x NOOP\r\n");
	check(peer_wait(&peer, "* BYE"), "numbered anew", 0);
	peer_kill(&peer);
	check(resync() && client.anew == 2 && client.uidnext == 8, "after the last UIDs", 0);
}

/* A message that changed under its client, and nothing new can be put on record: it has not gone. */
static void test_not_gone(void)
{
	char blocked[4200];

	begin_anew(14);
	deliver(mbox, "a");
	check(client_resync(&client, &peer, server, mbox), "before the side files fail", 0);
	snprintf(blocked, sizeof blocked, "%s.new", side[UIDS]);
	check(!mkdir(blocked, 0700), "the side files fail", 0);
	struct octets file = file_read(mbox);
	char *body = strstr(file.data, "Always this.");
	check(body != NULL, "a body", 0);
	memcpy(body ? body : file.data, "Ever", 4);
	file_write(mbox, file.data, file.len);
	const char *text = peer_command(&peer, "x FETCH 1 BODY.PEEK[]\r\n");
	check(strstr(text, "[UNAVAILABLE]") && !strstr(text, "[EXPUNGEISSUED]"),
	      "what cannot be looked at again has not gone", 0);
	peer_kill(&peer);
	check(!rmdir(blocked) && resync(), "after the side files failed", 0);
	free(file.data);
}

/* UIDs come to their end, and the ledger cannot be told. */
static void test_exhausted_full(void)
{
	struct uids uids = {0};
	struct stat st;

	begin_anew(15);
	deliver(mbox, NULL);
	check(resync(), "before the last UIDs", 1);
	/* It is longer than the other side file: for that there is room. */
	peer_start(&peer, server, mbox, false);
	peer_command(&peer, "x SELECT INBOX\r\n");
	for (unsigned i = 0; i < 20; i++)
		peer_command(&peer, i % 2 ? "x STORE 1 -FLAGS (\\Flagged)\r\n"
		                          : "x STORE 1 +FLAGS (\\Flagged)\r\n");
	peer_kill(&peer);
	check(!uids_load(&uids, side[UIDS]), "the UIDs", 1);
	uids.uidnext = UINT32_MAX;
	check(!uids_save(&uids, side[UIDS]), "none are left", 0);
	uids_free(&uids);
	deliver(mbox, NULL);
	check(!stat(side[LOG0], &st) && st.st_size, "the ledger", 0);
	start_full((rlim_t)st.st_size);
	const char *text = peer_command(&peer, "x SELECT INBOX\r\n");
	check(strstr(text, "x NO [UNAVAILABLE]") != NULL, "no room to number anew", 0);
	peer_kill(&peer);
	check(resync() && client.anew == 2, "room to number anew", 0);
}

/* What somebody put in the place of a side file is not written to, and not believed. */
static void test_planted(void)
{
	static const char precious[] = "Whatever this is, it is not ours.\n";
	char other[4100], path[sizeof side + 8];

	snprintf(other, sizeof other, "%s.precious", mbox);
	for (unsigned i = 0; i < 6; i++) {
		begin_anew(17);
		deliver(mbox, "a");
		check(resync(), "before links are planted", i);
		file_write(other, precious, sizeof precious - 1);
		snprintf(path, sizeof path, "%s%s", side[i < 5 ? i : UIDS], i < 5 ? "" : ".new");
		unlink(path);
		check(!symlink(other, path), "a link is planted", i);
		peer_start(&peer, server, mbox, false);
		const char *text = peer_command(&peer, "x SELECT INBOX\r\n");
		/* The name of what is renamed into place is free to be taken. */
		check((strstr(text, "x OK") != NULL) == (i == 5), "side files that are links", i);
		peer_command(&peer, "x STORE 1 +FLAGS (\\Deleted)\r\n");
		peer_kill(&peer);
		struct octets file = file_read(other);
		check(file.len == sizeof precious - 1 && !memcmp(file.data, precious, file.len),
		      "what a link leads to stays as it is", i);
		free(file.data);
		unlink(path);
		unlink(other);
	}
	begin_anew(17);
	deliver(mbox, "a");
	check(resync(), "before a file of somebody else", 0);
	if (!geteuid() && !chown(side[REDO], 65534, 65534)) {
		peer_start(&peer, server, mbox, false);
		check(strstr(peer_command(&peer, "x SELECT INBOX\r\n"), "x NO") != NULL,
		      "a side file of somebody else", 0);
		peer_kill(&peer);
	}
	begin_anew(17);
}

static void test_folders(void)
{
	char dir[4000], folder[4100];
	const char *text;

	begin_anew(8);
	snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(mbox, '/') - mbox), mbox);
	peer_start(&peer, server, dir, false);
	text = peer_command(&peer, "x CREATE Lists\r\n");
	check(strstr(text, "x OK") != NULL, "CREATE", 0);
	text = peer_command(&peer, "x CREATE ../Out\r\n");
	check(strstr(text, "x NO [CANNOT]") != NULL, "no name leads out", 0);
	peer_command(&peer, "x APPEND Lists {5+}\r\na: b\n\r\n");
	text = peer_command(&peer, "x LIST \"\" * RETURN (STATUS (MESSAGES))\r\n");
	check(strstr(text, "* STATUS Lists (MESSAGES 1)") != NULL, "LIST and STATUS", 0);
	text = peer_command(&peer, "x RENAME Lists Other\r\n");
	check(strstr(text, "x OK") != NULL, "RENAME", 0);
	text = peer_command(&peer, "x SELECT Other\r\n");
	check(strstr(text, "* 1 EXISTS") != NULL, "the mail is in it", 0);
	text = peer_command(&peer, "x COPY 1 INBOX\r\n");
	check(strstr(text, "COPYUID") != NULL, "COPY", 0);
	peer_command(&peer, "x UNSELECT\r\n");
	text = peer_command(&peer, "x DELETE Other\r\n");
	check(strstr(text, "x OK") != NULL, "DELETE", 0);
	snprintf(folder, sizeof folder, "%s/Other", dir);
	check(access(folder, F_OK) != 0, "it is deleted", 0);
	peer_kill(&peer);
}

static unsigned files_in(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* A client can ask for as many names as it likes: those of no mailbox leave nothing behind. */
static void test_asked_for(void)
{
	static const char *const asks[] = {"SELECT", "EXAMINE", "STATUS", "DELETE", "RENAME", "APPEND"};
	static const char *const rest[] = {"", "", " (MESSAGES)", "", " Other", " {2+}\r\nx"};
	char dir[4000];

	begin_anew(8);
	deliver(mbox, NULL);
	check(resync(), "before names are asked for", 0);
	snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(mbox, '/') - mbox), mbox);
	unsigned before = files_in(dir);
	peer_start(&peer, server, dir, false);
	for (unsigned i = 0; i < sizeof asks / sizeof *asks; i++) {
		const char *text = peer_command(&peer, "x %s Nobody%u%s\r\n", asks[i], i, rest[i]);
		check(strstr(text, "x NO [NONEXISTENT]") || strstr(text, "x NO [TRYCREATE]"),
		      "there is no such mailbox", i);
		check(files_in(dir) == before, "no file is left of it", i);
	}
	peer_kill(&peer);
}

/* Of what cannot be read there is no end to wait for: a directory is always ready, and never gives an
 * octet. */
static void test_no_input(void)
{
	int status = 0, fd = open("/", O_RDONLY | O_DIRECTORY), out = open("/dev/null", O_WRONLY);
	pid_t pid;

	begin_anew(12);
	deliver(mbox, NULL);
	if (fd < 0 || out < 0 || (pid = fork()) < 0)
		die("fork");
	if (!pid) {
		alarm(60);
		dup2(fd, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		execl(server, server, mbox, (char *)NULL);
		_exit(2);
	}
	close(fd);
	close(out);
	check(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status),
	      "input that cannot be read ends", 0);
}

/* Root is denied nothing.  False: another user cannot run the server where it is. */
static bool become_nobody(const char *dir)
{
	return geteuid() || (!chown(dir, 65534, 65534) && !setgid(65534) && !setuid(65534) &&
	                     !access(server, X_OK));
}

/* An APPEND is under way when its mailbox becomes one that may only be read. */
static bool refused_is_not_done_later(void)
{
	begin_anew(13);
	deliver(mbox, "a");
	bool good = resync();
	peer_start(&peer, server, mbox, false);
	peer_send(&peer, "x APPEND INBOX {12+}\r\nX-Id: b\r\n\r\nx {12}\r\n");
	good &= peer_wait(&peer, "\n+ ") && !chmod(mbox, 0400);
	const char *text = peer_command(&peer, "X-Id: c\r\n\r\nx\r\n");
	good &= strstr(text, "x NO [NOPERM]") != NULL && !chmod(mbox, 0600);
	peer_kill(&peer);
	return resync() && good && client.count == 1;
}

static void test_read_only(const char *dir)
{
	int status = 0;
	pid_t pid;

	begin_anew(13);
	if ((pid = fork()) < 0)
		die("fork");
	if (!pid)
		_exit(!become_nobody(dir) ? 77 : refused_is_not_done_later() ? 0 : 1);
	check(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) != 1,
	      "what was refused for want of rights is not done later", 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		puts("not here: another user cannot run imapsrv-mbox, and no permission is missing");
	begin_anew(13);
}

/* ---- damage to the side files --------------------------------------------------------------- */

/* A mailbox with some history, of which the client knows an older state. */
static void make_history(struct octets files[4], struct octets *mail)
{
	begin_anew(9);
	for (int i = 0; i < 6; i++)
		deliver(mbox, i == 3 ? "same" : NULL);
	check(resync(), "before the damage", 0);
	others_do(mbox, FLAG);
	client.count = 6;
	struct client old = client;
	check(resync(), "before the damage", 1);
	others_do(mbox, REMOVE);
	others_do(mbox, DELIVER);
	check(resync(), "before the damage", 2);
	client = old;
	for (int i = 0; i < 4; i++)
		files[i] = file_read(side[i]);
	*mail = file_read(mbox);
}

static void test_damage(void)
{
	static struct client old;
	struct octets files[4], mail;

	make_history(files, &mail);
	old = client;
	for (int which = UIDS; which <= LOG1; which++)
		for (size_t i = 0; i < files[which].len * 2; i++) {
			size_t at = i / 2;
			for (int k = 0; k < 3; k++)
				file_write(side[k], files[k].data, files[k].len);
			if (i % 2) {
				char was = files[which].data[at];
				files[which].data[at] ^= (char)(1 << draw(8));
				file_write(side[which], files[which].data, files[which].len);
				files[which].data[at] = was;
			} else if (truncate(side[which], (off_t)at)) {
				die(side[which]);
			}
			file_write(mbox, mail.data, mail.len);
			client = old;
			check(resync(), which == UIDS ? "UIDs damaged at" : "ledger damaged at",
			      (unsigned)at);
			if (which == UIDS)
				check(client.anew == old.anew + 1, "damaged UIDs are not used", (unsigned)at);
			/* And it goes on from there. */
			if (i % 16 == 0) {
				others_do(mbox, FLAG);
				check(resync(), "the time after", (unsigned)at);
			}
		}
	for (int k = 0; k < 4; k++)
		free(files[k].data);
	free(mail.data);
}

/* ---- killed at every system call ------------------------------------------------------------ */

static const char *const killed[] = {
	"x STORE 2:3 +FLAGS (\\Flagged Work)\r\n", "x APPEND INBOX {19+}\r\nX-Id: new\r\n\r\nText\r\n\r\n",
	"x STORE 1,4 FLAGS.SILENT (\\Deleted)\r\nx EXPUNGE\r\n"};

/* Lets it make so many system calls, then kills it.  False: it ended before. */
static bool run_traced(const char *commands, unsigned calls)
{
	int status;

	peer_start(&peer, server, mbox, true);
	peer_send(&peer, "x SELECT INBOX\r\n");
	peer_send(&peer, commands);
	peer_send(&peer, "x LOGOUT\r\n");
	for (unsigned stops = 0; waitpid(peer.pid, &status, 0) == peer.pid && WIFSTOPPED(status);) {
		if (stops++ == calls) {
			peer_kill(&peer);
			return true;
		}
		ptrace(PTRACE_SYSCALL, peer.pid, NULL, NULL);
	}
	close(peer.in);
	close(peer.out);
	return false;
}

/* No message of before is lost, unless it was being expunged, and no content is another. */
static bool nothing_lost(const struct octets *mail, unsigned which)
{
	bool kept = true;

	for (const char *at = mail->data; (at = strstr(at, "\nX-Id: ")); at++) {
		char id[24];
		sscanf(at + 7, "%23[^\n]", id);
		const struct seen *seen = client_find(&client, id);
		kept &= seen || which == 2;
	}
	kept &= client.count >= 4 && client.count <= 8;
	return kept;
}

static void test_killed(void)
{
	static struct client old;
	struct octets files[4], mail;

	if (!peer_can_be_traced()) {
		puts("not here: ptrace(2), and so imapsrv-mbox is killed at no system call");
		return;
	}
	begin_anew(10);
	for (int i = 0; i < 6; i++)
		deliver(mbox, NULL);
	check(resync(), "before it is killed", 0);
	old = client;
	for (int k = 0; k < 4; k++)
		files[k] = file_read(side[k]);
	mail = file_read(mbox);
	for (unsigned which = 0; which < 3; which++)
		for (unsigned calls = 60; ; calls += 2) {
			for (int k = 0; k < 4; k++)
				file_write(side[k], files[k].data, files[k].len);
			file_write(mbox, mail.data, mail.len);
			client = old;
			bool was_killed = run_traced(killed[which], calls);
			/* Half of the time somebody delivers before anybody has looked. */
			if (was_killed && calls % 4)
				deliver(mbox, "late");
			check(client_resync(&client, &peer, server, mbox), "killed after calls", calls);
			check(client.anew == old.anew, "killed, and no new UIDVALIDITY", calls);
			check(nothing_lost(&mail, which) && others_agree(&client, mbox),
			      "killed, and nothing is lost", calls);
			check(!was_killed || !(calls % 4) || client_find(&client, "late"),
			      "killed, and what came then is there", calls);
			peer_kill(&peer);
			if (!was_killed)
				break;
		}
	for (int k = 0; k < 4; k++)
		free(files[k].data);
	free(mail.data);
}

static void remove_all(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char file[4400];

	while (dir && (entry = readdir(dir))) {
		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		unlink(file);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

int main(int argc, char **argv)
{
	static const char *const suffixes[] = {"uids", "log0", "log1", "redo", "lock"};

	char memory[] = "/dev/shm/imapsrv-mbox.XXXXXX";
	const char *dir;

	if (argc != 3)
		return 2;
	server = argv[1];
	signal(SIGPIPE, SIG_IGN);
	/* Thousands of times the server waits for the disk: there should be none. */
	dir = mkdtemp(memory) ? memory : argv[2];
	mkdir(dir, 0700);
	snprintf(mbox, sizeof mbox, "%s/INBOX", dir);
	for (int i = 0; i < 5; i++)
		snprintf(side[i], sizeof side[i], "%s/.INBOX.imapsrv-%s", dir, suffixes[i]);
	test_dates();
	test_content();
	test_last_message();
	test_lone_cr();
	test_content_length();
	test_keywords();
	test_long_keywords();
	test_folded_keywords();
	test_stored_at_once();
	test_not_an_mbox();
	test_locks();
	test_same();
	test_exhausted();
	test_exhausted_full();
	test_not_gone();
	test_full();
	test_full_news();
	test_planted();
	test_folders();
	test_asked_for();
	test_scarce();
	test_slow_reader();
	test_no_input();
	test_read_only(dir);
	test_idle();
	test_two();
	test_rewrites();
	test_live();
	test_damage();
	test_killed();
	remove_all(dir);
	printf("mbox: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
