/* SPDX-License-Identifier: MIT */
/*
 * attack/world - one session over the test store, at high limits, with its octets handed in as a
 * test says, its memory and its work counted.  What it emits is thrown away but for the last lines.
 */
#ifndef ATTACK_WORLD_H
#define ATTACK_WORLD_H

#include "host/alloc.h"
#include "host/teststore.h"
#include "strict/strict.h"
#include "unit/row.h"

struct world {
	struct tx_log log;
	struct ts *ts;
	struct ts_user *fred;
	struct ts_mailbox *inbox;
	struct ta alloc;
	struct imapsrv_limits limits;
	struct imapsrv_session_config client; /* of connections that are made from now on */
	struct imapsrv_engine *engine;
	struct ts_link *link;
	struct imapsrv_session *s;
	struct st strict;    /* reads all that is emitted */
	uint64_t responses;
	uint64_t emitted;    /* octets */
	struct tx said;      /* the last of them */
};

/* A store with fred and his empty INBOX, which a test may fill before it connects; every limit that
 * would end an attack early is far away, and may be set. */
void world_begin(struct world *w);
/* Connects: fred already logged in, or not.  The first time it makes the engine; w->limits and what
 * the store can do count until then. */
void world_connect(struct world *w, bool preauth);
/* The connection is lost. */
void world_drop(struct world *w);
/* Complains of what is left over. */
void world_end(struct world *w);

/* A message with this text. */
void world_add(struct world *w, const char *data, size_t len);

/* Hands in all of it, `piece` octets at a time (0: at once), and drains what comes; less is taken
 * when the session ends.  Gives how many were. */
size_t world_feed(struct world *w, const char *data, size_t len, size_t piece);
/* The same with a text, and gives the last line that was emitted, without CRLF. */
const char *world_say(struct world *w, const char *text);
const char *world_last(struct world *w);
/* Goes on until nothing can be done without input; drains, unless told to leave it. */
void world_run(struct world *w, bool drain);
bool world_closed(const struct world *w);

#endif
