/* SPDX-License-Identifier: MIT */
/*
 * conn.c - moves bytes between a socket and a session.  This is all that the library wants of its
 * transport: read when it wants to read, write what it shows, tell the time.
 */
#include "conn.h"

#include "news.h"

#include "support.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define READ_SIZE 65536
#define SPANS     16
#define ROUNDS    64   /* of work for one connection before the others have their turn */
#define LINGER_MS 2000 /* for a client to close its side */

static struct conn *make(const struct conn_kind *kind, int in, int out, const char *label)
{
	struct conn *conn = xcalloc(1, sizeof *conn);

	conn->server = kind->server;
	conn->in = in;
	conn->out = out;
	snprintf(conn->label, sizeof conn->label, "%s", label);
	conn->peer = (struct peer){
		.maildir = kind->maildir, .label = conn->label, .wake = kind->wake};
	if (kind->preauth)
		conn->peer.account = kind->preauth->handle;
	return conn;
}

struct conn *conn_new(const struct conn_kind *kind, int in, int out, const char *label)
{
	struct conn *conn = make(kind, in, out, label);
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;

	config.user = &conn->peer;
	config.secure = kind->preauth != NULL;
	config.allow_plaintext = 1;
	config.preauth = kind->preauth;
	if (imapsrv_session_new(kind->engine, &config, &conn->session)) {
		news_leave(&conn->peer);
		free(conn);
		return NULL;
	}
	return conn;
}

struct conn *conn_restore(const struct conn_kind *kind, int in, int out, const char *label,
                          const void *data, size_t len, const char **why_r)
{
	struct conn *conn = make(kind, in, out, label);
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;

	restore.user = &conn->peer;
	restore.account = kind->preauth;
	if (imapsrv_session_restore(kind->engine, &restore, data, len, &conn->session, why_r)) {
		free(conn);
		return NULL;
	}
	conn->deadline = imapsrv_session_tick(conn->session, clock_ms());
	return conn;
}

static void end_session(struct conn *conn)
{
	imapsrv_session_free(conn->session);
	conn->session = NULL;
	news_leave(&conn->peer);
	free(conn->rest);
	conn->rest = NULL;
	conn->rest_len = conn->rest_at = 0;
}

void conn_free(struct conn *conn)
{
	end_session(conn);
	if (conn->in > STDERR_FILENO)
		close(conn->in);
	if (conn->out != conn->in && conn->out > STDERR_FILENO)
		close(conn->out);
	free(conn);
}

void conn_leave(struct conn *conn)
{
	conn->in = conn->out = -1;
	conn_free(conn);
}

/* The connection is of no more use. */
static void drop(struct conn *conn)
{
	end_session(conn);
	conn->closed = true;
}

/* All is said.  Closing a socket that has unread input would make the other side lose our last
 * words, so input is thrown away until the client closes too, or for a moment. */
static void linger(struct conn *conn)
{
	end_session(conn);
	if (shutdown(conn->out, SHUT_WR))
		conn->closed = true;
	conn->deadline = clock_ms() + LINGER_MS;
}

static void discard(struct conn *conn)
{
	char piece[4096];
	ssize_t n = read(conn->in, piece, sizeof piece);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || clock_ms() >= conn->deadline)
		conn->closed = true;
}

/* ---- output ------------------------------------------------------------------------------- */

static ssize_t write_spans(struct conn *conn, const struct imapsrv_span *spans, size_t count)
{
	struct iovec vector[SPANS];
	ssize_t n;

	for (size_t i = 0; i < count; i++) {
		/* iovec has no const, though writev only reads. */
		vector[i].iov_base = (void *)(uintptr_t)spans[i].data;
		vector[i].iov_len = spans[i].len;
	}
	do
		n = writev(conn->out, vector, (int)count);
	while (n < 0 && errno == EINTR);
	return n;
}

static void flush(struct conn *conn)
{
	struct imapsrv_span spans[SPANS];
	size_t count = 0;

	if (imapsrv_session_peek(conn->session, spans, SPANS, &count) || !count)
		return;
	ssize_t n = write_spans(conn, spans, count);
	if (n >= 0)
		imapsrv_session_sent(conn->session, (size_t)n);
	else if (errno == EAGAIN || errno == EWOULDBLOCK)
		conn->blocked = true;
	else
		drop(conn);
}

/* ---- input -------------------------------------------------------------------------------- */

/* A look at the mailbox first, so that the answer to a NOOP is up to date. */
static size_t feed(struct conn *conn, const char *data, size_t len)
{
	size_t used = 0;

	maildir_look(&conn->peer);
	conn->deadline = imapsrv_session_tick(conn->session, clock_ms());
	/* An error is fatal, and shows in what the session wants from now on. */
	if (imapsrv_session_recv(conn->session, data, len, &used))
		used = len;
	return used;
}

static void feed_rest(struct conn *conn)
{
	conn->rest_at += feed(conn, conn->rest + conn->rest_at, conn->rest_len - conn->rest_at);
	if (conn->rest_at < conn->rest_len)
		return;
	free(conn->rest);
	conn->rest = NULL;
	conn->rest_len = conn->rest_at = 0;
}

static void read_input(struct conn *conn)
{
	static char piece[READ_SIZE];
	ssize_t n = read(conn->in, piece, sizeof piece);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n < 0) {
		drop(conn);
		return;
	}
	if (n == 0) {
		imapsrv_session_eof(conn->session);
		return;
	}
	size_t used = feed(conn, piece, (size_t)n);
	if (used < (size_t)n) {
		conn->rest_len = (size_t)n - used;
		conn->rest = xstrndup(piece + used, conn->rest_len);
	}
}

/* ---- the loop's side ---------------------------------------------------------------------- */

/* Only for its output, as that is another descriptor. */
static bool waits_apart(const struct conn *conn)
{
	return conn->session && conn->blocked && conn->in != conn->out;
}

int conn_fd(const struct conn *conn)
{
	return waits_apart(conn) ? conn->out : conn->in;
}

short conn_events(const struct conn *conn)
{
	if (waits_apart(conn))
		return POLLOUT;
	unsigned want = conn->session ? imapsrv_session_want(conn->session) : IMAPSRV_WANT_READ;
	short events = 0;

	if ((want & IMAPSRV_WANT_READ) && !conn->rest)
		events |= POLLIN;
	if (conn->blocked)
		events |= POLLOUT;
	return events;
}

void conn_ready(struct conn *conn, short events)
{
	short expected = conn_events(conn);

	if (!conn->session) {
		discard(conn);
		return;
	}
	if (events & POLLOUT)
		conn->blocked = false;
	/* The end of input may show as POLLHUP only. */
	if (expected & POLLIN && events & (POLLIN | POLLHUP | POLLERR))
		read_input(conn);
	else if (!(events & POLLOUT) && events & (POLLHUP | POLLERR | POLLNVAL))
		drop(conn);
	conn->blocked &= !(events & (POLLHUP | POLLERR));
}

static bool step(struct conn *conn)
{
	unsigned want = imapsrv_session_want(conn->session);

	if (want & IMAPSRV_WANT_RUN)
		imapsrv_session_run(conn->session);
	else if ((want & IMAPSRV_WANT_WRITE) && !conn->blocked)
		flush(conn);
	else if ((want & IMAPSRV_WANT_READ) && conn->rest)
		feed_rest(conn);
	else if (want & IMAPSRV_WANT_CLOSE)
		linger(conn);
	else
		return false;
	return conn->session && !conn->blocked;
}

bool conn_work(struct conn *conn)
{
	for (int round = 0; round < ROUNDS && conn->session; round++) {
		bool moved = step(conn);
		if (!conn->session)
			break;
		conn->deadline = imapsrv_session_tick(conn->session, clock_ms());
		unsigned want = imapsrv_session_want(conn->session);
		/* What is over may have been given up just now: the client does not read. */
		if (!moved && !(want & IMAPSRV_WANT_CLOSE) &&
		    (conn->blocked || !(want & (IMAPSRV_WANT_RUN | IMAPSRV_WANT_WRITE))))
			return false;
	}
	if (!conn->session && clock_ms() >= conn->deadline)
		conn->closed = true;
	return conn->session != NULL;
}

void conn_bye(struct conn *conn, const char *text)
{
	if (conn->session)
		imapsrv_session_bye(conn->session, text);
}
