/* SPDX-License-Identifier: MIT */
/*
 * notify: random histories of an account, followed by a client that never asks.
 *
 *	notify [--seed N] [--histories N] [-v]
 *
 * One session says by NOTIFY that it wants to hear of everything, and changes names itself, sometimes
 * before it has heard what became of them; two others, and changes from outside, deliver, flag,
 * expunge, create, delete, rename and subscribe, ops being answered in any order and at any time and
 * output drained or not.  Whenever all is at rest the follower must know what a client that asks
 * would be told: which mailboxes there are, which of them are subscribed, their UIDVALIDITY, UIDNEXT,
 * how many messages they have, with QRESYNC their HIGHESTMODSEQ, and of the selected one every message
 * and flag.  Where it was told NOTIFICATIONOVERFLOW, it begins anew.
 * In some histories events come by way of a hub, of any size, and some time after they happened.
 *
 * Each history follows from its seed; --seed runs one, -v shows what was said in it.
 */
#include "host/histories.h"
#include "sim/notify/notify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void say(struct sim *s, int slot, const char *format, ...)
{
	struct tx line = {0};
	char text[500];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!s->td.sessions[slot].session)
		return;
	if (strcmp(text, "DONE") != 0)
		tx_fmt(&line, "t%u ", ++s->tag);
	tx_str(&line, text);
	if (s->verbose)
		printf("C%d: %s\n", slot + 1, line.data);
	tx_str(&line, "\r\n");
	td_feed(&s->td, slot, line.data, line.len);
	tx_free(&line);
}

/* All is done that can be done; what a hub keeps comes too. */
static void settle(struct sim *s)
{
	do
		td_settle(&s->td, -1);
	while (ts_hub_pump(s->ts));
}

static void come_to_rest(struct sim *s)
{
	s->ts->hold = false;
	for (int i = 0; i < SLOTS; i++)
		s->td.sessions[i].stalled = false;
	settle(s);
	follower_check(s);
	if (s->log.count)
		return;
	if (s->lost) {
		if (s->idling)
			follower_act(s);
		follower_ask(s);
	}
	/* What it does not know yet it asks for; then it knows. */
	for (int i = 0; i < 3; i++)
		follower_act(s);
	settle(s);
	follower_check(s);
}

static void step(struct sim *s)
{
	uint32_t what = below(s, 100);
	int slot = OTHERS + (int)below(s, SLOTS - OTHERS);

	if (what < 40) {
		world_change(s);
	} else if (what < 60) {
		if (td_at_rest(&s->td, slot))
			world_command(s, slot);
	} else if (what < 70) {
		follower_act(s);
	} else if (what < 75) {
		ts_hub_pump(s->ts);
		td_settle(&s->td, -1);
	} else if (what < 82) {
		s->ts->hold = !s->ts->hold;
		td_settle(&s->td, -1);
	} else if (what < 83) {
		(void)td_exchange_asked(&s->td, (int)below(s, SLOTS), false);
		td_settle(&s->td, -1);
	} else if (what < 88) {
		s->td.sessions[FOLLOWER].stalled = !s->td.sessions[FOLLOWER].stalled;
		td_settle(&s->td, -1);
	} else {
		come_to_rest(s);
	}
}

static void one_history(struct sim *s)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct td_options how = {0};
	struct ts_user *fred;

	s->ts = ts_new(&s->log);
	s->ts->modseqs = true;
	s->ts->options.mode = (enum ts_mode)below(s, 3);
	s->ts->options.events_after = below(s, 2);
	s->ts->options.generous = below(s, 4) == 0;
	if (below(s, 4) == 0)
		s->ts->absent |= TS_NO_STATUS;
	if (below(s, 4) == 0)
		s->ts->absent |= TS_NO_CHANGED;
	tx_seed(&s->ts->random, below(s, UINT32_MAX));
	if (!(s->ts->absent & TS_NO_CHANGED) && below(s, 2))
		ts_hub_start(s->ts, below(s, 3) ? 4 + below(s, 4) : 0, below(s, 3) ? 1 + below(s, 3) : 0);
	fred = ts_add_user(s->ts, "fred", "secret");
	ts_add_mailbox(s->ts, fred, "Work");
	ts_add_mailbox(s->ts, fred, "Elsewhere");
	ts_subscribe(fred, "Work", true);
	how.seed = below(s, UINT32_MAX);
	how.shuffle = below(s, 2);
	how.random_pieces = below(s, 4) == 0;
	how.random_drain = below(s, 3) == 0;
	how.lazy_drain = below(s, 4) == 0;
	how.exchange = below(s, 4) == 0;
	limits.batch = below(s, 3) ? 1 + below(s, 4) : 0;
	limits.notify_pending = below(s, 4) ? 0 : 1 + below(s, 5);
	config.limits = &limits;
	ta_init(&s->alloc, &s->log);
	s->session = (struct imapsrv_session_config)IMAPSRV_SESSION_CONFIG_INIT;
	s->session.secure = 1;
	if (td_start(&s->td, &s->log, s->ts, &s->alloc, &how, &config))
		abort();
	s->all = below(s, 2);
	s->qresync = below(s, 2);
	s->condstore = below(s, 2);
	follower_connect(s);
	follower_ask(s);
	for (int i = OTHERS; i < SLOTS; i++) {
		td_connect(&s->td, i, &s->session, "fred");
		td_settle(&s->td, i);
	}
	for (uint32_t n = 10 + below(s, 60); n > 0 && !s->log.count; n--)
		step(s);
	if (!s->log.count)
		come_to_rest(s);
	td_finish(&s->td);
	follower_free(s);
	ts_free(s->ts);
}

static const struct tx_log *play(uint64_t seed, bool verbose)
{
	static struct sim s;

	memset(&s, 0, sizeof(s));
	s.verbose = verbose;
	tx_seed(&s.random, seed);
	one_history(&s);
	return &s.log;
}

int main(int argc, char **argv)
{
	static const struct histories notify = {"notify", play, NULL};

	return histories_run(&notify, argc, argv);
}
