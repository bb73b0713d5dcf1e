/* SPDX-License-Identifier: MIT */
/*
 * main.c - imapsrv-maildir, an IMAP server for Maildir++ trees: puts together the parts.
 *
 *	options.c users.c scram.c             the command line, who may log in
 *	support.c files.c                     small things
 *	server.c conn.c address.c             the transport: sockets and the library's bytes
 *	handover.c                            another process takes the place of this one
 *	store.c store_*.c                     the callbacks: the library's questions
 *	annotations.c entries.c uses.c        what clients write about mailboxes
 *	quota.c quota_count.c                 how much mail there may be, and is
 *	ids.c                                 what mailboxes and messages are known by
 *	account*.c name.c subscriptions.c     a user's mailboxes
 *	place.c acl.c                         those of others, and who may do what there
 *	boxes.c box.c scan.c change.c         one mailbox and its messages
 *	deliver.c upload.c body.c filename.c  messages coming in and going out
 *	catalog.c index_*.c uidvalidity.c     what must not be forgotten
 *	modseqs.c kept.c                      what changed, and what has gone
 *	notices.c news*.c                     the system says where to look, the hub who hears
 */
#include "maildir.h"
#include "news.h"
#include "notices.h"
#include "options.h"
#include "scram.h"
#include "server.h"
#include "store.h"
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_fault(void *user, const char *what)
{
	const struct peer *peer = user;

	log_error("%s: the store broke its contract: %s", peer->label, what);
}

static void on_trace(void *user, enum imapsrv_trace what, const char *data, size_t len)
{
	const struct peer *peer = user;

	while (len) {
		const char *lf = memchr(data, '\n', len);
		size_t line = lf ? (size_t)(lf - data) : len;
		size_t shown = line && data[line - 1] == '\r' ? line - 1 : line;
		log_plain("%s %c: %.*s", peer->label, what == IMAPSRV_TRACE_SENT ? 'S' : 'C',
		          (int)(shown < 900 ? shown : 900), data);
		line += lf != NULL;
		data += line;
		len -= line;
	}
}

static int64_t on_clock(void *user)
{
	(void)user;
	return clock_now().tv_sec;
}

static struct imapsrv_engine *make_engine(const struct options *options, struct maildir *maildir)
{
	static const struct imapsrv_id id[] = {{"name", "imapsrv-maildir"},
	                                       {"version", IMAPSRV_VERSION}};
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	struct imapsrv_quota quota = IMAPSRV_QUOTA_INIT;
	struct imapsrv_engine *engine;

	limits.login_delay = options->auth_delay;
	config.store = &maildir_store;
	config.mailboxes = &maildir_mailboxes;
	config.metadata = &maildir_metadata;
	config.acl = maildir->share ? &maildir_acl : NULL;
	config.watch = &maildir_watch;
	config.limits = &limits;
	if (!options->stdio && scram_fill(&sasl, &maildir->users, options->root))
		config.sasl = &sasl;
	if (maildir->quotas.on) {
		store_fill_quota(&maildir->quotas, &quota);
		config.quota = &quota;
	}
	config.id = id;
	config.id_count = sizeof id / sizeof *id;
	config.fault = on_fault;
	config.clock = on_clock;
	config.trace = options->trace ? on_trace : NULL;
	int result = imapsrv_engine_new(&config, &engine);
	if (result)
		die("no engine: %s", imapsrv_strerror(result));
	return engine;
}

/* Beside his own mailboxes every user has those of others, in a namespace (RFC 2342). */
static void begin_sharing(struct maildir *maildir, const char *name)
{
	if (!name)
		return;
	maildir->share = name;
	maildir->share_prefix = xprintf("%s%c", name, maildir->separator);
	maildir->namespaces[0].kind = IMAPSRV_NS_PERSONAL;
	maildir->namespaces[1].kind = IMAPSRV_NS_OTHER_USERS;
	maildir->namespaces[1].prefix =
		(struct imapsrv_span){maildir->share_prefix, strlen(maildir->share_prefix)};
}

static void start(struct server *server, struct maildir *maildir, const struct options *options)
{
	struct imapsrv_account account;

	if (options->resume >= 0) {
		server_resume(server, options->resume);
		return;
	}
	if (!options->stdio) {
		server_listen(server, options->listen);
		return;
	}
	struct imapsrv_span name = {options->stdio, strlen(options->stdio)};
	if (!maildir_account(maildir, name, &account))
		die("--stdio %s: %s", options->stdio, strerror(errno));
	server_serve_stdio(server, &account);
}

int main(int argc, char **argv)
{
	struct options options;

	options_parse(&options, argc, argv);
	log_quiet(options.quiet);

	struct maildir maildir = {
		.root = options.root, .separator = options.separator, .users = options.users,
		.quotas = options.quotas};
	maildir.boxes.maildir = &maildir;
	begin_sharing(&maildir, options.share);
	notices_begin(&maildir.boxes.notices);
	news_begin(&maildir);
	struct imapsrv_engine *engine = make_engine(&options, &maildir);
	struct server *server = server_new(engine, &maildir, &options);

	start(server, &maildir, &options);
	server_run(server);
	server_free(server);
	boxes_free(&maildir.boxes);
	notices_end(&maildir.boxes.notices);
	news_end(&maildir);
	free(maildir.users.scram_secret);
	free(maildir.share_prefix);
	quota_clear(&maildir.quotas);
	imapsrv_engine_free(engine);
	options_clear(&options);
	return 0;
}
