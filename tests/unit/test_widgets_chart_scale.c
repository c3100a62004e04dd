/* SPDX-License-Identifier: MIT */
/* The axes of charts: round ticks, figures in one unit, times of the clock on the wall. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "widgets/chart_scale.h"
#include "widgets/chart_time.h"

enum { ROUNDS = 20000 };

static const char *const words[] = {"", "bytes", "seconds", "ms", "percent", "ratio", "/s"};

/* ---- values ---- */

/* From 1e-12 to 1e18, of both signs. */
static double any_value(struct rng *rng)
{
	double size = pow(10, (double)rng_below(rng, 30) - 12);
	return size * ((double)rng_below(rng, 2001) - 1000) / 1000;
}

static bool is_round(enum chart_kind kind, double step)
{
	static const double clocks[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
		7200, 10800, 21600, 43200, 86400};
	if (kind == CHART_BYTES)
		return step >= 1 && log2(step) == rint(log2(step));
	for (size_t i = 0; i < COUNT_OF(clocks) && kind == CHART_DURATION; i++)
		if (step == clocks[i])
			return true;
	if (kind == CHART_DURATION && step > 86400)
		step /= 86400;
	double digit = step / pow(10, floor(log10(step) + 1e-9));
	return fabs(digit - 1) < 1e-6 || fabs(digit - 2) < 1e-6 || fabs(digit - 5) < 1e-6;
}

/* The rows from one tick to the next are as many everywhere, and of the rest there is no room for one more. */
static void check_rows(const struct chart_scale *scale, int rows)
{
	double apart = scale->step / (scale->high - scale->low) * (rows - 1);
	assert_true(fabs(apart - rint(apart)) < 1e-6 && apart > 0.5);
	double beyond = rows - 1 - scale->steps * apart;
	assert_true(beyond > -1e-6 && beyond < apart - 1e-6);
}

static void check_scale(const struct chart_unit *unit, const struct chart_scale *scale, double low,
	double high, int most, int rows)
{
	double slack = scale->step * 1e-6;
	assert_true(is_round(unit->kind, scale->step));
	assert_true(scale->low <= low * unit->factor + slack);
	assert_true(scale->high >= high * unit->factor - slack);
	bool has_rows = rows > (most < 2 && low < 0 && high > 0 ? 2 : most);
	if (has_rows)
		check_rows(scale, rows);
	else
		assert_true(fabs(scale->low + scale->steps * scale->step - scale->high) <= slack);
	assert_true(fabs(scale->low / scale->step - rint(scale->low / scale->step)) < 1e-3);
	assert_true(scale->steps >= 1);
	assert_true(scale->steps <= (most < 2 && low < 0 && high > 0 ? 2 : most));
}

static void ticks_are_round_cover_the_values_and_are_as_many_as_fit(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 7);
	for (int i = 0; i < ROUNDS; i++) {
		const struct chart_unit *unit =
			chart_unit_named(words[rng_below(&rng, COUNT_OF(words))]);
		double one = any_value(&rng), two = i % 3 ? any_value(&rng) : 0;
		double low = fmin(one, two), high = fmax(one, two);
		int most = 1 + (int)rng_below(&rng, 12), rows = (int)rng_below(&rng, 50);
		struct chart_scale scale = chart_scale_fit(unit, low, high, most, rows);
		check_scale(unit, &scale, low, high, most, rows);
	}
}

static void labels_of_an_axis_differ_and_are_short(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 11);
	for (int i = 0; i < ROUNDS; i++) {
		const struct chart_unit *unit =
			chart_unit_named(words[rng_below(&rng, COUNT_OF(words))]);
		double value = fabs(any_value(&rng));
		struct chart_scale scale =
			chart_scale_fit(unit, i % 2 ? 0 : value, i % 2 ? value : value * 1.2, 6, 0);
		struct shown before = chart_tick_text(&scale, unit, 0);
		for (int tick = 1; tick <= scale.steps; tick++) {
			struct shown text = chart_tick_text(&scale, unit, tick);
			assert_string_not_equal(text.text, before.text);
			assert_in_range(strlen(text.text), 1, 14);
			before = text;
		}
	}
}

static void an_axis_has_one_unit_for_all_its_ticks(void **state)
{
	(void)state;
	static const struct {
		const char *unit;
		double low, high;
		int most;
		const char *labels;
	} table[] = {
		{"", 0, 1, 2, "0 0.5 1.0"},
		{"", 0, 0.03, 3, "0 0.01 0.02 0.03"},
		{"", 0, 1900, 4, "0 500 1000 1500 2000"},
		{"", 0, 42000, 5, "0 10k 20k 30k 40k 50k"},
		{"", 0, 2e-9, 2, "0 1e-9 2e-9"},
		{"", 0, 1e15, 2, "0 0.5P 1.0P"},
		{"", 0, 3e24, 3, "0 1e24 2e24 3e24"},
		{"", -3, 7, 3, "-5 0 5 10"},
		{"", 10002, 10029, 3, "10000 10010 10020 10030"},
		{"/s", 0, 3.9, 2, "0 2/s 4/s"},
		{"percent", 0, 87, 5, "0 20% 40% 60% 80% 100%"},
		{"ratio", 0, 0.5, 5, "0 10% 20% 30% 40% 50%"},
		{"bytes", 0, 2147483648, 4, "0 0.5 GiB 1.0 GiB 1.5 GiB 2.0 GiB"},
		{"bytes", 0, 200e6, 3, "0 64 MiB 128 MiB 192 MiB"},
		{"bytes", 0, 3, 3, "0 1 B 2 B 3 B"},
		{"ms", 0, 350, 4, "0 100 ms 200 ms 300 ms 400 ms"},
		{"ms", 0, 0.02, 2, "0 10 us 20 us"},
		{"seconds", 0, 1.9, 2, "0 1 s 2 s"},
		{"seconds", 0, 50, 5, "0 10 s 20 s 30 s 40 s 50 s"},
		{"seconds", 0, 2700, 3, "0 15 min 30 min 45 min"},
		{"seconds", 0, 80000, 4, "0 6 h 12 h 18 h 24 h"},
		{"seconds", 0, 800000, 5, "0 2 d 4 d 6 d 8 d 10 d"},
	};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const struct chart_unit *unit = chart_unit_named(table[i].unit);
		struct chart_scale scale =
			chart_scale_fit(unit, table[i].low, table[i].high, table[i].most, 0);
		autostr struct str labels = STR_INIT;
		for (int tick = 0; tick <= scale.steps; tick++)
			str_addf(&labels, "%s%s", tick ? " " : "",
				chart_tick_text(&scale, unit, tick).text);
		assert_string_equal(labels.text, table[i].labels);
	}
}

static void a_value_is_written_in_the_unit_that_suits_it(void **state)
{
	(void)state;
	static const struct {
		const char *unit;
		double value;
		const char *text;
	} table[] = {{"", 0, "0"}, {"", 3, "3"}, {"", 12.44, "12.4"}, {"", 870, "870"},
		{"", 999.6, "1.0k"}, {"", 1204, "1.2k"}, {"", -0.62, "-0.62"}, {"", 1e-9, "1e-9"},
		{"", 1e15, "1P"}, {"", 4.5e23, "4.5e23"}, {"percent", 78.68, "78.7%"},
		{"ratio", 1, "100%"}, {"/s", 1250, "1.2k/s"}, {"ms", 350, "350 ms"},
		{"ms", 1500, "1.5 s"}, {"ms", 0.0042, "4.2 us"}, {"seconds", 90, "90 s"},
		{"seconds", 5400, "90 min"}, {"seconds", 129600, "36 h"},
		{"bytes", 2147483648, "2 GiB"}, {"bytes", 2.6e9, "2.4 GiB"},
		{"bytes", 512, "512 B"}, {"", (double)NAN, "--"}, {"", (double)INFINITY, "--"},
		{"a word that is not known", 5, "5"}, {NULL, 5, "5"}};
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_string_equal(
			chart_value_text(chart_unit_named(table[i].unit), table[i].value).text,
			table[i].text);
}

static void far_from_zero_a_value_has_the_digits_of_its_axis(void **state)
{
	(void)state;
	const struct chart_unit *unit = chart_unit_named("");
	struct chart_scale scale = chart_scale_fit(unit, 10002, 10029, 3, 0);
	assert_string_equal(chart_scale_text(&scale, unit, 10012.34).text, "10012.3");
	scale = chart_scale_fit(unit, 0, 10029, 3, 0);
	assert_string_equal(chart_scale_text(&scale, unit, 10012.34).text, "10.0k");
}

static void an_axis_of_powers_has_a_power_at_each_tick(void **state)
{
	(void)state;
	static const struct {
		const char *unit;
		double low, high;
		int most;
		const char *labels;
	} table[] = {{"ms", 0.4, 2500, 10, "100 us 1 ms 10 ms 100 ms 1 s 10 s"},
		{"", 1, 1000, 10, "1 10 100 1k"}, {"", 1, 1e6, 3, "1 100 10k 1M"},
		{"", 5, 5, 4, "1 10"}, {"bytes", 1024, 5000, 4, "1 KiB 2 KiB 4 KiB 8 KiB"},
		{"", (double)NAN, (double)NAN, 4, "1 10"}, {"", 0, 7, 4, "1 10"}};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const struct chart_unit *unit = chart_unit_named(table[i].unit);
		struct chart_scale scale =
			chart_scale_fit_powers(unit, table[i].low, table[i].high, table[i].most);
		autostr struct str labels = STR_INIT;
		for (int tick = 0; tick <= scale.steps; tick++)
			str_addf(&labels, "%s%s", tick ? " " : "",
				chart_tick_text(&scale, unit, tick).text);
		assert_string_equal(labels.text, table[i].labels);
	}
	struct chart_scale scale = chart_scale_fit_powers(chart_unit_named(""), 1, 100, 4);
	assert_true(fabs(chart_scale_share(&scale, 10) - 0.5) < 1e-9);
	assert_true(chart_scale_share(&scale, 0) == 0 && chart_scale_share(&scale, -5) == 0);
	assert_true(chart_scale_share(&scale, 1e9) == 1);
}

static void what_can_not_be_an_axis_is_one_all_the_same(void **state)
{
	(void)state;
	static const double ends[][2] = {{(double)NAN, (double)NAN}, {0, 0}, {5, 5}, {-5, -5},
		{1e300, 1e300}, {-1e308, 1e308}, {1e-310, 1e-310}, {3, 1}, {1e15, 1e15 + 1},
		{0, (double)INFINITY}, {-(double)INFINITY, 0}};
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		const struct chart_unit *unit = chart_unit_named("");
		struct chart_scale scale = chart_scale_fit(unit, ends[i][0], ends[i][1], 4, 13);
		assert_true(isfinite(scale.low) && isfinite(scale.high));
		assert_true(scale.high > scale.low && scale.step > 0 && scale.steps >= 1);
		for (int tick = 0; tick <= scale.steps; tick++)
			assert_true(*chart_tick_text(&scale, unit, tick).text);
		double share = chart_scale_share(&scale, ends[i][1]);
		assert_true(isnan(ends[i][1]) || (share >= 0 && share <= 1));
	}
}

/* ---- times ---- */

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static void ticks_of_time_have_room_for_their_labels(void **state)
{
	(void)state;
	static const int64_t spans[] = {1000, 15000, MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY,
		7 * DAY, 90 * DAY, 3000 * DAY};
	for (size_t i = 0; i < COUNT_OF(spans); i++)
		for (int columns = 1; columns < 250; columns++) {
			int64_t step = chart_time_step(spans[i], columns);
			int64_t from = 1795168800123, at = from, before = from, count = 0;
			while (step && (at = chart_time_next(at, step, false)) < from + spans[i]) {
				assert_int_equal(at % 1000, 0);
				if (count++) {
					int cells = chart_column_at(
							    from, from + spans[i], columns, at) -
						    chart_column_at(
							    from, from + spans[i], columns, before);
					assert_true(cells >= 9);
				}
				before = at;
			}
			assert_true(count <= columns / 10 + 1);
		}
	assert_int_equal(chart_time_step(0, 100), 0);
	assert_int_equal(chart_time_step(MINUTE, 0), 0);
}

static int64_t noon(int month, int day)
{
	return seconds_of(2026, month, day, 12 * 3600) * 1000;
}

static void ticks_stand_on_round_times(void **state)
{
	(void)state;
	int64_t at = noon(11, 20) + 123456; /* a Friday */
	assert_string_equal(
		chart_time_text(chart_time_next(at, 15 * MINUTE, false), 15 * MINUTE, false).text,
		"12:15");
	assert_string_equal(
		chart_time_text(chart_time_next(at, 10000, false), 10000, false).text, "12:02:10");
	assert_string_equal(
		chart_time_text(chart_time_next(at, 12 * HOUR, false), 12 * HOUR, false).text,
		"11-21");
	assert_string_equal(
		chart_time_text(chart_time_next(at, 7 * DAY, false), 7 * DAY, false).text, "11-23");
	/* Not the one where it stands already. */
	assert_int_equal(chart_time_next(noon(11, 20), HOUR, false), noon(11, 20) + HOUR);
	assert_int_equal(chart_time_next(noon(11, 20) - 1, HOUR, false), noon(11, 20));
	assert_string_equal(chart_moment_text(at, HOUR, false).text, "12:02:03");
	assert_string_equal(chart_moment_text(at, 2 * DAY, false).text, "11-20 12:02:03");
}

static void local_ticks_follow_a_clock_that_is_put_on_and_back(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	static const int64_t steps[] = {HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY};
	const int64_t starts[] = {noon(3, 28), noon(10, 24)};
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		for (size_t k = 0; k < COUNT_OF(starts); k++) {
			int64_t at = starts[k];
			for (int ticks = 0; ticks < 50; ticks++) {
				int64_t next = chart_time_next(at, steps[i], true);
				assert_true(next > at && next - at <= steps[i] + HOUR);
				at = next;
				int64_t wall = at + local_offset_s(at) * INT64_C(1000);
				/* 02:00 is not there when the clock is put on. */
				assert_int_equal(wall % (steps[i] < DAY ? HOUR : DAY), 0);
			}
		}
	assert_string_equal(chart_time_text(noon(3, 28), HOUR, true).text, "13:00");
	unsetenv("TZ");
	tzset();
}

static void a_column_is_a_time_and_back(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 3);
	for (int i = 0; i < ROUNDS; i++) {
		int columns = 1 + (int)rng_below(&rng, 1000);
		int column = (int)rng_below(&rng, (uint64_t)columns);
		int64_t from = 1795168800000 + (int64_t)rng_below(&rng, 1000000);
		int64_t to = from + 4 * columns + (int64_t)rng_below(&rng, (uint64_t)(90 * DAY));
		int64_t at = chart_time_at(from, to, columns, column);
		assert_true(at >= from && at < to);
		assert_int_equal(chart_column_at(from, to, columns, at), column);
	}
	assert_int_equal(chart_column_at(1000, 2000, 10, 999), -1);
	assert_int_equal(chart_column_at(1000, 2000, 10, 1000), 0);
	assert_int_equal(chart_column_at(1000, 2000, 10, 2000), 10);
	assert_int_equal(chart_column_at(1000, 2000, 10, INT64_MAX), 10);
	assert_int_equal(chart_column_at(1000, 1000, 10, 1000), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_are_round_cover_the_values_and_are_as_many_as_fit),
		cmocka_unit_test(labels_of_an_axis_differ_and_are_short),
		cmocka_unit_test(an_axis_has_one_unit_for_all_its_ticks),
		cmocka_unit_test(a_value_is_written_in_the_unit_that_suits_it),
		cmocka_unit_test(far_from_zero_a_value_has_the_digits_of_its_axis),
		cmocka_unit_test(an_axis_of_powers_has_a_power_at_each_tick),
		cmocka_unit_test(what_can_not_be_an_axis_is_one_all_the_same),
		cmocka_unit_test(ticks_of_time_have_room_for_their_labels),
		cmocka_unit_test(ticks_stand_on_round_times),
		cmocka_unit_test(local_ticks_follow_a_clock_that_is_put_on_and_back),
		cmocka_unit_test(a_column_is_a_time_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
