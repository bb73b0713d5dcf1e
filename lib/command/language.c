/* SPDX-License-Identifier: MIT */
/*
 * command/language - LANGUAGE (RFC 5255 3.2): in which language the client's human reads.  What is
 * said in it is the host's (imapsrv/language.h).
 */
#include <string.h>

#include "base/ascii.h"
#include "command/commands.h"
#include "command/namespace.h"
#include "session/session.h"

enum { RANGES_MAX = 30 };

struct language {
	struct imapsrv_span ranges[RANGES_MAX];
	size_t count;
};

static const char i_default[] = "i-default";

/* language-cmd = "LANGUAGE" *(SP lang-range-quoted);  lang-range-quoted = astring */
static bool parse(struct isrv_parse *p, void *args)
{
	struct language *a = args;

	if (isrv_rd_peek(&p->r) < 0)
		return true;
	do {
		struct imapsrv_span range;

		if (!isrv_rd_astring(&p->r, &range))
			return isrv_rd_fail(&p->r, "a language range");
		/* The first that is known counts; nobody reads more than thirty languages. */
		if (a->count < RANGES_MAX)
			a->ranges[a->count++] = range;
	} while (isrv_rd_try(&p->r, ' '));
	return true;
}

static const char *find(const char *const *tags, struct imapsrv_span range)
{
	for (; *tags; tags++)
		if (isrv_ascii_is(range.data, range.len, *tags))
			return *tags;
	return isrv_ascii_is(range.data, range.len, i_default) ? i_default : NULL;
}

/* RFC 4647 3.4: less and less of the range, down to its first subtag; a single letter goes with
 * what stood behind it.  Failing that, a language of which the range is the beginning (3.3.1). */
static const char *look_up(const char *const *tags, struct imapsrv_span range)
{
	struct imapsrv_span part = range;
	const char *found = find(tags, part);

	while (!found && part.len) {
		while (part.len && part.data[part.len - 1] != '-')
			part.len--;
		part.len -= part.len > 0;
		if (part.len > 1 && part.data[part.len - 2] == '-')
			part.len -= 2;
		if (part.len)
			found = find(tags, part);
	}
	for (; !found && *tags && range.len; tags++)
		if (strlen(*tags) > range.len && (*tags)[range.len] == '-' &&
		    isrv_ascii_same(*tags, range.len, range.data, range.len))
			found = *tags;
	return found;
}

static const char *choose(const struct imapsrv_session *s, const struct language *a)
{
	const char *const *tags = s->engine->language.tags, *found = NULL;

	for (size_t i = 0; i < a->count && !found; i++) {
		struct imapsrv_span range = a->ranges[i];

		if (isrv_ascii_is(range.data, range.len, "default") ||
		    isrv_ascii_is(range.data, range.len, "*"))
			found = tags[0];
		else
			found = look_up(tags, range);
	}
	return found;
}

/* language-data = "LANGUAGE" SP "(" lang-tag-quoted *(SP lang-tag-quoted) ")" */
static void put_all(struct imapsrv_session *s)
{
	const char *const *tags = s->engine->language.tags;
	struct isrv_writer *w = &s->w;

	ISRV_W(w, "* LANGUAGE (");
	for (; *tags; tags++) {
		isrv_w_cstr(w, *tags);
		ISRV_W(w, " ");
	}
	isrv_w_cstr(w, i_default);
	ISRV_W(w, ")");
	isrv_w_crlf(w);
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	const struct language *a = args;
	const char *chosen;

	if (!a->count) {
		put_all(s);
		return isrv_ok(s, "These are the languages");
	}
	chosen = choose(s, a);
	if (!chosen)
		return isrv_no(s, NULL, "Nobody here speaks that language");
	ISRV_W(&s->w, "* LANGUAGE (");
	isrv_w_cstr(&s->w, chosen);
	ISRV_W(&s->w, ")");
	isrv_w_crlf(&s->w);
	isrv_session_speak(s, chosen == i_default ? NULL : chosen);
	/* RFC 5255 3.4: the prefixes of namespaces have names in it as well. */
	if (s->logged_in && s->language && s->engine->language.translate_prefix)
		isrv_namespace_put(s);
	return isrv_ok(s, "LANGUAGE done");
}

const struct isrv_command isrv_command_language = {
	.name = "LANGUAGE",
	.states = ISRV_IN_ANY,
	.cap = ISRV_CAP_LANGUAGE,
	.flags = ISRV_COMMAND_ASCII,
	.args_size = sizeof(struct language),
	.parse = parse,
	.step = step,
};
