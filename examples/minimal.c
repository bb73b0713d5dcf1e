/* SPDX-License-Identifier: MIT */
/* minimal - an IMAP server in one file: one mailbox in memory, a user who is logged in already, a
 * connection on standard input and output.  Type: a select inbox, b fetch 1 rfc822, c logout. */
#include <imapsrv.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MESSAGES 100
#define FACTS    (IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE) /* the library counts octets by itself */
#define MESSAGE(n, bits, s) \
	{{.uid = n, .facts = FACTS, .flags.system = bits, .date = 1700000000}, s, sizeof(s) - 1}

struct message {
	struct imapsrv_row row;
	const char *text; /* NULL: expunged */
	size_t len;
};

struct mailbox {
	struct message messages[MESSAGES]; /* by UID, from 1 */
	uint32_t uidnext, coming; /* that many messages of an APPEND at work begin at uidnext */
	char space[1 << 20]; /* for their texts; used once, so what was lent stays as it is */
	size_t used;
};

static int is_inbox(struct imapsrv_span name)
{
	return name.len == 5 && memcmp(name.data, "INBOX", 5) == 0;
}

/* The message of a set that follows m, or the first if m is NULL; NULL at the end. */
static struct message *next(struct mailbox *box, struct imapsrv_set set, struct message *m)
{
	for (m = m ? m + 1 : box->messages; m < box->messages + box->uidnext; m++)
		for (size_t i = 0; m->text && i < set.count; i++)
			if (set.ranges[i].first <= m->row.uid && m->row.uid <= set.ranges[i].last)
				return m;
	return NULL;
}

/* What follows is what the library asks of a store.  `user` is the mailbox. */
static void list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	(void)user, (void)q;
	imapsrv_op_name(op, &(struct imapsrv_name){.name = {"INBOX", 5}});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void open_mailbox(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox answer = IMAPSRV_MAILBOX_INIT;

	answer.handle = user;
	answer.uidvalidity = 1;
	answer.uidnext = ((struct mailbox *)user)->uidnext;
	answer.new_keywords = 0;
	if (is_inbox(q->name))
		imapsrv_op_mailbox(op, &answer);
	imapsrv_op_done(op, is_inbox(q->name) ? IMAPSRV_OK : IMAPSRV_NONEXISTENT, NULL);
}

static void let_go(void *user, void *handle)
{
	(void)user, (void)handle; /* mailbox, texts and appends last as long as the program */
}

static void give_uid(struct imapsrv_op *op, uint32_t uid)
{
	imapsrv_op_uids(op, (struct imapsrv_set){&(struct imapsrv_range){uid, uid}, 1});
}

static void uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	for (struct message *m = NULL; (m = next(user, (struct imapsrv_set){&q->range, 1}, m));)
		give_uid(op, m->row.uid);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	for (struct message *m = NULL; (m = next(user, q->uids, m));)
		imapsrv_op_row(op, &m->row);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	struct message *m = &((struct mailbox *)user)->messages[q->uid];

	if (m->text)
		imapsrv_op_lend(op, m->text, m->len, IMAPSRV_EOL_LF, m);
	imapsrv_op_done(op, m->text ? IMAPSRV_OK : IMAPSRV_EXPUNGEISSUED, NULL);
}

static void store(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	for (struct message *m = NULL; (m = next(user, q->uids, m));) {
		uint32_t old = m->row.flags.system, kept = q->mode == IMAPSRV_FLAGS_SET ? 0 : old;
		uint32_t gone = q->mode == IMAPSRV_FLAGS_REMOVE ? q->flags.system : 0;

		m->row.flags.system = (kept | q->flags.system) & ~gone;
		m->row.unchanged = m->row.flags.system == old;
		imapsrv_op_row(op, &m->row);
	}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	for (struct message *m = NULL; (m = next(user, q->uids, m));)
		if (!q->only_deleted || (m->row.flags.system & IMAPSRV_DELETED)) {
			m->text = NULL;
			give_uid(op, m->row.uid);
		}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	struct mailbox *box = user;
	uint32_t uid = box->uidnext + (q->append ? box->coming : 0);
	struct imapsrv_row row = {.uid = uid, .facts = FACTS, .flags.system = q->flags.system,
	                          .date = q->has_date ? q->date : time(NULL), .zone = q->zone};

	if (!is_inbox(q->name) || uid >= MESSAGES || q->octets > sizeof(box->space) - box->used) {
		imapsrv_op_done(op, is_inbox(q->name) ? IMAPSRV_LIMIT : IMAPSRV_NONEXISTENT, NULL);
		return;
	}
	box->messages[uid] = (struct message){row, box->space + box->used, 0};
	box->coming = uid + 1 - box->uidnext;
	if (!q->append)
		imapsrv_op_append(op, box);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	struct mailbox *box = user;

	memcpy(box->space + box->used, q->data, q->len);
	box->used += q->len;
	box->messages[box->uidnext + box->coming - 1].len += q->len;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	struct mailbox *box = q->append;
	struct imapsrv_range got = {box->uidnext, box->uidnext + box->coming - 1};

	(void)user;
	box->uidnext += box->coming;
	imapsrv_op_appended(op, 1, (struct imapsrv_set){&got, 1});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

int main(void)
{
	static const struct imapsrv_store callbacks = {
		.size = sizeof(callbacks), .list = list, .open = open_mailbox, .close = let_go,
		.uids = uids, .fetch = fetch, .body = body, .body_close = let_go, .store = store,
		.append_begin = append_begin, .append_data = append_data, .append_abort = let_go,
		.append_finish = append_finish, .expunge = expunge};
	static struct mailbox box = {{[1] = MESSAGE(1, IMAPSRV_SEEN, "Subject: One\n\nHello.\n"),
	                              [2] = MESSAGE(2, 0, "Subject: Two\n\nHello again.\n")},
	                             .uidnext = 3};
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_config config = {.size = sizeof(config), .store = &callbacks};
	struct imapsrv_session_config client = {sizeof(client), .user = &box, .preauth = &account};
	struct imapsrv_engine *engine;
	struct imapsrv_session *s;
	struct imapsrv_span out;
	char in[4096], *at = in;
	size_t left = 0, n;
	ssize_t got;

	if (imapsrv_engine_new(&config, &engine) || imapsrv_session_new(engine, &client, &s))
		return 1;
	while (!(imapsrv_session_want(s) & IMAPSRV_WANT_CLOSE)) {
		imapsrv_session_peek(s, &out, 1, &n);
		if (n) {
			if ((got = write(STDOUT_FILENO, out.data, out.len)) < 0)
				break;
			imapsrv_session_sent(s, (size_t)got);
		} else if (left || imapsrv_session_want(s) & IMAPSRV_WANT_RUN) {
			imapsrv_session_recv(s, at, left, &n);
			at += n;
			left -= n;
		} else if ((got = read(STDIN_FILENO, at = in, sizeof(in))) > 0) {
			left = (size_t)got;
		} else {
			imapsrv_session_eof(s);
		}
	}
	imapsrv_session_free(s);
	imapsrv_engine_free(engine);
	return 0;
}
