/* SPDX-License-Identifier: MIT */
/*
 * imapsrv.h - the server side of IMAP (RFC 9051, RFC 3501 and extensions) as a library: the host
 * moves the bytes and keeps the mail, the library speaks the protocol.  imapsrv(7) explains how the
 * parts fit together; each header below holds one subject.
 */
#ifndef IMAPSRV_H
#define IMAPSRV_H

#include "imapsrv/types.h"
#include "imapsrv/search.h"
#include "imapsrv/store.h"
#include "imapsrv/mailboxes.h"
#include "imapsrv/acl.h"
#include "imapsrv/language.h"
#include "imapsrv/metadata.h"
#include "imapsrv/annotate.h"
#include "imapsrv/quota.h"
#include "imapsrv/sasl.h"
#include "imapsrv/urlauth.h"
#include "imapsrv/event.h"
#include "imapsrv/engine.h"
#include "imapsrv/message.h"
#include "imapsrv/session.h"
#include "imapsrv/saved.h"
#include "imapsrv/hub.h"
#include "imapsrv/ledger.h"
#include "imapsrv/storecheck.h"

#endif
