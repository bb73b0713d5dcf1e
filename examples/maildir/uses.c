/* SPDX-License-Identifier: MIT */
/*
 * uses.c - special uses as words, and what names stand for.
 */
#include "uses.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *word;
	uint32_t use;
	const char *name; /* of a mailbox that has this use unless its owner says otherwise */
} words[] = {
	{"\\Archive", IMAPSRV_USE_ARCHIVE, "Archive"},
	{"\\Drafts", IMAPSRV_USE_DRAFTS, "Drafts"},
	{"\\Important", IMAPSRV_USE_IMPORTANT, NULL},
	{"\\Junk", IMAPSRV_USE_JUNK, "Junk"},
	{"\\Sent", IMAPSRV_USE_SENT, "Sent"},
	{"\\Trash", IMAPSRV_USE_TRASH, "Trash"},
};

#define WORDS (sizeof words / sizeof *words)

static uint32_t use_of(const char *word, size_t len)
{
	for (size_t i = 0; i < WORDS; i++)
		if (strlen(words[i].word) == len && !strncasecmp(words[i].word, word, len))
			return words[i].use;
	return 0;
}

bool uses_parse(struct imapsrv_span text, uint32_t *uses_r)
{
	bool good = true;

	*uses_r = 0;
	for (size_t at = 0; at < text.len;) {
		const char *space = memchr(text.data + at, ' ', text.len - at);
		size_t len = (space ? (size_t)(space - text.data) : text.len) - at;
		uint32_t use = use_of(text.data + at, len);
		good &= use || !len;
		*uses_r |= use;
		at += len + 1;
	}
	return good;
}

char *uses_format(uint32_t uses)
{
	struct text text = {0};

	text_put(&text, "", 0);
	for (size_t i = 0; i < WORDS; i++)
		if (uses & words[i].use)
			text_putf(&text, "%s%s", text.len ? " " : "", words[i].word);
	return text.data;
}

uint32_t uses_of(const struct annotation *entry, const char *name)
{
	uint32_t uses = 0;

	if (entry) {
		uses_parse((struct imapsrv_span){entry->value, entry->len}, &uses);
		return uses;
	}
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].name && !strcmp(name, words[i].name))
			uses = words[i].use;
	return uses;
}
