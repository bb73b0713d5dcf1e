/* SPDX-License-Identifier: MIT */
/*
 * attack/t_names - names of mailboxes and of users that mean something to a file system, a shell, a
 * database, a directory, a client of another server: each command that takes one hands the host these
 * octets and no others, or none.  What is refused is refused before the host hears of it.
 */
#include "attack/world.h"

/* A name, and how it is written in modified UTF-7 (RFC 9051 A.1); NULL: the same. */
static const struct {
	const char *name, *utf7;
	bool never; /* no host hears of it */
} names[] = {
	{"plain", NULL, false},
	{"..", NULL, false},
	{".", NULL, false},
	{"...", NULL, false},
	{"../../etc/passwd", NULL, false},
	{"a/../b", NULL, false},
	{"a/./b", NULL, false},
	{"a/../INBOX", NULL, false},
	{"/x", NULL, false},
	{"//", NULL, false},
	{"a//b", NULL, false},
	{"x//", NULL, false},
	{"/", NULL, false},
	{"~", NULL, false},
	{"~root/mail", NULL, false},
	{"c:\\con", NULL, false},
	{"\\\\host\\share", NULL, false},
	{"a\\b", NULL, false},
	{"\\", NULL, false},
	{"\"", NULL, false},
	{"a\"b\"", NULL, false},
	{"'; DROP TABLE mail; --", NULL, false},
	{"' OR '1'='1", NULL, false},
	{"*)(uid=*))(|(uid=*", NULL, false},
	{"$(id)", NULL, false},
	{"`id`", NULL, false},
	{"| id", NULL, false},
	{"-rf", NULL, false},
	{"%s%n%x", NULL, false},
	{"%00", NULL, false},
	{"%2e%2e%2f", NULL, false},
	{"*", NULL, false},
	{"%", NULL, false},
	{"a*b", NULL, false},
	{"{5}", NULL, false},
	{"{5+}", NULL, false},
	{"(a b)", NULL, false},
	{"NIL", NULL, false},
	{"#news.comp", NULL, false},
	{" ", NULL, false},
	{" a ", NULL, false},
	{"a b", NULL, false},
	{"a\tb", NULL, true},
	{"a\x01" "b", NULL, true},
	{"a\x7f" "b", NULL, true},
	{"a\rb", NULL, true},
	{"a\nb", NULL, true},
	{"&", "&-", false},
	{"a&b&", "a&-b&-", false},
	{"&AOk-", "&-AOk-", false},
	{"\xc3\xa9", "&AOk-", false},                   /* e with acute, */
	{"e\xcc\x81", "e&AwE-", false},                 /* and in two pieces */
	{"\xef\xbc\x8f", "&,w8-", false},               /* a slash of full width */
	{"\xef\xbc\x8e\xef\xbc\x8e", "&,w7,Dg-", false}, /* and such dots */
	{"\xe2\x80\xaetxt", "&IC4-txt", false},         /* from right to left */
	{"\xd0\xb0", "&BDA-", false},                   /* looks like a */
	{"\xf0\x9f\x98\x80", "&2D3eAA-", false},
	{"inboxes", NULL, false},
	{"INBOX.x", NULL, false},
	{"xINBOX", NULL, false},
};

/* Names that the library spells in another way, as RFC 9051 says: INBOX in any case (5.1), and what
 * CREATE makes of a separator at the end (6.3.4). */
static const struct {
	const char *command; /* "": all */
	const char *name, *heard;
} spelled[] = {
	{"", "inbox", "INBOX"},
	{"", "InBoX", "INBOX"},
	{"CREATE #", "x/", "x"},
};

static const char *const commands[] = {
	"SELECT #",
	"EXAMINE #",
	"SELECT # (CONDSTORE)",
	"STATUS # (MESSAGES)",
	"CREATE #",
	"DELETE #",
	"RENAME # new",
	"RENAME Own #",
	"SUBSCRIBE #",
	"UNSUBSCRIBE #",
	"APPEND # {1+}\r\nx",
	"APPEND # CATENATE (TEXT {1+}\r\nx)",
	"COPY 1 #",
	"UID COPY 1 #",
	"MOVE 1 #",
	"UID MOVE 1 #",
	"REPLACE 1 # {1+}\r\nx",
	"UID REPLACE 1 # {1+}\r\nx",
	"GETMETADATA # /shared/a",
	"SETMETADATA # (/shared/a \"x\")",
	"GETQUOTAROOT #",
	"MYRIGHTS #",
	"GETACL #",
	"SETACL # eve lr",
	"DELETEACL # eve",
	"LISTRIGHTS # eve",
	"RESETKEY #",
	"ESEARCH IN (MAILBOXES #) ALL",
	"ESEARCH IN (SUBTREE #) ALL",
	"NOTIFY SET STATUS (MAILBOXES # (MessageNew MessageExpunge))",
	"NOTIFY SET STATUS (SUBTREE # (MessageNew MessageExpunge))",
};

/* ---- what the host hears -------------------------------------------------------------------- */

struct heard {
	bool it; /* the name, as it is */
	char text[200]; /* a name that nobody said */
};

static void begin(struct world *w, bool rev2)
{
	world_begin(w);
	w->ts->acl.on = w->ts->urlauth.on = w->ts->replace = w->ts->unmeasured = true;
	ts_add_mailbox(w->ts, w->fred, "Own");
	w->ts->resources = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE);
	ts_root(w->ts, "")->limited = w->ts->resources;
	assert_non_null(ts_add(ts_find(w->ts, w->fred, "Own"), 0, "\r\n", 2, 0, 0));
	world_connect(w, true);
	if (rev2)
		world_say(w, "s ENABLE IMAP4rev2\r\n");
	world_say(w, "s SELECT Own\r\n");
	w->ts->options.mode = TS_LATER;
}

static bool is_one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, text))
			return true;
	return false;
}

/* One question to the host: each name in it must be the one that the command said, or of the few that
 * stand in commands, or a level above it (whether that allows a new name). */
static void hear(struct heard *h, const struct ts_op *q, const char *name)
{
	static const char *const said[] = {"", "INBOX", "Own", "new", NULL};
	const char *const texts[] = {q->name ? q->name : "", q->kind == TS_RENAME ? q->second : ""};

	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t len = strlen(texts[i]);

		if (!strcmp(texts[i], name))
			h->it = true;
		else if (!is_one_of(texts[i], said) &&
		         !(!strncmp(texts[i], name, len) && (name[len] == '/' || q->kind == TS_LIST)))
			snprintf(h->text, sizeof(h->text), "%s of \"%s\"", ts_kind_names[q->kind], texts[i]);
	}
}

/* The command, to its tagged reply. */
static void run(struct world *w, const struct tx *line, const char *name, struct heard *h)
{
	size_t fed = 0;

	memset(h, 0, sizeof(*h));
	w->said.len = 0;
	for (;;) {
		fed += world_feed(w, line->data + fed, line->len - fed, 0);
		if (!ts_pending(w->link))
			break;
		hear(h, w->link->op, name);
		ts_answer(w->link);
		world_run(w, true);
	}
	if (fed != line->len && !world_closed(w))
		fail_msg("%s: not all was taken", line->data);
	world_last(w);
}

static void put_string(struct tx *t, const char *text, bool literal)
{
	if (literal) {
		tx_fmt(t, "{%zu+}\r\n", strlen(text));
		tx_str(t, text);
		return;
	}
	tx_str(t, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			tx_str(t, "\\");
		tx_add(t, text, 1);
	}
	tx_str(t, "\"");
}

static void put_line(struct tx *t, const char *command, const char *written, bool literal)
{
	tx_clear(t);
	tx_str(t, "a ");
	for (; *command; command++)
		if (*command == '#')
			put_string(t, written, literal);
		else
			tx_add(t, command, 1);
	tx_str(t, "\r\n");
	tx_add(t, "", 1);
	t->len--;
}

/* ---- mailboxes ------------------------------------------------------------------------------ */

/* form: quoted or literal, in modified UTF-7 or in UTF-8. */
static unsigned one(const char *command, const char *name, const char *utf7, unsigned form, bool never,
                const char *heard_as)
{
	struct tx line = {0};
	const char *wrong = NULL;
	struct heard h;
	struct world w;

	put_line(&line, command, form & 2 || !utf7 ? name : utf7, form & 1);
	begin(&w, form & 2);
	run(&w, &line, heard_as, &h);
	if (*h.text)
		wrong = h.text;
	else if (h.it && never)
		wrong = "the host heard of it";
	else if (!h.it && !strstr(command, "NOTIFY") && !strstr(command, "SUBTREE") && /* those look in lists */
	         (!strcmp(name, "plain") ||
	          (strncmp(w.said.data, "a BAD", 5) && strncmp(w.said.data, "a NO", 4))))
		wrong = "the host never heard of it";
	if (wrong)
		print_error("%s with \"%.99s\" (%u): %s: %.200s\n", command, name, form, wrong, w.said.data);
	w.ts->options.mode = TS_NOW;
	world_end(&w);
	tx_free(&line);
	return wrong != NULL;
}

static void T32_every_command(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t c = 0; c < COUNT(commands); c++)
		for (unsigned form = 0; form < 4; form++) {
			for (size_t n = 0; n < COUNT(names); n++)
				if (form & 1 || !strpbrk(names[n].name, "\r\n")) /* which end a line */
					failed += one(commands[c], names[n].name, names[n].utf7, form,
					    names[n].never, names[n].name);
			for (size_t n = 0; n < COUNT(spelled); n++)
				if (!*spelled[n].command || !strcmp(spelled[n].command, commands[c]))
					failed += one(commands[c], spelled[n].name, NULL, form, false,
					              spelled[n].heard);
		}
	if (failed)
		fail_msg("%u failures", failed);
}

/* A name of ten thousand levels, and one level of as many octets. */
static void T32_levels(void **state)
{
	(void)state;
	for (size_t c = 0; c < COUNT(commands); c++)
		for (unsigned deep = 0; deep < 2; deep++) {
			struct tx name = {0};

			for (unsigned i = 0; i < 10000; i++)
				tx_str(&name, deep ? "a/" : "aa");
			tx_str(&name, "b");
			tx_add(&name, "", 1);
			assert_int_equal(one(commands[c], name.data, NULL, 1, false, name.data), 0);
			tx_free(&name);
		}
}

/* ---- users ---------------------------------------------------------------------------------- */

static const char *const users[] = {
	"SETACL Own # lr", "SETACL Own # +l", "DELETEACL Own #", "LISTRIGHTS Own #",
	"LOGIN # secret", "AUTHENTICATE PLAIN ",
};

/* Broken UTF-8, beside the names above. */
static const char *const broken[] = {
	"j\xc3rgen", "a\xc0\xafz", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xff", "\x80", "\xe2\x82", "\xc2\x80",
};

/* message = [authzid] NUL authcid NUL passwd (RFC 4616 2), as base64 */
static void put_plain(struct tx *t, const char *authzid, const char *authcid)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct tx m = {0};

	tx_add(&m, authzid, strlen(authzid) + 1);
	tx_add(&m, authcid, strlen(authcid) + 1);
	tx_str(&m, "secret");
	for (size_t i = 0; i < m.len; i += 3) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < m.len ? (unsigned char)m.data[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			tx_add(t, i + k > m.len ? "=" : &digits[bits >> (18 - 6 * k) & 63], 1);
	}
	tx_free(&m);
}

/* What the host hears of a name of a user; in SETACL a "-" in front is not of it. */
static unsigned user(const char *command, const char *name, unsigned form, bool never)
{
	bool login = strstr(command, "LOGIN"), plain = strstr(command, "PLAIN");
	const char *wrong = NULL;
	struct tx line = {0};
	bool it = false;
	struct world w;

	if (!(form & 1) && strpbrk(name, "\r\n") && !plain)
		return 0;
	begin(&w, false);
	if (login || plain) {
		world_drop(&w);
		world_connect(&w, false);
	}
	put_line(&line, command, name, form & 1);
	if (plain) {
		line.len -= 2;
		put_plain(&line, form & 1 ? name : "", form & 1 ? "fred" : name);
		tx_str(&line, "\r\n");
	}
	world_feed(&w, line.data, line.len, 0);
	while (ts_pending(w.link)) {
		const struct ts_op *q = w.link->op;
		const char *heard = login ? q->name : plain ? (form & 1 ? q->third : q->name) : q->second;

		if (q->kind == TS_LOGIN || q->kind == TS_SETACL || q->kind == TS_GRANTABLE) {
			it = true;
			if (strcmp(heard, name) != 0)
				wrong = "the host heard another name";
		}
		ts_answer(w.link);
		world_run(&w, true);
	}
	world_last(&w);
	if (it && never)
		wrong = "the host heard of it";
	else if (!it && !never && !strstr(command, "LISTRIGHTS"))
		wrong = "the host never heard of it";
	if (wrong)
		print_error("%s with \"%.99s\" (%u): %s: %.200s\n", command, name, form, wrong, w.said.data);
	w.ts->options.mode = TS_NOW;
	world_end(&w);
	tx_free(&line);
	return wrong != NULL;
}

static void T33_every_user(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t c = 0; c < COUNT(users); c++)
		for (unsigned form = 0; form < 2; form++) {
			for (size_t n = 0; n < COUNT(names); n++)
				failed += user(users[c], names[n].name, form, names[n].never);
			for (size_t n = 0; n < COUNT(broken); n++)
				failed += user(users[c], broken[n], form, true);
		}
	if (failed)
		fail_msg("%u failures", failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T32_every_command),
		cmocka_unit_test(T32_levels),
		cmocka_unit_test(T33_every_user),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
