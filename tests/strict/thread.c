/* SPDX-License-Identifier: MIT */
/*
 * strict/thread - THREAD (RFC 5256 5): lists in lists, each of which is a number at least, or at
 * least two lists; with one octet for each list that is open.
 */
#include "strict/cursor.h"

/* What an open list has had. */
enum {
	NOTHING,
	MEMBERS, /* nz-number *(SP nz-number) */
	ONE,     /* one list, behind members or not */
	TWO      /* at least two */
};

/* What stands inside a list that has just begun, or between two of its lists. */
static bool inside(struct st_cursor *c, struct tx *open)
{
	char *top = &open->data[open->len - 1];

	if (*top == NOTHING && !st_next(c, '(')) {
		*top = MEMBERS;
		do {
			if (st_next(c, '('))
				break; /* thread-nested behind SP */
			if (!st_nz_number(c, NULL))
				return false;
		} while (st_take(c, ' '));
		if (!st_next(c, '(') && !st_next(c, ')'))
			return st_fail(c, "thread-members");
		if (st_next(c, '(') && c->at[-1] != ' ')
			return st_fail(c, "thread-members");
		if (st_next(c, ')') && c->at[-1] == ' ')
			return st_fail(c, "thread-members");
	}
	return true;
}

bool st_thread(struct st_cursor *c)
{
	struct tx open = {0};
	bool ok = true;

	if (st_over(c))
		return true;
	if (!st_sp(c, "thread-data"))
		return false;
	do {
		if (st_take(c, '(')) {
			if (open.len && open.data[open.len - 1] != TWO)
				open.data[open.len - 1] = open.data[open.len - 1] == ONE ? TWO : ONE;
			tx_add(&open, "", 1);
			ok = inside(c, &open);
		} else if (open.len && st_next(c, ')')) {
			ok = open.data[open.len - 1] != ONE || st_fail(c, "thread-nested");
			c->at++;
			open.len--;
		} else {
			ok = st_fail(c, "thread-list");
		}
	} while (ok && (open.len || !st_over(c)));
	tx_free(&open);
	return ok;
}
