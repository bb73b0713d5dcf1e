/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/quota.h - optional callbacks for QUOTA (RFC 9208).  Limits stand on quota roots, which
 * have names of the host's own; each mailbox is under any number of them.  That a limit holds is
 * the host's doing: APPEND, COPY and the like are refused with IMAPSRV_OVERQUOTA.
 */
#ifndef IMAPSRV_QUOTA_H
#define IMAPSRV_QUOTA_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What can be limited (RFC 9208 5). */
enum imapsrv_resource {
	IMAPSRV_RESOURCE_STORAGE,            /* units of 1024 octets */
	IMAPSRV_RESOURCE_MESSAGE,            /* messages */
	IMAPSRV_RESOURCE_MAILBOX,            /* mailboxes */
	IMAPSRV_RESOURCE_ANNOTATION_STORAGE, /* units of 1024 octets (RFC 5257) */
	IMAPSRV_RESOURCES                    /* how many there are */
};
#define IMAPSRV_RESOURCE_BIT(resource) (1u << (resource))

/* Usage and limits of one quota root, for imapsrv_op_quota. */
struct imapsrv_quota_root {
	size_t size;
	struct imapsrv_span name; /* UTF-8 without control characters; may be empty */
	uint32_t limited;         /* IMAPSRV_RESOURCE_BIT, or-ed: of which there is a limit */
	uint64_t usage[IMAPSRV_RESOURCES]; /* 0..2^63-1 */
	uint64_t limit[IMAPSRV_RESOURCES]; /* likewise; 0: nothing may be used */
};
#define IMAPSRV_QUOTA_ROOT_INIT IMAPSRV_SIZED(struct imapsrv_quota_root)

struct imapsrv_getquota {
	void *account;
	struct imapsrv_span root;
};

struct imapsrv_getquotaroot {
	void *account;
	struct imapsrv_span mailbox; /* UTF-8; need not exist */
};

struct imapsrv_setquota {
	void *account;
	struct imapsrv_span root;
	uint32_t limited; /* IMAPSRV_RESOURCE_BIT, or-ed: which limits there are from now on, and no
	                     others */
	uint64_t limit[IMAPSRV_RESOURCES]; /* 0..2^63-1 */
};

struct imapsrv_quota {
	size_t size;
	uint32_t resources; /* IMAPSRV_RESOURCE_BIT, or-ed: which can be limited at all; not 0 */
	/* Needed.  Answer: imapsrv_op_quota once; NONEXISTENT for a root that there is not, or that
	 * this account is not to know of. */
	void (*get)(void *user, struct imapsrv_op *op, const struct imapsrv_getquota *q);
	/* Needed.  The roots that the mailbox is under, or would be: imapsrv_op_quota for each,
	 * none if there is none. */
	void (*roots)(void *user, struct imapsrv_op *op, const struct imapsrv_getquotaroot *q);
	/* Answer: imapsrv_op_quota for the root as it is now, which may have been rounded, and for
	 * others that changed with it; NOPERM, ...  NULL: clients set no limits. */
	void (*set)(void *user, struct imapsrv_op *op, const struct imapsrv_setquota *q);
};
#define IMAPSRV_QUOTA_INIT IMAPSRV_SIZED(struct imapsrv_quota)

/* get, roots, set: one root.  IMAPSRV_ETOOBIG after 64 of them; else the errors of store.h. */
IMAPSRV_API int imapsrv_op_quota(struct imapsrv_op *op, const struct imapsrv_quota_root *root);

#ifdef __cplusplus
}
#endif

#endif
