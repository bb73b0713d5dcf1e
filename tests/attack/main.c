/* SPDX-License-Identifier: MIT */
/* attack/main - runs them all, or those whose names match the argument (as "T20*"). */
#include "attack/attacks.h"
#include "unit/row.h"

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T06_lists),
		cmocka_unit_test(T18_patterns),
		cmocka_unit_test(T20_tokens),
		cmocka_unit_test(T21_sets),
		cmocka_unit_test(T22_resync),
		cmocka_unit_test(T24_searches),
		cmocka_unit_test(T25_threads),
		cmocka_unit_test(T26_parts),
		cmocka_unit_test(T28_headers),
		cmocka_unit_test(T39_events),
		cmocka_unit_test(T40_floods),
		cmocka_unit_test(R07_changes),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("attack", tests, NULL, NULL);
}
