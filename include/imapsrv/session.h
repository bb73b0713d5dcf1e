/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/session.h - the transport side: one connection.  Bytes from the client go in by recv,
 * bytes for the client are shown by peek and acknowledged by sent.  A session is used by one thread
 * at a time.
 *
 * A host's loop, whatever it is built on:
 *
 * 	want = imapsrv_session_want(s)
 * 	READ:      read from the socket, hand it to recv; keep what recv did not take, for later
 * 	WRITE:     peek, write what the socket takes, sent
 * 	RUN:       imapsrv_session_run
 * 	STARTTLS:  everything has been written: do the handshake, then imapsrv_session_tls_started
 * 	CLOSE:     everything has been written: close the socket, imapsrv_session_free
 * 	and imapsrv_session_tick when the time it named last has come, or whenever it is convenient
 *
 * What the session emits depends only on the bytes received, the answers of the store and the
 * events posted, in their order; not on how they were cut or when they came.
 *
 * None of these calls may be made from inside a callback of the same session, except
 * imapsrv_session_post, _want, _user, _state, _mailbox, _language, _utf8, _steps, _memory and
 * _counters; of the others those that return int give IMAPSRV_EREENTER, and the rest do nothing.
 */
#ifndef IMAPSRV_SESSION_H
#define IMAPSRV_SESSION_H

#include "imapsrv/engine.h"
#include "imapsrv/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What COMPRESS DEFLATE is answered. */
enum imapsrv_compress {
	IMAPSRV_COMPRESS_NO,          /* it is not known */
	IMAPSRV_COMPRESS_AFTER_LOGIN, /* before it, compression would help to guess a password */
	IMAPSRV_COMPRESS_ALWAYS,
	IMAPSRV_COMPRESS_TLS          /* TLS compresses already: NO [COMPRESSIONACTIVE] */
};

struct imapsrv_session_config {
	size_t size;
	void *user;        /* handed to every callback */
	int secure;        /* not 0: the connection is encrypted already, or needs not be (a
	                      pipe) */
	int can_starttls;  /* not 0: STARTTLS is offered until secure */
	int allow_plaintext; /* not 0: LOGIN and PLAIN are allowed though not secure (tests,
	                        loopback); else LOGINDISABLED (RFC 9051 6.2.3) */
	const struct imapsrv_account *preauth; /* not NULL: greet with PREAUTH; the account is
	                                          already known */
	const char *refuse; /* not NULL: greet with BYE and this text, and want CLOSE
	                       (RFC 9051 7.1.5): too many connections, not from there, maintenance.
	                       Used before imapsrv_session_new returns */
	enum imapsrv_compress compress; /* can the host compress the connection? (RFC 4978) */
	const char *referral; /* with `refuse`, in a host with IMAPSRV_REFERRALS_LOGIN: the URL of
	                         the server to turn to (RFC 2221 4.2), of whoever comes; not
	                         beside preauth.  NULL: none */
};
#define IMAPSRV_SESSION_CONFIG_INIT IMAPSRV_SIZED(struct imapsrv_session_config)

/*
 * Starts a session; its greeting is ready to be sent at once.  With preauth the library owns the
 * account from here on and gives it back by `logout`, also when this fails after IMAPSRV_EINVAL was
 * ruled out.  Errors: IMAPSRV_EINVAL, IMAPSRV_ETOOBIG (the referral), IMAPSRV_ENOMEM.
 */
IMAPSRV_API int imapsrv_session_new(struct imapsrv_engine *engine,
                                    const struct imapsrv_session_config *config,
                                    struct imapsrv_session **session_r);
/*
 * Ends the session wherever it is: cancels the open op, aborts an append, gives back every body,
 * mailbox and account.  NULL is allowed.  Not from inside a callback of the session (then it does
 * nothing).
 */
IMAPSRV_API void imapsrv_session_free(struct imapsrv_session *session);

/*
 * Hands in bytes from the client; *used_r of them were taken.  Fewer than len means "not now": a
 * command is at work, or output waits; hand in the rest when want says READ again.  The bytes are
 * not kept.  Errors: fatal ones only (then nothing more will be taken), IMAPSRV_EREENTER.
 */
IMAPSRV_API int imapsrv_session_recv(struct imapsrv_session *session, const void *data, size_t len,
                                     size_t *used_r);
/* The client has closed its side, and all that it sent was handed in.  An unfinished command is
 * forgotten, a finished one runs to its end; the session then wants CLOSE. */
IMAPSRV_API int imapsrv_session_eof(struct imapsrv_session *session);

/* Shows up to max spans that are ready to leave, in order, in place; they stay until the next call
 * of recv, eof, sent, run, tick, bye, or whatever else may not be called inside a callback.
 * *count_r is 0 when there is nothing. */
IMAPSRV_API int imapsrv_session_peek(struct imapsrv_session *session, struct imapsrv_span *spans,
                                     size_t max, size_t *count_r);
/* So many of those octets have left.  IMAPSRV_EINVAL if that is more than was ready. */
IMAPSRV_API int imapsrv_session_sent(struct imapsrv_session *session, size_t n);

/* Goes on with what can be done now: after an op was answered outside a callback, after events were
 * posted, and where a long search has given way.  The other calls do it too. */
IMAPSRV_API int imapsrv_session_run(struct imapsrv_session *session);

enum imapsrv_want {
	IMAPSRV_WANT_READ = 1 << 0,     /* recv would take something */
	IMAPSRV_WANT_WRITE = 1 << 1,    /* peek has something */
	IMAPSRV_WANT_HOST = 1 << 2,     /* an op is open */
	IMAPSRV_WANT_RUN = 1 << 3,      /* run would do something: an op was answered, an event
	                                   came, or a long command goes on (imapsrv_limits.turn) */
	IMAPSRV_WANT_STARTTLS = 1 << 4, /* all is written: switch to TLS now */
	IMAPSRV_WANT_CLOSE = 1 << 5,    /* it is over, and all is written or given up */
	IMAPSRV_WANT_COMPRESS = 1 << 6  /* all is written: compress and expand from now on */
};
/* What the session waits for: enum imapsrv_want, or-ed.  No bit is ever a lie.  0 only while a
 * failed login is being delayed (tick ends that). */
IMAPSRV_API unsigned imapsrv_session_want(const struct imapsrv_session *session);

/*
 * Tells the time: milliseconds of any clock that does not go backwards.  Fires what is due
 * (timeouts, keepalive, the delay of a failed login) and returns when to call again at the latest:
 * UINT64_MAX for never.  The session has no other clock: what the client sends is dated to the tick
 * that follows, so a host that calls tick after each recv gets exact timeouts, and no host gets
 * them early.
 */
IMAPSRV_API uint64_t imapsrv_session_tick(struct imapsrv_session *session, uint64_t now_ms);

/*
 * Something happened in the store; imapsrv/event.h says when, and in which order, events are to be
 * posted.  Cheap for a session that has no interest.  May be called from
 * inside callbacks; the client is told by the next run (want says RUN when there is something to
 * tell now).  The event is read before this returns.  Errors: IMAPSRV_EINVAL, or a fatal one that
 * the session is in.
 */
IMAPSRV_API int imapsrv_session_post(struct imapsrv_session *session,
                                     const struct imapsrv_event *event);

/* The TLS handshake that STARTTLS led to is done: everything learned before is forgotten (RFC
 * 9051 6.2.1).  IMAPSRV_ESTATE if the session did not ask for it. */
IMAPSRV_API int imapsrv_session_tls_started(struct imapsrv_session *session);

/* What is written from now on is compressed, what is read expanded (RFC 4978).  The session has
 * taken nothing that came behind its command: that is compressed already.  IMAPSRV_ESTATE if the
 * session did not ask for it. */
IMAPSRV_API int imapsrv_session_compress_started(struct imapsrv_session *session);

/* Who the client is by other means (a TLS certificate): AUTH=EXTERNAL is offered from now on.
 * Copied.  Before login only.  IMAPSRV_ESTATE, IMAPSRV_ENOMEM. */
IMAPSRV_API int imapsrv_session_set_external(struct imapsrv_session *session, const char *authcid,
                                             size_t len);

/*
 * What binds the client's authentication to the TLS connection (RFC 5929, RFC 9266): type is
 * "tls-exporter", "tls-server-end-point" or "tls-unique", data what the TLS library has for it, up
 * to 512 octets.  Copied; up to four types.  SCRAM-SHA-256-PLUS is offered from now on.  Before
 * login only.  IMAPSRV_EINVAL, IMAPSRV_ESTATE, IMAPSRV_ETOOBIG (a fifth type), IMAPSRV_ENOMEM.
 */
IMAPSRV_API int imapsrv_session_set_channel_binding(struct imapsrv_session *session,
                                                    const char *type, const void *data,
                                                    size_t len);

/* Hides a capability from this session, by its name in CAPABILITY ("MOVE"): it is not announced,
 * and its commands are unknown.  IMAPSRV_EINVAL if it is not a name of an extension. */
IMAPSRV_API int imapsrv_session_hide(struct imapsrv_session *session, const char *capability);

/* Ends the session politely: BYE with this text (the server shuts down, the account was
 * removed), as soon as a response that is half written allows. */
IMAPSRV_API int imapsrv_session_bye(struct imapsrv_session *session, const char *text);

/* Gives back memory that only a busy session needs.  Done by the library itself when IDLE
 * starts. */
IMAPSRV_API void imapsrv_session_trim(struct imapsrv_session *session);

enum imapsrv_state {
	IMAPSRV_NOT_AUTHENTICATED,
	IMAPSRV_AUTHENTICATED,
	IMAPSRV_SELECTED,
	IMAPSRV_LOGGED_OUT
};
IMAPSRV_API enum imapsrv_state imapsrv_session_state(const struct imapsrv_session *session);
IMAPSRV_API void *imapsrv_session_user(const struct imapsrv_session *session);
/* The selected mailbox's name; empty if none.  Belongs to the session, as long as what peek shows,
 * or until an event is posted. */
IMAPSRV_API struct imapsrv_span imapsrv_session_mailbox(const struct imapsrv_session *session);
/* The language that the client chose, a tag of imapsrv_language; NULL: i-default, English. */
IMAPSRV_API const char *imapsrv_session_language(const struct imapsrv_session *session);
/*
 * Has the client said that it takes UTF-8 in header fields (ENABLE UTF8=ACCEPT or IMAP4rev2)?
 * Not 0: yes, from now on.  May be called in callbacks.  A store with such messages can hide
 * them from other clients, or show surrogates (RFC 9755 8, RFC 6857, RFC 6858), which are
 * other messages, with UIDs of their own; one that does neither shows them as they are, their
 * 8-bit octets in literals.
 */
IMAPSRV_API int imapsrv_session_utf8(const struct imapsrv_session *session);
/* Work done so far, in steps: about one per octet parsed and per message looked at.  Exact and
 * repeatable: the same bytes and answers give the same number. */
IMAPSRV_API uint64_t imapsrv_session_steps(const struct imapsrv_session *session);
/* Octets of memory held now, and the most that were ever held. */
IMAPSRV_API size_t imapsrv_session_memory(const struct imapsrv_session *session, size_t *peak_r);

/*
 * What a client has done so far, for a host that limits clients: by user or address, over many
 * sessions, or by time.  The limits of one session are in imapsrv_limits.  What is counted begins
 * again with a session that was restored; the times go on.
 */
struct imapsrv_counters {
	size_t size;
	uint64_t commands;      /* lines and commands that were answered, bad ones too */
	uint64_t bad_commands;  /* of these, with BAD */
	uint64_t failed_logins; /* by LOGIN and AUTHENTICATE; also by proofs that the library
	                           checks, of which the host's `login` does not hear */
	uint64_t age;           /* ms from the first tick to the last; from the first behind
	                           UNAUTHENTICATE (RFC 8437), if there was one */
	uint64_t waiting;       /* ms up to the last tick that the client has been waited for:
	                           that it sends, goes on with what it began, or reads */
};
#define IMAPSRV_COUNTERS_INIT IMAPSRV_SIZED(struct imapsrv_counters)

/* Fills in as much of the structure as its size says. */
IMAPSRV_API void imapsrv_session_counters(const struct imapsrv_session *session,
                                          struct imapsrv_counters *counters);

#ifdef __cplusplus
}
#endif

#endif
