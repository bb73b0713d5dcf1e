/* SPDX-License-Identifier: MIT */
/*
 * Is this the grammar of RFC 9051 9?  envelope and body, octet by octet as it is written there:
 * what tests and fuzzers hold against everything that a description is turned into.
 */
#ifndef TESTS_UNIT_BODYFORM_H
#define TESTS_UNIT_BODYFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bodyform {
	const char *at;
	const char *end;
};

static inline bool bodyform_is(struct bodyform *f, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(f->end - f->at) < len || memcmp(f->at, text, len) != 0)
		return false;
	f->at += len;
	return true;
}

static inline bool bodyform_number(struct bodyform *f)
{
	const char *from = f->at;

	while (f->at < f->end && *f->at >= '0' && *f->at <= '9')
		f->at++;
	return f->at > from && f->at - from <= 20;
}

/* string = quoted / literal; without UTF-8, where no quoted string has an octet above 7F */
static inline bool bodyform_string(struct bodyform *f)
{
	size_t n = 0;

	if (bodyform_is(f, "{")) {
		for (; f->at < f->end && *f->at >= '0' && *f->at <= '9' && n < 1000000000; f->at++)
			n = n * 10 + (size_t)(*f->at - '0');
		if (!bodyform_is(f, "}\r\n") || (size_t)(f->end - f->at) < n ||
		    memchr(f->at, '\0', n))
			return false;
		f->at += n;
		return true;
	}
	if (!bodyform_is(f, "\""))
		return false;
	while (f->at < f->end && *f->at != '"') {
		if (*f->at == '\\' && ++f->at < f->end && *f->at != '"' && *f->at != '\\')
			return false;
		if (f->at == f->end || *f->at == '\0' || *f->at == '\r' || *f->at == '\n' ||
		    (unsigned char)*f->at >= 0x80)
			return false;
		f->at++;
	}
	return bodyform_is(f, "\"");
}

static inline bool bodyform_nstring(struct bodyform *f)
{
	return bodyform_is(f, "NIL") || bodyform_string(f);
}

/* env-from = "(" 1*address ")" / nil; address = "(" 3(nstring SP) nstring ")" */
static inline bool bodyform_addresses(struct bodyform *f)
{
	if (bodyform_is(f, "NIL"))
		return true;
	if (!bodyform_is(f, "("))
		return false;
	do {
		if (!bodyform_is(f, "(") || !bodyform_nstring(f) || !bodyform_is(f, " ") ||
		    !bodyform_nstring(f) || !bodyform_is(f, " ") || !bodyform_nstring(f) ||
		    !bodyform_is(f, " ") || !bodyform_nstring(f) || !bodyform_is(f, ")"))
			return false;
	} while (!bodyform_is(f, ")"));
	return true;
}

static inline bool bodyform_envelope(struct bodyform *f)
{
	if (!bodyform_is(f, "(") || !bodyform_nstring(f) || !bodyform_is(f, " ") ||
	    !bodyform_nstring(f))
		return false;
	for (int i = 0; i < 6; i++)
		if (!bodyform_is(f, " ") || !bodyform_addresses(f))
			return false;
	return bodyform_is(f, " ") && bodyform_nstring(f) && bodyform_is(f, " ") &&
	       bodyform_nstring(f) && bodyform_is(f, ")");
}

static inline bool bodyform_params(struct bodyform *f)
{
	if (bodyform_is(f, "NIL"))
		return true;
	if (!bodyform_is(f, "("))
		return false;
	do {
		if (!bodyform_string(f) || !bodyform_is(f, " ") || !bodyform_string(f))
			return false;
	} while (bodyform_is(f, " "));
	return bodyform_is(f, ")");
}

/* SP body-fld-dsp SP body-fld-lang SP body-fld-loc */
static inline bool bodyform_extension(struct bodyform *f)
{
	if (!bodyform_is(f, " "))
		return false;
	if (!bodyform_is(f, "NIL") &&
	    !(bodyform_is(f, "(") && bodyform_string(f) && bodyform_is(f, " ") &&
	      bodyform_params(f) && bodyform_is(f, ")")))
		return false;
	if (!bodyform_is(f, " "))
		return false;
	if (bodyform_is(f, "(")) {
		do {
			if (!bodyform_string(f))
				return false;
		} while (bodyform_is(f, " "));
		if (!bodyform_is(f, ")"))
			return false;
	} else if (!bodyform_nstring(f)) {
		return false;
	}
	return bodyform_is(f, " ") && bodyform_nstring(f);
}

/* The octets of the string that begins here, in lower case; "" if it is long or a literal. */
static inline void bodyform_word(const struct bodyform *f, char *word, size_t size)
{
	size_t n = 0;

	for (const char *p = f->at + 1; p < f->end && *p != '"' && n + 1 < size; p++)
		word[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	word[n] = '\0';
}

/* body; `global` as it was asked for.  Bounded by the depth of descriptions. */
static inline bool bodyform_body(struct bodyform *f, bool extended, bool global, int depth)
{
	char type[16], subtype[16];
	bool message;

	if (depth > 110 || !bodyform_is(f, "("))
		return false;
	if (f->at < f->end && *f->at == '(') {
		while (f->at < f->end && *f->at == '(')
			if (!bodyform_body(f, extended, global, depth + 1))
				return false;
		return bodyform_is(f, " ") && bodyform_string(f) &&
		       (!extended || (bodyform_is(f, " ") && bodyform_params(f) &&
		                      bodyform_extension(f))) &&
		       bodyform_is(f, ")");
	}
	bodyform_word(f, type, sizeof(type));
	if (!bodyform_string(f) || !bodyform_is(f, " "))
		return false;
	bodyform_word(f, subtype, sizeof(subtype));
	if (!bodyform_string(f) || !bodyform_is(f, " ") || !bodyform_params(f) ||
	    !bodyform_is(f, " ") || !bodyform_nstring(f) || !bodyform_is(f, " ") ||
	    !bodyform_nstring(f) || !bodyform_is(f, " ") || !bodyform_string(f) ||
	    !bodyform_is(f, " ") || !bodyform_number(f))
		return false;
	message = !strcmp(type, "message") &&
	          (!strcmp(subtype, "rfc822") || (global && !strcmp(subtype, "global")));
	if (message && (!bodyform_is(f, " ") || !bodyform_envelope(f) || !bodyform_is(f, " ") ||
	                !bodyform_body(f, extended, global, depth + 1)))
		return false;
	if ((message || !strcmp(type, "text")) && (!bodyform_is(f, " ") || !bodyform_number(f)))
		return false;
	return (!extended ||
	        (bodyform_is(f, " ") && bodyform_nstring(f) && bodyform_extension(f))) &&
	       bodyform_is(f, ")");
}

static inline bool bodyform_all(const char *data, size_t len, bool envelope, bool extended,
                                bool global)
{
	struct bodyform f = {data, data + len};

	return (envelope ? bodyform_envelope(&f) : bodyform_body(&f, extended, global, 0)) &&
	       f.at == f.end;
}

#endif
