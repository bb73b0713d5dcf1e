/* SPDX-License-Identifier: MIT */
/*
 * ID (RFC 2971 3.1), ENABLE, LANGUAGE, COMPRESS and LOGIN: what a client says of itself, before
 * anybody knows it.  The first octet chooses.
 */
#include "fuzz/arguments.h"

static const struct isrv_command *const rows[] = {
	&isrv_command_id,
	&isrv_command_enable,
	&isrv_command_language,
	&isrv_command_compress,
	&isrv_command_login,
	&isrv_command_authenticate,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		arguments_try(rows[data[0] % (sizeof(rows) / sizeof(rows[0]))], data + 1, size - 1,
		              NULL);
	return 0;
}
