/* SPDX-License-Identifier: MIT */
/*
 * command/sasl_gs2 - what SCRAM and OAUTHBEARER messages begin with (RFC 5801 4, RFC 5802 7):
 *
 *	gs2-header = ("p=" cb-name / "n" / "y") "," ["a=" saslname] ","
 */
#ifndef ISRV_COMMAND_SASL_GS2_H
#define ISRV_COMMAND_SASL_GS2_H

#include "command/auth.h"

struct isrv_gs2 {
	char flag;                   /* 'p', 'n' or 'y' */
	struct imapsrv_span binding; /* cb-name, of 'p' */
	size_t len;                  /* of the header, its commas included */
};

/* Takes it from the front of the response; the user that it names becomes login.authzid.  False:
 * it is not one, or (x->text is NULL) no memory. */
bool isrv_gs2_parse(struct isrv_exchange *x, struct isrv_gs2 *gs2);

/* saslname: "=2C" and "=3D" stand for "," and "="; UTF-8 without controls, not empty.  *name_r is
 * in the arena.  False as above. */
bool isrv_saslname_parse(struct isrv_exchange *x, const char *data, size_t len,
                         struct imapsrv_span *name_r);

#endif
