/* SPDX-License-Identifier: MIT */
/*
 * A telling has its own arena, which stands in the place of the session's while it lasts: an IDLE
 * of a week must not gather what each telling needed.
 */
#include "command/tell.h"

#include "command/arrived.h"
#include "command/list.h"
#include "command/urlmech.h"
#include "session/access.h"
#include "session/hear.h"
#include "session/modseq.h"

struct isrv_telling {
	struct isrv_arena arena; /* the session's, kept aside */
	enum {
		AT_START,
		AT_MECHANISMS,
		AT_ARRIVED,
		AT_NEWS,
		AT_ACCESS, /* may this user know of it? */
		AT_LIST,
		AT_LISTED,
		AT_METADATA,
		AT_STATUS,
		AT_STATUS_ASKED
	} at;
	uint64_t until;          /* the serial of the last news when this began */
	bool left;               /* some of it could not be told */

	struct isrv_urlmech mechanisms;
	struct isrv_arrived arrived;

	struct isrv_news *news;  /* what is being told; not in the list any more */
	bool recalled;           /* it is in the list again, under its new name: what was asked of
	                            the old one means nothing */
	struct isrv_access access;
	bool exists;             /* as `list` says */
	bool has_children;
	uint32_t attributes;
	struct isrv_status status;
	bool status_open;
};

/* ---- beginning and end --------------------------------------------------------------------- */

static bool begin(struct imapsrv_session *s)
{
	struct isrv_telling *t = isrv_mem_zalloc(&s->mem, sizeof(*t));

	if (!t) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	isrv_arrived_init(&t->arrived);
	t->until = s->notify ? s->notify->news.serial : 0;
	t->arena = s->arena;
	isrv_arena_init(&s->arena, &s->mem, s->engine->limits.arena);
	s->telling = t;
	return true;
}

static void drop(struct imapsrv_session *s)
{
	struct isrv_telling *t = s->telling;

	s->telling = NULL;
	isrv_arrived_drop(s, &t->arrived);
	if (t->status_open)
		isrv_status_drop(s, &t->status);
	isrv_news_free(t->news, &s->mem);
	isrv_arena_clear(&s->arena);
	s->arena = t->arena;
	isrv_mem_free(&s->mem, t, sizeof(*t));
}

static enum isrv_step end(struct imapsrv_session *s)
{
	bool left = s->telling->left;

	drop(s);
	s->news = s->overflowed || isrv_hear_warns(s) || s->keys_reset ||
	          (s->notify && s->notify->news.count) ||
	          (s->view && s->view->arrived.count);
	/* What came meanwhile is told soon; what could not be told waits for something to
	 * happen. */
	if (s->news && !left) {
		s->stirred = true;
		s->wake = s->wake || s->idling;
	}
	return ISRV_DONE;
}

/* ---- lines that need no asking ------------------------------------------------------------- */

/* RFC 5465 5.8 */
static void put_overflow(struct imapsrv_session *s)
{
	s->overflowed = false;
	isrv_untagged(s, "OK", "NOTIFICATIONOVERFLOW",
	              "Too much has happened: as after NOTIFY NONE");
}

/* RFC 9208 4.3.1 */
static void put_warning(struct imapsrv_session *s)
{
	ISRV_W(&s->w, "* NO [OVERQUOTA] ");
	isrv_w_text(&s->w, s->warning->data, s->warning->len);
	isrv_w_crlf(&s->w);
	isrv_session_forget(s, &s->warning);
}

/* metadata-resp with entry-list: names only (RFC 5464 4.4.2, RFC 5465 5.6, 5.7) */
static void put_metadata(struct imapsrv_session *s, const struct isrv_news *news)
{
	struct isrv_writer *w = &s->w;

	if (!isrv_names_count(&news->entries))
		return;
	ISRV_W(w, "* METADATA ");
	if (news->len)
		isrv_w_mailbox(w, news->name, news->len);
	else
		ISRV_W(w, "\"\"");
	for (uint32_t i = 0; i < isrv_names_count(&news->entries); i++) {
		struct imapsrv_span entry = isrv_names_at(&news->entries, i);

		ISRV_W(w, " ");
		isrv_w_astring(w, entry.data, entry.len);
	}
	isrv_w_crlf(w);
}

/* ---- keys that were reset -------------------------------------------------------------------- */

static enum isrv_step tell_mechanisms(struct imapsrv_session *s, struct isrv_telling *t)
{
	enum isrv_step step;

	if (!s->keys_reset)
		return ISRV_DONE;
	if (!t->mechanisms.asked && (!isrv_urlmech_shows(s) || s->view->removed)) {
		s->keys_reset = false;
		return ISRV_DONE;
	}
	step = isrv_urlmech_step(s, &t->mechanisms);
	if (step == ISRV_DONE)
		s->keys_reset = false;
	return step;
}

/* ---- LIST ---------------------------------------------------------------------------------- */

static void take_name(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_name *name = answer;
	struct isrv_telling *t = ctx;
	struct imapsrv_span is = isrv_news_name(t->news);
	bool exists = !(name->attributes & IMAPSRV_ATTR_NONEXISTENT);

	s->steps++;
	if (name->name.len < is.len || memcmp(name->name.data, is.data, is.len) != 0)
		return;
	if (name->name.len > is.len) {
		if (exists && s->account.separator &&
		    name->name.data[is.len] == s->account.separator)
			t->has_children = true;
		return;
	}
	t->exists = t->exists || exists;
	t->attributes |= name->attributes;
}

static void ask_list(struct imapsrv_session *s, struct isrv_telling *t)
{
	struct imapsrv_list q = {.account = s->account.handle};

	q.prefix = isrv_news_name(t->news);
	q.subscribed = 1;
	t->exists = t->has_children = false;
	t->attributes = 0;
	ISRV_ASK(s, ISRV_OP_LIST, store, list, &q, take_name, t);
}

/* RFC 5465 5.4, 5.5: "all mailbox attributes MUST be accurately computed" */
static uint32_t told_attributes(const struct imapsrv_session *s, const struct isrv_telling *t)
{
	uint32_t told = t->attributes;
	bool has_children = t->has_children || (told & IMAPSRV_ATTR_HASCHILDREN);

	told &= ~(uint32_t)(IMAPSRV_ATTR_NONEXISTENT | IMAPSRV_ATTR_HASCHILDREN |
	                    IMAPSRV_ATTR_HASNOCHILDREN);
	if (!t->exists)
		told |= IMAPSRV_ATTR_NONEXISTENT;
	else if (!s->engine->mailboxes.subscribe)
		told |= IMAPSRV_ATTR_SUBSCRIBED; /* where none are kept all are */
	if (!(told & IMAPSRV_ATTR_NOINFERIORS))
		told |= has_children ? IMAPSRV_ATTR_HASCHILDREN : IMAPSRV_ATTR_HASNOCHILDREN;
	if (t->news->tell & ISRV_TELL_NOACCESS)
		told |= IMAPSRV_ATTR_NOACCESS;
	return told;
}

static void put_list(struct imapsrv_session *s, const struct isrv_telling *t)
{
	const struct isrv_news *news = t->news;

	isrv_list_put_line(s, told_attributes(s, t), isrv_news_name(news));
	/* oldname-extended-item (RFC 5465 8) */
	if (news->old_name) {
		ISRV_W(&s->w, " (\"OLDNAME\" (");
		isrv_w_mailbox(&s->w, news->old_name, news->old_len);
		ISRV_W(&s->w, "))");
	}
	isrv_w_crlf(&s->w);
}

/* ---- STATUS -------------------------------------------------------------------------------- */

uint32_t isrv_tell_items(const struct imapsrv_session *s, uint32_t tell)
{
	bool condstore = (s->enabled & ISRV_ENABLED_CONDSTORE) != 0;
	bool qresync = (s->enabled & ISRV_ENABLED_QRESYNC) != 0;
	uint32_t items = 0;

	if (tell & (ISRV_TELL_NEW | ISRV_TELL_EXPUNGE))
		items |= IMAPSRV_STATUS_MESSAGES | IMAPSRV_STATUS_UIDNEXT;
	if ((tell & ISRV_TELL_NEW && condstore) || (tell & ISRV_TELL_EXPUNGE && qresync))
		items |= IMAPSRV_STATUS_HIGHESTMODSEQ;
	if (tell & (ISRV_TELL_FLAGS | ISRV_TELL_ANNOTATIONS) && condstore)
		items |= IMAPSRV_STATUS_HIGHESTMODSEQ | IMAPSRV_STATUS_UIDVALIDITY;
	if (tell & ISRV_TELL_SEEN)
		items |= IMAPSRV_STATUS_UNSEEN;
	if (tell & ISRV_TELL_VALIDITY)
		items |= IMAPSRV_STATUS_UIDVALIDITY;
	return items;
}

/* Begins the STATUS response; false: there is none, or it could be given at once. */
static bool begin_status(struct imapsrv_session *s, struct isrv_telling *t)
{
	const struct isrv_news *news = t->news;
	uint32_t items = isrv_tell_items(s, news->tell);

	/* The client has selected it since: it knows better by now. */
	if (!items || isrv_session_is_selected(s, isrv_news_name(news)))
		return false;
	isrv_status_begin(&t->status, isrv_news_name(news), items);
	if (!(items & ~news->known.items)) {
		t->status.is = news->known;
		isrv_status_put(s, &t->status);
		return false;
	}
	t->status_open = true;
	return true;
}

/* It may not be read, though nobody had said so: that is told, once (RFC 5465 5.9). */
static void found_no_access(struct imapsrv_session *s, struct isrv_telling *t)
{
	struct imapsrv_span name = isrv_news_name(t->news);

	if (isrv_names_has(&s->notify->noaccess, name))
		return;
	isrv_list_put_line(s, IMAPSRV_ATTR_NOACCESS, name);
	isrv_w_crlf(&s->w);
	isrv_hear_noaccess(s, name);
}

/* ---- one name ------------------------------------------------------------------------------ */

/* The store would not say, and the client is still there for it: it is told another time. */
static void put_off(struct imapsrv_session *s, struct isrv_telling *t)
{
	struct isrv_news *news = t->news;

	t->news = NULL;
	t->left = true;
	if (!isrv_news_return(&s->notify->news, &s->mem, news))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

static void next_news(struct imapsrv_session *s, struct isrv_telling *t)
{
	struct isrv_news *news = NULL;

	isrv_news_free(t->news, &s->mem);
	t->news = NULL;
	t->recalled = false;
	t->at = AT_NEWS;
	if (!s->notify)
		return;
	/* What came since is for another time; and what was to be told after a name is told after
	 * it. */
	for (news = s->notify->news.first; news && news->serial > t->until; news = news->next)
		if (news->tell & ISRV_TELL_LIST)
			return;
	if (!news)
		return;
	isrv_news_take(&s->notify->news, &s->mem, news);
	t->news = news;
	memset(&t->access, 0, sizeof(t->access));
	t->at = isrv_access_is_kept(s) && news->len ? AT_ACCESS : AT_LIST;
	/* Of what went out of sight the client hears that it went there. */
	if (news->hidden)
		news->tell &= news->old_name ? (uint32_t)ISRV_TELL_LIST : 0;
}

static bool is_passing(enum imapsrv_code code)
{
	return code != IMAPSRV_NONEXISTENT && code != IMAPSRV_NOPERM && code != IMAPSRV_CANNOT;
}

/* What was asked: of another name than the mailbox has now, or for a client that is told no more,
 * as after an overflow. */
static bool is_void(const struct imapsrv_session *s, const struct isrv_telling *t)
{
	return t->recalled || !s->notify;
}

/*
 * Events are posted to whom the host takes for interested; what is told of a mailbox that there is
 * are only such things as this user may know by now (RFC 5465 5), and that he may know no more.
 */
static enum isrv_step step_access(struct imapsrv_session *s, struct isrv_telling *t)
{
	enum isrv_step step =
		isrv_access_step(s, &t->access, ISRV_DO_NOTIFY, isrv_news_name(t->news));
	struct isrv_news *news = t->news;

	if (step != ISRV_DONE || s->error)
		return step;
	t->at = is_void(s, t) ? AT_NEWS : AT_LIST;
	if (is_void(s, t))
		return ISRV_DONE;
	if (t->access.code == IMAPSRV_OK) {
		/* Some right was lost, but neither of these. */
		news->tell &= ~(uint32_t)ISRV_TELL_NOACCESS;
		(void)isrv_names_remove(&s->notify->noaccess, isrv_news_name(news));
	} else if (!t->access.told) {
		/* One that is not there any more is told as such. */
		if (t->access.code != IMAPSRV_NONEXISTENT && is_passing(t->access.code)) {
			put_off(s, t);
			t->at = AT_NEWS;
		}
	} else if (!isrv_access_may(t->access.rights, ISRV_DO_LIST)) {
		news->tell &= news->tell & ISRV_TELL_NOACCESS
		                      ? (uint32_t)(ISRV_TELL_LIST | ISRV_TELL_NOACCESS)
		                      : 0;
	} else {
		news->tell &= ~(uint32_t)ISRV_TELL_METADATA;
		news->known.items = 0; /* what the event said of it */
	}
	return ISRV_DONE;
}

static enum isrv_step step_list(struct imapsrv_session *s, struct isrv_telling *t)
{
	const struct isrv_news *news = t->news;

	if (t->at == AT_LIST) {
		t->at = AT_METADATA;
		if (!(news->tell & ISRV_TELL_LIST))
			return ISRV_DONE;
		if (news->has_attributes) {
			t->attributes = news->attributes;
			t->exists = !news->gone && !(news->attributes & IMAPSRV_ATTR_NONEXISTENT);
			t->has_children = false;
			put_list(s, t);
			return ISRV_DONE;
		}
		t->at = AT_LISTED;
		ask_list(s, t);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	t->at = is_void(s, t) ? AT_NEWS : AT_METADATA;
	if (is_void(s, t))
		return ISRV_DONE;
	if (s->result.code != IMAPSRV_OK) {
		put_off(s, t);
		t->at = AT_NEWS;
	} else {
		put_list(s, t);
	}
	return ISRV_DONE;
}

static enum isrv_step step_status(struct imapsrv_session *s, struct isrv_telling *t)
{
	enum isrv_step step;

	if (t->at == AT_STATUS) {
		t->at = AT_NEWS;
		if (!begin_status(s, t))
			return ISRV_DONE;
		t->at = AT_STATUS_ASKED;
	}
	step = isrv_status_step(s, &t->status);
	if (step != ISRV_DONE || s->error)
		return step;
	t->at = AT_NEWS;
	t->status_open = false;
	if (is_void(s, t))
		return ISRV_DONE;
	if (!t->status.refused) {
		isrv_status_put(s, &t->status);
	} else if (s->result.code == IMAPSRV_NOPERM) {
		found_no_access(s, t);
	} else if (is_passing(s->result.code)) {
		isrv_news_told_name(t->news, &s->mem);
		put_off(s, t);
	}
	return ISRV_DONE;
}

/* ---- the routine --------------------------------------------------------------------------- */

static enum isrv_step tell_news(struct imapsrv_session *s, struct isrv_telling *t)
{
	switch (t->at) {
	case AT_START:
		if (s->overflowed)
			put_overflow(s);
		if (isrv_hear_warns(s))
			put_warning(s);
		t->at = AT_MECHANISMS;
		return ISRV_DONE;
	case AT_MECHANISMS: {
		enum isrv_step step = tell_mechanisms(s, t);

		if (step != ISRV_DONE)
			return step;
		/* Of one that cannot be read any more nothing is shown until it can. */
		t->left = s->view && s->view->revoked;
		t->at = t->left ? AT_NEWS : AT_ARRIVED;
		return step;
	}
	case AT_ARRIVED: {
		enum isrv_step step = isrv_arrived_step(s, &t->arrived);

		if (step == ISRV_DONE)
			t->at = AT_NEWS;
		return step;
	}
	case AT_ACCESS:
		return step_access(s, t);
	case AT_LIST:
	case AT_LISTED:
		return step_list(s, t);
	case AT_METADATA:
		if (t->news->tell & ISRV_TELL_METADATA)
			put_metadata(s, t->news);
		t->at = AT_STATUS;
		return ISRV_DONE;
	default: /* AT_STATUS, AT_STATUS_ASKED */
		return step_status(s, t);
	}
}

/* The selected mailbox.  Its rights are asked for where no line is half written, and no question of
 * what is being told is open: before and, if they changed meanwhile, behind it. */
static enum isrv_step tell_view(struct imapsrv_session *s, unsigned kinds)
{
	bool rests = isrv_sync_rests(s), unknown;
	enum isrv_step step = rests ? isrv_access_refresh(s) : ISRV_DONE;

	if (step != ISRV_DONE || s->error || !s->view)
		return step;
	unknown = rests && s->view->rights_stale; /* the host would not say */
	/* Of one that cannot be read any more no more is told than what was begun. */
	if (!s->view->revoked || !rests)
		step = isrv_sync_step(s, s->view->revoked ? 0 : kinds);
	if (step == ISRV_DONE && !s->error && s->view->rights_stale && !unknown)
		step = isrv_access_refresh(s);
	return step;
}

static enum isrv_step step(struct imapsrv_session *s, unsigned kinds)
{
	enum isrv_step step;

	if (!s->telling) {
		step = tell_view(s, kinds);
		if (step != ISRV_DONE || s->error || !s->news)
			return step;
		if (!begin(s))
			return ISRV_DONE;
	}
	for (;;) {
		struct isrv_telling *t = s->telling;

		if (t->at == AT_NEWS) {
			if (isrv_session_full(s))
				return ISRV_OUTPUT;
			next_news(s, t);
			if (!t->news)
				return end(s);
			s->steps++;
		}
		step = tell_news(s, t);
		if (step != ISRV_DONE || s->error)
			return step;
	}
}

static bool recall(struct imapsrv_session *s, struct imapsrv_span name)
{
	struct isrv_telling *t = s->telling;

	if (!t || !t->news || t->recalled || !s->notify ||
	    !isrv_news_is_below(t->news, name, s->account.separator))
		return true;
	t->recalled = true;
	/* Its LIST is out; what is left are numbers. */
	if (t->at == AT_STATUS_ASKED)
		isrv_news_told_name(t->news, &s->mem);
	return isrv_news_recall(&s->notify->news, &s->mem, t->news);
}

const struct isrv_teller isrv_teller = {step, drop, recall};
