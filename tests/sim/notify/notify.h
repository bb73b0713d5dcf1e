/* SPDX-License-Identifier: MIT */
/*
 * notify/notify - the parts of the checker of NOTIFY.  follower.c is the client that never asks
 * what it can be told, world.c what others do, notify.c the histories.
 */
#ifndef TEST_SIM_NOTIFY_H
#define TEST_SIM_NOTIFY_H

#include "host/truth.h"

enum {
	FOLLOWER, /* slots */
	OTHERS = 1,
	SLOTS = 3,
	NAME = 100
};

/* What the follower knows of a mailbox. */
struct box {
	struct box *next;
	char name[NAME];
	bool subscribed;
	bool moved;   /* along with a name above it: is it subscribed? */
	bool numbers; /* the rest is known */
	uint32_t uidvalidity, uidnext, messages;
	uint64_t modseq;
};

struct sim {
	struct tx_log log;
	struct tx_random random;
	struct ts *ts;
	struct ta alloc;
	struct td td;
	struct imapsrv_session_config session;
	bool verbose;
	unsigned tag;

	/* The follower. */
	bool qresync, condstore;
	bool all;             /* it follows all mailboxes, else those below Work, and INBOX */
	bool idling;
	bool lost;            /* it hears nothing more, or does not know what it heard */
	unsigned asked;       /* the tag of its last question, until that is answered */
	struct {              /* what it changes itself */
		unsigned tag; /* until that is answered; else 0 */
		enum {
			OWN_CREATE,
			OWN_DELETE,
			OWN_RENAME
		} kind;
		char name[NAME];
		char to[NAME];
	} own;
	struct box *boxes;
	/* What came from out of sight, with all below it: nobody says what that is. */
	char strange[16][NAME];
	size_t strange_count;
};

static inline uint32_t below(struct sim *s, uint32_t n)
{
	return tx_below(&s->random, n);
}

/* ---- follower.c ---- */

void follower_connect(struct sim *s);
/* Says what it wants to hear, and asks once for what there is. */
void follower_ask(struct sim *s);
/* Asks for the numbers of mailboxes that are new to it; selects; changes names; goes in and out of
 * IDLE. */
void follower_act(struct sim *s);
/* Everything is at rest: does it know what there is? */
void follower_check(struct sim *s);
void follower_free(struct sim *s);
/* The name of the mailbox that it has selected, "" if none, as the store has it now. */
const char *follower_selected(const struct sim *s);
/* Does it follow the mailbox of that name? */
bool follows(const struct sim *s, const char *name);

/* ---- world.c ---- */

void world_change(struct sim *s);
/* One of the names that mailboxes have, or may get. */
const char *world_name(struct sim *s);
/* Is there such a mailbox, and none that would have the same name as it or one below it? */
bool world_can_rename(struct sim *s, const char *from, const char *to);
/* A command of another client. */
void world_command(struct sim *s, int slot);

/* ---- notify.c ---- */

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void say(struct sim *s, int slot, const char *format, ...);

#endif
