/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/storecheck.h - a conformance kit for stores.  Optional: a test program of the host links
 * it with the host's callbacks.  It makes engines from the host's configuration, drives real
 * sessions against the store, several at a time, as clients would, and says which clause of the
 * contract is broken.  No server calls it, and what does not call it does not contain it.
 *
 * Callbacks are not called one by one, but through sessions: so a store is asked only what the
 * library asks, in its order and with its handles, and every finding is something that a client
 * would have met.
 *
 * What the store is asked to do is a function of the seed alone: first scenes, one for each part
 * of the contract that the host has callbacks for, then random histories.  In both the kit keeps
 * its own picture of the mailboxes, from what it asked for, and holds every answer against it.
 * imapsrv_storecheck(3) lists the clauses, and shows a whole program.
 */
#ifndef IMAPSRV_STORECHECK_H
#define IMAPSRV_STORECHECK_H

#include "imapsrv/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One rule that a store has to keep. */
struct imapsrv_clause {
	const char *id;      /* "expunge.gone" */
	const char *section; /* where the contract says so: "imapsrv_store(3), expunge" */
	const char *rfc;     /* where the protocol needs it: "RFC 9051 6.4.3"; NULL: nowhere */
	const char *text;    /* the rule, in English */
};

/* All of them; static. */
IMAPSRV_API const struct imapsrv_clause *imapsrv_storecheck_clauses(size_t *count_r);

/* A clause is broken.  All of this dies when the callback returns. */
struct imapsrv_finding {
	size_t size;
	const struct imapsrv_clause *clause;
	const char *what;               /* what was seen, and what should have been */
	const char *scene;              /* where: the name of a scene, "history" for a random one */
	uint64_t seed;                  /* a run with this seed comes here again */
	struct imapsrv_span transcript; /* what the sessions said so far in this scene, the newest
	                                   256 KiB of it; long literals are cut */
	uint32_t before;                /* so often the clause was found broken before, in other
	                                   scenes: often by the same mistake */
};

/* What can be done to a mailbox behind the sessions' backs. */
enum imapsrv_outside {
	IMAPSRV_OUTSIDE_DELIVER, /* a new message, whose octets are `message`, with no flags */
	IMAPSRV_OUTSIDE_EXPUNGE  /* the message with the lowest UID goes */
};

/* A client answers a challenge of a mechanism that the host does itself (imapsrv/sasl.h). */
struct imapsrv_response {
	size_t size;
	const char *mechanism;
	uint32_t step;                 /* from 0, in each exchange */
	struct imapsrv_span challenge; /* octets */
	int wrong;                     /* not 0: by somebody who does not know the password */
};

struct imapsrv_storecheck {
	size_t size;
	/*
	 * As for the host's own server; needed.  `fault`, `fault_user`, `limits.login_delay` and
	 * `literal_minus` are replaced, and the sessions' clock stands still.  Its allocator serves
	 * the kit as well.
	 */
	const struct imapsrv_config *config;
	void *user; /* handed to every callback below */

	/*
	 * A client connects: makes a session with the engine, by imapsrv_session_new, as the host's
	 * server would do on an encrypted connection.  NULL: it cannot be made; the run ends with
	 * IMAPSRV_ENOMEM.  Needed.
	 */
	struct imapsrv_session *(*connect)(void *user, struct imapsrv_engine *engine);
	/* It has gone, perhaps in the middle of a command: imapsrv_session_free, and whatever the
	 * host keeps of a connection.  Needed. */
	void (*disconnect)(void *user, struct imapsrv_session *session);

	/*
	 * Lets the store work: it answers ops (and need not call imapsrv_session_run), posts
	 * events, looks at its files.  Called when no session can go on by itself.  Not 0: there
	 * may be more to do, call again; it may wait for a moment before it says so.  NULL: the
	 * store does all its work in its callbacks.  After 100000 calls in a row that let no
	 * session go on it is taken for 0; a million that did, with no end, are a finding.
	 */
	int (*pump)(void *user);
	/* Before each scene; all sessions are gone.  Puts the store back to where it began, with
	 * empty mailboxes: for a store in memory with little room, or one that cannot remove
	 * messages.  NULL: the kit cleans up by itself, as clients do. */
	void (*fresh)(void *user);
	/* All sessions are gone.  Closes the store and opens it again, as a new process would find
	 * it.  0, or the store did not come back.  NULL: whether mail survives is not looked at. */
	int (*restart)(void *user);
	/* Somebody who is no client changes a mailbox.  0, or it cannot be done.  The store finds
	 * out as it does in life, in `pump` at the latest.  NULL: nobody can. */
	int (*outside)(void *user, enum imapsrv_outside what, struct imapsrv_span mailbox,
	               struct imapsrv_span message);
	/* NULL: findings are only counted. */
	void (*report)(void *user, const struct imapsrv_finding *finding);
	/* At the end, for each clause in the order of imapsrv_storecheck_clauses: how often it was
	 * looked at, and how many findings there are.  Not looked at: the store has no such
	 * callback, or it refused, or what came before it was broken.  NULL is allowed. */
	void (*tally)(void *user, const struct imapsrv_clause *clause, uint32_t looked,
	              uint32_t broken);

	const char *name;     /* logs in with LOGIN; NULL: sessions are pre-authenticated */
	const char *password;
	/*
	 * What the kit may do with as it likes: a name, in ASCII letters, digits and "-", of less
	 * than 64 octets.  In a host with `create` mailboxes of names that begin with it are made
	 * and removed, and nothing else stays changed but the keys of URLs, which are reset.  Else
	 * it exists; all its messages go.  NULL: "storecheck", or "INBOX" in a host without
	 * `create`.
	 */
	const char *mailbox;
	uint32_t sessions;   /* connected at once, at most; 0: 3.  With 1 much is not looked at:
	                        for a store that posts no events */
	uint64_t seed;
	uint32_t histories;  /* random ones; 0: 20 */
	uint32_t steps;      /* in each; 0: 40 */
	uint32_t findings;   /* after so many it is enough; 0: 100 */
	int whole_lines;     /* not 0: the store cannot keep a message whose last line has no end,
	                        as formats that are made of lines; then none comes */

	/* Another user, with whom mailboxes are shared where there are access control lists: he is
	 * in them under this name.  NULL: sharing is not looked at. */
	const char *other_name;
	const char *other_password;
	/* The host in URLs of this server, as "mail.example": for URLAUTH.  NULL: that is not
	 * looked at. */
	const char *server;
	/*
	 * The client's side of the host's own mechanisms, with `name` and `password`: *response_r
	 * stays until the next call.  Not 0: there is no answer to that, the client gives up.  The
	 * exchange begins with the server's challenge, which is empty where a client speaks first.
	 * NULL: only what is wrong is tried.
	 */
	int (*respond)(void *user, const struct imapsrv_response *q,
	               struct imapsrv_span *response_r);
	/*
	 * A session that was saved comes back, on another connection (imapsrv/saved.h): of the
	 * same account, by imapsrv_session_restore with `up_to_date` 0.  NULL: it cannot.  NULL
	 * for the callback: saving is not looked at.
	 */
	struct imapsrv_session *(*restore)(void *user, struct imapsrv_engine *engine,
	                                   struct imapsrv_span saved);
	/* A scene begins: `lacks` is NULL, and a crash that follows is in this one.  Or it is not
	 * played, or only in part, and no finding says why: then `lacks` is what it would take,
	 * in English, static.  NULL is allowed. */
	void (*scene)(void *user, const char *scene, const char *lacks);
};
#define IMAPSRV_STORECHECK_INIT IMAPSRV_SIZED(struct imapsrv_storecheck)

/*
 * Runs all that the store can be asked.  Gives how many clauses were found to be broken, each
 * counted once for each scene; 0: the store keeps the contract, as far as can be seen.
 *
 * Uses memory of its own in proportion to the mailboxes that it makes (a few hundred messages, the
 * largest of 100 KB) and ends after a bounded number of commands.  Errors: IMAPSRV_EINVAL,
 * IMAPSRV_ENOMEM; findings up to there were reported and are counted in *findings_r, which may be
 * NULL, and everything is given back.
 */
IMAPSRV_API int imapsrv_storecheck_run(const struct imapsrv_storecheck *check,
                                       uint32_t *findings_r);

#ifdef __cplusplus
}
#endif

#endif
