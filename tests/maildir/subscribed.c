/* SPDX-License-Identifier: MIT */
/*
 * maildir/subscribed - a client subscribes to any names, but not to any number of them.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 10000 };

void test_subscribed_full(struct play *play)
{
	static char list[MOST * 8];
	static struct conn c;
	struct server server;

	for (int i = 0, len = 0; i < MOST; i++)
		len += snprintf(list + len, sizeof list - (size_t)len, "a%d\n", i);
	file_write(play, "subscriptions", list);
	server_start(&server, play, 0);
	conn_open(&c, &server);
	expect(conn_do(&c, "SUBSCRIBE one-more"), "NO [LIMIT]");
	expect(conn_do(&c, "SUBSCRIBE a1"), "OK");
	expect(conn_do(&c, "UNSUBSCRIBE a1"), "OK");
	expect(conn_do(&c, "SUBSCRIBE one-more"), "OK");
	expect(conn_do(&c, "SUBSCRIBE a1"), "NO [LIMIT]");
	expect(conn_do(&c, "LIST (SUBSCRIBED) \"\" one-more"), "one-more");
	conn_close(&c);
	server_stop(&server);
}
