/* SPDX-License-Identifier: MIT */
/*
 * Saved sessions that are damaged, foreign, or come back to a host that is another one: refused with
 * a reason, and nothing leaks.  What a session that goes on says is tested by scripts, all of which
 * also run with sessions saved and restored.
 */
#include "base/crc.h"
#include "unit/failalloc.h"

#include "imapsrv.h"

/* ---- a host -------------------------------------------------------------------------------- */

struct host {
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint64_t highest;
	int read_only;
	uint32_t permanent;
	int new_keywords;
	int opens, closes, logouts, watched;
	bool watches_box;
	char opened[32]; /* the last */
	int missed; /* events may have been, while the session was octets */
	struct imapsrv_allocator *allocator;
	const struct imapsrv_limits *limits;
	uint32_t missing; /* 1: no modseqs, 2: no writing */
};

static struct host host;

static void on_list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_logout(void *user, void *account)
{
	(void)user;
	(void)account;
	host.logouts++;
}

static void on_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;
	static const struct imapsrv_span keywords[] = {{"one", 3}, {"Two", 3}};

	(void)user;
	host.opens++;
	snprintf(host.opened, sizeof(host.opened), "%.*s", (int)q->name.len, q->name.data);
	m.handle = &host;
	m.uidvalidity = host.uidvalidity;
	m.uidnext = host.uidnext;
	m.read_only = host.read_only || q->read_only;
	m.highest_modseq = host.highest;
	m.permanent_flags = host.permanent;
	m.new_keywords = host.new_keywords;
	m.keywords = keywords;
	m.keyword_count = 2;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_close(void *user, void *mailbox)
{
	(void)user;
	assert_ptr_equal(mailbox, &host);
	host.closes++;
}

/* 1 is missing, and every fifth */
static void on_uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	(void)user;
	for (uint32_t uid = 2; uid < host.uidnext; uid++) {
		struct imapsrv_range r = {uid, uid};

		if (uid % 5 && uid >= q->range.first && uid <= q->range.last)
			imapsrv_op_uids(op, (struct imapsrv_set){&r, 1});
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void on_body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
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

static void on_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void on_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static void on_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_NO, NULL);
}

static bool is_box(const struct imapsrv_interest *i)
{
	return i->scope == IMAPSRV_SCOPE_MAILBOX && i->name.len == 3 && !memcmp(i->name.data, "Box", 3);
}

/* How often something is watched: all of it must be let go. */
static void on_changed(void *user, struct imapsrv_session *session,
                       const struct imapsrv_watch_change *change)
{
	(void)user;
	(void)session;
	host.watched += (int)change->added_count - (int)change->removed_count;
	if (change->added_count && is_box(&change->added[0]))
		host.watches_box = true;
	if (change->removed_count && is_box(&change->removed[0]))
		host.watches_box = false;
}

static struct imapsrv_engine *engine_new(void)
{
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_engine *engine = NULL;

	store.logout = on_logout;
	store.list = on_list;
	store.open = on_open;
	store.close = on_close;
	store.uids = on_uids;
	store.fetch = on_fetch;
	store.body = on_body;
	store.body_close = on_close;
	if (!(host.missing & 2)) {
		store.store = on_store;
		store.append_begin = on_begin;
		store.append_data = on_data;
		store.append_finish = on_finish;
		store.append_abort = on_close;
		store.expunge = on_expunge;
	}
	store.modseqs = !(host.missing & 1);
	watch.changed = on_changed;
	watch.events = IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_SUBSCRIBE);
	config.store = &store;
	config.watch = &watch;
	config.allocator = host.allocator;
	config.limits = host.limits;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	return engine;
}

/* ---- saving -------------------------------------------------------------------------------- */

static char said[4096];

static void drain(struct imapsrv_session *s)
{
	struct imapsrv_span span;
	size_t count, len = 0;

	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		size_t n = span.len < sizeof(said) - 1 - len ? span.len : sizeof(said) - 1 - len;

		memcpy(said + len, span.data, n);
		len += n;
		imapsrv_session_sent(s, span.len);
	}
	said[len] = '\0';
}

static void say(struct imapsrv_session *s, const char *text)
{
	size_t used;

	imapsrv_session_recv(s, text, strlen(text), &used);
	drain(s);
}

struct octets {
	char *data;
	size_t len;
};

/* A session of which as much as can be is not as it is at first. */
static struct octets saved(const char *last)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_range gone = {7, 8}, fresh = {41, 42};
	struct imapsrv_session *s;
	struct octets o = {NULL, 0};

	config.preauth = &account;
	assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
	assert_int_equal(imapsrv_session_hide(s, "ID"), 0);
	drain(s);
	imapsrv_session_tick(s, 1000);
	say(s, "a SELECT Box\r\nb ENABLE CONDSTORE\r\nc SEARCH RETURN (SAVE) 2:3\r\nd BAD\r\n");
	say(s, "n NOTIFY SET (SELECTED-DELAYED (MessageNew (UID) MessageExpunge)) "
	       "(SUBTREE (Lists News) (MessageNew MessageExpunge MailboxName)) "
	       "(MAILBOXES Other NONE)\r\n");
	assert_non_null(strstr(said, "n OK"));
	e.mailbox = (struct imapsrv_span){"Box", 3};
	e.type = IMAPSRV_EVENT_MESSAGE_EXPUNGE;
	e.uids = (struct imapsrv_set){&gone, 1};
	if (!strstr(last, "IDLE")) {
		imapsrv_session_post(s, &e);
		host.uidnext = 43;
		e.type = IMAPSRV_EVENT_MESSAGE_NEW;
		e.uids.ranges = &fresh;
		imapsrv_session_post(s, &e);
	}
	say(s, last);
	assert_int_equal(imapsrv_session_save(s, (struct imapsrv_span){"me", 2}, NULL, 0, &o.len),
	                 IMAPSRV_ETOOBIG);
	o.data = malloc(o.len);
	assert_int_equal(imapsrv_session_save(s, (struct imapsrv_span){"me", 2}, o.data, o.len,
	                                      &o.len),
	                 0);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	assert_int_equal(host.watched, 0);
	return o;
}

static int restore(struct imapsrv_engine *engine, const char *data, size_t len,
                   struct imapsrv_session **s_r, const char **why_r)
{
	struct imapsrv_restore r = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;

	*s_r = NULL;
	r.account = &account;
	r.up_to_date = !host.missed;
	return imapsrv_session_restore(engine, &r, data, len, s_r, why_r);
}

static void host_reset(void)
{
	memset(&host, 0, sizeof(host));
	host.uidvalidity = 77;
	host.uidnext = 40;
	host.highest = 9;
}

static int setup(void **state)
{
	(void)state;
	host_reset();
	return 0;
}

static void set_crc(char *data, size_t len)
{
	uint32_t crc = isrv_crc_add(0, data, len - 4);

	for (int i = 0; i < 4; i++)
		data[len - 4 + (size_t)i] = (char)(crc >> 8 * i);
}

/* ---- damage -------------------------------------------------------------------------------- */

/* Every cut and every flipped bit is refused. */
static void t_damage(void **state)
{
	static const char *const lasts[] = {"x FETCH 1 (FLA", "e IDLE\r\n"};
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_session *s;
	const char *why;

	(void)state;
	for (size_t k = 0; k < COUNT(lasts); k++) {
		struct octets o = saved(lasts[k]);

		for (size_t len = 0; len < o.len; len++) {
			char *cut = exact(o.data, len);

			why = NULL;
			ROW(len, restore(engine, cut, len, &s, &why) == IMAPSRV_EINVAL && why && !s);
			free(cut);
		}
		for (size_t bit = 0; bit < o.len * 8; bit++) {
			o.data[bit / 8] ^= (char)(1 << bit % 8);
			why = NULL;
			ROW(bit, restore(engine, o.data, o.len, &s, &why) == IMAPSRV_EINVAL);
			ROW(bit, why && !s);
			o.data[bit / 8] ^= (char)(1 << bit % 8);
		}
		o.data = realloc(o.data, o.len + 1);
		o.data[o.len] = 'x';
		assert_int_equal(restore(engine, o.data, o.len + 1, &s, &why), IMAPSRV_EINVAL);
		assert_int_equal(restore(engine, o.data, o.len, &s, &why), 0);
		imapsrv_session_free(s);
		free(o.data);
	}
	assert_int_equal(restore(engine, NULL, 0, &s, NULL), IMAPSRV_EINVAL);
	imapsrv_engine_free(engine);
}

/* Changed by somebody who mends the checksum: refused, or a session that does no harm. */
static void t_forged(void **state)
{
	static const char *const lasts[] = {"x FETCH 1 (FLA", "e IDLE\r\nDO"};
	static struct failalloc fa;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	unsigned taken = 0, refused = 0;
	const char *why;

	(void)state;
	failalloc_init(&fa);
	host.allocator = &fa.allocator;
	engine = engine_new();
	for (size_t k = 0; k < COUNT(lasts); k++) {
		struct octets o = saved(lasts[k]);
		size_t held = fa.held;

		for (size_t at = 8; at < o.len - 4; at++)
			for (int value = 0; value < 256; value++) {
				char was = o.data[at];

				o.data[at] = (char)value;
				set_crc(o.data, o.len);
				if (restore(engine, o.data, o.len, &s, &why)) {
					assert_non_null(why);
					refused++;
				} else {
					imapsrv_session_run(s);
					drain(s);
					say(s, "\r\ny FETCH 1:* FLAGS\r\nDONE\r\nz NOOP\r\n");
					imapsrv_session_tick(s, 5000);
					imapsrv_session_free(s);
					taken++;
				}
				assert_int_equal(fa.held, held);
				assert_int_equal(host.watched, 0);
				o.data[at] = was;
			}
		free(o.data);
	}
	assert_true(taken > 1000 && refused > 10000);
	imapsrv_engine_free(engine);
}

static void t_reasons(void **state)
{
	struct imapsrv_engine *engine = engine_new();
	struct octets o = saved("x NO");
	struct imapsrv_restore r = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_saved look = IMAPSRV_SAVED_INIT;
	struct imapsrv_session *s = NULL;
	const char *why;

	(void)state;
	assert_int_equal(imapsrv_saved_look(o.data, o.len, &look, &why), 0);
	assert_int_equal(look.state, IMAPSRV_SELECTED);
	assert_memory_equal(look.label.data, "me", 2);
	assert_int_equal(look.label.len, 2);
	assert_memory_equal(look.mailbox.data, "Box", 3);
	assert_int_equal(imapsrv_saved_look(o.data, o.len - 1, &look, &why), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_saved_look(o.data, o.len, NULL, &why), IMAPSRV_EINVAL);

	assert_int_equal(imapsrv_session_restore(engine, &r, o.data, o.len, &s, &why),
	                 IMAPSRV_EINVAL);
	assert_string_equal(why, "it needs an account");
	account.separator = '.';
	r.account = &account;
	assert_int_equal(imapsrv_session_restore(engine, &r, o.data, o.len, &s, &why),
	                 IMAPSRV_EINVAL);
	assert_string_equal(why, "the account has another separator");
	assert_int_equal(host.logouts, 1); /* of the one that was saved */
	o.data[7]++;
	set_crc(o.data, o.len);
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), IMAPSRV_EINVAL);
	assert_string_equal(why, "another version has saved it");
	o.data[7]--;
	o.data[0]++;
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), IMAPSRV_EINVAL);
	assert_string_equal(why, "it is no saved session");
	o.data[0]--;
	o.data[12] = 99;
	set_crc(o.data, o.len);
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), IMAPSRV_EINVAL);
	assert_string_equal(why, "it has a part that is not known here");
	free(o.data);
	imapsrv_engine_free(engine);
}

/* What the client was told of must still be there. */
static void t_other_engine(void **state)
{
	struct octets o = saved("x NO");
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	int error = IMAPSRV_ENOMEM;
	const char *why;

	(void)state;
	for (host.missing = 1; host.missing <= 2; host.missing++) {
		engine = engine_new();
		assert_int_equal(restore(engine, o.data, o.len, &s, &why), IMAPSRV_ESTATE);
		assert_string_equal(
			why, "the client was told of something that there is not any more");
		imapsrv_engine_free(engine);
	}
	host.missing = 0;
	limits.keywords = 1;
	host.limits = &limits;
	engine = engine_new();
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), IMAPSRV_ETOOBIG);
	imapsrv_engine_free(engine);
	limits.keywords = 0;
	limits.command = 3;
	engine = engine_new();
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), IMAPSRV_ETOOBIG);
	imapsrv_engine_free(engine);
	limits.command = 0;
	/* Whatever is the first that does not fit, and then it does. */
	for (limits.memory = 200; error == IMAPSRV_ENOMEM; limits.memory += 100) {
		engine = engine_new();
		error = restore(engine, o.data, o.len, &s, &why);
		if (!error)
			imapsrv_session_free(s);
		imapsrv_engine_free(engine);
	}
	assert_int_equal(error, 0);
	assert_in_range(limits.memory, 1000, 10000);
	free(o.data);
}

/* ---- going on ------------------------------------------------------------------------------ */

static void t_reopen(void **state)
{
	static const struct {
		uint32_t uidvalidity, uidnext;
		uint64_t highest;
		const char *say; /* the beginning of what is said; "": nothing */
	} rows[] = {
		{77, 43, 9, ""},
		{77, 50, 20, ""},
		{78, 43, 9, "* BYE The selected mailbox has other UIDs now\r\n"},
		{77, 42, 9, "* BYE The selected mailbox has forgotten UIDs\r\n"},
		{77, 43, 8, "* BYE The selected mailbox has forgotten modification sequences\r\n"},
		{77, 43, 0, "* BYE The selected mailbox has forgotten modification sequences\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		struct octets o;
		const char *why;

		host_reset();
		engine = engine_new();
		o = saved("x NO");
		host.uidvalidity = rows[i].uidvalidity;
		host.uidnext = rows[i].uidnext;
		host.highest = rows[i].highest;
		ROW(i, !restore(engine, o.data, o.len, &s, &why));
		ROW(i, imapsrv_session_want(s) == IMAPSRV_WANT_RUN && host.opens == 1);
		imapsrv_session_run(s);
		ROW(i, host.opens == 2);
		drain(s);
		ROW(i, strcmp(said, rows[i].say) == 0);
		ROW(i, imapsrv_session_want(s) ==
		               (rows[i].say[0] ? IMAPSRV_WANT_CLOSE : IMAPSRV_WANT_READ));
		if (!rows[i].say[0]) {
			say(s, "OP\r\n");
			ROW(i, strstr(said, "x OK") != NULL);
		}
		imapsrv_session_free(s);
		ROW(i, host.closes == 2 && host.logouts == 2);
		imapsrv_engine_free(engine);
		free(o.data);
	}
}

/* It may only be read now: said, and kept to. */
static void t_read_only(void **state)
{
	struct imapsrv_engine *engine = engine_new();
	struct octets o = saved("x NO");
	struct imapsrv_session *s;
	const char *why;

	(void)state;
	host.read_only = 1;
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), 0);
	imapsrv_session_run(s);
	drain(s);
	assert_string_equal(said, "* OK [READ-ONLY] The mailbox may only be read now\r\n");
	say(s, "OP\r\n");
	say(s, "y STORE 1 FLAGS ()\r\n");
	assert_non_null(strstr(said, "y NO [READ-ONLY]"));
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	free(o.data);
}

/* Fewer flags are kept now: said, once; more are not, to this session. */
static void t_flags(void **state)
{
	static const struct {
		uint32_t permanent;
		int new_keywords;
		int read_only;
		const char *say;
	} rows[] = {
		{IMAPSRV_SEEN | IMAPSRV_FLAGGED, 1, 0, ""},
		{IMAPSRV_SEEN | IMAPSRV_FLAGGED | IMAPSRV_DRAFT, 1, 0, ""},
		{IMAPSRV_SEEN, 1, 0,
	         "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft one Two)\r\n"
	         "* OK [PERMANENTFLAGS (\\Seen one Two \\*)] Flags that are kept\r\n"},
		{IMAPSRV_SEEN | IMAPSRV_FLAGGED, 0, 0,
	         "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft one Two)\r\n"
	         "* OK [PERMANENTFLAGS (\\Flagged \\Seen one Two)] Flags that are kept\r\n"},
		{IMAPSRV_SEEN, 0, 1, "* OK [READ-ONLY] The mailbox may only be read now\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		struct octets o;
		const char *why;

		host_reset();
		host.permanent = IMAPSRV_SEEN | IMAPSRV_FLAGGED;
		host.new_keywords = 1;
		engine = engine_new();
		o = saved("x NO");
		host.permanent = rows[i].permanent;
		host.new_keywords = rows[i].new_keywords;
		host.read_only = rows[i].read_only;
		ROW(i, !restore(engine, o.data, o.len, &s, &why));
		imapsrv_session_run(s);
		drain(s);
		ROW(i, strcmp(said, rows[i].say) == 0);
		imapsrv_session_free(s);
		imapsrv_engine_free(engine);
		free(o.data);
	}
}

/* Of mailboxes that are not selected nobody knows what happened: RFC 5465 5.8. */
static void t_overflow(void **state)
{
	static const char overflow[] = "* OK [NOTIFICATIONOVERFLOW]";
	struct imapsrv_engine *engine = engine_new();
	struct octets o = saved("x NO");
	struct imapsrv_session *s;
	const char *why;
	int watched;

	(void)state;
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), 0);
	imapsrv_session_run(s);
	drain(s);
	assert_string_equal(said, "");
	watched = host.watched;
	imapsrv_session_free(s);
	host.missed = 1;
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), 0);
	imapsrv_session_run(s);
	drain(s);
	assert_memory_equal(said, overflow, sizeof(overflow) - 1);
	assert_true(host.watched < watched);
	imapsrv_session_free(s);
	assert_int_equal(host.watched, 0);
	imapsrv_engine_free(engine);
	free(o.data);
}

/* What is posted before the mailbox is open again, as a host does that kept it for the session. */
static void t_posted_at_once(void **state)
{
	static const struct imapsrv_range fresh = {43, 43};
	struct imapsrv_engine *engine = engine_new();
	struct octets o = saved("x NO");
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	struct imapsrv_session *s;
	const char *why;

	(void)state;
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), 0);
	assert_true(host.watches_box);
	e.type = IMAPSRV_EVENT_MESSAGE_NEW;
	e.mailbox = (struct imapsrv_span){"Box", 3};
	e.uids = (struct imapsrv_set){&fresh, 1};
	host.uidnext = 44;
	assert_int_equal(imapsrv_session_post(s, &e), 0);
	e.type = IMAPSRV_EVENT_MAILBOX_RENAME;
	e.uids.count = 0;
	e.old_name = e.mailbox;
	e.mailbox = (struct imapsrv_span){"Moved", 5};
	assert_int_equal(imapsrv_session_post(s, &e), 0);
	assert_false(host.watches_box);
	imapsrv_session_run(s);
	assert_string_equal(host.opened, "Moved");
	drain(s);
	assert_non_null(strstr(said, "* 34 EXISTS\r\n"));
	imapsrv_session_free(s);
	assert_int_equal(host.watched, 0);
	imapsrv_engine_free(engine);
	free(o.data);
}

/* A clock that starts at 0 in the new process. */
static void t_clock(void **state)
{
	struct imapsrv_engine *engine = engine_new();
	struct octets o = saved("e IDLE\r\n");
	struct imapsrv_session *s;
	const char *why;

	(void)state;
	assert_int_equal(restore(engine, o.data, o.len, &s, &why), 0);
	assert_int_equal(imapsrv_session_tick(s, 3), 120003);
	drain(s);
	assert_string_equal(said, "");
	assert_int_equal(imapsrv_session_tick(s, 120002), 120003);
	imapsrv_session_tick(s, 120003);
	drain(s);
	assert_string_equal(said, "* OK Still here\r\n");
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	free(o.data);
}

/* Each allocation fails once: no session, or one that ends properly. */
static void t_allocations(void **state)
{
	static struct failalloc fa;
	struct octets o = saved("x NO");
	bool failed = true;

	(void)state;
	for (size_t at = 1; failed; at++) {
		struct imapsrv_engine *engine;
		struct imapsrv_session *s;
		const char *why = NULL;
		int rc;

		failalloc_init(&fa);
		host.allocator = &fa.allocator;
		engine = engine_new();
		fa.fail_first = fa.calls + at;
		rc = restore(engine, o.data, o.len, &s, &why);
		failed = fa.calls >= fa.fail_first;
		if (rc) {
			assert_int_equal(rc, IMAPSRV_ENOMEM);
			assert_non_null(why);
		} else {
			imapsrv_session_run(s);
			say(s, "OP\r\n");
			failed = fa.calls >= fa.fail_first;
			imapsrv_session_free(s);
		}
		imapsrv_engine_free(engine);
		assert_int_equal(fa.held, 0);
		assert_int_equal(host.watched, 0);
		assert_true(at < 400);
	}
	free(o.data);
}

static void t_not_now(void **state)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_engine *engine = engine_new();
	struct imapsrv_span none = {NULL, 0};
	struct imapsrv_saved look = IMAPSRV_SAVED_INIT;
	struct imapsrv_session *s;
	char data[1024];
	const char *why;
	size_t len, used;

	(void)state;
	assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
	/* The greeting goes along. */
	assert_int_equal(imapsrv_session_save(s, none, data, sizeof(data), &len), 0);
	imapsrv_session_free(s);
	assert_int_equal(imapsrv_saved_look(data, len, &look, &why), 0);
	assert_int_equal(look.state, IMAPSRV_NOT_AUTHENTICATED);
	assert_int_equal(restore(engine, data, len, &s, &why), IMAPSRV_EINVAL);
	assert_string_equal(why, "it has no account");
	assert_int_equal(imapsrv_session_new(engine, &config, &s), 0);
	imapsrv_session_recv(s, "a LOGOUT\r\n", 10, &used);
	assert_int_equal(imapsrv_session_save(s, none, data, sizeof(data), &len), IMAPSRV_ECLOSED);
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(t_damage, setup),
		cmocka_unit_test_setup(t_forged, setup),
		cmocka_unit_test_setup(t_reasons, setup),
		cmocka_unit_test_setup(t_other_engine, setup),
		cmocka_unit_test_setup(t_reopen, setup),
		cmocka_unit_test_setup(t_read_only, setup),
		cmocka_unit_test_setup(t_flags, setup),
		cmocka_unit_test_setup(t_overflow, setup),
		cmocka_unit_test_setup(t_posted_at_once, setup),
		cmocka_unit_test_setup(t_clock, setup),
		cmocka_unit_test_setup(t_allocations, setup),
		cmocka_unit_test_setup(t_not_now, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
