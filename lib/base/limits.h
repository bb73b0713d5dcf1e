/* SPDX-License-Identifier: MIT */
/* base/limits - every bound that the host left at 0 gets its default. */
#ifndef ISRV_BASE_LIMITS_H
#define ISRV_BASE_LIMITS_H

#include "imapsrv/engine.h"

void isrv_limits_fill(struct imapsrv_limits *limits);

#endif
