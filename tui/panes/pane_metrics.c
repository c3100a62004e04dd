/* SPDX-License-Identifier: MIT */
/*
 * Metrics: one chart over a span that moves with time, of the fleet, of the bot under the cursor or
 * of a service. Reads a window on series; nothing is drawn that was not answered.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "core/model/verdict.h"
#include "tui/panes/metrics.h"
#include "tui/show.h"
#include "widgets/chart.h"

enum { CHART_ROWS = 6, SERIES_ROLES = 6, MARKS_MAX = 16, COLUMNS_MAX = 1000 };

struct name {
	char text[64];
};

struct metrics_view {
	size_t metric, span;
};

static const struct metric metrics[] = {
	{"updates", "updates/s of the fleet", "botswain_updates_per_second", false, "/s"},
	{"pending", "pending updates of the fleet", "botswain_pending_updates", false, ""},
	{"states", "bots by state",
		"botswain_bots{severity=crit}\nbotswain_bots{severity=warn}\nbotswain_bots{"
		"severity=unknown}",
		false, ""},
	{"bot-updates", "updates/s of %s", "bot_updates_per_second{bot=%s}", true, "/s"},
	{"bot-pending", "pending updates of %s", "telegram_pending_update_count{bot=%s}", true, ""},
	{"bot-p95", "handler p95 of %s", "bot_handler_p95_ms{bot=%s}", true, "ms"},
	{"bot-api", "Bot API round trip of %s", "telegram_request_duration_ms{bot=%s}", true, "ms"},
	{"bot-cpu", "CPU of %s", "process_cpu_percent{bot=%s}", true, "percent"},
	{"bot-handled", "updates/s that %s counts", "bot_updates_total:rate{bot=%s,*}", true, "/s"},
	{"bot-memory", "resident memory of %s, as it says",
		"process_resident_memory_bytes{bot=%s,*}", true, "bytes"},
	{"scrapes", "time that pages of metrics take", "scrape_duration_seconds{*}", false,
		"seconds"},
	{"redis-rate", "Redis operations/s", "redis_instantaneous_ops_per_sec{*}", false, "/s"},
	{"redis-ping", "Redis PING", "redis_ping_duration_ms{*}", false, "ms"},
	{"pg-rate", "Postgres transactions/s", "pg_transactions_per_second{*}", false, "/s"},
	{"pg-ping", "Postgres SELECT 1", "pg_select_duration_ms{*}", false, "ms"},
};

static const struct {
	const char *word;
	int64_t ms;
} spans[] = {{"15m", 900000}, {"1h", 3600000}, {"6h", 21600000}, {"24h", 86400000}};

const struct metric *metric_at(size_t index)
{
	return index < COUNT_OF(metrics) ? &metrics[index] : NULL;
}

static struct metrics_view *view_of(struct app *app)
{
	return app->view[PANE_metrics];
}

bool metrics_choose(struct app *app, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(metrics); i++) {
		if (strcmp(metrics[i].name, name) != 0)
			continue;
		view_of(app)->metric = i;
		return true;
	}
	return false;
}

void metrics_step(struct app *app, int step)
{
	struct metrics_view *view = view_of(app);
	view->metric = (view->metric + COUNT_OF(metrics) + (size_t)step) % COUNT_OF(metrics);
}

void metrics_span(struct app *app, int step)
{
	struct metrics_view *view = view_of(app);
	if (step < 0 ? view->span > 0 : view->span + 1 < COUNT_OF(spans))
		view->span += (size_t)step;
}

/* ---- what it shows ---- */

static const char *bot_name(const struct app *app)
{
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	const struct msg_bot *bot = model_bot(app_model(app), rows->cursor);
	return bot ? bot->name : "";
}

/* A text of the table with the bot's name in place of %s; names are plain words. */
static char *with_bot(const struct app *app, const char *text)
{
	autostr struct str filled = STR_INIT;
	const char *at = strstr(text, "%s");
	str_add(&filled, text, at ? (size_t)(at - text) : strlen(text));
	if (at) {
		str_adds(&filled, bot_name(app));
		str_adds(&filled, at + 2);
	}
	return str_detach(&filled);
}

static void update(struct app *app, void *data)
{
	(void)app, (void)data;
}

static int wanted(const struct app *app, const void *data)
{
	(void)app, (void)data;
	return CHART_ROWS;
}

/* Those that are asked: the bot's own, or all of them. */
static uint32_t engines_of(const struct app *app, const struct metric *metric)
{
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	return metric->of_bot ? UINT32_C(1) << links_of(rows->cursor) : ALL_ENGINES;
}

static void fit(struct app *app, void *data, int rows, int width)
{
	const struct metrics_view *view = data;
	const struct metric *metric = &metrics[view->metric];
	struct window *window = &app->windows[WINDOW_CHART];
	if (rows < 2) {
		if (window->asked)
			parts_close(app, WINDOW_CHART);
		return;
	}
	autofree char *series = with_bot(app, metric->series);
	int points = 2 * width; /* a line has two dots in a cell */
	struct msg_win_open wish = {.filter = series,
		.from_ms = -spans[view->span].ms,
		.columns = (uint64_t)(points > 8 ? points < COLUMNS_MAX ? points : COLUMNS_MAX : 8),
		.follow = true};
	wish.store = (char[]){"series"};
	parts_ask(app, WINDOW_CHART, engines_of(app, metric), &wish);
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct metrics_view *view = data;
	autofree char *title = with_bot(app, metrics[view->metric].title);
	str_addf(text, "%s  %s  %zu/%zu", title, spans[view->span].word, view->metric + 1,
		COUNT_OF(metrics));
}

/* The part of a series' name that tells it from the others: what stands behind the first =; of several engines the name of
 * the engine before it. */
static const char *legend(const char *name, char *ret, size_t size)
{
	const char *at = strchr(name, '='), *host = strchr(name, ' ');
	if (host && at)
		(void)print_text(ret, size, "%.*s %s", (int)(host - name), name, at + 1);
	else if (host)
		(void)print_text(ret, size, "%.*s", (int)(host - name), name);
	else
		(void)print_text(ret, size, "%s", at ? at + 1 : name);
	char *brace = strchr(ret, '}');
	if (brace)
		*brace = '\0';
	return ret;
}

/* Of the series that count states, the colour of that state. */
static enum role series_role(const char *name, size_t at)
{
	static const struct {
		const char *word;
		enum role role;
	} states[] = {{"severity=crit", ROLE_CRIT}, {"severity=warn", ROLE_WARN},
		{"severity=unknown", ROLE_UNKNOWN}};
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (strstr(name, states[i].word))
			return states[i].role;
	return (enum role)(ROLE_SERIES1 + at % SERIES_ROLES);
}

/* When the last value came, if none stands at the end; else 0. */
static int64_t stale_since(const struct msg_win_points *points, const struct msg_points *series)
{
	size_t count = series->values_count, known = count;
	while (known && isnan(series->values[known - 1]))
		known--;
	if (known == 0 || known == count)
		return 0;
	return points->from_ms +
	       (points->to_ms - points->from_ms) * (int64_t)known / (int64_t)count;
}

/* What happened to the bot of the chart: its alerts, and its last end and start. */
static size_t find_marks(const struct app *app, struct chart_mark *marks, size_t most)
{
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	const struct msg_bot *bot = model_bot(app_model(app), rows->cursor);
	size_t alert_count, count = 0;
	const struct msg_alert *const *alerts = model_alerts(app_model(app), &alert_count);
	for (size_t i = 0; i < alert_count && bot && count + 2 < most; i++)
		if (alerts[i]->target == bot->id)
			marks[count++] = (struct chart_mark){
				app_time(app, alerts[i]->id, alerts[i]->since_ms),
				severity_letter((unsigned)alerts[i]->severity),
				severity_role(alerts[i]->severity), alerts[i]->rule};
	if (bot && bot->proc_ended_ms)
		marks[count++] = (struct chart_mark){
			app_time(app, bot->id, bot->proc_ended_ms), 'x', ROLE_STOPPED, "ended"};
	if (bot && bot->proc_start_ms)
		marks[count++] = (struct chart_mark){
			app_time(app, bot->id, bot->proc_start_ms), 'R', ROLE_STRONG, "started"};
	return count;
}

static void draw_chart(const struct app *app, const struct metric *metric,
	const struct msg_win_points *points, const struct canvas *canvas)
{
	struct chart_mark marks[MARKS_MAX];
	size_t count = points->series_count;
	autofree struct chart_series *series = xcalloc(count, sizeof(*series));
	autofree struct name *names = xcalloc(count, sizeof(*names));
	for (size_t i = 0; i < count; i++) {
		const struct msg_points *own = &points->series[i];
		series[i] = (struct chart_series){
			.name = count > 1 ? legend(own->name, names[i].text, sizeof(names[i].text))
					  : "",
			.values = own->values,
			.count = own->values_count,
			.role = series_role(own->name, i),
			.stale_since_ms = stale_since(points, own)};
	}
	struct chart chart = {.series = series,
		.count = count,
		.from_ms = points->from_ms,
		.to_ms = points->to_ms,
		.unit = chart_unit_named(metric->unit),
		.marks = marks,
		.mark_count = metric->of_bot ? find_marks(app, marks, MARKS_MAX) : 0};
	chart_draw(canvas, &chart);
}

static bool has_value(const struct msg_win_points *points)
{
	for (size_t i = 0; i < points->series_count; i++)
		for (size_t j = 0; j < points->series[i].values_count; j++)
			if (!isnan(points->series[i].values[j]))
				return true;
	return false;
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct metrics_view *view = data;
	const struct window *window = &app->windows[WINDOW_CHART];
	if (window->error[0])
		canvas_text(canvas, 0, 2, ROLE_TOAST_ERROR, window->error);
	else if (!window->answered)
		canvas_text(canvas, 0, 2, ROLE_DIM, "asking the engine ...");
	else if (!has_value(&window->points))
		canvas_text(
			canvas, 0, 2, ROLE_DIM, "no value in this span: nothing measures it here");
	else
		draw_chart(app, &metrics[view->metric], &window->points, canvas);
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct metrics_view *view = data;
	const struct msg_win_points *points = &app->windows[WINDOW_CHART].points;
	(void)view;
	for (size_t i = 0; i < points->series_count; i++)
		str_addf(to, "%s%s %s", i ? ", " : "", points->series[i].name,
			format_number(points->series[i].last).text);
}

static bool open_chart(struct app *app, void *data, struct err *err)
{
	struct place place = {
		.focus = PANE_metrics, .lower = PANE_metrics, .zoom = ZOOM_FULL, .drilled = true};
	(void)data, (void)err;
	views_go(&app->views, place);
	return true;
}

static void keep(const void *data, void (*put)(void *context, const char *name, const char *text),
	void *context)
{
	const struct metrics_view *view = data;
	put(context, "metric", metrics[view->metric].name);
	put(context, "span", spans[view->span].word);
}

static void recall(struct app *app, const char *name, const char *text)
{
	struct metrics_view *view = view_of(app);
	if (!*name)
		*view = (struct metrics_view){.metric = 0};
	if (strcmp(name, "metric") == 0)
		(void)metrics_choose(app, text);
	for (size_t i = 0; i < COUNT_OF(spans) && strcmp(name, "span") == 0; i++)
		if (strcmp(spans[i].word, text) == 0)
			view->span = i;
}

const struct pane pane_metrics = {
	.name = "metrics",
	.title = "Metrics",
	.help = "one figure over time",
	.view_size = sizeof(struct metrics_view),
	.update = update,
	.wanted = wanted,
	.fit = fit,
	.note = note,
	.draw = draw,
	.copy = copy,
	.open = open_chart,
	.keep = keep,
	.recall = recall,
};
