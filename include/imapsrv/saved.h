/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/saved.h - a session as octets: to put an idle one away, to replace a server by a newer
 * one under its connections, to move a connection to another machine.  The host moves the
 * connection itself (the socket, its TLS state), logs the account in again, and this brings back
 * everything that the client was told and has asked for.
 *
 * The octets are only good for the version of the library that wrote them or a later one that says
 * so, carry a checksum, and are refused in one piece or taken in one piece.  They hold what the
 * client sent of an unfinished command, which may be half a password: keep them as safe as that.
 */
#ifndef IMAPSRV_SAVED_H
#define IMAPSRV_SAVED_H

#include "imapsrv/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Writes the session to `data`, which has room for `size` octets; *len_r is what it takes.  `label`
 * is the host's own and goes along: who was logged in, as a rule.  The session stays as it is; one
 * that is to go on elsewhere is freed at once, and no event is posted to it in between.
 *
 * IMAPSRV_ETOOBIG: size is less than *len_r, nothing useful was written.  IMAPSRV_ESTATE: not now:
 * a command is at work, or part of a response waits behind output that does not leave, or more
 * output waits than imapsrv_limits.output.  Between commands, in the middle of a line that the
 * client is sending, and in IDLE it can be saved.  IMAPSRV_EREENTER; a fatal error that the session
 * is in.
 */
IMAPSRV_API int imapsrv_session_save(const struct imapsrv_session *session,
                                     struct imapsrv_span label, void *data, size_t size,
                                     size_t *len_r);

/* What one can know of saved octets without restoring them. */
struct imapsrv_saved {
	size_t size;
	struct imapsrv_span label;   /* in place */
	struct imapsrv_span mailbox; /* the selected one; in place, empty if none */
	enum imapsrv_state state;    /* NOT_AUTHENTICATED: no account is needed */
};
#define IMAPSRV_SAVED_INIT IMAPSRV_SIZED(struct imapsrv_saved)

/* Looks at them; `saved` is filled in as far as its size says.  IMAPSRV_EINVAL: they are no saved
 * session, or damaged; *why_r (may be NULL) says which in English, static. */
IMAPSRV_API int imapsrv_saved_look(const void *data, size_t len, struct imapsrv_saved *saved,
                                   const char **why_r);

struct imapsrv_restore {
	size_t size;
	void *user; /* of the new session */
	/* For a session that was logged in: its account, as for `preauth` in
	 * imapsrv_session_config.  Same separator as before. */
	const struct imapsrv_account *account;
	/* 0: look up what happened meanwhile in the selected mailbox.  Not 0: every event since the
	 * save is posted to the new session. */
	int up_to_date;
};
#define IMAPSRV_RESTORE_INIT IMAPSRV_SIZED(struct imapsrv_restore)

/*
 * Makes a session of saved octets.  Its clock goes on at the next tick with the time of the save.
 * If it had a mailbox selected, that is opened again by its name as soon as it runs (want says
 * RUN), and nothing is read before; a mailbox that is gone, has another UIDVALIDITY, or has
 * forgotten UIDs or modification sequences that it had, ends the session with BYE.
 *
 * The account is the library's only if this succeeds.  On failure *why_r (may be NULL) says why.
 * IMAPSRV_EINVAL: no saved session, damaged, or an account too many, too few, or with other
 * names.  IMAPSRV_ESTATE: this engine cannot do something that the client was told of.
 * IMAPSRV_ETOOBIG: this engine's limits are too low.  IMAPSRV_ENOMEM.
 */
IMAPSRV_API int imapsrv_session_restore(struct imapsrv_engine *engine,
                                        const struct imapsrv_restore *restore, const void *data,
                                        size_t len, struct imapsrv_session **session_r,
                                        const char **why_r);

#ifdef __cplusplus
}
#endif

#endif
