/* SPDX-License-Identifier: MIT */
/*
 * What is a list of its own grammar: sequence sets (RFC 9051 9, RFC 5182 2.1) and flag lists (RFC
 * 9051 9).
 *
 * Invariant: sets stay ranges, whose number is bounded by the octets that were read (a set of one
 * range may cover 2^32 numbers), and no list is searched for each of its members, so that the work
 * is n log n at the most.
 */
#include "wire/reader.h"

#include "base/ascii.h"
#include "base/uidset.h"

/* An array in the arena that grows by doubling. */
static bool grow(struct isrv_reader *r, void **array, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *grown;

	if (count < *cap)
		return true;
	grown = more > SIZE_MAX / size
	                ? NULL
	                : isrv_arena_grow(r->arena, *array, *cap * size, more * size);
	if (!grown)
		return isrv_rd_fail_memory(r);
	*array = grown;
	*cap = more;
	return true;
}

/* ---- sets ---------------------------------------------------------------------------------- */

/* seq-number = nz-number / "*" ; 0 stands for "*" */
static bool seq_number(struct isrv_reader *r, uint32_t *n_r)
{
	*n_r = 0;
	if (isrv_rd_try(r, '*') || isrv_rd_nz_number(r, n_r))
		return true;
	return isrv_rd_fail(r, "a number from 1 to 4294967295, or \"*\"");
}

/*
 * sequence-set     = (seq-number / seq-range) ["," sequence-set]
 * sequence-set     =/ seq-last-command
 * seq-range        = seq-number ":" seq-number
 * seq-last-command = "$"
 * By the letter "$" could be the last of several; RFC 5182 2.1 has it instead of a set, and so
 * has every use of it.
 */
bool isrv_rd_set(struct isrv_reader *r, struct isrv_rd_set *set_r)
{
	struct isrv_rd_set set = {NULL, 0, false, 0};
	void *ranges = NULL;
	size_t cap = 0;

	set.saved = !r->no_saved && isrv_rd_try(r, '$');
	if (set.saved) {
		*set_r = set;
		return true;
	}
	do {
		uint32_t first, last;

		if (!seq_number(r, &first))
			return false;
		last = first;
		if (isrv_rd_try(r, ':') && !seq_number(r, &last))
			return false;
		if (first == 0 || last == 0) {
			uint32_t low = first | last;

			if (low == 0)
				low = UINT32_MAX;
			if (set.star == 0 || low < set.star)
				set.star = low;
			continue;
		}
		if (!grow(r, &ranges, set.count, &cap, sizeof(*set.ranges)))
			return false;
		set.ranges = ranges;
		set.ranges[set.count].first = first;
		set.ranges[set.count].last = last;
		set.count++;
	} while (isrv_rd_try(r, ','));
	isrv_rd_charge(r, set.count);
	set.count = isrv_uidset_normalize(set.ranges, set.count);
	*set_r = set;
	return true;
}

bool isrv_rd_numbers(struct isrv_reader *r, struct isrv_rd_set *set_r)
{
	if (r->uidonly && isrv_rd_peek(r) != '$') {
		r->code = "UIDREQUIRED";
		return isrv_rd_fail(r, "UIDs, not message numbers,");
	}
	return isrv_rd_set(r, set_r);
}

/* ---- flags --------------------------------------------------------------------------------- */

/* A flag list while it is read. */
struct list {
	struct isrv_rd_flags flags;
	void *keywords;
	size_t cap;
};

/* flag-keyword = "$MDNSent" / "$Forwarded" / "$Junk" / "$NotJunk" / "$Phishing" / atom */
bool isrv_rd_keyword(struct isrv_reader *r, struct imapsrv_span *keyword_r)
{
	struct imapsrv_span word;

	if (!isrv_rd_atom(r, &word))
		return isrv_rd_fail(r, "a flag");
	if (word.len > r->keyword_max) {
		r->at = word.data;
		return isrv_rd_fail(r, "a shorter keyword");
	}
	*keyword_r = word;
	return true;
}

/* "\" atom, behind the backslash */
static bool backslash_flag(struct isrv_reader *r, struct isrv_rd_flags *flags)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} names[] = {
		{"Seen", IMAPSRV_SEEN},	      {"Answered", IMAPSRV_ANSWERED},
		{"Flagged", IMAPSRV_FLAGGED}, {"Deleted", IMAPSRV_DELETED},
		{"Draft", IMAPSRV_DRAFT},
	};
	struct imapsrv_span word;
	size_t i;

	if (!isrv_rd_atom(r, &word))
		return isrv_rd_fail(r, "the name of a flag");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (isrv_ascii_is(word.data, word.len, names[i].name)) {
			flags->system |= names[i].bit;
			return true;
		}
	}
	if (isrv_ascii_is(word.data, word.len, "Recent"))
		flags->recent = true;
	else
		flags->unknown = true;
	return true;
}

/* flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword /
 *        flag-extension */
static bool flag(struct isrv_reader *r, struct list *list)
{
	struct imapsrv_span word;

	if (isrv_rd_try(r, '\\'))
		return backslash_flag(r, &list->flags);
	if (!isrv_rd_keyword(r, &word) ||
	    !grow(r, &list->keywords, list->flags.keyword_count, &list->cap, sizeof(word)))
		return false;
	list->flags.keywords = list->keywords;
	list->flags.keywords[list->flags.keyword_count++] = word;
	return true;
}

/* Order of keywords by name without case, then by place, so that the first of equals is first. */
static bool is_before(struct isrv_reader *r, const struct imapsrv_span *words, uint32_t a,
		      uint32_t b)
{
	int order = isrv_ascii_compare(words[a].data, words[a].len, words[b].data, words[b].len);

	isrv_rd_charge(r, words[a].len < words[b].len ? words[a].len : words[b].len);
	return order < 0 || (order == 0 && a < b);
}

/* Lets the element at `at` sink to its place in the heap index[0..count). */
static void sink(struct isrv_reader *r, const struct imapsrv_span *words, uint32_t *index,
		 uint32_t at, uint32_t count)
{
	const uint32_t element = index[at];

	while (at < count / 2) {
		uint32_t child = 2 * at + 1;

		if (child + 1 < count && is_before(r, words, index[child], index[child + 1]))
			child++;
		if (!is_before(r, words, element, index[child]))
			break;
		index[at] = index[child];
		at = child;
	}
	index[at] = element;
}

/* Keeps of keywords that differ in case only the first.  By a sorted index: comparing each with
 * each would be quadratic in what a client sends. */
static bool drop_doubles(struct isrv_reader *r, struct isrv_rd_flags *flags)
{
	const uint32_t count = flags->keyword_count;
	struct imapsrv_span *words = flags->keywords;
	uint32_t *index;
	uint32_t i, first, kept = 0;

	if (count < 2)
		return true;
	index = isrv_arena_array(r->arena, count, sizeof(*index));
	if (!index)
		return isrv_rd_fail_memory(r);
	for (i = 0; i < count; i++)
		index[i] = i;
	for (i = count / 2; i > 0; i--)
		sink(r, words, index, i - 1, count);
	for (i = count - 1; i > 0; i--) {
		uint32_t last = index[0];

		index[0] = index[i];
		index[i] = last;
		sink(r, words, index, 0, i);
	}
	for (first = 0, i = 1; i < count; i++) {
		struct imapsrv_span *a = &words[index[first]], *b = &words[index[i]];

		if (isrv_ascii_same(a->data, a->len, b->data, b->len))
			b->len = 0; /* no keyword is empty */
		else
			first = i;
	}
	for (i = 0; i < count; i++) {
		if (words[i].len > 0)
			words[kept++] = words[i];
	}
	flags->keyword_count = kept;
	return true;
}

bool isrv_rd_flag_list(struct isrv_reader *r, struct isrv_rd_flags *flags_r)
{
	struct list list = {{0, false, false, NULL, 0}, NULL, 0};

	if (!isrv_rd_try(r, '('))
		return isrv_rd_fail(r, "a flag list");
	if (!isrv_rd_try(r, ')')) {
		do {
			if (!flag(r, &list))
				return false;
		} while (isrv_rd_try_sp(r));
		if (!isrv_rd_try(r, ')'))
			return isrv_rd_fail(r, "a space or \")\"");
	}
	if (!drop_doubles(r, &list.flags))
		return false;
	*flags_r = list.flags;
	return true;
}

/* store-att-flags = ... (flag-list / (flag *(SP flag))) */
bool isrv_rd_store_flags(struct isrv_reader *r, struct isrv_rd_flags *flags_r)
{
	struct list list = {{0, false, false, NULL, 0}, NULL, 0};

	if (isrv_rd_peek(r) == '(')
		return isrv_rd_flag_list(r, flags_r);
	for (;;) {
		if (!flag(r, &list))
			return false;
		if (r->at == r->end)
			break;
		if (!isrv_rd_sp(r))
			return false;
		if (r->at == r->end)
			break; /* clients leave a space at the end */
	}
	if (!drop_doubles(r, &list.flags))
		return false;
	*flags_r = list.flags;
	return true;
}
