/* SPDX-License-Identifier: MIT */
/*
 * strict/cursor - a place in a response, and the rules that move it.  Each rule has the name of its
 * ABNF, moves behind what it matches and returns true; or returns false, and the first one to do so
 * has left its name and its place in the cursor.  None is tried twice: the next octet says which
 * alternative it is.
 */
#ifndef TEST_STRICT_CURSOR_H
#define TEST_STRICT_CURSOR_H

#include "strict/strict.h"

struct st_cursor {
	const char *begin;
	const char *at;
	const char *end;
	const char *rule;  /* which failed, NULL: none */
	const char *where; /* and where */
	struct st *st;
};

/* A string as it stands on the wire: escapes of a quoted one are still in it. */
struct st_string {
	const char *data;
	size_t len;
	bool nil;
	bool quoted;
};

/* ---- cursor: octets, words, numbers ---- */

bool st_fail(struct st_cursor *c, const char *rule); /* false */
bool st_next(const struct st_cursor *c, char octet); /* is it the next? */
bool st_over(const struct st_cursor *c);
bool st_take(struct st_cursor *c, char octet);       /* if it is the next; no failure */
bool st_octet(struct st_cursor *c, char octet, const char *rule);
bool st_sp(struct st_cursor *c, const char *rule);
bool st_end(struct st_cursor *c, const char *rule);  /* of the response */
/* The word up to the next SP, parenthesis or bracket, or the end. */
struct st_string st_word(const struct st_cursor *c);
/* Takes that word if it is this one, in any case. */
bool st_take_word(struct st_cursor *c, const char *word);
bool st_is(const struct st_string *s, const char *word);
bool st_begins(const struct st_string *s, const char *prefix);
bool st_nil(struct st_cursor *c); /* takes NIL if it is the next; no failure */
bool st_agreed(const struct st_cursor *c, unsigned any_of);

bool st_number(struct st_cursor *c, uint32_t *n_r);   /* _r may be NULL */
bool st_nz_number(struct st_cursor *c, uint32_t *n_r);
bool st_number64(struct st_cursor *c, uint64_t *n_r); /* 63 bits */
bool st_mod_sequence(struct st_cursor *c);            /* mod-sequence-value */
bool st_mod_sequence_zero(struct st_cursor *c);       /* mod-sequence-valzer */
/* sequence-set as a server may say it: neither "*" nor "$"; ranges go up if `up` */
bool st_set(struct st_cursor *c, bool up, const char *rule);

/* ---- string ---- */

bool st_atom(struct st_cursor *c, struct st_string *s_r);
bool st_string_(struct st_cursor *c, struct st_string *s_r);
bool st_nstring(struct st_cursor *c, struct st_string *s_r);
bool st_nstring8(struct st_cursor *c, struct st_string *s_r); /* nstring / literal8 */
bool st_astring(struct st_cursor *c, struct st_string *s_r);
bool st_quoted(struct st_cursor *c, struct st_string *s_r);
bool st_tag(struct st_cursor *c, struct st_string *s_r);
bool st_mailbox(struct st_cursor *c);
bool st_mailbox_or_empty(struct st_cursor *c);
bool st_delimiter(struct st_cursor *c); /* DQUOTE QUOTED-CHAR DQUOTE / nil */
bool st_text(struct st_cursor *c);      /* 1*TEXT-CHAR up to the end of the response */
/* Does the string, its escapes undone, have these octets? */
bool st_same(const struct st_string *s, const char *text);
bool st_same_string(const struct st_string *a, const struct st_string *b);
/* Length of a UTF-8 character at data, 0 if it is none. */
size_t st_utf8(const char *data, size_t len);

/* ---- the other files ---- */

bool st_date_time(struct st_cursor *c);
bool st_flag_list(struct st_cursor *c);  /* "FLAGS" */
bool st_flag_fetch(struct st_cursor *c); /* with \Recent */
bool st_flag_perm(struct st_cursor *c);  /* with \* */
bool st_capability_data(struct st_cursor *c); /* behind "CAPABILITY" */
bool st_enable_data(struct st_cursor *c);     /* behind "ENABLED" */

enum st_condition {
	ST_OK = 1,
	ST_NO = 2,
	ST_BAD = 4,
	ST_BYE = 8,
	ST_PREAUTH = 16,
	ST_TAGGED = 32    /* beside one of these */
};
bool st_resp_text(struct st_cursor *c, unsigned condition);

bool st_mailbox_list(struct st_cursor *c);
bool st_lsub(struct st_cursor *c);
bool st_status(struct st_cursor *c);
bool st_namespace(struct st_cursor *c);
bool st_msg_att(struct st_cursor *c);
bool st_envelope(struct st_cursor *c);
bool st_body(struct st_cursor *c, bool extensible);
bool st_search(struct st_cursor *c); /* also of SORT */
bool st_esearch(struct st_cursor *c);
bool st_thread(struct st_cursor *c);
bool st_vanished(struct st_cursor *c);
bool st_uidbatches(struct st_cursor *c);
bool st_objectid(struct st_cursor *c); /* "(" objectid ")" */

/* asked: whether it may come now. */
const struct tc_command *st_asked(const struct st_cursor *c); /* NULL: none, or not known */
bool st_knows(const struct st_cursor *c); /* is it known which command is in progress? */
/* Is the command in progress one of these ("SELECT EXAMINE", "" for none)?  True if it is not known. */
bool st_during(const struct st_cursor *c, const char *names);
/* What commands and responses agree on. */
void st_agree(struct st *s);

void st_response(struct st *s, const char *data, size_t len);

#endif
