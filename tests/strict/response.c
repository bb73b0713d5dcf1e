/* SPDX-License-Identifier: MIT */
/*
 * strict/response - response = *(continue-req / response-data) response-done (RFC 9051 9): one whole
 * response, from its first octet to the last before CRLF, and whether it may come now.
 */
#include "host/client.h"
#include "strict/cursor.h"
#include "strict/extra.h"

#include <string.h>

/* ---- continue-req ------------------------------------------------------------------------- */

static bool is_base64(const char *s, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t data = len;

	if (len % 4)
		return false;
	if (len && s[len - 1] == '=')
		data -= s[len - 2] == '=' ? 2 : 1;
	for (size_t i = 0; i < data; i++)
		if (!s[i] || !strchr(digits, s[i]))
			return false;
	return true;
}

/* continue-req = "+" SP (resp-text / base64) CRLF; base64 to AUTHENTICATE, resp-text else, where a
 * literal or IDLE waits for it */
static bool continue_req(struct st_cursor *c)
{
	const struct tc_command *now;

	if (!st_sp(c, "continue-req"))
		return false;
	if (is_base64(c->at, (size_t)(c->end - c->at)) && st_during(c, "AUTHENTICATE")) {
		c->at = c->end;
		return true;
	}
	now = st_asked(c);
	if (st_knows(c) && !now)
		return st_fail(c, "continue-req: nothing waits for it");
	if (now && !now->waits && strcmp(now->name, "IDLE") != 0)
		return st_fail(c, strcmp(now->name, "AUTHENTICATE") == 0
		                          ? "base64"
		                          : "continue-req: nothing waits for it");
	return st_resp_text(c, ST_OK);
}

/* ---- numbers in front: message-data, EXISTS, RECENT ---------------------------------------- */

static bool numbered(struct st_cursor *c)
{
	struct st_string name;
	const char *begin = c->at;
	bool zero = st_next(c, '0');

	if (!st_number(c, NULL) || !st_sp(c, "message-data"))
		return false;
	name = st_word(c);
	if (st_is(&name, "EXISTS")) {
		c->at += name.len;
		return true;
	}
	if (st_is(&name, "RECENT")) { /* RFC 9051 appendix A */
		if (st_agreed(c, ST_REV2))
			return st_fail(c, "obsolete-recent-response: with IMAP4rev2");
		c->at += name.len;
		return true;
	}
	if (zero) {
		c->at = begin;
		return st_fail(c, "nz-number");
	}
	if (st_is(&name, "EXPUNGE")) {
		c->at += name.len;
		return true;
	}
	if (!st_is(&name, "FETCH") && !st_is(&name, "UIDFETCH"))
		return st_fail(c, "message-data");
	/* RFC 9586 3.3 */
	if ((name.len == 8) != st_agreed(c, ST_UIDONLY))
		return st_fail(c, name.len == 8 ? "uidfetch-resp: without UIDONLY"
		                                : "message-data: FETCH with UIDONLY");
	c->at += name.len;
	return st_sp(c, "message-data") && st_msg_att(c);
}

/* ---- words in front ----------------------------------------------------------------------- */

static bool flags(struct st_cursor *c)
{
	if (c->st->client && !c->st->client->selected && !st_during(c, "SELECT EXAMINE"))
		return st_fail(c, "FLAGS: nothing is selected");
	return st_flag_list(c);
}

/* Those whose grammar begins behind their word, not behind SP. */
static const struct data {
	const char *name;
	const char *during; /* NULL: at any time */
	bool (*rest)(struct st_cursor *c);
	bool sp;            /* SP stands before the rest */
	unsigned not_with;  /* enum st_agreed */
	unsigned or_with;   /* agreed on which it may come at any time */
} words[] = {
	{"CAPABILITY", NULL, st_capability_data, false, 0, 0},
	{"ENABLED", "ENABLE", st_enable_data, false, 0, 0},
	{"FLAGS", NULL, flags, true, 0, 0},
	/* RFC 9051 6.3.9.7, 7.3.1: also for a name that was given in another form */
	{"LIST", "LIST RLIST CREATE RENAME DELETE SELECT EXAMINE SUBSCRIBE NOTIFY", st_mailbox_list, true,
	 0, ST_NOTIFY},
	{"LSUB", "LSUB RLSUB", st_lsub, true, 0, 0},
	{"STATUS", "STATUS LIST NOTIFY", st_status, true, 0, ST_NOTIFY},
	{"NAMESPACE", "NAMESPACE LANGUAGE", st_namespace, true, 0, 0},
	/* RFC 9051 6.4.4: ESEARCH instead */
	{"SEARCH", "SEARCH", st_search, false, ST_REV2, 0},
	{"SORT", "SORT", st_search, false, 0, 0},
	{"THREAD", "THREAD", st_thread, false, 0, 0},
	{"ESEARCH", NULL, st_esearch, false, 0, 0},
	{"VANISHED", NULL, st_vanished, false, 0, 0},
	{"UIDBATCHES", "UIDBATCHES", st_uidbatches, false, 0, 0},
	{"ID", "ID", st_id, true, 0, 0},
	{"LANGUAGE", "LANGUAGE", st_language, true, 0, 0},
	{"COMPARATOR", "COMPARATOR", st_comparator, true, 0, 0},
	{"METADATA", NULL, st_metadata, true, 0, 0},
	{"QUOTA", "GETQUOTA GETQUOTAROOT SETQUOTA", st_quota, true, 0, 0},
	{"QUOTAROOT", "GETQUOTAROOT", st_quotaroot, true, 0, 0},
	/* RFC 4314 5.1.1: also what changed beside the list that was set */
	{"ACL", "GETACL SETACL DELETEACL", st_acl, true, 0, 0},
	{"LISTRIGHTS", "LISTRIGHTS", st_listrights, true, 0, 0},
	{"MYRIGHTS", "MYRIGHTS LIST", st_myrights, true, 0, 0},
	{"GENURLAUTH", "GENURLAUTH", st_genurlauth, true, 0, 0},
	{"URLFETCH", "URLFETCH", st_urlfetch, true, 0, 0},
	{"JMAPACCESS", "GETJMAPACCESS", st_jmapaccess, true, 0, 0},
};

static bool worded(struct st_cursor *c)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct data *d = &words[i];

		if (!st_take_word(c, d->name))
			continue;
		if (st_agreed(c, d->not_with))
			return st_fail(c, "response-data: not after what was enabled");
		if (d->during && !st_agreed(c, d->or_with) && !st_during(c, d->during))
			return st_fail(c, "response-data: nothing asked for it");
		return (!d->sp || st_sp(c, "response-data")) && d->rest(c);
	}
	return st_fail(c, "response-data");
}

/* ---- status ------------------------------------------------------------------------------- */

/* Takes one of the words of `allowed`, and SP; 0: it is none of them. */
static unsigned condition(struct st_cursor *c, unsigned allowed)
{
	static const struct {
		const char *name;
		unsigned condition;
	} names[] = {{"OK", ST_OK}, {"NO", ST_NO}, {"BAD", ST_BAD}, {"BYE", ST_BYE},
	             {"PREAUTH", ST_PREAUTH}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((names[i].condition & allowed) && st_take_word(c, names[i].name))
			return names[i].condition;
	return 0;
}

static bool untagged(struct st_cursor *c)
{
	unsigned which;

	/* greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF; PREAUTH is nothing else */
	if (!c->st->greeted) {
		which = condition(c, ST_OK | ST_PREAUTH | ST_BYE);
		if (!which)
			return st_fail(c, "greeting");
	} else {
		which = condition(c, ST_OK | ST_NO | ST_BAD | ST_BYE);
	}
	if (which)
		return st_sp(c, "resp-cond-state") && st_resp_text(c, which);
	if (!st_over(c) && *c->at >= '0' && *c->at <= '9')
		return numbered(c);
	return worded(c);
}

/* response-tagged = tag SP resp-cond-state CRLF */
static bool tagged(struct st_cursor *c)
{
	unsigned which;

	if (!st_tag(c, NULL) || !st_sp(c, "response-tagged"))
		return false;
	which = condition(c, ST_OK | ST_NO | ST_BAD);
	if (!which)
		return st_fail(c, "resp-cond-state");
	return st_sp(c, "resp-cond-state") && st_resp_text(c, which | ST_TAGGED);
}

static bool response(struct st_cursor *c)
{
	if (st_take(c, '+'))
		return continue_req(c);
	if (st_take(c, '*'))
		return st_sp(c, "response-data") && untagged(c);
	return tagged(c);
}

static void complain(const struct st_cursor *c)
{
	struct tx shown = {0};
	size_t at = (size_t)(c->where - c->begin), from = at > 200 ? at - 200 : 0;
	size_t len = (size_t)(c->end - c->begin) - from;

	tx_escape(&shown, c->begin + from, len > 300 ? 300 : len);
	tx_complain(c->st->log, "session %d: output breaks the rule %s at octet %zu of response %llu "
	            "(octet %llu of all): %s%s", c->st->number, c->rule, at,
	            (unsigned long long)c->st->responses,
	            (unsigned long long)(c->st->octets + at), from ? "..." : "",
	            shown.data ? shown.data : "");
	tx_free(&shown);
}

/* What ENABLED turns on. */
static void enabled(struct st *s, const char *data, size_t len)
{
	static const struct {
		const char *name;
		unsigned agreed;
	} names[] = {{"IMAP4rev2", ST_REV2}, {"UTF8=ACCEPT", ST_UTF8}, {"CONDSTORE", ST_CONDSTORE},
	             {"QRESYNC", ST_QRESYNC | ST_CONDSTORE}, {"UIDONLY", ST_UIDONLY}};
	struct st_cursor c = {.at = data, .end = data + len};

	while (st_take(&c, ' ')) {
		struct st_string word = st_word(&c);

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (st_is(&word, names[i].name))
				s->agreed |= names[i].agreed;
		c.at += word.len;
	}
}

/* RFC 8437 3: nothing that was enabled is left */
static void forget(struct st *s, const char *data, size_t len)
{
	const struct tc_command *now = s->client ? tc_in_progress(s->client) : NULL;
	size_t n = now ? strlen(now->tag) : 0;

	if (now && strcmp(now->name, "UNAUTHENTICATE") == 0 && len > n + 4 &&
	    memcmp(data, now->tag, n) == 0 && memcmp(data + n, " OK ", 4) == 0)
		s->agreed = 0;
}

void st_response(struct st *s, const char *data, size_t len)
{
	struct st_cursor c = {.begin = data, .at = data, .end = data + len, .st = s};

	st_agree(s);
	if (!response(&c) || !st_end(&c, "CRLF"))
		complain(&c);
	s->greeted = true;
	if (len > 9 && memcmp(data, "* ENABLED", 9) == 0)
		enabled(s, data + 9, len - 9);
	else if (len && data[0] != '*' && data[0] != '+')
		forget(s, data, len);
}
