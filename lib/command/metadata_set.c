/* SPDX-License-Identifier: MIT */
/* SETMETADATA (RFC 5464 4.3): all entries or none, which is for the host to keep; filters among
 * them are looked at first (RFC 5466 3.2). */
#include "command/commands.h"
#include "command/memory.h"
#include "command/metadata.h"
#include "command/searching.h"
#include "wire/chars.h"

struct args {
	struct imapsrv_span mailbox;
	struct imapsrv_entry *entries; /* ascending, no two of the same name */
	size_t count;
	uint64_t longest; /* octets of the longest value */
	struct isrv_access access;
	uint32_t features; /* enum isrv_search_feature */
	bool asked;
};

/* entry-value = entry SP value ; value = nstring / literal8 */
static bool parse_entry(struct isrv_parse *p, struct imapsrv_entry *entry)
{
	const char *start = p->r.at;
	bool literal8;

	memset(entry, 0, sizeof(*entry));
	if (!isrv_entry_parse(p, 2, &entry->name))
		return false;
	if (!isrv_entry_may_be_set(entry->name)) {
		p->r.at = start;
		return isrv_rd_fail(&p->r, "the name of an entry below one of a vendor");
	}
	if (!isrv_rd_sp(&p->r))
		return false;
	entry->has_value = !isrv_rd_try_word(&p->r, "NIL");
	return !entry->has_value || isrv_rd_string8(&p->r, &entry->value, &literal8);
}

static bool add_entry(struct isrv_parse *p, struct args *a)
{
	size_t n = a->count, unit = sizeof(*a->entries);

	if (n >= p->limits->metadata_entries)
		return isrv_rd_fail(&p->r, "fewer entries");
	if (!(n & (n - 1))) { /* room for 1, 2, 4, ... */
		void *room = isrv_arena_grow(p->r.arena, a->entries, n * unit,
		                             (n ? 2 * n : 1) * unit);

		if (!room)
			return isrv_rd_fail_memory(&p->r);
		a->entries = room;
	}
	if (!parse_entry(p, &a->entries[n]))
		return false;
	if (a->entries[n].value.len > a->longest)
		a->longest = a->entries[n].value.len;
	a->count++;
	return true;
}

/* setmetadata = "SETMETADATA" SP mailbox SP entry-values
 * entry-values = "(" entry-value *(SP entry-value) ")" */
static bool parse(struct isrv_parse *p, void *args)
{
	struct args *a = args;

	a->features = isrv_searching_features(p);
	if (!isrv_metadata_mailbox_parse(p, &a->mailbox) || !isrv_rd_sp(&p->r) ||
	    !isrv_rd_char(&p->r, '('))
		return false;
	do {
		if (!add_entry(p, a))
			return false;
	} while (isrv_rd_try_sp(&p->r));
	if (!isrv_rd_char(&p->r, ')') || !isrv_rd_end(&p->r) ||
	    !isrv_entries_sort(p, a->entries, a->count, sizeof(*a->entries)))
		return false;
	for (size_t i = 1; i < a->count; i++)
		if (!isrv_entry_compare(a->entries[i - 1].name, a->entries[i].name))
			return isrv_rd_fail(&p->r, "each entry once");
	return true;
}

/* "METADATA" SP "MAXSIZE" SP number */
static void put_maxsize(struct imapsrv_session *s, void *args)
{
	(void)args;
	ISRV_W(&s->w, "METADATA MAXSIZE ");
	isrv_w_u64(&s->w, isrv_metadata_max(s));
}

static enum isrv_step too_big(struct imapsrv_session *s)
{
	isrv_no(s, NULL, "A value is too long");
	s->reply.put_code = put_maxsize;
	return ISRV_DONE;
}

/* What these refusals mean here (RFC 5464 4.3); all others mean what they always do. */
static enum isrv_step refused(struct imapsrv_session *s)
{
	isrv_refused(s, NULL);
	if (s->result.code == IMAPSRV_TOOBIG)
		s->reply.put_code = put_maxsize;
	else if (s->result.code == IMAPSRV_LIMIT)
		s->reply.code = "METADATA TOOMANY";
	else if (s->result.code == IMAPSRV_CANNOT)
		s->reply.code = "METADATA NOPRIVATE";
	return ISRV_DONE;
}

/*
 * "The server SHOULD verify that each search criterion stored in such a server entry is a full and
 * correct search criterion", and its name is to be one (RFC 5466 3.2).  False: the reply is set.
 */
static bool check_filter(struct imapsrv_session *s, const struct args *a,
                         const struct imapsrv_entry *e)
{
	struct imapsrv_span name;
	struct isrv_reader r;

	if (!e->has_value || !isrv_filters_entry(e->name, &name))
		return true;
	if (memchr(name.data, '/', name.len) ||
	    isrv_char_span(name.data, name.len, ISRV_CHAR_ATOM) != name.len) {
		isrv_no(s, NULL, "That cannot be the name of a filter");
		return false;
	}
	isrv_reader_init(&r, &s->arena, e->value.data, e->value.len);
	r.steps = &s->steps;
	r.keyword_max = s->engine->limits.keyword_len;
	if (isrv_filters_hold(&r, &s->engine->limits, a->features))
		return true;
	if (r.nomem)
		isrv_command_nomem(s);
	else
		isrv_no(s, NULL, "A filter has to hold valid search keys");
	return false;
}

static bool check_filters(struct imapsrv_session *s, const struct args *a)
{
	size_t i = 0;

	if (a->mailbox.len || !(a->features & ISRV_SEARCH_FILTER))
		return true;
	while (i < a->count && check_filter(s, a, &a->entries[i]))
		i++;
	return i == a->count;
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	struct imapsrv_metadata_set q = {s->account.handle, a->mailbox, a->entries, a->count};
	enum isrv_step wait;

	if (!a->asked) {
		if (!isrv_metadata_may(s, a->mailbox))
			return ISRV_DONE;
		wait = isrv_metadata_access(s, &a->access, a->mailbox);
		if (wait != ISRV_DONE || s->error)
			return wait;
		if (a->access.code != IMAPSRV_OK)
			return isrv_refused(s, NULL);
		if (a->longest > isrv_metadata_max(s))
			return too_big(s);
		if (!check_filters(s, a))
			return ISRV_DONE;
		a->asked = true;
		ISRV_ASK(s, ISRV_OP_PLAIN, metadata, set, &q, NULL, NULL);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	return s->result.code == IMAPSRV_OK ? isrv_ok(s, "SETMETADATA completed") : refused(s);
}

const struct isrv_command isrv_command_setmetadata = {
	.name = "SETMETADATA",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_METADATA_SERVER,
	.args_size = sizeof(struct args),
	.parse = parse,
	.step = step,
};
