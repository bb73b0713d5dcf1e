/* SPDX-License-Identifier: MIT */
/*
 * host/hostileevent - events of every kind, about the session's own mailboxes and others, whether they happened or
 * not: posted from inside of an answer, where what the library is at work on must not be moved away under it.
 */
#include "host/hostileanswer.h"

#include <string.h>

static void post(struct imapsrv_session *s, enum imapsrv_event_type type, const char *name, const char *old)
{
	static const struct imapsrv_range some[] = {{1, 1}, {3, 4}, {900, UINT32_MAX}};
	static const struct imapsrv_span entries[] = {{"/comment", 8}, {"/shared/comment", 15}};
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;

	e.type = type;
	e.mailbox = (struct imapsrv_span){name, strlen(name)};
	e.old_name = (struct imapsrv_span){old, strlen(old)};
	e.entries = &entries[type != IMAPSRV_EVENT_ANNOTATION_CHANGE];
	e.entry_count = 1;
	(void)imapsrv_session_post(s, &e);
	e.uids = (struct imapsrv_set){some, 3};
	(void)imapsrv_session_post(s, &e);
}

void ts_post_everything(struct ts_link *link)
{
	static const char longest[] = "a name that is longer than the one that it had, whichever that was, by far";
	const char *names[] = {"INBOX", "Other", longest};
	struct ts_handle *h = link->ts->handles;
	char open[512];

	while (h && (h->kind != TS_MAILBOX || h->link != link || !h->name))
		h = h->next;
	if (h && strlen(h->name) < sizeof(open)) {
		memcpy(open, h->name, strlen(h->name) + 1);
		names[1] = open;
	}
	if (!link->session)
		return;
	for (int type = IMAPSRV_EVENT_MESSAGE_NEW; type <= IMAPSRV_EVENT_KEYS_RESET; type++)
		for (size_t i = 0; i < 3; i++)
			if (type != IMAPSRV_EVENT_MAILBOX_RENAME)
				post(link->session, (enum imapsrv_event_type)type, names[i], "");
	/* There and back. */
	post(link->session, IMAPSRV_EVENT_MAILBOX_RENAME, longest, names[1]);
	post(link->session, IMAPSRV_EVENT_MAILBOX_RENAME, names[1], longest);
}
