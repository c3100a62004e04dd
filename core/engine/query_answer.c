/* SPDX-License-Identifier: MIT */
#include "core/engine/query_answer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/eval.h"

/* ---- times ---- */

/* What people read off an axis. */
static int64_t usual_step_ms(int64_t least_ms)
{
	static const int64_t steps_s[] = {1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200,
		1800, 3600, 7200, 10800, 21600, 43200, 86400};
	for (size_t i = 0; i < COUNT_OF(steps_s); i++)
		if (steps_s[i] * 1000 >= least_ms)
			return steps_s[i] * 1000;
	int64_t day_ms = steps_s[COUNT_OF(steps_s) - 1] * 1000;
	return (least_ms + day_ms - 1) / day_ms * day_ms;
}

struct query_span query_span_of(
	const struct msg_win_open *request, int64_t opened_ms, int64_t now_ms)
{
	int64_t lookback_ms = request->lookback_ms > 0 ? request->lookback_ms : 0;
	int64_t to_ms = request->to_ms ? request->to_ms : now_ms;
	int64_t from_ms = request->from_ms < 0 ? to_ms + request->from_ms
			  : request->to_ms     ? request->from_ms
					       : to_ms - (opened_ms - request->from_ms);
	if (!request->columns)
		return (struct query_span){to_ms, to_ms, 0, lookback_ms};
	if (request->step_ms)
		return (struct query_span){from_ms, to_ms, request->step_ms, lookback_ms};
	int64_t columns = (int64_t)request->columns;
	int64_t step_ms = usual_step_ms((to_ms - from_ms + columns - 1) / columns);
	int64_t end_ms = to_ms / step_ms * step_ms, span_ms = to_ms - from_ms;
	int64_t begin_ms = end_ms - span_ms / step_ms * step_ms;
	return (struct query_span){begin_ms, end_ms, step_ms, lookback_ms};
}

void query_span_end(struct query_span *span, int64_t until_ms)
{
	if (span->from_ms > until_ms)
		span->from_ms = span->to_ms = until_ms;
	if (span->to_ms <= until_ms)
		return;
	span->to_ms = until_ms;
	if (span->step_ms > 0)
		span->to_ms -= (until_ms - span->from_ms) % span->step_ms;
}

bool query_span_is_good(const struct query_span *span, struct err *err)
{
	if (span->step_ms < 0)
		return err_set(err, ERR_INVALID, "a step is longer than nothing");
	if (span->from_ms > span->to_ms)
		return err_set(err, ERR_INVALID, "the span ends before it begins");
	if (span->step_ms && (span->to_ms - span->from_ms) / span->step_ms >= QUERY_STEPS_MAX)
		return err_set(err, ERR_LIMIT,
			"more than %d points a series: take a longer step, or a shorter span",
			QUERY_STEPS_MAX);
	return true;
}

/* ---- the result ---- */

static char *safe_text(const char *text)
{
	autostr struct str safe = STR_INIT;
	sanitize(&safe, text, strlen(text));
	return str_detach(&safe);
}

static size_t text_bytes(const struct msg_points *points)
{
	size_t bytes = strlen(points->name);
	for (size_t i = 0; i < points->labels_count; i++)
		bytes += strlen(points->labels[i].name) + strlen(points->labels[i].value);
	return bytes;
}

/* A reply that is being filled, and what its series say so far. */
struct filling {
	struct msg_win_points *reply;
	size_t bytes;
};

static struct filling filling_of(struct msg_win_points *reply)
{
	struct filling filling = {reply, 0};
	for (size_t i = 0; i < reply->series_count; i++) /* of the expressions before */
		if (reply->series[i].name)
			filling.bytes += text_bytes(&reply->series[i]);
	return filling;
}

static struct msg_points *add_series(struct filling *filling, const struct labels *labels)
{
	struct msg_win_points *reply = filling->reply;
	struct msg_points *points = msg_add(reply->series, &reply->series_count);
	autostr struct str text = STR_INIT;
	labels_text(labels, &text);
	points->name = safe_text(text.text);
	for (size_t i = 0; i < labels_count(labels); i++) {
		struct msg_label *label = msg_add(points->labels, &points->labels_count);
		label->name = safe_text(labels_at(labels, i)->name);
		label->value = safe_text(labels_at(labels, i)->value);
	}
	filling->bytes += text_bytes(points);
	return points;
}

/* Nothing of an answer that cannot be told whole is told. */
static bool has_text_room(const struct filling *filling, struct err *err)
{
	struct msg_win_points *reply = filling->reply;
	if (filling->bytes <= QUERY_TEXT_BYTES)
		return true;
	for (size_t i = 0; i < reply->series_count; i++)
		msg_release(MSG_points, &reply->series[i]);
	reply->series_count = 0;
	return err_set(err, ERR_LIMIT,
		"the labels of all series are longer than %d MiB: ask for less of them",
		QUERY_TEXT_BYTES >> 20);
}

static void set_one(struct msg_points *points, double value)
{
	points->values = xcalloc(1, sizeof(double));
	points->values_count = 1;
	points->values[0] = points->last = value;
}

static void set_grid(
	struct msg_points *points, const struct selected *from, const struct query_span *span)
{
	size_t steps = (size_t)((span->to_ms - span->from_ms) / span->step_ms) + 1;
	points->values = xcalloc(steps, sizeof(double));
	points->values_count = steps;
	for (size_t i = 0; i < steps; i++)
		points->values[i] = stale_value();
	for (size_t i = 0; i < from->count; i++)
		points->values[(from->samples[i].time_ms - span->from_ms) / span->step_ms] =
			from->samples[i].value;
	points->last = points->values[steps - 1];
}

static void set_times(struct msg_points *points, const struct selected *from)
{
	points->values = xcalloc(from->count, sizeof(double));
	points->times = xcalloc(from->count, sizeof(double));
	points->values_count = points->times_count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		points->values[i] = from->samples[i].value;
		points->times[i] = (double)from->samples[i].time_ms;
	}
	points->last = from->count ? from->samples[from->count - 1].value : (double)NAN;
}

static bool set_matrix(struct msg_win_points *reply, const struct query_result *result,
	const struct query_span *span, struct err *err)
{
	size_t steps =
		span->step_ms ? (size_t)((span->to_ms - span->from_ms) / span->step_ms) + 1 : 0;
	size_t points = 0;
	for (size_t i = 0; i < reply->series_count; i++) /* of the expressions before */
		points += reply->series[i].values_count;
	for (size_t i = 0; i < result->matrix.count; i++)
		points += steps ? steps : result->matrix.list[i].count;
	if (points > QUERY_POINTS_MAX)
		return err_set(err, ERR_LIMIT,
			"%zu series have more than %d points together: ask for less of them, or "
			"with a "
			"longer step",
			result->matrix.count, QUERY_POINTS_MAX);
	struct filling filling = filling_of(reply);
	for (size_t i = 0; i < result->matrix.count; i++) {
		const struct selected *from = &result->matrix.list[i];
		struct msg_points *to = add_series(&filling, from->labels);
		if (steps)
			set_grid(to, from, span);
		else
			set_times(to, from);
		if (!has_text_room(&filling, err))
			return false;
	}
	return true;
}

static bool set_vector(
	struct msg_win_points *reply, const struct query_result *result, struct err *err)
{
	struct filling filling = filling_of(reply);
	for (size_t i = 0; i < result->vector_count; i++) {
		set_one(add_series(&filling, result->vector[i].labels), result->vector[i].value);
		if (!has_text_room(&filling, err))
			return false;
	}
	return true;
}

bool query_answer_result(struct msg_win_points *reply, const struct query_result *result,
	const struct query_span *span, struct err *err)
{
	static const char *const types[] = {[VALUE_SCALAR] = "scalar",
		[VALUE_STRING] = "string",
		[VALUE_VECTOR] = "vector",
		[VALUE_MATRIX] = "matrix"};
	msg_set(&reply->type, types[result->type]);
	if (result->type == VALUE_MATRIX)
		return set_matrix(reply, result, span, err);
	if (result->type == VALUE_STRING)
		reply->text = safe_text(result->string);
	if (result->type == VALUE_SCALAR)
		set_one(msg_add(reply->series, &reply->series_count), result->scalar);
	return set_vector(reply, result, err);
}

/* Of several expressions some say the same. */
static bool is_said(const struct msg_win_points *reply, const char *note)
{
	for (size_t i = 0; i < reply->notes_count; i++)
		if (strcmp(reply->notes[i], note) == 0)
			return true;
	return false;
}

static void set_notes(
	struct msg_win_points *reply, const char *query, const struct query_result *result)
{
	for (size_t i = 0; i < result->annotation_count; i++) {
		autostr struct str text = STR_INIT;
		annotation_text(&result->annotations[i], query, &text);
		autofree char *safe = safe_text(text.text);
		if (!is_said(reply, safe))
			msg_add_str(&reply->notes, &reply->notes_count, safe);
	}
}

/* ---- the query ---- */

static bool evaluate(const char *query, const struct querier *querier,
	const struct query_span *span, const atomic_bool *cancelled, struct query_result *ret,
	struct place *ret_place, struct err *err)
{
	struct expr *expr = promql_parse(query, strlen(query), ret_place, err);
	if (!expr)
		return false;
	const struct eval_options options = {.start_ms = span->from_ms,
		.end_ms = span->to_ms,
		.step_ms = span->step_ms,
		.lookback_ms = span->lookback_ms,
		.limits = {.samples = QUERY_SAMPLES_MAX,
			.series = QUERY_SERIES_MAX * 10,
			.steps = QUERY_STEPS_MAX,
			.time_ms = QUERY_TIME_MS},
		.clock = clock_real(),
		.cancelled = cancelled};
	bool good = promql_eval(expr, querier, &options, ret, ret_place, err);
	expr_free(expr);
	return good;
}

void query_answer(const char *query, const struct querier *querier, const struct query_span *span,
	const atomic_bool *cancelled, struct msg_win_points *reply)
{
	struct query_result result = {.type = VALUE_SCALAR};
	struct place place = {0, 0};
	struct err err = {.code = ERR_NONE};
	reply->from_ms = span->from_ms;
	reply->to_ms = span->to_ms;
	reply->step_ms = span->step_ms;
	if (evaluate(query, querier, span, cancelled, &result, &place, &err) &&
		query_answer_result(reply, &result, span, &err)) {
		set_notes(reply, query, &result);
	} else {
		reply->error = safe_text(err.text);
		reply->place_from = place.from;
		reply->place_to = place.to;
	}
	query_result_release(&result);
}

void query_answer_all(const struct msg_win_open *request, const struct querier *querier,
	const struct query_span *span, const atomic_bool *cancelled, struct msg_win_points *reply)
{
	query_answer(request->filter, querier, span, cancelled, reply);
	for (size_t i = 0; i < request->more_count && !reply->error; i++) {
		size_t before = reply->series_count;
		query_answer(request->more[i], querier, span, cancelled, reply);
		for (size_t series = before; series < reply->series_count; series++)
			reply->series[series].query = i + 1;
		reply->query = reply->error ? i + 1 : 0;
	}
}
