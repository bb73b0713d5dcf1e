/* SPDX-License-Identifier: MIT */
/*
 * resync/cache - what a client keeps.
 */
#include "sim/resync/cache.h"

#include <stdlib.h>
#include <string.h>

void cache_clear(struct cache *k)
{
	free(k->known);
	memset(k, 0, sizeof(*k));
}

void cache_copy(struct cache *to, const struct cache *from)
{
	*to = *from;
	to->known = tx_alloc((from->count + 1) * sizeof(*to->known));
	if (from->count)
		memcpy(to->known, from->known, from->count * sizeof(*to->known));
}

static size_t cache_position(const struct cache *k, uint32_t uid)
{
	size_t at = 0;

	while (at < k->count && k->known[at].uid < uid)
		at++;
	return at;
}

void cache_learn(struct cache *k, const struct tc *t)
{
	for (uint32_t i = 0; i < t->exists; i++) {
		const struct tc_message *m = &t->messages[i];
		size_t at;

		if (!m->uid)
			continue;
		at = cache_position(k, m->uid);
		if (at == k->count || k->known[at].uid != m->uid) {
			k->known = tx_realloc(k->known, (k->count + 1) * sizeof(*k->known));
			memmove(&k->known[at + 1], &k->known[at],
			        (k->count - at) * sizeof(*k->known));
			k->known[at] = (struct known){.uid = m->uid};
			k->count++;
		}
		if (m->knows_flags) {
			k->known[at].knows_flags = true;
			k->known[at].flags = m->flags;
		}
	}
}

void cache_filter(struct cache *k, struct imapsrv_set set, bool keep)
{
	size_t kept = 0;

	for (size_t i = 0; i < k->count; i++)
		if (ts_set_has(set, k->known[i].uid) == keep)
			k->known[kept++] = k->known[i];
	k->count = kept;
}

static void print_set(struct tx *t, const struct cache *k, bool numbers, size_t every)
{
	struct ts_set set = {0};

	for (size_t i = 0; i < k->count; i += every)
		ts_set_add(&set, numbers ? k->known[i].number : k->known[i].uid);
	for (size_t i = 0; i < set.count; i++) {
		struct imapsrv_range r = set.ranges[i];

		tx_fmt(t, "%s%u", i ? "," : "", r.first);
		if (r.last > r.first)
			tx_fmt(t, ":%u", r.last);
	}
	ts_set_clear(&set);
}

uint32_t cache_qresync(const struct cache *k, struct tx *how, struct tx_random *random)
{
	uint32_t form = tx_below(random, 4), last = 0;
	size_t every = 1 + tx_below(random, 4);

	tx_fmt(how, " (QRESYNC (%u %llu", k->uidvalidity, (unsigned long long)k->modseq);
	if (k->count && form) {
		last = k->known[k->count - 1].uid;
		tx_str(how, " ");
		if (form == 1)
			tx_fmt(how, "1:%u", last);
		else
			print_set(how, k, false, 1);
	}
	if (k->count && (form & 1) == 0 && !k->numberless) { /* also without known UIDs */
		tx_str(how, " (");
		print_set(how, k, true, every);
		tx_str(how, " ");
		print_set(how, k, false, every);
		tx_str(how, ")");
	}
	tx_str(how, "))");
	return last;
}
