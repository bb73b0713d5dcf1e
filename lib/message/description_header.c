/* SPDX-License-Identifier: MIT */
/* The envelope of the message itself, read for its values and not for ENVELOPE. */
#include "message/description_format.h"

/* A list of addresses, of which the first is wanted. */
static void read_first(struct isrv_cursor *c, struct isrv_header_address *first_r)
{
	uint32_t n = isrv_cursor_number(c);

	if (n) {
		first_r->name = isrv_cursor_octets(c, n, 1);
		isrv_cursor_skip(c, "s");
		first_r->mailbox = isrv_cursor_string(c);
		first_r->host = isrv_cursor_string(c);
		while ((n = isrv_cursor_number(c)) != 0) {
			(void)isrv_cursor_octets(c, n, 1);
			isrv_cursor_skip(c, "sss");
		}
	}
}

void isrv_description_header(const struct isrv_description *d, struct isrv_header *header_r)
{
	struct isrv_header_address other;
	struct isrv_cursor c;

	memset(header_r, 0, sizeof(*header_r));
	c.at = d->texts;
	c.end = d->texts + isrv_row_get(d, 0, ISRV_ROW_TEXT);
	header_r->date = isrv_cursor_string(&c);
	header_r->subject = isrv_cursor_string(&c);
	read_first(&c, &header_r->from);
	read_first(&c, &other); /* Sender */
	read_first(&c, &other); /* Reply-To */
	read_first(&c, &header_r->to);
	read_first(&c, &header_r->cc);
	read_first(&c, &other); /* Bcc */
	header_r->in_reply_to = isrv_cursor_string(&c);
	header_r->message_id = isrv_cursor_string(&c);
	header_r->references_known = c.at < c.end;
	header_r->references = isrv_cursor_string(&c);
}
