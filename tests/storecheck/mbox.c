/* SPDX-License-Identifier: MIT */
/*
 * storecheck/mbox - the mbox store of the examples under the conformance kit: its callbacks in this
 * process, with nothing shared between connections but the files, as between processes; and a
 * delivery agent and another mail program beside them.
 *
 *	mbox SCRATCH [seed [histories]]
 */
#include "storecheck/finding.h"
#include "storecheck/scratch.h"

#include "../examples/mbox/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct connection {
	struct peer peer; /* first: the session's user pointer is this one too */
	struct connection *next;
};

struct place {
	bool folders; /* mailboxes can be made; else there is only the inbox */
	char inbox[300];
	struct connection *connections;
};

/* ---- what the kit asks of a host ------------------------------------------------------------ */

/* With a new session, or one that was saved. */
static struct imapsrv_session *connect_peer(struct place *place, struct imapsrv_engine *engine,
                                            const struct imapsrv_span *saved)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct connection *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->peer = (struct peer){.inbox = place->inbox, .side = scratch_dir()};
	if (place->folders)
		c->peer.folders = scratch_dir();
	account.handle = &c->peer;
	config.user = restore.user = &c->peer;
	config.secure = 1;
	config.preauth = restore.account = &account;
	if (saved ? imapsrv_session_restore(engine, &restore, saved->data, saved->len,
	                                    &c->peer.session, NULL)
	          : imapsrv_session_new(engine, &config, &c->peer.session)) {
		free(c);
		return NULL;
	}
	c->next = place->connections;
	place->connections = c;
	return c->peer.session;
}

static struct imapsrv_session *on_connect(void *user, struct imapsrv_engine *engine)
{
	return connect_peer(user, engine, NULL);
}

static struct imapsrv_session *on_restore(void *user, struct imapsrv_engine *engine,
                                          struct imapsrv_span saved)
{
	return connect_peer(user, engine, &saved);
}

static void on_disconnect(void *user, struct imapsrv_session *session)
{
	struct place *place = user;
	struct connection *c = imapsrv_session_user(session), **at = &place->connections;

	imapsrv_session_free(session);
	peer_free(&c->peer);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	free(c);
}

static int on_pump(void *user)
{
	struct place *place = user;

	for (struct connection *c = place->connections; c; c = c->next) {
		peer_look(&c->peer);
		if (c->peer.renumbered)
			imapsrv_session_bye(c->peer.session, "the mailbox was renumbered");
	}
	return 0;
}

/* Each connection has read the files anew. */
static int on_restart(void *user)
{
	(void)user;
	return 0;
}

/* ---- other programs ------------------------------------------------------------------------- */

static char *read_all(const char *path, size_t *len_r)
{
	FILE *from = fopen(path, "r");
	char *data = NULL;
	size_t cap = 0, n;

	*len_r = 0;
	do {
		if (*len_r + 4096 > cap) {
			char *more = realloc(data, cap = (cap + 4096) * 2);

			if (!more)
				abort();
			data = more;
		}
		n = from ? fread(data + *len_r, 1, 4096, from) : 0;
		*len_r += n;
	} while (n);
	if (from)
		fclose(from);
	return data;
}

/* LF for CRLF, and a ">" before what looks like the beginning of a message. */
static int deliver(const char *path, struct imapsrv_span message)
{
	const char *at = message.data, *end = at + message.len;
	FILE *to = fopen(path, "a");

	if (!to)
		return -1;
	fputs("From kit@example.org Mon Feb  1 10:00:00 2021\n", to);
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at)), *past = lf ? lf + 1 : end;
		const char *text = at;

		while (text < past && *text == '>')
			text++;
		if (past - text >= 5 && !memcmp(text, "From ", 5))
			putc('>', to);
		for (; at < past; at++)
			if (*at != '\r' || at + 1 == past || at[1] != '\n')
				putc(*at, to);
	}
	fputs(message.len && end[-1] == '\n' ? "\n" : "\n\n", to);
	return fclose(to) ? -1 : 0;
}

/* The lowest UID has what has been there longest. */
static int remove_first(const char *path)
{
	size_t len, at = 1;
	char *data = read_all(path, &len);
	FILE *to;

	while (at + 6 < len && memcmp(data + at, "\nFrom ", 6) != 0)
		at++;
	at = at + 6 < len ? at + 1 : len;
	to = fopen(path, "w");
	if (to) {
		fwrite(data + at, 1, len - at, to);
		fclose(to);
	}
	free(data);
	return to ? 0 : -1;
}

static int on_outside(void *user, enum imapsrv_outside what, struct imapsrv_span mailbox,
                      struct imapsrv_span message)
{
	const struct place *place = user;
	char path[600];

	if (place->folders)
		snprintf(path, sizeof path, "%s/%.*s", scratch_dir(), (int)mailbox.len,
		         mailbox.data);
	else
		snprintf(path, sizeof path, "%s", place->inbox);
	return what == IMAPSRV_OUTSIDE_DELIVER ? deliver(path, message) : remove_first(path);
}

static void on_report(void *user, const struct imapsrv_finding *f)
{
	(void)user;
	finding_print(f);
}

/* ---- a run ---------------------------------------------------------------------------------- */

static bool run(bool folders, uint32_t sessions, uint64_t seed, uint32_t histories)
{
	struct place place = {.folders = folders};
	struct imapsrv_storecheck check = IMAPSRV_STORECHECK_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	uint32_t findings = 0;
	int rc;

	scratch_empty();
	snprintf(place.inbox, sizeof place.inbox, "%s/INBOX", scratch_dir());
	config.store = &mbox_store;
	if (folders)
		config.mailboxes = &mbox_mailboxes;
	check.config = &config;
	check.user = &place;
	check.connect = on_connect;
	check.disconnect = on_disconnect;
	check.pump = on_pump;
	check.restart = on_restart;
	check.restore = on_restore;
	check.outside = on_outside;
	check.report = on_report;
	check.sessions = sessions;
	check.seed = seed;
	check.histories = histories;
	check.whole_lines = 1;
	rc = imapsrv_storecheck_run(&check, &findings);
	if (rc)
		printf("mbox: %s\n", imapsrv_strerror(rc));
	return !rc && !findings;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	uint32_t histories = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 4;
	unsigned passed = 0;

	if (argc < 2)
		return 2;
	scratch_begin(argv[1]);
	passed += run(true, 0, seed, histories);
	passed += run(true, 4, seed + 1, histories);
	passed += run(false, 0, seed + 2, histories);
	scratch_end();
	printf("mbox under the kit: %u passed, %u failed\n", passed, 3 - passed);
	return passed != 3;
}
