/* SPDX-License-Identifier: MIT */
/* session/putoff - which rows of a batch wait, and which of them are asked for again. */
#include "session/putoff.h"

void isrv_putoff_init(struct imapsrv_session *s, struct isrv_putoff *p)
{
	*p = (struct isrv_putoff){0};
	isrv_uidset_init(&p->again, SIZE_MAX);
	isrv_uidset_init(&p->asked, SIZE_MAX);
	p->most = isrv_putoff_most(s);
}

void isrv_putoff_clear(struct imapsrv_session *s, struct isrv_putoff *p)
{
	isrv_uidset_clear(&p->again, &s->mem);
	isrv_uidset_clear(&p->asked, &s->mem);
}

void isrv_putoff_begin(struct isrv_putoff *p, struct imapsrv_set part)
{
	p->part = part;
	p->told = 0;
	p->first_told = 0;
}

/* Mostly it is one range that is asked for. */
static inline bool is_asked(const struct isrv_putoff *p, uint32_t uid)
{
	const struct imapsrv_range *r = p->part.ranges;

	return (p->part.count == 1 && uid - r->first <= r->last - r->first) ||
	       isrv_uidset_has(p->part, uid);
}

bool isrv_putoff_row(struct imapsrv_session *s, struct isrv_putoff *p, uint32_t uid)
{
	/* What was not asked for may leave no room for what was, each time that this is asked for
	 * again: that might never end. */
	if (!is_asked(p, uid))
		return false;
	if (!isrv_putoff_full(p)) {
		p->before = isrv_outq_size(&s->out);
		return true;
	}
	if (!isrv_uidset_add(&p->again, &s->mem, uid, uid))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return false;
}

void isrv_putoff_count(struct imapsrv_session *s, struct isrv_putoff *p)
{
	size_t size = isrv_outq_size(&s->out);

	/* Less: memory ran out, and a line was taken back. */
	if (size > p->before)
		p->told += size - p->before;
	p->before = size;
}

void isrv_putoff_told(struct imapsrv_session *s, struct isrv_putoff *p, uint32_t uid)
{
	size_t before = p->before;

	isrv_putoff_count(s, p);
	if (!p->first_told && p->before > before)
		p->first_told = uid;
}

void isrv_putoff_settle(struct imapsrv_session *s, struct isrv_putoff *p)
{
	if (p->again.count && p->first_told &&
	    !isrv_uidset_remove(&p->again, &s->mem, p->first_told, p->first_told))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

bool isrv_putoff_again(struct isrv_putoff *p)
{
	struct isrv_uidset spent = p->asked;

	if (!p->again.count)
		return false;
	p->asked = p->again;
	p->again = spent;
	isrv_uidset_empty(&p->again);
	isrv_putoff_begin(p, isrv_uidset_view(&p->asked));
	return true;
}
