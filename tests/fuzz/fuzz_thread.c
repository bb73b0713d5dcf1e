/* SPDX-License-Identifier: MIT */
/*
 * Threads of any messages.  The first octet picks one of two: with its lowest bit clear, the others
 * make a small mailbox out of a few IDs and subjects, which is held against the oracle; else they
 * are the fields of messages themselves, a line each, in memory that the second octet bounds, and
 * the response has each message once and keeps to its grammar.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/threading.h"
#include "unit/threadoracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static const char *const ids[] = {"<a@x>", "<b@x>", "<c@x>", "<d@x>",
                                  "<e@x>", "<f@x>", "<g@x>", "<h@x>"};
static const struct {
	const char *subject, *base;
	bool reply;
} subjects[] = {
	{"", "", false},    {"one", "one", false},     {"Re: one", "one", true},
	{"two", "two", false}, {"[fwd: two]", "two", true}, {"three", "three", false},
};

static void check_oracle(const uint8_t *data, size_t size, bool by_references)
{
	static struct threading_message messages[ORACLE_MESSAGES];
	static struct oracle_message slow[ORACLE_MESSAGES];
	static char references[ORACLE_MESSAGES][ORACLE_REFS * 6 + 1];
	char out[1024], expected[1024];
	struct isrv_mem mem;
	uint64_t steps = 0;
	int count = 0, k;

	while (size >= 3 && count < ORACLE_MESSAGES) {
		struct threading_message *m = &messages[count];
		struct oracle_message *o = &slow[count];
		unsigned subject = data[1] % 6u;
		int refs = data[2] % ORACLE_REFS;

		memset(m, 0, sizeof(*m));
		memset(o, 0, sizeof(*o));
		m->uid = o->uid = (uint32_t)count + 1;
		m->date = o->date = data[1] >> 5;
		m->subject = subjects[subject].subject;
		o->base = subjects[subject].base;
		o->reply = subjects[subject].reply;
		if (data[0] & 8)
			m->message_id = o->id = ids[data[0] & 7];
		data += 3;
		size -= 3;
		references[count][0] = '\0';
		for (k = 0; k < refs && size; k++, data++, size--) {
			o->refs[k] = ids[*data & 7];
			strcat(references[count], o->refs[k]);
		}
		o->ref_count = k;
		m->references = references[count];
		count++;
	}
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	ASSERT(threading_run(by_references ? ISRV_THREAD_REFERENCES_ALGORITHM
	                                   : ISRV_THREAD_ORDEREDSUBJECT,
	                     messages, (size_t)count, &mem, &steps, out, sizeof(out)));
	if (by_references)
		oracle_references(slow, count, expected);
	else
		oracle_orderedsubject(slow, count, expected);
	ASSERT(strcmp(out, expected) == 0);
	ASSERT(mem.used == 0);
}

/* Each UID once, and "(" / ")" / " " as thread-list has them. */
static void check_response(struct isrv_thread *t, uint32_t count)
{
	char mark, before = ')';
	uint32_t seen = 0, depth = 0, uid, sum = 0;

	while (isrv_thread_next(t, &mark, &uid)) {
		if (mark == '(') {
			ASSERT(before != '1');
			depth++;
		} else if (mark == ')') {
			ASSERT(before == '1' || before == ')');
			ASSERT(depth--);
		} else if (mark == ' ') {
			ASSERT(before == '1');
		} else {
			ASSERT(depth && (before == '(' || before == ' '));
			ASSERT(uid >= 1 && uid <= count);
			seen++;
			sum += uid;
		}
		before = mark ? mark : '1';
	}
	ASSERT(depth == 0 && seen == count && sum == count * (count + 1) / 2);
}

static struct imapsrv_span line(const uint8_t **data, size_t *size)
{
	struct imapsrv_span s = {(const char *)*data, 0};
	const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;

	s.len = end ? (size_t)(end - *data) : *size;
	*data += s.len + (end ? 1 : 0);
	*size -= s.len + (end ? 1 : 0);
	return s;
}

static void check_fields(const uint8_t *data, size_t size, size_t memory)
{
	struct isrv_thread t;
	struct isrv_mem mem;
	uint64_t steps = 0, octets = size;
	uint32_t count = 0;
	bool ok = true;

	isrv_mem_init(&mem, NULL, memory);
	isrv_thread_init(&t, ISRV_THREAD_REFERENCES_ALGORITHM, ISRV_COMPARATOR_UNICODE, &mem,
	                 &steps);
	while (size && ok) {
		struct isrv_header h;
		struct isrv_sort_facts facts = {count + 1, 0, 0, &h, NULL, 0};

		memset(&h, 0, sizeof(h));
		h.message_id = line(&data, &size);
		h.references = line(&data, &size);
		h.in_reply_to = line(&data, &size);
		h.subject = line(&data, &size);
		h.date = line(&data, &size);
		ok = isrv_thread_add(&t, &facts);
		if (ok)
			count++;
	}
	ok = ok && isrv_thread_build(&t, UINT64_MAX) == ISRV_THREAD_BUILT;
	if (ok)
		check_response(&t, count);
	ASSERT(steps <= 200 * octets + 100);
	isrv_thread_clear(&t);
	ASSERT(mem.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 1 << 14)
		return 0;
	if (data[0] & 1)
		check_fields(data + 2, size - 2, data[1] < 255 ? (size_t)data[1] * 64 : SIZE_MAX);
	else
		check_oracle(data + 1, size - 1, data[0] & 2);
	return 0;
}
