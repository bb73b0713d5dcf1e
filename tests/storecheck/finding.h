/* SPDX-License-Identifier: MIT */
/*
 * storecheck/finding - shows what the conformance kit found; with STORECHECK_TRANSCRIPT in the
 * environment, also what the sessions said.
 */
#ifndef TEST_STORECHECK_FINDING_H
#define TEST_STORECHECK_FINDING_H

#include <imapsrv.h>

void finding_print(const struct imapsrv_finding *f);

#endif
