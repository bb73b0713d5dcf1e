/* SPDX-License-Identifier: MIT */
/*
 * filename.c - names of files in a Maildir.  The base is unique for ever; flags are letters in
 * ASCII order behind ":2,".  ",S=" and ",W=" are a custom of Maildir++ servers that saves opening a
 * file to learn its size.
 */
#include "filename.h"

#include "support.h"

#include <imapsrv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	char letter;
	uint32_t flag;
} letters[] = {
	{'D', IMAPSRV_DRAFT}, {'F', IMAPSRV_FLAGGED}, {'R', IMAPSRV_ANSWERED},
	{'S', IMAPSRV_SEEN},  {'T', IMAPSRV_DELETED},
};
#define LETTERS (sizeof letters / sizeof *letters)

size_t filename_base(const char *file)
{
	return strcspn(file, ":");
}

/* The letters behind ":2,", or an empty string. */
static const char *letters_of(const char *file)
{
	const char *info = file + filename_base(file);

	return strncmp(info, ":2,", 3) ? "" : info + 3;
}

uint32_t filename_flags(const char *file)
{
	const char *p = letters_of(file);
	uint32_t flags = 0;

	for (size_t i = 0; i < LETTERS; i++)
		if (strchr(p, letters[i].letter))
			flags |= letters[i].flag;
	return flags;
}

char *filename_with_flags(const char *file, uint32_t flags)
{
	const char *old = letters_of(file);
	bool set[128] = {false};
	struct text name = {0};

	for (const char *p = old; *p; p++)
		if ((unsigned char)*p < 128)
			set[(unsigned char)*p] = true;
	for (size_t i = 0; i < LETTERS; i++)
		set[(unsigned char)letters[i].letter] = flags & letters[i].flag;
	text_put(&name, file, filename_base(file));
	text_put(&name, ":2,", 3);
	for (int c = 1; c < 128; c++)
		if (set[c])
			text_put(&name, &(char){(char)c}, 1);
	return name.data;
}

uint64_t filename_octets(const char *file, char letter)
{
	const char *end = file + filename_base(file);

	for (const char *p = file; p + 3 < end; p++) {
		if (p[0] != ',' || p[1] != letter || p[2] != '=')
			continue;
		uint64_t value = 0;
		const char *digit = p + 3;
		while (digit < end && *digit >= '0' && *digit <= '9' && value < UINT64_MAX / 100)
			value = value * 10 + (uint64_t)(*digit++ - '0');
		if (digit > p + 3 && (digit == end || *digit == ','))
			return value;
	}
	return OCTETS_UNKNOWN;
}

int64_t filename_time(const char *file)
{
	int64_t seconds = 0;
	size_t digits = 0;

	for (; file[digits] >= '0' && file[digits] <= '9' && digits < 12; digits++)
		seconds = seconds * 10 + (file[digits] - '0');
	return digits && file[digits] == '.' ? seconds : -1;
}

/* SECONDS.MmicrosecondsPpidQcount.host, as the Maildir specification has it. */
static void put_unique(struct text *name)
{
	static unsigned long counter;
	static char host[65];
	struct timespec now = clock_now();

	if (!host[0]) {
		if (gethostname(host, sizeof host - 1) || !host[0])
			snprintf(host, sizeof host, "localhost");
		for (char *p = host; *p; p++)
			if (*p == '/' || *p == ':' || *p == ',' || *p <= ' ')
				*p = '_';
	}
	text_putf(name, "%lld.M%06ldP%ldQ%lu.%s", (long long)now.tv_sec, now.tv_nsec / 1000,
	          (long)getpid(), ++counter, host);
}

char *filename_new(uint64_t octets, uint64_t wire_octets, uint32_t flags)
{
	return filename_of_copy(octets, wire_octets, flags, NULL);
}

char *filename_of_copy(uint64_t octets, uint64_t wire_octets, uint32_t flags, const char *emailid)
{
	struct text name = {0};

	put_unique(&name);
	if (octets != OCTETS_UNKNOWN)
		text_putf(&name, ",S=%llu", (unsigned long long)octets);
	if (wire_octets != OCTETS_UNKNOWN)
		text_putf(&name, ",W=%llu", (unsigned long long)wire_octets);
	if (emailid)
		text_putf(&name, ",E=%s", emailid);
	char *file = filename_with_flags(name.data, flags);
	text_clear(&name);
	return file;
}

char *filename_new_temporary(void)
{
	struct text name = {0};

	put_unique(&name);
	return name.data;
}

int filename_compare(const char *a, const char *b)
{
	unsigned long long time_a = strtoull(a, NULL, 10), time_b = strtoull(b, NULL, 10);

	if (time_a != time_b)
		return time_a < time_b ? -1 : 1;
	return strcmp(a, b);
}
