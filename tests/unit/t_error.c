/* SPDX-License-Identifier: MIT */
/* base/error: each error has its own words and is fatal or not, as types.h says. */
#include <limits.h>

#include "unit/row.h"

#include "imapsrv/types.h"

static const struct {
	int error;
	int fatal;
	int known;
} errors[] = {
	{0, 0, 1},
	{IMAPSRV_EINVAL, 0, 1},
	{IMAPSRV_ESTATE, 0, 1},
	{IMAPSRV_EREENTER, 0, 1},
	{IMAPSRV_ETOOBIG, 0, 1},
	{IMAPSRV_EFATAL, 1, 1},
	{IMAPSRV_ENOMEM, 1, 1},
	{IMAPSRV_ECLOSED, 1, 1},
	{-104, 1, 0},
	{IMAPSRV_EHOST, 1, 1},
	{1, 0, 0},
	{INT_MAX, 0, 0},
	{-5, 0, 0},
	{-99, 0, 0},
	{-105, 1, 0},
	{INT_MIN, 1, 0},
};

static void test_fatal(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(errors); i++)
		ROW(i, imapsrv_is_fatal(errors[i].error) == errors[i].fatal);
}

static void test_strerror(void **state)
{
	const char *unknown = imapsrv_strerror(12345);
	size_t i, k;

	(void)state;
	assert_non_null(unknown);
	for (i = 0; i < COUNT(errors); i++) {
		const char *text = imapsrv_strerror(errors[i].error);

		ROW(i, text && *text);
		ROW(i, (strcmp(text, unknown) != 0) == (errors[i].known != 0));
		for (k = 0; k < i; k++)
			ROW(i, !errors[i].known ||
			               strcmp(text, imapsrv_strerror(errors[k].error)) != 0);
	}
}

static void test_version(void **state)
{
	char text[32];

	(void)state;
	snprintf(text, sizeof(text), "%d.%d.%d", IMAPSRV_VERSION_MAJOR, IMAPSRV_VERSION_MINOR,
	         IMAPSRV_VERSION_PATCH);
	assert_string_equal(IMAPSRV_VERSION, text);
	assert_string_equal(imapsrv_version(), text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fatal),
		cmocka_unit_test(test_strerror),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
