/* SPDX-License-Identifier: MIT */
/*
 * resync: random histories of a mailbox, seen by several clients at once.
 *
 *	resync [--seed N] [--histories N] [-v]
 *
 * In a history one to four sessions - plain, with CONDSTORE, with QRESYNC, IMAP4rev2 - and changes
 * from outside work on three mailboxes of a store in memory, its ops answered in any order and at
 * any time, octets cut and drained at random.  Mailboxes are renamed and made anew.  In half of the
 * histories the modification sequences come from ledgers: then other programs change messages and
 * tell nobody, and the process ends and begins anew, with the ledgers cut and damaged as a crash
 * does it.  host/client follows each session and complains of every response that contradicts what
 * was told before.  On top of that:
 *
 *   - when nothing is pending and NOOP was answered, the client's picture is the store's;
 *   - then UIDBATCHES divides it exactly;
 *   - every change up to HIGHESTMODSEQ, or to the highest MODSEQ of a command that tells none, has
 *     been told;
 *   - a client whose connection was lost at any moment comes back to the store's state from what
 *     it had cached, by SELECT with QRESYNC and by FETCH with CHANGEDSINCE and a SEARCH, as it does
 *     by fetching everything.
 *
 * Each history follows from its seed; --seed runs one, -v shows what was said in it.
 */
#include "host/histories.h"
#include "sim/resync/resync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const boxes[BOXES] = {"INBOX", "Work", "Old"};

/* Everything that waits is done; then pictures are compared, and who was away comes back. */
static void come_to_rest(struct sim *s)
{
	s->ts->hold = false;
	for (int i = 0; i < s->count; i++)
		s->td.sessions[i].stalled = false;
	td_settle(&s->td, -1);
	for (int i = 0; i < s->count; i++)
		if (s->clients[i].idling) {
			s->clients[i].idling = false;
			say(&s->clients[i], "DONE");
		}
	for (int i = 0; i < s->count && !s->log.count; i++) {
		struct client *c = &s->clients[i];

		if (!s->td.sessions[i].session) {
			come_back(s, i);
			continue;
		}
		if (!td_at_rest(&s->td, i)) {
			tx_complain(&s->log, "session %d does not come to rest", i + 1);
			return;
		}
		td_compare(&s->td, i);
		if (below(s, 2))
			fetch_all(c);
		if (s->td.sessions[i].client.selected && below(s, 2))
			ask_batches(c);
	}
}

static void step(struct sim *s)
{
	int i = (int)below(s, (uint32_t)s->count);
	struct td_session *session = &s->td.sessions[i];
	uint32_t what = below(s, 100);

	if (what < 45) {
		/* As a rule a client waits for the answer. */
		if (session->session &&
		    (s->clients[i].idling || td_at_rest(&s->td, i) || below(s, 4) == 0))
			command(s, &s->clients[i]);
	} else if (what < 70) {
		outside(s);
	} else if (what < 78) {
		s->ts->hold = !s->ts->hold;
		td_settle(&s->td, -1);
	} else if (what < 86) { /* one op, while others wait */
		if (session->session && ts_pending(session->link)) {
			bool hold = s->ts->hold;

			s->ts->hold = false;
			ts_answer(session->link);
			s->ts->hold = hold;
			imapsrv_session_run(session->session);
			td_settle(&s->td, i);
		}
	} else if (what < 89) {
		if (session->session)
			session->stalled = !session->stalled;
		td_settle(&s->td, -1);
	} else if (what < 93) {
		if (session->session)
			lose(s, i);
	} else if (what < 95 && s->ledgers) {
		books_restart(s);
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
	s->ts->keeps = below(s, 2);
	s->ts->options.mode = (enum ts_mode)below(s, 3);
	s->ts->options.events_after = below(s, 2);
	s->ts->options.generous = below(s, 4) == 0;
	s->ts->options.set_piece = below(s, 3);
	tx_seed(&s->ts->random, below(s, UINT32_MAX));
	if (below(s, 6) == 0)
		s->ts->absent |= TS_NO_VANISHED;
	if (below(s, 6) == 0)
		s->ts->absent |= TS_NO_MOVE;
	s->ledgers = below(s, 2);
	fred = ts_add_user(s->ts, "fred", "secret");
	if (s->ledgers)
		books_keep(s, ts_find(s->ts, fred, boxes[0]), NULL);
	for (int i = 1; i < BOXES; i++)
		make_box(s, fred, boxes[i]);
	for (uint32_t n = below(s, 12); n > 0; n--)
		deliver(s, ts_find(s->ts, fred, boxes[0]), true);
	how.seed = below(s, UINT32_MAX);
	how.shuffle = below(s, 2);
	how.random_pieces = below(s, 4) == 0;
	how.random_drain = below(s, 3) == 0;
	how.lazy_drain = below(s, 4) == 0;
	limits.batch = below(s, 3) ? 1 + below(s, 4) : 0;
	limits.set_ranges = below(s, 8) ? 0 : 16;
	limits.uidbatch = 1;
	config.limits = &limits;
	ta_init(&s->alloc, &s->log);
	s->session = (struct imapsrv_session_config)IMAPSRV_SESSION_CONFIG_INIT;
	s->session.secure = 1;
	if (td_start(&s->td, &s->log, s->ts, &s->alloc, &how, &config))
		abort();
	s->count = 1 + (int)below(s, CLIENTS);
	for (int i = 0; i < s->count; i++) {
		connect_as(s, i, (enum kind)below(s, KINDS));
		select_box(&s->clients[i], boxes[0], "");
		if (below(s, 4))
			fetch_all(&s->clients[i]);
	}
	for (uint32_t n = 10 + below(s, 50); n > 0 && !s->log.count; n--)
		step(s);
	if (!s->log.count)
		come_to_rest(s);
	for (int i = 0; i < s->count && !s->log.count; i++)
		lose(s, i);
	if (!s->log.count)
		come_to_rest(s);
	td_finish(&s->td);
	for (int i = 0; i < TD_SESSIONS; i++) {
		cache_clear(&s->clients[i].cache);
		cache_clear(&s->clients[i].live);
		ts_set_clear(&s->clients[i].found);
	}
	ts_free(s->ts);
	books_free(s);
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
	static const struct histories resync = {"resync", play, NULL};

	return histories_run(&resync, argc, argv);
}
