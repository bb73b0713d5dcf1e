/* SPDX-License-Identifier: MIT */
/*
 * change.c - what clients change in an mbox: the file is written, and then looked at as if somebody
 * else had written it.
 */
#include "box.h"

#include "redo.h"
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LATEST 253402300799 /* the last second with a year of four digits */

struct text {
	char *data;
	size_t len, capacity;
};

static void add(struct text *text, const char *data, size_t len)
{
	if (text->capacity - text->len < len) {
		text->capacity = (text->len + len) * 2;
		text->data = xrealloc(text->data, text->capacity);
	}
	if (len)
		memcpy(text->data + text->len, data, len);
	text->len += len;
}

static void add_flags(struct text *text, const struct flags *flags)
{
	char *fields = flags_fields(flags);

	if (text->len && text->data[text->len - 1] != '\n')
		add(text, "\n", 1);
	add(text, fields, strlen(fields));
	free(fields);
}

/* ---- rewriting ------------------------------------------------------------------------------ */

/* The header of a message with other flags, its "From " line included. */
static struct text new_head(struct redo *redo, const struct message *m, const struct flags *flags)
{
	static struct lines lines;
	struct line line;
	struct text text = {0};
	bool dropped = false;

	lines_open(&lines, redo->mbox, m->from, m->head);
	while (lines_next(&lines, &line)) {
		if (line.starts && line.text[0] != ' ' && line.text[0] != '\t')
			dropped = line_is_flags(&line);
		if (!dropped)
			add(&text, line.text, line.len);
	}
	redo->failed |= lines.failed;
	add_flags(&text, flags);
	return text;
}

static void write_message(struct redo *redo, const struct message *m, const struct change *change)
{
	if (change->gone)
		return;
	if (!change->flagged) {
		redo_copy(redo, m->from, m->end);
		return;
	}
	struct text head = new_head(redo, m, &change->flags);
	redo_add(redo, head.data, head.len);
	redo_copy(redo, m->head, m->end);
	free(head.data);
}

/* These are gone, and not others that look the same. */
static void forget(struct box *box, const struct change *changes)
{
	size_t kept = 0;

	for (size_t i = 0; i < box->uids.count; i++)
		if (!changes[i].gone)
			box->uids.known[kept++] = box->uids.known[i];
	box->uids.count = kept;
}

/* All that is left is in its place: nothing can come in between, and no room is needed. */
static int cut(struct box *box, uint64_t len)
{
	return ftruncate(box->lock.fd, (off_t)len) || fsync(box->lock.fd) ? -1 : 0;
}

static int write_again(struct box *box, struct message *const *places,
                       const struct change *changes, size_t first)
{
	size_t end = box->count;
	struct redo redo;

	while (end > first && changes[places[end - 1] - box->messages].gone)
		end--;
	if (end == first)
		return cut(box, places[first]->from);
	redo_begin(&redo, box->redo_path, box->lock.fd, places[first]->from);
	for (size_t i = first; i < end; i++)
		write_message(&redo, places[i], &changes[places[i] - box->messages]);
	return redo_end(&redo);
}

int box_rewrite(struct box *box, const struct change *changes)
{
	struct message **places = box_places(box);
	size_t first = 0;

	while (first < box->count && !changes[places[first] - box->messages].gone &&
	       !changes[places[first] - box->messages].flagged)
		first++;
	if (first == box->count) {
		free(places);
		return 0;
	}
	int result = write_again(box, places, changes, first), error = errno;
	free(places);
	if (result) {
		box->stale = true;
		errno = error;
		return -1;
	}
	forget(box, changes);
	return box_relook(box);
}

/* ---- adding --------------------------------------------------------------------------------- */

static void add_from_line(struct text *text, int64_t date)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t when = (time_t)(date < 0 ? 0 : date > LATEST ? LATEST : date);
	struct tm tm;

	gmtime_r(&when, &tm);
	char *line = xformat("From MAILER-DAEMON %.3s %.3s %2d %02d:%02d:%02d %d\n",
	                     days + 3 * tm.tm_wday, months + 3 * tm.tm_mon, tm.tm_mday, tm.tm_hour,
	                     tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
	add(text, line, strlen(line));
	free(line);
}

/* With LF for CRLF; but not behind another CR, which would be taken for one then, and its line
 * perhaps for the end of the header. */
static void add_line(struct text *text, const struct line *line)
{
	const char *end = line->text + line->len;
	bool crlf = line->len > 1 && !memcmp(end - 2, "\r\n", 2) &&
	            (line->len == 2 || end[-3] != '\r');

	if (line_needs_quote(line))
		add(text, ">", 1);
	add(text, line->text, line->len - (crlf ? 2 : 0));
	if (crlf)
		add(text, "\n", 1);
}

static void write_letter(struct redo *redo, int fd, const struct letter *letter)
{
	static struct lines lines;
	struct line line;
	struct text text = {0};
	bool head = true, dropped = false;
	char last = '\n';

	add_from_line(&text, letter->date);
	lines_open(&lines, fd, letter->at, letter->at + letter->len);
	while (lines_next(&lines, &line)) {
		if (head && line_is_empty(&line)) {
			add_flags(&text, &letter->flags);
			head = false;
		} else if (head && line.starts && line.text[0] != ' ' && line.text[0] != '\t') {
			dropped = line_is_ours(&line);
		}
		if (!head || !dropped)
			add_line(&text, &line);
		last = line.text[line.len - 1];
		if (text.len >= sizeof lines.data) {
			redo_add(redo, text.data, text.len);
			text.len = 0;
		}
	}
	if (last != '\n')
		add(&text, "\n", 1);
	if (head) {
		add_flags(&text, &letter->flags);
		add(&text, "\n", 1);
	}
	add(&text, "\n", 1); /* between messages */
	redo_add(redo, text.data, text.len);
	redo->failed |= lines.failed;
	free(text.data);
}

/* What lacks at the end of the file, if somebody was negligent.  An empty line that is there, with
 * CRLF perhaps, is all that is between messages: one more would be of the last one, which were
 * another then. */
static void end_last_message(struct redo *redo)
{
	char end[3] = {'\n', '\n', '\n'};
	uint64_t len = redo->old_len < sizeof end ? redo->old_len : sizeof end;

	if (read_at(redo->mbox, end + sizeof end - len, (size_t)len, redo->old_len - len) < 0)
		redo->failed = true;
	if (end[2] == '\n' && (end[1] == '\n' || !memcmp(end, "\n\r", 2)))
		return;
	if (end[2] == '\n' || !memcmp(end + 1, "\n\r", 2))
		redo_add(redo, "\n", 1);
	else
		redo_add(redo, "\n\n", 2);
}

int box_append(struct box *box, int fd, const struct letter *letters, size_t count)
{
	struct redo redo;

	/* What is in a redo file is done once the mbox may be written again, whatever was
	 * answered. */
	if (!box->writable) {
		errno = EROFS;
		return -1;
	}
	redo_begin(&redo, box->redo_path, box->lock.fd, UINT64_MAX);
	end_last_message(&redo);
	for (size_t i = 0; i < count; i++)
		write_letter(&redo, fd, &letters[i]);
	if (redo_end(&redo)) {
		box->stale = true;
		return -1;
	}
	return box_relook(box);
}
