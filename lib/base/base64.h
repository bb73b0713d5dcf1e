/* SPDX-License-Identifier: MIT */
/*
 * base/base64 - RFC 4648 section 4, strict: whole quanta, right padding, no stray octet, zero pad
 * bits.
 */
#ifndef ISRV_BASE_BASE64_H
#define ISRV_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Octets that encoding n octets gives; SIZE_MAX if that cannot be expressed. */
size_t isrv_base64_encoded(size_t n);
/* Writes isrv_base64_encoded(len) octets; out and data must not overlap. */
void isrv_base64_put(char *out, const void *data, size_t len);
/* Decodes into out, which may be data itself and needs len / 4 * 3 octets.  Nothing at all is
 * valid and gives nothing.  When false, *out_len_r is untouched and out may have been written. */
bool isrv_base64_parse(void *out, size_t *out_len_r, const char *data, size_t len);

#endif
