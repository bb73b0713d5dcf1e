/* SPDX-License-Identifier: MIT */
/*
 * search/scan: programs and messages by table, each message cut into pieces of every size; and the
 * work of hostile programs (ATTACKS T24).  What is found in which kind of message is the subject of
 * tests/script/search.
 */
#include "unit/row.h"
#include "unit/scanning.h"

static const char message[] =
	"From: =?utf-8?q?J=C3=B6rg?= =?utf-8?b?IE3DvGxsZXI=?= <j@example.com>\r\n"
	"Subject: one\r\n two =?iso-8859-1?q?K=F6ln?=\r\n"
	"Date: (x) Tue,\r\n 4 Mar 2003 10:00 +0000\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n"
	"\r\n"
	"--b\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"Stra=C3=9F=\r\ne und\r\nWeg\r\n"
	"--b\r\n"
	"Content-Type: text/plain; charset=utf-16le\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"\r\n"
	"RAD2AG\r\nMAawA=\r\n"
	"--b\r\n"
	"Content-Type: message/rfc822\r\n"
	"\r\n"
	"Subject: inner\r\n"
	"\r\n"
	"deep text\r\n"
	"--b--\r\n";

static void test_pieces(void **unused)
{
	static const struct {
		const char *program;
		bool match;
	} rows[] = {
		{"FROM \"j\xc3\xb6rg M\xc3\x9cLLER <j@\"", true},
		{"SUBJECT \"ONE TWO k\xc3\xb6ln\"", true},
		{"SUBJECT onetwo", false},
		{"SENTON 4-Mar-2003", true},
		{"SENTBEFORE 4-Mar-2003", false},
		{"BODY \"stra\xc3\x9f" "e UND weg\"", true},
		{"BODY d\xc3\xb6" "ck", true},
		{"CHARSET iso-8859-1 BODY \"d\xf6" "ck\"", true},
		{"BODY \"weg d\"", false},
		{"BODY \"deep text\" NOT BODY inner TEXT \"subject: inner\"", true},
		{"TEXT iso-8859 ", false},
		{"TEXT charset=utf-16le", true},
		{"BODY --b", false},
		{"OR BODY zzz OR SUBJECT zzz TEXT deep", true},
		{"NOT TEXT deep", false},
		{"HEADER date 2003 HEADER DATE mar", true},
	};
	size_t i, cut;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		/* 8-bit atoms are no atoms: quote what the row left bare. */
		struct scanning x;
		char *quoted = malloc(strlen(rows[i].program) + 8);
		const char *space = strrchr(rows[i].program, ' ');

		assert_non_null(quoted);
		strcpy(quoted, rows[i].program);
		if (strchr(quoted, '\xc3') && !strchr(quoted, '"'))
			sprintf(quoted + (space - rows[i].program), " \"%s\"", space + 1);
		if (!scanning_begin(&x, quoted, strlen(quoted)))
			fail_msg("row %zu: %s", i, x.r.expected);
		for (cut = 0; cut < sizeof(message); cut++) {
			enum isrv_verdict is =
				scanning_read(&x, message, sizeof(message) - 1, cut);

			if ((is == ISRV_MATCH) != rows[i].match)
				fail_msg("row %zu, cut %zu", i, cut);
		}
		scanning_end(&x);
		free(quoted);
	}
}

/* ---- T24 ----------------------------------------------------------------------------------- */

/* A chain of ORs over `many` keys; # in `key` becomes the number of each. */
static char *chain(const char *key, unsigned many)
{
	char *text = malloc((size_t)many * (strlen(key) + 16)), *at = text;
	unsigned i;

	assert_non_null(text);
	for (i = 0; i < many; i++) {
		if (i + 1 < many)
			at += sprintf(at, "OR ");
		at += sprintf(at, "%.*s", (int)strcspn(key, "#"), key);
		if (strchr(key, '#'))
			at += sprintf(at, "%u%s", i, strchr(key, '#') + 1);
		*at++ = ' ';
	}
	at[-1] = '\0';
	return text;
}

static uint64_t cost(const char *key, unsigned many, const char *line, size_t octets)
{
	static const char head[] = "Subject: x\r\n\r\n";
	size_t len = sizeof(head) - 1, n = strlen(line);
	char *program = chain(key, many), *text = malloc(octets + len);
	struct scanning x;
	uint64_t steps;

	assert_non_null(text);
	memcpy(text, head, len);
	while (len + n <= octets) {
		memcpy(text + len, line, n);
		len += n;
	}
	if (!scanning_begin(&x, program, strlen(program)))
		fail_msg("%s: %s", key, x.r.expected);
	steps = x.steps;
	(void)scanning_read(&x, text, len, 8192);
	steps = x.steps - steps;
	scanning_end(&x);
	free(program);
	free(text);
	return steps;
}

static void test_bombs(void **unused)
{
	static const char *const keys[] = {
		"BODY x#", "BODY aaaaaaaa#", "TEXT #", "BODY a", "SUBJECT x#", "HEADER x# aaa",
		"HEADER received #",
	};
	static const char *const lines[] = {
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
		"aaaaaaaa1 aaaaaaaa12 aaaaaaaa123 aaaaaaaa1234 x1 x12 x123\r\n",
		"0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22\r\n",
	};
	enum { TERMS = 5000, OCTETS = 200000 }; /* 10,000 keys: each OR is one too */
	size_t i, k;

	(void)unused;
	for (i = 0; i < COUNT(keys); i++) {
		for (k = 0; k < COUNT(lines); k++) {
			uint64_t most = 4 * (OCTETS + (uint64_t)2 * TERMS);
			uint64_t steps = cost(keys[i], TERMS, lines[k], OCTETS);

			if (steps > most)
				fail_msg("%s, line %zu: %llu steps", keys[i], k,
				         (unsigned long long)steps);
		}
	}
}

/* Wherever memory ends there is no scan, and nothing is kept. */
static void test_memory(void **unused)
{
	static const char program[] = "SUBJECT a HEADER X-Long-Name b BODY c FROM d TEXT e";
	bool done = false;
	size_t more;

	(void)unused;
	for (more = 0; !done; more += 8) {
		struct scanning x;
		struct isrv_scan *scan;

		assert_true(scanning_begin(&x, program, sizeof(program) - 1));
		x.arena.max = x.arena.used + more;
		scan = isrv_scan_new(&x.p, &x.arena, &x.steps);
		done = scan != NULL;
		if (done)
			isrv_scan_clear(scan);
		scanning_end(&x);
	}
	assert_true(more > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
