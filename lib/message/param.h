/* SPDX-License-Identifier: MIT */
/*
 * message/param - RFC 2231: a parameter that was cut into pieces is made one again (section 3), and
 * a value with a charset becomes UTF-8 (section 4).
 */
#ifndef ISRV_MESSAGE_PARAM_H
#define ISRV_MESSAGE_PARAM_H

#include "message/mime.h"

/*
 * name*0, name*1, ... become one `name` where the first of them stood; if any piece is extended
 * (name*1*) they become name*, an extended value: charset'language'text with "%" escapes, up to
 * three times as long as what stood there.  Pieces behind a gap in the numbers stay as they are.
 * Short of memory, and in a field with more than ISRV_PARAM_JOINED parameters, all stay: pieces
 * may come in any order, and looking for them costs the square of that.
 */
#define ISRV_PARAM_JOINED 64u
void isrv_param_join(struct isrv_mime_value *value, struct isrv_arena *arena, uint64_t *steps);

/*
 * The text of an extended value in UTF-8, at most out_size octets, cut at a character; *len_r says
 * how many.  False: it is not of that form.
 */
bool isrv_param_decode(struct imapsrv_span value, char *out, size_t out_size, size_t *len_r);

#endif
