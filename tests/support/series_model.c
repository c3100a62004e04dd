/* SPDX-License-Identifier: MIT */
#include "tests/support/series_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/parse/regex.h"
#include "core/series/value_code.h"

enum { BEGIN_MS = 1790000000, LABELS = 8 };

struct labels *labels_of_texts(const char *first, ...)
{
	struct label list[LABELS];
	size_t count = 0;
	va_list args;
	va_start(args, first);
	for (const char *name = first; name; name = va_arg(args, const char *)) {
		assert_true(count < LABELS);
		list[count++] = (struct label){name, va_arg(args, const char *)};
	}
	va_end(args);
	return labels_new(list, count);
}

struct matcher matcher_of(enum match_op op, const char *name, const char *value)
{
	struct matcher matcher = {.op = op, .name = xstrdup(name), .value = xstrdup(value)};
	if (op == MATCH_REGEX || op == MATCH_NOT_REGEX)
		matcher.regex = regex_new(value, strlen(value), REGEX_WHOLE, NULL, NULL);
	return matcher;
}

void matcher_release(struct matcher *matcher)
{
	free(matcher->name);
	free(matcher->value);
	regex_free(matcher->regex);
}

void series_model_init(struct series_model *model, uint64_t seed)
{
	static const char *const metrics[] = {
		"up", "requests_total", "queue_length", "memory_bytes"};
	*model = (struct series_model){.now_ms = INT64_C(1000) * BEGIN_MS};
	rng_init(&model->rng, seed);
	for (size_t i = 0; i < MODEL_SERIES; i++) {
		char number[16], *bot = xasprintf("bot-%zu", i % 15);
		print_text(number, sizeof(number), "%zu", i / 15);
		model->series[i].labels = labels_of_texts(LABEL_NAME,
			metrics[i % COUNT_OF(metrics)], "bot", bot, "shard",
			i % 7 == 0 ? "" : number, i % 5 == 0 ? "role" : "zone", "a b\"\\\n", NULL);
		model->series[i].last_ms = INT64_MIN;
		free(bot);
	}
}

void series_model_release(struct series_model *model)
{
	for (size_t i = 0; i < MODEL_SERIES; i++) {
		labels_unref(model->series[i].labels);
		free(model->series[i].samples);
	}
}

/* ---- putting in ---- */

static double some_value(struct rng *rng, double before)
{
	switch (rng_below(rng, 10)) {
	case 0:
		return stale_value();
	case 1:
		return value_of(rng_next(rng));
	case 2:
		return (double)rng_below(rng, 1000) / 7;
	case 3:
		return -before;
	default:
		return before + (double)rng_below(rng, 50);
	}
}

/* At its place; of a time that is there the first counts. */
static void put(struct model_series *series, struct sample sample)
{
	size_t at = series->count;
	series->last_ms = sample.time_ms;
	while (at && series->samples[at - 1].time_ms >= sample.time_ms)
		at--;
	if (at < series->count && series->samples[at].time_ms == sample.time_ms)
		return;
	series->samples = grow(series->samples, series->count, &series->room, sizeof(sample));
	memmove(series->samples + at + 1, series->samples + at,
		(series->count - at) * sizeof(sample));
	series->samples[at] = sample;
	series->count++;
}

static void append_one(struct series_model *model, struct tsdb *tsdb)
{
	struct model_series *series = &model->series[rng_below(&model->rng, MODEL_SERIES)];
	struct tsdb_series *ref = tsdb_refer(tsdb, series->labels, NULL);
	int64_t time_ms = model->now_ms;
	if (rng_below(&model->rng, 20) == 0)
		time_ms -= (int64_t)rng_below(&model->rng, 100000);
	double value = some_value(
		&model->rng, series->count ? series->samples[series->count - 1].value : 7);
	assert_non_null(ref);
	enum tsdb_result result = tsdb_append(ref, time_ms, value);
	tsdb_release(ref);
	if (time_ms <= series->last_ms && (model->is_strict || result != TSDB_TAKEN)) {
		assert_int_equal(result, time_ms == series->last_ms ? TSDB_AGAIN : TSDB_OLD);
		model->refused++;
		return;
	}
	assert_int_equal(result, TSDB_TAKEN);
	put(series, (struct sample){time_ms, value});
	model->appended++;
}

void series_model_append(struct series_model *model, struct tsdb *tsdb, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		model->now_ms +=
			(int64_t)rng_below(&model->rng, rng_below(&model->rng, 100) ? 300 : 60000);
		append_one(model, tsdb);
	}
}

/* ---- asking ---- */

static bool fits(const struct labels *labels, const struct matcher *matcher)
{
	const char *value = labels_get(labels, matcher->name);
	switch (matcher->op) {
	case MATCH_EQUAL:
		return strcmp(value, matcher->value) == 0;
	case MATCH_NOT_EQUAL:
		return strcmp(value, matcher->value) != 0;
	case MATCH_REGEX:
		return regex_match(matcher->regex, value, strlen(value), 0, NULL, NULL) ==
		       REGEX_YES;
	case MATCH_NOT_REGEX:
		break;
	}
	return regex_match(matcher->regex, value, strlen(value), 0, NULL, NULL) != REGEX_YES;
}

static bool fits_all(const struct labels *labels, const struct selection *selection)
{
	for (size_t i = 0; i < selection->matcher_count; i++) {
		if (!fits(labels, &selection->matchers[i]))
			return false;
	}
	return true;
}

static const struct selected *find(const struct selected_set *set, const struct labels *labels)
{
	for (size_t i = 0; i < set->count; i++) {
		if (labels_equal(set->list[i].labels, labels))
			return &set->list[i];
	}
	return NULL;
}

/* How many it has in the span. */
static size_t assert_row(const struct model_series *series, const struct selection *selection,
	const struct selected *row)
{
	size_t at = 0;
	for (size_t i = 0; i < series->count; i++) {
		const struct sample *sample = &series->samples[i];
		if (sample->time_ms < selection->from_ms || sample->time_ms > selection->to_ms)
			continue;
		if (selection->last_only && sample != series->samples + series->count - 1 &&
			sample[1].time_ms <= selection->to_ms)
			continue;
		assert_non_null(row);
		assert_true(at < row->count);
		assert_int_equal(row->samples[at].time_ms, sample->time_ms);
		assert_int_equal(value_bits(row->samples[at].value), value_bits(sample->value));
		at++;
	}
	if (row)
		assert_int_equal(row->count, at);
	return at;
}

static void assert_answer(
	const struct series_model *model, struct tsdb *tsdb, const struct selection *selection)
{
	struct selected_set set;
	struct err err;
	size_t rows = 0;
	if (!tsdb_select(tsdb, selection, &set, &err))
		fail_msg("%s", err.text);
	for (size_t i = 1; i < set.count; i++)
		assert_true(labels_compare(set.list[i - 1].labels, set.list[i].labels) < 0);
	for (size_t i = 0; i < MODEL_SERIES; i++) {
		const struct model_series *series = &model->series[i];
		const struct selected *row = find(&set, series->labels);
		if (!fits_all(series->labels, selection))
			assert_null(row);
		else if (assert_row(series, selection, row))
			rows++;
	}
	assert_int_equal(set.count, rows);
	selected_set_release(&set);
}

static struct matcher some_matcher(struct rng *rng)
{
	static const char *const names[] = {LABEL_NAME, "bot", "shard", "role", "zone", "nowhere"};
	static const char *const values[] = {
		"up", "requests_total", "bot-3", "bot-11", "", "1", "a b\"\\\n", "x"};
	static const char *const patterns[] = {"up|queue.*", "bot-1.*", ".*", ".+", "", "bot-(3|7)",
		"[12]?", "(?s)a.*", "nothing", ".*_total|"};
	enum match_op op = (enum match_op)rng_below(rng, 4);
	const char *name = names[rng_below(rng, COUNT_OF(names))];
	if (op == MATCH_REGEX || op == MATCH_NOT_REGEX)
		return matcher_of(op, name, patterns[rng_below(rng, COUNT_OF(patterns))]);
	return matcher_of(op, name, values[rng_below(rng, COUNT_OF(values))]);
}

void series_model_ask(struct series_model *model, struct tsdb *tsdb)
{
	struct matcher matchers[MODEL_MATCHERS];
	struct rng *rng = &model->rng;
	struct selection selection = {
		.matchers = matchers, .matcher_count = rng_below(rng, MODEL_MATCHERS + 1)};
	uint64_t span = (uint64_t)(model->now_ms - INT64_C(1000) * BEGIN_MS) + 1;
	selection.from_ms = INT64_C(1000) * BEGIN_MS + (int64_t)rng_below(rng, span);
	selection.to_ms = selection.from_ms + (int64_t)rng_below(rng, span);
	selection.last_only = rng_below(rng, 4) == 0;
	for (size_t i = 0; i < selection.matcher_count; i++)
		matchers[i] = some_matcher(rng);
	assert_answer(model, tsdb, &selection);
	for (size_t i = 0; i < selection.matcher_count; i++)
		matcher_release(&matchers[i]);
}

void series_model_ask_all(struct series_model *model, struct tsdb *tsdb)
{
	assert_answer(model, tsdb, &(struct selection){.from_ms = INT64_MIN, .to_ms = INT64_MAX});
}
