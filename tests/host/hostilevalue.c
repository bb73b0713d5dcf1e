/* SPDX-License-Identifier: MIT */
/*
 * host/hostilevalue - answers of the test store that are sets, octets and numbers, and how they can be spoiled.
 */
#include "host/hostileanswer.h"

#include <string.h>

/* ---- uids ------------------------------------------------------------------------------ */

static int give_uids(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_uids(op, a->set);
}

static void spoil_uids(struct ts_answer *a, enum ts_trick trick)
{
	a->set = ts_spoiled_set(a->set, trick);
}

int ts_say_uids(struct imapsrv_op *op, struct imapsrv_set uids)
{
	struct ts_answer a = {.kind = "uids", .give = give_uids, .spoil = spoil_uids, .set = uids};

	return ts_say(op, &a);
}

/* ---- lend ------------------------------------------------------------------------------ */

static int give_lend(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_lend(op, a->data, a->len, a->eol, a->handle);
}

static void spoil_lend(struct ts_answer *a, enum ts_trick trick)
{
	/* Longer than the block it cannot be: nobody could see that. */
	if (trick == TS_NOTHING)
		a->data = NULL;
	if (trick == TS_NOTHING || trick == TS_LOW)
		a->len = 0;
	if (trick == TS_TURNED)
		a->len /= 2;
	if (trick == TS_ODD_TEXT)
		a->eol = (enum imapsrv_eol)77;
}

int ts_say_lend(struct imapsrv_op *op, const void *data, size_t len, enum imapsrv_eol eol, void *body)
{
	struct ts_answer a = {.kind = "lend", .give = give_lend, .spoil = spoil_lend, .data = data, .len = len, .eol = eol, .handle = body};

	return ts_say(op, &a);
}

/* ---- pull ------------------------------------------------------------------------------ */

static int give_pull(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_pull(op, a->number, a->eol, a->handle);
}

static void spoil_pull(struct ts_answer *a, enum ts_trick trick)
{
	a->number = trick == TS_TURNED ? a->number / 2 : ts_spoiled_number(a->number, trick);
	if (trick == TS_ODD_TEXT)
		a->number += 10;
}

int ts_say_pull(struct imapsrv_op *op, uint64_t octets, enum imapsrv_eol eol, void *body)
{
	struct ts_answer a = {.kind = "pull", .give = give_pull, .spoil = spoil_pull, .number = octets, .eol = eol, .handle = body};

	return ts_say(op, &a);
}

/* ---- bytes ----------------------------------------------------------------------------- */

static int give_bytes(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_bytes(op, a->data, a->len);
}

static void spoil_bytes(struct ts_answer *a, enum ts_trick trick)
{
	/* Fewer, more than were asked for, others. */
	if (trick == TS_NOTHING || trick == TS_LOW)
		a->len = 0;
	if (trick == TS_TURNED)
		a->len = (a->len + 1) / 2;
	if (trick == TS_HIGH || trick == TS_LONG_TEXT) {
		a->data = ts_long_text;
		a->len = sizeof(ts_long_text);
	}
	/* Text as any other, as far as anybody can tell; NUL would be the message's own. */
	if (trick == TS_ODD_TEXT) {
		a->data = ts_odd_text;
		a->len = a->len < 9 ? a->len : 9;
	}
}

int ts_say_bytes(struct imapsrv_op *op, const void *data, size_t len)
{
	struct ts_answer a = {.kind = "bytes", .give = give_bytes, .spoil = spoil_bytes, .data = data, .len = len};

	return ts_say(op, &a);
}

/* ---- append ---------------------------------------------------------------------------- */

static int give_append(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_append(op, a->handle);
}

static void spoil_append(struct ts_answer *a, enum ts_trick trick)
{
	(void)a;
	(void)trick;
}

int ts_say_append(struct imapsrv_op *op, void *append)
{
	struct ts_answer a = {.kind = "append", .give = give_append, .spoil = spoil_append, .handle = append};

	return ts_say(op, &a);
}

/* ---- appended -------------------------------------------------------------------------- */

static int give_appended(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_appended(op, (uint32_t)a->number, a->set);
}

static void spoil_appended(struct ts_answer *a, enum ts_trick trick)
{
	a->number = ts_spoiled_number(a->number, trick);
	a->set = ts_spoiled_set(a->set, trick);
}

int ts_say_appended(struct imapsrv_op *op, uint32_t uidvalidity, struct imapsrv_set uids)
{
	struct ts_answer a = {.kind = "appended", .give = give_appended, .spoil = spoil_appended, .number = uidvalidity, .set = uids};

	return ts_say(op, &a);
}

/* ---- copied ---------------------------------------------------------------------------- */

static int give_copied(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_copied(op, (uint32_t)a->number, a->set, a->second);
}

static void spoil_copied(struct ts_answer *a, enum ts_trick trick)
{
	a->number = ts_spoiled_number(a->number, trick);
	a->set = ts_spoiled_set(a->set, trick);
	a->second = ts_spoiled_set(a->second, trick);
}

int ts_say_copied(struct imapsrv_op *op, uint32_t uidvalidity, struct imapsrv_set from, struct imapsrv_set to)
{
	struct ts_answer a = {.kind = "copied", .give = give_copied, .spoil = spoil_copied, .number = uidvalidity, .set = from, .second = to};

	return ts_say(op, &a);
}

/* ---- mailboxid ------------------------------------------------------------------------- */

static int give_mailboxid(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_mailboxid(op, (struct imapsrv_span){a->data, a->len});
}

static void spoil_mailboxid(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_span text = ts_spoiled_text((struct imapsrv_span){a->data, a->len}, trick);

	a->data = text.data;
	a->len = text.len;
}

int ts_say_mailboxid(struct imapsrv_op *op, struct imapsrv_span mailboxid)
{
	struct ts_answer a = {.kind = "mailboxid", .give = give_mailboxid, .spoil = spoil_mailboxid, .data = mailboxid.data, .len = mailboxid.len};

	return ts_say(op, &a);
}

/* ---- order ----------------------------------------------------------------------------- */

static int give_order(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_order(op, a->data, a->len);
}

static void spoil_order(struct ts_answer *a, enum ts_trick trick)
{
	static const uint32_t low[] = {0}, high[] = {UINT32_MAX}, turned[] = {3, 2, 2};

	if (trick == TS_NOTHING)
		a->len = 0;
	if (trick == TS_LOW || trick == TS_HIGH || trick == TS_TURNED) {
		a->data = trick == TS_LOW ? low : trick == TS_HIGH ? high : turned;
		a->len = trick == TS_TURNED ? 3 : 1;
	}
}

int ts_say_order(struct imapsrv_op *op, const uint32_t *uids, size_t count)
{
	struct ts_answer a = {.kind = "order", .give = give_order, .spoil = spoil_order, .data = uids, .len = count};

	return ts_say(op, &a);
}

/* ---- thread ---------------------------------------------------------------------------- */

static int give_thread(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_thread(op, a->data, a->len);
}

static void spoil_thread(struct ts_answer *a, enum ts_trick trick)
{
	static const struct imapsrv_thread_member low[] = {{0, 3}, {0, 0}};
	static const struct imapsrv_thread_member high[] = {{1, UINT32_MAX}, {UINT32_MAX, 0}};
	static const struct imapsrv_thread_member turned[] = {{2, 1}, {1, 0}, {1, 1}, {2, 5}};

	if (trick == TS_NOTHING)
		a->len = 0;
	if (trick == TS_LOW || trick == TS_HIGH || trick == TS_TURNED) {
		a->data = trick == TS_LOW ? low : trick == TS_HIGH ? high : turned;
		a->len = trick == TS_TURNED ? 4 : 2;
	}
}

int ts_say_thread(struct imapsrv_op *op, const struct imapsrv_thread_member *members, size_t count)
{
	struct ts_answer a = {.kind = "thread", .give = give_thread, .spoil = spoil_thread, .data = members, .len = count};

	return ts_say(op, &a);
}

/* ---- found ----------------------------------------------------------------------------- */

static int give_found(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_found(op, a->data, a->set, a->second);
}

static void spoil_found(struct ts_answer *a, enum ts_trick trick)
{
	static const struct imapsrv_search_node foreign;

	if (trick == TS_NOTHING)
		a->data = NULL;
	if (trick == TS_OLD)
		a->data = &foreign;
	a->set = ts_spoiled_set(a->set, trick);
	a->second = ts_spoiled_set(a->second, trick);
}

int ts_say_found(struct imapsrv_op *op, const struct imapsrv_search_node *node, struct imapsrv_set matches,
                 struct imapsrv_set candidates)
{
	struct ts_answer a = {.kind = "found", .give = give_found, .spoil = spoil_found, .data = node, .set = matches, .second = candidates};

	return ts_say(op, &a);
}

/* ---- modseq ---------------------------------------------------------------------------- */

static int give_modseq(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_modseq(op, a->number);
}

static void spoil_modseq(struct ts_answer *a, enum ts_trick trick)
{
	a->number = trick == TS_TURNED ? 1 : ts_spoiled_number(a->number, trick);
}

int ts_say_modseq(struct imapsrv_op *op, uint64_t modseq)
{
	struct ts_answer a = {.kind = "modseq", .give = give_modseq, .spoil = spoil_modseq, .number = modseq};

	return ts_say(op, &a);
}

/* ---- challenge ------------------------------------------------------------------------- */

static int give_challenge(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_challenge(op, a->data, a->len);
}

static void spoil_challenge(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_span text = ts_spoiled_text((struct imapsrv_span){a->data, a->len}, trick);

	a->data = text.data;
	a->len = text.len;
}

int ts_say_challenge(struct imapsrv_op *op, const void *data, size_t len)
{
	struct ts_answer a = {.kind = "challenge", .give = give_challenge, .spoil = spoil_challenge, .data = data, .len = len};

	return ts_say(op, &a);
}

/* ---- rights ---------------------------------------------------------------------------- */

static int give_rights(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_rights(op, (uint32_t)a->number);
}

static void spoil_rights(struct ts_answer *a, enum ts_trick trick)
{
	a->number = ts_spoiled_number(a->number, trick);
}

int ts_say_rights(struct imapsrv_op *op, uint32_t rights)
{
	struct ts_answer a = {.kind = "rights", .give = give_rights, .spoil = spoil_rights, .number = rights};

	return ts_say(op, &a);
}

/* ---- grantable ------------------------------------------------------------------------- */

static int give_grantable(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_grantable(op, (uint32_t)a->number, a->data, a->len);
}

static void spoil_grantable(struct ts_answer *a, enum ts_trick trick)
{
	static const uint32_t all[] = {UINT32_MAX, UINT32_MAX, 1};

	a->number = ts_spoiled_number(a->number, trick);
	if (trick == TS_NOTHING)
		a->len = 0;
	if (trick == TS_HIGH || trick == TS_TURNED) {
		a->data = all;
		a->len = 3;
	}
}

int ts_say_grantable(struct imapsrv_op *op, uint32_t always, const uint32_t *tied, size_t count)
{
	struct ts_answer a = {.kind = "grantable", .give = give_grantable, .spoil = spoil_grantable, .number = always, .data = tied, .len = count};

	return ts_say(op, &a);
}

/* ---- url_token ------------------------------------------------------------------------- */

static int give_url_token(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_url_token(op, a->data, a->len);
}

static void spoil_url_token(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_span text = ts_spoiled_text((struct imapsrv_span){a->data, a->len}, trick);

	a->data = text.data;
	a->len = text.len;
}

int ts_say_url_token(struct imapsrv_op *op, const void *token, size_t len)
{
	struct ts_answer a = {.kind = "url_token", .give = give_url_token, .spoil = spoil_url_token, .data = token, .len = len};

	return ts_say(op, &a);
}

/* ---- url_mechanism --------------------------------------------------------------------- */

static int give_url_mechanism(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_url_mechanism(op, a->text, a->data, a->len);
}

static void spoil_url_mechanism(struct ts_answer *a, enum ts_trick trick)
{
	struct imapsrv_span text = ts_spoiled_text((struct imapsrv_span){a->data, a->len}, trick);

	a->data = text.data;
	a->len = text.len;
	if (trick == TS_NOTHING)
		a->text = NULL;
	if (trick == TS_ODD_TEXT)
		a->text = ts_odd_text;
}

int ts_say_url_mechanism(struct imapsrv_op *op, const char *mechanism, const void *data, size_t len)
{
	struct ts_answer a = {.kind = "url_mechanism", .give = give_url_mechanism, .spoil = spoil_url_mechanism, .text = mechanism, .data = data, .len = len};

	return ts_say(op, &a);
}

/* ---- done ------------------------------------------------------------------------------ */

static int give_done(struct imapsrv_op *op, const struct ts_answer *a)
{
	return imapsrv_op_done(op, (enum imapsrv_code)a->number, a->text);
}

static void spoil_done(struct ts_answer *a, enum ts_trick trick)
{
	if (!ts_long_text[0])
		memset(ts_long_text, 'a', sizeof(ts_long_text));
	ts_long_text[sizeof(ts_long_text) - 1] = '\0';
	if (trick == TS_HIGH || trick == TS_TURNED)
		a->number = trick == TS_HIGH ? 1000 : (uint64_t)-3;
	if (trick == TS_LOW)
		a->number = IMAPSRV_OK;
	if (trick == TS_ODD_TEXT || trick == TS_LONG_TEXT)
		a->text = trick == TS_ODD_TEXT ? ts_odd_text : ts_long_text;
}

int ts_say_done(struct imapsrv_op *op, enum imapsrv_code code, const char *text)
{
	struct ts_answer a = {.kind = "done", .ends = true, .give = give_done, .spoil = spoil_done, .number = (uint64_t)code, .text = text};

	return ts_say(op, &a);
}
