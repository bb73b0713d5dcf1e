/* SPDX-License-Identifier: MIT */
/*
 * command/commands - the rows of the table of commands, one for each verb, which command/table.c
 * gathers.
 */
#ifndef ISRV_COMMAND_COMMANDS_H
#define ISRV_COMMAND_COMMANDS_H

#include "session/command.h"

extern const struct isrv_command isrv_command_append;
extern const struct isrv_command isrv_command_authenticate;
extern const struct isrv_command isrv_command_cancelupdate;
extern const struct isrv_command isrv_command_capability;
extern const struct isrv_command isrv_command_check;
extern const struct isrv_command isrv_command_close;
extern const struct isrv_command isrv_command_comparator;
extern const struct isrv_command isrv_command_compress;
extern const struct isrv_command isrv_command_copy;
extern const struct isrv_command isrv_command_create;
extern const struct isrv_command isrv_command_delete;
extern const struct isrv_command isrv_command_deleteacl;
extern const struct isrv_command isrv_command_enable;
extern const struct isrv_command isrv_command_esearch;
extern const struct isrv_command isrv_command_examine;
extern const struct isrv_command isrv_command_expunge;
extern const struct isrv_command isrv_command_fetch;
extern const struct isrv_command isrv_command_getacl;
extern const struct isrv_command isrv_command_genurlauth;
extern const struct isrv_command isrv_command_getjmapaccess;
extern const struct isrv_command isrv_command_getmetadata;
extern const struct isrv_command isrv_command_getquota;
extern const struct isrv_command isrv_command_getquotaroot;
extern const struct isrv_command isrv_command_id;
extern const struct isrv_command isrv_command_idle;
extern const struct isrv_command isrv_command_language;
extern const struct isrv_command isrv_command_list;
extern const struct isrv_command isrv_command_listrights;
extern const struct isrv_command isrv_command_login;
extern const struct isrv_command isrv_command_logout;
extern const struct isrv_command isrv_command_lsub;
extern const struct isrv_command isrv_command_move;
extern const struct isrv_command isrv_command_myrights;
extern const struct isrv_command isrv_command_namespace;
extern const struct isrv_command isrv_command_noop;
extern const struct isrv_command isrv_command_notify;
extern const struct isrv_command isrv_command_rename;
extern const struct isrv_command isrv_command_replace;
extern const struct isrv_command isrv_command_resetkey;
extern const struct isrv_command isrv_command_rlist;
extern const struct isrv_command isrv_command_rlsub;
extern const struct isrv_command isrv_command_search;
extern const struct isrv_command isrv_command_select;
extern const struct isrv_command isrv_command_setacl;
extern const struct isrv_command isrv_command_setmetadata;
extern const struct isrv_command isrv_command_sort;
extern const struct isrv_command isrv_command_setquota;
extern const struct isrv_command isrv_command_starttls;
extern const struct isrv_command isrv_command_status;
extern const struct isrv_command isrv_command_store;
extern const struct isrv_command isrv_command_subscribe;
extern const struct isrv_command isrv_command_thread;
extern const struct isrv_command isrv_command_uidbatches;
extern const struct isrv_command isrv_command_unauthenticate;
extern const struct isrv_command isrv_command_unselect;
extern const struct isrv_command isrv_command_unsubscribe;
extern const struct isrv_command isrv_command_urlfetch;

#endif
