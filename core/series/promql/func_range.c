/* SPDX-License-Identifier: MIT */
/* What the samples of a window come to. A window has one at least. */
#include <math.h>

#include "core/series/labels.h"
#include "core/series/promql/internal.h"
#include "core/series/promql/kahan.h"

static bool sum_over_time(const struct window *window, double *ret)
{
	struct kahan sum = {0};
	for (size_t i = 0; i < window->count; i++)
		kahan_add(&sum, window->samples[i].value);
	*ret = kahan_total(&sum);
	return true;
}

static bool avg_over_time(const struct window *window, double *ret)
{
	struct mean mean = {.count = 0};
	for (size_t i = 0; i < window->count; i++)
		mean_add(&mean, window->samples[i].value);
	*ret = mean_result(&mean);
	return true;
}

static bool min_over_time(const struct window *window, double *ret)
{
	double least = window->samples[0].value;
	for (size_t i = 1; i < window->count; i++) {
		if (window->samples[i].value < least || isnan(least))
			least = window->samples[i].value;
	}
	*ret = least;
	return true;
}

static bool max_over_time(const struct window *window, double *ret)
{
	double most = window->samples[0].value;
	for (size_t i = 1; i < window->count; i++) {
		if (window->samples[i].value > most || isnan(most))
			most = window->samples[i].value;
	}
	*ret = most;
	return true;
}

static bool count_over_time(const struct window *window, double *ret)
{
	*ret = (double)window->count;
	return true;
}

static bool present_over_time(const struct window *window, double *ret)
{
	(void)window;
	*ret = 1;
	return true;
}

static bool last_over_time(const struct window *window, double *ret)
{
	*ret = window->samples[window->count - 1].value;
	return true;
}

static double variance_of(const struct window *window)
{
	struct spread spread = {.count = 0};
	for (size_t i = 0; i < window->count; i++)
		spread_add(&spread, window->samples[i].value);
	return spread_variance(&spread);
}

static bool stdvar_over_time(const struct window *window, double *ret)
{
	*ret = variance_of(window);
	return true;
}

static bool stddev_over_time(const struct window *window, double *ret)
{
	*ret = sqrt(variance_of(window));
	return true;
}

static bool quantile_over_time(const struct window *window, double *ret)
{
	double *values = query_scratch(window->query, window->count);
	for (size_t i = 0; i < window->count; i++)
		values[i] = window->samples[i].value;
	sort_values(values, window->count);
	*ret = quantile_of(window->args[0], values, window->count);
	return true;
}

static bool changes(const struct window *window, double *ret)
{
	double count = 0;
	for (size_t i = 1; i < window->count; i++) {
		double before = window->samples[i - 1].value, value = window->samples[i].value;
		count += value != before && !(isnan(value) && isnan(before));
	}
	*ret = count;
	return true;
}

static bool resets(const struct window *window, double *ret)
{
	double count = 0;
	for (size_t i = 1; i < window->count; i++)
		count += window->samples[i].value < window->samples[i - 1].value;
	*ret = count;
	return true;
}

const struct function_way range_ways[] = {
	{.name = "sum_over_time", .window = sum_over_time},
	{.name = "avg_over_time", .window = avg_over_time},
	{.name = "min_over_time", .window = min_over_time},
	{.name = "max_over_time", .window = max_over_time},
	{.name = "count_over_time", .window = count_over_time},
	{.name = "present_over_time", .window = present_over_time},
	{.name = "last_over_time", .window = last_over_time, .flags = WAY_KEEPS_NAME},
	{.name = "stdvar_over_time", .window = stdvar_over_time},
	{.name = "stddev_over_time", .window = stddev_over_time},
	{.name = "quantile_over_time", .window = quantile_over_time, .flags = WAY_OF_QUANTILE},
	{.name = "changes", .window = changes},
	{.name = "resets", .window = resets},
	{.name = NULL},
};
