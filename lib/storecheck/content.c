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

/* Always eight digits. */
static bool put_serial(struct isrv_buf *to, struct isrv_mem *mem, uint32_t n)
{
	return isrv_sc_put(to, mem, "%u", 10000000u + (n & (ISRV_SC_LARGE - 1)) % 80000000u);
}

static bool put_header(struct isrv_sc *c, struct isrv_buf *to, uint32_t n)
{
	static const char *const names[] = {"Zoe", "Adam", "\"Kit, A.\"", "ben",
	                                    "=?utf-8?Q?=C3=89va?="};
	uint32_t root = n - n % 3;
	bool ok = isrv_sc_put(to, &c->mem,
	                      "From: %s <kit%u@example.org>\r\nTo: kit@example.org\r\n",
	                      names[n % 5], n % 5) &&
	          isrv_sc_put(to, &c->mem, "Date: %s%u Feb 2021 10:00:00 +0100\r\nSubject: kit ",
	                      n * 7 % 28 < 9 ? "0" : "", n * 7 % 28 + 1) &&
	          put_serial(to, &c->mem, n) && isrv_sc_put(to, &c->mem, "\r\nMessage-ID: <") &&
	          put_serial(to, &c->mem, n) && isrv_sc_put(to, &c->mem, "@kit.example>\r\n");

	if (ok && n % 3)
		ok = isrv_sc_put(to, &c->mem, "References: <") && put_serial(to, &c->mem, root) &&
		     isrv_sc_put(to, &c->mem, "@kit.example>\r\n");
	if (ok && n % 4 == 1)
		ok = isrv_sc_put(to, &c->mem, "MIME-Version: 1.0\r\n"
		                              "Content-Type: multipart/mixed; boundary=kit\r\n");
	return ok && isrv_sc_put(to, &c->mem, "\r\n");
}

/* What a store may stumble over: lines that other formats mean something by, 8-bit text, parts, a
 * long line, an end without a line end. */
static bool put_body(struct isrv_sc *c, struct isrv_buf *to, uint32_t n)
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

	if (!isrv_sc_put(to, &c->mem, "%s", bodies[which]))
		return false;
	if (n % 11 != 10)
		return which != 6 || !c->check.whole_lines || isrv_sc_put(to, &c->mem, "\r\n");
	for (unsigned i = 0; i < 100; i++)
		if (!isrv_sc_put(to, &c->mem, "%s", "longlonglo"))
			return false;
	return isrv_sc_put(to, &c->mem, "\r\n");
}

bool isrv_sc_content(struct isrv_sc *c, uint32_t n, struct isrv_buf *to)
{
	bool ok;

	to->len = 0;
	ok = put_header(c, to, n);
	if (n & ISRV_SC_LARGE)
		for (unsigned i = 0; ok && i < LINES; i++)
			ok = isrv_sc_put(to, &c->mem, "%u: %s of message %u\r\n", i,
			                 i % 3 ? "a line that is long enough to make the message "
			                         "grow quickly, one"
			                       : "line",
			                 n & 0xffff);
	else
		ok = ok && put_body(c, to, n);
	return ok || isrv_sc_out_of_memory(c);
}
