/* SPDX-License-Identifier: MIT */
/*
 * An event becomes news, by the table in notify/events: what the client asked for is noted under
 * the name, with what the event knows; many events of one name become one thing to tell.
 */
#include <string.h>

#include "base/entry.h"
#include "base/told.h"
#include "notify/notify.h"

struct post {
	struct isrv_notify *n;
	struct isrv_mem *mem;
	const struct isrv_notify_account *account;
	const struct imapsrv_event *event;
	const struct isrv_notify_rule *rule;
};

static bool same(struct imapsrv_span a, struct imapsrv_span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

static bool is_message(const struct isrv_notify_rule *rule)
{
	return rule->view != ISRV_VIEW_NOTHING;
}

static bool is_subscription(enum imapsrv_event_type type)
{
	return type == IMAPSRV_EVENT_MAILBOX_SUBSCRIBE ||
	       type == IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE;
}

/* What of these a client is told that wants this. */
static uint32_t still_told(uint32_t tell, unsigned wants)
{
	uint32_t kept = 0;

	if (wants & ISRV_NOTIFY_NEW)
		kept |= ISRV_TELL_NEW;
	if (wants & ISRV_NOTIFY_EXPUNGE)
		kept |= ISRV_TELL_EXPUNGE;
	if (wants & ISRV_NOTIFY_FLAGS)
		kept |= ISRV_TELL_FLAGS | ISRV_TELL_SEEN | ISRV_TELL_VALIDITY;
	if (wants & ISRV_NOTIFY_ANNOTATIONS)
		kept |= ISRV_TELL_ANNOTATIONS | ISRV_TELL_VALIDITY;
	if (wants & (ISRV_NOTIFY_NAME | ISRV_NOTIFY_SUBSCRIPTION))
		kept |= ISRV_TELL_LIST | ISRV_TELL_BORN;
	if (wants & ISRV_NOTIFY_METADATA)
		kept |= ISRV_TELL_METADATA;
	if (tell & ISRV_TELL_NOACCESS && wants)
		kept |= ISRV_TELL_LIST | ISRV_TELL_NOACCESS;
	return tell & kept;
}

/* What of a rule is told to who wants this. */
static uint32_t told(const struct post *p, unsigned wants)
{
	uint32_t tell;

	/* LIST may be asked for in two ways, for different events. */
	wants &= ~(unsigned)(is_subscription(p->event->type) ? ISRV_NOTIFY_NAME
	                                                     : ISRV_NOTIFY_SUBSCRIPTION);
	if (wants & ISRV_NOTIFY_SERVER_METADATA)
		wants |= ISRV_NOTIFY_METADATA;
	tell = still_told(p->rule->tell & ~(uint32_t)ISRV_TELL_NOACCESS, wants);
	/* Flags that are known not to be \Seen change no number of UNSEEN. */
	if ((p->event->type == IMAPSRV_EVENT_FLAGS_SET ||
	     p->event->type == IMAPSRV_EVENT_FLAGS_CLEAR) &&
	    p->event->flags && !(p->event->flags->system & IMAPSRV_SEEN))
		tell &= ~(uint32_t)ISRV_TELL_SEEN;
	return tell;
}

/* Takes over what the event knows; what it does not say is not known any more. */
static void learn(struct isrv_news *news, const struct post *p)
{
	const struct imapsrv_event *e = p->event;

	if (e->status) {
		isrv_told_status(&news->known, e->status);
		/* It dies with the event, and nobody is told it. */
		news->known.items &= ~(uint32_t)IMAPSRV_STATUS_MAILBOXID;
		news->known.mailboxid.len = 0;
	} else if (is_message(p->rule) || e->type == IMAPSRV_EVENT_MAILBOX_CREATE) {
		news->known.items = 0;
	}
	if (p->rule->tell & ISRV_TELL_LIST) {
		news->has_attributes = e->has_attributes != 0;
		news->attributes = e->attributes;
	}
}

/* ---- the kinds of event -------------------------------------------------------------------- */

/* Something was created: has the client heard of the name? */
static void created(struct isrv_news *news, bool fresh)
{
	news->gone = false;
	news->tell &= ~(unsigned)ISRV_TELL_NOACCESS;
	if (fresh)
		news->tell |= ISRV_TELL_BORN;
}

static void deleted(struct isrv_news *news)
{
	news->gone = true;
	/* There are no numbers to tell any more. */
	news->tell &= ~(unsigned)(ISRV_TELL_STATUS | ISRV_TELL_METADATA);
	news->known.items = 0;
}

/* What is no name of an entry (RFC 5464 3.2) cannot be told. */
static bool add_entries(struct post *p, struct isrv_news *news)
{
	for (size_t i = 0; i < p->event->entry_count; i++)
		if (isrv_entry_is_name(p->event->entries[i], NULL) &&
		    !isrv_news_add_entry(&p->n->news, p->mem, news, p->event->entries[i]))
			return false;
	return true;
}

static bool ends(enum imapsrv_event_type type)
{
	return type == IMAPSRV_EVENT_MAILBOX_DELETE || type == IMAPSRV_EVENT_ACCESS_LOST;
}

/* One affected name.  False: no memory, or too much. */
static bool note(struct post *p, struct imapsrv_span name, uint32_t tell)
{
	struct isrv_news_list *list = &p->n->news;
	struct isrv_news *news = isrv_news_find(list, name);
	bool fresh = !news || !(news->tell & ISRV_TELL_LIST);

	/* Born and gone before it was told: the client hears of neither.  Of one that was renamed
	 * in between it hears: those below it may have moved with it. */
	if (ends(p->event->type) && news && (news->tell & ISRV_TELL_BORN) && !news->old_name &&
	    same(name, p->event->mailbox)) {
		isrv_news_remove(list, p->mem, news);
		return true;
	}
	news = isrv_news_get(list, p->mem, name);
	if (!news)
		return false;
	news->tell |= tell;
	if (!same(name, p->event->mailbox)) {
		news->has_attributes = false; /* a parent: it has or lost a child */
		return list->weight <= p->n->max_news;
	}
	learn(news, p);
	switch (p->event->type) {
	case IMAPSRV_EVENT_MAILBOX_CREATE:
		created(news, fresh);
		break;
	case IMAPSRV_EVENT_MAILBOX_RENAME:
	case IMAPSRV_EVENT_ACCESS_GAINED:
		created(news, false);
		break;
	case IMAPSRV_EVENT_MAILBOX_DELETE:
		deleted(news);
		break;
	case IMAPSRV_EVENT_ACCESS_LOST:
		deleted(news);
		news->gone = false; /* it may be read again, and nothing forbids the host to post */
		break;
	case IMAPSRV_EVENT_MAILBOX_METADATA:
	case IMAPSRV_EVENT_SERVER_METADATA:
		if (!add_entries(p, news))
			return false;
		break;
	default:
		break;
	}
	return list->weight <= p->n->max_news;
}

/* The name right above; empty if there is none. */
static struct imapsrv_span parent_of(const struct post *p, struct imapsrv_span name)
{
	struct imapsrv_span up = {name.data, name.len};

	while (p->account->separator && up.len && up.data[up.len - 1] != p->account->separator)
		up.len--;
	up.len = p->account->separator && up.len ? up.len - 1 : 0;
	return up;
}

/* RFC 5465 5.4: "the mailbox itself and its direct parent ... are considered to be affected". */
static bool note_parent(struct post *p)
{
	struct imapsrv_span up = parent_of(p, p->event->mailbox);

	if (!up.len || !(isrv_notify_wants(p->n, p->account, up) & p->rule->parent))
		return true;
	return note(p, up, ISRV_TELL_LIST);
}

static bool wants_rename(const struct post *p)
{
	return ((isrv_notify_wants(p->n, p->account, p->event->mailbox) |
	         isrv_notify_wants(p->n, p->account, p->event->old_name)) &
	        ISRV_NOTIFY_NAME) != 0;
}

/* RFC 5465 5.4, "For each LISTable mailbox renamed": told under its new name, with the one that the
 * client knows. */
static bool note_rename(struct post *p, bool over)
{
	struct imapsrv_span to = p->event->mailbox, from = p->event->old_name;
	struct isrv_news *news;

	if (!wants_rename(p))
		return true;
	news = isrv_news_get(&p->n->news, p->mem, to);
	if (!news || !note(p, to, ISRV_TELL_LIST))
		return false;
	/* One that was renamed twice has the first name; none if it is there again.  Of one that
	 * was not told of yet it is told as well: the client may know of others below it. */
	if (news->old_name) {
		if (same((struct imapsrv_span){news->old_name, news->old_len}, to))
			isrv_news_clear_old(news, p->mem);
		return true;
	}
	news->over = over;
	return isrv_news_set_old(news, p->mem, from);
}

/* What moves along may go where the client does not look, and come back later. */
static void look_after(struct post *p)
{
	for (struct isrv_news *news = p->n->news.first; news; news = news->next)
		if (isrv_news_is_below(news, p->event->mailbox, p->account->separator))
			news->hidden = !isrv_notify_wants(p->n, p->account, isrv_news_name(news));
}

/* ---- access -------------------------------------------------------------------------------- */

/* RFC 5465 5.9.  What is still to be told; false: too many names. */
static bool follow_access(struct post *p, unsigned wants, uint32_t *tell)
{
	struct isrv_names *noaccess = &p->n->noaccess;
	struct imapsrv_span name = p->event->mailbox;
	bool was;

	switch (p->event->type) {
	case IMAPSRV_EVENT_ACCESS_LOST:
		if (!wants)
			return true;
		*tell |= ISRV_TELL_LIST | ISRV_TELL_NOACCESS;
		return isrv_names_add(noaccess, p->mem, name) &&
		       isrv_names_count(noaccess) <= p->n->max_names;
	case IMAPSRV_EVENT_ACCESS_GAINED:
		was = isrv_names_remove(noaccess, name);
		if (was && wants)
			*tell |= ISRV_TELL_LIST;
		else if (!(wants & ISRV_NOTIFY_NAME))
			*tell &= ~(uint32_t)ISRV_TELL_LIST;
		return true;
	case IMAPSRV_EVENT_MAILBOX_CREATE:
	case IMAPSRV_EVENT_MAILBOX_DELETE:
		(void)isrv_names_remove(noaccess, name);
		return true;
	default:
		/* "the server MUST stop monitoring these mailboxes" */
		if (isrv_names_has(noaccess, name))
			*tell &= ~(uint32_t)(ISRV_TELL_STATUS | ISRV_TELL_METADATA);
		return true;
	}
}

/* What this client did itself it needs not be told; nor what was to be told before of a mailbox
 * that it deleted. */
static void note_own(struct post *p)
{
	struct isrv_news *news = isrv_news_find(&p->n->news, p->event->mailbox);
	uint32_t tell = 0;

	(void)follow_access(p, 0, &tell);
	if (!news)
		return;
	if (p->event->type == IMAPSRV_EVENT_MAILBOX_DELETE && news->old_name) {
		/* The client knows it, and what is below it, by another name still. */
		learn(news, p);
		deleted(news);
	} else if (p->event->type == IMAPSRV_EVENT_MAILBOX_DELETE) {
		isrv_news_remove(&p->n->news, p->mem, news);
	} else if (p->event->type == IMAPSRV_EVENT_MAILBOX_CREATE ||
	           p->event->type == IMAPSRV_EVENT_MAILBOX_RENAME) {
		created(news, false);
		/* It is back where the client knows it to be. */
		if (news->old_name && same((struct imapsrv_span){news->old_name, news->old_len},
		                           p->event->mailbox))
			isrv_news_clear_old(news, p->mem);
	} else if (is_message(p->rule)) {
		news->known.items = 0;
	}
}

/* Who did not ask for names is not told that it went; but there are no numbers to tell any more,
 * and of what gets its name they would not be true. */
static void forget_messages(struct post *p)
{
	struct isrv_news *news = isrv_news_find(&p->n->news, p->event->mailbox);

	if (!news)
		return;
	news->tell &= ~(unsigned)(ISRV_TELL_STATUS | ISRV_TELL_METADATA);
	news->known.items = 0;
	if (!(news->tell & ISRV_TELL_LIST))
		isrv_news_remove(&p->n->news, p->mem, news);
}

/* ---- another NOTIFY ------------------------------------------------------------------------ */

static bool inherit_one(struct isrv_notify *n, struct isrv_mem *mem,
                        const struct isrv_notify_account *account, const struct isrv_news *old)
{
	struct imapsrv_span name = isrv_news_name(old), was = {old->old_name, old->old_len};
	unsigned wants = isrv_notify_wants(n, account, name);
	bool hidden = name.len && !wants;
	struct isrv_news *news;
	uint32_t tell;

	if (was.len)
		wants |= isrv_notify_wants(n, account, was) & ISRV_NOTIFY_NAME;
	if (!name.len)
		wants = isrv_notify_wants_any(n, ISRV_NOTIFY_SERVER_METADATA) ? ISRV_NOTIFY_METADATA
		                                                              : 0;
	tell = still_told(old->tell, wants);
	if (!(tell & ~(uint32_t)ISRV_TELL_BORN))
		return true;
	news = isrv_news_get(&n->news, mem, name);
	if (!news)
		return false;
	news->tell |= tell;
	news->hidden = hidden;
	/* Who asks for no names does not hear either that there is another. */
	news->gone = old->gone && (wants & ISRV_NOTIFY_NAME);
	news->passed = old->passed;
	news->over = old->over;
	news->known.items = 0;
	news->has_attributes = false;
	if (was.len && !news->old_name && !isrv_news_set_old(news, mem, was))
		return false;
	for (uint32_t i = 0; i < isrv_names_count(&old->entries); i++)
		if (!isrv_news_add_entry(&n->news, mem, news, isrv_names_at(&old->entries, i)))
			return false;
	return n->news.weight <= n->max_news;
}

/* Why something could not be held. */
static enum isrv_notify_posted trouble(const struct isrv_notify *n)
{
	if (n->news.weight > n->max_news || isrv_names_count(&n->noaccess) > n->max_names)
		return ISRV_NOTIFY_OVERFLOW;
	return ISRV_NOTIFY_NOMEM;
}

enum isrv_notify_posted isrv_notify_inherit(struct isrv_notify *n, struct isrv_mem *mem,
                                            const struct isrv_notify_account *account,
                                            const struct isrv_notify *from)
{
	for (const struct isrv_news *old = from->news.first; old; old = old->next)
		if (!inherit_one(n, mem, account, old))
			return trouble(n);
	return ISRV_NOTIFY_POSTED;
}

static bool are_related(struct imapsrv_span a, struct imapsrv_span b, char separator)
{
	struct imapsrv_span up = a.len < b.len ? a : b, down = a.len < b.len ? b : a;

	return !memcmp(up.data, down.data, up.len) &&
	       (up.len == down.len || (separator && down.data[up.len] == separator));
}

/* Is what is to be told still right, to a client that knows nothing of it yet, if this is told
 * after it, or, in a chain, with the first renaming? */
static bool is_tellable(const struct post *p, const struct isrv_news *first)
{
	struct imapsrv_span from = p->event->old_name, to = p->event->mailbox;
	const struct isrv_news *there = isrv_news_find(&p->n->news, to);
	char separator = p->account->separator;

	if ((there && (there->old_name || (there->gone && there->passed))) ||
	    (first && first->over))
		return false; /* two mailboxes of one name */
	if (first && !(isrv_notify_wants(p->n, p->account, from) & ISRV_NOTIFY_NAME))
		return false; /* who knows what is below it, from where it was out of sight? */
	for (const struct isrv_news *news = p->n->news.first; news; news = news->next) {
		struct imapsrv_span name = isrv_news_name(news),
				    old = {news->old_name, news->old_len};

		if (news == first)
			continue;
		if (news != there && news->gone && isrv_news_is_below(news, to, separator))
			return false; /* has another come along, with that name? */
		if (!first && old.len && isrv_news_is_below(news, from, separator))
			return false;
		if (first && news->gone && isrv_news_is_below(news, from, separator))
			return false;
		if (first && old.len &&
		    (are_related(name, from, separator) || are_related(name, to, separator) ||
		     are_related(old, from, separator) || are_related(old, to, separator)))
			return false;
	}
	return true;
}

static bool is_at_or_below(struct imapsrv_span name, struct imapsrv_span up, char separator)
{
	return name.len >= up.len && are_related(name, up, separator);
}

/* The client itself renames a mailbox, and may know that it is done before it hears what is to be
 * told: what it takes for that mailbox, and those below it, has their new names then.  Is what is
 * to be told right to it all the same?  `first` as above. */
static bool is_tellable_behind(const struct post *p, const struct isrv_news *first)
{
	struct imapsrv_span from = p->event->old_name, to = p->event->mailbox;
	char separator = p->account->separator;

	if (first && first->over)
		return false; /* it may have moved the one that is gone */
	for (const struct isrv_news *news = p->n->news.first; news; news = news->next) {
		struct imapsrv_span name = isrv_news_name(news),
				    old = {news->old_name, news->old_len};

		if (news == first)
			continue;
		if (old.len &&
		    (are_related(old, from, separator) || are_related(old, to, separator)))
			return false;
		if (news->gone && !same(name, to) &&
		    (is_at_or_below(name, from, separator) || is_at_or_below(name, to, separator)))
			return false;
	}
	return true;
}

/* Likewise of one that it creates: would it take it for one that was renamed, or lay below? */
static bool is_taken_for(const struct post *p)
{
	for (const struct isrv_news *news = p->n->news.first; news; news = news->next)
		if (news->old_name &&
		    is_at_or_below(p->event->mailbox,
		                   (struct imapsrv_span){news->old_name, news->old_len},
		                   p->account->separator))
			return true;
	return false;
}

static enum isrv_notify_posted post_rename(struct post *p, bool own)
{
	struct isrv_news_list *list = &p->n->news;
	struct imapsrv_span from = p->event->old_name, to = p->event->mailbox;
	const struct isrv_news *was = isrv_news_find(list, from), *there = isrv_news_find(list, to);
	bool chain = was && was->old_name, over = there && there->gone;
	bool told = !own && wants_rename(p);

	if (told && !is_tellable(p, chain ? was : NULL))
		return ISRV_NOTIFY_OVERFLOW;
	if (own && !is_tellable_behind(p, chain ? was : NULL))
		return ISRV_NOTIFY_OVERFLOW;
	/* Its LIST comes before anything is told of what moves along, and after all that happened
	 * before; in a chain it comes to one with the renaming before. */
	if (told && !chain && !isrv_news_get_last(list, p->mem, to))
		return ISRV_NOTIFY_NOMEM;
	if (!isrv_news_rename(list, p->mem, from, to, p->account->separator))
		return ISRV_NOTIFY_NOMEM;
	/* It may not be read by its new name either, and what gets its old one perhaps may. */
	if (!isrv_names_rename(&p->n->noaccess, p->mem, from, to, p->account->separator))
		return ISRV_NOTIFY_NOMEM;
	look_after(p);
	if (own) {
		note_own(p);
		return ISRV_NOTIFY_POSTED;
	}
	return note_rename(p, over) ? ISRV_NOTIFY_POSTED : trouble(p->n);
}

/* ---- the routine --------------------------------------------------------------------------- */

/* Could this have happened after what was heard before? */
static bool makes_sense(const struct post *p)
{
	const struct isrv_news *news = isrv_news_find(&p->n->news, p->event->mailbox);
	const struct imapsrv_status *was, *is = p->event->status;

	if (!news || !is_message(p->rule))
		return true;
	if (news->gone)
		return false;
	was = &news->known;
	return !is || !(is->items & was->items & IMAPSRV_STATUS_HIGHESTMODSEQ) ||
	       is->highest_modseq >= was->highest_modseq;
}

/* Of the name that it has there would be two to tell of, one before and one after a renaming. */
static bool is_passed(const struct post *p)
{
	const struct isrv_news *news = isrv_news_find(&p->n->news, p->event->mailbox);

	return news && news->gone && news->passed;
}

enum isrv_notify_posted isrv_notify_post(struct isrv_notify *n, struct isrv_mem *mem,
                                         const struct isrv_notify_account *account,
                                         const struct imapsrv_event *event, bool own,
                                         struct imapsrv_span selected)
{
	struct post p = {n, mem, account, event, isrv_notify_rule(event->type)};
	bool server = event->type == IMAPSRV_EVENT_SERVER_METADATA, done = true;
	unsigned wants;
	uint32_t tell;

	if (!p.rule->asked)
		return ISRV_NOTIFY_POSTED;
	if (!makes_sense(&p))
		return ISRV_NOTIFY_NONSENSE;
	if (event->type == IMAPSRV_EVENT_MAILBOX_RENAME)
		return post_rename(&p, own);
	if (own && event->type == IMAPSRV_EVENT_MAILBOX_CREATE && is_taken_for(&p))
		return ISRV_NOTIFY_OVERFLOW;
	if (own) {
		note_own(&p);
		return ISRV_NOTIFY_POSTED;
	}
	wants = server ? (isrv_notify_wants_any(n, ISRV_NOTIFY_SERVER_METADATA)
	                          ? (unsigned)ISRV_NOTIFY_SERVER_METADATA
	                          : 0u)
	               : isrv_notify_wants(n, account, event->mailbox);
	/* Messages of the selected mailbox are told as SELECTED says, and only so (3.1). */
	if (is_message(p.rule) && same(event->mailbox, selected))
		return ISRV_NOTIFY_POSTED;
	tell = told(&p, wants);
	if (tell && event->type == IMAPSRV_EVENT_MAILBOX_CREATE && is_passed(&p))
		return ISRV_NOTIFY_OVERFLOW;
	done = server || follow_access(&p, wants & p.rule->asked, &tell);
	if (done && tell)
		done = note(&p, event->mailbox, tell);
	else if (event->type == IMAPSRV_EVENT_MAILBOX_DELETE)
		forget_messages(&p);
	if (done && p.rule->parent)
		done = note_parent(&p);
	return done ? ISRV_NOTIFY_POSTED : trouble(n);
}
