/* SPDX-License-Identifier: MIT */
/*
 * host/exchange - a session is saved, freed, and goes on as another one made of the octets, as when
 * a server replaces itself under its connections.  Its client must not notice.
 */
#include "host/driver.h"

#include <stdlib.h>
#include <string.h>

static const struct ts_handle *handle(const struct td *d, const struct ts_link *link,
                                      enum ts_handle_kind kind)
{
	for (const struct ts_handle *h = d->ts->handles; h; h = h->next)
		if (h->link == link && h->kind == kind)
			return h;
	return NULL;
}

/* Can the mailbox be opened again, and would nobody see that it was? */
static bool opens_again(const struct td *d, const struct ts_link *link)
{
	const struct ts_handle *h = handle(d, link, TS_MAILBOX);
	const struct ts_mailbox *m = h ? h->mailbox : NULL;

	if (!h)
		return true;
	return !m->removed && !m->keep_recent && !m->refused && !m->not_sticky && !d->ts->keeps &&
	       ts_find(d->ts, h->user, h->name) == m && !d->ts->refuse[TS_OPEN].code &&
	       (!m->read_only || h->read_only) &&
	       (ts_acl_rights(m, h->user) & IMAPSRV_RIGHT_READ);
}

static bool save(struct td *d, struct td_session *s)
{
	struct imapsrv_span label = {"label", 5};
	size_t len = 0, again = 0;
	int rc = imapsrv_session_save(s->session, label, NULL, 0, &len);

	tx_clear(&s->saved);
	if (rc == IMAPSRV_ESTATE || imapsrv_is_fatal(rc))
		return false;
	if (rc != IMAPSRV_ETOOBIG || !len) {
		tx_complain(d->log, "save gave %d (%s)", rc, imapsrv_strerror(rc));
		return false;
	}
	/* Exactly enough room, and one octet too few. */
	s->saved.data = tx_realloc(s->saved.data, len + 1);
	s->saved.cap = len + 1;
	rc = imapsrv_session_save(s->session, label, s->saved.data, len - 1, &again);
	if (rc != IMAPSRV_ETOOBIG || again != len)
		tx_complain(d->log, "save into too little room gave %d", rc);
	rc = imapsrv_session_save(s->session, label, s->saved.data, len, &again);
	if (rc || again != len)
		tx_complain(d->log, "save gave %d (%s)", rc, imapsrv_strerror(rc));
	s->saved.len = len;
	return !rc;
}

static void look(struct td *d, const struct td_session *s)
{
	struct imapsrv_saved saved = IMAPSRV_SAVED_INIT;
	struct imapsrv_span name = imapsrv_session_mailbox(s->session);
	const char *why;

	if (imapsrv_saved_look(s->saved.data, s->saved.len, &saved, &why))
		tx_complain(d->log, "saved octets are refused: %s", why);
	else if (saved.state != imapsrv_session_state(s->session) ||
	         saved.mailbox.len != name.len ||
	         (name.len && memcmp(saved.mailbox.data, name.data, name.len) != 0) ||
	         saved.label.len != 5 || memcmp(saved.label.data, "label", 5) != 0)
		tx_complain(d->log, "saved octets do not show what was saved");
}

/* Ends the session and begins the other one; false: it cannot, or memory was short. */
static bool restore(struct td *d, int i, bool up_to_date)
{
	struct td_session *s = &d->sessions[i];
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	const struct ts_handle *account = handle(d, s->link, TS_ACCOUNT);
	struct ts_handle *again = NULL;
	struct imapsrv_account given;
	const char *why = NULL;
	char *user = account ? tx_dup(account->user->name, strlen(account->user->name)) : NULL;
	int rc;

	imapsrv_session_free(s->session);
	s->session = s->link->session = NULL;
	d->ts->hostile.last = NULL;
	if (user && ts_preauth(s->link, user, &given)) {
		restore.account = &given;
		again = given.handle;
	}
	free(user);
	restore.user = s->link;
	restore.up_to_date = up_to_date;
	rc = imapsrv_session_restore(d->engine, &restore, s->saved.data, s->saved.len, &s->session,
	                             &why);
	if (!rc) {
		s->link->session = s->session;
		return true;
	}
	if (!d->faulty || rc != IMAPSRV_ENOMEM)
		tx_complain(d->log, "a saved session is refused: %d, %s", rc, why);
	if (again) /* it is still ours */
		ts_handle_close(d->ts, again);
	ts_watch_end(s->link);
	s->session = NULL;
	return false;
}

static void exchange(struct td *d, int i, bool up_to_date)
{
	struct td_session *s = &d->sessions[i];

	look(d, s);
	if (!restore(d, i, up_to_date))
		return;
	s->exchanges++;
	/* Its clock goes on. */
	s->deadline = imapsrv_session_tick(s->session, d->now);
}

void td_exchange(struct td *d, int i)
{
	struct td_session *s = &d->sessions[i];

	if (!s->session || s->closed || s->error || d->ts->hold || !opens_again(d, s->link))
		return;
	ts_hub_hand_on(s->link); /* no event is missed */
	if (save(d, s))
		exchange(d, i, true);
}

bool td_exchange_asked(struct td *d, int i, bool up_to_date)
{
	struct td_session *s = &d->sessions[i];

	if (!s->session || s->closed || s->error || !save(d, s))
		return false;
	exchange(d, i, up_to_date);
	return true;
}
