/* SPDX-License-Identifier: MIT */
/* maildir/handover - connections that are to go to another process, and cannot. */
#include "maildir/tests.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 80 }; /* more than are accepted at a time */

static int connect_to(const struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_port = htons((uint16_t)server->port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
		fail("connect: %s", strerror(errno));
	return fd;
}

/*
 * There is no room for the file with which the next process would go on, so this one does.  A connection
 * that has said all, and waits for its client to close it, is not closed before; its descriptor would be
 * given to one that comes then, and closed once more.
 */
void test_handover_full(struct play *play)
{
	static struct conn last;
	static char line[LINE_MAX_OCTETS];
	struct server server;
	int fds[MANY], status, first;

	server_start(&server, play, 400);
	conn_open(&last, &server);
	first = last.fd;
	conn_say(&last, "LOGOUT");
	while (conn_hear(&last, line))
		;
	/* All that follows is there when it looks. */
	kill(server.pid, SIGSTOP);
	if (waitpid(server.pid, &status, WUNTRACED) != server.pid || !WIFSTOPPED(status))
		fail("the server does not stop");
	for (int i = 0; i < MANY; i++)
		fds[i] = connect_to(&server);
	kill(server.pid, SIGUSR2);
	kill(server.pid, SIGCONT);
	for (int i = 0; i < MANY; i++) {
		last.fd = fds[i];
		last.len = 0;
		if (!conn_hear(&last, line))
			fail("connection %d has no greeting", i);
		conn_say(&last, "NOOP");
		conn_ok(&last, NULL, NULL);
		conn_close(&last);
	}
	close(first);
	server_stop(&server);
}
