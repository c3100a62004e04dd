/* SPDX-License-Identifier: MIT */
/* Windows on what PromQL says of the metrics: an instant, or points on a grid of times (query_answer.h); of
 * another Prometheus where the settings name one (remote.h). */
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "core/engine/metrics.h"
#include "core/engine/query_answer.h"
#include "core/engine/remote.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"
#include "core/series/metadata.h"
#include "core/series/promql/ast.h"
#include "core/series/tsdb.h"

enum {
	REDRAW_MIN_MS = 1000,
	REDRAW_NOW_MS =
		5000, /* at most, where the last point is now and not on a step of the axis */
	PACE_MS = 250,
};

/* On a replay it ends where that stands. */
static struct query_span span_of(const struct msg_win_open *request, const struct metrics *metrics,
	int64_t opened_ms, int64_t now_ms)
{
	struct query_span span = query_span_of(request, opened_ms, now_ms);
	query_span_end(&span, metrics_until_ms(metrics, now_ms));
	return span;
}

static bool begin(
	struct engine *engine, const struct window *window, struct window_job *job, struct err *err)
{
	const struct msg_win_open *request = window->request;
	struct query_span span =
		span_of(request, engine->metrics, window->opened_ms, now_wall(engine));
	if (request->more_count >= WINDOW_QUERIES)
		return err_set(err, ERR_LIMIT, "more than %d expressions: open a second window",
			WINDOW_QUERIES);
	if (!query_span_is_good(&span, err))
		return false;
	if (remote_answers(engine, request))
		return remote_begin(engine, &span, job, err);
	job->input = engine->metrics;
	return true;
}

/* Why there may be nothing. */
static void tell_oldest(struct tsdb *tsdb, struct msg_win_points *reply)
{
	struct tsdb_statistics statistics;
	if (reply->series_count || reply->error)
		return;
	tsdb_statistics(tsdb, &statistics);
	reply->oldest_ms = statistics.oldest_ms == INT64_MAX ? 0 : statistics.oldest_ms;
}

/* NULL: it is no selector of one metric, as it stands. */
static const char *metric_of(const struct expr *expr)
{
	while (expr->kind == EXPR_PAREN)
		expr = expr->inner;
	return expr->kind == EXPR_SELECTOR && !expr->selector.range_ms ? expr->selector.metric
								       : NULL;
}

/* What only grows says little on a chart. */
static void hint_counter(struct metadata *metadata, const char *query, struct msg_win_points *reply)
{
	struct place place;
	struct err err;
	struct metadata_told told;
	struct expr *expr = promql_parse(query, strlen(query), &place, &err);
	const char *metric = expr ? metric_of(expr) : NULL;
	if (metric && metadata_find(metadata, metric, &told) && told.counts) {
		autofree char *hint = xasprintf("counter: try rate(%s[5m])", metric);
		msg_add_str(&reply->notes, &reply->notes_count, hint);
	}
	expr_free(expr);
}

/* Figures and scripts, which say their step, know what they ask for. */
static void hint(
	const struct tsdb *tsdb, const struct msg_win_open *request, struct msg_win_points *reply)
{
	if (!request->columns || request->step_ms || !reply->series_count || reply->error)
		return;
	hint_counter(tsdb_metadata(tsdb), request->filter, reply);
	for (size_t i = 0; i < request->more_count; i++)
		hint_counter(tsdb_metadata(tsdb), request->more[i], reply);
}

/* Of the engine's own store. */
static void answer(struct window_job *job, struct msg_win_points *reply)
{
	const struct msg_win_open *request = job->request;
	struct query_span span = span_of(request, job->input, job->opened_ms, job->now_ms);
	struct metrics_view view = {job->input, metrics_until_ms(job->input, job->now_ms)};
	struct querier querier = metrics_querier(&view);
	query_answer_all(request, &querier, &span, &job->query.cancelled, reply);
	tell_oldest(metrics_store(job->input), reply);
	hint(metrics_store(job->input), request, reply);
}

static void work(struct window_job *job)
{
	struct msg_win_points *reply = msg_new(MSG_win_points);
	if (job->owned)
		remote_answer(job, reply);
	else
		answer(job, reply);
	reply->done = true;
	window_post_points(job, reply);
}

/* A moving window is worked out again when the time has moved by a step, a second at least, and that of a replay also when it
 * moved, or more of it was read. */
static uint64_t news(const struct engine *engine, const struct window *window)
{
	const struct msg_win_open *request = window->request;
	if (!request->follow)
		return 0;
	struct query_span span = query_span_of(request, window->opened_ms, now_wall(engine));
	if (engine->replay)
		return engine->event_changes;
	int64_t every_ms = span.step_ms > REDRAW_MIN_MS ? span.step_ms : REDRAW_MIN_MS;
	if (request->step_ms && every_ms > REDRAW_NOW_MS)
		every_ms = REDRAW_NOW_MS;
	return (uint64_t)(now_mono(engine) / every_ms);
}

const struct window_store window_query = {
	.name = "query",
	.is_of_points = true,
	.pace_ms = PACE_MS,
	.begin = begin,
	.work = work,
	.release = remote_release,
	.news = news,
};
