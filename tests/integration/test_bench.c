/* SPDX-License-Identifier: MIT */
/* The driver of make bench: its statistics, what it judges from them, and a peer that is not there. */
#include "tests/bench/bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/botapi.h"
#include "tests/support/spawn.h"

static struct figures figures;

static int setup(void **state)
{
	(void)state;
	figures = (struct figures){.figure = NAN};
	return 0;
}

static void fill(struct samples *samples, const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		samples_add(samples, values[i]);
}

static void a_percentile_is_the_smallest_value_that_enough_are_not_above(void **state)
{
	(void)state;
	struct samples samples = {.count = 0};
	for (int i = 200; i > 0; i--)
		samples_add(&samples, i);
	assert_true(samples_percentile(&samples, 0) == 1);
	assert_true(samples_percentile(&samples, 50) == 100);
	assert_true(samples_percentile(&samples, 99) == 198);
	assert_true(samples_percentile(&samples, 100) == 200);
}

static void the_median_of_an_even_number_lies_between_the_two(void **state)
{
	(void)state;
	struct samples samples = {.count = 0};
	assert_true(isnan(samples_median(&samples)));
	fill(&samples, (const double[]){9, 1, 4, 2}, 4);
	assert_true(samples_median(&samples) == 3);
	samples_add(&samples, 100);
	assert_true(samples_median(&samples) == 4);
}

static enum bench_word judge_ratio(double ours, size_t pairs)
{
	const struct bench bench = {
		.kind = BENCH_RATIO, .goal = 1.0, .gate = 1.3, .peer = "anchor"};
	figures = (struct figures){.figure = NAN};
	for (size_t i = 0; i < pairs; i++) {
		samples_add(&figures.ours, ours);
		samples_add(&figures.peer, 10);
	}
	return bench_judge(&bench, &figures);
}

static void a_ratio_is_judged_by_goal_and_gate(void **state)
{
	(void)state;
	assert_int_equal(judge_ratio(10, 5), BENCH_PASS);
	assert_int_equal(judge_ratio(10.1, 5), BENCH_GOAL_MISSED);
	assert_int_equal(judge_ratio(13, 5), BENCH_GOAL_MISSED);
	assert_int_equal(judge_ratio(13.1, 5), BENCH_FAIL);
}

static void fewer_than_five_pairs_are_not_judged(void **state)
{
	(void)state;
	assert_int_equal(judge_ratio(10, 4), BENCH_NOT_JUDGED);
	assert_int_equal(judge_ratio(1000, 4), BENCH_NOT_JUDGED);
}

static void one_slow_pair_of_five_does_not_move_the_ratio(void **state)
{
	(void)state;
	const struct bench bench = {
		.kind = BENCH_RATIO, .goal = 1.0, .gate = 1.3, .peer = "anchor"};
	fill(&figures.ours, (const double[]){9, 9, 900, 9, 9}, 5);
	fill(&figures.peer, (const double[]){10, 10, 10, 10, 10}, 5);
	assert_int_equal(bench_judge(&bench, &figures), BENCH_PASS);
}

static void a_limit_is_judged_by_its_figure(void **state)
{
	(void)state;
	const struct bench bench = {.kind = BENCH_LIMIT, .goal = 50, .gate = 100};
	figures.figure = 50;
	assert_int_equal(bench_judge(&bench, &figures), BENCH_PASS);
	figures.figure = 100.5;
	assert_int_equal(bench_judge(&bench, &figures), BENCH_FAIL);
	figures.figure = NAN;
	samples_add(&figures.ours, 60); /* one value is enough: no pairs are compared */
	assert_int_equal(bench_judge(&bench, &figures), BENCH_GOAL_MISSED);
}

static void what_has_no_figure_fails(void **state)
{
	(void)state;
	const struct bench limit = {.kind = BENCH_LIMIT, .goal = 50, .gate = 100},
			   ratio = {.kind = BENCH_RATIO, .goal = 1, .gate = 2, .peer = "anchor"};
	assert_int_equal(bench_judge(&limit, &figures), BENCH_FAIL);
	fill(&figures.ours, (const double[]){1, 1, 1, 1, 1}, 5);
	assert_int_equal(bench_judge(&ratio, &figures), BENCH_FAIL);
}

/* Runs the driver; its exit status. */
static int ask(const char *path, const char *name, char **said)
{
	autofree char *program = build_program("tests/bench"),
		      *variable = xasprintf("PATH=%s", path);
	return spawn_run(
		WORDS("/usr/bin/env", variable, program, name), &(struct spawn){0}, 20000, said);
}

static void a_peer_that_is_not_there_is_skipped_and_never_passes(void **state)
{
	(void)state;
	autofree char *said = NULL;
	assert_int_equal(ask("/nowhere", "live.cpu", &said), 0);
	const char *line = strstr(said, "\nlive.cpu ");
	assert_non_null(line);
	const char *judged = strstr(line, "SKIP\n");
	assert_true(judged && !memchr(line + 1, '\n', (size_t)(judged - line - 1)));
	assert_non_null(strstr(said,
		"2 figures: 0 within the goal, 0 within the gate only, 0 outside, 2 skipped"));
}

static void a_name_that_no_figure_has_is_an_error(void **state)
{
	(void)state;
	autofree char *said = NULL;
	assert_int_equal(ask("/nowhere", "nothing", &said), 2);
	assert_non_null(strstr(said, "no figure's name begins with 'nothing'"));
}

static void a_figure_outside_its_gate_ends_with_status_1(void **state)
{
	(void)state;
	autofree char *said = NULL, *program = build_program("tests/bench");
	const struct spawn here = {0};
	assert_int_equal(
		spawn_run(WORDS(program, "--judge", "limit", "1", "2", "3"), &here, 20000, &said),
		1);
	assert_non_null(strstr(said, "FAIL"));
	assert_int_equal(
		spawn_run(WORDS(program, "--judge", "limit", "1", "2", "1.5"), &here, 20000, NULL),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_percentile_is_the_smallest_value_that_enough_are_not_above),
		cmocka_unit_test(the_median_of_an_even_number_lies_between_the_two),
		cmocka_unit_test(a_ratio_is_judged_by_goal_and_gate),
		cmocka_unit_test(fewer_than_five_pairs_are_not_judged),
		cmocka_unit_test_setup(one_slow_pair_of_five_does_not_move_the_ratio, setup),
		cmocka_unit_test_setup(a_limit_is_judged_by_its_figure, setup),
		cmocka_unit_test_setup(what_has_no_figure_fails, setup),
		cmocka_unit_test(a_peer_that_is_not_there_is_skipped_and_never_passes),
		cmocka_unit_test(a_name_that_no_figure_has_is_an_error),
		cmocka_unit_test(a_figure_outside_its_gate_ends_with_status_1),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
