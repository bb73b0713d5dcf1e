/* SPDX-License-Identifier: MIT */
/*
 * A message is read more than once, to measure, to describe, to decode and to send it, and a bad host
 * gives other octets each time, or none any more.  Asserted, whichever time it begins: what was said can be read, and
 * where it could not be finished the session has ended and the fault hook was told.
 */
#include "unit/nullstore.h"
#include "unit/row.h"

enum { READS = 8 };

struct host {
	const char *first, *second; /* as many octets; NULL: the read is refused */
	enum imapsrv_eol eol;
	unsigned reads;
	unsigned from; /* the read with which the second begins */
	unsigned faults;
	int appends; /* handles that are open */
};

/* ---- the host ------------------------------------------------------------------------------ */

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct host *h = user;

	(void)q;
	imapsrv_op_pull(op, strlen(h->first), h->eol, h);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	struct host *h = user;
	const char *text = ++h->reads < h->from ? h->first : h->second;

	if (text)
		imapsrv_op_bytes(op, text + q->offset, q->len);
	imapsrv_op_done(op, text ? IMAPSRV_OK : IMAPSRV_UNAVAILABLE, NULL);
}

static void on_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct host *h = user;

	(void)q;
	h->appends++;
	imapsrv_op_append(op, h);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	struct host *h = user;

	(void)q;
	h->appends--;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_abort(void *user, void *append)
{
	struct host *h = user;

	(void)append;
	h->appends--;
}

static void on_store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void on_expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void on_fault(void *user, const char *what)
{
	struct host *h = user;

	(void)what;
	h->faults++;
}

/* ---- what is said -------------------------------------------------------------------------- */

static const char *const lines[] = {
	"a FETCH 1 BODY.PEEK[]\r\n",
	"a FETCH 1 BODY.PEEK[TEXT]<3.20>\r\n",
	"a FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]\r\n",
	"a FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BINARY.SIZE[] BODY.PEEK[1]<0.5>)\r\n",
	"a FETCH 1 BINARY.PEEK[1]\r\n",
	"a FETCH 1 BINARY.PEEK[]\r\n",
	"a FETCH 1 BINARY.SIZE[1]\r\n",
	"a FETCH 1 (ENVELOPE PREVIEW BODY.PEEK[1])\r\n",
	"a APPEND INBOX CATENATE (URL \"/INBOX/;UID=1\")\r\n",
	"a APPEND INBOX CATENATE (URL \"/INBOX/;UID=1/;SECTION=TEXT\")\r\n",
	"a APPEND INBOX CATENATE (URL \"/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(SUBJECT)\")\r\n",
};

#define HEADER "Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define BARE   "Subject: x\nContent-Transfer-Encoding: base64\n\n"

static const struct {
	const char *first, *second;
	enum imapsrv_eol eol;
} texts[] = {
	/* decoded it is less */
	{HEADER "QUJDREVGR0hJSktM\r\n", HEADER "!!!!!!!!!!!!!!!!\r\n", IMAPSRV_EOL_CRLF},
	{HEADER "QUJDREVGR0hJSktM\r\n", HEADER "QUI=!!!!!!!!!!!!\r\n", IMAPSRV_EOL_CRLF},
	/* on the wire it is less, or more */
	{BARE "QUJD\n\n\n\n\nREVG\n\n\n\n", BARE "QUJDREVGR0hJSktMQ", IMAPSRV_EOL_LF},
	{BARE "QUJDREVGR0hJSktMQ", BARE "QUJD\n\n\n\n\nREVG\n\n\n\n", IMAPSRV_EOL_LF},
	/* it is not there */
	{HEADER "QUJDREVG\r\n", NULL, IMAPSRV_EOL_CRLF},
	{BARE "QUJDREVG\n", NULL, IMAPSRV_EOL_LF},
	/* it has no header */
	{BARE "QUJDREVG\n", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
	                    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", IMAPSRV_EOL_LF},
};

struct said {
	char text[8192];
	size_t len;
};

static void take(struct imapsrv_session *s, struct said *said)
{
	struct imapsrv_span span;
	size_t count;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(said->len + span.len < sizeof(said->text));
		memcpy(said->text + said->len, span.data, span.len);
		said->len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	said->text[said->len] = '\0';
}

/* Behind the line at `at`, and behind the literals in it; NULL: it does not end. */
static const char *behind(const char *at, const char *end)
{
	for (;;) {
		const char *eol = strstr(at, "\r\n"), *open;
		unsigned long size;

		if (!eol)
			return NULL;
		for (open = eol; open > at && *open != '{'; open--)
			;
		if (open == at || eol[-1] != '}')
			return eol + 2;
		size = strtoul(open + 1, NULL, 10);
		if (size > (unsigned long)(end - eol - 2))
			return NULL;
		at = eol + 2 + size;
	}
}

/* One line, with the host as it is. */
static void say(struct imapsrv_engine *engine, struct host *h, const char *line, size_t row)
{
	static const char select[] = "1 EXAMINE INBOX\r\n";
	struct imapsrv_session_config sc = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session *s;
	const char *last = NULL, *at;
	struct said said;
	size_t used;
	int rc;

	sc.user = h;
	sc.preauth = &account;
	assert_int_equal(imapsrv_session_new(engine, &sc, &s), 0);
	assert_int_equal(imapsrv_session_recv(s, select, sizeof(select) - 1, &used), 0);
	said.len = 0;
	take(s, &said);
	said.len = 0;
	rc = imapsrv_session_recv(s, line, strlen(line), &used);
	take(s, &said);
	for (at = said.text; at && *at; at = behind(at, said.text + said.len))
		last = at;
	if (rc) {
		ROW(row, rc == IMAPSRV_EHOST);
		/* Only of octets that were announced: not of those that are counted, in the second read. */
		ROW(row, !strstr(line, " BINARY.SIZE[1]") &&
		         (h->from > 2 || !strstr(line, " BINARY.PEEK[1]")));
		ROW(row, !h->second || h->faults > 0);
		/* Nothing is said behind what could not be finished. */
		ROW(row, !at || (last && !strncmp(last, "* BYE ", 6)));
	} else {
		ROW(row, at && last && !strncmp(last, "a ", 2));
		ROW(row, strncmp(last, "a NO [SERVERBUG]", 16) != 0 || h->faults > 0);
		/* A refusal is told. */
		ROW(row, h->second || h->reads < h->from || !strncmp(last, "a NO [UNAVAILABLE]", 18));
	}
	imapsrv_session_free(s);
	ROW(row, h->appends == 0);
}

static void test_changes(void **state)
{
	struct imapsrv_store store = nullstore_of_one();
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_engine *engine;

	(void)state;
	store.body = on_body;
	store.body_read = on_read;
	store.store = on_store;
	store.expunge = on_expunge;
	store.append_begin = on_begin;
	store.append_data = on_data;
	store.append_finish = on_finish;
	store.append_abort = on_abort;
	store.unmeasured = 1;
	config.store = &store;
	config.fault = on_fault;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	for (size_t i = 0; i < COUNT(lines); i++)
		for (size_t k = 0; k < COUNT(texts); k++)
			for (unsigned from = 1; from <= READS; from++) {
				struct host h = {texts[k].first, texts[k].second, texts[k].eol, 0,
				                 from, 0, 0};

				say(engine, &h, lines[i], i * 1000 + k * 100 + from);
			}
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
