/* SPDX-License-Identifier: MIT */
/*
 * entries.c - a text file that may be edited by hand: a line for each entry,
 *
 *	[USER:]NAME VALUE
 *
 * with %XX for an octet that would not fit in a line.  USER is whose a /private entry is, where it
 * is not the user's in whose directory the file is.  Lines that begin with "#" say nothing.  The
 * file is never written to, only replaced, so that a crash leaves one or the other.
 */
#include "entries.h"

#include "files.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].owner);
		free(entries->items[i].name);
		free(entries->items[i].value);
	}
	free(entries->items);
	*entries = (struct entries){0};
}

/* ---- in memory ---------------------------------------------------------------------------- */

static int compare(const struct annotation *entry, const char *owner, const char *name)
{
	int order = strcmp(entry->owner, owner);

	return order ? order : strcmp(entry->name, name);
}

/* Where it is, or would be. */
static size_t find(const struct entries *entries, const char *owner, const char *name)
{
	size_t low = 0, high = entries->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (compare(&entries->items[mid], owner, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct entries *entries, size_t at, const char *owner, const char *name)
{
	return at < entries->count && !compare(&entries->items[at], owner, name);
}

const struct annotation *entries_find(const struct entries *entries, const char *owner,
                                 const char *name)
{
	size_t at = find(entries, owner, name);

	return is_at(entries, at, owner, name) ? &entries->items[at] : NULL;
}

static void remove_at(struct entries *entries, size_t at)
{
	free(entries->items[at].owner);
	free(entries->items[at].name);
	free(entries->items[at].value);
	memmove(&entries->items[at], &entries->items[at + 1],
	        (--entries->count - at) * sizeof *entries->items);
}

void entries_put(struct entries *entries, const char *owner, struct imapsrv_span name,
                 const struct imapsrv_span *value)
{
	char *key = xstrndup(name.data, name.len);
	size_t at = find(entries, owner, key);

	if (is_at(entries, at, owner, key))
		remove_at(entries, at);
	if (!value) {
		free(key);
		return;
	}
	RESERVE_ONE(entries->items, entries->count, entries->capacity);
	memmove(&entries->items[at + 1], &entries->items[at],
	        (entries->count++ - at) * sizeof *entries->items);
	entries->items[at] = (struct annotation){.owner = xstrdup(owner), .name = key,
	                                    .value = xstrndup(value->len ? value->data : "",
	                                                      value->len),
	                                    .len = value->len};
}

void entries_compare(const struct entries *old, const struct entries *new,
                     void (*each)(void *context, const struct annotation *entry), void *context)
{
	size_t i = 0, k = 0;

	while (i < old->count || k < new->count) {
		const struct annotation *was = i < old->count ? &old->items[i] : NULL;
		const struct annotation *is = k < new->count ? &new->items[k] : NULL;
		int order = !was ? 1 : !is ? -1 : compare(was, is->owner, is->name);

		if (order || was->len != is->len || memcmp(was->value, is->value, is->len) != 0)
			each(context, order < 0 ? was : is);
		i += order <= 0;
		k += order >= 0;
	}
}

/* ---- reading ------------------------------------------------------------------------------ */

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return digit ? (int)(digit - digits) : -1;
}

/* Part of a line without its %XX. */
static struct text decode(const char *p, const char *end)
{
	struct text out = {0};

	text_put(&out, "", 0);
	while (p < end) {
		char c = *p++;
		if (c == '%' && end - p >= 2 && hex(p[0]) >= 0 && hex(p[1]) >= 0) {
			c = (char)(hex(p[0]) << 4 | hex(p[1]));
			p += 2;
		}
		text_put(&out, &c, 1);
	}
	return out;
}

/* RFC 5464 3.2: what can be the name of an entry.  Makes its letters small. */
static bool take_name(struct text *name)
{
	char *p = name->data;

	if (strlen(p) != name->len || p[name->len ? name->len - 1 : 0] == '/' || strstr(p, "//"))
		return false;
	for (; *p; p++) {
		if (*p < ' ' || *p > '~' || *p == '*' || *p == '%')
			return false;
		*p = (char)tolower((unsigned char)*p);
	}
	return !strncmp(name->data, "/private/", 9) || !strncmp(name->data, "/shared/", 8);
}

static void take_line(struct entries *entries, const char *line, const char *end)
{
	const char *slash = memchr(line, '/', (size_t)(end - line));
	const char *space = slash ? memchr(slash, ' ', (size_t)(end - slash)) : NULL;
	bool owned = slash && slash > line && slash[-1] == ':';

	if (*line == '#' || !space || (slash > line && !owned) || entries->count == ENTRIES_MAX)
		return;
	char *owner = xstrndup(line, owned ? (size_t)(slash - line) - 1 : 0);
	struct text name = decode(slash, space), value = decode(space + 1, end);
	if (take_name(&name) && value.len <= ENTRY_VALUE_MAX &&
	    (!owned || name.data[1] == 'p') && !entries_find(entries, owner, name.data)) {
		struct imapsrv_span span = {value.data, value.len};
		entries_put(entries, owner, (struct imapsrv_span){name.data, name.len}, &span);
	}
	text_clear(&name);
	text_clear(&value);
	free(owner);
}

int entries_read(int dirfd, const char *file, struct entries *entries)
{
	struct text text = {0};
	int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*entries = (struct entries){0};
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	int result = read_from(fd, 0, ENTRIES_FILE_MAX, &text);
	int error = errno;
	close(fd);
	for (size_t at = 0; !result && at < text.len;) {
		const char *lf = memchr(text.data + at, '\n', text.len - at);
		const char *end = lf ? lf : text.data + text.len;
		take_line(entries, text.data + at, end);
		at = (size_t)(end - text.data) + 1;
	}
	text_clear(&text);
	errno = error;
	return result;
}

/* ---- writing ------------------------------------------------------------------------------ */

static void encode(struct text *out, const char *p, size_t len, bool in_name)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c < ' ' || c == '%' || c == 0x7f || (c == ' ' && in_name))
			text_putf(out, "%%%02x", c);
		else
			text_put(out, &p[i], 1);
	}
}

int entries_write(int dirfd, const char *file, const struct entries *entries)
{
	struct text text = {0};

	text_putf(&text, "# annotations: [user:]entry value; %%XX is an octet\n");
	for (size_t i = 0; i < entries->count; i++) {
		const struct annotation *entry = &entries->items[i];
		text_putf(&text, "%s%s", entry->owner, *entry->owner ? ":" : "");
		encode(&text, entry->name, strlen(entry->name), true);
		text_put(&text, " ", 1);
		encode(&text, entry->value, entry->len, false);
		text_put(&text, "\n", 1);
	}
	int result = -1;
	errno = EMLINK;
	if (entries->count <= ENTRIES_MAX && text.len <= ENTRIES_FILE_MAX)
		result = write_file(dirfd, file, text.data, text.len);
	int error = errno;
	text_clear(&text);
	errno = error;
	return result;
}
