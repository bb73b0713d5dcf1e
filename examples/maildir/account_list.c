/* SPDX-License-Identifier: MIT */
/*
 * account_list.c - which mailboxes a user sees, his own and those of others, and what he may do in
 * them.  Of others each list is read when it is asked for: whoever changed one, it counts at once.
 */
#include "account.h"

#include "acl.h"
#include "annotations.h"
#include "files.h"
#include "name.h"
#include "place.h"
#include "subscriptions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- rights ------------------------------------------------------------------------------- */

/* What a user may do in a mailbox of another: nothing if its list is damaged.  -1: that cannot be
 * said now. */
static int granted(const struct account *account, int root, const char *dir, uint32_t *rights_r)
{
	struct acl acl;
	int result = acl_read(root, dir, &acl) && is_passing(errno) ? -1 : 0;
	int error = errno;

	*rights_r = acl_rights(&acl, account_user(account));
	acl_clear(&acl);
	errno = error;
	return result;
}

int account_rights(const struct account *account, struct imapsrv_span name, bool above,
                   uint32_t *rights_r)
{
	struct place place;
	int root = place_open(account, name, &place, ENOENT), result = -1;
	char *dir = root < 0 ? xstrdup("") : above ? place_above(root, place.dir)
	                                           : xstrdup(place.dir);

	if (root >= 0)
		errno = ENOENT;
	if (*dir && is_mailbox(root, dir)) {
		*rights_r = IMAPSRV_RIGHTS_STANDARD;
		result = place.own ? 0 : granted(account, root, dir, rights_r);
	}
	int error = errno;
	free(dir);
	errno = error;
	return place_close(root, &place, result);
}

bool account_may_below(const struct account *account, struct imapsrv_span name, uint32_t rights)
{
	struct subscriptions dirs = {0};
	struct place place;
	int root = place_open(account, name, &place, ENOENT);
	char *above = xprintf("%s.", root < 0 ? "" : place.dir);
	uint32_t theirs;
	bool may = false;

	if (root >= 0 && place_entries(root, above, &dirs))
		log_error("%s: %s", place.root, strerror(errno));
	for (size_t i = 0; i < dirs.count && !may; i++)
		may = is_mailbox(root, dirs.dirs[i]) &&
		      (place.own || (!granted(account, root, dirs.dirs[i], &theirs) &&
		                     theirs & rights));
	subscriptions_clear(&dirs);
	free(above);
	place_close(root, &place, 0);
	return may;
}

/* ---- list --------------------------------------------------------------------------------- */

/* The user's name of a mailbox in his tree; NULL: it has none. */
static char *own_name(const struct account *account, const char *dir)
{
	char *name = strcmp(dir, ".") ? name_from_dir(dir, account->maildir->separator)
	                              : xstrdup("INBOX");

	if (name && place_is_shared(account->maildir,
	                            (struct imapsrv_span){name, strlen(name)})) {
		free(name);
		name = NULL;
	}
	return name;
}

/* Is there such a mailbox, of the user or of another who lets him see it? */
static bool is_there(const struct account *account, int root, const char *dir, const char *name)
{
	struct imapsrv_span span = {name, strlen(name)};
	uint32_t rights;

	if (!place_is_shared(account->maildir, span))
		return is_mailbox(root, dir);
	return !account_rights(account, span, false, &rights) && rights & IMAPSRV_RIGHT_LOOKUP;
}

int account_list(struct account *account, bool subscribed,
                 void (*each)(void *context, const char *name, uint32_t attributes),
                 void *context)
{
	struct subscriptions dirs, wanted = {0};
	int root = place_open_root(account->path), result = 0, error = 0;

	if (root < 0)
		return -1;
	if (place_entries(root, ".", &dirs) || (subscribed && subscriptions_read(root, &wanted))) {
		error = errno;
		subscriptions_clear(&dirs);
		close(root);
		errno = error;
		return -1;
	}
	for (size_t i = 0; !result && i < dirs.count; i++) {
		const char *dir = dirs.dirs[i];
		char *name = own_name(account, dir);
		uint32_t attributes =
			subscriptions_have(&wanted, dir) ? IMAPSRV_ATTR_SUBSCRIBED : 0, uses;
		if (name && is_mailbox(root, dir)) {
			result = annotations_uses(root, dir, name, &uses);
			error = errno;
			if (!result)
				each(context, name, attributes | uses);
		}
		free(name);
	}
	for (size_t i = 0; !result && i < wanted.count; i++) {
		char *name = name_from_dir(wanted.dirs[i], account->maildir->separator);
		if (name && !is_there(account, root, wanted.dirs[i], name))
			each(context, name, IMAPSRV_ATTR_SUBSCRIBED | IMAPSRV_ATTR_NONEXISTENT);
		free(name);
	}
	subscriptions_clear(&dirs);
	subscriptions_clear(&wanted);
	close(root);
	errno = error;
	return result;
}

/* ---- other users' mailboxes --------------------------------------------------------------- */

/* Whom they are told to. */
struct shared_list {
	const struct account *account;
	const struct subscriptions *wanted;
	void (*each)(void *context, const char *name, uint32_t attributes, uint32_t rights);
	void *context;
};

static void tell_shared(const struct shared_list *list, const char *owner, const char *theirs,
                        uint32_t rights)
{
	const struct maildir *maildir = list->account->maildir;
	char *name = place_shared_name(maildir, owner, theirs);
	char *dir = name_to_dir((struct imapsrv_span){name, strlen(name)}, maildir->separator);
	bool subscribed = dir && subscriptions_have(list->wanted, dir);

	list->each(list->context, name, subscribed ? IMAPSRV_ATTR_SUBSCRIBED : 0, rights);
	free(name);
	free(dir);
}

static int list_shared_of(const struct shared_list *list, const char *owner)
{
	char *path = xprintf("%s/%s", list->account->maildir->root, owner);
	struct subscriptions dirs = {0};
	int root = place_open_root(path);
	/* A user whose directory cannot be read has nothing to share; but not for the moment. */
	int result = root < 0 || place_entries(root, ".", &dirs) ? -1 : 0, error = errno;

	if (result)
		log_error("%s: %s", path, strerror(error));
	if (result && !is_passing(error))
		result = 0;
	for (size_t i = 0; !result && i < dirs.count; i++) {
		const char *dir = dirs.dirs[i];
		char *theirs = own_name(list->account, dir);
		uint32_t rights = 0;
		if (theirs && is_mailbox(root, dir))
			result = granted(list->account, root, dir, &rights);
		error = errno;
		if (rights & IMAPSRV_RIGHT_LOOKUP)
			tell_shared(list, owner, theirs, rights);
		free(theirs);
	}
	subscriptions_clear(&dirs);
	if (root >= 0)
		close(root);
	free(path);
	errno = error;
	return result;
}

int account_list_shared(struct account *account, bool subscribed,
                        void (*each)(void *context, const char *name, uint32_t attributes,
                                     uint32_t rights),
                        void *context)
{
	struct subscriptions users = {0}, wanted = {0};
	const struct shared_list list = {account, &wanted, each, context};
	int own = place_open_root(account->path), root = place_open_root(account->maildir->root);
	int result = own < 0 || root < 0 ? -1 : place_entries(root, "", &users);

	if (!result && subscribed)
		result = subscriptions_read(own, &wanted);
	for (size_t i = 0; !result && i < users.count; i++)
		if (place_is_sharer(account->maildir, users.dirs[i]) &&
		    strcmp(users.dirs[i], account_user(account)) != 0)
			result = list_shared_of(&list, users.dirs[i]);
	int error = errno;
	subscriptions_clear(&users);
	subscriptions_clear(&wanted);
	if (own >= 0)
		close(own);
	if (root >= 0)
		close(root);
	errno = error;
	return result;
}
