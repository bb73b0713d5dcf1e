/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/language.h - optional: texts for humans in other languages than English (LANGUAGE, RFC
 * 5255 3).  Without it, and until a client asks, they are in English, which is i-default.
 */
#ifndef IMAPSRV_LANGUAGE_H
#define IMAPSRV_LANGUAGE_H

#include "imapsrv/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct imapsrv_language {
	size_t size;
	/* The languages that there are beside i-default: tags (RFC 5646), NULL at the end.  The
	 * first is the one that clients get which ask for "default".  They outlive the engine. */
	const char *const *tags;
	/*
	 * The text in that language: UTF-8, up to 1000 octets, read before anything else is called.
	 * `tag` is one of the above.  `text` is the library's, or what the host itself gave.  NULL:
	 * it stays as it is.
	 */
	const char *(*translate)(void *user, const char *tag, const char *text);
	/* The prefix of a namespace of the account, for humans, in the same way: shown beside it
	 * ("TRANSLATION", RFC 5255 3.4).  NULL, or NULL from it: it has none. */
	const char *(*translate_prefix)(void *user, void *account, const char *tag,
	                                struct imapsrv_span prefix);
};
#define IMAPSRV_LANGUAGE_INIT IMAPSRV_SIZED(struct imapsrv_language)

#ifdef __cplusplus
}
#endif

#endif
