/* SPDX-License-Identifier: MIT */
/*
 * session/session - the inside of struct imapsrv_session, and what commands use of it.  The loop
 * itself is in run.c, replies in reply.c, questions to the host in op.c, untagged updates in
 * sync.c.
 */
#ifndef ISRV_SESSION_SESSION_H
#define ISRV_SESSION_SESSION_H

#include "base/arena.h"
#include "imapsrv/session.h"
#include "mailbox/view.h"
#include "notify/notify.h"
#include "search/comparator.h"
#include "session/caps.h"
#include "session/command.h"
#include "session/engine.h"
#include "session/op.h"
#include "wire/framer.h"
#include "wire/writer.h"

enum isrv_phase {
	ISRV_PHASE_READ,    /* between commands, or in the middle of reading one   */
	ISRV_PHASE_REFUSED, /* a literal was refused: the rest is being dropped     */
	ISRV_PHASE_ACCESS,  /* a command is read; what may this user do here by now? */
	ISRV_PHASE_STEP,    /* a command is at work                                */
	ISRV_PHASE_TELL,    /* between commands: NOTIFY has something to say */
	ISRV_PHASE_SYNC,    /* it is done: untagged updates, then its tagged line  */
	ISRV_PHASE_TLS,     /* after STARTTLS's OK                                 */
	ISRV_PHASE_COMPRESS, /* after COMPRESS's OK                                */
	ISRV_PHASE_RESUME,  /* restored: the mailbox is being opened again         */
	ISRV_PHASE_END      /* BYE is queued, or nothing more can be said          */
};

enum isrv_reply_status {
	ISRV_REPLY_OK,
	ISRV_REPLY_NO,
	ISRV_REPLY_BAD
};

/* The end of a command: its tagged line. */
struct isrv_reply {
	enum isrv_reply_status status;
	bool foreign;     /* the text is not our own: it is to be made safe */
	const char *code; /* inside the brackets; static or in the arena; NULL for none */
	/* Writes the code, brackets aside, if `code` cannot hold it; NULL for none. */
	void (*put_code)(struct imapsrv_session *s, void *args);
	const char *text; /* static or in the arena */
	size_t text_len;
};

enum isrv_enabled {
	ISRV_ENABLED_REV2 = 1 << 0,
	ISRV_ENABLED_CONDSTORE = 1 << 1,
	ISRV_ENABLED_QRESYNC = 1 << 2, /* and CONDSTORE is */
	ISRV_ENABLED_UIDONLY = 1 << 3,
	ISRV_ENABLED_METADATA = 1 << 4, /* METADATA responses unasked (RFC 5464 4.1) */
	ISRV_ENABLED_UTF8 = 1 << 5 /* UTF8=ACCEPT; what it does beyond s->w.utf8, see there */
};

/* Which events the client hears of. */
enum isrv_hearing {
	ISRV_HEARING_COMMANDS, /* no NOTIFY yet: the selected mailbox, while a command runs
	                        * (RFC 5465 3.1) */
	ISRV_HEARING_NOTHING,  /* NOTIFY NONE, or an overflow */
	ISRV_HEARING_NOTIFY    /* what s->notify says */
};

struct isrv_contexts; /* contexts.c's own */
struct isrv_sync;     /* sync.c's own */
struct isrv_resume;   /* resume.c's own */

/* Of the TLS connection, for SCRAM-SHA-256-PLUS. */
struct isrv_binding {
	struct isrv_binding *next;
	char type[32];
	size_t len;
	char data[];
};

/* A text that is kept. */
struct isrv_kept {
	size_t len;
	char data[];
};

/* There may be a million of it: small members stand together, so that there are no holes. */
struct imapsrv_session {
	struct imapsrv_engine *engine;
	void *user;
	struct isrv_mem mem;
	struct isrv_outq out;
	size_t output_max;       /* octets in it at which commands stop */
	struct isrv_writer w;
	struct isrv_framer framer;
	struct isrv_arena arena; /* of the command at work */
	uint64_t steps;
	uint64_t turn;           /* steps when this call of the API began */
	uint64_t progress;       /* steps when the client was last told that the command goes on */

	/* what may be said and done */
	enum isrv_phase phase;
	int error;               /* sticky, fatal */
	struct isrv_caps hidden; /* capabilities that the host took away */
	struct isrv_caps caps;   /* those that there are now: see isrv_caps_update */
	uint32_t enabled;        /* enum isrv_enabled */
	bool secure;
	bool can_starttls;
	uint8_t compress;        /* enum imapsrv_compress; NO once it is active */
	bool allow_plaintext;
	bool bye_asked;          /* imapsrv_session_bye: as soon as possible */
	bool eof;                /* the client will send nothing more */
	uint8_t in_call;         /* inside an API call: no re-entry */
	uint8_t in_callback;     /* inside the host: nothing but answers and events */
	bool has_account;        /* the host gave one: it is to be given back */
	bool logged_in;
	bool idling;             /* in IDLE: other timers */
	uint8_t comparator;      /* enum isrv_comparator (RFC 5255 4.7) */

	/* who and where */
	const char *language;           /* one of the host's; NULL: i-default */
	struct imapsrv_account account; /* valid if has_account */
	struct isrv_view *view;         /* NULL: nothing selected */
	struct isrv_view *opening;      /* the mailbox that SELECT, or a restored session, is
	                                 * opening */
	struct isrv_kept *external;     /* for EXTERNAL; NULL: not known */
	struct isrv_binding *bindings;
	struct isrv_kept *bye_text;

	/* the command at work */
	const struct isrv_command *command;
	void *args;
	struct imapsrv_span tag; /* in short_tag or the arena */
	char short_tag[16];
	struct isrv_reply reply;
	const char *in;          /* input not taken yet, within the call of recv */
	const char *in_end;
	uint64_t literal_left;   /* octets of a streamed literal that are the command's */
	struct isrv_contexts *contexts; /* of the selected mailbox; NULL: none.  See
	                                 * session/contexts.h */
	struct isrv_sync *sync;  /* in the arena; NULL while nothing is being told */
	struct isrv_resume *resume; /* in phase RESUME */
	struct isrv_outq_mark mark; /* where to fall back to when memory runs out */

	uint32_t limited_to;     /* see session/messagelimit.h: it had more messages than these, */
	uint32_t limited_from;   /* and worked on those from this UID up; 0: on all */
	uint32_t bad_commands;   /* in a row */
	uint8_t wait;            /* what its step said last: enum isrv_step */
	uint8_t frame;           /* news from the framer for a step that waits for INPUT: enum
	                            isrv_frame, MORE for none */
	uint8_t after;           /* what follows its tagged line: enum isrv_phase READ, TLS or
	                          * END */
	bool uid;
	bool wake;               /* an event came: step again although no input did */
	bool mid_line;           /* a response line is half written while the command waits: no BYE
	                            can be said.  Set by a step that waits in such a place, cleared
	                            when the line is whole */
	bool modseq_shown;       /* the command has shown modification sequences, */
	bool secret : 1;         /* its arguments are credentials, also if it never ran */
	bool literal_refused : 1; /* before login, or one of credentials: */
	bool doubtful : 1;       /* the line behind it may be what was to be in it */
	bool notify_held : 1;    /* see isrv_hear_hold: */
	bool overflow_due : 1;   /* as soon as it is let go */
	bool by_number : 1;      /* it names messages by number, though it is a UID command */
	bool collects : 1;       /* of the line that is being read: all its literals are
	                          * arguments */
	bool modseq_due;         /* or has to end with HIGHESTMODSEQ: see session/modseq.h */

	/* what is heard: see session/hear.h */
	uint8_t heard;           /* of the selected mailbox, in and at the end of a command: enum
	                          * isrv_pending */
	uint8_t heard_between;   /* and between commands */
	bool stirred;            /* what may be told between commands has changed */
	bool news;               /* something beside the view's pending changes may have to be
	                          * told */
	bool overflowed;         /* NOTIFICATIONOVERFLOW, for one */
	bool tell_all;           /* the command implies a NOOP, whatever is heard from now on */
	bool subscriptions_moved;        /* since a command at work last looked at them */
	bool keys_reset;                 /* of the selected mailbox: it is to be told
	                                  * (RFC 4467 7) */
	bool opening_changed;    /* the mailbox that is being opened has, meanwhile; */
	bool opening_renamed;    /* or got another name than the one by which it is */
	uint8_t hearing;                 /* enum isrv_hearing */
	struct isrv_notify *notify;      /* exactly while hearing NOTIFY, or COMMANDS with METADATA
	                                  * enabled */
	struct isrv_kept *warning;       /* a quota was passed: for a human */
	struct isrv_telling *telling;    /* the teller's own; NULL while nothing but the view is
	                                  * told */

	/* the question to the host */
	struct isrv_ops ops;
	struct isrv_result result;

	/* time and patience */
	uint64_t now;            /* as tick told it */
	uint64_t login_by;       /* no later than this */
	uint64_t since;          /* that the client is waited for: its last sign of life, or the
	                          * start of IDLE */
	uint64_t quiet_since;    /* last output in IDLE */
	uint64_t delay_until;    /* of a failed login */
	uint64_t clock;          /* what is added to the host's time, after a restore */
	struct {                 /* in all, for imapsrv_session_counters */
		uint64_t commands;
		uint32_t bad_commands;
		uint32_t failed_logins;
	} counted;
	uint32_t failed_logins;
	bool ticked;             /* the time is known */
	bool reclock;            /* it was, in another process: the next tick says it is the same */
	bool active;             /* the client did something since the last tick, or was given its
	                          * turn */
	bool spoke;              /* something went out since the last tick */
};

/* ---- replies (reply.c): each sets the reply and returns ISRV_DONE -------------------------- */

static inline enum isrv_step isrv_reply(struct imapsrv_session *s, enum isrv_reply_status status,
                                        const char *code, const char *text)
{
	struct isrv_reply *r = &s->reply;

	r->status = status;
	r->code = code;
	r->put_code = NULL;
	r->text = text;
	r->text_len = strlen(text); /* known to the compiler, as a rule */
	r->foreign = false;
	return ISRV_DONE;
}

static inline enum isrv_step isrv_ok(struct imapsrv_session *s, const char *text)
{
	return isrv_reply(s, ISRV_REPLY_OK, NULL, text);
}

/* "[code] text"; code NULL for none */
static inline enum isrv_step isrv_ok_code(struct imapsrv_session *s, const char *code,
                                          const char *text)
{
	return isrv_reply(s, ISRV_REPLY_OK, code, text);
}

static inline enum isrv_step isrv_no(struct imapsrv_session *s, const char *code, const char *text)
{
	return isrv_reply(s, ISRV_REPLY_NO, code, text);
}

static inline enum isrv_step isrv_bad(struct imapsrv_session *s, const char *text)
{
	return isrv_reply(s, ISRV_REPLY_BAD, NULL, text);
}

/* NO, as the host's answer in s->result says: response code and text (RFC 5530).  nonexistent,
 * if not NULL, is the code in place of NONEXISTENT: "TRYCREATE". */
enum isrv_step isrv_refused(struct imapsrv_session *s, const char *nonexistent);
/* Is there such a code? */
bool isrv_code_is(enum imapsrv_code code);
/* The name of a host's code, NULL for OK and NO. */
const char *isrv_code_name(enum imapsrv_code code);
const char *isrv_code_text(enum imapsrv_code code);
/* "* OK text", or with a code: "* OK [code] text" */
void isrv_untagged(struct imapsrv_session *s, const char *status, const char *code,
                   const char *text);
/* Texts are in that language from now on; NULL: i-default. */
void isrv_session_speak(struct imapsrv_session *s, const char *language);
/* Where UTF-8 may stand, by the language and what is enabled, when either has changed. */
void isrv_session_encode(struct imapsrv_session *s);
/* A text for humans, in the client's language. */
void isrv_session_say(struct imapsrv_session *s, const char *text);
/* The command's tagged line, from s->reply. */
void isrv_reply_put(struct imapsrv_session *s);

/* ---- the session itself (session.c) -------------------------------------------------------- */

/* Keeps a copy of a text in *kept, in the place of what was there.  False: no memory. */
bool isrv_session_keep(struct imapsrv_session *s, struct isrv_kept **kept,
                       struct imapsrv_span text);
void isrv_session_forget(struct imapsrv_session *s, struct isrv_kept **kept);
static inline struct imapsrv_span isrv_kept_span(const struct isrv_kept *kept)
{
	return (struct imapsrv_span){kept ? kept->data : NULL, kept ? kept->len : 0};
}

/* Ends the session: BYE with this text (static), phase END.  For what the client did wrong. */
void isrv_session_end(struct imapsrv_session *s, const char *code, const char *text);
/* Sticky failure.  ENOMEM drops a half-written line that has not left. */
void isrv_session_fail(struct imapsrv_session *s, int error);
void isrv_session_fault(struct imapsrv_session *s, const char *what);
/* Is the output queue at its mark? */
static inline bool isrv_session_full(const struct imapsrv_session *s)
{
	return isrv_outq_size(&s->out) >= s->output_max;
}
/* Has this call of the API done enough?  Asked by steps that may be long between two questions to
 * the host; they return ISRV_YIELD then. */
static inline bool isrv_session_turn_over(const struct imapsrv_session *s)
{
	return s->steps - s->turn >= s->engine->limits.turn;
}
/* The steps at which it has. */
static inline uint64_t isrv_session_turn_end(const struct imapsrv_session *s)
{
	return s->turn + s->engine->limits.turn;
}
/* Keeps what the host says about an account, checked. */
void isrv_session_take_account(struct imapsrv_session *s, const struct imapsrv_account *account);
/* Takes the limits that hold before login, or those after it. */
void isrv_session_use_limits(struct imapsrv_session *s);
/* Logs in with that account: other limits, other capabilities. */
void isrv_session_log_in(struct imapsrv_session *s);
/* Gives mailbox and account back and forgets what was enabled. */
void isrv_session_log_out(struct imapsrv_session *s);
/* The name of a view, in the arena: it may get another while the host reads this one.  False: no
 * memory. */
bool isrv_session_copy_name(struct imapsrv_session *s, const struct isrv_view *v,
                            struct imapsrv_span *name_r);
/* Gives the selected mailbox back. */
void isrv_session_deselect(struct imapsrv_session *s);
/* May what was read of the command at work be a password?  Before login anything may: LOGIN
 * misspelt, or with a space too many. */
static inline bool isrv_session_is_secret(const struct imapsrv_session *s)
{
	return !s->logged_in || s->secret;
}
/* A line begins in the middle of which the host may be asked, or the output waited for: no BYE
 * until the caller clears mid_line, and if memory runs out the line is taken back as long as none
 * of it has left. */
static inline void isrv_session_begin_line(struct imapsrv_session *s)
{
	if (!isrv_writer_failed(&s->w)) /* else one before it in the same step is half written */
		s->mark = isrv_outq_mark(&s->out);
	s->mid_line = true;
}
/* It is whole, and stays if memory runs out behind it in the same step. */
static inline void isrv_session_end_line(struct imapsrv_session *s)
{
	s->mid_line = false;
	if (!isrv_writer_failed(&s->w))
		s->mark = isrv_outq_mark(&s->out);
}
/* Of a deadline: what it is counted from happens at the tick that follows. */
#define ISRV_NOT_DATED UINT64_MAX

/* So many ms after that moment; no later than the end of all time, which stands for never. */
static inline uint64_t isrv_session_after(uint64_t start, uint64_t ms)
{
	return start > UINT64_MAX - ms ? UINT64_MAX : start + ms;
}
/* Shows one received line to the trace hook; secret: that there was one. */
void isrv_session_trace(struct imapsrv_session *s, const char *data, size_t len, bool secret);

static inline bool isrv_caps_has(const struct imapsrv_session *s, enum isrv_cap cap)
{
	return isrv_caps_in(&s->caps, cap);
}

static inline bool isrv_session_rev2(const struct imapsrv_session *s)
{
	return (s->enabled & ISRV_ENABLED_REV2) != 0;
}

/* Are messages spoken of by UID alone (RFC 9586)? */
static inline bool isrv_session_uidonly(const struct imapsrv_session *s)
{
	return (s->enabled & ISRV_ENABLED_UIDONLY) != 0;
}

/* The number that a FETCH response is to show, for isrv_w_fetch_*: 0, so that it is a UIDFETCH,
 * where numbers must not be told. */
static inline uint32_t isrv_session_number(const struct imapsrv_session *s, uint32_t seq)
{
	return isrv_session_uidonly(s) ? 0 : seq;
}

/* Is \Recent shown with this message?  IMAP4rev2 has no such flag. */
static inline bool isrv_session_is_recent(const struct imapsrv_session *s, uint32_t uid)
{
	return isrv_view_is_recent(s->view, uid) && !isrv_session_rev2(s);
}

/* The flags of a row; the UID item only if `uid`, and never in a UIDFETCH. */
static inline void isrv_session_put_flags(struct imapsrv_session *s, uint32_t seq, bool uid,
                                          const struct imapsrv_row *row)
{
	bool recent = isrv_session_is_recent(s, row->uid);

	if (isrv_session_uidonly(s))
		isrv_w_uidfetch_flags(&s->w, row->uid, &row->flags, recent);
	else
		isrv_w_fetch_flags(&s->w, seq, uid ? row->uid : 0, &row->flags, recent);
}

/* Is that the mailbox that is selected?  Not where that one was deleted by others: what has its
 * name now is another. */
static inline bool isrv_session_is_selected(const struct imapsrv_session *s,
                                            struct imapsrv_span name)
{
	const struct isrv_view *v = s->view;

	return v && !v->removed && v->name_len == name.len && !memcmp(v->name, name.data, name.len);
}

/* ---- untagged updates (sync.c) ------------------------------------------------------------- */

/* Tells what is pending in the view, of these kinds (enum isrv_pending); there is one.  DONE, HOST
 * or OUTPUT. */
enum isrv_step isrv_sync_step(struct imapsrv_session *s, unsigned kinds);
/* Finds out what there is to tell, as far as the store has to be asked.  DONE or HOST.  If the
 * store refused, s->result says why, and view->look_all still holds. */
enum isrv_step isrv_sync_look(struct imapsrv_session *s);
/* Tells the host, once no expunge is left to be told, that it may forget those messages.  For when
 * view->forget is set. */
void isrv_sync_forget(struct imapsrv_session *s);
/* Is nothing being told? */
bool isrv_sync_rests(const struct imapsrv_session *s);
/* Forgets a telling that was under way. */
void isrv_sync_drop(struct imapsrv_session *s);
/* "* FLAGS (...)" and "* OK [PERMANENTFLAGS (...)]" */
void isrv_sync_put_flags(struct imapsrv_session *s);
/* If a row shows keywords that were not announced: announces them (before the row is written). */
void isrv_sync_keywords(struct imapsrv_session *s, const struct imapsrv_flags *flags);

#endif
