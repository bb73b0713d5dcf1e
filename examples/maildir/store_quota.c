/* SPDX-License-Identifier: MIT */
/*
 * store_quota.c - the callbacks about quotas (RFC 9208): one root for each user, with the user's
 * name, for all mailboxes of that user, whoever put what is there.
 */
#include "store.h"

#include "news.h"
#include "place.h"
#include "quota.h"

#include <errno.h>
#include <string.h>

#define UNIT 1024u /* octets of STORAGE */

static void put(struct imapsrv_quota_root *root, enum imapsrv_resource resource, uint64_t usage,
                uint64_t limit)
{
	root->limited |= IMAPSRV_RESOURCE_BIT(resource);
	root->usage[resource] = usage;
	root->limit[resource] = limit;
}

/* Of the user with that directory. */
static int answer_root(struct imapsrv_op *op, struct maildir *maildir, const char *path)
{
	struct imapsrv_quota_root root = IMAPSRV_QUOTA_ROOT_INIT;
	const char *user = strrchr(path, '/') + 1;
	struct amount limits, usage;

	if (quota_get(&maildir->quotas, path, &limits, &usage))
		return -1;
	root.name = (struct imapsrv_span){user, strlen(user)};
	if (limits.octets != UINT64_MAX)
		put(&root, IMAPSRV_RESOURCE_STORAGE, usage.octets / UNIT + !!(usage.octets % UNIT),
		    limits.octets / UNIT);
	if (limits.messages != UINT64_MAX)
		put(&root, IMAPSRV_RESOURCE_MESSAGE, usage.messages, limits.messages);
	imapsrv_op_quota(op, &root);
	return 0;
}

static bool is_root(const struct account *account, struct imapsrv_span name)
{
	const char *user = account_user(account);

	return strlen(user) == name.len && !memcmp(user, name.data, name.len);
}

static void cb_get(void *user, struct imapsrv_op *op, const struct imapsrv_getquota *q)
{
	const struct account *account = q->account;

	(void)user;
	errno = ENOENT;
	answer(op,
	       is_root(account, q->root) ? answer_root(op, account->maildir, account->path) : -1);
}

static void cb_roots(void *user, struct imapsrv_op *op, const struct imapsrv_getquotaroot *q)
{
	const struct account *account = q->account;
	struct place place;

	(void)user;
	errno = ENOENT;
	int result = place_find(account, q->mailbox, &place)
	                     ? answer_root(op, account->maildir, place.root)
	                     : -1;
	answer(op, place_close(-1, &place, result));
}

static uint64_t limit_of(const struct imapsrv_setquota *q, enum imapsrv_resource resource)
{
	uint64_t unit = resource == IMAPSRV_RESOURCE_STORAGE ? UNIT : 1;
	uint64_t limit = q->limit[resource], most = INT64_MAX / unit;

	if (!(q->limited & IMAPSRV_RESOURCE_BIT(resource)))
		return UINT64_MAX;
	return (limit < most ? limit : most) * unit;
}

static void cb_set(void *user, struct imapsrv_op *op, const struct imapsrv_setquota *q)
{
	struct account *account = q->account;
	struct amount limits = {limit_of(q, IMAPSRV_RESOURCE_STORAGE),
	                        limit_of(q, IMAPSRV_RESOURCE_MESSAGE)};

	(void)user;
	errno = ENOENT;
	int result = is_root(account, q->root) ? 0 : -1;
	if (!result)
		result = quota_set(account->path, &limits);
	if (!result) {
		news_quota(account->maildir, account->path, IMAPSRV_EVENT_QUOTA_CHANGE,
		           imapsrv_op_session(op));
		result = answer_root(op, account->maildir, account->path);
	}
	answer(op, result);
}

void store_fill_quota(const struct quotas *quotas, struct imapsrv_quota *quota)
{
	quota->resources = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE) |
	                   IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_MESSAGE);
	quota->get = cb_get;
	quota->roots = cb_roots;
	quota->set = quotas->settable ? cb_set : NULL;
}
