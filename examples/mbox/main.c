/* SPDX-License-Identifier: MIT */
/*
 * main.c - imapsrv-mbox: an IMAP server for mbox files, on standard input and output, for a user
 * who is logged in already.
 *
 *	main.c support.c             the command line, the transport, small things
 *	store.c names.c              the callbacks: the library's questions
 *	box.c change.c               one mailbox: looking at it, changing it
 *	scan.c flags.c digest.c      an mbox as messages
 *	uids.c slots.c               what an mbox does not say: UIDs, and the ledger's octets
 *	lock.c redo.c                so that neither others nor a crash come in between
 */
#include "store.h"
#include "support.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 1000  /* how often an open mailbox is looked at */
#define BATCH   10000 /* messages of which it is asked at once */

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void on_fault(void *user, const char *what)
{
	(void)user;
	log_line("the store broke its contract: %s", what);
}

/* ---- the transport -------------------------------------------------------------------------- */

/* All that there is to be written.  False: nobody reads it. */
static bool flush(struct imapsrv_session *s)
{
	struct pollfd out_fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
	struct imapsrv_span out;
	size_t count;

	while (!imapsrv_session_peek(s, &out, 1, &count) && count) {
		ssize_t n = write(STDOUT_FILENO, out.data, out.len);
		/* Whoever gave us the descriptor may have made it not to block. */
		if (n < 0 && errno == EAGAIN && poll(&out_fd, 1, -1) >= 0)
			continue;
		if (n < 0 && errno != EINTR)
			return false;
		imapsrv_session_sent(s, n > 0 ? (size_t)n : 0);
	}
	return true;
}

/* Waits for the client; false: it is time to look at the mailbox. */
static bool wait_for_input(struct imapsrv_session *s)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t now = clock_ms(), next = imapsrv_session_tick(s, now);
	uint64_t ms = next > now ? next - now : 0;

	if (imapsrv_session_want(s) & (IMAPSRV_WANT_WRITE | IMAPSRV_WANT_CLOSE))
		return false;
	if (ms > 60000)
		ms = 60000;
	if (imapsrv_session_state(s) == IMAPSRV_SELECTED && ms > LOOK_MS)
		ms = LOOK_MS;
	return poll(&in, 1, (int)ms) > 0;
}

static void serve(struct peer *peer)
{
	struct imapsrv_session *s = peer->session;
	static char in[65536];
	size_t at = 0, len = 0, used;

	while (flush(s) && !(imapsrv_session_want(s) & IMAPSRV_WANT_CLOSE)) {
		if (imapsrv_session_want(s) & IMAPSRV_WANT_RUN) {
			imapsrv_session_run(s);
		} else if (at < len) {
			/* An error is fatal, and shows in what the session wants then. */
			if (imapsrv_session_recv(s, in + at, len - at, &used))
				used = len - at;
			at += used;
		} else {
			bool ready = wait_for_input(s);
			ssize_t n = ready ? read(STDIN_FILENO, in, sizeof in) : -1;
			/* What cannot be read has ended. */
			if (ready && n < 0 && errno != EINTR && errno != EAGAIN)
				n = 0;
			/* Before a command is read: its answer is about now. */
			if (n)
				peer_look(peer);
			else
				imapsrv_session_eof(s);
			at = 0;
			len = n > 0 ? (size_t)n : 0;
		}
		if (peer->renumbered)
			imapsrv_session_bye(s, "the mailbox was renumbered: connect again");
	}
}

/* ---- the command line ----------------------------------------------------------------------- */

static _Noreturn void usage(void)
{
	fputs("usage: imapsrv-mbox [-i inbox] [-s directory] [file | directory]\n", stderr);
	exit(2);
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, slash > path ? (size_t)(slash - path) : 1) : xformat(".");
}

/* `made`: paths that are put together here, to be freed. */
static void read_options(struct peer *peer, char *made[2], int argc, char **argv)
{
	struct stat st;
	int option;

	while ((option = getopt(argc, argv, "i:s:")) != -1) {
		if (option == 'i')
			peer->inbox = optarg;
		else if (option == 's')
			peer->side = optarg;
		else
			usage();
	}
	const char *path = optind < argc ? argv[optind] : NULL;
	if (argc - optind > 1 || (!path && !peer->inbox))
		usage();
	if (path && !stat(path, &st) && S_ISDIR(st.st_mode))
		peer->folders = path;
	else if (path && !peer->inbox)
		peer->inbox = path;
	else if (path)
		usage();
	if (!peer->inbox)
		peer->inbox = made[0] = xformat("%s/INBOX", peer->folders);
	if (!peer->side && peer->folders)
		peer->side = peer->folders;
	else if (!peer->side)
		peer->side = made[1] = directory_of(peer->inbox);
}

int main(int argc, char **argv)
{
	static const struct imapsrv_id id[] = {{"name", "imapsrv-mbox"},
	                                       {"version", IMAPSRV_VERSION}};
	struct peer peer = {0};
	char *made[2] = {NULL, NULL};
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_engine *engine;

	read_options(&peer, made, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	/* The file is rewritten for each batch of a STORE. */
	limits.batch = BATCH;
	config.limits = &limits;
	config.store = &mbox_store;
	config.mailboxes = &mbox_mailboxes;
	config.id = id;
	config.id_count = sizeof id / sizeof *id;
	config.fault = on_fault;
	account.handle = &peer;
	account.separator = 0;
	client.user = &peer;
	client.secure = 1;
	client.preauth = &account;
	if (imapsrv_engine_new(&config, &engine) ||
	    imapsrv_session_new(engine, &client, &peer.session)) {
		log_line("out of memory");
		return 1;
	}
	serve(&peer);
	imapsrv_session_free(peer.session);
	peer_free(&peer);
	imapsrv_engine_free(engine);
	free(made[0]);
	free(made[1]);
	return 0;
}
