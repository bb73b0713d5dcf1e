/* SPDX-License-Identifier: MIT */
/*
 * search/program - what a SEARCH asks for (RFC 9051 6.4.4): search keys as a flat program in
 * postfix order, parsed and evaluated without recursion, so that neither parentheses nor chains of
 * NOT and OR can exhaust a stack (ATTACKS T16).
 *
 * A message is a row of facts.  Facts that a row does not have leave a verdict open, so that cheap
 * facts are looked at first and expensive ones are asked for only where they decide.
 *
 * A new key is a row in the table of keys.c; where no kind of term says what it asks for, also a
 * kind here and its test in evaluate.c.
 */
#ifndef ISRV_SEARCH_PROGRAM_H
#define ISRV_SEARCH_PROGRAM_H

#include "imapsrv/engine.h"
#include "wire/reader.h"

enum isrv_term_kind {
	/* Leaves: each is true or false of a message. */
	ISRV_TERM_ALL,
	ISRV_TERM_SET,     /* a sequence-set, of numbers or UIDs */
	ISRV_TERM_FLAGS,   /* system flags */
	ISRV_TERM_KEYWORD,
	ISRV_TERM_RECENT,
	ISRV_TERM_DATE,    /* internal date */
	ISRV_TERM_SIZE,
	ISRV_TERM_MODSEQ,
	ISRV_TERM_OBJECT,  /* an object identifier */
	ISRV_TERM_SAVED,   /* save date, or internal date where there is none */
	ISRV_TERM_AGE,     /* how long ago the internal date is */
	ISRV_TERM_HAS_SAVED, /* there is a save date */
	ISRV_TERM_TEXT,    /* a string in the message */
	ISRV_TERM_SENT,    /* the Date field */
	ISRV_TERM_NOTE,    /* a string in an annotation */
	/* Operators on what came before. */
	ISRV_TERM_NOT,
	ISRV_TERM_FUZZY, /* as the host sees fit; where it says nothing, to the letter */
	ISRV_TERM_AND,
	ISRV_TERM_OR
};

/* What only the message's octets tell, beside enum imapsrv_fact: its header, its texts. */
#define ISRV_FACT_HEADER (UINT32_C(1) << 30)
#define ISRV_FACT_TEXT	 (UINT32_C(1) << 31)
#define ISRV_FACTS_READ	 (ISRV_FACT_HEADER | ISRV_FACT_TEXT)
/* And its annotations, which are asked for apart; what no row of the host has. */
#define ISRV_FACT_NOTES	 (UINT32_C(1) << 29)
#define ISRV_FACTS_APART (ISRV_FACTS_READ | ISRV_FACT_NOTES)
/* Keys about annotations: each is held against every annotation of a message. */
#define ISRV_PROGRAM_NOTES 16u

enum isrv_where {
	ISRV_IN_FIELD, /* a field of the message's own header */
	ISRV_IN_TEXT,  /* all headers, all texts */
	ISRV_IN_BODY   /* all texts */
};

struct isrv_term {
	uint8_t kind;  /* enum isrv_term_kind */
	bool negate;   /* a leaf whose opposite is meant: UNSEEN, OLD */
	bool required; /* a leaf or a FUZZY that every match satisfies: it stands under no NOT, no
	                  OR and no FUZZY */
	union {
		struct {
			struct isrv_rd_set written;
			struct imapsrv_set uids; /* `written` in the mailbox: set by the caller */
			bool uid;                /* `written` holds UIDs */
		} set;
		uint32_t flag; /* enum imapsrv_flag */
		struct {
			struct imapsrv_span name;
			uint32_t index; /* among the program's keywords */
		} keyword;
		struct {
			int64_t first; /* days since 1970-01-01, both included */
			int64_t last;
		} date;
		struct {
			uint32_t seconds;
			bool younger; /* not older: less long ago, or as long */
		} age;
		struct {
			uint64_t first; /* octets, both included; none if last < first */
			uint64_t last;
		} size;
		uint64_t modseq; /* this and above (RFC 7162 3.1.5) */
		struct {
			struct imapsrv_span id;
			uint32_t fact; /* IMAPSRV_FACT_EMAILID or _THREADID */
		} object;
		struct {
			struct imapsrv_span field;  /* its name, of ISRV_IN_FIELD */
			struct imapsrv_span needle; /* as the comparator makes it */
			uint32_t index;             /* among the terms of this kind */
			uint8_t where;              /* enum isrv_where */
		} text;
		struct {
			struct imapsrv_span entry;  /* a name, or a pattern of names */
			struct imapsrv_span needle; /* as the comparator makes it */
			uint32_t values;            /* enum imapsrv_annotation_value: in any of
			                             * these */
		} note;
	} u;
};

/* FILTER and a name (RFC 5466 3.1), as offsets from the beginning of the program as written. */
struct isrv_filter_name {
	struct isrv_filter_name *next; /* in the order in which they stand there */
	size_t at;                     /* of the key, */
	size_t name;                   /* of the name, */
	size_t end;                    /* behind it */
};

struct isrv_program {
	struct isrv_term *terms;
	uint32_t count;
	uint32_t leaves; /* terms that are leaves */
	uint32_t texts;  /* of these, ISRV_TERM_TEXT */
	uint32_t notes;  /* and ISRV_TERM_NOTE */
	uint32_t facts;  /* enum imapsrv_fact and ISRV_FACT_*: what it looks at */
	uint8_t *stack;  /* for evaluating */
	struct imapsrv_span *keywords; /* that it asks for (search/keywords.h); and for
	                                * evaluating, */
	uint8_t *present;              /* which of these the message at hand has */
	uint32_t keyword_count;
	/* Filters that it names.  Where there are any, it is not to be evaluated: what stands in
	 * their place is ALL. */
	struct isrv_filter_name *filters;
	uint8_t comparator; /* enum isrv_comparator: of its strings, and what SORT and THREAD
	                     * compare */
	bool timed;        /* it asks for the age of messages: rows have `now` */
	bool fuzzy;        /* FUZZY is one of its keys */
	bool bad_charset; /* CHARSET named one that is not known: nothing else is set */
};

/* Keys that not every session knows. */
enum isrv_search_feature {
	ISRV_SEARCH_MODSEQ = 1 << 0,  /* MODSEQ (RFC 7162 3.1.5) */
	ISRV_SEARCH_OBJECTID = 1 << 1, /* EMAILID, THREADID (RFC 8474 6) */
	ISRV_SEARCH_SAVEDATE = 1 << 2, /* SAVEDBEFORE and its kind (RFC 8514 4.3) */
	ISRV_SEARCH_WITHIN = 1 << 3,   /* OLDER, YOUNGER (RFC 5032) */
	ISRV_SEARCH_UIDAFTER = 1 << 4, /* UIDAFTER, UIDBEFORE (RFC 9738 3.2) */
	ISRV_SEARCH_FILTER = 1 << 5,   /* FILTER (RFC 5466 3.1) */
	/* No key: strings are UTF-8, and no other charset may be named (RFC 9755 3). */
	ISRV_SEARCH_UTF8 = 1 << 6,
	/* No keys: the comparator (RFC 5255 4.7), if it is not the default. */
	ISRV_SEARCH_ASCII_CASEMAP = 1 << 7,
	ISRV_SEARCH_OCTET = 1 << 8,
	ISRV_SEARCH_ANNOTATION = 1 << 9, /* ANNOTATION (RFC 5257 4.8) */
	ISRV_SEARCH_FUZZY = 1 << 10      /* FUZZY (RFC 6203 3) */
};

/* enum isrv_comparator, of features. */
uint8_t isrv_program_comparator(uint32_t features);

/*
 * search-program = ["CHARSET" SP charset SP] search-key *(SP search-key), to the end of the
 * command. "CHARSET UTF-8" with nothing behind it is taken as ALL (a client in use sends that,
 * CLIENTS quirk 10).  With ISRV_SEARCH_UTF8 there is no CHARSET at all.  `features`: enum
 * isrv_search_feature, or-ed.
 */
bool isrv_program_parse(struct isrv_program *p, struct isrv_reader *r,
                        const struct imapsrv_limits *limits, uint32_t features);
/* search-criteria = charset 1*(SP search-key) (RFC 5256 5), to the end of the command.  With
 * ISRV_SEARCH_UTF8 the charset is UTF-8. */
bool isrv_program_parse_criteria(struct isrv_program *p, struct isrv_reader *r,
                                 const struct imapsrv_limits *limits, uint32_t features);

enum isrv_verdict {
	ISRV_MISS,
	ISRV_MATCH,
	ISRV_UNDECIDED /* it depends on a fact that the row does not have */
};

/* What somebody else knows of a term: true of `matches`, to be worked out for `candidates`, false
 * of all others. */
struct isrv_search_answer {
	struct imapsrv_set matches;
	struct imapsrv_set candidates;
};

/* A message, or a run of them. */
struct isrv_search_row {
	uint32_t uid;
	uint32_t recent_from; /* UIDs from here on are \Recent; 0: none */
	uint32_t facts;       /* enum imapsrv_fact, ISRV_FACT_*: which of the following are known */
	const struct imapsrv_flags *flags;
	int64_t date;
	int zone;
	int64_t now;          /* of a timed program: the moment of all its rows */
	uint64_t octets;
	uint64_t modseq;
	struct imapsrv_span emailid; /* empty: it has none */
	struct imapsrv_span threadid;
	bool saved;        /* it has a save date: */
	int64_t save_date;
	int save_zone;
	const struct isrv_search_answer *const *answers; /* by term, NULL for one that is not
	                                                    answered; NULL: none is */
	const uint8_t *found; /* by index of the texts: not 0, it is there; NULL: none looked for.
	                         One that is there decides before its fact is known */
	bool dated;           /* the header has a Date that can be read: */
	int64_t sent;         /* its day */
	uint32_t until;       /* set by isrv_program_eval: if no fact was looked at, the verdict is
	                         the same for all UIDs from uid up to here */
};

/*
 * What the program says about a row.  `known` may be NULL; else it has one octet for each leaf,
 * zero at first, and keeps what this row decides: a later call for the same message needs only the
 * facts that were missing.
 */
enum isrv_verdict isrv_program_eval(const struct isrv_program *p, struct isrv_search_row *row,
                                    uint8_t *known);

#endif
