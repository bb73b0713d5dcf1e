/* SPDX-License-Identifier: MIT */
/*
 * RFC 5322 2.2: a field is over only when the line behind it is seen not to go on with it.
 */
#include "message/fields.h"

#include <string.h>

enum {
	LINE,  /* at the start of a line */
	CR,    /* behind a CR there */
	NAME,
	BLANK, /* between name and colon (RFC 5322 4.5) */
	VALUE,
	SKIP,  /* in a line that is no field */
	OVER
};

void isrv_fields_init(struct isrv_fields *f)
{
	f->state = LINE;
	f->open = false;
	f->name_len = 0;
}

static enum isrv_fields_event over(struct isrv_fields *f)
{
	f->state = OVER;
	return ISRV_FIELDS_OVER;
}

static enum isrv_fields_event close(struct isrv_fields *f)
{
	f->open = false;
	return ISRV_FIELDS_ENDED;
}

/* One octet at the start of a line; *taken_r is left alone where it is only looked at. */
static enum isrv_fields_event at_line(struct isrv_fields *f, char c, size_t *taken_r)
{
	if (f->state == LINE && (c == ' ' || c == '\t')) {
		f->state = f->open ? VALUE : SKIP;
		return ISRV_FIELDS_MORE;
	}
	if (f->state == LINE && c == '\r') {
		f->state = CR;
		*taken_r = 1;
		return ISRV_FIELDS_MORE;
	}
	if (f->open)
		return close(f);
	if (c == '\n') {
		*taken_r = 1;
		return over(f);
	}
	f->name_len = 0;
	f->state = f->state == CR ? SKIP : NAME;
	return ISRV_FIELDS_MORE;
}

static enum isrv_fields_event in_name(struct isrv_fields *f, char c)
{
	if (c == ':' && f->name_len) {
		f->state = VALUE;
		f->open = true;
		return ISRV_FIELDS_NAMED;
	}
	if (c == '\n')
		f->state = LINE;
	else if (c == ' ' || c == '\t')
		f->state = f->name_len ? BLANK : SKIP;
	else if (f->state == BLANK || c == ':' || (unsigned char)c < ' ' || c == 127 ||
	         f->name_len == ISRV_FIELDS_NAME)
		f->state = SKIP;
	else
		f->name[f->name_len++] = c;
	return ISRV_FIELDS_MORE;
}

/* How many octets of a value come before one that is left out. */
static size_t value_run(struct imapsrv_span data)
{
	size_t n = 0;

	while (n < data.len && data.data[n] != '\r' && data.data[n] != '\n' && data.data[n] != '\0')
		n++;
	return n;
}

/* Takes octets as long as nothing happens; not when it is over. */
static enum isrv_fields_event step(struct isrv_fields *f, struct imapsrv_span data,
                                   size_t *taken_r, struct imapsrv_span *value_r)
{
	const char *end;

	*taken_r = 0;
	switch (f->state) {
	case LINE:
	case CR:
		return at_line(f, *data.data, taken_r);
	case NAME:
	case BLANK:
		*taken_r = 1;
		return in_name(f, *data.data);
	case VALUE:
		*taken_r = value_run(data);
		if (*taken_r) {
			*value_r = (struct imapsrv_span){data.data, *taken_r};
			return ISRV_FIELDS_VALUE;
		}
		*taken_r = 1;
		if (*data.data == '\n')
			f->state = LINE;
		return ISRV_FIELDS_MORE;
	default: /* SKIP */
		end = memchr(data.data, '\n', data.len);
		*taken_r = end ? (size_t)(end - data.data) + 1 : data.len;
		if (end)
			f->state = LINE;
		return ISRV_FIELDS_MORE;
	}
}

enum isrv_fields_event isrv_fields_next(struct isrv_fields *f, struct imapsrv_span *data,
                                        struct imapsrv_span *value_r)
{
	enum isrv_fields_event event = ISRV_FIELDS_MORE;
	size_t taken;

	if (f->state == OVER)
		return ISRV_FIELDS_OVER;
	while (data->len && event == ISRV_FIELDS_MORE) {
		event = step(f, *data, &taken, value_r);
		data->data += taken;
		data->len -= taken;
	}
	return event;
}

enum isrv_fields_event isrv_fields_finish(struct isrv_fields *f)
{
	return f->open ? close(f) : over(f);
}
