/* SPDX-License-Identifier: MIT */
/* How fast series change: rate() and its kin, extrapolated to the window as Prometheus does, and lines through the samples. */
#include <math.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"
#include "core/series/promql/kahan.h"

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

/* A counter that fell began again at 0: what it had counts. */
static double growth(const struct window *window, bool is_counter)
{
	const struct sample *samples = window->samples;
	double total = samples[window->count - 1].value - samples[0].value;
	for (size_t i = 1; is_counter && i < window->count; i++) {
		if (samples[i].value < samples[i - 1].value)
			total += samples[i - 1].value;
	}
	return total;
}

/*
 * The samples do not reach the edges of the window. Where the edge is near (10 % more than their average distance) the series is
 * taken to go on to it, else for half that distance; a counter not back beyond the moment when it would have been 0.
 */
static bool extrapolate(const struct window *window, bool is_counter, bool is_rate, double *ret)
{
	const struct sample *first = window->samples, *last = first + window->count - 1;
	if (window->count < 2)
		return false;
	double total = growth(window, is_counter);
	double spanned = seconds(last->time_ms - first->time_ms);
	double to_start = seconds(first->time_ms - window->from_ms);
	double to_end = seconds(window->to_ms - last->time_ms);
	double average = spanned / (double)(window->count - 1), near = average * 1.1;
	if (to_start >= near)
		to_start = average / 2;
	if (is_counter && total > 0 && first->value >= 0) {
		double to_zero = spanned * (first->value / total);
		if (to_zero < to_start)
			to_start = to_zero;
	}
	if (to_end >= near)
		to_end = average / 2;
	double factor = (spanned + to_start + to_end) / spanned;
	if (is_rate)
		factor /= seconds(window->to_ms - window->from_ms);
	*ret = total * factor;
	return true;
}

static bool rate(const struct window *window, double *ret)
{
	return extrapolate(window, true, true, ret);
}

static bool increase(const struct window *window, double *ret)
{
	return extrapolate(window, true, false, ret);
}

static bool delta(const struct window *window, double *ret)
{
	return extrapolate(window, false, false, ret);
}

static bool idelta(const struct window *window, double *ret)
{
	const struct sample *last = window->samples + window->count - 1;
	if (window->count < 2)
		return false;
	*ret = last->value - last[-1].value;
	return true;
}

static bool irate(const struct window *window, double *ret)
{
	const struct sample *last = window->samples + window->count - 1;
	if (window->count < 2)
		return false;
	double step = last->value < last[-1].value ? last->value : last->value - last[-1].value;
	*ret = step / seconds(last->time_ms - last[-1].time_ms);
	return true;
}

/* ---- lines ---- */

struct line {
	double slope, at_zero;
};

static bool is_flat(const struct window *window)
{
	size_t same = 1;
	while (same < window->count && window->samples[same].value == window->samples[0].value)
		same++;
	return same == window->count;
}

/* Least squares; zero is `zero_ms`. */
static struct line line_through(const struct window *window, int64_t zero_ms)
{
	struct kahan x = {0}, y = {0}, xy = {0}, xx = {0};
	double count = (double)window->count, first = window->samples[0].value;
	if (is_flat(window))
		return isinf(first) ? (struct line){.slope = NAN, .at_zero = NAN}
				    : (struct line){.slope = 0, .at_zero = first};
	for (size_t i = 0; i < window->count; i++) {
		double at = seconds(window->samples[i].time_ms - zero_ms);
		double value = window->samples[i].value;
		kahan_add(&x, at);
		kahan_add(&y, value);
		kahan_add(&xy, at * value);
		kahan_add(&xx, at * at);
	}
	double sum_x = x.sum + x.lost, sum_y = y.sum + y.lost;
	double covariance = xy.sum + xy.lost - sum_x * sum_y / count;
	double variance = xx.sum + xx.lost - sum_x * sum_x / count;
	double slope = covariance / variance;
	return (struct line){.slope = slope, .at_zero = sum_y / count - slope * sum_x / count};
}

static bool deriv(const struct window *window, double *ret)
{
	if (window->count < 2)
		return false;
	*ret = line_through(window, window->samples[0].time_ms).slope;
	return true;
}

static bool predict_linear(const struct window *window, double *ret)
{
	if (window->count < 2)
		return false;
	struct line line = line_through(window, window->now_ms);
	*ret = line.slope * window->args[0] + line.at_zero;
	return true;
}

/* ---- */

static bool ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), tail = strlen(ending);
	return length >= tail && strcmp(text + length - tail, ending) == 0;
}

void check_counter(struct query *query, const struct node *node, const struct labels *labels)
{
	static const char *const endings[] = {"_total", "_sum", "_count", "_bucket"};
	const char *name = labels_get(labels, LABEL_NAME);
	const struct querier *querier = query->querier;
	bool is_one = !*name;
	for (size_t i = 0; i < COUNT_OF(endings) && !is_one; i++)
		is_one = ends_with(name, endings[i]);
	if (!is_one && querier->counts)
		is_one = querier->counts(querier->context, name);
	if (!is_one)
		query_annotate(query, ANNOTATION_INFO, node->expr->call.args[0]->place,
			"metric might not be a counter, name does not end in "
			"_total/_sum/_count/_bucket: \"%s\"",
			name);
}

const struct function_way rate_ways[] = {
	{.name = "rate", .window = rate, .flags = WAY_OF_COUNTER},
	{.name = "increase", .window = increase, .flags = WAY_OF_COUNTER},
	{.name = "delta", .window = delta},
	{.name = "idelta", .window = idelta},
	{.name = "irate", .window = irate},
	{.name = "deriv", .window = deriv},
	{.name = "predict_linear", .window = predict_linear, .flags = WAY_OF_NOW},
	{.name = NULL},
};
