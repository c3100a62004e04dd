/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "tui/rowset.h"

static void assert_shown(const struct rowset *rows, const uint64_t *ids, size_t count)
{
	assert_int_equal(rows->shown.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(rows->shown.ids[i], ids[i]);
}
#define ASSERT_SHOWN(rows, ...)                                                                    \
	do {                                                                                       \
		const uint64_t ids_[] = {__VA_ARGS__};                                             \
		assert_shown(rows, ids_, COUNT_OF(ids_));                                          \
	} while (0)

static void update(struct rowset *rows, bool hold, const char *digits)
{
	uint64_t ids[16];
	size_t count = strlen(digits);
	for (size_t i = 0; i < count; i++)
		ids[i] = (uint64_t)(digits[i] - '0');
	rowset_update(rows, ids, count, hold);
}

static void the_cursor_follows_its_entity_through_a_new_order(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "123456");
	rowset_move_to(&rows, 1);
	assert_int_equal(rows.cursor, 2);
	update(&rows, false, "654321");
	assert_int_equal(rows.cursor, 2);
	assert_int_equal(rows.cursor_row, 4);
}

static void a_held_order_keeps_rows_in_place_and_says_that_it_changed(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "1234");
	update(&rows, true, "4321");
	ASSERT_SHOWN(&rows, 1, 2, 3, 4);
	assert_true(rows.order_changed);
	update(&rows, false, "4321");
	ASSERT_SHOWN(&rows, 4, 3, 2, 1);
	assert_false(rows.order_changed);
}

static void an_order_that_was_asked_for_is_taken_at_once(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "1234");
	rows.adopt = true;
	update(&rows, true, "4321");
	ASSERT_SHOWN(&rows, 4, 3, 2, 1);
	update(&rows, true, "1234");
	ASSERT_SHOWN(&rows, 4, 3, 2, 1);
}

static void while_held_the_gone_leave_and_the_new_come_at_the_end(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "1234");
	rowset_move_to(&rows, 2);
	update(&rows, true, "94321");
	ASSERT_SHOWN(&rows, 1, 2, 3, 4, 9);
	update(&rows, true, "9421");
	ASSERT_SHOWN(&rows, 1, 2, 4, 9);
	assert_int_equal(rows.cursor, 4);
}

static void when_the_entity_under_the_cursor_goes_the_cursor_stays_on_its_row(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "1234");
	rowset_move_to(&rows, 3);
	update(&rows, false, "123");
	assert_int_equal(rows.cursor, 3);
	update(&rows, false, "");
	assert_int_equal(rows.cursor, 0);
	update(&rows, false, "78");
	assert_int_equal(rows.cursor, 7);
}

static void a_range_marks_every_row_between_its_ends_in_both_directions(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "123456");
	rowset_move_to(&rows, 4);
	rowset_range(&rows);
	rowset_move_to(&rows, 2);
	assert_true(rowset_in_range(&rows, 3));
	assert_false(rowset_in_range(&rows, 5));
	rowset_range(&rows);
	assert_int_equal(rows.marks.count, 3);
	assert_true(rowset_marked(&rows, 3) && rowset_marked(&rows, 4) && rowset_marked(&rows, 5));
	assert_int_equal(rows.range_from, 0);
}

static void inverting_turns_every_shown_mark_over(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "1234");
	rowset_mark(&rows, 2, true);
	rowset_invert(&rows);
	assert_int_equal(rows.marks.count, 3);
	assert_false(rowset_marked(&rows, 2));
	rowset_unmark_all(&rows);
	assert_int_equal(rows.marks.count, 0);
}

static void the_chosen_rows_are_the_marks_and_then_the_open_range(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	CLEANUP(id_list_release) struct id_list chosen = {0};
	static const uint64_t expected[] = {6, 3, 2, 4};
	update(&rows, false, "123456");
	rowset_mark(&rows, 6, true);
	rowset_mark(&rows, 3, true);
	rowset_move_to(&rows, 3);
	rowset_range(&rows);
	rowset_move_to(&rows, 1);
	rowset_chosen(&rows, &chosen);
	assert_int_equal(chosen.count, COUNT_OF(expected));
	assert_memory_equal(chosen.ids, expected, sizeof(expected));
}

static void a_range_keeps_its_ends_when_the_rows_change_places(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "123456");
	rowset_move_to(&rows, 1);
	rowset_range(&rows);
	rowset_move_to(&rows, 2);
	update(&rows, false, "912435");
	assert_false(rowset_in_range(&rows, 1) || rowset_in_range(&rows, 5));
	assert_true(rowset_in_range(&rows, 2) && rowset_in_range(&rows, 3) &&
		    rowset_in_range(&rows, 4));
	update(&rows, false, "9134"); /* its first end has gone */
	assert_int_equal(rows.range_from, 0);
	assert_false(rowset_in_range(&rows, 2));
}

static bool is_even(const void *context, uint64_t id)
{
	(void)context;
	return id % 2 == 0;
}

/* Were one of these steps to go through all rows for each row, it would take minutes. */
static void a_hundred_thousand_rows_are_chosen_from_in_one_pass(void **state)
{
	enum { ROWS = 100000, LIMIT_US = 2000 * 1000 };
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	CLEANUP(id_list_release) struct id_list ids = {0}, chosen = {0};
	for (uint64_t i = 1; i <= ROWS; i++)
		id_list_add(&ids, i * UINT64_C(0x9e3779b97f4a7c15));
	int64_t begun_us = clock_cost_us();
	rowset_update(&rows, ids.ids, ids.count, false);
	rowset_move_to(&rows, ROWS - 1);
	rowset_range(&rows);
	rowset_move_to(&rows, 0);
	rowset_chosen(&rows, &chosen);
	for (size_t row = 0; row < ROWS; row++)
		assert_true(rowset_in_range(&rows, row) && !rowset_marked(&rows, ids.ids[row]));
	rowset_range(&rows);
	for (size_t row = 0; row < ROWS; row++)
		assert_true(rowset_marked(&rows, ids.ids[row]));
	rowset_invert(&rows);
	assert_int_equal(rows.marks.count, 0);
	rowset_invert(&rows);
	rowset_forget(&rows, is_even, NULL);
	assert_in_range(clock_cost_us() - begun_us, 0, LIMIT_US);
	assert_int_equal(chosen.count, ROWS);
	assert_int_equal(rows.marks.count, ROWS / 2);
}

static void marks_of_entities_that_are_gone_are_forgotten(void **state)
{
	(void)state;
	CLEANUP(rowset_release) struct rowset rows = {0};
	update(&rows, false, "1234");
	rowset_invert(&rows);
	rowset_forget(&rows, is_even, NULL);
	assert_int_equal(rows.marks.count, 2);
	assert_true(rowset_marked(&rows, 2) && rowset_marked(&rows, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cursor_follows_its_entity_through_a_new_order),
		cmocka_unit_test(a_held_order_keeps_rows_in_place_and_says_that_it_changed),
		cmocka_unit_test(an_order_that_was_asked_for_is_taken_at_once),
		cmocka_unit_test(while_held_the_gone_leave_and_the_new_come_at_the_end),
		cmocka_unit_test(when_the_entity_under_the_cursor_goes_the_cursor_stays_on_its_row),
		cmocka_unit_test(a_range_marks_every_row_between_its_ends_in_both_directions),
		cmocka_unit_test(inverting_turns_every_shown_mark_over),
		cmocka_unit_test(the_chosen_rows_are_the_marks_and_then_the_open_range),
		cmocka_unit_test(a_range_keeps_its_ends_when_the_rows_change_places),
		cmocka_unit_test(a_hundred_thousand_rows_are_chosen_from_in_one_pass),
		cmocka_unit_test(marks_of_entities_that_are_gone_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
