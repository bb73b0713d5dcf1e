/* SPDX-License-Identifier: MIT */
/*
 * storecheck/clauses - the rules that a store has to keep, a name for the code, the id, where the
 * contract says so, the section of the protocol that needs it (NULL: only this library does), the
 * rule.
 */
#ifndef ISRV_STORECHECK_CLAUSES_H
#define ISRV_STORECHECK_CLAUSES_H

#define ISRV_SC_CLAUSES(X)                                                                         \
	X(OP_ANSWERED, "op.answered", "imapsrv_op(3)", "RFC 9051 2.2.2",                           \
	  "Every op is ended, once.")                                                              \
	X(OP_CANCELLED, "op.cancelled", "imapsrv_store(3), cancel", "RFC 9051 6.4.7",              \
	  "A question whose client has gone is answered whole, or not at all.")                    \
	X(OP_SENSE, "op.sense", "imapsrv_op(3)", NULL,                                             \
	  "What is handed in makes sense; the engine found that it does not.")                     \
	X(SESSION_LIVES, "session.lives", "imapsrv_store(3)", "RFC 9051 2.2.2",                    \
	  "No answer of a store ends a session.")                                                  \
	X(LOGIN_KNOWN, "login.known", "imapsrv_store(3), login", "RFC 9051 6.2.3",                 \
	  "The right name and password lead to an account, as often as they come.")                \
	X(LOGIN_REFUSED, "login.refused", "imapsrv_store(3), login", "RFC 5530 3",                 \
	  "A wrong password and an unknown name are refused, both with AUTHENTICATIONFAILED.")     \
	X(LOGIN_IDENTITY, "login.identity", "imapsrv_store(3), login", "RFC 4616 2",               \
	  "To act as oneself is allowed, and as a user that does not exist is not.")               \
	X(SASL_KNOWN, "sasl.known", "imapsrv_sasl(3), step", "RFC 9051 6.2.2",                     \
	  "The right responses lead to an account, as often as they come.")                        \
	X(SASL_REFUSED, "sasl.refused", "imapsrv_sasl(3), step", "RFC 5530 3",                     \
	  "Wrong responses lead to no account, and are refused with AUTHENTICATIONFAILED.")        \
	X(SASL_CANCELLED, "sasl.cancelled", "imapsrv_sasl(3), end", "RFC 9051 6.2.2",              \
	  "Of an exchange that the client cancels nothing is left for the next one.")              \
	X(SASL_APART, "sasl.apart", "imapsrv_sasl(3), step", "RFC 9051 6.2.2",                    \
	  "Exchanges of several sessions at a time do not know of each other.")                    \
	X(KEYS_KNOWN, "keys.known", "imapsrv_sasl(3), keys", "RFC 5802 3",                         \
	  "Keys are those of the password, which lets its user in.")                               \
	X(KEYS_STAY, "keys.stay", "imapsrv_sasl(3), keys", "RFC 5802 5.1",                         \
	  "The salt and the iterations of a name stay as long as its password.")                   \
	X(KEYS_ALIKE, "keys.alike", "imapsrv_sasl(3), keys", "RFC 5530 3",                         \
	  "A name that does not exist looks like one that does until the password fails.")         \
	X(KEYS_ENTROPY, "keys.entropy", "imapsrv_sasl(3), entropy", "RFC 5802 5.1",                \
	  "Entropy is other octets each time.")                                                    \
	X(LOGOUT_KEEPS, "logout.keeps", "imapsrv_store(3), logout", "RFC 9051 6.1.3",              \
	  "What a session did stays when it has gone, and other sessions go on.")                  \
	X(LIST_INBOX, "list.inbox", "imapsrv_store(3), list", "RFC 9051 6.3.9",                    \
	  "INBOX is always among the names.")                                                      \
	X(LIST_NAMES, "list.names", "imapsrv_store(3), list", "RFC 9051 6.3.9",                    \
	  "Every mailbox that can be opened is named once, and no other.")                         \
	X(LIST_SUBSCRIBED, "list.subscribed", "imapsrv_store(3), list", "RFC 9051 6.3.9.1",        \
	  "Names that are subscribed to are told, whether they exist or not, and no others.")      \
	X(OPEN_KNOWN, "open.known", "imapsrv_store(3), open", "RFC 9051 6.3.2",                    \
	  "A mailbox that exists opens; any other name is answered NONEXISTENT.")                  \
	X(OPEN_UIDVALIDITY, "open.uidvalidity", "imapsrv_store(3), open", "RFC 9051 2.3.1.1",      \
	  "UIDVALIDITY stays as long as the mailbox does.")                                        \
	X(OPEN_UIDNEXT, "open.uidnext", "imapsrv_store(3), open", "RFC 9051 2.3.1.1",              \
	  "UIDNEXT is above each UID that was ever in the mailbox, and never falls.")              \
	X(OPEN_UNSEEN, "open.unseen", "imapsrv_store(3), open", "RFC 3501 6.3.1",                  \
	  "first_unseen is the lowest UID without \\Seen, or 0.")                                  \
	X(OPEN_KEYWORDS, "open.keywords", "imapsrv_store(3), open", "RFC 9051 7.3.5",              \
	  "Keywords that are in use are among those that open tells.")                             \
	X(OPEN_RECENT, "open.recent", "imapsrv_store(3), open", "RFC 3501 2.3.2",                  \
	  "Messages are \\Recent to one open that is not read-only, and to no later one.")         \
	X(OPEN_READONLY, "open.readonly", "imapsrv_store(3), open", "RFC 9051 6.3.3",              \
	  "A mailbox that is opened read-only does not change by it.")                             \
	X(OPEN_SAME, "open.same", "imapsrv_store(3), open", "RFC 9051 2.3.1.1",                    \
	  "A mailbox that is made under an old name repeats no UID under the old UIDVALIDITY.")    \
	X(UIDS_ALL, "uids.all", "imapsrv_store(3), uids", "RFC 9051 7.4.1",                        \
	  "All messages that exist are told, and no others.")                                      \
	X(UIDS_ONCE, "uids.once", "imapsrv_store(3), open", "RFC 9051 2.3.1.1",                    \
	  "A UID is given to one message, and never again.")                                       \
	X(FETCH_ROWS, "fetch.rows", "imapsrv_store(3), fetch", "RFC 9051 6.4.5",                   \
	  "There is one row for each message of the set that exists.")                             \
	X(FETCH_FLAGS, "fetch.flags", "imapsrv_store(3), fetch", "RFC 9051 2.3.2",                 \
	  "Flags are told as they are.")                                                           \
	X(FETCH_DATE, "fetch.date", "imapsrv_store(3), fetch", "RFC 9051 2.3.3",                   \
	  "INTERNALDATE is that with which the message came, and stays.")                          \
	X(FETCH_SIZE, "fetch.size", "imapsrv_store(3), fetch", "RFC 9051 2.3.4",                   \
	  "SIZE is what the body amounts to, with CRLF.")                                          \
	X(FETCH_DESCRIPTION, "fetch.description", "imapsrv_store(3), fetch", "RFC 9051 2.3.5",     \
	  "A description is that of the message.")                                                 \
	X(FETCH_CHANGED, "fetch.changed", "imapsrv_store(3), fetch", "RFC 7162 3.1.4.1",           \
	  "With changed_since no message is left out that has changed.")                           \
	X(BODY_OCTETS, "body.octets", "imapsrv_store(3), body", "RFC 9051 2.3.1.1",                \
	  "A body is what was appended, octet for octet.")                                         \
	X(BODY_READ, "body.read", "imapsrv_store(3), body_read", "RFC 9051 6.4.5",                 \
	  "A read may start anywhere, and gives the octets that are there.")                       \
	X(BODY_STAYS, "body.stays", "imapsrv_store(3), body", "RFC 2180 4.1",                      \
	  "What was handed out stays as it is until body_close, also when the message goes.")      \
	X(STORE_FLAGS, "store.flags", "imapsrv_store(3), store", "RFC 9051 6.4.6",                 \
	  "System flags are set, added and removed as asked, and no others change.")               \
	X(STORE_KEYWORDS, "store.keywords", "imapsrv_store(3), store", "RFC 9051 2.3.2",           \
	  "Keywords are set, added and removed as asked; their case does not distinguish.")        \
	X(STORE_ROWS, "store.rows", "imapsrv_store(3), store", "RFC 9051 6.4.6",                   \
	  "There is a row with the new flags for each message of the set that exists.")            \
	X(STORE_OTHERS, "store.others", "imapsrv_store(3), store", "RFC 9051 6.4.6",               \
	  "Messages that are not in the set do not change.")                                       \
	X(STORE_UNCHANGED, "store.unchanged", "imapsrv_store(3), store", "RFC 9051 6.4.5",         \
	  "`unchanged` is said of messages whose flags were so already, and only of those.")       \
	X(STORE_CONDITION, "store.condition", "imapsrv_store(3), store", "RFC 7162 3.1.3",         \
	  "A condition that does not hold changes nothing in that message, and `failed` "          \
	  "says so.")                                                                              \
	X(STORE_HOLDS, "store.holds", "imapsrv_store(3), store", "RFC 7162 3.1.3",                 \
	  "A condition that holds for a message does not keep it from being changed.")             \
	X(STORE_ATOMIC, "store.atomic", "imapsrv_store(3), store", "RFC 7162 3.1.3",               \
	  "Of two changes at a time, each if there was no other, one fails.")                      \
	X(APPEND_DONE, "append.done", "imapsrv_store(3), append", "RFC 9051 6.3.12",               \
	  "A message that was accepted is in the mailbox.")                                        \
	X(APPEND_UIDS, "append.uids", "imapsrv_op(3), imapsrv_op_appended", "RFC 9051 7.1",        \
	  "The UIDs told are those that the messages have, in order, under UIDVALIDITY.")          \
	X(APPEND_FLAGS, "append.flags", "imapsrv_store(3), append", "RFC 9051 6.3.12",             \
	  "A message comes with the flags that were given, and no others.")                        \
	X(APPEND_DATE, "append.date", "imapsrv_store(3), append", "RFC 9051 6.3.12",               \
	  "A message has the date that was given; else the time of arrival.")                      \
	X(APPEND_ALL, "append.all", "imapsrv_store(3), append", "RFC 3502 6.3.11",                 \
	  "All messages of a command come, or none.")                                              \
	X(APPEND_ABORT, "append.abort", "imapsrv_store(3), append", "RFC 9051 6.3.12",             \
	  "Of an append that was not finished nothing is left.")                                   \
	X(APPEND_NONE, "append.none", "imapsrv_store(3), append", "RFC 9051 6.3.12",               \
	  "A mailbox that does not exist is NONEXISTENT, and is not made.")                        \
	X(APPEND_LIMIT, "append.limit", "imapsrv_store(3), append_limits", "RFC 7889 3.3",         \
	  "A message above the limit that is told is refused, one that is not above is not.")      \
	X(APPEND_BINARY, "append.binary", "imapsrv_store(3), append", "RFC 3516 4.4",              \
	  "A message with NUL is kept octet for octet, or refused with UNKNOWN_CTE.")              \
	X(COMPOSE_OCTETS, "compose.octets", "imapsrv_store(3), unmeasured", "RFC 4469 3",          \
	  "A message of unknown length is what came, and others can be read while it comes.")      \
	X(COMPOSE_NONE, "compose.none", "imapsrv_store(3), unmeasured", "RFC 4469 3",              \
	  "Of a message of unknown length that was not finished nothing is left.")                 \
	X(UTF8_OCTETS, "utf8.octets", "imapsrv_engine(3), utf8", "RFC 9755 4",                     \
	  "A header in UTF-8 is kept octet for octet.")                                            \
	X(REPLACE_BOTH, "replace.both", "imapsrv_store(3), replace", "RFC 8508 3.4",               \
	  "The new message comes and the old one goes, in one stroke.")                            \
	X(EXPUNGE_GONE, "expunge.gone", "imapsrv_store(3), expunge", "RFC 9051 6.4.3",             \
	  "What was expunged is gone for good.")                                                   \
	X(EXPUNGE_TOLD, "expunge.told", "imapsrv_store(3), expunge", "RFC 9051 7.5.1",             \
	  "The UIDs told are those of the messages that were removed.")                            \
	X(EXPUNGE_DELETED, "expunge.deleted", "imapsrv_store(3), expunge", "RFC 9051 6.4.3",       \
	  "With only_deleted no message without \\Deleted goes.")                                  \
	X(EXPUNGE_SET, "expunge.set", "imapsrv_store(3), expunge", "RFC 9051 6.4.9",               \
	  "No message outside of the set goes.")                                                   \
	X(COPY_ALL, "copy.all", "imapsrv_store(3), copy", "RFC 9051 6.4.7",                        \
	  "All messages of the set are copied, or none, and the originals stay.")                  \
	X(COPY_UIDS, "copy.uids", "imapsrv_op(3), imapsrv_op_copied", "RFC 9051 7.1",              \
	  "The UIDs told are those of originals and copies, in the same order.")                   \
	X(COPY_SAME, "copy.same", "imapsrv_store(3), copy", "RFC 9051 6.4.7",                      \
	  "A copy has the octets, flags and INTERNALDATE of the original.")                        \
	X(COPY_NONE, "copy.none", "imapsrv_store(3), copy", "RFC 9051 6.4.7",                      \
	  "A target that does not exist is NONEXISTENT, and nothing changes.")                     \
	X(MOVE_ALL, "move.all", "imapsrv_store(3), move", "RFC 9051 6.4.8",                        \
	  "Messages that are moved are in the target, and no longer in the source.")               \
	X(STATUS_SAME, "status.same", "imapsrv_store(3), status", "RFC 9051 6.3.11",               \
	  "The numbers are those that open and fetch amount to.")                                  \
	X(CHECK_KEEPS, "check.keeps", "imapsrv_store(3), check, idle", "RFC 3501 6.4.1",           \
	  "A checkpoint, and waiting, change nothing in a mailbox.")                               \
	X(CLOCK_NOW, "clock.now", "imapsrv_engine(3), clock", "RFC 5032 2",                        \
	  "The clock is that by which messages arrive.")                                           \
	X(MODSEQ_RISES, "modseq.rises", "imapsrv_store(3), Modification sequences",                \
	  "RFC 7162 3.1",                                                                          \
	  "A message's sequence rises above all others when it comes and when its flags change.")  \
	X(MODSEQ_FORWARD, "modseq.forward", "imapsrv_store(3), Modification sequences",            \
	  "RFC 7162 3.1", "No sequence falls, neither of a message nor of a mailbox.")             \
	X(MODSEQ_HIGHEST, "modseq.highest", "imapsrv_store(3), Modification sequences",            \
	  "RFC 7162 3.1.2.1", "HIGHESTMODSEQ is not below the sequence of any message.")           \
	X(MODSEQ_SAME, "modseq.same", "imapsrv_store(3), Modification sequences",                  \
	  "RFC 7162 3.1", "A flag that is set again changes nothing.")                             \
	X(MODSEQ_EXPUNGE, "modseq.expunge", "imapsrv_store(3), Modification sequences",            \
	  "RFC 7162 3.2.7", "HIGHESTMODSEQ rises when messages are expunged.")                     \
	X(MODSEQ_ROW, "modseq.row", "imapsrv_store(3), Modification sequences",                    \
	  "RFC 7162 3.1.3",                                                                        \
	  "The sequence that store, expunge or move answer is the one that there is.")             \
	X(VANISHED_ALL, "vanished.all", "imapsrv_store(3), vanished", "RFC 7162 3.2.5.1",          \
	  "Every message of the set that was expunged since is told, or the answer refused.")      \
	X(EVENT_ARRIVAL, "event.arrival", "imapsrv_event(3)", "RFC 9051 5.2",                      \
	  "Messages that come are posted to each session that has the mailbox open.")              \
	X(EVENT_EXPUNGE, "event.expunge", "imapsrv_event(3)", "RFC 9051 5.2",                      \
	  "Messages that go are posted to each session that has the mailbox open.")                \
	X(EVENT_FLAGS, "event.flags", "imapsrv_event(3)", "RFC 9051 5.2",                          \
	  "Flags that change are posted to each session that has the mailbox open.")               \
	X(EVENT_NAMES, "event.names", "imapsrv_event(3), The watch", "RFC 5465 5.4",               \
	  "Names of mailboxes that come, go and change, and subscriptions, are posted.")           \
	X(EVENT_OTHERS, "event.others", "imapsrv_event(3), The watch", "RFC 5465 5.2",             \
	  "What happens in mailboxes that are not open is posted to those that watch them.")       \
	X(EVENT_METADATA, "event.metadata", "imapsrv_metadata(3)", "RFC 5465 5.6",                 \
	  "Entries that change are posted.")                                                       \
	X(EVENT_ANNOTATION, "event.annotation", "imapsrv_annotate(3)", "RFC 5257 4.4",             \
	  "Annotations that change are posted to those who may see them.")                         \
	X(EVENT_ACCESS, "event.access", "imapsrv_event(3)", "RFC 5465 5.9",                        \
	  "Rights that are gained and lost are posted to those whose they are.")                   \
	X(KEPT_CONTENTS, "kept.contents", "imapsrv_store(3), forgotten", "RFC 2180 4.1.2",         \
	  "What is kept of an expunged message is answered as it was, or not at all.")             \
	X(SORT_AGREES, "sort.agrees", "imapsrv_store(3), sort", "RFC 5256 3",                      \
	  "Messages come in the order in which the engine puts them.")                             \
	X(THREAD_AGREES, "thread.agrees", "imapsrv_store(3), thread", "RFC 5256 3",                \
	  "Threads are those that the engine finds.")                                              \
	X(SEARCH_AGREES, "search.agrees", "imapsrv_store(3), search", "RFC 9051 6.4.4",            \
	  "What is certain is what the engine finds; a candidate is never missing.")               \
	X(SEARCH_FUZZY, "search.fuzzy", "imapsrv_store(3), fuzzy", "RFC 6203 3",                   \
	  "What has the very words that are asked for matches nearly.")                            \
	X(CREATE_DONE, "create.done", "imapsrv_mailboxes(3), create", "RFC 9051 6.3.4",            \
	  "A mailbox that was created exists, and is empty.")                                      \
	X(CREATE_EXISTS, "create.exists", "imapsrv_mailboxes(3), create", "RFC 9051 6.3.4",        \
	  "A name that exists is ALREADYEXISTS, for create and rename, and stays as it is.")       \
	X(CREATE_NAMES, "create.names", "imapsrv_mailboxes(3), create", "RFC 9051 5.1",            \
	  "A name is kept as it was given, in whatever letters.")                                  \
	X(REMOVE_DONE, "remove.done", "imapsrv_mailboxes(3), remove", "RFC 9051 6.3.5",            \
	  "A mailbox that was removed does not exist; one that did not is NONEXISTENT.")           \
	X(REMOVE_BELOW, "remove.below", "imapsrv_mailboxes(3), remove", "RFC 9051 6.3.5",          \
	  "What lies below a mailbox that is removed stays.")                                      \
	X(RENAME_DONE, "rename.done", "imapsrv_mailboxes(3), rename", "RFC 9051 6.3.6",            \
	  "The mailbox, its messages and what lies below have the new name, and not the old.")     \
	X(SUBSCRIBE_STAYS, "subscribe.stays", "imapsrv_mailboxes(3), subscribe", "RFC 9051 6.3.7", \
	  "A subscription stays when its mailbox is removed, until it is taken back.")             \
	X(CREATE_USES, "create.uses", "imapsrv_mailboxes(3), create", "RFC 6154 3",                \
	  "A mailbox that is made with special uses has them.")                                    \
	X(METADATA_KEPT, "metadata.kept", "imapsrv_metadata(3)", "RFC 5464 4.3",                   \
	  "An entry has the value that was set, octet for octet, until it is removed.")            \
	X(METADATA_ASKED, "metadata.asked", "imapsrv_metadata(3)", "RFC 5464 4.2.2",               \
	  "Every entry that is asked for and exists is told, by depth as well.")                   \
	X(METADATA_FOLLOWS, "metadata.follows", "imapsrv_metadata(3)", "RFC 5464 4.1",             \
	  "Entries go along when a mailbox is renamed, and go when it is removed.")                \
	X(METADATA_PRIVATE, "metadata.private", "imapsrv_metadata(3)", "RFC 5464 3.3",             \
	  "A private entry is of one user, a shared one of all who may read the mailbox.")         \
	X(METADATA_ROOM, "metadata.room", "imapsrv_metadata(3), set", "RFC 5464 4.1",              \
	  "There is room for 10 entries of 1024 octets in each mailbox.")                          \
	X(ANNOTATE_KEPT, "annotate.kept", "imapsrv_annotate(3), store", "RFC 5257 4.5",            \
	  "A value is what was set, octet for octet, and nothing else changes with it.")           \
	X(ANNOTATE_ASKED, "annotate.asked", "imapsrv_annotate(3), get", "RFC 5257 4.3",            \
	  "Every entry that is asked for and exists is told, by pattern as well.")                 \
	X(ANNOTATE_COPIED, "annotate.copied", "imapsrv_annotate(3), copy", "RFC 5257 4.6",         \
	  "A copy has the shared values, and the private ones of who copied.")                     \
	X(ANNOTATE_COUNTS, "annotate.counts", "imapsrv_annotate(3), store", "RFC 7162 1",          \
	  "A changed annotation raises the sequence of its message.")                              \
	X(ANNOTATE_PRIVATE, "annotate.private", "imapsrv_annotate(3), get", "RFC 5257 3.3",        \
	  "A private value is of one user.")                                                       \
	X(ANNOTATE_ROOM, "annotate.room", "imapsrv_annotate(3), store", "RFC 5257 4.1",            \
	  "There is room for 10 entries of 1024 octets with each message.")                        \
	X(ACL_RIGHTS, "acl.rights", "imapsrv_acl(3), rights", "RFC 8440 3",                        \
	  "Rights are the same whoever tells of them.")                                            \
	X(ACL_KEPT, "acl.kept", "imapsrv_acl(3), set", "RFC 4314 3.1",                             \
	  "An entry has the rights that it was given, until it is changed or removed.")            \
	X(ACL_INHERITED, "acl.inherited", "imapsrv_acl(3)", "RFC 4314 4",                          \
	  "A new mailbox has the list of the one above it.")                                       \
	X(ACL_FOLLOWS, "acl.follows", "imapsrv_acl(3)", "RFC 4314 4",                              \
	  "A list goes along when its mailbox is renamed, and goes when it is removed.")           \
	X(ACL_GIVEN, "acl.given", "imapsrv_acl(3), set", "RFC 4314 2",                             \
	  "Who is given a right has it: he sees the mailbox, reads it, and adds to it.")           \
	X(ACL_TAKEN, "acl.taken", "imapsrv_acl(3), set", "RFC 4314 2",                             \
	  "Who may look a mailbox up, and not read it, does not.")                                 \
	X(ACL_HIDDEN, "acl.hidden", "imapsrv_acl(3), rights", "RFC 4314 6",                        \
	  "A mailbox to which a user has no right is not there for him.")                          \
	X(ACL_ALWAYS, "acl.always", "imapsrv_acl(3), grantable", "RFC 4314 3.7",                   \
	  "Rights that an identifier is said to have always, it has.")                             \
	X(QUOTA_ROOTS, "quota.roots", "imapsrv_quota(3)", "RFC 9208 3.2",                          \
	  "A root that a mailbox is under can be asked for, and is the same.")                     \
	X(QUOTA_USAGE, "quota.usage", "imapsrv_quota(3)", "RFC 9208 5.2",                          \
	  "Usage grows and falls with the messages.")                                              \
	X(QUOTA_HOLDS, "quota.holds", "imapsrv_quota(3)", "RFC 9208 4.3.1",                        \
	  "A limit that was set is kept to.")                                                      \
	X(OBJECTID_MAILBOX, "objectid.mailbox", "imapsrv_store(3), objectids", "RFC 8474 4",       \
	  "MAILBOXID is the same in open, status and create, stays, and is no other's.")           \
	X(OBJECTID_EMAIL, "objectid.email", "imapsrv_store(3), objectids", "RFC 8474 5.1",         \
	  "A copy has the EMAILID of the original, another message has another, and it stays.")    \
	X(OBJECTID_THREAD, "objectid.thread", "imapsrv_store(3), objectids", "RFC 8474 5.2",       \
	  "Messages with the same EMAILID have the same THREADID, and it stays.")                  \
	X(SAVEDATE_STAYS, "savedate.stays", "imapsrv_store(3), savedates", "RFC 8514 3",           \
	  "The save date of a message stays.")                                                     \
	X(LANGUAGE_SAME, "language.same", "imapsrv_language(3), translate", "RFC 5255 3.2",        \
	  "A text is in the language of its session, whatever others speak.")                      \
	X(LANGUAGE_PREFIX, "language.prefix", "imapsrv_language(3), translate_prefix",             \
	  "RFC 5255 3.4",                                                                          \
	  "The translation of a namespace is in the language of its session, too.")                \
	X(URL_READ, "url.read", "imapsrv_urlauth(3), open", "RFC 4467 7",                          \
	  "A URL that was authorized leads to its message, which does not change by it.")          \
	X(URL_TOKEN, "url.token", "imapsrv_urlauth(3), token", "RFC 4467 6",                       \
	  "A token is that of one URL and one key, and whatever is wrong is not told.")            \
	X(URL_OWNER, "url.owner", "imapsrv_urlauth(3), token", "RFC 4467 7",                       \
	  "Only the owner of a mailbox that exists can make URLs of it.")                          \
	X(URL_RESET, "url.reset", "imapsrv_urlauth(3), reset", "RFC 4467 7",                       \
	  "A key that is reset makes its own URLs void, and no others.")                           \
	X(URL_TOLD, "url.told", "imapsrv_urlauth(3), reset", "RFC 4467 7",                         \
	  "Sessions of the user are told that keys were reset.")                                   \
	X(URL_MECHANISM, "url.mechanism", "imapsrv_urlauth(3), describe", "RFC 4467 8",            \
	  "A mechanism that is told of a mailbox can be used with it.")                            \
	X(RESTART_MAIL, "restart.mail", "imapsrv_storecheck(3), restart", "RFC 9051 2.3.1.1",      \
	  "Messages, flags, dates and UIDs are after a restart what they were before.")            \
	X(RESTART_MODSEQ, "restart.modseq", "imapsrv_storecheck(3), restart", "RFC 7162 3.1.2.1",  \
	  "Sequences, and what was expunged, are after a restart what they were before.")          \
	X(RESTART_NAMES, "restart.names", "imapsrv_storecheck(3), restart", "RFC 9051 6.3.7",      \
	  "Names, subscriptions, UIDVALIDITY, identifiers and metadata outlast a restart.")        \
	X(RESTART_KEYS, "restart.keys", "imapsrv_urlauth(3), token", "RFC 4467 2.2",               \
	  "Keys of URLs are after a restart what they were before.")                               \
	X(SAVED_BACK, "saved.back", "imapsrv_storecheck(3), restore", "RFC 9051 2.3.1.1",          \
	  "A session that was saved comes back to the mailbox that it had.")                       \
	X(SAVED_TOLD, "saved.told", "imapsrv_storecheck(3), restore", "RFC 9051 5.2",              \
	  "A session that was saved is told what happened until it came back.")                    \
	X(OUTSIDE_SEEN, "outside.seen", "imapsrv_event(3)", "RFC 9051 5.2",                        \
	  "What others do to a mailbox is posted, and seen.")

#endif
