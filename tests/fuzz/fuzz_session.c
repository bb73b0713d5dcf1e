/* SPDX-License-Identifier: MIT */
/*
 * A whole session over the test store, on any octets.  The first HEAD octets choose the store, the
 * session, the limits, how octets travel, and a fault; the rest is what the client sends, with
 * the host's actions in between: 0xff, a letter (see act()), a parameter.
 *
 * Asserted on every run: what is emitted are whole responses that leave a strict client's picture
 * right (strict, host/client), `want` never lies and peeked spans hold still (host/driver), the
 * library keeps to its own headers and gives everything back (host/teststore, host/alloc), memory
 * stays in its budget, work is linear.  Without a fault the same octets are then sent in another
 * way - cut, drained, answered otherwise - and must lead to the same output.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/truth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	H_PIECE,   /* how the second run cuts its input                     */
	H_DRAIN,   /* and drains its output                                 */
	H_SEED,    /* bits: no `vanished`; what a store may have beyond the rest */
	H_STORE,   /* bits: pull, LF, sizes unknown, generous, events after */
	H_ABSENT,  /* enum ts_absent; above: no modification sequences      */
	H_SESSION, /* bits: how the client comes in; limits on messages     */
	H_LIMITS,  /* bits: which limits are tight                          */
	H_HIDE,    /* which capability is hidden; what rows hold; COMPRESS  */
	H_FAULT,   /* which fault, if any                                   */
	H_NTH,     /* of it                                                 */
	HEAD
};

#define ESCAPE 0xff

struct fuzz {
	const uint8_t *head;
	const uint8_t *body;
	size_t len;
	bool second;     /* the run that is cut */
	bool odd;        /* the host has posted nonsense: the library may say so */
	bool fault;
	bool silent;     /* something changed and no event said so, or is no longer sure */
	uint64_t actions;
	uint64_t messages; /* most that were in the store */
	struct tx_log log;
	struct ts *ts;
	struct ta alloc;
	struct td td;
	struct imapsrv_limits limits;
	struct tx pending; /* client octets to be fed */
	uint8_t last[2];   /* the last two that are no CR */
};

static struct fuzz *running; /* for the fault hook, which knows only the connection */

/* ---- the store ----------------------------------------------------------------------------- */

static const char mail[] =
	"From: Fred <fred@example.com>\r\nTo: Eve <eve@example.com>\r\n"
	"Subject: a test\r\nDate: Mon, 7 Feb 1994 21:52:25 -0800\r\n\r\n"
	"Hello Eve,\r\n\r\nthis is\r\n.\r\nit.\r\n";

static void add(struct ts_mailbox *m, const char *data, size_t len)
{
	struct ts_message *message = ts_add(m, 0, data, len, 1767225600, 60);

	if (!message)
		return;
	message->system = message->uid & IMAPSRV_SYSTEM_FLAGS;
	if (message->uid % 3 == 0)
		ts_keyword(m, message, "$Forwarded", true);
}

static void fill_store(struct fuzz *f)
{
	struct ts_user *fred = ts_add_user(f->ts, "fred", "secret");
	struct ts_mailbox *m = ts_find(f->ts, fred, "INBOX");
	char large[3000];

	for (size_t i = 0; i < 5; i++)
		add(m, mail, sizeof(mail) - 1 - i * 9);
	tx_generate(large, sizeof(large));
	add(m, large, sizeof(large));
	add(m, "", 0);
	m->keep_recent = true;
	ts_add_mailbox(f->ts, fred, "Work");
	add(ts_add_mailbox(f->ts, fred, "Work/Old"), mail, 40);
	m = ts_add_mailbox(f->ts, fred, "Gr\xc3\xb6\xc3\x9f" "e & \"x\"");
	m->attributes = IMAPSRV_USE_SENT;
	m = ts_add_mailbox(f->ts, fred, "ro");
	m->read_only = true;
	add(m, mail, 50);
	ts_add_mailbox(f->ts, fred, "secret")->refused = true;
	m = ts_add_mailbox(f->ts, fred, "n");
	m->no_new_keywords = true;
	m->not_sticky = true;
	ts_subscribe(fred, "Work", true);
	ts_subscribe(fred, "gone", true);
}

/* ---- what the host does -------------------------------------------------------------------- */

static struct ts_mailbox *pick(struct fuzz *f, uint8_t n)
{
	struct ts_mailbox *m = f->ts->mailboxes;

	for (n >>= 5; n && m->next; n--)
		m = m->next;
	return m;
}

static struct imapsrv_range one_message(const struct ts_mailbox *m, uint8_t n)
{
	uint32_t uid = m->count ? m->messages[n % m->count].uid : 1;

	return (struct imapsrv_range){uid, uid};
}

static void deliver(struct fuzz *f, uint8_t n, bool silent)
{
	struct ts_mailbox *m = pick(f, n);
	struct imapsrv_range range;

	if (m->count >= 60)
		return;
	add(m, mail, sizeof(mail) - 1 - (n & 31));
	f->messages++;
	range.first = range.last = m->messages[m->count - 1].uid;
	if (!silent)
		ts_post(f->ts, m, IMAPSRV_EVENT_MESSAGE_NEW, (struct imapsrv_set){&range, 1}, NULL);
}

static void change_flags(struct fuzz *f, uint8_t n, enum imapsrv_store_mode mode)
{
	static char word[] = "kw", other[] = "other";
	char *const keywords[] = {n & 8 ? word : other};
	struct ts_mailbox *m = pick(f, n);
	struct imapsrv_range range = one_message(m, n & 7);
	struct ts_changes c = {0};

	if (n & 16)
		range.last = UINT32_MAX;
	ts_flag(m, (struct imapsrv_set){&range, 1}, mode, n & 7 ? 1u << (n % 5) : 0, keywords,
	        n & 1, &c);
	ts_post_changes(f->ts, m, &c, NULL);
}

static void expunge(struct fuzz *f, uint8_t n, bool silent)
{
	struct ts_mailbox *m = pick(f, n);
	struct imapsrv_range range = one_message(m, n & 7);
	struct ts_set removed = {0};

	if (n & 16)
		range.last = UINT32_MAX;
	ts_remove(m, (struct imapsrv_set){&range, 1}, false, &removed);
	if (removed.count && !silent)
		ts_post(f->ts, m,
		        n & 8 ? IMAPSRV_EVENT_MESSAGE_EXPIRE : IMAPSRV_EVENT_MESSAGE_EXPUNGE,
		        ts_set_view(&removed), NULL);
	ts_set_clear(&removed);
}

/* Events that are late, early, twice, or wrong. */
static void post_odd(struct fuzz *f, uint8_t n)
{
	static const struct imapsrv_range sets[][2] = {
		{{1, UINT32_MAX}, {0, 0}}, {{UINT32_MAX, UINT32_MAX}, {0, 0}}, {{1, 2}, {4, 9}},
		{{3, 1000}, {0, 0}},       {{5, 5}, {2, 2}},                   {{0, 3}, {0, 0}},
		{{2, 2}, {0, 0}},          {{7, 9}, {11, 4000000000}}};
	struct td_session *s = &f->td.sessions[0];
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	const struct ts_mailbox *m = pick(f, (uint8_t)(n << 7));
	unsigned set = n >> 3 & 7;

	if (!s->session)
		return;
	event.type = (enum imapsrv_event_type)((n & 7) + 1);
	/* That a message is new or gone may not be a lie: the store would contradict itself. */
	if (event.type <= IMAPSRV_EVENT_MESSAGE_EXPIRE)
		event.type = IMAPSRV_EVENT_MAILBOX_CHANGED;
	event.mailbox = (struct imapsrv_span){m->name, strlen(m->name)};
	event.uids.ranges = sets[set];
	event.uids.count = set == 2 || set == 4 || set == 7 ? 2 : n & 64 ? 1 : 0;
	f->odd |= set == 4 || set == 5;
	imapsrv_session_post(s->session, &event);
}

static void change_mailboxes(struct fuzz *f, char what, uint8_t n)
{
	static const char *const names[] = {"new", "Work/new", "Work", "zz", "Work/Old/x",
	                                    "a/b/c", "ro2", "INBOX/x"};
	const char *name = names[n & 7];
	struct ts_user *fred = f->ts->users;
	struct ts_mailbox *m = ts_find(f->ts, fred, name);

	const char *to = names[n >> 3 & 7];

	if (what == 'C' && !m) {
		ts_add_mailbox(f->ts, fred, name);
		ts_post_name(f->ts, fred, IMAPSRV_EVENT_MAILBOX_CREATE, name, NULL, NULL);
	} else if (what == 'K' && m) {
		ts_remove_mailbox(f->ts, m);
		ts_post_name(f->ts, fred, IMAPSRV_EVENT_MAILBOX_DELETE, name, NULL, NULL);
	} else if (what == 'R' && m && !ts_find(f->ts, fred, to)) {
		ts_rename_mailbox(f->ts, m, to);
		ts_post_name(f->ts, fred, IMAPSRV_EVENT_MAILBOX_RENAME, to, name, NULL);
	}
}

/* Events about names, true or not. */
static void post_name(struct fuzz *f, uint8_t n)
{
	static const char *const names[] = {"Work", "ro", "nowhere", "INBOX"};
	static const struct imapsrv_span entries[] = {{"/shared/comment", 15}, {"/private/\r\n", 11}};
	struct td_session *s = &f->td.sessions[0];
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	const char *name = names[n >> 4 & 3];

	if (!s->session)
		return;
	event.type = (enum imapsrv_event_type)(IMAPSRV_EVENT_MAILBOX_CREATE + (n & 15));
	/* What is selected would be another than the store's. */
	if (event.type <= IMAPSRV_EVENT_MAILBOX_RENAME && n >> 4 & 2)
		event.type = IMAPSRV_EVENT_MAILBOX_SUBSCRIBE;
	if (event.type == IMAPSRV_EVENT_MAILBOX_RENAME || event.type == IMAPSRV_EVENT_MAILBOX_DELETE)
		name = "nowhere";
	event.mailbox = (struct imapsrv_span){name, strlen(name)};
	event.old_name = (struct imapsrv_span){"elsewhere", 9};
	event.entries = entries;
	event.entry_count = n >> 6;
	if (event.entry_count > 2)
		event.entry_count = 2;
	event.has_attributes = n >> 7;
	event.attributes = 0xffffffffu;
	event.text = (struct imapsrv_span){"full\r\n* BYE \xff", 14};
	f->odd = true;
	imapsrv_session_post(s->session, &event);
}

/* Any rights, but for one: those who administer it see what becomes of that. */
static void change_rights(struct fuzz *f, uint8_t n)
{
	static const char *const who[] = {"fred", "anyone", "-fred", "eve"};
	struct ts_mailbox *m = pick(f, n);
	uint32_t rights = (n * 2654435761u >> 9) & ts_acl_known(f->ts);

	/* What cannot be read any more is not compared with the store. */
	f->silent = true;
	if (f->ts->acl.on && !m->removed)
		ts_acl_change(m, who[n & 3], n & 4 ? IMAPSRV_ACL_SET : IMAPSRV_ACL_ADD, rights, n & 8,
		              NULL);
}

static void act(struct fuzz *f, char what, uint8_t n)
{
	struct td_session *s = &f->td.sessions[0];

	f->actions++;
	switch (what) {
	case 'd':
	case 'D':
		f->silent |= what == 'D';
		deliver(f, n, what == 'D');
		break;
	case 'f':
		change_flags(f, n, IMAPSRV_FLAGS_ADD);
		break;
	case 'F':
		change_flags(f, n, IMAPSRV_FLAGS_REMOVE);
		break;
	case 'x':
	case 'X':
		f->silent |= what == 'X';
		expunge(f, n, what == 'X');
		break;
	case 'c':
		ts_post(f->ts, pick(f, n), IMAPSRV_EVENT_MAILBOX_CHANGED,
		        (struct imapsrv_set){NULL, 0}, NULL);
		break;
	case 'n':
		ts_post(f->ts, pick(f, n), IMAPSRV_EVENT_MESSAGE_NEW,
		        (struct imapsrv_set){NULL, 0}, NULL);
		break;
	case 'o':
		post_odd(f, n);
		break;
	case 'e':
		post_name(f, n);
		break;
	case 'a':
		change_rights(f, n);
		break;
	case 'C':
	case 'K':
	case 'R':
		change_mailboxes(f, what, n);
		break;
	case 't':
		td_tick(&f->td, (uint64_t)n * 100);
		return;
	case 'T':
		td_tick(&f->td, (uint64_t)n * 30000);
		return;
	case 'E':
		td_eof(&f->td, 0);
		return;
	case 'B':
		if (s->session)
			imapsrv_session_bye(s->session, n & 1 ? "over\r\n* OK \xff" : "down");
		break;
	case 'S':
		if (s->starttls)
			td_tls(&f->td, 0);
		return;
	case 'z':
		if (s->compress)
			td_compress(&f->td, 0);
		return;
	case 'h':
	case 'r':
		f->ts->hold = what == 'h';
		break;
	case 's':
	case 'u':
		s->stalled = what == 's';
		break;
	case 'm':
		if (s->session)
			imapsrv_session_trim(s->session);
		break;
	case 'b':
		f->ts->refuse[n % TS_KINDS].code = (enum imapsrv_code)(1 + n / TS_KINDS);
		break;
	case 'Q':
		td_drop(&f->td, 0);
		return;
	default:
		return;
	}
	td_settle(&f->td, -1);
}

/* ---- what the client does ------------------------------------------------------------------ */

static void flush(struct fuzz *f)
{
	if (f->pending.len)
		td_feed(&f->td, 0, f->pending.data, f->pending.len);
	tx_clear(&f->pending);
}

/* A client waits for the answer to a synchronizing literal: has it announced one, with this
 * octet? */
static bool client_waits(struct fuzz *f, uint8_t octet)
{
	bool waits = octet == '\n' && f->last[1] == '}' && f->last[0] != '+';

	/* The CR is no part of it. */
	if (octet != '\r') {
		f->last[0] = f->last[1];
		f->last[1] = octet;
	}
	return waits;
}

/* Sends what there is and lets the host do what keeps the answer from coming. */
static void await_leave(struct fuzz *f)
{
	const struct td_session *s = &f->td.sessions[0];
	const struct tc *c = &s->client;
	unsigned before = c->continuations;

	flush(f);
	for (int i = 0; i < 5; i++) {
		if (!s->input.len &&
		    (!c->sync || c->continuations != before ||
		     (c->command_count && c->commands[c->command_count - 1].answered)))
			return;
		f->ts->hold = false;
		f->td.sessions[0].stalled = false;
		if (s->starttls)
			td_tls(&f->td, 0);
		if (s->compress)
			td_compress(&f->td, 0);
		td_tick(&f->td, 4000);
	}
}

static void play(struct fuzz *f, struct tx *output)
{
	for (size_t i = 0; i < f->len && !f->log.count; i++) {
		if (f->body[i] == ESCAPE && i + 2 < f->len) {
			flush(f);
			act(f, (char)f->body[i + 1], f->body[i + 2]);
			i += 2;
			continue;
		}
		tx_add(&f->pending, &f->body[i], 1);
		if (client_waits(f, f->body[i]))
			await_leave(f);
	}
	flush(f);
	/* Whatever was held back may come now. */
	f->ts->hold = false;
	f->td.sessions[0].stalled = false;
	td_settle(&f->td, 0);
	tx_add(output, f->td.sessions[0].output.data ? f->td.sessions[0].output.data : "",
	       f->td.sessions[0].output.len);
	if (!f->log.count && !f->fault && !f->silent && !f->td.sessions[0].client.lost &&
	    td_at_rest(&f->td, 0))
		td_compare(&f->td, 0);
}

/* ---- the set-up ---------------------------------------------------------------------------- */

static void on_fault(void *user, const char *what)
{
	(void)user;
	if (!running->odd && !running->fault)
		tx_complain(&running->log, "the library blames the host: %s", what);
}

static void set_limits(struct fuzz *f)
{
	uint8_t bits = f->head[H_LIMITS];
	struct imapsrv_limits *l = &f->limits;

	*l = (struct imapsrv_limits)IMAPSRV_LIMITS_INIT;
	if (bits & 1)
		l->output = 200;
	if (bits & 2)
		l->batch = 2;
	if (bits & 4)
		l->set_ranges = 3;
	if (bits & 8) {
		l->command = 300;
		l->command_prelogin = 120;
		l->append = 100;
		l->drop = 400;
	}
	if (bits & 16) {
		l->names = 4;
		l->keywords = 2;
		l->keyword_len = 5;
		l->search_terms = 4;
		l->fetch_items = 3;
		l->depth = 2;
		l->append_messages = 2;
		l->uidbatch = 1;
		l->uidbatches = 3;
	}
	if (bits & 32)
		l->arena = 3000;
	if (bits & 64) {
		l->failed_logins = 2;
		l->bad_commands = 4;
	} else {
		l->bad_commands = UINT32_MAX;
		l->bad_prelogin = UINT32_MAX;
	}
	if (bits & 128)
		l->login_delay = UINT32_MAX;
	if (f->head[H_SESSION] & 64)
		l->message_limit = 3;
	else if (f->head[H_SESSION] & 128)
		l->save_limit = 2;
}

static void set_quota(struct ts *ts)
{
	struct ts_root *all = ts_root(ts, ""), *work = ts_root(ts, "work");

	all->limited = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE) |
	               IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_MESSAGE);
	all->usage[IMAPSRV_RESOURCE_STORAGE] = 7;
	all->limit[IMAPSRV_RESOURCE_STORAGE] = 512;
	all->limit[IMAPSRV_RESOURCE_MESSAGE] = 50;
	free(work->mailboxes);
	work->mailboxes = tx_dup("Work", 4);
	work->limited = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_MAILBOX);
	work->limit[IMAPSRV_RESOURCE_MAILBOX] = 10;
	ts->resources = all->limited | work->limited;
}

static void set_store(struct fuzz *f)
{
	uint8_t bits = f->head[H_STORE];
	struct ts_options *o = &f->ts->options;

	o->pull = bits & 1 ? (bits & 2 ? 7 : SIZE_MAX) : 0;
	o->lf = bits & 4;
	o->no_size = bits & 8;
	o->generous = bits & 16;
	o->events_after = bits & 32;
	o->set_piece = bits & 64 ? 1 : 0;
	o->seed = f->head[H_SEED];
	if (f->second || (bits & 128))
		o->mode = f->second && (bits & 128) ? TS_MIXED : TS_LATER;
	tx_seed(&f->ts->random, o->seed);
	f->ts->absent = f->head[H_ABSENT] & ~(unsigned)TS_NO_LOGIN;
	f->ts->modseqs = !(f->head[H_ABSENT] & 128);
	f->ts->absent |= f->head[H_SEED] & 1 ? TS_NO_VANISHED : 0u;
	f->ts->meta.on = (f->head[H_SEED] & 2) != 0;
	f->ts->meta.count = 10;
	f->ts->clock = (f->head[H_SEED] & 2) != 0;
	f->ts->savedates = (f->head[H_SEED] & 2) != 0;
	f->ts->objectids = (f->head[H_SEED] & 2) != 0;
	f->ts->limits = (f->head[H_SEED] & 2) != 0;
	f->ts->replace = (f->head[H_SEED] & 2) != 0;
	f->ts->unmeasured = (f->head[H_SEED] & 2) != 0;
	f->ts->urlauth.on = f->ts->urlauth.sample = (f->head[H_SEED] & 2) != 0;
	memset(f->ts->urlauth.token, '0', 32); /* so that URLs can be guessed */
	f->ts->keeps = (f->head[H_SEED] & 4) != 0;
	f->ts->acl.on = (f->head[H_SEED] & 8) != 0;
	f->ts->notes.on = (f->head[H_SEED] & 16) != 0;
	f->ts->notes.count = 5;
	if (f->head[H_SEED] & 32)
		set_quota(f->ts);
	if (f->head[H_SEED] & 64) {
		f->ts->speaks = f->ts->sasl = f->ts->scram = true;
		f->ts->builtin = IMAPSRV_MECHANISM_LOGIN | IMAPSRV_MECHANISM_ANONYMOUS |
		                 IMAPSRV_MECHANISM_OAUTHBEARER | IMAPSRV_MECHANISM_XOAUTH2;
	}
	if (f->head[H_SEED] & 128) {
		f->ts->asks_idle = f->ts->keeps_changes = true;
		f->ts->uses = IMAPSRV_USE_DRAFTS | IMAPSRV_USE_SENT | IMAPSRV_USE_IMPORTANT;
	}
	o->previews = f->head[H_HIDE] & 16;
	o->described = f->head[H_HIDE] & 32 ? 1 : 0;
	o->sparse = f->head[H_HIDE] & 64;
	f->ts->max_append = 2000;
}

static void set_fault(struct fuzz *f)
{
	uint8_t n = f->head[H_NTH];

	switch (f->head[H_FAULT] & 7) {
	case 1:
		f->alloc.fail_once = (uint64_t)n + 1;
		break;
	case 2:
		f->alloc.fail_from = (uint64_t)n + 1;
		break;
	case 3:
	case 4:
		f->ts->options.fail_at = n % 64 + 1u;
		f->ts->options.fail_late = (f->head[H_FAULT] & 7) == 4;
		f->ts->options.fail_code = (enum imapsrv_code)(1 + (f->head[H_FAULT] >> 3) % 21);
		break;
	case 5:
		f->ts->options.mute_at = n % 64 + 1u;
		break;
	case 6:
		f->limits.memory = 5000u + 200u * n;
		f->limits.memory_prelogin = 5000u + 50u * n;
		break;
	case 7:
		f->ts->hostile.trick = (enum ts_trick)(1 + (f->head[H_FAULT] >> 3) % (TS_TRICKS - 1));
		f->ts->hostile.at = n % 128;
		break;
	default:
		return;
	}
	f->fault = true;
}

static void set_driver(struct fuzz *f, struct td_options *o)
{
	uint8_t piece = f->head[H_PIECE], drain = f->head[H_DRAIN];

	memset(o, 0, sizeof(*o));
	if (!f->second && !f->fault)
		return;
	o->seed = f->head[H_SEED];
	if (piece < 128)
		o->piece = 1u + piece % 32u;
	else if (piece < 192)
		o->random_pieces = true;
	else
		o->split = 1u + (piece & 63u) * 3u;
	o->shuffle = drain & 1;
	if (drain & 2)
		o->drain = 1u + (drain >> 4);
	o->random_drain = drain & 4;
	o->lazy_drain = drain & 8;
}

static bool connect(struct fuzz *f)
{
	static const char *const caps[] = {"IMAP4rev2", "LITERAL+", "MOVE", "UIDPLUS", "ESEARCH",
	                                   "SEARCHRES", "IDLE", "MULTIAPPEND"};
	struct imapsrv_session_config c = IMAPSRV_SESSION_CONFIG_INIT;
	uint8_t bits = f->head[H_SESSION];
	struct td_session *s = &f->td.sessions[0];

	c.allow_plaintext = !(bits & 1);
	c.can_starttls = (bits & 2) != 0;
	c.secure = (bits & 4) != 0;
	c.compress = f->head[H_HIDE] & 128 ? IMAPSRV_COMPRESS_ALWAYS : IMAPSRV_COMPRESS_NO;
	if (td_connect(&f->td, 0, &c, bits & 8 ? "fred" : NULL))
		return false;
	if (bits & 16)
		imapsrv_session_set_external(s->session, "fred", 4);
	if (f->head[H_HIDE] & 1)
		imapsrv_session_hide(s->session, caps[f->head[H_HIDE] >> 1 & 7]);
	s->client.wild = true;
	td_settle(&f->td, 0);
	return true;
}

/* ---- what has to hold ---------------------------------------------------------------------- */

/* What a search may have to read: what there was at first, came, and is there now. */
static uint64_t octets_of_mail(const struct fuzz *f)
{
	uint64_t octets = 5000 + f->messages * sizeof(mail);

	for (const struct ts_mailbox *m = f->ts->mailboxes; m; m = m->next)
		for (size_t i = 0; i < m->count; i++)
			octets += m->messages[i].blob->len;
	return octets;
}

static void check_bounds(struct fuzz *f)
{
	const struct td_session *s = &f->td.sessions[0];
	uint64_t steps, most, fed = f->td.fed;
	size_t peak = 0, budget;

	if (!s->session)
		return;
	budget = s->client.command_count || (f->head[H_SESSION] & 8) ? f->limits.memory : 0;
	if (budget < f->limits.memory_prelogin)
		budget = f->limits.memory_prelogin;
	(void)imapsrv_session_memory(s->session, &peak);
	if (peak > budget && f->limits.memory)
		tx_complain(&f->log, "memory was %zu of %zu octets", peak, budget);
	/* Each octet may be part of a command that looks at all messages; an action as well.  To look
	 * into them takes a dozen. */
	steps = imapsrv_session_steps(s->session);
	most = 2000 + (fed + 20 * f->actions) * (40 + 8 * (f->messages + 20)) + 4 * s->output.len +
	       fed / 12 * 2 * octets_of_mail(f);
	if (steps > most)
		tx_complain(&f->log, "%llu steps for %llu octets and %llu actions",
		            (unsigned long long)steps, (unsigned long long)fed,
		            (unsigned long long)f->actions);
}

static void run(struct fuzz *f, struct tx *output)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct td_options options;

	running = f;
	f->ts = ts_new(&f->log);
	set_store(f);
	fill_store(f);
	ta_init(&f->alloc, &f->log);
	set_limits(f);
	set_fault(f);
	set_driver(f, &options);
	config.limits = &f->limits;
	config.literal_minus = (f->head[H_SESSION] & 32) != 0;
	config.fault = on_fault;
	if (f->head[H_SEED] & 2)
		config.referrals = IMAPSRV_REFERRALS_LOGIN | IMAPSRV_REFERRALS_MAILBOX;
	if (td_start(&f->td, &f->log, f->ts, &f->alloc, &options, &config) == 0) {
		f->td.faulty = f->fault;
		if (connect(f)) {
			play(f, output);
			check_bounds(f);
		}
	} else if (!f->fault) {
		tx_complain(&f->log, "the engine cannot be made");
	}
	td_finish(&f->td);
	ts_free(f->ts);
	tx_free(&f->pending);
}

static void show(const char *what, const struct tx *output)
{
	struct tx text = {0};

	tx_escape(&text, output->data ? output->data : "", output->len);
	fprintf(stderr, "%s: %s\n", what, text.data ? text.data : "");
	tx_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = {.head = data}, again;
	struct tx first = {0}, second = {0};

	if (size < HEAD || size > 4096)
		return 0;
	f.body = data + HEAD;
	f.len = size - HEAD;
	again = f;
	run(&f, &first);
	if (!f.log.count && !f.fault) {
		again.second = true;
		run(&again, &second);
		if (!again.log.count && (first.len != second.len ||
		                         memcmp(first.data, second.data, first.len) != 0))
			tx_complain(&again.log, "the output depends on how octets travel");
	}
	if (f.log.count || again.log.count) {
		show("first ", &first);
		show("second", &second);
		fprintf(stderr, "%s\n", f.log.count ? f.log.first : again.log.first);
		abort();
	}
	tx_free(&first);
	tx_free(&second);
	return 0;
}
