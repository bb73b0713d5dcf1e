/* SPDX-License-Identifier: MIT */
/*
 * The way back into a mailbox: open it by its name, see that it is the one that it was, find out
 * what changed while nobody listened, then go on where the session was.  The client sees nothing of
 * all this but the changes.  Where its picture cannot be made right again there is only BYE.
 */
#include "session/resume.h"

#include "base/uidlate.h"
#include "mailbox/view_save.h"
#include "session/access.h"
#include "session/hear.h"
#include "session/modseq.h"
#include "session/watch.h"

struct isrv_resume {
	enum {
		AT_START,
		AT_OPEN,
		AT_CHANGES
	} at;
	struct isrv_view *view; /* the session's as soon as it is open */
	bool has_handle;
	bool compare;
	struct imapsrv_mailbox mailbox; /* what the host said of it; keywords aside */
	struct isrv_uidset changed;     /* messages that changed meanwhile; */
	struct isrv_uidset late;        /* what waits for it: see base/uidlate.h */
};

static struct isrv_resume *get(struct imapsrv_session *s)
{
	struct isrv_resume *r = s->resume;

	if (!r)
		r = isrv_mem_zalloc(&s->mem, sizeof(*r));
	if (r && !s->resume) {
		isrv_uidset_init(&r->changed, SIZE_MAX);
		isrv_uidset_init(&r->late, SIZE_MAX);
	}
	s->resume = r;
	return r;
}

static void free_resume(struct imapsrv_session *s, struct isrv_resume *r)
{
	isrv_uidset_clear(&r->changed, &s->mem);
	isrv_uidset_clear(&r->late, &s->mem);
	isrv_mem_free(&s->mem, r, sizeof(*r));
}

void isrv_resume_read(struct imapsrv_session *s, struct isrv_unpack *u)
{
	const struct imapsrv_limits *limits = &s->engine->limits;
	struct isrv_resume *r = get(s);

	if (r)
		r->view = isrv_mem_zalloc(&s->mem, sizeof(*r->view));
	if (!r || !r->view) {
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
		return;
	}
	isrv_view_unpack(r->view, &s->mem, u, limits->set_ranges, limits->keywords);
	r->compare = true;
}

void isrv_resume_begin(struct imapsrv_session *s, bool compare)
{
	struct isrv_resume *r = s->resume;

	if (!r)
		return;
	r->compare = compare;
	s->opening = r->view;
	isrv_watch_view(s, r->view, NULL, 0);
}

static void close_mailbox(struct imapsrv_session *s, struct isrv_resume *r)
{
	if (!r->has_handle)
		return;
	r->has_handle = false;
	s->in_callback++;
	s->engine->store.close(s->user, r->view->handle);
	s->in_callback--;
}

void isrv_resume_drop(struct imapsrv_session *s)
{
	struct isrv_resume *r = s->resume;
	bool watched = s->opening != NULL;

	if (!r)
		return;
	s->resume = NULL;
	s->opening = NULL;
	if (r->view)
		isrv_contexts_clear(s); /* else the session's own view has them */
	if (r->view)
		close_mailbox(s, r);
	if (r->view && watched)
		isrv_watch_selected(s, r->view->name, r->view->name_len, false);
	if (r->view) {
		isrv_view_clear(r->view, &s->mem);
		isrv_mem_free(&s->mem, r->view, sizeof(*r->view));
	}
	free_resume(s, r);
}

/* ---- opening ------------------------------------------------------------------------------- */

static void take_mailbox(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_mailbox *m = answer;
	struct isrv_resume *r = ctx;

	if (r->has_handle) {
		isrv_op_pass_over(s, "two mailboxes in answer to one open");
		return;
	}
	r->has_handle = true;
	r->mailbox = *m;
	r->view->handle = m->handle;
}

static void open_mailbox(struct imapsrv_session *s, struct isrv_resume *r)
{
	struct isrv_view *v = r->view;
	struct imapsrv_open q = {s->account.handle, {NULL, 0}, v->read_only};

	if (!isrv_session_copy_name(s, v, &q.name))
		return;
	r->at = AT_OPEN;
	s->opening_renamed = false;
	ISRV_ASK(s, ISRV_OP_OPEN, store, open, &q, take_mailbox, r);
}

/* Why the client's picture of it cannot be made right again; NULL: it can. */
static const char *trouble(const struct imapsrv_session *s, const struct isrv_resume *r)
{
	const struct imapsrv_mailbox *m = &r->mailbox;
	const struct isrv_view *v = r->view;

	if (s->result.code != IMAPSRV_OK || !r->has_handle)
		return "The selected mailbox cannot be opened any more";
	if (m->uidvalidity != v->uidvalidity)
		return "The selected mailbox has other UIDs now";
	if (m->uidnext < v->uidnext && v->map.last_uid >= m->uidnext)
		return "The selected mailbox has forgotten UIDs";
	if (v->modseq_told && m->highest_modseq < v->modseq_told)
		return "The selected mailbox has forgotten modification sequences";
	return NULL;
}

/* It is selected again. */
static void take_view(struct imapsrv_session *s, struct isrv_resume *r)
{
	const struct imapsrv_mailbox *m = &r->mailbox;
	struct isrv_view *v = r->view;
	bool fewer =
		(v->permanent_flags & ~m->permanent_flags) || (v->new_keywords && !m->new_keywords);

	r->view = NULL;
	s->view = v;
	s->opening = NULL;
	if (m->read_only && !v->read_only) {
		v->read_only = true;
		isrv_untagged(s, "OK", "READ-ONLY",
		              "The mailbox may only be read now"); /* RFC 9051 7.1 */
	}
	v->permanent_flags &= (uint8_t)m->permanent_flags;
	v->new_keywords = v->new_keywords && m->new_keywords;
	v->private_rights = (uint16_t)isrv_access_of_flags(m->private_rights);
	isrv_access_take(s, m->rights, fewer && !v->read_only);
	r->compare = r->compare || s->opening_changed;
	/* Nobody would ever fetch them. */
	if ((!s->notify || !s->notify->fetch) && !isrv_contexts_show(s))
		isrv_uidset_clear(&v->arrived, &s->mem);
	/* All that was shown was told, so what changed since can be asked for. */
	(void)isrv_modseq_highest(s);
	isrv_hear_update(s);
}

/* ---- what happened meanwhile --------------------------------------------------------------- */

/* Flags, annotations, or both. */
static void changed(struct imapsrv_session *s, struct imapsrv_set uids)
{
	isrv_view_post_changed(s->view, &s->mem, uids);
	if (isrv_hear_annotations(s) &&
	    !isrv_view_post_annotated(s->view, &s->mem, uids, NULL, 0, 0))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

static void take_changed(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_row *row = answer;
	struct isrv_resume *r = ctx;

	/* A store may give more than it was asked for. */
	if (!isrv_nummap_seq(&s->view->map, row->uid) ||
	    (row->facts & IMAPSRV_FACT_MODSEQ && row->modseq <= s->view->modseq_told))
		return;
	if (!isrv_uidlate_add(&r->late, &r->changed, &s->mem, row->uid, row->uid, &s->steps))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

/* The answer is there. */
static void take_changes(struct imapsrv_session *s, struct isrv_resume *r)
{
	struct imapsrv_range all = {1, UINT32_MAX};

	if (s->result.code != IMAPSRV_OK)
		changed(s, (struct imapsrv_set){&all, 1});
	else if (isrv_uidlate_settle(&r->late, &r->changed, &s->mem, &s->steps))
		changed(s, isrv_uidset_view(&r->changed));
	else
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

/* Asks which messages changed; false: there is nothing to wait for. */
static bool ask_changes(struct imapsrv_session *s, struct isrv_resume *r)
{
	struct isrv_view *v = s->view;
	struct imapsrv_range all = {1, v->map.last_uid};
	struct imapsrv_set set = {&all, 1};
	struct imapsrv_fetch q = {v->handle, set, IMAPSRV_FACT_MODSEQ, v->modseq_told};

	v->look_all = true;
	if (!all.last)
		return false;
	if (!v->modseq_told) {
		/* The store cannot say which: every message is looked at, and told. */
		changed(s, set);
		return false;
	}
	ISRV_ASK(s, ISRV_OP_FETCH, store, fetch, &q, take_changed, r);
	return true;
}

/* ---- and on -------------------------------------------------------------------------------- */

static bool go_on(struct imapsrv_session *s)
{
	free_resume(s, s->resume);
	s->resume = NULL;
	s->phase = s->idling ? ISRV_PHASE_STEP : ISRV_PHASE_READ;
	s->wake = s->idling;
	return true;
}

bool isrv_resume(struct imapsrv_session *s)
{
	struct isrv_resume *r = s->resume;
	const char *why;

	switch (r->at) {
	case AT_START:
		open_mailbox(s, r);
		return true;
	case AT_OPEN:
		if (!isrv_answered(s))
			return false;
		if (s->result.code == IMAPSRV_OK && !r->has_handle)
			isrv_session_fault(s, "a mailbox was opened without imapsrv_op_mailbox");
		why = trouble(s, r);
		/* A host that renames it whenever it is asked comes to an end. */
		if (why && s->opening_renamed && !isrv_session_turn_over(s)) {
			/* The answer is of nothing, or of another that has the name by now.  What
			 * happened before the new name was watched nobody may have posted. */
			r->compare = true;
			close_mailbox(s, r);
			open_mailbox(s, r);
			return true;
		}
		s->mark = isrv_outq_mark(&s->out);
		if (why) {
			isrv_session_end(s, NULL, why);
			return false;
		}
		take_view(s, r);
		if (isrv_writer_failed(&s->w))
			isrv_session_fail(s, IMAPSRV_ENOMEM);
		r->at = AT_CHANGES;
		if (r->compare && ask_changes(s, r))
			return true;
		return go_on(s);
	case AT_CHANGES:
		break;
	}
	if (!isrv_answered(s))
		return false;
	take_changes(s, r);
	return go_on(s);
}
