/* SPDX-License-Identifier: MIT */
/*
 * The items of STATUS: how they are asked for, and how they are answered (RFC 9051 6.3.11, 7.3.3).
 * Where the numbers come from is in status.c.
 */
#include "command/status.h"

/* In the order in which they are answered. */
static const struct {
	uint32_t item;
	const char *name;
} items[] = {
	{IMAPSRV_STATUS_MESSAGES, "MESSAGES"},
	{IMAPSRV_STATUS_RECENT, "RECENT"}, /* RFC 3501; asked for by clients of IMAP4rev2 too */
	{IMAPSRV_STATUS_UIDNEXT, "UIDNEXT"},
	{IMAPSRV_STATUS_UIDVALIDITY, "UIDVALIDITY"},
	{IMAPSRV_STATUS_UNSEEN, "UNSEEN"},
	{IMAPSRV_STATUS_DELETED, "DELETED"},
	{IMAPSRV_STATUS_DELETED_STORAGE, "DELETED-STORAGE"},
	{IMAPSRV_STATUS_SIZE, "SIZE"},
	{IMAPSRV_STATUS_HIGHESTMODSEQ, "HIGHESTMODSEQ"},
	{IMAPSRV_STATUS_APPENDLIMIT, "APPENDLIMIT"},
	{IMAPSRV_STATUS_MAILBOXID, "MAILBOXID"},
};
#define ITEMS (sizeof(items) / sizeof(items[0]))

bool isrv_status_parse(struct isrv_parse *p, uint32_t *items_r)
{
	struct isrv_reader *r = &p->r;
	uint32_t got = 0, may = ~0u;

	if (!isrv_caps_in(p->caps, ISRV_CAP_STATUS_SIZE) &&
	    !isrv_caps_in(p->caps, ISRV_CAP_IMAP4REV2))
		may &= ~(uint32_t)IMAPSRV_STATUS_SIZE;
	if (!isrv_caps_in(p->caps, ISRV_CAP_QUOTA) || !p->storage_quota)
		may &= ~(uint32_t)IMAPSRV_STATUS_DELETED_STORAGE;
	if (!isrv_caps_in(p->caps, ISRV_CAP_CONDSTORE))
		may &= ~(uint32_t)IMAPSRV_STATUS_HIGHESTMODSEQ;
	if (!isrv_caps_in(p->caps, ISRV_CAP_APPENDLIMIT))
		may &= ~(uint32_t)IMAPSRV_STATUS_APPENDLIMIT;
	if (!isrv_caps_in(p->caps, ISRV_CAP_OBJECTID))
		may &= ~(uint32_t)IMAPSRV_STATUS_MAILBOXID;
	if (!isrv_rd_char(r, '('))
		return false;
	do {
		size_t i = 0;

		while (i < ITEMS && (!(items[i].item & may) || !isrv_rd_try_word(r, items[i].name)))
			i++;
		if (i == ITEMS)
			return isrv_rd_fail(r, "a status item");
		got |= items[i].item;
	} while (isrv_rd_try(r, ' '));
	*items_r = got;
	return isrv_rd_char(r, ')');
}

static uint64_t bounded(uint64_t octets)
{
	return octets < ISRV_STATUS_OCTETS ? octets : ISRV_STATUS_OCTETS;
}

static uint64_t number(const struct imapsrv_status *is, uint32_t item)
{
	switch (item) {
	case IMAPSRV_STATUS_MESSAGES:
		return is->messages;
	case IMAPSRV_STATUS_RECENT:
		return is->recent;
	case IMAPSRV_STATUS_UIDNEXT: /* nz-number */
		return is->uidnext ? is->uidnext : 1;
	case IMAPSRV_STATUS_UIDVALIDITY:
		return is->uidvalidity ? is->uidvalidity : 1;
	case IMAPSRV_STATUS_UNSEEN:
		return is->unseen;
	case IMAPSRV_STATUS_DELETED:
		return is->deleted;
	case IMAPSRV_STATUS_DELETED_STORAGE:
		return bounded(is->deleted_octets);
	case IMAPSRV_STATUS_HIGHESTMODSEQ:
		return is->highest_modseq;
	case IMAPSRV_STATUS_APPENDLIMIT:
		return is->append_limit;
	default:
		return bounded(is->octets);
	}
}

/* "(" objectid ")" (RFC 8474 7) */
static void put_mailboxid(struct isrv_writer *w, struct imapsrv_span id)
{
	ISRV_W(w, "(");
	isrv_w_raw(w, id.data, id.len);
	ISRV_W(w, ")");
}

void isrv_status_put(struct imapsrv_session *s, const struct isrv_status *q)
{
	struct isrv_writer *w = &s->w;
	bool any = false;

	ISRV_W(w, "* STATUS ");
	isrv_w_mailbox(w, q->name.data, q->name.len);
	ISRV_W(w, " (");
	for (size_t i = 0; i < ITEMS; i++) {
		if (!(q->items & items[i].item) ||
		    (items[i].item == IMAPSRV_STATUS_MAILBOXID && !q->is.mailboxid.len))
			continue;
		if (any)
			ISRV_W(w, " ");
		isrv_w_cstr(w, items[i].name);
		ISRV_W(w, " ");
		if (items[i].item == IMAPSRV_STATUS_MAILBOXID)
			put_mailboxid(w, q->is.mailboxid);
		else
			isrv_w_u64(w, number(&q->is, items[i].item));
		any = true;
	}
	ISRV_W(w, ")");
	isrv_w_crlf(w);
}
