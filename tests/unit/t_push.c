/* SPDX-License-Identifier: MIT */
/*
 * The Maildir server tells idling clients, on every connection, what other programs do to their
 * mailboxes; and outlives it when one takes a whole tree away.
 */
#include "unit/maildirserver.h"

static int idling(void)
{
	int fd = selected();

	say(fd, "c IDLE\r\n");
	hear(fd, "+ ");
	hear(fd, "\r\n");
	return fd;
}

static void move(const char *from, const char *to)
{
	char old[600], new[600];

	snprintf(old, sizeof(old), "%s/%s", top, from);
	snprintf(new, sizeof(new), "%s/%s", top, to);
	assert_int_equal(rename(old, new), 0);
}

static void t_push(void **state)
{
	int first, second;
	char path[600];

	(void)state;
	start();
	first = idling();
	second = idling();
	deliver("1.a.x");
	hear(first, "* 1 EXISTS\r\n");
	hear(second, "* 1 EXISTS\r\n");
	/* Selecting has moved it to cur/, or will. */
	deliver("2.b.x");
	hear(first, "* 2 EXISTS\r\n");
	hear(second, "* 2 EXISTS\r\n");
	deliver("3.c.x:2,S");
	hear(first, "* 3 EXISTS\r\n");
	hear(second, "* 3 EXISTS\r\n");
	snprintf(path, sizeof(path), "%s/fred/cur/2.b.x:2,F", top);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	snprintf(path, sizeof(path), "rm -f '%s'/fred/new/2.b.x '%s'/fred/cur/2.b.x:2,", top, top);
	assert_int_equal(system(path), 0);
	hear(first, "* 2 FETCH (UID 2 FLAGS (\\Flagged");
	hear(second, "* 2 FETCH (UID 2 FLAGS (\\Flagged");
	snprintf(path, sizeof(path), "rm -f '%s'/fred/[cn]*/2.b.x*", top);
	assert_int_equal(system(path), 0);
	hear(first, "* 2 EXPUNGE\r\n");
	hear(second, "* 2 EXPUNGE\r\n");
	close(first);
	close(second);
}

static void t_tree_goes(void **state)
{
	char command[600];
	int idle, other, back;

	(void)state;
	start();
	idle = idling();
	deliver("1.a.x");
	hear(idle, "* 1 EXISTS\r\n");
	move("fred", "gone");
	hear(idle, "* 1 EXPUNGE\r\n");
	say(idle, "DONE\r\nd NOOP\r\ne FETCH 1:* FLAGS\r\nf UNSELECT\r\n");
	hear(idle, "f OK");
	/* It is made again for who comes next, and is another one. */
	back = idling();
	deliver("2.b.x");
	hear(back, "* 1 EXISTS\r\n");
	other = client();
	say(other, "a LOGIN fred x\r\nb STATUS INBOX (MESSAGES)\r\n");
	hear(other, "* STATUS INBOX (MESSAGES 1)\r\n");
	/* The server may be writing there: rm finds a directory that is not empty any more. */
	snprintf(command, sizeof(command), "rm -rf '%s'/fred 2>&-", top);
	for (int tries = 0; system(command) != 0; tries++)
		assert_true(tries < 1000);
	hear(back, "* 1 EXPUNGE\r\n");
	say(back, "DONE\r\nd LOGOUT\r\n");
	hear(back, "d OK");
	close(back);
	close(idle);
	close(other);
}

/* Of mailboxes that nobody has open, changed by clients and by other programs. */
static void t_notify(void **state)
{
	static const char *const parts[] = {"", "/new", "/cur", "/tmp"};
	char path[600];
	int fd, other;

	(void)state;
	start();
	fd = selected();
	say(fd, "c NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (PERSONAL (MessageNew "
	        "MessageExpunge FlagChange MailboxName SubscriptionChange))\r\n");
	hear(fd, "c OK");
	hear(fd, "\r\n");
	other = client();
	say(other, "a LOGIN fred x\r\n");
	hear(other, "a OK");

	/* by a client */
	say(other, "b CREATE Foo\r\n");
	hear(fd, "* LIST (");
	hear(fd, " Foo\r\n");
	say(other, "c APPEND Foo {5+}\r\nhello\r\n");
	hear(fd, "* STATUS Foo (MESSAGES 1 UIDNEXT 2");
	say(other, "d RENAME Foo Bar\r\n");
	hear(fd, "(\"OLDNAME\" (Foo))\r\n");
	say(other, "e SUBSCRIBE Bar\r\n");
	hear(fd, "Subscribed");
	hear(fd, "\r\n");

	/* by another program */
	for (size_t i = 0; i < COUNT(parts); i++) {
		snprintf(path, sizeof(path), "%s/fred/.Lists%s", top, parts[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	hear(fd, " Lists\r\n");
	deliver_to("/.Lists", "1.l.x");
	hear(fd, "* STATUS Lists (MESSAGES 1 UIDNEXT 2");
	deliver_to("/.Bar", "1.b.x");
	hear(fd, "* STATUS Bar (MESSAGES 2 UIDNEXT 3");
	deliver("1.i.x");
	hear(fd, "* 1 EXISTS\r\n");
	move("fred/.Lists", "lists");
	hear(fd, "NonExistent");
	hear(fd, " Lists\r\n");
	/* What happens while another process takes over nobody hears (RFC 5465 5.8). */
	assert_int_equal(kill(server, SIGUSR2), 0);
	hear(fd, "* OK [NOTIFICATIONOVERFLOW]");
	say(fd, "d NOTIFY SET (PERSONAL (MessageNew MessageExpunge))\r\n");
	hear(fd, "d OK");
	deliver_to("/.Bar", "2.b.x");
	hear(fd, "* STATUS Bar (MESSAGES 3 UIDNEXT 4");
	say(fd, "e LOGOUT\r\n");
	hear(fd, "e OK");
	close(fd);
	close(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(t_push, teardown),
		cmocka_unit_test_teardown(t_tree_goes, teardown),
		cmocka_unit_test_teardown(t_notify, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
