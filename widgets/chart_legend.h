/* SPDX-License-Identifier: MIT */
/*
 * The figures of a chart: a table of now, min, max and avg under or beside the plot, or a line of what fits over it. With a
 * cursor the values there stand in the place of those of now. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_CHART_LEGEND_H
#define BOTSWAIN_WIDGETS_CHART_LEGEND_H

#include "widgets/chart.h"

enum chart_legend_place {
	CHART_LEGEND_NONE,
	CHART_LEGEND_OVER,   /* one row */
	CHART_LEGEND_UNDER,  /* a heading, and a row a series */
	CHART_LEGEND_BESIDE, /* the same, at the right */
};

struct chart_legend {
	enum chart_legend_place place;
	int rows, columns; /* that it takes: rows over or under the plot, columns beside it */
	int tables;        /* side by side under the plot */
};

/* What suits a canvas of that size. */
struct chart_legend chart_legend_plan(const struct chart *chart, int rows, int columns);
/* Into a canvas that is its own. What has no room is counted: "and 4 more". */
void chart_legend_draw(const struct canvas *canvas, const struct chart *chart,
	const struct chart_legend *legend, const struct chart_scale *scale, struct rect plot);

#endif
