/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scene_leave - sessions that end, and what stays of them: what they did, and sessions
 * that are put away as octets and come back (imapsrv/saved.h); and questions that change nothing,
 * of the clock, CHECK and IDLE.
 */
#include <string.h>

#include "imapsrv/saved.h"
#include "storecheck/check.h"

/* ---- logout ------------------------------------------------------------------------------ */

static bool is_subscribed(struct isrv_sc_client *k, const char *name)
{
	return isrv_sc_need(k, ISRV_SC_LIST_SUBSCRIBED, "LIST (SUBSCRIBED) \"\" %s", name) &&
	       k->told.line_count;
}

/* What a session did stays, and other sessions of the account go on. */
static void log_out(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0], *other = &c->clients[1];
	struct isrv_sc_box *box = &c->boxes[0];
	bool subscribes = c->has_subscribe && c->has_mailboxes;

	if (!isrv_sc_stage(c, 2, 3))
		return;
	if (subscribes)
		isrv_sc_need(k, ISRV_SC_LIST_SUBSCRIBED, "SUBSCRIBE %s", box->name);
	isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u +FLAGS (\\Deleted)",
	             box->messages[0].uid);
	box->messages[0].flags |= IMAPSRV_DELETED;
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "LOGOUT");
	isrv_sc_disconnect(k);
	isrv_sc_look(other);
	isrv_sc_compare(other, &(struct isrv_sc_blames){
		ISRV_SC_LOGOUT_KEEPS, ISRV_SC_LOGOUT_KEEPS, ISRV_SC_LOGOUT_KEEPS,
		ISRV_SC_LOGOUT_KEEPS, ISRV_SC_LOGOUT_KEEPS});
	if (!isrv_sc_live(c) || !isrv_sc_connect(c, 0, false))
		return;
	if (subscribes)
		isrv_sc_want(c, is_subscribed(k, box->name), ISRV_SC_LOGOUT_KEEPS,
		             "%s was subscribed to, and is not when the session has gone",
		             box->name);
	isrv_sc_select(k, box, "SELECT");
	isrv_sc_compare(k, &isrv_sc_fetching);
}

/* ---- saved sessions ---------------------------------------------------------------------- */

/* The session as octets, in `to`. */
static bool save(struct isrv_sc_client *k, struct isrv_buf *to)
{
	static const struct imapsrv_span label = {"kit", 3};
	struct isrv_sc *c = k->c;
	size_t len = 0;
	int rc = imapsrv_session_save(k->session, label, NULL, 0, &len);

	while (rc == IMAPSRV_ETOOBIG && to->len < len && isrv_sc_live(c))
		isrv_sc_add(c, to, "", 1);
	rc = imapsrv_session_save(k->session, label, to->data, to->len, &len);
	return rc ? isrv_sc_pass(c, "a session that can be saved now") : true;
}

/* In place of the session that is gone; the client has seen no difference yet. */
static bool come_back(struct isrv_sc_client *k, const struct isrv_buf *saved)
{
	struct isrv_sc *c = k->c;

	k->session = c->check.restore(c->check.user, c->engine,
	                              (struct imapsrv_span){saved->data, saved->len});
	isrv_sc_want(c, k->session, ISRV_SC_SAVED_BACK, "a session that was saved is not restored");
	isrv_sc_settle(c);
	return isrv_sc_want(c, !k->ended, ISRV_SC_SAVED_BACK,
	                    "a session that was saved ends when it is restored");
}

/* Puts the session away; `between` is what happens until it is back. */
static bool put_away(struct isrv_sc_client *k, void (*between)(struct isrv_sc *c))
{
	struct isrv_sc *c = k->c;
	struct isrv_sc_box *box = k->box;
	struct isrv_buf saved;
	bool back = false;

	if (!isrv_sc_live(c))
		return false;
	isrv_buf_init(&saved, 1u << 20);
	if (save(k, &saved)) {
		c->check.disconnect(c->check.user, k->session);
		k->session = NULL;
		between(c);
		back = isrv_sc_live(c) && come_back(k, &saved);
		k->box = box;
	}
	isrv_buf_clear(&saved, &c->mem);
	return back;
}

static void nothing(struct isrv_sc *c)
{
	(void)c;
}

static void process_ends(struct isrv_sc *c)
{
	if (c->check.restart)
		isrv_sc_want(c, !c->check.restart(c->check.user), ISRV_SC_RESTART_MAIL,
		             "the store did not come back");
}

/* One more, one less, one with other flags. */
static void others_work(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[1];
	struct isrv_sc_box *box = &c->boxes[0];
	uint32_t uid = box->messages[1].uid;

	isrv_sc_fill(k, box, 1);
	isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u FLAGS (\\Flagged)",
	             box->messages[0].uid);
	box->messages[0].flags = IMAPSRV_FLAGGED;
	if (isrv_sc_doom(k, uid))
		isrv_sc_remove(k, uid);
}

static void saved(struct isrv_sc *c)
{
	static const struct isrv_sc_blames blames = {ISRV_SC_SAVED_BACK, ISRV_SC_SAVED_BACK,
	                                             ISRV_SC_SAVED_BACK, ISRV_SC_SAVED_BACK,
	                                             ISRV_SC_SAVED_BACK};
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 4) || !isrv_sc_compare(k, &isrv_sc_fetching) ||
	    !put_away(k, nothing))
		return;
	isrv_sc_need(k, ISRV_SC_SAVED_BACK, "NOOP");
	isrv_sc_compare(k, &blames);
	isrv_sc_compare_bodies(k, ISRV_SC_SAVED_BACK);
	if (!put_away(k, process_ends))
		return;
	isrv_sc_need(k, ISRV_SC_SAVED_BACK, "NOOP");
	isrv_sc_compare(k, &blames);
	/* It goes on as any other. */
	isrv_sc_fill(k, k->box, 1);
	isrv_sc_look(k);
	isrv_sc_compare(k, &blames);
}

static void saved_meanwhile(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 2, 4) || !isrv_sc_compare(k, &isrv_sc_fetching) ||
	    !put_away(k, others_work))
		return;
	isrv_sc_need(k, ISRV_SC_SAVED_BACK, "NOOP");
	isrv_sc_compare_seen(k, ISRV_SC_SAVED_TOLD, ISRV_SC_SAVED_TOLD, ISRV_SC_SAVED_TOLD);
	isrv_sc_look(k);
	isrv_sc_compare(k, &isrv_sc_fetching);
}

/* ---- questions that change nothing ------------------------------------------------------- */

/* CHECK (RFC 3501 6.4.1): a checkpoint, and no expunge; IDLE. */
static void check(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];
	struct isrv_sc_message *m;

	if (!isrv_sc_stage(c, 1, 4))
		return;
	m = &k->box->messages[2];
	isrv_sc_need(k, ISRV_SC_STORE_FLAGS, "UID STORE %u FLAGS (\\Deleted)", m->uid);
	m->flags = IMAPSRV_DELETED;
	isrv_sc_need(k, ISRV_SC_CHECK_KEEPS, "CHECK");
	isrv_sc_say(k, "IDLE");
	if (isrv_sc_await(k) && k->told.status == ISRV_SC_MORE)
		isrv_sc_more(k, "DONE\r\n", 6);
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_compare(k, &(struct isrv_sc_blames){ISRV_SC_CHECK_KEEPS, ISRV_SC_CHECK_KEEPS,
	                                            ISRV_SC_CHECK_KEEPS, ISRV_SC_CHECK_KEEPS,
	                                            ISRV_SC_CHECK_KEEPS});
}

/* RFC 5032: by the clock of the host, the message came just now. */
static void age(struct isrv_sc *c)
{
	struct isrv_sc_client *k = &c->clients[0];

	if (!isrv_sc_stage(c, 1, 0) || !isrv_sc_offers(k, ISRV_SC_WITHIN))
		return;
	isrv_sc_append(k, k->box, isrv_sc_new_content(c), 0, NULL);
	isrv_sc_append(k, k->box, isrv_sc_new_content(c), 0, "17-Jul-1996 02:44:25 -0700");
	isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "NOOP");
	isrv_sc_need(k, ISRV_SC_CLOCK_NOW, "UID SEARCH YOUNGER 86400");
	isrv_sc_want(c, k->told.found.count == 1 && k->told.found.v[0] == k->box->messages[0].uid,
	             ISRV_SC_CLOCK_NOW,
	             "of a message that came just now and one of 1996, %u are younger than a day",
	             (unsigned)k->told.found.count);
	isrv_sc_need(k, ISRV_SC_CLOCK_NOW, "UID SEARCH OLDER 86400");
	isrv_sc_want(c, k->told.found.count == 1 && k->told.found.v[0] == k->box->messages[1].uid,
	             ISRV_SC_CLOCK_NOW,
	             "of a message that came just now and one of 1996, %u are older than a day",
	             (unsigned)k->told.found.count);
}

const struct isrv_sc_scene isrv_sc_scenes_leave[] = {
	{"logout", "write two", log_out},
	{"check", "write", check},
	{"age", "write clock", age},
	{NULL, NULL, NULL},
};

const struct isrv_sc_scene isrv_sc_scenes_saved[] = {
	{"saved", "write restore", saved},
	{"saved, and others", "write two restore", saved_meanwhile},
	{NULL, NULL, NULL},
};
