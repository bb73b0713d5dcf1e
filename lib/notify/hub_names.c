/* SPDX-License-Identifier: MIT */
/*
 * The names of one account and the topics under which the store knows them: a short list of mounts.
 * A name belongs to the longest mount that covers it, so what is mounted at a name hides what an
 * outer mount would have there.
 */
#include "notify/hub.h"

#include <string.h>

#include "base/ascii.h"

void isrv_hub_fold_inbox(char *name, size_t len)
{
	static const char inbox[] = "INBOX";

	if (isrv_ascii_is(name, len, inbox))
		memcpy(name, inbox, len);
}

bool isrv_hub_covers(struct imapsrv_span top, struct imapsrv_span name, char separator)
{
	if (!top.len)
		return true;
	return name.len >= top.len && memcmp(name.data, top.data, top.len) == 0 &&
	       (name.len == top.len || name.data[top.len] == separator);
}

static void keep(char **at, struct imapsrv_span span)
{
	if (span.len)
		memcpy(*at, span.data, span.len);
	*at += span.len;
}

struct isrv_hub_names *isrv_hub_names_new(struct isrv_mem *mem, const struct imapsrv_hub_view *view)
{
	size_t size = sizeof(struct isrv_hub_names);
	struct isrv_hub_names *names;
	char *at;

	for (size_t i = 0; i < view->mount_count; i++)
		size += sizeof(struct isrv_hub_mount) + view->mounts[i].name.len +
		        view->mounts[i].topic.len;
	names = isrv_mem_zalloc(mem, size);
	if (!names)
		return NULL;
	names->size = size;
	names->mount_count = view->mount_count;
	at = (char *)(names->mounts + view->mount_count);
	for (size_t i = 0; i < view->mount_count; i++) {
		struct isrv_hub_mount *m = &names->mounts[i];

		m->text = at;
		m->name_len = (uint32_t)view->mounts[i].name.len;
		m->topic_len = (uint32_t)view->mounts[i].topic.len;
		keep(&at, view->mounts[i].name);
		isrv_hub_fold_inbox(at - m->name_len, m->name_len);
		keep(&at, view->mounts[i].topic);
	}
	return names;
}

void isrv_hub_names_free(struct isrv_hub_names *names, struct isrv_mem *mem)
{
	if (names)
		isrv_mem_free(mem, names, names->size);
}

bool isrv_hub_covers_parts(struct imapsrv_span top, const struct imapsrv_span name[3],
                           char separator)
{
	size_t at = 0;

	for (int i = 0; i < 3; i++)
		for (size_t k = 0; k < name[i].len; k++, at++)
			if (at == top.len)
				return name[i].data[k] == separator;
			else if (top.data[at] != name[i].data[k])
				return false;
	return at == top.len;
}

struct isrv_hub_mount *isrv_hub_mount_of(struct isrv_hub_names *names, struct imapsrv_span name,
                                         char separator)
{
	struct isrv_hub_mount *best = NULL;

	for (size_t i = 0; names && i < names->mount_count; i++) {
		struct isrv_hub_mount *m = &names->mounts[i];

		if (isrv_hub_covers(isrv_hub_mount_name(m), name, separator) &&
		    (!best || m->name_len > best->name_len))
			best = m;
	}
	return best;
}

void isrv_hub_translate(struct imapsrv_span from, struct imapsrv_span to, struct imapsrv_span name,
                        const char *separator, struct imapsrv_span parts_r[3])
{
	struct imapsrv_span rest = name;
	size_t skipped = from.len;

	if (skipped && skipped < name.len)
		skipped++; /* the separator */
	if (skipped) {
		rest.data += skipped;
		rest.len -= skipped;
	}
	parts_r[0] = to;
	parts_r[1] = (struct imapsrv_span){separator, to.len && rest.len ? 1 : 0};
	parts_r[2] = rest;
}
