/* SPDX-License-Identifier: MIT */
/*
 * A Maildir server of one's own: a copy of the program, started on a free port with a fresh directory
 * below BUILD, its log read line by line, and clients that say lines and wait for others.
 */
#ifndef UNIT_MAILDIRSERVER_H
#define UNIT_MAILDIRSERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/row.h"

#define PATIENCE_MS 20000 /* for what has to come */

static char top[256], program[400];
static pid_t server;
static int server_log;
static unsigned short port;

/* ---- lines -------------------------------------------------------------------------------- */

/* Reads until `end` has come; what was read. */
static inline const char *hear(int fd, const char *end)
{
	static char text[8192];
	size_t len = 0;

	text[0] = '\0';
	while (!strstr(text, end)) {
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t n;

		if (poll(&p, 1, PATIENCE_MS) <= 0)
			fail_msg("waiting for '%s', there was '%s'", end, text);
		n = read(fd, text + len, 1);
		if (n <= 0)
			fail_msg("'%s' and then nothing instead of '%s'", text, end);
		len += (size_t)n;
		assert_true(len < sizeof(text) - 1);
		text[len] = '\0';
	}
	return text;
}

static inline void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static inline int client(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	hear(fd, "* OK");
	hear(fd, "\r\n");
	return fd;
}

static inline int selected(void)
{
	int fd = client();

	say(fd, "a LOGIN fred x\r\nb SELECT INBOX\r\n");
	hear(fd, "b OK");
	hear(fd, "\r\n");
	return fd;
}

/* ---- the server ---------------------------------------------------------------------------- */

static inline void copy_program(void)
{
	const char *build = getenv("BUILD");
	static char piece[65536];
	char from[300];
	ssize_t n;
	int in, out;

	snprintf(from, sizeof(from), "%s/imapsrv-maildir", build ? build : "build");
	snprintf(top, sizeof(top), "%s/handover-%ld", build ? build : "build", (long)getpid());
	snprintf(program, sizeof(program), "%s/server", top);
	assert_int_equal(mkdir(top, 0700), 0);
	in = open(from, O_RDONLY);
	out = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	if (in < 0 || out < 0)
		fail_msg("%s cannot be copied: %s", from, strerror(errno));
	while ((n = read(in, piece, sizeof(piece))) > 0)
		assert_int_equal(write(out, piece, (size_t)n), n);
	close(in);
	close(out);
}

static inline void start(void)
{
	const char *line;
	int ends[2];

	copy_program();
	assert_int_equal(pipe(ends), 0);
	server = fork();
	if (server == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(program, program, "--root", top, "--listen", "127.0.0.1:0", "--user", "fred:x",
		      "--auth-delay=0", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	server_log = ends[0];
	hear(server_log, "listening on ");
	line = hear(server_log, "\n");
	port = (unsigned short)strtoul(strrchr(line, ':') + 1, NULL, 10);
	assert_true(port > 0);
}

static inline void remove_all(void)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	assert_int_equal(system(command), 0);
}

static inline int teardown(void **state)
{
	(void)state;
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	server = 0;
	close(server_log);
	remove_all();
	return 0;
}

/* Puts a message into new/ as another program does; `box` is the directory: "", or "/.Name". */
static inline void deliver_to(const char *box, const char *name)
{
	static const char text[] = "Subject: x\n\nHello\n";
	char from[600], to[600];
	int fd;

	snprintf(from, sizeof(from), "%s/fred%s/tmp/%s", top, box, name);
	snprintf(to, sizeof(to), "%s/fred%s/new/%s", top, box, name);
	fd = open(from, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(rename(from, to), 0);
}

static inline void deliver(const char *name)
{
	deliver_to("", name);
}

#endif
