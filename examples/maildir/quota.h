/* SPDX-License-Identifier: MIT */
/*
 * quota.h - how much mail a user may have, and has (QUOTA, RFC 9208).  All of a user's mailboxes
 * are under one root.  Functions that return int give 0 or -1 with errno.
 */
#ifndef MAILDIR_QUOTA_H
#define MAILDIR_QUOTA_H

#include "box.h"

/* Octets of files, and messages; as a limit UINT64_MAX: none. */
struct amount {
	uint64_t octets;
	uint64_t messages;
};

/* A user of whom something is to be remembered. */
struct quota_user {
	struct quota_user *next;
	char *account; /* the directory */
	bool doubtful; /* other programs were there: what was counted may be wrong */
	bool exceeded; /* and clients were told so */
};

/* Of all users. */
struct quotas {
	bool on;
	bool settable;        /* by clients */
	struct amount limits; /* of a user for whom nothing else was set */
	struct quota_user *users;
};

/* "1000000S,1000C": octets and messages, either or both; "none".  False: it is nothing of that. */
bool quota_parse(const char *text, struct amount *limits_r);

/* Of the user with that directory. */
int quota_get(struct quotas *quotas, const char *account, struct amount *limits_r,
              struct amount *usage_r);
int quota_set(const char *account, const struct amount *limits);

/* Has it room for so much more?  EDQUOT: no, and all clients of the user are told. */
int quota_check(struct box *box, struct amount more, const struct imapsrv_session *origin);
/* So much is about to be added, with `check` if there is room; or was removed. */
int quota_add(struct box *box, struct amount more, bool check,
              const struct imapsrv_session *origin);
void quota_remove(struct box *box, struct amount less);
/* Something came or went that was not counted. */
void quota_doubt(struct quotas *quotas, const char *account);
void quota_clear(struct quotas *quotas);

/* The octets of a file as its name tells, or else as the directory does: quota_count.c. */
uint64_t quota_octets(int dirfd, const char *path);
/* All that is there: reads every directory of the user. */
int quota_count(const char *account, struct amount *sum_r);

#endif
