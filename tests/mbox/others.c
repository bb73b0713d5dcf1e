/* SPDX-License-Identifier: MIT */
/*
 * others.c - what other programs do to an mbox file.  Messages have a field X-Id, and no line of
 * theirs begins with "From ".
 */
#include "mbox/others.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESSAGES_MAX 2000

static uint64_t state = 1;
static unsigned ids;

void draw_from(uint64_t seed)
{
	state = seed * 2654435761u + 1;
	ids = 0;
}

unsigned draw(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

struct octets file_read(const char *path)
{
	struct octets file = {malloc(1 << 22), 0};
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (!file.data)
		die("malloc");
	while (fd >= 0 && (n = read(fd, file.data + file.len, (1 << 22) - 1 - file.len)) > 0)
		file.len += (size_t)n;
	if (fd >= 0)
		close(fd);
	file.data[file.len] = '\0';
	return file;
}

void file_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd))
		die(path);
}

void deliver(const char *path, const char *id)
{
	char text[2000], body[900];
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	char own[24];

	snprintf(own, sizeof own, "m%u", id ? 0 : ++ids);
	size_t lines = draw(12);
	body[0] = '\0';
	for (size_t i = 0, len = 0; i < lines; i++)
		len += (size_t)snprintf(body + len, sizeof body - len, "%s\n",
		                        draw(3) ? "Some text of the body." : draw(2) ? "" : ">From it");
	int len = snprintf(text, sizeof text,
	                   "From ada@example.org Thu Jan  1 10:00:%02d 2026\n"
	                   "Subject: A message\nX-Id: %s\n%s\n%s\n", id ? 7 : (int)draw(60),
	                   id ? id : own, draw(3) ? "" : "Status: O\n", id ? "Always this.\n" : body);
	if (fd < 0 || write(fd, text, (size_t)len) != len || close(fd))
		die(path);
}

/* ---- a file as messages ---------------------------------------------------------------------- */

struct file {
	struct octets all;
	char *begin[MESSAGES_MAX + 1]; /* of each message; the last one is the end */
	size_t count;
};

static void take(struct file *file, const char *path)
{
	file->all = file_read(path);
	file->count = 0;
	char *end = file->all.data + file->all.len;
	for (char *at = file->all.data; at < end && file->count < MESSAGES_MAX;) {
		if (!strncmp(at, "From ", 5) && strstr(at, " 2026") && strchr(at, '\n') &&
		    strstr(at, " 2026") < strchr(at, '\n'))
			file->begin[file->count++] = at;
		char *lf = memchr(at, '\n', (size_t)(end - at));
		at = lf ? lf + 1 : end;
	}
	file->begin[file->count] = end;
}

static void put(FILE *to, const struct file *file, size_t i)
{
	fwrite(file->begin[i], 1, (size_t)(file->begin[i + 1] - file->begin[i]), to);
}

/* As mutt does: the fields go to the end of the header, and lengths with them. */
static void put_flagged(FILE *to, const struct file *file, size_t i)
{
	static const char *const states[] = {"Status: RO\n", "Status: O\n", "Status: RO\nX-Status: A\n",
	                                     "Status: O\nX-Status: FD\n", "",
	                                     "X-Keywords: Work  Play\n"};
	char *at = file->begin[i], *end = file->begin[i + 1];

	for (char *lf; at < end && *at != '\n' && (lf = memchr(at, '\n', (size_t)(end - at))); at = lf + 1)
		if (strncmp(at, "Status:", 7) && strncmp(at, "X-Status:", 9) &&
		    strncmp(at, "X-Keywords:", 11) && strncmp(at, "Content-Length:", 15) &&
		    strncmp(at, "Lines:", 6))
			fwrite(at, 1, (size_t)(lf + 1 - at), to);
	fputs(states[draw(6)], to);
	fprintf(to, "Content-Length: %ld\nLines: 7\n", (long)(end - at));
	fwrite(at, 1, (size_t)(end - at), to);
}

static void rewrite(const struct file *file, const char *path, enum deed deed)
{
	char *text = NULL;
	size_t len = 0, turn = file->count ? draw((unsigned)file->count) : 0;
	FILE *to = open_memstream(&text, &len);

	fwrite(file->all.data, 1, (size_t)(file->begin[0] - file->all.data), to);
	for (size_t i = 0; i < file->count; i++) {
		size_t which = deed == REORDER ? (i + turn) % file->count : i;
		if (deed == FLAG && !draw(3))
			put_flagged(to, file, which);
		else if (deed != REMOVE || draw(4))
			put(to, file, which);
		if (deed == TWICE && i == turn)
			put(to, file, which);
	}
	fclose(to);
	file_write(path, text, len);
	free(text);
}

static void to_crlf(const struct octets *all, const char *path)
{
	char *text = malloc(all->len * 2 + 1);
	size_t len = 0;

	for (size_t i = 0; i < all->len; i++) {
		if (all->data[i] == '\n' && (!i || all->data[i - 1] != '\r'))
			text[len++] = '\r';
		text[len++] = all->data[i];
	}
	file_write(path, text, len);
	free(text);
}

static void put_pseudo(const struct octets *all, const char *path)
{
	static const char pseudo[] =
		"From MAILER-DAEMON Thu Jan  1 10:00:00 2026\n"
		"From: Mail System Internal Data <MAILER-DAEMON@localhost>\n"
		"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
		"X-IMAP: 1767261600 0000000012\nStatus: RO\n\nThis text is part of a folder.\n\n";
	struct octets both = {malloc(all->len + sizeof pseudo), sizeof pseudo - 1};

	if (strstr(all->data, "FOLDER INTERNAL DATA"))
		both.len = 0;
	memcpy(both.data, pseudo, both.len);
	memcpy(both.data + both.len, all->data, all->len);
	file_write(path, both.data, both.len + all->len);
	free(both.data);
}

/* The letters of one body change, and nothing else that can be seen from outside. */
static void spoil(struct file *file, const char *path)
{
	char *text = file->count ? strstr(file->begin[draw((unsigned)file->count)], "Some text") : NULL;
	struct stat st;

	if (!text || stat(path, &st))
		return;
	text[draw(4)] ^= 1;
	int fd = open(path, O_WRONLY);
	struct timespec times[2] = {st.st_atim, st.st_mtim};
	if (fd < 0 || write(fd, file->all.data, file->all.len) < 0 || futimens(fd, times))
		die(path);
	close(fd);
}

static void replace(const struct octets *all, const char *path)
{
	char other[4096];

	snprintf(other, sizeof other, "%s.other", path);
	file_write(other, all->data, all->len);
	if (rename(other, path))
		die(path);
}

void others_do(const char *path, enum deed deed)
{
	static struct file file;

	take(&file, path);
	switch (deed) {
	case DELIVER:
		for (unsigned i = draw(3) + 1; i; i--)
			deliver(path, draw(4) ? NULL : "same");
		break;
	case FLAG: case REMOVE: case REORDER: case TWICE:
		rewrite(&file, path, deed);
		break;
	case CUT:
		if (file.all.len && truncate(path, (off_t)draw((unsigned)file.all.len)))
			die(path);
		break;
	case SPOIL:
		spoil(&file, path);
		break;
	case LOSE:
		unlink(path);
		break;
	case REPLACE:
		replace(&file.all, path);
		break;
	case PSEUDO:
		put_pseudo(&file.all, path);
		break;
	case CRLF:
		to_crlf(&file.all, path);
		break;
	default:
		utimensat(AT_FDCWD, path, NULL, 0);
		break;
	}
	free(file.all.data);
}

/* ---- comparing ------------------------------------------------------------------------------ */

static bool has_letter(const char *head, const char *end, const char *field, char letter)
{
	for (const char *at = head; (at = strstr(at, field)) && at < end; at++)
		for (const char *c = at + strlen(field); *c != '\n' && *c; c++)
			if (*c == letter)
				return true;
	return false;
}

/* The id and the flags of each message, as lines in order. */
static void describe(const struct file *file, size_t i, char line[200])
{
	static const struct {
		const char *field;
		char letter;
		const char *flag;
	} flags[] = {{"\nX-Keywords:", 'P', "Play"}, {"\nX-Keywords:", 'W', "Work"},
	             {"\nX-Status:", 'A', "\\Answered"}, {"\nX-Status:", 'D', "\\Deleted"},
	             {"\nX-Status:", 'T', "\\Draft"}, {"\nX-Status:", 'F', "\\Flagged"},
	             {"\nStatus:", 'R', "\\Seen"}};
	const char *head = file->begin[i], *end = strstr(head, "\n\n"), *crlf = strstr(head, "\n\r\n");
	char id[24] = "-";

	if (!end || (crlf && crlf < end))
		end = crlf;
	if (!end || end > file->begin[i + 1])
		end = file->begin[i + 1];
	const char *field = strstr(head, "\nX-Id:");
	if (field && field < end)
		sscanf(field + 6 + strspn(field + 6, " "), "%23[^\r\n]", id);
	int len = snprintf(line, 200, "%s", id);
	for (size_t k = 0; k < sizeof flags / sizeof *flags; k++)
		if (has_letter(head, end, flags[k].field, flags[k].letter))
			len += snprintf(line + len, (size_t)(200 - len), " %s", flags[k].flag);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

bool others_agree(const struct client *client, const char *path)
{
	static struct file file;
	static char a[MESSAGES_MAX][200], b[MESSAGES_MAX][200];
	size_t count = 0;
	bool agree = true;

	take(&file, path);
	for (size_t i = 0; i < file.count; i++)
		if (i || !strstr(file.begin[0], "FOLDER INTERNAL DATA") ||
		    (file.count > 1 && strstr(file.begin[0], "FOLDER INTERNAL DATA") > file.begin[1]))
			describe(&file, i, a[count++]);
	for (size_t i = 0; i < client->count; i++)
		snprintf(b[i], sizeof b[i], "%s%s%s", client->seen[i].id,
		         client->seen[i].flags[0] ? " " : "", client->seen[i].flags);
	qsort(a, count, sizeof *a, by_text);
	qsort(b, client->count, sizeof *b, by_text);
	if (count != client->count) {
		fprintf(stderr, "  %zu messages in the file, %zu told\n", count, client->count);
		agree = false;
	}
	for (size_t i = 0; agree && i < count; i++)
		if (strcmp(a[i], b[i])) {
			fprintf(stderr, "  in the file \"%s\", told \"%s\"\n", a[i], b[i]);
			agree = false;
		}
	free(file.all.data);
	return agree;
}
