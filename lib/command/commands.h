/* SPDX-License-Identifier: MIT */
/*
 * command/commands - the rows of the table of commands, one for each verb, which command/table.c
 * gathers.
 */
#ifndef ISRV_COMMAND_COMMANDS_H
#define ISRV_COMMAND_COMMANDS_H

#include "session/command.h"

extern const struct isrv_command isrv_command_append;
extern const struct isrv_command isrv_command_copy;
extern const struct isrv_command isrv_command_move;
extern const struct isrv_command isrv_command_search;

#endif
