/* SPDX-License-Identifier: MIT */
/* A list in order of arrival, and an array of the same sorted by name. */
#include "notify/news.h"

#include "notify/events.h"

#include <string.h>

static int compare(struct imapsrv_span a, struct imapsrv_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.data, b.data, n) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* The first in order that is not below the name. */
static uint32_t seek(const struct isrv_news_list *l, struct imapsrv_span name)
{
	uint32_t low = 0, high = l->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare(isrv_news_name(l->sorted[middle]), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void isrv_news_clear_old(struct isrv_news *news, struct isrv_mem *mem)
{
	isrv_mem_free(mem, news->old_name, news->old_len);
	news->old_name = NULL;
	news->old_len = 0;
}

static void free_one(struct isrv_news *news, struct isrv_mem *mem)
{
	isrv_news_clear_old(news, mem);
	isrv_names_clear(&news->entries, mem);
	isrv_mem_free(mem, news, sizeof(*news) + news->len);
}

void isrv_news_clear(struct isrv_news_list *l, struct isrv_mem *mem)
{
	struct isrv_news *news = l->first, *next;

	for (; news; news = next) {
		next = news->next;
		free_one(news, mem);
	}
	isrv_mem_free(mem, l->sorted, l->cap * sizeof(struct isrv_news *));
	memset(l, 0, sizeof(*l));
}

struct isrv_news *isrv_news_find(const struct isrv_news_list *l, struct imapsrv_span name)
{
	uint32_t at = seek(l, name);

	if (at < l->count && compare(isrv_news_name(l->sorted[at]), name) == 0)
		return l->sorted[at];
	return NULL;
}

/* A place in the array, for one that is in the list or will be. */
static bool put_sorted(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news)
{
	uint32_t at;

	if (l->count == l->cap) {
		uint32_t cap = l->cap ? l->cap * 2 : 4;
		void *grown = NULL;

		if (cap <= UINT32_MAX / sizeof(struct isrv_news *))
			grown = isrv_mem_realloc(mem, l->sorted,
			                         l->cap * sizeof(struct isrv_news *),
			                         cap * sizeof(struct isrv_news *));
		if (!grown)
			return false;
		l->sorted = grown;
		l->cap = cap;
	}
	at = seek(l, isrv_news_name(news));
	memmove(&l->sorted[at + 1], &l->sorted[at], (l->count - at) * sizeof(struct isrv_news *));
	l->sorted[at] = news;
	l->count++;
	return true;
}

static void append(struct isrv_news_list *l, struct isrv_news *news)
{
	news->prev = l->last;
	if (l->last)
		l->last->next = news;
	else
		l->first = news;
	l->last = news;
}

static void prepend(struct isrv_news_list *l, struct isrv_news *news)
{
	news->next = l->first;
	if (l->first)
		l->first->prev = news;
	else
		l->last = news;
	l->first = news;
}

static void unlink_one(struct isrv_news_list *l, struct isrv_news *news)
{
	if (news->prev)
		news->prev->next = news->next;
	else
		l->first = news->next;
	if (news->next)
		news->next->prev = news->prev;
	else
		l->last = news->prev;
	news->next = news->prev = NULL;
}

struct isrv_news *isrv_news_get(struct isrv_news_list *l, struct isrv_mem *mem,
                                struct imapsrv_span name)
{
	struct isrv_news *news = isrv_news_find(l, name);

	if (!news) {
		news = isrv_mem_zalloc(mem, sizeof(*news) + name.len);
		if (!news)
			return NULL;
		news->len = name.len;
		if (name.len) /* the server's metadata has no name */
			memcpy(news->name, name.data, name.len);
		if (!put_sorted(l, mem, news)) {
			isrv_mem_free(mem, news, sizeof(*news) + name.len);
			return NULL;
		}
		append(l, news);
		l->weight++;
	}
	news->serial = ++l->serial;
	return news;
}

struct isrv_news *isrv_news_get_last(struct isrv_news_list *l, struct isrv_mem *mem,
                                     struct imapsrv_span name)
{
	struct isrv_news *news = isrv_news_get(l, mem, name);

	if (news && news != l->last) {
		unlink_one(l, news);
		append(l, news);
	}
	return news;
}

static void take_sorted(struct isrv_news_list *l, const struct isrv_news *news)
{
	uint32_t at = seek(l, isrv_news_name(news));

	l->count--;
	memmove(&l->sorted[at], &l->sorted[at + 1], (l->count - at) * sizeof(struct isrv_news *));
}

void isrv_news_take(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news)
{
	take_sorted(l, news);
	unlink_one(l, news);
	l->weight -= 1 + isrv_names_count(&news->entries);
	if (!l->count) {
		/* A session that has nothing to say holds nothing for it. */
		isrv_mem_free(mem, l->sorted, l->cap * sizeof(struct isrv_news *));
		l->sorted = NULL;
		l->cap = 0;
	}
}

void isrv_news_remove(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news)
{
	isrv_news_take(l, mem, news);
	free_one(news, mem);
}

void isrv_news_free(struct isrv_news *news, struct isrv_mem *mem)
{
	if (news)
		free_one(news, mem);
}

bool isrv_news_add_entry(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news,
                         struct imapsrv_span entry)
{
	uint32_t before = isrv_names_count(&news->entries);

	if (!isrv_names_add(&news->entries, mem, entry))
		return false;
	l->weight += isrv_names_count(&news->entries) - before;
	return true;
}

bool isrv_news_set_old(struct isrv_news *news, struct isrv_mem *mem, struct imapsrv_span old)
{
	char *copy = isrv_mem_alloc(mem, old.len);

	if (!copy)
		return false;
	memcpy(copy, old.data, old.len);
	isrv_news_clear_old(news, mem);
	news->old_name = copy;
	news->old_len = old.len;
	return true;
}

void isrv_news_told_name(struct isrv_news *news, struct isrv_mem *mem)
{
	news->tell &= (uint32_t)ISRV_TELL_STATUS;
	isrv_news_clear_old(news, mem);
	isrv_names_clear(&news->entries, mem);
}

/* What is to be told of one is told of the other. */
static bool unite(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *to,
                  struct isrv_news *from)
{
	to->tell |= from->tell;
	to->known.items = 0;
	to->has_attributes = false;
	if (from->old_name) {
		isrv_news_clear_old(to, mem);
		to->old_name = from->old_name;
		to->old_len = from->old_len;
		from->old_name = NULL;
		from->old_len = 0;
	}
	for (uint32_t i = 0; i < isrv_names_count(&from->entries); i++)
		if (!isrv_news_add_entry(l, mem, to, isrv_names_at(&from->entries, i)))
			return false;
	return true;
}

bool isrv_news_recall(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news)
{
	bool since = isrv_news_find(l, isrv_news_name(news)) != NULL;
	struct isrv_news *to = isrv_news_get(l, mem, isrv_news_name(news));

	if (!to || !unite(l, mem, to, news))
		return false;
	to->gone = since ? to->gone : news->gone;
	/* It was the first to be told. */
	unlink_one(l, to);
	prepend(l, to);
	to->over = to->over || (to->old_name && news->gone);
	/* What was first to be told says whether the client knows the name. */
	if (!(news->tell & ISRV_TELL_BORN))
		to->tell &= ~(uint32_t)ISRV_TELL_BORN;
	return true;
}

bool isrv_news_return(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news)
{
	bool done = isrv_news_recall(l, mem, news);

	free_one(news, mem);
	return done;
}

/* Puts one with another name in the place of one that has an old name: what is told of the name
 * that the client knows has to be told before anything of another mailbox that has it now. */
static bool rename_in_place(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news,
                            struct imapsrv_span name)
{
	struct isrv_news *there = isrv_news_find(l, name), *moved;

	moved = isrv_mem_alloc(mem, sizeof(*moved) + name.len);
	if (!moved)
		return false;
	memcpy(moved, news, sizeof(*moved));
	moved->len = name.len;
	memcpy(moved->name, name.data, name.len);
	moved->serial = ++l->serial;
	moved->over = there && there->gone;
	moved->gone = false;
	moved->known.items = 0;
	moved->has_attributes = false;
	take_sorted(l, news);
	if (moved->prev)
		moved->prev->next = moved;
	else
		l->first = moved;
	if (moved->next)
		moved->next->prev = moved;
	else
		l->last = moved;
	isrv_mem_free(mem, news, sizeof(*news) + news->len);
	if (there) {
		bool done = unite(l, mem, moved, there);

		isrv_news_remove(l, mem, there);
		return put_sorted(l, mem, moved) && done;
	}
	return put_sorted(l, mem, moved);
}

/* Moves one to another name, where there may be one already. */
static bool rename_one(struct isrv_news_list *l, struct isrv_mem *mem, struct isrv_news *news,
                       struct imapsrv_span name)
{
	struct isrv_news *to;
	bool done;

	if (news->old_name)
		return rename_in_place(l, mem, news, name);
	to = isrv_news_get(l, mem, name);
	if (!to)
		return false;
	done = unite(l, mem, to, news);
	to->gone = false;
	isrv_news_remove(l, mem, news);
	return done;
}

bool isrv_news_is_below(const struct isrv_news *news, struct imapsrv_span up, char separator)
{
	return news->len >= up.len && !memcmp(news->name, up.data, up.len) &&
	       (news->len == up.len || (separator && news->name[up.len] == separator));
}

bool isrv_news_rename(struct isrv_news_list *l, struct isrv_mem *mem, struct imapsrv_span from,
                      struct imapsrv_span to, char separator)
{
	uint64_t start = l->serial;
	struct isrv_news *next;
	bool done = true;

	for (struct isrv_news *news = l->first; news && done; news = next) {
		size_t len;
		char *name;

		next = news->next;
		/* What was moved is not to be moved again. */
		if (news->serial > start || !isrv_news_is_below(news, from, separator))
			continue;
		/* What is gone did not move. */
		if (news->gone && !news->old_name) {
			news->passed = true;
			continue;
		}
		len = to.len + (news->len - from.len);
		name = isrv_mem_alloc(mem, len);
		if (!name)
			return false;
		memcpy(name, to.data, to.len);
		memcpy(name + to.len, news->name + from.len, news->len - from.len);
		/* One that has this name already may be united with it, and then is no more. */
		if (next && next == isrv_news_find(l, (struct imapsrv_span){name, len}))
			next = next->next;
		done = rename_one(l, mem, news, (struct imapsrv_span){name, len});
		isrv_mem_free(mem, name, len);
	}
	return done;
}
