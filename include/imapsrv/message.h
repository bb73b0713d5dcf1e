/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/message.h - describing a message once, so that its ENVELOPE, BODYSTRUCTURE, RFC822.SIZE and the places of its
 * parts are answered without opening it again (RFC 9051 7.5.2).  A host that likes to be fast feeds each message
 * through a describer when it arrives, keeps the bytes that come out beside it, and hands them back in
 * imapsrv_row.description.  No engine or session is needed; a describer is used by one thread at a time.
 *
 * The bytes are of one version of the library's format, carry a checksum, and are never trusted: what is damaged,
 * of another version, or of a message of another size is passed over, and the message is read instead.
 */
#ifndef IMAPSRV_MESSAGE_H
#define IMAPSRV_MESSAGE_H

#include "imapsrv/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_describer;

/*
 * Begins a message.  allocator NULL: malloc and free; limits NULL: the defaults (depth, parts, header_octets,
 * described, addresses and params count).  Errors: IMAPSRV_EINVAL, IMAPSRV_ENOMEM.
 */
IMAPSRV_API int imapsrv_describer_new(const struct imapsrv_allocator *allocator,
                                      const struct imapsrv_limits *limits,
                                      struct imapsrv_describer **describer_r);
/* NULL is allowed. */
IMAPSRV_API void imapsrv_describer_free(struct imapsrv_describer *describer);

/* The next octets, exactly as the host will hand them out later, in pieces of any size.  Errors: IMAPSRV_ENOMEM
 * (the describer can then only be freed), IMAPSRV_ESTATE after finish. */
IMAPSRV_API int imapsrv_describer_feed(struct imapsrv_describer *describer, const void *data,
                                       size_t len);

/* The message has ended.  The description belongs to the describer, until it is freed.  Errors: IMAPSRV_ENOMEM,
 * IMAPSRV_ESTATE if this was called before. */
IMAPSRV_API int imapsrv_describer_finish(struct imapsrv_describer *describer,
                                         struct imapsrv_span *description_r);

/* Is this a description that this library can use?  If so 0, and the message's RFC822.SIZE and its size in the
 * host's own octets.  Errors: IMAPSRV_EINVAL. */
IMAPSRV_API int imapsrv_description_check(struct imapsrv_span description, uint64_t *wire_octets_r,
                                          uint64_t *host_octets_r);

#ifdef __cplusplus
}
#endif

#endif
