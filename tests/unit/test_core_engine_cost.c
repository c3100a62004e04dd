/* SPDX-License-Identifier: MIT */
/* What turns cost: percentiles of the last thousand, histograms since the start, and which stage it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/engine/cost.h"
#include "core/engine/internal.h"
#include "tests/support/engine_harness.h"

static struct cost cost;
static int64_t watch_us, cpu_us;

static int setup(void **state)
{
	(void)state;
	memset(&cost, 0, sizeof(cost));
	watch_us = 5000000;
	cpu_us = 70000;
	return 0;
}

/* A turn that spends so long on one stage, half of it on the processor. */
static void turn(enum turn_stage stage, int64_t us)
{
	cost_begin(&cost, watch_us, cpu_us);
	cost_stage(&cost, STAGE_digest, watch_us);
	cost_stage(&cost, stage, watch_us += us);
	cost_stage(&cost, STAGE_send, watch_us);
	cost_end(&cost, watch_us, cpu_us += us / 2);
	watch_us += 100000; /* waiting counts nowhere */
}

static void half_and_nearly_all_and_the_longest_are_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 97; i++)
		turn(STAGE_digest, 300);
	turn(STAGE_judge, 2500);
	turn(STAGE_record, 9000);
	turn(STAGE_record, 400);
	struct cost_figures figures = cost_figures(&cost);
	assert_true(fabs(figures.p50_ms - 0.3) < 1e-9);
	assert_true(fabs(figures.p99_ms - 2.5) < 1e-9);
	assert_true(fabs(figures.max_ms - 9) < 1e-9);
	assert_string_equal(figures.max_stage, "record");
}

static void without_a_turn_nothing_is_known(void **state)
{
	(void)state;
	struct cost_figures figures = cost_figures(&cost);
	assert_true(isnan(figures.p50_ms) && isnan(figures.p99_ms) && isnan(figures.max_ms));
	assert_string_equal(figures.max_stage, "");
}

static void the_longest_is_forgotten_after_a_thousand_turns(void **state)
{
	(void)state;
	turn(STAGE_send, 50000);
	for (unsigned i = 1; i < COST_TURNS; i++)
		turn(STAGE_digest, 100);
	assert_true(fabs(cost_figures(&cost).max_ms - 50) < 1e-9);
	turn(STAGE_digest, 100);
	assert_true(fabs(cost_figures(&cost).max_ms - 0.1) < 1e-9);
}

static uint64_t count_up_to(const struct cost_histogram *histogram, double bound_s)
{
	uint64_t count = 0;
	for (size_t i = 0; i < COST_BOUNDS && cost_bound_s(i) <= bound_s; i++)
		count += histogram->counts[i];
	return count;
}

static void both_histograms_tell_two_and_eight_milliseconds(void **state)
{
	(void)state;
	turn(STAGE_digest, 2000);
	turn(STAGE_digest, 2001);
	turn(STAGE_judge, 8000);
	turn(STAGE_judge, 8001);
	turn(STAGE_judge, 3000000);
	assert_int_equal(count_up_to(&cost.watch, 0.002), 1);
	assert_int_equal(count_up_to(&cost.watch, 0.008), 3);
	assert_int_equal(cost.watch.counts[COST_BOUNDS], 1);
	assert_int_equal(cost.watch.sum_us, 3020002);
	assert_int_equal(count_up_to(&cost.cpu, 0.002), 2);
	assert_int_equal(count_up_to(&cost.cpu, 0.008), 4);
	assert_int_equal(cost.stages_us[STAGE_digest], 4001);
	assert_int_equal(cost.stages_us[STAGE_judge], 3016001);
}

static void bounds_rise(void **state)
{
	(void)state;
	for (size_t i = 1; i < COST_BOUNDS; i++)
		assert_true(cost_bound_s(i) > cost_bound_s(i - 1));
}

static double sum(const double *counts, size_t count)
{
	double total = 0;
	for (size_t i = 0; i < count; i++)
		total += counts[i];
	return total;
}

static const struct msg_engine *shown(const struct harness *harness)
{
	return model_engine(harness->model);
}

/* Those until the beat that shows them, which is the next turn's. */
static void every_turn_of_an_engine_is_counted_and_shown_within_ten_seconds(void **state)
{
	struct harness *harness = *state;
	double before = sum(shown(harness)->turn_counts, shown(harness)->turn_counts_count);
	harness_advance(harness, 10000);
	const struct msg_engine *engine = shown(harness);
	double now = sum(engine->turn_counts, engine->turn_counts_count);
	assert_int_equal(engine->turn_counts_count, COST_BOUNDS + 1);
	assert_in_range(now - before, 9 * 4, 10 * 4 + 1); /* four turns settle a second */
	assert_true(sum(engine->turn_cpu_counts, engine->turn_cpu_counts_count) == now);
	assert_int_equal(engine->turn_stages_count, STAGE_COUNT);
	assert_string_equal(engine->turn_stages[STAGE_judge].name, "judge");
	assert_true(engine->turn_s > 0 && engine->turn_max_ms >= engine->turn_p99_ms);
}

static void what_clients_were_sent_is_counted_also_after_they_left(void **state)
{
	struct harness *harness = *state;
	struct harness_screen *screen = harness_attach(harness);
	harness_advance(harness, 10000);
	harness_sync(screen);
	uint64_t received = client_received_bytes(screen->client);
	harness_detach(screen);
	harness_advance(harness, 20000);
	assert_true(received > 0);
	assert_true(shown(harness)->sent_bytes >= received);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(half_and_nearly_all_and_the_longest_are_told, setup),
		cmocka_unit_test_setup(without_a_turn_nothing_is_known, setup),
		cmocka_unit_test_setup(the_longest_is_forgotten_after_a_thousand_turns, setup),
		cmocka_unit_test_setup(both_histograms_tell_two_and_eight_milliseconds, setup),
		cmocka_unit_test(bounds_rise),
		cmocka_unit_test_setup_teardown(
			every_turn_of_an_engine_is_counted_and_shown_within_ten_seconds,
			harness_fleet_setup, harness_teardown),
		cmocka_unit_test_setup_teardown(
			what_clients_were_sent_is_counted_also_after_they_left, harness_fleet_setup,
			harness_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
