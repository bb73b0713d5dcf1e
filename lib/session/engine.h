/* SPDX-License-Identifier: MIT */
/* session/engine - the inside of struct imapsrv_engine: a copy of what the host configured. */
#ifndef ISRV_SESSION_ENGINE_H
#define ISRV_SESSION_ENGINE_H

#include "base/mem.h"
#include "imapsrv/engine.h"
#include "session/caps.h"
#include "session/command.h"

/* Tells a client what there is to tell, of the selected mailbox these kinds (enum isrv_pending),
 * and all other news: DONE, HOST or OUTPUT; `drop` lets go of it half-way.  It stands above the
 * session, next to the commands whose ways it uses. */
struct isrv_teller {
	enum isrv_step (*step)(struct imapsrv_session *s, unsigned kinds);
	void (*drop)(struct imapsrv_session *s);
	/* A name is about to be renamed, with all below it: of these nothing is told any more under
	 * the old one, though it may have begun.  False: no memory. */
	bool (*recall)(struct imapsrv_session *s, struct imapsrv_span name);
};

#define ISRV_COMMANDS_MAX 128

struct imapsrv_engine {
	struct imapsrv_config config;       /* its pointers to tables are replaced by the copies
	                                     * below */
	struct imapsrv_store store;
	struct imapsrv_mailboxes mailboxes; /* members NULL if the host has none */
	struct imapsrv_metadata metadata;   /* likewise */
	struct imapsrv_quota quota;         /* likewise */
	struct imapsrv_annotate annotate;   /* likewise */
	struct imapsrv_urlauth urlauth;     /* likewise */
	struct imapsrv_language language;   /* likewise */
	struct imapsrv_acl acl;             /* likewise */
	struct imapsrv_sasl sasl;
	struct imapsrv_watch watch;         /* all zero if the host has none */
	struct imapsrv_limits limits;       /* defaults filled in */
	const struct imapsrv_allocator *allocator;
	const struct isrv_command *const *commands; /* sorted by name */
	size_t command_count;
	const struct isrv_teller *teller;
	uint8_t name_lens[ISRV_COMMANDS_MAX];
	uint8_t letters[27]; /* where the commands that begin with A, B, ... start, and the end */
	struct isrv_caps caps; /* what the callbacks can do */
};

/* The engine is given the table of commands and the teller, which live above it. */
int isrv_engine_new(const struct imapsrv_config *config, const struct isrv_command *const *commands,
                    size_t command_count, const struct isrv_teller *teller,
                    struct imapsrv_engine **engine_r);

/* The octets of one appended message that are announced, where a mailbox allows so many: `number`
 * of RFC 7889 5 has 32 bits. */
static inline uint32_t isrv_append_limit(const struct imapsrv_engine *e, uint64_t own)
{
	uint64_t limit = own < e->limits.append ? own : e->limits.append;

	return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

#endif
