/* SPDX-License-Identifier: MIT */
/*
 * imapsrv/types.h - the values that every other header speaks in: bytes with a length, sets of
 * UIDs, flags, error numbers, the codes of a host's answer, and the allocator.
 *
 * Rules that hold in all headers and are not repeated there:
 *   - A span is borrowed.  What a callback is given dies when the callback returns, unless its
 *     own text says longer; what the host hands in is read before the call returns.
 *   - No string is NUL-terminated unless its type is `const char *`.
 *   - Functions that return int give 0 or one of enum imapsrv_error, which are all negative.
 *   - Sizes are octets, times of day are seconds since 1970-01-01 UTC, intervals are
 *     milliseconds, unless the name says otherwise.
 *   - Structures with a `size` member first are filled from their _INIT macro, so that they can
 *     grow at the end without breaking a compiled host.
 */
#ifndef IMAPSRV_TYPES_H
#define IMAPSRV_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define IMAPSRV_API __attribute__((visibility("default")))
#else
#define IMAPSRV_API
#endif

/* The version of this header; imapsrv_version() gives that of the library that was linked. */
#define IMAPSRV_VERSION_MAJOR 0
#define IMAPSRV_VERSION_MINOR 1
#define IMAPSRV_VERSION_PATCH 0
#define IMAPSRV_VERSION       "0.1.0"

/* The initial value of a structure whose first member is its size: everything else is zero. */
#ifdef __cplusplus
#define IMAPSRV_SIZED(type) {sizeof(type)}
#else
#define IMAPSRV_SIZED(type) {.size = sizeof(type)}
#endif

/* Bytes that belong to somebody else.  An empty span may have any pointer, NULL too. */
struct imapsrv_span {
	const char *data;
	size_t len;
};

/* UIDs first..last, both included, 1 <= first <= last (RFC 9051 2.3.1.1). */
struct imapsrv_range {
	uint32_t first;
	uint32_t last;
};

/*
 * A set of UIDs: ranges in ascending order that neither overlap nor touch.  A set given to the
 * host may cover UIDs that do not exist; those are passed over in silence.
 */
struct imapsrv_set {
	const struct imapsrv_range *ranges;
	size_t count;
};

/* What a function of this library can return besides 0. */
enum imapsrv_error {
	/* Recoverable: the call did nothing, the object is as before. */
	IMAPSRV_EINVAL = -1,   /* an argument makes no sense */
	IMAPSRV_ESTATE = -2,   /* not now: the object is not in a state that allows the call */
	IMAPSRV_EREENTER = -3, /* called from inside a callback, where the text forbids it */
	IMAPSRV_ETOOBIG = -4,  /* more than a limit allows */
	/* Fatal: the session is over.  Every later call returns the same; output already queued
	 * (a BYE, as a rule) can still be drained. */
	IMAPSRV_EFATAL = -100,
	IMAPSRV_ENOMEM = -101,  /* the allocator failed, or the session's budget is spent */
	IMAPSRV_ECLOSED = -102, /* the session has ended: LOGOUT, BYE, or end of input */
	IMAPSRV_EHOST = -103    /* the host broke its contract in a way that cannot be mended */
};

/* 1 if the error ends the session, else 0. */
IMAPSRV_API int imapsrv_is_fatal(int error);

/* A short English text for an error, for logs.  Never NULL, static. */
IMAPSRV_API const char *imapsrv_strerror(int error);

/* The version of the library, "major.minor.patch".  Static. */
IMAPSRV_API const char *imapsrv_version(void);

/*
 * How a question was answered.  IMAPSRV_OK, or a refusal; a refusal reaches the client as NO with
 * the response code of the same name (RFC 9051 7.1, RFC 5530), IMAPSRV_NO as NO without a code.
 */
enum imapsrv_code {
	IMAPSRV_OK = 0,
	IMAPSRV_NO,
	IMAPSRV_ALREADYEXISTS,
	IMAPSRV_AUTHENTICATIONFAILED,
	IMAPSRV_AUTHORIZATIONFAILED,
	IMAPSRV_CANNOT,
	IMAPSRV_CLIENTBUG,
	IMAPSRV_CONTACTADMIN,
	IMAPSRV_CORRUPTION,
	IMAPSRV_EXPIRED,
	IMAPSRV_EXPUNGEISSUED,
	IMAPSRV_HASCHILDREN,
	IMAPSRV_INUSE,
	IMAPSRV_LIMIT,
	IMAPSRV_NONEXISTENT,
	IMAPSRV_NOPERM,
	IMAPSRV_OVERQUOTA,
	IMAPSRV_PRIVACYREQUIRED,
	IMAPSRV_SERVERBUG,
	IMAPSRV_TOOBIG,
	IMAPSRV_UNAVAILABLE,
	IMAPSRV_UNKNOWN_CTE,
	IMAPSRV_USEATTR,
	IMAPSRV_REFERRAL /* it is on another server: see imapsrv_op_referral() */
};

/* System flags (RFC 9051 2.3.2).  \Recent is the engine's own affair: see imapsrv_op_mailbox(). */
enum imapsrv_flag {
	IMAPSRV_SEEN = 1 << 0,
	IMAPSRV_ANSWERED = 1 << 1,
	IMAPSRV_FLAGGED = 1 << 2,
	IMAPSRV_DELETED = 1 << 3,
	IMAPSRV_DRAFT = 1 << 4
};
#define IMAPSRV_SYSTEM_FLAGS 0x1fu

/*
 * The flags of a message, or flags to add, remove or set: system flags as bits, keywords as
 * names.  A keyword is an atom of at most imapsrv_limits.keyword_len octets; its case is kept and
 * does not distinguish (RFC 9051 2.3.2).  One of the host's that is no atom is never shown, nor is
 * a system flag that there is not.
 */
struct imapsrv_flags {
	uint32_t system; /* enum imapsrv_flag, or-ed */
	uint32_t keyword_count;
	const struct imapsrv_span *keywords;
};

/*
 * Where memory comes from.  realloc and free are told the size that the block has now, so that an
 * allocator without headers can serve.  Blocks are aligned for any object (max_align_t), as those
 * of malloc are; size is never 0.  alloc and realloc may return NULL; the session at hand then
 * ends with IMAPSRV_ENOMEM and frees all that it holds.
 */
struct imapsrv_allocator {
	void *(*alloc)(void *user, size_t size);
	void *(*realloc)(void *user, void *block, size_t old_size, size_t size);
	void (*free)(void *user, void *block, size_t size);
	void *user;
};

#ifdef __cplusplus
}
#endif

#endif
