/* SPDX-License-Identifier: MIT */
#include "widgets/chart.h"

#include <math.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/width.h"
#include "widgets/chart_heat.h"
#include "widgets/chart_legend.h"
#include "widgets/chart_plot.h"
#include "widgets/chart_time.h"

enum { LETTER_CELLS = 2, GRID_ROWS = 10, TICKS_MOST = 10 };

/* Where everything stands; -1: it has no room. */
struct layout {
	struct rect plot, legend_rect;
	struct chart_legend legend;
	struct chart_scale scale;
	int axis; /* column of the value axis */
	int line_row,
		time_row; /* the line under the plot with ticks and marks; the labels under it */
	bool has_letters; /* at the ends of the lines, right of the plot */
	bool has_grid;
	bool is_empty; /* not one value is known */
};

/* ---- figures ---- */

struct chart_figures chart_figures(const struct chart_series *series)
{
	struct chart_figures figures = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};
	double sum = 0;
	size_t known = 0;
	if (series->count)
		figures.now = series->values[series->count - 1];
	for (size_t i = 0; i < series->count; i++) {
		if (isnan(series->values[i]))
			continue;
		figures.max = fmax(figures.max, series->values[i]);
		figures.min = fmin(figures.min, series->values[i]);
		sum += series->values[i];
		known++;
	}
	if (known)
		figures.mean = sum / (double)known;
	return figures;
}

double chart_value_at(const struct chart *chart, const struct chart_series *series, int64_t at_ms)
{
	int count = series->count < INT32_MAX ? (int)series->count : INT32_MAX;
	int place = chart_column_at(chart->from_ms, chart->to_ms, count, at_ms);
	if (at_ms == chart->to_ms)
		place = count - 1;
	return place < 0 || place >= count ? (double)NAN : series->values[place];
}

char chart_letter(size_t series)
{
	if (series < 26)
		return (char)('a' + series);
	return series < 52 ? (char)('A' + series - 26) : '*';
}

/* ---- layout ---- */

static const struct chart_unit *unit_of(const struct chart *chart)
{
	return chart->unit ? chart->unit : chart_unit_named(NULL);
}

static void reach(double value, bool by_powers, double *low, double *high)
{
	if (!isfinite(value) || (by_powers && value <= 0))
		return;
	*low = fmin(*low, value);
	*high = fmax(*high, value);
}

double chart_stack_value(const struct chart *chart, size_t series, size_t at)
{
	double sum = 0;
	if (at >= chart->series[series].count)
		return (double)NAN;
	for (size_t i = 0; i < series; i++)
		if (at < chart->series[i].count && !isnan(chart->series[i].values[at]))
			sum += chart->series[i].values[at];
	return sum + chart->series[series].values[at];
}

/* What the value axis has to cover; a limit only where that leaves the values their room. */
static void range_of(const struct chart *chart, double *ret_low, double *ret_high)
{
	double low = (double)NAN, high = (double)NAN;
	for (size_t i = 0; i < chart->count; i++)
		for (size_t k = 0; k < chart->series[i].count; k++)
			reach(chart->form == CHART_STACK ? chart_stack_value(chart, i, k)
							 : chart->series[i].values[k],
				chart->by_powers, &low, &high);
	if (chart->low < chart->high) {
		reach(chart->low, chart->by_powers, &low, &high);
		reach(chart->high, chart->by_powers, &low, &high);
	}
	if (!chart->floats && !isnan(low))
		reach(0, chart->by_powers, &low, &high);
	double least = low, most = high, room = (high - low) / 2;
	for (size_t i = 0; i < chart->limit_count && !isnan(low); i++)
		if (chart->limits[i].value <= most + room && chart->limits[i].value >= least - room)
			reach(chart->limits[i].value, chart->by_powers, &low, &high);
	*ret_low = low;
	*ret_high = high;
}

static int steps_for(int rows)
{
	int steps = rows <= 8 ? rows / 2 : rows / 3;
	return steps < 1 ? 1 : steps < TICKS_MOST ? steps : TICKS_MOST;
}

/* The widest label of ticks and limits. */
static int label_cells(const struct chart *chart, const struct chart_scale *scale)
{
	int widest = 0;
	for (size_t i = 0; i < chart->count && chart->form == CHART_HEAT; i++) {
		int cells = (int)text_width(chart->series[i].name, strlen(chart->series[i].name));
		widest = cells > widest ? cells : widest;
	}
	for (int i = 0; i <= scale->steps && chart->form != CHART_HEAT; i++) {
		int cells = (int)strlen(chart_tick_text(scale, unit_of(chart), i).text);
		widest = cells > widest ? cells : widest;
	}
	for (size_t i = 0; i < chart->limit_count; i++) {
		struct shown text = chart_value_text(unit_of(chart), chart->limits[i].value);
		int cells = LETTER_CELLS + (int)strlen(text.text);
		widest = cells > widest ? cells : widest;
	}
	return widest;
}

/* Rows: the legend over all, the plot, the line, the times, the legend under them. */
static void share_rows(
	const struct canvas *canvas, const struct chart *chart, struct layout *layout)
{
	struct rect *plot = &layout->plot;
	layout->legend = chart_legend_plan(chart, canvas->rows, canvas->columns);
	enum chart_legend_place place = layout->legend.place;
	if (place == CHART_LEGEND_OVER)
		plot->row++;
	if (place == CHART_LEGEND_OVER || place == CHART_LEGEND_UNDER)
		plot->rows -= layout->legend.rows;
	if (place == CHART_LEGEND_BESIDE)
		plot->columns -= layout->legend.columns;
	bool has_time = chart->to_ms > chart->from_ms && plot->columns >= 14;
	if (has_time && plot->rows >= 4)
		plot->rows--;
	else
		has_time = false;
	bool has_line = has_time && plot->rows >= (chart->mark_count ? 4 : 8);
	plot->rows -= has_line;
	layout->line_row = has_line ? plot->row + plot->rows : -1;
	layout->time_row = has_time ? plot->row + plot->rows + has_line : -1;
	layout->has_grid = plot->rows >= GRID_ROWS && chart->form != CHART_HEAT;
	layout->legend_rect = (struct rect){0, 0, 1, canvas->columns};
	if (place == CHART_LEGEND_UNDER)
		layout->legend_rect = (struct rect){canvas->rows - layout->legend.rows, 0,
			layout->legend.rows, canvas->columns};
	if (place == CHART_LEGEND_BESIDE)
		layout->legend_rect = (struct rect){
			0, plot->columns + 2, canvas->rows, layout->legend.columns - 2};
}

/* Columns: labels, the axis, the plot, the letters of the lines. */
static void share_columns(
	const struct canvas *canvas, const struct chart *chart, struct layout *layout)
{
	struct rect *plot = &layout->plot;
	int left = label_cells(chart, &layout->scale) + 2;
	layout->has_letters = chart->count > 1 && chart->form != CHART_HEAT &&
			      plot->columns >= 40 && plot->rows >= 3;
	layout->axis = -1;
	if (plot->rows >= 3 && canvas->columns >= 30 && left * 3 <= plot->columns) {
		layout->axis = left - 1;
		plot->column += left;
		plot->columns -= left;
	}
	plot->columns -= layout->has_letters ? LETTER_CELLS : 0;
}

static struct layout plan(const struct canvas *canvas, const struct chart *chart)
{
	struct layout layout = {.plot = {0, 0, canvas->rows, canvas->columns}};
	double low, high;
	share_rows(canvas, chart, &layout);
	range_of(chart, &low, &high);
	layout.is_empty = isnan(low);
	int rows = layout.plot.rows, most = steps_for(rows);
	layout.scale = chart->by_powers ? chart_scale_fit_powers(unit_of(chart), low, high, most)
					: chart_scale_fit(unit_of(chart), low, high, most, rows);
	share_columns(canvas, chart, &layout);
	return layout;
}

static struct chart_view view_of(const struct chart *chart, const struct layout *layout)
{
	return (struct chart_view){layout->plot, chart->from_ms, chart->to_ms};
}

struct chart_view chart_layout(const struct canvas *canvas, const struct chart *chart)
{
	struct layout layout = plan(canvas, chart);
	return view_of(chart, &layout);
}

int chart_view_column(const struct chart_view *view, int64_t at_ms)
{
	return view->plot.column +
	       chart_column_at(view->from_ms, view->to_ms, view->plot.columns, at_ms);
}

int64_t chart_view_time(const struct chart_view *view, int column)
{
	return chart_time_at(
		view->from_ms, view->to_ms, view->plot.columns, column - view->plot.column);
}

/* The column of the canvas, -1 outside of the plot. */
static int column_of(const struct chart *chart, const struct layout *layout, int64_t at_ms)
{
	int column = chart_column_at(chart->from_ms, chart->to_ms, layout->plot.columns, at_ms);
	if (at_ms == chart->to_ms)
		column = layout->plot.columns - 1;
	return column < 0 || column >= layout->plot.columns ? -1 : layout->plot.column + column;
}

/* ---- what lies under the values ---- */

/* A row of signs across the plot; consoles without dashes leave every second cell. */
static void draw_across(const struct canvas *canvas, const struct layout *layout, int row,
	enum role role, enum glyph glyph)
{
	int step = canvas->grid->glyphs == GLYPHS_FULL ? 1 : glyph == GLYPH_GRID ? 4 : 2;
	for (int i = 0; i < layout->plot.columns; i += step)
		canvas_glyph(canvas, row, layout->plot.column + i, role, glyph);
}

static void draw_down(const struct canvas *canvas, const struct layout *layout, int column,
	enum role role, enum glyph glyph)
{
	for (int i = 0; i < layout->plot.rows; i++)
		canvas_glyph(canvas, layout->plot.row + i, column, role, glyph);
}

static int row_of(const struct layout *layout, double value)
{
	struct chart_plot plot = {layout->plot, &layout->scale};
	return chart_plot_row(&plot, value);
}

static int tick_row(const struct layout *layout, int tick)
{
	return row_of(layout, chart_tick_value(&layout->scale, tick));
}

/* Of the series of a heat map, at the lowest of their rows. */
static void draw_names(
	const struct canvas *canvas, const struct chart *chart, const struct layout *layout)
{
	for (int row = 0; row < layout->plot.rows; row++) {
		int series = chart_heat_label(chart, layout->plot.rows, row);
		if (series < 0)
			continue;
		canvas_text_right(canvas, layout->plot.row + row, layout->axis, ROLE_DIM,
			chart->series[series].name);
		canvas_glyph(canvas, layout->plot.row + row, layout->axis, ROLE_AXIS, GLYPH_AXIS);
	}
}

static void draw_value_axis(
	const struct canvas *canvas, const struct chart *chart, const struct layout *layout)
{
	if (layout->axis < 0)
		return;
	draw_down(canvas, layout, layout->axis, ROLE_AXIS, GLYPH_VERTICAL);
	if (chart->form == CHART_HEAT)
		draw_names(canvas, chart, layout);
	if (layout->is_empty || chart->form == CHART_HEAT)
		return;
	for (int i = 0; i <= layout->scale.steps; i++) {
		int row = tick_row(layout, i);
		canvas_glyph(canvas, row, layout->axis, ROLE_AXIS, GLYPH_AXIS);
		canvas_text_right(canvas, row, layout->axis, ROLE_DIM,
			chart_tick_text(&layout->scale, unit_of(chart), i).text);
		if (layout->has_grid && i && row > layout->plot.row)
			draw_across(canvas, layout, row, ROLE_AXIS, GLYPH_GRID);
	}
}

/* Its value and letter take the place of what stands at the axis. */
static void draw_limit(const struct canvas *canvas, const struct chart *chart,
	const struct layout *layout, const struct chart_limit *limit)
{
	double value = limit->value * layout->scale.factor;
	bool is_over = value > layout->scale.high, is_under = value < layout->scale.low;
	int row = row_of(layout, limit->value);
	struct shown text = chart_value_text(unit_of(chart), limit->value);
	if (is_over || is_under)
		return;
	draw_across(canvas, layout, row, chart_plot_role(limit->role), GLYPH_DASH);
	if (layout->axis < 0)
		return;
	canvas_field(canvas, row, 0, layout->axis, ALIGN_RIGHT, limit->role, text.text);
	canvas_printf(canvas, row, layout->axis - (int)strlen(text.text) - LETTER_CELLS,
		limit->role, "%c", limit->letter);
	canvas_glyph(canvas, row, layout->axis, limit->role, GLYPH_AXIS);
}

/* The words of the cursor in the row of times; no columns: they have no place. */
static struct rect cursor_label(
	const struct chart *chart, const struct layout *layout, struct shown *ret_text)
{
	int column = column_of(chart, layout, chart->cursor_ms);
	if (!chart->has_cursor || column < 0 || layout->time_row < 0)
		return (struct rect){0};
	*ret_text = chart_moment_text(
		chart->cursor_ms, chart->to_ms - chart->from_ms, chart->local_time);
	int cells = (int)strlen(ret_text->text) + 2, left = layout->plot.column;
	int right = left + layout->plot.columns, start = column - cells / 2;
	start = start + cells > right ? right - cells : start;
	return (struct rect){layout->time_row, start < left ? left : start, 1, cells};
}

static void draw_axis_line(const struct canvas *canvas, const struct layout *layout)
{
	if (layout->line_row < 0)
		return;
	canvas_hline(
		canvas, layout->line_row, layout->plot.column, layout->plot.columns, ROLE_AXIS);
	if (layout->axis >= 0)
		canvas_glyph(canvas, layout->line_row, layout->axis, ROLE_AXIS, GLYPH_BOTTOM_LEFT);
}

/* A label stays away from the one before it, and from that of the cursor. */
static void draw_times(
	const struct canvas *canvas, const struct chart *chart, const struct layout *layout)
{
	struct shown text;
	struct rect cursor = cursor_label(chart, layout, &text);
	int64_t step = chart_time_step(chart->to_ms - chart->from_ms, layout->plot.columns);
	int end = 0, right = layout->plot.column + layout->plot.columns +
			     (layout->has_letters ? LETTER_CELLS : 0);
	if (!step || layout->time_row < 0)
		return;
	for (int64_t at = chart_time_next(chart->from_ms - 1, step, chart->local_time);
		at < chart->to_ms; at = chart_time_next(at, step, chart->local_time)) {
		int column = column_of(chart, layout, at);
		text = chart_time_text(at, step, chart->local_time);
		int cells = (int)strlen(text.text), start = column - cells / 2;
		bool is_near = cursor.columns && start <= cursor.column + cursor.columns &&
			       start + cells >= cursor.column;
		if (column < 0)
			continue;
		if (layout->line_row >= 0)
			canvas_glyph(canvas, layout->line_row, column, ROLE_AXIS, GLYPH_TICK);
		if (is_near || start < end || start + cells > right)
			continue;
		end = 1 + canvas_text(canvas, layout->time_row, start, ROLE_DIM, text.text);
	}
}

/* Of two in one place the later one is seen. */
static void draw_marks(
	const struct canvas *canvas, const struct chart *chart, const struct layout *layout)
{
	for (size_t i = 0; i < chart->mark_count; i++) {
		const struct chart_mark *mark = &chart->marks[i];
		int column = column_of(chart, layout, mark->at_ms);
		if (column < 0 || layout->line_row < 0)
			continue;
		draw_down(canvas, layout, column, chart_plot_role(mark->role), GLYPH_DROP);
		canvas_printf(canvas, layout->line_row, column, mark->role, "%c", mark->letter);
	}
}

/* ---- what lies over them ---- */

/* The column keeps its values; where it is empty there is a line, and its time stands under it. */
static void draw_cursor(
	const struct canvas *canvas, const struct chart *chart, const struct layout *layout)
{
	struct shown text = {""};
	struct rect label = cursor_label(chart, layout, &text);
	int column = column_of(chart, layout, chart->cursor_ms);
	if (!chart->has_cursor || column < 0)
		return;
	draw_down(canvas, layout, column, ROLE_STRONG, GLYPH_VERTICAL);
	canvas_field(canvas, label.row, label.column, label.columns, ALIGN_CENTRE, ROLE_STRONG,
		text.text);
	canvas_surface(canvas, label, SURFACE_SELECTED);
}

/* The free row that is nearest to `row`; -1: none is. */
static int free_row(const bool *taken, int rows, int row)
{
	for (int away = 0; away < rows; away++) {
		if (row - away >= 0 && !taken[row - away])
			return row - away;
		if (row + away < rows && !taken[row + away])
			return row + away;
	}
	return -1;
}

/* At the right end of each line, or as near as there is room, so that it is known without its colour. */
static void draw_letters(
	const struct canvas *canvas, const struct chart *chart, const struct layout *layout)
{
	const struct rect *plot = &layout->plot;
	bool taken[CANVAS_SIDE_MAX] = {false};
	for (size_t i = 0; i < chart->count && layout->has_letters; i++) {
		double now = chart_figures(&chart->series[i]).now;
		if (chart->form == CHART_STACK && !isnan(now))
			now = chart_stack_value(chart, i, chart->series[i].count - 1) - now / 2;
		int row = isnan(now) ? -1
				     : free_row(taken, plot->rows, row_of(layout, now) - plot->row);
		if (row < 0)
			continue;
		taken[row] = true;
		canvas_printf(canvas, plot->row + row, plot->column + plot->columns + 1,
			chart->series[i].role, "%c", chart_letter(i));
	}
}

/* Nothing is known: an axis of figures would be made up. */
static void draw_empty(const struct canvas *canvas, const struct layout *layout)
{
	static const char text[] = "no value";
	const struct rect *plot = &layout->plot;
	if (plot->columns >= (int)sizeof(text))
		canvas_field(canvas, plot->row + plot->rows / 2, plot->column, plot->columns,
			ALIGN_CENTRE, ROLE_STALE, text);
}

struct chart_view chart_draw(const struct canvas *canvas, const struct chart *chart)
{
	struct layout layout = plan(canvas, chart);
	struct chart_plot plot = {layout.plot, &layout.scale};
	if (layout.plot.rows < 1 || layout.plot.columns < 1)
		return view_of(chart, &layout);
	draw_value_axis(canvas, chart, &layout);
	for (size_t i = 0; i < chart->limit_count && !layout.is_empty && chart->form != CHART_HEAT;
		i++)
		draw_limit(canvas, chart, &layout, &chart->limits[i]);
	draw_axis_line(canvas, &layout);
	draw_times(canvas, chart, &layout);
	draw_marks(canvas, chart, &layout);
	draw_cursor(canvas, chart, &layout);
	if (chart->form == CHART_HEAT)
		chart_heat_draw(canvas, chart, layout.plot);
	else
		chart_plot_draw(canvas, chart, &plot);
	if (layout.is_empty)
		draw_empty(canvas, &layout);
	draw_letters(canvas, chart, &layout);
	struct canvas legend = canvas_sub(canvas, layout.legend_rect);
	chart_legend_draw(&legend, chart, &layout.legend, &layout.scale, layout.plot);
	return view_of(chart, &layout);
}
