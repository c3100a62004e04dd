/* SPDX-License-Identifier: MIT */
/* The store of metrics, of an engine and of a recording, when clocks are put back; and up to which time it is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/metrics_inside.h"
#include "core/series/labels.h"

#define START_MS INT64_C(1700000000000)

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static int setup(void **state)
{
	*state = metrics_new_past(16 << 20);
	return 0;
}

static int teardown(void **state)
{
	metrics_free(*state);
	return 0;
}

static bool add(struct metrics *metrics, int64_t time_ms, double value)
{
	return metrics_add(metrics, metrics_id("load", "a=b"), "load", "a=b", time_ms, value);
}

/* From START_MS on, a second each: i, i + 1, ... */
static void add_many(struct metrics *metrics, int from_s, int count, int value)
{
	for (int i = 0; i < count; i++)
		assert_true(add(metrics, START_MS + (from_s + i) * SECOND, value + i));
}

/* What is seen at `until_ms` of a span: SECOND=VALUE, from START_MS, in order of time. */
static void sees(const struct metrics *metrics, int64_t until_ms, int64_t from_ms, int64_t to_ms,
	bool last_only, const char *wanted)
{
	struct metrics_view view = {metrics, until_ms};
	struct querier querier = metrics_querier(&view);
	const struct matcher matcher = {
		.op = MATCH_EQUAL, .name = (char[]){LABEL_NAME}, .value = (char[]){"load"}};
	const struct selection selection = {.matchers = &matcher,
		.matcher_count = 1,
		.from_ms = from_ms,
		.to_ms = to_ms,
		.last_only = last_only};
	struct selected_set set;
	struct err err;
	autostr struct str got = STR_INIT;
	assert_true(querier.select(querier.context, &selection, &set, &err));
	assert_true(set.count <= 1);
	size_t count = set.count ? set.list[0].count : 0;
	for (size_t i = last_only && count ? count - 1 : 0; i < count; i++) {
		const struct sample *sample = &set.list[0].samples[i];
		str_addf(&got, "%s%lld=%g", got.length ? " " : "",
			(long long)(sample->time_ms - START_MS) / SECOND, sample->value);
	}
	assert_string_equal(got.text, wanted);
	selected_set_release(&set);
}

static void sees_all(const struct metrics *metrics, const char *wanted)
{
	sees(metrics, INT64_MAX / 2, START_MS, START_MS + MINUTE, false, wanted);
}

static void what_came_after_a_clock_that_was_put_back_counts(void **state)
{
	add_many(*state, 0, 6, 0);
	add_many(*state, 2, 2, 102);
	sees_all(*state, "0=0 1=1 2=102 3=103 4=4 5=5");
	add_many(*state, 4, 4, 104);
	sees_all(*state, "0=0 1=1 2=102 3=103 4=104 5=105 6=106 7=107");
}

static void between_its_values_those_of_before_are_not_mixed(void **state)
{
	add_many(*state, 0, 6, 0);
	for (int i = 1; i < 5; i++)
		assert_true(add(*state, START_MS + i * SECOND + 500, 100 + i));
	sees_all(*state, "0=0 1=1 1=101 2=102 3=103 4=104 5=5");
}

static void one_value_of_a_clock_that_was_not_set_takes_nothing_away(void **state)
{
	add_many(*state, 0, 3, 0);
	assert_true(add(*state, 1000, 7));
	assert_true(add(*state, 2000, 8));
	add_many(*state, 3, 3, 3);
	sees_all(*state, "0=0 1=1 2=2 3=3 4=4 5=5");
	assert_true(
		add(*state, START_MS + SECOND, 101)); /* and the later hour that it is put back */
	sees_all(*state, "0=0 1=101 2=2 3=3 4=4 5=5");
}

static void a_clock_that_was_years_ahead_ends_nothing(void **state)
{
	add_many(*state, 0, 2, 0);
	assert_true(add(*state, START_MS * 2, 9));
	add_many(*state, 2, 3, 2);
	sees_all(*state, "0=0 1=1 2=2 3=3 4=4");
}

static void who_stands_at_a_time_sees_nothing_that_is_newer(void **state)
{
	add_many(*state, 0, 6, 0);
	sees(*state, START_MS + 2500, START_MS, START_MS + MINUTE, false, "0=0 1=1 2=2");
	sees(*state, START_MS + 3 * SECOND, START_MS, START_MS + MINUTE, false, "0=0 1=1 2=2 3=3");
	sees(*state, START_MS + 2500, START_MS + 3 * SECOND, START_MS + MINUTE, false, "");
	add_many(*state, 1, 2, 101);
	sees(*state, START_MS + SECOND, START_MS, START_MS + MINUTE, false, "0=0 1=101");
	sees(*state, START_MS + 4 * SECOND, START_MS + SECOND, START_MS + MINUTE, false,
		"1=101 2=102 3=3 4=4");
	sees(*state, START_MS + 2500, START_MS, START_MS + MINUTE, true, "2=102");
}

static void the_oldest_of_a_recording_makes_room(void **state)
{
	struct metrics *metrics = metrics_new_past(1 << 20);
	(void)state;
	for (int i = 0; i < 400000; i++) {
		assert_true(add(metrics, START_MS + (int64_t)i * 1000, (i % 7919) * 0.37));
		if (i % 1000 == 0)
			metrics_make_room(metrics);
	}
	assert_true(metrics_made_room(metrics) > 1000);
	sees(metrics, INT64_MAX / 2, START_MS, INT64_MAX / 2, true, "399999=1498.13");
	metrics_free(metrics);
}

/* How many of so many series an engine of these settings refuses. */
static unsigned refused_of(const char *yaml)
{
	enum { SERIES = 6000 };
	struct clock clock;
	struct err err;
	struct settings *settings;
	autostr struct str report = STR_INIT;
	unsigned refused = 0;
	char labels[32];
	clock_init_virtual(&clock, START_MS);
	assert_true(settings_parse(
		yaml, strlen(yaml), "/nowhere/botswain.yaml", &settings, &report, &err));
	struct metrics *metrics = metrics_new(settings, &clock, NULL, &err);
	for (int i = 0; i < SERIES; i++) {
		snprintf(labels, sizeof(labels), "n=%d", i);
		refused += !metrics_add(
			metrics, metrics_id("figure", labels), "figure", labels, START_MS, i);
	}
	metrics_free(metrics);
	settings_unref(settings);
	return refused;
}

static void the_budget_of_memory_is_that_of_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(refused_of("state_dir: /nowhere/state\n"), 0);
	assert_true(refused_of("state_dir: /nowhere/state\nmetrics: {memory: 1MiB}\n") > 0);
}

/* An engine's, of six seconds, whose clock stands at the last. */
struct live {
	struct clock clock;
	struct settings *settings;
	struct metrics *metrics;
};

static void begin(struct live *live)
{
	static const char yaml[] = "state_dir: /nowhere/state\n";
	struct err err;
	autostr struct str report = STR_INIT;
	clock_init_virtual(&live->clock, START_MS + 5 * SECOND);
	assert_true(settings_parse(
		yaml, strlen(yaml), "/nowhere/botswain.yaml", &live->settings, &report, &err));
	live->metrics = metrics_new(live->settings, &live->clock, NULL, &err);
	add_many(live->metrics, 0, 6, 0);
	metrics_keep(live->metrics);
}

static void end(struct live *live)
{
	metrics_free(live->metrics);
	settings_unref(live->settings);
}

/* Forth or back. */
static void move(struct live *live, int64_t ms)
{
	clock_advance(&live->clock, ms);
	metrics_keep(live->metrics);
}

static void an_engine_whose_clock_is_put_back_goes_on(void **state)
{
	struct live live;
	(void)state;
	begin(&live);
	assert_false(add(live.metrics, START_MS + 2 * SECOND, 102));
	move(&live, -3 * SECOND);
	assert_true(add(live.metrics, START_MS + 3 * SECOND, 103));
	sees_all(live.metrics, "0=0 1=1 2=2 3=103");
	end(&live);
}

static void a_clock_that_falls_far_behind_for_a_while_takes_no_history_away(void **state)
{
	struct live live;
	(void)state;
	begin(&live);
	move(&live, -120 * MINUTE);
	move(&live, 9 * MINUTE);
	move(&live, 111 * MINUTE + SECOND);
	assert_true(add(live.metrics, START_MS + 6 * SECOND, 6));
	sees_all(live.metrics, "0=0 1=1 2=2 3=3 4=4 5=5 6=6");
	end(&live);
}

static void one_that_stays_there_is_believed(void **state)
{
	struct live live;
	(void)state;
	begin(&live);
	move(&live, -120 * MINUTE);
	assert_false(add(live.metrics, START_MS - 119 * MINUTE, 7));
	move(&live, 5 * MINUTE);
	move(&live, 5 * MINUTE);
	assert_true(add(live.metrics, START_MS - 109 * MINUTE, 8));
	sees_all(live.metrics, "");
	end(&live);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_came_after_a_clock_that_was_put_back_counts),
		TEST(between_its_values_those_of_before_are_not_mixed),
		TEST(one_value_of_a_clock_that_was_not_set_takes_nothing_away),
		TEST(a_clock_that_was_years_ahead_ends_nothing),
		TEST(who_stands_at_a_time_sees_nothing_that_is_newer),
		cmocka_unit_test(the_oldest_of_a_recording_makes_room),
		cmocka_unit_test(the_budget_of_memory_is_that_of_the_configuration),
		cmocka_unit_test(an_engine_whose_clock_is_put_back_goes_on),
		cmocka_unit_test(a_clock_that_falls_far_behind_for_a_while_takes_no_history_away),
		cmocka_unit_test(one_that_stays_there_is_believed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
