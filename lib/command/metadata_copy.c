/* SPDX-License-Identifier: MIT */
/* In rounds: some entries are kept, and each is set by itself, so that one that is refused keeps no
 * other back. */
#include "command/metadata_copy.h"

#include "base/entry.h"
#include "command/metadata.h"

enum at {
	AT_GET,
	AT_GOT,
	AT_SET,
	AT_DONE
};

struct isrv_copied_entry {
	size_t at; /* of the name; the value is behind it */
	size_t name_len;
	size_t value_len;
};

static bool room(struct imapsrv_session *s, struct isrv_metadata_copy *c, size_t need)
{
	size_t size = c->text_size ? c->text_size : 1024, unit = sizeof(*c->entries);
	size_t cap = c->cap ? c->cap * 2 : 16;
	void *grown;

	while (size - c->text_len < need)
		size *= 2;
	if (size > c->text_size) {
		grown = isrv_arena_grow(&s->arena, c->text, c->text_size, size);
		if (!grown)
			return false;
		c->text = grown;
		c->text_size = size;
	}
	if (c->count < c->cap)
		return true;
	grown = isrv_arena_grow(&s->arena, c->entries, c->cap * unit, cap * unit);
	if (!grown)
		return false;
	c->entries = grown;
	c->cap = cap;
	return true;
}

static struct imapsrv_span name_of(const struct isrv_metadata_copy *c, size_t i)
{
	return (struct imapsrv_span){c->text + c->entries[i].at, c->entries[i].name_len};
}

/* More octets than this are left for another round. */
static bool is_enough(const struct imapsrv_session *s, const struct isrv_metadata_copy *c)
{
	return c->count && c->text_len >= s->engine->limits.output;
}

static void take_entry(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_entry *entry = answer;
	struct isrv_metadata_copy *c = ctx;
	size_t len = entry->value.len;

	s->steps++;
	if (c->more || c->nomem || !entry->has_value || len > isrv_metadata_max(s) ||
	    (len && !entry->value.data) || !isrv_entry_may_be_set(entry->name))
		return;
	if (isrv_entry_compare(entry->name, c->count ? name_of(c, c->count - 1) : c->after) <= 0)
		return;
	c->more = is_enough(s, c);
	if (c->more)
		return;
	if (!room(s, c, entry->name.len + len)) {
		c->nomem = true;
		return;
	}
	c->entries[c->count++] = (struct isrv_copied_entry){c->text_len, entry->name.len, len};
	memcpy(c->text + c->text_len, entry->name.data, entry->name.len);
	c->text_len += entry->name.len;
	if (len)
		memcpy(c->text + c->text_len, entry->value.data, len);
	c->text_len += len;
}

static void ask_get(struct imapsrv_session *s, struct isrv_metadata_copy *c)
{
	static const struct imapsrv_span all[] = {{"/private", 8}, {"/shared", 7}};
	struct imapsrv_metadata_get q = {s->account.handle, c->from, all, 2, IMAPSRV_DEPTH_INFINITE,
	                                 {NULL, 0}, isrv_metadata_max(s)};

	if (c->more) {
		c->after = name_of(c, c->count - 1);
		c->after.data = isrv_arena_copy(&s->arena, c->after.data, c->after.len);
		c->nomem = !c->after.data;
	}
	q.after = c->after;
	c->more = false;
	c->count = c->text_len = c->next = 0;
	c->at = AT_GOT;
	if (!c->nomem)
		ISRV_ASK(s, ISRV_OP_METADATA, metadata, get, &q, take_entry, c);
}

static void ask_set(struct imapsrv_session *s, struct isrv_metadata_copy *c)
{
	struct isrv_copied_entry e = c->entries[c->next];
	struct imapsrv_entry entry = {name_of(c, c->next), 1,
	                              {c->text + e.at + e.name_len, e.value_len}};
	struct imapsrv_metadata_set q = {s->account.handle, c->to, &entry, 1};

	c->next++;
	c->at = AT_SET;
	ISRV_ASK(s, ISRV_OP_PLAIN, metadata, set, &q, NULL, NULL);
}

enum isrv_step isrv_metadata_copy_step(struct imapsrv_session *s, struct isrv_metadata_copy *c)
{
	if (!s->engine->metadata.get || s->engine->metadata.server_only)
		c->at = AT_DONE;
	while (c->at != AT_DONE && !c->nomem) {
		if (c->at == AT_GET)
			ask_get(s, c);
		if (c->nomem)
			break;
		if (!isrv_answered(s))
			return ISRV_HOST;
		if (c->next < c->count)
			ask_set(s, c);
		else
			c->at = c->more ? AT_GET : AT_DONE;
	}
	if (c->nomem && s->arena.starved)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return ISRV_DONE;
}
