/* SPDX-License-Identifier: MIT */
/*
 * sim/search: a store with an index, of any quality: it answers the whole of a program, some of its
 * keys or none, is sure of some messages and not of others, and names some that nobody asked about;
 * but what it is sure of is so, by the texts that the messages were made from.
 */
#include "search.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 400 };

struct view {
	const struct index *index;
	const struct imapsrv_search_node *node[NODES];
	bool is[NODES][UIDS_MAX]; /* of each message */
	size_t count;
};

static int64_t day_number(int year, int month, int day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = day - 1;

	for (int y = 1970; y < year; y++)
		days += y % 4 == 0 ? 366 : 365;
	for (int m = 1; m < month; m++)
		days += lengths[m - 1] + (m == 2 && year % 4 == 0);
	return days;
}

static bool holds(const char *folded, struct imapsrv_span text)
{
	char *needle = tx_dup(text.len ? text.data : "", text.len);
	bool is = strstr(folded, needle) != NULL;

	free(needle);
	return is;
}

static bool in_fields(const struct doc *d, const struct imapsrv_search_node *n)
{
	for (size_t i = 0; i < d->field_count; i++)
		if (tx_same_n(n->name.data, n->name.len, d->fields[i].name) &&
		    holds(d->fields[i].value, n->text))
			return true;
	return false;
}

static bool in_texts(const struct doc *d, const struct imapsrv_search_node *n)
{
	bool is = false;

	for (size_t i = 0; i < d->body_count && !is; i++)
		is = holds(d->bodies[i], n->text);
	for (size_t i = 0; n->kind == IMAPSRV_SEARCH_TEXT && i < d->header_count && !is; i++)
		is = holds(d->headers[i], n->text);
	return is;
}

static bool has_keyword(const struct index *x, const struct ts_message *m, struct imapsrv_span name)
{
	char *copy = tx_dup(name.data, name.len);
	bool is = ts_has_keyword(x->inbox, m, copy);

	free(copy);
	return is;
}

static bool in_notes(const struct doc *d, const struct imapsrv_search_node *n)
{
	char *pattern = tx_dup(n->name.data, n->name.len);
	bool is = false;

	for (unsigned i = 0; i < NOTES; i++)
		for (unsigned shared = 0; shared < 2; shared++)
			if (d->notes[i][shared] && note_is_in(i, pattern) &&
			    n->flag & (shared ? IMAPSRV_ANNOTATION_SHARED : IMAPSRV_ANNOTATION_PRIV))
				is = is || holds(d->notes[i][shared], n->text);
	free(pattern);
	return is;
}

static bool is_id(struct imapsrv_span name, const char *id)
{
	return name.len == strlen(id) && memcmp(name.data, id, name.len) == 0;
}

static bool judge(const struct index *x, const struct imapsrv_search_node *n,
                  const struct ts_message *m)
{
	const struct doc *d = &x->docs[m->uid];
	int64_t day = (m->date + m->zone * 60) / 86400;
	bool saved = x->inbox->ts->savedates && !x->inbox->no_savedates;

	switch (n->kind) {
	case IMAPSRV_SEARCH_UIDS:
		return ts_set_has(n->uids, m->uid);
	case IMAPSRV_SEARCH_FLAG:
		return m->system & n->flag;
	case IMAPSRV_SEARCH_KEYWORD:
		return has_keyword(x, m, n->name);
	case IMAPSRV_SEARCH_DATE:
		return day >= n->first && day <= n->last;
	case IMAPSRV_SEARCH_SENT:
		day = day_number(d->year, d->month, d->day);
		return d->dated && day >= n->first && day <= n->last;
	case IMAPSRV_SEARCH_SIZE:
		return m->blob->len >= n->least && m->blob->len <= n->most;
	case IMAPSRV_SEARCH_MODSEQ:
		return m->modseq >= n->least;
	case IMAPSRV_SEARCH_FIELD:
		return in_fields(d, n);
	case IMAPSRV_SEARCH_TEXT:
	case IMAPSRV_SEARCH_BODY:
		return in_texts(d, n);
	case IMAPSRV_SEARCH_AGE:
		return m->date >= n->first && m->date <= n->last;
	case IMAPSRV_SEARCH_HAS_SAVEDATE:
		return saved;
	case IMAPSRV_SEARCH_SAVEDATE:
		if (saved)
			day = (m->saved + m->saved_zone * 60) / 86400;
		return day >= n->first && day <= n->last;
	case IMAPSRV_SEARCH_ANNOTATION:
		return in_notes(d, n);
	case IMAPSRV_SEARCH_EMAILID:
		return is_id(n->name, m->blob->emailid);
	case IMAPSRV_SEARCH_THREADID:
		return is_id(n->name, m->blob->threadid);
	default:
		return true;
	}
}

static size_t place_of(const struct view *v, const struct imapsrv_search_node *n)
{
	size_t i = 0;

	while (i < v->count && v->node[i] != n)
		i++;
	return i;
}

static void judge_all(struct view *v, const struct imapsrv_search_node *n)
{
	const struct ts_mailbox *box = v->index->inbox;
	size_t left = place_of(v, n->left), right = place_of(v, n->right);

	for (size_t k = 0; k < box->count; k++) {
		uint32_t uid = box->messages[k].uid;
		bool is;

		if (n->kind == IMAPSRV_SEARCH_NOT)
			is = !v->is[left][uid];
		else if (n->kind == IMAPSRV_SEARCH_FUZZY)
			is = v->is[left][uid];
		else if (n->kind == IMAPSRV_SEARCH_AND)
			is = v->is[left][uid] && v->is[right][uid];
		else if (n->kind == IMAPSRV_SEARCH_OR)
			is = v->is[left][uid] || v->is[right][uid];
		else
			is = judge(v->index, n, &box->messages[k]) != (n->negated != 0);
		v->is[v->count][uid] = is;
	}
	v->node[v->count++] = n;
}

static void answer(const struct ts_op *q, struct view *v, size_t i, struct tx_random *r)
{
	struct ts_set sure = {0}, maybe = {0};
	uint32_t doubt = 1 + tx_below(r, 6), noise = tx_below(r, 3);

	for (uint32_t uid = 1; uid < UIDS_MAX; uid++) {
		bool asked = ts_set_has(q->set, uid) && ts_message(v->index->inbox, uid);
		bool unsure = doubt < 5 && tx_below(r, 1 + doubt) == 0;

		if (!asked && noise && tx_below(r, 20) == 0)
			ts_set_add(tx_below(r, 2) ? &sure : &maybe, uid);
		else if (asked && unsure)
			ts_set_add(&maybe, uid);
		else if (asked && v->is[i][uid])
			ts_set_add(&sure, uid);
		if (tx_below(r, 40) == 0) { /* in pieces */
			imapsrv_op_found(q->op, v->node[i], ts_set_view(&sure), ts_set_view(&maybe));
			ts_set_clear(&sure);
			ts_set_clear(&maybe);
		}
	}
	imapsrv_op_found(q->op, v->node[i], ts_set_view(&sure), ts_set_view(&maybe));
	ts_set_clear(&sure);
	ts_set_clear(&maybe);
}

enum imapsrv_code index_search(const struct ts_op *q, void *user)
{
	static struct view v;
	struct index *x = user;
	const struct imapsrv_search_node *n;
	uint32_t kind = tx_below(&x->random, 6);

	if (kind == 0)
		return IMAPSRV_CANNOT;
	memset(&v, 0, sizeof(v));
	v.index = x;
	for (n = q->search.first; n; n = n->following) {
		if (v.count == NODES)
			return IMAPSRV_CANNOT;
		judge_all(&v, n);
	}
	for (size_t i = 0; i < v.count; i++) {
		bool root = i + 1 == v.count;

		if (root ? kind < 3 || kind == 5 : kind > 2 && tx_below(&x->random, 3) == 0)
			answer(q, &v, i, &x->random);
	}
	return IMAPSRV_OK;
}
