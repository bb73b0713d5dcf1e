/* SPDX-License-Identifier: MIT */
/* maildir/saved - when a message was saved in its mailbox, as the name of its file says; and its age. */
#include "maildir/tests.h"

void test_saved(struct play *play)
{
	struct server server;
	static struct conn c;

	file_deliver(play, "1000000000.M1P2.host", "S");
	server_start(&server, play, 0);
	conn_open(&c, &server);
	expect(conn_do(&c, "CAPABILITY"), " SAVEDATE");
	conn_do(&c, "SELECT INBOX");
	expect(conn_do(&c, "FETCH 1 (SAVEDATE)"), "(SAVEDATE \" 9-Sep-2001 01:46:40 +0000\")");
	expect(conn_do(&c, "SEARCH SAVEDON 9-Sep-2001"), "* SEARCH 1\n");
	/* A copy is saved now. */
	conn_do(&c, "COPY 1 INBOX");
	conn_do(&c, "NOOP");
	expect(conn_do(&c, "SEARCH SAVEDBEFORE 10-Sep-2001"), "* SEARCH 1\n");
	expect(conn_do(&c, "SEARCH SAVEDSINCE 1-Jan-2020"), "* SEARCH 2\n");
	expect(conn_do(&c, "SEARCH SAVEDATESUPPORTED"), "* SEARCH 1 2\n");
	/* INTERNALDATE is that of the file, which was made just now. */
	expect(conn_do(&c, "SEARCH YOUNGER 86400"), "* SEARCH 1 2\n");
	expect(conn_do(&c, "SEARCH OLDER 86400"), "* SEARCH\n");
	/* Another program's name does not tell it. */
	file_deliver(play, "odd", "");
	conn_do(&c, "NOOP");
	expect(conn_do(&c, "SEARCH SAVEDSINCE 1-Jan-2020"), "* SEARCH 2 3\n");
	conn_close(&c);
	server_stop(&server);
}
