/* SPDX-License-Identifier: MIT */
/*
 * The conformance kit where no store comes: what it reads of responses and what it refuses to read,
 * its dates, texts and transcript, and how a run is refused.
 */
#include "storecheck/check.h"
#include "storecheck/parse.h"
#include "unit/failalloc.h"
#include "unit/nullstore.h"

/* ---- the parts of a response ----------------------------------------------------------------- */

static void test_response(void **unused)
{
	static const struct {
		const char *data;
		size_t len;
		size_t want; /* 0: not whole */
	} rows[] = {
		{BYTES("* OK\r\n"), 6},
		{BYTES("* OK\r\n* NO\r\n"), 6},
		{BYTES("* OK\r"), 0},
		{BYTES("* OK"), 0},
		{BYTES(""), 0},
		{BYTES("* a\rb\r\n"), 7},
		{BYTES("* 1 FETCH (BODY[] {3}\r\nabc)\r\n"), 29},
		{BYTES("* 1 FETCH (BODY[] {3}\r\nab"), 0},
		{BYTES("* 1 FETCH (BODY[] {3}\r\nabc)"), 0},
		{BYTES("* 1 FETCH (BODY[] {0}\r\n A {1}\r\nb)\r\n"), 35},
		{BYTES("* 1 FETCH (BODY[] {a}\r\n"), 23},
		{BYTES("* 1 FETCH (BODY[] }\r\n"), 21},
		/* texts for a human are no literals */
		{BYTES("* OK see {3}\r\n"), 14},
		{BYTES("* NO see {3}\r\n"), 14},
		{BYTES("* BAD see {3}\r\n"), 15},
		{BYTES("* BYE see {3}\r\n"), 15},
		{BYTES("t1 OK see {3}\r\n"), 15},
		{BYTES("+ see {3}\r\n"), 11},
		{BYTES("*\r\n"), 3},
		{BYTES("* \r\n"), 4},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *data = exact(rows[i].data, rows[i].len);

		ROW(i, isrv_sc_response(data, rows[i].len) == rows[i].want);
		free(data);
	}
}

static void test_parse(void **unused)
{
	static const struct {
		char what; /* n number, a atom, s nstring, v value, r range */
		const char *text;
		long taken; /* octets; -1: it is none */
	} rows[] = {
		{'n', "18446744073709551615 ", 20}, {'n', "18446744073709551616", -1}, {'n', "", -1},
		{'n', "a", -1}, {'n', "7a", 1},
		{'a', "abc)", 3}, {'a', "(a", -1}, {'a', "", -1}, {'a', "\\Seen]", 5},
		{'s', "\"a b\"c", 5}, {'s', "\"\"", 2}, {'s', "\"a\\\"b\"", 6}, {'s', "\"a", -1},
		{'s', "\"a\\", -1}, {'s', "\"a\r\"", -1}, {'s', "NIL)", 3}, {'s', "nil", 3}, {'s', "NI", -1},
		{'s', "{2}\r\nabc", 7}, {'s', "~{2}\r\nab", 8}, {'s', "{3}\r\nab", -1}, {'s', "{x}\r\n", -1},
		{'s', "{1}\rab", -1}, {'s', "abc", -1}, {'s', "~a", -1},
		{'v', "(a (b \"c)\") NIL) d", 16}, {'v', "a b", 1}, {'v', "(a", -1}, {'v', "(a[b] {1}\r\n))", 13},
		{'v', ")", -1}, {'v', "\"a\" b", 3}, {'v', "()", 2},
		{'v', "~{1}\r\na", 7}, {'r', "0,4", -1},
		{'r', "3 ", 1}, {'r', "3:5)", 3}, {'r', "5:3", 3}, {'r', "3,4", 2}, {'r', "0", -1},
		{'r', "3:0", -1}, {'r', "3:", -1}, {'r', "4294967296", -1}, {'r', "1:4294967296", -1},
		{'r', "4294967295", 10}, {'r', "*", -1},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);
		char *block = exact(rows[i].text, len);
		const char *text = block ? block : "";
		struct isrv_sc_parse p = {text, text + len, false};
		struct imapsrv_range range = {0, 0};

		switch (rows[i].what) {
		case 'n':
			isrv_sc_number(&p);
			break;
		case 'a':
			isrv_sc_atom(&p);
			break;
		case 's':
			isrv_sc_nstring(&p);
			break;
		case 'v':
			isrv_sc_value(&p);
			break;
		default:
			isrv_sc_range(&p, &range);
			ROW(i, p.bad || (range.first && range.first <= range.last));
			break;
		}
		ROW(i, p.bad == (rows[i].taken < 0));
		ROW(i, p.bad || p.at - text == rows[i].taken);
		/* What is bad stays bad, and nothing more is taken. */
		if (p.bad) {
			const char *at = p.at;

			isrv_sc_take(&p, 'a');
			isrv_sc_atom(&p);
			isrv_sc_number(&p);
			isrv_sc_nstring(&p);
			ROW(i, p.bad && p.at == at);
		}
		free(block);
	}
}

/* ---- what a client hears ---------------------------------------------------------------------- */

struct ear {
	struct isrv_sc c;
	struct isrv_sc_client *k;
	struct failalloc fa;
	unsigned findings;
	char clause[64], what[200];
};

static void on_report(void *user, const struct imapsrv_finding *finding)
{
	struct ear *ear = user;

	ear->findings++;
	snprintf(ear->clause, sizeof(ear->clause), "%s", finding->clause->id);
	snprintf(ear->what, sizeof(ear->what), "%s", finding->what);
}

static void ear_init(struct ear *ear)
{
	memset(ear, 0, sizeof(*ear));
	failalloc_init(&ear->fa);
	ear->k = &ear->c.clients[0];
	ear->k->c = &ear->c;
	ear->k->number = 1;
	ear->c.scene = "none";
	ear->c.check.report = on_report;
	ear->c.check.user = ear;
	isrv_mem_init(&ear->c.mem, &ear->fa.allocator, SIZE_MAX);
	isrv_buf_init(&ear->c.transcript, ISRV_SC_TRANSCRIPT);
	isrv_buf_init(&ear->c.scratch, 1000);
	isrv_buf_init(&ear->k->output, 100000);
}

static void free_numbers(struct ear *ear, struct isrv_sc_numbers *n)
{
	isrv_mem_free(&ear->c.mem, n->v, n->cap * sizeof(*n->v));
}

static void ear_clear(struct ear *ear)
{
	struct isrv_sc_told *t = &ear->k->told;

	isrv_buf_clear(&ear->c.transcript, &ear->c.mem);
	isrv_buf_clear(&ear->c.scratch, &ear->c.mem);
	isrv_buf_clear(&ear->k->output, &ear->c.mem);
	isrv_mem_free(&ear->c.mem, ear->k->seen, ear->k->seen_cap * sizeof(*ear->k->seen));
	isrv_mem_free(&ear->c.mem, t->rows, t->row_cap * sizeof(*t->rows));
	isrv_mem_free(&ear->c.mem, t->lines, t->line_cap * sizeof(*t->lines));
	free_numbers(ear, &t->found);
	free_numbers(ear, &t->appended);
	free_numbers(ear, &t->from);
	free_numbers(ear, &t->to);
	free_numbers(ear, &t->modified);
	free_numbers(ear, &t->vanished);
	free_numbers(ear, &t->earlier);
	assert_int_equal(ear->c.mem.used, 0);
}

static void hear(struct ear *ear, const char *text)
{
	/* What the test puts there needs no memory of the kit's when that is to fail. */
	size_t fail = ear->fa.fail_first;

	ear->fa.fail_first = 0;
	assert_true(isrv_buf_add(&ear->k->output, &ear->c.mem, text, strlen(text)));
	ear->fa.fail_first = fail;
	ear->fa.calls = 0;
	isrv_sc_hear(ear->k);
}

/* With three messages, of which the first has UID 5. */
#define THREE "* 3 EXISTS\r\n* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n"

static const struct {
	const char *text;
	bool good;
} heard[] = {
	{THREE, true},
	{THREE "* 2 FETCH (UID 7)\r\n* 2 FETCH (FLAGS (kit-red other))\r\n", true},
	{THREE "* 4 FETCH (UID 7)\r\n", false},
	{THREE "* 0 FETCH (UID 7)\r\n", false},
	{THREE "* 1 FETCH (UID 4294967296)\r\n", false},
	{THREE "* 1 FETCH UID 7\r\n", false},
	{THREE "* 1 FETCH (UID)\r\n", false},
	{THREE "* 1 FETCH ()\r\n", false},
	{THREE "* 1 FETCH (UID 7\r\n", false},
	{THREE "* 1 FETCH (FLAGS \\Seen)\r\n", false},
	{THREE "* 1 FETCH (FLAGS (\\Seen)\r\n", false},
	{THREE "* 1 FETCH (FLAGS ())\r\n", true},
	{THREE "* 1 FETCH (INTERNALDATE \"01-Feb-2021 10:00:00 +0100\")\r\n", true},
	{THREE "* 1 FETCH (INTERNALDATE \"1-Feb-2021\")\r\n", false},
	{THREE "* 1 FETCH (RFC822.SIZE 7 MODSEQ (9))\r\n", true},
	{THREE "* 1 FETCH (MODSEQ 9)\r\n", false},
	{THREE "* 1 FETCH (BODY[HEADER.FIELDS (\"a\")]<0> NIL)\r\n", true},
	{THREE "* 1 FETCH (BODY[]<x> NIL)\r\n", false},
	{THREE "* 1 FETCH (BODY[ NIL)\r\n", false},
	{THREE "* 1 FETCH (BODY[] {3}\r\nabc)\r\n", true},
	{THREE "* 1 FETCH (BODY[] abc)\r\n", false},
	{THREE "* 1 FETCH (ENVELOPE (a) EMAILID (M1) THREADID NIL SAVEDATE NIL ANNOTATION (x))\r\n", true},
	{THREE "* 1 FETCH (OTHER (a (b)))\r\n", true},
	{THREE "* 4 EXPUNGE\r\n", false},
	{THREE "* 0 EXPUNGE\r\n", false},
	{THREE "* 3 EXPUNGE\r\n* 1 EXPUNGE\r\n", true},
	{THREE "* 2 EXISTS\r\n", false},
	{THREE "* 100001 EXISTS\r\n", false},
	{THREE "* 4294967296 EXISTS\r\n", false},
	{THREE "* 3 OTHER\r\n", true},
	{THREE "* VANISHED 5\r\n* VANISHED (EARLIER) 7:9,11\r\n", true},
	{THREE "* VANISHED x\r\n", false},
	{THREE "* VANISHED (EARLIER 7\r\n", false},
	{"* SEARCH\r\n* SEARCH 1 2 (MODSEQ 7)\r\n* SORT 2 1\r\n", true},
	{"* SEARCH a\r\n", false},
	{"* SEARCH (MODSEQ x)\r\n", false},
	{"* ESEARCH (TAG \"t1\") UID ALL 1:3,5 MODSEQ 7\r\n", true},
	{"* ESEARCH (TAG \"t1\") UID COUNT 3\r\n", true},
	{"* ESEARCH ALL 0\r\n", false},
	{"* STATUS a (MESSAGES 1 UIDNEXT 2 SIZE 3 HIGHESTMODSEQ 4 APPENDLIMIT NIL MAILBOXID (F1) X 1)\r\n",
	 true},
	{"* STATUS a (APPENDLIMIT 7 UNSEEN 1 DELETED 0 RECENT 0)\r\n", true},
	{"* STATUS a (MESSAGES x)\r\n", false},
	{"* STATUS a (MESSAGES 1\r\n", false},
	{"* FLAGS (\\Seen kit-red)\r\n", true},
	{"* FLAGS \\Seen\r\n", false},
	{"* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 7] x\r\n* OK [UNSEEN 1] x\r\n", true},
	{"* OK [UIDVALIDITY x] x\r\n", false},
	{"* OK [HIGHESTMODSEQ 7] x\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n", true},
	{"* OK [MAILBOXID (F1)] x\r\n* OK [READ-ONLY] x\r\n* OK x\r\n* NO x\r\n* PREAUTH x\r\n", true},
	{"* BYE x\r\n", true},
	{"* BAD x\r\n* NO x\r\n* OK\r\n", true},
	{"* \r\n", false},
	{"* (a)\r\n", false},
	{"* OK [PERMANENTFLAGS (ab)] x\r\n", true},
	{THREE "* VANISHED 6:4294967295\r\n", true},
	{"* aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaa\r\n* 1 EXPUNGE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", false},
	{"* OTHER (a b)\r\n* OTHER\r\n", true},
	{"t1 OK [APPENDUID 7 5:6] x\r\n", true},
	{"t1 OK [APPENDUID 7] x\r\n", false},
	{"t1 OK [COPYUID 7 1:2 5,6] x\r\n", true},
	{"t1 OK [COPYUID 7 1:2] x\r\n", false},
	{"t1 NO [MODIFIED 3,5] x\r\n", true},
	{"t1 BAD x\r\n", true},
	{"t1OK\r\n", false},
	{"+ go on\r\n", true},
};

/* What could never be is found, and ends the scene; nothing else does. */
static void test_hear(void **unused)
{
	static struct ear ear;

	(void)unused;
	for (size_t i = 0; i < COUNT(heard); i++) {
		ear_init(&ear);
		hear(&ear, heard[i].text);
		ROW(i, ear.findings == !heard[i].good);
		ROW(i, isrv_sc_live(&ear.c) == heard[i].good);
		ROW(i, heard[i].good || strcmp(ear.clause, "session.lives") == 0);
		ear_clear(&ear);
	}
}

/* More messages than there is room for are no response that cannot be read. */
static void test_too_many(void **unused)
{
	static struct ear ear;

	(void)unused;
	ear_init(&ear);
	hear(&ear, "* 100001 EXISTS\r\n");
	assert_int_equal(ear.findings, 1);
	assert_string_equal(ear.what, "a mailbox has 100001 messages: no more than 100000 can be looked at");
	ear_clear(&ear);
}

static void test_heard(void **unused)
{
	static struct ear ear;
	const struct isrv_sc_told *t;

	(void)unused;
	ear_init(&ear);
	t = &ear.k->told;
	hear(&ear, THREE "* 2 FETCH (UID 7)\r\n* 2 FETCH (FLAGS (\\Deleted KIT-RED))\r\n* 1 EXPUNGE\r\n"
	           "* STATUS a (MESSAGES 4 UIDNEXT 9 APPENDLIMIT 33)\r\n* SEARCH 3 (MODSEQ 8)\r\n"
	           "t1 OK [COPYUID 77 1:2 5,9] done\r\n");
	assert_int_equal(ear.k->seen_count, 2);
	assert_int_equal(ear.k->seen[0].uid, 7);
	assert_int_equal(ear.k->seen[0].flags, IMAPSRV_DELETED | ISRV_SC_KEYWORD(0));
	/* A row without a UID is of the message that is known to stand there. */
	assert_int_equal(t->row_count, 3);
	assert_int_equal(t->rows[2].uid, 7);
	assert_int_equal(t->messages, 4);
	assert_int_equal(t->limit, 33);
	assert_int_equal(t->found.count, 1);
	assert_int_equal(t->code_validity, 77);
	assert_int_equal(t->to.v[1], 9);
	assert_int_equal(t->status, ISRV_SC_OK);
	/* What is not whole waits, also when the next command begins. */
	hear(&ear, "* 5 EXISTS\r");
	assert_int_equal(ear.k->seen_count, 2);
	isrv_sc_told_clear(ear.k);
	hear(&ear, "\n");
	assert_int_equal(ear.k->seen_count, 5);
	ear_clear(&ear);
}

/* What is looked for in an answer. */
static void test_told(void **unused)
{
	static struct ear ear;

	(void)unused;
	ear_init(&ear);
	assert_int_equal(isrv_sc_span(ear.k, ear.k->told.text).len, 0);
	hear(&ear, "* CAPABILITY IMAP4rev2 AUTH=PLAINER MOVE\r\n* LIST\r\n* LISTING a\r\n* LIST () NIL a\r\n"
	           "t1 NO [NOPERM] no\r\n");
	assert_true(isrv_sc_told_word(ear.k, "move"));
	assert_true(isrv_sc_told_word(ear.k, "CAPABILITY"));
	assert_false(isrv_sc_told_word(ear.k, "AUTH=PLAIN"));
	assert_false(isrv_sc_told_word(ear.k, "OVE"));
	assert_int_equal(isrv_sc_line(ear.k, "LIST").len, strlen("LIST () NIL a"));
	assert_null(isrv_sc_line(ear.k, "MOVE").data);
	assert_true(isrv_sc_code(ear.k, "noperm"));
	assert_false(isrv_sc_code(ear.k, "NO"));
	assert_false(isrv_sc_code(ear.k, "NOPERMS"));
	isrv_sc_told_clear(ear.k);
	hear(&ear, "t2 NO [NOPERM now] no\r\n");
	assert_true(isrv_sc_code(ear.k, "NOPERM"));
	isrv_sc_told_clear(ear.k);
	hear(&ear, "t3 NO no\r\n");
	assert_false(isrv_sc_code(ear.k, "NOPERM"));
	ear_clear(&ear);
}

static void test_hear_memory(void **unused)
{
	static struct ear ear;

	(void)unused;
	for (size_t i = 0; i < COUNT(heard); i++) {
		for (size_t nth = 1;; nth++) {
			size_t calls;

			ear_init(&ear);
			ear.fa.fail_first = nth;
			hear(&ear, heard[i].text);
			calls = ear.fa.calls;
			ROW(i, ear.c.rc == (calls < nth ? 0 : IMAPSRV_ENOMEM));
			ear_clear(&ear);
			if (calls < nth)
				break;
		}
	}
}

/* ---- what should be there ---------------------------------------------------------------------- */

static void test_box(void **unused)
{
	static struct ear ear;
	struct isrv_sc_box *box = &ear.c.boxes[0];
	uint32_t uid;

	(void)unused;
	ear_init(&ear);
	isrv_sc_box_came(&ear.c, box, 5, 77, IMAPSRV_SEEN);
	assert_int_equal(box->count, 1);
	assert_int_equal(box->messages[0].content, 77);
	assert_true(isrv_sc_box_copy(&ear.c, box, 9, &box->messages[0]));
	assert_int_equal(box->messages[1].uid, 9);
	assert_int_equal(box->messages[1].flags, IMAPSRV_SEEN);
	/* What is not there is not taken out. */
	isrv_sc_box_remove(&ear.c, box, 7);
	isrv_sc_box_remove(&ear.c, box, 10);
	assert_int_equal(box->count, 2);
	isrv_sc_box_remove(&ear.c, box, 5);
	assert_int_equal(box->count, 1);
	assert_int_equal(box->grave_count, 1);
	/* A UID is given once. */
	assert_false(isrv_sc_box_copy(&ear.c, box, 9, &box->messages[0]));
	assert_int_equal(ear.findings, 1);
	assert_string_equal(ear.clause, "uids.once");
	ear.c.over = false;
	assert_false(isrv_sc_box_came(&ear.c, box, 5, 77, 0));
	assert_int_equal(ear.findings, 2);
	isrv_sc_box_clear(&ear.c, box);
	/* Without memory the run is over, and the picture as it was. */
	ear.c.over = false;
	for (uid = 1; uid <= 16; uid++)
		assert_non_null(isrv_sc_box_add(&ear.c, box, uid));
	ear.fa.fail_first = ear.fa.calls + 1;
	ear.fa.fail_on = true;
	isrv_sc_box_remove(&ear.c, box, 3);
	assert_int_equal(ear.c.rc, IMAPSRV_ENOMEM);
	assert_int_equal(box->count, 16);
	ear.c.rc = 0;
	assert_null(isrv_sc_box_add(&ear.c, box, uid));
	assert_int_equal(ear.c.rc, IMAPSRV_ENOMEM);
	assert_int_equal(box->count, 16);
	ear.fa.fail_first = 0;
	isrv_sc_box_clear(&ear.c, box);
	ear_clear(&ear);
}

/* ---- texts ------------------------------------------------------------------------------------ */

static void test_moment(void **unused)
{
	static const struct {
		const char *date;
		bool is;
		int64_t seconds;
	} rows[] = {
		{"01-Jan-1970 00:00:00 +0000", true, 0},
		{" 1-Jan-1970 00:00:00 +0100", true, -3600},
		{"28-Feb-2021 10:20:30 -0130", true, 1614513030},
		{"29-Feb-2021 10:20:30 +0000", false, 0},
		{"01-Foo-2021 10:20:30 +0000", false, 0},
		{"xx-Jan-2021 10:20:30 +0000", false, 0},
		{"01-Jan-2021 1x:20:30 +0000", false, 0},
		{"01-Jan-2021 10:20:30 +0x00", false, 0},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t seconds = 0;
		bool is = isrv_sc_moment(rows[i].date, &seconds);

		ROW(i, is == rows[i].is);
		ROW(i, !is || seconds == rows[i].seconds);
	}
}

/* What does not fit ends the run, and nothing is put behind it. */
static void test_put(void **unused)
{
	static const char want[] = "4294967295 18446744073709551615 xyz ab.";
	static struct ear ear;
	struct isrv_buf to;

	(void)unused;
	for (size_t max = 0; max <= sizeof(want); max++) {
		bool is;

		ear_init(&ear);
		isrv_buf_init(&to, max);
		is = isrv_sc_put(&ear.c, &to, "%u %llu %s %.*s.", UINT32_MAX,
		                 (unsigned long long)UINT64_MAX, "xyz", 2, "abc");
		assert_int_equal(is, max >= sizeof(want) - 1);
		assert_int_equal(ear.c.rc, is ? 0 : IMAPSRV_ENOMEM);
		if (to.len)
			assert_memory_equal(to.data, want, to.len);
		isrv_buf_clear(&to, &ear.c.mem);
		ear_clear(&ear);
	}
}

/* The transcript is the newest part, and begins with a whole line. */
static void test_transcript(void **unused)
{
	static struct ear ear;
	static char line[1000];
	unsigned n;

	(void)unused;
	ear_init(&ear);
	memset(line, 'x', sizeof(line));
	for (n = 0; n < 3000; n++) {
		isrv_sc_note(&ear.c, ear.k, n % 2 ? 'C' : 'S', line, n % 3 ? 200 : 1000);
		assert_true(ear.c.transcript.len <= ISRV_SC_TRANSCRIPT);
	}
	assert_true(ear.c.transcript.len > ISRV_SC_TRANSCRIPT / 3);
	assert_true(!memcmp(ear.c.transcript.data, "C1: ", 4) ||
	            !memcmp(ear.c.transcript.data, "S1: ", 4));
	assert_int_equal(ear.c.transcript.data[ear.c.transcript.len - 1], '\n');
	assert_int_equal(ear.c.rc, 0);
	ear_clear(&ear);
}

/* ---- a store that never rests ------------------------------------------------------------------ */

static unsigned pumps;

/* Something happens in the mailbox that an idle client has selected, and more is to come. */
static int on_pump(void *user)
{
	struct ear *ear = user;
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = IMAPSRV_EVENT_MAILBOX_CHANGED;
	e.mailbox = (struct imapsrv_span){"INBOX", 5};
	assert_int_equal(imapsrv_session_post(ear->k->session, &e), 0);
	if (++pumps > 20000000)
		fail_msg("it is never at its end");
	return 1;
}

static void test_restless(void **unused)
{
	static const char commands[] = "a SELECT INBOX\r\nb IDLE\r\n";
	static struct ear ear;
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	size_t used;

	(void)unused;
	ear_init(&ear);
	config.store = &store;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &client, &ear.k->session), 0);
	assert_int_equal(imapsrv_session_recv(ear.k->session, commands, strlen(commands), &used), 0);
	assert_int_equal(used, strlen(commands));
	ear.c.check.pump = on_pump;
	isrv_sc_settle(&ear.c);
	assert_int_equal(ear.findings, 1);
	assert_string_equal(ear.clause, "op.answered");
	imapsrv_session_free(ear.k->session);
	imapsrv_engine_free(engine);
	ear_clear(&ear);
}

/* ---- runs that are refused -------------------------------------------------------------------- */

static struct imapsrv_session *no_session(void *user, struct imapsrv_engine *engine)
{
	(void)user;
	(void)engine;
	return NULL;
}

static void no_goodbye(void *user, struct imapsrv_session *session)
{
	(void)user;
	(void)session;
}

static void test_refused(void **unused)
{
	struct imapsrv_storecheck check = IMAPSRV_STORECHECK_INIT, spoilt;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT, empty = config, tiny = config;
	struct imapsrv_mailboxes mailboxes = IMAPSRV_MAILBOXES_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	struct imapsrv_language language = IMAPSRV_LANGUAGE_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_store store = nullstore(), small = store;
	static const char *const names[] = {"", "a b", "a/b", "b\xc3\xa4", "{", "@", "[",
	                                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	uint32_t findings = 77;

	(void)unused;
	config.store = &store;
	check.config = &config;
	check.connect = no_session;
	check.disconnect = no_goodbye;
	assert_int_equal(imapsrv_storecheck_run(NULL, &findings), IMAPSRV_EINVAL);
	spoilt = check;
	spoilt.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	spoilt = check;
	spoilt.config = NULL;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	spoilt = check;
	spoilt.connect = NULL;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	spoilt = check;
	spoilt.disconnect = NULL;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	spoilt = check;
	spoilt.config = &empty;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	spoilt.config = &tiny;
	tiny.store = &small;
	small.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	tiny.store = &store;
	tiny.mailboxes = &mailboxes;
	mailboxes.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	tiny.mailboxes = NULL;
	tiny.sasl = &sasl;
	sasl.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	tiny.sasl = NULL;
	tiny.language = &language;
	language.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	tiny.language = NULL;
	tiny.limits = &limits;
	limits.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	tiny.size = sizeof(size_t) - 1;
	assert_int_equal(imapsrv_storecheck_run(&spoilt, &findings), IMAPSRV_EINVAL);
	for (size_t i = 0; i < COUNT(names); i++) {
		spoilt = check;
		spoilt.mailbox = names[i];
		ROW(i, imapsrv_storecheck_run(&spoilt, &findings) == IMAPSRV_EINVAL);
	}
	assert_int_equal(findings, 0);
	/* No session can be made: the run ends. */
	check.sessions = 99;
	check.mailbox = "Kit-2";
	check.steps = check.findings = 1;
	assert_int_equal(imapsrv_storecheck_run(&check, &findings), IMAPSRV_ENOMEM);
	assert_int_equal(findings, 0);
	assert_int_equal(imapsrv_storecheck_run(&check, NULL), IMAPSRV_ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_response),  cmocka_unit_test(test_parse),
		cmocka_unit_test(test_hear),      cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_heard),     cmocka_unit_test(test_told),
		cmocka_unit_test(test_hear_memory), cmocka_unit_test(test_moment),
		cmocka_unit_test(test_box),       cmocka_unit_test(test_put),
		cmocka_unit_test(test_transcript), cmocka_unit_test(test_restless),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
