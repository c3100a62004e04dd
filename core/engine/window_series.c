/* SPDX-License-Identifier: MIT */
/* Windows on series: one line of columns a name. To go away when Metrics asks PromQL. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/engine/internal.h"
#include "core/engine/metrics.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"
#include "core/series/labels.h"

enum { REDRAW_MIN_MS = 1000, LABELS_MAX = 32, INTERVAL_SAMPLES = 8, BEFORE_MS = 300000 };

/* from_ms..to_ms as they are now: a window whose end is 0 moves, and keeps its span. */
struct span {
	int64_t from_ms, to_ms;
};

static struct span span_of(const struct msg_win_open *request, int64_t opened_ms, int64_t now_ms)
{
	if (request->to_ms)
		return (struct span){request->from_ms, request->to_ms};
	int64_t length_ms = request->from_ms < 0 ? -request->from_ms : opened_ms - request->from_ms;
	return (struct span){now_ms - length_ms, now_ms};
}

static bool begin(
	struct engine *engine, const struct window *window, struct window_job *job, struct err *err)
{
	const struct msg_win_open *request = window->request;
	struct span span = span_of(request, window->opened_ms, now_wall(engine));
	if (request->columns == 0 || span.from_ms >= span.to_ms)
		return err_set(err, ERR_INVALID, "a series window needs columns and a span");
	job->input = engine->metrics;
	return true;
}

/* ---- names ---- */

/* `name{a=b}`: that series; `name{*}`, `name{a=b,*}`: all of the name, with that label. */
struct wish {
	struct matcher matchers[LABELS_MAX];
	size_t count;
	bool is_open; /* further labels do not matter */
};

static void add_matcher(struct wish *wish, char *name, char *value)
{
	size_t length = strlen(value);
	if (length > 1 && value[0] == '"' && value[length - 1] == '"') {
		value[length - 1] = '\0';
		value++;
	}
	if (wish->count < LABELS_MAX)
		wish->matchers[wish->count++] =
			(struct matcher){.op = MATCH_EQUAL, .name = name, .value = value};
}

/* The line is cut into its parts. */
static void read_wish(char *line, struct wish *wish)
{
	static char metric[] = LABEL_NAME;
	char *rest = NULL, *labels = strchr(line, '{');
	*wish = (struct wish){.count = 0};
	if (labels)
		*labels++ = '\0';
	add_matcher(wish, metric, line);
	for (char *part = labels ? strtok_r(labels, ",}", &rest) : NULL; part;
		part = strtok_r(NULL, ",}", &rest)) {
		part += strspn(part, " ");
		char *equals = strchr(part, '=');
		wish->is_open |= strcmp(part, "*") == 0;
		if (equals)
			*equals = '\0';
		if (equals)
			add_matcher(wish, part, equals + 1);
	}
}

/* name{a=b,c=d} */
static void write_name(const struct labels *labels, struct str *to)
{
	char before = '{';
	str_adds(to, labels_get(labels, LABEL_NAME));
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		if (strcmp(label->name, LABEL_NAME) == 0)
			continue;
		str_addf(to, "%c%s=%s", before, label->name, label->value);
		before = ',';
	}
	str_adds(to, before == ',' ? "}" : "");
}

/* ---- columns ---- */

/* The usual distance of the samples, 0 when unknown. */
static int64_t interval_of(const struct selected *row)
{
	size_t steps = row->count <= INTERVAL_SAMPLES ? row->count : INTERVAL_SAMPLES + 1;
	if (steps < 2)
		return 0;
	const struct sample *last = &row->samples[row->count - 1];
	return (last->time_ms - last[1 - (int64_t)steps].time_ms) / (int64_t)(steps - 1);
}

/* What still holds at `end_ms`: the sample before it, unless it is too old. */
static double held(const struct selected *row, size_t next, int64_t end_ms, int64_t interval_ms)
{
	if (next == 0 || end_ms - row->samples[next - 1].time_ms > interval_ms * 5 / 2)
		return NAN;
	return row->samples[next - 1].value;
}

/* The mean of what fell into each. */
static void set_columns(
	const struct selected *row, const struct span *span, size_t columns, double *ret_values)
{
	int64_t interval_ms = interval_of(row);
	double width = (double)(span->to_ms - span->from_ms) / (double)columns;
	size_t next = 0;
	while (next < row->count && row->samples[next].time_ms < span->from_ms)
		next++;
	for (size_t column = 0; column < columns; column++) {
		int64_t end_ms = span->from_ms + (int64_t)(width * (double)(column + 1));
		double sum = 0;
		size_t count = 0;
		for (; next < row->count && row->samples[next].time_ms < end_ms; next++) {
			bool is_value = !isnan(row->samples[next].value);
			sum += is_value ? row->samples[next].value : 0;
			count += is_value;
		}
		ret_values[column] =
			count ? sum / (double)count : held(row, next, end_ms, interval_ms);
	}
}

/* ---- the answer ---- */

/* NULL: there is no such series. */
static void add_points(struct msg_win_points *reply, const char *name, const struct selected *row,
	const struct span *span, size_t columns)
{
	autostr struct str safe = STR_INIT;
	struct msg_points *points = msg_add(reply->series, &reply->series_count);
	sanitize(&safe, name, strlen(name)); /* one that there is not may be anything */
	points->name = str_detach(&safe);
	points->values = xcalloc(columns, sizeof(double));
	points->values_count = columns;
	points->last = row ? row->samples[row->count - 1].value : (double)NAN;
	for (size_t i = 0; i < columns; i++)
		points->values[i] = NAN;
	if (row)
		set_columns(row, span, columns, points->values);
}

static void answer(struct msg_win_points *reply, const struct querier *querier, const char *line,
	const struct span *span, size_t columns)
{
	autofree char *copy = xstrdup(line);
	struct wish wish;
	struct selected_set set = {0};
	struct err err = {.code = ERR_NONE};
	read_wish(copy, &wish);
	const struct selection selection = {.matchers = wish.matchers,
		.matcher_count = wish.count,
		.from_ms = span->from_ms - BEFORE_MS,
		.to_ms = INT64_MAX / 2};
	size_t before = reply->series_count;
	if (!querier->select(querier->context, &selection, &set, &err))
		set.count = 0;
	for (size_t i = 0; i < set.count && reply->series_count < WINDOW_SERIES; i++) {
		autostr struct str name = STR_INIT;
		write_name(set.list[i].labels, &name);
		if (wish.is_open || labels_count(set.list[i].labels) == wish.count)
			add_points(reply, wish.is_open ? name.text : line, &set.list[i], span,
				columns);
	}
	if (!wish.is_open && reply->series_count == before && before < WINDOW_SERIES)
		add_points(reply, line, NULL, span, columns);
	selected_set_release(&set);
}

static void work(struct window_job *job)
{
	const struct msg_win_open *request = job->request;
	struct span span = span_of(request, job->opened_ms, job->now_ms);
	struct metrics_view view = {job->input, metrics_until_ms(job->input, job->now_ms)};
	struct querier querier = metrics_querier(&view);
	struct msg_win_points *reply = msg_new(MSG_win_points);
	autofree char *copy = xstrdup(request->filter);
	char *rest = NULL;
	reply->from_ms = span.from_ms;
	reply->to_ms = span.to_ms;
	reply->done = true;
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		answer(reply, &querier, line, &span, request->columns);
	window_post_points(job, reply);
}

/* A moving window is drawn again when the time has moved by a column, a second at least. */
static uint64_t news(const struct engine *engine, const struct window *window)
{
	const struct msg_win_open *request = window->request;
	if (!request->follow)
		return 0;
	struct span span = span_of(request, window->opened_ms, now_wall(engine));
	int64_t step_ms = request->columns ? (span.to_ms - span.from_ms) / (int64_t)request->columns
					   : REDRAW_MIN_MS;
	return (uint64_t)(now_mono(engine) / (step_ms > REDRAW_MIN_MS ? step_ms : REDRAW_MIN_MS));
}

const struct window_store window_series = {
	.name = "series",
	.is_of_points = true,
	.begin = begin,
	.work = work,
	.news = news,
};
