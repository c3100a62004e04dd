/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "core/series/series.h"

enum { HOUR_MS = 3600000, COLUMNS = 10 };

static void assert_close(double value, double expected)
{
	if (fabs(value - expected) > 1e-9)
		fail_msg("%g is not %g", value, expected);
}

static void a_column_is_the_mean_of_what_fell_into_it(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, HOUR_MS);
	double values[COLUMNS], last;
	for (int i = 0; i < 100; i++)
		assert_true(series_append(series, "up", "a=1,b=2", i * 100, i));
	assert_true(series_query(series, "up{a=1,b=2}", 0, 10000, COLUMNS, values, &last));
	for (int i = 0; i < COLUMNS; i++)
		assert_close(values[i], i * 10 + 4.5);
	assert_close(last, 99);
	series_free(series);
}

static void quotes_blanks_and_empty_braces_mean_the_same_series(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, HOUR_MS);
	double value, last;
	series_append(series, "up", "a=1,b=2", 500, 7);
	series_append(series, "load", "", 500, 3);
	assert_true(series_query(series, "up{a=\"1\", b=\"2\"}", 0, 1000, 1, &value, &last));
	assert_close(value, 7);
	assert_true(series_query(series, "load{}", 0, 1000, 1, &value, &last));
	assert_close(value, 3);
	assert_false(series_query(series, "up{b=2}", 0, 1000, 1, &value, &last));
	series_free(series);
}

static void a_value_holds_for_two_and_a_half_intervals_and_then_is_a_gap(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, HOUR_MS);
	double values[COLUMNS], last;
	for (int i = 0; i <= 4; i++)
		series_append(series, "up", "", i * 2000, i);
	assert_true(series_query(series, "up", 8000, 18000, COLUMNS, values, &last));
	assert_close(values[0], 4);
	assert_close(values[4], 4); /* ends at 13000: 5000 ms after the last */
	assert_true(isnan(values[5]));
	assert_true(isnan(values[9]));
	series_free(series);
}

static void not_a_number_ends_the_line_at_once(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, HOUR_MS);
	double values[4], last;
	series_append(series, "up", "", 1000, 5);
	series_append(series, "up", "", 2000, 5);
	series_append(series, "up", "", 3000, NAN);
	assert_true(series_query(series, "up", 1000, 5000, 4, values, &last));
	assert_close(values[1], 5);
	assert_true(isnan(values[2]) && isnan(values[3]));
	assert_true(isnan(last));
	series_free(series);
}

static void a_clock_put_back_forgets_what_lies_in_its_future(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, HOUR_MS);
	double value, last;
	for (int i = 0; i < 50; i++)
		series_append(series, "up", "", 10000 + i * 1000, i);
	series_append(series, "up", "", 20000, 77);
	assert_true(series_query(series, "up", 0, 19000, 1, &value, &last));
	assert_close(value, 4); /* 0 to 8 are still there */
	assert_close(last, 77);
	assert_true(series_query(series, "up", 50000, 60000, 1, &value, &last));
	assert_true(isnan(value));
	series_free(series);
}

/* A value of 1970 or of a year to come, and a clock that is put back. */
static void in_order_no_wrong_clock_takes_what_was_before(void **state)
{
	(void)state;
	enum { START = 1000000000, POINTS = 200 };
	struct series *series = series_new(1 << 20, HOUR_MS);
	double values[COLUMNS], last;
	series_keep_order(series);
	for (int i = 0; i < POINTS; i++) {
		assert_true(series_append(series, "up", "", START + i * 1000, i));
		if (i == 40)
			series_append(series, "up", "", 1000, 5000);
		if (i == 90)
			series_append(series, "up", "", START * INT64_C(9), 7000);
		if (i == 140)
			series_append(series, "up", "", START + 100500, 100);
	}
	series_append(series, "up", "", START + 199000, 209); /* in place of 199 */
	series_show_until(series, START + 199000);
	assert_true(
		series_query(series, "up", START, START + POINTS * 1000, COLUMNS, values, &last));
	for (int i = 0; i < COLUMNS - 1; i++)
		assert_close(values[i], i == 5 ? (20 * 109.5 + 100) / 21 : i * 20 + 9.5);
	assert_close(values[COLUMNS - 1], 190);
	assert_close(last, 209);
	series_free(series);
}

static void in_order_of_times_that_were_there_twice_the_second_stays(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, HOUR_MS);
	double values[COLUMNS], last;
	series_keep_order(series);
	for (int i = 0; i < 100; i++)
		series_append(series, "up", "", 1000000 + i * 1000, i);
	for (int i = 50; i < 80; i++)
		series_append(series, "up", "", 1000500 + i * 1000, 1000 + i);
	assert_true(series_query(series, "up", 1000000, 1100000, COLUMNS, values, &last));
	assert_close(values[4], 44.5);
	assert_close(values[6], 1064.5);
	assert_close(values[7], 1074.5);
	assert_close(values[9], 94.5); /* it has not come so far */
	series_free(series);
}

/* The far too old go first, and new ones find room. */
static void in_order_a_full_series_forgets_its_oldest(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, 20000);
	double value, last;
	series_keep_order(series);
	for (int i = 0; i < 200; i++)
		series_append(series, "up", "", i < 50 ? i : 1000000 + i * 1000, i);
	assert_true(series_query(series, "up", 1050000, 1200000, 1, &value, &last));
	assert_close(value, 167.5); /* room for 64 */
	series_append(series, "up", "", 5, 1);
	assert_true(series_query(series, "up", 1050000, 1200000, 1, &value, &last));
	assert_close(value, 167.5);
	series_free(series);
}

static void a_series_keeps_its_span_and_no_more(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 24, 100000);
	double value, last;
	for (int i = 0; i < 5000; i++)
		series_append(series, "up", "", i * 1000, i);
	assert_true(series_bytes(series) < 8192);
	assert_true(series_query(series, "up", 4900000, 5000000, 1, &value, &last));
	assert_close(value, 4949.5);
	assert_true(series_query(series, "up", 0, 1000000, 1, &value, &last));
	assert_true(isnan(value));
	series_free(series);
}

static void the_budget_refuses_new_series_and_counts_them(void **state)
{
	(void)state;
	struct series *series = series_new(20000, HOUR_MS);
	unsigned refused = 0;
	char labels[32];
	for (int i = 0; i < 2000; i++) {
		snprintf(labels, sizeof(labels), "n=%d", i);
		refused += !series_append(series, "up", labels, 1000, i);
	}
	assert_true(refused > 1800);
	assert_int_equal(series_refused(series), refused);
	assert_true(series_bytes(series) <= 20000);
	for (int i = 0; i < 5000; i++)
		assert_true(series_append(series, "up", "n=0", 2000 + i, i)); /* old ones go on */
	assert_true(series_bytes(series) <= 20000);
	series_free(series);
}

static void long_series_leave_room_for_new_ones(void **state)
{
	(void)state;
	struct series *series = series_new(40000, HOUR_MS);
	for (int i = 1; i <= 3000; i++)
		assert_true(series_append(series, "up", "n=old", i * 1000, i));
	for (int i = 1; i <= 10; i++)
		assert_true(series_append(series, "up", i % 2 ? "n=a" : "n=b", i * 1000, i));
	assert_int_equal(series_refused(series), 0);
	assert_true(series_bytes(series) <= 40000 / 4 * 3 + 2000);
	series_free(series);
}

static void a_full_store_forgets_what_nothing_feeds_any_more(void **state)
{
	(void)state;
	struct series *series = series_new(20000, HOUR_MS);
	double last = 0, value;
	char labels[32];
	for (int i = 0; i < 1000; i++) {
		snprintf(labels, sizeof(labels), "n=%d", i);
		(void)series_append(series, "up", labels, 1000, i);
	}
	assert_true(series_append(series, "up", "n=1", HOUR_MS, 1.5));
	assert_false(series_append(series, "up", "n=new", HOUR_MS, 2.5));
	assert_true(series_append(series, "up", "n=new", HOUR_MS + 61000, 2.5));
	assert_true(series_query(series, "up{n=new}", 0, HOUR_MS + 61000, 1, &value, &last));
	assert_true(last == 2.5);
	assert_true(series_query(series, "up{n=1}", 0, HOUR_MS + 61000, 1, &value, &last));
	assert_true(last == 1.5);
	assert_false(series_query(series, "up{n=2}", 0, HOUR_MS + 61000, 1, &value, &last));
	assert_true(series_bytes(series) < 3000);
	series_free(series);
}

static void count_name(void *context, const char *key)
{
	(void)key;
	++*(unsigned *)context;
}

static void names_are_those_of_the_metric_alone(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, HOUR_MS);
	unsigned count = 0, all = 0;
	series_append(series, "up", "a=1", 1, 1);
	series_append(series, "up", "a=2", 1, 1);
	series_append(series, "up", "", 1, 1);
	series_append(series, "uptime", "", 1, 1);
	series_names(series, "up", count_name, &count);
	series_names(series, NULL, count_name, &all);
	assert_int_equal(count, 3);
	assert_int_equal(all, 4);
	series_free(series);
}

/* Thousands of series, found again after the table grew, in any order. */
static void every_series_is_found_again(void **state)
{
	(void)state;
	struct series *series = series_new(64 << 20, HOUR_MS);
	char labels[32], key[64];
	double value, last;
	for (int i = 0; i < 20000; i++) {
		snprintf(labels, sizeof(labels), "bot=b%d", i);
		assert_true(series_append(series, "x", labels, 1000, i));
	}
	for (int i = 19999; i >= 0; i -= 37) {
		snprintf(key, sizeof(key), "x{bot=b%d}", i);
		assert_true(series_query(series, key, 0, 2000, 1, &value, &last));
		assert_close(last, i);
	}
	series_free(series);
}

static void *read_all(void *context)
{
	struct series *series = context;
	double values[COLUMNS], last = 0;
	for (int i = 0; i < 2000; i++)
		(void)series_query(series, "x", 0, 100000, COLUMNS, values, &last);
	return NULL;
}

static void readers_and_the_writer_do_not_disturb_each_other(void **state)
{
	(void)state;
	struct series *series = series_new(1 << 20, HOUR_MS);
	pthread_t reader;
	double values[COLUMNS], last;
	assert_int_equal(pthread_create(&reader, NULL, read_all, series), 0);
	for (int i = 0; i < 20000; i++)
		series_append(series, "x", "", i, i);
	pthread_join(reader, NULL);
	assert_true(series_query(series, "x", 0, 20000, COLUMNS, values, &last));
	assert_close(last, 19999);
	series_free(series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_column_is_the_mean_of_what_fell_into_it),
		cmocka_unit_test(quotes_blanks_and_empty_braces_mean_the_same_series),
		cmocka_unit_test(a_value_holds_for_two_and_a_half_intervals_and_then_is_a_gap),
		cmocka_unit_test(not_a_number_ends_the_line_at_once),
		cmocka_unit_test(a_clock_put_back_forgets_what_lies_in_its_future),
		cmocka_unit_test(in_order_no_wrong_clock_takes_what_was_before),
		cmocka_unit_test(in_order_of_times_that_were_there_twice_the_second_stays),
		cmocka_unit_test(in_order_a_full_series_forgets_its_oldest),
		cmocka_unit_test(a_series_keeps_its_span_and_no_more),
		cmocka_unit_test(the_budget_refuses_new_series_and_counts_them),
		cmocka_unit_test(long_series_leave_room_for_new_ones),
		cmocka_unit_test(a_full_store_forgets_what_nothing_feeds_any_more),
		cmocka_unit_test(names_are_those_of_the_metric_alone),
		cmocka_unit_test(every_series_is_found_again),
		cmocka_unit_test(readers_and_the_writer_do_not_disturb_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
