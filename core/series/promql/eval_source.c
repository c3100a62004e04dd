/* SPDX-License-Identifier: MIT */
/* What selectors and subqueries read from: all samples of all steps, once, and a window that moves over them. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/series/promql/internal.h"

void eval_source_free(struct source *source)
{
	if (!source)
		return;
	selected_set_release(&source->set);
	free(source->list);
	free(source);
}

static const struct shift *shift_of(const struct node *node)
{
	const struct expr *expr = node->expr;
	return expr->kind == EXPR_SUBQUERY ? &expr->subquery.shift : &expr->selector.shift;
}

static int64_t range_of(const struct query *query, const struct node *node)
{
	const struct expr *expr = node->expr;
	if (expr->kind == EXPR_SUBQUERY)
		return expr->subquery.range_ms;
	return expr->selector.range_ms ? expr->selector.range_ms : query->options.lookback_ms;
}

/* The end of the window at `now_ms`. */
static int64_t end_at(const struct query *query, const struct node *node, int64_t now_ms)
{
	const struct shift *shift = shift_of(node);
	const int64_t at[] = {[AT_NONE] = now_ms,
		[AT_TIME] = shift->at_ms,
		[AT_START] = query->options.start_ms,
		[AT_END] = query->options.end_ms};
	return at[shift->at] - shift->offset_ms;
}

static int64_t last_step(const struct frame *frame)
{
	return frame->start_ms + (int64_t)(frame->steps - 1) * frame->step_ms;
}

/* ---- loading ---- */

static size_t without_stale(struct sample *samples, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_stale(samples[i].value))
			samples[kept++] = samples[i];
	}
	return kept;
}

/* What is left of a limit; 0 is none, so a limit that is used up leaves 1. */
static size_t left_of(size_t limit, size_t used)
{
	return !limit ? 0 : limit > used ? limit - used : 1;
}

/* The querier was told what was left of them. */
static bool say_limit(const struct eval_limits *limits, struct err *err)
{
	if (!limits->series)
		return err_set(
			err, ERR_LIMIT, "the query needs more than %zu samples", limits->samples);
	if (!limits->samples)
		return err_set(
			err, ERR_LIMIT, "the query needs more than %zu series", limits->series);
	return err_set(err, ERR_LIMIT, "the query needs more than %zu samples or %zu series",
		limits->samples, limits->series);
}

static bool load_selector(struct query *query, struct node *node, struct err *err)
{
	const struct frame *frame = node->frame;
	const struct eval_limits *limits = &query->options.limits;
	struct err own = {.code = ERR_NONE};
	int64_t first = end_at(query, node, frame->start_ms);
	int64_t last = end_at(query, node, last_step(frame));
	struct selection selection = {.matchers = node->expr->selector.matchers,
		.matcher_count = node->expr->selector.matcher_count,
		.from_ms = first - range_of(query, node) + 1,
		.to_ms = last,
		.last_only = first == last && !node->expr->selector.range_ms,
		.series_max = left_of(limits->series, query->series),
		.samples_max = left_of(limits->samples, query->samples),
		.cancelled = query->options.cancelled};
	if (query->querier->select(query->querier->context, &selection, &node->source->set, &own))
		return true;
	return own.code == ERR_LIMIT ? say_limit(limits, err)
				     : err_set(err, own.code, "%s", own.text);
}

static int64_t first_aligned_after(int64_t moment, int64_t step)
{
	int64_t rest = moment % step;
	return moment - (rest < 0 ? rest + step : rest) + step;
}

static bool load_subquery(struct query *query, struct node *node, struct err *err)
{
	struct frame *inner = node->inner_frame;
	int64_t step = node->expr->subquery.step_ms;
	int64_t first = end_at(query, node, node->frame->start_ms) - range_of(query, node);
	int64_t last = end_at(query, node, last_step(node->frame));
	inner->step_ms = step ? step : query->options.subquery_step_ms;
	inner->start_ms = first_aligned_after(first, inner->step_ms);
	if (inner->start_ms > last)
		return true;
	inner->steps = (size_t)((last - inner->start_ms) / inner->step_ms) + 1;
	return eval_frame(query, node->kids[0], inner, &node->source->set, err);
}

/* An instant selector needs the stale ones, for they end a series. */
static void take(struct source *source, bool keeps_stale)
{
	source->list = xcalloc(source->set.count + 1, sizeof(*source->list));
	for (size_t i = 0; i < source->set.count; i++) {
		struct selected *from = &source->set.list[i];
		if (!keeps_stale)
			from->count = without_stale(from->samples, from->count);
		source->list[source->count++] = (struct source_series){
			.labels = from->labels, .samples = from->samples, .count = from->count};
	}
}

static bool load(struct query *query, struct node *node, struct err *err)
{
	struct source *source = node->source = xcalloc(1, sizeof(*source));
	const struct expr *expr = node->expr;
	bool is_subquery = expr->kind == EXPR_SUBQUERY;
	size_t samples = 0;
	if (!(is_subquery ? load_subquery : load_selector)(query, node, err))
		return false;
	for (size_t i = 0; i < source->set.count; i++)
		samples += source->set.list[i].count;
	take(source, !is_subquery && !expr->selector.range_ms);
	query->series += is_subquery ? 0 : source->set.count;
	return is_subquery ||
	       (query_allows_series(query, query->series, err) &&
		       query_keep_samples(query, samples, err) && query_spend(query, samples, err));
}

/* ---- stepping ---- */

static void move(struct source_series *series, int64_t from_ms, int64_t to_ms)
{
	while (series->high < series->count && series->samples[series->high].time_ms <= to_ms)
		series->high++;
	while (series->low < series->high && series->samples[series->low].time_ms <= from_ms)
		series->low++;
}

bool eval_source_at(struct query *query, struct node *node, struct source **ret, struct err *err)
{
	if (!node->source && !load(query, node, err))
		return false;
	struct source *source = node->source;
	source->to_ms = end_at(query, node, node->frame->now_ms);
	source->from_ms = source->to_ms - range_of(query, node);
	for (size_t i = 0; i < source->count; i++)
		move(&source->list[i], source->from_ms, source->to_ms);
	*ret = source;
	return query_spend(query, source->count, err);
}

struct window eval_source_window(struct query *query, const struct node *node, size_t index)
{
	const struct source *source = node->source;
	const struct source_series *series = &source->list[index];
	return (struct window){.samples = series->samples + series->low,
		.count = series->high - series->low,
		.from_ms = source->from_ms,
		.to_ms = source->to_ms,
		.now_ms = node->frame->now_ms,
		.query = query};
}

bool eval_selector(struct query *query, struct node *node, struct err *err)
{
	struct source *source;
	if (!eval_source_at(query, node, &source, err))
		return false;
	for (size_t i = 0; i < source->count; i++) {
		const struct source_series *series = &source->list[i];
		if (series->low == series->high)
			continue;
		double value = series->samples[series->high - 1].value;
		if (!is_stale(value))
			vector_add(&node->vector, series->labels, value);
	}
	return true;
}
