/* SPDX-License-Identifier: MIT */
/*
 * server.h - listening, and the loop that serves all connections.
 */
#ifndef MAILDIR_SERVER_H
#define MAILDIR_SERVER_H

#include "conn.h"
#include "options.h"

struct server;

/* Errors end the program. */
struct server *server_new(struct imapsrv_engine *engine, struct maildir *maildir,
                          const struct options *options);
void server_listen(struct server *server, const char *address);
/* One connection on standard input and output, of a user who is logged in. */
void server_serve_stdio(struct server *server, const struct imapsrv_account *account);

/* Goes on with the listener and the connections of an earlier process: see handover.h. */
void server_resume(struct server *server, int file);

/* Until SIGTERM, SIGINT or SIGHUP; without a listener, until the last connection has ended.  At
 * SIGUSR2 a new process, started as this one was, takes over. */
void server_run(struct server *server);
void server_free(struct server *server);

#endif
