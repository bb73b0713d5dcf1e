/* SPDX-License-Identifier: MIT */
/*
 * sim/search: the results of SORTs that are followed (RFC 5267 4.3.3, 4.3.4), as a client keeps them:
 * lists that change at the places it is told.  Whether they are right, a SORT that is asked anew says.
 */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t uid_of(const struct sorted *x, const struct numbering *n, uint32_t told)
{
	if (x->uid)
		return told;
	return told && told <= n->count ? n->uid[told] : 0;
}

static void insert(struct sorting *f, struct sorted *x, uint32_t place, uint32_t uid)
{
	if (!uid || place < 1 || place > x->count + 1 || x->count == UIDS_MAX) {
		tx_complain(f->log, "%s: UID %u is added at %u of %u", x->tag, uid, place, x->count);
		return;
	}
	memmove(&x->list[place], &x->list[place - 1], (x->count - (place - 1)) * sizeof(x->list[0]));
	x->list[place - 1] = uid;
	x->count++;
}

static void take_out(struct sorting *f, struct sorted *x, uint32_t place, uint32_t uid)
{
	if (!uid || place < 1 || place > x->count || x->list[place - 1] != uid) {
		tx_complain(f->log, "%s: UID %u is not at %u of %u", x->tag, uid, place, x->count);
		return;
	}
	x->count--;
	memmove(&x->list[place - 1], &x->list[place], (x->count - (place - 1)) * sizeof(x->list[0]));
}

/* "5,3:4 ...": each goes behind the one before, or all are taken from the same place. */
static const char *change_set(struct sorting *f, struct sorted *x, const struct numbering *n,
                              const char *at, uint32_t place, bool add)
{
	do {
		char *end;
		uint32_t first = (uint32_t)strtoul(at, &end, 10), last = first;

		if (*end == ':')
			last = (uint32_t)strtoul(end + 1, &end, 10);
		for (uint32_t i = first; i <= last; i++) {
			if (add)
				insert(f, x, place++, uid_of(x, n, i));
			else
				take_out(f, x, place, uid_of(x, n, i));
		}
		at = *end == ',' ? end + 1 : end;
	} while (at[-1] == ',');
	return at;
}

/* "5 2731:2733,2735 7 11)" */
static void change(struct sorting *f, struct sorted *x, const struct numbering *n, const char *at,
                   bool add)
{
	while (*at >= '0' && *at <= '9') {
		char *end;
		uint32_t place = (uint32_t)strtoul(at, &end, 10);

		at = change_set(f, x, n, *end == ' ' ? end + 1 : end, place, add);
		at += *at == ' ';
	}
}

static struct sorted *place_for(struct sorting *f)
{
	for (unsigned i = 0; i < FOLLOWED; i++)
		if (!f->list[i].command)
			return &f->list[i];
	return NULL;
}

void sorted_add(struct sorting *f, const char *tag, bool uid, const char *command,
                const struct numbering *n, const char *answer)
{
	struct sorted *x = place_for(f);
	char begin[64];
	const char *at;

	if (!x) {
		tx_complain(f->log, "%s: more are followed than may be", tag);
		return;
	}
	memset(x, 0, sizeof(*x));
	snprintf(x->tag, sizeof(x->tag), "%s", tag);
	x->uid = uid;
	x->command = tx_dup(command, strlen(command));
	snprintf(begin, sizeof(begin), "* ESEARCH (TAG \"%s\")%s ALL ", tag, uid ? " UID" : "");
	at = strstr(answer, begin);
	if (at)
		change_set(f, x, n, at + strlen(begin), 1, true);
}

static void forget(struct sorted *x)
{
	free(x->command);
	memset(x, 0, sizeof(*x));
}

void sorted_cancel(struct sorting *f, const char *tag)
{
	for (unsigned i = 0; i < FOLLOWED; i++)
		if (f->list[i].command && (!tag || !strcmp(tag, f->list[i].tag)))
			forget(&f->list[i]);
}

void sorted_hear(struct sorting *f, const struct numbering *n, const char *line)
{
	for (unsigned i = 0; i < FOLLOWED; i++) {
		struct sorted *x = &f->list[i];
		char begin[64], copy[8192];
		const char *at;

		if (!x->command)
			continue;
		snprintf(begin, sizeof(begin), "* NO [NOUPDATE \"%s\"]", x->tag);
		if (!strncmp(line, begin, strlen(begin))) {
			forget(x);
			continue;
		}
		snprintf(begin, sizeof(begin), "* ESEARCH (TAG \"%s\")%s ", x->tag,
		         x->uid ? " UID" : "");
		if (strncmp(line, begin, strlen(begin)) != 0)
			continue;
		snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\r"), line);
		if ((at = strstr(copy, "REMOVEFROM (")))
			change(f, x, n, at + 12, false);
		if ((at = strstr(copy, "ADDTO (")))
			change(f, x, n, at + 7, true);
	}
}

void sorted_check(struct sorting *f, const struct sorted *x, const char *answer)
{
	const char *at = strstr(answer, "* SORT");
	uint32_t count = 0;

	if (!at) {
		tx_complain(f->log, "%s: no SORT anew: %s", x->tag, answer);
		return;
	}
	for (at += 6; *at == ' ' && at[1] != '('; count++) {
		char *end;
		uint32_t uid = (uint32_t)strtoul(at + 1, &end, 10);

		at = end;
		if (count >= x->count || x->list[count] != uid) {
			tx_complain(f->log, "%s: at %u of %u there is another than UID %u", x->tag,
			            count + 1, x->count, uid);
			return;
		}
	}
	if (count != x->count)
		tx_complain(f->log, "%s: %u are kept of %u", x->tag, x->count, count);
}
