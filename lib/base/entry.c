/* SPDX-License-Identifier: MIT */
/* Names in a question are ascending, so that whether one of them covers an entry is found by
 * halving. */
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

/* Where the last name of the question is that is not behind this one, from 1 on; 0: there is
 * none. */
static size_t place_of(const struct imapsrv_metadata_get *q, struct imapsrv_span name)
{
	size_t low = 0, high = q->entry_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (isrv_entry_compare(q->entries[middle], name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_same(struct imapsrv_span a, struct imapsrv_span b)
{
	return a.len == b.len && !isrv_entry_compare(a, b);
}

/* The component above; len 0: there is none. */
static struct imapsrv_span above(struct imapsrv_span name)
{
	while (name.len && name.data[name.len - 1] != '/')
		name.len--;
	name.len -= name.len > 0;
	return name;
}

static size_t common(struct imapsrv_span a, struct imapsrv_span b)
{
	size_t len = a.len < b.len ? a.len : b.len, i = 0;

	while (i < len && a.data[i] == b.data[i])
		i++;
	return i;
}

/*
 * Is it named, or anything above it?  What is above begins this name, and so does what stands
 * between the two in order: what it has in common with its neighbour in the question is all that
 * can be named yet.  So a name of many components is not looked for with each of them.
 */
static bool is_covered(const struct imapsrv_metadata_get *q, struct imapsrv_span name)
{
	size_t place;

	while (name.len && (place = place_of(q, name)) != 0) {
		struct imapsrv_span near = q->entries[place - 1];
		size_t len = common(near, name);

		if (len == near.len && (len == name.len || name.data[len] == '/'))
			return true;
		do
			name = above(name);
		while (name.len > len);
	}
	return false;
}

static bool is_named(const struct imapsrv_metadata_get *q, struct imapsrv_span name)
{
	size_t place = place_of(q, name);

	return place && is_same(q->entries[place - 1], name);
}

int imapsrv_metadata_wants(const struct imapsrv_metadata_get *q, struct imapsrv_span name)
{
	if (q->after.len && isrv_entry_compare(name, q->after) <= 0)
		return 0;
	if (q->depth == IMAPSRV_DEPTH_INFINITE)
		return is_covered(q, name);
	return is_named(q, name) ||
	       (q->depth == IMAPSRV_DEPTH_BELOW && above(name).len && is_named(q, above(name)));
}
