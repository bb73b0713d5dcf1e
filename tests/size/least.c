/* SPDX-License-Identifier: MIT */
/*
 * size/least - a program that uses as little of the library as one can: the callbacks that are needed,
 * a user who is logged in already, one mailbox without messages, standard input and output.  Made to
 * be weighed.
 */
#include <imapsrv.h>
#include <unistd.h>

static void list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user, (void)q;
	imapsrv_op_name(op, &(struct imapsrv_name){{"INBOX", 5}, 0});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void open_mailbox(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user, (void)q;
	m.uidvalidity = m.uidnext = 1;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void let_go(void *user, void *handle)
{
	(void)user, (void)handle;
}

static void uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	(void)user, (void)q;
	imapsrv_op_uids(op, (struct imapsrv_set){NULL, 0});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)q;
	if (user)
		imapsrv_op_row(op, user);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	(void)user, (void)q;
	imapsrv_op_lend(op, "", 0, IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

int main(void)
{
	struct imapsrv_store store = IMAPSRV_STORE_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct imapsrv_span out;
	char in[512];
	size_t n = 0;
	ssize_t got = 0;

	store.list = list;
	store.open = open_mailbox;
	store.close = let_go;
	store.uids = uids;
	store.fetch = fetch;
	store.body = body;
	store.body_close = let_go;
	config.store = &store;
	client.preauth = &account;
	if (imapsrv_engine_new(&config, &engine) || imapsrv_session_new(engine, &client, &s))
		return 1;
	while (!(imapsrv_session_want(s) & IMAPSRV_WANT_CLOSE)) {
		imapsrv_session_peek(s, &out, 1, &n);
		if (n && (got = write(STDOUT_FILENO, out.data, out.len)) >= 0)
			imapsrv_session_sent(s, (size_t)got);
		else if (!n && (got = read(STDIN_FILENO, in, sizeof(in))) > 0)
			imapsrv_session_recv(s, in, (size_t)got, &n);
		if (got <= 0)
			break;
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	return 0;
}
