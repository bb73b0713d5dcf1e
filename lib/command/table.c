/* SPDX-License-Identifier: MIT */
/*
 * command/table - all commands, sorted by name, and the engine that is given them: the session
 * below never names a verb.
 */
#include "command/commands.h"
#include "command/tell.h"
#include "session/engine.h"

static const struct isrv_command *const table[] = {
	&isrv_command_append,
	&isrv_command_authenticate,
	&isrv_command_cancelupdate,
	&isrv_command_capability,
	&isrv_command_check,
	&isrv_command_close,
	&isrv_command_comparator,
	&isrv_command_compress,
	&isrv_command_copy,
	&isrv_command_create,
	&isrv_command_delete,
	&isrv_command_deleteacl,
	&isrv_command_enable,
	&isrv_command_esearch,
	&isrv_command_examine,
	&isrv_command_expunge,
	&isrv_command_fetch,
	&isrv_command_genurlauth,
	&isrv_command_getacl,
	&isrv_command_getjmapaccess,
	&isrv_command_getmetadata,
	&isrv_command_getquota,
	&isrv_command_getquotaroot,
	&isrv_command_id,
	&isrv_command_idle,
	&isrv_command_language,
	&isrv_command_list,
	&isrv_command_listrights,
	&isrv_command_login,
	&isrv_command_logout,
	&isrv_command_lsub,
	&isrv_command_move,
	&isrv_command_myrights,
	&isrv_command_namespace,
	&isrv_command_noop,
	&isrv_command_notify,
	&isrv_command_rename,
	&isrv_command_replace,
	&isrv_command_resetkey,
	&isrv_command_rlist,
	&isrv_command_rlsub,
	&isrv_command_search,
	&isrv_command_select,
	&isrv_command_setacl,
	&isrv_command_setmetadata,
	&isrv_command_setquota,
	&isrv_command_sort,
	&isrv_command_starttls,
	&isrv_command_status,
	&isrv_command_store,
	&isrv_command_subscribe,
	&isrv_command_thread,
	&isrv_command_uidbatches,
	&isrv_command_unauthenticate,
	&isrv_command_unselect,
	&isrv_command_unsubscribe,
	&isrv_command_urlfetch,
};

int imapsrv_engine_new(const struct imapsrv_config *config, struct imapsrv_engine **engine_r)
{
	return isrv_engine_new(config, table, sizeof(table) / sizeof(table[0]), &isrv_teller,
	                       engine_r);
}
