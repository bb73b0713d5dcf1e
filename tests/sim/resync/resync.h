/* SPDX-License-Identifier: MIT */
/*
 * resync/resync - the parts of the model checker, and what they share.  heard.c follows what each
 * client is told, talk.c is what clients say, ways.c how one that was away comes back, world.c
 * what others do to the mailboxes, books.c numbers changes by a ledger that is lost and damaged with
 * the process, resync.c the histories.
 */
#ifndef TEST_SIM_RESYNC_H
#define TEST_SIM_RESYNC_H

#include "host/truth.h"
#include "sim/resync/cache.h"

enum {
	CLIENTS = 4, /* at most */
	CHECKER = 7  /* the session that tries the ways back */
};

enum kind {
	PLAIN,
	CONDSTORE,
	QRESYNC,
	REV2,
	UIDONLY,
	KINDS
};

struct client {
	struct sim *sim;
	int slot;
	enum kind kind;
	bool idling;
	char mailbox[8]; /* selected last */
	uint32_t uidvalidity;
	uint64_t told;        /* HIGHESTMODSEQ as it was told */
	uint64_t highest;     /* what the client takes for it */
	uint64_t highest_row; /* of the MODSEQs that a command shows: the same, ... */
	bool coded;           /* ... unless it tells HIGHESTMODSEQ */
	bool fresh;           /* the SELECT in progress has said EXISTS */
	struct cache cache;
	struct cache *merging; /* what VANISHED and FETCH are for, beside the picture */
	struct cache live;     /* that, for a SELECT with QRESYNC amid everything else */
	unsigned live_tag;
	struct ts_set found;   /* by ESEARCH */
	uint32_t batch;        /* messages in the batches that it asks for, at rest; else 0 */
};

struct book;

struct sim {
	struct tx_log log;
	struct tx_random random;
	struct ts *ts;
	struct ta alloc;
	struct td td;
	struct imapsrv_session_config session;
	struct client clients[TD_SESSIONS];
	int count;
	unsigned tag;
	bool verbose;
	struct book *books;                    /* with ledgers: one for each mailbox that ever was */
	bool ledgers;
	struct imapsrv_ledger_config bookkeeping;
};

enum { BOXES = 3 };
extern const char *const boxes[BOXES];

/* The most used one, as a rule. */
const char *any_name(struct sim *s);

static inline uint32_t below(struct sim *s, uint32_t n)
{
	return tx_below(&s->random, n);
}

/* ---- heard.c ---- */

/* Keeps what the client knows of the mailbox that it has selected. */
void cache_take(struct client *c);
/* Is what a client came to the mailbox as it is?  `way` says how it came to it. */
void cache_compare(struct sim *s, const struct cache *k, uint32_t exists, const char *way);
/* The mailbox that the client has selected; NULL: none. */
const struct ts_mailbox *open_mailbox(const struct client *c);
/* The client goes on with what it kept.  What it does not know yet came while it selected, so it
 * has the last numbers. */
void go_on(struct client *c, struct tc *t, const struct cache *k);
/* For struct tc: a line was received. */
void on_heard(void *user, const char *data, size_t len);

/* ---- talk.c ---- */

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void say(struct client *c, const char *format, ...);
void connect_as(struct sim *s, int slot, enum kind kind);
void disconnect(struct sim *s, int slot);
/* The connection breaks anywhere in what is under way. */
void lose(struct sim *s, int slot);
void select_box(struct client *c, const char *box, const char *how);
void fetch_all(struct client *c);
/* Batches of UIDs of the selected mailbox, in which nothing is pending. */
void ask_batches(struct client *c);
/* Something that a client might say now. */
void command(struct sim *s, struct client *c);

/* ---- ways.c ---- */

/* SELECT with QRESYNC while anything may happen. */
void reselect(struct client *c);
/* A client that was away comes back by each way, and goes on from there. */
void come_back(struct sim *s, int slot);

/* ---- world.c ---- */

void deliver(struct sim *s, struct ts_mailbox *m, bool tell);
/* A mailbox of that name, with its book if there are ledgers. */
struct ts_mailbox *make_box(struct sim *s, struct ts_user *owner, const char *name);
/* One change of messages, told to those who have the mailbox open, or to nobody. */
void change(struct sim *s, struct ts_mailbox *m, bool tell);
/* Something happens to a mailbox. */
void outside(struct sim *s);

/* ---- books.c ---- */

/* The mailbox's changes are numbered by a ledger from now on.  `before`, which may be NULL, is one
 * of the same name whose octets still lie where this one's are to be kept. */
void books_keep(struct sim *s, struct ts_mailbox *m, const struct ts_mailbox *before);
/* Another program changes messages and tells nobody; then the mailbox is compared with the ledger
 * and its sessions are told what was found. */
void books_behind(struct sim *s, struct ts_mailbox *m);
/* The process ends, in order or in the middle of anything, and another begins. */
void books_restart(struct sim *s);
void books_free(struct sim *s);

#endif
