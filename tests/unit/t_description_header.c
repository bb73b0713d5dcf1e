/* SPDX-License-Identifier: MIT */
/*
 * message/description_header: what SORT and THREAD are told of a message's own header; also from
 * descriptions that were made when References were not kept in them.
 */
#include "unit/olddescription.h"

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


static void test_old(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes b, old;

		if (rows[i].fields[4])
			continue;
		b = describe(&describe_limits, rows[i].message, strlen(rows[i].message));
		old = old_description(&b);
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

/* References of messages within are not kept: nobody asks for them. */
static void test_nested(void **state)
{
	static const char *const messages[] = {
		"Content-Type: message/rfc822\n\nSubject: x\nReferences: <i@x>\n\n",
		"Content-Type: message/rfc822\n\nSubject: x\nX-Whatever: <i@x>\n\n",
	};
	struct bytes b[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		b[i] = describe(&describe_limits, messages[i], strlen(messages[i]));
	assert_int_equal(b[0].len, b[1].len);
	assert_memory_equal(b[0].data, b[1].data, b[0].len);
	free(b[0].data);
	free(b[1].data);
}

/* Of very long References the last octets are kept, and room is left for all else. */
static void test_long(void **state)
{
	enum { COUNT_IDS = 20000, UNIT = 10 };
	struct isrv_structure_limits limits = describe_limits;
	char *message = malloc(COUNT_IDS * UNIT + 200), *at = message;
	struct isrv_description d;
	struct isrv_header h;
	struct bytes b;

	(void)state;
	assert_non_null(message);
	at += sprintf(at, "Subject: x\nReferences:");
	for (int i = 0; i < COUNT_IDS; i++)
		at += sprintf(at, " <%06d@>", i);
	at += sprintf(at, "\n\n");
	limits.header_octets = 1 << 20;
	b = describe(&limits, message, (size_t)(at - message));
	assert_true(isrv_description_open(&d, b.data, b.len));
	assert_false(d.truncated);
	isrv_description_header(&d, &h);
	assert_int_equal(h.references.len, ISRV_STRUCTURE_REFERENCES);
	assert_memory_equal(h.references.data + h.references.len - 9, "<019999@>", 9);
	assert_true(is(h.subject, "x"));
	free(b.data);
	free(message);
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
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
