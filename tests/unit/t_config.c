/* SPDX-License-Identifier: MIT */
/*
 * Which hosts an engine can be made of: callbacks that belong together and are not all there, structures
 * without a size, values that cannot be (imapsrv_engine_new(3)).
 */
#include <stdbool.h>

#include "unit/row.h"

#include "imapsrv.h"

/* All that a host can fill in. */
struct parts {
	struct imapsrv_config config;
	struct imapsrv_store store;
	struct imapsrv_mailboxes mailboxes;
	struct imapsrv_metadata metadata;
	struct imapsrv_quota quota;
	struct imapsrv_annotate annotate;
	struct imapsrv_urlauth urlauth;
	struct imapsrv_language language;
	struct imapsrv_acl acl;
	struct imapsrv_sasl sasl;
	struct imapsrv_watch watch;
	struct imapsrv_limits limits;
};

typedef void any_function(void);

static void never(void)
{
	fail_msg("a callback was called");
}

#define AT(member) offsetof(struct parts, member)

static const size_t callbacks[] = {
	AT(store.login), AT(store.logout), AT(store.list), AT(store.open), AT(store.close),
	AT(store.uids), AT(store.fetch), AT(store.body), AT(store.body_read), AT(store.body_close),
	AT(store.store), AT(store.append_begin), AT(store.append_data), AT(store.append_finish),
	AT(store.append_abort), AT(store.expunge), AT(store.copy), AT(store.move), AT(store.status),
	AT(store.replace), AT(mailboxes.create), AT(mailboxes.remove), AT(mailboxes.rename),
	AT(mailboxes.subscribe), AT(metadata.get), AT(metadata.set), AT(quota.get), AT(quota.roots),
	AT(quota.set), AT(annotate.get), AT(annotate.store), AT(urlauth.identify), AT(urlauth.token),
	AT(urlauth.open), AT(urlauth.reset), AT(urlauth.describe), AT(language.translate),
	AT(language.translate_prefix), AT(acl.rights), AT(acl.get), AT(acl.set), AT(acl.grantable),
	AT(sasl.step), AT(sasl.keys), AT(sasl.entropy), AT(watch.changed),
};

static void put(struct parts *p, size_t at, any_function *f)
{
	memcpy((char *)p + at, &f, sizeof(f));
}

/* A host that can do everything. */
static void fill(struct parts *p)
{
	static const char *const tags[] = {"DE", NULL};
	static const char *const mechanisms[] = {"XSAMPLE", "X-2.5", NULL};
	static const char secret[16];

	memset(p, 0, sizeof(*p));
	p->config = (struct imapsrv_config)IMAPSRV_CONFIG_INIT;
	p->store = (struct imapsrv_store)IMAPSRV_STORE_INIT;
	p->mailboxes = (struct imapsrv_mailboxes)IMAPSRV_MAILBOXES_INIT;
	p->metadata = (struct imapsrv_metadata)IMAPSRV_METADATA_INIT;
	p->quota = (struct imapsrv_quota)IMAPSRV_QUOTA_INIT;
	p->annotate = (struct imapsrv_annotate)IMAPSRV_ANNOTATE_INIT;
	p->urlauth = (struct imapsrv_urlauth)IMAPSRV_URLAUTH_INIT;
	p->language = (struct imapsrv_language)IMAPSRV_LANGUAGE_INIT;
	p->acl = (struct imapsrv_acl)IMAPSRV_ACL_INIT;
	p->sasl = (struct imapsrv_sasl)IMAPSRV_SASL_INIT;
	p->watch = (struct imapsrv_watch)IMAPSRV_WATCH_INIT;
	p->limits = (struct imapsrv_limits)IMAPSRV_LIMITS_INIT;
	for (size_t i = 0; i < COUNT(callbacks); i++)
		put(p, callbacks[i], never);
	p->quota.resources = 1;
	p->language.tags = tags;
	p->urlauth.mechanisms = mechanisms;
	p->sasl.mechanisms = mechanisms;
	p->sasl.secret = secret;
	p->sasl.secret_len = sizeof(secret);
	p->config.store = &p->store;
	p->config.mailboxes = &p->mailboxes;
	p->config.metadata = &p->metadata;
	p->config.quota = &p->quota;
	p->config.annotate = &p->annotate;
	p->config.urlauth = &p->urlauth;
	p->config.language = &p->language;
	p->config.acl = &p->acl;
	p->config.sasl = &p->sasl;
	p->config.watch = &p->watch;
	p->config.limits = &p->limits;
	p->config.jmap = "https://jmap.example.com/.well-known/jmap";
}

static bool is_taken(const struct parts *p)
{
	struct imapsrv_engine *engine = NULL;
	int error = imapsrv_engine_new(&p->config, &engine);

	assert_true(error == 0 || error == IMAPSRV_EINVAL);
	assert_true((error == 0) == (engine != NULL));
	imapsrv_engine_free(engine);
	return error == 0;
}

/* ---- callbacks that are left out -------------------------------------------------------------- */

#define CHANGES                                                                                    \
	AT(store.store), AT(store.append_begin), AT(store.append_data), AT(store.append_finish),   \
		AT(store.append_abort), AT(store.expunge)
#define APPEND                                                                                     \
	AT(store.append_begin), AT(store.append_data), AT(store.append_finish),                    \
		AT(store.append_abort)

static const struct {
	size_t without[10];
	bool taken;
} incomplete[] = {
	{{0}, true},
	{{AT(store.login)}, true},
	{{AT(store.list)}, false},
	{{AT(store.open)}, false},
	{{AT(store.close)}, false},
	{{AT(store.uids)}, false},
	{{AT(store.fetch)}, false},
	{{AT(store.body)}, false},
	{{AT(store.body_read)}, true},
	{{AT(store.body_close)}, false},
	/* What changes mailboxes: all or none. */
	{{AT(store.store)}, false},
	{{AT(store.append_begin)}, false},
	{{AT(store.append_data)}, false},
	{{AT(store.append_finish)}, false},
	{{AT(store.append_abort)}, false},
	{{AT(store.append_data), AT(store.append_finish), AT(store.append_abort)}, false},
	{{AT(store.append_begin), AT(store.append_finish), AT(store.append_abort)}, false},
	{{AT(store.append_begin), AT(store.append_data), AT(store.append_abort)}, false},
	{{AT(store.append_begin), AT(store.append_data), AT(store.append_finish)}, false},
	{{APPEND}, false},
	{{APPEND, AT(store.store)}, false},
	{{APPEND, AT(store.expunge)}, false},
	{{AT(store.expunge)}, false},
	{{AT(store.store), AT(store.expunge)}, false},
	{{CHANGES}, false}, /* but replace */
	{{CHANGES, AT(store.replace)}, true},
	{{AT(store.replace)}, true},
	{{AT(mailboxes.create)}, false},
	{{AT(mailboxes.remove)}, false},
	{{AT(mailboxes.rename)}, false},
	{{AT(mailboxes.create), AT(mailboxes.remove)}, false},
	{{AT(mailboxes.create), AT(mailboxes.rename)}, false},
	{{AT(mailboxes.remove), AT(mailboxes.rename)}, false},
	{{AT(mailboxes.create), AT(mailboxes.remove), AT(mailboxes.rename)}, true},
	{{AT(mailboxes.subscribe)}, true},
	{{AT(metadata.get)}, false},
	{{AT(metadata.set)}, false},
	{{AT(metadata.get), AT(metadata.set)}, true},
	{{AT(quota.get)}, false},
	{{AT(quota.roots)}, false},
	{{AT(quota.set)}, true},
	{{AT(quota.get), AT(quota.roots)}, false},
	{{AT(quota.resources)}, false},
	{{AT(quota.get), AT(quota.roots), AT(quota.set)}, true},
	{{AT(annotate.get)}, false},
	{{AT(annotate.store)}, true},
	{{AT(annotate.get), AT(annotate.store)}, true},
	{{AT(urlauth.identify)}, false},
	{{AT(urlauth.token)}, false},
	{{AT(urlauth.open)}, false},
	{{AT(urlauth.reset)}, false},
	{{AT(urlauth.describe)}, true},
	{{AT(urlauth.mechanisms)}, true},
	{{AT(urlauth.token), AT(urlauth.open), AT(urlauth.reset)}, false},
	{{AT(urlauth.identify), AT(urlauth.open), AT(urlauth.reset)}, false},
	{{AT(urlauth.identify), AT(urlauth.token), AT(urlauth.reset)}, false},
	{{AT(urlauth.identify), AT(urlauth.token), AT(urlauth.open)}, false},
	{{AT(urlauth.identify), AT(urlauth.token), AT(urlauth.open), AT(urlauth.reset)}, false},
	{{AT(urlauth.identify), AT(urlauth.token), AT(urlauth.open), AT(urlauth.reset),
	  AT(urlauth.mechanisms)}, false},
	{{AT(urlauth.identify), AT(urlauth.token), AT(urlauth.open), AT(urlauth.reset),
	  AT(urlauth.describe)}, false},
	{{AT(urlauth.identify), AT(urlauth.token), AT(urlauth.open), AT(urlauth.reset),
	  AT(urlauth.mechanisms), AT(urlauth.describe)}, true},
	{{AT(language.tags)}, false},
	{{AT(language.translate)}, false},
	{{AT(language.translate_prefix)}, true},
	{{AT(language.tags), AT(language.translate)}, false},
	{{AT(language.tags), AT(language.translate_prefix)}, false},
	{{AT(language.tags), AT(language.translate), AT(language.translate_prefix)}, true},
	{{AT(acl.rights)}, false},
	{{AT(acl.rights), AT(acl.get)}, false},
	{{AT(acl.rights), AT(acl.get), AT(acl.set)}, false},
	{{AT(acl.rights), AT(acl.get), AT(acl.grantable)}, false},
	{{AT(acl.rights), AT(acl.get), AT(acl.set), AT(acl.grantable)}, true},
	{{AT(acl.get)}, false},
	{{AT(acl.get), AT(acl.set)}, false},
	{{AT(acl.get), AT(acl.grantable)}, false},
	{{AT(acl.get), AT(acl.set), AT(acl.grantable)}, true},
	{{AT(acl.set)}, true},
	{{AT(sasl.step)}, false},
	{{AT(sasl.step), AT(sasl.mechanisms)}, true},
	{{AT(sasl.entropy)}, false},
	{{AT(sasl.secret)}, false},
	{{AT(sasl.entropy), AT(sasl.secret), AT(sasl.keys)}, true},
	{{AT(config.store)}, false},
	{{AT(config.mailboxes)}, true},
};

/* Members that are numbers or pointers to objects, and how long they are. */
static size_t length_at(size_t at)
{
	return at == AT(quota.resources) ? sizeof(uint32_t)
	       : at == AT(urlauth.mechanisms) || at == AT(sasl.mechanisms) || at == AT(language.tags) ||
	                       at == AT(sasl.secret) || at == AT(config.store) ||
	                       at == AT(config.mailboxes)
	               ? sizeof(void *)
	               : sizeof(any_function *);
}

static void callbacks_that_belong_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(incomplete); i++) {
		struct parts p;

		fill(&p);
		for (const size_t *at = incomplete[i].without; *at; at++)
			memset((char *)&p + *at, 0, length_at(*at));
		ROW(i, is_taken(&p) == incomplete[i].taken);
	}
}

/* ---- values ------------------------------------------------------------------------------------- */

static void sizes(void **state)
{
	static const size_t at[] = {
		AT(config.size), AT(store.size), AT(mailboxes.size), AT(metadata.size), AT(quota.size),
		AT(annotate.size), AT(urlauth.size), AT(language.size), AT(acl.size), AT(sasl.size),
		AT(watch.size), AT(limits.size),
	};
	struct imapsrv_engine *engine = NULL;
	struct parts p;

	(void)state;
	for (size_t i = 0; i < COUNT(at); i++) {
		size_t small = sizeof(size_t) - 1;

		fill(&p);
		memcpy((char *)&p + at[i], &small, sizeof(small));
		ROW(i, !is_taken(&p));
	}
	fill(&p);
	assert_int_equal(imapsrv_engine_new(NULL, &engine), IMAPSRV_EINVAL);
	assert_int_equal(imapsrv_engine_new(&p.config, NULL), IMAPSRV_EINVAL);
}

static char long_name[65 + 1], long_url[513 + 1];

static void values(void **state)
{
	static const struct {
		const char *url; /* of JMAP */
		bool taken;
	} urls[] = {
		{"https://jmap.example.com/", true},
		{"!~", true},
		{"", false},
		{"https://jmap.example.com/ x", false},
		{"https://jmap.example.com/\x7f", false},
		{"https://jmap.example.com/\xc3\xa4", false},
		{"https://jmap.example.com/\"", false},
		{"https://jmap.example.com/\\", false},
		{"https://jmap.example.com/]\r\n", false},
		{long_url + 1, true},
		{long_url, false},
	};
	static const struct {
		const char *name; /* of a mechanism of URLAUTH, or a language */
		bool mechanism, language;
	} names[] = {
		{"X-SAMPLE.2", true, true},
		{"AZ09", true, true},
		{"", false, false},
		{"de", false, true},
		{"DE DE", false, false},
		{"DE\"", false, false},
		{long_name + 1, true, true},
		{long_name, false, false},
	};
	const char *list[] = {NULL, NULL};
	struct parts p;

	(void)state;
	memset(long_name, 'A', sizeof(long_name) - 1);
	memset(long_url, 'u', sizeof(long_url) - 1);
	for (size_t i = 0; i < COUNT(urls); i++) {
		fill(&p);
		p.config.jmap = urls[i].url;
		ROW(i, is_taken(&p) == urls[i].taken);
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		list[0] = names[i].name;
		fill(&p);
		p.urlauth.mechanisms = list;
		ROW(i, is_taken(&p) == names[i].mechanism);
		fill(&p);
		p.language.tags = list;
		ROW(i, is_taken(&p) == names[i].language);
	}
	list[0] = NULL;
	fill(&p);
	p.urlauth.mechanisms = list;
	assert_true(is_taken(&p));
	p.language.tags = list; /* there has to be one */
	assert_false(is_taken(&p));
}

static void numbers(void **state)
{
	struct parts p;

	(void)state;
	fill(&p);
	p.acl.others = IMAPSRV_RIGHT_NOTE | IMAPSRV_RIGHT_DIGIT(0) | IMAPSRV_RIGHT_DIGIT(9);
	assert_true(is_taken(&p));
	p.acl.others |= IMAPSRV_RIGHT_LOOKUP;
	assert_false(is_taken(&p));
	fill(&p);
	p.quota.resources = (1u << IMAPSRV_RESOURCES) - 1;
	assert_true(is_taken(&p));
	p.quota.resources++;
	assert_false(is_taken(&p));
	fill(&p);
	p.config.referrals = IMAPSRV_REFERRALS_LOGIN | IMAPSRV_REFERRALS_MAILBOX;
	assert_true(is_taken(&p));
	p.config.referrals = 2u * (IMAPSRV_REFERRALS_LOGIN | IMAPSRV_REFERRALS_MAILBOX);
	assert_false(is_taken(&p));
	fill(&p);
	p.sasl.secret_len = 15;
	assert_false(is_taken(&p));
	fill(&p);
	p.sasl.iterations = 4096;
	assert_true(is_taken(&p));
	p.sasl.iterations = 4095;
	assert_false(is_taken(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callbacks_that_belong_together),
		cmocka_unit_test(sizes),
		cmocka_unit_test(values),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
