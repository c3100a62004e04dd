/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/rng.h"
#include "core/collect/schedule.h"
#include "core/collect/timers.h"

static struct rng rng;

static int setup(void **state)
{
	(void)state;
	rng_init(&rng, 7);
	return 0;
}

static void success_waits_one_interval_give_or_take_a_tenth(void **state)
{
	(void)state;
	struct schedule schedule;
	schedule_init(&schedule, 30000, 0);
	int64_t least = INT64_MAX, most = 0;
	for (int i = 0; i < 1000; i++) {
		schedule_ok(&schedule, 100000, &rng);
		int64_t wait = schedule_next_ms(&schedule) - 100000;
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_in_range(least, 27000, 27500);
	assert_in_range(most, 32500, 33000);
}

static void failures_back_off_doubling_to_ten_seconds_with_full_jitter(void **state)
{
	(void)state;
	static const int64_t bounds[] = {500, 1000, 2000, 4000, 8000, 10000, 10000};
	for (unsigned fails = 1; fails <= 7; fails++) {
		int64_t least = INT64_MAX, most = 0;
		for (int i = 0; i < 1000; i++) {
			struct schedule schedule;
			schedule_init(&schedule, 60000, 0);
			schedule.fails = fails - 1;
			schedule_fail(&schedule, 0, &rng);
			least = schedule.due_ms < least ? schedule.due_ms : least;
			most = schedule.due_ms > most ? schedule.due_ms : most;
		}
		assert_in_range(least, SCHEDULE_BACKOFF_MIN_MS, bounds[fails - 1] / 8);
		assert_in_range(most, bounds[fails - 1] * 9 / 10, bounds[fails - 1]);
	}
}

static void backing_off_for_ever_never_overflows(void **state)
{
	(void)state;
	struct schedule schedule;
	schedule_init(&schedule, 1000, 0);
	schedule.fails = 4000000000u;
	schedule_fail(&schedule, 0, &rng);
	assert_in_range(schedule.due_ms, SCHEDULE_BACKOFF_MIN_MS, SCHEDULE_BACKOFF_MAX_MS);
}

static void the_third_failure_opens_the_circuit_a_probe_half_opens_it_success_closes_it(
	void **state)
{
	(void)state;
	struct schedule schedule;
	schedule_init(&schedule, 1000, 0);
	for (int i = 0; i < 2; i++) {
		schedule_begin(&schedule);
		schedule_fail(&schedule, 0, &rng);
		assert_string_equal(circuit_word(schedule.circuit), "closed");
	}
	schedule_fail(&schedule, 0, &rng);
	assert_string_equal(circuit_word(schedule.circuit), "open");
	schedule_begin(&schedule);
	assert_string_equal(circuit_word(schedule.circuit), "half-open");
	schedule_fail(&schedule, 0, &rng);
	assert_string_equal(circuit_word(schedule.circuit), "open");
	schedule_begin(&schedule);
	schedule_ok(&schedule, 0, &rng);
	assert_string_equal(circuit_word(schedule.circuit), "closed");
	assert_int_equal(schedule.fails, 0);
}

static void a_hold_is_to_the_millisecond_and_hurrying_does_not_break_it(void **state)
{
	(void)state;
	struct schedule schedule;
	schedule_init(&schedule, 1000, 0);
	schedule_ok(&schedule, 0, &rng);
	schedule_hold(&schedule, 30000);
	schedule_hurry(&schedule, 500);
	assert_int_equal(schedule_next_ms(&schedule), 30000);
	assert_false(schedule_is_due(&schedule, 29999));
	assert_true(schedule_is_due(&schedule, 30000));
	schedule_hold(&schedule, 20000);
	assert_int_equal(schedule_next_ms(&schedule), 30000);
}

static void a_shorter_interval_brings_the_next_attempt_nearer(void **state)
{
	(void)state;
	struct schedule schedule;
	schedule_init(&schedule, 60000, 0);
	schedule_ok(&schedule, 0, &rng);
	schedule_set_interval(&schedule, 10000, 5000);
	assert_int_equal(schedule_next_ms(&schedule), 15000);
	schedule_set_interval(&schedule, 60000, 5000);
	assert_int_equal(schedule_next_ms(&schedule), 15000);
}

static void timers_come_out_in_order_of_their_time_after_moves_and_removals(void **state)
{
	(void)state;
	enum { COUNT = 2000 };
	static struct timer timers[COUNT];
	struct timers heap = {0};
	for (size_t i = 0; i < COUNT; i++)
		timers_set(&heap, &timers[i], (int64_t)rng_below(&rng, 100000));
	for (size_t i = 0; i < COUNT; i += 2)
		timers_set(&heap, &timers[i], (int64_t)rng_below(&rng, 100000));
	for (size_t i = 0; i < COUNT; i += 5)
		timers_remove(&heap, &timers[i]);
	timers_remove(&heap, &timers[0]);
	int64_t last = 0;
	size_t taken = 0;
	assert_null(timers_take_due(&heap, timers_first(&heap)->due_ms - 1));
	for (struct timer *timer; (timer = timers_take_due(&heap, 100000)); taken++) {
		assert_true(timer->due_ms >= last);
		assert_int_equal((timer - timers) % 5 == 0, 0);
		last = timer->due_ms;
	}
	assert_int_equal(taken, COUNT - COUNT / 5);
	assert_null(timers_first(&heap));
	timers_release(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(success_waits_one_interval_give_or_take_a_tenth),
		cmocka_unit_test(failures_back_off_doubling_to_ten_seconds_with_full_jitter),
		cmocka_unit_test(backing_off_for_ever_never_overflows),
		cmocka_unit_test(
			the_third_failure_opens_the_circuit_a_probe_half_opens_it_success_closes_it),
		cmocka_unit_test(a_hold_is_to_the_millisecond_and_hurrying_does_not_break_it),
		cmocka_unit_test(a_shorter_interval_brings_the_next_attempt_nearer),
		cmocka_unit_test(timers_come_out_in_order_of_their_time_after_moves_and_removals),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
