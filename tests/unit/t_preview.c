/* SPDX-License-Identifier: MIT */
/*
 * message/preview: rows of plain text and HTML with the preview that they give, each cut at every
 * place and octet by octet; the limit of 200 characters from all sides; what an endless sender
 * costs.  Every preview is checked for what all must be: valid, folded, without controls.
 */
#include "message/preview.h"

#include "base/utf8.h"
#include "unit/row.h"

#define FFFD "\xef\xbf\xbd"

static void check(size_t row, const struct isrv_preview *p)
{
	size_t at = 0, characters = 0, n;
	uint32_t code = 0;

	ROW(row, p->done && p->shown.len <= sizeof(p->shown.text));
	for (; at < p->shown.len; at += n, characters++) {
		bool space = code == ' ';

		n = isrv_utf8_next(p->shown.text + at, p->shown.len - at, &code);
		ROW(row, n > 0);
		ROW(row, code >= ' ' && (code < 0x7f || code > 0xa0));
		ROW(row, !(space && code == ' '));
		ROW(row, code != ' ' || (at > 0 && at + 1 < p->shown.len));
	}
	ROW(row, characters == p->shown.characters && characters <= ISRV_FOLD_CHARACTERS);
}

/* Two pieces, in pieces of `step`. */
static void preview(size_t row, struct isrv_preview *p, bool html, const char *data, size_t len,
                    size_t cut, size_t step)
{
	size_t at, n;

	isrv_preview_init(p, html);
	for (at = 0; at < len; at += n) {
		char *piece;

		n = at < cut ? cut - at : len - at;
		if (n > step)
			n = step;
		piece = exact(data + at, n);
		isrv_preview_feed(p, piece, n);
		free(piece);
	}
	isrv_preview_finish(p);
	check(row, p);
	isrv_preview_feed(p, "more", 4);
	isrv_preview_finish(p);
}

static void same(size_t row, const struct isrv_preview *p, const char *want, size_t len)
{
	if (p->shown.len != len || memcmp(p->shown.text, want, len) != 0)
		fail_msg("row %zu: got \"%.*s\", not \"%.*s\"", row, (int)p->shown.len,
		         p->shown.text, (int)len, want);
}

static void every_way(size_t row, bool html, const char *data, size_t len, const char *want,
                      size_t want_len)
{
	struct isrv_preview p;
	size_t cut;

	for (cut = 0; cut <= len; cut++) {
		preview(row, &p, html, data, len, cut, len);
		same(row, &p, want, want_len);
	}
	preview(row, &p, html, data, len, len, 1);
	same(row, &p, want, want_len);
	preview(row, &p, html, data, len, len, 3);
	same(row, &p, want, want_len);
}

struct row {
	const char *data;
	size_t len;
	const char *want;
};

/* ---- plain text ---------------------------------------------------------------------------- */

static const struct row plain[] = {
	{BYTES(""), ""},
	{BYTES("Preview text!"), "Preview text!"},
	{BYTES("  two\t words \r\n\r\nand more\r\n"), "two words and more"},
	{BYTES("\r\n\r\n \t\r\n"), ""},
	{BYTES("a\rb\nc\fd\ve"), "a b c d e"},
	{BYTES("a\0b\x01\x1b[0m\x7f\xc2\x80" "c"), "ab[0mc"},
	{BYTES("a\xc2\xa0\xc2\xa0 b\xe3\x80\x80" "c\xe2\x80\xa8" "d\xe2\x80\x87" "e\xc2\x85" "f"),
	 "a b c d e f"},
	{BYTES("\xef\xbb\xbfHi\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d\xc2\xad\xcd\x8f!"), "Hi!"},
	{BYTES("a\xe2\x80\xae" "b\xe2\x81\xa6" "c"), "abc"},
	{BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	{BYTES("a\xffz\xe2\x82"), "a" FFFD "z" FFFD FFFD},
	{BYTES("a\xef\xbf\xbd" "b"), "a" FFFD "b"},
	{BYTES("\xed\xa0\x80"), FFFD FFFD FFFD},
	{BYTES("<p>no &amp; tags</p>"), "<p>no &amp; tags</p>"},
	/* 14: quotes */
	{BYTES("Yes.\r\n> Really?\r\n"), "Yes."},
	{BYTES("> Really?\r\nYes.\r\n> Sure?\r\nSure.\r\n"), "Yes. Sure."},
	{BYTES(">> a\n> b\n>c\nd"), "d"},
	{BYTES("\xef\xbb\xbf> a\nb"), "b"},
	{BYTES("x > y\n > z"), "x > y > z"}, /* RFC 3676 4.5: first on the line */
	{BYTES("a\r\n>"), "a"},
	/* 20: attributions */
	{BYTES("Yes.\r\n\r\nOn Mon, 1 Jan 2024, Bob wrote:\r\n> Really?\r\n"), "Yes."},
	{BYTES("On Monday, Bob wrote:\r\n> Really?\r\n\r\nYes."), "Yes."},
	{BYTES("On Mon, 1 Jan 2024 at 10:00, Bob Example <bob@example.org>\r\nwrote:\r\n\r\n"
	       "> Really?\r\n\r\nYes."), "Yes."},
	{BYTES("Hi.\nOn Mon, 1 Jan 2024, Bob\nof Example <b@example.org>\nwrote:\n> a\nYes."),
	 "Hi. Yes."},
	{BYTES("Am 01.02.2024 um 10:00 schrieb Bob:\n> a\nJa."), "Ja."},
	{BYTES("Le 12 mars 2024 \xc3\xa0 10:00, Bob a \xc3\xa9" "crit\xc2\xa0:\n> a\nOui."), "Oui."},
	{BYTES("bob@example.org writes:\n\n\n> a\nYes."), "Yes."},
	{BYTES("Bob wrote: \r\n> a\r\nYes."), "Yes."},
	{BYTES("On Monday, Bob wrote:\nnothing quoted"), "On Monday, Bob wrote: nothing quoted"},
	{BYTES("On Monday, Bob wrote:\n\nnothing\n> quoted"), "On Monday, Bob wrote: nothing"},
	{BYTES("On Monday, Bob wrote:"), "On Monday, Bob wrote:"},
	{BYTES("I have a question:\n> a\nWhat?"), "I have a question: What?"},
	{BYTES("On top of it\nthere is\nmuch\nthat Bob wrote:\n> a"),
	 "On top of it there is much"},
	{BYTES("On top of it.\n\nBob wrote:\n> a"), "On top of it."},
	{BYTES("Only this\n> a\n> b\nOn Tue, 2 Feb 2021, C wrote:\n> > d\nand that"),
	 "Only this and that"},
	/* 35: signatures */
	{BYTES("Yes.\r\n-- \r\nBob\r\n"), "Yes."},
	{BYTES("Yes.\n--\nBob"), "Yes."},
	{BYTES("Yes.\n--"), "Yes."},
	{BYTES("Yes.\n-- Bob"), "Yes. -- Bob"},
	{BYTES("Yes.\n---\nBob"), "Yes. --- Bob"},
	{BYTES("Yes.\n--Bob"), "Yes. --Bob"},
	{BYTES("- one\n- two\n-"), "- one - two -"},
	{BYTES("-\n-"), "- -"},
	{BYTES(" -- \nBob"), "-- Bob"},
	{BYTES("--  \nBob\n"), "Bob"}, /* nothing else is there */
	/* 45: nothing but what is skipped */
	{BYTES("> only\n> quoted\n"), "only quoted"},
	{BYTES(">> a\n> > b"), "a b"},
	{BYTES("On Monday, Bob wrote:\n> a\n"), "a"},
	{BYTES("> a\n-- \nBob"), "a"},
	{BYTES("> a\n\nb"), "b"},
	{BYTES(">\n>\n"), ""},
	{BYTES("-- \nBob\nExample Ltd\n> x"), "Bob Example Ltd > x"},
};

/* ---- HTML ---------------------------------------------------------------------------------- */

static const struct row html[] = {
	{BYTES(""), ""},
	{BYTES("no tags"), "no tags"},
	{BYTES("<p>One</p><p>Two</p>"), "One Two"},
	{BYTES("a<b>b</b><i>c</i>"), "abc"},
	{BYTES("a<br>b<BR/>c<br />d"), "a b c d"},
	{BYTES("<td>a</td><td>b</td>"), "a b"},
	{BYTES("<unknowntagname>a</unknowntagname>b<blockquotes>c"), "abc"},
	{BYTES("> no quote\n-- \nno signature"), "> no quote -- no signature"},
	/* 8: attributes */
	{BYTES("<a title=\"x > y\">a</a>"), "a"},
	{BYTES("<a title='x > y'>a</a>"), "a"},
	{BYTES("<a title = \"it's\">a</a>"), "a"},
	{BYTES("<a title=it's>a</a> isn't"), "a isn't"},
	{BYTES("<a b\"c>a"), "a"},
	{BYTES("<a href=/x>a"), "a"},
	{BYTES("<a href=\"x\"title='>'>a"), "a"},
	{BYTES("<a href=>a"), "a"},
	{BYTES("<a href=x'y title='>' \n>a"), "a"},
	{BYTES("<img alt=\"a > b\" src=x>c"), "c"},
	{BYTES("a<p title=\"never closed>b</p>"), "a"},
	{BYTES("a<p"), "a"},
	/* 20: no tags */
	{BYTES("1 < 2 <3 <"), "1 < 2 <3 <"},
	{BYTES("<<b>a</b>"), "<a"},
	{BYTES("a</>b</ c>d"), "abd"},
	{BYTES("a<"), "a<"},
	{BYTES("a</"), "a"},
	/* 25: comments and declarations */
	{BYTES("a<!-- <p>b</p> -- > -->c"), "ac"},
	{BYTES("<!-->a<!--->b<!---->c"), "abc"},
	{BYTES("a<!-- x --!>b"), "ab"},
	{BYTES("a<!--!>b-->c"), "ac"},
	{BYTES("a<!-- - -> -->b"), "ab"},
	{BYTES("a<!-- x ---->b"), "ab"},
	{BYTES("<!DOCTYPE html><?xml version=\"1.0\"?>a"), "a"},
	{BYTES("<!--[if mso]><p>Outlook</p><![endif]-->a<![if !mso]>b<![endif]>"), "ab"},
	{BYTES("a<!-x>b<!>c"), "abc"},
	{BYTES("a<!-- never closed"), "a"},
	/* 35: what is skipped */
	{BYTES("<style>p { color: red }</style>a"), "a"},
	{BYTES("<STYLE type='a>b'>x</sTyLe >a"), "a"},
	{BYTES("<script>if (a</b>c) \"</scriptx>\" '<p>'</script>a"), "a"},
	{BYTES("<style>a < b <</style>c"), "c"},
	{BYTES("<style>x</sty</style>c"), "c"},
	{BYTES("<style><!-- </style> -->c"), "-->c"},
	{BYTES("<script></script/>a</script>b"), "ab"},
	{BYTES("<html><head><title>T &amp; <b>t</title><meta x>u</head><body>a"), "a"},
	{BYTES("<head><style>x</style>y<body>a"), "a"},
	{BYTES("<head><meta charset=\"utf-8\"><p>a"), "a"},
	{BYTES("<header>a</header>"), "a"},
	{BYTES("<title>only"), ""},
	/* 47: entities */
	{BYTES("a &amp; b &lt;p&gt; &quot;c&quot; &apos;d&apos;"), "a & b <p> \"c\" 'd'"},
	{BYTES("&copy;&reg;&trade;&hellip;&euro;&bull;"),
	 "\xc2\xa9\xc2\xae\xe2\x84\xa2\xe2\x80\xa6\xe2\x82\xac\xe2\x80\xa2"},
	{BYTES("&lsquo;&rsquo;&ldquo;&rdquo;&ndash;&mdash;"),
	 "\xe2\x80\x98\xe2\x80\x99\xe2\x80\x9c\xe2\x80\x9d\xe2\x80\x93\xe2\x80\x94"},
	{BYTES("caf&eacute; &Auml;&szlig;&yuml;"), "caf\xc3\xa9 \xc3\x84\xc3\x9f\xc3\xbf"},
	{BYTES("a&nbsp;&nbsp;b&emsp;c"), "a b c"},
	{BYTES("Hi&zwnj;&nbsp;&zwnj;&nbsp;&shy;&#847;&#8203;&#xFEFF;"), "Hi"},
	{BYTES("&#65;&#x42;&#X43;&#8364;&#x1F600;"), "ABC\xe2\x82\xac\xf0\x9f\x98\x80"},
	{BYTES("it&#146;s &#128;5 &#129;"), "it\xe2\x80\x99s \xe2\x82\xac" "5 " FFFD},
	{BYTES("a&#10;b&#13;c&#7;d&#0;"), "a b cd&#0;"},
	{BYTES("&#xD800; &#1114112; &#x; &#; &#xZZ; &#99999999999999999999;"),
	 "&#xD800; &#1114112; &#x; &#; &#xZZ; &#99999999999999999999;"},
	{BYTES("&nosuch; &; & &&amp; &verylongentityname;"), "&nosuch; &; & && &verylongentityname;"},
	{BYTES("&thetasym; &ampersand;"), "&thetasym; &ampersand;"},
	{BYTES("&copy 2024 &amp&lt &hellip &#65 &#x42."), "\xc2\xa9 2024 &< &hellip A B."},
	{BYTES("?a=1&b=2&copyx=3"), "?a=1&b=2&copyx=3"},
	{BYTES("AT&T&Amp;&AMP;&am;&ampp;"), "AT&T&Amp;&&am;&ampp;"},
	{BYTES("&amp"), "&"},
	{BYTES("&nosuc"), "&nosuc"},
	{BYTES("&"), "&"},
	{BYTES("&#000000000065;"), "&#000000000065;"},
	{BYTES("&lt;b&gt;<b>x</b>&<b>y"), "<b>x&y"},
	{BYTES("&\xc3\xa9;"), "&\xc3\xa9;"},
	/* 68: all of it */
	{BYTES("<html>\r\n<head><style>a{}</style></head>\r\n<body>\r\n<div style=\"display:none\">"
	       "Sale!&zwnj;&nbsp;</div>\r\n<table><tr><td>Hello,\r\n  <b>Bob</b></td></tr></table>"
	       "</body></html>"), "Sale! Hello, Bob"},
	{BYTES("<p\n>a\xff<\xff>b</p\xc3\xa9>c"), "a" FFFD "<" FFFD ">bc"},
};

static void test_plain(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(plain); i++)
		every_way(i, false, plain[i].data, plain[i].len, plain[i].want,
		          strlen(plain[i].want));
}

static void test_html(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(html); i++)
		every_way(i, true, html[i].data, html[i].len, html[i].want, strlen(html[i].want));
}

/* ---- the limit ----------------------------------------------------------------------------- */

struct text {
	char data[65536];
	size_t len;
};

static void add(struct text *text, const char *what, size_t times)
{
	size_t n = strlen(what);

	while (times--) {
		assert_true(text->len + n <= sizeof(text->data));
		memcpy(text->data + text->len, what, n);
		text->len += n;
	}
}

/* Characters of 1 to 4 octets up to the limit, and a space that would be the last. */
static void test_limit(void **state)
{
	static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac",
	                                         "\xf0\x9f\x98\x80"};
	size_t i, n, mode;

	(void)state;
	for (i = 0; i < COUNT(characters); i++) {
		for (n = 197; n < 204; n++) {
			static struct text data, want;

			for (mode = 0; mode < 2; mode++) {
				size_t kept = n < 200 ? n : 200;

				data.len = want.len = 0;
				add(&data, characters[i], n);
				add(&want, characters[i], kept);
				add(&data, mode ? "<p> " : " \r\n", 1);
				add(&data, "y z", 1);
				if (kept < 199)
					add(&want, " y", 1);
				if (kept < 197)
					add(&want, " z", 1);
				every_way(n, mode, data.data, data.len, want.data, want.len);
			}
		}
	}
}

/* Octets that begin no character, where the text ends: all at once and one by one it is the same. */
static void test_debris_at_limit(void **state)
{
	static const char *const debris[] = {"\xf0" "AAAA", "\xff" "AA", "\xe1" "A"};
	static const char *const shown[] = {"\xef\xbf\xbd" "AAAA", "\xef\xbf\xbd" "AA",
	                                    "\xef\xbf\xbd" "A"};
	static struct text data, want;
	size_t i, n, mode;

	(void)state;
	for (i = 0; i < COUNT(debris); i++) {
		for (n = 190; n <= 200; n++) {
			size_t room = 200 - n, tail = strlen(shown[i]);

			data.len = want.len = 0;
			add(&data, "x", n);
			add(&want, "x", n);
			add(&data, debris[i], 1);
			add(&want, shown[i], 1);
			/* U+FFFD is one character of three octets. */
			if (!room)
				want.len -= tail;
			else if (room < tail - 2)
				want.len -= tail - 2 - room;
			for (mode = 0; mode < 2; mode++)
				every_way(n, mode, data.data, data.len, want.data, want.len);
		}
	}
}

/* What was cut off is no part of the attribution's decision; its room is free again. */
static void test_attribution_at_limit(void **state)
{
	static struct text data, want;
	size_t n;

	(void)state;
	for (n = 150; n <= 200; n++) {
		data.len = want.len = 0;
		add(&data, "x", n);
		add(&data, "\nOn Mon, 1 Jan 2024, Bob Example wrote:\n> quoted\nyes", 1);
		add(&want, "x", n);
		add(&want, n <= 196 ? " yes" : n == 197 ? " ye" : n == 198 ? " y" : "", 1);
		every_way(n, false, data.data, data.len, want.data, want.len);
	}
}

/* Done as soon as it can be, so that the host need not fetch what is not looked at. */
static void test_done(void **state)
{
	static const struct {
		bool html;
		const char *before, *repeat, *after;
		bool done;
	} rows[] = {
		{true, "", "word ", "", true},
		{true, "<p>", "&amp;", "", true},
		{true, "<style>", "word ", "", false},
		{false, "", "word ", "", true},   /* one line without end */
		{false, "", "word\n", "", true},
		{false, "", "> word\n", "", false}, /* the author may still speak */
		{false, "Hi\n-- \n", "", "", true},
		{false, "-- \n", "word ", "", true},
		{false, "> a\n-- \n", "word ", "", true},
		{false, "On ", "word ", "", true},
		{false, "", "\n", "", false},
	};
	static struct text text;
	struct isrv_preview p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		text.len = 0;
		add(&text, rows[i].before, 1);
		add(&text, rows[i].repeat, 1500);
		add(&text, rows[i].after, 1);
		isrv_preview_init(&p, rows[i].html);
		isrv_preview_feed(&p, text.data, text.len);
		ROW(i, p.done == rows[i].done);
		isrv_preview_finish(&p);
		check(i, &p);
	}
}

/* A quote longer than fits makes room for what its reader says, in whatever line that comes. */
static void test_quote_then_own(void **state)
{
	static struct text data;

	(void)state;
	data.len = 0;
	add(&data, "> quoted text\r\n", 40);
	add(&data, "\r\nYes.\r\n", 1);
	every_way(0, false, data.data, data.len, "Yes.", 4);
}

/* ---- every short text: the same however it is cut ------------------------------------------ */

static void all_short(bool is_html, const char *octets, size_t len)
{
	size_t base = strlen(octets), row, texts = 1, i, cut;

	for (i = 0; i < len; i++)
		texts *= base;
	for (row = 0; row < texts; row++) {
		struct isrv_preview whole, parts;
		char text[16];
		size_t code = row;

		for (i = 0; i < len; i++, code /= base)
			text[i] = octets[code % base];
		preview(row, &whole, is_html, text, len, len, len);
		for (cut = 1; cut < len; cut++) {
			preview(row, &parts, is_html, text, len, cut, len);
			same(row, &parts, whole.shown.text, whole.shown.len);
		}
	}
}

static void test_all_short(void **state)
{
	(void)state;
	all_short(true, "<>/!-&;p\"", 5);
	all_short(true, "&#x1;8", 6);
	all_short(false, ">- \n:@", 6);
	all_short(false, "\xe2\x82\xac\xc2\xf0" "a", 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),          cmocka_unit_test(test_html),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_debris_at_limit),          cmocka_unit_test(test_attribution_at_limit),
		cmocka_unit_test(test_done),           cmocka_unit_test(test_quote_then_own),
		cmocka_unit_test(test_all_short),
	};

	return cmocka_run_group_tests_name("preview", tests, NULL, NULL);
}
