/* SPDX-License-Identifier: MIT */
/*
 * A pattern is held against a name as LIST's are (command/list_match): all places in the pattern
 * where the name may have led to are moved on together, so that "*a*a*b" never goes back (ATTACKS
 * T18).  Patterns here are few and short, and are not compiled.
 */
#include "base/annotation.h"

#include <string.h>

#include "base/entry.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_wildcard(char c)
{
	return c == '*' || c == '%';
}

static bool is(struct imapsrv_span text, const char *constant)
{
	return text.len == strlen(constant) && !memcmp(text.data, constant, text.len);
}

/* The component that begins behind the slash at the start of *rest, which moves behind it. */
static struct imapsrv_span next(struct imapsrv_span *rest)
{
	struct imapsrv_span component = {rest->data + 1, 0};

	while (component.len + 1 < rest->len && component.data[component.len] != '/')
		component.len++;
	rest->data += component.len + 1;
	rest->len -= component.len + 1;
	return component;
}

/* section-part = nz-number *("." nz-number) */
static bool is_section(struct imapsrv_span s)
{
	uint64_t n = 0;
	bool begun = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '.') {
			if (!begun)
				return false;
			begun = false;
			n = 0;
		} else if (!is_digit(s.data[i]) || (!begun && s.data[i] == '0')) {
			return false;
		} else {
			begun = true;
			n = n * 10 + (uint64_t)(s.data[i] - '0');
			if (n > UINT32_MAX)
				return false;
		}
	}
	return begun;
}

static bool has_wildcard(struct imapsrv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_wildcard(s.data[i]))
			return true;
	return false;
}

bool isrv_annotation_is_pattern(struct imapsrv_span pattern, bool *wild_r)
{
	struct imapsrv_span rest = pattern, first;

	*wild_r = has_wildcard(pattern);
	if (!pattern.len || pattern.len > IMAPSRV_ANNOTATION_NAME_MAX)
		return false;
	for (size_t i = 0; i < pattern.len; i++) {
		char c = pattern.data[i];

		if (c < ' ' || c > '~' ||
		    (c == '/' && i + 1 < pattern.len && pattern.data[i + 1] == '/'))
			return false;
	}
	if (pattern.data[0] != '/')
		return is_wildcard(pattern.data[0]); /* nothing that begins otherwise is a name */
	if (pattern.data[pattern.len - 1] == '/')
		return false;
	first = next(&rest);
	return !is_digit(first.data[0]) || has_wildcard(first) || is_section(first);
}

bool isrv_annotation_is_name(struct imapsrv_span name)
{
	bool wild;

	return isrv_annotation_is_pattern(name, &wild) && !wild;
}

bool isrv_annotation_may_be_set(struct imapsrv_span name)
{
	struct imapsrv_span rest = name, first = next(&rest);
	bool part = is_digit(first.data[0]);

	if (part) {
		if (!rest.len)
			return false;
		first = next(&rest);
	}
	/* RFC 5257 3.5: of the message "/flags" "MUST NOT be used by clients or servers". */
	if (is(first, "flags"))
		return part && rest.len;
	return !is(first, "vendor") || rest.len;
}

bool isrv_annotation_may_be(struct imapsrv_span name, struct imapsrv_span value)
{
	struct imapsrv_span rest = name, first = next(&rest);

	/* RFC 5257 3.2.1: "must be either "1", "0", or "NIL"" */
	if (!is_digit(first.data[0]) || !is(next(&rest), "flags"))
		return true;
	return !value.data || (value.len == 1 && (value.data[0] == '0' || value.data[0] == '1'));
}

/* Moves on over one octet: state[i] says that i octets of the pattern may have matched. */
static bool advance(struct imapsrv_span pattern, bool *state, char c)
{
	bool before = false, any = false;

	/* "to match one or more characters at that position" (RFC 5257 4.3): not none. */
	for (size_t i = 0; i <= pattern.len; i++) {
		char p = i < pattern.len ? pattern.data[i] : '\0';
		bool takes = state[i] && (p == '*' || (p == '%' && c != '/'));
		bool is = i < pattern.len && state[i] && !is_wildcard(p) && p == c;

		state[i] = before || takes;
		before = takes || is;
		any = any || state[i];
	}
	return any;
}

bool isrv_annotation_matches(struct imapsrv_span pattern, struct imapsrv_span name)
{
	bool state[IMAPSRV_ANNOTATION_NAME_MAX + 1];

	if (pattern.len > IMAPSRV_ANNOTATION_NAME_MAX)
		return false;
	memset(state, 0, pattern.len + 1);
	state[0] = true;
	for (size_t i = 0; i < name.len; i++)
		if (!advance(pattern, state, name.data[i]))
			return false;
	return state[pattern.len];
}

static bool is_named(const struct imapsrv_annotate_get *q, struct imapsrv_span name)
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

int imapsrv_annotate_wants(const struct imapsrv_annotate_get *q, struct imapsrv_span entry)
{
	if (is_named(q, entry))
		return 1;
	for (size_t i = 0; i < q->entry_count; i++)
		if (has_wildcard(q->entries[i]) && isrv_annotation_matches(q->entries[i], entry))
			return 1;
	return 0;
}
