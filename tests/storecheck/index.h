/* SPDX-License-Identifier: MIT */
/*
 * storecheck/index - an index for the test host's store, small and honest: it answers some keys,
 * some orders and one kind of thread, and refuses the rest.
 */
#ifndef TEST_STORECHECK_INDEX_H
#define TEST_STORECHECK_INDEX_H

#include <imapsrv.h>

void index_fill(struct imapsrv_store *store);

#endif
