/* SPDX-License-Identifier: MIT */
/*
 * storecheck/maildir - the Maildir store of the examples under the conformance kit: its callbacks
 * in this process, on real files, with a delivery agent and another mail program beside it.
 *
 *	maildir SCRATCH [seed [histories]]
 */
#include "storecheck/finding.h"
#include "storecheck/scratch.h"

#include "../examples/maildir/maildir.h"
#include "../examples/maildir/news.h"
#include "../examples/maildir/notices.h"
#include "../examples/maildir/scram.h"
#include "../examples/maildir/store.h"
#include "../examples/maildir/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct connection {
	struct peer peer; /* first: the session's user pointer is this one too */
	struct connection *next;
};

/* As the server may be started. */
struct start {
	char separator;
	bool share; /* users have mailboxes of others, and lists */
	bool quota;
	uint32_t sessions;
};

struct place {
	struct maildir maildir;
	const struct start *start;
	const char *users[2];
	struct connection *connections;
	unsigned delivered;
	void *secret; /* of SCRAM */
};

static void on_wake(struct peer *peer)
{
	(void)peer; /* the kit asks every session what it wants */
}

static void place_open(struct place *place)
{
	struct maildir *maildir = &place->maildir;

	*maildir = (struct maildir){.root = scratch_dir(), .separator = place->start->separator};
	if (place->start->share) {
		maildir->share = "Others";
		maildir->share_prefix = xprintf("Others%c", maildir->separator);
		maildir->namespaces[0].kind = IMAPSRV_NS_PERSONAL;
		maildir->namespaces[1].kind = IMAPSRV_NS_OTHER_USERS;
		maildir->namespaces[1].prefix = (struct imapsrv_span){
			maildir->share_prefix, strlen(maildir->share_prefix)};
	}
	maildir->quotas.on = maildir->quotas.settable = place->start->quota;
	maildir->quotas.limits = (struct amount){100u << 20, 10000};
	place->maildir.users.given = place->users;
	place->maildir.users.given_count = 2;
	place->maildir.users.scram_secret = place->secret;
	place->maildir.boxes.maildir = &place->maildir;
	notices_begin(&place->maildir.boxes.notices);
	news_begin(&place->maildir);
}

static void place_close(struct place *place)
{
	news_settle(&place->maildir);
	boxes_free(&place->maildir.boxes);
	notices_end(&place->maildir.boxes.notices);
	news_end(&place->maildir);
	free(place->maildir.share_prefix);
	quota_clear(&place->maildir.quotas);
}

/* ---- what the kit asks of a host ------------------------------------------------------------ */

static struct connection *connect_peer(struct place *place)
{
	struct connection *c = calloc(1, sizeof *c);

	if (c)
		c->peer = (struct peer){.maildir = &place->maildir, .label = "kit",
		                        .wake = on_wake};
	return c;
}

/* There is a session, or the connection is of no use. */
static struct imapsrv_session *connected(struct place *place, struct connection *c,
                                         struct imapsrv_session *session)
{
	if (!session) {
		free(c);
		return NULL;
	}
	c->next = place->connections;
	place->connections = c;
	return session;
}

static struct imapsrv_session *on_connect(void *user, struct imapsrv_engine *engine)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_session *session = NULL;
	struct connection *c = connect_peer(user);

	if (!c)
		return NULL;
	config.user = &c->peer;
	config.secure = 1;
	imapsrv_session_new(engine, &config, &session);
	return connected(user, c, session);
}

/* As the server does that takes over the connections of another one. */
static struct imapsrv_session *on_restore(void *user, struct imapsrv_engine *engine,
                                          struct imapsrv_span saved)
{
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account;
	struct imapsrv_session *session = NULL;
	struct connection *c = connect_peer(user);

	if (!c)
		return NULL;
	if (maildir_account(c->peer.maildir, (struct imapsrv_span){"fred", 4}, &account)) {
		restore.user = &c->peer;
		restore.account = &account;
		if (imapsrv_session_restore(engine, &restore, saved.data, saved.len, &session,
		                            NULL))
			account_close(account.handle);
	}
	return connected(user, c, session);
}

static void on_disconnect(void *user, struct imapsrv_session *session)
{
	struct place *place = user;
	struct connection *c = imapsrv_session_user(session), **at = &place->connections;

	imapsrv_session_free(session);
	news_leave(&c->peer);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	free(c);
}

/* As the server's loop: looks at what is open, and does what had to wait. */
static int on_pump(void *user)
{
	struct place *place = user;

	for (struct connection *c = place->connections; c; c = c->next)
		maildir_look(&c->peer);
	news_tick(&place->maildir);
	news_settle(&place->maildir);
	return 0;
}

static int on_restart(void *user)
{
	place_close(user);
	place_open(user);
	return 0;
}

/* The directory of a mailbox, as Maildir++ has it. */
static void path_of(char *path, size_t size, struct imapsrv_span name, const char *below)
{
	snprintf(path, size, "%s/fred/.%.*s/%s", scratch_dir(), (int)name.len, name.data, below);
}

static int deliver(struct place *place, struct imapsrv_span name, struct imapsrv_span message)
{
	char base[64], tmp[600], new[600], below[80];

	snprintf(base, sizeof base, "%u.M%uP1.kit", 1600000000u + place->delivered,
	         place->delivered);
	place->delivered++;
	snprintf(below, sizeof below, "tmp/%s", base);
	path_of(tmp, sizeof tmp, name, below);
	snprintf(below, sizeof below, "new/%s", base);
	path_of(new, sizeof new, name, below);
	return scratch_write_lf(tmp, "", message) || rename(tmp, new);
}

/* Another mail program removes a file; which one has the lowest UID, the store has written down. */
static int remove_first(struct place *place, struct imapsrv_span name)
{
	struct account *account = account_open(&place->maildir, (struct imapsrv_span){"fred", 4});
	struct box *box = NULL;
	char path[600];
	int result = 1;

	if (account && !account_box(account, name, &box)) {
		if (!box_sync(box) && box->catalog.count) {
			char *file = box_path(&box->catalog.messages[0]);

			path_of(path, sizeof path, name, file);
			free(file);
			result = unlink(path);
		}
		box_release(box);
	}
	if (account)
		account_close(account);
	return result;
}

/*
 * The clock of a file system is coarse: what happens at once after a change of the store's own has
 * the same time, and is seen two seconds later.  Here it has the time of day.
 */
static void show(struct imapsrv_span name, const char *below)
{
	struct timespec now[2] = {clock_now(), clock_now()};
	char path[600];

	path_of(path, sizeof path, name, below);
	utimensat(AT_FDCWD, path, now, 0);
}

static int on_outside(void *user, enum imapsrv_outside what, struct imapsrv_span mailbox,
                      struct imapsrv_span message)
{
	int result = what == IMAPSRV_OUTSIDE_DELIVER ? deliver(user, mailbox, message)
	                                             : remove_first(user, mailbox);

	if (!result)
		show(mailbox, what == IMAPSRV_OUTSIDE_DELIVER ? "new" : "cur");
	return result;
}

static void on_report(void *user, const struct imapsrv_finding *f)
{
	(void)user;
	finding_print(f);
}

static int64_t on_clock(void *user)
{
	(void)user;
	return clock_now().tv_sec;
}

/* ---- a run ---------------------------------------------------------------------------------- */

static bool run(const struct start *start, uint64_t seed, uint32_t histories)
{
	struct place place = {.users = {"fred:x", "joe:y"}, .start = start};
	struct imapsrv_storecheck check = IMAPSRV_STORECHECK_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_quota quota = IMAPSRV_QUOTA_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	uint32_t findings = 0;
	int rc;

	scratch_empty();
	place_open(&place);
	store_fill_quota(&place.maildir.quotas, &quota);
	config.store = &maildir_store;
	config.mailboxes = &maildir_mailboxes;
	config.metadata = &maildir_metadata;
	config.watch = &maildir_watch;
	config.acl = start->share ? &maildir_acl : NULL;
	config.quota = start->quota ? &quota : NULL;
	config.sasl = scram_fill(&sasl, &place.maildir.users, scratch_dir()) ? &sasl : NULL;
	place.secret = place.maildir.users.scram_secret;
	config.clock = on_clock;
	check.config = &config;
	check.user = &place;
	check.connect = on_connect;
	check.disconnect = on_disconnect;
	check.pump = on_pump;
	check.restart = on_restart;
	check.outside = on_outside;
	check.report = on_report;
	check.name = "fred";
	check.password = "x";
	check.other_name = "joe";
	check.other_password = "y";
	check.restore = on_restore;
	check.sessions = start->sessions;
	check.seed = seed;
	check.histories = histories;
	rc = imapsrv_storecheck_run(&check, &findings);
	place_close(&place);
	free(place.secret);
	if (rc)
		printf("maildir: %s\n", imapsrv_strerror(rc));
	return !rc && !findings;
}

int main(int argc, char **argv)
{
	static const struct start starts[] = {
		{'/', false, false, 0}, {'.', false, true, 4}, {'/', true, false, 0},
			{'/', true, true, 1}};
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	uint32_t histories = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 4;
	unsigned passed = 0, count = sizeof starts / sizeof *starts;

	if (argc < 2)
		return 2;
	log_quiet(true);
	scratch_begin(argv[1]);
	for (unsigned i = 0; i < count; i++)
		passed += run(&starts[i], seed + i, histories);
	scratch_end();
	printf("maildir under the kit: %u passed, %u failed\n", passed, count - passed);
	return passed != count;
}
