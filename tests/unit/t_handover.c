/* SPDX-License-Identifier: MIT */
/*
 * The Maildir server replaces itself while clients are connected: one in IDLE, one with a mailbox
 * selected and half a command sent, one that is not logged in.  None of them notices, and all go
 * on: the first two hear of what is delivered afterwards.  Also when the program cannot be started
 * again.
 */
#include "unit/maildirserver.h"

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
