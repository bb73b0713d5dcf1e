/* SPDX-License-Identifier: MIT */
/*
 * storecheck/needs - what a scene takes of the host, in words: how each is seen, and how it is
 * called where the kit says that it lacks.
 */
#include <string.h>

#include "storecheck/check.h"

static bool tokens(const struct isrv_sc *c)
{
	return c->sasl.builtin & (IMAPSRV_MECHANISM_OAUTHBEARER | IMAPSRV_MECHANISM_XOAUTH2);
}

static bool posts_metadata(const struct isrv_sc *c)
{
	return c->config.watch && c->config.watch->events &
	                                  IMAPSRV_EVENT_BIT(IMAPSRV_EVENT_MAILBOX_METADATA);
}

#define NEEDS(X)                                                                                   \
	X("write", c->writes, "imapsrv_store.store, append_begin and expunge")                     \
	X("login", c->store.login, "imapsrv_store.login")                                          \
	X("search", c->store.search, "imapsrv_store.search")                                       \
	X("fuzzy", c->store.fuzzy, "imapsrv_store.fuzzy")                                          \
	X("sort", c->store.sort, "imapsrv_store.sort")                                             \
	X("thread", c->store.thread, "imapsrv_store.thread")                                       \
	X("modseqs", c->store.modseqs, "imapsrv_store.modseqs")                                    \
	X("objectids", c->store.objectids, "imapsrv_store.objectids")                              \
	X("savedates", c->store.savedates, "imapsrv_store.savedates")                              \
	X("replace", c->store.replace, "imapsrv_store.replace")                                    \
	X("append_limits", c->store.append_limits, "imapsrv_store.append_limits")                  \
	X("unmeasured", c->store.unmeasured, "imapsrv_store.unmeasured")                           \
	X("mailboxes", c->has_mailboxes, "imapsrv_mailboxes.create")                               \
	X("subscribe", c->has_subscribe, "imapsrv_mailboxes.subscribe")                            \
	X("uses", c->mailboxes.uses, "imapsrv_mailboxes.uses")                                     \
	X("watch", c->config.watch, "imapsrv_watch")                                               \
	X("watch.metadata", posts_metadata(c), "MAILBOX_METADATA in imapsrv_watch.events")         \
	X("metadata", c->config.metadata, "imapsrv_metadata")                                      \
	X("annotate", c->config.annotate && c->config.annotate->store, "imapsrv_annotate.store")   \
	X("acl.get", c->config.acl && c->config.acl->get, "imapsrv_acl.get")                       \
	X("acl.set", c->config.acl && c->config.acl->set, "imapsrv_acl.set")                       \
	X("quota", c->config.quota, "imapsrv_quota")                                               \
	X("mechanisms", c->sasl.mechanisms, "imapsrv_sasl.mechanisms")                             \
	X("tokens", tokens(c), "OAUTHBEARER or XOAUTH2 in imapsrv_sasl.builtin")                   \
	X("keys", c->sasl.keys, "imapsrv_sasl.keys")                                               \
	X("language", c->language.tags, "imapsrv_language.tags")                                   \
	X("urlauth", c->config.urlauth, "imapsrv_urlauth")                                         \
	X("clock", c->config.clock, "imapsrv_config.clock")                                        \
	X("name", c->check.name, "imapsrv_storecheck.name")                                        \
	X("password", *c->check.password, "imapsrv_storecheck.password")                           \
	X("other_name", c->check.other_name, "imapsrv_storecheck.other_name")                      \
	X("server", c->check.server, "imapsrv_storecheck.server")                                  \
	X("two", c->check.sessions > 1, "2 or more in imapsrv_storecheck.sessions")                \
	X("restart", c->check.restart, "imapsrv_storecheck.restart")                               \
	X("outside", c->check.outside, "imapsrv_storecheck.outside")                               \
	X("restore", c->check.restore, "imapsrv_storecheck.restore")

const char *isrv_sc_missing(const struct isrv_sc *c, const char *needs)
{
#define WORD(word, so, text) {word, text, (so) != 0},
	const struct {
		const char *word, *text;
		bool met;
	} all[] = {NEEDS(WORD)};
#undef WORD

	while (*needs) {
		const char *space = strchr(needs, ' ');
		size_t len = space ? (size_t)(space - needs) : strlen(needs), i = 0;

		while (strlen(all[i].word) != len || memcmp(all[i].word, needs, len) != 0)
			i++;
		if (!all[i].met)
			return all[i].text;
		needs += len + (space != NULL);
	}
	return NULL;
}
