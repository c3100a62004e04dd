/* SPDX-License-Identifier: MIT */
#include "widgets/histogram.h"

#include <math.h>
#include <string.h>

#include "core/base/width.h"
#include "widgets/logview.h"
#include "widgets/sparkline.h"

enum { EIGHTHS = 8 };

size_t histogram_room(int columns)
{
	return columns > HISTOGRAM_SIDE_CELLS ? (size_t)(columns - HISTOGRAM_SIDE_CELLS) : 0;
}

static double total(const struct histogram_bar *bar)
{
	return bar->error + bar->warn + bar->rest;
}

static double largest(const struct histogram *histogram)
{
	double top = 0;
	for (size_t i = 0; i < histogram->count; i++)
		top = fmax(top, total(&histogram->bars[i]));
	return top;
}

/* How much of [from, to) lies below `end`. */
static double below(double end, double from, double to)
{
	return fmax(0, fmin(end, to) - from);
}

/* The level that fills most of a cell, which holds the lines from `low` to `high` of a bar; errors lie lowest. */
static enum role role_of(const struct histogram_bar *bar, double low, double high, bool is_rough)
{
	double errors = below(bar->error, low, high);
	double warnings = below(bar->error + bar->warn, low, high) - errors;
	double rest = below(total(bar), low, high) - errors - warnings;
	if (errors > 0 && errors >= warnings && errors >= rest)
		return ROLE_LEVEL_ERROR;
	if (warnings > 0 && warnings >= rest)
		return ROLE_LEVEL_WARN;
	return is_rough ? ROLE_DIM : ROLE_SERIES1;
}

/* A bar of at least one line is seen. */
static void draw_bar(const struct canvas *canvas, const struct histogram *histogram, size_t at,
	int rows, double top)
{
	const struct histogram_bar *bar = &histogram->bars[at];
	int eighths = (int)ceil(total(bar) / top * rows * EIGHTHS);
	for (int i = 0; i < rows && eighths > i * EIGHTHS; i++) {
		double low = top * i / rows, high = top * (i + 1) / rows;
		int filled = eighths - i * EIGHTHS;
		canvas_sign(canvas, rows - 1 - i, HISTOGRAM_SIDE_CELLS + (int)at,
			role_of(bar, low, high, histogram->is_rough),
			spark_block(canvas->grid->glyphs, filled));
	}
}

static void draw_letter(
	const struct canvas *canvas, const struct histogram *histogram, size_t at, int row)
{
	char letter = histogram->bars[at].letter;
	int column = HISTOGRAM_SIDE_CELLS + (int)at;
	if (strchr("FEW", letter))
		canvas_printf(canvas, row, column, level_role(letter), "%c", letter);
	else
		canvas_glyph(canvas, row, column, ROLE_AXIS, GLYPH_HORIZONTAL);
}

/* The words in the middle go where they would touch those at the ends. */
static void draw_ends(const struct canvas *canvas, const struct histogram *histogram, int row)
{
	int end = HISTOGRAM_SIDE_CELLS + (int)histogram->count;
	int cells = (int)text_width(histogram->middle, strlen(histogram->middle));
	int left = canvas_text(canvas, row, HISTOGRAM_SIDE_CELLS, ROLE_AXIS, histogram->from);
	int right = canvas_text_right(canvas, row, end, ROLE_AXIS, histogram->to);
	int middle = HISTOGRAM_SIDE_CELLS + ((int)histogram->count - cells) / 2;
	if (middle > left + 1 && middle + cells + 1 < right)
		canvas_text(canvas, row, middle, ROLE_NOTE, histogram->middle);
}

void histogram_draw(const struct canvas *canvas, const struct histogram *histogram)
{
	int bars = canvas->rows > 2 ? canvas->rows - 2 : canvas->rows - 1;
	double top = largest(histogram);
	if (bars < 1)
		return;
	for (size_t i = 0; i < histogram->count; i++) {
		if (total(&histogram->bars[i]) > 0)
			draw_bar(canvas, histogram, i, bars, top);
		draw_letter(canvas, histogram, i, bars);
	}
	canvas_text_right(canvas, 0, HISTOGRAM_SIDE_CELLS - 1, ROLE_AXIS, histogram->top);
	canvas_text_right(canvas, bars, HISTOGRAM_SIDE_CELLS - 1, ROLE_AXIS, histogram->under);
	if (canvas->rows > 2)
		draw_ends(canvas, histogram, canvas->rows - 1);
	if (histogram->cursor >= 0)
		canvas_surface(canvas,
			(struct rect){bars, HISTOGRAM_SIDE_CELLS + (int)histogram->cursor, 1, 1},
			SURFACE_SELECTED); /* its bar keeps its height: turned over it would look full */
}
