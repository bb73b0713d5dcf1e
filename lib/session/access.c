/* SPDX-License-Identifier: MIT */
/* The table, and how it is asked. */
#include "session/access.h"

#include "base/rights.h"
#include "session/hear.h"

#define L IMAPSRV_RIGHT_LOOKUP
#define R IMAPSRV_RIGHT_READ
#define S IMAPSRV_RIGHT_SEEN
#define W IMAPSRV_RIGHT_WRITE
#define I IMAPSRV_RIGHT_INSERT
#define P IMAPSRV_RIGHT_POST
#define K IMAPSRV_RIGHT_CREATE
#define X IMAPSRV_RIGHT_DELETE
#define T IMAPSRV_RIGHT_TRASH
#define E IMAPSRV_RIGHT_EXPUNGE
#define A IMAPSRV_RIGHT_ADMIN
#define N IMAPSRV_RIGHT_NOTE

/*
 * Flags have no rows: imapsrv_rights_flags says which a user may change, and those that he may not
 * are passed over (RFC 4314 4, STORE, COPY, APPEND, FETCH).  Commands that are not here need no
 * right beyond what led to them: SUBSCRIBE and UNSUBSCRIBE, which do not look whether the mailbox
 * exists; GETQUOTA and SETQUOTA, whose roots are no mailboxes; FETCH and SEARCH, for which somebody
 * had to SELECT; GENURLAUTH and URLFETCH, for which the host looks at the rights of the URL's
 * owner.  CLOSE without EXPUNGE's right closes.
 */
static const struct {
	uint32_t all; /* each of these, */
	uint32_t any; /* and one of these, if there are any */
} needed[ISRV_DOINGS] = {
	[ISRV_DO_LIST] = {L, 0},
	[ISRV_DO_READ] = {R, 0},
	[ISRV_DO_CREATE] = {K, 0},
	[ISRV_DO_DELETE] = {X, 0},
	[ISRV_DO_INSERT] = {I, 0},
	/* RFC 6851 4.2, RFC 8508 4.1: as much as to store \Deleted and to expunge */
	[ISRV_DO_REMOVE] = {T | E, 0},
	[ISRV_DO_EXPUNGE] = {E, 0},
	[ISRV_DO_MYRIGHTS] = {0, L | R | I | K | X | A},
	[ISRV_DO_ADMIN] = {A, 0},
	[ISRV_DO_METADATA] = {L, R | S | W | I | P}, /* RFC 5464 3.3 */
	/* RFC 9208 6: r where messages are counted; usage of a root tells of those in the mailbox
	 * whichever resource it limits */
	[ISRV_DO_QUOTAROOT] = {R, 0},
	[ISRV_DO_NOTIFY] = {L | R, 0}, /* RFC 5465 5 */
	[ISRV_DO_NOTE] = {R, 0}, /* RFC 5257 3.4 */
	[ISRV_DO_NOTE_ALL] = {N, 0},
};

bool isrv_access_may(uint32_t rights, enum isrv_doing doing)
{
	uint32_t all = needed[doing].all, any = needed[doing].any;

	return (rights & all) == all && (!any || rights & any);
}

enum imapsrv_code isrv_access_code(uint32_t rights, enum isrv_doing doing)
{
	if (isrv_access_may(rights, doing))
		return IMAPSRV_OK;
	/* RFC 4314 6: "the same error that would be used if the mailbox did not exist" */
	return rights & L ? IMAPSRV_NOPERM : IMAPSRV_NONEXISTENT;
}

bool isrv_access_only_reads(const struct isrv_view *v)
{
	/* "The 'n' right constitutes a 'shared flag right'" (RFC 5257 3.4). */
	return v->read_only || !(v->rights & (I | E | N | ((S | W | T) & ~v->private_rights)));
}

void isrv_access_limit(uint32_t rights, struct imapsrv_flags *flags)
{
	flags->system &= imapsrv_rights_flags(rights);
	if (!(rights & W))
		flags->keyword_count = 0;
}

bool isrv_access_name(struct imapsrv_name *name)
{
	/* They tell of names that may be hidden; the library sees by itself what is below a
	 * name. */
	const uint32_t children = IMAPSRV_ATTR_HASCHILDREN | IMAPSRV_ATTR_HASNOCHILDREN;

	name->attributes &= ~children;
	if (name->attributes & IMAPSRV_ATTR_NONEXISTENT) {
		name->rights = 0;
		return true;
	}
	/* One that he is subscribed to and may not see is like one that does not exist. */
	if (!(name->rights & L)) {
		bool subscribed = (name->attributes & IMAPSRV_ATTR_SUBSCRIBED) != 0;

		name->attributes = IMAPSRV_ATTR_SUBSCRIBED | IMAPSRV_ATTR_NONEXISTENT;
		return subscribed;
	}
	if (!(name->rights & R))
		name->attributes |= IMAPSRV_ATTR_NOACCESS;
	return true;
}

/* ---- asking -------------------------------------------------------------------------------- */

static void ask(struct imapsrv_session *s, struct imapsrv_span name, bool above)
{
	struct imapsrv_acl_rights q = {s->account.handle, name, above};

	ISRV_ASK(s, ISRV_OP_RIGHTS, acl, rights, &q, NULL, NULL);
}

/* The answer is there.  OK: which rights; else there are none to speak of. */
static uint32_t answered(struct imapsrv_session *s)
{
	if (s->result.code == IMAPSRV_OK && !s->result.access.told) {
		isrv_session_fault(s, "rights were answered OK without imapsrv_op_rights");
		s->result.code = IMAPSRV_SERVERBUG;
	}
	return s->result.code == IMAPSRV_OK ? s->result.access.rights : 0;
}

enum isrv_step isrv_access_step(struct imapsrv_session *s, struct isrv_access *a,
                                enum isrv_doing doing, struct imapsrv_span name)
{
	if (!isrv_access_is_kept(s)) {
		a->rights = UINT32_MAX;
		return ISRV_DONE;
	}
	if (!a->asked) {
		a->asked = true;
		ask(s, name, doing == ISRV_DO_CREATE);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	a->rights = answered(s);
	a->code = s->result.code;
	a->told = a->code == IMAPSRV_OK;
	/* Nothing above it: whether it may be made there is for the host to say. */
	if (a->code == IMAPSRV_NONEXISTENT && doing == ISRV_DO_CREATE)
		a->code = IMAPSRV_OK;
	else if (a->code == IMAPSRV_OK)
		a->code = isrv_access_code(a->rights, doing);
	if (doing == ISRV_DO_CREATE && a->code == IMAPSRV_NONEXISTENT)
		a->code = IMAPSRV_NOPERM; /* of the mailbox above nobody asked */
	if (a->code != s->result.code) {
		s->result.code = a->code;
		s->result.text = "";
	}
	return ISRV_DONE;
}

/* ---- the selected mailbox ------------------------------------------------------------------ */

/* "It SHOULD send FLAGS and PERMANENTFLAGS responses if they have changed" (RFC 4314 5.1.1); the
 * codes are those of RFC 9051 7.1. */
void isrv_access_take(struct imapsrv_session *s, uint32_t rights, bool fewer)
{
	struct isrv_view *v = s->view;
	uint32_t flags = isrv_access_flags(v);
	bool keywords = isrv_access_keywords(v), only_reads = isrv_access_only_reads(v);

	v->rights = rights;
	if (fewer || flags != isrv_access_flags(v) || keywords != isrv_access_keywords(v))
		isrv_sync_put_flags(s);
	if (only_reads && !isrv_access_only_reads(v))
		isrv_untagged(s, "OK", "READ-WRITE", "The mailbox may be changed now");
	if (!only_reads && isrv_access_only_reads(v))
		isrv_untagged(s, "OK", "READ-ONLY", "The mailbox may only be read now");
	if (v->revoked == ((rights & R) != 0))
		isrv_hear_readable(s, (rights & R) != 0);
}

enum isrv_step isrv_access_refuse(struct imapsrv_session *s)
{
	return s->view->rights_stale ? isrv_refused(s, NULL)
	                             : isrv_no(s, "NOPERM", "You may not do that in this mailbox");
}

/* By a copy of its name: it may get another while the host reads this one.  Not in the arena, which
 * lasts as long as an IDLE.  False: no memory. */
static bool ask_selected(struct imapsrv_session *s, struct isrv_view *v)
{
	size_t len = v->name_len;
	char *name = isrv_mem_alloc(&s->mem, len);

	if (!name) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	memcpy(name, v->name, len);
	v->rights_stale = false;
	v->rights_asked = true;
	ask(s, (struct imapsrv_span){name, len}, false);
	isrv_mem_free(&s->mem, name, len);
	return true;
}

enum isrv_step isrv_access_refresh(struct imapsrv_session *s)
{
	struct isrv_view *v = s->view;
	bool again = false, said;
	uint32_t rights;

	while (v && (v->rights_stale || v->rights_asked)) {
		if (!v->rights_asked && !v->removed) {
			/* A host that posts in its answer that they have changed never comes to an
			 * end. */
			if (again && isrv_session_turn_over(s))
				return ISRV_YIELD;
			again = true;
			if (!ask_selected(s, v))
				return ISRV_DONE;
		}
		if (v->rights_asked && !isrv_answered(s))
			return ISRV_HOST;
		v->rights_asked = false;
		/* It was deleted: what has its name, if anything does, is another. */
		if (v->removed) {
			v->rights_stale = false;
			isrv_access_take(s, 0, false);
			break;
		}
		rights = answered(s);
		said = s->result.code == IMAPSRV_OK || s->result.code == IMAPSRV_NONEXISTENT ||
		       s->result.code == IMAPSRV_NOPERM;
		/* Asked about by a name that it has no more, and another has, perhaps. */
		if (v->rights_stale && said)
			continue;
		isrv_access_take(s, rights, false);
		if (!said) {
			v->rights_stale = true; /* for the next time */
			break;
		}
	}
	return ISRV_DONE;
}
