/* SPDX-License-Identifier: MIT */
/*
 * storecheck/drive - moves the octets of the clients, lets the store work, and keeps the
 * transcript.  It is a host's transport by public calls only.
 */
#include <string.h>

#include "storecheck/check.h"

enum {
	PATIENCE = 100000, /* calls of `pump` in a row after which no session can go on */
	MOVES = 1000000,   /* and in one settling of those after which one can: events without
	                    * end */
	ROUNDS = 10000000, /* steps of sessions in one settling */
	SHOWN = 400        /* octets of one note in the transcript */
};

/* ---- the transcript ---------------------------------------------------------------------- */

void isrv_sc_note(struct isrv_sc *c, const struct isrv_sc_client *k, char who, const char *data,
                  size_t len)
{
	struct isrv_buf *to = &c->transcript;
	size_t shown = len > SHOWN ? SHOWN : len;

	/* The older half goes, up to the end of a line. */
	if (to->len + shown + 64 > to->max) {
		char *half = memchr(to->data + to->len / 2, '\n', to->len - to->len / 2);
		size_t gone = half ? (size_t)(half + 1 - to->data) : to->len;

		memmove(to->data, to->data + gone, to->len - gone);
		to->len -= gone;
	}
	isrv_sc_put(c, to, "%s%u: %.*s", who == 'C' ? "C" : "S", k->number, (int)shown, data);
	if (shown < len)
		isrv_sc_put(c, to, " ... (%llu octets)", (unsigned long long)len);
	isrv_sc_put(c, to, "\n");
}

/* ---- one session ------------------------------------------------------------------------- */

/* A session that may hold no more, though there is memory, was given too much. */
static void failed(struct isrv_sc_client *k, int rc)
{
	if (rc == IMAPSRV_ENOMEM && k->c->starved)
		isrv_sc_out_of_memory(k->c);
	if (imapsrv_is_fatal(rc))
		k->ended = true;
}

static void drain(struct isrv_sc_client *k)
{
	struct imapsrv_span spans[8];
	size_t count = 0, total = 0;
	int rc = imapsrv_session_peek(k->session, spans, 8, &count);

	for (size_t i = 0; i < count; i++) {
		/* A body of 2^63 octets, say: the client has heard enough. */
		if (spans[i].len > k->output.max - k->output.len) {
			isrv_sc_blame(k->c, ISRV_SC_SESSION_LIVES,
			              "a command is answered with more than %llu octets",
			              (unsigned long long)k->output.max);
			k->held = true;
			return;
		}
		isrv_sc_add(k->c, &k->output, spans[i].data, spans[i].len);
		total += spans[i].len;
	}
	if (!rc && total)
		rc = imapsrv_session_sent(k->session, total);
	failed(k, rc);
}

static void feed(struct isrv_sc_client *k)
{
	size_t used = 0;
	int rc = imapsrv_session_recv(k->session, k->input.data + k->taken,
	                              k->input.len - k->taken, &used);

	k->taken += used;
	if (k->taken == k->input.len || rc)
		k->taken = k->input.len = 0;
	failed(k, rc);
}

/* Does one thing that the session wants; false: there is none. */
static bool step(struct isrv_sc_client *k)
{
	unsigned want = imapsrv_session_want(k->session);

	if ((want & IMAPSRV_WANT_WRITE) && !k->held) {
		drain(k);
	} else if ((want & IMAPSRV_WANT_READ) && k->taken < k->input.len) {
		feed(k);
	} else if (want & IMAPSRV_WANT_RUN) {
		failed(k, imapsrv_session_run(k->session));
	} else {
		k->ended |= (want & IMAPSRV_WANT_CLOSE) != 0;
		return false;
	}
	return true;
}

/* ---- all of them ------------------------------------------------------------------------- */

static bool step_all(struct isrv_sc *c)
{
	bool moved = false;

	for (unsigned i = 0; i < ISRV_SC_CLIENTS; i++) {
		struct isrv_sc_client *k = &c->clients[i];

		if (!k->session)
			continue;
		for (unsigned round = 0; round < ROUNDS && !c->rc && step(k); round++)
			moved = true;
		if (!c->rc && moved)
			isrv_sc_hear(k);
	}
	return moved;
}

/* The clock of the sessions stands still: no store has to be quick. */
static void tell_time(struct isrv_sc *c)
{
	for (unsigned i = 0; i < ISRV_SC_CLIENTS; i++)
		if (c->clients[i].session)
			imapsrv_session_tick(c->clients[i].session, 0);
}

void isrv_sc_push(struct isrv_sc *c)
{
	if (!isrv_sc_live(c))
		return;
	tell_time(c);
	while (step_all(c))
		;
}

void isrv_sc_settle(struct isrv_sc *c)
{
	unsigned patience = PATIENCE, moves = 0;
	bool more = true;

	tell_time(c);
	step_all(c);
	while (!c->rc && more) {
		more = c->check.pump && c->check.pump(c->check.user) && --patience;
		if (!step_all(c))
			continue;
		patience = PATIENCE;
		more = ++moves < MOVES;
		if (!more)
			isrv_sc_blame(c, ISRV_SC_OP_ANSWERED,
			              "the store always has something more to do");
	}
}

/* ---- connections ------------------------------------------------------------------------- */

bool isrv_sc_connect_only(struct isrv_sc *c, unsigned i, bool plain)
{
	struct isrv_sc_client *k = &c->clients[i];

	if (!isrv_sc_live(c))
		return false;
	k->c = c;
	k->number = i + 1;
	k->held = k->ended = false;
	k->tag = 0;
	k->box = NULL;
	k->seen_count = 0;
	k->taken = k->input.len = k->output.len = k->parsed = 0;
	k->session = c->check.connect(c->check.user, plain ? c->plain : c->engine);
	if (!k->session)
		return isrv_sc_out_of_memory(c);
	isrv_sc_settle(c);
	return isrv_sc_live(c);
}

/* The names of capabilities, in the order of check.h. */
static uint64_t capabilities(const struct isrv_sc_client *k)
{
	static const char *const names[] = {
		"CONDSTORE", "QRESYNC", "NOTIFY", "OBJECTID", "SAVEDATE", "METADATA", "QUOTA",
		"QUOTASET", "REPLACE", "MULTIAPPEND", "MOVE", "SORT", "THREAD=REFERENCES",
		"APPENDLIMIT", "CREATE-SPECIAL-USE", "METADATA-SERVER",
		"ANNOTATE-EXPERIMENT-1", "CATENATE", "URLAUTH", "UTF8=ACCEPT", "WITHIN", "BINARY",
		"SEARCH=FUZZY", "ENABLE", "UNSELECT", "UIDPLUS", "NAMESPACE", "ESEARCH",
		"SPECIAL-USE", "THREAD=ORDEREDSUBJECT", "LANGUAGE", "ACL", "LIST-EXTENDED",
		"LIST-MYRIGHTS"};
	uint64_t caps = 0;

	for (size_t i = 0; i < k->told.line_count; i++) {
		struct imapsrv_span line = isrv_sc_span(k, k->told.lines[i]);
		size_t at = 0;

		while (at < line.len) {
			const char *space = memchr(line.data + at, ' ', line.len - at);
			size_t end = space ? (size_t)(space - line.data) : line.len;

			for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
				if (strlen(names[n]) == end - at &&
				    !memcmp(names[n], line.data + at, end - at))
					caps |= UINT64_C(1) << n;
			at = end + 1;
		}
	}
	return caps;
}

bool isrv_sc_connect(struct isrv_sc *c, unsigned i, bool plain)
{
	struct isrv_sc_client *k = &c->clients[i];

	if (!isrv_sc_connect_only(c, i, plain))
		return false;
	if (c->check.name) {
		bool in = isrv_sc_login(k, c->check.name, c->check.password);

		if (!isrv_sc_want(c, in, ISRV_SC_LOGIN_KNOWN,
		                  "LOGIN with the right password failed"))
			return false;
	}
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "CAPABILITY");
	k->caps = capabilities(k);
	/* No scene does without these. */
	if (isrv_sc_offers(k, ISRV_SC_ENABLE | ISRV_SC_UNSELECT | ISRV_SC_UIDPLUS) &&
	    k->caps & ISRV_SC_CONDSTORE)
		isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "ENABLE CONDSTORE");
	return isrv_sc_live(c);
}

void isrv_sc_disconnect(struct isrv_sc_client *k)
{
	struct isrv_sc *c = k->c;

	if (!k->session)
		return;
	c->check.disconnect(c->check.user, k->session);
	k->session = NULL;
	k->box = NULL;
	isrv_sc_told_clear(k);
}

void isrv_sc_disconnect_all(struct isrv_sc *c)
{
	for (unsigned i = 0; i < ISRV_SC_CLIENTS; i++)
		isrv_sc_disconnect(&c->clients[i]);
}
