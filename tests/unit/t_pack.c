/* SPDX-License-Identifier: MIT */
/* Values to octets and back, and octets that are no values. */
#include "base/pack.h"
#include "unit/failalloc.h"

static void t_numbers(void **state)
{
	static const uint64_t numbers[] = {0,      1,          127,        128,       255,
	                                   16383,  16384,      UINT32_MAX, INT64_MAX, UINT64_MAX,
	                                   1ull << 63, UINT64_MAX - 1};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		char octets[10];
		struct isrv_pack p;
		struct isrv_unpack u;

		isrv_pack_init(&p, NULL, 0);
		isrv_pack_u64(&p, numbers[i]);
		ROW(i, p.len <= 10);
		isrv_pack_init(&p, octets, sizeof(octets));
		isrv_pack_u64(&p, numbers[i]);
		for (size_t len = 0; len <= p.len; len++) {
			char *cut = exact(octets, len);

			isrv_unpack_init(&u, cut, len);
			ROW(i, isrv_unpack_u64(&u) == (len < p.len ? 0 : numbers[i]));
			ROW(i, u.error == (len < p.len ? IMAPSRV_EINVAL : 0));
			ROW(i, u.at == u.end);
			free(cut);
		}
		isrv_unpack_init(&u, octets, p.len);
		(void)isrv_unpack_u32(&u);
		ROW(i, (u.error != 0) == (numbers[i] > UINT32_MAX));
	}
}

/* Each number has one form; these are none. */
static void t_no_numbers(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
	} rows[] = {
		{BYTES("\x80\x00")},
		{BYTES("\xff\x80\x00")},
		{BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")},
		{BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81")},
		{BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct isrv_unpack u;

		isrv_unpack_init(&u, rows[i].octets, rows[i].len);
		ROW(i, isrv_unpack_u64(&u) == 0 && u.error == IMAPSRV_EINVAL);
	}
}

static void t_sets(void **state)
{
	static const struct imapsrv_range rows[][4] = {
		{{1, 1}},
		{{1, UINT32_MAX}},
		{{UINT32_MAX, UINT32_MAX}},
		{{1, 5}, {7, 7}, {9, 100000}, {UINT32_MAX - 1, UINT32_MAX}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_set set = {rows[i], 0};
		struct failalloc fa;
		struct isrv_mem mem;
		struct isrv_uidset back;
		struct isrv_unpack u;
		struct isrv_pack p;
		char octets[64];

		while (set.count < 4 && rows[i][set.count].first)
			set.count++;
		isrv_pack_init(&p, octets, sizeof(octets));
		isrv_pack_set(&p, set);
		failalloc_init(&fa);
		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		isrv_uidset_init(&back, 1);
		isrv_unpack_init(&u, octets, p.len);
		isrv_unpack_set(&u, &mem, &back);
		ROW(i, !u.error && u.at == u.end && back.count == set.count && back.max == 1);
		ROW(i, !memcmp(back.ranges, rows[i], set.count * sizeof(rows[i][0])));
		isrv_uidset_clear(&back, &mem);
		fa.fail_first = fa.calls + 1;
		isrv_unpack_init(&u, octets, p.len);
		isrv_unpack_set(&u, &mem, &back);
		ROW(i, u.error == IMAPSRV_ENOMEM);
		isrv_uidset_clear(&back, &mem);
		ROW(i, fa.held == 0);
	}
}

static void t_no_sets(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
	} rows[] = {
		{BYTES("")},                                /* no end */
		{BYTES("\x01")},                            /* half a range */
		{BYTES("\x01\x00")},                        /* no end */
		{BYTES("\x01\x00\x01\x00\x00")},            /* touches */
		{BYTES("\x02\xff\xff\xff\xff\x0f\x00")},    /* above 32 bits */
		{BYTES("\x01\xfe\xff\xff\xff\x0f\x02\x00\x00")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct isrv_uidset back;
		struct isrv_unpack u;
		struct isrv_mem mem;

		isrv_mem_init(&mem, NULL, SIZE_MAX);
		isrv_uidset_init(&back, SIZE_MAX);
		isrv_unpack_init(&u, rows[i].octets, rows[i].len);
		isrv_unpack_set(&u, &mem, &back);
		ROW(i, u.error == IMAPSRV_EINVAL);
		isrv_uidset_clear(&back, &mem);
	}
}

static void t_texts(void **state)
{
	struct isrv_unpack u;
	struct isrv_pack p;
	char octets[16];

	(void)state;
	isrv_pack_init(&p, octets, sizeof(octets));
	isrv_pack_raw(&p, "\0\0\0\0", 4);
	isrv_pack_span(&p, (struct imapsrv_span){"abc", 3});
	isrv_pack_span(&p, (struct imapsrv_span){NULL, 0});
	isrv_pack_patch(&p, 0, 0x80000102u);
	assert_int_equal(p.len, 9);
	isrv_unpack_init(&u, octets, p.len);
	assert_int_equal(isrv_unpack_fixed(&u), 0x80000102u);
	assert_int_equal(isrv_unpack_span(&u).len, 3);
	assert_int_equal(isrv_unpack_span(&u).len, 0);
	assert_int_equal(u.error, 0);
	assert_int_equal(isrv_unpack_span(&u).len, 0);
	assert_int_equal(u.error, IMAPSRV_EINVAL);
	/* What does not fit is counted and not written. */
	isrv_pack_init(&p, octets, 5);
	isrv_pack_raw(&p, "\0\0\0\0", 4);
	isrv_pack_span(&p, (struct imapsrv_span){"abc", 3});
	isrv_pack_raw(&p, "x", 1);
	isrv_pack_patch(&p, 0, 7);
	assert_int_equal(p.len, 9);
	assert_int_equal(octets[0], 0);
	isrv_unpack_init(&u, "\x02", 1);
	assert_false(isrv_unpack_bool(&u));
	assert_int_equal(u.error, IMAPSRV_EINVAL);
	isrv_unpack_init(&u, "abc", 3);
	assert_int_equal(isrv_unpack_fixed(&u), 0);
	assert_int_equal(u.error, IMAPSRV_EINVAL);
}

static void t_names(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		bool good;
	} rows[] = {
		{BYTES("\x00"), true},          {BYTES("\x05INBOX"), true},
		{BYTES("\x05INBOx"), false},    {BYTES("\x06INBOXx"), true},
		{BYTES("\x02\xc3\xa9"), true},  {BYTES("\x01\xc3"), false},
		{BYTES("\x02" "a\n"), false},   {BYTES("\x02" "a\0"), false},
		{BYTES("\x03" "ab"), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct isrv_unpack u;
		struct imapsrv_span name;

		isrv_unpack_init(&u, rows[i].octets, rows[i].len);
		name = isrv_unpack_name(&u);
		ROW(i, (u.error == 0) == rows[i].good && (u.error == 0 || !name.len));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_numbers), cmocka_unit_test(t_no_numbers),
		cmocka_unit_test(t_sets),    cmocka_unit_test(t_no_sets),
		cmocka_unit_test(t_texts),   cmocka_unit_test(t_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
