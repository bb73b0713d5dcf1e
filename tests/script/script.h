/* SPDX-License-Identifier: MIT */
/*
 * script/script - a script file as steps: what the client sends, what the host does, and what is
 * expected after each.  FORMAT in this directory describes the files.  Knows nothing of how they
 * are run.
 */
#ifndef TEST_SCRIPT_SCRIPT_H
#define TEST_SCRIPT_SCRIPT_H

#include "host/text.h"

enum sc_expect_kind {
	SC_LINE,  /* S:    exactly this line        */
	SC_GLOB,  /* S~    a line that matches      */
	SC_RAW,   /* S- S= exactly these octets     */
	SC_SKIP,  /* S...  any lines                */
	SC_STATE  /* S!    what the session is in   */
};

struct sc_expect {
	enum sc_expect_kind kind;
	int session;
	int line;
	struct tx text;
};

enum sc_step_kind {
	SC_START, /* the first: session 1 connects */
	SC_SEND,  /* C: C- C=                      */
	SC_HOST   /* H:                            */
};

/* A line of words, with a message below it. */
struct sc_words {
	int line;
	char **word;
	size_t count;
	struct tx body;
	bool has_body;
};

struct sc_step {
	enum sc_step_kind kind;
	int session;
	int line;
	struct tx bytes;       /* SC_SEND */
	struct sc_words words; /* SC_HOST */
	struct sc_expect *expects;
	size_t expect_count;
	bool begins_command;   /* filled in by the first run: a new command may begin here */
};

struct sc {
	char *path;
	struct sc_words *setup; /* the host: lines */
	size_t setup_count;
	struct sc_step *steps;
	size_t step_count;
	int sessions;           /* the highest number */
	bool no_pipeline;
	bool every_fault;       /* at each point, not at some */
	char error[300];        /* with file and line, if reading failed */
};

/* NULL is never given; look at error[0]. */
struct sc *sc_read(const char *path);
/* The same of a text; the name is for complaints. */
struct sc *sc_parse(const char *name, const char *text, size_t len);
void sc_free(struct sc *s);

#endif
