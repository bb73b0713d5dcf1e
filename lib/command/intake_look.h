/* SPDX-License-Identifier: MIT */
/*
 * command/intake_look - whether a literal that is announced among the arguments of a message is a
 * value of an annotation (RFC 5257 4.7), which belongs to the arguments, or the message, which is
 * streamed: only who counts the parentheses can tell.
 */
#ifndef ISRV_COMMAND_INTAKE_LOOK_H
#define ISRV_COMMAND_INTAKE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the octets of a command: */
struct isrv_intake_look {
	size_t from;    /* where the arguments begin, */
	size_t seen;    /* and how far they were looked through */
	uint32_t depth; /* of the parentheses that are open there */
	bool list;      /* the outermost holds annotations */
};

/* The arguments begin so far from the start of what is looked at. */
void isrv_intake_look_begin(struct isrv_intake_look *k, size_t from);
/*
 * Looks through what came since the last time: `len` octets are there now, from the start on, and
 * they end in the announcement of a literal.  Is that within a list of annotations?  *steps is told
 * the work.
 */
bool isrv_intake_look_on(struct isrv_intake_look *k, const char *data, size_t len,
                         uint64_t *steps);

#endif
