/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/hub.h - hands an event of the store to those sessions of one process that asked for it.
 * Optional: a host that has such a thing already posts to its sessions by itself.
 *
 * Each session joins as a member; what it wants to hear comes from the watch callback
 * (imapsrv/event.h).  An event is published once, under the name by which the store knows the
 * mailbox, its topic.  The hub finds the members whose interests it meets, whatever name each of
 * their accounts gives to that mailbox, and keeps it for them: a few events each, storms collapsed.
 * Publishing costs as much as there are interested members, however many others there are.
 *
 * The hub never touches a session.  The thread that owns one asks which of its members have
 * something (imapsrv_hub_next), takes the events (imapsrv_hub_take) and posts them.  Nothing here
 * locks: with several threads the host holds one lock of its own around every call, and posts after
 * it let go.  imapsrv_hub(3) shows both.
 *
 * No event is lost in silence: where memory or a bound is short, the member is told to look
 * everything up (IMAPSRV_EVENT_MAILBOX_CHANGED, of one mailbox or with an empty name of all).  One
 * that is not told of a renaming of what it watches by its name looks everything up at every event
 * from then on, until it has withdrawn the interests in such names, as who selects again does.
 */
#ifndef IMAPSRV_HUB_H
#define IMAPSRV_HUB_H

#include "imapsrv/event.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_hub;
struct imapsrv_hub_member;

struct imapsrv_hub_config {
	size_t size;
	const struct imapsrv_allocator *allocator; /* NULL: malloc and free.  Outlives the hub */
	char separator;  /* of the levels of a topic; '\0': '/' */
	uint32_t groups; /* of members, as a rule one for each thread: 0..groups - 1; 0: 1 */
	uint32_t queue;  /* events kept for one member: 0: 16 */
	uint32_t ranges; /* of UIDs kept in one of them: 0: 64 */
	uint64_t secret; /* a number that those who name mailboxes cannot guess: without it they
	                    could choose names that are slow to find */
	/* A group has members with something to take; called once, until imapsrv_hub_next has said
	 * NULL for it.  Called last in what publishes, so it may call the hub.  May be NULL. */
	void (*wake)(void *user, uint32_t group);
	void *user;
};
#define IMAPSRV_HUB_CONFIG_INIT IMAPSRV_SIZED(struct imapsrv_hub_config)

/* The mailbox `name` of an account, and all below it, are kept under the topic `topic` and below
 * it.  Both may be empty: all names, all topics.  The longest name that fits counts. */
struct imapsrv_hub_mount {
	struct imapsrv_span name;
	struct imapsrv_span topic;
};

/* What a member sees: after login that of its account. */
struct imapsrv_hub_view {
	size_t size;
	struct imapsrv_span account; /* which one: a name of the host's, not empty */
	const struct imapsrv_hub_mount *mounts;
	size_t mount_count;
};
#define IMAPSRV_HUB_VIEW_INIT IMAPSRV_SIZED(struct imapsrv_hub_view)

/* Errors: IMAPSRV_EINVAL, IMAPSRV_ENOMEM. */
IMAPSRV_API int imapsrv_hub_new(const struct imapsrv_hub_config *config,
                                struct imapsrv_hub **hub_r);
/* With its members.  NULL is allowed. */
IMAPSRV_API void imapsrv_hub_free(struct imapsrv_hub *hub);

/* A new member, which sees nothing yet.  `user` is the host's, as a rule its connection.
 * IMAPSRV_EINVAL (no such group), IMAPSRV_ENOMEM. */
IMAPSRV_API int imapsrv_hub_join(struct imapsrv_hub *hub, void *user, uint32_t group,
                                 struct imapsrv_hub_member **member_r);
/* Forgets it and what is kept for it.  NULL is allowed. */
IMAPSRV_API void imapsrv_hub_leave(struct imapsrv_hub_member *member);
/*
 * What the member sees from now on (copied); NULL: nothing.  Its interests stay; what is kept for
 * it becomes "look everything up" where the account is another one than before.  IMAPSRV_EINVAL:
 * nothing happened.  IMAPSRV_ENOMEM: not everything can be kept; every event makes the member look
 * everything up, until it leaves.
 */
IMAPSRV_API int imapsrv_hub_see(struct imapsrv_hub_member *member,
                                const struct imapsrv_hub_view *view);
/*
 * What the watch callback said of the member's session.  The name INBOX is known in any case.  An
 * interest that is not there is not removed.  Errors as imapsrv_hub_see; IMAPSRV_EINVAL also when
 * the names have a separator that is not the hub's.
 */
IMAPSRV_API int imapsrv_hub_watch(struct imapsrv_hub_member *member,
                                  const struct imapsrv_watch_change *change);

/*
 * Something happened to a stored mailbox: event->mailbox, and old_name, are topics.  A mailbox that
 * was renamed into or out of what a member sees was created or deleted for that one.
 * IMAPSRV_EVENT_MAILBOX_CHANGED with no topic makes every member look everything up.  The event is
 * read before this returns; its flags and attributes are not handed on, of its status only
 * UIDVALIDITY.  IMAPSRV_EINVAL: it makes no sense.
 *
 * Members get events in the order in which they were published, and that is to be the order of the
 * changes, with the topics that the mailboxes had at that point.  So with several threads it is
 * called under the lock under which the change was made, inside of which the hub's own lock is
 * taken if it is another.  Where events are not posted before anything else happens, as with
 * several threads, those about messages, deletions and renamings have the UIDVALIDITY of the
 * mailbox (imapsrv/event.h).
 */
IMAPSRV_API int imapsrv_hub_publish(struct imapsrv_hub *hub, const struct imapsrv_event *event);
/* Something happened to one account, or with an empty name to all: a subscription, rights, quota.
 * Names in it are the account's own; its flags are not handed on, of its status only UIDVALIDITY.
 * IMAPSRV_EVENT_KEYS_RESET, and IMAPSRV_EVENT_MAILBOX_CHANGED with no mailbox, are for all its
 * members, whatever they watch.  Costs as much as that account has members. */
IMAPSRV_API int imapsrv_hub_publish_account(struct imapsrv_hub *hub, struct imapsrv_span account,
                                            const struct imapsrv_event *event);

/* The next member of that group with something to take, each once; NULL if there is none. */
IMAPSRV_API struct imapsrv_hub_member *imapsrv_hub_next(struct imapsrv_hub *hub, uint32_t group);
/* The member's next event, with its own name of the mailbox: to be posted to its session.  NULL if
 * there is none.  It stays until the next call for this member; publishing does not change it. */
IMAPSRV_API const struct imapsrv_event *imapsrv_hub_take(struct imapsrv_hub_member *member);
IMAPSRV_API void *imapsrv_hub_user(const struct imapsrv_hub_member *member);
/* Octets of memory held for all members. */
IMAPSRV_API size_t imapsrv_hub_memory(const struct imapsrv_hub *hub);

#ifdef __cplusplus
}
#endif

#endif
