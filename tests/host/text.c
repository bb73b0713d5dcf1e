/* SPDX-License-Identifier: MIT */
/*
 * host/text - byte buffers, escapes, globs, generated text, random numbers, complaints.
 */
#include "host/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *block)
{
	if (!block) {
		fputs("test host: out of memory\n", stderr);
		abort();
	}
	return block;
}

void *tx_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *tx_realloc(void *block, size_t size)
{
	return checked(realloc(block, size ? size : 1));
}

char *tx_dup(const char *data, size_t len)
{
	char *copy = tx_alloc(len + 1);

	if (len)
		memcpy(copy, data, len);
	return copy;
}

void tx_add(struct tx *t, const void *data, size_t len)
{
	if (t->cap - t->len <= len) {
		t->cap = (t->len + len + 1) * 2;
		t->data = tx_realloc(t->data, t->cap);
	}
	if (len)
		memcpy(t->data + t->len, data, len);
	t->len += len;
	t->data[t->len] = '\0';
}

void tx_str(struct tx *t, const char *s)
{
	tx_add(t, s, strlen(s));
}

void tx_fmt(struct tx *t, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n > 0)
		tx_add(t, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void tx_clear(struct tx *t)
{
	t->len = 0;
	if (t->data)
		t->data[0] = '\0';
}

void tx_free(struct tx *t)
{
	free(t->data);
	memset(t, 0, sizeof(*t));
}

void tx_escape(struct tx *t, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\r')
			tx_str(t, "\\r");
		else if (c == '\n')
			tx_str(t, "\\n");
		else if (c == '\0')
			tx_str(t, "\\0");
		else if (c < 0x20 || c >= 0x7f)
			tx_fmt(t, "\\x%02x", c);
		else
			tx_add(t, &data[i], 1);
	}
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool tx_unescape(struct tx *t, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\\') {
			if (++i == len)
				return false;
			switch (text[i]) {
			case 'r':
				c = '\r';
				break;
			case 'n':
				c = '\n';
				break;
			case 't':
				c = '\t';
				break;
			case '0':
				c = '\0';
				break;
			case '\\':
				break;
			case 'x':
				if (i + 2 >= len || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
					return false;
				c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
				i += 2;
				break;
			default:
				return false;
			}
		}
		tx_add(t, &c, 1);
	}
	return true;
}

/* Classic greedy match with one place to fall back to: linear for the patterns of scripts. */
bool tx_glob(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

	if (pattern_len >= 2 && memcmp(pattern, "* ", 2) == 0) {
		if (len < 2 || memcmp(text, "* ", 2) != 0)
			return false;
		p = t = 2;
	}
	while (t < len) {
		bool wild = p < pattern_len && pattern[p] == '*' &&
		            !(p > 0 && pattern[p - 1] == '\\');

		if (wild) {
			star = p++;
			mark = t;
		} else if (p < pattern_len && pattern[p] == text[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX && text[mark] != '\r' && text[mark] != '\n') {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*' && !(p > 0 && pattern[p - 1] == '\\'))
		p++;
	return p == pattern_len;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool tx_same_n(const char *a, size_t a_len, const char *b)
{
	size_t i;

	for (i = 0; i < a_len; i++)
		if (!b[i] || lower(a[i]) != lower(b[i]))
			return false;
	return !b[i];
}

bool tx_same(const char *a, const char *b)
{
	return tx_same_n(a, strlen(a), b);
}

void tx_generate(char *data, size_t size)
{
	static const char head[] = "Subject: generated\r\n\r\n";
	char line[65];

	for (size_t i = 0; i < size; i++) {
		size_t at = i - (sizeof(head) - 1);

		if (i < sizeof(head) - 1) {
			data[i] = head[i];
			continue;
		}
		if (at % 64 == 0) {
			int n = snprintf(line, sizeof(line), "%08u:", (unsigned)(at / 64));

			for (int k = n; k < 62; k++)
				line[k] = (char)('a' + (k + (int)(at / 64)) % 26);
			line[62] = '\r';
			line[63] = '\n';
		}
		data[i] = line[at % 64];
	}
	if (size && data[size - 1] == '\r')
		data[size - 1] = '.';
}

/* splitmix64 */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Mixed too: of seeds in a row each would else give the numbers of the one before, but for one. */
void tx_seed(struct tx_random *r, uint64_t seed)
{
	r->state = mix(seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du);
}

uint32_t tx_below(struct tx_random *r, uint32_t n)
{
	r->state += 0x9e3779b97f4a7c15u;
	return n ? (uint32_t)(mix(r->state) >> 32) % n : 0;
}

void tx_complain(struct tx_log *log, const char *format, ...)
{
	va_list args;

	if (log->count++)
		return;
	va_start(args, format);
	vsnprintf(log->first, sizeof(log->first), format, args);
	va_end(args);
}
