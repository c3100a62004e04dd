/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/id_set.h"
#include "core/base/rng.h"

enum { IDS = 20000 };

static void every_id_is_new_once(void **state)
{
	struct id_set set = {0};
	struct rng rng;
	(void)state;
	rng_init(&rng, 11);
	for (int i = 0; i < IDS; i++)
		assert_true(id_set_add(&set, rng_next(&rng)));
	rng_init(&rng, 11);
	for (int i = 0; i < IDS; i++)
		assert_false(id_set_add(&set, rng_next(&rng)));
	id_set_release(&set);
}

static void zero_and_neighbours_are_ids_as_others_are(void **state)
{
	struct id_set set = {0};
	(void)state;
	for (uint64_t id = 0; id < IDS; id++) {
		assert_true(id_set_add(&set, id));
		assert_true(id_set_add(&set, id << 32 | UINT64_C(1) << 63));
		assert_false(id_set_add(&set, id));
	}
	assert_false(id_set_add(&set, 0));
	id_set_release(&set);
}

static void a_cleared_set_knows_none(void **state)
{
	struct id_set set = {0};
	(void)state;
	id_set_clear(&set);
	for (uint64_t id = 0; id < 100; id++)
		assert_true(id_set_add(&set, id));
	id_set_clear(&set);
	for (uint64_t id = 0; id < 100; id++)
		assert_true(id_set_add(&set, id));
	id_set_release(&set);
	id_set_release(&set);
	assert_true(id_set_add(&set, 1));
	id_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_id_is_new_once),
		cmocka_unit_test(zero_and_neighbours_are_ids_as_others_are),
		cmocka_unit_test(a_cleared_set_knows_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
