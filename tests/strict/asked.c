/* SPDX-License-Identifier: MIT */
/*
 * strict/asked - what the client model knows that decides what may be said: the command in progress,
 * and what commands have agreed on besides ENABLE.
 */
#include "host/client.h"
#include "strict/cursor.h"

#include <string.h>

bool st_knows(const struct st_cursor *c)
{
	const struct tc *client = c->st->client;
	const struct tc_command *now = client ? tc_in_progress(client) : NULL;

	return client && !client->lost && (!now || !now->doubtful);
}

const struct tc_command *st_asked(const struct st_cursor *c)
{
	return st_knows(c) ? tc_in_progress(c->st->client) : NULL;
}

bool st_during(const struct st_cursor *c, const char *names)
{
	const struct tc_command *now = st_asked(c);
	size_t len;

	if (!st_knows(c))
		return true;
	if (!now)
		return names[0] == '\0';
	len = strlen(now->name);
	for (const char *s = names; *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");

		if (n == len && memcmp(s, now->name, n) == 0)
			return true;
		s += n;
	}
	return false;
}

void st_agree(struct st *s)
{
	const struct tc *client = s->client;

	if (!client)
		return;
	if (client->condstore)
		s->agreed |= ST_CONDSTORE;
	s->agreed &= ~(unsigned)(ST_LANGUAGE | ST_NOTIFY);
	s->agreed |= (client->utf8_text ? ST_LANGUAGE : 0) | (client->notify ? ST_NOTIFY : 0);
}
