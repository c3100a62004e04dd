/* SPDX-License-Identifier: MIT */
/* What tests in PromQL's own format cannot say: limits, cancellation, errors with their places, and that the tables agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/eval.h"
#include "core/series/promql/functions.h"
#include "core/series/promql/internal.h"

/* Series x{i="..."} with a sample each `step_ms`, of which the value is its own number. */
struct fake {
	size_t series;
	int64_t step_ms;
	struct clock *clock; /* moves with each selection */
	int64_t takes_ms;
	size_t asked;
	bool last_only;
	size_t samples;
};

static struct selected one_series(struct fake *fake, const struct selection *asked, size_t number)
{
	char name[32];
	snprintf(name, sizeof(name), "%06zu", number);
	const struct label list[] = {{LABEL_NAME, "x"}, {"i", name}};
	int64_t first = (asked->from_ms + fake->step_ms - 1) / fake->step_ms * fake->step_ms;
	int64_t last = asked->to_ms / fake->step_ms * fake->step_ms;
	if (asked->last_only)
		first = last;
	struct selected series = {.labels = labels_new(list, COUNT_OF(list)),
		.count = (size_t)((last - first) / fake->step_ms) + 1};
	series.samples = xreallocarray(NULL, series.count, sizeof(*series.samples));
	for (size_t i = 0; i < series.count; i++)
		series.samples[i] = (struct sample){
			.time_ms = first + (int64_t)i * fake->step_ms, .value = (double)number};
	fake->samples += series.count;
	return series;
}

/* As a store does that knows how much there will be. */
static void put_together(struct selected_set *set)
{
	set->block = xcalloc(set->count, sizeof(*set->block));
	for (size_t i = 0; i < set->count; i++) {
		set->block[i] = set->list[i].samples[0];
		free(set->list[i].samples);
		set->list[i].samples = &set->block[i];
	}
}

static bool select_fake(
	void *context, const struct selection *asked, struct selected_set *ret, struct err *err)
{
	struct fake *fake = context;
	size_t most = asked->samples_max;
	struct selected_set set = {.list = xcalloc(fake->series, sizeof(*set.list))};
	fake->asked++;
	fake->last_only = asked->last_only;
	if (fake->clock)
		clock_advance(fake->clock, fake->takes_ms);
	for (size_t before = fake->samples; set.count < fake->series;) {
		set.list[set.count] = one_series(fake, asked, set.count);
		set.count++;
		if (most && fake->samples - before > most) {
			selected_set_release(&set);
			return err_set(err, ERR_LIMIT, "more than %zu samples", most);
		}
	}
	if (asked->last_only)
		put_together(&set);
	*ret = set;
	return true;
}

static bool evaluate(struct fake *fake, const char *query, const struct eval_options *options,
	struct query_result *ret, struct place *ret_place, struct err *err)
{
	struct querier querier = {.select = select_fake, .context = fake};
	struct expr *expr = promql_parse(query, strlen(query), ret_place, err);
	assert_non_null(expr);
	bool is_good = promql_eval(expr, &querier, options, ret, ret_place, err);
	expr_free(expr);
	return is_good;
}

static void assert_fails(struct fake *fake, const char *query, const struct eval_options *options,
	enum err_code code, const char *text)
{
	struct query_result result;
	struct place place;
	struct err err = {.code = ERR_NONE};
	assert_false(evaluate(fake, query, options, &result, &place, &err));
	if (!strstr(err.text, text))
		fail_msg("%s: %s", query, err.text);
	assert_int_equal(err.code, code);
}

static double value_at(struct fake *fake, const char *query, int64_t now_ms)
{
	struct eval_options options = {.start_ms = now_ms};
	struct query_result result;
	struct place place;
	struct err err = {.code = ERR_NONE};
	if (!evaluate(fake, query, &options, &result, &place, &err))
		fail_msg("%s: %s", query, err.text);
	double value = result.type == VALUE_SCALAR ? result.scalar : result.vector[0].value;
	query_result_release(&result);
	return value;
}

/* ---- tables ---- */

static void every_function_of_the_parser_is_evaluated(void **state)
{
	(void)state;
	for (size_t i = 0; function_at(i); i++) {
		if (!function_way_find(function_at(i)->name))
			fail_msg("%s is read, and not evaluated", function_at(i)->name);
	}
}

static void every_function_that_is_evaluated_is_one_of_the_parser(void **state)
{
	(void)state;
	for (size_t i = 0; function_ways[i]; i++) {
		for (const struct function_way *way = function_ways[i]; way->name; way++) {
			const struct function *function =
				function_find(way->name, strlen(way->name));
			if (!function) {
				fail_msg("%s is evaluated, and not read", way->name);
				continue;
			}
			assert_int_equal(
				!!way->window + !!way->value + !!way->date + !!way->call, 1);
			assert_true(!way->window || function->args[0] == VALUE_MATRIX ||
				    function->args[1] == VALUE_MATRIX);
			assert_true(!way->value || function->args[0] == VALUE_VECTOR);
			assert_ptr_equal(function_way_find(way->name), way);
		}
	}
}

/* ---- what it costs ---- */

enum { MINUTE_MS = 60 * 1000 };

static void a_query_of_too_many_steps_is_refused_by_name(void **state)
{
	struct fake fake = {.series = 1, .step_ms = MINUTE_MS};
	struct eval_options options = {
		.end_ms = 11000 * 1000, .step_ms = 1000, .limits.steps = 11000};
	(void)state;
	assert_fails(&fake, "x", &options, ERR_LIMIT, "more than 11000 steps (11001)");
	assert_int_equal(fake.asked, 0);
}

static void a_subquery_of_too_many_steps_is_refused_by_name(void **state)
{
	struct fake fake = {.series = 1, .step_ms = MINUTE_MS};
	struct eval_options options = {.start_ms = INT64_C(1) << 40, .limits.steps = 11000};
	(void)state;
	assert_fails(&fake, "max_over_time(sum(x)[1y:1ms])", &options, ERR_LIMIT,
		"more than 11000 steps");
	assert_fails(&fake, "max_over_time(vector(1)[10y:1ms])", &options, ERR_LIMIT,
		"more than 11000 steps");
	assert_int_equal(fake.asked, 0);
}

static void what_is_read_is_limited_by_samples_and_series(void **state)
{
	struct fake fake = {.series = 100, .step_ms = 1000};
	struct eval_options few = {.start_ms = 1000 * 1000, .limits.samples = 5000};
	struct eval_options narrow = {.start_ms = 1000 * 1000, .limits.series = 99};
	(void)state;
	assert_fails(&fake, "rate(x[10m])", &few, ERR_LIMIT, "more than 5000 samples");
	assert_true(fake.samples < 10000);
	assert_fails(&fake, "x", &narrow, ERR_LIMIT, "more than 99 series");
}

static void what_is_kept_of_many_steps_is_limited(void **state)
{
	/* 11,000 steps of 10,000 series would be 110 million values. */
	struct fake fake = {.series = 10000, .step_ms = 100 * MINUTE_MS};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS,
		.end_ms = 1000 * MINUTE_MS + 10999 * 100,
		.step_ms = 100,
		.lookback_ms = 200 * MINUTE_MS,
		.limits = {.steps = 11000, .samples = 1000000}};
	(void)state;
	assert_fails(&fake, "x * 2", &options, ERR_LIMIT, "more than 1000000 samples");
}

static void labels_that_a_query_makes_are_limited(void **state)
{
	struct fake fake = {.series = 100, .step_ms = MINUTE_MS};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS, .limits.series = 120};
	(void)state;
	assert_fails(&fake, "count_values(\"v\", x) or count_values(\"w\", x @ 0)", &options,
		ERR_LIMIT, "more than 120 series");
	assert_fails(&fake,
		"label_replace(label_replace(x, \"j\", \"$1\", \"i\", \"(.*)\"), \"k\", \"\", "
		"\"j\", \"x\") + on(i) label_join(x, \"k\", \"\", \"i\")",
		&options, ERR_LIMIT, "more than 120 series");
}

/* Each call doubles the label: forty of them would be a terabyte. */
static void a_label_does_not_grow_without_end(void **state)
{
	struct fake fake = {.series = 1, .step_ms = MINUTE_MS};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS};
	autostr struct str joins = STR_INIT, replaces = STR_INIT;
	(void)state;
	str_adds(&joins, "x");
	str_adds(&replaces, "x");
	for (int i = 0; i < 40; i++) {
		str_insert(&joins, 0, "label_join(", strlen("label_join("));
		str_adds(&joins, ",\"i\",\"\",\"i\",\"i\")");
		str_insert(&replaces, 0, "label_replace(", strlen("label_replace("));
		str_adds(&replaces, ",\"i\",\"$1$1\",\"i\",\"(.*)\")");
	}
	assert_fails(&fake, joins.text, &options, ERR_LIMIT,
		"label_join() makes a label of more than 16384 bytes");
	assert_fails(&fake, replaces.text, &options, ERR_LIMIT,
		"label_replace() makes a label of more than 16384 bytes");
}

static void a_result_may_have_as_many_series_as_are_read(void **state)
{
	struct fake fake = {.series = 100, .step_ms = MINUTE_MS};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS,
		.end_ms = 1001 * MINUTE_MS,
		.step_ms = MINUTE_MS,
		.limits.series = 100};
	struct query_result result;
	struct place place;
	struct err err;
	(void)state;
	assert_true(evaluate(&fake, "x * 2", &options, &result, &place, &err));
	assert_int_equal(result.matrix.count, 100);
	query_result_release(&result);
	assert_fails(&fake, "x * x", &options, ERR_LIMIT, "more than 100 series");
}

static void a_query_stops_when_its_time_is_over(void **state)
{
	struct clock clock;
	struct fake fake = {.series = 1000, .step_ms = MINUTE_MS, .clock = &clock, .takes_ms = 200};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS,
		.end_ms = 1100 * MINUTE_MS,
		.step_ms = MINUTE_MS,
		.clock = &clock,
		.limits.time_ms = 500};
	struct query_result result;
	struct place place;
	struct err err;
	(void)state;
	clock_init_virtual(&clock, 0);
	assert_true(evaluate(&fake, "sum(x + x)", &options, &result, &place, &err));
	query_result_release(&result);
	assert_fails(&fake, "sum(x + x + x)", &options, ERR_TIMEOUT, "more than 500 ms");
}

static void a_cancelled_query_stops(void **state)
{
	atomic_bool cancelled = true;
	struct fake fake = {.series = 10, .step_ms = MINUTE_MS};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS, .cancelled = &cancelled};
	(void)state;
	assert_fails(&fake, "x", &options, ERR_CANCELLED, "cancelled");
	assert_int_equal(fake.asked, 0);
}

static atomic_bool is_cancelled;

static bool select_and_cancel(
	void *context, const struct selection *asked, struct selected_set *ret, struct err *err)
{
	atomic_store(&is_cancelled, true);
	return select_fake(context, asked, ret, err);
}

static void a_query_is_cancelled_amid_its_steps(void **state)
{
	struct fake fake = {.series = 100, .step_ms = MINUTE_MS};
	struct querier querier = {.select = select_and_cancel, .context = &fake};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS,
		.end_ms = 2000 * MINUTE_MS,
		.step_ms = MINUTE_MS,
		.cancelled = &is_cancelled};
	struct query_result result;
	struct err err;
	struct expr *expr = promql_parse("sum(x)", 6, NULL, &err);
	(void)state;
	assert_false(promql_eval(expr, &querier, &options, &result, NULL, &err));
	assert_int_equal(err.code, ERR_CANCELLED);
	expr_free(expr);
}

/* ---- how it asks ---- */

static void each_selector_is_asked_for_once(void **state)
{
	struct fake fake = {.series = 3, .step_ms = MINUTE_MS};
	struct eval_options options = {
		.start_ms = 1000 * MINUTE_MS, .end_ms = 1100 * MINUTE_MS, .step_ms = MINUTE_MS};
	struct query_result result;
	struct place place;
	struct err err;
	(void)state;
	assert_true(evaluate(&fake, "x / on(i) max_over_time(rate(x[5m])[1h:1m])", &options,
		&result, &place, &err));
	assert_int_equal(fake.asked, 2);
	assert_int_equal(result.matrix.count, 3);
	assert_int_equal(result.matrix.list[0].count, 101);
	query_result_release(&result);
}

static void an_instant_selector_asks_for_the_last_sample_alone(void **state)
{
	struct fake fake = {.series = 3, .step_ms = MINUTE_MS};
	(void)state;
	assert_true(value_at(&fake, "sum(x)", 1000 * MINUTE_MS) == 3);
	assert_true(fake.last_only);
	assert_true(isnan(value_at(&fake, "scalar(rate(x[5m]))", 1000 * MINUTE_MS)));
	assert_false(fake.last_only);
}

/* ---- results ---- */

static void an_error_says_where_it_is(void **state)
{
	struct fake fake = {.series = 2, .step_ms = MINUTE_MS};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS};
	struct query_result result;
	struct place place;
	struct err err;
	(void)state;
	assert_false(evaluate(&fake, "1 + (x * on() x)", &options, &result, &place, &err));
	assert_int_equal(place.from, 5);
	assert_int_equal(place.to, 15);
	assert_string_equal(err.text,
		"found duplicate series for the match group {} on the right hand-side of the "
		"operation: [{__name__=\"x\", i=\"000000\"}, {__name__=\"x\", i=\"000001\"}];"
		"many-to-many matching not allowed: matching labels must be unique on one side");
}

static void a_note_says_where_it_is(void **state)
{
	const char *query = "sum(\n  rate(x[5m]))";
	struct fake fake = {.series = 2, .step_ms = MINUTE_MS};
	struct eval_options options = {.start_ms = 1000 * MINUTE_MS};
	struct query_result result;
	struct place place;
	struct err err;
	autostr struct str text = STR_INIT;
	(void)state;
	assert_true(evaluate(&fake, query, &options, &result, &place, &err));
	assert_int_equal(result.annotation_count, 1);
	annotation_text(&result.annotations[0], query, &text);
	assert_string_equal(text.text,
		"PromQL info: metric might not be a counter, name does not end in "
		"_total/_sum/_count/_bucket: \"x\" (2:8)");
	query_result_release(&result);
}

static void values_are_written_as_short_as_they_read_back(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{0, "0"},
		{-0.0, "-0"},
		{1, "1"},
		{-12.5, "-12.5"},
		{0.1, "0.1"},
		{1e21, "1000000000000000000000"},
		{123456789, "123456789"},
		{1.0 / 3, "0.3333333333333333"},
		{1e-7, "0.0000001"},
		{2.5e-5, "0.000025"},
		{INFINITY, "+Inf"},
		{-INFINITY, "-Inf"},
		{NAN, "NaN"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		autostr struct str text = STR_INIT;
		value_text(rows[i].value, &text);
		assert_string_equal(text.text, rows[i].text);
	}
}

static void a_range_query_yields_no_string_and_no_range(void **state)
{
	struct fake fake = {.series = 2, .step_ms = MINUTE_MS};
	struct eval_options options = {.end_ms = MINUTE_MS, .step_ms = MINUTE_MS};
	struct eval_options backwards = {.end_ms = -MINUTE_MS, .step_ms = MINUTE_MS};
	(void)state;
	assert_fails(&fake, "\"a\"", &options, ERR_INVALID, "string");
	assert_fails(&fake, "x[5m]", &options, ERR_INVALID, "range vector");
	assert_fails(&fake, "x", &backwards, ERR_INVALID, "ends before it starts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_of_the_parser_is_evaluated),
		cmocka_unit_test(every_function_that_is_evaluated_is_one_of_the_parser),
		cmocka_unit_test(a_query_of_too_many_steps_is_refused_by_name),
		cmocka_unit_test(a_subquery_of_too_many_steps_is_refused_by_name),
		cmocka_unit_test(what_is_read_is_limited_by_samples_and_series),
		cmocka_unit_test(what_is_kept_of_many_steps_is_limited),
		cmocka_unit_test(labels_that_a_query_makes_are_limited),
		cmocka_unit_test(a_label_does_not_grow_without_end),
		cmocka_unit_test(a_result_may_have_as_many_series_as_are_read),
		cmocka_unit_test(a_query_stops_when_its_time_is_over),
		cmocka_unit_test(a_cancelled_query_stops),
		cmocka_unit_test(a_query_is_cancelled_amid_its_steps),
		cmocka_unit_test(each_selector_is_asked_for_once),
		cmocka_unit_test(an_instant_selector_asks_for_the_last_sample_alone),
		cmocka_unit_test(an_error_says_where_it_is),
		cmocka_unit_test(a_note_says_where_it_is),
		cmocka_unit_test(values_are_written_as_short_as_they_read_back),
		cmocka_unit_test(a_range_query_yields_no_string_and_no_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
