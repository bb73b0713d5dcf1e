/* SPDX-License-Identifier: MIT */
/*
 * host/truth - comparing the client's picture with the store.
 */
#include "host/truth.h"

#include <string.h>

bool td_at_rest(const struct td *d, int i)
{
	const struct td_session *s = &d->sessions[i];

	return s->session && !s->closed && !s->error && !s->stalled && !s->starttls && !s->compress &&
	       !s->input.len && !d->ts->hold && !ts_pending(s->link) &&
	       !tc_in_progress(&s->client) && !s->client.in_command && !s->client.line.len &&
	       imapsrv_session_want(s->session) == IMAPSRV_WANT_READ;
}

/* The mailbox that the session holds open; one if one is selected, else none. */
static const struct ts_mailbox *open_mailbox(struct td *d, int i)
{
	const struct td_session *s = &d->sessions[i];
	const struct ts_mailbox *m = NULL;
	unsigned count = 0;

	for (const struct ts_handle *h = d->ts->handles; h; h = h->next)
		if (h->link == s->link && h->kind == TS_MAILBOX) {
			count++;
			m = h->mailbox;
		} else if (h->link == s->link && h->kind != TS_ACCOUNT) {
			tx_complain(d->log, "session %d: at rest it holds a body or an append",
			            i + 1);
		}
	if (count != (s->client.selected ? 1u : 0u))
		tx_complain(d->log, "session %d: at rest it holds %u mailboxes open, %s selected",
		            i + 1, count, s->client.selected ? "one is" : "none is");
	return m;
}

uint64_t td_flags(const struct ts_mailbox *m, const struct ts_message *message)
{
	static const char *const names[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
	                                    "\\Draft"};
	uint64_t sum = 0;

	for (int i = 0; i < 5; i++)
		if (message->system & (1u << i))
			sum += tc_flag(names[i], strlen(names[i]));
	for (uint32_t i = 0; i < message->keyword_count; i++) {
		const char *name = m->keywords[message->keywords[i]];

		sum += tc_flag(name, strlen(name));
	}
	return sum;
}

/* imapsrv_session_state, _mailbox and _user, as the client would have them. */
static void check_accessors(struct td *d, int i)
{
	const struct td_session *s = &d->sessions[i];
	enum imapsrv_state state = imapsrv_session_state(s->session);
	struct imapsrv_span name = imapsrv_session_mailbox(s->session);
	bool known = false;

	for (const struct ts_handle *h = d->ts->handles; h; h = h->next)
		known |= h->kind == TS_MAILBOX && h->link == s->link && strlen(h->name) == name.len &&
		         memcmp(h->name, name.data, name.len) == 0;
	if ((state == IMAPSRV_SELECTED) != s->client.selected || state == IMAPSRV_LOGGED_OUT ||
	    (name.len > 0) != s->client.selected || (name.len && !known) ||
	    imapsrv_session_user(s->session) != s->link)
		tx_complain(d->log, "session %d: it says that it is in state %d, mailbox '%.*s'",
		            i + 1, (int)state, (int)name.len, name.len ? name.data : "");
}

/* Nothing is left to be told, so nothing that was told of has to be kept. */
static void check_kept(struct td *d, int i)
{
	for (const struct ts_handle *h = d->ts->handles; h; h = h->next)
		for (size_t k = 0; h->link == d->sessions[i].link && k < h->kept_count; k++)
			if (h->kept[k].told)
				tx_complain(d->log, "session %d: UID %u is kept after NOOP", i + 1,
				            h->kept[k].message.uid);
}

void td_compare(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];
	const struct tc *c = &s->client;
	const struct ts_mailbox *m;

	/* Twice: a refusal of the host's may have kept the first from telling all. */
	td_feed(d, i, "zy NOOP\r\n", 9);
	td_feed(d, i, "zz NOOP\r\n", 9);
	if (s->closed)
		return;
	if (!td_at_rest(d, i)) {
		tx_complain(d->log, "session %d: NOOP is not answered", i + 1);
		return;
	}
	check_accessors(d, i);
	m = open_mailbox(d, i);
	if (!m || !c->selected || m->removed || c->notify)
		return;
	if (m->count != c->exists) {
		tx_complain(d->log, "session %d: the client counts %u messages, the store %zu",
		            i + 1, c->exists, m->count);
		return;
	}
	check_kept(d, i);
	for (uint32_t k = 0; k < c->exists; k++) {
		const struct tc_message *known = &c->messages[k];
		const struct ts_message *is = &m->messages[k];

		if (c->uidonly && known->uid)
			is = ts_message(m, known->uid);
		if (!is) {
			tx_complain(d->log, "session %d: the client keeps UID %u, which is gone",
			            i + 1, known->uid);
			continue;
		}
		if (known->uid && known->uid != is->uid)
			tx_complain(d->log, "session %d: message %u has UID %u, the client has %u",
			            i + 1, k + 1, is->uid, known->uid);
		if (known->knows_flags && known->flags != td_flags(m, is))
			tx_complain(d->log,
			            "session %d: the client has other flags of message %u (UID %u)",
			            i + 1, k + 1, is->uid);
	}
}
