/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/elsewhere.h"

enum {
	ELSEWHERE_START,
	ELSEWHERE_OPENED,
	ELSEWHERE_LISTED,
	ELSEWHERE_END
};

static void take_mailbox(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_mailbox *is = answer;
	struct isrv_elsewhere *m = ctx;

	if (m->opened) {
		isrv_op_pass_over(s, "a mailbox was given twice for one open");
		return;
	}
	m->opened = true;
	m->handle = is->handle;
	m->uidvalidity = is->uidvalidity;
	m->recent_from = is->recent_from;
	m->has_modseqs = is->highest_modseq != 0;
}

static void take_uids(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_set *set = answer;
	struct isrv_elsewhere *m = ctx;

	for (size_t i = 0; i < set->count && !m->nomem; i++) {
		struct imapsrv_range r = set->ranges[i];

		s->steps++;
		if (r.first <= m->map.last_uid) {
			isrv_op_pass_over(s, "UIDs of a mailbox that do not ascend");
			return;
		}
		m->nomem = !isrv_nummap_append(&m->map, &s->mem, r.first, r.last);
	}
}

void isrv_elsewhere_begin(struct isrv_elsewhere *m, struct imapsrv_span name)
{
	memset(m, 0, sizeof(*m));
	m->name = name;
	isrv_nummap_init(&m->map);
}

static enum isrv_step refuse(struct imapsrv_session *s, struct isrv_elsewhere *m)
{
	isrv_elsewhere_drop(s, m);
	m->refused = true;
	return ISRV_DONE;
}

enum isrv_step isrv_elsewhere_step(struct imapsrv_session *s, struct isrv_elsewhere *m)
{
	struct imapsrv_open open = {s->account.handle, m->name, 1};
	struct imapsrv_uids uids;

	if (m->at == ELSEWHERE_START) {
		m->at = ELSEWHERE_OPENED;
		ISRV_ASK(s, ISRV_OP_OPEN, store, open, &open, take_mailbox, m);
	}
	if (m->at == ELSEWHERE_OPENED) {
		if (!isrv_answered(s))
			return ISRV_HOST;
		if (s->result.code == IMAPSRV_OK && !m->opened) {
			isrv_session_fault(s, "a mailbox was opened without imapsrv_op_mailbox");
			s->result.code = IMAPSRV_SERVERBUG;
		}
		if (s->result.code != IMAPSRV_OK)
			return refuse(s, m);
		uids = (struct imapsrv_uids){m->handle, {1, UINT32_MAX}};
		m->at = ELSEWHERE_LISTED;
		ISRV_ASK(s, ISRV_OP_UIDS, store, uids, &uids, take_uids, m);
	}
	if (m->at == ELSEWHERE_LISTED) {
		if (!isrv_answered(s))
			return ISRV_HOST;
		if (m->nomem)
			isrv_session_fail(s, IMAPSRV_ENOMEM);
		else if (s->result.code != IMAPSRV_OK)
			return refuse(s, m);
		m->at = ELSEWHERE_END;
	}
	return ISRV_DONE;
}

void isrv_elsewhere_drop(struct imapsrv_session *s, struct isrv_elsewhere *m)
{
	isrv_nummap_clear(&m->map, &s->mem);
	if (!m->opened)
		return;
	m->opened = false;
	s->in_callback++;
	s->engine->store.close(s->user, m->handle);
	s->in_callback--;
}
