/* SPDX-License-Identifier: MIT */
/*
 * ids.c - the three kinds begin with different letters, so that none is taken for another.
 *
 * A mailbox keeps its UIDVALIDITY for as long as its UIDs, under any name, and no other mailbox of
 * the user ever has the same: see uidvalidity.c.  The unique part of a file's name stands for the
 * message, whatever mailbox it was put in; a copy gets a new unique part, and the identifier of the
 * original in a field ",E=" behind it.  A conversation is known by its first message: the one that
 * "References" begins with.
 */
#include "ids.h"

#include "files.h"
#include "filename.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* So much of a header is looked at. */
#define HEADER_MAX 65536

static uint64_t hash(const char *p, size_t len, uint64_t seed)
{
	uint64_t sum = 14695981039346656037u ^ seed;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)p[i]) * 1099511628211u;
	/* FNV leaves the high bits of the last octets as they were. */
	sum = (sum ^ sum >> 30) * 0xbf58476d1ce4e5b9u;
	sum = (sum ^ sum >> 27) * 0x94d049bb133111ebu;
	return sum ^ sum >> 31;
}

static void put_id(char kind, const char *p, size_t len, char id[ID_SIZE])
{
	snprintf(id, ID_SIZE, "%c%016" PRIx64 "%016" PRIx64, kind, hash(p, len, 0),
	         hash(p, len, 0x9e3779b97f4a7c15u));
}

void id_of_box(const struct box *box, char id[ID_SIZE])
{
	const char *user = strrchr(box->account, '/') + 1;
	/* Where nothing can be written UIDVALIDITY is that of this process alone. */
	uint64_t inode = box->frozen && !box->index.inode ? (uint64_t)box->inode : 0;

	snprintf(id, ID_SIZE, "m%016" PRIx64 "%08" PRIx32, hash(user, strlen(user), inode),
	         box->catalog.uidvalidity);
}

/* ---- messages ----------------------------------------------------------------------------- */

static size_t id_length(const char *p)
{
	size_t len = 0;

	while (isalnum((unsigned char)p[len]) || p[len] == '-' || p[len] == '_')
		len++;
	return len;
}

void id_of_file(const char *file, char id[ID_SIZE])
{
	size_t base = filename_base(file), unique = strcspn(file, ",:");

	for (const char *p = file + unique; p + 3 < file + base; p++) {
		size_t len;
		if (strncmp(p, ",E=", 3) != 0 || !(len = id_length(p + 3)) || len >= ID_SIZE)
			continue;
		memcpy(id, p + 3, len);
		id[len] = '\0';
		return;
	}
	put_id('e', file, unique, id);
}

/* ---- conversations ------------------------------------------------------------------------ */

/* The LF of its last line, or the end of the header. */
static const char *end_of_field(const char *line)
{
	const char *end = line;

	while (*(end += strcspn(end, "\n")) && (end[1] == ' ' || end[1] == '\t'))
		end++;
	return end;
}

/* The first "<...>" in a field of the header, of however many lines. */
static struct imapsrv_span first_id(const char *header, const char *name)
{
	static const struct imapsrv_span none = {NULL, 0};
	size_t len = strlen(name);

	for (const char *line = header, *end; *line; line = end + (*end == '\n')) {
		end = end_of_field(line);
		if (*line == '\n' || (*line == '\r' && line[1] == '\n'))
			break;
		if (strncasecmp(line, name, len) != 0)
			continue;
		const char *begin = memchr(line, '<', (size_t)(end - line));
		const char *close = begin ? memchr(begin, '>', (size_t)(end - begin)) : NULL;
		if (close && close > begin + 1)
			return (struct imapsrv_span){begin + 1, (size_t)(close - begin) - 1};
	}
	return none;
}

bool id_of_thread(int fd, char id[ID_SIZE])
{
	static const char *const names[] = {"References:", "In-Reply-To:", "Message-ID:"};
	struct imapsrv_span found = {NULL, 0};
	struct text header = {0};
	bool readable = !read_from(fd, 0, HEADER_MAX, &header);

	text_put(&header, "", 0);
	for (size_t i = 0; i < 3 && !found.len; i++)
		found = first_id(header.data, names[i]);
	/* One that names nobody and has no name is a conversation of those with the same header. */
	if (found.len)
		put_id('t', found.data, found.len, id);
	else
		put_id('t', header.data, header.len, id);
	text_clear(&header);
	return readable;
}
