/* SPDX-License-Identifier: MIT */
/*
 * session/session - the life of a connection: made, greeted, logged in and out, ended, freed.  How
 * input becomes commands and commands run is in run.c; the host's calls are in transport.c; time is
 * in timer.c.
 */
#include <string.h>

#include "base/utf8.h"
#include "session/contexts.h"
#include "session/hear.h"
#include "session/referral.h"
#include "session/resume.h"
#include "session/run.h"
#include "session/session.h"
#include "session/watch.h"

void isrv_session_use_limits(struct imapsrv_session *s)
{
	const struct imapsrv_limits *limits = &s->engine->limits;

	s->mem.budget = s->logged_in ? limits->memory : limits->memory_prelogin;
	s->framer.buf.max = s->logged_in ? limits->command : limits->command_prelogin;
	/* Output that waits must not be what uses the budget up: its chunks are larger than it. */
	s->output_max = s->mem.budget / 4;
	if (s->output_max > limits->output)
		s->output_max = limits->output;
}

static void init(struct imapsrv_session *s, struct imapsrv_engine *engine,
                 const struct imapsrv_session_config *config)
{
	const struct imapsrv_limits *limits = &engine->limits;

	s->engine = engine;
	s->user = config->user;
	s->secure = config->secure != 0;
	s->can_starttls = config->can_starttls != 0;
	s->compress = (uint8_t)config->compress;
	s->allow_plaintext = config->allow_plaintext != 0;
	isrv_outq_init(&s->out, &s->mem);
	isrv_writer_init(&s->w, &s->out);
	isrv_framer_init(&s->framer, limits->command_prelogin, limits->drop);
	isrv_session_use_limits(s);
	isrv_arena_init(&s->arena, &s->mem, limits->arena);
	s->result.text = "";
	s->login_by = ISRV_NOT_DATED;
	isrv_hear_update(s);
	isrv_caps_update(s);
}

static void greet(struct imapsrv_session *s)
{
	const char *text = s->engine->config.greeting;
	struct isrv_writer *w = &s->w;

	if (!text)
		text = "IMAP server ready";
	if (s->logged_in)
		ISRV_W(w, "* PREAUTH [");
	else
		ISRV_W(w, "* OK [");
	isrv_caps_put(w, s);
	ISRV_W(w, "] ");
	isrv_w_text(w, text, strlen(text));
	isrv_w_crlf(w);
}

/* Where those are sent who are turned away. */
static int refer(struct imapsrv_session *s, const char *url)
{
	return isrv_referral_add(s, (struct imapsrv_span){url, strlen(url)});
}

struct imapsrv_session *isrv_session_make(struct imapsrv_engine *engine,
                                          const struct imapsrv_session_config *config)
{
	struct imapsrv_session *s;
	struct isrv_mem mem;

	isrv_mem_init(&mem, engine->allocator, engine->limits.memory_prelogin);
	s = isrv_mem_zalloc(&mem, sizeof(*s));
	if (!s)
		return NULL;
	s->mem = mem;
	init(s, engine, config);
	return s;
}

int imapsrv_session_new(struct imapsrv_engine *engine, const struct imapsrv_session_config *config,
                        struct imapsrv_session **session_r)
{
	struct imapsrv_session_config c = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_session *s;
	int error;

	if (!engine || !config || !session_r || config->size < sizeof(size_t))
		return IMAPSRV_EINVAL;
	memcpy(&c, config, config->size < sizeof(c) ? config->size : sizeof(c));
	if (c.preauth && (c.preauth->size < sizeof(size_t) || (c.refuse && c.referral)))
		return IMAPSRV_EINVAL;
	s = isrv_session_make(engine, &c);
	if (!s) {
		if (c.preauth && engine->store.logout)
			engine->store.logout(c.user, c.preauth->handle);
		return IMAPSRV_ENOMEM;
	}
	if (c.preauth) {
		isrv_session_take_account(s, c.preauth);
		isrv_session_log_in(s);
	}
	error = c.refuse && c.referral ? refer(s, c.referral) : 0;
	if (error) {
		imapsrv_session_free(s);
		return error;
	}
	if (c.refuse)
		isrv_session_end(s, isrv_referral_code(s), c.refuse);
	else
		greet(s);
	if (isrv_writer_failed(&s->w) || !isrv_outq_size(&s->out) || s->error == IMAPSRV_ENOMEM) {
		imapsrv_session_free(s);
		return IMAPSRV_ENOMEM;
	}
	*session_r = s;
	return 0;
}

void isrv_session_forget(struct imapsrv_session *s, struct isrv_kept **kept)
{
	if (*kept)
		isrv_mem_free(&s->mem, *kept, sizeof(**kept) + (*kept)->len);
	*kept = NULL;
}

bool isrv_session_keep(struct imapsrv_session *s, struct isrv_kept **kept, struct imapsrv_span text)
{
	struct isrv_kept *copy = isrv_mem_alloc(&s->mem, sizeof(*copy) + text.len);

	if (!copy)
		return false;
	copy->len = text.len;
	if (text.len)
		memcpy(copy->data, text.data, text.len);
	isrv_session_forget(s, kept);
	*kept = copy;
	return true;
}

/* Lets go of everything that a command at work holds. */
static void drop_command(struct imapsrv_session *s)
{
	isrv_op_cancel(s);
	if (s->telling)
		s->engine->teller->drop(s);
	isrv_sync_drop(s);
	isrv_resume_drop(s);
	if (s->command && s->command->drop)
		s->command->drop(s, s->args);
	if (isrv_session_is_secret(s))
		isrv_arena_wipe(&s->arena);
	s->command = NULL;
	isrv_arena_clear(&s->arena);
	s->opening = NULL;
}

bool isrv_session_copy_name(struct imapsrv_session *s, const struct isrv_view *v,
                            struct imapsrv_span *name_r)
{
	name_r->data = isrv_arena_copy(&s->arena, v->name, v->name_len);
	name_r->len = v->name_len;
	if (!name_r->data)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return name_r->data != NULL;
}

void isrv_session_deselect(struct imapsrv_session *s)
{
	struct isrv_view *view = s->view;

	if (!view)
		return;
	isrv_contexts_clear(s);
	s->view = NULL;
	s->keys_reset = false;
	s->in_callback++;
	s->engine->store.close(s->user, view->handle);
	s->in_callback--;
	isrv_watch_selected(s, view->name, view->name_len, false);
	isrv_view_clear(view, &s->mem);
	isrv_mem_free(&s->mem, view, sizeof(*view));
	isrv_hear_update(s);
}

static bool are_namespaces(const struct imapsrv_account *a)
{
	for (size_t i = 0; i < a->namespace_count; i++) {
		struct imapsrv_span prefix = a->namespaces[i].prefix;

		if ((unsigned)a->namespaces[i].kind > IMAPSRV_NS_SHARED ||
		    (prefix.len && !prefix.data) || !isrv_utf8_is_name(prefix.data, prefix.len))
			return false;
	}
	return true;
}

void isrv_session_take_account(struct imapsrv_session *s, const struct imapsrv_account *account)
{
	struct imapsrv_account a = IMAPSRV_ACCOUNT_INIT;
	unsigned char c;

	memcpy(&a, account, account->size < sizeof(a) ? account->size : sizeof(a));
	c = (unsigned char)a.separator;
	if (c && (c <= ' ' || c >= 0x7f || strchr("%*\"\\", c))) {
		isrv_session_fault(s, "a hierarchy separator that cannot be one");
		a.separator = '/';
	}
	if (a.namespaces && !are_namespaces(&a)) {
		isrv_session_fault(
			s, "a namespace of no kind, or with a prefix that cannot begin a name");
		a.namespaces = NULL;
	}
	if (!a.namespaces)
		a.namespace_count = 0;
	s->account = a;
	s->has_account = true;
}

void isrv_session_log_in(struct imapsrv_session *s)
{
	s->logged_in = true;
	isrv_session_use_limits(s);
	s->bad_commands = 0;
	s->failed_logins = 0;
	isrv_caps_update(s);
	isrv_watch_account(s, true);
}

void isrv_session_log_out(struct imapsrv_session *s)
{
	isrv_session_deselect(s);
	isrv_hear_nothing(s, ISRV_HEARING_COMMANDS);
	if (s->logged_in) {
		isrv_watch_account(s, false);
		/* Not where somebody only tried: those of whoever is not logged in count in all. */
		s->bad_commands = 0;
	}
	if (s->has_account && s->engine->store.logout) {
		s->in_callback++;
		s->engine->store.logout(s->user, s->account.handle);
		s->in_callback--;
	}
	/* Also what the host posted from inside of these calls: it is not for who comes next. */
	s->overflowed = s->news = false;
	isrv_session_forget(s, &s->warning);
	memset(&s->account, 0, sizeof(s->account));
	s->has_account = false;
	s->logged_in = false;
	isrv_caps_update(s);
	s->enabled = 0;
	s->comparator = ISRV_COMPARATOR_UNICODE;
	isrv_session_encode(s);
}

/* Nothing more is read or run; what is queued can still leave. */
static void finish(struct imapsrv_session *s, int error)
{
	s->phase = ISRV_PHASE_END;
	if (!s->error)
		s->error = error;
	drop_command(s);
	isrv_op_trim(s);
	isrv_framer_clear(&s->framer, &s->mem);
	isrv_session_log_out(s);
}

static void put_bye(struct imapsrv_session *s, const char *code, const char *text, size_t len)
{
	struct isrv_writer *w = &s->w;
	struct isrv_outq_mark mark = isrv_outq_mark(&s->out);

	/* In the middle of a line, a literal above all, a BYE would be read as data; by a client
	 * that waits for TLS or compression as something else. */
	if (s->mid_line || s->phase == ISRV_PHASE_TLS || s->phase == ISRV_PHASE_COMPRESS)
		return;
	ISRV_W(w, "* BYE ");
	if (code) {
		ISRV_W(w, "[");
		isrv_w_cstr(w, code);
		ISRV_W(w, "] ");
	}
	if (s->language && !(s->bye_text && text == s->bye_text->data))
		isrv_session_say(s, text);
	else
		isrv_w_text(w, text, len);
	isrv_w_crlf(w);
	if (isrv_writer_failed(w))
		(void)isrv_outq_rollback(&s->out, mark);
}

void isrv_session_end(struct imapsrv_session *s, const char *code, const char *text)
{
	put_bye(s, code, text, strlen(text));
	finish(s, IMAPSRV_ECLOSED);
}

void isrv_session_close(struct imapsrv_session *s)
{
	if (s->phase != ISRV_PHASE_END)
		finish(s, IMAPSRV_ECLOSED);
}

/*
 * Only marks: the caller may be the host, in the middle of an answer.  run.c ends the session when
 * it is reached next.
 */
void isrv_session_fail(struct imapsrv_session *s, int error)
{
	if (s->error)
		return;
	s->error = error;
}

void isrv_session_settle(struct imapsrv_session *s)
{
	static const char no_memory[] = "Out of memory";
	static const char host_fault[] = "Internal error";

	if (!s->error || s->phase == ISRV_PHASE_END)
		return;
	/* Between two commands all lines are whole: they stay, whether they have left or not. */
	if ((s->phase == ISRV_PHASE_READ || s->phase == ISRV_PHASE_RESUME) &&
	    !isrv_writer_failed(&s->w))
		s->mark = isrv_outq_mark(&s->out);
	/* Half a line is taken back if none of it has left; else no BYE can be said behind it. */
	s->mid_line = !isrv_outq_rollback(&s->out, s->mark);
	/* What the command held is free now, so that the BYE may find the room that it needs. */
	drop_command(s);
	s->w.failed = false;
	if (s->error == IMAPSRV_ENOMEM)
		put_bye(s, NULL, no_memory, sizeof(no_memory) - 1);
	else
		put_bye(s, NULL, host_fault, sizeof(host_fault) - 1);
	finish(s, s->error);
}

void isrv_session_say_bye(struct imapsrv_session *s)
{
	put_bye(s, NULL, s->bye_text ? s->bye_text->data : "", isrv_kept_span(s->bye_text).len);
	finish(s, IMAPSRV_ECLOSED);
}

void isrv_session_fault(struct imapsrv_session *s, const char *what)
{
	const struct imapsrv_config *config = &s->engine->config;

	/* What is missing because there was no memory to take it in the host has said. */
	if (!config->fault || s->error == IMAPSRV_ENOMEM)
		return;
	s->in_callback++;
	config->fault(config->fault_user ? config->fault_user : s->user, what);
	s->in_callback--;
}

void isrv_session_trace(struct imapsrv_session *s, const char *data, size_t len, bool secret)
{
	static const char blank[] = "***";

	if (!s->engine->config.trace)
		return;
	s->in_callback++;
	s->engine->config.trace(s->user, IMAPSRV_TRACE_RECEIVED, secret ? blank : data,
	                        secret ? sizeof(blank) - 1 : len);
	s->in_callback--;
}

static void free_binding(struct imapsrv_session *s, struct isrv_binding **at)
{
	struct isrv_binding *b = *at;

	size_t size = sizeof(*b) + b->len;

	*at = b->next;
	isrv_mem_wipe(b, size);
	isrv_mem_free(&s->mem, b, size);
}

static void free_bindings(struct imapsrv_session *s)
{
	while (s->bindings)
		free_binding(s, &s->bindings);
}

void imapsrv_session_free(struct imapsrv_session *session)
{
	struct imapsrv_session *s = session;
	struct isrv_mem mem;

	if (!s || s->in_callback)
		return;
	isrv_session_close(s);
	isrv_outq_clear(&s->out);
	isrv_session_forget(s, &s->external);
	free_bindings(s);
	isrv_session_forget(s, &s->bye_text);
	mem = s->mem;
	isrv_mem_wipe(s, sizeof(*s));
	isrv_mem_free(&mem, s, sizeof(*s));
}

/* No memory for what the host wants to be kept. */
static int starve(struct imapsrv_session *s)
{
	/* In the middle of a line no BYE can be said, unless none of it has left. */
	if (!s->mid_line)
		s->mark = isrv_outq_mark(&s->out);
	isrv_session_fail(s, IMAPSRV_ENOMEM);
	isrv_run(s);
	return s->error;
}

/* Replaces a text that the session keeps. */
static int keep_text(struct imapsrv_session *s, struct isrv_kept **kept, const char *data,
                     size_t len)
{
	if (!isrv_session_keep(s, kept, (struct imapsrv_span){data, len}))
		return starve(s);
	isrv_caps_update(s); /* it may be who the client is */
	return 0;
}

int imapsrv_session_set_external(struct imapsrv_session *session, const char *authcid, size_t len)
{
	if (session->in_callback)
		return IMAPSRV_EREENTER;
	if (!authcid || !len)
		return IMAPSRV_EINVAL;
	if (session->logged_in || session->phase == ISRV_PHASE_END)
		return IMAPSRV_ESTATE;
	return keep_text(session, &session->external, authcid, len);
}

int imapsrv_session_set_channel_binding(struct imapsrv_session *session, const char *type,
                                        const void *data, size_t len)
{
	struct isrv_binding **at = &session->bindings, *b;
	size_t type_len = type ? strlen(type) : 0, count = 0;

	if (session->in_callback)
		return IMAPSRV_EREENTER;
	if (!type_len || type_len >= sizeof(b->type) || !data || !len || len > 512)
		return IMAPSRV_EINVAL;
	if (session->logged_in || session->phase == ISRV_PHASE_END)
		return IMAPSRV_ESTATE;
	for (; *at && strcmp((*at)->type, type) != 0; at = &(*at)->next)
		count++;
	if (count >= 4)
		return IMAPSRV_ETOOBIG;
	b = isrv_mem_zalloc(&session->mem, sizeof(*b) + len);
	if (!b)
		return starve(session);
	if (*at)
		free_binding(session, at);
	memcpy(b->type, type, type_len);
	memcpy(b->data, data, len);
	b->len = len;
	b->next = session->bindings;
	session->bindings = b;
	isrv_caps_update(session);
	return 0;
}

int imapsrv_session_bye(struct imapsrv_session *session, const char *text)
{
	struct imapsrv_session *s = session;
	int error;

	if (s->in_callback)
		return IMAPSRV_EREENTER;
	if (s->phase == ISRV_PHASE_END)
		return s->error;
	if (!text || !*text)
		return IMAPSRV_EINVAL;
	error = keep_text(s, &s->bye_text, text, strlen(text));
	if (error)
		return error;
	s->bye_asked = true;
	return imapsrv_session_run(s);
}

int imapsrv_session_utf8(const struct imapsrv_session *session)
{
	return session->w.utf8;
}

int imapsrv_session_tls_started(struct imapsrv_session *session)
{
	struct imapsrv_session *s = session;

	if (s->in_callback)
		return IMAPSRV_EREENTER;
	if (s->phase != ISRV_PHASE_TLS || isrv_outq_size(&s->out))
		return IMAPSRV_ESTATE;
	/* RFC 9051 6.2.1: nothing that came in clear is remembered (injection before the
	 * handshake). */
	isrv_framer_clear(&s->framer, &s->mem);
	isrv_arena_clear(&s->arena);
	s->enabled = 0;
	isrv_session_speak(s, NULL);
	s->failed_logins = 0;
	s->bad_commands = 0;
	s->secure = true;
	isrv_caps_update(s);
	s->phase = ISRV_PHASE_READ;
	return 0;
}

int imapsrv_session_compress_started(struct imapsrv_session *session)
{
	struct imapsrv_session *s = session;

	if (s->in_callback)
		return IMAPSRV_EREENTER;
	if (s->phase != ISRV_PHASE_COMPRESS || isrv_outq_size(&s->out))
		return IMAPSRV_ESTATE;
	s->compress = IMAPSRV_COMPRESS_NO;
	isrv_caps_update(s);
	s->phase = ISRV_PHASE_READ;
	return imapsrv_session_run(s);
}

void imapsrv_session_trim(struct imapsrv_session *session)
{
	struct imapsrv_session *s = session;

	if (s->in_callback)
		return;
	isrv_outq_trim(&s->out);
	if (s->phase == ISRV_PHASE_READ)
		isrv_arena_clear(&s->arena);
	else if (s->idling)
		isrv_arena_trim(&s->arena);
	else
		return; /* the arguments of the command at work may lie in the framer's buffer */
	isrv_op_trim(s);
	isrv_buf_shrink_secret(&s->framer.buf, &s->mem);
}

enum imapsrv_state imapsrv_session_state(const struct imapsrv_session *session)
{
	if (session->phase == ISRV_PHASE_END)
		return IMAPSRV_LOGGED_OUT;
	if (session->view)
		return IMAPSRV_SELECTED;
	return session->logged_in ? IMAPSRV_AUTHENTICATED : IMAPSRV_NOT_AUTHENTICATED;
}

void *imapsrv_session_user(const struct imapsrv_session *session)
{
	return session->user;
}

struct imapsrv_span imapsrv_session_mailbox(const struct imapsrv_session *session)
{
	struct imapsrv_span none = {NULL, 0};
	struct imapsrv_span name;

	if (!session->view)
		return none;
	name.data = session->view->name;
	name.len = session->view->name_len;
	return name;
}

uint64_t imapsrv_session_steps(const struct imapsrv_session *session)
{
	return session->steps;
}

size_t imapsrv_session_memory(const struct imapsrv_session *session, size_t *peak_r)
{
	if (peak_r)
		*peak_r = session->mem.peak;
	return session->mem.used;
}
