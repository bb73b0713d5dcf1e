/* SPDX-License-Identifier: MIT */
/*
 * users.c - checks names and passwords.
 *
 * With a users file each attempt costs exactly one crypt(3), or what SCRAM has in its place,
 * whether the name exists or not, and comparisons look at every octet: so the time that an answer
 * takes does not tell which names there are.  The file is read each time; it is small, and changes
 * take effect at once.  crypt(3) stops all connections while it computes: a server for many users
 * would ask a helper process, and answer the op when that has answered.
 */
#include "users.h"

#include "files.h"
#include "name.h"
#include "scram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USERS_FILE_MAX (16u << 20)

/* What is hashed for a name that does not exist when the file has no hash to go by. */
#define DUMMY_HASH "$6$imapsrvnobody$"

/* Every octet of `given` is looked at, whatever the first difference. */
static bool same_secret(const char *known, size_t known_len, struct imapsrv_span given)
{
	unsigned char difference = known_len != given.len;

	for (size_t i = 0; i < given.len; i++) {
		char other = known_len ? known[i % known_len] : '\0';
		difference |= (unsigned char)(given.data[i] ^ other);
	}
	return !difference;
}

static bool same_name(const char *known, size_t len, struct imapsrv_span name)
{
	return len == name.len && !memcmp(known, name.data, len);
}

/* The hash of a user, or one of the same kind that leads nowhere. */
static char *find_hash(const char *p, struct imapsrv_span name, bool *found_r)
{
	char *hash = NULL;

	*found_r = false;
	for (; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t name_len = strcspn(p, ":\n"), hash_len;
		const char *text = p + name_len + 1;
		if (*p == '#' || p[name_len] != ':' || !(hash_len = strcspn(text, ":\r\n")))
			continue;
		bool match = !*found_r && same_name(p, name_len, name);
		if (match || !hash) {
			free(hash);
			hash = xstrndup(text, hash_len);
		}
		*found_r |= match;
	}
	return hash ? hash : xstrdup(DUMMY_HASH);
}

/* False: who may log in is not known now. */
static bool read_file(const char *path, struct text *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	text_put(text, "", 0);
	bool done = fd >= 0 && !read_from(fd, 0, USERS_FILE_MAX, text);
	if (!done)
		log_error("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

#ifdef WITHOUT_CRYPT
static bool check_crypt(const char *hash, struct imapsrv_span password)
{
	(void)hash;
	(void)password;
	return false;
}
#else
static bool check_crypt(const char *hash, struct imapsrv_span password)
{
	char *plain = xstrndup(password.data, password.len);
	const char *result = crypt(plain, hash);
	bool same = result && strlen(plain) == password.len &&
	            same_secret(hash, strlen(hash),
	                        (struct imapsrv_span){result, strlen(result)});
	explicit_bzero(plain, password.len);
	free(plain);
	return same;
}
#endif

static enum user check_file(const char *path, struct imapsrv_span name,
                            struct imapsrv_span password)
{
	struct text text = {0};
	bool found, read = read_file(path, &text);

	char *hash = find_hash(text.data, name, &found);
	bool same = scram_is(hash) ? scram_check(hash, password) : check_crypt(hash, password);
	free(hash);
	text_clear(&text);
	return !read ? USER_NOT_KNOWN : same && found ? USER_GOOD : USER_BAD;
}

static bool check_given(const struct users *users, struct imapsrv_span name,
                        struct imapsrv_span password)
{
	bool good = false;

	for (size_t i = 0; i < users->given_count; i++) {
		const char *given = users->given[i];
		size_t len = strcspn(given, ":");
		bool same = same_secret(given + len + 1, strlen(given + len + 1), password);
		good |= same && same_name(given, len, name);
	}
	if (users->any_password)
		good |= same_secret(users->any_password, strlen(users->any_password), password);
	return good;
}

enum user users_check(const struct users *users, struct imapsrv_span name,
                      struct imapsrv_span password)
{
	enum user given = check_given(users, name, password) ? USER_GOOD : USER_BAD;
	enum user kept = users->file ? check_file(users->file, name, password) : USER_BAD;

	if (!name_is_user(name))
		return USER_BAD;
	return given == USER_GOOD ? given : kept;
}

static bool find_given(const struct users *users, struct imapsrv_span name, const char **password_r)
{
	for (size_t i = 0; i < users->given_count; i++) {
		size_t len = strcspn(users->given[i], ":");
		if (same_name(users->given[i], len, name)) {
			*password_r = users->given[i] + len + 1;
			return true;
		}
	}
	*password_r = users->any_password ? users->any_password : "-";
	return users->any_password != NULL;
}

enum user users_find(const struct users *users, struct imapsrv_span name,
                     const char **password_r, char **hash_r)
{
	struct text text = {0};
	bool found = false;

	*hash_r = NULL;
	if (find_given(users, name, password_r))
		return USER_GOOD;
	if (!users->file)
		return USER_BAD;
	bool read = read_file(users->file, &text);
	*hash_r = find_hash(text.data, name, &found);
	text_clear(&text);
	if (!found) {
		free(*hash_r);
		*hash_r = NULL;
	}
	return !read ? USER_NOT_KNOWN : found ? USER_GOOD : USER_BAD;
}

bool users_all_scram(const struct users *users)
{
	struct text text = {0};
	bool all = true;

	if (!users->file)
		return true;
	read_file(users->file, &text);
	for (const char *p = text.data; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t len = strcspn(p, ":\n");
		if (*p != '#' && p[len] == ':')
			all = all && scram_is(p + len + 1);
	}
	text_clear(&text);
	return all;
}
