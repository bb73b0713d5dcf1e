/* SPDX-License-Identifier: MIT */
/* message/describer - the public way to a description: a structure parse with memory of its own. */
#include <string.h>

#include "base/limits.h"
#include "imapsrv/message.h"
#include "message/description.h"
#include "message/structure.h"
#include "message/text.h"

struct imapsrv_describer {
	struct isrv_mem mem;
	struct isrv_structure *structure;
	uint64_t steps;
	int error; /* of all later calls to feed and finish */
	struct imapsrv_span description; /* data NULL: not finished */
	struct isrv_text *text;          /* a preview under way */
};

static struct isrv_structure_limits limits_of(const struct imapsrv_limits *given)
{
	struct imapsrv_limits l = IMAPSRV_LIMITS_INIT;
	struct isrv_structure_limits limits;

	if (given)
		memcpy(&l, given, given->size < sizeof(l) ? given->size : sizeof(l));
	isrv_limits_fill(&l);
	limits = (struct isrv_structure_limits){l.depth,     l.parts,     l.header_octets,
	                                        l.described, l.addresses, l.params};
	return limits;
}

int imapsrv_describer_new(const struct imapsrv_allocator *allocator,
                          const struct imapsrv_limits *limits,
                          struct imapsrv_describer **describer_r)
{
	struct isrv_structure_limits l;
	struct imapsrv_describer *d;
	struct isrv_mem mem;

	if (!describer_r || (limits && limits->size < sizeof(size_t)))
		return IMAPSRV_EINVAL;
	l = limits_of(limits);
	isrv_mem_init(&mem, allocator, SIZE_MAX);
	d = isrv_mem_zalloc(&mem, sizeof(*d));
	if (!d)
		return IMAPSRV_ENOMEM;
	d->mem = mem;
	d->structure = isrv_structure_new(&d->mem, &l, &d->steps);
	if (!d->structure) {
		imapsrv_describer_free(d);
		return IMAPSRV_ENOMEM;
	}
	*describer_r = d;
	return 0;
}

void imapsrv_describer_free(struct imapsrv_describer *describer)
{
	struct isrv_mem mem;

	if (!describer)
		return;
	isrv_structure_free(describer->structure);
	mem = describer->mem;
	if (describer->text) {
		isrv_text_clear(describer->text);
		isrv_mem_free(&mem, describer->text, sizeof(*describer->text));
	}
	isrv_mem_free(&mem, describer, sizeof(*describer));
}

int imapsrv_describer_feed(struct imapsrv_describer *describer, const void *data, size_t len)
{
	struct imapsrv_describer *d = describer;

	if (!d->error && len && !isrv_structure_feed(d->structure, data, len))
		d->error = IMAPSRV_ENOMEM;
	return d->error;
}

int imapsrv_describer_finish(struct imapsrv_describer *describer,
                             struct imapsrv_span *description_r)
{
	struct imapsrv_describer *d = describer;

	if (d->error)
		return d->error;
	if (!isrv_structure_finish(d->structure, description_r)) {
		d->error = IMAPSRV_ENOMEM;
		return d->error;
	}
	d->description = *description_r;
	d->error = IMAPSRV_ESTATE;
	return 0;
}

int imapsrv_describer_text(struct imapsrv_describer *describer, uint64_t *offset_r,
                           uint64_t *octets_r)
{
	struct imapsrv_describer *d = describer;
	struct isrv_description description;

	if (!d->description.data || d->text)
		return IMAPSRV_ESTATE;
	d->text = isrv_mem_alloc(&d->mem, sizeof(*d->text));
	if (!d->text)
		return IMAPSRV_ENOMEM;
	/* What was just written can be read. */
	(void)isrv_description_open(&description, d->description.data, d->description.len);
	(void)isrv_text_init(d->text, &description);
	*offset_r = d->text->extent.host;
	*octets_r = d->text->extent.host_end - d->text->extent.host;
	return 0;
}

int imapsrv_describer_feed_text(struct imapsrv_describer *describer, const void *data, size_t len,
                                int *enough_r)
{
	if (!describer->text)
		return IMAPSRV_ESTATE;
	isrv_text_feed(describer->text, data, len);
	if (enough_r)
		*enough_r = describer->text->enough;
	return 0;
}

int imapsrv_describer_preview(struct imapsrv_describer *describer, struct imapsrv_span *preview_r)
{
	if (!describer->text)
		return IMAPSRV_ESTATE;
	*preview_r = isrv_text_finish(describer->text);
	return 0;
}

int imapsrv_description_check(struct imapsrv_span description, uint64_t *wire_octets_r,
                              uint64_t *host_octets_r)
{
	struct isrv_description d;

	if (!isrv_description_open(&d, description.data, description.len))
		return IMAPSRV_EINVAL;
	*wire_octets_r = d.wire_octets;
	*host_octets_r = d.host_octets;
	return 0;
}
