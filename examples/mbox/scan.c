/* SPDX-License-Identifier: MIT */
/*
 * scan.c - an mbox as a sequence of messages, read forward in one pass with little memory.
 */
#include "scan.h"

#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- lines --------------------------------------------------------------------------------- */

void lines_open(struct lines *lines, int fd, uint64_t from, uint64_t to)
{
	lines->fd = fd;
	lines->at = from;
	lines->to = to;
	lines->failed = lines->more = false;
	lines->begin = lines->len = 0;
}

static void fill(struct lines *lines)
{
	size_t kept = lines->len - lines->begin, room = sizeof lines->data - kept;

	memmove(lines->data, lines->data + lines->begin, kept);
	if (room > lines->to - lines->at)
		room = (size_t)(lines->to - lines->at);
	ptrdiff_t got = read_at(lines->fd, lines->data + kept, room, lines->at);
	lines->failed = got < 0;
	lines->begin = 0;
	lines->len = kept + (got > 0 ? (size_t)got : 0);
	lines->at += got > 0 ? (uint64_t)got : 0;
	/* A file that is shorter than it was ends here. */
	if (got < (ptrdiff_t)room)
		lines->to = lines->at;
}

bool lines_next(struct lines *lines, struct line *line)
{
	size_t left = lines->len - lines->begin;
	const char *lf = left ? memchr(lines->data + lines->begin, '\n', left) : NULL;

	if (!lf && lines->at < lines->to) {
		fill(lines);
		left = lines->len;
		lf = left ? memchr(lines->data, '\n', left) : NULL;
	}
	if (!left || lines->failed)
		return false;
	line->text = lines->data + lines->begin;
	line->len = lf ? (size_t)(lf - line->text) + 1 : left;
	line->offset = lines->at - left;
	line->starts = !lines->more;
	lines->begin += line->len;
	lines->more = !lf;
	return true;
}

/* A CR at the very end too: whatever comes behind it, its LF comes first. */
bool line_is_empty(const struct line *line)
{
	return line->starts &&
	       ((line->len == 1 && (line->text[0] == '\n' || line->text[0] == '\r')) ||
	        (line->len == 2 && !memcmp(line->text, "\r\n", 2)));
}

bool line_needs_quote(const struct line *line)
{
	size_t at = 0;

	while (at < line->len && line->text[at] == '>')
		at++;
	return line->starts && line->len - at >= 5 && !memcmp(line->text + at, "From ", 5);
}

static bool is_one_of(const char *name, size_t len, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == len && !strncasecmp(names[i], name, len))
			return true;
	return false;
}

static size_t name_len(const struct line *line)
{
	const char *colon = memchr(line->text, ':', line->len < 100 ? line->len : 100);
	size_t len = colon ? (size_t)(colon - line->text) : 0;

	while (len && (line->text[len - 1] == ' ' || line->text[len - 1] == '\t'))
		len--;
	return len;
}

bool line_is_ours(const struct line *line)
{
	/* Content-Length and Lines come and go when mail programs rewrite a message. */
	static const char *const names[] = {"Status", "X-Status", "X-Keywords", "X-UID", "X-IMAP",
	                                    "X-IMAPbase", "Content-Length", "Lines"};

	return line->starts &&
	       is_one_of(line->text, name_len(line), names, sizeof names / sizeof *names);
}

bool line_is_flags(const struct line *line)
{
	static const char *const names[] = {"Status", "X-Status", "X-Keywords"};

	return line->starts &&
	       is_one_of(line->text, name_len(line), names, sizeof names / sizeof *names);
}

/* ---- the date of a "From " line ------------------------------------------------------------- */

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t days(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Behind the time: "[:ss] [zone...] yyyy [zone]". */
static bool read_year(const char *at, int *second_r, int *year_r, int *zone_r)
{
	int used = 0, zone;

	*second_r = *zone_r = 0;
	if (sscanf(at, ":%2d%n", second_r, &used) == 1)
		at += used;
	for (int words = 0; words < 4; words++) {
		char word[8] = "";
		used = 0;
		if (sscanf(at, " %7s%n", word, &used) != 1)
			return false;
		at += used;
		if (strlen(word) == 5 && strchr("+-", word[0]) &&
		    sscanf(word + 1, "%4d", &zone) == 1)
			*zone_r = (zone / 100 * 60 + zone % 100) * (word[0] == '-' ? -1 : 1);
		if (strlen(word) == 4 && strspn(word, "0123456789") == 4) {
			*year_r = atoi(word);
			if (sscanf(at, " %1[+-]%4d", word, &zone) == 2)
				*zone_r = (zone / 100 * 60 + zone % 100) * (*word == '-' ? -1 : 1);
			return true;
		}
	}
	return false;
}

/* "Www Mmm dd hh:mm...". */
static bool read_date(const char *at, int64_t *date_r)
{
	static const char days_of_week[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char weekday[4], name[4];
	int day, hour, minute, second, year, zone, used = 0;

	if (sscanf(at, "%3[A-Za-z] %3[A-Za-z] %2d %2d:%2d%n", weekday, name, &day, &hour, &minute,
	           &used) != 5)
		return false;
	const char *month = strstr(months, name);
	if (strlen(weekday) != 3 || strlen(name) != 3 || !strstr(days_of_week, weekday) || !month ||
	    !read_year(at + used, &second, &year, &zone))
		return false;
	if (day < 1 || day > 31 || hour < 0 || hour > 24 || minute < 0 || minute > 59 ||
	    second < 0 || second > 60)
		return false;
	/* No program writes local time with its zone as a rule, so it is taken for UTC. */
	*date_r = days(year, (int)(month - months) / 3 + 1, day) * 86400 + hour * 3600 +
	          (minute - zone) * 60 + second;
	return true;
}

bool line_is_from(const struct line *line, int64_t *date_r)
{
	char text[512];
	size_t len = line->len < sizeof text ? line->len : sizeof text - 1;

	if (!line->starts || line->len < 5 || memcmp(line->text, "From ", 5))
		return false;
	memcpy(text, line->text, len);
	text[len] = '\0';
	/* The sender comes first, and may contain anything. */
	for (char *at = text + 4; (at = strchr(at, ' ')); at++)
		if (read_date(at + 1, date_r))
			return true;
	return false;
}

/* ---- the content of a message --------------------------------------------------------------- */

struct content {
	struct digester digester;
	uint64_t octets;
	char last;
	bool wanted;
	char *copy;
	size_t len, capacity;
};

static void add(struct content *c, const char *text, size_t len)
{
	digest_add(&c->digester, text, len);
	c->octets += len;
	/* The library sends every LF without a CR before it as CRLF. */
	for (const char *lf = text; (lf = memchr(lf, '\n', (size_t)(text + len - lf))); lf++)
		c->octets += (lf > text ? lf[-1] : c->last) != '\r';
	c->last = len ? text[len - 1] : c->last;
	if (!c->wanted || !len)
		return;
	if (c->capacity - c->len < len) {
		c->capacity = (c->len + len) * 2;
		c->copy = xrealloc(c->copy, c->capacity);
	}
	memcpy(c->copy + c->len, text, len);
	c->len += len;
}

static void add_line(struct content *c, const struct line *line)
{
	size_t quote = line_needs_quote(line) && line->text[0] == '>';

	add(c, line->text + quote, line->len - quote);
}

/* ---- messages ------------------------------------------------------------------------------- */

static bool next_line(struct scan *scan)
{
	scan->found = lines_next(&scan->lines, &scan->line);
	return scan->found;
}

int scan_open(struct scan *scan, int fd, uint64_t from, uint64_t to, const struct digest *key)
{
	scan->key = *key;
	digest_begin(&scan->heads, key);
	lines_open(&scan->lines, fd, from, to);
	while (next_line(scan) && line_is_empty(&scan->line))
		;
	if (scan->lines.failed)
		return -1;
	errno = EILSEQ;
	return scan->found && !line_is_from(&scan->line, &scan->date) ? -1 : 0;
}

/* Whether it is one of words, of which there are more if it goes on in the next line. */
static bool read_field(const struct line *line, struct flags *flags, struct keywords *keywords)
{
	static const char *const letters[] = {"Status", "X-Status"};
	static const char *const words[] = {"X-Keywords"};
	size_t name = name_len(line);
	const char *colon = memchr(line->text, ':', line->len), *end = line->text + line->len;

	if (is_one_of(line->text, name, letters, 2))
		flags->system |= flags_of_letters(colon + 1, (size_t)(end - colon - 1));
	if (!is_one_of(line->text, name, words, 1))
		return false;
	keywords_add(keywords, colon + 1, (size_t)(end - colon - 1));
	return true;
}

/* Leaves at the empty line that ends the header, or at the next "From " line: true. */
static bool read_fields(struct scan *scan, struct message *m, struct content *content,
                        struct keywords *keywords)
{
	bool ours = false, words = false;

	while (next_line(scan)) {
		struct line *line = &scan->line;
		if (line_is_empty(line) || line_is_from(line, &scan->date)) {
			m->head = line->offset;
			return true;
		}
		digest_add(&scan->heads, line->text, line->len);
		if (line->starts && line->text[0] != ' ' && line->text[0] != '\t') {
			ours = line_is_ours(line);
			words = ours && read_field(line, &m->flags, keywords);
		} else if (words && line->starts) {
			keywords_add(keywords, line->text, line->len);
		}
		if (!ours)
			add_line(content, line);
	}
	m->head = scan->lines.at;
	return false;
}

static bool read_header(struct scan *scan, struct message *m, struct content *content)
{
	struct keywords keywords;

	keywords.count = 0;
	bool ended = read_fields(scan, m, content, &keywords);
	keywords_give(&keywords, &m->flags);
	return ended;
}

static void read_body(struct scan *scan, struct content *content)
{
	char empty[2];
	size_t held = 0; /* an empty line that may be the end of the message */

	while (next_line(scan) && !line_is_from(&scan->line, &scan->date)) {
		add(content, empty, held);
		held = line_is_empty(&scan->line) ? scan->line.len : 0;
		memcpy(empty, scan->line.text, held);
		if (!held)
			add_line(content, &scan->line);
	}
}

bool scan_next(struct scan *scan, struct message *message_r, char **copy_r, size_t *len_r)
{
	struct content content = {.wanted = copy_r != NULL};
	struct message *m = message_r;

	if (!scan->found)
		return false;
	*m = (struct message){.from = scan->line.offset, .date = scan->date};
	digest_begin(&content.digester, &scan->key);
	digest_add(&content.digester, &m->date, sizeof m->date);
	/* The date tells two messages apart; who it is from is not shown to clients. */
	for (bool more = true; more; more = scan->lines.more && next_line(scan))
		digest_add(&scan->heads, scan->line.text, scan->line.len);
	bool ended = read_header(scan, m, &content);
	if (content.octets && content.last != '\n')
		add(&content, "\n", 1);
	add(&content, "\n", 1);
	if (ended && line_is_empty(&scan->line))
		read_body(scan, &content);
	if (content.last != '\n')
		add(&content, "\n", 1);
	m->end = scan->found ? scan->line.offset : scan->lines.at;
	m->octets = content.octets;
	m->digest = digest_end(content.digester);
	if (scan->lines.failed) {
		flags_free(&m->flags);
		free(content.copy);
		return false;
	}
	if (copy_r) {
		*copy_r = content.copy;
		*len_r = content.len;
	}
	return true;
}

bool scan_is_internal(int fd, const struct message *message)
{
	struct lines lines;
	struct line line;
	bool subject = false, numbers = false;
	static const char title[] = "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";

	lines_open(&lines, fd, message->from, message->head);
	while (lines_next(&lines, &line)) {
		subject |=
			line.len > sizeof title - 1 && !memcmp(line.text, title, sizeof title - 1);
		numbers |= line.len > 7 && (!strncasecmp(line.text, "X-IMAP:", 7) ||
		                            !strncasecmp(line.text, "X-IMAPbase:", 7));
	}
	return subject && numbers;
}
