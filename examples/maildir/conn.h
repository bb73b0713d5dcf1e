/* SPDX-License-Identifier: MIT */
/*
 * conn.h - one connection: a session of the library and the descriptors that its bytes go through.
 */
#ifndef MAILDIR_CONN_H
#define MAILDIR_CONN_H

#include "maildir.h"

struct server;

struct conn {
	struct peer peer;                /* first: the session's user pointer is this one too */
	struct server *server;
	struct imapsrv_session *session; /* NULL: only waiting for the client to close */
	int in;
	int out;
	char *rest;        /* bytes read that the session did not take yet */
	size_t rest_len;
	size_t rest_at;
	uint64_t deadline; /* ms; when to come back at the latest */
	bool blocked;      /* the client does not read: wait until it can be written to again */
	bool closed;       /* to be freed */
	bool queued;       /* for conn_work */
	struct conn *next_queued;
	size_t slot;       /* of the server: where it is in the poll set */
	char label[64];
};

/* What the new session is like. */
struct conn_kind {
	struct server *server;
	struct imapsrv_engine *engine;
	struct maildir *maildir;
	void (*wake)(struct peer *peer);
	const struct imapsrv_account *preauth; /* not NULL: already logged in */
};

/* A connection on these descriptors, which may be the same; it closes them in the end, unless they
 * are standard input and output.  NULL: out of memory. */
struct conn *conn_new(const struct conn_kind *kind, int in, int out, const char *label);
/* The same, and goes on with a saved session; NULL: *why_r says why not. */
struct conn *conn_restore(const struct conn_kind *kind, int in, int out, const char *label,
                          const void *data, size_t len, const char **why_r);
void conn_free(struct conn *conn);
/* The same, but the descriptors stay open. */
void conn_leave(struct conn *conn);

/* The descriptor and the poll events that it waits for, and what to do when some came. */
int conn_fd(const struct conn *conn);
short conn_events(const struct conn *conn);
void conn_ready(struct conn *conn, short events);

/* Does all that can be done without waiting.  True if there is more to do: others first. */
bool conn_work(struct conn *conn);

/* Ends it politely. */
void conn_bye(struct conn *conn, const char *text);

#endif
