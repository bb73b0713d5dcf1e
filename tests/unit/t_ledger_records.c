/* SPDX-License-Identifier: MIT */
/*
 * Slots that somebody else has made: records whose checks are right and whose words are not.  What
 * is before the first wrong one is kept, it and all behind it is damage, and nothing is believed
 * that the ledger would not have written.
 */
#include "base/crc.h"
#include "ledger/record.h"
#include "unit/failalloc.h"
#include "unit/ledgerhost.h"

/*
 * A slot in words: a letter begins a record, numbers follow, f7 is a fingerprint, x80 an octet.
 * B begin, R rows, T tombstones, E end, V reserve, S settle, C change, K recover, X reset, ?
 * what there is not.
 */
static const char letters[] = "BRTEVSCKX?";

/* Messages 1 and 2, of modseq 10 and 7; 4 and 5 vanished at 8; nothing is known of what was
 * before 2. */
#define IMAGE "B 1 1 5 10 2 R 2 1 0 f7 1 3 f8 T 1 2 4 1 E 2 1 "

static const struct {
	const char *slot;
	size_t good; /* records that are kept */
	uint64_t messages, tombstones;
} forged[] = {
	{IMAGE, 4, 2, 1},
	{"B 1 1 5 10 2 E 0 0", 2, 0, 0},
	{"B 1 1 5 10 2 R 0 T 0 E 0 0", 4, 0, 0},
	/* BEGIN: version, generation, uidvalidity, highest, floor. */
	{"B 2 1 5 10 2 E 0 0", 0, 0, 0},
	{"B 1 0 5 10 2 E 0 0", 0, 0, 0},
	{"B 1 1 0 10 2 E 0 0", 0, 0, 0},
	{"B 1 1 4294967296 10 2 E 0 0", 0, 0, 0},
	{"B 1 1 5 0 0 E 0 0", 0, 0, 0},
	{"B 1 1 5 10 11 E 0 0", 0, 0, 0},
	{"B 1 1 5 10 E 0 0", 0, 0, 0},
	{"B 1 1 5 10 2 2 E 0 0", 0, 0, 0},
	/* A number of 64 bits, and one without end. */
	{"B 1 1 5 x80 x80 x80 x80 x80 x80 x80 x80 x80 x01 2 E 0 0", 0, 0, 0},
	{"B 1 1 5 10 x82 E 0 0", 0, 0, 0},
	{"R 1 1 0 f7 E 1 0", 0, 0, 0},
	/* ROWS: more than there is room for, out of order, beyond the last UID, below modseq 1. */
	{"B 1 1 5 10 2 R 3 1 0 f7 1 3 f8 E 2 0", 1, 0, 0},
	{"B 1 1 5 10 2 R 1 0 0 f7 E 1 0", 1, 0, 0},
	{"B 1 1 5 10 2 R 1 3 0 f7 R 1 0 0 f7 E 2 0", 2, 1, 0},
	{"B 1 1 5 10 2 R 2 1 0 f7 0 0 f7 E 2 0", 1, 0, 0},
	{"B 1 1 5 10 2 R 2 4294967295 0 f7 1 0 f7 E 2 0", 1, 0, 0},
	{"B 1 1 5 10 2 R 1 4294967295 0 f7 E 1 0", 3, 1, 0},
	{"B 1 1 5 10 2 R 1 1 10 f7 E 1 0", 1, 0, 0},
	{"B 1 1 5 10 2 R 1 1 9 f7 E 1 0", 3, 1, 0},
	{"B 1 1 5 10 2 R 1 1 0 f7 1 E 1 0", 1, 0, 0},
	{"B 1 1 5 10 2 R 1 x80 x80 x01 1 x01 x01 x01 x01 x01 x01 E 1 0", 1, 0, 0},
	{"B 1 1 5 10 2 R x80 E 0 0", 1, 0, 0},
	/* TOMBS: too few, of UID 0, of what is there, out of order, beyond the last UID. */
	{"B 1 1 5 10 2 T 2 2 4 1 E 0 2", 1, 0, 1},
	{"B 1 1 5 10 2 T 1 2 0 1 E 0 1", 1, 0, 0},
	{"B 1 1 5 10 2 R 1 6 0 f7 T 1 2 4 1 E 1 1", 4, 1, 1},
	{"B 1 1 5 10 2 R 1 6 0 f7 T 1 2 4 2 E 1 1", 2, 1, 0},
	{"B 1 1 5 10 2 T 2 2 4 1 3 8 1 E 0 2", 1, 0, 1},
	{"B 1 1 5 10 2 T 1 2 4 1 T 1 3 8 1 E 0 2", 2, 0, 1},
	{"B 1 1 5 10 2 T 1 2 4 1 T 1 1 8 1 E 0 2", 4, 0, 2},
	{"B 1 1 5 10 2 T 1 2 4 4294967291 E 0 1", 3, 0, 1},
	{"B 1 1 5 10 2 T 1 2 4 4294967292 E 0 1", 1, 0, 0},
	{"B 1 1 5 10 2 T 1 2 4 1 0 E 0 1", 1, 0, 1},
	{"B 1 1 5 10 2 T x80 E 0 0", 1, 0, 0},
	/* END counts what came; nothing else may stand in an image. */
	{"B 1 1 5 10 2 R 1 1 0 f7 E 2 0", 2, 1, 0},
	{"B 1 1 5 10 2 T 1 2 4 1 E 0 2", 2, 0, 1},
	{"B 1 1 5 10 2 E 0 0 0", 1, 0, 0},
	{"B 1 1 5 10 2 B 1 1 5 10 2 E 0 0", 1, 0, 0},
	{"B 1 1 5 10 2 C 11 0 0 0 E 0 0", 1, 0, 0},
	{"B 1 1 5 10 2 ? E 0 0", 1, 0, 0},
	/* A change: modseq, gone, touched, rows. */
	{IMAGE "C 11 1 1 0 1 2 0 1 3 f1", 5, 2, 2},
	{IMAGE "C 11 0 0 0", 5, 2, 1},
	{IMAGE "C 10 0 0 0", 4, 2, 1},
	{IMAGE "C 11 9 1 0 0 0", 4, 2, 1},
	{IMAGE "C 11 1 0 0 0 0", 4, 2, 1},
	{IMAGE "C 11 2 1 0 1 0 0 0", 4, 2, 1},
	{IMAGE "C 11 2 1 0 2 0 0 0", 5, 1, 3},
	{IMAGE "C 11 1 1 4294967295 0 0", 4, 2, 1},
	{IMAGE "C 11 0 1 0 0 0", 4, 2, 1},
	{IMAGE "C 11 0 2 1 0 1 0 0", 4, 2, 1},
	{IMAGE "C 11 0 0 1 0 f1", 4, 2, 1},
	{IMAGE "C 11 0 0 2 1 f1", 4, 2, 1},
	{IMAGE "C 11 0 0 1 x80 x01 x01 x01 x01 x01 x01 x01 x01", 4, 2, 1},
	{IMAGE "C 11 1 3 0 0 1 3 f1", 4, 2, 1},
	{IMAGE "C 11 0 0 1 3 f1 1", 4, 2, 1},
	{IMAGE "C 11 0 0", 4, 2, 1},
	/* The others. */
	{IMAGE "V 12 V 11 V 10", 7, 2, 1},
	{IMAGE "V 9", 4, 2, 1},
	{"B 1 1 5 9223372036854775806 2 E 0 0 V 9223372036854775807", 3, 0, 0},
	{IMAGE "V 12 12", 4, 2, 1},
	{IMAGE "V", 4, 2, 1},
	{IMAGE "S 10", 5, 2, 1},
	{IMAGE "S 11", 4, 2, 1},
	{IMAGE "V 12 K 12", 6, 2, 0},
	{IMAGE "V 12 K 11", 5, 2, 0},
	{IMAGE "X 11 6", 5, 0, 0},
	{IMAGE "X 10 6", 4, 2, 1},
	{IMAGE "X 11 0", 4, 2, 1},
	{IMAGE "X 11", 4, 2, 1},
	{IMAGE "? 11", 4, 2, 1},
	{IMAGE "R 1 3 0 f1", 4, 2, 1},
};

/* Where each record ends. */
struct ends {
	size_t count;
	size_t at[16];
};

static void seal(struct lh *lh, struct isrv_record *record, char letter, uint32_t *chain,
                 struct ends *ends)
{
	size_t type = (size_t)(strchr(letters, letter) - letters) + 1;

	assert_false(record->failed);
	*chain = isrv_record_end(record, (enum isrv_record_type)type, *chain);
	assert_int_equal(lh_append(lh, 0, record->buf.data, record->buf.len, 0), 0);
	ends->at[++ends->count] = lh->slot[0].len;
}

/* Puts what the words say into slot 0. */
static struct ends forge(struct lh *lh, const char *words)
{
	struct ends ends = {0, {0}};
	struct isrv_record record;
	struct isrv_mem mem;
	uint32_t chain = 0;
	char letter = 0;

	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_record_init(&record);
	while (*words) {
		char *end = (char *)words + 1;

		if (*words == 'f') {
			isrv_record_fixed(&record, &mem, strtoull(words + 1, &end, 10));
		} else if (*words == 'x') {
			char octet = (char)strtoul(words + 1, &end, 16);

			assert_true(isrv_buf_add(&record.buf, &mem, &octet, 1));
		} else if (*words >= '0' && *words <= '9') {
			isrv_record_number(&record, &mem, strtoull(words, &end, 10));
		} else if (*words != ' ') {
			if (letter)
				seal(lh, &record, letter, &chain, &ends);
			letter = *words;
			isrv_record_begin(&record, &mem);
		}
		words = end;
	}
	seal(lh, &record, letter, &chain, &ends);
	isrv_record_clear(&record, &mem);
	return ends;
}

static void test_forged(void **unused)
{
	static struct lh lh;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(forged); i++) {
		struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
		struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
		struct imapsrv_ledger_config config;
		struct imapsrv_ledger *ledger;
		struct ends ends;
		int error;

		lh_init(&lh);
		config = lh_config(&lh);
		ends = forge(&lh, forged[i].slot);
		error = imapsrv_ledger_open(&config, strchr(forged[i].slot, 'X') ? 6 : 5, &opened,
		                            &ledger);
		ROW(i, error == (forged[i].good ? 0 : IMAPSRV_ESTATE));
		ROW(i, !(opened.found & IMAPSRV_LEDGER_LOST) == !error);
		if (error)
			continue;
		ROW(i, !(opened.found & IMAPSRV_LEDGER_DAMAGED) == (forged[i].good == ends.count));
		ROW(i, opened.offset == ends.at[forged[i].good]);
		ROW(i, opened.octets == ends.at[ends.count] - opened.offset);
		ROW(i, imapsrv_ledger_status(ledger, &status) == 0);
		if (!strchr(forged[i].slot, 'X'))
			ROW(i, status.messages == forged[i].messages);
		/* Damage, and what was not settled: all before it is forgotten. */
		if (opened.found)
			ROW(i, status.complete_since == imapsrv_ledger_highest(ledger));
		else
			ROW(i, status.tombstones == forged[i].tombstones);
		imapsrv_ledger_free(ledger);
	}
}

/* A length can be believed when its check is right: up to the longest record there is. */
static void test_lengths(void **unused)
{
	static const struct {
		uint32_t len;
		uint32_t found;
	} rows[] = {
		{4, IMAPSRV_LEDGER_TORN},
		{ISRV_RECORD_MAX, IMAPSRV_LEDGER_TORN},
		{ISRV_RECORD_MAX + 1, IMAPSRV_LEDGER_DAMAGED},
		{UINT32_MAX, IMAPSRV_LEDGER_DAMAGED},
	};
	static struct lh lh;
	size_t i, k;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;
		struct imapsrv_ledger_config config;
		struct imapsrv_ledger *ledger;
		unsigned char *last, *before;
		struct ends ends;
		uint32_t check;

		lh_init(&lh);
		config = lh_config(&lh);
		/* Its header is the last one there is, and says how long it would be. */
		ends = forge(&lh, "B 1 1 5 10 2 E 0 0 V");
		last = lh.slot[0].data + ends.at[2];
		/* END has two numbers; its own check stands before them. */
		before = last - 2 - 4;
		check = 0;
		for (k = 0; k < 4; k++) {
			check |= (uint32_t)before[k] << 8 * k;
			last[k] = (unsigned char)(rows[i].len >> 8 * k);
		}
		check = isrv_crc_add(check, last, 12);
		for (k = 0; k < 4; k++)
			last[12 + k] = (unsigned char)(check >> 8 * k);
		ROW(i, imapsrv_ledger_open(&config, 5, &opened, &ledger) == 0);
		ROW(i, opened.found == rows[i].found);
		ROW(i, opened.offset == ends.at[2]);
		imapsrv_ledger_free(ledger);
	}
}

/* Tombstones from before the floor are not kept, and do not take it back. */
static void test_floor(void **unused)
{
	struct imapsrv_ledger_status status = IMAPSRV_LEDGER_STATUS_INIT;
	struct imapsrv_range range = {1, 1};
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	static struct lh lh;

	(void)unused;
	lh_init(&lh);
	forge(&lh, "B 1 1 5 10 9 R 1 1 0 f7 T 1 7 4 0 E 1 1");
	config = lh_config(&lh);
	config.tombstones = 1;
	assert_int_equal(imapsrv_ledger_open(&config, 5, NULL, &ledger), 0);
	assert_int_equal(imapsrv_ledger_vanish(ledger, (struct imapsrv_set){&range, 1}, NULL), 0);
	assert_int_equal(imapsrv_ledger_status(ledger, &status), 0);
	assert_int_equal(status.tombstones, 1);
	assert_int_equal(status.complete_since, 9);
	imapsrv_ledger_free(ledger);
}

/* Nobody compacts so often: another image is refused, and changes go on. */
static void test_generations(void **unused)
{
	struct imapsrv_ledger_row row = {9, 7, 0};
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	static struct lh lh;

	(void)unused;
	lh_init(&lh);
	forge(&lh, "B 1 9223372036854775807 5 10 2 E 0 0");
	config = lh_config(&lh);
	assert_int_equal(imapsrv_ledger_open(&config, 5, NULL, &ledger), 0);
	assert_int_equal(imapsrv_ledger_compact(ledger), IMAPSRV_ETOOBIG);
	assert_int_equal(imapsrv_ledger_add(ledger, &row, 1, NULL), 0);
	assert_int_equal(imapsrv_ledger_modseq(ledger, 9), 11);
	imapsrv_ledger_free(ledger);
}

/* ---- hosts that read badly ------------------------------------------------------------------- */

static size_t reads, wrong_read;

/* One read says that it has given more than there was room for. */
static int read_too_much(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                         size_t *got_r)
{
	int error = lh_read(user, slot, offset, to, len, got_r);

	if (++reads == wrong_read)
		*got_r = len + 1;
	return error;
}

/* From one read on other octets are there. */
static int read_other(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                      size_t *got_r)
{
	int error = lh_read(user, slot, offset, to, len, got_r);

	if (++reads >= wrong_read && *got_r)
		((char *)to)[0] ^= 1;
	return error;
}

static void test_reads(void **unused)
{
	static struct lh lh;
	struct imapsrv_ledger_config config;
	struct imapsrv_ledger *ledger;
	int error, way;

	(void)unused;
	for (way = 0; way < 2; way++) {
		for (wrong_read = 1;; wrong_read++) {
			struct imapsrv_ledger_opened opened = IMAPSRV_LEDGER_OPENED_INIT;

			lh_init(&lh);
			/* Slot 0 has no end: it is read in the hope of one, and again. */
			forge(&lh, "B 1 2 5 10 2 R 2 1 0 f7 1 0 f7 R 2 1 0 f7 1 0 f7");
			lh.io.read = way ? read_other : read_too_much;
			config = lh_config(&lh);
			reads = 0;
			error = imapsrv_ledger_open(&config, 5, &opened, &ledger);
			if (!error) {
				assert_true(reads < wrong_read || way);
				assert_int_equal(opened.found, IMAPSRV_LEDGER_DAMAGED);
				imapsrv_ledger_free(ledger);
			} else if (way) {
				assert_int_equal(error, IMAPSRV_ESTATE);
				assert_int_equal(opened.found, IMAPSRV_LEDGER_LOST);
			} else {
				assert_int_equal(error, IMAPSRV_EHOST);
			}
			if (reads < wrong_read)
				break;
		}
		assert_true(wrong_read > 3);
	}
}

/* ---- memory ---------------------------------------------------------------------------------- */

enum { SPREAD = 40 };

static struct imapsrv_range ranges[2 * SPREAD];

/* Every second UID. */
static struct imapsrv_set spread(size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		ranges[i].first = ranges[i].last = (uint32_t)(2 * i + 1);
	return (struct imapsrv_set){ranges, count};
}

static int act(struct imapsrv_ledger *ledger, int what, size_t size)
{
	struct imapsrv_ledger_vanished vanished = IMAPSRV_LEDGER_VANISHED_INIT;
	struct imapsrv_ledger_row rows[2 * SPREAD];
	struct imapsrv_set set = spread(size);
	size_t i;

	for (i = 0; i < size; i++)
		rows[i] = (struct imapsrv_ledger_row){(uint32_t)(i + 1), i, 0};
	switch (what) {
	case 0:
		return imapsrv_ledger_vanish(ledger, set, NULL);
	case 1:
		return imapsrv_ledger_touch_set(ledger, set, NULL);
	case 2:
		return imapsrv_ledger_add(ledger, rows, size, NULL);
	case 3:
		return imapsrv_ledger_touch(ledger, rows, size, NULL);
	case 4:
		return imapsrv_ledger_compact(ledger);
	case 5:
		return imapsrv_ledger_reset(ledger, UINT32_MAX);
	case 6:
		return imapsrv_ledger_raise(ledger, NULL);
	default:
		return imapsrv_ledger_vanished_since(ledger, 0, &vanished);
	}
}

/* One allocation after the other fails, also of those by which a ledger is opened: the ledger is as
 * it was, and what was refused is done when there is memory again. */
static void test_memory(void **unused)
{
	static struct failalloc fa;
	static struct lh lh;
	size_t size, nth;
	int what;

	(void)unused;
	for (what = 0; what < 8; what++) {
		for (size = 1; size <= SPREAD; size++) {
			for (nth = 1;; nth++) {
				struct imapsrv_ledger_config config;
				struct imapsrv_ledger *ledger;
				uint64_t highest;
				int error;

				lh_init(&lh);
				failalloc_init(&fa);
				config = lh_config(&lh);
				config.allocator = &fa.allocator;
				config.synced = what % 2;
				assert_int_equal(imapsrv_ledger_open(&config, 5, NULL, &ledger), 0);
				assert_int_equal(act(ledger, 2, SPREAD + 10), 0);
				assert_int_equal(act(ledger, 0, size / 2), 0);
				imapsrv_ledger_free(ledger);
				fa.calls = 0;
				fa.fail_first = nth;
				error = imapsrv_ledger_open(&config, 5, NULL, &ledger);
				if (error) {
					assert_int_equal(error, IMAPSRV_ENOMEM);
					assert_int_equal(fa.held, 0);
					continue;
				}
				highest = imapsrv_ledger_highest(ledger);
				error = act(ledger, what, size);
				if (error) {
					assert_int_equal(error, IMAPSRV_ENOMEM);
					assert_int_equal(imapsrv_ledger_highest(ledger), highest);
					assert_int_equal(act(ledger, what, size), 0);
				}
				if (what != 4 && what < 7)
					assert_int_equal(imapsrv_ledger_highest(ledger),
					                 highest + 1);
				highest = imapsrv_ledger_highest(ledger);
				assert_int_equal(imapsrv_ledger_settle(ledger), 0);
				imapsrv_ledger_free(ledger);
				assert_int_equal(fa.held, 0);
				config.allocator = NULL;
				assert_int_equal(
					imapsrv_ledger_open(&config, what == 5 ? UINT32_MAX : 5,
				                            NULL, &ledger), 0);
				assert_int_equal(imapsrv_ledger_highest(ledger), highest);
				imapsrv_ledger_free(ledger);
				if (!error && fa.calls < nth)
					break;
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forged), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_floor),  cmocka_unit_test(test_generations),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
