/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/message.h - describing a message once, so that its ENVELOPE, BODYSTRUCTURE, RFC822.SIZE
 * and the places of its parts are answered without opening it again (RFC 9051 7.5.2).  A host that
 * likes to be fast feeds each message through a describer when it arrives, keeps the bytes that
 * come out beside it, and hands them back in imapsrv_row.description.  No engine or session is
 * needed; a describer is used by one thread at a time.
 *
 * The bytes are of one version of the library's format, carry a checksum, and are never trusted:
 * what is damaged, of another version, or of a message of another size is passed over, and the
 * message is read instead.
 */
#ifndef IMAPSRV_MESSAGE_H
#define IMAPSRV_MESSAGE_H

#include "imapsrv/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_describer;

/*
 * Begins a message.  allocator NULL: malloc and free; limits NULL: the defaults (depth, parts,
 * header_octets, described, addresses and params count).  Errors: IMAPSRV_EINVAL, IMAPSRV_ENOMEM.
 */
IMAPSRV_API int imapsrv_describer_new(const struct imapsrv_allocator *allocator,
                                      const struct imapsrv_limits *limits,
                                      struct imapsrv_describer **describer_r);
/* NULL is allowed. */
IMAPSRV_API void imapsrv_describer_free(struct imapsrv_describer *describer);

/* The next octets, exactly as the host will hand them out later, in pieces of any size.  Errors:
 * IMAPSRV_ENOMEM (the describer can then only be freed), IMAPSRV_ESTATE after finish. */
IMAPSRV_API int imapsrv_describer_feed(struct imapsrv_describer *describer, const void *data,
                                       size_t len);

/* The message has ended.  The description belongs to the describer, until it is freed.  Errors:
 * IMAPSRV_ENOMEM, IMAPSRV_ESTATE if this was called before. */
IMAPSRV_API int imapsrv_describer_finish(struct imapsrv_describer *describer,
                                         struct imapsrv_span *description_r);

/*
 * For PREVIEW (RFC 8970), once the description is finished: the octets of the message that hold its
 * first words, *offset_r to *offset_r + *octets_r as they were fed (0 octets: the message has no
 * text).  The host feeds them again, from their start and in pieces of any size, until it has no
 * more or *enough_r is not 0 (it may be NULL), and then takes the text, which belongs to the
 * describer.  Errors: IMAPSRV_ESTATE before finish, IMAPSRV_ENOMEM.
 */
IMAPSRV_API int imapsrv_describer_text(struct imapsrv_describer *describer, uint64_t *offset_r,
                                       uint64_t *octets_r);
IMAPSRV_API int imapsrv_describer_feed_text(struct imapsrv_describer *describer, const void *data,
                                            size_t len, int *enough_r);
IMAPSRV_API int imapsrv_describer_preview(struct imapsrv_describer *describer,
                                          struct imapsrv_span *preview_r);

/* Is this a description that this library can use?  If so 0, and the message's RFC822.SIZE and
 * its size in the host's own octets.  Errors: IMAPSRV_EINVAL. */
IMAPSRV_API int imapsrv_description_check(struct imapsrv_span description, uint64_t *wire_octets_r,
                                          uint64_t *host_octets_r);

#ifdef __cplusplus
}
#endif

#endif
