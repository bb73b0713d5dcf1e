/* SPDX-License-Identifier: MIT */
/* command/namespace - the NAMESPACE response (RFC 9051 7.3.5, RFC 2342, RFC 5255 3.4). */
#ifndef ISRV_COMMAND_NAMESPACE_H
#define ISRV_COMMAND_NAMESPACE_H

struct imapsrv_session;

void isrv_namespace_put(struct imapsrv_session *s);

#endif
