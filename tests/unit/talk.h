/* SPDX-License-Identifier: MIT */
/*
 * unit/talk - sessions over the test host, which is described by "host:" lines as in a script
 * (tests/script/FORMAT): for tests that compare what many hosts or sessions say.
 */
#ifndef TEST_UNIT_TALK_H
#define TEST_UNIT_TALK_H

#include "script/host.h"
#include "unit/row.h"

struct talk {
	struct tx_log log;
	struct sc *lines;
	struct sh host;
	struct ta alloc;
	struct td td;
};

/* Makes the host. */
static inline void talk_open(struct talk *t, const char *lines)
{
	static const struct td_options plain;

	memset(t, 0, sizeof(*t));
	t->lines = sc_parse("host", lines, strlen(lines));
	if (t->lines->error[0])
		fail_msg("%s", t->lines->error);
	sh_setup(&t->host, t->lines, &t->log);
	ta_init(&t->alloc, &t->log);
	t->host.td = &t->td;
	if (td_start(&t->td, &t->log, t->host.ts, &t->alloc, &plain, &t->host.config))
		fail_msg("no engine can be made of:\n%s", lines);
}

/* Connects session i. */
static inline void talk_connect(struct talk *t, int i)
{
	if (!sh_connect(&t->host, i, NULL))
		fail_msg("%s", t->log.first);
}

/* Sends octets and gives what came of it: until the next call, NUL behind it. */
static inline const char *talk_say(struct talk *t, int i, const char *octets)
{
	struct tx *output = &t->td.sessions[i].output;
	size_t before = output->len;

	td_feed(&t->td, i, octets, strlen(octets));
	return output->data ? output->data + before : "";
}

/* Nothing may have been amiss. */
static inline void talk_close(struct talk *t)
{
	td_finish(&t->td);
	ts_free(t->host.ts);
	sc_free(t->lines);
	if (t->log.count)
		fail_msg("%s", t->log.first);
}

#endif
