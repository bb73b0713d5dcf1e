/* SPDX-License-Identifier: MIT */
/*
 * mailbox/view - a selected mailbox as one session sees it: what was announced to the client
 * (numbering, keywords), and what has happened since and was not told yet.  The numbering changes
 * only when the client is told, so a number means the same message on both sides at all times.
 */
#ifndef ISRV_MAILBOX_VIEW_H
#define ISRV_MAILBOX_VIEW_H

#include "base/nummap.h"
#include "base/uidset.h"
#include "imapsrv/store.h"
#include "mailbox/annotated.h"
#include "mailbox/keywords.h"

/* Batches of UIDs that the client was told (command/uidbatches.c). */
struct isrv_batches_told {
	uint32_t size;  /* messages in each; 0: none were told */
	uint32_t first; /* which of them */
	uint32_t last;
	uint32_t count; /* messages in the mailbox at that time, */
	uint32_t last_uid; /* and the highest UID */
};

/* Kinds of pending changes, of which not all may be told at a time. */
enum isrv_pending {
	ISRV_PENDING_NEW = 1 << 0,   /* messages came */
	ISRV_PENDING_GONE = 1 << 1,  /* messages went */
	ISRV_PENDING_FLAGS = 1 << 2, /* flags changed */
	ISRV_PENDING_OWN = 1 << 3,   /* those went that this client expunged, though others are held
	                              * back */
	ISRV_PENDING_ANNOTATIONS = 1 << 4, /* annotations changed, and are told */
	ISRV_PENDING_ALL = (1 << 5) - 1
};

#define ISRV_ANNOTATIONS_HOST \
	(IMAPSRV_ANNOTATIONS_NONE | IMAPSRV_ANNOTATIONS_READONLY | IMAPSRV_ANNOTATIONS_NOPRIVATE)
/* The client asked to be told of annotations that others change (RFC 5257 4.2). */
#define ISRV_ANNOTATIONS_TOLD (1u << 3)
#define ISRV_ANNOTATIONS_ALL  31u
/* Events were lost: others may have changed any. */
#define ISRV_ANNOTATIONS_LOST (1u << 4)

/* Of its names, which the host is being told of, and may look at: it is not freed meanwhile. */
enum isrv_lent {
	ISRV_LENT_NONE,
	ISRV_LENT_NAME, /* the one that it has */
	ISRV_LENT_OLD   /* one that it had */
};

struct isrv_view {
	void *handle;    /* the host's */
	char *name;      /* UTF-8, owned */
	size_t name_len;
	uint32_t uidvalidity;
	uint32_t uidnext; /* above everything known: announced, fresh, or told at open */
	uint32_t recent_from;
	uint32_t look_next;      /* while looking: UIDs below it were assigned when that began, */
	uint32_t look_from;      /* and announced ones below it have been compared */
	uint32_t rights;         /* of this user (RFC 4314), all where there are none */
	uint16_t private_rights; /* those to flags that are his own */
	uint8_t permanent_flags;
	bool read_only;
	bool new_keywords;
	bool uid_not_sticky;
	uint8_t annotations; /* enum imapsrv_annotations, or-ed; ISRV_ANNOTATIONS_TOLD */
	bool removed;        /* deleted: what is heard of that name is of another mailbox */
	uint64_t modseq_told; /* the client knows of every change up to here (RFC 7162); 0: the
	                       * mailbox has no sequences */
	uint64_t modseq_seen; /* the highest that it was shown */

	struct isrv_nummap map;      /* announced */
	struct isrv_keywords keywords; /* announced */

	/* Known but not told. */
	struct isrv_uidset expunged; /* announced, and gone */
	struct isrv_uidset own_gone; /* of those, what this client expunged: not more than is to be
	                              * told apart */
	/* Flags may have changed; may cover more than is announced.  Holds memory for one range at
	 * all times, so that a change can always be noted: empty it, never clear it. */
	struct isrv_uidset changed;
	struct isrv_annotated *annotated; /* NULL: none */
	struct isrv_uidset fresh;    /* above map.last_uid */
	struct isrv_uidset own;      /* messages that this client added, announced or not */
	struct isrv_uidset arrived;  /* announced, and to be fetched for a client that wants them
	                              * shown */
	uint32_t annotation_size;    /* octets of a value, as the host says; 0:
	                              * imapsrv_annotate.max_value */
	uint32_t heard;              /* the highest UID that an event called new */
	bool look_new;               /* ask the store what is above uidnext */
	bool look_all;               /* compare everything with the store */
	bool looking;                /* such a question is open: remember what goes meanwhile */
	bool keywords_new;           /* not all of them were told: FLAGS is to be, at the end of the
	                              * command */
	bool revoked;                /* may not be read any more: nothing of it is told */
	bool rights_stale : 1;       /* `rights` may be others by now, */
	bool rights_asked : 1;       /* and it was asked which */
	uint8_t lent;                /* enum isrv_lent */
	bool forget;                 /* messages went that the host may keep for this session until
	                                it says otherwise: set with what tells of them, cleared by
	                                who says it */
	uint64_t heard_modseq;       /* the highest that an event brought along */
	struct isrv_uidset gone;     /* expunged while looking, announced or not */

	struct isrv_uidset saved;    /* "$" (RFC 5182): UIDs */
	struct isrv_batches_told batches_told;
};

/* Takes name as a copy; limits bound the sets and keywords.  False: no memory, nothing is held. */
bool isrv_view_init(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_span name,
                    uint32_t max_ranges, uint32_t max_keywords);
void isrv_view_clear(struct isrv_view *v, struct isrv_mem *mem);

/* Events, with valid sets.  None fails: where memory or a limit is short the view is marked for
 * comparison.  MAILBOX_CHANGED is no more than setting look_all. */
void isrv_view_post_new(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids);
/* This session added messages under the view's name; which, or empty: not known.  The mailbox of
 * that name need not be the one that was opened by it, if others renamed them: the store says. */
void isrv_view_post_own(struct isrv_view *v, struct imapsrv_set uids);
/* This session added these, wherever they are told of.  False: no memory. */
bool isrv_view_note_own(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids);
void isrv_view_post_gone(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids);
/* They went because this client expunged them: they are told even where others are held back, and
 * held whatever max_ranges says.  False: no memory. */
bool isrv_view_post_own_gone(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids);
void isrv_view_post_changed(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids);

/* Annotations of these changed: of these entries, or of any if count is 0.  False: no memory. */
bool isrv_view_post_annotated(struct isrv_view *v, struct isrv_mem *mem, struct imapsrv_set uids,
                              const struct imapsrv_span *names, size_t count, uint32_t max_names);
/* Moves what is pending of annotations to *told, which is all zero.  False: no memory, nothing is
 * forgotten. */
bool isrv_view_take_annotated(struct isrv_view *v, struct isrv_mem *mem,
                              struct isrv_annotated *told);
/* It could not be told: it is pending as before.  False: no memory. */
bool isrv_view_return_annotated(struct isrv_view *v, struct isrv_mem *mem,
                                struct isrv_annotated *told);

/* Is there something to tell, of these kinds (enum isrv_pending, or-ed)? */
bool isrv_view_has_pending(const struct isrv_view *v, unsigned kinds);
static inline bool isrv_view_pending(const struct isrv_view *v, unsigned kinds)
{
	/* Most of the time nothing at all has happened. */
	return (v->look_new || v->look_all || v->fresh.count ||
	        v->expunged.count || v->changed.count || v->annotated ||
	        v->annotations & ISRV_ANNOTATIONS_LOST) &&
	       isrv_view_has_pending(v, kinds);
}

/* The store's list of what exists is about to be asked for: the UIDs from *first_r up. */
void isrv_view_look_begin(struct isrv_view *v, uint32_t *first_r);
/* A part of it has come: what exists from v->look_from to last, which is announced.  The next part
 * begins at the new v->look_from.  False: no memory, and it is as if no answer had come. */
bool isrv_view_look_part(struct isrv_view *v, struct isrv_mem *mem, uint32_t first, uint32_t last,
                         struct imapsrv_set exists);
/* It has come: exists holds the UIDs that exist, from v->look_from up; it is taken.  What is found
 * gone or new is held whatever max_ranges says, else it would be looked for again and again.
 * False: no memory, and it is as if the answer had not come.  Before the first one has, announce
 * nothing. */
bool isrv_view_look_end(struct isrv_view *v, struct isrv_mem *mem, uint32_t first,
                        struct isrv_uidset *exists);
/* It has not come (the store refused): what was to be looked up is to be looked up again. */
void isrv_view_look_failed(struct isrv_view *v, uint32_t first);

/* Moves `changed` to *told, whatever that held.  Not all of it need be announced, or still exist.
 * False: no memory, nothing is forgotten. */
bool isrv_view_take_changed(struct isrv_view *v, struct isrv_mem *mem, struct isrv_uidset *told);

/* Notes the fresh messages that this client did not add as arrived.  False: no memory. */
bool isrv_view_note_arrived(struct isrv_view *v, struct isrv_mem *mem);

/* The fresh messages become announced.  False: no memory; some of the lowest may be announced, and
 * the others are still fresh. */
bool isrv_view_announce(struct isrv_view *v, struct isrv_mem *mem);
/* How many announced messages are \Recent. */
uint32_t isrv_view_recent(const struct isrv_view *v);
static inline bool isrv_view_is_recent(const struct isrv_view *v, uint32_t uid)
{
	return v->recent_from != 0 && uid >= v->recent_from;
}

#endif
