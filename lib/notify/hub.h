/* SPDX-License-Identifier: MIT */
/*
 * notify/hub - the inside of struct imapsrv_hub.  hub.c is the hub and its members; hub_interest.c
 * is what they want to hear of; hub_publish.c takes an event to them; hub_index.c finds who is
 * interested in a topic; hub_names.c turns an account's names into topics and back; hub_queue.c
 * keeps a member's events; hub_move.c is about those whose interests a renaming is going to move.
 */
#ifndef ISRV_NOTIFY_HUB_H
#define ISRV_NOTIFY_HUB_H

#include <stdbool.h>

#include "base/uidset.h"
#include "imapsrv/hub.h"

/* ---- who is interested (hub_index.c) ------------------------------------------------------- */

enum isrv_hub_realm {
	ISRV_HUB_TOPIC,
	ISRV_HUB_ACCOUNT
};

/* A topic, or an account, that somebody is interested in. */
struct isrv_hub_node {
	struct isrv_hub_node *chain; /* of its bucket */
	struct isrv_hub_link *exact; /* interested in it */
	struct isrv_hub_link *below; /* and in all below it */
	uint32_t len : 31;
	uint32_t realm : 1;
	char name[]; /* right behind, where padding would be */
};

/* An interest at a node; or a member, at the node of its account. */
struct isrv_hub_link {
	struct isrv_hub_node *node; /* NULL: not linked */
	struct isrv_hub_link *next;
	struct isrv_hub_link **back; /* what points here */
	union {
		struct imapsrv_hub_member *member;  /* in the realm of accounts, or of a mover */
		struct isrv_hub_interest *interest; /* in that of topics: whose it is, */
	} of;
	union {
		struct isrv_hub_mount *mount; /* by which mount it got here; NULL: it is a
		                               * mover's */
		struct isrv_hub_mover *mover; /* at an account; NULL: the member's interests are
		                               * right */
	} by;
};

/* One block: the links and the name stand behind it. */
struct isrv_hub_interest {
	struct isrv_hub_interest *next; /* of the same member, in the order in which they came */
	struct isrv_hub_interest *up;   /* the one before */
	struct imapsrv_hub_member *member;
	uint32_t name_len; /* of the account's own name */
	uint32_t events;
	uint32_t link_count;
	uint8_t scope;
	struct isrv_hub_link links[];
};

struct isrv_hub_table {
	struct isrv_hub_node **buckets;
	size_t size; /* a power of two, or 0 */
	size_t count;
	uint32_t factor; /* secret */
	uint32_t start;
};

void isrv_hub_table_init(struct isrv_hub_table *t, uint64_t secret);
void isrv_hub_table_clear(struct isrv_hub_table *t, struct isrv_mem *mem); /* no node is left */

/* Finds the nodes of a name's beginnings, in one pass over it. */
struct isrv_hub_walk {
	const struct isrv_hub_table *table;
	uint32_t hash;
};
void isrv_hub_walk_begin(struct isrv_hub_walk *w, const struct isrv_hub_table *t,
                         enum isrv_hub_realm realm);
void isrv_hub_walk_octet(struct isrv_hub_walk *w, char octet);
/* The node whose name is the octets walked so far, which are these; NULL if there is none. */
struct isrv_hub_node *isrv_hub_walk_node(const struct isrv_hub_walk *w, enum isrv_hub_realm realm,
                                         struct imapsrv_span name);

/* Puts a link at the node of that name: the first part followed by the others.  False: no
 * memory. */
bool isrv_hub_attach(struct isrv_hub_table *t, struct isrv_mem *mem, enum isrv_hub_realm realm,
                     const struct imapsrv_span *parts, size_t part_count, bool below,
                     struct isrv_hub_link *link);
void isrv_hub_detach(struct isrv_hub_table *t, struct isrv_mem *mem, struct isrv_hub_link *link);
/* The node of that topic, in three parts; NULL: nobody is interested in it. */
const struct isrv_hub_node *isrv_hub_topic(const struct isrv_hub_table *t,
                                           const struct imapsrv_span parts[3]);

/* ---- names and topics (hub_names.c) -------------------------------------------------------- */

struct isrv_hub_mount {
	uint64_t stamp; /* of the event that came by it last */
	const char *text; /* the name, then the topic */
	uint32_t name_len;
	uint32_t topic_len;
};

/* What a member sees.  One block: mounts and their octets stand behind it. */
struct isrv_hub_names {
	size_t size;
	size_t mount_count;
	struct isrv_hub_mount mounts[];
};

static inline struct imapsrv_span isrv_hub_mount_name(const struct isrv_hub_mount *m)
{
	return (struct imapsrv_span){m->text, m->name_len};
}
static inline struct imapsrv_span isrv_hub_mount_topic(const struct isrv_hub_mount *m)
{
	return (struct imapsrv_span){m->text + m->name_len, m->topic_len};
}

/* "INBOX" in any case becomes upper case (RFC 9051 5.1); what lies below it is as it is. */
void isrv_hub_fold_inbox(char *name, size_t len);
/* NULL: no memory. */
struct isrv_hub_names *isrv_hub_names_new(struct isrv_mem *mem,
                                          const struct imapsrv_hub_view *view);
void isrv_hub_names_free(struct isrv_hub_names *names, struct isrv_mem *mem);
/* Is `name` the mailbox `top` or below it?  An empty top has everything below it. */
bool isrv_hub_covers(struct imapsrv_span top, struct imapsrv_span name, char separator);
/* The same of a name in three parts, and a top that is not empty. */
bool isrv_hub_covers_parts(struct imapsrv_span top, const struct imapsrv_span name[3],
                           char separator);
/* The mount that counts for that name; NULL if the account has no such names. */
struct isrv_hub_mount *isrv_hub_mount_of(struct isrv_hub_names *names, struct imapsrv_span name,
                                         char separator);
/* The name in three parts when what `from` covers goes to `to`: to, a separator or nothing, the
 * rest. */
void isrv_hub_translate(struct imapsrv_span from, struct imapsrv_span to, struct imapsrv_span name,
                        const char *separator, struct imapsrv_span parts_r[3]);

/* ---- what is kept for a member (hub_queue.c) ----------------------------------------------- */

/* An event under a member's own names, each in three parts. */
struct isrv_hub_event {
	const struct imapsrv_event *event;
	struct imapsrv_span name[3];
	struct imapsrv_span old_name[3];
	bool by_name; /* a renaming or deletion of what the member watches by its name, or above
	               * it */
};

/* One event that is kept.  What it points to stands behind it. */
struct isrv_hub_entry {
	struct isrv_hub_entry *next;
	size_t size;
	bool by_name;
	struct imapsrv_event event;
	struct imapsrv_status status; /* UIDVALIDITY, if anything */
	struct isrv_uidset uids;
	struct imapsrv_range flags; /* of a mailbox that is to be looked up: flags changed among
	                               these; of annotations that did: among these, too many to
	                               name; first 0: none */
};

struct isrv_hub_queue {
	struct isrv_hub_entry *head; /* so few that finding the end costs nothing */
	struct isrv_hub_entry *taken; /* lent to the host */
	uint32_t count;
	bool lost; /* everything is to be looked up first; then nothing is kept but renamings */
	bool strayed; /* not even one of what is watched by its name was kept */
};

void isrv_hub_queue_clear(struct isrv_hub_queue *q, struct isrv_mem *mem);
/* Never fails: past a bound it becomes a look-up. */
void isrv_hub_queue_put(struct isrv_hub_queue *q, struct isrv_mem *mem,
                        const struct imapsrv_hub_config *bounds,
                        const struct isrv_hub_event *event);
/* Everything is to be looked up. */
void isrv_hub_queue_lose(struct isrv_hub_queue *q, struct isrv_mem *mem);
/* The same, and no name that is kept is given out any more. */
void isrv_hub_queue_forget(struct isrv_hub_queue *q, struct isrv_mem *mem);
const struct imapsrv_event *isrv_hub_queue_take(struct isrv_hub_queue *q, struct isrv_mem *mem);
/* The next renaming that is kept or lent, behind *at, which is NULL at first; NULL: there is
 * none. */
const struct imapsrv_event *isrv_hub_queue_renaming(const struct isrv_hub_queue *q,
                                                    const struct isrv_hub_entry **at);

/* ---- the hub and its members (hub.c) ------------------------------------------------------- */

struct isrv_hub_group {
	struct imapsrv_hub_member *head;  /* with something to take */
	struct imapsrv_hub_member **tail; /* where the next one goes */
	struct isrv_hub_group *wake_next;
	bool awake;   /* it was said, or is about to be, and not all of them were asked for since */
	bool waiting; /* it stands among those that are about to be called */
};

struct imapsrv_hub_member {
	struct imapsrv_hub *hub;
	void *user;
	struct imapsrv_hub_member *next; /* of all, in no order */
	struct imapsrv_hub_member **back;
	struct isrv_hub_names *names; /* NULL: sees nothing */
	struct isrv_hub_link link;    /* at the node of its account */
	struct isrv_hub_interest *first;
	struct isrv_hub_interest *last;
	struct imapsrv_hub_member *ready_next;
	struct imapsrv_hub_member **ready_back;
	uint64_t stamp; /* of the renaming that it was told of last */
	struct isrv_hub_queue queue;
	uint32_t group;
	bool ready; /* in its group's list */
	bool moving; /* in the list of those for whom the event at hand has changed that */
	bool broad; /* memory was short: in the list of those whom everything concerns; those that
	             * strayed are there, too */
	bool flat;  /* its names have no levels */
};

/* One for whom renamings are kept, or lent: its interests are those of before. */
struct isrv_hub_mover {
	uint32_t link_count;
	struct isrv_hub_link links[]; /* at the nodes of the new topics, and for all below them;
	                               * and at those of the names above, which may be renamed on */
};

struct imapsrv_hub {
	struct imapsrv_hub_config config; /* bounds filled in */
	struct isrv_mem mem;
	struct isrv_hub_table table;
	struct imapsrv_hub_member *members;
	struct imapsrv_hub_member *broad;
	struct imapsrv_hub_member *moving; /* empty but while an event is delivered */
	struct isrv_hub_group *groups;
	struct isrv_hub_group *wakes; /* to be told */
	uint64_t stamp;
};

/* Puts it into that one of the hub's lists of all. */
void isrv_hub_list(struct imapsrv_hub_member **list, struct imapsrv_hub_member *m);
/* Its interests are not all known, as memory was short: from now on everything concerns it.
 * ENOMEM. */
int isrv_hub_broaden(struct imapsrv_hub_member *m);
/* It is not told under which name goes on what it watches by its name: the same, until it follows
 * nothing any more by the names that it knows. */
void isrv_hub_stray(struct imapsrv_hub_member *m);
/* Does it not?  Asked when interests were removed, and before others come. */
void isrv_hub_settle(struct imapsrv_hub_member *m);

/* ---- renamings that are on their way (hub_move.c) ------------------------------------------ */

/* The member's kept renamings have changed, or what it sees.  False: no memory. */
bool isrv_hub_move(struct imapsrv_hub_member *m);
/* It was told of them, and its interests are right. */
void isrv_hub_stay(struct imapsrv_hub_member *m);

/* ---- interests (hub_interest.c) ------------------------------------------------------------ */

/* The account's own name: it stands behind the links. */
static inline struct imapsrv_span isrv_hub_interest_name(const struct isrv_hub_interest *i)
{
	return (struct imapsrv_span){(const char *)(i->links + i->link_count), i->name_len};
}

/* A mount at a name below this one: part of the subtree, though kept elsewhere. */
static inline bool isrv_hub_is_below(const struct isrv_hub_mount *mount, struct imapsrv_span name,
                                     char separator)
{
	return mount->name_len > name.len &&
	       isrv_hub_covers(name, isrv_hub_mount_name(mount), separator);
}

static inline bool isrv_hub_is_subtree(const struct isrv_hub_interest *i)
{
	return i->scope == IMAPSRV_SCOPE_SUBTREE && (!i->member->flat || !i->name_len);
}

/* Takes them from their nodes, */
void isrv_hub_interests_unlink(struct imapsrv_hub_member *m);
/* and puts them to those that are right now; ENOMEM: the member was broadened. */
int isrv_hub_interests_link(struct imapsrv_hub_member *m);
void isrv_hub_interests_free(struct imapsrv_hub_member *m);

#endif
