/* SPDX-License-Identifier: MIT */
/* Messages of a table put into threads, and the response that comes out. */
#ifndef TESTS_UNIT_THREADING_H
#define TESTS_UNIT_THREADING_H

#include <stdio.h>
#include <string.h>

#include "search/thread.h"

struct threading_message {
	uint32_t uid;
	int64_t date; /* internal; there is no Date field */
	const char *subject, *message_id, *references, *in_reply_to; /* NULL: absent */
};

static inline struct imapsrv_span threading_field(const char *text)
{
	return (struct imapsrv_span){text, text ? strlen(text) : 0};
}

/* The response without "* THREAD".  False: no memory. */
static inline bool threading_run(enum isrv_thread_algorithm algorithm,
                                 const struct threading_message *messages, size_t count,
                                 struct isrv_mem *mem, uint64_t *steps, char *out, size_t size)
{
	struct isrv_thread t;
	size_t i, len = 0;
	uint32_t uid;
	char mark;
	bool ok = true;

	isrv_thread_init(&t, algorithm, ISRV_COMPARATOR_UNICODE, mem, steps);
	for (i = 0; i < count && ok; i++) {
		const struct threading_message *m = &messages[i];
		struct isrv_header h = {.subject = threading_field(m->subject),
		                        .message_id = threading_field(m->message_id),
		                        .references = threading_field(m->references),
		                        .in_reply_to = threading_field(m->in_reply_to)};
		struct isrv_sort_facts facts = {m->uid, m->date, 0, &h, NULL, 0};

		ok = isrv_thread_add(&t, &facts);
	}
	ok = ok && isrv_thread_build(&t, UINT64_MAX) == ISRV_THREAD_BUILT;
	out[0] = '\0';
	while (ok && isrv_thread_next(&t, &mark, &uid)) {
		if (size - len < 12) {
			ok = false;
			break;
		}
		len += (size_t)(mark ? snprintf(out + len, size - len, "%c", mark)
		                     : snprintf(out + len, size - len, "%u", (unsigned)uid));
	}
	isrv_thread_clear(&t);
	return ok;
}

#endif
