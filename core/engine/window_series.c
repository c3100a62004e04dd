/* SPDX-License-Identifier: MIT */
/* Windows on series: one line of columns a name. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/engine/internal.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"
#include "core/series/series.h"

enum { REDRAW_MIN_MS = 1000 };

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
	job->input = engine->series;
	return true;
}

/* `name{*}`: every series of that name; `name{a=b,*}`: those of them with that label. */
struct names {
	char **list;
	size_t count;
	const char *label; /* "": any */
};

static void add_name(void *context, const char *key)
{
	struct names *names = context;
	if (names->count < WINDOW_SERIES)
		msg_add_str(&names->list, &names->count, key);
}

/* A label ends where the next begins, or the last. */
static void add_labelled(void *context, const char *key)
{
	const struct names *names = context;
	size_t length = strlen(names->label);
	for (const char *at = strchr(key, '{'); at; at = strchr(at + 1, ','))
		if (!strncmp(at + 1, names->label, length) && strchr(",}", at[1 + length])) {
			add_name(context, key);
			return;
		}
}

static void expand(struct names *names, const struct series *series, const char *line)
{
	autofree char *name = xstrdup(line);
	char *brace = strchr(name, '{'), *star = strstr(name, "*}");
	if (!brace || !star || star < brace) {
		add_name(names, name);
		return;
	}
	*brace = '\0';
	star[star - brace > 1 ? -1 : 0] = '\0';
	names->label = brace + 1;
	series_names(series, name, star - brace > 1 ? add_labelled : add_name, names);
}

static void read_names(struct names *names, const struct series *series, const char *filter)
{
	autofree char *copy = xstrdup(filter);
	char *rest = NULL;
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		expand(names, series, line);
}

static void fill(struct msg_points *points, const struct series *series, const char *name,
	const struct span *span, size_t columns)
{
	autostr struct str safe = STR_INIT;
	sanitize(&safe, name, strlen(name)); /* one that there is not may be anything */
	points->name = xstrdup(safe.text);
	points->values = xcalloc(columns, sizeof(double));
	points->values_count = columns;
	points->last = NAN;
	for (size_t i = 0; i < columns; i++)
		points->values[i] = NAN;
	(void)series_query(
		series, name, span->from_ms, span->to_ms, columns, points->values, &points->last);
}

static void work(struct window_job *job)
{
	const struct msg_win_open *request = job->request;
	const struct series *series = job->input;
	struct span span = span_of(request, job->opened_ms, job->now_ms);
	struct names names = {0};
	struct msg_win_points *reply = msg_new(MSG_win_points);
	reply->from_ms = span.from_ms;
	reply->to_ms = span.to_ms;
	reply->done = true;
	read_names(&names, series, request->filter);
	for (size_t i = 0; i < names.count; i++) {
		struct msg_points *points = msg_add(reply->series, &reply->series_count);
		fill(points, series, names.list[i], &span, request->columns);
		free(names.list[i]);
	}
	free(names.list);
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
