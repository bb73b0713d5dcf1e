/* SPDX-License-Identifier: MIT */
/*
 * replay - a main for any fuzz target, built with an ordinary compiler: feeds it nothing at all,
 * then each file of the directories that are named, in the order of their names.  What a fuzzer
 * once found stays found in every `make check`.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct names {
	char **items;
	size_t count;
};

static _Noreturn void die(const char *path)
{
	perror(path);
	exit(2);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct names read_names(const char *path)
{
	struct names names = {NULL, 0};
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		die(path);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		names.items = realloc(names.items, (names.count + 1) * sizeof(*names.items));
		if (!names.items || !(names.items[names.count] = strdup(entry->d_name)))
			die(path);
		names.count++;
	}
	closedir(dir);
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), by_name);
	return names;
}

static void feed_file(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *data;
	FILE *file;
	long size = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		die(path);
	rewind(file);
	/* Exactly as large as the input, so that one octet too far is seen. */
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size)
		die(path);
	fclose(file);
	/* If this is the last one printed, it is the one that did it. */
	puts(path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

int main(int argc, char **argv)
{
	size_t count = 1;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		struct names names = read_names(argv[i]);

		for (size_t k = 0; k < names.count; k++) {
			feed_file(argv[i], names.items[k]);
			free(names.items[k]);
		}
		free(names.items);
		count += names.count;
	}
	printf("inputs: %zu passed, 0 failed\n", count);
	return 0;
}
