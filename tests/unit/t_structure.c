/* SPDX-License-Identifier: MIT */
/*
 * message/structure and what is told of it: the cases of tests/unit/messages/, which a person can
 * read.  Each is fed whole, cut at every octet and octet by octet; with LF and with CRLF; and with
 * every allocation failing.
 *
 * A file is a list of cases.  Lines that begin with "%%" part it:
 *
 *	%% case WORDS          a case begins; what follows, up to the next "%%", is its message
 *	%% envelope            what ENVELOPE answers.  ' stands for a DQUOTE.  A line break and the
 *	%% bodystructure       blanks behind it stand for a space; behind "}" for CRLF; between
 *	%% body                ")" and "(" for a space or nothing, whichever the grammar wants (it
 *	                       is checked for all answers)
 *	%% revision1           BODYSTRUCTURE to a client that does not know message/global
 *	%% section NUMBERS.X   what BODY[NUMBERS.X] is; lines as in the message
 *	%% no section NUMBERS.X
 *	%% truncated           the description says that something is left out
 *
 * "open" at the end of a "%%" line: the last line of what follows has no line end.
 */
#include <ctype.h>

#include "unit/describe.h"

enum { FILE_MAX = 1 << 18 };

static const char *const files[] = {
	"single", "multipart", "boundary", "nested", "envelope", "broken", "section",
};

/* What stands between two lines of "%%". */
struct block {
	char head[200];
	const char *data;
	size_t len;
};

struct message {
	char name[200];
	const char *data;
	size_t len;
	struct bytes crlf;
	struct bytes made, made_crlf; /* descriptions */
	struct isrv_description d, d_crlf;
};

static unsigned cases;

static bool next_block(const char **at, struct block *b)
{
	const char *line = *at, *end;
	size_t n;

	if (!*line)
		return false;
	assert_true(strncmp(line, "%% ", 3) == 0);
	n = strcspn(line, "\n");
	assert_true(n < sizeof(b->head) && line[n] == '\n');
	memcpy(b->head, line + 3, n - 3);
	b->head[n - 3] = '\0';
	b->data = line + n + 1;
	for (end = b->data; *end && strncmp(end, "%%", 2) != 0; end += strcspn(end, "\n") + 1)
		;
	b->len = (size_t)(end - b->data);
	*at = end;
	n = strlen(b->head);
	if (n > 5 && !strcmp(b->head + n - 5, " open")) {
		b->head[n - 5] = '\0';
		b->len -= b->len > 0;
	}
	return true;
}

/* ---- what holds for every message ---------------------------------------------------------- */

static void check_cuts(const struct message *m, const char *data, size_t len,
                       const struct bytes *expected)
{
	uint64_t whole = 0;
	struct isrv_mem mem;
	struct bytes b;

	for (size_t cut = 0; cut <= len + 1; cut++) {
		uint64_t steps = 0;

		isrv_mem_init(&mem, NULL, SIZE_MAX);
		assert_true(describe_cut(&mem, &describe_limits, data, len,
		                         cut > len ? SIZE_MAX : cut, &b, &steps));
		if (b.len != expected->len || memcmp(b.data, expected->data, b.len) != 0)
			fail_msg("%s: another description, cut at %zu of %zu", m->name, cut,
			         len);
		free(b.data);
		if (cut == 0)
			whole = steps;
		if (steps != whole)
			fail_msg("%s: other steps when cut at %zu", m->name, cut);
	}
	if (whole > 40 * len + 100)
		fail_msg("%s: %zu steps for %zu octets", m->name, (size_t)whole, len);
}

static void check_memory(const struct message *m)
{
	struct failalloc fa;
	struct isrv_mem mem;
	struct bytes b;
	uint64_t steps;

	for (int on = 0; on < 2; on++) {
		bool is = false;

		for (size_t nth = 1; !is && nth < 1000; nth++) {
			failalloc_init(&fa);
			fa.fail_first = nth;
			fa.fail_on = on;
			isrv_mem_init(&mem, &fa.allocator, SIZE_MAX);
			steps = 0;
			is = describe_cut(&mem, &describe_limits, m->data, m->len, 0, &b, &steps);
			if (mem.used || fa.held)
				fail_msg("%s: memory is held after failure %zu", m->name, nth);
			if (!is)
				continue;
			if (b.len != m->made.len || memcmp(b.data, m->made.data, b.len) != 0)
				fail_msg("%s: allocation %zu failed unseen", m->name, nth);
			free(b.data);
		}
		assert_true(is);
	}
}

/* The same answers for CRLF and LF; the same places on the wire, which are the host's with CRLF. */
static void check_twins(const struct message *m)
{
	for (int what = 0; what < SHOWN_KINDS; what++) {
		struct bytes a = show(&m->d, (enum shown)what);
		struct bytes b = show(&m->d_crlf, (enum shown)what);

		if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
			fail_msg("%s: with CRLF another answer: %s", m->name, b.data);
		free(a.data);
		free(b.data);
	}
	assert_int_equal(m->d.wire_octets, m->crlf.len);
	assert_int_equal(m->d.host_octets, m->len);
	assert_int_equal(m->d_crlf.wire_octets, m->crlf.len);
	assert_int_equal(m->d_crlf.host_octets, m->crlf.len);
}

/* Does what stands before a part end with a line that begins with "--", and is that all but for the
 * first part? */
static void check_fence(const struct message *m, uint64_t from, uint64_t to, bool first)
{
	uint64_t line;

	if (to < from || to > m->crlf.len)
		fail_msg("%s: parts overlap", m->name);
	/* Without a line end if the message ends there. */
	line = to > from && m->crlf.data[to - 1] == '\n' ? to - 1 : to;
	while (line > from && m->crlf.data[line - 1] != '\n')
		line--;
	if (to - line < 3 || memcmp(m->crlf.data + line, "--", 2) != 0)
		fail_msg("%s: no boundary before octet %zu", m->name, (size_t)to);
	if (!first && line != from && line != from + 2)
		fail_msg("%s: text is lost before octet %zu", m->name, (size_t)line);
}

static bool find(const struct isrv_description *d, const uint32_t *numbers, size_t count,
                 enum isrv_section_text text, struct isrv_extent *e)
{
	return isrv_description_find(d, numbers, count, text, e);
}

/*
 * Header and body are what the message is made of; so are, for each part that holds parts, these
 * and the boundaries between them.
 */
static void check_whole(const struct message *m, uint32_t *numbers, size_t count)
{
	struct isrv_part_info info;
	struct isrv_extent whole, header, text, part, mime;
	uint64_t at;
	uint32_t n;

	if (count == 0 ||
	    (isrv_description_part(&m->d_crlf, numbers, count, &info) && info.message)) {
		assert_true(find(&m->d_crlf, numbers, count, ISRV_SECTION_WHOLE, &whole));
		assert_true(find(&m->d_crlf, numbers, count, ISRV_SECTION_HEADER, &header));
		assert_true(find(&m->d_crlf, numbers, count, ISRV_SECTION_TEXT, &text));
		assert_true(whole.wire == header.wire && header.wire_end == text.wire &&
		            text.wire_end == whole.wire_end);
	} else {
		assert_true(find(&m->d_crlf, numbers, count, ISRV_SECTION_WHOLE, &text));
	}
	if (count == 12)
		return;
	at = text.wire;
	for (n = 1;; n++) {
		numbers[count] = n;
		if (!find(&m->d_crlf, numbers, count + 1, ISRV_SECTION_WHOLE, &part))
			break;
		assert_true(find(&m->d_crlf, numbers, count + 1, ISRV_SECTION_MIME, &mime));
		assert_true(part.wire == part.host && part.wire_end == part.host_end);
		assert_true(mime.wire_end == part.wire && part.wire_end <= text.wire_end);
		if (mime.wire >= text.wire && mime.wire_end > mime.wire)
			check_fence(m, at, mime.wire, n == 1);
		at = part.wire_end;
		/* What "1" of a single part is has been seen. */
		if (mime.wire >= text.wire || count == 0)
			check_whole(m, numbers, count + 1);
	}
}

/* ---- what is expected of one --------------------------------------------------------------- */

/* Does the answer begin like the expected text that ends before a line break? */
static bool same_line(const char **got, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (**got != (line[i] == '\'' ? '"' : line[i]))
			return false;
		++*got;
	}
	return true;
}

static bool same_shown(const char *got, const struct block *b)
{
	const char *line = b->data, *end = b->data + b->len;

	while (line < end) {
		size_t len = strcspn(line, "\n");

		if (!same_line(&got, line, len))
			return false;
		line += len + 1;
		if (line >= end)
			break;
		if (line[-2] == '}') {
			if (strncmp(got, "\r\n", 2) != 0)
				return false;
			got += 2;
			continue;
		}
		while (*line == ' ' || *line == '\t')
			line++;
		if (*got == ' ')
			got++;
		else if (line[0] != '(' || got[-1] != ')')
			return false;
	}
	return *got == '\0';
}

static void check_shown(const struct message *m, const struct block *b, enum shown what)
{
	struct bytes got = show(&m->d, what);

	if (!same_shown(got.data, b))
		fail_msg("%s, %s:\n  is  %s\n not  %.*s", m->name, b->head, got.data, (int)b->len,
		         b->data);
	free(got.data);
}

/* "1.2.HEADER" to numbers and a text. */
static enum isrv_section_text parse_section(const char *p, uint32_t *numbers, size_t *count_r)
{
	size_t count = 0;

	while (isdigit((unsigned char)*p)) {
		numbers[count++] = (uint32_t)strtoul(p, (char **)(void *)&p, 10);
		p += *p == '.';
	}
	*count_r = count;
	if (!strcmp(p, "HEADER"))
		return ISRV_SECTION_HEADER;
	if (!strcmp(p, "TEXT"))
		return ISRV_SECTION_TEXT;
	if (!strcmp(p, "MIME"))
		return ISRV_SECTION_MIME;
	assert_string_equal(p, "");
	return ISRV_SECTION_WHOLE;
}

static void check_section(const struct message *m, const struct block *b, const char *section,
                          bool is)
{
	struct isrv_extent e, same;
	struct bytes crlf;
	uint32_t numbers[32];
	size_t count;
	enum isrv_section_text text = parse_section(section, numbers, &count);

	if (find(&m->d, numbers, count, text, &e) != is)
		fail_msg("%s: %s", m->name, b->head);
	if (!is)
		return;
	if (e.host_end - e.host != b->len || memcmp(m->data + e.host, b->data, b->len) != 0)
		fail_msg("%s, %s:\n  is  %.*s\n not  %.*s", m->name, b->head,
		         (int)(e.host_end - e.host), m->data + e.host, (int)b->len, b->data);
	crlf = with_crlf(b->data, b->len);
	assert_true(find(&m->d_crlf, numbers, count, text, &same));
	assert_true(e.wire == same.wire && e.wire_end == same.wire_end);
	assert_true(same.wire == same.host && same.wire_end == same.host_end);
	assert_int_equal(e.wire_end - e.wire, crlf.len);
	assert_memory_equal(m->crlf.data + e.wire, crlf.data, crlf.len);
	free(crlf.data);
}

static void check_block(const struct message *m, const struct block *b)
{
	if (!strcmp(b->head, "envelope"))
		check_shown(m, b, SHOWN_ENVELOPE);
	else if (!strcmp(b->head, "bodystructure"))
		check_shown(m, b, SHOWN_STRUCTURE);
	else if (!strcmp(b->head, "body"))
		check_shown(m, b, SHOWN_BODY);
	else if (!strcmp(b->head, "revision1"))
		check_shown(m, b, SHOWN_REVISION1);
	else if (!strncmp(b->head, "section ", 8) || !strcmp(b->head, "section"))
		check_section(m, b, b->head + (b->head[7] ? 8 : 7), true);
	else if (!strncmp(b->head, "no section ", 11))
		check_section(m, b, b->head + 11, false);
	else
		fail_msg("%s: what is \"%s\"?", m->name, b->head);
}

static void begin_message(struct message *m, const struct block *b)
{
	uint32_t numbers[16];

	assert_true(strncmp(b->head, "case ", 5) == 0);
	strcpy(m->name, b->head + 5);
	m->data = b->data;
	m->len = b->len;
	m->crlf = with_crlf(b->data, b->len);
	m->made = describe(&describe_limits, m->data, m->len);
	m->made_crlf = describe(&describe_limits, m->crlf.data, m->crlf.len);
	if (!isrv_description_open(&m->d, m->made.data, m->made.len) ||
	    !isrv_description_open(&m->d_crlf, m->made_crlf.data, m->made_crlf.len))
		fail_msg("%s: cannot be opened", m->name);
	check_cuts(m, m->data, m->len, &m->made);
	check_cuts(m, m->crlf.data, m->crlf.len, &m->made_crlf);
	check_memory(m);
	check_twins(m);
	check_whole(m, numbers, 0);
	cases++;
}

static void end_message(struct message *m)
{
	free(m->crlf.data);
	free(m->made.data);
	free(m->made_crlf.data);
}

static void check_file(const char *text)
{
	struct message m;
	struct block b;
	bool truncated = false, open = false;

	while (next_block(&text, &b)) {
		if (!strncmp(b.head, "case ", 5)) {
			if (open) {
				assert_int_equal(m.d.truncated, truncated);
				end_message(&m);
			}
			begin_message(&m, &b);
			truncated = false;
			open = true;
		} else if (!strcmp(b.head, "truncated")) {
			truncated = true;
		} else {
			assert_true(open);
			check_block(&m, &b);
		}
	}
	assert_int_equal(m.d.truncated, truncated);
	end_message(&m);
}

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		char path[100], *text = malloc(FILE_MAX);
		size_t n;
		FILE *f;

		snprintf(path, sizeof(path), "tests/unit/messages/%s", files[i]);
		f = fopen(path, "rb");
		if (!f || !text) {
			fail_msg("%s cannot be read: run from the top of the tree", path);
			abort();
		}
		n = fread(text, 1, FILE_MAX - 1, f);
		fclose(f);
		assert_true(n > 0 && n < FILE_MAX - 1);
		text[n] = '\0';
		check_file(text);
		free(text);
	}
	assert_true(cases >= 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
