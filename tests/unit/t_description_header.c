/* SPDX-License-Identifier: MIT */
/*
 * message/description_header: what SORT and THREAD are told of a message's own header; also from
 * descriptions that were made when References were not kept in them.
 */
#include "unit/describe.h"

#include "message/description_format.h"

static bool is(struct imapsrv_span s, const char *text)
{
	if (!text)
		return !s.data;
	return s.data && s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

static bool is_address(const struct isrv_header_address *a, const char *const *expected)
{
	return is(a->name, expected[0]) && is(a->mailbox, expected[1]) && is(a->host, expected[2]);
}

static const struct row {
	const char *message;
	const char *fields[5]; /* date, subject, in-reply-to, message-id, references */
	const char *from[3], *to[3], *cc[3];
} rows[] = {
	{"\n", {0}, {0}, {0}, {0}},
	{"Date: soon\nSubject: a\n b\nIn-Reply-To: <a@b>\nMessage-ID: <c@d>\nReferences: <e@f>\n"
	 "\t<g@h>\nFrom: A B <a@b>, c@d\nTo: x@y\nCc: \"z\" <z@z>\n\n",
	 {"soon", "a b", "<a@b>", "<c@d>", "<e@f>\t<g@h>"},
	 {"A B", "a", "b"},
	 {NULL, "x", "y"},
	 {"z", "z", "z"}},
	/* The first of two; Sender, Reply-To and Bcc are none of these. */
	{"References: <1@x>\nReferences: <2@x>\nSender: s@s\nReply-To: r@r, q@q\nBcc: b@b\n"
	 "To: one@x\nTo: two@x\n\n",
	 {NULL, NULL, NULL, NULL, "<1@x>"},
	 {0},
	 {NULL, "one", "x"},
	 {0}},
	{"Subject:\nReferences:\n\n", {NULL, "", NULL, NULL, ""}, {0}, {0}, {0}},
	{"To: list: a@b, c@d;\nCc:\n\n", {0}, {0}, {NULL, "list", NULL}, {0}},
	/* Not those of a message within. */
	{"Content-Type: message/rfc822\n\nSubject: inner\nReferences: <i@x>\nFrom: i@x\n\n",
	 {0},
	 {0},
	 {0},
	 {0}},
	{"Content-Type: multipart/mixed; boundary=b\nReferences: <o@x>\n\n--b\n"
	 "Content-Type: message/rfc822\n\nReferences: <i@x>\n\n--b--\n",
	 {NULL, NULL, NULL, NULL, "<o@x>"},
	 {0},
	 {0},
	 {0}},
};

static void check(size_t i, const struct bytes *b, bool known)
{
	const struct row *row = &rows[i];
	struct isrv_description d;
	struct isrv_header h;

	ROW(i, isrv_description_open(&d, b->data, b->len));
	isrv_description_header(&d, &h);
	ROW(i, is(h.date, row->fields[0]));
	ROW(i, is(h.subject, row->fields[1]));
	ROW(i, is(h.in_reply_to, row->fields[2]));
	ROW(i, is(h.message_id, row->fields[3]));
	ROW(i, is(h.references, row->fields[4]));
	ROW(i, h.references_known == known);
	ROW(i, is_address(&h.from, row->from));
	ROW(i, is_address(&h.to, row->to));
	ROW(i, is_address(&h.cc, row->cc));
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes b = describe(&describe_limits, rows[i].message, strlen(rows[i].message));

		check(i, &b, true);
		free(b.data);
	}
}

/* The same without the string of References, NIL here, that stands before the first part. */
static struct bytes made_old(const struct bytes *b)
{
	size_t rows_len, texts, cut, len;
	struct isrv_description d;
	unsigned char *p;

	assert_true(isrv_description_open(&d, b->data, b->len));
	rows_len = d.parts * isrv_format_row(false);
	texts = ISRV_HEAD_SIZE + rows_len;
	cut = texts + isrv_row_get(&d, 0, ISRV_ROW_TEXT) - 1;
	assert_int_equal(b->data[cut], 0);
	len = (size_t)isrv_format_size(texts + d.texts_len - 1);
	p = calloc(1, len);
	assert_non_null(p);
	memcpy(p, b->data, cut);
	memcpy(p + cut, b->data + cut + 1, texts + d.texts_len - 1 - cut);
	for (uint32_t i = 0; i < d.parts; i++) {
		unsigned char *field = p + ISRV_HEAD_SIZE + i * isrv_format_row(false) +
				       4 * ISRV_ROW_TEXT;

		isrv_format_put(field, isrv_format_u32(field) - 1, 4);
	}
	isrv_format_put(p + ISRV_HEAD_TEXTS, d.texts_len - 1, 4);
	isrv_format_put(p + ISRV_HEAD_SUM, isrv_format_sum(p, len), 8);
	return (struct bytes){(char *)p, len};
}

static void test_old(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes b, old;

		if (rows[i].fields[4])
			continue;
		b = describe(&describe_limits, rows[i].message, strlen(rows[i].message));
		old = made_old(&b);
		check(i, &old, false);
		for (int what = 0; what < SHOWN_KINDS; what++) {
			struct bytes shown[2];
			struct isrv_description d;

			assert_true(isrv_description_open(&d, b.data, b.len));
			shown[0] = show(&d, (enum shown)what);
			assert_true(isrv_description_open(&d, old.data, old.len));
			shown[1] = show(&d, (enum shown)what);
			ROW(i, strcmp(shown[0].data, shown[1].data) == 0);
			free(shown[0].data);
			free(shown[1].data);
		}
		free(old.data);
		free(b.data);
	}
}

/* Any octets for texts: nothing is read outside, and what comes out lies within. */
static void test_damaged(void **state)
{
	struct bytes b = describe(&describe_limits, rows[1].message, strlen(rows[1].message));
	struct isrv_description d;
	struct isrv_header h;

	(void)state;
	for (size_t at = ISRV_HEAD_SIZE + isrv_format_row(false); at + 8 < b.len; at++) {
		for (unsigned octet = 0; octet < 256; octet += 51) {
			char kept = b.data[at];

			b.data[at] = (char)octet;
			isrv_format_put((unsigned char *)b.data + ISRV_HEAD_SUM,
			                isrv_format_sum((unsigned char *)b.data, b.len), 8);
			if (isrv_description_open(&d, b.data, b.len)) {
				isrv_description_header(&d, &h);
				ROW(at, !h.references.data ||
				                (h.references.data >= b.data &&
				                 h.references.data + h.references.len <=
				                         b.data + b.len));
			}
			b.data[at] = kept;
		}
	}
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
