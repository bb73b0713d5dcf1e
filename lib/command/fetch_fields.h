/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_fields - where a section of a message lies, what of it is wanted, and
 * HEADER.FIELDS, which is no stretch of the message but chosen from one.  Who sends or copies the
 * octets is above.
 */
#ifndef ISRV_COMMAND_FETCH_FIELDS_H
#define ISRV_COMMAND_FETCH_FIELDS_H

#include "command/fetch_section.h"

/* The message itself: it needs no description. */
static inline bool isrv_fetch_is_whole(const struct isrv_fetch_section *section)
{
	return !section->number_count && section->text == ISRV_SECTION_WHOLE;
}

static inline bool isrv_fetch_has_fields(const struct isrv_fetch_section *section)
{
	return section->text == ISRV_SECTION_FIELDS || section->text == ISRV_SECTION_FIELDS_NOT;
}

/* o->extent; false: there is no such section.  The message is described, or measured if all of it
 * is wanted. */
bool isrv_fetch_find(const struct isrv_fetch_message *m, const struct isrv_fetch_section *section,
                     struct isrv_fetch_output *o);
/* o->from and o->to: what is wanted of so many octets. */
void isrv_fetch_cut(struct isrv_fetch_output *o, const struct isrv_fetch_section *section,
                    uint64_t octets);

/* Before the first call of the next. */
void isrv_fetch_begin_fields(struct isrv_fetch_message *m, struct isrv_fetch_output *o);
/* RFC 9051 6.4.5.1: o->fields, of the header at o->extent. */
enum isrv_step isrv_fetch_choose_fields(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                        const struct isrv_fetch_section *section,
                                        struct isrv_fetch_output *o);

#endif
