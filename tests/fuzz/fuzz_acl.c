/* SPDX-License-Identifier: MIT */
/*
 * The commands about access control lists (RFC 4314 3) and quotas (RFC 9208 4.1) of any octets;
 * the first chooses.
 */
#include "fuzz/arguments.h"

static const struct isrv_command *const rows[] = {
	&isrv_command_setacl,
	&isrv_command_deleteacl,
	&isrv_command_getacl,
	&isrv_command_listrights,
	&isrv_command_myrights,
	&isrv_command_setquota,
	&isrv_command_getquota,
	&isrv_command_getquotaroot,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		arguments_try(rows[data[0] % (sizeof(rows) / sizeof(rows[0]))], data + 1, size - 1,
		              NULL);
	return 0;
}
