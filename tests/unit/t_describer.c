/* SPDX-License-Identifier: MIT */
/* The public describer: any cutting gives the same, misuse is refused, memory may fail anywhere,
 * previews of each kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "imapsrv.h"
#include "unit/failalloc.h"
#include "unit/row.h"

static const struct {
	const char *message;
	const char *preview;
} rows[] = {
	{"Subject: a\r\n\r\nHello there.\r\n", "Hello there."},
	{"Subject: a\n\nHello\nthere.\n", "Hello there."},
	{"Content-Type: text/html\r\n\r\n<p>Hello <b>there</b>.", "Hello there."},
	{"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<i>html</i>\r\n"
	 "--x\r\n\r\nplain\r\n--x--\r\n",
	 "plain"},
	{"Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n", "Hello"},
	{"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nna\xefve", "na\xc3\xafve"},
	{"Subject: a\r\n\r\nna\xc3\xafve", "na\xc3\xafve"},
	{"Content-Type: application/octet-stream\r\n\r\nxyz", ""},
	{"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nxyz", ""},
	{"", ""},
};

static int describe(const struct imapsrv_allocator *allocator, const char *message, size_t piece,
                    struct imapsrv_describer **d_r, struct imapsrv_span *description_r)
{
	size_t len = strlen(message);
	int error = imapsrv_describer_new(allocator, NULL, d_r);

	for (size_t at = 0; !error && at < len; at += piece)
		error = imapsrv_describer_feed(*d_r, message + at, len - at < piece ? len - at : piece);
	return error ? error : imapsrv_describer_finish(*d_r, description_r);
}

static int preview(struct imapsrv_describer *d, const char *message, size_t piece,
                   struct imapsrv_span *preview_r)
{
	uint64_t offset, octets;
	int enough = 0, error = imapsrv_describer_text(d, &offset, &octets);

	for (uint64_t at = 0; !error && !enough && at < octets; at += piece)
		error = imapsrv_describer_feed_text(d, message + offset + at,
		                                    octets - at < piece ? (size_t)(octets - at) : piece,
		                                    &enough);
	return error ? error : imapsrv_describer_preview(d, preview_r);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct imapsrv_span whole, cut, text;
		struct imapsrv_describer *a, *b;
		uint64_t wire, host;

		ROW(i, describe(NULL, rows[i].message, 10000, &a, &whole) == 0);
		ROW(i, imapsrv_description_check(whole, &wire, &host) == 0);
		ROW(i, host == strlen(rows[i].message) && wire >= host);
		for (size_t piece = 1; piece < 9; piece++) {
			ROW(i, describe(NULL, rows[i].message, piece, &b, &cut) == 0);
			ROW(i, cut.len == whole.len && !memcmp(cut.data, whole.data, cut.len));
			ROW(i, preview(b, rows[i].message, piece, &text) == 0);
			ROW(i, text.len == strlen(rows[i].preview) &&
			       !memcmp(text.data, rows[i].preview, text.len));
			imapsrv_describer_free(b);
		}
		imapsrv_describer_free(a);
	}
}

/* Limits of the host's, also of one that knew fewer of them. */
static void test_limits(void **state)
{
	static const char message[] = "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
				      "--x\r\n\r\na\r\n--x\r\n\r\nb\r\n--x--\r\n";
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	size_t len[2];

	(void)state;
	limits.parts = 2;
	for (int i = 0; i < 2; i++) {
		struct imapsrv_describer *d;
		struct imapsrv_span span;

		assert_int_equal(imapsrv_describer_new(NULL, &limits, &d), 0);
		assert_int_equal(imapsrv_describer_feed(d, message, sizeof(message) - 1), 0);
		assert_int_equal(imapsrv_describer_finish(d, &span), 0);
		len[i] = span.len;
		imapsrv_describer_free(d);
		limits.size = offsetof(struct imapsrv_limits, parts);
	}
	/* With those that it knew it has both parts. */
	assert_true(len[0] < len[1]);
}

static void test_order(void **state)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_describer *d;
	struct imapsrv_span span;
	uint64_t a, b;

	(void)state;
	assert_int_equal(imapsrv_describer_new(NULL, NULL, NULL), IMAPSRV_EINVAL);
	limits.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_describer_new(NULL, &limits, &d), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_describer_new(NULL, NULL, &d), 0);
	assert_int_equal(imapsrv_describer_text(d, &a, &b), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_describer_feed_text(d, "x", 1, NULL), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_describer_preview(d, &span), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_describer_finish(d, &span), 0);
	assert_int_equal(imapsrv_describer_feed(d, "x", 1), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_describer_finish(d, &span), IMAPSRV_ESTATE);
	assert_int_equal(imapsrv_describer_text(d, &a, &b), 0);
	assert_int_equal(imapsrv_describer_text(d, &a, &b), IMAPSRV_ESTATE);
	imapsrv_describer_free(d);
	imapsrv_describer_free(NULL);
}

static void test_damaged(void **state)
{
	struct imapsrv_describer *d;
	struct imapsrv_span span, copy;
	uint64_t a, b;
	char bytes[512];

	(void)state;
	assert_int_equal(describe(NULL, rows[3].message, 100, &d, &span), 0);
	assert_true(span.len <= sizeof(bytes));
	memcpy(bytes, span.data, span.len);
	copy.data = bytes;
	for (size_t i = 0; i < span.len; i++) {
		copy.len = i;
		ROW(i, imapsrv_description_check(copy, &a, &b) == IMAPSRV_EINVAL);
		copy.len = span.len;
		bytes[i] ^= 0x10;
		ROW(i, imapsrv_description_check(copy, &a, &b) == IMAPSRV_EINVAL);
		bytes[i] ^= 0x10;
	}
	assert_int_equal(imapsrv_description_check(copy, &a, &b), 0);
	imapsrv_describer_free(d);
}

static void test_without_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t n = 1;; n++) {
			struct imapsrv_describer *d = NULL;
			struct imapsrv_span span;
			struct failalloc fa;
			int error;

			failalloc_init(&fa);
			fa.fail_first = n;
			error = describe(&fa.allocator, rows[i].message, 7, &d, &span);
			if (!error)
				error = preview(d, rows[i].message, 7, &span);
			ROW(i, !error || error == IMAPSRV_ENOMEM);
			imapsrv_describer_free(d);
			ROW(i, fa.held == 0);
			if (!error)
				break;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
