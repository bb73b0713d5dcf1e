/* SPDX-License-Identifier: MIT */
/* maildir/tests - what the runner runs: each begins with an empty Maildir. */
#ifndef TEST_MAILDIR_TESTS_H
#define TEST_MAILDIR_TESTS_H

#include "maildir/cache.h"

/* changes.c */
void test_offered(struct play *play);
void test_condition(struct play *play);
void test_outside(struct play *play);
void test_shared(struct play *play);
void test_full(struct play *play);
void test_index_full(struct play *play);
void test_lost(struct play *play);

/* kept.c */
void test_kept(struct play *play);
void test_kept_outside(struct play *play);
void test_kept_crash(struct play *play);
void test_kept_many(struct play *play);
void test_kept_copy(struct play *play);

/* readable.c */
void test_readable(struct play *play);
void test_unreadable(struct play *play);
void test_unreadable_numbers(struct play *play);
void test_files(struct play *play);

/* scarce.c */
void test_scarce_names(struct play *play);
void test_scarce_boxes(struct play *play);
void test_scarce_mail(struct play *play);
void test_scarce_others(struct play *play);
void test_scarce_share(struct play *play);

/* ids.c */
void test_ids(struct play *play);
void test_threadids(struct play *play);

/* metadata.c */
void test_metadata(struct play *play);
void test_metadata_told(struct play *play);
void test_uses(struct play *play);
void test_metadata_damage(struct play *play);
void test_metadata_full(struct play *play);
void test_metadata_killed(struct play *play);

/* quota.c */
void test_quota(struct play *play);
void test_quota_told(struct play *play);
void test_quota_options(struct play *play);
void test_quota_set(struct play *play);
void test_quota_damage(struct play *play);
void test_quota_killed(struct play *play);

/* share.c */
void test_share(struct play *play);
void test_share_changes(struct play *play);
void test_share_names(struct play *play);
void test_share_quota(struct play *play);
void test_share_metadata(struct play *play);
void test_share_options(struct play *play);

/* share_told.c */
void test_share_told(struct play *play);
void test_share_renamed(struct play *play);
void test_share_notify(struct play *play);
void test_share_outside(struct play *play);
void test_share_damage(struct play *play);
void test_share_killed(struct play *play);

/* described.c */
void test_described(struct play *play);
void test_described_full(struct play *play);

/* subscribed.c */
void test_subscribed_full(struct play *play);

/* handover.c */
void test_handover_full(struct play *play);

/* signals.c */
void test_hangup(struct play *play);
void test_standard(struct play *play);

/* hosts.c */
void test_per_host(struct play *play);

/* saved.c */
void test_saved(struct play *play);

/* large.c */
void test_dates(struct play *play);
void test_large(struct play *play);
void test_large_index(struct play *play);

/* crash.c */
void test_killed(struct play *play);
void test_cut(struct play *play);
void test_torn(struct play *play);

#endif
