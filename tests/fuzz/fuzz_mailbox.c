/* SPDX-License-Identifier: MIT */
/*
 * The commands that name mailboxes, with their selection and return options (RFC 9051 6.3, RFC
 * 5258 3, RFC 5819, RFC 8440), of any octets; the first chooses.
 */
#include "fuzz/arguments.h"

static const struct isrv_command *const rows[] = {
	&isrv_command_list,
	&isrv_command_lsub,
	&isrv_command_status,
	&isrv_command_select,
	&isrv_command_examine,
	&isrv_command_create,
	&isrv_command_rename,
	&isrv_command_delete,
	&isrv_command_copy,
	&isrv_command_append,
	&isrv_command_replace,
	&isrv_command_subscribe,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		arguments_try(rows[data[0] % (sizeof(rows) / sizeof(rows[0]))], data + 1, size - 1,
		              NULL);
	return 0;
}
