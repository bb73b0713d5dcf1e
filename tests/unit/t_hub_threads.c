/* SPDX-License-Identifier: MIT */
/*
 * A hub used by several threads under one lock, as imapsrv_hub(3) shows: some publish, each of the
 * others serves the members of its group and leaves the lock while it works on an event.  Every
 * member hears of everything, by the event or by being told to look.
 */
#include <pthread.h>

#include "unit/hubbing.h"

enum { OWNERS = 3, PUBLISHERS = 2, MEMBERS = 12, BOXES = 4, EVENTS = 3000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* All under the lock. */
static struct world {
	struct imapsrv_hub *hub;
	pthread_cond_t woken[OWNERS];
	bool awake[OWNERS];
	uint32_t published[BOXES]; /* UIDs are given out in order */
	int publishing;            /* threads that still do */
} world;

struct one {
	struct imapsrv_hub_member *m;
	unsigned box;
	uint32_t heard;   /* of all UIDs up to here, */
	uint32_t looked;  /* or will by looking: up to here */
	unsigned takings;
};

static struct one members[MEMBERS];

static void on_wake(void *user, uint32_t group)
{
	struct world *w = user;

	w->awake[group] = true;
	pthread_cond_signal(&w->woken[group]);
}

/* What there is in the box when somebody looks. */
static uint32_t look(unsigned box)
{
	uint32_t uid;

	pthread_mutex_lock(&lock);
	uid = world.published[box];
	pthread_mutex_unlock(&lock);
	return uid;
}

/* Without the lock: what was taken stays as it is. */
static void hear(struct one *one, const struct imapsrv_event *e)
{
	one->takings++;
	if (e->type == IMAPSRV_EVENT_MAILBOX_CHANGED) {
		one->looked = look(one->box);
		return;
	}
	assert_int_equal(e->type, IMAPSRV_EVENT_MESSAGE_NEW);
	assert_int_equal(e->mailbox.len, 4);
	for (size_t i = 0; i < e->uids.count; i++) {
		uint32_t known = one->heard > one->looked ? one->heard : one->looked;

		assert_true(e->uids.ranges[i].first <= known + 1);
		if (e->uids.ranges[i].last > one->heard)
			one->heard = e->uids.ranges[i].last;
	}
}

static void *own(void *argument)
{
	uint32_t group = (uint32_t)(uintptr_t)argument;
	const struct imapsrv_event *e;
	struct imapsrv_hub_member *m;

	pthread_mutex_lock(&lock);
	for (;;) {
		while (!world.awake[group] && world.publishing)
			pthread_cond_wait(&world.woken[group], &lock);
		world.awake[group] = false;
		while ((m = imapsrv_hub_next(world.hub, group))) {
			struct one *one = imapsrv_hub_user(m);

			while ((e = imapsrv_hub_take(m))) {
				pthread_mutex_unlock(&lock);
				hear(one, e);
				pthread_mutex_lock(&lock);
			}
		}
		if (!world.publishing && !world.awake[group])
			break;
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void *post(void *argument)
{
	unsigned seed = (unsigned)(uintptr_t)argument;

	for (int i = 0; i < EVENTS; i++) {
		char topic[] = "box0";
		unsigned box;

		seed = seed * 1103515245u + 12345u;
		box = seed >> 16 & (BOXES - 1);
		topic[3] = (char)('0' + box);
		pthread_mutex_lock(&lock);
		world.published[box]++;
		publish(world.hub, IMAPSRV_EVENT_MESSAGE_NEW, topic, world.published[box],
		        world.published[box]);
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_lock(&lock);
	if (!--world.publishing)
		for (int i = 0; i < OWNERS; i++)
			pthread_cond_signal(&world.woken[i]);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void t_threads(void **state)
{
	static const char *const mounts[][2] = {{"", ""}};
	struct imapsrv_hub_config c = IMAPSRV_HUB_CONFIG_INIT;
	pthread_t threads[OWNERS + PUBLISHERS];

	(void)state;
	c.groups = OWNERS;
	c.wake = on_wake;
	c.user = &world;
	world.hub = hub_new(&c);
	world.publishing = PUBLISHERS;
	for (int i = 0; i < OWNERS; i++)
		assert_int_equal(pthread_cond_init(&world.woken[i], NULL), 0);
	for (unsigned i = 0; i < MEMBERS; i++) {
		char name[] = "box0";

		members[i] = (struct one){.box = i % BOXES};
		name[3] = (char)('0' + members[i].box);
		assert_int_equal(imapsrv_hub_join(world.hub, &members[i], i % OWNERS,
		                                  &members[i].m),
		                 0);
		see(members[i].m, "x", mounts, 1);
		change(members[i].m, true, IMAPSRV_SCOPE_MAILBOX, name, NEW, '/');
	}
	for (uintptr_t i = 0; i < OWNERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, own, (void *)i), 0);
	for (uintptr_t i = 0; i < PUBLISHERS; i++)
		assert_int_equal(pthread_create(&threads[OWNERS + i], NULL, post, (void *)(i + 1)),
		                 0);
	for (int i = 0; i < OWNERS + PUBLISHERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (size_t i = 0; i < MEMBERS; i++) {
		uint32_t all = world.published[members[i].box];

		ROW(i, all > 0 && (members[i].heard == all || members[i].looked == all));
		ROW(i, members[i].takings > 0 && members[i].takings <= all);
	}
	imapsrv_hub_free(world.hub);
	for (int i = 0; i < OWNERS; i++)
		pthread_cond_destroy(&world.woken[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
