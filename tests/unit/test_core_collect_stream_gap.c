/* SPDX-License-Identifier: MIT */
/* What is missing in a stream, by what XINFO says and what was read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/collect/stream_gap.h"

struct row {
	struct stream_shape shape;
	const char *last_id;
	int64_t position;
	uint64_t lost;
	int64_t then; /* position afterwards */
};

static void check(const struct row *rows, size_t count, bool is_at_least)
{
	for (size_t i = 0; i < count; i++) {
		int64_t position = rows[i].position;
		struct stream_gap gap = stream_gap_find(&rows[i].shape, rows[i].last_id, &position);
		assert_int_equal(gap.lost, rows[i].lost);
		assert_int_equal(position, rows[i].then);
		assert_true(!gap.lost || gap.is_at_least == is_at_least);
	}
}

static void the_count_of_what_was_added_tells_exactly_what_is_missing(void **state)
{
	(void)state;
	const struct row rows[] = {
		/* all read: the first look only learns where we are */
		{{100, 10, "91-0", "100-0"}, "100-0", -1, 0, 100},
		{{100, 10, "91-0", "100-0"}, "100-0", 100, 0, 100},
		{{100, 10, "91-0", "100-0"}, "100-0", 60, 40, 100},
		/* even the oldest is unread: those that are there are still to come */
		{{100, 10, "91-0", "100-0"}, "50-0", 50, 40, 90},
		{{100, 10, "91-0", "100-0"}, "90-0", 90, 0, 90},
		{{100, 10, "91-0", "100-0"}, "0-0", -1, 0, 90},
		{{100, 0, "", "100-0"}, "50-0", 50, 50, 100},
		/* some of those that are there are read: a later look will tell */
		{{100, 10, "91-0", "100-0"}, "95-0", 40, 0, 40},
		/* made anew: it counts from its start again */
		{{5, 5, "101-0", "105-0"}, "100-0", 100, 0, 0},
	};
	check(rows, COUNT_OF(rows), false);
}

static void a_redis_that_does_not_count_says_at_least_one_and_once(void **state)
{
	(void)state;
	const struct row rows[] = {
		{{-1, 10, "91-0", "100-0"}, "100-0", -1, 0, -1},
		{{-1, 10, "91-0", "100-0"}, "95-0", -1, 0, -1},
		{{-1, 10, "91-0", "100-0"}, "50-0", -1, 1, 0},
		{{-1, 10, "91-0", "100-0"}, "50-0", 0, 0, 0},
		{{-1, 10, "91-0", "100-0"}, "95-0", 4, 0, -1},
		{{-1, 0, "", "100-0"}, "50-0", -1, 1, 0},
		{{-1, 10, "91-0", "100-0"}, "0-0", -1, 0, 0}, /* never read: it was before us */
	};
	check(rows, COUNT_OF(rows), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_count_of_what_was_added_tells_exactly_what_is_missing),
		cmocka_unit_test(a_redis_that_does_not_count_says_at_least_one_and_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
