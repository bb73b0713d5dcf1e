/* SPDX-License-Identifier: MIT */
/*
 * Comparing with the messages that exist.  Rows come in ascending order and walk along the table;
 * what is between two of them is gone.  Every difference is a fact by itself, so they are put
 * on record in batches while rows come in, and a snapshot that breaks off leaves nothing to undo.
 * `next` is how far facts are known: all below is on record or in the batch, so that a call which
 * failed can be made again.
 */
#include "ledger/ledger.h"

enum { BATCH = 512 }; /* rows, and ranges of UIDs that are gone */

void isrv_snapshot_clear(struct imapsrv_ledger *ledger)
{
	struct isrv_snapshot *snap = &ledger->snap;

	isrv_mem_free(&ledger->mem, snap->rows, BATCH * sizeof(*snap->rows));
	isrv_uidset_clear(&snap->added, &ledger->mem);
	isrv_uidset_clear(&snap->changed, &ledger->mem);
	isrv_uidset_clear(&snap->gone, &ledger->mem);
	snap->rows = NULL;
	snap->row_count = 0;
	snap->active = false;
}

int imapsrv_ledger_snapshot_begin(struct imapsrv_ledger *ledger,
                                  void (*diff)(void *user, const struct imapsrv_ledger_diff *diff),
                                  void *user)
{
	struct isrv_snapshot *snap;

	if (!ledger)
		return IMAPSRV_EINVAL;
	snap = &ledger->snap;
	if (ledger->busy)
		return IMAPSRV_EREENTER;
	if (snap->active)
		return IMAPSRV_ESTATE;
	snap->rows = isrv_mem_alloc(&ledger->mem, BATCH * sizeof(*snap->rows));
	if (!snap->rows)
		return IMAPSRV_ENOMEM;
	isrv_uidset_init(&snap->added, BATCH);
	isrv_uidset_init(&snap->changed, BATCH);
	isrv_uidset_init(&snap->gone, BATCH);
	snap->row_count = 0;
	snap->next = 1;
	snap->stale = true;
	snap->diff = diff;
	snap->user = user;
	snap->active = true;
	return 0;
}

static int flush(struct imapsrv_ledger *ledger)
{
	struct isrv_snapshot *snap = &ledger->snap;
	struct isrv_change change = {0, isrv_uidset_view(&snap->gone), {NULL, 0}, snap->rows,
	                             snap->row_count};
	struct imapsrv_ledger_diff diff = {sizeof(diff), 0, isrv_uidset_view(&snap->added),
	                                   isrv_uidset_view(&snap->changed), change.gone};
	int error;

	if (!snap->row_count && !snap->gone.count)
		return 0;
	error = isrv_ledger_commit(ledger, &change);
	if (error)
		return error;
	snap->stale = true;
	if (snap->diff) {
		diff.modseq = change.modseq;
		ledger->busy = true;
		snap->diff(snap->user, &diff);
		ledger->busy = false;
	}
	isrv_uidset_empty(&snap->added);
	isrv_uidset_empty(&snap->changed);
	isrv_uidset_empty(&snap->gone);
	snap->row_count = 0;
	return 0;
}

/* The known message at or above `next`, which is not above UINT32_MAX. */
static const struct isrv_msg *at_next(struct imapsrv_ledger *ledger)
{
	struct isrv_snapshot *snap = &ledger->snap;

	if (snap->stale) {
		snap->place = isrv_msgtab_seek(&ledger->tab, (uint32_t)snap->next);
		snap->stale = false;
	}
	return isrv_msgtab_at(&ledger->tab, &snap->place);
}

/* Known messages below were passed over by the host. */
static int pass(struct imapsrv_ledger *ledger, uint64_t below)
{
	struct isrv_snapshot *snap = &ledger->snap;
	int error;

	while (snap->next < below) {
		const struct isrv_msg *msg = at_next(ledger);

		if (!msg || msg->uid >= below) {
			snap->next = below;
			break;
		}
		if (snap->gone.count == BATCH) {
			error = flush(ledger);
			if (error)
				return error;
			continue;
		}
		if (!isrv_uidset_add(&snap->gone, &ledger->mem, msg->uid, msg->uid))
			return IMAPSRV_ENOMEM;
		snap->next = (uint64_t)msg->uid + 1;
		snap->place.index++;
	}
	return 0;
}

static int may_go_on(const struct imapsrv_ledger *ledger)
{
	if (!ledger)
		return IMAPSRV_EINVAL;
	if (ledger->busy)
		return IMAPSRV_EREENTER;
	return ledger->snap.active ? 0 : IMAPSRV_ESTATE;
}

int imapsrv_ledger_snapshot_row(struct imapsrv_ledger *ledger, uint32_t uid, uint64_t fingerprint)
{
	struct isrv_snapshot *snap;
	const struct isrv_msg *msg;
	struct isrv_uidset *differs = NULL;
	int error = may_go_on(ledger);

	if (error)
		return error;
	snap = &ledger->snap;
	if (uid < snap->next)
		return IMAPSRV_EINVAL;
	error = pass(ledger, uid);
	if (!error && snap->row_count == BATCH)
		error = flush(ledger);
	if (error)
		return error;
	msg = at_next(ledger);
	if (!msg || msg->uid != uid)
		differs = &snap->added;
	else if (fingerprint != IMAPSRV_LEDGER_UNKNOWN && fingerprint != isrv_msg_print(msg))
		differs = &snap->changed;
	if (differs) {
		if (!isrv_uidset_add(differs, &ledger->mem, uid, uid))
			return IMAPSRV_ENOMEM;
		snap->rows[snap->row_count++] = (struct imapsrv_ledger_row){uid, fingerprint, 0};
	}
	if (msg && msg->uid == uid)
		snap->place.index++;
	snap->next = (uint64_t)uid + 1;
	return 0;
}

int imapsrv_ledger_snapshot_end(struct imapsrv_ledger *ledger)
{
	int error = may_go_on(ledger);

	if (!error)
		error = pass(ledger, (uint64_t)UINT32_MAX + 1);
	if (!error)
		error = flush(ledger);
	if (!error)
		isrv_snapshot_clear(ledger);
	return error;
}

void imapsrv_ledger_snapshot_abort(struct imapsrv_ledger *ledger)
{
	if (ledger && !ledger->busy)
		isrv_snapshot_clear(ledger);
}
