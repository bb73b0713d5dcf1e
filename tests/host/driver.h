/* SPDX-License-Identifier: MIT */
/*
 * host/driver - moves the octets of one or more sessions over a test store, in every way a host
 * could: input cut anywhere, output drained at any pace, ops answered at any moment; and holds
 * imapsrv_session_want to its word at every step.  What the sessions emit goes through the
 * strict reader and the client model.  Nothing here waits or reads a clock: time is `now`.
 */
#ifndef TEST_HOST_DRIVER_H
#define TEST_HOST_DRIVER_H

#include "host/alloc.h"
#include "host/client.h"
#include "host/teststore.h"
#include "strict/strict.h"

enum { TD_SESSIONS = 8 };

struct td_options {
	size_t piece;       /* input goes in pieces of this size; 0: all that there is */
	size_t split;       /* and is cut once, after so many octets of all input; 0: not */
	bool random_pieces; /* or in pieces of random size */
	size_t drain;       /* so many octets leave at a time; 0: all that there are */
	bool random_drain;
	bool lazy_drain;    /* output leaves only when nothing else can be done */
	bool drain_ends;    /* drain_end octets of all sessions leave, and then none ever */
	uint64_t drain_end;
	bool shuffle;       /* what can be done is done in random order */
	bool exchange;      /* each session goes on as another one, made of its saved octets, whenever it can be
	                       saved and nobody could see it */
	uint64_t seed;
};

struct td_session {
	struct imapsrv_session *session; /* NULL when it is not connected */
	struct ts_link *link;
	struct st wire;
	struct tc client;
	struct tx input;       /* not yet taken */
	struct tx output;      /* all that was emitted */
	uint64_t deadline;     /* the last answer of tick */
	int error;             /* the fatal error that it reported, 0 */
	bool connected;        /* was, at some time */
	bool stalled;          /* its output is not drained */
	bool closed;           /* it wants CLOSE */
	bool starttls;         /* it wants STARTTLS */
	bool compress;         /* it wants COMPRESS */
	unsigned exchanges;    /* how often it was exchanged */
	struct tx saved;       /* its octets when it was last */
};

struct td {
	struct tx_log *log;
	struct ts *ts;
	struct ta *alloc;
	struct td_options options;
	struct imapsrv_engine *engine;
	size_t engine_octets; /* what the allocator held when there were no sessions */
	struct tx_random random;
	uint64_t now;
	size_t fed;    /* octets of input that were taken, of all sessions */
	uint64_t drained; /* octets of output that have left, likewise */
	bool faulty;   /* memory or ops fail: a session may end in the middle of a response */
	struct td_session sessions[TD_SESSIONS];
};

/* Makes the engine from config, whose allocator and store are filled in here.  Gives what
 * imapsrv_engine_new gives. */
int td_start(struct td *d, struct tx_log *log, struct ts *ts, struct ta *alloc,
             const struct td_options *options, struct imapsrv_config *config);
/* Connects session i; config's user and preauth are filled in here (preauth: a user's name or
 * NULL). */
int td_connect(struct td *d, int i, const struct imapsrv_session_config *config,
               const char *preauth);
/* More input for session i, then td_settle. */
void td_feed(struct td *d, int i, const char *data, size_t len);
/* The same, and no other session goes on: some may be inside a callback. */
void td_feed_alone(struct td *d, int i, const char *data, size_t len);
/* Runs until nothing can be done: session `first` (-1: none in particular) as far as it goes, then
 * the others in their order. */
void td_settle(struct td *d, int first);
void td_tick(struct td *d, uint64_t ms); /* time passes, for all */
void td_eof(struct td *d, int i);
void td_tls(struct td *d, int i);
void td_compress(struct td *d, int i);
/* exchange.c: saves session i, if it can be, frees it, and goes on with one made of the octets. */
void td_exchange(struct td *d, int i);
/* The same, asked for by name, with or without the promise that no event was missed; false: it cannot be
 * saved now. */
bool td_exchange_asked(struct td *d, int i, bool up_to_date);
/* The connection is lost: frees the session, whatever it is doing. */
void td_drop(struct td *d, int i);
/* The same, and forgets what was said: i may connect again. */
void td_forget(struct td *d, int i);
/* Frees everything but the store and the allocator, and complains of what is left over. */
void td_finish(struct td *d);

#endif
