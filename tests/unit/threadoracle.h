/* SPDX-License-Identifier: MIT */
/*
 * THREAD by the letter of RFC 5256 3: nodes in an array, every question answered by looking at all
 * of them, ancestors by walking up, the response by recursion.  Slow, and knowing nothing of
 * lib/search/thread.c.  A message comes with its IDs, its base subject and whether it is a reply
 * already worked out.
 */
#ifndef TESTS_UNIT_THREADORACLE_H
#define TESTS_UNIT_THREADORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ORACLE_MESSAGES = 24, ORACLE_REFS = 6, ORACLE_NODES = 400 };

struct oracle_message {
	uint32_t uid;
	int64_t date;
	const char *id; /* NULL: none */
	const char *refs[ORACLE_REFS];
	int ref_count;
	const char *base;
	bool reply;
};

struct oracle_node {
	const char *id; /* NULL: a unique one */
	int message;    /* -1: a dummy */
	int parent;     /* -1: none */
	bool gone;
};

struct oracle {
	const struct oracle_message *messages;
	int count;
	struct oracle_node nodes[ORACLE_NODES];
	int node_count;
	char *out;
};

static int oracle_add(struct oracle *o, const char *id)
{
	o->nodes[o->node_count] = (struct oracle_node){id, -1, -1, false};
	return o->node_count++;
}

static int oracle_find(struct oracle *o, const char *id)
{
	int i;

	for (i = 0; i < o->node_count; i++)
		if (o->nodes[i].id && strcmp(o->nodes[i].id, id) == 0)
			return i;
	return oracle_add(o, id);
}

static void oracle_link(struct oracle *o, int child, int parent)
{
	int at;

	for (at = parent; at != -1; at = o->nodes[at].parent)
		if (at == child)
			return;
	o->nodes[child].parent = parent;
}

static void oracle_step_one(struct oracle *o)
{
	int i, k, node, ref, last;

	for (i = 0; i < o->count; i++) {
		const struct oracle_message *m = &o->messages[i];

		node = m->id ? oracle_find(o, m->id) : oracle_add(o, NULL);
		if (o->nodes[node].message != -1)
			node = oracle_add(o, NULL);
		o->nodes[node].message = i;
		last = -1;
		for (k = 0; k < m->ref_count; k++) {
			ref = oracle_find(o, m->refs[k]);
			if (last != -1 && o->nodes[ref].parent == -1)
				oracle_link(o, ref, last);
			last = ref;
		}
		o->nodes[node].parent = -1;
		if (last != -1)
			oracle_link(o, node, last);
	}
}

static int oracle_children(const struct oracle *o, int node, int *list)
{
	int i, n = 0;

	for (i = 0; i < o->node_count; i++)
		if (!o->nodes[i].gone && o->nodes[i].parent == node)
			list[n++] = i;
	return n;
}

static void oracle_prune(struct oracle *o)
{
	int list[ORACLE_NODES], i, k, n;
	bool again;

	do {
		again = false;
		for (i = 0; i < o->node_count; i++) {
			struct oracle_node *d = &o->nodes[i];

			if (d->gone || d->message != -1)
				continue;
			n = oracle_children(o, i, list);
			if (n > 1 && d->parent == -1)
				continue;
			for (k = 0; k < n; k++)
				o->nodes[list[k]].parent = d->parent;
			d->gone = true;
			again = true;
		}
	} while (again);
}

/* The message that a node is sorted by: its own, or the first of a dummy's. */
static int oracle_key(const struct oracle *o, int node)
{
	int list[ORACLE_NODES], i, n, best = -1;

	if (o->nodes[node].message != -1)
		return o->nodes[node].message;
	n = oracle_children(o, node, list);
	for (i = 0; i < n; i++) {
		int m = o->nodes[list[i]].message;

		if (best == -1 || o->messages[m].date < o->messages[best].date ||
		    (o->messages[m].date == o->messages[best].date && m < best))
			best = m;
	}
	return best;
}

static int oracle_sorted(const struct oracle *o, int node, int *list)
{
	int n = oracle_children(o, node, list), i, k;

	for (i = 1; i < n; i++) {
		for (k = i; k > 0; k--) {
			int a = oracle_key(o, list[k - 1]), b = oracle_key(o, list[k]), swap;

			if (o->messages[a].date < o->messages[b].date ||
			    (o->messages[a].date == o->messages[b].date && a < b))
				break;
			swap = list[k];
			list[k] = list[k - 1];
			list[k - 1] = swap;
		}
	}
	return n;
}

static void oracle_merge(struct oracle *o)
{
	int list[ORACLE_NODES], table[ORACLE_MESSAGES], children[ORACLE_NODES];
	const char *subjects[ORACLE_MESSAGES];
	int n = oracle_sorted(o, -1, list), entries = 0, i, k, c, at;

	for (i = 0; i < n; i++) { /* 5.B */
		const struct oracle_message *m = &o->messages[oracle_key(o, list[i])];
		bool dummy = o->nodes[list[i]].message == -1;

		if (!*m->base)
			continue;
		for (k = 0; k < entries && strcmp(subjects[k], m->base) != 0; k++)
			;
		if (k == entries) {
			subjects[entries] = m->base;
			table[entries++] = list[i];
			continue;
		}
		at = o->nodes[table[k]].message;
		if (at != -1 && (dummy || (o->messages[at].reply && !m->reply)))
			table[k] = list[i];
	}
	for (i = 0; i < n; i++) { /* 5.C */
		const struct oracle_message *m = &o->messages[oracle_key(o, list[i])];
		bool dummy = o->nodes[list[i]].message == -1;

		if (!*m->base)
			continue;
		for (k = 0; strcmp(subjects[k], m->base) != 0; k++)
			;
		if (table[k] == list[i])
			continue;
		at = o->nodes[table[k]].message;
		if (at == -1 && dummy) {
			c = oracle_children(o, list[i], children);
			while (c-- > 0)
				o->nodes[children[c]].parent = table[k];
			o->nodes[list[i]].gone = true;
		} else if (at == -1 || (m->reply && !o->messages[at].reply)) {
			o->nodes[list[i]].parent = table[k];
		} else {
			c = oracle_add(o, NULL);
			o->nodes[list[i]].parent = c;
			o->nodes[table[k]].parent = c;
			table[k] = c;
		}
	}
}

static void oracle_put(struct oracle *o, int node, bool only)
{
	int list[ORACLE_NODES], n, i;

	n = oracle_sorted(o, node, list);
	if (!only)
		o->out += sprintf(o->out, "(");
	if (o->nodes[node].message != -1) {
		o->out += sprintf(o->out, "%u",
		                  (unsigned)o->messages[o->nodes[node].message].uid);
		if (n)
			o->out += sprintf(o->out, " ");
	}
	for (i = 0; i < n; i++)
		oracle_put(o, list[i], n == 1);
	if (!only)
		o->out += sprintf(o->out, ")");
}

static void oracle_references(const struct oracle_message *messages, int count, char *out)
{
	static struct oracle o;
	int list[ORACLE_NODES], n, i;

	o = (struct oracle){.messages = messages, .count = count, .out = out};
	*out = '\0';
	oracle_step_one(&o);
	oracle_prune(&o);
	oracle_merge(&o);
	n = oracle_sorted(&o, -1, list);
	for (i = 0; i < n; i++)
		oracle_put(&o, list[i], false);
}

static bool oracle_before(const struct oracle_message *messages, int a, int b)
{
	return messages[a].date < messages[b].date ||
	       (messages[a].date == messages[b].date && a < b);
}

/* "sorted by base subject and then by the sent date ... split into separate threads ... sorted by
 * the sent date of the first message in the thread": that is, the thread of the first message by
 * date, then that of the first that is not in it, and so on. */
static void oracle_orderedsubject(const struct oracle_message *messages, int count, char *out)
{
	bool done[ORACLE_MESSAGES] = {false};
	int i, first, next, members;

	*out = '\0';
	for (;;) {
		first = -1;
		for (i = 0; i < count; i++)
			if (!done[i] && (first == -1 || oracle_before(messages, i, first)))
				first = i;
		if (first == -1)
			return;
		members = 0;
		for (i = 0; i < count; i++)
			members += strcmp(messages[i].base, messages[first].base) == 0;
		out += sprintf(out, "(%u", (unsigned)messages[first].uid);
		done[first] = true;
		if (members > 1)
			out += sprintf(out, " ");
		for (;;) {
			next = -1;
			for (i = 0; i < count; i++)
				if (!done[i] && strcmp(messages[i].base, messages[first].base) == 0 &&
				    (next == -1 || oracle_before(messages, i, next)))
					next = i;
			if (next == -1)
				break;
			done[next] = true;
			out += sprintf(out, members > 2 ? "(%u)" : "%u",
			               (unsigned)messages[next].uid);
		}
		out += sprintf(out, ")");
	}
}

#endif
