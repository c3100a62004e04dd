/* SPDX-License-Identifier: MIT */
#include "widgets/chart_heat.h"

#include <math.h>

#define MOST 1e300 /* sums stay finite */

const char *chart_heat_sign(enum glyph_set set, int shade)
{
	static const char *const shades[] = {"·", "░", "▒", "▓", "█"};
	static const char *const ascii[] = {".", ":", "+", "*", "#"};
	return set == GLYPHS_ASCII ? ascii[shade] : shades[shade];
}

/* The series from which a row counts; that of row `rows` ends the last one. Rows count from below. */
static size_t first_of(const struct chart *chart, int rows, int row)
{
	return (size_t)row * chart->count / (size_t)rows;
}

/* The largest of the values of one series in a column. */
static double value_in(const struct chart_series *series, int column, int columns)
{
	double most = (double)NAN;
	size_t from = (size_t)column * series->count / (size_t)columns;
	size_t to = ((size_t)column + 1) * series->count / (size_t)columns;
	for (size_t i = from; i < series->count && i < (to > from ? to : from + 1); i++)
		most = fmax(most, series->values[i]);
	return most;
}

static double value_of(const struct chart *chart, struct rect plot, int row, int column)
{
	double sum = (double)NAN;
	size_t from = first_of(chart, plot.rows, row), to = first_of(chart, plot.rows, row + 1);
	for (size_t i = from; i < (to > from ? to : from + 1); i++) {
		double value = value_in(&chart->series[i], column, plot.columns);
		if (isfinite(value))
			sum = fmin(isnan(sum) ? value : sum + value, MOST);
	}
	return sum;
}

double chart_heat_most(const struct chart *chart, struct rect plot)
{
	double most = 0;
	for (int row = 0; row < plot.rows && chart->count; row++)
		for (int column = 0; column < plot.columns; column++)
			most = fmax(most, value_of(chart, plot, row, column));
	return most;
}

void chart_heat_draw(const struct canvas *canvas, const struct chart *chart, struct rect plot)
{
	double most = chart_heat_most(chart, plot);
	for (int row = 0; row < plot.rows && chart->count; row++)
		for (int column = 0; column < plot.columns; column++) {
			double value = value_of(chart, plot, row, column);
			int shade = value > 0 ? (int)ceil(value / most * CHART_SHADES) : 0;
			if (isnan(value))
				continue;
			canvas_sign(canvas, plot.row + plot.rows - 1 - row, plot.column + column,
				shade > 0 ? chart->series[0].role : ROLE_DIM,
				chart_heat_sign(canvas->grid->glyphs,
					shade > CHART_SHADES ? CHART_SHADES : shade));
		}
}

int chart_heat_label(const struct chart *chart, int rows, int row)
{
	int up = rows - 1 - row;
	size_t series = first_of(chart, rows, up);
	bool is_first = up == 0 || first_of(chart, rows, up - 1) != series;
	return chart->count && is_first ? (int)series : -1;
}
