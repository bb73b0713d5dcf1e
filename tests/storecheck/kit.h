/* SPDX-License-Identifier: MIT */
/*
 * storecheck/kit - the test host's store under the conformance kit: what the kit wants of a host,
 * with every optional thing that the store can do switched on, and, one at a time, defects.
 */
#ifndef TEST_STORECHECK_KIT_H
#define TEST_STORECHECK_KIT_H

#include "host/alloc.h"
#include "host/teststore.h"

/* The host's tables, which a defect changes. */
struct tables {
	struct imapsrv_store store;
	struct imapsrv_mailboxes mailboxes;
	struct imapsrv_watch watch;
	struct imapsrv_metadata metadata;
	struct imapsrv_quota quota;
	struct imapsrv_annotate annotate;
	struct imapsrv_acl acl;
	struct imapsrv_sasl sasl;
	struct imapsrv_urlauth urlauth;
	struct imapsrv_language language;
	struct {
		int64_t (*clock)(void *user);
		size_t memory; /* of a session; 0: as much as usual */
	} config;
	bool speechless; /* a client that has no answer */
	/* How a saved session comes back. */
	enum { KIT_AS_IT_WAS, KIT_OF_ANOTHER, KIT_UP_TO_DATE, KIT_NOT } restored;
};
extern struct tables sound; /* as they are without a defect: those call them */

struct defect {
	const char *name;
	const char *clause;                /* the first that is found to be broken */
	void (*spoil)(struct tables *t);   /* may be NULL */
	void (*prepare)(struct ts *ts);    /* likewise */
	int (*restart)(void *user);        /* in place of a restart that loses nothing */
	bool silent_outside;               /* what others do is not posted */
};
extern const struct defect defects_read[], defects_change[], defects_names[], defects_lists[],
	defects_login[], defects_url[], defects_share[], defects_rest[], defects_wild[];

struct kit {
	struct ts *ts;
	struct tx_log log;
	const struct defect *defect; /* NULL: none */
	struct tables tables;        /* with which it runs */
	bool no_index;               /* the store has none */
	bool silent;                 /* the client knows no mechanism of the host */
	bool alone;                  /* nobody else can change a mailbox */
	void (*made)(struct ts_mailbox *m); /* what is done to each mailbox that is made */
	bool text_only;              /* it keeps no messages that may have NUL in them */
	uint64_t limit;              /* octets of a message in a mailbox that is made; 0: none */
	bool fresh;                  /* mailboxes are emptied before each scene */
	const char *const *hidden;   /* capabilities; NULL: none are; ends with NULL */
	unsigned slow;               /* so often there is nothing to be seen before an op is answered */
	unsigned waited;
	bool terse;                  /* findings are not printed */
	uint32_t trouble;            /* not 0: in each scene one op goes wrong; of these, one after the
	                                other, another one */
	enum imapsrv_code code;      /* it is refused with that; OK: it is never answered */
	char first[64];              /* the first finding's clause */
	char scene[64];
	unsigned findings;
	bool unheard;                /* the host wants to hear of nothing, and cannot restart */
	uint32_t steps;              /* of a history; 0: as many as usual */
	const char *password;        /* NULL: "x" */
	unsigned lacks;              /* so often it was said that a scene lacks something */
	const char *const *must_lack; /* scenes of which that is to be said; NULL: none; ends with NULL */
	unsigned lacked;             /* bits: of these it was */
	const char *may_lack;        /* NULL: anything; else nothing but what begins so */
	uint32_t *looked;                     /* not NULL: so often each was looked at, added up */
	bool left;                            /* it left an annotation of the server */
	unsigned broken;                      /* the sum of what the tally says */
};

/* A way to keep the contract. */
struct way {
	const char *name;
	void (*set)(struct kit *kit);
	uint32_t sessions;
};
extern const struct way ways_unusual[];

/* A store with the users "fred", password "x", and "joe", "y", and everything on. */
void kit_begin(struct kit *kit);
/* Runs the kit and gives what it gives; findings are in `kit`. */
int kit_run(struct kit *kit, const struct imapsrv_allocator *allocator, uint64_t seed,
            uint32_t histories, uint32_t sessions);
void kit_end(struct kit *kit);

/* For defects.  `user` and `handle` are those of a callback. */
struct ts *store_of(void *user);
struct imapsrv_session *session_of(void *user);
struct ts_mailbox *box_of(void *handle);
struct ts_mailbox *named(void *user, struct imapsrv_span name); /* NULL: there is none */
struct ts_mailbox *newest(void *user);
void silence(void *user, bool on); /* other sessions are not posted to */

#endif
