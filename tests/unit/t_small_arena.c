/* SPDX-License-Identifier: MIT */
/*
 * However few octets a command may have for its arguments and results (limits.arena): those that
 * need more are refused, one that was done is answered OK, and no session ends.
 */
#include <stdbool.h>
#include <stdio.h>

#include "unit/nullstore.h"
#include "unit/row.h"

enum { ENTRIES = 20, MESSAGES = 40 };

static unsigned changed; /* lists and limits, by the host */

static void open_box(void *user, struct imapsrv_op *op, const struct imapsrv_open *q)
{
	struct imapsrv_mailbox m = IMAPSRV_MAILBOX_INIT;

	(void)user;
	if (q->name.len != 5) {
		imapsrv_op_done(op, IMAPSRV_NONEXISTENT, "Nobody knows of a mailbox that is called so");
		return;
	}
	m.uidvalidity = 1;
	m.uidnext = 2 * MESSAGES;
	m.rights = IMAPSRV_RIGHTS_STANDARD;
	imapsrv_op_mailbox(op, &m);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* Every other one. */
static void give_uids(struct imapsrv_op *op)
{
	struct imapsrv_range ranges[MESSAGES];

	for (uint32_t i = 0; i < MESSAGES; i++)
		ranges[i] = (struct imapsrv_range){2 * i + 1, 2 * i + 1};
	imapsrv_op_uids(op, (struct imapsrv_set){ranges, MESSAGES});
}

static void uids(void *user, struct imapsrv_op *op, const struct imapsrv_uids *q)
{
	(void)user;
	(void)q;
	give_uids(op);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void list(void *user, struct imapsrv_op *op, const struct imapsrv_list *q)
{
	struct imapsrv_name name = {{"INBOX", 5}, 0, IMAPSRV_RIGHTS_STANDARD};

	(void)user;
	(void)q;
	imapsrv_op_name(op, &name);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void fetch(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	(void)user;
	for (size_t i = 0; i < q->uids.count; i++)
		for (uint32_t uid = q->uids.ranges[i].first | 1; uid <= q->uids.ranges[i].last; uid += 2) {
			struct imapsrv_row row;

			memset(&row, 0, sizeof(row));
			row.uid = uid;
			row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE;
			imapsrv_op_row(op, &row);
		}
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void rights(void *user, struct imapsrv_op *op, const struct imapsrv_acl_rights *q)
{
	(void)user;
	(void)q;
	imapsrv_op_rights(op, IMAPSRV_RIGHTS_STANDARD);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void give_list(struct imapsrv_op *op)
{
	struct imapsrv_acl_entry entry = {{"somebody", 8}, IMAPSRV_RIGHT_READ, {"Other", 5}};

	for (unsigned i = 0; i < ENTRIES; i++)
		imapsrv_op_acl(op, &entry);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void get_list(void *user, struct imapsrv_op *op, const struct imapsrv_acl_get *q)
{
	(void)user;
	(void)q;
	give_list(op);
}

/* With it another list changes. */
static void set_list(void *user, struct imapsrv_op *op, const struct imapsrv_acl_set *q)
{
	(void)user;
	(void)q;
	changed++;
	give_list(op);
}

static void get_notes(void *user, struct imapsrv_op *op, const struct imapsrv_annotate_get *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void body(void *user, struct imapsrv_op *op, const struct imapsrv_body *q)
{
	static const char mail[] = "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n";

	(void)user;
	(void)q;
	imapsrv_op_lend(op, mail, sizeof(mail) - 1, IMAPSRV_EOL_CRLF, NULL);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void give_roots(struct imapsrv_op *op, unsigned count)
{
	struct imapsrv_quota_root root = IMAPSRV_QUOTA_ROOT_INIT;

	root.limited = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE);
	root.name = (struct imapsrv_span){"The root of all quotas", 22};
	for (unsigned i = 0; i < count; i++)
		imapsrv_op_quota(op, &root);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void get_quota(void *user, struct imapsrv_op *op, const struct imapsrv_getquota *q)
{
	(void)user;
	(void)q;
	give_roots(op, 1);
}

static void get_roots(void *user, struct imapsrv_op *op, const struct imapsrv_getquotaroot *q)
{
	(void)user;
	(void)q;
	give_roots(op, ENTRIES);
}

static void set_quota(void *user, struct imapsrv_op *op, const struct imapsrv_setquota *q)
{
	(void)user;
	(void)q;
	changed++;
	give_roots(op, ENTRIES);
}

/* ---- a host that writes ---------------------------------------------------------------------- */

enum { KEYWORDS = 50 };

/* Each message has many keywords. */
static void fetch_keywords(void *user, struct imapsrv_op *op, const struct imapsrv_fetch *q)
{
	struct imapsrv_span keywords[KEYWORDS];
	char names[KEYWORDS][8];
	struct imapsrv_row row;

	(void)user;
	(void)q;
	memset(&row, 0, sizeof(row));
	for (unsigned i = 0; i < KEYWORDS; i++)
		keywords[i] = (struct imapsrv_span){
			names[i], (size_t)snprintf(names[i], sizeof(names[i]), "k%u", i)};
	row.uid = 1;
	row.facts = IMAPSRV_FACT_FLAGS | IMAPSRV_FACT_DATE;
	row.flags.keywords = keywords;
	row.flags.keyword_count = KEYWORDS;
	imapsrv_op_row(op, &row);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void store_flags(void *user, struct imapsrv_op *op, const struct imapsrv_store_flags *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_begin(void *user, struct imapsrv_op *op, const struct imapsrv_append *q)
{
	(void)user;
	if (!q->append)
		imapsrv_op_append(op, &changed);
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_data(void *user, struct imapsrv_op *op, const struct imapsrv_append_data *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_finish(void *user, struct imapsrv_op *op, const struct imapsrv_append_finish *q)
{
	static const struct imapsrv_range to[] = {{101, 101}, {103, 103}, {105, 105}};

	(void)user;
	(void)q;
	changed++;
	imapsrv_op_appended(op, 1, (struct imapsrv_set){to, COUNT(to)});
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

static void append_abort(void *user, void *append)
{
	(void)user;
	(void)append;
}

static void expunge(void *user, struct imapsrv_op *op, const struct imapsrv_expunge *q)
{
	(void)user;
	(void)q;
	imapsrv_op_done(op, IMAPSRV_OK, NULL);
}

/* ---- */

static const char *talk(struct imapsrv_session *s, const char *line)
{
	static char out[20000];
	struct imapsrv_span span;
	size_t count, used, len = 0;

	assert_int_equal(imapsrv_session_recv(s, line, strlen(line), &used), 0);
	while (!imapsrv_session_peek(s, &span, 1, &count) && count) {
		assert_true(len + span.len < sizeof(out));
		memcpy(out + len, span.data, span.len);
		len += span.len;
		imapsrv_session_sent(s, span.len);
	}
	out[len] = '\0';
	return out;
}

static void post(struct imapsrv_session *s, enum imapsrv_event_type type)
{
	struct imapsrv_event event = IMAPSRV_EVENT_INIT;
	struct imapsrv_range one = {1, 1};

	event.type = type;
	event.mailbox = (struct imapsrv_span){"INBOX", 5};
	event.uids = (struct imapsrv_set){&one, 1};
	assert_int_equal(imapsrv_session_post(s, &event), 0);
}

static struct imapsrv_session *begin(size_t arena, bool writes, struct imapsrv_engine **engine_r)
{
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_limits limits = IMAPSRV_LIMITS_INIT;
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_acl acl = IMAPSRV_ACL_INIT;
	struct imapsrv_annotate annotate = IMAPSRV_ANNOTATE_INIT;
	struct imapsrv_quota quota = IMAPSRV_QUOTA_INIT;
	struct imapsrv_session *s;

	store.body = body;
	quota.resources = IMAPSRV_RESOURCE_BIT(IMAPSRV_RESOURCE_STORAGE);
	quota.get = get_quota;
	quota.roots = get_roots;
	quota.set = set_quota;
	config.quota = &quota;
	store.open = open_box;
	store.uids = uids;
	store.list = list;
	store.fetch = fetch;
	if (writes) {
		store.fetch = fetch_keywords;
		store.store = store_flags;
		store.append_begin = append_begin;
		store.append_data = append_data;
		store.append_finish = append_finish;
		store.append_abort = append_abort;
		store.expunge = expunge;
	}
	acl.rights = rights;
	acl.get = get_list;
	acl.set = set_list;
	acl.others = IMAPSRV_RIGHT_NOTE;
	annotate.get = get_notes;
	limits.arena = arena;
	config.store = &store;
	config.acl = &acl;
	config.annotate = &annotate;
	config.limits = &limits;
	client.preauth = &account;
	assert_int_equal(imapsrv_engine_new(&config, engine_r), 0);
	assert_int_equal(imapsrv_session_new(*engine_r, &client, &s), 0);
	talk(s, "x NOOP\r\n");
	return s;
}

static void test_commands(void **state)
{
	static const char *const rows[] = {
		"a NOOP\r\n",
		"a BELLOW\r\n",
		"a STATUS INBOX (MESSAGES UNSEEN)\r\n",
		"a LIST \"\" * RETURN (STATUS (UNSEEN) MYRIGHTS)\r\n",
		"a SELECT Nowhere\r\n",
		"a DELETE Nowhere\r\n",
		"a UID SEARCH 1:20 OR SEEN NOT DELETED\r\n",
		"a UID SEARCH SEEN DELETED\r\n",
		"a UID SEARCH 1:20 OR SEEN WRONG\r\n",
		"a UID FETCH 1,3,5,7,9,11 (FLAGS INTERNALDATE)\r\n",
		"a UID SORT (ARRIVAL) UTF-8 ALL\r\n",
		"a GETACL INBOX\r\n",
		"a SETACL INBOX fred +r\r\n",
		"a DELETEACL INBOX fred\r\n",
		"a UID FETCH 1 BINARY.PEEK[1]\r\n",
		"a UID FETCH 1 (BINARY.SIZE[1] BODY.PEEK[1])\r\n",
		"a STATUS INBOX (SIZE)\r\n",
		"a LIST \"\" * RETURN (STATUS (SIZE))\r\n",
		"a GETQUOTA INBOX\r\n",
		"a GETQUOTAROOT INBOX\r\n",
		"a SETQUOTA x (STORAGE 10)\r\n",
		"a ESEARCH IN (mailboxes INBOX) SEEN\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t arena = 16; arena < 10000; arena += 16) {
			struct imapsrv_engine *engine;
			struct imapsrv_session *s = begin(arena, false, &engine);
			const char *out;

			talk(s, "s SELECT INBOX (ANNOTATE)\r\n");
			post(s, IMAPSRV_EVENT_FLAGS_SET);
			post(s, IMAPSRV_EVENT_ANNOTATION_CHANGE);
			changed = 0;
			out = talk(s, rows[i]);
			ROW(i, !strstr(out, "* BYE") && (!memcmp(out, "a ", 2) || strstr(out, "\r\na ")));
			ROW(i, !changed || strstr(out, "a OK"));
			ROW(i, strcmp(talk(s, ""), "") == 0);
			ROW(i, strstr(talk(s, "z NOOP\r\n"), "z OK"));
			imapsrv_session_free(s);
			imapsrv_engine_free(engine);
		}
	}
}

static void test_writing(void **state)
{
	static const char *const rows[] = {
		"a APPEND INBOX {2+}\r\nab {2+}\r\nab {2+}\r\nab\r\n",
		"a UID COPY 1 INBOX\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t arena = 16; arena < 10000; arena += 16) {
			struct imapsrv_engine *engine;
			struct imapsrv_session *s = begin(arena, true, &engine);
			const char *out;

			talk(s, "s SELECT INBOX\r\n");
			changed = 0;
			out = talk(s, rows[i]);
			ROW(i, !strstr(out, "* BYE"));
			ROW(i, !changed || strstr(out, "a OK"));
			ROW(i, strstr(talk(s, "z NOOP\r\n"), "z OK"));
			imapsrv_session_free(s);
			imapsrv_engine_free(engine);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
