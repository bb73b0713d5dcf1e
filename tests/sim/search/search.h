/* SPDX-License-Identifier: MIT */
/*
 * sim/search - a slow and simple account of what SEARCH must find, held against real sessions.
 * Messages are made from texts that are known, and only then encoded (mail.c); programs are trees
 * that are judged message by message against those texts (program.c); so nothing here parses mail,
 * decodes, or shares any code with lib/.
 */
#ifndef TEST_SIM_SEARCH_H
#define TEST_SIM_SEARCH_H

#include "host/driver.h"

/* ---- mail.c ----------------------------------------------------------------------------- */

enum { WORDS_MAX = 24 };

/* A text: letters of the alphabet, 0 for a space. */
struct text {
	unsigned char letters[200];
	size_t len;
};

/* What a message says, as searches compare it: titlecase, decomposed, single spaces. */
struct field {
	char *name;  /* as written */
	char *value; /* folded */
};
enum { NOTES = 2 };
extern const char *const note_names[NOTES]; /* their entries */
struct doc {
	struct field *fields; /* of the message's own header */
	size_t field_count;
	char **headers;       /* folded "NAME: VALUE", of all headers */
	size_t header_count;
	char **bodies;        /* folded texts of the parts that are looked into */
	size_t body_count;
	bool dated;
	int year, month, day; /* of the Date field */
	char *notes[NOTES][2]; /* folded values of its annotations, private and shared; NULL: none */
};

void text_random(struct text *t, struct tx_random *r, size_t most);
/* Adds it in UTF-8, or in ISO-8859-1 where `latin`. */
void text_put(struct tx *out, const struct text *t, bool latin);
bool text_is_latin(const struct text *t);
/* A NUL-terminated copy, folded. */
char *text_fold(const struct text *t);

extern const char *const field_names[];
enum { FIELD_NAMES = 8 };

/* Makes a message; `raw` is what is delivered. */
void doc_random(struct doc *d, struct tx *raw, struct tx_random *r);
/* Gives the message annotations. */
void doc_annotate(struct doc *d, struct ts_message *m, struct tx_random *r);
void doc_free(struct doc *d);

/* ---- program.c -------------------------------------------------------------------------- */

struct key;

/* Is an entry of that name meant by the pattern, one of those that are drawn? */
bool note_is_in(unsigned note, const char *pattern);

/* What a program is judged by. */
struct subject {
	const struct ts_mailbox *mailbox;
	const struct ts_message *message;
	const struct doc *doc;
	uint32_t number;      /* as announced */
	uint32_t last_number; /* what "*" is */
	uint32_t last_uid;
	const struct ts_set *saved;
	int64_t now;
	uint32_t recent_from; /* UIDs from here on are \Recent; 0: none */
	bool followed; /* numbers and "*" are those of an earlier moment (RFC 5267 4.3) */
};

/* What there is to draw from. */
struct draw {
	struct tx_random *r;
	uint32_t messages; /* announced; no numbers if 0 */
	uint32_t last_uid;
	bool modseq;
	uint64_t highest;
	bool latin; /* strings only that ISO-8859-1 has */
	/* Which keys the session knows. */
	bool clock;
	bool savedates;
	bool objectids;
	bool annotations;
	bool fuzzy;
	bool sides; /* UIDAFTER and UIDBEFORE */
	bool lasting; /* none that mean something else later */
	const char *emailid; /* one that there is, or none */
};

/* A program of several keys, all of which have to match.  Free with key_free. */
struct key *program_random(const struct draw *d, unsigned depth);
/* As a client writes it, behind SEARCH and its options; `latin`: strings in ISO-8859-1. */
void program_put(struct tx *out, const struct key *k, struct tx_random *r, bool latin);
bool program_matches(const struct key *k, const struct subject *s);
/* Does MODSEQ stand in it? */
bool program_has_modseq(const struct key *k);
void key_free(struct key *k);

/* ---- follow.c: searches whose results are followed -------------------------------------- */

enum { UIDS_MAX = 400, FOLLOWED = 20 };

/* What the client knows of the numbering. */
struct numbering {
	uint32_t uid[UIDS_MAX]; /* by number, from 1 */
	uint32_t count;
};

struct followed {
	char tag[16];
	bool uid;
	struct key *key; /* NULL: this place is free */
	/* As the command found them. */
	struct numbering then;
	struct ts_set saved;
	bool has[UIDS_MAX]; /* by UID: what the client was told */
};

struct follow {
	struct followed list[FOLLOWED];
	struct ts_mailbox *inbox;
	const struct doc *docs; /* by UID */
	int64_t now; /* the clock stands still */
	uint32_t recent_from;
	struct tx_log *log;
};

/* Takes the key.  `found`: numbers. */
void follow_add(struct follow *f, const char *tag, bool uid, struct key *key,
                const struct numbering *n, const struct ts_set *saved, const uint32_t *found,
                uint32_t count);
void follow_cancel(struct follow *f, const char *tag); /* NULL: all */
/* A line of the server: keeps the numbering and the results. */
void follow_hear(struct follow *f, struct numbering *n, const char *line);
/* Everything was told: is what the client knows so? */
void follow_check(struct follow *f);

/* ---- sorted.c: SORTs whose results are followed ----------------------------------------- */

struct sorted {
	char tag[16];
	bool uid;
	char *command; /* how to ask it anew, behind SORT and a space; NULL: this place is free */
	uint32_t list[UIDS_MAX]; /* UIDs, as the client was told */
	uint32_t count;
};

struct sorting {
	struct sorted list[FOLLOWED];
	struct tx_log *log;
};

/* `answer`: to SORT RETURN (ALL). */
void sorted_add(struct sorting *f, const char *tag, bool uid, const char *command,
                const struct numbering *n, const char *answer);
void sorted_cancel(struct sorting *f, const char *tag); /* NULL: all */
/* A line of the server, before the numbering is changed by it. */
void sorted_hear(struct sorting *f, const struct numbering *n, const char *line);
/* Is the list as the answer to a UID SORT says? */
void sorted_check(struct sorting *f, const struct sorted *x, const char *answer);

/* ---- index.c: a store with an index ----------------------------------------------------- */

struct index {
	struct tx_random random;
	struct ts_mailbox *inbox;
	const struct doc *docs; /* by UID */
};

enum imapsrv_code index_search(const struct ts_op *q, void *user);

#endif
