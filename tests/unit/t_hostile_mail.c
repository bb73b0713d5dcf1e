/* SPDX-License-Identifier: MIT */
/*
 * Answers about mailboxes and messages that make no sense: what the call gives, what the `fault` hook is told, and
 * what the client sees of it.
 */
#include "unit/hostiling.h"

#define NOT_ASCENDING "UIDs that are not in ascending order"

static struct imapsrv_set set_of(const struct imapsrv_range *ranges, size_t count)
{
	return (struct imapsrv_set){ranges, count};
}

/* Sets that are none; and what else can be wrong with UIDs. */
enum {
	SET_NULL,
	SET_ZERO,
	SET_TURNED,
	SET_TOUCHING,
	SET_TWICE,
	SET_DESCENDING,
	SETS,
	UIDS_DOWN = SETS,
	UIDS_AGAIN,
	UIDS_BEYOND,
	UIDS_NONE,
	UIDS_MANY,
	UIDS_UNEVEN,
	UIDS_NO_VALIDITY,
	UIDS_TWO_VALIDITIES
};

static struct imapsrv_set bad_set(int how)
{
	static const struct imapsrv_range zero[] = {{0, 2}}, turned[] = {{3, 2}}, touching[] = {{1, 1}, {2, 2}},
	                                  twice[] = {{2, 2}, {2, 2}}, descending[] = {{3, 3}, {1, 1}};
	const struct imapsrv_set sets[SETS] = {{NULL, 1},     {zero, 1},  {turned, 1},
	                                       {touching, 2}, {twice, 2}, {descending, 2}};

	return sets[how];
}

/* ---- open ---------------------------------------------------------------------------------- */

enum {
	BOX_NULL,
	BOX_NO_SIZE,
	BOX_TWICE,
	BOX_LEFT_OUT,
	BOX_VALIDITY_0,
	BOX_NEXT_0,
	BOX_MODSEQ,
	BOX_KEYWORDS_NULL,
	BOX_KEYWORD_NULL,
	BOX_KEYWORD_ODD,
	BOX_RIGHTS,
	BOX_NO_RIGHTS,
	BOX_FLAGS,
	BOX_UNSEEN,
	BOX_RECENT,
	BOX_ANNOTATIONS,
	BOX_REFUSED
};

static void play_mailbox(struct imapsrv_op *op, const void *q)
{
	static const struct imapsrv_span null = {NULL, 3}, odd = {"a\r\nb", 4};
	struct imapsrv_mailbox box = host_mailbox();

	(void)q;
	switch (spoilt_how) {
	case BOX_NO_SIZE:
		box.size = 0;
		break;
	case BOX_VALIDITY_0:
		box.uidvalidity = 0;
		break;
	case BOX_NEXT_0:
		box.uidnext = 0;
		break;
	case BOX_MODSEQ:
		box.highest_modseq = UINT64_C(1) << 63;
		break;
	case BOX_KEYWORDS_NULL:
		box.keyword_count = 5;
		break;
	case BOX_KEYWORD_NULL:
	case BOX_KEYWORD_ODD:
		box.keywords = spoilt_how == BOX_KEYWORD_NULL ? &null : &odd;
		box.keyword_count = 1;
		break;
	case BOX_RIGHTS:
		box.rights = UINT32_MAX;
		break;
	case BOX_NO_RIGHTS:
		box.rights = 0;
		break;
	case BOX_FLAGS:
		box.permanent_flags = UINT32_MAX;
		box.private_rights = UINT32_MAX;
		break;
	case BOX_UNSEEN:
		box.first_unseen = 77;
		break;
	case BOX_RECENT:
		box.recent_from = UINT32_MAX;
		break;
	case BOX_ANNOTATIONS:
		box.annotations = UINT32_MAX;
		box.annotation_size = UINT64_MAX;
		break;
	default:
		break;
	}
	if (spoilt_how == BOX_TWICE)
		give_mailbox(op);
	spoilt_gave = spoilt_how == BOX_LEFT_OUT ? 0 : imapsrv_op_mailbox(op, spoilt_how == BOX_NULL ? NULL : &box);
	/* What was passed over stays the host's. */
	world.mailboxes += spoilt_how > BOX_LEFT_OUT && spoilt_how != BOX_NO_RIGHTS;
	imapsrv_op_done(op, spoilt_how == BOX_REFUSED ? IMAPSRV_NOPERM : IMAPSRV_OK, NULL);
}

static void test_mailbox(void **state)
{
	static const char f[] = "imapsrv_op_mailbox";
	static const struct spoilt rows[] = {
		{f, "NULL", IN_OPEN, play_mailbox, BOX_NULL, IMAPSRV_EINVAL,
		 "open was answered OK without a mailbox", "a NO [SERVERBUG]", false, 0},
		{f, "without a size", IN_OPEN, play_mailbox, BOX_NO_SIZE, IMAPSRV_EINVAL,
		 "open was answered OK without a mailbox", "a NO [SERVERBUG]", false, 0},
		{f, "twice", IN_OPEN, play_mailbox, BOX_TWICE, IMAPSRV_EINVAL, "two mailboxes in answer to one open",
		 "a OK [READ-WRITE]", false, 0},
		{f, "left out", IN_OPEN, play_mailbox, BOX_LEFT_OUT, 0, "open was answered OK without a mailbox",
		 "a NO [SERVERBUG]", false, 0},
		{f, "UIDVALIDITY 0", IN_OPEN, play_mailbox, BOX_VALIDITY_0, 0,
		 "UIDVALIDITY and UIDNEXT cannot be 0", "[UIDVALIDITY 1]", false, 0},
		{f, "UIDNEXT 0", IN_OPEN, play_mailbox, BOX_NEXT_0, 0, "UIDVALIDITY and UIDNEXT cannot be 0",
		 "[UIDNEXT 4]", false, 0},
		{f, "HIGHESTMODSEQ 2^63", IN_OPEN, play_mailbox, BOX_MODSEQ, 0,
		 "a modification sequence above 2^63-1", "[NOMODSEQ]", false, 0},
		{f, "keywords NULL", IN_OPEN, play_mailbox, BOX_KEYWORDS_NULL, 0, "keywords that are not there",
		 "a OK [READ-WRITE]", false, 0},
		{f, "a keyword NULL", IN_OPEN, play_mailbox, BOX_KEYWORD_NULL, 0, "keywords that are not there",
		 "a OK [READ-WRITE]", false, 0},
		{f, "a keyword with CRLF", IN_OPEN, play_mailbox, BOX_KEYWORD_ODD, 0,
		 "a keyword that is not an atom", "!a\r\nb", false, 0},
		{f, "unknown rights", IN_OPEN, play_mailbox, BOX_RIGHTS, 0, "rights that the host does not have",
		 "a OK [READ-WRITE]", false, 0},
		{f, "no right to read", IN_OPEN, play_mailbox, BOX_NO_RIGHTS, 0, NULL, "a NO [NONEXISTENT]", false, 0},
		{f, "unknown flags", IN_OPEN, play_mailbox, BOX_FLAGS, 0, NULL,
		 "[PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)]", false, 0},
		{f, "a first unseen message that there is not", IN_OPEN, play_mailbox, BOX_UNSEEN, 0, NULL,
		 "!UNSEEN", false, 0},
		{f, "a recent UID that there is not", IN_OPEN, play_mailbox, BOX_RECENT, 0, NULL, "* 0 RECENT", false, 0},
		{f, "unknown restrictions of annotations", IN_OPEN, play_mailbox, BOX_ANNOTATIONS, 0, NULL,
		 "a OK [READ-WRITE]", false, 0},
		{f, "with a refusal", IN_OPEN, play_mailbox, BOX_REFUSED, 0, NULL, "a NO [NOPERM]", false, 0},
		{f, "twice, of a URL", IN_URL_OPEN, play_mailbox, BOX_TWICE, IMAPSRV_EINVAL,
		 "a mailbox was given twice for one open", "* URLFETCH", false, 0},
		{f, "left out, of a URL", IN_URL_OPEN, play_mailbox, BOX_LEFT_OUT, 0,
		 "a mailbox was opened without imapsrv_op_mailbox", "a NO [SERVERBUG]", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- uids, expunge, vanished ---------------------------------------------------------------- */

static void play_uids(struct imapsrv_op *op, const void *q)
{
	static const struct imapsrv_range low = {1, 2}, high = {3, 3}, beyond = {7, UINT32_MAX};

	(void)q;
	if (spoilt_how < SETS) {
		spoilt_gave = imapsrv_op_uids(op, bad_set(spoilt_how));
	} else if (spoilt_how == UIDS_DOWN) {
		imapsrv_op_uids(op, set_of(&high, 1));
		spoilt_gave = imapsrv_op_uids(op, set_of(&low, 1));
	} else if (spoilt_how == UIDS_AGAIN) {
		imapsrv_op_uids(op, set_of(&low, 1));
		spoilt_gave = imapsrv_op_uids(op, set_of(&low, 1));
	} else {
		spoilt_gave = imapsrv_op_uids(op, spoilt_how == UIDS_NONE ? set_of(NULL, 0) : set_of(&beyond, 1));
	}
	if (world.at == IN_EXPUNGE)
		imapsrv_op_modseq(op, 101);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define OF_UIDS(what, how, gives, fault, opened, expunged, vanished)                                \
	{f, what, IN_UIDS, play_uids, how, gives, fault, opened, false, 0},                           \
	{f, what ", of an expunge", IN_EXPUNGE, play_uids, how, how < SETS ? gives : 0,            \
	 how == UIDS_DOWN || how == UIDS_AGAIN ? NULL : fault, expunged, false, 0},                   \
	{f, what ", of vanished ones", IN_VANISHED, play_uids, how, how < SETS ? gives : 0,        \
	 how == UIDS_DOWN || how == UIDS_AGAIN ? NULL : fault, vanished, false, 0}

static void test_uids(void **state)
{
	static const char f[] = "imapsrv_op_uids";
	static const struct spoilt rows[] = {
		OF_UIDS("NULL", SET_NULL, IMAPSRV_EINVAL, NOT_ASCENDING, "* 0 EXISTS", "a OK", "a OK"),
		OF_UIDS("UID 0", SET_ZERO, IMAPSRV_EINVAL, NOT_ASCENDING, "* 0 EXISTS", "!* 0 EXP", "a OK"),
		OF_UIDS("a range turned round", SET_TURNED, IMAPSRV_EINVAL, NOT_ASCENDING, "* 0 EXISTS", "a OK",
		        "a OK"),
		OF_UIDS("ranges that touch", SET_TOUCHING, IMAPSRV_EINVAL, NOT_ASCENDING, "* 0 EXISTS", "a OK",
		        "a OK"),
		OF_UIDS("a range twice", SET_TWICE, IMAPSRV_EINVAL, NOT_ASCENDING, "* 0 EXISTS", "a OK", "a OK"),
		OF_UIDS("descending", SET_DESCENDING, IMAPSRV_EINVAL, NOT_ASCENDING, "* 0 EXISTS", "a OK", "a OK"),
		OF_UIDS("descending from one call to the next", UIDS_DOWN, IMAPSRV_EINVAL, "UIDs of a mailbox that do not ascend",
		        "* 1 EXISTS", "* 3 EXPUNGE", "a OK"),
		OF_UIDS("twice", UIDS_AGAIN, IMAPSRV_EINVAL, "UIDs of a mailbox that do not ascend", "* 2 EXISTS", "* 2 EXPUNGE",
		        "a OK"),
		OF_UIDS("none", UIDS_NONE, 0, NULL, "* 0 EXISTS", "a OK", "a OK"),
		OF_UIDS("of messages that were not asked for", UIDS_BEYOND, 0, NULL, "* 4294967289 EXISTS", "!* ", "a OK"),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- fetch, store --------------------------------------------------------------------------- */

enum {
	ROW_NULL,
	ROW_UID_0,
	ROW_FOREIGN,
	ROW_TWICE,
	ROW_LEFT_OUT,
	ROW_BARE,
	ROW_MODSEQ_0,
	ROW_MODSEQ_HIGH,
	ROW_KEYWORDS_NULL,
	ROW_KEYWORD_NULL,
	ROW_KEYWORD_ODD,
	ROW_FLAGS,
	ROW_DATE_LOW,
	ROW_DATE_HIGH,
	ROW_OCTETS,
	ROW_PREVIEW_NULL,
	ROW_PREVIEW_BAD,
	ROW_PREVIEW_LONG,
	ROW_DESCRIPTION_NULL,
	ROW_DESCRIPTION_BAD,
	ROW_EMAILID
};

static void spoil_row(struct imapsrv_row *row)
{
	static const struct imapsrv_span null = {NULL, 3}, odd = {"a)\r\nb", 5};
	static char text[1000];

	switch (spoilt_how) {
	case ROW_UID_0:
		row->uid = 0;
		break;
	case ROW_FOREIGN:
		row->uid = 77;
		break;
	case ROW_BARE:
		row->facts = 0;
		break;
	case ROW_MODSEQ_0:
	case ROW_MODSEQ_HIGH:
		row->modseq = spoilt_how == ROW_MODSEQ_0 ? 0 : UINT64_C(1) << 63;
		break;
	case ROW_KEYWORDS_NULL:
		row->flags.keyword_count = UINT32_MAX;
		break;
	case ROW_KEYWORD_NULL:
	case ROW_KEYWORD_ODD:
		row->flags.keywords = spoilt_how == ROW_KEYWORD_NULL ? &null : &odd;
		row->flags.keyword_count = 1;
		break;
	case ROW_FLAGS:
		row->flags.system = UINT32_MAX;
		break;
	case ROW_DATE_LOW:
	case ROW_DATE_HIGH:
		row->date = spoilt_how == ROW_DATE_LOW ? INT64_MIN : INT64_MAX;
		row->zone = spoilt_how == ROW_DATE_LOW ? INT32_MIN : INT32_MAX;
		break;
	case ROW_OCTETS:
		row->octets = UINT64_MAX;
		break;
	case ROW_PREVIEW_NULL:
	case ROW_PREVIEW_BAD:
	case ROW_PREVIEW_LONG:
		memset(text, 'a', sizeof(text));
		row->facts |= IMAPSRV_FACT_PREVIEW;
		row->preview = spoilt_how == ROW_PREVIEW_NULL  ? null
		               : spoilt_how == ROW_PREVIEW_BAD ? (struct imapsrv_span){"\xff\xfe", 2}
		                                               : (struct imapsrv_span){text, 201};
		break;
	case ROW_DESCRIPTION_NULL:
	case ROW_DESCRIPTION_BAD:
		row->facts |= IMAPSRV_FACT_DESCRIPTION;
		row->description = spoilt_how == ROW_DESCRIPTION_NULL ? null : odd;
		break;
	case ROW_EMAILID:
		row->facts |= IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID;
		row->emailid = row->threadid = null;
		break;
	default:
		break;
	}
}

/* The first of three rows is spoilt. */
static void play_row(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_row row;

	(void)q;
	spoilt_gave = 0;
	for (uint32_t uid = 1; uid <= MESSAGES; uid++) {
		host_row(&row, uid);
		if (uid == 1) {
			spoil_row(&row);
			if (spoilt_how != ROW_LEFT_OUT)
				spoilt_gave = imapsrv_op_row(op, spoilt_how == ROW_NULL ? NULL : &row);
		}
		if (uid > 1 || spoilt_how == ROW_TWICE)
			imapsrv_op_row(op, &row);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define FETCHED(what, how, gives, fault, text)                                                      \
	{f, what, IN_FETCH, play_row, how, gives, fault, text, false, 0},                              \
	{f, what ", of a store", IN_STORE, play_row, how, gives, fault, "\r\na ", false, 0}

static void test_row(void **state)
{
	static const char f[] = "imapsrv_op_row";
	static const char sequence[] = "a modification sequence that is 0 or above 2^63-1";
	static const char preview[] = "a preview that is not UTF-8, or of more than 200 characters";
	static const struct spoilt rows[] = {
		FETCHED("NULL", ROW_NULL, IMAPSRV_EINVAL, "a row without a UID", "!* 1 FETCH"),
		FETCHED("UID 0", ROW_UID_0, IMAPSRV_EINVAL, "a row without a UID", "!* 1 FETCH"),
		FETCHED("of a message that was not asked for", ROW_FOREIGN, 0, NULL, "!* 77 FETCH"),
		{f, "twice", IN_FETCH, play_row, ROW_TWICE, 0, "a message was told twice", "* 1 FETCH", false, 0},
		{f, "left out", IN_FETCH, play_row, ROW_LEFT_OUT, 0, NULL, "a OK [EXPUNGEISSUED]", false, 0},
		{f, "left out, of a store", IN_STORE, play_row, ROW_LEFT_OUT, 0, NULL, "a NO [EXPUNGEISSUED]", false, 0},
		{f, "without a fact", IN_FETCH, play_row, ROW_BARE, 0, NULL, "* 1 FETCH (", false, 0},
		FETCHED("MODSEQ 0", ROW_MODSEQ_0, 0, sequence, "* 1 FETCH (FLAGS ()"),
		FETCHED("MODSEQ 2^63", ROW_MODSEQ_HIGH, 0, sequence, "* 1 FETCH (FLAGS ()"),
		FETCHED("keywords NULL", ROW_KEYWORDS_NULL, 0, "keywords that are not there", "* 1 FETCH (FLAGS ()"),
		FETCHED("a keyword NULL", ROW_KEYWORD_NULL, 0, "keywords that are not there", "* 1 FETCH (FLAGS ()"),
		FETCHED("a keyword with CRLF", ROW_KEYWORD_ODD, 0, "a keyword that is not an atom",
		        "* 1 FETCH (FLAGS ()"),
		FETCHED("unknown flags", ROW_FLAGS, 0, NULL,
		        "* 1 FETCH (FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)"),
		FETCHED("a date before all years", ROW_DATE_LOW, 0, NULL, "* 1 FETCH (FLAGS () INTERNALDATE \""),
		FETCHED("a date behind all years", ROW_DATE_HIGH, 0, NULL, "* 1 FETCH (FLAGS () INTERNALDATE \""),
		FETCHED("a preview NULL", ROW_PREVIEW_NULL, 0, preview, "PREVIEW \"body\""),
		FETCHED("a preview that is not UTF-8", ROW_PREVIEW_BAD, 0, preview, "PREVIEW \"body\""),
		FETCHED("a preview of 201 characters", ROW_PREVIEW_LONG, 0, preview, "PREVIEW \"body\""),
		FETCHED("a description NULL", ROW_DESCRIPTION_NULL, 0, "a description that is not there",
		        "PREVIEW \"body\""),
		FETCHED("a description that is none", ROW_DESCRIPTION_BAD, 0, NULL, "PREVIEW \"body\""),
		FETCHED("identifiers NULL", ROW_EMAILID, 0,
		        "an object identifier that is not 1 to 255 of A-Z a-z 0-9 _ -", "!EMAILID"),
		FETCHED("2^64-1 octets", ROW_OCTETS, 0, NULL, "* 1 FETCH (FLAGS ()"),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- body ----------------------------------------------------------------------------------- */

enum { BODY_NULL, BODY_EOL, BODY_TWICE, BODY_LEFT_OUT, BODY_HUGE, BODY_EMPTY, BODY_REFUSED };

static void play_lend(struct imapsrv_op *op, const void *q)
{
	(void)q;
	world.bodies += spoilt_how == BODY_TWICE || spoilt_how == BODY_REFUSED;
	if (spoilt_how == BODY_TWICE)
		imapsrv_op_lend(op, host_body, sizeof(host_body) - 1, IMAPSRV_EOL_CRLF, &world);
	spoilt_gave = spoilt_how == BODY_LEFT_OUT ? 0 :
	              spoilt_how == BODY_NULL ? imapsrv_op_lend(op, NULL, 20, IMAPSRV_EOL_CRLF, &world) :
	              spoilt_how == BODY_HUGE ? imapsrv_op_lend(op, host_body, SIZE_MAX, IMAPSRV_EOL_CRLF, &world) :
	              imapsrv_op_lend(op, host_body, sizeof(host_body) - 1,
	                              spoilt_how == BODY_EOL ? (enum imapsrv_eol)7 : IMAPSRV_EOL_CRLF, &world);
	imapsrv_op_done(op, spoilt_how == BODY_REFUSED ? IMAPSRV_CORRUPTION : IMAPSRV_OK, NULL);
}

static void play_pull(struct imapsrv_op *op, const void *q)
{
	(void)q;
	world.bodies += spoilt_how == BODY_TWICE || spoilt_how == BODY_EMPTY;
	if (spoilt_how == BODY_TWICE)
		imapsrv_op_pull(op, sizeof(host_body) - 1, IMAPSRV_EOL_CRLF, &world);
	spoilt_gave = imapsrv_op_pull(op, spoilt_how == BODY_HUGE ? UINT64_C(1) << 63 : spoilt_how == BODY_TWICE,
	                              spoilt_how == BODY_EOL ? (enum imapsrv_eol)-1 : IMAPSRV_EOL_CRLF, &world);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void test_body(void **state)
{
	static const char lend[] = "imapsrv_op_lend", pull[] = "imapsrv_op_pull";
	static const char none[] = "body was answered OK without octets";
	static const struct spoilt rows[] = {
		{lend, "NULL of 20 octets", IN_BODY, play_lend, BODY_NULL, IMAPSRV_EINVAL, none, "a NO [SERVERBUG]", false, 0},
		{lend, "lines that end in no way", IN_BODY, play_lend, BODY_EOL, IMAPSRV_EINVAL, none,
		 "a NO [SERVERBUG]", false, 0},
		{lend, "twice", IN_BODY, play_lend, BODY_TWICE, IMAPSRV_EINVAL, "two bodies in answer to one question",
		 "Subject: hi", false, 0},
		{lend, "left out", IN_BODY, play_lend, BODY_LEFT_OUT, 0, none, "a NO [SERVERBUG]", false, 0},
		{lend, "SIZE_MAX octets", IN_BODY, play_lend, BODY_HUGE, IMAPSRV_EINVAL, none, "a NO [SERVERBUG]", false, 0},
		{lend, "with a refusal", IN_BODY, play_lend, BODY_REFUSED, 0, NULL, "a NO [CORRUPTION]", false, 0},
		{pull, "2^63 octets", IN_BODY_READ, play_pull, BODY_HUGE, IMAPSRV_EINVAL, none, "a NO [SERVERBUG]", false, IN_BODY},
		{pull, "lines that end in no way", IN_BODY_READ, play_pull, BODY_EOL, IMAPSRV_EINVAL, none,
		 "a NO [SERVERBUG]", false, IN_BODY},
		{pull, "twice", IN_BODY_READ, play_pull, BODY_TWICE, IMAPSRV_EINVAL, "two bodies in answer to one question",
		 "Subject: hi", false, IN_BODY},
		{pull, "of no octets", IN_BODY_READ, play_pull, BODY_EMPTY, 0, NULL, "BODY[] {0}\r\n)", false, IN_BODY},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* So much comes with each row that only one can be held at a time, and each comes twice, or one comes along that was
 * not asked for: all are shown once, and there is an end. */
static void play_much(struct imapsrv_op *op, const void *q)
{
	static char description[(1u << 20) + 1];
	const struct imapsrv_fetch *fetch = q;
	struct imapsrv_row row;

	for (uint32_t uid = 1; uid <= MESSAGES; uid++) {
		bool is_asked = false;

		for (size_t i = 0; i < fetch->uids.count; i++)
			is_asked = is_asked ||
			           (uid >= fetch->uids.ranges[i].first && uid <= fetch->uids.ranges[i].last);
		if (!is_asked && (uid > 1 || spoilt_how == ROW_TWICE))
			continue;
		host_row(&row, uid);
		row.facts |= IMAPSRV_FACT_DESCRIPTION;
		row.description = (struct imapsrv_span){description, sizeof(description)};
		imapsrv_op_row(op, &row);
		if (spoilt_how == ROW_TWICE)
			imapsrv_op_row(op, &row);
	}
	imapsrv_op_done(op, world.played < 50 ? IMAPSRV_OK : IMAPSRV_NO, NULL);
}

static void test_much(void **state)
{
	static const int hows[] = {ROW_FOREIGN, ROW_TWICE};

	(void)state;
	for (size_t i = 0; i < COUNT(hows); i++) {
		world_begin(IN_BODY);
		world.at = IN_FETCH;
		world.play = play_much;
		spoilt_how = hows[i];
		world_say(questions[IN_BODY].lines);
		world_say("b FETCH 1:3 BODY.PEEK[]\r\n");
		ROW(i, said("a OK ") == 1 && said("b OK ") == 1);
		ROW(i, said("* 2 FETCH") == 1 && said("* 3 FETCH") == 1);
		world_end(i);
	}
}

enum { BYTES_NULL, BYTES_MORE, BYTES_SIZE_MAX, BYTES_ONE, BYTES_NONE, BYTES_SHORT, BYTES_REFUSED };

/* A body of two reads, so to say: what comes first is right. */
static void play_bytes(struct imapsrv_op *op, const void *q)
{
	const struct imapsrv_body_read *read = q;

	switch (spoilt_how) {
	case BYTES_NULL:
		spoilt_gave = imapsrv_op_bytes(op, NULL, 5);
		break;
	case BYTES_MORE:
		imapsrv_op_bytes(op, host_body, read->len);
		spoilt_gave = imapsrv_op_bytes(op, "x", 1);
		break;
	case BYTES_SIZE_MAX:
		spoilt_gave = imapsrv_op_bytes(op, host_body, SIZE_MAX);
		break;
	case BYTES_ONE: /* nothing is wrong with that */
		spoilt_gave = imapsrv_op_bytes(op, host_body + read->offset, 1);
		break;
	case BYTES_SHORT:
		spoilt_gave = read->offset ? imapsrv_op_bytes(op, "", 0) : imapsrv_op_bytes(op, host_body, 7);
		break;
	default:
		spoilt_gave = 0;
		break;
	}
	imapsrv_op_done(op, spoilt_how == BYTES_REFUSED ? IMAPSRV_CORRUPTION : IMAPSRV_OK, NULL);
}

static void test_bytes(void **state)
{
	static const char f[] = "imapsrv_op_bytes";
	static const struct spoilt rows[] = {
		{f, "NULL of 5 octets", IN_BODY_READ, play_bytes, BYTES_NULL, IMAPSRV_EINVAL,
		 "a body ended before the octets that were promised", "* BYE Internal error", true, 0},
		{f, "one more than was asked for", IN_BODY_READ, play_bytes, BYTES_MORE, IMAPSRV_EINVAL,
		 "more octets of a body than were asked for", "body\r\n)\r\n", false, 0},
		{f, "SIZE_MAX octets", IN_BODY_READ, play_bytes, BYTES_SIZE_MAX, IMAPSRV_EINVAL,
		 "a body ended before the octets that were promised", "* BYE Internal error", true, 0},
		{f, "one at a time", IN_BODY_READ, play_bytes, BYTES_ONE, 0, NULL, "body\r\n)\r\n", false, 0},
		{f, "none at all", IN_BODY_READ, play_bytes, BYTES_NONE, 0,
		 "a body ended before the octets that were promised", "* BYE Internal error", true, 0},
		{f, "fewer than were promised", IN_BODY_READ, play_bytes, BYTES_SHORT, 0,
		 "a body ended before the octets that were promised", "* BYE Internal error", true, 0},
		{f, "a refusal in the middle", IN_BODY_READ, play_bytes, BYTES_REFUSED, 0, NULL, "* BYE Internal error", true, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- append, replace, copy, move ------------------------------------------------------------ */

enum { HANDLE_LEFT_OUT, HANDLE_TWICE, HANDLE_NULL, HANDLE_REFUSED };

static void play_append(struct imapsrv_op *op, const void *q)
{
	(void)q;
	world.appends += spoilt_how != HANDLE_LEFT_OUT;
	if (spoilt_how == HANDLE_TWICE)
		imapsrv_op_append(op, &world);
	spoilt_gave = spoilt_how == HANDLE_LEFT_OUT ? 0 : imapsrv_op_append(op, spoilt_how == HANDLE_NULL ? NULL : op);
	imapsrv_op_done(op, spoilt_how == HANDLE_REFUSED ? IMAPSRV_OVERQUOTA : IMAPSRV_OK, NULL);
}

static void play_appended(struct imapsrv_op *op, const void *q)
{
	static const struct imapsrv_range good = {50, 50}, many = {50, 51}, high = {UINT32_MAX, UINT32_MAX};
	struct imapsrv_set set = spoilt_how < SETS            ? bad_set(spoilt_how)
	                         : spoilt_how == UIDS_NONE    ? set_of(NULL, 0)
	                         : spoilt_how == UIDS_MANY    ? set_of(&many, 1)
	                         : spoilt_how == UIDS_BEYOND  ? set_of(&high, 1)
	                                                      : set_of(&good, 1);

	(void)q;
	if (spoilt_how == UIDS_AGAIN)
		imapsrv_op_appended(op, 8, set);
	spoilt_gave = imapsrv_op_appended(op, spoilt_how != UIDS_NO_VALIDITY ? 8 : 0, set);
	if (world.at == IN_REPLACE)
		imapsrv_op_modseq(op, 101);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define APPENDED(what, how, gives, fault, text)                                                    \
	{f, what, IN_APPEND_FINISH, play_appended, how, gives, fault, text, false, 0},              \
	{f, what ", of a replacement", IN_REPLACE, play_appended, how, gives, fault, text, false, 0}

static void test_append(void **state)
{
	static const char h[] = "imapsrv_op_append", f[] = "imapsrv_op_appended";
	static const char many[] = "not as many UIDs as messages were appended";
	static const struct spoilt rows[] = {
		{h, "left out", IN_APPEND_BEGIN, play_append, HANDLE_LEFT_OUT, 0,
		 "an append was begun without imapsrv_op_append", "a NO [SERVERBUG]", false, 0},
		{h, "twice", IN_APPEND_BEGIN, play_append, HANDLE_TWICE, IMAPSRV_EINVAL,
		 "an append that was begun already was given a handle", "a OK [APPENDUID 8 50]", false, 0},
		{h, "NULL", IN_APPEND_BEGIN, play_append, HANDLE_NULL, 0, NULL, "a OK [APPENDUID 8 50]", false, 0},
		{h, "with a refusal", IN_APPEND_BEGIN, play_append, HANDLE_REFUSED, 0, NULL, "a NO [OVERQUOTA]", false, 0},
		APPENDED("NULL", SET_NULL, IMAPSRV_EINVAL, NOT_ASCENDING, "!APPENDUID"),
		APPENDED("UID 0", SET_ZERO, IMAPSRV_EINVAL, NOT_ASCENDING, "!APPENDUID"),
		APPENDED("a range turned round", SET_TURNED, IMAPSRV_EINVAL, NOT_ASCENDING, "!APPENDUID"),
		APPENDED("ranges that touch", SET_TOUCHING, IMAPSRV_EINVAL, NOT_ASCENDING, "!APPENDUID"),
		APPENDED("a range twice", SET_TWICE, IMAPSRV_EINVAL, NOT_ASCENDING, "!APPENDUID"),
		APPENDED("descending", SET_DESCENDING, IMAPSRV_EINVAL, NOT_ASCENDING, "!APPENDUID"),
		APPENDED("none", UIDS_NONE, 0, NULL, "!APPENDUID"),
		APPENDED("more than messages", UIDS_MANY, IMAPSRV_EINVAL, many, "!APPENDUID"),
		APPENDED("twice", UIDS_AGAIN, IMAPSRV_EINVAL, many, "APPENDUID 8 50]"),
		APPENDED("UIDVALIDITY 0", UIDS_NO_VALIDITY, 0, NULL, "!APPENDUID"),
		APPENDED("the highest UID", UIDS_BEYOND, 0, NULL, "APPENDUID 8 4294967295]"),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

static void play_copied(struct imapsrv_op *op, const void *q)
{
	static const struct imapsrv_range from = {1, 2}, to = {50, 51}, three = {50, 52}, one = {1, 1}, two = {2, 2},
	                                  first = {50, 50}, second = {51, 51}, beyond = {70, 71};

	(void)q;
	if (spoilt_how < SETS) {
		spoilt_gave = imapsrv_op_copied(op, 8, bad_set(spoilt_how), set_of(&to, 1));
		assert_int_equal(imapsrv_op_copied(op, 8, set_of(&from, 1), bad_set(spoilt_how)), IMAPSRV_EINVAL);
	} else if (spoilt_how == UIDS_DOWN) {
		imapsrv_op_copied(op, 8, set_of(&two, 1), set_of(&first, 1));
		spoilt_gave = imapsrv_op_copied(op, 8, set_of(&one, 1), set_of(&second, 1));
	} else if (spoilt_how == UIDS_TWO_VALIDITIES) {
		imapsrv_op_copied(op, 8, set_of(&one, 1), set_of(&first, 1));
		spoilt_gave = imapsrv_op_copied(op, 7, set_of(&two, 1), set_of(&second, 1));
	} else {
		spoilt_gave = imapsrv_op_copied(op, spoilt_how != UIDS_NO_VALIDITY ? 8 : 0,
		                                spoilt_how == UIDS_BEYOND ? set_of(&beyond, 1) : set_of(&from, 1),
		                                spoilt_how == UIDS_UNEVEN ? set_of(&three, 1) : set_of(&to, 1));
		if (spoilt_how == UIDS_AGAIN)
			spoilt_gave = imapsrv_op_copied(op, 8, set_of(&from, 1), set_of(&to, 1));
	}
	if (world.at == IN_MOVE)
		imapsrv_op_modseq(op, 101);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define COPIED(what, how, gives, fault, text)                                                      \
	{f, what, IN_COPY, play_copied, how, gives, fault, text, false, 0},                         \
	{f, what ", of a move", IN_MOVE, play_copied, how, gives, fault, text, false, 0}

static void test_copied(void **state)
{
	static const char f[] = "imapsrv_op_copied";
	static const char uneven[] = "copied UIDs that are not ascending or not as many on both sides";
	static const char down[] = "UIDs that do not ascend from one answer to the next";
	static const struct spoilt rows[] = {
		COPIED("NULL", SET_NULL, IMAPSRV_EINVAL, uneven, "!COPYUID"),
		COPIED("UID 0", SET_ZERO, IMAPSRV_EINVAL, uneven, "!COPYUID"),
		COPIED("a range turned round", SET_TURNED, IMAPSRV_EINVAL, uneven, "!COPYUID"),
		COPIED("ranges that touch", SET_TOUCHING, IMAPSRV_EINVAL, uneven, "!COPYUID"),
		COPIED("a range twice", SET_TWICE, IMAPSRV_EINVAL, uneven, "!COPYUID"),
		COPIED("descending", SET_DESCENDING, IMAPSRV_EINVAL, uneven, "!COPYUID"),
		COPIED("not as many", UIDS_UNEVEN, IMAPSRV_EINVAL, uneven, "!COPYUID"),
		COPIED("descending from one call to the next", UIDS_DOWN, IMAPSRV_EINVAL, down, "!COPYUID"),
		COPIED("twice", UIDS_AGAIN, IMAPSRV_EINVAL, down, "!COPYUID"),
		COPIED("of two UIDVALIDITYs", UIDS_TWO_VALIDITIES, 0, NULL, "!COPYUID"),
		COPIED("UIDVALIDITY 0", UIDS_NO_VALIDITY, 0, NULL, "!COPYUID"),
		COPIED("of messages that were not asked for", UIDS_BEYOND, IMAPSRV_EINVAL,
		       "UIDs of messages that were not to be copied", "!COPYUID"),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- modseq --------------------------------------------------------------------------------- */

static const uint64_t modseqs[] = {0, UINT64_C(1) << 63, UINT64_MAX, 99, 0};

static void play_modseq(struct imapsrv_op *op, const void *q)
{
	static const struct imapsrv_range one = {1, 1}, made = {50, 50};

	(void)q;
	if (world.at == IN_EXPUNGE)
		imapsrv_op_uids(op, set_of(&one, 1));
	else if (world.at == IN_REPLACE)
		imapsrv_op_appended(op, 8, set_of(&made, 1));
	else
		imapsrv_op_copied(op, 8, set_of(&one, 1), set_of(&made, 1));
	spoilt_gave = spoilt_how == 4 ? 0 : imapsrv_op_modseq(op, modseqs[spoilt_how]);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define MODSEQ(what, how, gives, fault)                                                            \
	{f, what, IN_EXPUNGE, play_modseq, how, gives, fault, "* 1 EXPUNGE", false, 0},             \
	{f, what ", of a move", IN_MOVE, play_modseq, how, gives, fault, "* 1 EXPUNGE", false, 0},  \
	{f, what ", of a replacement", IN_REPLACE, play_modseq, how, gives, fault, "* 1 EXPUNGE", false, 0}

static void test_modseq(void **state)
{
	static const char f[] = "imapsrv_op_modseq", without[] = "messages were expunged without imapsrv_op_modseq";
	static const struct spoilt rows[] = {
		MODSEQ("0", 0, IMAPSRV_EINVAL, without),
		MODSEQ("2^63", 1, IMAPSRV_EINVAL, without),
		MODSEQ("2^64-1", 2, IMAPSRV_EINVAL, without),
		MODSEQ("lower than before", 3, 0, "modification sequences that run backwards"),
		MODSEQ("left out", 4, 0, without),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- sort, thread, search ------------------------------------------------------------------- */

enum { LIST_NULL, LIST_NONE, LIST_ZERO, LIST_FOREIGN, LIST_TWICE, LIST_SHORT, LIST_DEEP, LIST_DEEP_FIRST, LIST_LONG };

static void play_order(struct imapsrv_op *op, const void *q)
{
	static const uint32_t lists[][4] = {{0}, {0}, {0, 1, 2, 3}, {1, 2, 3, 77}, {1, 2, 2, 3}, {1, 2}};
	static const size_t counts[] = {3, 0, 4, 4, 4, 2};

	(void)q;
	spoilt_gave = imapsrv_op_order(op, spoilt_how == LIST_NULL ? NULL : lists[spoilt_how], counts[spoilt_how]);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void play_thread(struct imapsrv_op *op, const void *q)
{
	static struct imapsrv_thread_member many[5000];
	static const struct imapsrv_thread_member lists[][4] = {
		{{0, 0}},
		{{0, 0}},
		{{1, 0}, {0, 1}, {2, 0}, {3, 0}},
		{{1, 0}, {2, 1}, {3, 1}, {77, 1}},
		{{1, 0}, {2, 1}, {2, 1}, {3, 0}},
		{{1, 0}, {2, 0}},
		{{1, 0}, {2, 2}, {3, 0}},
		{{1, 1}, {2, 0}, {3, 0}},
	};
	static const size_t counts[] = {3, 0, 4, 4, 4, 2, 3, 3};

	(void)q;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct imapsrv_thread_member){0, 0};
	spoilt_gave = spoilt_how == LIST_NULL   ? imapsrv_op_thread(op, NULL, 3)
	              : spoilt_how == LIST_LONG ? imapsrv_op_thread(op, many, COUNT(many))
	                                        : imapsrv_op_thread(op, lists[spoilt_how], counts[spoilt_how]);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void test_order(void **state)
{
	static const char o[] = "imapsrv_op_order", t[] = "imapsrv_op_thread";
	static const char other[] = "messages were not put in order as they were asked for";
	static const char sorted[] = "* SORT 1 2 3", threads[] = "* THREAD ((1)(2)(3))";
	static const struct spoilt rows[] = {
		{o, "NULL", IN_SORT, play_order, LIST_NULL, IMAPSRV_EINVAL, "an order that is not there", "* SORT", false, 0},
		{o, "none", IN_SORT, play_order, LIST_NONE, 0, NULL, "* SORT", false, 0},
		{o, "UID 0", IN_SORT, play_order, LIST_ZERO, 0, other, sorted, false, 0},
		{o, "of a message that was not asked for", IN_SORT, play_order, LIST_FOREIGN, 0, other, sorted, false, 0},
		{o, "a message twice", IN_SORT, play_order, LIST_TWICE, 0, other, sorted, false, 0},
		{o, "a message left out", IN_SORT, play_order, LIST_SHORT, 0, NULL, "* SORT 1 2", false, 0},
		{t, "NULL", IN_THREAD, play_thread, LIST_NULL, IMAPSRV_EINVAL, "threads that are not there", "* THREAD", false, 0},
		{t, "none", IN_THREAD, play_thread, LIST_NONE, 0, NULL, "* THREAD", false, 0},
		{t, "UID 0 with a depth", IN_THREAD, play_thread, LIST_ZERO, 0, other, threads, false, 0},
		{t, "of a message that was not asked for", IN_THREAD, play_thread, LIST_FOREIGN, 0, other, threads, false, 0},
		{t, "a message twice", IN_THREAD, play_thread, LIST_TWICE, 0, other, threads, false, 0},
		{t, "a message left out", IN_THREAD, play_thread, LIST_SHORT, 0, NULL, "* THREAD (1)(2)", false, 0},
		{t, "two depths at once", IN_THREAD, play_thread, LIST_DEEP, 0, other, threads, false, 0},
		{t, "a depth at the start", IN_THREAD, play_thread, LIST_DEEP_FIRST, 0, other, threads, false, 0},
		{t, "thousands that are not there", IN_THREAD, play_thread, LIST_LONG, 0, NULL, "* THREAD\r\n", false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

enum { NODE_NULL = SETS, NODE_FOREIGN, NODE_ODD, NODE_MATCHES_BEYOND, RELEVANT_0, RELEVANT_101, RELEVANT_MAX, RELEVANT_UID_0,
       RELEVANT_BEYOND };

static void play_found(struct imapsrv_op *op, const void *q)
{
	static const struct imapsrv_range one = {1, 1}, beyond = {77, UINT32_MAX};
	const struct imapsrv_search_node *root = ((const struct imapsrv_search *)q)->root;
	struct imapsrv_set none = {NULL, 0};
	static struct imapsrv_search_node other;

	switch (spoilt_how) {
	case NODE_NULL:
	case NODE_FOREIGN:
	case NODE_ODD:
		spoilt_gave = imapsrv_op_found(op, spoilt_how == NODE_NULL      ? NULL
		                                   : spoilt_how == NODE_FOREIGN ? &other
		                                   : (const void *)((const char *)root + 1),
		                               set_of(&one, 1), none);
		break;
	case NODE_MATCHES_BEYOND:
		spoilt_gave = imapsrv_op_found(op, root, set_of(&beyond, 1), set_of(&beyond, 1));
		break;
	case RELEVANT_0:
	case RELEVANT_101:
	case RELEVANT_MAX:
		imapsrv_op_found(op, root, set_of(&one, 1), none);
		spoilt_gave = imapsrv_op_relevancy(op, 1, spoilt_how == RELEVANT_0     ? 0
		                                          : spoilt_how == RELEVANT_101 ? 101
		                                                                       : UINT32_MAX);
		break;
	case RELEVANT_UID_0:
	case RELEVANT_BEYOND:
		imapsrv_op_found(op, root, set_of(&one, 1), none);
		spoilt_gave = imapsrv_op_relevancy(op, spoilt_how == RELEVANT_UID_0 ? 0 : 77, 50);
		break;
	default:
		spoilt_gave = imapsrv_op_found(op, root, bad_set(spoilt_how), none);
		assert_int_equal(imapsrv_op_found(op, root, none, bad_set(spoilt_how)), IMAPSRV_EINVAL);
		break;
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

#define FOUND(what, how, fault, text) \
	{f, what, IN_SEARCH, play_found, how, IMAPSRV_EINVAL, fault, text, false, 0}
#define RELEVANT(what, how, gives, fault) \
	{r, what, IN_SEARCH, play_found, how, gives, fault, "RELEVANCY (100)", false, 0}

static void test_found(void **state)
{
	static const char f[] = "imapsrv_op_found", r[] = "imapsrv_op_relevancy";
	static const char node[] = "a node was answered that was not asked about";
	static const char percent[] = "a relevancy that is not 1 to 100, or of UID 0";
	static const struct spoilt rows[] = {
		FOUND("NULL", SET_NULL, NOT_ASCENDING, "* ESEARCH"),
		FOUND("UID 0", SET_ZERO, NOT_ASCENDING, "* ESEARCH"),
		FOUND("a range turned round", SET_TURNED, NOT_ASCENDING, "* ESEARCH"),
		FOUND("ranges that touch", SET_TOUCHING, NOT_ASCENDING, "* ESEARCH"),
		FOUND("a range twice", SET_TWICE, NOT_ASCENDING, "* ESEARCH"),
		FOUND("descending", SET_DESCENDING, NOT_ASCENDING, "* ESEARCH"),
		FOUND("no node", NODE_NULL, node, "* ESEARCH"),
		FOUND("another node", NODE_FOREIGN, node, "* ESEARCH"),
		FOUND("a node and a half", NODE_ODD, node, "* ESEARCH"),
		{f, "messages that there are not", IN_SEARCH, play_found, NODE_MATCHES_BEYOND, 0, NULL, "* ESEARCH", false, 0},
		RELEVANT("0", RELEVANT_0, IMAPSRV_EINVAL, percent),
		RELEVANT("101", RELEVANT_101, IMAPSRV_EINVAL, percent),
		RELEVANT("2^32-1", RELEVANT_MAX, IMAPSRV_EINVAL, percent),
		RELEVANT("of UID 0", RELEVANT_UID_0, IMAPSRV_EINVAL, percent),
		RELEVANT("of a message that there is not", RELEVANT_BEYOND, 0, NULL),
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

/* ---- status --------------------------------------------------------------------------------- */

enum { STATUS_NULL, STATUS_NONE, STATUS_NEXT_0, STATUS_VALIDITY_0, STATUS_MODSEQ, STATUS_TWICE, STATUS_LEFT_OUT,
       STATUS_UNASKED, STATUS_RIGHTS };

static void play_status(struct imapsrv_op *op, const void *q)
{
	struct imapsrv_status status = {.items = ((const struct imapsrv_status_query *)q)->items, .messages = 3,
	                                .uidnext = 4, .uidvalidity = 9, .highest_modseq = 100,
	                                .rights = IMAPSRV_RIGHTS_STANDARD};

	if (spoilt_how == STATUS_NONE)
		status.items = 0;
	if (spoilt_how == STATUS_NEXT_0)
		status.uidnext = 0;
	if (spoilt_how == STATUS_VALIDITY_0)
		status.uidvalidity = 0;
	if (spoilt_how == STATUS_MODSEQ)
		status.highest_modseq = UINT64_MAX;
	if (spoilt_how == STATUS_UNASKED) {
		status.items = UINT32_MAX;
		status.mailboxid = (struct imapsrv_span){NULL, 5};
	}
	if (spoilt_how == STATUS_RIGHTS)
		status.rights = UINT32_MAX;
	if (spoilt_how == STATUS_TWICE)
		imapsrv_op_status(op, &status);
	spoilt_gave = spoilt_how == STATUS_LEFT_OUT ? 0 : imapsrv_op_status(op, spoilt_how == STATUS_NULL ? NULL : &status);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void test_status(void **state)
{
	static const char f[] = "imapsrv_op_status", zero[] = "UIDVALIDITY and UIDNEXT cannot be 0";
	static const char counted[] = "* STATUS Other (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 9 HIGHESTMODSEQ 100)";
	static const struct spoilt rows[] = {
		{f, "NULL", IN_STATUS, play_status, STATUS_NULL, IMAPSRV_EINVAL, "no status", counted, false, 0},
		{f, "of nothing", IN_STATUS, play_status, STATUS_NONE, 0, NULL, counted, false, 0},
		{f, "UIDNEXT 0", IN_STATUS, play_status, STATUS_NEXT_0, 0, zero, counted, false, 0},
		{f, "UIDVALIDITY 0", IN_STATUS, play_status, STATUS_VALIDITY_0, 0, zero, counted, false, 0},
		{f, "HIGHESTMODSEQ 2^64-1", IN_STATUS, play_status, STATUS_MODSEQ, 0,
		 "a modification sequence above 2^63-1", "HIGHESTMODSEQ 0)", false, 0},
		{f, "twice", IN_STATUS, play_status, STATUS_TWICE, 0, NULL, counted, false, 0},
		{f, "left out", IN_STATUS, play_status, STATUS_LEFT_OUT, 0, NULL, counted, false, 0},
		{f, "with what was not asked for", IN_STATUS, play_status, STATUS_UNASKED, 0,
		 "an object identifier that is not 1 to 255 of A-Z a-z 0-9 _ -", counted, false, 0},
		{f, "unknown rights", IN_STATUS, play_status, STATUS_RIGHTS, 0, "rights that the host does not have",
		 counted, false, 0},
	};

	(void)state;
	run_spoilt(rows, COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mailbox),
		cmocka_unit_test(test_uids),
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_much),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_copied),
		cmocka_unit_test(test_modseq),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
