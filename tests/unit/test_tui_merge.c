/* SPDX-License-Identifier: MIT */
/* Lines of several engines, followed: in the order in which they happened, within a moment and a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "tui/cli/merge.h"

static int setup(void **state)
{
	*state = merge_new();
	return 0;
}

static int teardown(void **state)
{
	merge_free(*state);
	return 0;
}

static void add(struct merge *merge, int64_t at_ms, size_t engine, int64_t now_ms, const char *line)
{
	merge_add(merge, at_ms, engine, now_ms, line, strlen(line));
}

static void assert_taken(struct merge *merge, int64_t now_ms, const char *wanted)
{
	autostr struct str text = STR_INIT;
	merge_take(merge, now_ms, &text);
	assert_string_equal(text.text, wanted);
}

static void a_line_waits_for_older_ones_that_take_longer(void **state)
{
	struct merge *merge = *state;
	add(merge, 1300, 0, 10000, "b\n");
	assert_taken(merge, 10000 + MERGE_HOLD_MS - 1, "");
	add(merge, 1200, 1, 10000 + MERGE_HOLD_MS - 1, "a\n");
	add(merge, 1400, 1, 10000 + MERGE_HOLD_MS - 1, "c\n");
	/* The older one is not held longer than the one that waited for it. */
	assert_taken(merge, 10000 + MERGE_HOLD_MS, "a\nb\n");
	assert_taken(merge, 10000 + 2 * MERGE_HOLD_MS - 2, "");
	assert_taken(merge, 10000 + 2 * MERGE_HOLD_MS - 1, "c\n");
	assert_taken(merge, 99000, "");
}

static void what_happened_together_keeps_its_order(void **state)
{
	struct merge *merge = *state;
	add(merge, 5, 1, 0, "us 1\n");
	add(merge, 5, 0, 0, "eu 1\n");
	add(merge, 5, 1, 0, "us 2\n");
	add(merge, 5, 0, 0, "eu 2\n");
	assert_taken(merge, MERGE_HOLD_MS, "eu 1\neu 2\nus 1\nus 2\n");
}

static void who_is_too_late_stands_where_it_came(void **state)
{
	struct merge *merge = *state;
	add(merge, 2000, 0, 0, "b\n");
	assert_taken(merge, MERGE_HOLD_MS, "b\n");
	add(merge, 1000, 1, MERGE_HOLD_MS + 1, "a\n");
	assert_taken(merge, 2 * MERGE_HOLD_MS + 1, "a\n");
}

static void a_flood_is_not_held(void **state)
{
	struct merge *merge = *state;
	autostr struct str text = STR_INIT, rest = STR_INIT;
	for (int i = 0; i <= MERGE_LINES_MAX; i++)
		add(merge, i, 0, 0, "x");
	merge_take(merge, 0, &text);
	assert_int_equal(text.length, MERGE_LINES_MAX / 2 + 1);
	merge_end(merge, &rest);
	assert_int_equal(text.length + rest.length, MERGE_LINES_MAX + 1);
}

int main(void)
{
#define MERGE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		MERGE_TEST(a_line_waits_for_older_ones_that_take_longer),
		MERGE_TEST(what_happened_together_keeps_its_order),
		MERGE_TEST(who_is_too_late_stands_where_it_came),
		MERGE_TEST(a_flood_is_not_held),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
