/* SPDX-License-Identifier: MIT */
#include "widgets/sparkline.h"

#include <math.h>

/* The full block is left out of sparklines, so that one row's line never touches the row above. */
static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
enum { HEIGHTS = 8 };

const char *spark_block(enum glyph_set set, int eighths)
{
	eighths = eighths < 1 ? 1 : eighths > HEIGHTS ? HEIGHTS : eighths;
	return set == GLYPHS_ASCII ? ascii[eighths - 1] : blocks[eighths - 1];
}

const char *spark_glyph(enum glyph_set set, double value, double top)
{
	int steps = set == GLYPHS_ASCII ? HEIGHTS - 1 : HEIGHTS - 2;
	if (isnan(value))
		return " ";
	if (!(value > 0) || !(top > 0))
		return spark_block(set, 1);
	return spark_block(set, value >= top ? steps + 1 : 1 + (int)ceil(value / top * steps));
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
		canvas_sign(canvas, rect.row, start + (int)i, role,
			spark_glyph(canvas->grid->glyphs, first[i], top));
}
