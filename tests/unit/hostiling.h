/* SPDX-License-Identifier: MIT */
/*
 * unit/hostiling - a host with every callback that there is, which answers each question well, but for one
 * that a test takes over; and for each question what a client says to make it come.  The tables of what hosts
 * can do wrong (t_hostile_*.c) stand on it, and tests/lint/hostile.sh looks whether any callback or answer of
 * the public headers is missing here.
 */
#ifndef TESTS_UNIT_HOSTILING_H
#define TESTS_UNIT_HOSTILING_H

#include <stdbool.h>

#include "imapsrv.h"
#include "unit/row.h"

/* ---- questions ----------------------------------------------------------------------------- */

enum {
	MESSAGES = 3,
	SELECTED = 1 << 0, /* INBOX is selected before */
	BEFORE_LOGIN = 1 << 1,
	QRESYNC = 1 << 2, /* is enabled before */
	PULLED = 1 << 3   /* bodies are not lent */
};

#define TOKEN_URL "imap://fred@h/INBOX/;uid=1;urlauth=anonymous"
#define TOKEN_HEX "00000000000000000000000000000000"

/* name, its table and member, the client's lines, what is done before, the words that its reply begins with */
#define QUESTIONS(Q)                                                                               \
	Q(LOGIN, store, login, "a LOGIN fred x\r\n", BEFORE_LOGIN)                                 \
	Q(STEP, sasl, step, "a AUTHENTICATE X-HOST aGk=\r\n", BEFORE_LOGIN)                        \
	Q(KEYS, sasl, keys, "a AUTHENTICATE SCRAM-SHA-256 biwsbj1mcmVkLHI9YWJj\r\n*\r\n", BEFORE_LOGIN) \
	Q(LIST, store, list, "a LIST \"\" *\r\n", 0)                                               \
	Q(OPEN, store, open, "a SELECT INBOX\r\n", 0)                                              \
	Q(UIDS, store, uids, "a SELECT INBOX\r\n", 0)                                              \
	Q(FETCH, store, fetch, "a FETCH 1:3 (FLAGS INTERNALDATE PREVIEW)\r\n", SELECTED)           \
	Q(BODY, store, body, "a FETCH 1 BODY.PEEK[]\r\n", SELECTED)                                \
	Q(BODY_READ, store, body_read, "a FETCH 1 BODY.PEEK[]\r\n", SELECTED | PULLED)             \
	Q(STORE, store, store, "a STORE 1:2 +FLAGS (\\Seen)\r\n", SELECTED)                        \
	Q(APPEND_BEGIN, store, append_begin, "a APPEND INBOX {3+}\r\nabc\r\n", 0)                  \
	Q(APPEND_DATA, store, append_data, "a APPEND INBOX {3+}\r\nabc\r\n", 0)                    \
	Q(APPEND_FINISH, store, append_finish, "a APPEND INBOX {3+}\r\nabc\r\n", 0)                \
	Q(EXPUNGE, store, expunge, "a EXPUNGE\r\n", SELECTED)                                      \
	Q(COPY, store, copy, "a COPY 1:2 Other\r\n", SELECTED)                                     \
	Q(MOVE, store, move, "a MOVE 1:2 Other\r\n", SELECTED)                                     \
	Q(STATUS, store, status, "a STATUS Other (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)\r\n", 0) \
	Q(CHECK, store, check, "a CHECK\r\n", SELECTED)                                            \
	Q(VANISHED, store, vanished, "a SELECT INBOX (QRESYNC (9 5 1:3))\r\n", QRESYNC)            \
	Q(REPLACE, store, replace, "a REPLACE 1 INBOX {3+}\r\nabc\r\n", SELECTED)                  \
	Q(SORT, store, sort, "a SORT (SUBJECT) UTF-8 ALL\r\n", SELECTED)                           \
	Q(THREAD, store, thread, "a THREAD REFERENCES UTF-8 ALL\r\n", SELECTED)                    \
	Q(SEARCH, store, search, "a SEARCH RETURN (RELEVANCY) FUZZY SUBJECT hi\r\n", SELECTED)     \
	Q(IDLE, store, idle, "a IDLE\r\nDONE\r\n", 0)                                              \
	Q(CREATE, mailboxes, create, "a CREATE New\r\n", 0)                                        \
	Q(REMOVE, mailboxes, remove, "a DELETE Other\r\n", 0)                                      \
	Q(RENAME, mailboxes, rename, "a RENAME Other New\r\n", 0)                                  \
	Q(SUBSCRIBE, mailboxes, subscribe, "a SUBSCRIBE Other\r\n", 0)                             \
	Q(METADATA_GET, metadata, get, "a GETMETADATA Other /shared/comment\r\n", 0)               \
	Q(METADATA_SET, metadata, set, "a SETMETADATA Other (/shared/comment \"x\")\r\n", 0)       \
	Q(QUOTA_GET, quota, get, "a GETQUOTA \"root\"\r\n", 0)                                     \
	Q(QUOTA_ROOTS, quota, roots, "a GETQUOTAROOT INBOX\r\n", 0)                                \
	Q(QUOTA_SET, quota, set, "a SETQUOTA \"root\" (STORAGE 5)\r\n", 0)                         \
	Q(ANNOTATE_GET, annotate, get, "a FETCH 1 (ANNOTATION (/comment value))\r\n", SELECTED)    \
	Q(ANNOTATE_STORE, annotate, store, "a STORE 1 ANNOTATION (/comment (value.priv \"x\"))\r\n", SELECTED) \
	Q(RIGHTS, acl, rights, "a GETACL Other\r\n", 0)                                            \
	Q(ACL_GET, acl, get, "a GETACL Other\r\n", 0)                                              \
	Q(ACL_SET, acl, set, "a SETACL Other joe lr\r\n", 0)                                       \
	Q(GRANTABLE, acl, grantable, "a LISTRIGHTS Other joe\r\n", 0)                              \
	Q(URL_TOKEN, urlauth, token, "a GENURLAUTH \"" TOKEN_URL "\" INTERNAL\r\n", 0)             \
	Q(URL_OPEN, urlauth, open, "a URLFETCH \"" TOKEN_URL ":internal:" TOKEN_HEX "\"\r\n", 0)   \
	Q(URL_RESET, urlauth, reset, "a RESETKEY INBOX\r\n", 0)                                    \
	Q(URL_DESCRIBE, urlauth, describe, "a SELECT INBOX\r\n", 0)

enum question {
	NO_QUESTION,
#define Q(name, table, member, lines, before) IN_##name,
	QUESTIONS(Q)
#undef Q
	QUESTION_COUNT
};
#define IN(name) (UINT64_C(1) << IN_##name)

static const struct {
	const char *name;
	const char *lines;
	unsigned before;
} questions[QUESTION_COUNT] = {
#define Q(name, table, member, lines, before) [IN_##name] = {#table "." #member, lines, before},
	QUESTIONS(Q)
#undef Q
};

/* ---- the host ------------------------------------------------------------------------------ */

typedef void play_function(struct imapsrv_op *op, const void *q);

static struct world {
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	bool pulled;

	/* What is not as it should be: at this question, each time that it comes or only the first. */
	enum question at;
	bool once;
	play_function *play;
	unsigned played;

	struct imapsrv_op *op; /* left open */
	enum question op_of;
	unsigned cancelled;
	void (*cancel)(struct imapsrv_op *op);

	void (*hook)(const char *name); /* another callback is at work */

	unsigned faults;
	char fault[200]; /* the last */
	int accounts, mailboxes, bodies, appends; /* handed out and not given back */
	bool untrue_handles; /* more are given back than were handed out, or others: the test's own doing */
	char out[1 << 18];
	size_t len;
} world;

static const char host_body[] = "Subject: hi\r\n\r\nbody\r\n";
static const struct imapsrv_range host_all = {1, MESSAGES};

static inline void host_row(struct imapsrv_row *row, uint32_t uid)
{
	memset(row, 0, sizeof(*row));
	row->uid = uid;
	row->facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE | IMAPSRV_FACT_SIZE | IMAPSRV_FACT_MODSEQ;
	row->octets = sizeof(host_body) - 1;
	row->modseq = uid;
}

static inline struct imapsrv_mailbox host_mailbox(void)
{
	struct imapsrv_mailbox box = IMAPSRV_MAILBOX_INIT;

	box.handle = &world;
	box.uidvalidity = 9;
	box.uidnext = MESSAGES + 1;
	box.highest_modseq = 100;
	box.mailboxid = (struct imapsrv_span){"F1", 2};
	box.rights = UINT32_MAX & (IMAPSRV_RIGHTS_STANDARD | IMAPSRV_RIGHT_NOTE);
	return box;
}

static inline void give_mailbox(struct imapsrv_op *op)
{
	struct imapsrv_mailbox box = host_mailbox();

	world.mailboxes++;
	imapsrv_op_mailbox(op, &box);
}

static inline void give_name(struct imapsrv_op *op, const char *name)
{
	struct imapsrv_name n = {{name, strlen(name)}, 0, IMAPSRV_RIGHTS_STANDARD};

	imapsrv_op_name(op, &n);
}

static inline struct imapsrv_quota_root host_quota(void)
{
	struct imapsrv_quota_root root = IMAPSRV_QUOTA_ROOT_INIT;

	root.name = (struct imapsrv_span){"root", 4};
	root.limited = 1;
	root.limit[0] = 5;
	return root;
}

static inline struct imapsrv_scram_keys host_keys(void)
{
	struct imapsrv_scram_keys keys = IMAPSRV_SCRAM_KEYS_INIT;

	keys.salt = "salt of 16 bytes";
	keys.salt_len = 16;
	keys.iterations = 4096;
	return keys;
}

/* The results of a question as they should be; the op stays open. */
static inline void give_well(struct imapsrv_op *op, enum question at, const void *q)
{
	static const char *const names[] = {"INBOX", "Other"};
	static const uint32_t order[] = {3, 1, 2};
	static const struct imapsrv_thread_member threads[] = {{1, 0}, {2, 1}, {3, 0}};
	const struct imapsrv_set all = {&host_all, 1};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_scram_keys keys = host_keys();
	struct imapsrv_quota_root root = host_quota();
	struct imapsrv_range one = {1, 1}, two = {1, 2}, made = {50, 50}, made_two = {50, 51};
	struct imapsrv_status status = {.items = UINT32_MAX, .messages = 3, .uidnext = 4, .uidvalidity = 9,
	                                .highest_modseq = 100, .rights = IMAPSRV_RIGHTS_STANDARD};
	struct imapsrv_entry entry = {{"/shared/comment", 15}, 1, {"x", 1}};
	struct imapsrv_annotation note = {{"/comment", 8}, IMAPSRV_ANNOTATION_PRIV, {"x", 1}, {NULL, 0}};
	struct imapsrv_acl_entry acl = {{"joe", 3}, IMAPSRV_RIGHT_LOOKUP, {NULL, 0}};
	const struct imapsrv_append *begin = q;
	struct imapsrv_row row;

	switch (at) {
	case IN_LOGIN:
	case IN_STEP:
		world.accounts++;
		imapsrv_op_account(op, &account);
		break;
	case IN_KEYS:
		imapsrv_op_keys(op, &keys);
		break;
	case IN_LIST:
		give_name(op, names[0]);
		give_name(op, names[1]);
		break;
	case IN_OPEN:
	case IN_URL_OPEN:
		give_mailbox(op);
		break;
	case IN_UIDS:
		imapsrv_op_uids(op, all);
		break;
	case IN_FETCH:
	case IN_STORE:
	case IN_ANNOTATE_STORE:
		for (uint32_t uid = 1; uid <= MESSAGES; uid++) {
			host_row(&row, uid);
			imapsrv_op_row(op, &row);
		}
		break;
	case IN_BODY:
		world.bodies++;
		if (world.pulled)
			imapsrv_op_pull(op, sizeof(host_body) - 1, IMAPSRV_EOL_CRLF, &world);
		else
			imapsrv_op_lend(op, host_body, sizeof(host_body) - 1, IMAPSRV_EOL_CRLF, &world);
		break;
	case IN_BODY_READ:
		imapsrv_op_bytes(op, host_body + ((const struct imapsrv_body_read *)q)->offset,
		                 ((const struct imapsrv_body_read *)q)->len);
		break;
	case IN_APPEND_BEGIN:
		if (!begin->append) {
			world.appends++;
			imapsrv_op_append(op, &world);
		}
		break;
	case IN_APPEND_FINISH:
		imapsrv_op_appended(op, 8, (struct imapsrv_set){&made, 1});
		break;
	case IN_REPLACE:
		imapsrv_op_appended(op, 8, (struct imapsrv_set){&made, 1});
		imapsrv_op_modseq(op, 101);
		break;
	case IN_EXPUNGE:
		imapsrv_op_uids(op, (struct imapsrv_set){&one, 1});
		imapsrv_op_modseq(op, 101);
		break;
	case IN_MOVE:
		imapsrv_op_modseq(op, 101);
		/* fall through */
	case IN_COPY:
		imapsrv_op_copied(op, 8, (struct imapsrv_set){&two, 1}, (struct imapsrv_set){&made_two, 1});
		break;
	case IN_STATUS:
		status.items = ((const struct imapsrv_status_query *)q)->items & 0xffu;
		imapsrv_op_status(op, &status);
		break;
	case IN_CREATE:
		imapsrv_op_mailboxid(op, (struct imapsrv_span){"F2", 2});
		break;
	case IN_SORT:
		imapsrv_op_order(op, order, 3);
		break;
	case IN_THREAD:
		imapsrv_op_thread(op, threads, 3);
		break;
	case IN_SEARCH:
		imapsrv_op_found(op, ((const struct imapsrv_search *)q)->root, all, (struct imapsrv_set){NULL, 0});
		break;
	case IN_METADATA_GET:
		imapsrv_op_entry(op, &entry);
		break;
	case IN_QUOTA_GET:
	case IN_QUOTA_ROOTS:
	case IN_QUOTA_SET:
		imapsrv_op_quota(op, &root);
		break;
	case IN_ANNOTATE_GET:
		if (!((const struct imapsrv_annotate_get *)q)->after.len)
			imapsrv_op_annotation(op, 1, &note);
		break;
	case IN_RIGHTS:
		imapsrv_op_rights(op, IMAPSRV_RIGHTS_STANDARD);
		break;
	case IN_ACL_GET:
	case IN_ACL_SET:
		imapsrv_op_acl(op, &acl);
		break;
	case IN_GRANTABLE:
		imapsrv_op_grantable(op, 0, NULL, 0);
		break;
	case IN_URL_TOKEN:
		imapsrv_op_url_token(op, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
		break;
	case IN_URL_RESET:
	case IN_URL_DESCRIBE:
		imapsrv_op_url_mechanism(op, "XSAMPLE", "data", 4);
		break;
	default: /* nothing but the end */
		break;
	}
}

static inline void answer_well(struct imapsrv_op *op, enum question at, const void *q)
{
	give_well(op, at, q);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Whatever comes of these questions ends the handle. */
static inline void note_end(enum question at)
{
	world.appends -= at == IN_APPEND_FINISH || at == IN_REPLACE;
}

static inline void asked(struct imapsrv_op *op, enum question at, const void *q)
{
	note_end(at);
	if (at != world.at || (world.once && world.played)) {
		answer_well(op, at, q);
		return;
	}
	world.played++;
	world.play(op, q);
}

#define Q(name, table, member, lines, before)                                                      \
	static void ask_##name(void *user, struct imapsrv_op *op, const void *q)                   \
	{                                                                                          \
		(void)user;                                                                        \
		asked(op, IN_##name, q);                                                           \
	}
QUESTIONS(Q)
#undef Q

static inline void at_hook(const char *name)
{
	if (world.hook)
		world.hook(name);
}

static void on_cancel(void *user, struct imapsrv_op *op)
{
	at_hook("cancel");
	(void)user;
	world.cancelled++;
	if (world.cancel)
		world.cancel(op);
	world.op = NULL;
}

static void on_logout(void *user, void *account)
{
	at_hook("logout");
	(void)user;
	(void)account;
	world.accounts--;
}

static void on_close(void *user, void *mailbox)
{
	at_hook("close");
	(void)user;
	(void)mailbox;
	world.mailboxes--;
}

static void on_body_close(void *user, void *body)
{
	at_hook("body_close");
	(void)user;
	(void)body;
	world.bodies--;
}

static void on_append_abort(void *user, void *append)
{
	at_hook("append_abort");
	(void)user;
	(void)append;
	world.appends--;
}

static void on_fault(void *user, const char *what)
{
	at_hook("fault");
	(void)user;
	world.faults++;
	(void)snprintf(world.fault, sizeof(world.fault), "%s", what);
}

static void on_entropy(void *user, void *to, size_t len)
{
	at_hook("entropy");
	(void)user;
	memset(to, 7, len);
}

static void on_identify(void *user, void *account, struct imapsrv_url_identity *identity)
{
	at_hook("identify");
	(void)user;
	(void)account;
	identity->user = (struct imapsrv_span){"fred", 4};
}

static void on_forgotten(void *user, void *mailbox)
{
	at_hook("forgotten");
	(void)user;
	(void)mailbox;
}

static uint32_t world_turn; /* limits.turn, if not 0 */
static uint32_t world_output; /* limits.output, if not 0 */

static int64_t on_clock(void *user)
{
	at_hook("clock");
	(void)user;
	return 1000000;
}

/* ---- a session ----------------------------------------------------------------------------- */

static inline void world_drain(void)
{
	struct imapsrv_span span;
	size_t count;

	while (imapsrv_session_peek(world.s, &span, 1, &count) == 0 && count) {
		assert_true(world.len + span.len < sizeof(world.out));
		memcpy(world.out + world.len, span.data, span.len);
		world.len += span.len;
		imapsrv_session_sent(world.s, span.len);
	}
	world.out[world.len] = '\0';
}

/* Hands all of it in, as far as it is taken; delays pass. */
static inline void world_say(const char *lines)
{
	static uint64_t now;
	size_t len = strlen(lines), at = 0, used;

	for (int turns = 0; turns < 40; turns++) {
		now += 3000;
		imapsrv_session_tick(world.s, now);
		world_drain();
		int error = imapsrv_session_recv(world.s, lines + at, len - at, &used);

		world_drain();
		if (error)
			break;
		at += used;
		if (at == len && imapsrv_session_want(world.s))
			break;
		if (world.op)
			break;
	}
}

/* A session in which the next lines lead to that question. */
static inline void world_begin(enum question at)
{
	static const char *const mechanisms[] = {"X-HOST", NULL}, *const url_mechanisms[] = {"XSAMPLE", NULL};
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_mailboxes mailboxes = IMAPSRV_MAILBOXES_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	struct imapsrv_metadata metadata = IMAPSRV_METADATA_INIT;
	struct imapsrv_quota quota = IMAPSRV_QUOTA_INIT;
	struct imapsrv_annotate annotate = IMAPSRV_ANNOTATE_INIT;
	struct imapsrv_acl acl = IMAPSRV_ACL_INIT;
	struct imapsrv_urlauth urlauth = IMAPSRV_URLAUTH_INIT;
	struct imapsrv_watch watch = IMAPSRV_WATCH_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	unsigned before = questions[at].before;

	/* The callbacks differ from each other in the type of their question alone. */
#define Q(name, table, member, lines, before)                                                      \
	memcpy(&table.member, &(void (*[]) (void *, struct imapsrv_op *, const void *)){ask_##name},  \
	       sizeof(table.member));
	QUESTIONS(Q)
#undef Q
	memset(&world, 0, sizeof(world));
	store.cancel = on_cancel;
	store.logout = on_logout;
	store.close = on_close;
	store.body_close = on_body_close;
	store.append_abort = on_append_abort;
	store.forgotten = on_forgotten;
	store.modseqs = store.fuzzy = store.objectids = 1;
	sasl.mechanisms = mechanisms;
	sasl.entropy = on_entropy;
	sasl.secret = "0123456789abcdef";
	sasl.secret_len = 16;
	quota.resources = 1;
	urlauth.mechanisms = url_mechanisms;
	urlauth.identify = on_identify;
	watch.events = IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_METADATA) |
	               IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_SERVER_METADATA);
	config.store = &store;
	config.mailboxes = &mailboxes;
	config.sasl = &sasl;
	config.metadata = &metadata;
	config.quota = &quota;
	config.annotate = &annotate;
	config.acl = &acl;
	config.urlauth = &urlauth;
	config.watch = &watch;
	config.fault = on_fault;
	config.clock = on_clock;
	limits.turn = world_turn;
	limits.output = world_output;
	config.limits = &limits;
	config.referrals = IMAPSRV_REFERRALS_LOGIN | IMAPSRV_REFERRALS_MAILBOX;
	assert_int_equal(imapsrv_engine_new(&config, &world.engine), 0);
	client.secure = 1;
	client.preauth = before & BEFORE_LOGIN ? NULL : &account;
	world.accounts = client.preauth != NULL;
	assert_int_equal(imapsrv_session_new(world.engine, &client, &world.s), 0);
	world.pulled = (before & PULLED) != 0;
	if (before & QRESYNC)
		world_say("q ENABLE QRESYNC\r\n");
	if (before & SELECTED)
		world_say("s SELECT INBOX\r\n");
	world_drain();
	assert_int_equal(world.faults, 0);
	world.len = 0;
}

/* Ends it; what was handed out must have been given back. */
static inline void world_end(size_t row)
{
	imapsrv_session_free(world.s);
	imapsrv_engine_free(world.engine);
	if (!world.untrue_handles && (world.accounts || world.mailboxes || world.bodies || world.appends))
		fail_msg("row %zu: %d accounts, %d mailboxes, %d bodies, %d appends were not given back", row,
		         world.accounts, world.mailboxes, world.bodies, world.appends);
}

/* How often does the text stand in what was said? */
static inline unsigned said(const char *text)
{
	unsigned n = 0;

	for (const char *at = world.out; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

/* The command has had its tagged line, once, and the session goes on, or has said that it does not. */
static inline bool survives(void)
{
	unsigned ended = said("\r\na OK ") + said("\r\na NO ") + said("\r\na BAD ") +
	                 !strncmp(world.out, "a OK ", 5) + !strncmp(world.out, "a NO ", 5) +
	                 !strncmp(world.out, "a BAD ", 6);

	if (imapsrv_session_state(world.s) == IMAPSRV_LOGGED_OUT)
		return ended <= 1;
	if (ended != 1)
		return false;
	world_say("z NOOP\r\n");
	return said("\r\nz OK ") == 1;
}

/* ---- answers that make no sense ------------------------------------------------------------ */

/* One way to spoil an answer, and what is to come of it. */
struct spoilt {
	const char *answer; /* the function */
	const char *what;
	enum question at;
	play_function *play; /* sets spoilt_gave, and looks at spoilt_how */
	int how;
	int gives;           /* what the function returns */
	const char *fault;   /* what is reported last; NULL: nothing is wrong with it */
	const char *said;    /* is among what the client is told; a "!" before it: is not */
	bool ends;           /* and the session is over */
	enum question on;    /* not 0: what is spoilt is an answer to this question, on the way to the other */
};

static int spoilt_how, spoilt_gave;

static inline void run_spoilt(const struct spoilt *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct spoilt *row = &rows[i];
		bool not = row->said[0] == '!', ok;

		world_begin(row->at);
		world.at = row->on ? row->on : row->at;
		world.play = row->play;
		spoilt_how = row->how;
		spoilt_gave = 1;
		world_say(questions[row->at].lines);
		ok = world.played && spoilt_gave == row->gives && (world.faults != 0) == (row->fault != NULL) &&
		     (!row->fault || !strcmp(world.fault, row->fault)) &&
		     (said(row->said + not) != 0) != not && survives() &&
		     (imapsrv_session_state(world.s) == IMAPSRV_LOGGED_OUT) == row->ends;
		if (!ok)
			fail_msg("row %zu, %s: %s: gives %d, fault '%s', said\n%s", i, row->answer, row->what,
			         spoilt_gave, world.fault, world.out);
		world_end(i);
	}
}

#endif
