/* SPDX-License-Identifier: MIT */
/* maildir/ids - identifiers of mailboxes, messages and conversations (RFC 8474) stay what they are. */
#include "maildir/tests.h"

#include <stdio.h>
#include <string.h>

static struct server server;
static struct conn c;

/* What stands in parentheses behind a word. */
static const char *id_behind(const char *text, const char *word, char id[256])
{
	const char *at = strstr(text, word);
	size_t len = at ? strcspn(at + strlen(word), ") ") : 0;

	if (!len || len > 255)
		fail("no %s in: %s", word, text);
	memcpy(id, at + strlen(word), len);
	id[len] = '\0';
	return id;
}

static void same(const char *a, const char *b)
{
	if (strcmp(a, b) != 0)
		fail("one is %s, the other %s", a, b);
}

static void differ(const char *a, const char *b)
{
	if (!strcmp(a, b))
		fail("both are %s", a);
}

static void emailid(unsigned uid, char id[256])
{
	id_behind(conn_do(&c, "UID FETCH %u (EMAILID)", uid), "EMAILID (", id);
}

static void threadid(unsigned uid, char id[256])
{
	id_behind(conn_do(&c, "UID FETCH %u (THREADID)", uid), "THREADID (", id);
}

static void append(const char *header)
{
	expect(conn_do(&c, "APPEND INBOX {%zu+}\r\n%s\r\nx\r\n", strlen(header) + 5, header), "OK");
}

void test_ids(struct play *play)
{
	char box[256], other[256], id[256], copy[256], again[256];

	file_deliver(play, "1.a", "S");
	server_start(&server, play, 0);
	conn_open(&c, &server);
	expect(conn_do(&c, "CAPABILITY"), " OBJECTID");
	id_behind(conn_do(&c, "CREATE box"), "MAILBOXID (", box);
	same(box, id_behind(conn_do(&c, "STATUS box (MAILBOXID)"), "MAILBOXID (", other));
	differ(box, id_behind(conn_do(&c, "SELECT INBOX"), "MAILBOXID (", other));
	emailid(1, id);
	differ(id, other);
	/* A copy, and a copy of that, and what was moved, is the same message. */
	conn_do(&c, "UID COPY 1 box");
	conn_do(&c, "SELECT box");
	emailid(1, copy);
	same(id, copy);
	conn_do(&c, "UID MOVE 1 INBOX");
	conn_do(&c, "RENAME box other");
	conn_do(&c, "SELECT INBOX");
	emailid(2, copy);
	same(id, copy);
	conn_do(&c, "UID STORE 2 +FLAGS (\\Flagged kw)");
	append("Subject: another\r\n");
	emailid(3, copy);
	differ(id, copy);
	conn_close(&c);
	server_kill(&server);

	server_start(&server, play, 0);
	conn_open(&c, &server);
	same(box, id_behind(conn_do(&c, "STATUS other (MAILBOXID)"), "MAILBOXID (", again));
	same(other, id_behind(conn_do(&c, "SELECT INBOX"), "MAILBOXID (", again));
	for (unsigned uid = 1; uid <= 2; uid++) {
		emailid(uid, again);
		same(id, again);
	}
	expect(conn_do(&c, "UID SEARCH EMAILID %s", id), "* SEARCH 1 2\n");
	conn_do(&c, "DELETE other");
	differ(box, id_behind(conn_do(&c, "CREATE other"), "MAILBOXID (", again));
	conn_close(&c);
	server_stop(&server);
}

void test_threadids(struct play *play)
{
	char first[256], id[256];

	server_start(&server, play, 0);
	conn_open(&c, &server);
	conn_do(&c, "SELECT INBOX");
	append("Subject: a\r\nMessage-ID: <one@example.org>\r\n");
	append("message-id: <two@example.org>\r\nIn-Reply-To: Yours of today\r\n <one@example.org>\r\n");
	append("References: <one@example.org>\r\n\t<two@example.org>\r\nMessage-ID: <three@x>\r\n");
	append("Message-ID: <four@example.org>\r\nX-References: <one@example.org>\r\n");
	append("Subject: nothing that names it <one@example.org>\r\nMessage-ID: <\r\n");
	threadid(1, first);
	for (unsigned uid = 2; uid <= 5; uid++) {
		threadid(uid, id);
		if (uid <= 3)
			same(first, id);
		else
			differ(first, id);
	}
	expect(conn_do(&c, "UID SEARCH THREADID %s", first), "* SEARCH 1 2 3\n");
	conn_close(&c);
	server_stop(&server);
}
