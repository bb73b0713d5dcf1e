/* SPDX-License-Identifier: MIT */
/*
 * search/thread_state - threads under way, shared by the two files that make them: thread.c takes
 * messages in, thread_build.c makes threads of them and gives them out.  Nothing else includes
 * this.
 */
#ifndef ISRV_SEARCH_THREAD_STATE_H
#define ISRV_SEARCH_THREAD_STATE_H

#include "search/thread.h"

static inline struct isrv_thread_node *isrv_thread_nodes(const struct isrv_thread *t)
{
	return (struct isrv_thread_node *)(void *)t->nodes.data;
}

static inline struct isrv_thread_message *isrv_thread_messages(const struct isrv_thread *t)
{
	return (struct isrv_thread_message *)(void *)t->messages.data;
}

static inline uint32_t isrv_thread_count(const struct isrv_thread *t)
{
	return (uint32_t)(t->messages.len / sizeof(struct isrv_thread_message));
}

/* One more node, a dummy without a parent.  0: no memory. */
uint32_t isrv_thread_node(struct isrv_thread *t);
/* Gives back what is only needed while messages come. */
void isrv_thread_forget(struct isrv_thread *t);

#endif
