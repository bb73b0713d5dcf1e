/* SPDX-License-Identifier: MIT */
/*
 * options.h - the command line.
 */
#ifndef MAILDIR_OPTIONS_H
#define MAILDIR_OPTIONS_H

#include "quota.h"
#include "users.h"

#include <stdint.h>

struct options {
	const char *listen;
	const char *root;
	struct users users;
	struct quotas quotas;
	char separator;
	const char *share;   /* the namespace of other users' mailboxes; NULL: none */
	uint32_t auth_delay; /* as imapsrv_limits.login_delay */
	uint32_t per_host;   /* connections at a time; UINT32_MAX: any number */
	char **argv;         /* to start again with */
	int resume;          /* descriptor of a file from an earlier process; -1: none */
	const char *stdio;   /* a user: serve one connection on stdin and stdout; NULL: listen */
	bool quiet;
	bool trace;
};

/* Ends the program if something is wrong (exit 2), and after --help and --version. */
void options_parse(struct options *options, int argc, char **argv);
void options_clear(struct options *options);

#endif
