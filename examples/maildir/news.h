/* SPDX-License-Identifier: MIT */
/*
 * news.h - who hears of what: the library's hub between the mailboxes and the sessions, and those
 * mailboxes that nobody has open but somebody wants to hear of (RFC 5465): they are held, so that
 * they are looked at like open ones.
 */
#ifndef MAILDIR_NEWS_H
#define MAILDIR_NEWS_H

#include "account.h"
#include "support.h"

/* Errors end the program. */
void news_begin(struct maildir *maildir);
void news_end(struct maildir *maildir);

/* What sessions tell of their interests. */
extern const struct imapsrv_watch maildir_watch;
/* Nobody is logged in there any more; the connection is gone. */
void news_logout(struct peer *peer);
void news_leave(struct peer *peer);

/* Something happened to messages; to names, by a client (origin) of this account: `old` is the name
 * before a renaming, else NULL. */
void news_messages(const struct box *box, enum imapsrv_event_type type, struct imapsrv_set uids,
                   const struct imapsrv_session *origin);
void news_name(struct account *account, enum imapsrv_event_type type, struct imapsrv_span name,
               const struct imapsrv_span *old, const struct imapsrv_session *origin);
/* Entries of a mailbox changed, shared ones or the private ones of one user ("": its owner);
 * private ones of the server. */
void news_entries(const struct box *box, const char *owner, const struct imapsrv_span *names,
                  size_t count, const struct imapsrv_session *origin);
void news_server_entries(struct account *account, const struct imapsrv_span *names, size_t count,
                         const struct imapsrv_session *origin);
/* Of the user with that directory. */
void news_quota(struct maildir *maildir, const char *account, enum imapsrv_event_type type,
                const struct imapsrv_session *origin);
/* What the others are told by news_name; origin NULL: another program did it. */
void news_publish_name(struct account *account, enum imapsrv_event_type type,
                       struct imapsrv_span name, const struct imapsrv_span *old,
                       const struct imapsrv_session *origin);
/* Rights of a user, or of "anyone", on it changed: some are lost, or only gained. */
void news_rights(const struct box *box, const char *who, bool lost,
                 const struct imapsrv_session *origin);
/* A mailbox is about to be deleted: what is told of that is told to those who may see it now. */
void news_departing(struct account *account, struct imapsrv_span name);
void news_departed(struct maildir *maildir);
/* May this connection hear of it?  The names are those that its user has for mailboxes. */
bool news_may_hear(const struct peer *peer, const struct imapsrv_event *event);
/* Who may see what in the directory of a user has changed. */
void news_hold_again(struct maildir *maildir, const char *path);
/* The first part of a topic. */
void news_put_user(struct text *text, const char *user, char separator);

/* Does what had to wait while an event was posted: not in the middle of work on a box. */
void news_settle(struct maildir *maildir);
/* The same, and what rights made of what is held: not while somebody goes through the boxes. */
void news_work(struct maildir *maildir);
/* About once a second: what other programs did to the directories of those who want to hear. */
void news_tick(struct maildir *maildir);

#endif
