/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "core/base/id_map.h"
#include "core/base/rng.h"
#include "tests/support/instrumented.h"

enum { IDS = 20000, MANY = 1 << 17, MANY_MS = 500 };

static void assert_number(const struct id_map *map, uint64_t id, size_t number)
{
	size_t found = SIZE_MAX;
	assert_true(id_map_find(map, id, &found));
	assert_int_equal(found, number);
}

static void every_id_has_the_number_that_it_was_given_first(void **state)
{
	struct id_map map = {0};
	struct rng rng;
	(void)state;
	rng_init(&rng, 11);
	for (size_t i = 0; i < IDS; i++)
		assert_true(id_map_add(&map, rng_next(&rng), i));
	rng_init(&rng, 11);
	for (size_t i = 0; i < IDS; i++)
		assert_false(id_map_add(&map, rng_next(&rng), i + 1));
	rng_init(&rng, 11);
	for (size_t i = 0; i < IDS; i++)
		assert_number(&map, rng_next(&rng), i);
	id_map_release(&map);
}

static void zero_and_neighbours_are_ids_as_others_are(void **state)
{
	struct id_map map = {0};
	(void)state;
	for (uint64_t id = 0; id < IDS; id++) {
		assert_true(id_map_add(&map, id, id));
		assert_true(id_map_add(&map, id << 32 | UINT64_C(1) << 63, id + IDS));
	}
	for (uint64_t id = 0; id < IDS; id++) {
		assert_number(&map, id, id);
		assert_number(&map, id << 32 | UINT64_C(1) << 63, id + IDS);
	}
	id_map_release(&map);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct id_map map = {0};
	size_t number = 7;
	(void)state;
	assert_false(id_map_find(&map, 0, &number));
	assert_true(id_map_add(&map, 5, 0));
	assert_false(id_map_find(&map, 0, &number));
	assert_false(id_map_find(&map, 6, &number));
	assert_int_equal(number, 7);
	id_map_clear(&map);
	assert_false(id_map_find(&map, 5, &number));
	assert_true(id_map_add(&map, 5, 3));
	assert_number(&map, 5, 3);
	id_map_release(&map);
	id_map_release(&map);
	assert_false(id_map_find(&map, 5, &number));
}

static int64_t cost_ms(void)
{
	struct timespec used;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* As many series as a replay keeps, in no order: moving those behind each took seconds. */
static void many_in_no_order_are_added_and_found_at_once(void **state)
{
	struct id_map map = {0};
	struct rng rng;
	(void)state;
	int64_t began_ms = cost_ms();
	rng_init(&rng, 5);
	for (size_t i = 0; i < MANY; i++)
		assert_true(id_map_add(&map, rng_next(&rng), i));
	rng_init(&rng, 5);
	for (size_t i = 0; i < MANY; i++)
		assert_number(&map, rng_next(&rng), i);
	assert_in_range(cost_ms() - began_ms, 0, MANY_MS * INSTRUMENTED_TIMES);
	id_map_release(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_id_has_the_number_that_it_was_given_first),
		cmocka_unit_test(zero_and_neighbours_are_ids_as_others_are),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(many_in_no_order_are_added_and_found_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
