/* SPDX-License-Identifier: MIT */
/*
 * quota.c - limits are in the file "imapsrv-quota" of a user, if he has others than all.  What
 * there is, is counted in the file "maildirsize", as Maildir++ has it, so that other programs count
 * with us: a line with the limits, then lines with octets and messages that came or, negative,
 * went.
 *
 * What comes is counted before it is there and what goes after it went, so that a crash leaves too
 * much in the file and not too little.  It is made anew, from the directories, when it is missing,
 * damaged or long, when the limits are others, and, as Maildir++ says, before somebody is told that
 * there is no room: unless it was made less than 15 minutes ago and nothing was counted since.
 */
#include "quota.h"

#include "files.h"
#include "maildir.h"
#include "news.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMITS_FILE "imapsrv-quota"
#define COUNT_FILE  "maildirsize"
#define LOCK_FILE   "imapsrv-quota.lock"
#define COUNT_MAX   5120 /* octets of the file */
#define FRESH_S     900

static const struct amount unlimited = {UINT64_MAX, UINT64_MAX};

/* ---- limits ------------------------------------------------------------------------------- */

static bool parse_limit(const char **p, struct amount *limits)
{
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	unsigned long long value = strtoull(*p, &end, 10);
	if (errno || value > INT64_MAX)
		return false;
	if (*end == 'S')
		limits->octets = value;
	else if (*end == 'C')
		limits->messages = value;
	else
		return false;
	*p = end + 1;
	return true;
}

bool quota_parse(const char *text, struct amount *limits_r)
{
	const char *p = text;

	*limits_r = unlimited;
	if (!strcmp(text, "none"))
		return true;
	while (parse_limit(&p, limits_r)) {
		if (!*p)
			return true;
		if (*p++ != ',')
			break;
	}
	return false;
}

static char *format(const struct amount *limits)
{
	struct text text = {0};

	if (limits->octets != UINT64_MAX)
		text_putf(&text, "%" PRIu64 "S", limits->octets);
	if (limits->messages != UINT64_MAX)
		text_putf(&text, "%s%" PRIu64 "C", text.len ? "," : "", limits->messages);
	if (!text.len)
		text_put(&text, "none", 4);
	return text.data;
}

/* A small file, NUL-terminated; false: it is not there. */
static bool read_small(int root, const char *name, size_t max, struct text *text)
{
	int fd = openat(root, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool good = fd >= 0 && !read_from(fd, 0, max, text);

	text_put(text, "", 0);
	if (fd >= 0)
		close(fd);
	return good;
}

static struct amount limits_of(const struct quotas *quotas, int root)
{
	struct amount limits = quotas->limits;
	struct text text = {0};

	if (read_small(root, LIMITS_FILE, 256, &text)) {
		text.data[strcspn(text.data, "\r\n")] = '\0';
		if (!quota_parse(text.data, &limits)) {
			log_error("%s: '%s' is no quota", LIMITS_FILE, text.data);
			limits = quotas->limits;
		}
	}
	text_clear(&text);
	return limits;
}

/* ---- what is remembered of users ---------------------------------------------------------- */

static struct quota_user *find_user(struct quotas *quotas, const char *account, bool make)
{
	struct quota_user *user = quotas->users;

	while (user && strcmp(user->account, account) != 0)
		user = user->next;
	if (user || !make)
		return user;
	user = xcalloc(1, sizeof *user);
	user->account = xstrdup(account);
	user->next = quotas->users;
	quotas->users = user;
	return user;
}

/* Nothing is to be remembered of most. */
static void drop_user(struct quotas *quotas, struct quota_user *user)
{
	struct quota_user **link = &quotas->users;

	if (!user || user->doubtful || user->exceeded)
		return;
	while (*link != user)
		link = &(*link)->next;
	*link = user->next;
	free(user->account);
	free(user);
}

void quota_doubt(struct quotas *quotas, const char *account)
{
	if (quotas->on)
		find_user(quotas, account, true)->doubtful = true;
}

void quota_clear(struct quotas *quotas)
{
	while (quotas->users) {
		struct quota_user *user = quotas->users;
		user->doubtful = user->exceeded = false;
		drop_user(quotas, user);
	}
}

/* ---- the count ---------------------------------------------------------------------------- */

/* What the file says; false: it is no use.  *bare_r: it has one line of them. */
static bool read_count(int root, const struct amount *limits, struct amount *usage_r, bool *bare_r)
{
	struct text text = {0};
	char *line = format(limits);
	int64_t octets = 0, messages = 0;
	size_t lines = 0, len = strlen(line);
	bool good = read_small(root, COUNT_FILE, COUNT_MAX, &text) && text.len < COUNT_MAX &&
	            !strncmp(text.data, line, len) && text.data[len] == '\n';

	for (const char *p = text.data + (good ? len + 1 : 0); good && *p; lines++) {
		char *end;
		long long o = strtoll(p, &end, 10);
		good = end != p && *end == ' ';
		p = end;
		long long m = good ? strtoll(p, &end, 10) : 0;
		good = good && end != p && *end == '\n' && o > -INT64_MAX / COUNT_MAX &&
		       o < INT64_MAX / COUNT_MAX && m > INT32_MIN && m < INT32_MAX;
		octets += good ? o : 0;
		messages += good ? m : 0;
		p = end + 1;
	}
	*usage_r = (struct amount){(uint64_t)octets, (uint64_t)messages};
	*bare_r = lines == 1;
	text_clear(&text);
	free(line);
	return good && lines && octets >= 0 && messages >= 0;
}

static bool is_fresh(int root)
{
	struct stat st;

	return !fstatat(root, COUNT_FILE, &st, 0) && clock_now().tv_sec - st.st_mtime < FRESH_S;
}

static int make_count(int root, const char *account, const struct amount *limits,
                      struct amount *usage_r)
{
	struct text text = {0};
	char *line = format(limits);
	int result = quota_count(account, usage_r);

	text_putf(&text, "%s\n%" PRIu64 " %" PRIu64 "\n", line, usage_r->octets, usage_r->messages);
	if (!result)
		result = write_file(root, COUNT_FILE, text.data, text.len);
	int error = errno;
	text_clear(&text);
	free(line);
	errno = error;
	return result;
}

static bool fits(const struct amount *limits, const struct amount *usage, struct amount more)
{
	return more.octets <= limits->octets && usage->octets <= limits->octets - more.octets &&
	       more.messages <= limits->messages &&
	       usage->messages <= limits->messages - more.messages;
}

/* What there is, counted anew if there would be no room for more; under the lock. */
static int count(struct quotas *quotas, int root, const char *account, struct amount more,
                 struct amount *limits_r, struct amount *usage_r)
{
	struct quota_user *user = find_user(quotas, account, false);
	bool bare, good;

	*limits_r = limits_of(quotas, root);
	*usage_r = (struct amount){0};
	if (!memcmp(limits_r, &unlimited, sizeof unlimited))
		return 0;
	good = read_count(root, limits_r, usage_r, &bare) && !(user && user->doubtful);
	if (good && (fits(limits_r, usage_r, more) || (bare && is_fresh(root))))
		return 0;
	if (make_count(root, account, limits_r, usage_r))
		return -1;
	if (user)
		user->doubtful = false;
	drop_user(quotas, user);
	return 0;
}

/* One write, so that lines of several programs stay whole. */
static void put_line(int root, const char *sign, struct amount amount)
{
	char line[64];
	int fd = openat(root, COUNT_FILE, O_WRONLY | O_APPEND | O_CLOEXEC);
	int len = snprintf(line, sizeof line, "%s%" PRIu64 " %s%" PRIu64 "\n", sign, amount.octets,
	                   sign, amount.messages);

	if (fd < 0)
		return;
	/* What cannot be counted makes the file be no use. */
	if (write(fd, line, (size_t)len) != len && ftruncate(fd, 0))
		log_error("%s: cannot be written: %s", COUNT_FILE, strerror(errno));
	close(fd);
}

/* ---- with the lock ------------------------------------------------------------------------ */

/* The user's directory, locked. */
struct locked {
	int root;
	int lock;
};

static int lock(const char *account, struct locked *locked)
{
	locked->root = open(account, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	locked->lock = locked->root < 0 ? -1 : lock_file(locked->root, LOCK_FILE);
	if (locked->lock >= 0)
		return 0;
	int error = errno;
	if (locked->root >= 0)
		close(locked->root);
	errno = error;
	return -1;
}

static int unlock(const struct locked *locked, int result)
{
	int error = errno;

	close(locked->lock);
	close(locked->root);
	errno = error;
	return result;
}

int quota_get(struct quotas *quotas, const char *account, struct amount *limits_r,
              struct amount *usage_r)
{
	struct amount none = {0};
	struct locked locked;

	if (lock(account, &locked))
		return -1;
	return unlock(&locked, count(quotas, locked.root, account, none, limits_r, usage_r));
}

int quota_set(const char *account, const struct amount *limits)
{
	char *line = format(limits), *text = xprintf("%s\n", line);
	struct locked locked;
	int result = lock(account, &locked);

	if (!result)
		result = unlock(&locked,
		                write_file(locked.root, LIMITS_FILE, text, strlen(text)));
	int error = errno;
	free(line);
	free(text);
	errno = error;
	return result;
}

/* Refuses, and has clients told. */
static int refuse(struct box *box, const struct imapsrv_session *origin)
{
	struct quotas *quotas = &box->maildir->quotas;

	find_user(quotas, box->account, true)->exceeded = true;
	news_quota(box->maildir, box->account, IMAPSRV_EVENT_QUOTA_EXCEED, origin);
	errno = EDQUOT;
	return -1;
}

int quota_add(struct box *box, struct amount more, bool check,
              const struct imapsrv_session *origin)
{
	struct quotas *quotas = &box->maildir->quotas;
	struct amount limits, usage, asked = check ? more : (struct amount){0};
	struct locked locked;

	if (!quotas->on)
		return 0;
	if (lock(box->account, &locked))
		return -1;
	int result = count(quotas, locked.root, box->account, asked, &limits, &usage);
	bool room = result || !check || fits(&limits, &usage, more);
	if (!result && room)
		put_line(locked.root, "", more);
	unlock(&locked, result);
	return result || room ? result : refuse(box, origin);
}

int quota_check(struct box *box, struct amount more, const struct imapsrv_session *origin)
{
	struct quotas *quotas = &box->maildir->quotas;
	struct amount limits, usage;
	struct locked locked;

	if (!quotas->on)
		return 0;
	if (lock(box->account, &locked) ||
	    unlock(&locked, count(quotas, locked.root, box->account, more, &limits, &usage)))
		return -1;
	return fits(&limits, &usage, more) ? 0 : refuse(box, origin);
}

void quota_remove(struct box *box, struct amount less)
{
	struct quotas *quotas = &box->maildir->quotas;
	struct quota_user *user = find_user(quotas, box->account, false);
	struct amount limits, usage, none = {0};
	struct locked locked;

	if (!quotas->on || !less.messages || lock(box->account, &locked))
		return;
	put_line(locked.root, "-", less);
	if (!user || !user->exceeded) {
		unlock(&locked, 0);
		return;
	}
	if (unlock(&locked, count(quotas, locked.root, box->account, none, &limits, &usage)) ||
	    !fits(&limits, &usage, (struct amount){1, 1}))
		return;
	user = find_user(quotas, box->account, true);
	user->exceeded = false;
	drop_user(quotas, user);
	news_quota(box->maildir, box->account, IMAPSRV_EVENT_QUOTA_WITHIN, NULL);
}
