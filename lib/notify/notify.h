/* SPDX-License-Identifier: MIT */
/*
 * notify/notify - what a client asked to hear by NOTIFY SET (RFC 5465), and what has happened of it
 * and was not told yet.  It knows no session: whoever owns it posts events and tells the news.
 * There is one only while a NOTIFY SET is in force.
 *
 * All of it is plain values, strings and counts, so that it can be saved and restored.
 */
#ifndef ISRV_NOTIFY_NOTIFY_H
#define ISRV_NOTIFY_NOTIFY_H

#include "notify/events.h"
#include "notify/news.h"

/* filter-mailboxes-other (RFC 5465 6) */
enum isrv_notify_where {
	ISRV_NOTIFY_PERSONAL, /* and "inboxes": 6.3 makes them the same where nobody knows better */
	ISRV_NOTIFY_SUBSCRIBED,
	ISRV_NOTIFY_SUBTREE,
	ISRV_NOTIFY_MAILBOXES,
	ISRV_NOTIFY_SUBTREE_ONE /* and what is right below: in a search (RFC 7377 2.2), not in
	                         * NOTIFY */
};

struct isrv_notify_group {
	uint8_t where;  /* enum isrv_notify_where */
	uint8_t events; /* enum isrv_notify_event, or-ed; 0: NONE, which takes out of all groups */
	bool all;       /* a subtree of everything */
	struct isrv_names names; /* SUBTREE, MAILBOXES, SUBTREE_ONE */
};

struct isrv_notify {
	uint8_t selected;         /* events of the selected mailbox: enum isrv_notify_event */
	bool delayed;             /* SELECTED-DELAYED */
	bool follows;             /* a group is SUBSCRIBED */
	uint32_t group_count;
	char *fetch;              /* MessageNew's fetch-atts with their parentheses; NULL: none */
	size_t fetch_len;
	struct isrv_notify_group *groups;
	struct isrv_names subscribed; /* if `follows` */
	struct isrv_names noaccess;   /* of these the client was told, or found, that it may not
	                               * read them */
	struct isrv_news_list news;
	uint32_t max_names;           /* in one set of them */
	uint32_t max_news;            /* weight of `news` */
};

/* How an account's names are made. */
struct isrv_notify_account {
	char separator;
	const struct imapsrv_namespace *namespaces;
	size_t namespace_count;
};

void isrv_notify_free(struct isrv_notify *n, struct isrv_mem *mem); /* NULL is allowed */

/* What the groups want to hear of a mailbox that is not selected: enum isrv_notify_event, or-ed. */
unsigned isrv_notify_wants(const struct isrv_notify *n, const struct isrv_notify_account *account,
                           struct imapsrv_span name);
/* Does any group want to hear this of anything? */
bool isrv_notify_wants_any(const struct isrv_notify *n, unsigned events);

/* What it is interested in, subscribed names aside: of all that there is, the ones from `from` on,
 * at most max.  They point into n.  Returns how many there are in all. */
size_t isrv_notify_of_groups(const struct isrv_notify *n, const struct isrv_notify_account *account,
                             size_t from, struct imapsrv_interest *out, size_t max);
/* The same for one subscribed name. */
size_t isrv_notify_of_subscribed(const struct isrv_notify *n, struct imapsrv_span name, size_t from,
                                 struct imapsrv_interest *out, size_t max);
/* Puts interests in an order, so that two sets of them can be compared. */
void isrv_notify_sort(struct imapsrv_interest *list, size_t count);
int isrv_notify_compare(const struct imapsrv_interest *a, const struct imapsrv_interest *b);

enum isrv_notify_posted {
	ISRV_NOTIFY_POSTED,
	ISRV_NOTIFY_NONSENSE, /* the host is wrong, nothing has changed */
	ISRV_NOTIFY_OVERFLOW, /* more than the limits allow: give up */
	ISRV_NOTIFY_NOMEM
};

/* What is still to be told of `from`, which n takes the place of, as far as n wants it too.  Any
 * but NONSENSE. */
enum isrv_notify_posted isrv_notify_inherit(struct isrv_notify *n, struct isrv_mem *mem,
                                            const struct isrv_notify_account *account,
                                            const struct isrv_notify *from);

/* An event; own: this client caused it, and is not told (RFC 5465 5).  `selected` is the name of
 * the selected mailbox, messages of which are the view's business. */
enum isrv_notify_posted isrv_notify_post(struct isrv_notify *n, struct isrv_mem *mem,
                                         const struct isrv_notify_account *account,
                                         const struct imapsrv_event *event, bool own,
                                         struct imapsrv_span selected);

#endif
