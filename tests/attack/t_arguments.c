/* SPDX-License-Identifier: MIT */
/*
 * attack/t_arguments - each argument of each command that a client can make longer, twice as long: in
 * work and memory it may cost twice as much.  First by hand, with arguments that are right, so that they
 * are not only read; then every word of every sample, made longer in every way there is.  No command of
 * the library's own table is without a row.
 */
#include "attack/grow.h"
#include "attack/samples.h"
#include "session/command.h"
#include "session/engine.h"

#define SELECTED "s SELECT INBOX\r\n"

static void fill(struct world *w, size_t n)
{
	(void)n;
	samples_fill(w);
}

/* A filter of as many keys (RFC 5466). */
static void filter(struct world *w, size_t n)
{
	struct tx text = {0};

	fill(w, n);
	tx_str(&text, "ALL");
	for (size_t i = 0; i < n; i++)
		tx_str(&text, " UNSEEN");
	ts_set_entry(ts_entries(w->ts, w->fred, NULL, "/shared/filters/values/f"),
	             "/shared/filters/values/f", text.data, text.len);
	tx_free(&text);
}

/* As many entries of INBOX. */
static void entries(struct world *w, size_t n)
{
	fill(w, n);
	for (size_t i = 0; i < n; i++) {
		char name[40];

		snprintf(name, sizeof(name), "/shared/x%zu", i * 7919 % n);
		ts_set_entry(ts_entries(w->ts, w->fred, w->inbox, name), name, "x", 1);
	}
}

/* One entry of so many components. */
static void deep_entry(struct world *w, size_t n)
{
	struct tx name = {0};

	fill(w, n);
	tx_str(&name, "/shared");
	for (size_t i = 0; i < n; i++)
		tx_str(&name, "/x");
	tx_add(&name, "/z", 3);
	ts_set_entry(ts_entries(w->ts, w->fred, w->inbox, name.data), name.data, "x", 1);
	tx_free(&name);
}

/* What a row is about stands behind the command. */
#define ROW_OF(what, before, head, piece, tail, n, reply) \
	{what, fill, before, head, piece, tail, n, 0, reply, false, NULL, 0}

#define URL  "\"imap://fred@example.com/Keep/;UID=1;URLAUTH=user+fred\""
#define TAKE "imap://fred@example.com/Keep/;UID=1;URLAUTH=anonymous:internal:"

static const struct growth rows[] = {
	ROW_OF("messages", NULL, "a APPEND Keep", " {1+}\r\nx", "\r\n", 2000, "a OK"),
	ROW_OF("messages with flags", NULL, "a APPEND Keep", " (\\Seen k) {1+}\r\nx", "\r\n", 1000, "a OK"),
	ROW_OF("flags", NULL, "a APPEND Keep (x", " k\3", ") {1+}\r\nx\r\n", 4000, "a OK"),
	{"octets", fill, NULL, "a APPEND Keep {\4+}\r\n", "x", "\r\n", 100000, 10, "a OK", false, NULL, 0},
	{"octets, binary", fill, NULL, "a APPEND Keep ~{\4+}\r\n", "\5", "\r\n", 100000, 10, "a OK", false,
	 NULL, 0},
	ROW_OF("texts to put together", NULL, "a APPEND Keep CATENATE (TEXT {1+}\r\nx",
	       " TEXT {1+}\r\ny", ")\r\n", 2000, "a OK"),
	ROW_OF("URLs to put together", NULL, "a APPEND Keep CATENATE (TEXT {1+}\r\nx",
	       " URL \"/INBOX/;UID=1\"", ")\r\n", 500, "a OK"),
	ROW_OF("annotations", NULL, "a APPEND Keep ANNOTATION (/comment (value.priv \"x\")",
	       " /x\3 (value.priv \"\3\")", ") {1+}\r\nx\r\n", 1000, "a OK"),
	ROW_OF("a long URL", NULL, "a APPEND Keep CATENATE (URL \"/INBOX/;UID=1", "/;SECTION=1", "\")\r\n",
	       5000, "a NO"),
	{"first response", fill, NULL, "a AUTHENTICATE PLAIN ", "AAAA", "\r\n", 10000, 0, "a ", true, NULL, 0},
	{"mechanism", fill, NULL, "a AUTHENTICATE P", "A", " AAAA\r\n", 10000, 0, "a NO", true, NULL, 0},
	{"response", fill, "s AUTHENTICATE PLAIN\r\n", "", "AAAA", "\r\n", 10000, 0, "s ", true, NULL, 0},
	ROW_OF("tags", SELECTED, "a CANCELUPDATE \"x\"", " \"y\3\"", "\r\n", 10000, "a "),
	ROW_OF("begun and ended", SELECTED, "", "b SEARCH RETURN (UPDATE) ALL\r\n",
	       "a CANCELUPDATE \"b\"\r\n", 100, "a "),
	ROW_OF("comparators", NULL, "a COMPARATOR \"x\"", " \"i;*\3\"", "\r\n", 10000, "a "),
	ROW_OF("comparators, any", NULL, "a COMPARATOR \"x\"", " \"*\"", "\r\n", 10000, "a "),
	ROW_OF("stars in a comparator", NULL, "a COMPARATOR \"x", "*a", "\"\r\n", 10000, "a "),
	ROW_OF("algorithm", NULL, "a COMPRESS X", "X", "\r\n", 10000, "a "),
	ROW_OF("set", SELECTED, "a COPY 1", ",2:3", " Keep\r\n", 10000, "a OK"),
	ROW_OF("set of UIDs", SELECTED, "a UID COPY 1", ",1\3", " Keep\r\n", 10000, "a OK"),
	ROW_OF("name", SELECTED, "a COPY 1 Keep", "x", "\r\n", 10000, "a NO"),
	ROW_OF("name", NULL, "a CREATE x", "y", "\r\n", 10000, "a OK"),
	ROW_OF("levels", NULL, "a CREATE x", "/y", "\r\n", 500, "a OK"),
	ROW_OF("uses", NULL, "a CREATE x (USE (\\Sent", " \\Drafts", "))\r\n", 10000, "a "),
	ROW_OF("unknown uses", NULL, "a CREATE x (USE (\\Sent", " \\X\3", "))\r\n", 10000, "a "),
	ROW_OF("parameters", NULL, "a CREATE x (USE (\\Sent)", " X (y)", ")\r\n", 10000, "a "),
	ROW_OF("name", NULL, "a DELETE x", "/y", "\r\n", 10000, "a NO"),
	ROW_OF("identifier", NULL, "a DELETEACL Keep e", "x", "\r\n", 10000, "a "),
	ROW_OF("name", NULL, "a DELETEACL Keep", "x", " eve\r\n", 10000, "a NO"),
	ROW_OF("capabilities", NULL, "a ENABLE CONDSTORE", " QRESYNC", "\r\n", 10000, "a OK"),
	ROW_OF("unknown capabilities", NULL, "a ENABLE CONDSTORE", " X\3", "\r\n", 10000, "a OK"),
	ROW_OF("sources", NULL, "a ESEARCH IN (MAILBOXES (Keep", " m\3", ")) ALL\r\n", 5000, "a OK"),
	ROW_OF("the same sources", NULL, "a ESEARCH IN (MAILBOXES (Keep", " b", ")) ALL\r\n", 5000, "a OK"),
	ROW_OF("subtrees", NULL, "a ESEARCH IN (SUBTREE (Keep", " m\3", ")) ALL\r\n", 2000, "a OK"),
	ROW_OF("subtrees of one level", NULL, "a ESEARCH IN (SUBTREE-ONE (Keep", " b", ")) ALL\r\n", 2000,
	       "a OK"),
	ROW_OF("kinds of sources", NULL, "a ESEARCH IN (PERSONAL", " SUBSCRIBED", ") ALL\r\n", 2000, "a OK"),
	ROW_OF("lists of sources", NULL, "a ESEARCH IN (PERSONAL", " MAILBOXES (m\3)", ") ALL\r\n", 2000,
	       "a OK"),
	ROW_OF("results", NULL, "a ESEARCH IN (PERSONAL) RETURN (MIN", " COUNT", ") ALL\r\n", 10000, "a "),
	ROW_OF("keys", NULL, "a ESEARCH IN (PERSONAL) ALL", " UNSEEN", "\r\n", 10000, "a OK"),
	ROW_OF("name", NULL, "a EXAMINE x", "/y", "\r\n", 10000, "a NO"),
	ROW_OF("parameters", NULL, "a EXAMINE Keep (CONDSTORE", " X (1)", ")\r\n", 10000, "a "),
	ROW_OF("set", SELECTED, "a UID EXPUNGE 1", ",\2", "\r\n", 10000, "a OK"),
	ROW_OF("items", SELECTED, "a FETCH 1 (UID", " FLAGS", ")\r\n", 10000, "a OK"),
	ROW_OF("sections", SELECTED, "a FETCH 1 (UID", " BODY.PEEK[\1]", ")\r\n", 5000, "a OK"),
	ROW_OF("the same section", SELECTED, "a FETCH 1 (UID", " BODY.PEEK[1]", ")\r\n", 2000, "a OK"),
	ROW_OF("pieces", SELECTED, "a FETCH 1 (UID", " BODY.PEEK[]<\1.1>", ")\r\n", 2000, "a OK"),
	ROW_OF("decoded parts", SELECTED, "a FETCH 1 (UID", " BINARY.PEEK[1] BINARY.SIZE[1]", ")\r\n", 1000,
	       "a "),
	{"header fields", fill, SELECTED, "a FETCH 1 BODY.PEEK[HEADER.FIELDS (x", " f\3", ")]\r\n", 10000, 0,
	 "a OK", false, NULL, 25},
	ROW_OF("lists of header fields", SELECTED, "a FETCH 1 (UID", " BODY.PEEK[HEADER.FIELDS (f\3 x)]",
	       ")\r\n", 2000, "a OK"),
	ROW_OF("a section, deep", SELECTED, "a FETCH 1 BODY.PEEK[1", ".1", "]\r\n", 10000, "a BAD"),
	ROW_OF("previews", SELECTED, "a FETCH 1 (UID", " PREVIEW", ")\r\n", 2000, "a OK"),
	ROW_OF("how previews are wanted", SELECTED, "a FETCH 1 (UID PREVIEW (LAZY", " LAZY", "))\r\n", 5000,
	       "a "),
	ROW_OF("entries of annotations", SELECTED, "a FETCH 1 (ANNOTATION ((/comment", " /x\3",
	       ") (value.priv)))\r\n", 2000, "a OK"),
	ROW_OF("attributes of annotations", SELECTED, "a FETCH 1 (ANNOTATION (/comment (value",
	       " size.priv", ")))\r\n", 5000, "a "),
	ROW_OF("annotations", SELECTED, "a FETCH 1 (UID", " ANNOTATION (/comment value)", ")\r\n", 1000, "a "),
	ROW_OF("modifiers", SELECTED, "a FETCH 1 (UID) (CHANGEDSINCE 1", " X 1", ")\r\n", 5000, "a "),
	ROW_OF("the same modifier", SELECTED, "a UID FETCH 1 (UID) (CHANGEDSINCE 1", " CHANGEDSINCE 1",
	       ")\r\n", 5000, "a "),
	ROW_OF("URLs", NULL, "a GENURLAUTH", " " URL " INTERNAL", "\r\n", 500, "a OK"),
	ROW_OF("a long URL", NULL, "a GENURLAUTH \"imap://fred@example.com/Keep/;UID=1;URLAUTH=user+f",
	       "%61", "\" INTERNAL\r\n", 10000, "a OK"),
	ROW_OF("a mechanism", NULL, "a GENURLAUTH " URL " X", "x", "\r\n", 10000, "a BAD"),
	ROW_OF("name", NULL, "a GETACL x", "/y", "\r\n", 10000, "a NO"),
	ROW_OF("entries", NULL, "a GETMETADATA INBOX (/shared/x", " /shared/x\3", ")\r\n", 4000, "a OK"),
	ROW_OF("the same entry", NULL, "a GETMETADATA INBOX (/shared/x", " /shared/x", ")\r\n", 4000, "a OK"),
	ROW_OF("entries and what is below", NULL, "a GETMETADATA (DEPTH infinity) INBOX (/shared/x",
	       " /shared/x\3", ")\r\n", 2000, "a OK"),
	{"entries that there are", entries, NULL, "a GETMETADATA INBOX (/shared", " /shared/x\3", ")\r\n",
	 500, 0, "a OK", false, NULL, 25},
	{"all entries", entries, NULL, "", "", "a GETMETADATA (DEPTH infinity) INBOX (/shared)\r\n", 500, 0,
	 "a OK", false, NULL, 25},
	{"an entry beside one as deep", deep_entry, NULL, "a GETMETADATA (DEPTH infinity) INBOX /shared", "/x",
	 "/y\r\n", 5000, 0, "a OK", false, NULL, 0},
	ROW_OF("options", NULL, "a GETMETADATA (DEPTH 1", " MAXSIZE 1", ") INBOX /shared/x\r\n", 5000, "a "),
	ROW_OF("an entry", NULL, "a GETMETADATA INBOX /shared", "/x", "\r\n", 10000, "a OK"),
	ROW_OF("root", NULL, "a GETQUOTA \"", "x", "\"\r\n", 10000, "a NO"),
	ROW_OF("name", NULL, "a GETQUOTAROOT x", "/y", "\r\n", 10000, "a NO"),
	ROW_OF("fields", NULL, "a ID (\"a\" \"b\"", " \"f\1\" NIL", ")\r\n", 10000, "a "),
	ROW_OF("a value", NULL, "a ID (\"a\" \"", "b", "\")\r\n", 10000, "a "),
	ROW_OF("a line behind it", "s IDLE\r\n", "D", "O", "NE\r\n", 10000, "s BAD"),
	ROW_OF("ranges", NULL, "a LANGUAGE x", " d\3", "\r\n", 10000, "a "),
	ROW_OF("subtags", NULL, "a LANGUAGE de", "-x", "\r\n", 10000, "a "),
	ROW_OF("patterns", NULL, "a LIST \"\" (x", " a*b\3", ")\r\n", 40, "a OK"),
	ROW_OF("a pattern", NULL, "a LIST \"\" ", "*%", "\r\n", 10000, "a OK"),
	ROW_OF("a reference", NULL, "a LIST ", "r/", " %\r\n", 10000, "a OK"),
	ROW_OF("what is selected", NULL, "a LIST (SUBSCRIBED", " REMOTE", ") \"\" %\r\n", 10000, "a OK"),
	ROW_OF("what is returned", NULL, "a LIST \"\" % RETURN (CHILDREN", " SUBSCRIBED", ")\r\n", 10000,
	       "a OK"),
	ROW_OF("items of STATUS", NULL, "a LIST \"\" % RETURN (STATUS (MESSAGES", " UNSEEN", "))\r\n", 10000,
	       "a OK"),
	ROW_OF("STATUS again", NULL, "a LIST \"\" % RETURN (CHILDREN", " STATUS (MESSAGES)", ")\r\n", 5000,
	       "a "),
	ROW_OF("entries", NULL, "a LIST \"\" % RETURN (METADATA (/shared/a", " /shared/x\3", "))\r\n", 2000,
	       "a "),
	ROW_OF("identifier", NULL, "a LISTRIGHTS Keep e", "x", "\r\n", 10000, "a "),
	ROW_OF("name", NULL, "a LISTRIGHTS x", "/y", " eve\r\n", 10000, "a NO"),
	{"name", fill, NULL, "a LOGIN f", "x", " secret\r\n", 10000, 0, "a NO", true, NULL, 0},
	{"password", fill, NULL, "a LOGIN fred ", "x", "\r\n", 10000, 0, "a NO", true, NULL, 0},
	ROW_OF("a pattern", NULL, "a LSUB \"\" ", "*%", "\r\n", 10000, "a OK"),
	ROW_OF("a reference", NULL, "a LSUB ", "r/", " %\r\n", 10000, "a OK"),
	ROW_OF("set", SELECTED, "a MOVE 1", ",1:2", " Keep\r\n", 10000, "a OK"),
	ROW_OF("set of UIDs", SELECTED, "a UID MOVE 1", ",1\3", " Keep\r\n", 10000, "a OK"),
	ROW_OF("name", NULL, "a MYRIGHTS x", "/y", "\r\n", 10000, "a NO"),
	ROW_OF("names", NULL, "a NOTIFY SET (MAILBOXES (x", " m\3", ") (MessageNew MessageExpunge))\r\n",
	       5000, "a OK"),
	ROW_OF("the same name", NULL, "a NOTIFY SET (MAILBOXES (x", " Keep",
	       ") (MessageNew MessageExpunge))\r\n", 5000, "a OK"),
	ROW_OF("names, with STATUS", NULL, "a NOTIFY SET STATUS (MAILBOXES (x", " m\3",
	       ") (MessageNew MessageExpunge))\r\n", 1000, "a OK"),
	ROW_OF("subtrees", NULL, "a NOTIFY SET (SUBTREE (x", " m/\3", ") (MessageNew MessageExpunge))\r\n",
	       5000, "a OK"),
	ROW_OF("subtrees within another", NULL, "a NOTIFY SET (SUBTREE (x", " x",
	       ") (MessageNew MessageExpunge))\r\n", 5000, "a OK"),
	ROW_OF("groups", NULL, "a NOTIFY SET", " (MAILBOXES m\3 (MessageNew MessageExpunge))", "\r\n", 4000,
	       "a OK"),
	ROW_OF("groups of everything", NULL, "a NOTIFY SET", " (PERSONAL (MessageNew MessageExpunge))", "\r\n",
	       4000, "a OK"),
	ROW_OF("groups of nothing", NULL, "a NOTIFY SET", " (MAILBOXES m\3 NONE)", "\r\n", 4000, "a OK"),
	ROW_OF("events", NULL, "a NOTIFY SET (PERSONAL (MessageNew MessageExpunge", " MailboxName", "))\r\n",
	       10000, "a OK"),
	ROW_OF("events that are not known", NULL, "a NOTIFY SET (PERSONAL (MessageNew MessageExpunge",
	       " X\3", "))\r\n", 10000, "a "),
	ROW_OF("items of new messages", SELECTED, "a NOTIFY SET (SELECTED (MessageNew (UID", " FLAGS",
	       ") MessageExpunge))\r\n", 10000, "a "),
	{"fields of new messages", fill, SELECTED,
	 "a NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (x", " f\3",
	 ")]) MessageExpunge))\r\n", 10000, 0, "a ", false, NULL, 25},
	ROW_OF("sections of new messages", SELECTED, "a NOTIFY SET (SELECTED (MessageNew (UID",
	       " BODY.PEEK[\1]", ") MessageExpunge))\r\n", 5000, "a "),
	ROW_OF("entries of annotations", SELECTED,
	       "a NOTIFY SET (SELECTED (MessageNew (UID ANNOTATION ((/comment", " /x\3",
	       ") value)) MessageExpunge AnnotationChange))\r\n", 2000, "a "),
	ROW_OF("names", NULL, "a RENAME x", "/y", " z\r\n", 10000, "a NO"),
	ROW_OF("new name", NULL, "a RENAME Keep x", "y", "\r\n", 10000, "a OK"),
	ROW_OF("levels of the new name", NULL, "a RENAME Keep x", "/y", "\r\n", 500, "a OK"),
	ROW_OF("flags", SELECTED, "a REPLACE 1 Keep (x", " k\3", ") {1+}\r\nx\r\n", 4000, "a OK"),
	ROW_OF("texts to put together", SELECTED, "a UID REPLACE 1 Keep CATENATE (TEXT {1+}\r\nx",
	       " TEXT {1+}\r\ny", ")\r\n", 2000, "a OK"),
	{"octets", fill, SELECTED, "a REPLACE 1 Keep {\4+}\r\n", "x", "\r\n", 100000, 10, "a OK", false, NULL,
	 0},
	ROW_OF("mechanisms", NULL, "a RESETKEY Keep INTERNAL", " X\3", "\r\n", 5000, "a "),
	ROW_OF("the same mechanism", NULL, "a RESETKEY Keep INTERNAL", " INTERNAL", "\r\n", 5000, "a "),
	ROW_OF("name", NULL, "a RESETKEY x", "/y", "\r\n", 10000, "a NO"),
	ROW_OF("a pattern", NULL, "a RLIST \"\" ", "*%", "\r\n", 10000, "a OK"),
	ROW_OF("a pattern", NULL, "a RLSUB \"\" ", "*%", "\r\n", 10000, "a OK"),
	ROW_OF("keys", SELECTED, "a SEARCH ALL", " UNSEEN", "\r\n", 10000, "a OK"),
	ROW_OF("results", SELECTED, "a SEARCH RETURN (MIN", " COUNT", ") ALL\r\n", 10000, "a OK"),
	ROW_OF("results that are not known", SELECTED, "a SEARCH RETURN (MIN", " X\3", ") ALL\r\n", 10000,
	       "a BAD"),
	ROW_OF("items that are followed", SELECTED, "a SEARCH RETURN (UPDATE (UID", " FLAGS", ")) ALL\r\n",
	       5000, "a "),
	ROW_OF("charset", SELECTED, "a SEARCH CHARSET X", "x", " ALL\r\n", 10000, "a NO"),
	ROW_OF("NOT", SELECTED, "a SEARCH", " NOT", " ALL\r\n", 10000, "a "),
	ROW_OF("OR", SELECTED, "a SEARCH ALL", " OR SEEN ALL", "\r\n", 5000, "a OK"),
	ROW_OF("OR in OR", SELECTED, "a SEARCH", " OR SEEN", " ALL\r\n", 5000, "a "),
	ROW_OF("lists", SELECTED, "a SEARCH (ALL)", " (SEEN ALL)", "\r\n", 5000, "a OK"),
	ROW_OF("keywords", SELECTED, "a SEARCH ALL", " UNKEYWORD k\3", "\r\n", 2000, "a OK"),
	ROW_OF("texts", SELECTED, "a SEARCH ALL", " NOT SUBJECT y\3", "\r\n", 1000, "a OK"),
	ROW_OF("texts of bodies", SELECTED, "a SEARCH ALL", " NOT BODY y\3", "\r\n", 1000, "a OK"),
	ROW_OF("texts of header fields", SELECTED, "a SEARCH ALL", " NOT HEADER f\3 y", "\r\n", 1000, "a OK"),
	ROW_OF("a text", SELECTED, "a SEARCH SUBJECT \"", "xy", "\"\r\n", 10000, "a OK"),
	ROW_OF("a text of a literal", SELECTED, "a SEARCH CHARSET UTF-8 TEXT {\4+}\r\n", "\303\251", "\r\n", 5000,
	       "a OK"),
	ROW_OF("name of a header field", SELECTED, "a SEARCH HEADER x", "y", " z\r\n", 10000, "a OK"),
	ROW_OF("dates", SELECTED, "a SEARCH ALL", " SINCE 1-Feb-1994 SENTBEFORE 1-Feb-2094", "\r\n", 2000,
	       "a OK"),
	ROW_OF("sizes, ages", SELECTED, "a SEARCH ALL", " LARGER 1 YOUNGER 3 OLDER 2", "\r\n", 2000, "a OK"),
	ROW_OF("modification sequences", SELECTED, "a SEARCH ALL",
	       " MODSEQ \"/flags/\\\\seen\" all 1 MODSEQ 1", "\r\n", 2000, "a OK"),
	ROW_OF("identifiers", SELECTED, "a SEARCH ALL", " NOT EMAILID M\3 NOT THREADID T\3", "\r\n", 2000,
	       "a OK"),
	ROW_OF("saved dates", SELECTED, "a SEARCH ALL", " SAVEDSINCE 1-Feb-1994 SAVEDATESUPPORTED", "\r\n",
	       2000, "a OK"),
	ROW_OF("annotations", SELECTED, "a SEARCH ALL", " NOT ANNOTATION /x\3 value.priv z", "\r\n", 500,
	       "a BAD"),
	ROW_OF("sets", SELECTED, "a SEARCH ALL", " UID 1:3 1,2", "\r\n", 5000, "a OK"),
	ROW_OF("the saved result", SELECTED "s SEARCH RETURN (SAVE) 1,3\r\n", "a SEARCH ALL", " $", "\r\n",
	       5000, "a OK"),
	{"filters", filter, SELECTED, "", "", "a SEARCH FILTER f\r\n", 5000, 0, "a OK", false, NULL, 0},
	{"the same filter", fill, SELECTED "s SETMETADATA \"\" (/shared/filters/values/f \"UNSEEN\")\r\n",
	 "a SEARCH ALL", " FILTER f", "\r\n", 100, 0, "a ", false, NULL, 0},
	ROW_OF("filters that there are not", SELECTED, "a SEARCH ALL", " FILTER f\3", "\r\n", 2000, "a NO"),
	ROW_OF("name", NULL, "a SELECT x", "/y", "\r\n", 10000, "a NO"),
	ROW_OF("parameters", NULL, "a SELECT Keep (CONDSTORE", " X (1)", ")\r\n", 10000, "a "),
	ROW_OF("known UIDs", "s ENABLE QRESYNC\r\n", "a SELECT INBOX (QRESYNC (1 1 1", ",1\3", "))\r\n", 5000,
	       "a "),
	ROW_OF("numbers and their UIDs", "s ENABLE QRESYNC\r\n",
	       "a SELECT INBOX (QRESYNC (1 1 1:3 (1:\6 1", ",1\1", ")))\r\n", 5000, "a OK"),
	ROW_OF("identifier", NULL, "a SETACL Keep e", "x", " lr\r\n", 10000, "a OK"),
	ROW_OF("rights", NULL, "a SETACL Keep eve +l", "r", "\r\n", 10000, "a "),
	ROW_OF("rights that there are not", NULL, "a SETACL Keep eve +l", "9", "\r\n", 10000, "a BAD"),
	ROW_OF("entries", NULL, "a SETMETADATA INBOX (/shared/x NIL", " /shared/x\3 NIL", ")\r\n", 4000, "a OK"),
	ROW_OF("the same entry", NULL, "a SETMETADATA INBOX (/shared/x NIL", " /shared/x \"\3\"", ")\r\n", 4000,
	       "a BAD"),
	ROW_OF("a value", NULL, "a SETMETADATA INBOX (/shared/x {\4+}\r\n", "x", ")\r\n", 50000, "a OK"),
	ROW_OF("an entry", NULL, "a SETMETADATA INBOX (/shared", "/x", " \"y\")\r\n", 10000, "a "),
	ROW_OF("resources", NULL, "a SETQUOTA \"\" (STORAGE 1", " S\3 1", ")\r\n", 5000, "a "),
	ROW_OF("the same resource", NULL, "a SETQUOTA \"\" (STORAGE 1", " STORAGE 1", ")\r\n", 5000, "a "),
	ROW_OF("root", NULL, "a SETQUOTA \"x", "y", "\" (STORAGE 1)\r\n", 10000, "a "),
	ROW_OF("criteria", SELECTED, "a SORT (DATE", " REVERSE SIZE", ") UTF-8 ALL\r\n", 5000, "a "),
	ROW_OF("REVERSE", SELECTED, "a SORT (REVERSE", " REVERSE", " DATE) UTF-8 ALL\r\n", 5000, "a "),
	ROW_OF("keys", SELECTED, "a SORT (DATE) UTF-8 ALL", " UNSEEN", "\r\n", 10000, "a OK"),
	ROW_OF("results", SELECTED, "a SORT RETURN (MIN", " COUNT", ") (DATE) UTF-8 ALL\r\n", 10000, "a OK"),
	ROW_OF("charset", SELECTED, "a SORT (DATE) X", "x", " ALL\r\n", 10000, "a NO"),
	ROW_OF("items", NULL, "a STATUS INBOX (UIDNEXT", " MESSAGES", ")\r\n", 10000, "a OK"),
	ROW_OF("name", NULL, "a STATUS x", "/y", " (MESSAGES)\r\n", 10000, "a NO"),
	ROW_OF("set", SELECTED, "a STORE 1", ",1:3", " +FLAGS (\\Seen)\r\n", 10000, "a OK"),
	ROW_OF("set of UIDs", SELECTED, "a UID STORE 1", ",1\3", " +FLAGS (\\Seen)\r\n", 10000, "a OK"),
	ROW_OF("flags", SELECTED, "a STORE 1 +FLAGS.SILENT (\\Seen", " \\Deleted", ")\r\n", 10000, "a OK"),
	{"keywords", fill, SELECTED, "a STORE 1 +FLAGS.SILENT (x", " k\3", ")\r\n", 500, 0, "a OK", false,
	 NULL, 25},
	ROW_OF("modifiers", SELECTED, "a STORE 1 (UNCHANGEDSINCE 5", " UNCHANGEDSINCE 5",
	       ") +FLAGS (\\Seen)\r\n", 5000, "a "),
	ROW_OF("annotations", SELECTED, "a STORE 1 ANNOTATION (/comment (value.priv \"x\")",
	       " /x\3 (value.priv \"y\")", ")\r\n", 500, "a OK"),
	ROW_OF("values of annotations", SELECTED, "a STORE 1 ANNOTATION (/comment (value.priv \"x\"",
	       " value.shared \"y\"", "))\r\n", 1000, "a "),
	ROW_OF("name", NULL, "a SUBSCRIBE x", "/y", "\r\n", 10000, "a OK"),
	ROW_OF("keys", SELECTED, "a THREAD REFERENCES UTF-8 ALL", " UNSEEN", "\r\n", 10000, "a OK"),
	ROW_OF("algorithm", SELECTED, "a THREAD X", "x", " UTF-8 ALL\r\n", 10000, "a BAD"),
	ROW_OF("size", SELECTED, "a UID UIDBATCHES 1", "0", "\r\n", 10000, "a BAD"),
	ROW_OF("range", SELECTED, "a UID UIDBATCHES 1000 1:1", "0", "\r\n", 10000, "a BAD"),
	ROW_OF("name", NULL, "a UNSUBSCRIBE x", "/y", "\r\n", 10000, "a OK"),
	ROW_OF("URLs", NULL, "a URLFETCH", " \"" TAKE "00112233445566778899aabbccddeeff\"", "\r\n", 500, "a OK"),
	ROW_OF("URLs that are none", NULL, "a URLFETCH", " x\3", "\r\n", 2000, "a OK"),
	ROW_OF("URLs and what is wanted", NULL, "a URLFETCH",
	       " (\"" TAKE "00112233445566778899aabbccddeeff\" BINARY BODYPARTSTRUCTURE)", "\r\n", 500, "a OK"),
	ROW_OF("what is wanted", NULL, "a URLFETCH (\"" TAKE "00112233445566778899aabbccddeeff\" BODY", " BODY",
	       ")\r\n", 5000, "a BAD"),
	ROW_OF("a token", NULL, "a URLFETCH \"" TAKE, "00", "\"\r\n", 10000, "a OK"),
};

static void T20_arguments(void **state)
{
	(void)state;
	grow_each(rows, COUNT(rows));
}

/* ---- none is missing ------------------------------------------------------------------------ */

/* Nothing stands behind these. */
static const char *const bare[] = {
	"CAPABILITY", "CHECK", "CLOSE",    "GETJMAPACCESS",  "IDLE",
	"LOGOUT",     "NOOP",  "STARTTLS", "UNAUTHENTICATE", "NAMESPACE", "UNSELECT",
};

static bool has_row(const char *name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].head[0] == 'a' && samples_is_of(rows[i].head, name))
			return true;
	for (size_t i = 0; i < COUNT(bare); i++)
		if (!strcmp(bare[i], name))
			return true;
	return false;
}

static void T20_no_command_is_missing(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w);
	fill(&w, 0);
	world_connect(&w, true);
	for (size_t i = 0; i < w.engine->command_count; i++)
		if (!has_row(w.engine->commands[i]->name))
			fail_msg("which argument of %s can be made longer?", w.engine->commands[i]->name);
	world_end(&w);
}

/* ---- all words ------------------------------------------------------------------------------ */

/* How a word is made longer: it, then n times this, then that. */
static const struct {
	const char *before, *piece, *behind;
} ways[] = {
	{"", "x", ""},         {"", "0", ""},        {"", "/y", ""},       {"", "*", ""},
	{"", "&AOk-", ""},     {"", "\\\\", ""},     {"", ",1", ""},       {"", ",1:*", ""},
	{"", "=", ""},         {"", "%41", ""},      {"\"", "x", "\""},    {"\"", "\\\"", "\""},
	{"{\4+}\r\n", "x", ""}, {"(", "x ", "x)"},    {"", "()", ""},       {"", ".1", ""},
};

/* The word in each of these ways, or the word again and again. */
static unsigned lengthen(const struct sample *sample, size_t at, size_t len, size_t way)
{
	struct tx head = {0}, piece = {0}, tail = {0};
	struct growth g = {.store = fill, .n = 300, .prelogin = sample->prelogin};
	unsigned failed;

	g.name = sample->line;
	g.before = sample->prelogin ? NULL : "s ENABLE CONDSTORE QRESYNC\r\n" SELECTED;
	tx_add(&head, sample->line, at);
	tx_str(&tail, sample->line + at + len);
	if (way < COUNT(ways)) {
		tx_str(&head, ways[way].before);
		if (way < 10)
			tx_add(&head, sample->line + at, len);
		tx_str(&piece, ways[way].piece);
		tx_clear(&tail);
		tx_str(&tail, ways[way].behind);
		tx_str(&tail, sample->line + at + len);
	} else {
		tx_add(&head, sample->line + at, len);
		tx_str(&piece, " ");
		tx_add(&piece, sample->line + at, len);
		if (way > COUNT(ways)) {
			tx_str(&piece, "\3");
			g.tenths = 25; /* sorted, perhaps */
		}
	}
	tx_add(&head, "", 1);
	tx_add(&piece, "", 1);
	tx_add(&tail, "", 1);
	g.head = head.data;
	g.piece = piece.data;
	g.tail = tail.data;
	failed = grow_one(&g, false);
	if (failed)
		print_error("%s: the word at %zu, as %s%s%s\n", sample->line, at, head.data, piece.data,
		            tail.data);
	tx_free(&head);
	tx_free(&piece);
	tx_free(&tail);
	return failed;
}

static void T20_every_word(void **state)
{
	unsigned failed = 0;

	(void)state;
	grow_or_skip();
	for (size_t i = 0; i < sample_count; i++) {
		size_t at, len;

		for (size_t n = 0; samples_word(samples[i].line, n, &at, &len); n++)
			for (size_t way = 0; way < COUNT(ways) + 2; way++)
				failed += lengthen(&samples[i], at, len, way);
	}
	if (failed)
		fail_msg("%u failures", failed);
}

/* T40: each of them again and again, in one go. */
static void T40_every_command(void **state)
{
	unsigned failed = 0;

	(void)state;
	grow_or_skip();
	for (size_t i = 0; i < sample_count; i++) {
		struct growth g = {.store = fill, .n = 100, .prelogin = samples[i].prelogin};

		g.name = g.piece = samples[i].line;
		g.before = g.prelogin ? NULL : "s ENABLE CONDSTORE QRESYNC\r\n" SELECTED;
		g.head = g.tail = "";
		failed += grow_one(&g, false);
	}
	if (failed)
		fail_msg("%u failures", failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T20_arguments),
		cmocka_unit_test(T20_no_command_is_missing),
		cmocka_unit_test(T20_every_word),
		cmocka_unit_test(T40_every_command),
	};

	return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
