/* SPDX-License-Identifier: MIT */
/*
 * message/address: lists of addresses, each row with what ENVELOPE shows for it.  Every list is
 * read from a block of exactly its size, and again with each allocation failing.
 */
#include "message/address.h"
#include "unit/addressoracle.h"
#include "unit/failalloc.h"

enum { SHOWN_MAX = 2048 };

#define NO_HOST    "MISSING_DOMAIN"
#define NO_MAILBOX "MISSING_MAILBOX"

/* Shown is "[name]<route:mailbox@host>" for each address, without what is NIL, and "{name" where a
 * group begins, "}" where it ends. */
static const struct {
	const char *body;
	size_t len;
	const char *shown;
} rows[] = {
	/* plain */
	{BYTES(""), ""},
	{BYTES(" \r\n "), ""},
	{BYTES("joe@example.org"), "<joe@example.org>"},
	{BYTES(" joe@example.org\r\n"), "<joe@example.org>"},
	{BYTES("<joe@example.org>"), "<joe@example.org>"},
	{BYTES("Joe <joe@example.org>"), "[Joe]<joe@example.org>"},
	{BYTES("Joe<joe@example.org>"), "[Joe]<joe@example.org>"},
	{BYTES("Joe Blow <joe@example.org>"), "[Joe Blow]<joe@example.org>"},
	{BYTES("Joe  \t Blow <joe@example.org>"), "[Joe Blow]<joe@example.org>"},
	{BYTES("Joe\r\n Blow\r\n <joe@example.org>"), "[Joe Blow]<joe@example.org>"},
	{BYTES("Joe\tBlow <joe@example.org>"), "[Joe Blow]<joe@example.org>"},
	{BYTES("a@b,c@d"), "<a@b><c@d>"},
	{BYTES("A <a@b>,\r\n C <c@d>"), "[A]<a@b>[C]<c@d>"},
	/* names */
	{BYTES("\"Joe Blow\" <a@b>"), "[Joe Blow]<a@b>"},
	{BYTES("\"Blow, Joe\" <a@b>"), "[Blow, Joe]<a@b>"},
	{BYTES("\"Joe \\\"JB\\\" Blow\" <a@b>"), "[Joe \"JB\" Blow]<a@b>"},
	{BYTES("\"Joe\r\n Blow\" <a@b>"), "[Joe Blow]<a@b>"},
	{BYTES("\" Joe \" <a@b>"), "[ Joe ]<a@b>"},
	{BYTES("\"Joe\" \"Blow\" <a@b>"), "[Joe Blow]<a@b>"},
	{BYTES("\"Joe\"Blow<a@b>"), "[Joe Blow]<a@b>"},
	{BYTES("Joe\"Blow\"<a@b>"), "[Joe Blow]<a@b>"},
	{BYTES("Joe \"the man\" Blow <a@b>"), "[Joe the man Blow]<a@b>"},
	{BYTES("\"\" <a@b>"), "<a@b>"},
	{BYTES("\"\\\\\" <a@b>"), "[\\]<a@b>"},
	{BYTES("J. Blow <a@b>"), "[J. Blow]<a@b>"},
	{BYTES("J.R. Blow Jr. <a@b>"), "[J.R. Blow Jr.]<a@b>"},
	{BYTES("J .  R <a@b>"), "[J . R]<a@b>"},
	{BYTES("Dr.Blow <a@b>"), "[Dr.Blow]<a@b>"},
	{BYTES("\"J.\" R. Blow <a@b>"), "[J. R. Blow]<a@b>"},
	{BYTES("J\xc3\xb6rg Bl\xf6w <a@b>"), "[J\xc3\xb6rg Bl\xf6w]<a@b>"},
	{BYTES("\"J\xc3\xb6rg\" <j\xc3\xb6rg@\xc3\xa4.example>"),
         "[J\xc3\xb6rg]<j\xc3\xb6rg@\xc3\xa4.example>"},
	{BYTES("\x1b$B$d\x1b.B <a@b>"), "[\x1b$B$d\x1b.B]<a@b>"},
	{BYTES("[LIST] Joe <a@b>"), "[[LIST] Joe]<a@b>"},
	{BYTES("Joe) Blow <a@b>"), "[Joe) Blow]<a@b>"},
	{BYTES("Joe \\ Blow <a@b>"), "[Joe \\ Blow]<a@b>"},
	{BYTES("joe@example.org <joe@example.org>"), "[joe@example.org]<joe@example.org>"},
	{BYTES("joe@example.org\r\n\t<joe@example.org>"), "[joe@example.org]<joe@example.org>"},
	{BYTES("Joe @ Work <a@b>"), "[Joe @ Work]<a@b>"},
	{BYTES("'joe@example.org' <joe@example.org>"), "['joe@example.org']<joe@example.org>"},
	{BYTES("=?utf-8?q?J=C3=B6rg?= <a@b>"), "[=?utf-8?q?J=C3=B6rg?=]<a@b>"},
	{BYTES("=?utf-8?q?J?= =?utf-8?q?B?= <a@b>"), "[=?utf-8?q?J?= =?utf-8?q?B?=]<a@b>"},
	{BYTES("=?utf-8?q?J?=\r\n =?utf-8?q?B?= <a@b>"), "[=?utf-8?q?J?= =?utf-8?q?B?=]<a@b>"},
	{BYTES("\"=?utf-8?q?J?=\" <a@b>"), "[=?utf-8?q?J?=]<a@b>"},
	{BYTES("\"=?utf-8?q?J?=  =?utf-8?q?B?=\" <a@b>"), "[=?utf-8?q?J?=  =?utf-8?q?B?=]<a@b>"},
	{BYTES("=?utf-8?Q?Blow,_Joe?= <a@b>, c@d"), "[=?utf-8?Q?Blow,_Joe?=]<a@b><c@d>"},
	{BYTES("=?utf-8?Q?joe@x.org_(Joe)?= <a@b>"), "[=?utf-8?Q?joe@x.org_(Joe)?=]<a@b>"},
	{BYTES("=?utf-8?Q?J?=<a@b>"), "[=?utf-8?Q?J?=]<a@b>"},
	{BYTES("=?utf-8?Q?J<a@b>?= <c@d>"), "[=?utf-8?Q?J]<a@b>[?=]<c@d>"},
	/* comments */
	{BYTES("joe@x (Joe)"), "[Joe]<joe@x>"},
	{BYTES("joe@x (Joe Blow), c@d (C)"), "[Joe Blow]<joe@x>[C]<c@d>"},
	{BYTES("joe@x(Joe),c@d"), "[Joe]<joe@x><c@d>"},
	{BYTES("<joe@x> (Joe)"), "[Joe]<joe@x>"},
	{BYTES("<joe@x (Joe)>"), "[Joe]<joe@x>"},
	{BYTES("(Joe) joe@x"), "[Joe]<joe@x>"},
	{BYTES("J <joe@x> (not this), c@d"), "[J]<joe@x><c@d>"},
	{BYTES("\"\" <joe@x> (Joe)"), "[Joe]<joe@x>"},
	{BYTES("joe@x (one) (two)"), "[two]<joe@x>"},
	{BYTES("joe@x ()"), "<joe@x>"},
	{BYTES("joe@x ( )"), "<joe@x>"},
	{BYTES("joe@x ( Joe\r\n Blow )"), "[Joe Blow]<joe@x>"},
	{BYTES("joe@x (Joe \\(JB\\) Blow)"), "[Joe (JB) Blow]<joe@x>"},
	{BYTES("joe@x (Joe (the (one)) Blow)"), "[Joe (the (one)) Blow]<joe@x>"},
	{BYTES("joe@x (=?utf-8?q?J?=)"), "[=?utf-8?q?J?=]<joe@x>"},
	{BYTES("joe@x (Joe"), "[Joe]<joe@x>"},
	{BYTES("joe@x (Joe\\"), "[Joe]<joe@x>"},
	{BYTES("joe@x (Joe\\)"), "[Joe)]<joe@x>"},
	{BYTES("joe@x ((Joe)"), "[(Joe)]<joe@x>"},
	{BYTES("joe@x ("), "<joe@x>"},
	{BYTES("("), ""},
	{BYTES("(\\"), ""},
	{BYTES("(nobody) , (nor here)"), ""},
	{BYTES("(a)joe(b).(c)blow(d)@(e)x(f).(g)org(h)"), "[h]<joe.blow@x.org>"},
	{BYTES("(a)Joe(b)Blow(c)<(d)joe(e)@(f)x(g)>(h)"), "[Joe Blow]<joe@x>"},
	{BYTES("joe@x (Joe) c@d"), "[Joe]<joe@x><c@d>"},
	{BYTES("<joe@x> (Joe) <c@d>"), "[Joe]<joe@x><c@d>"},
	{BYTES("joe@x, (C) c@d"), "<joe@x>[C]<c@d>"},
	{BYTES("joe (Joe Blow)"), "[Joe Blow]<joe@" NO_HOST ">"},
	/* local parts and domains */
	{BYTES("\"joe blow\"@x"), "<joe blow@x>"},
	{BYTES("\"joe\\\\blow\"@x"), "<joe\\blow@x>"},
	{BYTES("\"joe@y\"@x"), "<joe@y@x>"},
	{BYTES("\"joe\".blow@x"), "<joe.blow@x>"},
	{BYTES("joe.\"b l\".ow@x"), "<joe.b l.ow@x>"},
	{BYTES("joe . blow@x . org"), "<joe.blow@x.org>"},
	{BYTES("Joe <joe . blow @ x . org>"), "[Joe]<joe.blow@x.org>"},
	{BYTES("<joe blow@x>"), "<joe blow@x>"},
	{BYTES("joe..blow.@x."), "<joe..blow.@x.>"},
	{BYTES(".joe@.x"), "<.joe@.x>"},
	{BYTES("joe+tag/a=b{c}@x"), "<joe+tag/a=b{c}@x>"},
	{BYTES("joe@[192.0.2.1]"), "<joe@[192.0.2.1]>"},
	{BYTES("joe@[IPv6:2001:db8::1]"), "<joe@[IPv6:2001:db8::1]>"},
	{BYTES("joe@[ 192.0.2.1\r\n ]"), "<joe@[ 192.0.2.1 ]>"},
	{BYTES("joe@[x\\]y]"), "<joe@[x]y]>"},
	{BYTES("joe@[x, c@d"), "<joe@[x, c@d>"},
	{BYTES("joe@[x\\"), "<joe@[x>"},
	{BYTES("\"joe"), "<joe@" NO_HOST ">"},
	{BYTES("\"joe\\"), "<joe@" NO_HOST ">"},
	{BYTES("\"joe <a@b>, c@d"), "<joe <a@b>, c@d@" NO_HOST ">"},
	{BYTES("a@b@c"), "<a@b@c>"},
	{BYTES("a @ b@ c"), "<a@b@c>"},
	{BYTES("\"a\"@b@c"), "<a@b@c>"},
	{BYTES("<a@b@c@d>"), "<a@b@c@d>"},
	{BYTES("a@@b"), "<a@@b>"},
	{BYTES("@@b"), "<@@b>"},
	{BYTES("a@\"b\""), "<a@b>"},
	{BYTES("a@b\\c"), "<a@b\\c>"},
	{BYTES("a\0b@c"), "[a]<b@c>"},
	/* routes */
	{BYTES("<@a,@b:u@h>"), "<@a,@b:u@h>"},
	{BYTES("<@a:u@h>"), "<@a:u@h>"},
	{BYTES("Joe <@a.org,@b.org:u@h>"), "[Joe]<@a.org,@b.org:u@h>"},
	{BYTES("< @ a , (c) @ b : u @ h >"), "[c]<@a,@b:u@h>"},
	{BYTES("<,@a,,@[1.2.3.4]:u@h>"), "<,@a,,@[1.2.3.4]:u@h>"},
	{BYTES("<@a:>"), "<@a:" NO_MAILBOX "@" NO_HOST ">"},
	{BYTES("<@a,@b>"), "<" NO_MAILBOX "@a><" NO_MAILBOX "@b>"},
	{BYTES("<@a,@b:u@h"), "<@a,@b:u@h>"},
	{BYTES("<@a,<@b:u@h>"), "<" NO_MAILBOX "@a><@b:u@h>"},
	{BYTES("<@a,(c)@b>"), "<" NO_MAILBOX "@a>[c]<" NO_MAILBOX "@b>"},
	{BYTES("<,b@x(c)>"), "<" NO_MAILBOX "@" NO_HOST ">[c]<b@x>"},
	{BYTES("<mailto:joe@x>"), "<mailto:joe@x>"},
	/* missing and superfluous */
	{BYTES("a@b,,c@d"), "<a@b><c@d>"},
	{BYTES(",a@b,"), "<a@b>"},
	{BYTES(" , (c), ,"), ""},
	{BYTES("a@b; c@d;"), "<a@b><c@d>"},
	{BYTES(";"), ""},
	{BYTES("a@b c@d"), "<a@b><c@d>"},
	{BYTES("A <a@b> C <c@d>"), "[A]<a@b>[C]<c@d>"},
	{BYTES("<a@b><c@d>"), "<a@b><c@d>"},
	{BYTES("a@b Cee <c@d>"), "<a@b>[Cee]<c@d>"},
	{BYTES("A <a@b"), "[A]<a@b>"},
	{BYTES("A <a@b, C <c@d>"), "[A]<a@b>[C]<c@d>"},
	{BYTES("A <a@b C <c@d>"), "[A]<a@b>[C]<c@d>"},
	{BYTES("A a@b>"), "[A]<a@b>"},
	{BYTES("a@b>, c@d"), "<a@b><c@d>"},
	{BYTES("A <<a@b>>, c@d"), "[A]<a@b><c@d>"},
	{BYTES("Joe Blow joe@x"), "[Joe Blow]<joe@x>"},
	{BYTES("\"Joe Blow\" joe@x"), "[Joe Blow]<joe@x>"},
	{BYTES("<>"), "<" NO_MAILBOX "@" NO_HOST ">"},
	{BYTES("Joe <>"), "[Joe]<" NO_MAILBOX "@" NO_HOST ">"},
	{BYTES("<"), "<" NO_MAILBOX "@" NO_HOST ">"},
	{BYTES("<>, a@b"), "<" NO_MAILBOX "@" NO_HOST "><a@b>"},
	{BYTES(">"), ""},
	{BYTES("joe"), "<joe@" NO_HOST ">"},
	{BYTES("joe, jim"), "<joe@" NO_HOST "><jim@" NO_HOST ">"},
	{BYTES("Joe  Blow"), "<Joe Blow@" NO_HOST ">"},
	{BYTES("\"Joe Blow\""), "<Joe Blow@" NO_HOST ">"},
	{BYTES("<joe>"), "<joe@" NO_HOST ">"},
	{BYTES("Joe <joe>"), "[Joe]<joe@" NO_HOST ">"},
	{BYTES("joe@"), "<joe@" NO_HOST ">"},
	{BYTES("<joe@>"), "<joe@" NO_HOST ">"},
	{BYTES("@x"), "<" NO_MAILBOX "@x>"},
	{BYTES("<@x>"), "<" NO_MAILBOX "@x>"},
	{BYTES("@"), "<" NO_MAILBOX "@" NO_HOST ">"},
	{BYTES("\"\"@x"), "<" NO_MAILBOX "@x>"},
	{BYTES("joe@\"\""), "<joe@" NO_HOST ">"},
	{BYTES("\"\""), "<" NO_MAILBOX "@" NO_HOST ">"},
	{BYTES("."), "<.@" NO_HOST ">"},
	{BYTES("\\"), "<\\@" NO_HOST ">"},
	{BYTES(")"), "<)@" NO_HOST ">"},
	{BYTES("%n%s%x <%n@%s>"), "[%n%s%x]<%n@%s>"},
	/* groups */
	{BYTES("undisclosed-recipients:;"), "{undisclosed-recipients}"},
	{BYTES("undisclosed-recipients: ;"), "{undisclosed-recipients}"},
	{BYTES("Undisclosed recipients:;"), "{Undisclosed recipients}"},
	{BYTES("\"A, group\": ;"), "{A, group}"},
	{BYTES("A  Group:a@b,C <c@d>;"), "{A Group<a@b>[C]<c@d>}"},
	{BYTES("x@y, G: a@b;, c@d"), "<x@y>{G<a@b>}<c@d>"},
	{BYTES("G: a@b; c@d"), "{G<a@b>}<c@d>"},
	{BYTES("G: a@b; H: c@d;"), "{G<a@b>}{H<c@d>}"},
	{BYTES("G:,,a@b,,;"), "{G<a@b>}"},
	{BYTES("G: a@b (A); c@d"), "{G[A]<a@b>}<c@d>"},
	{BYTES("G (c): (nobody (at all)) ;"), "{G}"},
	{BYTES("G: a@b"), "{G<a@b>}"},
	{BYTES("G:"), "{G}"},
	{BYTES("G: joe"), "{G<joe@" NO_HOST ">}"},
	{BYTES("G: A <a@b; c@d"), "{G[A]<a@b>}<c@d>"},
	{BYTES("G: H: a@b;, c@d;"), "{G}{H<a@b>}<c@d>"},
	{BYTES("G: x@y, \"H\": a@b;;"), "{G<x@y>}{H<a@b>}"},
	{BYTES("A:B:C"), "{A}{B<C@" NO_HOST ">}"},
	{BYTES("A::;"), "{A}"},
	{BYTES(":;"), ""},
	{BYTES(":a@b;"), "<a@b>"},
	{BYTES("\"\":a@b;"), "<a@b>"},
	{BYTES("G: \"\": a@b;"), "{G}<a@b>"},
	{BYTES("a@b: c@d;"), "{a@b<c@d>}"},
	{BYTES("G: <@a:u@h>;"), "{G<@a:u@h>}"},
	{BYTES("G: \"a\\b\"@c"), "{G<ab@c>}"},
	{BYTES("G: H: \"a\\b\"@c"), "{G}{H<ab@c>}"},
	/* after the examples of RFC 5322 A.1, A.5 and A.6 */
	{BYTES("\"Joe Q. Public\" <john.q.public@example.com>"),
         "[Joe Q. Public]<john.q.public@example.com>"},
	{BYTES("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
         "[Mary Smith]<mary@x.test><jdoe@example.org>[Who?]<one@y.test>"},
	{BYTES("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
         "<boss@nil.test>[Giant; \"Big\" Box]<sysservices@example.net>"},
	{BYTES("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
         "{A Group[Ed Jones]<c@a.test><joe@where.test>[John]<jdoe@one.test>}"},
	{BYTES("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
         "[Pete]<pete@silly.test>"},
	{BYTES("A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
               "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end)"),
         "{A Group[Chris Jones]<c@public.example><joe@example.org>[John]<jdoe@one.test>}"},
	{BYTES("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"),
         "{Hidden recipients}"},
	{BYTES("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example"),
         "[Mary Smith]<@node.test:mary@example.net><jdoe@test.example>"},
	{BYTES("John Doe <jdoe@machine(comment).  example>"), "[John Doe]<jdoe@machine.example>"},
};

struct shown {
	char text[SHOWN_MAX];
	size_t len;
};

static void put(struct shown *s, const char *before, struct imapsrv_span span, const char *behind)
{
	size_t a = strlen(before), b = strlen(behind);

	if (s->len + a + span.len + b >= SHOWN_MAX)
		fail_msg("too long to be shown");
	memcpy(s->text + s->len, before, a);
	if (span.len)
		memcpy(s->text + s->len + a, span.data, span.len);
	memcpy(s->text + s->len + a + span.len, behind, b + 1);
	s->len += a + span.len + b;
}

static bool is_clean(struct imapsrv_span span)
{
	size_t i;

	for (i = 0; i < span.len; i++) {
		if (span.data[i] == '\r' || span.data[i] == '\n' || span.data[i] == '\0')
			return false;
	}
	return true;
}

static void show(size_t row, struct shown *s, const struct isrv_address *address)
{
	ROW(row, is_clean(address->name) && is_clean(address->adl));
	ROW(row, is_clean(address->mailbox) && is_clean(address->host));
	if (!address->host.data) {
		ROW(row, !address->name.data && !address->adl.data);
		ROW(row, !address->mailbox.data || address->mailbox.len);
		put(s, address->mailbox.data ? "{" : "}", address->mailbox, "");
		return;
	}
	ROW(row, address->mailbox.len && address->host.len);
	ROW(row, !address->name.data || address->name.len);
	ROW(row, !address->adl.data || address->adl.len);
	if (address->name.data)
		put(s, "[", address->name, "]");
	put(s, "<", address->adl, address->adl.data ? ":" : "");
	put(s, "", address->mailbox, "@");
	put(s, "", address->host, ">");
}

/* The row with each of its spaces folded. */
static struct imapsrv_span folded(size_t row)
{
	struct imapsrv_span body = {NULL, 0};
	char text[3 * 256];
	size_t i;

	if (rows[row].len > sizeof(text) / 3)
		fail_msg("row %zu is too long", row);
	for (i = 0; i < rows[row].len; i++) {
		if (rows[row].body[i] == ' ') {
			text[body.len++] = '\r';
			text[body.len++] = '\n';
		}
		text[body.len++] = rows[row].body[i];
	}
	body.data = exact(text, body.len);
	return body;
}

/* False: the arena was full.  Frees the octets. */
static bool read_body(size_t row, char *octets, size_t len, struct isrv_arena *arena, struct shown *s)
{
	struct imapsrv_span body = {octets, len};
	struct isrv_address_parser parser;
	struct isrv_address address;
	uint64_t steps = 0;

	s->len = 0;
	s->text[0] = '\0';
	isrv_address_init(&parser, body, arena, &steps);
	while (isrv_address_next(&parser, &address))
		show(row, s, &address);
	ROW(row, !isrv_address_next(&parser, &address));
	ROW(row, steps <= 6 * body.len);
	free(octets);
	return !parser.lexer.failed;
}

static bool read_list(size_t row, bool fold, struct isrv_arena *arena, struct shown *s)
{
	struct imapsrv_span body;

	if (!fold)
		return read_body(row, exact(rows[row].body, rows[row].len), rows[row].len, arena, s);
	body = folded(row);
	return read_body(row, (char *)(uintptr_t)body.data, body.len, arena, s);
}

static void test_rows(void **state)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	struct shown s;
	size_t i;

	(void)state;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 65536);
	for (i = 0; i < COUNT(rows); i++) {
		isrv_arena_reset(&arena);
		ROW(i, read_list(i, false, &arena, &s));
		if (strcmp(s.text, rows[i].shown) != 0)
			fail_msg("row %zu: %s: got %s, wanted %s", i, rows[i].body, s.text,
			         rows[i].shown);
		/* Folding changes nothing (RFC 5322 2.2.3); and a folded text is never a span, so
		 * that both ways to it are compared. */
		ROW(i, read_list(i, true, &arena, &s));
		if (strcmp(s.text, rows[i].shown) != 0)
			fail_msg("row %zu, folded: %s: got %s", i, rows[i].body, s.text);
	}
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
}

/* Texts that are written as they are shown cost no memory: they are spans of the body. */
static void test_no_copies(void **state)
{
	static const char body[] = "Joe Blow <joe.blow@mail.example.org>, \"Blow, J.\" <a.b@c.d>, "
				   "J. R. Blow <\"j r\"@x.org>, x@y (Joe Blow), G: a@b, c@d;, "
				   "=?utf-8?q?J?= =?utf-8?q?B?= <@a,@b:c@d>, a@b@c, j@[1.2.3.4]";
	struct imapsrv_span list = {BYTES(body)};
	struct isrv_address_parser parser;
	struct isrv_address address;
	struct isrv_arena arena;
	struct isrv_mem mem;
	uint64_t steps = 0;
	size_t n = 0;

	(void)state;
	isrv_mem_init(&mem, NULL, 0);
	isrv_arena_init(&arena, &mem, 0);
	isrv_address_init(&parser, list, &arena, &steps);
	while (isrv_address_next(&parser, &address))
		n++;
	assert_true(n == 11 && !parser.lexer.failed && mem.peak == 0);
	assert_true(steps <= 2 * list.len);
}

/* No group stays open and nothing leaks, whichever allocation fails: what is shown is the front of
 * the whole. */
static void test_no_memory(void **state)
{
	size_t i, failures = 0;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct isrv_arena arena;
		struct failalloc fa;
		struct isrv_mem mem;
		struct shown s;
		size_t n;
		bool done;

		failalloc_init(&fa);
		fa.fail_first = 1;
		isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
		isrv_arena_init(&arena, &mem, 65536);
		done = read_list(i, false, &arena, &s);
		isrv_arena_clear(&arena);
		ROW(i, fa.held == 0 && done == (fa.calls == 0));
		if (done)
			continue;
		failures++;
		for (n = 0; n < s.len && s.text[n] == rows[i].shown[n];)
			n++;
		ROW(i, n == s.len || (n + 1 == s.len && s.text[n] == '}'));
	}
	assert_true(failures > 20);
}

/* ---- any lists ------------------------------------------------------------------------------ */

/* T29: what the slow reader of unit/addressoracle.h shows of a list, this one does, whatever it is. */
static void T29_oracle(void **state)
{
	const char *given = getenv("SEED");
	uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 10) : 20260101u, random = seed ? seed : 1;
	struct oracle *oracle = malloc(sizeof(*oracle));
	struct isrv_arena arena;
	struct isrv_mem mem;
	struct shown s;

	(void)state;
	assert_non_null(oracle);
	print_message("SEED=%u\n", (unsigned)seed);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 65536);
	for (size_t i = 0; i < 40000; i++) {
		char body[ORACLE_LIST];
		size_t len = oracle_list(&random, body, false);
		const char *shown;

		isrv_arena_reset(&arena);
		ROW(i, read_body(i, exact(body, len), len, &arena, &s));
		shown = oracle_addresses(oracle, body, len);
		if (strcmp(s.text, shown) != 0) {
			for (size_t k = 0; k < len; k++)
				print_error(body[k] > ' ' && body[k] < 127 ? "%c" : "{%02x}", (unsigned char)body[k]);
			fail_msg("\nlist %zu: %s, and by the rules %s", i, s.text, shown);
		}
	}
	isrv_arena_clear(&arena);
	free(oracle);
}

/* ---- size ---------------------------------------------------------------------------------- */

enum { MUCH = 4 << 20, MANY = 500000 };

struct sum {
	size_t addresses;
	uint64_t steps;
	bool failed;
};

static struct sum read_many(const char *unit, size_t size, size_t arena_max)
{
	size_t n = strlen(unit), k;
	char *data = exact(NULL, size / n * n);
	struct imapsrv_span body = {data, size / n * n};
	struct isrv_address_parser parser;
	struct isrv_address address;
	struct isrv_arena arena;
	struct sum sum = {0, 0, false};
	struct isrv_mem mem;
	int open = 0;

	for (k = 0; k < body.len; k += n)
		memcpy(data + k, unit, n);
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, arena_max);
	isrv_address_init(&parser, body, &arena, &sum.steps);
	while (isrv_address_next(&parser, &address)) {
		if (!address.host.data)
			open += address.mailbox.data ? 1 : -1;
		assert_in_range(open, 0, 1);
		sum.addresses++;
	}
	assert_int_equal(open, 0);
	sum.failed = parser.lexer.failed;
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
	free(data);
	return sum;
}

static void test_linear(void **state)
{
	static const char *const units[] = {
		"(",        ")",        "()",       "(\\(",     "\"",        "\"\\\"\"",  "[",
		"[\\]",     "<",        ">",        "<>",       ",",         ";",         ":",
		"@",        "<@a,",     "<@a<",     "@a,",      "a@",        "a:",        "a:;",
		"a ",       "a . ",     "a..",      "a@b ",     "a@b@c ",    "\"a\" ",    "\"\"@",
		"a(b)",     "a\r\n ",   "=?a",      "=?a?b?c,", "=?a?b?,?=", "a\"b\"[c]", "<@a:",
		"<@\"a\":", "<@[\\a],", "a@[\\b]@", "\\",       "a: b: ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(units); i++) {
		struct sum sum = read_many(units[i], MUCH, SIZE_MAX);

		ROW(i, !sum.failed && sum.steps <= 6 * (uint64_t)MUCH);
		sum = read_many(units[i], MUCH, 1000);
		ROW(i, sum.steps <= 6 * (uint64_t)MUCH);
	}
}

static void test_many(void **state)
{
	static const char plain[] = "Joe Blow <joe.blow@example.org>,\r\n ";
	static const char odd[] = "\"J \\\"B\" (c) x . y@z . w,";
	struct sum sum = read_many(plain, MANY * (sizeof(plain) - 1), 0);

	(void)state;
	assert_true(sum.addresses == MANY && !sum.failed);
	sum = read_many(odd, MANY * (sizeof(odd) - 1), SIZE_MAX);
	assert_true(sum.addresses == MANY && !sum.failed);
	sum = read_many(odd, MANY * (sizeof(odd) - 1), 1000);
	assert_true(sum.addresses > 0 && sum.addresses < 1000 / 16 && sum.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),      cmocka_unit_test(test_no_copies),
		cmocka_unit_test(T29_oracle),
		cmocka_unit_test(test_no_memory), cmocka_unit_test(test_linear),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
