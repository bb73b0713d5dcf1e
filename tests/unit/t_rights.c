/* SPDX-License-Identifier: MIT */
/*
 * Each command against each right, with a mailbox that the user may look up and one that he may not:
 * it does what its rights allow, by a table of its own (RFC 4314 4 and the RFCs of other commands);
 * and where he lacks them and may not look it up, all goes on as if there were no such mailbox: the
 * same octets, the same number of questions to the host, the same steps.
 */
#include "host/driver.h"
#include "row.h"
#include "session/engine.h"
#include "session/session.h"

#define ALL (IMAPSRV_RIGHTS_STANDARD | IMAPSRV_RIGHT_NOTE)

/* Of every URL. */
#define TOKEN "00112233445566778899aabbccddeeff"

/* A session of fred, and a mailbox "Box" of somebody else, with rights that a row is about. */
struct play {
	struct tx_log log;
	struct ts *ts;
	struct td td;
	struct ts_user *fred;
	struct ts_mailbox *inbox; /* his own, with a message that has all flags */
	struct ts_mailbox *box;   /* with one that has \Answered and "old"; NULL: there is none */
};

/* ---- the play ------------------------------------------------------------------------------ */

static void add_message(struct ts_mailbox *m, uint32_t system, const char *keyword)
{
	static const char mail[] = "Subject: x\r\n\r\nHello\r\n";
	struct ts_message *message = ts_add(m, 0, mail, sizeof(mail) - 1, 1767225600, 0);

	message->system = system;
	ts_keyword(m, message, keyword, true);
}

static void fill(struct play *p, bool exists, uint32_t rights, bool emulated)
{
	struct ts_user *eve = NULL;

	p->ts->acl.on = p->ts->meta.on = p->ts->replace = p->ts->urlauth.on = true;
	p->ts->notes.on = p->ts->objectids = !emulated;
	memcpy(p->ts->urlauth.token, TOKEN, sizeof(TOKEN));
	p->ts->uses = IMAPSRV_USE_SENT;
	p->ts->absent = emulated ? TS_NO_COPY | TS_NO_MOVE : 0;
	p->ts->modseqs = p->ts->unmeasured = p->ts->savedates = true;
	p->ts->resources = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE);
	ts_root(p->ts, "q")->limited = p->ts->resources;
	p->fred = ts_add_user(p->ts, "fred", "x");
	eve = ts_add_user(p->ts, "eve", "x");
	p->inbox = ts_find(p->ts, p->fred, "INBOX");
	add_message(p->inbox, IMAPSRV_SYSTEM_FLAGS, "new");
	ts_add_mailbox(p->ts, p->fred, "Own");
	if (!exists)
		return;
	p->box = ts_add_mailbox(p->ts, eve, "Box");
	add_message(p->box, IMAPSRV_ANSWERED, "old");
	ts_set_entry(ts_entries(p->ts, p->fred, p->box, "/shared/comment"), "/shared/comment", "x", 1);
	ts_acl_set(p->box, "fred", IMAPSRV_ACL_SET, rights & ts_acl_known(p->ts));
}

/* A command, tagged "t"; what comes back, whole. */
static const char *say(struct play *p, const char *line)
{
	struct td_session *s = &p->td.sessions[0];
	struct tx text = {0};

	tx_clear(&s->output);
	tx_fmt(&text, "t %s\r\n", line);
	td_feed(&p->td, 0, text.data, text.len);
	tx_free(&text);
	if (p->log.count)
		fail_msg("%s: %s", line, p->log.first);
	return s->output.len ? s->output.data : "";
}

/* Logged in; INBOX is selected.  `emulated`: the library copies and moves by itself. */
static void begin_with(struct play *p, bool exists, uint32_t rights, bool emulated)
{
	struct imapsrv_session_config session = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct td_options options = {0};

	memset(p, 0, sizeof(*p));
	p->ts = ts_new(&p->log);
	fill(p, exists, rights, emulated);
	config.referrals = IMAPSRV_REFERRALS_MAILBOX;
	assert_int_equal(td_start(&p->td, &p->log, p->ts, NULL, &options, &config), 0);
	assert_int_equal(td_connect(&p->td, 0, &session, "fred"), 0);
	say(p, "ENABLE QRESYNC");
	say(p, "SELECT INBOX");
}

static void begin(struct play *p, bool exists, uint32_t rights)
{
	begin_with(p, exists, rights, false);
}

/* Rights become others, and the session hears of it. */
static void change(struct play *p, uint32_t rights)
{
	ts_acl_change(p->box, "fred", IMAPSRV_ACL_SET, rights, false, NULL);
}

static void end(struct play *p)
{
	td_finish(&p->td);
	ts_check(p->ts);
	ts_free(p->ts);
	if (p->log.count)
		fail_msg("%s", p->log.first);
}

static uint32_t letters(const char *text)
{
	uint32_t rights;

	assert_int_equal(imapsrv_rights_parse((struct imapsrv_span){text, strlen(text)}, &rights), 0);
	return rights;
}

/* None, all, each alone, each with l, all but one, all but one and l, and any. */
enum { RIGHTS = 12, RANDOM = 40 };

static size_t sets(void)
{
	return 2 + 4 * RIGHTS + RANDOM;
}

static uint32_t set_of(size_t i)
{
	uint32_t one = UINT32_C(1) << i % RIGHTS, l = IMAPSRV_RIGHT_LOOKUP;

	if (i < RIGHTS)
		return one;
	if (i < 2 * RIGHTS)
		return one | l;
	if (i < 3 * RIGHTS)
		return ALL & ~one;
	if (i < 4 * RIGHTS)
		return ALL & ~one & ~l;
	i -= 4 * RIGHTS;
	return i == 0 ? 0 : i == 1 ? ALL : (uint32_t)(i * 2654435761u >> 7) & ALL;
}

/* ---- by name ------------------------------------------------------------------------------- */

enum denial {
	REFUSED,   /* NOPERM, or NONEXISTENT where it is hidden         */
	TRYCREATE, /* the same, with another code                       */
	BADURL,    /* that, whatever is wrong                           */
	NOPERM,    /* that, whether or not it is hidden: whether there is a mailbox is not the question */
	BAD,       /* that, whatever is wrong (RFC 4467 7)              */
	NIL,       /* OK, and that is in the place of its octets        */
	SILENT     /* OK, and nothing is said of it                     */
};

struct row {
	const char *command;
	const char *all; /* needed: each of these, */
	const char *any; /* and one of these, if there are any */
	enum denial denial;
};

static const struct row rows[] = {
	{"SELECT Box", "r", "", REFUSED},
	{"EXAMINE Box", "r", "", REFUSED},
	{"SELECT Box (QRESYNC (1001 1))", "r", "", REFUSED},
	{"STATUS Box (MESSAGES UNSEEN)", "r", "", REFUSED},
	{"DELETE Box", "x", "", REFUSED},
	{"RENAME Box New", "x", "", REFUSED},
	{"CREATE Box/Sub", "k", "", NOPERM},
	{"RENAME Own Box/Sub", "k", "", NOPERM},
	{"APPEND Box {1+}\r\nx", "i", "", TRYCREATE},
	{"APPEND Box (\\Seen) {1+}\r\nx {1+}\r\ny", "i", "", TRYCREATE},
	{"APPEND Box CATENATE (TEXT {1+}\r\nx)", "i", "", TRYCREATE},
	{"APPEND Own CATENATE (URL \"/Box/;UID=1\")", "r", "", BADURL},
	{"CREATE Box/Sub (USE (\\Sent))", "k", "", NOPERM},
	{"REPLACE 1 Box {1+}\r\nx", "i", "", TRYCREATE},
	{"UID REPLACE 1 Box (\\Seen) {1+}\r\nx", "i", "", TRYCREATE},
	{"COPY 1 Box", "i", "", TRYCREATE},
	{"UID COPY 1 Box", "i", "", TRYCREATE},
	{"MOVE 1 Box", "i", "", TRYCREATE},
	{"UID MOVE 1 Box", "i", "", TRYCREATE},
	{"GETACL Box", "a", "", REFUSED},
	{"SETACL Box eve lr", "a", "", REFUSED},
	{"SETACL Box fred +l", "a", "", REFUSED},
	{"DELETEACL Box eve", "a", "", REFUSED},
	{"LISTRIGHTS Box eve", "a", "", REFUSED},
	{"MYRIGHTS Box", "", "lrikxa", REFUSED},
	{"GETMETADATA Box /shared/comment", "l", "rswip", REFUSED},
	{"GETMETADATA (DEPTH infinity) Box (/shared)", "l", "rswip", REFUSED},
	{"SETMETADATA Box (/private/comment \"x\")", "l", "rswip", REFUSED},
	{"GETQUOTAROOT Box", "r", "", REFUSED},
	{"SETMETADATA Box (/shared/comment NIL)", "l", "rswip", REFUSED},
	{"GENURLAUTH \"imap://fred@example.com/Box/;UID=1;URLAUTH=user+fred\" INTERNAL", "r", "", BAD},
	{"URLFETCH \"imap://fred@example.com/Box/;UID=1;URLAUTH=anonymous:internal:" TOKEN "\"", "r", "",
	 NIL},
	{"URLFETCH (\"imap://fred@example.com/Box/;UID=1;URLAUTH=user+fred:internal:" TOKEN
	 "\" BODYPARTSTRUCTURE BODY)", "r", "", NIL},
	{"RESETKEY Box", "l", "", REFUSED},
	{"RESETKEY Box INTERNAL", "l", "", REFUSED},
	{"LIST \"\" Box", "l", "", SILENT},
	{"LIST \"\" *", "l", "", SILENT},
	{"LIST \"\" % RETURN (SUBSCRIBED CHILDREN)", "l", "", SILENT},
	{"LIST () \"\" Box RETURN (MYRIGHTS)", "l", "", SILENT},
	{"LIST \"\" (Box Own)", "l", "", SILENT},
	{"RLIST \"\" *", "l", "", SILENT},
	{"ESEARCH IN (mailboxes Box) ALL", "r", "", SILENT},
	{"ESEARCH IN (mailboxes (Own Box)) RETURN (ALL MIN) ALL", "r", "", SILENT},
	{"SUBSCRIBE Box\r\nt ESEARCH IN (subscribed) ALL", "lr", "", SILENT},
	{"ESEARCH IN (subtree Box) ALL", "lr", "", SILENT},
	{"ESEARCH IN (subtree-one Box) ALL", "lr", "", SILENT},
	{"ESEARCH IN (personal) ALL", "lr", "", SILENT},
	{"NOTIFY SET STATUS (mailboxes Box (MessageNew MessageExpunge))", "lr", "", SILENT},
	{"NOTIFY SET STATUS (subtree Box (MessageNew MessageExpunge))", "lr", "", SILENT},
	{"NOTIFY SET STATUS (personal (MessageNew MessageExpunge))", "lr", "", SILENT},
	{"SUBSCRIBE Box\r\nt NOTIFY SET STATUS (subscribed (MessageNew MessageExpunge))", "lr", "", SILENT},
	{"NOTIFY SET STATUS (mailboxes (Own Box) (MessageNew MessageExpunge)) (subscribed NONE)", "lr",
	 "", SILENT},
};

static bool may(uint32_t rights, const struct row *row)
{
	uint32_t all = letters(row->all);

	return (rights & all) == all && (!*row->any || rights & letters(row->any));
}

static bool is_right(const struct row *row, uint32_t rights, const char *said)
{
	bool ok = strstr(said, "\r\nt OK ") || strncmp(said, "t OK ", 5) == 0;
	bool no = strstr(said, "\r\nt NO ") || strncmp(said, "t NO ", 5) == 0;
	bool seen = rights & IMAPSRV_RIGHT_LOOKUP;

	if (may(rights, row) && row->denial == NIL)
		return ok && strstr(said, "Hello");
	if (may(rights, row))
		return ok && (row->denial != SILENT || strstr(said, "Box"));
	switch (row->denial) {
	case REFUSED:
		return no && strstr(said, seen ? "t NO [NOPERM] " : "t NO [NONEXISTENT] ");
	case TRYCREATE:
		return no && strstr(said, seen ? "t NO [NOPERM] " : "t NO [TRYCREATE] ");
	case BADURL:
		return no && strstr(said, "t NO [BADURL ");
	case NOPERM:
		return no && strstr(said, "t NO [NOPERM] ");
	case BAD:
		return strstr(said, "t BAD ");
	case NIL:
		return ok && strstr(said, "\" NIL\r\nt OK ");
	case SILENT:
		break;
	}
	/* What he may see and not read is shown as that. */
	return ok && (seen ? !strstr(said, "STATUS Box") && !strstr(said, "MAILBOX Box") : !strstr(said, "Box"));
}

/* All goes on as if there were none. */
static void expect_none(size_t i, uint32_t rights, struct play *p, const char *said)
{
	struct play none;
	uint64_t steps = p->td.sessions[0].session->steps, questions = p->ts->op_count;
	const char *there;

	begin(&none, false, 0);
	there = say(&none, rows[i].command);
	if (strcmp(there, said) != 0)
		fail_msg("%s with rights %#x: \"%s\", and \"%s\" if there is none", rows[i].command, rights,
		         said, there);
	/* Who has a token that is right knows that there was such a mailbox. */
	if (rows[i].denial != NIL &&
	    (none.td.sessions[0].session->steps != steps || none.ts->op_count != questions))
		fail_msg("%s with rights %#x: not as much is done as if there were none", rows[i].command,
		         rights);
	end(&none);
}

static void by_name(void **state)
{
	struct play p;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < sets(); k++) {
			uint32_t rights = set_of(k);
			const char *said;

			begin(&p, true, rights);
			said = say(&p, rows[i].command);
			if (!is_right(&rows[i], rights, said))
				fail_msg("%s with rights %#x: \"%s\"", rows[i].command, rights, said);
			/* That it cannot be made is all that is said of one that is there. */
			if (!may(rights, &rows[i]) && !(rights & IMAPSRV_RIGHT_LOOKUP) &&
			    rows[i].denial != NOPERM)
				expect_none(i, rights, &p, said);
			end(&p);
		}
}

/* Of what LIST tells beside the name each part needs its own. */
static void parts(void **state)
{
	static const struct {
		const char *command;
		const char *told;
		const char *all;
		const char *any;
	} of_list[] = {
		{"LIST () \"\" Box RETURN (STATUS (MESSAGES))", "* STATUS Box ", "lr", ""},
		{"LIST () \"\" Box RETURN (MYRIGHTS)", "* MYRIGHTS Box ", "l", ""},
		{"LIST () \"\" Box RETURN (METADATA (/shared/comment))", "* METADATA Box ", "l", "rswip"},
	};
	struct play p;

	(void)state;
	for (size_t i = 0; i < COUNT(of_list); i++)
		for (size_t k = 0; k < sets(); k++) {
			const struct row row = {of_list[i].command, of_list[i].all, of_list[i].any, SILENT};
			uint32_t rights = set_of(k);
			const char *said;

			begin(&p, true, rights);
			said = say(&p, row.command);
			ROW(k, !strstr(said, of_list[i].told) == !may(rights, &row));
			ROW(k, !strstr(said, "\" Box\r\n") == !(rights & IMAPSRV_RIGHT_LOOKUP));
			end(&p);
		}
}

/* Subscriptions look at nothing, and what is taken is hidden as far as that can be. */
static void nothing_needed(void **state)
{
	struct play p;

	(void)state;
	for (size_t k = 0; k < sets(); k++) {
		uint32_t rights = set_of(k);
		bool seen = rights & IMAPSRV_RIGHT_LOOKUP;

		begin(&p, true, rights);
		ROW(k, strstr(say(&p, "SUBSCRIBE Box"), "t OK "));
		ROW(k, strstr(say(&p, "LSUB \"\" *"), "* LSUB () \"/\" Box\r\n"));
		ROW(k, seen == !strstr(say(&p, "LIST (SUBSCRIBED) \"\" *"), "\\NonExistent"));
		ROW(k, strstr(say(&p, "UNSUBSCRIBE Box"), "t OK "));
		ROW(k, strstr(say(&p, "CREATE Box"), seen ? "t NO [ALREADYEXISTS]" : "t NO [NOPERM]"));
		ROW(k, strstr(say(&p, "RENAME Own Box"),
		              seen ? "t NO [ALREADYEXISTS]" : "t NO [NOPERM]"));
		ROW(k, strstr(say(&p, "RLSUB \"\" *"), "t OK "));
		ROW(k, strstr(say(&p, "GETQUOTA q"), "t OK "));
		ROW(k, strstr(say(&p, "SETQUOTA q (STORAGE 1024)"), "t OK "));
		/* What is followed is of what is selected, and ends for whoever began it. */
		say(&p, "SEARCH RETURN (UPDATE) ALL");
		ROW(k, strstr(say(&p, "CANCELUPDATE \"t\""), "t OK "));
		end(&p);
	}
}

/* ---- in the selected mailbox --------------------------------------------------------------- */

static const struct row selected[] = {
	{"NOOP", "", "", NOPERM},
	{"CLOSE", "", "", NOPERM},
	{"UNSELECT", "", "", NOPERM},
	{"CHECK", "r", "", NOPERM},
	{"EXPUNGE", "re", "", NOPERM},
	{"UID EXPUNGE 1", "re", "", NOPERM},
	{"FETCH 1 (FLAGS BODY[])", "r", "", NOPERM},
	{"UID FETCH 1 (ENVELOPE)", "r", "", NOPERM},
	{"FETCH 1 (ANNOTATION (/comment value.shared))", "r", "", NOPERM},
	{"SEARCH ALL", "r", "", NOPERM},
	{"SEARCH RETURN (SAVE) ALL", "r", "", NOPERM},
	{"SORT (SUBJECT) UTF-8 ALL", "r", "", NOPERM},
	{"THREAD REFERENCES UTF-8 ALL", "r", "", NOPERM},
	{"UIDBATCHES 2000", "r", "", NOPERM},
	{"ESEARCH IN (selected) ALL", "r", "", NOPERM},
	{"ESEARCH IN (mailboxes Box) ALL", "r", "", SILENT},
	{"APPEND Own CATENATE (URL \"/Box/;UID=1\")", "r", "", BADURL},
	{"COPY 1 Own", "r", "", NOPERM},
	{"MOVE 1 Own", "rte", "", NOPERM},
	{"UID MOVE 1 Own", "rte", "", NOPERM},
	{"REPLACE 1 Own {1+}\r\nx", "rte", "", NOPERM},
	{"UID REPLACE 1 Own {1+}\r\nx", "rte", "", NOPERM},
	{"REPLACE 1 Box {1+}\r\nx", "rtei", "", NOPERM},
	{"STORE 1 +FLAGS (\\Seen)", "rs", "", NOPERM},
	{"STORE 1 -FLAGS (\\Deleted)", "rt", "", NOPERM},
	{"UID STORE 1 +FLAGS (\\Flagged)", "rw", "", NOPERM},
	{"STORE 1 FLAGS (key)", "rw", "", NOPERM},
	{"STORE 1 FLAGS ()", "r", "swt", NOPERM},
	{"STORE 1 +FLAGS.SILENT (\\Seen \\Deleted)", "r", "st", NOPERM},
	{"STORE 1 (UNCHANGEDSINCE 100) +FLAGS (\\Seen \\Draft)", "r", "sw", NOPERM},
	{"STORE 1 ANNOTATION (/comment (value.priv \"x\"))", "r", "", NOPERM},
	{"STORE 1 ANNOTATION (/comment (value.shared \"x\"))", "rn", "", NOPERM},
	{"APPEND Box ANNOTATION (/comment (value.priv \"x\")) {1+}\r\nx", "ir", "", NOPERM},
	{"APPEND Box ANNOTATION (/comment (value.shared \"x\")) {1+}\r\nx", "in", "", NOPERM},
};

static void in_selected(void **state)
{
	struct play p;

	(void)state;
	for (size_t i = 0; i < COUNT(selected); i++)
		for (size_t k = 0; k < sets(); k++) {
			/* What it is called the client knows, as long as it is open. */
			uint32_t rights = set_of(k) | IMAPSRV_RIGHT_LOOKUP;
			const char *said;

			begin(&p, true, ALL);
			say(&p, "SELECT Box");
			change(&p, rights);
			said = say(&p, selected[i].command);
			if (!is_right(&selected[i], rights, said))
				fail_msg("%s with rights %#x: \"%s\"", selected[i].command, rights, said);
			end(&p);
		}
}

/* ---- all commands --------------------------------------------------------------------------- */

/* They name no mailbox, and the selected one does not matter to them; some are looked at in
 * nothing_needed. */
static const char *const of_none[] = {
	"AUTHENTICATE", "CANCELUPDATE", "CAPABILITY",   "COMPARATOR",  "COMPRESS", "ENABLE",
	"GETJMAPACCESS", "GETQUOTA",     "ID",           "IDLE",        "LANGUAGE", "LOGIN",
	"LOGOUT",        "LSUB",         "NAMESPACE",    "RLSUB",       "SETQUOTA", "STARTTLS",
	"SUBSCRIBE",     "UNSUBSCRIBE",  "UNAUTHENTICATE",
};

static bool begins(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(line, "UID ", 4) == 0)
		line += 4;
	return strncmp(line, name, len) == 0 && (line[len] == ' ' || !line[len]);
}

/* A command without a row is one whose rights nobody thought of. */
static void every_command(void **state)
{
	struct play p;

	(void)state;
	begin(&p, false, 0);
	for (size_t i = 0; i < p.td.engine->command_count; i++) {
		const char *name = p.td.engine->commands[i]->name;
		bool found = false;

		for (size_t k = 0; k < COUNT(rows); k++)
			found |= begins(rows[k].command, name);
		for (size_t k = 0; k < COUNT(selected); k++)
			found |= begins(selected[k].command, name);
		for (size_t k = 0; k < COUNT(of_none); k++)
			found |= strcmp(of_none[k], name) == 0;
		if (!found)
			fail_msg("%s is in no table", name);
	}
	end(&p);
}

/* ---- flags --------------------------------------------------------------------------------- */

/* By RFC 4314 4, flag by flag. */
static uint32_t flags_of(uint32_t rights)
{
	uint32_t flags = 0;

	if (rights & IMAPSRV_RIGHT_SEEN)
		flags |= IMAPSRV_SEEN;
	if (rights & IMAPSRV_RIGHT_TRASH)
		flags |= IMAPSRV_DELETED;
	if (rights & IMAPSRV_RIGHT_WRITE)
		flags |= IMAPSRV_ANSWERED | IMAPSRV_FLAGGED | IMAPSRV_DRAFT;
	return flags;
}

/* The last message of the mailbox has those of all flags that one with these rights may set, beside
 * what it had. */
static void expect_flags(size_t k, const struct ts_mailbox *m, uint32_t rights, uint32_t had)
{
	const struct ts_message *last = &m->messages[m->count - 1];

	ROW(k, last->system == ((flags_of(rights) & IMAPSRV_SYSTEM_FLAGS) | (had & ~flags_of(rights))));
	ROW(k, ts_has_keyword(m, last, "new") == !!(rights & IMAPSRV_RIGHT_WRITE));
}

/* What is copied, moved, appended and put together there keeps the flags that the user may set. */
static void added_flags(void **state)
{
	static const char *const commands[] = {
		"COPY 1 Box", "MOVE 1 Box", "REPLACE 1 Box (\\Seen \\Answered \\Flagged \\Deleted \\Draft new) {1+}\r\nx",
		"APPEND Box (\\Seen \\Answered \\Flagged \\Deleted \\Draft new) {1+}\r\nx",
		"APPEND Box (\\Seen) {1+}\r\nx (\\Seen \\Answered \\Flagged \\Deleted \\Draft new) {1+}\r\nx",
		"APPEND Box (\\Seen \\Answered \\Flagged \\Deleted \\Draft new) CATENATE (TEXT {1+}\r\nx)"};
	struct play p;

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++)
		for (unsigned emulated = 0; emulated < 2; emulated++)
			for (size_t k = 0; k < sets(); k++) {
				uint32_t rights = set_of(k) | IMAPSRV_RIGHT_INSERT;

				begin_with(&p, true, rights, emulated);
				ROW(k, strstr(say(&p, commands[i]), "t OK "));
				expect_flags(k, p.box, rights, 0);
				end(&p);
			}
}

static void stored_flags(void **state)
{
	struct play p;

	(void)state;
	for (size_t k = 0; k < sets(); k++) {
		uint32_t rights = set_of(k) | IMAPSRV_RIGHT_READ;
		const struct ts_message *m;

		begin(&p, true, rights);
		say(&p, "SELECT Box");
		say(&p, "STORE 1 FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft new)");
		expect_flags(k, p.box, rights, IMAPSRV_ANSWERED);
		m = p.box->messages;
		ROW(k, ts_has_keyword(p.box, m, "old") == !(rights & IMAPSRV_RIGHT_WRITE));
		say(&p, "STORE 1 FLAGS ()");
		ROW(k, m->system == (IMAPSRV_ANSWERED & ~flags_of(rights)));
		say(&p, "FETCH 1 BODY[]");
		ROW(k, !(m->system & IMAPSRV_SEEN) == !(rights & IMAPSRV_RIGHT_SEEN));
		/* CLOSE leaves what it may not expunge (RFC 4314 4). */
		p.box->messages[0].system |= IMAPSRV_DELETED;
		ROW(k, strstr(say(&p, "CLOSE"), "t OK "));
		ROW(k, p.box->count == !(rights & IMAPSRV_RIGHT_EXPUNGE));
		end(&p);
	}
}

/* ---- what is told --------------------------------------------------------------------------- */

/* An event that the host should not have posted, and that knows all by itself. */
static void post(struct play *p, enum imapsrv_event_type type)
{
	struct imapsrv_status status = {.items = IMAPSRV_STATUS_MESSAGES | IMAPSRV_STATUS_UIDNEXT |
	                                         IMAPSRV_STATUS_UIDVALIDITY | IMAPSRV_STATUS_UNSEEN |
	                                         IMAPSRV_STATUS_HIGHESTMODSEQ,
	                                .messages = 1, .uidnext = 2, .uidvalidity = 7, .highest_modseq = 9};
	struct imapsrv_span entry = {BYTES("/shared/comment")};
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;

	event.type = type;
	event.mailbox = (struct imapsrv_span){BYTES("Box")};
	event.status = &status;
	event.has_attributes = 1;
	if (type == IMAPSRV_EVENT_MAILBOX_METADATA) {
		event.entries = &entry;
		event.entry_count = 1;
	}
	tx_clear(&p->td.sessions[0].output);
	assert_int_equal(imapsrv_session_post(p->td.sessions[0].session, &event), 0);
	td_settle(&p->td, -1);
}

/* Of a mailbox that he may not look up nothing is told, of one that he may not read not what is in
 * it (RFC 5465 5). */
static void told(void **state)
{
	static const enum imapsrv_event_type types[] = {
		IMAPSRV_EVENT_MESSAGE_NEW, IMAPSRV_EVENT_MESSAGE_EXPUNGE, IMAPSRV_EVENT_FLAGS_SET,
		IMAPSRV_EVENT_MAILBOX_CREATE, IMAPSRV_EVENT_MAILBOX_METADATA};
	struct play p;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++)
		for (size_t k = 0; k < sets(); k++) {
			uint32_t rights = set_of(k);
			bool seen = rights & IMAPSRV_RIGHT_LOOKUP, read = rights & IMAPSRV_RIGHT_READ;
			const char *said;

			begin(&p, true, rights);
			say(&p, "NOTIFY SET (subtree \"\" (MessageNew MessageExpunge FlagChange "
			               "MailboxName MailboxMetadataChange))");
			post(&p, types[i]);
			said = p.td.sessions[0].output.len ? p.td.sessions[0].output.data : "";
			if (!seen)
				ROW(k, !strstr(said, "Box"));
			else if (!read)
				ROW(k, !strstr(said, "STATUS ") && !strstr(said, "METADATA "));
			else
				ROW(k, strstr(said, "Box"));
			end(&p);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name),      cmocka_unit_test(parts),
		cmocka_unit_test(nothing_needed),
		cmocka_unit_test(in_selected),  cmocka_unit_test(every_command),
		cmocka_unit_test(added_flags),
		cmocka_unit_test(stored_flags), cmocka_unit_test(told),
	};

	return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
