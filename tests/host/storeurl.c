/* SPDX-License-Identifier: MIT */
/*
 * host/storeurl - imapsrv/urlauth.h for the test store, which is the server "example.com".  Its keys
 * are how often they were reset, and its tokens can be worked out by anybody: a test has to know them.
 *
 * It is strict: what is asked about a URL must be what that URL says.
 */
#include "host/teststore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const mechanisms[] = {"XSAMPLE", NULL};
/* What XSAMPLE shows of a new key in the example of RFC 4467 7. */
static const unsigned char sample[] = {0x3f, 0x7e, 0x0e, 0x2a, 0x13, 0xbb, 0x54, 0x49,
                                       0x02, 0x6e, 0xc8, 0x98, 0x63, 0xca, 0xc6, 0x12};

/* ---- tokens ------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t sum, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)data[i]) * UINT64_C(1099511628211);
	return (sum ^ len) * UINT64_C(1099511628211);
}

/* The first octet says how it was made. */
static void make_token(unsigned char token[16], const char *mechanism, const char *owner,
                       const char *mailbox, unsigned era, const char *rump)
{
	uint64_t sum = UINT64_C(14695981039346656037) + era;

	sum = mix(sum, mechanism, strlen(mechanism));
	sum = mix(sum, owner, strlen(owner));
	sum = mix(sum, mailbox, strlen(mailbox));
	sum = mix(sum, rump, strlen(rump));
	token[0] = 1;
	for (size_t i = 1; i < 16; i++) {
		sum = mix(sum, "+", 1);
		token[i] = (unsigned char)(sum >> 32);
	}
}

static void take_digits(unsigned char token[16], const char *digits)
{
	for (size_t i = 0; i < 16; i++) {
		unsigned octet = 0;

		(void)sscanf(digits + 2 * i, "%2x", &octet);
		token[i] = (unsigned char)octet;
	}
}

/* ---- questions ---------------------------------------------------------------------------- */

static struct ts_op *asked(void *user, struct imapsrv_op *op, enum ts_kind kind, void *account,
                           struct imapsrv_span mailbox)
{
	struct ts_op *q = ts_op_new(user, op, kind);

	q->account = ts_handle_of(q->link, ts_kind_names[kind], account, TS_ACCOUNT);
	if (!ts_is_clean(mailbox))
		tx_complain(q->link->ts->log, "%s: a name that is none", ts_kind_names[kind]);
	q->name = ts_op_text(q, mailbox);
	return q;
}

static void check(const struct ts_op *q, const struct imapsrv_url_query *in, bool making)
{
	struct tx_log *log = q->link->ts->log;

	if (!in->owner.len || !in->mailbox.len || !in->uid || !in->application.len)
		tx_complain(log, "%s: of a URL that names no message of nobody",
		            ts_kind_names[q->kind]);
	if (!ts_is_clean(in->owner) || !ts_is_clean(in->grantee) || !ts_is_clean(in->host))
		tx_complain(log, "%s: names that are none", ts_kind_names[q->kind]);
	if (in->port > 65535)
		tx_complain(log, "%s: port %u", ts_kind_names[q->kind], (unsigned)in->port);
	if (making && (!in->rump.len || !in->mechanism))
		tx_complain(log, "urltoken: of nothing");
	if (in->token.len && in->token.len < 16)
		tx_complain(log, "urltoken: %zu octets", in->token.len);
}

static void on_identify(void *user, void *account, struct imapsrv_url_identity *identity)
{
	const struct ts_handle *h = ts_handle_of(user, "identify", account, TS_ACCOUNT);

	ts_enter(user);
	ts_leave(user);
	if (!h)
		return;
	identity->user = (struct imapsrv_span){h->user->name, strlen(h->user->name)};
	identity->anonymous = h->user->anonymous;
	identity->applications = h->user->application_spans;
	identity->application_count = h->user->application_count;
}

static void on_token(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *in)
{
	struct ts_op *q = asked(user, op, TS_URLTOKEN, in->account, in->mailbox);

	check(q, in, true);
	q->second = ts_op_text(q, in->owner);
	q->third = ts_op_text(q, in->rump);
	q->flag = in->token.len != 0;
	q->conditional = in->host.len == 11 && memcmp(in->host.data, "example.com", 11) == 0;
	q->facts = strcmp(in->mechanism, "INTERNAL") != 0;
	ts_op_asked(q);
}

static void on_url_open(void *user, struct imapsrv_op *op, const struct imapsrv_url_query *in)
{
	struct ts_op *q = asked(user, op, TS_URLOPEN, in->account, in->mailbox);
	struct ts_user *owner;
	struct ts_mailbox *m;

	check(q, in, false);
	q->second = ts_op_text(q, in->owner);
	owner = ts_find_user(q->link->ts, q->second);
	m = owner ? ts_find(q->link->ts, owner, q->name) : NULL;
	if (m && !m->hidden) {
		q->mailbox = ts_handle_new(q->link, TS_MAILBOX);
		q->mailbox->mailbox = m;
		q->mailbox->user = owner;
		q->mailbox->name = tx_dup(q->name, strlen(q->name));
		q->mailbox->read_only = true;
	}
	ts_op_asked(q);
}

static void on_reset(void *user, struct imapsrv_op *op, const struct imapsrv_reset_keys *in)
{
	struct ts_op *q = asked(user, op, TS_RESETKEY, in->account, in->mailbox);

	for (size_t i = 0; in->mechanisms[i]; i++)
		if (strcmp(in->mechanisms[i], mechanisms[0]) == 0)
			q->facts = 1;
		else if (strcmp(in->mechanisms[i], "INTERNAL") != 0)
			tx_complain(q->link->ts->log, "resetkey: by %s", in->mechanisms[i]);
	ts_op_asked(q);
}

static void on_describe(void *user, struct imapsrv_op *op, const struct imapsrv_url_mailbox *in)
{
	ts_op_asked(asked(user, op, TS_DESCRIBE, in->account, in->mailbox));
}

void ts_fill_urlauth(const struct ts *ts, struct imapsrv_urlauth *urlauth)
{
	*urlauth = (struct imapsrv_urlauth)IMAPSRV_URLAUTH_INIT;
	if (!ts->urlauth.on)
		return;
	urlauth->identify = on_identify;
	urlauth->token = on_token;
	urlauth->open = on_url_open;
	urlauth->reset = on_reset;
	urlauth->only_secure = ts->urlauth.only_secure;
	if (ts->urlauth.sample) {
		urlauth->mechanisms = mechanisms;
		urlauth->describe = on_describe;
	}
}

/* ---- answers ------------------------------------------------------------------------------ */

static void gave(const struct ts_op *q, int rc)
{
	if (rc && !imapsrv_is_fatal(rc))
		tx_complain(q->link->ts->log, "%s: an answer gave %d (%s)", ts_kind_names[q->kind],
		            rc, imapsrv_strerror(rc));
}

/* A user's mailbox with messages in it; NULL, and a refusal. */
static struct ts_mailbox *find(const struct ts_op *q, const struct ts_user *owner,
                               enum imapsrv_code *code)
{
	struct ts_mailbox *m = owner ? ts_find(q->link->ts, owner, q->name) : NULL;

	*code = IMAPSRV_OK;
	if (m && !m->hidden && !(m->attributes & (IMAPSRV_ATTR_NOSELECT | IMAPSRV_ATTR_NONEXISTENT)))
		return m;
	*code = IMAPSRV_NONEXISTENT;
	return NULL;
}

/* One that its owner may read. */
static struct ts_mailbox *readable(const struct ts_op *q, const struct ts_user *owner,
                                   enum imapsrv_code *code)
{
	struct ts_mailbox *m = find(q, owner, code);

	if (!m || (!m->refused && ts_acl_rights(m, owner) & IMAPSRV_RIGHT_READ))
		return m;
	*code = IMAPSRV_NOPERM;
	return NULL;
}

static void answer_token(struct ts_op *q)
{
	const struct ts_user *owner = ts_find_user(q->link->ts, q->second);
	enum imapsrv_code code;
	const struct ts_mailbox *m = q->flag ? find(q, owner, &code) : readable(q, owner, &code);
	unsigned char token[16];

	if (!q->conditional || (owner && !q->flag && (!q->account || owner != q->account->user))) {
		m = NULL;
		code = IMAPSRV_NOPERM;
	}
	if (!m && !q->flag) {
		imapsrv_op_done(q->op, code, "That is not to be authorized");
		return;
	}
	if (m && *q->link->ts->urlauth.token)
		take_digits(token, q->link->ts->urlauth.token);
	else
		make_token(token, q->facts ? mechanisms[0] : "INTERNAL", q->second, q->name,
		           m ? m->keys + owner->keys : 1000000, q->third);
	gave(q, imapsrv_op_url_token(q->op, token, sizeof(token)));
	imapsrv_op_done(q->op, IMAPSRV_OK, NULL);
}

static void answer_open(struct ts_op *q)
{
	struct imapsrv_mailbox box = IMAPSRV_MAILBOX_INIT;
	const struct ts_user *owner = ts_find_user(q->link->ts, q->second);
	enum imapsrv_code code;
	const struct ts_mailbox *m = find(q, owner, &code);
	bool there = m && q->mailbox && q->mailbox->mailbox == m;

	if (m && m->refused)
		code = IMAPSRV_NOPERM;
	else if (m && !there)
		code = IMAPSRV_UNAVAILABLE;
	box.rights = m ? ts_acl_rights(m, owner) : 0;
	if (q->mailbox && (code != IMAPSRV_OK || !(box.rights & IMAPSRV_RIGHT_READ)))
		ts_handle_close(q->link->ts, q->mailbox);
	if (code != IMAPSRV_OK) {
		imapsrv_op_done(q->op, code, "Not to be read");
		return;
	}
	box.handle = q->mailbox;
	box.uidvalidity = m->uidvalidity;
	box.uidnext = m->uidnext;
	box.read_only = 1;
	box.mailboxid = (struct imapsrv_span){m->id, strlen(m->id)};
	gave(q, imapsrv_op_mailbox(q->op, &box));
	imapsrv_op_done(q->op, IMAPSRV_OK, NULL);
}

/* To all sessions of the user, watching or not. */
static void tell(struct ts_op *q, const struct ts_user *user)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;

	event.type = IMAPSRV_EVENT_KEYS_RESET;
	event.mailbox = (struct imapsrv_span){q->name, strlen(q->name)};
	event.origin = q->link->session;
	for (struct ts_link *link = q->link->ts->links; link; link = link->next)
		for (struct ts_handle *h = q->link->ts->handles; h; h = h->next)
			if (h->kind == TS_ACCOUNT && h->link == link && h->user == user && link->session)
				gave(q, imapsrv_session_post(link->session, &event));
}

static void answer_reset(struct ts_op *q)
{
	struct ts_user *user = q->account ? q->account->user : NULL;
	enum imapsrv_code code = IMAPSRV_OK;
	struct ts_mailbox *m = *q->name ? find(q, user, &code) : NULL;

	if (m && m->refused)
		code = IMAPSRV_NOPERM;
	if (code != IMAPSRV_OK || !user) {
		imapsrv_op_done(q->op, code, "It has no keys");
		return;
	}
	if (m)
		m->keys++;
	else
		user->keys += 1000;
	tell(q, user);
	if (q->facts)
		gave(q, imapsrv_op_url_mechanism(q->op, mechanisms[0], sample, sizeof(sample)));

	imapsrv_op_done(q->op, IMAPSRV_OK, NULL);
}

static void answer_describe(struct ts_op *q)
{
	gave(q, imapsrv_op_url_mechanism(q->op, mechanisms[0], NULL, 0));
	imapsrv_op_done(q->op, IMAPSRV_OK, NULL);
}

void ts_answer_url(struct ts_op *q)
{
	switch (q->kind) {
	case TS_URLTOKEN:
		answer_token(q);
		break;
	case TS_URLOPEN:
		answer_open(q);
		break;
	case TS_RESETKEY:
		answer_reset(q);
		break;
	default:
		answer_describe(q);
		break;
	}
}
