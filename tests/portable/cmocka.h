/* SPDX-License-Identifier: MIT */
/*
 * As much of cmocka as the unit tests use, for machines for which there is no cmocka: tests that
 * jump out when they fail, groups with a setup and a teardown, and the summary that tests/run.sh
 * reads.  Mocks, expectations and the checks of the heap are not here.
 */
#ifndef TESTS_PORTABLE_CMOCKA_H
#define TESTS_PORTABLE_CMOCKA_H

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int CMFixtureFunction(void **state);

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	CMFixtureFunction *setup;
	CMFixtureFunction *teardown;
};

enum cm_outcome { CM_PASSED, CM_FAILED, CM_SKIPPED };

/* Weak: one of each in a program of several files. */
__attribute__((weak)) jmp_buf cm_out;
__attribute__((weak)) enum cm_outcome cm_outcome;
__attribute__((weak)) const char *cm_filter;

#define cmocka_unit_test(f)                        {#f, f, NULL, NULL}
#define cmocka_unit_test_setup(f, up)              {#f, f, up, NULL}
#define cmocka_unit_test_teardown(f, down)         {#f, f, NULL, down}
#define cmocka_unit_test_setup_teardown(f, up, dn) {#f, f, up, dn}

static inline _Noreturn void cm_leave(enum cm_outcome outcome)
{
	cm_outcome = outcome;
	longjmp(cm_out, 1);
}

__attribute__((format(printf, 3, 4))) static inline _Noreturn void
cm_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "[  ERROR   ] --- ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n%s:%d: error: Failure!\n", file, line);
	cm_leave(CM_FAILED);
}

static inline void cm_check(bool good, const char *what, const char *file, int line)
{
	if (!good)
		cm_fail(file, line, "%s", what);
}

static inline void cm_check_equal(uintmax_t a, uintmax_t b, bool equal, const char *file, int line)
{
	if ((a == b) != equal)
		cm_fail(file, line, "%#jx %s %#jx", a, equal ? "!=" : "==", b);
}

static inline void cm_check_range(uintmax_t n, uintmax_t least, uintmax_t most, const char *file,
                                  int line)
{
	if (n < least || n > most)
		cm_fail(file, line, "%ju is not within the range %ju-%ju", n, least, most);
}

static inline void cm_check_string(const char *a, const char *b, const char *file, int line)
{
	if (strcmp(a, b) != 0)
		cm_fail(file, line, "\"%s\" != \"%s\"", a, b);
}

static inline void cm_check_memory(const void *a, const void *b, size_t size, const char *file,
                                   int line)
{
	for (size_t i = 0; i < size; i++)
		if (((const unsigned char *)a)[i] != ((const unsigned char *)b)[i])
			cm_fail(file, line, "difference at offset %zu", i);
}

#define fail_msg(...)            cm_fail(__FILE__, __LINE__, __VA_ARGS__)
#define fail()                   cm_fail(__FILE__, __LINE__, "failed")
#define skip()                   cm_leave(CM_SKIPPED)
#define print_error(...)         ((void)fprintf(stderr, __VA_ARGS__))
#define print_message(...)       ((void)printf(__VA_ARGS__))
#define assert_true(c)           cm_check((c) ? true : false, #c, __FILE__, __LINE__)
#define assert_false(c)          cm_check((c) ? false : true, "not: " #c, __FILE__, __LINE__)
#define assert_non_null(p)       cm_check((p) != NULL, #p " is NULL", __FILE__, __LINE__)
#define assert_null(p)           cm_check((p) == NULL, #p " is not NULL", __FILE__, __LINE__)
#define assert_string_equal(a, b) cm_check_string(a, b, __FILE__, __LINE__)
#define assert_memory_equal(a, b, size) cm_check_memory(a, b, size, __FILE__, __LINE__)
#define assert_ptr_equal(a, b)                                                                     \
	cm_check((const void *)(a) == (const void *)(b), #a " != " #b, __FILE__, __LINE__)
#define assert_int_equal(a, b)                                                                     \
	cm_check_equal((uintmax_t)(a), (uintmax_t)(b), true, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                                                 \
	cm_check_equal((uintmax_t)(a), (uintmax_t)(b), false, __FILE__, __LINE__)
#define assert_in_range(n, least, most)                                                            \
	cm_check_range((uintmax_t)(n), (uintmax_t)(least), (uintmax_t)(most), __FILE__, __LINE__)

/* Only tests whose names match. */
static inline void cmocka_set_test_filter(const char *pattern)
{
	cm_filter = pattern;
}

static inline enum cm_outcome cm_run(const struct CMUnitTest *test, void **state)
{
	cm_outcome = CM_PASSED;
	if (setjmp(cm_out) == 0) {
		if (test->setup && test->setup(state) != 0)
			cm_leave(CM_FAILED);
		test->test(state);
	}
	if (test->teardown && test->teardown(state) != 0)
		cm_outcome = CM_FAILED;
	return cm_outcome;
}

static inline int cm_run_group(const char *group, const struct CMUnitTest *tests, size_t count,
                               CMFixtureFunction *setup, CMFixtureFunction *teardown)
{
	static const char *const words[] = {"      OK", " FAILED ", " SKIPPED"};
	size_t counts[3] = {0};
	void *state = NULL;

	printf("[==========] %s: Running %zu test(s).\n", group, count);
	if (setup && setup(&state) != 0) {
		printf("[  FAILED  ] %zu test(s), in the setup of their group\n", count);
		return (int)count;
	}
	for (size_t i = 0; i < count; i++) {
		void *own = state;
		enum cm_outcome outcome;

		if (cm_filter && fnmatch(cm_filter, tests[i].name, 0) != 0)
			continue;
		printf("[ RUN      ] %s\n", tests[i].name);
		fflush(stdout);
		outcome = cm_run(&tests[i], &own);
		counts[outcome]++;
		printf("[ %s ] %s\n", words[outcome], tests[i].name);
	}
	if (teardown && teardown(&state) != 0)
		counts[CM_FAILED]++;
	printf("[  PASSED  ] %zu test(s).\n", counts[CM_PASSED]);
	if (counts[CM_SKIPPED])
		printf("[  SKIPPED ] %zu test(s).\n", counts[CM_SKIPPED]);
	if (counts[CM_FAILED])
		printf("[  FAILED  ] %zu test(s).\n", counts[CM_FAILED]);
	fflush(stdout);
	return (int)counts[CM_FAILED];
}

#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
	cm_run_group(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
	cmocka_run_group_tests_name(#tests, tests, setup, teardown)

#endif
