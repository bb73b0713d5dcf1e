/* SPDX-License-Identifier: MIT */
/*
 * host/storekeep - what the test store keeps of messages that were expunged: each mailbox handle
 * has its own list, until the library calls `forgotten` for it or closes it.
 *
 * It is strict: what the library could not know of yet, it cannot have said to be forgotten; and
 * what it said to be forgotten, it must not ask for.
 */
#include "host/teststore.h"

#include <stdlib.h>
#include <string.h>

static struct ts_message copy_message(const struct ts_message *m)
{
	struct ts_message copy = *m;
	size_t size = m->keyword_count * sizeof(*m->keywords);

	copy.keywords = tx_alloc(size);
	if (size)
		memcpy(copy.keywords, m->keywords, size);
	copy.blob->refs++;
	copy.notes = ts_copy_annotations(m->notes, NULL, true);
	return copy;
}

static void let_go(struct ts_kept *kept)
{
	ts_blob_drop(kept->message.blob);
	free(kept->message.keywords);
	ts_free_entries(&kept->message.notes);
}

void ts_keep(struct ts_mailbox *mailbox, const struct ts_message *message)
{
	struct ts *ts = mailbox->ts;

	for (struct ts_handle *h = ts->keeps ? ts->handles : NULL; h; h = h->next) {
		size_t at = h->kept_count;

		if (h->kind != TS_MAILBOX || h->mailbox != mailbox)
			continue;
		h->kept = tx_realloc(h->kept, (h->kept_count + 1) * sizeof(*h->kept));
		for (; at > 0 && h->kept[at - 1].message.uid > message->uid; at--)
			h->kept[at] = h->kept[at - 1];
		h->kept[at] = (struct ts_kept){copy_message(message), false};
		h->kept_count++;
	}
}

void ts_keep_told(struct ts_handle *h, struct imapsrv_set uids)
{
	for (size_t i = 0; i < h->kept_count; i++)
		h->kept[i].told |= ts_set_has(uids, h->kept[i].message.uid);
}

struct ts_message *ts_kept(const struct ts_handle *h, uint32_t uid)
{
	for (size_t i = 0; i < h->kept_count; i++)
		if (h->kept[i].message.uid == uid)
			return &h->kept[i].message;
	return NULL;
}

void ts_keep_end(struct ts_handle *h)
{
	for (size_t i = 0; i < h->kept_count; i++)
		let_go(&h->kept[i]);
	free(h->kept);
	h->kept = NULL;
	h->kept_count = 0;
	free(h->forgotten);
	h->forgotten = NULL;
	h->forgotten_count = 0;
}

bool ts_was_forgotten(const struct ts_handle *h, uint32_t uid)
{
	for (size_t i = 0; i < h->forgotten_count; i++)
		if (h->forgotten[i] == uid)
			return true;
	return false;
}

void ts_on_forgotten(void *user, void *mailbox)
{
	struct ts_link *link = user;
	struct ts_handle *h = ts_handle_of(link, "forgotten", mailbox, TS_MAILBOX);
	size_t left = 0;

	ts_enter(link);
	if (link->op)
		tx_complain(link->ts->log, "forgotten while %s is open",
		            ts_kind_names[link->op->kind]);
	for (size_t i = 0; h && i < h->kept_count; i++) {
		if (!h->kept[i].told) {
			h->kept[left++] = h->kept[i];
			continue;
		}
		h->forgotten = tx_realloc(h->forgotten,
		                          (h->forgotten_count + 1) * sizeof(*h->forgotten));
		h->forgotten[h->forgotten_count++] = h->kept[i].message.uid;
		let_go(&h->kept[i]);
	}
	if (h)
		h->kept_count = left;
	ts_leave(link);
}
