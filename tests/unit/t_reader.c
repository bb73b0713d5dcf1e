/* SPDX-License-Identifier: MIT */
/*
 * wire/reader: one table of inputs for all rules.  A row says what the rule gives, as text, and
 * where the cursor stands then; or what it expected instead, and where.  Every row is run again on
 * each of its beginnings, in blocks of the exact size, for what a rule may never do.
 */
#include "unit/row.h"

#include "wire/chars.h"
#include "wire/reader.h"

static const char nothing[] = "";

struct fixture {
	struct isrv_mem mem;
	struct isrv_arena arena;
	struct isrv_reader r;
	uint64_t steps;
	char *block;
	char out[4096]; /* the value as text */
	size_t out_len;
};

static void setup(struct fixture *f, const char *in, size_t len, bool utf8)
{
	isrv_mem_init(&f->mem, &isrv_mem_libc, SIZE_MAX);
	isrv_arena_init(&f->arena, &f->mem, 1 << 20);
	f->block = exact(in, len);
	isrv_reader_init(&f->r, &f->arena, f->block, len);
	f->r.utf8 = utf8;
	f->r.keyword_max = 20;
	f->steps = 0;
	f->r.steps = &f->steps;
	f->out_len = 0;
	f->out[0] = '\0';
}

static void teardown(struct fixture *f)
{
	isrv_arena_clear(&f->arena);
	assert_int_equal(f->mem.used, 0);
	free(f->block);
}

/* ---- values as text ------------------------------------------------------------------------ */

static void put(struct fixture *f, const char *data, size_t len)
{
	if (f->out_len + len >= sizeof(f->out))
		return;
	memcpy(f->out + f->out_len, data, len);
	f->out_len += len;
	f->out[f->out_len] = '\0';
}

static void put_span(struct fixture *f, struct imapsrv_span span)
{
	size_t i;

	/* Each octet is looked at, so that a sanitizer has its say. */
	put(f, "<", 1);
	for (i = 0; i < span.len; i++)
		put(f, span.data[i] ? &span.data[i] : "0", 1);
	put(f, ">", 1);
}

static void put_number(struct fixture *f, long long n)
{
	char text[32];

	put(f, text, (size_t)snprintf(text, sizeof(text), "%lld", n));
}

static bool do_end(struct fixture *f)
{
	return isrv_rd_end(&f->r);
}

static bool do_sp(struct fixture *f)
{
	return isrv_rd_sp(&f->r);
}

static bool do_char(struct fixture *f)
{
	return isrv_rd_char(&f->r, '(');
}

static bool do_word_body(struct fixture *f)
{
	if (!isrv_rd_try_word(&f->r, "BODY.PEEK"))
		return isrv_rd_fail(&f->r, "BODY.PEEK");
	return true;
}

static bool spanned(struct fixture *f, bool ok, const struct imapsrv_span *span)
{
	if (ok)
		put_span(f, *span);
	return ok;
}

#define SPAN_RULE(name)                                                                            \
	static bool do_##name(struct fixture *f)                                                   \
	{                                                                                          \
		struct imapsrv_span span = {nothing, 0};                                           \
                                                                                                   \
		return spanned(f, isrv_rd_##name(&f->r, &span), &span);                            \
	}

SPAN_RULE(tag)
SPAN_RULE(atom)
SPAN_RULE(word)
SPAN_RULE(string)
SPAN_RULE(astring)
SPAN_RULE(mailbox)
SPAN_RULE(pattern)
SPAN_RULE(keyword)

static bool do_nstring(struct fixture *f)
{
	struct imapsrv_span span;

	if (!isrv_rd_nstring(&f->r, &span))
		return false;
	if (span.data)
		put_span(f, span);
	else
		put(f, "NIL", 3);
	return true;
}

static bool do_string8(struct fixture *f)
{
	struct imapsrv_span span;
	bool literal8 = false;

	if (!isrv_rd_string8(&f->r, &span, &literal8))
		return false;
	put(f, "~", literal8);
	put_span(f, span);
	return true;
}

static bool do_announcement(struct fixture *f)
{
	bool literal8 = false;
	uint64_t size;

	if (!isrv_rd_announcement(&f->r, &size, &literal8))
		return false;
	put(f, "~", literal8);
	put_number(f, (long long)size);
	return true;
}

static bool do_number(struct fixture *f)
{
	uint32_t n;

	if (!isrv_rd_number(&f->r, &n))
		return false;
	put_number(f, n);
	return true;
}

static bool do_nz_number(struct fixture *f)
{
	uint32_t n;

	if (!isrv_rd_nz_number(&f->r, &n))
		return false;
	put_number(f, n);
	return true;
}

static bool do_nz_number64(struct fixture *f)
{
	uint64_t n;

	if (!isrv_rd_nz_number64(&f->r, &n))
		return false;
	put_number(f, (long long)n);
	return true;
}

static bool do_number64(struct fixture *f)
{
	uint64_t n;

	if (!isrv_rd_number64(&f->r, &n))
		return false;
	put_number(f, (long long)n);
	return true;
}

static bool do_set(struct fixture *f)
{
	struct isrv_rd_set set;
	size_t i;

	if (!isrv_rd_set(&f->r, &set))
		return false;
	put(f, "$", set.saved);
	for (i = 0; i < set.count; i++) {
		put(f, " ", i > 0);
		put_number(f, set.ranges[i].first);
		put(f, "-", 1);
		put_number(f, set.ranges[i].last);
	}
	if (set.star) {
		put(f, "*", 1);
		put_number(f, set.star);
	}
	return true;
}

static bool do_numbers(struct fixture *f)
{
	struct isrv_rd_set set;

	return isrv_rd_numbers(&f->r, &set) && !f->r.code;
}

/* With UIDONLY: the code goes with the failure (RFC 9586 3). */
static bool do_no_numbers(struct fixture *f)
{
	f->r.uidonly = true;
	return do_numbers(f) || !f->r.code || strcmp(f->r.code, "UIDREQUIRED") != 0;
}

static bool put_flags(struct fixture *f, bool ok, const struct isrv_rd_flags *flags)
{
	uint32_t i;

	if (!ok)
		return false;
	put_number(f, flags->system);
	put(f, "r", flags->recent);
	put(f, "u", flags->unknown);
	for (i = 0; i < flags->keyword_count; i++)
		put_span(f, flags->keywords[i]);
	return true;
}

static bool do_flag_list(struct fixture *f)
{
	struct isrv_rd_flags flags;
	bool ok = isrv_rd_flag_list(&f->r, &flags);

	return put_flags(f, ok, &flags);
}

static bool do_store_flags(struct fixture *f)
{
	struct isrv_rd_flags flags;
	bool ok = isrv_rd_store_flags(&f->r, &flags);

	return put_flags(f, ok, &flags);
}

static bool do_date(struct fixture *f)
{
	struct isrv_rd_date date;

	if (!isrv_rd_date(&f->r, &date))
		return false;
	put_number(f, date.day);
	return true;
}

static bool do_datetime(struct fixture *f)
{
	struct isrv_rd_datetime datetime;

	if (!isrv_rd_datetime(&f->r, &datetime))
		return false;
	put_number(f, datetime.utc);
	put(f, " ", 1);
	put_number(f, datetime.zone);
	return true;
}

/* ---- the table ----------------------------------------------------------------------------- */

#define SET_MEMBER   "a number from 1 to 4294967295, or \"*\""
#define U32	     "a number from 0 to 4294967295"
#define U63	     "a number from 0 to 9223372036854775807"
#define NO_CONTROLS  "a name without control characters"
#define NO_CONTROLS8 "a name in UTF-8 without control characters"
#define BACKSLASH    "a quote or a backslash behind the backslash"

static const struct {
	bool (*rule)(struct fixture *f);
	const char *in;
	size_t len;
	bool ok;
	size_t at;
	const char *out; /* the value, or what was expected */
	bool utf8;
} rows[] = {
	{do_end, BYTES(""), true, 0, "", false},
	{do_end, BYTES("  "), true, 2, "", false},
	{do_end, BYTES(" a"), false, 1, "the end of the command", false},
	{do_sp, BYTES(" a"), true, 1, "", false},
	{do_sp, BYTES("   "), true, 3, "", false},
	{do_sp, BYTES(""), false, 0, "a space", false},
	{do_sp, BYTES("\t"), false, 0, "a space", false},
	{do_char, BYTES("(("), true, 1, "", false},
	{do_char, BYTES(")"), false, 0, "\"(\"", false},
	{do_char, BYTES(""), false, 0, "\"(\"", false},

	{do_tag, BYTES("a1] x"), true, 3, "<a1]>", false},
	{do_tag, BYTES("a+"), true, 1, "<a>", false},
	{do_tag, BYTES("+"), false, 0, "a tag", false},
	{do_tag, BYTES("* x"), false, 0, "a tag", false},
	{do_tag, BYTES(""), false, 0, "a tag", false},
	{do_atom, BYTES("a+b]"), true, 3, "<a+b>", false},
	{do_atom, BYTES("\x80"), false, 0, "an atom", false},
	{do_word, BYTES("BODY.PEEK[1]"), true, 9, "<BODY.PEEK>", false},
	{do_word, BYTES("RFC822.SIZE)"), true, 11, "<RFC822.SIZE>", false},
	{do_word, BYTES("[x"), false, 0, "a word", false},
	{do_word_body, BYTES("body.peek["), true, 9, "", false},
	{do_word_body, BYTES("BODY.PEEK"), true, 9, "", false},
	{do_word_body, BYTES("BODY.PEE"), false, 0, "BODY.PEEK", false},
	{do_word_body, BYTES("BODY.PEEKS"), false, 0, "BODY.PEEK", false},
	{do_word_body, BYTES("BODY.PEEK.X"), false, 0, "BODY.PEEK", false},
	{do_word_body, BYTES(""), false, 0, "BODY.PEEK", false},

	{do_string, BYTES("\"\" x"), true, 2, "<>", false},
	{do_string, BYTES("\"a b\"x"), true, 5, "<a b>", false},
	{do_string, BYTES("\"a\\\"\\\\b\""), true, 8, "<a\"\\b>", false},
	{do_string, BYTES("\"\\\\\""), true, 4, "<\\>", false},
	{do_string, BYTES("\"\t\x7f\""), true, 4, "<\t\x7f>", false},
	{do_string, BYTES("\""), false, 1, "a closing quote", false},
	{do_string, BYTES("\"a"), false, 2, "a closing quote", false},
	{do_string, BYTES("\"\\\""), false, 3, "a closing quote", false},
	{do_string, BYTES("\"a\\"), false, 2, BACKSLASH, false},
	{do_string, BYTES("\"\\a\""), false, 1, BACKSLASH, false},
	{do_string, BYTES("\"a\rb\""), false, 2, "a closing quote", false},
	{do_string, BYTES("\"a\nb\""), false, 2, "a closing quote", false},
	{do_string, BYTES("\"a\0b\""), false, 2, "a closing quote", false},
	{do_string, BYTES("\"\xc3\xa4\""), true, 4, "<\xc3\xa4>", false},
	{do_string, BYTES("\"\xe4\""), true, 3, "<\xe4>", false},
	{do_string, BYTES("\"\xc3\xa4\""), true, 4, "<\xc3\xa4>", true},
	{do_string, BYTES("\"\xe4\""), false, 0, "a quoted string in UTF-8", true},
	{do_string, BYTES("\"\xc0\xaf\""), false, 0, "a quoted string in UTF-8", true},
	{do_string, BYTES("abc"), false, 0, "a string", false},
	{do_string, BYTES(""), false, 0, "a string", false},
	{do_string, BYTES("{3}\r\nxyzw"), true, 8, "<xyz>", false},
	{do_string, BYTES("{3+}\r\n\r\n\""), true, 9, "<\r\n\">", false},
	{do_string, BYTES("{0}\r\n"), true, 5, "<>", false},
	{do_string, BYTES("{003}\r\nxyz"), true, 10, "<xyz>", false},
	{do_string, BYTES("{2}\r\n\xff\xfe"), true, 7, "<\xff\xfe>", true},
	{do_string, BYTES("{4}\r\nxyz"), false, 5, "the octets of a literal", false},
	{do_string, BYTES("{9223372036854775807}\r\nx"), false, 23, "the octets of a literal",
	 false},
	{do_string, BYTES("{9223372036854775808}\r\nx"), false, 1, U63, false},
	{do_string, BYTES("{18446744073709551617}\r\nx"), false, 1, U63, false},
	{do_string, BYTES("{3}\nxyz"), false, 3, "a literal", false},
	{do_string, BYTES("{3 }\r\nxyz"), false, 2, "a literal", false},
	{do_string, BYTES("{-1}\r\n"), false, 1, U63, false},
	{do_string, BYTES("{}\r\n"), false, 1, U63, false},
	{do_string, BYTES("{1"), false, 2, "a literal", false},
	{do_string, BYTES("{2}\r\na\0"), false, 6, "a literal without NUL", false},
	{do_string, BYTES("~{2}\r\na\0"), false, 0, "a string", false},
	{do_string8, BYTES("~{2}\r\na\0"), true, 8, "~<a0>", false},
	{do_string8, BYTES("~{2+}\r\nab"), true, 9, "~<ab>", false},
	{do_string8, BYTES("{2+}\r\nab"), true, 8, "<ab>", false},
	{do_string8, BYTES("\"ab\""), true, 4, "<ab>", false},
	{do_string8, BYTES("~\"ab\""), false, 1, "a literal", false},
	{do_announcement, BYTES("{310}\r\n"), true, 7, "310", false},
	{do_announcement, BYTES("~{310+}\r\n"), true, 9, "~310", false},
	{do_announcement, BYTES("{310}\r\nx"), false, 7, "the end of the line", false},
	{do_announcement, BYTES("\"x\""), false, 0, "a literal", false},
	{do_astring, BYTES("a]b c"), true, 3, "<a]b>", false},
	{do_astring, BYTES("+x"), true, 2, "<+x>", false},
	{do_astring, BYTES("NIL"), true, 3, "<NIL>", false},
	{do_astring, BYTES("\"NIL\""), true, 5, "<NIL>", false},
	{do_astring, BYTES("a\"b\""), true, 1, "<a>", false},
	{do_astring, BYTES("%"), false, 0, "an atom or a string", false},
	{do_astring, BYTES("\\x"), false, 0, "an atom or a string", false},
	{do_nstring, BYTES("nil)"), true, 3, "NIL", false},
	{do_nstring, BYTES("\"\""), true, 2, "<>", false},
	{do_nstring, BYTES("{0}\r\n"), true, 5, "<>", false},
	{do_nstring, BYTES("NILS"), false, 0, "a string or NIL", false},
	{do_nstring, BYTES("x"), false, 0, "a string or NIL", false},

	{do_mailbox, BYTES("iNbOx x"), true, 5, "<INBOX>", false},
	{do_mailbox, BYTES("\"inbox\""), true, 7, "<INBOX>", false},
	{do_mailbox, BYTES("{5}\r\nInbox"), true, 10, "<INBOX>", true},
	{do_mailbox, BYTES("inbox/a"), true, 7, "<inbox/a>", false},
	{do_mailbox, BYTES("Entw&APw-rfe"), true, 12, "<Entw\xc3\xbcrfe>", false},
	{do_mailbox, BYTES("Entw&APw-rfe"), true, 12, "<Entw&APw-rfe>", true},
	{do_mailbox, BYTES("R&-D"), true, 4, "<R&D>", false},
	{do_mailbox, BYTES("\"a \xc3\xbc\""), true, 6, "<a \xc3\xbc>", false},
	{do_mailbox, BYTES("\"a \xc3\xbc\""), true, 6, "<a \xc3\xbc>", true},
	{do_mailbox, BYTES("\"\""), false, 0, "a mailbox name", false},
	{do_mailbox, BYTES("{0}\r\n"), false, 0, "a mailbox name", false},
	{do_mailbox, BYTES("(a"), false, 0, "a mailbox name", false},
	{do_mailbox, BYTES("a&b"), false, 0, "a name in modified UTF-7", false},
	{do_mailbox, BYTES("&AGE-"), false, 0, "a name in modified UTF-7", false},
	{do_mailbox, BYTES("&APw-&APw-"), false, 0, "a name in modified UTF-7", false},
	{do_mailbox, BYTES("&APw"), false, 0, "a name in modified UTF-7", false},
	{do_mailbox, BYTES("&2AA-"), false, 0, "a name in modified UTF-7", false},
	{do_mailbox, BYTES("&AAo-"), false, 0, NO_CONTROLS, false},
	{do_mailbox, BYTES("&AIU-"), false, 0, NO_CONTROLS, false},
	{do_mailbox, BYTES("&ICg-"), false, 0, NO_CONTROLS, false},
	{do_mailbox, BYTES("\"a\tb\""), false, 0, NO_CONTROLS, false},
	{do_mailbox, BYTES("\"a\x7f\""), false, 0, NO_CONTROLS, false},
	{do_mailbox, BYTES("{3}\r\na\r\n"), false, 0, NO_CONTROLS, false},
	{do_mailbox, BYTES("\"\xe4\""), false, 0, NO_CONTROLS8, false},
	{do_mailbox, BYTES("{2}\r\n\xc0\xaf"), false, 0, NO_CONTROLS8, true},
	{do_mailbox, BYTES("{3}\r\n\xed\xa0\x80"), false, 0, NO_CONTROLS8, true},
	{do_mailbox, BYTES("\"a\x01\""), false, 0, NO_CONTROLS8, true},
	{do_mailbox, BYTES("\"\xc2\x85\""), false, 0, NO_CONTROLS8, false},
	{do_pattern, BYTES("% x"), true, 1, "<%>", false},
	{do_pattern, BYTES("*"), true, 1, "<*>", false},
	{do_pattern, BYTES("\"\""), true, 2, "<>", false},
	{do_pattern, BYTES("a/%*]"), true, 5, "<a/%*]>", false},
	{do_pattern, BYTES("&APw-*"), true, 6, "<\xc3\xbc*>", false},
	{do_pattern, BYTES("inbox"), true, 5, "<inbox>", false},
	{do_pattern, BYTES("&*"), false, 0, "a name in modified UTF-7", false},
	{do_pattern, BYTES("\"%\n\""), false, 2, "a closing quote", false},
	{do_pattern, BYTES("("), false, 0, "a mailbox pattern", false},

	{do_number, BYTES("0"), true, 1, "0", false},
	{do_number, BYTES("007x"), true, 3, "7", false},
	{do_number, BYTES("4294967295"), true, 10, "4294967295", false},
	{do_number, BYTES("4294967296"), false, 0, U32, false},
	{do_number, BYTES("99999999999999999999999"), false, 0, U32, false},
	{do_number, BYTES(""), false, 0, U32, false},
	{do_number, BYTES("-1"), false, 0, U32, false},
	{do_nz_number, BYTES("1"), true, 1, "1", false},
	{do_nz_number, BYTES("4294967295:"), true, 10, "4294967295", false},
	{do_nz_number, BYTES("0"), false, 0, "a number from 1 to 4294967295", false},
	{do_nz_number, BYTES("01"), false, 0, "a number from 1 to 4294967295", false},
	{do_nz_number, BYTES("4294967296"), false, 0, "a number from 1 to 4294967295", false},
	{do_number64, BYTES("9223372036854775807"), true, 19, "9223372036854775807", false},
	{do_number64, BYTES("9223372036854775808"), false, 0, U63, false},
	{do_number64, BYTES("18446744073709551616"), false, 0, U63, false},
	{do_nz_number64, BYTES("9223372036854775807>"), true, 19, "9223372036854775807", false},
	{do_nz_number64, BYTES("9223372036854775808"), false, 0, "a number from 1 to 9223372036854775807", false},
	{do_nz_number64, BYTES("0"), false, 0, "a number from 1 to 9223372036854775807", false},
	{do_nz_number64, BYTES("01"), false, 0, "a number from 1 to 9223372036854775807", false},

	{do_set, BYTES("1"), true, 1, "1-1", false},
	{do_set, BYTES("1:3 x"), true, 3, "1-3", false},
	{do_set, BYTES("7:5,1"), true, 5, "1-1 5-7", false},
	{do_set, BYTES("1:3,2:5,6,9"), true, 11, "1-6 9-9", false},
	{do_set, BYTES("1:4294967295"), true, 12, "1-4294967295", false},
	{do_set, BYTES("*"), true, 1, "*4294967295", false},
	{do_set, BYTES("*:*"), true, 3, "*4294967295", false},
	{do_set, BYTES("5:*"), true, 3, "*5", false},
	{do_set, BYTES("*:5"), true, 3, "*5", false},
	{do_set, BYTES("9:*,*:3,*,1"), true, 11, "1-1*3", false},
	{do_set, BYTES("1:*,4,7:5"), true, 9, "4-7*1", false},
	{do_set, BYTES("$"), true, 1, "$", false},
	{do_set, BYTES("$ x"), true, 1, "$", false},
	{do_set, BYTES("1,$"), false, 2, SET_MEMBER, false},
	{do_set, BYTES(""), false, 0, SET_MEMBER, false},
	{do_numbers, BYTES("1:*"), true, 3, "", false},
	{do_numbers, BYTES("x"), false, 0, SET_MEMBER, false},
	{do_no_numbers, BYTES("$"), true, 1, "", false},
	{do_no_numbers, BYTES("1"), false, 0, "UIDs, not message numbers,", false},
	{do_no_numbers, BYTES("*"), false, 0, "UIDs, not message numbers,", false},
	{do_set, BYTES("0"), false, 0, SET_MEMBER, false},
	{do_set, BYTES("1:0"), false, 2, SET_MEMBER, false},
	{do_set, BYTES("1,"), false, 2, SET_MEMBER, false},
	{do_set, BYTES("1,,2"), false, 2, SET_MEMBER, false},
	{do_set, BYTES("1:"), false, 2, SET_MEMBER, false},
	{do_set, BYTES(":1"), false, 0, SET_MEMBER, false},
	{do_set, BYTES("4294967296"), false, 0, SET_MEMBER, false},
	{do_set, BYTES("1:4294967296"), false, 2, SET_MEMBER, false},
	{do_set, BYTES("-1"), false, 0, SET_MEMBER, false},

	{do_flag_list, BYTES("()"), true, 2, "0", false},
	{do_flag_list, BYTES("(\\sEEN)"), true, 7, "1", false},
	{do_flag_list, BYTES("(\\Seen \\Answered \\Flagged \\Deleted \\Draft)"), true, 42, "31",
	 false},
	{do_flag_list, BYTES("(\\Recent \\Foo \\Seen)"), true, 20, "1ru", false},
	{do_flag_list, BYTES("($Junk x  X $junk y)"), true, 20, "0<$Junk><x><y>", false},
	{do_flag_list, BYTES("(Seen)"), true, 6, "0<Seen>", false},
	{do_flag_list, BYTES("(b a B A b)"), true, 11, "0<b><a>", false},
	{do_flag_list, BYTES("(12345678901234567890)"), true, 22, "0<12345678901234567890>", false},
	{do_flag_list, BYTES("(123456789012345678901)"), false, 1, "a shorter keyword", false},
	{do_flag_list, BYTES("(\\*)"), false, 2, "the name of a flag", false},
	{do_flag_list, BYTES("(\\)"), false, 2, "the name of a flag", false},
	{do_flag_list, BYTES("(a \"b\")"), false, 3, "a flag", false},
	{do_flag_list, BYTES("(a ]"), false, 3, "a flag", false},
	{do_flag_list, BYTES("(a"), false, 2, "a space or \")\"", false},
	{do_flag_list, BYTES("(a "), false, 3, "a flag", false},
	{do_flag_list, BYTES("((a))"), false, 1, "a flag", false},
	{do_flag_list, BYTES("a"), false, 0, "a flag list", false},
	{do_store_flags, BYTES("(\\Seen a)"), true, 9, "1<a>", false},
	{do_store_flags, BYTES("(\\Seen) (X"), true, 7, "1", false},
	{do_store_flags, BYTES("\\Seen a \\Draft A"), true, 16, "17<a>", false},
	{do_store_flags, BYTES("a "), true, 2, "0<a>", false},
	{do_store_flags, BYTES("a)"), false, 1, "a space", false},
	{do_store_flags, BYTES("a ("), false, 2, "a flag", false},
	{do_store_flags, BYTES(""), false, 0, "a flag", false},
	{do_keyword, BYTES("$MDNSent "), true, 8, "<$MDNSent>", false},
	{do_keyword, BYTES("\\Seen"), false, 0, "a flag", false},
	{do_keyword, BYTES("aaaaaaaaaaaaaaaaaaaaa"), false, 0, "a shorter keyword", false},

	{do_date, BYTES("1-Feb-1994 x"), true, 10, "8797", false},
	{do_date, BYTES("\"01-fEB-1994\""), true, 13, "8797", false},
	{do_date, BYTES("1-Jan-0000"), true, 10, "-719528", false},
	{do_date, BYTES("31-Dec-9999"), true, 11, "2932896", false},
	{do_date, BYTES("29-Feb-2023"), false, 0, "a day that exists", false},
	{do_date, BYTES("\"0-Jan-2023\""), false, 1, "a day that exists", false},
	{do_date, BYTES("001-Jan-2023"), false, 2, "\"-\"", false},
	{do_date, BYTES("1-Foo-2023"), false, 2, "a month as in \"Jan\"", false},
	{do_date, BYTES("1-Ja"), false, 2, "a month as in \"Jan\"", false},
	{do_date, BYTES("1-Jan-99"), false, 8, "a year of four digits", false},
	{do_date, BYTES("\"1-Jan-2023"), false, 11, "a quote", false},
	{do_date, BYTES("x"), false, 0, "a date as in 1-Feb-1994", false},
	{do_datetime, BYTES("\"17-Jul-1996 02:44:25 -0700\""), true, 28, "837596665 -420", false},
	{do_datetime, BYTES("\" 1-Jan-1970 00:00:00 +0000\""), true, 28, "0 0", false},
	{do_datetime, BYTES("\"01-Jan-1970 00:00:00 +0130\""), true, 28, "-5400 90", false},
	{do_datetime, BYTES("\"31-Dec-2016 23:59:60 +0000\""), true, 28, "1483228800 0", false},
	{do_datetime, BYTES("\"1-Jan-1970 00:00:00 +0000\""), false, 2, "a day of two characters",
	 false},
	{do_datetime, BYTES("\"31-Apr-1970 00:00:00 +0000\""), false, 1, "a day that exists",
	 false},
	{do_datetime, BYTES("\" 1-Jan-1970 24:00:00 +0000\""), false, 13, "a time as in 02:44:25",
	 false},
	{do_datetime, BYTES("\" 1-Jan-1970 00:60:00 +0000\""), false, 13, "a time as in 02:44:25",
	 false},
	{do_datetime, BYTES("\" 1-Jan-1970 00:00:61 +0000\""), false, 13, "a time as in 02:44:25",
	 false},
	{do_datetime, BYTES("\" 1-Jan-1970 00:00:00 0000\""), false, 22, "a zone as in +0100",
	 false},
	{do_datetime, BYTES("\" 1-Jan-1970 00:00:00 +0060\""), false, 22, "a zone as in +0100",
	 false},
	{do_datetime, BYTES("\" 1-Jan-1970 00:00:00 +2400\""), false, 22, "a zone as in +0100",
	 false},
	{do_datetime, BYTES("\" 1-Jan-1970 00:00:00 +0000"), false, 27, "a quote", false},
	{do_datetime, BYTES("NIL"), false, 0, "a date and time in quotes", false},
};

/* What holds for every rule on any input. */
static bool run(size_t row, struct fixture *f)
{
	bool ok = rows[row].rule(f);
	size_t len = (size_t)(f->r.end - f->r.begin);

	ROW(row, f->r.at >= f->r.begin && f->r.at <= f->r.end);
	ROW(row, ok || (f->r.expected && *f->r.expected));
	ROW(row, !f->r.nomem);
	ROW(row, f->steps <= 5 * len + 20);
	return ok;
}

static void test_rows(void **state)
{
	struct fixture f;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		setup(&f, rows[i].in, rows[i].len, rows[i].utf8);
		if (run(i, &f) != rows[i].ok || (size_t)(f.r.at - f.r.begin) != rows[i].at ||
		    strcmp(rows[i].ok ? f.out : f.r.expected, rows[i].out) != 0)
			fail_msg("row %zu, input %s: at %zu, value %s, expected %s", i, rows[i].in,
				 (size_t)(f.r.at - f.r.begin), f.out,
				 f.r.expected ? f.r.expected : "(nothing)");
		teardown(&f);
		for (n = 0; n < rows[i].len; n++) {
			setup(&f, rows[i].in, n, rows[i].utf8);
			run(i, &f);
			teardown(&f);
		}
	}
}

/* Every octet in the place of every octet of every row (T12: controls in the middle of tokens). */
static void test_every_octet(void **state)
{
	struct fixture f;
	size_t i, n;
	int c;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (n = 0; n < rows[i].len; n++) {
			for (c = 0; c < 256; c++) {
				setup(&f, rows[i].in, rows[i].len, rows[i].utf8);
				f.block[n] = (char)c;
				run(i, &f);
				/* No name and no keyword has a control character in it. */
				if (rows[i].rule == do_mailbox || rows[i].rule == do_pattern ||
				    rows[i].rule == do_flag_list || rows[i].rule == do_tag)
					ROW(i, strcspn(f.out, "\r\n\t\x01\x1f\x7f") == f.out_len);
				teardown(&f);
			}
		}
	}
}

/* The arena's maximum is a failure like any other, and says so. */
static void test_no_memory(void **state)
{
	struct fixture f;
	size_t i, max;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (max = 0; max < 200; max += 16) {
			bool ok;

			setup(&f, rows[i].in, rows[i].len, rows[i].utf8);
			f.arena.max = max;
			ok = rows[i].rule(&f);
			ROW(i, ok == rows[i].ok || (f.r.nomem && f.r.expected));
			teardown(&f);
		}
	}
}

/* Table by table against the grammar of RFC 9051 9. */
static void test_chars(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool atom = c > 0x20 && c < 0x7f && !strchr("(){%*\"\\]", c);
		bool astring = atom || c == ']';
		bool alnum =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		ROW(c, isrv_char_is((char)c, ISRV_CHAR_ATOM) == atom);
		ROW(c, isrv_char_is((char)c, ISRV_CHAR_ASTRING) == astring);
		ROW(c, isrv_char_is((char)c, ISRV_CHAR_LIST) == (astring || c == '%' || c == '*'));
		ROW(c, isrv_char_is((char)c, ISRV_CHAR_TAG) == (astring && c != '+'));
		ROW(c,
		    isrv_char_is((char)c, ISRV_CHAR_WORD) == (alnum || (c && strchr(".-=_", c))));
		ROW(c, isrv_char_is((char)c, ISRV_CHAR_PLAIN) ==
			       (c > 0 && c < 0x80 && !strchr("\r\n\"\\", c)));
		ROW(c, isrv_char_is((char)c, ISRV_CHAR_PRINT) == (c >= 0x20 && c < 0x7f));
	}
}

/* ---- complexity, in steps ------------------------------------------------------------------ */

static size_t fill(char *out, size_t size, const char *before, const char *piece, int vary)
{
	size_t n = strlen(before), i = 0;

	memcpy(out, before, n);
	for (; n + strlen(piece) + 24 < size; i++)
		n += (size_t)snprintf(out + n, size - n, vary ? "%s%zu" : "%s", piece,
				      i * 7919 % 10007);
	return n;
}

static const struct {
	const char *name;
	bool (*rule)(struct fixture *f);
	const char *before, *piece, *after;
	int vary;
} floods[] = {
	{"atom", do_atom, "", "a", "", 0},
	{"quoted", do_string, "\"", "a", "\"", 0},
	{"escapes", do_string, "\"", "\\\"", "\"", 0},
	{"no end of quoted", do_string, "\"", "\\\\", "", 0},
	{"digits", do_number, "", "0", "", 0},
	{"literal's digits", do_string, "{", "0", "}\r\n", 0},
	{"name", do_mailbox, "\"", "&APw-a", "\"", 0},
	{"set, ascending", do_set, "1", ",1", "", 1},
	{"set, all and all", do_set, "1", ",1:4294967295", "", 0},
	{"set, stars", do_set, "1", ",*:1", "", 0},
	{"keywords", do_flag_list, "(a", " k", ")", 1},
	{"keywords, the same", do_flag_list, "(a", " k", ")", 0},
	{"keywords, alike", do_flag_list, "(a", " aaaaaaaaaaaaaaa", ")", 1},
	{"system flags", do_flag_list, "(a", " \\Seen", ")", 0},
	{"spaces", do_end, "", " ", "", 0},
	{"open parentheses", do_flag_list, "(", "(", "", 0},
};

static void test_steps(void **state)
{
	enum { MOST = 1 << 20 };
	static char in[MOST + 64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(floods); i++) {
		uint64_t steps[2];
		size_t size, k;

		for (k = 0; k < 2; k++) {
			struct fixture f;

			size = k == 0 ? MOST / 2 : MOST;
			size = fill(in, size, floods[i].before, floods[i].piece, floods[i].vary);
			memcpy(in + size, floods[i].after, strlen(floods[i].after));
			setup(&f, in, size + strlen(floods[i].after), false);
			f.arena.max = 64 << 20;
			floods[i].rule(&f);
			steps[k] = f.steps;
			/* Memory is bounded by the octets read, not by what they say. */
			if (f.r.nomem || f.mem.peak > 48 * (size + 64))
				fail_msg("row %s: %zu octets held for %zu", floods[i].name,
					 f.mem.peak, size);
			teardown(&f);
		}
		if (steps[1] * 10 > steps[0] * 22 + 1000)
			fail_msg("row %s: %llu steps, then %llu", floods[i].name,
				 (unsigned long long)steps[0], (unsigned long long)steps[1]);
	}
}

/* A rule that reads one value after the other, as commands do. */
static void test_sequence(void **state)
{
	struct imapsrv_span tag, word, name;
	struct isrv_rd_datetime when;
	struct isrv_rd_flags flags;
	struct fixture f;
	bool literal8;
	uint64_t size;

	(void)state;
	setup(&f, BYTES("a1 append \"Sent &- x\" (\\Seen) \" 1-Jan-1970 00:00:00 +0000\" ~{5}\r\n"),
	      false);
	assert_true(isrv_rd_tag(&f.r, &tag));
	assert_true(isrv_rd_sp(&f.r));
	assert_false(isrv_rd_try_word(&f.r, "APPENDX"));
	assert_true(isrv_rd_word(&f.r, &word));
	assert_true(isrv_rd_sp(&f.r));
	assert_true(isrv_rd_mailbox(&f.r, &name));
	assert_memory_equal(name.data, "Sent & x", 8);
	assert_true(isrv_rd_sp(&f.r));
	assert_int_equal(isrv_rd_peek(&f.r), '(');
	assert_true(isrv_rd_flag_list(&f.r, &flags));
	assert_int_equal(flags.system, IMAPSRV_SEEN);
	assert_true(isrv_rd_sp(&f.r));
	assert_true(isrv_rd_datetime(&f.r, &when));
	assert_true(isrv_rd_sp(&f.r));
	assert_true(isrv_rd_announcement(&f.r, &size, &literal8));
	assert_true(literal8);
	assert_int_equal(size, 5);
	assert_int_equal(isrv_rd_peek(&f.r), -1);
	assert_true(isrv_rd_end(&f.r));
	teardown(&f);
}

/* An empty command without memory, and without steps being counted. */
static void test_empty(void **state)
{
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		setup(&f, NULL, 0, false);
		f.r.steps = NULL;
		rows[i].rule(&f);
		ROW(i, f.r.at == f.r.end);
		teardown(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chars),	    cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_octet), cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_steps),	    cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
