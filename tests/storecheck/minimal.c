/* SPDX-License-Identifier: MIT */
/*
 * storecheck/minimal - the store of examples/minimal.c under the conformance kit.  The example is
 * taken as it stands, main included: that hands its callbacks and its mailbox to the first two
 * functions of the library that it calls, which here are others.
 *
 *	minimal [seed [histories]]
 */
#include <imapsrv.h>

#include "storecheck/finding.h"

#include <stdio.h>
#include <stdlib.h>

static int take_engine(const struct imapsrv_config *config, struct imapsrv_engine **engine_r);
static int take_session(struct imapsrv_engine *engine, const struct imapsrv_session_config *config,
                        struct imapsrv_session **session_r);

#define main                main_of_example
#define imapsrv_engine_new  take_engine
#define imapsrv_session_new take_session
#include "../../examples/minimal.c"
#undef main
#undef imapsrv_engine_new
#undef imapsrv_session_new

static struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
static struct mailbox *box;

static int take_engine(const struct imapsrv_config *given, struct imapsrv_engine **engine_r)
{
	*engine_r = NULL;
	config.store = given->store;
	return 0;
}

/* Refuses: the example goes no further. */
static int take_session(struct imapsrv_engine *engine, const struct imapsrv_session_config *given,
                        struct imapsrv_session **session_r)
{
	(void)engine;
	*session_r = NULL;
	box = given->user;
	return IMAPSRV_ENOMEM;
}

/* ---- what the kit asks of a host ------------------------------------------------------------- */

static struct imapsrv_session *on_connect(void *user, struct imapsrv_engine *engine)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_session *session;

	(void)user;
	client.user = box;
	client.secure = 1;
	client.preauth = &account;
	return imapsrv_session_new(engine, &client, &session) ? NULL : session;
}

static void on_disconnect(void *user, struct imapsrv_session *session)
{
	(void)user;
	imapsrv_session_free(session);
}

static void on_fresh(void *user)
{
	(void)user;
	memset(box, 0, sizeof(*box));
	box->uidnext = 1;
}

static void on_report(void *user, const struct imapsrv_finding *f)
{
	(void)user;
	finding_print(f);
}

/* Something was looked at, of all that such a small store can be asked. */
static void on_tally(void *user, const struct imapsrv_clause *clause, uint32_t looked,
                     uint32_t broken)
{
	unsigned *clauses = user;

	(void)clause, (void)broken;
	*clauses += looked > 0;
}

int main(int argc, char **argv)
{
	enum { LEAST = 30 };
	struct imapsrv_storecheck check = IMAPSRV_STORECHECK_INIT;
	uint32_t findings = 0;
	unsigned clauses = 0;
	int rc;

	main_of_example();
	check.config = &config;
	check.user = &clauses;
	check.connect = on_connect;
	check.disconnect = on_disconnect;
	check.fresh = on_fresh;
	check.report = on_report;
	check.tally = on_tally;
	check.sessions = 1; /* the example serves one client, and tells nobody else */
	check.seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	check.histories = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 20;
	rc = imapsrv_storecheck_run(&check, &findings);
	printf("the example under the kit: %s, %u clauses, %u findings\n",
	       rc ? imapsrv_strerror(rc) : "done", clauses, findings);
	return rc || findings || clauses < LEAST;
}
