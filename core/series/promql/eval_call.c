/* SPDX-License-Identifier: MIT */
/* Calls of functions, by the way in which each is evaluated. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/series/labels.h"
#include "core/series/promql/functions.h"
#include "core/series/promql/internal.h"

const struct function_way *const function_ways[] = {
	range_ways,
	rate_ways,
	math_ways,
	time_ways,
	label_ways,
	vector_ways,
	histogram_ways,
	NULL,
};

/* ---- quantiles ---- */

static int nan_first(const void *one, const void *other)
{
	double left = *(const double *)one, right = *(const double *)other;
	if (isnan(left) || isnan(right))
		return isnan(right) - isnan(left);
	return (left > right) - (left < right);
}

void sort_values(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), nan_first);
}

double quantile_of(double quantile, const double *sorted, size_t count)
{
	if (!count || isnan(quantile))
		return NAN;
	if (quantile < 0 || quantile > 1)
		return quantile < 0 ? -INFINITY : INFINITY;
	double rank = quantile * (double)(count - 1);
	size_t lower = (size_t)floor(rank), upper = lower + 1 < count ? lower + 1 : count - 1;
	double weight = rank - floor(rank);
	return sorted[lower] * (1 - weight) + sorted[upper] * weight;
}

void check_quantile(struct query *query, double quantile, struct place place)
{
	if (isnan(quantile))
		query_annotate(query, ANNOTATION_WARNING, place,
			"quantile value should be between 0 and 1, got NaN");
	else if (quantile < 0 || quantile > 1)
		query_annotate(query, ANNOTATION_WARNING, place,
			"quantile value should be between 0 and 1, got %g", quantile);
}

/* ---- calls ---- */

static size_t scalars_of(const struct node *node, double *ret)
{
	size_t count = 0;
	for (size_t i = 0; i < node->kid_count && count < FUNCTION_ARGS_MAX; i++) {
		if (node->kids[i]->expr->type == VALUE_SCALAR)
			ret[count++] = node->kids[i]->scalar;
	}
	return count;
}

static size_t matrix_of(const struct node *node)
{
	size_t at = 0;
	while (node->kids[at]->expr->type != VALUE_MATRIX)
		at++;
	return at;
}

static bool each_window(struct query *query, struct node *node, struct err *err)
{
	double args[FUNCTION_ARGS_MAX] = {0};
	struct node *matrix = node->kids[matrix_of(node)];
	const struct source *source = matrix->source;
	bool keeps_name = node->way->flags & WAY_KEEPS_NAME;
	bool looks_at_all = is_shared(query, node->frame); /* others looked for themselves */
	scalars_of(node, args);
	if (node->way->flags & WAY_OF_QUANTILE)
		check_quantile(query, args[0], node->expr->call.args[0]->place);
	for (size_t i = 0; i < source->count; i++) {
		struct window window = eval_source_window(query, matrix, i);
		double value;
		window.args = args;
		window.now_ms = node->frame->now_ms;
		if (!window.count)
			continue;
		if (node->way->flags & WAY_OF_COUNTER &&
			(looks_at_all || !source->list[i].is_checked))
			check_counter(query, node, source->list[i].labels);
		source->list[i].is_checked = true;
		if (node->way->window(&window, &value))
			vector_add(&node->vector, source->list[i].labels, value);
		if (!query_spend(query, window.count, err))
			return false;
	}
	return keeps_name || vector_drop_names(node, matrix, err);
}

static bool each_value(struct node *node, struct err *err)
{
	double args[FUNCTION_ARGS_MAX] = {0};
	const struct vector *vector = &node->kids[0]->vector;
	scalars_of(node, args);
	for (size_t i = 0; i < vector->count; i++)
		vector_add(&node->vector, vector->list[i].labels,
			node->way->value(vector->list[i].value, args));
	return vector_drop_names(node, node->kids[0], err);
}

/* A value that is no moment has no date. */
static double date_of(const struct function_way *way, double value)
{
	const double most = 1e15;
	return value > -most && value < most ? way->date(value) : NAN;
}

static bool each_date(struct query *query, struct node *node, struct err *err)
{
	const struct function_way *way = node->way;
	if (!node->kid_count) {
		int64_t seconds = node->frame->now_ms / 1000;
		vector_add(&node->vector, query_labels(query, NULL, 0), way->date((double)seconds));
		return true;
	}
	const struct vector *vector = &node->kids[0]->vector;
	for (size_t i = 0; i < vector->count; i++)
		vector_add(
			&node->vector, vector->list[i].labels, date_of(way, vector->list[i].value));
	return vector_drop_names(node, node->kids[0], err);
}

bool eval_call(struct query *query, struct node *node, struct err *err)
{
	const struct function_way *way = node->way;
	for (size_t i = 0; i < node->kid_count; i++) {
		if (!eval_node(query, node->kids[i], err))
			return false;
	}
	if (way->window)
		return each_window(query, node, err);
	if (way->value)
		return each_value(node, err);
	if (way->date)
		return each_date(query, node, err);
	return way->call(query, node, err);
}
