/* SPDX-License-Identifier: MIT */
/* One panel: its frame, and within what its kind makes of the series. What went wrong is said in their place. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "tui/panes/dashboard.h"
#include "tui/panes/dashboard_series.h"
#include "tui/show.h"
#include "widgets/chart.h"
#include "widgets/frame.h"
#include "widgets/gauge.h"
#include "widgets/sparkline.h"

enum {
	CHART_SERIES_MAX = 8,
	SERIES_ROLES = 6,
	BAR_MIN = 6,
	VALUE_COLUMNS = 9,
	NOTE_ROWS = 4,
	NAME_SHARE = 3, /* of a row a name takes at most one part in so many, and half */
};

/* ---- limits ---- */

enum limit { LIMIT_NONE, LIMIT_WARN, LIMIT_CRIT };

static bool is_past(const struct dashboard_panel *panel, double limit, double value)
{
	return panel->below ? value <= limit : value >= limit; /* NAN: never */
}

static enum limit limit_of(const struct dashboard_panel *panel, double value)
{
	return is_past(panel, panel->crit, value)   ? LIMIT_CRIT
	       : is_past(panel, panel->warn, value) ? LIMIT_WARN
						    : LIMIT_NONE;
}

static enum role role_of(enum limit limit, enum role fine)
{
	return limit == LIMIT_CRIT ? ROLE_CRIT : limit == LIMIT_WARN ? ROLE_WARN : fine;
}

static char letter_of(enum limit limit)
{
	return " WC"[limit];
}

static struct shown text_of(const struct dashboard_panel *panel, double value)
{
	return chart_value_text(chart_unit_named(panel->unit), value);
}

/* ---- charts ---- */

static void draw_chart(const struct panel_picture *picture, const struct shown_list *shown,
	const struct canvas *canvas)
{
	static const enum chart_form forms[] = {
		[PANEL_LINE] = CHART_LINE, [PANEL_AREA] = CHART_AREA, [PANEL_BARS] = CHART_BARS};
	const struct dashboard_panel *panel = picture->panel;
	const struct msg_win_points *points = &picture->window->points;
	struct chart_series series[CHART_SERIES_MAX];
	size_t count = shown->count < CHART_SERIES_MAX ? shown->count : CHART_SERIES_MAX;
	for (size_t i = 0; i < count; i++)
		series[i] = (struct chart_series){.name = shown->count > 1 || panel->query_count > 1
								  ? shown->list[i].name
								  : "",
			.values = shown->list[i].values,
			.count = shown->list[i].count,
			.role = (enum role)(ROLE_SERIES1 + i % SERIES_ROLES),
			.stale_since_ms = shown->list[i].stale_since_ms};
	struct chart_limit limits[2];
	size_t limit_count = 0;
	if (!isnan(panel->warn))
		limits[limit_count++] = (struct chart_limit){panel->warn, ROLE_WARN, 'W'};
	if (!isnan(panel->crit))
		limits[limit_count++] = (struct chart_limit){panel->crit, ROLE_CRIT, 'C'};
	bool has_range = !isnan(panel->min) && !isnan(panel->max);
	struct chart chart = {.series = series,
		.count = count,
		.from_ms = points->from_ms,
		.to_ms = points->to_ms,
		.now_ms = picture->now_ms,
		.unit = chart_unit_named(panel->unit),
		.form = forms[panel->kind],
		.floats = panel->floats,
		.low = has_range ? panel->min : 0,
		.high = has_range ? panel->max : 0,
		.limits = limits,
		.limit_count = limit_count,
		.limits_below = panel->below,
		.has_cursor = picture->cursor_ms != 0,
		.cursor_ms = picture->cursor_ms};
	(void)chart_draw(canvas, &chart);
}

/* ---- figures ---- */

static void draw_course(
	const struct canvas *canvas, struct rect rect, const struct shown_series *series)
{
	if (rect.columns > 0 && rect.rows > 0)
		sparkline_draw(canvas, rect, ROLE_SERIES1, series->values, series->count, 0);
}

/* The figure, its letter, and its course under it or beside it. */
static void draw_figure(const struct dashboard_panel *panel, const struct shown_series *series,
	const struct canvas *canvas)
{
	enum { LARGE = 3, COURSE_MIN = 4 };
	enum limit limit = limit_of(panel, series->value);
	enum role role = isnan(series->value) ? ROLE_STALE : role_of(limit, ROLE_STRONG);
	struct shown text = text_of(panel, series->value);
	int width = dashboard_figure_columns(canvas, text.text);
	bool is_large = canvas->rows >= LARGE && width + 3 <= canvas->columns;
	int rows = is_large ? LARGE : 1;
	struct canvas part = canvas_sub(canvas, (struct rect){0, 1, rows, canvas->columns - 1});
	int end = 1 + dashboard_figure_draw(&part, 0, 0, role, text.text);
	if (limit != LIMIT_NONE)
		canvas_printf(canvas, 0, canvas->columns - 2, role, "%c", letter_of(limit));
	int under = canvas->rows - 1 < LARGE + 1 ? canvas->rows - 1 : LARGE + 1;
	struct rect course = {under, 1, 1, canvas->columns - 2};
	if (rows >= canvas->rows)
		course = (struct rect){rows - 1, end + 1, 1, canvas->columns - end - 2};
	if (course.columns >= COURSE_MIN)
		draw_course(canvas, course, series);
}

/* ---- rows ---- */

static double top_of(const struct dashboard_panel *panel, const struct shown_list *shown)
{
	double top = panel->max;
	if (!isnan(top))
		return top;
	for (size_t i = 0; i < shown->count; i++)
		if (!isnan(shown->list[i].value) && (isnan(top) || shown->list[i].value > top))
			top = shown->list[i].value;
	return top;
}

static int name_columns(const struct shown_list *shown, int columns)
{
	int widest = 0;
	for (size_t i = 0; i < shown->count; i++) {
		int width = (int)text_width(shown->list[i].name, strlen(shown->list[i].name));
		widest = width > widest ? width : widest;
	}
	int most = columns - VALUE_COLUMNS - 4 - columns / NAME_SHARE;
	if (columns < 2 * VALUE_COLUMNS + BAR_MIN)
		most = columns - VALUE_COLUMNS - 4;
	return widest < most ? widest : most;
}

/* A gauge has its whole length; in a table what is not filled would be noise. */
static void draw_bar(const struct canvas *canvas, struct rect rect, bool is_gauge, double share,
	enum limit limit)
{
	share = share < 0 ? 0 : share > 1 ? 1 : share;
	struct gauge gauge = {.share = share,
		.warn = limit == LIMIT_WARN ? 1e-9 : 0,
		.crit = limit == LIMIT_CRIT ? 1e-9 : 0};
	if (is_gauge) {
		gauge_draw(canvas, rect.row, rect.column, rect.columns, &gauge);
		return;
	}
	int cells = isnan(share) ? 0 : (int)(share * rect.columns + 0.5);
	for (int i = 0; i < cells; i++)
		canvas_glyph(canvas, rect.row, rect.column + i, role_of(limit, ROLE_SERIES1),
			GLYPH_GAUGE_FULL);
}

static void draw_row(const struct panel_picture *picture, const struct shown_series *series,
	const struct canvas *canvas, int row, int names, double top)
{
	const struct dashboard_panel *panel = picture->panel;
	enum limit limit = limit_of(panel, series->value);
	enum role role = isnan(series->value) ? ROLE_STALE : role_of(limit, ROLE_STRONG);
	double low = isnan(panel->min) ? 0 : panel->min;
	struct shown text = text_of(panel, series->value);
	int column = 1;
	if (names > 0)
		column = canvas_field(
				 canvas, row, column, names, ALIGN_LEFT, ROLE_TEXT, series->name) +
			 1;
	column = canvas_field(canvas, row, column, VALUE_COLUMNS, ALIGN_RIGHT, role, text.text) + 1;
	if (limit != LIMIT_NONE)
		canvas_printf(canvas, row, column, role, "%c", letter_of(limit));
	struct rect bar = {row, column + 2, 1, canvas->columns - column - 3};
	if (bar.columns >= BAR_MIN && top > low)
		draw_bar(canvas, bar, panel->kind == PANEL_GAUGE,
			(series->value - low) / (top - low), limit);
}

/* Those that have no value now fell out of what was asked for; they stand last. */
static size_t known_count(const struct shown_list *shown)
{
	size_t count = 0;
	for (size_t i = 0; i < shown->count; i++)
		if (!isnan(shown->list[i].value))
			count++;
	return count;
}

static void draw_rows(const struct panel_picture *picture, const struct shown_list *shown,
	const struct canvas *canvas)
{
	int names = name_columns(shown, canvas->columns);
	double top = top_of(picture->panel, shown);
	size_t room = canvas->rows > 0 ? (size_t)canvas->rows : 0;
	size_t known = known_count(shown), all = known ? known : shown->count;
	size_t count = all > room && room > 1 ? room - 1 : all;
	for (size_t i = 0; i < count && i < room; i++)
		draw_row(picture, &shown->list[i], canvas, (int)i, names, top);
	if (count < all)
		canvas_printf(canvas, (int)count, 1, ROLE_DIM, "and %zu more",
			all - count + shown->left_out);
}

/* ---- what is said in their place ---- */

/* A line of the expression and a caret under the place, as far as the room goes. */
static void draw_place(const struct msg_win_points *points, const char *expression,
	const struct canvas *canvas, int row)
{
	autostr struct str safe = STR_INIT;
	size_t length = strlen(expression), from = (size_t)points->place_from;
	from = from < length ? from : length;
	size_t room = canvas->columns > 4 ? (size_t)canvas->columns - 4 : 1;
	size_t begin = from > room * 2 / 3 ? from - room * 2 / 3 : 0;
	sanitize(&safe, expression + begin, length - begin);
	canvas_text(canvas, row, 1, ROLE_TEXT, safe.text);
	canvas_text(canvas, row + 1, 1 + (int)(from - begin), ROLE_CRIT, "^");
}

static void draw_wrapped(
	const struct canvas *canvas, int row, enum role role, const char *text, int most)
{
	int room = canvas->columns - 2;
	for (; *text && most > 0 && room > 0; most--, row++) {
		size_t cells, length = text_clip(text, strlen(text), (size_t)room, &cells);
		size_t cut = length;
		while (text[length] && cut > 1 && text[cut] != ' ')
			cut--;
		length = text[length] && cut > 1 ? cut : length;
		canvas_textn(canvas, row, 1, role, text, length);
		text += length + strspn(text + length, " ");
	}
}

static void draw_error(const struct panel_picture *picture, const struct canvas *canvas)
{
	const struct msg_win_open *wish = &picture->window->wish;
	const struct msg_win_points *points = &picture->window->points;
	bool has_place = points->place_to && canvas->rows >= 3;
	size_t query = (size_t)points->query;
	const char *expression =
		query && query <= wish->more_count ? wish->more[query - 1] : wish->filter;
	if (has_place)
		draw_place(points, expression ? expression : "", canvas, 0);
	int row = has_place ? 2 : 0;
	draw_wrapped(canvas, row, ROLE_CRIT, picture->window->error, canvas->rows - row);
}

static void draw_inside(const struct panel_picture *picture, const struct canvas *canvas)
{
	autofree struct shown_list *shown = xcalloc(1, sizeof(*shown));
	shown_series_of(picture->panel, &picture->window->points, picture->cursor_ms, shown);
	if (picture->window->error[0])
		draw_error(picture, canvas);
	else if (!picture->window->answered && !picture->window->points.to_ms)
		canvas_text(canvas, 0, 1, ROLE_DIM, "asking ...");
	else if (shown->is_empty)
		draw_wrapped(canvas, 0, ROLE_DIM, "no value in this span", canvas->rows);
	else if (picture->panel->kind < PANEL_STAT)
		draw_chart(picture, shown, canvas);
	else if (picture->panel->kind == PANEL_STAT && shown->count == 1)
		draw_figure(picture->panel, &shown->list[0], canvas);
	else
		draw_rows(picture, shown, canvas);
}

/* What PromQL remarked, in the last row of a panel that has all of the room. */
static struct canvas above_notes(const struct panel_picture *picture, const struct canvas *canvas)
{
	const struct msg_win_points *points = &picture->window->points;
	autostr struct str text = STR_INIT;
	if (!picture->is_zoomed || !points->notes_count || canvas->rows < NOTE_ROWS)
		return *canvas;
	show_notes(points, &text);
	(void)canvas_field(
		canvas, canvas->rows - 1, 1, canvas->columns - 2, ALIGN_LEFT, ROLE_DIM, text.text);
	return canvas_sub(canvas, (struct rect){0, 0, canvas->rows - 1, canvas->columns});
}

void dashboard_panel_draw(const struct panel_picture *picture, const struct canvas *canvas)
{
	bool has_notes = picture->window->points.notes_count != 0;
	struct frame frame = {.number = "",
		.title = picture->title,
		.note = picture->is_zoomed ? "Esc"
			: has_notes        ? "!"
					   : "",
		.hint = "",
		.focused = picture->is_focused};
	struct canvas whole = frame_draw(canvas, &frame);
	struct canvas inside = above_notes(picture, &whole);
	if (inside.rows > 0)
		draw_inside(picture, &inside);
}
