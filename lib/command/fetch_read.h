/* SPDX-License-Identifier: MIT */
/*
 * command/fetch_read - a message that has to be opened for its FETCH, since its row does not say
 * enough: it is opened, described, measured, and its line written.  The lines in which annotations
 * stand are written here too, as these come later than the rows.
 */
#ifndef ISRV_COMMAND_FETCH_READ_H
#define ISRV_COMMAND_FETCH_READ_H

#include "command/fetch_annotation.h"
#include "command/fetch_line.h"
#include "command/fetch_preview.h"
#include "command/fetch_section.h"

struct isrv_fetch_reader {
	uint8_t at;
	uint32_t at_section;
	struct isrv_fetch_message message;
	struct isrv_structure *structure;         /* under way, or holding the description */
	struct isrv_fetch_preview *preview;       /* NULL unless asked for */
	struct isrv_fetch_annotation *annotation; /* NULL unless asked for */
	struct isrv_fetch_output *output;         /* NULL without sections */
	bool missing;                             /* a message was not there */
	struct isrv_result failure;               /* the first that is not EXPUNGEISSUED */
};

/* All zero at first.  False: no memory; to be cleared all the same. */
bool isrv_fetch_reader_init(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                            const struct isrv_fetch_items *items);
void isrv_fetch_reader_clear(struct imapsrv_session *s, struct isrv_fetch_reader *r);

/* The message of one row, which is not changed between the calls.  DONE: its line is written; or it
 * is left out, and `missing` or `failure` say why; or the session has failed. */
enum isrv_step isrv_fetch_read(struct imapsrv_session *s, struct isrv_fetch_reader *r,
                               struct isrv_fetch_line *l, struct imapsrv_row *row);

#endif
