/* SPDX-License-Identifier: MIT */
/* The table itself.  Where RFC 5465 is silent it follows draft-melnikov-lemonade-imap-events-00. */
#include "notify/events.h"

#define NEW     ISRV_NOTIFY_NEW
#define EXPUNGE ISRV_NOTIFY_EXPUNGE
#define FLAGS   ISRV_NOTIFY_FLAGS
#define NAME    ISRV_NOTIFY_NAME
#define NOTES   ISRV_NOTIFY_ANNOTATIONS

static const struct isrv_notify_rule rules[] = {
	[IMAPSRV_EVENT_MESSAGE_NEW] = {ISRV_VIEW_COME, NEW, 0, ISRV_TELL_NEW},
	[IMAPSRV_EVENT_MESSAGE_APPEND] = {ISRV_VIEW_COME, NEW, 0, ISRV_TELL_NEW},
	[IMAPSRV_EVENT_MESSAGE_EXPUNGE] = {ISRV_VIEW_GO, EXPUNGE, 0, ISRV_TELL_EXPUNGE},
	[IMAPSRV_EVENT_MESSAGE_EXPIRE] = {ISRV_VIEW_GO, EXPUNGE, 0, ISRV_TELL_EXPUNGE},
	/* RFC 5465 5.1: UNSEEN where the number of messages with \Seen may have changed. */
	[IMAPSRV_EVENT_MESSAGE_READ] = {ISRV_VIEW_CHANGE, FLAGS, 0,
	                                ISRV_TELL_FLAGS | ISRV_TELL_SEEN},
	[IMAPSRV_EVENT_MESSAGE_TRASH] = {ISRV_VIEW_CHANGE, FLAGS, 0, ISRV_TELL_FLAGS},
	[IMAPSRV_EVENT_FLAGS_SET] = {ISRV_VIEW_CHANGE, FLAGS, 0, ISRV_TELL_FLAGS | ISRV_TELL_SEEN},
	[IMAPSRV_EVENT_FLAGS_CLEAR] = {ISRV_VIEW_CHANGE, FLAGS, 0,
	                               ISRV_TELL_FLAGS | ISRV_TELL_SEEN},
	/* Anything may have happened, UIDVALIDITY included. */
	[IMAPSRV_EVENT_MAILBOX_CHANGED] = {ISRV_VIEW_COMPARE, NEW | EXPUNGE | FLAGS | NOTES, 0,
	                                   ISRV_TELL_NEW | ISRV_TELL_EXPUNGE | ISRV_TELL_FLAGS |
	                                           ISRV_TELL_ANNOTATIONS |
	                                           ISRV_TELL_SEEN | ISRV_TELL_VALIDITY},
	/* RFC 5465 5.1: FlagChange asks for changes of UIDVALIDITY too; one that was deleted and
	 * made again has another. */
	[IMAPSRV_EVENT_MAILBOX_CREATE] = {ISRV_VIEW_NOTHING, NAME | FLAGS | NOTES, NAME,
	                                  ISRV_TELL_LIST | ISRV_TELL_FLAGS |
	                                          ISRV_TELL_ANNOTATIONS | ISRV_TELL_VALIDITY},
	[IMAPSRV_EVENT_MAILBOX_DELETE] = {ISRV_VIEW_NOTHING, NAME, NAME, ISRV_TELL_LIST},
	[IMAPSRV_EVENT_MAILBOX_RENAME] = {ISRV_VIEW_NOTHING, NAME, 0, ISRV_TELL_LIST},
	[IMAPSRV_EVENT_MAILBOX_SUBSCRIBE] = {ISRV_VIEW_NOTHING, ISRV_NOTIFY_SUBSCRIPTION, 0,
	                                     ISRV_TELL_LIST},
	[IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE] = {ISRV_VIEW_NOTHING, ISRV_NOTIFY_SUBSCRIPTION, 0,
	                                       ISRV_TELL_LIST},
	[IMAPSRV_EVENT_MAILBOX_METADATA] = {ISRV_VIEW_NOTHING, ISRV_NOTIFY_METADATA, 0,
	                                    ISRV_TELL_METADATA},
	/* RFC 5465 5.4: MailboxName takes them for creation and deletion, parents and all; 5.9:
	 * whoever is told anything of a mailbox learns that this ends, and begins again. */
	[IMAPSRV_EVENT_ACCESS_GAINED] = {ISRV_VIEW_NOTHING,
	                                 NEW | EXPUNGE | FLAGS | NOTES | NAME |
	                                         ISRV_NOTIFY_METADATA,
	                                 NAME,
	                                 ISRV_TELL_LIST},
	[IMAPSRV_EVENT_ACCESS_LOST] = {ISRV_VIEW_NOTHING,
	                               NEW | EXPUNGE | FLAGS | NOTES | NAME | ISRV_NOTIFY_METADATA,
	                               NAME,
	                               ISRV_TELL_LIST | ISRV_TELL_NOACCESS},
	[IMAPSRV_EVENT_ANNOTATION_CHANGE] = {ISRV_VIEW_ANNOTATE, NOTES, 0, ISRV_TELL_ANNOTATIONS},
	[IMAPSRV_EVENT_SERVER_METADATA] = {ISRV_VIEW_NOTHING, ISRV_NOTIFY_SERVER_METADATA, 0,
	                                   ISRV_TELL_METADATA},
	/* Told as a warning, asked for or not: session/hear.  The others have no form in IMAP. */
	[IMAPSRV_EVENT_QUOTA_EXCEED] = {ISRV_VIEW_NOTHING, 0, 0, 0},
	[IMAPSRV_EVENT_QUOTA_WITHIN] = {ISRV_VIEW_NOTHING, 0, 0, 0},
	[IMAPSRV_EVENT_QUOTA_CHANGE] = {ISRV_VIEW_NOTHING, 0, 0, 0},
	[IMAPSRV_EVENT_LOGIN] = {ISRV_VIEW_NOTHING, 0, 0, 0},
	[IMAPSRV_EVENT_LOGOUT] = {ISRV_VIEW_NOTHING, 0, 0, 0},
	/* Told in the selected mailbox, asked for or not: session/hear. */
	[IMAPSRV_EVENT_KEYS_RESET] = {ISRV_VIEW_NOTHING, 0, 0, 0},
};

bool isrv_notify_is_event(enum imapsrv_event_type type)
{
	return type >= IMAPSRV_EVENT_MESSAGE_NEW && type <= IMAPSRV_EVENT_KEYS_RESET;
}

const struct isrv_notify_rule *isrv_notify_rule(enum imapsrv_event_type type)
{
	return &rules[type];
}

uint32_t isrv_notify_sources(unsigned asked)
{
	uint32_t bits = 0;

	for (unsigned type = 1; type < sizeof(rules) / sizeof(rules[0]); type++)
		if (rules[type].asked & asked)
			bits |= IMAPSRV_EVENT_BIT(type);
	/* What is still to be told of a mailbox is to be told of its new name. */
	if (asked & (ISRV_NOTIFY_MESSAGES | ISRV_NOTIFY_METADATA))
		bits |= IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_RENAME) |
		        IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_DELETE);
	return bits;
}
