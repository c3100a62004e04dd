/* SPDX-License-Identifier: MIT */
/* A group of expressions yields what each yields alone, whatever they have in common. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/group.h"
#include "core/series/tsdb.h"
#include "core/series/value_code.h"
#include "tests/support/series_model.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, SAMPLES = 200, GROUP = 30, ROUNDS = 60 };

static const int64_t begin_ms = INT64_C(1700000000) * SECOND;

/* ---- data ---- */

static const char *const metrics[] = {"requests_total", "errors_total", "queue", "wait_bucket"};

/* Counters that fall to 0, gauges, ends of series, gaps. */
static void fill(struct tsdb_series *series, struct rng *rng)
{
	int64_t now_ms = begin_ms + (int64_t)rng_below(rng, 10 * SECOND);
	double value = (double)rng_below(rng, 100);
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t what = rng_below(rng, 40);
		now_ms += what == 0 ? 8 * MINUTE : 9500 + (int64_t)rng_below(rng, SECOND);
		value = what == 1 ? 0 : value + (double)rng_below(rng, 50) / 4;
		double taken = what == 2 ? stale_value() : what == 3 ? 0.0 / 0.0 : value;
		assert_int_equal(tsdb_append(series, now_ms, taken), TSDB_TAKEN);
	}
	tsdb_release(series);
}

static struct tsdb *make_store(struct rng *rng)
{
	struct tsdb *tsdb;
	struct err err;
	char bot[16], bound[16];
	if (!tsdb_open(NULL, NULL, &tsdb, &err))
		fail_msg("%s", err.text);
	for (unsigned i = 0; i < 40; i++) {
		bool is_bucket = i % 4 == 3;
		snprintf(bot, sizeof(bot), "bot-%u", i / 8);
		snprintf(bound, sizeof(bound), i > 20 ? "%u" : "+Inf", i);
		struct labels *labels = labels_of_texts(LABEL_NAME, metrics[i % 4], "bot", bot,
			"shard", i % 8 < 4 ? "a" : "b", is_bucket ? "le" : "zone",
			is_bucket ? bound : "", (const char *)NULL);
		struct tsdb_series *series = tsdb_refer(tsdb, labels, &err);
		assert_non_null(series);
		fill(series, rng);
		labels_unref(labels);
	}
	return tsdb;
}

/* ---- expressions ---- */

static void add_vector(struct str *to, struct rng *rng, int depth);

static const char *pick(struct rng *rng, const char *const *words, size_t count)
{
	return words[rng_below(rng, count)];
}

#define PICK(rng, ...)                                                                             \
	pick(rng, (const char *const[]){__VA_ARGS__},                                              \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void add_selector(struct str *to, struct rng *rng)
{
	str_adds(to, PICK(rng, "requests_total", "errors_total", "queue", "wait_bucket",
			     "requests_total", "{__name__=~\".*_total\"}", "queue{bot=\"bot-1\"}",
			     "errors_total{bot!~\"bot-[12]\"}", "nothing", "{shard=\"a\"}"));
}

static void add_range(struct str *to, struct rng *rng, int depth)
{
	if (depth > 1 && rng_below(rng, 5) == 0) {
		add_vector(to, rng, depth - 1);
		str_adds(to, PICK(rng, "[3m:1m]", "[5m:]"));
		return;
	}
	add_selector(to, rng);
	str_adds(to, PICK(rng, "[30s]", "[2m]", "[ 2m ]", "[10m]", "[2m] offset 1m"));
}

static void add_scalar(struct str *to, struct rng *rng, int depth)
{
	if (depth > 0 && rng_below(rng, 6) == 0) {
		str_adds(to, "scalar(");
		add_vector(to, rng, depth - 1);
		str_adds(to, ")");
		return;
	}
	str_adds(to, PICK(rng, "5", "100", "-1", "1e2", "0.5", "time()", "(5)", "NaN", "Inf"));
}

static void add_binary(struct str *to, struct rng *rng, int depth)
{
	const char *op = PICK(rng, ">", "<", ">=", "<=", "==", "!=", " > bool ", "+", "*", " / ");
	bool is_turned = rng_below(rng, 3) == 0;
	str_adds(to, "(");
	(is_turned ? add_scalar : add_vector)(to, rng, depth - 1);
	str_adds(to, op);
	(is_turned ? add_vector : add_scalar)(to, rng, depth - 1);
	str_adds(to, ")");
}

static void add_match(struct str *to, struct rng *rng, int depth)
{
	str_adds(to, "(");
	add_vector(to, rng, depth - 1);
	str_adds(to, PICK(rng, " + ", " > ", " and ", " or ", " unless on(bot) ",
			     " / ignoring(le) ", " * on(bot, shard) group_left ", " and on(bot) "));
	add_vector(to, rng, depth - 1);
	str_adds(to, ")");
}

static void add_aggregate(struct str *to, struct rng *rng, int depth)
{
	str_adds(to, PICK(rng, "sum", "sum", "avg", "min", "max", "count", "stddev", "group"));
	str_adds(to, PICK(rng, "", " by(bot)", " by(bot)", " by(shard, bot)", " without(shard)",
			     " by(bot, shard)", " by(__name__)"));
	str_adds(to, "(");
	add_vector(to, rng, depth - 1);
	str_adds(to, ")");
}

static void add_call(struct str *to, struct rng *rng, int depth)
{
	static const char *const wraps[][2] = {{"abs(", ")"}, {"-", ""}, {"sort_desc(", ")"},
		{"topk by(bot)(2, ", ")"}, {"quantile(1.5, ", ")"}, {"bottomk(NaN, ", ")"},
		{"histogram_quantile(0.9, ", ")"}, {"absent(", ")"}, {"( ", " )"},
		{"label_replace(", ", \"x\", \"$1\", \"bot\", \"bot-(.*)\")"},
		{"count_values(\"v\", ", ")"}, {"timestamp(", ")"}, {"vector(scalar(", "))"},
		{"clamp_max(", ", 50)"}};
	const char *const *wrap = wraps[rng_below(rng, COUNT_OF(wraps))];
	str_adds(to, wrap[0]);
	add_vector(to, rng, depth - 1);
	str_adds(to, wrap[1]);
}

static void add_window(struct str *to, struct rng *rng, int depth)
{
	str_adds(to, PICK(rng, "rate(", "rate(", "increase(", "max_over_time(", "irate( ",
			     "last_over_time(", "quantile_over_time(2, ", "deriv("));
	add_range(to, rng, depth);
	str_adds(to, ")");
}

static void add_plain(struct str *to, struct rng *rng, int depth)
{
	(void)depth;
	add_selector(to, rng);
	str_adds(to, PICK(rng, "", "", "", " offset 2m", " @ 1700000900"));
}

static void add_vector(struct str *to, struct rng *rng, int depth)
{
	static void (*const ways[])(struct str *, struct rng *, int) = {add_plain, add_window,
		add_window, add_aggregate, add_aggregate, add_binary, add_binary, add_match,
		add_call};
	ways[depth > 0 ? rng_below(rng, COUNT_OF(ways)) : 0](to, rng, depth);
}

static struct expr *some_expression(struct rng *rng, struct str *text)
{
	struct place place;
	struct err err;
	struct expr *expr = NULL;
	while (!expr) { /* some have types that do not fit */
		uint64_t what = rng_below(rng, 20);
		str_truncate(text, 0);
		(what == 0          ? add_range
			: what == 1 ? add_scalar
				    : add_vector)(text, rng, (int)rng_below(rng, 5));
		expr = promql_parse(text->text, text->length, &place, &err);
	}
	return expr;
}

/* ---- both ways ---- */

static void assert_samples(const struct selected *one, const struct selected *other)
{
	assert_true(labels_equal(one->labels, other->labels));
	assert_int_equal(one->count, other->count);
	for (size_t i = 0; i < one->count; i++) {
		assert_int_equal(one->samples[i].time_ms, other->samples[i].time_ms);
		assert_int_equal(
			value_bits(one->samples[i].value), value_bits(other->samples[i].value));
	}
}

static void assert_notes(const struct query_result *one, const struct query_result *other)
{
	assert_int_equal(one->annotation_count, other->annotation_count);
	for (size_t i = 0; i < one->annotation_count; i++) {
		const struct annotation *note = &one->annotations[i],
					*same = &other->annotations[i];
		assert_int_equal(note->kind, same->kind);
		assert_string_equal(note->text, same->text);
		assert_int_equal(note->place.from, same->place.from);
		assert_int_equal(note->place.to, same->place.to);
	}
}

static void assert_value(const struct query_result *one, const struct query_result *other)
{
	assert_int_equal(one->type, other->type);
	assert_int_equal(one->time_ms, other->time_ms);
	assert_int_equal(value_bits(one->scalar), value_bits(other->scalar));
	assert_int_equal(one->vector_count, other->vector_count);
	for (size_t i = 0; i < one->vector_count; i++) {
		assert_true(labels_equal(one->vector[i].labels, other->vector[i].labels));
		assert_int_equal(
			value_bits(one->vector[i].value), value_bits(other->vector[i].value));
	}
	assert_int_equal(one->matrix.count, other->matrix.count);
	for (size_t i = 0; i < one->matrix.count; i++)
		assert_samples(&one->matrix.list[i], &other->matrix.list[i]);
	assert_notes(one, other);
}

struct seen {
	size_t values, failures, notes;
};

static void assert_as_alone(const struct expr *expr, const struct querier *querier,
	const struct eval_options *options, const struct group_result *of_group, struct seen *seen)
{
	struct query_result alone = {0};
	struct place place = {0};
	struct err err;
	bool is_good = promql_eval(expr, querier, options, &alone, &place, &err);
	assert_int_equal(of_group->is_good, is_good);
	if (is_good) {
		assert_value(&of_group->value, &alone);
		seen->values += alone.vector_count > 0;
		seen->notes += alone.annotation_count;
	} else {
		assert_int_equal(of_group->err.code, err.code);
		assert_string_equal(of_group->err.text, err.text);
		assert_int_equal(of_group->place.from, place.from);
		assert_int_equal(of_group->place.to, place.to);
		seen->failures++;
	}
	query_result_release(&alone);
}

static void a_group_yields_what_each_expression_yields_alone(void **state)
{
	struct rng rng;
	struct seen seen = {0};
	(void)state;
	rng_init(&rng, 7);
	struct tsdb *tsdb = make_store(&rng);
	struct querier querier = tsdb_querier(tsdb);
	for (int round = 0; round < ROUNDS; round++) {
		struct expr *exprs[GROUP];
		struct group_result results[GROUP];
		struct str texts[GROUP] = {0};
		for (int i = 0; i < GROUP; i++)
			exprs[i] = some_expression(&rng, &texts[i]);
		struct promql_group *group = promql_group_new(exprs, GROUP);
		for (int i = 0; i < 3; i++) {
			struct eval_options options = {
				.start_ms = begin_ms + (int64_t)rng_below(&rng, 40 * MINUTE)};
			promql_group_eval(group, &querier, &options, results);
			for (int j = 0; j < GROUP; j++)
				assert_as_alone(exprs[j], &querier, &options, &results[j], &seen);
			group_results_release(results, GROUP);
		}
		promql_group_free(group);
		for (int i = 0; i < GROUP; i++)
			str_release(&texts[i]);
	}
	tsdb_close(tsdb);
	assert_true(seen.values > 500 && seen.failures > 50 && seen.notes > 100);
}

/* ---- what it asks for ---- */

struct counted {
	struct querier of;
	size_t asked;
};

static bool select_counted(
	void *context, const struct selection *asked, struct selected_set *ret, struct err *err)
{
	struct counted *counted = context;
	counted->asked++;
	return counted->of.select(counted->of.context, asked, ret, err);
}

static struct expr *parsed(const char *text)
{
	struct place place;
	struct err err;
	struct expr *expr = promql_parse(text, strlen(text), &place, &err);
	if (!expr)
		fail_msg("%s: %s", text, err.text);
	return expr;
}

static void what_several_expressions_say_is_asked_for_once(void **state)
{
	struct rng rng;
	(void)state;
	rng_init(&rng, 8);
	struct tsdb *tsdb = make_store(&rng);
	struct counted counted = {.of = tsdb_querier(tsdb)};
	struct querier querier = {.select = select_counted, .context = &counted};
	struct expr *exprs[] = {parsed("requests_total > 5"), parsed("requests_total{ } > 6"),
		parsed("sum by(bot) (rate(requests_total[2m]))"),
		parsed("7 < (sum by (bot)(rate(requests_total [120s])))"),
		parsed("max by(bot) (requests_total) - requests_total")};
	struct group_result results[COUNT_OF(exprs)];
	struct promql_group *group = promql_group_new(exprs, COUNT_OF(exprs));
	struct eval_options options = {.start_ms = begin_ms + 20 * MINUTE};
	promql_group_eval(group, &querier, &options, results);
	assert_int_equal(counted.asked, 2);
	group_results_release(results, COUNT_OF(exprs));
	promql_group_free(group);
	tsdb_close(tsdb);
}

/* ---- limits ---- */

static void a_limit_is_of_one_expression_that_shares_with_others(void **state)
{
	struct rng rng;
	(void)state;
	rng_init(&rng, 9);
	struct tsdb *tsdb = make_store(&rng);
	struct querier querier = tsdb_querier(tsdb);
	struct expr *exprs[] = {parsed("queue > 5"), parsed("queue > 6"), parsed("queue + queue"),
		parsed("requests_total"), parsed("requests_total + queue + queue")};
	struct group_result results[COUNT_OF(exprs)];
	struct promql_group *group = promql_group_new(exprs, COUNT_OF(exprs));
	struct eval_options options = {
		.start_ms = begin_ms + 5 * MINUTE, .lookback_ms = 10 * MINUTE, .limits.series = 19};
	promql_group_eval(group, &querier, &options, results);
	static const bool good[] = {true, true, false, true, false};
	for (size_t i = 0; i < COUNT_OF(exprs); i++) {
		struct seen seen = {0};
		assert_int_equal(results[i].is_good, good[i]);
		assert_as_alone(exprs[i], &querier, &options, &results[i], &seen);
	}
	assert_int_equal(results[2].err.code, ERR_LIMIT);
	group_results_release(results, COUNT_OF(exprs));
	promql_group_free(group);
	tsdb_close(tsdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_yields_what_each_expression_yields_alone),
		cmocka_unit_test(what_several_expressions_say_is_asked_for_once),
		cmocka_unit_test(a_limit_is_of_one_expression_that_shares_with_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
