/* SPDX-License-Identifier: MIT */
/*
 * script/host - the host's side of a script: "host:" lines become a store and a configuration,
 * "H:" lines become what happens to them.  The words are listed in FORMAT.
 */
#ifndef TEST_SCRIPT_HOST_H
#define TEST_SCRIPT_HOST_H

#include "host/driver.h"
#include "script/script.h"

struct sh {
	const struct sc *script;
	struct tx_log *log;
	struct ts *ts;
	struct td *td; /* set when it runs */
	struct imapsrv_limits limits;
	struct imapsrv_config config;
	struct imapsrv_session_config session;
	struct imapsrv_id ids[8];
	const char *preauth;
	const char *external;
	const char *bindings[5][2]; /* type and data */
	size_t binding_count;
	const char *hidden[16];
	size_t hidden_count;
	bool silent; /* something was changed without an event */
	bool faulty; /* what H: lines assert of the store is not looked at */
};

/* Reads the host: lines into a new store. */
void sh_setup(struct sh *h, const struct sc *script, struct tx_log *log);
/* Connects a session as the host: lines say; false if it could not be. */
bool sh_connect(struct sh *h, int session, const char *preauth);
/* Does what an H: line says and settles. */
void sh_step(struct sh *h, const struct sc_step *step);

/* Shared by both files. */
/* "\Seen", "kw" or several separated by spaces, with no sign. */
struct sh_flags {
	uint32_t system;
	char *keywords[32];
	size_t keyword_count;
};
bool sh_flags(struct sh_flags *f, const char *text);
void sh_flags_free(struct sh_flags *f);
/* message NAME [uid N] [flags F] [date D] [size N] with the text below it; gives its UID, or 0. */
uint32_t sh_message(struct sh *h, const struct sc_words *w, struct ts_mailbox **mailbox_r);
/* annotation MAILBOX UID ENTRY shared|USER "value" | none, or with the value below it. */
struct ts_message *sh_annotated(struct sh *h, const struct sc_words *w, const char **owner_r,
                                struct ts_mailbox **mailbox_r);
bool sh_annotate(struct sh *h, const struct sc_words *w, struct ts_mailbox **mailbox_r);
struct ts_entry **sh_entries(struct sh *h, const struct sc_words *w);
/* rights MAILBOX IDENTIFIER LETTERS ... */
void sh_rights(struct sh *h, const struct sc_words *w, bool silent);
/* hostevent: H: lines that are events; false: it is none. */
bool sh_event(struct sh *h, const struct sc_words *w);
void sh_complain(struct sh *h, const struct sc_words *w, const char *what);

#endif
