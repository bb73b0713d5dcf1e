/* SPDX-License-Identifier: MIT */
/* Names in a question are ascending, so that whether one of them covers an entry is found by halving. */
#include "base/entry.h"

#include <string.h>

int isrv_entry_compare(struct imapsrv_span a, struct imapsrv_span b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.data, b.data, common) : 0;

	return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static bool begins(struct imapsrv_span name, const char *scope)
{
	size_t len = strlen(scope);

	return name.len >= len && !memcmp(name.data, scope, len) &&
	       (name.len == len || name.data[len] == '/');
}

static bool has_vendor(struct imapsrv_span name)
{
	return begins(name, "/private/vendor") || begins(name, "/shared/vendor");
}

bool isrv_entry_is_name(struct imapsrv_span name, size_t *components_r)
{
	size_t components = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (c < ' ' || c > '~' || c == '*' || c == '%' || (c >= 'A' && c <= 'Z'))
			return false;
		if (c == '/' && (i + 1 == name.len || name.data[i + 1] == '/'))
			return false;
		components += c == '/';
	}
	if (components_r)
		*components_r = components;
	return begins(name, "/private") || begins(name, "/shared");
}

bool isrv_entry_may_be_set(struct imapsrv_span name)
{
	size_t components;

	if (!isrv_entry_is_name(name, &components) || components < 2)
		return false;
	return components >= 4 || !has_vendor(name);
}

static bool is_named(const struct imapsrv_metadata_get *q, struct imapsrv_span name)
{
	size_t low = 0, high = q->entry_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = isrv_entry_compare(q->entries[middle], name);

		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

int imapsrv_metadata_wants(const struct imapsrv_metadata_get *q, struct imapsrv_span name)
{
	size_t up = 0;

	if (q->after.len && isrv_entry_compare(name, q->after) <= 0)
		return 0;
	for (;;) {
		if (is_named(q, name))
			return 1;
		if (q->depth == IMAPSRV_DEPTH_NAMED ||
		    (q->depth == IMAPSRV_DEPTH_BELOW && up == 1))
			return 0;
		while (name.len && name.data[name.len - 1] != '/')
			name.len--;
		if (!name.len)
			return 0;
		name.len--; /* the component above */
		up++;
	}
}
