/* SPDX-License-Identifier: MIT */
/*
 * notices.c - new/ and cur/ of each open box are watched.  What the system says of them is only
 * which: the box is then looked at as at any other time, so that a notice too many costs a stat(2),
 * and one too few a second.
 */
#include "notices.h"

#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#ifdef __linux__

#include <errno.h>
#include <sys/inotify.h>

#define CHANGES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR)
#define CHAINS  1024

static struct noticed **chain_of(struct notices *notices, int descriptor)
{
	return &notices->chains[(unsigned)descriptor % CHAINS];
}

void notices_begin(struct notices *notices)
{
	*notices = (struct notices){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	if (notices->fd >= 0)
		notices->chains = xcalloc(CHAINS, sizeof *notices->chains);
	else
		log_error("no inotify: mailboxes are looked at once a second");
}

void notices_end(struct notices *notices)
{
	if (notices->fd >= 0)
		close(notices->fd);
	free(notices->chains);
}

static void watch(struct notices *notices, struct box *box, struct noticed *n, const char *name)
{
	char *path = xprintf("%s/%s/%s", box->account, box->dir, name);
	struct noticed **chain;

	n->descriptor = inotify_add_watch(notices->fd, path, CHANGES);
	free(path);
	if (n->descriptor < 0 && errno == ENOSPC && !notices->full) {
		notices->full = true;
		log_error("no more inotify watches: other mailboxes are looked at once a second");
	}
	if (n->descriptor < 0)
		return;
	chain = chain_of(notices, n->descriptor);
	n->box = box;
	n->next = *chain;
	*chain = n;
}

static void unwatch(struct notices *notices, struct noticed *n)
{
	struct noticed **link;

	if (!n->box)
		return;
	link = chain_of(notices, n->descriptor);
	while (*link != n)
		link = &(*link)->next;
	*link = n->next;
	n->box = NULL;
	/* The directory may be gone, and its watch with it. */
	inotify_rm_watch(notices->fd, n->descriptor);
}

void notices_watch(struct notices *notices, struct box *box)
{
	if (notices->fd < 0 || box->noticed[0].box || box->noticed[1].box)
		return;
	watch(notices, box, &box->noticed[0], "new");
	watch(notices, box, &box->noticed[1], "cur");
}

void notices_unwatch(struct notices *notices, struct box *box)
{
	if (notices->fd < 0)
		return;
	unwatch(notices, &box->noticed[0]);
	unwatch(notices, &box->noticed[1]);
}

static void look(struct notices *notices, int descriptor)
{
	struct noticed *n = *chain_of(notices, descriptor);

	while (n && n->descriptor != descriptor)
		n = n->next;
	/* The first look settles it for all that came before. */
	if (n)
		box_sync(n->box);
}

void notices_read(struct notices *notices)
{
	union {
		struct inotify_event event;
		char octets[16384];
	} buffer;
	ssize_t n;
	int last = -1;

	while ((n = read(notices->fd, &buffer, sizeof buffer)) > 0)
		for (char *at = buffer.octets; at < buffer.octets + n;) {
			const struct inotify_event *event = (const void *)at;

			/* Of too many the system says only that; the next look is soon. */
			if (!(event->mask & IN_Q_OVERFLOW) && event->wd != last)
				look(notices, event->wd);
			last = event->wd;
			at += sizeof *event + event->len;
		}
}

#else

void notices_begin(struct notices *notices)
{
	*notices = (struct notices){.fd = -1};
}

void notices_end(struct notices *notices)
{
	(void)notices;
}

void notices_watch(struct notices *notices, struct box *box)
{
	(void)notices;
	(void)box;
}

void notices_unwatch(struct notices *notices, struct box *box)
{
	(void)notices;
	(void)box;
}

void notices_read(struct notices *notices)
{
	(void)notices;
}

#endif
