/* SPDX-License-Identifier: MIT */
/*
 * command/annotate - the arguments about annotations of messages that commands have in common
 * (RFC 5257 5): which entries and attributes, and entries with values that are to be stored; and
 * what may be stored in the selected mailbox.
 */
#ifndef ISRV_COMMAND_ANNOTATE_H
#define ISRV_COMMAND_ANNOTATE_H

#include "search/note.h"
#include "session/session.h"

/* What FETCH asks for. */
struct isrv_annotate_ask {
	struct imapsrv_span *entries; /* names and patterns, ascending, each once */
	size_t count;
	struct imapsrv_span *names;   /* those without wildcards, likewise */
	size_t name_count;
	uint32_t attribs;             /* enum isrv_annotate_attrib, or-ed */
};

/* What STORE and APPEND give. */
struct isrv_annotate_values {
	struct imapsrv_annotation *list; /* ascending by entry, no two the same; NULL: none */
	size_t count;
	uint64_t longest; /* octets of the longest value */
	bool priv;        /* there is a private one, */
	bool shared;      /* or a shared one */
};

/* "(" entries SP attribs ")" */
bool isrv_annotate_ask_parse(struct isrv_parse *p, struct isrv_annotate_ask *ask);
/* "(" entry-att *(SP entry-att) ")" */
bool isrv_annotate_values_parse(struct isrv_parse *p, struct isrv_annotate_values *values);

/* Octets of a value that can be stored in a mailbox, of which `own` is what the host says. */
uint64_t isrv_annotate_max(const struct imapsrv_engine *e, uint64_t own);
/* May somebody with these rights store them (RFC 5257 3.4)?  False: the reply is set. */
bool isrv_annotate_may(struct imapsrv_session *s, uint32_t rights,
                       const struct isrv_annotate_values *values);
/* May the selected mailbox be given these?  False: the reply is set. */
bool isrv_annotate_may_store(struct imapsrv_session *s, const struct isrv_annotate_values *values);
/* The host has refused: what that means here (RFC 5257 4.5). */
enum isrv_step isrv_annotate_refused(struct imapsrv_session *s, const char *nonexistent);
/* "ANNOTATIONS 1024 NOPRIVATE", of the selected mailbox (RFC 5257 4.1). */
void isrv_annotate_put_level(struct imapsrv_session *s);

#endif
