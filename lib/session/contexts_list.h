/* SPDX-License-Identifier: MIT */
/*
 * session/contexts_list - what contexts.c keeps, contexts_tell.c and contexts_sorted.c tell of, and
 * contexts_save.c takes along; nobody else looks into it.
 */
#ifndef ISRV_SESSION_CONTEXTS_LIST_H
#define ISRV_SESSION_CONTEXTS_LIST_H

#include "session/contexts.h"

struct isrv_context {
	char *tag;
	size_t tag_len;
	char *text; /* of the program */
	size_t text_len;
	uint32_t features;
	bool uid;     /* told in UIDs */
	bool sorted;  /* of a SORT */
	bool utf8;    /* how the text is read */
	bool uidonly;
	struct isrv_uidset *sets; /* of the program's terms, in order */
	uint32_t set_count;
	struct isrv_uidset matches; /* as the client was told */
	struct { /* if sorted */
		struct isrv_sort_program by;
		struct isrv_ranked ranked; /* of `matches` those that were there to be sorted */
	} sort;
	char *fetch;                /* fetch-atts for what is added when it arrives; NULL: none */
	size_t fetch_len;
	struct isrv_uidset show;    /* what was, and still has to be fetched */
};

struct isrv_contexts {
	struct isrv_context *list;
	uint32_t count;
	uint32_t cap;
	struct isrv_uidset dirty; /* to be looked at */
	bool all_dirty;           /* it could not be noted which */
	bool gone;                /* some may be gone that are in results */
	bool gone_all;            /* looked for were all, and not what the client expunged alone */

	/* a telling */
	enum {
		AT_REST,
		AT_GONE,
		AT_GONE_PUT,
		AT_NEXT,
		AT_SEARCH,
		AT_SORT,
		AT_PUT
	} at;
	uint32_t index;           /* the context at hand */
	struct isrv_uidset now;   /* what is being looked at */
	struct imapsrv_set scope; /* it, or everything */
	struct isrv_arena arena;  /* of the context at hand */
	struct isrv_program program;
	struct isrv_searcher *x;
	struct isrv_found removed, added;
	struct isrv_sorting *sorting; /* with the result of a SORT; in the arena */
	enum {
		PUT_BEGIN,
		PUT_REMOVED,
		PUT_BETWEEN,
		PUT_ADDED
	} put;
};

/* Those of the session, made where there are none; NULL: no memory. */
struct isrv_contexts *isrv_contexts_get(struct imapsrv_session *s);
/* Room for one more.  False: no memory. */
bool isrv_contexts_reserve(struct imapsrv_session *s, struct isrv_contexts *c);
/* With a NUL behind it; NULL: no memory. */
char *isrv_contexts_copy(struct imapsrv_session *s, const char *data, size_t len);
/* Octets of fetch-atts that all of them keep. */
size_t isrv_contexts_fetch_octets(const struct isrv_contexts *c);
void isrv_context_clear(struct imapsrv_session *s, struct isrv_context *x);
/* Reads the program of a context again, with its sets as they were.  False: r->nomem, or it is no
 * such program. */
bool isrv_context_parse(struct imapsrv_session *s, const struct isrv_context *x,
                        struct isrv_arena *arena, struct isrv_program *program_r);

#endif
