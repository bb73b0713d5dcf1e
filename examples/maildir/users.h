/* SPDX-License-Identifier: MIT */
/*
 * users.h - who may log in.
 */
#ifndef MAILDIR_USERS_H
#define MAILDIR_USERS_H

#include <imapsrv.h>

#include <stdbool.h>

struct users {
	const char *file;         /* lines of name:hash, hash as of crypt(3); NULL: none */
	const char *any_password; /* every name has this one; NULL: no */
	const char **given;       /* "NAME:PASSWORD" each */
	size_t given_count;
};

/* Is this the user's password?  Takes as long for a name that does not exist. */
bool users_check(const struct users *users, struct imapsrv_span name,
                 struct imapsrv_span password);

#endif
