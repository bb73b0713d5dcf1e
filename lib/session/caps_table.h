/* SPDX-License-Identifier: MIT */
/*
 * session/caps_table - the table of capabilities: for each what the host must have for it, what the
 * session must be like, which others it needs, and how it is said.  What that comes to, caps.c
 * works out.
 */
#ifndef ISRV_SESSION_CAPS_TABLE_H
#define ISRV_SESSION_CAPS_TABLE_H

#include "session/caps.h"

enum {
	ISRV_SHOW_NOTAUTH = 1,
	ISRV_SHOW_AUTH = 2,
	ISRV_SHOW_ALWAYS = 3
};

struct isrv_caps_row {
	const char *name;
	uint8_t show;    /* the ISRV_SHOW_ above */
	bool fixed;      /* the host cannot hide it */
	uint8_t with[2]; /* enum isrv_cap: never without these, */
	uint8_t without; /* nor beside this */
	uint8_t unsaid;  /* and where this is shown, it is not: that says more */
	bool (*host)(const struct imapsrv_engine *e); /* NULL: every one */
	bool (*now)(const struct imapsrv_session *s); /* NULL: always */
	void (*put)(struct isrv_writer *w, const struct imapsrv_session *s); /* NULL: its name */
};

/* By enum isrv_cap; there is none for ISRV_CAP_NONE. */
extern const struct isrv_caps_row isrv_caps_table[ISRV_CAP_COUNT];

#endif
