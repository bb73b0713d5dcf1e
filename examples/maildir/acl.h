/* SPDX-License-Identifier: MIT */
/*
 * acl.h - what users may do in a mailbox of another (ACL, RFC 4314): a list in the file
 * "imapsrv-acl" in its directory, which goes along with it.  Who has it in his own tree may do
 * everything, and is in no list.  Functions that return int give 0 or -1 with errno.
 */
#ifndef MAILDIR_ACL_H
#define MAILDIR_ACL_H

#include <imapsrv.h>

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#define ACL_FILE "imapsrv-acl"

struct box;

struct acl_entry {
	char *identifier; /* "anyone" or a user; with "-" in front: rights that are taken away */
	uint32_t rights;  /* enum imapsrv_right, or-ed; not 0 */
};

/* Ascending by identifier. */
struct acl {
	struct acl_entry *items;
	size_t count;
	size_t capacity;
};

/* What a box knows of its list, to tell what changed. */
struct acl_known {
	bool known;
	ino_t inode; /* of the file; 0: there was none */
	struct timespec mtime;
	struct acl list;
};

/* The list of a mailbox in a directory of this user; of nobody if there is no file.  EBADMSG: it is
 * damaged. */
int acl_read(int root, const char *dir, struct acl *acl);
void acl_clear(struct acl *acl);
/* The rights of one who is not the owner. */
uint32_t acl_rights(const struct acl *acl, const char *user);
/* Can there be an entry of that identifier? */
bool acl_is_identifier(struct imapsrv_span identifier);
/* Whom an identifier means, without the "-". */
const char *acl_who(const char *identifier);

/* A mailbox is being made in this directory: it takes over the list of the one above it ("": of
 * none), and nothing of what a crash may have left there. */
int acl_begin(int dirfd, int root, const char *above);

/* Changes an entry.  Those whose rights it is are told. */
int acl_change(struct box *box, const char *identifier, enum imapsrv_acl_change change,
               uint32_t rights, const struct imapsrv_session *origin);
/* Somebody has it open, or wants to hear of it: tells what others changed. */
void acl_look(struct box *box, const struct imapsrv_session *origin);
void acl_free(struct box *box);

#endif
