/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/acl.h - optional callbacks for access control lists (ACL, RFC 4314; LIST-MYRIGHTS, RFC
 * 8440).
 *
 * The host says which rights an account has on a mailbox; that they are kept is the library's
 * doing.
 * With `rights` filled in it asks before it does anything to a mailbox by name, and looks at the
 * rights that come along with the answers of `list`, `open` and `status` (imapsrv/store.h), which
 * are then not optional.  What a command needs is RFC 4314's affair, section 4, and imapsrv_acl(3)
 * has the table.  A mailbox that the account may not look up (no LOOKUP), and on which it lacks the
 * right that is needed, is for it the same as one that does not exist.
 *
 * How rights of several identifiers add up to those of an account, what a new mailbox inherits (RFC
 * 4314 4, CREATE: the list of its parent), and that a list goes with its mailbox, is the host's
 * part.  When rights change, it posts IMAPSRV_EVENT_ACCESS_GAINED or IMAPSRV_EVENT_ACCESS_LOST to
 * the sessions of those accounts whose rights they are, whichever rights they are: what remains is
 * asked for then.
 */
#ifndef IMAPSRV_ACL_H
#define IMAPSRV_ACL_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 4314 2.1, by their letters.  "c" and "d" are no rights but ways to write some: see
 * imapsrv_acl.create_alone. */
enum imapsrv_right {
	IMAPSRV_RIGHT_LOOKUP = 1 << 0,   /* l: it is seen at all                                */
	IMAPSRV_RIGHT_READ = 1 << 1,     /* r: SELECT, STATUS                                   */
	IMAPSRV_RIGHT_SEEN = 1 << 2,     /* s: \Seen                                            */
	IMAPSRV_RIGHT_WRITE = 1 << 3,    /* w: all flags but \Seen and \Deleted                 */
	IMAPSRV_RIGHT_INSERT = 1 << 4,   /* i: messages may be added                            */
	IMAPSRV_RIGHT_POST = 1 << 5,     /* p: mail to its address: the host's affair alone     */
	IMAPSRV_RIGHT_CREATE = 1 << 6,   /* k: mailboxes below it                               */
	IMAPSRV_RIGHT_DELETE = 1 << 7,   /* x: DELETE, RENAME                                   */
	IMAPSRV_RIGHT_TRASH = 1 << 8,    /* t: \Deleted                                         */
	IMAPSRV_RIGHT_EXPUNGE = 1 << 9,  /* e: EXPUNGE, and that of CLOSE                       */
	IMAPSRV_RIGHT_ADMIN = 1 << 10,   /* a: the list itself                                  */
	IMAPSRV_RIGHT_NOTE = 1 << 11     /* n: shared annotations of messages (RFC 5257 3.4)    */
};
/* The first eleven, which every host with lists knows. */
#define IMAPSRV_RIGHTS_STANDARD 0x7ffu
/* A right of the host's own, "0" to "9" (RFC 4314 2). */
#define IMAPSRV_RIGHT_DIGIT(n) (1u << (16 + (n)))

/* Rights written as letters, without "c" and "d": for the host's files.  Gives 0, or IMAPSRV_EINVAL
 * for anything that is no right. */
IMAPSRV_API int imapsrv_rights_parse(struct imapsrv_span letters, uint32_t *rights_r);
/* The other way round, in the order of the enum and then digits; NUL-terminated.  Gives how many
 * letters. */
#define IMAPSRV_RIGHTS_LETTERS 32
IMAPSRV_API size_t imapsrv_rights_format(uint32_t rights, char letters[IMAPSRV_RIGHTS_LETTERS]);
/* The system flags that they let a user change (RFC 4314 4); keywords need WRITE. */
IMAPSRV_API uint32_t imapsrv_rights_flags(uint32_t rights);

struct imapsrv_acl_rights {
	void *account;
	struct imapsrv_span mailbox;
	int above; /* not 0: meant is not the mailbox, which need not exist, but the nearest one
	              above it in the hierarchy that does */
};

struct imapsrv_acl_get {
	void *account;
	struct imapsrv_span mailbox;
};

enum imapsrv_acl_change {
	IMAPSRV_ACL_SET,    /* these rights, and no others                          */
	IMAPSRV_ACL_ADD,    /* these too                                            */
	IMAPSRV_ACL_REMOVE, /* these no more                                        */
	IMAPSRV_ACL_DELETE  /* the entry goes (DELETEACL); that there was none is no error */
};

struct imapsrv_acl_set {
	void *account;
	struct imapsrv_span mailbox;
	/* UTF-8, prepared as far as imapsrv_acl(3) says, not empty; with a "-" in front and
	 * something behind it: rights that are taken away (RFC 4314 2), which a host may refuse
	 * with CANNOT. */
	struct imapsrv_span identifier;
	enum imapsrv_acl_change change;
	uint32_t rights; /* enum imapsrv_right, or-ed; may be 0; only such as the host knows */
};

struct imapsrv_acl_grantable {
	void *account;
	struct imapsrv_span mailbox;
	struct imapsrv_span identifier; /* as above */
};

/* One entry of a list, for imapsrv_op_acl. */
struct imapsrv_acl_entry {
	struct imapsrv_span identifier; /* UTF-8 without control characters, not empty */
	uint32_t rights;
	struct imapsrv_span mailbox; /* in answer to `set`: whose list it is in; empty: of the
	                                one in question */
};

struct imapsrv_acl {
	size_t size;
	/* Needed. What the account may do: imapsrv_op_rights; NONEXISTENT if there is no such
	 * mailbox, or, with `above`, none above it: then `create` and `rename` decide alone. */
	void (*rights)(void *user, struct imapsrv_op *op, const struct imapsrv_acl_rights *q);
	/* The list: imapsrv_op_acl for each entry. NULL: lists cannot be seen or changed, and
	 * ACL is not offered; rights are kept all the same. */
	void (*get)(void *user, struct imapsrv_op *op, const struct imapsrv_acl_get *q);
	/* Changes an entry, made if need be. If other entries changed as well, imapsrv_op_acl
	 * for every entry of each list that did (RFC 4314 5.1.1). Rights that are tied together
	 * are given all or none (RFC 4314 2). Refusals: CANNOT, NOPERM, LIMIT, ... NULL: clients
	 * change no lists. */
	void (*set)(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q);
	/* Which rights that identifier could be given there (LISTRIGHTS): imapsrv_op_grantable
	 * once. NULL: any, each by itself. */
	void (*grantable)(void *user, struct imapsrv_op *op, const struct imapsrv_acl_grantable *q);
	uint32_t others;  /* rights that the host knows beside the standard ones:
	                     IMAPSRV_RIGHT_NOTE, digits.  One with imapsrv_annotate.get knows NOTE
	                     (RFC 5257 3.4): its lists and rights have it */
	int create_alone; /* not 0: "c" is k, and "d" is e, t and x; else "c" is k and x, and "d" is
	                     e and t (RFC 4314 2.1.1) */
};
#define IMAPSRV_ACL_INIT IMAPSRV_SIZED(struct imapsrv_acl)

/* Each gives the errors of store.h.  Rights that the host did not say that it knows are left out,
 * and reported to the `fault` hook. */
/* rights. */
IMAPSRV_API int imapsrv_op_rights(struct imapsrv_op *op, uint32_t rights);
/* get, set: one entry more. */
IMAPSRV_API int imapsrv_op_acl(struct imapsrv_op *op, const struct imapsrv_acl_entry *entry);
/* grantable: what the identifier always has, and what it can be given: rights that are tied
 * together in one of `tied`.  No right twice (RFC 4314 3.7). */
IMAPSRV_API int imapsrv_op_grantable(struct imapsrv_op *op, uint32_t always, const uint32_t *tied,
                                     size_t count);

#ifdef __cplusplus
}
#endif

#endif
