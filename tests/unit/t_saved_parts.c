/* SPDX-License-Identifier: MIT */
/*
 * Saved sessions with everything in them that a session can have (t_saved.c has the rest), changed by
 * somebody who mends the checksum, short of memory, or in a host with lower limits: refused with a
 * reason, or sessions that do no harm.
 */
#include "base/crc.h"
#include "base/pack.h"
#include "unit/talk.h"

static const char hosts[] =
	"host: modseqs\n"
	"host: annotate\n"
	"host: metadata\n"
	"host: language\n"
	"host: external fred\n"
	"host: binding tls-exporter bindingbindingbinding\n"
	"host: secure\n"
	"host: many INBOX 5 every 2\n"
	"host: mailbox Work\n";

static const struct {
	const char *said;
	const char *posts; /* the UIDs of INBOX whose /comment changes and that go, behind it: "a3 g5"; "l1": access to
	                      a mailbox is lost */
	const char *rest;  /* of a line that is not complete; or what has not left yet is answered by it */
} sessions[] = {
	{"a LOGIN fred secret\r\nb SELECT INBOX\r\n"
	 "c SORT RETURN (UPDATE COUNT) (REVERSE SIZE DATE) UTF-8 ALL\r\n"
	 "d UID SEARCH RETURN (UPDATE (UID FLAGS)) UID 1:4,7:* 1:3\r\n"
	 "e SEARCH RETURN (UPDATE) UNSEEN\r\n",
	 "", "x NO"},
	{"a LOGIN fred secret\r\nb SELECT INBOX\r\nc LANGUAGE DE\r\n"
	 "d NOTIFY SET (selected-delayed (MessageNew MessageExpunge AnnotationChange))\r\n"
	 "e ENABLE QRESYNC\r\n",
	 "a4a8g6", "x FETCH 1 FLAGS\r"},
	{"a LOGIN fred secret\r\nb SELECT INBOX (ANNOTATE)\r\n", "a4a8g6", ""},
	{"a ENABLE METADATA\r\n", "", "b CAPABILITY\r\n"},
	{"a LOGIN fred secret\r\nb ENABLE METADATA IMAP4rev2\r\nc SELECT INBOX\r\n"
	 "s SUBSCRIBE INBOX\r\nt SUBSCRIBE Work\r\n"
	 "d NOTIFY SET (subscribed (MailboxMetadataChange)) (personal (MailboxName ServerMetadataChange))\r\n",
	 "a2", ""},
	{"a LOGIN fred secret\r\nb NOTIFY SET (personal (MailboxName))\r\n", "l1l2", ""},
};

static void change(struct talk *t, const char *posts)
{
	for (; *posts; posts += 2) {
		struct imapsrv_event e = IMAPSRV_EVENT_INIT;
		struct imapsrv_range r = {(uint32_t)(posts[1] - '0'), (uint32_t)(posts[1] - '0')};
		static const struct imapsrv_span entry = {"/comment", 8};

		e.type = posts[0] == 'a' ? IMAPSRV_EVENT_ANNOTATION_CHANGE
		                         : IMAPSRV_EVENT_MESSAGE_EXPUNGE;
		e.mailbox = (struct imapsrv_span){"INBOX", 5};
		e.uids = (struct imapsrv_set){&r, 1};
		e.entries = &entry;
		e.entry_count = posts[0] == 'a';
		if (posts[0] == 'l') {
			e.type = IMAPSRV_EVENT_ACCESS_LOST;
			e.mailbox = (struct imapsrv_span){posts + 1, 1};
			e.uids.count = 0;
		}
		assert_int_equal(imapsrv_session_post(t->td.sessions[0].session, &e), 0);
	}
}

/* The octets of session k, on a host of these lines, which is left open for others. */
static struct tx saved(struct talk *t, size_t k, const char *more)
{
	struct tx lines = {0}, octets = {0};
	size_t len = 0;

	tx_str(&lines, hosts);
	tx_str(&lines, more);
	talk_open(t, lines.data);
	tx_free(&lines);
	talk_connect(t, 0);
	talk_say(t, 0, sessions[k].said);
	change(t, sessions[k].posts);
	t->td.sessions[0].stalled = true;
	talk_say(t, 0, sessions[k].rest);
	assert_int_equal(imapsrv_session_save(t->td.sessions[0].session, (struct imapsrv_span){NULL, 0},
	                                      NULL, 0, &len),
	                 IMAPSRV_ETOOBIG);
	octets.data = tx_realloc(NULL, len);
	octets.len = octets.cap = len;
	assert_int_equal(imapsrv_session_save(t->td.sessions[0].session, (struct imapsrv_span){NULL, 0},
	                                      octets.data, len, &len),
	                 0);
	td_forget(&t->td, 0);
	t->td.faulty = true;
	return octets;
}

static void ignore(void *user, const char *data, size_t len)
{
	(void)user;
	(void)data;
	(void)len;
}

static struct tx_log any;

/* A session of those octets, which then is used, with memory as short as it may be; gives what
 * imapsrv_session_restore gives. */
static int go_on(struct talk *t, const struct tx *octets, const char **why_r)
{
	struct imapsrv_restore r = IMAPSRV_RESTORE_INIT;
	struct imapsrv_saved look = IMAPSRV_SAVED_INIT;
	struct imapsrv_account account;
	struct td_session *s = &t->td.sessions[0];
	char *data = exact(octets->data, octets->len);
	int rc;

	*why_r = NULL;
	rc = imapsrv_saved_look(data, octets->len, &look, why_r);
	if (rc) {
		free(data);
		return rc;
	}
	s->link = ts_link(t->host.ts);
	r.user = s->link;
	if (look.state != IMAPSRV_NOT_AUTHENTICATED && ts_preauth(s->link, "fred", &account))
		r.account = &account;
	rc = imapsrv_session_restore(t->td.engine, &r, data, octets->len, &s->session, why_r);
	free(data);
	if (rc) {
		s->session = NULL;
		if (r.account)
			ts_handle_close(t->host.ts, account.handle);
		return rc;
	}
	s->link->session = s->session;
	/* What was output before may be anything. */
	s->wire.log = s->client.log = &any;
	s->wire.each = ignore;
	td_settle(&t->td, 0);
	talk_say(t, 0, "\r\nDONE\r\nx FETCH 1:* (UID FLAGS)\r\ny NOOP\r\nz IDLE\r\n");
	td_tick(&t->td, 1000);
	talk_say(t, 0, "DONE\r\n");
	td_forget(&t->td, 0);
	return 0;
}

static void mend(struct tx *octets)
{
	size_t end = octets->len - 4;
	uint32_t len = (uint32_t)octets->len, crc;
	struct isrv_pack p;

	isrv_pack_init(&p, octets->data, octets->len);
	p.len = octets->len;
	isrv_pack_patch(&p, 8, len);
	crc = isrv_crc_add(0, octets->data, end);
	isrv_pack_patch(&p, end, crc);
}

/* Each octet. */
static void test_forged(void **state)
{
	unsigned taken = 0, refused = 0;

	(void)state;
	for (size_t k = 0; k < COUNT(sessions); k++) {
		struct talk t;
		struct tx o = saved(&t, k, "");
		const char *why;

		mend(&o);
		ROW(k, go_on(&t, &o, &why) == 0);
		for (size_t at = 12; at < o.len - 4; at++) {
			char was = o.data[at];
			const int values[] = {0, 1, 2, 0x7f, 0x80, 0xff, was - 1, was + 1, was ^ 8, was ^ 32};

			for (size_t i = 0; i < COUNT(values); i++) {
				o.data[at] = (char)values[i];
				mend(&o);
				if (go_on(&t, &o, &why)) {
					ROW(k, why);
					refused++;
				} else {
					taken++;
				}
			}
			o.data[at] = was;
		}
		tx_free(&o);
		talk_close(&t);
	}
	assert_true(taken > 1000 && refused > 4000);
}

static size_t section_len(const struct tx *octets, size_t at)
{
	struct isrv_unpack u;

	isrv_unpack_init(&u, octets->data + at + 1, 4);
	return 5 + isrv_unpack_fixed(&u);
}

/* The same with other octets in place of some in a section, and with the lengths as they have to be. */
static struct tx spliced(const struct tx *o, size_t section, size_t at, size_t cut, const char *in,
                         size_t in_len)
{
	size_t len = section_len(o, section) - 5 - cut + in_len;
	struct tx changed = {0};
	struct isrv_pack p;

	tx_add(&changed, o->data, at);
	tx_add(&changed, in, in_len);
	tx_add(&changed, o->data + at + cut, o->len - at - cut);
	isrv_pack_init(&p, changed.data, changed.len);
	p.len = changed.len;
	isrv_pack_patch(&p, section + 1, (uint32_t)len);
	mend(&changed);
	return changed;
}

/* Octets are left out, put in, and put in twice. */
static void test_spliced(void **state)
{
	static const struct {
		size_t cut;
		const char *in; /* NULL: the octet that is there, */
		size_t len;     /* so many times */
	} changes[] = {
		{1, NULL, 0}, {2, NULL, 0}, {3, NULL, 0}, {4, NULL, 0}, {0, NULL, 1}, {0, NULL, 2},
		{0, NULL, 3}, {0, "\1\0", 2}, {0, "\2\1", 2}, {0, "\6\0", 2}, {0, "\6\1", 2},
		{0, "\1\0\1\0", 4}, {0, "\2\0\2\0\2\0", 6},
	};

	(void)state;
	for (size_t k = 0; k < COUNT(sessions); k++) {
		struct talk t;
		struct tx o = saved(&t, k, "");
		const char *why;

		for (size_t section = 12, end; section < o.len - 4; section = end) {
			end = section + section_len(&o, section);
			for (size_t at = section + 5; at < end; at++)
				for (size_t i = 0; i < COUNT(changes); i++) {
					const char twice[] = {o.data[at], o.data[at], o.data[at]};
					const char *in = changes[i].in ? changes[i].in : twice;
					struct tx changed;

					if (at + changes[i].cut > end)
						continue;
					changed = spliced(&o, section, at, changes[i].cut, in, changes[i].len);
					ROW(k, go_on(&t, &changed, &why) == 0 || why);
					tx_free(&changed);
				}
		}
		tx_free(&o);
		talk_close(&t);
	}
}

/* More fetch-atts than a session keeps (16 KiB). */
static void test_long_fetch(void **state)
{
	static char text[4 + 16385];
	struct talk t;
	struct tx o = saved(&t, 0, ""), changed;
	const char *why;
	size_t at = 0, section = 12;

	(void)state;
	while (memcmp(o.data + at, "\13(UID FLAGS)", 12) != 0)
		assert_true(++at < o.len - 12);
	while (section + section_len(&o, section) <= at)
		section += section_len(&o, section);
	for (size_t len = 16384; len <= 16385; len++) {
		memset(text, ' ', sizeof(text));
		text[0] = (char)(0x80 | (len & 0x7f));
		text[1] = (char)(0x80 | (len >> 7 & 0x7f));
		text[2] = (char)(len >> 14);
		memcpy(text + 3, "(UID FLAGS)", 11);
		changed = spliced(&o, section, at, 12, text, 3 + len);
		assert_int_equal(go_on(&t, &changed, &why), len > 16384 ? IMAPSRV_ETOOBIG : 0);
		tx_free(&changed);
	}
	tx_free(&o);
	talk_close(&t);
}

/* A section is empty, is left out, or is that of another session. */
static void test_sections(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(sessions) * COUNT(sessions); k++) {
		struct talk t, other;
		struct tx o = saved(&t, k / COUNT(sessions), "");
		struct tx from = saved(&other, k % COUNT(sessions), "");
		const char *why;

		for (size_t i = 12, end; i < o.len - 4; i = end) {
			size_t next = i, j = 12, j_end = 12;

			next += section_len(&o, i);
			end = next;
			/* The same one there, or the first behind its place. */
			while (j < from.len - 4 && from.data[j] < o.data[i])
				j += section_len(&from, j);
			j_end = j < from.len - 4 ? j + section_len(&from, j) : j;
			for (int how = 0; how < 4; how++) {
				static const char none[4];
				struct tx changed = {0};

				tx_add(&changed, o.data, how == 3 ? next : i);
				if (how == 0) {
					tx_add(&changed, o.data + i, 1);
					tx_add(&changed, none, 4);
				}
				if (how >= 2)
					tx_add(&changed, from.data + j, j_end - j);
				tx_add(&changed, o.data + next, o.len - next);
				mend(&changed);
				ROW(k, go_on(&t, &changed, &why) == 0 || why);
				tx_free(&changed);
			}
		}
		tx_free(&o);
		tx_free(&from);
		talk_close(&t);
		talk_close(&other);
	}
}

/* Each allocation fails, once and from then on. */
static void test_allocations(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(sessions) * 2; k++) {
		struct talk t;
		struct tx o = saved(&t, k / 2, "");
		const char *why;
		uint64_t failed = 1;

		for (uint64_t at = 1; failed; at++) {
			uint64_t before = t.alloc.failed;
			int rc;

			if (k & 1)
				t.alloc.fail_once = t.alloc.calls + at;
			else
				t.alloc.fail_from = t.alloc.calls + at;
			rc = go_on(&t, &o, &why);
			ROW(k, rc == 0 || (rc == IMAPSRV_ENOMEM && why));
			failed = t.alloc.failed - before;
			t.alloc.fail_once = t.alloc.fail_from = 0;
			ROW(k, at < 1000);
		}
		tx_free(&o);
		talk_close(&t);
	}
}

/* In a host with a limit that is lower than what it has. */
static void test_limits(void **state)
{
	static const struct {
		size_t session;
		const char *limit;
		int rc;
	} rows[] = {
		{0, "host: limit contexts 3\n", 0},
		{0, "host: limit contexts 2\n", IMAPSRV_ETOOBIG},
		{0, "host: limit sort 64\n", IMAPSRV_ETOOBIG},
		{0, "host: limit arena 1100\n", 0},
		{1, "host: limit command 4\n", IMAPSRV_ETOOBIG},
		{4, "host: limit notify_names 2\n", 0},
		{4, "host: limit notify_names 1\n", IMAPSRV_ETOOBIG},
		{5, "host: limit notify_names 2\n", 0},
		{5, "host: limit notify_names 1\n", IMAPSRV_ETOOBIG},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct talk t;
		struct tx o = saved(&t, rows[i].session, ""), lines = {0};
		const char *why;

		talk_close(&t);
		tx_str(&lines, hosts);
		tx_str(&lines, rows[i].limit);
		talk_open(&t, lines.data);
		t.td.faulty = true;
		ROW(i, go_on(&t, &o, &why) == rows[i].rc);
		tx_free(&lines);
		tx_free(&o);
		talk_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_spliced),
		cmocka_unit_test(test_long_fetch),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_allocations),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("saved parts", tests, NULL, NULL);
}
