/* SPDX-License-Identifier: MIT */
/*
 * command/sasl_gs2 - the GS2 header and its names.
 */
#include "command/sasl_gs2.h"

#include <string.h>

#include "base/utf8.h"

bool isrv_saslname_parse(struct isrv_exchange *x, const char *data, size_t len,
                         struct imapsrv_span *name_r)
{
	char *name = isrv_arena_alloc(&x->s->arena, len + 1);
	size_t n = 0;

	if (!name) {
		x->text = NULL;
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		name[n] = data[i];
		if (data[i] == '=') {
			bool comma = len - i >= 3 && memcmp(data + i, "=2C", 3) == 0;

			if (!comma && (len - i < 3 || memcmp(data + i, "=3D", 3) != 0))
				return false;
			name[n] = comma ? ',' : '=';
			i += 2;
		}
		n++;
	}
	*name_r = (struct imapsrv_span){name, n};
	return n > 0 && isrv_utf8_is_name(name, n);
}

/* cb-name = 1*(ALPHA / DIGIT / "." / "-") */
static bool is_binding_name(struct imapsrv_span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '-')
			return false;
	}
	return name.len > 0;
}

bool isrv_gs2_parse(struct isrv_exchange *x, struct isrv_gs2 *gs2)
{
	const char *at = x->response.data, *end = at + x->response.len, *comma;

	memset(gs2, 0, sizeof(*gs2));
	comma = at == end ? NULL : memchr(at, ',', (size_t)(end - at));
	if (!comma || (*at != 'p' && comma - at != 1) || !strchr("pny", *at) || !*at)
		return false;
	gs2->flag = *at;
	if (*at == 'p') {
		if (comma - at < 3 || at[1] != '=')
			return false;
		gs2->binding = (struct imapsrv_span){at + 2, (size_t)(comma - at - 2)};
		if (!is_binding_name(gs2->binding))
			return false;
	}
	at = comma + 1;
	comma = at == end ? NULL : memchr(at, ',', (size_t)(end - at));
	if (!comma)
		return false;
	gs2->len = (size_t)(comma + 1 - x->response.data);
	if (comma == at)
		return true;
	return comma - at > 2 && at[0] == 'a' && at[1] == '=' &&
	       isrv_saslname_parse(x, at + 2, (size_t)(comma - at - 2), &x->login.authzid);
}
