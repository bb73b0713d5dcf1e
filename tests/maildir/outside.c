/* SPDX-License-Identifier: MIT */
/* maildir/outside - what other programs do to the files of a Maildir. */
#include "maildir/play.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where the file of a message is. */
static bool find(const struct play *play, const char *base, char path[8192])
{
	static const char *const parts[] = {"new", "cur"};
	size_t len = strlen(base);
	bool found = false;

	for (size_t i = 0; i < 2 && !found; i++) {
		char dir_path[4096 + 16];
		snprintf(dir_path, sizeof dir_path, "%s/%s", play->home, parts[i]);
		DIR *dir = opendir(dir_path);
		for (struct dirent *entry; dir && !found && (entry = readdir(dir));) {
			found = !strncmp(entry->d_name, base, len) &&
			        (!entry->d_name[len] || entry->d_name[len] == ':');
			if (found)
				snprintf(path, 8192, "%s/%s", dir_path, entry->d_name);
		}
		if (dir)
			closedir(dir);
	}
	return found;
}

void file_deliver(const struct play *play, const char *base, const char *flags)
{
	char temporary[8192], path[8192];

	snprintf(temporary, sizeof temporary, "%s/tmp/%s", play->home, base);
	if (*flags)
		snprintf(path, sizeof path, "%s/cur/%s:2,%s", play->home, base, flags);
	else
		snprintf(path, sizeof path, "%s/new/%s", play->home, base);
	FILE *file = fopen(temporary, "w");
	if (!file || fprintf(file, "Subject: %s\n\nThis is %s.\n", base, base) < 0 ||
	    fclose(file) || rename(temporary, path))
		fail("%s: %s", path, strerror(errno));
}

void file_flag(const struct play *play, const char *base, const char *flags)
{
	char from[8192], to[8192];

	snprintf(to, sizeof to, "%s/cur/%s:2,%s", play->home, base, flags);
	if (!find(play, base, from) || rename(from, to))
		fail("%s cannot be given flags", base);
}

void file_remove(const struct play *play, const char *base)
{
	char path[8192];

	if (!find(play, base, path) || unlink(path))
		fail("%s cannot be removed", base);
}

bool file_flags(const struct play *play, const char *base, char flags[32])
{
	char path[8192];

	if (!find(play, base, path))
		return false;
	const char *info = strstr(path, ":2,");
	snprintf(flags, 32, "%s", info ? info + 3 : "");
	return true;
}

uint64_t file_sum(const struct play *play, uint64_t (*value)(const char *flags), size_t *count_r)
{
	static const char *const parts[] = {"new", "cur"};
	uint64_t sum = 0;

	*count_r = 0;
	for (size_t i = 0; i < 2; i++) {
		char path[4096 + 16];
		snprintf(path, sizeof path, "%s/%s", play->home, parts[i]);
		DIR *dir = opendir(path);
		for (struct dirent *entry; dir && (entry = readdir(dir));) {
			const char *info = strstr(entry->d_name, ":2,");
			if (entry->d_name[0] == '.')
				continue;
			++*count_r;
			sum += value ? value(info ? info + 3 : "") : 0;
		}
		if (dir)
			closedir(dir);
	}
	return sum;
}

size_t file_count(const struct play *play)
{
	size_t count;

	file_sum(play, NULL, &count);
	return count;
}

bool file_begins(const struct play *play, const char *begin)
{
	DIR *dir = opendir(play->home);
	bool found = false;

	for (struct dirent *entry; dir && !found && (entry = readdir(dir));)
		found = !strncmp(entry->d_name, begin, strlen(begin));
	if (dir)
		closedir(dir);
	return found;
}

void file_write(const struct play *play, const char *name, const char *text)
{
	char path[8192], temporary[8192];

	snprintf(path, sizeof path, "%s/%s", play->home, name);
	snprintf(temporary, sizeof temporary, "%s/tmp/text", play->home);
	FILE *file = fopen(temporary, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) || rename(temporary, path))
		fail("%s: %s", path, strerror(errno));
}
