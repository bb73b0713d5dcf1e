/* SPDX-License-Identifier: MIT */
/*
 * storecheck/finding - one finding as text.
 */
#include "storecheck/finding.h"

#include <stdio.h>
#include <stdlib.h>

void finding_print(const struct imapsrv_finding *f)
{
	printf("%s: %s\n\t%s; %s\n\t%s\n\tin \"%s\", seed %llu\n", f->clause->id, f->clause->text,
	       f->clause->section, f->clause->rfc ? f->clause->rfc : "this library only", f->what,
	       f->scene, (unsigned long long)f->seed);
	if (getenv("STORECHECK_TRANSCRIPT"))
		printf("%.*s\n", (int)f->transcript.len, f->transcript.data);
}
