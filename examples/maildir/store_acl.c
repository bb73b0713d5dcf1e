/* SPDX-License-Identifier: MIT */
/*
 * store_acl.c - the callbacks about access control lists (ACL, RFC 4314).  The owner has all
 * rights, always; anybody else what his name and "anyone" are given, less what "-" takes away.
 */
#include "store.h"

#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is there ------------------------------------------------------------------------ */

static void cb_rights(void *user, struct imapsrv_op *op, const struct imapsrv_acl_rights *q)
{
	uint32_t rights;

	(void)user;
	int result = account_rights(q->account, q->mailbox, q->above, &rights);
	if (!result)
		imapsrv_op_rights(op, rights);
	answer(op, result);
}

static void give(struct imapsrv_op *op, const char *identifier, uint32_t rights)
{
	struct imapsrv_acl_entry entry = {{identifier, strlen(identifier)}, rights, {NULL, 0}};

	imapsrv_op_acl(op, &entry);
}

static void cb_get(void *user, struct imapsrv_op *op, const struct imapsrv_acl_get *q)
{
	struct acl acl = {0};
	struct place place;
	int root = place_open(q->account, q->mailbox, &place, ENOENT);
	int result = root < 0 ? -1 : acl_read(root, place.dir, &acl);

	(void)user;
	if (!result)
		give(op, place_owner(&place), IMAPSRV_RIGHTS_STANDARD);
	for (size_t i = 0; !result && i < acl.count; i++)
		give(op, acl.items[i].identifier, acl.items[i].rights);
	int error = errno;
	acl_clear(&acl);
	errno = error;
	answer(op, place_close(root, &place, result));
}

/* ---- changes ------------------------------------------------------------------------------ */

/* Does the identifier mean the owner of the mailbox? */
static bool is_owner(const struct account *account, struct imapsrv_span mailbox,
                     const char *identifier)
{
	struct place place;
	bool is = place_find(account, mailbox, &place) &&
	          !strcmp(acl_who(identifier), place_owner(&place));

	place_clear(&place);
	return is;
}

static int set_entry(struct imapsrv_op *op, const struct imapsrv_acl_set *q, const char *identifier)
{
	struct box *box;

	if (account_box(q->account, q->mailbox, &box))
		return -1;
	int result = acl_change(box, identifier, q->change, q->rights, imapsrv_op_session(op));
	int error = errno;
	box_release(box);
	errno = error;
	return result;
}

static void cb_set(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	char *identifier = xstrndup(q->identifier.data, q->identifier.len);

	(void)user;
	if (!acl_is_identifier(q->identifier))
		imapsrv_op_done(op, IMAPSRV_CANNOT, "nobody here can have that name");
	else if (is_owner(q->account, q->mailbox, identifier))
		imapsrv_op_done(op, IMAPSRV_CANNOT, "the owner has all rights, always");
	else
		answer(op, set_entry(op, q, identifier));
	free(identifier);
}

static void cb_grantable(void *user, struct imapsrv_op *op, const struct imapsrv_acl_grantable *q)
{
	char *identifier = xstrndup(q->identifier.data, q->identifier.len);
	uint32_t rights[32];
	size_t count = 0;

	(void)user;
	if (is_owner(q->account, q->mailbox, identifier)) {
		imapsrv_op_grantable(op, IMAPSRV_RIGHTS_STANDARD, NULL, 0);
	} else {
		for (unsigned i = 0; i < 32 && acl_is_identifier(q->identifier); i++)
			if (IMAPSRV_RIGHTS_STANDARD >> i & 1)
				rights[count++] = UINT32_C(1) << i;
		imapsrv_op_grantable(op, 0, rights, count);
	}
	free(identifier);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

const struct imapsrv_acl maildir_acl = {
	.size = sizeof(struct imapsrv_acl),
	.rights = cb_rights,
	.get = cb_get,
	.set = cb_set,
	.grantable = cb_grantable,
};
