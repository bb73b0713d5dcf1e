/* SPDX-License-Identifier: MIT */
/*
 * resync/books - mailboxes whose changes are numbered by an imapsrv_ledger, and what happens to such
 * a store: others change messages and tell nobody, the process ends in order, or in the middle of
 * writing, or of compacting, what was not yet durable is lost in part, an octet is damaged.  What
 * the ledger promised is held against what it said before.
 */
#include "sim/resync/resync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	char *data;
	size_t len;
	size_t durable; /* so many of them outlive a crash */
};

struct book {
	struct book *next;
	struct sim *sim;
	struct ts_mailbox *m;
	struct ts_books books;
	struct imapsrv_ledger *ledger;
	struct slot slots[2];
	size_t budget;   /* octets that can still be written; then the process is gone */
	bool dead;       /* it is */
	struct ts_set added, changed, vanished; /* found by a comparison */
};

/* ---- where it is kept ---------------------------------------------------------------------- */

static int slot_read(void *user, unsigned slot, uint64_t offset, void *to, size_t len, size_t *got_r)
{
	const struct slot *k = &((struct book *)user)->slots[slot];

	*got_r = 0;
	if (offset >= k->len)
		return 0;
	*got_r = k->len - (size_t)offset < len ? k->len - (size_t)offset : len;
	memcpy(to, k->data + offset, *got_r);
	return 0;
}

static int slot_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	struct book *b = user;
	struct slot *k = &b->slots[slot];
	size_t n = len < b->budget ? len : b->budget;

	if (b->dead)
		return -1;
	k->data = tx_realloc(k->data, k->len + n + 1);
	if (n)
		memcpy(k->data + k->len, data, n);
	k->len += n;
	if (b->budget != SIZE_MAX)
		b->budget -= n;
	b->dead = n < len;
	if (durable && !b->dead)
		k->durable = k->len;
	return b->dead ? -1 : 0;
}

static int slot_cut(void *user, unsigned slot, uint64_t length)
{
	struct book *b = user;

	if (b->dead)
		return -1;
	b->slots[slot].len = b->slots[slot].durable = (size_t)length;
	return 0;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static uint64_t fingerprint(const struct book *b, const struct ts_message *message)
{
	return td_flags(b->m, message) & ~(UINT64_C(1) << 63);
}

/* The number of a change; a process that dies while it is written shows it to nobody. */
static uint64_t number(const struct book *b, int rc, uint64_t modseq)
{
	if (!rc)
		return modseq;
	if (!b->dead)
		tx_complain(&b->sim->log, "the ledger of %s: %s", b->m->name, imapsrv_strerror(rc));
	return b->m->modseq;
}

/* Its flags may still change before anyone is told. */
static uint64_t book_added(void *user, uint32_t uid)
{
	struct book *b = user;
	struct imapsrv_ledger_row row = {uid, IMAPSRV_LEDGER_UNKNOWN, 0};
	uint64_t modseq = 0;
	int rc = imapsrv_ledger_add(b->ledger, &row, 1, &modseq);

	return number(b, rc, modseq);
}

static uint64_t book_changed(void *user, struct imapsrv_set uids)
{
	struct book *b = user;
	struct imapsrv_ledger_row *rows = tx_alloc((b->m->count + 1) * sizeof(*rows));
	uint64_t modseq = 0;
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < b->m->count; i++)
		if (ts_set_has(uids, b->m->messages[i].uid))
			rows[count++] = (struct imapsrv_ledger_row){
				b->m->messages[i].uid, fingerprint(b, &b->m->messages[i]), 0};
	if (below(b->sim, 4))
		rc = imapsrv_ledger_touch(b->ledger, rows, count, &modseq);
	else
		rc = imapsrv_ledger_touch_set(b->ledger, uids, &modseq);
	free(rows);
	return number(b, rc, modseq);
}

static uint64_t book_removed(void *user, struct imapsrv_set uids)
{
	struct book *b = user;
	uint64_t modseq = 0;
	int rc = imapsrv_ledger_vanish(b->ledger, uids, &modseq);

	return number(b, rc, modseq);
}

static void add_all(struct ts_set *to, struct imapsrv_set set)
{
	for (size_t i = 0; i < set.count; i++)
		for (uint32_t uid = set.ranges[i].first; uid <= set.ranges[i].last; uid++)
			ts_set_add(to, uid);
}

static bool book_vanished(void *user, uint64_t since, struct ts_set *uids_r)
{
	struct book *b = user;
	struct imapsrv_ledger_vanished v = IMAPSRV_LEDGER_VANISHED_INIT;

	if (imapsrv_ledger_vanished_since(b->ledger, since, &v)) {
		tx_complain(&b->sim->log, "the ledger of %s does not say what vanished", b->m->name);
		return false;
	}
	if (v.complete)
		add_all(uids_r, v.uids);
	return v.complete;
}

/* What happens behind the ledger's back has no number yet. */
static uint64_t silent_added(void *user, uint32_t uid)
{
	(void)uid;
	return ((struct book *)user)->m->modseq;
}

static uint64_t silent_set(void *user, struct imapsrv_set uids)
{
	(void)uids;
	return ((struct book *)user)->m->modseq;
}

static void change_silently(struct book *b, uint32_t changes)
{
	const struct ts_books silent = {b, silent_added, silent_set, silent_set, book_vanished};
	struct ts_mailbox *m = b->m;

	m->books = &silent;
	for (; changes; changes--)
		change(b->sim, m, false);
	m->books = &b->books;
	for (size_t i = 0; i < m->count; i++)
		m->messages[i].modseq = imapsrv_ledger_modseq(b->ledger, m->messages[i].uid);
}

/* ---- comparing ----------------------------------------------------------------------------- */

static void found(void *user, const struct imapsrv_ledger_diff *diff)
{
	struct book *b = user;
	const struct ts_mailbox *m = b->m;

	add_all(&b->added, diff->added);
	add_all(&b->changed, diff->changed);
	add_all(&b->vanished, diff->vanished);
	for (size_t i = 0; i < m->grave_count; i++)
		if (ts_set_has(diff->vanished, m->graves[i].uid))
			m->graves[i].modseq = diff->modseq;
}

static void clear_found(struct book *b)
{
	ts_set_clear(&b->added);
	ts_set_clear(&b->changed);
	ts_set_clear(&b->vanished);
}

/* All messages, as they are now.  False: the process died of it. */
static bool compare(struct book *b)
{
	struct ts_mailbox *m = b->m;
	int rc = imapsrv_ledger_snapshot_begin(b->ledger, found, b);

	clear_found(b);
	for (size_t i = 0; i < m->count && !rc; i++)
		rc = imapsrv_ledger_snapshot_row(b->ledger, m->messages[i].uid,
		                                 fingerprint(b, &m->messages[i]));
	if (!rc)
		rc = imapsrv_ledger_snapshot_end(b->ledger);
	if (rc) {
		number(b, rc, 0);
		imapsrv_ledger_snapshot_abort(b->ledger);
		return false;
	}
	for (size_t i = 0; i < m->count; i++) {
		uint64_t modseq = imapsrv_ledger_modseq(b->ledger, m->messages[i].uid);

		if (modseq < m->messages[i].modseq)
			tx_complain(&b->sim->log, "%s: the sequence of UID %u falls to %llu", m->name,
			            m->messages[i].uid, (unsigned long long)modseq);
		m->messages[i].modseq = modseq;
	}
	m->modseq = imapsrv_ledger_highest(b->ledger);
	return true;
}

static struct book *book_of(const struct sim *s, const struct ts_mailbox *m)
{
	struct book *b = s->books;

	while (b->m != m)
		b = b->next;
	return b;
}

void books_behind(struct sim *s, struct ts_mailbox *m)
{
	struct book *b = book_of(s, m);

	if (s->verbose)
		printf("H: silently, %s:\n", m->name);
	change_silently(b, 1 + below(s, 4));
	if (!compare(b))
		return;
	if (b->vanished.count)
		ts_post(s->ts, m, IMAPSRV_EVENT_MESSAGE_EXPUNGE, ts_set_view(&b->vanished), NULL);
	if (b->added.count)
		ts_post(s->ts, m, IMAPSRV_EVENT_MESSAGE_NEW, ts_set_view(&b->added), NULL);
	if (b->changed.count)
		ts_post(s->ts, m, IMAPSRV_EVENT_FLAGS_SET, ts_set_view(&b->changed), NULL);
}

/* ---- one process after another ------------------------------------------------------------- */

static void open_book(struct book *b)
{
	struct imapsrv_ledger_config config = b->sim->bookkeeping;
	struct imapsrv_ledger_io io = IMAPSRV_LEDGER_IO_INIT;
	struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
	uint64_t before = b->m->modseq; /* HIGHESTMODSEQ of the last process */
	int rc;

	io.read = slot_read;
	io.append = slot_append;
	io.cut = slot_cut;
	config.io = &io;
	config.user = b;
	config.start = (b->m->modseq | 0xfffff) + 1; /* as time passes */
	b->dead = false;
	b->budget = SIZE_MAX;
	rc = imapsrv_ledger_open(&config, b->m->uidvalidity, &opened, &b->ledger);
	if (rc) {
		tx_complain(&b->sim->log, "%s cannot be opened: %s", b->m->name,
		            imapsrv_strerror(rc));
		return;
	}
	if (imapsrv_ledger_highest(b->ledger) < before)
		tx_complain(&b->sim->log, "%s: HIGHESTMODSEQ falls from %llu to %llu", b->m->name,
		            (unsigned long long)before,
		            (unsigned long long)imapsrv_ledger_highest(b->ledger));
	if (b->sim->verbose)
		printf("H: %s opened, found %#x, HIGHESTMODSEQ %llu\n", b->m->name, opened.found,
		       (unsigned long long)imapsrv_ledger_highest(b->ledger));
	compare(b);
}

void books_keep(struct sim *s, struct ts_mailbox *m, const struct ts_mailbox *before)
{
	struct book *b = tx_alloc(sizeof(*b));

	if (!s->bookkeeping.size) {
		s->bookkeeping = (struct imapsrv_ledger_config)IMAPSRV_LEDGER_CONFIG_INIT;
		s->bookkeeping.tombstones = below(s, 2) ? 1 + below(s, 5) : 0;
		s->bookkeeping.reserve = below(s, 4) ? 1 + below(s, 8) : 0;
		s->bookkeeping.synced = below(s, 4) == 0;
		s->bookkeeping.manual = below(s, 2) != 0;
	}
	b->sim = s;
	b->m = m;
	b->books = (struct ts_books){b, book_added, book_changed, book_removed, book_vanished};
	for (size_t i = 0; before && i < 2 && below(s, 2); i++) {
		const struct slot *old = &book_of(s, before)->slots[i];

		b->slots[i] = (struct slot){tx_dup(old->data, old->len), old->len, old->durable};
	}
	b->next = s->books;
	s->books = b;
	m->books = &b->books;
	open_book(b);
}

/* An octet goes bad, and never good again: what it means by then was not kept. */
static void spoil(struct sim *s, struct slot *k)
{
	uint32_t at = below(s, (uint32_t)k->len);
	char bit = (char)(1 << below(s, 8));

	k->data[at] = at % 2 ? (char)(k->data[at] | bit) : (char)(k->data[at] & ~bit);
}

/* A part of what was not durable is lost; once in a while an octet is wrong. */
static void crash(struct book *b)
{
	struct sim *s = b->sim;

	for (size_t i = 0; i < 2; i++) {
		struct slot *k = &b->slots[i];

		k->len = k->durable + below(s, (uint32_t)(k->len - k->durable) + 1);
		k->durable = k->len;
		if (k->len && below(s, 16) == 0)
			spoil(s, k);
	}
}

/* It dies at some octet of a compaction, of a change, or of a comparison. */
static void die(struct book *b)
{
	struct sim *s = b->sim;

	b->budget = below(s, 200);
	switch (below(s, 3)) {
	case 0:
		if (imapsrv_ledger_compact(b->ledger) && !b->dead)
			tx_complain(&s->log, "%s cannot be compacted", b->m->name);
		break;
	case 1:
		change(s, b->m, false);
		break;
	default:
		change_silently(b, 1 + below(s, 3));
		compare(b);
		break;
	}
}

void books_restart(struct sim *s)
{
	for (int i = 0; i < s->count; i++)
		if (s->td.sessions[i].session)
			lose(s, i);
	if (s->verbose)
		printf("H: restart\n");
	for (struct book *b = s->books; b; b = b->next) {
		bool orderly = below(s, 3) == 0;

		if (orderly && imapsrv_ledger_settle(b->ledger))
			tx_complain(&s->log, "%s does not settle", b->m->name);
		else if (!orderly && below(s, 2))
			die(b);
		if (below(s, 2))
			change_silently(b, 1 + below(s, 4));
		imapsrv_ledger_free(b->ledger);
		if (!orderly)
			crash(b);
		open_book(b);
	}
}

void books_free(struct sim *s)
{
	while (s->books) {
		struct book *b = s->books;

		s->books = b->next;
		imapsrv_ledger_free(b->ledger);
		clear_found(b);
		free(b->slots[0].data);
		free(b->slots[1].data);
		free(b);
	}
}
