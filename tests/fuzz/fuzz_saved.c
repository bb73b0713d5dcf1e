/* SPDX-License-Identifier: MIT */
/*
 * Restoring from any octets, with their checksum and length made right, so that what is behind them
 * is reached.  What is refused leaves nothing; what is taken is used, saved again, and must come
 * out as octets that are taken too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "host/driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put32(char *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(n >> 8 * i);
}

static char *mend(const uint8_t *data, size_t size)
{
	char *copy = tx_alloc(size);

	memcpy(copy, data, size);
	memcpy(copy, "IMAPsrv\x01", 8);
	put32(copy + 8, (uint32_t)size);
	put32(copy + size - 4, isrv_crc_add(0, copy, size - 4));
	return copy;
}

static void setup(struct ts *ts)
{
	static const char text[] = "Subject: x\r\n\r\nHello\r\n";
	struct ts_user *user = ts_add_user(ts, "fred", "secret");
	struct ts_mailbox *inbox = ts_find(ts, user, "INBOX");
	struct imapsrv_range gone = {4, 6};
	struct ts_set removed = {0};

	ts->modseqs = true;
	inbox->uidvalidity = 7;
	for (int i = 0; i < 12; i++)
		(void)ts_add(inbox, 0, text, sizeof(text) - 1, 0, 0);
	ts_remove(inbox, (struct imapsrv_set){&gone, 1}, false, &removed);
	ts_set_clear(&removed);
}

static void use(struct td *d, const char *text)
{
	td_feed(d, 0, text, strlen(text));
}

static void ignore(void *user, const char *data, size_t len)
{
	(void)user;
	(void)data;
	(void)len;
}

/* Goes on with what was restored; d->sessions[0] is it. */
static void go_on(struct td *d)
{
	struct td_session *s = &d->sessions[0];
	struct tx_log any = {0};

	/* What was output before may be anything. */
	s->wire.log = s->client.log = &any;
	s->wire.each = ignore;
	td_settle(d, 0);
	td_exchange(d, 0);
	use(d, "\r\nDONE\r\nx FETCH 1:* (UID FLAGS)\r\ny SEARCH $\r\nz IDLE\r\n");
	td_tick(d, 1000);
	use(d, "DONE\r\n");
	td_forget(d, 0);
}

static void restore(struct td *d, struct ts *ts, const char *data, size_t size)
{
	struct imapsrv_restore r = IMAPSRV_RESTORE_INIT;
	struct imapsrv_saved look = IMAPSRV_SAVED_INIT;
	struct imapsrv_account account;
	struct td_session *s = &d->sessions[0];
	const char *why = NULL;

	if (imapsrv_saved_look(data, size, &look, &why))
		return;
	s->link = ts_link(ts);
	r.user = s->link;
	if (look.state != IMAPSRV_NOT_AUTHENTICATED && ts_preauth(s->link, "fred", &account))
		r.account = &account;
	r.up_to_date = (int)(size & 1);
	if (imapsrv_session_restore(d->engine, &r, data, size, &s->session, &why) == 0) {
		s->link->session = s->session;
		go_on(d);
	} else {
		if (!why)
			abort();
		s->session = NULL;
		if (r.account)
			ts_handle_close(ts, account.handle);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct td_options options = {0};
	struct tx_log log = {0};
	struct td d;
	struct ta alloc;
	struct ts *ts;
	char *copy;

	if (size < 16 || size > 65536)
		return 0;
	copy = mend(data, size);
	ts = ts_new(&log);
	setup(ts);
	ta_init(&alloc, &log);
	if (td_start(&d, &log, ts, &alloc, &options, &config))
		abort();
	d.faulty = true;
	restore(&d, ts, copy, size);
	td_finish(&d);
	ts_free(ts);
	free(copy);
	if (log.count) {
		fprintf(stderr, "%s\n", log.first);
		abort();
	}
	return 0;
}
