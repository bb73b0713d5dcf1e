/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "command/fetch_describe.h"

bool isrv_fetch_use_description(struct isrv_fetch_message *m, struct imapsrv_span description)
{
	struct isrv_description *d = &m->description;

	if (!description.len || !isrv_description_open(d, description.data, description.len) ||
	    d->host_octets != isrv_body_octets(&m->body) ||
	    (!isrv_body_converts(&m->body) && d->wire_octets != d->host_octets))
		return false;
	m->body.wire = d->wire_octets;
	m->body.measured = true;
	m->described = true;
	return true;
}

static bool begin(struct imapsrv_session *s, struct isrv_fetch_message *m,
                  struct isrv_structure **structure)
{
	const struct imapsrv_limits *l = &s->engine->limits;
	struct isrv_structure_limits limits = {l->depth,     l->parts,     l->header_octets,
	                                       l->described, l->addresses, l->params};

	*structure = isrv_structure_new(&s->mem, &limits, &s->steps);
	if (!*structure) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return false;
	}
	if (!isrv_body_converts(&m->body))
		isrv_structure_as_is(*structure);
	isrv_body_rewind(&m->body);
	return true;
}

enum isrv_step isrv_fetch_describe(struct imapsrv_session *s, struct isrv_fetch_message *m,
                                   struct isrv_structure **structure)
{
	struct imapsrv_span piece;

	if (!*structure && !begin(s, m, structure))
		return ISRV_DONE;
	do {
		enum isrv_step step = isrv_body_raw(s, &m->body, &piece);

		if (step != ISRV_DONE || s->error || m->body.failed)
			return step;
		if (piece.len && !isrv_structure_feed(*structure, piece.data, piece.len)) {
			isrv_session_fail(s, IMAPSRV_ENOMEM);
			return ISRV_DONE;
		}
	} while (piece.len);
	if (!isrv_structure_finish(*structure, &piece) ||
	    !isrv_description_open(&m->description, piece.data, piece.len)) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return ISRV_DONE;
	}
	m->body.wire = m->description.wire_octets;
	m->body.measured = true;
	m->described = true;
	isrv_body_rewind(&m->body);
	return ISRV_DONE;
}
