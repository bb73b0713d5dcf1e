/* SPDX-License-Identifier: MIT */
/*
 * mailbox/annotated - annotations that others changed in a selected mailbox and the client was not
 * told of yet (RFC 5257 4.4): for each name of an entry the messages, and messages of which nobody
 * knows which entries it was.
 */
#ifndef ISRV_MAILBOX_ANNOTATED_H
#define ISRV_MAILBOX_ANNOTATED_H

#include "base/uidset.h"

struct isrv_annotated_entry {
	struct isrv_uidset uids;
	uint32_t len;
	char *name;
};

struct isrv_annotated {
	struct isrv_annotated_entry *entries; /* ascending by name, no two the same */
	uint32_t count;
	uint32_t cap;
	uint32_t max_ranges;
	struct isrv_uidset any; /* any entry */
};

/* All zero but for max_ranges, which bounds each set.  Adds; more than max_names, and all of it is
 * noted as any entry.  uids are not empty.  False: no memory; nothing is lost of what was there. */
bool isrv_annotated_add(struct isrv_annotated *a, struct isrv_mem *mem, struct imapsrv_set uids,
                        const struct imapsrv_span *names, size_t count, uint32_t max_names);
/* What is in `from` too.  False: as above. */
bool isrv_annotated_join(struct isrv_annotated *a, struct isrv_mem *mem,
                         const struct isrv_annotated *from);
/* All messages.  False: no memory. */
bool isrv_annotated_uids(const struct isrv_annotated *a, struct isrv_mem *mem,
                         struct isrv_uidset *uids_r);
static inline struct imapsrv_span isrv_annotated_name(const struct isrv_annotated *a, uint32_t i)
{
	return (struct imapsrv_span){a->entries[i].name, a->entries[i].len};
}
void isrv_annotated_clear(struct isrv_annotated *a, struct isrv_mem *mem);

#endif
