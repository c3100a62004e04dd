/* SPDX-License-Identifier: MIT */
/* Where a worker left off, for the one that follows it. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/collect/places.h"
#include "core/collect/worker.h"

static struct places *places;
static atomic_int freed;

static void release(void *data)
{
	free(data);
	atomic_fetch_add(&freed, 1);
}

/* Worker threads, as places know them: a step each. */
static void *found;
static atomic_bool has_entered, may_leave;

static void enter_and_stay(struct worker *worker)
{
	bool is_mine UNUSED = places_enter(places, worker, "key", &found);
	atomic_store(&has_entered, true);
	while (worker_wait(worker, -1, 0, INT64_MAX) != WAIT_STOP)
		;
	places_leave(places, worker, "key", xstrdup("as far as here"), release);
}

static void enter_and_leave_nothing(struct worker *worker)
{
	if (places_enter(places, worker, "key", &found))
		places_leave(places, worker, "key", NULL, NULL);
	atomic_store(&may_leave, true);
}

static struct worker *start(struct hub *hub, void (*run)(struct worker *worker))
{
	const struct worker_spec spec = {.name = "place", .run = run};
	struct worker *worker = NULL;
	struct err err = {0};
	if (!worker_start(hub, &spec, &worker, &err))
		fail_msg("%s", err.text);
	return worker;
}

static void wait_for(atomic_bool *flag)
{
	while (!atomic_load(flag))
		sched_yield();
}

static int setup(void **state)
{
	struct hub *hub = xcalloc(1, sizeof(*hub));
	hub->clock = clock_real();
	places = places_new();
	found = NULL;
	atomic_store(&freed, 0);
	atomic_store(&has_entered, false);
	atomic_store(&may_leave, false);
	*state = hub;
	return 0;
}

static int teardown(void **state)
{
	places_free(places);
	free(*state);
	return 0;
}

static void who_comes_next_waits_and_goes_on_from_there(void **state)
{
	struct worker *before = start(*state, enter_and_stay);
	wait_for(&has_entered);
	assert_null(found);
	struct worker *next = start(*state, enter_and_leave_nothing);
	assert_false(atomic_load(&may_leave));
	worker_stop(before);
	worker_join(before);
	wait_for(&may_leave);
	worker_join(next);
	assert_string_equal(found, "as far as here");
	free(found);
	assert_int_equal(atomic_load(&freed), 0);
}

static void who_is_told_to_stop_while_waiting_takes_nothing(void **state)
{
	struct worker *before = start(*state, enter_and_stay);
	wait_for(&has_entered);
	struct worker *next = start(*state, enter_and_leave_nothing);
	worker_stop(next);
	worker_join(next);
	assert_null(found);
	worker_stop(before);
	worker_join(before);
	places_free(places);
	assert_int_equal(atomic_load(&freed), 1);
	places = places_new();
}

static void what_was_left_too_long_ago_is_forgotten(void **state)
{
	struct clock clock;
	clock_init_virtual(&clock, 0);
	((struct hub *)*state)->clock = &clock;
	struct worker worker = {.hub = *state};
	assert_true(places_enter(places, &worker, "key", &found));
	places_leave(places, &worker, "key", xstrdup("old"), release);
	clock_advance(&clock, PLACES_KEPT_MS + 1);
	assert_true(places_enter(places, &worker, "key", &found));
	assert_null(found);
	assert_int_equal(atomic_load(&freed), 1);
}

static void the_one_left_longest_ago_makes_room(void **state)
{
	struct worker worker = {.hub = *state};
	for (int i = 0; i <= PLACES_MAX; i++) {
		autofree char *key = xasprintf("key-%d", i);
		assert_true(places_enter(places, &worker, key, &found));
		places_leave(places, &worker, key, xstrdup(key), release);
	}
	assert_int_equal(atomic_load(&freed), 1);
	assert_true(places_enter(places, &worker, "key-1", &found));
	assert_string_equal(found, "key-1");
	free(found);
	assert_true(places_enter(places, &worker, "key-0", &found));
	assert_null(found);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_comes_next_waits_and_goes_on_from_there),
		TEST(who_is_told_to_stop_while_waiting_takes_nothing),
		TEST(what_was_left_too_long_ago_is_forgotten),
		TEST(the_one_left_longest_ago_makes_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
