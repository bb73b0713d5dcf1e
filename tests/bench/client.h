/* SPDX-License-Identifier: MIT */
/*
 * bench/client.h - a client that says what it is told and looks at none of the answers, so that what
 * is measured is the session.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "imapsrv.h"

/* Takes what there is; returns how many octets that were, as those below do. */
static inline uint64_t drain(struct imapsrv_session *s)
{
	struct imapsrv_span spans[32];
	uint64_t total = 0;
	size_t count;

	for (;;) {
		size_t n = 0;

		imapsrv_session_peek(s, spans, 32, &count);
		for (size_t i = 0; i < count; i++)
			n += spans[i].len;
		if (!n)
			return total;
		total += n;
		imapsrv_session_sent(s, n);
	}
}

static inline uint64_t feed(struct imapsrv_session *s, const char *data, size_t len)
{
	uint64_t out = 0;
	size_t used;

	while (len) {
		if (imapsrv_session_recv(s, data, len, &used))
			abort();
		data += used;
		len -= used;
		out += drain(s);
	}
	while (imapsrv_session_want(s) & IMAPSRV_WANT_RUN) {
		if (imapsrv_session_run(s))
			abort();
		out += drain(s);
	}
	return out;
}

static inline uint64_t say(struct imapsrv_session *s, const char *line)
{
	return feed(s, line, strlen(line));
}

/* A session that is logged in from the start.  `user` is handed to the store. */
static inline struct imapsrv_session *preauthenticated(struct imapsrv_engine *engine, void *user)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session *s;

	config.user = user;
	config.secure = 1;
	config.preauth = &account;
	if (imapsrv_session_new(engine, &config, &s))
		abort();
	drain(s);
	return s;
}

#endif
