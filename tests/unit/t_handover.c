/* SPDX-License-Identifier: MIT */
/*
 * The Maildir server replaces itself while clients are connected: one in IDLE, one with a mailbox
 * selected and half a command sent, one that is not logged in.  None of them notices, and all go
 * on: the first two hear of what is delivered afterwards.  Also when the program cannot be started
 * again.
 */
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
static const char *hear(int fd, const char *end)
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

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static int client(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	hear(fd, "* OK");
	hear(fd, "\r\n");
	return fd;
}

static int selected(void)
{
	int fd = client();

	say(fd, "a LOGIN fred x\r\nb SELECT INBOX\r\n");
	hear(fd, "b OK");
	hear(fd, "\r\n");
	return fd;
}

/* ---- the server ---------------------------------------------------------------------------- */

static void copy_program(void)
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

static void start(void)
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

static void remove_all(void)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	assert_int_equal(system(command), 0);
}

static int teardown(void **state)
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

static void deliver(const char *name)
{
	static const char text[] = "Subject: x\n\nHello\n";
	char from[600], to[600];
	int fd;

	snprintf(from, sizeof(from), "%s/fred/tmp/%s", top, name);
	snprintf(to, sizeof(to), "%s/fred/new/%s", top, name);
	fd = open(from, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(rename(from, to), 0);
}

static void exchange(const char *log)
{
	assert_int_equal(kill(server, SIGUSR2), 0);
	hear(server_log, log);
	hear(server_log, "\n");
}

/* ---- tests --------------------------------------------------------------------------------- */

/* Twice, so that what was taken over can be handed over. */
static void t_handover(void **state)
{
	int idle, half, stranger, late;

	(void)state;
	start();
	idle = selected();
	say(idle, "c IDLE\r\n");
	hear(idle, "+ ");
	hear(idle, "\r\n");
	half = selected();
	say(half, "c NO");
	stranger = client();
	for (int i = 0; i < 2; i++) {
		char name[40], exists[40];

		/* The half line has arrived when something behind it was answered. */
		late = client();
		close(late);
		exchange("took over ");
		snprintf(name, sizeof(name), "1.%d.handover", i);
		snprintf(exists, sizeof(exists), "* %d EXISTS\r\n", i + 1);
		deliver(name);
		hear(idle, exists);
		say(half, "OP\r\n");
		assert_non_null(strstr(hear(half, "c OK"), exists));
		hear(half, "\r\n");
		say(half, "c NO");
	}
	say(half, "OP\r\nd FETCH 1:* (UID)\r\n");
	hear(half, "* 2 FETCH (UID 2)\r\nd OK");
	say(idle, "DONE\r\n");
	hear(idle, "c OK");
	say(stranger, "a LOGIN fred x\r\n");
	hear(stranger, "a OK");
	late = client();
	say(late, "a LOGIN fred x\r\n");
	hear(late, "a OK");
	close(idle);
	close(half);
	close(stranger);
	close(late);
	kill(server, SIGTERM);
	assert_int_equal(waitpid(server, NULL, 0), server);
	server = 0;
}

static void t_cannot_start(void **state)
{
	int idle;

	(void)state;
	start();
	idle = selected();
	say(idle, "c IDLE\r\n");
	hear(idle, "+ ");
	hear(idle, "\r\n");
	assert_int_equal(unlink(program), 0);
	exchange("took over 1 connections");
	deliver("1.one.handover");
	hear(idle, "* 1 EXISTS\r\n");
	close(idle);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(t_handover, teardown),
		cmocka_unit_test_teardown(t_cannot_start, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
