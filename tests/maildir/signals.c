/* SPDX-License-Identifier: MIT */
/* maildir/signals - what a server is asked by signals, whatever it is doing then. */
#include "maildir/tests.h"

#include <signal.h>

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
