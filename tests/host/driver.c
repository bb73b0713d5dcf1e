/* SPDX-License-Identifier: MIT */
/*
 * host/driver - the transport side of a test.
 */
#include "host/hostileanswer.h"
#include "host/driver.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 1000000u /* of settle before it counts as endless */
#define IDLING 1000u    /* runs in a row that neither take nor give an octet nor answer */

static void say(struct td *d, int i, const char *what)
{
	tx_complain(d->log, "session %d: %s", i + 1, what);
}

static void on_fault(void *user, const char *what)
{
	struct ts_link *link = user;
	struct ts_hostile *h = &link->ts->hostile;

	if (h->played)
		h->told++;
	if (h->played && h->at % 2 && !h->blamed) {
		h->blamed = true;
		ts_post_everything(link);
		h->blamed = false;
	}
	if (link->ts->read_refused || link->ts->untrue || link->ts->hostile.played)
		return;
	tx_complain(link->ts->log, "the library blames the host: %s", what);
}

static void on_response(void *user, const char *data, size_t len)
{
	struct td_session *s = user;

	tc_response(&s->client, data, len);
}

int td_start(struct td *d, struct tx_log *log, struct ts *ts, struct ta *alloc,
             const struct td_options *options, struct imapsrv_config *config)
{
	struct imapsrv_store store;
	struct imapsrv_mailboxes mailboxes;
	struct imapsrv_sasl sasl;
	struct imapsrv_watch watch;
	struct imapsrv_metadata metadata;
	struct imapsrv_quota quota;
	struct imapsrv_urlauth urlauth;
	struct imapsrv_annotate annotate;
	struct imapsrv_language language;
	struct imapsrv_acl acl;
	int rc;

	memset(d, 0, sizeof(*d));
	d->log = log;
	d->ts = ts;
	d->alloc = alloc;
	d->options = *options;
	tx_seed(&d->random, options->seed);
	ts_fill(ts, &store, &mailboxes);
	config->store = &store;
	config->mailboxes = &mailboxes;
	ts_fill_watch(ts, &watch);
	config->watch = ts->absent & TS_NO_WATCH ? NULL : &watch;
	ts_fill_sasl(ts, &sasl);
	config->sasl = &sasl;
	ts_fill_metadata(ts, &metadata);
	config->metadata = &metadata;
	ts_fill_annotate(ts, &annotate);
	config->annotate = &annotate;
	ts_fill_quota(ts, &quota);
	config->quota = &quota;
	ts_fill_urlauth(ts, &urlauth);
	config->urlauth = &urlauth;
	ts_fill_language(ts, &language);
	config->language = &language;
	ts_fill_acl(ts, &acl);
	config->acl = &acl;
	if (ts->clock)
		config->clock = ts_clock;
	config->allocator = alloc ? &alloc->allocator : NULL;
	if (!config->fault)
		config->fault = on_fault;
	if (alloc)
		d->engine_octets = alloc->octets;
	rc = imapsrv_engine_new(config, &d->engine);
	if (alloc)
		d->engine_octets = alloc->octets - d->engine_octets;
	return rc;
}

int td_connect(struct td *d, int i, const struct imapsrv_session_config *config,
               const char *preauth)
{
	struct imapsrv_session_config c = *config;
	struct td_session *s = &d->sessions[i];
	struct imapsrv_account account;
	int rc;

	s->link = ts_link(d->ts);
	s->wire.log = d->log;
	s->wire.client = &s->client;
	s->wire.any_code = d->ts->options.fail_at != 0;
	s->wire.number = i + 1;
	s->wire.each = on_response;
	s->wire.user = s;
	s->client.log = d->log;
	s->client.number = i + 1;
	c.user = s->link;
	if (preauth) {
		if (!ts_preauth(s->link, preauth, &account))
			return IMAPSRV_EINVAL;
		c.preauth = &account;
	}
	rc = imapsrv_session_new(d->engine, &c, &s->session);
	if (rc) {
		s->session = NULL;
		ts_watch_end(s->link);
	}
	s->link->session = s->session;
	s->connected = !rc;
	return rc;
}

/* ---- one step --------------------------------------------------------------------------- */

static void fatal(struct td *d, int i, int rc)
{
	struct td_session *s = &d->sessions[i];

	if (!rc)
		return;
	if (!imapsrv_is_fatal(rc))
		tx_complain(d->log, "session %d: a call gave %d (%s)", i + 1, rc,
		            imapsrv_strerror(rc));
	s->error = rc;
	tx_clear(&s->input);
}

static size_t piece_of_input(struct td *d, const struct td_session *s)
{
	size_t n = s->input.len;

	if (d->options.random_pieces) {
		size_t r = 1 + tx_below(&d->random, tx_below(&d->random, 3) ? 7 : 200);

		n = r < n ? r : n;
	}
	if (d->options.piece && d->options.piece < n)
		n = d->options.piece;
	if (d->options.split > d->fed && d->options.split - d->fed < n)
		n = d->options.split - d->fed;
	return n;
}

static void do_read(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];
	size_t n = piece_of_input(d, s), used = 0;
	int rc;

	/* A block of exactly this size, so that reading past it is seen. */
	char *exact = tx_alloc(n);

	memcpy(exact, s->input.data, n);
	rc = imapsrv_session_recv(s->session, exact, n, &used);
	memset(exact, 0xdd, n);
	free(exact);
	if (used > n) {
		say(d, i, "recv took more than there was");
		used = n;
	}
	if (!used && !rc)
		say(d, i, "want said READ, recv took nothing");
	d->fed += used;
	tc_sent(&s->client, s->input.data, used);
	memmove(s->input.data, s->input.data + used, s->input.len - used);
	s->input.len -= used;
	fatal(d, i, rc);
}

/* recv must take nothing when READ is not set, nor RUN: recv does what run would do, too. */
static void try_read(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];
	size_t used = 0;
	int rc = imapsrv_session_recv(s->session, s->input.data, s->input.len, &used);

	if (used)
		say(d, i, "want did not say READ, recv took something");
	tc_sent(&s->client, s->input.data, used);
	memmove(s->input.data, s->input.data + used, s->input.len - used);
	s->input.len -= used;
	d->fed += used;
	fatal(d, i, rc);
}

static void do_write(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];
	struct imapsrv_span spans[4];
	size_t count = 0, total = 0, n, left;
	int rc = imapsrv_session_peek(s->session, spans, 4, &count);

	for (size_t k = 0; k < count; k++)
		total += spans[k].len;
	if (rc || !total) {
		say(d, i, "want said WRITE, peek shows nothing");
		s->stalled = true;
		return;
	}
	n = total;
	if (d->options.random_drain)
		n = 1 + tx_below(&d->random, (uint32_t)(total < 300 ? total : 300));
	if (d->options.drain && d->options.drain < n)
		n = d->options.drain;
	if (d->options.drain_ends && d->options.drain_end - d->drained < n)
		n = (size_t)(d->options.drain_end - d->drained);
	d->drained += n;
	left = n;
	for (size_t k = 0; k < count && left; k++) {
		size_t part = spans[k].len < left ? spans[k].len : left;

		tx_add(&s->output, spans[k].data, part);
		left -= part;
	}
	rc = imapsrv_session_sent(s->session, n);
	st_feed(&s->wire, s->output.data + s->output.len - n, n);
	if (rc && !imapsrv_is_fatal(rc))
		say(d, i, "sent refused what peek had shown");
	if (rc && !s->error)
		fatal(d, i, rc);
}

/* A session never holds more than its limit; and what sessions say that they hold is what was taken. */
static void check_memory(struct td *d, int i)
{
	const struct imapsrv_limits *limits = imapsrv_engine_limits(d->engine);
	struct td_session *s = &d->sessions[i];
	size_t all = d->engine_octets, peak;

	(void)imapsrv_session_memory(s->session, &peak);
	if (peak > (s->link->logged_in ? limits->memory : limits->memory_prelogin))
		say(d, i, "it held more memory than its limit");
	for (int k = 0; k < TD_SESSIONS; k++)
		if (d->sessions[k].session)
			all += imapsrv_session_memory(d->sessions[k].session, NULL);
	/* One that was put around it takes more. */
	if (d->alloc && d->alloc->allocator.user == d->alloc && all != d->alloc->octets)
		say(d, i, "memory was taken that no session says it holds");
}

static void check_want(struct td *d, int i, unsigned want)
{
	struct td_session *s = &d->sessions[i];
	struct imapsrv_span span;
	size_t count = 0;
	int rc = imapsrv_session_peek(s->session, &span, 1, &count);

	if (rc && !imapsrv_is_fatal(rc))
		say(d, i, "peek failed");
	if ((count > 0) != ((want & IMAPSRV_WANT_WRITE) != 0))
		say(d, i, count ? "peek shows something, want does not say WRITE"
		                : "want says WRITE, peek shows nothing");
	if (ts_pending(s->link) != ((want & IMAPSRV_WANT_HOST) != 0))
		say(d, i, ts_pending(s->link) ? "an op is open, want does not say HOST"
		                              : "want says HOST, no op is open");
	if ((want & IMAPSRV_WANT_CLOSE) && count)
		say(d, i, "want says CLOSE with output left");
	if ((want & IMAPSRV_WANT_STARTTLS) && (count || (want & IMAPSRV_WANT_READ)))
		say(d, i, "want says STARTTLS with output left, or READ too");
	if ((want & IMAPSRV_WANT_COMPRESS) &&
	    (count || (want & (IMAPSRV_WANT_READ | IMAPSRV_WANT_RUN | IMAPSRV_WANT_STARTTLS))))
		say(d, i, "want says COMPRESS with output left, or something else too");
}

/* Octets in clear behind STARTTLS: a host that has read them hands them in (ATTACKS T1). */
static void do_injected(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];
	size_t used = 0;
	int rc = imapsrv_session_recv(s->session, s->input.data, s->input.len, &used);

	if (used)
		say(d, i, "recv took something behind STARTTLS");
	tx_clear(&s->input);
	fatal(d, i, rc);
}

enum action {
	READ,
	WRITE,
	RUN,
	ANSWER,
	ACTIONS
};

/* What can be done now; chooses by the options. */
static int choose(struct td *d, int i, unsigned want)
{
	struct td_session *s = &d->sessions[i];
	bool can[ACTIONS] = {
		(want & (IMAPSRV_WANT_READ | IMAPSRV_WANT_STARTTLS)) && s->input.len,
		(want & IMAPSRV_WANT_WRITE) && !s->stalled,
		want & IMAPSRV_WANT_RUN,
		(want & IMAPSRV_WANT_HOST) && !d->ts->hold && s->link->op &&
			s->link->op->number != d->ts->options.mute_at,
	};
	/* Ops last, so that "later" is as late as can be; output before it, or after all. */
	static const enum action eager[] = {WRITE, READ, RUN, ANSWER};
	static const enum action lazy[] = {READ, RUN, ANSWER, WRITE};

	if (d->options.shuffle) {
		int from = (int)tx_below(&d->random, ACTIONS);

		for (int k = 0; k < ACTIONS; k++)
			if (can[(from + k) % ACTIONS])
				return (from + k) % ACTIONS;
		return -1;
	}
	for (int k = 0; k < ACTIONS; k++) {
		enum action a = d->options.lazy_drain ? lazy[k] : eager[k];

		if (can[a])
			return (int)a;
	}
	return -1;
}

/* Runs one session until nothing can be done; true if anything was. */
static bool settle_one(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];
	unsigned rounds = 0, idling = 0;

	if (!s->session)
		return false;
	for (;; rounds++) {
		unsigned want = imapsrv_session_want(s->session);
		uint64_t before = s->input.len + s->output.len + d->ts->op_count;
		int a;

		check_want(d, i, want);
		check_memory(d, i);
		s->stalled |= d->options.drain_ends && d->drained == d->options.drain_end;
		s->closed = (want & IMAPSRV_WANT_CLOSE) != 0;
		s->starttls = (want & IMAPSRV_WANT_STARTTLS) != 0;
		s->compress = (want & IMAPSRV_WANT_COMPRESS) != 0;
		if (d->options.shuffle && s->input.len && !s->error &&
		    !(want & (IMAPSRV_WANT_READ | IMAPSRV_WANT_RUN)) && tx_below(&d->random, 4) == 0) {
			try_read(d, i);
			continue;
		}
		a = choose(d, i, want);
		if (a < 0)
			break;
		if (a == READ && s->starttls)
			do_injected(d, i);
		else if (a == READ)
			do_read(d, i);
		else if (a == WRITE)
			do_write(d, i);
		else if (a == RUN)
			fatal(d, i, imapsrv_session_run(s->session));
		else if (ts_answer(s->link))
			fatal(d, i, imapsrv_session_run(s->session));
		if (d->options.exchange && a == READ)
			td_exchange(d, i);
		idling = s->input.len + s->output.len + d->ts->op_count == before && a == RUN
		                 ? idling + 1
		                 : 0;
		if (idling > IDLING || rounds > ROUNDS) {
			say(d, i, "there is no end to what want asks for");
			break;
		}
	}
	if (s->error && !s->stalled && !s->closed && !ts_pending(s->link))
		say(d, i, "it is over, but want does not say CLOSE");
	return rounds > 0;
}

static void tick_all(struct td *d)
{
	for (int i = 0; i < TD_SESSIONS; i++) {
		struct td_session *s = &d->sessions[i];

		if (!s->session)
			continue;
		s->deadline = imapsrv_session_tick(s->session, d->now);
		if (s->deadline <= d->now)
			say(d, i, "tick names a deadline that has passed");
	}
}

static void settle_all(struct td *d, int first)
{
	bool more = true;

	while (more) {
		more = false;
		if (first >= 0)
			more |= settle_one(d, first);
		for (int i = 0; i < TD_SESSIONS; i++)
			if (i != first)
				more |= settle_one(d, i);
	}
}

void td_settle(struct td *d, int first)
{
	tick_all(d);
	settle_all(d, first);
	/* Once more, so that what was done now counts as done now. */
	tick_all(d);
	settle_all(d, first);
	if (!d->options.exchange)
		return;
	for (int i = 0; i < TD_SESSIONS; i++)
		td_exchange(d, i);
	settle_all(d, first);
}

void td_feed(struct td *d, int i, const char *data, size_t len)
{
	struct td_session *s = &d->sessions[i];

	if (!s->session || s->closed || s->error)
		return;
	tx_add(&s->input, data, len);
	td_settle(d, i);
}

void td_feed_alone(struct td *d, int i, const char *data, size_t len)
{
	tx_add(&d->sessions[i].input, data, len);
	(void)settle_one(d, i);
}

void td_tick(struct td *d, uint64_t ms)
{
	d->now += ms;
	td_settle(d, -1);
}

void td_eof(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];

	if (!s->session || s->error)
		return;
	fatal(d, i, imapsrv_session_eof(s->session));
	td_settle(d, i);
}

void td_tls(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];

	if (!s->session || s->error || (d->faulty && !s->starttls))
		return;
	fatal(d, i, imapsrv_session_tls_started(s->session));
	td_settle(d, i);
}

void td_compress(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];

	if (!s->session || s->error || (d->faulty && !s->compress))
		return;
	fatal(d, i, imapsrv_session_compress_started(s->session));
	td_settle(d, i);
}

void td_drop(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];

	d->ts->hostile.last = NULL;
	if (s->session) {
		imapsrv_session_free(s->session);
		if (ts_pending(s->link))
			say(d, i, "freed without cancelling its op");
		ts_watch_end(s->link);
	}
	s->session = NULL;
	if (s->link)
		s->link->session = NULL;
}

void td_forget(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];

	td_drop(d, i);
	st_free(&s->wire);
	tc_free(&s->client);
	tx_free(&s->input);
	tx_free(&s->output);
	tx_free(&s->saved);
	memset(s, 0, sizeof(*s));
}

void td_finish(struct td *d)
{
	for (int i = 0; i < TD_SESSIONS; i++) {
		struct td_session *s = &d->sessions[i];

		if (s->session && !s->stalled && !d->faulty && !st_whole(&s->wire) &&
		    !ts_pending(s->link))
			say(d, i, "it ended in the middle of a response");
		td_forget(d, i);
	}
	imapsrv_engine_free(d->engine);
	d->engine = NULL;
	ts_check(d->ts);
	if (d->alloc)
		ta_check(d->alloc);
}
