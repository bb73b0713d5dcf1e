/* SPDX-License-Identifier: MIT */
/*
 * server.c - one thread, one poll(2): connections, signals, deadlines, and looks at the mailboxes
 * that are open: when the system says that something changed, and once a second.  A connection that
 * waits costs one entry of the poll set and is not touched otherwise.
 */
#include "server.h"

#include "address.h"
#include "handover.h"
#include "news.h"
#include "notices.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LOOK_MS      1000 /* between two looks at the open mailboxes */
#define FULL_MS      500  /* before another try when no more connections can be taken */
#define STOP_MS      2000 /* for connections to end when the server stops */
#define HANDOVER_MS  5000 /* for commands to end before another process takes over */
#define ACCEPTS      64   /* at a time */
#define FILES_SPARED 64   /* descriptors that connections leave for mailboxes and messages */

/* The first places of the poll set; connections follow. */
enum { SLOT_SIGNAL, SLOT_LISTEN, SLOT_NOTICES, SLOT_CONNS };

struct server {
	struct imapsrv_engine *engine;
	struct maildir *maildir;
	int listener; /* -1: none */
	rlim_t files;
	struct pollfd *fds;
	struct conn **conns; /* those of the poll set, from SLOT_CONNS on */
	uint64_t *deadlines; /* theirs, here so that looking for the next touches nothing else */
	uint64_t *hosts;     /* likewise; as address_host gives them, 0: none */
	bool any_closed;     /* of them */
	size_t count;        /* of the poll set */
	size_t capacity;
	struct conn *queue;  /* connections that have something to do */
	struct conn **queue_end;
	uint64_t look_at;
	uint64_t accept_at;  /* not before */
	uint64_t stop_at;    /* not 0: stopping; then at the latest */
	uint64_t handover_by; /* not 0: as soon as all can be saved; then at the latest */
	const struct options *options;
};

/* A signal handler can do no more than write into this. */
static int signal_pipe[2] = {-1, -1};

static void on_signal(int number)
{
	int error = errno;
	char byte = (char)number;

	if (write(signal_pipe[1], &byte, 1) < 0)
		errno = error;
	errno = error;
}

static void catch_signals(void)
{
	struct sigaction catch = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, hangup;

	if (pipe(signal_pipe))
		die("pipe: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
		fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
	}
	sigaction(SIGTERM, &catch, NULL);
	sigaction(SIGINT, &catch, NULL);
	/* Who began it with nohup(1) wants it to stay. */
	if (sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &catch, NULL);
	sigaction(SIGUSR2, &catch, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	handover_ready();
}

/* As many open files as may be: each connection is one, and each open mailbox. */
static rlim_t raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 256;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur;
}

static uint64_t host_of(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) ||
	    (peer.ss_family != AF_INET && peer.ss_family != AF_INET6))
		return 0;
	return address_host(&peer);
}

static void add_slot(struct server *server, int fd, struct conn *conn)
{
	if (server->count == server->capacity) {
		server->capacity = server->capacity ? server->capacity * 2 : 64;
		server->fds = xrealloc(server->fds, server->capacity, sizeof *server->fds);
		server->conns = xrealloc(server->conns, server->capacity, sizeof *server->conns);
		server->deadlines =
			xrealloc(server->deadlines, server->capacity, sizeof *server->deadlines);
		server->hosts =
			xrealloc(server->hosts, server->capacity, sizeof *server->hosts);
	}
	server->deadlines[server->count] = UINT64_MAX;
	server->hosts[server->count] = conn ? host_of(conn->in) : 0;
	server->fds[server->count] = (struct pollfd){.fd = fd, .events = POLLIN};
	server->conns[server->count++] = conn;
}

struct server *server_new(struct imapsrv_engine *engine, struct maildir *maildir,
                          const struct options *options)
{
	struct server *server = xcalloc(1, sizeof *server);

	*server = (struct server){
		.engine = engine, .maildir = maildir, .listener = -1, .options = options};
	server->queue_end = &server->queue;
	server->files = raise_file_limit();
	catch_signals();
	add_slot(server, signal_pipe[0], NULL);
	add_slot(server, -1, NULL);
	add_slot(server, maildir->boxes.notices.fd, NULL);
	return server;
}

void server_listen(struct server *server, const char *address)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof bound;
	char text[ADDRESS_MAX + 16];

	server->listener = address_listen(address);
	server->fds[SLOT_LISTEN].fd = server->listener;
	getsockname(server->listener, (struct sockaddr *)&bound, &len);
	address_print(&bound, len, text, sizeof text);
	log_plain("listening on %s", text);
}

/* ---- the queue of connections with something to do ---------------------------------------- */

static void enqueue(struct conn *conn)
{
	struct server *server = conn->server;

	if (conn->queued)
		return;
	conn->queued = true;
	conn->next_queued = NULL;
	*server->queue_end = conn;
	server->queue_end = &conn->next_queued;
}

/* The store posted an event to a session. */
static void wake(struct peer *peer)
{
	enqueue((struct conn *)peer);
}

/* Each that is in the queue now has one turn. */
static void work_queue(struct server *server)
{
	struct conn *conn = server->queue;

	server->queue = NULL;
	server->queue_end = &server->queue;
	while (conn) {
		struct conn *next = conn->next_queued;
		conn->queued = false;
		if (!conn->closed && conn_work(conn))
			enqueue(conn);
		server->fds[conn->slot].fd = conn_fd(conn);
		server->fds[conn->slot].events = conn_events(conn);
		server->deadlines[conn->slot] = conn->deadline;
		server->any_closed |= conn->closed;
		conn = next;
	}
}

/* ---- connections -------------------------------------------------------------------------- */

static void take_conn(struct server *server, struct conn *conn)
{
	conn->slot = server->count;
	add_slot(server, conn->in, conn);
	enqueue(conn);
}

static bool add_conn(struct server *server, int in, int out, const char *label,
                     const struct imapsrv_account *preauth)
{
	struct conn_kind kind = {server, server->engine, server->maildir, wake, preauth};
	struct conn *conn = conn_new(&kind, in, out, label);

	if (conn)
		take_conn(server, conn);
	return conn != NULL;
}

static void remove_conn(struct server *server, struct conn *conn)
{
	size_t slot = conn->slot, last = --server->count;

	server->fds[slot] = server->fds[last];
	server->conns[slot] = server->conns[last];
	server->deadlines[slot] = server->deadlines[last];
	server->hosts[slot] = server->hosts[last];
	server->conns[slot]->slot = slot;
	conn_free(conn);
}

static void remove_closed(struct server *server)
{
	if (!server->any_closed)
		return;
	server->any_closed = false;
	for (size_t i = server->count; i-- > SLOT_CONNS;) {
		struct conn *conn = server->conns[i];
		if (conn->closed && conn->queued)
			server->any_closed = true;
		else if (conn->closed)
			remove_conn(server, conn);
	}
}

void server_serve_stdio(struct server *server, const struct imapsrv_account *account)
{
	if (!add_conn(server, STDIN_FILENO, STDOUT_FILENO, "stdio", account))
		die("no session: %s", strerror(ENOMEM));
}

/* No more files: whoever waits in the backlog may wait until somebody leaves. */
static void pause_accepting(struct server *server)
{
	server->accept_at = clock_ms() + FULL_MS;
	log_error("too many open files: new connections wait");
}

static void turn_away(int fd)
{
	static const char bye[] = "* BYE [UNAVAILABLE] too many connections\r\n";

	if (write(fd, bye, sizeof bye - 1) < 0)
		log_line("a connection was turned away without a word");
	close(fd);
}

/* It has as many connections as it may have. */
static bool is_enough(const struct server *server, uint64_t host)
{
	uint32_t count = 0;

	for (size_t i = SLOT_CONNS; i < server->count; i++)
		count += server->hosts[i] == host;
	return count >= server->options->per_host;
}

static void take_connection(struct server *server, int fd, const char *label)
{
	int on = 1;

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* Answers are written whole: there is nothing to wait for. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) || !add_conn(server, fd, fd, label, NULL))
		close(fd);
}

static void accept_connections(struct server *server)
{
	char label[ADDRESS_MAX + 16];

	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		int fd = accept(server->listener, (struct sockaddr *)&peer, &len);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		               errno == ENOMEM))
			pause_accepting(server);
		if (fd < 0)
			return;
		if ((rlim_t)fd + FILES_SPARED >= server->files) {
			turn_away(fd);
			pause_accepting(server);
			return;
		}
		address_print(&peer, len, label, sizeof label);
		if (is_enough(server, address_host(&peer))) {
			log_line("%s: too many connections of this host", label);
			turn_away(fd);
			continue;
		}
		take_connection(server, fd, label);
	}
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void begin_stopping(struct server *server)
{
	if (server->stop_at)
		return;
	server->stop_at = clock_ms() + STOP_MS;
	if (server->listener >= 0)
		close(server->listener);
	server->listener = server->fds[SLOT_LISTEN].fd = -1;
	for (size_t i = SLOT_CONNS; i < server->count; i++) {
		conn_bye(server->conns[i], "the server is shutting down");
		enqueue(server->conns[i]);
	}
}

static void handle_signals(struct server *server)
{
	char bytes[16];
	ssize_t n;

	while ((n = read(signal_pipe[0], bytes, sizeof bytes)) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] != SIGUSR2)
				begin_stopping(server);
			else if (!server->handover_by)
				server->handover_by = clock_ms() + HANDOVER_MS;
		}
}

static uint64_t next_deadline(struct server *server)
{
	uint64_t next = server->stop_at ? server->stop_at : UINT64_MAX;

	for (size_t i = SLOT_CONNS; i < server->count; i++)
		if (server->deadlines[i] < next)
			next = server->deadlines[i];
	if (server->maildir->boxes.count && server->look_at < next)
		next = server->look_at;
	if (server->accept_at && server->accept_at < next)
		next = server->accept_at;
	if (server->handover_by && server->handover_by < next)
		next = server->handover_by;
	return next;
}

static int poll_timeout(struct server *server)
{
	uint64_t now = clock_ms(), next = next_deadline(server);

	if (server->queue || next <= now)
		return 0;
	return next - now < 60000 ? (int)(next - now) : 60000;
}

static void handle_deadlines(struct server *server)
{
	uint64_t now = clock_ms();

	if (server->look_at <= now) {
		boxes_tick(&server->maildir->boxes);
		news_tick(server->maildir);
		server->look_at = now + LOOK_MS;
	}
	if (server->accept_at <= now)
		server->accept_at = 0;
	for (size_t i = SLOT_CONNS; i < server->count; i++)
		if (server->deadlines[i] <= now)
			enqueue(server->conns[i]);
	server->fds[SLOT_LISTEN].events = server->accept_at ? 0 : POLLIN;
}

static void handle_events(struct server *server)
{
	size_t count = server->count; /* what accept adds was not polled */

	for (size_t i = SLOT_CONNS; i < count; i++) {
		short events = server->fds[i].revents;
		if (!events)
			continue;
		conn_ready(server->conns[i], events);
		enqueue(server->conns[i]);
	}
	if (server->fds[SLOT_SIGNAL].revents)
		handle_signals(server);
	if (server->fds[SLOT_NOTICES].revents)
		notices_read(&server->maildir->boxes.notices);
	if (server->listener >= 0 && server->fds[SLOT_LISTEN].revents)
		accept_connections(server);
}

/* ---- another process takes over ----------------------------------------------------------- */

static void take_saved(void *context, const struct handover_conn *saved)
{
	struct server *server = context;
	struct conn_kind kind = {server, server->engine, server->maildir, wake, NULL};
	struct imapsrv_account account;
	struct conn *conn = NULL;
	bool known = !saved->user.len ||
	             maildir_account(server->maildir, saved->user, &account);
	const char *why = known ? NULL : strerror(errno);

	if (saved->user.len && known)
		kind.preauth = &account;
	if (known)
		conn = conn_restore(&kind, saved->in, saved->out, saved->label, saved->data,
		                    saved->len, &why);
	if (conn) {
		conn->rest = saved->rest_len ? xstrndup(saved->rest, saved->rest_len) : NULL;
		conn->rest_len = saved->rest_len;
		take_conn(server, conn);
		return;
	}
	if (kind.preauth)
		maildir_store.logout(&(struct peer){0}, account.handle);
	log_error("%s: the connection is lost: %s", saved->label, why);
	close(saved->in);
}

void server_resume(struct server *server, int file)
{
	server->listener = handover_read(file, take_saved, server);
	server->fds[SLOT_LISTEN].fd = server->listener;
	log_line("took over %zu connections", server->count - SLOT_CONNS);
}

/* Nothing of a connection stays here but what is in the file. */
static void leave_all(struct server *server)
{
	while (server->count > SLOT_CONNS)
		conn_leave(server->conns[--server->count]);
	server->queue = NULL;
	server->queue_end = &server->queue;
	boxes_free(&server->maildir->boxes);
}

static void try_handover(struct server *server)
{
	bool force = clock_ms() >= server->handover_by;
	int file;

	if (!force && !handover_can(server->conns + SLOT_CONNS, server->count - SLOT_CONNS))
		return;
	server->handover_by = 0;
	file = handover_write(server->listener, server->conns + SLOT_CONNS,
	                      server->count - SLOT_CONNS);
	if (file < 0) {
		log_error("no file to hand over with: %s", strerror(errno));
		return;
	}
	leave_all(server);
	handover_exec(file, server->options->argv);
	log_error("%s cannot be started: %s", server->options->argv[0], strerror(errno));
	server_resume(server, file);
}

static bool is_done(const struct server *server)
{
	if (server->stop_at && clock_ms() >= server->stop_at)
		return true;
	return server->listener < 0 && server->count == SLOT_CONNS;
}

void server_run(struct server *server)
{
	while (!is_done(server)) {
		if (poll(server->fds, (nfds_t)server->count, poll_timeout(server)) < 0) {
			if (errno != EINTR && errno != EAGAIN)
				die("poll: %s", strerror(errno));
			continue;
		}
		handle_events(server);
		handle_deadlines(server);
		work_queue(server);
		news_work(server->maildir);
		remove_closed(server);
		if (server->handover_by && !server->stop_at)
			try_handover(server);
	}
}

void server_free(struct server *server)
{
	while (server->count > SLOT_CONNS)
		remove_conn(server, server->conns[server->count - 1]);
	if (server->listener >= 0)
		close(server->listener);
	for (int i = 0; i < 2; i++)
		close(signal_pipe[i]);
	free(server->fds);
	free(server->conns);
	free(server->deadlines);
	free(server->hosts);
	free(server);
}
