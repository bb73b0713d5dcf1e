/* SPDX-License-Identifier: MIT */
/*
 * maildir/run - tests of the Maildir server as a process: what clients are told is compared with
 * the files, whatever other programs, other servers and crashes do.
 *
 *	run SERVER SCRATCH [TEST]
 *
 * Nothing leaves the loopback interface.
 */
#include "maildir/tests.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	void (*run)(struct play *play);
} tests[] = {
	{"offered", test_offered},
	{"condition", test_condition},
	{"outside", test_outside},
	{"shared", test_shared},
	{"full", test_full},
	{"index-full", test_index_full},
	{"lost", test_lost},
	{"kept", test_kept},
	{"kept-outside", test_kept_outside},
	{"kept-crash", test_kept_crash},
	{"kept-many", test_kept_many},
	{"kept-copy", test_kept_copy},
	{"described", test_described},
	{"described-full", test_described_full},
	{"subscribed-full", test_subscribed_full},
	{"readable", test_readable},
	{"unreadable", test_unreadable},
	{"unreadable-numbers", test_unreadable_numbers},
	{"files", test_files},
	{"scarce-names", test_scarce_names},
	{"scarce-boxes", test_scarce_boxes},
	{"scarce-mail", test_scarce_mail},
	{"scarce-others", test_scarce_others},
	{"scarce-share", test_scarce_share},
	{"handover-full", test_handover_full},
	{"hangup", test_hangup},
	{"standard", test_standard},
	{"per-host", test_per_host},
	{"saved", test_saved},
	{"ids", test_ids},
	{"threadids", test_threadids},
	{"metadata", test_metadata},
	{"metadata-told", test_metadata_told},
	{"uses", test_uses},
	{"metadata-damage", test_metadata_damage},
	{"metadata-full", test_metadata_full},
	{"metadata-killed", test_metadata_killed},
	{"quota", test_quota},
	{"quota-told", test_quota_told},
	{"quota-options", test_quota_options},
	{"quota-set", test_quota_set},
	{"quota-damage", test_quota_damage},
	{"quota-killed", test_quota_killed},
	{"share", test_share},
	{"share-changes", test_share_changes},
	{"share-names", test_share_names},
	{"share-quota", test_share_quota},
	{"share-metadata", test_share_metadata},
	{"share-options", test_share_options},
	{"share-told", test_share_told},
	{"share-renamed", test_share_renamed},
	{"share-notify", test_share_notify},
	{"share-outside", test_share_outside},
	{"share-damage", test_share_damage},
	{"share-killed", test_share_killed},
	{"dates", test_dates},
	{"large", test_large},
	{"large-index", test_large_index},
	{"killed", test_killed},
	{"cut", test_cut},
	{"torn", test_torn},
};

int main(int argc, char **argv)
{
	static struct play play;
	unsigned passed = 0;

	if (argc < 3) {
		fputs("usage: run SERVER SCRATCH [TEST]\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		if (argc > 3 && strcmp(argv[3], tests[i].name))
			continue;
		about("%s", tests[i].name);
		play_begin(&play, argv[1], argv[2]);
		tests[i].run(&play);
		passed++;
	}
	remove_tree(argv[2]);
	printf("maildir: %u passed, 0 failed\n", passed);
	return 0;
}
