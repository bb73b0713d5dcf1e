/* SPDX-License-Identifier: MIT */
/*
 * storecheck/members - every member of every table of callbacks that a host fills in, and why the
 * conformance kit would notice if it did something else than it should.
 *
 *	CALLBACK(table, member)         a defect replaces it, and is found
 *	SETTING(table, member, clause)  that clause looks at what it promises
 *	NONE(table, member, why)        there is nothing that a client could see
 *
 * tests/lint/members.sh finds what is missing here.
 */
#ifndef TEST_STORECHECK_MEMBERS_H
#define TEST_STORECHECK_MEMBERS_H

#include "storecheck/kit.h"

#define MEMBERS(CALLBACK, SETTING, NONE)                                                           \
	CALLBACK(store, cancel)                                                                    \
	CALLBACK(store, login)                                                                     \
	CALLBACK(store, logout)                                                                    \
	CALLBACK(store, list)                                                                      \
	CALLBACK(store, open)                                                                      \
	CALLBACK(store, close)                                                                     \
	CALLBACK(store, uids)                                                                      \
	CALLBACK(store, fetch)                                                                     \
	CALLBACK(store, body)                                                                      \
	CALLBACK(store, body_read)                                                                 \
	CALLBACK(store, body_close)                                                                \
	CALLBACK(store, store)                                                                     \
	CALLBACK(store, append_begin)                                                              \
	CALLBACK(store, append_data)                                                               \
	CALLBACK(store, append_finish)                                                             \
	CALLBACK(store, append_abort)                                                              \
	CALLBACK(store, expunge)                                                                   \
	CALLBACK(store, copy)                                                                      \
	CALLBACK(store, move)                                                                      \
	CALLBACK(store, status)                                                                    \
	CALLBACK(store, check)                                                                     \
	SETTING(store, modseqs, "modseq.rises")                                                    \
	CALLBACK(store, vanished)                                                                  \
	CALLBACK(store, replace)                                                                   \
	SETTING(store, append_limits, "append.limit")                                              \
	CALLBACK(store, forgotten)                                                                 \
	SETTING(store, objectids, "objectid.email")                                                \
	SETTING(store, savedates, "savedate.stays")                                                \
	CALLBACK(store, sort)                                                                      \
	CALLBACK(store, thread)                                                                    \
	CALLBACK(store, search)                                                                    \
	CALLBACK(store, idle)                                                                      \
	SETTING(store, unmeasured, "compose.octets")                                               \
	SETTING(store, fuzzy, "search.fuzzy")                                                      \
	CALLBACK(mailboxes, create)                                                                \
	CALLBACK(mailboxes, remove)                                                                \
	CALLBACK(mailboxes, rename)                                                                \
	CALLBACK(mailboxes, subscribe)                                                             \
	SETTING(mailboxes, uses, "create.uses")                                                    \
	CALLBACK(watch, changed)                                                                   \
	SETTING(watch, events, "event.metadata")                                                   \
	CALLBACK(metadata, get)                                                                    \
	CALLBACK(metadata, set)                                                                    \
	SETTING(metadata, max_value, "metadata.room")                                              \
	SETTING(metadata, server_only, "metadata.kept")                                            \
	SETTING(quota, resources, "quota.roots")                                                   \
	CALLBACK(quota, get)                                                                       \
	CALLBACK(quota, roots)                                                                     \
	CALLBACK(quota, set)                                                                       \
	CALLBACK(annotate, get)                                                                    \
	CALLBACK(annotate, store)                                                                  \
	SETTING(annotate, max_value, "annotate.room")                                              \
	CALLBACK(acl, rights)                                                                      \
	CALLBACK(acl, get)                                                                         \
	CALLBACK(acl, set)                                                                         \
	CALLBACK(acl, grantable)                                                                   \
	SETTING(acl, others, "acl.rights")                                                         \
	NONE(acl, create_alone, "the library says what old letters mean")                          \
	SETTING(sasl, mechanisms, "sasl.known")                                                    \
	NONE(sasl, plaintext, "the kit does not listen on the line")                               \
	CALLBACK(sasl, step)                                                                       \
	CALLBACK(sasl, end)                                                                        \
	SETTING(sasl, builtin, "login.refused")                                                    \
	NONE(sasl, oauth_scope, "a text for clients")                                              \
	NONE(sasl, oauth_configuration, "a text for clients")                                      \
	CALLBACK(sasl, keys)                                                                       \
	CALLBACK(sasl, entropy)                                                                    \
	SETTING(sasl, secret, "keys.alike")                                                        \
	SETTING(sasl, secret_len, "keys.alike")                                                    \
	SETTING(sasl, iterations, "keys.alike")                                                    \
	SETTING(urlauth, mechanisms, "url.mechanism")                                              \
	CALLBACK(urlauth, identify)                                                                \
	CALLBACK(urlauth, token)                                                                   \
	CALLBACK(urlauth, open)                                                                    \
	CALLBACK(urlauth, reset)                                                                   \
	CALLBACK(urlauth, describe)                                                                \
	NONE(urlauth, only_secure, "the kit is on a connection that is secure")                    \
	SETTING(language, tags, "language.same")                                                   \
	CALLBACK(language, translate)                                                              \
	CALLBACK(language, translate_prefix)                                                       \
	CALLBACK(config, clock)                                                                    \
	NONE(config, trace, "for a log")                                                           \
	NONE(config, fault, "the kit's own, while it runs")                                        \
	NONE(config, client_id, "for a log")

/* A defect was put into the tables: the callbacks that it replaced have been tried. */
void members_tried(const struct tables *before, const struct tables *spoiled);
/* Calls `result` for each member: is it accounted for? */
void members_check(void (*result)(const char *name, bool ok, const char *why));

#endif
