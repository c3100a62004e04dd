/* SPDX-License-Identifier: MIT */
/* The store against a plain model: whatever is appended, flushed, cut into files and opened again, every question has the answer
 * that the model gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "tests/support/folder.h"
#include "tests/support/series_model.h"

enum { ROUNDS = 150, SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static struct tsdb *open_store(const char *at, const struct tsdb_limits *limits)
{
	struct tsdb *tsdb;
	struct err err;
	if (!tsdb_open(at, limits, &tsdb, &err))
		fail_msg("%s", err.text);
	return tsdb;
}

static struct tsdb_statistics statistics_of(struct tsdb *tsdb)
{
	struct tsdb_statistics statistics;
	tsdb_statistics(tsdb, &statistics);
	return statistics;
}

static void assert_no_trouble(struct tsdb *tsdb)
{
	struct tsdb_statistics statistics = statistics_of(tsdb);
	assert_string_equal(statistics.trouble, "");
	assert_string_equal(statistics.damage, "");
	assert_int_equal(statistics.damaged, 0);
}

static void in_memory_every_answer_is_that_of_the_model(void **state)
{
	(void)state;
	struct series_model model;
	struct tsdb *tsdb = open_store(NULL, NULL);
	series_model_init(&model, 1);
	model.is_strict = true;
	for (int i = 0; i < ROUNDS; i++) {
		series_model_append(&model, tsdb, 300);
		series_model_ask(&model, tsdb);
	}
	series_model_ask_all(&model, tsdb);
	struct tsdb_statistics statistics = statistics_of(tsdb);
	assert_int_equal(statistics.taken, model.appended);
	assert_int_equal(
		statistics.refused[TSDB_OLD] + statistics.refused[TSDB_AGAIN], model.refused);
	assert_int_equal(statistics.samples_memory, model.appended);
	tsdb_close(tsdb);
	series_model_release(&model);
}

/* One thing of chance. */
static void happen(struct series_model *model, struct tsdb **tsdb)
{
	struct err err = {0};
	bool is_good = true;
	switch (rng_below(&model->rng, 6)) {
	case 0:
		is_good = tsdb_flush(*tsdb, &err);
		break;
	case 1:
		is_good = tsdb_cut(
			*tsdb, model->now_ms - (int64_t)rng_below(&model->rng, HOUR), &err);
		break;
	case 2:
		tsdb_close(*tsdb);
		*tsdb = open_store(folder, NULL);
		break;
	case 3:
		tsdb_maintain(*tsdb, model->now_ms);
		break;
	default:
		break;
	}
	if (!is_good)
		fail_msg("%s", err.text);
}

static void with_files_and_restarts_every_answer_is_that_of_the_model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 4; seed++) {
		struct series_model model;
		assert_int_equal(folder_setup(NULL), 0);
		struct tsdb *tsdb = open_store(folder, NULL);
		series_model_init(&model, seed);
		for (int i = 0; i < ROUNDS; i++) {
			series_model_append(&model, tsdb, rng_below(&model.rng, 500));
			happen(&model, &tsdb);
			series_model_ask(&model, tsdb);
			assert_no_trouble(tsdb);
		}
		series_model_ask_all(&model, tsdb);
		struct tsdb_statistics statistics = statistics_of(tsdb);
		assert_true(statistics.files > 5);
		assert_int_equal(
			statistics.samples_disk + statistics.samples_memory, model.appended);
		tsdb_close(tsdb);
		series_model_release(&model);
		(void)folder_teardown(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_memory_every_answer_is_that_of_the_model),
		cmocka_unit_test(with_files_and_restarts_every_answer_is_that_of_the_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
