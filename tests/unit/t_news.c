/* SPDX-License-Identifier: MIT */
/*
 * notify/post, notify/news and notify/notify_save: what is to be told after a few events, of whom the
 * client wants to hear; the same when memory ends anywhere, and when it has been saved in between.
 */
#include "base/pack.h"
#include "notify/notify_save.h"
#include "unit/failalloc.h"

static struct imapsrv_span span(const char *text, size_t len)
{
	return (struct imapsrv_span){text, len};
}

/* ---- what the client asked for -------------------------------------------------------------- */

enum asked {
	ALL,      /* everything about everything */
	NAMES,    /* MailboxName below "a", and of it */
	MESSAGES, /* MessageNew and FlagChange of "a" and "b" */
	SERVER,   /* metadata of the server */
	NONE      /* of "a" nothing, of others everything */
};

static struct isrv_notify *ask(struct isrv_mem *mem, enum asked asked)
{
	struct isrv_notify *n = isrv_mem_zalloc(mem, sizeof(*n));
	size_t count = asked == NONE ? 2 : 1;
	struct isrv_notify_group *g;

	assert_non_null(n);
	n->max_names = 3;
	n->max_news = 8;
	n->groups = isrv_mem_zalloc(mem, count * sizeof(*g));
	assert_non_null(n->groups);
	n->group_count = (uint32_t)count;
	g = n->groups;
	g->where = asked == ALL || asked == NAMES ? ISRV_NOTIFY_SUBTREE : ISRV_NOTIFY_MAILBOXES;
	g->all = asked == ALL;
	if (asked != ALL && asked != SERVER)
		assert_true(isrv_names_add(&g->names, mem, span("a", 1)));
	if (asked == MESSAGES)
		assert_true(isrv_names_add(&g->names, mem, span("b", 1)));
	switch (asked) {
	case ALL:
		g->events = 0xff;
		break;
	case NAMES:
		g->events = ISRV_NOTIFY_NAME;
		break;
	case MESSAGES:
		g->events = ISRV_NOTIFY_NEW | ISRV_NOTIFY_FLAGS;
		break;
	case SERVER:
		g->events = ISRV_NOTIFY_SERVER_METADATA;
		break;
	case NONE:
		g[1].where = ISRV_NOTIFY_SUBTREE;
		g[1].all = true;
		g[1].events = 0xff;
		break;
	}
	return n;
}

/* What all entries in stories begin with. */
#define SHARED "/shared"

/* ---- stories -------------------------------------------------------------------------------- */
/*
 * Steps, separated by spaces, each [.]letter:name[=more]; with the dot the client did it itself: c
 * created, d deleted, r renamed (=from), l access lost, g gained, u subscribed, n a new message, f
 * flags, m metadata (=entry), s the server's; t what is to be told of the name is taken, and comes
 * back at the next T.  i, and what comes behind it, of the second client, who takes over.
 * The outcome: what is to be told, in order, each name[<old]:letters in the order of isrv_notify_tell
 * (NEFSVALXMB), entries behind =; or how it ended.
 */
static const struct {
	enum asked asked, then;
	char separator;
	const char *steps;
	const char *outcome;
} stories[] = {
	{ALL, ALL, '/', "", ""},
	{ALL, ALL, '/', "n:a n:b f:a", "a:NFS b:N"},
	{ALL, ALL, '/', "c:a", "a:FVALB"},
	{ALL, ALL, '/', "c:a d:a", ""},
	{ALL, ALL, '/', "c:a/b d:a/b", "a:L"},
	{ALL, ALL, '/', "n:a d:a", "a-:L"},
	{ALL, ALL, '/', "d:a n:a", "nonsense"},
	{ALL, ALL, 0, "c:a/b", "a/b:FVALB"},
	{ALL, ALL, '/', "d:a c:a", "a:FVAL"},
	{ALL, ALL, '/', "r:b=a", "b<a:L"},
	{ALL, ALL, '/', "r:b=a r:c=b", "c<a:L"},
	{ALL, ALL, '/', "r:b=a r:a=b", "a:L"},
	{ALL, ALL, '/', "n:a r:b=a", "b<a:NL"},
	{ALL, ALL, '/', "n:a/x r:b=a", "b<a:L b/x:N"},
	{ALL, ALL, 0, "n:a/x r:b=a", "a/x:N b<a:L"},
	{ALL, ALL, '/', "m:a=/x m:a=/y r:b=a", "b<a:LM=/x=/y"},
	{ALL, ALL, '/', "m:a=/x m:b=/y d:b c:c r:b=a", "c:FVALB b<a:LM=/x=/y"},
	{ALL, ALL, '/', "d:b c:c r:b=a", "c:FVALB b<a:L"},
	/* Two mailboxes of one name, or more: told in the end that too much has happened. */
	{ALL, ALL, '/', "d:a/x r:b=a c:a/x", "overflow"},
	{ALL, ALL, '/', "d:b r:b=a r:c=b", "overflow"},
	{ALL, ALL, '/', "d:b/x r:b=a", "overflow"},
	{ALL, ALL, '/', "r:a/y=a/x r:b=a", "overflow"},
	{ALL, ALL, '/', "r:b=a d:b/x r:c=b", "overflow"},
	{ALL, ALL, '/', "r:b=a r:b/y=b/x r:c=b", "overflow"},
	{ALL, ALL, '/', "r:b=a r:d=e r:c=b", "c<a:L d<e:L"},
	{ALL, ALL, '/', "r:b=a r:bb=e r:c=b", "c<a:L bb<e:L"},
	{ALL, ALL, '/', "r:b=a r:c/y=e r:c=b", "overflow"},
	{ALL, ALL, '/', "r:b=a r:e=c r:c=b", "overflow"},
	{ALL, ALL, '/', "r:b=a r:b=c", "overflow"},
	{ALL, ALL, '/', "d:a/b r:c=a r:a/b=x", "overflow"},
	{NAMES, NAMES, '/', "r:a/b=a/c r:x=a/b r:a/d=x", "overflow"},
	{NAMES, NAMES, '/', "r:x=a", "x<a:L"},
	{NAMES, NAMES, '/', "r:x=y", ""},
	{NAMES, NAMES, '/', "n:a", ""},
	/* Room for so many names, and no more. */
	{ALL, ALL, '/', "n:1 n:2 n:3 n:4 n:5 n:6 n:7 n:8", "1:N 2:N 3:N 4:N 5:N 6:N 7:N 8:N"},
	{ALL, ALL, '/', "n:1 n:2 n:3 n:4 n:5 n:6 n:7 n:8 n:9", "overflow"},
	{ALL, ALL, '/', "n:1 n:2 n:3 n:4 n:5 n:6 n:7 n:8 c:8/9", "overflow"},
	{ALL, ALL, '/', "n:1 n:2 n:3 n:4 n:5 n:6 n:7 n:8 r:y=x", "overflow"},
	{ALL, ALL, '/', "m:1=/1 m:1=/2 m:1=/3 m:1=/4 m:1=/5 m:1=/6 m:1=/7", "1:M=/1=/2=/3=/4=/5=/6=/7"},
	{ALL, ALL, '/', "m:1=/1 m:1=/2 m:1=/3 m:1=/4 m:1=/5 m:1=/6 m:1=/7 m:1=/8", "overflow"},
	{ALL, ALL, '/', "l:1 l:2 l:3", "1:LX 2:LX 3:LX"},
	{ALL, ALL, '/', "l:1 l:2 l:3 l:4", "overflow"},
	/* Access. */
	{ALL, ALL, '/', "n:a l:a", "a:LX"},
	{ALL, ALL, '/', "l:a n:a f:a", "a:LX"},
	{ALL, ALL, '/', "l:a g:a n:a", "a:NL"},
	{ALL, ALL, '/', "l:a c:a", "a:FVAL"},
	{MESSAGES, ALL, '/', "l:c", ""},
	{MESSAGES, ALL, '/', "l:a", "a:LX"},
	{MESSAGES, ALL, '/', "g:a", ""},
	{MESSAGES, ALL, '/', "l:a g:a", "a:L"},
	{MESSAGES, ALL, '/', "g:c", ""},
	{NAMES, ALL, '/', "g:a", "a:L"},
	/* What the client did itself. */
	{ALL, ALL, '/', ".n:a .f:a .c:b .d:b .r:b=a", ""},
	{ALL, ALL, '/', "n:a .d:a", ""},
	{ALL, ALL, '/', "n:a .n:a", "a:N"},
	{ALL, ALL, '/', "n:a .r:b=a", "b:N"},
	{ALL, ALL, '/', "d:a .c:a", "a:L"},
	{ALL, ALL, '/', "n:a .u:a", "a:N"},
	{ALL, ALL, '/', "u:a", "a:L"},
	/* Entries that are none are left out; the server's have no mailbox. */
	{ALL, ALL, '/', "m:a=/x m:a=x", "a:M=/x"},
	{ALL, ALL, '/', "s:=/x n:a s:=/y", ":M=/x=/y a:N"},
	{MESSAGES, ALL, '/', "s:=/x m:a=/x", ""},
	/* Taken to be told, and given back. */
	{ALL, ALL, '/', "n:a t:a T", "a:N"},
	{ALL, ALL, '/', "n:b n:a t:a f:a T", "a:NFS b:N"},
	{ALL, ALL, '/', "m:a=/x t:a m:a=/y T", "a:M=/x=/y"},
	{ALL, ALL, '/', "r:b=a t:b T", "b<a:L"},
	{ALL, ALL, '/', "c:a t:a f:a T", "a:FSVALB"},
	{ALL, ALL, '/', "n:a t:a d:a T", "a-:NL"},
	{ALL, ALL, '/', "d:a t:a r:a=b T", "a<b:L"},
	{ALL, ALL, '/', "d:a t:a r:a=b T r:c=a", "overflow"},
	{ALL, ALL, '/', "d:b r:b=a t:b r:b=c T", "b<a:L"},
	/* Another NOTIFY takes over what it wants too. */
	{ALL, ALL, '/', "n:a d:b r:c=d m:e=/x s:=/y l:f i",
	 "a:N b-:L c<d:L e:M=/x :M=/y f:LX"},
	{ALL, MESSAGES, '/', "n:a f:b d:b n:c s:=/y l:a i", "a:LX"},
	{ALL, NAMES, '/', "n:a c:a/b n:b i", "a:L a/b:LB"},
	{ALL, SERVER, '/', "n:a m:a=/x s:=/y i", ":M=/y"},
	{MESSAGES, SERVER, '/', "n:a i", ""},
	{ALL, NONE, '/', "n:a n:b i n:a n:c", "b:N c:N"},
	{NONE, ALL, '/', "n:a c:a l:a n:b r:c=a", "b:N c<a:L"},
};

struct tale {
	struct failalloc fa;
	struct isrv_mem mem;
	struct isrv_notify *n;
	struct isrv_news *taken;
	struct isrv_notify_account account;
	enum isrv_notify_posted ended;
};

static enum imapsrv_event_type type_of(char letter)
{
	static const char letters[] = "cdrlgunfms";
	static const enum imapsrv_event_type types[] = {
		IMAPSRV_EVENT_MAILBOX_CREATE, IMAPSRV_EVENT_MAILBOX_DELETE,
		IMAPSRV_EVENT_MAILBOX_RENAME, IMAPSRV_EVENT_ACCESS_LOST,
		IMAPSRV_EVENT_ACCESS_GAINED,  IMAPSRV_EVENT_MAILBOX_SUBSCRIBE,
		IMAPSRV_EVENT_MESSAGE_NEW,    IMAPSRV_EVENT_FLAGS_SET,
		IMAPSRV_EVENT_MAILBOX_METADATA, IMAPSRV_EVENT_SERVER_METADATA,
	};
	const char *at = strchr(letters, letter);

	assert_non_null(at);
	return types[at - letters];
}

static void take_over(struct tale *t, enum asked then)
{
	struct isrv_notify *old = t->n;
	size_t fail_first = t->fa.fail_first, calls = t->fa.calls;

	/* What the test itself needs does not fail, and does not count. */
	t->fa.fail_first = 0;
	t->n = ask(&t->mem, then);
	t->fa.fail_first = fail_first;
	t->fa.calls = calls;
	t->ended = isrv_notify_inherit(t->n, &t->mem, &t->account, old);
	isrv_notify_free(old, &t->mem);
}

static void take(struct tale *t, struct imapsrv_span name)
{
	t->taken = isrv_news_find(&t->n->news, name);
	assert_non_null(t->taken);
	isrv_news_take(&t->n->news, &t->mem, t->taken);
}

static void give_back(struct tale *t)
{
	if (!isrv_news_return(&t->n->news, &t->mem, t->taken))
		t->ended = ISRV_NOTIFY_NOMEM;
	t->taken = NULL;
}

static void step(struct tale *t, const char *at, size_t len, enum asked then)
{
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	const char *more = memchr(at, '=', len);
	bool own = *at == '.';
	struct imapsrv_span extra = {NULL, 0};
	char entry[50];

	at += own;
	len -= own;
	if (more) {
		extra = span(more + 1, (size_t)(at + len - more - 1));
		len = (size_t)(more - at);
	}
	if (*at == 'i') {
		take_over(t, then);
		return;
	}
	if (*at == 'T') {
		give_back(t);
		return;
	}
	if (*at == 't') {
		take(t, span(at + 2, len - 2));
		return;
	}
	e.type = type_of(*at);
	e.mailbox = span(at + 2, len - 2);
	if (e.type == IMAPSRV_EVENT_MAILBOX_RENAME) {
		e.old_name = extra;
	} else if (more) {
		extra.len = (size_t)snprintf(entry, sizeof(entry), SHARED "%.*s", (int)extra.len,
		                             extra.data);
		extra.data = entry;
		e.entries = &extra;
		e.entry_count = 1;
	}
	t->ended = isrv_notify_post(t->n, &t->mem, &t->account, &e, own, span(NULL, 0));
}

static void told(const struct isrv_notify *n, char *out)
{
	static const char letters[] = "NEFSVALXMB";
	const struct isrv_news *news;

	*out = '\0';
	for (news = n->news.first; news; news = news->next) {
		out += sprintf(out, "%s%.*s", news->prev ? " " : "", (int)news->len, news->name);
		if (news->old_name)
			out += sprintf(out, "<%.*s", (int)news->old_len, news->old_name);
		out += sprintf(out, "%s:", news->gone ? "-" : "");
		for (unsigned bit = 0; letters[bit]; bit++)
			if (news->tell & 1u << bit)
				*out++ = letters[bit];
		*out = '\0';
		for (uint32_t i = 0; i < isrv_names_count(&news->entries); i++) {
			struct imapsrv_span entry = isrv_names_at(&news->entries, i);

			out += sprintf(out, "=%.*s", (int)(entry.len - strlen(SHARED)),
			               entry.data + strlen(SHARED));
		}
	}
}

static void play(struct tale *t, size_t row, size_t fail_first, char *out)
{
	static const char *const ends[] = {"", "nonsense", "overflow", "no memory"};
	const char *at = stories[row].steps;

	failalloc_init(&t->fa);
	isrv_mem_init(&t->mem, &t->fa.allocator, SIZE_MAX);
	t->taken = NULL;
	t->ended = ISRV_NOTIFY_POSTED;
	t->account = (struct isrv_notify_account){stories[row].separator, NULL, 0};
	t->n = ask(&t->mem, stories[row].asked);
	t->fa.calls = 0;
	t->fa.fail_first = fail_first;
	while (*at && t->ended == ISRV_NOTIFY_POSTED) {
		size_t len = strcspn(at, " ");

		step(t, at, len, stories[row].then);
		at += len + (at[len] == ' ');
	}
	t->fa.fail_first = 0;
	if (t->ended)
		strcpy(out, ends[t->ended]);
	else
		told(t->n, out);
}

static void end(struct tale *t)
{
	isrv_news_free(t->taken, &t->mem);
	isrv_notify_free(t->n, &t->mem);
	assert_int_equal(t->mem.used, 0);
	assert_int_equal(t->fa.held, 0);
}

static void test_stories(void **unused)
{
	static struct tale t;
	char out[1000];

	(void)unused;
	for (size_t i = 0; i < COUNT(stories); i++) {
		play(&t, i, 0, out);
		if (strcmp(out, stories[i].outcome) != 0)
			fail_msg("row %zu: %s: \"%s\", not \"%s\"", i, stories[i].steps, out,
			         stories[i].outcome);
		end(&t);
	}
}

/* Where memory ends it is said, or it ends as it does else; nothing leaks. */
static void test_memory(void **unused)
{
	static struct tale t;
	char out[1000];

	(void)unused;
	for (size_t i = 0; i < COUNT(stories); i++) {
		for (size_t nth = 1;; nth++) {
			bool all;

			play(&t, i, nth, out);
			all = t.fa.calls < nth;
			ROW(i, strcmp(out, all ? stories[i].outcome : "no memory") == 0);
			end(&t);
			if (all)
				break;
		}
	}
}

/* ---- saved ---------------------------------------------------------------------------------- */

static struct isrv_notify *unpack(struct tale *t, const char *data, size_t len, int *error_r)
{
	struct isrv_unpack u;
	struct isrv_notify *n;

	isrv_unpack_init(&u, data, len);
	n = isrv_notify_unpack(&t->mem, &u);
	*error_r = u.error;
	assert_true(!n == (u.error != 0));
	return n;
}

/* Saved and restored it tells the same, and is saved as the same octets; a piece of them is refused,
 * and so is any of it for which there is no memory. */
static void test_saved(void **unused)
{
	static struct tale t;
	static char data[4000], again[4000];
	struct isrv_notify *n;
	struct isrv_pack p;
	char out[1000];
	int error;

	(void)unused;
	for (size_t i = 0; i < COUNT(stories); i++) {
		size_t len, cut, nth;

		play(&t, i, 0, out);
		if (t.ended) {
			end(&t);
			continue;
		}
		isrv_pack_init(&p, data, sizeof(data));
		isrv_notify_pack(t.n, &p);
		len = p.len;
		ROW(i, len <= sizeof(data));
		n = unpack(&t, data, len, &error);
		ROW(i, n != NULL);
		told(n, out);
		ROW(i, strcmp(out, stories[i].outcome) == 0);
		isrv_pack_init(&p, again, sizeof(again));
		isrv_notify_pack(n, &p);
		ROW(i, p.len == len && memcmp(data, again, len) == 0);
		isrv_notify_free(n, &t.mem);
		for (cut = 0; cut < len; cut++) {
			n = unpack(&t, data, cut, &error);
			ROW(i, !n && error == IMAPSRV_EINVAL);
		}
		for (nth = 1;; nth++) {
			t.fa.calls = 0;
			t.fa.fail_first = nth;
			n = unpack(&t, data, len, &error);
			if (n)
				break;
			ROW(i, error == IMAPSRV_ENOMEM);
		}
		ROW(i, t.fa.calls < nth);
		isrv_notify_free(n, &t.mem);
		end(&t);
	}
}

/* What nobody saved: names twice, names of nothing. */
static void test_forged(void **unused)
{
	static const struct {
		const char *data;
		size_t len;
		bool good;
	} rows[] = {
		/* selected, flags, fetch, groups, subscribed, noaccess, news */
		{BYTES("\0\0\0\0\0\0\0"), true},
		{BYTES("\0\4\0\0\0\0\0"), false},
		{BYTES("\0\0\0\0\1\1a\0\0"), true},
		{BYTES("\0\0\0\0\2\1a\1b\0\0"), true},
		{BYTES("\0\0\0\0\2\1a\1a\0\0"), false},
		{BYTES("\0\0\0\0\1\0\0\0"), false},
		{BYTES("\0\0\0\1\3\1\0\0\0\0\0"), true},
		{BYTES("\0\0\0\1\4\1\0\0\0\0\0"), false},
		{BYTES("\0\0\0\1\3\1\2\0\0\0\0"), false},
		/* of news: name, tell, flags, attributes, old name, entries */
		{BYTES("\0\0\0\0\0\0\1\1a\1\0\0\0\0"), true},
		{BYTES("\0\0\0\0\0\0\1\1a\1\37\0\1b\1\11/shared/x"), true},
		{BYTES("\0\0\0\0\0\0\1\1a\1\40\0\0\0"), false},
		{BYTES("\0\0\0\0\0\0\1\1a\377\177\0\0\0\0"), false},
		{BYTES("\0\0\0\0\0\0\1\1a\1\0\0\0\1\0"), false},
		{BYTES("\0\0\0\0\0\0\1\1a\1\0\0\0\1\1x"), false},
		/* No name: the server's metadata, of which there are no numbers. */
		{BYTES("\0\0\0\0\0\0\1\0\200\2\0\0\0\1\11/shared/x"), true},
		{BYTES("\0\0\0\0\0\0\1\0\1\0\0\0\0"), false},
		{BYTES("\0\0\0\0\0\0\1\0\200\2\1\0\0\0"), false},
		{BYTES("\0\0\0\0\0\0\1\0\200\2\0\0\1b\0"), false},
		{BYTES("\0\0\0\0\0\0\2\1a\1\0\0\0\0\1b\1\0\0\0\0"), true},
		{BYTES("\0\0\0\0\0\0\2\1a\1\0\0\0\0\1a\1\0\0\0\0"), false},
	};
	static struct tale t;
	int error;

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *data = exact(rows[i].data, rows[i].len);
		struct isrv_notify *n;

		failalloc_init(&t.fa);
		isrv_mem_init(&t.mem, &t.fa.allocator, SIZE_MAX);
		n = unpack(&t, data, rows[i].len, &error);
		ROW(i, (n != NULL) == rows[i].good);
		ROW(i, n || error == IMAPSRV_EINVAL);
		isrv_notify_free(n, &t.mem);
		ROW(i, t.fa.held == 0);
		free(data);
	}
}

/* What is to be watched, by windows of any size from any place on. */
static void test_windows(void **unused)
{
	static const struct isrv_notify_account account = {.separator = '/'};
	static const struct {
		uint8_t where, events;
		const char *names;
	} groups[] = {
		{ISRV_NOTIFY_MAILBOXES, ISRV_NOTIFY_NEW | ISRV_NOTIFY_NAME, "abc"},
		{ISRV_NOTIFY_MAILBOXES, 0, "de"},
		{ISRV_NOTIFY_SUBTREE, ISRV_NOTIFY_NEW, "fg"},
		{ISRV_NOTIFY_MAILBOXES, ISRV_NOTIFY_NEW, "hij"},
		{ISRV_NOTIFY_PERSONAL, ISRV_NOTIFY_SERVER_METADATA | ISRV_NOTIFY_NAME, ""},
		{ISRV_NOTIFY_SUBTREE, ISRV_NOTIFY_SERVER_METADATA, "kl"},
	};
	struct imapsrv_interest all[20], some[20];
	struct isrv_notify_group made[COUNT(groups)];
	struct isrv_notify n;
	struct isrv_mem mem;
	char text[100] = "";
	size_t count;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	memset(&n, 0, sizeof(n));
	memset(made, 0, sizeof(made));
	n.groups = made;
	n.group_count = COUNT(groups);
	for (size_t i = 0; i < COUNT(groups); i++) {
		made[i].where = groups[i].where;
		made[i].events = groups[i].events;
		for (const char *at = groups[i].names; *at; at++)
			assert_true(isrv_names_add(&made[i].names, &mem, span(at, 1)));
	}
	count = isrv_notify_of_groups(&n, &account, 0, all, COUNT(all));
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s%d ",
		         (int)all[i].name.len, all[i].name.len ? all[i].name.data : "",
		         (int)all[i].scope);
	assert_string_equal(text, "a0 a1 b0 b1 c0 c1 f1 g1 h0 i0 j0 2 1 2 ");
	for (size_t from = 0; from <= count + 1; from++)
		for (size_t max = 0; max <= count + 1; max++) {
			size_t had = from < count ? count - from : 0;

			had = had < max ? had : max;
			memset(some, 0, sizeof(some));
			ROW(from, isrv_notify_of_groups(&n, &account, from, some, max) == count);
			for (size_t i = 0; i < had; i++)
				ROW(from, !isrv_notify_compare(&some[i], &all[from + i]));
			ROW(from, !some[had].events);
		}
	for (size_t i = 0; i < COUNT(groups); i++)
		isrv_names_clear(&made[i].names, &mem);
	assert_int_equal(mem.used, 0);
}

/* A name that no list of names can hold is refused before any of it is read. */
static void test_long_name(void **unused)
{
	struct isrv_names names = {NULL};
	struct isrv_mem mem;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	assert_false(isrv_names_add(&names, &mem, span("a", (size_t)UINT32_MAX / 2 + 1)));
	assert_int_equal(isrv_names_count(&names), 0);
	assert_true(isrv_names_add(&names, &mem, span("a", 1)));
	isrv_names_clear(&names, &mem);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),   cmocka_unit_test(test_memory),
		cmocka_unit_test(test_saved),     cmocka_unit_test(test_forged),
		cmocka_unit_test(test_long_name), cmocka_unit_test(test_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
