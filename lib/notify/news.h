/* SPDX-License-Identifier: MIT */
/*
 * notify/news - what has happened to mailboxes other than the selected one and was not told yet:
 * for each name what is to be told, collapsed, in the order in which the names came up.  What is
 * held is bounded by the caller, who looks at `weight`.
 */
#ifndef ISRV_NOTIFY_NEWS_H
#define ISRV_NOTIFY_NEWS_H

#include "imapsrv/store.h"
#include "notify/names.h"

struct isrv_news {
	struct isrv_news *next; /* that came up later */
	struct isrv_news *prev;
	uint64_t serial;        /* when something was last added to it */
	uint32_t tell;          /* enum isrv_notify_tell */
	bool gone;              /* the last that was heard is that it was deleted */
	bool hidden;            /* it was renamed to where the client does not look */
	bool over;              /* it was renamed to the name of one that is gone, of which the
	                           client does not know that yet */
	bool passed;            /* one above it was renamed after it was gone */
	bool has_attributes;
	uint32_t attributes;
	struct imapsrv_status known; /* numbers that are still right: its items */
	char *old_name;              /* it was renamed: the name that the client knows */
	size_t old_len;
	struct isrv_names entries;   /* of metadata */
	size_t len;
	char name[];
};

struct isrv_news_list {
	struct isrv_news *first;
	struct isrv_news *last;
	struct isrv_news **sorted; /* by name */
	uint32_t count;
	uint32_t cap;
	uint32_t weight;           /* names and entries */
	uint64_t serial;
};

void isrv_news_clear(struct isrv_news_list *l, struct isrv_mem *mem);
/* NULL: there is none of that name. */
struct isrv_news *isrv_news_find(const struct isrv_news_list *l, struct imapsrv_span name);
/* The one of that name, new with nothing to tell if need be, marked as just added to.  NULL: no
 * memory. */
struct isrv_news *isrv_news_get(struct isrv_news_list *l, struct isrv_mem *mem,
                                struct imapsrv_span name);
/* The same, but the last to be told. */
struct isrv_news *isrv_news_get_last(struct isrv_news_list *l, struct isrv_mem *mem,
                                     struct imapsrv_span name);
void isrv_news_remove(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news);
/* Takes it out of the list: the caller's, who gives it back as still to be told, or frees it. */
void isrv_news_take(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news);
bool isrv_news_return(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news);
/* Gives back all that was to be told, and leaves an empty one of that name with the caller.  False:
 * no memory. */
bool isrv_news_recall(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news);
void isrv_news_free(struct isrv_news *news, struct isrv_mem *mem);
/* One more entry of metadata.  False: no memory. */
bool isrv_news_add_entry(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news,
                         struct imapsrv_span entry);
/* Is it that name, or one below it? */
bool isrv_news_is_below(const struct isrv_news *news, struct imapsrv_span up, char separator);
/* What is to be told of a name and of those below it is to be told of their new names.  False: no
 * memory. */
bool isrv_news_rename(struct isrv_news_list *l, struct isrv_mem *mem, struct imapsrv_span from,
                      struct imapsrv_span to, char separator);
/* This name was renamed, and the client does not know yet.  False: no memory. */
void isrv_news_clear_old(struct isrv_news *news, struct isrv_mem *mem);
bool isrv_news_set_old(struct isrv_news *news, struct isrv_mem *mem, struct imapsrv_span old);
/* LIST has told what there was to tell of the name: numbers are left. */
void isrv_news_told_name(struct isrv_news *news, struct isrv_mem *mem);
static inline struct imapsrv_span isrv_news_name(const struct isrv_news *news)
{
	struct imapsrv_span name = {news->name, news->len};

	return name;
}

#endif
