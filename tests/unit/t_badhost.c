/* SPDX-License-Identifier: MIT */
/*
 * SEARCH, APPEND, COPY and MOVE on a store that breaks its contract: rows in any order, twice, or
 * of messages that nobody asked for; UIDs that do not add up; handles given twice; bodies that are
 * not as long as they were. Asserted: the client gets a true answer or none, and the fault hook is
 * told.
 */
#include <stdbool.h>

#include "unit/row.h"

#include "imapsrv.h"

/* What the store does wrong. */
enum bad {
	GOOD = 0,
	ROWS_DESCEND = 1 << 0,
	ROWS_TWICE = 1 << 1,
	ROWS_FOREIGN = 1 << 2,    /* of messages that were not asked for, or never announced */
	ROWS_BARE = 1 << 3,       /* without the facts that were asked for */
	COPIED_DESCENDS = 1 << 4, /* one by one, the wrong way round */
	COPIED_TWO_VALIDITIES = 1 << 5,
	COPIED_UNEVEN = 1 << 6,
	COPIED_SILENT = 1 << 7,   /* UIDs are not told */
	HANDLE_TWICE = 1 << 8,
	APPENDED_TOO_FEW = 1 << 9,
	APPENDED_TWICE = 1 << 10,
	BODY_SHORT = 1 << 11,     /* pulled: fewer octets in the second pass */
	EXPUNGED_DESCENDS = 1 << 12,
	MOVE_HALF = 1 << 13,      /* tells what it moved, and fails */
	MODSEQS = 1 << 14,        /* nothing wrong: the store has modification sequences */
	MODSEQ_ZERO = 1 << 15,    /* in rows and after an expunge */
	MODSEQ_HUGE = 1 << 16,    /* the same */
	MODSEQ_BACK = 1 << 17,    /* that of the mailbox sinks with an expunge */
	MODSEQ_SILENT = 1 << 18,  /* an expunge does not say it */
	MODSEQ_BOX = 1 << 19,     /* huge in the mailbox itself, and in its status */
	REPLACED_SILENT = 1 << 20, /* the UIDs of a replacement are not told */
	GONE = 1 << 21,           /* nothing wrong: messages 2 and 3 went after SELECT, */
	KEEPS = 1 << 22,          /* and are kept until they are forgotten, */
	KEEPS_NOTHING = 1 << 23,  /* or not kept at all, */
	KEEPS_ON = 1 << 24,       /* or for ever */
	FORGOTTEN_CALLS = 1 << 25, /* the session is used in `forgotten`, and the last message goes */
	OBJECTIDS = 1 << 26,      /* nothing wrong: there are object identifiers; */
	IDS_MISSING = 1 << 27,    /* they are not told, */
	IDS_LONG = 1 << 28,       /* have 256 octets, */
	IDS_ODD = 1 << 29,        /* or would end the line */
	NO_STATUS = 1 << 30       /* there is no `status` */
};

struct host {
	unsigned bad;
	unsigned faults;
	int handles; /* append handles that are open */
	uint32_t next; /* the UID that the next new message gets */
	uint32_t appended; /* messages begun */
	uint32_t gone_first, gone_last;
	int pass;
	struct imapsrv_session *session;
	bool went;          /* messages have gone: what is said to be forgotten before is of none */
	unsigned forgotten; /* times */
};

enum { MESSAGES = 6 };

static bool exists(const struct host *h, uint32_t uid)
{
	return uid >= 1 && uid <= MESSAGES && !(uid >= h->gone_first && uid <= h->gone_last);
}

static void list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static struct imapsrv_span an_id(const struct host *h, const char *good)
{
	static const char longest[257] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const char odd[] = "F1)] x\r\n* BYE";

	if (h->bad & IDS_LONG)
		return (struct imapsrv_span){longest, 256};
	if (h->bad & IDS_ODD)
		return (struct imapsrv_span){odd, sizeof(odd) - 1};
	return (struct imapsrv_span){good, h->bad & IDS_MISSING ? 0 : strlen(good)};
}

static void open_box(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox box = IMAPSRV_MAILBOX_INIT;
	unsigned modseqs = ((struct host *)user)->bad;

	(void)q;
	box.handle = user;
	box.uidvalidity = 9;
	box.uidnext = MESSAGES + 1;
	box.highest_modseq = modseqs & MODSEQ_BOX ? UINT64_C(1) << 63 : 100;
	box.mailboxid = an_id(user, "F1");
	imapsrv_op_mailbox(op, &box);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void close_box(void *user, void *mailbox)
{
	(void)user;
	(void)mailbox;
}

static void one_uid(struct imapsrv_op *op, uint32_t uid)
{
	struct imapsrv_range range = {uid, uid};

	imapsrv_op_uids(op, (struct imapsrv_set){&range, 1});
}

static void uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	uint32_t uid;

	for (uid = q->range.first; uid <= MESSAGES && uid <= q->range.last; uid++) {
		if (exists(user, uid))
			one_uid(op, uid);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static bool asked(struct imapsrv_set set, uint32_t uid)
{
	size_t i;

	for (i = 0; i < set.count; i++) {
		if (uid >= set.ranges[i].first && uid <= set.ranges[i].last)
			return true;
	}
	return false;
}

/* Odd messages are \Seen, and n * 10 octets long. */
static void row(const struct host *h, struct imapsrv_op *op, uint32_t uid)
{
	struct imapsrv_row r;

	memset(&r, 0, sizeof(r));
	r.uid = uid;
	if (!(h->bad & ROWS_BARE)) {
		r.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE;
		r.flags.system = uid & 1 ? IMAPSRV_SEEN : 0;
	}
	r.facts |= h->bad & MODSEQS ? IMAPSRV_FACT_MODSEQ : 0u;
	r.modseq = h->bad & MODSEQ_ZERO && uid == 2   ? 0
	           : h->bad & MODSEQ_HUGE && uid == 2 ? UINT64_C(1) << 63
	                                              : uid * 10u;
	r.emailid = an_id(h, "M1");
	r.threadid = an_id(h, "T1");
	if (h->bad & OBJECTIDS && !(h->bad & IDS_MISSING))
		r.facts |= IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID;
	imapsrv_op_row(op, &r);
	if (h->bad & ROWS_TWICE)
		imapsrv_op_row(op, &r);
}

static bool is_kept(const struct host *h, uint32_t uid)
{
	return uid >= h->gone_first && uid <= h->gone_last &&
	       (h->bad & KEEPS_ON || (h->bad & KEEPS && !h->forgotten));
}

static void post_gone(struct imapsrv_session *s, uint32_t first, uint32_t last)
{
	struct imapsrv_range range = {first, last};
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;

	event.type = IMAPSRV_EVENT_MESSAGE_EXPUNGE;
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	event.uids = (struct imapsrv_set){&range, 1};
	assert_int_equal(imapsrv_session_post(s, &event), 0);
}

static void forgotten(void *user, void *mailbox)
{
	struct host *h = user;
	size_t used;

	assert_ptr_equal(mailbox, user);
	h->forgotten += h->went;
	if (!h->went || !(h->bad & FORGOTTEN_CALLS))
		return;
	assert_int_equal(imapsrv_session_recv(h->session, "x", 1, &used), IMAPSRV_EREENTER);
	imapsrv_session_free(h->session); /* passed over */
	if (h->forgotten == 1)
		post_gone(h->session, MESSAGES, MESSAGES);
}

static void fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct host *h = user;
	uint32_t i, uid;

	for (i = 1; i <= MESSAGES; i++) {
		uid = h->bad & ROWS_DESCEND ? MESSAGES + 1 - i : i;
		if ((exists(h, uid) || is_kept(h, uid)) &&
		    (h->bad & ROWS_FOREIGN || asked(q->uids, uid)))
			row(h, op, uid);
	}
	if (h->bad & ROWS_FOREIGN)
		row(h, op, 77);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct host *h = user;

	h->pass = 0;
	imapsrv_op_pull(op, q->uid * 10, IMAPSRV_EOL_LF, h);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body_read(void *user, struct imapsrv_op *op, const struct imapsrv_body_read *q)
{
	static const char text[MESSAGES * 10 + 1] =
		"0123456789012345678901234567890123456789012345678901234567\n";
	struct host *h = user;

	if (q->offset == 0)
		h->pass++;
	if (h->bad & BODY_SHORT && h->pass > 1)
		imapsrv_op_bytes(op, "\n\n\n\n\n\n\n\n\n\n", q->len < 10 ? q->len : 10);
	else
		imapsrv_op_bytes(op, text + q->offset, q->len);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body_close(void *user, void *b)
{
	(void)user;
	(void)b;
}

static void store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct host *h = user;

	if (!q->append || h->bad & HANDLE_TWICE)
		imapsrv_op_append(op, h);
	if (!q->append)
		h->handles++;
	if (h->bad & HANDLE_TWICE)
		imapsrv_op_append(op, NULL);
	h->appended++;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	assert_ptr_equal(q->append, user);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	struct host *h = user;
	struct imapsrv_range range = {h->next, h->next + h->appended - 1};

	assert_ptr_equal(q->append, user);
	h->handles--;
	if (h->bad & APPENDED_TOO_FEW)
		range.last++;
	imapsrv_op_appended(op, 8, (struct imapsrv_set){&range, 1});
	if (h->bad & APPENDED_TWICE)
		imapsrv_op_appended(op, 8, (struct imapsrv_set){&range, 1});
	h->appended = 0;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void replace(void *user, struct imapsrv_op *op, const struct imapsrv_replace *q)
{
	struct host *h = user;
	struct imapsrv_range range = {h->next, h->next};

	assert_ptr_equal(q->append, user);
	h->handles--;
	h->appended = 0;
	h->gone_first = h->gone_last = q->uid;
	if (h->bad & APPENDED_TOO_FEW)
		range.last++;
	if (!(h->bad & REPLACED_SILENT))
		imapsrv_op_appended(op, 8, (struct imapsrv_set){&range, 1});
	if (h->bad & APPENDED_TWICE)
		imapsrv_op_appended(op, 8, (struct imapsrv_set){&range, 1});
	if (h->bad & MODSEQS && !(h->bad & MODSEQ_SILENT))
		imapsrv_op_modseq(op, h->bad & MODSEQ_BACK ? 99 : 101);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_abort(void *user, void *append)
{
	struct host *h = user;

	assert_ptr_equal(append, user);
	h->handles--;
	h->appended = 0;
}

static void expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	struct host *h = user;

	assert_int_equal(q->uids.count, 1);
	h->gone_first = q->uids.ranges[0].first;
	h->gone_last = q->uids.ranges[0].last;
	if (h->bad & EXPUNGED_DESCENDS) {
		one_uid(op, h->gone_last);
		one_uid(op, h->gone_first);
	} else {
		imapsrv_op_uids(op, q->uids);
	}
	if (h->bad & MODSEQS && !(h->bad & MODSEQ_SILENT))
		imapsrv_op_modseq(op, h->bad & MODSEQ_ZERO   ? 0
		                      : h->bad & MODSEQ_HUGE ? UINT64_MAX
		                      : h->bad & MODSEQ_BACK ? 99
		                                             : 101);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void one_copied(struct host *h, struct imapsrv_op *op, uint32_t validity, uint32_t uid,
                       uint32_t as)
{
	struct imapsrv_range from = {uid, uid}, to = {as, as};

	if (h->bad & COPIED_UNEVEN)
		to.last++;
	imapsrv_op_copied(op, validity, (struct imapsrv_set){&from, 1},
	                  (struct imapsrv_set){&to, 1});
}

/* Messages 2 and 3. */
static void tell_copied(struct host *h, struct imapsrv_op *op)
{
	uint32_t first = h->bad & COPIED_DESCENDS ? 3 : 2;

	if (h->bad & COPIED_SILENT)
		return;
	one_copied(h, op, 8, first, h->next + first - 2);
	one_copied(h, op, h->bad & COPIED_TWO_VALIDITIES ? 7 : 8, 5 - first, h->next + 3 - first);
}

static void copy(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	(void)q;
	tell_copied(user, op);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void move(void *user, struct imapsrv_op *op, const struct imapsrv_copy *q)
{
	struct host *h = user;

	(void)q;
	h->gone_first = 2;
	h->gone_last = 3;
	tell_copied(h, op);
	imapsrv_op_done(op, h->bad & MOVE_HALF ? IMAPSRV_SERVERBUG : IMAPSRV_OK, NULL);
}

static void status(void *user, struct imapsrv_op *op, const struct imapsrv_status_query *q)
{
	struct imapsrv_status st;

	memset(&st, 0, sizeof(st));
	st.items = q->items & (IMAPSRV_STATUS_MESSAGES | IMAPSRV_STATUS_MAILBOXID);
	st.messages = MESSAGES;
	st.mailboxid = an_id(user, "F1");
	imapsrv_op_status(op, &st);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void create(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	struct host *h = user;

	(void)q;
	if (!(h->bad & IDS_MISSING))
		imapsrv_op_mailboxid(op, an_id(h, "F2"));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void rename_box(void *user, struct imapsrv_op *op, const struct imapsrv_rename *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void remove_box(void *user, struct imapsrv_op *op, const struct imapsrv_delete *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void fault(void *user, const char *what)
{
	struct host *h = user;

	(void)what;
	h->faults++;
}

/* ---- the client ---------------------------------------------------------------------------- */

struct talk {
	char text[8192];
	size_t len;
};

static void pull(struct imapsrv_session *s, struct talk *talk)
{
	struct imapsrv_span spans[8];
	size_t count, i, n;

	for (;;) {
		if (imapsrv_session_peek(s, spans, COUNT(spans), &count) || !count)
			break;
		for (i = 0, n = 0; i < count; n += spans[i].len, i++) {
			assert_true(talk->len + spans[i].len < sizeof(talk->text));
			memcpy(talk->text + talk->len, spans[i].data, spans[i].len);
			talk->len += spans[i].len;
		}
		imapsrv_session_sent(s, n);
	}
	talk->text[talk->len] = '\0';
}

enum callbacks { WITH_ALL, WITHOUT_MOVE, WITHOUT_BOTH };

/* What the session says to the lines after SELECT was answered. */
static void talk_to(struct host *h, enum callbacks callbacks, const char *lines, struct talk *talk)
{
	struct imapsrv_store table = IMAPSRV_STORE_INIT;
	struct imapsrv_mailboxes mailboxes = IMAPSRV_MAILBOXES_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config sc = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	static const char select[] = "1 SELECT INBOX\r\n";
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	size_t used, at, len = strlen(lines);

	table.list = list;
	table.open = open_box;
	table.close = close_box;
	table.uids = uids;
	table.fetch = fetch;
	table.body = body;
	table.body_read = body_read;
	table.body_close = body_close;
	table.store = store;
	table.append_begin = append_begin;
	table.append_data = append_data;
	table.append_finish = append_finish;
	table.append_abort = append_abort;
	table.expunge = expunge;
	table.copy = callbacks == WITHOUT_BOTH ? NULL : copy;
	table.move = callbacks == WITH_ALL ? move : NULL;
	table.replace = replace;
	table.status = h->bad & OBJECTIDS && !(h->bad & NO_STATUS) ? status : NULL;
	table.objectids = (h->bad & OBJECTIDS) != 0;
	mailboxes.create = create;
	mailboxes.rename = rename_box;
	mailboxes.remove = remove_box;
	config.mailboxes = &mailboxes;
	table.modseqs = (h->bad & MODSEQS) != 0;
	table.forgotten = h->bad & (KEEPS | KEEPS_NOTHING | KEEPS_ON) ? forgotten : NULL;
	config.store = &table;
	config.fault = fault;
	sc.user = h;
	sc.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	assert_int_equal(imapsrv_session_new(engine, &sc, &s), 0);
	imapsrv_session_recv(s, select, sizeof(select) - 1, &used);
	talk->len = 0;
	pull(s, talk);
	talk->len = 0;
	h->faults = 0;
	h->session = s;
	if (h->bad & GONE) {
		h->went = true;
		h->gone_first = 2;
		h->gone_last = 3;
		post_gone(s, 2, 3);
	}
	for (at = 0; at < len; at += used) {
		if (imapsrv_session_recv(s, lines + at, len - at, &used))
			break;
		pull(s, talk);
	}
	pull(s, talk);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

struct test {
	unsigned bad;
	enum callbacks callbacks;
	const char *lines;
	const char *said;
	bool fault; /* the hook is told */
};

static void run(const struct test *tests, size_t count)
{
	struct talk talk;
	struct host h;
	size_t i;

	for (i = 0; i < count; i++) {
		memset(&h, 0, sizeof(h));
		h.bad = tests[i].bad;
		h.next = 50;
		talk_to(&h, tests[i].callbacks, tests[i].lines, &talk);
		if (strcmp(talk.text, tests[i].said) != 0)
			fail_msg("row %zu:\n%s", i, talk.text);
		ROW(i, h.handles == 0);
		ROW(i, (h.faults > 0) == tests[i].fault);
	}
}

#define SEEN_135 "* SEARCH 1 3 5\r\n2 OK SEARCH completed\r\n"

static void test_search(void **unused)
{
	static const struct test tests[] = {
		{GOOD, WITH_ALL, "2 SEARCH SEEN\r\n", SEEN_135, false},
		{ROWS_DESCEND, WITH_ALL, "2 SEARCH SEEN\r\n", SEEN_135, false},
		{ROWS_TWICE, WITH_ALL, "2 SEARCH SEEN\r\n", SEEN_135, true},
		{ROWS_FOREIGN, WITH_ALL, "2 SEARCH SEEN\r\n", SEEN_135, false},
		{ROWS_FOREIGN, WITH_ALL, "2 SEARCH 2:5 SEEN\r\n",
	         "* SEARCH 3 5\r\n2 OK SEARCH completed\r\n", false},
		{ROWS_BARE, WITH_ALL, "2 SEARCH UNSEEN\r\n",
	         "* SEARCH 1 2 3 4 5 6\r\n2 OK SEARCH completed\r\n", false},
		{GOOD, WITH_ALL, "2 SEARCH SEEN LARGER 29\r\n",
	         "* SEARCH 3 5\r\n2 OK SEARCH completed\r\n", false},
		{ROWS_DESCEND | ROWS_TWICE | ROWS_FOREIGN, WITH_ALL, "2 SEARCH SEEN LARGER 29\r\n",
	         "* SEARCH 3 5\r\n2 OK SEARCH completed\r\n", true},
	};

	(void)unused;
	run(tests, COUNT(tests));
}

static void test_append(void **unused)
{
	static const char lines[] = "2 APPEND Box {3+}\r\nabc {3+}\r\nabc\r\n";
	static const struct test tests[] = {
		{GOOD, WITH_ALL, lines, "2 OK [APPENDUID 8 50:51] APPEND completed\r\n", false},
		{HANDLE_TWICE, WITH_ALL, lines, "2 OK [APPENDUID 8 50:51] APPEND completed\r\n",
	         true},
		{APPENDED_TOO_FEW, WITH_ALL, lines, "2 OK APPEND completed\r\n", true},
		{APPENDED_TWICE, WITH_ALL, lines, "2 OK [APPENDUID 8 50:51] APPEND completed\r\n",
	         true},
	};

	(void)unused;
	run(tests, COUNT(tests));
}

static void test_replace(void **unused)
{
	static const char lines[] = "2 REPLACE 2 Box {3+}\r\nabc\r\n";
	static const char good[] = "* OK [APPENDUID 8 50] Replacement stored\r\n"
				   "* 2 EXPUNGE\r\n2 OK REPLACE completed\r\n";
	static const char bare[] = "* 2 EXPUNGE\r\n2 OK REPLACE completed\r\n";
	static const struct test tests[] = {
		{GOOD, WITH_ALL, lines, good, false},
		{HANDLE_TWICE, WITH_ALL, lines, good, true},
		{APPENDED_TOO_FEW, WITH_ALL, lines, bare, true},
		{APPENDED_TWICE, WITH_ALL, lines, good, true},
		{REPLACED_SILENT, WITH_ALL, lines, bare, false},
		{MODSEQS, WITH_ALL, lines, good, false},
		{MODSEQS | MODSEQ_SILENT, WITH_ALL, lines, good, true},
		{MODSEQS | MODSEQ_BACK, WITH_ALL, lines, good, true},
	};

	(void)unused;
	run(tests, COUNT(tests));
}

/* Sequences that cannot be are as good as none: the message may have changed (RFC 7162 3.2.5). */
static void test_resync(void **unused)
{
	static const char lines[] = "2 ENABLE QRESYNC\r\n3 SELECT INBOX (QRESYNC (9 50 1:3))\r\n";
	static const struct test tests[] = {
		{MODSEQS | MODSEQ_ZERO, WITH_ALL, lines,
	         "* ENABLED CONDSTORE QRESYNC\r\n"
	         "* OK [HIGHESTMODSEQ 100] Highest modification sequence\r\n"
	         "2 OK ENABLE done\r\n"
	         "* OK [CLOSED] The previous mailbox is closed\r\n"
	         "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
	         "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags that are kept\r\n"
	         "* 6 EXISTS\r\n"
	         "* 0 RECENT\r\n"
	         "* OK [UIDVALIDITY 9] UIDs are valid\r\n"
	         "* OK [UIDNEXT 7] Predicted next UID\r\n"
	         "* OK [HIGHESTMODSEQ 100] Highest modification sequence\r\n"
	         "* 2 FETCH (UID 2 FLAGS ())\r\n"
	         "3 OK [READ-WRITE] SELECT done\r\n",
	         true},
	};

	(void)unused;
	run(tests, COUNT(tests));
}

static void test_copy(void **unused)
{
	static const char lines[] = "2 COPY 2:3 Box\r\n";
	static const char good[] = "2 OK [COPYUID 8 2:3 50:51] COPY completed\r\n";
	static const char bare[] = "2 OK COPY completed\r\n";
	static const struct test tests[] = {
		{GOOD, WITH_ALL, lines, good, false},
		{COPIED_SILENT, WITH_ALL, lines, bare, false},
		{COPIED_DESCENDS, WITH_ALL, lines, bare, true},
		{COPIED_TWO_VALIDITIES, WITH_ALL, lines, bare, false},
		{COPIED_UNEVEN, WITH_ALL, lines, bare, true},
		{GOOD, WITHOUT_BOTH, lines, good, false},
		{ROWS_TWICE | ROWS_FOREIGN, WITHOUT_BOTH, lines, good, false},
		{HANDLE_TWICE, WITHOUT_BOTH, lines, good, true},
		{APPENDED_TOO_FEW, WITHOUT_BOTH, lines, bare, true},
		{APPENDED_TWICE, WITHOUT_BOTH, lines, good, true},
		{BODY_SHORT, WITHOUT_BOTH, lines, "2 NO [SERVERBUG] Internal error\r\n", true},
	};

	(void)unused;
	run(tests, COUNT(tests));
}

/* However little the host says, what it removed is expunged here. */
static void test_move(void **unused)
{
	static const char lines[] = "2 MOVE 2:3 Box\r\n";
	static const char good[] = "* OK [COPYUID 8 2:3 50:51] Copied\r\n"
				   "* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n2 OK MOVE completed\r\n";
	static const char bare[] = "* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n2 OK MOVE completed\r\n";
	static const struct test tests[] = {
		{GOOD, WITH_ALL, lines, good, false},
		{COPIED_SILENT, WITH_ALL, lines, bare, false},
		{COPIED_DESCENDS, WITH_ALL, lines, bare, true},
		{COPIED_TWO_VALIDITIES, WITH_ALL, lines, bare, false},
		{COPIED_UNEVEN, WITH_ALL, lines, bare, true},
		{MOVE_HALF, WITH_ALL, lines,
	         "* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n2 NO [SERVERBUG] Internal error\r\n", false},
		{GOOD, WITHOUT_MOVE, lines, good, false},
		{COPIED_SILENT, WITHOUT_MOVE, lines, bare, false},
		{COPIED_DESCENDS, WITHOUT_MOVE, lines, bare, true},
		{EXPUNGED_DESCENDS, WITHOUT_MOVE, lines, good, true},
		{GOOD, WITHOUT_BOTH, lines, good, false},
		{EXPUNGED_DESCENDS | ROWS_FOREIGN, WITHOUT_BOTH, lines, good, true},
		{BODY_SHORT, WITHOUT_BOTH, lines, "2 NO [SERVERBUG] Internal error\r\n", true},
	};

	(void)unused;
	run(tests, COUNT(tests));
}

/* ATTACKS T23: sequences that cannot be are reported and not shown, and the session goes on. */
static void T23_modseq(void **unused)
{
	static const char fetch_lines[] = "2 FETCH 1:3 (MODSEQ)\r\n";
	static const char fetch_less[] = "* OK [HIGHESTMODSEQ 100] Highest modification sequence\r\n"
					 "* 1 FETCH (MODSEQ (10))\r\n* 2 FETCH (UID 2)\r\n"
					 "* 3 FETCH (MODSEQ (30))\r\n2 OK FETCH done\r\n";
	static const char search_less[] = "* OK [HIGHESTMODSEQ 100] Highest modification sequence\r\n"
					  "* SEARCH 3 4 5 6 (MODSEQ 60)\r\n2 OK SEARCH completed\r\n";
	static const char expunge_lines[] = "2 EXPUNGE\r\n3 STATUS INBOX (HIGHESTMODSEQ)\r\n";
	static const char gone[] = "* 6 EXPUNGE\r\n* 5 EXPUNGE\r\n* 4 EXPUNGE\r\n* 3 EXPUNGE\r\n"
				   "* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n2 OK EXPUNGE done\r\n"
				   "* OK [HIGHESTMODSEQ 100] Highest modification sequence\r\n"
				   "* STATUS INBOX (HIGHESTMODSEQ 100)\r\n3 OK STATUS done\r\n";
	static const char none[] = "2 BAD This mailbox has no modification sequences\r\n";
	static const struct test tests[] = {
		{MODSEQS | MODSEQ_ZERO, WITH_ALL, fetch_lines, fetch_less, true},
		{MODSEQS | MODSEQ_HUGE, WITH_ALL, fetch_lines, fetch_less, true},
		{MODSEQS | MODSEQ_ZERO, WITH_ALL, "2 SEARCH MODSEQ 20\r\n", search_less, true},
		{MODSEQS | MODSEQ_HUGE, WITH_ALL, "2 SEARCH MODSEQ 20\r\n", search_less, true},
		{MODSEQS | MODSEQ_BACK, WITH_ALL, expunge_lines, gone, true},
		{MODSEQS | MODSEQ_ZERO, WITH_ALL, expunge_lines, gone, true},
		{MODSEQS | MODSEQ_HUGE, WITH_ALL, expunge_lines, gone, true},
		{MODSEQS | MODSEQ_SILENT, WITH_ALL, expunge_lines, gone, true},
		{MODSEQS | MODSEQ_BOX, WITH_ALL, fetch_lines, none, false},
	};

	(void)unused;
	run(tests, COUNT(tests));
}

/* What a host does with messages that went is its own affair; numbers hold, and what was said to be
 * forgotten is not shown. */
static void test_kept(void **unused)
{
	static const char lines[] = "2 FETCH 2:4 UID\r\n3 SEARCH 1:4\r\n4 NOOP\r\n5 UID FETCH 2:4 UID\r\n";
	static const char rows[] = "* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n* 4 FETCH (UID 4)\r\n"
				   "2 OK FETCH done\r\n* SEARCH 1 2 3 4\r\n3 OK SEARCH completed\r\n"
				   "* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n4 OK NOOP done\r\n"
				   "* 2 FETCH (UID 4)\r\n5 OK FETCH done\r\n";
	static const char none[] =
		"* 4 FETCH (UID 4)\r\n2 OK [EXPUNGEISSUED] Some messages have been expunged\r\n"
		"* SEARCH 1 4\r\n3 OK [EXPUNGEISSUED] SEARCH completed\r\n"
		"* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n4 OK NOOP done\r\n"
		"* 2 FETCH (UID 4)\r\n5 OK FETCH done\r\n";
	static const char twice[] = "* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n2 OK NOOP done\r\n"
				    "* 4 EXPUNGE\r\n3 OK NOOP done\r\n4 OK NOOP done\r\n";
	static const struct {
		struct test test;
		unsigned forgotten;
	} tests[] = {
		{{GONE | KEEPS, WITH_ALL, lines, rows, false}, 1},
		{{GONE | KEEPS_NOTHING, WITH_ALL, lines, none, false}, 1},
		{{GONE | KEEPS_ON, WITH_ALL, lines, rows, false}, 1},
		{{GONE | KEEPS_ON | ROWS_FOREIGN | ROWS_DESCEND, WITH_ALL, "2 NOOP\r\n3 SEARCH 1:4\r\n",
	          "* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n2 OK NOOP done\r\n"
	          "* SEARCH 1 2 3 4\r\n3 OK SEARCH completed\r\n", false}, 1},
		{{GONE, WITH_ALL, lines, none, false}, 0},
		{{GONE | KEEPS | FORGOTTEN_CALLS, WITH_ALL, "2 NOOP\r\n3 NOOP\r\n4 NOOP\r\n", twice, false}, 2},
	};
	struct talk talk;
	struct host h;

	(void)unused;
	for (size_t i = 0; i < COUNT(tests); i++) {
		memset(&h, 0, sizeof(h));
		h.bad = tests[i].test.bad;
		talk_to(&h, WITH_ALL, tests[i].test.lines, &talk);
		if (strcmp(talk.text, tests[i].test.said) != 0)
			fail_msg("row %zu:\n%s", i, talk.text);
		ROW(i, h.forgotten == tests[i].forgotten);
		ROW(i, h.faults == 0);
	}
}

/* RFC 8474 7: an identifier that is none is reported and left out, wherever it would be shown. */
static void test_objectid(void **unused)
{
	static const char fetch_lines[] = "2 FETCH 1 (EMAILID THREADID)\r\n";
	static const char fetch_one[] = "2 FETCH 1 EMAILID\r\n";
	static const char fetch_held[] = "2 FETCH 1 (EMAILID THREADID BODY.PEEK[]<0.1>)\r\n";
	static const char held_less[] = "* 1 FETCH (THREADID NIL BODY[]<0> {1}\r\n0)\r\n2 OK FETCH done\r\n";
	static const char less[] = "* 1 FETCH (THREADID NIL)\r\n2 OK FETCH done\r\n";
	static const char least[] = "* 1 FETCH (UID 1)\r\n2 OK FETCH done\r\n";
	static const char find[] = "2 SEARCH OR EMAILID M1 THREADID T1\r\n";
	static const char found[] = "* SEARCH\r\n2 OK SEARCH completed\r\n";
	static const char stat[] = "2 STATUS INBOX (MESSAGES MAILBOXID)\r\n";
	static const char stat_less[] = "* STATUS INBOX (MESSAGES 6)\r\n2 OK STATUS done\r\n";
	static const char make[] = "2 CREATE Box\r\n";
	static const char made[] = "2 OK CREATE done\r\n";
	static const char examine[] = "2 EXAMINE INBOX\r\n";
	static const char examined[] =
		"* OK [CLOSED] The previous mailbox is closed\r\n"
		"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
		"* OK [PERMANENTFLAGS ()] Flags that are kept\r\n* 6 EXISTS\r\n* 0 RECENT\r\n"
		"* OK [UIDVALIDITY 9] UIDs are valid\r\n* OK [UIDNEXT 7] Predicted next UID\r\n"
		"2 OK [READ-ONLY] EXAMINE done\r\n";
	static const unsigned wrong[] = {OBJECTIDS | IDS_MISSING, OBJECTIDS | IDS_LONG,
	                                 OBJECTIDS | IDS_ODD};
	static const struct test good[] = {
		{OBJECTIDS, WITH_ALL, fetch_lines,
	         "* 1 FETCH (EMAILID (M1) THREADID (T1))\r\n2 OK FETCH done\r\n", false},
		{OBJECTIDS, WITH_ALL, make, "2 OK [MAILBOXID (F2)] CREATE done\r\n", false},
		{OBJECTIDS, WITH_ALL, stat,
	         "* STATUS INBOX (MESSAGES 6 MAILBOXID (F1))\r\n2 OK STATUS done\r\n", false},
	};

	(void)unused;
	run(good, COUNT(good));
	for (size_t i = 0; i < COUNT(wrong); i++) {
		const struct test tests[] = {
			{wrong[i], WITH_ALL, fetch_lines, less, true},
			{wrong[i], WITH_ALL, fetch_one, least, true},
			{wrong[i], WITH_ALL, fetch_held, held_less, true},
			{wrong[i], WITH_ALL, find, found, !(wrong[i] & IDS_MISSING)},
			{wrong[i], WITH_ALL, stat, stat_less, true},
			{wrong[i] | NO_STATUS, WITH_ALL, stat, stat_less, true},
			{wrong[i], WITH_ALL, make, made, true},
			{wrong[i], WITH_ALL, examine, examined, true},
		};

		run(tests, COUNT(tests));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_resync),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_move),
		cmocka_unit_test(T23_modseq),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_objectid),
	};

	return cmocka_run_group_tests_name("badhost", tests, NULL, NULL);
}
