/* SPDX-License-Identifier: MIT */
/*
 * session/search_message - one message opened for a search, because its facts did not decide.  It
 * is opened once and read in the order of cost: its header; its size, if it must be counted; its
 * parts. After each the program is asked again, and reading ends with the first answer.
 *
 * Where parts are is told by the description that the host kept, or found out here in one pass;
 * then only what is looked into is read.
 */
#ifndef ISRV_SESSION_SEARCH_MESSAGE_H
#define ISRV_SESSION_SEARCH_MESSAGE_H

#include "message/description.h"
#include "message/structure.h"
#include "search/scan.h"
#include "session/body.h"

struct isrv_search_message {
	uint8_t at;
	/* Set before init. */
	void *mailbox;            /* the host's handle */
	uint32_t recent_from;
	uint64_t until;           /* steps at which reading is given up */
	struct isrv_arena *arena;
	const struct isrv_search_answer *const *answers; /* as isrv_search_row has them; also set
	                                                  * later */

	const struct isrv_program *program;
	struct isrv_scan *scan; /* NULL: no strings and no dates are looked for */
	uint32_t size_leaf;     /* a leaf that asks for the size; UINT32_MAX: none */
	struct isrv_buf kept;   /* descriptions of the batch */
	struct isrv_body_cursor body;
	struct isrv_structure *structure;
	struct isrv_description description;

	uint32_t facts;           /* that reading has told */
	enum isrv_verdict verdict;
	uint64_t judged;          /* steps when the program was last asked */
	bool spent;               /* `until` was passed */
	uint32_t part;            /* the next of the description */
	struct isrv_part_info info; /* of the one at hand */
	bool header;              /* its header is being read, not its body */
	bool begun;               /* `scan` has begun with it */
	uint64_t from, to;        /* octets of the host that are left of it */
};

struct isrv_search_subject {
	uint32_t uid;
	uint8_t *known;     /* what is known of the program's leaves */
	uint64_t modseq;    /* 0: not asked for */
	size_t description; /* in `kept`, */
	size_t octets;      /* so many; 0: none */
};

/* The host's description of a message that will be read, for as long as the batch; where there
 * is no room for it, it is made anew later. */
void isrv_search_message_keep(struct imapsrv_session *s, struct isrv_search_message *m,
                              struct imapsrv_span description, struct isrv_search_subject *subject);

/* False: no memory in the arena. */
bool isrv_search_message_init(struct imapsrv_session *s, struct isrv_search_message *m,
                              const struct isrv_program *program);
/* DONE: m->verdict, m->body.failed or m->spent; then close. */
enum isrv_step isrv_search_message_read(struct imapsrv_session *s, struct isrv_search_message *m,
                                        const struct isrv_search_subject *subject);
void isrv_search_message_close(struct imapsrv_session *s, struct isrv_search_message *m);
/* For the end of the command, in any state. */
void isrv_search_message_clear(struct imapsrv_session *s, struct isrv_search_message *m);

#endif
