/* SPDX-License-Identifier: MIT */
/*
 * session/op_mailboxes - answers about users, and about mailboxes as a whole: their names, what
 * they hold, their rights, quotas, metadata, and keys for URLs.  Where rights come along with an
 * answer, they decide whether it is given on (session/access).
 */
#include <string.h>

#include "base/entry.h"
#include "base/objectid.h"
#include "base/told.h"
#include "base/utf8.h"
#include "session/access.h"
#include "session/modseq.h"
#include "session/op_answer.h"

/* ---- users --------------------------------------------------------------------------------- */

int imapsrv_op_account(struct imapsrv_op *op, const struct imapsrv_account *account)
{
	struct imapsrv_session *s;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_LOGIN) | ISRV_OP_BIT(ISRV_OP_SASL)))
		return IMAPSRV_ESTATE;
	s = isrv_op_session(op);
	if (!account || account->size < sizeof(size_t) || s->has_account)
		return isrv_op_nonsense(op, "an account that makes no sense");
	isrv_session_take_account(s, account);
	return 0;
}

int imapsrv_op_challenge(struct imapsrv_op *op, const void *data, size_t len)
{
	struct imapsrv_span span = {data, len};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_SASL)))
		return IMAPSRV_ESTATE;
	if (!isrv_op_is_span(span))
		return isrv_op_nonsense(op, "a challenge that is not there");
	return isrv_op_deliver(op, &span);
}

int imapsrv_op_keys(struct imapsrv_op *op, const struct imapsrv_scram_keys *keys)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_KEYS)))
		return IMAPSRV_ESTATE;
	if (!keys || keys->size < sizeof(*keys) || !keys->salt || !keys->salt_len ||
	    keys->salt_len > 64 || keys->iterations < 4096)
		return isrv_op_nonsense(op, "keys without a salt, or with too few iterations");
	return isrv_op_deliver(op, keys);
}

/* ---- rights -------------------------------------------------------------------------------- */

/* Takes the rights that came with an answer, as far as there are such.  What cannot be is
 * reported. */
static uint32_t known_rights(struct imapsrv_session *s, uint32_t rights)
{
	uint32_t known = IMAPSRV_RIGHTS_STANDARD | s->engine->acl.others;

	if (rights & ~known)
		isrv_session_fault(s, "rights that the host does not have");
	return rights & known;
}

/* May the mailbox be read, by these rights?  If not, its op ends with a refusal. */
static bool is_readable(struct imapsrv_session *s, uint32_t *rights)
{
	if (!isrv_access_is_kept(s)) {
		*rights = UINT32_MAX;
		return true;
	}
	*rights = known_rights(s, *rights);
	s->result.denied = isrv_access_code(*rights, ISRV_DO_READ);
	return s->result.denied == IMAPSRV_OK;
}

static bool is_name(struct imapsrv_span name)
{
	return isrv_op_is_span(name) && isrv_utf8_is_name(name.data, name.len);
}

int imapsrv_op_rights(struct imapsrv_op *op, uint32_t rights)
{
	struct imapsrv_session *s;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_RIGHTS)))
		return IMAPSRV_ESTATE;
	s = isrv_op_session(op);
	if (s->result.access.told)
		return isrv_op_nonsense(op, "rights were told twice");
	s->result.access.told = true;
	s->result.access.rights = known_rights(s, rights);
	return s->error;
}

int imapsrv_op_acl(struct imapsrv_op *op, const struct imapsrv_acl_entry *entry)
{
	struct imapsrv_acl_entry copy;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_ACL)))
		return IMAPSRV_ESTATE;
	if (!entry || !entry->identifier.len || !is_name(entry->identifier) ||
	    !is_name(entry->mailbox))
		return isrv_op_nonsense(op,
		                        "an entry of a list without an identifier that can be one");
	copy = *entry;
	copy.rights = known_rights(isrv_op_session(op), entry->rights);
	return isrv_op_deliver(op, &copy);
}

int imapsrv_op_grantable(struct imapsrv_op *op, uint32_t always, const uint32_t *tied, size_t count)
{
	struct isrv_op_grantable answer = {always, tied, count};
	uint32_t seen = always, known = IMAPSRV_RIGHTS_STANDARD;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_GRANTABLE)))
		return IMAPSRV_ESTATE;
	known |= isrv_op_session(op)->engine->acl.others;
	if (!tied && count)
		return isrv_op_nonsense(op, "rights that could be given and are not there");
	for (size_t i = 0; i < count; i++) {
		if (!tied[i] || tied[i] & seen)
			return isrv_op_nonsense(op, "rights that could be given twice, or none");
		seen |= tied[i];
	}
	if (seen & ~known)
		return isrv_op_nonsense(op, "rights that the host does not have");
	return isrv_op_deliver(op, &answer);
}

/* ---- mailboxes ----------------------------------------------------------------------------- */

int imapsrv_op_name(struct imapsrv_op *op, const struct imapsrv_name *name)
{
	struct imapsrv_name copy = {{NULL, 0}, 0, UINT32_MAX};
	struct imapsrv_session *s;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_LIST)))
		return IMAPSRV_ESTATE;
	if (!name || !name->name.len || !is_name(name->name))
		return isrv_op_nonsense(op,
			"a mailbox name that is empty or not UTF-8 without controls");
	copy.name = name->name;
	copy.attributes = name->attributes;
	s = isrv_op_session(op);
	if (isrv_access_is_kept(s)) {
		copy.rights = known_rights(s, name->rights);
		/* What is hidden counts no steps either: they show in INPROGRESS. */
		if (!isrv_access_name(&copy))
			return s->error;
		s->steps++;
	}
	return isrv_op_deliver(op, &copy);
}

int imapsrv_op_mailbox(struct imapsrv_op *op, const struct imapsrv_mailbox *mailbox)
{
	struct imapsrv_mailbox copy = IMAPSRV_MAILBOX_INIT;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_OPEN)))
		return IMAPSRV_ESTATE;
	if (!mailbox || mailbox->size < sizeof(size_t))
		return isrv_op_nonsense(op, "a mailbox without a size");
	memcpy(&copy, mailbox, mailbox->size < sizeof(copy) ? mailbox->size : sizeof(copy));
	if (!is_readable(isrv_op_session(op), &copy.rights))
		return isrv_op_session(op)->error;
	if (!copy.uidvalidity || !copy.uidnext) {
		/* The handle is taken all the same, so that it is given back. */
		isrv_session_fault(isrv_op_session(op), "UIDVALIDITY and UIDNEXT cannot be 0");
		copy.uidvalidity = copy.uidvalidity ? copy.uidvalidity : 1;
		copy.uidnext = copy.uidnext ? copy.uidnext : 1;
	}
	if (!isrv_op_has_keywords(isrv_op_session(op), copy.keywords, copy.keyword_count))
		copy.keyword_count = 0;
	if (!isrv_op_session(op)->engine->store.modseqs)
		copy.highest_modseq = 0;
	if (!isrv_op_session(op)->engine->store.append_limits)
		copy.append_limit = UINT64_MAX;
	if (!isrv_op_has_objectid(isrv_op_session(op), copy.mailboxid))
		copy.mailboxid.len = 0;
	if (copy.highest_modseq > ISRV_MODSEQ_MAX) {
		isrv_session_fault(isrv_op_session(op), "a modification sequence above 2^63-1");
		copy.highest_modseq = 0;
	}
	return isrv_op_deliver(op, &copy);
}

int imapsrv_op_status(struct imapsrv_op *op, const struct imapsrv_status *status)
{
	struct imapsrv_status copy;

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_STATUS)))
		return IMAPSRV_ESTATE;
	if (!status)
		return isrv_op_nonsense(op, "no status");
	isrv_told_status(&copy, status);
	if (isrv_access_is_kept(isrv_op_session(op)))
		copy.rights = status->rights;
	if (!is_readable(isrv_op_session(op), &copy.rights))
		return isrv_op_session(op)->error;
	if (copy.items & IMAPSRV_STATUS_MAILBOXID &&
	    !isrv_op_has_objectid(isrv_op_session(op), copy.mailboxid)) {
		copy.items &= ~(uint32_t)IMAPSRV_STATUS_MAILBOXID;
		copy.mailboxid.len = 0;
	}
	/* nz-number (RFC 9051 9, status-att-val): what was not told is counted. */
	if ((copy.items & IMAPSRV_STATUS_UIDNEXT && !copy.uidnext) ||
	    (copy.items & IMAPSRV_STATUS_UIDVALIDITY && !copy.uidvalidity)) {
		isrv_session_fault(isrv_op_session(op), "UIDVALIDITY and UIDNEXT cannot be 0");
		copy.items &= ~(uint32_t)(IMAPSRV_STATUS_UIDNEXT | IMAPSRV_STATUS_UIDVALIDITY);
	}
	if (status->items & IMAPSRV_STATUS_HIGHESTMODSEQ &&
	    status->highest_modseq > ISRV_MODSEQ_MAX) {
		copy.highest_modseq = 0;
		isrv_session_fault(isrv_op_session(op), "a modification sequence above 2^63-1");
	}
	return isrv_op_deliver(op, &copy);
}

int imapsrv_op_mailboxid(struct imapsrv_op *op, struct imapsrv_span mailboxid)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_CREATE)))
		return IMAPSRV_ESTATE;
	if (!isrv_op_is_span(mailboxid) || !isrv_objectid_is(mailboxid))
		return isrv_op_nonsense(op,
			"an object identifier that is not 1 to 255 of A-Z a-z 0-9 _ -");
	return isrv_op_session(op)->engine->store.objectids ? isrv_op_deliver(op, &mailboxid) : 0;
}

static bool is_quota(const struct imapsrv_quota_root *root)
{
	if (!root || root->size < sizeof(*root) || !is_name(root->name))
		return false;
	for (unsigned i = 0; i < IMAPSRV_RESOURCES; i++)
		if (root->limited & IMAPSRV_RESOURCE_BIT(i) &&
		    (root->usage[i] > INT64_MAX || root->limit[i] > INT64_MAX))
			return false;
	return true;
}

int imapsrv_op_quota(struct imapsrv_op *op, const struct imapsrv_quota_root *root)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_QUOTA)))
		return IMAPSRV_ESTATE;
	if (!is_quota(root))
		return isrv_op_nonsense(op,
		                        "a quota root without a name, or a number above 2^63-1");
	if (isrv_op_session(op)->ops.max == ISRV_QUOTA_ROOTS) {
		isrv_session_fault(isrv_op_session(op), "too many quota roots");
		return IMAPSRV_ETOOBIG;
	}
	isrv_op_session(op)->ops.max++;
	return isrv_op_deliver(op, root);
}

int imapsrv_op_entry(struct imapsrv_op *op, const struct imapsrv_entry *entry)
{
	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_METADATA)))
		return IMAPSRV_ESTATE;
	if (!entry || !isrv_op_is_span(entry->name) || !isrv_entry_is_name(entry->name, NULL))
		return isrv_op_nonsense(op, "an entry of metadata without a name that can be one");
	return isrv_op_deliver(op, entry);
}

/* ---- their keys, for URLs ------------------------------------------------------------------ */

int imapsrv_op_url_token(struct imapsrv_op *op, const void *token, size_t len)
{
	struct imapsrv_span span = {token, len};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_URL_TOKEN)))
		return IMAPSRV_ESTATE;
	if (!token || len < IMAPSRV_URL_TOKEN_MIN || len > IMAPSRV_URL_TOKEN_MAX)
		return isrv_op_nonsense(op, "a token that is too short or too long");
	return isrv_op_deliver(op, &span);
}

static bool is_mechanism(const struct imapsrv_session *s, const char *name)
{
	const char *const *known = s->engine->urlauth.mechanisms;

	while (known && *known && strcmp(*known, name) != 0)
		known++;
	return (known && *known) || strcmp(name, "INTERNAL") == 0;
}

int imapsrv_op_url_mechanism(struct imapsrv_op *op, const char *mechanism, const void *data,
                             size_t len)
{
	struct isrv_op_mechanism answer = {mechanism, {data, len}};

	if (!isrv_op_expects(op, ISRV_OP_BIT(ISRV_OP_URL_MECHANISM)))
		return IMAPSRV_ESTATE;
	if (!mechanism || !is_mechanism(isrv_op_session(op), mechanism) || (len && !data) ||
	    len > 1024)
		return isrv_op_nonsense(op,
			"a mechanism that is not one of the engine's, or too much data");
	return isrv_op_deliver(op, &answer);
}
