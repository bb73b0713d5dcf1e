/* SPDX-License-Identifier: MIT */
/*
 * base/utf8 - UTF-8 as RFC 3629 defines it: no overlong form, no surrogate, nothing above 10FFFF.
 */
#ifndef ISRV_BASE_UTF8_H
#define ISRV_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the well-formed sequence at data, 1..4, and its code point; 0 if there is none,
 * and then *code_r is untouched. */
size_t isrv_utf8_next(const char *data, size_t len, uint32_t *code_r);
/* Writes a scalar value (not checked), returns 1..4. */
size_t isrv_utf8_put(char *out, uint32_t code);
bool isrv_utf8_valid(const char *data, size_t len);
/* True if every octet is below 0x80. */
bool isrv_utf8_is_ascii(const char *data, size_t len);
/*
 * A mailbox name or other text as RFC 9051 5.1 and RFC 9755 3 want it: valid, and free of
 * U+0000-001F, U+007F-009F, U+2028 and U+2029.  Normalization (Net-Unicode) is the host's affair.
 */
bool isrv_utf8_is_name(const char *data, size_t len);

#endif
