/* SPDX-License-Identifier: MIT */
/*
 * message/mime - Content-Type, Content-Disposition and their kind: value and parameters (RFC 2045
 * 5.1, RFC 2183, RFC 2231 left as it is written: IMAP clients decode it),
 * Content-Transfer-Encoding, Content-Language (RFC 3282).
 */
#ifndef ISRV_MESSAGE_MIME_H
#define ISRV_MESSAGE_MIME_H

#include "message/field.h"

struct isrv_mime_param {
	struct imapsrv_span name;  /* as written */
	struct imapsrv_span value; /* unquoted */
};

struct isrv_mime_value {
	struct imapsrv_span type;       /* "text"; data NULL: the field cannot be read, or there is
	                                   none (RFC 2045 5.2: text/plain then) */
	struct imapsrv_span subtype;    /* "plain"; NULL for a disposition */
	struct isrv_mime_param *params; /* in the arena, in the order they stand in */
	size_t param_count;             /* at most max_params */
	bool truncated;                 /* there were more, or the arena was full */
};

/* type "/" subtype *(";" attribute "=" value), generous: missing semicolons, spaces round "=",
 * unquoted values with specials up to the next ";", empty parameters, comments. */
void isrv_mime_parse_type(struct imapsrv_span body, struct isrv_arena *arena, size_t max_params,
                          uint64_t *steps, struct isrv_mime_value *value_r);
/* disposition *(";" parameter) */
void isrv_mime_parse_disposition(struct imapsrv_span body, struct isrv_arena *arena,
                                 size_t max_params, uint64_t *steps,
                                 struct isrv_mime_value *value_r);
/* The first token: "base64".  data NULL: none. */
struct imapsrv_span isrv_mime_parse_token(struct imapsrv_span body, struct isrv_arena *arena,
                                          uint64_t *steps);
/* Content-Language: tags separated by commas, at most max of them. */
size_t isrv_mime_parse_languages(struct imapsrv_span body, struct isrv_arena *arena,
                                 struct imapsrv_span *tags_r, size_t max, uint64_t *steps);
/* The parameter of that name in any case; NULL if it is not there. */
const struct isrv_mime_param *isrv_mime_param(const struct isrv_mime_value *value,
                                              const char *name);

#endif
