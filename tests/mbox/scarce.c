/* SPDX-License-Identifier: MIT */
/* scarce - a server that may open few files or has no room for them, or whose output is full: it
 * says nothing that is not so. */
#include "mbox/sessions.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void start_full(rlim_t octets)
{
	struct rlimit was, small;

	signal(SIGXFSZ, SIG_IGN);
	check(!getrlimit(RLIMIT_FSIZE, &was), "the limit of files", 0);
	small = was;
	small.rlim_cur = octets;
	check(!setrlimit(RLIMIT_FSIZE, &small), "a limit of files", 0);
	peer_start(&peer, server, mbox, false);
	check(!setrlimit(RLIMIT_FSIZE, &was), "no limit of files", 0);
}

/* What is on record can be read when nothing more can be put there, and what is to go can go. */
void test_full(void)
{
	static char mail[60000];
	size_t len = (size_t)snprintf(mail, sizeof mail, "From a@b Thu Nov 19 10:00:00 2026\n"
	                              "X-Id: a\nStatus: O\nX-Status: D\n\n");
	struct octets file;

	begin_anew(18);
	memset(mail + len, 'x', sizeof mail - len);
	for (size_t i = len + 50; i < sizeof mail; i += 50)
		mail[i] = '\n';
	file_write(mbox, mail, sizeof mail);
	peer_start(&peer, server, mbox, false);
	check(strstr(peer_command(&peer, "x EXAMINE INBOX\r\n"), "x OK"), "before it is full", 0);
	peer_kill(&peer);
	start_full(1);
	check(strstr(peer_command(&peer, "x SELECT INBOX\r\n"), "* 1 EXISTS"), "opened", 0);
	check(strstr(peer_command(&peer, "x FETCH 1 BODY.PEEK[TEXT]\r\n"), "xxx"), "read", 0);
	peer_kill(&peer);
	start_full(sizeof mail / 2);
	peer_command(&peer, "x SELECT INBOX\r\n");
	check(strstr(peer_command(&peer, "x EXPUNGE\r\n"), "x OK"), "what is to go", 0);
	peer_kill(&peer);
	file = file_read(mbox);
	check(!file.len, "has gone", 0);
	free(file.data);
	check(resync() && client.uidnext == 2 && !client.count, "after it was full", 0);
}

/* New mail for which there is no room on record is not shown, and not lost. */
void test_full_news(void)
{
	static const char first[] = "From a@b Thu Nov 19 10:00:00 2026\nX-Id: a\n\none\n\n";
	static const char both[] = "From a@b Thu Nov 19 10:00:00 2026\nX-Id: a\n\none\n\n"
	                           "From a@b Thu Nov 19 10:00:00 2026\nX-Id: b\n\ntwo\n\n";
	struct octets file;
	const char *text;

	begin_anew(21);
	file_write(mbox, first, sizeof first - 1);
	check(resync() && client.count == 1, "before it is full", 0);
	start_full(1);
	text = peer_command(&peer, "x SELECT INBOX\r\n");
	check(strstr(text, "* 1 EXISTS") && strstr(text, "READ-WRITE"), "nothing new", 0);
	file_write(mbox, both, sizeof both - 1);
	text = peer_command(&peer, "x NOOP\r\n");
	check(strstr(text, "x OK") && !strstr(text, "EXISTS"), "no room for news", 0);
	check(strstr(peer_command(&peer, "x FETCH 1 BODY.PEEK[]\r\n"), "one"), "read", 0);
	text = peer_command(&peer, "x STORE 1 +FLAGS (\\Deleted)\r\n");
	check(strstr(text, "x NO") != NULL, "no room for flags", 0);
	peer_kill(&peer);
	start_full(1);
	for (unsigned i = 0; i < 2; i++) {
		text = peer_command(&peer, "x SELECT INBOX\r\n");
		check(strstr(text, "* 1 EXISTS") && strstr(text, "READ-ONLY"), "opened", i);
		check(strstr(text, "[UIDNEXT 2]") != NULL, "no UID for news", i);
	}
	check(strstr(peer_command(&peer, "x FETCH 1 BODY.PEEK[]\r\n"), "one"), "read", 1);
	peer_kill(&peer);
	file = file_read(mbox);
	check(file.len == sizeof both - 1 && !memcmp(file.data, both, file.len), "all there", 0);
	free(file.data);
	check(resync() && client.uidnext == 3 && client.count == 2, "after it was full", 1);
}

/* A server that may have so many files open, 0: any number; or whose output is a pipe that is full
 * and does not block. */
static void start_with(const char *path, rlim_t files, bool full)
{
	static char dots[65536];
	struct rlimit limit;
	int out[2], in[2];

	if (pipe(in) || pipe(out) || (full && fcntl(out[1], F_SETFL, O_NONBLOCK)) ||
	    getrlimit(RLIMIT_NOFILE, &limit))
		die("pipe");
	memset(dots, '.', sizeof dots);
	while (full && write(out[1], dots, sizeof dots) > 0)
		;
	if ((peer.pid = fork()) < 0)
		die("fork");
	if (!peer.pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[0]), close(in[1]), close(out[0]), close(out[1]);
		limit.rlim_cur = files ? files : limit.rlim_cur;
		setrlimit(RLIMIT_NOFILE, &limit);
		execl(server, server, path, (char *)NULL);
		_exit(2);
	}
	close(in[0]), close(out[1]);
	peer.in = in[1], peer.out = out[0];
	peer.len = 0, peer.text[0] = '\0';
}

/* Mailboxes that nobody has open have no files open, and those that cannot be looked at have not
 * gone. */
void test_scarce(void)
{
	char dir[4000], moved[4100], path[4400];
	unsigned made = 0;

	begin_anew(19);
	snprintf(dir, sizeof dir, "%.*s/many", (int)(strrchr(mbox, '/') - mbox), mbox);
	snprintf(moved, sizeof moved, "%s.moved", dir);
	check(!mkdir(dir, 0700), "a directory of mailboxes", 0);
	start_with(dir, 20, false);
	for (unsigned i = 0; i < 20; i++) {
		peer_command(&peer, "x CREATE box%u\r\n", i);
		made += strstr(peer_command(&peer, "x APPEND box%u {5+}\r\na: b\n\r\n", i),
		               "x OK") != NULL;
	}
	check(made == 20, "a message for each of many mailboxes", made);
	peer_kill(&peer);
	/* 3 is the directory. */
	start_with(dir, 4, false);
	const char *text = peer_command(&peer, "x LIST \"\" *\r\n");
	check(!strstr(text, "x OK") || strstr(text, "box19"), "files that cannot be opened", 0);
	peer_kill(&peer);
	start_with(dir, 0, false);
	check(peer_wait(&peer, "PREAUTH") && !rename(dir, moved), "no directory", 0);
	text = peer_command(&peer, "x LIST \"\" *\r\n");
	check(strstr(text, "x NO") != NULL, "its mailboxes have not gone", 0);
	peer_kill(&peer);
	DIR *all = opendir(moved);
	for (struct dirent *entry; all && (entry = readdir(all));) {
		snprintf(path, sizeof path, "%s/%s", moved, entry->d_name);
		unlink(path);
	}
	if (all)
		closedir(all);
	rmdir(moved);
}

/* Standard output may be shared with a program that has made it not to block: a client that reads
 * slowly is one all the same. */
void test_slow_reader(void)
{
	begin_anew(20);
	deliver(mbox, NULL);
	start_with(mbox, 0, true);
	struct pollfd in = {.fd = peer.in};
	check(!poll(&in, 1, 300), "a full pipe is not the end", 0);
	const char *text = peer_command(&peer, "x SELECT INBOX\r\n");
	check(strstr(text, "\r\nx OK") != NULL, "a pipe that was full", 0);
	peer_kill(&peer);
}
