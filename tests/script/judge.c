/* SPDX-License-Identifier: MIT */
/*
 * script/judge - what a fault may lead to: which octets, which response codes, which states of the
 * store.  A good run has shown all states between two ops; no other may be left behind, unless a
 * command is many questions.
 */
#include "host/truth.h"
#include "script/playing.h"

#include <stdlib.h>
#include <string.h>

/* ---- states of the store ---------------------------------------------------------------- */

void pl_note_sum(void *user)
{
	struct playing *p = user;
	struct pl_reference *r = p->ref;
	uint64_t sum = ts_sum(p->host.ts);

	if (r->sum_count && r->sums[r->sum_count - 1] == sum)
		return;
	r->sums = tx_realloc(r->sums, (r->sum_count + 1) * sizeof(sum));
	r->sums[r->sum_count++] = sum;
}

/* Has a good run left the store so, between two ops or steps of the host? */
static bool is_known_state(const struct playing *p)
{
	uint64_t sum = ts_sum(p->host.ts);

	for (size_t i = 0; i < p->ref->sum_count; i++)
		if (p->ref->sums[i] == sum)
			return true;
	return false;
}

static const struct tc_command *last_command(const struct playing *p, int i)
{
	const struct tc *c = &p->td.sessions[i].client;

	return c->command_count ? &c->commands[c->command_count - 1] : NULL;
}

/* Commands that may end half-way: MOVE (RFC 6851 3.3) and RENAME of INBOX that are made of other
 * questions, STORE in batches, FETCH that sets \Seen and then cannot go on. */
static bool is_many(const struct tc_command *k)
{
	static const char *const names[] = {"MOVE", "RENAME", "STORE", "FETCH"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(k->name, names[i]) == 0)
			return true;
	return false;
}

/* A session that ended has done what a good run had done at some moment, and nothing else. */
static void check_dead(struct playing *p, int i)
{
	const struct tc_command *k = last_command(p, i);

	/* Of too many octets for an arena each command is refused by itself. */
	if (p->script->sessions > 1 || !p->td.sessions[i].error || p->judged ||
	    p->v->fault == PL_ARENA || p->v->fault == PL_INSIDE)
		return;
	p->judged = true;
	if (k && !is_many(k) && !is_known_state(p))
		tx_complain(p->log, "%s: the session ended and left what no good run leaves",
		            p->script->path);
}

/* ---- a refusal --------------------------------------------------------------------------- */

/* The last line that session i has emitted since `from`. */
static struct imapsrv_span last_line(const struct playing *p, int i, size_t from)
{
	const struct tx *out = &p->td.sessions[i].output;
	size_t at = out->len < 2 ? 0 : out->len - 2;

	while (at > from && out->data[at - 1] != '\n')
		at--;
	return (struct imapsrv_span){out->data ? out->data + at : "", out->len - at};
}

/* Is this response code one that a refusal may lead to (imapsrv/store.h)? */
static bool is_documented(enum imapsrv_code code, const char *told)
{
	static const char *const names[] = {
		"", "", "ALREADYEXISTS", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "CANNOT",
		"CLIENTBUG", "CONTACTADMIN", "CORRUPTION", "EXPIRED", "EXPUNGEISSUED", "HASCHILDREN",
		"INUSE", "LIMIT", "NONEXISTENT", "NOPERM", "OVERQUOTA", "PRIVACYREQUIRED",
		"SERVERBUG", "TOOBIG", "UNAVAILABLE", "UNKNOWN-CTE", "USEATTR",
	};
	static const struct {
		enum imapsrv_code code;
		const char *told; /* begins so */
	} others[] = {
		{IMAPSRV_NO, "AUTHENTICATIONFAILED"},
		{IMAPSRV_NONEXISTENT, "TRYCREATE"},
		{IMAPSRV_NONEXISTENT, "EXPUNGEISSUED"},
		{IMAPSRV_NONEXISTENT, "BADURL "},
		{IMAPSRV_NOPERM, "BADURL "},
		{IMAPSRV_EXPUNGEISSUED, "BADURL "},
		{IMAPSRV_NONEXISTENT, "UNDEFINED-FILTER "},
		{IMAPSRV_NOPERM, "UNDEFINED-FILTER "},
		{IMAPSRV_TOOBIG, "METADATA MAXSIZE "},
		{IMAPSRV_CANNOT, "METADATA NOPRIVATE"},
		{IMAPSRV_LIMIT, "METADATA TOOMANY"},
		{IMAPSRV_LIMIT, "ANNOTATE TOOMANY"},
		{IMAPSRV_TOOBIG, "ANNOTATE TOOBIG"},
		{IMAPSRV_NONEXISTENT, "NOPERM"}, /* rights in the selected mailbox: it goes on */
	};

	/* The library has limits of its own; and H: fail may meet another question now. */
	if (strcmp(told, "LIMIT") == 0 || strcmp(told, "UNAVAILABLE") == 0)
		return true;
	if ((size_t)code < sizeof(names) / sizeof(names[0]) && strcmp(names[code], told) == 0)
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (code == others[i].code &&
		    strncmp(told, others[i].told, strlen(others[i].told)) == 0)
			return true;
	return false;
}

/* "tag NO ..." bears the code of the refusal, or the one that it has in a good run; or none. */
static void check_code(struct playing *p, int i, const struct tc_command *k,
                       struct imapsrv_span line)
{
	const char *told = line.data + strlen(k->tag) + 4, *end;
	const struct tx *good = &p->ref->output[i];
	struct tx code = {0}, usual = {0};

	end = memchr(told, ']', line.len - strlen(k->tag) - 4);
	if (told[0] != '[' || !end)
		return;
	tx_add(&code, told + 1, (size_t)(end - told) - 1);
	tx_fmt(&usual, "\n%s NO [%s]", k->tag, code.data);
	if (!is_documented(p->v->store.fail_code, code.data) &&
	    !(good->data && strstr(good->data, usual.data)))
		tx_complain(p->log, "%s: %s is refused with %d, and the client is told %s",
		            p->script->path, k->name, (int)p->v->store.fail_code, code.data);
	tx_free(&code);
	tx_free(&usual);
}

/* A command that was refused has changed nothing; or, if it is many questions that may each change
 * something, has lost nothing. */
static void check_refused(struct playing *p, int i, size_t from, uint64_t sum, size_t messages)
{
	struct imapsrv_span line = last_line(p, i, from);
	const struct tc_command *k = last_command(p, i);
	size_t tag = k ? strlen(k->tag) : 0;
	bool bad;

	if (!k || line.len < tag + 4 || memcmp(line.data, k->tag, tag) != 0 ||
	    memcmp(line.data + tag, " NO ", 4) != 0)
		return;
	check_code(p, i, k, line);
	bad = is_many(k) ? ts_messages(p->host.ts) < messages : ts_sum(p->host.ts) != sum;
	if (bad)
		tx_complain(p->log, "%s: %s was refused, and has changed something",
		            p->script->path, k->name);
}

/* A client that has a command to send, and not a response, gives up the exchange that goes on. */
static void end_exchange(struct playing *p, int i, const struct tx *block)
{
	const struct tc_command *k = last_command(p, i);
	const char *end = memchr(block->data, '\n', block->len);

	if (k && !k->answered && strcmp(k->name, "AUTHENTICATE") == 0 && end &&
	    memchr(block->data, ' ', (size_t)(end - block->data)))
		td_feed(&p->td, i, "*\r\n", 3);
}

void pl_feed_faulty(struct playing *p, int i, const struct tx *block)
{
	const struct td_session *s = &p->td.sessions[i];
	uint64_t ops = p->host.ts->op_count, at = p->host.ts->options.fail_at, sum;
	size_t from = s->output.len, commands = s->client.command_count, messages;

	if (p->v->fault != PL_REFUSE || ops >= at) {
		end_exchange(p, i, block);
		td_feed(&p->td, i, block->data, block->len);
		check_dead(p, i);
		return;
	}
	sum = ts_sum(p->host.ts);
	messages = ts_messages(p->host.ts);
	td_feed(&p->td, i, block->data, block->len);
	if (p->host.ts->op_count >= at && s->client.command_count == commands + 1)
		check_refused(p, i, from, sum, messages);
}

/* ---- after a fault ---------------------------------------------------------------------- */

/* Nothing may have been stored that a good run does not store. */
static void check_added(struct playing *p)
{
	const char *line = p->host.ts->added.data;

	while (line && *line) {
		size_t len = strcspn(line, "\n");
		struct tx one = {0};

		tx_add(&one, line, len + 1);
		if (!p->ref->added.data || !strstr(p->ref->added.data, one.data))
			tx_complain(p->log, "%s: a message was stored that no good run stores: %s",
			            p->script->path, one.data);
		tx_free(&one);
		line += len + 1;
	}
}

/* Out of memory: the reference up to the failure, then a BYE or nothing.  A session that goes on
 * has to emit what it always does. */
static void check_prefix(struct playing *p)
{
	const struct td_session *s = &p->td.sessions[0];
	const struct tx *ref = &p->ref->output[0], *out = &s->output;
	size_t same = pl_same_octets(out, ref), line = same;

	if (p->script->sessions > 1 || (out->len == ref->len && same == ref->len))
		return;
	if (s->session && !s->closed && !s->stalled && !ts_pending(s->link)) {
		pl_show_difference(p, 0, same, ref->len);
		return;
	}
	/* Half a line of which some has left cannot be taken back, nor anything said behind it. */
	if (same == out->len)
		return;
	while (line > 0 &&
	       !(line > 1 && out->data[line - 1] == '\n' && out->data[line - 2] == '\r'))
		line--;
	if (!st_whole(&s->wire) || out->len - line < 8 ||
	    memcmp(out->data + line, "* BYE ", 6) != 0 ||
	    (size_t)(strchr(out->data + line, '\n') - out->data) + 1 != out->len)
		pl_show_difference(p, 0, same, ref->len);
}

/* The connection stopped in the middle: what was emitted and done by then is what a good run emits
 * and does first. */
static void check_cut(struct playing *p)
{
	const struct tx *out = &p->td.sessions[0].output, *ref = &p->ref->output[0];

	if (p->script->sessions == 1 && pl_same_octets(out, ref) < out->len)
		pl_show_difference(p, 0, pl_same_octets(out, ref), ref->len);
	for (int i = 0; i < TD_SESSIONS && p->v->fault == PL_END; i++)
		td_eof(&p->td, i);
	if (!is_known_state(p))
		tx_complain(p->log, "%s: the connection was cut, and left what no good run leaves",
		            p->script->path);
}

/* What a liar's client sees is not true, but it is answered, unless the session had to end; and the
 * host was told. */
static void check_survived(struct playing *p)
{
	const struct ts_hostile *h = &p->host.ts->hostile;

	if (h->told < h->must)
		tx_complain(p->log, "%s: nobody was told of %s: %s", p->script->path,
		            h->kind, ts_trick_names[h->trick]);
	for (int i = 0; i < p->script->sessions; i++) {
		const struct td_session *t = &p->td.sessions[i];

		if (!td_at_rest(&p->td, i))
			continue;
		td_feed(&p->td, i, "zz NOOP\r\n", 9);
		if (t->session && !t->closed && tc_in_progress(&t->client) &&
		    !(imapsrv_session_want(t->session) & IMAPSRV_WANT_HOST))
			tx_complain(p->log, "%s: NOOP is not answered", p->script->path);
	}
}

/* The host did something inside of a callback.  Of questions, and of calls that are forbidden
 * there, nobody notices anything; of others the sessions go on, where they did, or are over. */
static void check_inside(struct playing *p)
{
	bool unnoticed = p->v->deed == TD_LOOK || p->v->deed == TD_FORBIDDEN;
	uint64_t played = p->host.ts->inside.count, n = p->v->n;

	for (int i = 0; i < p->script->sessions; i++) {
		const struct td_session *t = &p->td.sessions[i];
		const struct tx *ref = &p->ref->output[i];
		size_t same = pl_same_octets(&t->output, ref);

		if (unnoticed && (t->output.len != ref->len || same < ref->len))
			pl_show_difference(p, i, same, ref->len);
		/* A client that was refused a literal goes no further. */
		if (t->session && !t->closed && !t->error && p->ref->rests[i] &&
		    !t->client.in_command && !td_at_rest(&p->td, i))
			tx_complain(p->log, "%s: session %d does not come to rest", p->script->path,
			            i + 1);
	}
	/* What comes now is not the script's; but the end is, and may be the time of the deed. */
	p->host.ts->inside.at = 0;
	check_survived(p);
	/* Of a mailbox that may not be read any more nothing is told. */
	if (p->v->deed != TD_UNTRUE && p->v->deed != TD_RIGHTS)
		pl_check_pictures(p);
	p->host.ts->inside.at = n > played ? p->host.ts->inside.count + n - played : 0;
}

static bool host_acts(const struct sc *script)
{
	for (size_t k = 0; k < script->step_count; k++)
		if (script->steps[k].kind == SC_HOST)
			return true;
	return false;
}

void pl_judge(struct playing *p)
{
	switch (p->v->fault) {
	case PL_ALLOC_ONCE:
	case PL_ALLOC_PAIR:
	case PL_ALLOC_FROM:
		check_prefix(p);
		pl_check_pictures(p);
		break;
	case PL_CUT:
	case PL_END:
		check_cut(p);
		break;
	case PL_STALL:
		/* The host goes on, and what it does then falls on other states. */
		if (!host_acts(p->script))
			check_cut(p);
		break;
	case PL_HOSTILE:
		check_survived(p);
		return;
	case PL_INSIDE:
		check_inside(p);
		return;
	case PL_ARENA:
		check_survived(p);
		pl_check_pictures(p);
		return;
	default:
		pl_check_pictures(p);
		break;
	}
	check_added(p);
}
