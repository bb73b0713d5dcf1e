/* SPDX-License-Identifier: MIT */
/*
 * attack/grow - measures an attack twice.
 */
#include "attack/grow.h"

#include "attack/counted.h"

struct cost {
	uint64_t work;
	size_t peak;
	size_t sent; /* by the client */
};

/* Can the compiler count blocks? */
static bool counts(void)
{
	struct world w;
	uint64_t before = counted_work();

	world_begin(&w);
	world_connect(&w, true);
	world_end(&w);
	return counted_work() - before > 100;
}

static void complain(unsigned *failed, const struct growth *g, const char *what)
{
	print_error("%s: %.300s\n", g->name, what);
	(*failed)++;
}

static void expand(struct tx *t, const char *text, size_t i, size_t n, size_t octets)
{
	for (; *text; text++) {
		if (*text == '\1')
			tx_fmt(t, "%zu", i + 1);
		else if (*text == '\2')
			tx_fmt(t, "%zu", 2 * (n - i));
		else if (*text == '\3')
			tx_fmt(t, "%zu", i * 7919 % n);
		else if (*text == '\4')
			tx_fmt(t, "%zu", octets);
		else if (*text == '\6')
			tx_fmt(t, "%zu", n + 1);
		else
			tx_add(t, text, 1);
	}
}

static struct cost cost_of(const struct growth *g, size_t n, unsigned *failed)
{
	struct tx text = {0}, pieces = {0};
	struct world w;
	struct cost c;
	size_t fed;

	for (size_t i = 0; i < n; i++)
		expand(&pieces, g->piece, i, n, 0);
	expand(&text, g->head, 0, n, pieces.len);
	tx_add(&text, pieces.data, pieces.len);
	tx_str(&text, g->tail);
	c.sent = text.len;
	world_begin(&w);
	if (g->store)
		g->store(&w, n);
	world_connect(&w, !g->prelogin);
	if (g->before)
		world_say(&w, g->before);
	w.said.len = 0;
	w.alloc.peak = w.alloc.octets;
	c.peak = w.alloc.octets;
	c.work = counted_work();
	fed = world_feed(&w, text.data, text.len, g->cut);
	if (g->then)
		g->then(&w, n);
	c.work = counted_work() - c.work;
	c.peak = w.alloc.peak - c.peak;
	world_last(&w);
	if (g->reply && fed != text.len && !world_closed(&w))
		complain(failed, g, "not all was taken");
	if (g->reply && strncmp(w.said.data, g->reply, strlen(g->reply)) != 0)
		complain(failed, g, w.said.data);
	world_end(&w);
	tx_free(&text);
	tx_free(&pieces);
	return c;
}

unsigned grow_one(const struct growth *row, bool show)
{
	unsigned failed = 0, tenths = row->tenths ? row->tenths : 22;
	struct cost one = cost_of(row, row->n, &failed);
	struct cost two = cost_of(row, 2 * row->n, &failed);
	bool work = two.work * 10 > one.work * tenths + 20000;
	/* Buffers double, so what is held may; it is the client's octets that bound it. */
	bool memory = two.peak * 10 > one.peak * 22 + 40000 && two.peak > 32 * two.sent;

	if (show || work || memory)
		print_message("%-40.40s n %6zu work %10llu %10llu%s memory %9zu %9zu%s\n",
		              row->name, row->n, (unsigned long long)one.work,
		              (unsigned long long)two.work, work ? " GROWS" : "", one.peak,
		              two.peak, memory ? " GROWS" : "");
	return failed + (work || memory);
}

void grow_or_skip(void)
{
	if (!counts())
		skip();
}

void grow_each(const struct growth *rows, size_t count)
{
	unsigned failed = 0;

	grow_or_skip();
	for (size_t i = 0; i < count; i++)
		failed += grow_one(&rows[i], true);
	if (failed)
		fail_msg("%u failures", failed);
}
