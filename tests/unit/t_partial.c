/* SPDX-License-Identifier: MIT */
/* command/partial: which places a partial-range means, by table. */
#include "unit/row.h"

#include "command/partial.h"

static void test_places(void **unused)
{
	static const struct {
		struct isrv_partial partial;
		uint32_t count;
		uint32_t first, last; /* 0: none */
	} rows[] = {
		{{1, 1, false}, 0, 0, 0},
		{{1, 1, true}, 0, 0, 0},
		{{1, 1, false}, 1, 1, 1},
		{{1, 1, true}, 1, 1, 1},
		{{2, 1, false}, 1, 1, 1},
		{{2, 3, false}, 1, 0, 0},
		{{3, 5, false}, 10, 3, 5},
		{{5, 3, false}, 10, 3, 5},
		{{3, 5, true}, 10, 6, 8},
		{{5, 3, true}, 10, 6, 8},
		{{8, 12, false}, 10, 8, 10},
		{{8, 12, true}, 10, 1, 3},
		{{11, 12, true}, 10, 0, 0},
		{{10, 10, false}, 10, 10, 10},
		{{10, 10, true}, 10, 1, 1},
		{{1, UINT32_MAX, false}, UINT32_MAX, 1, UINT32_MAX},
		{{1, UINT32_MAX, true}, UINT32_MAX, 1, UINT32_MAX},
		{{UINT32_MAX, UINT32_MAX, true}, UINT32_MAX, 1, 1},
		{{UINT32_MAX, UINT32_MAX, false}, UINT32_MAX - 1, 0, 0},
	};
	uint32_t first, last;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		ROW(i, isrv_partial_of(&rows[i].partial, rows[i].count, &first, &last) ==
		               (rows[i].first != 0));
		if (rows[i].first)
			ROW(i, first == rows[i].first && last == rows[i].last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_places)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
