/* SPDX-License-Identifier: MIT */
/*
 * catalog.c - the records of a mailbox in memory.
 */
#include "catalog.h"

#include "filename.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void catalog_init(struct catalog *catalog)
{
	*catalog = (struct catalog){.uidnext = 1, .recent_from = 1};
}

void catalog_clear(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++)
		free(catalog->messages[i].file);
	for (size_t i = 0; i < KEYWORDS_MAX; i++)
		free(catalog->keywords[i]);
	free(catalog->messages);
	catalog_init(catalog);
}

void changes_clear(struct changes *changes)
{
	ranges_clear(&changes->fresh);
	ranges_clear(&changes->gone);
	ranges_clear(&changes->flagged);
	ranges_clear(&changes->cleared);
}

size_t catalog_from(const struct catalog *catalog, uint32_t uid)
{
	size_t low = 0, high = catalog->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (catalog->messages[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct message *catalog_find(const struct catalog *catalog, uint32_t uid)
{
	size_t at = catalog_from(catalog, uid);

	if (at == catalog->count || catalog->messages[at].uid != uid)
		return NULL;
	return &catalog->messages[at];
}

/* The first range that ends at uid or above. */
static size_t range_from(struct imapsrv_set set, uint32_t uid)
{
	size_t low = 0, high = set.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (set.ranges[mid].last < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct message *catalog_next(const struct catalog *catalog, struct imapsrv_set set, uint32_t uid)
{
	if (uid == UINT32_MAX)
		return NULL;
	for (size_t range = range_from(set, uid + 1); range < set.count; range++) {
		uint32_t from = set.ranges[range].first;
		size_t at = catalog_from(catalog, from > uid ? from : uid + 1);
		if (at == catalog->count)
			return NULL;
		if (catalog->messages[at].uid <= set.ranges[range].last)
			return &catalog->messages[at];
	}
	return NULL;
}

void message_set_file(struct message *message, char *file)
{
	if (file != message->file)
		free(message->file);
	message->file = file;
	message->flags = (uint8_t)filename_flags(file);
	if (message->octets == OCTETS_UNKNOWN)
		message->octets = filename_octets(file, 'W');
}

struct message *catalog_add(struct catalog *catalog, uint32_t uid, char *file)
{
	RESERVE_ONE(catalog->messages, catalog->count, catalog->capacity);
	struct message *message = &catalog->messages[catalog->count++];

	*message = (struct message){
		.uid = uid, .octets = OCTETS_UNKNOWN, .date = DATE_UNKNOWN, .file = file};
	message_set_file(message, file);
	return message;
}

void catalog_sweep(struct catalog *catalog, struct changes *changes)
{
	size_t kept = 0;

	for (size_t i = 0; i < catalog->count; i++) {
		struct message *message = &catalog->messages[i];
		if (!message->gone) {
			catalog->messages[kept++] = *message;
			continue;
		}
		if (changes)
			ranges_add(&changes->gone, message->uid);
		free(message->file);
	}
	catalog->count = kept;
}

static bool same_keyword(const char *known, struct imapsrv_span name)
{
	return strlen(known) == name.len && !strncasecmp(known, name.data, name.len);
}

uint64_t catalog_keyword(struct catalog *catalog, struct imapsrv_span name)
{
	size_t place = KEYWORDS_MAX;

	for (size_t i = KEYWORDS_MAX; i-- > 0;) {
		if (!catalog->keywords[i])
			place = i;
		else if (same_keyword(catalog->keywords[i], name))
			return (uint64_t)1 << i;
	}
	if (place == KEYWORDS_MAX)
		return 0;
	catalog->keywords[place] = xstrndup(name.data, name.len);
	catalog->unsaved |= (uint64_t)1 << place;
	return (uint64_t)1 << place;
}

uint32_t catalog_keyword_names(const struct catalog *catalog, uint64_t bits,
                               struct imapsrv_span *spans)
{
	uint32_t count = 0;

	for (size_t i = 0; i < KEYWORDS_MAX && bits >> i; i++) {
		const char *name = catalog->keywords[i];
		if ((bits >> i & 1) && name)
			spans[count++] = (struct imapsrv_span){name, strlen(name)};
	}
	return count;
}
