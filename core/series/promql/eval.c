/* SPDX-License-Identifier: MIT */
#include "core/series/promql/eval.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"

enum {
	LOOK_AFTER = 1 << 14, /* samples and elements, well under a millisecond */
	ANNOTATIONS_MOST = 32,
};

/* ---- what it costs ---- */

bool query_spend(struct query *query, size_t work, struct err *err)
{
	const struct eval_options *options = &query->options;
	query->work += work + 1;
	if (query->work < LOOK_AFTER)
		return true;
	query->work = 0;
	if (options->cancelled && atomic_load_explicit(options->cancelled, memory_order_relaxed))
		return err_set(err, ERR_CANCELLED, "the query was cancelled");
	if (options->clock && options->limits.time_ms &&
		clock_mono_ms(options->clock) >= query->deadline_ms)
		return err_set(err, ERR_TIMEOUT, "the query took more than %lld ms",
			(long long)options->limits.time_ms);
	return true;
}

bool query_keep_samples(struct query *query, size_t count, struct err *err)
{
	size_t most = query->options.limits.samples;
	query->samples += count;
	return !most || query->samples <= most ||
	       err_set(err, ERR_LIMIT, "the query needs more than %zu samples", most);
}

bool query_allows_series(const struct query *query, size_t count, struct err *err)
{
	size_t most = query->options.limits.series;
	return !most || count <= most ||
	       err_set(err, ERR_LIMIT, "the query needs more than %zu series", most);
}

double *query_scratch(struct query *query, size_t count)
{
	if (count > query->scratch_capacity) {
		query->scratch_capacity = count * 2;
		free(query->scratch);
		query->scratch =
			xreallocarray(NULL, query->scratch_capacity, sizeof(*query->scratch));
	}
	return query->scratch;
}

/* ---- what was noticed ---- */

static bool is_known(const struct notes *notes, const struct annotation *annotation)
{
	for (size_t i = 0; i < notes->count; i++) {
		const struct annotation *known = &notes->list[i];
		if (known->kind == annotation->kind &&
			known->place.from == annotation->place.from &&
			strcmp(known->text, annotation->text) == 0)
			return true;
	}
	return false;
}

void notes_add(struct notes *notes, const struct annotation *annotation)
{
	if (notes->count == ANNOTATIONS_MOST || is_known(notes, annotation))
		return;
	notes->list = grow(notes->list, notes->count, &notes->capacity, sizeof(*notes->list));
	notes->list[notes->count] = *annotation;
	notes->list[notes->count++].text = xstrdup(annotation->text);
}

void notes_release(struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->list[i].text);
	free(notes->list);
	*notes = (struct notes){0};
}

void query_annotate(
	struct query *query, enum annotation_kind kind, struct place place, const char *format, ...)
{
	autostr struct str text = STR_INIT;
	va_list args;
	if (query->notes->count == ANNOTATIONS_MOST)
		return;
	va_start(args, format);
	str_vaddf(&text, format, args);
	va_end(args);
	notes_add(query->notes,
		&(struct annotation){.kind = kind, .place = place, .text = text.text});
}

/* ---- values ---- */

static bool number_value(struct query *query, struct node *node, struct err *err)
{
	(void)query;
	(void)err;
	node->scalar = node->expr->number;
	return true;
}

static bool string_value(struct query *query, struct node *node, struct err *err)
{
	(void)query;
	(void)err;
	node->string = node->expr->string;
	return true;
}

/* A range of samples is read by the call that takes it. */
static bool matrix_value(struct query *query, struct node *node, struct err *err)
{
	struct source *source;
	if (node->expr->kind == EXPR_SELECTOR && node->expr->type == VALUE_VECTOR)
		return eval_selector(query, node, err);
	return eval_source_at(query, node, &source, err);
}

static bool (*const value_of[])(struct query *query, struct node *node, struct err *err) = {
	[EXPR_NUMBER] = number_value,
	[EXPR_STRING] = string_value,
	[EXPR_SELECTOR] = matrix_value,
	[EXPR_SUBQUERY] = matrix_value,
	[EXPR_CALL] = eval_call,
	[EXPR_AGGREGATE] = eval_aggregate,
	[EXPR_BINARY] = eval_binary,
	[EXPR_NEGATE] = eval_negate,
};

static bool evaluate(struct query *query, struct node *node, struct err *err)
{
	vector_clear(&node->vector);
	if (value_of[node->expr->kind](query, node, err) &&
		query_spend(query, node->vector.count, err)) {
		node->is_done = node->is_constant;
		return true;
	}
	if (!query->has_place)
		query->place = node->expr->place;
	query->has_place = true;
	return false;
}

/* Once for all that share it. */
static bool evaluate_shared(struct query *query, struct node *node, struct err *err)
{
	struct notes *notes = query->notes;
	size_t samples = query->samples, series = query->series;
	query->notes = &node->notes;
	node->has_failed = !evaluate(query, node, err);
	node->is_done = true;
	node->samples = query->samples - samples;
	node->series = query->series - series;
	query->notes = notes;
	return !node->has_failed;
}

/* What is there costs what it cost. */
static bool take_again(struct query *query, const struct node *node, struct err *err)
{
	query->series += node->series;
	if (node->has_failed)
		return err_set(err, ERR_INVALID, "it failed for another expression");
	return query_keep_samples(query, node->samples, err) &&
	       query_allows_series(query, query->series, err);
}

bool eval_node(struct query *query, struct node *node, struct err *err)
{
	if (node->is_done)
		return take_again(query, node, err);
	return (is_shared(query, node->frame) ? evaluate_shared : evaluate)(query, node, err);
}

/* ---- results ---- */

static void take_vector(struct query *query, struct vector *vector, struct query_result *ret)
{
	vector_settle(query, vector);
	ret->vector = xcalloc(vector->count + 1, sizeof(*ret->vector));
	ret->vector_count = vector->count;
	for (size_t i = 0; i < vector->count; i++)
		ret->vector[i] =
			(struct vector_sample){.labels = labels_ref(vector->list[i].labels),
				.value = vector->list[i].value};
}

static void take_matrix(struct query *query, const struct node *node, struct selected_set *ret)
{
	const struct source *source = node->source;
	ret->list = xcalloc(source->count + 1, sizeof(*ret->list));
	for (size_t i = 0; i < source->count; i++) {
		struct window window = eval_source_window(query, node, i);
		if (window.count)
			ret->list[ret->count++] =
				(struct selected){.labels = labels_ref(source->list[i].labels),
					.samples = xmemdup(window.samples,
						window.count * sizeof(*window.samples)),
					.count = window.count};
	}
}

static bool run_once(
	struct query *query, struct node *top, struct query_result *ret, struct err *err)
{
	query->frame.now_ms = query->frame.start_ms;
	if (!eval_node(query, top, err))
		return false;
	ret->type = top->expr->type;
	ret->scalar = top->scalar;
	if (ret->type == VALUE_STRING)
		ret->string = xstrdup(top->string);
	else if (ret->type == VALUE_VECTOR)
		take_vector(query, &top->vector, ret);
	else if (ret->type == VALUE_MATRIX)
		take_matrix(query, top, &ret->matrix);
	return true;
}

static bool run(struct query *query, struct query_result *ret, struct err *err)
{
	enum value_type type = query->top->expr->type;
	if (!query->options.step_ms)
		return run_once(query, query->top, ret, err);
	if (type == VALUE_STRING || type == VALUE_MATRIX)
		return err_set(err, ERR_INVALID,
			"invalid expression type \"%s\" for range query, must be Scalar or "
			"instant Vector",
			type == VALUE_STRING ? "string" : "range vector");
	ret->type = VALUE_MATRIX;
	return eval_frame(query, query->top, &query->frame, &ret->matrix, err);
}

static void set_deadline(struct query *query)
{
	const struct eval_options *options = &query->options;
	if (options->clock)
		query->deadline_ms = clock_mono_ms(options->clock) + options->limits.time_ms;
}

void query_begin(
	struct query *query, const struct querier *querier, const struct eval_options *given)
{
	struct eval_options *options = &query->options;
	struct frame *frame = &query->frame;
	*query = (struct query){.querier = querier, .options = *given, .made.is_whole = true};
	query->notes = &query->own_notes;
	if (!options->lookback_ms)
		options->lookback_ms = EVAL_LOOKBACK_MS;
	if (!options->subquery_step_ms)
		options->subquery_step_ms = EVAL_SUBQUERY_STEP_MS;
	if (!options->step_ms)
		options->end_ms = options->start_ms;
	set_deadline(query);
	*frame = (struct frame){
		.start_ms = options->start_ms, .step_ms = options->step_ms, .steps = 1};
	if (options->step_ms)
		frame->steps =
			(size_t)((options->end_ms - options->start_ms) / options->step_ms) + 1;
}

void query_release(struct query *query)
{
	eval_node_free(query, query->top);
	for (size_t i = 0; i < query->made.count; i++)
		labels_unref(query->made.list[i].first);
	grouping_release(&query->made);
	memo_release(&query->nameless);
	notes_release(&query->own_notes);
	free(query->scratch);
}

bool query_instant(struct query *query, struct node *top, struct query_result *ret, struct err *err)
{
	struct query_result result = {.time_ms = query->options.start_ms};
	query->samples = query->series = 0;
	query->has_place = false;
	set_deadline(query);
	query->work = LOOK_AFTER;
	if (!query_spend(query, 0, err) || !run_once(query, top, &result, err)) {
		query_result_release(&result);
		return false;
	}
	*ret = result;
	return true;
}

bool promql_eval(const struct expr *expr, const struct querier *querier,
	const struct eval_options *options, struct query_result *ret, struct place *ret_place,
	struct err *err)
{
	struct query query;
	struct query_result result = {.time_ms = options->start_ms};
	if (options->step_ms < 0 || (options->step_ms && options->end_ms < options->start_ms))
		return err_set(err, ERR_INVALID, "the query ends before it starts");
	query_begin(&query, querier, options);
	query.top = eval_node_new(&query, expr, &query.frame);
	/* The first look: a query that was cancelled while it waited does nothing. */
	query.work = LOOK_AFTER;
	bool is_good = query_spend(&query, 0, err) && run(&query, &result, err);
	if (is_good) {
		result.annotations = query.own_notes.list;
		result.annotation_count = query.own_notes.count;
		query.own_notes = (struct notes){0};
		*ret = result;
	} else {
		query_result_release(&result);
		if (ret_place)
			*ret_place = query.has_place ? query.place : expr->place;
	}
	query_release(&query);
	return is_good;
}
