/* SPDX-License-Identifier: MIT */
/*
 * boxes.c - the table of boxes in memory, by the path of their directory.  A box that was closed
 * stays for a while: clients come back, and STATUS after STATUS need not read the directory again.
 */
#include "box.h"

#include "files.h"
#include "notices.h"
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define IDLE_MS    10000 /* that a box without holders is kept */
#define MIN_CHAINS 64

static size_t hash_path(const char *account, const char *dir)
{
	uint64_t hash = 14695981039346656037u;

	for (const char *p = account; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	hash = (hash ^ '/') * 1099511628211u;
	for (const char *p = dir; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	return (size_t)(hash ^ hash >> 32);
}

static struct box **chain_of(const struct boxes *boxes, const char *account, const char *dir)
{
	return &boxes->chains[hash_path(account, dir) & (boxes->chain_count - 1)];
}

static struct box *find(const struct boxes *boxes, const char *account, const char *dir)
{
	struct box *box = boxes->chain_count ? *chain_of(boxes, account, dir) : NULL;

	while (box && (strcmp(box->dir, dir) || strcmp(box->account, account)))
		box = box->next;
	return box;
}

static void grow(struct boxes *boxes)
{
	struct boxes old = *boxes;

	boxes->chain_count = old.chain_count ? old.chain_count * 2 : MIN_CHAINS;
	boxes->chains = xcalloc(boxes->chain_count, sizeof *boxes->chains);
	for (size_t i = 0; i < old.chain_count; i++) {
		for (struct box *box = old.chains[i], *next; box; box = next) {
			struct box **chain = chain_of(boxes, box->account, box->dir);
			next = box->next;
			box->next = *chain;
			*chain = box;
		}
	}
	free(old.chains);
}

static void insert(struct boxes *boxes, struct box *box)
{
	if (boxes->count >= boxes->chain_count)
		grow(boxes);
	struct box **chain = chain_of(boxes, box->account, box->dir);
	box->boxes = boxes;
	box->next = *chain;
	*chain = box;
	boxes->count++;
}

void boxes_forget(struct box *box)
{
	struct boxes *boxes = box->boxes;

	if (!boxes)
		return;
	notices_unwatch(&boxes->notices, box);
	struct box **link = chain_of(boxes, box->account, box->dir);
	while (*link != box)
		link = &(*link)->next;
	*link = box->next;
	box->boxes = NULL;
	boxes->count--;
}

/* Another program may have put another directory in the place of the one that is open. */
static bool is_in_place(const struct box *box)
{
	struct stat st;
	char *path = xprintf("%s/%s", box->account, box->dir);
	int result = stat(path, &st);

	free(path);
	return !result && st.st_dev == box->device && st.st_ino == box->inode;
}

static void kill_held(struct box *box)
{
	box->holders++;
	box_kill(box);
	box_release(box);
}

int boxes_hold(struct boxes *boxes, const char *account, const char *dir, const char *name,
               struct box **box_r)
{
	struct box *box = find(boxes, account, dir);

	if (box && !is_in_place(box)) {
		kill_held(box);
		box = NULL;
	}
	if (!box) {
		box = xcalloc(1, sizeof *box);
		box->account = xstrdup(account);
		box->dir = xstrdup(dir);
		box->name = xstrdup(name);
		box->maildir = boxes->maildir;
		if (box_load(box)) {
			int error = errno;
			box_free(box);
			errno = error;
			return -1;
		}
		insert(boxes, box);
	}
	box->holders++;
	*box_r = box;
	return 0;
}

void box_release(struct box *box)
{
	if (--box->holders)
		return;
	box->idle_since = clock_ms();
	/* A client can ask for the status of any number of mailboxes. */
	if (box->boxes && files_are_scarce())
		boxes_forget(box);
	if (!box->boxes)
		box_free(box);
}

void boxes_renamed(struct boxes *boxes, const char *account, const char *dir, const char *new_dir,
                   const char *new_name)
{
	struct box *box = find(boxes, account, dir);

	if (!box)
		return;
	boxes_forget(box);
	free(box->dir);
	free(box->name);
	box->dir = xstrdup(new_dir);
	box->name = xstrdup(new_name);
	insert(boxes, box);
}

void boxes_removed(struct boxes *boxes, const char *account, const char *dir)
{
	struct box *box = find(boxes, account, dir);

	if (box)
		kill_held(box);
}

void boxes_tick(struct boxes *boxes)
{
	uint64_t now = clock_ms();

	for (size_t i = 0; i < boxes->chain_count; i++) {
		for (struct box *box = boxes->chains[i], *next; box; box = next) {
			next = box->next;
			if ((box->handles || box->followers) && !is_in_place(box)) {
				kill_held(box);
			} else if (box->handles || box->followers) {
				notices_watch(&boxes->notices, box);
				box_sync(box);
				annotations_look(box, NULL);
				acl_look(box, NULL);
			} else if (!box->holders && now - box->idle_since >= IDLE_MS) {
				boxes_forget(box);
				box_free(box);
			}
		}
	}
}

void boxes_free(struct boxes *boxes)
{
	for (size_t i = 0; i < boxes->chain_count; i++) {
		while (boxes->chains[i]) {
			struct box *box = boxes->chains[i];
			boxes_forget(box);
			box_free(box);
		}
	}
	free(boxes->chains);
	*boxes = (struct boxes){.notices = boxes->notices, .maildir = boxes->maildir};
}
