/* SPDX-License-Identifier: MIT */
/*
 * message/eol against a naive converter: every text of up to 7 octets made of CR, LF and a letter,
 * cut at every two places, converted into every size of output.
 */
#include "message/eol.h"
#include "unit/row.h"

enum { LEN_MAX = 7, ROOM_MAX = 5 };

static size_t naive(char *out, const char *data, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = data[i];
	}
	return n;
}

/* One piece, in steps of at most `room` octets, each in blocks of exactly the size it may touch. */
static size_t convert(size_t row, char *out, const char *data, size_t len, size_t room, bool *cr)
{
	size_t done = 0, at = 0, taken, put;

	while (at < len) {
		char *from = exact(data + at, len - at), *to = exact(NULL, room);

		isrv_eol_put(to, room, &put, from, len - at, &taken, cr);
		ROW(row, taken > 0 && taken <= len - at && put <= room);
		memcpy(out + done, to, put);
		free(from);
		free(to);
		at += taken;
		done += put;
	}
	return done;
}

static void check(size_t row, const char *text, size_t len, size_t one, size_t two)
{
	const size_t cuts[] = {0, one, two, len};
	char want[2 * LEN_MAX + 1], got[2 * LEN_MAX + 1];
	size_t expected = naive(want, text, len), n, i, room;
	uint64_t size = 0;
	bool cr = false;

	for (i = 0; i < 3; i++) {
		char *piece = exact(text + cuts[i], cuts[i + 1] - cuts[i]);

		size += isrv_eol_size(piece, cuts[i + 1] - cuts[i], &cr);
		free(piece);
	}
	ROW(row, size == expected);
	for (room = 2; room <= ROOM_MAX; room++) {
		n = 0;
		cr = false;
		for (i = 0; i < 3; i++)
			n += convert(row, got + n, text + cuts[i], cuts[i + 1] - cuts[i], room,
			             &cr);
		ROW(row, n == expected && memcmp(got, want, n) == 0);
	}
}

static void test_all_short(void **state)
{
	size_t len, row, one, two, i, texts = 1;

	(void)state;
	for (len = 0; len <= LEN_MAX; len++, texts *= 3) {
		for (row = 0; row < texts; row++) {
			char text[LEN_MAX];
			size_t code = row;

			for (i = 0; i < len; i++, code /= 3)
				text[i] = "\r\nx"[code % 3];
			for (one = 0; one <= len; one++) {
				for (two = one; two <= len; two++)
					check(row, text, len, one, two);
			}
		}
	}
}

static const struct {
	const char *data;
	size_t len;
	bool cr; /* before it */
	const char *wire;
	size_t wire_len;
	bool cr_after;
} rows[] = {
	{BYTES(""), false, BYTES(""), false},
	{BYTES(""), true, BYTES(""), true},
	{BYTES("\n"), true, BYTES("\n"), false},
	{BYTES("\n"), false, BYTES("\r\n"), false},
	{BYTES("\n\n"), true, BYTES("\n\r\n"), false},
	{BYTES("a\r"), false, BYTES("a\r"), true},
	{BYTES("a\r\nb\n"), false, BYTES("a\r\nb\r\n"), false},
	{BYTES("\r\r\n"), false, BYTES("\r\r\n"), false},
	{BYTES("a\0\n\xff\n"), false, BYTES("a\0\r\n\xff\r\n"), false},
};

static void test_rows(void **state)
{
	size_t i, taken, put;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		char *data = exact(rows[i].data, rows[i].len), out[16];
		bool cr = rows[i].cr;

		ROW(i, isrv_eol_size(data, rows[i].len, &cr) == rows[i].wire_len);
		ROW(i, cr == rows[i].cr_after);
		cr = rows[i].cr;
		isrv_eol_put(out, sizeof(out), &put, data, rows[i].len, &taken, &cr);
		ROW(i, taken == rows[i].len && put == rows[i].wire_len);
		ROW(i, put == 0 || memcmp(out, rows[i].wire, put) == 0);
		ROW(i, cr == rows[i].cr_after);
		free(data);
	}
}

/* Where only one octet is free, what needs two waits, and nothing else does. */
static void test_no_room(void **state)
{
	size_t taken, put;
	bool cr = false;
	char out[1];

	(void)state;
	isrv_eol_put(out, 1, &put, "\nx", 2, &taken, &cr);
	assert_true(put == 0 && taken == 0 && !cr);
	cr = true;
	isrv_eol_put(out, 1, &put, "\nx", 2, &taken, &cr);
	assert_true(put == 1 && taken == 1 && out[0] == '\n' && !cr);
	isrv_eol_put(out, 0, &put, "x", 1, &taken, &cr);
	assert_true(put == 0 && taken == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_all_short),
	};

	return cmocka_run_group_tests_name("eol", tests, NULL, NULL);
}
