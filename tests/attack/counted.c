/* SPDX-License-Identifier: MIT */
/*
 * attack/counted - what the counted objects call.
 */
#include "attack/counted.h"

#include <stddef.h>
#include <string.h>

#define OCTETS 64 /* that libc moves or looks at in the time of one block, or less */

static uint64_t work;

void __sanitizer_cov_trace_pc(void);
void *counted_memchr(const void *s, int c, size_t n);
int counted_memcmp(const void *a, const void *b, size_t n);
void *counted_memcpy(void *to, const void *from, size_t n);
void *counted_memmove(void *to, const void *from, size_t n);
void *counted_memset(void *s, int c, size_t n);
size_t counted_strlen(const char *s);
char *counted_strchr(const char *s, int c);

uint64_t counted_work(void)
{
	return work;
}

void counted_octets(uint64_t octets)
{
	work += octets / OCTETS;
}

void __sanitizer_cov_trace_pc(void)
{
	work++;
}

/* As far as it had to look. */
void *counted_memchr(const void *s, int c, size_t n)
{
	const char *found = memchr(s, c, n);

	counted_octets(found ? (size_t)(found - (const char *)s) : n);
	return (void *)(uintptr_t)found;
}

int counted_memcmp(const void *a, const void *b, size_t n)
{
	counted_octets(n);
	return memcmp(a, b, n);
}

void *counted_memcpy(void *to, const void *from, size_t n)
{
	counted_octets(n);
	return memcpy(to, from, n);
}

void *counted_memmove(void *to, const void *from, size_t n)
{
	counted_octets(n);
	return memmove(to, from, n);
}

void *counted_memset(void *s, int c, size_t n)
{
	counted_octets(n);
	return memset(s, c, n);
}

size_t counted_strlen(const char *s)
{
	size_t n = strlen(s);

	counted_octets(n);
	return n;
}

char *counted_strchr(const char *s, int c)
{
	counted_octets(strlen(s));
	return strchr(s, c);
}
