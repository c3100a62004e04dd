/* SPDX-License-Identifier: MIT */
/*
 * The course of figures over time. What is not known (NAN) is a gap, never a line across it; what is stale is dim, and the legend
 * says since when. The axes have round ticks in one unit, the value axis begins at zero unless it is asked to float.
 *
 * It gives up by size: from about 80x20 on there are axes, a grid and a table of figures; on a few rows a line of them over the
 * plot; on 20x4 the plot and one value; on one row a course. Several series are told apart by a letter in the legend and at the
 * end of their line, not by colour alone. A cell that two lines share has the dots of both and the colour of the one that has
 * more of them there, the first named where they are equal.
 *
 * Text (names) must have passed sanitize(). Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_CHART_H
#define BOTSWAIN_WIDGETS_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "widgets/canvas.h"
#include "widgets/chart_scale.h"

/* On an even grid over the span of the chart, oldest first: each value is that of its share of the time, so that any number of
 * them is drawn over the whole width. Where several fall on one place, a line covers all of them and an area the largest. */
struct chart_series {
	const char *name; /* for the legend; "" */
	const double *values;
	size_t count;
	enum role role;
	int64_t stale_since_ms; /* nothing new came since; 0: it is fresh */
};

/* A dashed line at a value, and the letter of what it means beside it. One series changes its colour from there on, where it
 * is drawn as an area. */
struct chart_limit {
	double value;
	enum role role;
	char letter;
};

/* Something that happened: a letter under the plot and a line up from it; what it means stands in the legend if that has room. */
struct chart_mark {
	int64_t at_ms;
	char letter;
	enum role role;
	const char *name; /* what the letter means: "restart" */
};

enum chart_form {
	CHART_AUTO, /* an area for one series, lines for several, and where the axis floats */
	CHART_LINE,
	CHART_AREA, /* of several series: lines */
	CHART_STACK, /* areas on each other, the first one lowest: of values on one grid that are not below zero */
	CHART_HEAT, /* a row for each series, darker where there is more (chart_heat.h) */
	CHART_BARS, /* from the base up, side by side where there is room for it, else lines */
};

/* In what it is drawn; what the grid's glyph set does not have is drawn in what it has. */
enum chart_ink { CHART_BRAILLE, CHART_BLOCKS };

struct chart {
	const struct chart_series *series;
	size_t count;
	int64_t from_ms, to_ms;
	int64_t now_ms;                /* for ages; 0: to_ms */
	const struct chart_unit *unit; /* NULL: plain numbers */
	enum chart_form form;
	enum chart_ink ink;
	bool floats;    /* the value axis need not show zero */
	bool by_powers; /* the value axis goes by powers of ten (of two for bytes); what is not above zero lies at its low end */
	double low, high; /* what it shows at least; equal: what the values need */
	const struct chart_limit *limits;
	size_t limit_count;
	bool limits_below; /* less than they say is what is meant: an area keeps its colour */
	const struct chart_mark *marks;
	size_t mark_count;
	bool local_time; /* of the labels; else UTC */
	bool has_cursor; /* a column is marked, and the legend reads its values */
	int64_t cursor_ms;
};

/* Where the plot stands on the canvas: a column of it is a part of the time. */
struct chart_view {
	struct rect plot;
	int64_t from_ms, to_ms;
};

struct chart_view chart_draw(const struct canvas *canvas, const struct chart *chart);
/* The same without drawing. */
struct chart_view chart_layout(const struct canvas *canvas, const struct chart *chart);
/* The column of the canvas for a time: outside of the plot for one that is outside of the span. And the time in the middle of a
 * column, which gives that column again. */
int chart_view_column(const struct chart_view *view, int64_t at_ms);
int64_t chart_view_time(const struct chart_view *view, int column);

/* NAN when nothing is known. `now` is the newest value, NAN when that is a gap. */
struct chart_figures {
	double now, max, min, mean;
};
struct chart_figures chart_figures(const struct chart_series *series);
/* What series 0 to `series` have at place `at` of their grid together; NAN where that series has none. */
double chart_stack_value(const struct chart *chart, size_t series, size_t at);
/* The value at a time; NAN for a gap, and outside. */
double chart_value_at(const struct chart *chart, const struct chart_series *series, int64_t at_ms);
/* The letter of a series, in the legend and at its line. */
char chart_letter(size_t series);

#endif
