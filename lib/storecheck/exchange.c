/* SPDX-License-Identifier: MIT */
/*
 * storecheck/exchange - AUTHENTICATE as a client speaks it, whatever the mechanism.
 */
#include "storecheck/exchange.h"

#include <string.h>

#include "base/base64.h"

bool isrv_sc_offered(struct isrv_sc *c, unsigned i, const char *mechanism)
{
	struct isrv_sc_client *k = &c->clients[i];
	struct isrv_buf word;
	bool offered;

	isrv_sc_disconnect(k);
	if (!isrv_sc_connect_only(c, i, false) ||
	    !isrv_sc_need(k, ISRV_SC_SESSION_LIVES, "CAPABILITY"))
		return false;
	isrv_buf_init(&word, 300);
	isrv_sc_put(c, &word, "AUTH=%s", mechanism);
	offered = isrv_sc_add(c, &word, "", 1) && isrv_sc_told_word(k, word.data);
	isrv_buf_clear(&word, &c->mem);
	return offered || isrv_sc_skip(c, isrv_sc_hidden);
}

static bool wants_more(const struct isrv_sc_client *k)
{
	return isrv_sc_live(k->c) && k->told.status == ISRV_SC_MORE;
}

bool isrv_sc_authenticate(struct isrv_sc_client *k, const char *mechanism)
{
	return isrv_sc_say(k, "AUTHENTICATE %s", mechanism) && isrv_sc_await(k) && wants_more(k);
}

bool isrv_sc_challenge(struct isrv_sc_client *k, struct imapsrv_span *challenge_r)
{
	struct isrv_sc *c = k->c;
	struct imapsrv_span text = isrv_sc_span(k, k->told.text);

	c->scratch.len = 0;
	isrv_sc_add(c, &c->scratch, text.data, text.len);
	isrv_sc_add(c, &c->scratch, "", 1);
	challenge_r->data = c->scratch.data;
	return isrv_sc_live(c) &&
	       isrv_base64_parse(c->scratch.data, &challenge_r->len, c->scratch.data, text.len);
}

bool isrv_sc_reply(struct isrv_sc_client *k, const void *data, size_t len)
{
	struct isrv_sc *c = k->c;
	const char *from = data;
	struct isrv_buf line;
	char piece[64];

	isrv_buf_init(&line, isrv_base64_encoded(len) + 2);
	for (size_t n; len; from += n, len -= n) {
		n = len < 48 ? len : 48;
		isrv_base64_put(piece, from, n);
		isrv_sc_add(c, &line, piece, isrv_base64_encoded(n));
	}
	isrv_sc_add(c, &line, "\r\n", 2);
	isrv_sc_more(k, line.data, line.len);
	isrv_buf_clear(&line, &c->mem);
	return wants_more(k);
}

void isrv_sc_give_up(struct isrv_sc_client *k)
{
	isrv_sc_more(k, "*\r\n", 3);
}

bool isrv_sc_is_in(struct isrv_sc_client *k)
{
	return isrv_sc_live(k->c) && k->told.status == ISRV_SC_OK &&
	       isrv_sc_ask(k, "STATUS INBOX (MESSAGES)");
}
