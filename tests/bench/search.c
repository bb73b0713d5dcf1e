/* SPDX-License-Identifier: MIT */
/*
 * bench/search - how fast a message is searched: octets of header and of text a second, for texts
 * in several encodings and for one string and many.
 *
 *	search            prints a table of times (compare them within one run only)
 *	search CASE N     runs one case N times and prints nothing: for counting instructions
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "unit/scanning.h"

struct text {
	char *data;
	size_t len;
};

#define ONE "TEXT \"not to be found\""
#define BODY_ONE "BODY \"not to be found\""
#define BODY_TEN                                                                                   \
	"BODY alpha9 BODY bravo9 BODY charlie9 BODY delta9 BODY echo9 BODY foxtrot9 BODY golf9 "   \
	"BODY hotel9 BODY india9 BODY juliett9"

static const struct {
	const char *name;
	const char *program;
	const char *head;
	const char *line;
	bool header; /* the lines are header fields */
} cases[] = {
	{"header, SUBJECT", "SUBJECT \"not to be found\"", "Subject: x\r\n",
	 "Received: from mx.example.com (mx.example.com [192.0.2.7]) by mail.example.org\r\n", true},
	{"header, TEXT", ONE, "Subject: x\r\n",
	 "Received: from mx.example.com (mx.example.com [192.0.2.7]) by mail.example.org\r\n", true},
	{"header, encoded words", ONE, "Subject: x\r\n",
	 "X-Words: =?utf-8?q?Gr=C3=BC=C3=9Fe_aus?= =?utf-8?b?S8O2bG4gYW0gUmhlaW4=?=\r\n", true},
	{"text", BODY_ONE, "Content-Type: text/plain; charset=utf-8\r\n\r\n",
	 "The quick brown fox jumps over the lazy dog, and then it does so once more.\r\n", false},
	{"text, ten strings", BODY_TEN, "Content-Type: text/plain; charset=utf-8\r\n\r\n",
	 "The quick brown fox jumps over the lazy dog, and then it does so once more.\r\n", false},
	{"text, Cyrillic", BODY_ONE,
	 "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
	 "Съешь же ещё этих мягких французских булок, да выпей чаю.\r\n", false},
	{"text, quoted-printable", BODY_ONE,
	 "Content-Type: text/plain; charset=iso-8859-1\r\n"
	 "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	 "Falsches =DCben von Xylophonmusik qu=E4lt jeden gr=F6=DFeren Zwerg, auch=\r\n", false},
	{"text, base64", BODY_ONE,
	 "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
	 "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYW5kIHRoZW4gaXQg\r\n", false},
	{"attachment, passed over", BODY_ONE,
	 "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n",
	 "JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgplbmRv\r\n", false},
};

static struct text message_of(size_t i, size_t octets)
{
	size_t line = strlen(cases[i].line), head = strlen(cases[i].head);
	struct text t = {malloc(octets + line + head + 2), head};

	if (!t.data)
		abort();
	memcpy(t.data, cases[i].head, head);
	while (t.len < octets) {
		memcpy(t.data + t.len, cases[i].line, line);
		t.len += line;
	}
	if (cases[i].header) {
		memcpy(t.data + t.len, "\r\n", 2);
		t.len += 2;
	}
	return t;
}

static void run(size_t i, const struct text *t, unsigned long times)
{
	struct scanning x;

	if (!scanning_begin(&x, cases[i].program, strlen(cases[i].program)))
		abort();
	while (times--) {
		if (scanning_read(&x, t->data, t->len, 8192) == ISRV_MATCH)
			abort();
	}
	scanning_end(&x);
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text t = message_of(i, 1 << 20);
		double start;

		if (argc == 3 && strcmp(argv[1], cases[i].name) == 0) {
			run(i, &t, strtoul(argv[2], NULL, 10));
		} else if (argc == 1) {
			start = now();
			run(i, &t, 20);
			printf("%-24s %8.0f MB/s, its structure found on the way\n", cases[i].name,
			       20.0 * (double)t.len / (now() - start) / 1e6);
		}
		free(t.data);
	}
	return 0;
}
