/* SPDX-License-Identifier: MIT */
/*
 * Events come in here, whenever they like; nothing is told here.  What an event leads to is said by
 * the table in notify/events.
 */
#include "session/hear.h"

#include "base/annotation.h"
#include "base/utf8.h"
#include "session/access.h"
#include "session/modseq.h"
#include "session/op_answer.h"
#include "session/watch.h"

#define WINDOW 32u /* interests that are told to the host at a time */

/* ---- what is heard ------------------------------------------------------------------------- */

struct isrv_notify_account isrv_hear_account(const struct imapsrv_session *s)
{
	struct isrv_notify_account a = {s->account.separator, s->account.namespaces,
	                                s->account.namespace_count};

	return a;
}

static unsigned asked_of_selected(const struct imapsrv_session *s)
{
	unsigned events = s->notify ? s->notify->selected : 0, kinds = ISRV_PENDING_OWN;

	if (events & ISRV_NOTIFY_NEW)
		kinds |= ISRV_PENDING_NEW;
	if (events & ISRV_NOTIFY_EXPUNGE)
		kinds |= ISRV_PENDING_GONE;
	if (events & ISRV_NOTIFY_FLAGS)
		kinds |= ISRV_PENDING_FLAGS;
	if (events & ISRV_NOTIFY_ANNOTATIONS)
		kinds |= ISRV_PENDING_ANNOTATIONS;
	return kinds;
}

void isrv_hear_update(struct imapsrv_session *s)
{
	unsigned between;

	s->stirred = true;
	s->heard = s->hearing == ISRV_HEARING_COMMANDS ? ISRV_PENDING_ALL
	                                               : (uint8_t)asked_of_selected(s);
	if (s->view && s->view->revoked)
		s->heard = 0;
	between = s->hearing == ISRV_HEARING_NOTIFY ? s->heard & ~(unsigned)ISRV_PENDING_OWN : 0;
	/* RFC 5465 6.1.2 */
	if (s->notify && s->notify->delayed)
		between &= ~(unsigned)ISRV_PENDING_GONE;
	s->heard_between = (uint8_t)between;
}

static void watch_groups(struct imapsrv_session *s, const struct isrv_notify *n, bool on)
{
	const struct isrv_notify_account account = isrv_hear_account(s);
	struct imapsrv_interest some[WINDOW];
	size_t from = 0, all;

	do {
		size_t count;

		all = isrv_notify_of_groups(n, &account, from, some, WINDOW);
		count = all - from < WINDOW ? all - from : WINDOW;
		isrv_watch_change(s, some, on ? count : 0, some, on ? 0 : count);
		from += count;
	} while (from < all);
}

static void watch_subscribed(struct imapsrv_session *s, const struct isrv_notify *n,
                             struct imapsrv_span name, bool on)
{
	struct imapsrv_interest some[WINDOW];
	size_t from = 0, all;

	do {
		size_t count;

		all = isrv_notify_of_subscribed(n, name, from, some, WINDOW);
		count = all - from < WINDOW ? all - from : WINDOW;
		isrv_watch_change(s, some, on ? count : 0, some, on ? 0 : count);
		from += count;
	} while (from < all);
}

/* Without memory, which an overflow may be short of. */
void isrv_hear_watch(struct imapsrv_session *s, const struct isrv_notify *n, bool on)
{
	bool held;

	if (!s->engine->watch.changed)
		return;
	held = isrv_hear_hold(s);
	watch_groups(s, n, on);
	for (uint32_t i = 0; i < isrv_names_count(&n->subscribed); i++)
		watch_subscribed(s, n, isrv_names_at(&n->subscribed, i), on);
	isrv_hear_let_go(s, held);
}

void isrv_hear_nothing(struct imapsrv_session *s, enum isrv_hearing hearing)
{
	struct isrv_notify *n = s->notify;

	s->notify = NULL;
	s->hearing = (uint8_t)hearing;
	if (n)
		isrv_hear_watch(s, n, false);
	isrv_notify_free(n, &s->mem);
	if (s->view)
		isrv_uidset_clear(&s->view->arrived, &s->mem);
	isrv_hear_update(s);
}

void isrv_hear_overflow(struct imapsrv_session *s)
{
	/* RFC 5464 has no word for it: what is not known to have changed is as it was. */
	if (s->hearing == ISRV_HEARING_COMMANDS) {
		if (s->notify)
			isrv_news_clear(&s->notify->news, &s->mem);
		return;
	}
	if (s->notify_held) {
		s->overflow_due = true;
		return;
	}
	isrv_hear_nothing(s, ISRV_HEARING_NOTHING);
	s->overflowed = s->news = s->stirred = true;
}

void isrv_hear_let_go(struct imapsrv_session *s, bool held)
{
	s->notify_held = held;
	if (held || !s->overflow_due)
		return;
	s->overflow_due = false;
	isrv_hear_overflow(s);
}

/* What a NOTIFY could not hold. */
static void not_held(struct imapsrv_session *s, enum isrv_notify_posted why)
{
	if (why == ISRV_NOTIFY_OVERFLOW)
		isrv_hear_overflow(s);
	else if (why == ISRV_NOTIFY_NOMEM)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

void isrv_hear_this(struct imapsrv_session *s, struct isrv_notify *n)
{
	const struct isrv_notify_account account = isrv_hear_account(s);
	struct isrv_notify *old = s->notify;
	enum isrv_notify_posted kept =
		old ? isrv_notify_inherit(n, &s->mem, &account, old) : ISRV_NOTIFY_POSTED;

	isrv_notify_free(old, &s->mem);
	s->notify = n;
	s->overflowed = false;
	s->hearing = ISRV_HEARING_NOTIFY;
	s->news = s->news || n->news.count;
	isrv_hear_update(s);
	not_held(s, kept);
}

void isrv_hear_metadata(struct imapsrv_session *s)
{
	struct isrv_notify *n;

	/* Once there was a NOTIFY, the client hears what that says and nothing else. */
	if (s->hearing != ISRV_HEARING_COMMANDS || s->notify)
		return;
	n = isrv_mem_zalloc(&s->mem, sizeof(*n));
	if (n)
		n->groups = isrv_mem_zalloc(&s->mem, sizeof(*n->groups));
	if (!n || !n->groups) {
		isrv_notify_free(n, &s->mem);
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	n->group_count = 1;
	n->groups->where = ISRV_NOTIFY_SUBTREE;
	n->groups->all = true;
	n->groups->events = ISRV_NOTIFY_SERVER_METADATA;
	if (isrv_caps_has(s, ISRV_CAP_METADATA))
		n->groups->events |= ISRV_NOTIFY_METADATA;
	n->max_names = s->engine->limits.notify_names;
	n->max_news = s->engine->limits.notify_pending;
	s->notify = n;
	isrv_hear_watch(s, n, true);
}

void isrv_hear_noaccess(struct imapsrv_session *s, struct imapsrv_span name)
{
	if (!s->notify)
		return;
	if (!isrv_names_add(&s->notify->noaccess, &s->mem, name))
		not_held(s, ISRV_NOTIFY_NOMEM);
	else if (isrv_names_count(&s->notify->noaccess) > s->notify->max_names)
		not_held(s, ISRV_NOTIFY_OVERFLOW);
}

/* ---- subscriptions ------------------------------------------------------------------------- */

/* RFC 5465 6.4: "If the subscription list changes, the server MUST reevaluate the list." */
static enum isrv_notify_posted follow_subscription(struct imapsrv_session *s, struct isrv_notify *n,
                                struct imapsrv_span name, bool on)
{
	if (isrv_names_has(&n->subscribed, name) == on)
		return ISRV_NOTIFY_POSTED;
	if (s->notify_held || (on && isrv_names_count(&n->subscribed) >= n->max_names))
		return ISRV_NOTIFY_OVERFLOW;
	if (on && !isrv_names_add(&n->subscribed, &s->mem, name))
		return ISRV_NOTIFY_NOMEM;
	(void)isrv_hear_hold(s);
	watch_subscribed(s, n, name, on);
	if (!on)
		(void)isrv_names_remove(&n->subscribed, name);
	isrv_hear_let_go(s, false);
	return ISRV_NOTIFY_POSTED;
}

void isrv_hear_subscribed(struct imapsrv_session *s, struct imapsrv_span name, bool on)
{
	s->subscriptions_moved = true;
	if (s->notify && s->notify->follows)
		not_held(s, follow_subscription(s, s->notify, name, on));
}

/* ---- the selected mailbox ------------------------------------------------------------------ */

static bool is_name(struct imapsrv_span a, const char *name, size_t len)
{
	return name && a.len == len && memcmp(a.data, name, len) == 0;
}

/* Could this not have happened after what was heard before? */
static bool runs_backwards(const struct isrv_view *v, const struct imapsrv_event *e)
{
	return e->status && (e->status->items & IMAPSRV_STATUS_HIGHESTMODSEQ) &&
	       e->status->highest_modseq < v->heard_modseq;
}

bool isrv_hear_annotations(const struct imapsrv_session *s)
{
	return s->heard & ISRV_PENDING_ANNOTATIONS && isrv_caps_has(s, ISRV_CAP_ANNOTATE) &&
	       (s->hearing != ISRV_HEARING_COMMANDS ||
	        s->view->annotations & ISRV_ANNOTATIONS_TOLD);
}

/* Who did not ask for them still learns of the sequence that the change gave to the message, and
 * searches that are followed may find others. */
static void post_annotated(struct imapsrv_session *s, const struct imapsrv_event *e)
{
	struct isrv_view *v = s->view;

	if (!isrv_hear_annotations(s)) {
		if (isrv_modseq_shown(s) || s->contexts)
			isrv_view_post_changed(v, &s->mem, e->uids);
		return;
	}
	if (!isrv_view_post_annotated(v, &s->mem, e->uids, e->entries, e->entry_count,
	                              s->engine->limits.annotation_pending))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

static void post_to_view(struct imapsrv_session *s, const struct imapsrv_event *e,
                         enum isrv_notify_view what)
{
	struct isrv_view *v = s->view;

	if (e->status && (e->status->items & IMAPSRV_STATUS_HIGHESTMODSEQ))
		v->heard_modseq = e->status->highest_modseq;
	switch (what) {
	case ISRV_VIEW_COME:
		if (e->origin == s && !isrv_view_note_own(v, &s->mem, e->uids))
			isrv_session_fail(s, IMAPSRV_ENOMEM);
		isrv_view_post_new(v, &s->mem, e->uids);
		break;
	case ISRV_VIEW_GO:
		isrv_view_post_gone(v, &s->mem, e->uids);
		isrv_contexts_note_gone(s);
		break;
	case ISRV_VIEW_CHANGE:
		if (e->origin != s)
			isrv_view_post_changed(v, &s->mem, e->uids);
		break;
	case ISRV_VIEW_ANNOTATE:
		if (e->origin != s)
			post_annotated(s, e);
		break;
	case ISRV_VIEW_COMPARE:
		v->look_all = true;
		break;
	case ISRV_VIEW_NOTHING:
		break;
	}
}

void isrv_hear_rights(struct imapsrv_session *s, struct imapsrv_span name)
{
	if (!isrv_session_is_selected(s, name))
		return;
	s->view->rights_stale = true;
	/* Whoever tells next asks first. */
	s->news = s->stirred = true;
}

void isrv_hear_readable(struct imapsrv_session *s, bool readable)
{
	struct isrv_view *v = s->view;

	v->revoked = !readable;
	/* What happened meanwhile nobody may have posted. */
	v->look_all = true;
	if (readable && v->map.last_uid) {
		struct imapsrv_range all = {1, v->map.last_uid};

		isrv_view_post_changed(v, &s->mem, (struct imapsrv_set){&all, 1});
	}
	isrv_hear_update(s);
}

/* The selected mailbox goes by another name now (RFC 2180 3.4), or its rights have changed. */
static void follow_name(struct imapsrv_session *s, const struct imapsrv_event *e)
{
	struct isrv_view *v = s->view;

	if (e->type == IMAPSRV_EVENT_MAILBOX_DELETE) {
		v->removed = v->removed || e->origin != s;
		return;
	}
	if (e->type != IMAPSRV_EVENT_ACCESS_LOST && e->type != IMAPSRV_EVENT_ACCESS_GAINED)
		return;
	if (isrv_access_is_kept(s))
		isrv_hear_rights(s, e->mailbox);
	else
		isrv_hear_readable(s, e->type == IMAPSRV_EVENT_ACCESS_GAINED);
}

/* Not if it says that another mailbox has the name now. */
static bool may_mean(const struct isrv_view *v, const struct imapsrv_event *e)
{
	return !e->status || !(e->status->items & IMAPSRV_STATUS_UIDVALIDITY) ||
	       e->status->uidvalidity == v->uidvalidity;
}

/* Of the mailbox that is being opened: what the host has said of it may not be true any more. */
static void note_opening(struct imapsrv_session *s, const struct imapsrv_event *e)
{
	struct isrv_view *v = s->opening;

	s->opening_changed = true;
	/* The host has it open: whatever has its name next is another.  Before, it may open that
	 * one. */
	if (e->type == IMAPSRV_EVENT_MAILBOX_DELETE && v->uidvalidity && may_mean(v, e))
		v->removed = v->removed || e->origin != s;
	if (e->type != IMAPSRV_EVENT_ACCESS_LOST && e->type != IMAPSRV_EVENT_ACCESS_GAINED)
		return;
	if (isrv_access_is_kept(s))
		v->rights_stale = s->news = s->stirred = true;
	else
		v->revoked = e->type == IMAPSRV_EVENT_ACCESS_LOST;
}

/* The view's new name, if it is the renamed mailbox or below it. */
static void follow_rename(struct imapsrv_session *s, struct isrv_view *v,
                          const struct imapsrv_event *e)
{
	struct imapsrv_span from = e->old_name, to = e->mailbox;
	size_t len, old_len = v->name_len;
	char *name, *old = v->name;

	if (e->origin == s || v->removed || v->name_len < from.len ||
	    memcmp(v->name, from.data, from.len) != 0)
		return;
	if (v->name_len > from.len &&
	    (!s->account.separator || v->name[from.len] != s->account.separator))
		return;
	/* Late news of another, which had the name before.  Numbers of one above it are not its
	 * own. */
	if (v->name_len == from.len && v->uidvalidity && !may_mean(v, e))
		return;
	len = to.len + (v->name_len - from.len);
	name = isrv_mem_alloc(&s->mem, len);
	if (!name) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	memcpy(name, to.data, to.len);
	memcpy(name + to.len, old + from.len, old_len - from.len);
	v->name = name;
	v->name_len = len;
	s->opening_renamed = s->opening_renamed || v == s->opening;
	/* What was asked about the old name may be answered of nothing, or of another. */
	v->rights_stale = v->rights_stale || v->rights_asked;
	if (v->lent == ISRV_LENT_NONE)
		isrv_watch_view(s, v, old, old_len);
	else if (v->lent == ISRV_LENT_OLD)
		isrv_mem_free(&s->mem, old, old_len);
	else
		v->lent = ISRV_LENT_OLD;
}

/* ---- a warning ----------------------------------------------------------------------------- */

/* RFC 9208 4.3.1 (OVERQUOTA in an untagged NO), draft-melnikov-lemonade-imap-events-00 3.1. */
static void warn(struct imapsrv_session *s, const struct imapsrv_event *e)
{
	static const char over[] = "The quota is used up";
	bool own = e->text.len != 0;
	size_t len = own ? e->text.len : sizeof(over) - 1;

	isrv_session_forget(s, &s->warning);
	if (e->type != IMAPSRV_EVENT_QUOTA_EXCEED)
		return; /* it is not true any more */
	if (len > 200)
		len = 200;
	if (!isrv_session_keep(s, &s->warning,
	                       (struct imapsrv_span){own ? e->text.data : over, len})) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	if (isrv_hear_warns(s))
		s->news = s->stirred = true;
}

/* ---- posting ------------------------------------------------------------------------------- */

static bool is_possible(struct imapsrv_span name)
{
	return !name.len || (name.data && isrv_utf8_is_name(name.data, name.len));
}

/* What is wrong with an event whatever happened before; NULL: nothing. */
static const char *defect(const struct imapsrv_event *e)
{
	const struct imapsrv_status *status = e->status;
	bool nowhere = e->type >= IMAPSRV_EVENT_SERVER_METADATA;

	if (!is_possible(e->mailbox) || !is_possible(e->old_name))
		return "an event about a name that is not UTF-8 without controls";
	if ((e->text.len && !e->text.data) || (e->entry_count && !e->entries))
		return "an event with a text or entries that are not there";
	if (!isrv_uidset_is_valid(e->uids))
		return "an event with UIDs that are not in ascending order";
	if (!nowhere && !e->mailbox.len && e->type != IMAPSRV_EVENT_MAILBOX_CHANGED)
		return "an event without a mailbox";
	if (e->type == IMAPSRV_EVENT_MAILBOX_RENAME && !e->old_name.len)
		return "a rename without the old name";
	if (e->type == IMAPSRV_EVENT_MAILBOX_RENAME &&
	    is_name(e->mailbox, e->old_name.data, e->old_name.len))
		return "a rename to the same name";
	for (size_t i = 0; i < e->entry_count; i++) {
		if (!e->entries[i].len || !e->entries[i].data)
			return "an event about metadata without a name";
		if (e->type == IMAPSRV_EVENT_ANNOTATION_CHANGE &&
		    !isrv_annotation_is_name(e->entries[i]))
			return "an event about annotations with a name that cannot be one";
	}
	if (!status)
		return NULL;
	if ((status->items & IMAPSRV_STATUS_UIDVALIDITY && !status->uidvalidity) ||
	    (status->items & IMAPSRV_STATUS_UIDNEXT && !status->uidnext))
		return "an event with a UID or UIDVALIDITY of 0";
	if (status->items & IMAPSRV_STATUS_UIDNEXT && e->uids.count &&
	    isrv_notify_rule(e->type)->view == ISRV_VIEW_COME &&
	    isrv_uidset_max(e->uids) >= status->uidnext)
		return "an event about a message above UIDNEXT";
	if (status->items & IMAPSRV_STATUS_HIGHESTMODSEQ &&
	    status->highest_modseq > (uint64_t)INT64_MAX)
		return "an event with a modification sequence above 2^63-1";
	return NULL;
}

static bool is_of(const struct isrv_view *v, const struct imapsrv_event *e)
{
	return v && !v->removed && is_name(e->mailbox, v->name, v->name_len) && may_mean(v, e);
}

static bool is_of_view(const struct imapsrv_session *s, const struct imapsrv_event *e)
{
	return is_of(s->view, e);
}

/* Of the mailbox that the client has selected: also while a session that was restored opens it
 * again. */
static const struct isrv_view *view_of_client(const struct imapsrv_session *s)
{
	return s->resume && !s->view ? s->opening : s->view;
}

/* What is asked about a name right now would be told of what has it next. */
static bool recall(struct imapsrv_session *s, const struct imapsrv_event *e)
{
	const struct isrv_teller *teller = s->engine->teller;

	if (e->type == IMAPSRV_EVENT_MAILBOX_DELETE)
		return teller->recall(s, e->mailbox);
	return e->type != IMAPSRV_EVENT_MAILBOX_RENAME ||
	       (teller->recall(s, e->old_name) && teller->recall(s, e->mailbox));
}

static void post_to_notify(struct imapsrv_session *s, const struct imapsrv_event *e)
{
	const struct isrv_notify_account account = isrv_hear_account(s);
	struct imapsrv_span selected = imapsrv_session_mailbox(s);
	enum isrv_notify_posted posted;

	if (!recall(s, e)) {
		not_held(s, ISRV_NOTIFY_NOMEM);
		return;
	}
	/* What has the name of one that was deleted is another mailbox. */
	if (s->view && s->view->removed)
		selected.len = 0;
	posted = isrv_notify_post(s->notify, &s->mem, &account, e, e->origin == s, selected);

	if (posted == ISRV_NOTIFY_NONSENSE)
		isrv_session_fault(s, "an event that cannot follow the ones before it");
	not_held(s, posted);
	if (s->notify && s->notify->news.count)
		s->news = s->stirred = true;
}

/* Events were lost: whatever could have been in them is looked up in the selected mailbox, flags
 * too; of the others nobody knows. */
static void post_everything(struct imapsrv_session *s)
{
	struct imapsrv_range all = {1, UINT32_MAX};

	s->opening_changed = s->stirred = true;
	if (s->opening && isrv_access_is_kept(s))
		s->opening->rights_stale = s->news = true;
	if (s->notify && s->notify->group_count)
		isrv_hear_overflow(s);
	if (view_of_client(s) && isrv_caps_has(s, ISRV_CAP_URLAUTH))
		s->keys_reset = s->news = true;
	if (!s->view)
		return;
	s->view->look_all = true;
	isrv_view_post_changed(s->view, &s->mem, (struct imapsrv_set){&all, 1});
	if (isrv_access_is_kept(s)) /* who may not read it any more is told nothing of it */
		isrv_hear_rights(s, (struct imapsrv_span){s->view->name, s->view->name_len});
	if (isrv_hear_annotations(s))
		s->view->annotations |= ISRV_ANNOTATIONS_LOST;
}

/* RFC 4467 7: "any current IMAP session logged in as the user that has the mailbox selected" is
 * told, but the one that did it knows. */
static void post_keys(struct imapsrv_session *s, const struct imapsrv_event *e)
{
	const struct isrv_view *v = view_of_client(s);

	if (e->origin == s || (e->mailbox.len ? !is_of(v, e) : !v))
		return;
	s->keys_reset = s->news = s->stirred = true;
}

static bool is_heard_of(const struct imapsrv_session *s, const struct imapsrv_event *e)
{
	if (s->hearing == ISRV_HEARING_COMMANDS)
		return e->type == IMAPSRV_EVENT_MAILBOX_METADATA ||
		       e->type == IMAPSRV_EVENT_SERVER_METADATA;
	return e->type != IMAPSRV_EVENT_MAILBOX_CHANGED || e->mailbox.len;
}

int imapsrv_session_post(struct imapsrv_session *session, const struct imapsrv_event *event)
{
	struct imapsrv_session *s = session;
	struct imapsrv_event e = IMAPSRV_EVENT_INIT;
	const struct isrv_notify_rule *rule;
	const char *problem;

	if (!event || event->size < sizeof(size_t))
		return IMAPSRV_EINVAL;
	/* A host that was compiled against an older header knows fewer members. */
	memcpy(&e, event, event->size < sizeof(e) ? event->size : sizeof(e));
	if (!isrv_notify_is_event(e.type))
		return IMAPSRV_EINVAL;
	if (s->phase == ISRV_PHASE_END)
		return s->error;
	if (!s->in_callback)
		isrv_op_begin_line(s); /* all lines are whole, and stay if memory ends here */
	problem = defect(&e);
	rule = isrv_notify_rule(e.type);
	if (!problem && is_of_view(s, &e) && runs_backwards(s->view, &e))
		problem = "an event with a modification sequence that runs backwards";
	if (problem) {
		isrv_session_fault(s, problem);
		return IMAPSRV_EINVAL;
	}
	s->steps++;
	if (s->opening && is_name(e.mailbox, s->opening->name, s->opening->name_len))
		note_opening(s, &e);
	if (e.type == IMAPSRV_EVENT_QUOTA_EXCEED || e.type == IMAPSRV_EVENT_QUOTA_WITHIN)
		warn(s, &e);
	if (e.type == IMAPSRV_EVENT_KEYS_RESET)
		post_keys(s, &e);
	if (e.type == IMAPSRV_EVENT_MAILBOX_CHANGED && !e.mailbox.len)
		post_everything(s);
	/* Who follows the subscriptions hears that a mailbox came to them, and that it went. */
	if (e.type == IMAPSRV_EVENT_MAILBOX_SUBSCRIBE)
		isrv_hear_subscribed(s, e.mailbox, true);
	if (s->notify && is_heard_of(s, &e))
		post_to_notify(s, &e);
	if (e.type == IMAPSRV_EVENT_MAILBOX_UNSUBSCRIBE)
		isrv_hear_subscribed(s, e.mailbox, false);
	if (s->view && e.type == IMAPSRV_EVENT_MAILBOX_RENAME)
		follow_rename(s, s->view, &e);
	if (s->opening && e.type == IMAPSRV_EVENT_MAILBOX_RENAME)
		follow_rename(s, s->opening, &e);
	if (is_of_view(s, &e)) {
		post_to_view(s, &e, (enum isrv_notify_view)rule->view);
		follow_name(s, &e);
		s->stirred = true;
	}
	if (s->idling && (isrv_hear_due(s, s->heard) || (s->view && s->view->forget)))
		s->wake = true;
	return 0;
}
