/* SPDX-License-Identifier: MIT */
/* Results that are followed, of a client that reads no more for now in the middle of what it is told of them. */
#include "unit/hostiling.h"

static void expunge(uint32_t uid)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_range one = {uid, uid};

	e.type = IMAPSRV_EVENT_MESSAGE_EXPUNGE;
	e.mailbox = (struct imapsrv_span){"INBOX", 5};
	e.uids = (struct imapsrv_set){&one, 1};
	assert_int_equal(imapsrv_session_post(world.s, &e), 0);
	imapsrv_session_run(world.s);
}

/* What goes in the middle of a REMOVEFROM is taken out of the result, too, before its EXPUNGE (RFC 5267 4.3.2). */
static void test_gone_meanwhile(void **state)
{
	(void)state;
	world_output = 30; /* up to the first UID, and not up to the end */
	world_begin(IN_FETCH);
	world_say("b SEARCH RETURN (UPDATE COUNT) ALL\r\n");
	world_say("c NOTIFY SET (SELECTED (MessageNew MessageExpunge))\r\n");
	assert_int_equal(said("c OK"), 1);
	world.len = 0;
	expunge(3);
	expunge(1);
	world_drain();
	assert_string_equal(world.out, "* ESEARCH (TAG \"b\") REMOVEFROM (0 3)\r\n"
	                               "* ESEARCH (TAG \"b\") REMOVEFROM (0 1)\r\n"
	                               "* 3 EXPUNGE\r\n"
	                               "* 1 EXPUNGE\r\n");
	world_end(0);
	world_output = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gone_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
