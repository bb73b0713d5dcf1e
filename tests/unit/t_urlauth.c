/* SPDX-License-Identifier: MIT */
/*
 * URLAUTH from the side of the host: what it is asked, and in what order; that nothing of a URL is
 * looked at before its token was right; that tokens do not stay in memory; and hosts that break their
 * contract.  The commands are in tests/script/urlauth.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/nullstore.h"
#include "unit/row.h"

#include "imapsrv.h"

#define ZEROS   "00000000000000000000000000000000"
#define THE_URL "imap://joe@example.com:1143/In/;uid=7;urlauth=submit+fr%65d"

/* What the host does wrong. */
enum bad {
	GOOD,
	SHORT,     /* a token of 15 octets */
	LONGEST,   /* 128: nothing wrong */
	LONG,      /* 129 */
	NULL_TOKEN,
	TWO,
	TWO_ALIKE,
	NO_TOKEN,
	TOKEN_AND_NO,
	LATE,      /* a token behind the end of the op */
	MAILBOX,   /* another answer in its place */
	NO_MAILBOX,
	TWO_MAILBOXES,
	MECHANISM,       /* XSAMPLE with data: nothing wrong */
	MECHANISM_MOST,  /* 1024 octets: nothing wrong */
	MECHANISM_MANY,  /* three, of 1024 octets: nothing wrong */
	MECHANISM_INTERNAL, /* said, though it always stands there: nothing wrong */
	MECHANISM_OTHER,
	MECHANISM_NULL,
	MECHANISM_LOWER,
	MECHANISM_BIG,
	MECHANISM_NO_DATA,
	BADS
};

struct host {
	enum bad bad;
	int given;       /* what the last answer gave */
	unsigned faults;
	char asked[512]; /* the questions, in order */
	bool anonymous;
};

static struct host host;

static void note(const char *what)
{
	size_t len = strlen(host.asked);

	(void)snprintf(host.asked + len, sizeof(host.asked) - len, "%s%s", len ? " " : "", what);
}

static void on_fault(void *user, const char *what)
{
	(void)user;
	(void)what;
	host.faults++;
}

static void identify(void *user, void *account, struct imapsrv_url_identity *identity)
{
	static const struct imapsrv_span submit = {"submit", 6};

	(void)user;
	(void)account;
	assert_int_equal(identity->size, sizeof(*identity));
	assert_int_equal(identity->application_count, 0);
	note("identify");
	identity->user = (struct imapsrv_span){"fred", 4};
	identity->applications = &submit;
	identity->application_count = 1;
}

static void give(struct imapsrv_op *op, size_t len)
{
	static const unsigned char token[200];

	host.given = imapsrv_op_url_token(op, token, len);
}

static void token(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	static const unsigned char other[16] = {1};
	struct imapsrv_mailbox box = IMAPSRV_MAILBOX_INIT;

	(void)user;
	note(q->token.len ? "compare" : "make");
	switch (host.bad) {
	case SHORT:
		give(op, 15);
		break;
	case LONGEST:
		give(op, 128);
		break;
	case LONG:
		give(op, 129);
		break;
	case NULL_TOKEN:
		host.given = imapsrv_op_url_token(op, NULL, 16);
		break;
	case TWO:
		give(op, 16);
		host.given = imapsrv_op_url_token(op, other, 16);
		break;
	case NO_TOKEN:
		break;
	case MAILBOX:
		host.given = imapsrv_op_mailbox(op, &box);
		break;
	case TWO_ALIKE:
		give(op, 16);
		/* fall through */
	default:
		give(op, 16);
		break;
	}
	imapsrv_op_done(op, host.bad == TOKEN_AND_NO ? IMAPSRV_UNAVAILABLE : IMAPSRV_OK, NULL);
	if (host.bad == LATE)
		give(op, 16);
}

static void open_url(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	struct imapsrv_mailbox box = IMAPSRV_MAILBOX_INIT;

	(void)user;
	note("open");
	assert_null(q->mechanism);
	assert_int_equal(q->rump.len, 0);
	box.uidvalidity = 1;
	box.uidnext = 8;
	if (host.bad != NO_MAILBOX)
		host.given = imapsrv_op_mailbox(op, &box);
	if (host.bad == TWO_MAILBOXES)
		host.given = imapsrv_op_mailbox(op, &box);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void reset(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *q)
{
	static const char data[1025] = "data";
	const char *name = host.bad == MECHANISM_OTHER      ? "XOTHER"
	                   : host.bad == MECHANISM_LOWER    ? "xsample"
	                   : host.bad == MECHANISM_NULL     ? NULL
	                   : host.bad == MECHANISM_INTERNAL ? "INTERNAL"
	                                                    : "XSAMPLE";
	size_t len = host.bad == MECHANISM_MOST ? 1024 : host.bad == MECHANISM_BIG ? 1025 : 4;

	(void)user;
	(void)q;
	note("reset");
	if (host.bad == MECHANISM_MANY) {
		static const char *const three[] = {"XSAMPLE", "XTHIRD", "X"};

		for (size_t i = 0; i < 3; i++)
			host.given = imapsrv_op_url_mechanism(op, three[i], data, 4 + i);
	} else if (host.bad >= MECHANISM)
		host.given = imapsrv_op_url_mechanism(
			op, name, host.bad == MECHANISM_NO_DATA ? NULL : data, len);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	(void)q;
	note("fetch");
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void close_mailbox(void *user, void *handle)
{
	(void)user;
	(void)handle;
	note("close");
}

/* ---- sessions ------------------------------------------------------------------------------ */

static const char *const mechanisms[] = {"XSAMPLE", "XTHIRD", "X", NULL};

static struct imapsrv_session *begin(struct imapsrv_engine **engine_r,
                                     const struct imapsrv_allocator *allocator)
{
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_urlauth urlauth = IMAPSRV_URLAUTH_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_session *s;

	memset(&host, 0, sizeof(host));
	store.fetch = fetch;
	store.close = close_mailbox;
	urlauth.mechanisms = mechanisms;
	urlauth.identify = identify;
	urlauth.token = token;
	urlauth.open = open_url;
	urlauth.reset = reset;
	config.store = &store;
	config.urlauth = &urlauth;
	config.fault = on_fault;
	config.allocator = allocator;
	session_config.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, engine_r), 0);
	assert_int_equal(imapsrv_session_new(*engine_r, &session_config, &s), 0);
	return s;
}

/* What the session says to a line. */
static const char *talk(struct imapsrv_session *s, const char *line)
{
	static char out[4000];
	struct imapsrv_span span;
	size_t count, used, len = 0;

	host.asked[0] = '\0';
	host.given = 0;
	host.faults = 0;
	assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(len + span.len < sizeof(out));
		memcpy(out + len, span.data, span.len);
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	out[len] = '\0';
	return out;
}

static void end(struct imapsrv_session *s, struct imapsrv_engine *engine)
{
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

/* ---- the order of questions ---------------------------------------------------------------- */

/* There is no message in any mailbox of this host, and its token is all zeros. */
static void test_questions(void **state)
{
	static const struct {
		const char *rump, *token, *asked;
	} rows[] = {
		{THE_URL, ZEROS, "identify compare open fetch close"},
		{THE_URL, "1" ZEROS "0", "identify compare"},
		{THE_URL, "10000000000000000000000000000000", "identify compare"},
		{THE_URL, "00000000000000000000000000000001", "identify compare"},
		/* half an octet, and more than any token has: nobody need be asked */
		{THE_URL, ZEROS "0", ""},
		{"imap://nobody@example.com/Nowhere/;uid=7;urlauth=anonymous", ZEROS "00",
		 "identify compare"},
		{"imap://nobody@example.com/Nowhere/;uid=7;urlauth=authuser", ZEROS,
		 "identify compare open fetch close"},
		{"imap://joe@example.com/In/;uid=7;urlauth=user+joe", ZEROS, "identify"},
		{"imap://joe@example.com/In/;uid=7;urlauth=stream", ZEROS, "identify"},
		{"imap://joe@example.com/In/;uid=7;expire=2000-01-01T00:00:00Z;urlauth=user+fred",
		 ZEROS, ""},
		{"imap://joe@example.com/In;urlauth=user+fred", ZEROS, ""},
	};
	struct imapsrv_engine *engine;
	struct imapsrv_session *s = begin(&engine, NULL);

	(void)state;
	talk(s, "x NOOP\r\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char line[400], nil[400];
		const char *out;

		(void)snprintf(line, sizeof(line), "a URLFETCH \"%s:internal:%s\"\r\n", rows[i].rump,
		               rows[i].token);
		(void)snprintf(nil, sizeof(nil),
		               "* URLFETCH \"%s:internal:%s\" NIL\r\na OK URLFETCH completed\r\n",
		               rows[i].rump, rows[i].token);
		out = talk(s, line);
		ROW(i, strcmp(out, nil) == 0);
		ROW(i, strcmp(host.asked, rows[i].asked) == 0);
		ROW(i, host.faults == 0);
	}
	end(s, engine);
}

/* ---- what is asked ------------------------------------------------------------------------- */

static struct imapsrv_url_query last;
static char last_text[8][100];

static struct imapsrv_span copy(unsigned i, struct imapsrv_span span)
{
	assert_true(span.len < sizeof(last_text[0]));
	if (span.len)
		memcpy(last_text[i], span.data, span.len);
	return (struct imapsrv_span){last_text[i], span.len};
}

static void look(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	last = *q;
	last.rump = copy(0, q->rump);
	last.token = copy(1, q->token);
	last.owner = copy(2, q->owner);
	last.host = copy(3, q->host);
	last.mailbox = copy(4, q->mailbox);
	last.application = copy(5, q->application);
	last.grantee = copy(6, q->grantee);
	token(user, op, q);
}

static bool is(struct imapsrv_span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.data, text, span.len) == 0;
}

static void test_query(void **state)
{
	static const char rump[] = "imap://j%6Fe;AUTH=*@Example.com:1143/In%2fbox;uidvalidity=9/;uid=7"
	                           "/;section=1;urlauth=Submit+fr%65d";
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_urlauth urlauth = IMAPSRV_URLAUTH_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	char line[400];

	(void)state;
	memset(&host, 0, sizeof(host));
	urlauth.mechanisms = mechanisms;
	urlauth.identify = identify;
	urlauth.token = look;
	urlauth.open = open_url;
	urlauth.reset = reset;
	config.store = &store;
	config.urlauth = &urlauth;
	account.handle = &account;
	session_config.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &session_config, &s), 0);
	talk(s, "x NOOP\r\n");
	for (int compares = 0; compares < 2; compares++) {
		(void)snprintf(line, sizeof(line),
		               compares ? "a URLFETCH \"%s:xsample:00%sfF\"\r\n"
		                        : "a GENURLAUTH \"%s\" xSample%.0s\r\n",
		               rump, "0102030405060708090a0b0c0d0e");
		talk(s, line);
		ROW(compares, is(last.rump, rump));
		ROW(compares, strcmp(last.mechanism, "XSAMPLE") == 0);
		ROW(compares, last.account == &account);
		ROW(compares, is(last.owner, "joe"));
		ROW(compares, is(last.host, "Example.com"));
		ROW(compares, last.port == 1143);
		ROW(compares, is(last.mailbox, "In/box"));
		ROW(compares, last.uidvalidity == 9);
		ROW(compares, last.uid == 7);
		ROW(compares, is(last.application, "Submit"));
		ROW(compares, is(last.grantee, "fred"));
		ROW(compares, last.token.len == (compares ? 16 : 0));
	}
	assert_memory_equal(last.token.data, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\377", 16);
	end(s, engine);
}

/* ---- bad hosts ----------------------------------------------------------------------------- */

#define MADE   "* GENURLAUTH \"" THE_URL ":internal:" ZEROS "\"\r\na OK GENURLAUTH completed\r\n"
#define UNMADE "a NO [SERVERBUG] No token was made\r\n"

static void test_bad_host(void **state)
{
	static const struct {
		const char *command, *answer;
		bool fault;
		int given;
	} rows[BADS] = {
		[GOOD] = {"GENURLAUTH", MADE, false, 0},
		[SHORT] = {"GENURLAUTH", UNMADE, true, IMAPSRV_EINVAL},
		[LONGEST] = {"GENURLAUTH",
		             "* GENURLAUTH \"" THE_URL ":internal:" ZEROS ZEROS ZEROS ZEROS ZEROS ZEROS
		             ZEROS ZEROS "\"\r\na OK GENURLAUTH completed\r\n",
		             false, 0},
		[LONG] = {"GENURLAUTH", UNMADE, true, IMAPSRV_EINVAL},
		[NULL_TOKEN] = {"GENURLAUTH", UNMADE, true, IMAPSRV_EINVAL},
		[TWO] = {"GENURLAUTH", MADE, true, IMAPSRV_EINVAL},
		[TWO_ALIKE] = {"GENURLAUTH", MADE, true, IMAPSRV_EINVAL},
		[NO_TOKEN] = {"GENURLAUTH", UNMADE, true, 0},
		[TOKEN_AND_NO] = {"GENURLAUTH", "a NO [UNAVAILABLE] Temporarily not available\r\n",
		                  false, 0},
		[LATE] = {"GENURLAUTH", MADE, true, IMAPSRV_ESTATE},
		[MAILBOX] = {"GENURLAUTH", UNMADE, true, IMAPSRV_ESTATE},
		[NO_MAILBOX] = {"URLFETCH", "a NO [SERVERBUG] Internal error\r\n", true, 0},
		[TWO_MAILBOXES] = {"URLFETCH",
		                   "* URLFETCH \"" THE_URL ":internal:" ZEROS
		                   "\" NIL\r\na OK URLFETCH completed\r\n",
		                   true, IMAPSRV_EINVAL},
		[MECHANISM] = {"RESETKEY",
		               "a OK [URLMECH INTERNAL XSAMPLE=ZGF0YQ==] There is a new key\r\n",
		               false, 0},
		[MECHANISM_MOST] = {"RESETKEY", "a OK [URLMECH INTERNAL XSAMPLE=ZGF0YQA", false, 0},
		[MECHANISM_MANY] = {"RESETKEY",
	                            "a OK [URLMECH INTERNAL XSAMPLE=ZGF0YQ== XTHIRD=ZGF0YQA= "
	                            "X=ZGF0YQAA] There is a new key\r\n",
	                            false, 0},
		[MECHANISM_INTERNAL] = {"RESETKEY",
		                        "a OK [URLMECH INTERNAL] There is a new key\r\n", false, 0},
		[MECHANISM_OTHER] = {"RESETKEY", "a OK [URLMECH INTERNAL] There is a new key\r\n",
		                     true, IMAPSRV_EINVAL},
		[MECHANISM_NULL] = {"RESETKEY", "a OK [URLMECH INTERNAL] There is a new key\r\n",
		                    true, IMAPSRV_EINVAL},
		[MECHANISM_LOWER] = {"RESETKEY", "a OK [URLMECH INTERNAL] There is a new key\r\n",
		                     true, IMAPSRV_EINVAL},
		[MECHANISM_BIG] = {"RESETKEY", "a OK [URLMECH INTERNAL] There is a new key\r\n",
		                   true, IMAPSRV_EINVAL},
		[MECHANISM_NO_DATA] = {"RESETKEY", "a OK [URLMECH INTERNAL] There is a new key\r\n",
		                       true, IMAPSRV_EINVAL},
	};
	struct imapsrv_engine *engine;
	struct imapsrv_session *s = begin(&engine, NULL);

	(void)state;
	talk(s, "x NOOP\r\n");
	for (int i = 0; i < BADS; i++) {
		const char *line = strcmp(rows[i].command, "GENURLAUTH") == 0
		                           ? "a GENURLAUTH \"" THE_URL "\" INTERNAL\r\n"
		                   : strcmp(rows[i].command, "URLFETCH") == 0
		                           ? "a URLFETCH \"" THE_URL ":internal:" ZEROS "\"\r\n"
		                           : "a RESETKEY INBOX\r\n";
		const char *out;

		host.bad = (enum bad)i;
		out = talk(s, line);
		ROW(i, strncmp(out, rows[i].answer, strlen(rows[i].answer)) == 0);
		ROW(i, (host.faults > 0) == rows[i].fault);
		ROW(i, host.given == rows[i].given);
	}
	end(s, engine);
}

/* To compare: no token, or one of another length, is like a wrong one. */
static void test_bad_comparison(void **state)
{
	static const struct {
		enum bad bad;
		bool fault;
	} rows[] = {
		{SHORT, true}, {LONGEST, false}, {LONG, true}, {NULL_TOKEN, true}, {NO_TOKEN, true},
	};
	struct imapsrv_engine *engine;
	struct imapsrv_session *s = begin(&engine, NULL);

	(void)state;
	talk(s, "x NOOP\r\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		host.bad = rows[i].bad;
		ROW(i, strcmp(talk(s, "a URLFETCH \"" THE_URL ":internal:" ZEROS "\"\r\n"),
		              "* URLFETCH \"" THE_URL ":internal:" ZEROS
		              "\" NIL\r\na OK URLFETCH completed\r\n") == 0);
		ROW(i, strcmp(host.asked, "identify compare") == 0);
		ROW(i, (host.faults > 0) == rows[i].fault);
	}
	end(s, engine);
}

/* ---- memory -------------------------------------------------------------------------------- */

/* Blocks that were given back, and kept to be looked at. */
static struct block {
	struct block *next;
	size_t size;
	char data[];
} *blocks;

static void *keep_alloc(void *user, size_t size)
{
	struct block *b = malloc(sizeof(*b) + size);

	(void)user;
	assert_non_null(b);
	memset(b->data, 0, size);
	b->size = size;
	b->next = blocks;
	blocks = b;
	return b->data;
}

static void keep_free(void *user, void *data, size_t size)
{
	(void)user;
	(void)data;
	(void)size;
}

static void *keep_realloc(void *user, void *data, size_t old_size, size_t size)
{
	void *grown = keep_alloc(user, size);

	if (data)
		memcpy(grown, data, old_size < size ? old_size : size);
	return grown;
}

/* How many blocks hold these octets? */
static unsigned held(const char *octets, size_t len)
{
	unsigned n = 0;

	for (const struct block *b = blocks; b; b = b->next)
		for (size_t i = 0; i + len <= b->size; i++)
			if (memcmp(b->data + i, octets, len) == 0) {
				n++;
				break;
			}
	return n;
}

static void secret_token(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *q)
{
	(void)user;
	(void)q;
	imapsrv_op_url_token(op, "the right token!", 16);
	assert_true(held("the right token!", 16) > 0); /* the test can tell */
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static char traced[4000];

static void on_trace(void *user, enum imapsrv_trace what, const char *data, size_t len)
{
	size_t at = strlen(traced);

	(void)user;
	(void)what;
	assert_true(at + len < sizeof(traced));
	memcpy(traced + at, data, len);
}

/* In pieces, so that the buffer grows while the token is in it. */
static void talk_in_pieces(struct imapsrv_session *s, const char *line)
{
	char piece[8] = {0};

	for (size_t left = strlen(line), n; left; left -= n, line += n) {
		n = left < sizeof(piece) - 1 ? left : sizeof(piece) - 1;
		memcpy(piece, line, n);
		piece[n] = '\0';
		talk(s, piece);
	}
}

static void store_flags(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	(void)user;
	(void)q;
	imapsrv_op_append(op, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* CATENATE takes no URL with a token (RFC 4469 3), and says which it did not take. */
static void catenate(struct imapsrv_session *s)
{
	static const struct {
		const char *in;
		const char *out;
		const char *shown; /* by the trace, somewhere */
	} rows[] = {
		{"a APPEND INBOX CATENATE (URL \"" THE_URL ":internal:746865207772206e6720746f6b656e21\")\r\n",
		 "a NO [BADURL " THE_URL ":internal:746865207772206e6720746f6b656e21] That URL leads to no "
		 "message here, nor to a part of one\r\n",
		 "a APPEND ***a NO [BADURL ***] That URL"},
		{"b APPEND INBOX CATENATE (URL {101+}\r\n" THE_URL ":internal:746865207772206e6720746f6b656e21"
		 " TEXT {1+}\r\nx)\r\n",
		 "b NO [BADURL " THE_URL ":internal:746865207772206e6720746f6b656e21] That URL leads to no "
		 "message here, nor to a part of one\r\n",
		 "b APPEND INBOX CATENATE (URL {101+}\r\nb NO [BADURL ***] That URL"},
		/* Misspelt */
		{"c URLFECH \"" THE_URL ":internal:746865207772206e6720746f6b656e21\"\r\n",
		 "c BAD Unknown command\r\n", "c ***c BAD "},
		{"d IDLE\r\n" THE_URL ":internal:746865207772206e6720746f6b656e21\r\n",
		 "+ idling\r\nd BAD Expected DONE\r\n", "d IDLE***+ idling"},
		/* Without a token all is shown. */
		{"e APPEND INBOX CATENATE (URL /a/;UID=1)\r\n",
		 "e NO [BADURL /a/;UID=1] That URL leads to no message here, nor to a part of one\r\n",
		 "e APPEND INBOX CATENATE (URL /a/;UID=1)e NO [BADURL /a/;UID=1] That URL"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		traced[0] = '\0';
		memset(traced, 0, sizeof(traced));
		ROW(i, strcmp(talk(s, rows[i].in), rows[i].out) == 0);
		ROW(i, strstr(traced, rows[i].shown) != NULL);
		ROW(i, strstr(traced, "746865207772206e") == NULL);
		if (i < 2)
			ROW(i, held("746865207772206e", 16) == 0);
	}
}

/* The right token is not kept from a question with a wrong one, nor are those of clients, nor one that was
 * made when it has been sent; and none of them is shown to who looks on. */
static void test_wiped(void **state)
{
	struct imapsrv_allocator allocator = {keep_alloc, keep_realloc, keep_free, NULL};
	struct imapsrv_session_config session_config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_urlauth urlauth = IMAPSRV_URLAUTH_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;

	(void)state;
	memset(&host, 0, sizeof(host));
	urlauth.identify = identify;
	urlauth.token = secret_token;
	urlauth.open = open_url;
	urlauth.reset = reset;
	store.store = store_flags;
	store.expunge = expunge;
	store.append_begin = append_begin;
	store.append_data = append_data;
	store.append_finish = append_finish;
	store.append_abort = close_mailbox;
	store.unmeasured = 1;
	config.store = &store;
	config.urlauth = &urlauth;
	config.allocator = &allocator;
	config.trace = on_trace;
	session_config.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &session_config, &s), 0);
	talk(s, "x NOOP\r\n");
	talk_in_pieces(s, "a URLFETCH \"" THE_URL ":internal:746865207772206e6720746f6b656e21\"\r\n");
	assert_string_equal(host.asked, "identify");
	assert_int_equal(held("the right token!", 16), 0);
	assert_int_equal(held("the wr ng token!", 16), 0);
	assert_int_equal(held("746865207772206e", 16), 0);
	talk_in_pieces(s, "a GENURLAUTH \"" THE_URL "\" INTERNAL\r\n");
	assert_int_equal(held("the right token!", 16), 0);
	assert_int_equal(held("7468652072696768", 16), 0);
	assert_non_null(strstr(traced, "* URLFETCH *** NIL"));
	assert_non_null(strstr(traced, "* GENURLAUTH ***\r\n"));
	assert_null(strstr(traced, "746865207772206e"));
	assert_null(strstr(traced, "7468652072696768"));
	catenate(s);
	end(s, engine);
	while (blocks) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
}

/* ---- engines ------------------------------------------------------------------------------- */

static void test_tables(void **state)
{
	static const char *const names[][2] = {{"X", NULL},   {"A-1.B", NULL}, {"x", NULL},
	                                       {"A_B", NULL}, {"A B", NULL},   {"", NULL},
	                                       {"A:B", NULL}};
	static const struct {
		bool identify, token, open, reset, describe;
		int mechanism; /* -1: none */
		int rc;
	} rows[] = {
		{false, false, false, false, false, -1, 0},
		{true, true, true, true, false, -1, 0},
		{false, true, true, true, false, -1, IMAPSRV_EINVAL},
		{true, false, true, true, false, -1, IMAPSRV_EINVAL},
		{true, true, false, true, false, -1, IMAPSRV_EINVAL},
		{true, true, true, false, false, -1, IMAPSRV_EINVAL},
		{false, false, false, false, false, 0, IMAPSRV_EINVAL},
		{true, true, true, true, false, 0, 0},
		{true, true, true, true, false, 1, 0},
		{true, true, true, true, false, 2, IMAPSRV_EINVAL},
		{true, true, true, true, false, 3, IMAPSRV_EINVAL},
		{true, true, true, true, false, 4, IMAPSRV_EINVAL},
		{true, true, true, true, false, 5, IMAPSRV_EINVAL},
		{true, true, true, true, false, 6, IMAPSRV_EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
		struct imapsrv_urlauth urlauth = IMAPSRV_URLAUTH_INIT;
		struct imapsrv_store store = nullstore();
		struct imapsrv_engine *engine = NULL;

		config.store = &store;
		config.urlauth = &urlauth;
		urlauth.identify = rows[i].identify ? identify : NULL;
		urlauth.token = rows[i].token ? token : NULL;
		urlauth.open = rows[i].open ? open_url : NULL;
		urlauth.reset = rows[i].reset ? reset : NULL;
		urlauth.mechanisms = rows[i].mechanism < 0 ? NULL : names[rows[i].mechanism];
		ROW(i, imapsrv_engine_new(&config, &engine) == rows[i].rc);
		imapsrv_engine_free(engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions), cmocka_unit_test(test_query),
		cmocka_unit_test(test_bad_host),  cmocka_unit_test(test_bad_comparison),
		cmocka_unit_test(test_wiped),     cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
