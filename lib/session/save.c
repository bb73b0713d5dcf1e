/* SPDX-License-Identifier: MIT */
/*
 * A session between two commands, or in IDLE, as octets; and each part of it back.  restore.c puts
 * the parts together again.
 */
#include "base/ascii.h"
#include "base/crc.h"
#include "imapsrv/saved.h"
#include "mailbox/view_save.h"
#include "notify/notify_save.h"
#include "session/contexts.h"
#include "session/resume.h"
#include "session/run.h"
#include "session/saved.h"
#include "wire/chars.h"

/* ---- capabilities -------------------------------------------------------------------------- */

static bool write_offered(const struct imapsrv_session *s, struct isrv_pack *p)
{
	isrv_caps_pack(&s->caps, p);
	return true;
}

/* Whatever the client may use it must still be able to. */
static void read_offered(struct imapsrv_session *s, struct isrv_unpack *u)
{
	(void)s;
	(void)isrv_caps_unpack(u);
}

static bool write_hidden(const struct imapsrv_session *s, struct isrv_pack *p)
{
	isrv_caps_pack(&s->hidden, p);
	return true;
}

static void read_hidden(struct imapsrv_session *s, struct isrv_unpack *u)
{
	s->hidden = isrv_caps_unpack(u);
}

/* ---- state --------------------------------------------------------------------------------- */

enum {
	SECURE = 1 << 0,
	CAN_STARTTLS = 1 << 1,
	ALLOW_PLAINTEXT = 1 << 2,
	LOGGED_IN = 1 << 3,
	IDLING = 1 << 4,
	UTF8 = 1 << 5,
	ASCII_CASEMAP = 1 << 6, /* the comparator; neither: the default */
	OCTET = 1 << 7,
	DOUBTFUL = 1 << 8,
	STATE_ALL = (1 << 9) - 1
};

static bool write_state(const struct imapsrv_session *s, struct isrv_pack *p)
{
	isrv_pack_u64(p, (s->secure ? SECURE : 0u) | (s->can_starttls ? CAN_STARTTLS : 0u) |
	                         (s->allow_plaintext ? ALLOW_PLAINTEXT : 0u) |
	                         (s->logged_in ? LOGGED_IN : 0u) | (s->idling ? IDLING : 0u) |
	                         (s->w.utf8 ? UTF8 : 0u) | (s->doubtful ? DOUBTFUL : 0u) |
	                         (s->comparator == ISRV_COMPARATOR_ASCII ? ASCII_CASEMAP : 0u) |
	                         (s->comparator == ISRV_COMPARATOR_OCTET ? OCTET : 0u));
	isrv_pack_u64(p, s->compress);
	isrv_pack_u64(p, s->enabled);
	isrv_pack_u64(p, s->failed_logins);
	isrv_pack_u64(p, s->bad_commands);
	isrv_pack_u64(p, s->steps);
	isrv_pack_u64(p, (unsigned char)s->account.separator);
	isrv_pack_span(p,
	               (struct imapsrv_span){s->language, s->language ? strlen(s->language) : 0});
	isrv_pack_span(p, isrv_kept_span(s->external));
	for (const struct isrv_binding *b = s->bindings; b; b = b->next) {
		isrv_pack_span(p, (struct imapsrv_span){b->type, strlen(b->type)});
		isrv_pack_span(p, (struct imapsrv_span){b->data, b->len});
	}
	isrv_pack_u64(p, 0);
	if (s->idling)
		isrv_pack_span(p, s->tag);
	return true;
}

static void read_bindings(struct imapsrv_session *s, struct isrv_unpack *u)
{
	struct imapsrv_span type, data;
	char name[sizeof(s->bindings->type)];
	int error;

	while ((type = isrv_unpack_span(u)).len) {
		data = isrv_unpack_span(u);
		if (type.len >= sizeof(name) || memchr(type.data, '\0', type.len)) {
			isrv_unpack_fail(u, IMAPSRV_EINVAL);
			return;
		}
		memcpy(name, type.data, type.len);
		name[type.len] = '\0';
		error = imapsrv_session_set_channel_binding(s, name, data.data, data.len);
		if (error)
			isrv_unpack_fail(u, error);
	}
}

static void read_language(struct imapsrv_session *s, struct imapsrv_span tag,
                          struct isrv_unpack *u)
{
	const char *const *tags = s->engine->language.tags;

	if (!tag.len)
		return;
	while (tags && *tags && !isrv_ascii_is(tag.data, tag.len, *tags))
		tags++;
	if (tags && *tags)
		isrv_session_speak(s, *tags);
	else
		isrv_unpack_fail(u, IMAPSRV_ESTATE);
}

static void read_text(struct imapsrv_session *s, struct imapsrv_span text,
                      struct isrv_kept **text_r, struct isrv_unpack *u)
{
	if (text.len && !isrv_session_keep(s, text_r, text))
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
}

/* tag = 1*<any ASTRING-CHAR except "+"> (RFC 9051 9) */
static bool is_tag(struct imapsrv_span tag)
{
	for (size_t i = 0; i < tag.len; i++)
		if (!isrv_char_is(tag.data[i], ISRV_CHAR_TAG))
			return false;
	return tag.len > 0;
}

static void read_state(struct imapsrv_session *s, struct isrv_unpack *u)
{
	unsigned flags = (unsigned)isrv_unpack_upto(u, STATE_ALL);
	struct imapsrv_span tag;

	s->secure = flags & SECURE;
	s->can_starttls = flags & CAN_STARTTLS;
	s->allow_plaintext = flags & ALLOW_PLAINTEXT;
	s->idling = flags & IDLING;
	s->doubtful = flags & DOUBTFUL;
	s->comparator = flags & OCTET           ? ISRV_COMPARATOR_OCTET
	                : flags & ASCII_CASEMAP ? ISRV_COMPARATOR_ASCII
	                                        : ISRV_COMPARATOR_UNICODE;
	s->compress = (uint8_t)isrv_unpack_upto(u, IMAPSRV_COMPRESS_TLS);
	s->enabled = isrv_unpack_u32(u);
	s->failed_logins = isrv_unpack_u32(u);
	s->bad_commands = isrv_unpack_u32(u);
	s->steps = isrv_unpack_u64(u);
	s->account.separator = (char)isrv_unpack_upto(u, 0x7e);
	read_language(s, isrv_unpack_span(u), u);
	isrv_session_encode(s);
	if (s->w.utf8 != ((flags & UTF8) != 0))
		isrv_unpack_fail(u, IMAPSRV_ESTATE);
	read_text(s, isrv_unpack_span(u), &s->external, u);
	read_bindings(s, u);
	s->logged_in = flags & LOGGED_IN; /* bindings are for those who are not */
	if (s->idling) {
		tag = isrv_unpack_span(u);
		if (!u->error && !is_tag(tag))
			isrv_unpack_fail(u, IMAPSRV_EINVAL);
		else if (!u->error && !isrv_session_keep_tag(s, tag))
			isrv_unpack_fail(u, IMAPSRV_ENOMEM);
	}
	if ((s->idling || s->enabled) && !s->logged_in && !u->error)
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
}

bool isrv_saved_logged_in(struct isrv_unpack *u)
{
	return (isrv_unpack_upto(u, STATE_ALL) & LOGGED_IN) != 0;
}

/* ---- time ---------------------------------------------------------------------------------- */

static bool write_time(const struct imapsrv_session *s, struct isrv_pack *p)
{
	isrv_pack_u64(p, (s->ticked ? 1u : 0u) | (s->active ? 2u : 0u) | (s->spoke ? 4u : 0u));
	isrv_pack_u64(p, s->now);
	isrv_pack_u64(p, s->since);
	isrv_pack_u64(p, s->quiet_since);
	isrv_pack_u64(p, s->login_by);
	return true;
}

static void read_time(struct imapsrv_session *s, struct isrv_unpack *u)
{
	unsigned flags = (unsigned)isrv_unpack_upto(u, 7);

	s->ticked = s->reclock = flags & 1;
	s->active = flags & 2;
	s->spoke = flags & 4;
	s->now = isrv_unpack_u64(u);
	s->since = isrv_unpack_u64(u);
	s->quiet_since = isrv_unpack_u64(u);
	s->login_by = isrv_unpack_u64(u);
	if (s->since > s->now || s->quiet_since > s->now)
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
}

/* ---- octets on their way ------------------------------------------------------------------- */

static bool write_input(const struct imapsrv_session *s, struct isrv_pack *p)
{
	return isrv_framer_pack(&s->framer, p);
}

static void read_input(struct imapsrv_session *s, struct isrv_unpack *u)
{
	isrv_framer_unpack(&s->framer, &s->mem, u);
}

static bool has_output(const struct imapsrv_session *s)
{
	return isrv_outq_size(&s->out) > 0;
}

static bool write_output(const struct imapsrv_session *s, struct isrv_pack *p)
{
	struct imapsrv_span spans[64];
	size_t count, len = 0;

	if (isrv_outq_size(&s->out) > s->engine->limits.output)
		return false;
	count = isrv_outq_peek(&s->out, spans, 64);
	for (size_t i = 0; i < count; i++) {
		isrv_pack_raw(p, spans[i].data, spans[i].len);
		len += spans[i].len;
	}
	return len == isrv_outq_size(&s->out); /* in more pieces than there can be room for */
}

static void read_output(struct imapsrv_session *s, struct isrv_unpack *u)
{
	struct imapsrv_span octets = isrv_unpack_raw(u, (size_t)(u->end - u->at));

	if (!octets.len)
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
	else if (!isrv_outq_add(&s->out, octets.data, octets.len))
		isrv_unpack_fail(u, IMAPSRV_ENOMEM);
}

/* ---- what is heard ------------------------------------------------------------------------- */

static bool has_hearing(const struct imapsrv_session *s)
{
	return s->hearing != ISRV_HEARING_COMMANDS || s->notify || s->warning || s->news ||
	       s->overflowed;
}

static bool write_hearing(const struct imapsrv_session *s, struct isrv_pack *p)
{
	isrv_pack_u64(p, s->hearing);
	isrv_pack_u64(p, (s->news ? 1u : 0u) | (s->overflowed ? 2u : 0u) | (s->stirred ? 4u : 0u) |
	                         (s->keys_reset ? 8u : 0u));
	isrv_pack_span(p, isrv_kept_span(s->warning));
	if (s->notify)
		isrv_notify_pack(s->notify, p);
	return !s->telling;
}

static void read_hearing(struct imapsrv_session *s, struct isrv_unpack *u)
{
	enum isrv_hearing hearing = (enum isrv_hearing)isrv_unpack_upto(u, ISRV_HEARING_NOTIFY);
	unsigned flags = (unsigned)isrv_unpack_upto(u, 15);

	s->news = flags & 1;
	s->overflowed = flags & 2;
	s->stirred = flags & 4;
	s->keys_reset = flags & 8;
	read_text(s, isrv_unpack_span(u), &s->warning, u);
	if (!s->logged_in)
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
	if (hearing == ISRV_HEARING_NOTIFY ||
	    (hearing == ISRV_HEARING_COMMANDS && s->enabled & ISRV_ENABLED_METADATA))
		s->notify = isrv_notify_unpack(&s->mem, u);
	s->hearing = (uint8_t)hearing;
	if (!s->notify)
		return;
	s->notify->max_names = s->engine->limits.notify_names;
	s->notify->max_news = s->engine->limits.notify_pending;
	if (isrv_names_count(&s->notify->subscribed) > s->notify->max_names ||
	    isrv_names_count(&s->notify->noaccess) > s->notify->max_names ||
	    s->notify->news.weight > s->notify->max_news)
		isrv_unpack_fail(u, IMAPSRV_ETOOBIG);
}

/* ---- the selected mailbox ------------------------------------------------------------------ */

static bool has_mailbox(const struct imapsrv_session *s)
{
	return s->view != NULL;
}

static bool write_mailbox(const struct imapsrv_session *s, struct isrv_pack *p)
{
	isrv_view_pack(s->view, p);
	return true;
}

static void read_mailbox(struct imapsrv_session *s, struct isrv_unpack *u)
{
	if (s->logged_in)
		isrv_resume_read(s, u);
	else
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
}

/* ---- searches that are followed ------------------------------------------------------------ */

static bool has_contexts(const struct imapsrv_session *s)
{
	return s->contexts != NULL;
}

static void read_contexts(struct imapsrv_session *s, struct isrv_unpack *u)
{
	if (s->resume)
		isrv_contexts_unpack(s, u);
	else
		isrv_unpack_fail(u, IMAPSRV_EINVAL);
}

const struct isrv_saved_part isrv_saved_parts[ISRV_SAVED_COUNT] = {
	[ISRV_SAVED_LABEL] = {NULL, NULL, NULL, "the label is damaged"},
	[ISRV_SAVED_OFFERED] = {NULL, write_offered, read_offered,
	                        "the client was offered something that there is not"},
	[ISRV_SAVED_HIDDEN] = {NULL, write_hidden, read_hidden,
	                       "something is hidden that there is not"},
	[ISRV_SAVED_STATE] = {NULL, write_state, read_state, "the state makes no sense"},
	[ISRV_SAVED_TIME] = {NULL, write_time, read_time, "the times make no sense"},
	[ISRV_SAVED_INPUT] = {NULL, write_input, read_input, "the input makes no sense"},
	[ISRV_SAVED_OUTPUT] = {has_output, write_output, read_output, "the output makes no sense"},
	[ISRV_SAVED_NOTIFY] = {has_hearing, write_hearing, read_hearing,
	                       "what is to be heard makes no sense"},
	[ISRV_SAVED_MAILBOX] = {has_mailbox, write_mailbox, read_mailbox,
	                        "the selected mailbox makes no sense"},
	[ISRV_SAVED_CONTEXTS] = {has_contexts, isrv_contexts_pack, read_contexts,
	                         "the searches that are followed make no sense"},
};

/* ---- all of it ----------------------------------------------------------------------------- */

static bool write_section(const struct imapsrv_session *s, struct isrv_pack *p, int section,
                          struct imapsrv_span label)
{
	const struct isrv_saved_part *part = &isrv_saved_parts[section];
	char number = (char)section;
	size_t at;

	if (part->has && !part->has(s))
		return true;
	isrv_pack_raw(p, &number, 1);
	at = p->len;
	isrv_pack_raw(p, "\0\0\0\0", ISRV_PACK_PATCH);
	if (!part->write)
		isrv_pack_raw(p, label.data, label.len);
	else if (!part->write(s, p))
		return false;
	isrv_pack_patch(p, at, (uint32_t)(p->len - at - ISRV_PACK_PATCH));
	return true;
}

/* Is it somewhere where nothing but what is written counts? */
static bool is_quiet(const struct imapsrv_session *s)
{
	if (s->eof || s->bye_asked || s->mid_line || s->telling || !isrv_sync_rests(s))
		return false;
	switch (s->phase) {
	case ISRV_PHASE_READ:
		return true;
	case ISRV_PHASE_STEP:
		return s->idling && s->wait == ISRV_INPUT && s->frame == ISRV_FRAME_MORE;
	default:
		return false;
	}
}

int imapsrv_session_save(const struct imapsrv_session *session, struct imapsrv_span label,
                         void *data, size_t size, size_t *len_r)
{
	const struct imapsrv_session *s = session;
	struct isrv_pack p;

	*len_r = 0;
	if (s->in_callback)
		return IMAPSRV_EREENTER;
	if (s->error)
		return s->error;
	if (!is_quiet(s))
		return IMAPSRV_ESTATE;
	isrv_pack_init(&p, data, size);
	isrv_pack_raw(&p, ISRV_SAVED_MAGIC, ISRV_SAVED_MAGIC_LEN);
	isrv_pack_raw(&p, "\0\0\0\0", ISRV_PACK_PATCH);
	for (int section = 1; section < ISRV_SAVED_COUNT; section++)
		/* Lengths are kept in 32 bits. */
		if (!write_section(s, &p, section, label) || p.len > UINT32_MAX - ISRV_SAVED_TAIL)
			return IMAPSRV_ESTATE;
	*len_r = p.len + ISRV_SAVED_TAIL;
	isrv_pack_raw(&p, "\0\0\0\0", ISRV_PACK_PATCH);
	if (*len_r > p.size)
		return IMAPSRV_ETOOBIG;
	isrv_pack_patch(&p, ISRV_SAVED_MAGIC_LEN, (uint32_t)*len_r);
	isrv_pack_patch(&p, *len_r - ISRV_SAVED_TAIL,
	                isrv_crc_add(0, data, *len_r - ISRV_SAVED_TAIL));
	return 0;
}
