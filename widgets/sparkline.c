/* SPDX-License-Identifier: MIT */
#include "widgets/sparkline.h"

#include <math.h>

static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
enum { HEIGHTS = 8 };

const char *spark_glyph(enum glyph_set set, double value, double top)
{
	if (isnan(value))
		return " ";
	int height = 0;
	if (value > 0 && top > 0)
		height = value >= top ? HEIGHTS - 1 : (int)ceil(value / top * (HEIGHTS - 1));
	return set == GLYPHS_ASCII ? ascii[height] : blocks[height];
}

static double largest(const double *values, size_t count)
{
	double top = 0;
	for (size_t i = 0; i < count; i++)
		if (values[i] > top)
			top = values[i];
	return top;
}

void sparkline_draw(const struct canvas *canvas, struct rect rect, enum role role,
	const double *values, size_t count, double top)
{
	if (rect.columns <= 0)
		return;
	size_t shown = count < (size_t)rect.columns ? count : (size_t)rect.columns;
	const double *first = values + (count - shown);
	if (top <= 0)
		top = largest(first, shown);
	int start = rect.column + rect.columns - (int)shown;
	for (size_t i = 0; i < shown; i++)
		canvas_text(canvas, rect.row, start + (int)i, role,
			spark_glyph(canvas->grid->glyphs, first[i], top));
}
