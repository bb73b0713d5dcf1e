/* SPDX-License-Identifier: MIT */
/* See the header.  The case of names counts. */
#include "search/note.h"

#include <string.h>

#include "base/annotation.h"

static bool is(struct imapsrv_span word, const char *constant)
{
	return word.len == strlen(constant) && !memcmp(word.data, constant, word.len);
}

bool isrv_annotate_match_parse(struct isrv_reader *r, struct imapsrv_span *match_r, bool *wild_r)
{
	const char *start = r->at;

	if (!isrv_rd_list(r, match_r))
		return false;
	isrv_rd_charge(r, match_r->len);
	if (isrv_annotation_is_pattern(*match_r, wild_r))
		return true;
	r->at = start;
	return isrv_rd_fail(r, "the name of an entry");
}

bool isrv_annotate_attrib_parse(struct isrv_reader *r, uint32_t *attribs_r)
{
	static const struct {
		const char *name;
		uint32_t attribs;
	} names[] = {
		{"value", ISRV_ANNOTATE_VALUE_PRIV | ISRV_ANNOTATE_VALUE_SHARED},
		{"value.priv", ISRV_ANNOTATE_VALUE_PRIV},
		{"value.shared", ISRV_ANNOTATE_VALUE_SHARED},
		{"size", ISRV_ANNOTATE_SIZE_PRIV | ISRV_ANNOTATE_SIZE_SHARED},
		{"size.priv", ISRV_ANNOTATE_SIZE_PRIV},
		{"size.shared", ISRV_ANNOTATE_SIZE_SHARED},
	};
	const char *start = r->at;
	struct imapsrv_span name;

	if (!isrv_rd_astring(r, &name))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(name, names[i].name)) {
			*attribs_r = names[i].attribs;
			return true;
		}
	r->at = start;
	return isrv_rd_fail(r, "an attribute");
}
