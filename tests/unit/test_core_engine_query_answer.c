/* SPDX-License-Identifier: MIT */
/* A query, from what a client asks to what it is answered: times, shapes, errors and their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/base/err.h"
#include "core/engine/query_answer.h"
#include "core/series/labels.h"
#include "core/series/tsdb.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static const int64_t now_ms = INT64_C(1700000100000); /* a multiple of 100 s */

static struct tsdb *tsdb;
static struct msg_win_points *reply;

static void append(const char *name, const char *bot, int64_t time_ms, double value)
{
	const struct label list[] = {{LABEL_NAME, name}, {"bot", bot}};
	struct labels *labels = labels_new(list, 2);
	struct err err;
	struct tsdb_series *series = tsdb_refer(tsdb, labels, &err);
	assert_non_null(series);
	assert_int_equal(tsdb_append(series, time_ms, value), TSDB_TAKEN);
	tsdb_release(series);
	labels_unref(labels);
}

static int setup(void **state)
{
	(void)state;
	struct err err;
	reply = msg_new(MSG_win_points);
	return tsdb_open(NULL, NULL, &tsdb, &err) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	msg_free(MSG_win_points, reply);
	tsdb_close(tsdb);
	return 0;
}

static void ask(const char *query, struct query_span span)
{
	struct querier querier = tsdb_querier(tsdb);
	msg_free(MSG_win_points, reply);
	reply = msg_new(MSG_win_points);
	query_answer(query, &querier, &span, NULL, reply);
}

static void is_span(struct query_span span, int64_t from_ms, int64_t to_ms, int64_t step_ms)
{
	assert_int_equal(span.from_ms, from_ms);
	assert_int_equal(span.to_ms, to_ms);
	assert_int_equal(span.step_ms, step_ms);
}

/* ---- times ---- */

static void without_columns_it_is_an_instant(void **state)
{
	(void)state;
	const struct msg_win_open request = {.to_ms = 0}, then = {.to_ms = 5000};
	is_span(query_span_of(&request, now_ms, now_ms + 7), now_ms + 7, now_ms + 7, 0);
	is_span(query_span_of(&then, now_ms, now_ms), 5000, 5000, 0);
}

static void a_step_that_is_given_is_taken(void **state)
{
	(void)state;
	const struct msg_win_open request = {
		.from_ms = 1001, .to_ms = 9001, .step_ms = 777, .columns = 11000};
	is_span(query_span_of(&request, now_ms, now_ms), 1001, 9001, 777);
}

static void points_of_a_moving_window_stay_where_they_are(void **state)
{
	(void)state;
	const struct msg_win_open request = {.from_ms = -15 * MINUTE, .columns = 100};
	struct query_span one = query_span_of(&request, now_ms, now_ms + 3 * SECOND);
	struct query_span next = query_span_of(&request, now_ms, now_ms + 8 * SECOND);
	assert_int_equal(one.step_ms, 10 * SECOND);
	assert_int_equal(one.from_ms % one.step_ms, 0);
	assert_int_equal(one.to_ms, next.to_ms);
	assert_int_equal(one.from_ms, next.from_ms);
	is_span(query_span_of(&request, now_ms, now_ms + 10 * SECOND), one.from_ms + 10 * SECOND,
		one.to_ms + 10 * SECOND, 10 * SECOND);
}

static void no_span_has_more_points_than_it_may(void **state)
{
	(void)state;
	struct err err;
	assert_true(query_span_is_good(&(struct query_span){0, 10999, 1, 0}, &err));
	assert_false(query_span_is_good(&(struct query_span){0, 11000, 1, 0}, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_false(query_span_is_good(&(struct query_span){5, 4, 1, 0}, &err));
	assert_false(query_span_is_good(&(struct query_span){5, 9, -1, 0}, &err));
}

/* ---- shapes ---- */

static void an_instant_has_a_value_a_series_and_its_labels(void **state)
{
	(void)state;
	append("up", "a", now_ms, 1);
	append("up", "b", now_ms, 0);
	ask("up", (struct query_span){now_ms, now_ms, 0, 0});
	assert_string_equal(reply->type, "vector");
	assert_int_equal(reply->series_count, 2);
	assert_string_equal(reply->series[0].name, "up{bot=\"a\"}");
	assert_true(reply->series[0].last == 1);
	assert_int_equal(reply->series[0].labels_count, 2);
	assert_string_equal(reply->series[0].labels[1].name, "bot");
	assert_string_equal(reply->series[0].labels[1].value, "a");
}

static void over_a_span_a_point_that_is_not_there_is_told_from_one_that_is_no_number(void **state)
{
	(void)state;
	append("a", "x", now_ms, 1);
	append("a", "x", now_ms + 10 * SECOND, NAN);
	append("a", "x", now_ms + 20 * SECOND, stale_value());
	ask("a", (struct query_span){now_ms, now_ms + 20 * SECOND, 10 * SECOND, 0});
	assert_string_equal(reply->type, "matrix");
	assert_int_equal(reply->step_ms, 10 * SECOND);
	assert_int_equal(reply->series[0].values_count, 3);
	assert_true(reply->series[0].values[0] == 1);
	assert_true(isnan(reply->series[0].values[1]) && !is_stale(reply->series[0].values[1]));
	assert_true(is_stale(reply->series[0].values[2]));
}

static void a_range_at_an_instant_has_times_of_its_own(void **state)
{
	(void)state;
	append("a", "x", now_ms - 7001, 1);
	append("a", "x", now_ms - 2000, 2);
	ask("a[10s]", (struct query_span){now_ms, now_ms, 0, 0});
	assert_string_equal(reply->type, "matrix");
	assert_int_equal(reply->series[0].times_count, 2);
	assert_true(reply->series[0].times[0] == (double)(now_ms - 7001));
	assert_true(reply->series[0].values[1] == 2);
}

static void numbers_and_texts_are_answers_too(void **state)
{
	(void)state;
	ask("1 + 2", (struct query_span){now_ms, now_ms, 0, 0});
	assert_string_equal(reply->type, "scalar");
	assert_true(reply->series[0].last == 3);
	ask("\"so\"", (struct query_span){now_ms, now_ms, 0, 0});
	assert_string_equal(reply->type, "string");
	assert_string_equal(reply->text, "so");
}

static void what_may_be_wrong_is_noted(void **state)
{
	(void)state;
	append("a", "x", now_ms - SECOND, 1);
	append("a", "x", now_ms, 2);
	ask("rate(a[1m])", (struct query_span){now_ms, now_ms, 0, 0});
	assert_null(reply->error);
	assert_int_equal(reply->notes_count, 1);
	assert_non_null(strstr(reply->notes[0], "might not be a counter"));
}

/* ---- errors ---- */

static void an_error_says_where_it_is(void **state)
{
	(void)state;
	ask("rate(up[1m)", (struct query_span){now_ms, now_ms, 0, 0});
	assert_non_null(strstr(reply->error, "1:11:"));
	assert_int_equal(reply->place_from, 10);
	assert_int_equal(reply->series_count, 0);
}

static void what_is_found_twice_is_an_error_and_no_answer(void **state)
{
	(void)state;
	append("a", "x", now_ms, 1);
	append("a", "y", now_ms, 1);
	append("b", "z", now_ms, 1);
	ask("b * on() a", (struct query_span){now_ms, now_ms, 0, 0});
	assert_non_null(reply->error);
	assert_int_equal(reply->series_count, 0);
}

static void an_answer_that_nobody_wants_any_more_ends(void **state)
{
	(void)state;
	const atomic_bool cancelled = true;
	const struct query_span span = {now_ms, now_ms, 0, 0};
	struct querier querier = tsdb_querier(tsdb);
	append("a", "x", now_ms, 1);
	query_answer("a", &querier, &span, &cancelled, reply);
	assert_non_null(reply->error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_columns_it_is_an_instant),
		TEST(a_step_that_is_given_is_taken),
		TEST(points_of_a_moving_window_stay_where_they_are),
		TEST(no_span_has_more_points_than_it_may),
		TEST(an_instant_has_a_value_a_series_and_its_labels),
		TEST(over_a_span_a_point_that_is_not_there_is_told_from_one_that_is_no_number),
		TEST(a_range_at_an_instant_has_times_of_its_own),
		TEST(numbers_and_texts_are_answers_too),
		TEST(what_may_be_wrong_is_noted),
		TEST(an_error_says_where_it_is),
		TEST(what_is_found_twice_is_an_error_and_no_answer),
		TEST(an_answer_that_nobody_wants_any_more_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
