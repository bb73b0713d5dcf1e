/* SPDX-License-Identifier: MIT */
/*
 * The QRESYNC parameter of SELECT (RFC 7162 3.2.5) of any octets.  What was taken are sets in
 * order, and as many numbers as UIDs in the sequence match data.
 */
#include "base/uidset.h"
#include "command/resync.h"
#include "fuzz/arguments.h"

static bool parse(struct isrv_parse *p, void *args)
{
	return isrv_resync_parse(p, args);
}

static const struct isrv_command row = {
	.name = "QRESYNC",
	.args_size = sizeof(struct isrv_resync),
	.parse = parse,
};

static void look(const struct arguments *a)
{
	const struct isrv_resync *r = a->args;

	ASSERT(r->uidvalidity && r->since && r->since <= INT64_MAX);
	ASSERT(isrv_uidset_is_valid(r->known));
	ASSERT(isrv_uidset_is_valid(r->seqs) && isrv_uidset_is_valid(r->uids));
	ASSERT(isrv_uidset_size(r->seqs) == isrv_uidset_size(r->uids));
	ASSERT(!r->all || !r->known.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arguments_try(&row, data, size, look);
	return 0;
}
