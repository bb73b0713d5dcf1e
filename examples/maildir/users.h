/* SPDX-License-Identifier: MIT */
/*
 * users.h - who may log in.
 */
#ifndef MAILDIR_USERS_H
#define MAILDIR_USERS_H

#include <imapsrv.h>

#include <stdbool.h>

struct users {
	const char *file;         /* lines of name:hash, hash as of crypt(3) or scram.c; NULL:
	                           * none */
	const char *any_password; /* every name has this one; NULL: no */
	const char **given;       /* "NAME:PASSWORD" each */
	size_t given_count;
	void *scram_secret;       /* of scram.c; NULL: SCRAM is not offered */
};

enum user {
	USER_BAD,
	USER_GOOD,
	USER_NOT_KNOWN /* the file cannot be read now */
};

/* Is this the user's password?  Takes as long for a name that does not exist. */
enum user users_check(const struct users *users, struct imapsrv_span name,
                      struct imapsrv_span password);

/* What there is of a user: the password that was given on the command line, or in *hash_r the
 * file's, to be freed; NULL if there is none, of a name that does not exist *password_r is "-". */
enum user users_find(const struct users *users, struct imapsrv_span name,
                     const char **password_r, char **hash_r);

/* Can all of them use SCRAM? */
bool users_all_scram(const struct users *users);

#endif
