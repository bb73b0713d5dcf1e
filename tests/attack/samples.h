/* SPDX-License-Identifier: MIT */
/*
 * attack/samples - a line for each command that there is, as a client might send it, to be damaged
 * in every way.  That no command is missing is looked up in the library's own table.
 */
#ifndef ATTACK_SAMPLES_H
#define ATTACK_SAMPLES_H

#include "attack/world.h"

struct sample {
	const char *line;  /* with CRLF; perhaps lines that go on behind it */
	bool prelogin;
};

extern const struct sample samples[];
extern const size_t sample_count;

/* Is there a line for a command of that name?  In `line` alone. */
bool samples_is_of(const char *line, const char *name);

/* What the samples are about, in a store that has begun. */
void samples_fill(struct world *w);
/* A store with what the samples are about; limits are the defaults. */
void samples_begin(struct world *w);
/* Connects, and selects INBOX unless the sample is for before the login. */
void samples_connect(struct world *w, const struct sample *sample);

/* Words of the line that a client could put something else for: from *at_r on, *len_r octets. */
bool samples_word(const char *line, size_t n, size_t *at_r, size_t *len_r);
/* The line with that word replaced. */
void samples_replace(struct tx *t, const char *line, size_t at, size_t len, const struct tx *by);

/* The session takes a command yet, or has said that it is over. */
void samples_alive(struct world *w, const char *what);

#endif
