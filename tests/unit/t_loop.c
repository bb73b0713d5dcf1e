/* SPDX-License-Identifier: MIT */
/*
 * The loop that imapsrv_session(3) shows, word for word, with the store of examples/minimal.c: it
 * never waits for a client that waits for it, and answers all that came before the end.
 */
#include "row.h"

#define main minimal_main
#include "../../examples/minimal.c"
#undef main

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

struct connection {
	int fd;
	struct imapsrv_session *session;
	char in[16384];
	size_t in_len;
};

/* Returns what to poll for, 0 if only the store or time can help; -1: it is over. */
int serve(struct connection *c)
{
	unsigned want = imapsrv_session_want(c->session);
	struct imapsrv_span out;
	size_t n;

	if (want & IMAPSRV_WANT_RUN)
		imapsrv_session_run(c->session);
	if ((want & IMAPSRV_WANT_READ) && !c->in_len) {
		ssize_t got = recv(c->fd, c->in, sizeof(c->in), 0);

		if (got == 0)
			imapsrv_session_eof(c->session);
		else if (got > 0)
			c->in_len = (size_t)got;
		else if (errno != EAGAIN && errno != EINTR)
			return -1;
	}
	if (c->in_len) {
		imapsrv_session_recv(c->session, c->in, c->in_len, &n);
		c->in_len -= n;
		memmove(c->in, c->in + n, c->in_len);
	}
	while (imapsrv_session_peek(c->session, &out, 1, &n) == 0 && n) {
		ssize_t put = send(c->fd, out.data, out.len, MSG_NOSIGNAL);

		if (put < 0)
			return errno == EAGAIN || errno == EINTR ? POLLOUT : -1;
		imapsrv_session_sent(c->session, (size_t)put);
	}
	want = imapsrv_session_want(c->session);
	if (want & IMAPSRV_WANT_CLOSE)
		return -1;
	/* There is more to do already: again, once the others had their turn. */
	if ((want & IMAPSRV_WANT_RUN) || ((want & IMAPSRV_WANT_READ) && c->in_len))
		return POLLOUT;
	return want & IMAPSRV_WANT_READ ? POLLIN : 0;
}

/* ---- its client ------------------------------------------------------------------------------ */

static char commands[1 << 16];
static size_t length, said;
static int answered; /* with a tagged OK */

static void add_commands(const char *command, int times)
{
	length = said = 0;
	answered = 0;
	length += (size_t)snprintf(commands, sizeof(commands), "a select inbox\r\n");
	while (times--)
		length += (size_t)snprintf(commands + length, sizeof(commands) - length, "%s\r\n",
		                           command);
	assert_true(length < sizeof(commands));
}

/* It sends what can be sent, closes its side behind that, and reads all that there is. */
static void talk(int fd)
{
	static const char ok[] = "\nb OK";
	static size_t same;
	char heard[4096];
	ssize_t n = said < length ? send(fd, commands + said, length - said, MSG_NOSIGNAL) : 0;

	said += n > 0 ? (size_t)n : 0;
	if (said == length)
		shutdown(fd, SHUT_WR);
	while ((n = recv(fd, heard, sizeof(heard), 0)) > 0)
		for (ssize_t i = 0; i < n; i++) {
			same = heard[i] == ok[same] ? same + 1 : heard[i] == ok[0];
			if (same == sizeof(ok) - 1) {
				answered++;
				same = 0;
			}
		}
}

static void serve_client(struct connection *c, int client)
{
	int wait;

	for (talk(client); (wait = serve(c)) >= 0; talk(client)) {
		struct pollfd fd = {.fd = c->fd, .events = (short)wait};

		/* The client has said and heard all that it could. */
		talk(client);
		assert_int_equal(poll(&fd, 1, 0), 1);
	}
}

static void test_loop(void **state)
{
	static const struct imapsrv_store callbacks = {
		.size = sizeof(callbacks), .list = list, .open = open_mailbox, .close = let_go,
		.uids = uids, .fetch = fetch, .body = body, .body_close = let_go, .store = store,
		.append_begin = append_begin, .append_data = append_data, .append_abort = let_go,
		.append_finish = append_finish, .expunge = expunge};
	static const struct {
		const char *command;
		int times;
		uint32_t turn;
	} rows[] = {
		{"b fetch 1:2 (flags body[] envelope bodystructure)", 500, 1000000},
		{"b search text hello", 20, 100},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct mailbox box = {{[1] = MESSAGE(1, 0, "Subject: One\n\nHello.\n"),
		                              [2] = MESSAGE(2, 0, "Subject: Two\n\nHello.\n")},
		                             .uidnext = 3};
		struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
		struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
		struct imapsrv_config config = {.size = sizeof(config), .store = &callbacks};
		struct imapsrv_session_config who = {sizeof(who), .user = &box,
		                                     .preauth = &account};
		struct connection c = {.fd = -1};
		struct imapsrv_engine *engine;
		int fds[2];

		limits.turn = rows[i].turn;
		config.limits = &limits;
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		fcntl(fds[1], F_SETFL, O_NONBLOCK);
		c.fd = fds[0];
		assert_int_equal(imapsrv_engine_new(&config, &engine), 0);
		assert_int_equal(imapsrv_session_new(engine, &who, &c.session), 0);
		add_commands(rows[i].command, rows[i].times);
		serve_client(&c, fds[1]);
		talk(fds[1]);
		assert_int_equal(said, length);
		assert_int_equal(answered, rows[i].times);
		assert_int_equal(imapsrv_session_want(c.session), IMAPSRV_WANT_CLOSE);
		imapsrv_session_free(c.session);
		imapsrv_engine_free(engine);
		close(fds[0]);
		close(fds[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_loop)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
