/* SPDX-License-Identifier: MIT */
/*
 * What a host can do wrong with any question: an answer of another kind, one that comes when the op has ended, was
 * cancelled, or is being cancelled; any code at its end; an end that never comes; calls of the session and
 * events from inside.  Every callback of the headers times every answer.  What is in the answers themselves is
 * in t_hostile_answers.c.
 */
#include "unit/hostiling.h"

#define ANY_QUESTION UINT64_MAX
#define CLOSED "an op was answered that is not open"
#define WRONG  "an op was given an answer of the wrong kind"

/* ---- answers ------------------------------------------------------------------------------- */

/* Each as it could be right, somewhere. */
#define ANSWERS(A)                                                                                 \
	A(account, IN(LOGIN) | IN(STEP), &account)                                                 \
	A(name, IN(LIST), &name)                                                                   \
	A(mailbox, IN(OPEN) | IN(URL_OPEN), &mailbox)                                              \
	A(uids, IN(UIDS) | IN(EXPUNGE) | IN(VANISHED), one)                                        \
	A(row, IN(FETCH) | IN(STORE) | IN(ANNOTATE_STORE), &row)                                   \
	A(lend, IN(BODY), "x", 1, IMAPSRV_EOL_CRLF, NULL)                                          \
	A(pull, IN(BODY), 1, IMAPSRV_EOL_CRLF, NULL)                                               \
	A(bytes, IN(BODY_READ), "x", 1)                                                            \
	A(append, IN(APPEND_BEGIN), NULL)                                                          \
	A(appended, IN(APPEND_FINISH) | IN(REPLACE), 1, one)                                       \
	A(copied, IN(COPY) | IN(MOVE), 1, one, one)                                                \
	A(mailboxid, IN(CREATE), ((struct imapsrv_span){"x", 1}))                                  \
	A(order, IN(SORT), &row.uid, 1)                                                            \
	A(thread, IN(THREAD), &member, 1)                                                          \
	A(found, IN(SEARCH), NULL, one, one)                                                       \
	A(relevancy, IN(SEARCH), 1, 1)                                                             \
	A(status, IN(STATUS), &status)                                                             \
	A(modseq, IN(EXPUNGE) | IN(COPY) | IN(MOVE) | IN(REPLACE), 1)                              \
	A(challenge, IN(STEP), "x", 1)                                                             \
	A(entry, IN(METADATA_GET), &entry)                                                         \
	A(annotation, IN(ANNOTATE_GET), 1, &note)                                                  \
	A(quota, IN(QUOTA_GET) | IN(QUOTA_ROOTS) | IN(QUOTA_SET), &root)                           \
	A(rights, IN(RIGHTS), 0)                                                                   \
	A(acl, IN(ACL_GET) | IN(ACL_SET), &acl)                                                    \
	A(grantable, IN(GRANTABLE), 0, NULL, 0)                                                    \
	A(keys, IN(KEYS), &keys)                                                                   \
	A(url_token, IN(URL_TOKEN), "0123456789abcdef", 16)                                        \
	A(url_mechanism, IN(URL_RESET) | IN(URL_DESCRIBE), "XSAMPLE", "x", 1)                      \
	A(referral, ANY_QUESTION, ((struct imapsrv_span){"imap://h/", 9}))                         \
	A(done, ANY_QUESTION, IMAPSRV_OK, NULL)

enum answer {
#define A(name, questions, ...) GIVE_##name,
	ANSWERS(A)
#undef A
	ANSWER_COUNT
};

static const struct {
	const char *name;
	uint64_t questions;
} answers[ANSWER_COUNT] = {
#define A(name, questions, ...) [GIVE_##name] = {"imapsrv_op_" #name, questions},
	ANSWERS(A)
#undef A
};

static int give(struct imapsrv_op *op, enum answer answer)
{
	static const struct imapsrv_range range = {1, 1};
	const struct imapsrv_set one = {&range, 1};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_mailbox mailbox = host_mailbox();
	struct imapsrv_thread_member member = {1, 0};
	struct imapsrv_name name = {{"x", 1}, 0, 0};
	struct imapsrv_entry entry = {{"/shared/x", 9}, 1, {"x", 1}};
	struct imapsrv_annotation note = {{"/comment", 8}, 0, {NULL, 0}, {NULL, 0}};
	struct imapsrv_quota_root root = host_quota();
	struct imapsrv_acl_entry acl = {{"joe", 3}, 0, {NULL, 0}};
	struct imapsrv_scram_keys keys = host_keys();
	struct imapsrv_status status;
	struct imapsrv_row row;

	memset(&status, 0, sizeof(status));
	host_row(&row, 1);
	switch (answer) {
#define A(name, questions, ...) \
	case GIVE_##name:       \
		return imapsrv_op_##name(op, __VA_ARGS__);
		ANSWERS(A)
#undef A
	default:
		return 0;
	}
}

static enum question now;

static bool fits(int answer)
{
	return (answers[answer].questions & (UINT64_C(1) << now)) != 0;
}

static void refused(struct imapsrv_op *op, int answer, const char *why)
{
	unsigned before = world.faults;

	if (give(op, (enum answer)answer) != IMAPSRV_ESTATE || world.faults != before + 1 ||
	    strcmp(world.fault, why) != 0)
		fail_msg("%s in %s: '%s'", answers[answer].name, questions[now].name, world.fault);
}

/* ---- when they are given ------------------------------------------------------------------- */

static void play_wrong(struct imapsrv_op *op, const void *q)
{
	for (int i = 0; i < ANSWER_COUNT; i++)
		if (!fits(i))
			refused(op, i, WRONG);
	answer_well(op, now, q);
}

static void play_ended(struct imapsrv_op *op, const void *q)
{
	answer_well(op, now, q);
	for (int i = 0; i < ANSWER_COUNT; i++)
		refused(op, i, CLOSED);
	/* Whatever is open next has no data of this one. */
	imapsrv_op_set_data(op, &world);
	assert_string_equal(world.fault, CLOSED);
}

static void play_open(struct imapsrv_op *op, const void *q)
{
	(void)q;
	assert_null(imapsrv_op_get_data(op));
	imapsrv_op_set_data(op, &world);
	world.op = op;
}

/* The same question for every row: a line in which it comes, and what is done then. */
static void each(play_function *play, bool once)
{
	for (int i = NO_QUESTION + 1; i < QUESTION_COUNT; i++) {
		now = (enum question)i;
		world_begin(now);
		world.at = now;
		world.once = once;
		world.play = play;
		world_say(questions[i].lines);
		if (!world.played || !survives())
			fail_msg("%s: %u times\n%s", questions[i].name, world.played, world.out);
		world_end((size_t)i);
	}
}

static void test_wrong_kind(void **state)
{
	(void)state;
	each(play_wrong, false);
}

static void test_ended(void **state)
{
	(void)state;
	each(play_ended, false);
}

/* An op of a question that was answered long ago, while another is open. */
static struct imapsrv_op *stale;

static void play_stale(struct imapsrv_op *op, const void *q)
{
	if (stale && stale != op) {
		for (int i = 0; i < ANSWER_COUNT; i++)
			refused(stale, i, CLOSED);
		imapsrv_op_set_data(op, &stale);
		imapsrv_op_set_data(stale, &world);
		assert_ptr_equal(imapsrv_op_get_data(op), &stale);
		assert_null(imapsrv_op_get_data(stale));
	}
	stale = op;
	answer_well(op, now, q);
}

static void test_stale(void **state)
{
	(void)state;
	for (int i = NO_QUESTION + 1; i < QUESTION_COUNT; i++) {
		now = (enum question)i;
		stale = NULL;
		world_begin(now);
		world.at = now;
		world.play = play_stale;
		world_say(questions[i].lines);
		world_say(questions[i].lines);
		world_end((size_t)i);
	}
}

/* ---- never --------------------------------------------------------------------------------- */

static void no_answer(struct imapsrv_op *op)
{
	assert_ptr_equal(imapsrv_op_session(op), world.s);
	assert_ptr_equal(imapsrv_op_get_data(op), &world);
	for (int i = 0; i < ANSWER_COUNT; i++)
		refused(op, i, CLOSED);
}

enum end {
	BY_FREE,
	BY_BYE,
	BY_EOF, /* a command that has begun runs to its end: then freed */
	BY_TIME,
	ENDS
};

static void test_never(void **state)
{
	(void)state;
	for (int i = NO_QUESTION + 1; i < QUESTION_COUNT; i++)
		for (int end = 0; end < ENDS; end++) {
			struct imapsrv_op *op;

			now = (enum question)i;
			world_begin(now);
			world.at = now;
			world.play = play_open;
			world.cancel = no_answer;
			world_say(questions[i].lines);
			op = world.op;
			ROW(i, op && world.played == 1);
			ROW(i, imapsrv_session_want(world.s) & IMAPSRV_WANT_HOST);
			ROW(i, !(imapsrv_session_want(world.s) & (IMAPSRV_WANT_RUN | IMAPSRV_WANT_CLOSE)));
			if (end == BY_BYE)
				ROW(i, imapsrv_session_bye(world.s, "over") == 0);
			if (end == BY_EOF)
				ROW(i, imapsrv_session_eof(world.s) == 0);
			if (end == BY_TIME)
				imapsrv_session_tick(world.s, UINT64_MAX / 2);
			world_drain();
			if (end == BY_BYE) {
				/* In the middle of a literal there is no place for a BYE. */
				ROW(i, world.cancelled == 1 || i == IN_BODY_READ || i == IN_ANNOTATE_GET);
				for (int k = 0; k < ANSWER_COUNT && world.cancelled; k++)
					refused(op, k, CLOSED);
			}
			world_end((size_t)i);
			ROW(i, world.cancelled == 1);
		}
}

/* ---- how they are ended -------------------------------------------------------------------- */

static int end_code;
static const char *end_text;

static void play_end(struct imapsrv_op *op, const void *q)
{
	(void)q;
	imapsrv_op_done(op, (enum imapsrv_code)end_code, end_text);
}

static void play_end_late(struct imapsrv_op *op, const void *q)
{
	give_well(op, now, q);
	imapsrv_op_done(op, (enum imapsrv_code)end_code, end_text);
}

/* With results and without them: every code, those that there are not, and texts that are none. */
static void test_codes(void **state)
{
	static char longest[5000];
	const char *const texts[] = {NULL, "", "a\r\na OK injected\r\n", "\xff\xfe\x80\x01", "[ALERT] x", longest};
	static const int codes[] = {-1, IMAPSRV_REFERRAL + 1, 1000, INT32_MAX, INT32_MIN};

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	for (int i = NO_QUESTION + 1; i < QUESTION_COUNT; i++)
		for (size_t k = 0; k < 2 * (IMAPSRV_REFERRAL + 1 + COUNT(codes)); k++) {
			size_t c = k / 2;

			now = (enum question)i;
			end_code = c <= IMAPSRV_REFERRAL ? (int)c : codes[c - IMAPSRV_REFERRAL - 1];
			end_text = texts[(k + (size_t)i) % COUNT(texts)];
			world_begin(now);
			world.at = now;
			world.play = k % 2 ? play_end_late : play_end;
			world_say(questions[i].lines);
			if (end_code < 0 || end_code > IMAPSRV_REFERRAL)
				ROW(i, world.faults > 0);
			if (!survives() || said("\na OK injected") || said("\xff") || said("\r\n[") || said("\x01"))
				fail_msg("%s, code %d: %s", questions[i].name, end_code, world.out);
			world_end((size_t)i);
		}
}

/* ---- from inside --------------------------------------------------------------------------- */

static void meddle(struct imapsrv_session *s)
{
	struct imapsrv_span span;
	char saved[64];
	size_t n = 0;

	assert_int_equal(imapsrv_session_recv(s, "x NOOP\r\n", 8, &n), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_peek(s, &span, 1, &n), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_sent(s, 1), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_run(s), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_eof(s), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_bye(s, "over"), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_tls_started(s), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_compress_started(s), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_set_external(s, "x", 1), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_set_channel_binding(s, "tls-unique", "x", 1), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_hide(s, "MOVE"), IMAPSRV_EREENTER);
	assert_int_equal(imapsrv_session_save(s, (struct imapsrv_span){NULL, 0}, saved, sizeof(saved), &n),
	                 IMAPSRV_EREENTER);
	imapsrv_session_tick(s, UINT64_MAX / 2);
	imapsrv_session_trim(s);
	imapsrv_session_free(s);
}

static void play_meddle(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_session *s = imapsrv_op_session(op);

	meddle(s);
	answer_well(op, now, q);
	meddle(s);
}

/* Callbacks that are no questions.  (The others that there are: t_hostile_hooks.c) */
static const char *const hooks[] = {"cancel", "logout",   "close",     "body_close", "append_abort",
                                    "fault",  "entropy",  "forgotten", "identify",   "clock"};
static unsigned hooked[COUNT(hooks)];

static void meddle_in_hook(const char *name)
{
	for (size_t i = 0; i < COUNT(hooks); i++)
		hooked[i] += strcmp(hooks[i], name) == 0;
	if (world.s)
		meddle(world.s);
}

static void test_meddling_hooks(void **state)
{
	static const char more[] = "y LOGIN fred x\r\nx SELECT INBOX\r\nw SEARCH YOUNGER 5\r\nv APPEND INBOX {9+}\r\nabc";

	(void)state;
	memset(hooked, 0, sizeof(hooked));
	for (int i = NO_QUESTION + 1; i < QUESTION_COUNT; i++)
		for (int later = 0; later < 2; later++) {
			now = (enum question)i;
			world_begin(now);
			world.hook = meddle_in_hook;
			world.at = later ? now : NO_QUESTION;
			world.play = play_open;
			world_say(questions[i].lines);
			if (!later) {
				world_say(more);
				ROW(i, said("w OK "));
			}
			world_end((size_t)i);
		}
	for (size_t i = 0; i < COUNT(hooks); i++)
		ROW(i, hooked[i] > 0 || strcmp(hooks[i], "fault") == 0);
}

static void test_meddling(void **state)
{
	(void)state;
	each(play_meddle, false);
}

/* ---- events -------------------------------------------------------------------------------- */

static const struct imapsrv_span names[] = {{"INBOX", 5}, {"Other", 5}, {"New", 3}, {NULL, 0}};

/* Every kind of event, of each mailbox, with messages that there are, that come, and none. */
static void post_all(struct imapsrv_session *s)
{
	static const struct imapsrv_range ranges[] = {{1, 1}, {2, 2}, {4, 4}, {1, UINT32_MAX}, {50, 60}};
	static const struct imapsrv_span entry = {"/comment", 8};

	for (int type = IMAPSRV_EVENT_MESSAGE_NEW; type <= IMAPSRV_EVENT_KEYS_RESET; type++)
		for (size_t n = 0; n < COUNT(names); n++)
			for (size_t r = 0; r <= COUNT(ranges); r++) {
				struct imapsrv_event e = IMAPSRV_EVENT_INIT;

				/* Nothing is left otherwise. */
				if (type == IMAPSRV_EVENT_MAILBOX_DELETE && n == 0)
					continue;
				e.type = (enum imapsrv_event_type)type;
				e.mailbox = names[n];
				e.old_name = names[(n + 1) % 2];
				e.uids = (struct imapsrv_set){ranges + r, r < COUNT(ranges)};
				e.entries = &entry;
				e.entry_count = type == IMAPSRV_EVENT_ANNOTATION_CHANGE;
				(void)imapsrv_session_post(s, &e);
			}
}

static void play_events(struct imapsrv_op *op, const void *q)
{
	post_all(imapsrv_op_session(op));
	give_well(op, now, q);
	post_all(imapsrv_op_session(op));
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
	post_all(imapsrv_op_session(op));
}

static void play_events_later(struct imapsrv_op *op, const void *q)
{
	(void)q;
	world.op = op;
}

/* What is told is for others to look at; nothing may break. */
static void test_events(void **state)
{
	static const char told[] = "n NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[HEADER]) MessageExpunge "
				   "FlagChange AnnotationChange)) (PERSONAL (MessageNew MessageExpunge FlagChange "
				   "MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))\r\n";
	static const char delayed[] = "n NOTIFY SET STATUS (SELECTED-DELAYED (MessageNew MessageExpunge)) "
				      "(SUBTREE \"\" (MessageNew MessageExpunge MailboxName))\r\n";
	static const char *const notify[] = {"", told, delayed};

	(void)state;
	for (int i = NO_QUESTION + 1; i < QUESTION_COUNT; i++)
		for (size_t k = 0; k < 2 * COUNT(notify); k++) {
			now = (enum question)i;
			world_begin(now);
			if (!(questions[i].before & BEFORE_LOGIN))
				world_say(notify[k / 2]);
			world.at = now;
			world.once = k % 2;
			world.play = k % 2 ? play_events_later : play_events;
			world_say(questions[i].lines);
			if (world.op) {
				struct imapsrv_op *op = world.op;

				post_all(world.s);
				imapsrv_session_run(world.s);
				post_all(world.s);
				world.op = NULL;
				imapsrv_op_done(op, IMAPSRV_UNAVAILABLE, NULL);
				post_all(world.s);
				imapsrv_session_run(world.s);
				note_end(NO_QUESTION);
				world_drain();
			}
			world_say("y FETCH 1:* (FLAGS)\r\n");
			world_say("z NOOP\r\n");
			ROW(i, imapsrv_session_state(world.s) == IMAPSRV_LOGGED_OUT || said("z OK "));
			world_end((size_t)i);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_kind),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_meddling),
		cmocka_unit_test(test_meddling_hooks),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
