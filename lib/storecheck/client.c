/* SPDX-License-Identifier: MIT */
/*
 * storecheck/client - the commands of a client: sent, waited for, and what their answers mean for
 * the store.
 */
#include <string.h>

#include "base/ascii.h"
#include "storecheck/check.h"

struct imapsrv_span isrv_sc_span(const struct isrv_sc_client *k, struct isrv_sc_text text)
{
	struct imapsrv_span s = {k->output.data ? k->output.data + text.at : "", text.len};

	return s;
}

void isrv_sc_told_clear(struct isrv_sc_client *k)
{
	struct isrv_sc_told *t = &k->told, empty = {0};

	/* The arrays are used again. */
	empty.rows = t->rows, empty.row_cap = t->row_cap;
	empty.lines = t->lines, empty.line_cap = t->line_cap;
	empty.found.v = t->found.v, empty.found.cap = t->found.cap;
	empty.appended.v = t->appended.v, empty.appended.cap = t->appended.cap;
	empty.from.v = t->from.v, empty.from.cap = t->from.cap;
	empty.to.v = t->to.v, empty.to.cap = t->to.cap;
	empty.modified.v = t->modified.v, empty.modified.cap = t->modified.cap;
	empty.vanished.v = t->vanished.v, empty.vanished.cap = t->vanished.cap;
	empty.earlier.v = t->earlier.v, empty.earlier.cap = t->earlier.cap;
	*t = empty;
	/* What was not read as a response yet stays. */
	if (k->parsed < k->output.len)
		memmove(k->output.data, k->output.data + k->parsed, k->output.len - k->parsed);
	k->output.len -= k->parsed;
	k->parsed = 0;
}

bool isrv_sc_raw(struct isrv_sc_client *k, const void *data, size_t len)
{
	if (!isrv_sc_live(k->c))
		return false;
	isrv_sc_note(k->c, k, 'C', data, len);
	return isrv_sc_add(k->c, &k->input, data, len);
}

static bool sayv(struct isrv_sc_client *k, const char *format, va_list args)
{
	struct isrv_sc *c = k->c;
	size_t begin;

	if (!isrv_sc_live(c) || !k->session)
		return false;
	isrv_sc_told_clear(k);
	begin = k->input.len;
	isrv_sc_put(c, &k->input, "t%u ", ++k->tag);
	if (isrv_sc_putv(c, &k->input, format, args))
		isrv_sc_note(c, k, 'C', k->input.data + begin, k->input.len - begin);
	return isrv_sc_add(c, &k->input, "\r\n", 2);
}

bool isrv_sc_say(struct isrv_sc_client *k, const char *format, ...)
{
	va_list args;
	bool ok;

	va_start(args, format);
	ok = sayv(k, format, args);
	va_end(args);
	return ok;
}

bool isrv_sc_await(struct isrv_sc_client *k)
{
	struct isrv_sc *c = k->c;

	if (!isrv_sc_live(c))
		return false;
	isrv_sc_settle(c);
	isrv_sc_looks(c, ISRV_SC_OP_ANSWERED);
	isrv_sc_looks(c, ISRV_SC_SESSION_LIVES);
	if (!isrv_sc_live(c) || k->told.status != ISRV_SC_WAITING)
		return isrv_sc_live(c);
	if (k->ended)
		return isrv_sc_blame(c, ISRV_SC_SESSION_LIVES, "the session ended in a command");
	return isrv_sc_blame(c, ISRV_SC_OP_ANSWERED,
	                     "a command has no answer, and the store has nothing more to do");
}

bool isrv_sc_ask(struct isrv_sc_client *k, const char *format, ...)
{
	va_list args;
	bool ok;

	va_start(args, format);
	ok = sayv(k, format, args);
	va_end(args);
	return ok && isrv_sc_await(k) && k->told.status == ISRV_SC_OK;
}

void isrv_sc_undo(struct isrv_sc_client *k, const char *command)
{
	struct isrv_sc *c = k->c;
	bool over = c->over;

	c->over = false;
	c->cleaning = true;
	isrv_sc_ask(k, "%s", command);
	c->cleaning = false;
	c->over |= over;
}

bool isrv_sc_more(struct isrv_sc_client *k, const void *data, size_t len)
{
	k->told.status = ISRV_SC_WAITING;
	return isrv_sc_raw(k, data, len) && isrv_sc_await(k);
}

bool isrv_sc_told_word(const struct isrv_sc_client *k, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < k->told.line_count; i++) {
		struct imapsrv_span line = isrv_sc_span(k, k->told.lines[i]);

		for (size_t at = 0; at + len <= line.len; at++)
			if ((!at || line.data[at - 1] == ' ') &&
			    isrv_ascii_same(line.data + at, len, word, len) &&
			    (at + len == line.len || line.data[at + len] == ' '))
				return true;
	}
	return false;
}

bool isrv_sc_is_line(struct imapsrv_span line, const char *kind)
{
	size_t len = strlen(kind);

	return line.len > len && !memcmp(line.data, kind, len) && line.data[len] == ' ';
}

struct imapsrv_span isrv_sc_line(const struct isrv_sc_client *k, const char *kind)
{
	static const struct imapsrv_span none = {NULL, 0};

	for (size_t i = 0; i < k->told.line_count; i++) {
		struct imapsrv_span line = isrv_sc_span(k, k->told.lines[i]);

		if (isrv_sc_is_line(line, kind))
			return line;
	}
	return none;
}

bool isrv_sc_code(const struct isrv_sc_client *k, const char *code)
{
	struct imapsrv_span text = isrv_sc_span(k, k->told.text);
	size_t len = strlen(code);

	return text.len >= len + 2 && text.data[0] == '[' &&
	       isrv_ascii_same(text.data + 1, len, code, len) &&
	       (text.data[len + 1] == ']' || text.data[len + 1] == ' ');
}

/* Was it refused for a reason that says nothing of the contract? */
static bool no_room(const struct isrv_sc_client *k)
{
	return isrv_sc_code(k, "LIMIT") || isrv_sc_code(k, "OVERQUOTA") ||
	       isrv_sc_code(k, "TOOBIG") || isrv_sc_code(k, "UNAVAILABLE");
}

/* Is it for others to do, or somebody else's at the time?  What the kit itself gave leave to is
 * not, and a mailbox is nobody else's for those who have it open. */
static bool no_leave(const struct isrv_sc_client *k, enum isrv_sc_clause clause)
{
	return (clause != ISRV_SC_ACL_GIVEN && isrv_sc_code(k, "NOPERM")) ||
	       (clause == ISRV_SC_OPEN_KNOWN && isrv_sc_code(k, "INUSE"));
}

const char isrv_sc_hidden[] = "capabilities that are hidden from the session: imapsrv_session_hide";
const char isrv_sc_no_copies[] = "the UIDs of copies, which the store does not tell";
const char isrv_sc_no_appended[] = "the UIDs of appended messages, which the store does not tell";

bool isrv_sc_offers(struct isrv_sc_client *k, uint64_t caps)
{
	return (k->caps & caps) == caps || isrv_sc_pass(k->c, isrv_sc_hidden);
}

bool isrv_sc_needed(struct isrv_sc_client *k, enum isrv_sc_clause clause)
{
	struct imapsrv_span text = isrv_sc_span(k, k->told.text);

	if (!isrv_sc_looks(k->c, clause))
		return false;
	if (k->told.status == ISRV_SC_OK)
		return true;
	if (k->told.status == ISRV_SC_NO && no_room(k))
		return isrv_sc_pass(k->c, "room: the store refused a command for want of it");
	if (k->told.status == ISRV_SC_NO && no_leave(k, clause))
		return isrv_sc_pass(k->c,
		                    "leave: the store refused a command with NOPERM or INUSE");
	return isrv_sc_blame(k->c, clause, "a command was refused: %.*s",
	                     isrv_sc_shown(text.len), text.data);
}

bool isrv_sc_need(struct isrv_sc_client *k, enum isrv_sc_clause clause, const char *format, ...)
{
	va_list args;
	bool ok;

	va_start(args, format);
	ok = sayv(k, format, args);
	va_end(args);
	return ok && isrv_sc_await(k) && isrv_sc_needed(k, clause);
}

bool isrv_sc_copied_here(struct isrv_sc_client *k)
{
	if (k->told.status == ISRV_SC_NO && isrv_sc_code(k, "CANNOT"))
		return isrv_sc_skip(k->c, "copies within a mailbox: imapsrv_store.copy refused "
		                          "with CANNOT");
	return isrv_sc_needed(k, ISRV_SC_COPY_ALL);
}

bool isrv_sc_login(struct isrv_sc_client *k, const char *name, const char *password)
{
	return isrv_sc_say(k, "LOGIN {%u+}\r\n%s {%u+}\r\n%s", (unsigned)strlen(name), name,
	                   (unsigned)strlen(password), password) &&
	       isrv_sc_await(k) && k->told.status == ISRV_SC_OK;
}

const struct isrv_sc_row *isrv_sc_row_of(const struct isrv_sc_client *k, uint32_t uid,
                                         uint32_t has)
{
	/* The last one says how it is now. */
	for (size_t i = k->told.row_count; i-- > 0;)
		if (k->told.rows[i].uid == uid && (k->told.rows[i].has & has) == has)
			return &k->told.rows[i];
	return NULL;
}

/* ---- SELECT ------------------------------------------------------------------------------ */

static void check_numbers(struct isrv_sc_client *k, struct isrv_sc_box *box)
{
	struct isrv_sc *c = k->c;
	const struct isrv_sc_told *t = &k->told;

	isrv_sc_want(c, !box->uidvalidity || box->uidvalidity == t->uidvalidity,
	             ISRV_SC_OPEN_UIDVALIDITY, "UIDVALIDITY of %s was %u and is %u", box->name,
	             box->uidvalidity, t->uidvalidity);
	isrv_sc_want(c, t->uidnext > box->top, ISRV_SC_OPEN_UIDNEXT,
	             "UIDNEXT of %s is %u, and there was a message with UID %u", box->name,
	             t->uidnext, box->top);
	isrv_sc_want(c, t->uidnext >= box->uidnext, ISRV_SC_OPEN_UIDNEXT,
	             "UIDNEXT of %s was %u and is %u", box->name, box->uidnext, t->uidnext);
	isrv_sc_want(c, t->highest >= box->highest, ISRV_SC_MODSEQ_FORWARD,
	             "HIGHESTMODSEQ of %s was %llu and is %llu", box->name,
	             (unsigned long long)box->highest, (unsigned long long)t->highest);
	box->uidvalidity = t->uidvalidity;
	box->uidnext = t->uidnext;
	box->highest = k->highest = t->highest;
	/* Who may only read is told that there are none (RFC 9051 6.3.3). */
	if (t->readonly)
		return;
	box->permanent = t->permanent;
	box->any_keyword = t->any_keyword;
}

/* kept: the flags that could be set until now. */
static void check_contents(struct isrv_sc_client *k, const struct isrv_sc_box *box, uint32_t kept,
                           enum isrv_sc_clause missing, enum isrv_sc_clause extra)
{
	struct isrv_sc *c = k->c;
	const struct isrv_sc_told *t = &k->told;
	char names[160];

	for (size_t i = 0; i < box->count; i++) {
		uint32_t untold = box->messages[i].flags & kept & ISRV_SC_ALL_KEYWORDS & ~t->flags;

		isrv_sc_put_flags(names, untold);
		isrv_sc_want(c, !untold, ISRV_SC_OPEN_KEYWORDS,
		             "message %u of %s was given %s, which open does not tell; where none "
		             "can be kept, new_keywords is 0",
		             box->messages[i].uid, box->name, names);
	}
	isrv_sc_want(c, k->seen_count == box->count, k->seen_count < box->count ? missing : extra,
	             "%s has %u messages, and there should be %u", box->name,
	             (unsigned)k->seen_count, (unsigned)box->count);
	if (t->unseen && t->unseen <= box->count && kept & IMAPSRV_SEEN) {
		size_t first = 0;

		while (first < box->count && box->messages[first].flags & IMAPSRV_SEEN)
			first++;
		isrv_sc_want(c, first + 1 == t->unseen, ISRV_SC_OPEN_UNSEEN,
		             "message %u is said to be the first without \\Seen; it is %u",
		             t->unseen, (unsigned)first + 1);
	}
}

static bool open_box(struct isrv_sc_client *k, struct isrv_sc_box *box, const char *verb,
                     enum isrv_sc_clause missing, enum isrv_sc_clause extra)
{
	uint32_t kept = isrv_sc_flags_of(box);
	uint64_t id;

	if (!isrv_sc_say(k, "%s %s", verb, box->name))
		return false;
	/* What is told from now on is of this one. */
	k->box = box;
	k->seen_count = 0;
	if (!isrv_sc_await(k) || !isrv_sc_needed(k, ISRV_SC_OPEN_KNOWN))
		return false;
	check_numbers(k, box);
	check_contents(k, box, kept, missing, extra);
	id = k->told.mailboxid.len ? isrv_sc_hash(isrv_sc_span(k, k->told.mailboxid)) : 0;
	isrv_sc_want(k->c, !id || !box->mailboxid || id == box->mailboxid,
	             ISRV_SC_OBJECTID_MAILBOX, "MAILBOXID of %s is another than before", box->name);
	if (id)
		box->mailboxid = id;
	return isrv_sc_live(k->c);
}

bool isrv_sc_select(struct isrv_sc_client *k, struct isrv_sc_box *box, const char *verb)
{
	return open_box(k, box, verb, ISRV_SC_UIDS_ALL, ISRV_SC_UIDS_ALL);
}

bool isrv_sc_reselect(struct isrv_sc_client *k, struct isrv_sc_box *box,
                      const struct isrv_sc_blames *blames)
{
	return open_box(k, box, "SELECT", blames->missing, blames->extra);
}
