/* SPDX-License-Identifier: MIT */
/*
 * support.c - memory, text, log lines and clocks; see support.h.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "imapsrv-maildir"

static bool quiet_log;

PRINTF_LIKE(2, 0)
static void put_line(const char *start, const char *format, va_list args)
{
	char line[1024];
	int head = snprintf(line, sizeof line, "%s", start);
	int len = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, args);
	size_t end = len < 0 ? (size_t)head : (size_t)head + (size_t)len;

	if (end > sizeof line - 2)
		end = sizeof line - 2;
	/* What a client sent may be part of a line: it must not make a line of its own. */
	for (size_t i = 0; i < end; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[end] = '\n';
	fwrite(line, 1, end + 1, stderr);
	fflush(stderr);
}

void log_quiet(bool quiet)
{
	quiet_log = quiet;
}

void log_line(const char *format, ...)
{
	va_list args;

	if (quiet_log)
		return;
	va_start(args, format);
	put_line(PROGRAM ": ", format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(PROGRAM ": ", format, args);
	va_end(args);
}

void log_plain(const char *format, ...)
{
	va_list args;

	if (quiet_log)
		return;
	va_start(args, format);
	put_line("", format, args);
	va_end(args);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(PROGRAM ": ", format, args);
	va_end(args);
	exit(2);
}

static void *must_have(void *block)
{
	if (!block) {
		static const char line[] = PROGRAM ": out of memory\n";
		if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
			_exit(1);
		_exit(1);
	}
	return block;
}

void *xcalloc(size_t count, size_t size)
{
	return must_have(calloc(count ? count : 1, size));
}

void *xrealloc(void *block, size_t count, size_t size)
{
	if (count > SIZE_MAX / size)
		must_have(NULL);
	return must_have(realloc(block, count * size));
}

char *xstrndup(const char *bytes, size_t len)
{
	char *copy = xcalloc(len + 1, 1);

	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

char *xstrdup(const char *string)
{
	return xstrndup(string, strlen(string));
}

PRINTF_LIKE(2, 0)
static void text_putv(struct text *text, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return;

	size_t need = text->len + (size_t)len + 1;
	if (need > text->capacity) {
		text->capacity = need * 2;
		text->data = xrealloc(text->data, text->capacity, 1);
	}
	vsnprintf(text->data + text->len, (size_t)len + 1, format, args);
	text->len += (size_t)len;
}

char *xprintf(const char *format, ...)
{
	struct text text = {0};
	va_list args;

	va_start(args, format);
	text_putv(&text, format, args);
	va_end(args);
	return must_have(text.data);
}

void text_put(struct text *text, const char *data, size_t len)
{
	if (text->len + len + 1 > text->capacity) {
		text->capacity = (text->len + len + 1) * 2;
		text->data = xrealloc(text->data, text->capacity, 1);
	}
	if (len)
		memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_putf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_putv(text, format, args);
	va_end(args);
}

void text_clear(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct timespec clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

struct timespec clock_add(struct timespec a, long ms)
{
	a.tv_sec += ms / 1000;
	a.tv_nsec += ms % 1000 * 1000000L;
	if (a.tv_nsec >= 1000000000L) {
		a.tv_nsec -= 1000000000L;
		a.tv_sec++;
	} else if (a.tv_nsec < 0) {
		a.tv_nsec += 1000000000L;
		a.tv_sec--;
	}
	return a;
}

bool clock_before(struct timespec a, struct timespec b)
{
	return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}
