/* SPDX-License-Identifier: MIT */
/*
 * scram.c - SCRAM-SHA-256 for the users of this server.
 *
 * A line of the users file holds, behind the name, what other servers keep too:
 *
 *	{SCRAM-SHA-256}iterations,salt,StoredKey,ServerKey
 *
 * the last three in base64.  A client that can only send its password may still come in with it.  A
 * user given on the command line gets a salt from the name and the secret.
 */
#include "scram.h"

#include "files.h"
#include "maildir.h"
#include "name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK	   "{SCRAM-SHA-256}"
#define ITERATIONS 4096
#define SALT	   16
#define SECRET	   32

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(struct text *to, const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned long bits = (unsigned long)data[i] << 16;
		bits |= n > 1 ? (unsigned long)data[i + 1] << 8 : 0;
		bits |= n > 2 ? data[i + 2] : 0;
		char quantum[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
		                   n > 1 ? digits[bits >> 6 & 63] : '=',
		                   n > 2 ? digits[bits & 63] : '='};
		text_put(to, quantum, 4);
	}
}

/* Up to a comma or the end of the line; gives how many octets, 0 for what is not base64. */
static size_t take_base64(const char **at, unsigned char *to, size_t max)
{
	unsigned long bits = 0;
	size_t count = 0, len = 0;

	for (; **at && !strchr(",\r\n=", **at); (*at)++) {
		const char *digit = strchr(digits, **at);
		if (!digit)
			return 0;
		bits = bits << 6 | (unsigned long)(digit - digits);
		if (++count % 4 == 1)
			continue;
		if (len == max)
			return 0;
		to[len++] = (unsigned char)(bits >> (6 - 2 * ((count - 1) % 4)));
	}
	*at += strspn(*at, "=");
	*at += **at == ',';
	return len;
}

/* Stays open: clients can have so many mailboxes open that it could not be opened later. */
static int random_fd = -1;

static bool open_random(void)
{
	if (random_fd < 0)
		random_fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	return random_fd >= 0;
}

static bool fill_random(void *to, size_t len)
{
	size_t got = 0;

	while (open_random() && got < len) {
		ssize_t n = read(random_fd, (char *)to + got, len - got);
		if (n <= 0 && errno != EINTR)
			break;
		got += n > 0 ? (size_t)n : 0;
	}
	return got == len;
}

/* ---- what is kept ------------------------------------------------------------------------- */

struct verifier {
	struct imapsrv_scram_keys keys;
	unsigned char salt[64];
};

bool scram_is(const char *hash)
{
	return !strncmp(hash, MARK, strlen(MARK));
}

static bool parse(const char *hash, struct verifier *kept)
{
	const char *at = hash + strlen(MARK);
	char *end;

	kept->keys = (struct imapsrv_scram_keys)IMAPSRV_SCRAM_KEYS_INIT;
	if (!scram_is(hash))
		return false;
	kept->keys.iterations = (uint32_t)strtoul(at, &end, 10);
	if (*end != ',' || kept->keys.iterations < ITERATIONS)
		return false;
	at = end + 1;
	kept->keys.salt = kept->salt;
	kept->keys.salt_len = take_base64(&at, kept->salt, sizeof kept->salt);
	return kept->keys.salt_len && take_base64(&at, kept->keys.stored_key, 32) == 32 &&
	       take_base64(&at, kept->keys.server_key, 32) == 32;
}

bool scram_check(const char *hash, struct imapsrv_span password)
{
	struct verifier kept, given;
	unsigned char difference = 0;

	if (!parse(hash, &kept))
		return false;
	given = kept;
	if (imapsrv_scram_derive(&given.keys, password.data, password.len))
		return false;
	for (size_t i = 0; i < sizeof given.keys.stored_key; i++)
		difference |= given.keys.stored_key[i] ^ kept.keys.stored_key[i];
	return !difference;
}

int scram_print(void)
{
	struct verifier kept;
	struct text line = {0};
	char password[1024];

	if (!fgets(password, sizeof password, stdin))
		die("--hash-password: no password on standard input");
	password[strcspn(password, "\r\n")] = '\0';
	kept.keys = (struct imapsrv_scram_keys)IMAPSRV_SCRAM_KEYS_INIT;
	kept.keys.salt = kept.salt;
	kept.keys.salt_len = SALT;
	kept.keys.iterations = ITERATIONS;
	if (!fill_random(kept.salt, SALT))
		die("--hash-password: /dev/urandom: %s", strerror(errno));
	if (!password[0] || imapsrv_scram_derive(&kept.keys, password, strlen(password)))
		die("--hash-password: no password on standard input");
	explicit_bzero(password, sizeof password);
	text_putf(&line, MARK "%d,", ITERATIONS);
	put_base64(&line, kept.salt, SALT);
	text_put(&line, ",", 1);
	put_base64(&line, kept.keys.stored_key, 32);
	text_put(&line, ",", 1);
	put_base64(&line, kept.keys.server_key, 32);
	puts(line.data);
	text_clear(&line);
	return fflush(stdout) ? 1 : 0;
}

/* ---- for the library ---------------------------------------------------------------------- */

static void cb_entropy(void *user, void *to, size_t len)
{
	(void)user;
	if (!fill_random(to, len))
		die("/dev/urandom: %s", strerror(errno)); /* nothing here would be safe any more */
}

/* A user of the command line: the salt is of the server, the name makes it one of its own. */
static bool derive(struct verifier *kept, const struct users *users, struct imapsrv_span name,
                   const char *password)
{
	kept->keys = (struct imapsrv_scram_keys)IMAPSRV_SCRAM_KEYS_INIT;
	kept->keys.iterations = ITERATIONS;
	kept->keys.salt = users->scram_secret;
	kept->keys.salt_len = SECRET;
	/* Nothing but a way to a number that only this server knows for this name. */
	if (imapsrv_scram_derive(&kept->keys, name.data, name.len))
		return false;
	memcpy(kept->salt, kept->keys.server_key, SALT);
	kept->keys.salt = kept->salt;
	kept->keys.salt_len = SALT;
	return !imapsrv_scram_derive(&kept->keys, password, strlen(password));
}

static void cb_keys(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	const struct peer *peer = user;
	const struct users *users = &peer->maildir->users;
	struct verifier kept;
	const char *password;
	char *hash;
	enum user found = users_find(users, q->authcid, &password, &hash);
	bool known = found == USER_GOOD && name_is_user(q->authcid);

	if (found == USER_NOT_KNOWN) {
		imapsrv_op_done(op, IMAPSRV_UNAVAILABLE, NULL);
		return;
	}
	/* The names on the command line take their time, so the others do too. */
	if (!hash && (users->given_count || users->any_password))
		known = derive(&kept, users, q->authcid, password) && known;
	else
		known = known && hash && parse(hash, &kept);
	free(hash);
	if (known)
		imapsrv_op_keys(op, &kept.keys);
	imapsrv_op_done(op, known ? IMAPSRV_OK : IMAPSRV_AUTHENTICATIONFAILED, NULL);
}

/* The same for as long as the tree is there. */
static void *take_secret(const char *root)
{
	unsigned char *secret = xcalloc(1, SECRET);
	struct text kept = {0};
	char *path = xprintf("%s/.imapsrv-secret", root);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && !read_from(fd, 0, SECRET, &kept) && kept.len == SECRET) {
		memcpy(secret, kept.data, SECRET);
	} else {
		int dirfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (!fill_random(secret, SECRET))
			die("/dev/urandom: %s", strerror(errno));
		if (dirfd < 0 || write_file(dirfd, ".imapsrv-secret", (char *)secret, SECRET))
			log_error("%s: %s", path, strerror(errno));
		if (dirfd >= 0)
			close(dirfd);
	}
	if (fd >= 0)
		close(fd);
	text_clear(&kept);
	free(path);
	return secret;
}

bool scram_fill(struct imapsrv_sasl *sasl, struct users *users, const char *root)
{
	if (!users_all_scram(users))
		return false;
	if (!open_random())
		die("/dev/urandom: %s", strerror(errno));
	if (!users->scram_secret)
		users->scram_secret = take_secret(root);
	sasl->keys = cb_keys;
	sasl->entropy = cb_entropy;
	sasl->secret = users->scram_secret;
	sasl->secret_len = SECRET;
	return true;
}
