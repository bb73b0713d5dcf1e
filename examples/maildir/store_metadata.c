/* SPDX-License-Identifier: MIT */
/*
 * store_metadata.c - the callbacks about annotations (METADATA, RFC 5464), of mailboxes and of the
 * server.  The special uses of a mailbox are one of its annotations (RFC 6154 4).
 *
 * Of the server's, the private ones are in a file of the user; the shared ones are in a file beside
 * the users' directories, which clients read and the administrator writes.
 */
#include "store.h"

#include "annotations.h"
#include "files.h"
#include "news.h"
#include "place.h"
#include "uses.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCOUNT_FILE "imapsrv-metadata-server"
#define ACCOUNT_LOCK "imapsrv-metadata-server.lock"
#define SERVER_FILE  ".imapsrv-metadata"

static bool is_private(struct imapsrv_span name)
{
	return name.len > 9 && !memcmp(name.data, "/private/", 9);
}

static bool is_uses(struct imapsrv_span name)
{
	return name.len == strlen(USES_ENTRY) && !memcmp(name.data, USES_ENTRY, name.len);
}

/* Whose private entries of a mailbox are meant: its owner's ("") or those of this user. */
static const char *whose(const struct account *account, struct imapsrv_span mailbox)
{
	return place_is_shared(account->maildir, mailbox) ? account_user(account) : "";
}

/* ---- get ---------------------------------------------------------------------------------- */

static void give(struct imapsrv_op *op, const struct imapsrv_metadata_get *q,
                 const struct entries *entries, const char *owner, bool private)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct annotation *entry = &entries->items[i];
		struct imapsrv_entry row = {.name = {entry->name, strlen(entry->name)},
		                            .has_value = 1,
		                            .value = {entry->value, entry->len}};
		if (strcmp(entry->owner, owner) != 0 || is_private(row.name) != private ||
		    (is_uses(row.name) && !entry->len) || !imapsrv_metadata_wants(q, row.name))
			continue;
		imapsrv_op_entry(op, &row);
	}
}

/* What the name of a mailbox tells of its use is shown as if it were written down. */
static void add_uses(struct entries *entries, struct imapsrv_span mailbox)
{
	char *name = xstrndup(mailbox.data, mailbox.len);
	char *text = uses_format(uses_of(NULL, name));
	struct imapsrv_span value = {text, strlen(text)};

	if (value.len && !entries_find(entries, "", USES_ENTRY))
		entries_put(entries, "",
		            (struct imapsrv_span){USES_ENTRY, strlen(USES_ENTRY)}, &value);
	free(name);
	free(text);
}

static int get_of_mailbox(struct imapsrv_op *op, const struct imapsrv_metadata_get *q)
{
	struct entries entries = {0};
	int dirfd = account_mailbox_dir(q->account, q->mailbox);
	int result = dirfd < 0 ? -1 : entries_read(dirfd, ANNOTATIONS_FILE, &entries);
	const char *owner = whose(q->account, q->mailbox);

	if (!result) {
		if (!*owner)
			add_uses(&entries, q->mailbox);
		give(op, q, &entries, owner, true);
		give(op, q, &entries, "", false);
	}
	int error = errno;
	if (dirfd >= 0)
		close(dirfd);
	entries_clear(&entries);
	errno = error;
	return result;
}

static int get_from(struct imapsrv_op *op, const struct imapsrv_metadata_get *q, const char *dir,
                    const char *file, bool private)
{
	struct entries entries = {0};
	char *path = xprintf("%s/%s", dir, file);
	int result = entries_read(AT_FDCWD, path, &entries);
	int error = errno;

	if (!result)
		give(op, q, &entries, "", private);
	entries_clear(&entries);
	free(path);
	errno = error;
	return result;
}

static int get_of_server(struct imapsrv_op *op, const struct imapsrv_metadata_get *q)
{
	const struct account *account = q->account;
	int result = get_from(op, q, account->path, ACCOUNT_FILE, true);

	return result ? result : get_from(op, q, account->maildir->root, SERVER_FILE, false);
}

static void cb_get(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_get *q)
{
	(void)user;
	answer(op, q->mailbox.len ? get_of_mailbox(op, q) : get_of_server(op, q));
}

/* ---- set, of a mailbox -------------------------------------------------------------------- */

static int change(struct account *account, struct imapsrv_span mailbox,
                  const struct imapsrv_entry *changes, size_t count,
                  const struct imapsrv_session *origin)
{
	struct box *box;

	if (account_box(account, mailbox, &box))
		return -1;
	int result = annotations_change(box, whose(account, mailbox), changes, count, origin);
	int error = errno;
	box_release(box);
	errno = error;
	return result;
}

static int set_uses(struct account *account, struct imapsrv_span mailbox, uint32_t uses)
{
	char *text = uses_format(uses);
	struct imapsrv_entry one = {.name = {USES_ENTRY, strlen(USES_ENTRY)},
	                            .has_value = 1,
	                            .value = {text, strlen(text)}};
	int result = change(account, mailbox, &one, 1, NULL);

	free(text);
	return result;
}

/* Mailboxes that have one of these uses, and what is left to them. */
struct rivals {
	struct imapsrv_span except;
	uint32_t uses;
	char **names;
	uint32_t *left;
	size_t count;
	size_t capacity;
	size_t left_capacity;
};

static void note_rival(void *context, const char *name, uint32_t attributes)
{
	struct rivals *rivals = context;
	size_t count = rivals->count;

	if (!(attributes & rivals->uses) || (strlen(name) == rivals->except.len &&
	                                     !memcmp(name, rivals->except.data, strlen(name))))
		return;
	RESERVE_ONE(rivals->left, rivals->count, rivals->left_capacity);
	rivals->left[count] = attributes & USES_KNOWN & ~rivals->uses;
	RESERVE_ONE(rivals->names, rivals->count, rivals->capacity);
	rivals->names[rivals->count++] = xstrdup(name);
}

void store_take_uses(struct account *account, struct imapsrv_span mailbox, uint32_t uses)
{
	struct rivals rivals = {.except = mailbox, .uses = uses};

	if (uses && account_list(account, false, note_rival, &rivals))
		log_error("%s: special uses are not taken away: %s", account->path,
		          strerror(errno));
	for (size_t i = 0; i < rivals.count; i++) {
		const char *name = rivals.names[i];
		if (set_uses(account, (struct imapsrv_span){name, strlen(name)}, rivals.left[i]))
			log_error("%s: %s keeps its special use: %s", account->path, name,
			          strerror(errno));
		free(rivals.names[i]);
	}
	free(rivals.names);
	free(rivals.left);
}

/* What is to be written: words that are known, and an empty text where there is to be none, so that
 * the name does not tell one. */
static bool check_uses(const struct imapsrv_metadata_set *q, struct imapsrv_entry *changes,
                       uint32_t *uses_r)
{
	bool good = true;

	*uses_r = 0;
	for (size_t i = 0; i < q->entry_count; i++) {
		changes[i] = q->entries[i];
		if (!is_uses(changes[i].name))
			continue;
		if (changes[i].has_value)
			good = uses_parse(changes[i].value, uses_r);
		else
			changes[i].value = (struct imapsrv_span){"", 0};
		changes[i].has_value = 1;
	}
	return good;
}

static void set_of_mailbox(struct imapsrv_op *op, const struct imapsrv_metadata_set *q)
{
	struct imapsrv_entry *changes = xcalloc(q->entry_count, sizeof *changes);
	const struct imapsrv_session *origin = imapsrv_op_session(op);
	uint32_t uses;

	/* What a mailbox is used for is its owner's affair. */
	bool good = check_uses(q, changes, &uses);
	for (size_t i = 0; i < q->entry_count && *whose(q->account, q->mailbox); i++)
		good = good && !is_uses(changes[i].name);
	if (!good) {
		imapsrv_op_done(op, IMAPSRV_USEATTR, "no mailbox here has such a use");
		free(changes);
		return;
	}
	int result = change(q->account, q->mailbox, changes, q->entry_count, origin);
	int error = errno;
	free(changes);
	if (!result)
		store_take_uses(q->account, q->mailbox, uses);
	errno = error;
	answer(op, result);
}

/* ---- set, of the server ------------------------------------------------------------------- */

static int change_account(int root, const struct imapsrv_metadata_set *q)
{
	struct entries entries;
	int result = entries_read(root, ACCOUNT_FILE, &entries);

	for (size_t i = 0; !result && i < q->entry_count; i++)
		entries_put(&entries, "", q->entries[i].name,
		            q->entries[i].has_value ? &q->entries[i].value : NULL);
	if (!result)
		result = entries_write(root, ACCOUNT_FILE, &entries);
	int error = errno;
	entries_clear(&entries);
	errno = error;
	return result;
}

static int lock_and_change_account(const struct imapsrv_metadata_set *q)
{
	int root = account_mailbox_dir(q->account, (struct imapsrv_span){"INBOX", 5});
	int lock = root < 0 ? -1 : lock_file(root, ACCOUNT_LOCK);
	int result = lock < 0 ? -1 : change_account(root, q);
	int error = errno;

	if (lock >= 0)
		close(lock);
	if (root >= 0)
		close(root);
	errno = error;
	return result;
}

static void set_of_server(struct imapsrv_op *op, const struct imapsrv_metadata_set *q)
{
	struct imapsrv_span *names = xcalloc(q->entry_count, sizeof *names);
	int result = 0;

	for (size_t i = 0; i < q->entry_count; i++) {
		names[i] = q->entries[i].name;
		if (!is_private(names[i]))
			result = -1;
	}
	errno = EACCES;
	if (!result)
		result = lock_and_change_account(q);
	int error = errno;
	if (!result)
		news_server_entries(q->account, names, q->entry_count, imapsrv_op_session(op));
	free(names);
	errno = error;
	answer(op, result);
}

static void cb_set(void *user, struct imapsrv_op *op, const struct imapsrv_metadata_set *q)
{
	(void)user;
	if (q->mailbox.len)
		set_of_mailbox(op, q);
	else
		set_of_server(op, q);
}

const struct imapsrv_metadata maildir_metadata = {
	.size = sizeof(struct imapsrv_metadata),
	.get = cb_get,
	.set = cb_set,
	.max_value = ENTRY_VALUE_MAX,
};
