/* SPDX-License-Identifier: MIT */
/*
 * host/hostileshape - answers of the test store that are structures, and how they can be spoiled.
 */
#include "host/hostileanswer.h"

#include <string.h>

/* ---- account --------------------------------------------------------------------------- */

static int give_account(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_account(op, a->data ? &a->u.account : NULL);
}

static void spoil_account(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_account *x = &a->u.account;

	if (trick == TS_NOTHING)
		a->data = NULL;
	if (trick == TS_OLD)
		x->size = 0;
	if (trick == TS_ODD_TEXT)
		x->separator = '\n';
	if (trick == TS_HIGH)
		x->separator = (char)0xff;
}

int ts_say_account(struct imapsrv_op *op, const struct imapsrv_account *account)
{
	struct ts_answer a = {.kind = "account", .give = give_account, .spoil = spoil_account, .data = account, .u.account = *account, .handle = account->handle};

	return ts_say(op, &a);
}

/* ---- name ------------------------------------------------------------------------------ */

static int give_name(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_name(op, a->data ? &a->u.name : NULL);
}

static void spoil_name(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_name *x = &a->u.name;

	if (trick == TS_NOTHING)
		a->data = NULL;
	x->name = ts_spoiled_text(x->name, trick);
	x->attributes = ts_spoiled_word(x->attributes, trick);
	x->rights = ts_spoiled_word(x->rights, trick);
}

int ts_say_name(struct imapsrv_op *op, const struct imapsrv_name *name)
{
	struct ts_answer a = {.kind = "name", .give = give_name, .spoil = spoil_name, .data = name, .u.name = *name};

	return ts_say(op, &a);
}

/* ---- mailbox --------------------------------------------------------------------------- */

static int give_mailbox(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_mailbox(op, a->data ? &a->u.mailbox : NULL);
}

static void spoil_mailbox(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_mailbox *x = &a->u.mailbox;

	if (trick == TS_NOTHING)
		a->data = NULL;
	if (trick == TS_OLD)
		x->size = 0;
	x->uidvalidity = ts_spoiled_word(x->uidvalidity, trick);
	x->uidnext = ts_spoiled_word(x->uidnext, trick);
	x->permanent_flags = ts_spoiled_word(x->permanent_flags, trick);
	x->recent_from = ts_spoiled_word(x->recent_from, trick);
	x->first_unseen = ts_spoiled_word(x->first_unseen, trick);
	x->highest_modseq = ts_spoiled_number(x->highest_modseq, trick);
	x->append_limit = ts_spoiled_number(x->append_limit, trick);
	x->annotations = ts_spoiled_word(x->annotations, trick);
	x->annotation_size = ts_spoiled_number(x->annotation_size, trick);
	x->mailboxid = ts_spoiled_text(x->mailboxid, trick);
	if (trick == TS_ODD_TEXT || trick == TS_LONG_TEXT) {
		a->second_text[0] = a->second_text[1] = ts_spoiled_text(x->mailboxid, trick);
		x->keywords = a->second_text;
		x->keyword_count = 2;
	}
}

int ts_say_mailbox(struct imapsrv_op *op, const struct imapsrv_mailbox *mailbox)
{
	struct ts_answer a = {.kind = "mailbox", .give = give_mailbox, .spoil = spoil_mailbox, .data = mailbox, .u.mailbox = *mailbox, .handle = mailbox->handle};

	return ts_say(op, &a);
}

/* ---- row ------------------------------------------------------------------------------- */

static int give_row(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_row(op, a->data ? &a->u.row : NULL);
}

static void spoil_row(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_row *x = &a->u.row;

	if (trick == TS_NOTHING)
		a->data = NULL;
	if (trick == TS_LOW || trick == TS_HIGH)
		x->uid = ts_spoiled_word(x->uid, trick);
	x->flags.system = ts_spoiled_word(x->flags.system, trick);
	x->modseq = ts_spoiled_number(x->modseq, trick);
	x->octets = ts_spoiled_number(x->octets, trick);
	if (trick == TS_HIGH) {
		x->date = x->save_date = INT64_MAX;
		x->zone = x->save_zone = INT32_MAX;
	}
	x->preview = ts_spoiled_text(x->preview, trick);
	x->description = ts_spoiled_text(x->description, trick);
	if (trick == TS_TURNED) {
		x->uid++;
		x->octets += 7;
		x->date = x->save_date = INT64_MIN;
		x->zone = x->save_zone = INT32_MIN;
	}
	if (x->facts & IMAPSRV_FACT_EMAILID)
		x->emailid = ts_spoiled_text(x->emailid, trick);
	if (x->facts & IMAPSRV_FACT_THREADID)
		x->threadid = ts_spoiled_text(x->threadid, trick);
	if (trick == TS_ODD_TEXT || trick == TS_LONG_TEXT) {
		a->second_text[0] = a->second_text[1] = ts_spoiled_text(x->preview, trick);
		x->flags.keywords = a->second_text;
		x->flags.keyword_count = 2;
	}
}

int ts_say_row(struct imapsrv_op *op, const struct imapsrv_row *row)
{
	struct ts_answer a = {.kind = "row", .give = give_row, .spoil = spoil_row, .data = row, .u.row = *row};

	return ts_say(op, &a);
}

/* ---- status ---------------------------------------------------------------------------- */

static int give_status(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_status(op, a->data ? &a->u.status : NULL);
}

static void spoil_status(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_status *x = &a->u.status;

	if (trick == TS_NOTHING)
		a->data = NULL;
	x->messages = ts_spoiled_word(x->messages, trick);
	x->uidnext = ts_spoiled_word(x->uidnext, trick);
	x->uidvalidity = ts_spoiled_word(x->uidvalidity, trick);
	x->unseen = ts_spoiled_word(x->unseen, trick);
	x->deleted = ts_spoiled_word(x->deleted, trick);
	x->recent = ts_spoiled_word(x->recent, trick);
	x->octets = ts_spoiled_number(x->octets, trick);
	x->highest_modseq = ts_spoiled_number(x->highest_modseq, trick);
	x->append_limit = ts_spoiled_number(x->append_limit, trick);
	x->deleted_octets = ts_spoiled_number(x->deleted_octets, trick);
	x->mailboxid = ts_spoiled_text(x->mailboxid, trick);
	x->items = trick == TS_OLD ? 0 : x->items;
}

int ts_say_status(struct imapsrv_op *op, const struct imapsrv_status *status)
{
	struct ts_answer a = {.kind = "status", .give = give_status, .spoil = spoil_status, .data = status, .u.status = *status};

	return ts_say(op, &a);
}

/* ---- entry ----------------------------------------------------------------------------- */

static int give_entry(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_entry(op, a->data ? &a->u.entry : NULL);
}

static void spoil_entry(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_entry *x = &a->u.entry;

	if (trick == TS_NOTHING)
		a->data = NULL;
	if (trick != TS_LONG_TEXT)
		x->name = ts_spoiled_text(x->name, trick);
	x->value = ts_spoiled_text(x->value, trick);
}

int ts_say_entry(struct imapsrv_op *op, const struct imapsrv_entry *entry)
{
	struct ts_answer a = {.kind = "entry", .give = give_entry, .spoil = spoil_entry, .data = entry, .u.entry = *entry};

	return ts_say(op, &a);
}

/* ---- quota ----------------------------------------------------------------------------- */

static int give_quota(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_quota(op, a->data ? &a->u.quota : NULL);
}

static void spoil_quota(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_quota_root *x = &a->u.quota;

	if (trick == TS_NOTHING)
		a->data = NULL;
	if (trick == TS_OLD)
		x->size = 0;
	x->name = ts_spoiled_text(x->name, trick);
	x->limited = ts_spoiled_word(x->limited, trick);
	for (int i = 0; i < IMAPSRV_RESOURCES; i++)
		x->usage[i] = ts_spoiled_number(x->usage[i], trick);
}

int ts_say_quota(struct imapsrv_op *op, const struct imapsrv_quota_root *root)
{
	struct ts_answer a = {.kind = "quota", .give = give_quota, .spoil = spoil_quota, .data = root, .u.quota = *root};

	return ts_say(op, &a);
}

/* ---- keys ------------------------------------------------------------------------------ */

static int give_keys(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_keys(op, a->data ? &a->u.keys : NULL);
}

static void spoil_keys(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_scram_keys *x = &a->u.keys;

	if (trick == TS_NOTHING)
		a->data = NULL;
	if (trick == TS_OLD)
		x->size = 0;
	x->iterations = ts_spoiled_word(x->iterations, trick);
	x->salt_len = trick == TS_LOW ? 0 : trick == TS_HIGH ? 65 : x->salt_len;
}

int ts_say_keys(struct imapsrv_op *op, const struct imapsrv_scram_keys *keys)
{
	struct ts_answer a = {.kind = "keys", .give = give_keys, .spoil = spoil_keys, .data = keys, .u.keys = *keys};

	return ts_say(op, &a);
}

/* ---- acl ------------------------------------------------------------------------------- */

static int give_acl(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_acl(op, a->data ? &a->u.acl : NULL);
}

static void spoil_acl(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_acl_entry *x = &a->u.acl;

	if (trick == TS_NOTHING)
		a->data = NULL;
	x->identifier = ts_spoiled_text(x->identifier, trick);
	x->mailbox = ts_spoiled_text(x->mailbox, trick);
	x->rights = ts_spoiled_word(x->rights, trick);
}

int ts_say_acl(struct imapsrv_op *op, const struct imapsrv_acl_entry *entry)
{
	struct ts_answer a = {.kind = "acl", .give = give_acl, .spoil = spoil_acl, .data = entry, .u.acl = *entry};

	return ts_say(op, &a);
}

/* ---- annotation ------------------------------------------------------------------------ */

static int give_annotation(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_annotation(op, (uint32_t)a->number, a->data ? &a->u.annotation : NULL);
}

static void spoil_annotation(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_annotation *x = &a->u.annotation;

	if (trick == TS_NOTHING)
		a->data = NULL;
	a->number = ts_spoiled_number(a->number, trick);
	x->given = ts_spoiled_word(x->given, trick);
	x->entry = ts_spoiled_text(x->entry, trick);
	x->priv = ts_spoiled_text(x->priv, trick);
}

int ts_say_annotation(struct imapsrv_op *op, uint32_t uid, const struct imapsrv_annotation *annotation)
{
	struct ts_answer a = {.kind = "annotation", .give = give_annotation, .spoil = spoil_annotation, .number = uid, .data = annotation, .u.annotation = *annotation};

	return ts_say(op, &a);
}
