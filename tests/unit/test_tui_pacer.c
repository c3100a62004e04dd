/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/pacer.h"

static void frames_are_apart_unless_a_key_asks(void **state)
{
	(void)state;
	struct pacer pacer = {.frame_ms = 0};
	pacer_began(&pacer, 1000, 100);
	pacer_drained(&pacer, 1001);
	assert_int_equal(pacer_wait_ms(&pacer, 1010), PACER_FRAME_MS - 10);
	pacer_key(&pacer);
	assert_int_equal(pacer_wait_ms(&pacer, 1010), 0);
	pacer_began(&pacer, 1010, 100);
	assert_int_equal(pacer_wait_ms(&pacer, 1012), PACER_FRAME_MS - 2);
}

static void a_fast_line_has_no_budget(void **state)
{
	(void)state;
	struct pacer pacer = {.frame_ms = 0};
	for (int64_t now = 0; now < 100000; now += 40) {
		pacer_began(&pacer, now, 26000);
		pacer_drained(&pacer, now + 5);
		assert_int_equal(pacer.budget, 0);
	}
}

/* A line of so many bytes a second, behind a buffer of 12 kB: how long a frame waits in it at worst. */
static int64_t worst_drain_ms(size_t bytes_a_second, size_t frame_bytes)
{
	struct pacer pacer = {.frame_ms = 0};
	int64_t now = 0, worst = 0;
	double queued = 0;
	const double buffer = 12000, per_ms = (double)bytes_a_second / 1000;
	for (int frame = 0; frame < 200; frame++) {
		size_t bytes =
			pacer.budget && pacer.budget < frame_bytes ? pacer.budget : frame_bytes;
		pacer_began(&pacer, now, bytes);
		queued += (double)bytes;
		double over = queued > buffer ? queued - buffer : 0;
		int64_t took = (int64_t)(over / per_ms);
		now += took;
		queued -= (double)took * per_ms;
		pacer_drained(&pacer, now);
		int64_t wait = pacer_wait_ms(&pacer, now);
		now += wait;
		queued = queued > (double)wait * per_ms ? queued - (double)wait * per_ms : 0;
		if (frame > 5 && took > worst)
			worst = took;
	}
	return worst;
}

static void on_a_slow_line_a_frame_takes_about_a_quarter_of_a_second(void **state)
{
	(void)state;
	assert_true(worst_drain_ms(20000, 26000) <= 300);
	assert_true(worst_drain_ms(20000, 26000) >= 100);
	assert_true(worst_drain_ms(100000, 26000) <= 300);
	assert_true(worst_drain_ms(5000000, 26000) <= 10);
}

static void a_line_that_recovers_gets_whole_frames_again(void **state)
{
	(void)state;
	struct pacer pacer = {.frame_ms = 0};
	pacer_began(&pacer, 0, 26000);
	pacer_drained(&pacer, 5000);
	assert_int_equal(pacer.budget, PACER_LEAST_BYTES);
	int frames = 0;
	for (int64_t now = 10000; pacer.budget && frames < 100; now += 40, frames++) {
		pacer_began(&pacer, now, pacer.budget);
		pacer_drained(&pacer, now + 1);
	}
	assert_true(frames < 10);
}

static void small_frames_prove_nothing_about_the_line(void **state)
{
	(void)state;
	struct pacer pacer = {.budget = 8000};
	for (int64_t now = 0; now < 4000; now += 40) {
		pacer_began(&pacer, now, 300);
		pacer_drained(&pacer, now + 1);
	}
	assert_int_equal(pacer.budget, 8000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_apart_unless_a_key_asks),
		cmocka_unit_test(a_fast_line_has_no_budget),
		cmocka_unit_test(on_a_slow_line_a_frame_takes_about_a_quarter_of_a_second),
		cmocka_unit_test(a_line_that_recovers_gets_whole_frames_again),
		cmocka_unit_test(small_frames_prove_nothing_about_the_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
