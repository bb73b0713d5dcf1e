/* SPDX-License-Identifier: MIT */
/*
 * acl.c - a text file that may be edited by hand: a line for each entry, an identifier, a space,
 * and letters of rights.  Lines that begin with "#" say nothing.  Rights that are not understood
 * must not be guessed: if any line is something else nobody but the owner has rights, until
 * somebody mends it.
 *
 * The file is never written to, only replaced, under the lock of the box.  What differs from what
 * was there before is told, whoever did it.
 */
#include "acl.h"

#include "box.h"
#include "files.h"
#include "name.h"
#include "news.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 1000u
#define FILE_MAX    (1u << 18)

void acl_clear(struct acl *acl)
{
	for (size_t i = 0; i < acl->count; i++)
		free(acl->items[i].identifier);
	free(acl->items);
	*acl = (struct acl){0};
}

/* ---- entries ------------------------------------------------------------------------------ */

static size_t find(const struct acl *acl, const char *identifier)
{
	size_t at = 0;

	while (at < acl->count && strcmp(acl->items[at].identifier, identifier) < 0)
		at++;
	return at;
}

static uint32_t get(const struct acl *acl, const char *identifier)
{
	size_t at = find(acl, identifier);

	return at < acl->count && !strcmp(acl->items[at].identifier, identifier)
	               ? acl->items[at].rights
	               : 0;
}

/* An entry without rights says nothing, and is none. */
static void put(struct acl *acl, const char *identifier, uint32_t rights)
{
	size_t at = find(acl, identifier);

	if (at < acl->count && !strcmp(acl->items[at].identifier, identifier)) {
		free(acl->items[at].identifier);
		memmove(&acl->items[at], &acl->items[at + 1],
		        (--acl->count - at) * sizeof *acl->items);
	}
	if (!rights)
		return;
	RESERVE_ONE(acl->items, acl->count, acl->capacity);
	memmove(&acl->items[at + 1], &acl->items[at], (acl->count++ - at) * sizeof *acl->items);
	acl->items[at] = (struct acl_entry){xstrdup(identifier), rights};
}

const char *acl_who(const char *identifier)
{
	return identifier + (*identifier == '-');
}

bool acl_is_identifier(struct imapsrv_span identifier)
{
	size_t minus = identifier.len && identifier.data[0] == '-';

	return name_is_user((struct imapsrv_span){identifier.data + minus, identifier.len - minus});
}

uint32_t acl_rights(const struct acl *acl, const char *user)
{
	uint32_t given = 0, taken = 0;

	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_entry *entry = &acl->items[i];
		const char *who = acl_who(entry->identifier);

		if (strcmp(who, "anyone") != 0 && strcmp(who, user) != 0)
			continue;
		if (who == entry->identifier)
			given |= entry->rights;
		else
			taken |= entry->rights;
	}
	return given & ~taken;
}

/* ---- the file ----------------------------------------------------------------------------- */

static bool take_line(struct acl *acl, const char *line, const char *end)
{
	const char *space = memchr(line, ' ', (size_t)(end - line));
	struct imapsrv_span letters;
	uint32_t rights;

	end -= end > line && end[-1] == '\r';
	if (line == end || *line == '#')
		return true;
	if (!space || acl->count == ENTRIES_MAX ||
	    !acl_is_identifier((struct imapsrv_span){line, (size_t)(space - line)}))
		return false;
	letters = (struct imapsrv_span){space + 1, (size_t)(end - space) - 1};
	if (imapsrv_rights_parse(letters, &rights) || rights & ~IMAPSRV_RIGHTS_STANDARD)
		return false;
	char *identifier = xstrndup(line, (size_t)(space - line));
	put(acl, identifier, get(acl, identifier) | rights);
	free(identifier);
	return true;
}

/* The file is open; closes it. */
static int read_list(int fd, struct acl *acl)
{
	struct text text = {0};
	int result = read_from(fd, 0, FILE_MAX, &text);
	int error = errno;

	close(fd);
	if (!result && text.len == FILE_MAX) {
		error = EBADMSG;
		result = -1;
	}
	for (size_t at = 0; !result && at < text.len;) {
		const char *lf = memchr(text.data + at, '\n', text.len - at);
		const char *end = lf ? lf : text.data + text.len;
		if (!take_line(acl, text.data + at, end)) {
			error = EBADMSG;
			result = -1;
		}
		at = (size_t)(end - text.data) + 1;
	}
	text_clear(&text);
	if (result)
		acl_clear(acl);
	errno = error;
	return result;
}

static int read_file(int dirfd, const char *file, struct acl *acl)
{
	int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*acl = (struct acl){0};
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	return read_list(fd, acl);
}

int acl_read(int root, const char *dir, struct acl *acl)
{
	char *path = xprintf("%s/%s", dir, ACL_FILE);
	int result = read_file(root, path, acl);
	int error = errno;

	if (result)
		log_error("%s: %s%s", path,
		          is_passing(error) ? "" : "nobody but its owner has rights: ",
		          strerror(error));
	free(path);
	errno = error;
	return result;
}

static int write_list(int dirfd, const struct acl *acl)
{
	char letters[IMAPSRV_RIGHTS_LETTERS];
	struct text text = {0};

	if (acl->count > ENTRIES_MAX) {
		errno = EMLINK;
		return -1;
	}
	text_putf(&text, "# rights of other users: identifier letters\n");
	for (size_t i = 0; i < acl->count; i++) {
		imapsrv_rights_format(acl->items[i].rights, letters);
		text_putf(&text, "%s %s\n", acl->items[i].identifier, letters);
	}
	int result = write_file(dirfd, ACL_FILE, text.data, text.len);
	int error = errno;
	text_clear(&text);
	errno = error;
	return result;
}

int acl_begin(int dirfd, int root, const char *above)
{
	struct acl acl = {0};
	int result = *above ? acl_read(root, above, &acl) : 0;

	if (unlinkat(dirfd, ACL_FILE, 0) && errno != ENOENT)
		result = -1;
	if (!result && acl.count)
		result = write_list(dirfd, &acl);
	int error = errno;
	acl_clear(&acl);
	errno = error;
	return result;
}

/* ---- of a box ----------------------------------------------------------------------------- */

static void tell_difference(const struct box *box, const struct acl *old, const struct acl *new,
                            const struct imapsrv_session *origin)
{
	size_t i = 0, k = 0;

	while (i < old->count || k < new->count) {
		int order = i == old->count   ? 1
		            : k == new->count ? -1
		                              : strcmp(old->items[i].identifier,
		                                       new->items[k].identifier);
		const char *identifier = order > 0 ? new->items[k].identifier
		                                   : old->items[i].identifier;
		uint32_t was = order > 0 ? 0 : old->items[i].rights;
		uint32_t is = order < 0 ? 0 : new->items[k].rights;
		bool negative = *identifier == '-';

		if (was != is)
			news_rights(box, acl_who(identifier), negative ? is & ~was : was & ~is,
			            origin);
		i += order <= 0;
		k += order >= 0;
	}
}

static bool is_known(const struct box *box, const struct stat *st)
{
	const struct acl_known *a = &box->acl;

	return a->known && a->inode == st->st_ino && !clock_before(a->mtime, st->st_mtim) &&
	       !clock_before(st->st_mtim, a->mtime);
}

void acl_look(struct box *box, const struct imapsrv_session *origin)
{
	struct acl_known fresh = {.known = true}, old = box->acl;
	struct stat st;

	if (!box->maildir->share)
		return;
	if (fstatat(box->dirfd, ACL_FILE, &st, 0))
		st = (struct stat){0};
	if (is_known(box, &st))
		return;
	fresh.inode = st.st_ino;
	fresh.mtime = st.st_mtim;
	/* Of one that is damaged nobody has rights; one that cannot be read now says nothing. */
	if (acl_read(box->dirfd, ".", &fresh.list) && is_passing(errno))
		return;
	box->acl = fresh;
	if (old.known)
		tell_difference(box, &old.list, &fresh.list, origin);
	acl_clear(&old.list);
}

void acl_free(struct box *box)
{
	acl_clear(&box->acl.list);
	box->acl = (struct acl_known){0};
}

static uint32_t after(uint32_t old, enum imapsrv_acl_change change, uint32_t rights)
{
	switch (change) {
	case IMAPSRV_ACL_SET:
		return rights;
	case IMAPSRV_ACL_ADD:
		return old | rights;
	case IMAPSRV_ACL_REMOVE:
		return old & ~rights;
	case IMAPSRV_ACL_DELETE:
		break;
	}
	return 0;
}

static int change_locked(struct box *box, const char *identifier, enum imapsrv_acl_change change,
                         uint32_t rights)
{
	struct acl acl;
	int result = acl_read(box->dirfd, ".", &acl);

	if (!result) {
		put(&acl, identifier, after(get(&acl, identifier), change, rights));
		result = write_list(box->dirfd, &acl);
	}
	int error = errno;
	acl_clear(&acl);
	errno = error;
	return result;
}

int acl_change(struct box *box, const char *identifier, enum imapsrv_acl_change change,
               uint32_t rights, const struct imapsrv_session *origin)
{
	if (box_lock(box))
		return -1;
	if (box->frozen) {
		box_unlock(box);
		errno = EROFS;
		return -1;
	}
	acl_look(box, NULL);
	int result = change_locked(box, identifier, change, rights);
	int error = errno;
	box_unlock(box);
	acl_look(box, origin);
	errno = error;
	return result;
}
