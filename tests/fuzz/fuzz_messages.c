/* SPDX-License-Identifier: MIT */
/*
 * The commands that name messages (RFC 9051 6.4, RFC 5256, RFC 5267, RFC 7377), of any octets;
 * the first chooses.
 */
#include "fuzz/arguments.h"

static const struct isrv_command *const rows[] = {
	&isrv_command_fetch,
	&isrv_command_store,
	&isrv_command_search,
	&isrv_command_sort,
	&isrv_command_thread,
	&isrv_command_esearch,
	&isrv_command_expunge,
	&isrv_command_move,
	&isrv_command_uidbatches,
	&isrv_command_cancelupdate,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		arguments_try(rows[data[0] % (sizeof(rows) / sizeof(rows[0]))], data + 1, size - 1,
		              NULL);
	return 0;
}
