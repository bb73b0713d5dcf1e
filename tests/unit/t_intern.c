/* SPDX-License-Identifier: MIT */
/* search/intern: numbers in the order of coming, against a list; the steps of texts that are chosen
 * to make the tree deep; and memory that fails at each place. */
#include "search/intern.h"

#include "unit/failalloc.h"

static uint32_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32);
}

struct list {
	char texts[3000][12];
	size_t lens[3000];
	uint32_t count;
};

static uint32_t find(struct list *list, const char *text, size_t len)
{
	uint32_t i = 0;

	while (i < list->count &&
	       (list->lens[i] != len || memcmp(list->texts[i], text, len) != 0))
		i++;
	if (i == list->count) {
		memcpy(list->texts[i], text, len);
		list->lens[i] = len;
		list->count++;
	}
	return i;
}

static void test_random(void **unused)
{
	static struct list list;
	struct isrv_intern t;
	struct isrv_mem mem;
	uint64_t steps = 0, seed = 77;
	uint32_t i;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_intern_init(&t, &mem, &steps);
	for (i = 0; i < 3000; i++) {
		char text[12], *block;
		size_t len = draw(&seed) % 7, k;
		uint32_t before = list.count, number;
		bool new;

		for (k = 0; k < len; k++)
			text[k] = "\0ab\x7f\xff"[draw(&seed) % 5];
		number = find(&list, text, len);
		block = exact(text, len);
		ROW(i, isrv_intern_put(&t, (struct imapsrv_span){block, len}, &new) == number);
		ROW(i, new == (list.count > before));
		free(block);
	}
	assert_int_equal(isrv_intern_count(&t), list.count);
	for (i = 0; i < list.count; i++) {
		struct imapsrv_span text = isrv_intern_text(&t, i);

		ROW(i, text.len == list.lens[i] && memcmp(text.data, list.texts[i], text.len) == 0);
	}
	isrv_intern_clear(&t);
	assert_int_equal(mem.used, 0);
}

/* Each one is the beginning of the next: as deep as a tree of them can be. */
static void test_steps(void **unused)
{
	static char text[4000];
	struct isrv_intern t;
	struct isrv_mem mem;
	uint64_t steps = 0, octets = 0;
	size_t len;

	(void)unused;
	memset(text, 'x', sizeof(text));
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_intern_init(&t, &mem, &steps);
	for (len = 0; len < sizeof(text); len++) {
		assert_int_equal(isrv_intern_put(&t, (struct imapsrv_span){text, len}, NULL), len);
		octets += len + 1;
	}
	assert_true(steps <= 10 * octets);
	isrv_intern_clear(&t);
}

static void test_failures(void **unused)
{
	size_t fail;
	bool ok = false;

	(void)unused;
	for (fail = 1; !ok; fail++) {
		struct failalloc a;
		struct isrv_intern t;
		struct isrv_mem mem;
		uint64_t steps = 0;
		uint32_t i, number = 0, kept = 0;
		char text[4];

		failalloc_init(&a);
		a.fail_first = fail;
		isrv_mem_init(&mem, &a.allocator, SIZE_MAX);
		isrv_intern_init(&t, &mem, &steps);
		for (i = 0; i < 40; i++) {
			struct imapsrv_span span = {text, 4};

			memset(text, (int)i, sizeof(text));
			number = isrv_intern_put(&t, span, NULL);
			if (number == ISRV_INTERN_NONE) /* and nothing has changed: */
				number = isrv_intern_put(&t, span, NULL);
			else
				kept++;
			assert_int_equal(number, i);
		}
		ok = kept == 40;
		isrv_intern_clear(&t);
		assert_int_equal(mem.used, 0);
	}
	assert_true(fail > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
