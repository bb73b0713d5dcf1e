/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/sasl.h - optional: SASL mechanisms beyond those that the library has (PLAIN, and EXTERNAL
 * where the host knows an external identity).  The library does base64, continuation lines, initial
 * responses and "*" (RFC 9051 6.2.2, RFC 4959); the host sees octets.
 */
#ifndef IMAPSRV_SASL_H
#define IMAPSRV_SASL_H

#include "imapsrv/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_sasl_step {
	const char *mechanism;    /* one of imapsrv_sasl.mechanisms */
	void **exchange;          /* a place for the host's own state of this exchange; NULL at first */
	int has_response;         /* 0 only in the first step: the client gave no initial response */
	struct imapsrv_span response; /* wiped when the callback returns */
};

struct imapsrv_sasl {
	size_t size;
	const char *const *mechanisms; /* names in upper case, NULL at the end; outlives the engine */
	uint32_t plaintext; /* bit n: mechanisms[n] shows the password to whoever listens, so it is offered only
	                       where LOGIN is */
	/* The client started, or answered.  Answer: imapsrv_op_challenge then OK to go on;
	 * imapsrv_op_account then OK when it is in; or a refusal. */
	void (*step)(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q);
	/* The exchange is over, however; comes exactly once after the first step.  May be NULL. */
	void (*end)(void *user, void *exchange);
};
#define IMAPSRV_SASL_INIT IMAPSRV_SIZED(struct imapsrv_sasl)

#ifdef __cplusplus
}
#endif

#endif
