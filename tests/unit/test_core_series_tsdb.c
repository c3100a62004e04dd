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
#include "core/base/str.h"
#include "core/series/xor_chunk.h"
#include "tests/support/folder.h"
#include "tests/support/series_model.h"
#include "tests/support/series_store.h"

enum { ROUNDS = 150, FEW = 7 };

static void assert_no_trouble(struct tsdb *tsdb)
{
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_string_equal(statistics.trouble, "");
	assert_string_equal(statistics.damage, "");
	assert_int_equal(statistics.damaged, 0);
}

static void in_memory_every_answer_is_that_of_the_model(void **state)
{
	(void)state;
	struct series_model model;
	struct tsdb *tsdb = series_store_open(NULL, NULL);
	series_model_init(&model, 1);
	model.is_strict = true;
	for (int i = 0; i < ROUNDS; i++) {
		series_model_append(&model, tsdb, 300);
		series_model_ask(&model, tsdb);
	}
	series_model_ask_all(&model, tsdb);
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
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
			*tsdb, model->now_ms - (int64_t)rng_below(&model->rng, HOUR_MS), &err);
		break;
	case 2:
		tsdb_close(*tsdb);
		*tsdb = series_store_open(folder, NULL);
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
		struct tsdb *tsdb = series_store_open(folder, NULL);
		series_model_init(&model, seed);
		for (int i = 0; i < ROUNDS; i++) {
			series_model_append(&model, tsdb, rng_below(&model.rng, 500));
			happen(&model, &tsdb);
			series_model_ask(&model, tsdb);
			assert_no_trouble(tsdb);
		}
		series_model_ask_all(&model, tsdb);
		struct tsdb_statistics statistics = series_store_statistics(tsdb);
		assert_true(statistics.files > 5);
		assert_int_equal(
			statistics.samples_disk + statistics.samples_memory, model.appended);
		tsdb_close(tsdb);
		series_model_release(&model);
		(void)folder_teardown(NULL);
	}
}

static void a_series_of_many_chunks_is_read_to_its_end(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(NULL, NULL);
	series_store_feed(tsdb, 2, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 3 * HOUR_MS, SECOND_MS);
	assert_true(series_store_statistics(tsdb).chunks > 80);
	assert_int_equal(series_store_count(tsdb), 2 * 3 * 3600);
	tsdb_close(tsdb);
}

/* ---- matchers ---- */

static void assert_matches(struct tsdb *tsdb, enum match_op op, const char *name, const char *value,
	const char *expected)
{
	struct matcher matcher = matcher_of(op, name, value);
	const struct selection selection = {
		.matchers = &matcher, .matcher_count = 1, .from_ms = INT64_MIN, .to_ms = INT64_MAX};
	struct selected_set set;
	autostr struct str found = STR_INIT;
	assert_true(tsdb_select(tsdb, &selection, &set, NULL));
	for (size_t i = 0; i < set.count; i++)
		str_adds(&found, labels_get(set.list[i].labels, LABEL_NAME));
	assert_string_equal(found.text, expected);
	selected_set_release(&set);
	matcher_release(&matcher);
}

static void put_labels(struct tsdb *tsdb, struct labels *labels)
{
	struct tsdb_series *series = tsdb_refer(tsdb, labels, NULL);
	assert_int_equal(tsdb_append(series, SERIES_BEGIN_MS, 1), TSDB_TAKEN);
	tsdb_release(series);
	labels_unref(labels);
}

/* As Prometheus has it (its test of PostingsForMatchers): a label that is not there has the value "". */
static void assert_all_matchers(struct tsdb *tsdb)
{
	assert_matches(tsdb, MATCH_EQUAL, "i", "a", "x");
	assert_matches(tsdb, MATCH_EQUAL, "i", "", "z");
	assert_matches(tsdb, MATCH_EQUAL, "missing", "", "xyz");
	assert_matches(tsdb, MATCH_EQUAL, "missing", "a", "");
	assert_matches(tsdb, MATCH_NOT_EQUAL, "i", "a", "yz");
	assert_matches(tsdb, MATCH_NOT_EQUAL, "i", "", "xy");
	assert_matches(tsdb, MATCH_NOT_EQUAL, "missing", "", "");
	assert_matches(tsdb, MATCH_NOT_EQUAL, "missing", "a", "xyz");
	assert_matches(tsdb, MATCH_REGEX, "i", "a|b", "xy");
	assert_matches(tsdb, MATCH_REGEX, "i", "a?", "xz");
	assert_matches(tsdb, MATCH_REGEX, "i", ".*", "xyz");
	assert_matches(tsdb, MATCH_REGEX, "i", ".+", "xy");
	assert_matches(tsdb, MATCH_REGEX, "missing", "x?", "xyz");
	assert_matches(tsdb, MATCH_REGEX, LABEL_NAME, "[xz]", "xz");
	assert_matches(tsdb, MATCH_NOT_REGEX, "i", "a?", "y");
	assert_matches(tsdb, MATCH_NOT_REGEX, "i", "a", "yz");
	assert_matches(tsdb, MATCH_NOT_REGEX, "i", ".*", "");
	assert_matches(tsdb, MATCH_NOT_REGEX, "i", ".+", "z");
	assert_matches(tsdb, MATCH_NOT_REGEX, "i", "aa|bb", "xyz");
	assert_matches(tsdb, MATCH_NOT_REGEX, "missing", ".+", "xyz");
}

static void matchers_mean_what_they_mean_to_prometheus(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	put_labels(tsdb, labels_of_texts(LABEL_NAME, "y", "i", "b", NULL));
	put_labels(tsdb, labels_of_texts(LABEL_NAME, "z", NULL));
	put_labels(tsdb, labels_of_texts(LABEL_NAME, "x", "i", "a", NULL));
	assert_all_matchers(tsdb);
	assert_true(tsdb_cut(tsdb, INT64_MAX, NULL));
	assert_int_equal(series_store_statistics(tsdb).series, 0);
	assert_all_matchers(tsdb);
	tsdb_close(tsdb);
}

/* ---- limits ---- */

static bool is_refused(struct tsdb *tsdb, struct labels *labels, const char *why)
{
	struct err err = {0};
	struct tsdb_series *series = tsdb_refer(tsdb, labels, &err);
	bool is_said = !series && err.code == ERR_LIMIT && strstr(err.text, why);
	tsdb_release(series);
	labels_unref(labels);
	return is_said;
}

static void series_beyond_the_limits_are_refused_and_counted(void **state)
{
	(void)state;
	const struct tsdb_limits limits = {
		.series_max = 5, .labels_max = 2, .name_max = 12, .value_max = 9};
	struct tsdb *tsdb = series_store_open(NULL, &limits);
	series_store_feed(tsdb, 5, 0, 1000, 1000);
	assert_true(
		is_refused(tsdb, labels_of_texts("a", "b", NULL), "there are 5 series already"));
	assert_true(
		is_refused(tsdb, labels_of_texts("a", "b", "c", "d", "e", "f", NULL), "3 labels"));
	assert_true(is_refused(tsdb, labels_of_texts(NULL, NULL), "0 labels"));
	assert_true(
		is_refused(tsdb, labels_of_texts("a", "0123456789", NULL), "longer than 9 bytes"));
	assert_true(is_refused(
		tsdb, labels_of_texts("a123456789012", "0", NULL), "longer than 12 bytes"));
	assert_int_equal(series_store_statistics(tsdb).refused_series, 5);
	series_store_feed(tsdb, 5, 1000, 2000, 1000); /* those that are there go on */
	assert_int_equal(series_store_statistics(tsdb).taken, 10);
	tsdb_close(tsdb);
}

static void memory_that_is_used_up_refuses_until_somebody_makes_room(void **state)
{
	(void)state;
	const struct tsdb_limits limits = {.memory_bytes = 100 << 10};
	struct tsdb *tsdb = series_store_open(NULL, &limits);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + SECOND_MS, SECOND_MS);
	series_store_feed(
		tsdb, FEW, SERIES_BEGIN_MS + SECOND_MS, SERIES_BEGIN_MS + 10 * HOUR_MS, SECOND_MS);
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_in_range(statistics.bytes_memory, 90 << 10, 101 << 10);
	assert_int_equal(statistics.taken + statistics.refused[TSDB_NO_ROOM], FEW * 36000);
	assert_true(is_refused(tsdb, labels_of_texts("a", "b", NULL), "MiB of memory"));
	tsdb_maintain(tsdb, SERIES_BEGIN_MS + 10 * HOUR_MS);
	assert_true(series_store_statistics(tsdb).dropped_memory > 0);
	assert_true(series_store_statistics(tsdb).bytes_memory < 80 << 10);
	assert_int_equal(series_store_put(tsdb, 1, SERIES_BEGIN_MS + 11 * HOUR_MS, 1), TSDB_TAKEN);
	tsdb_close(tsdb);
}

static void a_question_that_is_too_large_or_cancelled_ends(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	atomic_bool cancelled = false;
	struct selected_set set;
	struct err err;
	struct selection selection = {.from_ms = 0,
		.to_ms = INT64_MAX,
		.series_max = FEW,
		.samples_max = FEW * 600,
		.cancelled = &cancelled};
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 600000, SECOND_MS);
	for (int i = 0; i < 2; i++) {
		assert_true(tsdb_select(tsdb, &selection, &set, &err));
		selected_set_release(&set);
		selection.series_max--;
		assert_false(tsdb_select(tsdb, &selection, &set, &err));
		assert_true(err.code == ERR_LIMIT && strstr(err.text, "more than 6 series"));
		selection.series_max = 0;
		selection.samples_max--;
		assert_false(tsdb_select(tsdb, &selection, &set, &err));
		assert_true(err.code == ERR_LIMIT && strstr(err.text, "more than 4199 samples"));
		atomic_store(&cancelled, true);
		assert_false(tsdb_select(tsdb, &selection, &set, &err));
		assert_int_equal(err.code, ERR_CANCELLED);
		atomic_store(&cancelled, false);
		selection.series_max = FEW;
		selection.samples_max++;
		assert_true(tsdb_cut(tsdb, SERIES_BEGIN_MS + 300000, NULL));
	}
	tsdb_close(tsdb);
}

static void a_pattern_that_costs_too_much_is_an_error(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(NULL, NULL);
	struct matcher matcher = matcher_of(MATCH_REGEX, "a", "(a|aa)+");
	const struct selection selection = {
		.matchers = &matcher, .matcher_count = 1, .to_ms = INT64_MAX};
	struct selected_set set;
	struct err err;
	put_labels(
		tsdb, labels_of_texts("a",
			      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", NULL));
	assert_false(tsdb_select(tsdb, &selection, &set, &err));
	assert_non_null(strstr(err.text, "takes too long; write a simpler one"));
	matcher_release(&matcher);
	tsdb_close(tsdb);
}

/* ---- clocks ---- */

static void a_clock_that_was_ahead_is_forgotten_when_it_is_put_right(void **state)
{
	(void)state;
	const int64_t ahead_ms = SERIES_BEGIN_MS + INT64_C(1000) * HOUR_MS;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 500000, SECOND_MS);
	series_store_feed(tsdb, FEW, ahead_ms, ahead_ms + 500000, SECOND_MS);
	assert_true(tsdb_flush(tsdb, NULL));
	assert_int_equal(series_store_put(tsdb, 0, SERIES_BEGIN_MS + 500000, 500), TSDB_OLD);
	assert_int_equal(series_store_put(tsdb, 0, ahead_ms + 499000, 0), TSDB_AGAIN);
	assert_int_equal(series_store_put(tsdb, 0, XOR_TIME_MAX + 1, 0), TSDB_BAD_TIME);
	tsdb_forget_after(tsdb, SERIES_BEGIN_MS + 499500);
	struct tsdb_statistics statistics = series_store_statistics(tsdb);
	assert_int_equal(statistics.refused[TSDB_OLD], 1);
	assert_int_equal(statistics.refused[TSDB_AGAIN], 1);
	assert_int_equal(statistics.refused[TSDB_BAD_TIME], 1);
	assert_int_equal(statistics.dropped_memory, FEW * 500);
	assert_int_equal(statistics.samples_memory, FEW * 500);
	assert_int_equal(statistics.newest_ms, SERIES_BEGIN_MS + 499000);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS + 500000, SERIES_BEGIN_MS + 600000, SECOND_MS);
	assert_int_equal(series_store_count(tsdb), FEW * 600);
	tsdb_close(tsdb);
	tsdb = series_store_open(folder, NULL);
	assert_int_equal(series_store_count(tsdb), FEW * 600);
	assert_int_equal(series_store_statistics(tsdb).newest_ms, SERIES_BEGIN_MS + 599000);
	tsdb_close(tsdb);
}

static void files_of_a_clock_that_was_ahead_go_too(void **state)
{
	(void)state;
	const int64_t ahead_ms = SERIES_BEGIN_MS + INT64_C(1000) * HOUR_MS;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 500000, SECOND_MS);
	assert_true(tsdb_cut(tsdb, ahead_ms, NULL));
	series_store_feed(tsdb, FEW, ahead_ms, ahead_ms + 500000, SECOND_MS);
	assert_true(tsdb_cut(tsdb, INT64_MAX, NULL));
	assert_int_equal(series_store_statistics(tsdb).files, 2);
	tsdb_forget_after(tsdb, SERIES_BEGIN_MS + 500000);
	assert_int_equal(series_store_statistics(tsdb).files, 1);
	assert_int_equal(series_store_count(tsdb), FEW * 500);
	tsdb_close(tsdb);
}

/* ---- what there is ---- */

static void assert_counts(const struct tsdb_counts *counts, const char *expected)
{
	autostr struct str found = STR_INIT;
	for (size_t i = 0; i < counts->count; i++)
		str_addf(&found, "%s %zu,", counts->list[i].text, counts->list[i].series);
	assert_string_equal(found.text, expected);
}

static struct tsdb_series *counter(struct tsdb *tsdb, size_t number)
{
	char text[24];
	snprintf(text, sizeof(text), "%zu", number);
	const struct label list[] = {{LABEL_NAME, "counter"}, {"number", text}};
	struct labels *labels = labels_new(list, 2);
	struct tsdb_series *series = tsdb_refer(tsdb, labels, NULL);
	labels_unref(labels);
	return series;
}

/* Of many locks, by turns and in a row, and some twice, too old, or of no calendar. */
static void many_are_appended_as_each_alone_would_be(void **state)
{
	enum { SERIES = 300, POINTS = 3000 };
	static struct tsdb_point points[POINTS];
	struct tsdb *alone = series_store_open(NULL, NULL), *many = series_store_open(NULL, NULL);
	size_t results[TSDB_RESULTS] = {0};
	(void)state;
	for (size_t i = 0; i < POINTS; i++) {
		size_t number = i % 2 ? i % SERIES : i * 7 % SERIES, step = i / 100;
		step -= i % 97 == 96 && step > 8 ? 8 : 0;
		int64_t time_ms =
			i % 500 == 499 ? INT64_MAX : SERIES_BEGIN_MS + (int64_t)step * 1000;
		points[i] = (struct tsdb_point){
			counter(many, number), time_ms, (double)step, TSDB_RESULTS};
		if (i % 89 == 88 && i >= SERIES) /* where it was before */
			points[i].time_ms = points[i - SERIES].time_ms;
	}
	tsdb_append_many(points, POINTS);
	for (size_t i = 0; i < POINTS; i++) {
		size_t number = i % 2 ? i % SERIES : i * 7 % SERIES;
		struct tsdb_series *series = counter(alone, number);
		assert_int_equal(
			points[i].result, tsdb_append(series, points[i].time_ms, points[i].value));
		results[points[i].result]++;
		tsdb_release(series);
		tsdb_release(points[i].series);
	}
	assert_true(results[TSDB_OLD] && results[TSDB_AGAIN] && results[TSDB_BAD_TIME]);
	assert_int_equal(series_store_count(many), results[TSDB_TAKEN]);
	assert_int_equal(series_store_count(alone), results[TSDB_TAKEN]);
	tsdb_close(alone);
	tsdb_close(many);
}

static void names_and_values_are_counted_over_memory_and_files(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	struct tsdb_counts counts;
	series_store_feed(tsdb, 3, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 500000, SECOND_MS);
	put_labels(tsdb, labels_of_texts(LABEL_NAME, "y", "i", "b", NULL));
	assert_true(tsdb_cut(tsdb, INT64_MAX, NULL));
	series_store_feed(tsdb, 2, SERIES_BEGIN_MS + 500000, SERIES_BEGIN_MS + 600000, SECOND_MS);
	put_labels(tsdb, labels_of_texts(LABEL_NAME, "z", "i", "b", NULL));
	tsdb_label_names(tsdb, &counts);
	assert_counts(&counts, "__name__ 5,i 2,number 3,");
	tsdb_counts_release(&counts);
	tsdb_label_values(tsdb, LABEL_NAME, &counts);
	assert_counts(&counts, "counter 3,y 1,z 1,");
	tsdb_counts_release(&counts);
	tsdb_label_values(tsdb, "number", &counts);
	assert_counts(&counts, "0 1,1 1,2 1,");
	tsdb_counts_release(&counts);
	tsdb_label_values(tsdb, "nothing", &counts);
	assert_counts(&counts, "");
	tsdb_counts_release(&counts);
	tsdb_close(tsdb);
}

/* A counter of one a second, which has a sample each two seconds. */
static void minutes_are_the_same_from_files_and_from_memory(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	const struct selection selection = {.from_ms = SERIES_BEGIN_MS + 5 * STORE_MINUTE_MS,
		.to_ms = SERIES_BEGIN_MS + 25 * STORE_MINUTE_MS - 1};
	series_store_feed(tsdb, 3, SERIES_BEGIN_MS, SERIES_BEGIN_MS + HOUR_MS, 2 * SECOND_MS);
	for (int i = 0; i < 3; i++) {
		struct minutes_set set;
		assert_true(tsdb_minutes(tsdb, &selection, &set, NULL));
		assert_int_equal(set.count, 3);
		for (size_t row = 0; row < 3; row++) {
			assert_int_equal(set.list[row].count, 20);
			for (size_t at = 0; at < 20; at++) {
				const struct minute *minute = &set.list[row].list[at];
				double first = (double)(5 + at) * 60;
				assert_int_equal(minute->at_ms,
					selection.from_ms + (int64_t)at * STORE_MINUTE_MS);
				assert_int_equal(minute->count, 30);
				assert_true(minute->first == first && minute->last == first + 58);
				assert_true(minute->min == first && minute->max == first + 58);
				assert_true(
					minute->increase == 58 && minute->sum == 30 * (first + 29));
			}
		}
		minutes_set_release(&set);
		/* in the midst of a minute, and of a chunk */
		assert_true(tsdb_cut(
			tsdb, SERIES_BEGIN_MS + (7 + 8 * i) * STORE_MINUTE_MS + 23456, NULL));
	}
	tsdb_close(tsdb);
}

static void series_that_nobody_holds_and_that_have_nothing_are_forgotten(void **state)
{
	(void)state;
	struct tsdb *tsdb = series_store_open(folder, NULL);
	struct labels *labels = labels_of_texts(LABEL_NAME, "held", NULL);
	struct tsdb_series *held = tsdb_refer(tsdb, labels, NULL);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS, SERIES_BEGIN_MS + 500000, SECOND_MS);
	assert_int_equal(tsdb_append(held, SERIES_BEGIN_MS, 0), TSDB_TAKEN);
	uint64_t bytes = series_store_statistics(tsdb).bytes_memory;
	assert_true(tsdb_cut(tsdb, INT64_MAX, NULL));
	assert_int_equal(series_store_statistics(tsdb).series, 1);
	assert_true(series_store_statistics(tsdb).bytes_memory < bytes);
	assert_int_equal(tsdb_append(held, SERIES_BEGIN_MS, 1), TSDB_AGAIN);
	assert_int_equal(tsdb_append(held, SERIES_BEGIN_MS + 1000, 1), TSDB_TAKEN);
	series_store_feed(tsdb, FEW, SERIES_BEGIN_MS + 500000, SERIES_BEGIN_MS + 600000, SECOND_MS);
	assert_int_equal(series_store_count(tsdb), FEW * 600 + 2);
	tsdb_release(held);
	labels_unref(labels);
	tsdb_close(tsdb);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_memory_every_answer_is_that_of_the_model),
		cmocka_unit_test(with_files_and_restarts_every_answer_is_that_of_the_model),
		cmocka_unit_test(a_series_of_many_chunks_is_read_to_its_end),
		in_folder(matchers_mean_what_they_mean_to_prometheus),
		cmocka_unit_test(series_beyond_the_limits_are_refused_and_counted),
		cmocka_unit_test(memory_that_is_used_up_refuses_until_somebody_makes_room),
		in_folder(a_question_that_is_too_large_or_cancelled_ends),
		cmocka_unit_test(a_pattern_that_costs_too_much_is_an_error),
		cmocka_unit_test(many_are_appended_as_each_alone_would_be),
		in_folder(a_clock_that_was_ahead_is_forgotten_when_it_is_put_right),
		in_folder(files_of_a_clock_that_was_ahead_go_too),
		in_folder(names_and_values_are_counted_over_memory_and_files),
		in_folder(minutes_are_the_same_from_files_and_from_memory),
		in_folder(series_that_nobody_holds_and_that_have_nothing_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
