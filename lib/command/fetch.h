/* SPDX-License-Identifier: MIT */
/*
 * command/fetch - what FETCH was asked for: its items, parsed in fetch_items.c; the flow of batches
 * in fetch.c; the lines of messages in fetch_line.c; octets of them in fetch_section.c.
 */
#ifndef ISRV_COMMAND_FETCH_H
#define ISRV_COMMAND_FETCH_H

#include "command/annotate.h"
#include "command/partial.h"
#include "message/description.h"
#include "message/structure.h"
#include "session/body.h"

enum isrv_fetch_kind {
	ISRV_FETCH_BODY,        /* BODY[...], BODY.PEEK[...]   */
	ISRV_FETCH_RFC822,      /* RFC 3501's names for three of them */
	ISRV_FETCH_RFC822_HEADER,
	ISRV_FETCH_RFC822_TEXT,
	ISRV_FETCH_BINARY,      /* BINARY[...], BINARY.PEEK[...] */
	ISRV_FETCH_BINARY_SIZE
};

/* One section, as RFC 9051 6.4.5.1 names it. */
struct isrv_fetch_section {
	enum isrv_fetch_kind kind;
	enum isrv_section_text text;
	uint32_t *numbers;
	uint32_t number_count;
	struct imapsrv_span *fields; /* of HEADER.FIELDS, as the client wrote them */
	struct imapsrv_span *sorted; /* the same in order, without regard to case */
	uint32_t field_count;
	bool partial;                /* "<origin.count>" */
	uint64_t origin;
	uint64_t count;
};

/* Answers that come from the message's description. */
enum isrv_fetch_show {
	ISRV_FETCH_ENVELOPE = 1 << 0,
	ISRV_FETCH_STRUCTURE = 1 << 1,          /* BODY */
	ISRV_FETCH_EXTENDED_STRUCTURE = 1 << 2, /* BODYSTRUCTURE */
	ISRV_FETCH_OF_DESCRIPTION = 7,          /* those three */
	ISRV_FETCH_PREVIEW = 1 << 3,
	ISRV_FETCH_PREVIEW_LAZY = 1 << 4        /* only where it costs nothing */
};

struct isrv_fetch_items {
	uint32_t facts; /* enum imapsrv_fact that are shown */
	uint32_t shows; /* enum isrv_fetch_show */
	bool uid;
	bool seen;      /* sets \Seen */
	uint64_t changed_since; /* the modifier (RFC 7162 3.1.4.1); 0: none */
	bool vanished;  /* the modifier (RFC 7162 3.2.6) */
	bool partial;   /* the modifier PARTIAL (RFC 9394 3.3): */
	struct isrv_partial places; /* of the messages in the set */
	struct isrv_fetch_section *sections;
	uint32_t section_count;
	struct isrv_annotate_ask *annotation; /* NULL: not asked for */
};

/* fetch-att / "(" fetch-att *(SP fetch-att) ")" / a macro */
bool isrv_fetch_items_parse(struct isrv_parse *p, struct isrv_fetch_items *items);

/* section-spec, and nothing behind it: the rest of *section stands, cleared but for its kind. */
bool isrv_fetch_section_parse(struct isrv_parse *p, struct isrv_fetch_section *section);

/* The modifiers behind the items, if there are any. */
bool isrv_fetch_modifiers_parse(struct isrv_parse *p, struct isrv_fetch_items *items);

/*
 * The same without a command: messages that came are shown to a client whose NOTIFY asked for it
 * (RFC 5465 5.2).  No \Seen is set, and one that is gone again is passed over.  begin gives what
 * the others take, in the arena, or NULL when memory is short; items live as long as that.
 */
void *isrv_fetch_arrived_begin(struct imapsrv_session *s, const struct isrv_fetch_items *items,
                               struct imapsrv_set uids);
enum isrv_step isrv_fetch_arrived_step(struct imapsrv_session *s, void *args);
void isrv_fetch_arrived_drop(struct imapsrv_session *s, void *args);

/* "BODY[1.HEADER.FIELDS (TO)]<10>", as it is echoed */
void isrv_fetch_put_name(struct isrv_writer *w, const struct isrv_fetch_section *section);

#endif
