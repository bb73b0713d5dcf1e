/* SPDX-License-Identifier: MIT */
/* What the selected mailbox can hold of annotations, and what is said where it cannot
 * (RFC 5257 4.1, 4.5). */
#include "command/annotate.h"

#include "session/access.h"

uint64_t isrv_annotate_max(const struct imapsrv_engine *e, uint64_t own)
{
	uint64_t max = own ? own : e->annotate.max_value;
	uint32_t limit = e->limits.annotation;

	return max && max < limit ? max : limit;
}

static bool is_read_only(const struct imapsrv_session *s)
{
	return s->view->read_only || !s->engine->annotate.store ||
	       s->view->annotations & IMAPSRV_ANNOTATIONS_READONLY;
}

bool isrv_annotate_may(struct imapsrv_session *s, uint32_t rights,
                       const struct isrv_annotate_values *values)
{
	if ((!values->priv || isrv_access_may(rights, ISRV_DO_NOTE)) &&
	    (!values->shared || isrv_access_may(rights, ISRV_DO_NOTE_ALL)))
		return true;
	isrv_no(s, "NOPERM", "You may not store such annotations in this mailbox");
	return false;
}

bool isrv_annotate_may_store(struct imapsrv_session *s, const struct isrv_annotate_values *values)
{
	uint32_t level = s->view->annotations;

	if (level & IMAPSRV_ANNOTATIONS_NONE)
		isrv_no(s, "CANNOT", "Messages have no annotations in this mailbox");
	else if (is_read_only(s))
		isrv_no(s, "CANNOT", "Annotations can only be read in this mailbox");
	else if (values->priv && level & IMAPSRV_ANNOTATIONS_NOPRIVATE)
		isrv_no(s, "CANNOT", "There are no private annotations in this mailbox");
	else if (values->longest > isrv_annotate_max(s->engine, s->view->annotation_size))
		isrv_no(s, "ANNOTATE TOOBIG", "A value is too long");
	else
		return isrv_annotate_may(s, s->view->rights, values);
	return false;
}

enum isrv_step isrv_annotate_refused(struct imapsrv_session *s, const char *nonexistent)
{
	isrv_refused(s, nonexistent);
	if (s->result.code == IMAPSRV_TOOBIG)
		s->reply.code = "ANNOTATE TOOBIG";
	else if (s->result.code == IMAPSRV_LIMIT)
		s->reply.code = "ANNOTATE TOOMANY";
	else if (s->result.code == IMAPSRV_CLIENTBUG)
		s->reply.status = ISRV_REPLY_BAD; /* "MUST" (RFC 5257 3.2.1) */
	return ISRV_DONE;
}

void isrv_annotate_put_level(struct imapsrv_session *s)
{
	uint32_t level = s->view->annotations;

	ISRV_W(&s->w, "ANNOTATIONS ");
	if (level & IMAPSRV_ANNOTATIONS_NONE) {
		ISRV_W(&s->w, "NONE");
		return;
	}
	if (is_read_only(s))
		ISRV_W(&s->w, "READ-ONLY");
	else
		isrv_w_u64(&s->w, isrv_annotate_max(s->engine, s->view->annotation_size));
	if (level & IMAPSRV_ANNOTATIONS_NOPRIVATE)
		ISRV_W(&s->w, " NOPRIVATE");
}
