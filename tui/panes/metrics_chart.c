/* SPDX-License-Identifier: MIT */
/* How Metrics shows an answer: the chart and its legend, or why there is none. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/stale.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "core/model/verdict.h"
#include "tui/app.h"
#include "tui/parts.h"
#include "tui/show.h"
#include "tui/panes/metrics.h"
#include "widgets/chart.h"

enum { SERIES_ROLES = 6, MARKS_MAX = 16, QUERY_ROWS = 8, NOTE_ROWS = 4, MARGIN = 2 };

/* ---- the legend ---- */

static const char *label_of(const struct msg_points *series, const char *name)
{
	for (size_t i = 0; i < series->labels_count; i++)
		if (strcmp(series->labels[i].name, name) == 0)
			return series->labels[i].value;
	return "";
}

static bool differs(const struct msg_win_points *points, const char *name)
{
	const char *first = label_of(&points->series[0], name);
	for (size_t i = 1; i < points->series_count; i++)
		if (strcmp(label_of(&points->series[i], name), first) != 0)
			return true;
	return false;
}

/* The name of an engine (parts.c) and of a metric say what they are. */
static bool is_plain(const char *name)
{
	return strcmp(name, PARTS_HOST_LABEL) == 0 || strcmp(name, "__name__") == 0;
}

void metrics_legend(const struct msg_win_points *points, size_t at, struct str *to)
{
	const struct msg_points *series = &points->series[at];
	size_t shown = 0, named = 0;
	const char *first = "";
	autostr struct str text = STR_INIT;
	for (size_t i = 0; i < series->labels_count; i++) {
		const struct msg_label *label = &series->labels[i];
		if (!differs(points, label->name))
			continue;
		bool plain = is_plain(label->name);
		str_addf(&text, "%s%s%s%s", shown++ ? " " : "", plain ? "" : label->name,
			plain ? "" : "=", label->value);
		named += !plain;
		first = plain ? first : label->value;
	}
	if (named == 1 && shown == 1)
		str_adds(to, first);
	else
		str_adds(to, shown ? text.text : series->name);
}

/* ---- the chart ---- */

/* About when the last value came, if none stands at the end; else 0. */
static int64_t stale_since(const struct msg_win_points *points, const struct msg_points *series)
{
	size_t count = series->values_count, known = count;
	while (known && is_stale(series->values[known - 1]))
		known--;
	bool has_ended = known && known < count;
	return has_ended ? points->from_ms + (int64_t)(known - 1) * points->step_ms : 0;
}

/* Of the series that count states, the colour of that state. */
static enum role series_role(const char *name, size_t at)
{
	static const struct {
		const char *word;
		enum role role;
	} states[] = {{"severity=\"crit\"", ROLE_CRIT}, {"severity=\"warn\"", ROLE_WARN},
		{"severity=\"unknown\"", ROLE_UNKNOWN}};
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (strstr(name, states[i].word))
			return states[i].role;
	return (enum role)(ROLE_SERIES1 + at % SERIES_ROLES);
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

/* A point stands in the middle of its share of the time. */
static void draw_chart(const struct app *app, const struct metrics_view *view, const char *unit,
	const struct canvas *canvas)
{
	const struct msg_win_points *points = &app->windows[WINDOW_CHART].points;
	struct chart_mark marks[MARKS_MAX];
	bool is_of_bot = !view->query && metric_at(view->metric)->of_bot;
	size_t count = points->series_count < METRICS_SERIES_MAX ? points->series_count
								 : METRICS_SERIES_MAX;
	autofree struct chart_series *series = xcalloc(count, sizeof(*series));
	autofree struct str *names = xcalloc(count, sizeof(*names));
	for (size_t i = 0; i < count; i++) {
		const struct msg_points *own = &points->series[i];
		str_init(&names[i]);
		if (points->series_count > 1)
			metrics_legend(points, i, &names[i]);
		series[i] = (struct chart_series){.name = names[i].text,
			.values = own->values,
			.count = own->values_count,
			.role = series_role(own->name, i),
			.stale_since_ms = stale_since(points, own)};
	}
	struct chart chart = {.series = series,
		.count = count,
		.from_ms = points->from_ms - points->step_ms / 2,
		.to_ms = points->to_ms + points->step_ms / 2,
		.now_ms = points->to_ms,
		.unit = chart_unit_named(unit),
		.marks = marks,
		.mark_count = is_of_bot ? find_marks(app, marks, MARKS_MAX) : 0,
		.has_cursor = view->cursor_ms != 0,
		.cursor_ms = view->cursor_ms};
	chart_draw(canvas, &chart);
	for (size_t i = 0; i < count; i++)
		str_release(&names[i]);
}

bool metrics_has_value(const struct msg_win_points *points)
{
	for (size_t i = 0; i < points->series_count; i++)
		for (size_t j = 0; j < points->series[i].values_count; j++)
			if (!is_stale(points->series[i].values[j]))
				return true;
	return false;
}

static bool has_number(const struct msg_win_points *points)
{
	for (size_t i = 0; i < points->series_count; i++)
		for (size_t j = 0; j < points->series[i].values_count; j++)
			if (!isnan(points->series[i].values[j]))
				return true;
	return false;
}

/* ---- why there is none ---- */

/* Over as many rows as it needs; the row behind it. */
static int draw_words(const struct canvas *canvas, int row, enum role role, const char *text)
{
	int column = MARGIN;
	while (*text && row < canvas->rows) {
		size_t length = strcspn(text, " ");
		int cells = (int)text_width(text, length);
		if (column > MARGIN && column + cells > canvas->columns) {
			column = MARGIN;
			row++;
		}
		column = canvas_textn(canvas, row, column, role, text, length) + 1;
		text += length;
		text += strspn(text, " ");
	}
	return row + 1;
}

/* The sentence of the engine, and a mark in the expression. */
static void draw_error(const struct app *app, const char *query, const struct canvas *canvas)
{
	const struct window *window = &app->windows[WINDOW_CHART];
	size_t at = window->points.place_from, length = strlen(query);
	bool has_place = window->points.place_to != 0;
	int row = draw_words(
		canvas, 0, app_is_past(app) ? ROLE_DIM : ROLE_TOAST_ERROR, window->error);
	if (!has_place || row + 1 >= canvas->rows)
		return;
	at = at < length ? at : length;
	int column = MARGIN + (int)text_width(query, at);
	int shift = column < canvas->columns - 1 ? 0 : column - canvas->columns / 2;
	struct canvas line =
		canvas_sub(canvas, (struct rect){row, MARGIN, 2, canvas->columns - MARGIN});
	canvas_text(&line, 0, -shift, ROLE_TEXT, query);
	canvas_text(&line, 1, column - shift - MARGIN, ROLE_TOAST_ERROR, "^");
}

/* Of what began within the last step no point is told yet. */
static void draw_nothing(const struct msg_win_points *points, const struct canvas *canvas)
{
	autostr struct str text = STR_INIT;
	if (metrics_has_value(points))
		str_adds(&text, "every value in this span is NaN, as 0/0 is");
	else if (points->oldest_ms + points->step_ms > points->to_ms)
		str_addf(&text, "no value in this span: what is kept begins at %s",
			format_rfc3339(points->oldest_ms).text);
	else if (points->source && points->source[0])
		str_addf(&text, "no value in this span in %s", points->source);
	else
		str_adds(&text, "no value in this span: nothing measures it here");
	(void)draw_words(canvas, 0, ROLE_DIM, text.text);
}

/* The expression, where a row for it leaves the chart enough. */
static struct canvas below_query(
	const char *query, const struct metrics_view *view, const struct canvas *canvas)
{
	if ((view->query && !view->figure) || canvas->rows < QUERY_ROWS)
		return *canvas;
	(void)canvas_field(
		canvas, 0, MARGIN, canvas->columns - 2 * MARGIN, ALIGN_LEFT, ROLE_DIM, query);
	return canvas_sub(canvas, (struct rect){1, 0, canvas->rows - 1, canvas->columns});
}

/* What PromQL remarked, in one row where the chart has enough of them. */
static struct canvas below_notes(const struct msg_win_points *points, const struct canvas *canvas)
{
	autostr struct str text = STR_INIT;
	if (!points->notes_count || canvas->rows < NOTE_ROWS)
		return *canvas;
	show_notes(points, &text);
	(void)canvas_field(
		canvas, 0, MARGIN, canvas->columns - 2 * MARGIN, ALIGN_LEFT, ROLE_DIM, text.text);
	return canvas_sub(canvas, (struct rect){1, 0, canvas->rows - 1, canvas->columns});
}

void metrics_draw(const struct app *app, const struct metrics_view *view, const char *unit,
	const struct canvas *canvas)
{
	const struct window *window = &app->windows[WINDOW_CHART];
	autofree char *query = metrics_query(app);
	if (window->error[0]) {
		draw_error(app, query, canvas);
		return;
	}
	if (!window->answered) {
		canvas_text(canvas, 0, MARGIN, ROLE_DIM, "asking the engine ...");
		return;
	}
	struct canvas asked = below_query(query, view, canvas);
	struct canvas rest = below_notes(&window->points, &asked);
	if (has_number(&window->points))
		draw_chart(app, view, unit, &rest);
	else
		draw_nothing(&window->points, &rest);
}
