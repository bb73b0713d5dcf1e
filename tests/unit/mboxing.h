/* SPDX-License-Identifier: MIT */
/* A directory for tests of the mailboxes of imapsrv-mbox, gone behind them. */
#ifndef UNIT_MBOXING_H
#define UNIT_MBOXING_H

#include "unit/row.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

static char *dir, path[4100], letters[4100]; /* path: the INBOX in it */
static bool untold = true;                   /* there is no session */

static void remove_files(void)
{
	DIR *all = opendir(dir);
	struct dirent *entry;

	assert_non_null(all);
	while ((entry = readdir(all)))
		unlinkat(dirfd(all), entry->d_name, 0);
	closedir(all);
}

/* The name of the program says where, if there is no room in memory. */
static int run_in_directory(const char *program, const struct CMUnitTest *test)
{
	static char in_memory[] = "/dev/shm/imapsrv-mbox.XXXXXX", elsewhere[4000];
	const struct CMUnitTest tests[] = {*test};

	snprintf(elsewhere, sizeof elsewhere, "%s.XXXXXX", program);
	/* Thousands of times it is waited for the disk: there should be none. */
	dir = mkdtemp(in_memory) ? in_memory : mkdtemp(elsewhere);
	if (!dir)
		return 1;
	snprintf(path, sizeof path, "%s/INBOX", dir);
	snprintf(letters, sizeof letters, "%s/letters", dir);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_files();
	rmdir(dir);
	return failed;
}

#endif
