/* SPDX-License-Identifier: MIT */
/*
 * host/storesum - one number for all that is stored, so that a test can say that nothing changed, or
 * that a state is one that it has seen before.  What only this store knows (who has what open, which
 * copies it keeps for whom, what the next UID will be) is no part of it.
 */
#include "host/teststore.h"

#include <string.h>

static void add(uint64_t *sum, const void *data, size_t len)
{
	const unsigned char *octet = data;

	/* FNV-1a; the length in front keeps what follows one another apart. */
	*sum = (*sum ^ len) * 0x100000001b3u;
	for (size_t i = 0; i < len; i++)
		*sum = (*sum ^ octet[i]) * 0x100000001b3u;
}

static void add_number(uint64_t *sum, uint64_t n)
{
	add(sum, &n, sizeof(n));
}

static void add_text(uint64_t *sum, const char *text)
{
	add(sum, text, strlen(text));
}

static void add_entries(uint64_t *sum, const struct ts_entry *e)
{
	for (; e; e = e->next) {
		add_text(sum, e->name);
		add(sum, e->data, e->len);
	}
	add_number(sum, 0);
}

static void add_message(uint64_t *sum, const struct ts_mailbox *m, const struct ts_message *message)
{
	uint64_t keywords = 0;

	add_number(sum, message->uid);
	add_number(sum, message->system);
	/* In any order. */
	for (uint32_t i = 0; i < message->keyword_count; i++) {
		uint64_t one = 0xcbf29ce484222325u;

		add_text(&one, m->keywords[message->keywords[i]]);
		keywords += one;
	}
	add_number(sum, keywords);
	add_number(sum, (uint64_t)message->date);
	add(sum, message->blob->data, message->blob->len);
	add_entries(sum, message->notes);
}

static void add_mailbox(uint64_t *sum, const struct ts_mailbox *m)
{
	add_text(sum, m->owner->name);
	add_text(sum, m->name);
	add_number(sum, m->uidvalidity);
	add_number(sum, m->attributes);
	for (size_t i = 0; i < m->count; i++)
		add_message(sum, m, &m->messages[i]);
	add_entries(sum, m->entries);
	for (const struct ts_private *p = m->privates; p; p = p->next)
		add_entries(sum, p->entries);
}

uint64_t ts_sum(const struct ts *ts)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (const struct ts_user *u = ts->users; u; u = u->next) {
		add_text(&sum, u->name);
		for (size_t i = 0; i < u->subscription_count; i++)
			add_text(&sum, u->subscriptions[i]);
		add_entries(&sum, u->entries);
	}
	for (const struct ts_mailbox *m = ts->mailboxes; m; m = m->next)
		if (!m->removed)
			add_mailbox(&sum, m);
	add_entries(&sum, ts->meta.entries);
	for (const struct ts_root *r = ts->roots; r; r = r->next) {
		add_text(&sum, r->name);
		for (int i = 0; i < IMAPSRV_RESOURCES; i++)
			add_number(&sum, r->limit[i]);
	}
	return sum;
}

size_t ts_messages(const struct ts *ts)
{
	size_t n = 0;

	for (const struct ts_mailbox *m = ts->mailboxes; m; m = m->next)
		n += m->removed ? 0 : m->count;
	return n;
}
