/* SPDX-License-Identifier: MIT */
/*
 * session/caps - what the table of capabilities (caps_table.c) comes to for one engine and one
 * session; the CAPABILITY list, and sets of them by name.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/pack.h"
#include "session/caps_table.h"
#include "session/session.h"

static void add(struct isrv_caps *set, int cap)
{
	set->word[cap / 64] |= UINT64_C(1) << (cap % 64);
}

static void take(struct isrv_caps *set, int cap)
{
	set->word[cap / 64] &= ~(UINT64_C(1) << (cap % 64));
}

struct isrv_caps isrv_caps_of_engine(const struct imapsrv_engine *engine)
{
	struct isrv_caps set = {{0, 0}};

	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++)
		if (!isrv_caps_table[i].host || isrv_caps_table[i].host(engine))
			add(&set, i);
	return set;
}

static bool stands(const struct isrv_caps *set, const struct isrv_caps_row *cap)
{
	for (size_t i = 0; i < 2; i++)
		if (cap->with[i] && !isrv_caps_in(set, (enum isrv_cap)cap->with[i]))
			return false;
	return !cap->without || !isrv_caps_in(set, (enum isrv_cap)cap->without);
}

static struct isrv_caps of_session(const struct imapsrv_session *s)
{
	struct isrv_caps set = s->engine->caps;
	bool changed = true;

	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++) {
		const struct isrv_caps_row *row = &isrv_caps_table[i];

		if (isrv_caps_in(&s->hidden, (enum isrv_cap)i) || (row->now && !row->now(s)))
			take(&set, i);
	}
	/* One that goes may take others with it, which may stand before it. */
	while (changed) {
		changed = false;
		for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++)
			if (isrv_caps_in(&set, (enum isrv_cap)i) &&
			    !stands(&set, &isrv_caps_table[i])) {
				take(&set, i);
				changed = true;
			}
	}
	return set;
}

void isrv_caps_update(struct imapsrv_session *s)
{
	s->caps = of_session(s);
}

enum isrv_cap isrv_caps_find(const char *name, size_t len)
{
	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++)
		if (!isrv_caps_table[i].fixed && isrv_ascii_is(name, len, isrv_caps_table[i].name))
			return (enum isrv_cap)i;
	return ISRV_CAP_NONE;
}

static bool shows(const struct imapsrv_session *s, int cap)
{
	const struct isrv_caps_row *row = &isrv_caps_table[cap];

	return isrv_caps_has(s, (enum isrv_cap)cap) &&
	       (!row->unsaid || !isrv_caps_has(s, (enum isrv_cap)row->unsaid)) &&
	       (row->show & (s->logged_in ? ISRV_SHOW_AUTH : ISRV_SHOW_NOTAUTH));
}

/* Is any mechanism of the host's offered now? */
static bool offers(const struct imapsrv_session *s)
{
	size_t i = 0;

	while (s->engine->sasl.mechanisms[i] && !isrv_sasl_offered(s, i))
		i++;
	return s->engine->sasl.mechanisms[i] != NULL;
}

void isrv_caps_put(struct isrv_writer *w, const struct imapsrv_session *s)
{
	ISRV_W(w, "CAPABILITY");
	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++) {
		if (!shows(s, i) || (i == ISRV_CAP_AUTH_HOST && !offers(s)))
			continue;
		ISRV_W(w, " ");
		if (isrv_caps_table[i].put)
			isrv_caps_table[i].put(w, s);
		else
			isrv_w_cstr(w, isrv_caps_table[i].name);
	}
}

bool isrv_sasl_offered(const struct imapsrv_session *s, size_t i)
{
	bool plaintext = i < 32 && (s->engine->sasl.plaintext >> i & 1);

	return !plaintext || s->secure || s->allow_plaintext;
}

int imapsrv_session_hide(struct imapsrv_session *session, const char *capability)
{
	size_t len = 0;
	enum isrv_cap cap;

	if (session->in_callback)
		return IMAPSRV_EREENTER;
	while (capability[len])
		len++;
	cap = isrv_caps_find(capability, len);
	if (cap == ISRV_CAP_NONE)
		return IMAPSRV_EINVAL;
	add(&session->hidden, (int)cap);
	isrv_caps_update(session);
	return 0;
}

void isrv_caps_pack(const struct isrv_caps *set, struct isrv_pack *p)
{
	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++) {
		const char *name = isrv_caps_table[i].name;

		if (isrv_caps_in(set, (enum isrv_cap)i) && !isrv_caps_table[i].fixed)
			isrv_pack_span(p, (struct imapsrv_span){name, strlen(name)});
	}
	isrv_pack_u64(p, 0);
}

struct isrv_caps isrv_caps_unpack(struct isrv_unpack *u)
{
	struct isrv_caps set = {{0, 0}};
	struct imapsrv_span name;

	while ((name = isrv_unpack_span(u)).len) {
		enum isrv_cap cap = isrv_caps_find(name.data, name.len);

		if (cap == ISRV_CAP_NONE)
			isrv_unpack_fail(u, IMAPSRV_ESTATE);
		add(&set, (int)cap);
	}
	return set;
}
