/* SPDX-License-Identifier: MIT */
/*
 * storecheck/scratch - a directory, made and removed.
 */
#include "storecheck/scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char memory[] = "/dev/shm/imapsrv-kit.XXXXXX";
static const char *dir;

void scratch_begin(const char *elsewhere)
{
	dir = mkdtemp(memory) ? memory : elsewhere;
	if (dir == elsewhere)
		mkdir(dir, 0700);
	if (access(dir, W_OK)) {
		perror(dir);
		exit(1);
	}
}

const char *scratch_dir(void)
{
	return dir;
}

static void empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	char below[4096];

	while (d && (entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		if (unlink(below)) {
			empty(below);
			rmdir(below);
		}
	}
	if (d)
		closedir(d);
}

void scratch_empty(void)
{
	empty(dir);
}

void scratch_end(void)
{
	empty(dir);
	rmdir(dir);
}

int scratch_write_lf(const char *path, const char *before, struct imapsrv_span message)
{
	FILE *to = fopen(path, "a");

	if (!to)
		return -1;
	fputs(before, to);
	for (size_t i = 0; i < message.len; i++)
		if (message.data[i] != '\r' || i + 1 == message.len || message.data[i + 1] != '\n')
			putc(message.data[i], to);
	return fclose(to) ? -1 : 0;
}
