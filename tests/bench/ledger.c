/* SPDX-License-Identifier: MIT */
/*
 * What a ledger of a million messages costs: each kind of change and question, reading it in, and
 * octets held and kept.  Slots are in memory, so that no disk is measured.  Not a test: nothing
 * here fails for being slow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "imapsrv/ledger.h"

#define MESSAGES 1000000u
#define CHANGES  200000u
#define ASKED    2000u

static uint64_t state = 88172645463325252u;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

static void must(int error)
{
	if (error) {
		fprintf(stderr, "error %d\n", error);
		exit(1);
	}
}

/* ---- slots ----------------------------------------------------------------------------------- */

static struct slot {
	char *data;
	size_t len, cap;
	unsigned long durable;
} slots[2];

static int slot_read(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                     size_t *got_r)
{
	struct slot *s = (struct slot *)user + slot;

	*got_r = offset < s->len ? s->len - (size_t)offset : 0;
	if (*got_r > len)
		*got_r = len;
	if (*got_r)
		memcpy(to, s->data + offset, *got_r);
	return 0;
}

static int slot_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	struct slot *s = (struct slot *)user + slot;

	if (len > s->cap - s->len) {
		s->cap = (s->len + len) * 2;
		s->data = realloc(s->data, s->cap);
		if (!s->data)
			return 1;
	}
	memcpy(s->data + s->len, data, len);
	s->len += len;
	s->durable += durable != 0;
	return 0;
}

static int slot_cut(void *user, unsigned slot, uint64_t length)
{
	((struct slot *)user)[slot].len = (size_t)length;
	return 0;
}

/* ---- measuring ------------------------------------------------------------------------------- */

static void tell(const char *what, double start, double count)
{
	printf("%-44s %10.0f ns each, %9.2f ms\n", what, (now() - start) * 1e9 / count,
	       (now() - start) * 1e3);
}

static void snapshot(struct imapsrv_ledger *ledger, const char *what, uint32_t changed)
{
	double start = now();
	uint32_t u;

	must(imapsrv_ledger_snapshot_begin(ledger, NULL, NULL));
	for (u = 1; u <= MESSAGES; u++)
		must(imapsrv_ledger_snapshot_row(ledger, u, changed && u % changed == 0 ? u : 7));
	must(imapsrv_ledger_snapshot_end(ledger));
	tell(what, start, MESSAGES);
}

static void change(struct imapsrv_ledger *ledger)
{
	double start = now();
	uint32_t i;

	for (i = 0; i < CHANGES; i++) {
		struct imapsrv_ledger_row row = {1 + draw(MESSAGES), i, 0};

		must(imapsrv_ledger_touch(ledger, &row, 1, NULL));
	}
	tell("touch, one at random", start, CHANGES);
	start = now();
	for (i = 0; i < CHANGES; i++) {
		struct imapsrv_ledger_row row = {MESSAGES + 1 + i, 7, 0};

		must(imapsrv_ledger_add(ledger, &row, 1, NULL));
	}
	tell("add, one at the end", start, CHANGES);
	start = now();
	for (i = 0; i < CHANGES; i++) {
		struct imapsrv_range range = {MESSAGES + 1 + draw(CHANGES), 0};

		range.last = range.first;
		must(imapsrv_ledger_vanish(ledger, (struct imapsrv_set){&range, 1}, NULL));
	}
	tell("vanish, one at random", start, CHANGES);
}

static void ask(struct imapsrv_ledger *ledger, uint32_t count)
{
	static struct imapsrv_ledger_row rows[10000];
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	uint64_t since = imapsrv_ledger_highest(ledger);
	double start;
	size_t n = 0;
	uint32_t i;
	char what[80];

	for (i = 0; i < count; i++) {
		struct imapsrv_ledger_row row = {1 + draw(MESSAGES), i, 0};

		must(imapsrv_ledger_touch(ledger, &row, 1, NULL));
	}
	start = now();
	for (i = 0; i < ASKED; i++)
		n = imapsrv_ledger_changes_since(ledger, since, 1, rows, 10000);
	snprintf(what, sizeof(what), "changes since, %lu of 1,000,000", (unsigned long)n);
	tell(what, start, ASKED);
	start = now();
	for (i = 0; i < ASKED; i++)
		must(imapsrv_ledger_vanished_since(ledger, since, &vanished));
	tell("vanished since, none", start, ASKED);
}

static void held(const struct imapsrv_ledger *ledger)
{
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;

	must(imapsrv_ledger_status(ledger, &status));
	printf("%-44s %10.2f octets each, %lu messages, %lu tombstones\n", "memory",
	       (double)status.memory / (double)status.messages, (unsigned long)status.messages,
	       (unsigned long)status.tombstones);
	printf("%-44s %10.2f octets each, %lu octets, %lu durable appends\n", "kept",
	       (double)status.octets / (double)status.messages, (unsigned long)status.octets,
	       slots[0].durable + slots[1].durable);
}

int main(void)
{
	struct imapsrv_ledger_io io = IMAPSRV_LEDGER_IO_INIT;
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;
	struct imapsrv_ledger *ledger;
	struct imapsrv_range all = {1, UINT32_MAX};
	double start;

	io.read = slot_read;
	io.append = slot_append;
	io.cut = slot_cut;
	config.io = &io;
	config.user = slots;
	must(imapsrv_ledger_open(&config, 1, NULL, &ledger));
	snapshot(ledger, "snapshot, all new", 0);
	held(ledger);
	snapshot(ledger, "snapshot, nothing new", 0);
	snapshot(ledger, "snapshot, every hundredth changed", 100);
	change(ledger);
	ask(ledger, 100);
	ask(ledger, 10000);
	start = now();
	must(imapsrv_ledger_settle(ledger));
	tell("settle", start, 1);
	held(ledger);
	imapsrv_ledger_free(ledger);
	start = now();
	must(imapsrv_ledger_open(&config, 1, NULL, &ledger));
	tell("open, with changes", start, MESSAGES);
	start = now();
	must(imapsrv_ledger_compact(ledger));
	tell("compact", start, MESSAGES);
	imapsrv_ledger_free(ledger);
	start = now();
	must(imapsrv_ledger_open(&config, 1, NULL, &ledger));
	tell("open, compacted", start, MESSAGES);
	held(ledger);
	start = now();
	must(imapsrv_ledger_vanish(ledger, (struct imapsrv_set){&all, 1}, NULL));
	tell("vanish, all in one", start, MESSAGES);
	imapsrv_ledger_free(ledger);
	free(slots[0].data);
	free(slots[1].data);
	return 0;
}
