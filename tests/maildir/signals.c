/* SPDX-License-Identifier: MIT */
/* maildir/signals - what a server is asked by signals, whatever it is doing then. */
#include "maildir/tests.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The terminal has gone: clients are told, but not if the server was begun to outlive it. */
void test_hangup(struct play *play)
{
	static struct conn conn;
	struct server server;
	void (*was)(int) = signal(SIGHUP, SIG_DFL);

	server_start(&server, play, 0);
	conn_open(&conn, &server);
	kill(server.pid, SIGHUP);
	conn_await(&conn, "* BYE");
	conn_close(&conn);
	server_stop(&server);
	signal(SIGHUP, SIG_IGN);
	server_start(&server, play, 0);
	signal(SIGHUP, was);
	conn_open(&conn, &server);
	kill(server.pid, SIGHUP);
	expect(conn_do(&conn, "NOOP"), "OK");
	conn_close(&conn);
	server_stop(&server);
}

/* Some time in which it would have ended. */
static void goes_on(const struct conn *conn)
{
	struct pollfd end = {.fd = conn->fd};

	if (poll(&end, 1, 300))
		fail("a client that does not read is not the end");
}

/* A server that has no more room to write into; `conn` is the other end. */
static void start_blocked(struct play *play, struct server *server, struct conn *conn)
{
	static char dots[4096];
	int ends[2];

	memset(dots, '.', sizeof dots);
	dots[sizeof dots - 1] = '\n';
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ||
	    fcntl(ends[0], F_SETFD, FD_CLOEXEC) || fcntl(ends[1], F_SETFL, O_NONBLOCK))
		fail("socketpair: %s", strerror(errno));
	while (write(ends[1], dots, sizeof dots) > 0)
		;
	*conn = (struct conn){.fd = ends[0]};
	play->options[0] = "--stdio";
	play->options[1] = "joe";
	server_start_on(server, play, ends[1]);
	/* Meanwhile it comes to where it waits. */
	goes_on(conn);
}

/* It waits for room in what it was given, and that may be shared with a program that has made it not
 * to block: a signal does not end the client that reads slowly, and one that is to end it does. */
void test_standard(struct play *play)
{
	static struct conn conn;
	struct server server;

	start_blocked(play, &server, &conn);
	kill(server.pid, SIGUSR2);
	goes_on(&conn);
	conn_await(&conn, "* PREAUTH");
	expect(conn_do(&conn, "NOOP"), "OK");
	struct pollfd log = {.fd = server.log, .events = POLLIN};
	while (!server_says(&server, "took over 1 connections"))
		if (poll(&log, 1, 20000) <= 0)
			fail("nothing is handed over");
	expect(conn_do(&conn, "NOOP"), "OK");
	server_stop(&server);
	conn_await(&conn, "* BYE");
	conn_close(&conn);
	start_blocked(play, &server, &conn);
	server_stop(&server);
	conn_close(&conn);
}
