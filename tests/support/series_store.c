/* SPDX-License-Identifier: MIT */
#include "tests/support/series_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "core/series/labels.h"

struct tsdb *series_store_open(const char *folder_or_none, const struct tsdb_limits *limits)
{
	struct tsdb *tsdb;
	struct err err;
	if (!tsdb_open(folder_or_none, limits, &tsdb, &err))
		fail_msg("%s", err.text);
	return tsdb;
}

struct tsdb_statistics series_store_statistics(struct tsdb *tsdb)
{
	struct tsdb_statistics statistics;
	tsdb_statistics(tsdb, &statistics);
	return statistics;
}

static struct tsdb_series *refer(struct tsdb *tsdb, size_t number)
{
	char text[24];
	print_text(text, sizeof(text), "%zu", number);
	const struct label list[] = {{LABEL_NAME, "counter"}, {"number", text}};
	struct labels *labels = labels_new(list, COUNT_OF(list));
	struct tsdb_series *series = tsdb_refer(tsdb, labels, NULL);
	labels_unref(labels);
	return series;
}

enum tsdb_result series_store_put(struct tsdb *tsdb, size_t number, int64_t time_ms, double value)
{
	struct tsdb_series *series = refer(tsdb, number);
	assert_non_null(series);
	enum tsdb_result result = tsdb_append(series, time_ms, value);
	tsdb_release(series);
	return result;
}

static double value_at(int64_t time_ms)
{
	int64_t seconds = (time_ms - SERIES_BEGIN_MS) / SECOND_MS;
	return (double)seconds;
}

void series_store_feed(
	struct tsdb *tsdb, size_t series, int64_t from_ms, int64_t to_ms, int64_t step_ms)
{
	for (size_t i = 0; i < series; i++) {
		struct tsdb_series *of = refer(tsdb, i);
		assert_non_null(of);
		for (int64_t at = from_ms; at < to_ms; at += step_ms)
			(void)tsdb_append(of, at, value_at(at));
		tsdb_release(of);
	}
}

struct selected_set series_store_all(struct tsdb *tsdb, const char *number)
{
	char name[] = "number", value[24];
	copy_text(value, sizeof(value), number);
	const struct matcher matcher = {.op = MATCH_EQUAL, .name = name, .value = value};
	const struct selection selection = {
		.matchers = &matcher, .matcher_count = 1, .from_ms = INT64_MIN, .to_ms = INT64_MAX};
	struct selected_set set;
	struct err err;
	if (!tsdb_select(tsdb, &selection, &set, &err))
		fail_msg("%s", err.text);
	return set;
}

size_t series_store_count(struct tsdb *tsdb)
{
	const struct selection all = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
	struct selected_set set;
	struct err err;
	size_t count = 0;
	if (!tsdb_select(tsdb, &all, &set, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < set.count; i++) {
		for (size_t at = 0; at < set.list[i].count; at++) {
			const struct sample *sample = &set.list[i].samples[at];
			assert_true(sample->value == value_at(sample->time_ms));
			assert_true(at == 0 || sample[-1].time_ms < sample->time_ms);
		}
		count += set.list[i].count;
	}
	selected_set_release(&set);
	return count;
}
