/* SPDX-License-Identifier: MIT */
/*
 * script/script - reading script files.
 */
#include "script/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct sc *s;
	int line;
	struct sc_words *words; /* what "|" lines belong to */
};

static void fail(struct reading *r, const char *what)
{
	if (!r->s->error[0])
		snprintf(r->s->error, sizeof(r->s->error), "%s:%d: %s", r->s->path, r->line, what);
}

/* ---- words ------------------------------------------------------------------------------ */

static void add_word(struct sc_words *w, const char *data, size_t len)
{
	w->word = tx_realloc(w->word, (w->count + 2) * sizeof(char *));
	w->word[w->count++] = tx_dup(data, len);
	w->word[w->count] = NULL;
}

/* Words are separated by spaces; "..." and (...) are one word, without the marks. */
static void split_words(struct reading *r, struct sc_words *w, const char *text)
{
	w->line = r->line;
	while (*text) {
		const char *end;

		if (*text == ' ' || *text == '\t') {
			text++;
			continue;
		}
		if (*text == '"' || *text == '(') {
			end = strchr(text + 1, *text == '"' ? '"' : ')');
			if (!end) {
				fail(r, "a quote or parenthesis is not closed");
				return;
			}
			add_word(w, text + 1, (size_t)(end - text - 1));
			text = end + 1;
			continue;
		}
		end = text + strcspn(text, " \t");
		add_word(w, text, (size_t)(end - text));
		text = end;
	}
	if (!w->count)
		fail(r, "a host line without words");
}

/* ---- lines ------------------------------------------------------------------------------ */

static struct sc_step *add_step(struct reading *r, enum sc_step_kind kind, int session)
{
	struct sc *s = r->s;
	struct sc_step *step;

	s->steps = tx_realloc(s->steps, (s->step_count + 1) * sizeof(*s->steps));
	step = &s->steps[s->step_count++];
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	step->session = session;
	step->line = r->line;
	r->words = NULL;
	return step;
}

static void host_line(struct reading *r, const char *text)
{
	struct sc *s = r->s;

	if (s->step_count > 1 || s->steps[0].expect_count) {
		fail(r, "host: lines come before all others");
		return;
	}
	s->setup = tx_realloc(s->setup, (s->setup_count + 1) * sizeof(*s->setup));
	r->words = &s->setup[s->setup_count++];
	memset(r->words, 0, sizeof(*r->words));
	split_words(r, r->words, text);
	if (r->words->count == 2 && strcmp(r->words->word[0], "no") == 0 &&
	    strcmp(r->words->word[1], "pipeline") == 0)
		s->no_pipeline = true;
	if (r->words->count == 2 && strcmp(r->words->word[0], "every") == 0)
		s->every_fault = true;
}

static void generated(struct reading *r, struct tx *to, const char *text)
{
	unsigned long size, from = 0, total;
	char *end, *all;

	size = strtoul(text, &end, 10);
	total = size;
	if (strncmp(end, " from ", 6) == 0)
		from = strtoul(end + 6, &end, 10);
	if (strncmp(end, " of ", 4) == 0)
		total = strtoul(end + 4, &end, 10);
	if (*end || from + size > total || total > 100000000) {
		fail(r, "generated text is written: N [from OFFSET] [of TOTAL]");
		return;
	}
	all = tx_alloc(total);
	tx_generate(all, total);
	tx_add(to, all + from, size);
	free(all);
}

static void client_line(struct reading *r, int session, char mark, const char *text)
{
	struct sc_step *step = add_step(r, SC_SEND, session);

	switch (mark) {
	case ':':
		tx_str(&step->bytes, text);
		tx_str(&step->bytes, "\r\n");
		break;
	case '-':
		if (!tx_unescape(&step->bytes, text, strlen(text)))
			fail(r, "an escape that there is not");
		break;
	case '=':
		generated(r, &step->bytes, text);
		break;
	default:
		fail(r, "a client line starts with C: C- or C=");
	}
}

static void server_line(struct reading *r, int session, char mark, const char *text)
{
	struct sc_step *step = &r->s->steps[r->s->step_count - 1];
	struct sc_expect *e;

	step->expects =
		tx_realloc(step->expects, (step->expect_count + 1) * sizeof(*step->expects));
	e = &step->expects[step->expect_count++];
	memset(e, 0, sizeof(*e));
	e->session = session;
	e->line = r->line;
	switch (mark) {
	case ':':
		e->kind = SC_LINE;
		tx_str(&e->text, text);
		break;
	case '~':
		e->kind = SC_GLOB;
		tx_str(&e->text, text);
		break;
	case '!':
		e->kind = SC_STATE;
		tx_str(&e->text, text);
		break;
	case '-':
		e->kind = SC_RAW;
		if (!tx_unescape(&e->text, text, strlen(text)))
			fail(r, "an escape that there is not");
		break;
	case '=':
		e->kind = SC_RAW;
		generated(r, &e->text, text);
		break;
	case '.':
		e->kind = SC_SKIP;
		if (strcmp(text, "..") != 0 && strcmp(text, ".") != 0)
			fail(r, "any lines are written: S...");
		break;
	default:
		fail(r, "a server line starts with S: S~ S- S= S! or S...");
	}
}

static void body_line(struct reading *r, const char *line)
{
	if (!r->words) {
		fail(r, "message text belongs below a host: or H: line");
		return;
	}
	r->words->has_body = true;
	if (line[0] == '|') {
		tx_str(&r->words->body, line + 1);
		tx_str(&r->words->body, "\r\n");
	} else if (!tx_unescape(&r->words->body, line + 1, strlen(line + 1))) {
		fail(r, "an escape that there is not");
	}
}

static void one_line(struct reading *r, const char *line)
{
	int session = 0;
	char mark;

	if (!*line || *line == '#')
		return;
	if (*line == '|' || *line == '!') {
		body_line(r, line);
		return;
	}
	if (strncmp(line, "host:", 5) == 0) {
		host_line(r, line + 5);
		return;
	}
	if (strncmp(line, "H:", 2) == 0) {
		struct sc_step *step = add_step(r, SC_HOST, -1);

		r->words = &step->words;
		split_words(r, r->words, line + 2);
		return;
	}
	if ((line[0] != 'C' && line[0] != 'S') || !line[1]) {
		fail(r, "a line starts with host: C S H: | ! or #");
		return;
	}
	mark = line[1];
	if (mark >= '1' && mark <= '8') {
		session = mark - '1';
		mark = line[2];
	}
	if (session + 1 > r->s->sessions)
		r->s->sessions = session + 1;
	if (line[0] == 'S')
		r->words = NULL;
	{
		const char *text = strchr(line, mark) + (mark != '\0');

		if (*text == ' ')
			text++;
		if (line[0] == 'C')
			client_line(r, session, mark, text);
		else
			server_line(r, session, mark, text);
	}
}

/* ---- files ------------------------------------------------------------------------------ */

static struct sc *begin(struct reading *r, const char *path)
{
	struct sc *s = tx_alloc(sizeof(*s));

	*r = (struct reading){.s = s};
	s->path = tx_dup(path, strlen(path));
	s->sessions = 1;
	add_step(r, SC_START, 0);
	return s;
}

struct sc *sc_parse(const char *name, const char *text, size_t len)
{
	struct reading r;
	struct sc *s = begin(&r, name);
	const char *end = text + len;
	struct tx line = {0};

	while (text < end && !s->error[0]) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((lf ? lf : end) - text);

		r.line++;
		if (memchr(text, '\0', n))
			fail(&r, "holds a NUL; write \\0");
		tx_clear(&line);
		tx_add(&line, text, n);
		one_line(&r, line.data ? line.data : "");
		text = lf ? lf + 1 : end;
	}
	tx_free(&line);
	return s;
}

struct sc *sc_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct tx text = {0};
	char piece[4096];
	struct reading r;
	struct sc *s;
	size_t n;

	if (!f) {
		s = begin(&r, path);
		fail(&r, "cannot be read");
		return s;
	}
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		tx_add(&text, piece, n);
	fclose(f);
	s = sc_parse(path, text.data ? text.data : "", text.len);
	tx_free(&text);
	return s;
}

static void words_free(struct sc_words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->word[i]);
	free(w->word);
	tx_free(&w->body);
}

void sc_free(struct sc *s)
{
	for (size_t i = 0; i < s->setup_count; i++)
		words_free(&s->setup[i]);
	for (size_t i = 0; i < s->step_count; i++) {
		struct sc_step *step = &s->steps[i];

		for (size_t k = 0; k < step->expect_count; k++)
			tx_free(&step->expects[k].text);
		free(step->expects);
		tx_free(&step->bytes);
		words_free(&step->words);
	}
	free(s->setup);
	free(s->steps);
	free(s->path);
	free(s);
}
