/* SPDX-License-Identifier: MIT */
/* Whatever query is evaluated over some series: an instant query yields what the range query yields at that step. */
#include "core/base/attr.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/eval.h"
#include "core/series/promql/promqltest_internal.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

enum { STEPS = 4, STEP_MS = 70 * 1000, START_MS = 300 * 1000, LOAD_MS = 30 * 1000 };

static const char *const loaded[] = {
	"a_total{job=\"x\",host=\"1\"} 0+10x10 3+7x20",
	"a_total{job=\"x\",host=\"2\"} 0+20x5 stale _x3 5+5x20",
	"a_total{job=\"y\",host=\"1\"} 1e300 NaN Inf -Inf 0 -0 1x20",
	"b{job=\"x\",host=\"1\"} 5 4 3 2 1 0 -1 -2 -3 _ _ 1x20",
	"b{job=\"y\",host=\"1\"} 1x30",
	"b_bucket{job=\"x\",le=\"0.5\"} 0+1x30",
	"b_bucket{job=\"x\",le=\"1\"} 0+2x30",
	"b_bucket{job=\"x\",le=\"+Inf\"} 0+3x30",
	"info{job=\"x\",version=\"1\"} 1x12 stale",
	"info{job=\"x\",version=\"2\"} _x12 1x20",
};

static struct test_store *store_of_all(void)
{
	static struct test_store store;
	bool is_there = store.count > 0;
	for (size_t i = 0; !is_there && i < COUNT_OF(loaded); i++) {
		struct sequence sequence = {.count = 0};
		struct err err;
		FUZZ_REQUIRE(sequence_read(loaded[i], &sequence, &err));
		test_store_load(&store, &sequence, LOAD_MS, false);
		sequence_release(&sequence);
	}
	return &store;
}

static bool evaluate(const struct expr *expr, const struct eval_options *asked,
	struct query_result *ret, struct err *err)
{
	struct querier querier = test_store_querier(store_of_all());
	struct eval_options options = *asked;
	struct place place = {.from = UINT32_MAX};
	options.limits = (struct eval_limits){.steps = 200, .samples = 20000, .series = 500};
	bool is_good = promql_eval(expr, &querier, &options, ret, &place, err);
	FUZZ_REQUIRE(is_good || (err->code != ERR_NONE && err->text[0]));
	FUZZ_REQUIRE(is_good || (place.from >= expr->place.from && place.to <= expr->place.to));
	return is_good;
}

static bool is_same(double one, double other)
{
	return one == other || (isnan(one) && isnan(other));
}

static void require_at(const struct selected_set *matrix, int64_t time_ms,
	const struct labels *labels, double value)
{
	for (size_t i = 0; i < matrix->count; i++) {
		if (!labels_equal(matrix->list[i].labels, labels))
			continue;
		for (size_t j = 0; j < matrix->list[i].count; j++) {
			const struct sample *sample = &matrix->list[i].samples[j];
			if (sample->time_ms != time_ms)
				continue;
			FUZZ_REQUIRE(is_same(sample->value, value));
			return;
		}
	}
	FUZZ_REQUIRE(!"the step has no such series");
}

static size_t count_at(const struct selected_set *matrix, int64_t time_ms)
{
	size_t count = 0;
	for (size_t i = 0; i < matrix->count; i++) {
		for (size_t j = 0; j < matrix->list[i].count; j++)
			count += matrix->list[i].samples[j].time_ms == time_ms;
	}
	return count;
}

static void compare(const struct query_result *range, const struct query_result *instant)
{
	struct labels *none = labels_new(NULL, 0);
	for (size_t i = 0; i < instant->vector_count; i++)
		require_at(&range->matrix, instant->time_ms, instant->vector[i].labels,
			instant->vector[i].value);
	if (instant->type == VALUE_SCALAR)
		require_at(&range->matrix, instant->time_ms, none, instant->scalar);
	size_t count = instant->type == VALUE_SCALAR ? 1 : instant->vector_count;
	FUZZ_REQUIRE(count_at(&range->matrix, instant->time_ms) == count);
	labels_unref(none);
}

/* Those that look at the span of the query differ by design. */
static bool looks_at_span(const struct expr *expr)
{
	autostr struct str text = STR_INIT;
	expr_text(expr, &text);
	return strstr(text.text, "start") || strstr(text.text, "end");
}

static void steps_agree(const struct expr *expr, const struct query_result *range)
{
	for (int i = 0; i < STEPS; i++) {
		struct eval_options options = {.start_ms = START_MS + i * STEP_MS};
		struct query_result instant = {.type = VALUE_SCALAR};
		struct err err = {.code = ERR_NONE};
		bool is_good = evaluate(expr, &options, &instant, &err);
		FUZZ_REQUIRE(is_good);
		if (is_good)
			compare(range, &instant);
		query_result_release(&instant);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {.code = ERR_NONE};
	struct query_result result = {.type = VALUE_SCALAR};
	struct eval_options options = {.start_ms = START_MS,
		.end_ms = START_MS + (STEPS - 1) * STEP_MS,
		.step_ms = STEP_MS};
	struct expr *expr = promql_parse((const char *)data, size, NULL, &err);
	if (!expr)
		return 0;
	if (evaluate(expr, &options, &result, &err) && !looks_at_span(expr))
		steps_agree(expr, &result);
	query_result_release(&result);
	options.step_ms = 0;
	result = (struct query_result){.type = VALUE_SCALAR};
	if (evaluate(expr, &options, &result, &err))
		query_result_release(&result);
	expr_free(expr);
	return 0;
}
