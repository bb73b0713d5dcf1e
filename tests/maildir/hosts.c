/* SPDX-License-Identifier: MIT */
/* maildir/hosts - one host has not all connections. */
#include "maildir/tests.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* From 127.0.0.`host`; false: this system has no such address. */
static bool connect_from(struct conn *conn, const struct server *server, uint32_t host)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	*conn = (struct conn){.fd = socket(AF_INET, SOCK_STREAM, 0)};
	address.sin_addr.s_addr = htonl(0x7f000000 + host);
	if (bind(conn->fd, (struct sockaddr *)&address, sizeof address)) {
		conn_close(conn);
		return false;
	}
	address.sin_port = htons((uint16_t)server->port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(conn->fd, (struct sockaddr *)&address, sizeof address))
		fail("connect: %s", strerror(errno));
	return true;
}

static void greeting(struct conn *conn, const struct server *server, uint32_t host,
                     const char *expected)
{
	static char line[LINE_MAX_OCTETS];

	if (!connect_from(conn, server, host))
		return;
	if (!conn_hear(conn, line))
		fail("no greeting");
	expect(line, expected);
}

/* As soon as the server has seen that another has gone. */
static void greeting_at_last(struct conn *conn, const struct server *server)
{
	static char line[LINE_MAX_OCTETS];

	for (int i = 0; i < 10000; i++) {
		connect_from(conn, server, 1);
		if (!conn_hear(conn, line))
			fail("no greeting");
		if (strstr(line, "* OK"))
			return;
		conn_close(conn);
	}
	fail("who has gone is not forgotten: %s", line);
}

void test_per_host(struct play *play)
{
	static struct conn a, b, c;
	struct server server;

	play->options[0] = "--per-host";
	play->options[1] = "x";
	server_refuses(play);
	play->options[1] = "2";
	server_start(&server, play, 0);
	greeting(&a, &server, 1, "* OK");
	greeting(&b, &server, 1, "* OK");
	greeting(&c, &server, 1, "* BYE [UNAVAILABLE]");
	conn_close(&c);
	greeting(&c, &server, 2, "* OK");
	conn_close(&c);
	kill(server.pid, SIGUSR2);
	struct pollfd log = {.fd = server.log, .events = POLLIN};
	while (!server_says(&server, "took over"))
		if (poll(&log, 1, 20000) <= 0)
			fail("nothing is handed over");
	greeting(&c, &server, 1, "* BYE [UNAVAILABLE]");
	conn_close(&c);
	conn_close(&a);
	greeting_at_last(&c, &server);
	conn_close(&b);
	conn_close(&c);
	server_stop(&server);
	play->options[1] = "0";
	server_start(&server, play, 0);
	greeting(&a, &server, 1, "* OK");
	conn_close(&a);
	server_stop(&server);
}
