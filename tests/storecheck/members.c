/* SPDX-License-Identifier: MIT */
/*
 * storecheck/members - holds the list of members against the clauses, and against what the defects
 * replaced.
 */
#include "storecheck/members.h"

#include <stddef.h>
#include <string.h>

static struct member {
	const char *name;
	size_t at;          /* of a callback, in struct tables; else SIZE_MAX */
	const char *clause; /* of a setting */
	bool tried;
} members[] = {
#define CALLBACK(table, member)                                                                    \
	{#table "." #member, offsetof(struct tables, table.member), NULL, false},
#define SETTING(table, member, clause) {#table "." #member, SIZE_MAX, clause, false},
#define NONE(table, member, why)
	MEMBERS(CALLBACK, SETTING, NONE)
#undef CALLBACK
#undef SETTING
#undef NONE
};

enum { COUNT = sizeof(members) / sizeof(*members) };

void members_tried(const struct tables *before, const struct tables *spoiled)
{
	for (struct member *m = members; m < members + COUNT; m++)
		if (m->at != SIZE_MAX &&
		    memcmp((const char *)spoiled + m->at, (const char *)before + m->at,
		           sizeof(void (*)(void))) != 0)
			m->tried = true;
}

static bool is_clause(const char *id)
{
	size_t count;
	const struct imapsrv_clause *clauses = imapsrv_storecheck_clauses(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(clauses[i].id, id))
			return true;
	return false;
}

void members_check(void (*result)(const char *name, bool ok, const char *why))
{
	for (const struct member *m = members; m < members + COUNT; m++)
		if (m->at != SIZE_MAX)
			result(m->name, m->tried, "no defect replaces it");
		else
			result(m->name, is_clause(m->clause), "there is no such clause");
}
