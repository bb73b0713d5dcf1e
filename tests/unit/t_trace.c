/* SPDX-License-Identifier: MIT */
/*
 * The trace hook: each command as it was received, but no password in any spelling; what left, octet for octet,
 * however it was taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/nullstore.h"
#include "unit/row.h"

static char received[4096], sent[1 << 16];
static size_t received_len, sent_len;

static void on_trace(void *user, enum imapsrv_trace what, const char *data, size_t len)
{
	char *to = what == IMAPSRV_TRACE_SENT ? sent : received;
	size_t *at = what == IMAPSRV_TRACE_SENT ? &sent_len : &received_len;
	size_t size = what == IMAPSRV_TRACE_SENT ? sizeof(sent) : sizeof(received);

	(void)user;
	assert_true(*at + len + 1 < size);
	memcpy(to + *at, data, len);
	*at += len;
	if (what == IMAPSRV_TRACE_RECEIVED)
		to[(*at)++] = '\n';
}

static const struct {
	const char *in;
	const char *shown; /* one line for each command or continuation */
} rows[] = {
	{"a NOOP\r\n", "a NOOP\n"},
	{"a LOGIN fred sesame\r\n", "a LOGIN ***\n"},
	{"a login \"fred\" \"sesame\"\r\n", "a login ***\n"},
	{"a234567890123456789012345678901234567890123456789012345678901234 LOGIN fred sesame\r\n", "***\n"},
	{"a LOGIN fred {6+}\r\nsesame\r\n", "a LOGIN ***\n"},
	{"a LOGIN nobody sesame\r\n", "a LOGIN ***\n"},
	{"a LOGN fred sesame\r\n", "a ***\n"},
	{"fred sesame\r\n", "fred ***\n"},
	{"sesame\r\n", "***\n"},
	{"sesame \r\n", "***\n"},
	/* A client that sends a literal which was refused: its password reads as a tag, and as a command. */
	{"a LGIN fred {13}\r\nsesame street\r\nb NOOP\r\nfred x\r\n", "a ***\n***\nb NOOP\nfred ***\n"},
	{"a LOGIN fred {99999}\r\nsesame street\r\nb NOOP\r\n", "a LOGIN ***\n***\nb NOOP\n"},
	{"a LOGIN fred sesame extra\r\n", "a LOGIN ***\n"},
	{"a AUTHENTICATE PLAIN AGZyZWQAc2VzYW1l\r\n", "a AUTHENTICATE ***\n"},
	{"a AUTHENTICATE PLAIN\r\nAGZyZWQAc2VzYW1l\r\n", "a AUTHENTICATE ***\n***\n"},
	{"a AUTHENTICATE PLAIN\r\n*\r\n", "a AUTHENTICATE ***\n***\n"},
	{"a LOGIN fred sesame\r\nb SELECT INBOX\r\nc IDLE\r\nDONE\r\nd LOGOUT\r\n",
	 "a LOGIN ***\nb SELECT INBOX\nc IDLE\nDONE\nd LOGOUT\n"},
	{"a LOGIN fred sesame\r\nb LGIN fred hello\r\n", "a LOGIN ***\nb LGIN fred hello\n"},
};

/* Takes what waits, `piece` octets at a time; *out_r of them. */
static void drain(struct imapsrv_session *s, size_t piece, char *out, size_t *out_r)
{
	struct imapsrv_span span;
	size_t count;

	while (imapsrv_session_peek(s, &span, 1, &count) == 0 && count) {
		if (span.len > piece)
			span.len = piece;
		memcpy(out + *out_r, span.data, span.len);
		*out_r += span.len;
		imapsrv_session_sent(s, span.len);
	}
}

/* The same session in another process, if it can be saved now. */
static struct imapsrv_session *move(struct imapsrv_engine *engine, struct imapsrv_session *s)
{
	static char saved[1 << 16];
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_span label = {NULL, 0};
	struct imapsrv_session *next;
	size_t len;

	if (imapsrv_session_save(s, label, saved, sizeof(saved), &len))
		return s;
	if (imapsrv_session_state(s) != IMAPSRV_NOT_AUTHENTICATED)
		restore.account = &account;
	imapsrv_session_free(s);
	assert_int_equal(imapsrv_session_restore(engine, &restore, saved, len, &next, NULL), 0);
	imapsrv_session_run(next);
	return next;
}

static void test_trace(void **state)
{
	static char out[1 << 16];
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_engine *engine;

	(void)state;
	limits.login_delay = UINT32_MAX;
	config.store = &store;
	config.limits = &limits;
	config.trace = on_trace;
	assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1, moves = 0; piece < 100; piece *= moves ? 7 : 1, moves = !moves) {
			struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
			size_t len = strlen(rows[i].in), at = 0, used, out_len = 0;
			struct imapsrv_session *s;

			received_len = sent_len = 0;
			client.secure = 1;
			assert_int_equal(imapsrv_session_new(engine, &client, &s), 0);
			while (at < len) {
				size_t n = len - at < piece ? len - at : piece;

				imapsrv_session_recv(s, rows[i].in + at, n, &used);
				at += used ? used : n; /* after LOGOUT nothing is taken */
				drain(s, piece, out, &out_len);
				if (moves)
					s = move(engine, s);
			}
			ROW(i, received_len == strlen(rows[i].shown));
			ROW(i, !memcmp(received, rows[i].shown, received_len));
			if (!strstr(rows[i].in, "street"))
				ROW(i, sent_len == out_len && !memcmp(sent, out, out_len));
			received[received_len] = sent[sent_len] = '\0';
			ROW(i, !strstr(sent, "sesame"));
			ROW(i, !strstr(received, "sesame") && !strstr(received, "c2VzYW1l"));
			imapsrv_session_free(s);
		}
	imapsrv_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
