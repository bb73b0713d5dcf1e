/* SPDX-License-Identifier: MIT */
/*
 * attack/world - the store, the engine and the connection of an attack.
 */
#include "attack/world.h"

#include "attack/counted.h"

enum { KEPT = 1 << 16 }; /* octets of output that are looked at */

static void on_fault(void *user, const char *what)
{
	tx_complain(((struct ts_link *)user)->ts->log, "the library blames the host: %s", what);
}

static void *(*plain_realloc)(void *user, void *block, size_t old_size, size_t size);

static void *moving(void *user, void *block, size_t old_size, size_t size)
{
	counted_octets(old_size < size ? old_size : size);
	return plain_realloc(user, block, old_size, size);
}

void world_begin(struct world *w)
{
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;

	memset(w, 0, sizeof(*w));
	w->ts = ts_new(&w->log);
	w->fred = ts_add_user(w->ts, "fred", "secret");
	w->inbox = ts_find(w->ts, w->fred, "INBOX");
	w->ts->modseqs = true;
	w->ts->meta.on = true;
	ta_init(&w->alloc, &w->log);
	plain_realloc = w->alloc.allocator.realloc;
	w->alloc.allocator.realloc = moving;
	w->ts->notes.on = true;
	w->ts->objectids = true;
	w->ts->savedates = true;
	limits.command = 64 << 20;
	limits.command_prelogin = 64 << 20;
	limits.arena = 512 << 20;
	limits.memory = 1024 << 20;
	limits.memory_prelogin = 1024 << 20;
	limits.search_terms = 1 << 20;
	limits.fetch_items = 1 << 20;
	limits.keywords = 1 << 20;
	limits.set_ranges = 1 << 20;
	limits.names = 1 << 20;
	limits.metadata_entries = 1 << 20;
	limits.notify_names = 1 << 20;
	limits.notify_mailboxes = 1 << 20;
	limits.notify_pending = 1 << 20;
	limits.annotation_entries = 1 << 20;
	limits.append_messages = 1 << 20;
	limits.addresses = 1 << 20;
	limits.params = 1 << 20;
	limits.parts = 1 << 20;
	limits.header_octets = 64 << 20;
	limits.described = 64 << 20;
	limits.bad_commands = 1 << 20;
	limits.bad_prelogin = 1 << 20;
	limits.failed_logins = 1 << 20;
	limits.login_delay = UINT32_MAX;
	limits.inprogress = UINT32_MAX;
	limits.sort = 256 << 20;
	w->limits = limits;
	w->client = (struct imapsrv_session_config)IMAPSRV_SESSION_CONFIG_INIT;
	w->client.secure = 1;
}

static void on_response(void *user, const char *data, size_t len)
{
	struct world *w = user;

	(void)data;
	(void)len;
	w->responses++;
}

static void begin_engine(struct world *w)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store;
	struct imapsrv_mailboxes mailboxes;
	struct imapsrv_sasl sasl;
	struct imapsrv_watch watch;
	struct imapsrv_metadata metadata;
	struct imapsrv_quota quota;
	struct imapsrv_annotate annotate;
	struct imapsrv_language language;
	struct imapsrv_acl acl;
	struct imapsrv_urlauth urlauth;

	ts_fill(w->ts, &store, &mailboxes);
	ts_fill_watch(w->ts, &watch);
	ts_fill_sasl(w->ts, &sasl);
	ts_fill_metadata(w->ts, &metadata);
	ts_fill_quota(w->ts, &quota);
	ts_fill_annotate(w->ts, &annotate);
	ts_fill_language(w->ts, &language);
	ts_fill_acl(w->ts, &acl);
	ts_fill_urlauth(w->ts, &urlauth);
	config.store = &store;
	config.mailboxes = &mailboxes;
	config.watch = &watch;
	config.sasl = &sasl;
	config.metadata = &metadata;
	config.quota = &quota;
	config.annotate = &annotate;
	config.language = &language;
	config.referrals = IMAPSRV_REFERRALS_LOGIN | IMAPSRV_REFERRALS_MAILBOX;
	config.acl = &acl;
	config.urlauth = &urlauth;
	config.clock = ts_clock;
	config.jmap = "https://example.com/jmap";
	config.limits = &w->limits;
	config.allocator = &w->alloc.allocator;
	config.fault = on_fault;
	assert_int_equal(imapsrv_engine_new(&config, &w->engine), 0);
}

void world_connect(struct world *w, bool preauth)
{
	struct imapsrv_session_config client = w->client;
	struct imapsrv_account account;

	if (!w->engine)
		begin_engine(w);
	w->link = ts_link(w->ts);
	client.user = w->link;
	if (preauth) {
		assert_true(ts_preauth(w->link, "fred", &account));
		client.preauth = &account;
	}
	assert_int_equal(imapsrv_session_new(w->engine, &client, &w->s), 0);
	w->link->session = w->s;
	w->strict.log = &w->log;
	w->strict.each = on_response;
	w->strict.user = w;
	w->strict.agreed |= w->ts->speaks ? ST_LANGUAGE : 0; /* whichever command chooses one */
	w->said.len = 0;
	world_run(w, true);
}

void world_drop(struct world *w)
{
	if (!w->s)
		return;
	imapsrv_session_free(w->s);
	w->link->session = NULL;
	ts_watch_end(w->link);
	w->s = NULL;
	st_free(&w->strict);
	memset(&w->strict, 0, sizeof(w->strict));
}

void world_end(struct world *w)
{
	world_drop(w);
	imapsrv_engine_free(w->engine);
	ts_check(w->ts);
	ta_check(&w->alloc);
	if (w->log.count)
		fail_msg("%s", w->log.first);
	ts_free(w->ts);
	tx_free(&w->said);
}

void world_add(struct world *w, const char *data, size_t len)
{
	assert_non_null(ts_add(w->inbox, 0, data, len, 0, 0));
}

static void drain_all(struct world *w)
{
	struct imapsrv_span spans[8];
	size_t count, total;

	while (imapsrv_session_peek(w->s, spans, 8, &count) == 0 && count) {
		total = 0;
		for (size_t i = 0; i < count; i++) {
			tx_add(&w->said, spans[i].data, spans[i].len);
			st_feed(&w->strict, spans[i].data, spans[i].len);
			total += spans[i].len;
		}
		w->emitted += total;
		if (w->said.len > 2 * KEPT) {
			memmove(w->said.data, w->said.data + w->said.len - KEPT, KEPT);
			w->said.len = KEPT;
		}
		imapsrv_session_sent(w->s, total);
	}
}

void world_run(struct world *w, bool drain)
{
	do {
		imapsrv_session_run(w->s);
		if (drain)
			drain_all(w);
		if (imapsrv_session_want(w->s) & IMAPSRV_WANT_COMPRESS)
			assert_int_equal(imapsrv_session_compress_started(w->s), 0);
	} while (imapsrv_session_want(w->s) & IMAPSRV_WANT_RUN);
}

/* From a block of exactly that size, so that reading past it is seen. */
static int recv_exactly(struct world *w, const char *data, size_t n, size_t *used_r)
{
	char *block = exact(data, n);
	int rc = imapsrv_session_recv(w->s, block, n, used_r);

	free(block);
	return rc;
}

size_t world_feed(struct world *w, const char *data, size_t len, size_t piece)
{
	size_t at = 0;

	while (at < len) {
		size_t n = piece && piece < len - at ? piece : len - at, used = 0;
		bool reads = imapsrv_session_want(w->s) & IMAPSRV_WANT_READ;

		if (recv_exactly(w, data + at, n, &used))
			break;
		at += used;
		if (reads && !used)
			tx_complain(&w->log, "want said READ, and nothing was taken");
		if (imapsrv_session_want(w->s) & (IMAPSRV_WANT_WRITE | IMAPSRV_WANT_RUN))
			world_run(w, true);
		else if (!used)
			break;
		if (world_closed(w))
			break;
	}
	drain_all(w);
	return at;
}

const char *world_last(struct world *w)
{
	size_t end = w->said.len, at;

	while (end && (w->said.data[end - 1] == '\n' || w->said.data[end - 1] == '\r'))
		end--;
	at = end;
	while (at && w->said.data[at - 1] != '\n')
		at--;
	if (end > at)
		memmove(w->said.data, w->said.data + at, end - at);
	w->said.len = end - at;
	tx_add(&w->said, "", 1);
	w->said.len = 0;
	return w->said.data;
}

const char *world_say(struct world *w, const char *text)
{
	w->said.len = 0;
	world_feed(w, text, strlen(text), 0);
	return world_last(w);
}

bool world_closed(const struct world *w)
{
	return imapsrv_session_want(w->s) & IMAPSRV_WANT_CLOSE;
}
