/* SPDX-License-Identifier: MIT */
/*
 * A session from saved octets.  First they are held to the checksum and cut into sections, each at
 * most once and in order; then a session is made, each section read into it, and only a session
 * that agrees with itself, its engine and its account is given out.
 */
#include "base/crc.h"
#include "imapsrv/saved.h"
#include "mailbox/view_save.h"
#include "session/hear.h"
#include "session/resume.h"
#include "session/run.h"
#include "session/saved.h"
#include "session/watch.h"

struct sections {
	struct imapsrv_span list[ISRV_SAVED_COUNT];
	bool has[ISRV_SAVED_COUNT];
};

static int refuse(const char **why_r, const char *why, int error)
{
	if (why_r)
		*why_r = why;
	return error;
}

static uint32_t fixed(const char *at)
{
	struct isrv_unpack u;

	isrv_unpack_init(&u, at, ISRV_PACK_PATCH);
	return isrv_unpack_fixed(&u);
}

static int take_section(struct isrv_unpack *u, struct sections *all, int *after,
                        const char **why_r)
{
	int number = (unsigned char)isrv_unpack_raw(u, 1).data[0];
	uint32_t len = isrv_unpack_fixed(u);

	if (number < 1 || number >= ISRV_SAVED_COUNT)
		return refuse(why_r, "it has a part that is not known here", IMAPSRV_EINVAL);
	if (number <= *after)
		return refuse(why_r, "its parts are not in order", IMAPSRV_EINVAL);
	*after = number;
	all->list[number] = isrv_unpack_raw(u, len);
	all->has[number] = true;
	if (u->error)
		return refuse(why_r, "a part is longer than all of it", IMAPSRV_EINVAL);
	return 0;
}

static int cut(const char *data, size_t len, struct sections *all, const char **why_r)
{
	struct isrv_unpack u;
	int after = 0, error = 0;

	memset(all, 0, sizeof(*all));
	if (!data || len < ISRV_SAVED_HEAD + ISRV_SAVED_TAIL ||
	    memcmp(data, ISRV_SAVED_MAGIC, ISRV_SAVED_MAGIC_LEN - 1) != 0)
		return refuse(why_r, "it is no saved session", IMAPSRV_EINVAL);
	if (data[ISRV_SAVED_MAGIC_LEN - 1] != ISRV_SAVED_MAGIC[ISRV_SAVED_MAGIC_LEN - 1])
		return refuse(why_r, "another version has saved it", IMAPSRV_EINVAL);
	if (fixed(data + ISRV_SAVED_MAGIC_LEN) != len)
		return refuse(why_r, "it is cut short, or something follows it", IMAPSRV_EINVAL);
	if (fixed(data + len - ISRV_SAVED_TAIL) != isrv_crc_add(0, data, len - ISRV_SAVED_TAIL))
		return refuse(why_r, "it is damaged", IMAPSRV_EINVAL);
	isrv_unpack_init(&u, data + ISRV_SAVED_HEAD, len - ISRV_SAVED_HEAD - ISRV_SAVED_TAIL);
	while (!error && u.at < u.end)
		error = take_section(&u, all, &after, why_r);
	for (int i = 1; i < ISRV_SAVED_COUNT && !error; i++)
		if (!all->has[i] && !isrv_saved_parts[i].has)
			error = refuse(why_r, "a part is missing", IMAPSRV_EINVAL);
	return error;
}

int imapsrv_saved_look(const void *data, size_t len, struct imapsrv_saved *saved,
                       const char **why_r)
{
	struct imapsrv_saved found = IMAPSRV_SAVED_INIT;
	struct sections all;
	struct isrv_unpack u;
	int error;

	if (why_r)
		*why_r = NULL;
	if (!saved || saved->size < sizeof(size_t))
		return refuse(why_r, "nowhere to put it", IMAPSRV_EINVAL);
	error = cut(data, len, &all, why_r);
	if (error)
		return error;
	found.label = all.list[ISRV_SAVED_LABEL];
	isrv_unpack_init(&u, all.list[ISRV_SAVED_MAILBOX].data, all.list[ISRV_SAVED_MAILBOX].len);
	if (all.has[ISRV_SAVED_MAILBOX])
		found.mailbox = isrv_unpack_span(&u);
	isrv_unpack_init(&u, all.list[ISRV_SAVED_STATE].data, all.list[ISRV_SAVED_STATE].len);
	found.state = isrv_saved_logged_in(&u) ? IMAPSRV_AUTHENTICATED : IMAPSRV_NOT_AUTHENTICATED;
	if (all.has[ISRV_SAVED_MAILBOX])
		found.state = IMAPSRV_SELECTED;
	found.size = saved->size < sizeof(found) ? saved->size : sizeof(found);
	memcpy(saved, &found, found.size);
	return 0;
}

/* ---- a session ----------------------------------------------------------------------------- */

/* The command that waits for input while it can be saved. */
static const struct isrv_command *idle_command(const struct imapsrv_engine *e)
{
	size_t i = 0;

	/* Every table has one (command/table.c). */
	while (!(e->commands[i]->flags & ISRV_COMMAND_IDLES))
		i++;
	return e->commands[i];
}

static int read_all(struct imapsrv_session *s, const struct sections *all, const char **why_r)
{
	for (int i = 1; i < ISRV_SAVED_COUNT; i++) {
		const struct isrv_saved_part *part = &isrv_saved_parts[i];
		struct isrv_unpack u;

		if (!all->has[i] || !part->read)
			continue;
		isrv_unpack_init(&u, all->list[i].data, all->list[i].len);
		part->read(s, &u);
		if (!u.error && u.at != u.end)
			isrv_unpack_fail(&u, IMAPSRV_EINVAL);
		if (i == ISRV_SAVED_STATE)
			isrv_session_use_limits(s);
		if (u.error == IMAPSRV_ENOMEM)
			return refuse(why_r, "out of memory, or of the session's share", u.error);
		if (u.error == IMAPSRV_ETOOBIG)
			return refuse(why_r, "the limits are too low for it", u.error);
		if (u.error)
			return refuse(why_r, part->problem, u.error);
	}
	return 0;
}

/* Can this engine do what the client was told? */
static bool is_offered(const struct imapsrv_session *s, const struct sections *all)
{
	static const struct {
		uint32_t enabled;
		enum isrv_cap cap;
	} needs[] = {
		{ISRV_ENABLED_REV2, ISRV_CAP_IMAP4REV2},
		{ISRV_ENABLED_CONDSTORE, ISRV_CAP_CONDSTORE},
		{ISRV_ENABLED_QRESYNC, ISRV_CAP_QRESYNC},
		{ISRV_ENABLED_UIDONLY, ISRV_CAP_UIDONLY},
		{ISRV_ENABLED_METADATA, ISRV_CAP_METADATA_SERVER},
		{ISRV_ENABLED_UTF8, ISRV_CAP_UTF8_ACCEPT},
	};
	struct isrv_unpack u;
	struct isrv_caps offered;
	uint32_t left = s->enabled;

	isrv_unpack_init(&u, all->list[ISRV_SAVED_OFFERED].data, all->list[ISRV_SAVED_OFFERED].len);
	offered = isrv_caps_unpack(&u);
	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++)
		if (isrv_caps_in(&offered, (enum isrv_cap)i) && !isrv_caps_has(s, (enum isrv_cap)i))
			return false;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (left & needs[i].enabled) {
			left &= ~needs[i].enabled;
			if (!isrv_caps_has(s, needs[i].cap))
				return false;
		}
	return !left && (!s->comparator || isrv_caps_has(s, ISRV_CAP_I18NLEVEL_2));
}

static int check(struct imapsrv_session *s, const struct sections *all,
                 const struct imapsrv_restore *r, const char **why_r)
{
	struct imapsrv_account a = IMAPSRV_ACCOUNT_INIT;

	if (s->logged_in != (r->account != NULL))
		return refuse(why_r, s->logged_in ? "it needs an account" : "it has no account",
		              IMAPSRV_EINVAL);
	if (r->account) {
		memcpy(&a, r->account, r->account->size < sizeof(a) ? r->account->size : sizeof(a));
		if (a.separator != s->account.separator)
			return refuse(why_r, "the account has another separator", IMAPSRV_EINVAL);
	}
	isrv_caps_update(s);
	if (!is_offered(s, all))
		return refuse(why_r, "the client was told of something that there is not any more",
		              IMAPSRV_ESTATE);
	if (s->idling) {
		s->command = idle_command(s->engine);
		if (!s->framer.lines_only)
			return refuse(why_r, "the input makes no sense", IMAPSRV_EINVAL);
	} else if (s->framer.lines_only) {
		return refuse(why_r, "the input makes no sense", IMAPSRV_EINVAL);
	}
	return 0;
}

/* From here on nothing fails. */
static void begin(struct imapsrv_session *s, const struct imapsrv_restore *r)
{
	bool stirred;

	(void)isrv_hear_hold(s);
	if (r->account) {
		isrv_session_take_account(s, r->account);
		isrv_watch_account(s, true);
	}
	if (s->notify)
		isrv_hear_watch(s, s->notify, true);
	isrv_hear_let_go(s, false);
	stirred = s->stirred;
	isrv_hear_update(s);
	s->stirred = stirred || !r->up_to_date;
	/* Of mailboxes other than the selected one nobody knows what happened (RFC 5465 5.8). */
	if (s->notify && s->notify->group_count && !r->up_to_date)
		isrv_hear_overflow(s);
	/* The keys of the selected one may have been reset (RFC 4467 7). */
	if (s->resume && !r->up_to_date && isrv_caps_has(s, ISRV_CAP_URLAUTH))
		s->keys_reset = s->news = true;
	isrv_resume_begin(s, !r->up_to_date);
	s->wake = s->idling;
	s->wait = s->idling ? ISRV_INPUT : ISRV_DONE;
	if (s->resume)
		s->phase = ISRV_PHASE_RESUME;
	else
		s->phase = s->idling ? ISRV_PHASE_STEP : ISRV_PHASE_READ;
}

int imapsrv_session_restore(struct imapsrv_engine *engine, const struct imapsrv_restore *restore,
                            const void *data, size_t len, struct imapsrv_session **session_r,
                            const char **why_r)
{
	struct imapsrv_session_config config = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_restore r = IMAPSRV_RESTORE_INIT;
	struct imapsrv_session *s;
	struct sections all;
	int error;

	if (why_r)
		*why_r = NULL;
	if (!engine || !restore || !session_r || restore->size < sizeof(size_t))
		return refuse(why_r, "an argument is missing", IMAPSRV_EINVAL);
	memcpy(&r, restore, restore->size < sizeof(r) ? restore->size : sizeof(r));
	if (r.account && r.account->size < sizeof(size_t))
		return refuse(why_r, "an argument is missing", IMAPSRV_EINVAL);
	error = cut(data, len, &all, why_r);
	if (error)
		return error;
	config.user = r.user;
	s = isrv_session_make(engine, &config);
	if (!s)
		return refuse(why_r, "out of memory", IMAPSRV_ENOMEM);
	error = read_all(s, &all, why_r);
	if (!error)
		error = check(s, &all, &r, why_r);
	if (error) {
		/* It has no account to be given back, and nothing was watched for it. */
		isrv_notify_free(s->notify, &s->mem);
		s->notify = NULL;
		s->logged_in = false;
		s->command = NULL;
		imapsrv_session_free(s);
		return error;
	}
	begin(s, &r);
	*session_r = s;
	return 0;
}
