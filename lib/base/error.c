/* SPDX-License-Identifier: MIT */
/*
 * The words for enum imapsrv_error, and which of them end a session.  Texts are for the host's
 * log and never go to a client.
 */
#include "imapsrv/types.h"

int imapsrv_is_fatal(int error)
{
	return error <= IMAPSRV_EFATAL;
}

const char *imapsrv_strerror(int error)
{
	switch (error) {
	case 0:
		return "no error";
	case IMAPSRV_EINVAL:
		return "invalid argument";
	case IMAPSRV_ESTATE:
		return "not possible in this state";
	case IMAPSRV_EREENTER:
		return "called from inside a callback";
	case IMAPSRV_ETOOBIG:
		return "more than a limit allows";
	case IMAPSRV_EFATAL:
		return "the session is over";
	case IMAPSRV_ENOMEM:
		return "out of memory";
	case IMAPSRV_ECLOSED:
		return "the session has ended";
	case IMAPSRV_EHOST:
		return "the host broke its contract";
	default:
		return "unknown error";
	}
}

const char *imapsrv_version(void)
{
	return IMAPSRV_VERSION;
}
