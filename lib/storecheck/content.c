/* SPDX-License-Identifier: MIT */
/*
 * storecheck/content - messages: an endless list of them, each made from its number alone, so that
 * what should be there needs not be kept.  What they look like comes again after ISRV_SC_TWIN,
 * with the same size: a store that mixes such two up is not helped by comparing sizes.
 */
#include "storecheck/check.h"

enum { LINES = 1200 }; /* of a large one, 88 octets each on the average */

uint32_t isrv_sc_new_content(struct isrv_sc *c)
{
	return ++c->serial & (ISRV_SC_LARGE - 1);
}

static void put_header(struct isrv_sc *c, struct isrv_buf *to, uint32_t n)
{
	static const char *const names[] = {"Zoe", "Adam", "\"Kit, A.\"", "ben",
	                                    "=?utf-8?Q?=C3=89va?="};
	uint32_t root = n - n % 3;
	/* Always eight digits. */
	unsigned serial = 10000000u + (n & (ISRV_SC_LARGE - 1)) % 80000000u;

	isrv_sc_put(c, to, "From: %s <kit%u@example.org>\r\nTo: kit@example.org\r\n", names[n % 5],
	            n % 5);
	isrv_sc_put(c, to, "Date: %s%u Feb 2021 10:00:00 +0100\r\n", n * 7 % 28 < 9 ? "0" : "",
	            n * 7 % 28 + 1);
	isrv_sc_put(c, to, "Subject: kit %u\r\nMessage-ID: <%u@kit.example>\r\n", serial, serial);
	if (n % 3)
		isrv_sc_put(c, to, "References: <%u@kit.example>\r\n",
		            10000000u + (root & (ISRV_SC_LARGE - 1)) % 80000000u);
	if (n % 4 == 1)
		isrv_sc_put(c, to, "MIME-Version: 1.0\r\n"
		                   "Content-Type: multipart/mixed; boundary=kit\r\n");
	isrv_sc_put(c, to, "\r\n");
}

/* What a store may stumble over: lines that other formats mean something by, 8-bit text, parts, a
 * long line, an end without a line end. */
static void put_body(struct isrv_sc *c, struct isrv_buf *to, uint32_t n)
{
	static const char *const bodies[] = {
		"Hello.\r\n",
		("--kit\r\n\r\none\r\n--kit\r\nContent-Type: text/html\r\n\r\n"
		 "<b>two</b>\r\n--kit--\r\n"),
		"From kit@example.org Mon Feb  1 10:00:00 2021\r\n>From the other\r\n.\r\n..\r\n",
		"Gr\303\274\303\237e\r\n\r\n\r\n \t \r\n",
		"",
		"Content-Length: 5\r\n\r\n\r\n\r\n",
		"a line that does not end",
	};
	uint32_t which = n % 4 == 1 ? 1 : n % 7;

	isrv_sc_put(c, to, "%s", bodies[which]);
	for (unsigned i = 0; n % 11 == 10 && i < 100; i++)
		isrv_sc_put(c, to, "longlonglo");
	if (n % 11 == 10 || (which == 6 && c->check.whole_lines))
		isrv_sc_put(c, to, "\r\n");
}

bool isrv_sc_content(struct isrv_sc *c, uint32_t n, struct isrv_buf *to)
{
	to->len = 0;
	put_header(c, to, n);
	if (!(n & ISRV_SC_LARGE))
		put_body(c, to, n);
	for (unsigned i = 0; n & ISRV_SC_LARGE && i < LINES; i++)
		isrv_sc_put(
			c, to, "%u: %s of message %u\r\n", i,
			i % 3 ? "a line that is long enough to make the message grow quickly, one"
			      : "line",
			n & 0xffff);
	return isrv_sc_live(c);
}
