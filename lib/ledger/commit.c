/* SPDX-License-Identifier: MIT */
/*
 * How a change is made: number, memory, record, and then the change itself.  Replaying a record
 * uses the same two last steps.
 */
#include "ledger/ledger.h"

bool isrv_ledger_prepare(struct imapsrv_ledger *ledger, const struct isrv_change *change,
                         struct isrv_msgtab_spare *spare)
{
	if (!isrv_msgtab_reserve(&ledger->tab, &ledger->mem, change->rows, change->row_count,
	                         spare))
		return false;
	/* No UID that is known is among the vanished: as a rule they need not be searched. */
	if (isrv_tombs_reserve(&ledger->tombs, &ledger->mem, change->rows,
	                       spare->fresh ? change->row_count : 0, change->gone.count))
		return true;
	isrv_msgtab_drop(&ledger->mem, spare);
	return false;
}

void isrv_ledger_apply(struct imapsrv_ledger *ledger, const struct isrv_change *change,
                       struct isrv_msgtab_spare *spare)
{
	if (spare->fresh)
		isrv_tombs_revive(&ledger->tombs, change->rows, change->row_count);
	/* First, since what was reserved fits the table as it was. */
	isrv_msgtab_put(&ledger->tab, &ledger->mem, change->rows, change->row_count, change->modseq,
	                spare);
	isrv_msgtab_touch(&ledger->tab, change->touched, change->modseq);
	isrv_msgtab_remove(&ledger->tab, &ledger->mem, change->gone);
	isrv_tombs_add(&ledger->tombs, change->gone, change->modseq);
	ledger->highest = change->modseq;
	if (ledger->top < ledger->highest)
		ledger->top = ledger->highest;
}

int isrv_ledger_number(struct imapsrv_ledger *ledger, uint64_t *number_r)
{
	uint64_t left = IMAPSRV_MODSEQ_MAX - ledger->highest, top;
	int error;

	if (!left)
		return IMAPSRV_ETOOBIG;
	if (ledger->kept && !ledger->config.synced && ledger->highest >= ledger->top) {
		top = ledger->highest +
		      (left < ledger->config.reserve ? left : ledger->config.reserve);
		error = isrv_ledger_note(ledger, ISRV_RECORD_RESERVE, top, NULL);
		if (error)
			return error;
		ledger->top = top;
	}
	*number_r = ledger->highest + 1;
	return 0;
}

/* Makes the record; it is finished when it is appended. */
static int encode(struct imapsrv_ledger *ledger, const struct isrv_change *change)
{
	struct isrv_record *out = &ledger->out;

	isrv_record_begin(out, &ledger->mem);
	isrv_change_put(out, &ledger->mem, change);
	if (!out->failed)
		return 0;
	/* No number takes more than ten octets: with so many left it was memory. */
	return out->buf.max - out->buf.len < 10 ? IMAPSRV_ETOOBIG : IMAPSRV_ENOMEM;
}

/* Compacts a slot that has grown enough to be worth it.  The change is made: what fails waits. */
static void tidy(struct imapsrv_ledger *ledger)
{
	if (!ledger->kept || ledger->config.manual || ledger->length < ISRV_LEDGER_COMPACT ||
	    ledger->length < ledger->compact_after)
		return;
	if (isrv_ledger_image(ledger) != 0)
		ledger->compact_after = ledger->length * 2;
}

int isrv_ledger_commit(struct imapsrv_ledger *ledger, struct isrv_change *change)
{
	struct isrv_msgtab_spare spare = {NULL, NULL, 0};
	int error;

	error = isrv_ledger_ready(ledger);
	if (!error)
		error = isrv_ledger_number(ledger, &change->modseq);
	if (!error && ledger->kept)
		error = encode(ledger, change);
	if (!error && !isrv_ledger_prepare(ledger, change, &spare))
		error = IMAPSRV_ENOMEM;
	if (!error && ledger->kept)
		error = isrv_ledger_append(ledger, ISRV_RECORD_CHANGE, ledger->config.synced != 0);
	if (!error) {
		isrv_ledger_apply(ledger, change, &spare);
		tidy(ledger);
	}
	isrv_msgtab_drop(&ledger->mem, &spare);
	/* What an unusually large change has left. */
	if (ledger->out.buf.cap > ISRV_LEDGER_COMPACT)
		isrv_record_clear(&ledger->out, &ledger->mem);
	return error;
}
