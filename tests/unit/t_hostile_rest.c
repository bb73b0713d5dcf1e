/* SPDX-License-Identifier: MIT */
/*
 * Answers about names, metadata, annotations, quotas, rights and URLs that make no sense: what the call gives, what
 * the `fault` hook is told, and what the client sees of it.
 */
#include "unit/hostiling.h"

/* Texts that are no names. */
static const struct imapsrv_span odd[] = {
	{NULL, 3}, {"", 0}, {"a\r\nb", 4}, {"a\0b", 3}, {"\xff\xfe", 2}, {"a\x7f", 2}, {"\xed\xa0\x80", 3},
};
enum { ODD_NULL, ODD_EMPTY, ODD_CRLF, ODD_NUL, ODD_8BIT, ODD_CONTROL, ODD_SURROGATE, ODDS, HOW_NULL = ODDS, HOW_TWICE,
       HOW_FLAGS, HOW_LEFT_OUT, HOW_ODD_VALUE, HOW_LONG, HOW_MANY, HOW_NUMBER, HOW_LIMIT, HOW_NO_SIZE };

static struct imapsrv_span spoilt_text(const char *good)
{
	return spoilt_how < ODDS ? odd[spoilt_how] : (struct imapsrv_span){good, strlen(good)};
}

/* ---- names ---------------------------------------------------------------------------------- */

static void play_name(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_name name = {spoilt_text("Third"), 0, IMAPSRV_RIGHTS_STANDARD};

	if (spoilt_how == HOW_FLAGS)
		name.attributes = name.rights = UINT32_MAX;
	if (spoilt_how == HOW_TWICE)
		imapsrv_op_name(op, &name);
	spoilt_gave = spoilt_how == HOW_LEFT_OUT ? 0 : imapsrv_op_name(op, spoilt_how == HOW_NULL ? NULL : &name);
	answer_well(op, IN_LIST, q);
}

static void test_name(void **state)
{
	static const char f[] = "imapsrv_op_name";
	static const char none[] = "a mailbox name that is empty or not UTF-8 without controls";
	static const struct spoilt rows[] = {
		{f, "NULL", IN_LIST, play_name, HOW_NULL, IMAPSRV_EINVAL, none, "Other\r\na OK", false, 0},
		{f, "a name NULL", IN_LIST, play_name, ODD_NULL, IMAPSRV_EINVAL, none, "Other\r\na OK", false, 0},
		{f, "empty", IN_LIST, play_name, ODD_EMPTY, IMAPSRV_EINVAL, none, "Other\r\na OK", false, 0},
		{f, "with CRLF", IN_LIST, play_name, ODD_CRLF, IMAPSRV_EINVAL, none, "Other\r\na OK", false, 0},
		{f, "with NUL", IN_LIST, play_name, ODD_NUL, IMAPSRV_EINVAL, none, "Other\r\na OK", false, 0},
		{f, "not UTF-8", IN_LIST, play_name, ODD_8BIT, IMAPSRV_EINVAL, none, "Other\r\na OK", false, 0},
		{f, "with DEL", IN_LIST, play_name, ODD_CONTROL, IMAPSRV_EINVAL, none, "Other\r\na OK", false, 0},
		{f, "a surrogate", IN_LIST, play_name, ODD_SURROGATE, IMAPSRV_EINVAL, none, "Other\r\na OK", false, 0},
		{f, "twice", IN_LIST, play_name, HOW_TWICE, 0, NULL, "Third\r\na OK", false, 0},
		{f, "unknown attributes and rights", IN_LIST, play_name, HOW_FLAGS, 0, "rights that the host does not have",
		 "a OK", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

static void play_mailboxid(struct imapsrv_op *op, const void *q)
{
	static char longest[256];

	(void)q;
	memset(longest, 'a', sizeof(longest));
	spoilt_gave = imapsrv_op_mailboxid(op, spoilt_how == HOW_LONG ? (struct imapsrv_span){longest, 256}
	                                                              : spoilt_text("F1"));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void test_mailboxid(void **state)
{
	static const char f[] = "imapsrv_op_mailboxid";
	static const char without[] = "a mailbox was created without imapsrv_op_mailboxid";
	static const struct spoilt rows[] = {
		{f, "as it should be", IN_CREATE, play_mailboxid, HOW_TWICE, 0, NULL, "a OK [MAILBOXID (F1)]", false, 0},
		{f, "NULL of 3 octets", IN_CREATE, play_mailboxid, ODD_NULL, IMAPSRV_EINVAL, without, "a OK CREATE", false,
		 0},
		{f, "empty", IN_CREATE, play_mailboxid, ODD_EMPTY, IMAPSRV_EINVAL, without, "a OK CREATE", false, 0},
		{f, "with CRLF", IN_CREATE, play_mailboxid, ODD_CRLF, IMAPSRV_EINVAL, without, "a OK CREATE", false, 0},
		{f, "of 256 octets", IN_CREATE, play_mailboxid, HOW_LONG, IMAPSRV_EINVAL, without, "a OK CREATE", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- metadata, annotations ------------------------------------------------------------------ */

static void play_entry(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_entry entry = {spoilt_text("/shared/comment"), 1, {"a\r\nb", 4}};

	(void)q;
	if (spoilt_how == HOW_ODD_VALUE)
		entry.value.data = NULL;
	if (spoilt_how == HOW_FLAGS)
		entry.name = (struct imapsrv_span){"/other/comment", 14};
	if (spoilt_how == HOW_LONG)
		entry.value = (struct imapsrv_span){NULL, SIZE_MAX};
	if (spoilt_how == HOW_TWICE)
		imapsrv_op_entry(op, &entry);
	spoilt_gave = spoilt_how == HOW_LEFT_OUT ? 0 : imapsrv_op_entry(op, spoilt_how == HOW_NULL ? NULL : &entry);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void test_entry(void **state)
{
	static const char f[] = "imapsrv_op_entry", none[] = "an entry of metadata without a name that can be one";
	static const struct spoilt rows[] = {
		{f, "NULL", IN_METADATA_GET, play_entry, HOW_NULL, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "a name NULL", IN_METADATA_GET, play_entry, ODD_NULL, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "without a name", IN_METADATA_GET, play_entry, ODD_EMPTY, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "a name with CRLF", IN_METADATA_GET, play_entry, ODD_CRLF, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "neither private nor shared", IN_METADATA_GET, play_entry, HOW_FLAGS, IMAPSRV_EINVAL, none, "a OK",
		 false, 0},
		{f, "twice", IN_METADATA_GET, play_entry, HOW_TWICE, IMAPSRV_EINVAL, "names of entries that do not ascend", "a OK",
		 false, 0},
		{f, "a value NULL", IN_METADATA_GET, play_entry, HOW_ODD_VALUE, IMAPSRV_EINVAL,
		 "the value of an entry was left out, and is not too long", "a OK", false, 0},
		{f, "a value of any octets", IN_METADATA_GET, play_entry, HOW_LIMIT, 0, NULL, "{4}\r\na\r\nb)", false, 0},
		{f, "a value of SIZE_MAX octets", IN_METADATA_GET, play_entry, HOW_LONG, 0, NULL, "a OK", false, 0},
		{f, "left out", IN_METADATA_GET, play_entry, HOW_LEFT_OUT, 0, NULL, "a OK", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

static void play_annotation(struct imapsrv_op *op, const void *q)
{
	static char longest[262145];
	const struct imapsrv_annotate_get *get = q;
	struct imapsrv_annotation note = {spoilt_text("/comment"), UINT32_MAX, {"a\r\nb", 4}, {NULL, 5}};
	uint32_t uid = spoilt_how == HOW_NUMBER ? 0 : spoilt_how == HOW_LIMIT ? 77 : 1;

	if (spoilt_how == HOW_LONG)
		note.priv = (struct imapsrv_span){longest, sizeof(longest)};
	if (!get->after.len) {
		if (spoilt_how == HOW_TWICE)
			imapsrv_op_annotation(op, uid, &note);
		spoilt_gave = spoilt_how == HOW_LEFT_OUT
		                      ? 0
		                      : imapsrv_op_annotation(op, uid, spoilt_how == HOW_NULL ? NULL : &note);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void test_annotation(void **state)
{
	static const char f[] = "imapsrv_op_annotation";
	static const char none[] = "an annotation without a UID, or without a name that can be one";
	static const struct spoilt rows[] = {
		{f, "NULL", IN_ANNOTATE_GET, play_annotation, HOW_NULL, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "of UID 0", IN_ANNOTATE_GET, play_annotation, HOW_NUMBER, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "a name NULL", IN_ANNOTATE_GET, play_annotation, ODD_NULL, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "without a name", IN_ANNOTATE_GET, play_annotation, ODD_EMPTY, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "a name with CRLF", IN_ANNOTATE_GET, play_annotation, ODD_CRLF, IMAPSRV_EINVAL, none, "a OK", false, 0},
		{f, "a name that is not ASCII", IN_ANNOTATE_GET, play_annotation, ODD_8BIT, IMAPSRV_EINVAL, none, "a OK",
		 false, 0},
		{f, "too long a value", IN_ANNOTATE_GET, play_annotation, HOW_LONG, IMAPSRV_EINVAL,
		 "the value of an annotation is longer than limits.annotation", "a OK", false, 0},
		{f, "twice", IN_ANNOTATE_GET, play_annotation, HOW_TWICE, IMAPSRV_EINVAL, "annotations that do not ascend", "a OK",
		 false, 0},
		{f, "of a message that was not asked for", IN_ANNOTATE_GET, play_annotation, HOW_LIMIT, 0, NULL, "!77",
		 false, 0},
		{f, "left out", IN_ANNOTATE_GET, play_annotation, HOW_LEFT_OUT, 0, NULL, "a OK", false, 0},
		{f, "a value NULL of 5 octets", IN_ANNOTATE_GET, play_annotation, HOW_FLAGS, 0, NULL,
		 "(value.priv {4}\r\na\r\nb value.shared NIL)", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- quota ---------------------------------------------------------------------------------- */

static void play_quota(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_quota_root root = host_quota();

	(void)q;
	root.name = spoilt_text("root");
	if (spoilt_how == HOW_NO_SIZE)
		root.size = 8;
	if (spoilt_how == HOW_NUMBER || spoilt_how == HOW_LIMIT)
		*(spoilt_how == HOW_NUMBER ? root.usage : root.limit) = UINT64_C(1) << 63;
	if (spoilt_how == HOW_FLAGS)
		root.limited = UINT32_MAX;
	for (int i = 0; spoilt_how == HOW_MANY && i < 64; i++)
		imapsrv_op_quota(op, &root);
	if (spoilt_how == HOW_TWICE)
		imapsrv_op_quota(op, &root);
	spoilt_gave = spoilt_how == HOW_LEFT_OUT ? 0 : imapsrv_op_quota(op, spoilt_how == HOW_NULL ? NULL : &root);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define QUOTA(what, how, gives, fault, text) \
	{f, what, IN_QUOTA_GET, play_quota, how, gives, fault, text, false, 0}

static void test_quota(void **state)
{
	static const char f[] = "imapsrv_op_quota", count[] = "not one quota root, but none or many";
	static const struct spoilt rows[] = {
		QUOTA("NULL", HOW_NULL, IMAPSRV_EINVAL, count, "a NO [SERVERBUG]"),
		QUOTA("without a size", HOW_NO_SIZE, IMAPSRV_EINVAL, count, "a NO [SERVERBUG]"),
		QUOTA("a name NULL", ODD_NULL, IMAPSRV_EINVAL, count, "a NO [SERVERBUG]"),
		QUOTA("a name with CRLF", ODD_CRLF, IMAPSRV_EINVAL, count, "a NO [SERVERBUG]"),
		QUOTA("a name that is not UTF-8", ODD_8BIT, IMAPSRV_EINVAL, count, "a NO [SERVERBUG]"),
		QUOTA("a usage of 2^63", HOW_NUMBER, IMAPSRV_EINVAL, count, "a NO [SERVERBUG]"),
		QUOTA("a limit of 2^63", HOW_LIMIT, IMAPSRV_EINVAL, count, "a NO [SERVERBUG]"),
		QUOTA("unknown resources", HOW_FLAGS, 0, NULL, "a OK"),
		QUOTA("twice", HOW_TWICE, 0, count, "a NO [SERVERBUG]"),
		QUOTA("left out", HOW_LEFT_OUT, 0, count, "a NO [SERVERBUG]"),
		{f, "65 of a mailbox", IN_QUOTA_ROOTS, play_quota, HOW_MANY, IMAPSRV_ETOOBIG, "too many quota roots", "a OK",
		 false, 0},
		{f, "NULL, of a mailbox", IN_QUOTA_ROOTS, play_quota, HOW_NULL, IMAPSRV_EINVAL,
		 "a quota root without a name, or a number above 2^63-1", "a OK", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- rights --------------------------------------------------------------------------------- */

static void play_rights(struct imapsrv_op *op, const void *q)
{
	(void)q;
	if (spoilt_how == HOW_TWICE)
		imapsrv_op_rights(op, IMAPSRV_RIGHTS_STANDARD);
	spoilt_gave = spoilt_how == HOW_LEFT_OUT ? 0 : imapsrv_op_rights(op, spoilt_how == HOW_FLAGS ? UINT32_MAX : 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void play_acl(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_acl_entry entry = {spoilt_text("joe"), IMAPSRV_RIGHT_LOOKUP, {NULL, 0}};

	(void)q;
	if (spoilt_how == HOW_ODD_VALUE)
		entry.mailbox.len = 7;
	if (spoilt_how == HOW_FLAGS)
		entry.rights = UINT32_MAX;
	if (spoilt_how == HOW_TWICE)
		imapsrv_op_acl(op, &entry);
	spoilt_gave = imapsrv_op_acl(op, spoilt_how == HOW_NULL ? NULL : &entry);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void play_grantable(struct imapsrv_op *op, const void *q)
{
	static const uint32_t zero[] = {0}, twice[] = {1, 3}, unknown[] = {UINT32_C(1) << 31};

	(void)q;
	if (spoilt_how == HOW_TWICE)
		imapsrv_op_grantable(op, 0, NULL, 0);
	spoilt_gave = spoilt_how == HOW_NULL       ? imapsrv_op_grantable(op, 0, NULL, 3)
	              : spoilt_how == HOW_NUMBER   ? imapsrv_op_grantable(op, 0, zero, 1)
	              : spoilt_how == HOW_MANY     ? imapsrv_op_grantable(op, 0, twice, 2)
	              : spoilt_how == HOW_LIMIT    ? imapsrv_op_grantable(op, 1, twice, 1)
	              : spoilt_how == HOW_FLAGS    ? imapsrv_op_grantable(op, 0, unknown, 1)
	              : spoilt_how == HOW_LONG     ? imapsrv_op_grantable(op, UINT32_MAX, NULL, 0)
	              : spoilt_how == HOW_LEFT_OUT ? 0
	                                           : imapsrv_op_grantable(op, 0, NULL, 0);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void test_rights(void **state)
{
	static const char r[] = "imapsrv_op_rights", a[] = "imapsrv_op_acl", g[] = "imapsrv_op_grantable";
	static const char unknown[] = "rights that the host does not have";
	static const char without[] = "which rights can be given was answered OK without imapsrv_op_grantable";
	static const char entry[] = "an entry of a list without an identifier that can be one";
	static const struct spoilt rows[] = {
		{r, "unknown", IN_RIGHTS, play_rights, HOW_FLAGS, 0, unknown, "a OK", false, 0},
		{r, "twice", IN_RIGHTS, play_rights, HOW_TWICE, IMAPSRV_EINVAL, "rights were told twice", "a OK", false, 0},
		{r, "left out", IN_RIGHTS, play_rights, HOW_LEFT_OUT, 0,
		 "rights were answered OK without imapsrv_op_rights", "a NO [SERVERBUG]", false, 0},
		{r, "none", IN_RIGHTS, play_rights, HOW_NUMBER, 0, NULL, "a NO [NONEXISTENT]", false, 0},
		{a, "NULL", IN_ACL_GET, play_acl, HOW_NULL, IMAPSRV_EINVAL, entry, "a OK", false, 0},
		{a, "an identifier NULL", IN_ACL_GET, play_acl, ODD_NULL, IMAPSRV_EINVAL, entry, "a OK", false, 0},
		{a, "without an identifier", IN_ACL_GET, play_acl, ODD_EMPTY, IMAPSRV_EINVAL, entry, "a OK", false, 0},
		{a, "an identifier with CRLF", IN_ACL_GET, play_acl, ODD_CRLF, IMAPSRV_EINVAL, entry, "a OK", false, 0},
		{a, "an identifier that is not UTF-8", IN_ACL_GET, play_acl, ODD_8BIT, IMAPSRV_EINVAL, entry, "a OK",
		 false, 0},
		{a, "a mailbox NULL", IN_ACL_SET, play_acl, HOW_ODD_VALUE, IMAPSRV_EINVAL, entry, "a OK", false, 0},
		{a, "unknown rights", IN_ACL_GET, play_acl, HOW_FLAGS, 0, unknown, "* ACL Other joe ", false, 0},
		{a, "twice", IN_ACL_GET, play_acl, HOW_TWICE, 0, NULL, "* ACL Other joe l", false, 0},
		{g, "NULL", IN_GRANTABLE, play_grantable, HOW_NULL, IMAPSRV_EINVAL, without, "a NO [SERVERBUG]", false, 0},
		{g, "none tied", IN_GRANTABLE, play_grantable, HOW_NUMBER, IMAPSRV_EINVAL, without, "a NO [SERVERBUG]",
		 false, 0},
		{g, "one right twice", IN_GRANTABLE, play_grantable, HOW_MANY, IMAPSRV_EINVAL, without,
		 "a NO [SERVERBUG]", false, 0},
		{g, "one that is always there", IN_GRANTABLE, play_grantable, HOW_LIMIT, IMAPSRV_EINVAL, without,
		 "a NO [SERVERBUG]", false, 0},
		{g, "unknown", IN_GRANTABLE, play_grantable, HOW_FLAGS, IMAPSRV_EINVAL, without, "a NO [SERVERBUG]", false,
		 0},
		{g, "always unknown", IN_GRANTABLE, play_grantable, HOW_LONG, IMAPSRV_EINVAL, without, "a NO [SERVERBUG]",
		 false, 0},
		{g, "left out", IN_GRANTABLE, play_grantable, HOW_LEFT_OUT, 0, without, "a NO [SERVERBUG]", false, 0},
		{g, "twice", IN_GRANTABLE, play_grantable, HOW_TWICE, IMAPSRV_EINVAL, "the rights that could be given were told twice",
		 "a OK", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- URLs ----------------------------------------------------------------------------------- */

static void play_token(struct imapsrv_op *op, const void *q)
{
	static const char token[200];
	static const size_t lens[] = {16, 15, 129, 0, SIZE_MAX, 16};

	(void)q;
	if (spoilt_how == 5)
		imapsrv_op_url_token(op, token, 16);
	spoilt_gave = spoilt_how == 6 ? 0 : imapsrv_op_url_token(op, spoilt_how ? token : NULL, lens[spoilt_how]);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void play_mechanism(struct imapsrv_op *op, const void *q)
{
	static const char *const names[] = {NULL, "", "XOTHER", "xsample", "X\r\nSAMPLE", "XSAMPLE", "XSAMPLE"};
	static const char data[1025];

	(void)q;
	spoilt_gave = imapsrv_op_url_mechanism(op, names[spoilt_how], spoilt_how == 6 ? NULL : data,
	                                       spoilt_how == 5 ? sizeof(data) : 4);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define MECHANISM(what, how)                                                                       \
	{m, what, IN_URL_RESET, play_mechanism, how, IMAPSRV_EINVAL, not, "[URLMECH INTERNAL]", false, 0}, \
	{m, what ", at SELECT", IN_URL_DESCRIBE, play_mechanism, how, IMAPSRV_EINVAL, not, "[URLMECH INTERNAL]", false, 0}

static void test_urls(void **state)
{
	static const char t[] = "imapsrv_op_url_token", m[] = "imapsrv_op_url_mechanism";
	static const char none[] = "a token was asked for, and none came";
	static const char not[] = "a mechanism that is not one of the engine's, or too much data";
	static const struct spoilt rows[] = {
		{t, "NULL", IN_URL_TOKEN, play_token, 0, IMAPSRV_EINVAL, none, "a NO [SERVERBUG]", false, 0},
		{t, "of 15 octets", IN_URL_TOKEN, play_token, 1, IMAPSRV_EINVAL, none, "a NO [SERVERBUG]", false, 0},
		{t, "of 129 octets", IN_URL_TOKEN, play_token, 2, IMAPSRV_EINVAL, none, "a NO [SERVERBUG]", false, 0},
		{t, "empty", IN_URL_TOKEN, play_token, 3, IMAPSRV_EINVAL, none, "a NO [SERVERBUG]", false, 0},
		{t, "of SIZE_MAX octets", IN_URL_TOKEN, play_token, 4, IMAPSRV_EINVAL, none, "a NO [SERVERBUG]", false, 0},
		{t, "twice", IN_URL_TOKEN, play_token, 5, IMAPSRV_EINVAL, "two tokens for one URL", "* GENURLAUTH", false, 0},
		{t, "left out", IN_URL_TOKEN, play_token, 6, 0, none, "a NO [SERVERBUG]", false, 0},
		MECHANISM("NULL", 0),
		MECHANISM("empty", 1),
		MECHANISM("another", 2),
		MECHANISM("in lower case", 3),
		MECHANISM("with CRLF", 4),
		MECHANISM("1025 octets of data", 5),
		MECHANISM("data NULL of 4 octets", 6),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_mailboxid),
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_annotation),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
