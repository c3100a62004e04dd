/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"

#define S 1000LL
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)

static void durations_read_as_on_a_watch(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {{0, "0.0s"}, {400, "0.4s"}, {9999, "9.9s"}, {10 * S, "10s"}, {48 * S, "48s"},
		{59999, "59s"}, {6 * M + 5 * S, "6m05"}, {9 * M + 59 * S, "9m59"},
		{13 * M + 30 * S, "13m"}, {59 * M, "59m"}, {H + 55 * M, "1h55"},
		{9 * H + 59 * M, "9h59"}, {10 * H, "10h"}, {47 * H, "47h"}, {48 * H, "2d"},
		{44 * D, "44d"}, {-400, "-0.4s"}, {-3 * H, "-3h00"}, {INT64_MIN, "-106751991167d"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(format_duration(cases[i].ms).text, cases[i].text);
}

static void ages_have_one_unit(void **state)
{
	(void)state;
	assert_string_equal(format_age(0).text, "0s");
	assert_string_equal(format_age(4999).text, "4s");
	assert_string_equal(format_age(6 * M + 5 * S).text, "6m");
	assert_string_equal(format_age(9 * H + 59 * M).text, "9h");
	assert_string_equal(format_age(47 * H).text, "47h");
	assert_string_equal(format_age(12 * D).text, "12d");
}

static void sizes_use_powers_of_1024(void **state)
{
	(void)state;
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {{0, "0"}, {812, "812"}, {1023, "1023"}, {1024, "1K"}, {1536, "1.5K"},
		{9 << 20, "9M"}, {3400000000, "3.1G"}, {1048575, "1023K"},
		{INT64_C(48) << 40, "48T"}, {INT64_MAX, "8E"}, {-2048, "-2K"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(format_bytes(cases[i].bytes).text, cases[i].text);
}

static void counts_are_exact_below_ten_thousand(void **state)
{
	(void)state;
	assert_string_equal(format_count(1204).text, "1204");
	assert_string_equal(format_count(9999).text, "9999");
	assert_string_equal(format_count(12345).text, "12k");
	assert_string_equal(format_count(999999).text, "999k");
	assert_string_equal(format_count(3400000).text, "3.4M");
	assert_string_equal(format_count(120000000).text, "120M");
	assert_string_equal(format_count(-12345).text, "-12k");
	assert_string_equal(format_count(INT64_MIN).text, "-9.2E");
}

static void one_of_many_is_not_called_as_many(void **state)
{
	(void)state;
	assert_string_equal(format_many(0, "bot").text, "0 bots");
	assert_string_equal(format_many(1, "bot").text, "1 bot");
	assert_string_equal(format_many(12345, "bot").text, "12345 bots");
	assert_string_equal(format_many(1, "entry").text, "1 entry");
	assert_string_equal(format_many(2, "entry").text, "2 entries");
	assert_string_equal(format_many(2, "key").text, "2 keys");
}

static void measured_values_and_ratios_are_short(void **state)
{
	(void)state;
	assert_string_equal(format_number(0.62).text, "0.6");
	assert_string_equal(format_number(0.01).text, "0.0");
	assert_string_equal(format_number(12.44).text, "12.4");
	assert_string_equal(format_number(870.2).text, "870");
	assert_string_equal(format_number(12000).text, "12k");
	assert_string_equal(format_number(-3.26).text, "-3.3");
	assert_string_equal(format_number(NAN).text, "--");
	assert_string_equal(format_number(INFINITY).text, "--");
	assert_string_equal(format_percent(0.006).text, "0.6%");
	assert_string_equal(format_percent(0.251).text, "25%");
	assert_string_equal(format_percent(1).text, "100%");
	assert_string_equal(format_percent(0).text, "0%");
	assert_string_equal(format_percent(NAN).text, "--");
}

static void times_are_utc_in_milliseconds(void **state)
{
	(void)state;
	assert_string_equal(format_rfc3339(1795168821744).text, "2026-11-20T10:00:21.744Z");
	assert_string_equal(format_rfc3339(0).text, "1970-01-01T00:00:00.000Z");
	assert_string_equal(format_rfc3339(-1).text, "1969-12-31T23:59:59.999Z");
	assert_string_equal(format_rfc3339(INT64_MAX).text, "-");
	assert_string_equal(format_clock(1795168821744, false).text, "10:00:21");
	assert_string_equal(format_day_clock(1795168821744, false).text, "11-20 10:00");
}

static void a_written_duration_is_read_to_the_millisecond(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {{"0", 0}, {"30s", 30 * S}, {"5m", 5 * M}, {"1h30m", 90 * M}, {"250ms", 250},
		{"1.5s", 1500}, {"0.25h", 15 * M}, {"7d", 7 * D}, {"2w", 14 * D}, {"1m1ms", M + 1},
		{"36525d", 36525 * D}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t ms = -1;
		assert_true(parse_duration(cases[i].text, &ms, NULL));
		assert_int_equal(ms, cases[i].ms);
	}
}

static void assert_no_duration(const char *text, const char *why)
{
	struct err err = {0};
	int64_t ms = -1;
	assert_false(parse_duration(text, &ms, &err));
	assert_non_null(strstr(err.text, why));
	assert_int_equal(ms, -1);
}

static void a_bad_duration_is_refused_with_its_position(void **state)
{
	(void)state;
	assert_no_duration("", "no number at position 1");
	assert_no_duration("30", "no unit at position 3");
	assert_no_duration("5x", "no unit at position 2");
	assert_no_duration("5m x", "no number at position 3");
	assert_no_duration("-5m", "no number at position 1");
	assert_no_duration("1h 30m", "no number at position 3");
	assert_no_duration("1.m", "no unit at position 2");
	assert_no_duration("36526d", "longer than 100 years");
	assert_no_duration("4611686018427387904s", "longer than 100 years");
	assert_no_duration("99999999999999999999999s", "no number at position 1");
}

static void a_written_size_is_read_in_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {{"0", 0}, {"4096", 4096}, {"64K", 64 << 10}, {"64KiB", 64 << 10},
		{"1.5M", 3 << 19}, {"3gb", INT64_C(3) << 30}, {"7B", 7}, {"2t", INT64_C(2) << 40}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t bytes = -1;
		assert_true(parse_bytes(cases[i].text, &bytes, NULL));
		assert_int_equal(bytes, cases[i].bytes);
	}
	struct err err = {0};
	int64_t bytes = -1;
	assert_false(parse_bytes("12Q", &bytes, &err));
	assert_string_equal(err.text, "unknown unit at position 3: K, M, G or T follows a number");
	assert_false(parse_bytes("K", &bytes, &err));
	assert_false(parse_bytes("9999999T", &bytes, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(bytes, -1);
}

static void times_are_read_in_every_common_dialect(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t used;
		int64_t ms;
		bool has_zone;
	} cases[] = {{"2026-11-20T10:00:21.744Z", 24, 1795168821744, true},
		{"2026-11-20 10:00:21,744 - x", 23, 1795168821744, false},
		{"2026-11-20T10:00:21Z", 20, 1795168821000, true},
		{"2026-11-20T13:00:21.744+03:00", 29, 1795168821744, true},
		{"2026-11-20T05:00:21.744-0500", 28, 1795168821744, true},
		{"2026-11-20T10:00:21.744123456Z", 30, 1795168821744, true},
		{"2026/11/20 10:00:21 [error]", 19, 1795168821000, false},
		{"1969-12-31T23:59:59.5Z", 22, -500, true},
		{"2024-02-29T00:00:00Z", 20, 1709164800000, true},
		{"2026-13-20T10:00:21Z", 0, 0, false}, {"2026-11-20T25:00:21Z", 0, 0, false},
		{"2026-11-20", 0, 0, false}, {"", 0, 0, false}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t ms = 0;
		bool has_zone = false;
		assert_int_equal(
			parse_rfc3339(cases[i].text, strlen(cases[i].text), &ms, &has_zone),
			cases[i].used);
		assert_int_equal(ms, cases[i].ms);
		assert_int_equal(has_zone, cases[i].has_zone);
	}
}

static void numbers_are_read_as_the_c_library_reads_them(void **state)
{
	(void)state;
	static const char *const texts[] = {"0", "-0", "12", "+12.5", "1e3", "1.5E-7", ".5", "5.",
		"0.1", "123456789012345678901", "1.7976931348623157e308", "5e-324", "1e400",
		"1e-400", "3.141592653589793238462643", "1e22", "1e23", "00012.50",
		"0.000000000000000000000000000001", "Inf", "-inf", "1795168821.744"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		double value = -1, expected = strtod(texts[i], NULL);
		assert_true(parse_double(texts[i], strlen(texts[i]), &value));
		assert_true(value == expected || fabs(value - expected) <= fabs(expected) * 3e-16);
	}
	double nan;
	assert_true(parse_double("NaN", 3, &nan) && isnan(nan));
	static const char *const bad[] = {
		"", "-", ".", "e5", "1e", "1e+", "1.2.3", "1x", "0x10", " 1", "1 ", "infin"};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(parse_double(bad[i], strlen(bad[i]), &nan));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_read_as_on_a_watch),
		cmocka_unit_test(ages_have_one_unit),
		cmocka_unit_test(sizes_use_powers_of_1024),
		cmocka_unit_test(counts_are_exact_below_ten_thousand),
		cmocka_unit_test(one_of_many_is_not_called_as_many),
		cmocka_unit_test(measured_values_and_ratios_are_short),
		cmocka_unit_test(times_are_utc_in_milliseconds),
		cmocka_unit_test(a_written_duration_is_read_to_the_millisecond),
		cmocka_unit_test(a_bad_duration_is_refused_with_its_position),
		cmocka_unit_test(a_written_size_is_read_in_bytes),
		cmocka_unit_test(numbers_are_read_as_the_c_library_reads_them),
		cmocka_unit_test(times_are_read_in_every_common_dialect),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
