/* SPDX-License-Identifier: MIT */
/*
 * Metrics: one chart over a span that moves with time, or stands where it was moved to: of the fleet, of the bot under the
 * cursor, of a service, or of an expression that was typed. Reads a window on PromQL; nothing is drawn that was not answered.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "core/conf/figures.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/metrics.h"

enum { CHART_ROWS = 6, TITLE_CELLS = 20, COLUMNS_MAX = 1000, COLUMNS_MIN = 8 };

static const struct {
	const char *word;
	int64_t ms;
} spans[] = {{"15m", 900000}, {"1h", 3600000}, {"6h", 21600000}, {"24h", 86400000}};

static struct metrics_view *view_of(const struct app *app)
{
	return app->view[PANE_metrics];
}

/* ---- which one ---- */

static void use_table(struct metrics_view *view)
{
	free(view->query);
	view->query = NULL;
	view->figure = NULL;
}

bool metrics_choose(struct app *app, const char *name)
{
	const struct metric *metric;
	for (size_t i = 0; (metric = metric_at(i)); i++) {
		if (strcmp(metric->name, name) != 0)
			continue;
		view_of(app)->metric = i;
		use_table(view_of(app));
		return true;
	}
	return false;
}

/* From an expression that was typed back to the chart that was there. */
void metrics_step(struct app *app, int step)
{
	struct metrics_view *view = view_of(app);
	if (!view->query)
		view->metric = (view->metric + metric_count() + (size_t)step) % metric_count();
	use_table(view);
}

static const char *bot_name(const struct app *app)
{
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	const struct msg_bot *bot = model_bot(app_model(app), rows->cursor);
	return bot ? bot->name : "";
}

char *metrics_query(const struct app *app)
{
	const struct metrics_view *view = view_of(app);
	const char *bot = bot_name(app);
	return view->query ? figures_fill(app->figures, view->query, &bot, bot[0] != '\0')
			   : metric_text(metric_at(view->metric)->query, bot, true);
}

char *metrics_text_now(const struct app *app)
{
	const struct metrics_view *view = view_of(app);
	return view->query ? xstrdup(view->query) : metrics_query(app);
}

size_t metrics_place(const struct app *app, const char *typed, size_t asked)
{
	const char *bot = bot_name(app);
	return figures_place(app->figures, typed, &bot, bot[0] != '\0', asked);
}

/* ---- when ---- */

static int64_t span_ms(const struct metrics_view *view)
{
	return spans[view->span].ms;
}

static int64_t end_ms(const struct app *app, const struct metrics_view *view)
{
	return view->to_ms ? view->to_ms : app->now_ms;
}

/* An end that is not before now is now, and moves. */
static void set_end(const struct app *app, struct metrics_view *view, int64_t to_ms)
{
	view->to_ms = to_ms < app->now_ms ? to_ms : 0;
}

/* The cursor stays where it is in the time, and comes to the middle. */
void metrics_span(struct app *app, int step)
{
	struct metrics_view *view = view_of(app);
	if (step < 0 ? view->span == 0 : view->span + 1 >= COUNT_OF(spans))
		return;
	view->span += (size_t)step;
	if (view->cursor_ms)
		set_end(app, view, view->cursor_ms + span_ms(view) / 2);
}

void metrics_pan(struct app *app, int step)
{
	struct metrics_view *view = view_of(app);
	int64_t by_ms = step * span_ms(view) / 2;
	if (step)
		set_end(app, view, end_ms(app, view) + by_ms);
	else
		view->to_ms = 0;
	if (view->cursor_ms)
		view->cursor_ms = step ? view->cursor_ms + by_ms : 0;
}

/* A value, or as many as share a column. */
static int64_t cursor_step_ms(const struct metrics_view *view, const struct msg_win_points *points)
{
	int64_t column_ms =
		(points->to_ms - points->from_ms) / (view->columns > 0 ? view->columns : 1);
	int64_t step_ms = points->step_ms;
	return (column_ms + step_ms - 1) / step_ms * step_ms;
}

void metrics_cursor(struct app *app, int step)
{
	struct metrics_view *view = view_of(app);
	const struct msg_win_points *points = &app->windows[WINDOW_CHART].points;
	if (points->step_ms <= 0 || points->to_ms <= points->from_ms)
		return;
	int64_t by_ms = cursor_step_ms(view, points);
	if (!view->cursor_ms || view->cursor_ms > app->now_ms)
		view->cursor_ms = points->to_ms;
	else
		view->cursor_ms += step * (by_ms > points->step_ms ? by_ms : points->step_ms);
	if (view->cursor_ms > app->now_ms)
		view->cursor_ms = points->to_ms;
	int64_t over_ms = view->cursor_ms - end_ms(app, view), before_ms = over_ms + span_ms(view);
	if (over_ms > 0 || before_ms < 0)
		set_end(app, view, end_ms(app, view) + (over_ms > 0 ? 1 : -1) * span_ms(view) / 2);
}

/* ---- what it shows ---- */

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
static uint32_t engines_of(const struct app *app, const struct metrics_view *view)
{
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	bool of_bot = view->query ? rows->cursor && strstr(view->query, "$bot")
				  : metric_at(view->metric)->of_bot;
	return of_bot ? UINT32_C(1) << links_of(rows->cursor) : ALL_ENGINES;
}

static void fit(struct app *app, void *data, int rows, int width)
{
	struct metrics_view *view = data;
	struct window *window = &app->windows[WINDOW_CHART];
	view->rows = rows;
	view->columns = width;
	if (rows < 2) {
		if (window->asked)
			parts_close(app, WINDOW_CHART);
		query_turn(app);
		browser_turn(app);
		return;
	}
	autofree char *query = metrics_query(app);
	int points = 2 * width; /* a line has two dots in a cell */
	points = points < COLUMNS_MIN ? COLUMNS_MIN : points;
	struct msg_win_open wish = {.filter = query,
		.from_ms = -span_ms(view),
		.to_ms = view->to_ms,
		.columns = (uint64_t)(points < COLUMNS_MAX ? points : COLUMNS_MAX),
		.follow = !view->to_ms,
		.own = !view->query}; /* nobody else has what the table is made of */
	wish.store = (char[]){"query"};
	parts_ask(app, WINDOW_CHART, engines_of(app, view), &wish);
	query_turn(app);
	browser_turn(app);
}

/* Who answered where it is not the engine itself, and what is not drawn. */
static void note_answer(const struct msg_win_points *points, struct str *text)
{
	if (points->series_count > METRICS_SERIES_MAX)
		str_addf(text, "%d of %zu series  ", METRICS_SERIES_MAX, points->series_count);
	if (points->source && points->source[0])
		str_addf(text, "from %s  ", points->source);
}

/* As much of a title as leaves room for the rest. */
static void add_title(const struct metrics_view *view, const char *title, int rest, struct str *to)
{
	int room = view->columns - TITLE_CELLS - rest;
	size_t length = strlen(title);
	if ((int)text_width(title, length) <= room) {
		str_adds(to, title);
		return;
	}
	while (length && (int)text_width(title, length) + 2 > room)
		length = utf8_cut(title, length, length - 1);
	if (length)
		str_addf(to, "%.*s..", (int)length, title);
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct metrics_view *view = data;
	const struct window *window = &app->windows[WINDOW_CHART];
	autofree char *title =
		view->figure  ? xasprintf("%s of %s", view->figure, bot_name(app))
		: view->query ? xstrdup(view->query)
			      : metric_text(metric_at(view->metric)->title, bot_name(app), false);
	autostr struct str rest = STR_INIT;
	if (window->answered)
		note_answer(&window->points, text);
	str_addf(&rest, "  %s", spans[view->span].word);
	if (view->to_ms)
		str_addf(&rest, " to %s", format_rfc3339(view->to_ms).text);
	if (!view->query)
		str_addf(&rest, "  %zu/%zu", view->metric + 1, metric_count());
	add_title(view, title, (int)(text->length + rest.length), text);
	str_adds(text, rest.text);
}

static const char *unit_of(const struct app *app, const struct metrics_view *view)
{
	const struct figure *figure =
		view->figure ? figures_find(app->figures, view->figure) : NULL;
	return figure        ? figure->unit
	       : view->query ? metric_unit_of(view->query)
			     : metric_at(view->metric)->unit;
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct metrics_view *view = data;
	metrics_draw(app, view, unit_of(app, view), canvas);
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct msg_win_points *points = &app->windows[WINDOW_CHART].points;
	(void)data;
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

void metrics_show(struct app *app, const char *query)
{
	struct metrics_view *view = view_of(app);
	use_table(view);
	view->query = query[0] ? xstrdup(query) : NULL;
	if (views_now(&app->views)->focus != PANE_metrics)
		(void)open_chart(app, view, NULL);
	app_dirty(app);
}

void metrics_show_figure(struct app *app, const char *figure, const char *query)
{
	const struct figure *known = figures_find(app->figures, figure);
	metrics_show(app, query);
	view_of(app)->figure = known ? known->name : NULL;
}

/* The cursor, then the time, then what was typed. */
static bool escape(struct app *app, void *data)
{
	struct metrics_view *view = data;
	(void)app;
	if (view->cursor_ms)
		view->cursor_ms = 0;
	else if (view->to_ms)
		view->to_ms = 0;
	else if (view->query && !view->figure)
		use_table(view);
	else
		return false;
	return true;
}

static void release(void *data)
{
	use_table(data);
}

static void keep(const void *data, void (*put)(void *context, const char *name, const char *text),
	void *context)
{
	const struct metrics_view *view = data;
	put(context, "metric", metric_at(view->metric)->name);
	put(context, "span", spans[view->span].word);
}

static void recall(struct app *app, const char *name, const char *text)
{
	struct metrics_view *view = view_of(app);
	if (!*name) {
		use_table(view);
		*view = (struct metrics_view){.rows = view->rows, .columns = view->columns};
	}
	if (strcmp(name, "metric") == 0)
		(void)metrics_choose(app, text);
	for (size_t i = 0; i < COUNT_OF(spans) && strcmp(name, "span") == 0; i++)
		if (strcmp(spans[i].word, text) == 0)
			view->span = i;
}

const struct pane pane_metrics = {
	.name = "metrics",
	.title = "Metrics",
	.help = "figures over time, of what PromQL asks for",
	.view_size = sizeof(struct metrics_view),
	.release = release,
	.update = update,
	.wanted = wanted,
	.fit = fit,
	.note = note,
	.draw = draw,
	.copy = copy,
	.open = open_chart,
	.escape = escape,
	.keep = keep,
	.recall = recall,
};
