/* SPDX-License-Identifier: MIT */
/*
 * host/client - the client-view model.
 */
#include "host/client.h"

#include <stdlib.h>
#include <string.h>

static void say(struct tc *c, const char *what, const char *data, size_t len)
{
	struct tx shown = {0};
	const struct tc_command *now = tc_in_progress(c);

	if (c->lost)
		return;
	tx_escape(&shown, data, len > 200 ? 200 : len);
	tx_complain(c->log, "client %d: %s (in progress: %s%s, exists %u): %s", c->number, what,
	            now && now->uid ? "UID " : "", now ? now->name : "nothing", c->exists,
	            shown.data ? shown.data : "");
	tx_free(&shown);
}

const struct tc_command *tc_in_progress(const struct tc *c)
{
	for (size_t i = c->first; i < c->command_count; i++)
		if (!c->commands[i].answered)
			return &c->commands[i];
	return NULL;
}

static bool is(const struct tc_command *k, const char *name)
{
	return k && strcmp(k->name, name) == 0;
}

/* ---- what is sent ----------------------------------------------------------------------- */

static size_t word(const char *s, size_t len, char *to, size_t room)
{
	size_t n = 0;

	while (n < len && s[n] != ' ')
		n++;
	for (size_t i = 0; i < n && i + 1 < room; i++)
		to[i] = s[i];
	to[n + 1 < room ? n : room - 1] = '\0';
	return n;
}

static void upper(char *s)
{
	for (; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
}

/* tag = 1*<any ASTRING-CHAR except "+"> (RFC 9051 9) */
static bool is_tag(const char *tag, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char u = (unsigned char)tag[i];

		if (u <= ' ' || u >= 0x7f || strchr("(){%*\"\\+", u))
			return false;
	}
	return len > 0;
}

/* False: it is a line and no more, in IDLE or in an exchange of AUTHENTICATE; no literal
 * follows. */
static bool new_command(struct tc *c, const char *line, size_t len)
{
	const struct tc_command *last =
		c->command_count ? &c->commands[c->command_count - 1] : NULL;
	struct tc_command k = {0};
	size_t n;

	bool idling = is(last, "IDLE") && !last->answered && !c->idle_over;

	c->idle_over = true;
	if (is(last, "IDLE") && tx_same_n(line, len, "DONE")) {
		c->dones++;
		return false;
	}
	/* Whether this is a response or a command, only the server knows. */
	if (is(last, "AUTHENTICATE") && !last->answered)
		c->lost = c->lost || c->wild;
	if (is(last, "AUTHENTICATE") && !last->answered && !memchr(line, ' ', len))
		return false;
	n = word(line, len, k.tag, sizeof(k.tag));
	/* What comes in IDLE instead of DONE is a command only if IDLE was refused. */
	k.doubtful = n >= sizeof(k.tag) || n == len || idling || !is_tag(line, n);
	if (n < len)
		n++;
	line += n;
	len -= n;
	n = word(line, len, k.name, sizeof(k.name));
	if (tx_same(k.name, "UID") && n < len) {
		k.uid = true;
		word(line + n + 1, len - n - 1, k.name, sizeof(k.name));
	}
	upper(k.name);
	/* Of what has no name, not even the tag is repeated before login. */
	if (!k.name[0] || !strchr("-.=_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", k.name[0]))
		k.doubtful = true;
	/* What the client changes without being told, it does not know any more. */
	for (size_t i = 0; i + 7 <= len && strcmp(k.name, "STORE") == 0; i++)
		k.silent |= tx_same_n(line + i, 7, ".SILENT");
	for (size_t i = c->first; c->wild && i < c->command_count; i++)
		if (!c->commands[i].answered && strcmp(c->commands[i].tag, k.tag) == 0)
			c->lost = true;
	if (c->wild && k.doubtful)
		c->lost = true;
	if (c->command_count == c->command_cap) {
		c->command_cap = c->command_cap * 2 + 16;
		c->commands = tx_realloc(c->commands, c->command_cap * sizeof(k));
	}
	c->commands[c->command_count++] = k;
	c->idle_over = strcmp(k.name, "IDLE") != 0;
	return !idling;
}

/* CONDSTORE-enabling commands (RFC 7162 3.1), and some more: where such a word stands does not
 * count. */
static bool speaks_of_modseqs(const char *line, size_t len)
{
	static const char *const words[] = {"MODSEQ", "CONDSTORE", "QRESYNC", "SINCE"};

	for (size_t i = 0; i < len; i++) {
		char octet = (char)(line[i] & ~0x20);

		if (octet != 'M' && octet != 'C' && octet != 'Q' && octet != 'S')
			continue;
		for (size_t k = 0; k < 4; k++)
			if (len - i >= strlen(words[k]) &&
			    tx_same_n(line + i, strlen(words[k]), words[k]))
				return true;
	}
	return false;
}

static void line_ended(struct tc *c)
{
	const char *line = c->line.data;
	size_t len = c->line.len - 1, at;
	bool literal = true;

	if (len && line[len - 1] == '\r')
		len--;
	if (!c->in_command)
		literal = new_command(c, line, len);
	c->condstore = c->condstore || speaks_of_modseqs(line, len);
	c->in_command = c->sync = false;
	if (literal && len >= 3 && line[len - 1] == '}') {
		bool sync = line[len - 2] != '+';
		uint64_t size = 0;

		at = len - 1 - !sync;
		while (at > 0 && line[at - 1] >= '0' && line[at - 1] <= '9')
			at--;
		if (at > 0 && line[at - 1] == '{' && line[at] >= '0' && line[at] <= '9') {
			while (line[at] >= '0' && line[at] <= '9')
				size = size * 10 + (uint64_t)(line[at++] - '0');
			c->literal = size;
			c->sync = sync;
			c->commands[c->command_count - 1].waits |= sync;
			c->in_command = true;
		}
	}
	tx_clear(&c->line);
}

void tc_sent(struct tc *c, const char *data, size_t len)
{
	while (len) {
		if (c->sync) {
			/* A literal that was refused ends the command; what comes is the next. */
			if (c->command_count && c->commands[c->command_count - 1].answered) {
				c->literal = 0;
				c->in_command = false;
			}
			c->sync = false;
		}
		if (c->literal) {
			size_t n = c->literal < len ? (size_t)c->literal : len;

			c->literal -= n;
			data += n;
			len -= n;
			continue;
		}
		tx_add(&c->line, data, 1);
		if (*data == '\n')
			line_ended(c);
		data++;
		len--;
	}
}

/* ---- the picture ------------------------------------------------------------------------ */

static void forget(struct tc *c)
{
	c->selected = false;
	c->fresh = false;
	c->nomodseq = false;
	c->exists = 0;
}

static void set_exists(struct tc *c, uint32_t n)
{
	if (n > c->messages_cap) {
		c->messages_cap = n * 2;
		c->messages = tx_realloc(c->messages, c->messages_cap * sizeof(*c->messages));
	}
	for (uint32_t i = c->exists; i < n; i++)
		c->messages[i] = (struct tc_message){0};
	c->exists = n;
}

static void remove_one(struct tc *c, uint32_t number)
{
	memmove(&c->messages[number - 1], &c->messages[number],
	        (c->exists - number) * sizeof(*c->messages));
	c->exists--;
}

/* The messages whose UID is known go first: their numbers are not told any more. */
static void forget_numbers(struct tc *c)
{
	uint32_t known = 0;

	for (uint32_t i = 0; i < c->exists; i++)
		if (c->messages[i].uid)
			c->messages[known++] = c->messages[i];
	if (c->exists)
		memset(c->messages + known, 0, (c->exists - known) * sizeof(*c->messages));
}

struct tc_message *tc_message_by_uid(struct tc *c, uint32_t uid)
{
	uint32_t known = 0, at = 0;

	while (known < c->exists && c->messages[known].uid)
		known++;
	while (at < known && c->messages[at].uid < uid)
		at++;
	if (at < known && c->messages[at].uid == uid)
		return &c->messages[at];
	if (known == c->exists)
		return NULL;
	memmove(&c->messages[at + 1], &c->messages[at], (known - at) * sizeof(*c->messages));
	c->messages[at] = (struct tc_message){.uid = uid};
	return &c->messages[at];
}

static void on_exists(struct tc *c, uint32_t n, const char *data, size_t len)
{
	const struct tc_command *now = tc_in_progress(c);

	if ((is(now, "SELECT") || is(now, "EXAMINE")) && !c->fresh) {
		forget(c);
		c->selected = c->fresh = true;
	}
	if (!c->selected)
		say(c, "EXISTS with nothing selected", data, len);
	if (n < c->exists)
		say(c, "EXISTS shrinks", data, len);
	else
		set_exists(c, n);
}

static void on_expunge(struct tc *c, uint32_t n, const char *data, size_t len)
{
	const struct tc_command *now = tc_in_progress(c);

	if (!n || n > c->exists) {
		say(c, "EXPUNGE beyond EXISTS", data, len);
		return;
	}
	if (c->uidonly)
		say(c, "EXPUNGE though UIDONLY is enabled", data, len);
	if (c->qresync && !c->nomodseq)
		say(c, "EXPUNGE though QRESYNC is enabled", data, len);
	if (!now && !c->notify)
		say(c, "EXPUNGE while no command is in progress", data, len);
	if (now && !now->uid &&
	    (is(now, "FETCH") || is(now, "STORE") || is(now, "SEARCH") || is(now, "SORT") ||
	     is(now, "THREAD")))
		say(c, "EXPUNGE where it is forbidden", data, len);
	remove_one(c, n);
}

static void on_fetch(struct tc *c, uint32_t n, const char *rest, size_t rest_len, const char *data,
                     size_t len)
{
	const struct tc_command *now = tc_in_progress(c);
	struct tc_message got, *m;
	uint32_t uid;

	if (c->uidonly)
		say(c, "FETCH though UIDONLY is enabled", data, len);
	if (!n || n > c->exists) {
		say(c, "FETCH beyond EXISTS", data, len);
		return;
	}
	if (!tc_parse_fetch(rest, rest_len, &got)) {
		say(c, "FETCH that cannot be read", data, len);
		return;
	}
	m = &c->messages[n - 1];
	uid = got.uid;
	if (now && now->uid && !uid)
		say(c, "FETCH without UID under a UID command", data, len);
	if (got.knows_flags) {
		m->knows_flags = true;
		m->flags = got.flags;
	}
	if (!uid)
		return;
	if (m->uid && m->uid != uid)
		say(c, "FETCH with another UID than before", data, len);
	m->uid = uid;
	for (uint32_t i = n - 1; i-- > 0;)
		if (c->messages[i].uid) {
			if (c->messages[i].uid >= uid)
				say(c, "UID is not above that of the message before", data, len);
			break;
		}
	for (uint32_t i = n; i < c->exists; i++)
		if (c->messages[i].uid) {
			if (c->messages[i].uid <= uid)
				say(c, "UID is not below that of the message after", data, len);
			break;
		}
}

/* RFC 9586 3.3: the UID item is there only where it was asked for. */
static void on_uidfetch(struct tc *c, uint32_t uid, const char *rest, size_t rest_len,
                        const char *data, size_t len)
{
	struct tc_message got, *m;

	if (!c->uidonly || !c->selected)
		say(c, c->uidonly ? "UIDFETCH with nothing selected" : "UIDFETCH though UIDONLY is not enabled",
		    data, len);
	if (!tc_parse_fetch(rest, rest_len, &got)) {
		say(c, "UIDFETCH that cannot be read", data, len);
		return;
	}
	if (got.uid && got.uid != uid)
		say(c, "UIDFETCH with another UID inside", data, len);
	m = tc_message_by_uid(c, uid);
	if (!m) {
		say(c, "UIDFETCH of more than EXISTS", data, len);
		return;
	}
	if (got.knows_flags) {
		m->knows_flags = true;
		m->flags = got.flags;
	}
}

/* Reads "a" or "a:b"; returns what comes behind, or NULL. */
static const char *range(const char *s, const char *end, uint32_t *first, uint32_t *last)
{
	uint64_t n[2] = {0, 0};

	for (int i = 0; i < 2; i++) {
		const char *begin = s;

		while (s < end && *s >= '0' && *s <= '9')
			n[i] = n[i] * 10 + (uint64_t)(*s++ - '0');
		if (s == begin || n[i] > UINT32_MAX)
			return NULL;
		if (i == 0 && (s == end || *s != ':')) {
			n[1] = n[0];
			break;
		}
		if (i == 0)
			s++;
	}
	*first = (uint32_t)n[0];
	*last = (uint32_t)n[1];
	return *first && *first <= *last ? s : NULL;
}

static void on_vanished(struct tc *c, const char *rest, size_t rest_len, const char *data,
                        size_t len)
{
	static const char earlier[] = "(EARLIER) ";
	const char *end = rest + rest_len;
	bool old = rest_len > 10 && memcmp(rest, earlier, 10) == 0;

	if ((!c->qresync || c->nomodseq) && !c->uidonly && !old)
		say(c, "VANISHED though QRESYNC is not enabled", data, len);
	if (!c->selected)
		say(c, "VANISHED with nothing selected", data, len);
	for (const char *s = old ? rest + 10 : rest;; s++) {
		uint32_t first, last, known = 0;

		s = range(s, end, &first, &last);
		if (!s || (s < end && *s != ',')) {
			say(c, "VANISHED that cannot be read", data, len);
			return;
		}
		for (uint32_t i = c->exists; i-- > 0;)
			if (c->messages[i].uid >= first && c->messages[i].uid <= last) {
				known++;
				if (!old)
					remove_one(c, i + 1);
			}
		if (old && known)
			say(c, "VANISHED (EARLIER) of a message that is there", data, len);
		if (!old && last - first + 1 != known) { /* which numbers those had is open */
			uint32_t more = last - first + 1 - known;

			if (more > c->exists) {
				say(c, "VANISHED of more than EXISTS", data, len);
				more = c->exists;
			}
			c->exists -= more;
			if (!c->uidonly)
				memset(c->messages, 0, c->exists * sizeof(*c->messages));
			else if (more && c->messages[c->exists].uid)
				say(c, "VANISHED of messages that it does not have", data, len);
		}
		if (s == end)
			return;
	}
}

/* "(TAG "x")", and behind it ranges "9:7,6:1": each below the one before and next to it. */
static void on_uidbatches(struct tc *c, const char *rest, size_t rest_len, const char *data,
                          size_t len)
{
	const struct tc_command *now = tc_in_progress(c);
	const char *end = rest + rest_len, *s = end;
	uint64_t n[2], below = 0;

	if (!is(now, "UIDBATCHES"))
		say(c, "UIDBATCHES to nothing", data, len);
	while (s > rest && (s[-1] == ',' || s[-1] == ':' || (s[-1] >= '0' && s[-1] <= '9')))
		s--;
	if (s == rest || (s[-1] != ' ' && (s != end || s[-1] != ')'))) {
		say(c, "UIDBATCHES that cannot be read", data, len);
		return;
	}
	for (; s < end; s++) {
		for (int i = 0; i < 2; i++) {
			const char *begin = s;

			for (n[i] = 0; s < end && *s >= '0' && *s <= '9'; s++)
				n[i] = n[i] * 10 + (uint64_t)(*s - '0');
			if (s == begin || (i == 0 && (s == end || *s++ != ':')))
				n[i] = 0;
		}
		if (!n[1] || n[0] < n[1] || n[0] > UINT32_MAX || (below && n[0] != below - 1) ||
		    (s < end && (*s != ',' || s + 1 == end))) {
			say(c, "UIDBATCHES that do not descend", data, len);
			return;
		}
		below = n[1];
	}
}

static void on_search(struct tc *c, const char *rest, size_t rest_len, const char *data, size_t len)
{
	const struct tc_command *now = tc_in_progress(c);
	const char *end = rest + rest_len;

	if (!is(now, "SEARCH") && !is(now, "SORT"))
		say(c, "SEARCH to nothing", data, len);
	if (now && !now->uid && c->uidonly)
		say(c, "SEARCH with numbers though UIDONLY is enabled", data, len);
	while (rest < end && *rest == ' ') {
		uint32_t first, last;
		const char *s = range(rest + 1, end, &first, &last);

		if (!s) { /* "(MODSEQ n)" */
			if (rest + 1 < end && rest[1] == '(')
				return;
			say(c, "SEARCH that cannot be read", data, len);
			return;
		}
		if (now && !now->uid && last > c->exists)
			say(c, "SEARCH result beyond EXISTS", data, len);
		rest = s;
	}
}

/* ---- responses -------------------------------------------------------------------------- */

static void on_tagged(struct tc *c, const char *data, size_t len)
{
	char tag[80], status[8];
	size_t n = word(data, len, tag, sizeof(tag)), i;
	struct tc_command *k = NULL;
	bool ok, no, select;

	if (n >= len) {
		say(c, "tagged response without status", data, len);
		return;
	}
	word(data + n + 1, len - n - 1, status, sizeof(status));
	ok = strcmp(status, "OK") == 0;
	no = strcmp(status, "NO") == 0;
	if (!ok && !no && strcmp(status, "BAD") != 0)
		say(c, "tagged response that is neither OK, NO nor BAD", data, len);
	/* The DONE of an IDLE that was refused is a command without a name. */
	if (c->dones && tx_same(tag, "DONE") && !ok && !no) {
		c->dones--;
		return;
	}
	for (i = c->first; i < c->command_count; i++) {
		k = &c->commands[i];
		if (!k->answered && strcmp(k->tag, tag) == 0)
			break;
		if (!k->answered && !k->doubtful)
			say(c, "tagged response out of order", data, len);
	}
	if (i == c->command_count) {
		say(c, "tagged response to nothing", data, len);
		return;
	}
	if (c->bye && !is(k, "LOGOUT"))
		say(c, "tagged response behind BYE", data, len);
	for (; c->first <= i; c->first++)
		c->commands[c->first].answered = true;
	select = is(k, "SELECT") || is(k, "EXAMINE");
	if (select && ok && !c->fresh)
		say(c, "selected without EXISTS", data, len);
	if ((select && no) ||
	    (ok && (is(k, "CLOSE") || is(k, "UNSELECT") || is(k, "UNAUTHENTICATE"))))
		forget(c);
	for (uint32_t m = 0; k->silent && m < c->exists; m++)
		c->messages[m].knows_flags = false;
	if (is(k, "UNAUTHENTICATE") && ok)
		c->qresync = c->utf8 = c->utf8_text = c->notify = c->uidonly = c->condstore = false;
	if (is(k, "NOTIFY") && ok)
		c->notify = true;
	c->fresh = false;
}

/* Where what stands first in it; NULL if it does not. */
static const char *find(const char *at, const char *end, const char *what)
{
	size_t len = strlen(what);

	for (; (size_t)(end - at) >= len; at++)
		if (memcmp(at, what, len) == 0)
			return at;
	return NULL;
}

static void on_untagged(struct tc *c, const char *data, size_t len)
{
	char first[24], second[24];
	const char *rest = data + 2, *end = data + len;
	size_t n = word(rest, len - 2, first, sizeof(first));
	uint32_t number, last;

	rest = rest + n < end ? rest + n + 1 : end;
	if (c->bye)
		say(c, "untagged response behind BYE", data, len);
	if (!c->greeted && strcmp(first, "OK") != 0 && strcmp(first, "PREAUTH") != 0 &&
	    strcmp(first, "BYE") != 0)
		say(c, "no greeting", data, len);
	c->greeted = true;
	if (strcmp(first, "BYE") == 0)
		c->bye = true;
	else if (strcmp(first, "BAD") == 0 && c->first < c->command_count &&
	         c->commands[c->first].doubtful)
		c->commands[c->first++].answered = true;
	else if (strcmp(first, "OK") == 0 && end - rest >= 8 && memcmp(rest, "[CLOSED]", 8) == 0)
		forget(c);
	else if (strcmp(first, "OK") == 0 && end - rest >= 10 && memcmp(rest, "[NOMODSEQ]", 10) == 0)
		c->nomodseq = true;
	else if (strcmp(first, "ENABLED") == 0) {
		struct tx names = {0};

		tx_str(&names, " ");
		tx_add(&names, rest, (size_t)(end - rest));
		tx_str(&names, " ");
		c->qresync |= strstr(names.data, " QRESYNC ") != NULL;
		if (strstr(names.data, " UIDONLY ")) {
			c->uidonly = true;
			forget_numbers(c);
		}
		c->utf8 |= strstr(names.data, " UTF8=ACCEPT ") != NULL ||
		           strstr(names.data, " IMAP4rev2 ") != NULL ||
		           strstr(names.data, " IMAP4REV2 ") != NULL;
		tx_free(&names);
	} else if (strcmp(first, "LANGUAGE") == 0 && !memchr(rest, ' ', (size_t)(end - rest)))
		c->utf8_text = find(rest, end, "(i-default)") != rest;
	else if (strcmp(first, "VANISHED") == 0)
		on_vanished(c, rest, (size_t)(end - rest), data, len);
	else if (strcmp(first, "UIDBATCHES") == 0)
		on_uidbatches(c, rest, (size_t)(end - rest), data, len);
	else if (c->uidonly && strcmp(first, "ESEARCH") == 0 && !find(rest, end, ") UID"))
		say(c, "ESEARCH with numbers though UIDONLY is enabled", data, len);
	else if (c->uidonly && (find(rest, end, "[UNSEEN ") == rest || find(rest, end, "[UIDNOTSTICKY]") == rest))
		say(c, "a code that must not come while UIDONLY is enabled", data, len);
	else if (strcmp(first, "SEARCH") == 0)
		on_search(c, data + 8, len - 8, data, len);
	if (first[0] < '0' || first[0] > '9')
		return;
	n = word(rest, (size_t)(end - rest), second, sizeof(second));
	if (strcmp(first, "0") == 0) /* "0 EXISTS" and "0 RECENT" are numbers too */
		number = 0;
	else if (!range(first, first + strlen(first), &number, &last) || number != last)
		say(c, "number that cannot be read", data, len);
	rest = rest + n < end ? rest + n + 1 : end;
	if (strcmp(second, "EXISTS") == 0)
		on_exists(c, number, data, len);
	else if (strcmp(second, "EXPUNGE") == 0)
		on_expunge(c, number, data, len);
	else if (strcmp(second, "FETCH") == 0)
		on_fetch(c, number, rest, (size_t)(end - rest), data, len);
	else if (strcmp(second, "UIDFETCH") == 0)
		on_uidfetch(c, number, rest, (size_t)(end - rest), data, len);
	else if (strcmp(second, "RECENT") == 0) {
		const struct tc_command *now = tc_in_progress(c);

		if (!is(now, "SELECT") && !is(now, "EXAMINE") && number > c->exists)
			say(c, "RECENT beyond EXISTS", data, len);
	} else
		say(c, "a number before something unknown", data, len);
}

void tc_response(struct tc *c, const char *data, size_t len)
{
	c->seen++;
	if (len && data[0] == '+') {
		c->continuations++;
		if (len > 1 && data[1] != ' ')
			say(c, "continuation request without SP", data, len);
		if (!tc_in_progress(c))
			say(c, "continuation request to nothing", data, len);
	} else if (len >= 2 && data[0] == '*' && data[1] == ' ') {
		on_untagged(c, data, len);
	} else {
		on_tagged(c, data, len);
	}
	if (c->heard)
		c->heard(c->user, data, len);
}

void tc_free(struct tc *c)
{
	free(c->commands);
	free(c->messages);
	tx_free(&c->line);
}
