/* SPDX-License-Identifier: MIT */
/*
 * base/ascii - case and comparison for protocol words: US-ASCII only, no locale
 * (i;ascii-casemap, RFC 4790 9.2), and numbers to decimal digits.
 */
#ifndef ISRV_BASE_ASCII_H
#define ISRV_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline unsigned char isrv_ascii_upper(unsigned char c)
{
	return (unsigned char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

static inline unsigned char isrv_ascii_lower(unsigned char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Equal without regard to case. */
bool isrv_ascii_same(const char *a, size_t a_len, const char *b, size_t b_len);
/* The same against a C string, for comparing with a protocol word. */
bool isrv_ascii_is(const char *a, size_t a_len, const char *word);
/* Order without regard to case, by octets from 0 to 255 after folding to upper case: negative, 0,
 * positive; the shorter of two with equal starts is first. */
int isrv_ascii_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* Writes n in decimal, at most 20 octets, and returns how many. */
size_t isrv_ascii_u32(char *out, uint32_t n);
size_t isrv_ascii_u64(char *out, uint64_t n);

/* 1*DIGIT, nothing else, not above max; false otherwise, also for no digits at all, and then
 * *value_r is untouched.  Leading zeros are allowed. */
bool isrv_ascii_number(const char *data, size_t len, uint64_t max, uint64_t *value_r);

#endif
