/* SPDX-License-Identifier: MIT */
/*
 * storecheck/kit - between the conformance kit and the test host's store.
 */
#include "storecheck/kit.h"

#include "storecheck/finding.h"
#include "storecheck/index.h"
#include "storecheck/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tables sound;

enum { /* the limits of all mail */
	MESSAGES = 100000,
	STORAGE = 1000 * 1024 /* the store rounds what clients set */
};

struct ts *store_of(void *user)
{
	return ((struct ts_link *)user)->ts;
}

struct imapsrv_session *session_of(void *user)
{
	return ((struct ts_link *)user)->session;
}

struct ts_mailbox *named(void *user, struct imapsrv_span name)
{
	char *z = tx_dup(name.data, name.len);
	struct ts_mailbox *m = ts_find(store_of(user), store_of(user)->users, z);

	free(z);
	return m;
}

struct ts_mailbox *newest(void *user)
{
	struct ts_mailbox *last = NULL;

	for (struct ts_mailbox *m = store_of(user)->mailboxes; m; m = m->next)
		last = m->removed ? last : m;
	return last;
}

struct ts_mailbox *box_of(void *handle)
{
	return ((struct ts_handle *)handle)->mailbox;
}

void silence(void *user, bool on)
{
	static struct imapsrv_session *kept[64];
	size_t i = 0;

	for (struct ts_link *l = store_of(user)->links; l && i < 64; l = l->next, i++) {
		if (l == user)
			continue;
		if (on) {
			kept[i] = l->session;
			l->session = NULL;
		} else {
			l->session = kept[i];
		}
	}
}

/* ---- connections ------------------------------------------------------------------------- */

static struct imapsrv_session *on_connect(void *user, struct imapsrv_engine *engine)
{
	struct kit *kit = user;
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	uint64_t *at = kit->code ? &kit->ts->options.fail_at : &kit->ts->options.mute_at;
	struct ts_link *link;

	/* Nobody is there: a scene begins.  Most scenes are short. */
	if (kit->trouble && !kit->ts->links) {
		kit->trouble = kit->trouble * 1664525u + 1013904223u;
		*at = kit->ts->op_count + 1 + (kit->trouble >> 16) % (kit->trouble >> 31 ? 24 : 160);
		kit->ts->options.fail_code = kit->code;
	}
	link = ts_link(kit->ts);
	config.user = link;
	config.secure = 1;
	if (imapsrv_session_new(engine, &config, &link->session)) {
		link->session = NULL;
		ts_watch_end(link);
	}
	for (const char *const *name = kit->hidden; name && *name; name++)
		if (link->session && imapsrv_session_hide(link->session, *name))
			tx_complain(&kit->log, "%s cannot be hidden", *name);
	return link->session;
}

static void on_disconnect(void *user, struct imapsrv_session *session)
{
	struct kit *kit = user;
	struct ts_link **at = &kit->ts->links, *link = imapsrv_session_user(session);

	imapsrv_session_free(session);
	ts_watch_end(link);
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	/* Handles that came back point to it. */
	for (struct ts_handle *h = kit->ts->dead, *next; h; h = next) {
		next = h->next;
		free(h);
	}
	kit->ts->dead = NULL;
	free(link);
}

static int on_pump(void *user)
{
	struct kit *kit = user;
	int answered = 0;

	if (kit->slow && ++kit->waited % kit->slow)
		return 1;
	for (struct ts_link *l = kit->ts->links; l; l = l->next)
		if (l->session && ts_answer(l))
			answered = 1;
	return answered;
}

/* ---- what is asked of the host ----------------------------------------------------------- */

static void on_fresh(void *user)
{
	struct ts *ts = ((struct kit *)user)->ts;
	struct imapsrv_range all = {1, UINT32_MAX};

	for (struct ts_mailbox *m = ts->mailboxes; m; m = m->next) {
		struct ts_set removed = {0};

		ts_remove(m, (struct imapsrv_set){&all, 1}, false, &removed);
		ts_set_clear(&removed);
	}
}

static int on_restart(void *user)
{
	const struct kit *kit = user;

	return kit->defect && kit->defect->restart ? kit->defect->restart(kit->ts) : 0;
}

/* The first user's session, but for defects. */
static struct imapsrv_session *on_restore(void *user, struct imapsrv_engine *engine,
                                          struct imapsrv_span saved)
{
	struct kit *kit = user;
	struct imapsrv_restore restore = IMAPSRV_RESTORE_INIT;
	struct imapsrv_account account;
	struct ts_link *link = ts_link(kit->ts);

	if (kit->tables.restored == KIT_NOT) {
		ts_watch_end(link);
		return NULL;
	}
	ts_preauth(link, kit->tables.restored == KIT_OF_ANOTHER ? "joe"
	                                                        : kit->ts->users->name, &account);
	restore.user = link;
	restore.account = &account;
	restore.up_to_date = kit->tables.restored == KIT_UP_TO_DATE;
	if (imapsrv_session_restore(engine, &restore, saved.data, saved.len, &link->session,
	                            NULL)) {
		link->session = NULL;
		ts_handle_close(kit->ts, account.handle);
		ts_watch_end(link);
	}
	return link->session;
}

/* The client's side of what host/storesasl.c does. */
static int on_respond(void *user, const struct imapsrv_response *q, struct imapsrv_span *response_r)
{
	static const char *const steps[] = {"a", "b", "c"};
	bool last = q->step == (strcmp(q->mechanism, "LOGIN") ? 2 : 1);
	const char *say;

	if (((struct kit *)user)->tables.speechless)
		return 1;
	if (!strcmp(q->mechanism, "LOGIN"))
		say = q->step ? "x" : "fred";
	else
		say = steps[q->step % 3];
	if (last && q->wrong)
		say = "wrong";
	*response_r = (struct imapsrv_span){say, strlen(say)};
	return 0;
}

/* Others than the test store's own, which are always the same. */
static void on_entropy(void *user, void *to, size_t len)
{
	static unsigned char next;

	(void)user;
	for (size_t i = 0; i < len; i++)
		((unsigned char *)to)[i] = next++;
}

static int on_outside(void *user, enum imapsrv_outside what, struct imapsrv_span name,
                      struct imapsrv_span message)
{
	struct kit *kit = user;
	struct ts *ts = kit->ts;
	char *z = tx_dup(name.data, name.len);
	struct ts_mailbox *m = ts_find(ts, ts->users, z);
	bool told = !kit->defect || !kit->defect->silent_outside;
	struct ts_set set = {0};

	free(z);
	if (!m || kit->alone)
		return 1;
	if (what == IMAPSRV_OUTSIDE_DELIVER) {
		struct ts_message *added = ts_add(m, 0, message.data, message.len, ts->now, 0);

		added->saved = ts->now;
		ts_set_add(&set, added->uid);
		if (told)
			ts_post(ts, m, IMAPSRV_EVENT_MESSAGE_NEW, ts_set_view(&set), NULL);
	} else {
		struct imapsrv_range first = {m->messages[0].uid, m->messages[0].uid};

		ts_remove(m, (struct imapsrv_set){&first, 1}, false, &set);
		if (told)
			ts_post(ts, m, IMAPSRV_EVENT_MESSAGE_EXPIRE, ts_set_view(&set), NULL);
	}
	ts_set_clear(&set);
	return 0;
}

static void on_report(void *user, const struct imapsrv_finding *f)
{
	struct kit *kit = user;

	if (!kit->findings++) {
		snprintf(kit->first, sizeof(kit->first), "%s", f->clause->id);
		snprintf(kit->scene, sizeof(kit->scene), "%s", f->scene);
	}
	if (kit->terse)
		return;
	finding_print(f);
}

static void on_tally(void *user, const struct imapsrv_clause *clause, uint32_t looked,
                     uint32_t broken)
{
	struct kit *kit = user;

	if (kit->looked)
		kit->looked[clause - imapsrv_storecheck_clauses(NULL)] += looked;
	kit->broken += broken;
}

static void on_scene(void *user, const char *scene, const char *lacks)
{
	struct kit *kit = user;

	kit->lacks += lacks != NULL;
	for (unsigned i = 0; lacks && kit->must_lack && kit->must_lack[i]; i++)
		if (!strcmp(kit->must_lack[i], scene))
			kit->lacked |= 1u << i;
	if (lacks && kit->may_lack && strncmp(lacks, kit->may_lack, strlen(kit->may_lack)) != 0)
		tx_complain(&kit->log, "the scene \"%s\" lacks %s", scene, lacks);
}

/* ---- quotas that the test store leaves to its scripts -------------------------------------- */

static void count_messages(void *user)
{
	struct ts *ts = ((struct ts_link *)user)->ts;
	uint64_t messages = 0, octets = 0;

	for (const struct ts_mailbox *m = ts->mailboxes; m; m = m->next)
		for (size_t i = 0; !m->removed && i < m->count; i++) {
			messages++;
			octets += m->messages[i].blob->len;
		}
	for (struct ts_root *r = ts->roots; r; r = r->next) {
		r->usage[IMAPSRV_RESOURCE_MESSAGE] = messages;
		r->usage[IMAPSRV_RESOURCE_STORAGE] = (octets + 1023) / 1024;
	}
}

static void quota_get(void *user, struct imapsrv_op *op, const struct imapsrv_getquota *q)
{
	count_messages(user);
	sound.quota.get(user, op, q);
}

static void quota_roots(void *user, struct imapsrv_op *op, const struct imapsrv_getquotaroot *q)
{
	count_messages(user);
	sound.quota.roots(user, op, q);
}

static void (*begin)(void *user, struct imapsrv_op *op, const struct imapsrv_append *q);

static void quota_append(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	const struct ts_root *r = ((struct ts_link *)user)->ts->roots;

	count_messages(user);
	if (r && !q->append &&
	    r->usage[IMAPSRV_RESOURCE_MESSAGE] >= r->limit[IMAPSRV_RESOURCE_MESSAGE])
		imapsrv_op_done(op, IMAPSRV_OVERQUOTA, "full");
	else
		begin(user, op, q);
}

/* ---- a store of text ------------------------------------------------------------------------ */

static void (*begin_any)(void *user, struct imapsrv_op *op, const struct imapsrv_append *q);

static void begin_text(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	if (q->literal8)
		imapsrv_op_done(op, IMAPSRV_UNKNOWN_CTE, NULL);
	else
		begin_any(user, op, q);
}

/* ---- mailboxes as this host makes them ------------------------------------------------------ */

static void (*plain_create)(void *user, struct imapsrv_op *op, const struct imapsrv_create *q);
static uint64_t append_limit;
static void (*made)(struct ts_mailbox *m);

/* With a limit; and in a list, in which nobody is at first, whoever makes it may do all. */
static void create(void *user, struct imapsrv_op *op, const struct imapsrv_create *q)
{
	char *name = tx_dup(q->name.data, q->name.len);
	struct ts *ts = store_of(user);
	struct ts_mailbox *m;

	plain_create(user, op, q);
	m = ts_find(ts, ts->users, name);
	if (m && ts->acl.on && !m->acl)
		ts_acl_set(m, ts->users->name, IMAPSRV_ACL_SET, ts_acl_known(ts));
	if (m && append_limit)
		m->append_limit = append_limit;
	if (m && made)
		made(m);
	free(name);
}

/* ---- a run ------------------------------------------------------------------------------- */

void kit_begin(struct kit *kit)
{
	struct ts_root *root;
	struct ts_user *fred;
	struct ts *ts;

	memset(kit, 0, sizeof(*kit));
	ts = kit->ts = ts_new(&kit->log);
	fred = ts_add_user(ts, "fred", "x");
	fred->namespace_count = 2;
	fred->namespaces[0] = (struct imapsrv_namespace){IMAPSRV_NS_PERSONAL, {"", 0}};
	fred->namespaces[1] = (struct imapsrv_namespace){IMAPSRV_NS_OTHER_USERS,
	                                                 {"Other Users/", 12}};
	ts_add_user(ts, "joe", "y");
	ts->modseqs = ts->savedates = ts->objectids = ts->limits = ts->replace = true;
	ts->asks_idle = ts->clock = true;
	ts->meta.on = ts->notes.on = true;
	ts->fuzzy = true;
	ts->sasl = ts->scram = ts->speaks = ts->unmeasured = true;
	ts->builtin = IMAPSRV_MECHANISM_OAUTHBEARER | IMAPSRV_MECHANISM_XOAUTH2;
	ts->urlauth.on = ts->urlauth.sample = true;
	ts->uses = IMAPSRV_USE_JUNK | IMAPSRV_USE_TRASH;
	ts->resources = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_MESSAGE) |
	                IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE);
	root = ts_root(ts, "all");
	root->limited = ts->resources;
	root->limit[IMAPSRV_RESOURCE_MESSAGE] = MESSAGES;
	root->limit[IMAPSRV_RESOURCE_STORAGE] = STORAGE;
}

/* The tables of the host, with the defect in them. */
static void fill(struct kit *kit, struct tables *t)
{
	const struct ts *ts = kit->ts;
	struct tables before;

	memset(t, 0, sizeof(*t));
	ts_fill(ts, &t->store, &t->mailboxes);
	ts_fill_watch(ts, &t->watch);
	ts_fill_metadata(ts, &t->metadata);
	ts_fill_quota(ts, &t->quota);
	ts_fill_annotate(ts, &t->annotate);
	ts_fill_acl(ts, &t->acl);
	ts_fill_sasl(ts, &t->sasl);
	if (t->sasl.entropy)
		t->sasl.entropy = on_entropy;
	ts_fill_urlauth(ts, &t->urlauth);
	ts_fill_language(ts, &t->language);
	t->config.clock = ts_clock;
	if (!kit->no_index)
		index_fill(&t->store);
	begin_any = t->store.append_begin;
	if (kit->text_only)
		t->store.append_begin = begin_text;
	plain_create = t->mailboxes.create;
	append_limit = kit->limit;
	made = kit->made;
	if (plain_create)
		t->mailboxes.create = create;
	sound = *t;
	if (t->quota.get) {
		t->quota.get = quota_get;
		t->quota.roots = quota_roots;
		begin = t->store.append_begin;
		if (begin)
			t->store.append_begin = quota_append;
	}
	before = *t;
	if (kit->defect && kit->defect->spoil)
		kit->defect->spoil(t);
	if (kit->defect && *kit->defect->clause)
		members_tried(&before, t);
}

static void configure(const struct kit *kit, struct imapsrv_config *config,
                      struct imapsrv_limits *limits)
{
	const struct tables *t = &kit->tables;
	const struct ts *ts = kit->ts;

	config->store = &t->store;
	config->mailboxes = &t->mailboxes;
	config->watch = ts->absent & TS_NO_WATCH ? NULL : &t->watch;
	config->metadata = ts->meta.on ? &t->metadata : NULL;
	config->quota = t->quota.get ? &t->quota : NULL;
	config->annotate = ts->notes.on ? &t->annotate : NULL;
	config->acl = ts->acl.on ? &t->acl : NULL;
	config->sasl = &t->sasl;
	config->urlauth = t->urlauth.token ? &t->urlauth : NULL;
	config->language = t->language.tags ? &t->language : NULL;
	config->clock = t->config.clock;
	config->limits = limits;
	limits->memory = t->config.memory;
	config->utf8 = IMAPSRV_UTF8_ACCEPT;
}

int kit_run(struct kit *kit, const struct imapsrv_allocator *allocator, uint64_t seed,
            uint32_t histories, uint32_t sessions)
{
	struct imapsrv_storecheck check = IMAPSRV_STORECHECK_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct ts *ts = kit->ts;
	uint32_t findings = 0;
	int rc;

	if (kit->defect && kit->defect->prepare)
		kit->defect->prepare(ts);
	fill(kit, &kit->tables);
	configure(kit, &config, &limits);
	config.allocator = allocator;
	check.config = &config;
	check.user = kit;
	check.connect = on_connect;
	check.disconnect = on_disconnect;
	check.pump = on_pump;
	check.fresh = kit->fresh ? on_fresh : NULL;
	check.restart = on_restart;
	check.outside = on_outside;
	check.report = on_report;
	check.tally = on_tally;
	check.scene = on_scene;
	check.name = ts->users->name;
	check.password = kit->password ? kit->password : "x";
	check.other_name = "joe";
	check.other_password = "y";
	check.server = "example.com";
	check.respond = kit->silent ? NULL : on_respond;
	check.restore = on_restore;
	check.sessions = sessions;
	check.seed = seed;
	check.histories = histories;
	check.steps = kit->steps;
	if (kit->unheard) {
		check.restart = NULL;
		check.report = NULL;
		check.scene = NULL;
	}
	rc = imapsrv_storecheck_run(&check, &findings);
	if (kit->unheard)
		kit->findings = findings;
	if (!rc && (findings != kit->findings || findings != kit->broken))
		tx_complain(&kit->log, "%u findings are said, %u were reported and %u are told",
		            findings, kit->findings, kit->broken);
	kit->left = !rc && !kit->trouble && ts->users->entries;
	/* Where the op fails by which it sets them back it cannot. */
	if (!rc && !kit->trouble && ts->roots &&
	    (ts->roots->limited != ts->resources ||
	     ts->roots->limit[IMAPSRV_RESOURCE_MESSAGE] != MESSAGES ||
	     ts->roots->limit[IMAPSRV_RESOURCE_STORAGE] != STORAGE))
		tx_complain(&kit->log, "the kit left other limits than there were");
	return rc;
}

void kit_end(struct kit *kit)
{
	for (unsigned i = 0; kit->must_lack && kit->must_lack[i]; i++)
		if (!(kit->lacked >> i & 1))
			tx_complain(&kit->log, "the scene \"%s\" lacks something, and it is not said",
			            kit->must_lack[i]);
	ts_check(kit->ts);
	ts_free(kit->ts);
}
