/* SPDX-License-Identifier: MIT */
/*
 * wire/framer: input to a log of events, the same log however the input is cut.  In a log, C is
 * COMMAND with buf, L is LITERAL with its size ("+" for non-synchronizing, "~" for literal8) and
 * buf, S are the octets of a streamed literal, D is DROPPED ("!" when too big) with buf, F is
 * FLOOD, N is NOMEM; CR and LF in buf show as "/".
 */
#include "unit/failalloc.h"

#include "wire/framer.h"

struct log {
	char text[4096];
	size_t len;
};

static void log_text(struct log *log, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len && log->len < sizeof(log->text) - 1; i++) {
		char c = data[i];

		log->text[log->len++] = (char)(c == '\r' || c == '\n' ? '/' : c ? c : '0');
	}
	log->text[log->len] = '\0';
}

static void log_event(struct log *log, const char *event, const struct isrv_framer *f)
{
	char size[40];

	log_text(log, log->len ? "|" : "", log->len > 0);
	log_text(log, event, 1);
	if (*event == 'L') {
		snprintf(size, sizeof(size), "%s%llu%s", f->literal8 ? "~" : "",
			 (unsigned long long)f->literal_size, f->literal_sync ? "" : "+");
		log_text(log, size, strlen(size));
	}
	if (*event == 'D' && f->too_big)
		log_text(log, "!", 1);
	if (*event == 'F' || *event == 'N')
		return;
	log_text(log, ":", 1);
	log_text(log, f->buf.data, f->buf.len);
}

struct run {
	struct isrv_framer f;
	struct isrv_mem mem;
	const char *answers; /* to one LITERAL after the other: a, s, r; the last repeats */
	uint64_t streaming;  /* octets that are the caller's */
	struct log log;
	bool over;
};

static void answer(struct run *run)
{
	char how = *run->answers;

	if (run->answers[1])
		run->answers++;
	if (how == 's') {
		run->streaming = run->f.literal_size;
		isrv_framer_stream(&run->f);
		log_text(&run->log, "|S:", 3);
	} else if (how != 'a' || !isrv_framer_accept(&run->f)) {
		isrv_framer_refuse(&run->f);
	}
}

/* Feeds one piece, a heap block of its own size, so that ASan sees a read behind it. */
static void feed(const char *row, struct run *run, const char *data, size_t len)
{
	char *piece = exact(data, len);
	size_t at = 0;

	while (!run->over) {
		enum isrv_frame event;
		size_t used;

		if (run->streaming > 0) {
			size_t n = run->streaming < len - at ? (size_t)run->streaming : len - at;

			log_text(&run->log, piece + at, n);
			at += n;
			run->streaming -= n;
			if (run->streaming > 0)
				break;
		}
		event = isrv_framer_feed(&run->f, &run->mem, at < len ? piece + at : NULL, len - at,
					 &used);
		if (used > len - at)
			fail_msg("row %s: took more than there was", row);
		at += used;
		if (run->f.buf.len > run->f.buf.max || run->f.buf.cap > run->f.buf.max)
			fail_msg("row %s: budget passed", row);
		if (event == ISRV_FRAME_MORE) {
			if (at < len)
				fail_msg("row %s: MORE with octets left", row);
			break;
		}
		if (event == ISRV_FRAME_COMMAND)
			log_event(&run->log, "C", &run->f);
		else if (event == ISRV_FRAME_DROPPED)
			log_event(&run->log, "D", &run->f);
		else if (event == ISRV_FRAME_LITERAL)
			log_event(&run->log, "L", &run->f);
		else
			log_event(&run->log, event == ISRV_FRAME_FLOOD ? "F" : "N", &run->f);
		run->over = event == ISRV_FRAME_FLOOD || event == ISRV_FRAME_NOMEM;
		if (event == ISRV_FRAME_LITERAL)
			answer(run);
		else
			isrv_framer_next(&run->f);
	}
	free(piece);
}

static void run_init(struct run *run, size_t max, uint64_t drop_max, const char *answers)
{
	memset(run, 0, sizeof(*run));
	isrv_mem_init(&run->mem, &isrv_mem_libc, SIZE_MAX);
	isrv_framer_init(&run->f, max, drop_max);
	run->answers = answers;
}

static const struct {
	const char *name;
	size_t max;
	uint64_t drop_max;
	const char *answers;
	bool lines_only;
	const char *in;
	size_t in_len;
	const char *log;
} rows[] = {
	{"a command", 99, 99, "a", false, BYTES("a NOOP\r\n"), "C:a NOOP"},
	{"two", 99, 99, "a", false, BYTES("a NOOP\r\nb NOOP\r\n"), "C:a NOOP|C:b NOOP"},
	{"bare LF", 99, 99, "a", false, BYTES("a NOOP\nb\n"), "C:a NOOP|C:b"},
	{"empty lines", 99, 99, "a", false, BYTES("\r\n\n"), "C:|C:"},
	{"bare CR stays", 99, 99, "a", false, BYTES("a\rb\r\r\n"), "C:a/b/"},
	{"NUL stays", 99, 99, "a", false, BYTES("a\0b\r\n"), "C:a0b"},
	{"no end", 99, 99, "a", false, BYTES("a NOOP"), ""},
	{"literal", 99, 99, "a", false, BYTES("a X {3}\r\nxyz\r\n"), "L3:a X {3}//|C:a X {3}//xyz"},
	{"literal+", 99, 99, "a", false, BYTES("a {3+}\r\nxyz b\r\n"),
	 "L3+:a {3+}//|C:a {3+}//xyz b"},
	{"literal8", 99, 99, "a", false, BYTES("a ~{3}\r\nxyz\r\n"), "L~3:a ~{3}//|C:a ~{3}//xyz"},
	{"literal8+", 99, 99, "a", false, BYTES("~{1+}\r\n\0\r\n"), "L~1+:~{1+}//|C:~{1+}//0"},
	{"tilde apart", 99, 99, "a", false, BYTES("~ {1+}\r\nx\r\n"), "L1+:~ {1+}//|C:~ {1+}//x"},
	{"two tildes", 99, 99, "a", false, BYTES("~~{0}\r\n\r\n"), "L~0:~~{0}//|C:~~{0}//"},
	{"announced by bare LF", 99, 99, "a", false, BYTES("a {1}\nx\n"), "L1:a {1}//|C:a {1}//x"},
	{"CRLF inside", 99, 99, "a", false, BYTES("a {4+}\r\n\r\nb\n\r\n"),
	 "L4+:a {4+}//|C:a {4+}////b/"},
	{"two literals", 99, 99, "a", false, BYTES("a {1}\r\nx {2+}\r\nyz w\r\n"),
	 "L1:a {1}//|L2+:a {1}//x {2+}//|C:a {1}//x {2+}//yz w"},
	{"empty literal", 99, 99, "a", false, BYTES("a {0}\r\n{0+}\r\n\r\n"),
	 "L0:a {0}//|L0+:a {0}//{0+}//|C:a {0}//{0+}//"},
	{"leading zeros", 99, 99, "a", false, BYTES("a {00001}\r\nx\r\n"),
	 "L1:a {00001}//|C:a {00001}//x"},
	{"many zeros", 99, 99, "a", false, BYTES("{000000000000000000000000000000001+}\r\nx\r\n"),
	 "L1+:{000000000000000000000000000000001+}//|C:{000000000000000000000000000000001+}//x"},
	{"literal's end is no announcement", 99, 99, "a", false, BYTES("a {2+}\r\n{5}\r\n"),
	 "L2+:a {2+}//|C:a {2+}//{5}"},
	{"nor is its CR one of the line", 99, 99, "a", false, BYTES("a {1+}\r\n\r\n"),
	 "L1+:a {1+}//|C:a {1+}///"},
	{"quotes do not hide one", 99, 99, "a", false, BYTES("a \"{3+}\r\nxyz\r\n"),
	 "L3+:a \"{3+}//|C:a \"{3+}//xyz"},
	/* what is no announcement */
	{"minus", 99, 99, "a", false, BYTES("a {-1}\r\n"), "C:a {-1}"},
	{"space", 99, 99, "a", false, BYTES("a {1 }\r\n"), "C:a {1 }"},
	{"no digit", 99, 99, "a", false, BYTES("a {}\r\nb {+}\r\n"), "C:a {}|C:b {+}"},
	{"two plus", 99, 99, "a", false, BYTES("a {1++}\r\n"), "C:a {1++}"},
	{"plus first", 99, 99, "a", false, BYTES("a {+1}\r\n"), "C:a {+1}"},
	{"digit behind plus", 99, 99, "a", false, BYTES("a {1+1}\r\n"), "C:a {1+1}"},
	{"two closed", 99, 99, "a", false, BYTES("a {1}}\r\n"), "C:a {1}}"},
	{"two open", 99, 99, "r", false, BYTES("a {{1}\r\n"), "L1:a {{1}//|D:a {{1}//"},
	{"no open", 99, 99, "a", false, BYTES("a 1}\r\n}\r\n"), "C:a 1}|C:}"},
	{"tilde inside", 99, 99, "a", false, BYTES("a {~1}\r\n"), "C:a {~1}"},
	{"space behind", 99, 99, "a", false, BYTES("a {1} \r\n"), "C:a {1} "},
	{"CR behind", 99, 99, "a", false, BYTES("a {1}\r\r\n"), "C:a {1}/"},
	{"hex", 99, 99, "a", false, BYTES("a {a}\r\n"), "C:a {a}"},
	{"lines only", 99, 99, "a", true, BYTES("a {3}\r\nxyz{1+}\r\n"), "C:a {3}|C:xyz{1+}"},
	/* sizes */
	{"2^32-1", 99, 99, "a", false, BYTES("a {4294967295}\r\nb\r\n"),
	 "L4294967295:a {4294967295}//|D!:a {4294967295}//|C:b"},
	{"2^64-1", 99, 99, "a", false, BYTES("a {18446744073709551615}\r\nb\r\n"),
	 "L18446744073709551615:a {18446744073709551615}//|D!:a {18446744073709551615}//|C:b"},
	{"2^64", 99, 99, "r", false, BYTES("a {18446744073709551616}\r\nb\r\n"),
	 "L18446744073709551615:a {18446744073709551616}//|D:a {18446744073709551616}//|C:b"},
	{"2^64+1, non-synchronizing", 99, UINT64_MAX - 1, "a", false,
	 BYTES("a {18446744073709551617+}\r\nb\r\n"),
	 "L18446744073709551615+:a {18446744073709551617+}//|F"},
	{"63 digits", 99, 99, "r", false,
	 BYTES("{999999999999999999999999999999999999999999999999999999999999999+}\r\nb\r\n"),
	 "L18446744073709551615+:"
	 "{999999999999999999999999999999999999999999999999999999999999999+}//|F"},
	{"max 2^64-1 is no room", SIZE_MAX, 99, "a", false,
	 BYTES("{18446744073709551616}\r\nb\r\n"),
	 "L18446744073709551615:{18446744073709551616}//|D!:{18446744073709551616}//|C:b"},
	/* refusals */
	{"refused", 99, 99, "r", false, BYTES("a {3}\r\nb NOOP\r\n"),
	 "L3:a {3}//|D:a {3}//|C:b NOOP"},
	{"refused at the end", 99, 99, "r", false, BYTES("a {3}\r\n"), "L3:a {3}//|D:a {3}//"},
	{"refused+", 99, 99, "r", false, BYTES("a {10+}\r\nx LOGOUT\r\n\r\nb\r\n"),
	 "L10+:a {10+}//|D:a {10+}//|C:b"},
	{"refused+, rest of line", 99, 99, "r", false, BYTES("a {2+}\r\nxy FLAGS\r\nb\r\n"),
	 "L2+:a {2+}//|D:a {2+}//|C:b"},
	{"refused+, another+", 99, 99, "r", false,
	 BYTES("a {2+}\r\nxy {3+}\r\n\r\nz {0+}\r\n\r\nb\r\n"), "L2+:a {2+}//|D:a {2+}//|C:b"},
	{"refused+, then synchronizing", 99, 99, "r", false, BYTES("a {2+}\r\nxy {3}\r\nb\r\n"),
	 "L2+:a {2+}//|D:a {2+}//|C:b"},
	{"refused+, many zeros", 99, 99, "r", false,
	 BYTES("a {0+}\r\n{0000000000000000000000000000000000000000002+}\r\n\n\n\r\nb\r\n"),
	 "L0+:a {0+}//|D:a {0+}//|C:b"},
	{"refused+, literal's end", 99, 99, "r", false, BYTES("a {2+}\r\n{9+}\r\nb\r\n"),
	 "L2+:a {2+}//|D:a {2+}//|C:b"},
	{"refused second", 99, 99, "ar", false, BYTES("a {1}\r\nx {2+}\r\n\r\n\r\nb\r\n"),
	 "L1:a {1}//|L2+:a {1}//x {2+}//|D:a {1}//x {2+}//|C:b"},
	{"flood of a literal", 99, 5, "r", false, BYTES("a {6+}\r\nxxxxxx"), "L6+:a {6+}//|F"},
	{"just no flood", 99, 7, "r", false, BYTES("a {5+}\r\nxxxxx\r\nb\r\n"),
	 "L5+:a {5+}//|D:a {5+}//|C:b"},
	{"flood of the line behind", 99, 6, "r", false, BYTES("a {5+}\r\nxxxxx\r\nb\r\n"),
	 "L5+:a {5+}//|F"},
	{"flood of another literal", 99, 20, "r", false, BYTES("a {5+}\r\nxxxxx{11+}\r\nb\r\n"),
	 "L5+:a {5+}//|F"},
	/* budgets */
	{"just fits", 7, 99, "a", false, BYTES("a NOOP\r\nb\r\n"), "C:a NOOP|C:b"},
	{"too long by the CR", 6, 99, "a", false, BYTES("a NOOP\r\nb\r\n"), "D!:a NOOP|C:b"},
	{"fits by the LF", 6, 99, "a", false, BYTES("a NOOP\nb\r\n"), "C:a NOOP|C:b"},
	{"too long", 4, 99, "a", false, BYTES("a NOOP\r\nb\r\n"), "D!:a NO|C:b"},
	{"endless", 4, 20, "a", false, BYTES("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "F"},
	{"just not endless", 4, 5, "a", false, BYTES("aaaaaaa\r\n"), "D!:aaaa"},
	{"endless by one", 4, 5, "a", false, BYTES("aaaaaaaa\r\n"), "F"},
	{"no budget at all", 0, 99, "a", false, BYTES("\na\n"), "C:|D!:"},
	{"too long, literal", 4, 99, "a", false, BYTES("a NOOP {3}\r\nb\r\n"), "D!:a NO|C:b"},
	{"too long, literal+", 4, 99, "a", false, BYTES("a NOOP {3+}\r\n\r\nz\r\nb\r\n"),
	 "D!:a NO|C:b"},
	{"too long within the announcement", 5, 99, "a", false, BYTES("a {3+}\r\n\n\nz\r\nb\r\n"),
	 "D!:a {3+|C:b"},
	{"too long between the braces", 6, 99, "a", false, BYTES("a {3+}\r\n\n\nz\r\nb\r\n"),
	 "D!:a {3+}|C:b"},
	{"too long by the announcement's LF", 7, 99, "a", false, BYTES("a {3+}\r\n\n\nz\r\nb\r\n"),
	 "D!:a {3+}/|C:b"},
	{"too long by the CR put in", 7, 99, "a", false, BYTES("a {3+}\n\n\nz\r\nb\r\n"),
	 "D!:a {3+}|C:b"},
	{"too long, many zeros", 4, 99, "a", false,
	 BYTES("aaaaaaaa {0000000000000000000000000000000000000000000000000002+}\r\n\n\n\r\nb\r\n"),
	 "D!:aaaa|C:b"},
	{"too long, lines only", 2, 99, "a", true, BYTES("a {3+}\r\nb\r\n"), "D!:a |C:b"},
	{"literal does not fit", 9, 99, "a", false, BYTES("a {2+}\r\n\r\n\r\nb\r\n"),
	 "L2+:a {2+}//|D!:a {2+}//|C:b"},
	{"literal just fits", 11, 99, "a", false, BYTES("a {2+}\r\n\r\n\r\nb\r\n"),
	 "L2+:a {2+}//|C:a {2+}////|C:b"},
	{"rest behind the literal does not fit", 10, 99, "a", false,
	 BYTES("a {2+}\r\n\r\n\r\nb\r\n"), "L2+:a {2+}//|D!:a {2+}////|C:b"},
	{"literals by and by", 20, 99, "a", false,
	 BYTES("{1+}\r\nx{1+}\r\nx{1+}\r\nx{1+}\r\nx\r\nb\r\n"),
	 "L1+:{1+}//|L1+:{1+}//x{1+}//|L1+:{1+}//x{1+}//x{1+}//|D!:{1+}//x{1+}//x{1+}//|C:b"},
	/* streams */
	{"stream", 99, 99, "s", false, BYTES("a APPEND b {5}\r\nx\r\nyz\r\nb\r\n"),
	 "L5:a APPEND b {5}//|S:x//yz|C:|C:b"},
	{"stream, another", 99, 99, "s", false, BYTES("a {2}\r\n\r\n () {1+}\r\nz \r\nb\r\n"),
	 "L2:a {2}//|S://|L1+: () {1+}//|S:z|C: |C:b"},
	{"stream, then refuse", 99, 99, "sr", false,
	 BYTES("a {2}\r\nxy {1+}\r\n\n{1+}\r\n\n\r\nb\r\n"),
	 "L2:a {2}//|S:xy|L1+: {1+}//|D: {1+}//|C:b"},
	{"stream of nothing", 99, 99, "s", false, BYTES("a {0}\r\n\r\nb\r\n"),
	 "L0:a {0}//|S:|C:|C:b"},
	{"stream empties the budget", 9, 99, "s", false,
	 BYTES("a {20}\r\n12345678901234567890 xxxx\r\n"),
	 "L20:a {20}//|S:12345678901234567890|C: xxxx"},
	{"stream ends in a brace", 99, 99, "s", false, BYTES("a {2}\r\n{15}\r\n"),
	 "L2:a {2}//|S:{1|C:5}"},
};

static void one_run(const char *name, size_t i, size_t first, size_t step, const char *how)
{
	struct run run;
	size_t at = 0;

	run_init(&run, rows[i].max, rows[i].drop_max, rows[i].answers);
	run.f.lines_only = rows[i].lines_only;
	while (at < rows[i].in_len) {
		size_t n = at == 0 ? first : step;

		if (n > rows[i].in_len - at)
			n = rows[i].in_len - at;
		feed(name, &run, rows[i].in + at, n);
		at += n;
	}
	feed(name, &run, NULL, 0);
	if (strcmp(run.log.text, rows[i].log) != 0)
		fail_msg("row %s, %s %zu %zu:\n%s\n%s", name, how, first, step, run.log.text,
			 rows[i].log);
	isrv_framer_clear(&run.f, &run.mem);
	if (run.mem.used != 0)
		fail_msg("row %s: leak", name);
}

static void test_rows(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		one_run(rows[i].name, i, rows[i].in_len, 1, "whole");
		for (n = 1; n <= 7; n++)
			one_run(rows[i].name, i, n, n, "in pieces of");
		for (n = 1; n < rows[i].in_len; n++)
			one_run(rows[i].name, i, n, rows[i].in_len, "cut at");
	}
}

/* An endless run of any octet stops within the budget, and memory with it. */
static void test_endless(void **state)
{
	static const char *const begins[] = {"",      "a \"", "a {",	    "a {1",
					     "a {1+", "a ~",  "a {5+}\r\n", "\r"};
	char piece[1000];
	size_t i;
	int c, k;

	(void)state;
	for (i = 0; i < COUNT(begins); i++) {
		for (c = 0; c < 256; c++) {
			struct run run;

			if (c == '\n')
				continue;
			run_init(&run, 3000, 5000, "r");
			feed(begins[i], &run, begins[i], strlen(begins[i]));
			memset(piece, c, sizeof(piece));
			for (k = 0; k < 9 && !run.over; k++)
				feed(begins[i], &run, piece, sizeof(piece));
			if (!run.over || run.mem.peak > 2 * 3000)
				fail_msg("row %s, octet %02x", begins[i], c);
			isrv_framer_clear(&run.f, &run.mem);
		}
	}
}

/* Nothing is allocated for a literal before its octets come (memory held by unfinished commands).
 */
static void test_memory_follows_input(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, 1 << 20, 99, "a");
	feed("announced", &run, BYTES("a {1000000+}\r\nx"));
	assert_true(run.mem.used <= 64);
	isrv_framer_clear(&run.f, &run.mem);
	assert_int_equal(run.mem.used, 0);
}

static void test_no_memory(void **state)
{
	static const size_t budgets[] = {0, 64, 128};
	char piece[400];
	size_t i;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	for (i = 0; i < COUNT(budgets); i++) {
		struct run run;

		run_init(&run, 1 << 20, 99, "a");
		run.mem.budget = budgets[i];
		feed("no memory", &run, piece, 60);
		feed("no memory", &run, piece, sizeof(piece));
		ROW(i, strcmp(run.log.text, "N") == 0);
		isrv_framer_clear(&run.f, &run.mem);
		ROW(i, run.mem.used == 0);
	}
}

/* A credential leaves no octet in the memory that is kept. */
static void test_wipe(void **state)
{
	struct run run;
	size_t i, used;

	(void)state;
	run_init(&run, 200, 99, "a");
	assert_int_equal(isrv_framer_feed(&run.f, &run.mem, BYTES("a LOGIN u secret\r\n"), &used),
			 ISRV_FRAME_COMMAND);
	isrv_framer_next(&run.f);
	assert_int_equal(isrv_framer_feed(&run.f, &run.mem, BYTES("b\r\n"), &used),
			 ISRV_FRAME_COMMAND);
	isrv_framer_wipe(&run.f);
	assert_true(run.f.buf.cap >= 16);
	for (i = 0; i < 16; i++)
		ROW(i, run.f.buf.data[i] == '\0');
	/* without isrv_framer_next, feeding on begins the next command all the same */
	assert_int_equal(isrv_framer_feed(&run.f, &run.mem, BYTES("c\r\n"), &used),
			 ISRV_FRAME_COMMAND);
	assert_int_equal(run.f.buf.len, 1);
	isrv_framer_clear(&run.f, &run.mem);
}

/* In the middle of a decision nothing can be taken elsewhere. */
static void test_pack(void **state)
{
	struct failalloc fa;
	struct isrv_framer f;
	struct isrv_mem mem;
	struct isrv_pack p;
	size_t used;

	(void)state;
	failalloc_init(&fa);
	isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
	isrv_framer_init(&f, 100, 100);
	isrv_pack_init(&p, NULL, 0);
	assert_true(isrv_framer_pack(&f, &p));
	assert_int_equal(isrv_framer_feed(&f, &mem, BYTES("a X {5}\r\n"), &used), ISRV_FRAME_LITERAL);
	assert_false(isrv_framer_pack(&f, &p));
	assert_true(isrv_framer_accept(&f));
	assert_true(isrv_framer_pack(&f, &p));
	isrv_framer_clear(&f, &mem);
	assert_int_equal(fa.held, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	  cmocka_unit_test(test_endless),
		cmocka_unit_test(test_no_memory), cmocka_unit_test(test_memory_follows_input),
		cmocka_unit_test(test_wipe),	  cmocka_unit_test(test_pack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
