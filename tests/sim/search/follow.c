/* SPDX-License-Identifier: MIT */
/*
 * sim/search: the results of searches that are followed (RFC 5267 4.3), as a client keeps them, and
 * as the slow account says that they are.
 */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void follow_add(struct follow *f, const char *tag, bool uid, struct key *key,
                const struct numbering *n, const struct ts_set *saved, const uint32_t *found,
                uint32_t count)
{
	struct followed *x = NULL;

	for (unsigned i = 0; i < FOLLOWED && !x; i++)
		if (!f->list[i].key)
			x = &f->list[i];
	if (!x) {
		tx_complain(f->log, "%s: more searches are followed than may be", tag);
		key_free(key);
		return;
	}
	memset(x, 0, sizeof(*x));
	snprintf(x->tag, sizeof(x->tag), "%s", tag);
	x->uid = uid;
	x->key = key;
	x->then = *n;
	for (uint32_t uid_at = 1; uid_at < UIDS_MAX; uid_at++)
		if (ts_set_has(ts_set_view(saved), uid_at))
			ts_set_add(&x->saved, uid_at);
	for (uint32_t i = 1; i <= count; i++)
		x->has[n->uid[found[i]]] = true;
}

void follow_cancel(struct follow *f, const char *tag)
{
	for (unsigned i = 0; i < FOLLOWED; i++) {
		struct followed *x = &f->list[i];

		if (!x->key || (tag && strcmp(tag, x->tag) != 0))
			continue;
		key_free(x->key);
		ts_set_clear(&x->saved);
		memset(x, 0, sizeof(*x));
	}
}

static uint32_t uid_of(const struct followed *x, const struct numbering *n, uint32_t told)
{
	if (x->uid)
		return told;
	return told && told <= n->count ? n->uid[told] : 0;
}

/* "0 1,3:5)" behind ADDTO ( or REMOVEFROM (: `add` is what they are to become. */
static void change(struct follow *f, struct followed *x, const struct numbering *n, const char *at,
                   bool add)
{
	if (strncmp(at, "0 ", 2) != 0) {
		tx_complain(f->log, "%s: a position other than 0", x->tag);
		return;
	}
	at++;
	do {
		char *end;
		uint32_t first = (uint32_t)strtoul(at + 1, &end, 10), last = first;

		if (*end == ':')
			last = (uint32_t)strtoul(end + 1, &end, 10);
		for (uint32_t i = first; i <= last; i++) {
			uint32_t uid = uid_of(x, n, i);

			if (!uid || uid >= UIDS_MAX || x->has[uid] == add)
				tx_complain(f->log, "%s: %s %u, which %s", x->tag,
				            add ? "ADDTO" : "REMOVEFROM", i,
				            add ? "is there" : "is not there");
			else
				x->has[uid] = add;
		}
		at = end;
	} while (*at == ',');
}

static void hear_change(struct follow *f, const struct numbering *n, const char *line)
{
	for (unsigned i = 0; i < FOLLOWED; i++) {
		struct followed *x = &f->list[i];
		char begin[64], copy[8192];
		const char *at;

		snprintf(begin, sizeof(begin), "* ESEARCH (TAG \"%s\")%s ", x->tag,
		         x->uid ? " UID" : "");
		if (!x->key || strncmp(line, begin, strlen(begin)) != 0)
			continue;
		snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\r"), line);
		if ((at = strstr(copy, "REMOVEFROM (")))
			change(f, x, n, at + 12, false);
		if ((at = strstr(copy, "ADDTO (")))
			change(f, x, n, at + 7, true);
	}
}

static void expunged(struct numbering *n, uint32_t number)
{
	memmove(&n->uid[number], &n->uid[number + 1], (n->count - number) * sizeof(n->uid[0]));
	n->count--;
}

/* Those that came are the next ones of the store. */
static void exists(struct follow *f, struct numbering *n, uint32_t count)
{
	for (size_t i = 0; i < f->inbox->count && n->count < count; i++)
		if (f->inbox->messages[i].uid > (n->count ? n->uid[n->count] : 0))
			n->uid[++n->count] = f->inbox->messages[i].uid;
}

void follow_hear(struct follow *f, struct numbering *n, const char *line)
{
	unsigned long number;
	char *end;

	if (strncmp(line, "* ESEARCH ", 10) == 0) {
		hear_change(f, n, line);
	} else if (strncmp(line, "* ", 2) == 0) {
		number = strtoul(line + 2, &end, 10);
		if (number && number <= n->count && !strncmp(end, " EXPUNGE", 8))
			expunged(n, (uint32_t)number);
		else if (end > line + 2 && !strncmp(end, " EXISTS", 7))
			exists(f, n, (uint32_t)number);
	}
}

static void check_one(struct follow *f, struct followed *x)
{
	struct subject subject = {.mailbox = f->inbox,
	                          .last_number = x->then.count,
	                          .last_uid = x->then.count ? x->then.uid[x->then.count] : 0,
	                          .saved = &x->saved,
	                          .now = f->now,
	                          .recent_from = f->recent_from,
	                          .followed = true};

	for (uint32_t uid = 1; uid < UIDS_MAX; uid++) {
		bool is = false;

		subject.message = ts_message(f->inbox, uid);
		subject.doc = &f->docs[uid];
		subject.number = 0;
		for (uint32_t i = 1; i <= x->then.count; i++)
			if (x->then.uid[i] == uid)
				subject.number = i;
		if (subject.message)
			is = program_matches(x->key, &subject);
		if (is != x->has[uid])
			tx_complain(f->log, "%s: UID %u is %s, and the client believes otherwise",
			            x->tag, uid, is ? "in it" : "not in it");
	}
}

void follow_check(struct follow *f)
{
	for (unsigned i = 0; i < FOLLOWED; i++)
		if (f->list[i].key)
			check_one(f, &f->list[i]);
}
