/* SPDX-License-Identifier: MIT */
/*
 * maildir.h - the whole mail store of this process, and how it sees a connection.
 */
#ifndef MAILDIR_MAILDIR_H
#define MAILDIR_MAILDIR_H

#include "box.h"
#include "quota.h"
#include "users.h"

struct maildir {
	const char *root; /* below it a directory for each user */
	char separator;   /* of names, as clients see them */
	const char *share; /* below which there are other users' mailboxes; NULL: nowhere */
	char *share_prefix; /* with the separator */
	struct imapsrv_namespace namespaces[2];
	struct users users;
	struct quotas quotas;
	struct boxes boxes; /* that are open or were lately */
	struct imapsrv_hub *hub;
	/* news.c's own: */
	struct tree *trees; /* accounts of which somebody wants to hear */
	struct later *later;
	struct later *later_end;
	unsigned posting;
	struct acl departed; /* the list of a mailbox that is being deleted */
};

struct account;

/* One connection, as far as the store is concerned: the `user` pointer of its session. */
struct peer {
	struct maildir *maildir;
	const char *label;           /* for the log */
	struct handle *handles;      /* mailboxes that it has open */
	struct account *account;     /* who is logged in; NULL: nobody */
	void (*wake)(struct peer *); /* its session has something to do */
	struct imapsrv_session *session;   /* for news.c: once it is interested in something */
	struct imapsrv_hub_member *member; /* likewise */
	struct account *seen;              /* whose mailboxes it hears of */
};

/* The callbacks. */
extern const struct imapsrv_store maildir_store;
extern const struct imapsrv_mailboxes maildir_mailboxes;
extern const struct imapsrv_metadata maildir_metadata;
extern const struct imapsrv_acl maildir_acl;

/* The account of a user, made at the first login; for `preauth` too.  False if it cannot be had:
 * errno says why. */
bool maildir_account(struct maildir *maildir, struct imapsrv_span name,
                     struct imapsrv_account *account_r);

/* Looks for what other programs did to the mailboxes that a connection has open. */
void maildir_look(struct peer *peer);

#endif
