/* SPDX-License-Identifier: MIT */
/*
 * notify/events - the one table from events (RFC 5423) to what a client is told of them: which of
 * NOTIFY's events (RFC 5465 5) asks for each, and what it leads to, in the selected mailbox and in
 * others.  imapsrv_event(3) shows the same table.
 */
#ifndef ISRV_NOTIFY_EVENTS_H
#define ISRV_NOTIFY_EVENTS_H

#include <stdbool.h>

#include "imapsrv/event.h"

/* NOTIFY's events, as bits. */
enum isrv_notify_event {
	ISRV_NOTIFY_NEW = 1 << 0,     /* MessageNew */
	ISRV_NOTIFY_EXPUNGE = 1 << 1, /* MessageExpunge */
	ISRV_NOTIFY_FLAGS = 1 << 2,   /* FlagChange */
	ISRV_NOTIFY_NAME = 1 << 3,    /* MailboxName */
	ISRV_NOTIFY_SUBSCRIPTION = 1 << 4,
	ISRV_NOTIFY_METADATA = 1 << 5,       /* MailboxMetadataChange */
	ISRV_NOTIFY_SERVER_METADATA = 1 << 6,
	ISRV_NOTIFY_ANNOTATIONS = 1 << 7,    /* AnnotationChange */
	ISRV_NOTIFY_MESSAGES = ISRV_NOTIFY_NEW | ISRV_NOTIFY_EXPUNGE | ISRV_NOTIFY_FLAGS |
	                       ISRV_NOTIFY_ANNOTATIONS
};

/* What becomes of an event about messages in the selected mailbox. */
enum isrv_notify_view {
	ISRV_VIEW_NOTHING,
	ISRV_VIEW_COME,    /* EXISTS, and FETCH with what NOTIFY asked for */
	ISRV_VIEW_GO,      /* EXPUNGE or VANISHED */
	ISRV_VIEW_CHANGE,  /* FETCH (UID FLAGS) */
	ISRV_VIEW_ANNOTATE, /* FETCH (UID ANNOTATION), with the names of the entries */
	ISRV_VIEW_COMPARE  /* whatever the store says */
};

/* What the client is to be told of a name: bits. */
enum isrv_notify_tell {
	ISRV_TELL_NEW = 1 << 0,     /* STATUS (MESSAGES UIDNEXT), HIGHESTMODSEQ if CONDSTORE is
	                             * on */
	ISRV_TELL_EXPUNGE = 1 << 1, /* STATUS (MESSAGES UIDNEXT), HIGHESTMODSEQ if QRESYNC is on */
	ISRV_TELL_FLAGS = 1 << 2,   /* STATUS (UIDVALIDITY HIGHESTMODSEQ) if CONDSTORE is on */
	ISRV_TELL_SEEN = 1 << 3,    /* STATUS (UNSEEN) */
	ISRV_TELL_VALIDITY = 1 << 4, /* STATUS (UIDVALIDITY) */
	ISRV_TELL_ANNOTATIONS = 1 << 5, /* as FLAGS */
	ISRV_TELL_STATUS = (1 << 6) - 1, /* any of those */
	ISRV_TELL_LIST = 1 << 6,
	ISRV_TELL_NOACCESS = 1 << 7, /* with \NoAccess, whatever the store says */
	ISRV_TELL_METADATA = 1 << 8,
	ISRV_TELL_BORN = 1 << 9      /* not told: the client never heard of the name */
};

struct isrv_notify_rule {
	uint8_t view;   /* enum isrv_notify_view */
	uint8_t asked;  /* enum isrv_notify_event: any of these asks for it, for the name itself, */
	uint8_t parent; /* and for the name right above (RFC 5465 5.4) */
	uint32_t tell;  /* enum isrv_notify_tell */
};

/* Never NULL for a type that exists. */
const struct isrv_notify_rule *isrv_notify_rule(enum imapsrv_event_type type);
bool isrv_notify_is_event(enum imapsrv_event_type type);
/* The kinds of event that lead to what these of NOTIFY ask for, as IMAPSRV_EVENT_BITs. */
uint32_t isrv_notify_sources(unsigned asked);

#endif
