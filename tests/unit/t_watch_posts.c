/* SPDX-License-Identifier: MIT */
/*
 * A host that posts to a session from inside the watch callback of the same session: whatever it posts
 * and whichever call it does it in, what it was told stays readable until it returns, each interest is
 * taken back as often as it was added, and nothing that the client still hears of goes unwatched.
 */
#include "unit/failalloc.h"
#include "unit/nullstore.h"

enum { INTERESTS = 200 };
#define NEWS IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MESSAGE_NEW)

struct one {
	enum imapsrv_scope scope;
	uint32_t events;
	size_t len;
	char name[32];
};

static struct host {
	struct imapsrv_session *s;
	struct imapsrv_engine *engine;
	struct one bag[INTERESTS]; /* what is watched */
	size_t count;
	unsigned calls;
	unsigned post_at; /* in this call, */
	unsigned what;    /* this */
	const char *moved; /* watched by this name before another is taken back */
	bool overflowed;
} host;

static struct imapsrv_span span(const char *text)
{
	return (struct imapsrv_span){text, strlen(text)};
}

static void post(enum imapsrv_event_type type, const char *mailbox, const char *old)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	int error;

	e.type = type;
	e.mailbox = span(mailbox);
	e.old_name = span(old);
	error = imapsrv_session_post(host.s, &e);
	assert_true(!error || error == IMAPSRV_ECLOSED);
}

static const struct {
	enum imapsrv_event_type type;
	const char *mailbox, *old;
} posts[] = {
	{IMAPSRV_EVENT_MAILBOX_CHANGED, "", ""},
	{IMAPSRV_EVENT_MAILBOX_SUBSCRIBE, "a/name/long/enough/to/move/all", ""},
	{IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE, "z", ""},
	{IMAPSRV_EVENT_MAILBOX_RENAME, "a/b/new", "a/b/c"},
	{IMAPSRV_EVENT_MAILBOX_RENAME, "new", "a"},
	{IMAPSRV_EVENT_MAILBOX_RENAME, "q/newer", "q/b"},
	{IMAPSRV_EVENT_MAILBOX_RENAME, "r", "q"},
};

static bool is_same(const struct one *o, const struct imapsrv_interest *i)
{
	return o->scope == i->scope && o->events == i->events && o->len == i->name.len &&
	       !memcmp(o->name, i->name.len ? i->name.data : "", o->len);
}

static void take_out(const struct imapsrv_interest *i)
{
	size_t at = 0;

	while (at < host.count && !is_same(&host.bag[at], i))
		at++;
	if (at == host.count)
		fail_msg("post %u in call %u: an interest was taken back that was not there", host.what,
		         host.post_at);
	host.bag[at] = host.bag[--host.count];
}

static void put_in(const struct imapsrv_interest *i)
{
	struct one *o = &host.bag[host.count++];

	assert_true(host.count < INTERESTS && i->name.len <= sizeof(o->name));
	o->scope = i->scope;
	o->events = i->events;
	o->len = i->name.len;
	if (o->len)
		memcpy(o->name, i->name.data, o->len);
}

static bool watches(enum imapsrv_scope scope, struct imapsrv_span name, uint32_t events)
{
	for (size_t i = 0; i < host.count; i++)
		if (host.bag[i].scope == scope && (host.bag[i].events & events) == events &&
		    host.bag[i].len == name.len && !memcmp(host.bag[i].name, name.data, name.len))
			return true;
	return false;
}

static void on_changed(void *user, struct imapsrv_session *session,
                       const struct imapsrv_watch_change *c)
{
	(void)user;
	if (++host.calls == host.post_at) {
		host.s = session;
		post(posts[host.what].type, posts[host.what].mailbox, posts[host.what].old);
	}
	for (size_t i = 0; i < c->removed_count; i++)
		take_out(&c->removed[i]);
	for (size_t i = 0; i < c->added_count; i++)
		put_in(&c->added[i]);
	if (host.moved && c->removed_count)
		assert_true(watches(IMAPSRV_SCOPE_MAILBOX, span(host.moved), NEWS));
}

static void drain(void)
{
	static char out[8192];
	struct imapsrv_span piece;
	size_t count, len = 0;

	while (!imapsrv_session_peek(host.s, &piece, 1, &count) && count) {
		assert_true(len + piece.len < sizeof(out));
		memcpy(out + len, piece.data, piece.len);
		len += piece.len;
		imapsrv_session_sent(host.s, piece.len);
	}
	out[len] = '\0';
	if (strstr(out, "NOTIFICATIONOVERFLOW"))
		host.overflowed = true;
	assert_null(strstr(out, " BAD "));
}

/* What the client hears of is watched. */
static void look(const char *group)
{
	struct imapsrv_span mailbox = imapsrv_session_mailbox(host.s);

	imapsrv_session_run(host.s);
	drain();
	if (mailbox.len && !watches(IMAPSRV_SCOPE_MAILBOX, mailbox, NEWS))
		fail_msg("post %u in call %u: %.*s is not watched", host.what, host.post_at,
		         (int)mailbox.len, mailbox.data);
	if (*group && !host.overflowed && !watches(IMAPSRV_SCOPE_MAILBOX, span(group), NEWS))
		fail_msg("post %u in call %u: %s is not watched", host.what, host.post_at, group);
}

static void say(const char *lines)
{
	size_t used;

	assert_int_equal(imapsrv_session_recv(host.s, lines, strlen(lines), &used), 0);
	assert_int_equal(used, strlen(lines));
	drain();
}

static void move_away(void)
{
	struct imapsrv_restore r = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session *moved = NULL;
	char data[4096];
	size_t len;

	account.separator = '/';
	assert_int_equal(imapsrv_session_save(host.s, span("me"), data, sizeof(data), &len), 0);
	imapsrv_session_free(host.s);
	host.s = NULL;
	assert_int_equal(host.count, 0);
	r.account = &account;
	r.up_to_date = 1;
	assert_int_equal(imapsrv_session_restore(host.engine, &r, data, len, &moved, NULL), 0);
	host.s = moved;
}

/* Returns whether the call in which something was to be posted came. */
static bool run(unsigned what, unsigned post_at)
{
	static struct failalloc fa;
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_store store = nullstore();

	memset(&host, 0, sizeof(host));
	failalloc_init(&fa);
	host.what = what;
	host.post_at = post_at;
	watch.changed = on_changed;
	config.store = &store;
	config.watch = &watch;
	config.allocator = &fa.allocator;
	account.separator = '/';
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &host.engine), 0);
	assert_int_equal(imapsrv_session_new(host.engine, &client, &host.s), 0);
	say("a NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (SUBSCRIBED (MessageNew "
	    "MessageExpunge MailboxName)) (MAILBOXES x (MessageNew MessageExpunge))\r\n");
	look("x");
	say("b SELECT a/b/c\r\n");
	look("x");
	post(IMAPSRV_EVENT_MAILBOX_SUBSCRIBE, "y", "");
	post(IMAPSRV_EVENT_MAILBOX_SUBSCRIBE, "z", "");
	look("x");
	post(IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE, "z", "");
	host.moved = post_at ? NULL : "q/b/c";
	post(IMAPSRV_EVENT_MAILBOX_RENAME, "q", "a");
	host.moved = NULL;
	look("x");
	move_away();
	look("x");
	say("c NOTIFY SET (SUBSCRIBED (MessageNew MessageExpunge)) (MAILBOXES (v x) (MessageNew "
	    "MessageExpunge))\r\n");
	look("v");
	look("x");
	say("d SELECT a/b/c\r\ne NOTIFY NONE\r\nf UNSELECT\r\ng NOOP\r\n");
	look("");
	imapsrv_session_free(host.s);
	assert_int_equal(host.count, 0);
	imapsrv_engine_free(host.engine);
	assert_int_equal(fa.held, 0);
	return host.calls >= post_at;
}

static void test_posts(void **state)
{
	(void)state;
	for (unsigned what = 0; what < COUNT(posts); what++) {
		unsigned post_at = 1;

		while (run(what, post_at))
			post_at++;
		assert_true(post_at > 20);
	}
}

/* What happens between two calls is heard, too. */
static void test_moved(void **state)
{
	(void)state;
	(void)run(0, 0);
}

/* ---- whose quota ------------------------------------------------------------------------------ */

static char said[8192];

static void warn(struct imapsrv_session *session)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = IMAPSRV_EVENT_QUOTA_EXCEED;
	e.text = span("fred has no room left");
	assert_int_equal(imapsrv_session_post(session, &e), 0);
}

static void warn_at_the_end(void *user, struct imapsrv_session *session,
                            const struct imapsrv_watch_change *c)
{
	(void)user;
	if (c->removed_count && c->removed[0].scope == IMAPSRV_SCOPE_ACCOUNT &&
	    imapsrv_session_state(session) != IMAPSRV_LOGGED_OUT)
		warn(session);
}

static void talk(const char *lines)
{
	struct imapsrv_span piece;
	size_t used, count;

	said[0] = '\0';
	assert_int_equal(imapsrv_session_recv(host.s, lines, strlen(lines), &used), 0);
	while (!imapsrv_session_peek(host.s, &piece, 1, &count) && count) {
		assert_true(strlen(said) + piece.len < sizeof(said));
		strncat(said, piece.data, piece.len);
		imapsrv_session_sent(host.s, piece.len);
	}
}

/* What is posted while somebody is logged out is not told to who comes after him. */
static void test_next_user(void **state)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_store store = nullstore();

	(void)state;
	memset(&host, 0, sizeof(host));
	watch.changed = warn_at_the_end;
	config.store = &store;
	config.watch = &watch;
	client.allow_plaintext = 1;
	assert_int_equal(imapsrv_engine_new(&config, &host.engine), 0);
	assert_int_equal(imapsrv_session_new(host.engine, &client, &host.s), 0);
	talk("a LOGIN fred x\r\nb SELECT INBOX\r\n");
	warn(host.s);
	talk("c NOOP\r\n");
	assert_non_null(strstr(said, "* NO [OVERQUOTA] fred has no room left\r\n"));
	talk("d UNAUTHENTICATE\r\n");
	assert_non_null(strstr(said, "d OK"));
	talk("e LOGIN fred x\r\nf SELECT INBOX\r\ng NOOP\r\n");
	assert_non_null(strstr(said, "g OK"));
	assert_null(strstr(said, "OVERQUOTA"));
	imapsrv_session_free(host.s);
	imapsrv_engine_free(host.engine);
}

/* ---- which mailbox -------------------------------------------------------------------------- */

static char opened[32];

static void note_open(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	snprintf(opened, sizeof(opened), "%.*s", (int)q->name.len, q->name.data);
	nullstore().open(user, op, q);
}

static void rename_early(void *user, struct imapsrv_session *session,
                         const struct imapsrv_watch_change *c)
{
	(void)user;
	host.s = session;
	if (c->added_count && c->added[0].scope == IMAPSRV_SCOPE_MAILBOX)
		post(IMAPSRV_EVENT_MAILBOX_RENAME, "Older", "Box");
}

/* Late news, from before the host is asked to open it, that a mailbox of that name was renamed: what is opened
 * is another one, and what happens there is heard. */
static void test_renamed_before(void **state)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_span is;

	(void)state;
	memset(&host, 0, sizeof(host));
	watch.changed = rename_early;
	store.open = note_open;
	config.store = &store;
	config.watch = &watch;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, &host.engine), 0);
	assert_int_equal(imapsrv_session_new(host.engine, &client, &host.s), 0);
	talk("a SELECT Box\r\n");
	assert_non_null(strstr(said, "a OK"));
	is = imapsrv_session_mailbox(host.s);
	assert_int_equal(is.len, strlen(opened));
	assert_memory_equal(is.data, opened, is.len);
	imapsrv_session_free(host.s);
	imapsrv_engine_free(host.engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_posts),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_next_user),
		cmocka_unit_test(test_renamed_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
