/* SPDX-License-Identifier: MIT */
/*
 * GETMETADATA and SETMETADATA (RFC 5464 4), and what FETCH and STORE say of annotations (RFC
 * 5257), of any octets; the first chooses.
 */
#include "fuzz/arguments.h"

static const struct isrv_command *const rows[] = {
	&isrv_command_getmetadata,
	&isrv_command_setmetadata,
	&isrv_command_fetch,
	&isrv_command_store,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		arguments_try(rows[data[0] % (sizeof(rows) / sizeof(rows[0]))], data + 1, size - 1,
		              NULL);
	return 0;
}
