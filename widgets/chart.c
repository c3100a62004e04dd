/* SPDX-License-Identifier: MIT */
#include "widgets/chart.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "widgets/sparkline.h"

enum { LABEL_MAX = 32, TICKS_MAX = 5 };

/* Where things stand: the plot's rectangle and the scale of its values. */
struct plot {
	struct rect rect;
	double top, step;
	int ticks; /* steps from 0 to `top` */
};

struct chart_figures chart_figures(const struct chart_series *series)
{
	struct chart_figures figures = {(double)NAN, (double)NAN, (double)NAN};
	if (series->count)
		figures.now = series->values[series->count - 1];
	for (size_t i = 0; i < series->count; i++) {
		figures.max = fmax(figures.max, series->values[i]);
		figures.min = fmin(figures.min, series->values[i]);
	}
	return figures;
}

double chart_step(double max, int count, double *ret_top)
{
	static const double round_steps[] = {1, 2, 2.5, 5, 10};
	if (!(max > 0) || isinf(max) || count < 1) {
		*ret_top = count < 1 ? 1 : count;
		return 1;
	}
	double raw = max / count, power = pow(10, floor(log10(raw))), step = 10 * power;
	for (size_t i = COUNT_OF(round_steps); i-- > 0;)
		if (round_steps[i] * power >= raw * (1 - 1e-9))
			step = round_steps[i] * power;
	*ret_top = step * ceil(max / step - 1e-9);
	return step;
}

static void label_of(const struct chart *chart, double value, char *ret_text, size_t size)
{
	if (value == 0)
		copy_text(ret_text, size, "0");
	else if (chart->format)
		chart->format(value, ret_text, size);
	else
		copy_text(ret_text, size, format_number(value).text);
}

static double highest(const struct chart *chart)
{
	double max = chart->top;
	for (size_t i = 0; i < chart->count; i++)
		max = fmax(max, chart_figures(&chart->series[i]).max);
	return max;
}

/* ---- the frame of the plot ---- */

static struct plot plan(const struct canvas *canvas, const struct chart *chart)
{
	struct plot plot = {.rect = {0, 0, canvas->rows, canvas->columns}};
	if (canvas->rows >= 4)
		plot.rect.rows--; /* times */
	int wanted = plot.rect.rows >= 9 ? 4 : plot.rect.rows >= 4 ? 2 : 1;
	plot.step = chart_step(highest(chart), wanted, &plot.top);
	plot.ticks = (int)(plot.top / plot.step + 0.5);
	int widest = 0;
	for (int i = 0; i <= plot.ticks; i++) {
		char label[LABEL_MAX];
		label_of(chart, i * plot.step, label, sizeof(label));
		int cells = (int)text_width(label, strlen(label));
		widest = cells > widest ? cells : widest;
	}
	int left = widest + 2;
	if (left * 3 > canvas->columns)
		left = 0; /* too narrow for an axis */
	plot.rect.column = left;
	plot.rect.columns -= left;
	return plot;
}

/* A value's label stands beside the upper edge of its height, zero in the row of the times if there is one. */
static int tick_row(const struct plot *plot, int tick, int canvas_rows)
{
	double height = tick * plot->step / plot->top * plot->rect.rows;
	int row = plot->rect.rows - (int)(height + 0.5);
	return row < canvas_rows ? row : canvas_rows - 1;
}

static void draw_value_axis(
	const struct canvas *canvas, const struct chart *chart, const struct plot *plot)
{
	int axis = plot->rect.column - 1;
	if (axis < 0)
		return;
	for (int row = 0; row < plot->rect.rows; row++)
		canvas_glyph(canvas, row, axis, ROLE_AXIS, GLYPH_VERTICAL);
	for (int i = 0; i <= plot->ticks; i++) {
		char label[LABEL_MAX];
		label_of(chart, i * plot->step, label, sizeof(label));
		canvas_text_right(canvas, tick_row(plot, i, canvas->rows), axis, ROLE_DIM, label);
		if (tick_row(plot, i, canvas->rows) < plot->rect.rows)
			canvas_glyph(canvas, tick_row(plot, i, canvas->rows), axis, ROLE_AXIS,
				GLYPH_AXIS);
	}
}

static void draw_time_axis(
	const struct canvas *canvas, const struct chart *chart, const struct plot *plot)
{
	int row = plot->rect.rows, left = plot->rect.column, right = left + plot->rect.columns;
	int middle = (int)text_width(chart->middle, strlen(chart->middle));
	if (row >= canvas->rows)
		return;
	int end = canvas_text(canvas, row, left, ROLE_DIM, chart->from);
	int start = canvas_text_right(canvas, row, right, ROLE_DIM, chart->to);
	int place = left + (plot->rect.columns - middle) / 2;
	if (middle && place > end + 1 && place + middle < start - 1)
		canvas_text(canvas, row, place, ROLE_DIM, chart->middle);
}

/* ---- values ---- */

/* What stands at point `i` of `points`: the largest value of its share, NAN when none is known. */
static double value_at(const struct chart_series *series, int i, int points)
{
	if (!series->count)
		return (double)NAN;
	size_t from = (size_t)i * series->count / (size_t)points;
	size_t to = ((size_t)i + 1) * series->count / (size_t)points;
	double value = series->values[from];
	for (size_t k = from + 1; k < to; k++)
		value = fmax(value, series->values[k]);
	return value;
}

static enum role area_role(const struct chart *chart, enum role role, double value)
{
	if (chart->crit > 0 && value >= chart->crit)
		return ROLE_CRIT;
	return chart->warn > 0 && value >= chart->warn ? ROLE_WARN : role;
}

/* One column of an area: full blocks up to the value, the last one in eighths. */
static void draw_bar(const struct canvas *canvas, const struct plot *plot, int column,
	enum role role, double value)
{
	double height = fmin(fmax(value / plot->top, 0), 1) * plot->rect.rows;
	int full = (int)height;
	const char *block = spark_block(canvas->grid->glyphs, 8);
	for (int i = 0; i < full; i++)
		canvas_sign(canvas, plot->rect.rows - 1 - i, column, role, block);
	double rest = height - full;
	if (full < plot->rect.rows && (rest * 8 >= 0.5 || full == 0))
		canvas_sign(canvas, plot->rect.rows - 1 - full, column, role,
			spark_block(canvas->grid->glyphs, (int)(rest * 8 + 0.5)));
}

static void draw_area(
	const struct canvas *canvas, const struct chart *chart, const struct plot *plot)
{
	for (int i = 0; i < plot->rect.columns; i++) {
		double value = value_at(&chart->series[0], i, plot->rect.columns);
		if (!isnan(value))
			draw_bar(canvas, plot, plot->rect.column + i,
				area_role(chart, chart->series[0].role, value), value);
	}
}

/* ---- lines, in dots: braille cells are two dots wide and four high ---- */

struct dots {
	int wide, high; /* dots of a cell */
	uint8_t *masks;
	uint8_t *roles;
};

static void set_dot(const struct dots *dots, const struct plot *plot, int x, int y, enum role role)
{
	static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	size_t cell =
		(size_t)(y / dots->high) * (size_t)plot->rect.columns + (size_t)(x / dots->wide);
	dots->masks[cell] |= bits[y % dots->high][x % dots->wide];
	dots->roles[cell] = (uint8_t)role;
}

static void trace(
	const struct chart_series *series, const struct plot *plot, const struct dots *dots)
{
	int points = plot->rect.columns * dots->wide, levels = plot->rect.rows * dots->high,
	    before = -1;
	for (int x = 0; x < points; x++) {
		double value = value_at(series, x, points);
		int y = -1;
		if (!isnan(value))
			y = (int)((1 - fmin(fmax(value / plot->top, 0), 1)) * (levels - 1) + 0.5);
		int from = before >= 0 && before < y ? before + 1 : y,
		    to = before > y ? before - 1 : y;
		for (int at = from; y >= 0 && at <= to; at++)
			set_dot(dots, plot, x, at, series->role);
		before = y;
	}
}

static void draw_dots(const struct canvas *canvas, const struct plot *plot, const struct dots *dots)
{
	for (int row = 0; row < plot->rect.rows; row++)
		for (int column = 0; column < plot->rect.columns; column++) {
			size_t cell = (size_t)row * (size_t)plot->rect.columns + (size_t)column;
			char text[5] = "*";
			if (!dots->masks[cell])
				continue;
			if (dots->wide == 2)
				utf8_encode(0x2800u + dots->masks[cell], text);
			canvas_sign(canvas, row, plot->rect.column + column,
				(enum role)dots->roles[cell], text);
		}
}

static void draw_lines(
	const struct canvas *canvas, const struct chart *chart, const struct plot *plot)
{
	bool braille = canvas->grid->glyphs == GLYPHS_FULL;
	size_t cells = (size_t)plot->rect.rows * (size_t)plot->rect.columns;
	autofree uint8_t *masks = xcalloc(cells + 1, 1), *roles = xcalloc(cells + 1, 1);
	struct dots dots = {
		.wide = braille ? 2 : 1, .high = braille ? 4 : 1, .masks = masks, .roles = roles};
	for (size_t i = 0; i < chart->count; i++)
		trace(&chart->series[i], plot, &dots);
	draw_dots(canvas, plot, &dots);
}

void chart_draw(const struct canvas *canvas, const struct chart *chart)
{
	if (canvas->rows < 1 || canvas->columns < 4)
		return;
	struct plot plot = plan(canvas, chart);
	draw_value_axis(canvas, chart, &plot);
	draw_time_axis(canvas, chart, &plot);
	if (chart->count == 1)
		draw_area(canvas, chart, &plot);
	else if (chart->count > 1)
		draw_lines(canvas, chart, &plot);
}
