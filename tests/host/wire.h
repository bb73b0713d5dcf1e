/* SPDX-License-Identifier: MIT */
/*
 * host/wire - the strict reader of what a session emits: octets to whole responses, literals
 * included (RFC 9051 4).  Complains of everything that a strict client would choke on: a CR
 * without LF, a LF without CR, a control character or an 8-bit octet outside literals (8-bit is
 * allowed once UTF-8 was agreed), a NUL in anything but a literal8.
 */
#ifndef TEST_HOST_WIRE_H
#define TEST_HOST_WIRE_H

#include "host/text.h"

struct tw {
	struct tx_log *log;
	/* A response, without its last CRLF. */
	void (*each)(void *user, const char *data, size_t len);
	void *user;
	bool utf8;
	struct tx response;
	size_t line;      /* where in it the line begins */
	uint64_t literal; /* octets of a literal still to come */
	bool literal8;
	bool cr;
	bool had_literal; /* the response at hand has one */
};

void tw_feed(struct tw *w, const char *data, size_t len);
/* 1 if the last response is complete. */
bool tw_whole(const struct tw *w);
void tw_free(struct tw *w);

#endif
