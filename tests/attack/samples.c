/* SPDX-License-Identifier: MIT */
/*
 * attack/samples - the lines, and the store that they are sent to.
 */
#include "attack/samples.h"

const struct sample samples[] = {
	{"a APPEND Keep (\\Seen k) \"17-Jul-1996 02:44:25 -0700\" {3+}\r\nabc {4+}\r\ndefg\r\n",
	 false},
	{"a APPEND Keep CATENATE (TEXT {3+}\r\nabc URL \"/INBOX/;UID=1\")\r\n", false},
	{"a APPEND Keep ANNOTATION (/comment (value.priv \"x\")) ~{3+}\r\nabc\r\n", false},
	{"a APPEND Keep (\\Seen) CATENATE (URL \"/INBOX/;UID=2/;SECTION=HEADER\" TEXT {2+}\r\nab)\r\n", false},
	{"a AUTHENTICATE PLAIN AGZyZWQAc2VjcmV0\r\n", true},
	{"a AUTHENTICATE PLAIN\r\nAGZyZWQAc2VjcmV0\r\n", true},
	{"a CANCELUPDATE \"b\" \"c\"\r\n", false},
	{"a CAPABILITY\r\n", false},
	{"a CHECK\r\n", false},
	{"a CLOSE\r\n", false},
	{"a COMPARATOR \"i;octet\" \"i;*\"\r\n", false},
	{"a COMPRESS DEFLATE\r\n", false},
	{"a COPY 1:2 Keep\r\n", false},
	{"a UID COPY 2 Keep\r\n", false},
	{"a CREATE new/name (USE (\\Sent))\r\n", false},
	{"a DELETE Keep/below\r\n", false},
	{"a DELETEACL Keep eve\r\n", false},
	{"a ENABLE CONDSTORE QRESYNC\r\n", false},
	{"a ESEARCH IN (MAILBOXES (Keep) SUBTREE \"b\") RETURN (COUNT) UNSEEN\r\n", false},
	{"a EXAMINE Keep (CONDSTORE)\r\n", false},
	{"a UID EXPUNGE 1,3\r\n", false},
	{"a FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (To \"Cc\")]<0.10>)\r\n", false},
	{"a UID FETCH 1,2 (FLAGS BINARY.SIZE[1] PREVIEW (LAZY)) (CHANGEDSINCE 1)\r\n", false},
	{"a FETCH 1 (ANNOTATION (/comment value))\r\n", false},
	{"a FETCH 1 (BINARY.PEEK[1]<0.3> ENVELOPE BODYSTRUCTURE EMAILID SAVEDATE MODSEQ)\r\n", false},
	{"a UID FETCH 1:* (UID) (PARTIAL -1:-2 CHANGEDSINCE 1 VANISHED)\r\n", false},
	{"a GENURLAUTH \"imap://fred@example.com/Keep/;UID=1;URLAUTH=user+fred\" INTERNAL\r\n", false},
	{"a GETACL Keep\r\n", false},
	{"a GETJMAPACCESS\r\n", false},
	{"a GETMETADATA (DEPTH 1 MAXSIZE 10) Keep (/shared/a /private/b)\r\n", false},
	{"a GETQUOTA \"\"\r\n", false},
	{"a GETQUOTAROOT Keep\r\n", false},
	{"a ID (\"name\" \"x\" \"version\" NIL)\r\n", true},
	{"a IDLE\r\nDONE\r\n", false},
	{"a LANGUAGE de en\r\n", false},
	{"a LIST (SUBSCRIBED) \"\" (\"%\" Keep/*) RETURN (CHILDREN STATUS (MESSAGES))\r\n", false},
	{"a LIST (SPECIAL-USE RECURSIVEMATCH SUBSCRIBED) \"\" * RETURN (SPECIAL-USE MYRIGHTS "
	 "METADATA (/shared/a))\r\n", false},
	{"a LISTRIGHTS Keep eve\r\n", false},
	{"a LOGIN fred \"secret\"\r\n", true},
	{"a LOGOUT\r\n", false},
	{"a LSUB \"\" *\r\n", false},
	{"a MOVE 1 Keep\r\n", false},
	{"a MYRIGHTS Keep\r\n", false},
	{"a NAMESPACE\r\n", false},
	{"a NOOP\r\n", false},
	{"a NOTIFY SET STATUS (SELECTED (MessageNew (UID) MessageExpunge FlagChange)) "
	 "(MAILBOXES (Keep b) (MailboxName)) (SUBTREE x NONE)\r\n", false},
	{"a NOTIFY SET (SELECTED-DELAYED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (To)]) MessageExpunge "
	 "AnnotationChange)) (SUBSCRIBED (SubscriptionChange)) (SUBTREE (Keep \"b\") (MailboxMetadataChange "
	 "ServerMetadataChange))\r\n", false},
	{"a RENAME Keep/below other\r\n", false},
	{"a REPLACE 1 Keep (\\Seen) {3+}\r\nabc\r\n", false},
	{"a RESETKEY Keep INTERNAL\r\n", false},
	{"a RLIST Keep/ %\r\n", false},
	{"a RLSUB \"\" \"*\"\r\n", false},
	{"a SEARCH RETURN (MIN ALL) CHARSET UTF-8 OR (NOT SUBJECT \"x\") HEADER To {2+}\r\nab UID 1:3 "
	 "SINCE 1-Feb-1994 LARGER 5\r\n", false},
	{"a SEARCH YOUNGER 5 MODSEQ \"/flags/\\\\seen\" all 5 EMAILID M1 SAVEDBEFORE 1-Feb-2094 KEYWORD k "
	 "ANNOTATION /comment value.priv x NOT (SENTON 1-Feb-1994 1,3)\r\n", false},
	{"a UID SEARCH RETURN (UPDATE CONTEXT PARTIAL 1:2 COUNT) UNSEEN\r\n", false},
	{"a SELECT Keep (QRESYNC (1 2 1:3 (1,2 1,3)))\r\n", false},
	{"a SETACL Keep eve +lr\r\n", false},
	{"a SETMETADATA Keep (/shared/a \"x\" /private/b {1+}\r\ny)\r\n", false},
	{"a SETQUOTA \"\" (STORAGE 512)\r\n", false},
	{"a SORT (REVERSE DATE SUBJECT) UTF-8 ALL\r\n", false},
	{"a UID SORT RETURN (MIN ALL) (DISPLAYFROM) US-ASCII OR SEEN UNSEEN\r\n", false},
	{"a STARTTLS\r\n", true},
	{"a STATUS Keep (MESSAGES UIDNEXT)\r\n", false},
	{"a STORE 1,2 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen $x)\r\n", false},
	{"a UID STORE 1 ANNOTATION (/comment (value.priv \"x\" value.shared NIL))\r\n", false},
	{"a SUBSCRIBE Keep\r\n", false},
	{"a THREAD REFERENCES UTF-8 SEEN\r\n", false},
	{"a UIDBATCHES 500\r\n", false},
	{"a UIDBATCHES 1000 1:2\r\n", false},
	{"a UNAUTHENTICATE\r\n", false},
	{"a UNSELECT\r\n", false},
	{"a UNSUBSCRIBE Keep\r\n", false},
	{"a URLFETCH (\"imap://fred@example.com/Keep/;UID=1;URLAUTH=anonymous:internal:"
	 "00112233445566778899aabbccddeeff\" BINARY BODYPARTSTRUCTURE)\r\n", false},
	{"a UNKNOWN word (list \"of\" words)\r\n", false},
};
const size_t sample_count = COUNT(samples);

bool samples_is_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	line += 2;
	if (!strncmp(line, "UID ", 4))
		line += 4;
	return !strncmp(line, name, len) && (line[len] == ' ' || line[len] == '\r');
}

void samples_fill(struct world *w)
{
	static const char *const names[] = {"Keep", "Keep/below", "b"};

	w->ts->acl.on = w->ts->urlauth.on = w->ts->replace = true;
	w->ts->unmeasured = w->ts->speaks = w->ts->sasl = true;
	w->ts->uses = IMAPSRV_USE_DRAFTS | IMAPSRV_USE_SENT;
	w->ts->resources = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE) |
	                   IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_MESSAGE);
	ts_root(w->ts, "")->limited = w->ts->resources;
	ts_root(w->ts, "")->limit[IMAPSRV_RESOURCE_STORAGE] = 1 << 30;
	ts_root(w->ts, "")->limit[IMAPSRV_RESOURCE_MESSAGE] = 1 << 30;
	w->client.compress = IMAPSRV_COMPRESS_ALWAYS;
	w->client.can_starttls = w->client.allow_plaintext = 1;
	for (size_t i = 0; i < COUNT(names); i++)
		ts_add_mailbox(w->ts, w->fred, names[i]);
	for (int i = 0; i < 3; i++)
		world_add(w, "Subject: x\r\nTo: a@b\r\n\r\nab\r\n", 27);
}

void samples_begin(struct world *w)
{
	world_begin(w);
	w->limits = (struct imapsrv_limits)IMAPSRV_LIMITS_INIT;
	w->limits.login_delay = UINT32_MAX;
	samples_fill(w);
}

void samples_connect(struct world *w, const struct sample *sample)
{
	w->client.secure = !sample->prelogin;
	world_connect(w, !sample->prelogin);
	if (!sample->prelogin)
		world_say(w, "s ENABLE CONDSTORE QRESYNC\r\ns SELECT INBOX\r\n");
	w->said.len = 0;
}

/* Behind the literal that is announced at `at`, if one is. */
static size_t skip_literal(const char *line, size_t at)
{
	char *end;
	unsigned long n;

	if (line[at] != '{')
		return at;
	n = strtoul(line + at + 1, &end, 10);
	end += strcspn(end, "\n");
	return (size_t)(end + 1 - line) + n;
}

bool samples_word(const char *line, size_t n, size_t *at_r, size_t *len_r)
{
	static const char between[] = " ()\"[]<>{}+~"; /* behind the line nothing is a literal */
	size_t at = 0, len = 0;

	for (size_t i = 0; i <= n; i++) {
		at += len;
		for (; line[at] && strchr(between, line[at]);)
			at = line[at] == '{' ? skip_literal(line, at) : at + 1;
		len = strcspn(line + at, " ()\"[]<>{}+~\r");
		if (!len)
			return false;
	}
	*at_r = at;
	*len_r = len;
	return true;
}

void samples_replace(struct tx *t, const char *line, size_t at, size_t len, const struct tx *by)
{
	tx_clear(t);
	tx_add(t, line, at);
	tx_add(t, by->data ? by->data : "", by->len);
	tx_str(t, line + at + len);
}

void samples_alive(struct world *w, const char *what)
{
	if (world_closed(w))
		return;
	/* Out of a line or of a literal that was begun. */
	world_feed(w, "\r\n", 2, 0);
	for (unsigned i = 0; i < 3 && !world_closed(w); i++) {
		if (!strncmp(world_say(w, "z NOOP\r\n"), "z OK", 4))
			return;
	}
	if (!world_closed(w))
		fail_msg("after %s: %s", what, w->said.data);
}
