/* SPDX-License-Identifier: MIT */
#include "widgets/chart_plot.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "widgets/chart_time.h"
#include "widgets/sparkline.h"

enum { POINTS_MAX = 2 * CANVAS_SIDE_MAX };

/* What a cell is parted into, and how the parts that are set are written: bit x * high + y, y from below. */
struct ink {
	int wide, high;
	const char *(*sign)(enum glyph_set set, unsigned parts, size_t series, char text[5]);
};

/* All that is drawn, and one series at a time on its way there. */
struct raster {
	const struct ink *ink;
	int rows, columns;  /* cells */
	int points, levels; /* parts */
	int low[POINTS_MAX],
		high[POINTS_MAX];       /* levels of the series at each point; low > high: none */
	uint8_t *parts, *own;           /* a cell each: of all, of this one */
	uint8_t *most, *roles, *series; /* who has most parts in it, and how many */
};

/* ---- signs ---- */

static const char *braille_sign(enum glyph_set set, unsigned parts, size_t series, char text[5])
{
	static const uint8_t bits[8] = {0x40, 0x04, 0x02, 0x01, 0x80, 0x20, 0x10, 0x08};
	uint32_t code = 0x2800;
	(void)set, (void)series;
	for (unsigned i = 0; i < 8; i++)
		code |= parts >> i & 1 ? bits[i] : 0u;
	text[utf8_encode(code, text)] = '\0';
	return text;
}

static const char *half_sign(enum glyph_set set, unsigned parts, size_t series, char text[5])
{
	static const char *const halves[] = {" ", "▄", "▀", "█"};
	(void)set, (void)series, (void)text;
	return halves[parts & 3];
}

/* Parts from below are blocks. Others hang from above, for values below zero; there are blocks for half a cell only. */
static const char *eighth_sign(enum glyph_set set, unsigned parts, size_t series, char text[5])
{
	int count = __builtin_popcount(parts);
	(void)series, (void)text;
	if (parts & 1)
		return spark_block(set, count);
	if (set == GLYPHS_ASCII)
		return count > 2 ? "\"" : "'";
	return parts & 0x80 ? "▀" : "▄";
}

static const char *third_sign(enum glyph_set set, unsigned parts, size_t series, char text[5])
{
	static const char *const thirds[] = {" ", ".", "-", "|", "'", "|", "|", "|"};
	(void)set, (void)series, (void)text;
	return thirds[parts & 7];
}

static const char *letter_sign(enum glyph_set set, unsigned parts, size_t series, char text[5])
{
	(void)set, (void)parts;
	text[0] = chart_letter(series);
	text[1] = '\0';
	return text;
}

static const struct ink braille = {2, 4, braille_sign}, halves = {1, 2, half_sign},
			eighths = {1, 8, eighth_sign}, thirds = {1, 3, third_sign},
			letters = {1, 1, letter_sign};

static bool is_area(const struct chart *chart)
{
	return chart->form == CHART_STACK ||
	       (chart->count == 1 && (chart->form == CHART_AREA ||
					     (chart->form == CHART_AUTO && !chart->floats)));
}

/* Bars want a cell for each series and one between. */
static bool is_bars(const struct chart *chart, int columns)
{
	size_t most = 1;
	for (size_t i = 0; i < chart->count; i++)
		most = chart->series[i].count > most ? chart->series[i].count : most;
	return chart->form == CHART_BARS &&
	       (chart->count == 1 || (chart->count + 1) * most <= (size_t)columns);
}

static const struct ink *ink_of(enum glyph_set set, const struct chart *chart, int columns)
{
	bool is_block = is_area(chart) || is_bars(chart, columns);
	if (set == GLYPHS_ASCII)
		return chart->count > 1 ? &letters : is_block ? &eighths : &thirds;
	if (set == GLYPHS_PLAIN)
		return &halves;
	if (is_bars(chart, columns))
		return &eighths;
	return chart->ink == CHART_BRAILLE ? &braille : is_block ? &eighths : &halves;
}

/* ---- the course of a series: from the lowest to the highest level at each point ---- */

static int level_of(const struct chart_scale *scale, int levels, double value)
{
	return (int)(chart_scale_share(scale, value) * (levels - 1) + 0.5);
}

static void cover(struct raster *raster, int x, int from, int to)
{
	int low = from < to ? from : to, high = from < to ? to : from;
	if (x < 0 || x >= raster->points)
		return;
	if (raster->low[x] > low)
		raster->low[x] = low;
	if (raster->high[x] < high)
		raster->high[x] = high;
}

static void flat(struct raster *raster, int from, int to, int level)
{
	for (int x = from; x <= to; x++)
		cover(raster, x, level, level);
}

/* From behind (x0, y0) to (x1, y1), without a hole. */
static void slope(struct raster *raster, int x0, int y0, int x1, int y1)
{
	int before = y0;
	if (x1 <= x0)
		cover(raster, x1, y0, y1);
	for (int x = x0 + 1; x <= x1; x++) {
		int y = (int)lround(y0 + (double)(y1 - y0) * (x - x0) / (x1 - x0));
		cover(raster, x, y > before ? before + 1 : y < before ? before - 1 : y, y);
		before = y;
	}
}

/* The first point of a value's share of the time, and the last. */
static int first_point(const struct chart_series *series, const struct raster *raster, size_t i)
{
	return (int)(i * (size_t)raster->points / series->count);
}

static int last_point(const struct chart_series *series, const struct raster *raster, size_t i)
{
	int first = first_point(series, raster, i), end = first_point(series, raster, i + 1);
	return end > first ? end - 1 : first;
}

static void clear_course(struct raster *raster)
{
	for (int x = 0; x < raster->points; x++) {
		raster->low[x] = INT_MAX;
		raster->high[x] = -1;
	}
}

/* A line from the middle of each share to that of the next; it ends where the share of the last one before a gap does. */
static void follow(
	const struct chart_series *series, const struct chart_scale *scale, struct raster *raster)
{
	int x = -1, y = -1;
	for (size_t i = 0; i < series->count; i++) {
		int first = first_point(series, raster, i), last = last_point(series, raster, i);
		bool ends = i + 1 == series->count || isnan(series->values[i + 1]);
		if (isnan(series->values[i])) {
			x = -1;
			continue;
		}
		int middle = (first + last) / 2;
		int level = level_of(scale, raster->levels, series->values[i]);
		if (x < 0)
			flat(raster, first, middle, level);
		else
			slope(raster, x, y, middle, level);
		if (ends)
			flat(raster, middle, last, level);
		x = middle;
		y = level;
	}
}

/* A bar for each share, all of one width, with air behind it where there is room. */
static void stand(const struct chart_series *series, size_t at, size_t count,
	const struct chart_scale *scale, struct raster *raster)
{
	int cells = (int)((size_t)raster->points / series->count), bars = (int)count;
	int each = (cells > bars + 1 ? cells - 1 : cells) / bars;
	for (size_t i = 0; i < series->count; i++) {
		int first = first_point(series, raster, i) + (int)at * each;
		int last = each > 1 ? first + each - 1 : last_point(series, raster, i);
		if (!isnan(series->values[i]))
			flat(raster, first, bars > 1 && each == 1 ? first : last,
				level_of(scale, raster->levels, series->values[i]));
	}
}

/* Down, or up, to the base; an area covers the largest of what falls on a point. */
static void fill_down(struct raster *raster, int base)
{
	for (int x = 0; x < raster->points; x++)
		if (raster->high[x] >= 0)
			cover(raster, x, base, base);
}

/* ---- into cells ---- */

/* Those of a cell's heights that lie in low .. high. */
static unsigned parts_between(int low, int high, int bottom, int size)
{
	unsigned parts = 0;
	for (int i = 0; i < size; i++)
		if (bottom + i >= low && bottom + i <= high)
			parts |= 1u << i;
	return parts;
}

static void mark_cells(struct raster *raster)
{
	const struct ink *ink = raster->ink;
	for (int x = 0; x < raster->points; x++) {
		if (raster->high[x] < 0)
			continue;
		for (int up = raster->low[x] / ink->high; up <= raster->high[x] / ink->high; up++) {
			size_t cell = (size_t)(raster->rows - 1 - up) * (size_t)raster->columns +
				      (size_t)(x / ink->wide);
			raster->own[cell] |=
				(uint8_t)(parts_between(raster->low[x], raster->high[x],
						  up * ink->high, ink->high)
					  << (x % ink->wide * ink->high));
		}
	}
}

/* The largest value of those in a column, for the colour of limits. */
static double peak_of(const struct chart_series *series, int column, int columns)
{
	double peak = (double)NAN;
	size_t from = (size_t)column * series->count / (size_t)columns;
	size_t to = ((size_t)column + 1) * series->count / (size_t)columns;
	for (size_t i = from; i < (to > from ? to : from + 1); i++)
		peak = fmax(peak, series->values[i]);
	return peak;
}

/* In the role of the last limit that the value passes, from the row of the limit up; `rows` says which that is. */
static enum role role_at(const struct chart *chart, const struct chart_plot *plot, int row,
	double peak, enum role role)
{
	for (size_t i = 0; i < chart->limit_count; i++)
		if (peak >= chart->limits[i].value &&
			row + plot->rect.row <= chart_plot_row(plot, chart->limits[i].value))
			role = chart->limits[i].role;
	return role;
}

static int stale_column(const struct chart *chart, const struct chart_series *series, int columns)
{
	if (!series->stale_since_ms)
		return columns;
	return chart_column_at(chart->from_ms, chart->to_ms, columns, series->stale_since_ms);
}

/* Lays the series over the others: a cell is the one's that has most parts in it, the first one's where they are equal. */
static void merge(
	const struct chart *chart, size_t at, const struct chart_plot *plot, struct raster *raster)
{
	const struct chart_series *series = &chart->series[at];
	int stale = stale_column(chart, series, raster->columns);
	bool has_limits = chart->count == 1 && chart->limit_count && !chart->limits_below;
	for (int column = 0; column < raster->columns; column++) {
		double peak = has_limits ? peak_of(series, column, raster->columns) : (double)NAN;
		for (int row = 0; row < raster->rows; row++) {
			size_t cell = (size_t)row * (size_t)raster->columns + (size_t)column;
			int count = __builtin_popcount(raster->own[cell]);
			if (count <= raster->most[cell]) {
				raster->parts[cell] |= raster->own[cell];
				continue;
			}
			enum role role = has_limits ? role_at(chart, plot, row, peak, series->role)
						    : series->role;
			raster->parts[cell] |= raster->own[cell];
			raster->most[cell] = (uint8_t)count;
			raster->series[cell] = (uint8_t)at;
			role = column < stale ? chart_plot_role(role) : ROLE_STALE;
			raster->roles[cell] = (uint8_t)role;
		}
	}
}

/* A lower area of a stack is laid over the higher ones: a cell is its own where it fills more than half of what is in it. */
static void lay_over(const struct chart *chart, size_t at, struct raster *raster)
{
	const struct chart_series *series = &chart->series[at];
	int stale = stale_column(chart, series, raster->columns);
	for (size_t cell = 0; cell < (size_t)raster->rows * (size_t)raster->columns; cell++) {
		int column = (int)(cell % (size_t)raster->columns);
		int own = __builtin_popcount(raster->own[cell]);
		if (!own || 2 * own <= __builtin_popcount(raster->parts[cell]))
			continue;
		enum role role = column < stale ? chart_plot_role(series->role) : ROLE_STALE;
		raster->parts[cell] |= raster->own[cell];
		raster->series[cell] = (uint8_t)at;
		raster->roles[cell] = (uint8_t)role;
	}
}

/* From the highest sum down. */
static void pile(const struct chart *chart, const struct chart_plot *plot, struct raster *raster)
{
	size_t most = 0;
	for (size_t i = 0; i < chart->count; i++)
		most = chart->series[i].count > most ? chart->series[i].count : most;
	autofree double *sums = xcalloc(most + 1, sizeof(*sums));
	for (size_t i = chart->count; i-- > 0;) {
		struct chart_series sum = chart->series[i];
		for (size_t k = 0; k < sum.count; k++)
			sums[k] = chart_stack_value(chart, i, k);
		sum.values = sums;
		if (!sum.count)
			continue;
		clear_course(raster);
		follow(&sum, plot->scale, raster);
		fill_down(raster, level_of(plot->scale, raster->levels, 0));
		memset(raster->own, 0, (size_t)raster->rows * (size_t)raster->columns);
		mark_cells(raster);
		lay_over(chart, i, raster);
	}
}

static void trace(
	const struct chart *chart, size_t at, const struct chart_plot *plot, struct raster *raster)
{
	const struct chart_series *series = &chart->series[at];
	bool bars = is_bars(chart, raster->columns);
	clear_course(raster);
	if (bars)
		stand(series, at, chart->count, plot->scale, raster);
	else
		follow(series, plot->scale, raster);
	if (bars || is_area(chart))
		fill_down(raster, level_of(plot->scale, raster->levels, 0));
	memset(raster->own, 0, (size_t)raster->rows * (size_t)raster->columns);
	mark_cells(raster);
	merge(chart, at, plot, raster);
}

static void put(
	const struct canvas *canvas, const struct chart_plot *plot, const struct raster *raster)
{
	char text[5];
	for (int row = 0; row < raster->rows; row++)
		for (int column = 0; column < raster->columns; column++) {
			size_t cell = (size_t)row * (size_t)raster->columns + (size_t)column;
			if (raster->parts[cell])
				canvas_sign(canvas, plot->rect.row + row,
					plot->rect.column + column, (enum role)raster->roles[cell],
					raster->ink->sign(canvas->grid->glyphs, raster->parts[cell],
						raster->series[cell], text));
		}
}

void chart_plot_draw(
	const struct canvas *canvas, const struct chart *chart, const struct chart_plot *plot)
{
	size_t cells = (size_t)plot->rect.rows * (size_t)plot->rect.columns;
	const struct ink *ink = ink_of(canvas->grid->glyphs, chart, plot->rect.columns);
	autofree uint8_t *room = xcalloc(cells, 5);
	struct raster raster = {.ink = ink,
		.rows = plot->rect.rows,
		.columns = plot->rect.columns,
		.points = plot->rect.columns * ink->wide,
		.levels = plot->rect.rows * ink->high};
	raster.parts = room;
	raster.own = room + cells;
	raster.most = room + 2 * cells;
	raster.roles = room + 3 * cells;
	raster.series = room + 4 * cells;
	if (chart->form == CHART_STACK)
		pile(chart, plot, &raster);
	for (size_t i = 0; i < chart->count && chart->form != CHART_STACK; i++)
		if (chart->series[i].count)
			trace(chart, i, plot, &raster);
	put(canvas, plot, &raster);
}

enum role chart_plot_role(enum role role)
{
	return role == ROLE_CRIT ? ROLE_LEVEL_ERROR : role;
}

int chart_plot_row(const struct chart_plot *plot, double value)
{
	int rows = plot->rect.rows, level = level_of(plot->scale, 4 * rows, value);
	return plot->rect.row + rows - 1 - level / 4;
}
