/* SPDX-License-Identifier: MIT */
/*
 * storecheck/run - one run: takes the host's configuration, plays every scene that it allows, then
 * random histories, and hands out what was found.
 */
#include <string.h>

#include "storecheck/check.h"

enum {
	HISTORIES = 20,
	STEPS = 40,
	SESSIONS = 3,
	FINDINGS = 100
};

const struct imapsrv_clause *imapsrv_storecheck_clauses(size_t *count_r)
{
	static const struct imapsrv_clause clauses[] = {
#define CLAUSE(name, id, section, rfc, text) {id, section, rfc, text},
		ISRV_SC_CLAUSES(CLAUSE)
#undef CLAUSE
	};

	if (count_r)
		*count_r = sizeof(clauses) / sizeof(*clauses);
	return clauses;
}

/* ---- findings ---------------------------------------------------------------------------- */

bool isrv_sc_live(const struct isrv_sc *c)
{
	return !c->rc && !c->over;
}

bool isrv_sc_looks(struct isrv_sc *c, enum isrv_sc_clause clause)
{
	if (!isrv_sc_live(c))
		return false;
	if (!c->cleaning && c->looked[clause] < UINT32_MAX)
		c->looked[clause]++;
	return true;
}

bool isrv_sc_out_of_memory(struct isrv_sc *c)
{
	c->rc = IMAPSRV_ENOMEM;
	return false;
}

bool isrv_sc_skip(struct isrv_sc *c, const char *why)
{
	if (isrv_sc_live(c) && !c->cleaning && c->check.scene)
		c->check.scene(c->check.user, c->scene, why);
	return false;
}

static void report(struct isrv_sc *c, enum isrv_sc_clause clause, const char *what)
{
	struct imapsrv_finding finding = {.size = sizeof(finding)};

	finding.clause = &imapsrv_storecheck_clauses(NULL)[clause];
	finding.what = what;
	finding.scene = c->scene;
	finding.seed = c->check.seed;
	finding.transcript.data = c->transcript.data;
	finding.transcript.len = c->transcript.len;
	finding.before = c->broken[clause];
	c->findings++;
	c->broken[clause]++;
	c->fault = NULL;
	if (c->check.report)
		c->check.report(c->check.user, &finding);
}

static void blame(struct isrv_sc *c, enum isrv_sc_clause clause, const char *format, va_list args)
{
	struct isrv_buf what;

	c->over = true;
	if (c->cleaning)
		return;
	isrv_buf_init(&what, 4096);
	isrv_sc_putv(c, &what, format, args);
	if (c->fault)
		isrv_sc_put(c, &what, "; the engine says: %.*s", (int)c->fault_text.len,
		            c->fault_text.data);
	if (isrv_sc_add(c, &what, "", 1))
		report(c, clause, what.data);
	isrv_buf_clear(&what, &c->mem);
}

bool isrv_sc_blame(struct isrv_sc *c, enum isrv_sc_clause clause, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (isrv_sc_live(c))
		blame(c, clause, format, args);
	va_end(args);
	return false;
}

bool isrv_sc_want(struct isrv_sc *c, bool so, enum isrv_sc_clause clause, const char *format, ...)
{
	va_list args;

	if (!isrv_sc_looks(c, clause))
		return false;
	va_start(args, format);
	if (!so)
		blame(c, clause, format, args);
	va_end(args);
	return so;
}

static void no_fault(struct isrv_sc *c)
{
	isrv_sc_want(c, !c->fault, ISRV_SC_OP_SENSE, "the engine could not use an answer");
}

/* What the engine complained of may be the reason why the scene cannot go on. */
bool isrv_sc_pass(struct isrv_sc *c, const char *why)
{
	no_fault(c);
	isrv_sc_skip(c, why);
	c->over = true;
	return false;
}

/* The engine's own complaint.  It is held back: the scene may find what it leads to. */
static void on_fault(void *user, const char *what)
{
	struct isrv_sc *c = user;

	if (c->fault)
		return;
	c->fault_text.len = 0;
	if (isrv_sc_add(c, &c->fault_text, what, strlen(what)))
		c->fault = c->fault_text.data;
}

uint32_t isrv_sc_below(struct isrv_sc *c, uint32_t n)
{
	uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % n);
}

/* ---- memory ------------------------------------------------------------------------------ */

static void *noted(struct isrv_sc *c, void *block)
{
	c->starved |= !block;
	return block;
}

static void *run_alloc(void *user, size_t size)
{
	struct isrv_sc *c = user;

	return noted(c, c->host.alloc(c->host.user, size));
}

static void *run_realloc(void *user, void *block, size_t old_size, size_t size)
{
	struct isrv_sc *c = user;

	return noted(c, c->host.realloc(c->host.user, block, old_size, size));
}

static void run_free(void *user, void *block, size_t size)
{
	struct isrv_sc *c = user;

	c->host.free(c->host.user, block, size);
}

/* ---- beginning and end ------------------------------------------------------------------- */

/* A sized structure, as far as both know it. */
static bool take(void *to, size_t to_size, const void *from)
{
	size_t size;

	memset(to, 0, to_size);
	if (!from)
		return true;
	memcpy(&size, from, sizeof(size));
	if (size < sizeof(size))
		return false;
	memcpy(to, from, size < to_size ? size : to_size);
	memcpy(to, &to_size, sizeof(to_size));
	return true;
}

static void defaults(struct imapsrv_storecheck *check, bool create)
{
	if (!check->mailbox)
		check->mailbox = create ? "storecheck" : "INBOX";
	if (!check->sessions)
		check->sessions = SESSIONS;
	if (check->sessions > ISRV_SC_CLIENTS)
		check->sessions = ISRV_SC_CLIENTS;
	if (!check->histories)
		check->histories = HISTORIES;
	if (!check->steps)
		check->steps = STEPS;
	if (!check->findings)
		check->findings = FINDINGS;
	if (!check->password)
		check->password = "";
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= 'A' && name[i] <= 'Z') &&
		    !(name[i] >= '0' && name[i] <= '9') && name[i] != '-')
			return false;
	return len && len < ISRV_SC_NAME / 2;
}

/* The engine does what these would, and both have to come to the same. */
static int make_engines(struct isrv_sc *c)
{
	struct imapsrv_store plain = c->store;
	struct imapsrv_config config = c->config;
	int rc = imapsrv_engine_new(&c->config, &c->engine);

	plain.sort = NULL;
	plain.thread = NULL;
	plain.search = NULL;
	plain.status = NULL;
	config.store = &plain;
	return rc ? rc : imapsrv_engine_new(&config, &c->plain);
}

static bool accept(struct isrv_sc *c, const struct imapsrv_storecheck *check)
{
	if (!take(&c->check, sizeof(c->check), check) || !c->check.config || !c->check.connect ||
	    !c->check.disconnect ||
	    !take(&c->config, sizeof(c->config), c->check.config) || !c->config.store ||
	    !take(&c->store, sizeof(c->store), c->config.store) ||
	    !take(&c->mailboxes, sizeof(c->mailboxes), c->config.mailboxes) ||
	    !take(&c->sasl, sizeof(c->sasl), c->config.sasl) ||
	    !take(&c->language, sizeof(c->language), c->config.language) ||
	    !take(&c->limits, sizeof(c->limits), c->config.limits))
		return false;
	c->has_mailboxes = c->mailboxes.create != NULL;
	c->has_subscribe = c->mailboxes.subscribe != NULL;
	c->writes = c->store.store != NULL;
	defaults(&c->check, c->has_mailboxes);
	return is_name(c->check.mailbox);
}

static int begin(struct isrv_sc *c)
{
	c->limits.size = sizeof(c->limits);
	c->limits.login_delay = UINT32_MAX;
	c->config.store = &c->store;
	c->config.limits = &c->limits;
	c->config.literal_minus = 0;
	c->config.fault = on_fault;
	c->config.fault_user = c;
	c->host = c->config.allocator ? *c->config.allocator : isrv_mem_libc;
	c->allocator = (struct imapsrv_allocator){run_alloc, run_realloc, run_free, c};
	c->config.allocator = &c->allocator;
	isrv_mem_init(&c->mem, &c->allocator, SIZE_MAX);
	isrv_buf_init(&c->transcript, ISRV_SC_TRANSCRIPT);
	isrv_buf_init(&c->scratch, 1u << 20);
	isrv_buf_init(&c->fault_text, 1024);
	c->random = c->check.seed;
	for (unsigned i = 0; i < ISRV_SC_CLIENTS; i++) {
		c->clients[i].c = c;
		isrv_buf_init(&c->clients[i].input, 4u << 20);
		isrv_buf_init(&c->clients[i].output, 16u << 20);
	}
	return make_engines(c);
}

static void clear_numbers(struct isrv_sc *c, struct isrv_sc_numbers *n)
{
	isrv_mem_free(&c->mem, n->v, n->cap * sizeof(*n->v));
}

static void clear_client(struct isrv_sc *c, struct isrv_sc_client *k)
{
	isrv_buf_clear(&k->input, &c->mem);
	isrv_buf_clear(&k->output, &c->mem);
	isrv_mem_free(&c->mem, k->seen, k->seen_cap * sizeof(*k->seen));
	isrv_mem_free(&c->mem, k->told.rows, k->told.row_cap * sizeof(*k->told.rows));
	isrv_mem_free(&c->mem, k->told.lines, k->told.line_cap * sizeof(*k->told.lines));
	clear_numbers(c, &k->told.found);
	clear_numbers(c, &k->told.appended);
	clear_numbers(c, &k->told.from);
	clear_numbers(c, &k->told.to);
	clear_numbers(c, &k->told.modified);
	clear_numbers(c, &k->told.vanished);
	clear_numbers(c, &k->told.earlier);
}

static void end(struct isrv_sc *c)
{
	isrv_sc_disconnect_all(c);
	for (unsigned i = 0; i < ISRV_SC_CLIENTS; i++)
		clear_client(c, &c->clients[i]);
	for (unsigned i = 0; i < ISRV_SC_BOXES; i++)
		isrv_sc_box_clear(c, &c->boxes[i]);
	isrv_buf_clear(&c->transcript, &c->mem);
	isrv_buf_clear(&c->scratch, &c->mem);
	isrv_buf_clear(&c->fault_text, &c->mem);
	imapsrv_engine_free(c->plain);
	imapsrv_engine_free(c->engine);
}

/* ---- scenes ------------------------------------------------------------------------------ */

/* What a scene made goes again; what is wrong here is found elsewhere. */
static void clean(struct isrv_sc *c)
{
	isrv_sc_disconnect_all(c);
	c->over = false;
	c->fault = NULL;
	for (unsigned i = 0; i < ISRV_SC_BOXES && c->has_mailboxes && !c->rc; i++) {
		struct isrv_sc_box *box = &c->boxes[i];

		if (!box->exists)
			continue;
		if (!c->clients[0].session)
			isrv_sc_connect(c, 0, false);
		isrv_sc_ask(&c->clients[0], "UNSUBSCRIBE %s", box->name);
		isrv_sc_ask(&c->clients[0], "DELETE %s", box->name);
	}
	isrv_sc_disconnect_all(c);
	for (unsigned i = 0; i < ISRV_SC_BOXES; i++)
		isrv_sc_box_clear(c, &c->boxes[i]);
}

static void play(struct isrv_sc *c, const struct isrv_sc_scene *scene)
{
	const char *missing = isrv_sc_missing(c, scene->needs);

	if (c->rc || c->findings >= c->check.findings)
		return;
	c->scene = scene->name;
	c->over = false;
	if (missing) {
		isrv_sc_skip(c, missing);
		return;
	}
	if (c->check.scene)
		c->check.scene(c->check.user, c->scene, NULL);
	if (c->check.fresh)
		c->check.fresh(c->check.user);
	c->fault = NULL;
	c->transcript.len = 0;
	scene->play(c);
	no_fault(c);
	c->cleaning = true;
	if (!c->rc)
		clean(c);
	c->cleaning = false;
}

int imapsrv_storecheck_run(const struct imapsrv_storecheck *check, uint32_t *findings_r)
{
	static const struct isrv_sc_scene *const all[] = {
		isrv_sc_scenes_mail, isrv_sc_scenes_change, isrv_sc_scenes_modseq,
		isrv_sc_scenes_event, isrv_sc_scenes_names, isrv_sc_scenes_extra,
		isrv_sc_scenes_metadata, isrv_sc_scenes_annotate, isrv_sc_scenes_acl,
		isrv_sc_scenes_sasl, isrv_sc_scenes_scram, isrv_sc_scenes_language,
		isrv_sc_scenes_compose, isrv_sc_scenes_url, isrv_sc_scenes_leave,
		isrv_sc_scenes_room,
		isrv_sc_scenes_share, isrv_sc_scenes_together, isrv_sc_scenes_last,
		isrv_sc_scenes_saved};
	static const struct isrv_sc_scene history = {"history", "write", isrv_sc_history};
	struct isrv_sc start = {0}, *c = &start;
	int rc;

	if (findings_r)
		*findings_r = 0;
	if (!accept(c, check))
		return IMAPSRV_EINVAL;
	rc = begin(c);
	for (size_t i = 0; !rc && i < sizeof(all) / sizeof(*all); i++)
		for (const struct isrv_sc_scene *s = all[i]; s->name; s++)
			play(c, s);
	for (uint32_t i = 0; !rc && i < c->check.histories; i++)
		play(c, &history);
	for (size_t i = 0; c->check.tally && i < ISRV_SC_CLAUSE_COUNT; i++)
		c->check.tally(c->check.user, &imapsrv_storecheck_clauses(NULL)[i], c->looked[i],
		               c->broken[i]);
	end(c);
	if (findings_r)
		*findings_r = c->findings;
	return rc ? rc : c->rc;
}
