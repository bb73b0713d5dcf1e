/* SPDX-License-Identifier: MIT */
/*
 * base/utf7 - modified UTF-7 for mailbox names (RFC 3501 5.1.3, RFC 9051 appendix A.1), both ways.
 * Each name has exactly one accepted spelling: printable ASCII stands for itself, "&" is "&-",
 * everything else is one maximal base64 run with zero pad bits; adjacent runs, runs that encode
 * printable ASCII, lone surrogates, and raw octets outside 20-7E are refused.  U+0000 has no
 * spelling; other control characters have one here, and isrv_utf8_is_name refuses them.
 */
#ifndef ISRV_BASE_UTF7_H
#define ISRV_BASE_UTF7_H

#include <stdbool.h>
#include <stddef.h>

/* The most octets that encoding len octets of UTF-8 can give, and that decoding len octets of
 * UTF-7 can give; SIZE_MAX if that cannot be expressed. */
size_t isrv_utf7_encoded_max(size_t len);
size_t isrv_utf7_decoded_max(size_t len);

/* In both, out must not overlap the input; when false, *out_len_r is untouched and out may have
 * been written. */
/* From valid UTF-8 without U+0000 (false if it is not, or if out would pass out_size). */
bool isrv_utf7_put(char *out, size_t out_size, size_t *out_len_r, const char *utf8, size_t len);
/* To UTF-8.  False for every spelling but the one, or if out would pass out_size. */
bool isrv_utf7_parse(char *out, size_t out_size, size_t *out_len_r, const char *utf7, size_t len);

#endif
